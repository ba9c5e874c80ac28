//! A command line that cannot be understood, for whoever reads Vietnamese. The parser knows English alone.

use crate::args::BadValue;
use crate::say::{Exit, Failure};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error;

/// Why a value is not taken; `None` where the parser's own words must do.
pub(crate) fn vietnamese(error: &clap::Error) -> Option<Failure> {
    let argument = text(error, ContextKind::InvalidArg)?;
    let value = text(error, ContextKind::InvalidValue).filter(|value| !value.is_empty());
    let why = match error.kind() {
        ErrorKind::ValueValidation => {
            let source = error.source()?;
            source.downcast_ref::<BadValue>().map_or_else(|| source.to_string(), |bad| bad.vi.to_owned())
        }
        ErrorKind::InvalidValue => match (&value, error.get(ContextKind::ValidValue)) {
            (Some(_), Some(ContextValue::Strings(known))) => format!("dùng một trong: {}", known.join(", ")),
            _ => return None,
        },
        _ => return None,
    };
    let value = value?;
    let message = format!("giá trị \"{value}\" không dùng được cho {argument}: {why}");
    let hint = Some("xem cách dùng: thêm --help sau lệnh".to_owned());
    Some(Failure { exit: Exit::Misused, message, hint })
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::CommandFactory;

    #[test]
    fn values_that_are_not_taken_are_told_in_vietnamese() {
        let told = |words: &[&str]| {
            let words = ["hoso", "archive"].into_iter().chain(words.iter().copied());
            let error = Cli::command().try_get_matches_from(words).unwrap_err();
            vietnamese(&error).map(|failure| failure.message)
        };
        for (words, named, why) in [
            (&["check", "--subset", "4/3"][..], "\"4/3\"", "hai số như 3/7"),
            (&["check", "--since", "90"], "--since", "ví dụ 90d"),
            (&["check", "--budget", "5 táo"], "\"5 táo\"", "ví dụ 500GB"),
            (&["drill", "--from", "x", "--sample", "101%"], "--sample", "phần trăm"),
            (&["retention", "--as-of", "2015"], "\"2015\"", "cần một ngày"),
            (&["minutes", "--of", "gì đó"], "--of", "dùng một trong: check, backup, restore, drill"),
            (&["destroy", "approve", "1", "--by", " "], "--by", "họ tên và chức vụ"),
        ] {
            let told = told(words).unwrap_or_else(|| panic!("{words:?}"));
            assert!(told.contains(named) && told.contains(why), "{told}");
        }
        assert_eq!(told(&["no-such-command"]), None);
        assert_eq!(told(&["check", "--no-such-flag"]), None);
    }
}
