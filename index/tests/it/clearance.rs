//! What a clearance does not cover must change nothing of an answer.

use crate::pages::{labelled, page};
use index::{IndexCase, Indexer, Query, Searcher};
use proptest::prelude::*;
use record::{Clearance, Secrecy};

const WORDS: &[&str] = &["tội", "tôi", "trộm", "cắp", "án", "an", "bị", "can"];
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
        queries in prop::collection::vec((prop::collection::vec(prop::sample::select(WORDS), 1..4), any::<bool>()), 10),
    ) {
        let clearance = match units {
            None => Clearance::whole_archive(level),
            Some(units) => Clearance::for_units(level, units.into_iter().map(str::to_owned).collect()),
        };
        let (whole_dir, visible_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let whole = build(whole_dir.path(), cases.iter());
        let visible = build(visible_dir.path(), cases.iter().filter(|(case, _)| clearance.allows(&case.label)));
        for (words, quoted) in queries {
            let query = if quoted { format!("\"{}\"", words.join(" ")) } else { words.join(" ") };
            let query = Query::parse(&query).unwrap();
            for (limit, offset) in [(100, 0), (3, 0), (3, 2), (0, 0)] {
                let answer = whole.search(&clearance, &query, limit, offset).unwrap();
                prop_assert_eq!(&answer, &visible.search(&clearance, &query, limit, offset).unwrap());
                // And what is visible is all there: against everything, filtered by the rule itself.
                if limit == 100 {
                    let all = Clearance::whole_archive(Secrecy::TuyetMat);
                    let mut all = whole.search(&all, &query, 100, 0).unwrap().hits;
                    all.retain(|hit| cases.iter().any(|(c, _)| c.code == hit.case && clearance.allows(&c.label)));
                    prop_assert_eq!(answer.hits, all);
                }
            }
        }
    }
}
