use crate::NativeError;
use crate::model::{ModelFault, shown};
use crate::wire::{EngineChoice, Kernels};
use std::path::PathBuf;
use std::time::Duration;

/// What a worker needs: its program, its data, its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerConfig {
    /// `hoso-worker`, of the same version as this library.
    pub program: PathBuf,
    /// The folder that holds `<language>.traineddata`.
    pub tessdata: PathBuf,
    /// `libpdfium.so`; without it PDFs are refused.
    pub pdfium: Option<PathBuf>,
    /// The language whose model must be there, for example `vie`.
    pub language: String,
    /// What reads lines.
    pub engine: EngineChoice,
    /// What our own recogniser computes with.
    pub kernels: Kernels,
    /// What finds the lines of a page of plain print.
    pub layout: LayoutChoice,
    /// Where a worker is stopped.
    pub limits: Limits,
}

/// What finds the lines of a page of plain print. Everything else is laid out by Tesseract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LayoutChoice {
    /// The caller, who finds them by their letters and has them read in their places ([`crate::Pool::read_lines`]), where our own
    /// recogniser reads; else Tesseract.
    #[default]
    Auto,
    /// Tesseract.
    Tesseract,
}

/// Where a worker is stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Longest time of one call; then the process is killed. Recognition stops by itself, keeping the words read
    /// so far, after three quarters of it.
    pub wall: Duration,
    /// Most address space of one worker, not counting the file it reads (`RLIMIT_AS`).
    pub address_space_bytes: u64,
    /// Most pixels of one page.
    pub max_pixels: u64,
    /// Longest file that is looked at.
    pub max_file_bytes: u64,
    /// A worker is replaced after this many calls.
    pub recycle_after_calls: u32,
    /// A worker that holds more memory of its own than this between two calls is replaced.
    pub recycle_above_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(60),
            address_space_bytes: 2 << 30,
            max_pixels: 200_000_000,
            max_file_bytes: 4 << 30,
            recycle_after_calls: 20_000,
            recycle_above_bytes: 384 << 20,
        }
    }
}

impl WorkerConfig {
    /// Looks for the parts; the caller names the places to look, for only `cli` reads the environment.
    ///
    /// - `program_dirs`: folders that may hold `hoso-worker` and `libpdfium.so`, best first; usually the folder
    ///   of the running program.
    /// - `tessdata_dirs`: folders that may hold the model, best first; Debian's is looked at last.
    /// - `pdfium`: files or folders that may be or hold `libpdfium.so`, best first, before `program_dirs`.
    ///
    /// Fails with [`NativeError::CannotStart`] when the program, and [`NativeError::NoModel`] when the model, is
    /// in none of them. A missing Pdfium is no failure.
    pub fn find(
        program_dirs: &[PathBuf],
        tessdata_dirs: &[PathBuf],
        pdfium: &[PathBuf],
        language: &str,
    ) -> Result<Self, NativeError> {
        let program = program_dirs.iter().map(|dir| dir.join(PROGRAM)).find(|path| path.is_file());
        let Some(program) = program else {
            let looked_in = shown(program_dirs);
            return Err(NativeError::CannotStart {
                program: PROGRAM.into(),
                cause: format!("not found in {looked_in}"),
            });
        };
        let debian = [PathBuf::from("/usr/share/tesseract-ocr/5/tessdata"), "/usr/share/tessdata".into()];
        let models: Vec<PathBuf> =
            tessdata_dirs.iter().flat_map(|dir| [dir.clone(), dir.join("tessdata")]).chain(debian).collect();
        let model = format!("{language}.traineddata");
        let Some(tessdata) = models.iter().find(|dir| dir.join(&model).is_file()) else {
            let fault = ModelFault::NotFound { searched: models };
            return Err(NativeError::NoModel { language: language.into(), fault });
        };
        let pdfium = pdfium
            .iter()
            .flat_map(|path| [path.clone(), path.join(PDFIUM)])
            .chain(program_dirs.iter().map(|dir| dir.join(PDFIUM)))
            .find(|path| path.is_file());
        // Workers run in another folder: a path relative to this one would lead nowhere.
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        Ok(Self {
            program: absolute(&program),
            tessdata: absolute(tessdata),
            pdfium: pdfium.as_ref().map(absolute),
            language: language.into(),
            engine: EngineChoice::default(),
            layout: LayoutChoice::default(),
            kernels: Kernels::default(),
            limits: Limits::default(),
        })
    }

    /// The file of a model.
    pub(crate) fn model(&self, language: &str) -> PathBuf {
        self.tessdata.join(format!("{language}.traineddata"))
    }
}

const PROGRAM: &str = "hoso-worker";
const PDFIUM: &str = "libpdfium.so";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, create_dir};

    #[test]
    #[allow(clippy::disallowed_methods, reason = "scratch files")]
    fn the_first_place_that_has_a_part_wins() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in ["empty", "bin", "models", "models/tessdata", "pdfium"] {
            create_dir(at(name)).unwrap();
        }
        let find = || WorkerConfig::find(&[at("empty"), at("bin")], &[at("models")], &[at("pdfium")], "xx");
        let missing = find().unwrap_err();
        assert!(
            matches!(&missing, NativeError::CannotStart { cause, .. } if cause.contains("bin")),
            "{missing}"
        );
        File::create(at("bin/hoso-worker")).unwrap();
        let missing = find().unwrap_err();
        assert!(
            matches!(&missing, NativeError::NoModel { fault, .. } if fault.to_string().contains("models")),
            "{missing}"
        );
        File::create(at("models/tessdata/xx.traineddata")).unwrap();
        let found = find().unwrap();
        assert_eq!((found.program, found.tessdata), (at("bin/hoso-worker"), at("models/tessdata")));
        assert_eq!((found.pdfium, found.language.as_str()), (None, "xx"));
        File::create(at("bin/libpdfium.so")).unwrap();
        assert_eq!(find().unwrap().pdfium, Some(at("bin/libpdfium.so")));
        File::create(at("pdfium/libpdfium.so")).unwrap();
        assert_eq!(find().unwrap().pdfium, Some(at("pdfium/libpdfium.so")));
    }
}
