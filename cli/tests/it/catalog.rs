//! The catalog: a line for each case file, made anew from the archive when it is lost.

use crate::support::{Desk, Said, python};
use std::fs;

fn listed(desk: &Desk) -> Said {
    desk.hoso(&["case", "list", "--json"])
}

#[test]
fn the_catalog_names_every_case_file_and_is_made_anew_from_the_archive() {
    let desk = Desk::new();
    desk.page("HS-2/a/1.png", "trang một");
    desk.page("HS-1/a/1.png", "cáo trạng");
    desk.page("HS-1/b/1.png", "bản án");
    let register = "code,title,unit,year,retention\nHS-1,Vụ án mẫu,VKS huyện A,2019,Vĩnh viễn\n";
    fs::write(desk.batch.join("batch.csv"), register).unwrap();
    desk.run_batch();
    let before = listed(&desk).expect(0);
    let cases = before.of_type("case");
    let brief: Vec<(&str, u64)> =
        cases.iter().map(|c| (c["case"].as_str().unwrap(), c["pages"].as_u64().unwrap())).collect();
    assert_eq!(brief, [("HS-1", 2), ("HS-2", 1)], "{}", before.all());
    let first = serde_json::json!({
        "type": "case", "v": 1, "case": "HS-1", "title": "Vụ án mẫu", "unit": "VKS huyện A", "year": 2019,
        "retention": "Vĩnh viễn", "secrecy": "thuong", "documents": 2, "pages": 2, "version": 1,
        "state": "stored", "hold": null,
    });
    assert_eq!(cases[0], first);

    // Lost: it says so, and how to have it again; then it is the same.
    fs::remove_file(desk.archive.join("ledger.sqlite")).unwrap();
    let said = desk.hoso(&["case", "list", "--lang", "vi"]).expect(1);
    assert!(
        said.err.contains("chưa có mục lục") && said.err.contains("hoso index rebuild"),
        "{}",
        said.all()
    );
    desk.hoso(&["index", "rebuild"]).expect(0);
    assert_eq!(listed(&desk).expect(0).out, before.out);
}

#[test]
fn a_ledger_of_before_has_no_catalog_and_gets_one() {
    let desk = Desk::new();
    desk.page("HS-1/a/1.png", "cáo trạng");
    desk.run_batch().expect(0);
    let before = listed(&desk).expect(0);
    let ledger = desk.archive.join("ledger.sqlite");
    let older = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1])\n\
        c.executescript('DROP TABLE catalog; DROP TABLE batch_correction; PRAGMA user_version=1;')";
    python(older, [&ledger]);
    desk.hoso(&["case", "list"]).expect(1);
    // The next work fills it; what was indexed is not indexed again.
    let said = desk.run_batch().expect(0);
    assert_eq!(said.of_type("present").len(), 1, "{}", said.all());
    assert_eq!(listed(&desk).expect(0).out, before.out);
}
