//! What a stopped writer left is told by whichever command opens the archive for work: which case file, what was found, what
//! was done, where it lies now. The states are laid out by hand, as the format pages have them.

use crate::support::{Desk, Said, files_below, hoso_command, run, tool};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

/// An archive whose case file has two versions; copies of it are brought into the states of a stop.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.page("HS-1/1.png", "trang một");
    desk.run_batch().expect(0);
    desk.page("HS-1/2.png", "trang hai");
    run(desk.batch_command().args(["--correct", "bổ sung", "--by", "Trần Thị B"])).expect(0);
    desk
}

/// A copy of the archive, and where its object lies.
fn copy_of(desk: &Desk, name: &str) -> (PathBuf, PathBuf) {
    let to = desk.path(name);
    tool("cp", ["-a".as_ref(), desk.archive.as_os_str(), to.as_os_str()]);
    let declaration =
        files_below(&to.join("ocfl")).into_iter().find(|path| path.ends_with("0=ocfl_object_1.1"));
    (to, declaration.unwrap().parent().unwrap().to_owned())
}

/// The record that a version was about to appear (docs/format/archive-layout.md).
fn announce(archive: &Path, object: &Path, version: &str, from: Option<&str>) {
    let inventory = object.join(version).join("inventory.json");
    let id: serde_json::Value = serde_json::from_slice(&fs::read(&inventory).unwrap()).unwrap();
    let sum = tool("sha512sum", [inventory.as_os_str()]);
    let intent =
        json!({"v": 1, "id": id["id"], "from": from, "to": version, "inventory_sha512": &sum[..128]});
    fs::write(archive.join("work/intent/1-0.json"), intent.to_string()).unwrap();
}

/// The root speaks of the first version still, and the second lies whole beside it.
fn half_stored(desk: &Desk, name: &str) -> (PathBuf, PathBuf) {
    let (archive, object) = copy_of(desk, name);
    announce(&archive, &object, "v2", Some("v1"));
    for name in ["inventory.json", "inventory.json.sha512"] {
        fs::copy(object.join("v1").join(name), object.join(name)).unwrap();
    }
    (archive, object)
}

/// A command that opens an archive for work and has nothing else to do.
fn open(archive: &Path, lang: &str) -> Said {
    run(hoso_command().args(["stamp", "--lang", lang, "--archive"]).arg(archive))
}

#[test]
fn each_state_names_the_case_file_what_was_done_and_where_it_lies() {
    let desk = desk();
    let told = |archive: &Path, words: &[&str]| {
        let said = open(archive, "vi");
        for word in words {
            assert!(said.err.contains(word), "{word}: {}", said.all());
        }
        for english in ["Recovery", "RolledForward", "Quarantined", "was "] {
            assert!(!said.err.contains(english), "{english}: {}", said.all());
        }
        let again = open(archive, "vi");
        assert!(!again.err.contains("sau khi bị ngắt"), "told once: {}", again.all());
    };
    // Whole on the disk, and not the latest yet.
    let (archive, object) = half_stored(&desk, "b");
    told(&archive, &["hồ sơ HS-1: bản 2 đã nằm trọn trên đĩa", "đã hoàn tất"]);
    assert_eq!(
        fs::read(object.join("inventory.json")).unwrap(),
        fs::read(object.join("v2/inventory.json")).unwrap()
    );
    // The same, but not what was announced.
    let (archive, object) = half_stored(&desk, "b hỏng");
    let page = files_below(&object.join("v2/content")).into_iter().find(|path| path.ends_with("0002.png"));
    fs::write(page.unwrap(), "x").unwrap();
    told(
        &archive,
        &["hồ sơ HS-1: bản 2 dở dang không đúng", "work/quarantine/", "gợi ý: báo người quản trị"],
    );
    assert!(!object.join("v2").exists());
    // Its sidecar is the former.
    let (archive, object) = copy_of(&desk, "c");
    announce(&archive, &object, "v2", Some("v1"));
    fs::copy(object.join("v1/inventory.json.sha512"), object.join("inventory.json.sha512")).unwrap();
    told(&archive, &["hồ sơ HS-1: bản 2 đã lưu", "inventory.json.sha512"]);
    // All is done but for the record itself.
    let (archive, object) = copy_of(&desk, "d");
    announce(&archive, &object, "v2", Some("v1"));
    told(&archive, &["hồ sơ HS-1: bản 2 đã lưu xong trước khi", "đã dọn dấu vết"]);
    // Nothing of it has reached the archive; what was staged is put aside.
    let (archive, object) = half_stored(&desk, "a");
    let staged = archive.join("work/staging/1-0/tree");
    fs::create_dir_all(&staged).unwrap();
    fs::rename(object.join("v2"), staged.join("v2")).unwrap();
    told(
        &archive,
        &[
            "hồ sơ HS-1: bản 2 chưa vào kho",
            "hồ sơ HS-1: phần đang làm dở",
            "work/quarantine/",
            "gợi ý: chạy lại",
        ],
    );
    let aside = files_below(&archive.join("work/quarantine"));
    assert!(aside.iter().any(|path| path.ends_with("0002.png")), "{aside:?}");
}

