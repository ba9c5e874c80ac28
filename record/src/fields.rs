//! What a document says of itself: who issued it, under which number, when, about whom, who signed. Each field
//! carries where it stands, how sure it is and the rule that found it; one that is not sure enough is a proposal for
//! a person to decide, never a fact.

use crate::{DocType, PageNo, PartialDate, PxBox};
use std::borrow::Cow;
use std::fmt;

/// A value with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading<T> {
    /// What the field says.
    pub value: T,
    /// What stands on the page, where the value is not simply that: a name taken from the unit registry, a
    /// misread letter of a symbol, a day written by hand that was left out.
    pub read: Option<String>,
    /// Where it stands, at least one place for what was found on a page; in reading order.
    pub places: Vec<Place>,
    /// 0–100: how far the rule can be trusted here, not above what the words were read with.
    pub confidence: u8,
    /// Name of the rule that found it, stable, for example `number-line`.
    pub rule: Cow<'static, str>,
}

/// A place on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Page of the case file.
    pub page: PageNo,
    /// Pixels of the page as displayed.
    pub bbox: PxBox,
}

/// A field that was found: a fact, or a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field<T> {
    /// Sure enough to be used without a person's look.
    Accepted(Reading<T>),
    /// Found, but a person has to decide.
    Proposal(Reading<T>),
}

impl<T> Field<T> {
    /// Accepted from `least` confidence on, else a proposal.
    pub fn judged(reading: Reading<T>, least: u8) -> Self {
        if reading.confidence >= least { Self::Accepted(reading) } else { Self::Proposal(reading) }
    }
    /// The reading, whatever its standing.
    pub fn reading(&self) -> &Reading<T> {
        match self {
            Self::Accepted(reading) | Self::Proposal(reading) => reading,
        }
    }
    /// The value, if it may be used without a person's look.
    pub fn accepted(&self) -> Option<&T> {
        match self {
            Self::Accepted(reading) => Some(&reading.value),
            Self::Proposal(_) => None,
        }
    }
    /// Whether a person has to decide.
    pub fn is_proposal(&self) -> bool {
        matches!(self, Self::Proposal(_))
    }
    /// The same standing and evidence with another value.
    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> Field<U> {
        let (accepted, r) = match self {
            Self::Accepted(reading) => (true, reading),
            Self::Proposal(reading) => (false, reading),
        };
        let Reading { value, read, places, confidence, rule } = r;
        let reading = Reading { value: to(value), read, places, confidence, rule };
        if accepted { Field::Accepted(reading) } else { Field::Proposal(reading) }
    }
}

/// All that was found on one document. A field that was not found is absent: nothing is guessed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentFields {
    /// Loại văn bản.
    pub doc_type: Option<Field<DocType>>,
    /// Cơ quan ban hành.
    pub issuing_body: Option<Field<UnitName>>,
    /// Cơ quan cấp trên, printed above it.
    pub superior_body: Option<Field<UnitName>>,
    /// Số: `12`, `45A`. Often written by hand.
    pub number: Option<Field<String>>,
    /// Ký hiệu, all that stands after the number, without spaces: `CT-VKS-P1`, `2021/HS-ST`.
    pub symbol: Option<Field<String>>,
    /// Địa danh.
    pub place: Option<Field<String>>,
    /// Ngày ban hành; parts that are not sure are missing.
    pub date: Option<Field<PartialDate>>,
    /// Trích yếu.
    pub subject: Option<Field<String>>,
    /// Độ mật, as stamped or printed.
    pub secrecy: Option<Field<SecrecyStamp>>,
    /// Độ khẩn, as stamped or printed.
    pub urgency: Option<Field<UrgencyStamp>>,
    /// Người ký.
    pub signer: Option<Field<Signer>>,
    /// People named, in the order they appear.
    pub persons: Vec<Person>,
    /// Tội danh.
    pub charges: Vec<Field<String>>,
    /// Điểm, khoản, điều of the criminal code.
    pub articles: Vec<Field<Article>>,
}

impl DocumentFields {
    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A unit as a document names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnitName {
    /// The registry's name, or what was read.
    pub name: String,
    /// Its id in the registry, where it was found there.
    pub unit: Option<String>,
}

/// Somebody named in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// In which capacity; `None` where the text does not say.
    pub role: Option<Role>,
    /// Họ và tên.
    pub name: Field<String>,
    /// Ngày or năm sinh.
    pub born: Option<Field<PartialDate>>,
    /// Số CCCD, CMND.
    pub id_number: Option<Field<String>>,
    /// Nơi cư trú.
    pub address: Option<Field<String>>,
}

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// For whom: `KT. VIỆN TRƯỞNG`, `TM. HỘI ĐỒNG XÉT XỬ`.
    pub authority: Option<String>,
    /// Chức vụ: `PHÓ VIỆN TRƯỞNG`.
    pub title: Option<String>,
    /// Họ và tên, without a rank before it.
    pub name: String,
    /// Cấp bậc hàm, printed before the name: `Thượng tá`.
    pub rank: Option<String>,
}

