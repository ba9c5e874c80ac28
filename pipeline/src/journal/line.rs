//! One line: `{"entry":{…},"signature":"<hex>"}`. What is signed is a manifest of one file, `entry.json`: the entry as canonical
//! JSON (RFC 8785: keys sorted, no white space; only text, integers and lists).

use super::Entry;
use crate::PipelineError;
use crate::config::ArchiveConfig;
use record::{CaseCode, ObjectId, Official, Sha256, Sha512, Timestamp};
use seal::{Manifest, Pkcs12Signer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Digest;

const FORMAT: &str = "hoso-decision/1";

/// What is wrong, in Vietnamese and in English.
type Wrong = (String, String);

/// A case file that a decision is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CaseRef {
    pub(crate) code: CaseCode,
    pub(crate) id: ObjectId,
}

/// A case file whose destruction is proposed: what exactly, and why it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condemned {
    pub(crate) case: CaseRef,
    pub(crate) version: u32,
    /// SHA-512 of the inventory of that version: it names every byte.
    pub(crate) inventory_sha512: Sha512,
    /// Its volumes, listed or not, each with the digest of its latest inventory.
    pub(crate) volumes: Vec<(ObjectId, Sha512)>,
    /// The rule of the retention table, with its text and article.
    pub(crate) rule: String,
    pub(crate) basis: String,
    /// The last year in which it was to be kept.
    pub(crate) kept_until: i16,
}

