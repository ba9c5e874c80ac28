//! The compact copy, judged by others: PDF/A, the same text, the same picture.

use super::judges::{assert_pdf_a_2b, assert_sound, keep, run, run_bytes, text};
use super::material::{SIZE, draw_page, read_page};
use super::pdf::info;
use native::{PagePicture, PageRaster, Patch};
use ocr::pdf::{CompactPicture, PdfWriter};
use record::{PageText, PxBox};
use std::path::Path;

/// The pixels of a picture as ImageMagick decodes it.
fn raster(picture: &Path, channels: u8, bilevel: bool) -> PageRaster {
    let kind = if channels == 1 { "gray:-" } else { "rgb:-" };
    let pixels = run_bytes("convert", &[text(picture), "-depth", "8", kind]);
    PageRaster::from_pixels(SIZE, channels, bilevel, pixels)
}

/// Print on yellow paper with a red ring and a blue stroke over its last lines.
fn draw_sealed(dir: &Path) -> (std::path::PathBuf, PageText) {
    let (plain, sealed) = (dir.join("plain.png"), dir.join("sealed.png"));
    draw_page(&plain, 0.0);
    let read = read_page(&plain, SIZE);
    let over = [
        "-fill",
        "none",
        "-stroke",
        "rgb(205,40,50)",
        "-strokewidth",
        "9",
        "-draw",
        "circle 900,900 900,1060",
    ];
    let pen = ["-stroke", "rgb(40,50,150)", "-strokewidth", "5", "-draw", "line 300,1200 900,1350"];
    let mut args = vec![text(&plain), "-fuzz", "10%", "-fill", "rgb(240,231,205)", "-opaque", "white"];
    args.extend(over.iter().chain(&pen));
    args.extend(["-colorspace", "sRGB", "-type", "TrueColor", text(&sealed)]);
    run("convert", &args);
    (sealed, read)
}

fn write(path: &Path, layers: &CompactPicture, read: Option<&PageText>, label: Option<&str>) {
    let mut pdf = PdfWriter::new(Vec::new(), &info()).unwrap();
    pdf.compact_page(layers, read, label).unwrap();
    std::fs::write(path, pdf.finish().unwrap()).unwrap();
    assert_sound(path);
}

#[test]
fn layers_are_pdf_a_with_the_same_text_and_look() {
    let dir = tempfile::tempdir().unwrap();
    let (picture, read) = draw_sealed(dir.path());
    let (faithful, compact) = (dir.path().join("faithful.pdf"), dir.path().join("compact.pdf"));
    let white: PagePicture = super::pdf::white(SIZE);
    super::pdf::write(&faithful, &[(&white, Some(&read), Some("45"))]);
    let layers = CompactPicture::of(&raster(&picture, 3, false), &[], Some(&read)).unwrap();
    write(&compact, &layers, Some(&read), Some("45"));
    keep(&compact);
    assert_pdf_a_2b(std::slice::from_ref(&compact));
    let words = |pdf: &Path| run("pdftotext", &[text(pdf), "-"]);
    assert_eq!(words(&compact), words(&faithful));
    assert!(words(&compact).contains("QUYẾT ĐỊNH KHỞI TỐ"), "{}", words(&compact));
    let labels = run("qpdf", &["--json=2", "--json-key=pagelabels", text(&compact)]);
    assert!(labels.contains("u:45"), "{labels}");
    let images = run("pdfimages", &["-list", text(&compact)]);
    assert!(images.contains("stencil") && images.contains("jbig2") && images.contains("jpeg"), "{images}");
    // Drawn again by poppler: print black where it was, the ring red, the pen blue, the paper yellow.
    let shown = dir.path().join("shown");
    run("pdftoppm", &["-r", "200", "-png", "-singlefile", text(&compact), text(&shown)]);
    let (before, after) = (
        run_bytes("convert", &[text(&picture), "-depth", "8", "rgb:-"]),
        run_bytes("convert", &[text(&shown.with_extension("png")), "-depth", "8", "rgb:-"]),
    );
    let differ = before.iter().zip(&after).filter(|(a, b)| a.abs_diff(**b) > 60).count();
    // The soft edges of letters are all that may differ so much.
    assert!(differ * 50 < before.len(), "{differ} of {}", before.len());
    let at = |x: usize, y: usize| {
        let start = (y * 1654 + x) * 3;
        [after[start], after[start + 1], after[start + 2]]
    };
    let [r, g, b] = at(900, 1060);
    assert!(r > 150 && g < 110 && b < 120, "the ring: {r} {g} {b}");
    let [r, g, b] = at(600, 1275);
    assert!(b > r + 40 && g < 130, "the pen: {r} {g} {b}");
    let [r, g, b] = at(100, 2000);
    assert!(r.abs_diff(240) < 6 && g.abs_diff(231) < 6 && b.abs_diff(205) < 6, "the paper: {r} {g} {b}");
}

