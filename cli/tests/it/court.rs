//! The folder for a court: what stock programs, an independent checker of 300 lines and this program say of good and damaged ones.

use crate::provided::workspace;
use crate::support::{Desk, Said, files_below, hoso_command, run, tool};
use crate::verdict_table::{Judge, Others, Row, VerdictTable};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

fn checker() -> PathBuf {
    workspace().join("docs/court-kit/kiem_tra.py")
}

/// What the reader of a kit has from elsewhere.
#[derive(Default, Clone)]
struct Given {
    root: Option<String>,
    log_key: Option<String>,
    checkpoint: Option<String>,
    time_anchor: Option<String>,
}

impl Given {
    fn read(path: &Path) -> Given {
        let json: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let text = |key: &str| json[key].as_str().map(str::to_owned);
        Given {
            root: text("root"),
            log_key: text("log_key"),
            checkpoint: text("checkpoint"),
            time_anchor: None,
        }
    }

    fn args(&self, names: [&str; 4]) -> Vec<String> {
        let all = [&self.root, &self.log_key, &self.checkpoint, &self.time_anchor];
        let pairs =
            names.iter().zip(all).filter_map(|(name, value)| Some([(*name).to_owned(), value.clone()?]));
        pairs.flatten().collect()
    }
}

struct Verdicts {
    ours: Said,
    python: Said,
    script: Said,
    openssl: Said,
}

impl Verdicts {
    fn of(kit: &Path, given: &Given) -> Verdicts {
        let names = ["--anchor", "--log-key", "--checkpoint", "--time-anchor"];
        let ours = run(hoso_command().args(["verify", "--json"]).args(given.args(names)).arg(kit));
        let names = ["--root", "--log-key", "--checkpoint", "--tsa-root"];
        let python = run(Command::new("python3").arg(checker()).args(given.args(names)).arg(kit));
        let root = given.root.iter().chain(&given.time_anchor);
        let script = run(Command::new("sh").arg(kit.join("verify.sh")).args(root));
        let data = kit.join("data");
        let manifest = "seal/manifest-sha256.txt";
        let signed =
            ["cms", "-verify", "-binary", "-inform", "DER", "-in", "seal/manifest.p7s", "-content", manifest];
        let mut command = Command::new("openssl");
        command.args(signed).args([
            "-purpose",
            "any",
            "-out",
            "/dev/null",
            "-no-CApath",
            "-no-CAstore",
            "-CAfile",
        ]);
        let openssl = run(command.arg(given.root.as_deref().unwrap_or("/dev/null")).current_dir(&data));
        Verdicts { ours, python, script, openssl }
    }

    fn status(&self) -> String {
        let verified = self.ours.of_type("verified");
        verified.last().map_or_else(|| "–".to_owned(), |line| line["status"].as_str().unwrap().to_owned())
    }

    /// The checks that did not pass, each with its reason.
    fn faults(&self) -> Vec<String> {
        let not_passed =
            |line: &Value| !["TOTAL-PASSED", "NOT-CHECKED"].contains(&line["status"].as_str().unwrap());
        let checks = self.ours.of_type("check").into_iter().filter(not_passed);
        checks
            .map(|line| format!("{}:{}", line["check"].as_str().unwrap(), line["reason"].as_str().unwrap()))
            .collect()
    }

    /// What our report and the checker say in words.
    fn words(&self) -> [String; 2] {
        let checks = self.ours.of_type("check");
        let lines = checks.iter().flat_map(|line| line["lines"].as_array().unwrap());
        let ours: Vec<&str> = lines.map(|line| line.as_str().unwrap()).collect();
        [ours.join("\n"), self.python.out.clone()]
    }

    fn row(&self, name: &str) -> Row {
        let fault = fault_of(name);
        // Files, counts and log are nothing that openssl sees.
        let is_of_openssl = fault.is_none_or(|fault| fault.starts_with("signature:"));
        let others = Others {
            openssl: is_of_openssl.then_some(self.openssl.exit == 0),
            checker: Some(self.python.exit == 0),
            ..Others::default()
        };
        let named = fault.filter(|fault| self.faults().iter().any(|found| found.starts_with(fault)));
        let ours = match fault {
            Some(_) => format!("{} {}", self.status(), named.unwrap_or("another fault")),
            None => format!("{} {}", self.status(), self.faults().join(" ")),
        };
        let wanted = format!("{} {}", expected_of(name), fault.unwrap_or_default()).trim().to_owned();
        let blind: &[Judge] = if UNSEEN_BY_OPENSSL.contains(&name) { &[Judge::Openssl] } else { &[] };
        let (case, accepted) = (name.replace('-', " "), self.ours.exit == 0);
        Row { case, ours: ours.trim().to_owned(), wanted, accepted, others, blind }
    }
}

fn fault_of(kit: &str) -> Option<&'static str> {
    FAULTS.iter().find(|(name, _)| *name == kit).map(|(_, fault)| *fault)
}

