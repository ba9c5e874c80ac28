//! What a search tells, and to whom, where register, index and ledger do not agree.

use super::*;
use crate::format::case_json;
use crate::small_archive::{MASTER, Ticking, archive, flip, ledger_versions, store_as};
use index::{IndexCase, IndexPage, Indexer};
use record::{AccessLabel, Secrecy};

#[test]
fn a_damaged_case_file_is_not_there_for_whom_it_may_not_be_named_to() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    archive(root);
    let code = |code: &str| CaseCode::new(code).unwrap();
    let mut indexer = Indexer::open_or_create(&Layout { root: root.to_owned() }.index()).unwrap();
    let page = || IndexPage {
        document: DocumentNo::new(1).unwrap(),
        page: PageNo::new(1).unwrap(),
        folio: None,
        doc_type: None,
        date: None,
        number: None,
        units: Vec::new(),
        persons: Vec::new(),
        text: None,
    };
    let cases =
        [("HS-1", Secrecy::Thuong, true), ("HS-2", Secrecy::Thuong, false), ("HS-3", Secrecy::Mat, true)];
    for (name, secrecy, is_indexed) in cases {
        let stored = store_as(root, name, MASTER.as_bytes(), |case| {
            (case.header.unit, case.header.secrecy) = ("KV7".into(), secrecy);
        });
        flip(&root.join(stored).join("v1/content").join(case_json::PATH));
        if is_indexed {
            let label = AccessLabel { secrecy, unit: "KV7".into() };
            let case = IndexCase { code: code(name), label, year: None, kind: None };
            indexer.put_case(&case, [page()]).unwrap();
        }
    }
    indexer.commit().unwrap();
    indexer.close().unwrap();
    let room = ReadingRoom::open(root, Box::new(Ticking::now())).unwrap();
    let unit = |unit: &str| Clearance::for_units(Secrecy::Thuong, vec![unit.to_owned()]);
    let is_missing = |clearance: &Clearance, name: &str| {
        let error = room.open_case(clearance, &code(name)).err().expect("nothing can be opened");
        let is_missing = matches!(error.cause(), PipelineError::NoCase(_));
        // Word for word as of one that there never was.
        assert_eq!(is_missing, error.to_string() == PipelineError::NoCase(code(name)).to_string());
        is_missing
    };
    let missing =
        |clearance: &Clearance| ["HS-1", "HS-2", "HS-3", "HS-9"].map(|name| is_missing(clearance, name));
    assert_eq!(missing(&unit("KV8")), [true, true, true, true]);
    assert_eq!(missing(&unit("KV7")), [false, true, true, true]);
    assert_eq!(missing(&Clearance::whole_archive(Secrecy::Thuong)), [false, false, true, true]);
    assert_eq!(missing(&Clearance::whole_archive(Secrecy::Mat)), [false, false, false, true]);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "damages on purpose")]
fn only_who_may_see_a_case_file_may_be_told_its_name() {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path());
    let store = |code: &str, secrecy, unit: &str| {
        store_as(dir.path(), code, code.as_bytes(), |case| {
            (case.header.secrecy, case.header.unit) = (secrecy, unit.to_owned());
        })
    };
    store("HS-1", Secrecy::Thuong, "KV7");
    store("HS-2", Secrecy::Mat, "KV7");
    let broken = store("HS-3", Secrecy::Thuong, "KV7");
    ledger_versions(dir.path());
    std::fs::write(dir.path().join(broken).join("v1/content").join(case_json::PATH), b"{").unwrap();
    let room = ReadingRoom::open(dir.path(), Box::new(Ticking::now())).unwrap();
    let named = |clearance: Clearance| {
        let codes = ["HS-1", "HS-2", "HS-3", "HS-4"].into_iter();
        codes.filter(|code| room.may_name(&clearance, &CaseCode::new(code).unwrap())).collect::<Vec<_>>()
    };
    let of = |secrecy, unit: &str| Clearance::for_units(secrecy, vec![unit.to_owned()]);
    assert_eq!(named(of(Secrecy::Thuong, "KV7")), ["HS-1"]);
    assert_eq!(named(of(Secrecy::Mat, "KV7")), ["HS-1", "HS-2"]);
    assert!(named(of(Secrecy::TuyetMat, "KV8")).is_empty());
    // What cannot be read, or is gone, is named to whoever sees every unit, and a secret one is not.
    assert_eq!(named(Clearance::whole_archive(Secrecy::Thuong)), ["HS-1", "HS-3", "HS-4"]);
}

