//! SIP and DIP: packages made from a sealed version for others, and what such a package proves.
//!
//! Its files are those of the sealed version, under their own paths, with that version's seal; sheets and METS are made anew
//! and proven by nothing. So a package that lacks files of the version is not a broken one: it says what it leaves out.

use crate::PipelineError;
use crate::config::ArchiveConfig;
use crate::format::case_json::{self, CaseRecord};
use crate::pack::MAX_RECORD_BYTES;
use crate::package::{self, PROGRAM};
use crate::volumes::volume_id;
use archive_store::package::{
    Conversion, Description, HandedOn, PackageType, Part, VolumeLink, describe_handed_on,
};
use archive_store::{Container, Files, Form, Object, ObjectFile, StagedFile, VersionNo, validate_eark};
use record::{ObjectId, Timestamp};
use seal::PackageReport;
use std::path::Path;

/// A package in the making: its id, and the files made for it.
pub(crate) struct Made {
    id: ObjectId,
    how: HandedOn,
    files: Vec<(String, Vec<u8>)>,
}

/// The id of the package made from a version of a case file; its volumes have ids below it, as they have in the archive.
pub(crate) fn id(config: &ArchiveConfig, object: &Object, version: VersionNo, how: HandedOn) -> ObjectId {
    how.id(object.id(), fonds_of(object.id()).unwrap_or(&config.fonds), version.get())
}

/// Makes the own files of the package of a case file, whose [`id`] is `whole`, or of a volume of it. The register must have
/// been compared with the seal.
pub(crate) fn make(
    config: &ArchiveConfig,
    object: &Object,
    version: VersionNo,
    how: HandedOn,
    whole: &ObjectId,
) -> Result<Made, PipelineError> {
    let bytes = object.read_of(version, case_json::PATH, MAX_RECORD_BYTES)?;
    let record = case_json::read(object.id().as_str(), &bytes)?;
    let files = object.files(version)?.into_iter().filter(|file| how.part(&file.path) == Part::Kept);
    let files: Vec<StagedFile> = files.map(staged).collect::<Result<_, _>>()?;
    let id = record.volume.map_or_else(|| whole.clone(), |no| volume_id(whole, no));
    let volume_ids: Vec<ObjectId> = (1..).take(record.volumes.len()).map(|no| volume_id(whole, no)).collect();
    let volumes = record.volumes.iter().zip(&volume_ids);
    let volumes: Vec<_> = volumes.map(|(volume, id)| VolumeLink { id, ..package::link(volume) }).collect();
    let description = describing(config, object.id(), &record, &volumes, &files)?;
    let package = describe_handed_on(&description, &id, how, version.get())
        .map_err(|source| PipelineError::Package { case: record.case.header.code.clone(), source })?;
    Ok(Made { id, how, files: package.files })
}

/// A stored version as its `case.json` describes it, without what PREMIS alone tells (who read it, how it was converted, formats):
/// that goes along as it is, or not at all.
pub(crate) fn describing<'a>(
    config: &'a ArchiveConfig,
    id: &'a ObjectId,
    record: &'a CaseRecord,
    volumes: &'a [VolumeLink<'a>],
    files: &'a [StagedFile],
) -> Result<Description<'a>, PipelineError> {
    let created: Timestamp = record.created.parse().map_err(|e| PipelineError::Format {
        what: format!("{id}, {}", case_json::PATH),
        problem: format!("created: {e}"),
    })?;
    Ok(Description {
        id,
        fonds: fonds_of(id).unwrap_or(&config.fonds),
        archive_code: &config.archive_code,
        agency: &record.agency,
        created,
        software: PROGRAM,
        reader: "",
        conversion: Conversion { batch: &record.batch, received: created, device: None, operator: None },
        case: &record.case,
        master_paths: &record.master_paths,
        master_formats: &[],
        signatures: &record.signatures,
        alto_paths: &record.alto_paths,
        pdf_paths: &record.pdf_paths,
        origin: None,
        volume: record.volume,
        volumes,
        left_out: record.left_out.len(),
        correction: record.correction.as_ref().map(|note| (note.by.as_str(), note.reason.as_str())),
        files,
    })
}

