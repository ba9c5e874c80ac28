//! Does the log agree with itself, with the archive, and with what others saw of it? Both ways: a version that the log does
//! not know, an entry whose version is gone.

use super::{case_tags, open_reader, origin, public_key, receipt_of, sha256, speaks_of};
use crate::PipelineError;
use crate::config::{ArchiveConfig, Layout};
use crate::destruction::Tombstone;
use crate::fixity::report_manifests;
use crate::pack::{MANIFEST_PATH, SIGNATURE_PATH, read_case};
use crate::proof::read_unchecked;
use crate::seals::SealJudge;
use archive_store::{Archive, ArchiveReader, Object, VersionNo};
use record::{Lang, Sha256, Timestamp};
use seal::tlog::{CaseTags, Entry, LogFault, LogReader, SignedCheckpoint, Verifier, Version};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// What a check of the log found.
#[derive(Debug)]
pub struct LogReport {
    /// How many entries the log has.
    pub size: u64,
    /// What is wrong. Nothing of it is ever put right by a program on its own.
    pub findings: Vec<LogFinding>,
}

/// Something that is not as the log says, or a log that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogFinding {
    /// There is a key of a log, and no log that it signed.
    Unreadable(String),
    /// Receipts speak of a log, and neither it nor its key is there.
    Gone,
    /// An entry or a tile was altered or removed.
    Altered(LogFault),
    /// Somebody holds a checkpoint of more entries than there are.
    RolledBack { known: u64, found: u64, by: String },
    /// Somebody holds a checkpoint of another history.
    Forked { size: u64, by: String },
    /// A checkpoint or receipt that this log did not sign.
    NotOfThisLog { by: String, problem: String },
    /// An entry that says nothing that is understood.
    Entry { index: u64, problem: String },
    /// An entry comes a second time.
    Repeated { index: u64, first: u64 },
    /// An entry speaks of a version that the archive does not hold, and no tombstone says that it was destroyed.
    WithoutVersion { index: u64, version: u32 },
    /// A version that the log does not know.
    NotLogged { case: String, version: u32 },
    /// A version is not the one that was entered.
    Differs { case: String, version: u32, index: u64, what: Differing },
    /// The receipt beside a version is missing, damaged, or that of another one.
    Receipt { case: String, version: u32, problem: ReceiptProblem },
    /// A case file is there though its destruction was entered.
    Destroyed { case: String, index: u64 },
    /// A destruction was entered, and its tombstone is gone, or is not the one that was entered.
    TombstoneGone { index: u64 },
    /// The report of a check was entered and is gone.
    ReportGone { index: u64 },
}

/// What of a version differs from its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differing {
    /// The inventory was rewritten.
    Inventory,
    /// The manifest was exchanged.
    Manifest,
    /// The signature was exchanged.
    Signature,
    /// It cannot be read.
    Unreadable,
}

/// What is wrong with a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptProblem {
    /// There is none.
    Missing,
    /// It is none of this log, or proves nothing.
    Wrong,
    /// It is that of another version or case file.
    OfAnother,
}

