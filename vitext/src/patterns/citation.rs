use super::{Found, group};
use crate::fold::Folded;
use regex::Regex;
use std::sync::LazyLock;

/// A citation of law: điểm, khoản, Điều.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// Điều: `51`, `134a`.
    pub article: String,
    /// Khoản.
    pub clauses: Vec<u8>,
    /// Điểm; `đ` and `d` are different points and read from the unfolded text.
    pub points: Vec<char>,
    /// The law, named here or at the end of the list this article stands in.
    pub code: Option<Code>,
    /// The year of the law, where written: article numbers mean nothing without it.
    pub year: Option<u16>,
}

/// The codes that procuracy files cite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Bộ luật Hình sự.
    Criminal,
    /// Bộ luật Tố tụng hình sự.
    CriminalProcedure,
    /// Bộ luật Dân sự.
    Civil,
    /// Bộ luật Tố tụng dân sự.
    CivilProcedure,
    /// Luật Tố tụng hành chính.
    AdministrativeProcedure,
}

/// The name of a code (`law`) and the `year` of its edition.
pub(super) const LAW: &str = concat!(
    r"(?P<law>(?:bo\s+)?luat\s+(?:to\s+tung\s+)?(?:hinh\s+su|dan\s+su|hanh\s+chinh)|blhs|bltths|blds|blttds|ltthc)\b",
    r"(?:\s*,?\s*(?:nam\s+)?(?P<year>(?:19|20)\d{2})\b)?",
);
/// The same behind what is cited of it.
pub(super) static OF_LAW: LazyLock<String> = LazyLock::new(|| format!(r"(?:\s*,?\s*(?:cua\s+)?{LAW})?"));

static CITE: LazyLock<Regex> = LazyLock::new(|| {
    let place = concat!(
        r"(?i)(?:\bdiem\s+(?P<points>[a-z]\b(?:\s*(?:,|\bva\b)\s*[a-z]\b)*)\s*,?\s*)?",
        r"(?:\bkhoan\s+(?P<clauses>\d{1,2}(?:\s*(?:,|\bva\b)\s*\d{1,2})*)\s*,?\s*)?",
        r"\bdieu\s+(?P<article>\d{1,3}[a-z]?)\b",
    );
    Regex::new(&format!("{place}{}", *OF_LAW)).expect("a fixed pattern")
});
static BETWEEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)^\s*(?:[,;]|\bva\b)?\s*(?:cac\s+)?$").expect("a fixed pattern"));

/// Citations in order: `điểm i, s khoản 1 Điều 51; Điều 65 Bộ luật Hình sự`. A law named at the end of a list holds
/// for the articles of the list before it.
pub fn citations(text: &str) -> Vec<Found<Citation>> {
    citations_in(&Folded::new(text), text)
}

pub(super) fn citations_in(folded: &Folded, text: &str) -> Vec<Found<Citation>> {
    let mut ends = Vec::new();
    let mut found: Vec<Found<Citation>> = Vec::new();
    for c in CITE.captures_iter(folded.text()) {
        let points = c.name("points").map_or("", |m| &text[folded.original(m.range())]);
        let value = Citation {
            article: group(&c, "article").to_ascii_lowercase(),
            clauses: numbers(group(&c, "clauses")),
            points: letters(points),
            code: c.name("law").and_then(|m| code_named(m.as_str())),
            year: group(&c, "year").parse().ok(),
        };
        ends.push(c.get_match().range());
        found.push(Found::whole(folded, &c, value));
    }
    for idx in (1..found.len()).rev() {
        let (code, year) = (found[idx].value.code, found[idx].value.year);
        let before = &mut found[idx - 1].value;
        if before.code.is_none() && BETWEEN.is_match(&folded.text()[ends[idx - 1].end..ends[idx].start]) {
            (before.code, before.year) = (code, year);
        }
    }
    found
}

/// The code of a folded name that [`LAW`] matches; there is no code of administration.
pub(super) fn code_named(law: &str) -> Option<Code> {
    let law = law.to_ascii_lowercase();
    let words: Vec<&str> = law.split_whitespace().filter(|word| !matches!(*word, "bo" | "luat")).collect();
    match words.as_slice() {
        ["hinh", "su"] | ["blhs"] => Some(Code::Criminal),
        ["to", "tung", "hinh", "su"] | ["bltths"] => Some(Code::CriminalProcedure),
        ["dan", "su"] | ["blds"] => Some(Code::Civil),
        ["to", "tung", "dan", "su"] | ["blttds"] => Some(Code::CivilProcedure),
        ["to", "tung", "hanh", "chinh"] | ["ltthc"] => Some(Code::AdministrativeProcedure),
        _ => None,
    }
}

pub(super) fn numbers(list: &str) -> Vec<u8> {
    list.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
}

pub(super) fn letters(list: &str) -> Vec<char> {
    let words = crate::tokens(list).map(|t| t.text);
    let single = words.filter(|w| w.chars().count() == 1);
    single.flat_map(str::chars).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Citation {
        let found = citations(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found[0].value.clone()
    }

    #[test]
    fn points_clauses_and_articles() {
        let c = one("quy định tại điểm c khoản 1 Điều 191 của Bộ luật Hình sự năm 2015");
        assert_eq!((c.article.as_str(), c.clauses, c.points), ("191", vec![1], vec!['c']));
        assert_eq!((c.code, c.year), (Some(Code::Criminal), Some(2015)));
        let c = one("khoản 1, 2 và 3 Điều 134a BLTTHS 2003");
        assert_eq!((c.article.as_str(), c.clauses), ("134a", vec![1, 2, 3]));
        assert_eq!((c.code, c.year), (Some(Code::CriminalProcedure), Some(2003)));
        assert_eq!(one("Điều 5 Luật Tố tụng hành chính").code, Some(Code::AdministrativeProcedure));
        assert_eq!(one("Điểu 155 BLHS 1999").code, Some(Code::Criminal), "one wrong tone");
        assert_eq!(one("Điều 3. Chánh Văn phòng").code, None);
    }

    #[test]
    fn the_law_at_the_end_of_a_list_holds_for_all() {
        let text = "điểm i, s khoản 1 Điều 51; Điều 65 Bộ luật Hình sự. Theo Điều 7 thì";
        let found = citations(text);
        let codes: Vec<_> = found.iter().map(|f| f.value.code).collect();
        assert_eq!(codes, [Some(Code::Criminal), Some(Code::Criminal), None]);
        assert_eq!(found[0].value.points, ['i', 's']);
        assert_eq!(&text[found[0].range.clone()], "điểm i, s khoản 1 Điều 51");
    }

    #[test]
    fn point_d_is_not_point_dd() {
        assert_eq!(one("điểm đ khoản 2 Điều 173").points, ['đ']);
        assert_eq!(one("điểm d, đ và e khoản 2 Điều 173").points, ['d', 'đ', 'e']);
    }
}
