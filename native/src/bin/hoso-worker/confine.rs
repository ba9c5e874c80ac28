//! What a worker may not do: dump core, gain rights, reach the network, outlive its pool, grow without end.

use native::wire::Hello;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, Signal, getpid, getrlimit, kill_process, setrlimit};
use rustix::thread::{UnshareFlags, set_no_new_privs, unshare_unsafe};

/// Before anything else, while there is one thread. Says how the process is kept off the network.
pub(crate) fn at_start() -> Result<&'static str, String> {
    limit(Resource::Core, 0, 0).map_err(|e| format!("cannot switch core dumps off: {e}"))?;
    set_no_new_privs(true).map_err(|e| format!("cannot give up gaining rights: {e}"))?;
    Ok(leave_network())
}

/// An empty network namespace where the kernel lets us: directly with the right to it, else inside a user
/// namespace of our own. Where both are forbidden (some containers), the network stays and is only not used.
fn leave_network() -> &'static str {
    let leave = |flags| {
        // SAFETY: no shared file descriptor table is given up (`UnshareFlags::FILES` is not set).
        unsafe { unshare_unsafe(flags) }
    };
    if leave(UnshareFlags::NEWNET).is_ok() {
        "own-namespace"
    } else if leave(UnshareFlags::NEWUSER | UnshareFlags::NEWNET).is_ok() {
        "own-user-namespace"
    } else {
        "shared"
    }
}

/// Kills this process as soon as the pool's end of the socket is closed, even in the middle of foreign code.
///
/// `PR_SET_PDEATHSIG` would not do: it fires when the *thread* that started us ends, and pools are used from
/// short-lived threads.
pub(crate) fn end_with_the_pool(socket: OwnedFd) -> std::io::Result<()> {
    let watch = move || {
        // No event is asked for; that the other side hung up is always told.
        while let Err(Errno::INTR) = poll(&mut [PollFd::new(&socket, PollFlags::empty())], None) {}
        let _cannot_fail = kill_process(getpid(), Signal::KILL);
    };
    std::thread::Builder::new().name("watch".into()).stack_size(64 << 10).spawn(watch).map(drop)
}

/// The limits of the pool. Files written (anonymous ones) are bounded like memory.
pub(crate) fn with_limits_of(hello: &Hello) -> Result<(), String> {
    let space = hello.address_space_bytes;
    let most = space.saturating_add(hello.max_file_bytes.saturating_mul(2));
    limit(Resource::As, space, most).map_err(|e| format!("cannot limit the address space: {e}"))?;
    limit(Resource::Fsize, space, space).map_err(|e| format!("cannot limit files: {e}"))
}

/// Makes room for mapped files of this length beside the address space for work.
pub(crate) fn allow_files(hello: &Hello, mapped_bytes: u64) -> Result<(), String> {
    let hard = getrlimit(Resource::As).maximum.unwrap_or(u64::MAX);
    limit(Resource::As, hello.address_space_bytes.saturating_add(mapped_bytes), hard)
        .map_err(|e| format!("cannot limit the address space: {e}"))
}

/// Sets a limit, never above the hard one that is there already.
fn limit(resource: Resource, soft: u64, hard: u64) -> rustix::io::Result<()> {
    let hard = getrlimit(resource).maximum.map_or(hard, |there| there.min(hard));
    setrlimit(resource, Rlimit { current: Some(soft.min(hard)), maximum: Some(hard) })
}
