//! What a page may say of dates, articles of law and document numbers, and in which words.

use super::words::{Word, apart};
use std::sync::LazyLock;

/// A day, a month or a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: u16,
    pub(crate) month: Option<u8>,
    pub(crate) day: Option<u8>,
}

/// Year, month, day.
pub(crate) type Day = (u16, u8, u8);

impl Date {
    pub(crate) const fn day(year: u16, month: u8, day: u8) -> Self {
        Self { year, month: Some(month), day: Some(day) }
    }
    pub(crate) const fn month(year: u16, month: u8) -> Self {
        Self { year, month: Some(month), day: None }
    }
    pub(crate) const fn year(year: u16) -> Self {
        Self { year, month: None, day: None }
    }

    /// Whether all its days are among those.
    pub(crate) fn lies_within(self, first: Day, last: Day) -> bool {
        let month = self.month.unwrap_or(12);
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u8::from(self.year.is_multiple_of(4)),
            _ => 31,
        };
        let own_first = (self.year, self.month.unwrap_or(1), self.day.unwrap_or(1));
        let own_last = (self.year, month, self.day.unwrap_or(days));
        first <= own_first && own_last <= last
    }
}

/// What is said.
#[derive(Debug)]
pub(crate) enum Says {
    Date(Date),
    Article {
        article: &'static str,
        clauses: &'static [u8],
        points: &'static str,
        law: Option<&'static str>,
        edition: Option<u16>,
    },
    /// Number without leading zeros, symbol folded.
    Number(&'static str, &'static str),
}

impl Says {
    /// `173@blhs`, of an article whose law is named.
    pub(crate) fn article_of_law(&self) -> Option<String> {
        match self {
            Says::Article { article, law: Some(law), .. } => Some(format!("{article}@{law}")),
            _ => None,
        }
    }
}

const fn article(
    article: &'static str,
    clauses: &'static [u8],
    points: &'static str,
    law: Option<&'static str>,
    edition: Option<u16>,
) -> Says {
    Says::Article { article, clauses, points, law, edition }
}

const LIST: &[(&str, &[Says])] = &[
    ("12/5/1998", &[Says::Date(Date::day(1998, 5, 12))]),
    ("ngày 12 tháng 5 năm 1998", &[Says::Date(Date::day(1998, 5, 12))]),
    ("Ngày: 30 - 04 - 1999", &[Says::Date(Date::day(1999, 4, 30))]),
    ("29.2.2000", &[Says::Date(Date::day(2000, 2, 29))]),
    ("tháng 5/1998", &[Says::Date(Date::month(1998, 5))]),
    ("năm 1999", &[Says::Date(Date::year(1999))]),
    ("31/4/1999", &[]),
    ("số 12/CT-VKS-P1", &[Says::Number("12", "ct-vks-p1")]),
    ("012/CT-VKS-P1", &[Says::Number("12", "ct-vks-p1")]),
    ("46 /VKSTC", &[Says::Number("46", "vkstc")]),
    ("19/2021/HS-ST", &[Says::Number("19", "2021/hs-st")]),
    ("Điều 173 BLHS", &[article("173", &[], "", Some("blhs"), None)]),
    ("Điều 51", &[article("51", &[], "", None, None)]),
    ("điểm b khoản 2 Điều 173 Bộ luật Hình sự 2015", &[article("173", &[2], "b", Some("blhs"), Some(2015))]),
    ("Điều 138, khoản 2, điểm đ BLHS 1999", &[article("138", &[2], "đ", Some("blhs"), Some(1999))]),
    ("khoản 1, 2 Điều 52 BLTTHS", &[article("52", &[1, 2], "", Some("bltths"), None)]),
    (
        "điểm b, c khoản 1 Điều 51; Điều 65 Bộ luật Hình sự",
        &[article("51", &[1], "bc", Some("blhs"), None), article("65", &[], "", Some("blhs"), None)],
    ),
    ("BL 45", &[]),
    ("BL 12-5", &[]),
];

/// Some words and what they say.
pub(crate) struct Saying {
    /// Each with what is written behind it; behind the last one a space.
    pub(crate) words: Vec<(Word, &'static str)>,
    pub(crate) says: &'static [Says],
}

pub(crate) static SAYINGS: LazyLock<Vec<Saying>> = LazyLock::new(|| {
    let saying = |(text, says): &(&'static str, &'static [Says])| {
        let behind = |then: &'static str| if then.is_empty() { " " } else { then };
        let words = apart(text).into_iter().map(|(word, then)| (Word::of(word), behind(then)));
        Saying { words: words.collect(), says }
    };
    LIST.iter().map(saying).collect()
});

/// Numbers of documents as they are known beside the text: as written, without zeros, the symbol folded.
pub(crate) const NUMBERS: &[(&str, &str, &str)] =
    &[("12/CT-VKS-P1", "12", "ct-vks-p1"), ("045/QĐ-VKS", "45", "qd-vks"), ("7/KL-PC09", "7", "kl-pc09")];
