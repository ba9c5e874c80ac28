//! `hoso ocr`

use super::{file_failure, told};
use crate::args::{EngineArg, FormatArg, Ocr, PdfArg};
use crate::equipment::{SystemClock, reader_config};
use crate::reading::tell_of_tesseract;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{OcrFormat, OutputFile, PageDone, PictureKept, Pool};
use record::{Clock, PageOutcome};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};

pub(crate) fn run(args: &Ocr, speaker: Speaker, libdir: Option<&Path>) -> Result<Exit, Failure> {
    let (format, ending) = match args.format {
        FormatArg::Text => (OcrFormat::Text, "txt"),
        FormatArg::Alto => (OcrFormat::Alto, "alto.xml"),
        FormatArg::Hocr => (OcrFormat::Hocr, "hocr.html"),
        FormatArg::Pdf if args.pdf == PdfArg::Compact => (OcrFormat::CompactPdf, "pdf"),
        FormatArg::Pdf => (OcrFormat::Pdf, "pdf"),
    };
    if args.pdf == PdfArg::Compact && format != OcrFormat::CompactPdf {
        let message = speaker.pick("--pdf chỉ dùng cho PDF", "--pdf is about PDFs only").to_owned();
        let hint = speaker.pick("thêm --format pdf", "add --format pdf").to_owned();
        return Err(Failure { exit: Exit::Misused, message, hint: Some(hint) });
    }
    let pool =
        reader_config(libdir, args.reading).and_then(|c| Ok(Pool::start(c, 1)?)).map_err(told(speaker))?;
    // what cannot read is refused before the first file, not at every one
    let versions = pool.versions().map_err(|error| told(speaker)(error.into()))?;
    if let (Err(reason), EngineArg::Auto, false) = (&versions.own, args.reading.engine, speaker.json) {
        tell_of_tesseract(reason, speaker);
    }
    let mut exit = Exit::Done;
    let targets = args.files.iter().map(|file| target(args, file, ending)).collect::<Result<Vec<_>, _>>()?;
    refuse_overwriting(args, &targets, speaker)?;
    for (file, target) in args.files.iter().zip(&targets) {
        let (mut review, mut setbacks) = (false, 0_u32);
        let mut read = |out: &mut dyn Write| {
            pipeline::read_file(file, format, &pool, SystemClock.now(), out, |done| {
                tell(speaker, file, &done);
                review |= matches!(done.outcome, PageOutcome::Unrecognised { .. });
                setbacks += u32::from(done.picture.is_some_and(|picture| picture.is_setback()));
            })
        };
        let done = match target {
            Some(path) => {
                OutputFile::create(path).and_then(|mut out| read(&mut out).and_then(|()| out.keep()))
            }
            None => read(&mut std::io::stdout().lock()),
        };
        if done.is_ok() && setbacks > 0 && !speaker.json {
            let what = speaker.pick(
                "trang giữ ảnh như khi nhận, không tách lớp",
                "pages keep their picture as received, not in layers",
            );
            speaker.talk(format_args!("{}: {setbacks} {what}", file.display()));
        }
        match done {
            Ok(()) if review && exit == Exit::Done => exit = Exit::Review,
            Ok(()) => {}
            // One bad file does not keep the others from being read.
            Err(error) => {
                speaker.fail(&Failure { exit: Exit::Failed, ..speaker.failure(&error) });
                exit = Exit::Failed;
            }
        }
    }
    Ok(exit)
}

/// Where the result of one input goes; `None` is standard output.
fn target(args: &Ocr, file: &Path, ending: &str) -> Result<Option<PathBuf>, Failure> {
    let Some(out) = &args.out else { return Ok(None) };
    if args.files.len() == 1 && !out.is_dir() {
        return Ok(Some(out.clone()));
    }
    std::fs::create_dir_all(out).map_err(|e| file_failure(out, &e))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    Ok(Some(out.join(format!("{name}.{ending}"))))
}

/// No result takes the place of an input or of another result.
fn refuse_overwriting(args: &Ocr, targets: &[Option<PathBuf>], speaker: Speaker) -> Result<(), Failure> {
    let inputs: Vec<PathBuf> = args.files.iter().filter_map(|f| f.canonicalize().ok()).collect();
    let mut seen = std::collections::HashSet::new();
    for target in targets.iter().flatten() {
        let is_input = target.canonicalize().is_ok_and(|real| inputs.contains(&real));
        if is_input || !seen.insert(target) {
            let what = speaker.pick(
                "sẽ ghi đè tệp đầu vào hoặc kết quả khác",
                "would overwrite an input or another result",
            );
            let hint = speaker.pick("chọn --out khác", "choose another --out");
            let message = format!("{}: {what}", target.display());
            return Err(Failure { exit: Exit::Misused, message, hint: Some(hint.into()) });
        }
    }
    Ok(())
}

fn tell(speaker: Speaker, file: &Path, done: &PageDone<'_>) {
    let PageDone { page, pages, outcome, engine, picture } = done;
    let file = file.display();
    if speaker.json {
        let mut value = json!({"type": "page", "v": 1, "file": file.to_string(), "page": page, "pages": pages, "outcome": outcome.code()});
        if let Some((reader, model)) = engine {
            value["engine"] = reader.code().into();
            value["model_sha256"] = model.to_string().into();
        }
        if let Some(picture) = picture {
            value["picture"] = picture.code().into();
            if let PictureKept::Changed { words } = picture {
                value["changed_words"] = (*words).into();
            }
        }
        // Standard output holds the result itself.
        speaker.talk(serde_json::to_string(&value).expect("strings and numbers"));
        return;
    }
    let what = match (outcome, speaker.lang) {
        (PageOutcome::Text(text), record::Lang::Vi) => format!("{} từ", text.words().count()),
        (PageOutcome::Text(text), record::Lang::En) => format!("{} words", text.words().count()),
        (PageOutcome::Blank(_), lang) => lang.pick("trắng", "blank").into(),
        (PageOutcome::Unrecognised { reason, .. }, lang) => {
            format!("{}: {}", lang.pick("không đọc được", "unread"), reason.code())
        }
    };
    let kept =
        picture.as_ref().filter(|picture| picture.is_setback()).map(|picture| why_kept(speaker, picture));
    speaker.talk(format_args!("{file} {page}/{pages}: {what}{}", kept.unwrap_or_default()));
}

/// Why a page of a compact PDF has its picture as received.
fn why_kept(speaker: Speaker, picture: &PictureKept) -> String {
    let kept = speaker.pick("giữ ảnh như khi nhận", "picture kept as received");
    let why = match picture {
        PictureKept::Changed { words } => match speaker.lang {
            record::Lang::Vi => format!("tách lớp sẽ làm thay đổi {words} từ"),
            record::Lang::En => format!("layers would change {words} words"),
        },
        PictureKept::Uncoded(said) => said.clone(),
        _ => speaker
            .pick("có nét mực chưa đọc được để so", "ink that was not read, nothing to compare by")
            .to_owned(),
    };
    format!("; {kept}: {why}")
}
