//! Takes in case files that this program packed, here or in another archive: whole objects with all their versions, or a
//! package from a folder, a zip or a bag. Bytes and seals stay as they are. Whatever is taken was verified before, and
//! what is refused leaves nothing behind.

use crate::bench::{find_object, is_own_object, object_id};
use crate::config::{ArchiveConfig, Layout};
use crate::format::case_json::{self, CaseRecord};
use crate::incoming::{Incoming, Package, Place};
use crate::ledger::Ledger;
use crate::pack::{self, MAX_RECORD_BYTES};
use crate::proof::ObjectFiles;
use crate::trust::Trust;
use crate::volumes::case_of_volume;
use crate::{PipelineError, Workbench, tlog};
use archive_store::{
    AdoptError, Adopted, Archive, ArchiveReader, Below, Draft, Files, Object, StagedFile, StoreError,
    VersionInfo, VersionNo, ZipError, object_folders, validate_bag,
};
use record::{CaseCode, ObjectId, Secrecy, Sha256, Timestamp};
use seal::tlog::VersionKind;
use seal::{MANIFEST_PATH, MAX_SIGNATURE_BYTES, Manifest, PackageReport, SIGNATURE_PATH};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// What became of one object or package.
#[derive(Debug)]
pub enum ImportEvent {
    /// It is in the archive now (in a dry run: it would be).
    Taken {
        /// Its code.
        code: CaseCode,
        /// Its object.
        id: ObjectId,
        /// Its latest version.
        version: u32,
    },
    /// It was in the archive, with the same bytes.
    Present {
        /// Its code.
        code: CaseCode,
        /// Its object.
        id: ObjectId,
        /// The version that it is.
        version: u32,
    },
    /// It was not taken.
    Refused {
        /// The folder, file or object.
        what: String,
        /// Why.
        why: ImportRefusal,
    },
}

impl ImportEvent {
    fn is_of_a_volume(&self) -> bool {
        let (Self::Taken { id, .. } | Self::Present { id, .. }) = self else { return false };
        case_of_volume(id).is_some()
    }
}

/// Why something is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ImportRefusal {
    /// It is none of the kinds that are taken.
    #[error("it lacks {}", missing.join(", "))]
    Foreign {
        /// What a package of this program has.
        missing: Vec<String>,
    },
    /// The object is not as this program writes objects.
    #[error("{0}")]
    OtherKind(String),
    /// A state secret does not enter this archive.
    #[error("its secrecy is {}", .0.code())]
    Secret(Secrecy),
    /// A zip that is damaged or hostile.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// Its bytes are not what was stored or sealed.
    #[error("it is not as it was stored and sealed: {}", storage.join("; "))]
    Broken {
        /// What is wrong with object or bag, in words.
        storage: Vec<String>,
        /// What is wrong with the package.
        package: Option<Box<PackageReport>>,
    },
    /// A file of it cannot be read, or says nothing that is understood.
    #[error("it is not as it was stored and sealed: {0}")]
    Unreadable(Box<PipelineError>),
    /// Everything is right, but nobody trusted vouches for whoever sealed it.
    #[error("whoever sealed it is not trusted here: {}", .0.signature.reason())]
    Untrusted(Box<PackageReport>),
    /// The archive holds something else under its id.
    #[error("the archive holds it already, and differently: {0}")]
    Differs(String),
    /// The archive holds another case file with this code.
    #[error("the archive holds another case file {code}, {id}")]
    CodeTaken {
        /// The code.
        code: CaseCode,
        /// The object that has it.
        id: ObjectId,
    },
    /// Volumes of the case file are neither in the archive nor came before it.
    #[error("these volumes of it are missing: {}", missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    VolumesMissing {
        /// Their objects.
        missing: Vec<ObjectId>,
    },
    /// It was destroyed here by decision of two people.
    #[error("case file {code} was destroyed in this archive")]
    Destroyed {
        /// Its code.
        code: CaseCode,
    },
    /// Its register does not name its object, or names another.
    #[error("its sealed register does not name the object that it is")]
    Nameless,
}

/// A refusal, or an error that ends the import.
enum Stop {
    Refused(ImportRefusal),
    Failed(PipelineError),
}

