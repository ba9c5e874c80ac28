//! Which case files were kept long enough: listed for people to consider ("xem xét hủy"), never acted upon by itself.

mod rules;

use crate::config::Layout;
use crate::format::case_json::CaseRecord;
use crate::journal::{Hold, Journal};
use crate::reading_room::ReadingRoom;
use crate::seals::SealJudge;
use crate::{CatalogEntry, PipelineError, catalog};
use record::{CaseCode, CaseFile, Clearance, Clock, Lang, Timestamp};
pub use rules::{Period, RetentionTable, Rule};
use std::path::Path;

/// How a case file stands to its period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// For ever.
    Permanent(Rule),
    /// Through 31 December of `until`, which is not over.
    Until {
        /// The year.
        until: i16,
        /// Why.
        rule: Rule,
    },
    /// It was kept through `until`: to be considered for destruction.
    Expired {
        /// The year.
        until: i16,
        /// Why.
        rule: Rule,
    },
    /// Nobody knows: no row applies, or no year is known, or it cannot be read.
    Unknown(NotKnown),
}

/// Why nothing is known of a case file's period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotKnown {
    /// No row of the table applies to what was declared.
    NoRule,
    /// The register names no year.
    NoYear,
    /// The case file cannot be read as it was sealed.
    Unreadable(String),
}

impl NotKnown {
    /// For people.
    pub fn title(&self, lang: Lang) -> String {
        match self {
            Self::NoRule => {
                lang.pick("bảng thời hạn không có dòng nào cho hồ sơ này", "no row of the table applies")
            }
            Self::NoYear => lang.pick("danh mục không ghi năm", "the register names no year"),
            Self::Unreadable(why) => return why.clone(),
        }
        .to_owned()
    }
}

impl Kept {
    /// For programs: `permanent`, `kept`, `expired` or `unknown`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Permanent(_) => "permanent",
            Self::Until { .. } => "kept",
            Self::Expired { .. } => "expired",
            Self::Unknown(_) => "unknown",
        }
    }

    /// The row that applies.
    pub fn rule(&self) -> Option<&Rule> {
        match self {
            Self::Permanent(rule) | Self::Until { rule, .. } | Self::Expired { rule, .. } => Some(rule),
            Self::Unknown(_) => None,
        }
    }
}

/// A line of the list.
#[derive(Debug, Clone)]
pub struct RetentionLine {
    /// The case file as the catalog knows it.
    pub entry: CatalogEntry,
    /// How it stands.
    pub kept: Kept,
    /// The hold that keeps it all the same.
    pub hold: Option<Hold>,
}

/// Tells of every case file that may be seen how it stands in a year (this one, where none is given), in the order of codes. Only those that look expired by their catalog are opened, for the last date of their documents.
pub fn retention(
    root: &Path,
    clearance: &Clearance,
    as_of_year: Option<i16>,
    clock: Box<dyn Clock>,
    mut tell: impl FnMut(RetentionLine),
) -> Result<(), PipelineError> {
    let layout = Layout { root: root.to_owned() };
    let mut entries = Vec::new();
    catalog(root, clearance, |entry| entries.push(entry))?;
    let now = clock.now();
    let judge = SealJudge::of(&layout, now)?;
    let holds = Journal::read(&layout, &judge)?.sound()?.holds();
    let table = RetentionTable::of(&layout)?;
    let year = as_of_year.unwrap_or_else(|| local_year(now));
    let room = ReadingRoom::open(root, clock)?;
    for entry in entries {
        let mut kept = by_year(&table, &entry.code, &entry.retention, entry.year, year);
        if matches!(kept, Kept::Expired { .. }) {
            let opened = room.open_case(clearance, &entry.code).and_then(|case| {
                case.check_record()?;
                Ok(case.into_view())
            });
            kept = match opened {
                Ok(view) => of_case(&table, &view.case, year),
                Err(error)
                    if error.is_about_one_case() || matches!(error, PipelineError::NotSealed { .. }) =>
                {
                    Kept::Unknown(NotKnown::Unreadable(error.to_string()))
                }
                Err(error) => return Err(error),
            };
        }
        let hold = holds.get(&entry.code).cloned();
        tell(RetentionLine { entry, kept, hold });
    }
    Ok(())
}

