use crate::pages::{all, case, code, find, index_of, page, ranked};
use index::{IndexCase, IndexPage, Indexer, Inventory, Query, Searcher, Tier};
use proptest::prelude::*;
use record::{DocType, DocumentNo, PageNo, PartialDate};
use unicode_normalization::UnicodeNormalization;

#[test]
fn a_word_with_marks_finds_itself_first_and_look_alikes_after() {
    let dir = tempfile::tempdir().unwrap();
    let index =
        index_of(dir.path(), &["có tôi ở đây", "buổi tối hôm đó", "phạm tội gì", "toi", "không có gì"]);
    assert_eq!(
        ranked(&index, "tội"),
        [(3, "exact-phrase"), (1, "folded-phrase"), (2, "folded-phrase"), (4, "folded-phrase"),]
    );
    assert_eq!(ranked(&index, "tối")[0], (2, "exact-phrase"));
    assert_eq!(ranked(&index, "TÔI")[0], (1, "exact-phrase"));
    assert_eq!(ranked(&index, "toi").len(), 4);
    let dir = tempfile::tempdir().unwrap();
    let index = index_of(dir.path(), &["bản án", "món ăn", "con ấn", "công an"]);
    for (word, page) in [("án", 1), ("ăn", 2), ("ấn", 3), ("an", 4)] {
        let found = ranked(&index, word);
        assert_eq!(found[0], (page, "exact-phrase"), "{word}");
        assert!(found.len() == 4 && found[1..].iter().all(|(_, tier)| *tier == "folded-phrase"), "{word}");
    }
}

#[test]
fn tone_placement_and_normal_form_do_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let decomposed: String = "Viện Kiểm sát".nfd().collect();
    let index = index_of(dir.path(), &["hoà giải", "hòa giải", "HOÀ GIẢI", &decomposed]);
    assert_eq!(ranked(&index, "hoà"), [(1, "exact-phrase"), (2, "exact-phrase"), (3, "exact-phrase")]);
    assert_eq!(ranked(&index, "hòa"), ranked(&index, "hoà"));
    for query in ["viện kiểm sát", "VIỆN KIỂM SÁT", "vie\u{323}\u{302}n kie\u{302}\u{309}m sa\u{301}t"]
    {
        assert_eq!(ranked(&index, query), [(4, "exact-phrase")], "{query}");
    }
    assert_eq!(ranked(&index, "vien kiem sat"), [(4, "folded-phrase")]);
}

#[test]
fn phrases_come_before_scattered_words_and_near_before_far() {
    let dir = tempfile::tempdir().unwrap();
    let far = format!("trộm {} cắp", "x ".repeat(50));
    let index = index_of(
        dir.path(),
        &[
            &far,
            "trộm của cắp",
            "trôm cáp",
            "tội trộm cắp tài sản",
            "trom thì cap",
            "trộm",
            "cắp một cái, trộm",
        ],
    );
    let expected = [
        (4, "exact-phrase"),
        (3, "folded-phrase"),
        (2, "exact-words"),
        (7, "exact-words"),
        (1, "exact-words"),
        (5, "folded-words"),
    ];
    assert_eq!(ranked(&index, "trộm cắp"), expected);
    assert_eq!(ranked(&index, "\"trộm cắp\""), [(4, "exact-phrase"), (3, "folded-phrase")]);
    assert_eq!(ranked(&index, "“trom cap” tài"), [(4, "folded-phrase")]);
}

#[test]
fn phrases_run_over_lines_but_not_into_marks() {
    let dir = tempfile::tempdir().unwrap();
    let index = index_of(dir.path(), &["quyết định\nkhởi tố\n#ĐÃ THU\n#BL 45"]);
    assert_eq!(ranked(&index, "\"định khởi\""), [(1, "exact-phrase")]);
    assert_eq!(ranked(&index, "\"tố đã\""), []);
    assert_eq!(ranked(&index, "\"thu bl\""), []);
    assert_eq!(ranked(&index, "\"BL 45\""), [(1, "exact-phrase")]);
}

