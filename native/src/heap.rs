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
use std::sync::{Mutex, PoisonError};

/// From this size on, every piece has a mapping of its own and goes when it is freed. A page at 300 dpi has 8.7 MB in grey, 26 MB in
/// colour. What is smaller is too quickly used again to be given back.
const PICTURE_BYTES: c_int = 1 << 20;
/// No heap keeps more free at its end: some small copies of a page, which each page needs again.
const KEPT_AT_END_BYTES: c_int = 8 << 20;
/// `malloc.h` of glibc.
const M_TRIM_THRESHOLD: c_int = -1;
const M_MMAP_THRESHOLD: c_int = -3;

unsafe extern "C" {
    fn mallopt(parameter: c_int, value: c_int) -> c_int;
    fn malloc_usable_size(piece: *mut c_void) -> usize;
}

/// From now on this process gives pictures back to the system when they are freed, but for those that [`PictureHeap`] keeps. For the start of a program, before
/// pages are read.
pub fn give_pictures_back() {
    for (parameter, bytes) in [(M_MMAP_THRESHOLD, PICTURE_BYTES), (M_TRIM_THRESHOLD, KEPT_AT_END_BYTES)] {
        // SAFETY: no conditions; glibc takes its own lock.
        let set = unsafe { mallopt(parameter, bytes) };
        debug_assert_eq!(set, 1, "glibc takes up to 32 MiB");
    }
}

/// A huge page of x86-64 and of most others.
const HUGE_PAGE: usize = 2 << 20;
/// What every piece of glibc's is aligned to.
const ALIGNED: usize = 2 * size_of::<usize>();

/// The system's allocator, for programs that look at pictures all the time: huge pages are asked for them, and those freed last
/// are kept for the next ones. Fresh memory is cleared by the kernel first, which took a seventh of the time of a page.
#[derive(Debug)]
pub struct PictureHeap;

/// All that is kept together: a page of paper in colour as Pdfium and as we hold it. A larger piece is given back at once.
const MOST_KEPT_BYTES: usize = 96 << 20;
/// Pieces kept at most.
const MOST_KEPT: usize = 24;

/// Freed pieces, the oldest first.
static KEPT: Mutex<Kept> = Mutex::new(Kept { pieces: [Piece::NONE; MOST_KEPT], count: 0 });

#[derive(Clone, Copy)]
struct Piece {
    address: usize,
    bytes: usize,
}

impl Piece {
    const NONE: Self = Self { address: 0, bytes: 0 };
}

struct Kept {
    pieces: [Piece; MOST_KEPT],
    count: usize,
}

impl Kept {
    /// The smallest piece that holds `bytes` and is at most half as large again.
    fn take(&mut self, bytes: usize) -> Option<*mut u8> {
        let fits = |piece: &Piece| (bytes..=bytes + bytes / 2).contains(&piece.bytes);
        let kept = self.pieces[..self.count].iter().enumerate();
        let (at, piece) = kept.filter(|(_, piece)| fits(piece)).min_by_key(|(_, piece)| piece.bytes)?;
        let address = piece.address;
        self.forget(at);
        Some(std::ptr::with_exposed_provenance_mut(address))
    }

    /// Keeps a piece; what there is no room for any more is given back by `free`.
    fn keep(&mut self, piece: *mut u8, bytes: usize, mut free: impl FnMut(*mut u8)) {
        if bytes > MOST_KEPT_BYTES {
            return free(piece);
        }
        let held = |kept: &Self| kept.pieces[..kept.count].iter().map(|piece| piece.bytes).sum::<usize>();
        while self.count == MOST_KEPT || held(self) + bytes > MOST_KEPT_BYTES {
            free(std::ptr::with_exposed_provenance_mut(self.pieces[0].address));
            self.forget(0);
        }
        self.pieces[self.count] = Piece { address: piece.expose_provenance(), bytes };
        self.count += 1;
    }

    fn forget(&mut self, at: usize) {
        self.pieces.copy_within(at + 1..self.count, at);
        self.count -= 1;
    }
}

