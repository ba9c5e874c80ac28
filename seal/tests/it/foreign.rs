//! Signatures made by `openssl`, judged by us.

use record::Timestamp;
use seal::{SignatureVerdict, verify_detached};

use crate::support::*;

const MANIFEST: &[u8] = b"0000000000000000000000000000000000000000000000000000000000000000  a.txt\n";

fn sign(scratch: &Scratch, name: &str, more: &str) -> Vec<u8> {
    scratch.write("m.txt", MANIFEST);
    scratch.must(&format!(
        "openssl cms -sign -binary -cades -md sha256 -in m.txt -signer {name}.pem -inkey {name}.key -certfile mid.pem -outform DER -out m.p7s{more}"
    ));
    scratch.read("m.p7s")
}

#[test]
fn rsa_pss_and_both_curves_are_valid() {
    let scratch = Scratch::new();
    scratch.make_pki(&["rsa-a", "p256-a", "p384-a"]);
    let anchors = [scratch.certificate("root.pem")];
    let cases = [
        ("rsa-a", ""),
        ("rsa-a", " -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:digest"),
        ("rsa-a", " -keyid"),
        ("p256-a", ""),
        ("p256-a", " -keyid"),
        ("p384-a", ""),
        ("p384-a", " -md sha384"),
        ("rsa-a", " -md sha512"),
    ];
    for (name, more) in cases {
        let p7s = sign(&scratch, name, more);
        let verdict = verify_detached(MANIFEST, &p7s, &anchors, Timestamp::now());
        assert!(verdict.is_valid(), "{name}{more}: {verdict:?}");
        assert_eq!(verdict.signers()[0].name, name);
        let verdict = verify_detached(b"another\n", &p7s, &anchors, Timestamp::now());
        assert!(matches!(verdict, SignatureVerdict::Altered { .. }), "{name}{more}: {verdict:?}");
    }
}

#[test]
fn trust_comes_from_the_anchors_given_and_from_nothing_else() {
    let scratch = Scratch::new();
    scratch.make_pki(&["p256-a"]);
    let root = scratch.certificate("root.pem");
    let mid = scratch.certificate("mid.pem");
    scratch.write("chain.pem", [scratch.read("mid.pem"), scratch.read("root.pem")].concat());
    let p7s = sign(&scratch, "p256-a", " -certfile chain.pem"); // the root lies in the signature too
    let now = Timestamp::now();
    assert!(verify_detached(MANIFEST, &p7s, std::slice::from_ref(&root), now).is_valid());
    assert!(
        verify_detached(MANIFEST, &p7s, &[mid], now).is_valid(),
        "an authority below the root may be the anchor"
    );
    let untrusted = |anchors: &[Vec<u8>]| {
        let verdict = verify_detached(MANIFEST, &p7s, anchors, now);
        assert!(
            matches!(&verdict, SignatureVerdict::UntrustedSigner { signers, .. } if signers.len() == 1),
            "{verdict:?}"
        );
    };
    untrusted(&[]);
    untrusted(&[trial_keys().ca_certificate_der]);
    untrusted(&[b"rubbish".to_vec()]);

    // The same names and another key: a look-alike root.
    let other = Scratch::new();
    other.make_pki(&[]);
    untrusted(&[other.certificate("root.pem")]);

    // Without the certificate in between there is no path.
    let without = scratch.must("openssl cms -sign -binary -cades -md sha256 -in m.txt -signer p256-a.pem -inkey p256-a.key -outform DER");
    let verdict = verify_detached(MANIFEST, &without, &[root], now);
    assert!(matches!(verdict, SignatureVerdict::UntrustedSigner { .. }), "{verdict:?}");
}

#[test]
fn validity_is_asked_for_both_times() {
    let scratch = Scratch::new();
    scratch.make_pki(&["p256-a"]);
    let anchors = [scratch.certificate("root.pem")];
    let p7s = sign(&scratch, "p256-a", "");
    let hours = |h: i64| Timestamp::from_second(Timestamp::now().as_second() + h * 3600).expect("a time");
    for (at, part) in [(hours(24 * 1000), "the time of checking"), (hours(-2), "the time of checking")] {
        let verdict = verify_detached(MANIFEST, &p7s, &anchors, at);
        assert!(
            matches!(&verdict, SignatureVerdict::Expired { reason, .. } if reason.contains(part)),
            "{verdict:?}"
        );
    }
    // A claim from the future, by a certificate that is valid all along.
    let keys = trial_keys();
    let manifest = small_case(&Scratch::new()).to_bytes();
    let p7s = seal::sign_detached(&manifest, &[&trial_signer(&keys)], moment("2030-01-01T00:00:00Z"))
        .expect("sealed");
    let verdict =
        verify_detached(&manifest, &p7s, &[keys.ca_certificate_der], moment("2029-12-31T00:00:00Z"));
    assert!(
        matches!(&verdict, SignatureVerdict::Expired { reason, .. } if reason.contains("claims")),
        "{verdict:?}"
    );
}

