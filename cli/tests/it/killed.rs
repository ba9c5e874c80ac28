//! Real `kill -9` of whatever else writes: a correction, a repair, a restore, an import. Each is killed at moments spread over
//! a whole run of it; what is left is whole, nothing is gone, and the next run ends well.

use crate::provided::from_dev;
use crate::support::{
    Desk, assert_rocfl_accepts, assert_valid_ocfl, files_below, hoso, hoso_command, init, run, say, tool,
    tree,
};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// How often each is killed.
const MOMENTS: u32 = 8;
/// What makes pages long enough for a kill to hit their writing.
const BALLAST_BYTES: usize = 6 << 20;

/// A page with ballast of its own behind the picture.
fn heavy_page(desk: &Desk, name: &str, words: &str) {
    let path = desk.page(name, words);
    let mut bytes = fs::read(&path).unwrap();
    // Not to be made smaller, and different in every file.
    let mut noise =
        words.bytes().fold(1_u64, |noise, byte| noise.wrapping_mul(31).wrapping_add(u64::from(byte)));
    bytes.extend((0..BALLAST_BYTES).map(|_| {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (noise >> 56) as u8
    }));
    fs::write(&path, bytes).unwrap();
}

/// An archive with two case files of some heavy pages each.
fn heavy_desk() -> Desk {
    let desk = Desk::new();
    for (case, page) in [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)] {
        heavy_page(&desk, &format!("HS-{case}/{page}.png"), &format!("trang {case}{page}"));
    }
    desk.run_batch().expect(0);
    desk
}

/// Runs a command to its end, then as often as [`MOMENTS`] in a place of its own until it is killed, after another part of
/// that time; then looks.
fn kill_over_a_run(
    what: &str,
    place: &dyn Fn(&str) -> PathBuf,
    command: &dyn Fn(&Path) -> Command,
    look: &dyn Fn(&Path, &str),
) {
    let at = place("whole");
    let begun = Instant::now();
    run(&mut command(&at)).expect(0);
    let whole = begun.elapsed();
    let mut killed = 0;
    for moment in 1..=MOMENTS {
        let at = place(&moment.to_string());
        let mut child = command(&at).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // The moment is what is tried here, not a way to wait for something.
        std::thread::sleep(whole * moment / (MOMENTS + 1));
        killed += u32::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        look(&at, &format!("{what} killed at {moment}/{}", MOMENTS + 1));
    }
    say(&format!("{what}: killed {killed} times of {MOMENTS} while it ran\n"));
    assert!(killed > MOMENTS / 2, "{what}: killed {killed} times");
}

/// Names and digests of the storage root, without what is only noted beside the objects.
fn truth(archive: &Path) -> BTreeMap<PathBuf, String> {
    let files = tree(&archive.join("ocfl")).into_iter();
    files.filter(|(path, _)| !path.to_string_lossy().contains("/logs/")).collect()
}

fn copy_of(archive: &Path, to: &Path) {
    tool("cp", ["-a".as_ref(), archive.as_os_str(), to.as_os_str()]);
}

/// rocfl finds nothing wrong but what stands between two steps of storing a second version until the archive is next opened for work: its
/// folder before the inventory that names it, the inventory before its checksum. No file system makes two renames one.
fn assert_rocfl_accepts_between_steps(root: &Path) {
    let said = run(Command::new(from_dev("tools/bin/rocfl")).arg("-r").arg(root).arg("validate"));
    let is_step =
        |line: &&str| line.ends_with("Unexpected file in object root: v2") || line.contains("[E060]");
    let found = said.out.lines().filter(|line| line.contains("[E") || line.contains("[W"));
    let wrong: Vec<&str> = found.filter(|line| !is_step(line)).collect();
    assert!(wrong.is_empty() && said.out.contains("Total objects:   2"), "rocfl: {}", said.all());
}

fn assert_no_lock(archive: &Path) {
    tool("flock", ["-n".as_ref(), archive.join("work/locks/writer.lock").as_os_str(), "true".as_ref()]);
}

#[test]
fn a_correction_that_is_killed_leaves_the_old_version_or_the_new() {
    let desk = heavy_desk();
    for case in [1, 2] {
        heavy_page(&desk, &format!("HS-{case}/4.png"), &format!("trang bổ sung {case}"));
    }
    let before = truth(&desk.archive);
    let correct = |archive: &Path| {
        let mut command = hoso_command();
        command.args([
            "batch",
            "run",
            "--json",
            "--secrecy",
            "thuong",
            "--correct",
            "bổ sung",
            "--by",
            "Trần B",
        ]);
        command.arg("--archive").arg(archive).arg(&desk.batch);
        command
    };
    let place = |name: &str| {
        let to = desk.path(name);
        copy_of(&desk.archive, &to);
        to
    };
    kill_over_a_run("correction", &place, &correct, &|archive, what| {
        assert_rocfl_accepts_between_steps(&archive.join("ocfl"));
        assert_no_lock(archive);
        run(&mut correct(archive)).expect(0);
        assert_valid_ocfl(&archive.join("ocfl"));
        hoso(["verify".as_ref(), archive.as_os_str()]).expect(0);
        let now = truth(archive);
        // The pair in an object's root is that of its latest version; all else of the first stands as it was.
        let is_of_root = |path: &Path| !path.components().any(|part| part.as_os_str() == "v1");
        for (path, digest) in before.iter().filter(|(path, _)| !is_of_root(path)) {
            assert_eq!(now.get(path), Some(digest), "{what}: {}", path.display());
        }
        let versions = now.keys().filter(|path| path.ends_with("v2/inventory.json")).count();
        assert_eq!(versions, 2, "{what}");
        assert!(!now.keys().any(|path| path.ends_with("v3/inventory.json")), "{what}");
    });
}

