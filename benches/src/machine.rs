//! Where and of what the figures are.

use crate::programs::Programs;
use record::Timestamp;
use serde::Serialize;
use std::process::Command;

/// What stands above every table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub memory_gib: u64,
    pub system: String,
    pub date: String,
    /// Commit of the working tree, with `+` when files differ from it.
    pub commit: String,
    /// `release` or `debug`: how this program, and so most likely those beside it, was built.
    pub profile: &'static str,
    /// Load of the last minute at the start and at the end: above 0 at the start others were at work too.
    pub load: Vec<f64>,
    pub versions: Vec<(String, String)>,
}

/// Looks around.
pub(crate) fn look(programs: &Programs) -> Machine {
    let proc = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let value = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key))?;
        line.split_once([':', '=']).map(|(_, value)| value.trim().trim_matches('"').to_owned())
    };
    let kib =
        value(&proc("/proc/meminfo"), "MemTotal").and_then(|v| v.split(' ').next()?.parse::<u64>().ok());
    Machine {
        cpu: value(&proc("/proc/cpuinfo"), "model name").unwrap_or_else(|| "unknown".into()),
        cores: std::thread::available_parallelism().map_or(0, usize::from),
        memory_gib: kib.unwrap_or(0).div_ceil(1 << 20),
        system: value(&proc("/etc/os-release"), "PRETTY_NAME").unwrap_or_else(|| "unknown".into()),
        date: Timestamp::now().to_string(),
        commit: commit().unwrap_or_else(|| "unknown".into()),
        profile: if cfg!(debug_assertions) { "debug" } else { "release" },
        load: vec![load()],
        versions: programs.versions(),
    }
}

/// Load of the last minute.
pub(crate) fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(f64::NAN)
}

fn commit() -> Option<String> {
    let git = |args: &[&str]| {
        let out = Command::new("git").args(args).output().ok().filter(|out| out.status.success())?;
        Some(String::from_utf8_lossy(&out.stdout).trim().to_owned())
    };
    let mut commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    if !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty() {
        commit.push('+');
    }
    Some(commit)
}
