//! How well a page answers a query, from the positions of the query's words on it.

use crate::backend::{Form, Positions};
use crate::query::{Clause, Node, Query};

/// How a page answers, best first. Hits are ordered by tier, then by how close together the words stand, then those first that have
/// their document's header with the words in it, then by case code and page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// All words stand together in the order typed, each with the very marks typed.
    ExactPhrase,
    /// The same, with marks that were restored.
    RestoredPhrase,
    /// They stand together, but marks differ.
    FoldedPhrase,
    /// All words are there with the marks typed, not together.
    ExactWords,
    /// All words are there with the marks typed or restored, not together.
    RestoredWords,
    /// All words are there, marks differ.
    FoldedWords,
    /// They stand together, some as recognition may have misread them.
    TolerantPhrase,
    /// All words are there, some as recognition may have misread them.
    TolerantWords,
    /// Only filters were asked.
    Filter,
}

impl Tier {
    /// A stable word for `--json`.
    pub fn code(self) -> &'static str {
        match self {
            Self::ExactPhrase => "exact-phrase",
            Self::RestoredPhrase => "restored-phrase",
            Self::FoldedPhrase => "folded-phrase",
            Self::ExactWords => "exact-words",
            Self::RestoredWords => "restored-words",
            Self::FoldedWords => "folded-words",
            Self::TolerantPhrase => "tolerant-phrase",
            Self::TolerantWords => "tolerant-words",
            Self::Filter => "filter",
        }
    }

    /// Whether they stand together and none is misread: only such pages answer [`crate::backend::Plan::together`].
    pub(crate) fn is_plainly_together(self) -> bool {
        matches!(self, Self::ExactPhrase | Self::RestoredPhrase | Self::FoldedPhrase)
    }

    /// Whether the words stand together as asked, or none is asked for.
    pub fn is_together(self) -> bool {
        !matches!(self, Self::ExactWords | Self::RestoredWords | Self::FoldedWords | Self::TolerantWords)
    }
}

/// How well one page answers; the smaller the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// How its words stand.
    pub tier: Tier,
    /// The positions that they span where they do not stand together, of a page with few words as many as on one with
    /// [`LEAST_LENGTH`]; the other words between where they do.
    pub window: u32,
    /// Whether the page is none with its document's header, or that lacks one of them.
    pub outside_header: bool,
}

/// Pages with fewer words are not preferred for it: what stands there stands close together by itself.
pub const LEAST_LENGTH: u32 = 50;

impl Rank {
    /// What a window on a page with so many tokens counts as.
    fn counted(self, length: u32) -> Self {
        match length {
            1..LEAST_LENGTH if !self.tier.is_together() => {
                Self { window: self.window.saturating_mul(LEAST_LENGTH).div_ceil(length), ..self }
            }
            _ => self,
        }
    }
}

/// Which of a word's spellings count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Exact,
    /// Those typed and those that were restored; only where [`Query::is_restored`].
    Restored,
    Folded,
    /// Misread ones too.
    Loose,
}

/// Where the words of a query stand on one page; read when it is asked for, which is often not at all.
pub(crate) trait Places {
    /// With [`Form::tail`] and [`Form::head`] where `across` a page break matters.
    fn form(&mut self, level: Level, across: bool) -> &Form;
}

impl Places for &Positions {
    fn form(&mut self, level: Level, _across: bool) -> &Form {
        match level {
            Level::Exact => &self.exact,
            Level::Restored => &self.restored,
            Level::Folded => &self.folded,
            Level::Loose => &self.loose,
        }
    }
}

/// The best rank that any page can have, by whether the words stand in its header.
pub(crate) fn best_rank(query: &Query, is_in_header: bool) -> Rank {
    let tier = if query.has_words() { Tier::ExactPhrase } else { Tier::Filter };
    Rank { tier, window: 0, outside_header: !is_in_header }
}

/// Whether a page that answers may be one that `beats` says yes to, as far as that can be told without positions. `stands` says
/// whether a word stands on it, or behind its end, in a spelling of a level; it is asked no more than needed.
pub(crate) fn may_beat(
    query: &Query,
    is_in_header: bool,
    stands: &mut dyn FnMut(Level, usize) -> bool,
    beats: &dyn Fn(Rank) -> bool,
) -> bool {
    let best = best_rank(query, is_in_header);
    if !beats(best) || best.tier != Tier::ExactPhrase {
        return beats(best);
    }
    let levels = [(Level::Exact, Tier::ExactPhrase), (Level::Restored, Tier::RestoredPhrase)];
    for (level, tier) in levels.into_iter().take(if query.is_restored() { 2 } else { 1 }) {
        let best = Rank { tier, ..best };
        if !beats(best) || has_clause(&query.root, &mut |word| stands(level, word)) {
            return beats(best);
        }
    }
    beats(Rank { tier: Tier::FoldedPhrase, ..best })
}

/// Whether all words of some clause stand there.
fn has_clause(node: &Node, stands: &mut dyn FnMut(usize) -> bool) -> bool {
    match node {
        Node::Words(clause) => clause.units.iter().flatten().all(|slot| stands(*slot)),
        Node::Filter(_) => false,
        Node::All(parts) | Node::Any(parts) => parts.iter().any(|part| has_clause(part, stands)),
        Node::Not(part) => has_clause(part, stands),
    }
}