/// The status of the whole, by the first word of a kit's name.
fn expected_of(kit: &str) -> &'static str {
    match kit.split('-').next() {
        Some("good") => "TOTAL-PASSED",
        Some("bad") => "TOTAL-FAILED",
        Some("unknown") => "INDETERMINATE",
        _ => panic!("{kit}"),
    }
}

/// What is wrong with each kit: the check that must name it, and the reason. With a good one, something that is no part of the whole.
const FAULTS: &[(&str, &str)] = &[
    ("bad-byte-in-a-page", "files:differs"),
    ("bad-byte-in-metadata", "files:differs"),
    ("bad-byte-in-the-text", "files:differs"),
    ("bad-byte-in-the-manifest", "signature:altered"),
    ("bad-byte-in-the-signature", "signature:altered"),
    ("bad-bytes-after-the-signature", "signature:malformed"),
    ("bad-no-signature", "signature:missing"),
    ("bad-no-manifest", "manifest:missing"),
    ("bad-file-added", "files:unlisted"),
    ("bad-file-added-beside-the-seal", "files:unlisted"),
    ("bad-file-removed", "files:missing"),
    ("bad-file-renamed", "files:missing"),
    ("bad-pages-swapped", "files:differs"),
    ("bad-link-for-a-page", "files:unreadable"),
    ("bad-file-added-with-its-line", "signature:altered"),
    ("bad-signature-of-another-case", "signature:altered"),
    ("bad-signed-again-by-one", "log:other-seal"),
    ("bad-second-signer-cut-out", "log:other-seal"),
    ("bad-stated-leader-cut-out", "statement:officer-signature-missing"),
    ("bad-stated-agency-cut-out", "statement:agency-signature-missing"),
    ("bad-stated-leader-cut-out-of-a-page", "statement:officer-signature-missing"),
    ("bad-stated-agency-cut-out-of-a-page", "statement:agency-signature-missing"),
    ("bad-statement-of-one-signer", "statement:one-signer"),
    ("bad-statement-of-another-count", "statement:count-differs"),
    ("bad-statement-of-another-count-by-a-key-maybe-revoked", "statement:count-differs"),
    ("bad-statement-of-more-pages", "statement:statement-of-other-case"),
    ("bad-statement-of-another-case", "statement:statement-of-other-case"),
    ("bad-statement-not-in-its-one-form", "statement:statement-malformed"),
    ("bad-statement-taken-away", "files:missing"),
    ("bad-statement-nobody-signed", "files:unlisted"),
    ("bad-attributes-in-another-order", "signature:malformed"),
    ("bad-attributes-signed-in-another-order", "signature:malformed"),
    ("good-but-bytes-after-a-signed-pdf", "pdf:pdf-signature"),
    ("good-but-a-pdf-with-a-wrong-byte-range", "pdf:pdf-signature"),
    ("good-but-a-pdf-changed-after-it-was-signed", "pdf:pdf-signature"),
    ("good-log-key-of-the-kit", "log:key-of-the-kit"),
    ("bad-old-version-replayed", "log:other-seal"),
    ("bad-other-case-in-its-place", "counts:other-case"),
    ("bad-rewritten-consistently", "signature:untrusted-signer"),
    ("bad-manifest-not-sorted-but-signed", "manifest:not-canonical"),
    ("bad-manifest-crlf-but-signed", "manifest:not-canonical"),
    ("bad-manifest-bom-but-signed", "manifest:not-canonical"),
    ("bad-manifest-upper-case-but-signed", "manifest:not-canonical"),
    ("bad-manifest-no-last-line-feed-but-signed", "manifest:not-canonical"),
    ("bad-manifest-twice-the-same-but-signed", "manifest:not-canonical"),
    ("bad-pages-stated-not-found", "counts:"),
    ("bad-page-number-missing", "counts:"),
    ("bad-master-not-described", "counts:"),
    ("bad-master-described-not-there", "counts:counts"),
    ("bad-kit-of-another-code", "counts:other-case"),
    ("bad-kit-of-another-version", "log:other-seal"),
    ("bad-kit-json", "kit:kit"),
    ("bad-kit-with-an-empty-path", "files:"),
    ("bad-kit-without-its-time", "kit:kit"),
    ("bad-kit-with-an-unknown-key", "kit:kit"),
    ("bad-log-proof-forged", "log:proof"),
    ("bad-log-proof-of-another-index", "log:proof"),
    ("bad-log-proof-of-another-entry", "log:other-seal"),
    ("bad-log-proof-removed", "log:no-proof"),
    ("bad-log-proof-cut", "log:proof"),
    ("bad-checkpoint-changed", "log:proof"),
    ("bad-log-of-somebody-else", "log:proof"),
    ("bad-log-forked", "log:forked"),
    ("bad-log-rewritten", "log:forked"),
    ("bad-page-changed", "files:differs"),
    ("bad-page-is-another", "files:differs"),
    ("bad-page-kit-with-a-second-file", "files:unlisted"),
    ("bad-page-kit-without-the-page", "files:missing"),
    ("bad-page-kit-names-a-page-not-listed", "files:unlisted"),
    ("bad-whole-kit-called-one-page", "files:unlisted"),
    ("bad-sha1", "signature:malformed"),
    ("bad-content-inside", "signature:malformed"),
    ("bad-bytes-after-the-signature-and-logged", "signature:malformed"),
    ("bad-curve-p521", "signature:malformed"),
    ("unknown-chain-of-six", "signature:untrusted-signer"),
    ("unknown-name-constraints", "signature:untrusted-signer"),
    ("unknown-no-root", "signature:untrusted-signer"),
    ("unknown-other-root", "signature:untrusted-signer"),
    ("unknown-issuer", "signature:untrusted-signer"),
    ("unknown-expired", "signature:expired"),
    ("unknown-not-yet-valid", "signature:expired"),
    ("unknown-claimed-time-to-come", "signature:expired"),
    ("unknown-whether-revoked", "signature:unknown"),
    ("unknown-revoked", "signature:revoked"),
    ("unknown-key-of-a-web-server", "signature:untrusted-signer"),
    ("unknown-key-of-a-time-stamp-authority", "signature:untrusted-signer"),
    ("unknown-key-not-for-signing", "signature:untrusted-signer"),
    ("unknown-issuer-is-no-authority", "signature:untrusted-signer"),
    ("unknown-second-signer", "signature:untrusted-signer"),
    ("unknown-checkpoint-rolled-back", "log:checkpoint-older"),
    ("unknown-log-does-not-show-that-it-continues", "log:no-consistency"),
    ("bad-rsa-1024", "signature:malformed"),
];

