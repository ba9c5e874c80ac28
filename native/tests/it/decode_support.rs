//! What the decoder's tests share: a decoder (one at a time, for Pdfium is not thread-safe), and pictures as other
//! programs decode them.

use crate::provided;
use native::decode::{self, DecodeError, Decoder, Source};
use native::media::{DecodedPage, EncodedPicture, FileInfo};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// ImageMagick 6 under the name that Debian gives it besides `convert`.
pub(crate) const CONVERT: &str = "convert-im6.q16";

/// Pixels that the tests allow.
pub(crate) const MAX_PIXELS: u64 = 200_000_000;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
static NEXT_KEY: AtomicU64 = AtomicU64::new(1);

/// A decoder, alone in the process while it lives.
pub(crate) struct Alone {
    decoder: Decoder,
    _guard: MutexGuard<'static, ()>,
}

impl Alone {
    pub(crate) fn new() -> Self {
        let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        Self { decoder: Decoder::new(Some(provided::pdfium()), MAX_PIXELS), _guard: guard }
    }
    pub(crate) fn inspect(&mut self, bytes: &[u8]) -> Result<FileInfo, DecodeError> {
        decode::inspect(&mut self.decoder, &source(bytes), "a name that says nothing")
    }
    pub(crate) fn page(&mut self, bytes: &[u8], page_idx: u32) -> Result<DecodedPage, DecodeError> {
        decode::page(&mut self.decoder, &source(bytes), page_idx)
    }
    pub(crate) fn picture(&mut self, bytes: &[u8], page_idx: u32) -> Result<EncodedPicture, DecodeError> {
        decode::picture(&mut self.decoder, &source(bytes), page_idx)
    }
    pub(crate) fn display(
        &mut self,
        bytes: &[u8],
        page_idx: u32,
        max_side: Option<u32>,
    ) -> Result<Vec<u8>, DecodeError> {
        decode::display(&mut self.decoder, &source(bytes), page_idx, max_side)
    }
    pub(crate) fn decoder(&mut self) -> &mut Decoder {
        &mut self.decoder
    }
}

/// Bytes under a key never used before.
pub(crate) fn source(bytes: &[u8]) -> Source {
    Source { key: NEXT_KEY.fetch_add(1, Ordering::Relaxed), bytes: Arc::new(bytes.to_vec()) }
}

pub(crate) fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Runs a program and returns what it prints; it must succeed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let out =
        provided::program(program).args(arguments).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{program} {arguments:?}: {said}");
    out.stdout
}

/// The pixels of a page in RGB.
pub(crate) fn rgb(page: &DecodedPage) -> Vec<u8> {
    if page.channels == 3 {
        page.pixels.clone()
    } else {
        page.pixels.iter().flat_map(|&v| [v, v, v]).collect()
    }
}

/// Width, height and RGB pixels of a binary PPM with 255 levels.
pub(crate) fn parse_ppm(ppm: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut fields = ppm.splitn(5, |b| b.is_ascii_whitespace());
    assert_eq!(fields.next(), Some(b"P6".as_slice()));
    let mut number = || -> u32 { String::from_utf8_lossy(fields.next().unwrap()).parse().unwrap() };
    let (width, height, levels) = (number(), number(), number());
    assert_eq!(levels, 255);
    (width, height, fields.next().unwrap().to_vec())
}

/// A picture as ImageMagick shows it: turned by EXIF, over white, 8 bits.
pub(crate) fn imagemagick(path: &str) -> (u32, u32, Vec<u8>) {
    let options =
        ["-auto-orient", "-background", "white", "-alpha", "remove", "-alpha", "off", "-colorspace", "sRGB"];
    let mut arguments = vec![path];
    arguments.extend(options);
    arguments.extend(["+set", "comment", "-depth", "8", "-type", "truecolor", "ppm:-"]);
    parse_ppm(&run(CONVERT, &arguments))
}

/// Mean difference, and the share of samples that differ by more than `much`.
pub(crate) fn difference(one: &[u8], other: &[u8], much: u8) -> (f64, f64) {
    assert_eq!(one.len(), other.len());
    let (mut sum, mut count) = (0u64, 0u64);
    for (a, b) in one.iter().zip(other) {
        sum += u64::from(a.abs_diff(*b));
        count += u64::from(a.abs_diff(*b) > much);
    }
    (sum as f64 / one.len() as f64, count as f64 / one.len() as f64)
}

/// Averages over squares of 8 × 8 pixels: programs differ by a pixel in where they draw, and in how they smooth.
pub(crate) fn coarse(rgb: &[u8], width: u32, height: u32) -> Vec<u8> {
    let (w, h) = (width as usize, height as usize);
    let mut out = Vec::new();
    for y in (0..h - 7).step_by(8) {
        for x in (0..w - 7).step_by(8) {
            for c in 0..3 {
                let sum: u32 = (0..64).map(|i| u32::from(rgb[((y + i / 8) * w + x + i % 8) * 3 + c])).sum();
                out.push((sum / 64) as u8);
            }
        }
    }
    out
}
