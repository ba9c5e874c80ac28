//! The network in plain code: the definition of what every other path must compute, bit for bit. Some 30 times slower
//! than the vector paths; used where the processor has none, and to judge them.

use super::tables::{logistic, quantised, tanh};
use super::{Forward, Probabilities};
use crate::line::{Line, Noise, POOL};
use crate::model::{FEATURES, INPUT_HEIGHT, Lstm, Matrix, Network};

/// Limit of a unit's state.
pub(crate) const STATE_LIMIT: f32 = 100.0;
/// Lowest exponent in the softmax, so that no probability is zero.
pub(crate) const LOWEST_EXPONENT: f32 = -86.0;
/// Rows of the pooled image.
pub(crate) const POOLED_HEIGHT: usize = INPUT_HEIGHT / POOL;

pub(crate) struct Scalar {
    network: Network,
    sample_iteration: i32,
}

impl Scalar {
    pub(crate) fn new(network: Network, sample_iteration: i32) -> Scalar {
        Scalar { network, sample_iteration }
    }

    /// The outputs of the last recurrent layer.
    fn activations(&self, line: &Line) -> Vec<i8> {
        let network = &self.network;
        let features = self.convolve(line);
        let pooled = pool(&features, line.width);
        let mut outputs = Vec::with_capacity(line.steps() * network.column.units);
        for column in pooled.chunks_exact(POOLED_HEIGHT * FEATURES) {
            let all = recurrent(&network.column, column);
            outputs.extend_from_slice(&all[all.len() - network.column.units..]);
        }
        let [first, second, third] = &network.rows;
        let outputs = recurrent(first, &outputs);
        let outputs = reversed(&outputs, first.units);
        let outputs = reversed(&recurrent(second, &outputs), second.units);
        recurrent(third, &outputs)
    }

    fn line(&self, line: &Line) -> Vec<f32> {
        let network = &self.network;
        let outputs = self.activations(line);
        let mut probabilities = Vec::with_capacity(line.steps() * network.softmax.rows);
        for step in outputs.chunks_exact(network.softmax.inputs) {
            let begin = probabilities.len();
            probabilities.extend((0..network.softmax.rows).map(|row| dot(&network.softmax, row, step)));
            softmax(&mut probabilities[begin..]);
        }
        probabilities
    }

    /// 16 features for each pixel, row by row. The taps go column by column.
    fn convolve(&self, line: &Line) -> Vec<i8> {
        let matrix = &self.network.convolution;
        let mut noise = Noise::new(self.sample_iteration);
        let mut features = Vec::with_capacity(line.width * INPUT_HEIGHT * FEATURES);
        for y in 0..INPUT_HEIGHT {
            for x in 0..line.width {
                let taps = taps(line, x, y, &mut noise);
                features.extend((0..FEATURES).map(|row| quantised(tanh(dot(matrix, row, &taps)))));
            }
        }
        features
    }
}

impl Forward for Scalar {
    fn name(&self) -> &'static str {
        "scalar"
    }

    fn run(&self, lines: &[&Line], sink: &mut dyn FnMut(usize, Probabilities<'_>)) {
        for (index, line) in lines.iter().enumerate() {
            let values = self.line(line);
            let classes = self.network.softmax.rows;
            sink(index, Probabilities { classes, stride: classes, values: &values });
        }
    }

    #[cfg(test)]
    fn last_activations(&self, line: &Line) -> Vec<i8> {
        self.activations(line)
    }
}

/// The nine pixels around (x, y), column by column; those outside the line are noise, which must be drawn in the order of
/// rows, columns, taps.
pub(crate) fn taps(line: &Line, x: usize, y: usize, noise: &mut Noise) -> [i8; 9] {
    std::array::from_fn(|tap| {
        let column = (x + tap / 3).checked_sub(1).filter(|c| *c < line.width);
        let row = (y + tap % 3).checked_sub(1).filter(|r| *r < INPUT_HEIGHT);
        match (column, row) {
            (Some(column), Some(row)) => line.input[row * line.width + column],
            _ => noise.value(),
        }
    })
}

fn dot(matrix: &Matrix, row: usize, inputs: &[i8]) -> f32 {
    let products = matrix.row(row).iter().zip(inputs).map(|(w, x)| i32::from(*w) * i32::from(*x));
    let sum = products.sum::<i32>() + 127 * i32::from(matrix.bias[row]);
    sum as f32 * matrix.scale[row]
}

/// The largest of each 3 by 3 pixels, for each column of the result from top to bottom.
fn pool(features: &[i8], width: usize) -> Vec<i8> {
    let mut pooled = Vec::with_capacity(width / POOL * POOLED_HEIGHT * FEATURES);
    for x in 0..width / POOL {
        for y in 0..POOLED_HEIGHT {
            for feature in 0..FEATURES {
                let pixels = (0..POOL * POOL).map(|i| (y * POOL + i / POOL) * width + x * POOL + i % POOL);
                let values = pixels.map(|pixel| features[pixel * FEATURES + feature]);
                pooled.push(values.max().unwrap_or(0));
            }
        }
    }
    pooled
}

/// A recurrent layer over the steps of `inputs`, from zero state.
fn recurrent(lstm: &Lstm, inputs: &[i8]) -> Vec<i8> {
    let mut outputs = Vec::with_capacity(inputs.len() / lstm.inputs * lstm.units);
    let mut state = vec![0f32; lstm.units];
    let mut row = vec![0i8; lstm.inputs + lstm.units];
    for step in inputs.chunks_exact(lstm.inputs) {
        row[..lstm.inputs].copy_from_slice(step);
        for (unit, state) in state.iter_mut().enumerate() {
            let [cell, input, forget, output] =
                [0, 1, 2, 3].map(|gate: usize| dot(&lstm.gates[gate], unit, &row));
            *state *= logistic(forget);
            *state += tanh(cell) * logistic(input);
            *state = state.clamp(-STATE_LIMIT, STATE_LIMIT);
            outputs.push(quantised(tanh(*state) * logistic(output)));
        }
        row[lstm.inputs..].copy_from_slice(&outputs[outputs.len() - lstm.units..]);
    }
    outputs
}

fn reversed(steps: &[i8], width: usize) -> Vec<i8> {
    steps.chunks_exact(width).rev().flatten().copied().collect()
}

fn softmax(values: &mut [f32]) {
    let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut total = 0f32;
    for value in values.iter_mut() {
        *value = (*value - largest).clamp(LOWEST_EXPONENT, 0.0).exp();
        total += *value;
    }
    for value in values.iter_mut() {
        *value /= total;
    }
}
