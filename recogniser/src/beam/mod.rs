//! From probabilities to characters: a beam search over two kinds of paths, free ones and such as are spelled through the
//! dictionary, with the constants and the tie-breaking of Tesseract 5.3, so that the same probabilities give the same text.

mod candidates;
mod characters;
mod heap;

pub(crate) use characters::Character;

use crate::model::{Charset, Dictionary, NO_CHARACTER, Position, SPACE, permuter};
use crate::net::Probabilities;
use crate::unit::Unusable;
use candidates::{Candidates, Group, NOT_BETTER_THAN};
use heap::Heap;

/// Paths kept in each beam.
const BEAM_WIDTH: usize = 5;
const BEAMS: usize = 6;
/// What a step outside the dictionary costs more.
const OUTSIDE_DICTIONARY: f32 = 2.25;
/// A step inside the dictionary must be better than this.
const WORST_IN_DICTIONARY: f32 = -25.0 / 7.0;
const NOWHERE: u32 = u32::MAX;

/// How a path may go on after a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Continuation {
    /// Its score was its own: anything may follow.
    Anything = 0,
    /// Its score counted the code and null together: only the same code on its own may follow.
    OnlyDuplicate = 1,
    /// The same joint score after the code on its own: anything but the same code.
    NoDuplicate = 2,
}

use Continuation::{Anything, NoDuplicate, OnlyDuplicate};

const CONTINUATIONS: [Continuation; 3] = [Anything, OnlyDuplicate, NoDuplicate];

fn beam_index(in_dictionary: bool, continuation: Continuation) -> usize {
    3 * usize::from(in_dictionary) + continuation as usize
}

#[derive(Debug, Clone, Copy, Default)]
struct Node {
    code: u16,
    id: u16,
    permuter: u8,
    /// The dictionary is entered anew after this node.
    opens_dictionary: bool,
    starts_word: bool,
    ends_word: bool,
    duplicate: bool,
    certainty: f32,
    score: f32,
    previous: u32,
    /// The latest node up to here, or before if this is none, that stands for a character of its own.
    last_character: u32,
    /// The dictionary's positions after this node, as a range; `NOWHERE` for none.
    positions: (u32, u32),
    /// Of the codes without nulls and repetitions.
    hash: u64,
}

/// One of the six beams at one time step.
struct Beam {
    heap: Heap<u8, { BEAM_WIDTH + 1 }>,
    nodes: [Node; BEAM_WIDTH + 1],
    free: u8,
}

impl Beam {
    fn new() -> Beam {
        Beam { heap: Heap::new(), nodes: [Node::default(); BEAM_WIDTH + 1], free: 0 }
    }

    fn clear(&mut self) {
        self.heap.clear();
        self.free = 0;
    }

    /// Keeps the node if it is good enough; of two equal paths the better stays.
    fn push(&mut self, node: Node) {
        let same = |other: &Node| {
            other.hash == node.hash
                && other.code == node.code
                && other.permuter == node.permuter
                && other.opens_dictionary == node.opens_dictionary
        };
        let entries = self.heap.entries();
        if let Some(index) = entries.iter().position(|(_, slot)| same(&self.nodes[usize::from(*slot)])) {
            let (score, slot) = entries[index];
            if node.score > score {
                self.nodes[usize::from(slot)] = node;
                self.heap.change(index, node.score, slot);
            }
            return;
        }
        self.nodes[usize::from(self.free)] = node;
        self.free = match self.heap.push(node.score, self.free) {
            Some((_, slot)) => slot,
            None => self.heap.entries().len() as u8,
        };
    }
}

/// A search that keeps its memory from line to line.
pub(crate) struct Search<'m> {
    charset: &'m Charset,
    dictionary: Option<&'m Dictionary>,
    /// By character id: whether it may be read.
    enabled: &'m [bool],
    candidates: Candidates,
    beams: [Beam; BEAMS],
    /// The best entry into the dictionary, for each continuation.
    openings: [Option<Node>; 3],
    /// All kept nodes of all steps.
    nodes: Vec<Node>,
    /// Where in `nodes` each beam of the last step lies.
    last: [(u32, u32); BEAMS],
    positions: Vec<Position>,
}

