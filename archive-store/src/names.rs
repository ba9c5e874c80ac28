//! Logical paths: which are taken at all, and which can live beside each other on any file system.

use crate::StoreError;
use std::collections::HashMap;

const MAX_PATH_BYTES: usize = 400;
const MAX_PART_BYTES: usize = 200;
/// Device names of Windows; a file of that name, with any extension, cannot be written there.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The paths of one version. Two paths that differ only in the case of letters collide, in their folders too.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Lower-case path of every file and every folder above one → how it is written, and how many files need it.
    taken: HashMap<String, Taken>,
}

#[derive(Debug)]
struct Taken {
    written: String,
    is_file: bool,
    users: usize,
}

impl Names {
    pub(crate) fn insert(&mut self, path: &str) -> Result<(), StoreError> {
        check_path(path)?;
        for (prefix, is_file) in prefixes(path) {
            if let Some(taken) = self.taken.get(&prefix.to_ascii_lowercase())
                && (is_file || taken.is_file || taken.written != prefix)
            {
                return Err(StoreError::PathTaken { path: path.to_owned(), other: taken.written.clone() });
            }
        }
        for (prefix, is_file) in prefixes(path) {
            let fresh = || Taken { written: prefix.to_owned(), is_file, users: 0 };
            self.taken.entry(prefix.to_ascii_lowercase()).or_insert_with(fresh).users += 1;
        }
        Ok(())
    }

    pub(crate) fn remove(&mut self, path: &str) {
        for (prefix, _) in prefixes(path) {
            let key = prefix.to_ascii_lowercase();
            if let Some(taken) = self.taken.get_mut(&key) {
                taken.users -= 1;
                if taken.users == 0 {
                    self.taken.remove(&key);
                }
            }
        }
    }
}

/// `a/b/c` gives `a`, `a/b` and, as the file, `a/b/c`.
fn prefixes(path: &str) -> impl Iterator<Item = (&str, bool)> {
    path.match_indices('/').map(|(end, _)| (&path[..end], false)).chain([(path, true)])
}

/// ASCII, relative, no empty, `.` or `..` part, nothing that Windows cannot write.
pub(crate) fn check_path(path: &str) -> Result<(), StoreError> {
    match fault(path) {
        None => Ok(()),
        Some(why) => Err(StoreError::BadPath { path: path.to_owned(), why }),
    }
}

fn fault(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("it is empty");
    }
    if path.len() > MAX_PATH_BYTES {
        return Some("it is longer than 400 bytes");
    }
    if !path.is_ascii() {
        return Some("it is not plain ASCII; keep Vietnamese names in the data, not in paths");
    }
    if path.bytes().any(|b| b.is_ascii_control() || b"\\:*?\"<>|".contains(&b)) {
        return Some("it holds a character that some file systems refuse");
    }
    path.split('/').find_map(|part| {
        if part.is_empty() {
            return Some("a part of it is empty");
        }
        if part == "." || part == ".." {
            return Some("it holds a part . or ..");
        }
        if part.len() > MAX_PART_BYTES {
            return Some("a part of it is longer than 200 bytes");
        }
        if part.starts_with(' ') || part.ends_with([' ', '.']) {
            return Some("a part of it begins or ends with a space or ends with a dot");
        }
        let stem = part.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let numbered = |name: &str| {
            stem.strip_prefix(name).is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit())
        };
        if DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt") {
            return Some("a part of it is a device name on Windows");
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_portable_paths_are_taken() {
        for path in ["a", "a/b.pdf", "representations/rep1/data/HS-1.0001.pdf", "a b/c", "..a/b..c"] {
            assert!(check_path(path).is_ok(), "{path}");
        }
        // "e\u{301}" is é in NFD: composed or decomposed, no accents at all.
        for path in [
            "",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "a/../b",
            "./a",
            "a\\b",
            "C:/a",
            "hồ sơ",
            "e\u{301}",
            "a\nb",
            "a\0b",
            " a",
            "a ",
            "a.",
            "NUL",
            "a/com1.txt",
            "aux.xml",
        ] {
            assert!(matches!(check_path(path), Err(StoreError::BadPath { .. })), "{path:?}");
        }
        assert!(check_path(&"a".repeat(201)).is_err());
        assert!(check_path(&"a/".repeat(300)).is_err());
    }

    #[test]
    fn names_that_would_meet_on_another_disk_collide() {
        let mut names = Names::default();
        names.insert("data/A/1.tif").unwrap();
        for path in
            ["data/A/1.tif", "data/A/1.TIF", "data/a/2.tif", "DATA/x", "data/A", "data/A/1.tif/x", "data/a"]
        {
            assert!(matches!(names.insert(path), Err(StoreError::PathTaken { .. })), "{path}");
        }
        names.insert("data/A/2.tif").unwrap();
        names.remove("data/A/1.tif");
        names.insert("data/A/1.TIF").unwrap();
        names.remove("data/A/1.TIF");
        names.remove("data/A/2.tif");
        names.insert("data/a").unwrap();
    }
}
