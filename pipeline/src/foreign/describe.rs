//! What a package of another program says of its case file: read leniently, for nothing of it is sealed.

use super::Declared;
use archive_store::package::{Profile, SimpleDc, code_of, date_from, meaning};
use archive_store::{BagReport, EarkReport, FileList, Files, Problem, What};
use record::{CaseCode, CaseHeader};
use std::io::Read;

/// Longest sheet that is read.
const MAX_SHEET_BYTES: u64 = 1 << 20;
/// Where a METS package has the sheet of its case file.
const EAD_PATH: &str = "metadata/descriptive/EAD.xml";

/// What is known of the case file before a person adds to it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Described {
    code: String,
    title: String,
    retention: String,
    year: Option<u16>,
    sheets: Option<u32>,
    paper_location: String,
}

/// Whether a package calls itself, or one of its documents, Mật: in any sheet that it holds, by code or in words. A sheet that
/// cannot be read is a problem, for nobody knows what it says.
pub(super) fn is_secret(package: &dyn Files, list: &FileList) -> Result<bool, Problem> {
    let is_sheet = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        name.starts_with("ead") && name.ends_with(".xml")
    };
    let mut is_secret = false;
    for file in list.files.iter().filter(|file| is_sheet(&file.path)) {
        let mut bytes = Vec::new();
        let read = package.open(&file.path);
        let read = read.and_then(|sheet| sheet.take(MAX_SHEET_BYTES + 1).read_to_end(&mut bytes));
        let sheet = read.map_err(|e| e.to_string());
        let sheet = sheet.and_then(|_| SimpleDc::read(Profile::AipFile, &bytes).map_err(|e| e.to_string()));
        let (sheet, _) = sheet.map_err(|why| Problem {
            code: "sheet",
            path: file.path.clone(),
            what: What::Wrong(why),
        })?;
        let mode = sheet.get("mode").unwrap_or_default();
        is_secret |= mode.trim() == SECRET || code_of("mode", mode) == Some(SECRET);
    }
    Ok(is_secret)
}

/// Mật, in the circular's list of modes.
const SECRET: &str = "03";

impl Described {
    /// From the sheet of a METS package, whichever annex it follows. `archive_code` stands before the code in a sheet of this
    /// archive's own.
    pub(super) fn by_sheet(package: &dyn Files, archive_code: &str) -> Described {
        let mut bytes = Vec::new();
        let read = package.open(EAD_PATH).and_then(|file| file.take(MAX_SHEET_BYTES).read_to_end(&mut bytes));
        let sheet = read.ok().and_then(|_| SimpleDc::read(Profile::AipFile, &bytes).ok());
        let Some((sheet, _)) = sheet else { return Described::default() };
        let text = |name: &str| sheet.get(name).unwrap_or_default().to_owned();
        let code = text("arcFileCode");
        let own = code.strip_prefix(archive_code).and_then(|rest| rest.strip_prefix('.'));
        let retention = text("maintenance");
        Described {
            code: own.filter(|_| !archive_code.is_empty()).unwrap_or(&code).to_owned(),
            title: text("title"),
            retention: meaning("maintenance", &retention).map_or(retention.clone(), str::to_owned),
            // Retention counts from the year in which a case file ended; where only its beginning is told, nobody knows it.
            year: sheet.get("endDate").and_then(date_from).map(|date| date.year),
            sheets: sheet.get("numberOfPaper").and_then(|number| number.parse().ok()),
            paper_location: text("paperFileCode"),
        }
    }

    /// From `bag-info.txt`, where nothing better is known.
    pub(super) fn or_bag(mut self, bag: &BagReport) -> Described {
        let label = |name: &str| {
            let found = bag.info.iter().find(|(label, _)| label.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        if self.title.is_empty() {
            self.title = label("External-Description");
        }
        for name in ["Internal-Sender-Identifier", "External-Identifier"] {
            if self.code.is_empty() {
                self.code = label(name);
            }
        }
        self
    }

    /// With what a person declares, which goes before. What is missing, by the names of the options.
    pub(super) fn header(self, declared: &Declared) -> Result<CaseHeader, Vec<&'static str>> {
        let code = declared.code.clone().or_else(|| CaseCode::new(&self.code).ok());
        let (Some(code), Some(secrecy)) = (code.clone(), declared.secrecy) else {
            let missing = [("--code", code.is_none()), ("--secrecy", declared.secrecy.is_none())];
            return Err(missing.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect());
        };
        let or = |given: &Option<String>, read: String| given.clone().unwrap_or(read);
        Ok(CaseHeader {
            code,
            title: or(&declared.title, self.title),
            unit: declared.unit.clone().unwrap_or_default(),
            year: declared.year.or(self.year),
            retention: or(&declared.retention, self.retention),
            secrecy,
            sheets: self.sheets,
            pages: None,
            paper_location: self.paper_location,
        })
    }
}

/// Who sent a package: `Source-Organization` of a bag, else the first in the header of its METS.
pub(super) fn sender(bag: Option<&BagReport>, mets: Option<&EarkReport>) -> String {
    let source = bag.and_then(|bag| bag.info.iter().find(|(label, _)| label == "Source-Organization"));
    let agent = mets.and_then(|mets| mets.agents.iter().find(|name| !name.trim().is_empty()));
    source.map(|(_, value)| value.clone()).or(agent.cloned()).unwrap_or_default().trim().to_owned()
}
