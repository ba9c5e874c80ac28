//! Filters: what is typed, and which pages that means, by what their makers know of them.

use super::sayings::{Day, Says};
use super::sheets::{LEVELS, Sheet, UNITS};
use super::words::stands_in;
use index::CaseKind;
use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use record::{DocType, Secrecy};

/// The names of each filter.
const NAMES: [&[&str]; 13] = [
    &["bl", "but-luc", "BL", "folio"],
    &["ho-so", "hồ-sơ", "hs", "case"],
    &["loai", "loại", "type"],
    &["nam", "năm", "year"],
    &["so", "số", "so_hieu", "number"],
    &["dieu", "điều", "article"],
    &["ngay", "ngày", "date"],
    &["don-vi", "đơn_vị", "dv", "unit"],
    &["nguoi", "người", "ten", "person"],
    &["giu", "giữ", "owner"],
    &["loai-an", "loại_án", "case-kind"],
    &["chat-luong", "chất-lượng", "quality"],
    &["do-mat", "độ-mật", "secrecy"],
];

/// Of these a page has one value: two side by side widen each other. Of the others both must hold.
const OF_ONE_VALUE: &[&str] = &["bl", "ho-so", "loai", "giu", "loai-an", "chat-luong", "do-mat"];

const NUMBERS: &[(&str, &str, Option<&str>)] = &[
    ("12/CT-VKS-P1", "12", Some("ct-vks-p1")),
    ("012/ct-vks-p1", "12", Some("ct-vks-p1")),
    ("12", "12", None),
    ("19", "19", None),
    ("19/2021/HS-ST", "19", Some("2021/hs-st")),
    ("46/VKSTC", "46", Some("vkstc")),
    ("45/QĐ-VKS", "45", Some("qd-vks")),
    ("007", "7", None),
    ("5", "5", None),
];

/// Article, clause, point, law, edition.
type Citation = (Option<&'static str>, Option<u8>, Option<char>, Option<&'static str>, Option<u16>);

const ARTICLES: &[(&str, Citation)] = &[
    ("173", (Some("173"), None, None, None, None)),
    ("173/k2", (Some("173"), Some(2), None, None, None)),
    ("173/k1", (Some("173"), Some(1), None, None, None)),
    ("173/diem-b", (Some("173"), None, Some('b'), None, None)),
    ("173/k2/diem-b", (Some("173"), Some(2), Some('b'), None, None)),
    ("Điều 173 BLHS", (Some("173"), None, None, Some("blhs"), None)),
    ("dieu 173 blhs 2015", (Some("173"), None, None, Some("blhs"), Some(2015))),
    (
        "điểm b khoản 2 Điều 173 Bộ luật Hình sự 2015",
        (Some("173"), Some(2), Some('b'), Some("blhs"), Some(2015)),
    ),
    ("Điều 138 khoản 2 điểm đ", (Some("138"), Some(2), Some('đ'), None, None)),
    ("138/k2/diem-d", (Some("138"), Some(2), Some('d'), None, None)),
    ("138 BLHS 1999", (Some("138"), None, None, Some("blhs"), Some(1999))),
    ("51", (Some("51"), None, None, None, None)),
    ("khoản 1 Điều 51 BLHS", (Some("51"), Some(1), None, Some("blhs"), None)),
    ("51/k1/diem-c", (Some("51"), Some(1), Some('c'), None, None)),
    ("65 BLHS", (Some("65"), None, None, Some("blhs"), None)),
    ("khoản 2 Điều 52 BLTTHS", (Some("52"), Some(2), None, Some("bltths"), None)),
    ("52 BLHS", (Some("52"), None, None, Some("blhs"), None)),
    ("BLHS", (None, None, None, Some("blhs"), None)),
    ("BLHS 2015", (None, None, None, Some("blhs"), Some(2015))),
    ("Bộ luật Tố tụng hình sự", (None, None, None, Some("bltths"), None)),
];

