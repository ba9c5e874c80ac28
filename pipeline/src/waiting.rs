//! Case files that wait: something that belongs to them cannot be received as it is. They are looked at again when
//! their batch is resumed. What was received once is never lost on the way.

use crate::flow::survey_config;
use crate::format::intake::{self, SurveyedCase, SurveyedFile};
use crate::ledger::{BatchRow, CaseRow, CaseState, Receipt};
use crate::{Event, PipelineError, Watch, Workbench};
use ingest::{CaseIntake, IngestError};
use record::{CaseCode, Finding, FindingKind, Secrecy};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// The findings that mean that a file stays out while they hold, as receiving gives them.
pub(crate) const NOT_RECEIVED: [FindingKind; 5] = [
    FindingKind::StillBeingWritten,
    FindingKind::NoPermission,
    FindingKind::Vanished,
    FindingKind::ReadFailed,
    FindingKind::NotAFile,
];

/// Looks again at the case files of a batch that lack something, and writes down what is there now. The case files that
/// may be worked on; one that is refused by now (its secrecy was raised, say) is not among them.
pub(crate) fn look_again(
    bench: &Workbench,
    batch: &BatchRow,
    watch: &dyn Watch,
    stop: &AtomicBool,
) -> Result<Vec<CaseRow>, PipelineError> {
    let mut rows = bench.ledger.cases(&batch.id)?;
    let mut wanted = HashSet::new();
    // What is stored already, without what was missing, is not looked at again.
    for row in rows.iter().filter(|r| matches!(r.state, CaseState::Open | CaseState::Waiting)) {
        let surveyed = || intake::read(&row.code, &bench.ledger.intake(&batch.id, row.seq)?);
        if row.state == CaseState::Waiting || !surveyed()?.missing.is_empty() {
            wanted.insert(row.code.clone());
        }
    }
    if wanted.is_empty() {
        return Ok(rows);
    }
    // Nothing was admitted without a declaration; the list may declare more by now, and then it counts.
    let folder = Path::new(&batch.folder);
    let config = survey_config(&bench.layout, &bench.config, folder, Some(Secrecy::Thuong));
    let survey = match ingest::survey_again(folder, &config, &bench.pool, stop, &wanted) {
        Ok(survey) => survey,
        Err(IngestError::Folder { .. } | IngestError::NotAFolder(_)) => {
            watch.event(&Event::FolderGone { folder: batch.folder.clone().into() });
            return Ok(rows);
        }
        Err(IngestError::Interrupted) => return Err(PipelineError::Interrupted),
        Err(error) => return Err(error.into()),
    };
    for case in survey.cases {
        if let Some(row) = rows.iter_mut().find(|r| r.code == case.header.code) {
            write_down(bench, batch, row, case, &survey.findings)?;
        }
    }
    for finding in &survey.findings {
        let refused = |code: &CaseCode| match finding.kind {
            FindingKind::SecrecyRefused => finding.subject == code.as_str(),
            FindingKind::CaseFailed => finding.detail.starts_with(&format!("{code}: ")),
            _ => false,
        };
        if rows.iter().any(|r| wanted.contains(&r.code) && refused(&r.code)) {
            bench.ledger.add_finding(&batch.id, finding)?;
            rows.retain(|r| !refused(&r.code));
        }
    }
    Ok(rows)
}

/// Puts a new survey of a case file in the place of the old one.
fn write_down(
    bench: &Workbench,
    batch: &BatchRow,
    row: &mut CaseRow,
    case: CaseIntake,
    findings: &[Finding],
) -> Result<(), PipelineError> {
    let old = intake::read(&row.code, &bench.ledger.intake(&batch.id, row.seq)?)?;
    let mut receipts: BTreeMap<String, Receipt> = BTreeMap::new();
    for (file, surveyed) in old.files().enumerate() {
        if let Some(receipt) = bench.ledger.receipt(&batch.id, row.seq, file as u32)? {
            receipts.insert(surveyed.intake.received_as.clone(), receipt);
        }
    }
    let now = SurveyedCase::of(case);
    let missing = now.missing.clone();
    let entries: HashSet<String> = names(&old).chain(names(&now)).map(entry_of).collect();
    let (new, carried) = merge(&old, now, &receipts);
    let is_about_it =
        |f: &&Finding| f.subject == row.code.as_str() || entries.contains(&entry_of(f.subject.clone()));
    let mut holds: Vec<Finding> = findings.iter().filter(is_about_it).cloned().collect();
    // What is missing in the folder, but was received before, is not missing.
    holds.retain(|f| new.missing.contains(f) || !missing.contains(f));
    row.pages = new.pages();
    row.state = CaseState::Open;
    let entries: Vec<String> = entries.into_iter().collect();
    bench.ledger.resurvey(&batch.id, row, &intake::write(&new), &carried, &entries, &holds)
}

fn names(case: &SurveyedCase) -> impl Iterator<Item = String> {
    let files: Vec<String> = case.files().map(|f| f.intake.received_as.clone()).collect();
    files.into_iter().chain(case.missing.iter().map(|f| f.subject.clone()).collect::<Vec<_>>())
}

