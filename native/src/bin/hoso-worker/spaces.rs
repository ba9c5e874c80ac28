//! White gaps inside a word. The network sees a line 36 pixels high and passes over narrow spaces beside dashes and
//! points, and in cells of two or three syllables; in the picture they are plain.

use native::GreyView;
use recogniser::{CharReading, WordReading};
use unicode_normalization::UnicodeNormalization;

/// Pixels below this are ink.
const INK: u8 = 170;
/// A gap this wide beside a dash, in heights of the letters, is a space if the other side has one, too.
const BESIDE_DASH: f32 = 0.36;
/// A gap this wide between two letters, or a point and a letter, is a space.
const BETWEEN_LETTERS: f32 = 0.45;
/// A space is at least this many times as wide as the usual gap between the characters of the line.
const TIMES_USUAL: f32 = 2.2;

/// The words of a line, parted where the picture shows a space. Digits stand loosely and are never parted from each
/// other.
pub(crate) fn parted(words: Vec<WordReading>, area: [u32; 4], image: &GreyView<'_>) -> Vec<WordReading> {
    let ink = Ink::of(area, image);
    let gaps: Vec<Vec<f32>> = words.iter().map(|w| gaps(&ink.white, &w.chars)).collect();
    let mut all: Vec<f32> = gaps.iter().flatten().copied().collect();
    all.sort_by(f32::total_cmp);
    let usual = all.get(all.len() / 2).copied().filter(|_| all.len() >= 8).unwrap_or(0.0);
    let mut result = Vec::with_capacity(words.len());
    for (word, gaps) in words.into_iter().zip(gaps) {
        let is_space = |at: usize| {
            let gap = |at: usize| gaps.get(at).copied().unwrap_or(f32::MAX);
            let wide =
                |at: usize, least: f32| gap(at) >= ink.height * least && gap(at) >= usual * TIMES_USUAL;
            match (kind(&word.chars[at]), kind(&word.chars[at + 1])) {
                (Kind::Dash, _) if at > 0 => wide(at, BESIDE_DASH) && wide(at - 1, BESIDE_DASH),
                (_, Kind::Dash) if at + 2 < word.chars.len() => {
                    wide(at, BESIDE_DASH) && wide(at + 1, BESIDE_DASH)
                }
                (Kind::Letter | Kind::Point, Kind::Letter) => {
                    let open = gap_between(&ink.open, &word.chars[at], &word.chars[at + 1]);
                    wide(at, BETWEEN_LETTERS) && open >= ink.height * BETWEEN_LETTERS
                }
                _ => false,
            }
        };
        let spaces: Vec<usize> = (0..gaps.len()).filter(|&at| is_space(at)).collect();
        let mut from = 0;
        for end in spaces.into_iter().map(|at| at + 1).chain([word.chars.len()]) {
            result.extend(part(&word, from, end));
            from = end;
        }
    }
    result
}

fn part(word: &WordReading, from: usize, end: usize) -> Option<WordReading> {
    if from == 0 && end == word.chars.len() {
        return Some(word.clone());
    }
    let chars = word.chars.get(from..end)?.to_vec();
    let (left, right) = (chars.first()?.left, chars.last()?.right);
    let text = chars.iter().flat_map(|c| c.text.chars()).nfc().collect();
    Some(WordReading { text, left, right, chars, ..*word })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Point,
    Dash,
    Other,
}

fn kind(character: &CharReading) -> Kind {
    match character.text.chars().next() {
        Some('-' | '–') => Kind::Dash,
        Some('.') => Kind::Point,
        Some(c) if c.is_alphabetic() => Kind::Letter,
        _ => Kind::Other,
    }
}

/// Where a line has ink.
struct Ink {
    /// By column of the area, where small letters stand.
    white: Vec<bool>,
    /// … from top to bottom: the bar of a T reaches over the next letter.
    open: Vec<bool>,
    /// Of the letters without their marks, about, in pixels.
    height: f32,
}

