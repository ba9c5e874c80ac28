//! File names as they come from scanners and old disks: sorted as people count, written as the archive keeps them.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Order in which people read numbered names: digit runs by value, letters without regard to case, then byte for byte
/// so that the order is total (`page2` before `page10`, `trang-01` before `trang-1a`).
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut x, mut y) = (a, b);
    loop {
        let ordering = match (x.chars().next(), y.chars().next()) {
            (None, None) => return a.cmp(b),
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(c), Some(d)) if c.is_ascii_digit() && d.is_ascii_digit() => {
                let (m, rest_x) = digits(x);
                let (n, rest_y) = digits(y);
                (x, y) = (rest_x, rest_y);
                m.len().cmp(&n.len()).then_with(|| m.cmp(n))
            }
            (Some(c), Some(d)) => {
                (x, y) = (&x[c.len_utf8()..], &y[d.len_utf8()..]);
                c.to_lowercase().cmp(d.to_lowercase())
            }
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
}

/// The leading digits without their zeros, and what follows.
fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (text[..end].trim_start_matches('0'), &text[end..])
}

/// A name as the archive writes it: NFC, control characters and bytes that are no UTF-8 escaped. The flag says whether
/// that changed it.
pub(crate) fn archive_name(name: &OsStr) -> (String, bool) {
    let mut text = String::new();
    for chunk in name.as_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() || c == '/' || c == '\\' {
                text.extend(c.escape_unicode());
            } else {
                text.push(c);
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    let text = vitext::nfc(&text).to_string();
    let changed = text.as_bytes() != name.as_bytes();
    (text, changed)
}

/// What operating systems leave in folders: no part of any case file.
pub(crate) fn is_system_litter(name: &str) -> bool {
    let lower = name.to_lowercase();
    matches!(lower.as_str(), ".ds_store" | "thumbs.db" | "desktop.ini" | "__macosx")
        || lower.starts_with("._")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_by_value() {
        let mut names =
            ["trang 10", "trang 9", "Trang 1", "trang 01", "bìa", "trang 1a", "trang 100000000000000000000"];
        names.sort_by(|a, b| natural_order(a, b));
        assert_eq!(
            names,
            ["bìa", "Trang 1", "trang 01", "trang 1a", "trang 9", "trang 10", "trang 100000000000000000000"]
        );
    }

    #[test]
    fn names_become_nfc_and_printable() {
        let (name, changed) = archive_name(OsStr::new("to\u{300}a\nán.jpg"));
        assert_eq!((name.as_str(), changed), ("tòa\\u{a}án.jpg", true));
        assert_eq!(archive_name(OsStr::from_bytes(b"a\xffb")).0, "a\\xffb");
        assert_eq!(archive_name(OsStr::new("bình thường.pdf")), ("bình thường.pdf".to_owned(), false));
    }
}
