//! Seals of two people, and of batches: `openssl` and a checker in Python decide what is right.

use record::Timestamp;
use seal::{
    BATCH_PATH, BATCH_PROOF_PATH, BatchLeaf, DirectoryFiles, MANIFEST_PATH, Manifest, PackageReport,
    SIGNATURE_PATH, STATEMENT_PATH, SealError, SealedBatch, SignatureAlgorithm, Signer, StatedSigner,
    Statement, StatementFault, make_trial_signers, sign_detached, verify_package,
};

use crate::support::*;

const PAGE: &str = "representations/rep2/data/trang 001.jpg";

/// A small case file of its own content, its manifest in place.
fn case(no: usize) -> (Scratch, Vec<u8>) {
    let scratch = Scratch::new();
    scratch.write(PAGE, format!("trang của hồ sơ {no}"));
    scratch.write("metadata/other/case.json", format!("{{\"no\":{no}}}"));
    let entries =
        [PAGE, "metadata/other/case.json"].map(|path| (path.to_owned(), digest_by_coreutils(&scratch, path)));
    let manifest = Manifest::from_entries(entries.to_vec()).unwrap().to_bytes();
    scratch.write(MANIFEST_PATH, &manifest);
    (scratch, manifest)
}

#[test]
fn openssl_and_python_accept_every_case_file_of_a_batch_and_every_page() {
    let pki = Scratch::new();
    pki.make_pki(&["p256-officer", "rsa-agency"]);
    let officer = OpensslSigner::new(&pki, "p256-officer", SignatureAlgorithm::EcdsaP256Sha256);
    let agency = OpensslSigner::new(&pki, "rsa-agency", SignatureAlgorithm::RsaPkcs1Sha256);
    let judge = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/batch_judge.py");
    for size in [1, 2, 5] {
        let cases: Vec<_> = (0..size).map(case).collect();
        let leaves: Vec<_> = cases.iter().map(|(_, manifest)| BatchLeaf::of(manifest)).collect();
        let signers: [&dyn Signer; 2] = [&officer, &agency];
        let batch = SealedBatch::sign("urn:hoso:archive:X", &leaves, &signers, Timestamp::now()).unwrap();
        for (index, (case, _)) in cases.iter().enumerate() {
            case.write(BATCH_PATH, &batch.text);
            case.write(BATCH_PROOF_PATH, batch.proof(index));
            case.write(SIGNATURE_PATH, &batch.signature);
            case.write("root.pem", pki.read("root.pem"));
            case.must("openssl cms -verify -binary -cades -inform DER -in seal/manifest.p7s -content seal/batch.txt -CAfile root.pem -purpose any -out /dev/null");
            for args in [vec![judge, "case", "."], vec![judge, "page", ".", PAGE]] {
                let output = case.run("python3", &args);
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            }
            case.must("sha256sum -c --strict seal/manifest-sha256.txt");
            std::fs::remove_file(case.path("root.pem")).unwrap();
            let report = check_with(case, &pki);
            assert!(report.is_good(), "{report:?}");
            assert_eq!(report.signature.signers().len(), 2);
        }
        if size < 3 {
            continue;
        }
        // Each of these is a case file of the batch no more.
        let (one, other) = (&cases[1].0, &cases[2].0);
        let spoilt = |path: &str, bytes: Vec<u8>| {
            let before = one.read(path);
            one.write(path, bytes);
            let report = check_with(one, &pki);
            one.write(path, before);
            assert_eq!(report.signature.code(), "altered", "{path}");
            report.signature.reason().to_owned()
        };
        let not_of_it = "the manifest is not one of the batch that was signed";
        assert_eq!(spoilt(BATCH_PROOF_PATH, other.read(BATCH_PROOF_PATH)), not_of_it);
        assert_eq!(spoilt(MANIFEST_PATH, other.read(MANIFEST_PATH)), not_of_it);
        assert!(spoilt(BATCH_PROOF_PATH, b"hoso-batch-proof/1\n01\n".to_vec()).contains("not in its form"));
        let longer = [one.read(BATCH_PROOF_PATH), one.read(BATCH_PROOF_PATH)[21..].to_vec()].concat();
        spoilt(BATCH_PROOF_PATH, longer);
        // The signed text with one case file more.
        let text = String::from_utf8(one.read(BATCH_PATH)).unwrap();
        spoilt(BATCH_PATH, text.replacen("\n5\n", "\n6\n", 1).into_bytes());
        // Half of it, and something beside it.
        let text = one.read(BATCH_PATH);
        std::fs::remove_file(one.path(BATCH_PATH)).unwrap();
        assert!(check_with(one, &pki).signature.reason().contains("signed text of the batch is missing"));
        one.write(BATCH_PATH, text);
        one.write("seal/extra.txt", "?");
        assert_eq!(check_with(one, &pki).unlisted, ["seal/extra.txt"]);
    }
}

