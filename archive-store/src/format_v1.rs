//! `inventory.json` of OCFL 1.1 as this program writes it and reads it back. Strict: it must be what we write, or
//! what other programs write in the same terms (SHA-512, content folder `content`, unpadded versions).

use crate::inventory::{CONTENT, Content, Inventory, Version, VersionNo};
use record::{ObjectId, Sha256, Sha512};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

const TYPE: &str = "https://ocfl.io/1.1/spec/#inventory";

/// A text where it stands in the inventory's bytes, or in memory where it has escapes: a case file has thousands, read each time
/// that it is opened.
#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Digest in hexadecimal → paths.
type Digests<'a> = BTreeMap<Text<'a>, Vec<Text<'a>>>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InventoryJson<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "digestAlgorithm")]
    digest_algorithm: String,
    head: String,
    #[serde(rename = "contentDirectory", default, skip_serializing_if = "Option::is_none")]
    content_directory: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[serde(borrow)]
    fixity: BTreeMap<String, Digests<'a>>,
    #[serde(borrow)]
    manifest: Digests<'a>,
    #[serde(borrow)]
    versions: BTreeMap<String, VersionJson<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionJson<'a> {
    created: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    user: UserJson,
    #[serde(borrow)]
    state: Digests<'a>,
}

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct UserJson {
    name: String,
    #[serde(default)]
    address: String,
}

/// The bytes for the disk: compact, keys in a fixed order, digests and paths sorted.
pub(crate) fn to_bytes(inventory: &Inventory) -> Vec<u8> {
    let mut manifest = Digests::new();
    let mut sha256 = Digests::new();
    for (digest, content) in &inventory.content {
        let paths = || content.paths.iter().map(|path| Text(path.into()));
        manifest.insert(Text(digest.to_string().into()), paths().collect());
        if let Some(digest) = content.sha256 {
            sha256.entry(Text(digest.to_string().into())).or_default().extend(paths());
        }
    }
    let mut fixity = BTreeMap::new();
    if !sha256.is_empty() {
        fixity.insert("sha256".to_owned(), sha256);
    }
    let numbered = inventory.versions.iter().zip(1u32..);
    let json = InventoryJson {
        id: inventory.id.to_string(),
        kind: TYPE.to_owned(),
        digest_algorithm: "sha512".to_owned(),
        head: inventory.head().to_string(),
        content_directory: None,
        fixity,
        manifest,
        versions: numbered.map(|(version, no)| (format!("v{no}"), version_json(version))).collect(),
    };
    serde_json::to_vec(&json).expect("text keys and text values always serialise")
}

fn version_json(version: &Version) -> VersionJson<'_> {
    let mut state = Digests::new();
    for (path, digest) in &version.state {
        state.entry(Text(digest.to_string().into())).or_default().push(Text(path.into()));
    }
    VersionJson {
        created: version.created.to_string(),
        message: version.message.clone(),
        user: UserJson { name: version.user_name.clone(), address: version.user_address.clone() },
        state,
    }
}

/// Reads the bytes back; the reason in words where they are not such an inventory.
pub(crate) fn parse(bytes: &[u8]) -> Result<Inventory, String> {
    let json: InventoryJson = serde_json::from_slice(bytes).map_err(|e| format!("not an inventory: {e}"))?;
    if json.kind != TYPE {
        return Err(format!("the inventory's type is {:?}, not that of OCFL 1.1", json.kind));
    }
    if json.digest_algorithm != "sha512" {
        return Err(format!("its digest algorithm is {:?}, not sha512", json.digest_algorithm));
    }
    if json.content_directory.as_deref().is_some_and(|name| name != CONTENT) {
        return Err("its content folder is not called content".to_owned());
    }
    let id = ObjectId::new(&json.id).map_err(|e| e.to_string())?;
    let mut content = read_manifest(json.manifest)?;
    if let Some(sha256) = json.fixity.get("sha256") {
        add_sha256(&mut content, sha256)?;
    }
    let mut numbered = BTreeMap::new();
    for (name, version) in json.versions {
        let no = VersionNo::parse(&name).ok_or_else(|| format!("{name:?} is no version number"))?;
        numbered.insert(no, read_version(&name, version, &content)?);
    }
    let count = numbered.len() as u32;
    let last = numbered.last_key_value().map(|(no, _)| *no);
    match last {
        Some(no) if no.get() == count && json.head == no.to_string() => {}
        _ => return Err("its versions have gaps or its head is not the last".to_owned()),
    }
    Ok(Inventory { id, versions: numbered.into_values().collect(), content })
}

fn read_manifest(manifest: Digests<'_>) -> Result<BTreeMap<Sha512, Content>, String> {
    let mut content = BTreeMap::new();
    for (Text(digest), paths) in manifest {
        let paths: Vec<String> = paths.into_iter().map(|Text(path)| path.into_owned()).collect();
        if paths.is_empty() {
            return Err(format!("no content path for {digest}"));
        }
        for path in &paths {
            check_content_path(path)?;
        }
        let digest: Sha512 = digest.parse().map_err(|e| format!("{digest:?}: {e}"))?;
        content.insert(digest, Content { paths, sha256: None });
    }
    Ok(content)
}

/// Nothing leads out of the object: `v<n>/content/…`, no empty, `.` or `..` part.
fn check_content_path(path: &str) -> Result<(), String> {
    let mut parts = path.split('/');
    let version = parts.next().and_then(VersionNo::parse);
    let ok = version.is_some()
        && parts.next() == Some(CONTENT)
        && parts.clone().next().is_some()
        && parts.all(|part| !part.is_empty() && part != "." && part != ".." && !part.contains('\0'));
    if ok { Ok(()) } else { Err(format!("{path:?} is no content path")) }
}

