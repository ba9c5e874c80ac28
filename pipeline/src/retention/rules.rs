//! The table of retention periods: the built-in rows and those of the archive's own `retention.toml`.

use crate::PipelineError;
use crate::config::Layout;
use record::CaseCode;
use serde::Deserialize;
use std::collections::HashSet;

/// The rows that come with the program.
const BUILT_IN: &str = include_str!("rules.toml");

/// How long a case file is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// So many whole years after the one in which it ended.
    Years(u16),
    /// For ever; longer than any number of years.
    Permanent,
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its name, unlike that of any other row.
    pub id: String,
    /// How long.
    pub period: Period,
    /// The text that says so.
    pub basis: String,
    /// Where in it.
    pub article: String,
    /// Folded; empty: whatever is declared.
    declared: Vec<String>,
    /// With `*`; empty: every code.
    codes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableToml {
    rule: Vec<RuleToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleToml {
    id: String,
    #[serde(default)]
    declared: Vec<String>,
    #[serde(default)]
    codes: Vec<String>,
    years: Option<u16>,
    permanent: Option<bool>,
    counted_from: CountedFrom,
    basis: String,
    article: String,
}

/// The one moment that a package tells: the later of the year in the register and the last date of a document.
#[derive(Deserialize)]
enum CountedFrom {
    #[serde(rename = "end-year")]
    EndYear,
}

/// All rows.
#[derive(Debug, Clone)]
pub struct RetentionTable {
    rules: Vec<Rule>,
}

impl RetentionTable {
    /// The built-in rows, and the archive's own if it has a list. [`PipelineError::Config`] names every mistake in it.
    pub(crate) fn of(layout: &Layout) -> Result<RetentionTable, PipelineError> {
        let mut rules = parse(BUILT_IN).expect("the built-in table is right: a test reads it");
        let path = layout.retention();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(RetentionTable { rules }),
            Err(e) => return Err(PipelineError::io(&path)(e)),
        };
        let wrong = |problem: String| PipelineError::Config { path: path.clone(), problem };
        rules.extend(parse(&text).map_err(wrong)?);
        let mut ids = HashSet::new();
        match rules.iter().find(|rule| !ids.insert(&rule.id)) {
            Some(twice) => Err(wrong(format!("two rules {}", twice.id))),
            None => Ok(RetentionTable { rules }),
        }
    }

    /// All rows, the built-in ones first.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The row for a case file of this code that was declared to be kept so long: of several the longest. `None` where no
    /// row says anything; then nothing is known.
    pub fn rule(&self, code: &CaseCode, declared: &str) -> Option<&Rule> {
        let declared = folded(declared);
        let applies = |rule: &&Rule| {
            (rule.declared.is_empty() || rule.declared.contains(&declared))
                && (rule.codes.is_empty() || rule.codes.iter().any(|pattern| fits(pattern, code.as_str())))
        };
        self.rules.iter().filter(applies).max_by_key(|rule| rule.period)
    }
}

/// The rows of a list; else everything that is wrong with it.
fn parse(text: &str) -> Result<Vec<Rule>, String> {
    let table: TableToml = toml::from_str(text).map_err(|e| e.to_string())?;
    let (mut rules, mut mistakes) = (Vec::new(), Vec::new());
    for row in table.rule {
        let mut mistake = |what: &str| mistakes.push(format!("rule {:?}: {what}", row.id));
        let period = match (row.years, row.permanent) {
            (Some(years), None | Some(false)) if years > 0 => Period::Years(years),
            (None, Some(true)) => Period::Permanent,
            _ => {
                mistake("either years (1 or more) or permanent = true");
                continue;
            }
        };
        if row.declared.is_empty() && row.codes.is_empty() {
            mistake("it needs declared or codes, else it would apply to everything");
        }
        if row.declared.iter().chain(&row.codes).any(|text| text.trim().is_empty()) {
            mistake("an empty text among declared or codes");
        }
        if [&row.id, &row.basis, &row.article].iter().any(|text| text.trim().is_empty()) {
            mistake("id, basis and article must say something");
        }
        let CountedFrom::EndYear = row.counted_from;
        rules.push(Rule {
            id: row.id,
            period,
            basis: row.basis,
            article: row.article,
            declared: row.declared.iter().map(|text| folded(text)).collect(),
            codes: row.codes.iter().map(|text| vitext::nfc(text).into_owned()).collect(),
        });
    }
    if mistakes.is_empty() { Ok(rules) } else { Err(mistakes.join("; ")) }
}

