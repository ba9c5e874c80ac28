//! Time stamps over what was sealed: real authorities on loopback, bad ones, and a line that is down.

use crate::provided::{from_dev, workspace};
use crate::support::{Desk, Said, files_below, hoso_command, run, tool};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub(crate) struct Authority {
    pub(crate) child: Child,
    pub(crate) url: String,
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts an authority whose keys lie in `folder`.
pub(crate) fn authority(folder: &Path, kind: &str) -> Authority {
    let script = workspace().join("cli/tests/it/tsa_server.py");
    let mut command = Command::new(from_dev("pki-venv/bin/python"));
    command.arg(script).arg(folder).arg(kind).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut port = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
    Authority { child, url: format!("http://127.0.0.1:{}/tsa", port.trim()) }
}

/// An address where nobody listens.
pub(crate) fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/tsa", listener.local_addr().unwrap())
}

fn desk() -> Desk {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "bị can khai nhận");
    desk.page("HS-2/trang 1.png", "cáo trạng truy tố");
    desk
}

/// Names the authorities in `hoso.toml`, in this order.
pub(crate) fn ask(desk: &Desk, pki: &Path, urls: &[&str]) {
    let path = desk.archive.join("hoso.toml");
    let own = fs::read_to_string(&path).unwrap();
    let own = own.split("\n[time]").next().unwrap().to_owned();
    fs::copy(pki.join("root.pem"), desk.archive.join("keys/tsa-root.pem")).unwrap();
    let authority =
        |url: &&str| format!("[[time.authority]]\nurl = \"{url}\"\nanchor = \"keys/tsa-root.pem\"\n");
    let authorities: String = urls.iter().map(authority).collect();
    fs::write(path, format!("{own}\n[time]\ntimeout_s = 2\n{authorities}")).unwrap();
}

fn stamped(said: &Said) -> (u64, u64) {
    let lines = said.of_type("stamped");
    lines.last().map_or((0, 0), |line| (line["stamped"].as_u64().unwrap(), line["waiting"].as_u64().unwrap()))
}

fn problems(said: &Said) -> Vec<String> {
    let code = |line: serde_json::Value| line["code"].as_str().unwrap().to_owned();
    said.of_type("not-stamped").into_iter().map(code).collect()
}

fn verified(desk: &Desk, exit: i32) -> serde_json::Value {
    let said = run(hoso_command().args(["verify", "--json"]).arg(&desk.archive)).expect(exit);
    said.of_type("stamps-verified").pop().unwrap_or_default()
}

fn records(desk: &Desk) -> Vec<PathBuf> {
    let files = files_below(&desk.archive.join("ocfl"));
    files.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "er")).collect()
}

/// What the independent judge says of every evidence record.
fn assert_judged(desk: &Desk, pki: &Path, stamps: usize) {
    for record in records(desk) {
        let seal = record.ancestors().nth(2).unwrap().join("v1/content/seal");
        let script = workspace().join("seal/tests/it/evidence_judge.py");
        let mut command = Command::new(from_dev("pki-venv/bin/python"));
        command.arg(script).arg(&record).arg(pki.join("root.pem"));
        command.args([seal.join("manifest-sha256.txt"), seal.join("manifest.p7s")]);
        let said = run(&mut command).expect(0);
        assert_eq!(said.out.lines().count(), stamps, "{}", said.all());
    }
}

