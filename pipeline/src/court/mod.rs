//! The folder for a court: a sealed case file, or one page of it, with all that its proof needs, so that stock programs can
//! check it without this one (docs/format/court.md). And what `hoso verify` says of such a folder and of any other package.

mod archive_report;
mod check;
mod counts;
mod kit;
mod report;
mod report_html;
mod report_pdf;
mod single;
mod texts;

pub use archive_report::ArchiveTally;
pub use check::{CourtKeys, verify_kit};
pub use kit::kits_in;
pub use report::{Check, ReportOn, Status, VerificationReport, nobody_stated, report_on};
pub use report_html::to_html;
pub use report_pdf::to_pdf;
pub use single::{
    pdf_signature_faults, pdf_signature_kind, pdf_signature_lines, report_on_page, report_on_pdf,
};

use crate::config::Layout;
use crate::digest::sha256;
use crate::seal_files::ReadSeal;
use crate::stamping;
use crate::tlog::{self, CourtProof};
use crate::trust_store::{archive_trust, time_trust};
use crate::{Exported, OpenedCase, PipelineError};
use archive_store::{Container, Form, Object, StoreError, VersionNo};
use durable::DurableError;
use kit::{DATA, KitJson, PROOF};
use record::{PageNo, Timestamp};
use seal::Trust;
use seal::evidence::{EvidenceRecord, root_of};
use std::path::{Path, PathBuf};

/// A file of a kit that is made for it: its path and bytes.
type Made = (String, Vec<u8>);

/// What a court gets.
#[derive(Debug, Clone, Copy, Default)]
pub struct CourtOrder<'a> {
    /// Only the master of this page; without it the case file.
    pub page: Option<PageNo>,
    /// Entries of the checkpoint that the reader holds: the proof then shows that the log continues it.
    pub since: Option<u64>,
    /// The folder, which must not exist; without it in the current folder, named after the object, with `_toa-an` behind it.
    pub to: Option<&'a Path>,
}

/// Writes the folder for a court: of the case file as it was opened, or of one page. A case file in volumes becomes a folder of
/// such folders. It appears whole and durable, or not at all.
///
/// # Errors
/// [`PipelineError::NotSealed`] where register or page are not what was sealed.
pub fn export_for_court(
    root: &Path,
    case: &OpenedCase<'_>,
    order: &CourtOrder<'_>,
    now: Timestamp,
) -> Result<Exported, PipelineError> {
    case.check_record()?;
    let layout = Layout { root: root.to_owned() };
    let own_name = || PathBuf::from(format!("{}_toa-an", archive_store::package_name(case.object_id())));
    let to = order.to.map_or_else(own_name, Path::to_owned);
    case.room().check_outside(&to)?;
    if to.exists() {
        return Err(StoreError::Write(DurableError::Exists { op: "write", path: to }).into());
    }
    let staging = Unfinished::beside(&to)?;
    let desk = Desk { layout, case, since: order.since, now };
    let packages = match order.page {
        Some(page) => {
            desk.write_page(page, &staging.0)?;
            1
        }
        None => {
            let packages: Vec<_> = case.packages().collect();
            for (object, version) in &packages {
                let place = match packages.len() {
                    1 => staging.0.clone(),
                    _ => staging.0.join(archive_store::package_name(object.id())),
                };
                desk.write_case(object, *version, &place)?;
            }
            packages.len()
        }
    };
    durable::sync_tree(&staging.0)?;
    durable::rename_noreplace(&staging.0, &to)?;
    Ok(Exported { version: case.view().version, packages, path: to })
}

/// Half a kit: removed with what is in it, unless it got its name.
struct Unfinished(PathBuf);

