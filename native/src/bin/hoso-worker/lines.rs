//! Tesseract 5 hands every text line to its network as a compressed PNG and decompresses it at once: a tenth of the
//! whole time. This program defines the one Leptonica function it writes with, in Leptonica's own raw format, which the
//! reading side (`pixReadMem`) knows by its first bytes. Pixels, and so the text, are the same.
//!
//! The dynamic linker takes a program's definition before a library's; a test compares the text with that of the
//! `tesseract` program, which does not have it.

use std::ffi::{c_int, c_void};

#[link(name = "lept")]
unsafe extern "C" {
    fn pixWriteMemSpix(data: *mut *mut u8, size: *mut usize, pix: *mut c_void) -> c_int;
}

/// Leptonica's `pixWriteMem`, for every wanted format the raw one.
#[unsafe(no_mangle)]
extern "C" fn pixWriteMem(data: *mut *mut u8, size: *mut usize, pix: *mut c_void, _format: c_int) -> c_int {
    // SAFETY: the arguments are those of the caller, with the same meaning in both functions (allheaders.h of 1.82).
    unsafe { pixWriteMemSpix(data, size, pix) }
}
