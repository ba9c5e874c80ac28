//! The text of a list that people made (`batch.csv`, `butluc.csv`): UTF-8, or one of the encodings of Vietnamese before
//! Unicode, converted. Never silently: whoever reads a converted list has to say so.

use std::fs::File;
use std::io::{self, Read};
use vitext::legacy;

/// Lists are read whole; a million lines stay well below.
const MAX_BYTES: u64 = 256 << 20;

/// The text of a list.
pub(crate) struct ListText {
    /// As text, with a byte order mark where the file has one.
    pub(crate) text: String,
    /// The encoding it was converted from; `None` when it was Unicode.
    pub(crate) converted_from: Option<legacy::Encoding>,
}

/// Why a list is no text.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is too large for a list.
    #[error("larger than {} MiB", MAX_BYTES >> 20)]
    TooLarge,
    /// Neither UTF-8 nor clearly one of the old encodings.
    #[error("not UTF-8 from byte {0} on, and no older Vietnamese encoding could be made out")]
    UnknownEncoding(usize),
}

/// Reads a list. A file whose bytes are UTF-8 may still hold words typed in an old font (`ViÖn kiÓm s¸t`), so both kinds are
/// looked at.
pub(crate) fn read(file: File) -> Result<ListText, ListError> {
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ListError::TooLarge);
    }
    let (text, bad_from) = match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let bad_from = error.utf8_error().valid_up_to() + 1;
            (legacy::from_bytes(error.as_bytes()), Some(bad_from))
        }
    };
    match (legacy::detect(&text, None), bad_from) {
        (Some(encoding), _) => {
            Ok(ListText { text: legacy::convert(&text, encoding), converted_from: Some(encoding) })
        }
        (None, None) => Ok(ListText { text, converted_from: None }),
        (None, Some(bad_from)) => Err(ListError::UnknownEncoding(bad_from)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "tests write scratch files")]

    use super::*;
    use std::io::{Seek, Write};

    fn list(bytes: &[u8]) -> Result<ListText, ListError> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        read(file)
    }

    #[test]
    fn old_encodings_are_converted_and_named() {
        let line = "HS-1,Vụ án Nguyễn Văn Thắng trộm cắp tài sản";
        for (bytes, encoding) in [
            // TCVN3 as Windows wrote it, and as a program that thought it Western saved it
            (
                b"HS-1,V\xf4 \xb8n Nguy\xd4n V\xa8n Th\xbeng tr\xe9m c\xbep t\xb5i s\xb6n".to_vec(),
                legacy::Encoding::Tcvn3,
            ),
            ("HS-1,Vô ¸n NguyÔn V¨n Th¾ng trém c¾p tµi s¶n".into(), legacy::Encoding::Tcvn3),
            ("HS-1,Vuï aùn Nguyeãn Vaên Thaéng troäm caép taøi saûn".into(), legacy::Encoding::Vni),
        ] {
            let read = list(&bytes).unwrap();
            assert_eq!((read.text.as_str(), read.converted_from), (line, Some(encoding)));
        }
    }

    #[test]
    fn unicode_stays_and_the_rest_is_refused() {
        for text in ["", "code,title\nHS-1,Vụ án hình sự", "\u{feff}code\n", "HS-1,Müller Größe über"]
        {
            let read = list(text.as_bytes()).unwrap();
            assert_eq!((read.text.as_str(), read.converted_from), (text, None));
        }
        for bytes in
            [b"HS-1,v\xf4 \xe1n".as_slice(), b"HS-1,M\xfcller Gr\xf6\xdfe \xfcber", b"\xff\xfeH\0S\0"]
        {
            assert!(matches!(list(bytes), Err(ListError::UnknownEncoding(_))), "{bytes:?}");
        }
    }
}
