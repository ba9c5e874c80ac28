//! By what the pages found are counted.

use crate::backend::Field;
use record::{DocType, Lang, PageText, Secrecy};

/// What `giu:` and `don-vi:` take for case files whose register names no unit.
pub const NO_UNIT: &str = "chua-ghi";

/// A list of counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// The unit that owns the case file, as its register names it.
    Unit,
    /// Year of the document or of the register; a page may have both.
    Year,
    /// Hình sự, dân sự….
    CaseKind,
    /// The kind of document.
    DocType,
    /// Articles that the page cites and whose law it names.
    Article,
    /// How sure reading was.
    Quality,
    /// Độ mật.
    Secrecy,
}

/// How many pages have each value: the most first, then by value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetCounts {
    /// Of what.
    pub facet: Facet,
    /// Values as the index has them, and pages. None is 0.
    pub counts: Vec<(String, usize)>,
}

impl Facet {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 7] =
        [Self::Unit, Self::Year, Self::CaseKind, Self::DocType, Self::Article, Self::Quality, Self::Secrecy];

    pub(crate) fn field(self) -> Field {
        match self {
            Self::Unit => Field::Unit,
            Self::Year => Field::Year,
            Self::CaseKind => Field::CaseKind,
            Self::DocType => Field::DocType,
            Self::Article => Field::Article,
            Self::Quality => Field::Quality,
            Self::Secrecy => Field::Secrecy,
        }
    }

    /// A stable word for `--json`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Year => "year",
            Self::CaseKind => "case-kind",
            Self::DocType => "doc-type",
            Self::Article => "article",
            Self::Quality => "quality",
            Self::Secrecy => "secrecy",
        }
    }

    /// For people.
    pub fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Unit => lang.pick("Đơn vị giữ hồ sơ", "Owning unit"),
            Self::Year => lang.pick("Năm", "Year"),
            Self::CaseKind => lang.pick("Loại án", "Kind of case"),
            Self::DocType => lang.pick("Loại văn bản", "Kind of document"),
            Self::Article => lang.pick("Điều luật", "Article"),
            Self::Quality => lang.pick("Chất lượng nhận dạng", "Quality of recognition"),
            Self::Secrecy => lang.pick("Độ mật", "Secrecy"),
        }
    }

    /// A value of it, for people.
    pub fn label(self, value: &str, lang: Lang) -> String {
        let known = match self {
            Self::Unit if value.is_empty() || value == NO_UNIT => {
                Some(lang.pick("(chưa ghi)", "(not named)").to_owned())
            }
            Self::Unit | Self::Year => None,
            Self::CaseKind => case_kind(value).map(|kind| kind.title(lang).to_owned()),
            Self::DocType => {
                DocType::from_code(value).map(|t| lang.pick(t.vietnamese(), t.english()).to_owned())
            }
            Self::Article => article_and_law(value).map(|(article, law)| {
                format!("{} {article} {}", lang.pick("Điều", "Article"), law.to_uppercase())
            }),
            Self::Quality => Quality::parse(value).map(|quality| quality.title(lang).to_owned()),
            Self::Secrecy => Secrecy::parse(value)
                .map(|secrecy| lang.pick(secrecy.vietnamese(), secrecy.english()).to_owned()),
        };
        known.unwrap_or_else(|| value.to_owned())
    }

    /// The filter that asks for exactly the pages counted under a value, as it is typed.
    pub fn filter(self, value: &str) -> String {
        match self {
            Self::Unit if value.is_empty() => format!("giu:{NO_UNIT}"),
            Self::Unit => format!("giu:\"{value}\""),
            Self::Year => format!("nam:{value}"),
            Self::CaseKind => format!("loai-an:{value}"),
            Self::DocType => format!("loai:{value}"),
            Self::Article => match article_and_law(value) {
                Some((article, law)) => format!("dieu:\"Điều {article} {}\"", law.to_uppercase()),
                None => format!("dieu:{value}"),
            },
            Self::Quality => format!("chat-luong:{value}"),
            Self::Secrecy => format!("do-mat:{value}"),
        }
    }
}

