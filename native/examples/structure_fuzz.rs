//! Throws damaged PDFs of one scanned page at the proof that a page is nothing but its picture: `structure_fuzz PDFIUM MINUTES SEED FILE.jpg
//! FILE.png`. Whatever it believes must look as Pdfium draws it, and nothing may panic or take long. What breaks that is kept in `structure_fuzz.pdf`.
//! The pictures should be small (200 pixels) and 8 bits RGB.
#![allow(clippy::disallowed_methods, reason = "an example reads files")]
#![allow(dead_code, reason = "a module of the decoder, of which not everything is used here")]

#[path = "../src/decode/structure.rs"]
mod structure;

use native::decode::{self, Decoder, Source};
use std::sync::Arc;
use std::time::{Duration, Instant};
use structure::Structure;

type Failed = Box<dyn std::error::Error>;

/// What is put into files.
const PIECES: [&str; 46] = [
    "/SMask 6 0 R",
    "/Mask 6 0 R",
    "/Mask[0 9 0 9 0 9]",
    "/Decode[1 0 1 0 1 0]",
    "/Decode[1 0]",
    "/ImageMask true",
    "/Width 9",
    "/Height 9",
    "/ColorSpace/DeviceGray",
    "/ColorSpace/DeviceRGB",
    "/ColorSpace/DeviceCMYK",
    "/BitsPerComponent 4",
    "/Filter/FlateDecode",
    "/Filter[/FlateDecode/DCTDecode]",
    "/DecodeParms<</Predictor 2>>",
    "/DecodeParms<</ColorTransform 0>>",
    "/Group<</S/Transparency>>",
    "/UserUnit 2",
    "/Rotate 90",
    "/CropBox[0 0 50 50]",
    "/MediaBox[9 9 90 90]",
    "/Contents 6 0 R",
    "/Contents[4 0 R 4 0 R]",
    "/XObject<</I 6 0 R>>",
    "/ExtGState<</G<</ca .3>>>>",
    "/Resources 6 0 R",
    "/Kids[3 0 R 3 0 R]",
    "/Count 2",
    "/Length 9",
    "/Type/Page",
    " 0 0 40 40 re W n ",
    " 0 0 40 40 re f ",
    " 0 0 1 rg ",
    " /G gs ",
    " /I Do ",
    " q ",
    " Q ",
    " .5 0 0 .5 0 0 cm ",
    "%",
    "\n",
    "<<",
    ">>",
    "endstream",
    "endobj",
    "5 0 obj",
    "6 0 obj<</Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray/Length 1>>stream\n0\nendstream endobj",
];

/// A picture as a PDF holds it: what its dictionary says, and its stream.
fn picture(path: &str) -> Result<(String, Vec<u8>), Failed> {
    let file = std::fs::read(path)?;
    if !file.starts_with(b"\x89PNG") {
        let (width, height) = {
            let mut decoder = zune_jpeg::JpegDecoder::new(std::io::Cursor::new(&file));
            decoder.decode_headers().map_err(|e| format!("{path}: {e}"))?;
            decoder.info().map(|info| (info.width, info.height)).ok_or("a JPEG without a size")?
        };
        return Ok((format!("/Width {width}/Height {height}/Filter/DCTDecode"), file));
    }
    let number = |at: usize| file[at..at + 4].iter().fold(0, |n, b| n << 8 | usize::from(*b));
    let (width, height, mut at, mut rows) = (number(16), number(20), 8, Vec::new());
    while at + 8 <= file.len() {
        if &file[at + 4..at + 8] == b"IDAT" {
            rows.extend_from_slice(&file[at + 8..at + 8 + number(at)]);
        }
        at += number(at) + 12;
    }
    let parameters = format!("<</Predictor 15/Colors 3/BitsPerComponent 8/Columns {width}>>");
    Ok((format!("/Width {width}/Height {height}/Filter/FlateDecode/DecodeParms{parameters}"), rows))
}

