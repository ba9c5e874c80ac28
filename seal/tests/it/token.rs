//! Keys on a token: SoftHSM2 holds them, `pkcs11-tool` makes them, `openssl` certifies them and judges the signatures.
//!
//! A module reads its configuration from the environment of the process, once. So each signing runs in a process of its
//! own: this test program, started again for [`child`].

use std::path::Path;
use std::process::Command;

use record::Timestamp;
use seal::{Pkcs12Signer, Signer, Token, TokenPlace, sign_detached};

use crate::provided;
use crate::support::*;

const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";
const SPY: &str = "/usr/lib/x86_64-linux-gnu/pkcs11-spy.so";
const PIN: &str = "123456";
const TEXT: &[u8] = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a.txt\n";

/// A token with a key of each name, certified by the authority of [`Scratch::make_pki`].
struct TestToken {
    scratch: Scratch,
}

impl TestToken {
    fn new(keys: &[&str]) -> TestToken {
        let scratch = Scratch::new();
        scratch.make_pki(&[]);
        std::fs::create_dir(scratch.path("tokens")).unwrap();
        scratch.write(
            "softhsm.conf",
            format!("directories.tokendir = {}\nlog.level = ERROR\n", scratch.path("tokens").display()),
        );
        let token = TestToken { scratch };
        token.must("softhsm2-util --init-token --free --label VKS --so-pin 0000 --pin 123456");
        for (no, name) in (1..).zip(keys) {
            token.make_key(name, no);
            token.scratch.must("openssl genrsa -out other.key 2048");
            token
                .scratch
                .must(&format!("openssl req -new -key other.key -subj /C=VN/O=VKS/CN={name} -out x.csr"));
            token.scratch.must(&format!("openssl x509 -req -in x.csr -force_pubkey {name}.pub.pem -CA mid.pem -CAkey mid.key -CAcreateserial -days 900 -sha256 -extfile leaf.ext -out {name}.pem"));
            token.scratch.must(&format!("openssl x509 -in {name}.pem -outform DER -out {name}.der"));
            token.tool(&format!(
                "--login --pin {PIN} --write-object {name}.der --type cert --label {name} --id 0{no}"
            ));
        }
        token.scratch.must("openssl x509 -in mid.pem -outform DER -out mid.der");
        token.tool(&format!(
            "--login --pin {PIN} --write-object mid.der --type cert --label trung-gian --id 99"
        ));
        token
    }

    /// A key pair made on the token, its public half in `NAME.pub.pem`. This version of OpenSC cannot read back keys on P-384:
    /// such a one is made by openssl and put in.
    fn make_key(&self, name: &str, no: u32) {
        let kind = match name {
            n if n.starts_with("rsa3072") => "rsa:3072",
            n if n.starts_with("rsa") => "rsa:2048",
            n if n.starts_with("p384") => {
                self.scratch
                    .must("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out p384.key");
                self.scratch.must(&format!("openssl pkey -in p384.key -pubout -out {name}.pub.pem"));
                self.must(&format!(
                    "softhsm2-util --import p384.key --token VKS --label {name} --id 0{no} --pin {PIN}"
                ));
                return;
            }
            _ => "EC:prime256v1",
        };
        self.tool(&format!("--login --pin {PIN} --keypairgen --key-type {kind} --label {name} --id 0{no}"));
        self.tool(&format!("--read-object --type pubkey --id 0{no} -o {name}.pub"));
        self.scratch.must(&format!("openssl pkey -pubin -inform DER -in {name}.pub -out {name}.pub.pem"));
    }

    fn command(&self, program: &str) -> Command {
        let mut command = provided::program(program);
        command.current_dir(self.scratch.root()).env("SOFTHSM2_CONF", self.scratch.path("softhsm.conf"));
        command
    }

