//! PDF objects (ISO 32000-1, 7.3): reading them from bytes and writing them again.
//!
//! Foreign bytes: depth, number of parts and length are bounded, and a dictionary with one key twice is
//! refused, since readers differ about which of the two counts.

use std::ops::Range;

/// Deepest nesting of arrays and dictionaries.
const MAX_DEPTH: u32 = 64;
/// Most parts of one object.
const MAX_PARTS: u32 = 500_000;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Object {
    Null,
    Bool(bool),
    Int(i64),
    /// A number with a point, as it was written.
    Real(String),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Array(Vec<Object>),
    Dict(Dict),
    Ref(Ref),
}

/// Number and generation of an indirect object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Ref {
    pub(crate) number: u32,
    pub(crate) generation: u16,
}

/// A dictionary in the order of the file; no key occurs twice.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Dict(Vec<(Vec<u8>, Object)>);

/// Why bytes are no object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ParseFault {
    /// The bytes end within the object: with more of them it may be one.
    End,
    Bad(&'static str),
}

/// Key, value, and the bytes the value takes.
type Entry = (Vec<u8>, Object, Range<usize>);

type Parsed<T> = Result<T, ParseFault>;

impl Object {
    pub(crate) fn name(&self) -> Option<&[u8]> {
        if let Self::Name(name) = self { Some(name) } else { None }
    }

    pub(crate) fn is_name(&self, name: &str) -> bool {
        self.name() == Some(name.as_bytes())
    }

    pub(crate) fn int(&self) -> Option<i64> {
        if let Self::Int(value) = self { Some(*value) } else { None }
    }

