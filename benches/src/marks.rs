//! Secrecy stamps: how many of those on generated pages are reported, and on how many pages without one there is a false alarm.

use crate::Setting;
use crate::alto;
use crate::measure::{Cost, cost};
use crate::pages::{fresh, make};
use crate::table::{Demand, Report, Section, percent};
use anyhow::{Result, ensure};
use clap::Args;
use fixtures::truth::PageTruth;
use serde_json::json;

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Pages of each set; about every second one bears a secrecy stamp.
    #[arg(long, default_value_t = 60)]
    pub pages: u32,
    /// The sets.
    #[arg(long, value_delimiter = ',', default_values_t = sets())]
    pub sets: Vec<String>,
}

fn sets() -> Vec<String> {
    ["secrecy-300", "secrecy-worn-200", "secrecy-grey-200", "secrecy-bilevel-300"].map(str::to_owned).into()
}

#[derive(Default)]
struct Account {
    stamps: u64,
    found: u64,
    without: u64,
    false_alarms: u64,
    cost: Cost,
}

impl Account {
    fn row(&self, name: &str) -> Vec<String> {
        let share = |part: u64, whole: u64| percent(part as f64 / whole.max(1) as f64);
        let pages = (self.stamps + self.without).max(1) as f64;
        vec![
            name.to_owned(),
            format!("{} of {}", self.found, self.stamps),
            share(self.found, self.stamps),
            format!("{} of {}", self.false_alarms, self.without),
            share(self.false_alarms, self.without),
            format!("{:.2}", self.cost.cpu_s / pages),
        ]
    }
}

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    let (mut rows, mut missed) = (Vec::new(), Vec::new());
    let mut colour = Account::default();
    for name in &order.sets {
        let account = read_set(setting, name, order.pages, &mut missed)?;
        rows.push(account.row(name));
        if !name.contains("grey") && !name.contains("bilevel") {
            colour.stamps += account.stamps;
            colour.found += account.found;
            colour.without += account.without;
            colour.false_alarms += account.false_alarms;
        }
    }
    let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
    let recall = share(colour.found, colour.stamps);
    let alarms = share(colour.false_alarms, colour.without);
    report.add(Section {
        title: format!("Secrecy stamps, {} pages of each set", order.pages),
        about: "`hoso ocr --format alto`; a page is reported where a block has the tag `mark-secrecy-stamp`, sure or doubtful. \
                The demands are those on colour scans."
            .into(),
        columns: vec!["set", "stamps reported", "recall", "false alarms", "share", "CPU-s/page"],
        rows,
        demands: vec![
            Demand {
                what: format!("recall on {} stamps in colour", colour.stamps),
                wanted: "≥ 99.5 %".into(),
                found: percent(recall),
                met: recall >= 0.995,
            },
            Demand {
                what: "false alarms in colour".into(),
                wanted: "≤ 1 % of pages".into(),
                found: percent(alarms),
                met: alarms <= 0.01,
            },
        ],
        details: json!({ "wrong": missed }),
    });
    Ok(())
}

fn read_set(
    setting: &Setting,
    name: &str,
    pages: u32,
    wrong: &mut Vec<serde_json::Value>,
) -> Result<Account> {
    let set = make(setting, name, pages)?;
    let out = fresh(&setting.work.join("marks"))?.join("out.xml");
    let mut account = Account::default();
    let mut files: Vec<&str> = set.truth.pages().map(|p| p.file.as_str()).collect();
    files.dedup();
    eprintln!("benches: looking for stamps in {} files of {name}", files.len());
    for file in files {
        let mut command = setting.programs.hoso();
        command.args(["ocr", "--format", "alto", "--out"]).arg(&out).arg(set.batch.join(file));
        account.cost += cost(&mut command, &[0, 3])?;
        let read = alto::pages(&std::fs::read_to_string(&out)?)?;
        let there: Vec<&PageTruth> = set.truth.pages().filter(|page| page.file == file).collect();
        ensure!(read.len() == there.len(), "{file}: {} pages read of {}", read.len(), there.len());
        for (page, truth) in read.iter().zip(there) {
            let reported = page.tags.iter().any(|tag| tag == "mark-secrecy-stamp");
            let bears = truth.marks.iter().any(|m| m.kind == "secrecy-stamp");
            account.stamps += u64::from(bears);
            account.without += u64::from(!bears);
            account.found += u64::from(bears && reported);
            account.false_alarms += u64::from(!bears && reported);
            if bears != reported {
                wrong.push(json!({"set": name, "file": file, "page_idx": truth.page_idx, "bears": bears}));
            }
        }
    }
    Ok(account)
}
