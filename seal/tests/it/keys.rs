//! Key files: ours read by `openssl`, its own read by us.

use seal::{KeyError, Pkcs12Signer, SignatureAlgorithm, Signer, TrialError, TrialNames, make_trial_keys};

use crate::support::*;

#[test]
fn openssl_reads_the_trial_key_file() {
    let scratch = Scratch::new();
    let keys = trial_keys();
    scratch.write("station.p12", &keys.station_p12);
    let output = scratch.run(
        "openssl",
        &[
            "pkcs12",
            "-in",
            "station.p12",
            "-info",
            "-passin",
            &format!("pass:{PASSWORD}"),
            "-passout",
            "pass:x",
        ],
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("MAC: sha256") && said.contains("PBES2, PBKDF2, AES-256-CBC"), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("BEGIN ENCRYPTED PRIVATE KEY"));

    scratch.write("ca.pem", &keys.ca_certificate_pem);
    scratch.write("station.der", &keys.station_certificate_der);
    let at = format!("{}", trial_start().as_second());
    scratch.must("openssl x509 -inform DER -in station.der -out station.pem");
    scratch.must(&format!(
        "openssl verify -x509_strict -purpose smimesign -attime {at} -CAfile ca.pem station.pem"
    ));
    let text = scratch.must("openssl x509 -in station.pem -noout -text -nameopt utf8");
    let text = String::from_utf8_lossy(&text);
    for part in [
        "KHÔNG CÓ GIÁ TRỊ PHÁP LÝ",
        "CN=Trạm số hóa số 1",
        "Digital Signature, Non Repudiation",
        "CA:FALSE",
        "E-mail Protection",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn key_files_of_openssl_open() {
    let scratch = Scratch::new();
    scratch.make_pki(&["p256-a", "p384-a", "rsa-a"]);
    let export = |name: &str, more: &str| {
        scratch.must(&format!("openssl pkcs12 -export -in {name}.pem -inkey {name}.key -certfile mid.pem -out x.p12 -passout pass:bi-mat{more}"));
        Pkcs12Signer::open(&scratch.read("x.p12"), "bi-mat")
    };
    for more in ["", " -legacy", " -legacy -descert", " -name tram-1"] {
        let signer = export("p256-a", more).unwrap_or_else(|e| panic!("{more}: {e}"));
        assert_eq!(signer.algorithm(), SignatureAlgorithm::EcdsaP256Sha256);
        assert_eq!(
            signer.certificates(),
            [scratch.certificate("p256-a.pem"), scratch.certificate("mid.pem")]
        );
        let manifest = small_case(&Scratch::new()).to_bytes();
        seal::sign_detached(&manifest, &[&signer], record::Timestamp::now()).expect("it signs");
    }
    assert_eq!(export("p384-a", "").expect("P-384").algorithm(), SignatureAlgorithm::EcdsaP384Sha384);
    assert_eq!(Pkcs12Signer::open(&scratch.read("x.p12"), "khac").err(), Some(KeyError::WrongPassword));
    assert!(matches!(Pkcs12Signer::open(b"rubbish", "").err(), Some(KeyError::NotPkcs12(_))));
    scratch.must("openssl pkcs12 -export -nokeys -in p256-a.pem -out c.p12 -passout pass:x");
    assert_eq!(Pkcs12Signer::open(&scratch.read("c.p12"), "x").err(), Some(KeyError::NoKey));
}

/// What RSA keys from files sign is right for openssl; those that are too short open no signature.
#[test]
fn rsa_keys_from_files_sign() {
    let scratch = Scratch::new();
    scratch.make_pki(&["p256-a", "rsa-a"]);
    let file = |more: &str| {
        scratch
            .must(&format!("openssl pkcs12 -export -certfile mid.pem -out x.p12 -passout pass:bi-mat{more}"));
        Pkcs12Signer::open(&scratch.read("x.p12"), "bi-mat")
    };
    let text = small_case(&Scratch::new()).to_bytes();
    scratch.write("m.txt", &text);
    for more in ["", " -legacy -descert"] {
        let signer = file(&format!(" -in rsa-a.pem -inkey rsa-a.key{more}")).expect("it opens");
        assert_eq!(signer.algorithm(), SignatureAlgorithm::RsaPkcs1Sha256);
        let signed = seal::sign_detached(&text, &[&signer], record::Timestamp::now()).expect("it signs");
        scratch.write("m.p7s", &signed);
        scratch.must("openssl cms -verify -binary -cades -inform DER -in m.p7s -content m.txt -CAfile root.pem -purpose any -out out.txt");
        let verdict = seal::verify_detached(
            &text,
            &signed,
            &[scratch.certificate("root.pem")],
            record::Timestamp::now(),
        );
        assert!(verdict.is_valid() || verdict.is_open(), "{verdict:?}");
    }
    scratch.must(
        "openssl req -x509 -newkey rsa:1024 -nodes -keyout weak.key -out weak.pem -subj /CN=weak -days 9",
    );
    assert!(matches!(file(" -in weak.pem -inkey weak.key").err(), Some(KeyError::Rsa(_))));
    // Of somebody else: openssl itself refuses to put two that do not belong together into one file.
    scratch.must("openssl genrsa -out other.key 2048");
    scratch.must("openssl pkcs12 -export -nocerts -inkey other.key -out x.p12 -passout pass:bi-mat");
    assert_eq!(Pkcs12Signer::open(&scratch.read("x.p12"), "bi-mat").err(), Some(KeyError::NoKey));
}

#[test]
fn nothing_secret_is_printed() {
    let keys = trial_keys();
    let shown = format!("{:?} {keys:?}", trial_signer(&keys));
    assert!(shown.contains("Trạm số hóa số 1") && shown.contains("BEGIN CERTIFICATE"), "{shown}");
    let scratch = Scratch::new();
    scratch.write("station.p12", &keys.station_p12);
    let text = scratch
        .run("openssl", &["pkcs12", "-in", "station.p12", "-nodes", "-passin", &format!("pass:{PASSWORD}")]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    let key = text
        .split("BEGIN PRIVATE KEY-----\n")
        .nth(1)
        .expect("the key")
        .lines()
        .next()
        .expect("a line")
        .to_owned();
    assert!(!shown.contains(&key[..20]) && !shown.contains("station_p12"));
}

#[test]
fn trial_names_must_fit_and_randomness_must_come() {
    let names = |unit: &str, station: &str| TrialNames { unit: unit.into(), station: station.into() };
    let mut random = |buffer: &mut [u8]| getrandom::fill(buffer).map_err(std::io::Error::other);
    for wrong in [names("", "a"), names("a", &"ư".repeat(65)), names("a\nb", "c")] {
        assert!(matches!(make_trial_keys(&wrong, "x", trial_start(), &mut random), Err(TrialError::Name(_))));
    }
    let mut dry = |_: &mut [u8]| Err(std::io::Error::other("no entropy"));
    assert!(matches!(
        make_trial_keys(&names("a", "b"), "x", trial_start(), &mut dry),
        Err(TrialError::Random(_))
    ));
    let mut zeros = |_: &mut [u8]| Ok(());
    assert!(matches!(
        make_trial_keys(&names("a", "b"), "x", trial_start(), &mut zeros),
        Err(TrialError::Random(_))
    ));
    let one = make_trial_keys(&names("a", &"ư".repeat(64)), "x", trial_start(), &mut random).expect("keys");
    let two = make_trial_keys(&names("a", "b"), "x", trial_start(), &mut random).expect("keys");
    assert_ne!(one.ca_certificate_der, two.ca_certificate_der);
}

#[test]
fn pem_texts_give_their_certificates_byte_for_byte() {
    let scratch = Scratch::new();
    scratch.make_pki(&["p256-a"]);
    let text = scratch.must("openssl x509 -in mid.pem -text");
    let mixed = [text, scratch.read("p256-a.key"), scratch.read("root.pem")].concat();
    let der = |name: &str| scratch.must(&format!("openssl x509 -in {name}.pem -outform DER"));
    assert_eq!(seal::certificates_from_pem(&mixed), Ok(vec![der("mid"), der("root")]));
    for wrong in ["", "rubbish", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"] {
        assert!(seal::certificates_from_pem(wrong.as_bytes()).is_err(), "{wrong:?}");
    }
    let cut = scratch.read("root.pem");
    assert!(seal::certificates_from_pem(&cut[..cut.len() - 30]).is_err());
}
