//! What scripts rely on: exit codes, `--json`, languages, caches that can be lost, seals that show every change.

use crate::support::{Desk, HOSO, Said, equip, files_below, hoso, hoso_command, run, tool};
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn with_two_cases() -> Desk {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "bị can khai nhận hành vi");
    desk.page("HS-1/trang 2.png", "kết luận điều tra vụ án");
    desk.page("HS-2/trang 1.png", "cáo trạng truy tố bị can");
    desk.run_batch().expect(0);
    desk
}

/// The program without anything beside it.
fn lonely(desk: &Desk) -> PathBuf {
    let folder = desk.path("riêng");
    fs::create_dir(&folder).unwrap();
    fs::copy(HOSO, folder.join("hoso")).unwrap();
    folder.join("hoso")
}

#[test]
fn a_search_explains_how_it_was_understood() {
    let desk = with_two_cases();
    let query = "(bị can HOẶC cáo) ngay:1998..2030 -\"không có chữ này\"";
    let said = desk.hoso(&["search", "--explain", "--lang", "vi", query]).expect(0);
    for words in ["ít nhất một điều sau", "không có", "1998..2030"] {
        assert!(said.out.contains(words), "{words}: {}", said.all());
    }
    let said = desk.hoso(&["search", "--explain", "--json", "--lang", "en", "bị can HOẶC ca*"]).expect(0);
    let understood = said.of_type("understood");
    assert_eq!(understood[0]["kind"], "any", "{}", said.all());
    assert_eq!(understood[0]["parts"].as_array().unwrap().len(), 2);
    assert!(said.of_type("hit").iter().all(|hit| hit["spread"].is_u64()));
    assert_eq!(said.of_type("answer")[0]["cut_off"].as_array().unwrap().len(), 0);
    assert_eq!(said.of_type("answer")[0]["unused_signs"].as_array().unwrap().len(), 0);
}

#[test]
fn a_sign_that_means_nothing_is_told_and_what_is_left_is_searched() {
    let desk = with_two_cases();
    let said = desk.hoso(&["search", "--explain", "--json", "--lang", "en", "bị | can - cáo"]).expect(0);
    assert_eq!(said.of_type("understood")[0]["typed"], serde_json::json!(["bị", "can", "cáo"]));
    let answer = &said.of_type("answer")[0];
    assert_eq!(answer["unused_signs"][0]["signs"], "|", "{}", said.all());
    assert_eq!(answer["unused_signs"][1]["at"], serde_json::json!([10]));
    let text = answer["unused_signs"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("“|” at character 4 means nothing there"), "{text}");
    let said = desk.hoso(&["search", "--lang", "vi", "bị | can - cáo"]).expect(0);
    assert!(said.all().contains("dấu “|” ở ký tự thứ 4 không được dùng"), "{}", said.all());
    let said = desk.hoso(&["search", "--lang", "vi", "khai *"]).expect(2);
    assert!(said.all().contains("“*” ở ký tự thứ 6"), "{}", said.all());
}

#[test]
fn every_facet_counts_what_its_question_finds() {
    let desk = with_two_cases();
    let said = desk.hoso(&["search", "--json", "--facets", "--lang", "vi", "bi can HOẶC vụ án"]).expect(0);
    let total = |said: &Said| said.of_type("answer")[0]["total"].as_u64().unwrap();
    assert!(total(&said) >= 3, "{}", said.all());
    let facets = said.of_type("facet");
    assert!(
        ["quality", "secrecy"].iter().all(|name| facets.iter().any(|list| list["facet"] == *name)),
        "{}",
        said.all()
    );
    for entry in facets.iter().flat_map(|list| list["entries"].as_array().unwrap()) {
        let query = entry["query"].as_str().unwrap();
        let narrowed = desk.hoso(&["search", "--json", "--limit", "0", query]).expect(0);
        assert_eq!(total(&narrowed), entry["pages"].as_u64().unwrap(), "{query}");
    }
    let shown = desk.hoso(&["search", "--facets", "--lang", "vi", "bi can"]).expect(0);
    assert!(shown.out.contains("Độ mật") && shown.out.contains("Thường"), "{}", shown.all());
}