    fn must(&self, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        let output = self.command(words[0]).args(&words[1..]).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn tool(&self, line: &str) -> String {
        self.must(&format!("pkcs11-tool --module {SOFTHSM} --token-label VKS {line}"))
    }

    /// Runs [`child`] on these keys with a PIN; what it said.
    fn sign(&self, doing: &str, keys: &str, pin: &str, more: &[(&str, &str)]) -> String {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "token::child", "--nocapture"]).current_dir(self.scratch.root());
        command.env("SOFTHSM2_CONF", self.scratch.path("softhsm.conf"));
        command.env("TOKEN_TEST_DOES", doing).env("TOKEN_TEST_KEYS", keys).env("TOKEN_TEST_PIN", pin);
        let output = command.envs(more.iter().copied()).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let found = said.lines().find_map(|line| line.split_once("said: ").map(|(_, rest)| rest.to_owned()));
        found.unwrap_or_else(|| panic!("{said} {}", String::from_utf8_lossy(&output.stderr)))
    }

    fn openssl_accepts(&self) {
        self.scratch.write("text", TEXT);
        self.scratch.must("openssl cms -verify -binary -cades -inform DER -in out.p7s -content text -CAfile root.pem -purpose any -out /dev/null");
    }
}

/// What the started process does: finds the tokens' keys, logs in, signs [`TEXT`] into `out.p7s`. Does nothing in a run
/// of all tests, where nobody told it what to do.
#[test]
fn child() {
    let Ok(doing) = std::env::var("TOKEN_TEST_DOES") else { return };
    let (keys, pin) = (std::env::var("TOKEN_TEST_KEYS").unwrap(), std::env::var("TOKEN_TEST_PIN").unwrap());
    let said = use_token(&doing, &keys, &pin).unwrap_or_else(|error| error.to_string());
    println!("said: {said}");
}

fn use_token(doing: &str, keys: &str, pin: &str) -> Result<String, Box<dyn std::error::Error>> {
    let module = std::env::var("TOKEN_TEST_MODULE").unwrap_or_else(|_| SOFTHSM.into());
    let mut signers: Vec<Box<dyn Signer>> = Vec::new();
    for key in keys.split(',') {
        if let Some(file) = key.strip_suffix(".p12") {
            signers.push(Box::new(Pkcs12Signer::open(&std::fs::read(format!("{file}.p12"))?, "x")?));
            continue;
        }
        let (key, certificates) = match key.split_once('@') {
            Some((key, file)) => (key, seal::certificates_from_pem(&std::fs::read(file)?)?),
            None => (key, Vec::new()),
        };
        let token = std::env::var("TOKEN_TEST_TOKEN").unwrap_or_else(|_| "VKS".into());
        let place = TokenPlace { module: module.clone().into(), token, key: key.into(), certificates };
        let token = Token::find(&place, Timestamp::now())?;
        if doing == "look" {
            return Ok(format!("{} {:?}", token.certificates().len(), token.facts().pin));
        }
        signers.push(Box::new(token.log_in(pin, doing == "final-try")?));
    }
    let signers: Vec<&dyn Signer> = signers.iter().map(AsRef::as_ref).collect();
    std::fs::write("out.p7s", sign_detached(TEXT, &signers, Timestamp::now())?)?;
    if doing == "pull-out" {
        std::fs::rename("tokens", "drawer")?;
        return match sign_detached(TEXT, &signers, Timestamp::now()) {
            Err(seal::SealError::Signer(error)) => Ok(format!("{error:?}")),
            other => Ok(format!("not what a pulled token does: {other:?}")),
        };
    }
    Ok("signed".into())
}

