//! `hoso log`

use super::{file_failure, qr, told};
use crate::args::{Log, Prove, VerifyProof};
use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{Cosigned, PageSource};
use record::{CaseCode, Clock, Lang, PageNo, Timestamp};
use serde_json::json;
use std::path::Path;

pub(crate) fn run(args: &Log, speaker: Speaker) -> Result<Exit, Failure> {
    match args {
        Log::Show { entries, archive } => show(&archive.archive, *entries, speaker),
        Log::Prove(args) => prove(args, speaker),
        Log::Verify(args) => verify(args, speaker),
        Log::Trust { key, url, archive } => {
            let key = read_text(key)?;
            pipeline::add_witness(&archive.archive, &key, url.as_deref()).map_err(told(speaker))?;
            Ok(Exit::Done)
        }
        Log::Cosign { archive } => cosign(&archive.archive, speaker),
        Log::ExportCheckpoint { out, witness, old, archive } => {
            let text = pipeline::export_checkpoint(&archive.archive, witness.as_deref(), *old);
            write_out(out.as_deref(), &text.map_err(told(speaker))?, speaker)
        }
        Log::ImportCosignature { file, archive } => {
            let text = read_text(file)?;
            let cosigned = pipeline::import_cosignature(&archive.archive, &text, SystemClock.now());
            cosigned.map_err(told(speaker))?.iter().for_each(|cosigned| tell_cosigned(cosigned, speaker));
            Ok(Exit::Done)
        }
        Log::Print { out, archive } => {
            let view = pipeline::view_log(&archive.archive, 0, SystemClock.now()).map_err(told(speaker))?;
            qr::print(&view, out, speaker)
        }
    }
}

fn show(archive: &Path, entries: u64, speaker: Speaker) -> Result<Exit, Failure> {
    let view = pipeline::view_log(archive, entries, SystemClock.now()).map_err(told(speaker))?;
    if speaker.json {
        speaker.line(
            "log",
            json!({"origin": view.origin, "size": view.size, "root": view.root.to_string(), "words": view.words,
                   "key": view.public_key, "checkpoint": view.checkpoint}),
        );
    } else {
        let of = |vi: &str, en: &str| speaker.pick(vi.to_owned(), en.to_owned());
        speaker.data(format_args!("{}: {}", of("nhật ký", "log"), view.origin));
        speaker.data(format_args!("{}: {}", of("số mục", "entries"), view.size));
        speaker.data(format_args!("{}: {}", of("gốc", "root"), view.root));
        speaker.data(format_args!("{}: {}", of("đọc là", "in syllables"), view.words));
        speaker.data(format_args!("{}: {}", of("khóa công khai", "public key"), view.public_key));
    }
    view.cosigned.iter().for_each(|cosigned| tell_cosigned(cosigned, speaker));
    for (index, text) in view.entries {
        match speaker.json {
            true => speaker.line("log-entry", json!({"index": index, "entry": text})),
            false => speaker.data(format_args!("{index}\t{text}")),
        }
    }
    Ok(Exit::Done)
}

fn tell_cosigned(cosigned: &Cosigned, speaker: Speaker) {
    let Cosigned { witness, size, at } = cosigned;
    match (speaker.json, speaker.lang) {
        (true, _) => {
            speaker.line("cosigned", json!({"witness": witness, "size": size, "at": at.to_string()}));
        }
        (_, Lang::Vi) => speaker.data(format_args!("nhân chứng {witness} đã ký {size} mục lúc {at}")),
        (_, Lang::En) => speaker.data(format_args!("the witness {witness} signed {size} entries at {at}")),
    }
}

fn prove(args: &Prove, speaker: Speaker) -> Result<Exit, Failure> {
    let misused = |message: String| Failure { exit: Exit::Misused, message, hint: None };
    let code = CaseCode::new(&args.code).map_err(|e| misused(e.to_string()))?;
    let what = match (&args.file, args.page) {
        (Some(path), _) => PageSource::File(path.clone()),
        (None, Some(page)) => PageSource::Page(PageNo::new(page).map_err(|e| misused(e.to_string()))?),
        (None, None) => PageSource::Version,
    };
    let text = pipeline::prove(&args.archive.archive, &code, args.version, &what).map_err(told(speaker))?;
    write_out(args.out.as_deref(), &text, speaker)
}

