//! A signing key on a token or in an HSM, reached through PKCS#11 (OASIS PKCS#11 3.0).
//!
//! The key never leaves the token. The maker's module runs inside this process: it is loaded when a token is looked for,
//! never before, and once for each file. Only `CKM_RSA_PKCS` and `CKM_ECDSA` are used: every token has them.
//!
//! A PIN is tried exactly once. Tokens lock after few wrong ones, so nothing here tries again, and a token that has one try
//! left, or none, is told before the PIN is sent.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use record::Timestamp;

use crate::algorithm::{KeyKind, SignatureScheme};
use crate::certificate::Certificate;
use crate::path::signs_documents;
use crate::sign::{SignatureAlgorithm, Signer, SignerError};

/// Most certificates of a token that are looked at.
const MAX_CERTIFICATES: usize = 32;
/// DigestInfo of SHA-256 (RFC 8017, 9.2 note 1), before the 32 bytes of the digest.
const SHA256_DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0x04, 0x20,
];

/// Where a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPlace {
    /// The maker's PKCS#11 module: a shared library.
    pub module: PathBuf,
    /// Label or serial number of the token.
    pub token: String,
    /// Label of the key; or `id:` and its `CKA_ID` in hexadecimal.
    pub key: String,
    /// The key's certificate and those above it (DER), where they are not on the token.
    pub certificates: Vec<Vec<u8>>,
}

/// How many tries the PIN has left, as far as the token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinState {
    /// Nothing is said against it.
    Fresh,
    /// It was given wrongly since it was last right.
    CountLow,
    /// The next wrong PIN locks the token.
    FinalTry,
    /// The token is locked; its issuer must unlock it.
    Locked,
}

/// A token as it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// Its label.
    pub label: String,
    /// Its serial number.
    pub serial: String,
    /// Its maker and model.
    pub model: String,
    /// Tries left.
    pub pin: PinState,
}

/// Why a token gave no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("the token's module {module} could not be used: {why}")]
    Module { module: PathBuf, why: String },
    #[error("no token \"{token}\" is plugged in; found: {}", listed(.found))]
    NoToken { token: String, found: Vec<String> },
    #[error("several tokens are called \"{token}\": name it by its serial number")]
    SeveralTokens { token: String },
    #[error("no PIN was given for the token \"{token}\"; nothing was sent")]
    NoPin { token: String },
    #[error("the token \"{token}\" is locked: too many wrong PINs; its issuer must unlock it")]
    Locked { token: String },
    #[error("the token \"{token}\" has one try left: one more wrong PIN locks it; the PIN was not sent")]
    FinalTry { token: String },
    #[error("the token \"{token}\" refused the PIN; it was tried once and is not tried again")]
    WrongPin { token: String },
    #[error("the token \"{token}\" has no private key \"{key}\"")]
    NoKey { token: String, key: String },
    #[error("the token \"{token}\" has several private keys \"{key}\": name it by id:")]
    SeveralKeys { token: String, key: String },
    #[error("the token \"{token}\" has no certificate \"{key}\": give the file of the certificate")]
    NoCertificate { token: String, key: String },
    #[error("the token \"{token}\" has certificates of several keys named \"{key}\" ({}): name it by id:, or give the file of the certificate", found.join("; "))]
    SeveralCertificates { token: String, key: String, found: Vec<String> },
    #[error("the name of a key, \"{0}\", is no label and no id: with hexadecimal digits")]
    KeyName(String),
    #[error("the certificate of the key: {0}")]
    Certificate(String),
    #[error("the key \"{key}\" wants the PIN for each signature; such keys are not used")]
    AsksEachTime { key: String },
    #[error("the token \"{token}\" cannot be reached: {why}")]
    Unreachable { token: String, why: String },
    #[error("the token \"{token}\" refused: {why}")]
    Refused { token: String, why: String },
}

fn listed(found: &[String]) -> String {
    if found.is_empty() { "none".into() } else { found.join(", ") }
}

/// A token that was found, with the certificate of the key looked for. Nobody is logged in.
pub struct Token {
    session: Session,
    facts: TokenFacts,
    key: KeyName,
    named: String,
    certificates: Vec<Vec<u8>>,
    algorithm: SignatureAlgorithm,
}

/// A key on a token, ready to sign. The PIN is forgotten; when this is dropped, its session ends.
pub struct TokenSigner {
    /// What the token is called, for people.
    label: String,
    session: Session,
    key: ObjectHandle,
    certificates: Vec<Vec<u8>>,
    spki: Vec<u8>,
    algorithm: SignatureAlgorithm,
}

enum KeyName {
    Label(String),
    Id(Vec<u8>),
}

