//! Files through the wall: pictures and PDFs, good and bad, as open files.

use crate::provided::{program, sample};
use crate::support::{config, config_with, convert, text_of};
use native::{
    Coding, Cut, FileInfo, GreyView, MediaKind, NativeError, PageRaster, Pool, RecogniseParams, Segmentation,
};
use record::{PxBox, Turn};
use std::fs::File;
use std::path::Path;

fn image_magick(args: &[&str], to: &Path) {
    let made = program("convert").args(args).arg(to).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn grey_of(raster: &PageRaster) -> Vec<u8> {
    match raster.channels {
        1 => raster.pixels().to_vec(),
        _ => raster.pixels().chunks_exact(3).map(|p| p[1]).collect(),
    }
}

#[test]
fn a_grey_png_arrives_pixel_by_pixel() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.png");
    image_magick(&["-size", "37x23", "gradient:black-white", "-depth", "8", "-colorspace", "Gray"], &path);
    let truth = convert(&[path.to_str().unwrap()], 300);
    let pool = Pool::start(config(), 1).unwrap();
    let file = File::open(&path).unwrap();
    let info = pool.inspect(&file, "a.png").unwrap();
    assert_eq!(info, FileInfo { kind: MediaKind::Png, pages: 1, signatures: 0 });
    let raster = pool.decode(&file, 0).unwrap();
    assert_eq!((raster.size.width_px, raster.size.height_px, raster.channels), (37, 23, 1));
    assert!(raster.pixels() == truth.pixels);
    assert!(matches!(pool.decode(&file, 1), Err(NativeError::NoSuchPage { page_idx: 1, pages: 1 })));
}

#[test]
fn a_jpeg_passes_through_unchanged_and_is_shown_smaller() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.jpg");
    image_magick(&["-size", "640x400", "plasma:red-blue", "-quality", "85"], &path);
    let pool = Pool::start(config(), 1).unwrap();
    let file = File::open(&path).unwrap();
    let picture = pool.picture(&file, 0).unwrap();
    assert!(picture.bytes() == std::fs::read(&path).unwrap());
    assert_eq!(picture.coding, Coding::Jpeg { components: 3, adobe_inverted_cmyk: false });
    assert_eq!((picture.stored_px, picture.orientation, picture.patches.len()), ((640, 400), 1, 0));
    let shown = dir.path().join("shown.jpg");
    std::fs::write(&shown, pool.display(&file, 0, Some(160)).unwrap()).unwrap();
    let size = program("identify").args(["-format", "%m %wx%h"]).arg(&shown).output().unwrap().stdout;
    assert_eq!(String::from_utf8(size).unwrap(), "JPEG 160x100");
}

