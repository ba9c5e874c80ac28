//! Retention, hold, review and destruction as people use them: words, exit codes, and what is left in the raw bytes.

use crate::support::{Desk, Said, files_below, hoso_command, python, run, tool};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Stands on a page of the case file that is destroyed, in its title, in its file's name.
const WORD: &str = "Zanzibar";

/// An expired case file, one that is kept for ever, and one of which nobody knows.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.page(&format!("CU-1/{WORD}.png"), &format!("cáo trạng {WORD}"));
    desk.page("VV-1/1.png", "bản án chung thẩm");
    desk.page("KR-1/1.png", "biên bản");
    let list = format!(
        "code,title,year,retention\nCU-1,Vụ {WORD},1995,20 năm\nVV-1,Vụ án,1995,Vĩnh viễn\nKR-1,Vụ án,1995,lâu dài\n"
    );
    fs::write(desk.batch.join("batch.csv"), list).unwrap();
    desk.run_batch().expect(0);
    desk
}

fn files_with(root: &Path, word: &str) -> Vec<std::path::PathBuf> {
    let holds = |path: &std::path::PathBuf| {
        let bytes = fs::read(path).unwrap();
        // As it is, and in the case that search keys have.
        [word.to_owned(), word.to_lowercase()]
            .iter()
            .any(|word| bytes.windows(word.len()).any(|w| w == word.as_bytes()))
    };
    files_below(root).into_iter().filter(holds).collect()
}

fn destroy(desk: &Desk, by: [&str; 2]) -> u64 {
    let said = desk
        .hoso(&["archive", "destroy", "propose", "CU-1", "--by", by[0], "--reason", "hết thời hạn", "--json"])
        .expect(0);
    let id = said.of_type("destruction-proposed")[0]["id"].as_u64().unwrap();
    desk.hoso(&["archive", "destroy", "approve", &id.to_string(), "--by", by[1]]).expect(0);
    id
}

fn by_case(said: &Said, kind: &str) -> std::collections::BTreeMap<String, Value> {
    said.of_type(kind).into_iter().map(|line| (line["case"].as_str().unwrap().to_owned(), line)).collect()
}

#[test]
fn what_is_expired_is_listed_and_what_nobody_knows_apart() {
    let desk = desk();
    let said = desk.hoso(&["archive", "retention", "--json"]).expect(0);
    let lines = by_case(&said, "retention");
    assert_eq!(lines["CU-1"]["state"], "expired");
    assert_eq!(lines["CU-1"]["kept_until"], "2015-12-31");
    assert!(lines["CU-1"]["basis"].as_str().unwrap().contains("05/2025/TT-BNV"));
    assert_eq!((lines["KR-1"]["state"].as_str(), lines.contains_key("VV-1")), (Some("unknown"), false));
    let said = desk.hoso(&["archive", "retention", "--as-of", "2015-12-31", "--json"]).expect(0);
    assert!(!by_case(&said, "retention").contains_key("CU-1"), "{}", said.all());
    desk.hoso(&["archive", "retention", "--as-of", "2015"]).expect(2);
    let said = desk.hoso(&["archive", "retention", "--as-of", "3000-01-01", "--lang", "vi"]).expect(0);
    assert!(said.out.contains("XEM XÉT HỦY") && said.out.contains("KHÔNG RÕ THỜI HẠN"), "{}", said.all());
    // A row of the unit's own, and one that is no row.
    let own = "[[rule]]\nid = \"vks\"\ndeclared = [\"Lâu dài\"]\nyears = 25\ncounted_from = \"end-year\"\nbasis = \"Quyết định của đơn vị\"\narticle = \"Điều 1\"\n";
    fs::write(desk.archive.join("retention.toml"), own).unwrap();
    let said = desk.hoso(&["archive", "retention", "--json"]).expect(0);
    assert_eq!(by_case(&said, "retention")["KR-1"]["kept_until"], "2020-12-31");
    fs::write(desk.archive.join("retention.toml"), own.replace("years", "yeers")).unwrap();
    let said = desk.hoso(&["archive", "retention"]).expect(1);
    assert!(said.err.contains("yeers"), "{}", said.all());
}

