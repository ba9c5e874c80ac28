use crate::model::{ModelFault, NotOwn};
use crate::wire::Failure;
use std::path::PathBuf;
use std::time::Duration;

/// Why a page could not be had. Either the file is bad, which trying again does not change, or the worker is
/// ([`NativeError::is_about_the_file`]). The caller knows which file and page it asked for and names them.
#[derive(Debug, thiserror::Error)]
pub enum NativeError {
    /// The content is none of the known formats.
    #[error("neither JPEG, PNG, TIFF nor PDF")]
    UnknownFormat,
    /// The format is known but the content is broken; what the decoder said.
    #[error("cannot be decoded: {0}")]
    Undecodable(String),
    /// A PDF that opens only with a password.
    #[error("protected by a password")]
    PasswordProtected,
    /// More pixels than [`crate::Limits::max_pixels`].
    #[error("{width_px} × {height_px} pixels, {max} are allowed")]
    TooManyPixels {
        /// Columns.
        width_px: u64,
        /// Rows.
        height_px: u64,
        /// Most pixels allowed.
        max: u64,
    },
    /// A page beyond the end.
    #[error("no page {}, the file has {pages}", u64::from(*page_idx) + 1)]
    NoSuchPage {
        /// The page asked for, from 0.
        page_idx: u32,
        /// Pages there are.
        pages: u32,
    },
    /// A file longer than [`crate::Limits::max_file_bytes`].
    #[error("{bytes} bytes long, {max} are allowed")]
    TooLarge {
        /// Its length.
        bytes: u64,
        /// Longest length allowed.
        max: u64,
    },
    /// A picture that Tesseract takes no responsibility for: under 3 or over 32,767 pixels on a side.
    #[error("a picture of {width_px} × {height_px} pixels cannot be recognised")]
    Unrecognisable {
        /// Columns.
        width_px: u32,
        /// Rows.
        height_px: u32,
    },
    /// The worker was killed at the time limit, twice.
    #[error("not finished after {} s", limit.as_secs_f32())]
    TimedOut {
        /// [`crate::Limits::wall`].
        limit: Duration,
    },
    /// The worker ended in the middle of the call, twice.
    #[error("the worker died ({how}): {said}")]
    Died {
        /// The signal or exit code.
        how: String,
        /// The last line it wrote.
        said: String,
    },
    /// The worker ran into its memory limit, twice.
    #[error("the worker ran out of memory ({how}): {said}")]
    OutOfMemory {
        /// The signal or exit code.
        how: String,
        /// The last line it wrote.
        said: String,
    },
    /// The worker said something that cannot be understood.
    #[error("the worker does not keep to the protocol: {0}")]
    Protocol(String),
    /// No worker can be started.
    #[error("cannot start {}: {cause}", program.display())]
    CannotStart {
        /// Its program.
        program: PathBuf,
        /// Why not.
        cause: String,
    },
    /// There is no usable `libpdfium.so`, so a PDF cannot be read.
    #[error("PDFs cannot be read: {0}")]
    NoPdfium(String),
    /// There is no usable model of the language.
    #[error("no usable model of the language {language:?}: {fault}")]
    NoModel {
        /// The language asked for.
        language: String,
        /// Why it cannot be used.
        fault: ModelFault,
    },
    /// [`crate::EngineChoice::Own`] was asked for, and our own recogniser does not read.
    #[error(transparent)]
    NotOwn(#[from] NotOwn),
}

impl NativeError {
    /// Whether the file or picture itself is the reason: the same call would fail for ever.
    pub fn is_about_the_file(&self) -> bool {
        match self {
            Self::UnknownFormat
            | Self::Undecodable(_)
            | Self::PasswordProtected
            | Self::TooManyPixels { .. }
            | Self::NoSuchPage { .. }
            | Self::TooLarge { .. }
            | Self::Unrecognisable { .. } => true,
            Self::TimedOut { .. }
            | Self::Died { .. }
            | Self::OutOfMemory { .. }
            | Self::Protocol(_)
            | Self::CannotStart { .. }
            | Self::NoPdfium(_)
            | Self::NoModel { .. }
            | Self::NotOwn(_) => false,
        }
    }
    /// Whether the worker's process cannot be used any more and a fresh one may do better.
    pub(crate) fn ends_the_worker(&self) -> bool {
        matches!(
            self,
            Self::TimedOut { .. } | Self::Died { .. } | Self::OutOfMemory { .. } | Self::Protocol(_)
        )
    }
}

impl From<Failure> for NativeError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::UnknownFormat => Self::UnknownFormat,
            Failure::Undecodable { said } => Self::Undecodable(said),
            Failure::PasswordProtected => Self::PasswordProtected,
            Failure::TooManyPixels { width_px, height_px, max } => {
                Self::TooManyPixels { width_px, height_px, max }
            }
            Failure::NoSuchPage { page_idx, pages } => Self::NoSuchPage { page_idx, pages },
            Failure::TooLarge { bytes, max } => Self::TooLarge { bytes, max },
            Failure::Unrecognisable { width_px, height_px } => Self::Unrecognisable { width_px, height_px },
            Failure::NoPdfium { said } => Self::NoPdfium(said),
            Failure::NoModel { language, fault } => Self::NoModel { language, fault },
            Failure::NotOwn { reason } => Self::NotOwn(reason),
            Failure::Refused { said } => Self::Protocol(said),
        }
    }
}
