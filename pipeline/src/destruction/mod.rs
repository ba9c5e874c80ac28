//! Destruction of case files whose period has run out: somebody proposes, somebody else approves, then it may be carried out.
//! All three look at the same obstacles. What is left is a tombstone; the way of the bytes is `archive_store::Archive::purge`.
//!
//! Both decisions are lines of the journal; nothing is kept of them elsewhere.

mod caches;
mod evidence;
#[cfg(test)]
mod tests;
mod tombstone;

use crate::bench::{find_object, object_id, station};
use crate::config::{ArchiveConfig, Layout};
use crate::decisions::is_same_person;
use crate::fixity::decisions_gone_since_check;
use crate::journal::{self, Act, CaseRef, Condemned, Entry, Hold, Journal};
use crate::ledger::Ledger;
use crate::opening::open_archive;
use crate::pack::{self, MANIFEST_PATH};
use crate::retention::{self, Kept, RetentionTable};
use crate::seals::SealJudge;
use crate::{PipelineError, Workbench, tlog, volumes};
use archive_store::{Archive, ArchiveReader, Doomed, Object};
pub(crate) use caches::finish_all;
pub(crate) use evidence::faults;
use record::{CaseCode, Clock, Lang, ObjectId, Official, Sha512, Timestamp};
use std::collections::BTreeMap;
use std::path::Path;
pub(crate) use tombstone::{Tombstone, all as tombstones, carry_over};

/// Why something is not done with a case file or a proposal, though nothing is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// A legal hold is in force.
    OnHold(Hold),
    /// There is no hold to release.
    NotOnHold,
    /// It is kept through this year.
    NotExpired {
        /// The year.
        until: i16,
    },
    /// It is kept for ever.
    Permanent,
    /// Nobody knows how long it is to be kept; why not.
    UnknownPeriod(retention::NotKnown),
    /// It has another version than the one decided upon.
    ChangedSince {
        /// The version decided upon.
        decided: u32,
        /// Its latest.
        latest: u32,
    },
    /// The other decision must be that of somebody else.
    SamePerson(Official),
    /// Only one person has decided.
    OneDecision,
    /// No such proposal.
    NoProposal(u64),
    /// A proposal names nothing, or something twice.
    BadList,
    /// It was destroyed.
    Destroyed,
    /// All of it was carried out.
    CarriedOut,
    /// The count on paper differs.
    Count(record::CountDiffers),
    /// Nobody has stated that its paper was counted, as it is now.
    NotReviewed,
    /// It is not what the station sealed.
    NotAsSealed(String),
    /// A key cannot sign what it was asked to sign.
    Key(crate::sealing::KeyFault),
}

