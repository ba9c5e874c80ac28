//! What peers read of a volume is kept between runs: their texts depend on the pictures, their versions and their command
//! line, so that a change of ours is held against them in minutes instead of an hour. Their times are kept beside the texts
//! only to be shown; where speed is compared nothing that was kept is taken.

use crate::measure::Cost;
use crate::pages::Volume;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Texts of one peer on one volume.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    texts: Vec<String>,
    cpu_s: f64,
    wall_s: f64,
}

impl Kept {
    pub(super) fn new(cost: Cost, texts: &[String]) -> Self {
        Self { texts: texts.to_vec(), cpu_s: cost.cpu_s, wall_s: cost.wall_s }
    }

    pub(super) fn into_parts(self) -> (Cost, Vec<String>) {
        (Cost { cpu_s: self.cpu_s, wall_s: self.wall_s }, self.texts)
    }

    /// What is there; `None` where there is nothing, or nothing that can be understood.
    pub(super) fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// Written beside first, so that a run that is stopped leaves no half of it.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let beside = path.with_extension("new");
        let there = || path.display().to_string();
        std::fs::create_dir_all(path.parent().unwrap_or(path)).with_context(there)?;
        std::fs::write(&beside, serde_json::to_vec(self)?).with_context(there)?;
        std::fs::rename(&beside, path).with_context(there)
    }
}

/// Where the texts of a peer on a volume are kept: named by the pictures' bytes, the peer's command line and `versions`.
pub(super) fn place(
    folder: &Path,
    peer: &str,
    versions: &[(String, String)],
    volume: &Volume,
) -> Result<PathBuf> {
    let mut key = Sha256::new();
    key.update(peer);
    for (name, version) in versions.iter().filter(|(name, _)| name != "hoso") {
        key.update(format!("\0{name} {version}"));
    }
    for picture in &volume.pictures {
        let bytes = std::fs::read(picture).with_context(|| picture.display().to_string())?;
        key.update((bytes.len() as u64).to_le_bytes());
        key.update(&bytes);
    }
    let mut name = String::new();
    key.finalize().iter().for_each(|byte| write!(name, "{byte:02x}").expect("a string takes all"));
    Ok(folder.join(name + ".json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_pictures_programs_or_words_are_kept_apart_and_our_version_does_not_matter() {
        let folder = tempfile::tempdir().unwrap();
        let volume = |name: &str, bytes: &[u8]| {
            let picture = folder.path().join(name);
            std::fs::write(&picture, bytes).unwrap();
            Volume { case: "A".into(), pdf: PathBuf::new(), pictures: vec![picture], truth: Vec::new() }
        };
        let versions = |ours: &str, theirs: &str| {
            [("hoso", ours), ("tesseract", theirs)].map(|(n, v)| (n.to_owned(), v.to_owned()))
        };
        let (one, same, other) = (volume("1", b"one"), volume("2", b"one"), volume("3", b"other"));
        let at = |peer: &str, versions: &[_], volume: &Volume| {
            place(folder.path(), peer, versions, volume).unwrap()
        };
        let first = at("--psm 3", &versions("1", "5.3"), &one);
        assert_eq!(first, at("--psm 3", &versions("2", "5.3"), &same));
        assert_ne!(first, at("--psm 1", &versions("1", "5.3"), &one));
        assert_ne!(first, at("--psm 3", &versions("1", "5.4"), &one));
        assert_ne!(first, at("--psm 3", &versions("1", "5.3"), &other));

        let kept = Kept::new(Cost { cpu_s: 1.5, wall_s: 2.0 }, &["bị can".to_owned()]);
        assert_eq!(Kept::read(&first), None);
        kept.write(&first).unwrap();
        assert_eq!(Kept::read(&first), Some(kept));
        std::fs::write(&first, "{").unwrap();
        assert_eq!(Kept::read(&first), None);
    }
}
