//! Signatures that come in, `hoso verify FILE.pdf`, a single page, and whom the archive trusts. What is expected of the real papers
//! stands in what `pdfsig` says of them, and in that nobody here has their authority's certificate.

use crate::provided::{from_dev, sample};
use crate::support::*;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const REAL: &str = "real-vi/cong-van-574-2025.pdf";

/// What `pdfsig` says: common name, digest, and whether the signed bytes are right, for each signature.
fn pdfsig(file: &Path) -> Vec<(String, String, bool)> {
    let text = run(Command::new("pdfsig").arg("-nocert").arg(file)).out;
    let all = |what: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.trim().strip_prefix(what).map(str::to_owned)).collect()
    };
    let (names, digests) = (all("- Signer Certificate Common Name: "), all("- Signing Hash Algorithm: "));
    let right = all("- Signature Validation: ").into_iter().map(|word| word == "Signature is Valid.");
    names.into_iter().zip(digests).zip(right).map(|((name, digest), right)| (name, digest, right)).collect()
}

/// A byte of a scanned picture changed: it still opens everywhere.
fn bent(from: &Path, to: &Path) {
    let mut bytes = fs::read(from).unwrap();
    let at = bytes.len() / 3;
    bytes[at] ^= 1;
    fs::write(to, bytes).unwrap();
}

/// A PDF that lost its end, and with it its cross-references; the signatures lie before.
fn cut(from: &Path, to: &Path) {
    let bytes = fs::read(from).unwrap();
    fs::write(to, &bytes[..bytes.len() - 40]).unwrap();
}

#[test]
fn signatures_of_received_papers_are_judged_recorded_and_shown() {
    let desk = Desk::new();
    let folder = desk.batch.join("HS-ky");
    fs::create_dir(&folder).unwrap();
    let (real, altered, broken) = (folder.join("a.pdf"), folder.join("b.pdf"), folder.join("c.pdf"));
    fs::copy(sample(REAL), &real).unwrap();
    bent(&real, &altered);
    cut(&real, &broken);
    desk.page("HS-ky/d.png", "không có chữ ký");
    let judged = pdfsig(&real);
    assert!(judged.len() == 2 && judged.iter().all(|(_, _, right)| *right), "{judged:?}");
    assert!(pdfsig(&altered).iter().all(|(_, _, right)| !right));

    // A paper whose signature fails, and one that cannot be judged, want a person; the batch goes on.
    let said = desk.run_batch().expect(3);
    assert_eq!(said.of_type("stored").len(), 1);
    let on = |file: &str| said.findings_on(&format!("HS-ky/{file}"));
    assert!(
        on("a.pdf").contains("signature-inconclusive") && !on("a.pdf").contains("signature-fails"),
        "{:?}",
        on("a.pdf")
    );
    assert!(on("b.pdf").contains("signature-fails"), "{:?}", on("b.pdf"));
    assert!(on("c.pdf").contains("signature-not-judged"), "{:?}", on("c.pdf"));
    assert!(on("d.png").iter().all(|code| !code.starts_with("signature")));

    // In the package: the bytes as they came, an event for each paper, the same for machines.
    let package = desk.export("HS-ky", "goi");
    let case = fs::read_to_string(package.join("metadata/other/case.json")).unwrap();
    let case: Value = serde_json::from_str(&case).unwrap();
    let masters = case["masters"].as_array().unwrap();
    assert_eq!(masters.len(), 4);
    for master in masters {
        let name = master["received_as"].as_str().unwrap();
        let kept = fs::read(package.join(master["path"].as_str().unwrap())).unwrap();
        assert_eq!(kept, fs::read(desk.batch.join(name)).unwrap(), "{name} as it came");
    }
    let found =
        masters.iter().find(|m| m["received_as"] == "HS-ky/a.pdf").unwrap()["signature_check"].clone();
    for (signature, (name, digest, _)) in found["signatures"].as_array().unwrap().iter().zip(&judged) {
        assert!(signature["signer"]["subject"].as_str().unwrap().contains(name.as_str()), "{signature}");
        assert_eq!(signature["status"], "INDETERMINATE");
        let codes: Vec<&str> =
            signature["reasons"].as_array().unwrap().iter().map(|r| r["code"].as_str().unwrap()).collect();
        assert!(codes.contains(&"no-certificate-chain-found"), "{codes:?}");
        assert_eq!(codes.contains(&"crypto-constraints-failure"), digest == "SHA1", "{codes:?} {digest}");
        assert!(signature["claimed"].as_str().unwrap().starts_with("2025-02-0"), "{signature}");
    }
    let premis = fs::read_to_string(package.join("metadata/preservation/PREMIS.xml")).unwrap();
    assert_eq!(premis.matches(">digital signature validation</eventType>").count(), 3);
    assert!(premis.contains("hash-failure") && premis.contains("thời gian tự khai: 2025-02-0"), "{premis}");
    crate::packages::assert_files_are_valid(&package);

    // Shown, and the archive is whole.
    let shown = desk.hoso(&["case", "show", "HS-ky", "--json"]).expect(0).of_type("received-signatures");
    assert_eq!(shown.len(), 3);
    assert_eq!(shown.iter().filter(|line| line["status"] == "TOTAL-FAILED").count(), 1);
    let text = desk.hoso(&["case", "show", "HS-ky", "--lang", "vi"]).expect(0).out;
    assert!(text.contains("chữ ký số của tệp nhận được") && text.contains(&judged[0].0), "{text}");
    let report = desk.hoso(&["batch", "report", "--json"]).all();
    assert!(report.contains("signature-fails"), "{report}");
    assert_eq!(hoso([Path::new("verify"), &desk.archive]).exit, 0);
}

