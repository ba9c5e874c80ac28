//! Programs of other people that judge what ours wrote, where somebody has installed them.

use std::ffi::OsStr;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Bytes kept of what a program says.
const MAX_SAID: u64 = 1 << 20;

/// What a program answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Its exit code; `None` where it was ended by a signal, by us when it took too long.
    pub exit: Option<i32>,
    /// The first of what it said on both streams.
    pub said: String,
}

/// Starts a program without input and waits for it, at most so long.
///
/// # Errors
/// Where it cannot be started.
#[allow(clippy::disallowed_methods, reason = "other programs are started here")]
pub fn ask_judge<S: AsRef<OsStr>>(
    program: &Path,
    args: impl IntoIterator<Item = S>,
    patience: Duration,
) -> io::Result<Judgement> {
    let mut said = tempfile::tempfile()?;
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(said.try_clone()?)
        .stderr(said.try_clone()?)
        .spawn()?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > patience {
            child.kill()?;
            break child.wait()?;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    said.rewind()?;
    let mut bytes = Vec::new();
    said.take(MAX_SAID).read_to_end(&mut bytes)?;
    Ok(Judgement { exit: status.code(), said: String::from_utf8_lossy(&bytes).into_owned() })
}