#[test]
fn hits_may_be_case_files() {
    let desk = with_two_cases();
    let said = desk.hoso(&["search", "--json", "--group", "case", "bi can HOẶC vụ án"]).expect(0);
    let cases: Vec<Value> = said.of_type("hit").iter().map(|hit| hit["case"].clone()).collect();
    assert_eq!(cases.len(), 2, "{}", said.all());
    assert_ne!(cases[0], cases[1]);
    assert_eq!(said.of_type("answer")[0]["cases"], 2);
    desk.hoso(&["case", "related", "HS-1", "--json"]).expect(0);
    desk.hoso(&["case", "related", "KHÔNG-CÓ"]).expect(1);
}

#[test]
fn exit_codes_are_what_the_manual_says() {
    let desk = with_two_cases();
    desk.hoso(&["search", "bi can"]).expect(0);
    desk.hoso(&["case", "show", "KHÔNG-CÓ"]).expect(1);
    hoso(["--không-có"]).expect(2);
    hoso(["search"]).expect(2);
    desk.hoso(&["search", "*bị"]).expect(2);
    run(hoso_command().args(["init"]).arg(&desk.archive)).expect(2);
    run(hoso_command()
        .args(["batch", "run", "/không/có", "--secrecy", "thuong", "--archive"])
        .arg(&desk.archive))
    .expect(2);
    let nowhere = desk.path("không có kho");
    for command in [
        ["search", "x"].as_slice(),
        &["case", "show"],
        &["batch", "status"],
        &["batch", "report"],
        &["index", "rebuild"],
        &["config", "show"],
    ] {
        run(hoso_command().args(command).arg("--archive").arg(&nowhere)).expect(4);
    }
    run(hoso_command()
        .args(["batch", "run", "--secrecy", "thuong", "--archive"])
        .arg(&nowhere)
        .arg(&desk.batch))
    .expect(4);
    run(hoso_command().arg("verify").arg(&nowhere)).expect(4);
    assert!(!nowhere.exists(), "looking for an archive makes none");

    fs::write(desk.batch.join("HS-2/rỗng.png"), b"").unwrap();
    fs::rename(desk.batch.join("HS-2"), desk.batch.join("HS-3")).unwrap();
    desk.run_batch().expect(3);
}

#[test]
fn one_program_writes_at_a_time_and_can_be_interrupted() {
    let desk = Desk::new();
    for n in 1..=12 {
        desk.page(&format!("HS-1/trang {n}.png"), &format!("trang thứ {n}"));
    }
    let mut first = desk.batch_command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(first.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("started"));
    for lang in ["vi", "en"] {
        let second = run(desk.batch_command().args(["--lang", lang])).expect(5);
        assert!(second.of_type("error")[0]["message"].as_str().unwrap().contains("kho"), "{}", second.all());
    }
    run(hoso_command().args(["index", "rebuild", "--archive"]).arg(&desk.archive)).expect(5);
    tool("kill", ["-INT", &first.id().to_string()]);
    lines.for_each(drop);
    assert_eq!(first.wait().unwrap().code(), Some(130));
    desk.hoso(&["batch", "resume"]).expect(0);
    desk.hoso(&["batch", "resume"]).expect(1);
    assert_eq!(desk.hoso(&["batch", "report", "--json"]).expect(0).of_type("report")[0]["indexed"], 12);
}

