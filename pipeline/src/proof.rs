//! Verification: is this what was sealed? Works offline, on an archive, an exported case file, or one page on screen.

use crate::PipelineError;
use crate::bench::is_own_object;
use crate::config::{ArchiveConfig, Layout};
use crate::digest::sha256;
use crate::format::case_json;
use crate::pack::{MAX_RECORD_BYTES, read_case};
use crate::seal_files::ReadSeal;
use crate::stamping::proven_time;
use crate::trust_store::{archive_trust, time_trust};
use crate::volumes::{Stored, VolumeRef};
use archive_store::package::{COPIES_PREMIS_PATH, METS_PATH, PREMIS_PATH};
use archive_store::{Archive, ArchiveReader, Object, Problem, VersionNo, What};
use record::{CaseCode, Lang, ObjectId, Sha256, Timestamp};
use seal::{
    Listing, Manifest, PackageFiles, PackageReport, STATEMENT_PATH, SignatureVerdict, Statement,
    StatementFault, Trust,
};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Whether the bytes of a file that is shown (picture, text, PDF, register) are those that were sealed.
#[derive(Debug, Clone)]
pub struct FileProof {
    /// Where it lies in the package.
    pub path: String,
    /// The signature over the manifest.
    pub signature: SignatureVerdict,
    /// SHA-256 of its bytes as read just now.
    pub found: Sha256,
    /// SHA-256 that the manifest names; `None` when it does not list the file.
    pub sealed: Option<Sha256>,
    /// `case.json`, which says which page of which master this is and what bút lục it bears, is the sealed one and is that
    /// of this case file.
    pub record_is_sealed: bool,
}

impl FileProof {
    /// By somebody trusted. Where no list reaches, that a certificate might have been revoked hides nothing.
    fn is_signed(&self) -> bool {
        self.signature.is_valid() || self.signature.is_open()
    }

    /// Signature valid, digest equal, and the file stands where the seal says it does.
    pub fn is_good(&self) -> bool {
        self.is_signed() && self.sealed == Some(self.found) && self.record_is_sealed
    }

    /// Why it is not good, for people; empty when it is.
    pub fn reasons(&self, lang: Lang) -> Vec<&'static str> {
        let mut reasons = Vec::new();
        match self.sealed {
            Some(sealed) if sealed != self.found => reasons
                .push(lang.pick("tệp không còn như khi niêm phong", "the file is not as it was when sealed")),
            Some(_) => {}
            None => reasons.push(
                lang.pick("bảng kê niêm phong không có tệp này", "the sealed manifest does not list it"),
            ),
        }
        if !self.is_signed() {
            reasons.push(self.signature.title(lang));
        }
        if !self.record_is_sealed {
            reasons.push(lang.pick(
                "bảng trang và bút lục không còn như khi niêm phong",
                "the register of pages was changed",
            ));
        }
        reasons
    }
}

/// The seals of the case files that are being read. The signature over a manifest is judged once: the verdict is kept
/// under the digests of manifest and signature, which are read and hashed each time.
pub(crate) struct Seals {
    trust: Trust,
    verdicts: Mutex<HashMap<(Sha256, Sha256), (Timestamp, SignatureVerdict)>>,
}

/// A verdict speaks of certificates at a moment; after this it is made anew.
const VERDICT_SECONDS: i64 = 600;
/// More verdicts than case files on a few sheets; then all are forgotten.
const MAX_VERDICTS: usize = 1024;

/// The seal of one case file: what the manifest names, and what is to be said of its signature.
pub(crate) struct Seal {
    signature: SignatureVerdict,
    manifest: Option<Manifest>,
    record_is_sealed: bool,
}

impl Seals {
    pub(crate) fn new(trust: Trust) -> Self {
        Self { trust, verdicts: Mutex::default() }
    }

