//! What is read, judged by Tesseract's own program and by texts that we wrote ourselves.

use crate::provided::{program, sample};
use crate::support::{
    Bare, Grey, VIETNAMESE, config, config_with, read, sample_picture, text_of, text_picture,
};
use native::wire::{Answer, Call};
use native::{
    EngineChoice, GreyView, NativeError, Pool, Reader, RecogniseParams, RecognisedPage, Segmentation,
    WorkerConfig,
};
use rustix::fd::AsFd;
use std::io::Write;
use std::process::Stdio;

fn phototest() -> Grey {
    sample_picture("phototest.tif")
}

/// Word, left, top, right, bottom, confidence.
type Seen = (String, [u32; 4], u8);

fn seen_by_pool(page: &RecognisedPage) -> Vec<Seen> {
    let words = page.blocks.iter().flat_map(|b| &b.lines).flat_map(|l| &l.words);
    words
        .map(|w| (w.text.clone(), [w.bbox.left, w.bbox.top, w.bbox.right, w.bbox.bottom], w.confidence))
        .collect()
}

/// The same from the program `tesseract`.
fn seen_by_program(picture: &Grey, language: &str) -> Vec<Seen> {
    let dpi = picture.dpi.to_string();
    let mut child = program("tesseract")
        .args(["-", "-", "-l", language, "--oem", "1", "--psm", "3", "--dpi", &dpi])
        .args(["-c", "tessedit_do_invert=0", "-c"])
        .arg(format!("tessedit_char_blacklist={}", native::default_blacklist(language)))
        .arg("tsv")
        .env("OMP_THREAD_LIMIT", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&picture.pgm).unwrap();
    let tsv = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let word = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let number = |i: usize| fields[i].parse::<u32>().unwrap();
        let (left, top) = (number(6), number(7));
        let confidence = fields[10].parse::<f32>().unwrap().round() as u8;
        (fields[11].to_owned(), [left, top, left + number(8), top + number(9)], confidence)
    };
    // Level 5 is a word.
    tsv.lines().filter(|l| l.starts_with("5\t")).map(word).filter(|w| !w.0.trim().is_empty()).collect()
}

/// The same words in the same boxes. Our recogniser is given slightly other rectangles than Tesseract gives itself, and its
/// boxes hold the grey edge of a letter, so confidence may differ by a point or two, an edge by a pixel or two.
fn assert_same(ours: &[Seen], theirs: &[Seen]) {
    let texts = |words: &[Seen]| words.iter().map(|(text, ..)| text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(ours), texts(theirs));
    for (ours, theirs) in ours.iter().zip(theirs) {
        let apart = ours.1.iter().zip(&theirs.1).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(apart <= Some(2) && ours.2.abs_diff(theirs.2) <= 2, "{ours:?} {theirs:?}");
    }
}

#[test]
fn english_words_boxes_and_confidence_are_those_of_the_program() {
    let pool = Pool::start(config(), 1).unwrap();
    let picture = phototest();
    let page = read(&pool, &picture, "eng");
    assert!(page.complete);
    assert_same(&seen_by_pool(&page), &seen_by_program(&picture, "eng"));
    let pool = Pool::start(WorkerConfig { engine: EngineChoice::Tesseract, ..config() }, 1).unwrap();
    let by_tesseract = read(&pool, &picture, "eng");
    assert_eq!((page.reader, by_tesseract.reader), (Some(Reader::Own), Some(Reader::Tesseract)));
    assert_eq!(seen_by_pool(&by_tesseract), seen_by_program(&picture, "eng"));
    let truth = std::fs::read_to_string(sample("images/tesseract/phototest.txt")).unwrap();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&text_of(&page)), words(&truth));
}

#[test]
fn vietnamese_text_is_read_as_written() {
    let pool = Pool::start(config(), 1).unwrap();
    let picture = text_picture(VIETNAMESE);
    let page = read(&pool, &picture, "vie");
    assert_eq!(
        text_of(&page).split_whitespace().collect::<Vec<_>>(),
        VIETNAMESE.split_whitespace().collect::<Vec<_>>()
    );
    assert_same(&seen_by_pool(&page), &seen_by_program(&picture, "vie"));
    for line in page.blocks.iter().flat_map(|b| &b.lines) {
        let (left, right) = line.baseline;
        // A level line: its baseline lies in the lower half of its box, the same at both ends.
        assert!(left.abs_diff(right) <= 2, "{line:?}");
        assert!((line.bbox.top + line.bbox.height() / 2..=line.bbox.bottom).contains(&left), "{line:?}");
        let inside = |b: &record::PxBox| b.right <= picture.width_px && b.bottom <= picture.height_px;
        assert!(inside(&line.bbox) && !line.bbox.is_empty());
    }
}

#[test]
fn two_models_share_a_worker_and_disturb_each_other_not() {
    let pool = Pool::start(config(), 1).unwrap();
    let (vie, eng) = (text_picture(VIETNAMESE), phototest());
    let first = (read(&pool, &vie, "vie"), read(&pool, &eng, "eng"));
    assert_eq!(first, (read(&pool, &vie, "vie"), read(&pool, &eng, "eng")));
    assert_eq!(pool.idle_pids().len(), 1);
}