#[test]
fn every_json_line_has_type_and_version() {
    let desk = with_two_cases();
    let exported = run(hoso_command()
        .args(["case", "export", "HS-1", "--json", "--archive"])
        .arg(&desk.archive)
        .arg("-o")
        .arg(desk.path("ra")));
    let all: Vec<Said> = vec![
        desk.run_batch(),
        desk.hoso(&["batch", "status", "--json"]),
        desk.hoso(&["batch", "report", "--json"]),
        desk.hoso(&["search", "--json", "bi can"]),
        desk.hoso(&["case", "show", "--json"]),
        desk.hoso(&["case", "show", "--json", "HS-1"]),
        desk.hoso(&["config", "show", "--json"]),
        desk.hoso(&["index", "rebuild", "--json"]),
        desk.hoso(&["case", "show", "--json", "KHÔNG-CÓ"]),
        run(hoso_command().args(["verify", "--json"]).arg(&desk.archive)),
        hoso(["doctor", "--json"]),
        exported,
    ];
    // The text goes to standard output, so the lines about it go to the other one.
    let read = run(hoso_command().args(["ocr", "--json"]).arg(desk.batch.join("HS-1/trang 1.png")));
    let about: Value = serde_json::from_str(read.err.trim()).unwrap();
    assert!(about["type"] == "page" && about["v"] == 1, "{}", read.all());
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/format/exit-codes.md");
    let page = fs::read_to_string(page).unwrap();
    // The first cell of a row of the table: `one`, `another`.
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    let listed: std::collections::HashSet<&str> = rows.flat_map(|(names, _)| names.split("`, `")).collect();
    for said in all {
        let lines = said.lines();
        assert!(!lines.is_empty(), "{}", said.all());
        for line in lines {
            assert!(line["v"] == 1, "{line}");
            let name = line["type"].as_str().unwrap();
            assert!(listed.contains(name), "{name} does not stand in docs/format/exit-codes.md");
        }
    }
}

#[test]
fn it_speaks_the_users_language() {
    let desk = Desk::new();
    let no_case = |said: &Said| said.err.contains("không có hồ sơ");
    assert!(no_case(&desk.hoso(&["case", "show", "X", "--lang", "vi"])));
    assert!(!no_case(&desk.hoso(&["case", "show", "X"])));
    let in_locale = |args: &[&str]| {
        run(hoso_command().env("LANG", "vi_VN.UTF-8").args(args).arg("--archive").arg(&desk.archive))
    };
    assert!(no_case(&in_locale(&["case", "show", "X"])));
    assert!(!no_case(&in_locale(&["case", "show", "X", "--lang", "en"])));
    let words = "Số hóa hồ sơ giấy";
    assert!(hoso(["--help", "--lang", "vi"]).expect(0).out.contains(words));
    assert!(run(hoso_command().env("LANG", "vi_VN.UTF-8").arg("--help")).expect(0).out.contains(words));
    assert!(!hoso(["--help"]).expect(0).out.contains(words));
    let nothing = in_locale(&["batch", "resume"]);
    assert!(nothing.err.starts_with("lỗi: không có lô nào dở dang"), "{}", nothing.all());
    let gone = hoso(["ocr", "không có.png", "--lang", "vi"]).expect(1);
    assert!(gone.err.starts_with("lỗi: không có.png: không có tệp"), "{}", gone.all());
    assert!(in_locale(&["search", "bl:x-y"]).err.contains("ví dụ 45"));
    assert!(in_locale(&["search", "loai:gì-đó"]).err.contains("ví dụ cao-trang"));
    for query in ["", "*bị", "x (y", "VÀ", "x (-y)", "lạ:x", "loai:", "bl:x-y", "\"\""] {
        let vi = in_locale(&["search", query]);
        let en = in_locale(&["search", query, "--lang", "en"]);
        assert_eq!(vi.exit, en.exit);
        assert!(
            vi.exit == 0 || vi.err.starts_with("lỗi: câu tìm kiếm: ") && vi.err != en.err,
            "{}{}",
            vi.all(),
            en.all()
        );
    }
}