#[test]
fn paper_is_counted_and_a_hold_is_seen() {
    let desk = desk();
    let state = |code: &str| {
        let list = by_case(&desk.hoso(&["case", "list", "--json"]).expect(0), "case");
        let show = by_case(&desk.hoso(&["case", "show", code, "--json"]).expect(0), "case");
        assert_eq!((&list[code]["state"], &list[code]["hold"]), (&show[code]["state"], &show[code]["hold"]));
        (list[code]["state"].as_str().unwrap().to_owned(), list[code]["hold"].clone())
    };
    assert_eq!(state("VV-1"), ("stored".to_owned(), Value::Null));
    let said =
        desk.hoso(&["case", "review", "VV-1", "--by", "Trần Thị B", "--pages-on-paper", "3", "--lang", "vi"]);
    let said = said.expect(1);
    assert!(said.err.contains("trên giấy 3 trang, trong gói 1 trang, lệch 2"), "{}", said.all());
    assert_eq!(state("VV-1").0, "stored");
    desk.hoso(&["case", "review", "VV-1", "--by", "Trần Thị B", "--pages-on-paper", "1"]).expect(0);
    assert_eq!(state("VV-1").0, "reviewed");
    desk.hoso(&["case", "hold", "VV-1", "--by", "Lê Văn C", "--reason", "kháng nghị"]).expect(0);
    assert_eq!(state("VV-1").1["reason"], "kháng nghị");
    // Truths in the archive: the caches may go.
    for cache in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
        let _ = fs::remove_file(desk.archive.join(cache));
    }
    fs::remove_dir_all(desk.archive.join("index")).unwrap();
    desk.hoso(&["index", "rebuild"]).expect(0);
    let (reviewed, hold) = state("VV-1");
    assert_eq!((reviewed.as_str(), &hold["by"]), ("reviewed", &Value::from("Lê Văn C")));
    desk.hoso(&["case", "release", "VV-1", "--by", "Lê Văn C", "--reason", "xong"]).expect(0);
    assert_eq!(state("VV-1").1, Value::Null);
    desk.hoso(&["case", "release", "VV-1", "--by", "Lê Văn C", "--reason", "xong"]).expect(2);
    desk.hoso(&["case", "hold", "VV-1", "--by", " ", "--reason", "x"]).expect(2);
    desk.hoso(&["case", "hold", "KHÔNG-CÓ", "--by", "A", "--reason", "x"]).expect(1);

    // Every line verifies with openssl, by the words of docs/format/decisions.md.
    let script = "import json,sys,hashlib
for n,line in enumerate(open(sys.argv[1],encoding='utf8')):
    d=json.loads(line)
    entry=json.dumps(d['entry'],ensure_ascii=False,sort_keys=True,separators=(',',':')).encode()
    open(f'{sys.argv[2]}/{n}.txt','wb').write(f'{hashlib.sha256(entry).hexdigest()}  entry.json\\n'.encode())
    open(f'{sys.argv[2]}/{n}.p7s','wb').write(bytes.fromhex(d['signature']))";
    let (decisions, to) = (desk.archive.join("evidence/decisions.ndjson"), desk.path("lines"));
    fs::create_dir(&to).unwrap();
    python(script, [decisions.as_os_str(), to.as_os_str()]);
    let anchor = desk.archive.join("keys/trial-ca.pem");
    for n in 0..3 {
        let check = format!(
            "openssl cms -verify -binary -cades -inform DER -purpose any -in {n}.p7s -content {n}.txt -CAfile '{}' -out /dev/null",
            anchor.display()
        );
        tool("sh", ["-c", &format!("cd '{}' && {check}", to.display())]);
    }
    let text = fs::read_to_string(&decisions).unwrap();
    fs::write(&decisions, text.replace("kháng nghị", "kháng nghi")).unwrap();
    desk.hoso(&["case", "list"]).expect(7);
    desk.hoso(&["archive", "check"]).expect(7);
}

