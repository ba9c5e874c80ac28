//! From the characters of a line to words with confidence, extents and runners-up.

use crate::beam::Character;
use crate::line::POOL;
use crate::model::{Charset, INPUT_HEIGHT, SPACE, permuter};
use crate::net::Probabilities;
use crate::unit::{CharReading, LineReading, Outcome, WordReading};
use unicode_normalization::UnicodeNormalization;

/// What the search's certainties are multiplied by to become Tesseract's word certainties.
const CERTAINTY_SCALE: f32 = 7.0;
const MAX_ALTERNATIVES: usize = 4;
const LEAST_ALTERNATIVE: f32 = 0.001;

/// Everything needed to turn time steps into pixels and codes into text.
pub(crate) struct Place<'a> {
    pub(crate) charset: &'a Charset,
    /// By character id: whether it may be read at all.
    pub(crate) enabled: &'a [bool],
    pub(crate) height_px: u32,
    pub(crate) width_px: u32,
}

impl Place<'_> {
    /// Pixels of the unit in one time step.
    fn step_px(&self) -> f32 {
        POOL as f32 / (INPUT_HEIGHT as f32 / self.height_px as f32)
    }

    fn left(&self, step: usize) -> f32 {
        (step as f32 * self.step_px()).floor().min(self.width_px as f32)
    }

    fn right(&self, step: usize) -> f32 {
        (step as f32 * self.step_px()).ceil().min(self.width_px as f32)
    }
}

pub(crate) fn line(
    place: &Place<'_>,
    characters: &[Character],
    probabilities: &Probabilities<'_>,
) -> LineReading {
    let mut words = Vec::new();
    let mut space_before = 0f32;
    let mut start = 0;
    while start < characters.len() {
        let rest = &characters[start + 1..];
        let more = rest.iter().take_while(|c| c.id != SPACE && !c.starts_word).count();
        let end = start + 1 + more;
        let space_after = characters.get(end).filter(|c| c.id == SPACE).map(|c| c.certainty);
        // A line or a doubled space may begin with a space: it is no part of the word.
        let visible = &characters[start + usize::from(characters[start].id == SPACE)..end];
        let spaces = space_before.min(space_after.unwrap_or(0.0));
        words.extend(word(place, visible, spaces, probabilities));
        space_before = space_after.unwrap_or(0.0);
        start = end + usize::from(space_after.is_some());
    }
    let seen: Vec<f32> = characters.iter().filter(|c| c.id != SPACE).map(|c| c.certainty).collect();
    let mean_certainty = if seen.is_empty() { 0.0 } else { seen.iter().sum::<f32>() / seen.len() as f32 };
    let min_certainty = seen.iter().copied().fold(0.0, f32::min);
    LineReading { words, outcome: Outcome::Read { mean_certainty, min_certainty } }
}

fn word(
    place: &Place<'_>,
    characters: &[Character],
    spaces: f32,
    probabilities: &Probabilities<'_>,
) -> Option<WordReading> {
    let (first, last) = (characters.first()?, characters.last()?);
    let certainty = characters.iter().map(|c| c.certainty).fold(spaces, f32::min) * CERTAINTY_SCALE;
    let text: String = characters.iter().map(|c| place.charset.text(c.id)).collect();
    Some(WordReading {
        text: text.nfc().collect(),
        confidence: (100.0 + 5.0 * certainty).clamp(0.0, 100.0),
        left: place.left(first.borders.0),
        right: place.right(last.borders.1),
        in_dictionary: last.permuter != permuter::TOP_CHOICE && last.permuter != permuter::NONE,
        chars: characters.iter().map(|c| character(place, c, probabilities)).collect(),
    })
}

fn character(place: &Place<'_>, character: &Character, probabilities: &Probabilities<'_>) -> CharReading {
    CharReading {
        text: place.charset.text(character.id).to_owned(),
        certainty: character.certainty,
        left: place.left(character.borders.0),
        right: place.right(character.borders.1),
        alternatives: alternatives(place, character, probabilities),
    }
}

/// The best other characters, by their share of what is not null over the character's own time steps.
fn alternatives(
    place: &Place<'_>,
    character: &Character,
    probabilities: &Probabilities<'_>,
) -> Vec<(String, f32)> {
    let charset = place.charset;
    let rows = || (character.steps.0..character.steps.1).map(|step| probabilities.step(step));
    let all: f32 = rows().map(|row| 1.0 - row[usize::from(charset.null_code)]).sum();
    if all <= 0.0 {
        return Vec::new();
    }
    let mut found: Vec<(u16, f32)> = Vec::new();
    for row in rows() {
        for (code, p) in row.iter().enumerate().filter(|(_, p)| **p >= LEAST_ALTERNATIVE * all) {
            match found.iter_mut().find(|(known, _)| *known == code as u16) {
                Some((_, sum)) => *sum += p,
                None => found.push((code as u16, *p)),
            }
        }
    }
    found.retain(|(code, _)| {
        let id = charset.id(*code);
        *code != charset.null_code && id != character.id && id != SPACE && place.enabled[usize::from(id)]
    });
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(MAX_ALTERNATIVES);
    found
        .into_iter()
        .map(|(code, sum)| (charset.text(charset.id(code)).to_owned(), (sum / all).min(1.0)))
        .collect()
}
