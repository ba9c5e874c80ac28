//! Bút lục, case files and identity cards that a text names: found however they are written, by whoever may see the page, and by nobody else.
//! The written forms are those of case files and of the notes on them (`BL 45-47`, `H49.64.33.2001.160`, …), not of the patterns.

use crate::pages::{all, case, labelled, page, page_text};
use index::{Anonymity, Census, Indexer, Lexicon, Query, Question, Searcher, highlight};
use record::{Clearance, Secrecy};
use std::path::Path;

fn found(index: &Searcher, clearance: &Clearance, typed: &str) -> Vec<String> {
    let query = Query::parse(typed).unwrap_or_else(|error| panic!("{typed}: {error}"));
    let found = index.search(clearance, &query, 100, 0).unwrap();
    found.hits.iter().map(|hit| format!("{}:{}", hit.case, hit.page)).collect()
}

/// One open case file, one of another unit, one secret.
fn made(dir: &Path) -> Searcher {
    let mut indexer = Indexer::open_or_create(dir).unwrap();
    let open = [
        "Lời khai của bị can (BL 45-47) phù hợp với biên bản khám xét.",
        "xem các BL: 12, 15; bút lục số 125a và BL 200",
        "Kết luận giám định đánh số bút lục từ 81 đến 150.",
        "Họ và tên: Nguyễn Văn A, đăng ký thường trú tại Hà Nội, Số CCCD: 001 085 012 345, sinh ngày 12/5/1998",
        "Giấy CMND số 012345678 do Công an tỉnh cấp ngày 03/4/2005",
        "CMND: 012.345.678; căn cước công dân số 001085012345.",
        "Rút tài liệu từ hồ sơ số 012/2019/HSST, mã hồ sơ H49.64.33.2001.160.",
        "Số: KV32 - 2023 - HSST - 0001",
        "tài khoản 001085012345, số điện thoại 012345678, trang 46, có 45 bản",
    ];
    indexer.put_case(&case("HS-1"), (1..).zip(open).map(|(no, text)| page(no, text))).unwrap();
    let other = labelled("KV32-2023-HSST-0001", Secrecy::Thuong, "KV8");
    indexer.put_case(&other, [page(1, "BL 46"), page(2, "CCCD 001085012345")]).unwrap();
    let secret = labelled("MAT-1", Secrecy::Mat, "KV7");
    let text = "CCCD 079099000111, BL 46, hồ sơ số 012/2019/HSST";
    indexer.put_case(&secret, [page(1, text)]).unwrap();
    indexer.commit().unwrap();
    indexer.searcher().unwrap()
}

#[test]
fn what_is_cited_is_found_however_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let index = made(dir.path());
    let open = Clearance::for_units(Secrecy::Thuong, vec!["KV7".into()]);
    for (typed, pages) in [
        ("bl-dan:45", ["HS-1:1"].as_slice()),
        ("bl-dan:46", &["HS-1:1"]),
        ("bl-dan:047", &["HS-1:1"]),
        ("bl-dan:48", &[]),
        ("BL_dẫn:12", &["HS-1:2"]),
        ("cited-folio:15", &["HS-1:2"]),
        ("bl-dan:125A", &["HS-1:2"]),
        ("bl-dan:125", &["HS-1:3"]),
        ("bl-dan:200", &["HS-1:2"]),
        ("bl-dan:81", &["HS-1:3"]),
        ("bl-dan:150", &["HS-1:3"]),
        ("bl-dan:151", &[]),
        ("bl-dan:46-82", &["HS-1:1", "HS-1:3"]),
        ("bl-dan:45 bl-dan:46", &["HS-1:1"]),
        ("bl-dan:45 VÀ bl-dan:12", &[]),
        ("bl:45", &[]),
        ("cccd:001085012345", &["HS-1:4", "HS-1:6"]),
        ("cccd:\"001 085 012 345\"", &["HS-1:4", "HS-1:6"]),
        ("căn_cước:001.085.012.345", &["HS-1:4", "HS-1:6"]),
        ("cmnd:012345678", &["HS-1:5", "HS-1:6"]),
        ("id:\"012 345 678\" -\"công an\"", &["HS-1:6"]),
        ("cccd:001085012346", &[]),
        ("ho-so-dan:12/2019/HSST", &["HS-1:7"]),
        ("cited-case:012/2019/hsst", &["HS-1:7"]),
        ("hồ_sơ_dẫn:H49.64.33.2001.160", &["HS-1:7"]),
        ("ho-so-dan:KV32-2023-HSST-0001", &["HS-1:8"]),
        ("ho-so-dan:\"kv32–2023–hsst–1\"", &["HS-1:8"]),
        ("ho-so:KV32-2023-HSST-0001", &[]),
        // Its own code is a case file's too.
        ("ho-so-dan:HS-1 trang", &["HS-1:9"]),
    ] {
        let mut pages: Vec<String> = pages.iter().map(|page| (*page).to_owned()).collect();
        let mut seen = found(&index, &open, typed);
        seen.sort_unstable();
        pages.sort_unstable();
        assert_eq!(seen, pages, "{typed}");
    }
    assert_eq!(found(&index, &open, "ho-so-dan:hs-1").len(), 9, "every page of the case file itself");
}