#[test]
fn what_two_people_destroyed_is_gone_from_every_file_and_does_not_come_back() {
    let desk = desk();
    let (replica, exported) = (desk.path("bản sao"), desk.export("CU-1", "xuất"));
    let replicate = |more: &[&str]| {
        run(hoso_command()
            .args(["archive", "replicate", "--json", "--archive"])
            .arg(&desk.archive)
            .arg(&replica)
            .args(more))
    };
    replicate(&[]).expect(0);
    assert!(files_with(&desk.archive, WORD).iter().any(|path| path.starts_with(desk.archive.join("ocfl"))));
    assert!(files_with(&desk.archive, WORD).iter().any(|path| path.ends_with("ledger.sqlite")));
    assert_eq!(desk.hoso(&["search", WORD, "--json"]).expect(0).of_type("hit").len(), 1);
    let refused = ["archive", "destroy", "propose", "VV-1", "--by", "A", "--reason", "x"];
    desk.hoso(&refused).expect(6);
    let id = destroy(&desk, ["Trần Thị B, lưu trữ viên", "Lê Văn C, viện trưởng"]);
    let minutes = ["archive", "minutes", "--destruction", &id.to_string(), "--lang", "vi"];
    let before = desk.hoso(&minutes).expect(0).out;
    assert!(
        before.contains("DANH MỤC HỒ SƠ HẾT GIÁ TRỊ") && before.contains(&format!("Vụ {WORD}")),
        "{before}"
    );
    // The caches of a replica that somebody reads in are not ours; the archive's own are.
    desk.hoso(&["archive", "destroy", "carry-out", &id.to_string()]).expect(0);
    assert_eq!(files_with(&desk.archive, WORD), Vec::<std::path::PathBuf>::new());
    assert_eq!(desk.hoso(&["search", WORD, "--json"]).of_type("hit").len(), 0);
    assert_eq!(desk.hoso(&["search", "chung", "--json"]).expect(0).of_type("hit").len(), 1);
    desk.assert_valid_ocfl();
    desk.hoso(&["archive", "check"]).expect(0);
    run(hoso_command().arg("verify").arg(&desk.archive)).expect(0);
    let after = desk.hoso(&minutes).expect(0).out;
    assert!(after.contains("BIÊN BẢN HỦY HỒ SƠ HẾT GIÁ TRỊ") && after.contains("Lê Văn C"), "{after}");
    assert!(!after.contains(WORD), "{after}");
    // The tombstone is a package: sha256sum and openssl judge it.
    let stones = files_below(&desk.archive.join("evidence/destruction"));
    let stone = stones.iter().find(|path| path.ends_with("tombstone.json")).unwrap().parent().unwrap();
    let check = format!(
        "cd '{}' && sha256sum -c --strict --quiet seal/manifest-sha256.txt && openssl cms -verify -binary -cades -inform DER -purpose any -in seal/manifest.p7s -content seal/manifest-sha256.txt -CAfile '{}' -out /dev/null",
        stone.display(),
        desk.archive.join("keys/trial-ca.pem").display()
    );
    tool("sh", ["-c", &check]);
    let said: Value = serde_json::from_slice(&fs::read(stone.join("tombstone.json")).unwrap()).unwrap();
    assert_eq!((said["code"].as_str(), said["pages"].as_u64()), (Some("CU-1"), Some(1)));

    // Not by a rebuild, an import, a batch, a repair or a replica.
    desk.hoso(&["index", "rebuild"]).expect(0);
    let import = |from: &Path| {
        run(hoso_command().args(["import", "--json", "--archive"]).arg(&desk.archive).arg(from))
    };
    let said = import(&exported).expect(6);
    assert_eq!(said.of_type("refused")[0]["reason"], "destroyed", "{}", said.all());
    import(&replica.join("ocfl"));
    // The batch says so and is done with it.
    let said = desk.run_batch().expect(3);
    assert!(said.findings_on("CU-1").contains("destroyed"), "{}", said.all());
    let report = desk.hoso(&["batch", "report", "--json"]).expect(3);
    let report = &report.of_type("report")[0];
    assert_eq!((&report["complete"], &report["stored"]), (&true.into(), &2.into()), "{report}");
    let mut command = hoso_command();
    command.args(["batch", "run", "--lang", "vi", "--secrecy", "thuong", "--archive"]).arg(&desk.archive);
    let said = run(command.arg(&desk.batch)).expect(3).all();
    assert!(said.contains("đã bị tiêu hủy theo quyết định") && said.contains("CU-1"), "{said}");
    run(hoso_command()
        .args(["archive", "repair", "--archive"])
        .arg(&desk.archive)
        .arg("--from")
        .arg(&replica))
    .expect(0);
    assert_eq!(
        replicate(&[]).expect(3).of_type("replicated").iter().filter(|c| c["state"] == "destroyed").count(),
        1
    );
    let of_case = |path: &std::path::PathBuf| !path.starts_with(desk.archive.join("work/spool"));
    let left: Vec<_> = files_with(&desk.archive.join("ocfl"), WORD).into_iter().filter(of_case).collect();
    assert_eq!(left, Vec::<std::path::PathBuf>::new());
    assert_eq!(desk.hoso(&["case", "show", "CU-1"]).exit, 1);
    // The replica destroys when it is told to.
    replicate(&["--carry-out-destructions"]).expect(0);
    assert_eq!(files_with(&replica, WORD), Vec::<std::path::PathBuf>::new());
    replicate(&[]).expect(0);
}

