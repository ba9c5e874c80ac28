//! `manifest-sha256.txt`: one line per file, in the form coreutils and BagIt share, and in exactly one form.
//!
//! What is signed is text, so that a court needs only `sha256sum -c`. One list of files has one manifest,
//! byte for byte: the parser refuses every other spelling instead of repairing it.

use record::Sha256;
use unicode_normalization::is_nfc;

/// Largest manifest that is read, in bytes.
pub const MAX_MANIFEST_BYTES: usize = 64 << 20;
/// Most files a manifest may list.
pub const MAX_MANIFEST_FILES: usize = 500_000;
/// Longest path, in bytes of UTF-8.
pub const MAX_PATH_BYTES: usize = 2048;

const HEX: usize = 64;
const PREFIX: usize = HEX + 2;

/// One file of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestEntry {
    /// Relative to the package, parts separated by `/`.
    pub path: String,
    /// Digest of the whole file.
    pub sha256: Sha256,
}

/// The list of files of one package, sorted by the bytes of the path; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    entries: Vec<ManifestEntry>,
}

/// Why a path cannot stand in a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    #[error("the path is empty or has an empty part")]
    EmptyPart,
    #[error("the path is longer than {MAX_PATH_BYTES} bytes")]
    TooLong,
    #[error("the path has a part `.` or `..`")]
    DotPart,
    #[error("the path is not in Unicode form NFC")]
    NotNfc,
    #[error("the path has a control character")]
    Control,
    #[error("the path has a backslash")]
    Backslash,
    #[error("the path is `-`, which sha256sum takes for the standard input")]
    Dash,
    #[error("the path lies in the folder seal/, which a manifest does not list")]
    InSeal,
}

/// Why bytes, or a list of files, are no manifest. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest lists no file")]
    Empty,
    #[error("the manifest is larger than {MAX_MANIFEST_BYTES} bytes")]
    TooLarge,
    #[error("the manifest lists more than {MAX_MANIFEST_FILES} files")]
    TooManyFiles,
    #[error("the manifest is not UTF-8 from line {line} on")]
    NotUtf8 { line: usize },
    #[error("the manifest's last line does not end with a line feed")]
    NoFinalNewline,
    #[error("line {line} of the manifest is not `<64 lower-case hexadecimal digits><2 spaces><path>`")]
    NotALine { line: usize },
    #[error("{path:?} cannot stand in a manifest: {fault}")]
    Path { path: String, fault: PathFault },
    #[error("{path:?} is listed twice")]
    Duplicate { path: String },
    #[error("line {line} of the manifest is out of order")]
    OutOfOrder { line: usize },
    #[error("the manifest is not in canonical form")]
    NotCanonical,
}

impl Manifest {
    /// A manifest of these files, in any order. Fails on an empty list, a path listed twice, or a path
    /// that has no place in a manifest (the caller must have stored the file under that very name).
    pub fn from_entries(entries: Vec<(String, Sha256)>) -> Result<Self, ManifestError> {
        if entries.is_empty() {
            return Err(ManifestError::Empty);
        }
        if entries.len() > MAX_MANIFEST_FILES {
            return Err(ManifestError::TooManyFiles);
        }
        if entries.iter().map(|(path, _)| path.len() + PREFIX + 1).sum::<usize>() > MAX_MANIFEST_BYTES {
            return Err(ManifestError::TooLarge);
        }
        let mut entries: Vec<ManifestEntry> =
            entries.into_iter().map(|(path, sha256)| ManifestEntry { path, sha256 }).collect();
        for entry in &entries {
            check_path(&entry.path)
                .map_err(|fault| ManifestError::Path { path: entry.path.clone(), fault })?;
        }
        entries.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        if let Some(pair) = entries.windows(2).find(|pair| pair[0].path == pair[1].path) {
            return Err(ManifestError::Duplicate { path: pair[0].path.clone() });
        }
        Ok(Self { entries })
    }