impl Obstacle {
    /// For programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OnHold(_) => "on-hold",
            Self::NotOnHold => "not-on-hold",
            Self::NotExpired { .. } => "not-expired",
            Self::Permanent => "permanent",
            Self::UnknownPeriod(_) => "unknown-period",
            Self::ChangedSince { .. } => "changed-since",
            Self::SamePerson(_) => "same-person",
            Self::OneDecision => "one-decision",
            Self::NoProposal(_) => "no-proposal",
            Self::BadList => "bad-list",
            Self::Destroyed => "destroyed",
            Self::CarriedOut => "carried-out",
            Self::Count(_) => "count-differs",
            Self::NotReviewed => "not-reviewed",
            Self::NotAsSealed(_) => "not-as-sealed",
            Self::Key(fault) => fault.code(),
        }
    }

    /// For people.
    pub fn title(&self, lang: Lang) -> String {
        let text = match (self, lang) {
            (Self::OnHold(hold), Lang::Vi) => {
                return format!("đang bị giữ theo yêu cầu của {} ({}): {}", hold.by, hold.at, hold.reason);
            }
            (Self::OnHold(hold), Lang::En) => {
                return format!("on hold, as {} asked ({}): {}", hold.by, hold.at, hold.reason);
            }
            (Self::NotExpired { until }, Lang::Vi) => {
                return format!("còn trong thời hạn lưu trữ, đến hết năm {until}");
            }
            (Self::NotExpired { until }, Lang::En) => return format!("to be kept until the end of {until}"),
            (Self::UnknownPeriod(why), Lang::Vi) => {
                return format!("không rõ thời hạn lưu trữ: {}", why.title(lang));
            }
            (Self::UnknownPeriod(why), Lang::En) => {
                return format!("nobody knows how long it is to be kept: {}", why.title(lang));
            }
            (Self::ChangedSince { decided, latest }, Lang::Vi) => {
                return format!(
                    "đã thay đổi: đề nghị là về bản {decided}, nay là bản {latest} hoặc nội dung khác"
                );
            }
            (Self::ChangedSince { decided, latest }, Lang::En) => {
                return format!(
                    "changed: version {decided} was decided upon, now it is version {latest}, or another content"
                );
            }
            (Self::SamePerson(who), Lang::Vi) => {
                return format!("{who} đã quyết định rồi; phải là người khác");
            }
            (Self::SamePerson(who), Lang::En) => {
                return format!("{who} has decided already; it must be somebody else");
            }
            (Self::NoProposal(no), Lang::Vi) => return format!("không có đề nghị hủy số {no}"),
            (Self::NoProposal(no), Lang::En) => return format!("no proposal {no}"),
            (Self::Count(count), Lang::Vi) => {
                return format!(
                    "trên giấy {} trang, trong gói {} trang, lệch {}",
                    count.on_paper,
                    count.in_package,
                    count.on_paper.abs_diff(count.in_package)
                );
            }
            (Self::Count(count), Lang::En) => return count.to_string(),
            (Self::NotAsSealed(what), Lang::Vi) => {
                return format!("không còn như khi trạm niêm phong: {what}");
            }
            (Self::NotAsSealed(what), Lang::En) => {
                return format!("it is not what the station sealed: {what}");
            }
            (Self::Key(fault), _) => return fault.title(lang),
            (Self::NotReviewed, _) => lang.pick(
                "chưa có ai đối chiếu bản mới nhất với bản giấy",
                "nobody has stated that the paper of its latest version was counted",
            ),
            (Self::NotOnHold, _) => lang.pick("không bị giữ", "it is not on hold"),
            (Self::Permanent, _) => lang.pick("lưu trữ vĩnh viễn", "kept for ever"),
            (Self::OneDecision, _) => lang.pick(
                "mới có một người quyết định; cần thêm người thứ hai phê duyệt",
                "only one person has decided; a second one must approve",
            ),
            (Self::BadList, _) => lang.pick(
                "danh sách rỗng hoặc có mã trùng nhau",
                "the list is empty, or names a case file twice",
            ),
            (Self::Destroyed, _) => lang.pick("đã bị tiêu hủy", "it was destroyed"),
            (Self::CarriedOut, _) => lang.pick("đã thực hiện xong", "it was carried out"),
        };
        text.to_owned()
    }
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.title(Lang::En))
    }
}

/// A proposal and what has become of it.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Its number.
    pub no: u64,
    /// Who proposed it.
    pub by: Official,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// What is to be destroyed.
    pub cases: Vec<ProposedCase>,
    /// Who else approved it, and when.
    pub approvals: Vec<(Official, Timestamp)>,
}

/// A case file of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedCase {
    /// Its code.
    pub code: CaseCode,
    /// Its object.
    pub id: ObjectId,
    /// The version decided upon.
    pub version: u32,
    /// The rule of the retention table.
    pub rule: String,
    /// Text and article.
    pub basis: String,
    /// The last year in which it was to be kept.
    pub kept_until: i16,
    /// It was destroyed.
    pub is_destroyed: bool,
}

impl Proposal {
    /// Somebody else than whoever proposed it has approved it.
    fn has_two_people(&self) -> bool {
        self.approvals.iter().any(|(who, _)| !is_same_person(who, &self.by))
    }

    /// Everything was carried out.
    pub fn is_carried_out(&self) -> bool {
        self.cases.iter().all(|case| case.is_destroyed)
    }

    /// For programs: `proposed`, `approved` or `carried-out`.
    pub fn state(&self) -> &'static str {
        match (self.is_carried_out(), self.approvals.is_empty()) {
            (true, _) => "carried-out",
            (false, true) => "proposed",
            (false, false) => "approved",
        }
    }
}

/// Told while it is carried out.
#[derive(Debug)]
pub struct DestroyedCase {
    /// Its code.
    pub code: CaseCode,
    /// Where its tombstone is.
    pub tombstone: std::path::PathBuf,
    /// Names in `work/quarantine` of what may be of any case file; a person must look.
    pub unclear: Vec<String>,
}

/// A case file with all that belongs to it, as it is now.
struct Whole {
    object: Object,
    volumes: Vec<Object>,
}

