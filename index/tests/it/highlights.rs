use crate::pages::page_text;
use index::{Highlights, Query, highlight};
use record::{PageText, PxBox};

fn lit(query: &str, text: &PageText) -> Vec<String> {
    let found = highlight(&Query::parse(query).unwrap(), text, None);
    let words: Vec<_> = text.words().collect();
    assert_eq!(found.words.len(), found.boxes.len());
    for (idx, bbox) in found.words.iter().zip(&found.boxes) {
        assert_eq!(words[*idx].bbox, *bbox);
    }
    found.words.iter().map(|idx| words[*idx].text.clone()).collect()
}

/// The snippet with its marks as brackets.
fn snippet(query: &str, text: &PageText) -> String {
    let found: Highlights = highlight(&Query::parse(query).unwrap(), text, None);
    let snippet = found.snippet.unwrap();
    let mut out = String::new();
    let mut from = 0;
    for range in &snippet.marked {
        out += &snippet.text[from..range.start];
        out += &format!("[{}]", &snippet.text[range.clone()]);
        from = range.end;
    }
    out + &snippet.text[from..]
}

#[test]
fn a_quoted_phrase_does_not_light_lone_syllables() {
    let text = page_text("Viện kiểm sát nhân dân quận, án dân sự, kiểm tra\nviện kiếm sát nhân dân.");
    assert_eq!(
        lit("\"viện kiểm sát nhân dân\"", &text),
        ["Viện", "kiểm", "sát", "nhân", "dân", "viện", "kiếm", "sát", "nhân", "dân."]
    );
    assert_eq!(lit("\"dân sự\"", &text), ["dân", "sự,"]);
    assert_eq!(lit("\"sự dân\"", &text), Vec::<String>::new());
    assert_eq!(lit("dan su", &text), ["dân", "dân", "sự,", "dân."]);
}

#[test]
fn look_alikes_are_lit_only_where_there_is_no_better() {
    let text = page_text("tôi phạm tội vào buổi tối");
    assert_eq!(lit("tội", &text), ["tội"]);
    assert_eq!(lit("tỏi", &text), ["tôi", "tội", "tối"]);
    assert_eq!(lit("toi", &text), ["tôi", "tội", "tối"]);
    let met = page_text("tôi phạm, tội khác, tối đó");
    assert_eq!(lit("tội phạm", &met), ["tôi", "phạm,", "tội"], "look-alikes that stand together are lit too");
    assert_eq!(lit("trộm cắp", &page_text("trôm cắp rồi trộm cắp")), ["trôm", "cắp", "trộm", "cắp"]);
}

#[test]
fn what_is_asked_in_any_way_is_lit_where_it_stands() {
    let text = page_text("tội trộm cắp tài sản, tội cướp tài sản, vlện|viện kiểm sát");
    assert_eq!(lit("trộm KHÔNG tội", &text), ["trộm"], "what must not be there is not lit");
    assert_eq!(lit("trộm HOẶC (cướp giật)", &text), ["trộm"], "an alternative that is not there is not lit");
    assert_eq!(
        lit("(trộm -loai:ban-an) HOẶC giật", &text),
        ["trộm"],
        "what the page is otherwise is not known"
    );
    assert_eq!(lit("(trộm -tội) HOẶC cướp", &text), ["cướp"]);
    assert_eq!(lit("\"trộm tài\"~1", &text), ["trộm", "tài"], "the word between is not lit");
    assert_eq!(lit("\"cướp sản\"", &text), Vec::<String>::new());
    assert_eq!(lit("tr*", &text), ["trộm"]);
    assert_eq!(lit("\"tài sả*\"", &text), ["tài", "sản,", "tài", "sản,"]);
    assert_eq!(lit("=tôi", &text), Vec::<String>::new());
    assert_eq!(lit("viện", &text), Vec::<String>::new());
    assert_eq!(lit("~viện", &text), ["vlện"]);
    assert_eq!(lit("~\"viện kiểm sát\"", &text), ["vlện", "kiểm", "sát"]);
}

#[test]
fn a_word_found_by_another_reading_of_it_is_lit() {
    // `tra` is a syllable and two letters away from `trộm`: nothing but the recogniser's second reading leads to it.
    let text = page_text("tội tra|trộm cắp tài sản");
    assert_eq!(lit("~trộm", &text), ["tra"]);
    assert_eq!(lit("~\"trộm cắp\"", &text), ["tra", "cắp"]);
    assert_eq!(
        lit("trộm", &text),
        Vec::<String>::new(),
        "other readings count only where they are asked for"
    );
    assert_eq!(snippet("~\"trộm cắp\"", &text), "tội [tra cắp] tài sản");
}

