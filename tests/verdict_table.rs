//! The one table of good and bad cases, with a column for each judge. Its rows come from tests of several crates, which judge each
//! case once for all their purposes; each test keeps its part in `target/tmp/verdicts`, checks it, and prints what there is. The
//! last one prints all of it, and so does `./dev test`.

use std::fs;
use std::path::PathBuf;

/// One case.
pub(crate) struct Row {
    pub(crate) case: String,
    /// What we say, and what we must say.
    pub(crate) ours: String,
    pub(crate) wanted: String,
    /// Do we accept it?
    pub(crate) accepted: bool,
    pub(crate) others: Others,
    /// Who says the contrary, for it does not look for that, or looks for more; why stands below the table. One of them that
    /// agrees after all is a fault of this list.
    pub(crate) blind: &'static [Judge],
}

/// In the order of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judge {
    Openssl,
    Pyhanko,
    Pdfsig,
    Qpdf,
    Checker,
}

const JUDGES: [Judge; 5] = [Judge::Openssl, Judge::Pyhanko, Judge::Pdfsig, Judge::Qpdf, Judge::Checker];

/// Does each judge accept it? `None` where it was not asked.
#[derive(Clone, Copy, Default)]
pub(crate) struct Others {
    pub(crate) openssl: Option<bool>,
    pub(crate) pyhanko: Option<bool>,
    pub(crate) pdfsig: Option<bool>,
    pub(crate) qpdf: Option<bool>,
    pub(crate) checker: Option<bool>,
}

impl Row {
    /// What each of them said.
    fn said(&self) -> [(Judge, Option<bool>); 5] {
        let Others { openssl, pyhanko, pdfsig, qpdf, checker } = self.others;
        let all = [openssl, pyhanko, pdfsig, qpdf, checker];
        std::array::from_fn(|column| (JUDGES[column], all[column]))
    }

    /// What it says in the columns of the table.
    fn columns(&self) -> [&'static str; 5] {
        self.said().map(|(judge, said)| match said {
            Some(_) if self.blind.contains(&judge) => "–",
            Some(true) => "yes",
            Some(false) => "no",
            None => "–",
        })
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.ours != self.wanted {
            faults.push(format!("{}: ours {:?}, wanted {:?}", self.case, self.ours, self.wanted));
        }
        for (judge, said) in self.said() {
            let is_blind = self.blind.contains(&judge);
            match said {
                None if is_blind => faults.push(format!("{}: {judge:?} was not asked", self.case)),
                Some(good) if (good == self.accepted) == is_blind => {
                    let word =
                        if is_blind { "is said to be blind for it, and agrees" } else { "does not agree" };
                    faults.push(format!("{}: {judge:?} {word}", self.case));
                }
                _ => {}
            }
        }
        faults
    }
}

/// Rows as they come in.
#[derive(Default)]
pub(crate) struct VerdictTable {
    rows: Vec<Row>,
}

impl VerdictTable {
    pub(crate) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Fails where our word is not the one wanted, or a judge sees it otherwise; before that it prints the table. `notes` says
    /// why a judge cannot judge cases of this part, and what else was found of them.
    pub(crate) fn judge(self, part: &str, notes: &str) {
        let line = |row: &Row| {
            let ours = if row.ours.is_empty() { "nothing signed" } else { &row.ours };
            format!("| {part}: {} | {ours} | {} |\n", row.case, row.columns().join(" | "))
        };
        let rows: String = self.rows.iter().map(line).collect();
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("verdicts");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{part}.rows")), rows).unwrap();
        fs::write(folder.join(format!("{part}.notes")), format!("- {part}: {notes}\n")).unwrap();
        let all = |ending: &str| -> String {
            let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
            let mut files: Vec<_> =
                entries.filter(|file| file.extension().is_some_and(|e| e == ending)).collect();
            files.sort();
            files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
        };
        let rows = all("rows");
        let table = format!(
            "# {} cases before all judges\n\nA dash: the judge was not asked, or it does not look for that, which the test demands; why stands below.\n\n| case | ours | openssl | pyHanko | pdfsig | qpdf | Python checker |\n|---|---|---|---|---|---|---|\n{rows}\n{}",
            rows.lines().count(),
            all("notes")
        );
        println!("{table}");
        fs::write(folder.join("table.md"), table).unwrap();

        let faults: Vec<String> = self.rows.iter().flat_map(Row::faults).collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}
