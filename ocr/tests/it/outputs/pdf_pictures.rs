//! Pictures: they stand in the PDF bit by bit and look as the source does, in every coding and orientation.

use super::judges::{assert_pdf_a_2b, assert_sound, run, run_bytes, text};
use super::pdf::write;
use native::{Coding, PagePicture};
use record::PageSize;
use std::path::{Path, PathBuf};

const COLUMNS: u32 = 320;
const ROWS: u32 = 200;
const DPI: u32 = 144;

/// A picture without any symmetry, with colours, letters and a gradient.
fn draw(to: &Path, more: &[&str]) {
    let mut args = vec![
        "-size",
        "320x200",
        "gradient:white-grey",
        "-fill",
        "red",
        "-draw",
        "rectangle 10,10 80,40",
        "-fill",
        "blue",
        "-draw",
        "rectangle 250,150 310,190",
        "-fill",
        "black",
        "-font",
        "Liberation-Serif",
        "-pointsize",
        "40",
        "-annotate",
        "+60+120",
        "Bút lục 45a",
    ];
    args.extend_from_slice(more);
    args.push(text(to));
    run("convert", &args);
}

fn picture(coding: Coding, orientation: u8, bytes: Vec<u8>) -> PagePicture {
    let (width_px, height_px) = if orientation > 4 { (ROWS, COLUMNS) } else { (COLUMNS, ROWS) };
    let size = PageSize { width_px, height_px, dpi: DPI };
    PagePicture::from_bytes(size, coding, (COLUMNS, ROWS), orientation, Vec::new(), bytes)
}