#[test]
fn one_token_for_a_batch_and_a_line_that_is_down_loses_nothing() {
    let desk = desk();
    let pki = desk.path("tsa");
    let openssl = authority(&pki, "openssl");
    let down = nobody();
    ask(&desk, &pki, &[&down]);
    // Down: the batch ends as it would have, what is stored is stored and waits.
    let said = desk.run_batch().expect(0);
    assert_eq!((stamped(&said), problems(&said)), ((0, 2), vec!["unreachable".to_owned()]), "{}", said.all());
    assert_eq!(verified(&desk, 0)["waiting"], 2);
    assert_eq!(stamped(&desk.hoso(&["stamp", "--json"]).expect(1)), (0, 2));
    let before: Vec<_> = files_below(&desk.archive.join("ocfl"));
    // Back: the first that answers is taken, one token for both.
    ask(&desk, &pki, &[&down, &openssl.url]);
    let said = desk.hoso(&["stamp", "--json"]).expect(0);
    assert_eq!((stamped(&said), problems(&said)), ((2, 0), vec!["unreachable".to_owned()]), "{}", said.all());
    let after = files_below(&desk.archive.join("ocfl"));
    assert_eq!(after.len(), before.len() + 2, "a record each, and nothing else");
    let tokens = files_below(&desk.archive.join("evidence/stamps"));
    assert_eq!(tokens.len(), 1);
    assert_judged(&desk, &pki, 1);
    desk.assert_valid_ocfl();
    assert_eq!(stamped(&desk.hoso(&["stamp", "--json"]).expect(0)), (0, 0), "nothing is left to do");
    // The next batch gets its own at its end, from certomancer, with fractions of seconds.
    let certomancer = authority(&pki, "certomancer");
    ask(&desk, &pki, &[&certomancer.url]);
    desk.page("HS-3/trang 1.png", "quyết định khởi tố");
    let said = desk.run_batch().expect(0);
    assert_eq!(stamped(&said), (1, 0), "{}", said.all());
    let state = verified(&desk, 0);
    assert_eq!((state["stamped"].as_u64(), state["waiting"].as_u64()), (Some(3), Some(0)), "{state}");
    // A court sees it, with the checker and with openssl alone.
    let kit = desk.path("cho tòa án");
    let args = ["case", "export", "HS-1", "--profile", "court", "--out", kit.to_str().unwrap()];
    desk.hoso(&args).expect(0);
    let (root, tsa) = (desk.archive.join("keys/trial-ca.pem"), pki.join("root.pem"));
    let mut command = hoso_command();
    command.args(["verify", "--json", "--anchor"]).arg(&root).arg("--time-anchor").arg(&tsa).arg(&kit);
    let said = run(&mut command).expect(0);
    let evidence = said.of_type("check").into_iter().find(|check| check["check"] == "evidence").unwrap();
    assert_eq!(evidence["status"], "TOTAL-PASSED", "{}", said.all());
    let mut checker = Command::new("python3");
    checker.arg(workspace().join("docs/court-kit/kiem_tra.py"));
    let said = run(checker.arg("--root").arg(&root).arg("--tsa-root").arg(&tsa).arg(&kit)).expect(0);
    assert!(said.out.contains("✓ evidence: TOTAL-PASSED"), "{}", said.all());
    let said = run(Command::new("sh").arg(kit.join("verify.sh")).arg(&root).arg(&tsa)).expect(0);
    assert!(said.out.contains("dấu thời gian đúng"), "{}", said.all());
    // Changed, or of another case file: named, by all of them.
    let record = fs::read(kit.join("proof/evidence.er")).unwrap();
    let other = records(&desk).into_iter().map(|path| fs::read(path).unwrap()).find(|other| *other != record);
    let mut flipped = record.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let mut renamed = record;
    renamed[10] ^= 1; // in the list of digests, which nothing else depends on
    for (wrong, reason, why) in
        [(other.unwrap(), "altered", "it is of other objects"), (flipped, "", ""), (renamed, "malformed", "")]
    {
        fs::write(kit.join("proof/evidence.er"), wrong).unwrap();
        let mut command = hoso_command();
        command.args(["verify", "--json", "--anchor"]).arg(&root).arg("--time-anchor").arg(&tsa).arg(&kit);
        let said = run(&mut command).expect(7);
        let evidence = said.of_type("check").into_iter().find(|check| check["check"] == "evidence").unwrap();
        assert_eq!(evidence["status"], "TOTAL-FAILED", "{}", said.all());
        let (code, line) = (evidence["reason"].as_str().unwrap(), evidence["lines"][0].as_str().unwrap());
        assert!(reason.is_empty() || code == reason, "{evidence}");
        assert!(line.starts_with("proof/evidence.er: ") && line.contains(why), "{evidence}");
        let mut checker = Command::new("python3");
        checker.arg(workspace().join("docs/court-kit/kiem_tra.py"));
        let said = run(checker.arg("--root").arg(&root).arg("--tsa-root").arg(&tsa).arg(&kit));
        assert_eq!(said.exit, 1, "{}", said.all());
        // Without the authority's root, too.
        let mut checker = Command::new("python3");
        checker.arg(workspace().join("docs/court-kit/kiem_tra.py"));
        assert_eq!(run(checker.arg("--root").arg(&root).arg(&kit)).exit, 1);
    }
    // So in the archive: exit code 7.
    let mut own = records(&desk);
    let (first, second) = (own.remove(0), own.remove(0));
    fs::copy(&second, &first).unwrap();
    assert_eq!(verified(&desk, 7)["good"], false);
    for (lang, word) in [("en", "it is of other objects"), ("vi", "là của đối tượng khác")] {
        let said =
            run(hoso_command().args(["verify", "--json", "--lang", lang]).arg(&desk.archive)).expect(7);
        let findings = said.of_type("stamp-finding");
        let [finding] = &findings[..] else { panic!("{}", said.all()) };
        let text = finding["text"].as_str().unwrap();
        assert_eq!(finding["code"], "altered");
        assert!(text.starts_with("urn:") && text.contains(" v1: ") && text.contains(word), "{text}");
    }
}