#[test]
fn a_repair_that_is_killed_takes_no_byte_away() {
    let desk = heavy_desk();
    let replica = desk.path("bản sao");
    let mut replicate = hoso_command();
    replicate.args(["archive", "replicate", "--archive"]).arg(&desk.archive).arg(&replica);
    run(&mut replicate).expect(0);
    let whole = truth(&desk.archive);
    let masters = files_below(&desk.archive.join("ocfl")).into_iter();
    let masters: Vec<_> = masters.filter(|path| path.to_string_lossy().contains("/rep2/data/")).collect();
    assert_eq!(masters.len(), 6);
    for (no, master) in masters.iter().enumerate() {
        fs::write(master, format!("hỏng {no}")).unwrap();
    }
    let damaged = truth(&desk.archive);
    let place = |name: &str| {
        let to = desk.path(name);
        copy_of(&desk.archive, &to);
        to
    };
    let repair = |archive: &Path| {
        let mut command = hoso_command();
        command.args(["archive", "repair", "--archive"]).arg(archive).arg("--from").arg(&replica);
        command
    };
    kill_over_a_run("repair", &place, &repair, &|archive, what| {
        for (path, digest) in truth(archive) {
            let known = [whole.get(&path), damaged.get(&path)];
            assert!(known.contains(&Some(&digest)), "{what}: {}", path.display());
        }
        assert_no_lock(archive);
        run(&mut repair(archive)).expect(0);
        assert_eq!(truth(archive), whole, "{what}");
        assert_valid_ocfl(&archive.join("ocfl"));
        let aside: Vec<_> = files_below(&archive.join("work/quarantine"))
            .iter()
            .map(|path| fs::read(path).unwrap())
            .collect();
        for no in 0..masters.len() {
            let bytes = format!("hỏng {no}").into_bytes();
            assert!(aside.contains(&bytes), "{what}: what was damaged is gone: {no}");
        }
    });
    assert_eq!(truth(&replica), whole, "the replica is only read");
}

#[test]
fn a_restore_that_is_killed_appears_whole_or_not_at_all() {
    let desk = heavy_desk();
    let (repository, password) = (desk.path("sao lưu"), desk.path("mk"));
    fs::write(&password, "mật khẩu sao lưu thử\n").unwrap();
    fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
    let mut backup = hoso_command();
    backup.args(["archive", "backup", "--new", "--to"]).arg(&repository).arg("--archive").arg(&desk.archive);
    run(backup.arg("--password-file").arg(&password)).expect(0);
    let whole = truth(&desk.archive);
    let restore = |to: &Path| {
        let mut command = hoso_command();
        command.args(["archive", "restore", "--from"]).arg(&repository).arg("--to").arg(to);
        command.arg("--password-file").arg(&password);
        command
    };
    let place = |name: &str| desk.path(&format!("phục hồi {name}"));
    kill_over_a_run("restore", &place, &restore, &|to, what| {
        if !to.exists() {
            run(&mut restore(to)).expect(0);
        }
        assert_eq!(truth(to), whole, "{what}");
        assert_valid_ocfl(&to.join("ocfl"));
        let of_this = |entry: &fs::DirEntry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.starts_with(".tmp-restore-") && name.ends_with(to.file_name().unwrap().to_str().unwrap())
        };
        let left = fs::read_dir(to.parent().unwrap()).unwrap().map(Result::unwrap).find(of_this);
        assert!(left.is_none(), "{what}: {left:?}");
    });
}

#[test]
fn an_import_that_is_killed_is_run_again() {
    let desk = heavy_desk();
    let anchor = desk.archive.join("keys/trial-ca.pem");
    let place = |name: &str| {
        let other = desk.path(&format!("kho {name}"));
        init(&other);
        other
    };
    let import = |into: &Path| {
        let mut command = hoso_command();
        command.arg("import").arg(&desk.archive).arg("--archive").arg(into).arg("--anchor").arg(&anchor);
        command
    };
    let whole = truth(&desk.archive);
    kill_over_a_run("import", &place, &import, &|archive, what| {
        // What came in is whole; its entry in the log may be missing until the import is run again.
        let said = hoso(["verify".as_ref(), "--json".as_ref(), archive.as_os_str()]);
        assert!(said.of_type("verified").iter().all(|case| case["good"] == true), "{what}: {}", said.all());
        let missing = said.of_type("log-finding");
        assert!(missing.iter().all(|found| found["code"] == "version-not-logged"), "{what}: {}", said.all());
        said.expect(if missing.is_empty() { 0 } else { 7 });
        assert_rocfl_accepts(&archive.join("ocfl"));
        assert_no_lock(archive);
        run(&mut import(archive)).expect(0);
        assert_eq!(truth(archive), whole, "{what}");
        assert_valid_ocfl(&archive.join("ocfl"));
        hoso(["verify".as_ref(), archive.as_os_str()]).expect(0);
        let mut search = hoso_command();
        search.args(["search", "--json", "trang", "--archive"]).arg(archive);
        assert_eq!(run(&mut search).of_type("hit").len(), 6, "{what}");
    });
}
