//! Certificates that were revoked, expired, meant for something else, or of which nothing is known: an authority by certomancer,
//! `openssl` and pyHanko as judges. What is wanted of us is what was asked of certomancer.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use record::Timestamp;
use seal::pades::{PdfReport, SignatureRequest, ValidationData, add_validation_data, sign_pdf};
use seal::{
    Anchor, AnchorPurpose, AnchorState, DirectoryFiles, MANIFEST_PATH, Manifest, SIGNATURE_PATH,
    STATEMENT_PATH, SignatureAlgorithm, SignatureVerdict, Signer, Statement, StatementFault, TimeStampClient,
    Trust, TspError, sign_detached,
};

use crate::pdf_support::*;
use crate::provided::{from_dev, workspace};
use crate::support::*;
use crate::verdict_table::{Judge, Others, Row, VerdictTable};

/// Between them the certificates `revoked`, `moved` and `held` were revoked: on the first of June.
const EARLY: &str = "2026-05-15T00:05:00Z";
const LATE: &str = "2026-10-15T00:05:00Z";

fn script() -> PathBuf {
    workspace().join("seal/tests/certomancer_pki.py")
}

/// Made once for all tests of this file.
fn pki() -> &'static Scratch {
    static PKI: OnceLock<Scratch> = OnceLock::new();
    PKI.get_or_init(|| {
        let scratch = Scratch::new();
        let mut command = Command::new(from_dev("pki-venv/bin/python"));
        let output =
            command.arg(script()).arg("make").arg(scratch.root()).output().expect("certomancer starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        scratch
    })
}

/// The signers' folder with its own copy of the authority, for files of a test.
fn desk() -> Scratch {
    let scratch = Scratch::new();
    for entry in std::fs::read_dir(pki().root()).expect("made").flatten() {
        std::fs::copy(entry.path(), scratch.path(&entry.file_name().to_string_lossy())).expect("copied");
    }
    scratch
}

/// A trust store with the root, and these lists and answers.
fn trust(scratch: &Scratch, lists: &[&str]) -> Trust {
    let mut trust = Trust::of_certificates(&[scratch.certificate("root.pem")]);
    for list in lists {
        let _ = trust.add_revocation(&scratch.read(list));
    }
    trust
}

fn signer<'s>(scratch: &'s Scratch, name: &str) -> OpensslSigner<'s> {
    OpensslSigner::of(scratch, name, SignatureAlgorithm::EcdsaP256Sha256, &["inter.pem", "root.pem"])
}

/// Signs the manifest of a small case as a person with this certificate, who claims this time.
fn sealed(scratch: &Scratch, name: &str, at: Timestamp) -> (Vec<u8>, Vec<u8>) {
    let manifest = small_case(scratch).to_bytes();
    let signature = sign_detached(&manifest, &[&signer(scratch, name)], at);
    // Who may not sign is refused by us; somebody else does it all the same.
    let signature = signature.unwrap_or_else(|_| by_openssl(scratch, name));
    scratch.write("m.txt", &manifest);
    scratch.write("m.p7s", &signature);
    (manifest, signature)
}

fn by_openssl(scratch: &Scratch, name: &str) -> Vec<u8> {
    scratch.must(&format!("openssl cms -sign -binary -cades -md sha256 -in seal/manifest-sha256.txt -signer {name}.pem -inkey {name}.key -certfile inter.pem -outform DER -out by.p7s"));
    scratch.read("by.p7s")
}

/// Does openssl accept it at that time, asking this list?
fn openssl_cms(scratch: &Scratch, list: Option<&str>, at: Timestamp) -> bool {
    let mut anchors = scratch.read("root.pem");
    let mut check = "";
    if let Some(list) = list {
        scratch.must(&format!("openssl crl -inform DER -in {list} -out list.pem"));
        anchors.extend(scratch.read("list.pem"));
        check = " -crl_check";
    }
    scratch.write("anchors.pem", anchors);
    let line = format!(
        "openssl cms -verify -binary -cades -inform DER -in m.p7s -content m.txt -CAfile anchors.pem -purpose any -attime {}{check} -out out.txt",
        at.as_second()
    );
    let words: Vec<&str> = line.split(' ').collect();
    scratch.run(words[0], &words[1..]).status.success()
}

