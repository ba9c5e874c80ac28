//! The experimental second signature, judged by pyHanko and OpenSSL 4 (`ml_dsa_judge.py`), and their signatures by us.

use seal::{
    DirectoryFiles, EXPERIMENTAL_PATH, ExperimentalKey, ExperimentalSigner, ExperimentalVerdict,
    SIGNATURE_PATH, SealError, SignatureVerdict, TRIAL_MARK, Trust, make_experimental_key, sign_detached,
    sign_experimental, verify_detached, verify_experimental,
};
use std::process::{Command, Output};

use crate::provided::{from_dev, workspace};
use crate::support::*;

const NOW: &str = "2026-11-21T08:00:00.75Z";

fn judge(args: &[&str], scratch: &Scratch) -> Output {
    let mut command = Command::new(from_dev("pki-venv/bin/python"));
    command.arg(workspace().join("seal/tests/it/ml_dsa_judge.py")).args(args).current_dir(scratch.root());
    command.output().expect("the judge starts")
}

fn said(args: &[&str], scratch: &Scratch) -> String {
    let output = judge(args, scratch);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The same key in every run.
fn key(first: u8) -> ExperimentalKey {
    let mut state = first;
    let mut random = |buffer: &mut [u8]| {
        buffer.fill_with(|| {
            state = state.wrapping_mul(5).wrapping_add(113);
            state
        });
        Ok(())
    };
    make_experimental_key("VKSND huyện Thử Nghiệm", PASSWORD, trial_start(), &mut random).expect("a key")
}

fn signer(key: &ExperimentalKey) -> ExperimentalSigner {
    ExperimentalSigner::open(&key.p12, PASSWORD).expect("own key file")
}

fn trust(certificate: &[u8]) -> Trust {
    let mut trust = Trust::default();
    trust.add_experimental([certificate.to_vec()]);
    trust
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at] ^= 0x10;
    changed
}

/// Where the bytes of `part` begin.
fn place(whole: &[u8], part: &[u8]) -> usize {
    whole.windows(part.len()).position(|window| window == part).expect("it is in there")
}

#[test]
fn pyhanko_accepts_what_we_sign_and_sees_a_changed_manifest() {
    let scratch = Scratch::new();
    let key = key(1);
    let manifest = small_case(&scratch).to_bytes();
    let p7s = sign_experimental(&manifest, &signer(&key), moment(NOW)).expect("signed");
    scratch.write("manifest", &manifest);
    scratch.write("own.p7s", &p7s);
    scratch.write("own.pem", &key.certificate_pem);
    scratch.write("own.p12", &key.p12);
    assert_eq!(said(&["verify", "manifest", "own.p7s", "own.pem"], &scratch), "intact valid trusted");
    assert_eq!(said(&["key", "own.p12", PASSWORD, "own.pem"], &scratch), "ML-DSA-65");

    let verdict = verify_experimental(&manifest, &p7s, &trust(&key.certificate_der), moment(NOW));
    let ExperimentalVerdict::Valid { signer, algorithm } = &verdict else { panic!("{verdict:?}") };
    assert_eq!((*algorithm, signer.claimed), ("ML-DSA-65", Some(moment("2026-11-21T08:00:00Z"))));
    assert!(signer.trial && signer.subject.contains(TRIAL_MARK), "{signer:?}");

    let changed = flipped(&manifest, 3);
    scratch.write("manifest", &changed);
    assert!(!said(&["verify", "manifest", "own.p7s", "own.pem"], &scratch).contains("intact"));
    let verdict = verify_experimental(&changed, &p7s, &trust(&key.certificate_der), moment(NOW));
    assert!(matches!(verdict, ExperimentalVerdict::Altered { .. }), "{verdict:?}");
}

#[test]
fn what_pyhanko_signs_is_right_and_every_change_of_it_is_seen() {
    let scratch = Scratch::new();
    let manifest = small_case(&scratch).to_bytes();
    scratch.write("manifest", &manifest);
    said(&["make", "."], &scratch);
    let now = record::Timestamp::now();
    let code = |manifest: &[u8], p7s: &[u8], certificate: &[u8]| {
        verify_experimental(manifest, p7s, &trust(certificate), now).code()
    };
    for (set, signature_bytes) in [("44", 2420), ("65", 3309), ("87", 4627)] {
        let (p7s, own) =
            (scratch.read(&format!("judge-{set}.p7s")), scratch.read(&format!("judge-{set}.der")));
        let verdict = verify_experimental(&manifest, &p7s, &trust(&own), now);
        let name = format!("ML-DSA-{set}");
        assert!(
            matches!(&verdict, ExperimentalVerdict::Valid { algorithm, .. } if *algorithm == name),
            "{set}: {verdict:?}"
        );
        // The signature is the last field of all.
        let signature = p7s.len() - signature_bytes;
        for at in [signature, signature + signature_bytes / 2, p7s.len() - 1] {
            assert_eq!(code(&manifest, &flipped(&p7s, at), &own), "altered", "{set}: byte {at}");
        }
        assert_eq!(code(&flipped(&manifest, 3), &p7s, &own), "altered", "{set}: manifest");
        // The key stands in the certificate, which the signer names by its digest.
        let in_key = place(&p7s, &own) + own.len() / 4;
        assert_eq!(code(&manifest, &flipped(&p7s, in_key), &own), "malformed", "{set}: key");
        for short in [0, 1, p7s.len() / 2, p7s.len() - 1] {
            assert_eq!(code(&manifest, &p7s[..short], &own), "malformed", "{set}: {short} bytes");
        }
        assert_eq!(
            code(&manifest, &[p7s.as_slice(), b"\0"].concat(), &own),
            "malformed",
            "{set}: a byte more"
        );
    }
    let (context, own) = (scratch.read("judge-context.p7s"), scratch.read("judge-65.der"));
    assert_eq!(code(&manifest, &context, &own), "altered", "a context is none of ours");
}

