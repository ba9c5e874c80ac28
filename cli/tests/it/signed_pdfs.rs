//! Signatures in searchable PDFs, stored and on copies that leave, before the judges of other people: pyHanko (trusted, offline, now
//! and after the signers' certificates expired), pdfsig, qpdf, openssl, veraPDF, sha256sum.

use crate::packages::assert_is_package;
use crate::provided::{from_dev, workspace};
use crate::stamps::{ask, authority, nobody};
use crate::support::{Desk, Said, files_below, hoso_command, run, tool};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const COUNTER: &str = "Trần Thị B, thủ kho";
const DAYS: i64 = 86_400;

/// What pyHanko says of each signature: trusted and whole, nothing changed behind it.
fn pyhanko(root: &Path, files: &[PathBuf]) -> Vec<bool> {
    let mut judge = Command::new(from_dev("pki-venv/bin/python"));
    judge.arg(workspace().join("seal/tests/pyhanko_judge.py")).arg(root).arg(date(0)).args(files);
    let said = run(&mut judge).expect(0);
    said.out.lines().map(|line| line.ends_with("\tTrue")).collect()
}

/// How many signatures its command line trusts at a moment, offline, by what is in the file.
fn trusted_at(root: &Path, file: &Path, at: &str) -> usize {
    let mut judge = Command::new(from_dev("pki-venv/bin/pyhanko"));
    judge.args(["sign", "adesverify", "--trust-replace", "--trust"]).arg(root);
    run(judge.args(["--validation-time", at]).arg(file)).all().matches(":INTACT:TRUSTED").count()
}

pub(crate) fn date(days: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    let at = tool("date", ["-u", "-d", &format!("@{}", now + days * DAYS), "+%Y-%m-%dT%H:%M:%S+00:00"]);
    at.trim().to_owned()
}

fn valid_for_pdfsig(file: &Path) -> usize {
    tool("pdfsig", ["-nocert".as_ref(), file.as_os_str()]).matches("Signature is Valid.").count()
}

/// qpdf finds nothing wrong, and veraPDF PDF/A-2b.
fn assert_sound(files: &[PathBuf]) {
    for file in files {
        let said = tool("qpdf", ["--check".as_ref(), file.as_os_str()]);
        assert!(said.contains("No syntax or stream encoding errors"), "{said}");
    }
    let mut verapdf = Command::new(from_dev("verapdf/verapdf"));
    let said = run(verapdf.args(["--format", "text", "--flavour", "2b"]).args(files));
    assert_eq!(said.out.matches("PASS ").count(), files.len(), "{}", said.all());
}

fn pdf_of(package: &Path) -> PathBuf {
    files_below(&package.join("representations/rep1/data")).remove(0)
}

/// An archive with case files of a page each.
pub(crate) fn with_pages(codes: &[&str]) -> Desk {
    let desk = Desk::new();
    for code in codes {
        desk.page(&format!("{code}/a.png"), &format!("hồ sơ {code}"));
    }
    desk.run_batch().expect(0);
    desk
}

fn seal(desk: &Desk, more: &[&str]) -> Said {
    desk.hoso(&[&["seal", "--reviewed", "--json"], more].concat())
}

