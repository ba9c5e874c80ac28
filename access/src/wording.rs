//! Dates, numbers and names as people read them.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use pipeline::SignatureVerdict;
use record::{DocType, Lang, PartialDate};

/// `12/05/1998`, `05/1998`, `1998`; in English as in the formats.
pub(crate) fn date(date: PartialDate, lang: Lang) -> String {
    match (lang, date.month, date.day) {
        (Lang::En, ..) => date.to_string(),
        (Lang::Vi, Some(month), Some(day)) => format!("{day:02}/{month:02}/{}", date.year),
        (Lang::Vi, Some(month), None) => format!("{month:02}/{}", date.year),
        (Lang::Vi, None, _) => date.year.to_string(),
    }
}

/// With a capital and a full stop, or the question mark that it has.
pub(crate) fn sentence(said: &str) -> String {
    let mut letters = said.chars();
    let mut sentence: String =
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    if !sentence.ends_with('?') {
        sentence.push('.');
    }
    sentence
}

/// A moment in Vietnamese time, which has had no summer time since 1975.
pub(crate) fn moment(at: Timestamp, lang: Lang) -> String {
    let local = at.to_zoned(TimeZone::fixed(Offset::constant(7)));
    match lang {
        Lang::Vi => local.strftime("%d/%m/%Y %H:%M:%S").to_string(),
        Lang::En => local.strftime("%Y-%m-%d %H:%M:%S UTC+7").to_string(),
    }
}

/// The day of a moment, in Vietnamese time.
pub(crate) fn day(at: Timestamp, lang: Lang) -> String {
    let local = at.to_zoned(TimeZone::fixed(Offset::constant(7)));
    local.strftime(lang.pick("%d/%m/%Y", "%Y-%m-%d")).to_string()
}

/// `1.234` or `1,234`.
pub(crate) fn count(n: usize, lang: Lang) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            out.push(lang.pick('.', ','));
        }
        out.push(digit);
    }
    out
}

/// `12 pages`, `1 page`; Vietnamese has no plural.
pub(crate) fn pages(n: usize, lang: Lang) -> String {
    match (lang, n) {
        (Lang::Vi, _) => format!("{} trang", count(n, lang)),
        (Lang::En, 1) => "1 page".into(),
        (Lang::En, _) => format!("{} pages", count(n, lang)),
    }
}

pub(crate) fn doc_type(of: DocType, lang: Lang) -> String {
    match lang {
        Lang::Vi => of.vietnamese().to_owned(),
        Lang::En => {
            let name = of.english();
            name.chars().take(1).flat_map(char::to_uppercase).chain(name.chars().skip(1)).collect()
        }
    }
}

/// `bút lục 45`, or that it is unknown.
pub(crate) fn folio(label: Option<&str>, lang: Lang) -> String {
    match label {
        Some(label) => format!("{} {label}", lang.pick("bút lục", "folio")),
        None => lang.pick("bút lục chưa rõ", "folio unknown").to_owned(),
    }
}

/// What came of reading a page that has no text.
pub(crate) fn no_text(outcome: &str, lang: Lang) -> &'static str {
    match outcome {
        "blank" => lang.pick("Trang trắng: không có chữ.", "A blank page: no print on it."),
        "text" => lang.pick("Không có văn bản.", "No text."),
        _ => lang.pick(
            "Máy chưa đọc được trang này; hãy xem ảnh.",
            "This page could not be read by machine; look at the picture.",
        ),
    }
}

/// Who signed and when, as far as the certificate says.
pub(crate) fn signed_by(signature: &SignatureVerdict, lang: Lang) -> Option<String> {
    let signer = signature.signers().first()?;
    let name = &signer.name;
    Some(match (signer.claimed, lang) {
        (Some(at), Lang::Vi) => format!("{name} ký ngày {}", day(at, lang)),
        (Some(at), Lang::En) => format!("signed by {name} on {}", day(at, lang)),
        (None, Lang::Vi) => format!("{name} ký"),
        (None, Lang::En) => format!("signed by {name}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_read_as_people_write_them() {
        assert_eq!(count(1_234_567, Lang::Vi), "1.234.567");
        assert_eq!(count(123, Lang::Vi), "123");
        assert_eq!(pages(1, Lang::En), "1 page");
        let full = PartialDate::parse("1998-05-02").unwrap();
        assert_eq!(date(full, Lang::Vi), "02/05/1998");
        assert_eq!(date(PartialDate::parse("1998-05").unwrap(), Lang::Vi), "05/1998");
        let at: Timestamp = "2026-11-21T20:32:05Z".parse().unwrap();
        assert_eq!(moment(at, Lang::Vi), "22/11/2026 03:32:05");
    }
}
