//! `metadata/other/statement.json`: what two people say of a case file when it is sealed. One counted its paper, the other
//! signs as officer; the agency signs beside them. The manifest lists the file, so both signatures cover it, and it names
//! both certificates, so neither signature can be taken away unseen (docs/format/manifest.md, section 6).

use record::{Lang, Sha256, Timestamp};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::verify::SignerReport;

/// Where it lies in a package.
pub const STATEMENT_PATH: &str = "metadata/other/statement.json";
/// Longest statement that is read, in bytes.
pub(crate) const MAX_STATEMENT_BYTES: usize = 64 << 10;
/// The machine-readable record of the case file, as far as a statement is compared with it.
pub(crate) const CASE_PATH: &str = "metadata/other/case.json";
/// Longest record that is read for that.
pub(crate) const MAX_CASE_BYTES: usize = 256 << 20;

const FORMAT: &str = "hoso-statement/1";

/// In which office a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A person: the leader or officer who answers for the case file.
    Officer,
    /// The procuracy itself.
    Agency,
}

impl Role {
    /// For programs: `officer`, `agency`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Agency => "agency",
        }
    }

    /// For people.
    pub fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Officer => lang.pick("người có thẩm quyền", "officer"),
            Self::Agency => lang.pick("cơ quan", "agency"),
        }
    }
}

/// A signer that a statement names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedSigner {
    /// SHA-256 of the certificate.
    #[serde(with = "digest")]
    pub certificate_sha256: Sha256,
    /// The certificate's common name.
    pub name: String,
}

/// The statement with which a case file is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Mã hồ sơ.
    pub case: String,
    /// The OCFL object.
    pub object: String,
    /// The version that was counted and is sealed now. The new version adds this, the lists that name it, and signatures behind
    /// searchable PDFs where they are signed; no other byte.
    pub reviewed_version: u32,
    /// SHA-256 of the manifest of that version.
    pub reviewed_manifest_sha256: Sha256,
    /// Pages of the package.
    pub pages: u32,
    /// Pages counted on paper.
    pub pages_on_paper: u32,
    /// Who counted: name and office.
    pub counted_by: String,
    /// When the count was stated.
    pub counted_at: Timestamp,
    /// When it is sealed, whole seconds.
    pub sealed_at: Timestamp,
    /// The person who signs.
    pub officer: StatedSigner,
    /// The agency that signs.
    pub agency: StatedSigner,
}

/// Canonical JSON needs its keys in order; that is the order here.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    agency: StatedSigner,
    case: String,
    counted_at: String,
    counted_by: String,
    format: String,
    object: String,
    officer: StatedSigner,
    pages: u32,
    pages_on_paper: u32,
    #[serde(with = "digest")]
    reviewed_manifest_sha256: Sha256,
    reviewed_version: u32,
    sealed_at: String,
}

/// Why bytes are no statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the statement cannot be understood: {0}")]
pub struct StatementError(String);

/// What does not agree with a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementFault {
    /// It is no statement.
    Malformed(StatementError),
    /// The signature of one whom it names is missing.
    SignatureMissing { role: Role, name: String },
    /// Both signatures are of one certificate.
    OneSigner { name: String },
    /// Paper and package differ.
    CountDiffers { on_paper: u32, in_package: u32 },
    /// It is about another case file, or the package has another number of pages.
    OtherCase { stated: String, found: String },
    /// The version that was counted has another manifest than the one stated; or it cannot be read, or is not the version
    /// before (`found` is `None`).
    OtherVersion { version: u32, stated: Sha256, found: Option<Sha256> },
    /// A file is not what it was in the version that was counted, though sealing changes none of its kind.
    ChangedSinceCounted { version: u32, path: String },
}

impl Statement {
    /// As canonical JSON (RFC 8785), NFC.
    pub fn to_bytes(&self) -> Vec<u8> {
        let nfc = |text: &str| text.nfc().collect::<String>();
        let signer = |signer: &StatedSigner| StatedSigner { name: nfc(&signer.name), ..signer.clone() };
        let json = Json {
            agency: signer(&self.agency),
            case: nfc(&self.case),
            counted_at: self.counted_at.to_string(),
            counted_by: nfc(&self.counted_by),
            format: FORMAT.into(),
            object: nfc(&self.object),
            officer: signer(&self.officer),
            pages: self.pages,
            pages_on_paper: self.pages_on_paper,
            reviewed_manifest_sha256: self.reviewed_manifest_sha256,
            reviewed_version: self.reviewed_version,
            sealed_at: self.sealed_at.to_string(),
        };
        serde_json::to_vec(&json).expect("text and integers can be written as JSON")
    }

    /// Reads a statement in its one form: printing it gives the same bytes.
    pub fn parse(bytes: &[u8]) -> Result<Statement, StatementError> {
        let json: Json = serde_json::from_slice(bytes).map_err(|e| StatementError(e.to_string()))?;
        if json.format != FORMAT {
            return Err(StatementError(format!("format {:?}", json.format)));
        }
        let time = |text: &str| text.parse().map_err(|_| StatementError(format!("time {text:?}")));
        let statement = Statement {
            counted_at: time(&json.counted_at)?,
            sealed_at: time(&json.sealed_at)?,
            case: json.case,
            object: json.object,
            reviewed_version: json.reviewed_version,
            reviewed_manifest_sha256: json.reviewed_manifest_sha256,
            pages: json.pages,
            pages_on_paper: json.pages_on_paper,
            counted_by: json.counted_by,
            officer: json.officer,
            agency: json.agency,
        };
        match statement.to_bytes() == bytes {
            true => Ok(statement),
            false => Err(StatementError("it is not in canonical form".into())),
        }
    }

