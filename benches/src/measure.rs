//! CPU time and memory of whole process trees, as Linux accounts for them in /proc.
//!
//! CPU: the times of children that this process has waited for, before and after. They hold their own children as far
//! as those were waited for, so a program that leaves workers behind would look cheaper than it is; `hoso`, OCRmyPDF and
//! tesseract all wait for theirs. Resolution: 10 ms.

use crate::programs::check;
use anyhow::{Context, Result};
use std::collections::HashMap;
use std::ops::AddAssign;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a run cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    /// User and system time of the whole tree, seconds.
    pub cpu_s: f64,
    /// Seconds by the clock.
    pub wall_s: f64,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.cpu_s += other.cpu_s;
        self.wall_s += other.wall_s;
    }
}

/// Runs one program, nothing else beside it, and tells its cost.
pub(crate) fn cost(command: &mut Command, codes: &[i32]) -> Result<Cost> {
    let name = command.get_program().to_owned();
    let (cpu, start) = (children_cpu_s()?, Instant::now());
    let out = command.output().with_context(|| format!("cannot start {}", name.display()))?;
    let wall_s = start.elapsed().as_secs_f64();
    check(&name, out.status, &out.stderr, codes)?;
    Ok(Cost { cpu_s: children_cpu_s()? - cpu, wall_s })
}

/// Clock ticks of `/proc/*/stat` in a second: 100 on every Linux that Debian supports.
const TICKS: f64 = 100.0;

/// User and system time of children waited for (fields 16 and 17 of proc(5) `stat`).
fn children_cpu_s() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("cannot read /proc/self/stat")?;
    let fields = after_name(&stat).context("/proc/self/stat has no name")?;
    let ticks: u64 = fields.split(' ').skip(13).take(2).map_while(|field| field.parse::<u64>().ok()).sum();
    Ok(ticks as f64 / TICKS)
}

/// The fields from the third (state) on; the second, the name, may hold spaces and brackets.
fn after_name(stat: &str) -> Option<&str> {
    stat.rsplit_once(')').map(|(_, fields)| fields.trim())
}

/// The largest sum seen over a tree.
#[derive(Debug, Clone, Default)]
pub(crate) struct Peak {
    /// Sum of RssAnon over the tree, bytes.
    pub anonymous_bytes: u64,
    /// Processes in the tree at that moment.
    pub processes: usize,
    /// All sums in order, bytes.
    pub samples: Vec<u64>,
}

impl Peak {
    /// The largest sum in each quarter of the run: tells growth from pages that happen to be large together.
    pub(crate) fn quarters(&self) -> Vec<u64> {
        let quarter = self.samples.len().div_ceil(4).max(1);
        self.samples.chunks(quarter).map(|part| part.iter().copied().max().unwrap_or(0)).collect()
    }
}

/// Runs one program and samples the anonymous resident memory of its whole tree every 100 ms.
pub(crate) fn peak(command: &mut Command, codes: &[i32]) -> Result<(Cost, Peak)> {
    let name = command.get_program().to_owned();
    let (cpu, start) = (children_cpu_s()?, Instant::now());
    let child = command.spawn().with_context(|| format!("cannot start {}", name.display()))?;
    let root = child.id();
    let done = AtomicBool::new(false);
    let (out, peak) = std::thread::scope(|scope| {
        let sampler = scope.spawn(|| {
            let mut peak = Peak::default();
            while !done.load(Ordering::Relaxed) {
                let (anonymous_bytes, processes) = tree_memory(root);
                if anonymous_bytes > peak.anonymous_bytes {
                    (peak.anonymous_bytes, peak.processes) = (anonymous_bytes, processes);
                }
                peak.samples.push(anonymous_bytes);
                std::thread::sleep(Duration::from_millis(100));
            }
            peak
        });
        let out = child.wait_with_output();
        done.store(true, Ordering::Relaxed);
        (out, sampler.join().expect("the sampler does not panic"))
    });
    let (out, wall_s) = (out?, start.elapsed().as_secs_f64());
    check(&name, out.status, &out.stderr, codes)?;
    Ok((Cost { cpu_s: children_cpu_s()? - cpu, wall_s }, peak))
}

