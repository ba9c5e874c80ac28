//! A question as an engine is given it: no type of any engine in it, and nothing that another could not answer.

use super::ranking::Ranking;
use record::{Clearance, Secrecy};

/// A field whose terms are looked up. docs/format/index.md says what each holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    Case,
    CaseKey,
    FolioKey,
    DocType,
    Year,
    Secrecy,
    Unit,
    Refs,
    Units,
    Persons,
    Exact,
    Folded,
    Alt,
    SeamExact,
    SeamFolded,
    CaseKind,
    Article,
    Quality,
    Near,
    Header,
}

impl Field {
    /// All of them, each at the place of its number.
    pub const ALL: [Self; 20] = [
        Self::Case,
        Self::CaseKey,
        Self::FolioKey,
        Self::DocType,
        Self::Year,
        Self::Secrecy,
        Self::Unit,
        Self::Refs,
        Self::Units,
        Self::Persons,
        Self::Exact,
        Self::Folded,
        Self::Alt,
        Self::SeamExact,
        Self::SeamFolded,
        Self::CaseKind,
        Self::Article,
        Self::Quality,
        Self::Near,
        Self::Header,
    ];

    /// The name it has in every engine.
    pub fn name(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::CaseKey => "case_key",
            Self::FolioKey => "folio_key",
            Self::DocType => "doc_type",
            Self::Year => "year",
            Self::Secrecy => "secrecy",
            Self::Unit => "unit",
            Self::Refs => "refs",
            Self::Units => "units",
            Self::Persons => "persons",
            Self::Exact => "exact",
            Self::Folded => "folded",
            Self::Alt => "alt",
            Self::SeamExact => "seam_exact",
            Self::SeamFolded => "seam_folded",
            Self::CaseKind => "case_kind",
            Self::Article => "article",
            Self::Quality => "quality",
            Self::Near => "near",
            Self::Header => "header",
        }
    }

    /// Whether its terms have positions.
    pub fn has_positions(self) -> bool {
        matches!(
            self,
            Self::Units
                | Self::Persons
                | Self::Exact
                | Self::Folded
                | Self::Alt
                | Self::SeamExact
                | Self::SeamFolded
        )
    }
}

impl Field {
    /// Whether its terms are also kept by page, so that they can be counted: [`Plan::facets`].
    pub fn has_column(self) -> bool {
        matches!(
            self,
            Self::Case
                | Self::DocType
                | Self::Year
                | Self::Secrecy
                | Self::Unit
                | Self::CaseKind
                | Self::Article
                | Self::Quality
        )
    }
}

/// Stands before the tokens of the next page in the seam fields. No token has it: it is neither letter nor digit.
pub const NEXT_PAGE: char = '>';

/// Stands before the exact form of a word of [`Field::Header`], which has folded forms too. No token has it.
pub const AS_WRITTEN: char = '=';

/// A term of a field. It is already what is stored: no engine analyses or normalises it again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term {
    /// Where it stands.
    pub field: Field,
    /// Its letters.
    pub text: String,
}

impl Term {
    /// This text in that field.
    pub fn new(field: Field, text: impl Into<String>) -> Self {
        Self { field, text: text.into() }
    }

    /// The same word at the end of a page that the next one goes on, of [`super::Seam::tail`]. Other readings are not kept there.
    pub fn in_tail(&self) -> Option<Self> {
        match self.field {
            Field::Exact => Some(Self::new(Field::SeamExact, &self.text)),
            Field::Folded => Some(Self::new(Field::SeamFolded, &self.text)),
            _ => None,
        }
    }

    /// The same word in the header of the page's document. Other readings are not kept there.
    pub fn in_header(&self) -> Option<Self> {
        match self.field {
            Field::Exact => Some(Self::new(Field::Header, format!("{AS_WRITTEN}{}", self.text))),
            Field::Folded => Some(Self::new(Field::Header, &self.text)),
            _ => None,
        }
    }

