//! Streams that hold the structure of a PDF: cross-references and packed objects. Only Flate, with or
//! without predictor, as all writers make them (ISO 32000-1, 7.4.4); unpacking is bounded.

use std::io::{Read, Seek};

use super::error::PdfError;
use super::object::{Dict, Object};
use super::read;
use super::source::Source;

/// Reads the stream at a position whose length stands in its own dictionary, and unpacks it.
pub(crate) fn read_direct<F: Read + Seek>(
    source: &Source<'_, F>,
    at: u64,
    max: usize,
) -> Result<(Dict, Vec<u8>), PdfError> {
    let found = read::indirect_at(source, at)?;
    let (Object::Dict(dict), Some(start)) = (found.object, found.stream) else {
        return Err(damaged(at, "it is no stream"));
    };
    let length = dict.int("Length").ok_or_else(|| damaged(at, "its length stands elsewhere"))?;
    let data = unpack(source, &dict, start, length, max)?;
    Ok((dict, data))
}

/// The unpacked bytes of a stream whose data begin at `start`.
pub(crate) fn unpack<F: Read + Seek>(
    source: &Source<'_, F>,
    dict: &Dict,
    start: u64,
    length: i64,
    max: usize,
) -> Result<Vec<u8>, PdfError> {
    let length = usize::try_from(length).ok().filter(|l| *l <= max);
    let length = length.ok_or_else(|| damaged(start, "its length"))?;
    let packed = source.piece(start, length)?;
    if packed.len() < length {
        return Err(damaged(start, "it reaches behind the end of the file"));
    }
    match filter(dict).ok_or_else(|| damaged(start, "a filter that structure is not packed with"))? {
        Filter::None => Ok(packed),
        Filter::Flate => {
            let mut data = Vec::new();
            let reader = flate2::read::ZlibDecoder::new(packed.as_slice());
            reader.take(max as u64 + 1).read_to_end(&mut data).map_err(|e| damaged(start, &e.to_string()))?;
            source.charge(data.len() as u64)?;
            if data.len() > max {
                return Err(damaged(start, "it is too large unpacked"));
            }
            predicted(dict, data).ok_or_else(|| damaged(start, "its predictor"))
        }
    }
}

enum Filter {
    None,
    Flate,
}

fn filter(dict: &Dict) -> Option<Filter> {
    match dict.get("Filter") {
        None | Some(Object::Null) => Some(Filter::None),
        Some(Object::Name(name)) if name == b"FlateDecode" => Some(Filter::Flate),
        Some(Object::Array(list)) => match list.as_slice() {
            [] => Some(Filter::None),
            [one] if one.is_name("FlateDecode") => Some(Filter::Flate),
            _ => None,
        },
        Some(_) => None,
    }
}

/// Takes the PNG predictors back (RFC 2083, 6).
fn predicted(dict: &Dict, data: Vec<u8>) -> Option<Vec<u8>> {
    let parms = match dict.get("DecodeParms") {
        Some(Object::Dict(parms)) => parms,
        Some(Object::Array(list)) => match list.first().and_then(Object::dict) {
            Some(parms) => parms,
            None => return Some(data),
        },
        _ => return Some(data),
    };
    match parms.int("Predictor").unwrap_or(1) {
        1 => return Some(data),
        10..=15 => {}
        _ => return None,
    }
    if parms.int("Colors").unwrap_or(1) != 1 || parms.int("BitsPerComponent").unwrap_or(8) != 8 {
        return None;
    }
    let columns =
        usize::try_from(parms.int("Columns").unwrap_or(1)).ok().filter(|c| (1..=4096).contains(c))?;
    let mut out: Vec<u8> = Vec::with_capacity(data.len());
    let mut above = vec![0u8; columns];
    for line in data.chunks(columns + 1) {
        let (kind, line) = line.split_first()?;
        let mut row = vec![0u8; columns];
        for (idx, &byte) in line.iter().enumerate() {
            let left = if idx > 0 { row[idx - 1] } else { 0 };
            let corner = if idx > 0 { above[idx - 1] } else { 0 };
            let guess = match kind {
                0 => 0,
                1 => left,
                2 => above[idx],
                3 => u8::midpoint(left, above[idx]),
                4 => paeth(left, above[idx], corner),
                _ => return None,
            };
            row[idx] = byte.wrapping_add(guess);
        }
        out.extend(&row[..line.len()]);
        above = row;
    }
    Some(out)
}

fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let (a, b, c) = (i32::from(left), i32::from(above), i32::from(corner));
    let p = a + b - c;
    let (pa, pb, pc) = ((p - a).abs(), (p - b).abs(), (p - c).abs());
    if pa <= pb && pa <= pc {
        left
    } else if pb <= pc {
        above
    } else {
        corner
    }
}

fn damaged(at: u64, reason: &str) -> PdfError {
    PdfError::Damaged { what: "stream".into(), at, reason: reason.to_owned() }
}