#[test]
fn stored_pdfs_are_signed_where_the_unit_wants_it() {
    let desk = with_pages(&["HS-1", "HS-2", "HS-3"]);
    desk.hoso(&["key", "trial", "--officer-name", "Lê Văn C"]).expect(0);
    for code in ["HS-1", "HS-2", "HS-3"] {
        desk.hoso(&["case", "review", code, "--by", COUNTER, "--pages-on-paper", "1"]).expect(0);
    }
    let before = fs::read(pdf_of(&desk.export("HS-1", "trước"))).unwrap();
    // A red seal, as a picture with a transparent ground.
    let picture = desk.archive.join("keys/dau.png");
    tool(
        "convert",
        [
            "-size",
            "300x300",
            "xc:none",
            "-fill",
            "none",
            "-stroke",
            "#d00000",
            "-strokewidth",
            "24",
            "-draw",
            "circle 150,150 150,20",
            picture.to_str().unwrap(),
        ],
    );
    let config = desk.archive.join("hoso.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}\n[seal]\npdf = \"both\"\npicture = \"keys/dau.png\"\n")).unwrap();
    let said = desk.hoso(&["seal", "HS-1", "--json"]).expect(0);
    let package = assert_is_package(&desk, "HS-1", "gói");
    let signed = pdf_of(&package);
    let bytes = fs::read(&signed).unwrap();
    assert!(bytes.starts_with(&before) && bytes.len() > before.len(), "only appended");
    let told = &said.of_type("sealed")[0];
    assert_eq!((&told["pdfs_signed"], &told["bytes_stored_again"]), (&1.into(), &bytes.len().into()));
    assert_eq!(said.of_type("seal-summary")[0]["signatures"], 1, "of manifests");
    // Both signatures, by everybody; the lists name what is there.
    let root = desk.archive.join("keys/trusted.pem");
    assert_eq!(
        (pyhanko(&root, std::slice::from_ref(&signed)), valid_for_pdfsig(&signed)),
        (vec![true; 2], 2)
    );
    assert_sound(std::slice::from_ref(&signed));
    let digest = tool("sha256sum", [&signed])[..64].to_owned();
    let listed =
        fs::read_to_string(package.join("representations/rep1/metadata/preservation/PREMIS_rep1.xml"));
    let listed = listed.unwrap();
    assert!(listed.contains(&digest) && listed.contains(&format!("<size>{}<", bytes.len())), "{listed}");
    assert_eq!(listed.matches("linkingEventIdentifierValue").count(), 6, "made, hashed, signed: {listed}");
    let mut sums = Command::new("sha256sum");
    run(sums.args(["-c", "--strict", "--quiet", "seal/manifest-sha256.txt"]).current_dir(&package)).expect(0);
    // The seal is seen at the upper right.
    tool(
        "pdftoppm",
        ["-r", "72", "-f", "1", "-l", "1", signed.to_str().unwrap(), desk.path("trang").to_str().unwrap()],
    );
    let page = files_below(desk.scratch.path())
        .into_iter()
        .find(|file| file.extension().is_some_and(|e| e == "ppm"));
    let red = tool(
        "convert",
        [
            page.unwrap().to_str().unwrap(),
            "-gravity",
            "NorthEast",
            "-crop",
            "50%x50%+0+0",
            "+repage",
            "-fuzz",
            "25%",
            "-fill",
            "white",
            "+opaque",
            "#d00000",
            "-fill",
            "black",
            "-opaque",
            "#d00000",
            "-format",
            "%[fx:(1-mean)*w*h]",
            "info:",
        ],
    );
    assert!(red.trim().parse::<f64>().unwrap() > 50.0, "red pixels at the upper right: {red}");

    // A batch: one signature of each key over it, and those in the PDFs; the second preparation gives the same bytes.
    let said = seal(&desk, &["--granularity", "batch", "--pdf", "agency"]).expect(0);
    let summary = &said.of_type("seal-summary")[0];
    assert_eq!((&summary["signatures"], &summary["pdfs_signed"]), (&1.into(), &2.into()), "{}", said.all());
    let signed = ["HS-2", "HS-3"].map(|code| pdf_of(&desk.export(code, code)));
    assert_eq!(pyhanko(&root, &signed), [true, true]);
    assert_eq!(run(hoso_command().arg("verify").arg(&desk.archive)).exit, 0);
    desk.hoso(&["archive", "check"]).expect(0);
    desk.assert_valid_ocfl();
    assert_eq!(seal(&desk, &[]).expect(0).of_type("sealed").len(), 0, "nothing is left");
}

#[test]
fn a_pdf_that_was_changed_is_not_signed_and_others_are() {
    let desk = with_pages(&["HS-1", "HS-2"]);
    desk.hoso(&["key", "trial"]).expect(0);
    for code in ["HS-1", "HS-2"] {
        desk.hoso(&["case", "review", code, "--by", COUNTER, "--pages-on-paper", "1"]).expect(0);
    }
    let pdfs = files_below(&desk.archive.join("ocfl")).into_iter();
    let mut pdfs = pdfs.filter(|file| file.extension().is_some_and(|ending| ending == "pdf"));
    let place = pdfs.find(|file| file.to_string_lossy().contains("HS-1")).unwrap();
    let mut bytes = fs::read(&place).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&place, bytes).unwrap();
    let said = seal(&desk, &["--pdf", "agency"]).expect(1);
    let sealed: Vec<_> = said.of_type("sealed").iter().map(|line| line["case"].clone()).collect();
    assert_eq!(sealed, ["HS-2"]);
    assert!(said.of_type("not-sealed")[0]["reason"].as_str().unwrap().contains(".pdf"), "{}", said.all());
    desk.hoso(&["key", "list"]).expect(0);
}

