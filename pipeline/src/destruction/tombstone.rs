//! What is left of a case file: `evidence/destruction/<SHA-256 of its id>/tombstone.json`, canonical JSON, sealed as a
//! package is (docs/format/destruction.md). It names what was there without saying what stood in it: no title, no person of
//! the case, no text.

use super::{Proposal, Whole, manifest_sha256};
use crate::PipelineError;
use crate::config::{ArchiveConfig, Layout};
use crate::fixity::whole_seconds;
use crate::journal::Condemned;
use crate::pack::{self, SOFTWARE};
use crate::seals::SealJudge;
use crate::volumes::counts;
use archive_store::{Archive, Doomed, Object, Replica, TOMBSTONE};
use record::{CaseCode, ObjectId, Sha256, Timestamp};
use seal::{Manifest, Pkcs12Signer};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const FORMAT: &str = "hoso-tombstone/1";

// Canonical (RFC 8785): the fields of each struct stand in the order of their names.

/// What a tombstone says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tombstone {
    pub(crate) agency: String,
    pub(crate) approved: Vec<DecidedJson>,
    pub(crate) archive: String,
    pub(crate) basis: String,
    pub(crate) code: String,
    pub(crate) destroyed: String,
    pub(crate) documents: u32,
    format: String,
    pub(crate) id: String,
    pub(crate) kept_until: i16,
    pub(crate) pages: u32,
    pub(crate) proposal: u64,
    pub(crate) proposed: DecidedJson,
    pub(crate) reason: String,
    pub(crate) rule: String,
    software: String,
    pub(crate) versions: Vec<VersionJson>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) volumes: Vec<VolumeJson>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecidedJson {
    pub(crate) at: String,
    pub(crate) by: String,
}

/// A volume that went with it; the same tombstone stands in its place.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VolumeJson {
    pub(crate) id: String,
    pub(crate) versions: Vec<VersionJson>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionJson {
    pub(crate) bytes: u64,
    pub(crate) created: String,
    pub(crate) files: u64,
    pub(crate) inventory_sha512: String,
    pub(crate) manifest_sha256: String,
    pub(crate) version: u32,
}

impl Tombstone {
    pub(super) fn of(
        config: &ArchiveConfig,
        Whole { object, volumes }: &Whole,
        condemned: &Condemned,
        proposal: &Proposal,
        now: Timestamp,
    ) -> Result<Tombstone, PipelineError> {
        let (documents, pages) = counts(&pack::read_case(object)?);
        let decided = |(by, at): (&record::Official, &Timestamp)| DecidedJson {
            at: at.to_string(),
            by: by.to_string(),
        };
        let version = |object: &Object, meta: archive_store::VersionMeta| {
            let files = object.files(meta.version)?;
            Ok::<_, PipelineError>(VersionJson {
                bytes: files.iter().filter_map(|file| file.bytes).sum(),
                created: meta.created.to_string(),
                files: files.len() as u64,
                inventory_sha512: object.inventory_sha512(meta.version)?.to_string(),
                manifest_sha256: manifest_sha256(object, meta.version)?.to_string(),
                version: meta.version.get(),
            })
        };
        let versions = |object: &Object| {
            let made = object.versions().into_iter();
            made.map(|meta| version(object, meta)).collect::<Result<Vec<_>, _>>()
        };
        let volume = |object: &Object| {
            Ok::<_, PipelineError>(VolumeJson { id: object.id().to_string(), versions: versions(object)? })
        };
        Ok(Tombstone {
            agency: config.agency.clone(),
            approved: proposal.approvals.iter().map(|(by, at)| decided((by, at))).collect(),
            archive: config.id.clone(),
            basis: condemned.basis.clone(),
            code: condemned.case.code.to_string(),
            destroyed: whole_seconds(now).to_string(),
            documents,
            format: FORMAT.to_owned(),
            id: object.id().to_string(),
            kept_until: condemned.kept_until,
            pages,
            proposal: proposal.no,
            proposed: decided((&proposal.by, &proposal.at)),
            reason: proposal.reason.clone(),
            rule: condemned.rule.clone(),
            software: SOFTWARE.to_owned(),
            versions: versions(object)?,
            volumes: volumes.iter().map(volume).collect::<Result<_, _>>()?,
        })
    }

