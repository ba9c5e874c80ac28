//! Marks put on a page after it was printed: what they are and the colour of their ink.

use crate::Lang;

/// What a mark is and what it was put on with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// What it is.
    pub kind: MarkKind,
    /// The colour of its ink.
    pub ink: MarkInk,
}

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($variant:ident, $code:literal, $vi:literal, $en:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = $en] $variant,)*
            /// Not known.
            #[default]
            Other,
        }
        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)* Self::Other];
            /// A stable word for files; `other` for the rest.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* Self::Other => "other" }
            }
            /// From its code.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }
            /// In the reader's language.
            pub fn title(self, lang: Lang) -> &'static str {
                match self { $(Self::$variant => lang.pick($vi, $en),)* Self::Other => lang.pick("khác", "other") }
            }
        }
    };
}

codes! {
    /// What a mark is; [`MarkKind::Other`] where nothing more is known.
    MarkKind {
        Seal, "seal", "con dấu tròn", "a round seal";
        FolioStamp, "folio-stamp", "dấu bút lục", "the stamp with the bút lục";
        SecrecyStamp, "secrecy-stamp", "dấu độ mật", "a stamp that says MẬT, TỐI MẬT or TUYỆT MẬT, or looks like one";
        UrgencyStamp, "urgency-stamp", "dấu độ khẩn", "a stamp that says KHẨN, THƯỢNG KHẨN or HỎA TỐC";
        IncomingStamp, "incoming-stamp", "dấu ĐẾN", "the stamp of a document's arrival, ĐẾN";
        Pen, "pen", "chữ viết tay", "something written with a coloured pen";
    }
}

codes! {
    /// The colour of a mark's ink; [`MarkInk::Other`] where it is not known.
    MarkInk {
        Red, "red", "mực đỏ", "red ink";
        Blue, "blue", "mực xanh hoặc tím", "blue or violet ink";
        Black, "black", "mực đen", "black, or a page without colour";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_back_and_differ() {
        for kind in MarkKind::ALL {
            assert_eq!(MarkKind::from_code(kind.code()), Some(*kind));
        }
        for ink in MarkInk::ALL {
            assert_eq!(MarkInk::from_code(ink.code()), Some(*ink));
        }
        assert_eq!(MarkKind::from_code("sello"), None);
        assert_eq!(Mark::default(), Mark { kind: MarkKind::Other, ink: MarkInk::Other });
    }
}
