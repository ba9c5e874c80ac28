//! What a clearance does not cover must change nothing of an answer.

use crate::pages::{code, labelled, page};
use index::{IndexCase, Indexer, Lexicon, Query, Searcher};
use proptest::prelude::*;
use record::{Clearance, Secrecy};
use std::sync::LazyLock;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::public);

const WORDS: &[&str] = &["tội", "tôi", "t0i", "trộm", "trcm", "cắp|cấp", "án", "an", "bị", "can|an"];
const ASKED: &[&str] = &[
    "tội",
    "tôi",
    "~tội",
    "~trộm",
    "~an",
    "=án",
    "tr*",
    "ca*",
    "bi*",
    "=tô*",
    "\"bị can\"~3",
    "~\"trộm cấp\"",
    "can",
];
const JOINED: &[&str] = &[" ", " ", " VÀ ", " HOẶC ", " KHÔNG "];
const LEVELS: [Secrecy; 4] = [Secrecy::Thuong, Secrecy::Mat, Secrecy::ToiMat, Secrecy::TuyetMat];
const UNITS: &[&str] = &["KV7", "KV8", "", "kv7"];

type Case = (IndexCase, Vec<String>);

fn cases() -> impl Strategy<Value = Vec<Case>> {
    let text = prop::collection::vec(prop::sample::select(WORDS), 1..10).prop_map(|w| w.join(" "));
    let pages = prop::collection::vec(text, 1..4);
    let label = (prop::sample::select(&LEVELS), prop::sample::select(UNITS));
    prop::collection::vec((label, pages), 1..10).prop_map(|cases| {
        let cases = cases.into_iter().enumerate();
        cases
            .map(|(n, ((secrecy, unit), pages))| (labelled(&format!("HS-{n:02}"), secrecy, unit), pages))
            .collect()
    })
}

