//! Files that are cut short, lie about their size, run in circles or are changed at random: an error each,
//! never a panic, never memory without bound.

use crate::decode_support::*;
use crate::provided;
use native::decode::{self, DecodeError, Source};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn sample(name: &str) -> Vec<u8> {
    read(&provided::sample(name))
}

const KINDS: &[&str] = &[
    "images/leptonica/w91frag.jpg",
    "images/exif/Portrait_6.jpg",
    "images/leptonica/table.150.png",
    "images/tesseract/phototest-rotated-L.png",
    "images/tiff/fax4.tiff",
    "images/tiff/imagemagick_group4.tiff",
    "images/tiff/quad-tile.jpg.tiff",
    "images/tiff/tiled-jpeg-ycbcr.tif",
    "images/tiff/palette-1c-4b.tiff",
    "images/tiff/planar-rgb-u8.tif",
    "images/tiff/cmyk-4c-8b.tiff",
    "images/tiff/12bit.cropped.tiff",
    "real-vi/cong-van-574-2025.pdf",
];

#[test]
fn nothing_and_anything_else_are_unknown() {
    let mut alone = Alone::new();
    for bytes in [&b""[..], b"\xFF", b"hello", b"GIF89a......", b"PK\x03\x04", &[0; 4096]] {
        assert_eq!(alone.inspect(bytes), Err(DecodeError::UnknownFormat));
        assert!(matches!(alone.page(bytes, 0), Err(DecodeError::UnknownFormat)));
        assert!(matches!(alone.display(bytes, 0, None), Err(DecodeError::UnknownFormat)));
    }
}

#[test]
fn files_cut_short_are_refused() {
    let mut alone = Alone::new();
    for name in KINDS {
        let whole = sample(name);
        let read_whole = alone.page(&whole, 0).unwrap();
        for part in [1, 5, 20, 50, 90, 99] {
            let cut = &whole[..whole.len() * part / 100];
            match alone.page(cut, 0) {
                Err(DecodeError::Undecodable(_)) => {}
                // What lies wholly before the cut may be read, but nothing may be missing from it.
                Ok(page) => {
                    assert!(page.pixels == read_whole.pixels, "{name} at {part} %: a part was taken for it")
                }
                Err(other) => panic!("{name} at {part} %: {other}"),
            }
            assert_eq!(alone.picture(cut, 0).is_ok(), alone.page(cut, 0).is_ok(), "{name} {part}");
        }
    }
}

#[test]
fn broken_tiff_directories() {
    let mut alone = Alone::new();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let file = |entries: &[Vec<u8>], next: u32| {
        let head = [b"II*\0\x08\0\0\0".as_slice(), &(entries.len() as u16).to_le_bytes()].concat();
        [head, entries.concat(), next.to_le_bytes().to_vec(), vec![0; 64]].concat()
    };
    let size = [entry(256, 4, 1, 8), entry(257, 4, 1, 8)];
    // A chain that comes back to its beginning.
    assert!(
        matches!(alone.inspect(&file(&size, 8)), Err(DecodeError::Undecodable(why)) if why.contains("circle"))
    );
    // A next directory outside the file; no picture at all; no pixels.
    assert!(matches!(alone.inspect(&file(&size, 70_000)), Err(DecodeError::Undecodable(_))));
    assert!(matches!(alone.inspect(&file(&[], 0)), Err(DecodeError::Undecodable(_))));
    assert!(matches!(alone.page(&file(&[entry(256, 4, 1, 0)], 0), 0), Err(DecodeError::Undecodable(_))));
    // A page without strips, and one of 100,000 × 100,000 pixels in a file of a few bytes.
    assert!(matches!(alone.page(&file(&size, 0), 0), Err(DecodeError::Undecodable(_))));
    let huge = [entry(256, 4, 1, 100_000), entry(257, 4, 1, 100_000)];
    assert_eq!(
        alone.page(&file(&huge, 0), 0).unwrap_err(),
        DecodeError::TooManyPixels { width_px: 100_000, height_px: 100_000, max: MAX_PIXELS }
    );
    // A small page in huge tiles; sixteen samples of it.
    let tiles = [
        entry(256, 4, 1, 8),
        entry(257, 4, 1, 8),
        entry(277, 3, 1, 16),
        entry(322, 4, 1, 60_000),
        entry(323, 4, 1, 60_000),
        entry(324, 4, 1, 8),
        entry(325, 4, 1, 8),
    ];
    assert!(matches!(alone.page(&file(&tiles, 0), 0), Err(DecodeError::TooManyPixels { .. })));
    // A field of four thousand million values.
    let many =
        [entry(256, 4, 1, 8), entry(257, 4, 1, 8), entry(273, 4, u32::MAX, 8), entry(279, 4, u32::MAX, 8)];
    assert!(alone.page(&file(&many, 0), 0).is_err());
}

