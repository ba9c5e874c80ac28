//! Seals whose signatures hold time stamps (CAdES B-T), before the judges of other people: openssl and pyHanko.

use crate::provided::{from_dev, workspace};
use crate::signed_pdfs::{COUNTER, date, make_keys, with_pages};
use crate::stamps::{ask, authority, nobody};
use crate::support::{hoso_command, run};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What openssl and pyHanko say of the seal of a package: a line of pyHanko's for each signer.
fn judged(package: &Path, root: &Path) -> Vec<String> {
    let seal = package.join("seal");
    let batch = seal.join("batch.txt");
    let content = if batch.is_file() { batch } else { seal.join("manifest-sha256.txt") };
    let p7s = seal.join("manifest.p7s");
    let mut openssl = Command::new("openssl");
    openssl.args([
        "cms",
        "-verify",
        "-binary",
        "-cades",
        "-inform",
        "DER",
        "-purpose",
        "any",
        "-out",
        "/dev/null",
    ]);
    run(openssl.arg("-in").arg(&p7s).arg("-content").arg(&content).arg("-CAfile").arg(root)).expect(0);
    let mut pyhanko = Command::new(from_dev("pki-venv/bin/python"));
    pyhanko.arg(workspace().join("cli/tests/it/timed_seal_judge.py")).arg(root).arg(content).arg(p7s);
    run(&mut pyhanko).expect(0).out.lines().map(str::to_owned).collect()
}

/// Nothing is sealed as long as nobody stamps; then each signature holds its time, of one case file or of a batch, and outlives its
/// certificate by that alone.
#[test]
fn signatures_of_a_seal_hold_their_own_time() {
    let codes = ["HS-1", "HS-2", "HS-3", "HS-4"];
    let desk = with_pages(&codes);
    let pki = desk.path("pki");
    let line = authority(&pki, "openssl");
    make_keys(&desk, &pki, &line.url.replace("/tsa", "/root.crl"));
    let root = pki.join("root.pem");
    let why = ["--by", "Nguyễn Văn A", "--reason", "hợp đồng số 5"];
    desk.hoso(&[&["trust", "add", root.to_str().unwrap()][..], &why].concat()).expect(0);
    let gencrl = [
        "ca", "-config", "ca.cnf", "-gencrl", "-keyfile", "root.key", "-cert", "root.pem", "-out", "root.crl",
    ];
    run(Command::new("openssl").args(gencrl).current_dir(&pki)).expect(0);
    desk.hoso(&["trust", "add-revocation", pki.join("root.crl").to_str().unwrap()]).expect(0);
    for code in codes {
        desk.hoso(&["case", "review", code, "--by", COUNTER, "--pages-on-paper", "1"]).expect(0);
    }
    let toml = desk.archive.join("hoso.toml");
    let config = fs::read_to_string(&toml).unwrap();
    fs::write(&toml, format!("{config}\n[seal]\nlevel = \"b-t\"\n")).unwrap();
    let seal = |codes: &[&str], more: &[&str], exit| {
        let keys = ["--officer", "vien-truong", "--agency", "co-quan", "--json"];
        desk.hoso(&[&["seal"], codes, &keys[..], more].concat()).expect(exit)
    };
    let refused = |words: &[&str]| {
        let said = seal(&["HS-1"], &[], 1).all();
        assert!(words.iter().all(|word| said.contains(word)), "{words:?} in {said}");
        let listed = desk.hoso(&["case", "list", "--json"]).expect(0).of_type("case");
        assert!(listed.iter().all(|case| case["state"] == "reviewed"), "{listed:?}");
    };
    refused(&["no time-stamp authority", "time.authority"]);
    ask(&desk, &pki, &[&nobody()]);
    refused(&["time stamp", "not reachable", "level b-b"]);
    let keys = ["--officer", "vien-truong", "--agency", "co-quan"];
    let told = desk.hoso(&[&["seal", "HS-1", "--lang", "vi"][..], &keys].concat()).expect(1).err;
    let once = told.matches("chưa niêm phong").count() == 1;
    assert!(once && told.contains("không lấy được dấu thời gian") && told.contains("mức b-b"), "{told}");
    // The first authority is away, the second one answers.
    ask(&desk, &pki, &[&nobody(), &line.url]);
    seal(&["HS-1"], &[], 0);
    seal(&["HS-2", "HS-3"], &["--granularity", "batch"], 0);
    seal(&["HS-4"], &["--level", "b-b"], 0);
    let own = desk.path("của tòa.pem");
    fs::write(&own, [fs::read(&root).unwrap(), fs::read(pki.join("root.crl")).unwrap()].concat()).unwrap();
    for (code, says, later) in [
        ("HS-1", "right timed", "valid-then"),
        ("HS-2", "right timed", "valid-then"),
        ("HS-3", "right timed", "valid-then"),
        ("HS-4", "right no-time", "expired"),
    ] {
        let package = desk.export(code, &format!("gói {code}"));
        assert_eq!(judged(&package, &root), [says; 2], "{code}");
        // A package has no evidence record beside it: what its signatures hold is all that proves their time.
        for (at, expected) in [(date(0), "valid"), (date(1000), later)] {
            let mut verify = hoso_command();
            verify.args(["verify", "--json", "--at", &at, "--anchor"]).arg(&own).arg(&package);
            let said = run(&mut verify);
            assert_eq!(said.of_type("verified")[0]["signature"], expected, "{code} at {at}: {}", said.all());
        }
        let kit = desk.path(&format!("tòa án {code}"));
        desk.hoso(&["case", "export", code, "--profile", "court", "--out", kit.to_str().unwrap()]).expect(0);
        let mut checker = Command::new("python3");
        checker.arg(workspace().join("docs/court-kit/kiem_tra.py")).arg("--root").arg(&root).arg(&kit);
        run(&mut checker).expect(0);
    }
    run(hoso_command().arg("verify").arg(&desk.archive)).expect(0);
}
