//! Two archives, one without the pages that a restricted person may not see, both with the lexicon that was published from all of
//! them: every byte of every answer to that person is the same. `clearance.rs` says it of small archives of all kinds; this one of
//! larger ones and of all that an index ever answers. What the whole program answers is compared in `pipeline`.

use crate::pages::{code, labelled, page};
use index::{
    Anonymity, Asking, CaseKind, Census, Hit, IndexCase, IndexPage, Indexer, Lexicon, Query, Question,
    Searcher, highlight_across,
};
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use record::{Clearance, DocType, DocumentNo, Lang, PageText, PartialDate, Secrecy};
use std::collections::BTreeSet;

const UNITS: [&str; 3] = ["KV7", "KV8", "Viện KSND tỉnh Hải Giang"];
const COMMON: &[&str] = &[
    "viện",
    "kiểm",
    "sát",
    "nhân",
    "dân",
    "tỉnh",
    "bị",
    "can",
    "cáo",
    "tội",
    "tôi",
    "trộm",
    "cắp",
    "tài",
    "sản",
    "khởi",
    "tố",
    "vụ",
    "án",
    "ăn",
    "ấn",
    "Nguyễn",
    "Trần",
    "Văn",
    "Thị",
    "Hùng",
    "Lan",
    "ngày",
    "12/5/1998",
    "Điều 173 Bộ luật Hình sự",
    "khoản 2 Điều 51 BLHS",
    "BL 45",
    "(BL 40-47)",
    "CCCD 001 085 012 345",
    "hồ sơ số HS-007",
    "số 12/CT-VKS-P1",
    "t0i",
    "trcm",
    "klem|kiểm",
    "ký",
    "lý",
];
/// Without their marks, and misspelt: for marks put in and spellings offered.
const OTHERWISE: &[&str] = &[
    "vien kiem sat",
    "khoi to",
    "trom cap",
    "khoc",
    "khuyu",
    "tuyet mat",
    "truộm",
    "kiiem",
    "khoccs",
    "nhaan dân",
];
/// Stand on forbidden pages only.
const FORBIDDEN: &[&str] = &[
    "zanzibar",
    "khốc",
    "khuỵu",
    "tuyệt",
    "mật",
    "trấm",
    "tr0m",
    "kicm",
    "Quách",
    "Bành",
    "Điều 110 BLHS",
    "13/CT-VKS-P1",
    "CMND 012345678",
    "BL 301-310",
    "hồ sơ số 9/2019/HSST",
];

struct Case {
    label: IndexCase,
    pages: Vec<IndexPage>,
}

