//! One module for each command: call the pipeline, print what it says.

pub(crate) mod archive;
pub(crate) mod ask;
pub(crate) mod batch;
pub(crate) mod case;
pub(crate) mod config;
mod copies;
mod court;
mod diff;
pub(crate) mod doctor;
pub(crate) mod eval;
mod fields;
pub(crate) mod import;
pub(crate) mod index;
pub(crate) mod init;
pub(crate) mod key;
pub(crate) mod log;
pub(crate) mod ocr;
pub(crate) mod qr;
pub(crate) mod seal;
pub(crate) mod search;
pub(crate) mod serve;
pub(crate) mod stamp;
mod stated;
pub(crate) mod trust;
pub(crate) mod verify;
mod verify_page;
mod verify_pdf;
pub(crate) mod witness;
pub(crate) mod words;

use crate::equipment::SystemClock;
use crate::reading::tell_of_tesseract;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{Equipment, PipelineError, ReadingRoom, Workbench};
use record::{CaseCode, Clearance, Secrecy};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The clearance of whoever may run this program on the archive's own machine.
pub(crate) fn local_clearance() -> Clearance {
    Clearance::whole_archive(Secrecy::Thuong)
}

/// For `map_err`: an error of the pipeline in the speaker's language.
pub(crate) fn told(speaker: Speaker) -> impl Fn(PipelineError) -> Failure {
    move |error| speaker.failure(&error)
}

/// That the index cannot be relied on.
pub(crate) fn index_fault(why: &str, speaker: Speaker) -> String {
    speaker.pick(
        format!("chỉ mục tìm kiếm hỏng, kết quả tìm có thể thiếu ({why})"),
        format!("the search index is damaged, searches may miss pages ({why})"),
    )
}

/// The archive open for work. That Tesseract reads all lines, and that its index was found damaged and made anew, is told.
pub(crate) fn workbench(
    archive: &Path,
    equipment: Equipment,
    speaker: Speaker,
) -> Result<Workbench, Failure> {
    let bench = Workbench::open(archive, equipment).map_err(told(speaker))?;
    if let Some(reason) = bench.left_to_tesseract() {
        tell_of_tesseract(reason, speaker);
    }
    if let Some(why) = bench.index_damage() {
        if speaker.json {
            speaker.line("index-renewed", serde_json::json!({"problem": why}));
        } else {
            speaker.talk(speaker.pick(
                format!("chỉ mục tìm kiếm bị hỏng ({why}), đã dựng lại từ kho"),
                format!("the search index was damaged ({why}) and was made anew from the archive"),
            ));
        }
    }
    Ok(bench)
}

/// A file that cannot be read or written.
pub(crate) fn file_failure(path: &Path, error: &std::io::Error) -> Failure {
    Failure { exit: Exit::Failed, message: format!("{}: {error}", path.display()), hint: None }
}

/// A file of certificates, as it is and as read.
pub(crate) fn certificates(path: &Path, speaker: Speaker) -> Result<(Vec<u8>, Vec<Vec<u8>>), Failure> {
    let hint = speaker.pick(
        "--anchor cần một tệp chứng thư dạng PEM, ví dụ keys/trial-ca.pem trong kho nguồn",
        "--anchor needs a file of certificates in PEM, for example keys/trial-ca.pem of the archive it comes from",
    );
    let failed = |exit, why: String| {
        let message = format!("{}: {why}", path.display());
        Failure { exit, message, hint: Some(hint.to_owned()) }
    };
    let pem =
        std::fs::read(path).map_err(|e| failed(Exit::Failed, crate::say::io_cause(&e, speaker.lang)))?;
    let wrong = |e: pipeline::PemError| {
        let why = speaker.pick("không phải danh sách chứng thư dạng PEM".to_owned(), e.to_string());
        failed(Exit::Misused, why)
    };
    let certificates = pipeline::certificates_from_pem(&pem).map_err(wrong)?;
    Ok((pem, certificates))
}

/// The archive open for reading.
pub(crate) fn reading_room(archive: &Path, speaker: Speaker) -> Result<ReadingRoom, Failure> {
    ReadingRoom::open(archive, Box::new(SystemClock)).map_err(told(speaker))
}

/// Set by Ctrl-C and by an orderly shutdown; a second Ctrl-C ends at once.
pub(crate) fn stop_flag() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        let failed = |e: std::io::Error| Failure { exit: Exit::Failed, message: e.to_string(), hint: None };
        signal_hook::flag::register_conditional_shutdown(signal, Exit::Interrupted as i32, Arc::clone(&stop))
            .map_err(failed)?;
        signal_hook::flag::register(signal, Arc::clone(&stop)).map_err(failed)?;
    }
    Ok(stop)
}

/// Says what nobody can promise of a folder on a network disk; nothing for any other.
pub(crate) fn warn_of_network_disk(folder: &Path, speaker: Speaker) {
    if !pipeline::is_on_network_disk(folder) {
        return;
    }
    let text = network_disk_text(speaker);
    if speaker.json {
        speaker.line("network-disk", serde_json::json!({"folder": folder, "text": text}));
        return;
    }
    speaker.talk(format_args!("{}: {text}", folder.display()));
}

pub(crate) fn network_disk_text(speaker: Speaker) -> &'static str {
    speaker.pick(
        "nằm trên đĩa mạng. Không chắc chắn: khóa chống hai máy cùng ghi, đổi tên tệp nguyên vẹn, ghi hẳn xuống đĩa của máy chủ; mất điện hay đứt mạng có thể làm mất cả thứ đã báo là lưu xong. Giữ một bản sao trên đĩa trong máy và chạy hoso archive check thường xuyên",
        "lies on a network disk. Uncertain there: the lock that keeps two machines from writing, renames that are whole or not at all, syncs that reach the server's own disk; a power cut or a broken line can undo what was acknowledged. Keep a replica on a local disk and run hoso archive check often",
    )
}

/// A case code from the command line.
pub(crate) fn case_code(text: &str) -> Result<CaseCode, Failure> {
    let text = pipeline::nfc(text);
    CaseCode::new(&text).map_err(|e| Failure { exit: Exit::Misused, message: e.to_string(), hint: None })
}
