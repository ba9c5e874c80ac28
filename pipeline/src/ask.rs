//! Passages for questions, for an assistant that is not part of this program: stretches of sealed text with the place where each stands,
//! so that whoever quotes one can be checked. No word is written here.

use crate::opened_case::{Extent, OpenedCase};
use crate::reading_room::ReadingRoom;
use crate::{Damage, PipelineError};
use index::{Hit, Question};
use record::{CaseCode, Clearance, PageNo, PageText, PxBox, Sha256};
use std::collections::BTreeSet;

/// Pages looked at for one question.
const MOST_PAGES: usize = 60;

/// A stretch of a page, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Citation {
    /// Mã hồ sơ.
    pub case: CaseCode,
    /// The version of the case file, from 1: later ones may read another text.
    pub version: u32,
    /// The page in the case file.
    pub page: PageNo,
    /// Bút lục; empty where it is not known.
    pub folio: String,
    /// SHA-256 of the sealed file (ALTO) that the text was read from.
    pub sha256: Sha256,
    /// The words of the page from the first to the last of each run, numbers from 0.
    pub words: Vec<(usize, usize)>,
    /// The words, a space between, as they were read.
    pub text: String,
    /// A box for each line, in pixels of the page as displayed.
    pub boxes: Vec<PxBox>,
}

/// What was found for a question.
#[derive(Debug)]
pub struct Passages {
    /// The words that were looked for.
    pub words: Vec<String>,
    /// Best first, at most one of each page.
    pub citations: Vec<Citation>,
    /// Case files that could not be looked into because they are not as they were sealed.
    pub damaged: Vec<Damage>,
}

/// Whether a citation is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The text stands there, in the sealed file that is named.
    Stands,
    /// There is no such case file, version, page or word for this clearance.
    NoSuchPlace,
    /// The file named is not the sealed one.
    OtherFile,
    /// Other words, another bút lục or other boxes are there.
    OtherText,
}

impl Standing {
    /// A stable word for `--json`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Stands => "stands",
            Self::NoSuchPlace => "no-such-place",
            Self::OtherFile => "other-file",
            Self::OtherText => "other-text",
        }
    }
}

impl ReadingRoom {
    /// The `limit` best passages for a question. What the clearance does not cover changes nothing of the answer. Pages are looked for by all
    /// words of the question that carry it, then by ever fewer, until there are enough.
    pub fn ask(
        &self,
        clearance: &Clearance,
        question: &str,
        limit: usize,
    ) -> Result<Passages, PipelineError> {
        let question = Question::new(question, &self.lexicon())?;
        let clearance = &self.look(clearance)?;
        let mut found: Vec<(f32, Citation)> = Vec::new();
        let (mut damaged, mut unreadable) = (Vec::new(), BTreeSet::new());
        for hit in self.pages_for(clearance, &question)? {
            match self.best_of_page(clearance, &question, &hit) {
                Ok(passage) => found.extend(passage),
                // Each case file once.
                Err(_) if !unreadable.insert(hit.case.clone()) => {}
                Err(error) => damaged.push(Damage::of(&hit.case, error)),
            }
        }
        let place = |citation: &Citation| (citation.case.clone(), citation.page);
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| place(&a.1).cmp(&place(&b.1))));
        found.truncate(limit);
        let words = question.words().into_iter().map(str::to_owned).collect();
        Ok(Passages { words, citations: found.into_iter().map(|(_, citation)| citation).collect(), damaged })
    }

    fn pages_for(&self, clearance: &Clearance, question: &Question) -> Result<Vec<Hit>, PipelineError> {
        let mut hits: Vec<Hit> = Vec::new();
        let mut seen = BTreeSet::new();
        for query in question.queries() {
            let found = self.searcher.search(clearance, &query, MOST_PAGES, 0)?.hits;
            hits.extend(found.into_iter().filter(|hit| seen.insert((hit.case.clone(), hit.page))));
            if hits.len() >= MOST_PAGES {
                break;
            }
        }
        hits.truncate(MOST_PAGES);
        Ok(hits)
    }

    fn best_of_page(
        &self,
        clearance: &Clearance,
        question: &Question,
        hit: &Hit,
    ) -> Result<Option<(f32, Citation)>, PipelineError> {
        let Some(case) = self.try_open(clearance, &hit.case, Extent::AtPage(hit.page))? else {
            return Ok(None);
        };
        let (Some(text), sha256) = case.sealed_text(hit.page)? else { return Ok(None) };
        let Some(passage) = question.best_passage(&text) else { return Ok(None) };
        Ok(cited(&case, hit.page, &text, sha256, &passage.words).map(|citation| (passage.score, citation)))
    }

    /// Whether what a citation says stands where it says, by the sealed text of the version that it names.
    pub fn check_citation(
        &self,
        clearance: &Clearance,
        citation: &Citation,
    ) -> Result<Standing, PipelineError> {
        let extent = Extent::AtPage(citation.page);
        let opened = self.open_extent(clearance, &citation.case, Some(citation.version), extent);
        let read = opened.and_then(|case| Ok((case.sealed_text(citation.page)?, case)));
        let ((text, sha256), case) = match read {
            Ok(read) => read,
            Err(
                PipelineError::NoCase(_) | PipelineError::NoVersion { .. } | PipelineError::NoPage { .. },
            ) => {
                return Ok(Standing::NoSuchPlace);
            }
            Err(error) => return Err(error),
        };
        if sha256 != citation.sha256 {
            return Ok(Standing::OtherFile);
        }
        let runs = citation.words.iter().flat_map(|(first, last)| *first..=*last);
        let words: Vec<usize> = runs.take(text.as_ref().map_or(0, |text| text.words().count()) + 1).collect();
        let is_unbroken = text.as_ref().is_some_and(|text| is_unbroken(text, &words));
        let there = text.and_then(|text| cited(&case, citation.page, &text, sha256, &words));
        Ok(match there {
            None => Standing::NoSuchPlace,
            Some(there) if is_unbroken && there == *citation => Standing::Stands,
            Some(_) => Standing::OtherText,
        })
    }
}