/// Kits, and lines that must be there about them: what a line is about and what it says of that, in our report and in the checker's.
const NAMED: &[(&str, &str, &str, &str)] = &[
    ("bad-file-renamed", "0001/0002.png", "missing", "missing"),
    ("bad-file-renamed", "0001/0007.png", "not in the manifest", "not in the manifest"),
    ("bad-rsa-1024", "1024 bits", "an RSA key of", "weak key"),
    ("bad-sha1", "", "the digest SHA-1 is not accepted", "['sha1']"),
    ("bad-curve-p521", "", "the elliptic curve 1.3.132.0.35", "secp521r1"),
    (
        "unknown-claimed-time-to-come",
        "",
        "claims to have signed at 2039-01-01T00:00:00Z",
        "claimed time lies in the future",
    ),
    ("unknown-key-not-for-signing", "", "is not for signatures", "vouched for: purpose"),
    ("unknown-key-of-a-web-server", "", "is not meant for signing documents", "vouched for: purpose"),
    (
        "unknown-key-of-a-time-stamp-authority",
        "",
        "is not meant for signing documents",
        "vouched for: purpose",
    ),
    ("unknown-expired", "", "2025-01-01T00:00:00Z", "vouched for: expired"),
    ("unknown-not-yet-valid", "", "2039-01-01T00:00:00Z", "vouched for: not yet valid"),
    ("unknown-issuer", "", "no path from", "vouched for: no path"),
    (
        "bad-attributes-in-another-order",
        "",
        "another order than that of DER",
        "not the signature of this manifest",
    ),
    (
        "bad-attributes-signed-in-another-order",
        "",
        "another order than that of DER",
        "not in the order of DER",
    ),
    (
        "bad-second-signer-cut-out",
        "",
        "seal/manifest.p7s: is not what was logged",
        "not what was logged: chữ ký",
    ),
    ("bad-second-signer-cut-out", "no statement names who had to sign", "", ""),
    ("good-but-second-signer-cut-out-and-nothing-says-so", "no statement names who had to sign", "", ""),
    (
        "bad-stated-leader-cut-out",
        "\"leader\"",
        "the signature of the officer",
        "missing that the statement names: officer",
    ),
    (
        "bad-stated-agency-cut-out",
        "\"agency\"",
        "the signature of the agency",
        "missing that the statement names: agency",
    ),
    ("bad-stated-leader-cut-out-of-a-page", "\"leader\"", "the signature of the officer", "names: officer"),
    ("bad-stated-agency-cut-out-of-a-page", "\"agency\"", "the signature of the agency", "names: agency"),
    (
        "bad-statement-of-one-signer",
        "",
        "both signatures are of one certificate",
        "both signers that the statement names are one",
    ),
    (
        "bad-statement-of-another-count",
        "",
        "4 pages on paper and 3 in the package",
        "4 trang trên giấy, 3 trang trong gói",
    ),
    ("bad-statement-of-more-pages", "", "the statement is about", "statement of another case file"),
    ("bad-statement-of-another-case", "", "the statement is about", "statement of another case file"),
    ("bad-statement-not-in-its-one-form", "", "not in canonical form", "not in its one form"),
    ("bad-statement-taken-away", "statement.json", "missing", "missing"),
    ("good-pdf-signed", "rep1/data/a.pdf", "TOTAL-PASSED", "the whole file is covered"),
    (
        "good-but-bytes-after-a-signed-pdf",
        "rep1/data/a.pdf",
        "appended-bytes",
        "bytes follow the signed part",
    ),
    ("good-but-a-pdf-with-a-wrong-byte-range", "rep1/data/a.pdf", "byte-range", "wrong ByteRange"),
    (
        "good-but-a-pdf-changed-after-it-was-signed",
        "rep1/data/a.pdf",
        "content-changed",
        "bytes follow the signed part",
    ),
    ("unknown-revoked", "", "revoked at", "revoked"),
    ("unknown-name-constraints", "", "2.5.29.30", "Name Constraints"),
];

