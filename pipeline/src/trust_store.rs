//! The trust store of an archive: `keys/trust/` with `trust.toml` and the certificates it names, and `keys/revocation/` with what
//! authorities said of revocations. The trial authority (`keys/trial-ca.pem`) and those taken over by imports
//! (`keys/trusted.pem`) count, too, for signatures and time stamps, and `keys/time-anchors.pem` for time stamps. Never the operating system's store.
//!
//! Nothing is taken out: an authority that is not to be believed any more changes its state. docs/format/trust.md.

use crate::PipelineError;
use crate::config::Layout;
use crate::proof::{archive_anchors, experimental_certificates};
use crate::stamping::time_anchors;
use record::{Sha256, Timestamp};
use seal::{Anchor, AnchorPurpose, AnchorState, RevocationKind, Trust};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const FORMAT: &str = "hoso-trust/1";
/// The list in a trust folder.
const LIST: &str = "trust.toml";
/// Most files of a folder that are read.
const MAX_FILES: usize = 1 << 17;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    format: String,
    #[serde(default)]
    anchor: Vec<Entry>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: String,
    sha256: String,
    purpose: Vec<String>,
    state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    reason: String,
    by: String,
}

/// An authority of a trust folder, for people.
#[derive(Debug, Clone)]
pub struct TrustEntry {
    /// Subject of its certificate.
    pub subject: String,
    /// Fingerprint of its certificate.
    pub sha256: Sha256,
    /// What the store says of it.
    pub anchor: Anchor,
    /// Why it is as it is.
    pub reason: String,
    /// Who decided.
    pub by: String,
}

/// A file of revocation material that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// Its name.
    pub file: PathBuf,
    /// What it is not.
    pub why: String,
}

/// Everything an archive trusts and knows of revocations. What cannot be read among the latter is left out.
pub(crate) fn archive_trust(layout: &Layout) -> Result<Trust, PipelineError> {
    archive_trust_with(layout, &[])
}

/// And these authorities beside them (DER), unless the trust store says otherwise.
pub(crate) fn archive_trust_with(layout: &Layout, more: &[Vec<u8>]) -> Result<Trust, PipelineError> {
    let others = archive_anchors(layout)?.into_iter().chain(more.iter().cloned());
    let mut trust = trust_with(layout, others.map(Anchor::active))?;
    trust.add_time_anchors(time_anchors(layout)?);
    trust.add_experimental(experimental_certificates(layout)?);
    Ok(trust)
}

/// Whom an archive trusts for the times of its evidence records: those it has relied on, those in `hoso.toml` and these (DER),
/// each as far as the trust store believes it, and those that the store names for time stamps.
pub(crate) fn time_trust(layout: &Layout, more: &[Vec<u8>]) -> Result<Trust, PipelineError> {
    let mut trust = trust_with(layout, std::iter::empty())?;
    trust.add_time_anchors(time_anchors(layout)?.into_iter().chain(more.iter().cloned()));
    Ok(trust)
}

/// The trust store, authorities of which it says nothing, and what is known of revocations.
fn trust_with(layout: &Layout, others: impl Iterator<Item = Anchor>) -> Result<Trust, PipelineError> {
    let listed = entries(&layout.trust_store())?.into_iter().map(|entry| entry.anchor);
    let mut trust = Trust::new(listed.chain(others));
    add_revocations(&mut trust, &layout.revocations())?;
    Ok(trust)
}

/// The same, for a verifier without an archive: a file of certificates (PEM), or a folder: a trust store with its `trust.toml`, or
/// certificates (`*.pem`, `*.crt`, `*.cer`) and lists and answers (`*.crl`, `*.ocsp`, `*.der`) side by side.
pub fn trust_from(path: &Path) -> Result<(Trust, Vec<Unusable>), PipelineError> {
    if !path.is_dir() {
        return Ok((Trust::of_certificates(&certificates(path)?), Vec::new()));
    }
    let anchors = match path.join(LIST).is_file() {
        true => entries(path)?.into_iter().map(|entry| entry.anchor).collect(),
        false => {
            let mut anchors = Vec::new();
            for file in files(path)?.iter().filter(|file| has_ending(file, &["pem", "crt", "cer"])) {
                anchors.extend(certificates(file)?.into_iter().map(Anchor::active));
            }
            anchors
        }
    };
    let mut trust = Trust::new(anchors);
    let mut unusable = add_revocations(&mut trust, path)?;
    unusable.extend(add_revocations(&mut trust, &path.join("revocation"))?);
    Ok((trust, unusable))
}

/// The authorities of an archive's trust store, with the trial authority, those that imports brought, and those of time stamps.
pub fn trust_entries(root: &Path) -> Result<Vec<TrustEntry>, PipelineError> {
    let layout = archive(root)?;
    let mut found = entries(&layout.trust_store())?;
    let own = archive_anchors(&layout)?.into_iter().map(Anchor::active);
    for anchor in own.chain(time_anchors(&layout)?.into_iter().map(Anchor::of_time)) {
        if found.iter().all(|entry| entry.anchor.certificate != anchor.certificate) {
            found.push(shown(anchor, "keys/*.pem".to_owned(), String::new())?);
        }
    }
    Ok(found)
}

