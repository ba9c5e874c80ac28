//! JPEG, PNG and TIFF against ImageMagick and libtiff.

use crate::decode_support::*;
use crate::provided::sample;
use native::media::{Coding, MediaKind};
use std::path::PathBuf;

fn sample_pictures() -> Vec<PathBuf> {
    let mut all = Vec::new();
    for folder in ["tiff", "exif", "leptonica", "tesseract"] {
        for entry in std::fs::read_dir(sample("images").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            // 65,537 rows are more than ImageMagick is allowed to read on Debian.
            let is_readable = path.file_name().is_some_and(|n| n != "big_g4.tif");
            if is_readable
                && path.extension().is_some_and(|e| ["jpg", "png", "tif", "tiff"].iter().any(|k| e == *k))
            {
                all.push(path);
            }
        }
    }
    all.sort();
    assert!(all.len() > 40);
    all
}

#[test]
fn every_sample_looks_as_imagemagick_shows_it() {
    let mut alone = Alone::new();
    let mut wrong = Vec::new();
    for path in sample_pictures() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let page = alone.page(&read(&path), 0).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (width, height, expected) = imagemagick(path.to_str().unwrap());
        if (page.size.width_px, page.size.height_px) != (width, height) {
            wrong.push(format!("{name}: {:?} instead of {width}×{height}", page.size));
            continue;
        }
        // ImageMagick heeds the sign of samples in grey pictures only, and takes the saved selection of a CMYK
        // picture for transparency.
        if name == "int16_rgb.tif" || name == "cmyk-4c-8b.tiff" {
            continue;
        }
        let (mean, share) = difference(&rgb(&page), &expected, 24);
        if mean > 1.5 || share > 0.01 {
            wrong.push(format!("{name}: mean {mean:.2}, {:.2} % far off", share * 100.0));
        }
        assert_eq!(page.embedded_text, None);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn colour_jpegs_with_a_scan_for_each_component() {
    // A coarse pattern with both colour and edges; odd sides, so that the last chroma samples are shared.
    let (width, height) = (163u16, 91u16);
    let pixel = |x: u16, y: u16| {
        let ink = if (x / 9 + y / 7).is_multiple_of(2) { 40 } else { 215 };
        [ink, (x % 256) as u8, 255 - ink]
    };
    let rgb_in: Vec<u8> = (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect();
    let folder = tempfile::tempdir().unwrap();
    for (name, sampling) in [
        ("444", jpeg_encoder::SamplingFactor::F_1_1),
        ("422", jpeg_encoder::SamplingFactor::F_2_1),
        ("420", jpeg_encoder::SamplingFactor::F_2_2),
    ] {
        let path = folder.path().join(format!("{name}.jpg"));
        let mut bytes = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 80);
        encoder.set_sampling_factor(sampling);
        encoder.set_optimized_huffman_tables(true);
        encoder.encode(&rgb_in, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
        // Start of scan, length, number of components: the encoder must have made what is tried here.
        let starts = bytes.windows(5).filter(|w| matches!(w, [0xFF, 0xDA, 0, 8, 1]));
        assert_eq!(starts.count(), 3, "{name}: a scan for each component");
        std::fs::write(&path, &bytes).unwrap();
        let page = Alone::new().page(&bytes, 0).unwrap();
        let (_, _, expected) = imagemagick(path.to_str().unwrap());
        let (mean, share) = difference(&rgb(&page), &expected, 48);
        assert!(mean < 3.0 && share < 0.02, "{name}: mean {mean:.2}, {:.2} % far off", share * 100.0);
    }
}

/// Converts a sample and compares what both make of it.
fn converted(from: &str, to: &str, options: &[&str]) -> (Vec<u8>, (u32, u32, Vec<u8>)) {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join(format!("made.{to}"));
    let from = sample("images").join(from);
    let mut arguments = vec![from.to_str().unwrap()];
    arguments.extend(options);
    arguments.push(target.to_str().unwrap());
    run(CONVERT, &arguments);
    (read(&target), imagemagick(target.to_str().unwrap()))
}

#[test]
fn kinds_of_picture_that_no_sample_has() {
    let colour = "leptonica/colorpage.030.jpg";
    let bilevel = "tesseract/phototest.tif";
    let cases: &[(&str, &str, &[&str])] = &[
        (
            colour,
            "png",
            &["-define", "png:color-type=6", "-alpha", "set", "-channel", "A", "-evaluate", "set", "60%"],
        ),
        (colour, "png", &["-interlace", "PNG"]),
        (colour, "png", &["-define", "png:bit-depth=16", "-define", "png:color-type=2", "-depth", "16"]),
        (
            colour,
            "png",
            &["-colorspace", "gray", "-define", "png:bit-depth=2", "-define", "png:color-type=0"],
        ),
        (
            colour,
            "png",
            &["-colorspace", "gray", "-define", "png:bit-depth=4", "-define", "png:color-type=0"],
        ),
        (colour, "png", &["-colors", "200", "-define", "png:color-type=3"]),
        (colour, "png", &["-colors", "11", "-transparent", "white", "-define", "png:color-type=3"]),
        (colour, "jpg", &["-interlace", "JPEG", "-quality", "90"]),
        (colour, "jpg", &["-sampling-factor", "2x2", "-quality", "90"]),
        (colour, "jpg", &["-sampling-factor", "2x1", "-quality", "90"]),
        (colour, "jpg", &["-colorspace", "gray"]),
        (colour, "jpg", &["-colorspace", "CMYK", "-quality", "95"]),
        (colour, "tif", &["-compress", "LZW"]),
        (colour, "tif", &["-compress", "Zip", "-define", "tiff:predictor=2"]),
        (colour, "tif", &["-compress", "RLE"]),
        (colour, "tif", &["-compress", "JPEG", "-quality", "90"]),
        (colour, "tif", &["-compress", "Zip", "-depth", "16", "-define", "tiff:endian=msb"]),
        (colour, "tif", &["-colorspace", "CMYK", "-compress", "Zip"]),
        (colour, "tif", &["-define", "tiff:tile-geometry=64x64", "-compress", "Zip"]),
        (bilevel, "tif", &["-compress", "Fax"]),
        (bilevel, "tif", &["-compress", "Group4", "-define", "tiff:fill-order=lsb"]),
        (bilevel, "tif", &["-compress", "Group4", "-define", "tiff:rows-per-strip=32"]),
        (bilevel, "tif", &["-compress", "Group4", "-define", "quantum:polarity=min-is-black"]),
        (bilevel, "tif", &["-compress", "LZW"]),
    ];
    let mut alone = Alone::new();
    let mut wrong = Vec::new();
    for (from, to, options) in cases {
        let (bytes, (width, height, expected)) = converted(from, to, options);
        match alone.page(&bytes, 0) {
            Err(e) => wrong.push(format!("{to} {options:?}: {e}")),
            Ok(page) => {
                assert_eq!((page.size.width_px, page.size.height_px), (width, height));
                let (mean, share) = difference(&rgb(&page), &expected, 24);
                if mean > 1.5 || share > 0.01 {
                    wrong.push(format!("{to} {options:?}: mean {mean:.2}, {:.2} % far off", share * 100.0));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn fax_codings_as_libtiff_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    let from = sample("images/tesseract/phototest.tif");
    let target = folder.path().join("fax.tif");
    let (_, _, expected) = imagemagick(from.to_str().unwrap());
    let mut alone = Alone::new();
    for coding in ["g3:1d", "g3:2d", "g3:1d:fill", "g3:2d:fill", "g4", "packbits", "lzw", "zip"] {
        for options in
            [&["-f", "msb2lsb"][..], &["-f", "lsb2msb"], &["-r", "17"], &["-t", "-w", "64", "-l", "64"]]
        {
            let mut arguments = vec!["-c", coding];
            arguments.extend(options);
            arguments.extend([from.to_str().unwrap(), target.to_str().unwrap()]);
            run("tiffcp", &arguments);
            let page = alone.page(&read(&target), 0).unwrap_or_else(|e| panic!("{coding} {options:?}: {e}"));
            assert!(page.bilevel, "{coding}");
            assert!(rgb(&page) == expected, "{coding} {options:?}: other pixels");
        }
    }
}

#[test]
fn all_eight_orientations_of_a_tiff() {
    let folder = tempfile::tempdir().unwrap();
    let mut alone = Alone::new();
    for orientation in 1..=8 {
        let target = folder.path().join(format!("{orientation}.tif"));
        let target = target.to_str().unwrap();
        let from = sample("images/tesseract/phototest.tif");
        run(CONVERT, &[from.to_str().unwrap(), "-compress", "Group4", target]);
        run("tiffset", &["-s", "274", &orientation.to_string(), target]);
        let (width, height, expected) = imagemagick(target);
        let page = alone.page(&read(target.as_ref()), 0).unwrap();
        assert_eq!((page.size.width_px, page.size.height_px), (width, height));
        assert!(rgb(&page) == expected, "orientation {orientation}");
        let picture = alone.picture(&read(target.as_ref()), 0).unwrap();
        assert_eq!(picture.orientation, orientation);
        assert_eq!(picture.stored_px, (640, 480));
    }
}

#[test]
fn resolution_is_honoured_or_taken_for_a4() {
    let mut alone = Alone::new();
    let mut dpi = |to: &str, options: &[&str]| {
        let (bytes, _) = converted("leptonica/colorpage.030.jpg", to, options);
        let size = alone.page(&bytes, 0).unwrap().size;
        (size.width_px, size.height_px, size.dpi)
    };
    for to in ["jpg", "png", "tif"] {
        assert_eq!(dpi(to, &["-density", "150", "-units", "PixelsPerInch"]), (577, 777, 150), "{to}");
        assert_eq!(dpi(to, &["-density", "100", "-units", "PixelsPerCentimeter"]), (577, 777, 254), "{to}");
        assert_eq!(dpi(to, &["-density", "5000", "-units", "PixelsPerInch"]), (577, 777, 66), "{to}");
        assert_eq!(dpi(to, &["-density", "2", "-units", "PixelsPerInch"]), (577, 777, 66), "{to}");
    }
    assert_eq!(dpi("tif", &["-density", "204x98", "-units", "PixelsPerInch"]), (577, 1617, 204));
}

#[test]
fn pages_of_a_tiff() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("many.tif");
    let images = sample("images");
    let files = [
        images.join("tesseract/phototest.tif"),
        images.join("leptonica/form1.tif"),
        images.join("tiff/fax4.tiff"),
    ];
    let mut arguments: Vec<&str> = files.iter().map(|f| f.to_str().unwrap()).collect();
    arguments.push(target.to_str().unwrap());
    run("tiffcp", &arguments);
    let bytes = read(&target);
    let mut alone = Alone::new();
    let info = alone.inspect(&bytes).unwrap();
    assert_eq!((info.kind, info.pages, info.signatures), (MediaKind::Tiff, 3, 0));
    for (page_idx, file) in files.iter().enumerate() {
        let (_, _, expected) = imagemagick(file.to_str().unwrap());
        assert!(rgb(&alone.page(&bytes, page_idx as u32).unwrap()) == expected, "page {page_idx}");
    }
    assert!(matches!(
        alone.page(&bytes, 3),
        Err(native::decode::DecodeError::NoSuchPage { page_idx: 3, pages: 3 })
    ));
}

/// Puts a picture into a PDF as the writer would, with the parameters it is given, and lets poppler take it out
/// again, decoded.
fn as_poppler_decodes(picture: &native::media::EncodedPicture) -> (u32, u32, Vec<u8>) {
    let (w, h) = picture.stored_px;
    let (filter, space, bits) = match &picture.coding {
        Coding::Jpeg { components, adobe_inverted_cmyk } => {
            let space = ["", "/DeviceGray", "", "/DeviceRGB", "/DeviceCMYK"][usize::from(*components)];
            let decode = if *adobe_inverted_cmyk { " /Decode [1 0 1 0 1 0 1 0]" } else { "" };
            (format!("/DCTDecode{decode}"), space.to_owned(), 8)
        }
        Coding::CcittG4 { black_is_1 } => (
            format!("/CCITTFaxDecode /DecodeParms << /K -1 /Columns {w} /Rows {h} /BlackIs1 {black_is_1} >>"),
            "/DeviceGray".to_owned(),
            1,
        ),
        Coding::PngFlate { colors, bits, palette } => {
            let space = match palette {
                Some(rgb) => {
                    let hex: String = rgb.iter().map(|b| format!("{b:02x}")).collect();
                    format!("[/Indexed /DeviceRGB {} <{hex}>]", rgb.len() / 3 - 1)
                }
                None => ["", "/DeviceGray", "", "/DeviceRGB"][usize::from(*colors)].to_owned(),
            };
            let parameters = format!(
                "/FlateDecode /DecodeParms << /Predictor 15 /Colors {colors} /BitsPerComponent {bits} /Columns {w} >>"
            );
            (parameters, space, *bits)
        }
        Coding::RawFlate { colors, bits } => (
            "/FlateDecode".to_owned(),
            ["", "/DeviceGray", "", "/DeviceRGB"][usize::from(*colors)].to_owned(),
            *bits,
        ),
    };
    let image = format!(
        "<< /Type /XObject /Subtype /Image /Width {w} /Height {h} /ColorSpace {space} /BitsPerComponent {bits} /Filter {filter} /Length {} >>\nstream\n",
        picture.bytes.len()
    );
    let content = format!("{w} 0 0 {h} 0 0 cm /I Do");
    let mut pdf = Vec::new();
    pdf.extend_from_slice(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n");
    pdf.extend_from_slice(b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n");
    pdf.extend_from_slice(
        format!("3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {w} {h}] /Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >> >>\nendobj\n4 0 obj\n<< /Length {} >>\nstream\n{content}\nendstream\nendobj\n5 0 obj\n", content.len()).as_bytes(),
    );
    pdf.extend_from_slice(image.as_bytes());
    pdf.extend_from_slice(&picture.bytes);
    pdf.extend_from_slice(b"\nendstream\nendobj\ntrailer\n<< /Root 1 0 R /Size 6 >>\n");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.pdf");
    std::fs::write(&path, pdf).unwrap();
    let root = folder.path().join("x");
    run("pdfimages", &["-png", path.to_str().unwrap(), root.to_str().unwrap()]);
    imagemagick(folder.path().join("x-000.png").to_str().unwrap())
}

#[test]
fn what_goes_into_a_pdf_shows_the_same_page() {
    let mut alone = Alone::new();
    let mut wrong = Vec::new();
    for path in sample_pictures() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = read(&path);
        let page = alone.page(&bytes, 0).unwrap();
        let picture = alone.picture(&bytes, 0).unwrap();
        assert_eq!(picture.size, page.size, "{name}");
        assert!(picture.patches.is_empty());
        let (width, height, shown) = as_poppler_decodes(&picture);
        assert_eq!((width, height), picture.stored_px, "{name}");
        if picture.orientation != 1 {
            continue; // turned by the writer of the page, compared elsewhere
        }
        let (mean, share) = difference(&rgb(&page), &shown, 32);
        if mean > 2.5 || share > 0.02 {
            wrong.push(format!(
                "{name} {:?}: mean {mean:.2}, {:.2} % far off",
                picture.coding,
                share * 100.0
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn original_streams_pass_bit_by_bit() {
    let mut alone = Alone::new();
    let images = sample("images");
    for name in ["exif/Portrait_6.jpg", "leptonica/lucasta.150.jpg", "leptonica/1555.007.jpg"] {
        let bytes = read(&images.join(name));
        let picture = alone.picture(&bytes, 0).unwrap();
        assert!(
            matches!(picture.coding, Coding::Jpeg { components: 1 | 3, adobe_inverted_cmyk: false }),
            "{name}"
        );
        assert!(picture.bytes == bytes, "{name}");
    }
    let turned = alone.picture(&read(&images.join("exif/Portrait_6.jpg")), 0).unwrap();
    assert_eq!((turned.orientation, turned.stored_px), (6, (1800, 1200)));
    assert_eq!((turned.size.width_px, turned.size.height_px), (1200, 1800));
    // The strip of a one-strip group 4 TIFF, as libtiff's own tool finds it.
    let one_strip = images.join("tiff/imagemagick_group4.tiff");
    let said = String::from_utf8(run("tiffinfo", &["-s", one_strip.to_str().unwrap()])).unwrap();
    let strip = said.lines().find(|l| l.trim_start().starts_with("0: [")).expect("one strip is listed");
    let numbers: Vec<usize> =
        strip.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
    let bytes = read(&one_strip);
    let picture = alone.picture(&bytes, 0).unwrap();
    assert_eq!(picture.coding, Coding::CcittG4 { black_is_1: false });
    assert!(picture.bytes == bytes[numbers[1]..numbers[1] + numbers[2]]);
}

#[test]
fn display_is_a_jpeg_of_the_wanted_size() {
    let mut alone = Alone::new();
    let bytes = read(&sample("images/exif/Portrait_6.jpg"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shown.jpg");
    for (max_side, expected) in [(None, (1200, 1800)), (Some(600), (400, 600)), (Some(5000), (1200, 1800))] {
        std::fs::write(&path, alone.display(&bytes, 0, max_side).unwrap()).unwrap();
        let (width, height, shown) = imagemagick(path.to_str().unwrap());
        assert_eq!((width, height), expected);
        if max_side.is_none() {
            let page = alone.page(&bytes, 0).unwrap();
            assert!(difference(&rgb(&page), &shown, 60).0 < 6.0);
        }
    }
}
