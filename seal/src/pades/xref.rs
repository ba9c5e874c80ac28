//! Where the objects of a PDF lie: cross-reference tables, streams, and both together (ISO 32000-1, 7.5).
//!
//! Entries of tables stay in the file and are read one by one when asked for; those of streams are kept as
//! they were unpacked. Nothing is repaired: a file whose references are broken means different things to
//! different readers.

use std::io::{Read, Seek};

use super::error::PdfError;
use super::object::{Dict, Object, Parser};
use super::source::Source;
use super::stream;

/// Most sections of one file: each saving adds one.
const MAX_SECTIONS: usize = 1024;
/// Most pieces of one table.
const MAX_PIECES: usize = 200_000;
/// All cross-reference streams of a file together, unpacked, in bytes.
const MAX_ROWS_BYTES: usize = 64 << 20;
/// How far from the end `startxref` may stand.
const TAIL_BYTES: usize = 1024;
/// Bytes of one entry of a table.
const ENTRY_BYTES: u64 = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Location {
    Free,
    At { offset: u64, generation: u16 },
    InStream { stream: u32, idx: u32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Table,
    Stream,
}

pub(crate) struct Xref {
    /// The newest first.
    pub(crate) sections: Vec<Section>,
}

pub(crate) struct Section {
    pub(crate) at: u64,
    pub(crate) kind: Kind,
    pub(crate) trailer: Dict,
    pieces: Vec<Piece>,
    rows: Vec<u8>,
    widths: [usize; 3],
    /// The stream beside a table, for readers that know streams.
    hybrid: Option<Box<Section>>,
}

/// Entries of `count` objects from `first` on; `start` is a position in the file (table) or in the rows.
struct Piece {
    first: u32,
    count: u32,
    start: u64,
}

impl Xref {
    pub(crate) fn read<F: Read + Seek>(source: &Source<'_, F>) -> Result<Self, PdfError> {
        let mut next = Some(start(source)?);
        let mut sections: Vec<Section> = Vec::new();
        let mut rows_left = MAX_ROWS_BYTES;
        while let Some(at) = next {
            if sections.iter().any(|s| s.at == at) {
                return Err(broken(at, "the sections point at each other in a ring"));
            }
            if sections.len() == MAX_SECTIONS {
                return Err(broken(at, "more than 1024 sections"));
            }
            let section = Section::read(source, at, &mut rows_left)?;
            next = previous(&section.trailer, at)?;
            sections.push(section);
        }
        Ok(Self { sections })
    }

    pub(crate) fn newest(&self) -> &Section {
        &self.sections[0]
    }

    pub(crate) fn find<F: Read + Seek>(
        &self,
        source: &Source<'_, F>,
        number: u32,
    ) -> Result<Location, PdfError> {
        for section in &self.sections {
            if let Some(location) = section.find(source, number)? {
                return Ok(location);
            }
        }
        Ok(Location::Free)
    }
}

fn previous(trailer: &Dict, at: u64) -> Result<Option<u64>, PdfError> {
    match trailer.get("Prev") {
        None => Ok(None),
        Some(value) => {
            let prev = value.int().and_then(|v| u64::try_from(v).ok());
            Ok(Some(prev.ok_or_else(|| broken(at, "Prev is no position"))?))
        }
    }
}

/// The position after the last `startxref`.
fn start<F: Read + Seek>(source: &Source<'_, F>) -> Result<u64, PdfError> {
    let from = source.len().saturating_sub(TAIL_BYTES as u64);
    let tail = source.piece(from, TAIL_BYTES)?;
    let word = b"startxref";
    let found = tail.windows(word.len()).rposition(|w| w == word);
    let at = found.ok_or_else(|| broken(source.len(), "no startxref at the end of the file"))?;
    let mut rest = tail[at + word.len()..].to_vec();
    rest.push(b'\n');
    let value = Parser::new(&rest).object().ok().and_then(|o| o.int()).and_then(|v| u64::try_from(v).ok());
    let value = value.ok_or_else(|| broken(from + at as u64, "startxref without a position"))?;
    if !tail[at..].windows(5).any(|w| w == b"%%EOF") {
        return Err(broken(from + at as u64, "no %%EOF after startxref"));
    }
    Ok(value)
}

impl Section {
    fn read<F: Read + Seek>(
        source: &Source<'_, F>,
        at: u64,
        rows_left: &mut usize,
    ) -> Result<Self, PdfError> {
        if at >= source.len() {
            return Err(broken(at, "startxref or Prev points behind the end of the file"));
        }
        let head = source.piece(at, 8)?;
        if !head.starts_with(b"xref") {
            return Self::read_stream(source, at, rows_left);
        }
        let mut section = Self::read_table(source, at)?;
        if let Some(value) = section.trailer.get("XRefStm") {
            let stream = value.int().and_then(|v| u64::try_from(v).ok());
            let stream = stream.ok_or_else(|| broken(at, "XRefStm is no position"))?;
            section.hybrid = Some(Box::new(Self::read_stream(source, stream, rows_left)?));
        }
        Ok(section)
    }

    fn read_table<F: Read + Seek>(source: &Source<'_, F>, at: u64) -> Result<Self, PdfError> {
        let mut pieces = Vec::new();
        let mut pos = at + 4;
        loop {
            let mut window = source.piece(pos, 64)?;
            window.push(b'\n');
            let mut parser = Parser::new(&window);
            match parser.keyword(b"trailer") {
                Ok(true) => {
                    pos += parser.pos as u64;
                    break;
                }
                Ok(false) => {}
                Err(_) => return Err(broken(pos, "a table without trailer")),
            }
            let mut number =
                || parser.object().ok().and_then(|o| o.int()).and_then(|v| u32::try_from(v).ok());
            let (Some(first), Some(count)) = (number(), number()) else {
                return Err(broken(pos, "no piece of a table stands here"));
            };
            if pieces.len() == MAX_PIECES {
                return Err(broken(pos, "a table of too many pieces"));
            }
            if count > 0 {
                parser.skip_space().map_err(|_| broken(pos, "a table ends too early"))?;
            }
            let start = pos + parser.pos as u64;
            pos = start + u64::from(count) * ENTRY_BYTES;
            if pos >= source.len() || first.checked_add(count).is_none() {
                return Err(broken(start, "a table that reaches behind the end of the file"));
            }
            pieces.push(Piece { first, count, start });
        }
        let pieces = in_order(pieces, at)?;
        let trailer = super::read::dict_at(source, pos).map_err(|_| broken(pos, "the trailer is damaged"))?;
        Ok(Self { at, kind: Kind::Table, trailer, pieces, rows: Vec::new(), widths: [0; 3], hybrid: None })
    }

    fn read_stream<F: Read + Seek>(
        source: &Source<'_, F>,
        at: u64,
        rows_left: &mut usize,
    ) -> Result<Self, PdfError> {
        let fault = |reason: &'static str| broken(at, reason);
        if at >= source.len() {
            return Err(fault("a cross-reference stream behind the end of the file"));
        }
        let (trailer, data) = stream::read_direct(source, at, *rows_left).map_err(|e| broken_by(at, e))?;
        *rows_left -= data.len().min(*rows_left);
        if !trailer.is("Type", "XRef") {
            return Err(fault("neither a table nor a cross-reference stream stands here"));
        }
        let size = trailer.int("Size").and_then(|v| u32::try_from(v).ok());
        let size = size.ok_or_else(|| fault("a cross-reference stream without Size"))?;
        let width = |object: &Object| object.int().and_then(|v| usize::try_from(v).ok()).filter(|w| *w <= 8);
        let widths: Option<Vec<usize>> =
            trailer.get("W").and_then(Object::array).map(|w| w.iter().filter_map(width).collect());
        let widths: [usize; 3] = widths
            .and_then(|w| w.try_into().ok())
            .ok_or_else(|| fault("the widths of a cross-reference stream"))?;
        let row = widths.iter().sum::<usize>() as u64;
        let index = match trailer.get("Index") {
            None => vec![0, i64::from(size)],
            Some(value) => value
                .array()
                .map(|items| items.iter().filter_map(Object::int).collect())
                .ok_or_else(|| fault("Index is no list"))?,
        };
        let (mut pieces, mut start) = (Vec::new(), 0u64);
        for pair in index.chunks(2) {
            let [first, count] = pair else { return Err(fault("Index has an odd length")) };
            let (Ok(first), Ok(count)) = (u32::try_from(*first), u32::try_from(*count)) else {
                return Err(fault("Index has a number that is none"));
            };
            if first.checked_add(count).is_none() || pieces.len() == MAX_PIECES {
                return Err(fault("Index is too large"));
            }
            pieces.push(Piece { first, count, start });
            start += u64::from(count) * row;
        }
        let pieces = in_order(pieces, at)?;
        if row == 0 || start > data.len() as u64 {
            return Err(fault("a cross-reference stream that is too short"));
        }
        Ok(Self { at, kind: Kind::Stream, trailer, pieces, rows: data, widths, hybrid: None })
    }

    /// Where an object lies according to this section, if it speaks of it.
    pub(crate) fn find<F: Read + Seek>(
        &self,
        source: &Source<'_, F>,
        number: u32,
    ) -> Result<Option<Location>, PdfError> {
        let before = self.pieces.partition_point(|piece| piece.first <= number);
        let piece = before.checked_sub(1).map(|idx| &self.pieces[idx]);
        let found = match piece.map(|piece| (piece, number - piece.first)) {
            Some((piece, idx)) if idx < piece.count => Some(self.entry(source, piece, idx)?),
            _ => None,
        };
        let Some(stream) = &self.hybrid else { return Ok(found) };
        match (found, stream.find(source, number)?) {
            (None | Some(Location::Free), beside) => Ok(beside.or(found)),
            (Some(own), Some(beside)) if beside != Location::Free && beside != own => {
                Err(broken(self.at, &format!("table and stream lead to two different objects {number}")))
            }
            _ => Ok(found),
        }
    }

    /// Every number this section speaks of.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        let beside = self.hybrid.iter().flat_map(|s| s.pieces.iter());
        self.pieces.iter().chain(beside).flat_map(|p| p.first..p.first + p.count)
    }

    fn entry<F: Read + Seek>(
        &self,
        source: &Source<'_, F>,
        piece: &Piece,
        idx: u32,
    ) -> Result<Location, PdfError> {
        if self.kind == Kind::Stream {
            let row = self.widths.iter().sum::<usize>();
            let start = usize::try_from(piece.start).unwrap_or(usize::MAX) + idx as usize * row;
            return self.row(&self.rows[start..start + row]);
        }
        let at = piece.start + u64::from(idx) * ENTRY_BYTES;
        let entry = source.piece(at, ENTRY_BYTES as usize)?;
        let digits = |range: std::ops::Range<usize>| {
            let part = entry.get(range)?;
            if !part.iter().all(u8::is_ascii_digit) {
                return None;
            }
            std::str::from_utf8(part).ok()?.parse::<u64>().ok()
        };
        let parts = (digits(0..10), digits(11..16), entry.get(17));
        match parts {
            (Some(_), Some(_), Some(b'f')) => Ok(Location::Free),
            (Some(offset), Some(generation), Some(b'n')) => {
                let generation =
                    u16::try_from(generation).map_err(|_| broken(at, "a generation too large"))?;
                // Some writers give free entries as used ones at position 0.
                Ok(if offset == 0 { Location::Free } else { Location::At { offset, generation } })
            }
            _ => Err(broken(at, "an entry of a table is damaged")),
        }
    }

    fn row(&self, row: &[u8]) -> Result<Location, PdfError> {
        let [kind, second, _] = self.widths;
        let number = |bytes: &[u8]| bytes.iter().fold(0u64, |value, b| (value << 8) | u64::from(*b));
        let (a, rest) = row.split_at(kind);
        let (b, c) = rest.split_at(second);
        let (b, c) = (number(b), number(c));
        let large = || broken(self.at, "a number of a cross-reference stream is too large");
        match if a.is_empty() { 1 } else { number(a) } {
            1 => Ok(Location::At { offset: b, generation: u16::try_from(c).map_err(|_| large())? }),
            2 => Ok(Location::InStream {
                stream: u32::try_from(b).map_err(|_| large())?,
                idx: u32::try_from(c).map_err(|_| large())?,
            }),
            // Unknown kinds mean null (ISO 32000-1, table 18).
            _ => Ok(Location::Free),
        }
    }
}

/// By their first numbers. Two entries for one object mean different things to different readers.
fn in_order(mut pieces: Vec<Piece>, at: u64) -> Result<Vec<Piece>, PdfError> {
    pieces.retain(|piece| piece.count > 0);
    pieces.sort_by_key(|piece| piece.first);
    match pieces.windows(2).all(|pair| pair[0].first + pair[0].count <= pair[1].first) {
        true => Ok(pieces),
        false => Err(broken(at, "two entries for one object")),
    }
}

fn broken(at: u64, reason: &str) -> PdfError {
    PdfError::BrokenXref { at, reason: reason.to_owned() }
}

fn broken_by(at: u64, error: PdfError) -> PdfError {
    match error {
        PdfError::Io(_) | PdfError::TooCostly => error,
        other => broken(at, &other.to_string()),
    }
}