#[test]
fn codes_typed_without_spaces_stand_together() {
    let dir = tempfile::tempdir().unwrap();
    let index = index_of(dir.path(), &["Số: 12/CT-VKS-P1", "CT 12 của VKS, P1", "12/QĐ - VKS"]);
    assert_eq!(ranked(&index, "12/CT-VKS-P1"), [(1, "exact-phrase")]);
    assert_eq!(ranked(&index, "số 12/ct-vks"), [(1, "exact-phrase")]);
    assert_eq!(ranked(&index, "12/qd-vks"), [(3, "folded-phrase")]);
}

fn particulars() -> (tempfile::TempDir, Searcher) {
    let dir = tempfile::tempdir().unwrap();
    let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
    let make = |no: u32, folio: Option<&str>, doc_type, date: Option<&str>, text: Option<&str>| IndexPage {
        document: DocumentNo::new(no.div_ceil(2)).unwrap(),
        folio: folio.map(str::to_owned),
        doc_type,
        date: date.map(|d| PartialDate::parse(d).unwrap()),
        text: text.map(crate::pages::page_text),
        ..page(no, "")
    };
    let first = IndexCase { year: Some(2019), ..case("HS-Đ/01") };
    let pages = [
        make(1, Some("45"), Some(DocType::CaoTrang), Some("2019-03-05"), Some("cáo trạng trộm cắp")),
        make(2, Some("45a"), Some(DocType::CaoTrang), Some("2019-03-05"), Some("trộm cắp tiếp")),
        make(3, Some("46"), Some(DocType::BanAn), Some("2020-12"), None),
        make(4, None, None, None, Some("trộm")),
    ];
    indexer.put_case(&first, pages).unwrap();
    indexer.put_case(&case("HS-2"), [make(1, Some("045"), None, Some("1968"), Some("trộm"))]).unwrap();
    indexer.commit().unwrap();
    let searcher = indexer.searcher().unwrap();
    (dir, searcher)
}

#[test]
fn filters_narrow_by_particulars() {
    let (_dir, index) = particulars();
    let found = |query: &str| {
        let hits = find(&index, query).hits;
        hits.iter().map(|h| format!("{}:{}", h.case, h.page)).collect::<Vec<_>>()
    };
    assert_eq!(found("bl:45"), ["HS-2:1", "HS-Đ/01:1"]);
    assert_eq!(found("bl:45A"), ["HS-Đ/01:2"]);
    assert_eq!(found("bl:45-46"), ["HS-2:1", "HS-Đ/01:1", "HS-Đ/01:2", "HS-Đ/01:3"]);
    assert_eq!(found("bl:46 bl:45a"), ["HS-Đ/01:2", "HS-Đ/01:3"]);
    let mut of_case = found("ho-so:hs-d/01 trộm");
    of_case.sort();
    assert_eq!(of_case, ["HS-Đ/01:1", "HS-Đ/01:2", "HS-Đ/01:4"]);
    assert_eq!(found("loai:\"bản án\""), ["HS-Đ/01:3"]);
    assert_eq!(found("nam:1968"), ["HS-2:1"]);
    assert_eq!(found("nam:2019").len(), 4, "the register's year holds for all pages");
    assert_eq!(found("nam:2020"), ["HS-Đ/01:3"]);
    assert_eq!(found("nam:2020 nam:2019"), ["HS-Đ/01:3"], "its own year and the register's");
    assert_eq!(found("trộm loai:cao-trang bl:45"), ["HS-Đ/01:1"]);
    assert_eq!(found("trộm bl:99"), Vec::<String>::new());
}

#[test]
fn hits_carry_what_is_shown() {
    let (_dir, index) = particulars();
    let hits = find(&index, "bl:45-46 ho-so:HS-Đ/01").hits;
    assert!(hits.iter().all(|h| h.tier == Tier::Filter && h.case == code("HS-Đ/01")));
    let shown: Vec<_> = hits
        .iter()
        .map(|h| {
            (h.page.get(), h.document.get(), h.folio.as_deref(), h.doc_type, h.date.map(|d| d.to_string()))
        })
        .collect();
    assert_eq!(
        shown,
        [
            (1, 1, Some("45"), Some(DocType::CaoTrang), Some("2019-03-05".into())),
            (2, 1, Some("45a"), Some(DocType::CaoTrang), Some("2019-03-05".into())),
            (3, 2, Some("46"), Some(DocType::BanAn), Some("2020-12".into())),
        ]
    );
    let bare = &find(&index, "trộm ho-so:HS-Đ/01").hits;
    let bare = bare.iter().find(|h| h.page.get() == 4).unwrap();
    assert_eq!((bare.folio.as_deref(), bare.doc_type, bare.date), (None, None, None));
}

