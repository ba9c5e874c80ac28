//! The rules for one inventory, taken by themselves.

use super::ObjectReport;
use crate::layout::is_uri;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// An inventory as far as it could be understood.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) id: Option<String>,
    /// `1.0` or `1.1`, from its type.
    pub(super) spec: Option<&'static str>,
    /// `sha512` or `sha256`.
    pub(super) algorithm: Option<&'static str>,
    pub(super) head: Option<String>,
    pub(super) content_directory: String,
    /// Digest as written → content paths.
    pub(super) manifest: DigestMap,
    /// By name, for example `v1`.
    pub(super) versions: BTreeMap<String, CheckedVersion>,
    /// Algorithm, digest as written, content path.
    pub(super) fixity: Vec<(String, String, String)>,
}

pub(super) type DigestMap = Vec<(String, Vec<String>)>;

#[derive(Debug, Default)]
pub(super) struct CheckedVersion {
    pub(super) state: DigestMap,
    /// Created, message and user as written, to compare.
    pub(super) about: [Value; 3],
}

impl Checked {
    /// Content path → digest in lower case.
    pub(super) fn digest_by_path(&self) -> BTreeMap<&str, String> {
        let pairs = self.manifest.iter();
        pairs.flat_map(|(d, paths)| paths.iter().map(|p| (p.as_str(), d.to_ascii_lowercase()))).collect()
    }
}

const KEYS: [&str; 8] =
    ["id", "type", "digestAlgorithm", "head", "contentDirectory", "fixity", "manifest", "versions"];

/// `None` where it is no JSON object at all.
pub(super) fn check(json: &Value, at: &str, report: &mut ObjectReport) -> Option<Checked> {
    let Some(top) = json.as_object() else {
        report.wrong("E033", at, "the inventory is no JSON object");
        return None;
    };
    only_keys(top, &KEYS, at, report);
    let mut checked = Checked { content_directory: "content".to_owned(), ..Checked::default() };
    check_id(top, at, &mut checked, report);
    check_type_and_algorithm(top, at, &mut checked, report);
    check_content_directory(top, at, &mut checked, report);
    checked.manifest = match top.get("manifest") {
        Some(value) => digest_map(value, "E041", "E096", at, report),
        None => {
            report.wrong("E041", at, "there is no manifest");
            Vec::new()
        }
    };
    check_content_paths(&checked, at, report);
    check_versions(top, at, &mut checked, report);
    check_head(top, at, &mut checked, report);
    check_use(&checked, at, report);
    check_fixity(top, at, &mut checked, report);
    Some(checked)
}

fn only_keys(map: &Map<String, Value>, known: &[&str], at: &str, report: &mut ObjectReport) {
    for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
        report.wrong("E102", at, format!("the key {key:?} is not specified"));
    }
}

fn check_id(top: &Map<String, Value>, at: &str, checked: &mut Checked, report: &mut ObjectReport) {
    match top.get("id") {
        None => report.wrong("E036", at, "there is no id"),
        Some(Value::String(id)) if !id.is_empty() => {
            if !is_uri(id) {
                report.warn("W005", at, format!("the id {id:?} is no URI"));
            }
            checked.id = Some(id.clone());
        }
        Some(_) => report.wrong("E037", at, "the id is no text"),
    }
}

fn check_type_and_algorithm(
    top: &Map<String, Value>,
    at: &str,
    checked: &mut Checked,
    report: &mut ObjectReport,
) {
    match top.get("type") {
        None => report.wrong("E036", at, "there is no type"),
        Some(value) => {
            checked.spec = match value.as_str() {
                Some("https://ocfl.io/1.0/spec/#inventory") => Some("1.0"),
                Some("https://ocfl.io/1.1/spec/#inventory") => Some("1.1"),
                _ => None,
            };
            if checked.spec.is_none() {
                report.wrong("E038", at, format!("the type {value} is not known"));
            }
        }
    }
    match top.get("digestAlgorithm") {
        None => report.wrong("E036", at, "there is no digestAlgorithm"),
        Some(value) => match value.as_str() {
            Some("sha512") => checked.algorithm = Some("sha512"),
            Some("sha256") => {
                checked.algorithm = Some("sha256");
                report.warn("W004", at, "sha256 where sha512 is advised");
            }
            _ => report.wrong("E025", at, format!("the digestAlgorithm {value} is not allowed")),
        },
    }
}

