//! The only foreign code of the house, behind a wall: Tesseract and Pdfium live in the program `hoso-worker`,
//! one page at a time in each process; this library starts those processes, hands them pages and ends them when
//! they overrun. A crash costs one page, never a batch.
//!
//! Reading order: [`Pool`] (what callers use) → `worker` (one process, seen from outside) → `wire` (messages) →
//! `memory` (sealed pictures) → [`decode`] (what runs inside the worker; Tesseract itself is in
//! `src/bin/hoso-worker/`, so that a program using this library links no OCR library).
//!
//! It knows nothing of the files of the archive, and never reads the environment.

mod config;
mod counts;
pub mod decode;
mod error;
mod heap;
mod judge;
pub mod media;
pub mod memory;
mod model;
mod page;
mod pool;
mod wide;
pub mod wire;
mod worker;

pub use config::{LayoutChoice, Limits, WorkerConfig};
pub use counts::counts;
pub use error::NativeError;
pub use heap::{PictureHeap, give_pictures_back};
pub use judge::{Judgement, ask_judge};
pub use media::{Coding, Cut, FileInfo, MediaKind, Patch};
pub use model::{ModelFault, NotOwn, OtherKind};
pub use page::{
    GreyView, PagePicture, PageRaster, RecogniseParams, RecognisedLines, RecognisedPage, Segmentation,
    Versions, WITNESS, default_blacklist,
};
pub use pool::Pool;
pub use wide::wide;
pub use wire::{EngineChoice, Kernels, Reader};
