//! PDF pages against poppler, on real scans and on pages made for the purpose.

use crate::decode_support::*;
use crate::provided::sample;
use native::decode::{self, DecodeError};
use native::media::{Coding, MediaKind};
use std::path::Path;

fn real(name: &str) -> Vec<u8> {
    read(&sample("real-vi").join(name))
}

/// The streams of all page images, in page order, as poppler takes them out.
fn poppler_images(pdf: &Path, page: u32) -> Vec<(String, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("x");
    let page = page.to_string();
    run("pdfimages", &["-all", "-f", &page, "-l", &page, pdf.to_str().unwrap(), root.to_str().unwrap()]);
    let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    names.iter().map(|p| (p.extension().unwrap().to_string_lossy().into_owned(), read(p))).collect()
}

#[test]
fn real_scans_come_at_their_own_resolution() {
    let mut alone = Alone::new();
    for (name, pages) in [("chi-thi-16-2021.pdf", 10), ("cong-van-574-2025.pdf", 2)] {
        let bytes = real(name);
        let info = alone.inspect(&bytes).unwrap();
        assert_eq!((info.kind, info.pages, info.signatures), (MediaKind::Pdf, pages, 2), "{name}");
        let path = sample("real-vi").join(name);
        for page_idx in 0..pages {
            let page = alone.page(&bytes, page_idx).unwrap();
            let number = (page_idx + 1).to_string();
            // The first image that poppler lists on a page is the scan; the others belong to annotations.
            let list = String::from_utf8(run(
                "pdfimages",
                &["-list", "-f", &number, "-l", &number, path.to_str().unwrap()],
            ));
            let list = list.unwrap();
            let fields: Vec<&str> = list.lines().nth(2).unwrap().split_whitespace().collect();
            let expected: (u32, u32) = (fields[3].parse().unwrap(), fields[4].parse().unwrap());
            assert_eq!((page.size.width_px, page.size.height_px), expected, "{name} {number}");
            assert_eq!(page.size.dpi, 300, "{name} {number}");
            assert_eq!(page.embedded_text, None, "{name} {number}");
            let picture = alone.picture(&bytes, page_idx).unwrap();
            let (kind, stream) = poppler_images(&path, page_idx + 1).swap_remove(0);
            assert_eq!(picture.size, page.size);
            assert_eq!((picture.stored_px, picture.orientation), (expected, 1));
            assert!(picture.bytes == stream, "{name} {number}: other bytes than poppler's .{kind}");
            match kind.as_str() {
                "ccitt" => assert_eq!(picture.coding, Coding::CcittG4 { black_is_1: false }),
                "jpg" => {
                    assert_eq!(picture.coding, Coding::Jpeg { components: 3, adobe_inverted_cmyk: false })
                }
                other => panic!("unexpected {other}"),
            }
        }
    }
}

/// A page as poppler draws it at exactly this size, without annotations.
fn drawn(pdf: &Path, page: u32, width: u32, height: u32) -> Vec<u8> {
    let (page, width, height) = (page.to_string(), width.to_string(), height.to_string());
    let arguments = [
        "-hide-annotations",
        "-cropbox",
        "-f",
        &page,
        "-l",
        &page,
        "-scale-to-x",
        &width,
        "-scale-to-y",
        &height,
    ];
    let mut arguments = arguments.to_vec();
    arguments.push(pdf.to_str().unwrap());
    parse_ppm(&run("pdftoppm", &arguments)).2
}

#[test]
fn pages_look_as_poppler_draws_them_without_annotations() {
    let mut alone = Alone::new();
    let files = [
        ("real-vi/chi-thi-16-2021.pdf", vec![0, 9]),
        ("real-vi/cong-van-574-2025.pdf", vec![0, 1]),
        ("images/leptonica/2_column_crop_input.pdf", vec![0, 1]),
        ("images/leptonica/bad_mediabox_input.pdf", vec![0, 1]),
    ];
    for (name, pages) in files {
        let path = sample(name);
        let bytes = read(&path);
        for page_idx in pages {
            let page = alone.page(&bytes, page_idx).unwrap();
            let (w, h) = (page.size.width_px, page.size.height_px);
            let expected = drawn(&path, page_idx + 1, w, h);
            let (mean, share) = difference(&coarse(&rgb(&page), w, h), &coarse(&expected, w, h), 64);
            // Of 1-bit images that are shrunk by an odd factor poppler and Pdfium make different greys.
            let (most_mean, most_share) = if name.contains("mediabox") { (14.0, 0.06) } else { (6.0, 0.01) };
            assert!(
                mean < most_mean && share < most_share,
                "{name} {page_idx}: mean {mean:.2}, {share:.4} far off"
            );
        }
    }
}

