//! `hoso.toml`: what an archive is and how it works.

use crate::{PdfLevel, PipelineError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

/// The format written by this version.
const FORMAT: &str = "hoso-archive/1";

/// The configuration of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveConfig {
    /// `hoso-archive/1`.
    pub format: String,
    /// UUID of the archive; object ids are derived from it.
    pub id: String,
    /// Mã phông: ASCII letters, digits, `.`, `-`.
    pub fonds: String,
    /// The agency that keeps the archive, as it stands in packages and signatures.
    pub agency: String,
    /// Mã cơ quan lưu trữ, set before the case code in packages (TT05, annex I); empty where the register's codes hold it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub archive_code: String,
    /// Limits on what is received.
    #[serde(default)]
    pub limits: Limits,
    /// What may lie on network disks.
    #[serde(default, skip_serializing_if = "NetworkDisk::is_default")]
    pub network_disk: NetworkDisk,
    /// What paper is scanned with.
    #[serde(default, skip_serializing_if = "Scanner::is_unknown")]
    pub scanner: Scanner,
    /// Who vouches for the time.
    #[serde(default, skip_serializing_if = "TimeConfig::is_empty")]
    pub time: TimeConfig,
    /// Object stores that hold replicas, by bucket.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub s3: BTreeMap<String, StoreConfig>,
    /// Keys of officers and of the agency, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, KeyConfig>,
    /// How case files are sealed after review.
    #[serde(default, skip_serializing_if = "SealConfig::is_default")]
    pub seal: SealConfig,
}

/// A signing key of an officer or of the agency. Its password or PIN is never in here. Paths are relative to the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyConfig {
    /// In which office it signs.
    pub role: KeyRole,
    /// Where it is.
    pub kind: KeyPlace,
    /// `pkcs12`: the key file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// `pkcs11`: the maker's module, a shared library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<PathBuf>,
    /// `pkcs11`: label or serial number of the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// `pkcs11`: label of the key on the token, or `id:` and its number in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// `pkcs11`: the key's certificate and those above it (PEM), where they are not on the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
    /// A file with the password or PIN, readable by its owner only; without it whoever signs is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
}

impl KeyConfig {
    fn mistake(&self) -> Option<&'static str> {
        let of_file = self.path.is_some();
        let on_token = self.module.is_some() && self.token.is_some() && self.label.is_some();
        let has_other = self.module.is_some() || self.token.is_some() || self.label.is_some();
        match self.kind {
            KeyPlace::Pkcs12 if !of_file || has_other => Some("a pkcs12 key has a path, and no token"),
            KeyPlace::Pkcs11 if !on_token || of_file => {
                Some("a pkcs11 key has module, token and label, and no path")
            }
            _ => None,
        }
    }
}

/// In which office a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyRole {
    /// A person who answers for the case file.
    Officer,
    /// The procuracy.
    Agency,
}

/// Where a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyPlace {
    /// A PKCS#12 file.
    Pkcs12,
    /// A token or HSM behind PKCS#11.
    Pkcs11,
}

/// How case files are sealed after review.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SealConfig {
    /// What one signature covers.
    pub granularity: Granularity,
    /// What stands beside those signatures.
    #[serde(skip_serializing_if = "is_signed_alone")]
    pub level: SealLevel,
    /// Whose signatures the searchable PDFs get in the archive.
    pub pdf: PdfSigning,
    /// How long those can be judged.
    #[serde(skip_serializing_if = "is_basic")]
    pub pdf_level: PdfLevel,
    /// A picture (PNG) of the red seal, shown above the text of the agency's signature in a PDF; relative to the archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<PathBuf>,
    /// Its width on paper, in millimetres; without it 36.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture_mm: Option<NonZeroU32>,
    /// Experimental: a second signature beside the seal, with ML-DSA-65; without it there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ml_dsa: Option<MlDsaConfig>,
}

fn is_signed_alone(level: &SealLevel) -> bool {
    *level == SealLevel::Basic
}

fn is_basic(level: &PdfLevel) -> bool {
    *level == PdfLevel::Basic
}

/// The key of the experimental second signature. Paths are relative to the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MlDsaConfig {
    /// The key file, PKCS#12.
    pub path: PathBuf,
    /// The file with its password, readable by its owner only: nobody is asked for it.
    pub secret_file: PathBuf,
}

impl SealConfig {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Whose signatures the searchable PDFs get when a case file is sealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PdfSigning {
    /// Nobody's: the seal covers them, and copies that leave are signed.
    #[default]
    None,
    /// The agency's.
    Agency,
    /// The officer's and the agency's.
    Both,
}

/// The level of the signatures of officer and agency (CAdES, ETSI EN 319 122-1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SealLevel {
    /// B-B: their time is proven by an evidence record, made when an authority is in reach.
    #[default]
    #[serde(rename = "b-b")]
    Basic,
    /// B-T: each signature holds a time stamp from the start, too.
    #[serde(rename = "b-t")]
    Timed,
}