impl KeyName {
    fn parse(name: &str) -> Result<KeyName, TokenError> {
        let wrong = || TokenError::KeyName(name.to_owned());
        let Some(hex) = name.strip_prefix("id:") else {
            return if name.is_empty() { Err(wrong()) } else { Ok(Self::Label(name.to_owned())) };
        };
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let id: Option<Vec<u8>> = hex.as_bytes().chunks(2).map(byte).collect();
        id.filter(|id| !id.is_empty() && hex.len() % 2 == 0).map(Self::Id).ok_or_else(wrong)
    }

    fn attribute(&self) -> Attribute {
        match self {
            Self::Label(label) => Attribute::Label(label.clone().into_bytes()),
            Self::Id(id) => Attribute::Id(id.clone()),
        }
    }
}

impl Token {
    /// Loads the module, finds the token and the key's certificate. Asks for no PIN and sends none.
    /// Of several certificates of the key one that is valid `now` is taken.
    pub fn find(place: &TokenPlace, now: Timestamp) -> Result<Token, TokenError> {
        let key = KeyName::parse(&place.key)?;
        let module = module(&place.module)?;
        let (slot, facts) = find_slot(&module, place)?;
        let failed = |error: Error| not_reached(&facts.label, &error);
        let session = module.open_ro_session(slot).map_err(failed)?;
        let certificates = match place.certificates.is_empty() {
            false => place.certificates.clone(),
            true => {
                let named = read_certificates(&session, Some(&key)).map_err(failed)?;
                let own = own_of(named, now).map_err(|found| TokenError::SeveralCertificates {
                    token: facts.label.clone(),
                    key: place.key.clone(),
                    found,
                })?;
                let others = read_certificates(&session, None).map_err(failed)?;
                own.map_or_else(Vec::new, |own| chain_of(own, &others))
            }
        };
        let missing = || TokenError::NoCertificate { token: facts.label.clone(), key: place.key.clone() };
        let own = certificates.first().ok_or_else(missing)?;
        let own = Certificate::from_der(own).map_err(|e| TokenError::Certificate(e.0))?;
        let algorithm = algorithm_of(&own)?;
        Ok(Token { session, facts, key, named: place.key.clone(), certificates, algorithm })
    }

    /// What the token says of itself.
    pub fn facts(&self) -> &TokenFacts {
        &self.facts
    }

    /// The key's certificate, then those above it, DER.
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    /// Logs in with a PIN, once. Where the next wrong PIN locks the token, it is sent only with `on_final_try`;
    /// an empty one never.
    pub fn log_in(self, pin: &str, on_final_try: bool) -> Result<TokenSigner, TokenError> {
        let token = || self.facts.label.clone();
        match self.facts.pin {
            PinState::Locked => return Err(TokenError::Locked { token: token() }),
            PinState::FinalTry if !on_final_try => return Err(TokenError::FinalTry { token: token() }),
            _ => {}
        }
        // Some tokens count an empty one as a wrong one.
        if pin.is_empty() {
            return Err(TokenError::NoPin { token: token() });
        }
        // Wiped when it goes.
        let pin = AuthPin::from(pin);
        match self.session.login(UserType::User, Some(&pin)) {
            // Another key of the same token was logged in: a login is the token's, not the session's.
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _)) => {
                return Err(TokenError::WrongPin { token: token() });
            }
            Err(Error::Pkcs11(RvError::PinLocked, _)) => return Err(TokenError::Locked { token: token() }),
            Err(error) => return Err(not_reached(&token(), &error)),
        }
        let failed = |error: Error| not_reached(&token(), &error);
        let wanted = [Attribute::Class(ObjectClass::PRIVATE_KEY), self.key.attribute()];
        let keys = self.session.find_objects(&wanted).map_err(failed)?;
        let key = match keys[..] {
            [key] => key,
            [] => return Err(TokenError::NoKey { token: token(), key: self.named.clone() }),
            _ => return Err(TokenError::SeveralKeys { token: token(), key: self.named.clone() }),
        };
        let asks = self.session.get_attributes(key, &[AttributeType::AlwaysAuthenticate]).map_err(failed)?;
        if asks.iter().any(|attribute| matches!(attribute, Attribute::AlwaysAuthenticate(true))) {
            return Err(TokenError::AsksEachTime { key: self.named.clone() });
        }
        let own = Certificate::from_der(&self.certificates[0]).map_err(|e| TokenError::Certificate(e.0))?;
        Ok(TokenSigner {
            label: self.facts.label,
            session: self.session,
            key,
            certificates: self.certificates,
            spki: own.spki_der().to_vec(),
            algorithm: self.algorithm,
        })
    }
}

/// The tokens that a module shows, for whoever sets up a key.
pub fn tokens_of(module_path: &Path) -> Result<Vec<TokenFacts>, TokenError> {
    let module = module(module_path)?;
    Ok(slots(&module, module_path)?.into_iter().map(|(_, facts)| facts).collect())
}