fn build<'a>(dir: &std::path::Path, cases: impl Iterator<Item = &'a Case>) -> Searcher {
    let mut indexer = Indexer::open_or_create(dir).unwrap();
    for (case, texts) in cases {
        let pages = texts.iter().enumerate().map(|(idx, text)| page(idx as u32 + 1, text));
        indexer.put_case(case, pages).unwrap();
    }
    indexer.commit().unwrap();
    indexer.searcher().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn hidden_pages_leave_no_trace(
        cases in cases(),
        level in prop::sample::select(&LEVELS),
        units in prop::option::of(prop::sample::subsequence(UNITS, 0..=UNITS.len())),
        left_out in prop::collection::vec(0..10usize, 0..4),
        phrases in prop::collection::vec(prop::collection::vec(prop::sample::select(&["tội", "tôi", "trộm", "cắp", "án", "can"]), 1..4), 5),
        others in prop::collection::vec(prop::collection::vec((prop::sample::select(ASKED), prop::sample::select(JOINED)), 1..4), 15),
    ) {
        let clearance = match units {
            None => Clearance::whole_archive(level),
            Some(units) => Clearance::for_units(level, units.into_iter().map(str::to_owned).collect()),
        };
        let clearance = clearance.without(left_out.into_iter().map(|n| code(&format!("HS-{n:02}"))));
        let is_visible = |case: &IndexCase| {
            clearance.allows(&case.label) && !clearance.left_out().contains(&case.code)
        };
        let (whole_dir, visible_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let whole = build(whole_dir.path(), cases.iter());
        let visible = build(visible_dir.path(), cases.iter().filter(|(case, _)| is_visible(case)));
        let phrases = phrases.into_iter().flat_map(|words| [words.join(" "), format!("\"{}\"", words.join(" "))]);
        let others = others.into_iter().map(|parts| {
            let typed: String = parts.iter().flat_map(|(word, joined)| [*joined, *word]).collect();
            typed.trim_start_matches(|c: char| c == ' ' || c.is_uppercase()).to_owned()
        });
        for typed in phrases.chain(others) {
            let mut query = Query::parse(&typed).unwrap();
            if typed.len() % 2 == 0 {
                query.restore(&LEXICON);
            }
            for (limit, offset) in [(100, 0), (3, 0), (3, 2), (0, 0)] {
                let answer = whole.search(&clearance, &query, limit, offset).unwrap();
                prop_assert_eq!(&answer, &visible.search(&clearance, &query, limit, offset).unwrap());
                // And what is visible is all there: against everything, filtered by the rule itself.
                if limit == 100 {
                    let all = Clearance::whole_archive(Secrecy::TuyetMat);
                    let mut all = whole.search(&all, &query, 100, 0).unwrap().hits;
                    all.retain(|hit| cases.iter().any(|(c, _)| c.code == hit.case && is_visible(c)));
                    prop_assert_eq!(answer.hits, all);
                }
            }
        }
    }
}

/// The lexicon is the same for everybody; whether it helps is not.
#[test]
fn spellings_are_suggested_by_what_the_asker_would_find() {
    let cases = [
        (labelled("HS-1", Secrecy::Thuong, "KV7"), vec!["đăng ký kinh doanh".to_owned()]),
        (labelled("HS-2", Secrecy::Mat, "KV7"), vec!["đăng ký hộ tịch".to_owned()]),
    ];
    let (whole_dir, visible_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (whole, visible) =
        (build(whole_dir.path(), cases.iter()), build(visible_dir.path(), cases[..1].iter()));
    let lexicon = Lexicon::public();
    let clearance = Clearance::whole_archive(Secrecy::Thuong);
    let suggested = |index: &Searcher, clearance: &Clearance, typed: &str| {
        index.suggest(clearance, &Query::parse(typed).unwrap(), &lexicon).unwrap()
    };
    for (typed, open, secret) in [
        ("dagn ky", Some("đăng ký"), Some("đăng ký")),
        ("\"dagn ky kinh\"", Some("\"đăng ký kinh\""), Some("\"đăng ký kinh\"")),
        ("\"dagn ky hộ\"", None, Some("\"đăng ký hộ\"")),
        ("zzzz", None, None),
    ] {
        assert_eq!(suggested(&whole, &clearance, typed).as_deref(), open, "{typed}");
        assert_eq!(suggested(&visible, &clearance, typed).as_deref(), open, "{typed}");
        let all = Clearance::whole_archive(Secrecy::TuyetMat);
        assert_eq!(suggested(&whole, &all, typed).as_deref(), secret, "{typed}");
    }
}

/// Words that begin alike, more than are looked for, on pages of a secret case and of an open one.
fn beginnings(dir: &std::path::Path, secret: usize, open: usize) -> Searcher {
    let list = |from: usize, count: usize| {
        (from..from + count).map(|n| format!("khw{n:04}")).collect::<Vec<_>>().join(" ")
    };
    let mut cases =
        vec![(labelled("HS-1", Secrecy::Thuong, "KV7"), vec![list(5000, open), "khởi tố".to_owned()])];
    if secret > 0 {
        cases.push((labelled("HS-2", Secrecy::Mat, "KV7"), vec![list(0, secret), "khám xét".to_owned()]));
    }
    build(dir, cases.iter())
}

#[test]
fn beginnings_on_hidden_pages_displace_none_on_visible_ones() {
    let clearance = Clearance::whole_archive(Secrecy::Thuong);
    for (open, typed, pages, is_cut) in [
        (150, "kh*", 2, false),
        (150, "khw*", 1, false),
        (199, "kh*", 2, false),
        (200, "kh*", 2, true),
        (300, "kh* KHÔNG khw5299", 1, true),
        (300, "\"kh* tố\"", 1, true),
    ] {
        let (whole_dir, visible_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (whole, visible) =
            (beginnings(whole_dir.path(), 500, open), beginnings(visible_dir.path(), 0, open));
        let query = Query::parse(typed).unwrap();
        let answer = whole.search(&clearance, &query, 10, 0).unwrap();
        assert_eq!(answer, visible.search(&clearance, &query, 10, 0).unwrap(), "{typed}");
        assert_eq!((answer.total, answer.cut_off.is_empty()), (pages, !is_cut), "{typed} of {open}");
        assert!(
            answer.cut_off.iter().all(|beginning| beginning.starts_with("kh") && beginning.ends_with('*'))
        );
    }
}
