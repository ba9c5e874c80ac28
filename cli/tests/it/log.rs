//! The transparency log as people use it: a batch fills it, a unit above signs it over HTTP, by file and on paper, a court
//! checks a page without the archive, and whoever takes something back is found.

use crate::provided::workspace;
use crate::support::{Desk, HOSO, Said, equip, files_below, hoso_command, run, tool};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

fn words<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Said {
    run(hoso_command().args(args).arg("--json"))
}

fn verify(desk: &Desk, more: &[&OsStr]) -> Said {
    run(hoso_command().args(["verify", "--json"]).arg(&desk.archive).args(more))
}

fn codes(said: &Said) -> Vec<String> {
    said.of_type("log-finding").iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

/// The checker that knows only the specifications; its last words if it refuses.
fn judge<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Said {
    let script = workspace().join("seal/tests/it/tlog_judge.py");
    run(Command::new("python3").arg(script).args(args))
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap().trim().to_owned()
}

fn witness(desk: &Desk) -> PathBuf {
    let folder = desk.path("nhân chứng");
    words([
        "witness".as_ref(),
        "init".as_ref(),
        folder.as_os_str(),
        "--name".as_ref(),
        "vks-tinh.example/w".as_ref(),
    ])
    .expect(0);
    let key = desk.archive.join("keys/log.vkey");
    words(["witness".as_ref(), "watch".as_ref(), folder.as_os_str(), key.as_os_str()]).expect(0);
    folder
}

/// The object of a case file.
fn object(desk: &Desk, code: &str) -> PathBuf {
    let files = files_below(&desk.archive.join("ocfl"));
    let records = files.iter().filter(|path| path.ends_with("v1/content/metadata/other/case.json"));
    let mut of_code = records.filter(|path| text(path).contains(&format!("\"code\":\"{code}\"")));
    of_code.next().unwrap().ancestors().nth(5).unwrap().to_owned()
}

#[test]
fn a_batch_is_logged_and_a_court_checks_a_page_without_the_archive() {
    let desk = Desk::with_two_case_files();
    let shown = desk.hoso(&["log", "show", "--json"]).expect(0);
    assert_eq!(shown.of_type("log")[0]["size"], 2);
    let entries = shown.of_type("log-entry");
    for entry in &entries {
        let entry: Value = serde_json::from_str(entry["entry"].as_str().unwrap()).unwrap();
        assert_eq!((entry["kind"].as_str(), entry["version"].as_u64()), (Some("seal"), Some(1)));
        assert!(!entry.to_string().contains("HS-"), "no code in it");
    }
    let key = desk.archive.join("keys/log.vkey");
    let vkey = text(&key);
    judge(["log".as_ref(), desk.archive.join("tlog").as_os_str(), vkey.as_ref()]).expect(0);
    desk.assert_valid_ocfl();
    let receipt = object(&desk, "HS-1").join("logs/v1.tlog-proof");
    judge(["receipt".as_ref(), receipt.as_os_str(), vkey.as_ref()]).expect(0);
    assert_eq!(verify(&desk, &[]).expect(0).of_type("log-verified")[0]["good"], true);
    assert!(desk.hoso(&["archive", "check", "--json"]).expect(0).of_type("fixity-report").len() == 1);
    assert_eq!(verify(&desk, &[]).expect(0).of_type("log-verified")[0]["size"], 3);

    let proof = desk.path("trang-2.proof");
    desk.hoso(&["log", "prove", "HS-1", "--page", "2", "--out", proof.to_str().unwrap()]).expect(0);
    let page = desk.path("trang.png");
    fs::copy(desk.batch.join("HS-1/trang 2.png"), &page).unwrap();
    fs::rename(&desk.archive, desk.path("kho đi vắng")).unwrap();
    let key = desk.path("kho đi vắng/keys/log.vkey");
    let check = |file: &Path| {
        let args = ["log".as_ref(), "verify".as_ref(), proof.as_os_str(), "--key".as_ref(), key.as_os_str()];
        words(args.into_iter().chain(["--file".as_ref(), file.as_os_str()]))
    };
    let said = check(&page).expect(0);
    assert_eq!(said.of_type("proof")[0]["good"], true, "{}", said.all());
    judge(["page".as_ref(), proof.as_os_str(), page.as_os_str(), vkey.as_ref()]).expect(0);
    fs::copy(desk.batch.join("HS-1/trang 1.png"), &page).unwrap();
    check(&page).expect(7);
    assert_ne!(judge(["page".as_ref(), proof.as_os_str(), page.as_os_str(), vkey.as_ref()]).exit, 0);
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(folder: &Path) -> (Server, String) {
    let mut command = equip(Command::new(HOSO));
    command.args(["witness", "serve", "--json", "--listen", "127.0.0.1:0"]).arg(folder);
    let mut server = Server(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    (server, format!("http://{}", line["address"].as_str().unwrap()))
}

#[test]
fn a_witness_signs_over_http_by_file_and_on_paper_and_never_goes_back() {
    let desk = Desk::with_two_case_files();
    let folder = witness(&desk);
    let key = folder.join("witness.vkey");
    let saved = desk.path("tlog cũ");
    tool("cp", ["-r".as_ref(), desk.archive.join("tlog").as_os_str(), saved.as_os_str()]);
    let (server, url) = serve(&folder);
    desk.hoso(&["log", "trust", key.to_str().unwrap(), "--url", &url]).expect(0);
    let said = desk.hoso(&["log", "cosign", "--json"]).expect(0);
    assert_eq!(said.of_type("cosigned")[0]["size"], 2, "{}", said.all());
    desk.page("HS-3/trang 1.png", "quyết định khởi tố");
    desk.run_batch().expect(0);
    assert_eq!(desk.hoso(&["log", "cosign", "--json"]).expect(0).of_type("cosigned")[0]["size"], 3);
    judge(["note".as_ref(), desk.archive.join("tlog/checkpoint").as_os_str(), text(&key).as_ref()]).expect(0);

    // As curl sees it: the status of tlog-witness.
    let post = |body: &Path| {
        let data = format!("@{}", body.display());
        tool(
            "curl",
            [
                "-s",
                "-w",
                "%{http_code} %{content_type}",
                "--data-binary",
                &data,
                &format!("{url}/add-checkpoint"),
            ],
        )
    };
    let request = desk.path("yêu cầu");
    desk.hoso(&["log", "export-checkpoint", "--old", "2", "--out", request.to_str().unwrap()]).expect(0);
    assert_eq!(post(&request), "3\n409 text/x.tlog.size");
    fs::write(&request, "nonsense").unwrap();
    assert!(post(&request).ends_with("400 text/plain; charset=utf-8"));
    drop(server);
    desk.hoso(&["log", "cosign"]).expect(1);

    // On a stick.
    desk.page("HS-4/trang 1.png", "bản án sơ thẩm");
    desk.run_batch().expect(0);
    let (out, back) = (desk.path("mang đi"), desk.path("mang về"));
    desk.hoso(&[
        "log",
        "export-checkpoint",
        "--witness",
        "vks-tinh.example/w",
        "--out",
        out.to_str().unwrap(),
    ])
    .expect(0);
    let cosign = |out: &Path, back: &Path| {
        words([
            "witness".as_ref(),
            "cosign".as_ref(),
            folder.as_os_str(),
            out.as_os_str(),
            "--out".as_ref(),
            back.as_os_str(),
        ])
    };
    cosign(&out, &back).expect(0);
    let said = desk.hoso(&["log", "import-cosignature", "--json", back.to_str().unwrap()]).expect(0);
    assert_eq!(said.of_type("cosigned")[0]["size"], 4);
    let proof = desk.path("biên nhận");
    desk.hoso(&["log", "prove", "HS-4", "--out", proof.to_str().unwrap()]).expect(0);
    let log_key = desk.archive.join("keys/log.vkey");
    let args = ["log".as_ref(), "verify".as_ref(), proof.as_os_str(), "--key".as_ref(), log_key.as_os_str()];
    words(args.into_iter().chain(["--witness".as_ref(), key.as_os_str()])).expect(0);
    judge(["receipt".as_ref(), proof.as_os_str(), text(&log_key).as_ref(), text(&key).as_ref()]).expect(0);

    // On paper: what a reader of QR codes sees is the checkpoint, byte for byte.
    for name in ["mã.png", "tờ.svg"] {
        let file = desk.path(name);
        desk.hoso(&["log", "print", "--out", file.to_str().unwrap()]).expect(0);
        let picture = if name.ends_with("svg") {
            let picture = desk.path("tờ.png");
            let resolution = ["-d", "200", "-p", "200", "-b", "white", "-o"].map(OsStr::new);
            tool("rsvg-convert", resolution.into_iter().chain([picture.as_os_str(), file.as_os_str()]));
            picture
        } else {
            file
        };
        let options = ["-q".as_ref(), "--raw".as_ref(), "-Sbinary".as_ref()];
        let read = tool("zbarimg", options.into_iter().chain([picture.as_os_str()]));
        assert_eq!(read.trim_end(), text(&desk.archive.join("tlog/checkpoint")), "{name}");
    }

    // The log is taken back to two entries: the witness does not sign, and what it signed shows it.
    verify(&desk, &["--checkpoint".as_ref(), back.as_os_str()]).expect(0);
    fs::remove_dir_all(desk.archive.join("tlog")).unwrap();
    tool("cp", ["-r".as_ref(), saved.as_os_str(), desk.archive.join("tlog").as_os_str()]);
    let said = verify(&desk, &["--checkpoint".as_ref(), back.as_os_str()]).expect(7);
    assert_eq!(codes(&said)[0], "log-rolled-back", "{}", said.all());
    fs::remove_file(&out).unwrap();
    desk.hoso(&["log", "export-checkpoint", "--out", out.to_str().unwrap()]).expect(0);
    let refused = cosign(&out, &desk.path("không có")).expect(1);
    assert!(
        refused.of_type("error")[0]["message"].as_str().unwrap().contains("4 entries"),
        "{}",
        refused.all()
    );
}

#[test]
fn a_stop_between_commit_and_entry_is_made_good_by_resuming() {
    let desk = Desk::with_two_case_files();
    let saved = desk.path("tlog cũ");
    tool("cp", ["-r".as_ref(), desk.archive.join("tlog").as_os_str(), saved.as_os_str()]);
    desk.page("HS-3/trang 1.png", "quyết định khởi tố");
    desk.run_batch().expect(0);
    // As if the power had gone after the commit: no entry, no receipt, no note in the ledger.
    let receipt = object(&desk, "HS-3").join("logs/v1.tlog-proof");
    fs::remove_file(&receipt).unwrap();
    fs::remove_dir_all(desk.archive.join("tlog")).unwrap();
    tool("cp", ["-r".as_ref(), saved.as_os_str(), desk.archive.join("tlog").as_os_str()]);
    assert_eq!(codes(&verify(&desk, &[]).expect(7)), ["version-not-logged"]);
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(desk.archive.join(format!("ledger.sqlite{ending}")));
    }
    desk.run_batch().expect(0);
    assert!(receipt.is_file());
    verify(&desk, &[]).expect(0);

    // The other way round nothing is ever put right.
    fs::remove_dir_all(object(&desk, "HS-3")).unwrap();
    assert!(codes(&verify(&desk, &[]).expect(7)).contains(&"log-without-version".to_owned()));
    fs::remove_dir_all(desk.archive.join("tlog")).unwrap();
    desk.run_batch().expect(7);
    let said = run(hoso_command().args(["verify", "--lang", "vi"]).arg(&desk.archive)).expect(7);
    assert!(said.out.contains("không đọc được nhật ký"), "{}", said.all());
}

#[test]
fn what_is_imported_is_entered_as_adopted_and_foreign_receipts_stay() {
    let desk = Desk::with_two_case_files();
    let other = desk.path("kho khác");
    crate::support::init(&other);
    let anchor = desk.archive.join("keys/trial-ca.pem");
    let args = ["import".as_ref(), desk.archive.as_os_str(), "--anchor".as_ref(), anchor.as_os_str()];
    words(args.into_iter().chain(["--archive".as_ref(), other.as_os_str()])).expect(0);
    let shown = run(hoso_command().args(["log", "show", "--json", "--archive"]).arg(&other)).expect(0);
    let adopted = shown.of_type("log-entry");
    assert_eq!(adopted.len(), 2);
    assert!(adopted.iter().all(|entry| entry["entry"].as_str().unwrap().contains("\"kind\":\"adopted\"")));
    run(hoso_command().arg("verify").arg(&other)).expect(0);
    let kept =
        files_below(&other.join("ocfl")).into_iter().filter(|path| path.ends_with("logs/v1.1.tlog-proof"));
    assert_eq!(kept.count(), 2, "the receipts of the archive it came from");
}