#[test]
fn after_a_correction_what_changed_is_signed_anew_and_nothing_twice() {
    let desk = Desk::new();
    desk.page("HS-1/a/1.png", "trang một");
    desk.page("HS-1/b/1.png", "cáo trạng truy tố bị can");
    desk.run_batch().expect(0);
    desk.hoso(&["key", "trial", "--officer-name", "Lê Văn C"]).expect(0);
    let review = |pages: &str| {
        desk.hoso(&["case", "review", "HS-1", "--by", COUNTER, "--pages-on-paper", pages]).expect(0);
    };
    let pdfs = |name: &str| -> Vec<Vec<u8>> {
        let package = desk.export("HS-1", name);
        let files = files_below(&package.join("representations/rep1/data"));
        files.iter().map(|file| fs::read(file).unwrap()).collect()
    };
    let signatures = |pdf: &[u8]| {
        let file = desk.path("một.pdf");
        fs::write(&file, pdf).unwrap();
        valid_for_pdfsig(&file)
    };
    review("2");
    let said = seal(&desk, &["--pdf", "agency"]).expect(0);
    assert_eq!(said.of_type("sealed")[0]["pdfs_signed"], 2, "{}", said.all());
    assert_eq!(said.of_type("sealed")[0]["passed_over"], serde_json::json!([]));
    let first = pdfs("bản 2");
    assert_eq!(first.iter().map(|pdf| signatures(pdf)).collect::<Vec<_>>(), [1, 1]);
    // A page more for the second document; of the first nothing changed.
    desk.page("HS-1/b/2.png", "trang hai bổ sung");
    let why = ["--correct", "quét bổ sung", "--by", "Trần Thị B, lưu trữ viên"];
    run(desk.batch_command().args(why)).expect(0);
    let fresh = pdfs("bản 3");
    assert_eq!(fresh[0], first[0], "kept as it was signed");
    assert!(!fresh[1].windows(10).any(|bytes| bytes == b"/ByteRange"), "made anew");
    review("3");
    let said = seal(&desk, &["--pdf", "agency"]).expect(0);
    let sealed = &said.of_type("sealed")[0];
    assert_eq!(sealed["pdfs_signed"], 1, "{}", said.all());
    assert_eq!(
        (&sealed["passed_over"][0]["reason"], &sealed["passed_over"][0]["document"]),
        (&"signed-before".into(), &1.into())
    );
    let second = pdfs("bản 4");
    assert_eq!(second[0], first[0], "not signed twice");
    assert!(second[1].starts_with(&fresh[1]) && !second[1].starts_with(&first[1]));
    assert_eq!(second.iter().map(|pdf| signatures(pdf)).collect::<Vec<_>>(), [1, 1]);
    // Another key signs beside it.
    fs::remove_file(desk.batch.join("HS-1/b/2.png")).unwrap();
    run(desk.batch_command().args(why).arg("--may-remove")).expect(0);
    review("2");
    let said = seal(&desk, &["--pdf", "both"]).expect(0);
    assert_eq!(said.of_type("sealed")[0]["pdfs_signed"], 2, "{}", said.all());
    let third = pdfs("bản 6");
    assert!(third[0].starts_with(&first[0]));
    assert_eq!(third.iter().map(|pdf| signatures(pdf)).collect::<Vec<_>>(), [2, 2]);
    run(hoso_command().arg("verify").arg(&desk.archive)).expect(0);
    desk.assert_valid_ocfl();
}