/// A page of 100 points that shows it. With a table of its objects, or without one.
fn pdf((says, stream): &(String, Vec<u8>), content: &str, with_table: bool) -> Vec<u8> {
    let dict = format!(
        "<</Type/XObject/Subtype/Image/BitsPerComponent 8/ColorSpace/DeviceRGB{says}/Length {}>>",
        stream.len()
    );
    let objects = [
        (b"<</Type/Catalog/Pages 2 0 R>>".to_vec(), &[][..]),
        (b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(), &[]),
        (b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>".to_vec(), &[]),
        (format!("<</Length {}>>", content.len()).into_bytes(), content.as_bytes()),
        (dict.into_bytes(), stream),
    ];
    let (mut out, mut places) = (b"%PDF-1.7\n".to_vec(), String::new());
    for (n, (dict, stream)) in objects.iter().enumerate() {
        places += &format!("{:010} 00000 n \n", out.len());
        out.extend([format!("{} 0 obj", n + 1).as_bytes(), dict].concat());
        if !stream.is_empty() {
            out.extend([b"stream\n", *stream, b"\nendstream"].concat());
        }
        out.extend(b" endobj\n");
    }
    let start = out.len();
    if with_table {
        out.extend(format!("xref\n0 6\n0000000000 65535 f \n{places}").bytes());
    }
    out.extend(format!("trailer<</Root 1 0 R/Size 6>>\nstartxref\n{start}\n%%EOF").bytes());
    out
}

/// Means over squares of 8 by 8 pixels.
fn coarse(pixels: &[u8], width: usize, channels: usize) -> Vec<u8> {
    let height = pixels.len() / (width * channels).max(1);
    let square = |x: usize, y: usize, part: usize| {
        let at = |i: usize| ((y * 8 + i / 8) * width + x * 8 + i % 8) * channels + part.min(channels - 1);
        ((0..64).map(|i| u32::from(pixels[at(i)])).sum::<u32>() / 64) as u8
    };
    let squares = (0..height / 8).flat_map(|y| (0..width / 8).map(move |x| (x, y)));
    squares
        .flat_map(|(x, y)| (0..3).map(move |part| (x, y, part)))
        .map(|(x, y, part)| square(x, y, part))
        .collect()
}

/// Whether a page as it is read looks as it is drawn; `None` where one of both fails, or they are of other sizes.
fn is_as_drawn(decoder: &mut Decoder, source: &Source) -> Option<bool> {
    let page = decode::page(decoder, source, 0).ok()?;
    let drawn = decode::display(decoder, source, 0, None).ok()?;
    let mut jpeg = zune_jpeg::JpegDecoder::new(std::io::Cursor::new(drawn));
    let drawn = jpeg.decode().ok()?;
    let info = jpeg.info()?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    if (page.size.width_px as usize, page.size.height_px as usize) != (width, height) {
        return None;
    }
    let read = coarse(&page.pixels, width, usize::from(page.channels));
    let drawn = coarse(&drawn, width, drawn.len() / (width * height).max(1));
    let unlike = read.iter().zip(&drawn).filter(|(a, b)| a.abs_diff(**b) > 60).count();
    Some(unlike * 50 <= read.len())
}

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pdfium, minutes, seed, pictures @ ..] = &arguments[..] else {
        return Err("structure_fuzz PDFIUM MINUTES SEED FILE.jpg FILE.png".into());
    };
    let pictures = pictures.iter().map(|path| picture(path)).collect::<Result<Vec<_>, _>>()?;
    let contents = ["q 100 0 0 100 0 0 cm /I Do Q", "100 0 0 100 0 0 cm\n/I Do\n"];
    let mut decoder = Decoder::new(Some(pdfium.into()), 10_000_000);
    let end = Instant::now() + Duration::from_secs_f64(minutes.parse::<f64>()? * 60.0);
    let mut state: u64 = seed.parse()?;
    let mut dice = |sides: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % sides
    };
    let (mut key, mut opened, mut believed, mut compared) = (0, 0_u64, 0_u64, 0_u64);
    let mut slowest = Duration::ZERO;
    while Instant::now() < end {
        let picture = &pictures[dice(pictures.len())];
        let mut pdf = pdf(picture, contents[dice(2)], dice(3) > 0);
        for _ in 0..dice(6) {
            if pdf.len() < 64 {
                break;
            }
            // outside the picture's stream mostly
            let stream = pdf.windows(picture.1.len()).position(|w| w == picture.1).unwrap_or(0);
            let behind = pdf.len() - (stream + picture.1.len()).min(pdf.len());
            let at = match dice(8) {
                0 => dice(pdf.len()),
                1 | 2 => pdf.len() - dice(behind.max(1)) - 1,
                _ => dice(stream.max(1)),
            };
            let piece = PIECES[dice(PIECES.len())].as_bytes();
            match dice(6) {
                0 => pdf[at] = dice(256) as u8,
                1 => pdf[at] = b"0123456789<>[]()/ R%"[dice(20)],
                2 => pdf.truncate(at.max(16)),
                3 => drop(pdf.drain(at..(at + dice(30)).min(pdf.len()))),
                _ => drop(pdf.splice(at..at, piece.iter().copied())),
            }
        }
        // kept before it is tried: what ends the process is there
        std::fs::write("structure_fuzz.pdf", &pdf)?;
        let bytes: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(pdf);
        let started = Instant::now();
        let structure = Structure::of(&bytes);
        let is_believed = structure.as_ref().is_some_and(|s| s.only_picture(0, 1, &picture.1).is_some());
        slowest = slowest.max(started.elapsed());
        key += 1;
        let as_drawn = is_as_drawn(&mut decoder, &Source { key, bytes });
        opened += u64::from(structure.is_some());
        believed += u64::from(is_believed);
        compared += u64::from(is_believed && as_drawn.is_some());
        if as_drawn == Some(false) && is_believed {
            return Err("a page that does not look as it is drawn: structure_fuzz.pdf".into());
        }
        if slowest > Duration::from_secs(2) {
            return Err(format!("{slowest:?}: structure_fuzz.pdf").into());
        }
    }
    println!(
        "{key} files, {opened} opened by the second reader, {believed} believed, {compared} of them compared; the slowest took {slowest:?}"
    );
    Ok(())
}