    /// The seal of a version of a stored case file. Manifest and signature are read without the store's own checks:
    /// what is wrong with them is for the seal to say. `record` is `case.json` as read; `is_its_own`: it names the case file
    /// that has to lie here. `listed`: the SHA-256 of the manifest that the case file names for this volume of it.
    pub(crate) fn of(
        &self,
        object: &Object,
        version: VersionNo,
        (record, is_its_own): (&[u8], bool),
        listed: Option<Sha256>,
        now: Timestamp,
    ) -> Result<Seal, PipelineError> {
        let seal = ReadSeal::of(object, version)?;
        let key = (sha256(&seal.manifest), seal.digest());
        let is_listed = listed.is_none_or(|listed| listed == key.0);
        let known = {
            let verdicts = self.verdicts();
            let fresh = |at: Timestamp| now.duration_since(at).as_secs().abs() < VERDICT_SECONDS;
            verdicts.get(&key).filter(|(at, _)| fresh(*at)).map(|(_, verdict)| verdict.clone())
        };
        let verdict = match known {
            Some(verdict) => verdict,
            None => {
                let verdict = seal.verify(&self.trust, now);
                let mut verdicts = self.verdicts();
                if verdicts.len() >= MAX_VERDICTS {
                    verdicts.clear();
                }
                verdicts.insert(key, (now, verdict.clone()));
                verdict
            }
        };
        let manifest = Manifest::parse(&seal.manifest).ok();
        let sealed = manifest.as_ref().and_then(|m| m.get(case_json::PATH).copied());
        Ok(Seal {
            signature: verdict,
            record_is_sealed: is_its_own && is_listed && sealed == Some(sha256(record)),
            manifest,
        })
    }

    fn verdicts(&self) -> MutexGuard<'_, HashMap<(Sha256, Sha256), (Timestamp, SignatureVerdict)>> {
        // A panic left it whole: every change is one map operation.
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seal {
    /// What the seal says of a file with these bytes.
    pub(crate) fn prove(&self, path: &str, bytes: &[u8]) -> FileProof {
        self.prove_digest(path, sha256(bytes))
    }

    /// The digest that the manifest names for a file.
    pub(crate) fn sealed(&self, path: &str) -> Option<Sha256> {
        self.manifest.as_ref().and_then(|m| m.get(path).copied())
    }

    /// What the seal says of a file with this digest.
    pub(crate) fn prove_digest(&self, path: &str, found: Sha256) -> FileProof {
        FileProof {
            path: path.to_owned(),
            signature: self.signature.clone(),
            found,
            sealed: self.sealed(path),
            record_is_sealed: self.record_is_sealed,
        }
    }
}

/// What verifying one stored case file found.
#[derive(Debug)]
pub struct ObjectVerification {
    /// Its OCFL id; its folder where the id cannot be read.
    pub name: String,
    /// Its code, where `case.json` can be read.
    pub code: Option<CaseCode>,
    /// Which volume of that case file it is, from 1.
    pub volume: Option<u32>,
    /// Files whose bytes differ from the OCFL inventory, missing or extra files.
    pub storage: Vec<Problem>,
    /// Manifest and signature of the latest version.
    pub package: PackageReport,
    /// Those of the versions before it, with their numbers.
    pub earlier: Vec<(u32, PackageReport)>,
}

impl ObjectVerification {
    /// For people: its code, with the number of a volume.
    pub fn title(&self, lang: Lang) -> String {
        let code = self.code.as_ref().map_or_else(|| self.name.clone(), ToString::to_string);
        match self.volume {
            Some(no) => format!("{code}, {} {no}", lang.pick("tập", "volume")),
            None => code,
        }
    }

    /// Nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.storage.is_empty()
            && self.package.is_good()
            && self.earlier.iter().all(|(_, package)| package.is_good())
    }

    /// Nothing is wrong, but of a signer it is not known whether the certificate was revoked.
    pub fn is_open(&self) -> bool {
        self.storage.is_empty()
            && self.packages().all(|package| package.is_good() || package.is_open())
            && self.packages().any(PackageReport::is_open)
    }

    /// Of every version, the latest first.
    pub fn packages(&self) -> impl Iterator<Item = &PackageReport> {
        std::iter::once(&self.package).chain(self.earlier.iter().map(|(_, package)| package))
    }

    /// The experimental second signature of a version was changed or damaged.
    pub fn experimental_is_broken(&self) -> bool {
        self.packages().any(PackageReport::experimental_is_broken)
    }
}

