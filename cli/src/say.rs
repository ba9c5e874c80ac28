//! How the program speaks: language, messages with a hint, colour only where it is wanted and never alone.

use crate::args::LangArg;
use crate::reading;
use crate::store_words;
use pipeline::{
    BackupError, IngestError, KeyError, KeyFault, ListError, NativeError, Obstacle, PipelineError,
    RegisterError, SealError, SignerError, StoreError, TokenError,
};
use record::Lang;
use std::fmt::Display;
use std::io::{IsTerminal, Write};

/// Exit codes: a tested contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Misused.
    Misused = 2,
    /// Done, with pages for review.
    Review = 3,
    /// No such archive.
    NoArchive = 4,
    /// Another program is writing.
    Locked = 5,
    /// Not permitted.
    NotPermitted = 6,
    /// Fixity or a seal is broken.
    Broken = 7,
    /// Interrupted; nothing is lost.
    Interrupted = 130,
}

/// What a command ended with when it did not work.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened, to what.
    pub message: String,
    /// The next step.
    pub hint: Option<String>,
}

/// Speaks in one language, in one form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Speaker {
    /// The language.
    pub lang: Lang,
    /// Lines of JSON instead of prose.
    pub json: bool,
}

impl Speaker {
    /// From the flag, else from the values of LC_ALL, LC_MESSAGES and LANG.
    pub(crate) fn new(flag: Option<LangArg>, json: bool, locale: Option<String>) -> Self {
        let lang = match flag {
            Some(LangArg::Vi) => Lang::Vi,
            Some(LangArg::En) => Lang::En,
            None if locale.is_some_and(|l| l.to_lowercase().starts_with("vi")) => Lang::Vi,
            None => Lang::En,
        };
        Self { lang, json }
    }

    /// One of two texts.
    pub(crate) fn pick<T>(&self, vi: T, en: T) -> T {
        self.lang.pick(vi, en)
    }

    /// Data: a line to standard output. A closed pipe ends the program quietly.
    pub(crate) fn data(&self, text: impl Display) {
        self.print(&self.harmless(&text.to_string()));
    }

    /// The same of a text of several lines, which this program has set.
    pub(crate) fn text(&self, text: &str) {
        let lines: Vec<String> = text.split('\n').map(|line| self.harmless(line)).collect();
        self.print(&lines.join("\n"));
    }

    fn print(&self, text: &str) {
        if writeln!(std::io::stdout(), "{text}").is_err() {
            std::process::exit(Exit::Done as i32);
        }
    }

    /// Talk: a line to standard error.
    pub(crate) fn talk(&self, text: impl Display) {
        let _ = writeln!(std::io::stderr(), "{}", self.harmless(&text.to_string()));
    }