impl Made {
    /// Its METS OBJID.
    pub(crate) fn id(&self) -> &ObjectId {
        &self.id
    }

    /// Writes it with the files of the version that go along.
    pub(crate) fn write(
        &self,
        object: &Object,
        version: VersionNo,
        container: Container,
        to: &Path,
    ) -> Result<(), PipelineError> {
        let form = Form::HandedOn { id: &self.id, how: self.how, made: &self.files };
        Ok(object.export_as(version, form, container, to)?)
    }
}

/// `<fonds>` of `urn:<fonds>:uuid:<UUID>`.
pub(crate) fn fonds_of(id: &ObjectId) -> Option<&str> {
    Some(id.as_str().strip_prefix("urn:")?.split_once(":uuid:")?.0)
}

pub(crate) fn staged(file: ObjectFile) -> Result<StagedFile, PipelineError> {
    let unknown = |what: &str| PipelineError::Format {
        what: file.path.clone(),
        problem: format!("its {what} is not known"),
    };
    Ok(StagedFile {
        sha256: file.sha256.ok_or_else(|| unknown("SHA-256"))?,
        bytes: file.bytes.ok_or_else(|| unknown("length"))?,
        path: file.path,
        sha512: file.sha512,
    })
}

/// What a SIP or DIP is beside what its seal says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOnReport {
    /// `SIP` or `DIP`.
    pub package: &'static str,
    /// Files made when it was handed on: no signature vouches for them, only its own METS.
    pub made: Vec<String>,
    /// Masters and texts of pages that stayed behind.
    pub masters_left_out: usize,
    /// Other files of the sealed version that stayed behind, or that others stand in the place of.
    pub others_left_out: usize,
    /// What is not as the package's METS says.
    pub problems: Vec<archive_store::Problem>,
}

/// What the package calls itself, where that is a SIP or DIP.
pub(crate) fn package_type(files: &dyn Files) -> Option<PackageType> {
    let stated = archive_store::eark_package_type(files)?;
    [PackageType::Sip, PackageType::Dip].into_iter().find(|package| package.code() == stated)
}

/// Where the package calls itself a SIP or DIP: takes out of the report what such a package may lack or have of its own. What
/// remains is wrong.
pub(crate) fn judge(files: &dyn Files, report: &mut PackageReport) -> Option<HandedOnReport> {
    let package = package_type(files)?;
    let mets = validate_eark(files);
    // With the first master all of them belong to it.
    let is_of_masters = |path: &str| path.starts_with("representations/rep2/");
    let listed = files.list().ok()?;
    let how = HandedOn { package, with_masters: listed.files.iter().any(|file| is_of_masters(&file.path)) };
    let (left_out, missing): (Vec<_>, Vec<_>) =
        std::mem::take(&mut report.missing).into_iter().partition(|path| how.part(path) == Part::LeftOut);
    let (replaced, differing): (Vec<_>, Vec<_>) = std::mem::take(&mut report.differing)
        .into_iter()
        .partition(|file| how.part(&file.path) == Part::Replaced);
    let (added, unlisted): (Vec<_>, Vec<_>) =
        std::mem::take(&mut report.unlisted).into_iter().partition(|path| how.part(path) == Part::Replaced);
    (report.missing, report.differing, report.unlisted) = (missing, differing, unlisted);
    let replaced_count = replaced.len();
    let mut made: Vec<String> = replaced.into_iter().map(|file| file.path).chain(added).collect();
    made.sort();
    let is_master = |path: &&String| is_of_masters(path) && !path.contains("/metadata/preservation/");
    let masters_left_out = left_out.iter().filter(is_master).count();
    let others_left_out = left_out.len() - masters_left_out + replaced_count;
    Some(HandedOnReport {
        package: package.code(),
        made,
        masters_left_out,
        others_left_out,
        problems: mets.errors,
    })
}
