//! The network with AVX2: activations and weights widened to 16 bits, two products added up in each of 8 lanes by one
//! instruction. The byte instructions of AVX2 saturate; these do not.

use super::packed::{Layout, Packed};
use super::scalar::{LOWEST_EXPONENT, STATE_LIMIT};
use super::tables::{ENTRIES, LOGISTIC, TANH};
use super::vector::{Columns, Kernel, cells};
use crate::line::POOL;
use crate::model::{FEATURES, INPUT_HEIGHT, Network};
use std::arch::x86_64::*;

const LANES: usize = 8;
/// Eight sums, four weights and two rows fit the sixteen registers; three rows do not, and gain nothing.
const ROWS: usize = 2;

/// Exists only where the processor has the instructions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2 {
    _detected: (),
}

impl Avx2 {
    pub(super) fn detect() -> Option<Avx2> {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        has.then_some(Avx2 { _detected: () })
    }
}

#[repr(C, align(32))]
pub(super) struct Quad([[i16; 16]; 4]);

impl Layout for Avx2 {
    const LANES: usize = LANES;
    const GROUP: usize = 2;
    const OFFSET: i32 = 0;
    type Quad = Quad;
    type Activation = i16;

    fn quad(weight: impl Fn(usize, usize, usize) -> i8) -> Quad {
        let wide = |gate, i| i16::from(weight(gate, i / 2, i % 2));
        Quad(std::array::from_fn(|gate| std::array::from_fn(|i| wide(gate, i))))
    }

    fn activation(value: i8) -> i16 {
        i16::from(value)
    }

    #[cfg(test)]
    fn value(activation: i16) -> i8 {
        i8::try_from(activation).expect("activations are within 127")
    }
}

/// Two vectors of eight outputs; for each three columns of two pairs of taps.
pub(super) struct Convolution {
    weights: [[[[i16; 16]; 2]; 3]; 2],
    start: [[i32; LANES]; 2],
    scale: [[f32; LANES]; 2],
}

impl Kernel for Avx2 {
    const NAME: &'static str = "avx2";
    const ROWS: usize = ROWS;
    type Convolution = Convolution;

    fn convolution(network: &Network) -> Convolution {
        let matrix = &network.convolution;
        let weight = |row: usize, column: usize, tap: usize| {
            if tap == 3 { 0 } else { i16::from(matrix.row(row)[column * 3 + tap]) }
        };
        Convolution {
            weights: std::array::from_fn(|half| {
                std::array::from_fn(|column| {
                    std::array::from_fn(|pair| {
                        std::array::from_fn(|i| weight(half * LANES + i / 2, column, pair * 2 + i % 2))
                    })
                })
            }),
            start: std::array::from_fn(|half| {
                std::array::from_fn(|lane| 127 * i32::from(matrix.bias[half * LANES + lane]))
            }),
            scale: std::array::from_fn(|half| std::array::from_fn(|lane| matrix.scale[half * LANES + lane])),
        }
    }

    fn convolve(&self, weights: &Convolution, image: &Columns<i16>, out: &mut Vec<i16>) {
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { convolve(weights, image, out) }
    }

    fn gates(
        &self,
        weights: &Packed<Avx2>,
        block: usize,
        rows: usize,
        x: &[i16],
        state: &mut [f32],
        next: &mut [i16],
    ) {
        let run = match rows {
            1 => gates::<1>,
            _ => gates::<ROWS>,
        };
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { run(weights, block, x, state, next) }
    }

    fn dense(&self, weights: &Packed<Avx2>, block: usize, rows: usize, x: &[i16], out: &mut [f32]) {
        let run = match rows {
            1 => dense::<1>,
            _ => dense::<ROWS>,
        };
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { run(weights, block, x, out) }
    }

