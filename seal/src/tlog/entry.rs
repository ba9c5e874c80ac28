//! What a log entry says: RFC 8785 JSON of less than 1 KiB, digests in base64, no personal data (docs/format/log.md).

use hmac::{Hmac, KeyInit, Mac};
use record::{Sha256, Sha512, Timestamp};
use serde::{Deserialize, Serialize};

use super::base64;

/// An entry is shorter than this, in bytes.
pub const MAX_ENTRY_BYTES: usize = 1024;
/// The version of the format that is written.
const FORMAT: u32 = 1;

/// Why bytes are no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    #[error("not an entry of a log: {0}")]
    Malformed(String),
    #[error("an entry of the kind {0:?}, which this program does not know")]
    UnknownKind(String),
    #[error("an entry that is not in its one form")]
    NotCanonical,
    #[error("an entry of {0} bytes; it must be shorter than {MAX_ENTRY_BYTES}")]
    TooLong(usize),
}

/// Something that happened in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A version of a case file was stored.
    Version(Version),
    /// A check of the archive's bytes was reported.
    Fixity {
        /// SHA-256 of the report's manifest.
        report_sha256: Sha256,
        at: Timestamp,
    },
    /// A case file was destroyed.
    Disposal {
        case_tag: Sha256,
        /// The last version that was destroyed.
        version: u32,
        /// SHA-256 of the tombstone that says who decided.
        tombstone_sha256: Sha256,
        at: Timestamp,
    },
}

/// A stored version of a case file: its seal record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub kind: VersionKind,
    /// [`CaseTags::tag`] of the case file.
    pub case_tag: Sha256,
    /// Of the OCFL object, from 1.
    pub version: u32,
    pub manifest_sha256: Sha256,
    /// Of the inventory of this version: what a rewritten inventory does not have.
    pub inventory_sha512: Sha512,
    /// Of the signature file.
    pub p7s_sha256: Sha256,
    /// Lines of the manifest.
    pub tree_size: u64,
    /// Root over the lines of the manifest, each without its line feed.
    pub tree_root: Sha256,
    /// SHA-256 of each signer's certificate.
    pub signers: Vec<Sha256>,
    /// When the entry was made.
    pub at: Timestamp,
}

/// How a version came into the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionKind {
    /// When it was stored.
    Seal,
    /// It was found stored, by whatever came before, when the log was begun or it was taken over from elsewhere:
    /// nothing is said of the time before.
    Adopted,
}

impl VersionKind {
    /// The word in the entry.
    pub fn code(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Adopted => "adopted",
        }
    }
}

/// Names of case files that tell a reader of the log nothing: HMAC-SHA256 of the object's id under a secret of the archive.
#[derive(Clone)]
pub struct CaseTags(Hmac<sha2::Sha256>);

impl CaseTags {
    pub fn new(secret: &[u8; 32]) -> CaseTags {
        CaseTags(Hmac::new_from_slice(secret).expect("any length is a key"))
    }

    pub fn tag(&self, object_id: &str) -> Sha256 {
        Sha256(self.0.clone().chain_update(object_id).finalize().into_bytes().into())
    }
}

impl std::fmt::Debug for CaseTags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CaseTags")
    }
}

impl Entry {
    /// The bytes that go into the log. Fails only for a version with more signers than an entry has room for.
    pub fn bytes(&self) -> Result<Vec<u8>, EntryError> {
        let bytes = serde_json::to_vec(&EntryV1::of(self)).expect("strings and small numbers");
        match bytes.len() {
            ..MAX_ENTRY_BYTES => Ok(bytes),
            long => Err(EntryError::TooLong(long)),
        }
    }

    /// Reads an entry. Anything but the bytes that [`Entry::bytes`] would give is an error.
    pub fn parse(bytes: &[u8]) -> Result<Entry, EntryError> {
        if bytes.len() >= MAX_ENTRY_BYTES {
            return Err(EntryError::TooLong(bytes.len()));
        }
        let json: EntryV1 =
            serde_json::from_slice(bytes).map_err(|e| EntryError::Malformed(e.to_string()))?;
        let entry = json.entry()?;
        if entry.bytes().as_deref() != Ok(bytes) {
            return Err(EntryError::NotCanonical);
        }
        Ok(entry)
    }

