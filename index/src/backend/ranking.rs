//! What it takes to say how well a page answers: the positions of the question's words on it, by whatever engine they are read.

use super::page_doc::{Seam, Token};
use super::plan::{Node, Term};
use crate::query::Query;
use crate::rank::{self, Level, Places, Rank, Tier};
use std::sync::Arc;

/// How pages are ranked. Looks at one page only, at no statistics: so pages that may not be seen move nothing, and every
/// engine has the same order.
#[derive(Debug, Clone)]
pub struct Ranking {
    pub(crate) query: Arc<Query>,
    /// Whose positions are needed; by index into `Query::words`.
    pub words: Vec<WordTerms>,
    /// Whether each of them holds is needed; by index into `Query::filters`.
    pub filters: Vec<Node>,
    /// The pages that begin a document, with the words in its header; needed too, where it is asked.
    pub header: Option<Node>,
}

/// The terms that are a word.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WordTerms {
    /// With the marks typed.
    pub exact: Vec<Term>,
    /// Whatever the marks, as far as the question lets them differ.
    pub folded: Vec<Term>,
    /// With the marks typed or restored; empty unless the question has restored words.
    pub restored: Vec<Term>,
    /// Beside those, as misread words and other readings; empty unless the word is a tolerant one.
    pub misread: Vec<Term>,
}

/// Where the words of a question stand on one page.
#[derive(Debug, Default)]
pub struct Positions {
    /// Those of [`WordTerms::exact`].
    pub exact: Form,
    /// Those of [`WordTerms::restored`]; only where [`Ranking::is_restored`].
    pub restored: Form,
    /// Those of [`WordTerms::folded`].
    pub folded: Form,
    /// The folded ones and the misread ones; only where [`Ranking::is_tolerant`].
    pub loose: Form,
}

/// Positions in ascending order, by index into [`Ranking::words`].
#[derive(Debug, Default)]
pub struct Form {
    /// On the page.
    pub own: Vec<Vec<u32>>,
    /// Of [`Term::in_tail`]; may be empty unless [`Ranking::has_phrases`].
    pub tail: Vec<Vec<u32>>,
    /// Of [`Term::in_head`]; likewise.
    pub head: Vec<Vec<u32>>,
}

/// What of one page a question asks for.
#[derive(Debug, Default)]
pub struct Page {
    /// Of the words.
    pub positions: Positions,
    /// Whether the page is one of those of a node; by place in [`Ranking::asked`].
    pub holds: Vec<bool>,
    /// How many tokens it has.
    pub length: u32,
}

impl Ranking {
    /// How well a page answers; `None` where it does not.
    pub fn rank(&self, page: &Page) -> Option<Rank> {
        self.rank_of(&mut &page.positions, &page.holds, page.length)
    }

    /// The same where positions are read as they are needed.
    pub(crate) fn rank_of(&self, places: &mut dyn Places, holds: &[bool], length: u32) -> Option<Rank> {
        rank::rank(&self.query, places, holds, length)
    }

    /// What is to be known of a page beside its words: the filters, then the header where it is asked.
    pub fn asked(&self) -> impl Iterator<Item = &Node> {
        self.filters.iter().chain(&self.header)
    }

    /// Whether a page that answers may have a rank that `beats` says yes to. `stands` says whether a word (by index into
    /// [`Ranking::words`]) stands on it, or behind its end where that counts, in a spelling of a level.
    pub(crate) fn may_beat(
        &self,
        is_in_header: bool,
        stands: &mut dyn FnMut(Level, usize) -> bool,
        beats: &dyn Fn(Rank) -> bool,
    ) -> bool {
        rank::may_beat(&self.query, is_in_header, stands, beats)
    }

    /// The rank of a page of which it is known that its words stand together as this tier says.
    pub(crate) fn rank_within(&self, tier: Tier, holds: &[bool]) -> Rank {
        Rank { tier, window: 0, outside_header: !self.query.is_in_header(holds) }
    }

    /// Whether marks were restored to a word of the question.
    pub fn is_restored(&self) -> bool {
        self.query.is_restored()
    }

    /// Whether misread words count.
    pub fn is_tolerant(&self) -> bool {
        self.query.is_tolerant()
    }

    /// Whether words are to stand together, on the page or from its end into the next one.
    pub fn has_phrases(&self) -> bool {
        self.query.has_phrases()
    }