    /// Reads a manifest and demands its canonical form: printing the result gives the same bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(ManifestError::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|e| ManifestError::NotUtf8 {
            line: 1 + bytes[..e.valid_up_to()].iter().filter(|b| **b == b'\n').count(),
        })?;
        if text.is_empty() {
            return Err(ManifestError::Empty);
        }
        let body = text.strip_suffix('\n').ok_or(ManifestError::NoFinalNewline)?;
        let mut entries: Vec<ManifestEntry> = Vec::new();
        for (idx, line) in body.split('\n').enumerate() {
            let line_no = idx + 1;
            if line_no > MAX_MANIFEST_FILES {
                return Err(ManifestError::TooManyFiles);
            }
            let entry = parse_line(line).ok_or(ManifestError::NotALine { line: line_no })?;
            check_path(&entry.path)
                .map_err(|fault| ManifestError::Path { path: entry.path.clone(), fault })?;
            if let Some(last) = entries.last() {
                match last.path.as_bytes().cmp(entry.path.as_bytes()) {
                    std::cmp::Ordering::Less => {}
                    std::cmp::Ordering::Equal => return Err(ManifestError::Duplicate { path: entry.path }),
                    std::cmp::Ordering::Greater => return Err(ManifestError::OutOfOrder { line: line_no }),
                }
            }
            entries.push(entry);
        }
        let manifest = Self { entries };
        if manifest.to_bytes() != bytes {
            return Err(ManifestError::NotCanonical);
        }
        Ok(manifest)
    }

    /// The lines of a damaged manifest that can still be read, for naming what is wrong with the files;
    /// never a reason to trust anything.
    pub(crate) fn legible_lines(bytes: &[u8]) -> Vec<ManifestEntry> {
        let bytes = &bytes[..bytes.len().min(MAX_MANIFEST_BYTES)];
        let lines = bytes.split(|b| *b == b'\n').take(MAX_MANIFEST_FILES);
        let legible = lines.filter_map(|line| std::str::from_utf8(line).ok().and_then(parse_line));
        let mut entries: Vec<ManifestEntry> =
            legible.filter(|entry| check_path(&entry.path).is_ok()).collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries.dedup_by(|a, b| a.path == b.path);
        entries
    }

    /// The canonical bytes: what is hashed, stored and signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = String::with_capacity(self.entries.iter().map(|e| e.path.len() + PREFIX + 1).sum());
        for entry in &self.entries {
            out.push_str(&entry.sha256.to_string());
            out.push_str("  ");
            out.push_str(&entry.path);
            out.push('\n');
        }
        out.into_bytes()
    }

    /// The files, sorted by the bytes of the path.
    pub fn entries(&self) -> &[ManifestEntry] {
        &self.entries
    }

    /// The digest listed for a path.
    pub fn get(&self, path: &str) -> Option<&Sha256> {
        let idx = self.entries.binary_search_by(|e| e.path.as_bytes().cmp(path.as_bytes())).ok()?;
        Some(&self.entries[idx].sha256)
    }
}

fn parse_line(line: &str) -> Option<ManifestEntry> {
    let (digest, rest) = line.split_at_checked(HEX)?;
    if !digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    Some(ManifestEntry { path: rest.strip_prefix("  ")?.to_owned(), sha256: digest.parse().ok()? })
}