const DATES: &[(&str, Day, Day)] = &[
    ("12/5/1998", (1998, 5, 12), (1998, 5, 12)),
    ("1998-05-12", (1998, 5, 12), (1998, 5, 12)),
    ("ngày 12 tháng 5 năm 1998", (1998, 5, 12), (1998, 5, 12)),
    ("5/1998", (1998, 5, 1), (1998, 5, 31)),
    ("1998", (1998, 1, 1), (1998, 12, 31)),
    ("1999", (1999, 1, 1), (1999, 12, 31)),
    ("1999-04", (1999, 4, 1), (1999, 4, 30)),
    ("1998-05-13..2000-02-28", (1998, 5, 13), (2000, 2, 28)),
    ("1998-05-12..29/2/2000", (1998, 5, 12), (2000, 2, 29)),
    ("..1998-05", (1900, 1, 1), (1998, 5, 31)),
    ("2000-02..", (2000, 2, 1), (2099, 12, 31)),
    ("31/12/1999..1/1/2000", (1999, 12, 31), (2000, 1, 1)),
];

/// Some run over from one name into the next.
const UNITS_ASKED: &[&str] =
    &["KV7", "kv8", "khu vực 7", "Khu vuc", "toa an nhan dan", "Hải Giang", "tỉnh", "7 Tòa án", "giang cong"];
const PERSONS_ASKED: &[&str] =
    &["Nguyễn Văn Án", "nguyen", "Thi An", "văn", "Lý Văn", "Li", "Kiem Nguyen", "Án Trần", "Lê"];

