use super::{Found, group};
use crate::fold::Folded;
use regex::Regex;
use std::sync::LazyLock;

/// A date of which the day, or day and month, may not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateParts {
    /// 1900–2099.
    pub year: u16,
    /// 1–12.
    pub month: Option<u8>,
    /// 1–31, in that month; only with a month.
    pub day: Option<u8>,
}

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\bngay\s+(?P<d1>\d{1,2})\s+thang\s+(?P<m1>\d{1,2})\s+nam\s+(?P<y1>(?:19|20)\d{2})\b",
        r"|\b(?:ngay\s*:?\s*)?(?P<d2>\d{1,2})\s*[-/.]\s*(?P<m2>\d{1,2})\s*[-/.]\s*(?P<y2>(?:19|20)\d{2})\b",
        r"|\bthang\s+(?P<m3>\d{1,2})\s*(?:nam\s|[-/.])\s*(?P<y3>(?:19|20)\d{2})\b",
        r"|\bnam\s+(?P<y4>(?:19|20)\d{2})\b",
    ))
    .expect("a fixed pattern")
});

/// Dates in order: `ngày 05 tháng 3 năm 2019`, `ngày: 10 - 3 - 2021`, `26/11/2003`, `tháng 5/1998`, `năm 1998`.
/// Impossible ones (31 April) are not dates.
pub fn dates(text: &str) -> Vec<Found<DateParts>> {
    dates_in(&Folded::new(text))
}

pub(super) fn dates_in(folded: &Folded) -> Vec<Found<DateParts>> {
    let found = DATE.captures_iter(folded.text());
    let found = found.filter_map(|c| {
        let any = |names: &[&str]| names.iter().find_map(|n| group(&c, n).parse::<u16>().ok());
        let year = any(&["y1", "y2", "y3", "y4"])?;
        let month = any(&["m1", "m2", "m3"]).map(|m| m as u8);
        let day = any(&["d1", "d2"]).map(|d| d as u8);
        let date = DateParts { year, month, day };
        date.is_possible().then(|| Found::whole(folded, &c, date))
    });
    found.collect()
}

impl DateParts {
    pub(super) fn is_possible(&self) -> bool {
        let Some(month) = self.month else { return self.day.is_none() };
        (1..=12).contains(&month) && self.day.is_none_or(|day| (1..=days_in(self.year, month)).contains(&day))
    }
}

/// Days of a month, 1–12.
pub(super) fn days_in(year: u16, month: u8) -> u8 {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u8::from(leap),
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(u16, Option<u8>, Option<u8>)> {
        dates(text).into_iter().map(|f| (f.value.year, f.value.month, f.value.day)).collect()
    }

    #[test]
    fn dates_as_case_files_write_them() {
        let full = |y, m, d| vec![(y, Some(m), Some(d))];
        assert_eq!(shown("Hà Nội, ngày 05 tháng 3 năm 2019"), full(2019, 3, 5));
        assert_eq!(shown("Ngày: 10 - 3 - 2021"), full(2021, 3, 10));
        assert_eq!(shown("ngày 05/01/2021"), full(2021, 1, 5));
        assert_eq!(shown("họp ngày 17.05.2004."), full(2004, 5, 17));
        assert_eq!(shown("sinh 12/5/1998"), full(1998, 5, 12));
        assert_eq!(shown("NGÀY 05 THẢNG 3 NĂM 2019"), full(2019, 3, 5), "one wrong tone");
        assert_eq!(
            shown("tháng 5/1998; tháng 6 năm 1999; năm 2000"),
            [(1998, Some(5), None), (1999, Some(6), None), (2000, None, None),]
        );
    }

    #[test]
    fn what_is_no_date() {
        assert_eq!(shown("ngày … tháng … năm 20…"), []);
        assert_eq!(shown("ngày 3{_ tháng 12"), [], "handwriting");
        assert_eq!(shown("31/4/2020, 29/02/2021, 1/13/2020, 12/12/20201"), []);
        assert_eq!(shown("29/02/2020").len(), 1);
    }

    #[test]
    fn ranges_are_of_the_original() {
        let text = "Đà Nẵng, ngày 05 tháng 3 năm 2019.";
        assert_eq!(&text[dates(text)[0].range.clone()], "ngày 05 tháng 3 năm 2019");
    }
}
