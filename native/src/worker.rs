//! One `hoso-worker` process, seen from outside: started, asked, and in any case ended.

use crate::heap;
use crate::memory;
use crate::wire::{self, Answer, Call, Failure, Hello, PROTOCOL, Reply, Request, WireError, retry};
use crate::{NativeError, WorkerConfig};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A running worker. Dropping it ends the process and waits for it.
pub(crate) struct Worker {
    child: Child,
    socket: Option<OwnedFd>,
    /// What it writes to standard error; an anonymous file, so that nobody has to keep reading.
    said: File,
    next_id: u64,
    /// Calls answered.
    pub(crate) calls: u32,
    /// The file it looked at last, which it may still have open.
    pub(crate) last_key: Option<u64>,
    /// Memory it held for itself after the last call.
    pub(crate) own_bytes: u64,
    /// What keeps it off the network.
    pub(crate) network: String,
}

impl Worker {
    /// Starts the program and exchanges introductions.
    pub(crate) fn start(config: &WorkerConfig, faults: bool) -> Result<Self, NativeError> {
        let failed = |cause: String| NativeError::CannotStart { program: config.program.clone(), cause };
        let (ours, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
                .map_err(|e| failed(e.to_string()))?;
        let said =
            memfd_create("hoso-worker-said", MemfdFlags::CLOEXEC).map_err(|e| failed(e.to_string()))?;
        let their_said = said.try_clone().map_err(|e| failed(e.to_string()))?;
        #[expect(clippy::disallowed_methods, reason = "this crate is where programs are started")]
        let mut command = Command::new(&config.program);
        command
            .env_clear()
            .env("OMP_THREAD_LIMIT", "1")
            .env("LANG", "C.UTF-8")
            .env("MALLOC_ARENA_MAX", "1")
            .envs(heap::environment())
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::from(their_said))
            .current_dir("/")
            // Ctrl-C at a terminal is for the parent to handle, not for its workers.
            .process_group(0);
        if faults {
            command.env("HOSO_WORKER_FAULTS", "1");
        }
        let child = command.spawn().map_err(|e| failed(e.to_string()))?;
        // The command still holds the worker's end of the socket; while it lives, the worker's death stays unseen.
        drop(command);
        let mut worker = Self {
            child,
            socket: Some(ours),
            said: said.into(),
            next_id: 0,
            calls: 0,
            last_key: None,
            own_bytes: 0,
            network: String::new(),
        };
        worker.introduce(config).map_err(|error| match error {
            NativeError::CannotStart { .. } => error,
            other => failed(other.to_string()),
        })?;
        Ok(worker)
    }

    fn introduce(&mut self, config: &WorkerConfig) -> Result<(), NativeError> {
        let limits = &config.limits;
        let hello = Hello {
            protocol: PROTOCOL,
            program: env!("CARGO_PKG_VERSION").into(),
            tessdata: config.tessdata.clone(),
            pdfium: config.pdfium.clone(),
            language: config.language.clone(),
            engine: config.engine,
            kernels: config.kernels,
            address_space_bytes: limits.address_space_bytes,
            max_pixels: limits.max_pixels,
            max_file_bytes: limits.max_file_bytes,
        };
        let wall = limits.wall.max(Duration::from_secs(30));
        let (answer, _) = self.ask(Call::Hello(hello), &[], wall)?;
        let Answer::Hello { protocol, program, omp_thread_limit, network } = answer else {
            return Err(NativeError::Protocol("no introduction".into()));
        };
        let failed = |cause| Err(NativeError::CannotStart { program: config.program.clone(), cause });
        if (protocol, program.as_str()) != (PROTOCOL, env!("CARGO_PKG_VERSION")) {
            return failed(format!(
                "it is version {program} with protocol {protocol}, wanted is {} with {PROTOCOL}",
                env!("CARGO_PKG_VERSION")
            ));
        }
        if omp_thread_limit != "1" {
            return failed(format!("OMP_THREAD_LIMIT is {omp_thread_limit:?} in it, not \"1\""));
        }
        self.network = network;
        Ok(())
    }

