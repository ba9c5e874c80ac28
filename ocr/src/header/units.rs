//! The unit registry: which procuracies, courts and police bodies there are or were, under which name. Given as data:
//! provinces before and after the reform of 2025, units with `{province}` and `{n}` filled in; an archive adds its
//! own list. Matching is folded and fuzzy, but figures have to be the same: khu vực 7 is not khu vực 1.

use std::collections::HashMap;
use vitext::cer::distance;
use vitext::fold_ascii;

const PROVINCES: &str = include_str!("provinces.csv");
const UNITS: &str = include_str!("units.csv");
/// Numbers of khu vực that are filled in for `{n}`: more than any province has of its 355 in all.
const REGIONS: std::ops::RangeInclusive<u32> = 1..=60;
/// Letters and figures at the end of a name that have to be right: there stands which province, which khu vực.
const EXACT_END: usize = 9;
/// Of a list that an archive brings.
const MOST_UNITS: usize = 100_000;
const LONGEST_NAME: usize = 300;

/// A list of units that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitsError {
    /// Not CSV, or not UTF-8.
    #[error("not a CSV file in UTF-8: {0}")]
    Csv(String),
    /// A column that has to be there is missing.
    #[error("no column {0:?}; needed are id and name")]
    Column(&'static str),
    /// A line with an empty or overlong id or name.
    #[error("line {line}: id and name need 1 to 300 bytes")]
    Value {
        /// Line of the file, from 1.
        line: u64,
    },
    /// More than 100,000 units.
    #[error("more than 100,000 units")]
    TooMany,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Stable, for example `vks-kv-7-da-nang`.
    pub id: String,
    /// As it is written in running text.
    pub name: String,
}

/// All units known, by the first word of their folded name.
#[derive(Debug, Clone)]
pub struct Units {
    units: Vec<(Unit, Vec<char>)>,
    by_length: HashMap<usize, Vec<usize>>,
}

/// A unit found for a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match<'a> {
    pub(super) unit: &'a Unit,
    /// Letters that differ.
    pub(super) wrong: usize,
}

impl Units {
    /// The built-in registry.
    pub fn built_in() -> Self {
        let mut units = Self { units: Vec::new(), by_length: HashMap::new() };
        let right = "the built-in list is right";
        let provinces = table(PROVINCES.as_bytes(), ["prefix", "name"], Some("valid_to")).expect(right);
        for ([id, name], _) in table(UNITS.as_bytes(), ["id", "name"], None).expect(right) {
            let numbers: Vec<u32> = if id.contains("{n}") { REGIONS.collect() } else { vec![0] };
            for n in &numbers {
                let (id, name) = (id.replace("{n}", &n.to_string()), name.replace("{n}", &n.to_string()));
                if !id.contains("{province}") {
                    units.add(Unit { id, name });
                    continue;
                }
                // regional units are younger than the provinces that ended
                let living = |ended: &str| numbers.len() == 1 || ended.is_empty();
                for ([prefix, province], _) in provinces.iter().filter(|(_, ended)| living(ended)) {
                    let slug = vitext::ascii_slug(province).to_ascii_lowercase();
                    let whole = format!("{} {province}", lower_first(prefix));
                    let name = name.replace("{Province}", &whole).replace("{Name}", province);
                    units.add(Unit { id: id.replace("{province}", &slug), name });
                }
            }
        }
        units
    }

    /// These and the units of an archive's own list: CSV in UTF-8 with the columns `id` and `name`, others are passed over. A unit
    /// of the same name takes the place of the one that was there.
    pub fn with_list(mut self, csv: &[u8]) -> Result<Self, UnitsError> {
        for ([id, name], _) in table(csv, ["id", "name"], None)? {
            self.add(Unit { id, name: vitext::nfc(&name).into_owned() });
        }
        Ok(self)
    }

    fn add(&mut self, unit: Unit) {
        let key = key(&unit.name);
        let same = self.by_length.entry(key.len()).or_default();
        if let Some(idx) = same.iter().find(|idx| self.units[**idx].1 == key) {
            self.units[*idx].0 = unit;
            return;
        }
        same.push(self.units.len());
        self.units.push((unit, key));
    }

    /// The unit that a text names: at most one letter in ten differs, no figure does, and no other unit is as near.
    pub(super) fn find(&self, text: &str) -> Option<Match<'_>> {
        let text = key(text);
        if text.len() < 5 || text.len() > LONGEST_NAME {
            return None;
        }
        let most = text.len() / 10;
        let digits = |key: &[char]| key.iter().filter(|c| c.is_ascii_digit()).copied().collect::<String>();
        let wanted = digits(&text);
        let mut best: Option<(usize, usize)> = None;
        let mut tied = false;
        for length in text.len().saturating_sub(most)..=text.len() + most {
            for &idx in self.by_length.get(&length).into_iter().flatten() {
                let key = &self.units[idx].1;
                let end = EXACT_END.min(key.len() / 2);
                if key[key.len() - end..] != text[text.len() - end..] || digits(key) != wanted {
                    continue;
                }
                let wrong = distance(key, &text) as usize;
                if wrong > most || best.is_some_and(|(least, _)| wrong > least) {
                    continue;
                }
                tied = best.is_some_and(|(least, _)| wrong == least);
                best = Some((wrong, idx));
            }
        }
        best.filter(|_| !tied).map(|(wrong, idx)| Match { unit: &self.units[idx].0, wrong })
    }
}

