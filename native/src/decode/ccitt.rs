//! CCITT group 3 and group 4 (ITU-T T.4, T.6): decoding of all variants, coding of group 4.
//!
//! Decoded rows are packed bits, 1 for a black run, each row beginning at a byte.

use super::raster::Raster;
use super::{DecodeError, undecodable};
use fax::maps::{Mode, black, mode, white};
use fax::{BitReader, Color, VecWriter, encoder};

/// Which of the codes a stream uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// TIFF compression 2: one-dimensional rows, each beginning at a byte, no end-of-line codes.
    ModifiedHuffman,
    /// T.4: one-dimensional rows, or two-dimensional ones told apart by a tag bit after the end-of-line code.
    Group3 { two_dimensional: bool },
    /// T.6.
    Group4,
}

/// Decodes exactly `rows` rows of `width` columns. Rows after an early end-of-block code are white; a stream
/// that is broken or ends before is an error.
pub(super) fn decode(data: &[u8], scheme: Scheme, width: u32, rows: u32) -> Result<Vec<u8>, DecodeError> {
    let stride = (width as usize).div_ceil(8);
    let mut out = vec![0u8; stride * rows as usize];
    let mut bits = Bits { data, at: 0 };
    let mut reference: Vec<u32> = Vec::new();
    let mut current: Vec<u32> = Vec::new();
    for row in out.chunks_exact_mut(stride.max(1)) {
        current.clear();
        let read = match scheme {
            Scheme::ModifiedHuffman => {
                bits.align();
                one_dimensional(&mut bits, width, &mut current)
            }
            Scheme::Group3 { two_dimensional } => match bits.skip_end_of_lines(two_dimensional) {
                Next::BlockEnd => return Ok(out),
                Next::Nothing => None,
                Next::Row { is_two_dimensional: true } => {
                    two_dimensional_row(&mut bits, width, &reference, &mut current)
                }
                Next::Row { is_two_dimensional: false } => one_dimensional(&mut bits, width, &mut current),
            },
            Scheme::Group4 => two_dimensional_row(&mut bits, width, &reference, &mut current),
        };
        match read {
            Some(RowEnd::Row) => {}
            Some(RowEnd::Block) => return Ok(out),
            None => return Err(undecodable("CCITT data is broken or cut short")),
        }
        fill(row, &current, width);
        std::mem::swap(&mut reference, &mut current);
    }
    Ok(out)
}

enum RowEnd {
    Row,
    Block,
}

/// Blackens what lies between odd and even changes.
fn fill(row: &mut [u8], changes: &[u32], width: u32) {
    for pair in changes.chunks(2) {
        let (from, to) = (pair[0], pair.get(1).copied().unwrap_or(width));
        let (first, last) = ((from / 8) as usize, (to / 8) as usize);
        let (head, tail) = (0xFFu8 >> (from % 8), !(0xFFu8 >> (to % 8)));
        if first == last {
            row[first] |= head & tail;
        } else {
            row[first] |= head;
            row[first + 1..last].fill(0xFF);
            if tail != 0 {
                row[last] |= tail;
            }
        }
    }
}

/// Notes a change of colour; two at one place cancel out.
fn push(changes: &mut Vec<u32>, at: u32, width: u32) {
    if at >= width {
        return;
    }
    if changes.last() == Some(&at) {
        changes.pop();
    } else {
        changes.push(at);
    }
}

fn run(bits: &mut Bits<'_>, is_black: bool) -> Option<u32> {
    let mut sum = 0u32;
    loop {
        let part = if is_black { black::decode(bits)? } else { white::decode(bits)? };
        sum = sum.checked_add(u32::from(part))?;
        if part < 64 {
            return bits.is_inside().then_some(sum);
        }
    }
}

fn one_dimensional(bits: &mut Bits<'_>, width: u32, current: &mut Vec<u32>) -> Option<RowEnd> {
    let (mut at, mut is_black) = (0u32, false);
    while at < width {
        at = at.checked_add(run(bits, is_black)?)?;
        push(current, at, width);
        is_black = !is_black;
    }
    (at == width).then_some(RowEnd::Row)
}

fn two_dimensional_row(
    bits: &mut Bits<'_>,
    width: u32,
    reference: &[u32],
    current: &mut Vec<u32>,
) -> Option<RowEnd> {
    // a0 begins left of the first column; b1 is the first change right of a0 to the colour opposite to the
    // current one, which stands at an even index of `reference` while the colour is white.
    let (mut a0, mut is_black, mut next) = (-1i64, false, 0usize);
    while a0 < i64::from(width) {
        while next > 0 && i64::from(reference[next - 1]) > a0 {
            next -= 1;
        }
        while next < reference.len() && (i64::from(reference[next]) <= a0 || (next % 2 == 1) != is_black) {
            next += 1;
        }
        let b1 = reference.get(next).copied().unwrap_or(width);
        match mode::decode(bits)? {
            Mode::Pass => a0 = i64::from(reference.get(next + 1).copied().unwrap_or(width)),
            Mode::Vertical(delta) => {
                let a1 = i64::from(b1) + i64::from(delta);
                if a1 < a0.max(0) || a1 > i64::from(width) {
                    return None;
                }
                push(current, a1 as u32, width);
                is_black = !is_black;
                a0 = a1;
            }
            Mode::Horizontal => {
                let a1 = (a0.max(0) as u32).checked_add(run(bits, is_black)?)?;
                let a2 = a1.checked_add(run(bits, !is_black)?)?;
                if a2 > width {
                    return None;
                }
                push(current, a1, width);
                push(current, a2, width);
                a0 = i64::from(a2);
            }
            Mode::EOF => return bits.is_inside().then_some(RowEnd::Block),
            Mode::Extension => return None,
        }
        if !bits.is_inside() {
            return None;
        }
        // A row of no columns, or codes that never move on, cannot come here: each code but a pass at the
        // end moves a0, and the bits are finite.
    }
    Some(RowEnd::Row)
}

