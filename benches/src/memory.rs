//! Memory of all processes of a batch run, few pages against many: it must not grow with the batch.

use crate::Setting;
use crate::measure::{Cost, Peak, cost, peak};
use crate::pages::{fresh, make};
use crate::table::{Demand, Report, Section};
use anyhow::Result;
use clap::Args;
use serde_json::json;

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Pages of the short run.
    #[arg(long, default_value_t = 40)]
    pub few: u32,
    /// Pages of the long run.
    #[arg(long, default_value_t = 400)]
    pub many: u32,
    /// Workers.
    #[arg(long, default_value_t = 2)]
    pub workers: u16,
}

/// What two workers may hold together with the program itself.
const LIMIT_BYTES: u64 = 900_000_000;
/// Runs of one size differ by so much.
const SAME: f64 = 1.10;

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    let few = batch_run(setting, order, order.few)?;
    let many = batch_run(setting, order, order.many)?;
    let row = |pages: u32, (cost, peak): &(Cost, Peak)| {
        let per_page = |seconds: f64| format!("{:.2}", seconds / f64::from(pages));
        vec![
            pages.to_string(),
            format!("{:.0}", peak.anonymous_bytes as f64 / 1e6),
            peak.quarters()
                .iter()
                .map(|bytes| format!("{:.0}", *bytes as f64 / 1e6))
                .collect::<Vec<_>>()
                .join(", "),
            peak.processes.to_string(),
            per_page(cost.cpu_s),
            per_page(cost.wall_s),
            format!("{:.1}", f64::from(pages) / cost.wall_s * 60.0),
        ]
    };
    let highest = few.1.anonymous_bytes.max(many.1.anonymous_bytes);
    let growth = many.1.anonymous_bytes as f64 / few.1.anonymous_bytes.max(1) as f64;
    let demand =
        |what: &str, wanted: String, found: String, met| Demand { what: what.into(), wanted, found, met };
    report.add(Section {
        title: format!("Memory: stamped-300, {} workers", order.workers),
        about: "Peak of the sum of RssAnon over `hoso batch run` and its workers, sampled every 100 ms.".into(),
        columns: vec!["pages", "peak MB", "MB in each quarter", "processes then", "CPU-s/page", "wall s/page", "pages/min"],
        rows: vec![row(order.few, &few), row(order.many, &many)],
        demands: vec![
            demand("peak", "≤ 900 MB".into(), format!("{:.0} MB", highest as f64 / 1e6), highest <= LIMIT_BYTES),
            demand(
                "many pages against few",
                format!("≤ {SAME:.2} ×"),
                format!("{growth:.2} ×"),
                growth <= SAME,
            ),
        ],
        details: json!({
            "few": {"pages": order.few, "peak_bytes": few.1.anonymous_bytes, "quarters_bytes": few.1.quarters(), "cpu_s": few.0.cpu_s, "wall_s": few.0.wall_s},
            "many": {"pages": order.many, "peak_bytes": many.1.anonymous_bytes, "quarters_bytes": many.1.quarters(), "cpu_s": many.0.cpu_s, "wall_s": many.0.wall_s},
        }),
    });
    Ok(())
}

fn batch_run(setting: &Setting, order: &Order, pages: u32) -> Result<(Cost, Peak)> {
    let set = make(setting, "stamped-300", pages)?;
    let archive = fresh(&setting.work.join("memory"))?.join("archive");
    cost(setting.programs.hoso().arg("init").arg(&archive), &[0])?;
    eprintln!("benches: main job on {pages} pages with {} workers", order.workers);
    let mut command = setting.programs.hoso();
    command.args(["batch", "run"]).arg(&set.batch).arg("--archive").arg(&archive);
    peak(command.args(["--secrecy", "thuong", "--workers", &order.workers.to_string()]), &[0, 3])
}
