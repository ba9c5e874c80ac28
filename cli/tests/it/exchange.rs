//! Case files go out as packages, bags and zips, and come back into other archives with their bytes and seals.

use crate::provided::from_dev;
use crate::support::{Desk, Said, files_below, hoso_command, init, python, run, tree};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// An archive with two case files, and an empty archive beside it.
fn two_archives() -> (Desk, PathBuf) {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "bị can khai nhận");
    desk.page("HS-1/trang 2.png", "biên bản hỏi cung");
    desk.page("HS 2/trang 1.png", "cáo trạng truy tố");
    desk.run_batch().expect(0);
    let other = desk.path("kho khác");
    init(&other);
    (desk, other)
}

fn in_archive<S: AsRef<OsStr>>(archive: &Path, args: impl IntoIterator<Item = S>) -> Said {
    run(hoso_command().args(args).arg("--json").arg("--archive").arg(archive))
}

fn export(archive: &Path, code: &str, to: &Path, more: &[&str]) {
    let args = ["case".as_ref(), "export".as_ref(), code.as_ref(), "--out".as_ref(), to.as_os_str()];
    in_archive(archive, args.into_iter().chain(more.iter().map(AsRef::as_ref))).expect(0);
}

/// `hoso import`, with the certificate of the archive that sealed what comes in.
fn import(into: &Path, source: &Path, sealed_by: &Desk) -> Said {
    let anchor = sealed_by.archive.join("keys/trial-ca.pem");
    in_archive(into, ["import".as_ref(), source.as_os_str(), "--anchor".as_ref(), anchor.as_os_str()])
}

fn verify(path: &Path, anchor: Option<&Path>) -> Said {
    let mut command = hoso_command();
    command.args(["verify", "--json"]).arg(path);
    if let Some(anchor) = anchor {
        command.arg("--anchor").arg(anchor);
    }
    run(&mut command)
}

fn reason(said: &Said) -> String {
    said.of_type("refused")[0]["reason"].as_str().unwrap().to_owned()
}

fn stored_objects(archive: &Path) -> usize {
    files_below(&archive.join("ocfl")).iter().filter(|f| f.ends_with("0=ocfl_object_1.1")).count()
}

#[test]
fn a_package_goes_out_in_every_form_and_comes_back_with_bytes_and_seal() {
    let (desk, other) = two_archives();
    let anchor = desk.archive.join("keys/trial-ca.pem");
    let original = desk.export("HS-1", "gốc");
    for (name, more) in [
        ("gói", &["--profile", "tt05-aip"][..]),
        ("gói.zip", &["--zip"]),
        ("túi", &["--profile", "bagit"]),
        ("túi.zip", &["--profile", "bagit", "--zip"]),
    ] {
        let out = desk.path(name);
        export(&desk.archive, "HS-1", &out, more);
        let said = verify(&out, Some(&anchor)).expect(0);
        assert!(said.of_type("verified")[0]["files"].as_u64().unwrap() > 5, "{}", said.all());
        verify(&out, None).expect(7);
        if name == "túi" {
            let said =
                run(Command::new(from_dev("venv/bin/python")).args(["-m", "bagit", "--validate"]).arg(&out));
            assert_eq!(said.exit, 0, "{}", said.all());
        }
        let fresh = desk.path(&format!("kho cho {name}"));
        init(&fresh);
        let said = import(&fresh, &out, &desk).expect(0);
        assert_eq!(said.of_type("imported")[0]["state"], "taken", "{}", said.all());
        assert_eq!(said.of_type("imported")[0]["case"], "HS-1");
        in_archive(&fresh, ["search", "bi can khai nhan"]).expect(0);
        assert_eq!(in_archive(&fresh, ["search", "bi can"]).of_type("hit")[0]["case"], "HS-1");
        verify(&fresh, None).expect(0);
        let again = desk.path(&format!("ra lại {name}"));
        export(&fresh, "HS-1", &again, &[]);
        assert_eq!(tree(&again), tree(&original), "{name}");
        let said = import(&fresh, &out, &desk).expect(0);
        assert_eq!(said.of_type("imported")[0]["state"], "present", "{}", said.all());
        assert_eq!(stored_objects(&fresh), 1);
    }
    assert_eq!(stored_objects(&other), 0);
    // Without a name it gets that of the package, in the current folder; a version that is not there is named.
    let asked = |more: &[&str]| {
        let mut command = hoso_command();
        command.current_dir(desk.scratch.path()).args(["case", "export", "HS-1", "--json"]).args(more);
        run(command.arg("--archive").arg(&desk.archive))
    };
    let said = asked(&["--zip", "--version", "1"]).expect(0);
    let name = said.of_type("exported")[0]["path"].as_str().unwrap().to_owned();
    assert!(name.starts_with("urn_VKS-THU_uuid_") && name.ends_with(".zip"), "{name}");
    assert!(verify(&desk.path(&name), Some(&anchor)).exit == 0);
    assert!(asked(&["--version", "9"]).expect(1).out.contains("no version 9"));
}

