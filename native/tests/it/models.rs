//! Models: damaged, of another kind, replaced while pages are read; and what our own recogniser computes with.

use crate::provided::program;
use crate::support::{VIETNAMESE, config, read, text_of, text_picture, wait_for_end, words_of};
use native::{
    EngineChoice, Kernels, ModelFault, NativeError, NotOwn, OtherKind, Pool, Reader, RecogniseParams,
    Segmentation, WorkerConfig,
};
use record::PxBox;
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use tempfile::TempDir;

/// Debian's model.
fn model(language: &str) -> Vec<u8> {
    std::fs::read(config().tessdata.join(format!("{language}.traineddata"))).unwrap()
}

/// A folder with these models.
fn folder_of(models: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (language, bytes) in models {
        std::fs::write(folder.path().join(format!("{language}.traineddata")), bytes).unwrap();
    }
    folder
}

/// A pool of one worker with the models of a folder.
fn pool(folder: &Path, engine: EngineChoice, kernels: Kernels) -> Pool {
    Pool::start(WorkerConfig { tessdata: folder.to_owned(), engine, kernels, ..config() }, 1).unwrap()
}

/// What a pool says to every question that needs the model `vie`.
fn refusals(pool: &Pool) -> [NativeError; 3] {
    let picture = text_picture("Cáo trạng");
    let all = PxBox { left: 0, top: 0, right: picture.width_px, bottom: picture.height_px };
    [
        pool.versions().unwrap_err(),
        pool.recognise(picture.view(), &RecogniseParams::new("vie", Segmentation::Auto)).unwrap_err(),
        pool.read_lines(picture.view(), &[all], &RecogniseParams::new("vie", Segmentation::Line))
            .unwrap_err(),
    ]
}

#[test]
fn a_damaged_model_is_an_error_that_names_its_file() {
    let sound = model("vie");
    let changed = |at: usize, value: u8| {
        let mut bytes = sound.clone();
        assert_ne!(bytes[at], value);
        bytes[at] = value;
        bytes
    };
    let find = |mark: &[u8]| sound.windows(mark.len()).position(|w| w == mark).unwrap();
    let damaged = [
        (Vec::new(), "ends too early"),
        (sound[..sound.len() / 2].to_vec(), "out of range"),
        (sound[..335].to_vec(), "out of range"),
        (b"no model but a page of text, for once".to_vec(), "not a little-endian traineddata file"),
        (changed(0, 0xff), "components announced"),
        // a letter in the name of a layer, how many inputs another has
        (changed(find(b"Convolve") + 1, b'a'), "unknown kind `Canvolve`"),
        (changed(find(b"SummLSTM") + 17, 0xff), "out of range"),
    ];
    for (bytes, said) in &damaged {
        let folder = folder_of(&[("vie", bytes), ("eng", &model("eng"))]);
        let file = folder.path().join("vie.traineddata");
        for engine in [EngineChoice::Auto, EngineChoice::Own, EngineChoice::Tesseract] {
            let pool = pool(folder.path(), engine, Kernels::Auto);
            for refused in refusals(&pool) {
                let text = refused.to_string();
                assert!(text.contains(said) && text.contains(file.to_str().unwrap()), "{engine:?} {text}");
                let NativeError::NoModel { language, fault: ModelFault::Damaged { file: named, .. } } =
                    refused
                else {
                    panic!("{engine:?} {text}")
                };
                assert_eq!((language.as_str(), &named), ("vie", &file));
            }
            assert_eq!(pool.idle_pids().len(), 1, "the worker lives on");
        }
    }
    // the model that reads numbers again is named, too
    let folder = folder_of(&[("vie", &sound), ("eng", &sound[..100_000])]);
    let error = pool(folder.path(), EngineChoice::Auto, Kernels::Auto).versions().unwrap_err();
    assert!(error.to_string().contains("eng.traineddata is damaged"), "{error}");
    assert!(matches!(&error, NativeError::NoModel { language, .. } if language == "eng"));
}

/// Longer than the memory that a worker may take: it would end if it read the file.
#[test]
fn a_file_longer_than_any_model_is_not_read() {
    let folder = folder_of(&[("vie", b"")]);
    let file = folder.path().join("vie.traineddata");
    std::fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(64 << 30).unwrap();
    let pool = pool(folder.path(), EngineChoice::Auto, Kernels::Auto);
    for refused in refusals(&pool) {
        let text = refused.to_string();
        assert!(text.contains("the model has 68719476736 bytes"), "{text}");
        assert!(matches!(refused, NativeError::NoModel { fault: ModelFault::Damaged { .. }, .. }), "{text}");
    }
}

