use std::fmt;
use std::str::FromStr;

/// Text that is no digest of the wanted length in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a digest of {bytes} bytes in hexadecimal")]
pub struct DigestParseError {
    bytes: usize,
}

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
                self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
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
                    let digit = |c: u8| (c as char).to_digit(16);
                    let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
                        return Err(wrong);
                    };
                    *byte = (high * 16 + low) as u8;
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
        assert_eq!(digest.to_string().to_uppercase().parse(), Ok(digest));
        assert!("00".parse::<Sha256>().is_err());
        assert!("g".repeat(64).parse::<Sha256>().is_err());
        assert!("é".repeat(32).parse::<Sha256>().is_err());
    }
}