/// Puts a case file of so many pages into the index as one of 2019, whatever the archive says of it.
fn index_as(indexer: &mut Indexer, name: &str, label: AccessLabel, pages: u32) {
    let page = |no| IndexPage {
        document: DocumentNo::new(1).unwrap(),
        page: PageNo::new(no).unwrap(),
        folio: None,
        doc_type: None,
        date: None,
        number: None,
        units: Vec::new(),
        persons: Vec::new(),
        text: None,
    };
    let case = IndexCase { code: CaseCode::new(name).unwrap(), label, year: Some(2019), kind: None };
    indexer.put_case(&case, (1..=pages).map(page)).unwrap();
}

/// All that an answer counts and names.
fn said(answer: &SearchAnswer) -> String {
    let hits: Vec<_> =
        answer.hits.iter().map(|hit| (&hit.hit.case, hit.hit.page, hit.hit.of_case, &hit.similar)).collect();
    let SearchAnswer { total, cases, facets, suggestion, cut_off, .. } = answer;
    format!("{total} {cases:?} {hits:?} {facets:?} {suggestion:?} {cut_off:?}")
}

/// Two case files have later versions under other labels, which the index does not know: nothing that is told differs from what an
/// archive tells that never had them.
#[test]
fn an_index_that_is_behind_tells_nothing_that_a_register_hides() {
    let (whole, visible) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let label = |unit: &str| AccessLabel { secrecy: Secrecy::Thuong, unit: unit.into() };
    let index_of = |root: &Path| Indexer::open_or_create(&Layout { root: root.to_owned() }.index()).unwrap();
    for (root, is_whole) in [(whole.path(), true), (visible.path(), false)] {
        archive(root);
        let mut indexer = index_of(root);
        for (name, pages) in [("HS-1", 2), ("HS-2", 3), ("HS-3", 1), ("HS-4", 4)] {
            let is_hidden = ["HS-2", "HS-4"].contains(&name);
            if is_whole || !is_hidden {
                store_as(root, name, MASTER.as_bytes(), |_| {});
                index_as(&mut indexer, name, label("KV7"), pages);
            }
        }
        indexer.commit().unwrap();
        indexer.close().unwrap();
    }
    store_as(whole.path(), "HS-2", b"2", |case| case.header.secrecy = Secrecy::Mat);
    store_as(whole.path(), "HS-4", b"2", |case| case.header.unit = "KV8".into());
    let room = |root: &Path| ReadingRoom::open(root, Box::new(Ticking::now())).unwrap();
    let (there, without) = (room(whole.path()), room(visible.path()));
    let clearance = Clearance::for_units(Secrecy::Thuong, vec!["KV7".into()]);
    let query = Query::parse("nam:2019").unwrap();
    assert_eq!(there.searcher.search(&clearance, &query, 0, 0).unwrap().total, 10, "the index is behind");
    let asking = |limit, offset, by_case| Asking { limit, offset, by_case, facets: true };
    let ask = |room: &ReadingRoom, asking| said(&room.search_as(&clearance, "nam:2019", asking).unwrap());
    // Where the ledger has not heard of the versions, what is on the sheet is found out by opening it.
    for by_case in [false, true] {
        let asking = asking(20, 0, by_case);
        assert_eq!(ask(&there, asking), ask(&without, asking));
    }
    assert_eq!(ledger_versions(whole.path())[1], ("HS-2".to_owned(), 2));
    for by_case in [false, true] {
        for (limit, offset) in [(0, 0), (20, 0), (1, 0), (1, 1), (2, 1), (5, 3)] {
            let asking = asking(limit, offset, by_case);
            assert_eq!(ask(&there, asking), ask(&without, asking), "{asking:?}");
        }
    }
    let counted = there.search_as(&clearance, "nam:2019", asking(0, 0, true)).unwrap();
    assert_eq!((counted.total, counted.cases), (3, Some(2)));
    let years = counted.facets.iter().find(|list| list.facet == index::Facet::Year).unwrap();
    assert_eq!(years.entries.iter().map(|entry| entry.pages).collect::<Vec<_>>(), [3]);
    assert_eq!(there.cases(&clearance, 0, 0).unwrap().total, 2);
    // Nothing is found of one that alone would answer.
    for typed in ["ho-so:HS-2", "ho-so:HS-4"] {
        let counted = there.search_as(&clearance, typed, asking(0, 0, false)).unwrap();
        assert_eq!(
            (counted.total, counted.facets.iter().map(|list| list.entries.len()).sum::<usize>()),
            (0, 0)
        );
    }
    // Whoever may see the new labels still finds the pages that the index has.
    let all = Clearance::whole_archive(Secrecy::Mat);
    assert_eq!(there.search_as(&all, "nam:2019", asking(0, 0, false)).unwrap().total, 10);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "damages on purpose")]
