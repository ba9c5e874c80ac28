use record::{Sha256, Sha512};
use sha2::Digest;
use std::io::{self, Read};

/// Passes on what a reader gives, and knows its digests in the end.
pub(crate) struct Hashed<R> {
    from: R,
    sha512: sha2::Sha512,
    sha256: sha2::Sha256,
    bytes: u64,
}

impl<R: Read> Hashed<R> {
    pub(crate) fn new(from: R) -> Hashed<R> {
        Hashed { from, sha512: sha2::Sha512::new(), sha256: sha2::Sha256::new(), bytes: 0 }
    }

    pub(crate) fn finish(self) -> (Sha512, Sha256, u64) {
        (Sha512(self.sha512.finalize().into()), Sha256(self.sha256.finalize().into()), self.bytes)
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(buffer)?;
        self.sha512.update(&buffer[..n]);
        self.sha256.update(&buffer[..n]);
        self.bytes += n as u64;
        Ok(n)
    }
}
