//! What was asked, analysed: a tree of words, phrases and filters. docs/search.md says how it is typed.

mod field;
mod keys;
mod lex;
mod outline;
mod parse;
mod unused;

pub use outline::Outline;
pub use unused::UnusedSign;

pub(crate) use field::{Asked, Condition, FieldName};
pub(crate) use keys::{case_key, folded_words, folio_key, folio_number};

use std::ops::Range;
use vitext::{is_marked, syllable};

/// A question to the index. Made by [`Query::parse`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub(crate) root: Node,
    /// The different words; slots are indexes into it.
    pub(crate) words: Vec<QueryWord>,
    /// What is asked of a page's particulars; one of a group is enough.
    pub(crate) filters: Vec<Vec<Asked>>,
    /// As typed (NFC).
    pub(crate) text: String,
    /// Where in it words stand, ascending: index into `words`, and bytes.
    pub(crate) places: Vec<(usize, Range<usize>)>,
    /// Signs in it that mean nothing where they stand.
    pub(crate) unused: Vec<UnusedSign>,
}

/// A part of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    /// A phrase, or a run of loose words.
    Words(Clause),
    /// A group of `Query::filters`.
    Filter(usize),
    All(Vec<Node>),
    Any(Vec<Node>),
    /// Stands only in an `All` beside something that is wanted.
    Not(Box<Node>),
}

/// A quoted phrase, or a run of loose words with nothing but filters between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clause {
    /// What must stand together: a quoted phrase is one unit, a loose word is one, `12/CT-VKS` is one of three slots.
    pub(crate) units: Vec<Vec<usize>>,
    pub(crate) quoted: bool,
    /// Words that may stand between those of a phrase, in all.
    pub(crate) slop: u32,
}

impl Clause {
    /// All its slots in the order typed.
    pub(crate) fn slots(&self) -> Vec<usize> {
        self.units.concat()
    }
}

/// What counts as the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Any marks; those typed come first.
    Plain,
    /// `=word`: with the very marks typed.
    Exact,
    /// `~word`: also what recognition may have made of it.
    Tolerant,
}

/// A word as typed, in both forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryWord {
    /// As typed (NFC).
    pub(crate) typed: String,
    pub(crate) exact: String,
    /// Of a beginning: of its letters.
    pub(crate) folded: String,
    /// The folded form if nothing follows: `li` of `ly*`, whose other words begin with `ly`.
    pub(crate) whole: String,
    /// Typed with marks.
    pub(crate) marked: bool,
    pub(crate) manner: Manner,
    /// `word*`: whatever begins with it.
    pub(crate) is_prefix: bool,
    /// What it likely is, where it was typed without marks: see `Query::restore`.
    pub(crate) restored: Vec<Restored>,
}

/// A word with its marks put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Restored {
    pub(crate) written: String,
    pub(crate) exact: String,
}

impl QueryWord {
    fn new(typed: &str, manner: Manner, is_prefix: bool) -> Self {
        let whole = syllable::folded(typed);
        Self {
            typed: typed.to_owned(),
            exact: syllable::exact(typed),
            folded: if is_prefix { syllable::folded_beginning(typed) } else { whole.clone() },
            whole,
            marked: is_marked(typed),
            manner,
            is_prefix,
            restored: Vec::new(),
        }
    }

    /// Whether a word of a page, in exact form, is what this one was restored to.
    pub(crate) fn is_restored_as(&self, exact: &str) -> bool {
        self.restored.iter().any(|restored| restored.exact == exact)
    }

    /// Whether a word of a page, in exact form, is this one with the marks typed. Of a beginning the tone may still be to come.
    pub(crate) fn is_exactly(&self, exact: &str) -> bool {
        if !self.is_prefix {
            return exact == self.exact;
        }
        let ((stem, tone), (typed, typed_tone)) = (parted(exact), parted(&self.exact));
        stem.starts_with(typed) && (typed_tone.is_empty() || tone == typed_tone)
    }

    /// Whether a word of a page, in folded form, is this one whatever its marks.
    pub(crate) fn is_folded(&self, folded: &str) -> bool {
        folded == self.whole || self.is_prefix && folded.starts_with(&self.folded)
    }

    /// Whether a word of a page, in folded form, is no syllable and one letter away from this one, which is a syllable.
    pub(crate) fn is_misread_as(&self, folded: &str) -> bool {
        self.manner == Manner::Tolerant
            && is_one_edit(&self.folded, folded)
            && syllable::is_spelt(&self.folded)
            && !syllable::is_spelt(folded)
    }
}

/// An exact form as letters and tone.
fn parted(exact: &str) -> (&str, &str) {
    exact.split_at(exact.trim_end_matches(syllable::TONES).len())
}