#[test]
fn an_archive_takes_another_with_all_versions() {
    let (desk, other) = two_archives();
    // Nothing is taken on trust: the other archive does not know who sealed this one.
    let said = in_archive(&other, ["import".as_ref(), desk.archive.as_os_str()]).expect(6);
    assert_eq!((reason(&said).as_str(), said.of_type("refused").len()), ("untrusted", 2), "{}", said.all());
    let anchor = desk.archive.join("keys/trial-ca.pem");
    let dry = [
        "import".as_ref(),
        desk.archive.as_os_str(),
        "--dry-run".as_ref(),
        "--anchor".as_ref(),
        anchor.as_os_str(),
    ];
    let before = tree(&other.join("ocfl"));
    let said = in_archive(&other, dry).expect(0);
    assert_eq!(said.of_type("imported")[0]["state"], "would-take");
    assert!(tree(&other.join("ocfl")) == before && !other.join("keys/trusted.pem").exists());

    let said = import(&other, &desk.archive, &desk).expect(0);
    assert_eq!(said.of_type("import")[0]["taken"], 2, "{}", said.all());
    // Receipts are those of the archive that holds the object.
    let is_stored = |(path, _): &(PathBuf, String)| !path.to_string_lossy().contains("/logs/");
    let objects =
        |archive: &Path| tree(&archive.join("ocfl")).into_iter().filter(is_stored).collect::<Vec<_>>();
    assert_eq!(objects(&other), objects(&desk.archive), "inventories and bytes are the same");
    let taken =
        Desk { scratch: tempfile::tempdir().unwrap(), archive: other.clone(), batch: desk.batch.clone() };
    taken.assert_valid_ocfl();
    verify(&other, None).expect(0);
    let listed = in_archive(&other, ["case", "show"]).expect(0);
    assert_eq!(listed.of_type("case").len(), 2);
    in_archive(&other, ["case", "show", "HS 2"]).expect(0);
    assert_eq!(in_archive(&other, ["search", "cao trang"]).of_type("hit")[0]["case"], "HS 2");
    // Caches are made anew from the archive alone and know the same.
    fs::remove_file(other.join("ledger.sqlite")).unwrap();
    in_archive(&other, ["index", "rebuild"]).expect(0);
    in_archive(&other, ["case", "show", "HS-1"]).expect(0);
    let said = import(&other, &desk.archive.join("ocfl"), &desk).expect(0);
    assert_eq!(said.of_type("import")[0]["present"], 2, "{}", said.all());
    // The batch they came from, run here, finds them.
    let said = run(hoso_command()
        .args(["batch", "run", "--json", "--secrecy", "thuong", "--archive"])
        .arg(&other)
        .arg(&desk.batch));
    assert_eq!(said.of_type("present").len(), 2, "{}", said.all());
    assert_eq!(stored_objects(&other), 2);
}