    /// The same word at the beginning of the next page, of [`super::Seam::head`].
    pub fn in_head(&self) -> Option<Self> {
        self.in_tail().map(|term| Self::new(term.field, format!("{NEXT_PAGE}{}", term.text)))
    }
}

/// Which pages answer, exactly: an engine that finds more looks at each of them (see [`Ranking::rank`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Those with at least one of the terms; none if there is no term.
    Terms(Vec<Term>),
    /// Those where one term of each place stands in the order of the places, with at most `slop` other positions between in
    /// all. Only fields with positions, which are the same in `exact`, `folded` and `alt`. At least two places.
    Phrase {
        /// The alternatives of each place; none may be empty of places, but a place may have no term: then no page answers.
        places: Vec<Vec<Term>>,
        /// Positions that may stand between, in all.
        slop: u32,
    },
    /// Those whose bút lục starts with a number from the first to the second, both included.
    Folios(u64, u64),
    /// Those that answer every part; all pages if there is none.
    All(Vec<Node>),
    /// Those that answer a part; none if there is none.
    Any(Vec<Node>),
    /// Those that do not answer.
    Not(Box<Node>),
}

/// What every page found must be, whatever was asked. Made from a clearance only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visible {
    /// Terms of [`Field::Secrecy`], of which a page has one.
    levels: Vec<Term>,
    /// Terms of [`Field::Unit`], of which it has one; `None`: any unit.
    units: Option<Vec<Term>>,
    /// Terms of [`Field::Case`], of which it has none.
    left_out: Vec<Term>,
}

impl Visible {
    /// The pages that a clearance covers.
    pub fn new(clearance: &Clearance) -> Self {
        let levels = [Secrecy::Thuong, Secrecy::Mat, Secrecy::ToiMat, Secrecy::TuyetMat];
        let covered = levels.into_iter().filter(|level| *level <= clearance.max_secrecy());
        let unit = |unit: &String| Term::new(Field::Unit, unit);
        Self {
            levels: covered.map(|level| Term::new(Field::Secrecy, level.code())).collect(),
            units: clearance.units().map(|units| units.iter().map(unit).collect()),
            left_out: clearance.left_out().iter().map(|case| Term::new(Field::Case, case.as_str())).collect(),
        }
    }

    /// The same as nodes that must all hold: [`Node::Terms`], and at most one [`Node::Not`] of such.
    pub fn nodes(&self) -> Vec<Node> {
        let had = std::iter::once(&self.levels).chain(&self.units).map(|terms| Node::Terms(terms.clone()));
        let left_out = Some(&self.left_out).filter(|terms| !terms.is_empty());
        had.chain(left_out.map(|terms| Node::Not(Box::new(Node::Terms(terms.clone()))))).collect()
    }
}

/// A question: which pages, of them which part, in which order.
#[derive(Debug, Clone)]
pub struct Plan {
    /// No page outside it changes anything of the answer.
    pub visible: Visible,
    /// Which pages answer.
    pub wanted: Node,
    /// What the pages on which all loose words stand together answer as well; all others rank behind them. An engine may look
    /// there first, and often finds as many as are asked for. `None` where that narrows nothing.
    pub together: Option<Node>,
    /// The pages that answer without any misread word; all others rank behind them. `None` where no misread word counts: then that is
    /// `wanted`.
    pub plainly: Option<Node>,
    /// How well each does.
    pub ranking: Ranking,
    /// How many pages to give; 0 to count only.
    pub limit: usize,
    /// How many to leave out before.
    pub offset: usize,
    /// Whether hits are cases: of each the best page.
    pub by_case: bool,
    /// Fields with a column whose terms are to be counted, over all pages that answer.
    pub facets: Vec<Field>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_stands_at_its_number() {
        assert!(Field::ALL.iter().enumerate().all(|(at, field)| *field as usize == at));
    }
}
