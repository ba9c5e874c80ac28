//! The order of work of the vector paths, the same for all of them: which rows meet which weights when.
//!
//! Columns of all lines go down the image twelve at a time. Along the lines, all lines of a batch take a step together,
//! longest first, so that those still running are always the first rows; for each block of units the rows pass by while
//! its weights stay in the nearest cache.

use super::packed::{Layout, Packed};
use super::scalar::POOLED_HEIGHT;
use super::{Forward, Probabilities};
use crate::line::{Line, NoiseTable, POOL};
use crate::model::{FEATURES, INPUT_HEIGHT, Network};

/// Columns that go down the image together.
const COLUMNS: usize = 12;
/// Bytes from one column of the image to the next in `Columns`.
pub(super) const COLUMN_LEN: usize = INPUT_HEIGHT + 4;

/// The instructions of one path. All functions compute exactly what `scalar` does.
pub(super) trait Kernel: Layout + Send + Sync {
    const NAME: &'static str;
    /// Rows that meet a block of weights together.
    const ROWS: usize;
    /// Weights of the convolution as the path wants them.
    type Convolution: Send + Sync;

    fn convolution(network: &Network) -> Self::Convolution;

    /// One line through convolution, pooling and tanh: for each column `POOLED_HEIGHT` times `FEATURES`, added to `out`.
    fn convolve(
        &self,
        weights: &Self::Convolution,
        image: &Columns<Self::Activation>,
        out: &mut Vec<Self::Activation>,
    );

    /// One step of one block of units for `rows` rows (at most `ROWS`): `x` holds rows of inputs and previous outputs,
    /// `state` the units' states, `next` takes the outputs where `x` had the previous ones.
    fn gates(
        &self,
        weights: &Packed<Self>,
        block: usize,
        rows: usize,
        x: &[Self::Activation],
        state: &mut [f32],
        next: &mut [Self::Activation],
    ) where
        Self: Sized;

    /// One block of a plain layer for `rows` rows, scaled, into `out`, whose rows have `blocks * 4 * LANES` values.
    fn dense(
        &self,
        weights: &Packed<Self>,
        block: usize,
        rows: usize,
        x: &[Self::Activation],
        out: &mut [f32],
    ) where
        Self: Sized;

    /// Values to probabilities. The length is a multiple of `4 * LANES`.
    fn softmax(&self, values: &mut [f32]);
}

/// A line's image column by column, with what the taps at its border see.
pub(super) struct Columns<A> {
    pub(super) width: usize,
    /// For each column one value above, the 36 pixels, three below.
    pixels: Vec<A>,
    /// Taps of the pixels of the first and last row, 3 times 4 for each column.
    rows: [Vec<[A; 12]>; 2],
    /// The same for the first and last column, for each row.
    sides: [Vec<[A; 12]>; 2],
}

impl<A: Copy + Default> Columns<A> {
    fn new(line: &Line, noise: &NoiseTable, activation: impl Fn(i8) -> A) -> Columns<A> {
        let mut pixels = vec![A::default(); line.width * COLUMN_LEN];
        for (y, row) in line.input.chunks_exact(line.width).enumerate() {
            for (column, value) in pixels.chunks_exact_mut(COLUMN_LEN).zip(row) {
                column[y + 1] = activation(*value);
            }
        }
        let mut noise = noise.iter();
        let mut rows = [Vec::new(), Vec::new()];
        let mut sides = [Vec::new(), Vec::new()];
        let mut taps = |x: usize, y: usize| {
            let mut taps = [A::default(); 12];
            for (column, taps) in taps.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                let Some(x) = (x + column).checked_sub(1).filter(|x| *x < line.width) else {
                    taps[..3].fill_with(|| activation(noise.value()));
                    continue;
                };
                taps.copy_from_slice(&pixels[x * COLUMN_LEN + y..][..4]);
                if y == 0 {
                    taps[0] = activation(noise.value());
                } else if y == INPUT_HEIGHT - 1 {
                    taps[2] = activation(noise.value());
                }
            }
            taps
        };
        let last = line.width - 1;
        for y in 0..INPUT_HEIGHT {
            if y == 0 || y == INPUT_HEIGHT - 1 {
                let row: Vec<[A; 12]> = (0..line.width).map(|x| taps(x, y)).collect();
                sides[0].push(row[0]);
                sides[1].push(row[last]);
                rows[usize::from(y != 0)] = row;
            } else {
                sides[0].push(taps(0, y));
                let right = if last == 0 { sides[0][y] } else { taps(last, y) };
                sides[1].push(right);
            }
        }
        Columns { width: line.width, pixels, rows, sides }
    }

    /// The taps of a pixel: three columns of three values, each with one that does not count.
    #[inline]
    pub(super) fn taps(&self, x: usize, y: usize) -> [[A; 4]; 3] {
        let border = if y == 0 {
            &self.rows[0][x]
        } else if y == INPUT_HEIGHT - 1 {
            &self.rows[1][x]
        } else if x == 0 {
            &self.sides[0][y]
        } else if x == self.width - 1 {
            &self.sides[1][y]
        } else {
            return std::array::from_fn(|c| {
                *self.column(x + c - 1)[y..].first_chunk().expect("a column is padded")
            });
        };
        std::array::from_fn(|c| *border[4 * c..].first_chunk().expect("twelve values"))
    }

    /// A column with its padding: pixel y is at y + 1.
    #[inline]
    pub(super) fn column(&self, x: usize) -> &[A; COLUMN_LEN] {
        self.pixels[x * COLUMN_LEN..].first_chunk().expect("x is below the width")
    }
}