    /// When it was made.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Version(Version { at, .. }) | Self::Fixity { at, .. } | Self::Disposal { at, .. } => *at,
        }
    }

    /// The word in the entry.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Version(version) => version.kind.code(),
            Self::Fixity { .. } => "fixity",
            Self::Disposal { .. } => "disposal",
        }
    }
}

/// Members in the order of RFC 8785.
#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct EntryV1 {
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    case_tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inventory_sha512: Option<String>,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p7s_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tombstone_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tree_root: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tree_size: Option<u64>,
    v: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
}

impl EntryV1 {
    fn of(entry: &Entry) -> EntryV1 {
        let digest = |digest: &Sha256| Some(base64::encode(&digest.0));
        // Whole seconds: what a clock says below them proves nothing.
        let at = Timestamp::from_second(entry.at().as_second()).unwrap_or_default().to_string();
        let base = EntryV1 { at, kind: entry.kind().to_owned(), v: FORMAT, ..EntryV1::default() };
        match entry {
            Entry::Version(version) => EntryV1 {
                case_tag: digest(&version.case_tag),
                inventory_sha512: Some(base64::encode(&version.inventory_sha512.0)),
                manifest_sha256: digest(&version.manifest_sha256),
                p7s_sha256: digest(&version.p7s_sha256),
                signers: Some(version.signers.iter().map(|signer| base64::encode(&signer.0)).collect()),
                tree_root: digest(&version.tree_root),
                tree_size: Some(version.tree_size),
                version: Some(version.version),
                ..base
            },
            Entry::Fixity { report_sha256, .. } => EntryV1 { report_sha256: digest(report_sha256), ..base },
            Entry::Disposal { case_tag, version, tombstone_sha256, .. } => EntryV1 {
                case_tag: digest(case_tag),
                tombstone_sha256: digest(tombstone_sha256),
                version: Some(*version),
                ..base
            },
        }
    }

    fn entry(&self) -> Result<Entry, EntryError> {
        let malformed = |what: &str| EntryError::Malformed(what.to_owned());
        let sha256 = |name: &str, value: &Option<String>| {
            let value = value.as_deref().and_then(base64::decode_array).map(Sha256);
            value.ok_or_else(|| malformed(name))
        };
        let at: Timestamp = self.at.parse().map_err(|_| malformed("at"))?;
        let version = || self.version.ok_or_else(|| malformed("version"));
        if self.v != FORMAT {
            return Err(malformed("v"));
        }
        let kind = match self.kind.as_str() {
            "seal" => VersionKind::Seal,
            "adopted" => VersionKind::Adopted,
            "fixity" => {
                return Ok(Entry::Fixity {
                    report_sha256: sha256("report_sha256", &self.report_sha256)?,
                    at,
                });
            }
            "disposal" => {
                let case_tag = sha256("case_tag", &self.case_tag)?;
                let tombstone_sha256 = sha256("tombstone_sha256", &self.tombstone_sha256)?;
                return Ok(Entry::Disposal { case_tag, version: version()?, tombstone_sha256, at });
            }
            other => return Err(EntryError::UnknownKind(other.to_owned())),
        };
        let inventory = self.inventory_sha512.as_deref().and_then(base64::decode_array).map(Sha512);
        let signers = self.signers.as_deref().ok_or_else(|| malformed("signers"))?;
        let signers = signers.iter().map(|signer| base64::decode_array(signer).map(Sha256));
        Ok(Entry::Version(Version {
            kind,
            case_tag: sha256("case_tag", &self.case_tag)?,
            version: version()?,
            manifest_sha256: sha256("manifest_sha256", &self.manifest_sha256)?,
            inventory_sha512: inventory.ok_or_else(|| malformed("inventory_sha512"))?,
            p7s_sha256: sha256("p7s_sha256", &self.p7s_sha256)?,
            tree_size: self.tree_size.ok_or_else(|| malformed("tree_size"))?,
            tree_root: sha256("tree_root", &self.tree_root)?,
            signers: signers.collect::<Option<_>>().ok_or_else(|| malformed("signers"))?,
            at,
        }))
    }
}
