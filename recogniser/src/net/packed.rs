//! Weights laid out for the vector paths: the four gates of as many units as a vector has lanes stand together, input group
//! by input group, so that one pass over a row of activations fills four accumulators.

use crate::model::{Lstm, Matrix};

/// What a vector path needs to lay out weights.
pub(super) trait Layout: 'static {
    /// Units in one vector.
    const LANES: usize;
    /// Inputs that one instruction multiplies and adds up.
    const GROUP: usize;
    /// What is added to an activation when it is stored.
    const OFFSET: i32;
    /// Four vectors of weights: four gates of one group of inputs.
    type Quad: Send + Sync + 'static;
    /// An activation as it is stored.
    type Activation: Copy + Default + Send + Sync + 'static;

    /// Fills a quad from (gate, lane, input in the group).
    fn quad(weight: impl Fn(usize, usize, usize) -> i8) -> Self::Quad;
    fn activation(value: i8) -> Self::Activation;
    #[cfg(test)]
    fn value(activation: Self::Activation) -> i8;
}

/// A layer's weights. Unit `block * LANES + lane` of gate `gate` has its start value and scale at
/// `(block * 4 + gate) * LANES + lane`.
pub(super) struct Packed<L: Layout> {
    /// `groups` for each block.
    quads: Vec<L::Quad>,
    pub(super) groups: usize,
    pub(super) blocks: usize,
    start: Vec<i32>,
    scale: Vec<f32>,
}

impl<L: Layout> Packed<L> {
    /// The recurrent layer's four gates.
    pub(super) fn recurrent(lstm: &Lstm) -> Packed<L> {
        let unit = |gate: usize, unit: usize| Some((&lstm.gates[gate], unit));
        Packed::new(lstm.inputs + lstm.units, lstm.units / L::LANES, unit)
    }

    /// A plain layer: its rows are dealt to "gates", a vector each. Rows too many never win a softmax.
    pub(super) fn dense(matrix: &Matrix) -> Packed<L> {
        let row = |gate: usize, unit: usize| {
            let row = (unit / L::LANES * 4 + gate) * L::LANES + unit % L::LANES;
            (row < matrix.rows).then_some((matrix, row))
        };
        Packed::new(matrix.inputs, matrix.rows.div_ceil(4 * L::LANES), row)
    }

    fn new<'m>(
        inputs: usize,
        blocks: usize,
        row: impl Fn(usize, usize) -> Option<(&'m Matrix, usize)>,
    ) -> Packed<L> {
        let groups = inputs.div_ceil(L::GROUP);
        let mut quads = Vec::with_capacity(blocks * groups);
        let (mut start, mut scale) = (Vec::new(), Vec::new());
        for block in 0..blocks {
            for group in 0..groups {
                quads.push(L::quad(|gate, lane, place| {
                    let weights = row(gate, block * L::LANES + lane).map(|(matrix, row)| matrix.row(row));
                    weights.and_then(|w| w.get(group * L::GROUP + place)).copied().unwrap_or(0)
                }));
            }
            for gate in 0..4 {
                for lane in 0..L::LANES {
                    let (begin, factor) = match row(gate, block * L::LANES + lane) {
                        Some((matrix, row)) => {
                            let sum: i32 = matrix.row(row).iter().map(|w| i32::from(*w)).sum();
                            (127 * i32::from(matrix.bias[row]) - L::OFFSET * sum, matrix.scale[row])
                        }
                        None => (i32::MIN / 2, 1.0),
                    };
                    start.push(begin);
                    scale.push(factor);
                }
            }
        }
        Packed { quads, groups, blocks, start, scale }
    }

    /// The quads of one block.
    #[inline]
    pub(super) fn block(&self, block: usize) -> &[L::Quad] {
        &self.quads[block * self.groups..][..self.groups]
    }

    #[inline]
    pub(super) fn start<const LANES: usize>(&self, block: usize) -> &[[i32; LANES]; 4] {
        four(&self.start, block)
    }

    #[inline]
    pub(super) fn scale<const LANES: usize>(&self, block: usize) -> &[[f32; LANES]; 4] {
        four(&self.scale, block)
    }

    /// Activations in a row: what the layer reads.
    pub(super) fn row_len(&self) -> usize {
        self.groups * L::GROUP
    }
}

#[inline]
fn four<T, const LANES: usize>(values: &[T], block: usize) -> &[[T; LANES]; 4] {
    values[block * 4 * LANES..].as_chunks::<LANES>().0.first_chunk().expect("four gates in each block")
}
