//! Signing PDFs: the rate beside pyHanko's with the same key in the same run, what a large file costs beside hashing and copying
//! it, and memory that must not grow with the file, in both kinds of cross-references.

use crate::Setting;
use crate::pages::fresh;
use crate::programs::{quiet, succeed};
use crate::table::{Demand, Report, Section};
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct Order {
    /// Megabytes of the file whose rate is compared with pyHanko's.
    #[arg(long, default_value_t = 1)]
    pub small: u32,
    /// Megabytes of the file that is compared with hashing and copying it.
    #[arg(long, default_value_t = 100)]
    pub middle: u32,
    /// Megabytes of the file that must not need more memory.
    #[arg(long, default_value_t = 500)]
    pub large: u32,
    /// Times that all is measured; the best of each counts.
    #[arg(long, default_value_t = 3)]
    pub rounds: u32,
}

/// Of pyHanko's signatures a CPU-second.
const RATE: f64 = 20.0;
/// Signing and copying, by SHA-256 and copying.
const COST: f64 = 1.5;
const MEMORY_BYTES: u64 = 64_000_000;
/// What 500 MB may need more than 1 MB.
const GROWTH_BYTES: u64 = 4_000_000;

/// The best figures of one file.
struct Measured {
    kind: &'static str,
    megabytes: u32,
    sign_s: f64,
    plain_s: f64,
    copy_s: f64,
    verify_s: f64,
    pyhanko_s: Option<f64>,
    appended: u64,
    memory: u64,
    details: Value,
}

