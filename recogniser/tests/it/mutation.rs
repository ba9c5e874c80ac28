//! A model file damaged in a known way: what fuzzing throws, and what its corpus keeps instead of whole files.

use std::fmt;
use std::str::FromStr;

/// Where structure lies in Debian's `vie`, in bytes (start, length): the table of components, the layers' heads, the last
/// layer to the alphabet and the word graphs; then everything.
const REGIONS: [(usize, usize); 4] = [(0, 204), (0, 3000), (433_000, 98_000), (0, usize::MAX)];

/// One line of the corpus: `set OFFSET VALUE`, `copy FROM TO LENGTH`, `cut LENGTH`, joined by `; `.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mutation(Vec<Edit>);

#[derive(Debug, Clone, PartialEq)]
enum Edit {
    Set { at: usize, value: u8 },
    Copy { from: usize, to: usize, length: usize },
    Cut { length: usize },
}

impl Mutation {
    /// Thrown by `dice`, which gives a number below its argument.
    pub(crate) fn thrown(dice: &mut impl FnMut(usize) -> usize, length: usize) -> Self {
        let place = |dice: &mut dyn FnMut(usize) -> usize| {
            let (start, span) = REGIONS[dice(REGIONS.len())];
            (start + dice(span.min(length))).min(length - 1)
        };
        let edits = (0..1 + dice(4)).map(|_| match dice(12) {
            0 => Edit::Cut { length: place(dice) },
            1 => Edit::Copy { from: place(dice), to: place(dice), length: 1 + dice(64) },
            _ => {
                let at = place(dice);
                Edit::Set { at, value: [0, 1, 0x7f, 0x80, 0xff, dice(256) as u8][dice(6)] }
            }
        });
        Self(edits.collect())
    }

    /// The file with the damage.
    pub(crate) fn of(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for edit in &self.0 {
            match *edit {
                Edit::Set { at, value } => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = value;
                    }
                }
                Edit::Copy { from, to, length } => {
                    let end = from.saturating_add(length).min(bytes.len());
                    let piece = bytes.get(from..end).unwrap_or_default().to_vec();
                    bytes.iter_mut().skip(to).zip(piece).for_each(|(byte, new)| *byte = new);
                }
                Edit::Cut { length } => bytes.truncate(length),
            }
        }
        bytes
    }
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, edit) in self.0.iter().enumerate() {
            let between = if n > 0 { "; " } else { "" };
            match edit {
                Edit::Set { at, value } => write!(f, "{between}set {at} {value}")?,
                Edit::Copy { from, to, length } => write!(f, "{between}copy {from} {to} {length}")?,
                Edit::Cut { length } => write!(f, "{between}cut {length}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for Mutation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let edit = |text: &str| {
            let mut words = text.split(' ');
            let name = words.next().unwrap_or_default();
            let numbers: Vec<usize> = words.filter_map(|word| word.parse().ok()).collect();
            match (name, numbers[..].as_ref()) {
                ("set", [at, value @ 0..=255]) => Ok(Edit::Set { at: *at, value: *value as u8 }),
                ("copy", [from, to, length]) => Ok(Edit::Copy { from: *from, to: *to, length: *length }),
                ("cut", [length]) => Ok(Edit::Cut { length: *length }),
                _ => Err(format!("no edit: {text}")),
            }
        };
        Ok(Self(text.split("; ").map(edit).collect::<Result<_, _>>()?))
    }
}
