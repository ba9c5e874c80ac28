//! The report: sections of tables and demands, as Markdown or JSON.

use crate::machine::{self, Machine};
use serde::Serialize;
use std::fmt::Write;

/// All that a run found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    v: u32,
    machine: Machine,
    sections: Vec<Section>,
}

/// One table with what has to be said about it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Section {
    pub title: String,
    pub about: String,
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
    pub demands: Vec<Demand>,
    /// Exact numbers behind the table.
    pub details: serde_json::Value,
}

/// A figure that has to be reached.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Demand {
    pub what: String,
    pub wanted: String,
    pub found: String,
    pub met: bool,
}

impl Report {
    pub(crate) fn new(machine: Machine) -> Self {
        Self { v: 1, machine, sections: Vec::new() }
    }

    /// Adds a section and shows it at once to whoever is waiting.
    pub(crate) fn add(&mut self, section: Section) {
        eprint!("{}", section.markdown());
        self.sections.push(section);
    }

    /// The load at the end.
    pub(crate) fn note_end(&mut self) {
        self.machine.load.push(machine::load());
    }

    pub(crate) fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings and numbers") + "\n"
    }

    pub(crate) fn markdown(&self) -> String {
        let Machine { cpu, cores, memory_gib, system, date, commit, profile, load, versions } = &self.machine;
        let load: Vec<String> = load.iter().map(|l| format!("{l:.1}")).collect();
        let versions: Vec<String> =
            versions.iter().map(|(name, version)| format!("{name}: {version}")).collect();
        let mut out = format!(
            "{date}, commit {commit}, {profile} build; {cpu}, {cores} cores, {memory_gib} GiB, {system}; load {}.\n{}.\n",
            load.join(" → "),
            versions.join("; ")
        );
        for section in &self.sections {
            out += &section.markdown();
        }
        out
    }
}

impl Section {
    fn markdown(&self) -> String {
        let mut out = format!("\n### {}\n{}\n\n", self.title, self.about);
        let row = |cells: &mut dyn Iterator<Item = &str>| {
            format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
        };
        out += &row(&mut self.columns.iter().copied());
        out += &row(&mut self.columns.iter().enumerate().map(|(n, _)| if n == 0 { "---" } else { "---:" }));
        for cells in &self.rows {
            out += &row(&mut cells.iter().map(String::as_str));
        }
        if !self.demands.is_empty() {
            out.push('\n');
        }
        for Demand { what, wanted, found, met } in &self.demands {
            let verdict = if *met { "reached" } else { "**not reached**" };
            writeln!(out, "- {what}: {found} ({wanted} wanted): {verdict}").expect("a String takes all");
        }
        out
    }
}

/// A share as per cent with two decimals.
pub(crate) fn percent(rate: f64) -> String {
    format!("{:.2} %", rate * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_a_markdown_table_with_its_demands() {
        let section = Section {
            title: "T".into(),
            about: "a".into(),
            columns: vec!["x", "y"],
            rows: vec![vec!["1".into(), percent(0.01234)]],
            demands: vec![Demand { what: "w".into(), wanted: "≤ 1".into(), found: "2".into(), met: false }],
            details: serde_json::Value::Null,
        };
        let wanted = "\n### T\na\n\n| x | y |\n| --- | ---: |\n| 1 | 1.23 % |\n\n- w: 2 (≤ 1 wanted): **not reached**\n";
        assert_eq!(section.markdown(), wanted);
    }
}