#[test]
fn pdfs_in_volumes_are_signed_too() {
    for granularity in ["case", "batch"] {
        let desk = Desk::of_short_volumes();
        desk.documents(1..=6);
        desk.run_batch().expect(0);
        desk.hoso(&["key", "trial", "--officer-name", "Lê Văn C"]).expect(0);
        desk.hoso(&["case", "review", "HS-1", "--by", COUNTER, "--pages-on-paper", "12"]).expect(0);
        let said = seal(&desk, &["--pdf", "agency", "--granularity", granularity]).expect(0);
        let summary = &said.of_type("seal-summary")[0];
        let signatures = if granularity == "batch" { 1 } else { 4 };
        assert_eq!(
            (&summary["pdfs_signed"], &summary["signatures"]),
            (&6.into(), &signatures.into()),
            "{}",
            said.all()
        );
        let out = desk.export("HS-1", "ra");
        let mut pdfs = files_below(&out);
        pdfs.retain(|file| file.to_string_lossy().contains("/rep1/data/"));
        assert_eq!(pdfs.len(), 6);
        for pdf in &pdfs {
            assert_eq!(valid_for_pdfsig(pdf), 1, "{pdf:?}");
        }
        assert_eq!(pyhanko(&desk.archive.join("keys/trusted.pem"), &pdfs), [true; 6]);
        for package in fs::read_dir(&out).unwrap() {
            let mut sums = Command::new("sha256sum");
            sums.args(["-c", "--strict", "--quiet", "seal/manifest-sha256.txt"]);
            run(sums.current_dir(package.unwrap().path())).expect(0);
        }
        run(hoso_command().arg("verify").arg(&desk.archive)).expect(0);
        desk.hoso(&["archive", "check"]).expect(0);
        desk.assert_valid_ocfl();
        assert_eq!(desk.find(11).0, 11);
        assert_eq!(seal(&desk, &[]).expect(0).of_type("sealed").len(), 0, "nothing is left");
        // What a volume holds is not changed behind the seal of its case file.
        let objects = files_below(&desk.archive.join("ocfl"));
        let is_signed = |file: &&PathBuf| {
            let path = file.to_string_lossy();
            path.contains("tap-02/v2/content/") && path.ends_with(".pdf")
        };
        let signed = objects.iter().find(is_signed).expect("a signed PDF in the second volume");
        let mut bytes = fs::read(signed).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(signed, bytes).unwrap();
        run(hoso_command().arg("verify").arg(&desk.archive)).expect(7);
    }
}

/// Keys of an officer and of the agency, valid for 300 days, under the authority in `pki`, whose list they name.
pub(crate) fn make_keys(desk: &Desk, pki: &Path, list: &str) {
    let openssl = |args: &str| {
        run(Command::new("openssl").args(args.split(' ')).current_dir(pki)).expect(0);
    };
    let mut config = fs::read_to_string(desk.archive.join("hoso.toml")).unwrap();
    fs::write(
        pki.join("signer.ext"),
        format!("basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\ncrlDistributionPoints=URI:{list}\n"),
    )
    .unwrap();
    for (name, role) in [("vien-truong", "officer"), ("co-quan", "agency")] {
        openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr -subj /C=VN/CN={name}"
        ));
        openssl(&format!(
            "x509 -req -in {name}.csr -CA root.pem -CAkey root.key -CAcreateserial -days 300 -sha256 -extfile signer.ext -out {name}.pem"
        ));
        let p12 = desk.archive.join(format!("keys/{name}.p12"));
        openssl(&format!(
            "pkcs12 -export -inkey {name}.key -in {name}.pem -passout pass:mat-khau -out {}",
            p12.display()
        ));
        let secret = desk.archive.join(format!("keys/{name}.password"));
        fs::write(&secret, "mat-khau\n").unwrap();
        tool("chmod", ["600".as_ref(), secret.as_os_str()]);
        config += &format!(
            "\n[keys.{name}]\nrole = \"{role}\"\nkind = \"pkcs12\"\npath = \"keys/{name}.p12\"\nsecret_file = \"keys/{name}.password\"\n"
        );
    }
    fs::write(desk.archive.join("hoso.toml"), config).unwrap();
    fs::write(pki.join("index.txt"), "").unwrap();
    fs::write(
        pki.join("ca.cnf"),
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=2500\ncrlnumber=crl.no\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid:always\n",
    )
    .unwrap();
    fs::write(pki.join("crl.no"), "01").unwrap();
}