impl LogFinding {
    /// For programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "log-unreadable",
            Self::Gone => "log-gone",
            Self::Altered(_) => "log-altered",
            Self::RolledBack { .. } => "log-rolled-back",
            Self::Forked { .. } => "log-forked",
            Self::NotOfThisLog { .. } => "log-not-signed",
            Self::Entry { .. } => "log-entry-unknown",
            Self::Repeated { .. } => "log-entry-repeated",
            Self::WithoutVersion { .. } => "log-without-version",
            Self::NotLogged { .. } => "version-not-logged",
            Self::Differs { what: Differing::Inventory, .. } => "log-inventory-differs",
            Self::Differs { what: Differing::Manifest, .. } => "log-manifest-differs",
            Self::Differs { what: Differing::Signature, .. } => "log-signature-differs",
            Self::Differs { what: Differing::Unreadable, .. } => "log-version-unreadable",
            Self::Receipt { problem: ReceiptProblem::Missing, .. } => "receipt-missing",
            Self::Receipt { problem: ReceiptProblem::Wrong, .. } => "receipt-wrong",
            Self::Receipt { problem: ReceiptProblem::OfAnother, .. } => "receipt-of-another",
            Self::Destroyed { .. } => "destroyed-but-there",
            Self::TombstoneGone { .. } => "tombstone-gone",
            Self::ReportGone { .. } => "report-gone",
        }
    }

    /// One sentence for people.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::Unreadable(why) => {
                format!("{}: {why}", lang.pick("không đọc được nhật ký minh bạch", "the log cannot be read"))
            }
            Self::Gone => lang.pick(
                "nhật ký minh bạch không còn, mà hồ sơ có biên nhận của nhật ký".to_owned(),
                "the log is gone: case files have receipts of it".to_owned(),
            ),
            Self::Altered(fault) => fault_text(fault, lang),
            Self::RolledBack { known, found, by } => lang.pick(
                format!("nhật ký bị lùi lại: {by} ghi nhận {known} mục, nay chỉ còn {found}"),
                format!("the log was rolled back: {by} knows {known} entries, there are {found}"),
            ),
            Self::Forked { size, by } => lang.pick(
                format!("nhật ký bị viết lại: {size} mục đầu không phải là những gì {by} ghi nhận"),
                format!("the log was forked: its first {size} entries are not those that {by} knows"),
            ),
            Self::NotOfThisLog { by, problem } => lang.pick(
                format!("{by}: không phải của nhật ký này ({problem})"),
                format!("{by}: not of this log ({problem})"),
            ),
            Self::Entry { index, problem } => lang.pick(
                format!("mục {index} của nhật ký không đọc được: {problem}"),
                format!("entry {index} of the log is not understood: {problem}"),
            ),
            Self::Repeated { index, first } => lang.pick(
                format!("mục {index} của nhật ký lặp lại mục {first}"),
                format!("entry {index} of the log repeats entry {first}"),
            ),
            Self::WithoutVersion { index, version } => lang.pick(
                format!("mục {index} của nhật ký: bản v{version} đã lưu nay không có trong kho"),
                format!("entry {index} of the log: version v{version} was stored and is not in the archive"),
            ),
            Self::NotLogged { case, version } => lang.pick(
                format!("{case} v{version}: không có trong nhật ký"),
                format!("{case} v{version}: not in the log"),
            ),
            Self::Differs { case, version, index, what } => {
                let what = match what {
                    Differing::Inventory => {
                        lang.pick("bảng kê kho bị viết lại", "the inventory was rewritten")
                    }
                    Differing::Manifest => {
                        lang.pick("bảng kê niêm phong bị thay", "the sealed manifest was exchanged")
                    }
                    Differing::Signature => lang.pick("chữ ký bị thay", "the signature was exchanged"),
                    Differing::Unreadable => lang.pick("không đọc được", "it cannot be read"),
                };
                lang.pick(
                    format!("{case} v{version}: khác mục {index} của nhật ký: {what}"),
                    format!("{case} v{version}: not what entry {index} of the log says: {what}"),
                )
            }
            Self::Receipt { case, version, problem } => {
                let problem = match problem {
                    ReceiptProblem::Missing => {
                        lang.pick("không có biên nhận nhật ký", "there is no receipt of the log")
                    }
                    ReceiptProblem::Wrong => {
                        lang.pick("biên nhận nhật ký sai", "its receipt is none of this log")
                    }
                    ReceiptProblem::OfAnother => lang.pick(
                        "biên nhận nhật ký là của bản khác hoặc hồ sơ khác",
                        "its receipt is that of another version or case file",
                    ),
                };
                format!("{case} v{version}: {problem}")
            }
            Self::Destroyed { case, index } => lang.pick(
                format!("{case}: mục {index} của nhật ký ghi đã tiêu hủy, nhưng vẫn còn trong kho"),
                format!("{case}: entry {index} of the log says that it was destroyed, and it is there"),
            ),
            Self::TombstoneGone { index } => lang.pick(
                format!("mục {index} của nhật ký ghi đã tiêu hủy, nhưng bia hồ sơ không còn hoặc không còn như đã ghi"),
                format!("entry {index} of the log: the tombstone of a destruction is gone, or another"),
            ),
            Self::ReportGone { index } => lang.pick(
                format!("mục {index} của nhật ký: báo cáo kiểm tra không còn"),
                format!("entry {index} of the log: the report of a check is gone"),
            ),
        }
    }
}

