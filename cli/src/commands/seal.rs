//! `hoso seal`

use super::{case_code, local_clearance, told};
use crate::args::{GranularityArg, LevelArg, PdfSigningArg, Seal, SealLevelArg};
use crate::equipment::SystemClock;
use crate::password::secret;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{
    FoundKey, Granularity, OpenKey, PassedOver, PdfLevel, PdfSigning, Role, SealEvent, SealLevel, SealOrder,
    SealSummary, SealWhich, Statement, find_key, seal_cases,
};
use record::Lang;
use serde_json::{Value, json};
use std::path::Path;

pub(crate) fn run(args: &Seal, speaker: Speaker) -> Result<Exit, Failure> {
    let root = &args.archive.archive;
    let order = SealOrder {
        which: which(args, speaker)?,
        granularity: args.granularity.map(|granularity| match granularity {
            GranularityArg::Case => Granularity::Case,
            GranularityArg::Batch => Granularity::Batch,
        }),
        level: args.level.map(|level| match level {
            SealLevelArg::Basic => SealLevel::Basic,
            SealLevelArg::Timed => SealLevel::Timed,
        }),
        pdf: args.pdf.map(|pdf| match pdf {
            PdfSigningArg::None => PdfSigning::None,
            PdfSigningArg::Agency => PdfSigning::Agency,
            PdfSigningArg::Both => PdfSigning::Both,
        }),
        pdf_level: args.pdf_level.map(level),
    };
    // Both are found, each in its office, before anybody types a PIN.
    let found = |name: &str, role| find_key(root, name, &SystemClock).and_then(|key| key.in_office(role));
    let officer = found(&args.officer, Role::Officer).map_err(told(speaker))?;
    let agency = found(&args.agency, Role::Agency).map_err(told(speaker))?;
    let officer = open(officer, args.officer_secret_file.as_deref(), args.on_final_try, speaker)?;
    let agency = open(agency, args.agency_secret_file.as_deref(), args.on_final_try, speaker)?;
    let clearance = local_clearance();
    let tell = |event| tell(&event, speaker);
    let done = seal_cases(root, &clearance, &order, &officer, &agency, &SystemClock, tell);
    let done = done.map_err(told(speaker))?;
    total(done, speaker);
    super::stamp::after_sealing(root, speaker);
    Ok(if done.refused > 0 { Exit::Failed } else { Exit::Done })
}

pub(super) fn level(level: LevelArg) -> PdfLevel {
    match level {
        LevelArg::Basic => PdfLevel::Basic,
        LevelArg::Timed => PdfLevel::Timed,
        LevelArg::LongTerm => PdfLevel::LongTerm,
        LevelArg::Archival => PdfLevel::Archival,
    }
}

fn which(args: &Seal, speaker: Speaker) -> Result<SealWhich, Failure> {
    if args.reviewed {
        return Ok(SealWhich::Reviewed);
    }
    let codes = args.codes.iter().map(|code| case_code(code)).collect::<Result<Vec<_>, _>>()?;
    let Some((pages_on_paper, by)) = args.pages_on_paper.zip(args.counted_by.clone()) else {
        return Ok(SealWhich::Codes(codes));
    };
    match &codes[..] {
        [code] => Ok(SealWhich::Counted { code: code.clone(), pages_on_paper, by }),
        _ => Err(Failure {
            exit: Exit::Misused,
            message: speaker
                .pick("một số trang là của một hồ sơ", "one count is that of one case file")
                .to_owned(),
            hint: Some(
                speaker
                    .pick(
                        "đối chiếu từng hồ sơ bằng hoso case review rồi chạy: hoso seal --reviewed",
                        "state each count with hoso case review, then: hoso seal --reviewed",
                    )
                    .to_owned(),
            ),
        }),
    }
}

pub(super) fn open(
    key: FoundKey,
    given: Option<&Path>,
    on_final_try: bool,
    speaker: Speaker,
) -> Result<OpenKey, Failure> {
    let role = key.role.title(speaker.lang);
    let question = match (key.token(), speaker.lang) {
        (Some(token), Lang::Vi) => format!("PIN của token {} ({role}): ", token.label),
        (Some(token), Lang::En) => format!("PIN of the token {} ({role}): ", token.label),
        (None, Lang::Vi) => format!("Mật khẩu của khóa {} ({role}): ", key.name),
        (None, Lang::En) => format!("Password of the key {} ({role}): ", key.name),
    };
    // A locked token is asked nothing.
    let secret = match key.token().map(|token| token.pin) {
        Some(pipeline::PinState::Locked) => Default::default(),
        Some(pipeline::PinState::FinalTry) if !on_final_try => Default::default(),
        _ => secret(given.or(key.secret_file.as_deref()), &key.name, &question, speaker)?,
    };
    key.open(&secret, on_final_try).map_err(told(speaker))
}