/// A module is initialised once in a process and stays loaded: two contexts on one library are not safe.
fn module(path: &Path) -> Result<Pkcs11, TokenError> {
    static MODULES: Mutex<Vec<(PathBuf, Pkcs11)>> = Mutex::new(Vec::new());
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, module)) = modules.iter().find(|(known, _)| known == path) {
        return Ok(module.clone());
    }
    let failed = |error: Error| TokenError::Module { module: path.to_owned(), why: word(&error) };
    let module = Pkcs11::new(path).map_err(failed)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(failed(error)),
    }
    modules.push((path.to_owned(), module.clone()));
    Ok(module)
}

fn slots(module: &Pkcs11, path: &Path) -> Result<Vec<(Slot, TokenFacts)>, TokenError> {
    let failed = |error: Error| TokenError::Module { module: path.to_owned(), why: word(&error) };
    let mut found = Vec::new();
    for slot in module.get_slots_with_token().map_err(failed)? {
        // One that cannot be read, or was never made ready, is none of ours.
        let Ok(info) = module.get_token_info(slot) else { continue };
        if !info.token_initialized() {
            continue;
        }
        let pin = match () {
            () if info.user_pin_locked() => PinState::Locked,
            () if info.user_pin_final_try() => PinState::FinalTry,
            () if info.user_pin_count_low() => PinState::CountLow,
            () => PinState::Fresh,
        };
        let model = format!("{} {}", info.manufacturer_id().trim(), info.model().trim());
        let (label, serial) = (info.label().trim().to_owned(), info.serial_number().trim().to_owned());
        found.push((slot, TokenFacts { label, serial, model: model.trim().to_owned(), pin }));
    }
    Ok(found)
}

fn find_slot(module: &Pkcs11, place: &TokenPlace) -> Result<(Slot, TokenFacts), TokenError> {
    let all = slots(module, &place.module)?;
    let is_it = |facts: &TokenFacts| facts.label == place.token || facts.serial == place.token;
    let mut fitting = all.iter().filter(|(_, facts)| is_it(facts));
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one.clone()),
        (None, _) => {
            let found = all.iter().map(|(_, facts)| format!("{} ({})", facts.label, facts.serial)).collect();
            Err(TokenError::NoToken { token: place.token.clone(), found })
        }
        (Some(_), Some(_)) => Err(TokenError::SeveralTokens { token: place.token.clone() }),
    }
}

/// A certificate on a token.
struct Named {
    der: Vec<u8>,
    /// `CKA_ID`, hexadecimal.
    id: String,
}

/// The certificates on a token; those of one name, or all.
fn read_certificates(session: &Session, key: Option<&KeyName>) -> Result<Vec<Named>, Error> {
    let class = Attribute::Class(ObjectClass::CERTIFICATE);
    let wanted: Vec<Attribute> = [class].into_iter().chain(key.map(KeyName::attribute)).collect();
    let mut found = Vec::new();
    for object in session.find_objects(&wanted)?.into_iter().take(MAX_CERTIFICATES) {
        let (mut der, mut id) = (None, String::new());
        for attribute in session.get_attributes(object, &[AttributeType::Value, AttributeType::Id])? {
            match attribute {
                Attribute::Value(value) => der = Some(value),
                Attribute::Id(value) => id = value.iter().map(|byte| format!("{byte:02x}")).collect(),
                _ => {}
            }
        }
        found.extend(der.map(|der| Named { der, id }));
    }
    Ok(found)
}

/// Of certificates with one name the one that signs documents: tokens name an authority, or a certificate for encryption, like
/// the key. Of several, as renewal leaves them, those that are valid at the moment; of several for one key the one that is valid
/// longest. Those of several keys are an error, named by identifier on the token, subject, serial number and time of validity. Where
/// none is valid, the one that ends last is taken, and refused with its times when it is to sign.
fn own_of(named: Vec<Named>, now: Timestamp) -> Result<Option<Vec<u8>>, Vec<String>> {
    let certificate = |named: &Named| Some((Certificate::from_der(&named.der).ok()?, named.id.clone()));
    let mut read: Vec<(Certificate, String)> = named.iter().filter_map(certificate).collect();
    let signs = |(one, _): &(Certificate, String)| signs_documents(one);
    if read.iter().any(signs) {
        read.retain(signs);
    }
    let is_valid = |(one, _): &(Certificate, String)| one.not_before() <= now && now <= one.not_after();
    if read.iter().any(is_valid) {
        read.retain(is_valid);
    }
    read.sort_by_key(|(one, _)| one.not_after());
    if read.windows(2).any(|pair| pair[0].0.spki_der() != pair[1].0.spki_der()) {
        let shown = |(one, id): &(Certificate, String)| {
            let (from, until) = (one.not_before(), one.not_after());
            format!("id:{id}, {}, {}, {from} – {until}", one.subject(), one.serial_hex())
        };
        return Err(read.iter().map(shown).collect());
    }
    // A damaged one is told as such.
    Ok(read.pop().map(|(own, _)| own.der().to_vec()).or_else(|| named.into_iter().next().map(|one| one.der)))
}

