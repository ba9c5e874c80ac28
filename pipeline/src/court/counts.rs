//! Whether what the sealed register counts is there: pages, masters, texts.

use super::report::{Check, Status};
use crate::format::case_json::CaseRecord;
use record::Lang;
use seal::Manifest;

/// Compares the register with the sealed list of files.
/// `stated`: the pages that it says it has.
pub(super) fn check(record: &CaseRecord, stated: Option<u64>, manifest: &Manifest, lang: Lang) -> Check {
    let title = lang.pick("Số trang, số tệp", "Counts");
    let mut wrong = Vec::new();
    let mut say = |vi: String, en: String| wrong.push(lang.pick(vi, en));
    let pages: Vec<_> = record.case.pages().map(|(_, page)| page).collect();
    if record.volumes.is_empty() {
        let numbers_run_on = pages.windows(2).all(|two| two[1].no.get() == two[0].no.get() + 1);
        if !numbers_run_on {
            say("số trang không liên tục".into(), "page numbers have gaps".into());
        }
        if stated != Some(pages.len() as u64) {
            let stated = stated.map_or_else(|| "–".to_owned(), |stated| stated.to_string());
            say(
                format!("mô tả ghi {stated} trang, có {}", pages.len()),
                format!("{stated} pages are stated, {} are described", pages.len()),
            );
        }
        let used = record.master_paths.iter().chain(&record.alto_paths);
        for path in used.filter(|path| manifest.get(path).is_none()) {
            say(
                format!("{path}: mô tả có, bảng kê không có"),
                format!("{path}: described, but not in the manifest"),
            );
        }
        let masters = "representations/rep2/data/";
        let sealed = manifest.entries().iter().filter(|entry| entry.path.starts_with(masters)).count();
        if sealed != record.master_paths.len() {
            let told = record.master_paths.len();
            say(
                format!("mô tả {told} tệp gốc, bảng kê có {sealed}"),
                format!("{told} masters are described, {sealed} are in the manifest"),
            );
        }
    }
    let status = if wrong.is_empty() { Status::Passed } else { Status::Failed };
    let reason = if wrong.is_empty() { "" } else { "counts" };
    let (documents, masters) = (record.case.documents.len(), record.master_paths.len());
    let count = pages.len();
    let mut lines = vec![match lang {
        Lang::Vi => format!("{count} trang, {documents} văn bản, {masters} tệp gốc"),
        Lang::En => format!("{count} pages, {documents} documents, {masters} masters"),
    }];
    if let Some(declared) = record.case.header.pages {
        let same = declared as usize == count;
        let note = if same { "" } else { lang.pick(" – KHÁC", " – DIFFERENT") };
        let declared_word = lang.pick("sổ giấy khai", "declared on paper");
        lines.push(format!("{declared_word}: {declared}{note}"));
    }
    if !record.left_out.is_empty() {
        let left_out = record.left_out.len();
        lines.push(match lang {
            Lang::Vi => format!("THIẾU {left_out} tệp khi niêm phong, có ghi tên trong mô tả"),
            Lang::En => format!("{left_out} files were MISSING when it was sealed; the register names them"),
        });
    }
    Check::new("counts", title, status, reason).with(lines).with(wrong)
}
