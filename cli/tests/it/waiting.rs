//! Case files that cannot be completed yet, or were completed otherwise since.

use crate::support::{Desk, HOSO, Said, files_below, hoso, hoso_command, python, run, sha256_of};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::AtomicBool;

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
    // Nor can anything be looked for where the folder was moved away.
    let elsewhere = desk.scratch.path().join("elsewhere");
    fs::rename(&desk.batch, &elsewhere).unwrap();
    let said = desk.resume(&[]).expect(3);
    assert_eq!(said.of_type("folder-gone").len(), 1, "{}", said.all());
    assert_eq!((said.of_type("stored").len(), said.of_type("waiting").len()), (0, 1), "{}", said.all());
    fs::rename(elsewhere, &desk.batch).unwrap();

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
fn a_batch_started_in_one_folder_is_resumed_from_another() {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "trang một");
    let missing = desk.batch.join("HS-1/trang 2.png");
    symlink("nowhere", &missing).unwrap();
    let mut beside = hoso_command();
    beside.current_dir(desk.scratch.path()).args([
        "batch",
        "run",
        "lô 1",
        "--secrecy",
        "thuong",
        "--archive",
    ]);
    run(beside.arg(&desk.archive)).expect(3);
    fs::remove_file(missing).unwrap();
    desk.page("HS-1/trang 2.png", "trang hai");
    let said = desk.resume(&[]);
    assert_eq!((said.of_type("stored").len(), said.of_type("waiting").len()), (1, 0), "{}", said.all());
}