fn check_content_directory(
    top: &Map<String, Value>,
    at: &str,
    checked: &mut Checked,
    report: &mut ObjectReport,
) {
    let Some(value) = top.get("contentDirectory") else { return };
    match value.as_str() {
        Some("." | "..") => report.wrong("E018", at, "contentDirectory is . or .."),
        Some(name) if !name.is_empty() && !name.contains('/') => checked.content_directory = name.to_owned(),
        _ => report.wrong("E017", at, "contentDirectory is no plain folder name"),
    }
}

/// A map of digests to paths; digests that differ only in case are one.
fn digest_map(
    value: &Value,
    shape: &'static str,
    twice: &'static str,
    at: &str,
    report: &mut ObjectReport,
) -> DigestMap {
    let Some(map) = value.as_object() else {
        report.wrong(shape, at, "digests and paths are no JSON object");
        return Vec::new();
    };
    let mut seen = HashSet::new();
    let mut result = DigestMap::new();
    for (digest, paths) in map {
        if !seen.insert(digest.to_ascii_lowercase()) {
            report.wrong(twice, at, format!("the digest {digest} is there twice"));
        }
        let texts: Option<Vec<String>> =
            paths.as_array().map(|list| list.iter().filter_map(|p| p.as_str().map(str::to_owned)).collect());
        match texts {
            Some(texts) if paths.as_array().is_some_and(|list| list.len() == texts.len()) => {
                result.push((digest.clone(), texts));
            }
            _ => report.wrong(shape, at, format!("what stands for {digest} is no list of paths")),
        }
    }
    result
}

fn check_content_paths(checked: &Checked, at: &str, report: &mut ObjectReport) {
    let paths = checked.manifest.iter().flat_map(|(_, paths)| paths);
    check_paths(paths, ["E100", "E099", "E101"], at, report);
    for path in checked.manifest.iter().flat_map(|(_, paths)| paths) {
        let mut parts = path.splitn(3, '/');
        let inside = parts.next().and_then(version_number).is_some()
            && parts.next() == Some(&checked.content_directory)
            && parts.next().is_some();
        if !inside {
            report.wrong("E042", at, format!("{path:?} is not inside a version's content"));
        }
    }
}

/// Codes: begins or ends with a slash; a part is empty, `.` or `..`; twice, or both file and folder.
fn check_paths<'a>(
    paths: impl Iterator<Item = &'a String>,
    [slash, part, conflict]: [&'static str; 3],
    at: &str,
    report: &mut ObjectReport,
) {
    let mut files = BTreeSet::new();
    let mut folders = BTreeSet::new();
    for path in paths {
        if path.starts_with('/') || path.ends_with('/') {
            report.wrong(slash, at, format!("the path {path:?} begins or ends with a slash"));
        }
        if path.split('/').any(|p| p.is_empty() || p == "." || p == "..") {
            report.wrong(part, at, format!("the path {path:?} has an empty part or . or .."));
        }
        if !files.insert(path.as_str()) {
            report.wrong(conflict, at, format!("the path {path:?} is there twice"));
        }
        folders.extend(path.match_indices('/').map(|(end, _)| &path[..end]));
    }
    for path in files.intersection(&folders) {
        report.wrong(conflict, at, format!("{path:?} is both a file and a folder"));
    }
}

/// The number in `v1`, `v02`.
pub(super) fn version_number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix('v')?;
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()?;
    (number > 0).then_some(number)
}

fn check_versions(top: &Map<String, Value>, at: &str, checked: &mut Checked, report: &mut ObjectReport) {
    let Some(value) = top.get("versions") else {
        return report.wrong("E043", at, "there are no versions");
    };
    let Some(versions) = value.as_object() else {
        return report.wrong("E044", at, "the versions are no JSON object");
    };
    if versions.is_empty() {
        return report.wrong("E008", at, "there is no version");
    }
    check_sequence(versions.keys(), at, report);
    for (name, version) in versions {
        let Some(block) = version.as_object() else {
            report.wrong("E047", at, format!("{name} is no JSON object"));
            continue;
        };
        let place = format!("{at} ({name})");
        checked.versions.insert(name.clone(), check_version(block, &place, checked, report));
    }
}

