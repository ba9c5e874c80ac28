//! Replicas in object stores as people use them: `hoso archive replicate s3://…`, check, repair; kills and keys.

use crate::fault_proxy::{Proxy, Wrong};
use crate::s3_servers::{ACCESS_KEY, SECRET_KEY, Server, botocore, moto, versitygw};
use crate::support::{Desk, Said, assert_valid_ocfl, files_below, hoso_command, run, say};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// An archive with two case files of a page each, and a bucket.
struct Stores {
    desk: Desk,
    server: &'static Server,
    bucket: String,
}

impl Stores {
    fn on(server: &'static Server) -> Stores {
        let desk = Desk::new();
        desk.page("HS-1/a.png", "hồ sơ một");
        desk.page("HS-2/a.png", "hồ sơ hai");
        desk.run_batch().expect(0);
        let stores = Stores { desk, server, bucket: server.make_bucket() };
        stores.configure(&server.endpoint(), "");
        stores
    }

    fn configure(&self, endpoint: &str, more: &str) {
        let path = self.desk.archive.join("hoso.toml");
        let text = fs::read_to_string(&path).unwrap();
        let before = text.split("\n[s3.").next().unwrap();
        let text = format!("{before}\n[s3.{}]\nendpoint = \"{endpoint}\"\n{more}", self.bucket);
        fs::write(path, text).unwrap();
    }

    fn address(&self) -> String {
        format!("s3://{}/vks", self.bucket)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = hoso_command();
        command.args(["archive"]).args(words).args(["--json", "--archive"]).arg(&self.desk.archive);
        command.env("HOSO_S3_ACCESS_KEY", ACCESS_KEY).env("HOSO_S3_SECRET_KEY", SECRET_KEY);
        command
    }

    fn replicate(&self) -> Said {
        run(&mut self.command(&["replicate", &self.address()]))
    }

    fn check(&self) -> Said {
        run(&mut self.command(&["check", "--replica", &self.address()]))
    }

    /// Another program's copy of the bucket, judged by ocfl-py and rocfl, and compared with the archive.
    fn judge(&self) {
        let dir = self.desk.path("downloaded");
        let _ = fs::remove_dir_all(&dir);
        botocore(&self.server.endpoint(), &["download", &self.bucket, dir.to_str().unwrap()]);
        assert_eq!(truth(&dir.join("vks")), truth(&self.desk.archive));
        assert_valid_ocfl(&dir.join("vks/ocfl"));
    }
}

fn truth(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = files_below(&root.join("ocfl"));
    let files = files.into_iter().filter(|path| !path.to_string_lossy().contains("/logs/"));
    files.map(|path| (path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap())).collect()
}