fn check_with(case: &Scratch, pki: &Scratch) -> PackageReport {
    let files = DirectoryFiles::open(case.root()).unwrap();
    verify_package(&files, &[pki.certificate("root.pem")], Timestamp::now())
}

/// The statement of a case file whose signers are these.
pub(crate) fn statement(officer: &[u8], agency: &[u8]) -> Statement {
    let signer = |der: &[u8]| {
        let facts = seal::KeyFacts::of(der).unwrap();
        StatedSigner { certificate_sha256: facts.cert_sha256, name: facts.name }
    };
    Statement {
        case: "HS-1".into(),
        object: "urn:x:uuid:1".into(),
        reviewed_version: 1,
        reviewed_manifest_sha256: record::Sha256([7; 32]),
        pages: 84,
        pages_on_paper: 84,
        counted_by: "Trần Thị B".into(),
        counted_at: moment("2026-11-30T01:02:03Z"),
        sealed_at: moment("2026-11-30T02:02:03Z"),
        officer: signer(officer),
        agency: signer(agency),
    }
}

#[test]
fn what_a_statement_says_must_hold() {
    let pki = Scratch::new();
    pki.make_pki(&["p256-officer", "p256-agency"]);
    let algorithm = SignatureAlgorithm::EcdsaP256Sha256;
    let officer = OpensslSigner::new(&pki, "p256-officer", algorithm);
    let agency = OpensslSigner::new(&pki, "p256-agency", algorithm);
    let seal_with = |statement: &[u8], signers: &[&dyn Signer]| {
        let case = Scratch::new();
        case.write("metadata/other/case.json", r#"{"object":"urn:x:uuid:1","pages":84}"#);
        case.write(STATEMENT_PATH, statement);
        let entries = ["metadata/other/case.json", STATEMENT_PATH]
            .map(|path| (path.to_owned(), digest_by_coreutils(&case, path)));
        let manifest = Manifest::from_entries(entries.to_vec()).unwrap().to_bytes();
        case.write(MANIFEST_PATH, &manifest);
        case.write(SIGNATURE_PATH, sign_detached(&manifest, signers, Timestamp::now()).unwrap());
        case.write("root.pem", pki.read("root.pem"));
        case.must("openssl cms -verify -binary -cades -inform DER -in seal/manifest.p7s -content seal/manifest-sha256.txt -CAfile root.pem -purpose any -out /dev/null");
        std::fs::remove_file(case.path("root.pem")).unwrap();
        check_with(&case, &pki)
    };
    let said = statement(&officer.certificates()[0], &agency.certificates()[0]);
    let bytes = said.to_bytes();
    assert_eq!(Statement::parse(&bytes).as_ref(), Ok(&said));
    // The same by Python's own JSON: keys sorted, no white space.
    let scratch = Scratch::new();
    scratch.write("s.json", &bytes);
    let python = scratch.run("python3", &["-c", "import json;d=json.load(open('s.json'));print(json.dumps(d,sort_keys=True,separators=(',',':'),ensure_ascii=False),end='')"]);
    assert_eq!(python.stdout, bytes);

    let both: [&dyn Signer; 2] = [&officer, &agency];
    let good = seal_with(&bytes, &both);
    assert!(good.is_good(), "{good:?}");
    let codes = |report: PackageReport| -> Vec<_> {
        assert!(!report.is_good());
        report.statement_faults.iter().map(StatementFault::code).collect()
    };
    // A statement taken away with the signature that it names, or exchanged.
    let lists = |path: &str| vec![(path.to_owned(), record::Sha256([7; 32]))];
    for (entries, file) in
        [(lists(STATEMENT_PATH), None), (lists(STATEMENT_PATH), Some(&bytes)), (lists("a.txt"), Some(&bytes))]
    {
        let manifest = Manifest::from_entries(entries).unwrap().to_bytes();
        let signature = sign_detached(&manifest, &[&officer], Timestamp::now()).unwrap();
        let (batch, batch_proof, statement) = (None, None, file.map(Vec::as_slice));
        let seal =
            seal::SealFiles { manifest: &manifest, signature: &signature, batch, batch_proof, statement };
        let trust = seal::Trust::of_certificates(&[pki.certificate("root.pem")]);
        let verdict = seal::verify_seal(&seal, &trust, Timestamp::now());
        assert_eq!(verdict.reason(), "the statement is not the one that the manifest lists");
    }
    // openssl accepts these two as well: who should have signed stands in the statement alone.
    assert_eq!(codes(seal_with(&bytes, &[&officer])), ["agency-signature-missing"]);
    assert_eq!(codes(seal_with(&bytes, &[&agency])), ["officer-signature-missing"]);
    let one = statement(&officer.certificates()[0], &officer.certificates()[0]);
    assert_eq!(codes(seal_with(&one.to_bytes(), &[&officer])), ["one-signer"]);
    let count = Statement { pages_on_paper: 85, ..said.clone() };
    assert_eq!(codes(seal_with(&count.to_bytes(), &both)), ["count-differs"]);
    let both_wrong = Statement { pages: 85, pages_on_paper: 85, ..said.clone() };
    assert_eq!(codes(seal_with(&both_wrong.to_bytes(), &both)), ["statement-of-other-case"]);
    let other = Statement { object: "urn:x:uuid:2".into(), ..said };
    assert_eq!(codes(seal_with(&other.to_bytes(), &both)), ["statement-of-other-case"]);
    let spaced = [&bytes[..], b"\n"].concat();
    assert_eq!(codes(seal_with(&spaced, &both)), ["statement-malformed"]);
}

#[test]
fn keys_sign_nothing_after_their_certificate_or_their_algorithm_has_ended() {
    let mut random = |bytes: &mut [u8]| getrandom::fill(bytes).map_err(std::io::Error::other);
    let made =
        make_trial_signers("VKSND", "Lê Văn C", ["một", "hai"], Timestamp::now(), &mut random).unwrap();
    let officer = seal::Pkcs12Signer::open(&made.officer_p12, "một").unwrap();
    let facts = seal::KeyFacts::of(&officer.certificates()[0]).unwrap();
    assert_eq!((facts.name.as_str(), facts.algorithm.as_str(), facts.trial), ("Lê Văn C", "P-256", true));
    let (_, manifest) = case(1);
    // The certificate of a trial outlives the table's last day.
    let late = sign_detached(&manifest, &[&officer], moment("2036-01-01T00:00:00Z"));
    let until = moment("2035-12-31T23:59:59Z");
    assert_eq!(late, Err(SealError::AlgorithmEnded { algorithm: "P-256".into(), until }));
    let later = sign_detached(&manifest, &[&officer], moment("2040-01-01T00:00:00Z"));
    assert!(matches!(later, Err(SealError::CertificateOutOfTime { .. })), "{later:?}");
    let pki = Scratch::new();
    pki.make_pki(&["rsa-a"]);
    pki.must("openssl req -new -key rsa-a.key -subj /C=VN/CN=rsa-a -out x.csr");
    pki.must("openssl x509 -req -in x.csr -CA mid.pem -CAkey mid.key -CAcreateserial -days 3000 -sha256 -extfile leaf.ext -out rsa-a.pem");
    let rsa = OpensslSigner::new(&pki, "rsa-a", SignatureAlgorithm::RsaPkcs1Sha256);
    let late = sign_detached(&manifest, &[&rsa], moment("2031-01-01T00:00:00Z"));
    let until = moment("2030-12-31T23:59:59Z");
    assert_eq!(late, Err(SealError::AlgorithmEnded { algorithm: "RSA-2048".into(), until }));
}