/// Does openssl take this answer as one that says that the certificate is good?
fn openssl_ocsp(scratch: &Scratch, answer: &str, name: &str, at: Timestamp) -> bool {
    let line = format!(
        "openssl ocsp -issuer inter.pem -cert {name}.pem -respin {answer} -CAfile root.pem -attime {} -no_nonce",
        at.as_second()
    );
    let words: Vec<&str> = line.split(' ').collect();
    let output = scratch.run(words[0], &words[1..]);
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    output.status.success()
        && said.contains("Response verify OK")
        && said.contains(&format!("{name}.pem: good"))
}

/// openssl looks for it, or for other things than we do.
const SEES: &[Judge] = &[];
const OPENSSL_ELSE: &[Judge] = &[Judge::Openssl];

/// Changes a byte near the end, inside the signature.
fn altered(scratch: &Scratch, file: &str, as_file: &str) {
    let mut bytes = scratch.read(file);
    let at = bytes.len() - 10;
    bytes[at] ^= 1;
    scratch.write(as_file, bytes);
}

#[test]
fn certificates_of_sealed_packages_are_judged_as_openssl_does() {
    let scratch = desk();
    altered(&scratch, "inter-late.crl", "bent.crl");
    scratch.write("cut.crl", &scratch.read("inter-late.crl")[..200]);
    let (early, late) = (moment(EARLY), moment(LATE));
    // The case, who signed when, which list, at which time it is looked at; our word; where openssl can be asked, how it looks.
    type Wanted<'a> =
        (&'a str, &'a str, Timestamp, &'a [&'a str], Timestamp, &'a str, Option<&'static [Judge]>);
    let (sees, else_) = (Some(SEES), Some(OPENSSL_ELSE));
    let lists: [Wanted<'_>; 17] = [
        ("good, list in force", "good", early, &["inter-late.crl"], late, "valid", sees),
        ("good, an older list in force then", "good", early, &["inter-early.crl"], early, "valid", sees),
        ("good, no list at all", "good", early, &[], late, "unknown", else_),
        ("good, list run out", "good", early, &["inter-early.crl"], late, "unknown", sees),
        ("good, list of another authority", "good", early, &["root-late.crl"], late, "unknown", sees),
        ("good, list whose signature is bent", "good", early, &["bent.crl"], late, "unknown", sees),
        ("good, list cut off", "good", early, &["cut.crl"], late, "unknown", None),
        ("good, both lists", "good", early, &["inter-early.crl", "inter-late.crl"], late, "valid", None),
        ("revoked, key compromised", "revoked", early, &["inter-late.crl"], late, "revoked", sees),
        ("revoked, superseded", "moved", early, &["inter-late.crl"], late, "revoked", sees),
        ("on hold", "held", early, &["inter-late.crl"], late, "revoked", sees),
        (
            "revoked later than the time in question",
            "revoked",
            early,
            &["inter-early.crl"],
            early,
            "valid",
            sees,
        ),
        // openssl refuses lists from after the time in question.
        (
            "revoked later, as a later list says",
            "revoked",
            early,
            &["inter-late.crl"],
            early,
            "valid-then",
            else_,
        ),
        ("expired", "expired", moment("2025-05-05T00:00:00Z"), &["inter-late.crl"], late, "expired", sees),
        ("its issuer publishes nothing of it", "silent", early, &[], late, "valid", sees),
        ("for a server on the web", "wrong-use", early, &[], late, "untrusted-signer", else_),
        ("for encryption only", "sealer", early, &[], late, "untrusted-signer", else_),
    ];
    let mut table = VerdictTable::default();
    for (case, name, signed_at, files, at, wanted, openssl_looks) in lists {
        let (manifest, signature) = sealed(&scratch, name, signed_at);
        let verdict = trust(&scratch, files).verify_detached(&manifest, &signature, at);
        let openssl = openssl_looks.map(|_| openssl_cms(&scratch, files.first().copied(), at));
        table.push(row(case, &verdict, wanted, openssl, openssl_looks.unwrap_or_default()));
    }
    // A list is named in the reason, with the date and the reason of a revocation.
    let (manifest, signature) = sealed(&scratch, "revoked", early);
    let verdict = trust(&scratch, &["inter-late.crl"]).verify_detached(&manifest, &signature, late);
    assert!(verdict.reason().contains("2026-06-01T00:00:00Z (keyCompromise)"), "{}", verdict.reason());
    assert!(!verdict.is_valid() && !verdict.is_open());
    // Answers of servers, too.
    altered(&scratch, "good-ocsp-late.ocsp", "bent.ocsp");
    for (case, name, file, at, wanted) in [
        ("good, as the server says", "good", "good-ocsp-late.ocsp", late, "valid"),
        ("revoked, as the server says", "revoked", "revoked-ocsp-late.ocsp", late, "revoked"),
        ("the server said good before it was revoked", "revoked", "revoked-ocsp-early.ocsp", early, "valid"),
        ("an answer run out", "good", "good-ocsp-early.ocsp", late, "unknown"),
        ("an answer about another certificate", "good", "revoked-ocsp-early.ocsp", early, "unknown"),
        ("an answer whose signature is bent", "good", "bent.ocsp", late, "unknown"),
        (
            "an answer by the responder of another authority",
            "good",
            "good-ocsp-other-late.ocsp",
            late,
            "unknown",
        ),
        (
            "an answer by a certificate that is not for that",
            "good",
            "good-ocsp-unnamed-late.ocsp",
            late,
            "unknown",
        ),
        ("a server that refuses to answer", "good", "refused.ocsp", late, "unknown"),
    ] {
        let (manifest, signature) = sealed(&scratch, name, early);
        let verdict = trust(&scratch, &[file]).verify_detached(&manifest, &signature, at);
        // The program asks the present whether an answer has run out, not the time in question: then it cannot judge.
        let timeless = !matches!(wanted, "valid");
        let openssl = timeless.then(|| openssl_ocsp(&scratch, file, name, at));
        table.push(row(case, &verdict, wanted, openssl, SEES));
    }
    // Keys, digests, contents and issuers.
    for (name, bits) in [("short", 1024), ("tiny", 512)] {
        scratch.must(&format!("openssl genrsa -out {name}.key {bits}"));
        scratch.must(&format!("openssl req -new -key {name}.key -subj /C=VN/CN={name} -out {name}.csr"));
        scratch.must(&format!("openssl x509 -req -in {name}.csr -CA inter.pem -CAkey inter.key -CAcreateserial -days 900 -sha256 -out {name}.pem"));
    }
    scratch.make_pki(&["p256-stranger"]);
    // The stranger's own authority must not be taken for ours.
    scratch.write("root.pem", pki().read("root.pem"));
    scratch.must("openssl genrsa -out rsa.key 2048");
    scratch.must("openssl req -new -key rsa.key -subj /C=VN/CN=rsa -out rsa.csr");
    scratch.must("openssl x509 -req -in rsa.csr -CA inter.pem -CAkey inter.key -CAcreateserial -days 900 -sha256 -out rsa.pem");
    let present = Timestamp::now();
    let manifest = small_case(&scratch).to_bytes();
    let cms = |name: &str, digest: &str, content: &str| {
        scratch.must(&format!("openssl cms -sign -binary -cades -md {digest} -in {content} -signer {name}.pem -inkey {name}.key -certfile inter.pem -outform DER -out m.p7s"));
        scratch.read("m.p7s")
    };
    scratch.write("m.txt", &manifest);
    scratch.write("other.txt", [manifest.as_slice(), b"\n"].concat());
    for (case, name, digest, content, wanted, reason, blind) in [
        ("an RSA key of 2048 bits", "rsa", "sha256", "m.txt", "valid", "", SEES),
        // openssl asks no more of keys and digests than that they work.
        ("an RSA key of 1024 bits", "short", "sha256", "m.txt", "malformed", "1024 bits", OPENSSL_ELSE),
        ("an RSA key of 512 bits", "tiny", "sha256", "m.txt", "malformed", "512 bits", OPENSSL_ELSE),
        ("SHA-1", "rsa", "sha1", "m.txt", "malformed", "the digest SHA-1 is not accepted", OPENSSL_ELSE),
        (
            "SHA-224",
            "rsa",
            "sha224",
            "m.txt",
            "malformed",
            "the digest SHA-224 is not accepted",
            OPENSSL_ELSE,
        ),
        (
            "signed by somebody of an unknown issuer",
            "p256-stranger",
            "sha256",
            "m.txt",
            "untrusted-signer",
            "",
            SEES,
        ),
        (
            "the signature of another case file",
            "rsa",
            "sha256",
            "other.txt",
            "altered",
            "is not the one",
            SEES,
        ),
    ] {
        let signature = cms(name, digest, content);
        let trust = Trust::of_certificates(&[pki().certificate("root.pem")]);
        let verdict = trust.verify_detached(&manifest, &signature, present);
        assert!(verdict.reason().contains(reason), "{case}: {verdict:?}");
        table.push(row(case, &verdict, wanted, Some(openssl_cms(&scratch, None, present)), blind));
    }
    table.judge(
        "seal",
        "pyHanko, pdfsig and qpdf read PDFs; the Python checker leaves certificates to openssl and looks for no revocation; openssl takes no list from after the moment in question, cannot be given two, asks for none that it is not given, judges answers for the present only, and asks no more of keys, digests and purposes than that they work",
    );
}

