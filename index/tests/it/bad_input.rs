//! What people paste into a search box, and pages that are nothing or far too much: a right answer or a message that says what is wrong,
//! in both languages, and where.

use crate::pages::{case, find, index_of, page, ranked};
use index::{Indexer, Query, QueryError, highlight};
use std::time::{Duration, Instant};

fn refused(text: &str) -> QueryError {
    let started = Instant::now();
    let error = Query::parse(text).expect_err("means nothing");
    assert!(started.elapsed() < Duration::from_secs(2), "{error}");
    assert!(error.to_string().len() < 600 && error.vietnamese().len() < 600);
    assert_ne!(error.to_string(), error.vietnamese());
    error
}

#[test]
fn a_megabyte_is_refused_by_its_size() {
    for text in ["án ".repeat(1 << 18), "\"".repeat(1 << 20), "(".repeat(1 << 20), "\u{301}".repeat(1 << 19)]
    {
        let error = refused(&text);
        assert_eq!(error, QueryError::TooLong { bytes: text.len(), max: 4096 });
        assert_eq!(error.to_string(), format!("the query has {} bytes; at most 4096 are taken", text.len()));
        assert_eq!(error.vietnamese(), format!("câu tìm dài {} byte; tối đa 4096", text.len()));
    }
}

#[test]
fn five_hundred_words_are_refused_where_they_become_too_many() {
    let error = refused(&"án ".repeat(500));
    assert_eq!(error, QueryError::TooManyWords { at: 193, max: 64 });
    assert_eq!(error.vietnamese(), "quá 64 từ, tính đến ký tự thứ 193");
}

#[test]
fn what_is_not_balanced_is_named_with_its_place() {
    for (text, said) in [
        ("\"viện kiểm", "“\"” ở ký tự thứ 1 chưa được đóng"),
        ("viện “kiểm", "““” ở ký tự thứ 6 chưa được đóng"),
        ("(viện (kiểm)", "“(” ở ký tự thứ 1 chưa được đóng"),
        ("viện) kiểm", "“)” ở ký tự thứ 5 không đóng dấu nào"),
        ("((((((((((((((((((viện", "quá 16 lớp ngoặc lồng nhau ở ký tự thứ 17"),
        ("nguoi:\"Nguyễn", "“\"” ở ký tự thứ 7 chưa được đóng"),
    ] {
        assert_eq!(refused(text).vietnamese(), said, "{text}");
    }
}

#[test]
fn wildcards_in_front_and_queries_of_nothing_but_not_are_refused() {
    assert_eq!(
        refused("viện *sát").to_string(),
        "“*” at character 6: only the end of a word may be left open; write “*” right behind the word's beginning (khởi*)"
    );
    assert_eq!(
        refused("viện *").vietnamese(),
        "“*” ở ký tự thứ 6: chỉ để ngỏ được phần cuối của từ; hãy viết “*” liền sau phần đầu của từ (khởi*)"
    );
    assert_eq!(refused("*").at(), Some(1));
    for text in ["-trộm", "KHÔNG trộm", "NOT (trộm HOẶC cướp)", "-trộm -cướp"] {
        assert_eq!(
            refused(text).vietnamese(),
            "ký tự thứ 1: chỉ nói điều không được có; hãy thêm điều cần tìm",
            "{text}"
        );
    }
}

#[test]
fn text_of_old_fonts_is_offered_in_unicode() {
    let error = refused("Céng hßa x· héi chñ nghÜa ViÖt Nam");
    assert_eq!(
        error.vietnamese(),
        "đây là mã TCVN3 (ABC), không phải Unicode; có phải ý bạn là “Cộng hòa xã hội chủ nghĩa Việt Nam”?"
    );
}

#[test]
fn decomposed_text_control_characters_and_emoji_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let index = index_of(dir.path(), &["Tội trộm cắp tài sản", "tôi"]);
    let decomposed: String = unicode_normalization::UnicodeNormalization::nfd("tội trộm cắp").collect();
    for text in [
        "tội trộm cắp",
        &decomposed,
        "t\u{F4}\u{323}i tr\u{F4}\u{323}m c\u{103}\u{301}p",
        "tội\u{0}trộm\u{7}cắp\u{1B}\u{9F}",
        "🙂 tội 👨‍⚖️ trộm cắp 🙂",
        "tội\u{200B} trộm\u{FEFF} cắp\u{202E}",
    ] {
        assert_eq!(ranked(&index, text), [(1, "exact-phrase")], "{text:?}");
    }
    assert_eq!(refused("🙂🙂"), QueryError::Empty);
    assert_eq!(refused("\u{0}\u{1}\u{2}"), QueryError::Empty);
}

#[test]
fn a_page_of_twenty_thousand_words_is_found_by_its_last_one() {
    let dir = tempfile::tempdir().unwrap();
    let line = "căn cứ quyết định khởi tố vụ án hình sự ".repeat(4);
    let mut text = vec![line.trim_end(); 500].join("\n");
    text.push_str("\nkhuỷu tay");
    assert!(text.split_whitespace().count() >= 20_000);
    let index = index_of(dir.path(), &[&text, "khuyu"]);
    assert_eq!(ranked(&index, "\"khuỷu tay\""), [(1, "exact-phrase")]);
    assert_eq!(find(&index, "\"vụ án hình sự căn cứ\"").total, 1);
    let started = Instant::now();
    let lit =
        highlight(&Query::parse("\"khởi tố vụ án\"").unwrap(), page(1, &text).text.as_ref().unwrap(), None);
    assert_eq!(lit.words.len(), 2000 * 4);
    assert!(lit.snippet.unwrap().text.chars().count() <= 202);
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn empty_pages_are_counted_and_found_by_their_particulars_only() {
    let dir = tempfile::tempdir().unwrap();
    let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
    let mut blank = page(2, "");
    blank.text = None;
    blank.folio = Some("02".into());
    indexer.put_case(&case("HS-1"), [page(1, ""), blank, page(3, "… – . 🙂")]).unwrap();
    indexer.commit().unwrap();
    let index = indexer.searcher().unwrap();
    assert_eq!(indexer.inventory().unwrap().page_count().unwrap(), 3);
    assert_eq!(find(&index, "ho-so:HS-1").total, 3);
    assert_eq!(ranked(&index, "bl:2"), [(2, "filter")]);
    assert_eq!(find(&index, "án").total, 0);
    assert_eq!(find(&index, "ho-so:HS-1 -án").total, 3);
    let lit = highlight(&Query::parse("án").unwrap(), page(1, "").text.as_ref().unwrap(), None);
    assert!(lit.words.is_empty() && lit.boxes.is_empty() && lit.snippet.is_none());
}