/// Verifies every case file of an archive, one after the other, and tells each result as it comes. `trust` takes the place of
/// what the archive trusts, for time stamps too; `more_time_anchors` (DER) are trusted for time besides.
pub fn verify_archive(
    root: &Path,
    trust: Option<&Trust>,
    more_time_anchors: &[Vec<u8>],
    now: Timestamp,
    mut tell: impl FnMut(ObjectVerification),
) -> Result<(), PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let config = ArchiveConfig::read(&layout.config())?;
    let own;
    // Whoever brings along whom to trust does not let the archive choose who proves its times.
    let (trust, of_time) = match trust {
        Some(given) => {
            let all = given.certificates().map(<[u8]>::to_vec).chain(more_time_anchors.iter().cloned());
            (given, given.with_time_anchors(all))
        }
        None => {
            own = archive_trust(&layout)?;
            (&own, time_trust(&layout, more_time_anchors)?)
        }
    };
    let store = Archive::open_read(root)?;
    // An object that cannot even be opened is a broken one; the others are verified all the same.
    for report in store.verify()? {
        let report = report?;
        let (is_whole, contents) = (report.errors.is_empty(), report.files);
        let mut storage = report.errors;
        let id = report.id.as_deref().and_then(|id| ObjectId::new(id).ok());
        let object = id.as_ref().map(|id| store.object(id));
        let ((code, volume), package, earlier) = match object {
            Some(Ok(Some(object))) => {
                let record = read_case(&object).ok();
                let absent = |error: PipelineError| Problem {
                    code: "volume",
                    path: String::new(),
                    what: What::Wrong(error.to_string()),
                };
                storage.extend(absent_volumes(&store, &object).into_iter().map(absent));
                // A true case file in the place of another is no true case file.
                let is_its_own = record.as_ref().is_none_or(|r| is_own_object(&config, r, object.id()));
                let code = record.map_or((None, None), |r| (Some(r.case.header.code), r.volume));
                if !is_its_own || !report.folder.ends_with(archive_store::object_folder(object.id())) {
                    let path = report.folder.display().to_string();
                    storage.push(Problem {
                        code: "place",
                        path,
                        what: What::Wrong("holds another case file".into()),
                    });
                }
                // Where a time stamp proves when it was sealed, certificates are judged for that moment.
                let was_read = is_whole && contents == contents_of(&object);
                let package = |version| {
                    let proven = proven_time(&object, version, &of_time, now);
                    let at = proven.unwrap_or(now);
                    let files = ObjectFiles(&object, version);
                    let mut report = match was_read {
                        true => trust.verify_package(&ReadBefore::of(files), at),
                        false => trust.verify_package(&files, at),
                    };
                    report.signature = report.signature.told_at(at, now);
                    let faults = report
                        .statement
                        .as_ref()
                        .map(|said| against_counted(&store, (&object, version), said));
                    report.statement_faults.extend(faults.into_iter().flatten());
                    report
                };
                let versions = object.versions();
                let before = versions.iter().map(|meta| meta.version).filter(|no| *no != object.head());
                let earlier = before.map(|no| (no.get(), package(no))).collect();
                (code, package(object.head()), earlier)
            }
            unopened => {
                if let Some(Err(error)) = unopened {
                    storage.push(Problem {
                        code: "io",
                        path: String::new(),
                        what: What::Wrong(error.to_string()),
                    });
                }
                ((None, None), trust.verify_package(&Nothing, now), Vec::new())
            }
        };
        let name = id.map_or_else(|| report.folder.display().to_string(), |id| id.to_string());
        tell(ObjectVerification { name, code, volume, storage, package, earlier });
    }
    let strays = store.strays()?;
    if !strays.is_empty() {
        let package = trust.verify_package(&Nothing, now);
        tell(ObjectVerification {
            name: store.root().join("ocfl").display().to_string(),
            code: None,
            volume: None,
            storage: strays,
            package,
            earlier: Vec::new(),
        });
    }
    Ok(())
}