fn text(random: &mut ChaCha8Rng, is_forbidden: bool) -> String {
    let words = (0..random.random_range(1..60)).map(|_| match is_forbidden && random.random_bool(0.3) {
        true => match random.random_bool(0.5) {
            true => (*FORBIDDEN.choose(random).unwrap()).to_owned(),
            // more beginnings than are looked for
            false => format!("khw{}", random.random_range(0..2000)),
        },
        false => (*COMMON.choose(random).unwrap()).to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn covers(clearance: &Clearance, case: &IndexCase) -> bool {
    clearance.allows(&case.label) && !clearance.left_out().contains(&case.code)
}

fn cases(random: &mut ChaCha8Rng, clearance: &Clearance) -> Vec<Case> {
    let mut made: Vec<Case> = Vec::new();
    let mut copied: Vec<String> = Vec::new();
    for no in 0..60 {
        let level = *[Secrecy::Thuong, Secrecy::Thuong, Secrecy::Mat].choose(random).unwrap();
        let label = IndexCase {
            year: random.random_bool(0.5).then(|| random.random_range(1997..2003)),
            kind: CaseKind::ALL.choose(random).copied(),
            ..labelled(&format!("HS-{no:03}"), level, UNITS.choose(random).unwrap())
        };
        let is_forbidden = !covers(clearance, &label);
        let pages = (1..=random.random_range(1..12)).map(|page_no| {
            // Now and then a page that was seen before, in this case or another.
            let text = match copied.choose(random) {
                Some(known) if random.random_bool(0.15) => known.clone(),
                _ => text(random, is_forbidden),
            };
            copied.push(text.clone());
            IndexPage {
                document: DocumentNo::new(1 + page_no / 5).unwrap(),
                folio: random.random_bool(0.7).then(|| random.random_range(1..60).to_string()),
                doc_type: DocType::ALL.choose(random).copied(),
                date: PartialDate::parse(&format!("{}-05", random.random_range(1997..2003))),
                persons: vec![format!("{} Văn An", if is_forbidden { "Quách" } else { "Nguyễn" })],
                ..page(page_no, &text)
            }
        });
        let pages = pages.collect();
        made.push(Case { label, pages });
    }
    made
}

/// What was published from all case files of the lowest secrecy, those of other units too.
fn published(cases: &[Case]) -> Lexicon {
    let mut census = Census::new(Anonymity { least_units: 2, least_cases: 3 });
    for case in cases.iter().filter(|case| case.label.label.secrecy == Secrecy::Thuong) {
        census.begin_case(&case.label.label.unit);
        case.pages.iter().filter_map(|page| page.text.as_ref()).for_each(|text| census.count(text));
    }
    Lexicon::published(1, &census.publish()).unwrap()
}

fn index_of<'a>(dir: &std::path::Path, cases: impl Iterator<Item = &'a Case>) -> Searcher {
    let mut indexer = Indexer::open_or_create(dir).unwrap();
    for (no, case) in cases.enumerate() {
        indexer.put_case(&case.label, case.pages.clone()).unwrap();
        if no % 17 == 0 {
            indexer.commit().unwrap();
        }
    }
    indexer.commit().unwrap();
    indexer.searcher().unwrap()
}

fn question(random: &mut ChaCha8Rng) -> String {
    let mut parts = Vec::new();
    for _ in 0..random.random_range(1..4) {
        let word = |random: &mut ChaCha8Rng| {
            let from = *[FORBIDDEN, COMMON, COMMON, OTHERWISE].choose(random).unwrap();
            from.choose(random).unwrap().split('|').next().unwrap().to_owned()
        };
        let one = word(random);
        let other = word(random);
        parts.push(match random.random_range(0..14) {
            0..3 => one,
            3 => format!("\"{one} {other}\""),
            4 => format!("\"{one} {other}\"~{}", random.random_range(0..16)),
            5 => format!("={one}"),
            6 => format!("~\"{one} {other}\""),
            7 => format!("~{one}"),
            8 => (*["kh*", "khw*", "tr*", "=tô*", "zan*", "khu*", "tu*"].choose(random).unwrap()).to_owned(),
            9 => format!("nguoi:{}", ["Quách", "Nguyễn", "An"].choose(random).unwrap()),
            10 => (*[
                "dieu:110",
                "dieu:173",
                "so:13",
                "so:12/CT-VKS-P1",
                "ngay:1998",
                "bl:1-30",
                "nam:1999",
                "do-mat:mat",
                "giu:KV8",
                "cccd:012345678",
                "cccd:001085012345",
                "bl-dan:305",
                "bl-dan:44-50",
                "ho-so-dan:9/2019/HSST",
                "ho-so-dan:HS-7",
                "\"012345678\"",
            ]
            .choose(random)
            .unwrap())
            .to_owned(),
            11 => format!("({one} HOẶC {other})"),
            12 => format!("-{one}"),
            // not understood
            _ => (*["\"mở", "*x", "la:x", "(zanzibar", "ngay:99"].choose(random).unwrap()).to_owned(),
        });
    }
    parts.join([" ", " VÀ ", " HOẶC "].choose(random).unwrap())
}

/// An archive as one person asks it.
struct Asked<'a> {
    index: Searcher,
    cases: &'a [Case],
    clearance: &'a Clearance,
    lexicon: &'a Lexicon,
}

impl Asked<'_> {
    /// All that is ever answered, as text.
    fn answer(&self, typed: &str, asking: Asking) -> String {
        let Self { index, clearance, lexicon, .. } = self;
        // Dear, for a question of many words is asked in many ways.
        let passages = if asking.limit == 10 { self.passages(typed) } else { String::new() };
        let mut query = match Query::parse(typed) {
            Ok(query) => query,
            Err(error) => return format!("{error} {} {passages}", error.vietnamese()),
        };
        query.restore(lexicon);
        let found = index.answer(clearance, &query, asking).unwrap();
        let similar: Vec<_> =
            found.hits.iter().map(|hit| index.similar(clearance, hit, 3).unwrap()).collect();
        let lit = found.hits.iter().map(|hit| {
            let (text, next) = self.text_of(hit);
            highlight_across(&query, text, next, Some(hit))
        });
        let lit: Vec<_> = lit.collect();
        let suggested = index.suggest(clearance, &query, lexicon).unwrap();
        let outline = query.outline(Lang::Vi);
        format!("{outline:?}\n{found:?}\n{similar:?}\n{lit:?}\n{suggested:?}\n{passages}")
    }

    /// The text of a page and of the one behind it, in its document.
    fn text_of(&self, hit: &Hit) -> (&PageText, Option<&PageText>) {
        let case = self.cases.iter().find(|case| case.label.code == hit.case).unwrap();
        assert!(covers(self.clearance, &case.label), "{hit:?}");
        let page = &case.pages[hit.page.idx()];
        let next = case.pages.get(hit.page.idx() + 1).filter(|next| next.document == page.document);
        (page.text.as_ref().unwrap(), next.and_then(|next| next.text.as_ref()))
    }

    /// The passages for what was typed, taken as a question.
    fn passages(&self, typed: &str) -> String {
        let question = match Question::new(typed, self.lexicon) {
            Ok(question) => question,
            Err(error) => return format!("{error}"),
        };
        let pages = question.queries().into_iter().map(|query| {
            let hits = self.index.search(self.clearance, &query, 5, 0).unwrap().hits;
            hits.iter().map(|hit| (hit.page, question.best_passage(self.text_of(hit).0))).collect::<Vec<_>>()
        });
        format!("{:?} {:?}", question.words(), pages.collect::<Vec<_>>())
    }
}

