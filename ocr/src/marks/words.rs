//! What a stamp says, by the few words that stamps bear. Pure text; reads no picture.

use record::MarkKind;
use vitext::fold_ascii;

/// Degrees of secrecy, and how urgent a paper is, as their stamps write them, the longer before what they contain.
const SECRECY: [&str; 3] = ["TUYỆT MẬT", "TỐI MẬT", "MẬT"];
const URGENCY: [&str; 3] = ["THƯỢNG KHẨN", "HỎA TỐC", "KHẨN"];

/// A stamp's meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    /// What kind of stamp it is.
    pub(super) kind: MarkKind,
    /// The degree that it says, as the law writes it; empty for other stamps.
    pub(super) degree: &'static str,
    /// Whether its letters were read as they should be, diacritics aside.
    pub(super) is_exact: bool,
}

/// What lines of a stamp mean: a line has to say a degree and nothing else. With `lenient` one letter of it may be wrong, two
/// of a long one.
pub(super) fn meaning<'a>(lines: impl IntoIterator<Item = &'a str>, lenient: bool) -> Option<Meaning> {
    let mut best: Option<Meaning> = None;
    let (mut all, mut is_arrival) = (String::new(), false);
    for line in lines {
        let letters = letters_of(line);
        all += &letters;
        is_arrival |= letters == "DEN";
        for (degrees, kind) in [(SECRECY, MarkKind::SecrecyStamp), (URGENCY, MarkKind::UrgencyStamp)] {
            for degree in degrees {
                let wanted = letters_of(degree);
                let wrong = distance(&letters, &wanted);
                let allowed = if lenient { 1 + usize::from(wanted.len() > 6) } else { 0 };
                if wrong <= allowed && best.is_none_or(|b| wrong == 0 && !b.is_exact) {
                    best = Some(Meaning { kind, degree, is_exact: wrong == 0 });
                }
            }
        }
    }
    let other = |kind| Some(Meaning { kind, degree: "", is_exact: true });
    let says = |word: &str| all.contains(word);
    if best.is_some_and(|b| b.is_exact) {
        return best;
    }
    match () {
        // the arrival's number and date stand below the word
        () if is_arrival || says("DEN") && (says("SO") || says("NGAY")) => other(MarkKind::IncomingStamp),
        () if says("BUTLUC") => other(MarkKind::FolioStamp),
        () => best,
    }
}

/// Capitals of a line without marks and spaces; small letters and figures make it another line: they are kept.
fn letters_of(line: &str) -> String {
    fold_ascii(line).chars().filter(|c| c.is_ascii_alphanumeric()).map(small_stays).collect()
}

/// "Mật" within a sentence is written small; a stamp has capitals throughout, though c, o, s, v, w, x and z look alike.
fn small_stays(c: char) -> char {
    if "cosvwxz".contains(c) { c.to_ascii_uppercase() } else { c }
}

fn distance(a: &str, b: &str) -> usize {
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    vitext::cer::distance(a.as_bytes(), b.as_bytes()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degree(lines: &[&str], lenient: bool) -> Option<(&'static str, bool)> {
        meaning(lines.iter().copied(), lenient)
            .filter(|m| !m.degree.is_empty())
            .map(|m| (m.degree, m.is_exact))
    }

    #[test]
    fn degrees_are_read_with_or_without_their_marks() {
        for (line, wanted) in [
            ("MẬT", "MẬT"),
            ("[MAT]", "MẬT"),
            ("TỐI MẬT", "TỐI MẬT"),
            ("TÓIMẶT", "TỐI MẬT"),
            ("TUYỆT MẬT", "TUYỆT MẬT"),
            ("HOẢ TÓC", "HỎA TỐC"),
            ("THƯỢNG KHẨN", "THƯỢNG KHẨN"),
        ] {
            assert_eq!(degree(&[line], false), Some((wanted, true)), "{line}");
        }
        assert_eq!(degree(&["SAO Y", "MẬT"], false), Some(("MẬT", true)));
    }

    #[test]
    fn one_wrong_letter_is_a_doubt_and_other_words_are_none() {
        assert_eq!(degree(&["NẬT"], true), Some(("MẬT", false)));
        assert_eq!(degree(&["NẬT"], false), None);
        assert_eq!(degree(&["TUVỆT MẬI"], true), Some(("TUYỆT MẬT", false)));
        for line in ["Bí mật", "mật", "BL 45", "KHÔNG MẬT THƯ", "GIẢI MẬT", "SAO Y BẢN CHÍNH", ""]
        {
            assert_eq!(degree(&[line], true), None, "{line}");
        }
    }

    #[test]
    fn other_stamps_are_told_by_their_words() {
        let kind = |lines: &[&str]| meaning(lines.iter().copied(), true).map(|m| m.kind);
        assert_eq!(kind(&["VKSND KHU VỰC 4", "ĐẾN", "Số: 12 Ngày: 3/4/2020"]), Some(MarkKind::IncomingStamp));
        assert_eq!(kind(&["BÚT LỤC", "Số: 45"]), Some(MarkKind::FolioStamp));
        assert_eq!(kind(&["SAO Y"]), None);
    }
}