/// Điểm, khoản, điều of a law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Short name of the law: `BLHS`.
    pub law: Cow<'static, str>,
    /// Its year, as written; article numbers mean nothing without it.
    pub year: Option<u16>,
    /// Whether the year is not written but follows from the date of the document.
    pub year_inferred: bool,
    /// Điều: `174`, `134a`.
    pub article: String,
    /// Khoản.
    pub clauses: Vec<u8>,
    /// Điểm; `đ` and `d` are different points.
    pub points: Vec<char>,
}

impl fmt::Display for Article {
    /// `điểm a, b khoản 2 Điều 174 BLHS 2015`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |items: Vec<String>| items.join(", ");
        if !self.points.is_empty() {
            write!(f, "điểm {} ", list(self.points.iter().map(char::to_string).collect()))?;
        }
        if !self.clauses.is_empty() {
            write!(f, "khoản {} ", list(self.clauses.iter().map(u8::to_string).collect()))?;
        }
        write!(f, "Điều {} {}", self.article, self.law)?;
        match self.year {
            Some(year) => write!(f, " {year}"),
            None => Ok(()),
        }
    }
}

macro_rules! coded {
    ($(#[$doc:meta])* $type:ident { $($name:ident, $code:literal, $vi:literal, $en:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type { $(#[doc = $vi] $name,)* }
        impl $type {
            /// All of them.
            pub const ALL: &[$type] = &[$($type::$name,)*];
            /// The code used in formats.
            pub fn code(self) -> &'static str {
                match self { $($type::$name => $code,)* }
            }
            /// The Vietnamese word.
            pub fn vietnamese(self) -> &'static str {
                match self { $($type::$name => $vi,)* }
            }
            /// The English word.
            pub fn english(self) -> &'static str {
                match self { $($type::$name => $en,)* }
            }
            /// From its code.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }
        }
    };
}

coded! {
    /// Tư cách tham gia tố tụng.
    Role {
        Accused, "bi-can", "Bị can", "accused";
        Defendant, "bi-cao", "Bị cáo", "defendant";
        Victim, "bi-hai", "Bị hại", "victim";
        Witness, "nguoi-lam-chung", "Người làm chứng", "witness";
        Detainee, "nguoi-bi-tam-giu", "Người bị tạm giữ", "person in custody";
        Plaintiff, "nguyen-don", "Nguyên đơn", "plaintiff";
        CivilDefendant, "bi-don", "Bị đơn", "civil defendant";
        Interested, "nguoi-lien-quan", "Người có quyền lợi, nghĩa vụ liên quan", "interested party";
        Counsel, "nguoi-bao-chua", "Người bào chữa", "defence counsel";
    }
}
coded! {
    /// Độ mật as a stamp or the print says it.
    SecrecyStamp {
        Mat, "mat", "Mật", "secret";
        ToiMat, "toi-mat", "Tối mật", "very secret";
        TuyetMat, "tuyet-mat", "Tuyệt mật", "top secret";
        Internal, "luu-hanh-noi-bo", "Lưu hành nội bộ", "internal circulation";
    }
}
coded! {
    /// Độ khẩn as a stamp or the print says it.
    UrgencyStamp {
        Khan, "khan", "Khẩn", "urgent";
        ThuongKhan, "thuong-khan", "Thượng khẩn", "very urgent";
        HoaToc, "hoa-toc", "Hỏa tốc", "express";
        HoaTocHenGio, "hoa-toc-hen-gio", "Hỏa tốc hẹn giờ", "express, at an hour";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(confidence: u8) -> Reading<u8> {
        Reading { value: 7, read: None, places: Vec::new(), confidence, rule: "test".into() }
    }

    #[test]
    fn what_is_below_the_threshold_is_a_proposal() {
        assert_eq!(Field::judged(reading(80), 80).accepted(), Some(&7));
        let proposal = Field::judged(reading(79), 80);
        assert!(proposal.is_proposal() && proposal.accepted().is_none());
        assert_eq!(proposal.reading().value, 7);
        assert_eq!(proposal.map(|v| v + 1), Field::Proposal(Reading { value: 8, ..reading(79) }));
    }

    #[test]
    fn codes_are_unique() {
        for one in Role::ALL {
            assert_eq!(Role::from_code(one.code()), Some(*one));
        }
        for one in SecrecyStamp::ALL {
            assert_eq!(SecrecyStamp::from_code(one.code()), Some(*one));
        }
        for one in UrgencyStamp::ALL {
            assert_eq!(UrgencyStamp::from_code(one.code()), Some(*one));
        }
    }

    #[test]
    fn an_article_reads_as_lawyers_write_it() {
        let mut article = Article {
            law: "BLHS".into(),
            year: Some(2015),
            year_inferred: false,
            article: "174".into(),
            clauses: vec![2],
            points: vec!['đ', 'e'],
        };
        assert_eq!(article.to_string(), "điểm đ, e khoản 2 Điều 174 BLHS 2015");
        (article.year, article.clauses, article.points) = (None, Vec::new(), Vec::new());
        assert_eq!(article.to_string(), "Điều 174 BLHS");
    }
}
