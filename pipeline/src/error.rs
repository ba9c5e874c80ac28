//! Why the pipeline stopped. Each variant says what a person can do about it.

use archive_store::package::PackageError;
use archive_store::{BackupError, RemoteFault, StoreError};
use record::{CaseCode, Lang};
use std::io;
use std::path::PathBuf;

/// Too many open files, in this process or on the machine (Linux).
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;

/// An operation of the pipeline failed.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// A bug: the program broke off in the middle of a page or case file.
    #[error("a fault of the program itself: {0}")]
    Fault(String),
    /// There is no archive in this folder.
    #[error("{0}: no archive here")]
    NoArchive(PathBuf),
    /// There already is an archive in this folder.
    #[error("{0}: there is an archive here already")]
    ArchiveExists(PathBuf),
    /// Another program is writing to the archive.
    #[error("{0}: another program is writing to this archive")]
    Locked(PathBuf),
    /// Nothing but the archive itself is written into the archive's folder.
    #[error("{0}: lies inside the archive")]
    IntoTheArchive(PathBuf),
    /// A replica goes into a folder of its own.
    #[error("{0}: neither an empty folder nor a replica of this archive")]
    NotAReplica(PathBuf),
    /// The archive's configuration cannot be used.
    #[error("{path}: {problem}")]
    Config {
        /// `hoso.toml`.
        path: PathBuf,
        /// Every mistake found.
        problem: String,
    },
    /// The batch folder, its list or its declarations cannot be used.
    #[error(transparent)]
    Ingest(#[from] ingest::IngestError),
    /// A file of the batch cannot be taken into the spool.
    #[error("cannot receive {path}: {source}")]
    Keep {
        /// The file of the batch.
        path: PathBuf,
        /// Why; mostly a full disk.
        source: durable::DurableError,
    },
    /// Something failed while a case file was in hand.
    #[error("case file {code}: {source}")]
    InCase {
        /// The case file.
        code: CaseCode,
        /// What.
        source: Box<PipelineError>,
    },
    /// The disk is full.
    #[error("no space left while writing {0}")]
    NoSpace(PathBuf),
    /// The ledger cannot be read or written.
    #[error("ledger.sqlite: {0}")]
    Ledger(rusqlite::Error),
    /// A record in the ledger or archive is not what this program wrote.
    #[error("{what}: {problem}")]
    Format {
        /// Which record.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The workers that read pages cannot be used.
    #[error("page reader: {0}")]
    Native(#[from] native::NativeError),
    /// A file that no page can be had from.
    #[error("{path}: {source}")]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: native::NativeError,
    },
    /// No page can be read now.
    #[error(transparent)]
    Ocr(#[from] ocr::OcrError),
    /// The archive refused.
    #[error("archive: {0}")]
    Store(StoreError),
    /// There is no key for an object store.
    #[error("no key for the object store in {path}: {problem}")]
    NoStoreKey {
        /// The file that should have it.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The station's key cannot be used.
    #[error("station key: {0}")]
    Key(#[from] seal::KeyError),
    /// No keys for a trial could be made.
    #[error("trial keys: {0}")]
    TrialKeys(#[from] seal::TrialError),
    /// A case file could not be signed.
    #[error("seal: {0}")]
    Seal(#[from] seal::SealError),
    /// The log cannot be read.
    #[error("log: {0}")]
    LogRead(#[from] seal::tlog::ReadError),
    /// The log is not what it was while it was open.
    #[error("log: {0}")]
    Log(seal::tlog::LogError),
    /// A key of a log or a witness cannot be used.
    #[error("{path}: {source}")]
    LogKey {
        /// The file.
        path: PathBuf,
        /// Why.
        source: seal::tlog::NoteError,
    },
    /// There was a log, and it or its key is gone.
    #[error("{0}: the archive's log or its key is gone")]
    LogGone(PathBuf),
    /// This machine's clock lies before a time that an authority has stated.
    #[error("this machine's clock says {now}, but {stated} has passed: a time-stamp authority said so")]
    ClockBehind {
        /// This machine's time.
        now: record::Timestamp,
        /// The time of the last time stamp.
        stated: record::Timestamp,
    },
    /// A version is not in the log.
    #[error("version {0} is not in the log")]
    NotLogged(u32),
    /// This archive has no log.
    #[error("{0}: there is no log here")]
    NoLog(PathBuf),
    /// A proof proves nothing.
    #[error("proof: {0}")]
    Proof(#[from] seal::tlog::ReceiptError),
    /// A witness did not sign.
    #[error("witness: {0}")]
    Witness(#[from] crate::tlog::WitnessError),
    /// The index refused.
    #[error("index: {0}")]
    Index(#[source] index::IndexError),
    /// The query cannot be understood.
    #[error("query: {0}")]
    Query(#[from] index::QueryError),
    /// A case file cannot be described as the circular wants.
    #[error("case file {case}: {source}")]
    Package {
        /// The case file.
        case: CaseCode,
        /// Why.
        source: PackageError,
    },
    /// A searchable PDF could not be written.
    #[error("searchable PDF of {subject}: {source}")]
    Pdf {
        /// The document.
        subject: String,
        /// Why.
        source: ocr::pdf::PdfError,
    },
    /// No such batch.
    #[error("no batch {0}")]
    NoBatch(String),
    /// Every batch is finished.
    #[error("no batch to resume: all are finished")]
    NothingToResume,
    /// No such case file, or none that this person may see.
    #[error("no case file {0}")]
    NoCase(CaseCode),
    /// No such page.
    #[error("case file {case} has no page {page}")]
    NoPage {
        /// The case file.
        case: CaseCode,
        /// The page asked for.
        page: String,
    },
    /// A case file, or its latest version, that was stored is not in the archive any more.
    #[error("case file {case} was stored as version {stored}; the archive holds {}", found.map_or("nothing of it".to_owned(), |no| format!("version {no}")))]
    Gone {
        /// The case file.
        case: CaseCode,
        /// The version that the ledger knows.
        stored: u32,
        /// The latest version there.
        found: Option<u32>,
    },
    /// The ledger is missing or does not know all that the archive holds.
    #[error("there is no catalog of this archive")]
    NoCatalog,
    /// A volume is gone, or the version of it that its case file was sealed with.
    #[error("volume {volume} is not in the archive as its case file lists it")]
    NoVolume {
        /// Its object.
        volume: record::ObjectId,
    },
    /// No such version.
    #[error("case file {case} has no version {version}; the latest is {latest}")]
    NoVersion {
        /// The case file.
        case: CaseCode,
        /// The version asked for.
        version: u32,
        /// Its latest version.
        latest: u32,
    },
    /// A file is not what was sealed, so it is not shown.
    #[error("{case}: {}: {}", proof.path, proof.reasons(Lang::En).join("; "))]
    NotSealed {
        /// The case file.
        case: CaseCode,
        /// What differs.
        proof: Box<crate::FileProof>,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something could not be made durable.
    #[error(transparent)]
    Durable(durable::DurableError),
    /// Something stands in the way of what was asked, though nothing is broken.
    #[error("{}{why}", case.as_ref().map_or(String::new(), |code| format!("case file {code}: ")))]
    Refused {
        /// The case file, where it is about one.
        case: Option<CaseCode>,
        /// What.
        why: Box<crate::Obstacle>,
    },
    /// What people decided is not what was signed; nothing more is decided upon it.
    #[error("{}", faults.iter().map(|fault| fault.text(Lang::En)).collect::<Vec<_>>().join("; "))]
    Evidence {
        /// Everything that is wrong.
        faults: Vec<crate::EvidenceFault>,
    },
    /// A backup repository cannot be used, or what was asked of it not done.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Backups are of another archive than the one that is asked about.
    #[error("{0}: not of this archive")]
    OtherArchive(PathBuf),
    /// A PDF was not signed.
    #[error(transparent)]
    PdfSigning(#[from] crate::PdfSigningError),
    /// A token gave no key.
    #[error(transparent)]
    Token(#[from] seal::TokenError),
    /// Somebody asked the work to stop; nothing is lost.
    #[error("interrupted")]
    Interrupted,
}

impl From<rusqlite::Error> for PipelineError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::NoSpace("ledger.sqlite".into()),
            _ => Self::Ledger(error),
        }
    }
}

impl From<index::IndexError> for PipelineError {
    fn from(error: index::IndexError) -> Self {
        match error {
            index::IndexError::NoSpace { dir } => Self::NoSpace(dir),
            other => Self::Index(other),
        }
    }
}

impl From<seal::tlog::LogError> for PipelineError {
    fn from(error: seal::tlog::LogError) -> Self {
        match error {
            seal::tlog::LogError::Write(error) => error.into(),
            seal::tlog::LogError::Read(error) => error.into(),
            other => Self::Log(other),
        }
    }
}

impl From<StoreError> for PipelineError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Locked { path } => Self::Locked(path),
            StoreError::Write(error) => error.into(),
            other => Self::Store(other),
        }
    }
}

impl From<durable::DurableError> for PipelineError {
    fn from(error: durable::DurableError) -> Self {
        match error {
            durable::DurableError::NoSpace { path, .. } => Self::NoSpace(path),
            durable::DurableError::Locked { path } => Self::Locked(path),
            other => Self::Durable(other),
        }
    }
}

impl PipelineError {
    /// An I/O error with the file's name.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace(path),
            _ => Self::Io { path, source },
        }
    }

    /// Says which case file was in hand; to be interrupted is nobody's fault.
    pub(crate) fn of_case(self, code: &CaseCode) -> Self {
        match self {
            Self::Interrupted | Self::InCase { .. } => self,
            source => Self::InCase { code: code.clone(), source: Box::new(source) },
        }
    }

    /// Whether an object store did not do what was asked of it and may do the next.
    pub(crate) fn is_of_an_object_store(&self) -> bool {
        use archive_store::RemoteFault::{Refused, Unreachable};
        matches!(self.cause(), Self::Store(StoreError::Remote { fault: Unreachable | Refused, .. }))
    }

    /// Whether the reason lies in one case file, so that others may well go on. A full or failing disk, a store that
    /// takes no more writes, a lost ledger, key, index or worker are about all of them.
    pub(crate) fn is_about_one_case(&self) -> bool {
        let is_of_one_file = |error: &io::Error| {
            !matches!(
                error.kind(),
                io::ErrorKind::StorageFull
                    | io::ErrorKind::QuotaExceeded
                    | io::ErrorKind::ReadOnlyFilesystem
                    | io::ErrorKind::OutOfMemory
            ) && !matches!(error.raw_os_error(), Some(EMFILE | ENFILE))
        };
        match self.cause() {
            Self::Format { .. }
            | Self::Package { .. }
            | Self::BadFile { .. }
            | Self::NoCase(_)
            | Self::Gone { .. }
            | Self::NoPage { .. }
            | Self::NoVolume { .. }
            | Self::Refused { case: Some(_), .. }
            | Self::Fault(_) => true,
            Self::PdfSigning(error) => error.is_about_one_pdf(),
            Self::Io { source, .. } | Self::Store(StoreError::Read { source, .. }) => is_of_one_file(source),
            Self::Pdf { source: ocr::pdf::PdfError::Io(source), .. } => is_of_one_file(source),
            Self::Pdf { .. } => true,
            Self::Durable(durable::DurableError::Source { source, .. }) => is_of_one_file(source),
            Self::Durable(durable::DurableError::Exists { .. }) => true,
            Self::Store(error) => matches!(
                error,
                StoreError::BadPath { .. }
                    | StoreError::PathTaken { .. }
                    | StoreError::BadId { .. }
                    | StoreError::BadVersionInfo { .. }
                    | StoreError::Empty { .. }
                    | StoreError::Destroyed { .. }
                    | StoreError::ChangedSince { .. }
                    | StoreError::NoSuchVersion { .. }
                    | StoreError::NoSuchFile { .. }
                    | StoreError::Damaged { .. }
            ),
            _ => false,
        }
    }

    /// What failed, without the case file that was in hand.
    pub fn cause(&self) -> &Self {
        if let Self::InCase { source, .. } = self { source.cause() } else { self }
    }

    /// The next step, for people.
    pub fn hint(&self, lang: Lang) -> Option<&'static str> {
        Some(match self.cause() {
            Self::NoArchive(_) => {
                lang.pick("tạo kho bằng: hoso init KHO", "make one with: hoso init ARCHIVE")
            }
            Self::IntoTheArchive(_) => {
                lang.pick("chọn thư mục ngoài kho", "choose a folder outside the archive")
            }
            Self::Store(StoreError::DestinationNotEmpty { .. }) => lang.pick(
                "chọn thư mục khác; nếu đây là phần dở dang của một lần xuất không xong thì xóa thư mục đó",
                "choose another folder; if this is what an export left that did not end, remove the folder",
            ),
            Self::NoStoreKey { .. } => lang.pick(
                "ghi hai dòng access_key = \"…\" và secret_key = \"…\" vào tệp đó rồi chmod 600, hoặc đặt HOSO_S3_ACCESS_KEY và HOSO_S3_SECRET_KEY",
                "write the two lines access_key = \"…\" and secret_key = \"…\" into that file, then chmod 600; or set HOSO_S3_ACCESS_KEY and HOSO_S3_SECRET_KEY",
            ),
            Self::Store(StoreError::NetworkFileSystem { .. }) => lang.pick(
                "đặt trên đĩa trong máy; nếu vẫn cần đĩa mạng: hoso init --on-network-disk, hoặc trong hoso.toml của kho, mục [network_disk], ghi archive = true (kho) hay replicas = true (bản sao)",
                "use a local disk; if it must be a network disk: hoso init --on-network-disk, or in the archive's hoso.toml, in [network_disk], archive = true (the archive) or replicas = true (its replicas)",
            ),
            Self::Store(StoreError::Latched { .. } | StoreError::Unfinished { .. }) => lang.pick(
                "kiểm tra đĩa (chỗ trống, lỗi phần cứng) rồi chạy lại cùng lệnh: khi mở lại, kho tự hoàn tất phần dở dang",
                "look at the disk (space, faults), then run the same command: opened again, the archive finishes what is half done",
            ),
            Self::Store(StoreError::Unsupported { .. }) => lang.pick(
                "dùng đúng phiên bản hoso đã tạo kho này; kho OCFL của chương trình khác thì lấy vào bằng: hoso import",
                "use the version of hoso that made it; take another program's OCFL root in with: hoso import",
            ),
            Self::Store(StoreError::NoSuchVersion { .. }) => {
                lang.pick("xem các bản: hoso case show MÃ_HỒ_SƠ", "list the versions: hoso case show CODE")
            }
            Self::Store(StoreError::ClockBehind { .. }) => lang.pick(
                "chỉnh đồng hồ của máy rồi chạy lại (với lô: hoso batch resume); nếu đồng hồ từng chạy nhanh khi lưu bản trước thì đợi qua thời điểm đó",
                "set the machine's clock, then run it again (of a batch: hoso batch resume); if the clock was fast when the earlier version was stored, wait until that time has passed",
            ),
            Self::Durable(durable::DurableError::ReadOnly { .. } | durable::DurableError::Altered { .. }) => {
                lang.pick(
                    "đĩa có thể đang hỏng: xem nhật ký hệ thống (dmesg), rồi hoso archive check",
                    "the disk may be failing: look at the system's log (dmesg), then hoso archive check",
                )
            }
            Self::Store(StoreError::Remote { fault, .. }) => match fault {
                RemoteFault::Unreachable => lang.pick(
                    "kiểm tra mạng và máy chủ rồi chạy lại lệnh này; phần đã chép được giữ nguyên",
                    "look at network and server, then run the same command again; what was copied stays",
                ),
                RemoteFault::Denied => lang.pick(
                    "kiểm tra khóa của kho đối tượng và quyền của khóa trên bucket",
                    "check the key of the object store and what it may do with the bucket",
                ),
                RemoteFault::NoBucket => lang.pick(
                    "tạo bucket trên máy chủ, hoặc sửa địa chỉ; xem mục [s3] trong hoso.toml",
                    "make the bucket on the server, or correct the address; see [s3] in hoso.toml",
                ),
                RemoteFault::Refused => lang.pick(
                    "máy chủ không hiểu yêu cầu này; dùng máy chủ tương thích S3",
                    "the server does not know this request; use one that is compatible with S3",
                ),
            },
            Self::Store(StoreError::NotAtomic { .. }) => lang.pick(
                "nếu chỉ một máy ghi vào đó: đặt writers = \"one\" trong mục [s3.BUCKET] của hoso.toml; nếu nhiều máy cùng ghi: đổi máy chủ",
                "if one machine alone writes there: set writers = \"one\" in [s3.BUCKET] of hoso.toml; if several do: use another server",
            ),
            Self::Store(StoreError::PlainHttp { .. }) => lang.pick(
                "dùng địa chỉ https; chứng thư riêng thì khai báo ca trong mục [s3.BUCKET] của hoso.toml",
                "use an https address; name a certificate of your own as ca in [s3.BUCKET] of hoso.toml",
            ),
            Self::ArchiveExists(_) | Self::NotAReplica(_) => {
                lang.pick("chọn thư mục khác", "choose another folder")
            }
            Self::Locked(_) => lang
                .pick("đợi chương trình kia xong rồi chạy lại", "wait for the other program, then run again"),
            Self::NoSpace(_) | Self::Keep { source: durable::DurableError::NoSpace { .. }, .. } => lang.pick(
                "giải phóng chỗ trên đĩa rồi chạy: hoso batch resume",
                "free some disk space, then: hoso batch resume",
            ),
            Self::Backup(error) => return backup_hint(error, lang),
            Self::OtherArchive(_) => lang.pick(
                "chọn kho sao lưu hoặc bản sao của kho này; với kho sao lưu chung thì chọn bản: --snapshot",
                "choose a backup or replica of this archive; in a shared repository name one with --snapshot",
            ),
            Self::Ingest(ingest::IngestError::SecrecyUndeclared(_)) => lang.pick(
                "thêm cột secrecy vào batch.csv hoặc dùng --secrecy thuong",
                "add the column secrecy to batch.csv or give --secrecy thuong",
            ),
            Self::Ingest(ingest::IngestError::Register(ingest::RegisterError::Text {
                source: ingest::ListError::UnknownEncoding(_),
                ..
            })) => lang.pick(
                "mở danh mục rồi lưu lại bằng mã UTF-8 (CSV UTF-8)",
                "open the list and save it as UTF-8 (CSV UTF-8)",
            ),
            Self::Ingest(ingest::IngestError::InsideArchive { .. }) => {
                lang.pick("đặt thư mục lô ngoài kho", "put the batch folder outside the archive")
            }
            Self::Index(_) => {
                lang.pick("dựng lại chỉ mục: hoso index rebuild", "rebuild it: hoso index rebuild")
            }
            Self::NoCatalog => lang
                .pick("dựng lại từ kho: hoso index rebuild", "make it from the archive: hoso index rebuild"),
            Self::Ledger(_) => lang.pick(
                "sổ theo dõi dựng lại được từ kho: hoso index rebuild",
                "the ledger can be rebuilt from the archive: hoso index rebuild",
            ),
            Self::Native(native::NativeError::NotOwn(_)) => lang.pick(
                "dùng --engine auto hoặc --engine tesseract",
                "use --engine auto or --engine tesseract",
            ),
            Self::Native(native::NativeError::NoModel {
                fault: native::ModelFault::Damaged { .. } | native::ModelFault::NotTaken { .. },
                ..
            }) => lang.pick(
                "cài lại mô hình: apt-get install --reinstall tesseract-ocr-vie tesseract-ocr-eng",
                "install it anew: apt-get install --reinstall tesseract-ocr-vie tesseract-ocr-eng",
            ),
            Self::Native(_) => {
                lang.pick("xem chương trình còn thiếu: hoso doctor", "see what is missing: hoso doctor")
            }
            Self::Package { .. } => lang.pick(
                "rút gọn ô đó trong batch.csv rồi chạy lại lô",
                "shorten it in batch.csv, then run the batch again",
            ),
            Self::NoBatch(_) | Self::NothingToResume => {
                lang.pick("xem các lô: hoso batch status", "list the batches: hoso batch status")
            }
            Self::NotSealed { .. } | Self::Store(StoreError::Damaged { .. }) => lang.pick(
                "báo người quản trị; xem mọi chỗ sai lệch: hoso verify",
                "tell the administrator; see all that differs: hoso verify",
            ),
            Self::Evidence { .. } => lang.pick(
                "báo người quản trị; xem mọi chỗ sai lệch: hoso archive check",
                "tell the administrator; see all that differs: hoso archive check",
            ),
            Self::Refused { why, .. } => return refused_hint(why, lang),
            Self::PdfSigning(error) => return error.hint(lang),
            Self::Token(error) => return token_hint(error, lang),
            Self::Seal(seal::SealError::Signer(seal::SignerError::Unreachable(_))) => lang.pick(
                "cắm lại token rồi chạy lại cùng lệnh; hồ sơ đã niêm phong được giữ nguyên",
                "plug the token in again, then run the same command; what is sealed stays",
            ),
            Self::Seal(seal::SealError::TimeStamp(_)) => lang.pick(
                "thử lại khi nối được máy chủ dấu thời gian, hoặc dùng mức b-b; hồ sơ đã niêm phong được giữ nguyên",
                "try again when the time-stamp authority can be reached, or use level b-b; what is sealed stays",
            ),
            Self::Ingest(ingest::IngestError::Interrupted) => {
                lang.pick("chạy lại: hoso batch run", "start again: hoso batch run")
            }
            Self::LogGone(_) | Self::Log(_) | Self::LogRead(_) => lang.pick(
                "dừng lại, báo người quản trị: nhật ký không được lập lại; khôi phục thư mục tlog và keys từ bản sao lưu",
                "stop and tell the administrator: a log is never begun again; restore the folders tlog and keys from a backup",
            ),
            Self::ClockBehind { .. } => lang.pick(
                "chỉnh đồng hồ của máy rồi làm lại; chưa có gì bị thay đổi",
                "set the machine's clock and try again; nothing was changed",
            ),
            Self::NoLog(_) => lang.pick(
                "kho cũ có nhật ký từ lần ghi tiếp theo: hoso batch run",
                "an older archive gets its log when it is next written to: hoso batch run",
            ),
            Self::Interrupted => {
                lang.pick("đi tiếp bằng: hoso batch resume", "go on with: hoso batch resume")
            }
            _ => return None,
        })
    }
}

fn refused_hint(why: &crate::Obstacle, lang: Lang) -> Option<&'static str> {
    use crate::Obstacle as O;
    Some(match why {
        O::OnHold(_) => lang.pick("bỏ giữ bằng: hoso case release", "release it with: hoso case release"),
        O::UnknownPeriod(_) => lang.pick(
            "thêm dòng của đơn vị vào retention.toml, hoặc đính chính thời hạn trong danh mục",
            "add a row of the unit to retention.toml, or correct the period in the register",
        ),
        O::ChangedSince { .. } => lang
            .pick("đề nghị lại: hoso archive destroy propose", "propose anew: hoso archive destroy propose"),
        O::OneDecision => lang.pick(
            "người thứ hai phê duyệt bằng: hoso archive destroy approve",
            "a second person approves with: hoso archive destroy approve",
        ),
        O::NoProposal(_) => lang.pick(
            "xem các đề nghị: hoso archive destroy list",
            "list the proposals: hoso archive destroy list",
        ),
        O::NotExpired { .. } | O::Permanent => lang.pick(
            "xem hồ sơ hết hạn: hoso archive retention",
            "list what is expired: hoso archive retention",
        ),
        O::Count(_) => lang.pick(
            "đếm lại; thiếu trang thì quét bổ sung và đính chính: hoso batch run --correct",
            "count again; scan what is missing and correct it: hoso batch run --correct",
        ),
        O::NotReviewed => lang.pick(
            "đếm trang giấy rồi chạy: hoso case review, hoặc hoso seal --pages-on-paper --counted-by",
            "count the paper, then: hoso case review, or hoso seal --pages-on-paper --counted-by",
        ),
        O::NotAsSealed(_) => {
            lang.pick("báo người quản trị; xem: hoso verify", "tell the administrator; see: hoso verify")
        }
        O::Key(fault) => return fault.hint(lang),
        O::NotOnHold | O::SamePerson(_) | O::BadList | O::Destroyed | O::CarriedOut => return None,
    })
}

/// The next step where a token gave no key.
fn token_hint(error: &seal::TokenError, lang: Lang) -> Option<&'static str> {
    use seal::TokenError as T;
    Some(match error {
        T::WrongPin { .. } => lang.pick(
            "xem lại PIN trước khi chạy lại: sau vài lần sai token bị khóa",
            "be sure of the PIN before you run it again: after few wrong ones the token locks",
        ),
        T::FinalTry { .. } => lang.pick(
            "nếu chắc chắn PIN đúng: chạy lại với --on-final-try",
            "if you are certain of the PIN: run again with --on-final-try",
        ),
        T::NoToken { .. } | T::Unreachable { .. } => {
            lang.pick("cắm token rồi chạy lại cùng lệnh", "plug the token in, then run the same command")
        }
        T::SeveralCertificates { .. } => lang.pick(
            "ghi label = \"id:…\" (số sau id: ở trên) thay cho tên khóa trong mục [keys] của hoso.toml, hoặc ghi tệp chứng thư (PEM) vào certificate",
            "in [keys] of hoso.toml write label = \"id:…\" with the digits named above in place of the key's name, or name the file of the certificate (PEM) as certificate",
        ),
        T::SeveralKeys { .. } => lang.pick(
            "xem số của từng khóa: pkcs11-tool --list-objects; rồi ghi label = \"id:…\" trong mục [keys] của hoso.toml",
            "see the identifiers: pkcs11-tool --list-objects; then write label = \"id:…\" in [keys] of hoso.toml",
        ),
        T::SeveralTokens { .. } => lang.pick(
            "ghi token = \"số sê-ri\" trong mục [keys] của hoso.toml",
            "write token = \"its serial number\" in [keys] of hoso.toml",
        ),
        T::NoCertificate { .. } => lang.pick(
            "ghi tệp chứng thư (PEM) vào certificate trong mục [keys] của hoso.toml",
            "name the file of the certificate (PEM) as certificate in [keys] of hoso.toml",
        ),
        _ => return None,
    })
}

/// The next step after a backup or restore that did not work.
fn backup_hint(error: &BackupError, lang: Lang) -> Option<&'static str> {
    Some(match error {
        BackupError::NoRepository(_) => lang.pick(
            "ổ sao lưu đã gắn (mount) chưa, đường dẫn đúng chưa? Tạo kho sao lưu mới: hoso archive backup --new --to THƯ_MỤC",
            "is the disk mounted, and the path right? To make a new one: hoso archive backup --new --to FOLDER",
        ),
        BackupError::AlreadyThere(_) => lang.pick(
            "sao lưu vào kho ấy: chạy lại không có --new",
            "to back up into it, run again without --new",
        ),
        BackupError::NotEmpty(_) => lang.pick("chọn thư mục rỗng", "choose an empty folder"),
        BackupError::WrongPassword(_) => lang.pick(
            "nhập lại mật khẩu sao lưu; không có mật khẩu này thì không ai đọc được bản sao lưu",
            "give the password of the backup again; without it nobody can read the backup",
        ),
        BackupError::EmptyPassword(_) => lang
            .pick("đặt mật khẩu dài, cất một bản ở nơi khác", "choose a long one and keep a copy elsewhere"),
        BackupError::Locked(_) => lang.pick(
            "đợi lần sao lưu kia xong rồi chạy lại",
            "wait until the other backup has ended, then run again",
        ),
        BackupError::NoSnapshot { .. } | BackupError::SeveralArchives(_) => lang.pick(
            "xem các bản: hoso archive backups --from KHO_SAO_LƯU, rồi chọn bằng --snapshot",
            "list them: hoso archive backups --from REPOSITORY, then choose with --snapshot",
        ),
        BackupError::NoSnapshotYet(_) => lang.pick(
            "chưa sao lưu lần nào: hoso archive backup --to THƯ_MỤC",
            "nothing was backed up yet: hoso archive backup --to FOLDER",
        ),
        BackupError::Write(durable::DurableError::NoSpace { .. }) => lang.pick(
            "giải phóng chỗ trên đĩa đó rồi chạy lại cùng lệnh; phần đã ghi được dùng tiếp",
            "free space on that disk, then run the same command; what was written is used",
        ),
        BackupError::Repository { .. } => lang.pick(
            "kho sao lưu có thể bị hỏng: kiểm tra bằng restic check --read-data; sao lưu vào kho mới",
            "the repository may be damaged: check it with restic check --read-data; back up into a new one",
        ),
        BackupError::Interrupted => lang.pick(
            "chạy lại cùng lệnh; phần đã ghi được dùng tiếp",
            "run the same command again; what was written is used",
        ),
        BackupError::Archive(_) | BackupError::Write(_) => return None,
    })
}