/// Mean and largest difference of two pictures of one size, per pixel and channel from 0 to 255, as ImageMagick sees them.
fn difference(one: &Path, other: &Path) -> (f64, f64) {
    let told = program("convert")
        .args([one, other])
        .args(["-colorspace", "Gray", "-compose", "difference", "-composite"])
        .args(["-format", "%[fx:255*mean] %[fx:255*maxima]", "info:"])
        .output()
        .unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told = String::from_utf8(told.stdout).unwrap();
    let mut numbers = told.split(' ').map(|n| n.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

#[test]
fn a_part_is_what_another_program_cuts_out_and_turns() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    // Print, so that a part beside the right one differs in most of its ink.
    let words =
        "caption:Viện kiểm sát nhân dân tối cao, quyết định khởi tố vụ án hình sự, biên bản hỏi cung bị can";
    let font = ["-size", "500x", "-font", "Liberation-Serif", "-pointsize", "40", "-interline-spacing", "9"];
    image_magick(
        &[&font[..], &[words, "-bordercolor", "white", "-border", "37x23"]].concat(),
        &at("page.png"),
    );
    let page = at("page.png");
    let page = page.to_str().unwrap();
    image_magick(&[page, "-quality", "95"], &at("page.jpg"));
    image_magick(&[page, "-threshold", "50%", "-compress", "Group4", "-density", "150"], &at("page.tif"));
    // By its orientation the page as displayed is the stored one turned to the right.
    image_magick(&[page, "-rotate", "270", "-compress", "Zip"], &at("turned.tif"));
    let oriented = program("tiffset").args(["-s", "274", "6"]).arg(at("turned.tif")).status().unwrap();
    assert!(oriented.success());
    let size = program("identify").args(["-format", "%w %h", page]).output().unwrap().stdout;
    let size = String::from_utf8(size).unwrap();
    let (width, height) = size.split_once(' ').unwrap();
    let of_px = (width.parse::<u32>().unwrap(), height.parse::<u32>().unwrap());
    let area = PxBox { left: 41, top: 70, right: 341, bottom: 131 };
    let pool = Pool::start(config(), 1).unwrap();
    let (found, wanted) = (at("found.jpg"), at("wanted.png"));
    for name in ["page.png", "page.jpg", "page.tif", "turned.tif"] {
        let file = File::open(at(name)).unwrap();
        let shown = if name == "page.tif" { at(name) } else { at("page.png") };
        let shown = shown.to_str().unwrap();
        for turn in Turn::ALL {
            let cut = Cut { area, of_px, turn, max_side_px: 2400 };
            std::fs::write(&found, pool.cut(&file, 0, &cut).unwrap()).unwrap();
            let degrees = turn.degrees().to_string();
            image_magick(&[shown, "-crop", "300x61+41+70", "+repage", "-rotate", &degrees], &wanted);
            let told = program("identify").args(["-format", "%m %wx%h"]).arg(&found).output().unwrap().stdout;
            let sides = if turn.is_sideways() { "JPEG 61x300" } else { "JPEG 300x61" };
            assert_eq!(String::from_utf8(told).unwrap(), sides, "{name} {turn:?}");
            let (mean, most) = difference(&found, &wanted);
            assert!(mean < 4.0 && most < 128.0, "{name} {turn:?}: {mean:.2}, {most}");
        }
        // The part beside it is another picture: what is compared above is not paper alone.
        image_magick(&[shown, "-crop", "300x61+41+131", "+repage", "-rotate", "270"], &wanted);
        assert!(difference(&found, &wanted).0 > 20.0, "{name}");
        // Of a page counted in twice as many pixels, and shrunk.
        let doubled = PxBox { left: 82, top: 140, right: 682, bottom: 262 };
        let cut =
            Cut { area: doubled, of_px: (of_px.0 * 2, of_px.1 * 2), turn: Turn::Upright, max_side_px: 150 };
        std::fs::write(&found, pool.cut(&file, 0, &cut).unwrap()).unwrap();
        image_magick(
            &[shown, "-crop", "300x61+41+70", "+repage", "-filter", "Box", "-resize", "150x30!"],
            &wanted,
        );
        let (mean, _) = difference(&found, &wanted);
        assert!(mean < 8.0, "{name}: {mean:.2}");
    }
    let file = File::open(at("page.jpg")).unwrap();
    let cut = Cut { area, of_px, turn: Turn::Upright, max_side_px: 2400 };
    assert!(matches!(pool.cut(&file, 1, &cut), Err(NativeError::NoSuchPage { page_idx: 1, pages: 1 })));
}

/// The heading of a real page, against poppler.
#[test]
fn a_part_of_a_pdf_page_is_what_poppler_draws_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = sample("real-vi/chi-thi-16-2021.pdf");
    let file = File::open(&path).unwrap();
    let pool = Pool::start(config(), 1).unwrap();
    let size = pool.decode(&file, 0).unwrap().size;
    let (found, wanted) = (dir.path().join("found.jpg"), dir.path().join("wanted.png"));
    let blurred = |picture: &Path, to: &Path| image_magick(&[picture.to_str().unwrap(), "-blur", "0x4"], to);
    let area = PxBox { left: 300, top: 250, right: 2200, bottom: 450 };
    let of_px = (size.width_px, size.height_px);
    let mut means = Vec::new();
    for top in [area.top, area.top + 100] {
        let to = dir.path().join("drawn");
        let drawn = program("pdftoppm")
            .args(["-r", &size.dpi.to_string(), "-f", "1", "-l", "1", "-singlefile", "-png"])
            .args(["-x", "300", "-y", &top.to_string(), "-W", "1900", "-H", "200"])
            .args([&path, &to])
            .status()
            .unwrap();
        assert!(drawn.success());
        let cut = Cut { area, of_px, turn: Turn::Upright, max_side_px: 2400 };
        std::fs::write(&found, pool.cut(&file, 0, &cut).unwrap()).unwrap();
        blurred(&found, &dir.path().join("found.png"));
        blurred(&to.with_extension("png"), &wanted);
        means.push(difference(&dir.path().join("found.png"), &wanted).0);
    }
    let [same, other] = means[..] else { panic!("{means:?}") };
    assert!(same < 4.0 && other > 3.0 * same && other > 8.0, "{means:?}");
}

