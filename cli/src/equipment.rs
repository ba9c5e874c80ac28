//! What the program finds around it: worker, models, Pdfium, clock. Only here is the environment read.

use crate::args::{EngineArg, KernelsArg, LayoutArg, Reading, Work};
use pipeline::{EngineChoice, Equipment, Kernels, LayoutChoice, WorkerConfig};
use record::{Clock, Timestamp};
use std::path::{Path, PathBuf};

/// The system's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Folders in which worker and Pdfium may lie: the one given, that of this program, and beside it `lib`.
pub(crate) fn folders(libdir: Option<&Path>) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = libdir.map(Path::to_owned).into_iter().collect();
    if let Ok(program) = std::env::current_exe()
        && let Some(folder) = program.parent()
    {
        folders.push(folder.to_owned());
        folders.push(folder.join("../lib/hoso"));
    }
    folders.push(PathBuf::from("/usr/lib/hoso"));
    folders
}

/// Folders in which Tesseract's models may lie, before Debian's own.
pub(crate) fn tessdata() -> Vec<PathBuf> {
    std::env::var_os("TESSDATA_PREFIX").map(PathBuf::from).into_iter().collect()
}

/// The language of the case files.
const MODEL: &str = "vie";

/// Where everything is.
pub(crate) fn worker_config(libdir: Option<&Path>) -> Result<WorkerConfig, pipeline::PipelineError> {
    let pdfium: Vec<PathBuf> = std::env::var_os("HOSO_PDFIUM").map(PathBuf::from).into_iter().collect();
    Ok(WorkerConfig::find(&folders(libdir), &tessdata(), &pdfium, MODEL)?)
}

/// The same, with what shall read lines.
pub(crate) fn reader_config(
    libdir: Option<&Path>,
    reading: Reading,
) -> Result<WorkerConfig, pipeline::PipelineError> {
    let engine = match reading.engine {
        EngineArg::Auto => EngineChoice::Auto,
        EngineArg::Own => EngineChoice::Own,
        EngineArg::Tesseract => EngineChoice::Tesseract,
    };
    let kernels = match reading.kernels {
        KernelsArg::Auto => Kernels::Auto,
        KernelsArg::None => Kernels::None,
        KernelsArg::Scalar => Kernels::Scalar,
        KernelsArg::Avx2 => Kernels::Avx2,
        KernelsArg::Avx512vnni => Kernels::Avx512vnni,
    };
    let layout = match reading.layout {
        LayoutArg::Auto => LayoutChoice::Auto,
        LayoutArg::Tesseract => LayoutChoice::Tesseract,
    };
    Ok(WorkerConfig { engine, kernels, layout, ..worker_config(libdir)? })
}

/// What a workbench needs.
pub(crate) fn equipment(libdir: Option<&Path>, work: &Work) -> Result<Equipment, pipeline::PipelineError> {
    let workers = work.workers.map_or_else(cores, usize::from);
    Ok(Equipment { worker: reader_config(libdir, work.reading)?, workers, clock: Box::new(SystemClock) })
}

/// What a workbench needs that reads no page.
pub(crate) fn equipment_to_rebuild(libdir: Option<&Path>) -> Result<Equipment, pipeline::PipelineError> {
    Ok(Equipment { worker: worker_config(libdir)?, workers: cores(), clock: Box::new(SystemClock) })
}

/// Cores this program may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
