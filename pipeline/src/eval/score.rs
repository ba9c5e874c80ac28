//! What is counted of a page, a set, all: sums, so that long pages weigh more.

use super::MAX_PAGE_CHARS;
use std::collections::BTreeMap;
use vitext::align::{self, Step};
use vitext::cer::{ErrorCount, Level, cer, wer};

/// Errors of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextErrors {
    /// Characters, every mark counts.
    pub cer: ErrorCount,
    /// Characters without tones.
    pub cer_tone: ErrorCount,
    /// Characters without any marks.
    pub cer_ascii: ErrorCount,
    /// Words, every mark counts.
    pub wer: ErrorCount,
    /// Words without any marks.
    pub wer_ascii: ErrorCount,
    /// Of the characters of the truth that bear a mark, those that came out wrong.
    pub marked: ErrorCount,
}

impl TextErrors {
    pub(super) fn add(&mut self, other: &Self) {
        self.cer += other.cer;
        self.cer_tone += other.cer_tone;
        self.cer_ascii += other.cer_ascii;
        self.wer += other.wer;
        self.wer_ascii += other.wer_ascii;
        self.marked += other.marked;
    }

    /// Share of the marked characters of the truth that came out right; `None` when it has none.
    pub fn diacritic_accuracy(&self) -> Option<f64> {
        (self.marked.length > 0).then(|| 1.0 - self.marked.rate())
    }
}

/// Two texts of a page, laid beside each other.
#[derive(Debug, Clone)]
pub(super) struct Aligned {
    pub(super) truth: Vec<char>,
    pub(super) read: Vec<char>,
    pub(super) steps: Vec<Step>,
}

/// Counts a page. The error is the number of characters of a side that is too long.
pub(super) fn page(truth: &str, read: &str) -> Result<(TextErrors, Aligned), usize> {
    let (truth_chars, read_chars) = (align::shown(truth), align::shown(read));
    let longest = truth_chars.len().max(read_chars.len());
    if longest > MAX_PAGE_CHARS {
        return Err(longest);
    }
    let steps = align::shown_steps(&truth_chars, &read_chars);
    let edits = steps.iter().filter(|step| **step != Step::Match).count() as u64;
    let errors = TextErrors {
        cer: ErrorCount { edits, length: truth_chars.len() as u64 },
        cer_tone: cer(truth, read, Level::ToneFolded),
        cer_ascii: cer(truth, read, Level::AsciiFolded),
        wer: wer(truth, read, Level::Exact),
        wer_ascii: wer(truth, read, Level::AsciiFolded),
        marked: align::marked_errors(&truth_chars, &steps),
    };
    Ok((errors, Aligned { truth: truth_chars, read: read_chars, steps }))
}

/// What a page or its document says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Loại văn bản, by its code.
    DocType,
    /// Số, ký hiệu.
    Number,
    /// Ngày.
    Date,
    /// Địa danh.
    Place,
    /// Cơ quan ban hành.
    IssuingBody,
    /// Tên văn bản.
    Title,
    /// Người ký.
    Signer,
    /// Bút lục.
    Folio,
}

impl Field {
    /// A stable word for `--json`.
    pub fn code(self) -> &'static str {
        match self {
            Self::DocType => "doc_type",
            Self::Number => "number",
            Self::Date => "date",
            Self::Place => "place",
            Self::IssuingBody => "issuing_body",
            Self::Title => "title",
            Self::Signer => "signer",
            Self::Folio => "folio",
        }
    }

    /// For people.
    pub fn name(self, lang: record::Lang) -> &'static str {
        match self {
            Self::DocType => lang.pick("loại văn bản", "document type"),
            Self::Number => lang.pick("số, ký hiệu", "number, symbol"),
            Self::Date => lang.pick("ngày", "date"),
            Self::Place => lang.pick("địa danh", "place"),
            Self::IssuingBody => lang.pick("cơ quan ban hành", "issuing body"),
            Self::Title => lang.pick("tên văn bản", "title"),
            Self::Signer => lang.pick("người ký", "signer"),
            Self::Folio => lang.pick("bút lục", "folio mark"),
        }
    }
}

/// What the truth says of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    /// It stands on the page.
    Value(String),
    /// It is known but not on the page, so nobody is asked to read it.
    Elsewhere(String),
    /// There is none.
    Absent,
}

/// What came of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldVerdict {
    /// The same.
    Right,
    /// Another value.
    Wrong,
    /// Left open, or only a part of a date.
    Unread,
    /// A value where there is none.
    Invented,
}