/// The entry of the batch folder that a name lies in.
fn entry_of(name: String) -> String {
    name.split_once('/').map_or(name.clone(), |(entry, _)| entry.to_owned())
}

/// The new survey with every file that was received before and is not in it now, and the receipts that still hold: those
/// of files that have neither changed nor gone, and those of files that can be had no more.
fn merge(
    old: &SurveyedCase,
    mut new: SurveyedCase,
    receipts: &BTreeMap<String, Receipt>,
) -> (SurveyedCase, Vec<(u32, Receipt)>) {
    let there: HashSet<String> = new.files().map(|f| f.intake.received_as.clone()).collect();
    for (name, files) in &old.documents {
        let gone = files.iter().filter(|f| {
            !there.contains(&f.intake.received_as) && receipts.contains_key(&f.intake.received_as)
        });
        for file in gone {
            new.missing.retain(|f| f.subject != file.intake.received_as);
            put_back(&mut new, name, file);
        }
    }
    let unchanged = |file: &SurveyedFile| {
        let name = &file.intake.received_as;
        !there.contains(name)
            || old.files().any(|o| {
                let (o, f) = (&o.intake, &file.intake);
                o.received_as == *name && o.bytes == f.bytes && o.modified == f.modified
            })
    };
    let carried = new.files().enumerate().filter(|(_, file)| unchanged(file));
    let carried = carried
        .filter_map(|(idx, file)| Some((idx as u32, *receipts.get(&file.intake.received_as)?)))
        .collect();
    (new, carried)
}

/// Puts a file into the document it was in; where there is none of that name, into one of its own at its place.
fn put_back(case: &mut SurveyedCase, document: &str, file: &SurveyedFile) {
    let before = |a: &SurveyedFile, b: &SurveyedFile| {
        ingest::natural_order(&a.intake.received_as, &b.intake.received_as).is_lt()
    };
    if let Some((_, files)) = case.documents.iter_mut().find(|(name, _)| name == document) {
        let place = files.iter().position(|f| before(file, f)).unwrap_or(files.len());
        files.insert(place, file.clone());
        return;
    }
    let later = |(_, files): &(String, Vec<SurveyedFile>)| files.first().is_some_and(|f| before(file, f));
    let place = case.documents.iter().position(later).unwrap_or(case.documents.len());
    case.documents.insert(place, (document.to_owned(), vec![file.clone()]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use ingest::FileIntake;
    use record::{CaseHeader, Sha256};
    use std::time::{Duration, SystemTime};

    fn case(documents: &[(&str, &[(&str, u64)])], missing: &[&str]) -> SurveyedCase {
        let file = |(name, bytes): &(&str, u64)| SurveyedFile {
            intake: FileIntake {
                path: (*name).into(),
                received_as: (*name).into(),
                name_in_case: (*name).into(),
                info: None,
                bytes: *bytes,
                modified: SystemTime::UNIX_EPOCH + Duration::from_secs(1),
            },
            folios: Vec::new(),
        };
        let documents =
            documents.iter().map(|(name, files)| ((*name).to_owned(), files.iter().map(file).collect()));
        let missing = missing.iter().map(|name| Finding::new(FindingKind::NoPermission, *name, ""));
        let header = CaseHeader {
            code: CaseCode::new("HS").unwrap(),
            title: String::new(),
            unit: String::new(),
            year: None,
            retention: String::new(),
            secrecy: Secrecy::Thuong,
            sheets: None,
            pages: None,
            paper_location: String::new(),
        };
        SurveyedCase { header, documents: documents.collect(), missing: missing.collect() }
    }

    #[test]
    fn what_was_received_comes_back_to_its_place() {
        let old = case(&[("", &[("HS/2.png", 5), ("HS/10.png", 5)]), ("b.pdf", &[("HS/b.pdf", 9)])], &[]);
        let now = case(&[("", &[("HS/1.png", 5), ("HS/10.png", 6)])], &["HS/2.png", "HS/c"]);
        let receipts = ["HS/2.png", "HS/10.png", "HS/b.pdf"];
        let receipts = receipts.iter().enumerate();
        let receipts = receipts.map(|(n, name)| ((*name).to_owned(), (Sha256([n as u8; 32]), 5)));
        let (merged, carried) = merge(&old, now, &receipts.collect());
        let names: Vec<&str> = merged.files().map(|f| f.intake.received_as.as_str()).collect();
        assert_eq!(names, ["HS/1.png", "HS/2.png", "HS/10.png", "HS/b.pdf"]);
        // What changed is received anew, what is gone keeps its receipt.
        let carried: Vec<(u32, u8)> = carried.iter().map(|(n, (sha256, _))| (*n, sha256.0[0])).collect();
        assert_eq!(carried, [(1, 0), (3, 2)]);
        let missing: Vec<&str> = merged.missing.iter().map(|f| f.subject.as_str()).collect();
        assert_eq!(missing, ["HS/c"]);
    }
}