    /// The text without what would steer a terminal or turn the order of letters around: names of files and people may hold
    /// anything. No line break stays but those that [`Speaker::fail`] marks: nothing foreign begins a line.
    pub(crate) fn harmless(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let style = [BOLD, PLAIN].into_iter().find(|style| rest.starts_with(style));
            let kept = match style {
                Some(style) => style,
                None if c == '\t' || rest.starts_with(QUOTED) || !steers(c) => &rest[..c.len_utf8()],
                None => "",
            };
            match (kept, self.json) {
                ("", true) => out += &format!("\\u{:04x}", c as u32),
                ("", false) => out.extend(c.escape_default()),
                (kept, _) => out += kept,
            }
            rest = &rest[kept.len().max(c.len_utf8())..];
        }
        out
    }

    /// A JSON line of this type.
    pub(crate) fn line(&self, kind: &str, mut value: serde_json::Value) {
        value["type"] = kind.into();
        value["v"] = 1.into();
        self.data(value);
    }

    /// Tells a failure.
    pub(crate) fn fail(&self, failure: &Failure) {
        if self.json {
            let hint = failure.hint.as_deref();
            self.line(
                "error",
                serde_json::json!({"message": failure.message, "hint": hint, "exit": failure.exit as i32}),
            );
            return;
        }
        // What a parser says may have lines of its own; a name may pretend to.
        let message = failure.message.replace('\n', QUOTED);
        self.talk(format_args!("{}: {message}", self.pick("lỗi", "error")));
        if let Some(hint) = &failure.hint {
            self.talk(format_args!("  {}: {hint}", self.pick("gợi ý", "hint")));
        }
    }

    /// An error of the pipeline with its exit code and next step.
    pub(crate) fn failure(&self, error: &PipelineError) -> Failure {
        let exit = match error.cause() {
            PipelineError::NoArchive(_) | PipelineError::Store(StoreError::NoSuchArchive { .. }) => {
                Exit::NoArchive
            }
            PipelineError::Locked(_) => Exit::Locked,
            PipelineError::Interrupted
            | PipelineError::Ingest(IngestError::Interrupted)
            | PipelineError::Backup(BackupError::Interrupted) => Exit::Interrupted,
            PipelineError::Backup(BackupError::Locked(_)) => Exit::Locked,
            PipelineError::Backup(
                BackupError::Write(_) | BackupError::Archive(_) | BackupError::Repository { .. },
            ) => Exit::Failed,
            PipelineError::Backup(_) | PipelineError::OtherArchive(_) => Exit::Misused,
            PipelineError::NotSealed { .. }
            | PipelineError::Store(StoreError::Damaged { .. })
            | PipelineError::Evidence { .. }
            | PipelineError::Log(_)
            | PipelineError::LogRead(_)
            | PipelineError::LogGone(_) => Exit::Broken,
            PipelineError::Refused { why, .. } => refused_exit(why),
            PipelineError::Token(
                TokenError::NoPin { .. }
                | TokenError::WrongPin { .. }
                | TokenError::Locked { .. }
                | TokenError::FinalTry { .. },
            )
            | PipelineError::Key(KeyError::WrongPassword) => Exit::NotPermitted,
            PipelineError::Ingest(IngestError::Native { .. }) => Exit::Failed,
            PipelineError::ArchiveExists(_)
            | PipelineError::IntoTheArchive(_)
            | PipelineError::NotAReplica(_)
            | PipelineError::Store(StoreError::NetworkFileSystem { .. })
            | PipelineError::Query(_)
            | PipelineError::Ingest(_) => Exit::Misused,
            _ => Exit::Failed,
        };
        Failure { exit, message: self.message(error), hint: error.hint(self.lang).map(str::to_owned) }
    }

    /// The message alone.
    pub(crate) fn message(&self, error: &PipelineError) -> String {
        if self.lang == Lang::En {
            return error.to_string();
        }
        match error {
            PipelineError::InCase { code, source } => format!("hồ sơ {code}: {}", self.message(source)),
            PipelineError::NoArchive(path) => format!("{}: không có kho ở đây", path.display()),
            PipelineError::ArchiveExists(path) => format!("{}: ở đây đã có kho", path.display()),
            PipelineError::IntoTheArchive(path) => format!("{}: nằm trong kho", path.display()),
            PipelineError::NotAReplica(path) => {
                format!("{}: không phải thư mục rỗng, cũng không phải bản sao của kho này", path.display())
            }
            PipelineError::Locked(path) => {
                format!("{}: chương trình khác đang ghi vào kho này", path.display())
            }
            PipelineError::NoSpace(path) => format!("hết chỗ trên đĩa khi ghi {}", path.display()),
            PipelineError::NoBatch(id) => format!("không có lô {id}"),
            PipelineError::NothingToResume => "không có lô nào dở dang: mọi lô đã xong".into(),
            PipelineError::Io { path, source } => {
                format!("{}: {}", path.display(), io_cause(source, self.lang))
            }
            PipelineError::NoCase(code) => format!("không có hồ sơ {code}"),
            PipelineError::Gone { case, stored, found } => {
                let there = found.map_or("không còn gì của hồ sơ này".to_owned(), |no| {
                    format!("chỉ còn bản {no}")
                });
                format!("hồ sơ {case} đã lưu đến bản {stored}, nay trong kho {there}")
            }
            PipelineError::NoCatalog => "kho này chưa có mục lục".into(),
            PipelineError::Log(error) => format!("nhật ký: {error}"),
            PipelineError::LogRead(error) => format!("nhật ký: {error}"),
            PipelineError::LogGone(path) => {
                format!("{}: nhật ký của kho hoặc khóa của nhật ký đã mất", path.display())
            }
            PipelineError::NoLog(path) => format!("{}: kho này chưa có nhật ký", path.display()),
            PipelineError::ClockBehind { now, stated } => {
                format!(
                    "đồng hồ máy này ghi {now}, nhưng {stated} đã qua: một máy chủ dấu thời gian đã ghi như vậy"
                )
            }
            PipelineError::NotLogged(version) => format!("bản {version} không có trong nhật ký"),
            PipelineError::LogKey { path, source } => {
                format!("{}: không dùng được khóa: {source}", path.display())
            }
            PipelineError::Proof(error) => format!("bằng chứng: {error}"),
            PipelineError::Witness(error) => format!("nhân chứng: {error}"),
            PipelineError::NoVersion { case, version, latest } => {
                format!("hồ sơ {case} không có bản {version}; bản mới nhất là {latest}")
            }
            PipelineError::NoVolume { volume } => {
                format!("tập {volume} không còn trong kho đúng như hồ sơ đã niêm phong")
            }
            PipelineError::NoPage { case, page } => format!("hồ sơ {case} không có trang {page}"),
            PipelineError::NotSealed { case, .. } => {
                format!("hồ sơ {case}: {}", pipeline::why_not_shown(error, self.lang))
            }
            PipelineError::Refused { case, why } => {
                let of = case.as_ref().map_or(String::new(), |code| format!("hồ sơ {code}: "));
                format!("{of}{}", why.title(self.lang))
            }
            PipelineError::Evidence { faults } => {
                faults.iter().map(|fault| fault.text(self.lang)).collect::<Vec<_>>().join("; ")
            }
            PipelineError::Interrupted => "đã dừng; không mất gì".into(),
            PipelineError::Backup(error) => backup(error),
            PipelineError::OtherArchive(path) => format!("{}: không phải của kho này", path.display()),
            PipelineError::Keep { path, source } => {
                format!("không nhận được {}: {}", path.display(), store_words::durable(source))
            }
            PipelineError::Config { path, problem } => format!("{}: cấu hình sai: {problem}", path.display()),
            PipelineError::BadFile { path, source } => {
                format!("{}: không đọc được: {source}", path.display())
            }
            PipelineError::Native(NativeError::NotOwn(reason)) => reading::not_own(reason, self.lang),
            PipelineError::Native(NativeError::NoModel { language, fault }) => {
                format!("không có mô hình dùng được cho ngôn ngữ {language}: {}", reading::model_fault(fault))
            }
            PipelineError::Native(error) => format!("chương trình đọc trang: {error}"),
            PipelineError::Ledger(error) => format!("sổ theo dõi ledger.sqlite: {error}"),
            PipelineError::Index(error) => format!("chỉ mục: {error}"),
            PipelineError::NoStoreKey { path, problem } => {
                format!("không có khóa của kho đối tượng trong {}: {problem}", path.display())
            }
            PipelineError::Store(error) => store_words::store(error),
            PipelineError::Durable(error) => store_words::durable(error),
            PipelineError::Seal(error) => format!("chưa niêm phong: {}", seal(error)),
            PipelineError::Key(KeyError::WrongPassword) => "sai mật khẩu của tệp khóa, hoặc tệp hỏng".into(),
            PipelineError::Key(error) => format!("khóa ký: {error}"),
            PipelineError::PdfSigning(error) => error.title(self.lang),
            PipelineError::Token(error) => token(error),
            PipelineError::Query(error) => format!("câu tìm kiếm: {}", error.vietnamese()),
            PipelineError::Ingest(error) => intake(error),
            other => other.to_string(),
        }
    }
}