/// How a case file stands in a year, by its sealed register and the dates of its documents.
pub(crate) fn of_case(table: &RetentionTable, case: &CaseFile, as_of_year: i16) -> Kept {
    let header = &case.header;
    by_year(table, &header.code, &header.retention, end_year(case), as_of_year)
}

/// The same; of a case file in volumes by what it says of these.
pub(crate) fn of_record(table: &RetentionTable, record: &CaseRecord, as_of_year: i16) -> Kept {
    let header = &record.case.header;
    let last = record.volumes.iter().filter_map(|volume| Some(volume.dates?.1.year)).max();
    let end = end_year(&record.case).map(|year| year.max(last.unwrap_or(year)));
    by_year(table, &header.code, &header.retention, end, as_of_year)
}

/// The year in which a case file ended: that of the register, or of the last document where that is later. Dates that were
/// read by machine can so only prolong; without a year in the register nothing is known.
fn end_year(case: &CaseFile) -> Option<u16> {
    let register = case.header.year?;
    let last = case.documents.iter().filter_map(|document| document.date).map(|date| date.year).max();
    Some(register.max(last.unwrap_or(register)))
}

fn by_year(
    table: &RetentionTable,
    code: &CaseCode,
    declared: &str,
    end_year: Option<u16>,
    as_of: i16,
) -> Kept {
    let Some(rule) = table.rule(code, declared) else { return Kept::Unknown(NotKnown::NoRule) };
    let rule = rule.clone();
    let years = match rule.period {
        Period::Permanent => return Kept::Permanent(rule),
        Period::Years(years) => years,
    };
    let Some(end) = end_year else { return Kept::Unknown(NotKnown::NoYear) };
    let until = i16::try_from(u32::from(end) + u32::from(years)).unwrap_or(i16::MAX);
    if as_of > until { Kept::Expired { until, rule } } else { Kept::Until { until, rule } }
}

/// The year in Việt Nam (+07:00).
pub(crate) fn local_year(at: Timestamp) -> i16 {
    const OFFSET_S: i64 = 7 * 3600;
    let local = Timestamp::from_second(at.as_second().saturating_add(OFFSET_S)).unwrap_or(at).to_string();
    local.get(..4).and_then(|year| year.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::case_json::tests::sample;
    use record::PartialDate;

    #[test]
    fn a_period_runs_out_at_the_end_of_its_last_year() {
        let layout = Layout { root: "/nowhere".into() };
        let table = RetentionTable::of(&layout).unwrap();
        let mut case = sample().case;
        case.header.retention = "10 năm".into();
        case.header.year = Some(2010);
        for document in &mut case.documents {
            document.date = PartialDate::parse("2012-03-01");
        }
        // 2012 is the last year something was added; ten whole years follow it.
        assert!(matches!(of_case(&table, &case, 2022), Kept::Until { until: 2022, .. }));
        assert!(matches!(of_case(&table, &case, 2023), Kept::Expired { until: 2022, .. }));
        // A machine that reads an early date shortens nothing.
        for document in &mut case.documents {
            document.date = PartialDate::parse("1945-09-02");
        }
        assert!(matches!(of_case(&table, &case, 2020), Kept::Until { until: 2020, .. }));
        case.header.year = None;
        assert_eq!(of_case(&table, &case, 2999), Kept::Unknown(NotKnown::NoYear));
        case.header.retention = "mãi".into();
        assert_eq!(of_case(&table, &case, 2999), Kept::Unknown(NotKnown::NoRule));
        case.header.retention = "vĩnh viễn".into();
        assert_eq!(of_case(&table, &case, 2999).code(), "permanent");
    }

    #[test]
    fn the_year_is_that_of_the_archive_not_of_greenwich() {
        for (at, year) in [("2026-12-31T16:59:59Z", 2026), ("2026-12-31T17:00:00Z", 2027)] {
            assert_eq!(local_year(at.parse().unwrap()), year);
        }
    }
}
