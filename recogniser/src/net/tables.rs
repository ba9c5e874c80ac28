//! Tanh and the logistic function as the models were trained to see them: tables with linear interpolation. The vector
//! paths read the same tables, so that all paths agree to the last bit.

use std::sync::LazyLock;

pub(crate) const ENTRIES: usize = 4096;
const PER_UNIT: f32 = 256.0;

/// A function on 0..16 at steps of 1/256, each entry with its successor.
pub(crate) struct Table {
    pairs: Box<[[f32; 2]; ENTRIES]>,
}

impl Table {
    fn new(function: impl Fn(f64) -> f64) -> Table {
        let value = |index: usize| function(index as f64 / f64::from(PER_UNIT)) as f32;
        let mut pairs = Box::new([[1.0; 2]; ENTRIES]);
        // The last entry is the limit, which holds from there on.
        for (index, pair) in pairs.iter_mut().enumerate().take(ENTRIES - 1) {
            *pair = [value(index), value(index + 1)];
        }
        Table { pairs }
    }

    /// Value and next value at each 1/256; from the last entry on the function is 1.
    pub(crate) fn entries(&self) -> &[[f32; 2]; ENTRIES] {
        &self.pairs
    }

    /// The function at `x`, which must not be negative.
    fn at(&self, x: f32) -> f32 {
        let scaled = x * PER_UNIT;
        // From the last entry on (and for infinity) it is 1; the cast saturates.
        let index = scaled as usize;
        if index >= ENTRIES - 1 {
            return 1.0;
        }
        let [here, next] = self.pairs[index];
        here + (next - here) * (scaled - index as f32)
    }
}

pub(crate) static TANH: LazyLock<Table> = LazyLock::new(|| Table::new(f64::tanh));
pub(crate) static LOGISTIC: LazyLock<Table> = LazyLock::new(|| Table::new(|x| 1.0 / (1.0 + (-x).exp())));

pub(crate) fn tanh(x: f32) -> f32 {
    if x < 0.0 { -TANH.at(-x) } else { TANH.at(x) }
}

pub(crate) fn logistic(x: f32) -> f32 {
    if x < 0.0 { 1.0 - LOGISTIC.at(-x) } else { LOGISTIC.at(x) }
}

/// An activation as int8: 127 times, rounded half away from zero.
pub(crate) fn quantised(activation: f32) -> i8 {
    let scaled = activation * 127.0;
    let rounded = if scaled >= 0.0 { (scaled + 0.5) as i32 } else { -((0.5 - scaled) as i32) };
    rounded.clamp(-127, 127) as i8
}