fn add_sha256(content: &mut BTreeMap<Sha512, Content>, fixity: &Digests<'_>) -> Result<(), String> {
    let mut by_path = HashMap::with_capacity(fixity.len());
    for (Text(digest), paths) in fixity {
        let sha256: Sha256 = digest.parse().map_err(|e| format!("{digest:?}: {e}"))?;
        by_path.extend(paths.iter().map(|Text(path)| (&**path, sha256)));
    }
    for entry in content.values_mut() {
        entry.sha256 = entry.paths.iter().find_map(|path| by_path.get(path.as_str()).copied());
    }
    Ok(())
}

fn read_version(
    name: &str,
    json: VersionJson<'_>,
    content: &BTreeMap<Sha512, Content>,
) -> Result<Version, String> {
    let created = json.created.parse().map_err(|e| format!("created of {name}: {e}"))?;
    let mut state = BTreeMap::new();
    for (Text(digest), paths) in json.state {
        let digest: Sha512 = digest.parse().map_err(|e| format!("{digest:?}: {e}"))?;
        if !content.contains_key(&digest) {
            return Err(format!("{name} names {digest}, which the manifest does not hold"));
        }
        for Text(path) in paths {
            if path
                .split('/')
                .any(|part| part.is_empty() || part == "." || part == ".." || part.contains('\0'))
            {
                return Err(format!("{name} holds the path {path:?}"));
            }
            if state.insert(path.into_owned(), digest).is_some() {
                return Err(format!("{name} holds a path twice"));
            }
        }
    }
    Ok(Version {
        created,
        message: json.message,
        user_name: json.user.name,
        user_address: json.user.address,
        state,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const D1: &str = "43a43fe8a8a082d3b5343dfaf2fd0c8b8e370675b1f376e92e9994612c33ea255b11298269d72f797399ebb94edeefe53df243643676548f584fb8603ca53a0f";
    const S1: &str = "20b357a2a5bd5f5cf0a5b5d6e4e5a5d7f6f3dd1e6d4a1f0e2b3c4d5e6f708192";

    /// Version 1 of the format, written by hand. Add a text when the format changes, never edit this one.
    fn golden() -> String {
        format!(
            concat!(
                r#"{{"id":"urn:vks:uuid:1","type":"https://ocfl.io/1.1/spec/#inventory","digestAlgorithm":"sha512","head":"v2","#,
                r#""fixity":{{"sha256":{{"{s}":["v1/content/a/b.jpg"]}}}},"manifest":{{"{d}":["v1/content/a/b.jpg"]}},"#,
                r#""versions":{{"v1":{{"created":"2026-11-21T08:30:00Z","message":"nhận","user":{{"name":"hoso","address":"urn:vks:station:1"}},"#,
                r#""state":{{"{d}":["a/b.jpg"]}}}},"v2":{{"created":"2026-11-22T08:30:00Z","message":"đổi tên","user":{{"name":"hoso","#,
                r#""address":"urn:vks:station:1"}},"state":{{"{d}":["a/c.jpg","d.jpg"]}}}}}}}}"#
            ),
            s = S1,
            d = D1
        )
    }

    #[test]
    fn the_golden_inventory_is_read_and_written_byte_for_byte() {
        let text = golden();
        let inventory = parse(text.as_bytes()).unwrap();
        assert_eq!(inventory.head().get(), 2);
        assert_eq!(inventory.versions[1].state["d.jpg"].to_string(), D1);
        let content = inventory.content.values().next().unwrap();
        assert_eq!(content.sha256.unwrap().to_string(), S1);
        assert_eq!(String::from_utf8(to_bytes(&inventory)).unwrap(), text);
    }

    #[test]
    fn what_we_would_not_write_is_refused() {
        let text = golden();
        for (from, to) in [
            ("ocfl.io/1.1", "ocfl.io/2.0"),
            ("\"sha512\"", "\"md5\""),
            ("\"head\":\"v2\"", "\"head\":\"v1\""),
            ("\"head\":\"v2\"", "\"head\":\"v2\",\"contentDirectory\":\"stuff\""),
            ("\"head\":\"v2\"", "\"head\":\"v2\",\"more\":1"),
            ("\"v1\":{", "\"v3\":{"),
            ("\"v1\":{", "\"v01\":{"),
            ("\"v1/content/a/b.jpg\"", "\"v1/content/a/../b.jpg\""),
            ("\"v1/content/a/b.jpg\"", "\"/v1/content/a/b.jpg\""),
            ("\"v1/content/a/b.jpg\"", "\"v1/content\""),
            ("[\"v1/content/a/b.jpg\"]", "[]"),
            ("\"a/c.jpg\"", "\"../c.jpg\""),
            ("\"a/c.jpg\"", "\"d.jpg\""),
            ("\"2026-11-21T08:30:00Z\"", "\"yesterday\""),
            ("\"state\":{\"43", "\"state\":{\"53"),
            ("\"urn:vks:uuid:1\"", "\"\""),
        ] {
            let changed = text.replacen(from, to, if from.contains("content/a/b") { 9 } else { 1 });
            assert_ne!(changed, text);
            assert!(parse(changed.as_bytes()).is_err(), "{from} → {to}");
        }
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
    }

    /// Every byte changed, every length cut: an answer, never a panic.
    #[test]
    fn torn_and_altered_bytes_are_answered() {
        let bytes = golden().into_bytes();
        for at in 0..bytes.len() {
            assert!(parse(&bytes[..at]).is_err());
            for mask in [1, 0x20, 0x80] {
                let mut altered = bytes.clone();
                altered[at] ^= mask;
                if let Ok(inventory) = parse(&altered) {
                    assert_eq!(parse(&to_bytes(&inventory)), Ok(inventory));
                }
            }
        }
    }
}
