//! Everything but the print, at low resolution: where print was taken out, the paper around it is carried on, so that
//! nothing but paper has to be coded there.

use super::super::jbig2::Bitmap;
use super::Jpeg;
use super::pixels::{Pixels, as_rgb};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// The resolution it is brought down to, or up to twice of it.
const DPI: u32 = 150;
/// JPEG quality, 1 to 100.
const QUALITY: u8 = 50;

/// Pixels of the lower layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Background {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) channels: usize,
    pub(super) factor: u32,
    pub(super) bytes: Vec<u8>,
}

impl Background {
    /// Averages what is not print. The soft edges of letters count as print.
    pub(super) fn of(pixels: &Pixels<'_>, print: &Bitmap, dpi: u32) -> Self {
        let factor = (dpi / DPI).clamp(1, pixels.width.min(pixels.height).max(1));
        let (width, height) = (pixels.width.div_ceil(factor), pixels.height.div_ceil(factor));
        let channels = pixels.channels;
        let mut cells = Cells::new(width, height, channels);
        let reach = (dpi / 150).clamp(1, 4);
        let mut hidden = vec![false; pixels.width as usize];
        let (mut sums, mut counts) = (vec![0_u32; width as usize * channels], vec![0_u32; width as usize]);
        for y in 0..height {
            sums.fill(0);
            counts.fill(0);
            for source in y * factor..((y + 1) * factor).min(pixels.height) {
                near_print(print, source, reach, &mut hidden);
                let row = pixels.row(source, 0, pixels.width).chunks_exact(channels);
                for ((x, pixel), _) in row.enumerate().zip(&hidden).filter(|(_, hidden)| !**hidden) {
                    let cell = x / factor as usize;
                    counts[cell] += 1;
                    sums[cell * channels..].iter_mut().zip(pixel).for_each(|(sum, &v)| *sum += u32::from(v));
                }
            }
            cells.set_row(y, &sums, &counts);
        }
        Self { width, height, channels, factor, bytes: cells.filled() }
    }

    pub(super) fn encode(&self) -> Result<Jpeg, String> {
        encoded(
            &self.bytes,
            (self.width, self.height),
            self.channels,
            self.factor,
            QUALITY,
            SamplingFactor::F_2_2,
        )
    }

    /// What a viewer will see of it. Only ever given bytes that were made here.
    pub(super) fn decode(jpeg: &Jpeg) -> Result<Self, String> {
        let bytes = decoded(jpeg)?;
        let channels = usize::from(jpeg.components);
        Ok(Self { width: jpeg.width_px, height: jpeg.height_px, channels, factor: jpeg.factor, bytes })
    }

    /// Its colour at a pixel of the page: the plain meaning of a PDF image, without interpolation.
    pub(super) fn rgb(&self, x: u32, y: u32) -> [u8; 3] {
        let (x, y) = ((x / self.factor) as usize, (y / self.factor) as usize);
        let start = (y * self.width as usize + x) * self.channels;
        as_rgb(&self.bytes[start..start + self.channels])
    }
}

/// Pixels as JPEG.
pub(super) fn encoded(
    pixels: &[u8],
    (width_px, height_px): (u32, u32),
    channels: usize,
    factor: u32,
    quality: u8,
    sampling: SamplingFactor,
) -> Result<Jpeg, String> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    // A third smaller. The encoder then writes one scan for each component, which every reader of baseline JPEG takes.
    encoder.set_optimized_huffman_tables(true);
    encoder.set_sampling_factor(sampling);
    let side = |v: u32| u16::try_from(v).map_err(|_| format!("{v} pixels a side"));
    let (width, height) = (side(width_px)?, side(height_px)?);
    let colours = if channels == 1 { ColorType::Luma } else { ColorType::Rgb };
    encoder.encode(pixels, width, height, colours).map_err(|e| e.to_string())?;
    Ok(Jpeg { width_px, height_px, components: channels as u8, factor, bytes })
}

/// The pixels of a JPEG made here, by a decoder that is not the encoder's.
pub(super) fn decoded(jpeg: &Jpeg) -> Result<Vec<u8>, String> {
    let bytes = jpeg_decoder::Decoder::new(jpeg.bytes.as_slice()).decode().map_err(|e| e.to_string())?;
    let wanted = jpeg.width_px as usize * jpeg.height_px as usize * usize::from(jpeg.components);
    if bytes.len() == wanted { Ok(bytes) } else { Err("it comes back with another size".to_owned()) }
}