/// The rank of a page; `None` where it does not answer. What must all hold ranks as the worst of it that has words, of
/// alternatives the best counts. `holds` says it of each group of filters, and of the header; `length` is the page's in tokens.
pub(crate) fn rank(query: &Query, places: &mut dyn Places, holds: &[bool], length: u32) -> Option<Rank> {
    let rank = rank_node(query, &query.root, places, holds)?;
    Some(Rank { outside_header: !query.is_in_header(holds), ..rank.counted(length) })
}

/// Holds, without words that could rank.
const WORDLESS: Rank = within(Tier::Filter, 0);

/// Of the body, as far as that is known here.
const fn within(tier: Tier, window: u32) -> Rank {
    Rank { tier, window, outside_header: true }
}

fn rank_node(query: &Query, node: &Node, places: &mut dyn Places, holds: &[bool]) -> Option<Rank> {
    match node {
        Node::Words(clause) => rank_clause(query, clause, places),
        Node::Filter(idx) => holds[*idx].then_some(WORDLESS),
        Node::Not(part) => rank_node(query, part, places, holds).is_none().then_some(WORDLESS),
        Node::Any(parts) => parts.iter().filter_map(|part| rank_node(query, part, places, holds)).min(),
        Node::All(parts) => {
            let mut all = WORDLESS;
            for part in parts {
                let one = rank_node(query, part, places, holds)?;
                all = match (all.tier, one.tier) {
                    (_, Tier::Filter) => all,
                    (Tier::Filter, _) => one,
                    (a, b) => within(a.max(b), all.window.saturating_add(one.window)),
                };
            }
            Some(all)
        }
    }
}

pub(crate) fn rank_clause(query: &Query, clause: &Clause, places: &mut dyn Places) -> Option<Rank> {
    let slots = clause.slots();
    let is_one = clause.units.len() < 2;
    let mut found = |level, together_tier, apart_tier| {
        let rank = |tier, window: Option<u32>| window.map(|window| within(tier, window));
        let whole = together(&slots, clause, places, level);
        rank(together_tier, whole).or_else(|| match is_one {
            true => None,
            false => rank(apart_tier, apart(clause, places, level)),
        })
    };
    let exact = found(Level::Exact, Tier::ExactPhrase, Tier::ExactWords);
    if exact.is_some_and(|rank| rank.tier == Tier::ExactPhrase) {
        return exact;
    }
    let restored = match query.is_restored() {
        true => found(Level::Restored, Tier::RestoredPhrase, Tier::RestoredWords),
        false => None,
    };
    let folded = found(Level::Folded, Tier::FoldedPhrase, Tier::FoldedWords);
    exact.into_iter().chain(restored).chain(folded).min().or_else(|| match query.is_tolerant() {
        true => found(Level::Loose, Tier::TolerantPhrase, Tier::TolerantWords),
        false => None,
    })
}

/// The fewest other words between the slots where they stand in their order.
fn together(slots: &[usize], clause: &Clause, places: &mut dyn Places, level: Level) -> Option<u32> {
    let between = |(from, to): (u32, u32)| to - from - slots.len() as u32;
    let own = occurrences(slots, clause.slop, &places.form(level, false).own).map(between).min();
    // Loose words that happen to stand together over a page break are not all on the page.
    if own == Some(0) || slots.len() < 2 || clause.units.len() > 1 {
        return own;
    }
    let broken = crossings(slots, clause.slop, places.form(level, true)).map(between).min();
    own.into_iter().chain(broken).min()
}

/// The smallest stretch that holds each unit.
fn apart(clause: &Clause, places: &mut dyn Places, level: Level) -> Option<u32> {
    let across = clause.units.iter().any(|unit| unit.len() > 1);
    let form = places.form(level, across);
    let groups: Vec<Vec<(u32, u32)>> = clause.units.iter().map(|unit| spans(unit, 0, form)).collect();
    smallest_window(&groups).map(|(from, to)| to - from)
}

/// Where the slots stand in their order with at most `slop` other words between, for each place of the first one the
/// narrowest: first position and the one behind the last, ascending.
pub(crate) fn occurrences(slots: &[usize], slop: u32, form: &[Vec<u32>]) -> impl Iterator<Item = (u32, u32)> {
    let first = slots.first().map_or(&[] as &[u32], |slot| &form[*slot]);
    first.iter().filter_map(move |start| {
        let mut last = *start;
        for (slot, nearest) in slots.iter().zip(*start..).skip(1) {
            last = after(last, &form[*slot])?;
            if last - nearest > slop {
                return None;
            }
        }
        Some((*start, last + 1))
    })
}

/// Where the slots stand in their order, on the page or from its end into the next one.
pub(crate) fn spans(slots: &[usize], slop: u32, form: &Form) -> Vec<(u32, u32)> {
    occurrences(slots, slop, &form.own).chain(crossings(slots, slop, form)).collect()
}