#[test]
fn what_is_damaged_foreign_secret_or_taken_is_refused_and_nothing_is_stored() {
    let (desk, other) = two_archives();
    let bag = desk.path("túi");
    export(&desk.archive, "HS-1", &bag, &["--profile", "bagit"]);
    let copy = |name: &str| {
        let to = desk.path(name);
        assert!(Command::new("cp").arg("-r").arg(&bag).arg(&to).status().unwrap().success());
        to
    };
    let changed = copy("sai");
    let page = files_below(&changed).into_iter().find(|f| f.ends_with("rep2/data/0001/0001.png")).unwrap();
    fs::write(&page, "khác").unwrap();
    let said = import(&other, &changed, &desk).expect(7);
    assert!(reason(&said) == "broken" && said.out.contains("0001.png"), "{}", said.all());
    assert!(
        verify(&changed, Some(&desk.archive.join("keys/trial-ca.pem"))).expect(7).out.contains("0001.png")
    );

    let secret = copy("mật");
    let register = secret.join("data/metadata/other/case.json");
    let text = fs::read_to_string(&register).unwrap();
    fs::write(&register, text.replace("\"secrecy\":\"thuong\"", "\"secrecy\":\"mat\"")).unwrap();
    assert_eq!(reason(&import(&other, &secret, &desk).expect(6)), "secret");

    let foreign = desk.path("của người khác");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("a.pdf"), "%PDF-1.4").unwrap();
    assert!(run(Command::new(from_dev("venv/bin/python")).args(["-m", "bagit"]).arg(&foreign)).exit == 0);
    let said = import(&other, &foreign, &desk).expect(2);
    assert!(reason(&said) == "foreign" && said.out.contains("case.json"), "{}", said.all());
    verify(&foreign, None).expect(0);

    let hostile = desk.path("hại.zip");
    let script = "import sys,zipfile\nwith zipfile.ZipFile(sys.argv[1],'w') as z: z.writestr('../../x','x')";
    python(script, [&hostile]);
    for said in [import(&other, &hostile, &desk).expect(7), verify(&hostile, None).expect(7)] {
        assert!(said.out.contains("../../x"), "{}", said.all());
    }

    let text = desk.path("thư.txt");
    fs::write(&text, "không phải zip").unwrap();
    let said = import(&other, &text, &desk).expect(2);
    assert!(reason(&said) == "foreign" && said.out.contains("hoso case export"), "{}", said.all());

    let strange = copy("có tệp lạ");
    fs::write(strange.join("data/seal/evil.txt"), "x").unwrap();
    let list_it = "import bagit,sys; bagit.Bag(sys.argv[1]).save(manifests=True)";
    run(Command::new(from_dev("venv/bin/python")).args(["-c", list_it]).arg(&strange)).expect(0);
    let said = import(&other, &strange, &desk).expect(7);
    assert!(reason(&said) == "broken" && said.out.contains("seal/evil.txt"), "{}", said.all());
    assert!(verify(&strange, Some(&desk.archive.join("keys/trial-ca.pem"))).expect(7).out.contains("evil"));

    // Another case file with the same code is in the other archive already.
    let batch = desk.path("lô khác");
    fs::create_dir_all(batch.join("HS-1")).unwrap();
    crate::support::page(&batch.join("HS-1/trang 1.png"), "một hồ sơ khác");
    let run_batch =
        ["batch".as_ref(), "run".as_ref(), batch.as_os_str(), "--secrecy".as_ref(), "thuong".as_ref()];
    in_archive(&other, run_batch).expect(0);
    let said = import(&other, &bag, &desk).expect(2);
    assert_eq!(reason(&said), "code-taken", "{}", said.all());
    assert!(!other.join("keys/trusted.pem").exists(), "nothing was taken, nobody is trusted");

    let lock = other.join("work/locks/writer.lock");
    let held = Command::new("flock").arg(&lock).args(["sleep", "60"]).spawn();
    let mut held = held.unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let said = import(&other, &bag, &desk);
    held.kill().unwrap();
    held.wait().unwrap();
    said.expect(5);
    assert_eq!(stored_objects(&other), 1);
    let staged = other.join("work/staging");
    assert!(files_below(&staged).is_empty() && files_below(&other.join("work/quarantine")).is_empty());
    verify(&other, None).expect(0);
}