#[test]
fn signature_marks_are_patches_and_not_in_the_page() {
    let mut alone = Alone::new();
    // Top right corner of the first pages: two marks each. Places read off the rendered pages by eye.
    for name in ["chi-thi-16-2021.pdf", "cong-van-574-2025.pdf"] {
        let bytes = real(name);
        let picture = alone.picture(&bytes, 0).unwrap();
        let marks: Vec<_> =
            picture.patches.iter().filter(|p| p.bbox.width() > 150 && p.bbox.height() > 100).collect();
        assert!(!marks.is_empty(), "{name}");
        let page = alone.page(&bytes, 0).unwrap();
        let shown = rgb(&page);
        for mark in marks {
            let b = mark.bbox;
            assert!(b.left > 1000 && b.bottom < 300 && b.right <= page.size.width_px, "{name}: {b:?}");
            let red = |p: &[u8]| p[0] > 150 && p[1] < 100 && p[2] < 100;
            let in_mark = mark.rgb.chunks_exact(3).filter(|p| red(p)).count();
            assert!(in_mark > 2000, "{name}: a mark has a red seal, {in_mark} pixels are red");
            let row =
                |y: u32| &shown[((y * page.size.width_px + b.left) * 3) as usize..][..b.width() as usize * 3];
            let in_page = (b.top..b.bottom).map(|y| row(y).chunks_exact(3).filter(|p| red(p)).count());
            assert!(in_page.sum::<usize>() < 50, "{name}: the mark is in the page");
        }
        for page_idx in 1..alone.inspect(&bytes).unwrap().pages {
            assert!(alone.picture(&bytes, page_idx).unwrap().patches.is_empty(), "{name} {page_idx}");
        }
        // People see the marks.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shown.jpg");
        std::fs::write(&path, alone.display(&bytes, 0, Some(1754)).unwrap()).unwrap();
        let (_, height, seen) = imagemagick(path.to_str().unwrap());
        assert_eq!(height, 1754, "{name}");
        let top = &seen[..seen.len() / 12];
        let reds = top.chunks_exact(3).filter(|p| p[0] > 150 && p[1] < 110 && p[2] < 110).count();
        assert!(reds > 1000, "{name}: {reds}");
    }
}

