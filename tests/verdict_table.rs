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
}

/// Does each judge accept it? `None` where it cannot judge that.
#[derive(Clone, Copy, Default)]
pub(crate) struct Others {
    pub(crate) openssl: Option<bool>,
    pub(crate) pyhanko: Option<bool>,
    pub(crate) pdfsig: Option<bool>,
    pub(crate) qpdf: Option<bool>,
    pub(crate) checker: Option<bool>,
}

impl Others {
    fn all(self) -> [Option<bool>; 5] {
        [self.openssl, self.pyhanko, self.pdfsig, self.qpdf, self.checker]
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

    /// Fails where our word is not the one wanted, or a judge sees it otherwise; before that it prints the table. `dashes` says
    /// why a judge cannot judge cases of this part.
    pub(crate) fn judge(self, part: &str, dashes: &str) {
        let word = |said: Option<bool>| said.map_or("–", |good| if good { "yes" } else { "no" });
        let line = |Row { case, ours, others, .. }: &Row| {
            let ours = if ours.is_empty() { "nothing signed" } else { ours };
            format!("| {part}: {case} | {ours} | {} |\n", others.all().map(word).join(" | "))
        };
        let rows: String = self.rows.iter().map(line).collect();
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("verdicts");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{part}.rows")), rows).unwrap();
        fs::write(folder.join(format!("{part}.dashes")), format!("- {part}: {dashes}\n")).unwrap();
        let all = |ending: &str| -> String {
            let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
            let mut files: Vec<_> =
                entries.filter(|file| file.extension().is_some_and(|e| e == ending)).collect();
            files.sort();
            files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
        };
        let rows = all("rows");
        let table = format!(
            "# {} cases before all judges\n\nA dash: the judge cannot judge that; why stands below.\n\n| case | ours | openssl | pyHanko | pdfsig | qpdf | Python checker |\n|---|---|---|---|---|---|---|\n{rows}\n{}",
            rows.lines().count(),
            all("dashes")
        );
        println!("{table}");
        fs::write(folder.join("table.md"), table).unwrap();

        let mut faults = Vec::new();
        for Row { case, ours, wanted, accepted, others } in &self.rows {
            if ours != wanted {
                faults.push(format!("{case}: ours {ours:?}, wanted {wanted:?}"));
            }
            if others.all().into_iter().flatten().any(|good| good != *accepted) {
                faults.push(format!("{case}: the judges do not agree"));
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}
