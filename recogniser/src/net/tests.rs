//! The vector paths against the plain one, on networks and lines made to hurt: weights and inputs at their limits, odd
//! numbers of outputs, lines of all lengths in all orders.

use super::{Forward, Path, forward};
use crate::line::Line;
use crate::model::{FEATURES, INPUT_HEIGHT, Lstm, Matrix, Network};

/// A linear congruential generator: the tests need variety, not quality.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides
    }

    /// One in `often` is at a limit.
    fn int8(&mut self, often: usize, lowest: i8) -> i8 {
        match self.throw(2 * often) {
            0 => lowest,
            1 => 127,
            _ => (self.throw(255) as i32 - 127) as i8,
        }
    }

    fn matrix(&mut self, rows: usize, inputs: usize, often: usize, scale: f32) -> Matrix {
        Matrix {
            rows,
            inputs,
            weights: (0..rows * inputs).map(|_| self.int8(often, -128)).collect(),
            bias: (0..rows).map(|_| self.int8(often, -128)).collect(),
            scale: (0..rows).map(|_| scale * (1 + self.throw(8)) as f32).collect(),
        }
    }

    fn lstm(&mut self, inputs: usize, units: usize, often: usize, scale: f32) -> Lstm {
        let gates = [0; 4].map(|_| self.matrix(units, inputs + units, often, scale));
        Lstm { inputs, units, gates }
    }

    fn network(&mut self, units: [usize; 4], classes: usize, often: usize, scale: f32) -> Network {
        let [column, first, second, third] = units;
        Network {
            convolution: self.matrix(FEATURES, 9, often, scale),
            column: self.lstm(FEATURES, column, often, scale),
            rows: [
                self.lstm(column, first, often, scale),
                self.lstm(first, second, often, scale),
                self.lstm(second, third, often, scale),
            ],
            softmax: self.matrix(classes, third, often, scale),
        }
    }

    fn line(&mut self, width: usize, often: usize) -> Line {
        Line { width, input: (0..width * INPUT_HEIGHT).map(|_| self.int8(often, -127)).collect() }
    }
}

/// The vector paths of this processor. Tests take AVX2 for granted, without which they would prove nothing; a processor
/// without AVX-512 tests one path less, and says so.
pub(crate) fn vector_paths(network: &Network, sample_iteration: i32) -> Vec<Box<dyn Forward>> {
    let avx2 = forward(network, sample_iteration, Path::Avx2);
    // Miri runs the plain path alone where it is not told to have AVX2
    assert!(avx2.is_some() || cfg!(miri), "these tests need a processor with AVX2 and FMA");
    let avx512 = forward(network, sample_iteration, Path::Avx512Vnni);
    if avx512.is_none() {
        println!("not tested: this processor has no AVX-512 VNNI");
    }
    avx512.into_iter().chain(avx2).collect()
}

fn probabilities(network: &dyn Forward, lines: &[&Line]) -> Vec<Vec<f32>> {
    let mut all = vec![Vec::new(); lines.len()];
    network.run(lines, &mut |index, line| {
        all[index] = (0..line.steps()).flat_map(|step| line.step(step).to_vec()).collect();
    });
    all
}

#[test]
fn vector_paths_compute_what_the_plain_path_does() {
    let mut dice = Dice(5);
    let cases = [
        ([16, 16, 16, 16], 3, 50, 1e-4),
        ([48, 96, 96, 192], 269, 50, 3e-5),
        ([32, 48, 16, 80], 111, 2, 3e-5),
        // Everything at its limit: sums that would saturate in 16 bits, and states that reach 100.
        ([48, 96, 96, 192], 65, 1, 1e-3),
        ([16, 32, 16, 32], 64, 1, 10.0),
    ];
    for (units, classes, often, scale) in cases {
        let network = dice.network(units, classes, often, scale);
        let plain = forward(&network, 77, Path::Scalar).expect("plain code runs everywhere");
        for width in [3, 4, 5, 6, 11, 37, 40, 130] {
            let line = dice.line(width, often);
            let (activations, values) = (plain.last_activations(&line), probabilities(&*plain, &[&line]));
            for path in vector_paths(&network, 77) {
                let name = path.name();
                assert_eq!(path.last_activations(&line), activations, "{name} {units:?} {width}");
                let own = probabilities(&*path, &[&line]);
                assert_eq!(own[0].len(), values[0].len());
                for (own, plain) in own[0].iter().zip(&values[0]) {
                    assert!((own - plain).abs() < 2e-6, "{name} {units:?} {width}: {own} for {plain}");
                }
            }
        }
    }
}

#[test]
fn a_line_reads_the_same_in_any_company() {
    let mut dice = Dice(9);
    let network = dice.network([48, 96, 96, 192], 269, 40, 3e-5);
    let lines: Vec<Line> =
        [300, 3, 47, 300, 120, 90, 4, 33, 61, 250, 12, 5, 199].map(|w| dice.line(w, 40)).into();
    let all: Vec<&Line> = lines.iter().collect();
    let backward: Vec<&Line> = lines.iter().rev().collect();
    for path in vector_paths(&network, 77) {
        let together = probabilities(&*path, &all);
        let mut turned = probabilities(&*path, &backward);
        turned.reverse();
        let bits = |v: &[f32]| v.iter().map(|p| p.to_bits()).collect::<Vec<u32>>();
        for (index, line) in all.iter().enumerate() {
            let alone = probabilities(&*path, &[line]);
            assert_eq!(bits(&alone[0]), bits(&together[index]), "{} line {index}", path.name());
            assert_eq!(bits(&alone[0]), bits(&turned[index]), "{} line {index}", path.name());
        }
        assert!(probabilities(&*path, &[]).is_empty());
    }
}

#[test]
fn every_row_is_a_distribution() {
    let mut dice = Dice(11);
    for scale in [1e-5, 1e-2, 16.0] {
        let network = dice.network([16, 16, 16, 16], 100, 3, scale);
        let line = dice.line(60, 3);
        let plain = forward(&network, 77, Path::Scalar).expect("plain code runs everywhere");
        for path in vector_paths(&network, 77).into_iter().chain([plain]) {
            for row in probabilities(&*path, &[&line])[0].chunks_exact(100) {
                let sum: f32 = row.iter().sum();
                assert!((sum - 1.0).abs() < 1e-4 && row.iter().all(|p| *p > 0.0 && *p <= 1.0), "{sum}");
            }
        }
    }
}

/// Small enough for an interpreter that checks every access to memory ("Looking after it" in docs/recogniser.md).
#[test]
fn the_smallest_networks_keep_within_their_memory() {
    let mut dice = Dice(13);
    for (classes, often) in [(3, 50), (17, 1)] {
        let network = dice.network([16, 16, 16, 16], classes, often, 1e-3);
        let plain = forward(&network, 77, Path::Scalar).expect("plain code runs everywhere");
        let lines = [3, 7, 4].map(|width| dice.line(width, often));
        for path in vector_paths(&network, 77) {
            let together = probabilities(&*path, &lines.each_ref());
            for (line, own) in lines.iter().zip(&together) {
                assert_eq!(path.last_activations(line), plain.last_activations(line), "{}", path.name());
                assert_eq!(own.len(), line.width / 3 * classes, "{}", path.name());
            }
        }
        assert!(probabilities(&*plain, &lines.each_ref()).iter().all(|of| !of.is_empty()));
    }
}
