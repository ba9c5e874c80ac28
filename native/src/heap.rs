//! How freed memory goes back to the system, so that a long batch holds no more than a short one.
//!
//! Left to itself, glibc raises two bounds each time a large piece is freed: pieces of up to 32 MiB no longer have a
//! mapping of their own, and twice as much is kept at the end of every heap, of which each thread has one. How much a
//! process holds between two pages then depends on the largest page so far and on what lies behind it, and rises in
//! steps for a hundred pages and more: a worker from 20 to 76 MB, the program from 10 to 60. Setting either bound
//! stops that.

use std::ffi::c_int;

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