fn row(
    case: &str,
    verdict: &SignatureVerdict,
    wanted: &str,
    openssl: Option<bool>,
    blind: &'static [Judge],
) -> Row {
    let (case, wanted) = (case.to_owned(), wanted.to_owned());
    let others = Others { openssl, ..Others::default() };
    Row { case, ours: verdict.code().to_owned(), wanted, accepted: verdict.is_valid(), others, blind }
}

/// The answer of certomancer's time-stamp authority, at a moment of our choice.
fn stamp_at(scratch: &Scratch, at: &str, request: &[u8]) -> Vec<u8> {
    stamp_by(scratch, "tsa", at, request)
}

fn stamp_by(scratch: &Scratch, authority: &str, at: &str, request: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let at = at.replace('Z', "+00:00");
    let mut command = Command::new(from_dev("pki-venv/bin/python"));
    command.arg(script()).arg("stamp").arg(scratch.root()).args([&at, authority]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("certomancer starts");
    child.stdin.take().expect("piped").write_all(request).expect("asked");
    let output = child.wait_with_output().expect("answered");
    assert!(output.status.success());
    output.stdout
}

/// A signed PDF with a time stamp at a moment, where one is wanted.
fn signed_pdf(scratch: &Scratch, name: &str, claimed: Timestamp, stamped: Option<&str>) -> Vec<u8> {
    let base = one_page("/MediaBox[0 0 595 842]");
    let request = SignatureRequest { now: claimed, mark: None, certify: false };
    let signer = signer(scratch, name);
    let mut send = |request: &[u8]| Ok::<_, TspError>(stamp_at(scratch, stamped.unwrap_or(LATE), request));
    let mut random =
        |buffer: &mut [u8]| getrandom::fill(buffer).map_err(|e| std::io::Error::other(e.to_string()));
    let mut client = TimeStampClient { send: &mut send, random: &mut random };
    let client = stamped.is_some().then_some(&mut client);
    let appended = sign_pdf(&mut std::io::Cursor::new(&base), &request, &signer, client).expect("signed");
    [base.as_slice(), &appended].concat()
}

fn with_store(pdf: &[u8], lists: &[Vec<u8>], answers: &[Vec<u8>]) -> Vec<u8> {
    let data =
        ValidationData { certificates: Vec::new(), crls: lists.to_vec(), ocsp_responses: answers.to_vec() };
    let appended = add_validation_data(&mut std::io::Cursor::new(pdf), &data).expect("added");
    [pdf, &appended].concat()
}

#[test]
fn certificates_of_signed_pdfs_are_judged_at_the_time_that_is_proven() {
    let scratch = desk();
    let (early, late) = (moment(EARLY), moment(LATE));
    let list = scratch.read("inter-late.crl");
    let far = moment("2033-01-01T00:00:00Z");
    let passed = "TOTAL-PASSED";
    let plain = |name: &str| signed_pdf(&scratch, name, early, None);
    let stamped = |name: &str, at: &str| signed_pdf(&scratch, name, moment(at), Some(at));
    let (before, after) = ("2026-05-20T00:00:00Z", "2026-07-01T00:00:00Z");
    let bent = {
        let mut list = list.clone();
        let at = list.len() - 10;
        list[at] ^= 1;
        list
    };
    let no_list = "INDETERMINATE revocation-unknown";
    // The case, the file, the lists at hand, when it is looked at, our word, whether pyHanko can be asked, and whether openssl, which
    // knows neither lists nor time stamps here, comes to the same.
    type Wanted<'a> = (&'a str, Vec<u8>, &'a [&'a str], Timestamp, &'a str, bool, bool);
    let cases: Vec<Wanted<'_>> = vec![
        ("good, list at hand", plain("good"), &["inter-late.crl"], late, passed, true, true),
        (
            "good, list in the file",
            with_store(&plain("good"), std::slice::from_ref(&list), &[]),
            &[],
            late,
            passed,
            false,
            true,
        ),
        (
            "good, answer in the file",
            with_store(&plain("good"), &[], &[scratch.read("good-ocsp-late.ocsp")]),
            &[],
            late,
            passed,
            false,
            true,
        ),
        ("good, nothing known", plain("good"), &[], late, no_list, true, false),
        ("good, list run out", plain("good"), &["inter-early.crl"], late, no_list, true, false),
        (
            "good, bent list in the file",
            with_store(&plain("good"), &[bent], &[]),
            &[],
            late,
            no_list,
            false,
            false,
        ),
        (
            "revoked, no time proven",
            plain("revoked"),
            &["inter-late.crl"],
            late,
            "INDETERMINATE revoked-no-poe",
            true,
            false,
        ),
        (
            "revoked, the answer in the file",
            with_store(&plain("revoked"), &[], &[scratch.read("revoked-ocsp-late.ocsp")]),
            &[],
            late,
            "INDETERMINATE revoked-no-poe",
            false,
            false,
        ),
        ("stamped, then revoked", stamped("revoked", before), &["inter-late.crl"], late, passed, false, true),
        (
            "revoked, then stamped",
            stamped("revoked", after),
            &["inter-late.crl"],
            late,
            "TOTAL-FAILED revoked",
            true,
            false,
        ),
        (
            "stamped, then expired",
            with_store(&stamped("good", before), std::slice::from_ref(&list), &[]),
            &[],
            far,
            passed,
            false,
            false,
        ),
        (
            "expired, no time proven",
            with_store(&plain("good"), &[list], &[]),
            &[],
            far,
            "INDETERMINATE out-of-bounds-no-poe",
            false,
            true,
        ),
        (
            "for a server on the web",
            plain_of_openssl(&scratch, "wrong-use"),
            &[],
            late,
            "INDETERMINATE no-certificate-chain-found",
            true,
            false,
        ),
        ("its issuer publishes nothing", plain("silent"), &[], late, passed, false, true),
        (
            "claims a time to come",
            signed_pdf(&scratch, "silent", far.min(moment("2028-01-01T00:00:00Z")), None),
            &[],
            late,
            "INDETERMINATE claimed-time-too-late",
            false,
            false,
        ),
        (
            "claims a time after its time stamp",
            signed_pdf(&scratch, "silent", late, Some(before)),
            &[],
            late,
            "INDETERMINATE claimed-time-too-late",
            false,
            false,
        ),
    ];
    let mut table = VerdictTable::default();
    for (idx, (case, pdf, lists, at, wanted, pyhanko_too, openssl_sees)) in cases.into_iter().enumerate() {
        let report =
            trust(&scratch, lists).verify_pdf(&mut std::io::Cursor::new(&pdf), at).expect("readable");
        let name = format!("{idx}.pdf");
        let file = scratch.write(&name, &pdf);
        let pyhanko = pyhanko_too.then(|| {
            let lists: Vec<PathBuf> = lists.iter().map(|list| scratch.path(list)).collect();
            ask_pyhanko_with(&scratch.path("root.pem"), at, &lists, &[file]).iter().all(|line| line.good)
        });
        let others = Others {
            openssl: Some(ask_openssl(&scratch, &pdf, "root.pem", at)),
            pyhanko,
            pdfsig: Some(ask_pdfsig(&scratch, &name) == ["valid"]),
            qpdf: Some(ask_qpdf(&scratch, &name)),
            checker: None,
        };
        // All are right in themselves: whoever looks at no certificate finds nothing.
        let blind: &[Judge] = match (wanted == passed, openssl_sees) {
            (true, true) => &[],
            (true, false) => &[Judge::Openssl],
            (false, true) => &[Judge::Pdfsig, Judge::Qpdf],
            (false, false) => &[Judge::Openssl, Judge::Pdfsig, Judge::Qpdf],
        };
        let (ours, accepted, wanted) = (words(&report), is_good(&report), wanted.to_owned());
        table.push(Row { case: case.to_owned(), ours, wanted, accepted, others, blind });
    }
    table.judge(
        "certificate in a PDF",
        "pdfsig and qpdf look at no certificate, and the signed bytes and the structure of all of these are right; openssl gets the signature cut out, and neither lists nor time stamps; pyHanko has no anchors with dates, and of answers in the file it is asked with the levels; the Python checker looks at no certificate in a PDF",
    );
}