    fn softmax(&self, values: &mut [f32]) {
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { softmax(values) }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_i16(values: &[i16; 16]) -> __m256i {
    // SAFETY: 32 bytes can be read there.
    unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_i32(values: &[i32; LANES]) -> __m256i {
    // SAFETY: 32 bytes can be read there.
    unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_f32(values: &[f32; LANES]) -> __m256 {
    // SAFETY: 32 bytes can be read there.
    unsafe { _mm256_loadu_ps(values.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_f32(values: &mut [f32; LANES], vector: __m256) {
    // SAFETY: 32 bytes can be written there.
    unsafe { _mm256_storeu_ps(values.as_mut_ptr(), vector) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_i16(values: &mut [i16; LANES], vector: __m128i) {
    // SAFETY: 16 bytes can be written there.
    unsafe { _mm_storeu_si128(values.as_mut_ptr().cast(), vector) }
}

/// Two activations in every lane.
#[inline]
#[target_feature(enable = "avx2")]
fn pair([low, high]: [i16; 2]) -> __m256i {
    _mm256_set1_epi32(i32::from(low.cast_unsigned()) | i32::from(high) << 16)
}

/// Entries of a table with their successors, for four indices.
#[inline]
#[target_feature(enable = "avx2")]
fn gather(table: &[[f32; 2]; ENTRIES], indices: __m128i) -> __m256 {
    // SAFETY: the only caller has limited every index to 0..ENTRIES; an entry has 8 bytes.
    _mm256_castsi256_ps(unsafe { _mm256_i32gather_epi64::<8>(table.as_ptr().cast(), indices) })
}

/// A table's function of |x|.
#[inline]
#[target_feature(enable = "avx2")]
fn look_up(table: &[[f32; 2]; ENTRIES], x: __m256) -> __m256 {
    let absolute = _mm256_andnot_ps(_mm256_set1_ps(-0.0), x);
    let scaled = _mm256_mul_ps(absolute, _mm256_set1_ps(256.0));
    // The last entry is the limit; `min` gives its second operand for NaN, so the index is always inside.
    let scaled = _mm256_min_ps(scaled, _mm256_set1_ps((ENTRIES - 1) as f32));
    let index = _mm256_cvttps_epi32(scaled);
    let part = _mm256_sub_ps(scaled, _mm256_cvtepi32_ps(index));
    let low = gather(table, _mm256_castsi256_si128(index));
    let high = gather(table, _mm256_extracti128_si256::<1>(index));
    let in_order = |mixed: __m256| _mm256_permute4x64_pd::<0b11_01_10_00>(_mm256_castps_pd(mixed));
    let here = _mm256_castpd_ps(in_order(_mm256_shuffle_ps::<0b10_00_10_00>(low, high)));
    let next = _mm256_castpd_ps(in_order(_mm256_shuffle_ps::<0b11_01_11_01>(low, high)));
    // Two roundings, as in the reference: no fused multiply-add.
    _mm256_add_ps(here, _mm256_mul_ps(_mm256_sub_ps(next, here), part))
}

#[inline]
#[target_feature(enable = "avx2")]
fn with_sign_of(x: __m256, signed: __m256) -> __m256 {
    _mm256_or_ps(x, _mm256_and_ps(signed, _mm256_set1_ps(-0.0)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn tanh(table: &[[f32; 2]; ENTRIES], x: __m256) -> __m256 {
    with_sign_of(look_up(table, x), x)
}

#[inline]
#[target_feature(enable = "avx2")]
fn logistic(table: &[[f32; 2]; ENTRIES], x: __m256) -> __m256 {
    let positive = look_up(table, x);
    let negative = _mm256_cmp_ps::<_CMP_LT_OQ>(x, _mm256_setzero_ps());
    _mm256_blendv_ps(positive, _mm256_sub_ps(_mm256_set1_ps(1.0), positive), negative)
}

/// Activations in -1..=1 as stored.
#[inline]
#[target_feature(enable = "avx2")]
fn quantised(x: __m256) -> __m128i {
    let scaled = _mm256_mul_ps(x, _mm256_set1_ps(127.0));
    let rounded = _mm256_cvttps_epi32(_mm256_add_ps(scaled, with_sign_of(_mm256_set1_ps(0.5), scaled)));
    _mm_packs_epi32(_mm256_castsi256_si128(rounded), _mm256_extracti128_si256::<1>(rounded))
}

/// Products of R rows with one block: four vectors for each row.
#[inline]
#[target_feature(enable = "avx2")]
fn multiply<const R: usize>(weights: &Packed<Avx2>, block: usize, x: &[i16]) -> [[__m256; 4]; R] {
    let groups = weights.groups;
    let quads = weights.block(block);
    let rows: [&[[i16; 2]]; R] = std::array::from_fn(|r| &x[r * groups * 2..].as_chunks::<2>().0[..groups]);
    let start = weights.start::<LANES>(block);
    let start = [load_i32(&start[0]), load_i32(&start[1]), load_i32(&start[2]), load_i32(&start[3])];
    let mut sums = [start; R];
    for (group, quad) in quads[..groups].iter().enumerate() {
        for r in 0..R {
            let two = pair(rows[r][group]);
            for (sum, weights) in sums[r].iter_mut().zip(&quad.0) {
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(two, load_i16(weights)));
            }
        }
    }
    let scale = weights.scale::<LANES>(block);
    let mut scaled = [[_mm256_setzero_ps(); 4]; R];
    for r in 0..R {
        for gate in 0..4 {
            scaled[r][gate] = _mm256_mul_ps(_mm256_cvtepi32_ps(sums[r][gate]), load_f32(&scale[gate]));
        }
    }
    scaled
}

#[target_feature(enable = "avx2")]
fn gates<const R: usize>(
    weights: &Packed<Avx2>,
    block: usize,
    x: &[i16],
    state: &mut [f32],
    next: &mut [i16],
) {
    let (tanh_table, logistic_table) = (TANH.entries(), LOGISTIC.entries());
    let (units, length) = (weights.blocks * LANES, weights.row_len());
    let sums = multiply::<R>(weights, block, x);
    for r in 0..R {
        let [cell, input, forget, output] = sums[r];
        let state =
            state[r * units + block * LANES..].first_chunk_mut::<LANES>().expect("a state for each unit");
        let kept = _mm256_mul_ps(load_f32(state), logistic(logistic_table, forget));
        let added = _mm256_mul_ps(tanh(tanh_table, cell), logistic(logistic_table, input));
        let sum = _mm256_add_ps(kept, added);
        let sum =
            _mm256_min_ps(_mm256_max_ps(sum, _mm256_set1_ps(-STATE_LIMIT)), _mm256_set1_ps(STATE_LIMIT));
        store_f32(state, sum);
        let out = _mm256_mul_ps(tanh(tanh_table, sum), logistic(logistic_table, output));
        let place =
            next[r * length + block * LANES..].first_chunk_mut::<LANES>().expect("an output for each unit");
        store_i16(place, quantised(out));
    }
}

#[target_feature(enable = "avx2")]
fn dense<const R: usize>(weights: &Packed<Avx2>, block: usize, x: &[i16], out: &mut [f32]) {
    let stride = weights.blocks * 4 * LANES;
    for (r, sums) in multiply::<R>(weights, block, x).into_iter().enumerate() {
        let row = out[r * stride + block * 4 * LANES..].as_chunks_mut::<LANES>().0;
        for (place, sum) in row.iter_mut().zip(sums) {
            store_f32(place, sum);
        }
    }
}

#[target_feature(enable = "avx2")]
fn convolve(weights: &Convolution, image: &Columns<i16>, out: &mut Vec<i16>) {
    let table = TANH.entries();
    let begin = out.len();
    let count = cells(image.width).count();
    out.resize(begin + count * FEATURES, 0);
    let places = out[begin..].as_chunks_mut::<FEATURES>().0;
    for ((cell_x, cell_y), place) in cells(image.width).zip(places) {
        let (left, top) = (cell_x * POOL, cell_y * POOL);
        let inside = left > 0 && left + POOL < image.width && top > 0 && top + POOL < INPUT_HEIGHT;
        let halves = place.as_chunks_mut::<LANES>().0;
        for (half, place) in halves.iter_mut().enumerate() {
            let start = load_i32(&weights.start[half]);
            let mut best = _mm256_set1_epi32(i32::MIN);
            for y in top..top + POOL {
                let w = &weights.weights[half];
                if inside {
                    let taps: [[__m256i; 2]; 5] = std::array::from_fn(|c| {
                        let column = image.column(left + c - 1);
                        let [a, b, c, d] = *column[y..].first_chunk::<4>().expect("a column is padded");
                        [pair([a, b]), pair([c, d])]
                    });
                    for x in 0..POOL {
                        let mut sum = start;
                        for c in 0..3 {
                            for p in 0..2 {
                                let products = _mm256_madd_epi16(taps[x + c][p], load_i16(&w[c][p]));
                                sum = _mm256_add_epi32(sum, products);
                            }
                        }
                        best = _mm256_max_epi32(best, sum);
                    }
                } else {
                    for x in left..left + POOL {
                        let mut sum = start;
                        for ([a, b, c, d], w) in image.taps(x, y).into_iter().zip(w) {
                            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pair([a, b]), load_i16(&w[0])));
                            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pair([c, d]), load_i16(&w[1])));
                        }
                        best = _mm256_max_epi32(best, sum);
                    }
                }
            }
            // Scaling, tanh and rounding keep the order, so the largest sum gives the largest output.
            let scaled = _mm256_mul_ps(_mm256_cvtepi32_ps(best), load_f32(&weights.scale[half]));
            store_i16(place, quantised(tanh(table, scaled)));
        }
    }
}

#[target_feature(enable = "avx2,fma")]
fn softmax(values: &mut [f32]) {
    let values = values.as_chunks_mut::<LANES>().0;
    let mut largest = [f32::NEG_INFINITY; LANES];
    let mut vector = load_f32(&largest);
    for chunk in values.iter() {
        vector = _mm256_max_ps(vector, load_f32(chunk));
    }
    store_f32(&mut largest, vector);
    let largest = _mm256_set1_ps(largest.into_iter().fold(f32::NEG_INFINITY, f32::max));
    let mut total = _mm256_setzero_ps();
    for chunk in values.iter_mut() {
        let value = _mm256_max_ps(_mm256_sub_ps(load_f32(chunk), largest), _mm256_set1_ps(LOWEST_EXPONENT));
        let power = exp(value);
        total = _mm256_add_ps(total, power);
        store_f32(chunk, power);
    }
    let mut sums = [0f32; LANES];
    store_f32(&mut sums, total);
    let total = _mm256_set1_ps(sums.into_iter().sum());
    for chunk in values.iter_mut() {
        store_f32(chunk, _mm256_div_ps(load_f32(chunk), total));
    }
}

/// e to the x for x in -87..=0, to about one unit in the last place.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn exp(x: __m256) -> __m256 {
    let times = _mm256_mul_ps(x, _mm256_set1_ps(std::f32::consts::LOG2_E));
    let times = _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(times);
    // ln 2 in two parts, so that the rest is exact.
    let rest = _mm256_fnmadd_ps(times, _mm256_set1_ps(0.693_359_4), x);
    let rest = _mm256_fnmadd_ps(times, _mm256_set1_ps(-2.121_944_4e-4), rest);
    let mut sum = _mm256_set1_ps(1.0 / 5040.0);
    for term in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = _mm256_fmadd_ps(sum, rest, _mm256_set1_ps(term));
    }
    // times is -125..=0: the power of two is a normal number.
    let exponent =
        _mm256_slli_epi32::<23>(_mm256_add_epi32(_mm256_cvtps_epi32(times), _mm256_set1_epi32(127)));
    _mm256_mul_ps(sum, _mm256_castsi256_ps(exponent))
}
