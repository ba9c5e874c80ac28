use crate::backend::opensearch::ClusterError;
use crate::query::FieldName;
use record::Lang;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenReadError, OpenWriteError};

/// Why the index could not be opened, written or searched.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// There is none.
    #[error("no index in {dir}; make it with `hoso index rebuild`")]
    Missing {
        /// Where.
        dir: PathBuf,
    },
    /// Written by another version: tokens or fields differ, so that searches would silently miss.
    #[error(
        "the index in {dir} was written as {found}, this program needs {wanted}; run `hoso index rebuild`"
    )]
    Version {
        /// Where.
        dir: PathBuf,
        /// What its stamp says.
        found: String,
        /// What this program writes.
        wanted: String,
    },
    /// Files are missing or damaged.
    #[error("the index in {dir} is damaged ({cause}); run `hoso index rebuild`")]
    Corrupt {
        /// Where.
        dir: PathBuf,
        /// What was noticed.
        cause: String,
    },
    /// Another process writes to it; a retry may help.
    #[error("another process is writing to the index in {dir}")]
    Locked {
        /// Where.
        dir: PathBuf,
    },
    /// An earlier write failed; what was not committed is lost. Open the index again.
    #[error("the index in {dir} takes no more writes after an earlier failure; open it again")]
    Stopped {
        /// Where.
        dir: PathBuf,
    },
    /// The disk is full; what was not committed is lost, what was committed is found. A retry helps once space is free.
    #[error("no space left on the medium for the index in {dir}")]
    NoSpace {
        /// Where.
        dir: PathBuf,
    },
    /// The index is in a cluster, which did not do what was asked.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The disk or the system failed.
    #[error("the index in {dir}: {cause}")]
    Io {
        /// Where.
        dir: PathBuf,
        /// What the system said.
        cause: String,
    },
}

impl IndexError {
    /// From what the engine says. Only unmistakable failures of the system are `Io`; everything else that keeps an
    /// index from being read is damage, for which rebuilding is the cure.
    pub(crate) fn from_engine(dir: &Path, error: TantivyError) -> Self {
        let dir = dir.to_owned();
        let cause = error.to_string();
        let of_the_system = match &error {
            TantivyError::IoError(source)
            | TantivyError::OpenReadError(OpenReadError::IoError { io_error: source, .. })
            | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: source, .. })
            | TantivyError::LockFailure(LockError::IoError(source), _) => Some(&**source),
            _ => None,
        };
        if of_the_system.is_some_and(is_full) {
            return Self::NoSpace { dir };
        }
        match error {
            TantivyError::LockFailure(LockError::LockBusy, _) => Self::Locked { dir },
            TantivyError::IncompatibleIndex(_) => Self::Corrupt { dir, cause },
            TantivyError::OpenWriteError(_)
            | TantivyError::LockFailure(..)
            | TantivyError::SystemError(_) => Self::Io { dir, cause },
            TantivyError::IoError(ref io) if is_of_the_system(io) => Self::Io { dir, cause },
            TantivyError::OpenReadError(OpenReadError::IoError { ref io_error, .. })
                if is_of_the_system(io_error) =>
            {
                Self::Io { dir, cause }
            }
            TantivyError::ErrorInThread(_) | TantivyError::Poisoned => Self::Io { dir, cause },
            _ => Self::Corrupt { dir, cause },
        }
    }
    pub(crate) fn io(dir: &Path, error: impl std::fmt::Display) -> Self {
        Self::Io { dir: dir.to_owned(), cause: error.to_string() }
    }
}

