//! `hoso ocr`: one file, no archive.

use crate::PipelineError;
use crate::compact::{self, PictureKept};
use crate::pack::SOFTWARE;
use crate::page::{self, LoosePage};
use native::{Pool, Reader};
use ocr::Engine;
use ocr::alto::Source;
use ocr::hocr::HocrPage;
use ocr::pdf::{PdfError, PdfInfo, PdfWriter};
use record::{PageOutcome, Sha256, Timestamp};
use sha2::Digest;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// What `hoso ocr` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OcrFormat {
    /// Plain text, pages separated by form feeds.
    Text,
    /// ALTO 4.4, one file after the other.
    Alto,
    /// hOCR 1.2.
    Hocr,
    /// Two-layer PDF/A-2b with the pictures as received.
    Pdf,
    /// The same with the pictures in layers, for thin lines.
    CompactPdf,
}

/// A page that was just written.
pub struct PageDone<'a> {
    /// From 1.
    pub page: u32,
    /// How many there are.
    pub pages: u32,
    /// What came of it.
    pub outcome: &'a PageOutcome,
    /// What read it, and with which model (SHA-256); `None` where nothing was read.
    pub engine: Option<(Reader, Sha256)>,
    /// How its picture stands in a compact PDF; `None` in every other format.
    pub picture: Option<PictureKept>,
}

/// A result that takes its name, durably, only when it is complete: [`OutputFile::keep`].
pub struct OutputFile {
    staged: durable::Staged,
    target: PathBuf,
}

impl OutputFile {
    /// Begins a file beside its final place.
    pub fn create(target: &Path) -> Result<Self, PipelineError> {
        let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(Self { staged: durable::Staged::create_in(folder)?, target: target.to_owned() })
    }
    /// Gives it its name, in place of what had it before.
    pub fn keep(self) -> Result<(), PipelineError> {
        self.staged.seal()?.replace(&self.target)?;
        Ok(())
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.staged.write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.staged.flush()
    }
}

/// Reads a picture or PDF and writes it in one format; calls `tell` after each page.
pub fn read_file(
    path: &Path,
    format: OcrFormat,
    pool: &Pool,
    now: Timestamp,
    out: &mut dyn Write,
    mut tell: impl FnMut(PageDone<'_>),
) -> Result<(), PipelineError> {
    let file = ingest::open_plain(path).map_err(PipelineError::io(path))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let sha256 = sha256_of(&file).map_err(PipelineError::io(path))?;
    let named = |source: native::NativeError| match source.is_about_the_file() {
        true => PipelineError::BadFile { path: path.to_owned(), source },
        false => source.into(),
    };
    let info = pool.inspect(&file, &name).map_err(named)?;
    let read = |page_idx: u32| {
        let source =
            Source { file_name: name.clone(), sha256: Some(sha256), page_of_file: Some(page_idx + 1) };
        page::read_loose(pool, &file, (page_idx, info.pages), source)
    };
    let model = pool.identity()?.model_sha256;
    let writing = || PipelineError::io(path);
    if matches!(format, OcrFormat::Pdf | OcrFormat::CompactPdf) {
        let subject = || name.clone();
        let pdf_error = |source: PdfError| PipelineError::Pdf { subject: subject(), source };
        let id = sha256.0[..16].try_into().expect("32 bytes hold 16");
        let about = PdfInfo { title: &name, created: now, producer: SOFTWARE, id };
        let mut pdf = PdfWriter::new(out, &about).map_err(pdf_error)?;
        for page_idx in 0..info.pages {
            let read = read(page_idx)?;
            let (text, label) = (read.outcome.text(), read.folio.as_deref());
            let picture = pool.picture(&file, page_idx).map_err(named)?;
            let layers = (format == OcrFormat::CompactPdf)
                .then(|| compact::layers(read.raster.as_ref(), &picture, &read.outcome));
            match &layers {
                Some(Ok(layers)) => pdf.compact_page(layers, text, label),
                Some(Err(_)) | None => pdf.page(&picture, text, label),
            }
            .map_err(pdf_error)?;
            let kept = layers.map(|layers| layers.err().unwrap_or(PictureKept::Layers));
            let (page, pages) = (page_idx + 1, info.pages);
            let engine = read.reader.map(|reader| (reader, model));
            tell(PageDone { page, pages, outcome: &read.outcome, engine, picture: kept });
        }
        pdf.finish().map_err(pdf_error)?;
        return Ok(());
    }
    let mut outcomes = Vec::new();
    for page_idx in 0..info.pages {
        let LoosePage { outcome, alto, reader, .. } = read(page_idx)?;
        match format {
            OcrFormat::Alto => out.write_all(alto.as_bytes()).map_err(writing())?,
            OcrFormat::Text => {
                let text = outcome.text().map(|t| ocr::plain::write(t, true)).unwrap_or_default();
                let end = if page_idx + 1 < info.pages { "\n\u{c}" } else { "\n" };
                write!(out, "{}{end}", text.trim_end()).map_err(writing())?;
            }
            OcrFormat::Hocr | OcrFormat::Pdf | OcrFormat::CompactPdf => {}
        }
        let (page, pages) = (page_idx + 1, info.pages);
        let engine = reader.map(|reader| (reader, model));
        tell(PageDone { page, pages, outcome: &outcome, engine, picture: None });
        if format == OcrFormat::Hocr {
            outcomes.push(outcome);
        }
    }
    if format == OcrFormat::Hocr {
        let pages: Vec<_> = outcomes.iter().map(|outcome| HocrPage { image: &name, outcome }).collect();
        out.write_all(ocr::hocr::write(&pages, SOFTWARE).as_bytes()).map_err(writing())?;
    }
    Ok(())
}

fn sha256_of(mut file: &File) -> std::io::Result<Sha256> {
    let (mut hash, mut chunk) = (sha2::Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(Sha256(hash.finalize().into())),
            Ok(n) => hash.update(&chunk[..n]),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// Writes a small file that only its owner may read, durably.
pub fn write_secret_file(path: &Path, bytes: &[u8]) -> Result<(), PipelineError> {
    Ok(durable::write_secret_file(path, bytes)?)
}

/// Writes a small file, durably; one that is there already is not replaced.
pub fn write_new_file(path: &Path, bytes: &[u8]) -> Result<(), PipelineError> {
    Ok(durable::put_new(path, &mut &bytes[..]).map(drop)?)
}
