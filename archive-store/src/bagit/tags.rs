//! Tag files: `bagit.txt`, `bag-info.txt`, and the encodings they may have.

/// `bagit.txt`, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declaration {
    /// As written, for example `0.97`.
    pub(super) version: String,
    pub(super) encoding: Encoding,
}

/// The encoding of the other tag files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16,
    Latin1,
}

const VERSIONS: [&str; 6] = ["0.93", "0.94", "0.95", "0.96", "0.97", "1.0"];

impl Declaration {
    pub(super) fn is_final(&self) -> bool {
        self.version == "1.0"
    }

    /// RFC 8493, 2.1.1: two lines, UTF-8, no byte order mark. Before 1.0 white space round the colon was usual.
    pub(super) fn read(bytes: &[u8]) -> Result<Declaration, String> {
        if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
            return Err("it begins with a byte order mark".into());
        }
        let text = std::str::from_utf8(bytes).map_err(|e| e.to_string())?;
        let lines: Vec<&str> = lines(text).filter(|line| !line.trim().is_empty()).collect();
        let [first, second] = lines[..] else {
            return Err("it is not two lines".into());
        };
        let version = value(first, "BagIt-Version")?;
        if !VERSIONS.contains(&version.trim()) {
            return Err(format!("BagIt-Version {version:?} is not one of {}", VERSIONS.join(", ")));
        }
        let encoding = value(second, "Tag-File-Character-Encoding")?;
        let is_strict = version.trim() == "1.0";
        if is_strict && [first, second].iter().any(|line| !line.contains(": ") || line.contains(" :")) {
            return Err("a line is not a label, a colon, a space and a value".into());
        }
        let encoding = match encoding.trim().to_ascii_uppercase().as_str() {
            "UTF-8" | "US-ASCII" => Encoding::Utf8,
            "UTF-16" => Encoding::Utf16,
            "ISO-8859-1" => Encoding::Latin1,
            other => return Err(format!("tag files in {other} are not read")),
        };
        Ok(Declaration { version: version.trim().to_owned(), encoding })
    }
}

fn value<'a>(line: &'a str, label: &str) -> Result<&'a str, String> {
    match line.split_once(':') {
        Some((found, value)) if found.trim_end() == label => Ok(value.trim_start()),
        _ => Err(format!("the line {line:?} is not {label}")),
    }
}

/// The text of a tag file. A byte order mark in front of it is no part of it.
pub(super) fn decode(bytes: &[u8], encoding: Encoding) -> Result<String, String> {
    let text = match encoding {
        Encoding::Utf8 => String::from_utf8(bytes.to_vec()).map_err(|e| e.to_string())?,
        Encoding::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
        Encoding::Utf16 => {
            if !bytes.len().is_multiple_of(2) {
                return Err("UTF-16 with an odd number of bytes".into());
            }
            let is_little = bytes.starts_with(&[0xff, 0xfe]);
            let unit = |pair: &[u8]| match is_little {
                true => u16::from_le_bytes([pair[0], pair[1]]),
                false => u16::from_be_bytes([pair[0], pair[1]]),
            };
            let units: Vec<u16> = bytes.chunks_exact(2).map(unit).collect();
            String::from_utf16(&units).map_err(|e| e.to_string())?
        }
    };
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// LF, CR LF or CR ends a line.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// Labels and values of `bag-info.txt`; a line that begins with white space goes on with the value above.
pub(super) fn info(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut info: Vec<(String, String)> = Vec::new();
    for line in lines(text).filter(|line| !line.trim().is_empty()) {
        if line.starts_with([' ', '\t']) {
            let Some((_, value)) = info.last_mut() else {
                return Err(format!("the line {line:?} goes on with nothing"));
            };
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        let (label, value) = line.split_once(':').ok_or_else(|| format!("the line {line:?} has no colon"))?;
        info.push((label.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(info)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declarations() {
        let good = Declaration::read(b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n").unwrap();
        assert!(good.is_final() && good.encoding == Encoding::Utf8);
        let old = Declaration::read(b"BagIt-Version : 0.97\r\nTag-File-Character-Encoding: UTF-16").unwrap();
        assert_eq!((old.version.as_str(), old.encoding), ("0.97", Encoding::Utf16));
        for bad in [
            &b"BagIt-Version : 1.0\nTag-File-Character-Encoding : UTF-8\n"[..],
            b"BagIt-Version: 2.0\nTag-File-Character-Encoding: UTF-8\n",
            b"BagIt-Version: .97\nTag-File-Character-Encoding: UTF-8\n",
            b"BagIt-Version: 1.0\n",
            b"Tag-File-Character-Encoding: UTF-8\nBagIt-Version: 1.0\n",
            b"\xef\xbb\xbfBagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
            b"BagIt-Version: 1.0\nTag-File-Character-Encoding: EBCDIC\n",
            b"",
        ] {
            assert!(Declaration::read(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn bag_info_goes_on_over_lines() {
        let info = info("A: one\r\n  two\nB :three\nA:\n").unwrap();
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(info, [pair("A", "one two"), pair("B", "three"), pair("A", "")]);
        assert!(super::info(" a").is_err() && super::info("a").is_err());
    }
}
