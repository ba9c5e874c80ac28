//! How well a text was read: error rates against the truth by page, set and in all, the worst pages, header fields.
//!
//! The whole page is aligned, not line by line, so that a lost line costs a line and not the rest of the page. Pages that one
//! side lacks are named and counted as all wrong. Nothing is written and nothing repaired; layouts and figures are in
//! `docs/format/eval-report.md`.

mod error;
mod html;
mod score;
mod sources;

pub use error::EvalError;
pub use html::{ReportHead, write as write_report};
pub use score::{Field, FieldCount, FieldVerdict, TextErrors};

use crate::{PipelineError, ReadingRoom};
use native::Pool;
use record::{Clearance, Clock};
use score::Aligned;
use sources::{Cases, Generated, Kind, Page, Pages, PictureSource};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Characters of a page at most: sixty sheets in one. The time grows with the square of it; this much takes about ten seconds.
pub const MAX_PAGE_CHARS: usize = 200_000;

/// A side of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// What really stands on the page.
    Truth,
    /// What was read.
    Hypothesis,
}

/// One page, compared.
#[derive(Debug, Clone)]
pub struct PageScore {
    /// Case file, sub-folder (`.` for the folder itself) or file.
    pub set: String,
    /// Its name in the set: a number, or a file name with a number where the file has several.
    pub page: String,
    /// The side that does not have it; all of it is wrong then.
    pub lacking: Option<Side>,
    /// Errors of its text.
    pub errors: TextErrors,
    /// What came of its header fields.
    pub fields: BTreeMap<Field, FieldVerdict>,
}

/// A set of pages, or all of them.
#[derive(Debug, Clone, Default)]
pub struct SetScore {
    /// Its name; empty for all.
    pub set: String,
    /// Pages of either side.
    pub pages: u64,
    /// Pages that the hypothesis lacks.
    pub unread_pages: u64,
    /// Pages that the truth lacks.
    pub surplus_pages: u64,
    /// Errors of all their texts.
    pub errors: TextErrors,
    /// What came of their header fields.
    pub fields: BTreeMap<Field, FieldCount>,
}

impl SetScore {
    fn add_page(&mut self, page: &PageScore) {
        self.pages += 1;
        self.unread_pages += u64::from(page.lacking == Some(Side::Hypothesis));
        self.surplus_pages += u64::from(page.lacking == Some(Side::Truth));
        self.errors.add(&page.errors);
        for (field, verdict) in &page.fields {
            self.fields.entry(*field).or_default().note(*verdict);
        }
    }
}

/// A page among the worst, with its texts.
#[derive(Debug, Clone)]
pub struct WorstPage {
    /// Its figures.
    pub score: PageScore,
    aligned: Aligned,
    picture: Option<PictureSource>,
}

/// A comparison.
#[derive(Debug)]
pub struct Evaluation {
    /// Each set, in the order of the truth.
    pub sets: Vec<SetScore>,
    /// All together.
    pub total: SetScore,
    /// The pages with the highest error rate that are not free of errors, the worst first.
    pub worst: Vec<WorstPage>,
    /// Pages that one side lacks: set, page, and the side.
    pub lacking: Vec<(String, String, Side)>,
    /// Case files of the hypothesis of which the truth says nothing; they are not counted.
    pub not_compared: Vec<String>,
    archive: Option<PathBuf>,
}

/// What to compare.
#[derive(Debug, Clone, Copy)]
pub struct EvalTask<'a> {
    /// The truth.
    pub truth: &'a Path,
    /// What was read.
    pub hypothesis: &'a Path,
    /// How many of the worst pages to keep.
    pub worst: usize,
    /// Who asks, when the hypothesis is an archive.
    pub clearance: &'a Clearance,
}

