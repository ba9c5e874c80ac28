//! How well a page answers a query, from the positions of the query's words on it.

use crate::backend::{Form, Page, Positions};
use crate::query::{Clause, Node, Query};

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
            Self::FoldedPhrase => "folded-phrase",
            Self::ExactWords => "exact-words",
            Self::FoldedWords => "folded-words",
            Self::TolerantPhrase => "tolerant-phrase",
            Self::TolerantWords => "tolerant-words",
            Self::Filter => "filter",
        }
    }
}

/// How well one page answers; the smaller the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// How its words stand.
    pub tier: Tier,
    /// The positions that they span where they do not stand together; 0 where they do.
    pub window: u32,
}

/// The rank of a page; `None` where it does not answer. What must all hold ranks as the worst of it that has words, of
/// alternatives the best counts.
pub(crate) fn rank(query: &Query, page: &Page) -> Option<Rank> {
    rank_node(query, &query.root, page)
}

/// Holds, without words that could rank.
const WORDLESS: Rank = Rank { tier: Tier::Filter, window: 0 };

fn rank_node(query: &Query, node: &Node, page: &Page) -> Option<Rank> {
    match node {
        Node::Words(clause) => rank_clause(query, clause, &page.positions),
        Node::Filter(idx) => page.holds[*idx].then_some(WORDLESS),
        Node::Not(part) => rank_node(query, part, page).is_none().then_some(WORDLESS),
        Node::Any(parts) => parts.iter().filter_map(|part| rank_node(query, part, page)).min(),
        Node::All(parts) => {
            let mut all = WORDLESS;
            for part in parts {
                let one = rank_node(query, part, page)?;
                all = match (all.tier, one.tier) {
                    (_, Tier::Filter) => all,
                    (Tier::Filter, _) => one,
                    (a, b) => Rank { tier: a.max(b), window: all.window.saturating_add(one.window) },
                };
            }
            Some(all)
        }
    }
}

pub(crate) fn rank_clause(query: &Query, clause: &Clause, at: &Positions) -> Option<Rank> {
    let slots = clause.slots();
    let together = |form: &Form| {
        // Loose words that happen to stand together over a page break are not all on the page.
        let has_break = clause.units.len() == 1;
        let broken = has_break.then(|| crossings(&slots, clause.slop, form)).into_iter().flatten();
        let spans = occurrences(&slots, clause.slop, &form.own).chain(broken);
        spans.map(|(from, to)| to - from - slots.len() as u32).min()
    };
    let apart = |form: &Form| {
        let groups: Vec<Vec<(u32, u32)>> = clause.units.iter().map(|unit| spans(unit, 0, form)).collect();
        smallest_window(&groups).map(|(from, to)| to - from)
    };
    let is_one = clause.units.len() < 2;
    let found = |tier, window: Option<u32>| window.map(|window| Rank { tier, window });
    found(Tier::ExactPhrase, together(&at.exact))
        .or_else(|| found(Tier::FoldedPhrase, together(&at.folded)))
        .or_else(|| if is_one { None } else { found(Tier::ExactWords, apart(&at.exact)) })
        .or_else(|| if is_one { None } else { found(Tier::FoldedWords, apart(&at.folded)) })
        .or_else(|| {
            if !query.is_tolerant() {
                return None;
            }
            let apart = || if is_one { None } else { found(Tier::TolerantWords, apart(&at.loose)) };
            found(Tier::TolerantPhrase, together(&at.loose)).or_else(apart)
        })
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
