//! Two archives, one without the pages that a restricted person may not see: every byte of every answer to that person is the
//! same. `clearance.rs` says it of small archives of all kinds; this one of a larger one and of all that is ever answered.

use crate::pages::{code, labelled, page};
use index::{CaseKind, IndexCase, IndexPage, Indexer, Query, Searcher};
use rand::{RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use record::{Clearance, DocType, DocumentNo, Lang, PartialDate, Secrecy};

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
            let from = if random.random_bool(0.4) { FORBIDDEN } else { COMMON };
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

/// All that is ever answered, as text.
fn answer(index: &Searcher, clearance: &Clearance, typed: &str, limit: usize, offset: usize) -> String {
    let query = match Query::parse(typed) {
        Ok(query) => query,
        Err(error) => return format!("{error} {}", error.vietnamese()),
    };
    let found = index.search(clearance, &query, limit, offset).unwrap();
    let by_case = index.search_cases(clearance, &query, limit, offset).unwrap();
    let facets = index.facets(clearance, &query).unwrap();
    let similar: Vec<_> = found.hits.iter().map(|hit| index.similar(clearance, hit, 3).unwrap()).collect();
    format!("{:?}\n{found:?}\n{by_case:?}\n{facets:?}\n{similar:?}", query.outline(Lang::Vi))
}

#[test]
fn forbidden_pages_change_no_byte_of_any_answer() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let clearance = Clearance::for_units(Secrecy::Thuong, vec!["KV7".into(), UNITS[2].into()]);
    // By name too, whatever their labels.
    let clearance = clearance.without((0..60).step_by(7).map(|no| code(&format!("HS-{no:03}"))));
    let cases = cases(&mut random, &clearance);
    let (whole_dir, visible_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let whole = index_of(whole_dir.path(), cases.iter());
    let visible = index_of(visible_dir.path(), cases.iter().filter(|case| covers(&clearance, &case.label)));
    let all = Clearance::whole_archive(Secrecy::TuyetMat);
    let (mut found_any, mut hid_any, mut refused, mut similar) = (0, 0, 0, 0);
    for _ in 0..1000 {
        let typed = question(&mut random);
        let (limit, offset) = *[(10, 0), (3, 2), (1000, 0), (0, 0)].choose(&mut random).unwrap();
        let seen = answer(&whole, &clearance, &typed, limit, offset);
        assert_eq!(seen, answer(&visible, &clearance, &typed, limit, offset), "{typed}");
        let total = |clearance: &Clearance| {
            Some(whole.search(clearance, &Query::parse(&typed).ok()?, 0, 0).unwrap().total)
        };
        match total(&clearance).zip(total(&all)) {
            None => refused += 1,
            Some((seen, there)) => {
                found_any += usize::from(seen > 0);
                hid_any += usize::from(there > seen);
            }
        }
        similar += usize::from(seen.contains("Similar { total: 1"));
    }
    assert_eq!(whole.cases_within(&clearance).unwrap(), visible.cases_within(&clearance).unwrap());
    println!(
        "1000 questions: {found_any} found, {hid_any} with pages hidden, {refused} refused, {similar} with copies"
    );
    assert!(found_any > 300 && hid_any > 300 && refused > 50 && similar > 20);
}