/// Kits whose fault stands in `kit.json`, which the script does not read.
/// Some that OpenSSL passes over, too.
const UNSEEN_BY_THE_SCRIPT: [&str; 10] = [
    "bad-kit-with-an-empty-path",
    "bad-whole-kit-called-one-page",
    "bad-page-kit-names-a-page-not-listed",
    "bad-bytes-after-the-signature",
    "bad-bytes-after-the-signature-and-logged",
    "bad-content-inside",
    "bad-curve-p521",
    "unknown-chain-of-six",
    "bad-attributes-signed-in-another-order",
    "unknown-claimed-time-to-come",
];

/// Kits whose fault lies in the signature, and that OpenSSL passes: its rules are wider than ours.
const UNSEEN_BY_OPENSSL: [&str; 14] = [
    "bad-bytes-after-the-signature",
    "bad-bytes-after-the-signature-and-logged",
    "bad-content-inside",
    "bad-curve-p521",
    "bad-sha1",
    "bad-rsa-1024",
    "bad-attributes-signed-in-another-order",
    "unknown-chain-of-six",
    "unknown-key-not-for-signing",
    "unknown-key-of-a-time-stamp-authority",
    "unknown-key-of-a-web-server",
    "unknown-claimed-time-to-come",
    // Nobody told it to look for revocations.
    "unknown-revoked",
    "unknown-whether-revoked",
];

/// Faults that stock programs are not told to look for: the script says that it does not.
fn script_looks_for(fault: &str) -> bool {
    ["files:", "signature:", "manifest:missing"].iter().any(|seen| fault.starts_with(seen))
}

/// Made once for all tests of this file.
fn kits() -> &'static Path {
    static KITS: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, kits) = KITS.get_or_init(|| {
        let scratch = tempfile::tempdir().unwrap();
        let kits = scratch.path().join("kits");
        let maker = workspace().join("cli/tests/it/court_kits.py");
        tool("python3", [maker.as_os_str(), kits.as_os_str()]);
        (scratch, kits)
    });
    kits
}

/// Of a package and of a page alone. No key is needed for it, and openssl accepts what is left.
#[test]
fn a_signer_cut_out_of_a_signature_is_named_whatever_is_verified() {
    let root = kits().join(".pki/root.pem");
    let unstated = "no statement names who had to sign";
    for (kit, exit, words) in [
        ("bad-stated-leader-cut-out", 7, "the signature of the officer \"leader\" is missing"),
        ("bad-stated-agency-cut-out", 7, "the signature of the agency \"agency\" is missing"),
        ("bad-statement-of-one-signer", 7, "both signatures are of one certificate"),
        ("bad-statement-of-another-count", 7, "4 pages on paper and 3 in the package"),
        // That revocation is not known excuses nothing else.
        ("bad-statement-of-another-count-by-a-key-maybe-revoked", 7, "4 pages on paper and 3 in the package"),
        ("unknown-whether-revoked", 3, "whether a certificate was revoked is not known"),
        ("bad-statement-taken-away", 7, "metadata/other/statement.json: missing"),
        ("good-but-second-signer-cut-out-and-nothing-says-so", 0, unstated),
        ("good-two-signers", 0, unstated),
        ("good-statement", 0, "intact"),
    ] {
        let data = kits().join(kit).join("data");
        let mut openssl = Command::new("openssl");
        openssl.args(["cms", "-verify", "-binary", "-cades", "-inform", "DER", "-purpose", "any"]);
        openssl.args([
            "-in",
            "seal/manifest.p7s",
            "-content",
            "seal/manifest-sha256.txt",
            "-out",
            "/dev/null",
        ]);
        run(openssl.arg("-CAfile").arg(&root).current_dir(&data)).expect(0);
        let verify = |more: &[&Path]| {
            let mut command = hoso_command();
            run(command.arg("verify").arg("--anchor").arg(&root).args(more)).expect(exit)
        };
        let page = data.join("representations/rep2/data/0001/0002.png");
        let seal = data.join("seal");
        let of_page = verify(&[&page, "--seal".as_ref(), &seal]).out;
        let of_package = verify(&[&data]).out;
        assert!(of_package.contains(words), "{kit}: {of_package}");
        if kit == "good-statement" {
            assert!(!of_page.contains(unstated) && !of_package.contains(unstated), "{of_page}{of_package}");
        } else {
            assert!(of_page.contains(words), "{kit}: {of_page}");
        }
    }
    let data = kits().join("bad-stated-leader-cut-out/data");
    let mut command = hoso_command();
    command.args(["verify", "--lang", "vi", "--seal"]).arg(data.join("seal"));
    let said = run(command.arg(data.join("metadata/other/case.json"))).expect(7).out;
    assert!(said.contains("thiếu chữ ký của người có thẩm quyền \"leader\""), "{said}");
}

