//! Faults for tests: full disk, failing disk, power cut, at a step chosen beforehand.
//!
//! Every call that changes the medium is one step. While no [`Faults`] lives on the thread a step costs one
//! look at a thread-local flag. While one lives, it counts the steps and remembers what has not been synced:
//! after a power cut [`Faults::lose_unsynced`] takes exactly that away again, which is the worst a journalling
//! file system may do.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// What goes wrong at the chosen step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The step fails with `ENOSPC`; later steps work.
    NoSpace,
    /// The step fails with `EIO`; later steps work.
    Io,
    /// The step and all after it fail: the machine is off.
    PowerCut,
    /// The process ends at once, without unwinding.
    Abort,
    /// A write step stores one wrong bit and reports success; other steps are left alone.
    FlipBit,
}

/// One call that changes the medium.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The call.
    pub op: &'static str,
    /// What it changes.
    pub path: PathBuf,
}

/// Faults are planned for this thread as long as this value lives.
#[derive(Debug)]
pub struct Faults {
    stays_on_thread: PhantomData<*const ()>,
}

struct Plan {
    fault: Option<(u64, Fault)>,
    steps: Vec<Step>,
    power_is_off: bool,
    pending: Vec<Pending>,
}

/// A change that a power cut may still undo. `now` follows later renames; the other paths are those of the
/// moment, good again once all later changes are undone.
enum Pending {
    Data { now: PathBuf, synced_bytes: u64 },
    Created { path: PathBuf, now: PathBuf },
    Renamed { from: PathBuf, to: PathBuf, now: PathBuf, replaced: Option<Vec<u8>> },
    Exchanged { a: PathBuf, b: PathBuf, now: PathBuf },
    Removed { path: PathBuf, now: PathBuf, content: Option<Vec<u8>> },
}

impl Pending {
    fn now(&mut self) -> &mut PathBuf {
        match self {
            Self::Data { now, .. }
            | Self::Created { now, .. }
            | Self::Renamed { now, .. }
            | Self::Exchanged { now, .. }
            | Self::Removed { now, .. } => now,
        }
    }
    fn is_data_of(&self, path: &Path) -> bool {
        matches!(self, Self::Data { now, .. } if now == path)
    }
}

thread_local! {
    static PLAN: RefCell<Option<Plan>> = const { RefCell::new(None) };
}

impl Faults {
    /// Nothing goes wrong; steps are counted.
    pub fn count() -> Faults {
        Self::plan(None)
    }

    /// `fault` strikes at the step with this number, counted from 1.
    ///
    /// # Panics
    /// If faults are planned already on this thread.
    pub fn at(step: u64, fault: Fault) -> Faults {
        Self::plan(Some((step, fault)))
    }

    fn plan(fault: Option<(u64, Fault)>) -> Faults {
        PLAN.with_borrow_mut(|plan| {
            assert!(plan.is_none(), "one plan of faults a thread");
            *plan = Some(Plan { fault, steps: Vec::new(), power_is_off: false, pending: Vec::new() });
        });
        Faults { stays_on_thread: PhantomData }
    }

    /// The steps so far, the failed one included.
    pub fn steps(&self) -> Vec<Step> {
        PLAN.with_borrow(|plan| plan.as_ref().map(|p| p.steps.clone()).unwrap_or_default())
    }

    /// Takes away from the medium what was never synced: what was written to files since their last
    /// sync, names in unsynced folders. Call it when everything that held files or locks is dropped.
    pub fn lose_unsynced(self) -> io::Result<()> {
        let pending = PLAN.with_borrow_mut(|plan| plan.as_mut().map(|p| std::mem::take(&mut p.pending)));
        drop(self);
        let pending = pending.unwrap_or_default();
        for change in &pending {
            if let Pending::Data { now, synced_bytes } = change
                && now.is_file()
            {
                fs::File::options().write(true).open(now)?.set_len(*synced_bytes)?;
            }
        }
        pending.into_iter().rev().try_for_each(undo)
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        PLAN.with_borrow_mut(|plan| *plan = None);
    }
}