    /// The signers that it names.
    pub fn signers(&self) -> [(Role, &StatedSigner); 2] {
        [(Role::Officer, &self.officer), (Role::Agency, &self.agency)]
    }

    /// What of it does not hold in itself.
    pub(crate) fn faults(&self) -> Vec<StatementFault> {
        let mut faults = Vec::new();
        if self.pages != self.pages_on_paper {
            let (on_paper, in_package) = (self.pages_on_paper, self.pages);
            faults.push(StatementFault::CountDiffers { on_paper, in_package });
        }
        if self.officer.certificate_sha256 == self.agency.certificate_sha256 {
            faults.push(StatementFault::OneSigner { name: self.officer.name.clone() });
        }
        faults
    }

    /// Whose signature, of those it names, is not among these.
    pub(crate) fn missing_signatures(&self, found: &[SignerReport]) -> Vec<StatementFault> {
        let is_there = |stated: &StatedSigner| {
            found.iter().any(|signer| signer.cert_sha256 == stated.certificate_sha256)
        };
        let missing = self.signers().into_iter().filter(|(_, stated)| !is_there(stated));
        missing
            .map(|(role, stated)| StatementFault::SignatureMissing { role, name: stated.name.clone() })
            .collect()
    }

    /// What `case.json` says otherwise: of which object it is, and how many pages it has.
    pub(crate) fn against_case(&self, case_json: &[u8]) -> Option<StatementFault> {
        #[derive(Deserialize)]
        struct Case {
            #[serde(default)]
            object: String,
            pages: u32,
        }
        let stated = format!("{}, {}", self.object, self.pages);
        let found = match serde_json::from_slice::<Case>(case_json) {
            Ok(case) => format!("{}, {}", case.object, case.pages),
            Err(error) => error.to_string(),
        };
        (stated != found).then_some(StatementFault::OtherCase { stated, found })
    }
}

impl StatementFault {
    /// For programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "statement-malformed",
            Self::SignatureMissing { role: Role::Officer, .. } => "officer-signature-missing",
            Self::SignatureMissing { role: Role::Agency, .. } => "agency-signature-missing",
            Self::OneSigner { .. } => "one-signer",
            Self::CountDiffers { .. } => "count-differs",
            Self::OtherCase { .. } => "statement-of-other-case",
            Self::OtherVersion { .. } => "statement-of-other-version",
            Self::ChangedSinceCounted { .. } => "changed-since-counted",
        }
    }

    /// For people.
    pub fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Malformed(error), Lang::Vi) => format!("không đọc được tuyên bố niêm phong ({})", error.0),
            (Self::Malformed(error), Lang::En) => error.to_string(),
            (Self::SignatureMissing { role, name }, Lang::Vi) => {
                format!("thiếu chữ ký của {} \"{name}\" mà tuyên bố niêm phong có nêu", role.title(lang))
            }
            (Self::SignatureMissing { role, name }, Lang::En) => {
                format!(
                    "the signature of the {} \"{name}\" is missing, whom the statement names",
                    role.title(lang)
                )
            }
            (Self::OneSigner { name }, Lang::Vi) => format!("hai chữ ký là của một chứng thư: \"{name}\""),
            (Self::OneSigner { name }, Lang::En) => {
                format!("both signatures are of one certificate: \"{name}\"")
            }
            (Self::CountDiffers { on_paper, in_package }, Lang::Vi) => {
                format!("tuyên bố niêm phong: {on_paper} trang trên giấy, {in_package} trang trong gói")
            }
            (Self::CountDiffers { on_paper, in_package }, Lang::En) => {
                format!("the statement says {on_paper} pages on paper and {in_package} in the package")
            }
            (Self::OtherCase { stated, found }, Lang::Vi) => {
                format!("tuyên bố niêm phong là về {stated}, gói là {found}")
            }
            (Self::OtherCase { stated, found }, Lang::En) => {
                format!("the statement is about {stated}, the package is {found}")
            }
            (Self::OtherVersion { version, stated, found }, _) => {
                let found = found.map_or_else(
                    || {
                        lang.pick(
                            "không đọc được hoặc không phải bản liền trước",
                            "unreadable or not the version before",
                        )
                        .to_owned()
                    },
                    |f| f.to_string(),
                );
                match lang {
                    Lang::Vi => format!("bản {version} đã đếm phải có bảng kê {stated}, nay là {found}"),
                    Lang::En => format!(
                        "version {version}, which was counted, must have the manifest {stated}; it is {found}"
                    ),
                }
            }
            (Self::ChangedSinceCounted { version, path }, Lang::Vi) => {
                format!("{path}: khác bản {version} đã đếm")
            }
            (Self::ChangedSinceCounted { version, path }, Lang::En) => {
                format!("{path}: not what it was in version {version}, which was counted")
            }
        }
    }
}

/// Digests as lower-case hexadecimal.
mod digest {
    use record::Sha256;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(digest: &Sha256, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&digest.to_string())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Sha256, D::Error> {
        String::deserialize(from)?.parse().map_err(|_| D::Error::custom("not a digest"))
    }
}