#[test]
fn openssl_accepts_what_a_token_signs_with_each_kind_of_key() {
    let token = TestToken::new(&["p256-a", "p384-a", "rsa-a", "rsa3072-a"]);
    for keys in ["p256-a", "p384-a", "rsa-a", "rsa3072-a", "p256-a,rsa-a", "id:02,id:03"] {
        assert_eq!(token.sign("sign", keys, PIN, &[]), "signed", "{keys}");
        token.openssl_accepts();
        let shown = token.scratch.must("openssl cms -cmsout -print -inform DER -in out.p7s");
        let signers = String::from_utf8_lossy(&shown).matches("issuerAndSerialNumber").count();
        assert_eq!(signers, keys.split(',').count(), "{keys}");
    }
    // The certificate from a file, as issuers often hand it out.
    assert_eq!(token.sign("sign", "rsa-a@rsa-a.pem", PIN, &[]), "signed");
    // The authority above it lies on the token and goes along.
    assert_eq!(token.sign("look", "rsa-a", PIN, &[]), "2 Fresh");
}

#[test]
fn what_is_not_on_the_token_is_named() {
    let token = TestToken::new(&["p256-a", "p256-b"]);
    let said = |keys, more: &[(&str, &str)]| token.sign("sign", keys, PIN, more);
    assert_eq!(
        said("khac", &[]),
        "the token \"VKS\" has no certificate \"khac\": give the file of the certificate"
    );
    assert_eq!(said("khac@p256-a.pem", &[]), "the token \"VKS\" has no private key \"khac\"");
    assert!(said("id:0", &[]).starts_with("the name of a key"));
    let serial = token
        .tool("-L")
        .lines()
        .find_map(|l| l.split_once("serial num").map(|(_, s)| s.trim_matches([' ', ':']).to_owned()));
    let serial = serial.unwrap();
    let not_there = said("p256-a", &[("TOKEN_TEST_TOKEN", "Khac")]);
    assert_eq!(not_there, format!("no token \"Khac\" is plugged in; found: VKS ({serial})"));
    assert_eq!(said("p256-a", &[("TOKEN_TEST_TOKEN", &serial)]), "signed");
    let no_module = said("p256-a", &[("TOKEN_TEST_MODULE", "/nowhere/module.so")]);
    assert!(no_module.starts_with("the token's module /nowhere/module.so could not be used"), "{no_module}");
    // A certificate of another key: found before anything is sealed.
    let other = said("p256-a@p256-b.pem", &[]);
    assert!(other.contains("does not fit the certificate"), "{other}");
    // An authority under the key's name, as some tokens keep it, is passed over; a certificate of another key is not.
    let put = |file: &str, id: &str| {
        token
            .tool(&format!("--login --pin {PIN} --write-object {file} --type cert --label p256-a --id {id}"));
    };
    put("mid.der", "98");
    assert_eq!(said("p256-a", &[]), "signed");
    put("p256-b.der", "97");
    let several = said("p256-a", &[]);
    for part in ["certificates of several keys named \"p256-a\"", "id:01, CN=p256-a", "id:97, CN=p256-b"] {
        assert!(several.contains(part), "{part} in {several}");
    }
    assert_eq!(said("id:01", &[]), "signed");
}

/// By Python's `cryptography`: a certificate of the key in a file, valid for other days than today.
const CERTIFY: &str = r#"
import datetime, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
public, first, last, out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
issuer = x509.load_pem_x509_certificate(open('mid.pem', 'rb').read())
key = serialization.load_pem_private_key(open('mid.key', 'rb').read(), None)
now = datetime.datetime.now(datetime.timezone.utc)
usage = dict(digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
             key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False)
made = (x509.CertificateBuilder()
    .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, out)]))
    .issuer_name(issuer.subject).serial_number(x509.random_serial_number())
    .public_key(serialization.load_pem_public_key(open(public, 'rb').read()))
    .not_valid_before(now + datetime.timedelta(first)).not_valid_after(now + datetime.timedelta(last))
    .add_extension(x509.KeyUsage(**usage), True).sign(key, hashes.SHA256()))
open(out, 'wb').write(made.public_bytes(serialization.Encoding.DER))
"#;