/// Why a token gave no key. What the token says in its own words stays in English.
fn seal(error: &SealError) -> String {
    match error {
        SealError::CertificateOutOfTime { subject, from, to, now } => {
            format!("chứng thư của \"{subject}\" có hạn từ {from} đến {to}, mà bây giờ là {now}")
        }
        SealError::AlgorithmEnded { algorithm, until } => {
            format!("khóa {algorithm} không được ký mới sau {until}")
        }
        SealError::Signer(SignerError::Unreachable(why)) => {
            format!(
                "không tới được thiết bị ký ({why}); cắm lại token rồi chạy lại lệnh, hồ sơ đã niêm phong vẫn còn"
            )
        }
        SealError::Signer(SignerError::Refused(why)) => format!("khóa từ chối ký: {why}"),
        SealError::SelfCheck { subject, reason } => {
            format!("chữ ký của \"{subject}\" không khớp với chứng thư của chính khóa đó: {reason}")
        }
        SealError::Certificate(why) => format!("chứng thư của người ký: {why}"),
        SealError::TimeStamp(why) => format!("không lấy được dấu thời gian: {why}"),
        other => other.to_string(),
    }
}

fn token(error: &TokenError) -> String {
    match error {
        TokenError::Module { module, why } => {
            format!("không dùng được trình điều khiển token {}: {why}", module.display())
        }
        TokenError::NoToken { token, found } if found.is_empty() => {
            format!("không thấy token \"{token}\"; không có token nào được cắm")
        }
        TokenError::NoToken { token, found } => {
            format!("không thấy token \"{token}\"; đang cắm: {}", found.join(", "))
        }
        TokenError::SeveralTokens { token } => {
            format!("có nhiều token tên \"{token}\": ghi số sê-ri của token")
        }
        TokenError::NoPin { token } => {
            format!("chưa nhập PIN cho token \"{token}\"; chưa gửi gì đến token")
        }
        TokenError::Locked { token } => {
            format!("token \"{token}\" đã bị khóa vì sai PIN nhiều lần; nơi cấp phải mở khóa")
        }
        TokenError::FinalTry { token } => {
            format!("token \"{token}\" còn một lần thử: sai lần nữa là khóa; chưa gửi PIN")
        }
        TokenError::WrongPin { token } => {
            format!("token \"{token}\" không nhận PIN; đã thử đúng một lần và không thử lại")
        }
        TokenError::NoKey { token, key } => format!("token \"{token}\" không có khóa \"{key}\""),
        TokenError::SeveralKeys { token, key } => {
            format!("token \"{token}\" có nhiều khóa \"{key}\": ghi id:")
        }
        TokenError::NoCertificate { token, key } => {
            format!("token \"{token}\" không có chứng thư \"{key}\"")
        }
        TokenError::SeveralCertificates { token, key, found } => {
            format!(
                "token \"{token}\" có chứng thư của nhiều khóa cùng tên \"{key}\" ({}): ghi id:, hoặc ghi tệp chứng thư",
                found.join("; ")
            )
        }
        TokenError::KeyName(name) => format!("tên khóa \"{name}\" không phải nhãn, cũng không phải id:"),
        TokenError::Certificate(why) => format!("chứng thư của khóa: {why}"),
        TokenError::AsksEachTime { key } => {
            format!("khóa \"{key}\" đòi PIN cho từng chữ ký; không dùng được")
        }
        TokenError::Unreachable { token, why } => format!("không tới được token \"{token}\": {why}"),
        TokenError::Refused { token, why } => format!("token \"{token}\" từ chối: {why}"),
    }
}

