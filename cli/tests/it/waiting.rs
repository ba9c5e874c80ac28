//! Case files that cannot be completed yet, or were completed otherwise since.

use crate::support::{Desk, Said, files_below, hoso, hoso_command, run, sha256_of};
use std::fs;
use std::os::unix::fs::symlink;

impl Desk {
    /// `hoso batch resume`.
    pub(crate) fn resume(&self, more: &[&str]) -> Said {
        run(hoso_command().args(["batch", "resume", "--json", "--archive"]).arg(&self.archive).args(more))
    }
}

fn case_json(desk: &Desk, code: &str, name: &str) -> serde_json::Value {
    let export = desk.export(code, name);
    serde_json::from_slice(&fs::read(export.join("metadata/other/case.json")).unwrap()).unwrap()
}

#[test]
fn a_person_may_seal_without_what_is_missing() {
    let desk = Desk::new();
    let page = desk.page("HS-1/trang 1.png", "trang một");
    symlink("nowhere", desk.batch.join("HS-1/trang 2.png")).unwrap();
    let said = desk.run_batch().expect(3);
    assert_eq!(said.of_type("waiting")[0]["files"], serde_json::json!(["HS-1/trang 2.png"]));
    // Nothing was mended: it still waits, and says so again.
    let said = desk.resume(&[]).expect(3);
    assert_eq!((said.of_type("stored").len(), said.of_type("waiting").len()), (0, 1), "{}", said.all());

    let said = desk.resume(&["--without-missing"]).expect(3);
    assert_eq!(said.of_type("stored").len(), 1, "{}", said.all());
    assert_eq!(said.of_type("report")[0]["complete"], true);
    let found = said.findings_on("HS-1/trang 2.png");
    assert!(found.contains("sealed-without") && found.contains("not-a-file"), "{found:?}");
    let case = case_json(&desk, "HS-1", "xuất");
    let left_out = serde_json::json!([
        {"detail": "symbolic link", "finding": "not-a-file", "received_as": "HS-1/trang 2.png"}
    ]);
    assert_eq!(case["left_out"], left_out);
    assert_eq!(case["masters"][0]["sha256"], sha256_of(&[page])[0].as_str());
    hoso(["verify".as_ref(), desk.archive.as_os_str()]).expect(0);

    // The same folder again: sealed as a person wished, and there is nothing to wait for.
    let said = desk.run_batch().expect(3);
    assert_eq!((said.of_type("present").len(), said.of_type("waiting").len()), (1, 0), "{}", said.all());

    let other = Desk::new();
    other.page("HS-1/trang 1.png", "trang một");
    symlink("nowhere", other.batch.join("HS-1/trang 2.png")).unwrap();
    let said = run(other.batch_command().arg("--without-missing")).expect(3);
    assert_eq!(said.of_type("stored").len(), 1, "{}", said.all());
}

#[test]
fn what_was_received_is_kept_even_where_the_folder_lost_it() {
    let desk = Desk::new();
    let first = desk.page("HS-1/trang 1.png", "trang một");
    let third = desk.page("HS-1/trang 3.png", "trang ba");
    symlink("nowhere", desk.batch.join("HS-1/trang 2.png")).unwrap();
    desk.run_batch().expect(3);
    let digests = sha256_of(&[first.clone(), third]);
    fs::remove_file(&first).unwrap();
    fs::remove_file(desk.batch.join("HS-1/trang 2.png")).unwrap();
    let second = desk.page("HS-1/trang 2.png", "trang hai");
    let said = desk.resume(&[]).expect(0);
    assert_eq!(said.of_type("report")[0]["indexed"], 3, "{}", said.all());
    let case = case_json(&desk, "HS-1", "xuất");
    let stored: Vec<&str> =
        case["masters"].as_array().unwrap().iter().map(|m| m["sha256"].as_str().unwrap()).collect();
    assert_eq!(stored, [&digests[0], &sha256_of(&[second])[0], &digests[1]]);
    assert!(files_below(&desk.archive.join("work/spool")).is_empty());
}

#[test]
fn a_file_that_vanishes_is_told_from_one_that_may_not_be_read() {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "trang một");
    let second = desk.page("HS-1/trang 2.png", "trang hai");
    desk.run_batch().expect(0);
    // A batch that was written down and stopped before it received: what the ledger of a killed job says.
    let ledger = rusqlite::Connection::open(desk.archive.join("ledger.sqlite")).unwrap();
    ledger
        .execute_batch(
            "UPDATE batch SET state = 'interrupted'; UPDATE batch_case SET state = 'open', code = 'HS-X',
             intake = replace(intake, '\"code\":\"HS-1\"', '\"code\":\"HS-X\"'); DELETE FROM receipt;",
        )
        .unwrap();
    drop(ledger);
    let bytes = fs::read(&second).unwrap();
    let aside = desk.path("aside.png");
    fs::rename(&second, &aside).unwrap();
    let said = desk.resume(&[]).expect(3);
    assert_eq!(said.findings_on("HS-1/trang 2.png").into_iter().collect::<Vec<_>>(), ["vanished"]);
    assert_eq!(said.of_type("case-report")[0]["state"], "waiting", "{}", said.all());
    // Back again, byte for byte and with its time: the same survey, the same case file.
    fs::rename(&aside, &second).unwrap();
    assert_eq!(fs::read(&second).unwrap(), bytes);
    let said = desk.resume(&[]);
    assert!(said.findings_on("HS-1/trang 2.png").iter().all(|f| f != "vanished"), "{}", said.all());
    assert_eq!(said.of_type("report")[0]["complete"], true, "{}", said.all());
}

#[test]
fn a_case_file_refused_meanwhile_is_not_sealed() {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "trang một");
    symlink("nowhere", desk.batch.join("HS-1/trang 2.png")).unwrap();
    desk.run_batch().expect(3);
    fs::write(desk.batch.join("batch.csv"), "code,secrecy\nHS-1,mat\n").unwrap();
    let said = desk.resume(&["--without-missing"]).expect(3);
    assert!(said.of_type("stored").is_empty(), "{}", said.all());
    assert!(said.findings_on("HS-1").contains("secrecy-refused"));
}