/// What does not agree between a sealed version and the one that was counted: its manifest is the one stated, and sealing has
/// changed nothing but what it changes. A package that was imported alone is version 1 and has nothing to be compared with;
/// every other sealed version follows the one that was counted, for versions are numbered alike in every archive. Copies
/// that were signed are read.
fn against_counted(
    store: &ArchiveReader,
    (object, version): (&Object, VersionNo),
    said: &Statement,
) -> Vec<StatementFault> {
    let Some(before) = VersionNo::new(version.get() - 1) else { return Vec::new() };
    let (no, stated) = (said.reviewed_version, said.reviewed_manifest_sha256);
    let old = match no == before.get() {
        true => read_unchecked(object, before, seal::MANIFEST_PATH).ok(),
        false => None,
    };
    let found = old.as_deref().map(sha256);
    if found != Some(stated) {
        return vec![StatementFault::OtherVersion { version: no, stated, found }];
    }
    let mut changed = changed_since(object, before, version);
    // Signed PDFs in volumes make other volumes, which the case file lists.
    if changed.iter().any(|path| path == case_json::PATH)
        && let Some(in_volumes) = changed_in_volumes(store, object, before, version)
    {
        changed.retain(|path| path != case_json::PATH);
        changed.extend(in_volumes);
    }
    let fault = |path| StatementFault::ChangedSinceCounted { version: no, path };
    changed.into_iter().map(fault).collect()
}

/// The paths of a version that are not what they were in the one before, though sealing changes none of their kind. What cannot be
/// read is told with the package.
fn changed_since(object: &Object, before: VersionNo, version: VersionNo) -> Vec<String> {
    let manifest = |version| {
        let bytes = read_unchecked(object, version, seal::MANIFEST_PATH).ok()?;
        Manifest::parse(&bytes).ok()
    };
    let (Some(old), Some(new)) = (manifest(before), manifest(version)) else { return Vec::new() };
    let lists = [METS_PATH, PREMIS_PATH, STATEMENT_PATH, COPIES_PREMIS_PATH, "representations/rep1/METS.xml"];
    let is_signed_copy = |path: &str| {
        let digests =
            old.get(path).zip(new.get(path)).filter(|_| path.starts_with("representations/rep1/data/"));
        digests.is_some_and(|(old, _)| begins_with(object, path, before, version).is_ok_and(|it| it == *old))
    };
    let all: BTreeSet<&str> = old.entries().iter().chain(new.entries()).map(|e| e.path.as_str()).collect();
    let changed = all
        .into_iter()
        .filter(|path| old.get(path) != new.get(path) && !lists.contains(path) && !is_signed_copy(path));
    changed.map(str::to_owned).collect()
}

/// The same of the volumes that a version lists in another version than the one before; nothing where that is not all that was
/// changed in the list.
fn changed_in_volumes(
    store: &ArchiveReader,
    object: &Object,
    before: VersionNo,
    version: VersionNo,
) -> Option<Vec<String>> {
    let list = |version| {
        let bytes = read_unchecked(object, version, case_json::PATH).ok()?;
        let record = case_json::read(object.id().as_str(), &bytes).ok()?;
        Some((String::from_utf8(bytes).ok()?, record.volumes))
    };
    let ((old_text, old), (mut text, new)) = (list(before)?, list(version)?);
    if old.len() != new.len() {
        return None;
    }
    let mut changed = Vec::new();
    for (old, new) in old.iter().zip(&new).filter(|(old, new)| old != new) {
        text = text.replace(&new.manifest_sha256.to_string(), &old.manifest_sha256.to_string());
        let (Ok((volume, then)), Ok((_, now))) = (old.find(store), new.find(store)) else { return None };
        // Volumes have no statement of their own.
        let stated = volume.open_file_of(now, STATEMENT_PATH).ok().map(|_| STATEMENT_PATH.to_owned());
        let paths = changed_since(&volume, then, now).into_iter().chain(stated);
        changed.extend(paths.map(|path| format!("{}: {path}", volume.id())));
    }
    (text == old_text).then_some(changed)
}

/// SHA-256 of as many bytes of a file as it had in the version before: signatures are put behind them.
fn begins_with(
    object: &Object,
    path: &str,
    before: VersionNo,
    version: VersionNo,
) -> Result<Sha256, PipelineError> {
    let failed = || PipelineError::io(path);
    let length = object.open_file_of(before, path)?.metadata().map_err(failed())?.len();
    let mut start = object.open_file_of(version, path)?.take(length);
    Ok(Sha256(durable::digest_reader(&mut start).map_err(failed())?.sha256))
}

/// The volumes that any version of a case file lists and that are gone.
pub(crate) fn absent_volumes(store: &ArchiveReader, object: &Object) -> Vec<PipelineError> {
    let mut absent: Vec<PipelineError> = Vec::new();
    for volume in listed_volumes(object) {
        match volume.find(store) {
            // It has just been destroyed, and its case file with it.
            Err(PipelineError::NoVolume { volume }) if store.tombstone(&volume).is_some() => {}
            Err(error @ PipelineError::NoVolume { .. }) => absent.push(error),
            // What is wrong with a volume that is there is told with that.
            Ok(_) | Err(_) => {}
        }
    }
    absent
}

