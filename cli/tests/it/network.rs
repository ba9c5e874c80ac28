//! What is asked of a network, and when: an authority on loopback (certomancer) answers OCSP and gives lists, and notes who asks.

use crate::provided::{from_dev, workspace};
use crate::stamps::{Authority, ask, authority};
use crate::support::{Desk, files_below, hoso_command, run, tool};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Starts it; its certificates and keys lie in `folder`.
fn ocsp_authority(folder: &Path) -> Authority {
    let script = workspace().join("cli/tests/it/ocsp_server.py");
    let mut command = Command::new(from_dev("pki-venv/bin/python"));
    command.arg(script).arg(folder).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut port = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let port: u16 = port.trim().parse().expect("certomancer answers");
    Authority { child, url: format!("http://127.0.0.1:{port}") }
}

/// The agency's key `co-quan`: its certificate names that authority's responder and its list.
fn make_key(desk: &Desk, pki: &Path) {
    let p12 = desk.archive.join("keys/co-quan.p12");
    let mut openssl = Command::new("openssl");
    openssl.args(["pkcs12", "-export", "-inkey", "good.key", "-in", "good.pem", "-certfile", "inter.pem"]);
    run(openssl.args(["-passout", "pass:mat-khau", "-out"]).arg(&p12).current_dir(pki)).expect(0);
    let secret = desk.archive.join("keys/co-quan.password");
    fs::write(&secret, "mat-khau\n").unwrap();
    tool("chmod", ["600".as_ref(), secret.as_os_str()]);
    let config = desk.archive.join("hoso.toml");
    let text = fs::read_to_string(&config).unwrap();
    let key = "\n[keys.co-quan]\nrole = \"agency\"\nkind = \"pkcs12\"\npath = \"keys/co-quan.p12\"\nsecret_file = \"keys/co-quan.password\"\n";
    fs::write(&config, text + key).unwrap();
}

fn trust(desk: &Desk, root: &Path, purpose: &str) {
    let root = root.to_str().unwrap();
    let why = ["--by", "Nguyễn Văn A", "--reason", "hợp đồng số 5"];
    desk.hoso(&[&["trust", "add", root, "--purpose", purpose][..], &why].concat()).expect(0);
}

fn pdf_of(folder: &Path) -> PathBuf {
    files_below(folder).into_iter().find(|file| file.extension().is_some_and(|e| e == "pdf")).unwrap()
}