impl FieldVerdict {
    /// A stable word for `--json`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Unread => "unread",
            Self::Invented => "invented",
        }
    }
}

/// How often each came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FieldCount {
    /// Both have it, and the same.
    pub right: u64,
    /// Both have it, and not the same.
    pub wrong: u64,
    /// Only the truth has it.
    pub unread: u64,
    /// Only the reading has it.
    pub invented: u64,
}

impl FieldCount {
    pub(super) fn note(&mut self, verdict: FieldVerdict) {
        *match verdict {
            FieldVerdict::Right => &mut self.right,
            FieldVerdict::Wrong => &mut self.wrong,
            FieldVerdict::Unread => &mut self.unread,
            FieldVerdict::Invented => &mut self.invented,
        } += 1;
    }

    /// Share of the fields that both sides have that are the same; `None` when there are none.
    pub fn exact(&self) -> Option<f64> {
        let both = self.right + self.wrong;
        (both > 0).then(|| self.right as f64 / both as f64)
    }
}

/// Compares the fields of a page; those that neither side has are not named.
pub(super) fn fields(
    expected: &BTreeMap<Field, Expected>,
    read: &BTreeMap<Field, String>,
) -> BTreeMap<Field, FieldVerdict> {
    let verdict = |(&field, expected): (&Field, &Expected)| {
        let verdict = match (expected, read.get(&field)) {
            (Expected::Value(truth) | Expected::Elsewhere(truth), Some(read)) => compared(field, truth, read),
            (Expected::Value(_), None) => FieldVerdict::Unread,
            (Expected::Absent, Some(_)) => FieldVerdict::Invented,
            (Expected::Elsewhere(_) | Expected::Absent, None) => return None,
        };
        Some((field, verdict))
    };
    expected.iter().filter_map(verdict).collect()
}

fn compared(field: Field, truth: &str, read: &str) -> FieldVerdict {
    let plain = |text: &str| {
        let text = vitext::cer::normalised(text, Level::Exact);
        // three letters look like Đ
        text.replace(['Ð', 'Ɖ'], "Đ").replace(['ð', 'ɖ'], "đ")
    };
    let (truth, read) = (plain(truth), plain(read));
    if truth == read {
        FieldVerdict::Right
    } else if field == Field::Date && truth.starts_with(&format!("{read}-")) {
        FieldVerdict::Unread
    } else {
        FieldVerdict::Wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_counted_at_every_level() {
        let (errors, _) = page("Cộng hoà\n xã hội", "Cong hòa xã hội").unwrap();
        let counts = [errors.cer, errors.cer_tone, errors.cer_ascii, errors.wer, errors.wer_ascii];
        assert_eq!(counts.map(|c| c.edits), [3, 1, 0, 2, 0]);
        assert_eq!((errors.marked.edits, errors.marked.length), (2, 4));
        assert_eq!(page(&"x".repeat(MAX_PAGE_CHARS + 1), "").unwrap_err(), MAX_PAGE_CHARS + 1);
    }

    #[test]
    fn fields_are_right_wrong_open_or_invented() {
        let value = |text: &str| Expected::Value(text.into());
        let expected = BTreeMap::from([
            (Field::Number, value("46/CT-VKSKV7")),
            (Field::Date, value("2019-05-03")),
            (Field::Place, value("Đà Nẵng")),
            (Field::Signer, value("Lê Văn A")),
            (Field::Title, Expected::Absent),
            (Field::Folio, Expected::Elsewhere("12".into())),
        ]);
        let read = |pairs: &[(Field, &str)]| {
            pairs.iter().map(|&(f, v)| (f, v.to_owned())).collect::<BTreeMap<_, _>>()
        };
        let found = fields(
            &expected,
            &read(&[
                (Field::Number, "40/CT-VKSKV7"),
                (Field::Date, "2019-05"),
                (Field::Place, "Ðà  Nẵng"),
                (Field::Title, "X"),
            ]),
        );
        assert_eq!(
            found,
            BTreeMap::from([
                (Field::Number, FieldVerdict::Wrong),
                (Field::Date, FieldVerdict::Unread),
                (Field::Place, FieldVerdict::Right),
                (Field::Signer, FieldVerdict::Unread),
                (Field::Title, FieldVerdict::Invented),
            ])
        );
        assert_eq!(fields(&expected, &read(&[(Field::Folio, "12")]))[&Field::Folio], FieldVerdict::Right);
    }
}
