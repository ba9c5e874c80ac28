//! Pages of any set as volumes that every program can read: each page as it is displayed, as JPEG where the received stream
//! can be taken bit for bit, else as PNG with the same pixels. Made before anything is measured, by
//! `as_displayed.py` in the peers' Python: Pillow and pikepdf come along with OCRmyPDF.

use crate::pages::{MadeSet, Volume, fresh};
use crate::programs::Programs;
use anyhow::{Context, Result, ensure};
use fixtures::truth::PageTruth;
use serde_json::json;
use std::path::{Path, PathBuf};

/// How the pages lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    /// As displayed: EXIF, TIFF Orientation and `/Rotate` are applied to the pixels, because `tesseract` knows none of them.
    AsDisplayed,
    /// Turned until the text stands upright.
    Upright,
}

/// Volumes of up to `size` pages of one case file each.
pub(super) fn volumes(
    set: &MadeSet,
    size: usize,
    lie: Lie,
    out: &Path,
    programs: &Programs,
) -> Result<Vec<Volume>> {
    let loose = fresh(&out.join("pictures"))?;
    let pages: Vec<&PageTruth> = set.truth.pages().collect();
    let orders = pages.iter().enumerate().map(|(n, page)| {
        let turn_back = if lie == Lie::Upright { page.turned } else { 0 };
        let stem = loose.join(format!("{n:05}"));
        json!({"source": set.batch.join(&page.file), "page_idx": page.page_idx, "dpi": page.dpi, "turn_back": turn_back, "stem": stem})
    });
    let orders: String = orders.map(|order| format!("{order}\n")).collect();
    let said = programs.as_displayed(&orders).context("pictures of single pages")?;
    let pictures: Vec<PathBuf> = said.lines().map(PathBuf::from).collect();
    ensure!(pictures.len() == pages.len(), "{} pictures of {} pages", pictures.len(), pages.len());
    let mut rest = pictures.as_slice();
    let mut volumes = Vec::new();
    for (case, pages) in &set.truth.cases {
        let folder = fresh(&out.join("volumes").join(&case.code))?;
        for (n, truth) in pages.chunks(size.max(1)).enumerate() {
            let (of_volume, others) = rest.split_at(truth.len());
            rest = others;
            let pdf = folder.join(format!("{:02}.pdf", n + 1));
            programs.img2pdf(of_volume, &pdf)?;
            let (case, truth) = (case.code.clone(), truth.to_vec());
            volumes.push(Volume { case, pdf, pictures: of_volume.to_vec(), truth });
        }
    }
    Ok(volumes)
}
