//! The experimental second signature as people meet it: off, switched on, told, broken. A seal is what it is without it.

use crate::provided::{from_dev, workspace};
use crate::support::{Desk, Said, hoso_command, run};
use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

const SECOND: &str = "seal/manifest-ml-dsa.p7s";

/// Changes one byte near the end of a file.
fn flip(path: &Path) {
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let at = file.metadata().unwrap().len() - 9;
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 1], at).unwrap();
}

/// Whom a reader trusts: the authorities of the archive; with the certificate of the second signature, or without.
fn anchors(desk: &Desk, files: &[&str]) -> PathBuf {
    let pem: Vec<Vec<u8>> =
        files.iter().map(|file| fs::read(desk.archive.join("keys").join(file)).unwrap()).collect();
    let path = desk.path(&format!("gốc {}.pem", files.len()));
    fs::write(&path, pem.concat()).unwrap();
    path
}

fn verify(path: &Path, anchor: &Path, more: &[&str]) -> Said {
    run(hoso_command().arg("verify").arg(path).arg("--anchor").arg(anchor).args(more))
}

fn stock_openssl(package: &Path, anchor: &Path) -> i32 {
    let mut command = Command::new("openssl");
    command.args(["cms", "-verify", "-binary", "-cades", "-inform", "DER", "-purpose", "any", "-in"]);
    command.args([
        "seal/manifest.p7s",
        "-content",
        "seal/manifest-sha256.txt",
        "-out",
        "/dev/null",
        "-CAfile",
    ]);
    run(command.arg(anchor).current_dir(package)).exit
}

fn desk() -> Desk {
    let desk = Desk::new();
    for code in ["HS-1", "HS-2"] {
        desk.page(&format!("{code}/a.png"), &format!("hồ sơ {code}"));
    }
    desk.run_batch().expect(0);
    desk.hoso(&["key", "trial", "--officer-name", "Lê Văn C"]).expect(0);
    for code in ["HS-1", "HS-2"] {
        desk.hoso(&["case", "review", code, "--by", "Trần Thị B, thủ kho", "--pages-on-paper", "1"])
            .expect(0);
    }
    desk
}