#[test]
fn what_is_cited_obeys_the_clearance() {
    let dir = tempfile::tempdir().unwrap();
    let index = made(dir.path());
    let open = Clearance::for_units(Secrecy::Thuong, vec!["KV7".into()]);
    let both = Clearance::whole_archive(Secrecy::Thuong);
    for (typed, of_the_unit, open_ones, every_one) in [
        ("cccd:001085012345", 2, 3, 3),
        ("cccd:079099000111", 0, 0, 1),
        ("bl-dan:46", 1, 2, 3),
        ("ho-so-dan:12/2019/HSST", 1, 1, 2),
        ("ho-so-dan:KV32-2023-HSST-0001", 1, 3, 3),
        ("ho-so-dan:MAT-1", 0, 0, 1),
    ] {
        let counts = [&open, &both, &all()].map(|clearance| found(&index, clearance, typed).len());
        assert_eq!(counts, [of_the_unit, open_ones, every_one], "{typed}");
    }
}

#[test]
fn the_number_is_lit_where_it_stands() {
    let text = page_text("Họ tên A, Số CCCD: 001 085 012 345, BL 45-47; 012345678");
    let lit = |typed: &str| {
        let words = highlight(&Query::parse(typed).unwrap(), &text, None).words;
        let all: Vec<&str> = text.words().map(|word| word.text.as_str()).collect();
        words.into_iter().map(|word| all[word]).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(lit("cccd:001085012345"), "001 085 012 345,");
    assert_eq!(lit("bl-dan:46"), "45-47;");
    assert_eq!(lit("cccd:012345678"), "", "no card is named there");
}

#[test]
fn a_question_that_names_a_card_is_answered_by_the_page_that_does() {
    let question = Question::new("Số căn cước 001085012345 là của ai?", &Lexicon::public()).unwrap();
    let score = |text: &str| question.best_passage(&page_text(text)).map_or(0.0, |passage| passage.score);
    let (here, elsewhere) = (
        score("Trần Thị B, căn cước công dân số 001 085 012 345"),
        score("Trần Thị B, căn cước công dân số 079 099 000 111"),
    );
    assert!(here > elsewhere + 5.0, "{here} {elsewhere}");
}

/// Numbers of persons are in no lexicon and so in no spelling that is offered.
#[test]
fn numbers_reach_neither_lexicon_nor_suggestions() {
    let text = page_text(
        "Số CCCD: 001085012345, đăng ký kinh doanh, CMND 012 345 678, BL 45-47, hồ sơ số 012/2019/HSST",
    );
    let mut census = Census::new(Anonymity { least_units: 1, least_cases: 1 });
    for _ in 0..60 {
        census.begin_case("KV7");
        census.count(&text);
    }
    let published = census.publish();
    let limits = Anonymity { least_units: 1, least_cases: 1 };
    assert_ne!(published, Census::new(limits).publish(), "words of the page are counted");
    let words = published.split_whitespace().filter(|word| word.parse::<u64>().is_err());
    for word in words {
        assert!(!word.contains(|c: char| c.is_ascii_digit()), "{word}");
    }
    let counts = published.split_whitespace().filter_map(|word| word.parse::<u64>().ok());
    assert!(counts.max().unwrap() < 100_000_000, "no number of a card stands between the counts");
    let lexicon = Lexicon::published(1, &published).unwrap();

    let dir = tempfile::tempdir().unwrap();
    let index = made(dir.path());
    for typed in ["cccd:001085012346", "001085012346", "\"CCCD 001085012346\"", "cccd:00108501234x"] {
        let Ok(query) = Query::parse(typed) else { continue };
        assert_eq!(index.suggest(&all(), &query, &lexicon).unwrap(), None, "{typed}");
    }
    let query = Query::parse("dagn ky cccd:001085012345").unwrap();
    let offered = index.suggest(&all(), &query, &lexicon).unwrap();
    assert_eq!(offered.as_deref(), Some("đăng ký cccd:001085012345"), "what was typed stays as typed");
}