fn check_sequence<'a>(names: impl Iterator<Item = &'a String>, at: &str, report: &mut ObjectReport) {
    let mut numbers = BTreeSet::new();
    let mut widths = BTreeSet::new();
    for name in names {
        let Some(number) = version_number(name) else {
            report.wrong("E046", at, format!("{name:?} is no version number"));
            continue;
        };
        numbers.insert(number);
        // Unpadded numbers have no fixed width; padded ones share it and always begin with 0.
        let padded = name[1..].starts_with('0');
        widths.insert(if padded { Some(name.len()) } else { None });
        if padded {
            report.warn("W001", at, "version numbers are padded with zeros");
        }
    }
    if numbers.first() != Some(&1) {
        report.wrong("E009", at, "the versions do not begin with 1");
    }
    if numbers.last().is_some_and(|last| *last as usize != numbers.len()) {
        report.wrong("E010", at, "the versions have gaps");
    }
    if widths.contains(&None) && widths.len() > 1 {
        report.wrong("E013", at, "some version numbers are padded, some are not");
    } else if widths.len() > 1 {
        report.wrong("E012", at, "version numbers are padded to different widths");
    }
}

fn check_version(
    block: &Map<String, Value>,
    at: &str,
    checked: &Checked,
    report: &mut ObjectReport,
) -> CheckedVersion {
    only_keys(block, &["created", "state", "message", "user"], at, report);
    match block.get("created") {
        None => report.wrong("E048", at, "there is no created"),
        Some(value) if value.as_str().is_some_and(is_rfc3339) => {}
        Some(value) => report.wrong("E049", at, format!("created is {value}, not a time of RFC 3339")),
    }
    match block.get("message") {
        None => report.warn("W007", at, "there is no message"),
        Some(Value::String(_)) => {}
        Some(_) => report.wrong("E094", at, "the message is no text"),
    }
    check_user(block.get("user"), at, report);
    let state = match block.get("state") {
        None => {
            report.wrong("E048", at, "there is no state");
            Vec::new()
        }
        Some(value) => digest_map(value, "E050", "E050", at, report),
    };
    let known: HashSet<&str> = checked.manifest.iter().map(|(digest, _)| digest.as_str()).collect();
    for (digest, _) in state.iter().filter(|(digest, _)| !known.contains(digest.as_str())) {
        report.wrong("E050", at, format!("the manifest does not hold {digest}"));
    }
    check_paths(state.iter().flat_map(|(_, paths)| paths), ["E053", "E052", "E095"], at, report);
    let about = ["created", "message", "user"].map(|key| block.get(key).cloned().unwrap_or_default());
    CheckedVersion { state, about }
}

fn check_user(user: Option<&Value>, at: &str, report: &mut ObjectReport) {
    let Some(user) = user else {
        return report.warn("W007", at, "there is no user");
    };
    let Some(block) = user.as_object() else {
        return report.wrong("E054", at, "the user is no JSON object");
    };
    only_keys(block, &["name", "address"], at, report);
    if block.get("name").and_then(Value::as_str).is_none_or(str::is_empty) {
        report.wrong("E054", at, "the user has no name");
    }
    match block.get("address") {
        None => report.warn("W008", at, "the user has no address"),
        Some(Value::String(address)) if is_uri(address) => {}
        Some(Value::String(address)) => {
            report.warn("W009", at, format!("the user's address {address:?} is no URI"));
        }
        Some(_) => report.wrong("E054", at, "the user's address is no text"),
    }
}