/// A model that Tesseract reads and our own recogniser refuses: one of its characters is of a script that is written without
/// spaces.
#[test]
fn a_model_that_is_not_ours_is_left_to_tesseract_or_refused_by_name() {
    let mut bytes = model("vie");
    let at = bytes.windows(7).rposition(|w| w == b" Latin ").unwrap();
    bytes[at + 1..at + 6].copy_from_slice(b"Han  ");
    let folder = folder_of(&[("vie", &bytes)]);
    let picture = text_picture(VIETNAMESE);
    let auto = pool(folder.path(), EngineChoice::Auto, Kernels::Auto);
    let versions = auto.versions().unwrap();
    let why = versions.own.unwrap_err().to_string();
    assert!(why.contains("vie") && why.contains("script Han"), "{why}");
    assert_eq!(versions.model_sha256.to_string(), sha256sum(&folder.path().join("vie.traineddata")));
    let page = read(&auto, &picture, "vie");
    assert_eq!(page.reader, Some(Reader::Tesseract));
    assert!(text_of(&page).starts_with("VIỆN KIỂM SÁT"), "{page:?}");
    for refused in refusals(&pool(folder.path(), EngineChoice::Own, Kernels::Auto)) {
        let NativeError::NotOwn(NotOwn::Model { language, kind: OtherKind::Script, said }) = &refused else {
            panic!("{refused}")
        };
        assert!(language == "vie" && said.contains("script Han"), "{refused}");
        assert!(!refused.is_about_the_file());
    }
}

/// What says that it has fractions and has none: Tesseract, to which it is left, does not take it, and nothing reads with it.
#[test]
fn a_model_that_tesseract_does_not_take_either_reads_nothing() {
    let mut bytes = model("vie");
    let mark = b"\x04\0\0\0Tanh";
    let at = bytes.windows(mark.len()).position(|w| w == mark).unwrap() + mark.len();
    // the layer's numbers, its name, then how the matrix is written: 1 is int8, 128 the format
    let name = u32::from_le_bytes(bytes[at + 18..at + 22].try_into().unwrap()) as usize;
    assert_eq!(bytes[at + 22 + name] & 129, 129);
    bytes[at + 22 + name] &= !1;
    let folder = folder_of(&[("vie", &bytes)]);
    let picture = text_picture("Cáo trạng");
    let auto = pool(folder.path(), EngineChoice::Auto, Kernels::Auto);
    let why = auto.versions().unwrap().own.unwrap_err();
    assert!(matches!(&why, NotOwn::Model { kind: OtherKind::Float, .. }), "{why}");
    let params = RecogniseParams::new("vie", Segmentation::Auto);
    let refused = auto.recognise(picture.view(), &params).unwrap_err();
    // Tesseract's own way of not taking it is to end its process.
    let NativeError::Died { said, .. } = &refused else { panic!("{refused}") };
    assert!(said.contains("lstm_recognizer_->Load"), "{said}");
}

/// A real model whose characters are sequences of codes.
#[test]
fn a_japanese_model_is_left_to_tesseract_or_refused_by_name() {
    assert!(
        config().tessdata.join("jpn.traineddata").is_file(),
        "tesseract-ocr-jpn: ./dev setup test installs it"
    );
    let picture = text_picture("2024 12 30");
    let pool = |engine| Pool::start(WorkerConfig { engine, language: "jpn".into(), ..config() }, 1).unwrap();
    let auto = pool(EngineChoice::Auto);
    let why = auto.versions().unwrap().own.unwrap_err();
    assert!(
        matches!(&why, NotOwn::Model { kind: OtherKind::Codes, language, .. } if language == "jpn"),
        "{why}"
    );
    let page = read(&auto, &picture, "jpn");
    assert_eq!(page.reader, Some(Reader::Tesseract));
    assert_eq!(text_of(&page).replace(' ', ""), "20241230");
    // what reads Vietnamese in the same worker is our own all the same
    assert_eq!(read(&auto, &text_picture("Cáo trạng"), "vie").reader, Some(Reader::Own));
    let refused = pool(EngineChoice::Own).versions().unwrap_err();
    assert!(
        matches!(refused, NativeError::NotOwn(NotOwn::Model { kind: OtherKind::Codes, .. })),
        "{refused}"
    );
    assert!(refused.to_string().contains("sequences of codes"), "{refused}");
}

/// By another program.
fn sha256sum(file: &Path) -> String {
    let out = program("sha256sum").arg(file).output().unwrap().stdout;
    String::from_utf8(out).unwrap()[..64].to_owned()
}

/// The file takes another's place at once, as a package manager does it.
fn replace(folder: &Path, bytes: &[u8]) {
    let new = folder.join("new");
    std::fs::write(&new, bytes).unwrap();
    std::fs::rename(new, folder.join("vie.traineddata")).unwrap();
}

