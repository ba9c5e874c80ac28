//! Typescript: every letter takes the same width. The line models were trained on print of varying widths: a narrow l in its
//! wide place passes for L or t, and the dot that many such faces put into a zero makes it a 6, 8 or 9.

use super::components::{self, Component};
use super::grey::{Filter, Grey};
use record::{Block, Word};

/// Letters that a word needs for its width to say something.
const LEAST_LETTERS: usize = 4;
/// Words that a page needs.
const LEAST_WORDS: usize = 12;
/// Widths of a letter that differ by less than this are the same.
const SAME_WIDTH: f32 = 0.08;
/// Share of words with the same width of a letter from which a page is typed. Print has at most half.
const MOST_WORDS: f32 = 0.8;
/// White at the ends of a word, in letters.
const ENDS: f32 = 0.25;
/// Ink this much darker than white counts, in grey levels.
const INK: u8 = 70;
/// A zero's dot is at most this high and wide, in capitals.
const DOT: (f32, f32) = (0.45, 0.3);
/// Painted white around a dot, too.
const SOFT_EDGE_PX: u32 = 1;
/// Typescript this much narrower is read best.
const NARROWED: f32 = 0.85;

/// Whether a page was written with one width for all letters, as far as its words tell.
pub(crate) fn is_typed(blocks: &[Block]) -> bool {
    let words = blocks.iter().flat_map(|b| &b.lines).flat_map(|l| &l.words);
    let mut widths: Vec<f32> = words.filter_map(width_of_letter).collect();
    if widths.len() < LEAST_WORDS {
        return false;
    }
    widths.sort_by(f32::total_cmp);
    let usual = widths[widths.len() / 2];
    let same = widths.iter().filter(|w| (*w / usual - 1.0).abs() < SAME_WIDTH).count();
    same as f32 >= widths.len() as f32 * MOST_WORDS
}

fn width_of_letter(word: &Word) -> Option<f32> {
    let letters = word.text.chars().count();
    let plain = word.text.chars().all(char::is_alphabetic);
    (plain && letters >= LEAST_LETTERS).then(|| word.bbox.width() as f32 / (letters as f32 - ENDS))
}