#[test]
fn what_is_sealed_gets_its_token_at_the_end_or_waits_for_it() {
    let desk = desk();
    let pki = desk.path("tsa");
    let openssl = authority(&pki, "openssl");
    let down = nobody();
    desk.hoso(&["key", "trial", "--officer-name", "Lê Văn C"]).expect(0);
    ask(&desk, &pki, &[&down]);
    desk.run_batch().expect(0);
    let seal = |code: &str, more: &[&str]| {
        let counted = ["seal", code, "--pages-on-paper", "1", "--counted-by", "Trần Thị B"];
        desk.hoso(&[&counted[..], more].concat())
    };
    // The line is down: it is sealed all the same, and says how many versions wait.
    let said = seal("HS-1", &["--json"]).expect(0);
    assert_eq!(said.of_type("sealed").len(), 1, "{}", said.all());
    assert_eq!((stamped(&said), problems(&said)), ((0, 3), vec!["unreachable".to_owned()]), "{}", said.all());
    let said = seal("HS-1", &["--lang", "vi"]).expect(0);
    assert!(said.err.contains("3 bản chờ dấu thời gian"), "{}", said.all());
    assert_eq!(verified(&desk, 0)["waiting"], 3);
    // Back: one token for what is sealed now and for all that waited.
    ask(&desk, &pki, &[&down, &openssl.url]);
    let said = seal("HS-2", &["--json"]).expect(0);
    assert_eq!((said.of_type("sealed").len(), stamped(&said)), (1, (4, 0)), "{}", said.all());
    assert_eq!(files_below(&desk.archive.join("evidence/stamps")).len(), 1);
    let state = verified(&desk, 0);
    assert_eq!((state["stamped"].as_u64(), state["waiting"].as_u64()), (Some(4), Some(0)), "{state}");
    // Where nobody is asked nothing is said.
    let said = seal("HS-2", &["--json"]).expect(0);
    assert_eq!((said.of_type("stamped").len(), said.of_type("not-stamped").len()), (0, 0), "{}", said.all());
}