impl Unfinished {
    fn beside(to: &Path) -> Result<Unfinished, PipelineError> {
        let name = to.file_name().unwrap_or_default().to_string_lossy();
        let folder = to.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let staging = folder.join(format!(".{name}.unfinished-{}", std::process::id()));
        durable::create_dir_durable(&staging)?;
        Ok(Unfinished(staging))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // What cannot be removed keeps a name that says what it is.
        if self.0.exists() {
            let _ = durable::remove_tree(&self.0);
        }
    }
}

struct Desk<'a> {
    layout: Layout,
    case: &'a OpenedCase<'a>,
    since: Option<u64>,
    now: Timestamp,
}

impl Desk<'_> {
    fn write_case(&self, object: &Object, version: VersionNo, to: &Path) -> Result<(), PipelineError> {
        durable::stage_dir(to)?;
        object.export_as(version, Form::Package, Container::Folder, &to.join(DATA))?;
        self.write_proof(object, version, None, to)
    }

    fn write_page(&self, page: PageNo, to: &Path) -> Result<(), PipelineError> {
        let (object, version, path, sealed) = self.case.master_of(page)?;
        let target = to.join(DATA).join(path);
        durable::stage_dir(target.parent().unwrap_or(to))?;
        let mut file = object.open_file_of(version, path)?;
        let written = durable::stage_file(&target, &mut file)?;
        if sealed.is_none_or(|sealed| sealed.0 != written.sha256) {
            let what = format!("{}, {path}", object.id());
            let problem = "it is not what was sealed".to_owned();
            return Err(PipelineError::Format { what, problem });
        }
        for (path, bytes) in ReadSeal::of(object, version)?.files() {
            stage(&to.join(DATA).join(path), bytes)?;
        }
        self.write_proof(object, version, Some((page, path)), to)
    }

    /// Everything beside `data/`.
    fn write_proof(
        &self,
        object: &Object,
        version: VersionNo,
        page: Option<(PageNo, &str)>,
        to: &Path,
    ) -> Result<(), PipelineError> {
        let seal = ReadSeal::of(object, version)?;
        let trust = archive_trust(&self.layout)?;
        let roots = self.roots(&seal, &trust);
        let of_time = time_trust(&self.layout, &[])?;
        let path = page.map(|(_, path)| path);
        let log = tlog::prove_for_court(&self.layout, object, version, path, self.since)?;
        let kit = KitJson::new(self.case, object, version, page, self.now);
        let mut made: Vec<Made> = vec![
            (kit::KIT.into(), kit.bytes()),
            (format!("{PROOF}/chain.pem"), pem(&seal::certificates_in(&seal.signature))?),
            (format!("{PROOF}/root.pem"), pem(&roots)?),
        ];
        let log_key = log.as_ref().map(|log| log.key.text());
        if let Some(CourtProof { proof, consistency, .. }) = log {
            made.extend(
                log_key.iter().map(|key| (format!("{PROOF}/log.vkey"), format!("{key}\n").into_bytes())),
            );
            made.push((format!("{PROOF}/{}", kit.log_proof_name()), proof.into_bytes()));
            made.extend(consistency.map(|text| (format!("{PROOF}/{}", kit::CONSISTENCY), text.into_bytes())));
        }
        if let Some(page) = path.and_then(|path| seal.batch_page(path)) {
            made.push((format!("{PROOF}/{}", kit.batch_page_name()), page.text().into_bytes()));
        }
        let mut time_roots = Vec::new();
        let mut judged = seal::certificates_in(&seal.signature);
        if let Some(record) = stamping::evidence_of(object, version)? {
            judged.extend(tokens(&record).iter().flat_map(|token| seal::certificates_in_token(token)));
            if let Some((token, root)) = last_token(&record) {
                made.push((format!("{PROOF}/{}", kit::TOKEN), token));
                made.push((format!("{PROOF}/{}", kit::ROOT), format!("{root}\n").into_bytes()));
            }
            time_roots = needed(of_time.certificates(), |anchors| {
                let trust = of_time.with_time_anchors(anchors.iter().cloned());
                trust.verify_evidence(&record, &[&seal.manifest, &seal.signature], self.now).time().is_some()
            });
            made.push((format!("{PROOF}/{}", kit::TSA_ROOT), pem(&time_roots)?));
            made.push((format!("{PROOF}/{}", kit::EVIDENCE), record));
        }
        for (kind, der) in trust.revocations_about(&judged) {
            let (sha256, ending) = (sha256(der), kind.extension());
            made.push((format!("{PROOF}/{}/{sha256}.{ending}", kit::REVOCATION), der.to_vec()));
        }
        let line = page.map(|(_, path)| line_of(&seal.manifest, path));
        let fingerprints = |roots: &[Vec<u8>]| roots.iter().map(|root| sha256(root)).collect::<Vec<_>>();
        let words = texts::Instructions {
            kit: &kit,
            agency: self.case.room().agency(),
            roots: &fingerprints(&roots),
            time_roots: &fingerprints(&time_roots),
            log_key,
            manifest: sha256(&seal.manifest),
        };
        made.push((texts::INSTRUCTIONS.into(), words.text().into_bytes()));
        made.push((texts::SCRIPT.into(), texts::script(line).into_bytes()));
        made.iter().try_for_each(|(path, bytes)| stage(&to.join(path), bytes))
    }

    /// The certificates, of those that the archive trusts, without which it would not accept the seal.
    fn roots(&self, seal: &ReadSeal, trust: &Trust) -> Vec<Vec<u8>> {
        needed(trust.certificates_for_signers(), |anchors| {
            let verdict = seal.verify(&Trust::of_certificates(anchors), self.now);
            verdict.is_valid() || verdict.is_open()
        })
    }
}

