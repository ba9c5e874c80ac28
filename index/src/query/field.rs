//! Filters: what may stand before and behind a colon.

use super::keys::{case_key, folded_words, folio_key, folio_number};
use crate::facet::{self, Facet, Quality};
use record::{DocType, Lang, Secrecy};
use vitext::patterns::reference::{self, DateSpan};
use vitext::{ascii_slug, fold_ascii};

/// A filter as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) field: FieldName,
    /// The value as typed.
    pub(crate) value: String,
    pub(crate) condition: Condition,
}

/// What a page's particulars must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Condition {
    /// `bl:45`, `bl:45a`.
    Folio(String),
    /// `bl:45-47`, both included.
    FolioRange(u64, u64),
    /// `ho-so:CODE`, folded and in lower case.
    Case(String),
    /// `loai:cao-trang`.
    DocType(DocType),
    /// `nam:2019`: of the document's date or of the register.
    Year(u16),
    /// `so:`, `dieu:`, `ngay:`: one of these reference keys.
    Reference(Vec<String>),
    /// `don-vi:`, the words of a unit's name side by side.
    Unit(Vec<String>),
    /// `nguoi:`, the words of a person's name side by side.
    Person(Vec<String>),
    /// `giu:`, `loai-an:`, `chat-luong:`, `do-mat:`: this very value.
    Value(Facet, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldName {
    Folio,
    Case,
    DocType,
    Year,
    Number,
    Article,
    Date,
    Unit,
    Person,
    Owner,
    CaseKind,
    Quality,
    Secrecy,
}

impl FieldName {
    /// From any of its names, with or without marks.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let name = fold_ascii(name).to_ascii_lowercase().replace('_', "-");
        Some(match name.as_str() {
            "bl" | "but-luc" | "folio" => Self::Folio,
            "ho-so" | "hs" | "case" => Self::Case,
            "loai" | "type" => Self::DocType,
            "nam" | "year" => Self::Year,
            "so" | "so-hieu" | "number" => Self::Number,
            "dieu" | "article" => Self::Article,
            "ngay" | "date" => Self::Date,
            "don-vi" | "dv" | "unit" => Self::Unit,
            "nguoi" | "ten" | "person" => Self::Person,
            "giu" | "owner" => Self::Owner,
            "loai-an" | "case-kind" => Self::CaseKind,
            "chat-luong" | "quality" => Self::Quality,
            "do-mat" | "secrecy" => Self::Secrecy,
            _ => return None,
        })
    }

    pub(super) fn vietnamese(self) -> &'static str {
        match self {
            Self::Folio => "bl",
            Self::Case => "ho-so",
            Self::DocType => "loai",
            Self::Year => "nam",
            Self::Number => "so",
            Self::Article => "dieu",
            Self::Date => "ngay",
            Self::Unit => "don-vi",
            Self::Person => "nguoi",
            Self::Owner => "giu",
            Self::CaseKind => "loai-an",
            Self::Quality => "chat-luong",
            Self::Secrecy => "do-mat",
        }
    }

    /// What it is, for people.
    pub(super) fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Folio => lang.pick("bút lục", "folio"),
            Self::Case => lang.pick("hồ sơ", "case file"),
            Self::DocType => lang.pick("loại văn bản", "kind of document"),
            Self::Year => lang.pick("năm", "year"),
            Self::Number => lang.pick("số văn bản", "document number"),
            Self::Article => lang.pick("điều luật", "article"),
            Self::Date => {
                lang.pick("ngày ghi trên trang hoặc của văn bản", "date on the page or of the document")
            }
            Self::Unit => lang.pick("đơn vị", "unit"),
            Self::Person => lang.pick("người", "person"),
            Self::Owner => lang.pick("đơn vị giữ hồ sơ", "owning unit"),
            Self::CaseKind => lang.pick("loại án", "kind of case"),
            Self::Quality => lang.pick("chất lượng nhận dạng", "quality of recognition"),
            Self::Secrecy => lang.pick("độ mật", "secrecy"),
        }
    }

    /// What its value looks like, for people.
    pub(crate) fn expected(self, lang: Lang) -> &'static str {
        match self {
            Self::Folio => lang.pick("một bút lục, ví dụ 45, 45a hoặc 45-47", "a bút lục such as 45, 45a or 45-47"),
            Self::Case => lang.pick("một mã hồ sơ", "the code of a case file"),
            Self::DocType => lang.pick(
                "một loại văn bản, ví dụ cao-trang, ban-an hoặc \"bản án\"",
                "a kind of document such as cao-trang, ban-an or \"bản án\"",
            ),
            Self::Year => lang.pick("một năm bốn chữ số", "a year of four digits"),
            Self::Number => {
                lang.pick("một số văn bản, ví dụ 12/CT-VKS-P1 hoặc 12", "a document number such as 12/CT-VKS-P1 or 12")
            }
            Self::Article => lang.pick(
                "một điều luật, ví dụ 173, 173/k2 hoặc \"điểm b khoản 2 Điều 173 BLHS 2015\" (luật: BLHS, BLTTHS, BLDS, BLTTDS, LTTHC)",
                "an article such as 173, 173/k2 or \"điểm b khoản 2 Điều 173 BLHS 2015\" (laws: BLHS, BLTTHS, BLDS, BLTTDS, LTTHC)",
            ),
            Self::Date => lang.pick(
                "một ngày, tháng hoặc năm (1900–2099), ví dụ 12/5/1998, 5/1998, 1998, 1998-05-12, hoặc khoảng 1998..2001-05",
                "a day, month or year (1900–2099) such as 12/5/1998, 5/1998, 1998, 1998-05-12, or a range 1998..2001-05",
            ),
            Self::Unit => lang.pick("tên một đơn vị", "the name of a unit"),
            Self::Person => lang.pick("họ tên một người", "the name of a person"),
            Self::Owner => {
                lang.pick("đơn vị như ghi trong sổ hồ sơ", "a unit as the register of the case file names it")
            }
            Self::CaseKind => lang.pick(
                "một loại án: hinh-su, dan-su, hanh-chinh, hon-nhan, kinh-doanh, lao-dong",
                "a kind of case: hinh-su, dan-su, hanh-chinh, hon-nhan, kinh-doanh, lao-dong",
            ),
            Self::Quality => lang.pick("tot, kha, kem hoặc khong-chu", "tot, kha, kem or khong-chu"),
            Self::Secrecy => {
                lang.pick("thuong, mat, toi-mat hoặc tuyet-mat", "thuong, mat, toi-mat or tuyet-mat")
            }
        }
    }

    /// Whether a page has one value only, so that two of them can but be alternatives.
    pub(super) fn has_one_value(self) -> bool {
        matches!(
            self,
            Self::Folio
                | Self::Case
                | Self::DocType
                | Self::Owner
                | Self::CaseKind
                | Self::Quality
                | Self::Secrecy
        )
    }
}