fn fault_text(fault: &LogFault, lang: Lang) -> String {
    match fault {
        LogFault::Unreadable { path, reason } => {
            format!("tlog/{path}: {} ({reason})", lang.pick("thiếu hoặc bị cắt", "missing or cut off"))
        }
        LogFault::OtherHashes { path } => {
            format!(
                "tlog/{path}: {}",
                lang.pick("không khớp các mục: có mục bị sửa", "does not fit its entries: one was altered")
            )
        }
        LogFault::OtherRoot { size } => lang.pick(
            format!("{size} mục của nhật ký không cho ra gốc đã ký: có mục bị sửa hoặc bị bỏ"),
            format!("the {size} entries of the log do not give the signed root: one was altered or removed"),
        ),
    }
}

/// Checks the log of an archive, offline, against its own files, the case files and reports, and every checkpoint that is
/// known: those in receipts, those that witnesses signed, and `known`, one from elsewhere. `None` for an archive without a
/// log, of which no receipt speaks either. Reads every entry, and of each version the manifest, signature and inventory. A tombstone counts when the archive's
/// own certificates, at `now`, say that it is what was signed.
pub fn check_log(
    root: &Path,
    known: Option<&str>,
    now: Timestamp,
) -> Result<Option<LogReport>, PipelineError> {
    check_beside(root, known, now, &mut || {})
}

/// The same; `after_log` is called between the log and the case files, where somebody may be at work.
pub(super) fn check_beside(
    root: &Path,
    known: Option<&str>,
    now: Timestamp,
    after_log: &mut dyn FnMut(),
) -> Result<Option<LogReport>, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    if public_key(&layout)?.is_none() {
        return match layout.tlog().exists() {
            true => {
                let problem = layout.log_public_key().display().to_string();
                Ok(Some(LogReport { size: 0, findings: vec![LogFinding::Unreadable(problem)] }))
            }
            false => {
                let origin = origin(&ArchiveConfig::read(&layout.config())?);
                let is_gone = speaks_of(&Archive::open_read(root)?, &origin)?;
                Ok(is_gone.then(|| LogReport { size: 0, findings: vec![LogFinding::Gone] }))
            }
        };
    }
    // What is stored while this goes on has entries that are not looked for: first the size, then the case files.
    let (key, before) = match open_reader(&layout) {
        Ok(opened) => opened,
        Err(error @ PipelineError::LogRead(_)) => {
            return Ok(Some(LogReport {
                size: 0,
                findings: vec![LogFinding::Unreadable(error.to_string())],
            }));
        }
        Err(error) => return Err(error),
    };
    let store = Archive::open_read(root)?;
    let objects = store.objects()?;
    let reports: HashSet<Sha256> = report_manifests(&layout)?.iter().map(|m| sha256(m)).collect();
    // What others hold of it, and what is just being destroyed, before its size: it only grows.
    let held = held(&layout, known)?;
    let under_way = store.unsettled_purges()?;
    let (_, mut reader) = open_reader(&layout)?;
    let mut check = Check::default();
    let mut report_entries = Vec::new();
    let faults = reader.verify(&mut |index, bytes| check.read_entry(index, bytes, &mut report_entries));
    check.findings.extend(faults.into_iter().map(LogFinding::Altered));
    check.checkpoints(held, &key, &mut reader);
    let tags = case_tags(&layout)?;
    after_log();
    let stones = stones(&layout, &store, &tags, now)?;
    let (mut there, mut newer) = (HashSet::new(), Vec::new());
    for id in objects {
        let tag = tags.tag(id.as_str());
        // One that cannot be opened is for the verification of the archive to name; its versions are not gone.
        let Ok(Some(object)) = store.object(&id) else {
            there.extend(check.versions.keys().filter(|(of, _)| *of == tag).copied());
            continue;
        };
        if let Some((index, _)) = check.disposals.get(&tag) {
            let (case, index) = (name_of(&object), *index);
            check.findings.push(LogFinding::Destroyed { case, index });
        }
        for version in object.versions().iter().map(|meta| meta.version) {
            there.insert((tag, version.get()));
            match check.may_be_newer(&object, version, tag, &key, &reader)? {
                true => newer.push((object.clone(), version, tag)),
                false => check.version(&object, version, tag, &key, &mut reader)?,
            }
        }
    }
    // What a batch stored after the log was read: it is read anew, once.
    if !newer.is_empty() {
        let (size, root) = (reader.size(), reader.checkpoint().root);
        (_, reader) = open_reader(&layout)?;
        if reader.size() > size {
            let mut new_faults = reader.verify(&mut |index, bytes| {
                if index >= size {
                    check.read_entry(index, bytes, &mut report_entries);
                }
            });
            new_faults.retain(|fault| !check.findings.contains(&LogFinding::Altered(fault.clone())));
            check.findings.extend(new_faults.into_iter().map(LogFinding::Altered));
            if reader.root(size).is_ok_and(|now| now != root) {
                check.findings.push(LogFinding::Forked { size, by: "tlog/checkpoint".to_owned() });
            }
        }
        for (object, version, tag) in newer {
            check.version(&object, version, tag, &key, &mut reader)?;
        }
    }
    let mut gone: Vec<LogFinding> = Vec::new();
    for ((tag, version), (index, _)) in &check.versions {
        // A stop between tombstone and entry leaves the tombstone alone.
        let is_entered = |stone: &Stone| {
            check.disposals.contains_key(tag) || under_way.iter().any(|case| case.as_str() == stone.case)
        };
        let was_destroyed = stones.get(tag).is_some_and(|stone| *version <= stone.last && is_entered(stone));
        if *index < before.size() && !there.contains(&(*tag, *version)) && !was_destroyed {
            gone.push(LogFinding::WithoutVersion { index: *index, version: *version });
        }
    }
    for (tag, (index, sha256)) in &check.disposals {
        if *index < before.size() && stones.get(tag).is_none_or(|stone| stone.sha256 != *sha256) {
            gone.push(LogFinding::TombstoneGone { index: *index });
        }
    }
    let lost = report_entries.iter().filter(|(_, digest)| !reports.contains(digest));
    gone.extend(
        lost.filter(|(i, _)| *i < before.size()).map(|(index, _)| LogFinding::ReportGone { index: *index }),
    );
    gone.sort_by_key(|finding| match finding {
        LogFinding::WithoutVersion { index, .. }
        | LogFinding::TombstoneGone { index }
        | LogFinding::ReportGone { index } => *index,
        _ => 0,
    });
    check.findings.extend(gone);
    Ok(Some(LogReport { size: reader.size(), findings: check.findings }))
}

