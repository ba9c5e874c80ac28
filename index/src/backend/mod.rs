//! What an engine has to do, and nothing of how: it keeps analysed pages and looks terms up. All that makes an answer what it is
//! (words, questions, ranks, highlights) stands outside.

pub(crate) mod embedded;
pub mod opensearch;
mod page_doc;
mod plan;
mod ranking;

pub use crate::rank::Rank;
pub(crate) use page_doc::SEAM;
pub use page_doc::{PageDoc, SCHEMA_VERSION, Seam, Token, date_of_range};
pub use plan::{AS_WRITTEN, Field, NEXT_PAGE, Node, Plan, Term, Visible};
pub use ranking::{Form, Page, Positions, Ranking, WordTerms};

use crate::error::IndexError;
use crate::search::Hit;
use record::{CaseCode, PageNo};
use std::collections::BTreeMap;

/// A change, in the order in which changes are made.
#[derive(Debug)]
pub enum Order {
    /// A page is added. Its case was taken out before, or is new.
    Put(Box<PageDoc>),
    /// All pages of a case are taken out, those put since the last commit too.
    Remove(CaseCode),
}

/// The one writer of an index. Nothing is visible or durable before [`Writing::commit`]; whatever ends the process before it
/// leaves the index as the last commit made it. A failure stops the writer: [`IndexError::Stopped`] from then on.
pub trait Writing: Send {
    /// Takes a change. It may be made at once or at the next commit.
    fn apply(&mut self, order: Order) -> Result<(), IndexError>;

    /// Makes everything since the last commit durable and visible to readers that reload, all of it or nothing, and keeps
    /// `checkpoint` with it: the number of this commit, greater than all before.
    fn commit(&mut self, checkpoint: u64) -> Result<(), IndexError>;

    /// The checkpoint of the last commit; 0 before the first.
    fn checkpoint(&mut self) -> Result<u64, IndexError>;

    /// Forgets everything since the last commit.
    fn rollback(&mut self) -> Result<(), IndexError>;

    /// Makes sure that nothing of what was taken out (and committed) is left in any file of the index.
    fn erase(&mut self) -> Result<(), IndexError>;

    /// A reader of the last commit.
    fn reader(&self) -> Result<Box<dyn Reading>, IndexError>;

    /// Waits for work under way and frees the index; what was not committed is forgotten.
    fn close(self: Box<Self>) -> Result<(), IndexError>;
}

/// Leave to look at pages whoever may see them. Made in this crate alone: to expand words, which then count on visible pages only, and for
/// an [`crate::Inventory`].
#[derive(Debug, Clone, Copy)]
pub struct Whole(());

impl Whole {
    pub(crate) fn index() -> Self {
        Self(())
    }
}

/// Reads an index, from any thread and beside a writer. Shows the state of its opening or last reload. An answer is whole: what
/// cannot be read is an error, never fewer pages.
pub trait Reading: Send + Sync {
    /// Shows what has been committed since; whether there was anything.
    fn reload(&self) -> Result<bool, IndexError>;

    /// Answers a question. The order is that of [`Rank`], case code (by its bytes), page.
    fn search(&self, plan: &Plan) -> Result<Found, IndexError>;

    /// All terms of a field that begin so, of visible pages and others, in any order, each once.
    fn beginning(&self, of: Whole, field: Field, letters: &str) -> Result<Vec<String>, IndexError>;

    /// All terms of a field at a Levenshtein distance of 1 at most, of visible pages and others, in any order, each once.
    fn near(&self, of: Whole, field: Field, word: &str) -> Result<Vec<String>, IndexError>;

    /// The first `limit` of these terms that stand on a visible page, in their order.
    fn on_visible_pages(
        &self,
        visible: &Visible,
        field: Field,
        terms: &[String],
        limit: usize,
    ) -> Result<Vec<String>, IndexError>;

    /// The visible pages whose fingerprint has a term of [`Field::Near`] in common with this one and differs from it in
    /// `distance` bits at most; the first `limit` of them.
    fn similar(
        &self,
        visible: &Visible,
        fingerprint: u64,
        distance: u32,
        limit: usize,
    ) -> Result<Similar, IndexError>;

    /// The cases that have a visible page, and how many. Costs one step for each such page.
    fn cases(&self, visible: &Visible) -> Result<BTreeMap<CaseCode, u32>, IndexError>;

    /// The numbers of the pages that the index has of a case, whoever may see them, ascending; twice if it has one twice.
    fn pages_of(&self, of: Whole, case: &CaseCode) -> Result<Vec<PageNo>, IndexError>;

    /// Reads everything and compares checksums; [`IndexError::Corrupt`] names what differs.
    fn check(&self) -> Result<(), IndexError>;
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// All visible pages that answer.
    pub total: usize,
    /// How many cases they belong to; 0 unless asked by case.
    pub cases: usize,
    /// The part asked for, best first.
    pub hits: Vec<Hit>,
    /// For each field asked, how many of the pages have each term; terms that none of them has are not named.
    pub facets: Vec<BTreeMap<String, usize>>,
}

/// Visible pages that are nearly the same as one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Similar {
    /// How many.
    pub total: usize,
    /// The first of them: the closest, then by case code and page.
    pub pages: Vec<(CaseCode, PageNo)>,
}
