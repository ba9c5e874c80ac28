//! The document as a whole: conformance, structure, what it says of itself, memory, errors.

use super::judges::{assert_pdf_a_2b, assert_sound, run, text};
use super::material::{SIZE, block_of, line_of};
use native::{Coding, PagePicture, Patch};
use ocr::pdf::{PdfError, PdfInfo, PdfWriter, PictureError};
use record::{BlockKind, PageSize, PageText, PxBox, Turn};
use std::io::{self, Write};
use std::path::Path;

pub(super) fn info() -> PdfInfo<'static> {
    PdfInfo {
        title: "Cáo trạng số 12/CT-VKS & <phụ lục>",
        created: "2026-03-01T02:03:04Z".parse().unwrap(),
        producer: "hoso 0.1.0",
        id: [0x1F; 16],
    }
}

/// A white page, two colours, one bit: rows without predictor.
pub(super) fn white(size: PageSize) -> PagePicture {
    let row = size.width_px.div_ceil(8) as usize;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&vec![0xFF; row * size.height_px as usize]).unwrap();
    let bytes = encoder.finish().unwrap();
    let stored = (size.width_px, size.height_px);
    PagePicture::from_bytes(size, Coding::RawFlate { colors: 1, bits: 1 }, stored, 1, Vec::new(), bytes)
}

pub(super) fn write(path: &Path, pages: &[(&PagePicture, Option<&PageText>, Option<&str>)]) {
    let mut pdf = PdfWriter::new(Vec::new(), &info()).unwrap();
    for (picture, text, label) in pages {
        pdf.page(*picture, *text, *label).unwrap();
    }
    std::fs::write(path, pdf.finish().unwrap()).unwrap();
}

fn some_text() -> PageText {
    let line = line_of(&["Điều", "1.", "Khởi", "tố", "𠀋\u{FEFF}"], 200, 300, 340);
    PageText { size: SIZE, turn: Turn::Upright, blocks: vec![block_of(BlockKind::Body, vec![line])] }
}

#[test]
fn title_dates_identity_language_and_folios_are_found_by_others() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.pdf");
    let (page, body) = (white(SIZE), some_text());
    write(
        &path,
        &[(&page, Some(&body), Some("45")), (&page, None, None), (&page, None, Some("45a (mặt sau)"))],
    );
    assert_sound(&path);
    let said = run("pdfinfo", &["-rawdates", text(&path)]);
    for expected in [
        "Cáo trạng số 12/CT-VKS & <phụ lục>",
        "hoso 0.1.0",
        "D:20260301020304",
        "Pages:           3",
        "PDF version:     1.7",
    ] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    assert!(said.contains("595.44 x 842.04 pts"), "{said}");
    let xmp = run("pdfinfo", &["-meta", text(&path)]);
    for expected in
        ["<pdfaid:part>2<", "<pdfaid:conformance>B<", "2026-03-01T02:03:04", "&amp; &lt;phụ lục&gt;"]
    {
        assert!(xmp.contains(expected), "{expected} in {xmp}");
    }
    let json = run(
        "qpdf",
        &["--json=2", "--json-key=pages", "--json-key=pagelabels", "--json-key=qpdf", text(&path)],
    );
    for label in ["u:45", "u:tr. 2", "u:45a (mặt sau)", "u:vi-VN"] {
        assert!(json.contains(label), "{label}");
    }
    assert!(json.contains("\"b:1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f\"") || json.contains("1f1f1f1f"), "the ID");
}

#[test]
fn text_annotations_labels_and_missing_pictures_are_pdf_a_2b() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.pdf");
    let mut pdf = PdfWriter::new(Vec::new(), &info()).unwrap();
    let strange = super::pdf_text::strange_text();
    pdf.page(&white(SIZE), Some(&strange), Some("45")).unwrap();
    pdf.page(&patched(), None, None).unwrap();
    pdf.page_without_picture(SIZE, Some("45a")).unwrap();
    std::fs::write(&path, pdf.finish().unwrap()).unwrap();
    assert_sound(&path);
    assert_pdf_a_2b(std::slice::from_ref(&path));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let once = || {
        let mut pdf = PdfWriter::new(Vec::new(), &info()).unwrap();
        pdf.page(&white(SIZE), Some(&some_text()), Some("1")).unwrap();
        pdf.finish().unwrap()
    };
    assert_eq!(once(), once());
}

#[test]
fn a_page_without_picture_is_crossed_out_not_blank() {
    let dir = tempfile::tempdir().unwrap();
    let (path, shown) = (dir.path().join("a.pdf"), dir.path().join("a.png"));
    let mut pdf = PdfWriter::new(Vec::new(), &info()).unwrap();
    pdf.page_without_picture(SIZE, None).unwrap();
    std::fs::write(&path, pdf.finish().unwrap()).unwrap();
    assert_sound(&path);
    run("pdftoppm", &["-r", "50", "-png", "-singlefile", text(&path), text(&shown.with_extension(""))]);
    let mean: f64 = run("convert", &[text(&shown), "-format", "%[fx:mean]", "info:"]).trim().parse().unwrap();
    assert!((0.9..0.999).contains(&mean), "{mean}");
}