impl<'m> Search<'m> {
    pub(crate) fn new(
        charset: &'m Charset,
        dictionary: Option<&'m Dictionary>,
        enabled: &'m [bool],
    ) -> Search<'m> {
        Search {
            charset,
            dictionary,
            enabled,
            candidates: Candidates::new(charset),
            beams: std::array::from_fn(|_| Beam::new()),
            openings: [None; 3],
            nodes: Vec::new(),
            last: [(0, 0); BEAMS],
            positions: Vec::new(),
        }
    }

    /// The characters of one line, from left to right; none for a line without time steps.
    ///
    /// # Errors
    /// A row holds something that is no probability.
    pub(crate) fn read(&mut self, line: &Probabilities<'_>) -> Result<Vec<Character>, Unusable> {
        self.nodes.clear();
        self.positions.clear();
        self.positions.extend(self.dictionary.iter().flat_map(|d| d.start()));
        for step in 0..line.steps() {
            let row = line.step(step);
            self.candidates.set(row, self.charset)?;
            self.step(row, step == 0);
        }
        if line.steps() == 0 {
            return Ok(Vec::new());
        }
        Ok(characters::characters(&self.best_path()))
    }

    fn step(&mut self, row: &[f32], first: bool) {
        for beam in &mut self.beams {
            beam.clear();
        }
        self.openings = [None; 3];
        if first {
            self.extend(None, false, Anything, Group::Best, row);
            if self.dictionary.is_some() {
                self.extend(None, true, Anything, Group::Best, row);
            }
        } else {
            for group in [Group::Best, Group::Next, Group::Rest] {
                self.extend_all(group, row);
                let free = |in_dictionary| &self.beams[beam_index(in_dictionary, Anything)].heap;
                if !free(false).entries().is_empty() || !free(true).entries().is_empty() {
                    break;
                }
            }
            for continuation in CONTINUATIONS {
                if let Some(node) = self.openings[continuation as usize] {
                    let beam = &mut self.beams[beam_index(true, continuation)];
                    if beam.heap.accepts(node.score) {
                        beam.push(node);
                    }
                }
            }
        }
        for (beam, range) in self.beams.iter().zip(&mut self.last) {
            let start = self.nodes.len() as u32;
            self.nodes.extend(beam.heap.entries().iter().map(|(_, slot)| beam.nodes[usize::from(*slot)]));
            *range = (start, self.nodes.len() as u32);
        }
    }

    fn extend_all(&mut self, group: Group, row: &[f32]) {
        for in_dictionary in [false, true] {
            for continuation in CONTINUATIONS {
                let (start, end) = self.last[beam_index(in_dictionary, continuation)];
                for index in (start..end).rev() {
                    self.extend(Some(index), in_dictionary, continuation, group, row);
                }
            }
        }
    }

    /// All ways in which a path goes on with the codes of one group.
    fn extend(
        &mut self,
        from: Option<u32>,
        in_dictionary: bool,
        continuation: Continuation,
        group: Group,
        row: &[f32],
    ) {
        let null = self.charset.null_code;
        let previous = from.map(|index| self.nodes[index as usize]);
        if let Some(previous) = &previous {
            let code = previous.code;
            if self.candidates.group(code) == group {
                if continuation != NoDuplicate {
                    let certainty = self.candidates.alone(code, row);
                    self.repeat(previous, certainty, in_dictionary, Anything, from);
                }
                if continuation == Anything && group == Group::Best && code != null {
                    let certainty = self.candidates.with_null(code);
                    self.repeat(previous, certainty, in_dictionary, NoDuplicate, from);
                }
            }
            if continuation == OnlyDuplicate {
                return;
            }
        }
        let previous_code = previous.as_ref().map(|p| p.code);
        for index in 0..self.candidates.count(group) {
            let code = self.candidates.code(group, index);
            if previous_code == Some(code) {
                continue;
            }
            let certainty = self.candidates.alone(code, row);
            if certainty < NOT_BETTER_THAN && code != null {
                continue;
            }
            let id = self.charset.id(code);
            if id != NO_CHARACTER && !self.enabled[usize::from(id)] {
                continue;
            }
            self.character(code, id, certainty, in_dictionary, Anything, previous.as_ref(), from);
            if group == Group::Best && code != null {
                let joint = match previous_code {
                    Some(before) if continuation == Anything && before != null => {
                        self.candidates.with_null_after(code, before)
                    }
                    _ => self.candidates.with_null(code),
                };
                self.character(code, id, joint, in_dictionary, OnlyDuplicate, previous.as_ref(), from);
            }
        }
    }

    /// The same code once more.
    fn repeat(
        &mut self,
        previous: &Node,
        certainty: f32,
        in_dictionary: bool,
        continuation: Continuation,
        from: Option<u32>,
    ) {
        let certainty = if in_dictionary {
            if certainty <= WORST_IN_DICTIONARY {
                return;
            }
            certainty
        } else {
            let certainty = certainty * OUTSIDE_DICTIONARY;
            if certainty < NOT_BETTER_THAN && previous.code != self.charset.null_code {
                return;
            }
            certainty
        };
        let node = Node {
            code: previous.code,
            id: previous.id,
            permuter: previous.permuter,
            duplicate: true,
            certainty,
            ..Node::default()
        };
        self.push(beam_index(in_dictionary, continuation), node, Some(previous), from);
    }

    /// A code that is not the one before.
    fn character(
        &mut self,
        code: u16,
        id: u16,
        certainty: f32,
        in_dictionary: bool,
        continuation: Continuation,
        previous: Option<&Node>,
        from: Option<u32>,
    ) {
        let node = Node { code, id, certainty, ..Node::default() };
        if in_dictionary {
            if certainty > WORST_IN_DICTIONARY {
                self.spell(node, continuation, previous, from);
            }
            return;
        }
        let free = Node { permuter: permuter::TOP_CHOICE, certainty: certainty * OUTSIDE_DICTIONARY, ..node };
        self.push(beam_index(false, continuation), free, previous, from);
        if self.dictionary.is_some() && id == SPACE && certainty > WORST_IN_DICTIONARY {
            // A word of the dictionary may begin here; its space must not suffer from what came before.
            self.open(Node { permuter: permuter::NONE, ..node }, continuation, previous, from);
        }
    }

    /// A code inside the dictionary.
    fn spell(&mut self, node: Node, continuation: Continuation, previous: Option<&Node>, from: Option<u32>) {
        let inside = beam_index(true, continuation);
        let outside = beam_index(false, continuation);
        if node.id == NO_CHARACTER {
            self.push(inside, node, previous, from);
            return;
        }
        let score = node.certainty + previous.map_or(0.0, |p| p.score);
        if !self.beams[inside].heap.accepts(score) && !self.beams[outside].heap.accepts(score) {
            return;
        }
        let before = self.last_character(previous, from);
        if node.id == SPACE {
            if let Some(before) = before.filter(|b| b.ends_word) {
                let space = Node { permuter: before.permuter, ..node };
                self.open(space, continuation, previous, from);
                self.push(outside, space, previous, from);
            }
            return;
        }
        let Some(dictionary) = self.dictionary else { return };
        let (active, starts_word) = match &before {
            None => ((0, dictionary.start().len() as u32), true),
            Some(before) if before.positions.0 != NOWHERE => (before.positions, before.opens_dictionary),
            Some(_) => return,
        };
        let begin = self.positions.len();
        let step = follow(dictionary, active, node.id, self.charset, &mut self.positions);
        let Some(step) = step else {
            self.positions.truncate(begin);
            return;
        };
        let node = Node {
            permuter: step.permuter,
            starts_word,
            ends_word: step.valid_end,
            positions: (begin as u32, self.positions.len() as u32),
            ..node
        };
        if !self.push_with_positions(inside, node, previous, from) {
            self.positions.truncate(begin);
        }
    }

    /// Remembers the best way back into the dictionary.
    fn open(&mut self, node: Node, continuation: Continuation, previous: Option<&Node>, from: Option<u32>) {
        let Some(dictionary) = self.dictionary else { return };
        let score = node.certainty + previous.map_or(0.0, |p| p.score);
        let best = &mut self.openings[continuation as usize];
        if best.is_none_or(|b| score > b.score) {
            let start = (0, dictionary.start().len() as u32);
            let node = Node { opens_dictionary: true, positions: start, ..node };
            *best = Some(linked(node, score, previous, from, self.charset));
        }
    }

    fn push(&mut self, beam: usize, node: Node, previous: Option<&Node>, from: Option<u32>) {
        self.push_with_positions(beam, Node { positions: (NOWHERE, NOWHERE), ..node }, previous, from);
    }

    fn push_with_positions(
        &mut self,
        beam: usize,
        node: Node,
        previous: Option<&Node>,
        from: Option<u32>,
    ) -> bool {
        let score = node.certainty + previous.map_or(0.0, |p| p.score);
        let accepted = self.beams[beam].heap.accepts(score);
        if accepted {
            self.beams[beam].push(linked(node, score, previous, from, self.charset));
        }
        accepted
    }

    /// The latest character of a path.
    fn last_character(&self, previous: Option<&Node>, from: Option<u32>) -> Option<Node> {
        let previous = previous?;
        if previous.id != NO_CHARACTER && !previous.duplicate {
            return from.map(|index| self.nodes[index as usize]);
        }
        (previous.last_character != NOWHERE).then(|| self.nodes[previous.last_character as usize])
    }

    /// From the first step to the last; empty if no path can end here.
    fn best_path(&self) -> Vec<Node> {
        let mut best: Option<(f32, u32)> = None;
        for continuation in [Anything, NoDuplicate] {
            for in_dictionary in [false, true] {
                let (start, end) = self.last[beam_index(in_dictionary, continuation)];
                for index in start..end {
                    let node = &self.nodes[index as usize];
                    if in_dictionary {
                        let last = self.last_character(Some(node), Some(index));
                        if !last.is_some_and(|l| l.ends_word || l.id == SPACE) {
                            continue;
                        }
                    }
                    if best.is_none_or(|(score, _)| node.score > score) {
                        best = Some((node.score, index));
                    }
                }
            }
        }
        let mut path = Vec::new();
        let mut index = best.map_or(NOWHERE, |(_, index)| index);
        while index != NOWHERE {
            path.push(self.nodes[index as usize]);
            index = self.nodes[index as usize].previous;
        }
        path.reverse();
        path
    }
}