#[test]
fn whoever_is_not_known_is_not_vouched_for() {
    let (key, other) = (key(1), key(7));
    let manifest = small_case(&Scratch::new()).to_bytes();
    let p7s = sign_experimental(&manifest, &signer(&key), moment(NOW)).expect("signed");
    let code = |trust: &Trust, at: &str| verify_experimental(&manifest, &p7s, trust, moment(at)).code();
    assert_eq!(code(&Trust::default(), NOW), "unvouched");
    assert_eq!(code(&trust(&other.certificate_der), NOW), "unvouched");
    assert_eq!(code(&trust(&key.certificate_der), "2036-11-21T08:00:00Z"), "unvouched", "expired");
    assert_eq!(code(&trust(&key.certificate_der), "2026-11-20T08:00:00Z"), "unvouched", "signed tomorrow");
    assert_eq!(code(&Trust::of_certificates(std::slice::from_ref(&key.certificate_der)), NOW), "valid");
    let early = sign_experimental(&manifest, &signer(&key), moment("2025-01-01T00:00:00Z"));
    assert!(matches!(early, Err(SealError::CertificateOutOfTime { .. })), "{early:?}");
    assert!(matches!(sign_experimental(b"x", &signer(&key), moment(NOW)), Err(SealError::Manifest(_))));
}

#[test]
fn it_is_no_seal_and_a_seal_is_none_of_these() {
    let (key, trial) = (key(1), trial_keys());
    let manifest = small_case(&Scratch::new()).to_bytes();
    let signer = signer(&key);
    let second = sign_experimental(&manifest, &signer, moment(NOW)).expect("signed");
    let seal = sign_detached(&manifest, &[&trial_signer(&trial)], moment(NOW)).expect("sealed");
    let anchors = [key.certificate_der.clone(), trial.ca_certificate_der.clone()];
    let as_seal = verify_detached(&manifest, &second, &anchors, moment(NOW));
    assert!(matches!(as_seal, SignatureVerdict::Malformed { .. }), "{as_seal:?}");
    let as_second = verify_experimental(&manifest, &seal, &Trust::of_certificates(&anchors), moment(NOW));
    assert_eq!(as_second.code(), "malformed");
    let refused = sign_detached(&manifest, &[&signer], moment(NOW));
    assert!(matches!(refused, Err(SealError::SelfCheck { .. })), "{refused:?}");
    assert!(seal::Pkcs12Signer::open(&key.p12, PASSWORD).is_err(), "no key of an officer");
    assert!(ExperimentalSigner::open(&trial.station_p12, PASSWORD).is_err());
}

#[test]
fn a_package_is_judged_without_it_and_a_broken_one_is_told() {
    let scratch = Scratch::new();
    let (key, trial) = (key(1), trial_keys());
    let manifest = small_case(&scratch).to_bytes();
    let seal = sign_detached(&manifest, &[&trial_signer(&trial)], moment(NOW)).expect("sealed");
    let second = sign_experimental(&manifest, &signer(&key), moment(NOW)).expect("signed");
    let report = || {
        let mut trust = Trust::of_certificates(std::slice::from_ref(&trial.ca_certificate_der));
        trust.add_experimental([key.certificate_der.clone()]);
        trust.verify_package(&DirectoryFiles::open(scratch.root()).expect("a folder"), moment(NOW))
    };
    let code = |report: &seal::PackageReport| report.experimental.as_ref().map(ExperimentalVerdict::code);
    scratch.write(SIGNATURE_PATH, &seal);
    assert_eq!((report().is_good(), code(&report())), (true, None));
    scratch.write(EXPERIMENTAL_PATH, &second);
    assert_eq!((report().is_good(), code(&report())), (true, Some("valid")));
    for broken in [flipped(&second, second.len() - 9), second[..second.len() - 9].to_vec(), Vec::new()] {
        scratch.write(EXPERIMENTAL_PATH, &broken);
        assert!(report().is_good() && report().experimental_is_broken(), "{:?}", report());
    }
    // A right one mends nothing.
    scratch.write(EXPERIMENTAL_PATH, &second);
    scratch.write(SIGNATURE_PATH, flipped(&seal, seal.len() - 9));
    assert_eq!((report().is_good(), code(&report())), (false, Some("valid")));
    std::fs::remove_file(scratch.path(SIGNATURE_PATH)).expect("removed");
    assert_eq!((report().is_good(), code(&report())), (false, Some("valid")));
}