/// Where they stand in their order so that the first stands on the page and the last on the next one.
pub(crate) fn crossings<'a>(
    slots: &'a [usize],
    slop: u32,
    form: &'a Form,
) -> impl Iterator<Item = (u32, u32)> + use<'a> {
    let list = |lists: &'a [Vec<u32>], slot: &usize| lists.get(*slot).map_or(&[] as &[u32], Vec::as_slice);
    let first = slots.first().map_or(&[] as &[u32], |slot| list(&form.tail, slot));
    first.iter().filter_map(move |start| {
        let mut last = *start;
        let mut is_over = false;
        for (slot, nearest) in slots.iter().zip(*start..).skip(1) {
            // What stands on the next page stands behind all that is on this one.
            let here = if is_over { None } else { after(last, list(&form.tail, slot)) };
            is_over = here.is_none();
            last = here.or_else(|| after(last, list(&form.head, slot)))?;
            if last - nearest > slop {
                return None;
            }
        }
        is_over.then_some((*start, last + 1))
    })
}

/// The positions of the slots of the occurrence that starts there.
pub(crate) fn places(slots: &[usize], start: u32, form: &[Vec<u32>]) -> Vec<u32> {
    let mut places = vec![start];
    for slot in &slots[1..] {
        places.extend(after(places[places.len() - 1], &form[*slot]));
    }
    places
}

/// The positions on this page of the crossing that starts there.
pub(crate) fn places_here(slots: &[usize], start: u32, form: &Form) -> Vec<u32> {
    let mut places = vec![start];
    for slot in &slots[1..] {
        match after(places[places.len() - 1], &form.tail[*slot]) {
            Some(place) => places.push(place),
            None => break,
        }
    }
    places
}

fn after(last: u32, list: &[u32]) -> Option<u32> {
    list.get(list.partition_point(|place| *place <= last)).copied()
}

/// The smallest stretch that holds one occurrence of each group, the first of equals; `None` if a group has none.
pub(crate) fn smallest_window(groups: &[Vec<(u32, u32)>]) -> Option<(u32, u32)> {
    if groups.iter().any(Vec::is_empty) {
        return None;
    }
    let mut events: Vec<(u32, u32, usize)> = Vec::new();
    for (group, spans) in groups.iter().enumerate() {
        events.extend(spans.iter().map(|(from, to)| (*from, *to, group)));
    }
    events.sort_unstable();
    let mut last: Vec<Option<(u32, u32)>> = vec![None; groups.len()];
    let mut best: Option<(u32, u32)> = None;
    for (from, to, group) in events {
        last[group] = Some((from, to));
        let Some(spans) = last.iter().copied().collect::<Option<Vec<_>>>() else { continue };
        let start = spans.iter().map(|s| s.0).min().unwrap_or(from);
        let end = spans.iter().map(|s| s.1).max().unwrap_or(to);
        if best.is_none_or(|(a, b)| end - start < b - a) {
            best = Some((start, end));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_words_are_no_nearness() {
        let counted = |tier, window, length| within(tier, window).counted(length).window;
        assert_eq!(counted(Tier::ExactWords, 4, 10), 20);
        assert_eq!(counted(Tier::FoldedWords, 9, 10), 45);
        assert_eq!(counted(Tier::TolerantWords, 7, 49), 8);
        assert_eq!(counted(Tier::ExactWords, 7, 50), 7);
        assert_eq!(counted(Tier::ExactWords, 7, 0), 7, "nothing is known of its length");
        assert_eq!(counted(Tier::ExactPhrase, 3, 10), 3, "words between that a phrase allows");
        assert_eq!(counted(Tier::ExactWords, u32::MAX, 1), u32::MAX);
        let near = within(Tier::ExactWords, 5);
        assert!(Rank { outside_header: false, ..near } < near);
        assert!(near < Rank { outside_header: false, ..within(Tier::ExactWords, 6) });
    }

    #[test]
    fn windows_hold_one_of_each() {
        let groups = [vec![(0, 1), (20, 21)], vec![(9, 10), (22, 24)], vec![(19, 20)]];
        assert_eq!(smallest_window(&groups), Some((19, 24)));
        assert_eq!(smallest_window(&[vec![(0, 1)], vec![]]), None);
    }

    #[test]
    fn phrases_stand_together() {
        let form = vec![vec![3, 10], vec![4, 12], vec![5, 11]];
        let spans = |slots: &[usize], slop| occurrences(slots, slop, &form).collect::<Vec<_>>();
        assert_eq!(spans(&[0, 1, 2], 0), [(3, 6)]);
        assert_eq!(spans(&[0, 2, 1], 0), [(10, 13)]);
        assert_eq!(spans(&[0, 0], 0), []);
        assert_eq!(spans(&[0, 1], 1), [(3, 5), (10, 13)]);
        assert_eq!(spans(&[0, 0], 6), [(3, 11)]);
        assert_eq!(spans(&[0, 2, 1], 5), [(10, 13)]);
        assert_eq!(spans(&[0, 2, 1], 7), [(3, 13), (10, 13)]);
        assert_eq!(places(&[0, 2, 1], 3, &form), [3, 5, 12]);
    }
}
