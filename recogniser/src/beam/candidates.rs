//! The codes worth trying at one time step, in three groups, with their certainties.

use super::heap::Heap;
use crate::model::Charset;
use crate::unit::Unusable;

/// Codes looked at first and second: five, of which the best two come first, and null with them.
const TOP: usize = 5;
/// Certainties below this count as this.
pub(super) const NOT_BETTER_THAN: f32 = -20.0;
/// exp(-20).
const LEAST_PROBABILITY: f32 = 2.0611537e-9;
const OFFSET: f64 = -0.085;

/// When a code is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// The two best and null.
    Best = 0,
    /// The next three, if no path goes on with the best.
    Next = 1,
    /// All others, if none goes on with those either.
    Rest = 2,
}

pub(super) struct Candidates {
    /// By code.
    group: Vec<Group>,
    /// `Best` and `Next`, in the order in which the reference tries codes.
    codes: [Vec<u16>; 3],
    rank: Vec<u16>,
    all: Vec<u16>,
    rest_is_listed: bool,
    best: u16,
    second: u16,
    null: u16,
    /// By code, for those of `Best` and `Next` only.
    alone: Vec<f32>,
    /// By code, for those of `Best` only.
    with_null: Vec<f32>,
    /// Best after second, second after best.
    both: [f32; 2],
}

impl Candidates {
    pub(super) fn new(charset: &Charset) -> Candidates {
        let classes = charset.classes();
        Candidates {
            group: vec![Group::Rest; classes],
            codes: [Vec::new(), Vec::new(), Vec::new()],
            rank: charset.rank_of_code.clone(),
            all: charset.codes_in_order.clone(),
            rest_is_listed: false,
            best: 0,
            second: 0,
            null: charset.null_code,
            alone: vec![0.0; classes],
            with_null: vec![0.0; classes],
            both: [0.0; 2],
        }
    }

    /// Sorts the codes of a row into their groups.
    pub(super) fn set(&mut self, row: &[f32], charset: &Charset) -> Result<(), Unusable> {
        for group in [Group::Best, Group::Next] {
            for code in self.codes[group as usize].drain(..) {
                self.group[usize::from(code)] = Group::Rest;
            }
        }
        self.codes[Group::Rest as usize].clear();
        self.rest_is_listed = false;
        let mut top: Heap<u16, { TOP + 1 }> = top(row)?;
        while let Some((_, code)) = top.pop() {
            let left = top.entries().len();
            self.group[usize::from(code)] = if left > 1 { Group::Next } else { Group::Best };
            match left {
                0 => self.best = code,
                1 => self.second = code,
                _ => {}
            }
            self.codes[usize::from(left <= 1) ^ 1].push(code);
        }
        if self.group[usize::from(self.null)] != Group::Best {
            self.codes[Group::Next as usize].retain(|code| *code != self.null);
            self.codes[Group::Best as usize].push(self.null);
            self.group[usize::from(self.null)] = Group::Best;
        }
        debug_assert_eq!(charset.classes(), row.len());
        let rank = &self.rank;
        for codes in &mut self.codes {
            codes.sort_unstable_by_key(|code| rank[usize::from(*code)]);
        }
        let null = row[usize::from(self.null)];
        for code in self.codes[..2].iter().flatten() {
            self.alone[usize::from(*code)] = certainty(row[usize::from(*code)]);
        }
        for code in &self.codes[Group::Best as usize] {
            self.with_null[usize::from(*code)] = certainty(row[usize::from(*code)] + null);
        }
        let (best, second) = (row[usize::from(self.best)], row[usize::from(self.second)]);
        self.both = [certainty(best + null + second), certainty(second + null + best)];
        Ok(())
    }

    pub(super) fn group(&self, code: u16) -> Group {
        self.group[usize::from(code)]
    }

    /// How many codes a group has.
    pub(super) fn count(&mut self, group: Group) -> usize {
        if group == Group::Rest && !self.rest_is_listed {
            self.rest_is_listed = true;
            let rest = self.all.iter().filter(|code| self.group[usize::from(**code)] == Group::Rest);
            self.codes[Group::Rest as usize].extend(rest);
        }
        self.codes[group as usize].len()
    }

