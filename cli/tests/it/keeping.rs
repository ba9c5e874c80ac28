//! `hoso archive check|repair|replicate` as people use them: exit codes, words, judges of other people, and kills.

use crate::support::{Desk, Said, assert_rocfl_accepts, files_below, hoso_command, run, say, tool};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// An archive with two case files of a page each.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.page("HS-1/a.png", "hồ sơ một");
    desk.page("HS-2/a.png", "hồ sơ hai");
    desk.run_batch().expect(0);
    desk
}

fn replicate(desk: &Desk, target: &Path) -> Said {
    let mut command = hoso_command();
    command.args(["archive", "replicate", "--json", "--archive"]).arg(&desk.archive).arg(target);
    run(&mut command)
}

fn repair(desk: &Desk, replica: &Path, more: &[&str]) -> Said {
    let mut command = hoso_command();
    command.args(["archive", "repair", "--archive"]).arg(&desk.archive).arg("--from").arg(replica).args(more);
    run(&mut command)
}

/// The one master of a case file.
fn master(desk: &Desk, code: &str) -> PathBuf {
    let of_case = |path: &&PathBuf| {
        let object = path.ancestors().find(|dir| dir.join("0=ocfl_object_1.1").is_file()).unwrap();
        let record = object.join("v1/content/metadata/other/case.json");
        fs::read_to_string(record).unwrap().contains(&format!("\"code\":\"{code}\""))
    };
    let files = files_below(&desk.archive.join("ocfl"));
    let mut masters = files.iter().filter(|path| path.to_string_lossy().contains("/rep2/data/"));
    masters.find(of_case).unwrap().clone()
}

fn truth(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = files_below(&root.join("ocfl"));
    let files = files.into_iter().filter(|path| !path.to_string_lossy().contains("/logs/"));
    files.map(|path| (path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap())).collect()
}

#[test]
fn a_check_says_good_signs_it_and_openssl_agrees() {
    let desk = desk();
    let said = desk.hoso(&["archive", "check", "--json"]).expect(0);
    let checked = said.of_type("checked");
    assert_eq!(checked.len(), 2, "{}", said.all());
    assert!(
        checked.iter().all(|case| case["good"] == true && case["signature"] == "valid"),
        "{}",
        said.all()
    );
    let summary = said.of_type("fixity-report").remove(0);
    assert_eq!((summary["verdict"].as_str(), summary["signed"].as_bool()), (Some("good"), Some(true)));
    let report = PathBuf::from(summary["report"].as_str().unwrap());
    assert!(report.starts_with(desk.archive.join("evidence/fixity")));
    let mut openssl: Vec<String> =
        ["cms", "-verify", "-binary", "-cades", "-inform", "DER", "-purpose", "any"]
            .map(str::to_owned)
            .to_vec();
    let package = report.parent().unwrap();
    for (flag, path) in [
        ("-in", package.join("seal/manifest.p7s")),
        ("-content", package.join("seal/manifest-sha256.txt")),
        ("-CAfile", desk.archive.join("keys/trial-ca.pem")),
        ("-out", "/dev/null".into()),
    ] {
        openssl.extend([flag.to_owned(), path.to_str().unwrap().to_owned()]);
    }
    tool("openssl", &openssl);
    let mut sums = std::process::Command::new("sha256sum");
    run(sums.args(["-c", "--strict", "seal/manifest-sha256.txt"]).current_dir(package)).expect(0);
    // Nothing is due; and each part of three is somewhere.
    let due = desk.hoso(&["archive", "check", "--json", "--due"]).expect(0);
    assert_eq!(due.of_type("fixity-report")[0]["verdict"], "nothing-checked");
    let parts = ["1/3", "2/3", "3/3"].map(|part| {
        desk.hoso(&["archive", "check", "--json", "--subset", part]).expect(0).of_type("checked").len()
    });
    assert_eq!(parts.iter().sum::<usize>(), 2, "{parts:?}");
    for wrong in ["0/3", "4/3", "x"] {
        desk.hoso(&["archive", "check", "--subset", wrong]).expect(2);
    }
    desk.hoso(&["archive", "check", "--since", "90"]).expect(2);
    desk.hoso(&["archive", "check", "--budget", "5 apples"]).expect(2);
    let one = desk.hoso(&["archive", "check", "--json", "--budget", "1kB"]).expect(0);
    assert_eq!(one.of_type("fixity-report")[0]["left"], 1, "{}", one.all());
}