#[test]
fn manual_and_completions_come_from_the_program() {
    let desk = Desk::new();
    let pages = desk.path("man");
    run(hoso_command().arg("man").arg(&pages)).expect(0);
    for name in ["hoso.1", "hoso-batch-run.1", "hoso-verify.1"] {
        assert!(fs::read_to_string(pages.join(name)).unwrap().contains(".TH"), "{name}");
    }
    assert!(hoso(["man", "--lang", "vi"]).expect(0).out.contains("hồ sơ"));
    let bash = hoso(["completions", "bash"]).expect(0).out;
    fs::write(desk.path("hoso.bash"), &bash).unwrap();
    tool("bash", ["-n".as_ref(), desk.path("hoso.bash").as_os_str()]);
    for shell in ["zsh", "fish"] {
        assert!(hoso(["completions", shell]).expect(0).out.contains("rebuild"), "{shell}");
    }
}

#[test]
fn doctor_names_what_is_missing() {
    let desk = Desk::new();
    hoso(["doctor"]).expect(0);
    let program = lonely(&desk);
    for lang in ["vi", "en"] {
        let said = run(equip(Command::new(&program)).args(["doctor", "--lang", lang])).expect(1);
        assert!(said.out.contains("✗ hoso-worker") && said.out.contains("apt-get install"), "{}", said.all());
    }
    desk.page("HS-1/trang.png", "trang");
    let mut batch = equip(Command::new(&program));
    batch.args(["batch", "run", "--secrecy", "thuong", "--archive"]).arg(&desk.archive).arg(&desk.batch);
    let said = run(&mut batch).expect(1);
    assert!(said.err.contains("hoso-worker") && said.err.contains("hoso doctor"), "{}", said.all());
    assert!(desk.spooled().is_empty());
}

/// The answer to a search without the time it took.
fn answers(desk: &Desk) -> Vec<Value> {
    let queries = ["bi can", "\"kết luận điều tra\"", "ho-so:HS-2", "cáo trạng"];
    queries.iter().flat_map(|q| desk.hoso(&["search", "--json", q]).expect(0).of_type("hit")).collect()
}

fn remove_ledger(desk: &Desk) {
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(desk.archive.join(format!("ledger.sqlite{ending}")));
    }
}

#[test]
fn lost_or_broken_caches_are_made_anew() {
    let desk = with_two_cases();
    let before = answers(&desk);
    assert!(before.len() >= 4, "{before:?}");
    let ocfl = desk.archive.join("ocfl");
    let archive = crate::support::tree(&ocfl);
    let rebuild = || {
        desk.hoso(&["index", "rebuild"]).expect(0);
        assert_eq!(answers(&desk), before);
        assert_eq!(desk.run_batch().expect(0).of_type("present").len(), 2, "the ledger knows what is stored");
    };
    // Both deleted.
    fs::remove_dir_all(desk.archive.join("index")).unwrap();
    remove_ledger(&desk);
    let lost = desk.hoso(&["search", "bi can", "--lang", "vi"]).expect(1);
    assert!(lost.err.contains("hoso index rebuild"), "{}", lost.all());
    rebuild();
    // Both overwritten with rubbish.
    for file in files_below(&desk.archive.join("index")) {
        fs::write(file, "không phải chỉ mục").unwrap();
    }
    remove_ledger(&desk);
    fs::write(desk.archive.join("ledger.sqlite"), vec![7; 10_000]).unwrap();
    let broken = desk.hoso(&["batch", "status", "--lang", "vi"]).expect(1);
    assert!(
        broken.err.contains("ledger.sqlite") && broken.err.contains("hoso index rebuild"),
        "{}",
        broken.all()
    );
    rebuild();
    // Only the index gone: running the batch again brings its case files back.
    fs::remove_dir_all(desk.archive.join("index")).unwrap();
    desk.run_batch().expect(0);
    assert_eq!(answers(&desk), before);
    assert_eq!(crate::support::tree(&ocfl), archive, "the archive was only read");
}

