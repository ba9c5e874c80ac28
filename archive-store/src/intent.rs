//! The record that a version is about to appear: what recovery looks at first.

use crate::StoreError;
use crate::inventory::{VersionNo, read_limited};
use record::{ObjectId, Sha512};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// One version about to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Intent {
    pub(crate) id: ObjectId,
    /// The head before; `None` for a new object.
    pub(crate) from: Option<VersionNo>,
    pub(crate) to: VersionNo,
    pub(crate) inventory_sha512: Sha512,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IntentJson {
    v: u32,
    id: String,
    from: Option<String>,
    to: String,
    inventory_sha512: String,
}

impl Intent {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let json = IntentJson {
            v: 1,
            id: self.id.to_string(),
            from: self.from.map(|no| no.to_string()),
            to: self.to.to_string(),
            inventory_sha512: self.inventory_sha512.to_string(),
        };
        serde_json::to_vec(&json).expect("text keys and text values always serialise")
    }

    /// Reads an intent file; `Damaged` if it is none.
    pub(crate) fn read(path: &Path) -> Result<Intent, StoreError> {
        let bytes = read_limited(path, 64 << 10)?;
        parse(&bytes).map_err(|why| StoreError::Damaged { path: path.to_owned(), why })
    }
}

fn parse(bytes: &[u8]) -> Result<Intent, String> {
    let json: IntentJson = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    if json.v != 1 {
        return Err(format!("intent format {} is not known", json.v));
    }
    Ok(Intent {
        id: ObjectId::new(&json.id).map_err(|e| e.to_string())?,
        from: json.from.map(|no| VersionNo::parse(&no).ok_or("no version number")).transpose()?,
        to: VersionNo::parse(&json.to).ok_or("no version number")?,
        inventory_sha512: json.inventory_sha512.parse().map_err(|_| "no digest")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_is_read_back() {
        for (from, to) in [(None, 1), (VersionNo::new(1), 2), (None, 3)] {
            let intent = Intent {
                id: ObjectId::new("urn:a:b").unwrap(),
                from,
                to: VersionNo::new(to).unwrap(),
                inventory_sha512: Sha512([7; 64]),
            };
            assert_eq!(parse(&intent.to_bytes()), Ok(intent));
        }
        for bytes in
            [&b""[..], b"{", br#"{"v":2}"#, br#"{"v":1,"id":"a","from":null,"to":"1","inventory_sha512":""}"#]
        {
            assert!(parse(bytes).is_err());
        }
    }
}