/// What there was to be seen in the answers.
#[derive(Debug, Default)]
struct Seen {
    found: usize,
    hidden: usize,
    refused: usize,
    similar: usize,
    restored: usize,
    suggested: BTreeSet<String>,
}

/// Asks two archives, one without what this person may not see.
fn ask_both(random: &mut ChaCha8Rng, clearance: &Clearance, asked: usize) -> Seen {
    let cases = cases(random, clearance);
    let lexicon = published(&cases);
    let (whole_dir, visible_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let visible = cases.iter().filter(|case| covers(clearance, &case.label));
    let asked_of = |index| Asked { index, cases: &cases, clearance, lexicon: &lexicon };
    let whole = asked_of(index_of(whole_dir.path(), cases.iter()));
    let visible = asked_of(index_of(visible_dir.path(), visible));
    let mut seen = Seen::default();
    for _ in 0..asked {
        let typed = question(random);
        let (limit, offset) = *[(10, 0), (3, 2), (1000, 0), (0, 0)].choose(random).unwrap();
        let asking =
            Asking { limit, offset, by_case: random.random_bool(0.3), facets: random.random_bool(0.7) };
        let answer = whole.answer(&typed, asking);
        assert_eq!(answer, visible.answer(&typed, asking), "{typed}");
        let Ok(query) = Query::parse(&typed) else {
            seen.refused += 1;
            continue;
        };
        let total = |clearance| whole.index.search(clearance, &query, 0, 0).unwrap().total;
        let (own, all) = (total(clearance), total(&Clearance::whole_archive(Secrecy::TuyetMat)));
        seen.found += usize::from(own > 0);
        seen.hidden += usize::from(all > own);
        seen.similar += usize::from(answer.contains("Similar { total: 1"));
        seen.restored += usize::from(answer.contains("RestoredPhrase") || answer.contains("RestoredWords"));
        seen.suggested.extend(whole.index.suggest(clearance, &query, &lexicon).unwrap());
    }
    let within = |asked: &Asked<'_>| asked.index.cases_within(clearance).unwrap();
    assert_eq!(within(&whole), within(&visible));
    println!("{asked} questions: {seen:?}");
    seen
}

#[test]
fn forbidden_pages_change_no_byte_of_any_answer() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let of_units = Clearance::for_units(Secrecy::Thuong, vec!["KV7".into(), UNITS[2].into()]);
    // By name too, whatever their labels.
    let of_units = of_units.without((0..60).step_by(7).map(|no| code(&format!("HS-{no:03}"))));
    let seen = ask_both(&mut random, &of_units, 1000);
    assert!(seen.found > 300 && seen.hidden > 300 && seen.refused > 50 && seen.similar > 20, "{seen:?}");
    assert!(seen.restored > 20 && seen.suggested.len() > 20, "{seen:?}");
}

#[test]
fn nor_do_they_for_other_clearances() {
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let all_units = Clearance::whole_archive(Secrecy::Thuong);
    let one_unit = Clearance::for_units(Secrecy::Mat, vec!["KV8".into()]);
    // In one unit alone hardly a page is like another.
    for (clearance, similar) in [(all_units, 4), (one_unit, 0)] {
        let seen = ask_both(&mut random, &clearance, 300);
        assert!(seen.found > 60 && seen.hidden > 60 && seen.refused > 15, "{seen:?}");
        assert!(seen.similar >= similar && seen.restored > 1, "{seen:?}");
    }
    let nothing = Clearance::for_units(Secrecy::TuyetMat, vec!["KV9".into()]);
    let seen = ask_both(&mut random, &nothing, 100);
    assert!(seen.found == 0 && seen.hidden > 30 && seen.suggested.is_empty(), "{seen:?}");
}