fn check_path(path: &str) -> Result<(), PathFault> {
    if path.len() > MAX_PATH_BYTES {
        return Err(PathFault::TooLong);
    }
    if path == "-" {
        return Err(PathFault::Dash);
    }
    for part in path.split('/') {
        match part {
            "" => return Err(PathFault::EmptyPart),
            "." | ".." => return Err(PathFault::DotPart),
            _ => {}
        }
    }
    if path.chars().any(char::is_control) {
        return Err(PathFault::Control);
    }
    if path.contains('\\') {
        return Err(PathFault::Backslash);
    }
    if !is_nfc(path) {
        return Err(PathFault::NotNfc);
    }
    if path == "seal" || path.starts_with("seal/") {
        return Err(PathFault::InSeal);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn parse(text: &str) -> Result<Manifest, ManifestError> {
        Manifest::parse(text.as_bytes())
    }

    #[test]
    fn one_list_has_one_spelling() {
        let good = format!("{A}  a b/hồ sơ.pdf\n{A}  a.txt\n{A}  a/x\n");
        assert_eq!(parse(&good).expect("canonical").to_bytes(), good.as_bytes());
        let wrong = [
            format!("{A}  b\n{A}  a\n"),
            format!("{A}  a\n{A}  a\n"),
            format!("{A}  a"),
            format!("{A}  a\n\n"),
            format!("\n{A}  a\n"),
            format!("{A}  a\r\n"),
            format!("\u{feff}{A}  a\n"),
            format!("{}  a\n", A.to_uppercase()),
            format!("{A} *a\n"),
            format!("{A} a\n"),
            format!("{A}  \n"),
            format!("{A}  /a\n"),
            format!("{A}  a/\n"),
            format!("{A}  a//b\n"),
            format!("{A}  ./a\n"),
            format!("{A}  a/../b\n"),
            format!("{A}  a\\b\n"),
            format!("\\{A}  a\n"),
            format!("{A}  a\tb\n"),
            format!("{A}  -\n"),
            format!("{A}  ho\u{302}\n"),
            format!("{A}  seal/manifest.p7s\n"),
            format!("# {A}\n{A}  a\n"),
            format!("{}  a\n", &A[1..]),
            String::new(),
            "\n".into(),
        ];
        for text in wrong {
            assert!(parse(&text).is_err(), "{text:?}");
        }
        assert_eq!(Manifest::parse(b"\xff"), Err(ManifestError::NotUtf8 { line: 1 }));
    }

    #[test]
    fn says_which_path_and_why() {
        let digest: Sha256 = A.parse().expect("digest");
        let fault = |path: &str| match Manifest::from_entries(vec![(path.into(), digest)]) {
            Err(ManifestError::Path { fault, .. }) => Some(fault),
            _ => None,
        };
        assert_eq!(fault("a\nb"), Some(PathFault::Control));
        assert_eq!(fault(&"a".repeat(MAX_PATH_BYTES + 1)), Some(PathFault::TooLong));
        assert_eq!(fault("seal"), Some(PathFault::InSeal));
        assert_eq!(fault("sealed/a"), None);
        assert_eq!(Manifest::from_entries(vec![]), Err(ManifestError::Empty));
        let twice = vec![("a".into(), digest), ("a".into(), digest)];
        assert_eq!(Manifest::from_entries(twice), Err(ManifestError::Duplicate { path: "a".into() }));
    }

    #[test]
    fn legible_lines_of_a_damaged_manifest() {
        let damaged = format!("{A}  b\nrubbish\n{A}  a\n{A}  ../x\n");
        let lines = Manifest::legible_lines(damaged.as_bytes());
        assert_eq!(lines.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    proptest! {
        #[test]
        fn prints_what_it_parses(files in proptest::collection::btree_map(
            "[a-zđấ .%*#-]{1,12}(/[a-zABÔư ._~]{1,9}){0,3}", any::<[u8; 32]>(), 1..20)
        ) {
            let list: Vec<_> = files.into_iter().rev().map(|(p, d)| (p, Sha256(d))).collect();
            if let Ok(manifest) = Manifest::from_entries(list.clone()) {
                prop_assert_eq!(&Manifest::parse(&manifest.to_bytes()), &Ok(manifest.clone()));
                for (path, digest) in &list {
                    prop_assert_eq!(manifest.get(path), Some(digest));
                }
            }
        }

        #[test]
        fn any_bytes_parse_to_themselves_or_not_at_all(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b' '), Just(b'a'), any::<u8>()], 0..300)
        ) {
            if let Ok(manifest) = Manifest::parse(&bytes) {
                prop_assert_eq!(manifest.to_bytes(), bytes);
            }
        }

        #[test]
        fn one_changed_byte_never_reads_as_the_same_list(at in 0usize..134, flip in 1u8..=255) {
            let mut bytes = format!("{A}  a\n{A}  b/c\n").into_bytes();
            let before = Manifest::parse(&bytes).expect("canonical");
            let at = at % bytes.len();
            bytes[at] ^= flip;
            prop_assert_ne!(Manifest::parse(&bytes), Ok(before));
        }
    }
}