    /// Its files, by path below its folder.
    pub(super) fn files(
        &self,
        signer: &Pkcs12Signer,
        now: Timestamp,
    ) -> Result<Vec<(&'static str, Vec<u8>)>, PipelineError> {
        let bytes = serde_json::to_vec(self).expect("text, numbers and lists always serialise");
        let digest = crate::digest::sha256(&bytes);
        let manifest = Manifest::from_entries(vec![(TOMBSTONE.to_owned(), digest)])
            .map_err(|e| PipelineError::Format { what: TOMBSTONE.to_owned(), problem: e.to_string() })?
            .to_bytes();
        let signature = seal::sign_detached(&manifest, &[signer], now)?;
        Ok(vec![(TOMBSTONE, bytes), (seal::MANIFEST_PATH, manifest), (seal::SIGNATURE_PATH, signature)])
    }

    /// What a folder's tombstone says, and its digest; the reason where it is none. The seal is not looked at.
    pub(crate) fn read(folder: &Path) -> Result<(Tombstone, Sha256), String> {
        let bytes = std::fs::read(folder.join(TOMBSTONE)).map_err(|e| e.to_string())?;
        let stone: Tombstone = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
        match stone.format == FORMAT {
            true => Ok((stone, crate::digest::sha256(&bytes))),
            false => Err(stone.format),
        }
    }

    /// Ids of the case file and its volumes.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ObjectId> {
        let ids = [&self.id].into_iter().chain(self.volumes.iter().map(|volume| &volume.id));
        ids.filter_map(|id| ObjectId::new(id).ok())
    }

    /// What it stands for, each with the last version that there was.
    pub(crate) fn destroyed(&self) -> impl Iterator<Item = (ObjectId, u32)> {
        let last = |versions: &[VersionJson]| versions.iter().map(|made| made.version).max().unwrap_or(0);
        let volumes = self.volumes.iter().map(move |volume| (&volume.id, last(&volume.versions)));
        let all = [(&self.id, last(&self.versions))].into_iter().chain(volumes);
        all.filter_map(|(id, last)| Some((ObjectId::new(id).ok()?, last)))
    }

    pub(crate) fn case_code(&self) -> Result<CaseCode, PipelineError> {
        CaseCode::new(&self.code)
            .map_err(|e| PipelineError::Format { what: TOMBSTONE.to_owned(), problem: e.to_string() })
    }
}

/// Carries a destruction over to a replica: the object goes there too with its volumes, and the tombstone stands in their
/// place. Whether anything of it was there. Only with a
/// tombstone that is as it was signed, and only of a copy that is one of the versions destroyed; a copy that is ahead is
/// left alone ([`StoreError::ChangedSince`]).
pub(crate) fn carry_over(
    judge: &SealJudge,
    folder: &Path,
    id: &ObjectId,
    replica: &dyn Replica,
) -> Result<bool, PipelineError> {
    let wrong = |problem: String| PipelineError::Format { what: folder.display().to_string(), problem };
    if !judge.package_is_right(folder) {
        return Err(wrong("it is not what was signed".to_owned()));
    }
    let (stone, _) = Tombstone::read(folder).map_err(wrong)?;
    if stone.id != id.as_str() || stone.archive != judge.config().id {
        return Err(wrong(format!("it is that of {}", stone.id)));
    }
    let heads = |versions: &[VersionJson]| {
        versions.iter().filter_map(|version| version.inventory_sha512.parse().ok()).collect()
    };
    let first = Doomed { id: id.clone(), heads: heads(&stone.versions) };
    let part = |volume: &VolumeJson| {
        let id = ObjectId::new(&volume.id).map_err(|error| wrong(error.to_string()))?;
        Ok::<_, PipelineError>(Doomed { id, heads: heads(&volume.versions) })
    };
    let parts = stone.volumes.iter().map(part).collect::<Result<Vec<_>, _>>()?;
    let read = |path: &'static str| {
        let file = folder.join(path);
        Ok::<_, PipelineError>((path, std::fs::read(&file).map_err(PipelineError::io(&file))?))
    };
    let files = [TOMBSTONE, seal::MANIFEST_PATH, seal::SIGNATURE_PATH]
        .into_iter()
        .map(read)
        .collect::<Result<Vec<_>, _>>()?;
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (*path, &bytes[..])).collect();
    Ok(replica.purge(&first, &parts, &files)?)
}

/// The folders of the tombstones of case files with what they say; unreadable ones are left out, a check names them.
pub(crate) fn all(layout: &Layout) -> Result<Vec<(PathBuf, Tombstone)>, PipelineError> {
    let store = Archive::open_read(&layout.root)?;
    let read = |folder: PathBuf| Some((folder.clone(), Tombstone::read(&folder).ok()?.0));
    // Under the ids of volumes lie copies.
    let is_of_case = |(folder, stone): &(PathBuf, Tombstone)| {
        stone.ids().next().is_some_and(|id| store.tombstone(&id).as_ref() == Some(folder))
    };
    Ok(store.tombstones()?.into_iter().filter_map(read).filter(is_of_case).collect())
}
