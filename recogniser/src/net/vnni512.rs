//! The network with AVX-512 VNNI: activations as bytes with an offset of 128, four of them times four weights added up in
//! each of 16 lanes by one instruction, without saturation.

use super::packed::{Layout, Packed};
use super::scalar::{LOWEST_EXPONENT, STATE_LIMIT};
use super::tables::{ENTRIES, LOGISTIC, TANH};
use super::vector::{Columns, Kernel, cells};
use crate::line::POOL;
use crate::model::{FEATURES, INPUT_HEIGHT, Network};
use std::arch::x86_64::*;

const LANES: usize = 16;
const ROWS: usize = 6;

/// Exists only where the processor has the instructions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vnni512 {
    _detected: (),
}

impl Vnni512 {
    pub(super) fn detect() -> Option<Vnni512> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni");
        has.then_some(Vnni512 { _detected: () })
    }
}

#[repr(C, align(64))]
pub(super) struct Quad([[i8; 64]; 4]);

impl Layout for Vnni512 {
    const LANES: usize = LANES;
    const GROUP: usize = 4;
    const OFFSET: i32 = 128;
    type Quad = Quad;
    type Activation = u8;

    fn quad(weight: impl Fn(usize, usize, usize) -> i8) -> Quad {
        Quad(std::array::from_fn(|gate| std::array::from_fn(|i| weight(gate, i / 4, i % 4))))
    }

    fn activation(value: i8) -> u8 {
        value.cast_unsigned() ^ 0x80
    }

    #[cfg(test)]
    fn value(activation: u8) -> i8 {
        (activation ^ 0x80).cast_signed()
    }
}

/// Three columns of taps for 16 outputs.
pub(super) struct Convolution {
    weights: [[i8; 64]; 3],
    start: [i32; LANES],
    scale: [f32; LANES],
}

impl Kernel for Vnni512 {
    const NAME: &'static str = "avx512vnni";
    const ROWS: usize = ROWS;
    type Convolution = Convolution;

    fn convolution(network: &Network) -> Convolution {
        let matrix = &network.convolution;
        Convolution {
            weights: std::array::from_fn(|column| {
                std::array::from_fn(|i| if i % 4 == 3 { 0 } else { matrix.row(i / 4)[column * 3 + i % 4] })
            }),
            start: std::array::from_fn(|row| {
                let sum: i32 = matrix.row(row).iter().map(|w| i32::from(*w)).sum();
                127 * i32::from(matrix.bias[row]) - 128 * sum
            }),
            scale: std::array::from_fn(|row| matrix.scale[row]),
        }
    }

    fn convolve(&self, weights: &Convolution, image: &Columns<u8>, out: &mut Vec<u8>) {
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { convolve(weights, image, out) }
    }

    fn gates(
        &self,
        weights: &Packed<Vnni512>,
        block: usize,
        rows: usize,
        x: &[u8],
        state: &mut [f32],
        next: &mut [u8],
    ) {
        let run = match rows {
            1 => gates::<1>,
            2 => gates::<2>,
            3 => gates::<3>,
            4 => gates::<4>,
            5 => gates::<5>,
            _ => gates::<ROWS>,
        };
        // SAFETY: `self` proves that the processor has the instructions.
        unsafe { run(weights, block, x, state, next) }
    }

