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
    /// `so:`, `dieu:`, `ngay:`, `bl-dan:`, `ho-so-dan:`, `cccd:`: one of these reference keys.
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
    CitedFolio,
    CitedCase,
    IdNumber,
}

impl FieldName {
    /// In the order in which they are named to people.
    pub(super) const ALL: [Self; 16] = [
        Self::Folio,
        Self::Number,
        Self::Article,
        Self::Date,
        Self::Year,
        Self::DocType,
        Self::Unit,
        Self::Person,
        Self::Case,
        Self::CitedFolio,
        Self::CitedCase,
        Self::IdNumber,
        Self::Owner,
        Self::CaseKind,
        Self::Quality,
        Self::Secrecy,
    ];

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
            "bl-dan" | "but-luc-dan" | "cited-folio" => Self::CitedFolio,
            "ho-so-dan" | "hs-dan" | "cited-case" => Self::CitedCase,
            "cccd" | "cmnd" | "can-cuoc" | "so-dinh-danh" | "id" => Self::IdNumber,
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
            Self::CitedFolio => "bl-dan",
            Self::CitedCase => "ho-so-dan",
            Self::IdNumber => "cccd",
        }
    }

    fn english(self) -> &'static str {
        match self {
            Self::Folio => "folio",
            Self::Case => "case",
            Self::DocType => "type",
            Self::Year => "year",
            Self::Number => "number",
            Self::Article => "article",
            Self::Date => "date",
            Self::Unit => "unit",
            Self::Person => "person",
            Self::Owner => "owner",
            Self::CaseKind => "case-kind",
            Self::Quality => "quality",
            Self::Secrecy => "secrecy",
            Self::CitedFolio => "cited-folio",
            Self::CitedCase => "cited-case",
            Self::IdNumber => "id",
        }
    }

    /// All names in a language, for people.
    pub(crate) fn names(lang: Lang) -> String {
        Self::ALL.map(|field| lang.pick(field.vietnamese(), field.english())).join(", ")
    }

    /// Whether its value is looked up word by word, so that signs in it are lost.
    pub(super) fn takes_words(self) -> bool {
        matches!(self, Self::Unit | Self::Person)
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
            Self::CitedFolio => lang.pick("bút lục được dẫn trên trang", "folio cited on the page"),
            Self::CitedCase => lang.pick(
                "hồ sơ được dẫn trên trang, hoặc chứa trang",
                "case file cited on the page, or its own",
            ),
            Self::IdNumber => lang.pick("số căn cước, CMND ghi trên trang", "ID number on the page"),
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
            Self::CitedFolio => lang.pick(
                "một bút lục, ví dụ 45, 45a, hoặc khoảng 45-47 (tối đa 500 số)",
                "a bút lục such as 45, 45a, or a range 45-47 (of 500 numbers at most)",
            ),
            Self::CitedCase => lang.pick(
                "một mã hồ sơ, ví dụ 12/2019/HSST hoặc KV7-2019-HSST-0001",
                "the code of a case file such as 12/2019/HSST or KV7-2019-HSST-0001",
            ),
            Self::IdNumber => lang.pick(
                "một số căn cước 12 chữ số hoặc số CMND 9 chữ số",
                "an ID number of 12 figures (CCCD) or 9 (CMND)",
            ),
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
            FieldName::CitedFolio => Condition::Reference(match folio(value)? {
                Condition::FolioRange(first, last) => reference::folio_keys(first, last)?,
                Condition::Folio(label) => vec![reference::folio_key(&label)],
                _ => return None,
            }),
            FieldName::CitedCase => Condition::Reference(vec![reference::case_key(value)?]),
            FieldName::IdNumber => Condition::Reference(vec![reference::id_key(value)?]),
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

#[cfg(test)]
mod tests {
    use super::super::Query;
    use super::*;
    use crate::error::QueryError;

    /// Vietnamese and English name, other names, a value as typed, and how the filter is said back in both languages.
    type Row =
        (&'static str, &'static str, &'static [&'static str], &'static str, &'static str, &'static str);
    const TABLE: &[Row] = &[
        ("bl", "folio", &["but-luc", "bút_lục", "BL"], "45-47", "bút lục: 45-47", "folio: 45-47"),
        (
            "so",
            "number",
            &["số", "so_hieu"],
            "12/CT-VKS",
            "số văn bản: 12/CT-VKS",
            "document number: 12/CT-VKS",
        ),
        ("dieu", "article", &["điều", "Điều"], "173/k2", "điều luật: 173/k2", "article: 173/k2"),
        (
            "ngay",
            "date",
            &["ngày"],
            "1998..2001-05",
            "ngày ghi trên trang hoặc của văn bản: 1998..2001-05",
            "date on the page or of the document: 1998..2001-05",
        ),
        ("nam", "year", &["năm", "NAM"], "2019", "năm: 2019", "year: 2019"),
        ("loai", "type", &["loại"], "cao-trang", "loại văn bản: cao-trang", "kind of document: cao-trang"),
        ("don-vi", "unit", &["đơn_vị", "dv"], "\"khu vực 7\"", "đơn vị: khu vực 7", "unit: khu vực 7"),
        ("nguoi", "person", &["người", "ten", "tên"], "Hùng", "người: Hùng", "person: Hùng"),
        ("ho-so", "case", &["hồ_sơ", "hs"], "KV7-2019-01", "hồ sơ: KV7-2019-01", "case file: KV7-2019-01"),
        ("giu", "owner", &["giữ"], "KV7", "đơn vị giữ hồ sơ: KV7", "owning unit: KV7"),
        (
            "loai-an",
            "case-kind",
            &["loại_án", "case_kind"],
            "hinh-su",
            "loại án: hinh-su",
            "kind of case: hinh-su",
        ),
        (
            "chat-luong",
            "quality",
            &["chất_lượng"],
            "kem",
            "chất lượng nhận dạng: kem",
            "quality of recognition: kem",
        ),
        ("do-mat", "secrecy", &["độ-mật", "ĐỘ_MẬT"], "thuong", "độ mật: thuong", "secrecy: thuong"),
        (
            "bl-dan",
            "cited-folio",
            &["bl_dẫn", "but-luc-dan", "cited_folio"],
            "45-47",
            "bút lục được dẫn trên trang: 45-47",
            "folio cited on the page: 45-47",
        ),
        (
            "ho-so-dan",
            "cited-case",
            &["hồ_sơ_dẫn", "hs-dan"],
            "12/2019/HSST",
            "hồ sơ được dẫn trên trang, hoặc chứa trang: 12/2019/HSST",
            "case file cited on the page, or its own: 12/2019/HSST",
        ),
        (
            "cccd",
            "id",
            &["CMND", "căn-cước", "số_định_danh"],
            "\"001 085 012 345\"",
            "số căn cước, CMND ghi trên trang: 001 085 012 345",
            "ID number on the page: 001 085 012 345",
        ),
    ];

    #[test]
    fn every_filter_has_a_name_in_both_languages() {
        let known: Vec<FieldName> = TABLE.iter().filter_map(|row| FieldName::parse(row.0)).collect();
        assert!(
            FieldName::ALL.iter().all(|field| known.contains(field)) && known.len() == FieldName::ALL.len()
        );
        let manual = include_str!("../../../docs/search.md");
        for (vietnamese, english, others, value, said_vi, said_en) in TABLE {
            let parsed = |name: &str| {
                Query::parse(&format!("án {name}:{value}")).unwrap_or_else(|error| panic!("{name}: {error}"))
            };
            let query = parsed(vietnamese);
            assert_eq!(query.filters.len(), 1, "{vietnamese}");
            for name in std::iter::once(english).chain(others.iter()) {
                let other = parsed(name);
                assert_eq!((&other.root, &other.filters), (&query.root, &query.filters), "{name}");
            }
            let said = |lang| query.outline(lang).parts[1].text.clone();
            assert_eq!((said(Lang::Vi).as_str(), said(Lang::En).as_str()), (*said_vi, *said_en));
            for name in [vietnamese, english] {
                assert!(manual.contains(&format!("`{name}:")), "{name}: is not in docs/search.md");
            }
        }
    }

    #[test]
    fn an_unknown_filter_is_answered_with_all_names_of_the_language() {
        let error = Query::parse("x loia:ban-an").unwrap_err();
        assert_eq!(error, QueryError::UnknownField { name: "loia".into(), at: 3 });
        let (vi, en) = (error.vietnamese(), error.to_string());
        for (vietnamese, english, ..) in TABLE {
            assert!(vi.contains(&format!(" {vietnamese}")), "{vietnamese}: {vi}");
            assert!(en.contains(&format!(" {english}")), "{english}: {en}");
        }
        assert!(!en.contains("dieu") && !vi.contains("article"), "{en} {vi}");
    }
}