/// Two annotations, the second over the first's right half.
fn patched() -> PagePicture {
    let mut page = white(SIZE);
    let patch = |left: u32, rgb: [u8; 3]| {
        let bbox = PxBox { left, top: 500, right: left + 30, bottom: 520 };
        Patch { bbox, rgb: rgb.repeat(30 * 20) }
    };
    page.patches = vec![patch(1000, [255, 0, 0]), patch(1015, [0, 0, 255])];
    page
}

#[test]
fn annotations_lie_over_the_picture_in_their_place() {
    let dir = tempfile::tempdir().unwrap();
    let (path, shown) = (dir.path().join("a.pdf"), dir.path().join("a.png"));
    let page = patched();
    write(&path, &[(&page, None, None)]);
    assert_sound(&path);
    run("pdftoppm", &["-r", "200", "-png", "-singlefile", text(&path), text(&shown.with_extension(""))]);
    let at = |x: u32, y: u32| {
        let format = format!("%[fx:round(255*p{{{x},{y}}}.r)],%[fx:round(255*p{{{x},{y}}}.b)]");
        run("convert", &[text(&shown), "-format", &format, "info:"])
    };
    assert_eq!(at(1001, 501), "255,0");
    assert_eq!(at(1013, 518), "255,0");
    assert_eq!(at(1017, 510), "0,255", "the later one lies above");
    assert_eq!(at(1043, 518), "0,255");
    assert_eq!(at(998, 510), "255,255");
    assert_eq!(at(1020, 523), "255,255");
}

#[test]
fn a_thousand_pages_hold_no_picture_in_memory() {
    /// Counts, and remembers the largest piece it was given.
    struct Counter {
        bytes: u64,
        largest: usize,
    }
    impl Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.bytes += bytes.len() as u64;
            self.largest = self.largest.max(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut pdf = PdfWriter::new(Counter { bytes: 0, largest: 0 }, &info()).unwrap();
    let (page, body) = (white(SIZE), some_text());
    let mut before_end = 0;
    for no in 1..=1000u32 {
        pdf.page(&page, Some(&body), Some(&no.to_string())).unwrap();
        before_end += page.bytes().len() as u64;
    }
    let sink = pdf.finish().unwrap();
    assert!(sink.bytes > before_end, "every page went straight through");
    // What is written at the end (table, labels, page tree) is all that was kept: some 100 bytes a page.
    assert!(sink.largest < 100_000, "{} bytes at once", sink.largest);
}

#[test]
fn what_pdf_a_cannot_hold_is_an_error_and_the_file_stays_sound() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.pdf");
    let mut pdf = PdfWriter::new(Vec::new(), &info()).unwrap();
    let good = white(SIZE);
    let small = PageSize { width_px: 1, height_px: 1, dpi: 300 };
    let large = PageSize { width_px: 40_000, height_px: 100, dpi: 72 };
    let no_dpi = PageSize { dpi: 0, ..SIZE };
    for size in [small, large, no_dpi] {
        let picture = PagePicture::from_bytes(
            size,
            good.coding.clone(),
            good.stored_px,
            1,
            vec![],
            good.bytes().to_vec(),
        );
        assert!(matches!(pdf.page(&picture, None, None), Err(PdfError::PageSize { page: 1, .. })));
    }
    let with = |coding: Coding, orientation, patches| {
        PagePicture::from_bytes(SIZE, coding, good.stored_px, orientation, patches, good.bytes().to_vec())
    };
    let cmyk = with(Coding::Jpeg { components: 4, adobe_inverted_cmyk: true }, 1, vec![]);
    assert!(matches!(pdf.page(&cmyk, None, None), Err(PdfError::CmykNeedsConversion { page: 1 })));
    let no_jpeg = with(Coding::Jpeg { components: 3, adobe_inverted_cmyk: false }, 1, vec![]);
    let error = pdf.page(&no_jpeg, None, None).unwrap_err();
    assert!(matches!(error, PdfError::Picture { page: 1, source: PictureError::Jpeg(_) }));
    let turned = with(Coding::RawFlate { colors: 1, bits: 1 }, 9, vec![]);
    assert!(matches!(pdf.page(&turned, None, None), Err(PdfError::Picture { .. })));
    let bbox = PxBox { left: 0, top: 0, right: 2, bottom: 2 };
    let patched = with(Coding::RawFlate { colors: 1, bits: 1 }, 1, vec![Patch { bbox, rgb: vec![0; 11] }]);
    let error = pdf.page(&patched, None, None).unwrap_err();
    assert!(matches!(error, PdfError::Picture { source: PictureError::Patch { idx: 0, .. }, .. }));
    pdf.page(&good, None, None).unwrap();
    std::fs::write(&path, pdf.finish().unwrap()).unwrap();
    assert_sound(&path);
    assert!(matches!(PdfWriter::new(Vec::new(), &info()).unwrap().finish(), Err(PdfError::NoPages)));
}

#[test]
fn after_a_failed_write_nothing_more_is_taken() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let page = white(SIZE);
    let mut pdf = PdfWriter::new(Full(300), &info()).unwrap();
    assert!(matches!(pdf.page(&page, None, None), Err(PdfError::Io(_))));
    assert!(matches!(pdf.page(&page, None, None), Err(PdfError::Broken)));
    assert!(matches!(pdf.finish(), Err(PdfError::Broken)));
}
