//! From grey values to int8: black and white are estimated along the middle row, the span between them fills the range.

use super::Image;

/// Values of the network's input for each pixel of a scaled line.
pub(super) fn normalise(image: &Image) -> Vec<i8> {
    let (black, white) = black_and_white(image);
    let half = (white - black) / 2.0;
    let contrast = if half > 0.0 { half } else { 1.0 };
    let table: [i8; 256] = std::array::from_fn(|grey| {
        let scaled = 128.0 * ((grey as f32 - black) / contrast - 1.0);
        let rounded = if scaled >= 0.0 { (scaled + 0.5) as i32 } else { -((0.5 - scaled) as i32) };
        rounded.clamp(-127, 127) as i8
    });
    image.pixels.iter().map(|grey| table[usize::from(*grey)]).collect()
}

/// Quartiles of the local minima and maxima of the middle row: the lower one of the minima, the upper one of the maxima.
fn black_and_white(image: &Image) -> (f32, f32) {
    let (mut minima, mut maxima) = ([0u32; 256], [0u32; 256]);
    let middle = &image.pixels[image.height / 2 * image.width..][..image.width];
    for three in middle.windows(3) {
        let [previous, current, next] = [three[0], three[1], three[2]];
        if (current < previous && current <= next) || (current <= previous && current < next) {
            minima[usize::from(current)] += 1;
        }
        if (current > previous && current >= next) || (current >= previous && current > next) {
            maxima[usize::from(current)] += 1;
        }
    }
    (quantile(&minima, 0.25, 0) as f32, quantile(&maxima, 0.75, 255) as f32)
}

/// A quantile interpolated inside its bucket; an empty histogram counts as one sample of `if_none`.
fn quantile(histogram: &[u32; 256], part: f64, if_none: usize) -> f64 {
    let mut histogram = *histogram;
    if histogram.iter().all(|n| *n == 0) {
        histogram[if_none] = 1;
    }
    let total: u32 = histogram.iter().sum();
    let target = (part * f64::from(total)).clamp(1.0, f64::from(total));
    let (mut sum, mut index) = (0u32, 0);
    while index < histogram.len() && f64::from(sum) < target {
        sum += histogram[index];
        index += 1;
    }
    index as f64 - (f64::from(sum) - target) / f64::from(histogram[index - 1])
}
