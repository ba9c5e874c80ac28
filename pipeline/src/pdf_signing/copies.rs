//! Copies that leave: the searchable PDFs of a case file in a folder, each the sealed bytes with signatures behind them.

use super::{Marking, PdfLevel, PdfSigners, Unsigned};
use crate::config::{ArchiveConfig, Layout};
use crate::fixity::whole_seconds;
use crate::opened_case::{Exported, OpenedCase};
use crate::sealing::{OpenKey, check_signers};
use crate::stamping::clock_is_not_behind;
use crate::trust_store::archive_trust;
use crate::{PipelineError, SealedFile};
use archive_store::{StoreError, UnfinishedFolder};
use durable::DurableError;
use record::Clock;
use seal::pades::{Grown, copy_mark};
use std::io::Seek;
use std::path::{Path, PathBuf};

/// The form of a copy of the whole document (Nghị định 30/2020/NĐ-CP, Điều 3.10).
const FORM_OF_COPY: &str = "SAO Y";

/// What copies are to be made.
#[derive(Debug, Clone, Copy)]
pub struct CopyOrder<'a> {
    /// How long their signatures can be judged.
    pub level: PdfLevel,
    /// The folder, which must not exist; without it in the current folder, named after the object, with `_ban-sao` behind it.
    pub to: Option<&'a Path>,
}

/// What copies were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiesMade {
    /// Where.
    pub exported: Exported,
    /// How many.
    pub copies: usize,
    /// Documents of the case file that have no searchable PDF.
    pub without_pdf: usize,
    /// Bytes of all copies as sealed.
    pub sealed_bytes: u64,
    /// Bytes that signing added to them.
    pub added_bytes: u64,
}

/// Signs copies of all searchable PDFs of a case file with the agency's key, and with the officer's before it where one is
/// given. Each is judged as a reader will who trusts what the archive trusts; the folder appears whole or not at all.
///
/// # Errors
/// [`PipelineError::NotSealed`] where something is not what was sealed; [`PipelineError::PdfSigning`] where a level cannot be
/// reached, with what is missing for it; [`PipelineError::ClockBehind`].
pub fn export_signed_copies(
    root: &Path,
    case: &OpenedCase<'_>,
    order: &CopyOrder<'_>,
    (officer, agency): (Option<&OpenKey>, &OpenKey),
    clock: &dyn Clock,
) -> Result<CopiesMade, PipelineError> {
    case.check_record()?;
    let layout = Layout { root: root.to_owned() };
    let config = ArchiveConfig::read(&layout.config())?;
    let at = whole_seconds(clock.now());
    clock_is_not_behind(&layout, at)?;
    check_signers(&layout, officer, agency)?;
    order.level.is_in_reach(&config)?;
    let own_name = || PathBuf::from(format!("{}_ban-sao", archive_store::package_name(case.object_id())));
    let to = order.to.map_or_else(own_name, Path::to_owned);
    case.room().check_outside(&to)?;
    if to.exists() {
        return Err(StoreError::Write(DurableError::Exists { op: "write", path: to }).into());
    }
    let marking = Marking::read(&layout, &config)?;
    let signers = PdfSigners {
        keys: officer.into_iter().chain([agency]).collect(),
        marking: &marking,
        lines: copy_mark(FORM_OF_COPY, &config.agency, at),
        at,
        level: order.level,
        trust: archive_trust(&layout)?,
        config: &config,
        clock,
    };
    let folder = UnfinishedFolder::create(&to)?;
    let exported = Exported { version: case.view().version, packages: 1, path: to.clone() };
    let mut made = CopiesMade { exported, copies: 0, without_pdf: 0, sealed_bytes: 0, added_bytes: 0 };
    for idx in 0..case.view().pdf_paths.len() {
        let Some(sealed) = case.pdf(idx)? else {
            made.without_pdf += 1;
            continue;
        };
        // Two may have one name: an imported package names them as it will.
        let place = folder.path().join(sealed.name());
        let place =
            if place.exists() { folder.path().join(format!("{}.{}", idx + 1, sealed.name())) } else { place };
        made.added_bytes += write(&signers, &sealed, &place)?;
        made.sealed_bytes += sealed.bytes();
        made.copies += 1;
    }
    folder.finish()?;
    Ok(made)
}

/// Signs one copy and writes it; how many bytes were added.
fn write(signers: &PdfSigners<'_>, sealed: &SealedFile, place: &Path) -> Result<u64, PipelineError> {
    let subject = sealed.name();
    let mut pdf = Grown::new(sealed.reader()).map_err(PipelineError::io(subject))?;
    signers.sign(&mut pdf, &Unsigned { subject, bytes: sealed.bytes(), hashed: None }, &signers.keys)?;
    pdf.rewind().map_err(PipelineError::io(subject))?;
    durable::put_new(place, &mut pdf)?;
    Ok(pdf.appended().len() as u64)
}