/// A folder for a court whose reader has certificates and lists in a folder of their own.
fn what_lists_say_reaches_a_court(desk: &Desk, pki: &Path) {
    desk.hoso(&["case", "review", "HS-1", "--by", COUNTER, "--pages-on-paper", "2"]).expect(0);
    desk.hoso(&["seal", "HS-1", "--officer", "vien-truong", "--agency", "co-quan"]).expect(0);
    let (kit, own) = (desk.path("tòa án"), desk.path("tin cậy"));
    desk.hoso(&["case", "export", "HS-1", "--profile", "court", "--out", kit.to_str().unwrap()]).expect(0);
    fs::create_dir(&own).unwrap();
    fs::copy(pki.join("root.pem"), own.join("goc.pem")).unwrap();
    let verify = |report: &str| {
        let mut command = hoso_command();
        command.args(["verify", "--lang", "en", "--report"]).arg(desk.path(report)).arg("--anchor").arg(&own);
        let said = run(command.arg("--log-key").arg(desk.archive.join("keys/log.vkey")).arg(&kit));
        (said.exit, said.all() + &fs::read_to_string(desk.path(report)).unwrap())
    };
    let list = |name: &str| fs::copy(pki.join("root.crl"), own.join(name)).unwrap();
    // As somebody saved it: without the last line break.
    let saved = desk.path("gốc đã lưu.pem");
    fs::write(&saved, fs::read_to_string(pki.join("root.pem")).unwrap().trim_end()).unwrap();
    let stock = |exit| {
        run(Command::new("sh").arg(kit.join("verify.sh")).arg(&saved)).expect(exit);
        let mut checker = Command::new("python3");
        checker.arg(workspace().join("docs/court-kit/kiem_tra.py")).arg("--root").arg(pki.join("root.pem"));
        run(checker.arg(&kit)).expect(exit);
    };
    // The list in the folder is enough for all of them, as long as it is what its issuer signed.
    let (exit, said) = verify("0.html");
    assert!(exit == 0 && said.contains("not revoked, as of"), "{said}");
    stock(0);
    let lists = files_below(&kit.join("proof/revocation"));
    let [kept] = &lists[..] else { panic!("{lists:?}") };
    let bytes = fs::read(kept).unwrap();
    let mut bent = bytes.clone();
    *bent.last_mut().unwrap() ^= 1;
    fs::write(kept, bent).unwrap();
    let (exit, said) = verify("1.html");
    assert!(exit != 0 && said.contains("revocation unknown"), "{said}");
    stock(3);
    list("a.crl");
    let (exit, said) = verify("2.html");
    assert!(
        exit == 0 && said.contains("not revoked, as of") && !said.contains("Revocation: not checked"),
        "{said}"
    );
    for args in [
        &["ca", "-config", "ca.cnf", "-revoke", "co-quan.pem", "-keyfile", "root.key", "-cert", "root.pem"][..],
        &[
            "ca", "-config", "ca.cnf", "-gencrl", "-keyfile", "root.key", "-cert", "root.pem", "-out",
            "root.crl",
        ],
    ] {
        run(Command::new("openssl").args(args).current_dir(pki)).expect(0);
    }
    // What the reader knows is not hidden by an older list in the folder, which is still in force.
    fs::write(kept, bytes).unwrap();
    list("b.crl");
    let (exit, said) = verify("3.html");
    assert!(exit == 7 && said.contains("revoked at"), "{said}");
}