#[test]
fn pages_of_results_join_without_gap_or_repeat() {
    let dir = tempfile::tempdir().unwrap();
    let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
    // Several commits, so that the order has to hold across segments.
    for no in (0..7).rev() {
        let pages = (1..=9).map(|p| page(p, if p % 3 == 0 { "tội phạm" } else { "tôi" }));
        indexer.put_case(&case(&format!("HS-{no}")), pages).unwrap();
        indexer.commit().unwrap();
    }
    let index = indexer.searcher().unwrap();
    let query = Query::parse("tội").unwrap();
    let whole = index.search(&all(), &query, 1000, 0).unwrap();
    assert_eq!((whole.total, whole.hits.len()), (63, 63));
    let order: Vec<_> = whole.hits.iter().map(|h| (h.tier, !h.in_header, h.case.clone(), h.page)).collect();
    assert!(order.is_sorted());
    let mut joined = Vec::new();
    for offset in (0..70).step_by(10) {
        let part = index.search(&all(), &query, 10, offset).unwrap();
        assert_eq!(part.total, 63);
        joined.extend(part.hits);
    }
    assert_eq!(joined, whole.hits);
    assert_eq!(index.search(&all(), &query, 0, 0).unwrap().total, 63);
    assert!(index.search(&all(), &query, usize::MAX, usize::MAX).unwrap().hits.is_empty());
}

#[test]
fn putting_a_case_twice_adds_nothing_and_removing_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
    let put = |indexer: &mut Indexer, texts: &[&str]| {
        let pages = texts.iter().enumerate().map(|(idx, t)| page(idx as u32 + 1, t));
        indexer.put_case(&case("HS-1"), pages).unwrap();
    };
    indexer.put_case(&case("HS-2"), [page(1, "khác")]).unwrap();
    put(&mut indexer, &["một", "hai", "ba"]);
    indexer.commit().unwrap();
    let index = indexer.searcher().unwrap();
    let before = find(&index, "ba");
    put(&mut indexer, &["một", "hai", "ba"]);
    put(&mut indexer, &["một", "hai", "ba"]);
    indexer.commit().unwrap();
    assert!(index.reload().unwrap());
    assert!(!index.reload().unwrap());
    assert_eq!(find(&index, "ba"), before);
    assert_eq!(indexer.inventory().unwrap().page_count().unwrap(), 4);
    put(&mut indexer, &["một", "bốn"]);
    indexer.commit().unwrap();
    index.reload().unwrap();
    let numbers = |stock: &Inventory| {
        stock.pages_of(&code("HS-1")).unwrap().iter().map(|p| p.get()).collect::<Vec<_>>()
    };
    let stock = indexer.inventory().unwrap();
    assert_eq!(numbers(&stock), [1, 2]);
    assert_eq!(find(&index, "ba").total, 0);
    assert_eq!(stock.cases().unwrap(), [(code("HS-1"), 2), (code("HS-2"), 1)].into());
    indexer.remove_case(&code("HS-1")).unwrap();
    indexer.commit().unwrap();
    index.reload().unwrap();
    let stock = indexer.inventory().unwrap();
    assert_eq!(numbers(&stock), Vec::<u32>::new());
    assert_eq!(stock.cases().unwrap(), [(code("HS-2"), 1)].into());
}

#[test]
fn nothing_shows_before_the_commit_nor_after_a_rollback() {
    let dir = tempfile::tempdir().unwrap();
    let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
    indexer.put_case(&case("HS-1"), [page(1, "cũ")]).unwrap();
    indexer.commit().unwrap();
    let index = Searcher::open(dir.path()).unwrap();
    indexer.put_case(&case("HS-1"), [page(1, "mới")]).unwrap();
    assert!(!index.reload().unwrap());
    assert_eq!((find(&index, "cũ").total, find(&index, "mới").total), (1, 0));
    indexer.rollback().unwrap();
    indexer.commit().unwrap();
    index.reload().unwrap();
    assert_eq!((find(&index, "cũ").total, find(&index, "mới").total), (1, 0));
    indexer.close().unwrap();
}