impl Asked {
    /// `None` where the value is none of the field's.
    pub(super) fn parse(field: FieldName, value: &str) -> Option<Self> {
        let words = || Some(folded_words(value)).filter(|words| !words.is_empty());
        let condition = match field {
            FieldName::Folio => folio(value)?,
            FieldName::Case => Condition::Case(Some(case_key(value)).filter(|key| !key.is_empty())?),
            FieldName::DocType => Condition::DocType(doc_type(value)?),
            FieldName::Year => Condition::Year(value.parse().ok().filter(|y| (1000..=9999).contains(y))?),
            FieldName::Number => Condition::Reference(vec![reference::number_key(value)?]),
            FieldName::Article => Condition::Reference(vec![reference::article_key(value)?]),
            FieldName::Date => Condition::Reference(DateSpan::parse(value)?.keys()),
            FieldName::Unit | FieldName::Owner if slug(value) == facet::NO_UNIT => {
                Condition::Value(Facet::Unit, String::new())
            }
            FieldName::Unit => Condition::Unit(words()?),
            FieldName::Person => Condition::Person(words()?),
            FieldName::Owner => Condition::Value(Facet::Unit, value.to_owned()),
            FieldName::CaseKind => {
                Condition::Value(Facet::CaseKind, facet::case_kind(&slug(value))?.code().to_owned())
            }
            FieldName::Quality => {
                Condition::Value(Facet::Quality, Quality::parse(&slug(value))?.code().to_owned())
            }
            FieldName::Secrecy => {
                let level = Secrecy::parse(&slug(value)).or_else(|| Secrecy::parse(value))?;
                Condition::Value(Facet::Secrecy, level.code().to_owned())
            }
        };
        Some(Self { field, value: value.to_owned(), condition })
    }
}

fn folio(text: &str) -> Option<Condition> {
    let key = folio_key(text);
    let parts: Vec<&str> = key.split(['-', '–']).flat_map(|p| p.split("..")).collect();
    let is_label = |part: &str| {
        let digits = part.trim_end_matches(|c: char| c.is_ascii_lowercase());
        part.len() - digits.len() <= 1
            && folio_number(digits).is_some()
            && digits.bytes().all(|b| b.is_ascii_digit())
    };
    match parts.as_slice() {
        [one] if is_label(one) => Some(Condition::Folio(key)),
        [first, last] => {
            let (first, last) = (first.parse().ok()?, last.parse().ok()?);
            (first <= last).then_some(Condition::FolioRange(first, last))
        }
        _ => None,
    }
}

fn doc_type(text: &str) -> Option<DocType> {
    let asked = slug(text);
    DocType::ALL
        .iter()
        .copied()
        .find(|t| asked == t.code() || asked == slug(t.vietnamese()) || asked == slug(t.english()))
}

fn slug(text: &str) -> String {
    ascii_slug(text).to_ascii_lowercase()
}