impl From<PipelineError> for Stop {
    fn from(error: PipelineError) -> Stop {
        Stop::Failed(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Failed(error.into())
    }
}

impl From<AdoptError> for Stop {
    fn from(error: AdoptError) -> Stop {
        match error {
            AdoptError::Invalid { problems, .. } => {
                let storage = problems.iter().map(ToString::to_string).collect();
                ImportRefusal::Broken { storage, package: None }.into()
            }
            AdoptError::Foreign { why, .. } => ImportRefusal::OtherKind(why).into(),
            AdoptError::Differs { why, .. } => ImportRefusal::Differs(why).into(),
            AdoptError::Store(error) => of_the_source(error),
        }
    }
}

impl From<ImportRefusal> for Stop {
    fn from(why: ImportRefusal) -> Stop {
        Stop::Refused(why)
    }
}

/// Takes in what lies at `source`. `trusted` are certificates (PEM) of the authority of the archive it comes from; those
/// without which something taken would not be accepted are trusted by this archive from then on. Objects of an archive are taken one by one, each
/// told of as it is done; a refused one does not keep the others out. [`PipelineError::Interrupted`] between two.
pub fn import(
    bench: &Workbench,
    source: &Path,
    trusted: &[u8],
    stop: &AtomicBool,
    tell: &mut dyn FnMut(ImportEvent),
) -> Result<(), PipelineError> {
    let (config, store, now) = (&bench.config, &*bench.store, bench.clock.now());
    let desk = Desk::new(config, store, &bench.ledger, &bench.layout, trusted, now, Some(bench))?;
    desk.work(source, stop, tell)
}

/// Verifies and compares, and takes nothing; needs no lock.
pub fn import_dry_run(
    root: &Path,
    source: &Path,
    trusted: &[u8],
    now: Timestamp,
    stop: &AtomicBool,
    tell: &mut dyn FnMut(ImportEvent),
) -> Result<(), PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let config = ArchiveConfig::read(&layout.config())?;
    let (store, ledger) = (Archive::open_read(root)?, Ledger::open_if_there(&layout.ledger())?);
    Desk::new(&config, &store, &ledger, &layout, trusted, now, None)?.work(source, stop, tell)
}

struct Desk<'a> {
    config: &'a ArchiveConfig,
    store: &'a ArchiveReader,
    ledger: &'a Ledger,
    trust: Trust<'a>,
    now: Timestamp,
    /// `None` in a dry run.
    bench: Option<&'a Workbench>,
}

/// Which case file something is: what must be the same when it is read again.
#[derive(PartialEq, Eq)]
struct Identity {
    code: CaseCode,
    id: ObjectId,
}