/// The largest file of the index with this ending.
fn segment_file(desk: &Desk, ending: &str) -> PathBuf {
    let files = files_below(&desk.archive.join("index")).into_iter();
    let of_kind = files.filter(|file| file.extension().is_some_and(|found| found == ending));
    of_kind.max_by_key(|file| fs::metadata(file).unwrap().len()).unwrap()
}

/// One wrong bit in a segment: whoever looks is told, whoever works has it mended, and searches answer as before.
#[test]
fn a_damaged_segment_is_noticed_and_the_index_made_anew() {
    let desk = with_two_cases();
    let before = answers(&desk);
    assert!(before.len() >= 4, "{before:?}");
    let doctor = |lang: &str| desk.hoso(&["doctor", "--lang", lang]);
    assert!(doctor("en").expect(0).out.contains("✓ search index"));
    for ending in ["term", "idx", "pos", "fast"] {
        let victim = segment_file(&desk, ending);
        flip(&victim);
        let name = victim.file_name().unwrap().to_str().unwrap();
        for (lang, words) in [("vi", "chỉ mục tìm kiếm hỏng"), ("en", "the search index is damaged")]
        {
            let said = doctor(lang).expect(1);
            let told = said.out.contains("✗ search index") && said.out.contains(words);
            assert!(
                told && said.out.contains(name) && said.out.contains("hoso index rebuild"),
                "{}",
                said.all()
            );
            let said = desk.hoso(&["archive", "check", "--lang", lang]).expect(3);
            assert!(said.err.contains(words) && said.err.contains(name), "{}", said.all());
        }
        let said = desk.hoso(&["archive", "check", "--json"]).expect(3);
        let report = &said.of_type("fixity-report")[0];
        assert_eq!(report["verdict"], "good", "what is kept is not touched: {}", said.all());
        assert!(report["index_fault"].as_str().unwrap().contains(name), "{}", said.all());
        let said = desk.run_batch().expect(0);
        let renewed = said.of_type("index-renewed");
        assert!(renewed[0]["problem"].as_str().unwrap().contains(name), "{}", said.all());
        assert!(!victim.exists());
        assert_eq!(answers(&desk), before, "{ending}");
        assert!(doctor("en").expect(0).out.contains("✓ search index"));
        assert_eq!(desk.hoso(&["archive", "check"]).expect(0).exit, 0);
        assert!(desk.run_batch().expect(0).of_type("index-renewed").is_empty());
    }
    // A list of segments that cannot be read: no index can be opened, and the work goes on all the same.
    fs::write(desk.archive.join("index/meta.json"), "{").unwrap();
    for (lang, words) in [("vi", "đã dựng lại từ kho"), ("en", "was made anew from the archive")] {
        let mut batch = hoso_command();
        batch.args(["batch", "run", "--lang", lang, "--secrecy", "thuong", "--archive"]).arg(&desk.archive);
        let said = run(batch.arg(&desk.batch)).expect(0);
        assert!(said.err.contains(words), "{}", said.all());
        assert_eq!(answers(&desk), before);
        fs::write(desk.archive.join("index/meta.json"), "{").unwrap();
    }
}

#[test]
fn mistakes_in_the_configuration_are_told_together() {
    let desk = Desk::new();
    let config = desk.archive.join("hoso.toml");
    let good = fs::read_to_string(&config).unwrap();
    let line = |key: &str| good.lines().find(|l| l.starts_with(key)).unwrap().to_owned();
    let bad = good
        .replace(&line("format"), "format = \"hoso-archive/99\"")
        .replace(&line("id"), "id = \"\"")
        .replace(&line("fonds"), "fonds = \"VKS Thử\"");
    fs::write(&config, bad).unwrap();
    for lang in ["vi", "en"] {
        let said = desk.hoso(&["config", "show", "--lang", lang]).expect(1);
        for word in ["hoso.toml", "hoso-archive/99", "VKS Thử", "id"] {
            assert!(said.err.contains(word), "{word}: {}", said.all());
        }
    }
    fs::write(&config, format!("colour = \"đỏ\"\n{good}")).unwrap();
    assert!(desk.hoso(&["config", "show"]).expect(1).err.contains("colour"));
    fs::write(&config, good).unwrap();
    desk.hoso(&["config", "show"]).expect(0);
}