/// Of certificates under one name, as renewal leaves them: neither the one that begins later nor those that have ended, of this key
/// or another.
#[test]
fn of_several_certificates_one_that_is_valid_signs() {
    let token = TestToken::new(&["p256-a", "p256-b"]);
    for (public, first, last, name, id) in [
        ("p256-a", 500, 3000, "later", "51"),
        ("p256-a", -700, -1, "ended", "52"),
        ("p256-b", -700, -1, "of-another", "53"),
    ] {
        let output = Command::new(provided::from_dev("pki-venv/bin/python"))
            .args(["-c", CERTIFY, &format!("{public}.pub.pem"), &first.to_string(), &last.to_string(), name])
            .current_dir(token.scratch.root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        token
            .tool(&format!("--login --pin {PIN} --write-object {name} --type cert --label p256-a --id {id}"));
    }
    assert_eq!(token.sign("sign", "p256-a", PIN, &[]), "signed");
    token.openssl_accepts();
}

/// Counted by OpenSC's spy, which stands between us and the token, and by the token itself.
#[test]
fn a_wrong_pin_is_one_try() {
    let token = TestToken::new(&["p256-a"]);
    let spied = [("PKCS11SPY", SOFTHSM), ("PKCS11SPY_OUTPUT", "spy.log"), ("TOKEN_TEST_MODULE", SPY)];
    let logins = || String::from_utf8_lossy(&token.scratch.read("spy.log")).matches(": C_Login").count();
    let empty = token.sign("final-try", "p256-a", "", &spied);
    assert_eq!(empty, "no PIN was given for the token \"VKS\"; nothing was sent");
    assert_eq!(logins(), 0);
    let wrong = token.sign("sign", "p256-a", "654321", &spied);
    assert_eq!(wrong, "the token \"VKS\" refused the PIN; it was tried once and is not tried again");
    assert_eq!(logins(), 1);
    assert!(token.tool("-L").contains("user PIN count low"), "the token noticed one");
    assert!(!token.scratch.path("out.p7s").exists());
    assert_eq!(token.sign("look", "p256-a", PIN, &[]), "2 CountLow");
    // Looking does not log in; signing twice with two keys logs in once for each.
    std::fs::remove_file(token.scratch.path("spy.log")).unwrap();
    assert_eq!(token.sign("look", "p256-a", PIN, &spied), "2 CountLow");
    assert_eq!(logins(), 0);
    assert_eq!(token.sign("sign", "p256-a", PIN, &spied), "signed");
    assert_eq!(logins(), 1);
}

#[test]
fn the_last_try_is_not_spent_unasked() {
    let token = TestToken::new(&["p256-a"]);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/final_try.c");
    token.scratch.must(&format!("gcc -shared -fPIC -o last.so {} -ldl", source.display()));
    let module = token.scratch.path("last.so");
    // CKF_USER_PIN_FINAL_TRY and CKF_USER_PIN_LOCKED of PKCS#11, table 6.
    let with = |flags| {
        [("REAL_MODULE", SOFTHSM), ("REAL_FLAGS", flags), ("TOKEN_TEST_MODULE", module.to_str().unwrap())]
    };
    let refused = token.sign("sign", "p256-a", "654321", &with("0x20000"));
    assert_eq!(
        refused,
        "the token \"VKS\" has one try left: one more wrong PIN locks it; the PIN was not sent"
    );
    assert!(!token.tool("-L").contains("user PIN count low"), "no try was made");
    assert_eq!(token.sign("final-try", "p256-a", PIN, &with("0x20000")), "signed");
    let locked = token.sign("final-try", "p256-a", PIN, &with("0x40000"));
    assert_eq!(locked, "the token \"VKS\" is locked: too many wrong PINs; its issuer must unlock it");
}

#[test]
fn a_token_pulled_out_between_two_signatures_is_told_as_away() {
    let token = TestToken::new(&["p256-a"]);
    let said = token.sign("pull-out", "p256-a", PIN, &[]);
    assert!(said.starts_with("Unreachable(\"token \\\"VKS\\\": "), "{said}");
    token.openssl_accepts();
}
