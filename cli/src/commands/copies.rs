//! Signed copies that leave: `hoso case export CODE --sign LEVEL`

use super::{seal, told};
use crate::args::CaseExport;
use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{CopyOrder, OpenedCase, PdfLevel, Role, export_signed_copies, find_key};
use record::Lang;
use serde_json::json;

pub(super) fn export(
    args: &CaseExport,
    level: PdfLevel,
    case: &OpenedCase<'_>,
    speaker: Speaker,
) -> Result<Exit, Failure> {
    let (root, keys) = (&args.archive.archive, &args.copies);
    // Both are found, each in its office, before anybody types a PIN.
    let found = |name: &str, role| find_key(root, name, &SystemClock).and_then(|key| key.in_office(role));
    let officer = keys.officer.as_deref().map(|name| found(name, Role::Officer)).transpose();
    let officer = officer.map_err(told(speaker))?;
    let agency = found(&keys.agency, Role::Agency).map_err(told(speaker))?;
    let open = |key, secret_file| seal::open(key, secret_file, keys.on_final_try, speaker);
    let officer = officer.map(|key| open(key, keys.officer_secret_file.as_deref())).transpose()?;
    let agency = open(agency, keys.agency_secret_file.as_deref())?;
    let order = CopyOrder { level, to: args.out.as_deref() };
    let made = export_signed_copies(root, case, &order, (officer.as_ref(), &agency), &SystemClock);
    let made = made.map_err(told(speaker))?;
    let (code, version, path) = (&args.code, made.exported.version, made.exported.path.display());
    if speaker.json {
        let value = json!({
            "case": code, "version": version, "profile": "signed-pdf", "level": level.code(),
            "path": made.exported.path, "folder": made.exported.path, "copies": made.copies,
            "without_pdf": made.without_pdf, "sealed_bytes": made.sealed_bytes, "added_bytes": made.added_bytes,
        });
        speaker.line("exported", value);
        return Ok(Exit::Done);
    }
    let (copies, added, level) = (made.copies, made.added_bytes, level.code());
    speaker.talk(match speaker.lang {
        Lang::Vi => format!(
            "đã xuất {copies} bản sao PDF của {code} (bản {version}) vào {path}, ký mức {level}, thêm {added} byte; kiểm tra: hoso verify TỆP --anchor CHỨNG_THƯ"
        ),
        Lang::En => format!(
            "exported {copies} PDF copies of {code} (version {version}) to {path}, signed at level {level}, {added} bytes added; check: hoso verify FILE --anchor CERTIFICATE"
        ),
    });
    if made.without_pdf > 0 {
        speaker.talk(match speaker.lang {
            Lang::Vi => format!("{} văn bản không có tệp PDF", made.without_pdf),
            Lang::En => format!("{} documents have no searchable PDF", made.without_pdf),
        });
    }
    Ok(Exit::Done)
}