#[test]
fn copies_that_leave_are_signed_up_to_lta_and_outlive_the_certificates() {
    let desk = Desk::new();
    desk.page("HS-1/a.png", "bị can khai nhận");
    desk.page("HS-1/thư mục/b.png", "cáo trạng truy tố");
    desk.run_batch().expect(0);
    let pki = desk.path("pki");
    let line = authority(&pki, "openssl");
    let list = line.url.replace("/tsa", "/root.crl");
    make_keys(&desk, &pki, &list);
    let root = pki.join("root.pem");
    let copies = |level: &str, folder: &str| {
        let to = desk.path(folder);
        desk.hoso(&[
            "case",
            "export",
            "HS-1",
            "--sign",
            level,
            "--agency",
            "co-quan",
            "--json",
            "--out",
            to.to_str().unwrap(),
        ])
    };
    let refused = |level: &str, exit: i32, words: &[&str]| {
        let said = copies(level, "không có").expect(exit).all();
        assert!(words.iter().all(|word| said.contains(word)), "{words:?} in {said}");
        assert!(!desk.path("không có").exists());
    };
    // What is missing is named, and nothing is left behind.
    refused("b-t", 1, &["no time-stamp authority", "time.authority"]);
    refused("b-b", 1, &["would not be accepted", "no path", "trust add"]);
    let why = ["--by", "Nguyễn Văn A", "--reason", "hợp đồng số 5"];
    desk.hoso(
        &[&["trust", "add", root.to_str().unwrap(), "--purpose", "sign", "--purpose", "tsa"][..], &why]
            .concat(),
    )
    .expect(0);
    let basic = copies("b-b", "b-b").expect(0);
    let told = &basic.of_type("exported")[0];
    assert_eq!((&told["level"], &told["copies"]), (&"b-b".into(), &told["copies"]));
    ask(&desk, &pki, &[&nobody()]);
    refused("b-t", 1, &["not reachable"]);
    ask(&desk, &pki, &[&nobody(), &line.url]);
    refused("b-lt", 1, &["CN=co-quan", &list, "trust fetch", "trust add-revocation"]);
    // Fetched where somebody asks for it, and only then.
    let keys = ["co-quan.pem", "vien-truong.pem", "root.pem"]
        .map(|name| pki.join(name).to_str().unwrap().to_owned());
    let fetch =
        |exit| desk.hoso(&["trust", "fetch", &keys[0], &keys[1], &keys[2], "--json"]).expect(exit).all();
    assert!(fetch(3).contains("404"));
    let gencrl = [
        "ca", "-config", "ca.cnf", "-gencrl", "-keyfile", "root.key", "-cert", "root.pem", "-out", "root.crl",
    ];
    run(Command::new("openssl").args(gencrl).current_dir(&pki)).expect(0);
    assert!(fetch(0).contains(&list));
    desk.hoso(&["case", "export", "HS-1", "--sign", "b-b", "--zip"]).expect(2);
    for option in ["--agency", "--agency-secret-file", "--officer-secret-file"] {
        let said = desk.hoso(&["case", "export", "HS-1", option, "x"]).expect(2);
        assert!(said.all().contains("--sign"), "{}", said.all());
    }
    desk.hoso(&["case", "export", "HS-1", "--sign", "b-b", "--profile", "bagit"]).expect(2);
    // One that answers, and not as it should, is passed over like one that is away.
    for kind in ["rubbish", "refuses", "other-data", "server-key", "other-key", "ahead"] {
        let bad = authority(&pki, kind);
        ask(&desk, &pki, &[&bad.url]);
        refused("b-t", 1, &[&bad.url]);
        ask(&desk, &pki, &[&bad.url, &line.url]);
        copies("b-t", &format!("sau {kind}")).expect(0);
    }
    ask(&desk, &pki, &[&nobody(), &line.url]);
    for level in ["b-t", "b-lt", "b-lta"] {
        copies(level, level).expect(0);
    }
    let with_officer = desk.path("hai chữ ký");
    let args = [
        "case",
        "export",
        "HS-1",
        "--sign",
        "b-lta",
        "--agency",
        "co-quan",
        "--officer",
        "vien-truong",
        "--json",
    ];
    desk.hoso(&[&args[..], &["--out", with_officer.to_str().unwrap()]].concat()).expect(0);

    let sealed = fs::read(pdf_of(&desk.export("HS-1", "gói"))).unwrap();
    let (mut all, later) = (Vec::new(), date(1000));
    for (folder, pyhanko_says, outlives) in
        [("b-b", 1, 0), ("b-t", 1, 0), ("b-lt", 1, 1), ("b-lta", 2, 1), ("hai chữ ký", 3, 2)]
    {
        let files = files_below(&desk.path(folder));
        assert_eq!(files.len() as u64, told["copies"].as_u64().unwrap());
        let file = files[0].clone();
        assert!(file.file_name().unwrap().to_str().unwrap().starts_with("HS-1.0"), "mã hồ sơ.STT: {file:?}");
        assert!(
            fs::read(&file).unwrap().starts_with(&sealed),
            "the sealed bytes, and signatures behind them"
        );
        assert_eq!(pyhanko(&root, std::slice::from_ref(&file)), vec![true; pyhanko_says], "{folder}");
        let of_people = if folder == "hai chữ ký" { 2 } else { 1 };
        assert_eq!(valid_for_pdfsig(&file), of_people, "{folder}");
        // After the certificates expired: by the command line of pyHanko, and by ours, offline.
        assert_eq!(trusted_at(&root, &file, &later), outlives, "{folder}");
        let ours =
            run(hoso_command().args(["verify", "--json", "--at", &later, "--anchor"]).arg(&root).arg(&file));
        let statuses = ours.of_type("pdf-signature");
        let passed =
            |line: &serde_json::Value| line["status"] == "TOTAL-PASSED" && line["kind"] != "time-stamp";
        assert_eq!(statuses.iter().filter(|line| passed(line)).count(), outlives, "{folder}: {}", ours.all());
        let now = run(hoso_command().args(["verify", "--anchor"]).arg(&root).arg(&file));
        // Without lists at hand and in the file, whether it was revoked is not known.
        assert_eq!(now.exit, if outlives > 0 { 0 } else { 3 }, "{folder}: {}", now.all());
        all.push(file);
    }
    assert_sound(&all);
    what_lists_say_reaches_a_court(&desk, &pki);
    // openssl alone: the signature of the first copy, over the bytes that its ByteRange names.
    let script = "import re,sys; b=open(sys.argv[1],'rb').read(); r=[int(n) for n in re.findall(rb'/ByteRange *\\[([^]]*)\\]',b)[0].split()]; open(sys.argv[2],'wb').write(b[:r[1]]+b[r[2]:r[2]+r[3]]); d=bytes.fromhex(b[r[1]+1:r[2]-1].decode()); n=int.from_bytes(d[2:4],'big')+4; open(sys.argv[3],'wb').write(d[:n])";
    let (content, p7s) = (desk.path("nội dung"), desk.path("chữ ký.p7s"));
    tool(
        "python3",
        ["-c".as_ref(), script.as_ref(), all[0].as_os_str(), content.as_os_str(), p7s.as_os_str()],
    );
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
        "-in",
    ]);
    run(openssl.arg(&p7s).arg("-content").arg(&content).arg("-CAfile").arg(&root)).expect(0);
}