    /// Asks and waits, at most `wall`. After an error that [`NativeError::ends_the_worker`] the process is gone.
    pub(crate) fn ask(
        &mut self,
        call: Call,
        fds: &[BorrowedFd<'_>],
        wall: Duration,
    ) -> Result<(Answer, Vec<OwnedFd>), NativeError> {
        let id = self.next_id;
        self.next_id += 1;
        let socket = self.socket.as_ref().expect("a worker that was ended is not asked again");
        let reply = match wire::send(socket, &Request { id, call }, fds) {
            Ok(()) if answered_within(socket, wall) => wire::receive::<Reply>(socket),
            Ok(()) => {
                self.end();
                return Err(NativeError::TimedOut { limit: wall });
            }
            Err(error) => Err(error),
        };
        match reply {
            Ok((reply, fds)) if reply.id == id => {
                self.calls += 1;
                self.own_bytes = reply.own_bytes;
                match reply.result {
                    Ok(answer) => Ok((answer, fds)),
                    Err(Failure::Refused { said }) => {
                        self.end();
                        Err(NativeError::Protocol(said))
                    }
                    Err(failure) => Err(failure.into()),
                }
            }
            Ok((reply, _)) => {
                self.end();
                Err(NativeError::Protocol(format!("the reply to call {} instead of {id}", reply.id)))
            }
            Err(WireError::Malformed(what)) => {
                self.end();
                Err(NativeError::Protocol(what))
            }
            Err(WireError::HungUp | WireError::Socket(_)) => Err(self.death()),
        }
    }

    /// Ends the process, however it is, and tells how it had ended by itself.
    fn end(&mut self) -> Option<ExitStatus> {
        self.socket = None;
        // A process that is dying already keeps its own cause of death.
        let _gone_already = self.child.kill();
        self.child.wait().ok()
    }

    fn death(&mut self) -> NativeError {
        let how = match self.end() {
            None => "unknown".to_owned(),
            Some(status) => match (status.signal(), status.code()) {
                (Some(signal), _) => format!("signal {signal}"),
                (None, Some(code)) => format!("exit code {code}"),
                (None, None) => "unknown".to_owned(),
            },
        };
        let tail = self.tail();
        let lines = || tail.lines().map(str::trim).filter(|line| !line.is_empty());
        // Rust's allocator, C++'s `operator new`, and the kernel's killer, which leaves no word.
        let memory = lines().find(|line| line.contains("memory allocation of") || line.contains("bad_alloc"));
        if let Some(line) = memory {
            return NativeError::OutOfMemory { how, said: line.to_owned() };
        }
        let said = lines().next_back().unwrap_or("nothing was said").to_owned();
        if how == "signal 9" {
            return NativeError::OutOfMemory { how, said };
        }
        NativeError::Died { how, said }
    }

    /// The end of what it wrote, at most 4 KiB.
    fn tail(&self) -> String {
        let len = self.said.metadata().map_or(0, |m| m.len());
        let mut tail = vec![0; len.min(4096) as usize];
        let start = len - tail.len() as u64;
        match self.said.read_exact_at(&mut tail, start) {
            Ok(()) => String::from_utf8_lossy(&tail).into_owned(),
            Err(_) => String::new(),
        }
    }

    /// The process, for tests that look at it.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.end();
    }
}

/// Whether the socket has something to read, or is closed, before the time is up.
fn answered_within(socket: &OwnedFd, wall: Duration) -> bool {
    let deadline = Instant::now() + wall;
    retry(|| {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
        let mut fds = [PollFd::new(socket, PollFlags::IN)];
        poll(&mut fds, Some(&left))
    })
    // A failing poll is found out by the read that follows.
    .map_or(true, |ready| ready > 0)
}

/// The sealed files of an answer, mapped: at least `min`, at most `max` of them.
pub(crate) fn mapped(fds: Vec<OwnedFd>, min: usize, max: usize) -> Result<Vec<memory::Mapping>, NativeError> {
    if fds.len() < min || fds.len() > max {
        return Err(NativeError::Protocol(format!("{} files with an answer", fds.len())));
    }
    fds.iter()
        .map(|fd| memory::map_sealed(fd.as_fd()).map_err(|e| NativeError::Protocol(e.to_string())))
        .collect()
}
