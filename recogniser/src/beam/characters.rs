//! From the best path to characters: repetitions and nulls folded in, each with its certainty, time steps and borders.

use super::Node;
use crate::model::{NO_CHARACTER, SPACE, permuter};

/// A character of a line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Character {
    pub(crate) id: u16,
    /// The worst of its time steps and of the nulls before it.
    pub(crate) certainty: f32,
    /// Its own time steps: first, and one past the last.
    pub(crate) steps: (usize, usize),
    /// Its share of the line in time steps: half way to its neighbours.
    pub(crate) borders: (usize, usize),
    /// A word of the dictionary begins with it.
    pub(crate) starts_word: bool,
    /// What kind of path it is on.
    pub(crate) permuter: u8,
}

pub(super) fn characters(path: &[Node]) -> Vec<Character> {
    let mut characters: Vec<Character> = Vec::new();
    let mut step = 0;
    while step < path.len() {
        // Certainties are summed up in double precision by the reference; a minimum needs none.
        let mut certainty = 0f32;
        while step < path.len() && path[step].id == NO_CHARACTER {
            certainty = certainty.min(path[step].certainty);
            step += 1;
        }
        let Some(node) = path.get(step) else {
            if let Some(last) = characters.last_mut() {
                last.certainty = last.certainty.min(certainty);
            }
            break;
        };
        if node.id == SPACE
            && node.permuter != permuter::NONE
            && let Some(last) = characters.last_mut()
        {
            // What is doubtful before a space belongs to the character before it.
            last.certainty = last.certainty.min(certainty);
            certainty = 0.0;
        }
        let start = step;
        loop {
            let of_step = path[step].certainty;
            // A space that opens the dictionary forgets the nulls before it.
            if of_step < certainty || (node.id == SPACE && path[step].permuter == permuter::NONE) {
                certainty = of_step;
            }
            step += 1;
            if step == path.len() || !path[step].duplicate {
                break;
            }
        }
        characters.push(Character {
            id: node.id,
            certainty,
            steps: (start, step),
            borders: (0, path.len()),
            starts_word: node.starts_word,
            permuter: node.permuter,
        });
    }
    for index in 1..characters.len() {
        let (end, start) = (characters[index - 1].steps.1, characters[index].steps.0);
        let border = end + (start - end) / 2;
        characters[index - 1].borders.1 = border;
        characters[index].borders.0 = border;
    }
    characters
}