/// A tombstone that is what was signed.
struct Stone {
    /// The last version that it stands for.
    last: u32,
    sha256: Sha256,
    /// The object of the case file.
    case: String,
}

/// The tombstones that count, by the tags of what they stand for.
fn stones(
    layout: &Layout,
    store: &ArchiveReader,
    tags: &CaseTags,
    now: Timestamp,
) -> Result<HashMap<Sha256, Stone>, PipelineError> {
    let judge = SealJudge::of(layout, now)?;
    let mut stones = HashMap::new();
    for folder in store.tombstones()?.into_iter().filter(|folder| judge.package_is_right(folder)) {
        let Ok((stone, sha256)) = Tombstone::read(&folder) else { continue };
        // A copy of it lies under the id of each volume, and stands for that alone.
        for (id, last) in stone.destroyed().filter(|(id, _)| store.tombstone(id).as_ref() == Some(&folder)) {
            stones.insert(tags.tag(id.as_str()), Stone { last, sha256, case: stone.id.clone() });
        }
    }
    Ok(stones)
}

/// Its code, or its id where `case.json` cannot be read.
fn name_of(object: &Object) -> String {
    read_case(object).map_or_else(|_| object.id().to_string(), |record| record.case.header.code.to_string())
}

/// The checkpoints that somebody holds, each with the name of who does.
fn held(layout: &Layout, known: Option<&str>) -> Result<Vec<(String, String)>, PipelineError> {
    let mut held: Vec<(String, String)> =
        known.map(|text| ("--checkpoint".to_owned(), text.to_owned())).into_iter().collect();
    for (size, path) in super::witness::cosigned_files(layout)? {
        held.push((format!("tlog/cosigned/{size}"), super::read_text(&path)?));
    }
    Ok(held)
}

#[derive(Default)]
struct Check {
    findings: Vec<LogFinding>,
    /// Whether a receipt has shown already that the log was taken back or forked: once is enough.
    is_other_history: bool,
    /// By case file and version: the index of the entry, and what it says.
    versions: HashMap<(Sha256, u32), (u64, Version)>,
    /// By case file that was destroyed: the index of the entry, and which tombstone it names.
    disposals: HashMap<Sha256, (u64, Sha256)>,
}

