//! Takes in case files that this program packed, here or in another archive: whole objects with all their versions, or a
//! package from a folder, a zip or a bag. Bytes and seals stay as they are. Whatever is taken was verified before, and
//! what is refused leaves nothing behind. Packages of other programs: [`crate::foreign`].

mod package;
mod told;

use crate::bench::{find_object, is_own_object, object_id};
use crate::config::{ArchiveConfig, Layout};
use crate::format::case_json::{self, CaseRecord};
use crate::incoming::Incoming;
use crate::ledger::Ledger;
use crate::pack::{self, MAX_RECORD_BYTES};
use crate::proof::ObjectFiles;
use crate::seal_files::ReadSeal;
use crate::trust::Trust;
use crate::volumes::{self, VolumeRef, case_of_volume};
use crate::{PipelineError, Workbench, tlog};
use archive_store::{
    Adopted, Archive, ArchiveReader, Files, Object, Problem, StoreError, VersionNo, What, object_folders,
};
use record::{CaseCode, ObjectId, Secrecy, Sha256, Timestamp};
use seal::MANIFEST_PATH;
use seal::tlog::VersionKind;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use told::Stop;

pub use told::{ImportEvent, ImportRefusal};

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
    /// In a dry run the manifests of what would have been taken so far.
    offered: RefCell<HashSet<Sha256>>,
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
        Ok(Desk { config, store, ledger, trust, now, bench, offered: RefCell::default() })
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
        let object = Object::open_folder(folder).map_err(of_the_source)?;
        let judged = self.judge(&object)?;
        self.code_is_free(&judged)?;
        let adopted = match self.bench {
            Some(bench) => {
                bench.ledger.set_unsure_of_the_archive()?;
                bench.store.adopt(folder, |staged| {
                    self.accept(staged, &judged)?;
                    take_out_if_relabelled(bench, staged, &judged)
                })?
            }
            None => {
                let manifests = object
                    .versions()
                    .into_iter()
                    .filter_map(|made| object.sha256_of(made.version, MANIFEST_PATH));
                self.offered.borrow_mut().extend(manifests);
                self.store.would_adopt(folder)?
            }
        };
        match adopted {
            Adopted::New(version) => self.note(judged, version, true),
            Adopted::Continued(version) => Ok(self.note(judged, version, true)?.of_a_known_case()),
            Adopted::Present(version) => self.note(judged, version, false),
        }
    }

    /// Judges a new object once more, as it will be: the source may have changed since it was judged. Right before it is
    /// taken, whoever vouches for it becomes trusted: the archive never holds what it does not accept.
    fn accept(&self, staged: &Object, judged: &Identity) -> Result<(), Stop> {
        if self.judge(staged)? != *judged {
            return Err(changed(vec![case_json::PATH.to_owned()]));
        }
        for made in staged.versions() {
            self.trust.keep_needed(&ReadSeal::of(staged, made.version)?)?;
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

    /// Before anything of it is stored.
    fn gate(&self, record: &CaseRecord) -> Result<(), ImportRefusal> {
        match record.case.header.secrecy {
            Secrecy::Thuong => Ok(()),
            secrecy => Err(ImportRefusal::Secret(secrecy)),
        }
    }

    /// In the archive; in a dry run, which takes nothing, also among what came before.
    fn volumes_are_there(&self, record: &CaseRecord) -> Result<(), Stop> {
        let offered = self.offered.borrow();
        let came = |volume: &&VolumeRef| offered.contains(&volume.manifest_sha256);
        let mut missing = Vec::new();
        for volume in record.volumes.iter().filter(|volume| !came(volume)) {
            match volume.read(self.store, &record.case.header) {
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
        let report = Box::new(self.trust.all.verify_package(files, self.now));
        match () {
            () if report.is_good() && !report.experimental_is_broken() => Ok(()),
            () if report.files_are_good()
                && !report.signature.signers().is_empty()
                && !report.experimental_is_broken() =>
            {
                Err(ImportRefusal::Untrusted(report))
            }
            () => Err(ImportRefusal::Broken { storage: Vec::new(), package: Some(report) }),
        }
    }

    fn code_is_free(&self, Identity { code, id }: &Identity) -> Result<(), Stop> {
        let own = object_id(self.config, code);
        if [id, &own].into_iter().any(|id| volumes::is_destroyed(self.store, id)) {
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

/// The last thing before an object is taken that the archive has in part.
fn take_out_if_relabelled(bench: &Workbench, staged: &Object, judged: &Identity) -> Result<(), Stop> {
    if case_of_volume(&judged.id).is_some() {
        return Ok(());
    }
    let header = pack::read_case(staged).map_err(of_the_source)?.case.header;
    let before = bench.store.object(&judged.id)?;
    Ok(pack::take_out_if_relabelled(&bench.ledger, &bench.index, before, &header)?)
}

impl Identity {
    /// As a package states it itself.
    fn of(record: CaseRecord) -> Result<Identity, ImportRefusal> {
        let id = record.object.ok_or(ImportRefusal::Nameless)?;
        Ok(Identity { code: record.case.header.code, id })
    }
}

/// Something was good when it was judged and is another thing now.
fn changed(paths: Vec<String>) -> Stop {
    let problem = |path| {
        let what = What::Wrong("changed while it was read".into());
        Problem { code: "changed", path, what }
    };
    let storage = paths.into_iter().map(problem).collect();
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