fn png_chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(body);
    [&(body.len() as u32).to_be_bytes()[..], kind, body, &crc.sum().to_be_bytes()].concat()
}

fn png(width: u32, height: u32, idat: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    let chunks = [png_chunk(b"IHDR", &header), png_chunk(b"IDAT", idat), png_chunk(b"IEND", b"")].concat();
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunks].concat()
}

fn zeros_deflated(count: usize) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..count >> 20 {
        encoder.write_all(&[0; 1 << 20]).unwrap();
    }
    encoder.finish().unwrap()
}

#[test]
fn pictures_that_claim_or_hold_too_much() {
    let mut alone = Alone::new();
    let huge = png(100_000, 100_000, &zeros_deflated(1 << 20));
    assert_eq!(
        alone.page(&huge, 0).unwrap_err(),
        DecodeError::TooManyPixels { width_px: 100_000, height_px: 100_000, max: MAX_PIXELS }
    );
    // 256 MiB of rows behind a header of 16 × 16 pixels: what is too much is not kept.
    let bomb = zeros_deflated(256 << 20);
    let page = alone.page(&png(16, 16, &bomb), 0);
    assert!(page.is_err() || page.is_ok_and(|p| p.pixels.len() == 256));
    // The same in a TIFF strip.
    let entry = |tag: u16, value: u32| {
        [&tag.to_le_bytes()[..], &4u16.to_le_bytes(), &1u32.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let length = bomb.len() as u32;
    let entries = [
        entry(256, 16),
        entry(257, 16),
        entry(258, 8),
        entry(259, 8),
        entry(262, 1),
        entry(273, 8 + 2 + 8 * 12 + 4),
        entry(278, 16),
        entry(279, length),
    ];
    let tiff = [b"II*\0\x08\0\0\0\x08\0".as_slice(), &entries.concat(), &[0; 4], &bomb].concat();
    assert_eq!(alone.page(&tiff, 0).unwrap().pixels, [0; 256]);
    // A JPEG whose header says 65,000 × 65,000.
    let mut jpeg = sample("images/leptonica/w91frag.jpg");
    let frame = jpeg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFD, 0xE8, 0xFD, 0xE8]);
    assert!(matches!(alone.page(&jpeg, 0), Err(DecodeError::TooManyPixels { width_px: 65_000, .. })));
    assert!(matches!(alone.picture(&jpeg, 0), Err(DecodeError::TooManyPixels { .. })));
}