fn is_good(report: &PdfReport) -> bool {
    report.status() == Some(seal::pades::PdfStatus::TotalPassed)
}

/// We do not sign with what is not for signing: the signature of another takes the place of ours.
fn plain_of_openssl(scratch: &Scratch, name: &str) -> Vec<u8> {
    // Room enough: that of a signature with a time stamp.
    let mut pdf = signed_pdf(scratch, "silent", moment(EARLY), Some(EARLY));
    let at = rfind_text(&pdf, b"/ByteRange [").expect("a signature") + 12;
    let numbers = String::from_utf8_lossy(&pdf[at..at + 50]).into_owned();
    let numbers: Vec<usize> = numbers.split_whitespace().map_while(|n| n.parse().ok()).collect();
    let (first, second) = (numbers[1], numbers[2]);
    scratch.write("data", [&pdf[..first], &pdf[second..]].concat());
    scratch.must(&format!("openssl cms -sign -binary -cades -md sha256 -in data -signer {name}.pem -inkey {name}.key -certfile inter.pem -outform DER -out other.p7s"));
    let hex: String = scratch.read("other.p7s").iter().map(|byte| format!("{byte:02x}")).collect();
    let room = second - first - 2;
    assert!(hex.len() <= room, "{} in {room}", hex.len());
    pdf[first + 1..second - 1].copy_from_slice(format!("{hex:0<room$}").as_bytes());
    pdf
}