/// Those who are trusted without whom it does not hold; all of them where it does not hold with them.
fn needed<'c>(all: impl Iterator<Item = &'c [u8]>, holds: impl Fn(&[Vec<u8>]) -> bool) -> Vec<Vec<u8>> {
    let all: Vec<Vec<u8>> = all.map(<[u8]>::to_vec).collect();
    let mut needed = all.clone();
    for certificate in &all {
        let others: Vec<_> = needed.iter().filter(|other| *other != certificate).cloned().collect();
        if holds(&others) {
            needed = others;
        }
    }
    needed
}

/// The tokens of all its time stamps.
fn tokens(record: &[u8]) -> Vec<Vec<u8>> {
    let record = EvidenceRecord::parse(record);
    let chains = record.as_ref().map(EvidenceRecord::chains).unwrap_or_default();
    chains.iter().flatten().map(|stamp| stamp.token.clone()).collect()
}

/// The time stamp that was made last, and the hash that it is over, in hexadecimal.
fn last_token(record: &[u8]) -> Option<(Vec<u8>, String)> {
    let record = EvidenceRecord::parse(record).ok()?;
    let last = record.last();
    let root = root_of(last.digest, &last.reduced)?;
    let root = root.iter().map(|byte| format!("{byte:02x}")).collect();
    Some((last.token.clone(), root))
}

/// The number of a path's line, from 0; a path that is not there gives a number that no line has.
fn line_of(manifest: &[u8], path: &str) -> usize {
    let lines = manifest.split(|byte| *byte == b'\n');
    lines.take_while(|line| line.get(66..) != Some(path.as_bytes())).count()
}

fn stage(path: &Path, bytes: &[u8]) -> Result<(), PipelineError> {
    durable::stage_dir(path.parent().unwrap_or(path))?;
    durable::stage_file(path, &mut &bytes[..])?;
    Ok(())
}

fn pem(certificates: &[Vec<u8>]) -> Result<Vec<u8>, PipelineError> {
    let wrong =
        |e: seal::PemError| PipelineError::Format { what: "certificate".into(), problem: e.to_string() };
    let mut text = String::new();
    for certificate in certificates {
        text.push_str(&seal::certificate_to_pem(certificate).map_err(wrong)?);
    }
    Ok(text.into_bytes())
}