#[test]
fn the_checker_and_stock_programs_never_say_valid_where_hoso_does_not() {
    let kits = kits();
    let lines = fs::read_to_string(checker()).unwrap().lines().count();
    assert!(lines <= 300, "the checker has {lines} lines");

    let mut names: Vec<String> = fs::read_dir(kits)
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().file_name().to_str()?.strip_suffix(".json")?.to_owned()))
        .collect();
    names.sort();
    let listed = FAULTS.iter().map(|(kit, _)| kit).chain(NAMED.iter().map(|(kit, ..)| kit));
    let listed = listed.chain(&UNSEEN_BY_THE_SCRIPT).chain(&UNSEEN_BY_OPENSSL);
    let no_kits: Vec<_> = listed.filter(|kit| !names.iter().any(|name| name == *kit)).collect();
    assert!(no_kits.is_empty(), "{no_kits:?}");
    let mut wrong = Vec::new();
    let mut table = VerdictTable::default();
    for name in &names {
        let found = Verdicts::of(&kits.join(name), &Given::read(&kits.join(format!("{name}.json"))));
        table.push(found.row(name));
        let exits = (found.ours.exit, found.python.exit, found.script.exit);
        let is_unseen = UNSEEN_BY_THE_SCRIPT.contains(&name.as_str());
        let looks = fault_of(name).is_some_and(script_looks_for);
        let as_expected = match expected_of(name) {
            "TOTAL-PASSED" => exits == (0, 0, 0),
            // Where it looks, it sees; what it is said not to see it passes.
            _ => exits.0 == 7 && exits.1 != 0 && (!looks || is_unseen == (exits.2 == 0)),
        };
        // Whatever is expected of a kit, this holds for all of them.
        let never_better = found.ours.exit == 0 || found.python.exit != 0;
        let has = |mark: &str, status: &str| {
            found.python.out.lines().any(|line| line.starts_with(mark) && line.ends_with(status))
        };
        let python_names_it = match found.python.exit {
            0 => true,
            // Without its `kit.json` no single check is made.
            1 => has("✗ ", ": TOTAL-FAILED") || has("✗ kit: ", ""),
            3 => has("? ", ": INDETERMINATE"),
            _ => false,
        };
        let [ours, checker] = found.words();
        let says = |text: &str, what: &str, word: &str| {
            text.lines().any(|line| line.contains(what) && line.contains(word))
        };
        let unnamed: Vec<_> = NAMED
            .iter()
            .filter(|(kit, what, our_word, word)| {
                kit == name && !(says(&ours, what, our_word) && says(&checker, what, word))
            })
            .collect();
        if !as_expected || !never_better || !python_names_it || !unnamed.is_empty() {
            wrong.push(format!(
                "{name}: {exits:?} {} {:?} {unnamed:?}\n{ours}\n{}\n{}",
                found.status(),
                found.faults(),
                found.python.all(),
                found.script.all()
            ));
        }
    }
    assert!(names.len() >= 90, "{} kits", names.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    table.judge(
        "folder for a court",
        "pyHanko, pdfsig and qpdf read PDFs; openssl sees the signature over the manifest and its certificates alone, not files, counts and log, and passes what its rules allow and ours do not",
    );
}

fn export(desk: &Desk, name: &str, more: &[&str]) -> PathBuf {
    let to = desk.path(name);
    let args = ["case", "export", "HS-1", "--profile", "court", "--json", "--out", to.to_str().unwrap()];
    desk.hoso(&[&args[..], more].concat()).expect(0);
    to
}

fn given(desk: &Desk) -> Given {
    let text = |path: &str| Some(desk.archive.join(path).to_str().unwrap().to_owned());
    Given { root: text("keys/trial-ca.pem"), log_key: text("keys/log.vkey"), ..Given::default() }
}