/// Every volume that lies in the archive, by its case file.
type Volumes = BTreeMap<ObjectId, Vec<ObjectId>>;

/// What the decisions look at.
struct Desk<'a> {
    layout: &'a Layout,
    config: ArchiveConfig,
    judge: SealJudge,
    table: RetentionTable,
    now: Timestamp,
}

impl<'a> Desk<'a> {
    fn of(layout: &'a Layout, now: Timestamp) -> Result<Desk<'a>, PipelineError> {
        if !layout.config().is_file() {
            return Err(PipelineError::NoArchive(layout.root.clone()));
        }
        let judge = SealJudge::of(layout, now)?;
        let (config, table) = (judge.config().clone(), RetentionTable::of(layout)?);
        Ok(Desk { layout, config, judge, table, now })
    }

    fn journal(&self) -> Result<Journal, PipelineError> {
        let mut journal = Journal::read(self.layout, &self.judge)?;
        // Every line vouches for itself; that none was cut off at the end, a hold say, the last check vouches for.
        journal.faults.extend(decisions_gone_since_check(self.layout, &self.judge, &journal.digests)?);
        journal.sound()
    }

    /// The case file as it is now, if nothing stands in the way of destroying it.
    fn condemn(
        &self,
        store: &ArchiveReader,
        ledger: &Ledger,
        journal: &Journal,
        volumes: &Volumes,
        code: &CaseCode,
    ) -> Result<(Whole, Condemned), PipelineError> {
        let refuse = |why| PipelineError::Refused { case: Some(code.clone()), why: Box::new(why) };
        let Some(object) = find_object(&self.config, store, ledger, code)? else {
            let is_destroyed = store.tombstone(&object_id(&self.config, code)).is_some();
            return Err(if is_destroyed {
                refuse(Obstacle::Destroyed)
            } else {
                PipelineError::NoCase(code.clone())
            });
        };
        let listed = volumes.get(object.id()).map(Vec::as_slice).unwrap_or_default();
        let volumes = listed
            .iter()
            .map(|id| store.object(id)?.ok_or_else(|| PipelineError::NoVolume { volume: id.clone() }))
            .collect::<Result<Vec<Object>, _>>()?;
        // What is not as it was sealed is repaired first: nobody decides about bytes that he cannot know.
        for part in [&object].into_iter().chain(&volumes) {
            if let Some(fault) = self.judge.judge(&part.claim()).faults.first() {
                let (what, problem) = (format!("{code} ({})", part.id()), fault.to_string());
                return Err(PipelineError::Format { what, problem });
            }
        }
        if let Some(hold) = journal.holds().remove(code) {
            return Err(refuse(Obstacle::OnHold(hold)));
        }
        let record = pack::read_case(&object)?;
        // Which object it is the ledger may have said, and that is a cache.
        if record.case.header.code != *code {
            let (what, problem) =
                (object.id().to_string(), format!("it is {}, not {code}", record.case.header.code));
            return Err(PipelineError::Format { what, problem });
        }
        for volume in &record.volumes {
            volume.find(store)?;
        }
        let (until, rule) = match retention::of_record(&self.table, &record, retention::local_year(self.now))
        {
            Kept::Expired { until, rule } => (until, rule),
            Kept::Permanent(_) => return Err(refuse(Obstacle::Permanent)),
            Kept::Until { until, .. } => return Err(refuse(Obstacle::NotExpired { until })),
            Kept::Unknown(why) => return Err(refuse(Obstacle::UnknownPeriod(why))),
        };
        let condemned = Condemned {
            case: CaseRef { code: code.clone(), id: object.id().clone() },
            version: object.head().get(),
            inventory_sha512: object.inventory_sha512(object.head())?,
            volumes: volumes
                .iter()
                .map(|volume| Ok((volume.id().clone(), volume.inventory_sha512(volume.head())?)))
                .collect::<Result<_, PipelineError>>()?,
            rule: rule.id,
            basis: format!("{}, {}", rule.basis, rule.article),
            kept_until: until,
        };
        Ok((Whole { object, volumes }, condemned))
    }

    /// The same, and it is still what was proposed.
    fn still(
        &self,
        store: &ArchiveReader,
        ledger: &Ledger,
        journal: &Journal,
        volumes: &Volumes,
        proposed: &Condemned,
    ) -> Result<Whole, PipelineError> {
        let code = &proposed.case.code;
        let (whole, now) = self.condemn(store, ledger, journal, volumes, code)?;
        let bytes = |c: &Condemned| (c.case.id.clone(), c.inventory_sha512, c.volumes.clone());
        if bytes(&now) != bytes(proposed) {
            let why = Obstacle::ChangedSince { decided: proposed.version, latest: now.version };
            return Err(PipelineError::Refused { case: Some(code.clone()), why: Box::new(why) });
        }
        Ok(whole)
    }
}

/// Proposes to destroy case files. All of them must be expired and free; else none is proposed. The proposal's number.
pub fn propose_destruction(
    root: &Path,
    codes: &[CaseCode],
    by: &Official,
    reason: &str,
    clock: &dyn Clock,
) -> Result<u64, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    let desk = Desk::of(&layout, clock.now())?;
    let (store, ledger) = (Archive::open_read(root)?, Ledger::open_if_there(&layout.ledger())?);
    let journal = desk.journal()?;
    let mut seen = std::collections::HashSet::new();
    if codes.is_empty() || !codes.iter().all(|code| seen.insert(code)) {
        return Err(PipelineError::Refused { case: None, why: Box::new(Obstacle::BadList) });
    }
    let volumes = volumes::by_case(&store)?;
    let condemned =
        |code| desk.condemn(&store, &ledger, &journal, &volumes, code).map(|(_, condemned)| condemned);
    let cases = codes.iter().map(condemned).collect::<Result<_, _>>()?;
    let act = Act::ProposeDestruction { cases, reason: reason.to_owned() };
    journal::append(&layout, &desk.judge, &station(&layout)?, Some(by), act, desk.now)
}