/// For each column of a row, whether print lies at most `reach` pixels away, up, down or sideways.
fn near_print(print: &Bitmap, y: u32, reach: u32, hidden: &mut [bool]) {
    hidden.fill(false);
    let rows = y.saturating_sub(reach)..(y + reach + 1).min(print.height());
    let reach = reach as usize;
    for byte in 0..print.row(y).len() {
        let mut bits = rows.clone().fold(0, |bits, row| bits | print.row(row)[byte]);
        while bits != 0 {
            let x = byte * 8 + bits.leading_zeros() as usize;
            bits &= !(0x80 >> (x % 8));
            let end = (x + reach + 1).min(hidden.len());
            hidden[x.saturating_sub(reach)..end].fill(true);
        }
    }
}

/// A picture with holes.
struct Cells {
    width: usize,
    height: usize,
    channels: usize,
    bytes: Vec<u8>,
    known: Vec<bool>,
}

impl Cells {
    fn new(width: u32, height: u32, channels: usize) -> Self {
        let (width, height) = (width as usize, height as usize);
        Self {
            width,
            height,
            channels,
            bytes: vec![255; width * height * channels],
            known: vec![false; width * height],
        }
    }

    fn set_row(&mut self, y: u32, sums: &[u32], counts: &[u32]) {
        let start = y as usize * self.width;
        for (x, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let to = (start + x) * self.channels;
            let sums = &sums[x * self.channels..];
            self.bytes[to..to + self.channels]
                .iter_mut()
                .zip(sums)
                .for_each(|(v, &sum)| *v = ((sum + count / 2) / count) as u8);
            self.known[start + x] = true;
        }
    }

    /// Without holes: each takes the colour of the same place in a copy of half the size, made from what is known, and
    /// is then evened out with its neighbours.
    fn filled(self) -> Vec<u8> {
        if self.known.iter().all(|known| *known) {
            return self.bytes;
        }
        if !self.known.contains(&true) {
            return self.bytes;
        }
        let half = self.halved();
        let half_width = half.width;
        let filled = half.filled();
        let Self { width, height, channels, mut bytes, known } = self;
        let holes: Vec<usize> = (0..known.len()).filter(|&at| !known[at]).collect();
        for &at in &holes {
            let from = (at / width / 2 * half_width + at % width / 2) * channels;
            bytes[at * channels..(at + 1) * channels].copy_from_slice(&filled[from..from + channels]);
        }
        for _ in 0..2 {
            for &at in &holes {
                let (x, y) = (at % width, at / width);
                let around = [
                    if x > 0 { at - 1 } else { at },
                    if x + 1 < width { at + 1 } else { at },
                    if y > 0 { at - width } else { at },
                    if y + 1 < height { at + width } else { at },
                ];
                for c in 0..channels {
                    let sum: u32 = around.iter().map(|n| u32::from(bytes[n * channels + c])).sum();
                    bytes[at * channels + c] = (sum / 4) as u8;
                }
            }
        }
        bytes
    }

    /// Half the size, each cell the mean of the known ones among four.
    fn halved(&self) -> Self {
        let mut half =
            Self::new(self.width.div_ceil(2) as u32, self.height.div_ceil(2) as u32, self.channels);
        for y in 0..half.height {
            for x in 0..half.width {
                let (mut sum, mut count) = ([0_u32; 3], 0);
                for (sx, sy) in
                    [(2 * x, 2 * y), (2 * x + 1, 2 * y), (2 * x, 2 * y + 1), (2 * x + 1, 2 * y + 1)]
                {
                    if sx < self.width && sy < self.height && self.known[sy * self.width + sx] {
                        let from = (sy * self.width + sx) * self.channels;
                        sum.iter_mut()
                            .zip(&self.bytes[from..from + self.channels])
                            .for_each(|(s, &v)| *s += u32::from(v));
                        count += 1;
                    }
                }
                let to = y * half.width + x;
                half.known[to] = count > 0;
                let cell = &mut half.bytes[to * self.channels..(to + 1) * self.channels];
                for (v, sum) in cell.iter_mut().zip(sum) {
                    *v = (sum + count / 2).checked_div(count).unwrap_or(255) as u8;
                }
            }
        }
        half
    }
}