/// Root mean square difference between the page as poppler shows it and a picture, 0 to 1. By its cairo side: the
/// other one stretches every picture by a pixel.
fn difference(pdf: &Path, expected: &Path) -> f64 {
    let shown = pdf.with_extension("shown.png");
    let dpi = DPI.to_string();
    run("pdftocairo", &["-r", &dpi, "-png", "-singlefile", text(pdf), text(&shown.with_extension(""))]);
    let size = |path: &Path| run("identify", &["-format", "%wx%h", text(path)]);
    assert_eq!(size(&shown), size(expected));
    // `compare` ends with 1 when there is any difference.
    let output = crate::provided::program("compare")
        .args(["-metric", "RMSE", text(&shown), text(expected), "null:"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let relative = said.split(['(', ')']).nth(1).unwrap_or_else(|| panic!("compare says {said}"));
    relative.parse().unwrap()
}

/// The joined IDAT chunks and the palette of a PNG.
fn png_parts(path: &Path) -> (Vec<u8>, Option<Vec<u8>>) {
    let bytes = std::fs::read(path).unwrap();
    let (mut rest, mut data, mut palette) = (&bytes[8..], Vec::new(), None);
    while rest.len() >= 12 {
        let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        let body = &rest[8..8 + length];
        match &rest[4..8] {
            b"IHDR" => assert_eq!(body[12], 0, "not interlaced"),
            b"IDAT" => data.extend_from_slice(body),
            b"PLTE" => palette = Some(body.to_vec()),
            _ => {}
        }
        rest = &rest[12 + length..];
    }
    (data, palette)
}

fn png(path: &Path, colors: u8, bits: u8) -> PagePicture {
    let header = std::fs::read(path).unwrap();
    let colour_type = header[25];
    assert_eq!((header[24], colour_type & 2 == 2 && colour_type != 3), (bits, colors == 3), "{path:?}");
    let (bytes, palette) = png_parts(path);
    picture(Coding::PngFlate { colors, bits, palette }, 1, bytes)
}

#[test]
fn every_coding_passes_bit_by_bit_and_looks_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let mut files: Vec<PathBuf> = Vec::new();
    let mut check = |name: &str, page: PagePicture, source: &Path, tolerance: f64, ending: Option<&str>| {
        let pdf = at(&format!("{name}.pdf"));
        write(&pdf, &[(&page, None, None)]);
        assert_sound(&pdf);
        let raw = run_bytes("qpdf", &["--show-object=12", "--raw-stream-data", text(&pdf)]);
        assert!(raw == page.bytes(), "{name}: the stream differs from the bytes given");
        if let Some(ending) = ending {
            let stem = at(&format!("{name}-out"));
            run("pdfimages", &["-all", text(&pdf), text(&stem)]);
            let taken_out = std::fs::read(at(&format!("{name}-out-000.{ending}"))).unwrap();
            assert!(taken_out == page.bytes(), "{name}: pdfimages takes out other bytes");
        }
        let difference = difference(&pdf, source);
        assert!(difference <= tolerance, "{name}: {difference}");
        files.push(pdf);
    };

    for (name, more, components) in [
        ("jpeg-colour", &["-quality", "80"][..], 3),
        ("jpeg-grey", &["-colorspace", "Gray", "-quality", "60"], 1),
        ("jpeg-progressive", &["-interlace", "JPEG", "-quality", "70"], 3),
        ("jpeg-rgb", &["-sampling-factor", "1x1", "-define", "jpeg:colorspace=RGB", "-quality", "90"], 3),
    ] {
        let source = at(&format!("{name}.jpg"));
        draw(&source, more);
        let bytes = std::fs::read(&source).unwrap();
        let coding = Coding::Jpeg { components, adobe_inverted_cmyk: false };
        check(name, picture(coding, 1, bytes), &source, 0.01, Some("jpg"));
    }

    let bilevel = at("bilevel.png");
    draw(
        &bilevel,
        &[
            "-colorspace",
            "Gray",
            "-threshold",
            "60%",
            "-define",
            "png:bit-depth=1",
            "-define",
            "png:color-type=0",
        ],
    );
    for (name, black_is_1) in [("g4", false), ("g4-inverted", true)] {
        let strip = at(&format!("{name}.g4"));
        let coded = if black_is_1 { vec![text(&bilevel), "-negate"] } else { vec![text(&bilevel)] };
        let target = format!("group4:{}", text(&strip));
        run("convert", &[coded, vec![target.as_str()]].concat());
        let page = picture(Coding::CcittG4 { black_is_1 }, 1, std::fs::read(&strip).unwrap());
        check(name, page, &bilevel, 0.0, Some("ccitt"));
    }

    check("png-bilevel", png(&bilevel, 1, 1), &bilevel, 0.0, None);
    for (name, more, colors, bits) in [
        ("png-rgb", &["-define", "png:color-type=2", "-depth", "8"][..], 3, 8),
        ("png-rgb-16", &["-define", "png:color-type=2", "-define", "png:bit-depth=16"], 3, 16),
        ("png-grey", &["-colorspace", "Gray", "-define", "png:color-type=0", "-depth", "8"], 1, 8),
        (
            "png-palette-8",
            &["-colors", "200", "-define", "png:color-type=3", "-define", "png:bit-depth=8"],
            1,
            8,
        ),
        (
            "png-palette-4",
            &["+dither", "-colors", "12", "-define", "png:color-type=3", "-define", "png:bit-depth=4"],
            1,
            4,
        ),
    ] {
        let source = at(&format!("{name}.png"));
        draw(&source, more);
        check(name, png(&source, colors, bits), &source, 0.003, None);
    }

    // Rows without predictor, as decoders hand them over.
    let raw = |name: &str, format: &str| {
        let pixels = run_bytes("convert", &[text(&at(name)), "-depth", "8", &format!("{format}:-")]);
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut encoder, &pixels).unwrap();
        encoder.finish().unwrap()
    };
    let page = picture(Coding::RawFlate { colors: 3, bits: 8 }, 1, raw("png-rgb.png", "rgb"));
    check("raw-rgb", page, &at("png-rgb.png"), 0.0, None);
    let page = picture(Coding::RawFlate { colors: 1, bits: 8 }, 1, raw("png-grey.png", "gray"));
    check("raw-grey", page, &at("png-grey.png"), 0.0, None);

    assert_pdf_a_2b(&files);
}

#[test]
fn all_eight_orientations_show_the_page_upright() {
    const EXIF: [&str; 8] = [
        "TopLeft",
        "TopRight",
        "BottomRight",
        "BottomLeft",
        "LeftTop",
        "RightTop",
        "RightBottom",
        "LeftBottom",
    ];
    let dir = tempfile::tempdir().unwrap();
    let stored = dir.path().join("stored.png");
    draw(&stored, &["-define", "png:color-type=2", "-depth", "8"]);
    let (bytes, _) = png_parts(&stored);
    for (orientation, name) in (1..=8u8).zip(EXIF) {
        let expected = dir.path().join(format!("{orientation}.png"));
        run("convert", &[text(&stored), "-orient", name, "-auto-orient", "+repage", text(&expected)]);
        let pdf = dir.path().join(format!("{orientation}.pdf"));
        let coding = Coding::PngFlate { colors: 3, bits: 8, palette: None };
        write(&pdf, &[(&picture(coding, orientation, bytes.clone()), None, None)]);
        assert_sound(&pdf);
        let difference = difference(&pdf, &expected);
        assert!(difference < 0.003, "orientation {orientation}: {difference}");
    }
}
