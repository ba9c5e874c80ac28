//! Backup, restore and the restore drill, as the person who keeps the archive works with them. restic judges the repository.

use crate::provided::from_dev;
use crate::support::{Desk, Said, equip, files_below, hoso_command, python, run, say, tool, tree};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const PASSWORD: &str = "mật khẩu sao lưu thử";

/// A password file that only its owner reads.
fn password_file(desk: &Desk, name: &str, password: &str) -> PathBuf {
    let path = desk.path(name);
    fs::write(&path, format!("{password}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// A command of backups with the password, and the archive where it wants one.
fn keep(desk: &Desk, args: &[&str], archive: Option<&Path>) -> Said {
    let mut command = hoso_command();
    command.arg("archive").args(args).arg("--password-file").arg(password_file(desk, "mk", PASSWORD));
    if let Some(archive) = archive {
        command.arg("--archive").arg(archive);
    }
    run(&mut command)
}

fn backup(desk: &Desk) -> Said {
    let to = desk.path("sao lưu");
    let mut args = vec!["backup", "--json", "--to", to.to_str().unwrap()];
    if !to.join("config").is_file() {
        args.push("--new");
    }
    keep(desk, &args, Some(&desk.archive))
}

fn restore(desk: &Desk, to: &Path, more: &[&str]) -> Said {
    let from = desk.path("sao lưu");
    let args = ["restore", "--json", "--from", from.to_str().unwrap(), "--to", to.to_str().unwrap()];
    keep(desk, &[&args[..], more].concat(), None)
}

fn drill(desk: &Desk, source: &[&str]) -> Said {
    let (rocfl, ocfl_py) = (from_dev("tools/bin/rocfl"), from_dev("venv/bin/ocfl-root.py"));
    let mut command = hoso_command();
    command.args(["archive", "drill", "--json", "--archive"]).arg(&desk.archive).args(source);
    command.arg("--rocfl").arg(rocfl).arg("--ocfl-py").arg(ocfl_py);
    run(&mut command)
}

fn drill_backup(desk: &Desk, more: &[&str]) -> Said {
    let (from, mk) = (desk.path("sao lưu"), password_file(desk, "mk", PASSWORD));
    let source = ["--from", from.to_str().unwrap(), "--password-file", mk.to_str().unwrap()];
    drill(desk, &[&source[..], more].concat())
}

fn restic(desk: &Desk, args: &[&str]) -> String {
    let mut command = Command::new("restic");
    command.env("RESTIC_PASSWORD", PASSWORD).args(["--no-cache", "-r"]).arg(desk.path("sao lưu")).args(args);
    run(&mut command).expect(0).all()
}

fn report(said: &Said) -> Value {
    said.of_type("drill").pop().unwrap()
}

/// What a search finds: case, page, how well.
fn answers(archive: &Path, query: &str) -> Vec<String> {
    let mut command = hoso_command();
    command.args(["search", "--json", "--limit", "100", query, "--archive"]).arg(archive);
    let hits = run(&mut command).expect(0).of_type("hit");
    hits.into_iter().map(|hit| hit.to_string()).collect()
}

/// Content of `ocfl/`, without logs.
fn truth(archive: &Path) -> Vec<(PathBuf, String)> {
    tree(&archive.join("ocfl"))
        .into_iter()
        .filter(|(path, _)| !path.to_string_lossy().contains("/logs/"))
        .collect()
}

const QUERIES: [&str; 4] = ["trang một", "\"cộng hòa xã hội\"", "hai", "ho-so:HS-2"];

#[test]
fn an_archive_comes_back_from_its_backup() {
    let desk = Desk::new();
    desk.page("HS-1/1.png", "trang một");
    desk.page("HS-2/1.png", "trang hai");
    desk.run_batch().expect(0);
    let to = desk.path("sao lưu");

    // The password: from a file of one's own, right, and never empty.
    let open = desk.path("mở");
    fs::write(&open, PASSWORD).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    let with = |file: &Path, more: &[&str]| {
        let mut command = hoso_command();
        command.args(["archive", "backup"]).args(more).arg("--to").arg(&to).arg("--password-file").arg(file);
        run(command.arg("--archive").arg(&desk.archive))
    };
    let said = with(&open, &["--new", "--lang", "en"]).expect(2);
    assert!(said.err.contains("others may read") && said.err.contains("chmod 600"), "{}", said.all());
    with(&password_file(&desk, "rỗng", ""), &["--new"]).expect(2);
    // A disk that is not mounted does not become a repository.
    let mk = password_file(&desk, "mk", PASSWORD);
    for (lang, words) in [("en", "is the disk mounted"), ("vi", "ổ sao lưu đã gắn")] {
        fs::create_dir_all(&to).unwrap();
        let said = with(&mk, &["--lang", lang]).expect(2);
        assert!(said.err.contains(words) && said.err.contains("--new"), "{}", said.all());
        assert_eq!(fs::read_dir(&to).unwrap().count(), 0);
    }
    // Nothing is left of a place that is refused.
    let before = tree(&desk.archive);
    for inside in ["sao", "ocfl/sao"] {
        let inside = desk.archive.join(inside);
        let inside = inside.to_str().unwrap();
        keep(&desk, &["backup", "--new", "--to", inside], Some(&desk.archive)).expect(2);
        desk.hoso(&["archive", "replicate", inside]).expect(2);
    }
    assert_eq!(tree(&desk.archive), before);
    keep(&desk, &["backups", "--from", to.to_str().unwrap()], None).expect(2);

    let first = backup(&desk).expect(0).of_type("backup").pop().unwrap();
    assert_eq!((&first["cases"], &first["left_out"]), (&2.into(), &serde_json::json!([])));
    let said = with(&password_file(&desk, "sai", "sai"), &["--lang", "vi"]).expect(2);
    assert!(said.err.contains("sai mật khẩu sao lưu") && said.err.contains("gợi ý"), "{}", said.all());

    // The same again adds next to nothing: the report of the first is new.
    let size = || files_below(&to).iter().map(|file| file.metadata().unwrap().len()).sum::<u64>();
    let before = size();
    let second = backup(&desk).expect(0).of_type("backup").pop().unwrap();
    let grown = size() - before;
    println!("backup: {before} bytes, {grown} more the second time; {} files read", second["files_read"]);
    assert!(second["files_read"].as_u64().unwrap() <= 3 && grown < 20_000, "{second}");
    let listed = keep(&desk, &["backups", "--json", "--from", to.to_str().unwrap()], None).expect(0);
    assert_eq!(listed.of_type("snapshot").len(), 2);
    assert!(restic(&desk, &["check", "--read-data"]).contains("no errors were found"));

    // Nothing secret is in it.
    let named = restic(&desk, &["ls", "latest"]);
    for word in
        ["station.p12", "station.password", "log.key", "account.json", "ledger.sqlite", "/work", "/index"]
    {
        assert!(!named.contains(word), "{word}: {named}");
    }
    assert!(named.contains("/keys/trial-ca.pem") && named.contains("/evidence/backup/"), "{named}");

    let back = desk.path("phục hồi");
    let restored = restore(&desk, &back, &[]).expect(0).of_type("restored").pop().unwrap();
    assert_eq!(restored["cases"], 2);
    assert_eq!(truth(&back), truth(&desk.archive));
    run(hoso_command().args(["archive", "check", "--archive"]).arg(&back)).expect(0);
    let verified = run(hoso_command().args(["verify", "--json"]).arg(&back)).expect(0);
    assert_eq!(verified.of_type("log-verified")[0]["size"], 2, "{}", verified.all());
    for query in QUERIES {
        assert_eq!(answers(&back, query), answers(&desk.archive, query), "{query}");
    }
    assert!(!answers(&back, QUERIES[0]).is_empty());
    // Into what is there nothing is restored; an empty folder will do, and the earlier snapshot too.
    let said = restore(&desk, &back, &[]).expect(2);
    assert!(said.all().contains("empty folder"), "{}", said.all());
    // Folders without files are somebody's too.
    fs::create_dir_all(desk.path("việc/staging/a")).unwrap();
    restore(&desk, &desk.path("việc"), &[]).expect(2);
    assert!(desk.path("việc/staging/a").is_dir());
    restore(&desk, &desk.archive.join("ocfl/lại"), &[]).expect(2);
    assert!(!desk.archive.join("ocfl/lại").exists());
    with(&mk, &["--new"]).expect(2);
    let empty = desk.path("rỗng 2");
    fs::create_dir(&empty).unwrap();
    let id = first["snapshot"].as_str().unwrap();
    restore(&desk, &empty, &["--snapshot", &id[..10]]).expect(0);
    restore(&desk, &desk.path("không"), &["--snapshot", "zz"]).expect(2);

    // Ledger, catalog and index are lost as well: with the key put back they are made from the restored archive alone.
    for cache in ["ledger.sqlite", "index"] {
        let path = back.join(cache);
        let gone = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        gone.unwrap();
    }
    for key in ["station.p12", "station.password", "log.key"] {
        fs::copy(desk.archive.join("keys").join(key), back.join("keys").join(key)).unwrap();
    }
    run(hoso_command().args(["index", "rebuild", "--archive"]).arg(&back)).expect(0);
    for query in QUERIES {
        assert_eq!(answers(&back, query), answers(&desk.archive, query), "{query}, rebuilt");
    }
    let list =
        |archive: &Path| run(hoso_command().args(["case", "list", "--archive"]).arg(archive)).expect(0).out;
    assert_eq!(list(&back), list(&desk.archive));
}

#[test]
fn a_drill_says_what_a_backup_is_worth() {
    let desk = Desk::new();
    desk.page("HS-1/1.png", "trang một");
    desk.page("HS-2/1.png", "trang hai");
    desk.run_batch().expect(0);
    fs::write(desk.archive.join("drill-queries.txt"), "# câu thử\ntrang\n\"cộng hòa\"\n*ba\n").unwrap();
    backup(&desk).expect(0);
    // Stored since.
    desk.page("HS-3/1.png", "trang ba");
    desk.run_batch().expect(0);

    let good = report(&drill_backup(&desk, &["--sample", "100%"]).expect(0));
    assert_eq!(
        (&good["verdict"], &good["rpo"]["held"], &good["rpo"]["residents"]),
        (&"good".into(), &2.into(), &3.into())
    );
    let behind: Vec<&str> =
        good["rpo"]["behind"].as_array().unwrap().iter().map(|case| case["case"].as_str().unwrap()).collect();
    assert_eq!(behind, ["HS-3"]);
    assert!(
        good["rpo"]["seconds"].as_i64().unwrap() > 0 && good["rto"]["whole_s"].as_u64().unwrap() > 0,
        "{good}"
    );
    for judge in good["judges"].as_array().unwrap() {
        assert_eq!(judge["verdict"], "valid", "{judge}");
    }
    assert_eq!(
        good["cases"].as_array().unwrap().iter().map(|case| case["pages"].as_u64().unwrap()).sum::<u64>(),
        2
    );
    let searches = &good["searches"];
    assert_eq!((&searches["source"], &searches["queries"]), (&"drill-queries.txt".into(), &3.into()));
    assert_eq!(
        (&searches["runs"], &searches["hits"], &searches["unusable"]),
        (&4.into(), &4.into(), &serde_json::json!(["*ba"]))
    );
    assert!(!desk.archive.join("work/drill").exists(), "the scratch folder is taken away");
    // Without a list, questions are made from the sample; what is not installed is said; the rest can be looked at.
    fs::remove_file(desk.archive.join("drill-queries.txt")).unwrap();
    let from = desk.path("sao lưu");
    let mut command = hoso_command();
    command
        .args(["archive", "drill", "--lang", "vi", "--newest", "1", "--keep", "--scratch"])
        .arg(desk.scratch.path());
    command.arg("--from").arg(&from).arg("--password-file").arg(password_file(&desk, "mk", PASSWORD));
    let said =
        run(command.env("PATH", "/nonexistent:/usr/bin:/bin").arg("--archive").arg(&desk.archive)).expect(0);
    assert!(
        said.out.contains("BIÊN BẢN DIỄN TẬP") && said.out.contains("không được cài trên máy này"),
        "{}",
        said.all()
    );
    let kept = fs::read_dir(desk.scratch.path()).unwrap().map(|entry| entry.unwrap().path());
    let kept = kept.into_iter().find(|path| path.to_string_lossy().contains(".tmp-drill-")).unwrap();
    assert!(kept.join("ledger.sqlite").is_file() && kept.join("ocfl").is_dir());

    // The report is signed, and printed for people.
    let minutes = |of: &str| desk.hoso(&["archive", "minutes", "--lang", "vi", "--of", of]);
    let text = minutes("drill").expect(0).out;
    assert!(
        text.contains("RPO: hồ sơ có bản mới chưa sao lưu: 1") && text.contains("NGƯỜI DIỄN TẬP"),
        "{text}"
    );
    assert!(minutes("backup").expect(0).out.contains("Kết luận: đủ mọi hồ sơ"));
    minutes("restore").expect(1);
    let file = files_below(&desk.archive.join("evidence/backup"));
    let file = file.iter().find(|path| path.ends_with("backup.json")).unwrap();
    fs::write(file, fs::read_to_string(file).unwrap().replace("\"cases\":2", "\"cases\":3")).unwrap();
    assert!(minutes("backup").expect(1).err.contains("không còn như khi ký"));

    // A master that was damaged before the next backup is named there and missed by the drill.
    let masters = files_below(&desk.archive.join("ocfl"));
    let master = masters.iter().find(|file| file.to_string_lossy().contains("/rep2/data/")).unwrap();
    let bytes = fs::read(master).unwrap();
    fs::write(master, "x").unwrap();
    let said = backup(&desk).expect(7).of_type("backup").pop().unwrap();
    assert_eq!((&said["cases"], said["left_out"].as_array().unwrap().len()), (&2.into(), 1), "{said}");
    let missed = report(&drill_backup(&desk, &[]).expect(7));
    assert_eq!(
        (&missed["verdict"], missed["rpo"]["left_out"].as_array().unwrap().len()),
        (&"broken".into(), 1)
    );
    fs::write(master, bytes).unwrap();
    backup(&desk).expect(0);
    drill_backup(&desk, &[]).expect(0);

    // A repository with rotten bytes.
    for pack in files_below(&from.join("data")) {
        let mut bytes = fs::read(&pack).unwrap();
        bytes[20] ^= 1;
        fs::write(pack, bytes).unwrap();
    }
    let rotten = drill_backup(&desk, &["--sample", "100%"]);
    assert!(rotten.exit == 7 || rotten.exit == 1, "{}", rotten.all());
}

#[test]
fn a_drill_finds_a_rotten_repository_and_a_rotten_replica() {
    let desk = Desk::new();
    desk.page("HS-1/1.png", "trang một");
    desk.page("HS-2/1.png", "trang hai");
    desk.run_batch().expect(0);
    backup(&desk).expect(0);
    let (from, replica) = (desk.path("sao lưu"), desk.path("bản sao"));
    run(hoso_command().args(["archive", "replicate", "--archive"]).arg(&desk.archive).arg(&replica))
        .expect(0);
    let whole = report(&drill(&desk, &["--replica", replica.to_str().unwrap()]).expect(0));
    assert_eq!((&whole["verdict"], &whole["source"]["kind"]), (&"good".into(), &"replica".into()));
    assert!(whole["searches"]["hits"].as_u64().unwrap() > 0, "{whole}");

    // The largest pack is that of the masters.
    let packs = files_below(&from.join("data"));
    let pack = packs.iter().max_by_key(|pack| pack.metadata().unwrap().len()).unwrap();
    let mut bytes = fs::read(pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(pack, bytes).unwrap();
    let rotten = report(&drill_backup(&desk, &["--sample", "100%"]).expect(7));
    assert_eq!(rotten["verdict"], "broken");
    assert!(!rotten["damaged"].as_array().unwrap().is_empty(), "{rotten}");
    assert!(!desk.archive.join("work/drill").exists());

    let masters = files_below(&replica.join("ocfl"));
    let master = masters.iter().find(|file| file.to_string_lossy().contains("/rep2/data/")).unwrap();
    fs::write(master, "x").unwrap();
    let rotten = report(&drill(&desk, &["--replica", replica.to_str().unwrap()]).expect(7));
    assert_eq!(rotten["verdict"], "broken");
    // Another archive's copy is none of this one's.
    let other = Desk::new();
    drill(&other, &["--replica", replica.to_str().unwrap()]).expect(2);
    drill(&other, &[]).expect(2);
}

#[test]
fn a_backup_killed_again_and_again_ends_whole() {
    const BALLAST_BYTES: usize = 12 << 20;
    let desk = Desk::new();
    for case in 1..=2u8 {
        for n in 0..4u8 {
            let page = desk.page(&format!("HS-{case}/{n}.png"), &format!("trang {case}{n}"));
            let mut bytes = fs::read(&page).unwrap();
            // Not to be made smaller, and different in every file.
            let mut noise = u64::from(16 * case + n + 1);
            bytes.extend((0..BALLAST_BYTES).map(|_| {
                noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (noise >> 56) as u8
            }));
            fs::write(&page, bytes).unwrap();
        }
    }
    desk.run_batch().expect(0);
    let (to, mk) = (desk.path("sao lưu"), password_file(&desk, "mk", PASSWORD));
    let mut killed = 0;
    for round in 0u64..12 {
        let mut command = hoso_command();
        command.args(["archive", "backup", "--to"]).arg(&to).arg("--password-file").arg(&mk);
        if !to.join("config").is_file() {
            command.arg("--new");
        }
        command.arg("--archive").arg(&desk.archive);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(60 + 240 * round));
        let was_running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        killed += u32::from(was_running);
    }
    say(&format!("backup: killed {killed} times while it ran\n"));
    assert!(killed > 2, "killed {killed} times");
    backup(&desk).expect(0);
    assert!(restic(&desk, &["check", "--read-data"]).contains("no errors were found"));
    let back = desk.path("phục hồi");
    restore(&desk, &back, &[]).expect(0);
    assert_eq!(truth(&back), truth(&desk.archive));
}

#[test]
fn a_backup_onto_a_full_disk_goes_on_when_there_is_space() {
    let desk = Desk::new();
    let page = desk.page("HS-1/1.png", "trang một");
    let noise = desk.path("noise");
    python("import os,sys; open(sys.argv[1],'wb').write(os.urandom(24<<20))", [&noise]);
    let bytes = [fs::read(&page).unwrap(), fs::read(&noise).unwrap()].concat();
    fs::write(&page, bytes).unwrap();
    desk.run_batch().expect(0);
    let script = r#"
set -u
hoso=$1 archive=$2 disk=$3 password=$4 back=$5
mount -t tmpfs -o size=14m none "$disk" || exit 9
backup() { "$hoso" archive backup "$@" --to "$disk/sao" --password-file "$password" --archive "$archive"; }
backup --new --lang en >"$disk.out" 2>"$disk.err"; echo $? >"$disk.exit"
backup --lang vi >>"$disk.out" 2>>"$disk.err"; echo $? >>"$disk.exit"
mount -o remount,size=200m "$disk" || exit 9
backup --json >"$disk.again" 2>&1; echo $? >>"$disk.exit"
"$hoso" archive restore --from "$disk/sao" --password-file "$password" --to "$back" >"$disk.restore" 2>&1
echo $? >>"$disk.exit"
"#;
    let is_root = tool("id", ["-u"]).trim() == "0";
    let (disk, back) = (desk.path("đĩa"), desk.path("phục hồi"));
    fs::create_dir(&disk).unwrap();
    let mut command = equip(Command::new("unshare"));
    command.arg(if is_root { "-m" } else { "-rm" }).args(["sh", "-c", script, "sh", crate::support::HOSO]);
    command.arg(&desk.archive).arg(&disk).arg(password_file(&desk, "mk", PASSWORD)).arg(&back);
    run(&mut command).expect(0);
    let text = |name: &str| fs::read_to_string(desk.path(&format!("đĩa.{name}"))).unwrap();
    let exits: Vec<String> = text("exit").lines().map(str::to_owned).collect();
    assert_eq!(exits, ["1", "1", "0", "0"], "{}{}{}", text("err"), text("again"), text("restore"));
    for words in ["no space left", "what was written is used", "hết chỗ", "phần đã ghi được dùng tiếp"]
    {
        assert!(text("err").contains(words), "{words}: {}", text("err"));
    }
    assert_eq!(truth(&back), truth(&desk.archive));
}