#[test]
fn damage_and_its_repair_are_printed_for_signature() {
    let desk = desk();
    let replica = desk.path("bản sao");
    run(hoso_command().args(["archive", "replicate", "--archive"]).arg(&desk.archive).arg(&replica))
        .expect(0);
    desk.hoso(&["archive", "check"]).expect(0);
    desk.hoso(&["archive", "minutes", "--incident"]).expect(1);
    let master = files_below(&desk.archive.join("ocfl"));
    let master = master.iter().find(|file| file.to_string_lossy().contains("/rep2/data/")).unwrap();
    fs::write(master, "x").unwrap();
    desk.hoso(&["archive", "check"]).expect(7);
    let said = desk.hoso(&["archive", "minutes", "--incident", "--lang", "vi"]).expect(0).out;
    assert!(said.contains("BIÊN BẢN SỰ CỐ") && said.contains("Chưa khắc phục"), "{said}");
    run(hoso_command()
        .args(["archive", "repair", "--archive"])
        .arg(&desk.archive)
        .arg("--from")
        .arg(&replica))
    .expect(0);
    let said = desk.hoso(&["archive", "minutes", "--incident", "--lang", "vi"]).expect(0).out;
    assert!(said.contains("Khắc phục lúc") && said.contains("đã khôi phục"), "{said}");
    let mut printed = Vec::new();
    for code in ["CU-1", "VV-1", "KR-1"] {
        printed.push(desk.hoso(&["archive", "minutes", "--repair", code, "--lang", "vi"]).expect(0).out);
    }
    assert_eq!(printed.iter().filter(|text| text.contains("đã khôi phục")).count(), 1, "{printed:?}");
}