fn undo(change: Pending) -> io::Result<()> {
    let gone = |result: io::Result<()>| match result {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    match change {
        Pending::Data { .. } => Ok(()),
        Pending::Created { path, .. } if path.is_dir() => gone(fs::remove_dir_all(path)),
        Pending::Created { path, .. } => gone(fs::remove_file(path)),
        Pending::Renamed { from, to, replaced, .. } => {
            gone(fs::rename(&to, &from))?;
            replaced.map_or(Ok(()), |content| fs::write(&to, content))
        }
        Pending::Exchanged { a, b, .. } => {
            let cwd = rustix::fs::CWD;
            Ok(rustix::fs::renameat_with(cwd, a, cwd, b, rustix::fs::RenameFlags::EXCHANGE)?)
        }
        Pending::Removed { path, content: Some(content), .. } => gone(fs::write(path, content)),
        Pending::Removed { path, content: None, .. } => gone(fs::create_dir(path)),
    }
}

/// Called before every step; `true` asks a write to store a wrong bit.
pub(crate) fn step(op: &'static str, path: &Path) -> io::Result<bool> {
    PLAN.with_borrow_mut(|plan| {
        let Some(plan) = plan else { return Ok(false) };
        if plan.power_is_off {
            return Err(io::Error::other("the power is cut (planned fault)"));
        }
        plan.steps.push(Step { op, path: path.to_owned() });
        let Some((number, fault)) = plan.fault else { return Ok(false) };
        if plan.steps.len() as u64 != number {
            return Ok(false);
        }
        match fault {
            Fault::NoSpace => Err(rustix::io::Errno::NOSPC.into()),
            Fault::Io => Err(rustix::io::Errno::IO.into()),
            Fault::PowerCut => {
                plan.power_is_off = true;
                Err(io::Error::other("the power is cut (planned fault)"))
            }
            Fault::Abort => std::process::abort(),
            Fault::FlipBit => Ok(op == "write"),
        }
    })
}

fn note(change: impl FnOnce(&mut Vec<Pending>)) {
    PLAN.with_borrow_mut(|plan| {
        if let Some(plan) = plan {
            change(&mut plan.pending);
        }
    });
}

pub(crate) fn created(path: &Path) {
    note(|pending| pending.push(Pending::Created { path: path.to_owned(), now: path.to_owned() }));
}

/// Called before the bytes change.
pub(crate) fn dirty(path: &Path) {
    note(|pending| {
        if !pending.iter().any(|p| p.is_data_of(path)) {
            let synced_bytes = fs::metadata(path).map_or(0, |meta| meta.len());
            pending.push(Pending::Data { now: path.to_owned(), synced_bytes });
        }
    });
}

pub(crate) fn file_synced(path: &Path) {
    note(|pending| pending.retain(|p| !p.is_data_of(path)));
}

/// Everything so far is on the medium.
pub(crate) fn fs_synced() {
    note(Vec::clear);
}

/// A rename counts as durable when the folder it leads to is synced: journals write both names at once.
pub(crate) fn dir_synced(dir: &Path) {
    note(|pending| {
        pending.retain_mut(|p| matches!(p, Pending::Data { .. }) || p.now().parent() != Some(dir));
    });
}

/// The content a replacing or removing call is about to take away; read only while faults are planned.
pub(crate) fn content_before(path: &Path) -> Option<Vec<u8>> {
    PLAN.with_borrow(|plan| plan.is_some()).then(|| fs::read(path).ok()).flatten()
}

pub(crate) fn removed(path: &Path, content: Option<Vec<u8>>) {
    note(|pending| {
        pending.retain(|p| !p.is_data_of(path));
        pending.push(Pending::Removed { path: path.to_owned(), now: path.to_owned(), content });
    });
}

pub(crate) fn renamed(from: &Path, to: &Path, replaced: Option<Vec<u8>>) {
    note(|pending| {
        for change in pending.iter_mut() {
            let now = change.now();
            if let Some(moved) = moved(now, from, to) {
                *now = moved;
            }
        }
        pending.push(Pending::Renamed {
            from: from.to_owned(),
            to: to.to_owned(),
            now: to.to_owned(),
            replaced,
        });
    });
}

pub(crate) fn exchanged(a: &Path, b: &Path) {
    note(|pending| {
        for change in pending.iter_mut() {
            let now = change.now();
            if let Some(moved) = moved(now, a, b).or_else(|| moved(now, b, a)) {
                *now = moved;
            }
        }
        pending.push(Pending::Exchanged { a: a.to_owned(), b: b.to_owned(), now: b.to_owned() });
    });
}

/// Where a path lies after the folder or file `from` has become `to`; `None` if it is not below it.
fn moved(path: &Path, from: &Path, to: &Path) -> Option<PathBuf> {
    let rest = path.strip_prefix(from).ok()?;
    Some(if rest.as_os_str().is_empty() { to.to_owned() } else { to.join(rest) })
}
