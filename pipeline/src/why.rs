//! A hit's rank in words.

use crate::reading_room::tier_name;
use index::Hit;
use record::Lang;

/// Why a hit stands where it does: ranks go by these, in this order, then by case code and page. `clauses` is how many phrases and
/// runs of words the question wants (`Outline::wanted_clauses`).
pub fn why_here(hit: &Hit, clauses: usize, lang: Lang) -> String {
    let mut reasons = vec![tier_name(hit.tier, lang).to_owned()];
    let (here, in_all) = (hit.spread_here(), clauses > 1);
    match (hit.spread, hit.tier.is_together()) {
        (0, _) => {}
        (n, true) => reasons.push(lang.pick(
            format!("có {n} từ khác xen giữa{}", if in_all { " (cộng cả các phần)" } else { "" }),
            format!("with {n} other words between{}", if in_all { " (all parts together)" } else { "" }),
        )),
        (_, false) if in_all => reasons.push(lang.pick(
            format!("các đoạn ngắn nhất có đủ từ của từng phần dài tổng cộng {here} từ"),
            format!("the shortest stretches with the words of each part have {here} words together"),
        )),
        (_, false) => reasons.push(lang.pick(
            format!("đoạn ngắn nhất có đủ các từ dài {here} từ"),
            format!("the shortest stretch with all the words is {here} words long"),
        )),
    }
    // Stamps stand apart from the body: a stretch may be longer than all words together.
    if here != hit.spread && here <= hit.length {
        let (n, length) = (hit.spread, hit.length);
        reasons.push(lang.pick(
            format!("tính là {n}, vì cả trang chỉ có {length} từ"),
            format!("counted as {n}, for the page has but {length} words"),
        ));
    }
    if hit.in_header {
        reasons.push(
            lang.pick("phần đầu văn bản có đủ các từ", "the document's header has all the words").to_owned(),
        );
    }
    format!("{} {}", lang.pick("xếp theo:", "ranked by:"), reasons.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use index::Tier;
    use record::{CaseCode, DocumentNo, PageNo};

    fn said(tier: Tier, (spread, length): (u32, u32), in_header: bool, clauses: usize) -> [String; 2] {
        let hit = Hit {
            case: CaseCode::new("HS-1").unwrap(),
            document: DocumentNo::new(1).unwrap(),
            page: PageNo::new(1).unwrap(),
            folio: None,
            doc_type: None,
            date: None,
            tier,
            spread,
            in_header,
            length,
            fingerprint: None,
            of_case: 0,
            holds: Vec::new(),
        };
        [Lang::Vi, Lang::En].map(|lang| why_here(&hit, clauses, lang))
    }

    #[test]
    fn a_rank_is_explained_in_words_that_are_true() {
        let [vi, en] = said(Tier::ExactPhrase, (0, 300), false, 1);
        assert_eq!((vi.as_str(), en.as_str()), ("xếp theo: khớp chính xác", "ranked by: exact phrase"));
        let [vi, en] = said(Tier::ExactPhrase, (2, 300), true, 1);
        assert_eq!(vi, "xếp theo: khớp chính xác; có 2 từ khác xen giữa; phần đầu văn bản có đủ các từ");
        assert_eq!(
            en,
            "ranked by: exact phrase; with 2 other words between; the document's header has all the words"
        );
        let [vi, en] = said(Tier::ExactWords, (12, 300), false, 1);
        assert_eq!(vi, "xếp theo: đủ các từ; đoạn ngắn nhất có đủ các từ dài 12 từ");
        assert_eq!(en, "ranked by: all words; the shortest stretch with all the words is 12 words long");
        // Nine words on a page of ten.
        let [vi, en] = said(Tier::ExactWords, (45, 10), false, 1);
        assert!(vi.contains("dài 9 từ; tính là 45, vì cả trang chỉ có 10 từ"), "{vi}");
        assert!(en.contains("is 9 words long; counted as 45, for the page has but 10 words"), "{en}");
        let [vi, en] = said(Tier::FoldedWords, (21, 300), false, 2);
        assert!(vi.ends_with("các đoạn ngắn nhất có đủ từ của từng phần dài tổng cộng 21 từ"), "{vi}");
        assert!(en.ends_with("the shortest stretches with the words of each part have 21 words together"));
    }
}