/// A certificate, then those that issued it, one after the other.
fn chain_of(own: Vec<u8>, others: &[Named]) -> Vec<Vec<u8>> {
    let mut chain = vec![own];
    let mut last = chain.first().and_then(|own| Certificate::from_der(own).ok());
    while let Some(below) = last.filter(|below| !below.is_self_issued() && chain.len() < MAX_CERTIFICATES) {
        let issuers = others.iter().filter_map(|other| Certificate::from_der(&other.der).ok());
        last = issuers
            .into_iter()
            .find(|issuer| issuer.subject_der() == below.issuer_der() && below.is_signed_by(issuer).is_ok());
        chain.extend(last.iter().map(|issuer| issuer.der().to_vec()));
    }
    chain
}

fn algorithm_of(own: &Certificate) -> Result<SignatureAlgorithm, TokenError> {
    match KeyKind::of(own.spki_der()) {
        Some(KeyKind::P256) => Ok(SignatureAlgorithm::EcdsaP256Sha256),
        Some(KeyKind::P384) => Ok(SignatureAlgorithm::EcdsaP384Sha384),
        Some(KeyKind::Rsa { .. }) => Ok(SignatureAlgorithm::RsaPkcs1Sha256),
        None => Err(TokenError::Certificate("its key is neither RSA nor on P-256 or P-384".into())),
    }
}

impl Signer for TokenSigner {
    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    /// One operation of the token. The signature is checked with the certificate's public key before it is given.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let digest = self.algorithm.digest().of(message);
        let raw = |mechanism: Mechanism<'_>, data: &[u8]| {
            self.session.sign(&mechanism, self.key, data).map_err(|error| self.error(&error))
        };
        let no_number = |_| SignerError::Refused("the token gave no pair of numbers".into());
        let signature = match self.algorithm {
            SignatureAlgorithm::RsaPkcs1Sha256 => {
                raw(Mechanism::RsaPkcs, &[&SHA256_DIGEST_INFO[..], &digest].concat())?
            }
            SignatureAlgorithm::EcdsaP256Sha256 => {
                let pair = raw(Mechanism::Ecdsa, &digest)?;
                p256::ecdsa::Signature::from_slice(&pair).map_err(no_number)?.to_der().as_bytes().to_vec()
            }
            SignatureAlgorithm::EcdsaP384Sha384 => {
                let pair = raw(Mechanism::Ecdsa, &digest)?;
                p384::ecdsa::Signature::from_slice(&pair).map_err(no_number)?.to_der().as_bytes().to_vec()
            }
            SignatureAlgorithm::MlDsa65 => {
                return Err(SignerError::Refused("no token is asked for an ML-DSA signature".into()));
            }
        };
        let wrong = "the token's signature does not fit the certificate: the key is another one, or the token is broken";
        SignatureScheme::of(self.algorithm)
            .verify(&self.spki, message, &signature)
            .map_err(|_| SignerError::Refused(wrong.into()))?;
        Ok(signature)
    }
}

/// Whether the token is away rather than unwilling.
fn is_away(error: &Error) -> bool {
    use RvError as R;
    let Error::Pkcs11(code, _) = error else { return false };
    matches!(
        code,
        R::DeviceRemoved
            | R::DeviceError
            | R::TokenNotPresent
            | R::SessionHandleInvalid
            | R::SessionClosed
            | R::ObjectHandleInvalid
            | R::KeyHandleInvalid
            | R::UserNotLoggedIn
            | R::SlotIdInvalid
            | R::GeneralError
    )
}

impl TokenSigner {
    /// Names the token: whoever has several must know which one to plug in.
    fn error(&self, error: &Error) -> SignerError {
        let why = format!("token \"{}\": {}", self.label, word(error));
        if is_away(error) { SignerError::Unreachable(why) } else { SignerError::Refused(why) }
    }
}

fn not_reached(token: &str, error: &Error) -> TokenError {
    let (token, why) = (token.to_owned(), word(error));
    if is_away(error) { TokenError::Unreachable { token, why } } else { TokenError::Refused { token, why } }
}

/// The name of the code, without the paragraphs that the standard has for it.
fn word(error: &Error) -> String {
    match error {
        Error::Pkcs11(code, function) => format!("{function}: {code:?}"),
        other => other.to_string(),
    }
}

impl std::fmt::Debug for TokenSigner {
    /// Names the certificate, never the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let subject = Certificate::from_der(&self.certificates[0]).map(|c| c.subject()).unwrap_or_default();
        f.debug_struct("TokenSigner").field("subject", &subject).finish_non_exhaustive()
    }
}
