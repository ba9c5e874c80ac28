//! The pages that are measured: generated sets with their truth, and volumes that every program is given alike.

use crate::Setting;
use crate::programs::{Programs, succeed};
use anyhow::{Context, Result, bail, ensure};
use fixtures::truth::{PageTruth, Truth};
use fixtures::{Order, Sets, generate};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A generated set on disk.
pub(crate) struct MadeSet {
    /// Its batch folder.
    pub batch: PathBuf,
    pub truth: Truth,
    /// The seed it was made from.
    pub seed: u64,
}

/// Makes a set anew below the work folder.
pub(crate) fn make(setting: &Setting, set: &str, pages: u32) -> Result<MadeSet> {
    let out = fresh(&setting.work.join(format!("{set}-{pages}")))?;
    let sets = Sets::committed()?;
    let seed = match setting.seed {
        Some(seed) => seed,
        None => *sets.seeds.evaluation.first().context("sets.toml names no evaluation seed")?,
    };
    eprintln!("benches: making {pages} pages of {set}, seed {seed}");
    let order = Order { set: set.into(), pages: Some(pages), seed: Some(seed), out: out.clone(), jobs: None };
    generate(&order, &|_, _| {})?;
    Ok(MadeSet { batch: out.join("batch"), truth: Truth::read(&out.join("truth"))?, seed })
}

/// An empty folder; what was there is gone.
pub(crate) fn fresh(path: &Path) -> Result<PathBuf> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot empty {}", path.display()));
        }
        _ => {}
    }
    std::fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
    Ok(path.to_owned())
}

/// Some pages of one case file as one image-only PDF, and the same pictures one by one.
pub(crate) struct Volume {
    pub case: String,
    pub pdf: PathBuf,
    pub pictures: Vec<PathBuf>,
    pub truth: Vec<PageTruth>,
}

/// Volumes of up to `size` pages each. The pictures are the JPEG streams of the received files, bit for bit; img2pdf puts
/// them into PDFs unchanged. `OUT/batch/<case>/<n>.pdf` is a batch folder of its own.
pub(crate) fn volumes(set: &MadeSet, size: usize, out: &Path, programs: &Programs) -> Result<Vec<Volume>> {
    let (batch, loose) = (fresh(&out.join("batch"))?, fresh(&out.join("pictures"))?);
    let mut volumes = Vec::new();
    for (case, pages) in &set.truth.cases {
        let folder = fresh(&batch.join(&case.code))?;
        for (n, truth) in pages.chunks(size).enumerate() {
            let mut pictures = Vec::new();
            for page in truth {
                let name = format!("{}-{:04}.jpg", case.code, page.page);
                pictures.push(picture(set, page, &loose, &name)?);
            }
            let pdf = folder.join(format!("{:02}.pdf", n + 1));
            programs.img2pdf(&pictures, &pdf)?;
            volumes.push(Volume { case: case.code.clone(), pdf, pictures, truth: truth.to_vec() });
        }
    }
    Ok(volumes)
}

/// Writes the picture of a page as a file of its own, as it lies in the received file.
fn picture(set: &MadeSet, page: &PageTruth, folder: &Path, name: &str) -> Result<PathBuf> {
    let (from, to) = (set.batch.join(&page.file), folder.join(name));
    let (source, target) = (from.display(), to.display());
    match from.extension().and_then(|e| e.to_str()) {
        Some("jpg") => {
            std::fs::copy(&from, &to).with_context(|| format!("cannot copy {source} to {target}"))?;
        }
        Some("pdf") => {
            let number = (page.page_idx + 1).to_string();
            let stem = folder.join("from-pdf");
            let mut command = Command::new("pdfimages");
            command.args(["-j", "-f", &number, "-l", &number]).arg(&from).arg(&stem);
            succeed(&mut command, &[0])?;
            std::fs::rename(stem.with_file_name("from-pdf-000.jpg"), &to)
                .with_context(|| format!("{source} page {number} is not one JPEG"))?;
        }
        Some("tif") => {
            let file = std::fs::read(&from).with_context(|| format!("cannot read {source}"))?;
            let strip =
                jpeg_strip(&file, page.page_idx).with_context(|| format!("{source} has no JPEG strip"))?;
            std::fs::write(&to, strip).with_context(|| format!("cannot write {target}"))?;
        }
        _ => bail!("{source}: pages of this kind are not compared with peers"),
    }
    let start = std::fs::read(&to)?;
    ensure!(start.starts_with(&[0xFF, 0xD8, 0xFF]), "{target} is not a JPEG");
    Ok(to)
}

/// The one strip of a page of a little-endian TIFF, where it holds a whole JPEG stream.
fn jpeg_strip(file: &[u8], page_idx: u32) -> Option<&[u8]> {
    let short = |at: usize| Some(u16::from_le_bytes(file.get(at..at + 2)?.try_into().ok()?));
    let long = |at: usize| Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?) as usize);
    let mut directory = long(4)?;
    for _ in 0..page_idx {
        directory = long(directory + 2 + 12 * usize::from(short(directory)?))?;
    }
    let tags: HashMap<u16, usize> = (0..usize::from(short(directory)?))
        .filter_map(|n| Some((short(directory + 2 + 12 * n)?, long(directory + 10 + 12 * n)?)))
        .collect();
    let (start, length) = (*tags.get(&273)?, *tags.get(&279)?);
    file.get(start..start.checked_add(length)?)
}
