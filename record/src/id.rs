use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// A name that cannot be an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing but white space.
    #[error("an empty {what}")]
    Empty {
        /// Which identity.
        what: &'static str,
    },
    /// More than the allowed number of characters.
    #[error("a {what} of {chars} characters; {max} are allowed")]
    TooLong {
        /// Which identity.
        what: &'static str,
        /// Characters found.
        chars: usize,
        /// Characters allowed.
        max: usize,
    },
    /// A control character, for example a line break.
    #[error("a control character in the {what} {shown}")]
    Control {
        /// Which identity.
        what: &'static str,
        /// The name, escaped.
        shown: String,
    },
    /// Pages and documents count from 1.
    #[error("{what} counts from 1")]
    Zero {
        /// Which identity.
        what: &'static str,
    },
}

fn checked(what: &'static str, text: &str, max: usize) -> Result<String, IdError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(IdError::Empty { what });
    }
    let chars = text.chars().count();
    if chars > max {
        return Err(IdError::TooLong { what, chars, max });
    }
    if text.chars().any(char::is_control) {
        return Err(IdError::Control { what, shown: text.escape_debug().to_string() });
    }
    Ok(text.to_owned())
}

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            #[doc = concat!("1 to ", $max, " characters, none of them a control character; outer white space is cut.")]
            pub fn new(text: &str) -> Result<Self, IdError> {
                checked($what, text, $max).map(Self)
            }
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(s: &str) -> Result<Self, IdError> {
                Self::new(s)
            }
        }
    };
}

name_id!(
    /// Mã hồ sơ: the code of a case file, as the archive's register gives it (TT05/2025, annex I: at most 100
    /// characters). The caller makes it NFC.
    CaseCode, "case code", 100
);
name_id!(
    /// One run of the main job over one folder.
    BatchId, "batch id", 64
);
name_id!(
    /// Who decides something: name and office, as said; who it was is not proven before there are accounts. The caller makes
    /// it NFC.
    Official, "name of an official", 500
);
name_id!(
    /// The OCFL identity of a case file: `urn:<fonds>:uuid:<UUID>` (TT05/2025 OBJID).
    ObjectId, "object id", 100
);

macro_rules! count_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(NonZeroU32);

        impl $name {
            /// Counts from 1.
            pub fn new(n: u32) -> Result<Self, IdError> {
                NonZeroU32::new(n).map(Self).ok_or(IdError::Zero { what: $what })
            }
            /// From an index that counts from 0.
            ///
            /// # Panics
            /// Beyond `u32::MAX - 1`.
            pub fn from_idx(idx: usize) -> Self {
                let n = u32::try_from(idx).ok().and_then(|n| n.checked_add(1)).expect("fits in u32");
                Self(NonZeroU32::new(n).expect("idx + 1 > 0"))
            }
            /// The number, from 1.
            pub fn get(self) -> u32 {
                self.0.get()
            }
            /// The index, from 0.
            pub fn idx(self) -> usize {
                self.0.get() as usize - 1
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

count_id!(
    /// A page of a case file, counted from 1 through all its documents.
    PageNo, "page number"
);
count_id!(
    /// A document (văn bản) of a case file, counted from 1.
    DocumentNo, "document number"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert_eq!(CaseCode::new(" 12/2019/HSST ").unwrap().as_str(), "12/2019/HSST");
        assert!(matches!(CaseCode::new("  "), Err(IdError::Empty { .. })));
        assert!(matches!(CaseCode::new("a\nb"), Err(IdError::Control { .. })));
        assert!(matches!(CaseCode::new(&"x".repeat(101)), Err(IdError::TooLong { chars: 101, .. })));
    }

    #[test]
    fn pages_count_from_one() {
        assert!(PageNo::new(0).is_err());
        assert_eq!(PageNo::from_idx(0).get(), 1);
        assert_eq!(PageNo::new(7).unwrap().idx(), 6);
    }
}
