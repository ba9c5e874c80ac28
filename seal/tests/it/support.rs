//! Scratch folders, outside programs, and an authority made by `openssl`.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::OnceLock;

use record::{Sha256, Timestamp};
use seal::{
    Manifest, Pkcs12Signer, SignatureAlgorithm, Signer, SignerError, TrialKeys, TrialNames, make_trial_keys,
};

pub(crate) const PASSWORD: &str = "mật khẩu thử 1";

pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("scratch folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("has a parent")).expect("folder");
        std::fs::write(&path, bytes).expect("scratch file");
        path
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Runs a program in the scratch folder.
    pub(crate) fn run(&self, program: &str, args: &[&str]) -> Output {
        let mut command = crate::provided::program(program);
        command.args(args).current_dir(self.root()).env("LC_ALL", "C.UTF-8");
        command.output().unwrap_or_else(|e| panic!("{program}: {e}"))
    }

    /// Runs a program that must succeed; arguments are split at spaces.
    pub(crate) fn must(&self, line: &str) -> Vec<u8> {
        let words: Vec<&str> = line.split(' ').collect();
        let output = self.run(words[0], &words[1..]);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// A root, an authority under it (as `root.pem`, `mid.pem`) and a signer `NAME.key`, `NAME.pem` for
    /// each name, all by openssl. A name that starts with `rsa` gets RSA-2048, `p384` P-384, else P-256.
    pub(crate) fn make_pki(&self, signers: &[&str]) {
        self.write("ca.ext", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n");
        self.write("leaf.ext", "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\nextendedKeyUsage=emailProtection\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n");
        self.must("openssl ecparam -name secp384r1 -genkey -noout -out root.key");
        self.must("openssl req -new -x509 -key root.key -sha384 -days 3650 -subj /C=VN/CN=Goc -out root.pem -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -addext subjectKeyIdentifier=hash");
        self.must("openssl genrsa -out mid.key 2048");
        self.issue("mid", "/C=VN/O=VKS/CN=Trung-gian", "root", "ca.ext");
        for name in signers {
            self.make_key(name);
            self.issue(name, &format!("/C=VN/O=VKS/CN={name}"), "mid", "leaf.ext");
        }
    }

    pub(crate) fn make_key(&self, name: &str) {
        match name {
            n if n.starts_with("rsa") => self.must(&format!("openssl genrsa -out {name}.key 2048")),
            n if n.starts_with("p384") => {
                self.must(&format!("openssl ecparam -name secp384r1 -genkey -noout -out {name}.key"))
            }
            _ => self.must(&format!("openssl ecparam -name prime256v1 -genkey -noout -out {name}.key")),
        };
    }

    pub(crate) fn issue(&self, name: &str, subject: &str, issuer: &str, extensions: &str) {
        // Authorities outlive signers, as they do outside.
        let days = if extensions == "ca.ext" { 3000 } else { 900 };
        self.must(&format!("openssl req -new -key {name}.key -subj {subject} -out {name}.csr"));
        self.must(&format!("openssl x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial -days {days} -sha256 -extfile {extensions} -out {name}.pem"));
    }

    pub(crate) fn certificate(&self, name: &str) -> Vec<u8> {
        seal::certificates_from_pem(&self.read(name)).expect("PEM").remove(0)
    }
}

/// A key that lives in another program, as one on a token does.
pub(crate) struct OpensslSigner<'s> {
    scratch: &'s Scratch,
    key: String,
    algorithm: SignatureAlgorithm,
    certificates: Vec<Vec<u8>>,
}

impl<'s> OpensslSigner<'s> {
    pub(crate) fn new(scratch: &'s Scratch, name: &str, algorithm: SignatureAlgorithm) -> Self {
        Self::of(scratch, name, algorithm, &["mid.pem", "root.pem"])
    }

    /// With other authorities above it.
    pub(crate) fn of(
        scratch: &'s Scratch,
        name: &str,
        algorithm: SignatureAlgorithm,
        above: &[&str],
    ) -> Self {
        let own = format!("{name}.pem");
        let names = std::iter::once(own.as_str()).chain(above.iter().copied());
        let certificates = names.map(|n| scratch.certificate(n)).collect();
        Self { scratch, key: format!("{name}.key"), algorithm, certificates }
    }

    /// The same, but signing with the key of somebody else.
    pub(crate) fn with_key_of(mut self, name: &str) -> Self {
        self.key = format!("{name}.key");
        self
    }
}

impl Signer for OpensslSigner<'_> {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.scratch.write("to-sign.bin", message);
        let digest =
            if self.algorithm == SignatureAlgorithm::EcdsaP384Sha384 { "-sha384" } else { "-sha256" };
        Ok(self.scratch.must(&format!("openssl dgst {digest} -sign {} to-sign.bin", self.key)))
    }
}

pub(crate) fn moment(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// When the trial keys of the tests were made.
pub(crate) fn trial_start() -> Timestamp {
    moment("2026-01-01T00:00:00Z")
}

pub(crate) fn trial_keys() -> TrialKeys {
    static KEYS: OnceLock<TrialKeys> = OnceLock::new();
    KEYS.get_or_init(new_trial_keys).clone()
}

fn new_trial_keys() -> TrialKeys {
    let names =
        TrialNames { unit: "VKSND huyện Thử Nghiệm".into(), station: "Trạm số hóa số 1".into() };
    // A counter: the same keys in every run.
    let mut state = 0u8;
    let mut random = |buffer: &mut [u8]| {
        buffer.fill_with(|| {
            state = state.wrapping_mul(5).wrapping_add(113);
            state
        });
        Ok(())
    };
    make_trial_keys(&names, PASSWORD, trial_start(), &mut random).expect("trial keys")
}

pub(crate) fn trial_signer(keys: &TrialKeys) -> Pkcs12Signer {
    Pkcs12Signer::open(&keys.station_p12, PASSWORD).expect("own key file")
}

/// The digest of `text` according to `sha256sum`.
pub(crate) fn digest_by_coreutils(scratch: &Scratch, path: &str) -> Sha256 {
    let line = scratch.run("sha256sum", &["--", path]).stdout;
    String::from_utf8(line).expect("text").get(..64).expect("digest").parse().expect("hexadecimal")
}

/// Files of a small case in `scratch`, and their manifest.
pub(crate) fn small_case(scratch: &Scratch) -> Manifest {
    let files = [
        ("metadata/other/case.json", "{\"format\":\"hoso-case/1\"}"),
        ("representations/rep1/data/Biên bản hỏi cung.pdf", "%PDF-1.7 một"),
        ("representations/rep2/data/trang 001.jpg", "ảnh một"),
        ("representations/rep2/data/trang 002.jpg", ""),
    ];
    let mut entries = Vec::new();
    for (path, text) in files {
        scratch.write(path, text);
        entries.push((path.to_owned(), digest_by_coreutils(scratch, path)));
    }
    let manifest = Manifest::from_entries(entries).expect("a manifest");
    scratch.write(seal::MANIFEST_PATH, manifest.to_bytes());
    manifest
}