/// The picture with its lines as narrow as those of print.
pub(crate) fn narrowed(picture: &Grey<'_>) -> Grey<'static> {
    let width = (picture.width as f32 * NARROWED).round() as u32;
    picture.resized(width, picture.height, Filter::Lanczos)
}

/// The picture with the dots in zeros painted white: small groups of ink in the middle of a ring as tall as a capital.
pub(crate) fn without_dots(picture: Grey<'_>, capital_px: f32) -> Grey<'static> {
    let (width, height) = (picture.width, picture.height);
    let depths = Grey::new(width, height, picture.pixels.iter().map(|v| 255 - v).collect());
    let groups = components::components(&depths, INK);
    let mut pixels = picture.pixels.into_owned();
    for dot in dots(&groups, capital_px) {
        let (left, right) = (dot.left.saturating_sub(SOFT_EDGE_PX), (dot.right + SOFT_EDGE_PX).min(width));
        for y in dot.top.saturating_sub(SOFT_EDGE_PX)..(dot.bottom + SOFT_EDGE_PX).min(height) {
            let row = y as usize * width as usize;
            pixels[row + left as usize..row + right as usize].fill(255);
        }
    }
    Grey::new(width, height, pixels)
}

fn dots(groups: &[Component], capital_px: f32) -> Vec<Component> {
    let is_ring = |c: &&Component| {
        let (w, h) = (c.width() as f32 / capital_px, c.height() as f32 / capital_px);
        (0.75..1.3).contains(&h) && (0.4..1.0).contains(&w)
    };
    let mut rings: Vec<&Component> = groups.iter().filter(is_ring).collect();
    rings.sort_by_key(|c| c.left);
    let widest = rings.iter().map(|c| c.width()).max().unwrap_or(0);
    let is_dot = |c: &&Component| {
        let (w, h) = (c.width() as f32 / capital_px, c.height() as f32 / capital_px);
        if h > DOT.0 || w > DOT.1 {
            return false;
        }
        let from = rings.partition_point(|ring| ring.left + widest < c.right);
        rings[from..].iter().take_while(|ring| ring.left < c.left).any(|ring| is_in_the_middle(c, ring))
    };
    groups.iter().filter(is_dot).copied().collect()
}

fn is_in_the_middle(dot: &Component, ring: &Component) -> bool {
    let apart = |a: u32, b: u32, c: u32, d: u32| (a + b).abs_diff(c + d);
    let inside =
        dot.left > ring.left && dot.right < ring.right && dot.top > ring.top && dot.bottom < ring.bottom;
    inside
        && apart(dot.left, dot.right, ring.left, ring.right) * 3 <= ring.width()
        && apart(dot.top, dot.bottom, ring.top, ring.bottom) * 3 <= ring.height()
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{BlockKind, Line, PxBox};

    /// One line with a word of each text, as wide as `width` says.
    fn page(texts: &[&str], width: impl Fn(&str) -> u32) -> Vec<Block> {
        let word = |text: &&str| {
            Word::new(*text, PxBox { left: 100, top: 100, right: 100 + width(text), bottom: 130 }, 90)
        };
        let words: Vec<Word> = texts.iter().map(word).collect();
        let bbox = PxBox::around(words.iter().map(|w| &w.bbox));
        let lines = vec![Line { bbox, baseline: (130, 130), words }];
        vec![Block { kind: BlockKind::Body, bbox, lines }]
    }

    const WORDS: [&str; 14] = [
        "trình", "người", "nghĩa", "chiếm", "trong", "tính", "phạm", "chính", "mình", "thống", "thuận",
        "giữa", "nhận", "biết",
    ];

    #[test]
    fn letters_of_one_width_are_typed_and_those_of_print_are_not() {
        // a typewriter puts a letter every 16 px, and an m does not fill its place
        let typed = |text: &str| 16 * text.chars().count() as u32 - 4 + u32::from(text.ends_with('m'));
        assert!(is_typed(&page(&WORDS, typed)));
        // widths of Times in thousandths of its size, drawn at 32 px
        let of_print = |c: char| match c {
            'i' | 'ì' | 'í' | 'ĩ' | 'l' | 't' => 278,
            'r' => 333,
            'c' | 'a' | 'ạ' | 'ậ' | 'ữ' | 'ế' | 'ề' => 444,
            'm' => 778,
            _ => 500,
        };
        let print = |text: &str| text.chars().map(of_print).sum::<u32>() * 32 / 1000;
        assert!(!is_typed(&page(&WORDS, print)));
        assert!(!is_typed(&page(&WORDS[..5], typed)), "five words say nothing");
    }

    #[test]
    fn the_dot_in_a_zero_goes_and_other_dots_stay() {
        let mut picture = Grey::new(80, 50, vec![255; 80 * 50]);
        let pixels = picture.pixels.to_mut();
        let mut fill = |left: usize, top: usize, right: usize, bottom: usize, value: u8| {
            (top..bottom).for_each(|y| pixels[y * 80 + left..y * 80 + right].fill(value));
        };
        // a zero 14 px wide and 24 px high with its dot, and a small letter with a dot above
        fill(10, 10, 24, 34, 20);
        fill(13, 13, 21, 31, 255);
        fill(16, 20, 18, 25, 20);
        fill(40, 16, 43, 34, 20);
        fill(40, 10, 43, 13, 20);
        let cleaned = without_dots(picture.clone(), 24.0);
        let at = |x: usize, y: usize| cleaned.pixels[y * 80 + x];
        assert!((15..19).all(|x| (19..26).all(|y| at(x, y) == 255)), "the dot is gone");
        assert_eq!((at(11, 20), at(22, 20), at(15, 11), at(41, 11)), (20, 20, 20, 20));
        assert_eq!((narrowed(&cleaned).width, narrowed(&cleaned).height), (68, 50));
    }
}