#[test]
fn damage_is_exit_7_names_the_file_and_the_next_step_and_is_repaired() {
    let desk = desk();
    let replica = desk.path("bản sao");
    let said = replicate(&desk, &replica).expect(0);
    assert!(said.of_type("replicated").iter().all(|line| line["state"] == "copied"), "{}", said.all());
    let whole = truth(&desk.archive);
    assert_eq!(truth(&replica), whole);
    let master = master(&desk, "HS-2");
    let mut bytes = fs::read(&master).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&master, &bytes).unwrap();
    let said = desk.hoso(&["archive", "check"]).expect(7);
    for word in ["HS-2", "rep2/data/0001/0001.png", "hoso archive repair"] {
        assert!(said.all().contains(word), "{word}: {}", said.all());
    }
    assert!(!said.out.contains("HS-1"), "{}", said.all());
    let said = desk.hoso(&["archive", "check", "--lang", "vi"]).expect(7);
    for word in ["HƯ HỎNG", "khác bản đã lưu", "gợi ý"] {
        assert!(said.all().contains(word), "{word}: {}", said.all());
    }
    assert_eq!(desk.hoso(&["archive", "check", "--json"]).expect(7).of_type("fixity-report")[0]["broken"], 1);
    // A replica is told apart from the damage beside it.
    let said = replicate(&desk, &replica).expect(0);
    assert!(said.of_type("replicated").iter().all(|line| line["state"] == "same"), "{}", said.all());
    let said = repair(&desk, &replica, &["--json"]).expect(0);
    let mended = said.of_type("repaired").into_iter().filter(|line| line["mended"] != serde_json::json!([]));
    let mended: Vec<_> = mended.collect();
    assert_eq!(mended.len(), 1, "{}", said.all());
    let kept =
        desk.archive.join("work/quarantine").join(mended[0]["mended"][0]["quarantined"].as_str().unwrap());
    assert_eq!(fs::read(kept).unwrap(), bytes, "the damaged file is kept");
    assert_eq!(truth(&desk.archive), whole);
    desk.hoso(&["archive", "check"]).expect(0);
    desk.assert_valid_ocfl();
    // A replica that has nothing better to offer.
    fs::write(&master, "x").unwrap();
    let theirs = replica.join(master.strip_prefix(&desk.archive).unwrap());
    fs::write(&theirs, "lies").unwrap();
    let said = repair(&desk, &replica, &["HS-2"]).expect(7);
    assert!(said.all().contains("does not have the right bytes"), "{}", said.all());
    assert_eq!(fs::read(&master).unwrap(), b"x", "nothing was touched");
    // A damaged copy is not overwritten either, and a replica can be checked by itself.
    let said = run(hoso_command().args(["archive", "check", "--archive"]).arg(&replica)).expect(7);
    assert!(said.all().contains("not signed"), "{}", said.all());
    repair(&desk, &desk.path("nothing"), &[]).expect(4);
    replicate(&desk, &desk.archive.join("inside")).expect(2);
}

/// Bytes that a command had to fetch from the disk, as the kernel counts them (getrusage: `ru_inblock`, of 512 bytes).
const FETCHED: &str = "
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(512 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_inblock, done.returncode)
";

/// A check reads the disk, not what memory holds of it.
#[test]
fn a_check_fetches_every_byte_from_the_disk_again() {
    // A disk: in a file system in memory there is nothing to fetch.
    let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (archive, batch) = (scratch.path().join("kho"), scratch.path().join("lô 1"));
    fs::create_dir(&batch).unwrap();
    crate::support::init(&archive);
    let desk = Desk { scratch, archive, batch };
    let page = desk.page("HS-1/a.png", "hồ sơ một");
    let ballast: usize = 16 << 20;
    let bytes = [fs::read(&page).unwrap(), (0..ballast).map(|n| ((n * 2_654_435_761) >> 13) as u8).collect()]
        .concat();
    fs::write(&page, bytes).unwrap();
    desk.run_batch().expect(0);
    let fetched = |command: &std::process::Command| -> usize {
        let mut python = crate::support::equip(std::process::Command::new("python3"));
        let said = run(python.args(["-c", FETCHED]).arg(command.get_program()).args(command.get_args()));
        let (bytes, exit) = said.out.trim().split_once(' ').unwrap_or_else(|| panic!("{}", said.all()));
        assert_eq!(exit, "0", "{}", said.all());
        bytes.parse().unwrap()
    };
    let master = master(&desk, "HS-1");
    let mut cat = std::process::Command::new("cat");
    cat.arg(&master);
    fetched(&cat);
    assert_eq!(fetched(&cat), 0, "memory holds it now");
    let mut check = hoso_command();
    check.args(["archive", "check", "--archive"]).arg(&desk.archive);
    let bytes = fetched(&check);
    assert!(bytes >= ballast, "{bytes} bytes were fetched; is {} on a disk?", desk.archive.display());
}

#[test]
fn a_replicate_killed_again_and_again_ends_whole() {
    const MASTERS: u8 = 6;
    const BALLAST_BYTES: usize = 12 << 20;
    let desk = Desk::new();
    for case in 1..=3u8 {
        for n in 0..MASTERS {
            let page = desk.page(&format!("HS-{case}/{n}.png"), &format!("trang {case}{n}"));
            let mut bytes = fs::read(&page).unwrap();
            bytes.extend(vec![16 * case + n; BALLAST_BYTES]);
            fs::write(&page, bytes).unwrap();
        }
    }
    desk.run_batch().expect(0);
    let replica = desk.path("bản sao");
    let mut killed = 0;
    for round in 0u64..12 {
        let mut command = hoso_command();
        command.args(["archive", "replicate", "--archive"]).arg(&desk.archive).arg(&replica);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(15 + 65 * round));
        let was_running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        killed += u32::from(was_running);
        // What is there is whole, at every moment.
        if replica.join("ocfl").is_dir() {
            assert_rocfl_accepts(&replica.join("ocfl"));
        }
    }
    say(&format!("replicate: killed {killed} times while it ran\n"));
    assert!(killed > 2, "killed {killed} times");
    replicate(&desk, &replica).expect(0);
    assert_eq!(truth(&replica), truth(&desk.archive));
    run(hoso_command().args(["archive", "check", "--archive"]).arg(&replica)).expect(0);
    replicate(&desk, &replica).expect(0);
}