#[test]
fn a_second_signature_is_told_and_decides_nothing() {
    let desk = desk();
    // Off, as long as nobody switches it on.
    desk.hoso(&["seal", "HS-1"]).expect(0);
    assert!(!desk.export("HS-1", "không có").join(SECOND).exists());
    let said = desk.hoso(&["key", "ml-dsa"]).expect(0).err;
    assert!(said.contains("EXPERIMENTAL") && said.contains("WITHOUT LEGAL VALUE"), "{said}");
    let again = desk.hoso(&["key", "ml-dsa"]).expect(6).err;
    assert!(again.contains("seal.ml_dsa"), "{again}");
    for file in ["ml-dsa.p12", "ml-dsa.password"] {
        let mode = fs::metadata(desk.archive.join("keys").join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    // In a batch, too, it is over the manifest of the case file.
    desk.hoso(&["seal", "HS-2", "--granularity", "batch"]).expect(0);

    let lines =
        run(hoso_command().args(["verify", "--json"]).arg(&desk.archive)).expect(0).of_type("verified");
    let of = |code: &str| lines.iter().find(|line| line["name"] == code).unwrap()["experimental"].clone();
    assert!(of("HS-1").is_null());
    assert_eq!(
        (of("HS-2")["signature"].clone(), of("HS-2")["algorithm"].clone()),
        ("valid".into(), "ML-DSA-65".into())
    );

    let package = desk.export("HS-2", "gói");
    let mut judge = Command::new(from_dev("pki-venv/bin/python"));
    judge.arg(workspace().join("seal/tests/it/ml_dsa_judge.py")).arg("verify");
    judge.arg(package.join("seal/manifest-sha256.txt")).arg(package.join(SECOND));
    let judged = run(judge.arg(desk.archive.join("keys/ml-dsa.pem"))).expect(0).out;
    assert_eq!(judged.trim(), "intact valid trusted");
    desk.assert_valid_ocfl();

    let authorities = anchors(&desk, &["trial-ca.pem", "trusted.pem"]);
    let all = anchors(&desk, &["trial-ca.pem", "trusted.pem", "ml-dsa.pem"]);
    let known = verify(&package, &all, &[]).expect(0).out;
    assert!(known.contains("second signature, ML-DSA (experimental): valid"), "{known}");
    let unknown = verify(&package, &authorities, &[]).expect(0).out;
    assert!(unknown.contains("(experimental): right, but nobody vouches"), "{unknown}");
    let alone = verify(&package, &desk.archive.join("keys/ml-dsa.pem"), &[]).expect(7).out;
    assert!(alone.contains("(experimental): valid"), "its certificate vouches for no seal: {alone}");

    // Broken: told, with an exit of its own, and refused by whoever takes packages in. The seal is what it was.
    flip(&package.join(SECOND));
    let broken = verify(&package, &all, &[]).expect(3);
    for part in ["? ", "the experimental second signature is broken", "≠ seal/manifest-ml-dsa.p7s"] {
        assert!(broken.out.contains(part), "{part} in {}", broken.all());
    }
    assert!(broken.err.contains("the seal does not hang on it"), "{}", broken.all());
    let line = verify(&package, &all, &["--json"]).expect(3).of_type("verified").remove(0);
    assert_eq!(
        (line["good"].clone(), line["experimental"]["signature"].clone()),
        (true.into(), "altered".into())
    );
    let other = Desk::new();
    other.hoso(&["import", package.to_str().unwrap(), "--anchor", all.to_str().unwrap()]).expect(7);
    // And a right one mends no seal.
    let package = desk.export("HS-2", "gói khác");
    flip(&package.join("seal/manifest.p7s"));
    let altered = verify(&package, &all, &[]).expect(7).out;
    assert!(altered.contains("(experimental): valid"), "{altered}");
}

#[test]
fn a_court_reads_the_seal_as_if_it_were_not_there() {
    let desk = desk();
    desk.hoso(&["key", "ml-dsa"]).expect(0);
    desk.hoso(&["seal", "HS-1"]).expect(0);
    let kit = desk.path("cho tòa án");
    desk.hoso(&["case", "export", "HS-1", "--profile", "court", "--out", kit.to_str().unwrap()]).expect(0);
    assert!(kit.join("data").join(SECOND).is_file());
    let authorities = anchors(&desk, &["trial-ca.pem", "trusted.pem"]);
    let all = anchors(&desk, &["trial-ca.pem", "trusted.pem", "ml-dsa.pem"]);
    assert_eq!(stock_openssl(&kit.join("data"), &authorities), 0);
    let checker = |anchor: &Path| {
        let mut command = Command::new("python3");
        command.arg(workspace().join("docs/court-kit/kiem_tra.py")).arg("--root").arg(anchor).arg(&kit);
        run(&mut command)
    };
    let script = || run(Command::new("sh").arg(kit.join("verify.sh")).arg(&authorities));
    let of_second = |said: &Said| {
        said.of_type("check")
            .into_iter()
            .find(|check| check["check"] == "ml-dsa")
            .expect("a check of its own")
    };
    let ours = || verify(&kit, &all, &["--json"]);
    let good = ours().expect(0);
    assert_eq!(of_second(&good)["status"], "TOTAL-PASSED");
    assert!(checker(&authorities).expect(0).out.contains("? ml-dsa: NOT-CHECKED"));
    assert!(script().expect(0).out.contains(SECOND));

    flip(&kit.join("data").join(SECOND));
    let broken = ours().expect(3);
    let check = of_second(&broken);
    assert_eq!(
        (check["status"].clone(), check["reason"].clone()),
        ("INDETERMINATE".into(), "altered".into())
    );
    assert_eq!(broken.of_type("verified")[0]["status"], "TOTAL-PASSED");
    assert!(checker(&authorities).expect(0).out.contains("? ml-dsa: NOT-CHECKED"));
}
