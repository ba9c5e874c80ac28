//! What programs of other people say.

use super::DrillEvent;
use super::report::JudgeJson;
use crate::config::Layout;
use native::ask_judge;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// How long a judge may take.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);

/// A validator of OCFL storage roots.
#[derive(Debug, Clone)]
pub struct Judge {
    /// Which.
    pub kind: JudgeKind,
    /// Where it is installed, if it is.
    pub program: Option<PathBuf>,
}

/// The validators that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgeKind {
    /// `rocfl`.
    Rocfl,
    /// `ocfl-root.py` of ocfl-py.
    OcflPy,
}

impl JudgeKind {
    /// All of them.
    pub const ALL: [JudgeKind; 2] = [JudgeKind::Rocfl, JudgeKind::OcflPy];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rocfl => "rocfl",
            Self::OcflPy => "ocfl-py",
        }
    }

    /// The program it is started by.
    pub fn program(self) -> &'static str {
        match self {
            Self::Rocfl => "rocfl",
            Self::OcflPy => "ocfl-root.py",
        }
    }
}

/// What a program of other people says of the storage root that was restored.
pub(super) fn ask(judge: &Judge, rebuilt: &Layout, tell: &mut dyn FnMut(DrillEvent)) -> JudgeJson {
    let name = judge.kind.name();
    let answer = |verdict: &str, problem: Option<String>| JudgeJson {
        name: name.to_owned(),
        problem,
        verdict: verdict.to_owned(),
    };
    let Some(program) = &judge.program else { return answer("not-installed", None) };
    tell(DrillEvent::Judging(name));
    let root = rebuilt.root.join("ocfl").into_os_string();
    let args: Vec<OsString> = match judge.kind {
        JudgeKind::Rocfl => vec!["-r".into(), root, "validate".into()],
        JudgeKind::OcflPy => {
            vec![
                "validate".into(),
                "--validate-objects".into(),
                "--check-digests".into(),
                "--root".into(),
                root,
            ]
        }
    };
    match ask_judge(program, args, PATIENCE) {
        Err(error) => answer("failed", Some(error.to_string())),
        Ok(said) => {
            // rocfl ends with 2, ocfl-py with 0 or 1; both name what is wrong.
            let is_invalid = said.exit == Some(2) || said.said.contains("INVALID");
            let last = said.said.lines().rev().find(|line| !line.trim().is_empty()).map(str::to_owned);
            match (is_invalid, said.exit) {
                (true, _) => answer("invalid", last),
                (false, Some(0)) => answer("valid", None),
                (false, _) => answer("failed", last),
            }
        }
    }
}