#[derive(Debug, Clone)]
enum Asked {
    Folio(u64, Option<char>),
    Folios(u64, u64),
    Case(String),
    Type(DocType),
    Year(u16),
    Number(&'static str, Option<&'static str>),
    Article(Citation),
    Date(Day, Day),
    Unit(&'static str),
    NoUnit,
    Person(&'static str),
    Owner(&'static str),
    Kind(CaseKind),
    Quality(&'static str),
    Secrecy(Secrecy),
}

/// Filters of one kind side by side.
#[derive(Debug, Clone)]
pub(crate) struct Filters {
    /// The first name of its kind.
    pub(crate) kind: &'static str,
    asked: Vec<Asked>,
    pub(crate) typed: String,
}

/// One of a kind, and what is typed behind the colon.
fn one(random: &mut ChaCha8Rng, kind: &str) -> (Asked, String) {
    match kind {
        "bl" => {
            let first = random.random_range(1..20);
            let last = first + random.random_range(0..3);
            match random.random_range(0..4) {
                0 => (Asked::Folio(first, None), first.to_string()),
                1 => (Asked::Folio(first, Some('a')), format!("0{first}A")),
                _ => (Asked::Folios(first, last), format!("{first}-{last}")),
            }
        }
        "ho-so" => {
            let case = random.random_range(0..14);
            let (code, typed) = match case % 4 {
                3 => (format!("HS-Đ{case:02}"), format!("hs-d{case:02}")),
                _ => (format!("HS-{case:02}"), format!("hs-{case:02}")),
            };
            (Asked::Case(code), typed)
        }
        "loai" => {
            let types =
                [DocType::BanAn, DocType::CaoTrang, DocType::QuyetDinhKhoiToVuAn, DocType::LenhTamGiam];
            let asked = *types.choose(random).unwrap();
            let typed = if random.random_bool(0.5) { asked.code() } else { asked.vietnamese() };
            (Asked::Type(asked), typed.to_owned())
        }
        "nam" => {
            let year = random.random_range(1998..2002);
            (Asked::Year(year), year.to_string())
        }
        "so" => {
            let (typed, number, symbol) = *NUMBERS.choose(random).unwrap();
            (Asked::Number(number, symbol), typed.to_owned())
        }
        "dieu" => {
            let (typed, citation) = *ARTICLES.choose(random).unwrap();
            (Asked::Article(citation), typed.to_owned())
        }
        "ngay" => {
            let (typed, first, last) = *DATES.choose(random).unwrap();
            (Asked::Date(first, last), typed.to_owned())
        }
        "don-vi" if random.random_bool(0.2) => (Asked::NoUnit, "chưa ghi".to_owned()),
        "don-vi" => {
            let name = *UNITS_ASKED.choose(random).unwrap();
            (Asked::Unit(name), name.to_owned())
        }
        "nguoi" => {
            let name = *PERSONS_ASKED.choose(random).unwrap();
            (Asked::Person(name), name.to_owned())
        }
        "giu" => {
            let unit = *UNITS.choose(random).unwrap();
            (Asked::Owner(unit), if unit.is_empty() { "chua-ghi" } else { unit }.to_owned())
        }
        "loai-an" => {
            let kinds = [
                (CaseKind::HinhSu, "hinh-su"),
                (CaseKind::DanSu, "dân sự"),
                (CaseKind::HanhChinh, "hanh-chinh"),
                (CaseKind::LaoDong, "lao-dong"),
            ];
            let (kind, typed) = *kinds.choose(random).unwrap();
            (Asked::Kind(kind), typed.to_owned())
        }
        "chat-luong" => {
            let (code, typed) = *[("tot", "tot"), ("kha", "khá"), ("kem", "kem"), ("khong-chu", "không chữ")]
                .choose(random)
                .unwrap();
            (Asked::Quality(code), typed.to_owned())
        }
        _ => {
            let level = *LEVELS.choose(random).unwrap();
            (
                Asked::Secrecy(level),
                if random.random_bool(0.5) { level.code() } else { level.vietnamese() }.to_owned(),
            )
        }
    }
}

pub(crate) fn filters(random: &mut ChaCha8Rng) -> Filters {
    let names = NAMES.choose(random).unwrap();
    let kind = names[0];
    let count = if random.random_bool(0.25) { 2 } else { 1 };
    let asked: Vec<(Asked, String)> = (0..count).map(|_| one(random, kind)).collect();
    let typed = asked.iter().map(|(_, value)| {
        let name = names.choose(random).unwrap();
        let is_plain = !value.contains(' ') && random.random_bool(0.7);
        if is_plain { format!("{name}:{value}") } else { format!("{name}:\"{value}\"") }
    });
    let typed = typed.collect::<Vec<_>>().join(" ");
    Filters { kind, asked: asked.into_iter().map(|(asked, _)| asked).collect(), typed }
}

impl Filters {
    pub(crate) fn hold(&self, sheet: &Sheet) -> bool {
        let mut asked = self.asked.iter();
        match OF_ONE_VALUE.contains(&self.kind) {
            true => asked.any(|asked| asked.holds(sheet)),
            false => asked.all(|asked| asked.holds(sheet)),
        }
    }

    /// Whether what is said is what they ask for.
    pub(crate) fn ask_for(&self, says: &Says) -> bool {
        self.asked.iter().any(|asked| asked.is_said(says))
    }
}

impl Asked {
    fn holds(&self, sheet: &Sheet) -> bool {
        let is_said = || sheet.says().into_iter().any(|says| self.is_said(says));
        match self {
            Self::Folio(number, letter) => {
                sheet.folio.as_ref().is_some_and(|(a, b, _)| (a, b) == (number, letter))
            }
            Self::Folios(first, last) => {
                sheet.folio.as_ref().is_some_and(|(number, _, _)| (first..=last).contains(&number))
            }
            Self::Case(code) => sheet.case == *code,
            Self::Type(doc_type) => sheet.doc_type == Some(*doc_type),
            Self::Year(year) => {
                sheet.year == Some(*year) || sheet.date.is_some_and(|date| date.year == *year)
            }
            Self::Number(number, symbol) => {
                let known = |(a, b): (&str, &str)| a == *number && symbol.is_none_or(|symbol| symbol == b);
                sheet.number().is_some_and(known) || is_said()
            }
            Self::Article(_) => is_said(),
            Self::Date(first, last) => {
                sheet.date.is_some_and(|date| date.lies_within(*first, *last)) || is_said()
            }
            Self::Unit(asked) => sheet.units().any(|name| stands_in(asked, name)),
            Self::NoUnit => sheet.unit.is_empty(),
            Self::Person(asked) => sheet.persons.iter().any(|name| stands_in(asked, name)),
            Self::Owner(unit) => sheet.unit == *unit,
            Self::Kind(kind) => sheet.kind == Some(*kind),
            Self::Quality(quality) => sheet.quality() == *quality,
            Self::Secrecy(level) => sheet.secrecy == *level,
        }
    }

    fn is_said(&self, says: &Says) -> bool {
        match (self, says) {
            (Self::Number(number, symbol), Says::Number(a, b)) => {
                a == number && symbol.is_none_or(|symbol| symbol == *b)
            }
            (Self::Date(first, last), Says::Date(date)) => date.lies_within(*first, *last),
            (
                Self::Article((article, clause, point, law, edition)),
                Says::Article { article: a, clauses, points, law: of_law, edition: of_edition },
            ) => {
                article.is_none_or(|article| article == *a)
                    && clause.is_none_or(|clause| clauses.contains(&clause))
                    && point.is_none_or(|point| points.contains(point))
                    && (law.is_none() || law == of_law)
                    && (edition.is_none() || edition == of_edition)
            }
            _ => false,
        }
    }
}