/// Approves a proposal: somebody else than whoever proposed it.
pub fn approve_destruction(
    root: &Path,
    no: u64,
    by: &Official,
    clock: &dyn Clock,
) -> Result<(), PipelineError> {
    let layout = Layout { root: root.to_owned() };
    let desk = Desk::of(&layout, clock.now())?;
    let proposal = find(&desk.journal()?, no)?.0;
    let refuse = |why| PipelineError::Refused { case: None, why: Box::new(why) };
    if proposal.is_carried_out() {
        return Err(refuse(Obstacle::CarriedOut));
    }
    let approvers = proposal.approvals.iter().map(|(who, _)| who);
    if let Some(same) = [&proposal.by].into_iter().chain(approvers).find(|who| is_same_person(who, by)) {
        return Err(refuse(Obstacle::SamePerson(same.clone())));
    }
    let act = Act::ApproveDestruction { proposal: no };
    journal::append(&layout, &desk.judge, &station(&layout)?, Some(by), act, desk.now).map(drop)
}

/// Carries an approved proposal out. Before the first case file goes, all that are left are looked at once more: when one of
/// them may not be destroyed any more, none is. May be stopped at any moment and run again: of each case file either
/// everything is there, or nothing but its tombstone.
pub fn carry_out_destruction(
    root: &Path,
    no: u64,
    clock: &dyn Clock,
    tell: &mut dyn FnMut(&DestroyedCase),
) -> Result<(), PipelineError> {
    let layout = Layout { root: root.to_owned() };
    let desk = Desk::of(&layout, clock.now())?;
    let store = open_archive(&layout, &desk.config)?;
    let ledger = Ledger::open(&layout.ledger())?;
    crate::index_swap::put_back(&layout)?;
    let mut indexer = index::Indexer::open_or_create(&layout.index())?;
    let mut log = tlog::open_or_begin(&layout, &desk.config, &store, desk.now)?;
    let signer = station(&layout)?;
    // Their work folders are cleared.
    let _others = caches::lock_work(&layout)?;
    let pen = journal::lock(&layout)?;
    let (layout, judge, pen) = (&layout, &desk.judge, &pen);
    let hands = caches::Hands { layout, store: &store, ledger: &ledger, judge, signer: &signer, pen };
    hands.finish_all(&mut log, &mut indexer, desk.now)?;
    let journal = desk.journal()?;
    let (proposal, condemned) = find(&journal, no)?;
    let refuse = |why| PipelineError::Refused { case: None, why: Box::new(why) };
    if proposal.is_carried_out() {
        return Err(refuse(Obstacle::CarriedOut));
    }
    // Said once more where it counts: a line that some other program wrote may name the same person twice.
    if !proposal.has_two_people() {
        return Err(refuse(Obstacle::OneDecision));
    }
    let destroyed = journal.destroyed();
    let left: Vec<&Condemned> = condemned.iter().filter(|c| !destroyed.contains(&c.case.id)).collect();
    let volumes = volumes::by_case(&store)?;
    let wholes = left
        .iter()
        .map(|condemned| desk.still(&store, &ledger, &journal, &volumes, condemned))
        .collect::<Result<Vec<_>, _>>()?;
    for (condemned, whole) in left.iter().zip(&wholes) {
        let now = clock.now();
        let stone = Tombstone::of(&desk.config, whole, condemned, &proposal, now)?.files(&signer, now)?;
        let files: Vec<(&str, &[u8])> = stone.iter().map(|(path, bytes)| (*path, &bytes[..])).collect();
        for object in [&whole.object].into_iter().chain(&whole.volumes) {
            hands.clear_work(&condemned.case.code, object)?;
        }
        let doomed = |id: &ObjectId, head: Sha512| Doomed { id: id.clone(), heads: vec![head] };
        let parts: Vec<Doomed> = condemned.volumes.iter().map(|(id, head)| doomed(id, *head)).collect();
        store.purge(&doomed(&condemned.case.id, condemned.inventory_sha512), &parts, &files)?;
    }
    hands.finish_all(&mut log, &mut indexer, clock.now())?;
    let unclear: Vec<String> =
        store.quarantined()?.into_iter().filter(|name| name.starts_with("work-")).collect();
    for condemned in &left {
        let (code, unclear) = (condemned.case.code.clone(), unclear.clone());
        let tombstone = store.tombstone(&condemned.case.id).unwrap_or_default();
        tell(&DestroyedCase { code, tombstone, unclear });
    }
    ledger.compact()?;
    indexer.close()?;
    Ok(())
}

