//! What an object holds, as the program thinks of it. How it stands on disk is `format_v1`.

use crate::StoreError;
use crate::error::reading;
use crate::format_v1;
use record::{ObjectId, Sha256, Sha512, Timestamp};
use sha2::Digest;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

/// The largest inventory that is read: some 400,000 file versions.
pub(crate) const MAX_INVENTORY_BYTES: u64 = 64 << 20;
pub(crate) const INVENTORY: &str = "inventory.json";
pub(crate) const SIDECAR: &str = "inventory.json.sha512";
pub(crate) const CONTENT: &str = "content";
pub(crate) const OBJECT_DECLARATION: (&str, &str) = ("0=ocfl_object_1.1", "ocfl_object_1.1\n");

/// Which version of an object, from 1; printed as `v1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionNo(NonZeroU32);

impl VersionNo {
    /// Counts from 1.
    pub fn new(number: u32) -> Option<VersionNo> {
        NonZeroU32::new(number).map(VersionNo)
    }
    /// The first version.
    pub fn first() -> VersionNo {
        VersionNo(NonZeroU32::MIN)
    }
    /// The one after it.
    pub fn next(self) -> VersionNo {
        VersionNo(self.0.checked_add(1).expect("fewer than 4 billion versions"))
    }
    /// The number, from 1.
    pub fn get(self) -> u32 {
        self.0.get()
    }
    /// `v1`, `v2`…; no zero padding.
    pub fn parse(text: &str) -> Option<VersionNo> {
        let digits = text.strip_prefix('v')?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        plain.then(|| digits.parse().ok().and_then(VersionNo::new)).flatten()
    }
}

impl fmt::Display for VersionNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inventory {
    pub(crate) id: ObjectId,
    /// v1 to head without gaps; never empty.
    pub(crate) versions: Vec<Version>,
    pub(crate) content: BTreeMap<Sha512, Content>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) created: Timestamp,
    pub(crate) message: String,
    pub(crate) user_name: String,
    pub(crate) user_address: String,
    /// Logical path → digest; every digest is in `content`.
    pub(crate) state: BTreeMap<String, Sha512>,
}

/// Stored bytes: where below the object's folder, for example `v1/content/a`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) paths: Vec<String>,
    pub(crate) sha256: Option<Sha256>,
}

impl Inventory {
    pub(crate) fn head(&self) -> VersionNo {
        let count = u32::try_from(self.versions.len()).expect("fewer than 4 billion versions");
        VersionNo::new(count).expect("an inventory has a version")
    }
    pub(crate) fn version(&self, no: VersionNo) -> Option<&Version> {
        self.versions.get(no.get() as usize - 1)
    }
    pub(crate) fn check_clock(&self, now: Timestamp) -> Result<(), StoreError> {
        let latest = self.versions.last().map(|version| version.created);
        // Who signs dates in whole seconds, who packs does not.
        match latest.filter(|stored| now.as_second() < stored.as_second()) {
            Some(stored) => Err(StoreError::ClockBehind { id: self.id.clone(), now, stored }),
            None => Ok(()),
        }
    }
}

/// An inventory whose sidecar fits, and the bytes it was read from.
pub(crate) struct Vouched {
    pub(crate) bytes: Vec<u8>,
    pub(crate) inventory: Inventory,
}

/// SHA-512 of an inventory's bytes.
pub(crate) fn digest_of(bytes: &[u8]) -> Sha512 {
    Sha512(sha2::Sha512::digest(bytes).into())
}

pub(crate) fn sidecar_of(bytes: &[u8]) -> String {
    format!("{} {INVENTORY}\n", digest_of(bytes))
}

/// Reads a file of at most `limit` bytes.
pub(crate) fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    let file = durable::open_file(path).map_err(reading(path))?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(reading(path))?;
    if bytes.len() as u64 > limit {
        return Err(StoreError::Damaged {
            path: path.to_owned(),
            why: format!("it is longer than {limit} bytes"),
        });
    }
    Ok(bytes)
}

/// The inventory in `dir` if its sidecar vouches for it.
pub(crate) fn read_vouched(dir: &Path) -> Result<Vouched, StoreError> {
    let path = dir.join(INVENTORY);
    let bytes = read_limited(&path, MAX_INVENTORY_BYTES)?;
    let sidecar_path = dir.join(SIDECAR);
    let sidecar = read_limited(&sidecar_path, 4096)?;
    if sidecar_digest(&sidecar) != Some(digest_of(&bytes)) {
        let why = "its SHA-512 is not the one in inventory.json.sha512".to_owned();
        return Err(StoreError::Damaged { path, why });
    }
    let inventory = parse_at(&path, &bytes)?;
    Ok(Vouched { bytes, inventory })
}

/// The digest that the sidecar's bytes state.
pub(crate) fn sidecar_digest(sidecar: &[u8]) -> Option<Sha512> {
    let text = std::str::from_utf8(sidecar).ok()?;
    let (digest, name) = text.trim_end_matches(['\r', '\n']).split_once([' ', '\t'])?;
    (name.trim_start_matches([' ', '\t']) == INVENTORY).then(|| digest.parse().ok()).flatten()
}

pub(crate) fn parse_at(path: &Path, bytes: &[u8]) -> Result<Inventory, StoreError> {
    format_v1::parse(bytes).map_err(|why| StoreError::Damaged { path: path.to_owned(), why })
}

/// The version folders of an object, in order.
pub(crate) fn version_folders(object: &Path) -> Result<Vec<VersionNo>, StoreError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(object).map_err(reading(object))? {
        let entry = entry.map_err(reading(object))?;
        if let Some(no) = entry.file_name().to_str().and_then(VersionNo::parse) {
            found.push(no);
        }
    }
    found.sort();
    Ok(found)
}

/// The rule for readers: two renames cannot be one, so between them the root inventory and its sidecar may not
/// fit. Then look again, and if that does not help trust the highest version folder whose own pair fits.
pub(crate) fn read_head(object: &Path) -> Result<Vouched, StoreError> {
    const LOOKS: usize = 4;
    let mut failed = None;
    for _ in 0..LOOKS {
        match read_vouched(object) {
            Ok(read) => return Ok(read),
            Err(e) => failed = Some(e),
        }
    }
    for no in version_folders(object)?.into_iter().rev() {
        if let Ok(read) = read_vouched(&object.join(no.to_string()))
            && read.inventory.head() == no
        {
            return Ok(read);
        }
    }
    Err(failed.expect("at least one look"))
}

/// Where stored bytes lie. Content paths were checked when the inventory was read.
pub(crate) fn content_path(object: &Path, content: &Content) -> PathBuf {
    object.join(&content.paths[0])
}