    pub(super) fn code(&self, group: Group, index: usize) -> u16 {
        self.codes[group as usize][index]
    }

    /// Certainty of a code on its own.
    pub(super) fn alone(&self, code: u16, row: &[f32]) -> f32 {
        match self.group(code) {
            Group::Rest => certainty(row[usize::from(code)]),
            Group::Best | Group::Next => self.alone[usize::from(code)],
        }
    }

    /// Certainty of a code of `Best` or null.
    pub(super) fn with_null(&self, code: u16) -> f32 {
        self.with_null[usize::from(code)]
    }

    /// The same; if both are the two best, that it is any of the three.
    pub(super) fn with_null_after(&self, code: u16, before: u16) -> f32 {
        if code == self.best && before == self.second {
            self.both[0]
        } else if code == self.second && before == self.best {
            self.both[1]
        } else {
            self.with_null(code)
        }
    }
}

fn certainty(probability: f32) -> f32 {
    let logarithm = if probability > LEAST_PROBABILITY { probability.ln() } else { NOT_BETTER_THAN };
    (f64::from(logarithm) + OFFSET) as f32
}

/// The best five codes.
fn top(row: &[f32]) -> Result<Heap<u16, { TOP + 1 }>, Unusable> {
    let least = lower_bound(row)?;
    let mut top = Heap::new();
    let (chunks, rest) = row.as_chunks::<16>();
    for (index, chunk) in chunks.iter().enumerate() {
        if chunk.iter().fold(0, |any, p| any | u32::from(*p >= least)) != 0 {
            offer(&mut top, chunk, 16 * index, least);
        }
    }
    offer(&mut top, rest, row.len() - rest.len(), least);
    Ok(top)
}

/// A number that the best five all reach, and few others. Refuses what is no probability.
fn lower_bound(row: &[f32]) -> Result<f32, Unusable> {
    // Lane by lane, so that it compiles to vector instructions: the fifth best of the lanes' best.
    let (mut best, mut sum, mut signs) = ([0f32; 16], [0f32; 16], [0u32; 16]);
    let mut add = |values: &[f32]| {
        for (lane, p) in values.iter().enumerate().take(16) {
            best[lane] = if *p > best[lane] { *p } else { best[lane] };
            sum[lane] += p;
            signs[lane] |= p.to_bits();
        }
    };
    let (chunks, rest) = row.as_chunks::<16>();
    chunks.iter().for_each(|chunk| add(chunk));
    add(rest);
    let mut highest = [0f32; TOP];
    for value in best {
        if value > highest[TOP - 1] {
            let place = highest.iter().position(|h| value > *h).unwrap_or(TOP - 1);
            highest.copy_within(place..TOP - 1, place + 1);
            highest[place] = value;
        }
    }
    // A sign, a number above 1, or something that adds up to no number.
    let sound = signs.iter().all(|s| s >> 31 == 0) && highest[0] <= 1.0 && sum.iter().all(|s| s.is_finite());
    if sound { Ok(highest[TOP - 1]) } else { Err(Unusable::NotProbabilities) }
}

fn offer(top: &mut Heap<u16, { TOP + 1 }>, probabilities: &[f32], first: usize, least: f32) {
    for (index, probability) in probabilities.iter().enumerate() {
        if *probability >= least && top.accepts(*probability) {
            top.push(*probability, (first + index) as u16);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_five_come_from_worst_to_best() {
        let mut row = vec![0.001; 40];
        for (code, p) in [(3, 0.1), (39, 0.3), (17, 0.2), (16, 0.05), (0, 0.02), (20, 0.01)] {
            row[code] = p;
        }
        let mut heap = top(&row).expect("all are probabilities");
        let codes: Vec<u16> = std::iter::from_fn(|| heap.pop()).map(|(_, code)| code).collect();
        assert_eq!(codes, [0, 16, 3, 17, 39]);
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        for bad in [f32::NAN, -0.5, 2.0, f32::INFINITY] {
            let mut row = vec![0.01; 30];
            row[29] = bad;
            assert_eq!(top(&row).err(), Some(Unusable::NotProbabilities), "{bad}");
        }
    }
}