impl Ink {
    fn of([left, top, right, bottom]: [u32; 4], image: &GreyView<'_>) -> Self {
        let stride = image.width_px as usize;
        let row =
            |y: u32| &image.pixels[y as usize * stride + left as usize..y as usize * stride + right as usize];
        let white_in = |rows: &mut dyn Iterator<Item = u32>| {
            let mut white = vec![true; (right - left) as usize];
            for y in rows {
                white.iter_mut().zip(row(y)).for_each(|(white, &v)| *white &= v >= INK);
            }
            white
        };
        let inked = |y: u32| row(y).iter().filter(|&&v| v < INK).count();
        let inked: Vec<(u32, usize)> = (top..bottom).map(|y| (y, inked(y))).collect();
        let most = inked.iter().map(|row| row.1).max().unwrap_or(0);
        let mut letters = inked.iter().filter(|row| row.1 > 0 && row.1 * 4 >= most).map(|row| row.0);
        let first = letters.next().unwrap_or(top);
        let end = letters.next_back().unwrap_or(first) + 1;
        Self {
            white: white_in(&mut (first..end)),
            open: white_in(&mut (top..end)),
            height: (end - first) as f32,
        }
    }
}

/// The widest white run between the middles of each two neighbours, in pixels.
fn gaps(white: &[bool], chars: &[CharReading]) -> Vec<f32> {
    chars.windows(2).map(|pair| gap_between(white, &pair[0], &pair[1])).collect()
}

fn gap_between(white: &[bool], a: &CharReading, b: &CharReading) -> f32 {
    let middle = |c: &CharReading| ((c.left + c.right) / 2.0).max(0.0) as usize;
    let to = middle(b).min(white.len());
    let from = middle(a).min(to);
    white[from..to].split(|white| !white).map(<[bool]>::len).max().unwrap_or(0) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line 30 pixels high with characters of 10 pixels, each given with the white before it.
    fn line(chars: &[(&str, u32)]) -> (Vec<u8>, u32, WordReading) {
        let width: u32 = chars.iter().map(|(_, gap)| gap + 10).sum::<u32>() + 10;
        let mut pixels = vec![255; width as usize * 30];
        let (mut x, mut read) = (0, Vec::new());
        for (text, gap) in chars {
            let (left, right) = (x + gap, x + gap + 10);
            for y in 5..25 {
                pixels[(y * width + left) as usize..(y * width + right) as usize].fill(0);
            }
            let (alternatives, certainty) = (Vec::new(), -0.1);
            read.push(CharReading {
                text: (*text).into(),
                certainty,
                left: left as f32,
                right: right as f32,
                alternatives,
            });
            x = right;
        }
        let text = chars.iter().map(|c| c.0).collect();
        let word = WordReading {
            text,
            confidence: 90.0,
            left: 0.0,
            right: x as f32,
            in_dictionary: false,
            chars: read,
        };
        (pixels, width, word)
    }

    fn parts(chars: &[(&str, u32)]) -> String {
        let (pixels, width_px, word) = line(chars);
        let image = GreyView { width_px, height_px: 30, dpi: 200, pixels: &pixels };
        let words = parted(vec![word], [0, 0, width_px, 30], &image);
        words.into_iter().map(|w| w.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn wide_gaps_are_spaces_and_narrow_ones_are_not() {
        let spaced = [("0", 0), ("6", 2), ("-", 9), ("0", 9), ("7", 2)];
        assert_eq!(parts(&spaced), "06 - 07");
        assert_eq!(parts(&[("0", 0), ("6", 2), ("-", 2), ("0", 9), ("7", 2)]), "06-07");
        assert_eq!(parts(&[("I", 0), (".", 2), ("N", 10), ("H", 2)]), "I. NH");
        assert_eq!(parts(&[("n", 0), ("á", 10), ("n", 2)]), "n án");
        // figures stand loosely
        assert_eq!(parts(&[("1", 0), ("1", 12), ("1", 12)]), "111");
        // typewriters put everything far apart
        let typed: Vec<(&str, u32)> =
            "trinhbay".split("").filter(|c| !c.is_empty()).map(|c| (c, 10)).collect();
        assert_eq!(parts(&[typed, vec![("s", 10)]].concat()), "trinhbays");
    }
}