/// Compares; each page is told as soon as it is counted. One case file or sub-folder is in memory at a time.
pub fn evaluate(
    task: EvalTask<'_>,
    clock: Box<dyn Clock>,
    tell: &mut dyn FnMut(&PageScore),
) -> Result<Evaluation, EvalError> {
    let EvalTask { truth, hypothesis, worst, .. } = task;
    let archive = Some(hypothesis.to_owned());
    let (sets, total) = (Vec::new(), SetScore::default());
    let (lacking, not_compared) = (Vec::new(), Vec::new());
    let evaluation = Evaluation { sets, total, worst: Vec::new(), lacking, not_compared, archive };
    let mut count = Counting { evaluation, most: worst, tell };
    match (sources::kind(truth)?, sources::kind(hypothesis)?) {
        (Kind::Archive | Kind::Exported, _) => return Err(EvalError::NoTruth(truth.to_owned())),
        (Kind::Generated, Kind::Archive) => {
            let room = ReadingRoom::open(hypothesis, clock)?;
            count.generated(&Generated::open(truth)?, &Cases::Archive(Box::new(room)), task)?;
        }
        (Kind::Generated, Kind::Folder | Kind::Exported) => {
            count.generated(&Generated::open(truth)?, &Cases::in_folder(hypothesis)?, task)?;
        }
        (Kind::File, Kind::File) => {
            let name = truth.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let of_file =
                |path: &Path| sources::pages_of_files(&BTreeMap::from([(String::new(), path.to_owned())]));
            count.set(name, of_file(truth)?, of_file(hypothesis)?)?;
        }
        (Kind::Folder, Kind::Folder) => count.folders(truth, hypothesis)?,
        _ => {
            let (truth, hypothesis) = (truth.to_owned(), hypothesis.to_owned());
            return Err(EvalError::Unlike { truth, hypothesis });
        }
    }
    Ok(count.evaluation)
}

struct Counting<'a> {
    evaluation: Evaluation,
    most: usize,
    tell: &'a mut dyn FnMut(&PageScore),
}

impl Counting<'_> {
    fn generated(&mut self, truth: &Generated, cases: &Cases, task: EvalTask<'_>) -> Result<(), EvalError> {
        let (mut found, mut has_fields) = (false, false);
        for code in &truth.cases {
            let read = cases.pages(code, task.clearance)?;
            found |= read.is_some();
            has_fields |= read.iter().flat_map(Pages::values).any(|page| page.fields.is_some());
            self.set(code.clone(), truth.pages(code)?, read.unwrap_or_default())?;
        }
        if !found {
            let example = truth.cases.first().cloned().unwrap_or_default();
            let (truth, hypothesis) = (task.truth.to_owned(), task.hypothesis.to_owned());
            return Err(EvalError::NothingInCommon { truth, hypothesis, example });
        }
        if !has_fields {
            // plain texts: nobody was asked for fields, so pages that are not there lack none
            self.evaluation.sets.iter_mut().for_each(|set| set.fields.clear());
            self.evaluation.total.fields.clear();
        }
        self.evaluation.not_compared = cases.others(&truth.cases, task.clearance)?;
        Ok(())
    }

    fn folders(&mut self, truth: &Path, hypothesis: &Path) -> Result<(), EvalError> {
        let (truths, reads) = (sources::texts_below(truth)?, sources::texts_below(hypothesis)?);
        for (texts, folder) in [(&truths, truth), (&reads, hypothesis)] {
            if texts.is_empty() {
                return Err(EvalError::NoTexts(folder.to_owned()));
            }
        }
        let none = BTreeMap::new();
        let sets: BTreeSet<&String> = truths.keys().chain(reads.keys()).collect();
        let has_both = |set: &&String| {
            let (truth, read) = (truths.get(*set).unwrap_or(&none), reads.get(*set).unwrap_or(&none));
            truth.keys().any(|name| read.contains_key(name))
        };
        if !sets.iter().any(has_both) {
            let example = truths.values().flat_map(BTreeMap::keys).next().cloned().unwrap_or_default();
            let (truth, hypothesis) = (truth.to_owned(), hypothesis.to_owned());
            return Err(EvalError::NothingInCommon { truth, hypothesis, example });
        }
        for set in sets {
            let truth = sources::pages_of_files(truths.get(set).unwrap_or(&none))?;
            let read = sources::pages_of_files(reads.get(set).unwrap_or(&none))?;
            self.set(set.clone(), truth, read)?;
        }
        Ok(())
    }

    fn set(&mut self, name: String, mut truth: Pages, mut read: Pages) -> Result<(), EvalError> {
        let keys: BTreeSet<_> = truth.keys().chain(read.keys()).cloned().collect();
        let several = |file: &str| keys.contains(&(file.to_owned(), 2));
        let mut set = SetScore { set: name, ..SetScore::default() };
        for key in &keys {
            let page = match key {
                (file, no) if file.is_empty() => no.to_string(),
                (file, no) if several(file) => format!("{file}#{no}"),
                (file, _) => file.clone(),
            };
            let worst = compare(&set.set, page, truth.remove(key), read.remove(key))?;
            set.add_page(&worst.score);
            self.evaluation.total.add_page(&worst.score);
            if let Some(side) = worst.score.lacking {
                self.evaluation.lacking.push((set.set.clone(), worst.score.page.clone(), side));
            }
            (self.tell)(&worst.score);
            self.keep(worst);
        }
        self.evaluation.sets.push(set);
        Ok(())
    }

    /// Keeps it when it is among the worst.
    fn keep(&mut self, page: WorstPage) {
        let badness = |page: &WorstPage| (page.score.errors.cer.rate(), page.score.errors.cer.edits);
        let worst = &mut self.evaluation.worst;
        let place = worst.partition_point(|other| badness(other) >= badness(&page));
        if page.score.errors.cer.edits > 0 && place < self.most {
            worst.insert(place, page);
            worst.truncate(self.most);
        }
    }
}

