//! A package in a folder, zip or bag: one version of a case file.

use super::told::Stop;
use super::{
    Desk, Identity, ImportEvent, ImportRefusal, changed, of_the_source, read, read_file, read_record,
};
use crate::PipelineError;
use crate::digest::sha256;
use crate::format::case_json;
use crate::handed_on;
use crate::incoming::{Package, Place};
use crate::pack::MAX_RECORD_BYTES;
use crate::seal_files::ReadSeal;
use archive_store::{Archive, Below, Draft, Files, Object, StagedFile, VersionInfo, VersionNo, validate_bag};
use record::Sha256;
use seal::{MANIFEST_PATH, MAX_SIGNATURE_BYTES, Manifest, SIGNATURE_PATH};
use std::collections::BTreeSet;
use std::io::Read;

impl Desk<'_> {
    /// A package in a folder, zip or bag.
    pub(super) fn package(&self, files: &dyn Files) -> Result<ImportEvent, Stop> {
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
            return Err(ImportRefusal::Broken { storage: bag.errors, package: None }.into());
        }
        if let Some(part) = handed_on::package_type(&package) {
            return Err(ImportRefusal::Part(part.code()).into());
        }
        self.volumes_are_there(&record)?;
        self.sealed(&Package(&package))?;
        let judged = Identity::of(record)?;
        self.code_is_free(&judged)?;
        if let Some(object) = self.store.object(&judged.id)? {
            let version = same_version(&object, &package)?;
            return self.note(judged, version, false);
        }
        match self.bench {
            Some(bench) => {
                bench.ledger.set_unsure_of_the_archive()?;
                self.take(&bench.store, &judged, &package)?;
            }
            None => {
                let manifest = read(&package, MANIFEST_PATH, MAX_RECORD_BYTES)?;
                self.offered.borrow_mut().insert(sha256(&manifest));
            }
        }
        self.note(judged, VersionNo::first(), true)
    }

    /// Copies a package into a new object. What is committed is what was verified: the staged bytes are compared with the
    /// manifest among them, and that with its signature.
    pub(super) fn take(&self, store: &Archive, judged: &Identity, package: &dyn Files) -> Result<(), Stop> {
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
    pub(super) fn accept_draft(&self, draft: &Draft, judged: &Identity) -> Result<(), Stop> {
        let staged = |path: &str| read_file(draft.open_file(path).map_err(of_the_source)?, path);
        let has = |path: &str| draft.files().iter().any(|file| file.path == path);
        let seal = ReadSeal::read(|path| if has(path) { staged(path).map(Some) } else { Ok(None) })?;
        let seal = seal.ok_or_else(|| changed(vec![SIGNATURE_PATH.to_owned()]))?;
        let listed =
            Manifest::parse(&seal.manifest).map_err(|e| changed(vec![format!("{MANIFEST_PATH}: {e}")]))?;
        let differing = differing(draft.files(), &listed);
        if !differing.is_empty() {
            return Err(changed(differing));
        }
        if !seal.verify(&self.trust.all, self.now).is_valid() {
            return Err(changed(vec![SIGNATURE_PATH.to_owned()]));
        }
        let record = read_record(judged.id.as_str(), &staged(case_json::PATH)?)?;
        self.gate(&record)?;
        if Identity::of(record)? != *judged {
            return Err(changed(vec![case_json::PATH.to_owned()]));
        }
        Ok(self.trust.keep_needed(&seal)?)
    }
}

/// What stands between staged files and the list that is sealed with them, a line each: a file that is not listed or not
/// so, and one that is listed and not there.
pub(super) fn differing(staged: &[StagedFile], listed: &Manifest) -> Vec<String> {
    let of_seal = |path: &str| seal::SEAL_FILES.contains(&path);
    let files = staged.iter().filter(|file| !of_seal(&file.path));
    let found: BTreeSet<(&str, Sha256)> = files.map(|file| (file.path.as_str(), file.sha256)).collect();
    let listed = listed.entries().iter().map(|entry| (entry.path.as_str(), entry.sha256)).collect();
    let paths: BTreeSet<&str> = found.symmetric_difference(&listed).map(|(path, _)| *path).collect();
    paths.into_iter().map(str::to_owned).collect()
}

/// The version of an object that has this seal: a manifest names every byte of its package.
pub(super) fn same_version(object: &Object, package: &dyn Files) -> Result<VersionNo, Stop> {
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