/// All proposals, the first one first.
pub fn proposals(root: &Path, clock: &dyn Clock) -> Result<Vec<Proposal>, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    let journal = Desk::of(&layout, clock.now())?.journal()?;
    Ok(all(&journal).into_iter().map(|(proposal, _)| proposal).collect())
}

/// Nothing is read, packed or stored again under the code of a case file that was destroyed.
pub(crate) fn is_destroyed(bench: &Workbench, code: &CaseCode) -> bool {
    bench.store.tombstone(&object_id(&bench.config, code)).is_some()
}

fn find(journal: &Journal, no: u64) -> Result<(Proposal, Vec<Condemned>), PipelineError> {
    let found = all(journal).into_iter().find(|(proposal, _)| proposal.no == no);
    found.ok_or_else(|| PipelineError::Refused { case: None, why: Box::new(Obstacle::NoProposal(no)) })
}

fn all(journal: &Journal) -> Vec<(Proposal, Vec<Condemned>)> {
    let destroyed = journal.destroyed();
    let mut found: Vec<(Proposal, Vec<Condemned>)> = Vec::new();
    for Entry { no, at, by, act } in &journal.entries {
        match (act, by) {
            (Act::ProposeDestruction { cases, reason }, Some(by)) => {
                let proposed = |c: &Condemned| ProposedCase {
                    code: c.case.code.clone(),
                    id: c.case.id.clone(),
                    version: c.version,
                    rule: c.rule.clone(),
                    basis: c.basis.clone(),
                    kept_until: c.kept_until,
                    is_destroyed: destroyed.contains(&c.case.id),
                };
                let proposal = Proposal {
                    no: *no,
                    by: by.clone(),
                    at: *at,
                    reason: reason.clone(),
                    cases: cases.iter().map(proposed).collect(),
                    approvals: Vec::new(),
                };
                found.push((proposal, cases.clone()));
            }
            (Act::ApproveDestruction { proposal }, Some(by)) => {
                let of = found.iter_mut().find(|(found, _)| found.no == *proposal);
                if let Some((proposal, _)) = of {
                    proposal.approvals.push((by.clone(), *at));
                }
            }
            _ => {}
        }
    }
    found
}

/// SHA-256 of the manifest that a version was sealed with.
pub(crate) fn manifest_sha256(
    object: &Object,
    version: archive_store::VersionNo,
) -> Result<record::Sha256, PipelineError> {
    let manifest = object.read_of(version, MANIFEST_PATH, pack::MAX_RECORD_BYTES)?;
    Ok(crate::digest::sha256(&manifest))
}
