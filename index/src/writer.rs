//! Putting case files into the index.

use crate::analysis::{analyse, joined, joined_others, names, references_of};
use crate::error::IndexError;
use crate::folder;
use crate::query::{case_key, folio_key, folio_number};
use crate::schema::Fields;
use crate::search::Searcher;
use record::{AccessLabel, CaseCode, DocType, DocumentNo, PageNo, PageText, PartialDate};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tantivy::indexer::LogMergePolicy;
use tantivy::{Index, IndexWriter, TantivyDocument, Term};
use vitext::patterns::DateParts;
use vitext::patterns::reference::{date_keys, keys_of_number};

/// What the engine may hold before it writes a segment.
const MEMORY_BYTES: usize = 20_000_000;

/// How often, and after which time, it is looked whether the engine has let go of files.
const LOOKS: u32 = 500;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// What is common to all pages of a case file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexCase {
    /// Mã hồ sơ, NFC.
    pub code: CaseCode,
    /// Who may find it.
    pub label: AccessLabel,
    /// The year of the register.
    pub year: Option<u16>,
}

/// One page. Pages without text (blank, unrecognised) belong in the index too: they are counted and found by filters.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexPage {
    /// The document it belongs to.
    pub document: DocumentNo,
    /// Its number in the case file.
    pub page: PageNo,
    /// Bút lục, as read or listed.
    pub folio: Option<String>,
    /// The kind of its document.
    pub doc_type: Option<DocType>,
    /// The date of its document.
    pub date: Option<PartialDate>,
    /// Số, ký hiệu of its document, where it stands on this page: `12/CT-VKS-P1`.
    pub number: Option<String>,
    /// Units that its document comes from, beside the one that owns the case file.
    pub units: Vec<String>,
    /// People whom the document's fields find on this page.
    pub persons: Vec<String>,
    /// What was read on it.
    pub text: Option<PageText>,
}

/// The one writer of an index. Nothing is visible or durable before [`Indexer::commit`]; whatever ends the process
/// before it (or between two) leaves the index as the last commit made it. The lock is the system's (`flock`) and
/// dies with the process.
pub struct Indexer {
    dir: PathBuf,
    index: Index,
    fields: Fields,
    writer: IndexWriter,
    /// A page was put in, at any time. Before that there is nothing to take out, and the engine would keep every order to do
    /// so (2.5 kB) until a page comes that it may concern.
    has_pages: bool,
    stopped: bool,
}

impl Indexer {
    /// Opens the index in `dir` for writing, or makes an empty one. Fails with [`IndexError::Locked`] while another
    /// writer is open, in this or another process.
    pub fn open_or_create(dir: &Path) -> Result<Self, IndexError> {
        let (index, fields) = folder::open_or_create(dir)?;
        let writer = folder::guarded(dir, || {
            let writer = index.writer_with_num_threads(1, MEMORY_BYTES);
            writer.map_err(|e| IndexError::from_engine(dir, e))
        })?;
        let mut policy = LogMergePolicy::default();
        // Replaced pages are dropped soon instead of never (the engine's default).
        policy.set_del_docs_ratio_before_merge(0.2);
        writer.set_merge_policy(Box::new(policy));
        let has_pages = Searcher::of(dir, index.clone(), fields)?.page_count() > 0;
        Ok(Self { dir: dir.to_owned(), index, fields, writer, has_pages, stopped: false })
    }

    /// Throws away whatever index is in `dir`, of any version and in any state, and opens an empty one: the first step
    /// of a rebuild.
    pub fn create_anew(dir: &Path) -> Result<Self, IndexError> {
        folder::clear(dir)?;
        Self::open_or_create(dir)
    }

    /// Puts these pages in place of all that the index has of the case. They show together at the next commit; doing
    /// it again changes nothing. Of two pages with one number both would be kept: the caller gives each once.
    /// A failure stops this writer, and everything since the last commit is lost.
    pub fn put_case(
        &mut self,
        case: &IndexCase,
        pages: impl IntoIterator<Item = IndexPage>,
    ) -> Result<(), IndexError> {
        self.remove_case(&case.code)?;
        for page in pages {
            let document = self.document(case, &page);
            self.has_pages = true;
            let added = self.writer.add_document(document);
            self.checked(added)?;
        }
        Ok(())
    }