/// What a seal states, as far as lists tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealNote {
    pub(crate) reviewed_version: u32,
    pub(crate) pages: u32,
    pub(crate) counted_by: Official,
    pub(crate) counted_at: Timestamp,
    /// Names in the certificates.
    pub(crate) officer: Official,
    pub(crate) agency: Official,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    Hold {
        case: CaseRef,
        reason: String,
    },
    Release {
        case: CaseRef,
        reason: String,
    },
    Review {
        case: CaseRef,
        version: u32,
        pages_on_paper: u32,
        manifest_sha256: Sha256,
    },
    /// Officer and agency have sealed; what they state stands in the version too.
    Seal {
        case: CaseRef,
        version: u32,
        manifest_sha256: Sha256,
        sealed: SealNote,
    },
    ProposeDestruction {
        cases: Vec<Condemned>,
        reason: String,
    },
    ApproveDestruction {
        proposal: u64,
    },
    Destroyed {
        case: CaseRef,
        proposal: u64,
        tombstone_sha256: Sha256,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseJson {
    code: String,
    id: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CondemnedJson {
    basis: String,
    case: CaseJson,
    inventory_sha512: String,
    kept_until: i16,
    rule: String,
    version: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    volumes: Vec<VolumeJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VolumeJson {
    id: String,
    inventory_sha512: String,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum ActJson {
    Hold {
        case: CaseJson,
        reason: String,
    },
    Release {
        case: CaseJson,
        reason: String,
    },
    Review {
        case: CaseJson,
        manifest_sha256: String,
        pages_on_paper: u32,
        version: u32,
    },
    Seal {
        agency: String,
        case: CaseJson,
        counted_at: String,
        counted_by: String,
        manifest_sha256: String,
        officer: String,
        pages: u32,
        reviewed_version: u32,
        version: u32,
    },
    ProposeDestruction {
        cases: Vec<CondemnedJson>,
        reason: String,
    },
    ApproveDestruction {
        proposal: u64,
    },
    Destroyed {
        case: CaseJson,
        proposal: u64,
        tombstone_sha256: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryJson {
    act: ActJson,
    archive: String,
    at: String,
    by: Option<String>,
    format: String,
    no: u64,
    previous: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineJson {
    entry: Value,
    signature: String,
}

/// A line as read.
pub(super) struct Line {
    entry: Value,
    /// CMS, DER.
    pub(super) signature: Vec<u8>,
}

impl Line {
    pub(super) fn sign(
        entry: EntryJson,
        signer: &Pkcs12Signer,
        now: Timestamp,
    ) -> Result<String, PipelineError> {
        let entry = serde_json::to_value(&entry).expect("text and integers always serialise");
        let signature = seal::sign_detached(&manifest_of(&entry), &[signer], now)?;
        let hex: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(json!({"entry": entry, "signature": hex}).to_string())
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Line, Wrong> {
        let LineJson { entry, signature } = serde_json::from_slice(bytes).map_err(|e| not_ours(&e))?;
        let signature = from_hex(&signature).ok_or_else(|| not_ours(&"signature"))?;
        Ok(Line { entry, signature })
    }

    /// The bytes that the signature is over.
    pub(super) fn signed_bytes(&self) -> Vec<u8> {
        manifest_of(&self.entry)
    }

    /// What it says, if it is the line of this number after that line in this archive.
    pub(super) fn entry(
        &self,
        no: u64,
        previous: Option<Sha256>,
        config: &ArchiveConfig,
    ) -> Result<Entry, Wrong> {
        let json: EntryJson = serde_json::from_value(self.entry.clone()).map_err(|e| not_ours(&e))?;
        if json.format != FORMAT {
            return Err(not_ours(&json.format));
        }
        let stated = json.previous.as_deref().map(|digest| digest.parse::<Sha256>().ok());
        if json.no != no || stated != previous.map(Some) {
            return Err((
                "không nối tiếp dòng trước: có dòng bị sửa, thêm hoặc bỏ".into(),
                "it does not follow the line before: one was changed, added or taken away".into(),
            ));
        }
        if json.archive != config.id {
            return Err(("là của kho khác".into(), "it is that of another archive".into()));
        }
        let at = json.at.parse().map_err(|_| not_ours(&"at"))?;
        let by = json.by.as_deref().map(Official::new).transpose().map_err(|e| not_ours(&e))?;
        let act = act(json.act).map_err(|e| not_ours(&e))?;
        Ok(Entry { no, at, by, act })
    }
}

fn manifest_of(entry: &Value) -> Vec<u8> {
    let digest = sha256(entry.to_string().as_bytes());
    let manifest = Manifest::from_entries(vec![("entry.json".to_owned(), digest)]);
    manifest.expect("one path of plain letters makes a manifest").to_bytes()
}

fn not_ours(why: &dyn std::fmt::Display) -> Wrong {
    (format!("không đọc được ({why})"), format!("it cannot be understood ({why})"))
}

pub(super) fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::digest(bytes).into())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect()
}

impl EntryJson {
    pub(super) fn new(
        archive: &str,
        no: u64,
        at: Timestamp,
        by: Option<&Official>,
        previous: Option<&Sha256>,
        act: Act,
    ) -> EntryJson {
        EntryJson {
            act: act_json(act),
            archive: archive.to_owned(),
            at: crate::fixity::whole_seconds(at).to_string(),
            by: by.map(ToString::to_string),
            format: FORMAT.to_owned(),
            no,
            previous: previous.map(ToString::to_string),
        }
    }
}

fn case_json(case: CaseRef) -> CaseJson {
    CaseJson { code: case.code.to_string(), id: case.id.to_string() }
}

fn case(json: CaseJson) -> Result<CaseRef, String> {
    let code = CaseCode::new(&json.code).map_err(|e| e.to_string())?;
    let id = ObjectId::new(&json.id).map_err(|e| e.to_string())?;
    Ok(CaseRef { code, id })
}

fn act_json(act: Act) -> ActJson {
    match act {
        Act::Hold { case, reason } => ActJson::Hold { case: case_json(case), reason },
        Act::Release { case, reason } => ActJson::Release { case: case_json(case), reason },
        Act::Review { case, version, pages_on_paper, manifest_sha256 } => ActJson::Review {
            case: case_json(case),
            manifest_sha256: manifest_sha256.to_string(),
            pages_on_paper,
            version,
        },
        Act::Seal { case, version, manifest_sha256, sealed } => ActJson::Seal {
            agency: sealed.agency.to_string(),
            case: case_json(case),
            counted_at: sealed.counted_at.to_string(),
            counted_by: sealed.counted_by.to_string(),
            manifest_sha256: manifest_sha256.to_string(),
            officer: sealed.officer.to_string(),
            pages: sealed.pages,
            reviewed_version: sealed.reviewed_version,
            version,
        },
        Act::ProposeDestruction { cases, reason } => {
            let volume = |(id, sha512): (ObjectId, Sha512)| VolumeJson {
                id: id.to_string(),
                inventory_sha512: sha512.to_string(),
            };
            let condemned = |c: Condemned| CondemnedJson {
                basis: c.basis,
                case: case_json(c.case),
                inventory_sha512: c.inventory_sha512.to_string(),
                kept_until: c.kept_until,
                rule: c.rule,
                version: c.version,
                volumes: c.volumes.into_iter().map(volume).collect(),
            };
            ActJson::ProposeDestruction { cases: cases.into_iter().map(condemned).collect(), reason }
        }
        Act::ApproveDestruction { proposal } => ActJson::ApproveDestruction { proposal },
        Act::Destroyed { case, proposal, tombstone_sha256 } => ActJson::Destroyed {
            case: case_json(case),
            proposal,
            tombstone_sha256: tombstone_sha256.to_string(),
        },
    }
}

fn act(json: ActJson) -> Result<Act, String> {
    let sha256 = |text: &str| text.parse::<Sha256>().map_err(|e| e.to_string());
    Ok(match json {
        ActJson::Hold { case: c, reason } => Act::Hold { case: case(c)?, reason },
        ActJson::Release { case: c, reason } => Act::Release { case: case(c)?, reason },
        ActJson::Review { case: c, manifest_sha256, pages_on_paper, version } => Act::Review {
            case: case(c)?,
            version,
            pages_on_paper,
            manifest_sha256: sha256(&manifest_sha256)?,
        },
        ActJson::Seal {
            agency,
            case: c,
            counted_at,
            counted_by,
            manifest_sha256,
            officer,
            pages,
            reviewed_version,
            version,
        } => {
            let name = |text: &str| Official::new(text).map_err(|e| e.to_string());
            Act::Seal {
                case: case(c)?,
                version,
                manifest_sha256: sha256(&manifest_sha256)?,
                sealed: SealNote {
                    reviewed_version,
                    pages,
                    counted_by: name(&counted_by)?,
                    counted_at: counted_at.parse().map_err(|_| "counted_at".to_owned())?,
                    officer: name(&officer)?,
                    agency: name(&agency)?,
                },
            }
        }
        ActJson::ProposeDestruction { cases, reason } => {
            let sha512 = |text: &str| text.parse().map_err(|_| "no digest".to_owned());
            let volume = |v: VolumeJson| {
                let id = ObjectId::new(&v.id).map_err(|error| error.to_string())?;
                Ok::<_, String>((id, sha512(&v.inventory_sha512)?))
            };
            let condemned = |c: CondemnedJson| {
                Ok::<_, String>(Condemned {
                    case: case(c.case)?,
                    version: c.version,
                    inventory_sha512: sha512(&c.inventory_sha512)?,
                    volumes: c.volumes.into_iter().map(volume).collect::<Result<_, _>>()?,
                    rule: c.rule,
                    basis: c.basis,
                    kept_until: c.kept_until,
                })
            };
            Act::ProposeDestruction {
                cases: cases.into_iter().map(condemned).collect::<Result<_, _>>()?,
                reason,
            }
        }
        ActJson::ApproveDestruction { proposal } => Act::ApproveDestruction { proposal },
        ActJson::Destroyed { case: c, proposal, tombstone_sha256 } => {
            Act::Destroyed { case: case(c)?, proposal, tombstone_sha256: sha256(&tombstone_sha256)? }
        }
    })
}