#[test]
fn a_case_file_and_a_page_go_to_court_and_every_program_accepts_them() {
    let desk = Desk::with_two_case_files();
    let old = desk.path("điểm kiểm.txt");
    fs::copy(desk.archive.join("tlog/checkpoint"), &old).unwrap();
    desk.page("HS-3/trang 1.png", "quyết định khởi tố");
    desk.run_batch().expect(0);
    let (whole, page) =
        (export(&desk, "cả hồ sơ", &["--since", "2"]), export(&desk, "một trang", &["--page", "2"]));
    let checkpoint = Some(old.to_str().unwrap().to_owned());
    fs::rename(&desk.archive, desk.path("kho đi vắng")).unwrap();
    let away =
        Desk {
            archive: desk.path("kho đi vắng"), batch: desk.batch, scratch: tempfile::tempdir().unwrap()
        };
    for (kit, given) in [(&whole, Given { checkpoint, ..given(&away) }), (&page, given(&away))] {
        let found = Verdicts::of(kit, &given);
        let exits = (found.ours.exit, found.python.exit, found.script.exit, found.openssl.exit);
        assert_eq!(exits, (0, 0, 0, 0), "{}{}{}", found.ours.all(), found.python.all(), found.script.all());
        let unknown = Verdicts::of(kit, &Given::default());
        assert_eq!(
            (unknown.status().as_str(), unknown.python.exit, unknown.script.exit),
            ("INDETERMINATE", 3, 3)
        );
    }
    // A second export gives the same package; the page's kit holds its page, list and signature and nothing else.
    let data = files_below(&page.join("data"));
    assert_eq!(data.len(), 3, "{data:?}");
    let words = fs::read_to_string(whole.join("XAC-MINH.txt")).unwrap();
    let fingerprint = tool(
        "openssl",
        ["x509", "-in", given(&away).root.as_deref().unwrap(), "-noout", "-fingerprint", "-sha256"],
    );
    let digits: String = fingerprint.split('=').nth(1).unwrap().trim().replace(':', "");
    assert!(words.replace(char::is_whitespace, "").contains(&digits), "{words}");
    // What is there is not written over; options of other profiles are refused.
    let again =
        away.hoso(&["case", "export", "HS-1", "--profile", "court", "--out", whole.to_str().unwrap()]);
    assert_eq!(again.exit, 1, "{}", again.all());
    assert_eq!(away.hoso(&["case", "export", "HS-1", "--profile", "court", "--zip"]).exit, 2);
    assert_eq!(away.hoso(&["case", "export", "HS-1", "--page", "1"]).exit, 2);
}

#[test]
fn what_was_sealed_in_a_batch_goes_to_court() {
    let desk = Desk::with_two_case_files();
    desk.hoso(&["key", "trial", "--officer-name", "Lê Văn C"]).expect(0);
    for (code, pages) in [("HS-1", "2"), ("HS-2", "1")] {
        desk.hoso(&["case", "review", code, "--by", "Trần Thị B", "--pages-on-paper", pages]).expect(0);
    }
    desk.hoso(&["seal", "--reviewed", "--granularity", "batch"]).expect(0);
    let (whole, page) = (export(&desk, "lô", &[]), export(&desk, "trang của lô", &["--page", "2"]));
    let pem =
        ["trial-ca.pem", "trusted.pem"].map(|file| fs::read(desk.archive.join("keys").join(file)).unwrap());
    fs::write(desk.path("gốc.pem"), pem.concat()).unwrap();
    let root = desk.path("gốc.pem").to_str().map(str::to_owned);
    let given = Given { root: root.clone(), ..given(&desk) };
    let exits = |kit: &Path| {
        let found = Verdicts::of(kit, &given);
        let said = format!("{}{}{}", found.ours.all(), found.python.all(), found.script.all());
        ((found.ours.exit, found.python.exit, found.script.exit), said)
    };
    for kit in [&whole, &page] {
        let (exits, said) = exits(kit);
        assert_eq!(exits, (0, 0, 3), "{said}");
        assert!(said.contains("seal/batch.proof"), "{said}");
        // Without the authority of the station, which has signed nothing of this version.
        let roots = fs::read(kit.join("proof/root.pem")).unwrap();
        assert!(roots.len() < pem.concat().len());
        let untrusted = Verdicts::of(kit, &Given { root: None, ..given.clone() });
        assert_eq!((untrusted.status().as_str(), untrusted.python.exit), ("INDETERMINATE", 3));
    }
    // The page goes on without any manifest: its proof leads to the root that is signed, says a script that knows only hashes.
    let alone = desk.path("chỉ trang");
    fs::create_dir(&alone).unwrap();
    let master =
        files_below(&page.join("data")).into_iter().find(|path| path.to_string_lossy().contains("/rep2/"));
    let proof = page.join("proof/page-0002.batch-proof");
    for (from, to) in
        [(&master.unwrap(), "trang"), (&proof, "chứng minh"), (&page.join("data/seal/batch.txt"), "lô")]
    {
        fs::copy(from, alone.join(to)).unwrap();
    }
    let judge = workspace().join("seal/tests/it/batch_judge.py");
    let judged = || {
        let mut python = Command::new("python3");
        run(python.arg(&judge).args(["alone", "trang", "chứng minh", "lô"]).current_dir(&alone)).exit
    };
    assert_eq!(judged(), 0);
    fs::write(alone.join("trang"), "khác").unwrap();
    assert_eq!(judged(), 1);
    let told = Verdicts::of(&page, &given).ours.of_type("check");
    assert!(told.iter().any(|check| check["check"] == "batch-page" && check["status"] == "TOTAL-PASSED"));
    let whole_proof = fs::read_to_string(&proof).unwrap();
    fs::write(&proof, whole_proof.replacen("line ", "line 1", 1)).unwrap();
    let told = Verdicts::of(&page, &given);
    assert_eq!((told.ours.exit, told.python.exit), (0, 0), "the manifest proves the page");
    assert_eq!(told.faults(), ["batch-page:proof"]);
    fs::write(&proof, whole_proof).unwrap();
    // Page, list, signature, batch, its proof, and the statement that names the signers.
    assert_eq!(files_below(&page.join("data")).len(), 6);
    let one = |more: &[&str]| {
        let mut command = hoso_command();
        command.args(["verify", "--anchor", root.as_deref().unwrap(), "--seal"]).arg(whole.join("data/seal"));
        run(command.args(more).arg(whole.join("data/METS.xml"))).exit
    };
    let report = desk.path("một tệp.html");
    assert_eq!((one(&[]), one(&["--report", report.to_str().unwrap()])), (0, 0));
    assert!(fs::read_to_string(report).unwrap().contains("METS.xml"));
    // The proof of another case file of the same batch; then none.
    let other = desk.path("hồ sơ khác");
    let args = ["case", "export", "HS-2", "--profile", "court", "--out", other.to_str().unwrap()];
    desk.hoso(&args).expect(0);
    for kit in [&whole, &page] {
        let proof = kit.join("data/seal/batch.proof");
        fs::copy(other.join("data/seal/batch.proof"), &proof).unwrap();
        let ((ours, python, script), said) = exits(kit);
        assert_eq!((ours, python, script), (7, 1, 3), "{said}");
        assert_eq!(one(&[]), 7);
        fs::remove_file(proof).unwrap();
        let (without, said) = exits(kit);
        assert_eq!(without, (7, 1, 1), "{said}");
    }
}