    /// Takes out all pages of a case at the next commit; nothing happens if there are none.
    pub fn remove_case(&mut self, case: &CaseCode) -> Result<(), IndexError> {
        self.refuse_when_stopped()?;
        if !self.has_pages {
            return Ok(());
        }
        self.writer.delete_term(Term::from_field_text(self.fields.case, case.as_str()));
        Ok(())
    }

    /// Takes out all pages of case files so that no file of the index holds a word of them: segments with deleted pages are
    /// written anew without them, and the old files are removed. Commits.
    pub fn erase_cases(&mut self, cases: &[CaseCode]) -> Result<(), IndexError> {
        cases.iter().try_for_each(|case| self.remove_case(case))?;
        self.commit()?;
        // The engine only marks deleted pages. A merge that it runs by itself may be writing one of the segments meanwhile:
        // then that one is looked at again.
        loop {
            let segments = self.index.searchable_segment_metas();
            let marked: Vec<_> = self
                .checked(segments)?
                .iter()
                .filter(|segment| segment.has_deletes())
                .map(|segment| segment.id())
                .collect();
            if marked.is_empty() {
                break;
            }
            for segment in marked {
                // One that was merged away meanwhile cannot be merged again; the next look tells.
                if let Err(error) = self.writer.merge(&[segment]).wait()
                    && self.index.searchable_segment_ids().is_ok_and(|ids| ids.contains(&segment))
                {
                    return self.checked(Err(error));
                }
            }
        }
        // A merge that is still at work holds the files that it reads; they go when it has ended.
        for _ in 0..LOOKS {
            let collected = self.writer.garbage_collect_files().wait();
            self.checked(collected)?;
            if !self.has_other_files()? {
                return Ok(());
            }
            std::thread::sleep(BETWEEN_LOOKS);
        }
        Err(IndexError::io(&self.dir, "the engine still holds files of what was erased"))
    }

