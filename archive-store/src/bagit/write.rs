use super::path;
use crate::StoreError;
use crate::hashed::Hashed;
use crate::sink::Sink;
use record::{Sha256, Sha512};
use std::collections::BTreeMap;
use std::io::Read;

const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// A bag being written: payload first, then [`BagWriter::finish`].
pub(crate) struct BagWriter<'a> {
    sink: &'a mut dyn Sink,
    payload: BTreeMap<String, (Sha512, Sha256)>,
    bytes: u64,
}

impl<'a> BagWriter<'a> {
    pub(crate) fn new(sink: &'a mut dyn Sink) -> BagWriter<'a> {
        BagWriter { sink, payload: BTreeMap::new(), bytes: 0 }
    }

    /// Adds a file as `data/<path>`; its SHA-512 for the caller to compare.
    pub(crate) fn add(&mut self, path: &str, from: &mut dyn Read) -> Result<Sha512, StoreError> {
        let path = format!("data/{path}");
        let mut hashed = Hashed::new(from);
        self.sink.put(&path, &mut hashed)?;
        let (sha512, sha256, bytes) = hashed.finish();
        self.payload.insert(path, (sha512, sha256));
        self.bytes += bytes;
        Ok(sha512)
    }

    /// Writes declaration, `bag-info.txt` (the labels given, then `Payload-Oxum`) and manifests.
    pub(crate) fn finish(self, info: &[(String, String)]) -> Result<(), StoreError> {
        let oxum = format!("{}.{}", self.bytes, self.payload.len());
        let one_line = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut lines: Vec<String> =
            info.iter().map(|(label, value)| format!("{label}: {}\n", one_line(value))).collect();
        lines.push(format!("Payload-Oxum: {oxum}\n"));
        let mut tags = BTreeMap::new();
        for (name, text) in [
            ("bagit.txt", DECLARATION.to_owned()),
            ("bag-info.txt", lines.concat()),
            ("manifest-sha512.txt", manifest(&self.payload, |(sha512, _)| sha512.to_string())),
            ("manifest-sha256.txt", manifest(&self.payload, |(_, sha256)| sha256.to_string())),
        ] {
            tags.insert(name.to_owned(), put(self.sink, name, &text)?);
        }
        put(self.sink, "tagmanifest-sha512.txt", &manifest(&tags, |(sha512, _)| sha512.to_string()))?;
        put(self.sink, "tagmanifest-sha256.txt", &manifest(&tags, |(_, sha256)| sha256.to_string()))?;
        Ok(())
    }
}

fn put(sink: &mut dyn Sink, name: &str, text: &str) -> Result<(Sha512, Sha256), StoreError> {
    let mut hashed = Hashed::new(text.as_bytes());
    sink.put(name, &mut hashed)?;
    let (sha512, sha256, _) = hashed.finish();
    Ok((sha512, sha256))
}

fn manifest<D>(files: &BTreeMap<String, D>, digest: impl Fn(&D) -> String) -> String {
    files.iter().map(|(path, d)| format!("{}  {}\n", digest(d), path::write(path))).collect()
}
