//! Whether tombstones and decisions are what was signed, and agree with each other and with what the archive holds.

use super::{Proposal, Tombstone};
use crate::PipelineError;
use crate::config::Layout;
use crate::journal::{Act, Condemned, EvidenceFault, Journal};
use crate::seals::SealJudge;
use archive_store::{ArchiveReader, object_folder};
use record::{ObjectId, Sha256};
use std::collections::{HashMap, HashSet};

/// Everything that is wrong with `evidence/decisions.ndjson` and `evidence/destruction/`.
pub(crate) fn faults(
    layout: &Layout,
    judge: &SealJudge,
    store: &ArchiveReader,
) -> Result<(Journal, Vec<EvidenceFault>), PipelineError> {
    let journal = Journal::read(layout, judge)?;
    let mut faults = journal.faults.clone();
    let mut noted: HashMap<ObjectId, Sha256> = HashMap::new();
    let proposals = super::all(&journal);
    for entry in &journal.entries {
        if let Act::Destroyed { case, tombstone_sha256, .. } = &entry.act {
            noted.insert(case.id.clone(), *tombstone_sha256);
        }
    }
    // What the journal tells, and no tombstone yet.
    let mut missing: HashSet<ObjectId> = noted.keys().cloned().collect();
    // Of these something may still be there: a destruction is just being carried out.
    let under_way = store.unsettled_purges()?;
    for folder in store.tombstones()? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let path = format!("evidence/destruction/{name}");
        let mut fault = |vi: &str, en: &str| faults.push(EvidenceFault::new(path.clone(), vi, en));
        if !judge.package_is_right(&folder) {
            fault("không còn như khi ký", "it is not what was signed");
        }
        let (stone, digest) = match Tombstone::read(&folder) {
            Ok(read) => read,
            Err(why) => {
                fault(&format!("không đọc được ({why})"), &format!("it cannot be understood ({why})"));
                continue;
            }
        };
        let id = stone.ids().find(|id| store.tombstone(id).as_deref() == Some(&folder));
        let Some(id) = id else {
            fault("không nằm đúng chỗ của hồ sơ", "it does not lie where its object's belongs");
            continue;
        };
        if under_way.iter().any(|case| stone.id == case.as_str()) {
            missing.remove(&id);
            continue;
        }
        if layout.root.join("ocfl").join(object_folder(&id)).exists() {
            fault("hồ sơ vẫn còn trong kho", "its case file is still in the archive");
        }
        if stone.id == id.as_str() && !stone.ids().all(|id| store.tombstone(&id).is_some()) {
            fault("thiếu bia của một tập", "the tombstone of a volume is gone");
        }
        missing.remove(&id);
        let stated = ObjectId::new(&stone.id).ok().and_then(|case| noted.get(&case));
        match stated {
            None => fault("nhật ký không ghi việc tiêu hủy này", "no decision in the journal tells of it"),
            Some(stated) if *stated != digest => {
                fault("khác với dòng đã ghi trong nhật ký", "the journal names another one");
            }
            Some(_) => {}
        }
        if !proposals.iter().any(|proposal| decided(proposal, &stone)) {
            fault("không có quyết định của hai người", "no two people have decided it");
        }
    }
    for id in &missing {
        let is_here = layout.root.join("ocfl").join(object_folder(id)).exists();
        // A replica holds it until somebody carries the destruction out there.
        if is_here && !layout.station_key().exists() {
            continue;
        }
        let path = format!("evidence/destruction ({id})");
        faults.push(EvidenceFault::new(
            path,
            "hồ sơ đã bị tiêu hủy, nhưng bia hồ sơ không còn",
            "the case file was destroyed, and its tombstone is gone",
        ));
    }
    faults.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((journal, faults))
}

/// Whether two people decided, with this proposal, to destroy what a tombstone stands for.
fn decided((proposal, cases): &(Proposal, Vec<Condemned>), stone: &Tombstone) -> bool {
    proposal.no == stone.proposal
        && cases.iter().any(|condemned| condemned.case.id.as_str() == stone.id)
        && proposal.has_two_people()
}