/// Takes certificates (PEM) up into an archive's trust store.
///
/// # Errors
/// [`PipelineError::Format`] for what is no list of certificates, or for one that is there already.
pub fn add_trust(
    root: &Path,
    pem: &Path,
    purposes: &[AnchorPurpose],
    (by, reason): (&str, &str),
) -> Result<Vec<TrustEntry>, PipelineError> {
    let layout = archive(root)?;
    let folder = layout.trust_store();
    durable::create_dir_durable(&folder)?;
    let mut list = read_list(&folder)?;
    let mut added = Vec::new();
    for certificate in certificates(pem)? {
        let anchor = Anchor { purposes: purposes.to_vec(), ..Anchor::active(certificate) };
        let entry = shown(anchor, reason.to_owned(), by.to_owned())?;
        let sha256 = entry.sha256.to_string();
        if list.anchor.iter().any(|known| known.sha256 == sha256) {
            return Err(wrong(&folder, format!("{} ({sha256}) is there already", entry.subject)));
        }
        let file = format!("{sha256}.pem");
        let text =
            seal::certificate_to_pem(&entry.anchor.certificate).map_err(|e| wrong(pem, e.to_string()))?;
        durable::write_file(&folder.join(&file), text.as_bytes())?;
        list.anchor.push(Entry {
            file,
            sha256,
            purpose: purposes.iter().map(|purpose| purpose.code().to_owned()).collect(),
            state: "active".into(),
            since: None,
            from: None,
            until: None,
            reason: reason.to_owned(),
            by: by.to_owned(),
        });
        added.push(entry);
    }
    write_list(&folder, &list)?;
    Ok(added)
}

/// Changes the state of an authority, named by its fingerprint or the beginning of it. One that only `keys/*.pem` names is
/// taken up into the list with its new state, which then counts.
///
/// # Errors
/// [`PipelineError::Format`] when no authority, or more than one, has that fingerprint.
pub fn change_trust(
    root: &Path,
    fingerprint: &str,
    state: AnchorState,
    (by, reason): (&str, &str),
) -> Result<TrustEntry, PipelineError> {
    let folder = archive(root)?.trust_store();
    let wanted = fingerprint.to_ascii_lowercase();
    let all = trust_entries(root)?;
    let mut matching = all.iter().filter(|entry| entry.sha256.to_string().starts_with(&wanted));
    let (Some(found), None) = (matching.next(), matching.next()) else {
        return Err(wrong(&folder, format!("{fingerprint} is not the beginning of exactly one fingerprint")));
    };
    let sha256 = found.sha256.to_string();
    durable::create_dir_durable(&folder)?;
    let mut list = read_list(&folder)?;
    if list.anchor.iter().all(|entry| entry.sha256 != sha256) {
        let file = format!("{sha256}.pem");
        let text =
            seal::certificate_to_pem(&found.anchor.certificate).map_err(|e| wrong(&folder, e.to_string()))?;
        durable::write_file(&folder.join(&file), text.as_bytes())?;
        let purpose = found.anchor.purposes.iter().map(|purpose| purpose.code().to_owned()).collect();
        let (since, from, until, state) = (None, None, None, String::new());
        let (reason, by) = (String::new(), String::new());
        list.anchor.push(Entry {
            file,
            sha256: sha256.clone(),
            purpose,
            state,
            since,
            from,
            until,
            reason,
            by,
        });
    }
    let entry = list.anchor.iter_mut().find(|entry| entry.sha256 == sha256).expect("just put there");
    let (word, since) = match state {
        AnchorState::Active => ("active", None),
        AnchorState::Retired(since) => ("retired", Some(since)),
        AnchorState::DistrustedAfter(since) => ("distrusted", Some(since)),
    };
    entry.state = word.to_owned();
    entry.since = since.map(|since| since.to_string());
    (entry.reason, entry.by) = (reason.to_owned(), by.to_owned());
    write_list(&folder, &list)?;
    let anchor = Anchor { state, ..found.anchor.clone() };
    Ok(TrustEntry { anchor, reason: reason.to_owned(), by: by.to_owned(), ..found.clone() })
}

/// Keeps a revocation list or an OCSP answer (DER) in an archive, under its digest, beside the time of its arrival.
///
/// # Errors
/// [`PipelineError::Format`] for what is neither.
pub fn keep_revocation(
    root: &Path,
    der: &[u8],
    (origin, now): (&str, Timestamp),
) -> Result<RevocationKind, PipelineError> {
    let folder = archive(root)?.revocations();
    let kind = Trust::default().add_revocation(der).map_err(|why| wrong(Path::new(origin), why))?;
    let sha256 = crate::digest::sha256(der);
    let ending = kind.extension();
    let path = folder.join(format!("{sha256}.{ending}"));
    if !path.exists() {
        durable::create_dir_durable(&folder)?;
        let arrived =
            serde_json::json!({ "at": now.to_string(), "from": origin, "sha256": sha256.to_string() });
        durable::write_file(
            &path.with_extension(format!("{ending}.json")),
            format!("{arrived}\n").as_bytes(),
        )?;
        durable::write_file(&path, der)?;
    }
    Ok(kind)
}

