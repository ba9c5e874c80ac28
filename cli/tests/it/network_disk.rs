//! An archive on a network disk is refused unless somebody asks for it, and then works. The disk is a real mount that the
//! program has to take for one (FUSE, by bindfs, which knows neither renames without replacing nor reserved space), seen by
//! one command alone in a mount namespace of its own.

use crate::support::{Desk, HOSO, Said, assert_valid_ocfl, equip, files_below, hoso, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder that holds what lies on the network disk, and where that is mounted.
struct Share {
    holds: PathBuf,
    mount: PathBuf,
}

impl Share {
    fn of(desk: &Desk) -> Share {
        let share = Share { holds: desk.path("máy chủ"), mount: desk.path("đĩa mạng") };
        fs::create_dir(&share.holds).unwrap();
        fs::create_dir(&share.mount).unwrap();
        share
    }

    /// The program while the disk is mounted.
    fn hoso(&self, args: &[&str]) -> Said {
        let is_root = crate::support::tool("id", ["-u"]).trim() == "0";
        let script =
            "bindfs \"$1\" \"$2\" || exit 99; at=$2; shift 2; \"$@\"; said=$?; umount \"$at\"; exit $said";
        let mut command = equip(Command::new("unshare"));
        // Without root, as the root of a user namespace of its own.
        command.args([if is_root { "-m" } else { "-rm" }, "sh", "-c", script, "sh"]);
        let said = run(command.arg(&self.holds).arg(&self.mount).arg(HOSO).args(args));
        assert_ne!(said.exit, 99, "it needs /dev/fuse and a mount namespace: {}", said.all());
        said
    }

    fn at(&self, name: &str) -> String {
        self.mount.join(name).to_str().unwrap().to_owned()
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn an_archive_on_a_network_disk_is_made_when_asked_for_and_holds_what_it_stores() {
    let desk = Desk::new();
    desk.page("HS-1/a.png", "hồ sơ một");
    let share = Share::of(&desk);
    let archive = share.at("kho");
    for (lang, words) in [
        ("vi", ["nằm trên đĩa mạng", "gợi ý", "--on-network-disk"]),
        ("en", ["network", "hint", "[network_disk]"]),
    ] {
        let said = share.hoso(&["--lang", lang, "init", &archive]).expect(2);
        assert!(words.iter().all(|word| said.err.contains(word)), "{}", said.all());
    }
    assert!(!share.holds.join("kho/hoso.toml").exists() && !share.holds.join("kho/ocfl").exists());
    let said = share.hoso(&["--lang", "vi", "init", "--on-network-disk", &archive]).expect(0);
    assert!(said.err.contains("Không chắc chắn"), "{}", said.all());
    let batch = ["batch", "run", "--json", "--secrecy", "thuong", "--archive", &archive, text(&desk.batch)];
    let said = share.hoso(&batch).expect(0);
    assert_eq!(said.of_type("stored").len(), 1, "{}", said.all());
    share.hoso(&["archive", "check", "--archive", &archive]).expect(0);
    let said = share.hoso(&["doctor", "--lang", "en", "--archive", &archive]);
    assert!(said.out.contains("lies on a network disk"), "{}", said.all());
    // What came to lie on the server is an archive like any other.
    let there = share.holds.join("kho");
    assert_valid_ocfl(&there.join("ocfl"));
    hoso(["verify".as_ref(), there.as_os_str()]).expect(0);
    for folder in ["staging", "intent"] {
        assert!(files_below(&there.join("work").join(folder)).is_empty(), "{folder}");
    }
    // Whoever takes the word back is refused again, whatever lies there.
    let config = fs::read_to_string(there.join("hoso.toml")).unwrap();
    assert!(config.contains("[network_disk]\narchive = true\n"), "{config}");
    fs::write(there.join("hoso.toml"), config.replace("archive = true", "archive = false")).unwrap();
    desk.page("HS-2/a.png", "hồ sơ hai");
    let said = share.hoso(&batch).expect(2);
    assert!(said.of_type("error")[0]["message"].as_str().unwrap().contains("network"), "{}", said.all());
    share.hoso(&["archive", "check", "--archive", &archive]).expect(0);
}

#[test]
fn a_replica_goes_to_a_network_disk_when_asked_for() {
    let desk = Desk::with_two_case_files();
    let share = Share::of(&desk);
    let replica = share.at("bản sao");
    let replicate = ["--lang", "vi", "archive", "replicate", "--archive", text(&desk.archive), &replica];
    let said = share.hoso(&replicate).expect(2);
    for word in ["nằm trên đĩa mạng", "replicas = true"] {
        assert!(said.err.contains(word), "{}", said.all());
    }
    assert!(!share.holds.join("bản sao/ocfl").exists());
    let config = desk.archive.join("hoso.toml");
    let stated = fs::read_to_string(&config).unwrap() + "\n[network_disk]\nreplicas = true\n";
    fs::write(&config, stated).unwrap();
    let said = share.hoso(&replicate).expect(0);
    assert!(said.err.contains("Không chắc chắn"), "{}", said.all());
    share.hoso(&replicate).expect(0);
    assert_valid_ocfl(&share.holds.join("bản sao/ocfl"));
    hoso(["verify".as_ref(), share.holds.join("bản sao").as_os_str()]).expect(0);
    // The archive itself stays where it is: the one word does not stand for the other.
    let said = share.hoso(&["--lang", "vi", "init", &share.at("kho khác")]).expect(2);
    assert!(said.err.contains("nằm trên đĩa mạng"), "{}", said.all());
}
