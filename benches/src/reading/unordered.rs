//! Errors in words without regard to their order: tells wrong letters from another reading order, which the error rates
//! over whole pages count alike.

use std::collections::HashMap;
use vitext::cer::{ErrorCount, Level, normalised};

/// Words of the truth that were missed or words that are not in it, whichever are more, of all words of the truth.
pub(super) fn unordered(truth: &str, read: &str) -> ErrorCount {
    let (truth, read) = (normalised(truth, Level::Exact), normalised(read, Level::Exact));
    let mut surplus: HashMap<&str, i64> = HashMap::new();
    let mut length = 0;
    for word in truth.split(' ').filter(|word| !word.is_empty()) {
        *surplus.entry(word).or_default() -= 1;
        length += 1;
    }
    for word in read.split(' ').filter(|word| !word.is_empty()) {
        *surplus.entry(word).or_default() += 1;
    }
    let missed: i64 = surplus.values().map(|n| (-n).max(0)).sum();
    let invented: i64 = surplus.values().map(|n| (*n).max(0)).sum();
    ErrorCount { edits: missed.max(invented).unsigned_abs(), length }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_free_and_every_word_counts_as_often_as_it_stands() {
        let errors = |truth, read| unordered(truth, read).edits;
        assert_eq!(errors("số 1\nngày 2", "ngày 2 số 1"), 0);
        assert_eq!(errors("số số 1", "số 1 2"), 1);
        assert_eq!(errors("a b c", "a"), 2);
        assert_eq!(errors("a", "a x y z"), 3);
        assert_eq!(unordered("", "x"), ErrorCount { edits: 1, length: 0 });
        assert_eq!(unordered("a b", "").length, 2);
    }
}