fn is_full(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// A disk that takes no writes, a refused permission: nothing that the bytes of the index could cause. Where the engine has wrapped it,
/// only the kind is left.
fn is_of_the_system(error: &std::io::Error) -> bool {
    let kinds = [ErrorKind::PermissionDenied, ErrorKind::ReadOnlyFilesystem, ErrorKind::OutOfMemory];
    error.raw_os_error().is_some_and(|code| code != 2) || kinds.contains(&error.kind())
}

/// Why a query means nothing. Positions are characters of the composed (NFC) query, from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// No word and no filter.
    #[error("the query has no word to search for")]
    Empty,
    /// Too much text.
    #[error("the query has {bytes} bytes; at most {max} are taken")]
    TooLong {
        /// Bytes given.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Too many words.
    #[error("more than {max} words, counted up to character {at}")]
    TooManyWords {
        /// Where the first word too many stands.
        at: usize,
        /// Words allowed.
        max: usize,
    },
    /// Too many beginnings (`kh*`): each stands for up to hundreds of words.
    #[error(
        "more than {max} beginnings of words (kh*), up to character {at}; write some of the words in full, or search in two steps"
    )]
    TooManyBeginnings {
        /// Where the first beginning too many stands.
        at: usize,
        /// Different beginnings allowed.
        max: usize,
    },
    /// Brackets within brackets within brackets.
    #[error("more than {max} brackets within each other at character {at}")]
    TooDeep {
        /// Where the first one too many stands.
        at: usize,
        /// Brackets allowed.
        max: usize,
    },
    /// `*` anywhere but right behind a word, `?` before a letter: not understood, and dropping it would change the meaning.
    #[error(
        "“{sign}” at character {at}: only the end of a word may be left open; write “*” right behind the word's beginning (khởi*)"
    )]
    Wildcard {
        /// The character.
        sign: char,
        /// Where.
        at: usize,
    },
    /// `x*`: too many words begin so.
    #[error(
        "the beginning of a word at character {at} is too short; write at least {least} letters before “*”"
    )]
    ShortPrefix {
        /// Where the word starts.
        at: usize,
        /// Letters needed.
        least: usize,
    },
    /// `~word*`.
    #[error("“~” and “*” do not go together, at character {at}")]
    TolerantPrefix {
        /// Where the word starts.
        at: usize,
    },
    /// `=` or `~` before a bracket or filter.
    #[error("“{sign}” at character {at} stands only before a word or a phrase in quotes")]
    Sign {
        /// The sign.
        sign: char,
        /// Where.
        at: usize,
    },
    /// `~` behind a phrase without a number that can be used.
    #[error("“~” at character {at}: behind a phrase it needs a number of words from 0 to {max} (\"a b\"~2)")]
    Slop {
        /// Where the sign stands.
        at: usize,
        /// Words allowed between.
        max: u32,
    },
    /// A quote or bracket that nothing closes.
    #[error("“{sign}” at character {at} is not closed")]
    Unclosed {
        /// The quote or bracket.
        sign: char,
        /// Where.
        at: usize,
    },
    /// A bracket that closes nothing.
    #[error("“{sign}” at character {at} closes nothing")]
    Unopened {
        /// The bracket.
        sign: char,
        /// Where.
        at: usize,
    },
    /// An operator with nothing before or behind it.
    #[error("“{word}” at character {at} joins nothing; put it in quotes to search for the word")]
    Operator {
        /// As typed.
        word: String,
        /// Where.
        at: usize,
    },
    /// Only what is not wanted was said.
    #[error("character {at}: only what must not be there is said; add what to look for")]
    NegativeOnly {
        /// Where the operator stands.
        at: usize,
    },
    /// `name:value` with a name that is no filter.
    #[error(
        "“{name}:” at character {at} is no filter; there are {}. Put it in quotes to search for the words",
        FieldName::names(Lang::En)
    )]
    UnknownField {
        /// As typed.
        name: String,
        /// Where.
        at: usize,
    },
    /// `name:` with nothing behind.
    #[error("{field}: at character {at} has no value; write it right behind the colon")]
    EmptyField {
        /// The filter as it is called here.
        field: &'static str,
        /// Where it starts.
        at: usize,
    },
    /// Text in an encoding before Unicode, pasted in.
    #[error("this is {encoding}, not Unicode; did you mean “{meant}”?")]
    LegacyEncoding {
        /// The encoding's name.
        encoding: &'static str,
        /// The text in Unicode.
        meant: String,
    },
    /// A filter that is known with a value that is not.
    #[error("“{value}” at character {at} is no value for {field}: expected {expected}")]
    BadValue {
        /// The filter as it is called here.
        field: &'static str,
        /// What was given.
        value: String,
        /// Where the value starts.
        at: usize,
        /// What could stand there.
        expected: &'static str,
    },
}

