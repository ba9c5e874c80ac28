//! What we make, judged by `openssl cms` and `sha256sum`.

use seal::{
    SealError, SignatureAlgorithm, SignatureVerdict, Signer, TRIAL_MARK, sign_detached, verify_detached,
};

use crate::support::*;

const VERIFY: &str =
    "openssl cms -verify -binary -cades -inform DER -in manifest.p7s -content manifest-sha256.txt";

fn openssl_accepts(scratch: &Scratch, anchor: &str, more: &str) -> Result<(), String> {
    let line = format!("{VERIFY} -CAfile {anchor} -out out.txt{more}");
    let words: Vec<&str> = line.split(' ').collect();
    let output = scratch.run(words[0], &words[1..]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

#[test]
fn openssl_accepts_a_trial_seal_and_rejects_a_changed_manifest() {
    let scratch = Scratch::new();
    let keys = trial_keys();
    let now = moment("2026-11-21T08:00:00.75Z");
    let manifest = small_case(&scratch).to_bytes();
    let p7s = sign_detached(&manifest, &[&trial_signer(&keys)], now).expect("sealed");
    scratch.write("manifest-sha256.txt", &manifest);
    scratch.write("manifest.p7s", &p7s);
    scratch.write("ca.pem", &keys.ca_certificate_pem);
    let at = format!(" -attime {}", now.as_second());
    openssl_accepts(&scratch, "ca.pem", &format!("{at} -purpose any")).expect("purpose any");
    openssl_accepts(&scratch, "ca.pem", &format!("{at} -x509_strict")).expect("its own default purpose");

    let anchors = [keys.ca_certificate_der.clone()];
    let verdict = verify_detached(&manifest, &p7s, &anchors, now);
    let SignatureVerdict::Valid { signers } = &verdict else { panic!("{verdict:?}") };
    let [signer] = signers.as_slice() else { panic!("{signers:?}") };
    assert_eq!(signer.name, "Trạm số hóa số 1");
    assert_eq!(signer.claimed, Some(moment("2026-11-21T08:00:00Z")));
    assert!(
        signer.trial && signer.subject.contains(TRIAL_MARK) && signer.issuer.contains(TRIAL_MARK),
        "{signer:?}"
    );
    scratch.write("station.der", &keys.station_certificate_der);
    let serial = scratch.must("openssl x509 -inform DER -in station.der -noout -serial");
    assert_eq!(String::from_utf8_lossy(&serial).trim(), format!("serial={}", signer.serial));
    assert_eq!(digest_by_coreutils(&scratch, "station.der"), signer.cert_sha256);

    let mut changed = manifest;
    changed[3] = if changed[3] == b'0' { b'1' } else { b'0' };
    scratch.write("manifest-sha256.txt", &changed);
    let said = openssl_accepts(&scratch, "ca.pem", &format!("{at} -purpose any")).expect_err("changed");
    assert!(said.contains("verification failure"), "{said}");
    assert!(matches!(verify_detached(&changed, &p7s, &anchors, now), SignatureVerdict::Altered { .. }));
}

#[test]
fn openssl_shows_the_profile_as_designed() {
    let scratch = Scratch::new();
    let keys = trial_keys();
    let manifest = small_case(&scratch).to_bytes();
    scratch.write("m.p7s", sign_detached(&manifest, &[&trial_signer(&keys)], trial_start()).expect("sealed"));
    let shown = scratch.must("openssl cms -cmsout -print -inform DER -in m.p7s");
    let shown = String::from_utf8_lossy(&shown);
    for attribute in ["contentType", "messageDigest", "signingTime", "id-smime-aa-signingCertificateV2"] {
        assert!(shown.contains(attribute), "{attribute} in {shown}");
    }
    assert!(shown.contains("eContent: <ABSENT>"), "{shown}");
    assert_eq!(shown.matches("d.certificate:").count(), 1, "the root stays out: {shown}");
    let text = scratch.must("openssl asn1parse -inform DER -in m.p7s");
    let text = String::from_utf8_lossy(&text);
    let start = text.find("signingCertificateV2").expect("the attribute");
    // The SHA-256 of ESSCertIDv2 is its default and so not written; the issuer's name and number are.
    let essential: Vec<&str> = text[start..].lines().skip(1).take(14).collect();
    assert!(!essential.join("\n").contains("sha256\n"), "{essential:?}");
    assert!(essential.iter().any(|l| l.contains("cont [ 4 ]")), "{essential:?}");
}

#[test]
fn two_signers_one_of_them_rsa_on_a_token() {
    let scratch = Scratch::new();
    scratch.make_pki(&["rsa-agency", "ec-officer", "p384-leader"]);
    let manifest = small_case(&scratch).to_bytes();
    let agency = OpensslSigner::new(&scratch, "rsa-agency", SignatureAlgorithm::RsaPkcs1Sha256);
    let officer = OpensslSigner::new(&scratch, "ec-officer", SignatureAlgorithm::EcdsaP256Sha256);
    let leader = OpensslSigner::new(&scratch, "p384-leader", SignatureAlgorithm::EcdsaP384Sha384);
    let now = record::Timestamp::now();
    let signers: [&dyn Signer; 3] = [&agency, &officer, &leader];
    let p7s = sign_detached(&manifest, &signers, now).expect("sealed");
    scratch.write("manifest-sha256.txt", &manifest);
    scratch.write("manifest.p7s", &p7s);
    openssl_accepts(&scratch, "root.pem", " -purpose any").expect("all three");
    let verdict = verify_detached(&manifest, &p7s, &[scratch.certificate("root.pem")], now);
    let SignatureVerdict::Valid { signers } = verdict else { panic!("{verdict:?}") };
    let mut names: Vec<&str> = signers.iter().map(|s| s.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["ec-officer", "p384-leader", "rsa-agency"]);
    assert!(signers.iter().all(|s| !s.trial));
}

#[test]
fn a_signature_by_the_wrong_key_never_leaves() {
    let scratch = Scratch::new();
    scratch.make_pki(&["ec-a", "ec-b"]);
    let manifest = small_case(&scratch).to_bytes();
    let lying = OpensslSigner::new(&scratch, "ec-a", SignatureAlgorithm::EcdsaP256Sha256).with_key_of("ec-b");
    let refused = sign_detached(&manifest, &[&lying], record::Timestamp::now());
    assert!(
        matches!(&refused, Err(SealError::SelfCheck { subject, .. }) if subject.contains("ec-a")),
        "{refused:?}"
    );
}

#[test]
fn only_canonical_manifests_are_signed_and_only_in_time() {
    let keys = trial_keys();
    let signer = trial_signer(&keys);
    let no_newline = sign_detached(b"not a manifest", &[&signer], trial_start());
    assert!(matches!(no_newline, Err(SealError::Manifest(_))));
    let manifest = small_case(&Scratch::new()).to_bytes();
    assert!(matches!(sign_detached(&manifest, &[], trial_start()), Err(SealError::NoSigner)));
    for wrong in ["2025-12-31T23:59:59Z", "2036-01-01T00:00:00Z"] {
        let refused = sign_detached(&manifest, &[&signer], moment(wrong));
        assert!(matches!(refused, Err(SealError::CertificateOutOfTime { .. })), "{wrong}: {refused:?}");
    }
}

#[test]
fn sha256sum_names_a_changed_file() {
    let scratch = Scratch::new();
    small_case(&scratch);
    scratch.must("sha256sum -c --strict --quiet seal/manifest-sha256.txt");
    scratch.write("representations/rep2/data/trang 001.jpg", "ảnh hai");
    let output = scratch.run("sha256sum", &["-c", "--strict", "--quiet", "seal/manifest-sha256.txt"]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said, "representations/rep2/data/trang 001.jpg: FAILED\n");
}
