//! One page: decoded, read, written down. A function of (master digest, page, reading step).

use crate::document::OpenCase;
use crate::format::page_result::PageResult;
use crate::pack::SOFTWARE;
use crate::{PipelineError, Workbench};
use native::{NativeError, PageRaster, Reader};
use ocr::alto::{AltoFacts, Source, Step};
use ocr::{Engine, EngineIdentity, PageFinding};
use record::{FindingKind, FolioMark, PageNo, PageOutcome, Sha256, UnrecognisedReason};
use std::collections::HashSet;
use std::fs::File;
use std::sync::{Condvar, Mutex, PoisonError};

/// A page read just now.
struct Reading {
    outcome: PageOutcome,
    recipe: String,
    /// What read it.
    reader: Option<Reader>,
    folio: Option<FolioMark>,
    findings: Vec<PageFinding>,
    /// The text layer of the received PDF, as found.
    embedded_text: Option<String>,
}

/// The pages that workers have in hand, so that the same bytes (of two copies) are not read by two at once.
#[derive(Default)]
pub(crate) struct InHand {
    pages: Mutex<HashSet<PageKey>>,
    freed: Condvar,
}

type PageKey = (Sha256, u32);

/// A page in hand; dropped, the next one may take it.
struct Alone<'a>(&'a InHand, PageKey);

impl InHand {
    fn take(&self, key: PageKey) -> Alone<'_> {
        let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = self.freed.wait_while(pages, |pages| pages.contains(&key));
        taken.unwrap_or_else(PoisonError::into_inner).insert(key);
        Alone(self, key)
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.pages.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
        self.0.freed.notify_all();
    }
}

/// Reads a page, unless the ledger says that this was done. The flag tells which.
pub(crate) fn read(
    bench: &Workbench,
    case: &OpenCase,
    idx: usize,
) -> Result<(bool, PageResult), PipelineError> {
    let page = case.page(idx);
    let master = case.master(page);
    let alto_file = bench.alto_file(&master.sha256, page.page_idx);
    let embedded_file = bench.embedded_file(&master.sha256, page.page_idx);
    let _alone = bench.in_hand.take((master.sha256, page.page_idx));
    if let Some(known) = bench.ledger.page_result(&master.sha256, page.page_idx, &bench.step)?
        && alto_file.is_file()
        // A result that cannot be read is none: the page is read again.
        && let Ok(result) = PageResult::read(&known)
        && (!result.embedded_text || embedded_file.is_file())
    {
        return Ok((true, result));
    }
    let path = bench.spool.path(&master.sha256);
    let file = File::open(&path).map_err(PipelineError::io(&path))?;
    tracing::debug!(stage = "read", master = %master.sha256, page = page.page_idx + 1, "reading begins");
    let pages = case.pages_of(page.file);
    let (reading, _) = read_one(&bench.pool, &bench.ocr, &file, page.page_idx, pages)?;
    // Without a file name: the reading is of these bytes, and another case file may hold them under another name.
    let source = Source {
        file_name: String::new(),
        sha256: Some(master.sha256),
        page_of_file: Some(page.page_idx + 1),
    };
    let alto = alto(&bench.pool, PageNo::from_idx(page.page_idx as usize), source, &reading)?;
    if let Some(folder) = alto_file.parent() {
        durable::create_dir_durable(folder)?;
    }
    durable::write_file(&alto_file, alto.as_bytes())?;
    if let Some(text) = &reading.embedded_text {
        durable::write_file(&embedded_file, text.as_bytes())?;
    }
    let result = page_result(&reading, &bench.pool.identity()?);
    bench.ledger.record_page(&master.sha256, page.page_idx, &bench.step, &result.write())?;
    Ok((false, result))
}

/// A page read without an archive.
pub(crate) struct LoosePage {
    pub(crate) outcome: PageOutcome,
    pub(crate) alto: String,
    /// What read it.
    pub(crate) reader: Option<Reader>,
    /// The bút lục stamped on it.
    pub(crate) folio: Option<String>,
    /// Its pixels, where it could be decoded.
    pub(crate) raster: Option<PageRaster>,
}

/// Reads a page without an archive.
pub(crate) fn read_loose(
    pool: &native::Pool,
    file: &File,
    (page_idx, pages): (u32, u32),
    source: Source,
) -> Result<LoosePage, PipelineError> {
    let (reading, raster) = read_one(pool, &ocr::OcrConfig::default(), file, page_idx, pages)?;
    let alto = alto(pool, PageNo::from_idx(page_idx as usize), source, &reading)?;
    let folio = reading.folio.map(|folio| folio.label);
    Ok(LoosePage { outcome: reading.outcome, alto, reader: reading.reader, folio, raster })
}

