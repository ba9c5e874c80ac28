//! A cursor over little-endian bytes that never reads past the end and never allocates on a length it has not checked.

use super::ModelError;

pub(crate) struct Bytes<'a> {
    rest: &'a [u8],
    /// The component being read, for messages.
    part: &'static str,
}

impl<'a> Bytes<'a> {
    pub(crate) fn new(bytes: &'a [u8], part: &'static str) -> Bytes<'a> {
        Bytes { rest: bytes, part }
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], ModelError> {
        let (head, rest) =
            self.rest.split_at_checked(count).ok_or(ModelError::Truncated { part: self.part })?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        let (head, rest) =
            self.rest.split_first_chunk::<N>().ok_or(ModelError::Truncated { part: self.part })?;
        self.rest = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, ModelError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn i8(&mut self) -> Result<i8, ModelError> {
        Ok(i8::from_le_bytes(self.array()?))
    }

    pub(crate) fn i16(&mut self) -> Result<i16, ModelError> {
        Ok(i16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, ModelError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn i32(&mut self) -> Result<i32, ModelError> {
        Ok(i32::from_le_bytes(self.array()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, ModelError> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    pub(crate) fn f64(&mut self) -> Result<f64, ModelError> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    /// A length that must lie in `0..=limit`.
    pub(crate) fn length(&mut self, limit: usize) -> Result<usize, ModelError> {
        let value = self.u32()?;
        usize::try_from(value)
            .ok()
            .filter(|v| *v <= limit)
            .ok_or(ModelError::OutOfRange { part: self.part, value: value.into() })
    }

    /// A signed number that must lie in `0..=limit`.
    pub(crate) fn count(&mut self, limit: usize) -> Result<usize, ModelError> {
        let value = self.i32()?;
        usize::try_from(value)
            .ok()
            .filter(|v| *v <= limit)
            .ok_or(ModelError::OutOfRange { part: self.part, value: value.into() })
    }

    /// A string with its length in front, at most `limit` bytes.
    pub(crate) fn text(&mut self, limit: usize) -> Result<&'a str, ModelError> {
        let length = self.length(limit)?;
        std::str::from_utf8(self.take(length)?).map_err(|_| ModelError::NotText { part: self.part })
    }
}