#[test]
fn a_second_copy_that_came_too_late_is_not_called_stored() {
    let desk = Desk::new();
    let first = desk.page("HS-1/trang 1.png", "trang một");
    desk.run_batch().expect(0);
    fs::copy(first, desk.batch.join("HS-1/trang 2.png")).unwrap();
    let said = desk.run_batch().expect(3);
    let report = &said.of_type("report")[0];
    assert_eq!(report["complete"], false, "{}", said.all());
    assert!(said.out.contains("not-stored"), "{}", said.all());
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

#[test]
fn a_changed_register_or_folio_list_is_told() {
    let desk = Desk::new();
    desk.page("HS-1/trang.png", "một trang");
    let list = |text: &str| fs::write(desk.batch.join("batch.csv"), text).unwrap();
    let folios = |text: &str| fs::write(desk.batch.join("HS-1/butluc.csv"), text).unwrap();
    list("code,title,secrecy\nHS-1,Vụ án A,thuong\n");
    folios("file,page,folio\ntrang.png,1,45\n");
    desk.run_batch().expect(0);
    assert_eq!(desk.run_batch().expect(0).of_type("present").len(), 1, "nothing has changed");
    let told = |said: Said| -> String {
        let found = said.of_type("finding").into_iter().find(|f| f["code"] == "register-changed");
        let found = found.unwrap_or_else(|| panic!("{}", said.all()));
        assert!(said.of_type("stored").is_empty() && found["subject"] == "HS-1", "{}", said.all());
        found["detail"].as_str().unwrap().to_owned()
    };
    list("code,title,year,secrecy\nHS-1,Vụ án B,1998,thuong\n");
    assert_eq!(told(desk.run_batch().expect(3)), "title, year");
    list("code,title,secrecy\nHS-1,Vụ án A,thuong\n");
    folios("file,page,folio\ntrang.png,1,46\n");
    assert_eq!(told(desk.run_batch().expect(3)), "butluc.csv");
    folios("file,page,folio\ntrang.png,1,45\n");
    list("code,title,secrecy\nHS-1,Vụ án A,mat\n");
    assert_eq!(told(desk.run_batch().expect(3)), "secrecy");
}

#[test]
fn one_case_file_that_fails_does_not_end_the_batch() {
    let desk = Desk::new();
    let bad = desk.page("HS-1/trang.png", "hồ sơ lỗi");
    desk.page("HS-2/trang.png", "hồ sơ lành");
    // What is noted of one page turns out unreadable when its case file is packed.
    let ledger = rusqlite::Connection::open(desk.archive.join("ledger.sqlite")).unwrap();
    let trigger = format!(
        "CREATE TRIGGER bad AFTER INSERT ON page_result WHEN NEW.sha256 = '{}'
         BEGIN UPDATE page_result SET result = '{{' WHERE sha256 = NEW.sha256; END",
        sha256_of(&[bad])[0]
    );
    ledger.execute_batch(&trigger).unwrap();
    let said = desk.run_batch().expect(3);
    assert!(said.findings_on("HS-1").contains("case-failed"), "{}", said.all());
    let state = |said: &Said, code: &str| {
        said.of_type("case-report").into_iter().find(|c| c["case"] == code).unwrap()["state"].clone()
    };
    assert_eq!((state(&said, "HS-1"), state(&said, "HS-2")), ("open".into(), "indexed".into()));
    assert_eq!(said.of_type("report")[0]["state"], "waiting");
    ledger.execute_batch("DROP TRIGGER bad").unwrap();
    let said = desk.resume(&[]).expect(0);
    assert_eq!(state(&said, "HS-1"), "indexed", "{}", said.all());
}

#[test]
fn a_damaged_case_file_hides_no_other() {
    let desk = Desk::new();
    for code in ["HS-1", "HS-2", "HS-3"] {
        desk.page(&format!("{code}/trang.png"), &format!("trang của {code}"));
    }
    desk.run_batch().expect(0);
    let objects = files_below(&desk.archive.join("ocfl"));
    let record_of = |code: &str| {
        let records = objects.iter().filter(|f| f.ends_with("v1/content/metadata/other/case.json"));
        let needle = format!("\"code\":\"{code}\"");
        records.clone().find(|f| fs::read_to_string(f).unwrap().contains(&needle)).unwrap().clone()
    };
    // One byte of HS-1 is another; HS-2 is gone.
    let record = record_of("HS-1");
    fs::write(&record, fs::read_to_string(&record).unwrap().replace("thuong", "thuonG")).unwrap();
    let object = record_of("HS-2");
    let object = object.ancestors().find(|a| a.join("0=ocfl_object_1.1").exists()).unwrap();
    fs::remove_dir_all(object).unwrap();

    let report = desk.hoso(&["batch", "report", "--json"]).expect(3);
    for code in ["HS-1", "HS-2"] {
        assert!(report.findings_on(code).contains("damaged-in-archive"), "{}", report.all());
    }
    assert!(report.of_type("case-report").iter().any(|c| c["case"] == "HS-3" && c["stored"] == 1));
    let rebuilt = desk.hoso(&["index", "rebuild", "--json"]).expect(7);
    assert_eq!(rebuilt.of_type("indexed").len(), 1, "{}", rebuilt.all());
    assert_eq!(rebuilt.of_type("damaged").len(), 1, "{}", rebuilt.all());
    assert_eq!(desk.hoso(&["search", "--json", "trang của"]).of_type("hit").len(), 1);
}

#[test]
fn what_is_gone_or_does_not_belong_there_is_named() {
    let desk = Desk::new();
    desk.page("HS-1/trang.png", "hồ sơ còn");
    desk.page("HS-2/trang.png", "hồ sơ mất");
    desk.run_batch().expect(0);
    let mode = fs::metadata(&desk.archive).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "nobody else looks into a new archive");
    let doctor = |exit| desk.hoso(&["doctor", "--json"]).expect(exit);
    let found =
        |said: &Said, what: &str| said.of_type("check").into_iter().find(|c| c["what"] == what).unwrap();
    assert_eq!(found(&doctor(0), "quarantine")["found"], "0");

    fs::write(desk.archive.join("work/quarantine/work-x"), "dở dang").unwrap();
    let said = doctor(0);
    assert_eq!(found(&said, "quarantine")["found"], "1 work-x");
    assert_eq!(desk.hoso(&["batch", "status", "--json"]).of_type("quarantine")[0]["count"], 1);

    fs::write(desk.archive.join("ocfl/lạ.txt"), "tệp lạ").unwrap();
    let verify = || hoso(["verify".as_ref(), "--json".as_ref(), desk.archive.as_os_str()]);
    let said = verify().expect(7);
    assert!(said.out.contains("lạ.txt"), "{}", said.all());
    assert!(found(&doctor(1), "strays")["problem"].as_str().unwrap().contains("lạ.txt"));
    fs::remove_file(desk.archive.join("ocfl/lạ.txt")).unwrap();

    let records = files_below(&desk.archive.join("ocfl"));
    let record = records.iter().filter(|f| f.ends_with("v1/content/metadata/other/case.json"));
    let record = record.into_iter().find(|f| fs::read_to_string(f).unwrap().contains("\"code\":\"HS-2\""));
    let object =
        record.unwrap().ancestors().find(|a| a.join("0=ocfl_object_1.1").exists()).unwrap().to_owned();
    // Its folders go with it: an empty one would be named anyway.
    let mut folder = object.parent().unwrap().to_owned();
    fs::remove_dir_all(&object).unwrap();
    while fs::remove_dir(&folder).is_ok() {
        folder.pop();
    }
    let said = verify().expect(7);
    let gone: Vec<_> = said.of_type("verified").into_iter().filter(|v| v["good"] == false).collect();
    assert_eq!((gone.len(), &gone[0]["name"]), (1, &"HS-2".into()), "{}", said.all());
    assert_eq!(found(&doctor(1), "absent")["problem"], "1: HS-2");
}

