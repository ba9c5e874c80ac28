//! `hoso doctor`

use super::{index_fault, told};
use crate::args::{Doctor, LayoutArg};
use crate::equipment::{folders, reader_config, tessdata};
use crate::reading::not_own;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{NativeError, NotOwn, PipelineError, Pool};
use record::Lang;
use serde_json::json;
use std::path::Path;

/// One line of the table.
struct Check {
    /// Its name, the same in every language in `--json`.
    what: &'static str,
    /// What was found, or why it is missing.
    found: Result<String, String>,
    /// How to get it.
    remedy: &'static str,
}

pub(crate) fn run(args: &Doctor, speaker: Speaker, libdir: Option<&Path>) -> Result<Exit, Failure> {
    let mut checks = vec![Check { what: "hoso", found: Ok(env!("CARGO_PKG_VERSION").into()), remedy: "" }];
    let versions = reader_config(libdir, args.reading).and_then(|c| Ok(Pool::start(c, 1)?.versions()?));
    match versions {
        Ok(versions) => {
            let mut add = |what, found: Option<String>, remedy| {
                checks.push(Check { what, found: found.ok_or_else(|| "–".to_owned()), remedy });
            };
            add("hoso-worker", Some(versions.program), "");
            add("Tesseract", Some(versions.tesseract), "apt-get install tesseract-ocr libtesseract-dev");
            add("Leptonica", Some(versions.leptonica), "apt-get install libleptonica-dev");
            let model = format!("vie · sha256 {}", versions.model_sha256);
            add("model", Some(model), "apt-get install tesseract-ocr-vie");
            // no check that fails: without it pages are read all the same
            let witness = versions.witness_sha256.map_or_else(
                || {
                    let unchecked = speaker.pick("không kiểm tra lại số", "numbers stay unchecked");
                    format!("– ({unchecked}; apt-get install tesseract-ocr-eng)")
                },
                |digest| format!("eng · sha256 {digest}"),
            );
            add("number witness", Some(witness), "");
            let own_lines = versions.own.is_ok() && matches!(args.reading.layout, LayoutArg::Auto);
            let lines = match versions.own {
                Ok(path) => format!("hoso · {path}"),
                Err(NotOwn::NotAsked) => "Tesseract".to_owned(),
                Err(why) => format!("Tesseract ({})", not_own(&why, speaker.lang)),
            };
            add("line recogniser", Some(lines), "");
            let both = speaker.pick(
                "hoso (chữ in thường), Tesseract (trang khác)",
                "hoso (plain print), Tesseract (other pages)",
            );
            let finder = if own_lines { both } else { "Tesseract" };
            add("line finder", Some(finder.to_owned()), "");
            let pdfium = versions.pdfium_sha256.map(|digest| format!("sha256 {digest}"));
            let get_pdfium = speaker.pick(
                "./dev setup, hoặc đặt libpdfium.so cạnh hoso-worker (HOSO_PDFIUM)",
                "./dev setup, or libpdfium.so beside hoso-worker (HOSO_PDFIUM)",
            );
            add("Pdfium", pdfium, get_pdfium);
            add("network", Some(versions.network), "");
        }
        Err(error @ PipelineError::Native(NativeError::NotOwn(_))) => checks.push(Check {
            what: "line recogniser",
            found: Err(speaker.message(&error)),
            remedy: error.hint(speaker.lang).unwrap_or_default(),
        }),
        Err(error @ PipelineError::Native(NativeError::NoModel { .. })) => checks.push(Check {
            what: "model",
            found: Err(speaker.message(&error)),
            remedy: "apt-get install --reinstall tesseract-ocr-vie tesseract-ocr-eng",
        }),
        Err(error) => {
            let searched: Vec<String> =
                folders(libdir).iter().chain(&tessdata()).map(|p| p.display().to_string()).collect();
            let why = format!("{} ({})", speaker.message(&error), searched.join(", "));
            checks.push(Check {
                what: "hoso-worker",
                found: Err(why),
                remedy: speaker.pick(
                    "apt-get install tesseract-ocr-vie libtesseract5; đặt hoso-worker cạnh hoso",
                    "apt-get install tesseract-ocr-vie libtesseract5; hoso-worker beside hoso",
                ),
            });
        }
    }
    if let Some(archive) = &args.archive {
        checks.extend(archive_checks(archive, speaker)?);
    }
    let mut good = true;
    for check in &checks {
        good &= check.found.is_ok();
        let (mark, text) = match &check.found {
            Ok(text) => ("✓", text),
            Err(why) => ("✗", why),
        };
        if speaker.json {
            let found = check.found.as_ref().ok();
            let problem = check.found.as_ref().err();
            speaker.line(
                "check",
                json!({"what": check.what, "found": found, "problem": problem, "remedy": check.remedy}),
            );
        } else {
            speaker.data(format_args!("{mark} {:<15} {text}", label(check.what, speaker.lang)));
            if check.found.is_err() {
                speaker.data(format_args!("    {}: {}", speaker.pick("gợi ý", "hint"), check.remedy));
            }
        }
    }
    Ok(if good { Exit::Done } else { Exit::Failed })
}