/// A PDF of one page from objects 4 onwards; `page` are further entries of the page dictionary.
fn pdf(page: &str, objects: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n".to_vec();
    out.extend_from_slice(b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n");
    out.extend_from_slice(format!("3 0 obj\n<< /Type /Page /Parent 2 0 R {page} >>\nendobj\n").as_bytes());
    for (i, (dictionary, stream)) in objects.iter().enumerate() {
        out.extend_from_slice(
            format!("{} 0 obj\n<< {dictionary} /Length {} >>\nstream\n", i + 4, stream.len()).as_bytes(),
        );
        out.extend_from_slice(stream);
        out.extend_from_slice(b"\nendstream\nendobj\n");
    }
    out.extend_from_slice(format!("trailer\n<< /Root 1 0 R /Size {} >>\n", objects.len() + 4).as_bytes());
    out
}

const SCAN: &str = "/Type /XObject /Subtype /Image /Width 412 /Height 486 /BitsPerComponent 8";

/// One page of 206 × 243 points with the JPEG `boxedpage` (412 × 486 pixels: 144 dpi) and what `content` draws.
fn scan_page(content: &str, page: &str, image: &str) -> (Vec<u8>, Vec<u8>) {
    let jpeg = read(&sample("images/leptonica/boxedpage.jpg"));
    // without a font where none is needed: such a page is told from how it is built
    let font = if content.contains("/F ") {
        "/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    } else {
        ""
    };
    let page = format!("/Contents 4 0 R /Resources << /XObject << /I 5 0 R >> {font} >> {page}");
    let image = format!("{SCAN} /ColorSpace /DeviceRGB /Filter /DCTDecode {image}");
    let mask: Vec<u8> = (0..486 * 412).map(|i| if i % 412 < 100 { 0 } else { 255 }).collect();
    let mask_entries = format!("{SCAN} /ColorSpace /DeviceGray");
    let bytes = pdf(&page, &[("", content.as_bytes()), (&image, &jpeg), (&mask_entries, &mask)]);
    (bytes, jpeg)
}

const BOX: &str = "/MediaBox [0 0 206 243]";
const UPRIGHT: &str = "206 0 0 243 0 0 cm /I Do";

fn write_temporary(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.pdf");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn a_lone_image_passes_with_every_rotation() {
    let mut alone = Alone::new();
    // (content, page entries, orientation)
    let cases = [
        (UPRIGHT, BOX.to_owned(), 1),
        (UPRIGHT, format!("{BOX} /Rotate 90"), 6),
        (UPRIGHT, format!("{BOX} /Rotate 180"), 3),
        (UPRIGHT, format!("{BOX} /Rotate 270"), 8),
        (UPRIGHT, format!("{BOX} /Rotate -90"), 8),
        ("0 206 -243 0 243 0 cm /I Do", "/MediaBox [0 0 243 206]".to_owned(), 8),
        ("0 -206 243 0 0 206 cm /I Do", "/MediaBox [0 0 243 206]".to_owned(), 6),
        ("-206 0 0 -243 206 243 cm /I Do", BOX.to_owned(), 3),
        ("-206 0 0 243 206 0 cm /I Do", BOX.to_owned(), 2),
        ("206 0 0 -243 0 243 cm /I Do", format!("{BOX} /Rotate 90"), 5),
        ("1 0 0 1 30 40 cm 206 0 0 243 0 0 cm /I Do", "/MediaBox [30 40 236 283]".to_owned(), 1),
        // An invisible layer of text, and something hidden behind the scan.
        (
            "10 10 50 50 re f q 206 0 0 243 0 0 cm /I Do Q BT 3 Tr /F 12 Tf 20 20 Td (van ban) Tj ET",
            BOX.to_owned(),
            1,
        ),
    ];
    for (content, page, orientation) in cases {
        let (bytes, jpeg) = scan_page(content, &page, "");
        let decoded = alone.page(&bytes, 0).unwrap();
        let picture = alone.picture(&bytes, 0).unwrap();
        assert!(picture.bytes == jpeg, "{content} {page}");
        assert_eq!(picture.orientation, orientation, "{content} {page}");
        assert_eq!((picture.stored_px, picture.size.dpi), ((412, 486), 144), "{content} {page}");
        let (w, h) = (decoded.size.width_px, decoded.size.height_px);
        assert_eq!((w, h), if orientation >= 5 { (486, 412) } else { (412, 486) });
        let (_folder, path) = write_temporary(&bytes);
        let (drawn_w, drawn_h, drawn) = parse_ppm(&run("pdftoppm", &["-r", "144", path.to_str().unwrap()]));
        assert_eq!((drawn_w, drawn_h), (w, h), "{content} {page}");
        let (mean, share) = difference(&coarse(&rgb(&decoded), w, h), &coarse(&drawn, w, h), 64);
        assert!(mean < 6.0 && share < 0.01, "{content} {page}: mean {mean:.2}, {share:.4} far off");
        assert_eq!(
            decoded.embedded_text.as_deref().map(str::trim),
            content.contains("van ban").then_some("van ban")
        );
    }
}

#[test]
fn a_page_with_more_than_its_image_is_drawn() {
    let mut alone = Alone::new();
    let cases = [
        // A black bar, visible text, a soft mask, dark colours left out, inverted decoding, a clip, an image that is but half the page.
        (format!("q {UPRIGHT} Q 20 20 100 60 re f"), ""),
        (format!("q {UPRIGHT} Q BT /F 48 Tf 20 100 Td (Xin chao) Tj ET"), ""),
        (UPRIGHT.to_owned(), "/SMask 6 0 R"),
        (UPRIGHT.to_owned(), "/Mask [0 90 0 90 0 90]"),
        (UPRIGHT.to_owned(), "/Decode [1 0 1 0 1 0]"),
        (format!("0 0 100 243 re W n {UPRIGHT}"), ""),
        ("180 0 0 200 10 10 cm /I Do".to_owned(), ""),
        ("200 20 -20 200 10 10 cm /I Do".to_owned(), ""),
    ];
    for (content, image) in cases {
        let (bytes, jpeg) = scan_page(&content, BOX, image);
        let page = alone.page(&bytes, 0).unwrap();
        let picture = alone.picture(&bytes, 0).unwrap();
        assert!(picture.bytes != jpeg, "{content} {image}");
        // What was seen of it at first is not believed of something else later.
        let open = source(&bytes);
        for _ in 0..2 {
            assert!(decode::page(alone.decoder(), &open, 0).unwrap() == page, "{content} {image}");
            let again = decode::picture(alone.decoder(), &open, 0).unwrap();
            assert!(again.bytes == picture.bytes, "{content} {image}");
        }
        assert_eq!(picture.orientation, 1);
        let (w, h) = (page.size.width_px, page.size.height_px);
        assert!((390..=520).contains(&w), "drawn at the scan's resolution: {w}");
        let (_folder, path) = write_temporary(&bytes);
        let expected = coarse(&drawn(&path, 1, w, h), w, h);
        let (mean, share) = difference(&coarse(&rgb(&page), w, h), &expected, 64);
        assert!(mean < 6.0 && share < 0.01, "{content} {image}: mean {mean:.2}, {share:.4} far off");
    }
}

/// The zlib stream of a PNG file, as its chunks hold it.
fn png_rows(png: &[u8]) -> Vec<u8> {
    let (mut rest, mut rows) = (&png[8..], Vec::new());
    while let Some((head, after)) = rest.split_first_chunk::<8>() {
        let (body, after) =
            after.split_at(u32::from_be_bytes(*head.first_chunk().unwrap()).try_into().unwrap());
        if &head[4..] == b"IDAT" {
            rows.extend_from_slice(body);
        }
        rest = &after[4..];
    }
    rows
}

/// A page of 412 × 486 pixels whose picture has the rows of a PNG that ImageMagick wrote, and those rows.
fn flate_page(pixels: &str, colours: &str, parameters: &str) -> (Vec<u8>, Vec<u8>) {
    let jpeg = sample("images/leptonica/boxedpage.jpg");
    let rows = png_rows(&run(CONVERT, &[jpeg.to_str().unwrap(), "-type", pixels, "-depth", "8", "png:-"]));
    let page = format!("{BOX} /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >>");
    let image = format!("{SCAN} /ColorSpace /{colours} /Filter /FlateDecode /DecodeParms << {parameters} >>");
    (pdf(&page, &[("", UPRIGHT.as_bytes()), (&image, &rows)]), rows)
}

#[test]
fn rows_of_png_pass_as_they_are() {
    let mut alone = Alone::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.pdf");
    for (pixels, colours, colors) in [("truecolor", "DeviceRGB", 3), ("grayscale", "DeviceGray", 1)] {
        let says = format!("/Predictor 15 /Colors {colors} /BitsPerComponent 8 /Columns 412");
        let (bytes, rows) = flate_page(pixels, colours, &says);
        std::fs::write(&path, &bytes).unwrap();
        let stream = run(
            "qpdf",
            &["--warning-exit-0", "--show-object=5", "--raw-stream-data", path.to_str().unwrap()],
        );
        assert!(stream == rows, "qpdf sees the same stream");
        let root = folder.path().join(colours);
        run("pdfimages", &["-png", path.to_str().unwrap(), root.to_str().unwrap()]);
        let (width, height, seen) = imagemagick(&format!("{}-000.png", root.display()));
        let open = source(&bytes);
        // as for a page that is read before its picture is asked for, and the other way round
        let first = decode::picture(alone.decoder(), &open, 0).unwrap();
        let page = decode::page(alone.decoder(), &open, 0).unwrap();
        let picture = decode::picture(alone.decoder(), &open, 0).unwrap();
        assert_eq!(picture, first);
        assert!(picture.bytes == rows, "{colours}");
        assert_eq!(picture.coding, Coding::PngFlate { colors, bits: 8, palette: None });
        assert_eq!((picture.stored_px, picture.size.dpi, picture.orientation), ((412, 486), 144, 1));
        assert_eq!((width, height), (412, 486));
        assert!(rgb(&page) == seen, "{colours}: other pixels than poppler's");
    }
}

#[test]
fn rows_that_may_be_others_are_coded_anew() {
    let mut alone = Alone::new();
    let good = "/Predictor 15 /Colors 3 /BitsPerComponent 8 /Columns 412";
    let (bytes, rows) = flate_page("truecolor", "DeviceRGB", good);
    let expected = alone.page(&bytes, 0).unwrap();
    for (content, image) in [
        (UPRIGHT, "/Decode [1 0 1 0 1 0]"),
        (UPRIGHT, "/Mask [0 90 0 90 0 90]"),
        ("0 0 100 243 re W n 206 0 0 243 0 0 cm /I Do", ""),
    ] {
        let page = format!("{BOX} /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >>");
        let image =
            format!("{SCAN} {image} /ColorSpace /DeviceRGB /Filter /FlateDecode /DecodeParms << {good} >>");
        let bytes = pdf(&page, &[("", content.as_bytes()), (&image, &rows)]);
        assert!(alone.page(&bytes, 0).unwrap().pixels != expected.pixels, "{content} {image}");
        assert!(alone.picture(&bytes, 0).unwrap().bytes != rows, "{content} {image}");
    }
    // rows that end too early, and a checksum that is wrong
    let mut wrong = rows.clone();
    *wrong.last_mut().unwrap() ^= 1;
    for stream in [&rows[..rows.len() / 2], &wrong] {
        let page = format!("{BOX} /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >>");
        let image = format!("{SCAN} /ColorSpace /DeviceRGB /Filter /FlateDecode /DecodeParms << {good} >>");
        let bytes = pdf(&page, &[("", UPRIGHT.as_bytes()), (&image, stream)]);
        assert!(alone.picture(&bytes, 0).is_ok_and(|picture| picture.bytes != stream));
    }
}

#[test]
fn vector_pages_are_drawn_at_300_dpi_with_their_text_beside() {
    let mut alone = Alone::new();
    let font = "/Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >> >> >>";
    let content = "BT /F 24 Tf 72 700 Td (VIEN KIEM SAT) Tj ET 72 600 200 2 re f";
    let bytes =
        pdf(&format!("/MediaBox [0 0 595.32 841.92] /Contents 4 0 R {font}"), &[("", content.as_bytes())]);
    let page = alone.page(&bytes, 0).unwrap();
    assert_eq!((page.size.width_px, page.size.height_px, page.size.dpi), (2481, 3508, 300));
    assert_eq!(page.channels, 1);
    assert_eq!(page.embedded_text.as_deref().map(str::trim), Some("VIEN KIEM SAT"));
    let (_folder, path) = write_temporary(&bytes);
    let expected = drawn(&path, 1, 2481, 3508);
    let (mean, share) = difference(&coarse(&rgb(&page), 2481, 3508), &coarse(&expected, 2481, 3508), 64);
    assert!(mean < 0.5 && share < 0.001, "mean {mean:.2}, {share:.4} far off");
    // The bar ends where it should, to the pixel: pages are not shrunk.
    let bar_right = (0..2481).rev().find(|x| page.pixels[(3508 - 2504) * 2481 + x] < 128).unwrap();
    assert!(bar_right.abs_diff(272 * 300 / 72) <= 1, "{bar_right}");
    let picture = alone.picture(&bytes, 0).unwrap();
    assert!(matches!(picture.coding, Coding::PngFlate { colors: 1, bits: 8, .. }));
}

#[test]
fn passwords() {
    let folder = tempfile::tempdir().unwrap();
    let plain = sample("real-vi/cong-van-574-2025.pdf");
    let locked = folder.path().join("locked.pdf");
    let (plain, target) = (plain.to_str().unwrap(), locked.to_str().unwrap());
    let mut alone = Alone::new();
    run("qpdf", &["--encrypt", "mat khau", "chu", "256", "--", plain, target]);
    assert_eq!(alone.inspect(&read(&locked)), Err(DecodeError::PasswordProtected));
    assert!(matches!(alone.page(&read(&locked), 0), Err(DecodeError::PasswordProtected)));
    run("qpdf", &["--encrypt", "", "chu", "256", "--", plain, target]);
    let bytes = read(&locked);
    assert_eq!(alone.inspect(&bytes).unwrap().pages, 2);
    let (open, encrypted) = (alone.page(&read(plain.as_ref()), 1).unwrap(), alone.page(&bytes, 1).unwrap());
    assert!(open == encrypted);
}