#[test]
fn an_authority_counts_as_long_as_the_trust_store_says() {
    let scratch = desk();
    let (early, late) = (moment(EARLY), moment(LATE));
    let (june, root) = (moment("2026-06-01T00:00:00Z"), scratch.certificate("root.pem"));
    let (manifest, signature) = sealed(&scratch, "silent", early);
    let (_, late_signature) = sealed(&scratch, "silent", late);
    let active = Anchor::active(root);
    let with = |anchor: &Anchor, signature: &[u8], at| {
        Trust::new([anchor.clone()]).verify_detached(&manifest, signature, at).code()
    };
    let state = |state| Anchor { state, ..active.clone() };
    assert_eq!(with(&active, &signature, late), "valid");
    // Retired without suspicion: what claims an earlier time stays right. Distrusted: only what is proven.
    let retired = state(AnchorState::Retired(june));
    assert_eq!(with(&retired, &signature, late), "valid");
    assert_eq!(with(&retired, &late_signature, late), "untrusted-signer");
    let distrusted = state(AnchorState::DistrustedAfter(june));
    assert_eq!(with(&distrusted, &signature, late), "untrusted-signer");
    assert_eq!(with(&distrusted, &signature, early), "valid");
    // For time stamps only, or from a day on.
    let for_stamps = Anchor { purposes: vec![AnchorPurpose::Tsa], ..active.clone() };
    assert_eq!(with(&for_stamps, &signature, late), "untrusted-signer");
    assert_eq!(with(&Anchor { from: Some(june), ..active.clone() }, &signature, early), "untrusted-signer");
    assert_eq!(
        with(&Anchor { until: Some(june), ..active.clone() }, &late_signature, late),
        "untrusted-signer"
    );
    // The first entry for a certificate counts: a store can take back what an older list still holds.
    let trust = Trust::new([distrusted, active]);
    assert_eq!(trust.verify_detached(&manifest, &signature, late).code(), "untrusted-signer");
    // An authority between that is out of use must not be climbed through; another certificate of its key changes nothing.
    scratch.must("openssl x509 -x509toreq -in inter.pem -signkey inter.key -out again.csr");
    scratch.write("again.ext", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n");
    scratch.write("ca.cnf", "[ca]\ndefault_ca=c\n[c]\ndatabase=issued\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\n[any]\ncountryName=optional\n");
    scratch.write("issued", "");
    scratch.write("serial", "77");
    scratch.must("openssl ca -batch -notext -config ca.cnf -preserveDN -startdate 20250101000000Z -enddate 20350101000000Z -extfile again.ext -cert root.pem -keyfile root.key -in again.csr -out inter-again.pem");
    let again = scratch.certificate("inter-again.pem");
    let between = |state| Anchor { state, ..Anchor::active(scratch.certificate("inter.pem")) };
    let root = Anchor::active(scratch.certificate("root.pem"));
    let with = |anchors: &[&Anchor], signature: &[u8], at| {
        let trust = Trust::new(anchors.iter().map(|anchor| (*anchor).clone()));
        trust.verify_detached(&manifest, signature, at).code()
    };
    let retired = between(AnchorState::Retired(june));
    let distrusted = between(AnchorState::DistrustedAfter(june));
    assert_eq!(with(&[&root, &retired], &signature, late), "valid");
    assert_eq!(with(&[&root, &retired], &late_signature, late), "untrusted-signer");
    assert_eq!(with(&[&root, &distrusted], &signature, late), "untrusted-signer");
    assert_eq!(with(&[&root, &distrusted], &signature, early), "valid");
    let again = Anchor::active(again);
    assert_eq!(with(&[&root, &again, &distrusted], &signature, late), "untrusted-signer");
    assert_eq!(with(&[&root, &again], &signature, late), "valid");
    // A responder that is trusted by itself needs no authority's word.
    let mut trust = trust_of_root_and(&scratch, AnchorPurpose::Ocsp, "ocsp-other");
    trust.add_revocation(&scratch.read("good-ocsp-other-late.ocsp")).expect("an answer");
    let (manifest, signature) = sealed(&scratch, "good", early);
    assert_eq!(trust.verify_detached(&manifest, &signature, late).code(), "valid");
    // When it answered is its own word alone: once distrusted it is not believed for any time.
    let state = AnchorState::DistrustedAfter(moment("2026-11-01T00:00:00Z"));
    for (name, answer) in [("ocsp-other", "good-ocsp-other-late.ocsp"), ("ocsp", "good-ocsp-late.ocsp")] {
        let responder = Anchor::active(scratch.certificate(&format!("{name}.pem")));
        let responder = Anchor { purposes: vec![AnchorPurpose::Ocsp], state, ..responder };
        let mut trust = Trust::new([root.clone(), responder]);
        trust.add_revocation(&scratch.read(answer)).expect("an answer");
        assert_eq!(trust.verify_detached(&manifest, &signature, late).code(), "unknown", "{name}");
    }
}

/// A package whose signer may have been revoked is open only as long as nothing else is wrong with it.
#[test]
fn what_is_not_known_of_revocations_excuses_no_other_fault() {
    let pki = desk();
    let (officer, agency) = (signer(&pki, "good"), signer(&pki, "silent"));
    let right = crate::sealing::statement(&officer.certificates()[0], &agency.certificates()[0]);
    let other_count = Statement { pages_on_paper: 85, ..right.clone() };
    for (statement, is_open, faults) in
        [(right, true, [""; 0].to_vec()), (other_count, false, vec!["count-differs"])]
    {
        let case = Scratch::new();
        case.write("metadata/other/case.json", r#"{"object":"urn:x:uuid:1","pages":84}"#);
        case.write(STATEMENT_PATH, statement.to_bytes());
        let entries = ["metadata/other/case.json", STATEMENT_PATH]
            .map(|path| (path.to_owned(), digest_by_coreutils(&case, path)));
        let manifest = Manifest::from_entries(entries.to_vec()).expect("a manifest").to_bytes();
        case.write(MANIFEST_PATH, &manifest);
        case.write(
            SIGNATURE_PATH,
            sign_detached(&manifest, &[&officer, &agency], moment(EARLY)).expect("sealed"),
        );
        let files = DirectoryFiles::open(case.root()).expect("the folder");
        let report = trust(&pki, &[]).verify_package(&files, moment(LATE));
        assert_eq!(report.signature.code(), "unknown");
        assert_eq!((report.is_good(), report.is_open()), (false, is_open));
        assert_eq!(report.statement_faults.iter().map(StatementFault::code).collect::<Vec<_>>(), faults);
        // A list that says that it was not revoked makes the one good, and not the other.
        let report = trust(&pki, &["inter-late.crl"]).verify_package(&files, moment(LATE));
        assert_eq!((report.is_good(), report.is_open()), (is_open, false));
    }
}

fn trust_of_root_and(scratch: &Scratch, purpose: AnchorPurpose, name: &str) -> Trust {
    let more =
        Anchor { purposes: vec![purpose], ..Anchor::active(scratch.certificate(&format!("{name}.pem"))) };
    Trust::new([Anchor::active(scratch.certificate("root.pem")), more])
}

#[test]
fn a_time_stamp_by_a_key_that_is_not_for_signatures_proves_nothing() {
    let scratch = desk();
    let request = seal::TimeStampRequest::new(&record::Sha256([7; 32]), 1);
    for (authority, reason) in
        [("tsa", ""), ("tsa-sealer", "the key of \"CN=TSA chi ma hoa,O=VKS,C=VN\" is not for signatures")]
    {
        let answer = stamp_by(&scratch, authority, EARLY, &request.to_der().unwrap());
        let token = request.accept(&answer).expect("right in itself");
        let (digest, anchors) = (seal::evidence::EvidenceDigest::Sha256, [scratch.certificate("root.pem")]);
        let trust = Trust::of_certificates(&anchors);
        let verdict = trust.verify_time_stamp_of_hash(&token, digest, &[7; 32], moment(LATE));
        assert_eq!(verdict.reason(), reason);
    }
}

/// Where openssl asks less, we are alone.
#[test]
fn what_may_not_be_believed_hides_nothing_and_says_nothing() {
    let scratch = desk();
    let (early, late) = (moment(EARLY), moment(LATE));
    let verdict = |name: &str, files: &[&str], at| {
        let (manifest, signature) = sealed(&scratch, name, early.min(at));
        trust(&scratch, files).verify_detached(&manifest, &signature, at)
    };
    // Many lists under the name of the issuer, then its own; many answers about somebody else.
    let mut names = Vec::new();
    for idx in 0..40 {
        let mut list = scratch.read("inter-late.crl");
        let at = list.len() - 1;
        list[at] ^= idx + 1;
        let name = format!("bent-{idx}.crl");
        scratch.write(&name, list);
        names.push(name);
    }
    let mut files: Vec<&str> = names.iter().map(String::as_str).collect();
    files.push("inter-late.crl");
    assert_eq!(verdict("revoked", &files, late).code(), "revoked");
    let mut files = vec!["good-ocsp-late.ocsp"; 130];
    files.push("revoked-ocsp-late.ocsp");
    assert_eq!(verdict("revoked", &files, late).code(), "revoked");
    // An answer older than what it says; one of a responder of whom nothing is known.
    assert_eq!(verdict("good", &["good-ocsp-ahead.ocsp"], late).code(), "unknown");
    let asked = verdict("good", &["good-ocsp-asked-late.ocsp"], late);
    assert!(asked.reason().contains("of which is not known whether it was revoked"), "{asked:?}");
    // What is known of the authority above says nothing of the signer.
    let silent = verdict("silent", &["root-late.crl"], late);
    assert_eq!(silent.signers()[0].revocation.code(), "not-offered");
    // A list from after the end of a certificate, which keeps those that ended since a day.
    let then = moment("2025-06-01T00:00:00Z");
    for (since, wanted) in [("20200101", "valid"), ("20260601", "unknown")] {
        let since: String = format!("{since}000000Z").bytes().map(|byte| format!("{byte:02x}")).collect();
        scratch.write("crl.cnf", format!("[ca]\ndefault_ca=c\n[c]\ndatabase=none\ndefault_md=sha256\ncrl_extensions=x\n[x]\n2.5.29.60=DER:180f{since}\n"));
        scratch.write("none", "");
        scratch.must("openssl ca -gencrl -config crl.cnf -cert inter.pem -keyfile inter.key -crl_lastupdate 20261015000000Z -crl_nextupdate 20261115000000Z -out kept.pem");
        scratch.must("openssl crl -in kept.pem -outform DER -out kept.crl");
        assert_eq!(verdict("expired", &["kept.crl"], then).code(), wanted, "{since}");
    }
}

#[test]
fn damaged_lists_and_answers_are_refused_without_panic() {
    for file in ["inter-late.crl", "good-ocsp-late.ocsp"] {
        let bytes = pki().read(file);
        for idx in 0..bytes.len() {
            let mut bent = bytes.clone();
            bent[idx] ^= 0x41;
            let _ = Trust::default().add_revocation(&bent);
            let _ = Trust::default().add_revocation(&bytes[..idx]);
        }
    }
}