/// A PDF of one page that pyHanko signed three times, under an authority that openssl made in this folder (`root.pem`); the
/// certificate of the second signer had expired before.
fn three_times_signed(folder: &Path) -> PathBuf {
    let say = |args: &str| {
        let said = run(Command::new("openssl").args(args.split(' ')).current_dir(folder));
        assert_eq!(said.exit, 0, "{args}: {}", said.all());
    };
    let config = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n[e]\nkeyUsage=critical,digitalSignature,nonRepudiation\n[req]\ndistinguished_name=n\n[n]\n";
    for (name, text) in [("ca.cnf", config), ("index.txt", ""), ("serial", "1000")] {
        fs::write(folder.join(name), text).unwrap();
    }
    say(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout root.key -out root.pem -days 3650 -subj /CN=Goc -config ca.cnf -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign",
    );
    let content = "<</Length 24>>\nstream\n0.5 g 100 100 50 50 re f\n\nendstream";
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/Resources<<>>/MediaBox[0 0 595 842]/Contents 4 0 R>>",
        content,
    ];
    let (mut pdf, mut table) = ("%PDF-1.7\n".to_owned(), String::new());
    for (idx, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", pdf.len());
        pdf += &format!("{} 0 obj\n{object}\nendobj\n", idx + 1);
    }
    let at = pdf.len();
    pdf += &format!(
        "xref\n0 5\n0000000000 65535 f \n{table}trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n"
    );
    let mut last = folder.join("0.pdf");
    fs::write(&last, pdf).unwrap();
    for (no, name, until) in [
        (1, "Nguoi-mot", "20400101000000Z"),
        (2, "Nguoi-hai", "20250101000000Z"),
        (3, "Nguoi-ba", "20400101000000Z"),
    ] {
        say(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name} -config ca.cnf"
        ));
        say(&format!(
            "ca -batch -notext -config ca.cnf -extensions e -startdate 20200101000000Z -enddate {until} -cert root.pem -keyfile root.key -in {name}.csr -out {name}.pem"
        ));
        let next = folder.join(format!("{no}.pdf"));
        let mut pyhanko = Command::new(from_dev("pki-venv/bin/pyhanko"));
        pyhanko.args([
            "sign",
            "addsig",
            "--field",
            &format!("Sig{no}"),
            "--use-pades",
            "pemder",
            "--no-pass",
        ]);
        pyhanko.args([
            "--key",
            &format!("{name}.key"),
            "--cert",
            &format!("{name}.pem"),
            "--chain",
            "root.pem",
        ]);
        run(pyhanko.arg(&last).arg(&next).current_dir(folder)).expect(0);
        last = next;
    }
    last
}

