//! The network: a batch of lines in, for each line a row of probabilities for every time step out.
//!
//! `scalar` defines the result. The vector paths compute the same integers and the same activations, bit for bit; only the
//! exponential of the last layer is their own and may differ by 2e-6.

pub(crate) mod scalar;
mod tables;

use crate::line::Line;

/// The probabilities of one line.
pub(crate) struct Probabilities<'a> {
    /// Length of a row.
    pub(crate) classes: usize,
    /// Row by row, one for each time step.
    pub(crate) values: &'a [f32],
}

impl<'a> Probabilities<'a> {
    pub(crate) fn steps(&self) -> usize {
        self.values.len() / self.classes
    }

    pub(crate) fn step(&self, step: usize) -> &'a [f32] {
        &self.values[step * self.classes..][..self.classes]
    }
}

/// One way of computing the network.
pub(crate) trait Forward: Send + Sync {
    /// Its name in results and messages.
    fn name(&self) -> &'static str;

    /// Runs the lines and hands each line's probabilities with its index to `sink`, in any order. What a line gives does not
    /// depend on the others.
    fn run(&self, lines: &[&Line], sink: &mut dyn FnMut(usize, Probabilities<'_>));
}
