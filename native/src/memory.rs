//! Bytes that cross the wall between processes without being copied through it: anonymous files (memfd), sealed so
//! that the other side can neither change nor shorten them while they are looked at.

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, memfd_create};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::ffi::c_void;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Deref;
use std::ptr::NonNull;
use std::time::Duration;

const SEALS: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::WRITE);

/// Three seconds: no page is held that long.
const BUSY_TRIES: u32 = 300;
const BUSY_WAIT: Duration = Duration::from_millis(10);

/// A sealed memfd that holds `parts`, one after the other. `name` is only for people who look into `/proc`.
pub fn sealed(name: &str, parts: &[&[u8]]) -> io::Result<OwnedFd> {
    let fd = memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = File::from(fd);
    for part in parts {
        file.write_all(part)?;
    }
    seal(&file)?;
    Ok(file.into())
}

/// The kernel answers "busy" while it holds a page of the file itself, to move it say: it is asked again.
fn seal(file: &File) -> io::Result<()> {
    for _ in 0..BUSY_TRIES {
        match fcntl_add_seals(file, SEALS | SealFlags::SEAL) {
            Err(Errno::BUSY) => std::thread::sleep(BUSY_WAIT),
            other => return Ok(other?),
        }
    }
    Err(Errno::BUSY.into())
}

/// Maps what [`sealed`] made, on the other side. A file without the seals is refused with `PermissionDenied`:
/// whoever sent it could change it under our eyes.
pub fn map_sealed(fd: impl AsFd) -> io::Result<Mapping> {
    let seals = fcntl_get_seals(&fd)?;
    if !seals.contains(SEALS) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the memory handed over is not sealed"));
    }
    // all of it will be read
    Mapping::of(fd, MapFlags::PRIVATE | MapFlags::POPULATE)
}

/// A whole file, mapped for reading. Dereferences to its bytes.
#[derive(Debug)]
pub struct Mapping {
    /// `None` for an empty file, which cannot be mapped.
    at: Option<NonNull<c_void>>,
    len: usize,
}

impl Mapping {
    /// Maps the file as long as it is now.
    ///
    /// Of an unsealed file (a received scan, seen by a worker) the bytes may change while they are read; decoders
    /// of foreign bytes must live with that. If it is cut short, reading behind the new end raises `SIGBUS`, which
    /// costs the process: unsealed files are mapped in workers only.
    pub fn whole_file(fd: impl AsFd) -> io::Result<Self> {
        Self::of(fd, MapFlags::PRIVATE)
    }

    fn of(fd: impl AsFd, flags: MapFlags) -> io::Result<Self> {
        let len = usize::try_from(fstat(&fd)?.st_size).map_err(|_| Errno::OVERFLOW)?;
        if len == 0 {
            return Ok(Self { at: None, len });
        }
        // SAFETY: the address is left to the kernel, so no memory that Rust knows of is mapped over.
        let at = unsafe { mmap(std::ptr::null_mut(), len, ProtFlags::READ, flags, fd, 0) }?;
        Ok(Self { at: NonNull::new(at), len })
    }
}

impl Deref for Mapping {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self.at {
            None => &[],
            // SAFETY: `at` was mapped readable with `len` bytes and stays so until `drop`; nobody writes through
            // this mapping. For sealed files nothing can change the bytes; for others see `whole_file`.
            Some(at) => unsafe { std::slice::from_raw_parts(at.as_ptr().cast::<u8>(), self.len) },
        }
    }
}

impl AsRef<[u8]> for Mapping {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if let Some(at) = self.at {
            // SAFETY: exactly the range that `whole_file` mapped; no slice of it outlives `self`.
            let unmapped = unsafe { munmap(at.as_ptr(), self.len) };
            debug_assert!(unmapped.is_ok(), "unmapping our own mapping cannot fail");
        }
    }
}

// SAFETY: a read-only mapping is plain memory; it belongs to the process, not to a thread.
unsafe impl Send for Mapping {}
// SAFETY: as above; shared reading is all that it offers.
unsafe impl Sync for Mapping {}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::ftruncate;
    use rustix::io::write;

    #[test]
    fn sealed_bytes_arrive_and_cannot_be_changed() {
        let fd = sealed("test", &[b"ab", b"", b"cd"]).unwrap();
        assert_eq!(&*map_sealed(&fd).unwrap(), b"abcd");
        assert_eq!(write(&fd, b"x"), Err(Errno::PERM));
        assert_eq!(ftruncate(&fd, 2), Err(Errno::PERM));
        assert_eq!(&*map_sealed(sealed("empty", &[]).unwrap()).unwrap(), b"");
    }

    /// Somebody else writes into it through a mapping for a moment: the kernel refuses the seal as long as that lasts.
    #[test]
    fn a_file_that_is_busy_is_sealed_when_it_is_free() {
        let fd = memfd_create("test", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        write(&fd, b"abcd").unwrap();
        // SAFETY: the address is left to the kernel.
        let at =
            unsafe { mmap(std::ptr::null_mut(), 4, ProtFlags::WRITE, MapFlags::SHARED, &fd, 0) }.unwrap();
        assert_eq!(fcntl_add_seals(&fd, SEALS), Err(Errno::BUSY));
        let file = File::from(fd);
        let at = at as usize;
        std::thread::scope(|threads| {
            let sealing = threads.spawn(|| seal(&file));
            std::thread::sleep(Duration::from_millis(50));
            assert!(!sealing.is_finished());
            // SAFETY: exactly the range mapped above, which nobody uses.
            unsafe { munmap(at as *mut c_void, 4) }.unwrap();
            sealing.join().unwrap().unwrap();
        });
        assert_eq!(&*map_sealed(&file).unwrap(), b"abcd");
    }

    #[test]
    fn unsealed_bytes_are_refused() {
        let fd = memfd_create("test", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        write(&fd, b"abcd").unwrap();
        assert_eq!(map_sealed(&fd).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        fcntl_add_seals(&fd, SealFlags::SHRINK).unwrap();
        assert_eq!(map_sealed(&fd).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}