impl PictureHeap {
    /// A kept piece for a picture; `None` for what is none, or where none fits.
    fn kept(layout: Layout) -> Option<*mut u8> {
        if !Self::is_picture(layout) {
            return None;
        }
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).take(layout.size())
    }

    /// Gives back all that is kept; whether there was anything.
    fn give_all_back() -> bool {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let any = kept.count > 0;
        while kept.count > 0 {
            let piece = std::ptr::with_exposed_provenance_mut(kept.pieces[0].address);
            // SAFETY: the piece is the system allocator's and nobody's; that one needs no size to free it.
            unsafe { System.dealloc(piece, Layout::new::<u8>()) };
            kept.forget(0);
        }
        any
    }

    fn is_picture(layout: Layout) -> bool {
        layout.size() >= PICTURE_BYTES as usize && layout.align() <= ALIGNED
    }

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

// SAFETY: every piece is the system allocator's, with the layout asked for or, where it was kept, a larger one of no stricter
// alignment than that allocator always has. A kept piece belongs to nobody until it is taken.
unsafe impl GlobalAlloc for PictureHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if let Some(piece) = Self::kept(layout) {
            return piece;
        }
        // SAFETY: the caller's promises are handed on.
        let mut piece = unsafe { System.alloc(layout) };
        if piece.is_null() && Self::give_all_back() {
            // SAFETY: as above.
            piece = unsafe { System.alloc(layout) };
        }
        Self::advise(piece, layout.size());
        piece
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if let Some(piece) = Self::kept(layout) {
            // SAFETY: the piece holds as many bytes and nobody else has it.
            unsafe { piece.write_bytes(0, layout.size()) };
            return piece;
        }
        // SAFETY: as above.
        let mut piece = unsafe { System.alloc_zeroed(layout) };
        if piece.is_null() && Self::give_all_back() {
            // SAFETY: as above.
            piece = unsafe { System.alloc_zeroed(layout) };
        }
        Self::advise(piece, layout.size());
        piece
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        // SAFETY: the caller gives up the piece, which is the system allocator's; that one needs no size to free it.
        let free = |piece: *mut u8| unsafe { System.dealloc(piece, layout) };
        if !Self::is_picture(layout) {
            return free(piece);
        }
        // SAFETY: the piece is glibc's, and alive.
        let bytes = unsafe { malloc_usable_size(piece.cast()) };
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).keep(piece, bytes, free);
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: as above; a piece that was kept once has at least the size of its layout.
        let longer = unsafe { System.realloc(piece, layout, bytes) };
        if longer.is_null() && Self::give_all_back() {
            // SAFETY: as above; what could not be made longer is as it was.
            return unsafe { System.realloc(piece, layout, bytes) };
        }
        longer
    }
}

/// The same for a worker that is to be started: its environment. It works on fresh pictures all the time, and huge pages
/// make them cheap: with small ones a page of paper cost it 75 ms more of the kernel's time.
pub(crate) fn environment() -> [(&'static str, String); 3] {
    [
        ("MALLOC_MMAP_THRESHOLD_", PICTURE_BYTES.to_string()),
        ("MALLOC_TRIM_THRESHOLD_", KEPT_AT_END_BYTES.to_string()),
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
    fn what_was_freed_last_is_kept_for_what_it_fits() {
        let mut kept = Kept { pieces: [Piece::NONE; MOST_KEPT], count: 0 };
        let at = std::ptr::without_provenance_mut;
        let mut given_back = Vec::new();
        let mut keep = |kept: &mut Kept, address: usize, bytes| {
            kept.keep(at(address), bytes, |piece| given_back.push(piece.addr()));
        };
        let mb = 1 << 20;
        for (address, bytes) in [(1, 9 * mb), (2, 6 * mb), (3, 26 * mb), (4, 100 * mb)] {
            keep(&mut kept, address, bytes);
        }
        assert_eq!(kept.take(27 * mb), None, "none is large enough");
        assert_eq!(kept.take(4 * mb).map(|p| p.addr()), Some(2), "the smallest that fits");
        assert_eq!(kept.take(4 * mb), None, "9 MB are too many for 4");
        keep(&mut kept, 5, 66 * mb);
        // the oldest makes room
        assert_eq!(kept.take(9 * mb), None);
        assert_eq!([25, 50].map(|n| kept.take(n * mb).map(|p| p.addr())), [Some(3), Some(5)]);
        for address in 10..10 + MOST_KEPT + 2 {
            keep(&mut kept, address, mb);
        }
        assert_eq!(given_back, [4, 1, 10, 11]);
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
