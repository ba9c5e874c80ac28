//! Why two sides cannot be compared. Each variant names the file and what to do about it.

use crate::PipelineError;
use ocr::alto::AltoError;
use record::Lang;
use std::io;
use std::path::PathBuf;

/// A comparison failed; nothing of it is told as a result.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// A file or folder cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file longer than the limit.
    #[error("{path}: larger than {max_mib} MiB")]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// The limit.
        max_mib: u64,
    },
    /// A text file that is not UTF-8.
    #[error("{path}: not UTF-8 from byte {byte} on")]
    NotUtf8 {
        /// Which.
        path: PathBuf,
        /// The first bad byte, from 1.
        byte: usize,
    },
    /// A file that should be ALTO.
    #[error("{path}: {source}")]
    Alto {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        source: AltoError,
    },
    /// A file of a generated truth or of an exported case file that is not what its format says.
    #[error("{path}: {problem}")]
    Format {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The truth is an archive or an exported case file.
    #[error("{0}: not a truth: an archive or exported case file holds what was read")]
    NoTruth(PathBuf),
    /// Two kinds of things that do not belong together.
    #[error("{truth} and {hypothesis}: cannot be compared with each other")]
    Unlike {
        /// One side.
        truth: PathBuf,
        /// The other.
        hypothesis: PathBuf,
    },
    /// A folder without any text.
    #[error("{0}: no .txt, .xml or .alto.xml in this folder or below it")]
    NoTexts(PathBuf),
    /// Two files for one page.
    #[error("{first} and {second} are the text of the same page")]
    SamePage {
        /// One.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A page file without a number.
    #[error("{0}: no page number at the end of its name")]
    NoNumber(PathBuf),
    /// Not one name or case code that both sides have.
    #[error("{truth} and {hypothesis} have not one name in common; the truth has for example {example:?}")]
    NothingInCommon {
        /// One side.
        truth: PathBuf,
        /// The other.
        hypothesis: PathBuf,
        /// The first name of the truth.
        example: String,
    },
    /// A page too long to be compared in bounded time.
    #[error("{set}, {page}: {chars} characters on one page; at most {max} are compared")]
    PageTooLong {
        /// Of which set.
        set: String,
        /// Which page.
        page: String,
        /// Its length.
        chars: usize,
        /// The limit.
        max: usize,
    },
    /// The archive cannot be read, or a case file in it.
    #[error(transparent)]
    Archive(#[from] PipelineError),
}

impl EvalError {
    /// An I/O error with the file's name.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// The next step, for people.
    pub fn hint(&self, lang: Lang) -> Option<&'static str> {
        Some(match self {
            Self::Io { .. } => {
                lang.pick("kiểm tra đường dẫn và quyền đọc", "check the path and the permission to read it")
            }
            Self::TooLarge { .. } => {
                lang.pick("tách thành nhiều tệp nhỏ hơn", "part it into several smaller files")
            }
            Self::NotUtf8 { .. } => {
                lang.pick("lưu lại tệp bằng mã UTF-8", "save the file as UTF-8")
            }
            Self::Alto { .. } => lang.pick(
                "mỗi trang một tệp ALTO; văn bản thường thì đặt đuôi .txt",
                "one ALTO file for each page; plain text ends in .txt",
            ),
            Self::Format { .. } => lang.pick(
                "tạo lại thư mục này; định dạng: docs/format/eval-report.md",
                "make the folder anew; formats: docs/format/eval-report.md",
            ),
            Self::NoTruth(_) => lang.pick(
                "viết dữ liệu chuẩn trước, kết quả đọc sau: hoso eval CHUẨN KẾT-QUẢ",
                "the truth comes first, what was read second: hoso eval TRUTH HYPOTHESIS",
            ),
            Self::Unlike { .. } => lang.pick(
                "so hai tệp, hai thư mục có tên tệp giống nhau, hoặc dữ liệu chuẩn tự sinh với một kho hay thư mục",
                "compare two files, two folders with the same names, or the truth of a generated set with an archive or folder",
            ),
            Self::NoTexts(_) => lang.pick(
                "dữ liệu chuẩn tự sinh: chỉ thư mục có truth.json",
                "of a generated set, give the folder that holds truth.json",
            ),
            Self::SamePage { .. } => lang.pick("để lại một tệp", "leave one of them"),
            Self::NoNumber(_) => lang.pick(
                "đặt tên tệp kết thúc bằng số trang, ví dụ page-0001.txt",
                "end its name with the number of the page, for example page-0001.txt",
            ),
            Self::NothingInCommon { .. } => lang.pick(
                "đặt tên tệp và thư mục như bên dữ liệu chuẩn; cách đặt tên: docs/format/eval-report.md",
                "name files and folders as in the truth; how: docs/format/eval-report.md",
            ),
            Self::PageTooLong { .. } => lang.pick(
                "ngăn các trang bằng ký tự form feed (0x0C)",
                "part the pages by form feeds (0x0C)",
            ),
            Self::Archive(error) => return error.hint(lang),
        })
    }
}