/// Whether one letter replaced, added or left out makes one word the other.
fn is_one_edit(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() > b.len() {
        return one_edit(&b, &a);
    }
    one_edit(&a, &b)
}

/// Whether one word may have been typed for the other: one letter replaced, added or left out, or two neighbours exchanged.
pub(crate) fn is_slip(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let at = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let exchanged = || {
        a.len() == b.len()
            && at + 1 < a.len()
            && (a[at], a[at + 1]) == (b[at + 1], b[at])
            && a[at + 2..] == b[at + 2..]
    };
    if a.len() > b.len() { one_edit(&b, &a) } else { one_edit(&a, &b) || exchanged() }
}

/// `short` is not the longer.
fn one_edit(short: &[char], long: &[char]) -> bool {
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    match long.len() - short.len() {
        0 => same < short.len() && short[same + 1..] == long[same + 1..],
        1 => short[same..] == long[same + 1..],
        _ => false,
    }
}

impl Query {
    /// Whether words are searched for, or only filters asked.
    pub fn has_words(&self) -> bool {
        !self.words.is_empty()
    }

    /// Signs that are operators elsewhere than where they were typed, and were passed over: to be told to who typed them.
    pub fn unused_signs(&self) -> &[UnusedSign] {
        &self.unused
    }

    /// Whether words are to stand together.
    pub(crate) fn has_phrases(&self) -> bool {
        fn has(node: &Node) -> bool {
            match node {
                Node::Words(clause) => clause.units.iter().any(|unit| unit.len() > 1),
                Node::Filter(_) => false,
                Node::All(parts) | Node::Any(parts) => parts.iter().any(has),
                Node::Not(part) => has(part),
            }
        }
        has(&self.root)
    }

    /// Whether the words stand in the header of a page's document, by what is known of the page: behind the filters.
    pub(crate) fn is_in_header(&self, holds: &[bool]) -> bool {
        holds.get(self.filters.len()).copied().unwrap_or(false)
    }

    /// Whether misread words count.
    pub(crate) fn is_tolerant(&self) -> bool {
        self.words.iter().any(|w| w.manner == Manner::Tolerant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_apart() {
        for (a, b) in
            [("kiem", "klem"), ("kiem", "kim"), ("kim", "kiem"), ("an", "a"), ("an", "xan"), ("", "a")]
        {
            assert!(is_one_edit(a, b), "{a} {b}");
        }
        for (a, b) in [("kiem", "kiem"), ("kiem", "keim"), ("an", "ba"), ("an", "bann"), ("", "")] {
            assert!(!is_one_edit(a, b), "{a} {b}");
        }
    }

    #[test]
    fn slips_of_the_finger() {
        for (a, b) in [("sta", "sat"), ("kiem", "kim"), ("kiem", "kien"), ("dagn", "dang")] {
            assert!(is_slip(a, b) && is_slip(b, a), "{a} {b}");
        }
        for (a, b) in [("sat", "sat"), ("sat", "tas"), ("abcd", "badc"), ("a", ""), ("", "")] {
            assert_eq!(is_slip(a, b), a.len() != b.len(), "{a} {b}");
        }
    }

    #[test]
    fn beginnings_agree_as_far_as_they_are_typed() {
        let word = |typed: &str| QueryWord::new(typed, Manner::Plain, true);
        let exact = |typed: &str, full: &str| word(typed).is_exactly(&syllable::exact(full));
        assert!(exact("kiể", "kiểm") && exact("ki", "kiểm") && exact("kiê", "kiểm"));
        assert!(!exact("kiế", "kiểm") && !exact("kie", "kiểm"));
        assert!(word("ly").is_folded("lynh") && !word("ly").is_folded("linh"));
        for (typed, full) in [("lý", "lý"), ("lý", "lí"), ("Mỹ", "mỹ"), ("ky", "kỳ"), ("li", "lý")]
        {
            assert!(word(typed).is_folded(&syllable::folded(full)), "{typed} {full}");
        }
        assert!(word("x\u{301}y").is_folded("xyz"));
    }

    #[test]
    fn a_syllable_is_never_taken_for_another() {
        let word = QueryWord::new("kiểm", Manner::Tolerant, false);
        for misread in ["klem", "kicm", "kjem", "kiern"] {
            assert_eq!(word.is_misread_as(misread), misread != "kiern", "{misread}");
        }
        for other in ["kiem", "kien", "hiem", "kim", "diem"] {
            assert!(!word.is_misread_as(other), "{other}");
        }
        assert!(!QueryWord::new("vks", Manner::Tolerant, false).is_misread_as("vkt"));
        assert!(!QueryWord::new("45", Manner::Tolerant, false).is_misread_as("46"));
    }
}