/// As texts are compared: marks, case and white space make no difference.
fn folded(text: &str) -> String {
    let text = vitext::fold_ascii(&vitext::nfc(text)).to_lowercase();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a code fits a pattern in which `*` stands for any text.
fn fits(pattern: &str, code: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == code };
    let Some(mut left) = code.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> RetentionTable {
        let mut rules = parse(BUILT_IN).unwrap();
        rules.extend(parse(text).unwrap());
        RetentionTable { rules }
    }

    fn found(table: &RetentionTable, code: &str, declared: &str) -> Option<(String, Period)> {
        table.rule(&CaseCode::new(code).unwrap(), declared).map(|rule| (rule.id.clone(), rule.period))
    }

    /// Periods and codes are those of the list `maintenance` of Thông tư 05/2025, annex I, written here once more by hand.
    #[test]
    fn the_declared_periods_of_the_circular_and_nothing_else() {
        let table = table("rule = []");
        for (code, words, period) in [
            ("01", "Vĩnh viễn", Period::Permanent),
            ("02", "70 năm", Period::Years(70)),
            ("03", "50 năm", Period::Years(50)),
            ("04", "30 năm", Period::Years(30)),
            ("05", "20 năm", Period::Years(20)),
            ("06", "10  nam", Period::Years(10)),
        ] {
            for declared in [code, words] {
                assert_eq!(found(&table, "A", declared).unwrap().1, period, "{declared}");
            }
        }
        for unknown in ["", "07", "Khác", "15 năm", "lâu dài", "10"] {
            assert_eq!(found(&table, "A", unknown), None, "{unknown}");
        }
        assert!(table.rules().iter().all(|rule| rule.basis.contains("05/2025") && !rule.article.is_empty()));
    }

    #[test]
    fn of_several_rows_the_longest_applies() {
        let own = r#"
            rule = [
                { id = "ds", codes = ["*/DS-ST", "DS-*-x"], years = 15, counted_from = "end-year", basis = "Quyết định của đơn vị", article = "Điều 2" },
                { id = "all-ds", codes = ["*DS*"], declared = ["15 năm"], years = 20, counted_from = "end-year", basis = "Quyết định của đơn vị", article = "Điều 3" },
            ]"#;
        let table = table(own);
        assert_eq!(found(&table, "12/2019/DS-ST", "?"), Some(("ds".into(), Period::Years(15))));
        assert_eq!(found(&table, "12/2019/DS-ST", "15 năm").unwrap().1, Period::Years(20));
        assert_eq!(found(&table, "12/2019/DS-ST", "Vĩnh viễn").unwrap().1, Period::Permanent);
        assert_eq!(found(&table, "12/2019/DS-ST", "10 năm").unwrap().1, Period::Years(15));
        assert_eq!(found(&table, "DS-7-x", "?").unwrap().0, "ds");
        assert_eq!(found(&table, "12/2019/HS-ST", "?"), None);
    }

    #[test]
    fn a_list_that_says_too_little_or_something_unknown_is_refused() {
        let good =
            r#"id = "a", codes = ["x"], years = 5, counted_from = "end-year", basis = "b", article = "c""#;
        assert!(parse(&format!("rule = [{{ {good} }}]")).is_ok());
        for (what, with) in [
            ("years = 5", "years = 0"),
            ("years = 5", "years = 5, permanent = true"),
            ("years = 5", "permanent = false"),
            ("years = 5", "years = -1"),
            (r#"codes = ["x"]"#, "codes = []"),
            (r#"codes = ["x"]"#, r#"codes = [" "]"#),
            (r#""end-year""#, r#""closing""#),
            (r#"article = "c""#, r#"article = "" "#),
            (r#"article = "c""#, r#"article = "c", note = "x""#),
        ] {
            assert!(parse(&format!("rule = [{{ {} }}]", good.replace(what, with))).is_err(), "{with}");
        }
    }
}