impl QueryError {
    /// The character of the composed query, from 1, that it is about.
    pub fn at(&self) -> Option<usize> {
        match self {
            Self::Empty | Self::TooLong { .. } | Self::LegacyEncoding { .. } => None,
            Self::TooManyWords { at, .. }
            | Self::TooManyBeginnings { at, .. }
            | Self::TooDeep { at, .. }
            | Self::Wildcard { at, .. }
            | Self::ShortPrefix { at, .. }
            | Self::TolerantPrefix { at }
            | Self::Sign { at, .. }
            | Self::Slop { at, .. }
            | Self::Unclosed { at, .. }
            | Self::Unopened { at, .. }
            | Self::Operator { at, .. }
            | Self::NegativeOnly { at }
            | Self::UnknownField { at, .. }
            | Self::EmptyField { at, .. }
            | Self::BadValue { at, .. } => Some(*at),
        }
    }

    /// The same in Vietnamese.
    pub fn vietnamese(&self) -> String {
        match self {
            Self::Empty => "không có từ nào để tìm".into(),
            Self::TooLong { bytes, max } => format!("câu tìm dài {bytes} byte; tối đa {max}"),
            Self::TooManyWords { at, max } => format!("quá {max} từ, tính đến ký tự thứ {at}"),
            Self::TooManyBeginnings { at, max } => format!(
                "quá {max} phần đầu của từ (kh*), tính đến ký tự thứ {at}; hãy viết đủ chữ vài từ, hoặc tìm làm hai lần"
            ),
            Self::TooDeep { at, max } => format!("quá {max} lớp ngoặc lồng nhau ở ký tự thứ {at}"),
            Self::Wildcard { sign, at } => format!(
                "“{sign}” ở ký tự thứ {at}: chỉ để ngỏ được phần cuối của từ; hãy viết “*” liền sau phần đầu của từ (khởi*)"
            ),
            Self::ShortPrefix { at, least } => {
                format!("phần đầu của từ ở ký tự thứ {at} quá ngắn; trước “*” cần ít nhất {least} chữ cái")
            }
            Self::TolerantPrefix { at } => format!("“~” và “*” không dùng chung được, ở ký tự thứ {at}"),
            Self::Sign { sign, at } => {
                format!("“{sign}” ở ký tự thứ {at} chỉ đứng trước một từ hoặc một cụm từ trong ngoặc kép")
            }
            Self::Slop { at, max } => {
                format!("“~” ở ký tự thứ {at}: sau cụm từ cần một số từ, từ 0 đến {max} (\"a b\"~2)")
            }
            Self::Unclosed { sign, at } => format!("“{sign}” ở ký tự thứ {at} chưa được đóng"),
            Self::Unopened { sign, at } => format!("“{sign}” ở ký tự thứ {at} không đóng dấu nào"),
            Self::Operator { word, at } => {
                format!(
                    "“{word}” ở ký tự thứ {at} không nối điều gì; muốn tìm chính từ này, hãy đặt trong ngoặc kép"
                )
            }
            Self::NegativeOnly { at } => {
                format!("ký tự thứ {at}: chỉ nói điều không được có; hãy thêm điều cần tìm")
            }
            Self::UnknownField { name, at } => format!(
                "“{name}:” ở ký tự thứ {at} không phải bộ lọc; có {}. Muốn tìm chính những chữ này, hãy đặt trong ngoặc kép",
                FieldName::names(Lang::Vi)
            ),
            Self::EmptyField { field, at } => {
                format!("{field}: ở ký tự thứ {at} chưa có giá trị; hãy viết liền sau dấu hai chấm")
            }
            Self::LegacyEncoding { encoding, meant } => {
                format!("đây là mã {encoding}, không phải Unicode; có phải ý bạn là “{meant}”?")
            }
            Self::BadValue { field, value, at, expected } => {
                let expected = FieldName::parse(field).map_or(*expected, |field| field.expected(Lang::Vi));
                format!("“{value}” ở ký tự thứ {at} không phải giá trị của {field}: cần {expected}")
            }
        }
    }
}