#[test]
fn nobody_is_trusted_for_what_is_there_already() {
    let (desk, other) = two_archives();
    let bag = desk.path("túi");
    export(&desk.archive, "HS-1", &bag, &["--profile", "bagit"]);
    let stranger = Desk { scratch: tempfile::tempdir().unwrap(), archive: other, batch: desk.batch.clone() };
    for source in [&bag, &desk.archive] {
        let said = import(&desk.archive, source, &stranger).expect(0);
        assert_eq!(said.of_type("imported")[0]["state"], "present", "{}", said.all());
    }
    assert!(!desk.archive.join("keys/trusted.pem").exists());
}

#[test]
fn an_unreadable_register_does_not_keep_other_case_files_out() {
    let (desk, other) = two_archives();
    let registers = files_below(&desk.archive.join("ocfl"));
    let registers: Vec<_> = registers.into_iter().filter(|f| f.ends_with("other/case.json")).collect();
    assert_eq!(registers.len(), 2);
    for register in registers {
        let right = fs::read(&register).unwrap();
        fs::write(&register, "{").unwrap();
        let said = import(&other, &desk.archive, &desk).expect(7);
        assert_eq!(reason(&said), "broken", "{}", said.all());
        let what = said.of_type("refused")[0]["what"].as_str().unwrap().to_owned();
        assert!(register.starts_with(&what), "{what}");
        assert_eq!(said.of_type("imported").len(), 1, "{}", said.all());
        fs::write(&register, right).unwrap();
    }
    assert_eq!(stored_objects(&other), 2);
    verify(&other, None).expect(0);
}

#[test]
fn an_export_stays_out_of_the_archive_and_says_what_to_do_about_a_full_folder() {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "bị can khai nhận");
    desk.run_batch().expect(0);
    let before = tree(&desk.archive);
    let inside = desk.archive.join("work");
    let (link, dangling) = (desk.path("lối tắt"), desk.path("lối cụt"));
    std::os::unix::fs::symlink(&inside, &link).unwrap();
    std::os::unix::fs::symlink(inside.join("chưa có"), &dangling).unwrap();
    let out = |to: &Path, lang: &str| {
        let mut command = hoso_command();
        command.args(["--lang", lang, "case", "export", "HS-1", "--out"]).arg(to);
        run(command.arg("--archive").arg(&desk.archive))
    };
    assert!(out(&link, "vi").expect(2).all().contains("nằm trong kho"));
    assert_ne!(out(&dangling, "vi").exit, 0);
    assert_eq!(tree(&desk.archive), before);
    let full = desk.path("dở");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("x"), "").unwrap();
    for (lang, next) in [("vi", "xóa thư mục"), ("en", "remove the folder")] {
        let said = out(&full, lang).expect(1);
        assert!(said.all().contains(next), "{}", said.all());
    }
}

#[test]
fn messages_are_in_both_languages_and_name_the_next_step() {
    let desk = Desk::new();
    let foreign = desk.path("lạ");
    fs::create_dir(&foreign).unwrap();
    for (lang, words) in [("vi", ["thiếu", "gợi ý", "từ chối 1"]), ("en", ["lacks", "hint", "1 refused"])]
    {
        let said = run(hoso_command()
            .args(["--lang", lang, "import"])
            .arg(&foreign)
            .arg("--archive")
            .arg(&desk.archive))
        .expect(2);
        for word in words {
            assert!(said.all().contains(word), "{word}: {}", said.all());
        }
    }
}