#[test]
fn operators_phrases_with_distance_and_beginnings() {
    let dir = tempfile::tempdir().unwrap();
    let index = index_of(
        dir.path(),
        &[
            "trộm cắp tài sản",
            "cướp tài sản",
            "trộm xe và cướp giật",
            "lừa đảo chiếm đoạt tài sản",
            "khởi tố bị can",
            "khoi phuc",
        ],
    );
    let pages = |query: &str| {
        let mut pages: Vec<u32> = find(&index, query).hits.iter().map(|h| h.page.get()).collect();
        pages.sort_unstable();
        pages
    };
    assert_eq!(pages("trộm HOẶC cướp"), [1, 2, 3]);
    assert_eq!(pages("(trộm HOẶC cướp) tài"), [1, 2]);
    assert_eq!(pages("tài sản -trộm"), [2, 4]);
    assert_eq!(pages("tài sản KHÔNG (trộm HOẶC \"chiếm đoạt\")"), [2]);
    assert_eq!(pages("\"trộm sản\""), [] as [u32; 0]);
    assert_eq!(pages("\"trộm sản\"~2"), [1]);
    assert_eq!(pages("\"sản trộm\"~5"), [] as [u32; 0], "in the order typed");
    assert_eq!(pages("kh*"), [5, 6]);
    assert_eq!(pages("khở*"), [5, 6]);
    assert_eq!(pages("=khở*"), [5]);
    assert_eq!(pages("\"khở* tố\""), [5]);
    assert_eq!(pages("=khởi"), [5]);
    assert_eq!(pages("=khoi HOẶC loai:ban-an"), [6]);
    // the nearer the better, and with the marks typed before all
    assert_eq!(ranked(&index, "kho*")[0], (6, "exact-phrase"));
    assert_eq!(ranked(&index, "khơ*"), [(5, "exact-phrase"), (6, "folded-phrase")]);
    assert_eq!(
        ranked(&index, "\"cướp sản\"~1 HOẶC trom"),
        [(2, "exact-phrase"), (1, "folded-phrase"), (3, "folded-phrase")]
    );
}

#[test]
fn misread_words_come_last_and_syllables_are_never_taken_for_others() {
    let dir = tempfile::tempdir().unwrap();
    let index = index_of(
        dir.path(),
        &[
            "viện kiem sát",
            "viện kiểm sát",
            "vlện kiểm sát",
            "viên kiên sát",
            "viện klẻm sat",
            "điện kiểm sát",
            "hội|viện kiểm sát",
        ],
    );
    assert_eq!(
        ranked(&index, "~\"viện kiểm sát\""),
        [
            (2, "exact-phrase"),
            (1, "folded-phrase"),
            (3, "tolerant-phrase"),
            (5, "tolerant-phrase"),
            (7, "tolerant-phrase"),
        ]
    );
    assert_eq!(ranked(&index, "\"viện kiểm sát\"").len(), 2);
    assert_eq!(ranked(&index, "~viện sát").iter().map(|(_, tier)| *tier).next_back(), Some("tolerant-words"));
    assert_eq!(ranked(&index, "~hội"), [(7, "exact-phrase")]);
}

#[test]
fn an_alternative_that_does_not_hold_is_not_lit() {
    let dir = tempfile::tempdir().unwrap();
    let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
    let text = "trộm cướp ngày 12/5/1998";
    let pages = [IndexPage { doc_type: Some(DocType::BanAn), ..page(1, text) }];
    indexer.put_case(&case("HS-1"), pages).unwrap();
    indexer.commit().unwrap();
    let index = indexer.searcher().unwrap();
    for (typed, words) in [
        ("(loai:ban-an trộm) HOẶC (loai:cao-trang cướp)", vec![0]),
        ("(trộm -loai:ban-an) HOẶC cướp", vec![1]),
        ("(trộm -loai:cao-trang) HOẶC (cướp loai:ban-an)", vec![0, 1]),
        ("(loai:cao-trang ngay:1998) HOẶC trộm", vec![0]),
        ("(loai:ban-an ngay:1998) HOẶC nhận", vec![2, 3]),
    ] {
        let query = Query::parse(typed).unwrap();
        let found = index.search(&all(), &query, 1, 0).unwrap();
        let lit = index::highlight(&query, &crate::pages::page_text(text), found.hits.first());
        assert_eq!(lit.words, words, "{typed}");
    }
    let query = Query::parse("(loai:ban-an trộm) HOẶC (loai:cao-trang cướp)").unwrap();
    let unknown = index::highlight(&query, &crate::pages::page_text(text), None);
    assert_eq!(unknown.words, [0, 1], "either may hold");
}