#[test]
fn references_are_lit_where_they_are_written() {
    let text = page_text("Theo điểm b khoản 2\nĐiều 173 ngày 12 tháng 5 năm 1998\n#ĐẾN 12/5/1998");
    assert_eq!(lit("dieu:173/k2", &text), ["điểm", "b", "khoản", "2", "Điều", "173"]);
    assert_eq!(lit("ngay:5/1998", &text), ["ngày", "12", "tháng", "5", "năm", "1998", "12/5/1998"]);
    assert_eq!(lit("theo KHÔNG dieu:173", &text), ["Theo"]);
}

#[test]
fn boxes_are_those_of_the_words() {
    let text = page_text("a “Điều 51” b\n#ĐẾN\n#BL 45");
    let found = highlight(&Query::parse("điều 51").unwrap(), &text, None);
    let at = |left, top| PxBox { left, top, right: left + 90, bottom: top + 40 };
    assert_eq!(found.boxes, [at(100, 0), at(200, 0)]);
    let found = highlight(&Query::parse("\"bl 45\"").unwrap(), &text, None);
    assert_eq!(found.boxes, [at(0, 100), at(100, 100)]);
    let found = highlight(&Query::parse("bl:45").unwrap(), &text, None);
    assert_eq!(found.boxes, []);
}

#[test]
fn snippets_mark_the_hit_in_its_surroundings() {
    let text = page_text("Căn cứ “Điều 51”; xét thấy\nNguyễn Văn A phạm tội trộm cắp.");
    assert_eq!(snippet("dieu 51", &text), "Căn cứ “[Điều 51]”; xét thấy Nguyễn Văn A phạm tội trộm cắp.");
    assert_eq!(snippet("tội a", &text), "Căn cứ “Điều 51”; xét thấy Nguyễn Văn [A] phạm [tội] trộm cắp.");
    assert_eq!(snippet("ho-so:x", &text), "Căn cứ “Điều 51”; xét thấy Nguyễn Văn A phạm tội trộm cắp.");
}

#[test]
fn snippets_of_long_pages_are_cut_at_words_around_the_best_place() {
    let filler = "lời khai của bị can ".repeat(40);
    let text = page_text(&format!("tội {filler}\ncướp {filler}\nphạm tội cướp tài sản\n{filler}\n#tội cướp"));
    let shown = snippet("tội cướp", &text);
    assert!(shown.contains("phạm [tội cướp] tài sản"), "{shown}");
    assert!(shown.starts_with('…') && shown.ends_with('…'), "{shown}");
    let plain: Vec<String> = text.words().map(|w| w.text.clone()).collect();
    let length = shown.chars().filter(|c| !"…[]".contains(*c)).count();
    assert!((170..=200).contains(&length), "{length}: {shown}");
    let inner = shown.replace(['[', ']', '…'], "");
    assert!(inner.split(' ').all(|w| plain.iter().any(|p| p == w)), "{shown}");
    let start = snippet("không có", &text);
    assert!(start.starts_with("tội lời khai") && !start.contains('['), "{start}");
}

#[test]
fn marks_give_the_snippet_where_the_body_has_nothing() {
    let text = page_text("thân bài\n#VIỆN KIỂM SÁT\n#BL 45");
    assert_eq!(snippet("bl 45", &text), "[BL 45]");
    assert_eq!(snippet("kiem", &text), "VIỆN [KIỂM] SÁT");
}

#[test]
fn the_best_hit_is_told_apart_from_other_words_that_are_lit() {
    let best = |query: &str, text: &PageText| {
        let found = highlight(&Query::parse(query).unwrap(), text, None);
        let words: Vec<_> = text.words().collect();
        assert!(found.best.iter().all(|idx| found.words.contains(idx)), "{found:?}");
        found.best.iter().map(|idx| (*idx, words[*idx].text.clone())).collect::<Vec<_>>()
    };
    let text = page_text("tội khác\ncướp giật\nphạm tội cướp tài sản 12/5/1998\n#tội cướp");
    let at = |idx: usize, word: &str| (idx, word.to_owned());
    assert_eq!(best("tội cướp", &text), [at(5, "tội"), at(6, "cướp")]);
    assert_eq!(best("\"phạm tội\" giật", &text), [at(3, "giật"), at(4, "phạm"), at(5, "tội")]);
    assert_eq!(best("ngay:1998", &text), [at(9, "12/5/1998")]);
    assert_eq!(best("ho-so:x", &text), []);
    assert_eq!(best("=tôi", &text), []);
}

#[test]
fn odd_pages_are_no_trouble() {
    let query = Query::parse("án").unwrap();
    assert_eq!(highlight(&query, &page_text(""), None), Highlights::default());
    let long = format!("{} án", "á".repeat(5000));
    let shown = snippet("án", &page_text(&long));
    assert_eq!(shown, "…[án]");
    let garbage = snippet("áá", &page_text(&"á".repeat(5000)));
    assert_eq!(garbage.chars().count(), 201);
}
