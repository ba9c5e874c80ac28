//! Paths as manifests and `fetch.txt` write them.

use unicode_normalization::UnicodeNormalization;

/// A path of a manifest, made plain.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BagPath {
    pub(super) path: String,
    /// It began with `./`.
    pub(super) is_dotted: bool,
}

/// CR, LF and (from 1.0 on) `%` are written in percent-encoding, and only they (RFC 8493, 2.1.3). Refused is whatever
/// leads, on any system, out of the bag: absolute paths, `..`, drives, shares, homes.
pub(super) fn read(written: &str, decodes_percent: bool) -> Result<BagPath, &'static str> {
    let mut path = decode(written, decodes_percent);
    let mut is_dotted = false;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.to_owned();
        is_dotted = true;
    }
    if path.starts_with('/') || path.contains('\\') || path.as_bytes().get(1) == Some(&b':') {
        return Err("it is an absolute path or one of another system");
    }
    if path.starts_with('~') || path.starts_with('%') {
        return Err("it stands for somebody's home or a variable");
    }
    if path.contains('\0') {
        return Err("it holds a zero byte");
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err("it has a part that is empty, . or ..");
    }
    Ok(BagPath { path, is_dotted })
}

fn decode(written: &str, decodes_percent: bool) -> String {
    let mut plain = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3).map(str::to_ascii_uppercase);
        let decoded = match code.as_deref() {
            Some("0A") => Some('\n'),
            Some("0D") => Some('\r'),
            Some("25") if decodes_percent => Some('%'),
            _ => None,
        };
        plain.push(decoded.unwrap_or('%'));
        rest = &rest[at + if decoded.is_some() { 3 } else { 1 }..];
    }
    plain + rest
}

/// As a manifest of version 1.0 writes it.
pub(super) fn write(path: &str) -> String {
    path.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What two names have in common that some file systems take for one: NFC, lower case.
pub(crate) fn folded(path: &str) -> String {
    path.nfc().flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_line_ends_and_percent_are_encoded() {
        for path in ["data/a\nb", "data/a\r\nb", "data/100%25", "data/%7Edir", "data/hồ sơ%", "data/%"] {
            assert_eq!(read(&write(path), true).unwrap().path, path);
        }
        assert_eq!(read("data/%7Ea%0a%25", false).unwrap().path, "data/%7Ea\n%25");
        assert_eq!(read("././data/a", true), Ok(BagPath { path: "data/a".into(), is_dotted: true }));
    }

    #[test]
    fn what_leads_out_is_refused() {
        for path in [
            "/etc/passwd",
            "../a",
            "data/../../a",
            "data//a",
            "data/",
            "~/a",
            "~root/a",
            "C:\\a",
            "c:a",
            "\\\\server\\a",
            "%HOME%/a",
            "data/a\0b",
            "",
            "./",
        ] {
            assert!(read(path, true).is_err(), "{path:?}");
        }
    }

    #[test]
    fn names_that_a_disk_may_take_for_one() {
        assert_eq!(folded("data/Nu\u{301}n\u{303}EZ"), folded("data/núñez"));
        assert_ne!(folded("data/nunez"), folded("data/núñez"));
    }
}