#[test]
fn vietnamese_messages_hold_no_english() {
    let (desk, other) = two_archives();
    let at = |name: &str| desk.path(name);
    fs::write(at("cụt.zip"), b"PK\x03\x04 cut").unwrap();
    fs::write(at("chữ.txt"), "không phải zip").unwrap();
    let package = desk.export("HS-1", "gói");
    let anchor = desk.archive.join("keys/trial-ca.pem");
    let say = |command: &mut Command| run(command.args(["--lang", "vi"])).all();
    let import = |source: &Path, anchor: Option<&Path>| {
        let mut command = hoso_command();
        command.arg("import").arg(source).arg("--archive").arg(&other);
        anchor.map(|anchor| command.arg("--anchor").arg(anchor));
        say(&mut command)
    };
    // Of whichever case file: which object comes first is chance.
    let pictures =
        files_below(&desk.archive.join("ocfl")).into_iter().filter(|f| f.ends_with("0001/0001.png"));
    let untrusted = import(&package, None);
    let not_verified = say(hoso_command().arg("verify").arg(&package));
    pictures.for_each(|picture| fs::write(picture, "x").unwrap());
    let mut export = hoso_command();
    export.args(["case", "export", "HS-1", "--out"]).arg(at("ra")).arg("--archive").arg(&desk.archive);
    for (said, words) in [
        (untrusted, "do CN=CA THỬ NGHIỆM"),
        (not_verified, "do CN=CA THỬ NGHIỆM"),
        (import(&at("cụt.zip"), None), "tệp zip bị hỏng hoặc bị cắt"),
        (import(&at("chữ.txt"), None), "không phải tệp zip"),
        (import(&package, Some(&at("chữ.txt"))), "không phải danh sách chứng thư"),
        (import(&package, Some(&at("không có"))), "gợi ý: --anchor cần một tệp chứng thư"),
        (import(&at("không có"), Some(&anchor)), "gợi ý: xem lại đường dẫn"),
        (say(&mut export), "bị hỏng, không còn như khi lưu"),
    ] {
        assert!(said.contains(words), "{words}: {said}");
        for english in [" path from", " not ", "is damaged", "No such", "Invalid", "Missing"] {
            assert!(!said.contains(english), "{english}: {said}");
        }
    }
}

#[test]
fn an_imported_case_file_is_kept_and_corrected_like_any_other() {
    let (desk, other) = two_archives();
    import(&other, &desk.archive, &desk).expect(0);
    desk.page("HS-1/trang 3.png", "trang bổ sung");
    let mut correct = hoso_command();
    correct.args([
        "batch",
        "run",
        "--json",
        "--secrecy",
        "thuong",
        "--correct",
        "bổ sung trang",
        "--by",
        "B",
    ]);
    let said = run(correct.arg("--archive").arg(&other).arg(&desk.batch)).expect(0);
    assert_eq!(said.of_type("stored")[0]["version"], 2, "{}", said.all());
    assert_eq!(stored_objects(&other), 2);
    verify(&other, None).expect(0);
    // Its first version was sealed under another authority: a check and a replica know it.
    in_archive(&other, ["archive", "check"]).expect(0);
    let replica = desk.path("bản sao");
    in_archive(&other, ["archive".as_ref(), "replicate".as_ref(), replica.as_os_str()]).expect(0);
    verify(&replica, None).expect(0);
    let picture = files_below(&other.join("ocfl"))
        .into_iter()
        .find(|f| f.to_string_lossy().contains("/v2/content/representations/rep2/data/"));
    fs::write(picture.unwrap(), "x").unwrap();
    verify(&other, None).expect(7);
    let repair =
        ["archive".as_ref(), "repair".as_ref(), "HS-1".as_ref(), "--from".as_ref(), replica.as_os_str()];
    in_archive(&other, repair).expect(0);
    verify(&other, None).expect(0);
}
