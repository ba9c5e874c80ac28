//! What a file's format is called in PRONOM (The National Archives, UK). Only what its first bytes prove gets a key.

/// A file format as PREMIS names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// For example `JPEG File Interchange Format`.
    pub name: &'static str,
    /// Its version, where known.
    pub version: Option<&'static str>,
    /// The key in PRONOM, for example `fmt/43`, where known.
    pub pronom: Option<&'static str>,
}

impl Format {
    const fn new(name: &'static str, version: Option<&'static str>, pronom: Option<&'static str>) -> Self {
        Self { name, version, pronom }
    }
}

/// The searchable copies that this program writes.
pub(super) const PDF_A_2B: Format = Format::new("PDF/A", Some("2b"), Some("fmt/477"));
/// ALTO: PRONOM's entry for XML, for it has none of its own.
pub(super) const ALTO: Format = Format::new("ALTO", Some("4.4"), Some("fmt/101"));
/// What nobody looked into.
pub(super) const UNKNOWN: Format = Format::new("unknown", None, None);
/// A text layer kept as found.
pub(super) const PLAIN_TEXT: Format = Format::new("Plain Text", None, Some("x-fmt/111"));

/// As many bytes from a file's beginning as [`identify`] can use.
pub const HEAD_BYTES: usize = 4096;

/// The format of a received file by its media type and first bytes ([`HEAD_BYTES`] of them suffice).
pub fn identify(media_type: &str, head: &[u8]) -> Format {
    match media_type {
        "image/jpeg" => jpeg(head),
        "image/png" => png(head),
        "image/tiff" => Format::new("Tagged Image File Format", None, Some("fmt/353")),
        "application/pdf" => pdf(head),
        _ => UNKNOWN,
    }
}

/// By the first segment: JFIF with its version, Exif (several entries in PRONOM, so none is named), or neither.
fn jpeg(head: &[u8]) -> Format {
    let jfif = |version, key| Format::new("JPEG File Interchange Format", Some(version), Some(key));
    let is_exif = head.get(6..10) == Some(b"Exif");
    match head.get(6..13) {
        Some(b"JFIF\0\x01\x00") => jfif("1.00", "fmt/42"),
        Some(b"JFIF\0\x01\x01") => jfif("1.01", "fmt/43"),
        Some(b"JFIF\0\x01\x02") => jfif("1.02", "fmt/44"),
        _ if is_exif => Format::new("Exchangeable Image File Format (Compressed)", None, None),
        _ => Format::new("Raw JPEG Stream", None, Some("fmt/41")),
    }
}

/// The lowest version of the PNG specification that has every chunk in front of the picture.
fn png(head: &[u8]) -> Format {
    let of = |version, key| Format::new("Portable Network Graphics", Some(version), Some(key));
    let mut rest = head.get(8..).unwrap_or_default();
    let mut newest = 0;
    while let [a, b, c, d, name @ ..] = rest {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        match name.get(..4) {
            Some(b"iTXt") => newest = 2,
            Some(b"iCCP" | b"sPLT" | b"sRGB") => newest = newest.max(1),
            Some(b"IDAT") | None => break,
            Some(_) => {}
        }
        rest = rest.get(length.saturating_add(12)..).unwrap_or_default();
    }
    [of("1.0", "fmt/11"), of("1.1", "fmt/12"), of("1.2", "fmt/13")][newest].clone()
}

/// By the header line. A PDF/A shows in its metadata, which is not looked at.
fn pdf(head: &[u8]) -> Format {
    const KEYS: [(&str, &str); 9] = [
        ("1.0", "fmt/14"),
        ("1.1", "fmt/15"),
        ("1.2", "fmt/16"),
        ("1.3", "fmt/17"),
        ("1.4", "fmt/18"),
        ("1.5", "fmt/19"),
        ("1.6", "fmt/20"),
        ("1.7", "fmt/276"),
        ("2.0", "fmt/1129"),
    ];
    let version = head.strip_prefix(b"%PDF-").and_then(|rest| rest.get(..3));
    let known = KEYS.iter().find(|(v, _)| version == Some(v.as_bytes()));
    Format::new("Portable Document Format", known.map(|k| k.0), known.map(|k| k.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_first_bytes_prove_has_a_key() {
        let key = |media_type, head: &[u8]| identify(media_type, head).pronom;
        assert_eq!(key("image/jpeg", b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\x01"), Some("fmt/43"));
        assert_eq!(key("image/jpeg", b"\xFF\xD8\xFF\xE1\0\x10Exif\0\0II*\0"), None);
        assert_eq!(key("image/jpeg", b"\xFF\xD8\xFF\xDB\0\x10"), Some("fmt/41"));
        assert_eq!(key("application/pdf", b"%PDF-1.7\n"), Some("fmt/276"));
        assert_eq!(key("application/pdf", b"%PDF-9.9\n"), None);
        assert_eq!(key("application/octet-stream", b"%PDF-1.7\n"), None);
        let chunk = |name: &[u8]| [&[0, 0, 0, 1], name, &[0; 5]].concat();
        let file = |chunks: &[&[u8]]| {
            [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.iter().flat_map(|c| chunk(c)).collect()].concat()
        };
        assert_eq!(key("image/png", &file(&[b"IHDR", b"pHYs", b"IDAT", b"iTXt"])), Some("fmt/11"));
        assert_eq!(key("image/png", &file(&[b"IHDR", b"sRGB", b"IDAT"])), Some("fmt/12"));
        assert_eq!(key("image/png", &file(&[b"IHDR", b"iTXt", b"sRGB"])), Some("fmt/13"));
        assert_eq!(key("image/png", b"\x89PNG\r\n\x1a\n\xFF\xFF\xFF\xFFIHDR"), Some("fmt/11"));
    }
}
