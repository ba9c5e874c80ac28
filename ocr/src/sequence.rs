//! Bút lục of a case file in order: a stamp that contradicts the stamps before and after it was misread.

/// Which stamps, by their place, contradict both neighbours: the nearest stamps before and after that were read, themselves in
/// order, leave no room for the number. `labels` are those of all pages in order, `None` where no stamp was read. Costs no memory
/// but that of the answer.
///
/// Sheets are numbered by one from page to page; a back may have no number, so between two pages the number grows by no more than
/// their distance. Nothing is put in the place of a refuted number: what stands on the paper was not read.
pub fn refuted<L: AsRef<str>>(labels: impl IntoIterator<Item = Option<L>>) -> Vec<usize> {
    let labels = labels.into_iter().enumerate();
    let read = labels.filter_map(|(at, label)| Some((at, number(label?.as_ref())?)));
    let mut refuted = Vec::new();
    let (mut before, mut this) = (None, None);
    for after in read {
        if let (Some(before), Some(this)) = (before, this)
            && follows(before, after)
            && !follows(before, this)
            && !follows(this, after)
        {
            refuted.push(this.0);
        }
        (before, this) = (this, Some(after));
    }
    refuted
}

/// Whether a number can stand on a later page than another one: `(page, number)`.
fn follows(before: (usize, u64), after: (usize, u64)) -> bool {
    (before.1..=before.1 + (after.0 - before.0) as u64).contains(&after.1)
}

/// The figures of `45` and `45a`.
fn number(label: &str) -> Option<u64> {
    label.trim_end_matches(char::is_alphabetic).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_between_two_that_leave_no_room_for_it_is_refuted() {
        let case = [Some("15"), Some("1"), Some("17"), Some("18")];
        assert_eq!(refuted(case), [1]);
        assert_eq!(refuted([Some("7"), None, Some("98"), Some("9"), Some("10")]), [2]);
    }

    #[test]
    fn gaps_backs_and_inserted_sheets_refute_nothing() {
        // two pages unread, a back with the number of its sheet, a sheet put in later
        assert_eq!(refuted([Some("4"), None, None, Some("7"), Some("7"), Some("7a"), Some("8")]), [0; 0]);
        // a part that begins anew: each number agrees with one neighbour at least
        assert_eq!(refuted([Some("30"), Some("31"), Some("1"), Some("2")]), [0; 0]);
        // neighbours that contradict each other prove nothing
        assert_eq!(refuted([Some("5"), Some("90"), Some("3")]), [0; 0]);
        assert_eq!(refuted([Some("90"), Some("1"), None]), [0; 0]);
    }
}