fn states(said: &Said) -> Vec<String> {
    said.of_type("replicated").iter().map(|line| line["state"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_replica_in_a_store_is_copied_checked_and_repaired_from() {
    for server in [moto(), versitygw()] {
        let stores = Stores::on(server);
        run(&mut stores.command(&["check", "--replica", &stores.address()])).expect(4);
        assert_eq!(states(&stores.replicate().expect(0)), ["copied", "copied"]);
        assert_eq!(states(&stores.replicate().expect(0)), ["same", "same"]);
        stores.judge();
        let said = stores.check().expect(0);
        let report = said.of_type("fixity-report").remove(0);
        assert_eq!((report["verdict"].as_str(), report["checked"].as_u64()), (Some("good"), Some(2)));
        assert_eq!(report["signed"], true, "signed by the archive's station");
        let path = PathBuf::from(report["report"].as_str().unwrap());
        assert!(path.starts_with(stores.desk.archive.join("evidence/fixity-replicas")), "{}", path.display());
        let report: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        assert_eq!(report["replica"], stores.address());
        // What was read there says nothing of what lies here.
        let own = stores.desk.hoso(&["archive", "check", "--json", "--due"]).expect(0);
        assert_eq!(own.of_type("fixity-report").remove(0)["checked"], 2);

        let before = truth(&stores.desk.archive);
        let files = files_below(&stores.desk.archive.join("ocfl"));
        let masters: Vec<_> =
            files.iter().filter(|path| path.to_string_lossy().contains("/rep2/data/")).collect();
        fs::write(masters[0], b"other bytes").unwrap();
        let object = masters[1].ancestors().find(|dir| dir.join("0=ocfl_object_1.1").is_file()).unwrap();
        fs::rename(object, stores.desk.path("gone")).unwrap();
        let said = run(&mut stores.command(&["repair", "--from", &stores.address()])).expect(0);
        assert!(said.of_type("repaired").iter().all(|case| case["whole"] == true), "{}", said.all());
        assert_eq!(truth(&stores.desk.archive), before);

        let key = before.keys().find(|path| path.to_string_lossy().contains("/rep2/data/")).unwrap();
        let planted = stores.desk.path("planted");
        fs::write(&planted, b"other bytes").unwrap();
        let key = format!("vks/{}", key.display());
        botocore(&server.endpoint(), &["put", &stores.bucket, &key, planted.to_str().unwrap()]);
        let said = stores.check().expect(7);
        assert_eq!(said.of_type("checked").iter().filter(|case| case["good"] == false).count(), 1);
        nowhere_is_the_secret(&stores, &said);
    }
}

fn nowhere_is_the_secret(stores: &Stores, said: &Said) {
    assert!(!said.all().contains(SECRET_KEY));
    for file in files_below(&stores.desk.archive) {
        let bytes = fs::read(&file).unwrap();
        let found = bytes.windows(SECRET_KEY.len()).any(|window| window == SECRET_KEY.as_bytes());
        assert!(!found, "{}", file.display());
    }
}

#[test]
fn a_key_lies_in_a_file_that_nobody_else_can_read() {
    let stores = Stores::on(versitygw());
    let from_file = |lang: &str| {
        let mut command = stores.command(&["replicate", &stores.address()]);
        command.env_remove("HOSO_S3_ACCESS_KEY").env_remove("HOSO_S3_SECRET_KEY").args(["--lang", lang]);
        run(&mut command)
    };
    let missing = from_file("vi").expect(1).all();
    assert!(missing.contains("keys/s3.toml") && missing.contains("chmod 600"), "{missing}");
    let path = stores.desk.archive.join("keys/s3.toml");
    fs::write(&path, format!("access_key = \"{ACCESS_KEY}\"\nsecret_key = \"{SECRET_KEY}\"\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let open = from_file("en").expect(1).all();
    assert!(open.contains("others can read it") && !open.contains(SECRET_KEY), "{open}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    from_file("en").expect(0);
    // No key leaves the machine with the copy.
    let keys = botocore(&stores.server.endpoint(), &["list", &stores.bucket]);
    assert!(!keys.contains("s3.toml") && keys.contains("vks/keys/trial-ca.pem"), "{keys}");
    // Plain http would show case files to the whole network.
    stores.configure("http://s3.example.vn", "");
    let plain = from_file("vi").expect(1).all();
    assert!(plain.contains("https"), "{plain}");
}

#[test]
fn a_store_of_another_archive_or_of_other_things_is_refused() {
    let (stores, other) = (Stores::on(moto()), Desk::new());
    stores.replicate().expect(0);
    other.page("HS-9/a.png", "hồ sơ khác");
    other.run_batch().expect(0);
    let stores = Stores { desk: other, ..stores };
    stores.configure(&stores.server.endpoint(), "");
    stores.replicate().expect(2);
    let file = stores.desk.path("letter");
    fs::write(&file, b"a letter").unwrap();
    let bucket = stores.server.make_bucket();
    let stores = Stores { bucket, ..stores };
    stores.configure(&stores.server.endpoint(), "");
    botocore(&stores.server.endpoint(), &["put", &stores.bucket, "vks/letter", file.to_str().unwrap()]);
    stores.replicate().expect(2);
}

#[test]
fn killed_on_the_way_the_next_run_ends_valid() {
    let stores = Stores::on(versitygw());
    let proxy = Proxy::before(stores.server.address);
    stores.configure(&proxy.endpoint(), "");
    proxy.arm_about("/ocfl/", Wrong::Hang, usize::MAX, usize::MAX);
    // How many requests a whole run makes, into another folder of the bucket.
    run(&mut stores.command(&["replicate", &format!("s3://{}/trial", stores.bucket)])).expect(0);
    let whole = proxy.disarm().0;
    let mut points = 0;
    for tenth in [1, 3, 5, 7, 9] {
        let at = whole * tenth / 10;
        proxy.arm_about("/ocfl/", Wrong::Hang, at, usize::MAX);
        let mut child = stores.command(&["replicate", &stores.address()]);
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        while proxy.hits() == 0 && child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(60), "request {at} never came");
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        proxy.disarm();
        points += 1;
    }
    say(&format!("replicate into an object store: killed at {points} places of {whole} requests\n"));
    stores.replicate().expect(0);
    assert_eq!(states(&stores.replicate().expect(0)), ["same", "same"]);
    stores.check().expect(0);
    stores.judge();
}

#[test]
fn a_server_that_refuses_is_said_in_both_languages() {
    let stores = Stores::on(moto());
    let proxy = Proxy::before(stores.server.address);
    stores.configure(&proxy.endpoint(), "");
    stores.replicate().expect(0);
    proxy.arm(Wrong::Status(403), 1, usize::MAX);
    for (lang, hint) in [("vi", "kiểm tra khóa"), ("en", "check the key")] {
        let said =
            run(&mut stores.command(&["replicate", &stores.address(), "--lang", lang])).expect(1).all();
        assert!(said.contains(hint) && said.contains("s3://"), "{said}");
    }
    proxy.disarm();
}

#[test]
fn a_repair_from_a_store_that_fails_says_so_and_is_run_again() {
    let stores = Stores::on(moto());
    let proxy = Proxy::before(stores.server.address);
    stores.configure(&proxy.endpoint(), "timeout_s = 1\n");
    stores.replicate().expect(0);
    let whole = truth(&stores.desk.archive);
    let files = files_below(&stores.desk.archive.join("ocfl"));
    let master = files.iter().find(|path| path.to_string_lossy().contains("/rep2/data/")).unwrap();
    let repair = || run(&mut stores.command(&["repair", "--from", &stores.address()]));
    for wrong in [Wrong::Status(500), Wrong::Status(409), Wrong::Truncated, Wrong::Hang] {
        fs::write(master, b"other bytes").unwrap();
        let damaged = truth(&stores.desk.archive);
        proxy.arm_about("/ocfl/", wrong, 1, usize::MAX);
        let said = repair();
        let hits = proxy.disarm().1.len();
        assert!(hits > 0 && said.exit != 0, "{wrong:?}: {}", said.all());
        assert!(truth(&stores.desk.archive) == damaged, "{wrong:?}: what lies here was changed");
        repair().expect(0);
        assert!(truth(&stores.desk.archive) == whole, "{wrong:?}");
    }
}

#[test]
fn what_was_destroyed_goes_from_the_store_when_it_is_told_to() {
    for server in [moto(), versitygw()] {
        let stores = Stores::on(server);
        let desk = &stores.desk;
        fs::write(desk.batch.join("batch.csv"), "code,title,year,retention\nCU-1,Zanzibar,1995,20 năm\n")
            .unwrap();
        desk.page("CU-1/a.png", "đã hết hạn");
        for gone in ["HS-1", "HS-2"] {
            let _ = fs::remove_dir_all(desk.batch.join(gone));
        }
        desk.run_batch().expect(0);
        stores.replicate().expect(0);
        let keys = || {
            let listed = botocore(&server.endpoint(), &["list", &stores.bucket]);
            listed.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let objects = || keys().iter().filter(|key| key.ends_with("0=ocfl_object_1.1")).count();
        assert_eq!(objects(), 3);
        let by = |who: &'static str, rest: &[&str]| {
            desk.hoso(&[&["archive", "destroy"], rest, &["--by", who, "--json"]].concat()).expect(0)
        };
        let said = by("A", &["propose", "CU-1", "--reason", "hết thời hạn"]);
        let id = said.of_type("destruction-proposed")[0]["id"].to_string();
        by("B", &["approve", &id]);
        desk.hoso(&["archive", "destroy", "carry-out", &id]).expect(0);

        // Unasked it is told, by a check too; nothing is damaged, nothing comes back.
        assert!(states(&stores.replicate().expect(3)).contains(&"destroyed".to_owned()));
        let said = stores.check().expect(3);
        assert_eq!(said.of_type("fixity-report")[0]["verdict"], "good", "{}", said.all());
        run(&mut stores.command(&["repair", "--from", &stores.address()])).expect(0);
        let here = files_below(&desk.archive.join("ocfl"));
        assert_eq!(here.iter().filter(|path| path.ends_with("0=ocfl_object_1.1")).count(), 2);

        // Stopped on the way: the tombstone is there, some of the object still is, and nobody calls that damage.
        let replicate = ["replicate", &stores.address(), "--carry-out-destructions"];
        let proxy = Proxy::before(server.address);
        stores.configure(&proxy.endpoint(), "");
        // Of the object, not of what the trial of the server wrote.
        let deletion = format!("DELETE /{}/vks/ocfl/", stores.bucket).leak();
        proxy.arm_about(deletion, Wrong::Hang, 3, usize::MAX);
        let mut child = stores.command(&replicate);
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        while proxy.hits() == 0 {
            assert!(begun.elapsed() < Duration::from_secs(60), "it never came");
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        proxy.disarm();
        stores.configure(&server.endpoint(), "");
        let left = keys();
        assert!(left.iter().any(|key| key.ends_with("/tombstone.json")), "{left:?}");
        let said = stores.check().expect(3);
        let report = &said.of_type("fixity-report")[0];
        assert_eq!(
            (&report["verdict"], &report["unfinished"]),
            (&"good".into(), &1.into()),
            "{}",
            said.all()
        );
        assert_eq!(
            states(&run(&mut stores.command(&replicate)).expect(0)),
            ["destroyed-too", "same", "same"]
        );
        let left = keys();
        assert_eq!(left.iter().filter(|key| key.ends_with("0=ocfl_object_1.1")).count(), 2, "{left:?}");
        let of_two = files_below(&desk.archive.join("ocfl"));
        let of_two = of_two.iter().filter(|path| !path.to_string_lossy().contains("/logs/")).count();
        assert_eq!(left.iter().filter(|key| key.contains("vks/ocfl/")).count(), of_two, "{left:?}");
        stores.check().expect(0);
        stores.judge();
        run(&mut stores.command(&replicate)).expect(0);
    }
}
