//! How often each brightness occurs.

/// Tables that take turns: paper has long runs of one value, and in a single table each count would wait for the one before.
const TABLES: usize = 4;

/// How often each value occurs; of fewer than 2^32 of them.
pub fn counts(values: impl Iterator<Item = u8>) -> [u32; 256] {
    let mut tables = [[0_u32; 256]; TABLES];
    let mut turn = 0;
    values.for_each(|value| {
        let count = &mut tables[turn % TABLES][usize::from(value)];
        *count = count.wrapping_add(1);
        turn = turn.wrapping_add(1);
    });
    std::array::from_fn(|value| tables.iter().map(|table| table[value]).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_counted() {
        let found = counts([7, 7, 7, 7, 7, 0, 255, 7].into_iter());
        assert_eq!((found[7], found[0], found[255], found.iter().sum::<u32>()), (6, 1, 1, 8));
        assert_eq!(counts(std::iter::empty()), [0; 256]);
    }
}
