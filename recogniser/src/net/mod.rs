//! The network: a batch of lines in, for each line a row of probabilities for every time step out.
//!
//! `scalar` defines the result. The vector paths compute the same integers and the same activations, bit for bit; only the
//! exponential of the last layer is their own and may differ by 2e-6.

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "vector instructions; each block proves itself")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod packed;
mod scalar;
mod tables;
#[cfg(target_arch = "x86_64")]
mod vector;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "vector instructions; each block proves itself")]
mod vnni512;

#[cfg(test)]
pub(crate) mod tests;

use crate::line::Line;
use crate::model::Network;

/// The probabilities of one line.
pub(crate) struct Probabilities<'a> {
    /// Length of a row.
    pub(crate) classes: usize,
    /// From row to row; what lies between does not count.
    pub(crate) stride: usize,
    /// Row by row, one for each time step.
    pub(crate) values: &'a [f32],
}

impl<'a> Probabilities<'a> {
    pub(crate) fn steps(&self) -> usize {
        self.values.len() / self.stride
    }

    pub(crate) fn step(&self, step: usize) -> &'a [f32] {
        &self.values[step * self.stride..][..self.classes]
    }
}

/// One way of computing the network.
pub(crate) trait Forward: Send + Sync {
    /// Its name in results and messages.
    fn name(&self) -> &'static str;

    /// Runs the lines and hands each line's probabilities with its index to `sink`, in any order. What a line gives does not
    /// depend on the others.
    fn run(&self, lines: &[&Line], sink: &mut dyn FnMut(usize, Probabilities<'_>));

    /// What the last recurrent layer gives: the last integers before probabilities.
    #[cfg(test)]
    fn last_activations(&self, line: &Line) -> Vec<i8>;
}

/// Which instructions compute the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Path {
    /// The fastest this processor has.
    #[default]
    Auto,
    /// Plain code: slow, the definition of the result.
    Scalar,
    /// 256-bit vectors, as most processors since 2015 have them.
    Avx2,
    /// 512-bit vectors with byte products.
    Avx512Vnni,
}

/// The network on a path; none if the processor cannot take it.
pub(crate) fn forward(network: &Network, sample_iteration: i32, path: Path) -> Option<Box<dyn Forward>> {
    match path {
        Path::Auto => [Path::Avx512Vnni, Path::Avx2, Path::Scalar]
            .into_iter()
            .find_map(|path| forward(network, sample_iteration, path)),
        Path::Scalar => Some(Box::new(scalar::Scalar::new(network.clone(), sample_iteration))),
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => {
            let kernel = avx2::Avx2::detect()?;
            Some(Box::new(vector::Vector::new(kernel, network, sample_iteration)))
        }
        #[cfg(target_arch = "x86_64")]
        Path::Avx512Vnni => {
            let kernel = vnni512::Vnni512::detect()?;
            Some(Box::new(vector::Vector::new(kernel, network, sample_iteration)))
        }
        #[cfg(not(target_arch = "x86_64"))]
        Path::Avx2 | Path::Avx512Vnni => None,
    }
}
