//! One module for each command: call the pipeline, print what it says.

pub mod batch;
pub mod case;
pub mod config;
pub mod doctor;
pub mod index;
pub mod init;
pub mod ocr;
pub mod search;
pub mod serve;
pub mod verify;
pub mod words;

use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{PipelineError, ReadingRoom};
use record::{CaseCode, Clearance, Secrecy};
use std::path::Path;

/// The clearance of whoever may run this program on the archive's own machine.
pub fn local_clearance() -> Clearance {
    Clearance::whole_archive(Secrecy::Thuong)
}

/// For `map_err`: an error of the pipeline in the speaker's language.
pub fn told(speaker: Speaker) -> impl Fn(PipelineError) -> Failure {
    move |error| speaker.failure(&error)
}

/// A file that cannot be read or written.
pub fn file_failure(path: &Path, error: &std::io::Error) -> Failure {
    Failure { exit: Exit::Failed, message: format!("{}: {error}", path.display()), hint: None }
}

/// The archive open for reading.
pub fn reading_room(archive: &Path, speaker: Speaker) -> Result<ReadingRoom, Failure> {
    ReadingRoom::open(archive, Box::new(SystemClock)).map_err(told(speaker))
}

/// A case code from the command line.
pub fn case_code(text: &str) -> Result<CaseCode, Failure> {
    let text = pipeline::nfc(text);
    CaseCode::new(&text).map_err(|e| Failure { exit: Exit::Misused, message: e.to_string(), hint: None })
}