#[test]
fn answers_of_a_server_are_fetched_when_somebody_asks_and_only_then() {
    let desk = Desk::new();
    desk.page("HS-1/a.png", "bị can khai nhận");
    desk.run_batch().expect(0);
    let (pki, stamps) = (desk.path("pki"), desk.path("dấu"));
    let (server, line) = (ocsp_authority(&pki), authority(&stamps, "openssl"));
    make_key(&desk, &pki);
    ask(&desk, &stamps, &[&line.url]);
    trust(&desk, &pki.join("root.pem"), "sign");
    trust(&desk, &stamps.join("root.pem"), "tsa");
    desk.hoso(&["key", "trial", "--officer-name", "Lê Văn C"]).expect(0);
    let asked = || fs::read_to_string(pki.join("asked")).unwrap();
    let copies = |level: &str, folder: &str| {
        let to = desk.path(folder);
        let args = ["case", "export", "HS-1", "--sign", level, "--agency", "co-quan", "--out"];
        desk.hoso(&[&args[..], &[to.to_str().unwrap()]].concat())
    };
    // The places that the certificate names are reachable, and nobody goes there: neither to seal nor to sign copies.
    let seal = || {
        let counted = ["--counted-by", "Trần Thị B", "--pages-on-paper", "1"];
        desk.hoso(&[&["seal", "HS-1", "--agency", "co-quan"][..], &counted].concat())
    };
    let refused = seal().expect(6).all();
    assert!(refused.contains("revocation unknown"), "{refused}");
    copies("b-t", "b-t").expect(0);
    let refused = copies("b-lt", "không có").expect(1).all();
    assert!(refused.contains(&format!("{}/vks/ocsp/ocsp", server.url)), "{refused}");
    desk.hoso(&["trust", "list"]).expect(0);
    assert_eq!(asked(), "", "nobody asked");

    // Now somebody asks.
    let files = ["good.pem", "inter.pem", "root.pem"].map(|name| pki.join(name).to_str().unwrap().to_owned());
    let fetched = desk.hoso(&["trust", "fetch", &files[0], &files[1], &files[2], "--json"]).expect(0);
    let kept = fetched.of_type("revocation-kept");
    let mut kinds: Vec<_> = kept.iter().map(|line| line["kind"].as_str().unwrap().to_owned()).collect();
    kinds.sort();
    assert_eq!(kinds, ["crl", "ocsp"], "{}", fetched.all());
    let mut lines: Vec<String> = asked().lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines, ["GET /vks/crls/inter/latest.crl", "POST /vks/ocsp/ocsp"]);
    seal().expect(0);

    // Whoever verifies without those answers is told that it is not known, and nobody goes and asks for him.
    let (package, kit) = (desk.export("HS-1", "gói"), desk.path("tòa án"));
    desk.hoso(&["case", "export", "HS-1", "--profile", "court", "--out", kit.to_str().unwrap()]).expect(0);
    let roots = desk.path("gốc.pem");
    let pem = [pki.join("root.pem"), desk.archive.join("keys/trusted.pem"), stamps.join("root.pem")];
    fs::write(&roots, pem.map(|file| fs::read(file).unwrap()).concat()).unwrap();
    let verify = |what: &Path, more: &[&str]| {
        let mut command = hoso_command();
        run(command.arg("verify").arg(what).args(more).arg("--anchor").arg(&roots))
    };
    let folder = package.join("seal");
    for (what, more, exit) in [
        (&package, &[][..], 3),
        (&package.join("METS.xml"), &["--seal", folder.to_str().unwrap()], 3),
        (&pdf_of(&desk.path("b-t")), &[], 3),
    ] {
        let said = verify(what, more).expect(exit).all();
        assert!(said.contains("revocation unknown"), "{what:?}: {said}");
    }
    // The folder for a court has them, each signed by its issuer, and the root of the time stamps to compare with.
    let fingerprint =
        |file: &Path| tool("openssl", ["x509", "-noout", "-fingerprint", "-in", file.to_str().unwrap()]);
    assert_eq!(fingerprint(&kit.join("proof/tsa-root.pem")), fingerprint(&stamps.join("root.pem")));
    let lists = files_below(&kit.join("proof/revocation"));
    let mut endings: Vec<_> = lists.iter().filter_map(|file| file.extension()?.to_str()).collect();
    endings.sort();
    assert_eq!(endings, ["crl", "ocsp"]);
    let said = verify(&kit, &[]).expect(0).all();
    assert!(said.contains("not revoked, as of"), "{said}");
    for list in lists {
        let mut bytes = fs::read(&list).unwrap();
        let at = bytes.len() - 10;
        bytes[at] ^= 1;
        fs::write(&list, bytes).unwrap();
    }
    let said = verify(&kit, &[]).expect(7).all();
    assert!(said.contains("revocation unknown"), "{said}");
    let mut checker = Command::new("python3");
    checker.arg(workspace().join("docs/court-kit/kiem_tra.py")).arg("--root").arg(&roots);
    run(checker.arg(&kit)).expect(3);
    // The answer alone is enough, and goes into copies that are to last.
    let lists = files_below(&desk.archive.join("keys/revocation"));
    for list in lists.iter().filter(|file| file.extension().is_some_and(|ending| ending == "crl")) {
        fs::remove_file(list).unwrap();
    }
    run(hoso_command().arg("verify").arg(&desk.archive)).expect(0);
    copies("b-lt", "b-lt").expect(0);
    let copy = pdf_of(&desk.path("b-lt"));
    let bytes = fs::read(&copy).unwrap();
    let has = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    assert!(has(b"/OCSPs") && !has(b"/CRLs"), "the answer lies in the file");
    let said = verify(&copy, &["--json"]).expect(0);
    let signature = &said.of_type("pdf-signature")[0];
    assert_eq!(signature["revocation"]["code"], "good", "{}", said.all());
    // By pyHanko, offline: it finds the signature whole. To trust it, it wants a list of the intermediate authority's, too, which
    // names no place to ask.
    let mut pyhanko = Command::new(from_dev("pki-venv/bin/pyhanko"));
    pyhanko.args(["sign", "adesverify", "--trust-replace", "--validation-time", "2029-06-01T00:00:00+00:00"]);
    for root in [&pki, &stamps] {
        pyhanko.arg("--trust").arg(root.join("root.pem"));
    }
    let judged = run(pyhanko.arg(&copy)).all();
    assert_eq!(judged.matches(":INTACT:").count(), 1, "{judged}");
    assert_eq!(asked().lines().count(), 2, "nobody asked again");
}