fn compare(set: &str, page: String, truth: Option<Page>, read: Option<Page>) -> Result<WorstPage, EvalError> {
    let lacking = match (&truth, &read) {
        (None, _) => Some(Side::Truth),
        (_, None) => Some(Side::Hypothesis),
        _ => None,
    };
    let (truth, read) = (truth.unwrap_or_default(), read.unwrap_or_default());
    let (errors, aligned) = score::page(&truth.text, &read.text).map_err(|chars| EvalError::PageTooLong {
        set: set.to_owned(),
        page: page.clone(),
        chars,
        max: MAX_PAGE_CHARS,
    })?;
    // A page that is not there has not read its fields; a plain text has none to read.
    let fields = match (&read.fields, lacking) {
        (Some(fields), _) => score::fields(&truth.expected, fields),
        (None, Some(Side::Hypothesis)) => score::fields(&truth.expected, &BTreeMap::new()),
        (None, _) => BTreeMap::new(),
    };
    let score = PageScore { set: set.to_owned(), page, lacking, errors, fields };
    Ok(WorstPage { score, aligned, picture: truth.picture.or(read.picture) })
}

/// Longest side of a picture in the report, in pixels.
const MAX_PICTURE_SIDE_PX: u32 = 1100;

impl Evaluation {
    /// The pictures of the worst pages as JPEGs, in their order; `None` where there is none or it cannot be shown.
    pub fn pictures(
        &self,
        pool: &Pool,
        clearance: &Clearance,
        clock: Box<dyn Clock>,
    ) -> Result<Vec<Option<Vec<u8>>>, PipelineError> {
        let is_stored = |page: &WorstPage| matches!(page.picture, Some(PictureSource::Stored(..)));
        let room = match &self.archive {
            Some(archive) if self.worst.iter().any(is_stored) => Some(ReadingRoom::open(archive, clock)?),
            _ => None,
        };
        let picture = |page: &WorstPage| match (&page.picture, &room) {
            (Some(PictureSource::File(path, page_idx)), _) => {
                let file = ingest::open_plain(path).ok()?;
                pool.display(&file, *page_idx, Some(MAX_PICTURE_SIDE_PX)).ok()
            }
            (Some(PictureSource::Stored(code, no)), Some(room)) => {
                let case = room.open_case(clearance, code).ok()?;
                let bytes = case.picture(*no, pool, crate::Deviant::Withhold).ok()?.bytes?;
                let mut file = tempfile::tempfile().ok()?;
                file.write_all(&bytes).ok()?;
                pool.display(&file, 0, Some(MAX_PICTURE_SIDE_PX)).ok()
            }
            _ => None,
        };
        Ok(self.worst.iter().map(picture).collect())
    }
}
