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

/// What lines of a stamp mean, secrecy first; empty where that is not known. A line has to say a degree, or two, and nothing else. With
/// `lenient` one letter of it may be wrong, of a degree of secrecy a third of them: no other stamp comes that near.
pub(super) fn meanings<'a>(lines: impl IntoIterator<Item = &'a str>, lenient: bool) -> Vec<Meaning> {
    let lines: Vec<&str> = lines.into_iter().flat_map(apart).collect();
    let (degrees, rest): (Vec<&str>, Vec<&str>) = lines.into_iter().partition(|line| degree(line).is_some());
    let mut said: Vec<Meaning> = degrees.into_iter().filter_map(degree).collect();
    let is_secrecy = |m: &Meaning| m.kind == MarkKind::SecrecyStamp;
    if said.is_empty() {
        said.extend(other_meaning(&rest, lenient));
    } else if !said.iter().any(is_secrecy) {
        // beside a degree of urgency a near miss is no other word
        said.extend(other_meaning(&rest, true).filter(is_secrecy));
    }
    said.sort_by_key(|m| !is_secrecy(m));
    said
}

/// The degree that a line says exactly.
fn degree(line: &str) -> Option<Meaning> {
    nearest_degree(&letters_of(line), false).map(|near| near.1)
}

/// A line of two degrees, of urgency and of secrecy, in two; any other as it is.
fn apart(line: &str) -> Vec<&str> {
    let mut cuts = line.match_indices(' ').map(|(at, _)| line.split_at(at));
    let two = cuts.find(|(a, b)| degree(a).is_some() && degree(b).is_some());
    two.map_or_else(|| vec![line], |(a, b)| vec![a, b])
}

/// What lines mean of which none says a degree exactly.
fn other_meaning(lines: &[&str], lenient: bool) -> Option<Meaning> {
    let letters: Vec<String> = lines.iter().map(|line| letters_of(line)).collect();
    let all = letters.concat();
    let says = |word: &str| all.contains(word);
    let other = |kind| Some(Meaning { kind, degree: "", is_exact: true });
    // a stamp of two words beside another in the same ink
    if let Some(degree) = SECRECY.iter().filter(|d| d.contains(' ')).find(|d| says(&letters_of(d))) {
        return Some(Meaning { kind: MarkKind::SecrecyStamp, degree, is_exact: false });
    }
    match () {
        // the arrival's number and date stand below the word
        () if letters.iter().any(|line| line == "DEN") || says("DEN") && (says("SO") || says("NGAY")) => {
            other(MarkKind::IncomingStamp)
        }
        () if says("BUTLUC") => other(MarkKind::FolioStamp),
        () if !lenient => None,
        () => {
            let near = lines.iter().zip(letters).filter_map(|(line, letters)| {
                let letters = if is_stamped(line) { letters.to_ascii_uppercase() } else { letters };
                broken_m(letters)
                    .iter()
                    .filter_map(|letters| nearest_degree(letters, true))
                    .min_by_key(|n| n.0)
            });
            near.min_by_key(|n| n.0).map(|(_, meaning)| Meaning { is_exact: false, ..meaning })
        }
    }
}

/// The degree that some letters are nearest to, and the share of them that is wrong, in hundredths.
fn nearest_degree(letters: &str, lenient: bool) -> Option<(usize, Meaning)> {
    let degrees = [(SECRECY, MarkKind::SecrecyStamp), (URGENCY, MarkKind::UrgencyStamp)];
    let degrees = degrees.into_iter().flat_map(|(degrees, kind)| degrees.map(|degree| (degree, kind)));
    let near = degrees.filter_map(|(degree, kind)| {
        let wanted = letters_of(degree);
        let wrong = distance(letters, &wanted);
        let allowed = match kind {
            _ if !lenient => 0,
            MarkKind::SecrecyStamp => wanted.len() * 3 / 8,
            _ => 1 + usize::from(wanted.len() > 6),
        };
        let meaning = Meaning { kind, degree, is_exact: wrong == 0 };
        (wrong <= allowed).then_some((wrong * 100 / wanted.len(), meaning))
    });
    near.min_by_key(|n| n.0)
}

/// Capitals of a line without marks and spaces; small letters and figures make it another line: they are kept.
fn letters_of(line: &str) -> String {
    fold_ascii(line).chars().filter(|c| c.is_ascii_alphanumeric()).map(small_stays).collect()
}

/// "Mật" within a sentence is written small; a stamp has capitals throughout, though c, o, s, v, w, x and z look alike.
fn small_stays(c: char) -> char {
    if "cosvwxz".contains(c) { c.to_ascii_uppercase() } else { c }
}