/// Folded letters and figures of a name, without spaces and signs; "TP." is "thành phố".
fn key(name: &str) -> Vec<char> {
    let folded = fold_ascii(name).to_ascii_uppercase();
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    let long = words.flat_map(|word| match word {
        "TP" => "THANHPHO".chars(),
        "VKSND" => "VIENKIEMSATNHANDAN".chars(),
        "TAND" => "TOAANNHANDAN".chars(),
        "UBND" => "UYBANNHANDAN".chars(),
        "HCM" => "HOCHIMINH".chars(),
        word => word.chars(),
    });
    long.collect()
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

/// Two columns of a CSV file
/// and, where asked for, a third that may be empty.
fn table(
    bytes: &[u8],
    columns: [&'static str; 2],
    third: Option<&'static str>,
) -> Result<Vec<([String; 2], String)>, UnitsError> {
    let bytes = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(bytes);
    let wrong = |e: csv::Error| UnitsError::Csv(e.to_string());
    let head = reader.headers().map_err(wrong)?.clone();
    let place = |name: &'static str| {
        head.iter().position(|column| column.eq_ignore_ascii_case(name)).ok_or(UnitsError::Column(name))
    };
    let places = [place(columns[0])?, place(columns[1])?];
    let third = third.map(place).transpose()?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let line = record.position().map_or(0, csv::Position::line);
        let value = |at: usize| {
            let value = record.get(at).unwrap_or_default();
            let fits = (1..=LONGEST_NAME).contains(&value.len()) && key(value).len() >= 2;
            fits.then(|| value.to_owned()).ok_or(UnitsError::Value { line })
        };
        if rows.len() == MOST_UNITS {
            return Err(UnitsError::TooMany);
        }
        let more = third.and_then(|at| record.get(at)).unwrap_or_default().to_owned();
        rows.push(([value(places[0])?, value(places[1])?], more));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_through_wrong_letters_but_not_through_wrong_figures() {
        let units = Units::built_in();
        let id = |text: &str| units.find(text).map(|m| m.unit.id.as_str());
        assert_eq!(id("VIỆN KIỂM SÁT NHÂN DÂN TỐI CAO"), Some("vks-tc"));
        assert_eq!(id("VIÊN KIÊM SÁT NHÂN DÂN THÀNH PHỐ ĐÀ NĂNG"), Some("vks-da-nang"));
        assert_eq!(id("VKSND TP. Hồ Chí Minh"), Some("vks-ho-chi-minh"));
        assert_eq!(id("VIỆN KIỂM SAT NHÃN DÀN KHU VỰC 7"), Some("vks-kv-7"));
        assert_eq!(id("VIỆN KIỂM SÁT NHÂN DÂN KHU VỰC 71"), None);
        assert_eq!(id("CƠ QUAN CẢNH SÁT ĐIỀU TRA CÔNG AN TỈNH HẢI DƯƠNG"), Some("ca-hai-duong-csdt"));
        assert_eq!(id("CÔNG AN TỈNH HẢI GIANG"), None, "no province of this name");
        assert_eq!(id("CÔNG TY TRÁCH NHIỆM HỮU HẠN"), None);
        assert_eq!(id(""), None);
    }

    #[test]
    fn an_archive_brings_its_own_units() {
        let list = "id,name,note\nkv7-dn,Viện kiểm sát nhân dân khu vực 7,x\nca-hg,Công an tỉnh Hải Giang,\n";
        let units = Units::built_in().with_list(list.as_bytes()).unwrap();
        assert_eq!(units.find("VIỆN KIỂM SÁT NHÂN DÂN KHU VỰC 7").unwrap().unit.id, "kv7-dn");
        assert_eq!(units.find("CÔNG AN TỈNH HẢI GIANG").unwrap().unit.name, "Công an tỉnh Hải Giang");
        let read = |text: &str| Units::built_in().with_list(text.as_bytes()).map(|_| ());
        assert_eq!(read("id,ten\na,b\n"), Err(UnitsError::Column("name")));
        assert_eq!(read("id,name\n,Công an\n"), Err(UnitsError::Value { line: 2 }));
        assert!(matches!(Units::built_in().with_list(b"id,name\na,\xff\xfe"), Err(UnitsError::Csv(_))));
    }
}