/// Changes one byte in the middle of a file.
fn flip(path: &Path) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let at = file.metadata().unwrap().len() / 2;
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 1], at).unwrap();
}

fn openssl_accepts(export: &Path, anchor: &Path) -> bool {
    let mut command = Command::new("openssl");
    command.current_dir(export).args([
        "cms",
        "-verify",
        "-binary",
        "-cades",
        "-inform",
        "DER",
        "-in",
        "seal/manifest.p7s",
    ]);
    command
        .args(["-content", "seal/manifest-sha256.txt", "-purpose", "any", "-out", "/dev/null", "-CAfile"])
        .arg(anchor);
    run(&mut command).exit == 0
}

fn sha256sum(export: &Path) -> Said {
    run(Command::new("sha256sum").current_dir(export).args([
        "-c",
        "--strict",
        "--quiet",
        "seal/manifest-sha256.txt",
    ]))
}

/// Changes the manifest's digest as the signature states it: the signed attributes are no longer those signed.
fn flip_signed_digest(signature: &Path, manifest: &Path) {
    let digest = run(Command::new("openssl").args(["dgst", "-sha256", "-r"]).arg(manifest)).out;
    let digest: Vec<u8> =
        (0..32).map(|i| u8::from_str_radix(&digest[2 * i..2 * i + 2], 16).unwrap()).collect();
    let mut bytes = fs::read(signature).unwrap();
    let at = bytes.windows(32).position(|w| w == digest).expect("the signature states the digest");
    bytes[at] ^= 1;
    fs::write(signature, bytes).unwrap();
}

/// Manifest and signature do not belong together: that is said, with both names, before any other file is blamed.
fn assert_blamed(said: &Said, reason: &str) {
    let title = said.out.find("the manifest or the signature was changed");
    let names = said.out.find("≠ seal/manifest-sha256.txt, seal/manifest.p7s: one of the two was changed");
    let (Some(title), Some(names)) = (title, names) else { panic!("{}", said.all()) };
    assert!(title < names && said.out[..names].matches('≠').count() == 0, "{}", said.all());
    assert!(said.out.contains(reason), "{}", said.all());
}