impl<'a> Desk<'a> {
    fn new(
        config: &'a ArchiveConfig,
        store: &'a ArchiveReader,
        ledger: &'a Ledger,
        layout: &'a Layout,
        trusted: &[u8],
        now: Timestamp,
        bench: Option<&'a Workbench>,
    ) -> Result<Desk<'a>, PipelineError> {
        let trust = Trust::new(layout, trusted, now)?;
        Ok(Desk { config, store, ledger, trust, now, bench })
    }

    fn work(
        &self,
        source: &Path,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(ImportEvent),
    ) -> Result<(), PipelineError> {
        let mut told = |what: &Path, result: Result<ImportEvent, Stop>| {
            tell(match result {
                // A volume is part of its case file, which is told when it comes.
                Ok(event) if event.is_of_a_volume() => return Ok(()),
                Ok(event) => event,
                Err(Stop::Refused(why)) => ImportEvent::Refused { what: what.display().to_string(), why },
                Err(Stop::Failed(error)) => return Err(error),
            });
            Ok(())
        };
        match Incoming::open(source)? {
            Err(error) => told(source, Err(Stop::Refused(error.into()))),
            Ok(Incoming::Files(files)) => told(source, self.package(files.as_ref())),
            Ok(Incoming::Object(folder)) => told(&folder, self.object(&folder)),
            Ok(Incoming::Several(packages)) => {
                for package in packages {
                    if stop.load(Ordering::Relaxed) {
                        return Err(PipelineError::Interrupted);
                    }
                    self.work(&package, stop, tell)?;
                }
                Ok(())
            }
            Ok(Incoming::Root(root)) => {
                let mut folders: Vec<_> = object_folders(&root)?.collect();
                // A case file in volumes is taken when they are there.
                let is_volume = |folder: &Path| folder.to_string_lossy().contains("%2ftap-");
                folders.sort_by_key(|folder| !folder.as_deref().is_ok_and(is_volume));
                for folder in folders {
                    if stop.load(Ordering::Relaxed) {
                        return Err(PipelineError::Interrupted);
                    }
                    match folder {
                        Ok(folder) => told(&folder, self.object(&folder))?,
                        Err(error) => told(&root, Err(of_the_source(error)))?,
                    }
                }
                Ok(())
            }
        }
    }

    /// One OCFL object with all its versions.
    fn object(&self, folder: &Path) -> Result<ImportEvent, Stop> {
        let judged = self.judge(&Object::open_folder(folder).map_err(of_the_source)?)?;
        self.code_is_free(&judged)?;
        let adopted = match self.bench {
            Some(bench) => {
                bench.ledger.set_unsure_of_the_archive()?;
                bench.store.adopt(folder, |staged| self.accept(staged, &judged))?
            }
            None => self.store.would_adopt(folder)?,
        };
        match adopted {
            Adopted::New(version) => self.note(judged, version, true),
            Adopted::Present(version) => self.note(judged, version, false),
        }
    }

    /// Judges a new object once more, as it will be: the source may have changed since it was judged. Right before it is
    /// taken, whoever vouches for it becomes trusted: the archive never holds what it does not accept.
    fn accept(&self, staged: &Object, judged: &Identity) -> Result<(), Stop> {
        if self.judge(staged)? != *judged {
            return Err(changed(vec![case_json::PATH.to_owned()]));
        }
        let read = |version, path| read_file(object_file(staged, version, path)?, path);
        for made in staged.versions() {
            let (manifest, signature) =
                (read(made.version, MANIFEST_PATH)?, read(made.version, SIGNATURE_PATH)?);
            self.trust.keep_needed(&manifest, &signature)?;
        }
        Ok(())
    }

    /// An object of ours that may be in this archive, with a good seal on every version.
    fn judge(&self, object: &Object) -> Result<Identity, Stop> {
        let has = |version| Ok::<_, Stop>(object.files(version)?.iter().any(|f| f.path == case_json::PATH));
        if !has(object.head())? {
            return Err(ImportRefusal::Foreign { missing: vec![case_json::PATH.into()] }.into());
        }
        let versions: Vec<VersionNo> = object.versions().iter().map(|made| made.version).collect();
        for version in &versions {
            if has(*version)? {
                let file = object_file(object, *version, case_json::PATH)?;
                let bytes = read_file(file.take(MAX_RECORD_BYTES), case_json::PATH)?;
                self.gate(&read_record(object.id().as_str(), &bytes)?)?;
            }
        }
        let record = pack::read_case(object).map_err(of_the_source)?;
        let (id, code) = (object.id().clone(), record.case.header.code.clone());
        if !is_own_object(self.config, &record, &id) {
            return Err(ImportRefusal::Nameless.into());
        }
        self.volumes_are_there(&record)?;
        for version in versions {
            self.sealed(&ObjectFiles(object, version))?;
        }
        Ok(Identity { code, id })
    }

    /// A package in a folder, zip or bag.
    fn package(&self, files: &dyn Files) -> Result<ImportEvent, Stop> {
        let list = files.list().map_err(PipelineError::io(".")).map_err(of_the_source)?;
        let place = Place::find(&list);
        let missing: Vec<String> = [case_json::PATH, MANIFEST_PATH, SIGNATURE_PATH]
            .into_iter()
            .filter(|path| !list.files.iter().any(|file| file.path == format!("{}{path}", place.package)))
            .map(str::to_owned)
            .collect();
        if !missing.is_empty() {
            return Err(ImportRefusal::Foreign { missing }.into());
        }
        let package = Below::new(files, &place.package);
        let record = read_record(&place.package, &read(&package, case_json::PATH, MAX_RECORD_BYTES)?)?;
        self.gate(&record)?;
        if let Some(bag) = place.bag.map(|at| validate_bag(&Below::new(files, &at)))
            && !bag.errors.is_empty()
        {
            let storage = bag.errors.iter().map(ToString::to_string).collect();
            return Err(ImportRefusal::Broken { storage, package: None }.into());
        }
        self.volumes_are_there(&record)?;
        self.sealed(&Package(&package))?;
        let judged = Identity::of(record)?;
        self.code_is_free(&judged)?;
        if let Some(object) = self.store.object(&judged.id)? {
            let version = same_version(&object, &package)?;
            return self.note(judged, version, false);
        }
        if let Some(bench) = self.bench {
            bench.ledger.set_unsure_of_the_archive()?;
            self.take(&bench.store, &judged, &package)?;
        }
        self.note(judged, VersionNo::first(), true)
    }

    /// Copies a package into a new object. What is committed is what was verified: the staged bytes are compared with the
    /// manifest among them, and that with its signature.
    fn take(&self, store: &Archive, judged: &Identity, package: &dyn Files) -> Result<(), Stop> {
        let mut draft = store.begin(&judged.id)?;
        for file in package.list().map_err(PipelineError::io(".")).map_err(of_the_source)?.files {
            let bytes = package.open(&file.path).map_err(PipelineError::io(&file.path));
            draft.add(&file.path, bytes.map_err(of_the_source)?.as_mut()).map_err(of_the_source)?;
        }
        self.accept_draft(&draft, judged)?;
        draft.commit(&VersionInfo {
            created: self.now,
            message: "imported".into(),
            user_name: self.config.agency.clone(),
            user_address: format!("urn:hoso:fonds:{}", self.config.fonds),
        })?;
        Ok(())
    }

    /// As [`Desk::accept`], for a package.
    fn accept_draft(&self, draft: &Draft, judged: &Identity) -> Result<(), Stop> {
        let staged = |path: &str| read_file(draft.open_file(path).map_err(of_the_source)?, path);
        let (manifest, signature) = (staged(MANIFEST_PATH)?, staged(SIGNATURE_PATH)?);
        let listed =
            Manifest::parse(&manifest).map_err(|e| changed(vec![format!("{MANIFEST_PATH}: {e}")]))?;
        let differing = differing(draft.files(), &listed);
        if !differing.is_empty() {
            return Err(changed(differing));
        }
        if !seal::verify_detached(&manifest, &signature, &self.trust.anchors, self.now).is_valid() {
            return Err(changed(vec![SIGNATURE_PATH.to_owned()]));
        }
        let record = read_record(judged.id.as_str(), &staged(case_json::PATH)?)?;
        self.gate(&record)?;
        if Identity::of(record)? != *judged {
            return Err(changed(vec![case_json::PATH.to_owned()]));
        }
        Ok(self.trust.keep_needed(&manifest, &signature)?)
    }

    /// Before anything of it is stored.
    fn gate(&self, record: &CaseRecord) -> Result<(), ImportRefusal> {
        match record.case.header.secrecy {
            Secrecy::Thuong => Ok(()),
            secrecy => Err(ImportRefusal::Secret(secrecy)),
        }
    }

    /// Not asked in a dry run, which takes nothing: they may come with it.
    fn volumes_are_there(&self, record: &CaseRecord) -> Result<(), Stop> {
        let mut missing = Vec::new();
        for volume in record.volumes.iter().filter(|_| self.bench.is_some()) {
            match volume.find(self.store) {
                Err(PipelineError::NoVolume { volume }) => missing.push(volume),
                found => drop(found?),
            }
        }
        match missing.is_empty() {
            true => Ok(()),
            false => Err(ImportRefusal::VolumesMissing { missing }.into()),
        }
    }

    fn sealed(&self, files: &dyn seal::PackageFiles) -> Result<(), ImportRefusal> {
        let report = Box::new(seal::verify_package(files, &self.trust.anchors, self.now));
        match () {
            () if report.is_good() => Ok(()),
            () if report.files_are_good() && !report.signature.signers().is_empty() => {
                Err(ImportRefusal::Untrusted(report))
            }
            () => Err(ImportRefusal::Broken { storage: Vec::new(), package: Some(report) }),
        }
    }

    fn code_is_free(&self, Identity { code, id }: &Identity) -> Result<(), Stop> {
        let own = object_id(self.config, code);
        if [id, &own].into_iter().any(|id| self.store.tombstone(id).is_some()) {
            return Err(ImportRefusal::Destroyed { code: code.clone() }.into());
        }
        match find_object(self.config, self.store, self.ledger, code)? {
            Some(other) if *other.id() != case_of_volume(id).unwrap_or_else(|| id.clone()) => {
                let (code, id) = (code.clone(), other.id().clone());
                Err(ImportRefusal::CodeTaken { code, id }.into())
            }
            _ => Ok(()),
        }
    }

    /// Ledger and index know what the archive holds. Where a stop comes between, the ledger is filled anew at the next
    /// opening.
    fn note(
        &self,
        Identity { code, id }: Identity,
        version: VersionNo,
        is_new: bool,
    ) -> Result<ImportEvent, Stop> {
        if let Some(bench) = self.bench {
            let missing = || StoreError::NoSuchVersion { id: id.clone(), version };
            let object = bench.store.object(&id)?.ok_or_else(missing)?;
            tlog::enter_found(bench, &object, VersionKind::Adopted)?;
            // A volume is noted with its case file.
            let is_case = case_of_volume(&id).is_none();
            if is_case && (is_new || bench.ledger.stored(&code)?.is_none_or(|stored| !stored.indexed)) {
                pack::note_stored(bench, object)?;
                pack::index_case(bench, &code)?;
            }
            bench.ledger.set_knows_the_archive()?;
        }
        let version = version.get();
        Ok(match is_new {
            true => ImportEvent::Taken { code, id, version },
            false => ImportEvent::Present { code, id, version },
        })
    }
}