    /// A number of either kind.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Real(text) => text.parse().ok().filter(|v: &f64| v.is_finite()),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&[u8]> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(crate) fn array(&self) -> Option<&[Object]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    pub(crate) fn dict(&self) -> Option<&Dict> {
        if let Self::Dict(dict) = self { Some(dict) } else { None }
    }

    pub(crate) fn reference(&self) -> Option<Ref> {
        if let Self::Ref(reference) = self { Some(*reference) } else { None }
    }

    pub(crate) fn named(name: &str) -> Self {
        Self::Name(name.as_bytes().to_vec())
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend(b"null"),
            Self::Bool(value) => out.extend(if *value { &b"true"[..] } else { b"false" }),
            Self::Int(value) => out.extend(value.to_string().bytes()),
            Self::Real(text) => out.extend(text.bytes()),
            Self::Name(name) => write_name(name, out),
            Self::Text(text) => write_hex(text, out),
            Self::Ref(r) => out.extend(format!("{} {} R", r.number, r.generation).bytes()),
            Self::Dict(dict) => dict.write(out),
            Self::Array(items) => {
                out.push(b'[');
                for (idx, item) in items.iter().enumerate() {
                    if idx > 0 {
                        out.push(b' ');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
        }
    }
}

impl Dict {
    pub(crate) fn get(&self, key: &str) -> Option<&Object> {
        self.0.iter().find(|(k, _)| k == key.as_bytes()).map(|(_, value)| value)
    }

    pub(crate) fn is(&self, key: &str, name: &str) -> bool {
        self.get(key).is_some_and(|value| value.is_name(name))
    }

    pub(crate) fn int(&self, key: &str) -> Option<i64> {
        self.get(key)?.int()
    }

    /// Puts a value in the place of the earlier one, or at the end.
    pub(crate) fn set(&mut self, key: &str, value: Object) {
        match self.0.iter_mut().find(|(k, _)| k == key.as_bytes()) {
            Some(entry) => entry.1 = value,
            None => self.0.push((key.as_bytes().to_vec(), value)),
        }
    }

    pub(crate) fn with(mut self, key: &str, value: Object) -> Self {
        self.set(key, value);
        self
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &Object)> {
        self.0.iter().map(|(key, value)| (key.as_slice(), value))
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend(b"<<");
        for (key, value) in &self.0 {
            write_name(key, out);
            out.push(b' ');
            value.write(out);
        }
        out.extend(b">>");
    }
}

fn write_name(name: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for &byte in name {
        if is_regular(byte) && byte != b'#' && byte.is_ascii_graphic() {
            out.push(byte);
        } else {
            out.extend(format!("#{byte:02X}").bytes());
        }
    }
}

pub(crate) fn write_hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push(b'<');
    for byte in bytes {
        out.extend([DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    out.push(b'>');
}

fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

/// Reads objects one after another.
pub(crate) struct Parser<'a> {
    bytes: &'a [u8],
    pub(crate) pos: usize,
    parts_left: u32,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, pos: 0, parts_left: MAX_PARTS }
    }

    pub(crate) fn object(&mut self) -> Parsed<Object> {
        self.value(0)
    }

    /// The entries of a dictionary, with the bytes that each value takes.
    pub(crate) fn entries(&mut self) -> Parsed<Vec<Entry>> {
        self.entries_at(0)
    }

    /// `N G obj`, the head of an indirect object.
    pub(crate) fn head(&mut self) -> Parsed<Ref> {
        let bad = ParseFault::Bad("no object stands here");
        let number = self.object()?.int().and_then(|n| u32::try_from(n).ok()).ok_or(bad.clone())?;
        let generation = self.object()?.int().and_then(|n| u16::try_from(n).ok()).ok_or(bad.clone())?;
        if !self.keyword(b"obj")? {
            return Err(bad);
        }
        Ok(Ref { number, generation })
    }

    /// Takes a word, if it stands next.
    pub(crate) fn keyword(&mut self, word: &[u8]) -> Parsed<bool> {
        self.skip_space()?;
        let rest = &self.bytes[self.pos..];
        if rest.len() <= word.len() && word.starts_with(rest) {
            return Err(ParseFault::End);
        }
        let found = rest.starts_with(word) && !is_regular(rest[word.len()]);
        if found {
            self.pos += word.len();
        }
        Ok(found)
    }

    /// Goes past the line end after `stream`: there the data begins.
    pub(crate) fn stream_start(&mut self) -> Parsed<usize> {
        match (self.bytes.get(self.pos), self.bytes.get(self.pos + 1)) {
            (Some(b'\n'), _) => self.pos += 1,
            (Some(b'\r'), Some(b'\n')) => self.pos += 2,
            (Some(_), Some(_)) => return Err(ParseFault::Bad("no line end after the word stream")),
            _ => return Err(ParseFault::End),
        }
        Ok(self.pos)
    }

    pub(crate) fn skip_space(&mut self) -> Parsed<()> {
        loop {
            match self.peek()? {
                b'%' => {
                    while !matches!(self.peek()?, b'\r' | b'\n') {
                        self.pos += 1;
                    }
                }
                byte if is_space(byte) => self.pos += 1,
                _ => return Ok(()),
            }
        }
    }

    fn peek(&self) -> Parsed<u8> {
        self.bytes.get(self.pos).copied().ok_or(ParseFault::End)
    }

    fn take(&mut self) -> Parsed<u8> {
        let byte = self.peek()?;
        self.pos += 1;
        Ok(byte)
    }

    fn value(&mut self, depth: u32) -> Parsed<Object> {
        if depth > MAX_DEPTH {
            return Err(ParseFault::Bad("nested too deeply"));
        }
        self.parts_left = self.parts_left.checked_sub(1).ok_or(ParseFault::Bad("too many parts"))?;
        self.skip_space()?;
        match self.peek()? {
            b'/' => Ok(Object::Name(self.name()?)),
            b'(' => Ok(Object::Text(self.literal()?)),
            b'[' => self.array(depth),
            b'<' => match self.bytes.get(self.pos + 1).ok_or(ParseFault::End)? {
                b'<' => {
                    let entries = self.entries_at(depth)?;
                    Ok(Object::Dict(Dict(entries.into_iter().map(|(key, value, _)| (key, value)).collect())))
                }
                _ => Ok(Object::Text(self.hex()?)),
            },
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.number(),
            _ => self.word(),
        }
    }

    fn entries_at(&mut self, depth: u32) -> Parsed<Vec<Entry>> {
        self.skip_space()?;
        if self.take()? != b'<' || self.take()? != b'<' {
            return Err(ParseFault::Bad("no dictionary stands here"));
        }
        let mut entries = Vec::new();
        loop {
            self.skip_space()?;
            match self.peek()? {
                b'>' => {
                    self.pos += 1;
                    if self.take()? != b'>' {
                        return Err(ParseFault::Bad("a dictionary ends with a single >"));
                    }
                    break;
                }
                b'/' => {
                    let key = self.name()?;
                    self.skip_space()?;
                    let start = self.pos;
                    let value = self.value(depth + 1)?;
                    entries.push((key, value, start..self.pos));
                }
                _ => return Err(ParseFault::Bad("a key of a dictionary is no name")),
            }
        }
        let mut keys: Vec<&[u8]> = entries.iter().map(|(key, ..)| key.as_slice()).collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(ParseFault::Bad("a dictionary has a key twice"));
        }
        Ok(entries)
    }

    fn array(&mut self, depth: u32) -> Parsed<Object> {
        self.pos += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space()?;
            if self.peek()? == b']' {
                self.pos += 1;
                return Ok(Object::Array(items));
            }
            items.push(self.value(depth + 1)?);
        }
    }

    fn name(&mut self) -> Parsed<Vec<u8>> {
        self.pos += 1;
        let mut name = Vec::new();
        while is_regular(self.peek()?) {
            let byte = self.take()?;
            let digits = self.bytes.get(self.pos..self.pos + 2);
            match digits
                .and_then(|d| std::str::from_utf8(d).ok())
                .and_then(|d| u8::from_str_radix(d, 16).ok())
            {
                Some(escaped) if byte == b'#' => {
                    name.push(escaped);
                    self.pos += 2;
                }
                _ => name.push(byte),
            }
        }
        Ok(name)
    }

    fn literal(&mut self) -> Parsed<Vec<u8>> {
        self.pos += 1;
        let (mut text, mut open) = (Vec::new(), 1u32);
        loop {
            match self.take()? {
                b'(' => {
                    open = open.saturating_add(1);
                    text.push(b'(');
                }
                b')' if open == 1 => return Ok(text),
                b')' => {
                    open -= 1;
                    text.push(b')');
                }
                b'\\' => self.escape(&mut text)?,
                b'\r' => {
                    if self.peek()? == b'\n' {
                        self.pos += 1;
                    }
                    text.push(b'\n');
                }
                byte => text.push(byte),
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Parsed<()> {
        match self.take()? {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\n' => {}
            b'\r' => {
                if self.peek()? == b'\n' {
                    self.pos += 1;
                }
            }
            first @ b'0'..=b'7' => {
                let mut value = u32::from(first - b'0');
                for _ in 0..2 {
                    if !matches!(self.peek()?, b'0'..=b'7') {
                        break;
                    }
                    value = value * 8 + u32::from(self.take()? - b'0');
                }
                text.push((value & 0xff) as u8);
            }
            other => text.push(other),
        }
        Ok(())
    }

    fn hex(&mut self) -> Parsed<Vec<u8>> {
        self.pos += 1;
        let (mut bytes, mut half) = (Vec::new(), None);
        loop {
            let byte = self.take()?;
            let digit = match byte {
                b'>' => {
                    bytes.extend(half);
                    return Ok(bytes);
                }
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'f' => byte - b'a' + 10,
                b'A'..=b'F' => byte - b'A' + 10,
                _ if is_space(byte) => continue,
                _ => return Err(ParseFault::Bad("a hexadecimal string has other signs")),
            };
            match half.take() {
                None => half = Some(digit << 4),
                Some(high) => bytes.push(high | digit),
            }
        }
    }

    fn number(&mut self) -> Parsed<Object> {
        let start = self.pos;
        while is_regular(self.peek()?) {
            self.pos += 1;
        }
        let bad = ParseFault::Bad("not a number");
        let text = std::str::from_utf8(&self.bytes[start..self.pos]).map_err(|_| bad.clone())?;
        if text.contains('.') {
            let plain = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'+' | b'-'));
            return if plain && text.len() < 64 { Ok(Object::Real(text.to_owned())) } else { Err(bad) };
        }
        let value: i64 = text.parse().map_err(|_| bad)?;
        if let Some(reference) = self.rest_of_reference(value)? {
            return Ok(Object::Ref(reference));
        }
        Ok(Object::Int(value))
    }

    /// `G R` after a number makes a reference of it.
    fn rest_of_reference(&mut self, number: i64) -> Parsed<Option<Ref>> {
        let Ok(number) = u32::try_from(number) else { return Ok(None) };
        let back = self.pos;
        let generation = self.digits_after_space();
        if let Some(generation) = generation {
            let mut pos = self.pos;
            while self.bytes.get(pos).is_some_and(|b| is_space(*b)) {
                pos += 1;
            }
            match (self.bytes.get(pos), self.bytes.get(pos + 1)) {
                (Some(b'R'), Some(after)) if pos > self.pos && !is_regular(*after) => {
                    self.pos = pos + 1;
                    return Ok(Some(Ref { number, generation }));
                }
                (None, _) | (Some(b'R'), None) => return Err(ParseFault::End),
                _ => {}
            }
        } else if self.pos == self.bytes.len() {
            return Err(ParseFault::End);
        }
        self.pos = back;
        Ok(None)
    }

    fn digits_after_space(&mut self) -> Option<u16> {
        let before = self.pos;
        while self.bytes.get(self.pos).is_some_and(|b| is_space(*b)) {
            self.pos += 1;
        }
        let start = self.pos;
        while self.bytes.get(self.pos).is_some_and(u8::is_ascii_digit) {
            self.pos += 1;
        }
        if start == before || start == self.pos {
            return None;
        }
        std::str::from_utf8(&self.bytes[start..self.pos]).ok()?.parse().ok()
    }

    fn word(&mut self) -> Parsed<Object> {
        for (word, object) in
            [(&b"true"[..], Object::Bool(true)), (b"false", Object::Bool(false)), (b"null", Object::Null)]
        {
            if self.keyword(word)? {
                return Ok(object);
            }
        }
        Err(ParseFault::Bad("an unknown word"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Parsed<Object> {
        Parser::new(text.as_bytes()).object()
    }

    #[test]
    fn what_is_read_is_written_and_read_again() {
        let text =
            "<< /A [1 -2 3.50 (x\\(y\\)\\101\\\n) <4e1> true null] /B#20 12 0 R % c\n /C 5 /D <</E/F>> >> ";
        let object = read(text).expect("an object");
        let mut written = Vec::new();
        object.write(&mut written);
        assert_eq!(
            String::from_utf8_lossy(&written),
            "<</A [1 -2 3.50 <782879".to_owned() + "2941> <4e10> true null]/B#20 12 0 R/C 5/D <</E /F>>>>"
        );
        written.push(b' ');
        assert_eq!(Parser::new(&written).object().expect("again"), object);
    }

    #[test]
    fn cut_objects_ask_for_more_and_bad_ones_are_refused() {
        let whole = "<</A [1 2 0 R (a(b)c) <00>]/B/C>> ";
        for len in 0..whole.len() - 1 {
            assert_eq!(read(&whole[..len]), Err(ParseFault::End), "{len}");
        }
        assert!(read(whole).is_ok());
        for bad in ["<</A 1/A 2>> ", "<<1 2>> ", "<zz> ", "foo ", "1x ", "<</A 1> ", &"[".repeat(100)] {
            assert!(matches!(read(bad), Err(ParseFault::Bad(_))), "{bad}: {:?}", read(bad));
        }
    }
}
