//! The table of good and bad cases, with a column for each judge. Rows come from any test file; a judge that cannot judge a case
//! leaves its column empty.

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

    /// Prints the table and fails where our word is not the one wanted, or another judge sees it otherwise.
    pub(crate) fn judge(self, title: &str) {
        println!("## {title}: {} cases", self.rows.len());
        println!("| case | ours | openssl | pyHanko | pdfsig | qpdf | python-checker |");
        println!("|---|---|---|---|---|---|---|");
        let mut faults = Vec::new();
        for Row { case, ours, wanted, accepted, others } in &self.rows {
            let word = |said: Option<bool>| said.map_or("", |good| if good { "yes" } else { "no" });
            println!("| {case} | {ours} | {} |", others.all().map(word).join(" | "));
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
