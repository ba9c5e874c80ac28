//! The noise that the convolution sees outside a line. It comes from a minimal standard generator with a seed out of the
//! model, begun anew for each line, so that a line always reads the same.

const MODULUS: u64 = (1 << 31) - 1;
const MULTIPLIER: u64 = 48271;

#[derive(Debug, Clone)]
pub(crate) struct Noise {
    state: u64,
}

impl Noise {
    pub(crate) fn new(sample_iteration: i32) -> Noise {
        let seed = i64::from(sample_iteration).wrapping_mul(0x1000_0001) as u64;
        let state = seed % MODULUS;
        let mut noise = Noise { state: if state == 0 { 1 } else { state } };
        noise.advance();
        noise
    }

    fn advance(&mut self) -> u64 {
        self.state = self.state * MULTIPLIER % MODULUS;
        self.state
    }

    /// The next value, in -127..=127.
    pub(crate) fn value(&mut self) -> i8 {
        let drawn = 127.0 * 2.0 * self.advance() as f64 / MODULUS as f64 - 127.0;
        let rounded = if drawn >= 0.0 { (drawn + 0.5) as i32 } else { -((0.5 - drawn) as i32) };
        rounded as i8
    }
}

/// The beginning of the sequence, which is the same for every line.
pub(crate) struct NoiseTable {
    values: Vec<i8>,
    rest: Noise,
}

impl NoiseTable {
    /// Enough for a line of 128 characters or so; longer ones draw on.
    const LENGTH: usize = 1 << 14;

    pub(crate) fn new(sample_iteration: i32) -> NoiseTable {
        let mut rest = Noise::new(sample_iteration);
        NoiseTable { values: (0..NoiseTable::LENGTH).map(|_| rest.value()).collect(), rest }
    }

    /// From the beginning.
    pub(crate) fn iter(&self) -> NoiseValues<'_> {
        NoiseValues { known: self.values.iter(), rest: self.rest.clone() }
    }
}

pub(crate) struct NoiseValues<'a> {
    known: std::slice::Iter<'a, i8>,
    rest: Noise,
}

impl NoiseValues<'_> {
    pub(crate) fn value(&mut self) -> i8 {
        self.known.next().copied().unwrap_or_else(|| self.rest.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_as_the_generator_of_the_cpp_library() {
        // std::minstd_rand seeded with 1: first value 48271, second 182605794.
        let mut noise = Noise { state: 1 };
        assert_eq!([noise.advance(), noise.advance()], [48271, 182605794]);
    }

    #[test]
    fn the_table_is_the_sequence() {
        let (mut noise, table) = (Noise::new(2_528_724), NoiseTable::new(2_528_724));
        let mut values = table.iter();
        assert!((0..NoiseTable::LENGTH + 1000).all(|_| noise.value() == values.value()));
    }
}
