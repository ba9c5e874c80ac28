//! The keys of officers and of the agency, as `hoso.toml` names them: found, shown, opened.

use crate::PipelineError;
use crate::config::{ArchiveConfig, KeyConfig, KeyPlace, KeyRole, Layout};
use crate::trust_store::archive_trust;
use record::{Clock, Lang, Timestamp};
use seal::{KeyFacts, Pkcs12Signer, Role, Signer, Token, TokenFacts, TokenPlace};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

impl KeyRole {
    /// As statements name it.
    pub fn role(self) -> Role {
        match self {
            Self::Officer => Role::Officer,
            Self::Agency => Role::Agency,
        }
    }
}

/// Why a key cannot sign what it was asked to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyFault {
    /// `hoso.toml` has no such key.
    Unknown { key: String },
    /// It signs in another office.
    WrongRole { key: String, is: Role, wanted: Role },
    /// Officer and agency would sign with one key.
    OneKey { name: String },
    /// The station's key, which signs what was scanned, and nothing else.
    OfStation { name: String },
    /// A court would not accept the signature; why.
    NotAccepted { name: String, why: String },
    /// There are keys of that name already.
    Exists { key: String },
}

impl KeyFault {
    /// For programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "no-such-key",
            Self::WrongRole { .. } => "wrong-role",
            Self::OneKey { .. } => "one-key",
            Self::OfStation { .. } => "station-key",
            Self::NotAccepted { .. } => "key-not-accepted",
            Self::Exists { .. } => "key-exists",
        }
    }

    /// For people.
    pub fn title(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Unknown { key }, Lang::Vi) => format!("hoso.toml không có khóa {key:?}"),
            (Self::Unknown { key }, Lang::En) => format!("hoso.toml has no key {key:?}"),
            (Self::WrongRole { key, is, wanted }, Lang::Vi) => {
                format!("khóa {key:?} là của {}, không phải của {}", is.title(lang), wanted.title(lang))
            }
            (Self::WrongRole { key, is, wanted }, Lang::En) => {
                format!(
                    "the key {key:?} is that of the {}, not of the {}",
                    is.title(lang),
                    wanted.title(lang)
                )
            }
            (Self::OneKey { name }, Lang::Vi) => {
                format!("hai chữ ký sẽ là của một khóa ({name}); phải là hai khóa khác nhau")
            }
            (Self::OneKey { name }, Lang::En) => {
                format!("both signatures would be of one key ({name}); two different keys must sign")
            }
            (Self::OfStation { name }, Lang::Vi) => {
                format!("{name} là khóa của trạm số hóa; khóa của trạm không ký thay người hay cơ quan")
            }
            (Self::OfStation { name }, Lang::En) => {
                format!("{name} is the station's key; it signs for no officer and no agency")
            }
            (Self::NotAccepted { name, why }, Lang::Vi) => {
                format!("chữ ký của {name} sẽ không được chấp nhận: {why}")
            }
            (Self::NotAccepted { name, why }, Lang::En) => {
                format!("the signature of {name} would not be accepted: {why}")
            }
            (Self::Exists { key }, Lang::Vi) => format!("hoso.toml đã có khóa {key:?}"),
            (Self::Exists { key }, Lang::En) => format!("hoso.toml has a key {key:?} already"),
        }
    }

    /// The next step, for people.
    pub(crate) fn hint(&self, lang: Lang) -> Option<&'static str> {
        Some(match self {
            Self::Unknown { .. } => lang.pick(
                "xem các khóa: hoso key list; làm khóa thử: hoso key trial",
                "list the keys: hoso key list; make some for a trial: hoso key trial",
            ),
            Self::NotAccepted { .. } => lang.pick(
                "thêm chứng thư của nơi cấp (PEM) vào keys/trusted.pem, hoặc dùng khóa còn hiệu lực",
                "add the issuer's certificate (PEM) to keys/trusted.pem, or use a key that is valid",
            ),
            _ => lang.pick("xem các khóa: hoso key list", "list the keys: hoso key list"),
        })
    }
}

pub(super) fn fault(fault: KeyFault) -> PipelineError {
    PipelineError::Refused { case: None, why: Box::new(crate::Obstacle::Key(fault)) }
}

/// A key that was found; nobody is logged in.
pub struct FoundKey {
    /// Its name in `hoso.toml`.
    pub name: String,
    /// In which office it signs.
    pub role: Role,
    /// The file with its password or PIN, where one is named.
    pub secret_file: Option<PathBuf>,
    place: Place,
}

enum Place {
    File { path: PathBuf, bytes: Vec<u8> },
    Token(Box<Token>),
}