/// Loại án: which procedure a case file belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseKind {
    /// Hình sự.
    HinhSu,
    /// Dân sự.
    DanSu,
    /// Hành chính.
    HanhChinh,
    /// Hôn nhân và gia đình.
    HonNhan,
    /// Kinh doanh, thương mại.
    KinhDoanh,
    /// Lao động.
    LaoDong,
}

impl CaseKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::HinhSu, Self::DanSu, Self::HanhChinh, Self::HonNhan, Self::KinhDoanh, Self::LaoDong];

    /// The code used in filters and formats.
    pub fn code(self) -> &'static str {
        match self {
            Self::HinhSu => "hinh-su",
            Self::DanSu => "dan-su",
            Self::HanhChinh => "hanh-chinh",
            Self::HonNhan => "hon-nhan",
            Self::KinhDoanh => "kinh-doanh",
            Self::LaoDong => "lao-dong",
        }
    }

    /// For people.
    pub fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::HinhSu => lang.pick("Hình sự", "criminal"),
            Self::DanSu => lang.pick("Dân sự", "civil"),
            Self::HanhChinh => lang.pick("Hành chính", "administrative"),
            Self::HonNhan => lang.pick("Hôn nhân và gia đình", "marriage and family"),
            Self::KinhDoanh => lang.pick("Kinh doanh, thương mại", "business and trade"),
            Self::LaoDong => lang.pick("Lao động", "labour"),
        }
    }

    /// The kind that the symbol of a document's number names: `2021/HS-ST`, `HSST`, `DS-PT`.
    pub fn of_symbol(symbol: &str) -> Option<Self> {
        let parts = symbol.split(|c: char| !c.is_alphanumeric());
        let known = |part: &str| {
            let stem = part.strip_suffix("ST").or_else(|| part.strip_suffix("PT")).unwrap_or(part);
            Some(match stem {
                "HS" => Self::HinhSu,
                "DS" => Self::DanSu,
                "HC" => Self::HanhChinh,
                "HNGĐ" | "HNGD" => Self::HonNhan,
                "KDTM" => Self::KinhDoanh,
                "LĐ" | "LD" => Self::LaoDong,
                _ => return None,
            })
        };
        parts.filter_map(known).next()
    }
}

/// How sure reading a page was: mean confidence of its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quality {
    /// 90 and more.
    Good,
    /// From 75.
    Fair,
    /// Below.
    Poor,
    /// No text.
    None,
}

impl Quality {
    const ALL: [Self; 4] = [Self::Good, Self::Fair, Self::Poor, Self::None];

    pub(crate) fn of(text: Option<&PageText>) -> Self {
        match text.and_then(PageText::confidence) {
            Some(90.0..) => Self::Good,
            Some(75.0..) => Self::Fair,
            Some(_) => Self::Poor,
            None => Self::None,
        }
    }

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Good => "tot",
            Self::Fair => "kha",
            Self::Poor => "kem",
            Self::None => "khong-chu",
        }
    }

    pub(crate) fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quality| quality.code() == code)
    }

    fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Good => lang.pick("tốt (từ 90)", "good (90 and more)"),
            Self::Fair => lang.pick("khá (75–89)", "fair (75–89)"),
            Self::Poor => lang.pick("kém (dưới 75)", "poor (below 75)"),
            Self::None => lang.pick("không có chữ", "no text"),
        }
    }
}

pub(crate) fn case_kind(code: &str) -> Option<CaseKind> {
    CaseKind::ALL.into_iter().find(|kind| kind.code() == code)
}

/// `173@blhs` of the reference key `dieu:173@blhs`; clauses, editions and articles of no named law are not counted.
pub(crate) fn article_of(reference: &str) -> Option<&str> {
    let article = reference.strip_prefix("dieu:")?;
    let (number, law) = article.split_once('@')?;
    (!number.contains('/') && !law.contains(':')).then_some(article)
}

fn article_and_law(value: &str) -> Option<(&str, &str)> {
    value.split_once('@')
}