#[test]
fn a_signed_pdf_is_read_without_its_annotations() {
    let pool = Pool::start(config(), 2).unwrap();
    let path = sample("real-vi/chi-thi-16-2021.pdf");
    let file = File::open(&path).unwrap();
    let info = pool.inspect(&file, "chi-thi-16-2021.pdf").unwrap();
    let said = program("pdfsig").arg("-nocert").arg(&path).output().unwrap().stdout;
    let signatures = String::from_utf8_lossy(&said).matches("Signature #").count();
    assert_eq!((info.kind, info.signatures as usize), (MediaKind::Pdf, signatures));
    assert!(signatures >= 2);
    let raster = pool.decode(&file, 0).unwrap();
    let grey = grey_of(&raster);
    let image = GreyView {
        width_px: raster.size.width_px,
        height_px: raster.size.height_px,
        dpi: raster.size.dpi,
        pixels: &grey,
    };
    let page = pool.recognise(image, &RecogniseParams::new("vie", Segmentation::Auto)).unwrap();
    let text = text_of(&page);
    assert!(page.complete && text.contains("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), "{text}");
    assert!(!text.contains("Ký bởi") && !text.contains("Thời gian ký"), "{text}");
    let picture = pool.picture(&file, 0).unwrap();
    assert_eq!(picture.size, raster.size);
    assert_eq!(pool.idle_pids().len(), 1, "one after the other needs one worker");
}

#[test]
fn what_is_wrong_with_a_file_is_told_and_the_worker_stays() {
    let dir = tempfile::tempdir().unwrap();
    let file_of = |bytes: &[u8]| {
        let path = dir.path().join("bad");
        std::fs::write(&path, bytes).unwrap();
        File::open(&path).unwrap()
    };
    let pool = Pool::start(config_with(|l| l.max_file_bytes = 100_000), 1).unwrap();
    let error = |file: &File| {
        let error = pool.inspect(file, "bad").and_then(|_| pool.decode(file, 0)).unwrap_err();
        assert!(error.is_about_the_file(), "{error}");
        error
    };
    assert!(matches!(error(&file_of(b"")), NativeError::UnknownFormat));
    assert!(matches!(error(&file_of(b"just text")), NativeError::UnknownFormat));
    let jpeg = dir.path().join("a.jpg");
    image_magick(&["-size", "200x200", "plasma:"], &jpeg);
    let half = std::fs::read(&jpeg).unwrap();
    assert!(matches!(error(&file_of(&half[..100])), NativeError::Undecodable(_)));
    assert!(matches!(
        error(&file_of(&vec![0; 100_001])),
        NativeError::TooLarge { bytes: 100_001, max: 100_000 }
    ));
    assert!(matches!(error(&File::open(dir.path()).unwrap()), NativeError::Undecodable(_)));
    assert!(matches!(error(&File::open("/dev/zero").unwrap()), NativeError::Undecodable(_)));
    assert_eq!(pool.idle_pids().len(), 1);
}

#[test]
fn a_file_on_which_only_writing_was_asked_for_is_an_error_about_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = File::create(dir.path().join("a")).unwrap();
    file.set_len(10).unwrap();
    let error = Pool::start(config(), 1).unwrap().inspect(&file, "a").unwrap_err();
    assert!(matches!(&error, NativeError::Undecodable(said) if said.contains("mapped")), "{error}");
}

#[test]
fn a_file_that_changes_is_looked_at_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.png");
    let pool = Pool::start(config(), 1).unwrap();
    image_magick(&["-size", "30x20", "plasma:"], &path);
    let file = File::open(&path).unwrap();
    assert_eq!(pool.decode(&file, 0).unwrap().size.width_px, 30);
    // In place: the same file, other content.
    let other = dir.path().join("b.png");
    image_magick(&["-size", "50x20", "plasma:"], &other);
    std::fs::write(&path, std::fs::read(&other).unwrap()).unwrap();
    assert_eq!(pool.decode(&file, 0).unwrap().size.width_px, 50);
}

#[test]
fn without_pdfium_pictures_are_read_and_pdfs_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.png");
    image_magick(&["-size", "30x20", "plasma:"], &path);
    let pdf = File::open(sample("real-vi/chi-thi-16-2021.pdf")).unwrap();
    for pdfium in [None, Some("/bin/true".into()), Some("/nowhere/libpdfium.so".into())] {
        let mut config = config();
        config.pdfium = pdfium;
        let pool = Pool::start(config, 1).unwrap();
        let error = pool.inspect(&pdf, "a.pdf").unwrap_err();
        assert!(matches!(error, NativeError::NoPdfium(_)) && !error.is_about_the_file(), "{error}");
        pool.decode(&File::open(&path).unwrap(), 0).unwrap();
    }
}

#[test]
fn a_picture_larger_than_the_limit_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.png");
    image_magick(&["-size", "8000x3000", "xc:white", "-depth", "1"], &path);
    let pool = Pool::start(config_with(|l| l.max_pixels = 20_000_000), 1).unwrap();
    match pool.decode(&File::open(&path).unwrap(), 0).unwrap_err() {
        NativeError::TooManyPixels { width_px, height_px, max } => {
            assert_eq!((width_px, height_px, max), (8000, 3000, 20_000_000));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_file_cut_short_behind_the_workers_back_costs_at_most_a_retry() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.pdf");
    std::fs::copy(sample("real-vi/chi-thi-16-2021.pdf"), &path).unwrap();
    let pool = Pool::start(config(), 1).unwrap();
    let file = File::options().read(true).write(true).open(&path).unwrap();
    pool.decode(&file, 0).unwrap();
    // The worker still has all of it mapped and the PDF open.
    file.set_len(5000).unwrap();
    let error = pool.decode(&file, 1).unwrap_err();
    assert!(matches!(error, NativeError::Undecodable(_)), "{error}");
    assert_eq!(pool.idle_pids().len(), 1);
}