/// A key that can sign.
pub struct OpenKey {
    /// In which office it signs.
    pub role: Role,
    /// What its certificate says.
    pub facts: KeyFacts,
    pub(crate) signer: Box<dyn Signer>,
}

/// A key as it is shown.
#[derive(Debug, Clone)]
pub struct KeyView {
    /// Its name in `hoso.toml`.
    pub name: String,
    /// In which office it signs.
    pub role: Role,
    /// The key file, where it lies in one.
    pub file: Option<PathBuf>,
    /// The token, where it is on one.
    pub token: Option<TokenFacts>,
    /// What its certificate says; a key file does not show it without its password.
    pub facts: Option<KeyFacts>,
}

/// The keys that `hoso.toml` names.
pub fn key_names(root: &Path) -> Result<Vec<String>, PipelineError> {
    Ok(config(root)?.keys.into_keys().collect())
}

pub(super) fn config(root: &Path) -> Result<ArchiveConfig, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    ArchiveConfig::read(&layout.config())
}

/// Finds a key by its name. Of a token this loads the maker's module, looks for token and certificate (of several one
/// that is valid by the clock), and sends no PIN.
pub fn find_key(root: &Path, name: &str, clock: &dyn Clock) -> Result<FoundKey, PipelineError> {
    let keys = config(root)?.keys;
    let key = keys.get(name).ok_or_else(|| fault(KeyFault::Unknown { key: name.to_owned() }))?;
    let place = match key.kind {
        KeyPlace::Pkcs12 => {
            let path = root.join(key.path.as_ref().expect("checked when the configuration was read"));
            let bytes = std::fs::read(&path).map_err(PipelineError::io(&path))?;
            Place::File { path, bytes }
        }
        KeyPlace::Pkcs11 => Place::Token(Box::new(Token::find(&token_place(root, key)?, clock.now())?)),
    };
    let secret_file = key.secret_file.as_ref().map(|path| root.join(path));
    Ok(FoundKey { name: name.to_owned(), role: key.role.role(), secret_file, place })
}

fn token_place(root: &Path, key: &KeyConfig) -> Result<TokenPlace, PipelineError> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let certificates = match &key.certificate {
        Some(path) => {
            let path = root.join(path);
            let pem = std::fs::read(&path).map_err(PipelineError::io(&path))?;
            seal::certificates_from_pem(&pem).map_err(|e| PipelineError::Format {
                what: path.display().to_string(),
                problem: e.to_string(),
            })?
        }
        None => Vec::new(),
    };
    let module = root.join(key.module.clone().unwrap_or_default());
    Ok(TokenPlace { module, token: text(&key.token), key: text(&key.label), certificates })
}

impl FoundKey {
    /// The key, if it signs in this office.
    pub fn in_office(self, wanted: Role) -> Result<FoundKey, PipelineError> {
        match self.role == wanted {
            true => Ok(self),
            false => Err(fault(KeyFault::WrongRole { key: self.name, is: self.role, wanted })),
        }
    }

    /// The token, where it is on one.
    pub fn token(&self) -> Option<&TokenFacts> {
        match &self.place {
            Place::Token(token) => Some(token.facts()),
            Place::File { .. } => None,
        }
    }

    /// Opens it with its password or PIN, which is tried once. A token's last try is spent only with `on_final_try`.
    pub fn open(self, secret: &str, on_final_try: bool) -> Result<OpenKey, PipelineError> {
        let signer: Box<dyn Signer> = match self.place {
            Place::File { bytes, .. } => Box::new(Pkcs12Signer::open(&bytes, secret)?),
            Place::Token(token) => Box::new(token.log_in(secret, on_final_try)?),
        };
        let facts = KeyFacts::of(&signer.certificates()[0])?;
        Ok(OpenKey { role: self.role, facts, signer })
    }

    /// As it is shown; the certificate in a key file only with its password.
    pub fn view(self, secret: Option<&str>) -> Result<KeyView, PipelineError> {
        let (name, role) = (self.name, self.role);
        Ok(match self.place {
            Place::File { path, bytes } => {
                let signer = secret.map(|secret| Pkcs12Signer::open(&bytes, secret)).transpose()?;
                let facts = signer.map(|signer| KeyFacts::of(&signer.certificates()[0])).transpose()?;
                KeyView { name, role, file: Some(path), token: None, facts }
            }
            Place::Token(token) => {
                let facts = Some(KeyFacts::of(&token.certificates()[0])?);
                KeyView { name, role, file: None, token: Some(token.facts().clone()), facts }
            }
        })
    }
}

impl OpenKey {
    /// A key that the caller holds, for whoever has it from elsewhere than `hoso.toml`.
    pub fn new(role: Role, signer: Box<dyn Signer>) -> Result<OpenKey, PipelineError> {
        let own = signer.certificates().first().cloned().unwrap_or_default();
        Ok(OpenKey { role, facts: KeyFacts::of(&own)?, signer })
    }
}