/// What was read, and the same with an M for each pair of letters that a broken M is read as.
fn broken_m(letters: String) -> Vec<String> {
    let pairs = ["NI", "NU", "NL", "IW", "LW", "IU", "IV", "LV", "XL"]
        .into_iter()
        .filter(|pair| letters.contains(pair));
    let with_m: Vec<String> = pairs.map(|pair| letters.replacen(pair, "M", 1)).collect();
    [vec![letters], with_m].concat()
}

/// Whether the last word of a line begins with a capital: a sentence goes on in small letters, those of a stamp are misread.
fn is_stamped(line: &str) -> bool {
    let last = line.split_whitespace().next_back().unwrap_or_default();
    last.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase)
}

fn distance(a: &str, b: &str) -> usize {
    vitext::cer::distance(a.as_bytes(), b.as_bytes()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degree(lines: &[&str], lenient: bool) -> Option<(&'static str, bool)> {
        degrees(lines, lenient).into_iter().next()
    }

    fn degrees(lines: &[&str], lenient: bool) -> Vec<(&'static str, bool)> {
        let said = meanings(lines.iter().copied(), lenient).into_iter();
        said.filter(|m| !m.degree.is_empty()).map(|m| (m.degree, m.is_exact)).collect()
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
        for (line, wanted) in [
            ("TUVỆT MẬI", "TUYỆT MẬT"),
            ("[Tuyệt MÁT|", "TUYỆT MẬT"),
            ("[tuyệt MẠi]", "TUYỆT MẬT"),
            ("[Mậi]", "MẬT"),
            ("NIÀT", "MẬT"),
            ("IwẬT", "MẬT"),
            ("TUYẾT", "TUYỆT MẬT"),
            ("!ÕI MẬ", "TỐI MẬT"),
            ("TÔI MẬẮIT", "TỐI MẬT"),
            ("LÕI MẬI", "TỐI MẬT"),
        ] {
            assert_eq!(degree(&[line], true), Some((wanted, false)), "{line}");
        }
        for line in [
            "Bí mật",
            "mật",
            "BL 45",
            "KHÔNG MẬT THƯ",
            "GIẢI MẬT",
            "SAO Y BẢN CHÍNH",
            "BẢN SAO",
            "BẢN LƯU",
            "HỎA TÁNG",
            "ĐÃ DUYỆT",
            "DUYỆT",
            "",
        ] {
            assert_eq!(degree(&[line], true), None, "{line}");
        }
    }

    #[test]
    fn a_degree_beside_another_stamp_is_a_doubt() {
        let lines = ["VKSND KHU VỰC 48", "ĐẾN TUYỆT MẬT", "Số: 1607 Ngày: 12/7/2021"];
        assert_eq!(degree(&lines, false), Some(("TUYỆT MẬT", false)));
        assert_eq!(degree(&["VKSND", "ĐẾN", "Số: 12 Ngày: 3/4/2020"], true), None);
    }

    #[test]
    fn secrecy_below_or_beside_urgency_is_not_hidden() {
        let both = [("MẬT", true), ("HỎA TỐC", true)];
        for lines in [&["HỎA TỐC", "MẬT"][..], &["MẬT", "HOẢ TỐC"], &["HỎA TỐC MẬT"], &["MẬT HỎA TỐC"]]
        {
            assert_eq!(degrees(lines, false), both, "{lines:?}");
        }
        let urgent = ("THƯỢNG KHẨN", true);
        assert_eq!(degrees(&["TUYỆT MẬT THƯỢNG KHẨN"], false), [("TUYỆT MẬT", true), urgent]);
        assert_eq!(degrees(&["THƯỢNG KHẨN", "TÔI MẬI"], false), [("TỐI MẬT", false), urgent]);
        assert_eq!(degrees(&["THƯỢNG KHẨN", "SAO Y BẢN CHÍNH"], true), [urgent]);
        assert_eq!(degrees(&["THƯỢNG KHẨN"], true), [urgent]);
    }

    #[test]
    fn other_stamps_are_told_by_their_words() {
        let kind = |lines: &[&str]| meanings(lines.iter().copied(), true).first().map(|m| m.kind);
        assert_eq!(kind(&["VKSND KHU VỰC 4", "ĐẾN", "Số: 12 Ngày: 3/4/2020"]), Some(MarkKind::IncomingStamp));
        assert_eq!(kind(&["BÚT LỤC", "Số: 45"]), Some(MarkKind::FolioStamp));
        assert_eq!(kind(&["SAO Y"]), None);
    }
}