impl Identity {
    /// As a package states it itself.
    fn of(record: CaseRecord) -> Result<Identity, ImportRefusal> {
        let id = record.object.ok_or(ImportRefusal::Nameless)?;
        Ok(Identity { code: record.case.header.code, id })
    }
}

/// What stands between staged files and the list that is sealed with them, a line each: a file that is not listed or not
/// so, and one that is listed and not there.
fn differing(staged: &[StagedFile], listed: &Manifest) -> Vec<String> {
    let of_seal = |path: &str| path == MANIFEST_PATH || path == SIGNATURE_PATH;
    let files = staged.iter().filter(|file| !of_seal(&file.path));
    let found: BTreeSet<(&str, Sha256)> = files.map(|file| (file.path.as_str(), file.sha256)).collect();
    let listed = listed.entries().iter().map(|entry| (entry.path.as_str(), entry.sha256)).collect();
    let paths: BTreeSet<&str> = found.symmetric_difference(&listed).map(|(path, _)| *path).collect();
    paths.into_iter().map(str::to_owned).collect()
}

/// Something was good when it was judged and is another thing now.
fn changed(paths: Vec<String>) -> Stop {
    let storage = paths.iter().map(|path| format!("{path}: changed while it was read")).collect();
    ImportRefusal::Broken { storage, package: None }.into()
}

