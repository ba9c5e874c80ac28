use std::fmt;
use std::str::FromStr;

/// Text that is no digest of the wanted length in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a digest of {bytes} bytes in hexadecimal")]
pub struct DigestParseError {
    bytes: usize,
}

/// What each byte is as a figure in hexadecimal of either case; those that are none are above 15.
const VALUES: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value] as usize] = value as u8;
        values[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    values
};

macro_rules! digest {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// The raw bytes.
            pub fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }
        impl fmt::Display for $name {
            /// Lower-case hexadecimal.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Whole lists of them are printed to be compared: not byte by byte through the formatter.
                let mut text = [0; 2 * $len];
                for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
                    pair[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
                    pair[1] = b"0123456789abcdef"[usize::from(byte & 15)];
                }
                f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
        impl FromStr for $name {
            type Err = DigestParseError;
            /// Hexadecimal of either case.
            fn from_str(s: &str) -> Result<Self, DigestParseError> {
                let wrong = DigestParseError { bytes: $len };
                let s = s.as_bytes();
                if s.len() != 2 * $len {
                    return Err(wrong);
                }
                let mut out = [0u8; $len];
                for (byte, pair) in out.iter_mut().zip(s.chunks_exact(2)) {
                    let (high, low) = (VALUES[usize::from(pair[0])], VALUES[usize::from(pair[1])]);
                    if high | low > 15 {
                        return Err(wrong);
                    }
                    *byte = high << 4 | low;
                }
                Ok(Self(out))
            }
        }
    };
}

digest!(
    /// SHA-256 (FIPS 180-4): the digest of manifests, signatures and logs.
    Sha256, 32
);
digest!(
    /// SHA-512 (FIPS 180-4): the digest of OCFL inventories.
    Sha512, 64
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_parses() {
        let digest = Sha256(std::array::from_fn(|i| i as u8 * 7));
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!(Sha256([0xA5; 32]).to_string(), "a5".repeat(32));
        assert_eq!(Sha512([0x0F; 64]).to_string(), "0f".repeat(64));
        assert_eq!(digest.to_string().to_uppercase().parse(), Ok(digest));
        assert!("00".parse::<Sha256>().is_err());
        assert!("g".repeat(64).parse::<Sha256>().is_err());
        assert!("é".repeat(32).parse::<Sha256>().is_err());
    }
}