#[test]
fn a_beginning_may_be_the_whole_word() {
    let dir = tempfile::tempdir().unwrap();
    let index = index_of(dir.path(), &["án lý do", "án lí do", "án lynh", "án linh", "kỹ án", "tỷ Mỹ án"]);
    assert_eq!(ranked(&index, "lý*"), [(1, "exact-phrase"), (2, "folded-phrase"), (3, "folded-phrase")]);
    assert_eq!(ranked(&index, "=lý*"), [(1, "exact-phrase")]);
    assert_eq!(ranked(&index, "li*").len(), 3);
    for (typed, page) in [("kỹ*", 5), ("ky*", 5), ("tỷ*", 6), ("Mỹ*", 6)] {
        assert_eq!(ranked(&index, typed), [(page, "exact-phrase")], "{typed}");
    }
    let others = find(&index, "án KHÔNG lý*").hits;
    assert_eq!(others.iter().map(|hit| hit.page.get()).collect::<Vec<_>>(), [4, 5, 6]);
}

#[test]
fn the_marks_of_what_a_beginning_stands_for_are_not_counted() {
    let dir = tempfile::tempdir().unwrap();
    let tones = ["", "\u{300}", "\u{301}", "\u{309}", "\u{303}", "\u{323}"];
    let rhymes = "a i e ê o ô ơ u ai ao ăn an ân en ên in on ôn ơn un am em im om um ac ang ong ung ay ây eo iêu ôm ơm";
    let written = |rhyme: &str, tone: &str| {
        let (first, rest) = rhyme.split_at(rhyme.chars().next().unwrap().len_utf8());
        vitext::nfc(&format!("th{first}{tone}{rest}")).into_owned()
    };
    let many = rhymes.split(' ').map(|rhyme| tones.map(|tone| written(rhyme, tone)).join(" "));
    let many = many.collect::<Vec<_>>().join(" ");
    let index = index_of(dir.path(), &[&many, "thứ", "khi"]);
    for typed in ["th*", "thư*", "thứ*"] {
        assert_eq!(find(&index, typed).cut_off, Vec::<String>::new(), "{typed}");
        assert!(ranked(&index, typed).contains(&(2, "exact-phrase")), "{typed}: {:?}", ranked(&index, typed));
    }
    assert_eq!(ranked(&index, "th*").len(), 2);
    let exact = find(&index, "=th*");
    assert_eq!(exact.cut_off, ["th*"], "with their marks they are more");
}

#[test]
fn references_units_and_people_are_found_however_they_are_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
    let pages = [
        page(1, "Cáo trạng số 012/CT-VKS-P1 ngày 12 tháng 5 năm 1998"),
        page(2, "theo điểm b khoản 2 Điều 173 Bộ luật Hình sự năm 2015, sinh 3/4/1970\n#ĐẾN 12/5/1998"),
        IndexPage {
            number: Some("12/CT-VKS-P1".into()),
            units: vec!["Viện kiểm sát nhân dân khu vực 7".into()],
            persons: vec!["Nguyễn Văn Án".into(), "Trần Thị Bé".into()],
            date: PartialDate::parse("2001-03"),
            ..page(3, "chữ viết tay")
        },
    ];
    indexer.put_case(&case("HS-1"), pages).unwrap();
    indexer.commit().unwrap();
    let index = indexer.searcher().unwrap();
    let found = |query: &str| find(&index, query).hits.iter().map(|h| h.page.get()).collect::<Vec<_>>();
    assert_eq!(found("so:12/CT-VKS-P1"), [1, 3]);
    assert_eq!(found("số:12"), [1, 3]);
    assert_eq!(found("ngay:12/5/1998"), [1, 2]);
    assert_eq!(found("ngày:1998-05"), [1, 2]);
    assert_eq!(found("ngay:1970..1998-05-11"), [2]);
    assert_eq!(found("ngay:1999..2001-03"), [3]);
    assert_eq!(found("ngay:1999..2001-02"), [] as [u32; 0]);
    assert_eq!(found("dieu:173"), [2]);
    assert_eq!(found("dieu:173/k2"), [2]);
    assert_eq!(found("dieu:\"điểm b khoản 2 Điều 173 BLHS 2015\""), [2]);
    assert_eq!(found("dieu:173/diem-b"), [2]);
    assert_eq!(found("dieu:\"điểm b Điều 173\""), [2]);
    assert_eq!(found("dieu:\"Điều 173 BLHS 1999\" HOẶC dieu:173/k1"), [] as [u32; 0]);
    assert_eq!(found("don-vi:KV7"), [1, 2, 3]);
    assert_eq!(found("don-vi:\"khu vực 7\""), [3]);
    assert_eq!(found("don-vi:KV7 don-vi:\"khu vực 7\""), [3], "both");
    assert_eq!(found("nguoi:\"nguyen van an\""), [3]);
    assert_eq!(found("nguoi:Bé"), [3]);
    assert_eq!(found("nguoi:\"Án Trần\""), [] as [u32; 0], "no name runs into the next");
}