fn read(files: &dyn Files, path: &str, limit: u64) -> Result<Vec<u8>, Stop> {
    let file = files.open(path).map_err(PipelineError::io(path)).map_err(of_the_source)?;
    read_file(file.take(limit), path)
}

fn object_file(object: &Object, version: VersionNo, path: &str) -> Result<File, Stop> {
    object.open_file_of(version, path).map_err(of_the_source)
}

fn read_file(mut file: impl Read, path: &str) -> Result<Vec<u8>, Stop> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(PipelineError::io(path)).map_err(of_the_source)?;
    Ok(bytes)
}

fn read_record(what: &str, bytes: &[u8]) -> Result<CaseRecord, Stop> {
    case_json::read(what, bytes).map_err(of_the_source)
}

/// The version of an object that has this seal: a manifest names every byte of its package.
fn same_version(object: &Object, package: &dyn Files) -> Result<VersionNo, Stop> {
    let seal = [(MANIFEST_PATH, seal::MAX_MANIFEST_BYTES), (SIGNATURE_PATH, MAX_SIGNATURE_BYTES)];
    let given = seal.map(|(path, limit)| read(package, path, limit as u64));
    let [Ok(manifest), Ok(signature)] = given else {
        return Err(
            ImportRefusal::Foreign { missing: vec![MANIFEST_PATH.into(), SIGNATURE_PATH.into()] }.into()
        );
    };
    if let Some(problem) = object.verify().errors.first() {
        return Err(ImportRefusal::Differs(format!("what is in the archive is damaged: {problem}")).into());
    }
    for made in object.versions().iter().rev() {
        let stored = |path: &str| -> Result<Vec<u8>, PipelineError> {
            let mut bytes = Vec::new();
            let mut file = object.open_file_of(made.version, path)?;
            file.read_to_end(&mut bytes).map_err(PipelineError::io(path))?;
            Ok(bytes)
        };
        if stored(MANIFEST_PATH)? == manifest && stored(SIGNATURE_PATH)? == signature {
            return Ok(made.version);
        }
    }
    Err(ImportRefusal::Differs("no version there has this manifest and signature".into()).into())
}

/// What cannot be read of one object or package makes that a broken one; anything else ends the import.
fn of_the_source(error: impl Into<PipelineError>) -> Stop {
    let error = error.into();
    if error.is_about_one_case() {
        return ImportRefusal::Unreadable(Box::new(error)).into();
    }
    Stop::Failed(error)
}

#[cfg(test)]
mod tests;