#[test]
fn each_of_three_signatures_of_a_received_paper_is_judged_and_an_expired_one_is_named() {
    let desk = Desk::new();
    let folder = desk.path("nguoi ky");
    fs::create_dir(&folder).unwrap();
    let signed = three_times_signed(&folder);
    assert_eq!(pdfsig(&signed).iter().filter(|(_, _, right)| *right).count(), 3);
    let root = folder.join("root.pem").to_str().unwrap().to_owned();
    desk.hoso(&["trust", "add", &root, "--by", "Nguyễn Văn A", "--reason", "công văn số 5"]).expect(0);
    fs::create_dir(desk.batch.join("HS-1")).unwrap();
    fs::copy(&signed, desk.batch.join("HS-1/a.pdf")).unwrap();
    let said = desk.run_batch().expect(3);
    let found = said.findings_on("HS-1/a.pdf");
    assert!(found.contains("signature-holds") && found.contains("signature-inconclusive"), "{found:?}");
    let shown = desk.hoso(&["case", "show", "HS-1", "--json"]).expect(0).of_type("received-signatures");
    let of = |key: &str| -> Vec<String> {
        let all = shown[0]["signatures"].as_array().unwrap().iter();
        all.map(|signature| signature[key].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(of("status"), ["TOTAL-PASSED", "INDETERMINATE", "TOTAL-PASSED"], "{shown:?}");
    let reasons = shown[0]["signatures"][1]["reasons"].to_string();
    assert!(reasons.contains("out-of-bounds-no-poe") && reasons.contains("2025-01-01"), "{reasons}");
    let text = desk.hoso(&["case", "show", "HS-1", "--lang", "vi"]).expect(0).out;
    for name in ["Nguoi-mot", "Nguoi-hai", "Nguoi-ba"] {
        assert!(text.contains(name), "{name} in {text}");
    }
    // The bytes are those that came, and the package says so to everybody.
    let package = desk.export("HS-1", "gói");
    let masters = files_below(&package.join("representations/rep2/data"));
    assert_eq!(sha256_of(&masters), sha256_of(&[signed]));
    let premis = fs::read_to_string(package.join("metadata/preservation/PREMIS.xml")).unwrap();
    for part in ["Nguoi-mot", "Nguoi-hai", "Nguoi-ba", "out-of-bounds-no-poe"] {
        assert!(premis.contains(part), "{part}");
    }
    crate::packages::assert_files_are_valid(&package);
}

#[test]
fn a_single_pdf_is_verified_without_an_archive() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    let verify = |file: &Path, more: &[&str]| run(hoso_command().arg("verify").arg(file).args(more));
    // Real papers: right in themselves, of an authority that nobody here knows.
    let real = sample(REAL);
    let said = verify(&real, &["--json"]).expect(3);
    let signatures = said.of_type("pdf-signature");
    assert_eq!(signatures.len(), pdfsig(&real).len());
    for (signature, (name, ..)) in signatures.iter().zip(pdfsig(&real)) {
        assert_eq!(signature["status"], "INDETERMINATE");
        assert_eq!(signature["signer"]["name"], name.as_str());
    }
    assert_eq!(signatures[1]["covers_whole_file"], true);
    assert_eq!(said.of_type("pdf-verified")[0]["status"], "INDETERMINATE");
    let text = verify(&real, &["--lang", "vi"]).expect(3).out;
    assert!(text.contains("người ký không được tin cậy") && text.contains("chưa kết luận được"), "{text}");
    // Changed, cut, and never signed.
    bent(&real, &path("bent.pdf"));
    let said = verify(&path("bent.pdf"), &["--json", "--lang", "en"]).expect(7);
    assert!(
        said.of_type("pdf-signature")[0]["reasons"].to_string().contains("hash-failure"),
        "{}",
        said.all()
    );
    cut(&real, &path("cut.pdf"));
    let said = verify(&path("cut.pdf"), &["--json"]).expect(3);
    assert!(
        said.of_type("pdf-verified")[0]["fault"].as_str().unwrap().contains("broken xref"),
        "{}",
        said.all()
    );
    tool("qpdf", [Path::new("--empty"), &path("plain.pdf")]);
    let said = verify(&path("plain.pdf"), &["--json"]).expect(3);
    assert_eq!(said.of_type("pdf-verified")[0]["status"], Value::Null);
    // The moment to judge for is said by the asker, and must be a time.
    verify(&real, &["--at", "yesterday"]).expect(2);
    verify(&real, &["--at", "2025-02-06T00:00:00+07:00"]).expect(3);
}

#[test]
fn a_pdf_or_a_page_gets_a_report_for_paper_in_the_language_of_its_reader() {
    let desk = Desk::new();
    let folder = desk.path("nguoi ky");
    fs::create_dir(&folder).unwrap();
    let signed = three_times_signed(&folder);
    let (root, changed) = (folder.join("root.pem"), desk.path("đổi.pdf"));
    bent(&signed, &changed);
    let plain = desk.path("không ký.pdf");
    tool("qpdf", [Path::new("--empty"), &plain]);
    let cut_off = desk.path("cụt.pdf");
    cut(&signed, &cut_off);
    // What speaks against them, in words of the reader's language and by the codes of the standard.
    for (no, (file, exit, mark, words)) in [
        (
            &signed,
            3,
            "?",
            &["INDETERMINATE", "out-of-bounds-no-poe", "có hạn từ", "không gồm thời điểm kiểm tra"][..],
        ),
        (&changed, 7, "✗", &["TOTAL-FAILED", "hash-failure", "đây không phải nội dung mà"]),
        (&plain, 3, "?", &["INDETERMINATE", "không có chữ ký nào"]),
        (&cut_off, 3, "?", &["INDETERMINATE", "bảng tham chiếu (xref) hỏng"]),
    ]
    .into_iter()
    .enumerate()
    {
        for ending in ["html", "pdf"] {
            let report = desk.path(&format!("{no}.{ending}"));
            let mut command = hoso_command();
            command.args(["verify", "--lang", "vi", "--anchor"]).arg(&root).arg("--report").arg(&report);
            let said = run(command.arg(file)).expect(exit).out;
            assert!(said.starts_with(mark), "{said}");
            let text = match ending {
                "html" => fs::read_to_string(&report).unwrap(),
                _ => tool("pdftotext", ["-raw".as_ref(), report.as_os_str(), "-".as_ref()]),
            };
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for word in words.iter().chain(&["BÁO CÁO KIỂM TRA CHỮ KÝ SỐ TRONG PDF"]) {
                assert!(text.contains(word), "{word} in {text}");
            }
        }
    }
    // One that is written already is not written over.
    let mut command = hoso_command();
    command.args(["verify", "--anchor"]).arg(&root).arg("--report").arg(desk.path("0.html"));
    run(command.arg(&signed)).expect(1);
    // A page, and one that is not of that seal.
    desk.page("HS-1/a.png", "trang một");
    desk.run_batch().expect(0);
    let package = desk.export("HS-1", "gói");
    let page = files_below(&package.join("representations/rep2/data")).remove(0);
    for (file, exit, status, word) in
        [(&page, 0, "TOTAL-PASSED", "rep2/data"), (&plain, 7, "TOTAL-FAILED", "không có trong bảng kê đã ký")]
    {
        let report = desk.path(&format!("trang {exit}.html"));
        let mut command = hoso_command();
        command
            .args(["verify", "--lang", "vi", "--seal"])
            .arg(package.join("seal"))
            .arg("--report")
            .arg(&report);
        run(command.arg("--anchor").arg(desk.archive.join("keys/trial-ca.pem")).arg(file)).expect(exit);
        let html = fs::read_to_string(report).unwrap();
        assert!(html.contains(status) && html.contains(word) && html.contains("MỘT TỆP"), "{html}");
    }
}

/// An authority with an officer under it and a revocation list, by openssl, as `root.pem`, `officer.pem`, `list.crl`.
fn authority(folder: &Path) {
    let say = |args: &str| {
        let said = run(Command::new("openssl").args(args.split(' ')).current_dir(folder));
        assert_eq!(said.exit, 0, "{args}: {}", said.all());
    };
    fs::write(folder.join("index.txt"), "").unwrap();
    fs::write(
        folder.join("ca.cnf"),
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=30\n[req]\ndistinguished_name=n\n[n]\n",
    )
    .unwrap();
    say(
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout root.key -out root.pem -days 3650 -subj /CN=Goc -config ca.cnf -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign",
    );
    say("ca -config ca.cnf -gencrl -keyfile root.key -cert root.pem -out list.pem");
    say("crl -in list.pem -outform DER -out list.crl");
}

#[test]
fn whom_the_archive_trusts_is_listed_changed_and_never_forgotten() {
    let desk = Desk::new();
    authority(desk.scratch.path());
    let file = |name: &str| desk.path(name).to_str().unwrap().to_owned();
    let list = || desk.hoso(&["trust", "list", "--json"]).expect(0).of_type("anchor");
    // The trial authority counts from the beginning.
    let [trial] = list().try_into().unwrap();
    assert_eq!(trial["state"], "active");
    let why = ["--by", "Nguyễn Văn A", "--reason", "hợp đồng số 5"];
    let root = file("root.pem");
    let add = [&["trust", "add", &root, "--purpose", "tsa"][..], &why].concat();
    desk.hoso(&add).expect(0);
    desk.hoso(&add).expect(1);
    let print = tool("openssl", ["x509", "-in", &file("root.pem"), "-noout", "-fingerprint", "-sha256"]);
    let print = print.trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase();
    let added = list().into_iter().find(|anchor| anchor["sha256"] == print.as_str()).unwrap();
    assert_eq!((&added["purpose"][0], &added["by"]), (&Value::from("tsa"), &Value::from("Nguyễn Văn A")));
    let retire = [&["trust", "retire", &print[..12], "--since", "2026-01-01T00:00:00Z"][..], &why].concat();
    desk.hoso(&retire).expect(0);
    assert!(
        list().iter().any(|anchor| anchor["state"] == "retired" && anchor["since"] == "2026-01-01T00:00:00Z")
    );
    // One that is not believed any more takes the case files with it that lean on it alone.
    desk.page("HS-1/a.png", "trang một");
    desk.run_batch().expect(0);
    assert_eq!(hoso([Path::new("verify"), &desk.archive]).exit, 0);
    let trial = trial["sha256"].as_str().unwrap().to_owned();
    let distrust = [&["trust", "distrust", &trial, "--since", "2026-01-01T00:00:00Z"][..], &why].concat();
    desk.hoso(&distrust).expect(0);
    let said = hoso([Path::new("verify"), &desk.archive]);
    assert_eq!(said.exit, 7, "{}", said.all());
    assert!(said.all().contains("not trusted any more since 2026-01-01"), "{}", said.all());
    // Lists and answers are kept by their digests; what is none is named.
    let kept =
        desk.hoso(&["trust", "add-revocation", &file("list.pem"), &file("list.crl"), "--json"]).expect(0);
    assert!(kept.of_type("revocation-kept").iter().all(|line| line["kind"] == "crl"));
    let names: Vec<PathBuf> = files_below(&desk.archive.join("keys/revocation"));
    assert_eq!(names.len(), 2, "the list once, and when it came: {names:?}");
    desk.hoso(&["trust", "add-revocation", &file("root.pem")]).expect(3);
    // A changed certificate file is not believed.
    let place = desk.archive.join(format!("keys/trust/{print}.pem"));
    fs::copy(desk.archive.join("keys/trial-ca.pem"), place).unwrap();
    desk.hoso(&["trust", "list"]).expect(1);
}

#[test]
fn one_page_alone_is_compared_with_the_signed_manifest() {
    let desk = Desk::new();
    desk.page("HS-1/a.png", "trang một");
    desk.run_batch().expect(0);
    let package = desk.export("HS-1", "goi");
    let page = files_below(&package.join("representations/rep2/data")).remove(0);
    let (alone, seal) = (desk.path("trang.png"), package.join("seal"));
    fs::copy(page, &alone).unwrap();
    let anchor = desk.archive.join("keys/trial-ca.pem");
    let verify = || {
        let mut command = hoso_command();
        run(command
            .arg("verify")
            .arg(&alone)
            .arg("--seal")
            .arg(&seal)
            .arg("--anchor")
            .arg(&anchor)
            .arg("--json"))
    };
    let said = verify().expect(0).of_type("page-verified");
    let digest = tool("sha256sum", [&alone]);
    assert_eq!(said[0]["sha256"].as_str().unwrap(), &digest[..64]);
    assert!(said[0]["listed_as"][0].as_str().unwrap().starts_with("representations/rep2/data/"));
    let mut bytes = fs::read(&alone).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&alone, bytes).unwrap();
    assert_eq!(verify().expect(7).of_type("page-verified")[0]["listed_as"], Value::from(Vec::<Value>::new()));
}
