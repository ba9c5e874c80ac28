//! Why a model does not read, or not with our own recogniser. Both are told by the worker, and so part of the messages.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Why there is no usable model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum ModelFault {
    /// It is in none of these folders.
    #[error("not found in {}", shown(searched))]
    NotFound {
        /// Where it was looked for.
        searched: Vec<PathBuf>,
    },
    /// The name is not that of one model.
    #[error("not the name of one model")]
    NotAName,
    /// Its file cannot be read.
    #[error("{} cannot be read: {said}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        said: String,
    },
    /// Its file is cut short, damaged or no model. Nothing reads with it, Tesseract neither.
    #[error("{} is damaged or no model: {said}", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        said: String,
    },
    /// Tesseract was to read with it and does not take it.
    #[error("Tesseract does not take {}: {said}", file.display())]
    NotTaken {
        /// The file.
        file: PathBuf,
        /// What Tesseract says.
        said: String,
    },
    /// Its file was replaced after the first page was read with it: what would be read now would be kept under a digest that
    /// is not its own.
    #[error("{} was replaced since the first page was read; start again", file.display())]
    Replaced {
        /// The file.
        file: PathBuf,
    },
}

/// Why our own recogniser does not read lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum NotOwn {
    /// [`crate::EngineChoice::Tesseract`].
    #[error("Tesseract was asked for")]
    NotAsked,
    /// The model is of a kind that it does not read.
    #[error("hoso's own recogniser does not read the model of the language {language:?}: {said}")]
    Model {
        /// The language asked for.
        language: String,
        /// How the model differs.
        kind: OtherKind,
        /// The same in words.
        said: String,
    },
    /// The processor has not the instructions.
    #[error("this processor has no {kernels}, which hoso's own recogniser needs")]
    NoInstructions {
        /// The instructions.
        kernels: String,
    },
    /// [`crate::Kernels::None`] or [`crate::Kernels::Scalar`] leaves it without the instructions, whatever the processor has.
    #[error("the setting of the kernels leaves hoso's own recogniser without AVX2, as on an older processor")]
    Forced,
}

/// What a model is like that our own recogniser does not read and Tesseract may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OtherKind {
    /// Its weights have fractions, as those of tessdata_best.
    Float,
    /// It has other layers.
    Layers,
    /// It writes a character as several codes, as for Chinese.
    Codes,
    /// Its script is written without spaces.
    Script,
    /// It is older than Tesseract 4.
    Old,
}

/// Folders in a row.
pub(crate) fn shown(folders: &[PathBuf]) -> String {
    folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
}