fn tell(event: &SealEvent, speaker: Speaker) {
    match event {
        SealEvent::Sealed { code, version, statement, pdfs, left_out } if speaker.json => speaker.line(
            "sealed",
            json!({
                "case": code.as_str(), "version": version, "pages": statement.pages,
                "counted_by": statement.counted_by, "officer": statement.officer.name,
                "agency": statement.agency.name, "pdfs_signed": pdfs.count,
                "bytes_stored_again": pdfs.stored_bytes,
                "passed_over": left_out.iter().map(passed_over).collect::<Vec<_>>(),
            }),
        ),
        SealEvent::Present { code, version } if speaker.json => {
            speaker.line("sealed-before", json!({"case": code.as_str(), "version": version}));
        }
        SealEvent::Refused { code, error } if speaker.json => {
            let failure = speaker.failure(error);
            speaker.line("not-sealed", json!({"case": code.as_str(), "reason": failure.message}));
        }
        SealEvent::Sealed { code, version, statement, left_out, .. } => {
            let Statement { pages, counted_by, officer, agency, .. } = &**statement;
            let (officer, agency) = (&officer.name, &agency.name);
            speaker.data(match speaker.lang {
                Lang::Vi => format!(
                    "✓ {code}: đã niêm phong, bản {version}, {pages} trang; đếm: {counted_by}; ký: {officer}, {agency}"
                ),
                Lang::En => format!(
                    "✓ {code}: sealed, version {version}, {pages} pages; counted by {counted_by}; signed by {officer}, {agency}"
                ),
            });
            for passed in left_out {
                speaker.data(format_args!("  – {}", passed.title(speaker.lang)));
            }
        }
        SealEvent::Present { code, version } => speaker.data(match speaker.lang {
            Lang::Vi => format!("= {code}: đã niêm phong từ trước (bản {version})"),
            Lang::En => format!("= {code}: sealed before (version {version})"),
        }),
        SealEvent::Refused { error, .. } => {
            let failure = speaker.failure(error);
            speaker.data(format_args!("✗ {}", failure.message));
            if let Some(hint) = failure.hint {
                speaker.talk(format_args!("  {}: {hint}", speaker.pick("gợi ý", "hint")));
            }
        }
    }
}

/// For programs.
fn passed_over(passed: &PassedOver) -> Value {
    match passed {
        PassedOver::NoPdf { document } => json!({"reason": passed.code(), "document": document}),
        PassedOver::SignedBefore { document, path } => {
            json!({"reason": passed.code(), "document": document, "path": path})
        }
        PassedOver::NoLists { volume } => json!({"reason": passed.code(), "volume": volume}),
    }
}

fn total(done: SealSummary, speaker: Speaker) {
    let SealSummary { sealed, present, refused, signatures, pdfs } = done;
    if speaker.json {
        let value = json!({
            "sealed": sealed, "sealed_before": present, "not_sealed": refused, "signatures": signatures,
            "pdfs_signed": pdfs.count, "bytes_stored_again": pdfs.stored_bytes,
        });
        return speaker.line("seal-summary", value);
    }
    speaker.talk(match speaker.lang {
        Lang::Vi => format!(
            "{sealed} hồ sơ đã niêm phong, {present} đã có từ trước, {refused} chưa; mỗi khóa ký {signatures} lần"
        ),
        Lang::En => format!(
            "{sealed} case files sealed, {present} before, {refused} not; each key signed {signatures} times"
        ),
    });
    if pdfs.count > 0 {
        let (count, bytes) = (pdfs.count, pdfs.stored_bytes);
        speaker.talk(match speaker.lang {
            Lang::Vi => format!("{count} tệp PDF được ký thêm; kho lưu thêm {bytes} byte, vì bản chưa ký vẫn giữ"),
            Lang::En => {
                format!("{count} PDFs signed beside that; the archive grew by {bytes} bytes, for those without signatures stay")
            }
        });
    }
}