/// What a search should give, worked out on plain words without positions lists or engine.
fn expected(texts: &[Vec<&str>], phrase: &[&str], quoted: bool) -> Vec<(u32, &'static str)> {
    let fold = |w: &str| vitext::fold_ascii(w);
    let stands = |text: &[&str], same: &dyn Fn(&str, &str) -> bool| {
        text.windows(phrase.len()).any(|w| w.iter().zip(phrase).all(|(a, b)| same(a, b)))
    };
    let has_all = |text: &[&str], same: &dyn Fn(&str, &str) -> bool| {
        phrase.iter().all(|word| text.iter().any(|other| same(word, other)))
    };
    let exact = |a: &str, b: &str| a == b;
    let folded = |a: &str, b: &str| fold(a) == fold(b);
    let mut found = Vec::new();
    for (idx, text) in texts.iter().enumerate() {
        let tier = match () {
            () if stands(text, &exact) => "exact-phrase",
            () if stands(text, &folded) => "folded-phrase",
            () if quoted => continue,
            () if has_all(text, &exact) => "exact-words",
            () if has_all(text, &folded) => "folded-words",
            () => continue,
        };
        found.push((idx as u32 + 1, tier));
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Tiers and sets against a plain scan.
    #[test]
    fn searching_agrees_with_scanning(
        texts in prop::collection::vec(prop::collection::vec(
            prop::sample::select(vec!["an", "án", "ăn", "toi", "tội", "tôi", "ba"]), 1..8), 1..12),
        queries in prop::collection::vec((prop::collection::vec(
            prop::sample::select(vec!["an", "án", "ăn", "tội", "tối", "ba"]), 1..4), any::<bool>()), 8),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let pages: Vec<String> = texts.iter().map(|t| t.join(" ")).collect();
        let index = index_of(dir.path(), &pages.iter().map(String::as_str).collect::<Vec<_>>());
        for (words, quoted) in queries {
            let query = words.join(" ");
            let query = if quoted { format!("\"{query}\"") } else { query };
            let mut found = ranked(&index, &query);
            let tiers = ["exact-phrase", "folded-phrase", "exact-words", "folded-words"];
            let ordered = found.is_sorted_by_key(|(_, tier)| tiers.iter().position(|t| t == tier));
            prop_assert!(ordered, "{:?}", found);
            found.sort_unstable();
            prop_assert_eq!(found, expected(&texts, &words, quoted), "{}", query);
        }
    }

    #[test]
    fn any_text_is_a_query_or_a_refusal(text in any::<String>(), pieces in prop::collection::vec(prop::sample::select(
        vec!["\"", "“", "bl:", "loai:", "ho-so:", "nam:", "45", "-", "án", " ", "*", "?", ":", "e\u{302}", "/", "..", "\u{0}", "(", "AND"]), 0..20)) {
        for text in [text, pieces.concat()] {
            match Query::parse(&text) {
                Ok(query) => { index::highlight(&query, &crate::pages::page_text("bản án số 45"), None); }
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }
}

#[test]
fn what_fuzzing_found_is_a_question_or_a_refusal() {
    let page =
        crate::pages::page_text("Căn cứ Điều 173 khoản 2 ngày 12/5/1998, án trộm cắp số 12/CT-VKS (BL 45)");
    let corpus = include_str!("../corpus/queries.txt");
    let kinds: std::collections::BTreeSet<String> =
        corpus.lines().map(|line| crate::oracle::judge(&crate::oracle::unescaped(line), &page)).collect();
    assert!(kinds.len() >= 20, "{kinds:?}");
}

#[test]
fn odd_queries_search_without_failing() {
    let dir = tempfile::tempdir().unwrap();
    let index = index_of(dir.path(), &["án án án", ""]);
    assert_eq!(ranked(&index, "án án"), [(1, "exact-phrase")]);
    assert_eq!(ranked(&index, "\"án án án án\""), []);
    assert_eq!(ranked(&index, &"án ".repeat(64)), [(1, "exact-words")]);
    assert_eq!(ranked(&index, "ho-so:HS-1"), [(1, "filter"), (2, "filter")]);
    assert_eq!(ranked(&index, "bl:0-99999999999"), []);
    assert_eq!(PageNo::new(1).unwrap(), find(&index, "án").hits[0].page);
}

/// A page of a document: so many words of no question behind what is given.
fn long(no: u32, document: u32, text: &str, more: usize) -> IndexPage {
    let text = format!("{text} {}", "xem biên lai kèm theo ".repeat(more / 5 + 1));
    IndexPage { document: DocumentNo::new(document).unwrap(), ..page(no, &text) }
}

#[test]
fn words_in_the_header_count_more_than_words_in_the_body() {
    let dir = tempfile::tempdir().unwrap();
    let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
    let filler = "xem biên lai kèm theo ".repeat(13);
    let pages = [
        // The first page of a document has the words behind its header, the second one at its beginning.
        long(1, 1, &format!("{filler} trộm cắp"), 5),
        long(2, 1, "trộm cắp", 100),
        long(3, 2, "CÁO TRẠNG về tội trộm cắp", 100),
        long(4, 3, "BẢN ÁN trộm rồi cắp", 100),
        long(5, 3, "trộm rồi cắp", 100),
        long(6, 4, "tròm cạp", 100),
    ];
    indexer.put_case(&case("HS-1"), pages).unwrap();
    indexer.commit().unwrap();
    let index = indexer.searcher().unwrap();
    let found = |query: &str| -> Vec<(u32, bool)> {
        find(&index, query).hits.iter().map(|hit| (hit.page.get(), hit.in_header)).collect()
    };
    let phrase = [(3, true), (1, false), (2, false), (6, true)];
    assert_eq!(
        found("\"trộm cắp\""),
        phrase,
        "of one tier the header's first, but no tier before a better one"
    );
    assert_eq!(found("trộm cắp"), [(3, true), (1, false), (2, false), (6, true), (4, true), (5, false)]);
    assert_eq!(found("=\"trộm cắp\""), [(3, true), (1, false), (2, false)]);
    assert_eq!(found("ho-so:HS-1")[..3], [(1, false), (2, false), (3, false)], "no word, no header");
    assert_eq!(found("tr* -rồi")[0], (3, true));
    // However few are wanted, they are the first of all.
    for limit in 1..6 {
        let query = Query::parse("trộm cắp").unwrap();
        let some = index.search(&all(), &query, limit, 0).unwrap();
        let pages: Vec<u32> = some.hits.iter().map(|hit| hit.page.get()).collect();
        assert_eq!(pages, [3, 1, 2, 6, 4, 5][..limit]);
    }
}

#[test]
fn a_page_of_few_words_is_not_preferred_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
    // Nine words are nearly all of the one page, and a line of the other.
    let few = IndexPage {
        document: DocumentNo::new(1).unwrap(),
        ..page(1, "trộm ở trang bìa này có ghi tên cắp nhé")
    };
    indexer.put_case(&case("HS-1"), [few, long(2, 2, "trộm vặt nhiều lần rồi bị bắt vì cắp", 190)]).unwrap();
    indexer.commit().unwrap();
    let index = indexer.searcher().unwrap();
    let hits = find(&index, "trộm cắp").hits;
    let seen: Vec<(u32, u32, u32)> =
        hits.iter().map(|hit| (hit.page.get(), hit.spread, hit.spread_here())).collect();
    assert_eq!(seen, [(2, 9, 9), (1, 45, 9)]);
    assert_eq!(hits[1].length, 10);
}