/// A network on one path.
pub(super) struct Vector<K: Kernel> {
    kernel: K,
    convolution: K::Convolution,
    column: Recurrent<K>,
    rows: [Recurrent<K>; 3],
    softmax: Packed<K>,
    classes: usize,
    noise: NoiseTable,
}

struct Recurrent<K: Kernel> {
    weights: Packed<K>,
    inputs: usize,
    units: usize,
}

impl<K: Kernel> Recurrent<K> {
    fn new(lstm: &crate::model::Lstm) -> Recurrent<K> {
        Recurrent { weights: Packed::recurrent(lstm), inputs: lstm.inputs, units: lstm.units }
    }

    /// One step of all units for the first `rows` rows of the buffers.
    fn step(&self, kernel: &K, rows: usize, now: &Rows<K>, next: &mut Rows<K>, state: &mut [f32]) {
        let length = self.weights.row_len();
        for block in 0..self.weights.blocks {
            let mut row = 0;
            while row < rows {
                let count = K::ROWS.min(rows - row);
                let (x, next) = (&now.0[row * length..], &mut next.0[row * length + self.inputs..]);
                kernel.gates(&self.weights, block, count, x, &mut state[row * self.units..], next);
                row += count;
            }
        }
    }
}

/// Rows of inputs and previous outputs.
struct Rows<K: Kernel>(Vec<K::Activation>);

impl<K: Kernel> Rows<K> {
    /// Inputs and outputs zero.
    fn new(rows: usize, length: usize) -> Rows<K> {
        Rows(vec![K::activation(0); rows * length])
    }
}

impl<K: Kernel> Vector<K> {
    pub(super) fn new(kernel: K, network: &Network, sample_iteration: i32) -> Vector<K> {
        Vector {
            kernel,
            convolution: K::convolution(network),
            column: Recurrent::new(&network.column),
            rows: [0, 1, 2].map(|i: usize| Recurrent::new(&network.rows[i])),
            softmax: Packed::dense(&network.softmax),
            classes: network.softmax.rows,
            noise: NoiseTable::new(sample_iteration),
        }
    }

    /// What the last recurrent layer gives, for the lines in the order given, which must be from long to short.
    fn activations(&self, lines: &[&Line]) -> Vec<K::Activation> {
        let mut pooled = Vec::new();
        for line in lines {
            let image = Columns::new(line, &self.noise, K::activation);
            self.kernel.convolve(&self.convolution, &image, &mut pooled);
        }
        let steps: Vec<usize> = lines.iter().map(|line| line.steps()).collect();
        let columns = self.columns(&pooled);
        let [first, second, third] = &self.rows;
        let outputs = self.along(first, &steps, &columns, false);
        let outputs = self.along(second, &steps, &outputs, true);
        self.along(third, &steps, &outputs, false)
    }

