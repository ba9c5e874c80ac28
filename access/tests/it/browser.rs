//! The real program in a real browser: `hoso serve` driven by Playwright in the system's Chromium. Screenshots lie in
//! `target/screenshots` and are meant to be looked at.

use crate::archive::{case_with_folios, copy, files, jpeg_page, object_of_case, programs, stored_as};
use crate::client::{PASSWORD, USER};
use crate::provided::{from_dev, pdfium, program_path, workspace};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// `hoso serve`, ended with this value.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(archive: &Path) -> Self {
        let mut child = Command::new(programs().join("hoso"))
            .args(["serve", "--listen", "127.0.0.1:0", "--json", "--lang", "vi", "--archive"])
            .arg(archive)
            .env("HOSO_PDFIUM", pdfium())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        let address = told["address"].as_str().unwrap().to_owned();
        Self { child, address }
    }

    /// SIGTERM, and the code the program ends with.
    fn stop(mut self) -> Option<i32> {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_clerk_searches_and_a_court_looks() {
    let chromium = program_path("chromium");
    let node = from_dev("playwright/playwright/driver/node");
    let playwright = from_dev("playwright/playwright/driver/package/index.mjs");
    let folder = tempfile::tempdir().unwrap();
    let archive = copy(folder.path());
    let account = archive.join("keys/account.json");
    access::create_account(&account, USER, PASSWORD).unwrap();
    let (case, _) = case_with_folios();
    let (of, page, received) = jpeg_page();
    let other = if page == 1 { 2 } else { 1 };
    let mut texts = files(&object_of_case(&archive, &of));
    texts.retain(|path| path.to_string_lossy().contains("/metadata/ocr/"));
    texts.sort();
    let shots = workspace().join("target/screenshots");
    std::fs::create_dir_all(&shots).unwrap();
    let serving = Serving::start(&archive);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/drive.mjs");
    let task = serde_json::json!({
        "playwright": playwright, "chromium": chromium, "address": serving.address,
        "user": USER, "password": PASSWORD, "shots": shots, "case": case,
        "tampered": {
            "case": of, "page": page, "file": stored_as(&archive, &received),
            "text": { "page": other, "file": texts[other as usize - 1] },
        },
    });
    let output = Command::new(node).arg(script).arg(task.to_string()).output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(serving.stop(), Some(0), "SIGTERM ends it in order");
}