fn without_a_ledger_that_can_be_read_only_whom_all_is_open_to_searches() {
    let folder = tempfile::tempdir().unwrap();
    archive(folder.path());
    let layout = Layout { root: folder.path().to_owned() };
    let mut indexer = Indexer::open_or_create(&layout.index()).unwrap();
    let label = AccessLabel { secrecy: Secrecy::Thuong, unit: "KV7".into() };
    index_as(&mut indexer, "HS-1", label, 2);
    indexer.commit().unwrap();
    indexer.close().unwrap();
    std::fs::write(layout.ledger(), b"no database").unwrap();
    let room = ReadingRoom::open(folder.path(), Box::new(Ticking::now())).unwrap();
    let unit = Clearance::for_units(Secrecy::Thuong, vec!["KV7".into()]);
    assert!(room.search(&unit, "nam:2019", 0, 0).is_err());
    assert_eq!(room.search(&Clearance::whole_archive(Secrecy::Thuong), "nam:2019", 0, 0).unwrap().total, 2);
}

/// Between archive and index, and with the ledger lost besides.
#[test]
fn a_stop_behind_a_version_with_another_label_leaves_it_to_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    archive(root);
    let layout = Layout { root: root.to_owned() };
    let mut header = None;
    for name in ["HS-1", "HS-2"] {
        store_as(root, name, MASTER.as_bytes(), |case| header = Some(case.header.clone()));
    }
    ledger_versions(root);
    let header = header.unwrap();
    let mut indexer = Indexer::open_or_create(&layout.index()).unwrap();
    for name in ["HS-1", "HS-2"] {
        index_as(&mut indexer, name, header.label(), 2);
    }
    indexer.commit().unwrap();
    let ledger = Ledger::open(&layout.ledger()).unwrap();
    ledger.set_indexed(&["HS-1", "HS-2"].map(|code| CaseCode::new(code).unwrap())).unwrap();
    let indexer = Mutex::new(indexer);
    let count = || {
        let room = ReadingRoom::open(root, Box::new(Ticking::now())).unwrap();
        let nothing = Asking::default();
        room.search_as(&Clearance::whole_archive(Secrecy::Thuong), "nam:2019", nothing).unwrap().total
    };
    let about_to_store = |header: &record::CaseHeader| {
        let store = Archive::open_read(root).unwrap();
        let config = ArchiveConfig::read(&layout.config()).unwrap();
        let before = store.object(&object_id(&config, &header.code)).unwrap();
        assert!(before.is_some());
        crate::pack::take_out_if_relabelled(&ledger, &indexer, before, header).unwrap();
    };
    // Another title is no other label.
    about_to_store(&record::CaseHeader { title: "khác".into(), ..header.clone() });
    assert_eq!((count(), ledger.not_indexed().unwrap().len()), (4, 0));
    about_to_store(&record::CaseHeader { secrecy: Secrecy::Mat, ..header.clone() });
    assert_eq!((count(), ledger.not_indexed().unwrap()), (2, vec![header.code]));
    store_as(root, "HS-2", b"2", |case| case.header.secrecy = Secrecy::Mat);
    assert_eq!(count(), 2);
    drop(ledger);
    for ending in ["", "-wal", "-shm"] {
        let _ = durable::remove_file(&root.join(format!("ledger.sqlite{ending}")));
    }
    assert_eq!(count(), 2);
}

#[test]
fn to_whom_not_all_is_open_times_are_told_in_tenths_of_a_second() {
    let ms = |clearance: &Clearance, ms| told(clearance, Duration::from_millis(ms)).as_millis();
    let unit = Clearance::for_units(Secrecy::Thuong, vec!["KV7".into()]);
    assert_eq!([0, 1, 100, 101, 1234].map(|took| ms(&unit, took)), [0, 100, 100, 200, 1300]);
    assert_eq!(ms(&Clearance::whole_archive(Secrecy::Thuong), 1234), 1234);
}