#[test]
fn answers_of_bad_authorities_are_refused_and_named() {
    let desk = desk();
    let pki = desk.path("tsa");
    let good = authority(&pki, "openssl");
    ask(&desk, &pki, &[&nobody()]);
    desk.run_batch().expect(0);
    for (kind, code) in [
        ("slow", "unreachable"),
        ("status500", "unreachable"),
        ("rubbish", "bad-answer"),
        ("refuses", "bad-answer"),
        ("replay", "bad-answer"),
        ("other-data", "bad-answer"),
        ("server-key", "bad-answer"),
        ("other-key", "untrusted"),
        ("ahead", "clock"),
    ] {
        let bad = authority(&pki, kind);
        ask(&desk, &pki, &[&bad.url]);
        let said = desk.hoso(&["stamp", "--json"]).expect(1);
        assert_eq!(
            (stamped(&said), problems(&said)),
            ((0, 2), vec![code.to_owned()]),
            "{kind}: {}",
            said.all()
        );
        assert!(records(&desk).is_empty(), "{kind}");
    }
    ask(&desk, &pki, &[&good.url]);
    let said = desk.hoso(&["stamp", "--lang", "vi"]).expect(0);
    assert!(said.err.contains("2 bản có dấu thời gian"), "{}", said.all());
    // A token of a time to come: this machine's clock went back, and nothing is sealed.
    let token = files_below(&desk.archive.join("evidence/stamps")).remove(0);
    let ahead = authority(&pki, "ahead");
    let query = desk.path("q.tsq");
    let args =
        ["ts", "-query", "-digest", &"0".repeat(64), "-sha256", "-cert", "-out", query.to_str().unwrap()];
    tool("openssl", args);
    let answer = desk.path("a.tsr");
    let header = "Content-Type: application/timestamp-query";
    let body = format!("@{}", query.display());
    tool("curl", ["-s", "-H", header, "--data-binary", &body, "-o", answer.to_str().unwrap(), &ahead.url]);
    let args =
        ["ts", "-reply", "-in", answer.to_str().unwrap(), "-token_out", "-out", token.to_str().unwrap()];
    tool("openssl", args);
    desk.page("HS-9/trang 1.png", "lệnh tạm giam");
    let said = desk.run_batch().expect(1);
    assert!(said.out.contains("clock"), "{}", said.all());
    assert!(!desk.hoso(&["case", "list", "--json"]).out.contains("HS-9"));
    // Neither does a key of officer or agency sign: nothing is stated, sealed or handed out.
    desk.hoso(&["key", "trial", "--officer-name", "Lê Văn C"]).expect(0);
    let before = files_below(&desk.archive.join("ocfl"));
    let counted = ["seal", "HS-1", "--pages-on-paper", "1", "--counted-by", "Trần Thị B", "--lang", "vi"];
    let said = desk.hoso(&counted).expect(1);
    assert!(said.err.contains("đồng hồ"), "{}", said.all());
    assert_eq!(files_below(&desk.archive.join("ocfl")), before);
    assert!(!desk.archive.join("evidence/decisions.ndjson").exists());
    let copies = desk.path("bản sao");
    let export =
        ["case", "export", "HS-1", "--sign", "b-b", "--out", copies.to_str().unwrap(), "--lang", "vi"];
    let said = desk.hoso(&export).expect(1);
    assert!(said.err.contains("đồng hồ") && !copies.exists(), "{}", said.all());
}