fn archive(root: &Path) -> Result<Layout, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if layout.config().is_file() { Ok(layout) } else { Err(PipelineError::NoArchive(root.to_owned())) }
}

fn shown(anchor: Anchor, reason: String, by: String) -> Result<TrustEntry, PipelineError> {
    let sha256 = crate::digest::sha256(&anchor.certificate);
    let subject = seal::certificate_subject(&anchor.certificate)
        .map_err(|e| wrong(Path::new("certificate"), e.to_string()))?;
    Ok(TrustEntry { subject, sha256, anchor, reason, by })
}

fn entries(folder: &Path) -> Result<Vec<TrustEntry>, PipelineError> {
    let list = read_list(folder)?;
    let path = folder.join(LIST);
    let mut found = Vec::new();
    for entry in list.anchor {
        let place = folder.join(&entry.file);
        if Path::new(&entry.file).components().count() != 1 {
            return Err(wrong(&path, format!("{:?} is no name of a file beside it", entry.file)));
        }
        let mut read = certificates(&place)?;
        let certificate = match (read.pop(), read.is_empty()) {
            (Some(certificate), true) => certificate,
            _ => return Err(wrong(&place, "must hold one certificate".into())),
        };
        if crate::digest::sha256(&certificate).to_string() != entry.sha256 {
            return Err(wrong(&place, format!("is not the certificate that {LIST} names")));
        }
        let anchor =
            anchor_of(&entry, certificate).map_err(|why| wrong(&path, format!("{}: {why}", entry.file)))?;
        found.push(shown(anchor, entry.reason, entry.by)?);
    }
    Ok(found)
}

fn anchor_of(entry: &Entry, certificate: Vec<u8>) -> Result<Anchor, String> {
    let time = |text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => text.parse::<Timestamp>().map(Some).map_err(|e| format!("time {text:?}: {e}")),
    };
    let purpose = |word: &String| {
        let known = AnchorPurpose::ALL.into_iter().find(|purpose| purpose.code() == word);
        known.ok_or_else(|| format!("purpose {word:?}"))
    };
    let state = match (entry.state.as_str(), time(&entry.since)?) {
        ("active", None) => AnchorState::Active,
        ("retired", Some(since)) => AnchorState::Retired(since),
        ("distrusted", Some(since)) => AnchorState::DistrustedAfter(since),
        (state, since) => return Err(format!("state {state:?} since {since:?}")),
    };
    let purposes = entry.purpose.iter().map(purpose).collect::<Result<_, _>>()?;
    Ok(Anchor { certificate, purposes, state, from: time(&entry.from)?, until: time(&entry.until)? })
}

fn read_list(folder: &Path) -> Result<List, PipelineError> {
    let path = folder.join(LIST);
    if !path.exists() {
        return Ok(List { format: FORMAT.into(), anchor: Vec::new() });
    }
    let text = std::fs::read_to_string(&path).map_err(PipelineError::io(&path))?;
    let list: List = toml::from_str(&text).map_err(|e| wrong(&path, e.to_string()))?;
    match list.format == FORMAT {
        true => Ok(list),
        false => Err(wrong(&path, format!("format {:?}, this program reads {FORMAT:?}", list.format))),
    }
}

fn write_list(folder: &Path, list: &List) -> Result<(), PipelineError> {
    durable::create_dir_durable(folder)?;
    let path = folder.join(LIST);
    let text = toml::to_string(list).map_err(|e| wrong(&path, e.to_string()))?;
    Ok(durable::write_file(&path, text.as_bytes())?)
}

fn add_revocations(trust: &mut Trust, folder: &Path) -> Result<Vec<Unusable>, PipelineError> {
    let mut unusable = Vec::new();
    if !folder.is_dir() {
        return Ok(unusable);
    }
    for file in files(folder)?.into_iter().filter(|file| has_ending(file, &["crl", "ocsp", "der"])) {
        let bytes = std::fs::read(&file).map_err(PipelineError::io(&file))?;
        if let Err(why) = trust.add_revocation(&seal::list_from_pem(&bytes)) {
            unusable.push(Unusable { file, why });
        }
    }
    Ok(unusable)
}

/// In the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>, PipelineError> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(PipelineError::io(folder))? {
        let path = entry.map_err(PipelineError::io(folder))?.path();
        if path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    match found.len() <= MAX_FILES {
        true => Ok(found),
        false => Err(wrong(folder, format!("more than {MAX_FILES} files"))),
    }
}

fn has_ending(file: &Path, endings: &[&str]) -> bool {
    file.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| endings.contains(&ending))
}

fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, PipelineError> {
    let pem = std::fs::read(path).map_err(PipelineError::io(path))?;
    seal::certificates_from_pem(&pem).map_err(|e| wrong(path, e.to_string()))
}

fn wrong(what: &Path, problem: String) -> PipelineError {
    PipelineError::Format { what: what.display().to_string(), problem }
}
