//! The word graphs of a model: punctuation, words, numbers; and how a word may be spelled through them.

use super::{Bytes, Charset, ModelError};

const MAGIC: i16 = 42;
const MAX_EDGES: usize = 4 << 20;
/// In the punctuation graph "here goes the word", in the number graph "any digit".
const PATTERN: u16 = 0;

/// A directed acyclic word graph. A node is the index of its first edge; the root's edges are sorted by character.
#[derive(Debug, Clone)]
pub(crate) struct Dawg {
    edges: Vec<Edge>,
    root_edges: usize,
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    next: u32,
    letter: u16,
    last: bool,
    word_end: bool,
    occupied: bool,
}

impl Dawg {
    pub(crate) fn parse(bytes: &[u8], part: &'static str, characters: usize) -> Result<Dawg, ModelError> {
        let mut bytes = Bytes::new(bytes, part);
        let bad = |what| ModelError::BadDawg { part, what };
        if bytes.i16()? != MAGIC {
            return Err(bad("it does not begin with its mark"));
        }
        let size = bytes.count(1 << 20)?;
        if size != characters {
            return Err(bad("it is for another alphabet"));
        }
        let count = bytes.count(MAX_EDGES)?;
        if count == 0 {
            return Err(bad("it is empty"));
        }
        // Bits of a letter: ceil(log2(size + 1)).
        let letter_bits = usize::BITS - size.leading_zeros();
        let raw = bytes.take(8 * count)?;
        let mut edges = Vec::with_capacity(count);
        for record in raw.as_chunks::<8>().0 {
            let record = u64::from_le_bytes(*record);
            let unoccupied = record == u64::MAX << (letter_bits + 3);
            let next = if unoccupied { 0 } else { record >> (letter_bits + 3) };
            if next >= count as u64 {
                return Err(bad("an edge leads out of it"));
            }
            edges.push(Edge {
                next: next as u32,
                letter: (record & ((1 << letter_bits) - 1)) as u16,
                last: record >> letter_bits & 1 == 1,
                word_end: record >> (letter_bits + 2) & 1 == 1,
                occupied: !unoccupied,
            });
        }
        let backward = raw.first_chunk::<8>().map(|r| u64::from_le_bytes(*r) >> (letter_bits + 1) & 1);
        if backward != Some(0) {
            return Err(bad("its root has no edges forward"));
        }
        let root_edges = edges.iter().position(|e| e.last).map_or(count, |last| last + 1);
        Ok(Dawg { edges, root_edges })
    }

    fn edge(&self, node: u32, letter: u16) -> Option<u32> {
        if node == 0 {
            let root = &self.edges[..self.root_edges];
            // The reference's own halving, so that of equal letters the same one is found.
            let (mut start, mut end) = (0, root.len());
            while start < end {
                let middle = (start + end - 1) / 2;
                match letter.cmp(&root[middle].letter) {
                    std::cmp::Ordering::Equal => return Some(middle as u32),
                    std::cmp::Ordering::Greater => start = middle + 1,
                    std::cmp::Ordering::Less => end = middle,
                }
            }
            return None;
        }
        let edges = &self.edges[node as usize..];
        if !edges[0].occupied {
            return None;
        }
        for (offset, edge) in edges.iter().enumerate() {
            if edge.letter == letter {
                return Some(node + offset as u32);
            }
            if edge.last {
                break;
            }
        }
        None
    }

    fn word_end(&self, edge: u32) -> bool {
        self.edges[edge as usize].word_end
    }

    /// The node behind an edge; `None` (no edge yet) is the root, an edge to nowhere has none.
    fn node_after(&self, edge: Option<u32>) -> Option<u32> {
        match edge {
            None => Some(0),
            Some(edge) => Some(self.edges[edge as usize].next).filter(|next| *next != 0),
        }
    }
}

/// One way in which the word so far can be spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    /// 0 the word graph, 1 the number graph; none as long as only punctuation came.
    core: Option<u8>,
    core_edge: Option<u32>,
    /// Whether the punctuation graph takes part.
    punctuation: bool,
    punctuation_edge: Option<u32>,
    back_to_punctuation: bool,
}

/// What kind of path a character belongs to; more is better.
pub(crate) mod permuter {
    pub(crate) const NONE: u8 = 0;
    pub(crate) const PUNCTUATION: u8 = 1;
    pub(crate) const TOP_CHOICE: u8 = 2;
    pub(crate) const NUMBER: u8 = 6;
    pub(crate) const WORD: u8 = 8;
}

/// What a further character does to a word.
pub(crate) struct Step {
    pub(crate) permuter: u8,
    /// The word may end here.
    pub(crate) valid_end: bool,
}

/// The three graphs together.
#[derive(Debug, Clone)]
pub(crate) struct Dictionary {
    punctuation: Option<Dawg>,
    /// Words, numbers.
    cores: [Option<Dawg>; 2],
    start: Vec<Position>,
}