/// RssAnon of a process and all below it, and how many they are. Processes that end meanwhile count nothing.
fn tree_memory(root: u32) -> (u64, usize) {
    let parents = parents();
    let mut sum = (0, 0);
    for pid in parents.keys() {
        let mut at = Some(*pid);
        // A tree is not deep; the bound keeps a torn picture of it from going in circles.
        let in_tree = (0..16).any(|_| {
            let here = at == Some(root);
            at = at.and_then(|pid| parents.get(&pid).copied());
            here
        });
        if in_tree && let Some(bytes) = anonymous_bytes(*pid) {
            sum = (sum.0 + bytes, sum.1 + 1);
        }
    }
    sum
}

/// Every process and its parent.
fn parents() -> HashMap<u32, u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return HashMap::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let parent = |pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some((pid, after_name(&stat)?.split(' ').nth(1)?.parse().ok()?))
    };
    pids.filter_map(parent).collect()
}

/// Processes of that name started by a process itself.
pub(crate) fn children_named(root: u32, name: &str) -> Vec<u32> {
    let is_named = |pid: &u32| {
        std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name)
    };
    let parents = parents();
    parents.into_iter().filter(|(_, parent)| *parent == root).map(|(pid, _)| pid).filter(is_named).collect()
}

/// Runs one program and tells its cost and the most memory that the kernel ever gave it (VmHWM), bytes.
pub(crate) fn high_water(command: &mut Command, codes: &[i32]) -> Result<(Cost, u64)> {
    let name = command.get_program().to_owned();
    let (cpu, start) = (children_cpu_s()?, Instant::now());
    let mut child = command.spawn().with_context(|| format!("cannot start {}", name.display()))?;
    let (pid, mut high) = (child.id(), 0);
    // The mark never falls: the last look before the end misses what the end alone takes.
    while child.try_wait()?.is_none() {
        high = high.max(from_status(pid, "VmHWM:").unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    let wall_s = start.elapsed().as_secs_f64();
    let out = child.wait_with_output()?;
    check(&name, out.status, &out.stderr, codes)?;
    Ok((Cost { cpu_s: children_cpu_s()? - cpu, wall_s }, high))
}

/// All memory of a process that is in use, shared pages included, bytes.
pub(crate) fn resident(pid: u32) -> Option<u64> {
    from_status(pid, "VmRSS:")
}

fn anonymous_bytes(pid: u32) -> Option<u64> {
    from_status(pid, "RssAnon:")
}

/// A size in `/proc/PID/status`, bytes.
fn from_status(pid: u32, field: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grandchild_is_counted_in_time_and_memory() {
        // The shell starts a Python that holds 80 MB for a second and burns half a second of CPU at least.
        let burn = "import time; held = bytearray(80_000_000); until = time.monotonic() + 1\n\
                    while time.process_time() < 0.5 or time.monotonic() < until: pass";
        let mut command = Command::new("sh");
        command.args(["-c", "python3 -c \"$0\"; exit 3", burn]);
        let (cost, peak) = peak(&mut command, &[3]).expect("sh and python3 run");
        // User and system time of both are cut off to 10 ms each.
        assert!(cost.cpu_s >= 0.46, "{cost:?}");
        assert!((80_000_000..200_000_000).contains(&peak.anonymous_bytes), "{peak:?}");
        assert_eq!(peak.processes, 2, "{peak:?}");
    }

    #[test]
    fn a_failure_shows_what_was_said() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no paper >&2; exit 4"]).stderr(std::process::Stdio::piped());
        let error = cost(&mut command, &[0, 3]).expect_err("exit 4 is not asked for").to_string();
        assert!(error.contains("no paper"), "{error}");
    }

    #[test]
    fn names_with_brackets_do_not_shift_fields() {
        assert_eq!(after_name("12 (a) b (c)) S 7 12"), Some("S 7 12"));
    }
}