impl SealLevel {
    /// For programs: `b-b`, `b-t`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Basic => "b-b",
            Self::Timed => "b-t",
        }
    }
}

/// What one signature of officer and agency covers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Granularity {
    /// One case file.
    #[default]
    Case,
    /// All case files that are sealed together.
    Batch,
}

/// Who vouches for the time of what is sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimeConfig {
    /// Seconds in which an authority must have answered, at least 1; without it 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<NonZeroU32>,
    /// Asked in this order, until one answers.
    pub authority: Vec<TimeAuthority>,
}

impl TimeConfig {
    fn is_empty(&self) -> bool {
        self.authority.is_empty()
    }
}

/// A time-stamp authority (RFC 3161 over HTTP).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeAuthority {
    /// `http://host[:port]/path`
    pub url: String,
    /// Certificates (PEM) that it must lead to; relative to the archive.
    pub anchor: PathBuf,
}

/// How an object store is reached. Its key is never in here: it is in the environment, or in a file of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// `https://host[:port]`; without it Amazon's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The region that signatures name; without it `us-east-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Certificates (PEM) trusted beside the system's; relative to the archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// The file with the key, relative to the archive; without it `keys/s3.toml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// Seconds in which something must come from the server, at least 1; without it 120.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<NonZeroU32>,
    /// How many machines may write there at the same time.
    pub writers: StoreWriters,
}

/// How many machines may write into an object store at the same time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreWriters {
    /// Any number, where the server keeps them apart.
    #[default]
    Many,
    /// This one alone.
    One,
}

/// What paper is scanned with and by whom, as packages name it; unknown where it is not said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scanner {
    /// Maker, model, serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Who works it: a person or a unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
}

impl Scanner {
    fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

/// What may lie on NFS, SMB and other network disks, although locks, renames and syncs promise less there: a power cut or a
/// broken line may undo what was acknowledged. Nothing may unless it is written here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkDisk {
    /// The archive itself.
    pub archive: bool,
    /// Its replicas in folders.
    pub replicas: bool,
}

impl NetworkDisk {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Limits on what is received and what a page may cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Longest file received, in bytes.
    pub max_file_bytes: u64,
    /// Largest page decoded, in pixels.
    pub max_pixels: u64,
    /// Seconds a page may take in one step.
    pub page_seconds: u64,
    /// Address space of one worker, in bytes.
    pub worker_bytes: u64,
    /// Most pages of one volume; a longer case file is stored in volumes (tập).
    pub volume_pages: u32,
    /// Most files of one volume.
    pub volume_files: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_file_bytes: 4 << 30,
            max_pixels: 200_000_000,
            page_seconds: 120,
            worker_bytes: 3 << 30,
            volume_pages: 1000,
            volume_files: 4000,
        }
    }
}

impl ArchiveConfig {
    /// A new archive's configuration.
    pub fn new(id: String, fonds: String, agency: String) -> Self {
        Self {
            format: FORMAT.into(),
            id,
            fonds,
            agency,
            archive_code: String::new(),
            limits: Limits::default(),
            network_disk: NetworkDisk::default(),
            scanner: Scanner::default(),
            time: TimeConfig::default(),
            s3: BTreeMap::new(),
            keys: BTreeMap::new(),
            seal: SealConfig::default(),
        }
    }

    /// Reads and checks `hoso.toml`; all mistakes are reported together.
    pub fn read(path: &Path) -> Result<Self, PipelineError> {
        Self::parse(path, &std::fs::read_to_string(path).map_err(PipelineError::io(path))?)
    }

    /// The same of a text that lies there, or is to.
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, PipelineError> {
        let config: Self = toml::from_str(text)
            .map_err(|e| PipelineError::Config { path: path.to_owned(), problem: e.to_string() })?;
        let mut mistakes = Vec::new();
        if config.format != FORMAT {
            mistakes.push(format!("format {:?} is not {FORMAT:?}", config.format));
        }
        if config.fonds.is_empty()
            || !config.fonds.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b))
        {
            mistakes
                .push(format!("fonds {:?} may hold ASCII letters, digits, '.' and '-' only", config.fonds));
        }
        if config.archive_code.chars().any(|c| c.is_whitespace() || c.is_control()) {
            mistakes.push(format!("archive_code {:?} holds white space", config.archive_code));
        }
        for TimeAuthority { url, .. } in &config.time.authority {
            if !url.starts_with("http://") {
                mistakes.push(format!("time.authority url {url:?} does not begin with http://"));
            }
        }
        if config.id.is_empty() {
            mistakes.push("id is empty".into());
        }
        for (name, key) in &config.keys {
            mistakes.extend(key.mistake().map(|what| format!("keys.{name}: {what}")));
        }
        if mistakes.is_empty() {
            return Ok(config);
        }
        Err(PipelineError::Config { path: path.to_owned(), problem: mistakes.join("; ") })
    }

    /// The id that a configuration states, if it is one.
    pub(crate) fn id_in(text: &str) -> Option<String> {
        toml::from_str::<Self>(text).ok().map(|config| config.id)
    }

    /// As TOML text.
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).expect("strings and integers can be written as TOML")
    }
}