/// Bits from the highest of each byte on; behind the end there are zeros.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn is_inside(&self) -> bool {
        self.at <= self.data.len() * 8
    }
    fn align(&mut self) {
        self.at = self.at.div_ceil(8) * 8;
    }
    /// Skips fill bits and the end-of-line code before a row, if there is one.
    fn skip_end_of_lines(&mut self, tagged: bool) -> Next {
        let end = self.data.len() * 8;
        let mut is_two_dimensional = false;
        for seen in 0..2 {
            let start = self.at;
            while self.at < end && self.peek(1) == Some(0) {
                self.at += 1;
            }
            if self.at >= end {
                return Next::Nothing;
            }
            if self.at - start < 11 {
                self.at = start;
                return Next::Row { is_two_dimensional };
            }
            if seen == 1 {
                break;
            }
            self.at += 1;
            if tagged {
                is_two_dimensional = self.peek(1) == Some(0);
                self.at += 1;
            }
        }
        Next::BlockEnd
    }
}

/// What comes after the end-of-line codes of group 3.
enum Next {
    Row {
        is_two_dimensional: bool,
    },
    /// Two codes in a row: the return to control.
    BlockEnd,
    /// The data is used up.
    Nothing,
}

impl BitReader for Bits<'_> {
    type Error = ();

    fn peek(&self, bits: u8) -> Option<u16> {
        if bits > 16 {
            return None;
        }
        let byte = |i: usize| u32::from(self.data.get(self.at / 8 + i).copied().unwrap_or(0));
        let window = byte(0) << 16 | byte(1) << 8 | byte(2);
        Some(((window << (8 + self.at % 8) >> 8) as u64 >> (24 - u32::from(bits))) as u16)
    }
    fn consume(&mut self, bits: u8) -> Result<(), ()> {
        self.at += usize::from(bits);
        Ok(())
    }
    fn bits_to_byte_boundary(&self) -> u8 {
        ((8 - self.at % 8) % 8) as u8
    }
}

/// Group 4 data of a grey raster; what is darker than half is black.
pub(super) fn encode_g4(raster: &Raster) -> Vec<u8> {
    let mut encoder = encoder::Encoder::new(VecWriter::new());
    for y in 0..raster.height {
        let colours = raster.row(y).iter().map(|&v| if v < 128 { Color::Black } else { Color::White });
        match encoder.encode_line(colours, raster.width) {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }
    match encoder.finish() {
        Ok(writer) => writer.finish(),
        Err(never) => match never {},
    }
}

/// Packed bits (1 = black run) to grey: black runs become `black`, the rest its opposite.
pub(super) fn to_grey(packed: &[u8], width: u32, rows: u32, black: u8) -> Raster {
    let stride = (width as usize).div_ceil(8);
    let mut pixels = Vec::with_capacity(width as usize * rows as usize);
    for row in packed.chunks_exact(stride.max(1)).take(rows as usize) {
        pixels.extend(
            (0..width as usize).map(|x| if row[x / 8] >> (7 - x % 8) & 1 == 1 { black } else { !black }),
        );
    }
    Raster { width, height: rows, channels: 1, pixels }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_4_comes_back() {
        for width in [1u32, 7, 8, 9, 64, 100, 2560, 5200] {
            let height = 40;
            let mut seed = u64::from(width);
            let mut black = false;
            let pixels: Vec<u8> = (0..width * height)
                .map(|_| {
                    seed =
                        seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    if (seed >> 33).is_multiple_of(11) {
                        black = !black;
                    }
                    if black { 0 } else { 255 }
                })
                .collect();
            let raster = Raster { width, height, channels: 1, pixels };
            let packed = decode(&encode_g4(&raster), Scheme::Group4, width, height).expect("own data");
            assert_eq!(to_grey(&packed, width, height, 0), raster, "width {width}");
        }
    }

    #[test]
    fn broken_data_is_an_error() {
        assert!(decode(&[0xFF; 4], Scheme::Group4, 100, 100).is_err());
        assert!(decode(&[], Scheme::Group4, 10, 1).is_err());
        assert!(decode(&[0x55; 40], Scheme::ModifiedHuffman, 50, 50).is_err());
    }
}
