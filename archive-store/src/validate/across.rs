//! The inventories of an object against each other: old versions never change.

use super::disk::{self, InventoryFile, Layout, join};
use super::inventory::{self, Checked, version_number};
use super::{ObjectReport, What};
use crate::inventory::MAX_INVENTORY_BYTES;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The inventory that a version folder keeps.
pub(super) struct VersionInventory {
    pub(super) version: String,
    pub(super) checked: Checked,
}

/// Returns the version inventories that are not the same bytes as the root's.
pub(super) fn check_versions(
    folder: &Path,
    layout: &Layout,
    root_file: &InventoryFile,
    root: &Checked,
    report: &mut ObjectReport,
) -> Vec<VersionInventory> {
    let mut others = Vec::new();
    let mut spec_before = None;
    for version in &layout.versions {
        let at = join(version, "inventory.json");
        if !folder.join(&at).exists() {
            continue;
        }
        let Some(file) = disk::inventory_in(folder, version, report) else { continue };
        if Some(version) == root.head.as_ref() {
            if file.bytes == root_file.bytes {
                continue;
            }
            report.wrong("E064", "inventory.json", format!("it is not the same as {at}"));
        }
        let Some(checked) = inventory::check(&file.json, &at, report) else { continue };
        if checked.head.as_ref().is_some_and(|head| head != version) {
            report.wrong("E040", &at, format!("its head is not {version}"));
        }
        if checked.id != root.id {
            report.wrong("E037", &at, "its id is not that of the object");
        }
        if checked.content_directory != root.content_directory {
            report.wrong("E019", &at, "its contentDirectory is not that of the object");
        }
        if checked.spec < spec_before || (root.spec.is_some() && checked.spec > root.spec) {
            report.wrong("E103", &at, "its OCFL version is out of order");
        }
        spec_before = checked.spec.max(spec_before);
        compare_states(&checked, root, &at, report);
        others.push(VersionInventory { version: version.clone(), checked });
    }
    name_the_sidecar(folder, root_file, root, report);
    others
}

/// What an old inventory says of a version must still be so.
fn compare_states(old: &Checked, root: &Checked, at: &str, report: &mut ObjectReport) {
    for (name, version) in &old.versions {
        let counterpart =
            root.versions.iter().find(|(known, _)| version_number(known) == version_number(name));
        let Some((_, now)) = counterpart else {
            report.wrong("E066", at, format!("the object no longer has {name}"));
            continue;
        };
        let same = if old.algorithm == root.algorithm {
            by_path(&version.state) == by_path(&now.state)
        } else {
            same_content(old, &version.state, root, &now.state)
        };
        if !same {
            report.wrong("E066", at, format!("its {name} holds other files than the object's {name}"));
        }
        if version.about != now.about {
            report.warn("W011", at, format!("created, message or user of {name} differ from the object's"));
        }
    }
}

fn by_path(state: &inventory::DigestMap) -> BTreeMap<&str, String> {
    let pairs = state.iter();
    pairs
        .flat_map(|(digest, paths)| paths.iter().map(|p| (p.as_str(), digest.to_ascii_lowercase())))
        .collect()
}

/// With different algorithms only the stored files can be compared: each logical path must lead to one of the
/// same.
fn same_content(
    old: &Checked,
    old_state: &inventory::DigestMap,
    new: &Checked,
    new_state: &inventory::DigestMap,
) -> bool {
    let (old_state, new_state) = (by_path(old_state), by_path(new_state));
    let stored = |checked: &Checked, digest: &str| -> BTreeSet<String> {
        let entries = checked.manifest.iter().filter(|(known, _)| known.eq_ignore_ascii_case(digest));
        entries.flat_map(|(_, paths)| paths.iter().cloned()).collect()
    };
    old_state.len() == new_state.len()
        && old_state.iter().all(|(path, old_digest)| {
            let Some(new_digest) = new_state.get(path) else { return false };
            !stored(old, old_digest).is_disjoint(&stored(new, new_digest))
        })
}

/// If the root inventory is byte for byte that of its version, and only the sidecar says otherwise, the sidecar is
/// what changed: name it.
fn name_the_sidecar(folder: &Path, root_file: &InventoryFile, root: &Checked, report: &mut ObjectReport) {
    let Some(head) = &root.head else { return };
    for (dir, twin) in [("", head.as_str()), (head.as_str(), "")] {
        let at = join(dir, "inventory.json");
        let accused = report
            .errors
            .iter_mut()
            .find(|p| p.code == "E060" && p.path == at && matches!(p.what, What::Differs { .. }));
        let Some(accused) = accused else { continue };
        let twin_bytes = disk::read_limited(&folder.join(join(twin, "inventory.json")), MAX_INVENTORY_BYTES);
        if twin_bytes.is_ok_and(|bytes| bytes == root_file.bytes) {
            accused.path = format!("{at}.{}", root.algorithm.unwrap_or("sha512"));
        }
    }
}