#[test]
fn an_authority_that_is_not_believed_any_more_proves_no_time() {
    let desk = desk();
    let pki = desk.path("tsa");
    let openssl = authority(&pki, "openssl");
    ask(&desk, &pki, &[&openssl.url]);
    assert_eq!(stamped(&desk.run_batch().expect(0)), (2, 0));
    assert_eq!(verified(&desk, 0)["stamped"], 2);
    let listed = desk.hoso(&["trust", "list", "--json"]).expect(0).of_type("anchor");
    let of_time: Vec<_> =
        listed.iter().filter(|anchor| anchor["purpose"] == serde_json::json!(["tsa"])).collect();
    let [anchor] = of_time[..] else { panic!("{listed:?}") };
    let fingerprint = anchor["sha256"].as_str().unwrap();
    let why = ["--since", "2026-01-01T00:00:00Z", "--by", "Nguyễn Văn A", "--reason", "lộ khóa"];
    desk.hoso(&[&["trust", "distrust", fingerprint][..], &why].concat()).expect(0);
    let said = run(hoso_command().args(["verify", "--json"]).arg(&desk.archive)).expect(7);
    let findings = said.of_type("stamp-finding");
    assert_eq!(findings.len(), 2, "{}", said.all());
    for finding in findings {
        assert_eq!(finding["code"], "untrusted-authority");
        let text = finding["text"].as_str().unwrap();
        assert!(text.contains("is not trusted any more since 2026-01-01T00:00:00Z"), "{text}");
    }
    // Nor is it taken when something is sealed: what is sealed waits for another.
    desk.page("HS-3/trang 1.png", "quyết định khởi tố");
    let said = desk.run_batch().expect(0);
    assert_eq!((stamped(&said), problems(&said)), ((0, 1), vec!["untrusted".to_owned()]), "{}", said.all());
}

#[test]
fn what_is_protected_for_too_short_is_listed_and_renewed() {
    let desk = desk();
    let pki = desk.path("tsa");
    let (brief, long) = (authority(&pki, "brief"), authority(&pki, "openssl"));
    ask(&desk, &pki, &[&brief.url]);
    desk.run_batch().expect(0);
    desk.page("HS-3/trang 1.png", "quyết định khởi tố");
    desk.run_batch().expect(0);
    let due =
        |within: &str| desk.hoso(&["stamp", "due", "--within", within, "--json"]).expect(0).of_type("due");
    assert_eq!((due("10d").len(), due("365d").len()), (0, 3));
    assert!(due("30")[0]["protected_until"].as_str().unwrap().starts_with("20"));
    ask(&desk, &pki, &[&nobody()]);
    assert_eq!(stamped(&desk.hoso(&["stamp", "renew", "--due", "30d", "--json"]).expect(1)), (0, 3));
    ask(&desk, &pki, &[&long.url]);
    let said = desk.hoso(&["stamp", "renew", "--due", "30d", "--json"]).expect(0);
    assert_eq!(stamped(&said), (3, 0), "{}", said.all());
    assert_eq!(due("365d").len(), 0);
    assert_judged(&desk, &pki, 2);
    let said = desk.hoso(&["stamp", "renew", "--due", "36500d", "--hash", "sha512", "--json"]).expect(0);
    assert_eq!(stamped(&said), (3, 0), "{}", said.all());
    assert_judged(&desk, &pki, 3);
    assert_eq!(verified(&desk, 0)["stamped"], 3);
    desk.assert_valid_ocfl();
    // One that was out of reach when the others were stamped gets its own.
    let all =
        files_below(&desk.archive.join("ocfl")).into_iter().map(|path| desk.archive.join("ocfl").join(path));
    let all: Vec<_> = all.filter(|path| path.extension().is_some_and(|ending| ending == "er")).collect();
    let whole = fs::read(&all[0]).unwrap();
    fs::remove_file(&all[0]).unwrap();
    assert_eq!(stamped(&desk.hoso(&["stamp", "--json"]).expect(0)), (1, 0));
    assert!(all[0].is_file());
    // One that does not hold any more is named, and nothing is renewed in its place.
    fs::copy(&all[1], &all[0]).unwrap();
    for args in [&["stamp", "due", "--json"][..], &["stamp", "renew", "--due", "1d", "--json"]] {
        assert_eq!(desk.hoso(args).expect(1).of_type("stamp-finding").len(), 1);
    }
    fs::write(&all[0], whole).unwrap();
    assert_eq!(verified(&desk, 0)["stamped"], 3);
}