pub(crate) fn run(setting: &Setting, order: &Order, report: &mut Report) -> Result<()> {
    let folder = fresh(&setting.work.join("pades"))?;
    let mut all = Vec::new();
    for megabytes in [order.small, order.middle, order.large] {
        for (kind, pdf) in make(&folder, megabytes)? {
            eprintln!("benches: {megabytes} MB, {kind}");
            all.push(measure(setting, order, (kind, megabytes), &pdf)?);
            std::fs::remove_file(pdf)?;
        }
    }
    let of = |megabytes: u32| all.iter().filter(move |found| found.megabytes == megabytes);
    let ratio = |found: &Measured| found.pyhanko_s.map_or(0.0, |peer| peer / found.sign_s);
    let cost = |found: &Measured| (found.sign_s + found.copy_s) / (found.plain_s + found.copy_s);
    let rate = of(order.small).map(ratio).fold(f64::INFINITY, f64::min);
    let dearest = of(order.middle).map(cost).fold(0.0, f64::max);
    let most = |megabytes| of(megabytes).map(|found| found.memory).max().unwrap_or_default();
    let growth = most(order.large).saturating_sub(most(order.small));
    let (small, middle, large) = (order.small, order.middle, order.large);
    let highest = all.iter().map(|found| found.memory).max().unwrap_or_default();
    report.add(Section {
        title: "Signing PDFs (PAdES B-B, P-256)".into(),
        about: format!(
            "One page of a megabyte of grey noise for each megabyte, cross-references as a table and, by qpdf, as a stream. A signature without a mark by a key in \
             memory, not written anywhere and not synced; CPU of one thread, the best of {} rounds. pyHanko: the same key, file in memory. VmHWM: of the whole program, \
             which then verifies the signed file, too.",
            order.rounds
        ),
        columns: vec!["MB", "cross-references", "ms to sign", "ms of SHA-256", "ms of a copy", "ms to verify", "pyHanko, ms", "bytes added", "VmHWM, MB"],
        rows: all.iter().map(row).collect(),
        demands: vec![
            Demand {
                what: format!("signatures of {small} MB a CPU-second, by pyHanko's"),
                wanted: format!("≥ {RATE}"),
                found: format!("{rate:.1}"),
                met: rate >= RATE,
            },
            Demand {
                what: format!("signing and copying {middle} MB, by SHA-256 and copying"),
                wanted: format!("≤ {COST}"),
                found: format!("{dearest:.2}"),
                met: dearest <= COST,
            },
            Demand {
                what: "memory".into(),
                wanted: format!("≤ {} MB", MEMORY_BYTES / 1_000_000),
                found: format!("{:.1} MB", highest as f64 / 1e6),
                met: highest <= MEMORY_BYTES,
            },
            Demand {
                what: format!("memory that {large} MB need more than {small} MB"),
                wanted: format!("≤ {} MB", GROWTH_BYTES / 1_000_000),
                found: format!("{:.1} MB", growth as f64 / 1e6),
                met: growth <= GROWTH_BYTES,
            },
        ],
        details: json!(all.iter().map(|found| &found.details).collect::<Vec<_>>()),
    });
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn row(found: &Measured) -> Vec<String> {
    let ms = |seconds: f64| format!("{:.2}", seconds * 1e3);
    vec![
        found.megabytes.to_string(),
        found.kind.into(),
        ms(found.sign_s),
        ms(found.plain_s),
        ms(found.copy_s),
        ms(found.verify_s),
        found.pyhanko_s.map_or_else(|| "–".into(), ms),
        found.appended.to_string(),
        format!("{:.1}", found.memory as f64 / 1e6),
    ]
}

fn measure(
    setting: &Setting,
    order: &Order,
    (kind, megabytes): (&'static str, u32),
    pdf: &Path,
) -> Result<Measured> {
    let python = setting.programs.judge("pki-venv/bin/python");
    let count = (200 / megabytes.max(1)).clamp(1, 100);
    let mut runs = Vec::new();
    for _ in 0..order.rounds.max(1) {
        let mut command = setting.programs.example("pades")?;
        command.arg(pdf).arg(count.to_string());
        if megabytes == order.small {
            command.arg(&python);
        }
        let output = command.output().context("the example `pades` does not start")?;
        ensure!(output.status.success(), "the example `pades`: {}", String::from_utf8_lossy(&output.stderr));
        runs.push(serde_json::from_slice::<Value>(&output.stdout)?);
    }
    let all = |name: &str| runs.iter().filter_map(|run| run[name].as_f64()).collect::<Vec<_>>();
    let least = |name: &str| all(name).into_iter().reduce(f64::min);
    let figure = |name: &str| least(name).with_context(|| format!("no figure {name}"));
    let most = |name: &str| all(name).into_iter().fold(0.0, f64::max) as u64;
    Ok(Measured {
        kind,
        megabytes,
        sign_s: figure("sign_cpu_s")?,
        plain_s: figure("sha256_cpu_s")?,
        copy_s: figure("copy_cpu_s")?,
        verify_s: figure("verify_cpu_s")?,
        pyhanko_s: least("pyhanko_cpu_s"),
        appended: most("appended_bytes"),
        memory: most("high_water_bytes"),
        details: json!({"megabytes": megabytes, "cross_references": kind, "runs": runs}),
    })
}

/// The file with a table, and the same with a stream.
fn make(folder: &Path, megabytes: u32) -> Result<[(&'static str, PathBuf); 2]> {
    let (table, stream) = (folder.join("table.pdf"), folder.join("stream.pdf"));
    draw(&table, megabytes.max(1))?;
    let mut qpdf = quiet(Path::new("qpdf"));
    qpdf.args(["--object-streams=generate", "--stream-data=preserve", "--compress-streams=n"]);
    succeed(qpdf.arg(&table).arg(&stream), &[0])?;
    Ok([("table", table), ("stream", stream)])
}

/// A page for each megabyte, each with a picture of 1000 × 1000 grey points.
fn draw(path: &Path, pages: u32) -> Result<()> {
    const PICTURE: usize = 1_000_000;
    let mut file = BufWriter::new(File::create(path)?);
    let (mut at, mut places) = (0, Vec::new());
    let mut put = |file: &mut BufWriter<File>, bytes: &[u8]| -> Result<usize> {
        file.write_all(bytes)?;
        at += bytes.len();
        Ok(at)
    };
    put(&mut file, b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")?;
    let kids: String = (0..pages).map(|page| format!("{} 0 R ", 3 + 3 * page)).collect();
    let mut object =
        |file: &mut BufWriter<File>, number: u32, dict: String, stream: Option<&[u8]>| -> Result<()> {
            places.push(put(file, b"")?);
            put(file, format!("{number} 0 obj\n{dict}\n").as_bytes())?;
            if let Some(stream) = stream {
                put(file, b"stream\n")?;
                put(file, stream)?;
                put(file, b"\nendstream\n")?;
            }
            put(file, b"endobj\n")?;
            Ok(())
        };
    object(&mut file, 1, "<</Type/Catalog/Pages 2 0 R>>".into(), None)?;
    object(&mut file, 2, format!("<</Type/Pages/Kids[{kids}]/Count {pages}>>"), None)?;
    let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
    for page in 0..pages {
        let first = 3 + 3 * page;
        let (content, picture) = (first + 1, first + 2);
        let dict = format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</P {picture} 0 R>>>>/Contents {content} 0 R>>"
        );
        object(&mut file, first, dict, None)?;
        let drawn = b"595 0 0 842 0 0 cm /P Do";
        object(&mut file, content, format!("<</Length {}>>", drawn.len()), Some(drawn))?;
        let dict = format!(
            "<</Type/XObject/Subtype/Image/Width 1000/Height 1000/ColorSpace/DeviceGray/BitsPerComponent 8/Length {PICTURE}>>"
        );
        object(&mut file, picture, dict, Some(&noise.bytes(PICTURE)))?;
    }
    let start = put(&mut file, b"")?;
    let size = places.len() + 1;
    let entries: String = places.iter().map(|place| format!("{place:010} 00000 n \n")).collect();
    let end = format!(
        "xref\n0 {size}\n0000000000 65535 f \n{entries}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
    );
    file.write_all(end.as_bytes())?;
    file.flush()?;
    Ok(())
}

/// Bytes that no program can shrink (xorshift64).
struct Noise(u64);

impl Noise {
    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            bytes.extend(self.0.to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawn_file_is_a_pdf() {
        let folder = tempfile::tempdir().expect("scratch folder");
        let path = folder.path().join("a.pdf");
        draw(&path, 2).expect("drawn");
        let said =
            std::process::Command::new("qpdf").arg("--check").arg(&path).output().expect("qpdf starts");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stdout));
        assert!((2_000_000..2_010_000).contains(&std::fs::metadata(&path).expect("there").len()));
    }
}