impl Check {
    fn read_entry(&mut self, index: u64, bytes: &[u8], reports: &mut Vec<(u64, Sha256)>) {
        match Entry::parse(bytes) {
            Ok(Entry::Version(version)) => {
                let place = (version.case_tag, version.version);
                if let Some((first, _)) = self.versions.get(&place) {
                    self.findings.push(LogFinding::Repeated { index, first: *first });
                } else {
                    self.versions.insert(place, (index, version));
                }
            }
            Ok(Entry::Disposal { case_tag, tombstone_sha256, .. }) => {
                self.disposals.insert(case_tag, (index, tombstone_sha256));
            }
            Ok(Entry::Fixity { report_sha256, .. }) => reports.push((index, report_sha256)),
            Err(error) => self.findings.push(LogFinding::Entry { index, problem: error.to_string() }),
        }
    }

    /// Every checkpoint that somebody holds must be one of this history.
    fn checkpoints(&mut self, held: Vec<(String, String)>, key: &Verifier, reader: &mut LogReader) {
        for (by, text) in held {
            let checkpoint = SignedCheckpoint::parse(&text);
            match checkpoint.and_then(|signed| signed.check(key).map(|_| signed.clone())) {
                Ok(signed) => {
                    self.compare(&signed, &by, reader);
                }
                Err(error) => {
                    self.findings.push(LogFinding::NotOfThisLog { by, problem: error.to_string() });
                }
            }
        }
    }

    /// Whether a version, or the checkpoint in its receipt, may be later than what was read of the log.
    fn may_be_newer(
        &self,
        object: &Object,
        version: VersionNo,
        tag: Sha256,
        key: &Verifier,
        reader: &LogReader,
    ) -> Result<bool, PipelineError> {
        let receipt = receipt_of(object, version, key)?;
        let size = receipt.map_or(0, |receipt| receipt.checkpoint.unchecked().size);
        Ok(size > reader.size() || !self.versions.contains_key(&(tag, version.get())))
    }

    /// Whether it is one of another history.
    fn compare(&mut self, held: &SignedCheckpoint, by: &str, reader: &mut LogReader) -> bool {
        let (held, by) = (held.unchecked(), by.to_owned());
        let finding = match reader.root(held.size) {
            _ if held.size > reader.size() => {
                LogFinding::RolledBack { known: held.size, found: reader.size(), by }
            }
            Ok(root) if root == held.root => return false,
            Ok(_) => LogFinding::Forked { size: held.size, by },
            // A tile that cannot be read is named already.
            Err(_) => return false,
        };
        self.findings.push(finding);
        true
    }

    /// A version against its entry and its receipt.
    fn version(
        &mut self,
        object: &Object,
        version: VersionNo,
        tag: Sha256,
        key: &Verifier,
        reader: &mut LogReader,
    ) -> Result<(), PipelineError> {
        let (case, no) = (name_of(object), version.get());
        let receipt = receipt_of(object, version, key);
        if let (Ok(Some(receipt)), false) = (&receipt, self.is_other_history) {
            let by = format!("{case}, logs/{version}.tlog-proof");
            self.is_other_history = self.compare(&receipt.checkpoint, &by, reader);
        }
        let Some((index, entry)) = self.versions.get(&(tag, no)) else {
            self.findings.push(LogFinding::NotLogged { case, version: no });
            return Ok(());
        };
        let index = *index;
        let digest = |path| read_unchecked(object, version, path).map(|bytes| sha256(&bytes));
        let found = (object.inventory_sha512(version), digest(MANIFEST_PATH), digest(SIGNATURE_PATH));
        let differing: Vec<Differing> = match found {
            (Ok(inventory), Ok(manifest), Ok(signature)) => [
                (Differing::Inventory, inventory == entry.inventory_sha512),
                (Differing::Manifest, manifest == entry.manifest_sha256),
                (Differing::Signature, signature == entry.p7s_sha256),
            ]
            .into_iter()
            .filter_map(|(what, is_same)| (!is_same).then_some(what))
            .collect(),
            _ => vec![Differing::Unreadable],
        };
        let problem = match receipt {
            Ok(Some(receipt)) => {
                // What was read is in its one form.
                let own = Entry::Version(entry.clone()).bytes().ok();
                (receipt.entry != own).then_some(ReceiptProblem::OfAnother)
            }
            Ok(None) if object.receipt(version)?.is_none() => Some(ReceiptProblem::Missing),
            _ => Some(ReceiptProblem::Wrong),
        };
        let differs = |what| LogFinding::Differs { case: case.clone(), version: no, index, what };
        self.findings.extend(differing.into_iter().map(differs));
        self.findings.extend(problem.map(|problem| LogFinding::Receipt {
            case: case.clone(),
            version: no,
            problem,
        }));
        Ok(())
    }
}
