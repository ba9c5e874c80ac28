//! Lines of manifests and of `fetch.txt`.

use super::tags::lines;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

/// A digest algorithm that a manifest may be named after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Algorithm {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// A digest being made.
#[derive(Clone)]
pub(crate) enum Hasher {
    Md5(Md5),
    Sha1(Sha1),
    Sha224(Sha224),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Algorithm {
    /// `sha512` of `manifest-sha512.txt`.
    pub(crate) fn of_name(name: &str) -> Option<Algorithm> {
        Some(match name.to_ascii_lowercase().replace('-', "").as_str() {
            "md5" => Algorithm::Md5,
            "sha1" => Algorithm::Sha1,
            "sha224" => Algorithm::Sha224,
            "sha256" => Algorithm::Sha256,
            "sha384" => Algorithm::Sha384,
            "sha512" => Algorithm::Sha512,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Algorithm::Md5 => "md5",
            Algorithm::Sha1 => "sha1",
            Algorithm::Sha224 => "sha224",
            Algorithm::Sha256 => "sha256",
            Algorithm::Sha384 => "sha384",
            Algorithm::Sha512 => "sha512",
        }
    }

    pub(crate) fn hasher(self) -> Hasher {
        match self {
            Algorithm::Md5 => Hasher::Md5(Md5::new()),
            Algorithm::Sha1 => Hasher::Sha1(Sha1::new()),
            Algorithm::Sha224 => Hasher::Sha224(Sha224::new()),
            Algorithm::Sha256 => Hasher::Sha256(Sha256::new()),
            Algorithm::Sha384 => Hasher::Sha384(Sha384::new()),
            Algorithm::Sha512 => Hasher::Sha512(Sha512::new()),
        }
    }
}

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Md5(h) => h.update(bytes),
            Hasher::Sha1(h) => h.update(bytes),
            Hasher::Sha224(h) => h.update(bytes),
            Hasher::Sha256(h) => h.update(bytes),
            Hasher::Sha384(h) => h.update(bytes),
            Hasher::Sha512(h) => h.update(bytes),
        }
    }

    /// Lower-case hexadecimal.
    pub(crate) fn finish(self) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            Hasher::Md5(h) => hex(&h.finalize()),
            Hasher::Sha1(h) => hex(&h.finalize()),
            Hasher::Sha224(h) => hex(&h.finalize()),
            Hasher::Sha256(h) => hex(&h.finalize()),
            Hasher::Sha384(h) => hex(&h.finalize()),
            Hasher::Sha512(h) => hex(&h.finalize()),
        }
    }
}

/// A line of a manifest: digest, white space, path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ManifestLine<'a> {
    /// Counts from 1.
    pub(super) no: usize,
    /// As written.
    pub(super) digest: &'a str,
    /// As written, still encoded.
    pub(super) path: &'a str,
    /// The mark of `md5sum -b` stands in front of the path.
    pub(super) is_starred: bool,
}

/// The lines of a manifest; the number of a line that is none.
pub(super) fn manifest_lines(text: &str) -> impl Iterator<Item = Result<ManifestLine<'_>, usize>> {
    numbered(text).map(|(no, line)| {
        let (digest, rest) = line.split_once([' ', '\t']).ok_or(no)?;
        let rest = rest.trim_start_matches([' ', '\t']);
        let (path, is_starred) = rest.strip_prefix('*').map_or((rest, false), |path| (path, true));
        if digest.is_empty() || !digest.bytes().all(|b| b.is_ascii_hexdigit()) || path.is_empty() {
            return Err(no);
        }
        Ok(ManifestLine { no, digest, path, is_starred })
    })
}

/// The paths of `fetch.txt` (`URL length path`), still encoded; the number of a line that is none.
pub(super) fn fetch_paths(text: &str) -> impl Iterator<Item = Result<&str, usize>> {
    numbered(text).map(|(no, line)| {
        let mut words = line.splitn(2, [' ', '\t']);
        let (Some(_), Some(rest)) = (words.next(), words.next()) else { return Err(no) };
        let (length, path) = rest.trim_start().split_once([' ', '\t']).ok_or(no)?;
        let is_length = length == "-" || length.bytes().all(|b| b.is_ascii_digit());
        let path = path.trim_start_matches([' ', '\t']);
        if is_length && !path.is_empty() { Ok(path) } else { Err(no) }
    })
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    lines(text).enumerate().map(|(idx, line)| (idx + 1, line)).filter(|(_, line)| !line.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_manifests_and_fetch() {
        let found: Vec<_> = manifest_lines("00ff  data/a b\r\n\n0A *data/c\nxyz data/d\n00\n").collect();
        let line = |no, digest, path, is_starred| Ok(ManifestLine { no, digest, path, is_starred });
        assert_eq!(
            found,
            [line(1, "00ff", "data/a b", false), line(3, "0A", "data/c", true), Err(4), Err(5)]
        );
        let fetch: Vec<_> = fetch_paths("http://x/a - data/a b\nhttp://x/b 12 data/b\nhttp://x\n").collect();
        assert_eq!(fetch, [Ok("data/a b"), Ok("data/b"), Err(3)]);
    }

    /// The digests of nothing, as `sha512sum` and the others give them.
    #[test]
    fn algorithms_by_the_name_of_the_manifest() {
        for (name, start) in [
            ("md5", "d41d8cd9"),
            ("sha1", "da39a3ee"),
            ("SHA-224", "d14a028c"),
            ("sha256", "e3b0c442"),
            ("sha384", "38b060a7"),
            ("sha512", "cf83e135"),
        ] {
            let digest = Algorithm::of_name(name).unwrap().hasher().finish();
            assert!(digest.starts_with(start), "{name} {digest}");
        }
        assert_eq!(Algorithm::of_name("crc32"), None);
    }
}
