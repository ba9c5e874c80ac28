//! The one place where the leaves meet: the way of a page from the scanner to the search result.
//!
//! [`Workbench`] does the main job ([`run_batch`], [`resume_batch`]); [`ReadingRoom`] is what the faces read from.
//! Order, limits, ledger and reconciliation live here; picture, text, crypto and query code do not.

mod bench;
mod compact;
mod config;
mod damage;
mod document;
mod error;
pub mod eval;
mod flow;
mod format;
mod import;
mod incoming;
mod init;
mod ledger;
mod opened_case;
mod pack;
mod page;
mod proof;
mod reading_room;
mod rebuild;
mod report;
mod sealed_file;
mod single;
mod upkeep;
mod waiting;
mod watch;

pub use archive_store::{BagReport, Container, StoreError, ZipError, ZipFault};
pub use bench::{Equipment, Workbench};
pub use compact::PictureKept;
pub use config::{ArchiveConfig, Layout, Limits};
pub use damage::{Damage, why_not_shown};
pub use durable::DurableError;
pub use error::PipelineError;
pub use flow::{BatchOptions, batches, progress_of, resume_batch, run_batch, survey_batch};
pub use import::{ImportEvent, ImportRefusal, import, import_dry_run};
pub use incoming::{FilesVerification, verify_files};
pub use index::{Query, QueryError, Snippet, Tier};
pub use ingest::{IngestError, ListError, RegisterError};
pub use init::{NewArchive, init_archive};
pub use ledger::BatchRow;
pub use native::{
    EngineChoice, Kernels, LayoutChoice, NativeError, PictureHeap, Pool, Reader, WorkerConfig,
    give_pictures_back,
};
pub use opened_case::{CaseView, Deviant, Export, Exported, OpenedCase, PagePicture, PageView, Profile};
pub use proof::{FileProof, ObjectVerification, verify_archive};
pub use reading_room::{CaseSheet, ReadingRoom, SearchAnswer, SearchHit, tier_name};
pub use rebuild::{drop_caches, rebuild};
pub use report::{BatchReport, CaseReport, Difference, report};
pub use seal::{ManifestState, PackageReport, SignatureVerdict, certificates_from_pem};
pub use sealed_file::SealedFile;
pub use single::{OcrFormat, OutputFile, PageDone, read_file, write_secret_file};
pub use upkeep::{Upkeep, absent_cases, upkeep};
pub use vitext::nfc;
pub use waiting::{Incomplete, Stamps};
pub use watch::{Event, Watch};