#[test]
fn an_export_shows_every_change() {
    let desk = with_two_cases();
    let anchor = desk.archive.join("keys/trial-ca.pem");
    let clean = desk.export("HS-1", "sạch");
    assert!(openssl_accepts(&clean, &anchor));
    assert_eq!(sha256sum(&clean).exit, 0);
    let verify = |folder: &Path| run(hoso_command().arg("verify").arg(folder).arg("--anchor").arg(&anchor));
    verify(&clean).expect(0);
    let again = run(hoso_command()
        .args(["case", "export", "HS-1", "--archive"])
        .arg(&desk.archive)
        .arg("-o")
        .arg(&clean))
    .expect(1);
    assert!(again.err.contains("sạch"), "{}", again.all());

    let page = "representations/rep2/data/0001/0001.png";
    let copy = |name: &str| desk.export("HS-1", name);
    let changed = copy("đổi trang");
    flip(&changed.join(page));
    let names = sha256sum(&changed);
    assert!(names.exit == 1 && names.out.contains(page), "{}", names.all());
    assert!(verify(&changed).expect(7).out.contains(page));

    let manifest = copy("đổi bảng kê");
    flip(&manifest.join("seal/manifest-sha256.txt"));
    assert!(!openssl_accepts(&manifest, &anchor));
    assert_blamed(&verify(&manifest).expect(7), "the manifest is not the one");

    let signature = copy("đổi chữ ký");
    flip_signed_digest(&signature.join("seal/manifest.p7s"), &signature.join("seal/manifest-sha256.txt"));
    assert!(!openssl_accepts(&signature, &anchor));
    assert_blamed(&verify(&signature).expect(7), "does not match what it signs");

    let damaged = copy("hỏng chữ ký");
    fs::write(damaged.join("seal/manifest.p7s"), "không phải chữ ký").unwrap();
    let said = verify(&damaged).expect(7);
    assert!(said.out.contains("the signature file is damaged"), "{}", said.all());
    assert!(said.out.contains("≠ seal/manifest.p7s: damaged"), "{}", said.all());

    let unsigned = copy("bỏ chữ ký");
    fs::remove_file(unsigned.join("seal/manifest.p7s")).unwrap();
    let said = verify(&unsigned).expect(7);
    assert!(said.out.contains("≠ seal/manifest.p7s: missing"), "{}", said.all());

    let added = copy("thêm tệp");
    fs::write(added.join("representations/thêm.txt"), "thêm").unwrap();
    assert!(verify(&added).expect(7).out.contains("representations/thêm.txt"));

    let removed = copy("bớt tệp");
    fs::remove_file(removed.join(page)).unwrap();
    assert!(verify(&removed).expect(7).out.contains(page));
    assert_eq!(sha256sum(&removed).exit, 1);

    let replaced = copy("thay chữ ký");
    let other = desk.export("HS-2", "hồ sơ khác");
    fs::copy(other.join("seal/manifest.p7s"), replaced.join("seal/manifest.p7s")).unwrap();
    assert!(!openssl_accepts(&replaced, &anchor));
    assert_blamed(&verify(&replaced).expect(7), "the manifest is not the one");

    let stranger = Desk::new();
    let foreign = stranger.archive.join("keys/trial-ca.pem");
    assert!(!openssl_accepts(&clean, &foreign));
    run(hoso_command().arg("verify").arg(&clean).arg("--anchor").arg(foreign)).expect(7);
}

#[test]
fn verifying_an_archive_names_what_was_changed_in_it() {
    let desk = with_two_cases();
    let verify = |lang: &str| run(hoso_command().args(["verify", "--lang", lang]).arg(&desk.archive));
    assert_eq!(verify("vi").expect(0).out.matches("nguyên vẹn").count(), 2);
    let files = files_below(&desk.archive.join("ocfl"));
    for ending in [
        "0001/0001.png",
        "case.json",
        "manifest-sha256.txt",
        "manifest.p7s",
        "inventory.json",
        "0001/0002.xml",
    ] {
        let victim = files.iter().find(|f| f.to_string_lossy().ends_with(ending)).unwrap();
        let before = fs::read(victim).unwrap();
        flip(victim);
        let name = victim.file_name().unwrap().to_string_lossy().into_owned();
        for (lang, word) in [("vi", "SAI LỆCH"), ("en", "BROKEN")] {
            let said = verify(lang).expect(7);
            assert!(said.out.contains(&name) && said.out.contains(word), "{ending}: {}", said.all());
            // The other case file is still vouched for.
            assert_eq!(
                said.out.lines().filter(|l| l.starts_with("✓")).count(),
                1,
                "{ending}: {}",
                said.all()
            );
        }
        fs::write(victim, before).unwrap();
    }
    let object = files.iter().find(|f| f.ends_with("inventory.json")).unwrap().parent().unwrap();
    fs::remove_file(object.join("inventory.json")).unwrap();
    verify("en").expect(7);
    fs::write(object.parent().unwrap().join("lạc.txt"), "lạc").unwrap();
    assert!(verify("en").expect(7).out.contains("lạc.txt"));
}
