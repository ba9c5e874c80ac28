//! What was asked, analysed: clauses of words, and filters.

use record::DocType;

/// A question to the index: words and phrases that a page must all have, and filters. Made by [`Query::parse`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub(crate) clauses: Vec<Clause>,
    pub(crate) filters: Vec<Filter>,
    /// The different words; slots are indexes into it.
    pub(crate) words: Vec<QueryWord>,
}

/// A quoted phrase, or a run of loose words between phrases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clause {
    /// What must stand together: a quoted phrase is one unit, a loose word is one, `12/CT-VKS` is one of three slots.
    pub(crate) units: Vec<Vec<usize>>,
    pub(crate) quoted: bool,
}

impl Clause {
    /// All its slots in the order typed.
    pub(crate) fn slots(&self) -> Vec<usize> {
        self.units.concat()
    }
}

/// A word as typed, in both forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryWord {
    pub(crate) exact: String,
    pub(crate) folded: String,
    /// Typed with marks.
    pub(crate) marked: bool,
}

/// A condition on a page's particulars. Those of one kind widen each other, those of different kinds narrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    /// `bl:45`, `bl:45a`.
    Folio(String),
    /// `bl:45-47`, both included.
    FolioRange(u64, u64),
    /// `ho-so:CODE`, folded and in lower case.
    Case(String),
    /// `loai:cao-trang`.
    DocType(DocType),
    /// `nam:2019`: of the document's date or of the register.
    Year(u16),
}

impl Query {
    /// Whether words are searched for, or only filters asked.
    pub fn has_words(&self) -> bool {
        !self.clauses.is_empty()
    }
}