/// What stands in the way is a rule (not permitted), something said wrongly (misused), or the paper (failed).
fn refused_exit(why: &Obstacle) -> Exit {
    match why {
        Obstacle::Key(KeyFault::Unknown { .. }) => Exit::Misused,
        Obstacle::NotAsSealed(_) => Exit::Broken,
        Obstacle::NoProposal(_) | Obstacle::BadList | Obstacle::NotOnHold | Obstacle::CarriedOut => {
            Exit::Misused
        }
        Obstacle::Count(_) => Exit::Failed,
        _ => Exit::NotPermitted,
    }
}

/// Why a file cannot be read or written. What the system says in its own words stays in English.
pub(crate) fn io_cause(error: &std::io::Error, lang: Lang) -> String {
    use std::io::ErrorKind;
    let vietnamese = match error.kind() {
        ErrorKind::NotFound => "không có tệp hay thư mục này",
        ErrorKind::PermissionDenied => "không có quyền đọc hoặc ghi",
        ErrorKind::NotADirectory => "không phải thư mục",
        ErrorKind::IsADirectory => "là thư mục, không phải tệp",
        ErrorKind::AlreadyExists => "đã có sẵn",
        ErrorKind::ReadOnlyFilesystem => "đĩa chỉ cho đọc",
        ErrorKind::StorageFull => "hết chỗ trên đĩa",
        _ => return error.to_string(),
    };
    if lang == Lang::Vi { vietnamese.into() } else { error.to_string() }
}

/// Why a batch folder cannot be used, in Vietnamese.
fn intake(error: &IngestError) -> String {
    match error {
        IngestError::Folder { path, source } => {
            format!("{}: không đọc được thư mục: {}", path.display(), io_cause(source, Lang::Vi))
        }
        IngestError::NotAFolder(path) => format!("{}: không phải thư mục", path.display()),
        IngestError::InsideArchive { folder, archive } => {
            format!("{}: nằm trong kho {} hoặc chứa kho đó", folder.display(), archive.display())
        }
        IngestError::SecrecyUndeclared(case) => format!("hồ sơ {case}: chưa khai báo độ mật"),
        IngestError::Native { path, source } => format!("không xem được {}: {source}", path.display()),
        IngestError::Interrupted => "đã dừng khi đang xem thư mục; chưa nhận gì".into(),
        IngestError::Register(error) => match error {
            RegisterError::Open { path, source } => {
                format!("{}: không mở được danh mục: {source}", path.display())
            }
            RegisterError::Text { path, source } => {
                let why = match source {
                    ListError::Io(error) => io_cause(error, Lang::Vi),
                    ListError::TooLarge => "quá lớn so với một danh mục".into(),
                    ListError::UnknownEncoding(byte) => {
                        format!(
                            "không phải UTF-8 từ byte thứ {byte}, cũng không nhận ra bảng mã tiếng Việt cũ nào"
                        )
                    }
                };
                format!("{}: {why}", path.display())
            }
            RegisterError::Csv { path, source } => {
                format!("{}: không phải tệp CSV: {source}", path.display())
            }
            RegisterError::Columns { path, problem } => {
                format!("{}: dòng tiêu đề sai: {problem}", path.display())
            }
            RegisterError::Value { path, line, problem } => {
                format!("{}, dòng {line}: giá trị sai: {problem}", path.display())
            }
        },
    }
}