/// A check's name for people; programs read the English one.
fn label(what: &'static str, lang: Lang) -> &'static str {
    let vietnamese = match what {
        "model" => "mô hình",
        "number witness" => "đọc lại số",
        "line recogniser" => "bộ đọc dòng",
        "line finder" => "bộ tìm dòng",
        "network" => "mạng",
        "archive" => "kho",
        "loose volumes" => "tập rời",
        "quarantine" => "cách ly",
        "strays" => "tệp lạ",
        "absent" => "hồ sơ mất",
        name => name,
    };
    lang.pick(vietnamese, what)
}

/// What a person should know of an archive.
fn archive_checks(archive: &Path, speaker: Speaker) -> Result<Vec<Check>, Failure> {
    if !archive.join("hoso.toml").is_file() {
        let found = format!("{}: {}", archive.display(), speaker.pick("chưa có kho", "no archive yet"));
        return Ok(vec![Check { what: "archive", found: Ok(found), remedy: "" }]);
    }
    let upkeep = pipeline::upkeep(archive).map_err(told(speaker))?;
    let absent = pipeline::absent_cases(archive).map_err(told(speaker))?;
    let none_or = |list: Vec<String>| match list.len() {
        0 => Ok("0".to_owned()),
        n => Err(format!("{n}: {}", list.join(", "))),
    };
    // Nothing is wrong with the archive then: a stopped work left it, and a person may remove it.
    let quarantined = format!("{} {}", upkeep.quarantined.len(), upkeep.quarantined.join(", "));
    let absent = absent
        .iter()
        .map(|case| match case.head {
            None => case.code.to_string(),
            Some(_) => format!("{} v{}", case.code, case.noted),
        })
        .collect();
    let index = match pipeline::index_fault(archive) {
        Some(why) => Err(index_fault(&why, speaker)),
        None => Ok(speaker.pick("đã đọc mọi tệp", "all files read").to_owned()),
    };
    let loose = upkeep.loose_volumes.iter().map(ToString::to_string).collect();
    // Somebody asked for it; what is uncertain is told all the same.
    let disk = match pipeline::is_on_network_disk(archive) {
        true => super::network_disk_text(speaker),
        false => speaker.pick("trong máy này", "local"),
    };
    Ok(vec![
        Check { what: "search index", found: index, remedy: "hoso index rebuild" },
        Check { what: "disk", found: Ok(disk.to_owned()), remedy: "" },
        Check { what: "loose volumes", found: none_or(loose), remedy: "hoso batch resume" },
        Check { what: "quarantine", found: Ok(quarantined.trim().to_owned()), remedy: "" },
        Check {
            what: "strays",
            found: none_or(upkeep.strays),
            remedy: speaker.pick("xem rồi chuyển ra khỏi ocfl/", "look at them, move them out of ocfl/"),
        },
        Check {
            what: "absent",
            found: none_or(absent),
            remedy: speaker
                .pick("khôi phục thư mục ocfl/ từ bản sao", "restore the folder ocfl/ from a copy"),
        },
    ])
}