/// Whether words stand in their order with none left out between them but those of marks, or, between words of a mark, of the
/// body and other marks: a passage says what the page says.
fn is_unbroken(text: &PageText, words: &[usize]) -> bool {
    let streams = text.blocks.iter().enumerate().flat_map(|(no, block)| {
        let stream = if block.kind.is_mark() { no + 1 } else { 0 };
        let words = block.lines.iter().map(|line| line.words.len()).sum();
        std::iter::repeat_n(stream, words)
    });
    let streams: Vec<usize> = streams.collect();
    let Some(stream) = words.first().and_then(|word| streams.get(*word)) else { return false };
    words.windows(2).all(|pair| {
        pair[0] < pair[1] && streams.get(pair[0] + 1..pair[1]).is_some_and(|left| !left.contains(stream))
    })
}

/// `None` where the page has no such words, or none are named.
fn cited(
    case: &OpenedCase<'_>,
    page: PageNo,
    text: &PageText,
    sha256: Sha256,
    words: &[usize],
) -> Option<Citation> {
    let all: Vec<&record::Word> = text.words().collect();
    let named: Vec<&str> =
        words.iter().map(|word| Some(all.get(*word)?.text.as_str())).collect::<Option<_>>()?;
    let view = case.view();
    let (_, of_case) = view.case.page(page)?;
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for word in words {
        match runs.last_mut() {
            Some(run) if run.1 + 1 == *word => run.1 = *word,
            _ => runs.push((*word, *word)),
        }
    }
    (!named.is_empty()).then(|| Citation {
        case: view.case.header.code.clone(),
        version: view.version,
        page,
        folio: of_case.folio.as_ref().map(|folio| folio.label.clone()).unwrap_or_default(),
        sha256,
        words: runs,
        text: named.join(" "),
        boxes: boxes(text, words),
    })
}

fn boxes(text: &PageText, words: &[usize]) -> Vec<PxBox> {
    let mut boxes = Vec::new();
    let mut at = 0;
    for line in text.blocks.iter().flat_map(|block| &block.lines) {
        let own = line
            .words
            .iter()
            .enumerate()
            .filter(|(n, _)| words.contains(&(at + n)))
            .map(|(_, word)| &word.bbox);
        let own: Vec<&PxBox> = own.collect();
        if !own.is_empty() {
            boxes.push(PxBox::around(own));
        }
        at += line.words.len();
    }
    boxes
}