/// `2026-11-21T08:30:00Z`, with seconds and zone, optionally with a fraction.
fn is_rfc3339(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shaped = bytes.len() >= 20
        && bytes[..19].iter().zip(b"0000-00-00T00:00:00").all(|(have, want)| match want {
            b'0' => have.is_ascii_digit(),
            b'T' => matches!(have, b'T' | b't'),
            other => have == other,
        });
    if !shaped {
        return false;
    }
    let mut zone = &text[19..];
    if let Some(fraction) = zone.strip_prefix('.') {
        zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if zone.len() == fraction.len() {
            return false;
        }
    }
    let offset = zone.len() == 6
        && zone.starts_with(['+', '-'])
        && zone.as_bytes()[3] == b':'
        && [1, 2, 4, 5].iter().all(|i| zone.as_bytes()[*i].is_ascii_digit());
    (zone == "Z" || zone == "z" || offset) && text.parse::<record::Timestamp>().is_ok()
}

fn check_head(top: &Map<String, Value>, at: &str, checked: &mut Checked, report: &mut ObjectReport) {
    let Some(value) = top.get("head") else {
        return report.wrong("E036", at, "there is no head");
    };
    let last = checked.versions.keys().max_by_key(|name| version_number(name)).cloned();
    match value.as_str() {
        Some(head) if Some(head) == last.as_deref() => checked.head = Some(head.to_owned()),
        _ => report.wrong("E040", at, format!("the head is {value}, which is not the last version")),
    }
}

fn check_use(checked: &Checked, at: &str, report: &mut ObjectReport) {
    let states = checked.versions.values().flat_map(|version| &version.state);
    let used: HashSet<&str> = states.map(|(digest, _)| digest.as_str()).collect();
    for (digest, paths) in &checked.manifest {
        if !used.contains(digest.as_str()) {
            report.wrong("E107", at, format!("no version uses {digest} ({})", paths.join(", ")));
        }
    }
}

fn check_fixity(top: &Map<String, Value>, at: &str, checked: &mut Checked, report: &mut ObjectReport) {
    let Some(value) = top.get("fixity") else { return };
    let Some(blocks) = value.as_object() else {
        return report.wrong("E111", at, "the fixity block is no JSON object");
    };
    for (algorithm, block) in blocks {
        let place = format!("{at} (fixity {algorithm})");
        let map = digest_map(block, "E057", "E097", &place, report);
        check_paths(map.iter().flat_map(|(_, paths)| paths), ["E100", "E099", "E101"], &place, report);
        for (digest, paths) in map {
            for path in paths {
                if !checked.manifest.iter().any(|(_, known)| known.contains(&path)) {
                    report.wrong(
                        "E093",
                        at,
                        format!("the manifest does not hold {path:?} of the fixity block"),
                    );
                }
                checked.fixity.push((algorithm.clone(), digest.clone(), path));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_need_seconds_and_zone() {
        for good in
            ["2019-01-01T02:03:04Z", "2021-03-31T08:22:37.241208990-05:00", "2020-02-29T23:59:59+07:00"]
        {
            assert!(is_rfc3339(good), "{good}");
        }
        for bad in [
            "2019-01-01T02:03Z",
            "2019-01-01T02:03:04",
            "2019-01-01",
            "2019-13-01T02:03:04Z",
            "2019-01-01T02:03:04.Z",
            "2019-01-01 02:03:04Z",
            "2021-02-30T00:00:00Z",
            "2019-01-01T02:03:04+0700",
            "",
        ] {
            assert!(!is_rfc3339(bad), "{bad}");
        }
    }

    fn codes(names: &[&str]) -> Vec<&'static str> {
        let mut report = ObjectReport::default();
        let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
        check_sequence(names.iter(), "", &mut report);
        report.errors.iter().map(|p| p.code).collect()
    }

    #[test]
    fn versions_count_without_gaps_and_are_padded_alike() {
        assert!(codes(&["v1", "v2", "v3"]).is_empty());
        assert!(codes(&["v001", "v002"]).is_empty());
        let ten: Vec<String> = (1..=10).map(|n| format!("v{n:03}")).collect();
        assert!(codes(&ten.iter().map(String::as_str).collect::<Vec<_>>()).is_empty());
        assert_eq!(codes(&["v2"]), ["E009", "E010"]);
        assert_eq!(codes(&["v1", "v3"]), ["E010"]);
        assert_eq!(codes(&["v01", "v002"]), ["E012"]);
        assert_eq!(codes(&["v1", "v02"]), ["E013"]);
        assert_eq!(codes(&["v0"]), ["E046", "E009"]);
    }
}
