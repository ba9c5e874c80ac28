//! The catalog of an archive with many case files: how fast it is listed, and made anew from the archive.

use crate::Setting;
use crate::measure::peak;
use crate::programs::succeed;
use crate::table::{Demand, Report, Section};
use anyhow::{Context, Result};
use clap::Args;
use serde_json::json;
use sha2::{Digest, Sha256, Sha512};
use std::path::Path;

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Case files.
    #[arg(long, default_value_t = 100_000)]
    pub cases: u32,
}

const LISTED_S: f64 = 2.0;
/// What a listing of so many may take, in proportion.
const LISTED_CASES: f64 = 100_000.0;
const REBUILT_EACH_S: f64 = 500.0;
const MEMORY_BYTES: u64 = 150_000_000;

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    let archive = setting.work.join("catalog");
    if archive.exists() {
        std::fs::remove_dir_all(&archive)?;
    }
    let password = setting.work.join("catalog.password");
    std::fs::write(&password, "một mật khẩu dài\n")?;
    let hoso = |words: &[&str]| {
        let mut command = setting.programs.hoso();
        command.args(words);
        command
    };
    succeed(hoso(&["init"]).arg(&archive).arg("--password-file").arg(&password), &[0])?;
    for n in 0..order.cases {
        put(&archive.join("ocfl"), n)?;
    }
    std::fs::remove_file(archive.join("ledger.sqlite"))?;
    let (rebuilt, rebuilding) = peak(hoso(&["index", "rebuild", "--archive"]).arg(&archive), &[0])?;
    let (listed, listing) = peak(hoso(&["case", "list", "--archive"]).arg(&archive), &[0])?;
    let each_s = f64::from(order.cases) / rebuilt.wall_s;
    let allowed = LISTED_S * f64::from(order.cases) / LISTED_CASES;
    let memory = rebuilding.anonymous_bytes.max(listing.anonymous_bytes);
    let row = |what: &str, cost: crate::measure::Cost, bytes: u64| {
        let numbers = [cost.wall_s, cost.cpu_s, f64::from(order.cases) / cost.wall_s];
        let [wall, cpu, rate] = numbers.map(|n| format!("{n:.2}"));
        vec![what.to_owned(), wall, cpu, rate, format!("{:.1}", bytes as f64 / 1e6)]
    };
    report.add(Section {
        title: format!("The catalog of {} case files", order.cases),
        about: "Objects of one version with a register and no pages, made by the bench. Made anew: `hoso index rebuild` without a ledger, which \
            reads every inventory and register. Listed: `hoso case list`."
            .into(),
        columns: vec!["", "seconds", "CPU-s", "case files a second", "MB"],
        rows: vec![
            row("made anew", rebuilt, rebuilding.anonymous_bytes),
            row("listed", listed, listing.anonymous_bytes),
        ],
        demands: vec![
            Demand {
                what: "listing".into(),
                wanted: format!("≤ {allowed:.1} s"),
                found: format!("{:.2} s", listed.wall_s),
                met: listed.wall_s <= allowed,
            },
            Demand {
                what: "made anew".into(),
                wanted: format!("≥ {REBUILT_EACH_S} case files a second"),
                found: format!("{each_s:.0}"),
                met: each_s >= REBUILT_EACH_S,
            },
            Demand {
                what: "memory".into(),
                wanted: format!("≤ {} MB", MEMORY_BYTES / 1_000_000),
                found: format!("{:.1} MB", memory as f64 / 1e6),
                met: memory <= MEMORY_BYTES,
            },
        ],
        details: json!({}),
    });
    std::fs::remove_dir_all(&archive)?;
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes an OCFL object with a register, as docs/format/archive-layout.md describes it.
fn put(ocfl: &Path, n: u32) -> Result<()> {
    let id = format!("urn:bench:uuid:{n:08}-0000-8000-8000-000000000000");
    let digits = hex(&Sha256::digest(&id));
    let encoded: String = id
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
            other => format!("%{other:02x}"),
        })
        .collect();
    let object = ocfl.join(&digits[..3]).join(&digits[3..6]).join(&digits[6..9]).join(encoded);
    let case = json!({
        "agency": "VKS", "batch": "bench", "created": "2026-01-01T00:00:00Z", "documents": [], "format": "hoso-case/1",
        "header": {
            "code": format!("HS-{n:06}/2019/HSST"), "pages": null, "paper_location": "Kho A, giá 12, hộp 7", "retention": "Vĩnh viễn",
            "secrecy": "thuong", "sheets": null, "title": format!("Vụ án số {n}: trộm cắp tài sản tại huyện A"),
            "unit": "VKSND huyện A", "year": 1990 + n % 30,
        },
        "masters": [], "pages": 0, "software": "bench",
    });
    let case = case.to_string();
    let (sha256, sha512) = (hex(&Sha256::digest(&case)), hex(&Sha512::digest(&case)));
    let (path, stored) = ("metadata/other/case.json", "v1/content/metadata/other/case.json");
    let inventory = json!({
        "digestAlgorithm": "sha512", "fixity": {"sha256": {(&sha256): [stored]}}, "head": "v1", "id": id,
        "manifest": {(&sha512): [stored]}, "type": "https://ocfl.io/1.1/spec/#inventory",
        "versions": {"v1": {
            "created": "2026-01-01T00:00:00Z", "message": "bench", "state": {(&sha512): [path]},
            "user": {"address": "urn:bench", "name": "bench"},
        }},
    });
    let inventory = inventory.to_string();
    let sidecar = format!("{} inventory.json\n", hex(&Sha512::digest(&inventory)));
    let content = object.join(stored);
    std::fs::create_dir_all(content.parent().context("a content path has a folder")?)?;
    std::fs::write(content, case)?;
    std::fs::write(object.join("0=ocfl_object_1.1"), "ocfl_object_1.1\n")?;
    for folder in [object.clone(), object.join("v1")] {
        std::fs::write(folder.join("inventory.json"), &inventory)?;
        std::fs::write(folder.join("inventory.json.sha512"), &sidecar)?;
    }
    Ok(())
}
