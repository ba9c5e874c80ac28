//! How well a page answers a query, from the positions of the query's words on it.

use crate::query::{Clause, Query};

/// How a page answers, best first. Hits are ordered by tier, then by how close together the words stand, then by case
/// code and page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// All words stand together in the order typed, each with the very marks typed.
    ExactPhrase,
    /// They stand together, but marks differ.
    FoldedPhrase,
    /// All words are there with the marks typed, not together.
    ExactWords,
    /// All words are there, marks differ.
    FoldedWords,
    /// Only filters were asked.
    Filter,
}

impl Tier {
    /// A stable word for `--json`.
    pub fn code(self) -> &'static str {
        match self {
            Self::ExactPhrase => "exact-phrase",
            Self::FoldedPhrase => "folded-phrase",
            Self::ExactWords => "exact-words",
            Self::FoldedWords => "folded-words",
            Self::Filter => "filter",
        }
    }
}

/// Tier, and the positions that the words span where they do not stand together (0 where they do).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    pub(crate) tier: Tier,
    pub(crate) window: u32,
}

/// Where the words of a query stand on one page, in ascending order; by index into `Query::words`.
#[derive(Debug, Default)]
pub(crate) struct Positions {
    pub(crate) exact: Vec<Vec<u32>>,
    pub(crate) folded: Vec<Vec<u32>>,
}

/// The rank of a page; `None` where it does not answer. A query with several clauses ranks as its worst one.
pub(crate) fn rank(query: &Query, at: &Positions) -> Option<Rank> {
    let mut all = Rank { tier: Tier::ExactPhrase, window: 0 };
    if query.clauses.is_empty() {
        all.tier = Tier::Filter;
    }
    for clause in &query.clauses {
        let one = rank_clause(clause, at)?;
        all.tier = all.tier.max(one.tier);
        all.window = all.window.saturating_add(one.window);
    }
    Some(all)
}

fn rank_clause(clause: &Clause, at: &Positions) -> Option<Rank> {
    let slots = clause.slots();
    if occurs(&slots, &at.exact) {
        return Some(Rank { tier: Tier::ExactPhrase, window: 0 });
    }
    if occurs(&slots, &at.folded) {
        return Some(Rank { tier: Tier::FoldedPhrase, window: 0 });
    }
    if clause.units.len() < 2 {
        return None;
    }
    let spans = |form: &[Vec<u32>]| clause.units.iter().map(|u| occurrences(u, form)).collect::<Vec<_>>();
    if let Some((from, to)) = smallest_window(&spans(&at.exact)) {
        return Some(Rank { tier: Tier::ExactWords, window: to - from });
    }
    let (from, to) = smallest_window(&spans(&at.folded))?;
    Some(Rank { tier: Tier::FoldedWords, window: to - from })
}

fn occurs(slots: &[usize], form: &[Vec<u32>]) -> bool {
    starts(slots, form).next().is_some()
}

fn starts(slots: &[usize], form: &[Vec<u32>]) -> impl Iterator<Item = u32> {
    let first = slots.first().map_or(&[] as &[u32], |s| &form[*s]);
    first.iter().copied().filter(move |start| {
        slots.iter().zip(*start..).skip(1).all(|(slot, place)| form[*slot].binary_search(&place).is_ok())
    })
}

/// Where the slots stand one after the other: first position and the one behind the last, ascending.
pub(crate) fn occurrences(slots: &[usize], form: &[Vec<u32>]) -> Vec<(u32, u32)> {
    starts(slots, form).map(|start| (start, start + slots.len() as u32)).collect()
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
    fn windows_hold_one_of_each() {
        let groups = [vec![(0, 1), (20, 21)], vec![(9, 10), (22, 24)], vec![(19, 20)]];
        assert_eq!(smallest_window(&groups), Some((19, 24)));
        assert_eq!(smallest_window(&[vec![(0, 1)], vec![]]), None);
    }

    #[test]
    fn phrases_stand_together() {
        let form = vec![vec![3, 10], vec![4, 12], vec![5, 11]];
        assert_eq!(occurrences(&[0, 1, 2], &form), [(3, 6)]);
        assert_eq!(occurrences(&[0, 2, 1], &form), [(10, 13)]);
        assert_eq!(occurrences(&[0, 0], &form), []);
    }
}