fn verify(args: &VerifyProof, speaker: Speaker) -> Result<Exit, Failure> {
    let text = read_text(&args.proof)?;
    let file = args.file.as_deref().map(|path| std::fs::read(path).map_err(|e| file_failure(path, &e)));
    let witnesses: Vec<String> = args.witness.iter().map(|path| read_text(path)).collect::<Result<_, _>>()?;
    let key = read_text(&args.key)?;
    let verdict =
        pipeline::verify_proof(&text, file.transpose()?.as_deref(), &key, &witnesses, SystemClock.now())
            .map_err(told(speaker))?;
    let missing = speaker.pick("chưa được đủ nhân chứng ký", "not every witness has signed it");
    let (good, reason) = match &verdict.proven {
        Ok(proven) if proven.cosigned.len() < witnesses.len() => (false, missing.to_owned()),
        Ok(_) => (true, String::new()),
        Err(error) => (false, error.to_string()),
    };
    let entry = verdict.proven.as_ref().ok();
    if speaker.json {
        speaker.line(
            "proof",
            json!({"good": good, "reason": reason, "path": verdict.path,
                   "index": entry.map(|p| p.index), "size": entry.map(|p| p.checkpoint.size),
                   "origin": entry.map(|p| p.checkpoint.origin.clone()), "kind": entry.map(|p| p.entry.kind()),
                   "at": entry.map(|p| p.entry.at().to_string()),
                   "witnesses": entry.map(|p| p.cosigned.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>())}),
        );
    } else if let (true, Some(proven)) = (good, entry) {
        let (index, origin, at) = (proven.index, &proven.checkpoint.origin, proven.entry.at());
        speaker.data(match speaker.lang {
            Lang::Vi => format!("✓ có trong nhật ký {origin}, mục {index}, ghi lúc {at}"),
            Lang::En => format!("✓ stands in the log {origin} as entry {index}, made at {at}"),
        });
        for (witness, at) in &proven.cosigned {
            let size = proven.checkpoint.size;
            tell_cosigned(&Cosigned { witness: witness.clone(), size, at: *at }, speaker);
        }
    } else {
        let bad = speaker.pick("KHÔNG CHỨNG MINH ĐƯỢC", "PROVES NOTHING");
        speaker.data(format_args!("✗ {bad}: {reason}"));
    }
    Ok(if good { Exit::Done } else { Exit::Broken })
}

fn cosign(archive: &Path, speaker: Speaker) -> Result<Exit, Failure> {
    let answers = pipeline::ask_witnesses(archive, &|| SystemClock.now()).map_err(told(speaker))?;
    let mut exit = Exit::Done;
    for (witness, answer) in &answers {
        match answer {
            Ok(cosigned) => tell_cosigned(cosigned, speaker),
            Err(error) => {
                exit = Exit::Failed;
                let Failure { message, .. } = speaker.failure(error);
                match speaker.json {
                    true => speaker.line("not-cosigned", json!({"witness": witness, "reason": message})),
                    false => speaker.talk(format_args!("✗ {witness}: {message}")),
                }
            }
        }
    }
    if answers.is_empty() {
        let none =
            speaker.pick("không có nhân chứng nào nối mạng được", "there is no witness that can be reached");
        return Err(Failure {
            exit: Exit::Misused,
            message: none.into(),
            hint: Some("hoso log trust KEY --url URL".into()),
        });
    }
    Ok(exit)
}

/// Tells what is wrong with the log of an archive; whether nothing is. An archive without one says so.
pub(super) fn tell_check(
    archive: &Path,
    known: Option<&str>,
    now: Timestamp,
    speaker: Speaker,
) -> Result<bool, Failure> {
    let Some(report) = pipeline::check_log(archive, known, now).map_err(told(speaker))? else {
        if !speaker.json {
            speaker.talk(
                speaker.pick("kho này chưa có nhật ký minh bạch", "this archive has no transparency log"),
            );
        }
        return Ok(known.is_none());
    };
    for finding in &report.findings {
        let text = finding.text(speaker.lang);
        match speaker.json {
            true => speaker.line("log-finding", json!({"code": finding.code(), "text": text})),
            false => speaker.data(format_args!("✗ {text}")),
        }
    }
    let good = report.findings.is_empty();
    if speaker.json {
        speaker.line(
            "log-verified",
            json!({"good": good, "size": report.size, "findings": report.findings.len()}),
        );
    } else if good {
        let (size, lang) = (report.size, speaker.lang);
        speaker.talk(lang.pick(
            format!("nhật ký {size} mục khớp với kho"),
            format!("the log of {size} entries agrees with the archive"),
        ));
    }
    Ok(good)
}

/// A small text file.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| file_failure(path, &e))
}

/// To a file, or to standard output as it is.
pub(super) fn write_out(out: Option<&Path>, text: &str, speaker: Speaker) -> Result<Exit, Failure> {
    match out {
        Some(path) => pipeline::write_new_file(path, text.as_bytes()).map_err(told(speaker))?,
        None => speaker.text(text.strip_suffix('\n').unwrap_or(text)),
    }
    Ok(Exit::Done)
}