fn follow(
    dictionary: &Dictionary,
    (start, end): (u32, u32),
    id: u16,
    charset: &Charset,
    positions: &mut Vec<Position>,
) -> Option<crate::model::DictionaryStep> {
    // The positions to start from lie in the same vector as those to come.
    let mut active = [None; 8];
    let count = (end - start) as usize;
    if count <= active.len() {
        for (copy, position) in active.iter_mut().zip(&positions[start as usize..end as usize]) {
            *copy = Some(*position);
        }
        return dictionary.follow(active[..count].iter().flatten(), id, charset, positions);
    }
    let active = positions[start as usize..end as usize].to_vec();
    dictionary.follow(active.iter(), id, charset, positions)
}

/// The node with everything that follows from the one before.
fn linked(node: Node, score: f32, previous: Option<&Node>, from: Option<u32>, charset: &Charset) -> Node {
    let mut hash = previous.map_or(0, |p| p.hash);
    if !node.duplicate && node.code != charset.null_code {
        let classes = charset.classes() as u64;
        let carry = ((hash >> 32) * classes) >> 32;
        hash = hash.wrapping_mul(classes).wrapping_add(carry).wrapping_add(u64::from(node.code));
    }
    let last_character = match (previous, from) {
        (Some(p), Some(index)) if p.id != NO_CHARACTER && !p.duplicate => index,
        (Some(p), _) => p.last_character,
        (None, _) => NOWHERE,
    };
    Node { score, previous: from.unwrap_or(NOWHERE), last_character, hash, ..node }
}