/// Why a backup or restore was not done, in Vietnamese.
fn backup(error: &BackupError) -> String {
    match error {
        BackupError::NoRepository(path) => format!("{}: không có kho sao lưu ở đây", path.display()),
        BackupError::AlreadyThere(path) => format!("{}: ở đây đã có kho sao lưu", path.display()),
        BackupError::NotEmpty(path) => {
            format!("{}: không phải thư mục rỗng, cũng không phải kho sao lưu", path.display())
        }
        BackupError::WrongPassword(path) => format!("{}: sai mật khẩu sao lưu", path.display()),
        BackupError::EmptyPassword(path) => format!("{}: mật khẩu sao lưu rỗng", path.display()),
        BackupError::Locked(path) => {
            format!("{}: chương trình khác đang ghi vào kho sao lưu này", path.display())
        }
        BackupError::NoSnapshot { repository, asked } => {
            format!("{}: không có bản sao lưu {asked}, hoặc có nhiều hơn một", repository.display())
        }
        BackupError::NoSnapshotYet(path) => format!("{}: chưa có bản sao lưu nào", path.display()),
        BackupError::SeveralArchives(path) => format!("{}: có bản sao lưu của nhiều kho", path.display()),
        BackupError::Archive(error) => format!("không đọc được kho: {}", store_words::store(error)),
        BackupError::Write(error) => store_words::durable(error),
        BackupError::Repository { repository, problem } => {
            format!("{}: không dùng được kho sao lưu: {problem}", repository.display())
        }
        BackupError::Interrupted => "đã dừng; không mất gì".into(),
    }
}

/// Whether standard error is a screen that may be drawn on.
pub(crate) fn can_draw() -> bool {
    std::io::stderr().is_terminal()
}

const BOLD: &str = "\x1b[1;33m";
const PLAIN: &str = "\x1b[0m";

/// Text in bold where colour and style are wanted.
pub(crate) fn bold(text: &str) -> String {
    let plain = std::env::var_os("NO_COLOR").is_some() || !std::io::stdout().is_terminal();
    if plain { format!("[{text}]") } else { format!("{BOLD}{text}{PLAIN}") }
}

/// A line that goes on, marked so that it looks like no line of this program.
const QUOTED: &str = "\n  | ";

/// Control characters, and those that change the direction of text (Unicode UAX 9, 2; UTR 36, 2.10).
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_steers_the_terminal() {
        let said = |json, text: &str| Speaker { lang: Lang::En, json }.harmless(text);
        assert_eq!(said(false, "Lê Văn C\tđếm\n  hint: x"), "Lê Văn C\tđếm\\n  hint: x");
        assert_eq!(said(false, "a\u{61c}b\n  | c"), "a\\u{61c}b\n  | c");
        assert_eq!(
            said(false, "a\x1b]0;x\x07\u{9b}2Jb\n✓ HS-1\r\x7f"),
            "a\\u{1b}]0;x\\u{7}\\u{9b}2Jb\\n✓ HS-1\\r\\u{7f}"
        );
        assert_eq!(said(false, "fdp.\u{202e}exe"), "fdp.\\u{202e}exe");
        assert_eq!(said(false, &format!("x {BOLD}y{PLAIN}")), format!("x {BOLD}y{PLAIN}"));
        let line = serde_json::json!({ "name": "a\u{9b}\u{1b}\u{2028}\n b" }).to_string();
        let read: serde_json::Value = serde_json::from_str(&said(true, &line)).unwrap();
        assert_eq!(read["name"], "a\u{9b}\u{1b}\u{2028}\n b");
        assert!(!said(true, &line).chars().any(steers));
    }
}