/// What `hoso.toml` asks of stored PDFs is reached when a case file is sealed, or it is not sealed, with the reason.
#[test]
fn stored_pdfs_reach_the_level_that_is_configured() {
    let desk = with_pages(&["HS-1", "HS-2", "HS-3"]);
    let pki = desk.path("pki");
    let line = authority(&pki, "openssl");
    make_keys(&desk, &pki, &line.url.replace("/tsa", "/root.crl"));
    let root = pki.join("root.pem");
    let why = ["--by", "Nguyễn Văn A", "--reason", "hợp đồng số 5"];
    desk.hoso(
        &[&["trust", "add", root.to_str().unwrap(), "--purpose", "sign", "--purpose", "tsa"][..], &why]
            .concat(),
    )
    .expect(0);
    for code in ["HS-1", "HS-2", "HS-3"] {
        desk.hoso(&["case", "review", code, "--by", COUNTER, "--pages-on-paper", "1"]).expect(0);
    }
    let toml = desk.archive.join("hoso.toml");
    let config = fs::read_to_string(&toml).unwrap();
    fs::write(&toml, format!("{config}\n[seal]\npdf = \"agency\"\npdf_level = \"b-lta\"\n")).unwrap();
    let keys = ["--officer", "vien-truong", "--agency", "co-quan"];
    let sealing = |code: &str, more: &[&str], exit| {
        desk.hoso(&[&["seal", code, "--json"], &keys[..], more].concat()).expect(exit)
    };
    let states = || {
        let listed = desk.hoso(&["case", "list", "--json"]).expect(0).of_type("case");
        listed.iter().map(|case| case["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let refused = |words: &[&str]| {
        let said = sealing("HS-1", &[], 1).all();
        assert!(words.iter().all(|word| said.contains(word)), "{words:?} in {said}");
        assert_eq!(states(), ["reviewed"; 3]);
    };
    refused(&["no time-stamp authority", "time.authority"]);
    ask(&desk, &pki, &[&nobody()]);
    refused(&["not reachable"]);
    ask(&desk, &pki, &[&line.url]);
    refused(&["CN=co-quan", "root.crl"]);
    let gencrl = [
        "ca", "-config", "ca.cnf", "-gencrl", "-keyfile", "root.key", "-cert", "root.pem", "-out", "root.crl",
    ];
    run(Command::new("openssl").args(gencrl).current_dir(&pki)).expect(0);
    desk.hoso(&["trust", "add-revocation", pki.join("root.crl").to_str().unwrap()]).expect(0);
    let unsigned = ["HS-1", "HS-2", "HS-3"]
        .map(|code| fs::read(pdf_of(&desk.export(code, &format!("trước {code}")))).unwrap());
    sealing("HS-1", &[], 0);
    // The order of the day goes before what is configured.
    sealing("HS-2", &["--pdf-level", "b-b", "--granularity", "batch"], 0);
    // Both keys, and a time stamp for each, under one seal of a batch.
    sealing("HS-3", &["--pdf", "both", "--pdf-level", "b-t", "--granularity", "batch"], 0);
    let stored = ["HS-1", "HS-2", "HS-3"].map(|code| pdf_of(&desk.export(code, &format!("sau {code}"))));
    let (later, own) = (date(1000), desk.path("gốc và danh sách.pem"));
    fs::write(&own, [fs::read(&root).unwrap(), fs::read(pki.join("root.crl")).unwrap()].concat()).unwrap();
    for (((file, before), signatures), outlives) in stored.iter().zip(unsigned).zip([2, 1, 2]).zip([1, 0, 0])
    {
        assert!(fs::read(file).unwrap().starts_with(&before), "signatures behind what was there");
        assert_eq!(pyhanko(&root, std::slice::from_ref(file)), vec![true; signatures], "{file:?}");
        assert_eq!(trusted_at(&root, file, &later), outlives, "{file:?}");
    }
    // What each signature proves of its own time: B-T does, B-B does not.
    for (file, proven) in stored[1..].iter().zip([&[false][..], &[true, true]]) {
        let said = run(hoso_command().args(["verify", "--json", "--anchor"]).arg(&own).arg(file)).expect(0);
        let found = said.of_type("pdf-signature");
        let of_each: Vec<_> = found.iter().map(|signature| !signature["proven"].is_null()).collect();
        assert_eq!(of_each, proven, "{}", said.all());
    }
    assert_sound(&stored);
    assert_eq!(states(), ["sealed"; 3]);
    run(hoso_command().arg("verify").arg(&desk.archive)).expect(0);
}

/// A seal by keys that live 300 days, looked at after three years: expired, unless a time stamp proves when it was made.
#[test]
fn a_seal_outlives_its_certificates_by_its_evidence_record() {
    let desk = with_pages(&["HS-1"]);
    let pki = desk.path("pki");
    let line = authority(&pki, "openssl");
    let list = line.url.replace("/tsa", "/root.crl");
    make_keys(&desk, &pki, &list);
    let why = ["--by", "Nguyễn Văn A", "--reason", "hợp đồng số 5"];
    let root = pki.join("root.pem");
    desk.hoso(&[&["trust", "add", root.to_str().unwrap()][..], &why].concat()).expect(0);
    let gencrl = [
        "ca", "-config", "ca.cnf", "-gencrl", "-keyfile", "root.key", "-cert", "root.pem", "-out", "root.crl",
    ];
    run(Command::new("openssl").args(gencrl).current_dir(&pki)).expect(0);
    let crl = pki.join("root.crl");
    desk.hoso(&["trust", "add-revocation", crl.to_str().unwrap()]).expect(0);
    desk.hoso(&["case", "review", "HS-1", "--by", COUNTER, "--pages-on-paper", "1"]).expect(0);
    desk.hoso(&["seal", "HS-1", "--officer", "vien-truong", "--agency", "co-quan"]).expect(0);
    let later = date(1000);
    let verify = |at: &str, exit| {
        let mut command = hoso_command();
        let said = run(command.args(["verify", "--json", "--at", at]).arg(&desk.archive)).expect(exit);
        let line = said.of_type("verified").into_iter().find(|line| line["name"] == "HS-1").unwrap();
        (line["signature"].as_str().unwrap().to_owned(), line["reason"].as_str().unwrap().to_owned())
    };
    assert_eq!(verify(&date(0), 0).0, "valid");
    assert_eq!(verify(&later, 7).0, "expired");
    ask(&desk, &pki, &[&line.url]);
    desk.hoso(&["stamp"]).expect(0);
    assert_eq!(verify(&date(0), 0).0, "valid");
    let (code, reason) = verify(&later, 0);
    assert_eq!(code, "valid-then");
    assert!(reason.contains("expired at") && reason.contains("after the proven time"), "{reason}");
    // A court that trusts the time-stamp authority comes to the same; one that does not, cannot.
    let kit = desk.path("tòa án");
    desk.hoso(&["case", "export", "HS-1", "--profile", "court", "--out", kit.to_str().unwrap()]).expect(0);
    let own = desk.path("của tòa.pem");
    fs::write(&own, [fs::read(&root).unwrap(), fs::read(&crl).unwrap()].concat()).unwrap();
    let court = |more: &[&str], exit| {
        let mut command = hoso_command();
        command.args(["verify", "--json", "--at", &later]).args(more).arg("--anchor").arg(&own);
        let said = run(command.arg(&kit)).expect(exit);
        let check = said.of_type("check").into_iter().find(|check| check["check"] == "signature").unwrap();
        (check["status"].as_str().unwrap().to_owned(), check["lines"].to_string())
    };
    let (status, lines) = court(&["--time-anchor", root.to_str().unwrap()], 0);
    assert!(status == "TOTAL-PASSED" && lines.contains("expired at"), "{lines}");
    let (status, lines) = court(&[], 7);
    assert!(status == "INDETERMINATE" && lines.contains("out of its time"), "{lines}");
}
