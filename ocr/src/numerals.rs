//! The numbers of chapters: I, II and III. The line model drops one of several equal strokes, or takes two for an H. They touch
//! nothing, so they are counted.

use crate::alternatives;
use crate::blanks::pieces;
use crate::clean::Look;
use crate::clean::grey::Grey;
use record::{AlternativeSource, BlockKind, Line, PageText, PxBox, Word};

/// What strokes side by side are read as, with the point behind them. A 1 is believed: it is a stroke, too.
const READ_AS: [char; 9] = ['I', 'H', 'L', 'T', 'l', 'i', '|', '.', ','];
/// Strokes of a number: four are IV.
const MOST: usize = 3;
/// A stroke is at most this wide, in its heights: bold and with serifs 0.55, L and T 0.7.
const WIDEST: f32 = 0.6;
/// As tall as the tallest by this share at least; a point is lower than the other.
const TALL: f32 = 0.85;
const POINT: f32 = 0.3;
/// Strokes of a number differ in width by at most this share of their height.
const ALIKE: f32 = 0.1;
/// What was read instead is kept at this score, 0–100, and what the strokes say is no surer than this.
const SCORE: u8 = 30;
const MOST_SURE: u8 = 60;

/// Reads numbers of chapters by their strokes; what the model read is kept beside. `grey`: the page as it was read, at full size.
pub(crate) fn by_strokes(text: &mut PageText, grey: &Grey<'_>, look: &Look) {
    for line in text.blocks.iter_mut().filter(|b| b.kind == BlockKind::Body).flat_map(|b| &mut b.lines) {
        part_from_heading(line, grey, look);
        if !is_heading(line) {
            continue;
        }
        let number = &mut line.words[0];
        let Some(said) = numeral(&pieces(grey, look, &number.bbox)) else { continue };
        // a lone stroke may be what is left of an L or a T
        let is_one = said.chars().filter(|c| *c == 'I').count() == 1;
        if said != number.text && (!is_one || number.text.contains(['I', 'l', '|'])) {
            let before = std::mem::replace(&mut number.text, said);
            number.confidence = number.confidence.min(MOST_SURE);
            alternatives::offer(number, before, SCORE, AlternativeSource::Recogniser);
        }
    }
}

/// Parts "I.NHỮNG", read as one word, behind the point.
fn part_from_heading(line: &mut Line, grey: &Grey<'_>, look: &Look) {
    let Some(first) = line.words.first() else { return };
    let Some((number, rest)) = first.text.split_once('.') else { return };
    let is_number = (1..=MOST).contains(&number.len()) && number.chars().all(|c| c == 'I');
    if !is_number || rest.chars().count() < 2 || !rest.chars().all(char::is_uppercase) {
        return;
    }
    let pieces = pieces(grey, look, &first.bbox);
    let Some(number_end) = (1..pieces.len()).find(|&end| numeral(&pieces[..end]).is_some()) else { return };
    let middle = pieces[number_end - 1].right.midpoint(pieces[number_end].left);
    let parts = [
        Word::new(format!("{number}."), PxBox { right: middle, ..first.bbox }, first.confidence),
        Word { text: rest.to_owned(), bbox: PxBox { left: middle, ..first.bbox }, ..first.clone() },
    ];
    line.words.splice(..1, parts);
}

/// Whether a line begins with what may be such a number and goes on in capitals.
fn is_heading(line: &Line) -> bool {
    let [number, next, ..] = line.words.as_slice() else { return false };
    let is_capitals = |text: &str| text.chars().filter(|c| c.is_uppercase()).count() > 1;
    number.text.chars().all(|c| READ_AS.contains(&c))
        && number.text.chars().count() <= MOST + 1
        && is_capitals(&next.text)
        && !next.text.chars().any(char::is_lowercase)
}

/// The number with its point, from the connected ink of it; `None` where that is anything else.
fn numeral(pieces: &[PxBox]) -> Option<String> {
    let tallest = pieces.iter().map(PxBox::height).max()? as f32;
    let (strokes, rest): (Vec<&PxBox>, Vec<&PxBox>) =
        pieces.iter().partition(|p| p.height() as f32 >= TALL * tallest);
    let [point] = rest.as_slice() else { return None };
    let is_point = point.height() as f32 <= POINT * tallest
        && strokes.iter().all(|s| s.right <= point.left)
        && point.top.midpoint(point.bottom) > strokes[0].top.midpoint(strokes[0].bottom);
    let widths = || strokes.iter().map(|s| s.width() as f32);
    let (least, most) = widths().fold((f32::MAX, 0.0_f32), |(a, b), w| (a.min(w), b.max(w)));
    let are_strokes = most <= WIDEST * tallest && most - least <= ALIKE * tallest;
    (is_point && are_strokes && strokes.len() <= MOST).then(|| "I".repeat(strokes.len()) + ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Left, width and height of pieces that stand on one line.
    fn said(pieces: &[(u32, u32, u32)]) -> Option<String> {
        let piece = |&(left, width, height): &(u32, u32, u32)| PxBox {
            left,
            top: 40 - height,
            right: left + width,
            bottom: 40,
        };
        numeral(&pieces.iter().map(piece).collect::<Vec<_>>())
    }

    #[test]
    fn strokes_are_counted() {
        let point = |left| (left, 4, 4);
        assert_eq!(said(&[(0, 5, 24), (12, 5, 24), (24, 6, 24), point(34)]).as_deref(), Some("III."));
        assert_eq!(said(&[(0, 11, 25), (14, 11, 25), (28, 7, 7)]).as_deref(), Some("II."));
        assert_eq!(said(&[(0, 5, 24), point(10)]).as_deref(), Some("I."));
    }

    #[test]
    fn what_is_no_row_of_strokes_is_not_counted() {
        let point = |left| (left, 4, 4);
        for other in [
            // an H, a V behind a stroke, no point, a point before, a thin and a fat one, four strokes
            &[(0, 18, 24), point(22)][..],
            &[(0, 5, 24), (8, 18, 24), point(30)],
            &[(0, 5, 24), (12, 5, 24)],
            &[(10, 5, 24), point(0)],
            &[(0, 5, 24), (12, 11, 24), point(26)],
            &[(0, 5, 24), (8, 5, 24), (16, 5, 24), (24, 5, 24), point(34)],
            &[],
        ] {
            assert_eq!(said(other), None, "{other:?}");
        }
    }
}