#[test]
fn certificates_for_other_purposes_are_not_trusted() {
    let scratch = Scratch::new();
    scratch.make_pki(&["p256-a"]);
    let anchors = [scratch.certificate("root.pem")];
    let leaf = |name: &str, extensions: &str| {
        scratch.write("x.ext", extensions);
        scratch.make_key(name);
        scratch.issue(name, &format!("/C=VN/CN={name}"), "mid", "x.ext");
        verify_detached(MANIFEST, &sign(&scratch, name, ""), &anchors, Timestamp::now())
    };
    let untrusted = |verdict: SignatureVerdict, part: &str| {
        assert!(
            matches!(&verdict, SignatureVerdict::UntrustedSigner { reason, .. } if reason.contains(part)),
            "{verdict:?}"
        );
    };
    assert!(leaf("plain", "basicConstraints=CA:FALSE\n").is_valid());
    untrusted(
        leaf("tls", "extendedKeyUsage=serverAuth\nkeyUsage=digitalSignature\n"),
        "not meant for signing",
    );
    untrusted(leaf("kem", "keyUsage=keyAgreement\nextendedKeyUsage=emailProtection\n"), "not for signatures");
    untrusted(leaf("odd", "1.2.3.4=critical,DER:0500\n"), "critical extension 1.2.3.4");

    // An authority that may have no further authority below it.
    scratch.write("x.ext", "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=keyCertSign\n");
    scratch.write("sub.ext", "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n");
    for (name, issuer, extensions) in
        [("top", "root", "x.ext"), ("sub", "top", "sub.ext"), ("low", "sub", "leaf.ext")]
    {
        scratch.make_key(name);
        scratch.issue(name, &format!("/C=VN/CN={name}"), issuer, extensions);
    }
    scratch.write("chain.pem", [scratch.read("top.pem"), scratch.read("sub.pem")].concat());
    let p7s = sign(&scratch, "low", " -certfile chain.pem");
    untrusted(verify_detached(MANIFEST, &p7s, &anchors, Timestamp::now()), "fewer authorities");

    // A signer that plays authority.
    scratch.make_key("fake");
    scratch.issue("fake", "/C=VN/CN=fake", "p256-a", "leaf.ext");
    let chain = [scratch.read("mid.pem"), scratch.read("p256-a.pem")].concat();
    scratch.write("mid.pem", chain);
    untrusted(
        verify_detached(MANIFEST, &sign(&scratch, "fake", ""), &anchors, Timestamp::now()),
        "not a certificate authority",
    );
}

#[test]
fn signatures_outside_the_profile_are_malformed() {
    let scratch = Scratch::new();
    scratch.make_pki(&["p256-a", "rsa-a"]);
    scratch.write("m.txt", MANIFEST);
    let anchors = [scratch.certificate("root.pem")];
    let base = "openssl cms -sign -binary -in m.txt -certfile mid.pem -outform DER";
    let cases = [
        (
            "no signing certificate",
            "-md sha256 -signer p256-a.pem -inkey p256-a.key",
            "signing-certificate-v2",
        ),
        ("no attributes", "-noattr -md sha256 -signer p256-a.pem -inkey p256-a.key", "no signed attributes"),
        ("SHA-1", "-cades -md sha1 -signer rsa-a.pem -inkey rsa-a.key", "not accepted"),
        (
            "content inside",
            "-cades -nodetach -md sha256 -signer p256-a.pem -inkey p256-a.key",
            "must be detached",
        ),
        (
            "no certificate",
            "-cades -nocerts -md sha256 -signer p256-a.pem -inkey p256-a.key",
            "not in the signature",
        ),
        ("streamed BER", "-cades -stream -md sha256 -signer p256-a.pem -inkey p256-a.key", "not valid DER"),
    ];
    for (name, options, part) in cases {
        let p7s = scratch.must(&format!("{base} {options}"));
        let verdict = verify_detached(MANIFEST, &p7s, &anchors, Timestamp::now());
        assert!(
            matches!(&verdict, SignatureVerdict::Malformed { reason } if reason.contains(part)),
            "{name}: {verdict:?}"
        );
    }
    for rubbish in [&b""[..], b"0", b"\x30\x80", b"\x30\x03\x02\x01\x01", &[0x30; 4096], MANIFEST] {
        let verdict = verify_detached(MANIFEST, rubbish, &anchors, Timestamp::now());
        assert!(matches!(verdict, SignatureVerdict::Malformed { .. }), "{rubbish:?}");
    }
    let huge = vec![0x30; seal::MAX_SIGNATURE_BYTES + 1];
    let verdict = verify_detached(MANIFEST, &huge, &anchors, Timestamp::now());
    assert!(matches!(verdict, SignatureVerdict::Malformed { reason } if reason.contains("larger")));
    let mut longer = sign(&scratch, "p256-a", "");
    longer.push(0);
    let verdict = verify_detached(MANIFEST, &longer, &anchors, Timestamp::now());
    assert!(matches!(verdict, SignatureVerdict::Malformed { .. }), "{verdict:?}");
}
