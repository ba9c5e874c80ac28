//! Walking DER by hand, keeping the original bytes.
//!
//! Signatures are over bytes, not over meanings: decoding and encoding again could change them (sets get
//! sorted, times get normalised). So what is hashed is always a slice of what was received.

use der::{Decode, Encode, Header, Reader, SliceReader, Tag, asn1::ObjectIdentifier};

/// Bytes that are not the structure they should be: a reason in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) String);

impl Malformed {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl From<der::Error> for Malformed {
    fn from(error: der::Error) -> Self {
        Self(format!("not valid DER: {error}"))
    }
}

/// One element: its tag, all its bytes, and its contents.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tlv<'a> {
    pub(crate) tag: Tag,
    pub(crate) whole: &'a [u8],
    pub(crate) value: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// The one element these bytes consist of.
    pub(crate) fn only(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut elements = Elements::new(bytes)?;
        let tlv = elements.next()?.ok_or_else(|| Malformed::new("empty"))?;
        match elements.next()? {
            None => Ok(tlv),
            Some(_) => Err(Malformed::new("bytes after the end")),
        }
    }

    /// The first element and what follows it.
    pub(crate) fn first(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Malformed> {
        let tlv = Elements::new(bytes)?.next()?.ok_or_else(|| Malformed::new("empty"))?;
        Ok((tlv, &bytes[tlv.whole.len()..]))
    }

    /// The elements inside, at most `max`.
    pub(crate) fn children(&self, max: usize) -> Result<Vec<Tlv<'a>>, Malformed> {
        let mut elements = Elements::new(self.value)?;
        let mut out = Vec::new();
        while let Some(tlv) = elements.next()? {
            if out.len() == max {
                return Err(Malformed::new(format!("more than {max} elements in one place")));
            }
            out.push(tlv);
        }
        Ok(out)
    }

    pub(crate) fn expect(self, tag: Tag, what: &str) -> Result<Self, Malformed> {
        if self.tag == tag {
            Ok(self)
        } else {
            Err(Malformed(format!("{what}: {} where {tag} should be", self.tag)))
        }
    }

    pub(crate) fn oid(&self) -> Result<ObjectIdentifier, Malformed> {
        Ok(ObjectIdentifier::from_der(self.whole)?)
    }

    /// Is this the context-specific, constructed element `[number]`?
    pub(crate) fn is_context(&self, number: u8) -> bool {
        self.tag.is_context_specific()
            && self.tag.is_constructed()
            && self.tag.number().0 == u32::from(number)
    }
}

struct Elements<'a>(SliceReader<'a>);

impl<'a> Elements<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Ok(Self(SliceReader::new(bytes)?))
    }

    fn next(&mut self) -> Result<Option<Tlv<'a>>, Malformed> {
        if self.0.is_finished() {
            return Ok(None);
        }
        let header = Header::peek(&self.0)?;
        let header_len = usize::try_from(header.encoded_len()?)?;
        let whole = self.0.tlv_bytes()?;
        Ok(Some(Tlv { tag: header.tag(), whole, value: &whole[header_len..] }))
    }
}

/// Takes the elements of a sequence one after another.
pub(crate) struct Fields<'a> {
    items: std::collections::VecDeque<Tlv<'a>>,
    what: &'static str,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(tlv: Tlv<'a>, max: usize, what: &'static str) -> Result<Self, Malformed> {
        let tlv = tlv.expect(Tag::Sequence, what)?;
        Ok(Self { items: tlv.children(max)?.into(), what })
    }

    pub(crate) fn take(&mut self, tag: Tag) -> Result<Tlv<'a>, Malformed> {
        self.take_any()?.expect(tag, self.what)
    }

    pub(crate) fn take_any(&mut self) -> Result<Tlv<'a>, Malformed> {
        self.items.pop_front().ok_or_else(|| Malformed(format!("{} ends too early", self.what)))
    }

    pub(crate) fn take_context(&mut self, number: u8) -> Option<Tlv<'a>> {
        if self.items.front()?.is_context(number) { self.items.pop_front() } else { None }
    }

    pub(crate) fn take_if(&mut self, tag: Tag) -> Option<Tlv<'a>> {
        if self.items.front()?.tag == tag { self.items.pop_front() } else { None }
    }

    pub(crate) fn end(self) -> Result<(), Malformed> {
        if self.items.is_empty() {
            Ok(())
        } else {
            Err(Malformed(format!("{} has elements too many", self.what)))
        }
    }
}