    fn dense(&self, weights: &Packed<Vnni512>, block: usize, rows: usize, x: &[u8], out: &mut [f32]) {
        let run = match rows {
            1 => dense::<1>,
            2 => dense::<2>,
            3 => dense::<3>,
            4 => dense::<4>,
            5 => dense::<5>,
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
#[target_feature(enable = "avx512f")]
fn load_i8(values: &[i8; 64]) -> __m512i {
    // SAFETY: 64 bytes can be read there.
    unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_i32(values: &[i32; LANES]) -> __m512i {
    // SAFETY: 64 bytes can be read there.
    unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_f32(values: &[f32; LANES]) -> __m512 {
    // SAFETY: 64 bytes can be read there.
    unsafe { _mm512_loadu_ps(values.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store_f32(values: &mut [f32; LANES], vector: __m512) {
    // SAFETY: 64 bytes can be written there.
    unsafe { _mm512_storeu_ps(values.as_mut_ptr(), vector) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store_u8(values: &mut [u8; LANES], vector: __m128i) {
    // SAFETY: 16 bytes can be written there.
    unsafe { _mm_storeu_si128(values.as_mut_ptr().cast(), vector) }
}

/// Entries of a table with their successors, for eight indices.
#[inline]
#[target_feature(enable = "avx512f")]
fn gather(table: &[[f32; 2]; ENTRIES], indices: __m256i) -> __m512 {
    // SAFETY: the only caller has limited every index to 0..ENTRIES; an entry has 8 bytes.
    _mm512_castsi512_ps(unsafe { _mm512_i32gather_epi64::<8>(indices, table.as_ptr().cast()) })
}

/// A table's function of |x|.
#[inline]
#[target_feature(enable = "avx512f")]
fn look_up(table: &[[f32; 2]; ENTRIES], x: __m512) -> __m512 {
    let scaled = _mm512_mul_ps(_mm512_abs_ps(x), _mm512_set1_ps(256.0));
    // The last entry is the limit; `min` gives its second operand for NaN, so the index is always inside.
    let scaled = _mm512_min_ps(scaled, _mm512_set1_ps((ENTRIES - 1) as f32));
    let index = _mm512_cvttps_epi32(scaled);
    let part = _mm512_sub_ps(scaled, _mm512_cvtepi32_ps(index));
    let low = gather(table, _mm512_castsi512_si256(index));
    let high = gather(table, _mm512_extracti64x4_epi64::<1>(index));
    let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    let odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    let here = _mm512_permutex2var_ps(low, even, high);
    let next = _mm512_permutex2var_ps(low, odd, high);
    // Two roundings, as in the reference: no fused multiply-add.
    _mm512_add_ps(here, _mm512_mul_ps(_mm512_sub_ps(next, here), part))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn sign(x: __m512) -> __m512i {
    _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(i32::MIN))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn with_sign(x: __m512, sign: __m512i) -> __m512 {
    _mm512_castsi512_ps(_mm512_or_si512(_mm512_castps_si512(x), sign))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn tanh(table: &[[f32; 2]; ENTRIES], x: __m512) -> __m512 {
    with_sign(look_up(table, x), sign(x))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn logistic(table: &[[f32; 2]; ENTRIES], x: __m512) -> __m512 {
    let positive = look_up(table, x);
    let negative = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(x, _mm512_setzero_ps());
    _mm512_mask_sub_ps(positive, negative, _mm512_set1_ps(1.0), positive)
}

/// Activations in -1..=1 as stored bytes.
#[inline]
#[target_feature(enable = "avx512f")]
fn quantised(x: __m512) -> __m128i {
    let scaled = _mm512_mul_ps(x, _mm512_set1_ps(127.0));
    let half = with_sign(_mm512_set1_ps(0.5), sign(scaled));
    let rounded = _mm512_cvttps_epi32(_mm512_add_ps(scaled, half));
    _mm_xor_si128(_mm512_cvtepi32_epi8(rounded), _mm_set1_epi8(i8::MIN))
}

/// Products of R rows with one block: four vectors for each row.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn multiply<const R: usize>(weights: &Packed<Vnni512>, block: usize, x: &[u8]) -> [[__m512; 4]; R] {
    let groups = weights.groups;
    let quads = weights.block(block);
    let rows: [&[[u8; 4]]; R] = std::array::from_fn(|r| &x[r * groups * 4..].as_chunks::<4>().0[..groups]);
    let start = weights.start::<LANES>(block);
    let start = [load_i32(&start[0]), load_i32(&start[1]), load_i32(&start[2]), load_i32(&start[3])];
    let mut sums = [start; R];
    for (group, quad) in quads[..groups].iter().enumerate() {
        let w = [load_i8(&quad.0[0]), load_i8(&quad.0[1]), load_i8(&quad.0[2]), load_i8(&quad.0[3])];
        for r in 0..R {
            let four = _mm512_set1_epi32(i32::from_le_bytes(rows[r][group]));
            for gate in 0..4 {
                sums[r][gate] = _mm512_dpbusd_epi32(sums[r][gate], four, w[gate]);
            }
        }
    }
    let scale = weights.scale::<LANES>(block);
    let scale = [load_f32(&scale[0]), load_f32(&scale[1]), load_f32(&scale[2]), load_f32(&scale[3])];
    let mut scaled = [[_mm512_setzero_ps(); 4]; R];
    for r in 0..R {
        for gate in 0..4 {
            scaled[r][gate] = _mm512_mul_ps(_mm512_cvtepi32_ps(sums[r][gate]), scale[gate]);
        }
    }
    scaled
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn gates<const R: usize>(
    weights: &Packed<Vnni512>,
    block: usize,
    x: &[u8],
    state: &mut [f32],
    next: &mut [u8],
) {
    let (tanh_table, logistic_table) = (TANH.entries(), LOGISTIC.entries());
    let (units, length) = (weights.blocks * LANES, weights.row_len());
    let sums = multiply::<R>(weights, block, x);
    for r in 0..R {
        let [cell, input, forget, output] = sums[r];
        let state =
            state[r * units + block * LANES..].first_chunk_mut::<LANES>().expect("a state for each unit");
        let kept = _mm512_mul_ps(load_f32(state), logistic(logistic_table, forget));
        let added = _mm512_mul_ps(tanh(tanh_table, cell), logistic(logistic_table, input));
        let sum = _mm512_add_ps(kept, added);
        let sum =
            _mm512_min_ps(_mm512_max_ps(sum, _mm512_set1_ps(-STATE_LIMIT)), _mm512_set1_ps(STATE_LIMIT));
        store_f32(state, sum);
        let out = _mm512_mul_ps(tanh(tanh_table, sum), logistic(logistic_table, output));
        let place =
            next[r * length + block * LANES..].first_chunk_mut::<LANES>().expect("an output for each unit");
        store_u8(place, quantised(out));
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn dense<const R: usize>(weights: &Packed<Vnni512>, block: usize, x: &[u8], out: &mut [f32]) {
    let stride = weights.blocks * 4 * LANES;
    for (r, sums) in multiply::<R>(weights, block, x).into_iter().enumerate() {
        let row = out[r * stride + block * 4 * LANES..].as_chunks_mut::<LANES>().0;
        for (place, sum) in row.iter_mut().zip(sums) {
            store_f32(place, sum);
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn convolve(weights: &Convolution, image: &Columns<u8>, out: &mut Vec<u8>) {
    let table = TANH.entries();
    let w = [load_i8(&weights.weights[0]), load_i8(&weights.weights[1]), load_i8(&weights.weights[2])];
    let start = load_i32(&weights.start);
    let scale = load_f32(&weights.scale);
    let begin = out.len();
    let count = cells(image.width).count();
    out.resize(begin + count * FEATURES, 0);
    let places = out[begin..].as_chunks_mut::<FEATURES>().0;
    for ((cell_x, cell_y), place) in cells(image.width).zip(places) {
        let (left, top) = (cell_x * POOL, cell_y * POOL);
        let mut best = _mm512_set1_epi32(i32::MIN);
        let inside = left > 0 && left + POOL < image.width && top > 0 && top + POOL < INPUT_HEIGHT;
        if inside {
            let columns: [&[u8; _]; 5] = std::array::from_fn(|c| image.column(left + c - 1));
            for y in top..top + POOL {
                let taps: [__m512i; 5] = std::array::from_fn(|c| {
                    let four = columns[c][y..].first_chunk::<4>().expect("a column is padded");
                    _mm512_set1_epi32(i32::from_le_bytes(*four))
                });
                for x in 0..POOL {
                    let sum = _mm512_dpbusd_epi32(start, taps[x], w[0]);
                    let sum = _mm512_dpbusd_epi32(sum, taps[x + 1], w[1]);
                    best = _mm512_max_epi32(best, _mm512_dpbusd_epi32(sum, taps[x + 2], w[2]));
                }
            }
        } else {
            for y in top..top + POOL {
                for x in left..left + POOL {
                    let mut sum = start;
                    for (taps, w) in image.taps(x, y).into_iter().zip(w) {
                        sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi32(i32::from_le_bytes(taps)), w);
                    }
                    best = _mm512_max_epi32(best, sum);
                }
            }
        }
        // Scaling, tanh and rounding keep the order, so the largest sum gives the largest output.
        let value = tanh(table, _mm512_mul_ps(_mm512_cvtepi32_ps(best), scale));
        store_u8(place, quantised(value));
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
fn softmax(values: &mut [f32]) {
    let values = values.as_chunks_mut::<LANES>().0;
    let mut largest = _mm512_set1_ps(f32::NEG_INFINITY);
    for chunk in values.iter() {
        largest = _mm512_max_ps(largest, load_f32(chunk));
    }
    let largest = _mm512_set1_ps(_mm512_reduce_max_ps(largest));
    let mut total = _mm512_setzero_ps();
    for chunk in values.iter_mut() {
        let value = _mm512_max_ps(_mm512_sub_ps(load_f32(chunk), largest), _mm512_set1_ps(LOWEST_EXPONENT));
        let power = exp(value);
        total = _mm512_add_ps(total, power);
        store_f32(chunk, power);
    }
    let total = _mm512_set1_ps(_mm512_reduce_add_ps(total));
    for chunk in values.iter_mut() {
        store_f32(chunk, _mm512_div_ps(load_f32(chunk), total));
    }
}

/// e to the x for x in -87..=0, to about one unit in the last place.
#[inline]
#[target_feature(enable = "avx512f")]
fn exp(x: __m512) -> __m512 {
    let times = _mm512_roundscale_ps::<0>(_mm512_mul_ps(x, _mm512_set1_ps(std::f32::consts::LOG2_E)));
    // ln 2 in two parts, so that the rest is exact.
    let rest = _mm512_fnmadd_ps(times, _mm512_set1_ps(0.693_359_4), x);
    let rest = _mm512_fnmadd_ps(times, _mm512_set1_ps(-2.121_944_4e-4), rest);
    let mut sum = _mm512_set1_ps(1.0 / 5040.0);
    for term in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        sum = _mm512_fmadd_ps(sum, rest, _mm512_set1_ps(term));
    }
    _mm512_scalef_ps(sum, times)
}