#[test]
fn a_pipe_in_the_place_of_a_file_holds_nobody_up() {
    let desk = Desk::with_two_case_files();
    let (whole, page) = (export(&desk, "ống", &[]), export(&desk, "ống của trang", &["--page", "1"]));
    let master =
        files_below(&page.join("data")).into_iter().find(|path| path.to_string_lossy().contains("rep2"));
    let master = page.join("data").join(master.unwrap());
    for place in [whole.join("data/METS.xml"), whole.join("proof/log.vkey"), master] {
        fs::remove_file(&place).unwrap();
        tool("mkfifo", [place.as_os_str()]);
    }
    let given = given(&desk);
    for kit in [&whole, &page] {
        let ours =
            run(hoso_command().args(["verify"]).args(given.args(["--anchor", "--log-key", "", ""])).arg(kit));
        let python = run(Command::new("python3")
            .arg(checker())
            .args(given.args(["--root", "--log-key", "", ""]))
            .arg(kit));
        let script = run(Command::new("sh").arg(kit.join("verify.sh")).args(&given.root));
        assert_eq!((ours.exit, python.exit, script.exit), (7, 1, 1), "{}{}", ours.all(), python.all());
    }
    // What the reader brings along and cannot be used is no fault of the folder.
    for (option, file) in [
        ("--root", "hoso.toml"),
        ("--root", "none.pem"),
        ("--log-key", "hoso.toml"),
        ("--tsa-root", "none.pem"),
    ] {
        let said =
            run(Command::new("python3").arg(checker()).arg(option).arg(desk.archive.join(file)).arg(&whole));
        assert_eq!(said.exit, 2, "{option} {file}: {}", said.all());
    }
    let without_path = "import os, sys; os.environ['PATH'] = '/none'; os.execv(sys.executable, [sys.executable, *sys.argv[1:]])";
    let said = run(Command::new("python3").args(["-c", without_path]).arg(checker()).arg(&whole));
    assert_eq!(said.exit, 2, "{}", said.all());
}