/// Where the parts of an archive lie below its folder.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The archive's folder.
    pub root: PathBuf,
}

impl Layout {
    /// The configuration.
    pub fn config(&self) -> PathBuf {
        self.root.join("hoso.toml")
    }
    /// Units that the archive adds to the registry; may be missing.
    pub fn units(&self) -> PathBuf {
        self.root.join("units.csv")
    }
    /// Masters received and not yet stored.
    pub fn spool(&self) -> PathBuf {
        self.root.join("work/spool")
    }
    /// Read pages not yet packed.
    pub fn pages(&self) -> PathBuf {
        self.root.join("work/pages")
    }
    /// Packages of other programs that are being made into case files.
    pub fn incoming(&self) -> PathBuf {
        self.root.join("work/incoming")
    }
    /// Whether a batch folder is one that an import made.
    pub(crate) fn is_incoming(&self, folder: &Path) -> bool {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        absolute(folder).starts_with(absolute(&self.incoming()))
    }
    /// The ledger: a cache.
    pub fn ledger(&self) -> PathBuf {
        self.root.join("ledger.sqlite")
    }
    /// The index: a cache.
    pub fn index(&self) -> PathBuf {
        self.root.join("index")
    }
    /// Reports of fixity checks, with their signatures.
    pub fn fixity_reports(&self) -> PathBuf {
        self.root.join("evidence/fixity")
    }
    /// What people decided about case files, a signed line each.
    pub fn decisions(&self) -> PathBuf {
        self.root.join(crate::journal::FILE)
    }
    /// Rows that the archive adds to the retention table; may be missing.
    pub fn retention(&self) -> PathBuf {
        self.root.join("retention.toml")
    }
    /// The same of checks of a replica in an object store.
    pub fn replica_reports(&self, slug: &str) -> PathBuf {
        self.root.join("evidence/fixity-replicas").join(slug)
    }
    /// When what was last checked: a cache of the reports.
    pub fn fixity_catalog(&self) -> PathBuf {
        self.root.join("fixity.sqlite")
    }
    /// Certificates of every time-stamp authority that was ever accepted here, PEM; old ones stay.
    pub fn time_anchors(&self) -> PathBuf {
        self.root.join("keys/time-anchors.pem")
    }
    /// Reports of backups, restores and restore drills.
    pub fn evidence(&self, kind: &str) -> PathBuf {
        self.root.join("evidence").join(kind)
    }
    /// Searches that a restore drill asks; may be missing.
    pub fn drill_queries(&self) -> PathBuf {
        self.root.join("drill-queries.txt")
    }
    /// Searches saved under a name; may be missing.
    pub fn saved_searches(&self) -> PathBuf {
        self.root.join("saved-searches.txt")
    }
    /// The trial CA's certificate, PEM.
    pub fn anchor(&self) -> PathBuf {
        self.root.join("keys/trial-ca.pem")
    }
    /// Certificates of other archives' authorities, PEM; missing where nothing was imported under one.
    pub fn trusted(&self) -> PathBuf {
        self.root.join("keys/trusted.pem")
    }
    /// Certificates of every key that ever made experimental second signatures here, PEM; old ones stay.
    pub fn ml_dsa_certificates(&self) -> PathBuf {
        self.root.join("keys/ml-dsa.pem")
    }
    /// The trust store: `trust.toml` and the certificates it names; missing where nobody added one.
    pub fn trust_store(&self) -> PathBuf {
        self.root.join("keys/trust")
    }
    /// Revocation lists and OCSP answers, by their digests.
    pub fn revocations(&self) -> PathBuf {
        self.root.join("keys/revocation")
    }
    /// The station's key.
    pub fn station_key(&self) -> PathBuf {
        self.root.join("keys/station.p12")
    }
    /// The password of the station's key, readable by its owner only.
    pub fn station_password(&self) -> PathBuf {
        self.root.join("keys/station.password")
    }
    /// The transparency log, in the files of C2SP tlog-tiles.
    pub fn tlog(&self) -> PathBuf {
        self.root.join("tlog")
    }
    /// The log's key, apart from the station's.
    pub fn log_key(&self) -> PathBuf {
        self.root.join("keys/log.key")
    }
    /// Its public half; missing in a replica, and in an archive of an earlier program that was not worked on since.
    pub fn log_public_key(&self) -> PathBuf {
        self.root.join("keys/log.vkey")
    }
    /// The secret that the log's names of case files are made with.
    pub fn case_tag_secret(&self) -> PathBuf {
        self.root.join("keys/case-tag.secret")
    }
    /// Public keys of the log's witnesses, a line each, with their address where they have one.
    pub fn witnesses(&self) -> PathBuf {
        self.root.join("keys/witnesses")
    }
    /// The one local account.
    pub fn account(&self) -> PathBuf {
        self.root.join("keys/account.json")
    }
}