impl Dictionary {
    pub(crate) fn new(
        punctuation: Option<Dawg>,
        words: Option<Dawg>,
        numbers: Option<Dawg>,
    ) -> Option<Dictionary> {
        let cores = [words, numbers];
        let bare = Position {
            core: None,
            core_edge: None,
            punctuation: false,
            punctuation_edge: None,
            back_to_punctuation: false,
        };
        let mut start = Vec::new();
        if punctuation.is_some() {
            start.push(Position { punctuation: true, ..bare });
        }
        // With a pattern in the punctuation graph every word is reached through it.
        let root = |graph: &Dawg| {
            let pattern = graph.edges[..graph.root_edges].iter();
            pattern.clone().any(|e| e.letter == PATTERN && e.word_end)
        };
        if !punctuation.as_ref().is_some_and(root) {
            for (index, core) in cores.iter().enumerate() {
                if core.is_some() {
                    start.push(Position { core: Some(index as u8), ..bare });
                }
            }
        }
        (!start.is_empty()).then_some(Dictionary { punctuation, cores, start })
    }

    /// The state before the first character of a word.
    pub(crate) fn start(&self) -> &[Position] {
        &self.start
    }

    /// Follows `id` from every position of `active`, appending the new positions to `next` (from `first` on they are this
    /// step's). Returns none if no spelling goes on.
    pub(crate) fn follow(
        &self,
        active: impl Iterator<Item = impl std::borrow::Borrow<Position>>,
        id: u16,
        charset: &Charset,
        next: &mut Vec<Position>,
    ) -> Option<Step> {
        let first = next.len();
        let mut step = Step { permuter: permuter::NONE, valid_end: false };
        if id == PATTERN {
            return None;
        }
        for position in active {
            let position = position.borrow();
            match position.core {
                None => self.along_punctuation(position, id, charset, first, next, &mut step),
                Some(core) => self.along_core(position, core, id, charset, first, next, &mut step),
            }
        }
        (step.permuter != permuter::NONE).then_some(step)
    }

    fn along_punctuation(
        &self,
        position: &Position,
        id: u16,
        charset: &Charset,
        first: usize,
        next: &mut Vec<Position>,
        step: &mut Step,
    ) {
        let Some(punctuation) = &self.punctuation else { return };
        let Some(node) = punctuation.node_after(position.punctuation_edge) else { return };
        if let Some(opening) = punctuation.edge(node, PATTERN) {
            for (index, core) in self.cores.iter().enumerate() {
                let Some(core) = core else { continue };
                let index = index as u8;
                if let Some(edge) = core.edge(0, letter_for(index, id, charset)) {
                    let begun = Position {
                        core: Some(index),
                        core_edge: Some(edge),
                        punctuation: true,
                        punctuation_edge: Some(opening),
                        back_to_punctuation: false,
                    };
                    add(next, first, begun);
                    step.permuter = step.permuter.max(permuter_of(index));
                    step.valid_end |= core.word_end(edge) && punctuation.word_end(opening);
                }
            }
        }
        if let Some(edge) = punctuation.edge(node, id) {
            add(next, first, Position { punctuation_edge: Some(edge), ..*position });
            step.permuter = step.permuter.max(permuter::PUNCTUATION);
            step.valid_end |= punctuation.word_end(edge);
        }
    }

    fn along_core(
        &self,
        position: &Position,
        index: u8,
        id: u16,
        charset: &Charset,
        first: usize,
        next: &mut Vec<Position>,
        step: &mut Step,
    ) {
        let Some(core) = &self.cores[usize::from(index)] else { return };
        let punctuation = self.punctuation.as_ref().filter(|_| position.punctuation);
        // After a whole word the punctuation may go on.
        if let (Some(graph), Some(core_edge)) = (punctuation, position.core_edge)
            && core.word_end(core_edge)
        {
            let edge = graph.node_after(position.punctuation_edge).and_then(|n| graph.edge(n, id));
            if let Some(edge) = edge {
                let closing =
                    Position { punctuation_edge: Some(edge), back_to_punctuation: true, ..*position };
                add(next, first, closing);
                step.permuter = step.permuter.max(permuter_of(index));
                step.valid_end |= graph.word_end(edge);
            }
        }
        if position.back_to_punctuation {
            return;
        }
        let letter = letter_for(index, id, charset);
        if let Some(edge) = core.node_after(position.core_edge).and_then(|n| core.edge(n, letter)) {
            step.permuter = step.permuter.max(permuter_of(index));
            let punctuation_done = match (punctuation, position.punctuation_edge) {
                (Some(graph), Some(edge)) => graph.word_end(edge),
                (Some(_), None) => false,
                (None, _) => true,
            };
            step.valid_end |= core.word_end(edge) && punctuation_done;
            add(next, first, Position { core_edge: Some(edge), back_to_punctuation: false, ..*position });
        }
    }
}

/// Numbers are spelled with one sign for all digits.
fn letter_for(core: u8, id: u16, charset: &Charset) -> u16 {
    if core == 1 && charset.is_digit(id) { PATTERN } else { id }
}

fn permuter_of(core: u8) -> u8 {
    if core == 0 { permuter::WORD } else { permuter::NUMBER }
}

fn add(next: &mut Vec<Position>, first: usize, position: Position) {
    if !next[first..].contains(&position) {
        next.push(position);
    }
}