#[test]
fn an_empty_picture_has_no_words() {
    let pool = Pool::start(config(), 1).unwrap();
    let pixels = vec![255; 600 * 400];
    let white = GreyView { width_px: 600, height_px: 400, dpi: 200, pixels: &pixels };
    for segmentation in [Segmentation::Auto, Segmentation::Sparse, Segmentation::Line] {
        let page = pool.recognise(white, &RecogniseParams::new("vie", segmentation)).unwrap();
        assert_eq!(page, RecognisedPage { blocks: vec![], complete: true, reader: Some(Reader::Own) });
    }
}

#[test]
fn the_blacklist_belongs_to_the_call() {
    let pool = Pool::start(config(), 1).unwrap();
    let picture = text_picture("Số 1978 ngày 25 tháng 10");
    let plain = read(&pool, &picture, "vie");
    assert!(text_of(&plain).contains("1978"));
    let no_eights =
        RecogniseParams { blacklist: Some("8".into()), ..RecogniseParams::new("vie", Segmentation::Auto) };
    assert!(!text_of(&pool.recognise(picture.view(), &no_eights).unwrap()).contains('8'));
    assert_eq!(read(&pool, &picture, "vie"), plain);
}

#[test]
fn results_do_not_depend_on_the_number_of_workers() {
    let texts = [VIETNAMESE, "Cáo trạng số 12", "Biên bản hỏi cung", "Kết luận giám định pháp y"];
    let pictures: Vec<Grey> = texts.iter().map(|text| text_picture(text)).collect();
    let read_all = |workers: usize| {
        let pool = Pool::start(config(), workers).unwrap();
        let pages = std::thread::scope(|scope| {
            let threads: Vec<_> =
                pictures.iter().map(|picture| scope.spawn(|| read(&pool, picture, "vie"))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(pool.idle_pids().len() <= workers);
        pages
    };
    assert_eq!(read_all(1), read_all(2));
}

#[test]
fn pictures_out_of_bounds_are_refused_before_the_call() {
    let pool = Pool::start(config_with(|limits| limits.max_pixels = 1_000_000), 1).unwrap();
    let params = RecogniseParams::new("vie", Segmentation::Auto);
    let result = |width_px: u32, height_px: u32| {
        let pixels = vec![255; width_px as usize * height_px as usize];
        pool.recognise(GreyView { width_px, height_px, dpi: 200, pixels: &pixels }, &params)
    };
    for (width, height) in [(2, 50), (50, 2), (32_768, 3), (0, 0)] {
        let error = result(width, height).unwrap_err();
        assert!(matches!(error, NativeError::Unrecognisable { .. }) && error.is_about_the_file());
    }
    assert!(matches!(result(1001, 1000), Err(NativeError::TooManyPixels { max: 1_000_000, .. })));
    assert!(pool.idle_pids().is_empty(), "no worker was needed");
    result(32_767, 3).unwrap();
}

#[test]
fn a_missing_model_is_named() {
    let pool = Pool::start(config(), 1).unwrap();
    let picture = text_picture("x");
    for language in ["xyz", "../vie", "vie+eng", ""] {
        let error =
            pool.recognise(picture.view(), &RecogniseParams::new(language, Segmentation::Auto)).unwrap_err();
        assert!(matches!(&error, NativeError::NoModel { language: l, .. } if l == language), "{error}");
        assert!(!error.is_about_the_file());
    }
}

#[test]
fn when_the_time_is_up_the_page_is_incomplete_and_not_an_error() {
    let mut worker = Bare::introduced();
    let picture = phototest();
    let mut words_within = |soft_ms: u32| {
        let pixels = native::memory::sealed("test", &[&picture.pixels]).unwrap();
        let call = Call::Recognise {
            width_px: picture.width_px,
            height_px: picture.height_px,
            dpi: picture.dpi,
            language: "eng".into(),
            psm: 3,
            blacklist: String::new(),
            soft_ms,
        };
        let (answer, fds) = worker.ask(call, &[pixels.as_fd()]).unwrap();
        let Answer::Recognise { complete, reader: Reader::Own, .. } = answer else { panic!("{answer:?}") };
        let json = native::memory::map_sealed(&fds[0]).unwrap();
        let blocks: Vec<native::wire::ReadBlock> = serde_json::from_slice(&json).unwrap();
        let words: usize = blocks.iter().flat_map(|b| &b.lines).map(|l| l.words.len()).sum();
        (complete, words)
    };
    // A millisecond is over when layout analysis is: not one word is recognised.
    assert_eq!(words_within(1), (false, 0));
    let (complete, words) = words_within(60_000);
    assert!(complete && words > 50, "{words}");
}

#[test]
fn versions_name_what_is_installed() {
    let config = config();
    let versions = Pool::start(config.clone(), 1).unwrap().versions().unwrap();
    let said = program("tesseract").arg("--version").output().unwrap().stdout;
    let said = String::from_utf8(said).unwrap();
    assert!(said.starts_with(&format!("tesseract {}\n", versions.tesseract)), "{said} {versions:?}");
    assert!(said.contains(&versions.leptonica), "{said} {versions:?}");
    let sum = |path: &std::path::Path| {
        let out = program("sha256sum").arg(path).output().unwrap().stdout;
        String::from_utf8(out).unwrap()[..64].to_owned()
    };
    assert_eq!(versions.model_sha256.to_string(), sum(&config.tessdata.join("vie.traineddata")));
    let pdfium = config.pdfium.expect("./dev installs it");
    assert_eq!(versions.pdfium_sha256.unwrap().to_string(), sum(&pdfium));
}
