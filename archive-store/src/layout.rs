//! Where an object lies: OCFL extension 0003-hash-and-id-n-tuple-storage-layout, SHA-256, three tuples of three.

use crate::StoreError;
use record::{ObjectId, Sha256};
use sha2::Digest;
use std::path::{Path, PathBuf};

/// Characters of an encoded id before the extension would cut it.
const MAX_ENCODED: usize = 100;

/// SHA-256 of the id, as for the tuples; lock files carry it as their name.
pub(crate) fn id_digest(id: &ObjectId) -> Sha256 {
    Sha256(sha2::Sha256::digest(id.as_str().as_bytes()).into())
}

/// The folder names that lead from the storage root to the object, its own folder last.
pub(crate) fn object_parts(id: &ObjectId) -> [String; 4] {
    let digest = id_digest(id).to_string();
    let tuple = |n: usize| digest[3 * n..3 * n + 3].to_owned();
    let mut name = encode(id.as_str());
    if name.len() > MAX_ENCODED {
        name.truncate(MAX_ENCODED);
        name = format!("{name}-{digest}");
    }
    [tuple(0), tuple(1), tuple(2), name]
}

/// The object's folder below the storage root.
pub fn object_folder(id: &ObjectId) -> PathBuf {
    object_parts(id).iter().collect()
}

/// `A-Z a-z 0-9 - _` stand for themselves, every other byte is `%` and two lower-case hex digits.
fn encode(id: &str) -> String {
    let mut out = String::new();
    for byte in id.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => out.push(byte as char),
            other => out.push_str(&format!("%{other:02x}")),
        }
    }
    out
}

/// The id of the object in a folder below the storage root; `None` where the folder's name was cut, or is none of ours.
pub fn object_of_folder(folder: &Path) -> Option<ObjectId> {
    id_from_name(folder.file_name()?.to_str()?)
}

/// The id that a folder's name holds, where the name was not cut.
pub(crate) fn id_from_name(name: &str) -> Option<ObjectId> {
    if name.len() > MAX_ENCODED {
        return None;
    }
    let mut bytes = Vec::new();
    let mut rest = name.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let hex = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    let id = ObjectId::new(std::str::from_utf8(&bytes).ok()?).ok()?;
    (object_parts(&id)[3] == name).then_some(id)
}

/// What this program gives an object: a URI, ASCII, short enough that its folder's name holds it whole.
pub(crate) fn check_id(id: &ObjectId) -> Result<(), StoreError> {
    let bad = |why| Err(StoreError::BadId { id: id.clone(), why });
    if !id.as_str().is_ascii() {
        return bad("it is not plain ASCII");
    }
    if !is_uri(id.as_str()) {
        return bad("it is not a URI");
    }
    if encode(id.as_str()).len() > MAX_ENCODED {
        return bad("its folder name would be longer than 100 characters");
    }
    Ok(())
}

/// RFC 3986: a scheme, a colon, something without white space.
pub(crate) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let mut scheme = scheme.chars();
    scheme.next().is_some_and(|c| c.is_ascii_alphabetic())
        && scheme.all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        && !rest.is_empty()
        && !rest.contains(|c: char| c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ObjectId {
        ObjectId::new(text).unwrap()
    }

    /// The vectors of the extension's own page.
    #[test]
    fn the_published_vectors() {
        let folder = |text: &str| object_folder(&id(text)).to_str().unwrap().to_owned();
        assert_eq!(folder("object-01"), "3c0/ff4/240/object-01");
        assert_eq!(folder("..hor/rib:le-$id"), "487/326/d8c/%2e%2ehor%2frib%3ale-%24id");
        let long = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl/nopqrst";
        assert!(folder(long).len() < 120);
    }

    #[test]
    fn a_name_leads_back_to_its_id() {
        for text in ["urn:vks-kv7:uuid:00000000-0000-4000-8000-000000000000", "..hor/rib:le-$id", "hồ sơ"]
        {
            assert_eq!(id_from_name(&object_parts(&id(text))[3]), Some(id(text)));
        }
        for name in ["%", "%zz", "%2", "a%2Fb", "%41"] {
            assert_eq!(id_from_name(name), None, "{name}");
        }
    }

    #[test]
    fn only_uris_that_fit_are_taken() {
        assert!(check_id(&id("urn:vks-kv7:uuid:0b")).is_ok());
        assert!(check_id(&id("object-01")).is_err());
        assert!(check_id(&id("urn:hồ-sơ:1")).is_err());
        assert!(check_id(&id(&format!("urn:{}", ":".repeat(60)))).is_err());
    }
}