/// The volumes that any version of a case file lists.
pub(crate) fn listed_volumes(object: &Object) -> Vec<VolumeRef> {
    let versions = object.versions().into_iter().map(|made| made.version);
    let stored = versions.filter_map(|version| Stored::read(object.clone(), version).ok());
    stored.flat_map(|stored| stored.record.volumes).collect()
}

/// The certificates an archive trusts: its own authority, and those under which case files were imported.
pub(crate) fn archive_anchors(layout: &Layout) -> Result<Vec<Vec<u8>>, PipelineError> {
    let mut anchors = own_anchors(layout)?;
    if layout.trusted().exists() {
        anchors.extend(certificates(&layout.trusted())?);
    }
    Ok(anchors)
}

/// Its own authority alone: what the archive itself says (decisions, tombstones, reports) must be signed under it.
pub(crate) fn own_anchors(layout: &Layout) -> Result<Vec<Vec<u8>>, PipelineError> {
    certificates(&layout.anchor())
}

/// Certificates of its experimental second signatures; they vouch for nothing else.
pub(crate) fn experimental_certificates(layout: &Layout) -> Result<Vec<Vec<u8>>, PipelineError> {
    let path = layout.ml_dsa_certificates();
    if path.exists() { certificates(&path) } else { Ok(Vec::new()) }
}

fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, PipelineError> {
    let pem = std::fs::read(path).map_err(PipelineError::io(path))?;
    seal::certificates_from_pem(&pem)
        .map_err(|e| PipelineError::Format { what: path.display().to_string(), problem: e.to_string() })
}

/// The bytes of a file, without the store's own check: for whoever compares them with the seal.
pub(crate) fn read_unchecked(
    object: &Object,
    version: VersionNo,
    path: &str,
) -> Result<Vec<u8>, PipelineError> {
    let mut bytes = Vec::new();
    let file = object.open_file_of(version, path)?;
    file.take(MAX_RECORD_BYTES).read_to_end(&mut bytes).map_err(PipelineError::io(path))?;
    Ok(bytes)
}

/// What is left of an object that cannot be opened.
struct Nothing;

impl PackageFiles for Nothing {
    fn list(&self) -> io::Result<Listing> {
        Ok(Listing::default())
    }
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        Err(io::Error::new(io::ErrorKind::NotFound, path.to_owned()))
    }
}

/// How many different contents all versions of an object have.
fn contents_of(object: &Object) -> u64 {
    let versions = object.versions().into_iter().filter_map(|made| object.files(made.version).ok());
    versions.flatten().map(|file| file.sha512).collect::<HashSet<_>>().len() as u64
}

/// The same files where every byte of the object has just been read and compared with the digests that its inventory states:
/// these are then compared with the seal.
struct ReadBefore<'a> {
    files: ObjectFiles<'a>,
    read: HashMap<String, (Sha256, u64)>,
}

impl<'a> ReadBefore<'a> {
    fn of(files: ObjectFiles<'a>) -> ReadBefore<'a> {
        let listed = files.0.files(files.1).unwrap_or_default();
        let read = listed.into_iter().filter_map(|file| Some((file.path, (file.sha256?, file.bytes?))));
        let read = read.collect();
        ReadBefore { files, read }
    }
}

impl PackageFiles for ReadBefore<'_> {
    fn list(&self) -> io::Result<Listing> {
        self.files.list()
    }
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        self.files.open(path)
    }
    fn read_before(&self, path: &str) -> Option<(Sha256, u64)> {
        self.read.get(path).copied()
    }
}

/// The files of a version of an object, as a package.
pub(crate) struct ObjectFiles<'a>(pub(crate) &'a Object, pub(crate) VersionNo);

impl PackageFiles for ObjectFiles<'_> {
    fn list(&self) -> io::Result<Listing> {
        let files = self.0.files(self.1).map_err(io::Error::other)?;
        Ok(Listing { files: files.into_iter().map(|f| f.path).collect(), refused: Vec::new() })
    }
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.0.open_file_of(self.1, path).map_err(io::Error::other)?))
    }
}