/// A PDF of one page with a text layer, by hand: (file).
const WITH_TEXT: &str = r#"
import sys
text = b'BT /F1 24 Tf 20 100 Td (Cao trang so 12) Tj ET'
objects = [b'<< /Type /Catalog /Pages 2 0 R >>', b'<< /Type /Pages /Count 1 /Kids [4 0 R] >>',
           b'<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
           b'<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 5 0 R /Resources << /Font << /F1 3 0 R >> >> >>',
           b'<< /Length %d >> stream\n%s\nendstream' % (len(text), text)]
out, offsets = bytearray(b'%PDF-1.4\n'), []
for no, body in enumerate(objects, 1):
    offsets.append(len(out))
    out += b'%d 0 obj\n%s\nendobj\n' % (no, body)
start = len(out)
out += b'xref\n0 %d\n0000000000 65535 f \n' % (len(objects) + 1) + b''.join(b'%010d 00000 n \n' % o for o in offsets)
out += b'trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n' % (len(objects) + 1, start)
open(sys.argv[1], 'wb').write(out)
"#;

#[test]
fn the_text_layer_of_a_received_pdf_is_kept_aside() {
    let desk = Desk::new();
    desk.page("HS-1/a.png", "một trang ảnh");
    python(WITH_TEXT, [desk.batch.join("HS-1/b.pdf")]);
    // Stopped between reading and packing: what was read comes from the work folder.
    let ledger = rusqlite::Connection::open(desk.archive.join("ledger.sqlite")).unwrap();
    ledger
        .execute_batch(
            "CREATE TRIGGER stop BEFORE INSERT ON stored_case BEGIN SELECT RAISE(ABORT, 'stopped'); END",
        )
        .unwrap();
    desk.run_batch().expect(1);
    let kept: Vec<_> = files_below(&desk.archive.join("work/pages"));
    assert_eq!(kept.iter().filter(|f| f.extension().is_some_and(|e| e == "txt")).count(), 1, "{kept:?}");
    ledger.execute_batch("DROP TRIGGER stop").unwrap();
    fs::remove_dir_all(desk.archive.join("ocfl")).unwrap();
    let fresh = Desk::new();
    fs::rename(fresh.archive.join("ocfl"), desk.archive.join("ocfl")).unwrap();
    let said = desk.resume(&[]).expect(0);
    assert!(said.of_type("page").iter().all(|p| p["known"] == true), "{}", said.all());

    let export = desk.export("HS-1", "xuất");
    let path = "representations/rep2/metadata/embedded-text/0002/0001.txt";
    assert_eq!(fs::read_to_string(export.join(path)).unwrap().trim(), "Cao trang so 12");
    let case: serde_json::Value =
        serde_json::from_slice(&fs::read(export.join("metadata/other/case.json")).unwrap()).unwrap();
    assert!(case["documents"][0]["pages"][0].get("embedded_text").is_none());
    assert_eq!(case["documents"][1]["pages"][0]["embedded_text"], path);
    let manifest = fs::read_to_string(export.join("seal/manifest-sha256.txt")).unwrap();
    assert!(manifest.contains(path));
    assert!(files_below(&desk.archive.join("work/pages")).is_empty());
}

#[test]
fn a_survey_can_be_interrupted() {
    struct Now;
    impl record::Clock for Now {
        fn now(&self) -> record::Timestamp {
            record::Timestamp::now()
        }
    }
    let desk = Desk::new();
    desk.page("HS-1/trang.png", "một trang");
    let survey = |stop| {
        let programs = Path::new(HOSO).parent().unwrap().to_owned();
        let models: Vec<_> = std::env::var_os("TESSDATA_PREFIX").map(Into::into).into_iter().collect();
        let worker = pipeline::WorkerConfig::find(&[programs], &models, &[], "vie").unwrap();
        let equipment = pipeline::Equipment { worker, workers: 1, clock: Box::new(Now) };
        let options =
            pipeline::BatchOptions { secrecy: Some(record::Secrecy::Thuong), decisions: Default::default() };
        pipeline::survey_batch(&desk.archive, &desk.batch, &options, equipment, &AtomicBool::new(stop))
    };
    assert_eq!(survey(false).unwrap().pages(), 1);
    let interrupted = survey(true).unwrap_err();
    assert!(
        matches!(interrupted, pipeline::PipelineError::Ingest(pipeline::IngestError::Interrupted)),
        "{interrupted}"
    );
}