#[test]
fn damage_that_no_stop_leaves_is_told_each_time() {
    let desk = desk();
    let (archive, object) = half_stored(&desk, "hỏng");
    for name in ["inventory.json", "inventory.json.sha512", "v1/inventory.json", "v1/inventory.json.sha512"] {
        fs::write(object.join(name), "x").unwrap();
    }
    fs::write(object.join("v2/inventory.json.sha512"), "x").unwrap();
    for _ in 0..2 {
        let said = open(&archive, "vi");
        for word in ["bị hỏng theo cách mà việc ngắt", "chưa thay đổi gì", "hoso archive repair"]
        {
            assert!(said.err.contains(word), "{word}: {}", said.all());
        }
    }
}

#[test]
fn every_command_that_writes_tells_it() {
    let desk = desk();
    let replica = desk.path("bản sao");
    let replicate = |lang: &str| {
        let mut command = hoso_command();
        command.args(["--lang", lang, "archive", "replicate", "--archive"]).arg(&desk.archive).arg(&replica);
        run(&mut command)
    };
    replicate("vi").expect(0);
    let (batch, replica_arg) = (desk.batch.to_str().unwrap(), replica.to_str().unwrap());
    for (no, words) in [
        &["batch", "run", "--secrecy", "thuong", batch][..],
        &["batch", "resume"],
        &["index", "rebuild"],
        &["archive", "repair", "--from", replica_arg],
        &["archive", "destroy", "carry-out", "1"],
        &["stamp"],
        &["stamp", "renew", "--due", "1d"],
    ]
    .into_iter()
    .enumerate()
    {
        let (archive, _) = half_stored(&desk, &format!("kho {no}"));
        let said = run(hoso_command().args(words).args(["--lang", "en", "--archive"]).arg(&archive));
        assert!(
            said.err.contains("case file HS-1: version 2 was on the disk whole"),
            "{words:?}: {}",
            said.all()
        );
    }
    // Programs get a line of it; and a replica that was stopped says which folder it is about.
    let (archive, _) = half_stored(&desk, "kho json");
    let said = run(hoso_command().args(["stamp", "--json", "--archive"]).arg(&archive));
    let line = said.of_type("recovered").remove(0);
    assert_eq!(
        (&line["state"], &line["case"], &line["version"], &line["archive"]),
        (&json!("finished"), &json!("HS-1"), &json!(2), &json!(archive)),
        "{line}"
    );
    fs::create_dir_all(replica.join("work/staging/9-9")).unwrap();
    fs::write(replica.join("work/staging/9-9/x"), "x").unwrap();
    let said = replicate("vi").expect(0);
    assert!(said.err.contains(&format!("kho {}, sau khi bị ngắt", replica.display())), "{}", said.all());
}