/// What stands beside a page is the digest of the very bytes that it was read with.
#[test]
fn a_model_replaced_while_pages_are_read_is_told() {
    let picture = text_picture("Cáo trạng");
    for engine in [EngineChoice::Auto, EngineChoice::Tesseract] {
        let folder = folder_of(&[("vie", &model("vie"))]);
        let pool = pool(folder.path(), engine, Kernels::Auto);
        let file = folder.path().join("vie.traineddata");
        let sha256 = sha256sum(&file);
        let page = read(&pool, &picture, "vie");
        assert_eq!(text_of(&page), "Cáo trạng");
        replace(folder.path(), &model("eng"));
        assert_ne!(sha256sum(&file), sha256);
        // the worker still has the old one, and says so
        assert_eq!(read(&pool, &picture, "vie"), page);
        assert_eq!(pool.versions().unwrap().model_sha256.to_string(), sha256);
        let old = pool.idle_pids()[0];
        kill_process(Pid::from_raw(old as i32).unwrap(), Signal::KILL).unwrap();
        wait_for_end(old);
        // another worker would read with the new one
        for refused in refusals(&pool) {
            let is_replaced = |fault: &ModelFault| *fault == ModelFault::Replaced { file: file.clone() };
            assert!(
                matches!(&refused, NativeError::NoModel { fault, .. } if is_replaced(fault)),
                "{engine:?} {refused}"
            );
        }
        replace(folder.path(), &model("vie"));
    }
}

/// Tesseract reads the file itself, later than its digest was told.
#[test]
fn tesseract_reads_with_the_bytes_that_were_digested() {
    let folder = folder_of(&[("vie", &model("vie"))]);
    let pool = pool(folder.path(), EngineChoice::Tesseract, Kernels::Auto);
    let sha256 = sha256sum(&folder.path().join("vie.traineddata"));
    assert_eq!(pool.versions().unwrap().model_sha256.to_string(), sha256);
    replace(folder.path(), &model("eng"));
    let picture = text_picture("Cáo trạng");
    let refused =
        pool.recognise(picture.view(), &RecogniseParams::new("vie", Segmentation::Auto)).unwrap_err();
    assert!(refused.to_string().contains("was replaced since the first page was read"), "{refused}");
    replace(folder.path(), &model("vie"));
    assert_eq!(words_of(&read(&pool, &picture, "vie")), ["Cáo", "trạng"]);
}

#[test]
fn kernels_are_forced_and_change_no_word() {
    let picture = text_picture(VIETNAMESE);
    let asked = |engine, kernels| {
        let pool = pool(&config().tessdata, engine, kernels);
        (pool.versions(), pool)
    };
    let flags = std::fs::read_to_string("/proc/cpuinfo").unwrap();
    let has = |flag: &str| flags.lines().find(|l| l.starts_with("flags")).unwrap().contains(flag);
    assert!(has(" avx2 ") && has(" fma "), "these tests need a processor with AVX2 and FMA");
    let (versions, pool) = asked(EngineChoice::Own, Kernels::Scalar);
    assert_eq!(versions.unwrap().own.as_deref(), Ok("scalar"));
    let plain = read(&pool, &picture, "vie");
    let fast = [(Kernels::Avx2, "avx2", true), (Kernels::Avx512vnni, "avx512vnni", has(" avx512_vnni"))];
    for (kernels, name, is_there) in fast {
        let (versions, pool) = asked(EngineChoice::Own, kernels);
        if is_there {
            assert_eq!(versions.unwrap().own.as_deref(), Ok(name));
            assert_eq!(read(&pool, &picture, "vie"), plain, "{name}");
        } else {
            println!("not tested: this processor has no AVX-512 VNNI");
            let error = versions.unwrap_err().to_string();
            assert!(error.contains("this processor has no AVX-512 VNNI"), "{error}");
        }
    }
    // Plain code is slower than Tesseract, and a processor without AVX2 has nothing better.
    for kernels in [Kernels::Scalar, Kernels::None] {
        let (versions, pool) = asked(EngineChoice::Auto, kernels);
        assert_eq!(versions.unwrap().own, Err(NotOwn::Forced));
        assert_eq!(read(&pool, &picture, "vie").reader, Some(Reader::Tesseract));
    }
}

#[test]
fn own_without_vector_instructions_is_refused() {
    let pool = pool(&config().tessdata, EngineChoice::Own, Kernels::None);
    for refused in refusals(&pool) {
        assert!(matches!(refused, NativeError::NotOwn(NotOwn::Forced)), "{refused}");
        assert!(!refused.is_about_the_file());
    }
    assert_eq!(pool.idle_pids().len(), 1, "the worker lives on");
}