    /// Whether files of segments lie there that no search reads any more.
    fn has_other_files(&mut self) -> Result<bool, IndexError> {
        let ids = self.index.searchable_segment_ids();
        let searched: Vec<String> = self.checked(ids)?.iter().map(|id| id.uuid_string()).collect();
        let files = std::fs::read_dir(&self.dir).map_err(|e| IndexError::io(&self.dir, e))?;
        for file in files {
            let name = file.map_err(|e| IndexError::io(&self.dir, e))?.file_name();
            // Thirty-two hexadecimal digits and an ending: a file of a segment.
            let name = name.to_string_lossy();
            if let Some((id, _)) = name.split_once('.')
                && id.len() == 32
                && !searched.iter().any(|searched| searched == id)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes everything since the last commit durable and visible to readers that reload. Costs several file syncs.
    pub fn commit(&mut self) -> Result<(), IndexError> {
        self.refuse_when_stopped()?;
        let committed = self.writer.commit();
        self.checked(committed).map(drop)
    }

    /// Forgets everything since the last commit, for example when the pages of a case could not all be read.
    pub fn rollback(&mut self) -> Result<(), IndexError> {
        self.refuse_when_stopped()?;
        let back = self.writer.rollback();
        self.checked(back).map(drop)
    }

    /// A reader of the last commit.
    pub fn searcher(&self) -> Result<Searcher, IndexError> {
        Searcher::of(&self.dir, self.index.clone(), self.fields)
    }

    /// Waits for merges under way and frees the lock; what was not committed is forgotten. Dropping does the same
    /// without waiting.
    pub fn close(self) -> Result<(), IndexError> {
        self.writer.wait_merging_threads().map_err(|e| IndexError::from_engine(&self.dir, e))
    }

    fn refuse_when_stopped(&self) -> Result<(), IndexError> {
        if self.stopped { Err(IndexError::Stopped { dir: self.dir.clone() }) } else { Ok(()) }
    }

    fn checked<T>(&mut self, result: tantivy::Result<T>) -> Result<T, IndexError> {
        result.map_err(|e| {
            self.stopped = true;
            IndexError::from_engine(&self.dir, e)
        })
    }

    fn document(&self, case: &IndexCase, page: &IndexPage) -> TantivyDocument {
        let f = &self.fields;
        let code = case.code.as_str();
        let mut d = TantivyDocument::default();
        d.add_text(f.key, format!("{code}\u{1F}{}", page.page));
        d.add_text(f.case, code);
        d.add_text(f.case_key, case_key(code));
        d.add_u64(f.document, page.document.get().into());
        d.add_u64(f.page, page.page.get().into());
        if let Some(folio) = &page.folio {
            let key = folio_key(folio);
            d.add_text(f.folio, folio);
            if let Some(number) = folio_number(&key) {
                d.add_u64(f.folio_number, number);
            }
            d.add_text(f.folio_key, key);
        }
        if let Some(doc_type) = page.doc_type {
            d.add_text(f.doc_type, doc_type.code());
        }
        if let Some(date) = page.date {
            let (from, to) = date_range(date);
            d.add_i64(f.date_from, from);
            d.add_i64(f.date_to, to);
        }
        let mut years = [page.date.map(|d| d.year), case.year];
        if years[0] == years[1] {
            years[1] = None;
        }
        for year in years.into_iter().flatten() {
            d.add_u64(f.year, year.into());
        }
        d.add_text(f.secrecy, case.label.secrecy.code());
        d.add_text(f.unit, &case.label.unit);
        d.add_text(
            f.units,
            names(std::iter::once(case.label.unit.as_str()).chain(page.units.iter().map(String::as_str))),
        );
        d.add_text(f.persons, names(page.persons.iter().map(String::as_str)));
        for key in reference_keys(page) {
            d.add_text(f.refs, key);
        }
        if let Some(text) = &page.text {
            let tokens = analyse(text);
            d.add_text(f.exact, joined(&tokens, |t| &t.exact));
            d.add_text(f.folded, joined(&tokens, |t| &t.folded));
            d.add_text(f.alt, joined_others(&tokens));
        }
        d
    }
}

/// What a page refers to: by its text, and by what is known of its document.
fn reference_keys(page: &IndexPage) -> BTreeSet<String> {
    let date = page.date.map(|d| DateParts { year: d.year, month: d.month, day: d.day });
    let known = date.map(date_keys).into_iter().chain(page.number.as_deref().map(keys_of_number)).flatten();
    let read = page.text.iter().flat_map(references_of).map(|reference| reference.key);
    known.chain(read).collect()
}

/// A date as the range YYYYMMDD..=YYYYMMDD; a month ends with 31, a year with 1231.
fn date_range(date: PartialDate) -> (i64, i64) {
    let of = |month: u8, day: u8| i64::from(date.year) * 10_000 + i64::from(month) * 100 + i64::from(day);
    match (date.month, date.day) {
        (Some(month), Some(day)) => (of(month, day), of(month, day)),
        (Some(month), None) => (of(month, 1), of(month, 31)),
        (None, _) => (of(1, 1), of(12, 31)),
    }
}

/// The date that [`date_range`] was made from.
pub(crate) fn date_of_range(from: i64, to: i64) -> Option<PartialDate> {
    let year = u16::try_from(from / 10_000).ok()?;
    let month = u8::try_from(from / 100 % 100).ok();
    let day = u8::try_from(from % 100).ok();
    Some(match () {
        () if from == to => PartialDate { year, month, day },
        () if from / 100 == to / 100 => PartialDate { year, month, day: None },
        () => PartialDate { year, month: None, day: None },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_dates_survive_as_ranges() {
        for text in ["1998", "1998-05", "1998-05-31", "1998-01-01", "1968-12"] {
            let date = PartialDate::parse(text).unwrap();
            let (from, to) = date_range(date);
            assert_eq!(date_of_range(from, to), Some(date), "{text}: {from}..{to}");
        }
        assert_eq!(date_range(PartialDate::parse("1998-05").unwrap()), (19_980_501, 19_980_531));
    }
}