#[test]
fn the_report_says_in_both_languages_what_was_and_was_not_checked() {
    let desk = Desk::with_two_case_files();
    let kit = export(&desk, "hồ sơ", &[]);
    let given = given(&desk);
    let names = ["--anchor", "--log-key", "--checkpoint", "--time-anchor"];
    let report = |name: &str, lang: &str| {
        let to = desk.path(name);
        let mut command = hoso_command();
        command.args(["verify", "--lang", lang, "--report"]).arg(&to).args(given.args(names)).arg(&kit);
        (run(&mut command), to)
    };
    for (lang, words) in [
        ("vi", ["KẾT LUẬN", "CHƯA KIỂM TRA", "Chữ ký trên bảng kê"]),
        ("en", ["CONCLUSION", "NOT CHECKED", "Signature over the manifest"]),
    ] {
        let (said, html) = report(&format!("{lang}.html"), lang);
        assert_eq!(said.exit, 0, "{}", said.all());
        let html = fs::read_to_string(html).unwrap();
        assert!(!html.contains("<script") && !html.contains("http"), "it stands by itself");
        let (_, pdf) = report(&format!("{lang}.pdf"), lang);
        tool("qpdf", ["--check".as_ref(), pdf.as_os_str()]);
        let text = tool("pdftotext", ["-raw".as_ref(), pdf.as_os_str(), "-".as_ref()]);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let pages = tool("pdfinfo", [pdf.as_os_str()]);
        assert!(pages.contains("Pages:           1\n") && pages.contains("A4"), "{pages}");
        for word in words {
            assert!(html.contains(word) && text.contains(word), "{word}\n{text}");
            assert!(said.out.contains(word), "{}", said.all());
        }
        assert!(html.contains("TOTAL-PASSED") && text.contains("TOTAL-PASSED"));
    }
    // A broken one, and a plain package, too; a report is never written over.
    fs::remove_file(kit.join("data/METS.xml")).unwrap();
    let (said, html) = report("hỏng.html", "vi");
    assert_eq!(said.exit, 7);
    let html = fs::read_to_string(html).unwrap();
    assert!(html.contains("METS.xml: bị thiếu") && html.contains("TOTAL-FAILED"));
    assert_eq!(report("hỏng.html", "vi").0.exit, 1);
    assert_eq!(report("hỏng.doc", "vi").0.exit, 2);
    let package = desk.export("HS-1", "gói");
    let to = desk.path("gói.pdf");
    let mut command = hoso_command();
    command
        .args(["verify", "--report"])
        .arg(&to)
        .args(["--anchor", given.root.as_deref().unwrap()])
        .arg(&package);
    assert_eq!(run(&mut command).exit, 0);
    assert!(tool("pdftotext", [to.as_os_str(), "-".as_ref()]).contains("TOTAL-PASSED"));
    // Of a whole archive.
    let archive = |name: &str| {
        let to = desk.path(name);
        let said =
            run(hoso_command().args(["verify", "--lang", "en", "--report"]).arg(&to).arg(&desk.archive));
        (said.exit, fs::read_to_string(to).unwrap())
    };
    let (exit, html) = archive("kho.html");
    assert!(exit == 0 && html.contains("CONCLUSION") && html.contains("TOTAL-PASSED"), "{html}");
    let mut pages = files_below(&desk.archive.join("ocfl")).into_iter();
    let page = pages.rfind(|file| file.extension().is_some_and(|ending| ending == "png")).unwrap();
    fs::write(page, "khác").unwrap();
    let (exit, html) = archive("kho hỏng.html");
    assert!(exit == 7 && html.contains("TOTAL-FAILED") && html.contains(".png"), "{html}");
}

#[test]
fn a_volume_that_was_taken_away_or_exchanged_is_named() {
    let desk = Desk::new();
    let config = desk.archive.join("hoso.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("volume_pages = 1000\n", "volume_pages = 2\n")).unwrap();
    for page in ["01/1", "01/2", "02/1", "02/2"] {
        desk.page(&format!("HS-1/{page}.png"), &format!("chứng từ {page}"));
    }
    desk.run_batch().expect(0);
    let all = export(&desk, "ra tòa", &[]);
    let keys = given(&desk);
    let mut kits: Vec<PathBuf> = fs::read_dir(&all).unwrap().map(|entry| entry.unwrap().path()).collect();
    kits.sort();
    assert_eq!(kits.len(), 3, "{kits:?}");
    let exits = |kit: &Path| {
        let found = Verdicts::of(kit, &keys);
        (found.ours.exit, found.python.exit)
    };
    assert_eq!(kits.iter().map(|kit| exits(kit)).collect::<Vec<_>>(), [(0, 0); 3]);
    let (parent, volume) = (&kits[0], &kits[2]);
    // One is away; then another volume lies in its place.
    fs::rename(volume, desk.path("tập đi vắng")).unwrap();
    let named = |found: Verdicts| {
        assert_eq!(
            (found.ours.exit, found.python.exit),
            (7, 1),
            "{}{}",
            found.ours.all(),
            found.python.all()
        );
        assert!(found.ours.all().contains("volumes-missing"), "{}", found.ours.all());
        assert!(found.python.all().contains("tập 2"), "{}", found.python.all());
    };
    named(Verdicts::of(parent, &keys));
    tool("cp", ["-r".as_ref(), kits[1].as_os_str(), volume.as_os_str()]);
    named(Verdicts::of(parent, &keys));
}