/// Whether these may sign together: the agency's key, and an officer's where there is one, of two keys, neither that of the
/// station.
pub(crate) fn check_signers(
    layout: &Layout,
    officer: Option<&OpenKey>,
    agency: &OpenKey,
) -> Result<(), PipelineError> {
    let officers = officer.into_iter().map(|key| (key, Role::Officer));
    let keys: Vec<(&OpenKey, Role)> = officers.chain([(agency, Role::Agency)]).collect();
    for (key, wanted) in &keys {
        if key.role != *wanted {
            let (name, is) = (key.facts.name.clone(), key.role);
            return Err(fault(KeyFault::WrongRole { key: name, is, wanted: *wanted }));
        }
    }
    if let Some(officer) = officer.filter(|officer| officer.facts.key_sha256 == agency.facts.key_sha256) {
        return Err(fault(KeyFault::OneKey { name: officer.facts.name.clone() }));
    }
    let station = crate::bench::station(layout)?;
    let station = KeyFacts::of(&station.certificates()[0])?;
    for (key, _) in keys {
        if key.facts.key_sha256 == station.key_sha256 {
            return Err(fault(KeyFault::OfStation { name: key.facts.name.clone() }));
        }
    }
    Ok(())
}

/// Makes keys of an officer and of the agency for a trial: key files with their passwords beside them, an authority that the
/// archive trusts from now on, and their places in `hoso.toml`. Marked as without legal value.
pub fn make_trial_signing_keys(root: &Path, officer: &str, clock: &dyn Clock) -> Result<(), PipelineError> {
    let layout = Layout { root: root.to_owned() };
    let config = config(root)?;
    if let Some(key) = ["officer", "agency"].into_iter().find(|key| config.keys.contains_key(*key)) {
        return Err(fault(KeyFault::Exists { key: key.to_owned() }));
    }
    let passwords = [password(), password()];
    let both = [passwords[0].as_str(), passwords[1].as_str()];
    let random = &mut |bytes: &mut [u8]| getrandom::fill(bytes).map_err(std::io::Error::other);
    let made = seal::make_trial_signers(&config.agency, officer, both, clock.now(), random)?;
    let keys = root.join("keys");
    for (name, file, password) in
        [("officer", &made.officer_p12, &passwords[0]), ("agency", &made.agency_p12, &passwords[1])]
    {
        durable::write_secret_file(&keys.join(format!("{name}.p12")), file)?;
        durable::write_secret_file(&keys.join(format!("{name}.password")), password.as_bytes())?;
    }
    trust(&layout, &made.ca_certificate_pem)?;
    let mut text = std::fs::read_to_string(layout.config()).map_err(PipelineError::io(layout.config()))?;
    for (name, role) in [("officer", "officer"), ("agency", "agency")] {
        text.push_str(&format!(
            "\n[keys.{name}]\nrole = \"{role}\"\nkind = \"pkcs12\"\npath = \"keys/{name}.p12\"\nsecret_file = \"keys/{name}.password\"\n"
        ));
    }
    durable::write_file(&layout.config(), text.as_bytes())?;
    ArchiveConfig::read(&layout.config()).map(drop)
}

pub(super) fn password() -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0u8; 24]);
    getrandom::fill(bytes.as_mut_slice()).expect("the system gives random numbers");
    Zeroizing::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Adds an authority to those that the archive trusts.
fn trust(layout: &Layout, pem: &str) -> Result<(), PipelineError> {
    add_certificate(&layout.trusted(), pem)
}

/// Adds a certificate to a file of them.
pub(super) fn add_certificate(path: &Path, pem: &str) -> Result<(), PipelineError> {
    let mut all = match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        other => other.map_err(PipelineError::io(path))?,
    };
    if all.last().is_some_and(|last| *last != b'\n') {
        all.push(b'\n');
    }
    all.extend_from_slice(pem.as_bytes());
    Ok(durable::write_file(path, &all)?)
}

/// What a court that trusts what the archive trusts will say of a seal made now.
pub(super) fn must_be_accepted(
    layout: &Layout,
    seal: &seal::SealFiles<'_>,
    now: Timestamp,
) -> Result<(), PipelineError> {
    let verdict = seal::verify_seal(seal, &archive_trust(layout)?, now);
    if verdict.is_valid() {
        return Ok(());
    }
    let names = verdict.signers().iter().map(|signer| signer.name.as_str()).collect::<Vec<_>>().join(", ");
    Err(fault(KeyFault::NotAccepted { name: names, why: verdict.reason().to_owned() }))
}