    /// Where the words stand among the tokens of a page: for an engine that keeps the tokens and reads no positions of its own.
    pub fn positions(&self, tokens: &[Token], seam: Option<&Seam>) -> Positions {
        let standing = |tokens: &[Token], terms: &[Term]| -> Vec<u32> {
            let here = tokens.iter().filter(|token| terms.iter().any(|term| token.has(term)));
            here.map(|token| token.position).collect()
        };
        let (tail, head) = seam.map_or((&[] as &[_], &[] as &[_]), |seam| (&seam.tail, &seam.head));
        let form = |terms: &dyn Fn(&WordTerms) -> Vec<Term>| {
            let of =
                |tokens: &[Token]| self.words.iter().map(|word| standing(tokens, &terms(word))).collect();
            // Other readings do not count over a page break.
            let without = |tokens: &[Token]| {
                let words = self.words.iter().map(terms);
                let kept =
                    words.map(|terms| terms.into_iter().filter(|term| term.in_tail().is_some()).collect());
                kept.map(|terms: Vec<Term>| standing(tokens, &terms)).collect()
            };
            Form { own: of(tokens), tail: without(tail), head: without(head) }
        };
        Positions {
            exact: form(&|word| word.exact.clone()),
            restored: if self.is_restored() { form(&|word| word.restored.clone()) } else { Form::default() },
            folded: form(&|word| word.folded.clone()),
            loose: if self.is_tolerant() { form(&WordTerms::all) } else { Form::default() },
        }
    }
}

impl WordTerms {
    /// All that a question takes for the word.
    pub fn all(&self) -> Vec<Term> {
        [self.folded.as_slice(), &self.misread].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::embedded::Reader;
    use crate::backend::{PageDoc, Plan, Reading, Visible};
    use crate::{IndexCase, IndexPage, Indexer};
    use record::{
        AccessLabel, Block, BlockKind, CaseCode, Clearance, DocumentNo, Line, PageNo, PageSize, PageText,
        PxBox, Secrecy, Turn, Word,
    };

    fn page(no: u32, text: &str) -> IndexPage {
        let bbox = PxBox { left: 0, top: 0, right: 10, bottom: 10 };
        let words = text.split(' ').map(|word| Word::new(word, bbox, 90)).collect();
        let lines = vec![Line { bbox, baseline: (10, 10), words }];
        let size = PageSize { width_px: 100, height_px: 100, dpi: 300 };
        let blocks = vec![Block { kind: BlockKind::Body, bbox, lines }];
        IndexPage {
            document: DocumentNo::new(1).unwrap(),
            page: PageNo::new(no).unwrap(),
            folio: None,
            doc_type: None,
            date: None,
            number: None,
            units: Vec::new(),
            persons: Vec::new(),
            text: Some(PageText { size, turn: Turn::Upright, blocks }),
        }
    }

    #[test]
    fn tokens_rank_a_page_as_the_walk_over_positions_does() {
        let dir = tempfile::tempdir().unwrap();
        let label = AccessLabel { secrecy: Secrecy::Thuong, unit: String::new() };
        let case = IndexCase { code: CaseCode::new("HS-1").unwrap(), label, year: None, kind: None };
        let texts = ["tội trộm cắp của viện kiểm", "sát trôm cap", "cắp một cái trộm trcm", "viện klem sát"];
        let pages: Vec<IndexPage> = (1..).zip(texts).map(|(no, text)| page(no, text)).collect();
        let mut docs: Vec<PageDoc> = pages.iter().map(|page| PageDoc::new(&case, page)).collect();
        for at in 1..docs.len() {
            docs[at - 1].seam = Seam::new(&docs[at - 1].tokens, pages[at].text.as_ref().unwrap());
        }
        let mut indexer = Indexer::open_or_create(dir.path()).unwrap();
        indexer.put_case(&case, pages).unwrap();
        indexer.commit().unwrap();
        let reader = Reader::open(dir.path()).unwrap();
        let visible = Visible::new(&Clearance::whole_archive(Secrecy::Thuong));
        let mut found_any = 0;
        for typed in [
            "trộm cắp",
            "\"trộm cắp\"",
            "=trộm",
            "~trộm",
            "~\"viện kiểm sát\"",
            "\"viện kiểm sát\"",
            "tr* -viện",
            "\"viện sát\"~1",
            "kiểm sát HOẶC cái",
            "\"sát trộm\"",
        ] {
            let query = Query::parse(typed).unwrap();
            let words = crate::expand::expand(&reader, &query, &visible).unwrap().words;
            let wanted = crate::lower::lower(&query, &words);
            let ranking = Ranking { query: Arc::new(query), words, filters: Vec::new(), header: None };
            let plan = Plan {
                visible: visible.clone(),
                wanted,
                together: None,
                plainly: None,
                ranking: ranking.clone(),
                limit: 10,
                offset: 0,
                by_case: false,
                facets: Vec::new(),
            };
            let found = reader.search(&plan).unwrap();
            for doc in &docs {
                let positions = ranking.positions(&doc.tokens, doc.seam.as_ref());
                let length = doc.tokens.len() as u32;
                let by_tokens = ranking.rank(&Page { positions, holds: Vec::new(), length });
                let hit = found.hits.iter().find(|hit| hit.page == doc.page);
                let by_walk =
                    hit.map(|hit| Rank { tier: hit.tier, window: hit.spread, outside_header: true });
                assert_eq!(by_tokens, by_walk, "{typed}, page {}", doc.page);
            }
            found_any += found.total;
        }
        assert!(found_any > 10);
    }
}
