//! Ledger, index and catalog of checks are caches: deleted together and made anew from the archive alone, they give the same
//! answers to a stored set of searches, of every kind that there is.

use crate::support::{Desk, Said};
use fixtures::truth::Truth;
use fixtures::{Order, generate};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Two case files of the demo set; with pages that have header fields, people, dates, articles and numbers.
fn archive() -> (Desk, Truth) {
    let desk = Desk::new();
    let out = desk.path("bộ mẫu");
    let order = Order { set: "demo".into(), pages: Some(9), seed: None, out: out.clone(), jobs: None };
    generate(&order, &|_, _| {}).unwrap();
    let desk = Desk { batch: out.join("batch"), ..desk };
    desk.run_batch();
    (desk, Truth::read(&out.join("truth")).unwrap())
}

/// The searches: flags, query. Words of the truth are put in where only it knows them.
fn searches(truth: &Truth) -> Vec<(Vec<&'static str>, String)> {
    let cases = &truth.cases;
    let documents: Vec<_> = cases.iter().flat_map(|(case, _)| &case.documents).collect();
    let people = documents.iter().filter_map(|document| document.fields.as_ref()).flat_map(|f| &f.persons);
    let name = &people.clone().next().expect("somebody is presented").name;
    let dated = documents.iter().find(|document| !document.header.date.is_empty()).expect("a dated document");
    let year = &dated.header.date[..4];
    // Some are written by a pen, and not read.
    let numbers =
        documents.iter().map(|document| &document.header.number).filter(|number| !number.is_empty());
    let numbers: Vec<String> = numbers.map(|number| format!("so:{number}")).collect();
    let plain = |query: &str| (Vec::new(), query.to_owned());
    vec![
        plain("viện kiểm sát"),
        plain("vien kiem sat"),
        plain("\"viện kiểm sát nhân dân\""),
        plain("\"kiểm nhân\"~2"),
        plain("=viện"),
        plain("=\"viện kiểm sát\""),
        plain("~kiểm"),
        plain("~\"viện kiểm sát\""),
        plain("kiể*"),
        plain("viện HOẶC tòa"),
        plain("viện -cướp"),
        plain("(viện HOẶC tòa) VÀ \"nhân dân\""),
        plain(&format!("ngay:{year}")),
        plain(&format!("ngay:{year}..2030")),
        plain(&format!("nguoi:\"{name}\"")),
        plain(&numbers.join(" HOẶC ")),
        plain(&format!("loai:{}", dated.doc_type)),
        plain(&format!("ho-so:{}", cases[0].0.code)),
        plain("bl:1..99 HOẶC chat-luong:tot"),
        plain("chat-luong:tot"),
        plain("do-mat:thuong"),
        (vec!["--facets"], "viện".to_owned()),
        (vec!["--facets", "--group", "case"], format!("ngay:{year}..2030")),
        (vec!["--group", "case"], "nhân dân".to_owned()),
        (vec!["--explain"], "vien kiem sat".to_owned()),
        (vec!["--limit", "3", "--offset", "2"], "nhân dân".to_owned()),
    ]
}

/// All that a search says, but for how long it took.
fn answer(said: &Said) -> Vec<Value> {
    let mut lines = said.lines();
    for line in &mut lines {
        line.as_object_mut().unwrap().remove("took_ms");
    }
    lines
}

fn remove(archive: &Path, name: &str) {
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(archive.join(format!("{name}{ending}")));
    }
}

#[test]
fn a_stored_set_of_searches_is_answered_as_before() {
    let (desk, truth) = archive();
    desk.hoso(&["archive", "check"]).expect(0);
    let searches = searches(&truth);
    for (no, (_, query)) in searches.iter().enumerate() {
        desk.hoso(&["search", "--json", "--save", &format!("câu {no}"), query]).expect(0);
    }
    let ask = || -> Vec<Vec<Value>> {
        let saved = |(no, (flags, _)): (usize, &(Vec<&str>, String))| {
            let name = format!("câu {no}");
            answer(
                &desk.hoso(&[&["search", "--json", "--saved", &name], flags.as_slice()].concat()).expect(0),
            )
        };
        searches.iter().enumerate().map(saved).collect()
    };
    let before = ask();
    // Nothing is proved by searches that find nothing.
    let is_empty = |lines: &Vec<Value>| !lines.iter().any(|line| line["type"] == "hit");
    let empty: Vec<&String> = searches
        .iter()
        .zip(&before)
        .filter(|(_, lines)| is_empty(lines))
        .map(|((_, query), _)| query)
        .collect();
    assert!(searches.len() >= 20 && empty.is_empty(), "these find nothing: {empty:?}");
    let facets = before.iter().flatten().filter(|line| line["type"] == "facet").count();
    assert!(facets >= 6, "{facets}");

    for cache in ["ledger.sqlite", "fixity.sqlite"] {
        assert!(desk.archive.join(cache).is_file(), "{cache}");
        remove(&desk.archive, cache);
    }
    fs::remove_dir_all(desk.archive.join("index")).unwrap();
    desk.hoso(&["index", "rebuild"]).expect(0);
    for ((before, now), (flags, query)) in before.iter().zip(ask()).zip(&searches) {
        assert_eq!(before, &now, "{flags:?} {query}");
    }
    // The catalog of checks comes back from the signed reports: nothing is due.
    let due = desk.hoso(&["archive", "check", "--json", "--due"]).expect(0);
    assert_eq!(due.of_type("fixity-report")[0]["verdict"], "nothing-checked", "{}", due.all());
}