#[test]
fn a_case_file_in_volumes_is_destroyed_with_all_of_them() {
    let desk = Desk::new();
    let config = desk.archive.join("hoso.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("volume_pages = 1000\n", "volume_pages = 1\n")).unwrap();
    for no in 1..=3 {
        desk.page(&format!("CU-1/{no:02}/{WORD}.png"), &format!("chứng từ {WORD} số {no}"));
    }
    desk.page("VV-1/1.png", "bản án chung thẩm");
    let list = format!("code,title,year,retention\nCU-1,Vụ {WORD},1995,20 năm\nVV-1,Vụ án,1995,Vĩnh viễn\n");
    fs::write(desk.batch.join("batch.csv"), list).unwrap();
    desk.run_batch().expect(0);
    // A later version has one volume less; the third is listed by the first version alone.
    fs::remove_dir_all(desk.batch.join("CU-1/03")).unwrap();
    let mut command = desk.batch_command();
    run(command.args(["--correct", "trùng", "--by", "Trần Thị B", "--may-remove"])).expect(0);
    let objects = || {
        let files = files_below(&desk.archive.join("ocfl"));
        files.iter().filter(|path| path.ends_with("0=ocfl_object_1.1")).count()
    };
    assert_eq!(objects(), 5);

    let (replica, exported) = (desk.path("bản sao"), desk.export("CU-1", "xuất"));
    let replicate = |more: &[&str]| {
        run(hoso_command()
            .args(["archive", "replicate", "--json", "--archive"])
            .arg(&desk.archive)
            .arg(&replica)
            .args(more))
    };
    replicate(&[]).expect(0);
    let (repository, password) = (desk.path("sao lưu"), desk.path("mk"));
    fs::write(&password, "mật khẩu thử\n").unwrap();
    tool("chmod", ["600".as_ref(), password.as_os_str()]);
    let keep = |args: &[&str], place: &Path| {
        let mut command = hoso_command();
        command.arg("archive").args(args).arg(place).arg("--password-file").arg(&password);
        run(command.arg("--archive").arg(&desk.archive))
    };
    let drill = || {
        let said = keep(&["drill", "--json", "--sample", "100%", "--from"], &repository).expect(0);
        said.of_type("drill").remove(0)
    };
    keep(&["backup", "--new", "--to"], &repository).expect(0);
    // The whole of what is held: a case file of three volumes is one, and answers as it does here.
    let said = drill();
    let cases = said["cases"].as_array().unwrap();
    assert_eq!(
        (cases.len(), &said["rpo"]["held"], &said["rpo"]["residents"]),
        (2, &2.into(), &2.into()),
        "{said}"
    );
    assert!(cases.iter().any(|case| case["case"] == "CU-1" && case["pages"] == 2), "{said}");

    let id = destroy(&desk, ["Trần Thị B, lưu trữ viên", "Lê Văn C, viện trưởng"]).to_string();
    desk.hoso(&["archive", "destroy", "carry-out", &id]).expect(0);
    assert_eq!(objects(), 1);
    assert_eq!(files_with(&desk.archive, WORD), Vec::<std::path::PathBuf>::new());
    desk.assert_valid_ocfl();
    desk.hoso(&["archive", "check"]).expect(0);
    run(hoso_command().arg("verify").arg(&desk.archive)).expect(0);
    desk.hoso(&["index", "rebuild"]).expect(0);
    assert_eq!(desk.hoso(&["case", "show", "CU-1"]).exit, 1);
    assert_eq!(desk.hoso(&["search", WORD, "--json"]).of_type("hit").len(), 0);
    let minutes = desk.hoso(&["archive", "minutes", "--destruction", &id, "--lang", "vi"]).expect(0).out;
    assert!(
        minutes.lines().any(|line| line.contains("Văn bản / trang") && line.ends_with("2 / 2")),
        "{minutes}"
    );

    // Neither the parts nor the whole come back.
    let import =
        run(hoso_command().args(["import", "--json", "--archive"]).arg(&desk.archive).arg(&exported));
    assert_eq!(import.expect(6).of_type("refused")[0]["reason"], "destroyed");
    let from = ["archive", "repair", "--archive"];
    run(hoso_command().args(from).arg(&desk.archive).arg("--from").arg(&replica)).expect(0);
    assert_eq!(objects(), 1);
    // The old snapshot holds it; a drill takes that for what it is and brings nothing of it back.
    let said = drill();
    assert_eq!((said["cases"].as_array().unwrap().len(), &said["rpo"]["held"]), (1, &1.into()), "{said}");
    keep(&["backup", "--to"], &repository).expect(0);
    assert_eq!(drill()["verdict"], "good");
    let back = desk.path("phục hồi");
    let mut command = hoso_command();
    command.args(["archive", "restore", "--from"]).arg(&repository).arg("--to").arg(&back);
    run(command.arg("--password-file").arg(&password)).expect(0);
    run(hoso_command().args(["archive", "check", "--archive"]).arg(&back)).expect(0);
    // Four tombstones of three files, and what proves that each is in the log.
    assert_eq!(files_below(&back.join("evidence/destruction")).len(), 4 * 4);

    replicate(&["--carry-out-destructions"]).expect(0);
    assert_eq!(files_with(&replica, WORD), Vec::<std::path::PathBuf>::new());
    run(hoso_command().args(["archive", "check", "--archive"]).arg(&replica)).expect(0);
}