#[test]
fn black_and_white_comes_back_bit_by_bit_for_poppler_too() {
    let dir = tempfile::tempdir().unwrap();
    let (drawn, bilevel, compact) =
        (dir.path().join("a.png"), dir.path().join("b.png"), dir.path().join("c.pdf"));
    draw_page(&drawn, 1.5);
    run("convert", &[text(&drawn), "-threshold", "60%", "-type", "bilevel", text(&bilevel)]);
    let layers = CompactPicture::of(&raster(&bilevel, 1, true), &[], None).unwrap();
    write(&compact, &layers, None, None);
    assert_pdf_a_2b(std::slice::from_ref(&compact));
    // The stencil itself, as poppler's decoder gives it.
    run("pdfimages", &["-png", text(&compact), text(&dir.path().join("x"))]);
    let gray = |path: &Path| run_bytes("convert", &[text(path), "-depth", "8", "gray:-"]);
    let (before, after) = (gray(&bilevel), gray(&dir.path().join("x-000.png")));
    // pdfimages writes a stencil with its painted pixels white.
    let inverted: Vec<u8> = after.iter().map(|v| 255 - v).collect();
    assert!(before == after || before == inverted, "every pixel");
    let shown = dir.path().join("shown");
    run("pdftoppm", &["-r", "50", "-gray", "-singlefile", text(&compact), text(&shown)]);
    let mean: f64 = run("convert", &[text(&shown.with_extension("pgm")), "-format", "%[fx:mean]", "info:"])
        .trim()
        .parse()
        .unwrap();
    assert!(mean > 0.9, "black on white, not white on black: {mean}");
}

#[test]
fn pages_without_words_and_with_annotations_are_pdf_a_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.pdf");
    let mut pdf = PdfWriter::new(Vec::new(), &info()).unwrap();
    let pixels = (SIZE.width_px * SIZE.height_px) as usize;
    let blank = PageRaster::from_pixels(SIZE, 1, false, vec![244; pixels]);
    let black = PageRaster::from_pixels(SIZE, 3, false, vec![0; pixels * 3]);
    let patch =
        Patch { bbox: PxBox { left: 10, top: 10, right: 50, bottom: 40 }, rgb: [255, 0, 0].repeat(1200) };
    for (raster, patches) in [(&blank, vec![]), (&black, vec![]), (&blank, vec![patch])] {
        let layers = CompactPicture::of(raster, &patches, None).unwrap();
        pdf.compact_page(&layers, None, None).unwrap();
    }
    std::fs::write(&path, pdf.finish().unwrap()).unwrap();
    assert_sound(&path);
    assert_pdf_a_2b(std::slice::from_ref(&path));
    let labels = run("qpdf", &["--json=2", "--json-key=pagelabels", text(&path)]);
    for label in ["u:tr. 1", "u:tr. 2", "u:tr. 3"] {
        assert!(labels.contains(label), "{labels}");
    }
}