fn many_pages(count: u32, page: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    let mut object = |out: &mut Vec<u8>, body: String| {
        offsets.push(out.len());
        let number = offsets.len();
        out.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
    };
    object(&mut out, "<< /Type /Catalog /Pages 2 0 R >>".into());
    let kids: String = (0..count).map(|i| format!("{} 0 R ", i + 3)).collect();
    object(&mut out, format!("<< /Type /Pages /Count {count} /Kids [{kids}] >>"));
    for _ in 0..count {
        object(&mut out, format!("<< /Type /Page /Parent 2 0 R {page} >>"));
    }
    let start = out.len();
    out.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1).as_bytes());
    for offset in &offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    let size = offsets.len() + 1;
    out.extend_from_slice(
        format!("trailer\n<< /Root 1 0 R /Size {size} >>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    out
}

/// Counts how often the decoder asks for the bytes.
struct Watched(Vec<u8>, AtomicU64);

impl AsRef<[u8]> for Watched {
    fn as_ref(&self) -> &[u8] {
        self.1.fetch_add(1, Ordering::Relaxed);
        &self.0
    }
}

#[test]
fn ten_thousand_pages_are_read_one_by_one() {
    let mut alone = Alone::new();
    let watched = Arc::new(Watched(many_pages(10_000, "/MediaBox [0 0 72 72]"), AtomicU64::new(0)));
    let source = Source { key: u64::MAX, bytes: Arc::<Watched>::clone(&watched) };
    let info = decode::inspect(alone.decoder(), &source, "").unwrap();
    assert_eq!(info.pages, 10_000);
    let for_opening = watched.1.swap(0, Ordering::Relaxed);
    assert!(for_opening < 3_000, "opening reads no page: {for_opening} reads");
    for page_idx in 0..50 {
        let page = decode::page(alone.decoder(), &source, page_idx).unwrap();
        assert_eq!((page.size.width_px, page.size.height_px), (300, 300));
        assert!(page.bilevel);
    }
    let for_fifty = watched.1.load(Ordering::Relaxed);
    assert!(for_fifty < 5_000, "pages are read one at a time: {for_fifty} reads");
    assert!(matches!(
        decode::page(alone.decoder(), &source, 10_000),
        Err(DecodeError::NoSuchPage { page_idx: 10_000, pages: 10_000 })
    ));
}

#[test]
fn pages_too_large_to_draw() {
    let mut alone = Alone::new();
    let bytes = many_pages(1, "/MediaBox [0 0 14400 14400]");
    assert_eq!(alone.inspect(&bytes).unwrap().pages, 1);
    assert_eq!(
        alone.page(&bytes, 0).unwrap_err(),
        DecodeError::TooManyPixels { width_px: 60_000, height_px: 60_000, max: MAX_PIXELS }
    );
    assert!(alone.picture(&bytes, 0).is_err());
    // For people it can be drawn small.
    assert!(alone.display(&bytes, 0, Some(500)).is_ok());
    assert!(matches!(alone.inspect(&many_pages(0, "")), Err(DecodeError::Undecodable(_))));
    assert!(matches!(alone.inspect(b"%PDF-1.7\nnothing more"), Err(DecodeError::Undecodable(_))));
}

#[test]
fn without_pdfium_pictures_are_still_read() {
    let _alone = Alone::new();
    let mut decoder = decode::Decoder::new(None, MAX_PIXELS);
    let picture = source(&sample("images/leptonica/w91frag.jpg"));
    assert!(decode::page(&mut decoder, &picture, 0).is_ok());
    let pdf = source(&many_pages(1, "/MediaBox [0 0 72 72]"));
    assert!(matches!(decode::inspect(&mut decoder, &pdf, ""), Err(DecodeError::NoPdfium(_))));
}

#[test]
fn changed_bytes_never_panic() {
    let mut alone = Alone::new();
    let mut seed = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    for name in KINDS {
        let whole = sample(name);
        let rounds = if whole.len() > 200_000 { 6 } else { 25 };
        for _ in 0..rounds {
            let mut changed = whole.clone();
            // Half of the changes fall into the first bytes, where the structure is.
            for _ in 0..1 + random(4) {
                let range = if random(2) == 0 { whole.len().min(600) } else { whole.len() };
                changed[random(range)] = random(256) as u8;
            }
            let info = alone.inspect(&changed);
            for result in [
                info.err(),
                alone.page(&changed, 0).err(),
                alone.picture(&changed, 0).err(),
                alone.display(&changed, 0, Some(300)).err(),
            ] {
                if let Some(DecodeError::Undecodable(why)) = result {
                    assert!(!why.contains("gave up unexpectedly"), "{name}: {why}");
                }
            }
        }
    }
}
