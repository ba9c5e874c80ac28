//! How freed memory goes back to the system, so that a long batch holds no more than a short one.
//!
//! Left to itself, glibc raises two bounds each time a large piece is freed: pieces of up to 32 MiB no longer have a
//! mapping of their own, and twice as much is kept at the end of every heap, of which each thread has one. How much a
//! process holds between two pages then depends on the largest page so far and on what lies behind it, and rises in
//! steps for a hundred pages and more: a worker from 20 to 76 MB, the program from 10 to 60. Setting either bound
//! stops that.

use rustix::mm::{Advice, madvise};
use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{c_int, c_void};

/// From this size on, every piece has a mapping of its own and goes when it is freed; no heap keeps more free at its end.
/// A page at 300 dpi has 8.7 MB in grey, 26 MB in colour. What is smaller is too quickly used again to be given back.
const PICTURE_BYTES: c_int = 1 << 20;
/// `malloc.h` of glibc.
const M_TRIM_THRESHOLD: c_int = -1;
const M_MMAP_THRESHOLD: c_int = -3;

unsafe extern "C" {
    fn mallopt(parameter: c_int, value: c_int) -> c_int;
}

/// From now on this process gives pictures back to the system when they are freed. For the start of a program, before
/// pages are read.
pub fn give_pictures_back() {
    for parameter in [M_MMAP_THRESHOLD, M_TRIM_THRESHOLD] {
        // SAFETY: no conditions; glibc takes its own lock.
        let set = unsafe { mallopt(parameter, PICTURE_BYTES) };
        debug_assert_eq!(set, 1, "glibc takes up to 32 MiB");
    }
}

/// A huge page of x86-64 and of most others.
const HUGE_PAGE: usize = 2 << 20;

/// The system's allocator, with huge pages asked for pictures: for the program that looks at them all the time.
#[derive(Debug)]
pub struct PictureHeap;

impl PictureHeap {
    /// Asks for huge pages inside a piece that was just allocated.
    fn advise(piece: *mut u8, bytes: usize) {
        if bytes < HUGE_PAGE || piece.is_null() {
            return;
        }
        let page = rustix::param::page_size();
        let lead = piece.align_offset(page);
        if let Some(bytes) = bytes.checked_sub(lead) {
            let start = piece.wrapping_add(lead).cast::<c_void>();
            // SAFETY: whole pages from the first that begins inside the piece; which pages hold them changes no byte.
            let _ = unsafe { madvise(start, bytes & !(page - 1), Advice::LinuxHugepage) };
        }
    }
}

// SAFETY: every piece is the system allocator's, with the layout asked for.
unsafe impl GlobalAlloc for PictureHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are handed on.
        let piece = unsafe { System.alloc(layout) };
        Self::advise(piece, layout.size());
        piece
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let piece = unsafe { System.alloc_zeroed(layout) };
        Self::advise(piece, layout.size());
        piece
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(piece, layout) }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.realloc(piece, layout, bytes) }
    }
}

/// The same for a worker that is to be started: its environment. It works on fresh pictures all the time, and huge pages
/// make them cheap: with small ones a page of paper cost it 75 ms more of the kernel's time.
pub(crate) fn environment() -> [(&'static str, String); 3] {
    let bytes = PICTURE_BYTES.to_string();
    [
        ("MALLOC_MMAP_THRESHOLD_", bytes.clone()),
        ("MALLOC_TRIM_THRESHOLD_", bytes),
        // glibc 2.35 and later; others pass it over
        ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1".into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// glibc puts a piece with a mapping of its own two words behind the start of a page.
    fn has_its_own_mapping(piece: &[u8]) -> bool {
        piece.as_ptr() as usize % rustix::param::page_size() == 2 * size_of::<usize>()
    }

    #[test]
    fn pieces_of_all_sizes_come_and_go() {
        for bytes in [1, 4096, HUGE_PAGE - 1, HUGE_PAGE, 9 << 20] {
            let layout = Layout::from_size_align(bytes, 16).unwrap();
            // SAFETY: the layout has a size.
            let piece = unsafe { PictureHeap.alloc(layout) };
            // SAFETY: as many bytes were just allocated.
            unsafe { piece.write_bytes(7, bytes) };
            // SAFETY: allocated above with this layout; the new size is not zero.
            let longer = unsafe { PictureHeap.realloc(piece, layout, bytes * 2) };
            // SAFETY: the first `bytes` of the longer piece were written.
            assert!(unsafe { std::slice::from_raw_parts(longer, bytes) }.iter().all(|&byte| byte == 7));
            // SAFETY: allocated above, with this size now; not used again.
            unsafe { PictureHeap.dealloc(longer, Layout::from_size_align(bytes * 2, 16).unwrap()) };
            // SAFETY: the layout has a size.
            let zeroed = unsafe { PictureHeap.alloc_zeroed(layout) };
            // SAFETY: as many bytes were just allocated and set to zero.
            assert!(unsafe { std::slice::from_raw_parts(zeroed, bytes) }.iter().all(|&byte| byte == 0));
            // SAFETY: allocated above with this layout; not used again.
            unsafe { PictureHeap.dealloc(zeroed, layout) };
        }
    }

    #[test]
    fn a_picture_is_mapped_even_after_a_larger_one_was_freed() {
        give_pictures_back();
        let large = vec![0_u8; 30 << 20];
        assert!(has_its_own_mapping(&large));
        drop(large);
        let picture = vec![0_u8; 9 << 20];
        assert!(has_its_own_mapping(&picture));
        let small = vec![0_u8; 1 << 19];
        assert!(!has_its_own_mapping(&small));
    }
}