fn read_one(
    pool: &native::Pool,
    config: &ocr::OcrConfig,
    file: &File,
    page_idx: u32,
    pages: u32,
) -> Result<(Reading, Option<PageRaster>), PipelineError> {
    Ok(match pool.decode(file, page_idx) {
        Ok(mut raster) => {
            // what is no back of this page, or cannot be decoded, changes nothing; of the latter the recipe tells
            let (mut missing, mut failed) = (None, None);
            let others = backs(page_idx, pages).filter_map(|other| match pool.decode(file, other) {
                Ok(other) => Some(other),
                Err(error) => {
                    match reason(error) {
                        Ok(why) => missing = missing.take().or(Some(why)),
                        Err(error) => failed = failed.take().or(Some(error)),
                    }
                    None
                }
            });
            let cleared = if pages > 1 { ocr::without_back(&raster, others) } else { None };
            if let Some(error) = failed {
                return Err(error);
            }
            let back = match (&cleared, missing) {
                (Some(_), _) => " back=1".to_owned(),
                (None, Some(why)) => format!(" back={}", why.code()),
                (None, None) => String::new(),
            };
            let reading = ocr::read_page(pool, cleared.as_ref().unwrap_or(&raster), config)?;
            // Not trusted and never used: kept beside what was read.
            let embedded_text = raster.embedded_text.take().filter(|text| !text.trim().is_empty());
            let reading = Reading {
                outcome: reading.outcome,
                recipe: format!("{}{back}", reading.recipe),
                reader: reading.recipe.reader,
                folio: reading.folio,
                findings: reading.findings,
                embedded_text,
            };
            (reading, Some(raster))
        }
        Err(error) => {
            let outcome = PageOutcome::Unrecognised { size: None, reason: reason(error)? };
            let reading = Reading {
                outcome,
                recipe: "not decoded".into(),
                reader: None,
                folio: None,
                findings: Vec::new(),
                embedded_text: None,
            };
            (reading, None)
        }
    })
}

/// The pages of the same file that may be the back of a page: of sheets scanned on both sides from the first page on, then of those after a
/// sheet that was scanned on one. Of other files none: a reading is a function of one master.
fn backs(page_idx: u32, pages: u32) -> impl Iterator<Item = u32> {
    let usual = page_idx ^ 1;
    let other = if usual > page_idx { page_idx.checked_sub(1) } else { page_idx.checked_add(1) };
    [Some(usual), other].into_iter().flatten().filter(move |idx| *idx < pages)
}

/// This page, or its file, is the reason: other pages may well be read.
pub(crate) fn is_about_one_page(error: &NativeError) -> bool {
    let ends_workers = matches!(
        error,
        NativeError::TimedOut { .. } | NativeError::Died { .. } | NativeError::OutOfMemory { .. }
    );
    ends_workers || error.is_about_the_file()
}

/// Why a page could not be decoded; an error that is not about this page stops the batch.
fn reason(error: NativeError) -> Result<UnrecognisedReason, PipelineError> {
    Ok(match error {
        NativeError::TooManyPixels { .. } => UnrecognisedReason::TooManyPixels,
        NativeError::TimedOut { .. } => UnrecognisedReason::TimedOut,
        NativeError::Died { .. } | NativeError::OutOfMemory { .. } => UnrecognisedReason::WorkerDied,
        error if error.is_about_the_file() => UnrecognisedReason::Undecodable(error.to_string()),
        error => return Err(error.into()),
    })
}

fn alto(
    pool: &native::Pool,
    page: PageNo,
    source: Source,
    reading: &Reading,
) -> Result<String, PipelineError> {
    let engine = pool.identity()?;
    let step = Step {
        description: "recognition".into(),
        settings: format!("{} model-sha256={}", reading.recipe, engine.model_sha256),
        software: SOFTWARE.into(),
        version: engine.program,
        when: None,
    };
    let facts =
        AltoFacts { page, folio: reading.folio.as_ref().map(|f| f.label.clone()), source, steps: vec![step] };
    Ok(ocr::alto::write(&facts, &reading.outcome))
}

fn page_result(reading: &Reading, identity: &EngineIdentity) -> PageResult {
    let mut findings: Vec<(FindingKind, String)> =
        reading.findings.iter().map(|f| (f.kind, f.detail.clone())).collect();
    let mut reason = None;
    match &reading.outcome {
        PageOutcome::Blank(_) if findings.is_empty() => {
            findings.push((FindingKind::BlankPage, String::new()))
        }
        PageOutcome::Unrecognised { reason: why, .. } => {
            reason = Some(why.code().to_owned());
            findings.push(match why {
                UnrecognisedReason::Undecodable(said) => (FindingKind::Undecodable, said.clone()),
                UnrecognisedReason::TooManyPixels => (FindingKind::TooManyPixels, String::new()),
                other => (FindingKind::Unrecognised, other.code().to_owned()),
            });
        }
        _ => {}
    }
    PageResult {
        v: 1,
        outcome: reading.outcome.code().into(),
        reason,
        folio: reading.folio.as_ref().map(|f| (f.label.clone(), f.confidence)),
        findings: findings.into_iter().map(|(kind, detail)| (kind.code().into(), detail)).collect(),
        embedded_text: reading.embedded_text.is_some(),
        engine: reading.reader.map(|reader| (reader.code().into(), identity.model_sha256.to_string())),
        confidence: reading.outcome.text().and_then(|t| t.confidence()).map(|c| c.round() as u8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_side_is_a_neighbour_in_the_same_file() {
        let of = |page_idx, pages| backs(page_idx, pages).collect::<Vec<_>>();
        assert_eq!(of(0, 1), [0; 0]);
        assert_eq!((of(0, 3), of(1, 3), of(2, 3)), (vec![1], vec![0, 2], vec![1]));
    }
}