    /// Down each column; the last outputs.
    fn columns(&self, pooled: &[K::Activation]) -> Vec<K::Activation> {
        let layer = &self.column;
        let length = layer.weights.row_len();
        let column_len = POOLED_HEIGHT * FEATURES;
        let mut outputs = Vec::with_capacity(pooled.len() / column_len * layer.units);
        let mut state = vec![0f32; COLUMNS * layer.units];
        let (mut now, mut next) = (Rows::<K>::new(COLUMNS, length), Rows::<K>::new(COLUMNS, length));
        for tile in pooled.chunks(COLUMNS * column_len) {
            let rows = tile.len() / column_len;
            state.fill(0.0);
            now.0.fill(K::activation(0));
            for y in 0..POOLED_HEIGHT {
                for (row, column) in now.0.chunks_exact_mut(length).zip(tile.chunks_exact(column_len)) {
                    row[..FEATURES].copy_from_slice(&column[y * FEATURES..][..FEATURES]);
                }
                layer.step(&self.kernel, rows, &now, &mut next, &mut state);
                std::mem::swap(&mut now, &mut next);
            }
            for row in now.0.chunks_exact(length).take(rows) {
                outputs.extend_from_slice(&row[layer.inputs..]);
            }
        }
        outputs
    }

    /// Along all lines at once.
    fn along(
        &self,
        layer: &Recurrent<K>,
        steps: &[usize],
        inputs: &[K::Activation],
        backward: bool,
    ) -> Vec<K::Activation> {
        let length = layer.weights.row_len();
        let total: usize = steps.iter().sum();
        let starts: Vec<usize> = steps
            .iter()
            .scan(0, |sum, n| {
                *sum += n;
                Some(*sum - n)
            })
            .collect();
        let mut outputs = vec![K::Activation::default(); total * layer.units];
        let mut state = vec![0f32; steps.len() * layer.units];
        let (mut now, mut next) = (Rows::<K>::new(steps.len(), length), Rows::<K>::new(steps.len(), length));
        let mut active = steps.len();
        for step in 0..steps.first().copied().unwrap_or(0) {
            while active > 0 && steps[active - 1] <= step {
                active -= 1;
            }
            let place = |line: usize| starts[line] + if backward { steps[line] - 1 - step } else { step };
            for (line, row) in now.0.chunks_exact_mut(length).enumerate().take(active) {
                row[..layer.inputs].copy_from_slice(&inputs[place(line) * layer.inputs..][..layer.inputs]);
            }
            layer.step(&self.kernel, active, &now, &mut next, &mut state);
            std::mem::swap(&mut now, &mut next);
            for (line, row) in now.0.chunks_exact(length).enumerate().take(active) {
                outputs[place(line) * layer.units..][..layer.units].copy_from_slice(&row[layer.inputs..]);
            }
        }
        outputs
    }

    /// The probabilities of one line's steps, in rows of `stride`.
    fn probabilities(&self, activations: &[K::Activation], values: &mut Vec<f32>) -> usize {
        let length = self.softmax.row_len();
        let stride = self.softmax.blocks * 4 * K::LANES;
        let steps = activations.len() / length;
        values.clear();
        values.resize(steps * stride, 0.0);
        for block in 0..self.softmax.blocks {
            let mut row = 0;
            while row < steps {
                let count = K::ROWS.min(steps - row);
                let out = &mut values[row * stride..];
                self.kernel.dense(&self.softmax, block, count, &activations[row * length..], out);
                row += count;
            }
        }
        values.chunks_exact_mut(stride).for_each(|row| self.kernel.softmax(row));
        stride
    }
}

impl<K: Kernel> Forward for Vector<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn run(&self, lines: &[&Line], sink: &mut dyn FnMut(usize, Probabilities<'_>)) {
        let mut order: Vec<usize> = (0..lines.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(lines[*index].steps()));
        let sorted: Vec<&Line> = order.iter().map(|index| lines[*index]).collect();
        let activations = self.activations(&sorted);
        let units = self.rows[2].units;
        let mut values = Vec::new();
        let mut rest = activations.as_slice();
        for (index, line) in order.into_iter().zip(sorted) {
            let (own, others) = rest.split_at(line.steps() * units);
            rest = others;
            let stride = self.probabilities(own, &mut values);
            sink(index, Probabilities { classes: self.classes, stride, values: &values });
        }
    }

    #[cfg(test)]
    fn last_activations(&self, line: &Line) -> Vec<i8> {
        self.activations(&[line]).into_iter().map(K::value).collect()
    }
}

/// How many pooled columns and rows a line has, with the pixels of each cell.
#[inline]
pub(super) fn cells(width: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..width / POOL).flat_map(|x| (0..POOLED_HEIGHT).map(move |y| (x, y)))
}
