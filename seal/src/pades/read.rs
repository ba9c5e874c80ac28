//! Reading what signing and verifying need of a PDF: objects by number, the catalog, pages, the form.

use std::io::{Read, Seek};

use super::error::PdfError;
use super::object::{Dict, Object, ParseFault, Parser, Ref};
use super::source::Source;
use super::stream;
use super::xref::{Location, Xref};

/// Largest object (without the data of its stream), in bytes.
const MAX_OBJECT_BYTES: usize = 16 << 20;
/// Largest stream of packed objects, unpacked, in bytes.
const MAX_PACKED_BYTES: usize = 64 << 20;
/// Unpacked streams that are kept together, in bytes: readers go to and fro between them.
const MAX_KEPT_BYTES: usize = 64 << 20;
/// Longest chain of references to references.
const MAX_HOPS: u32 = 16;
/// Deepest page tree.
const MAX_TREE_DEPTH: usize = 64;
/// Most nodes looked at on the way to page one.
const MAX_NODES: u32 = 10_000;

/// An indirect object as it lies in the file.
pub(crate) struct Indirect {
    pub(crate) id: Ref,
    pub(crate) object: Object,
    /// Where the data of the stream begin, if it is one.
    pub(crate) stream: Option<u64>,
}

/// A PDF with its cross-references.
pub(crate) struct Document<'f, F> {
    pub(crate) source: Source<'f, F>,
    pub(crate) xref: Xref,
    /// Unpacked streams of packed objects, the last used one last.
    packed: Vec<(u32, Packed)>,
}

/// A stream of packed objects, unpacked: each is parsed when it is asked for.
struct Packed {
    data: Vec<u8>,
    /// Numbers, and where in the data each begins.
    places: Vec<(u32, usize)>,
}

/// Page one and what it inherits.
pub(crate) struct Page {
    pub(crate) id: Ref,
    pub(crate) dict: Dict,
    /// Within the MediaBox; the MediaBox itself if there is none.
    pub(crate) crop_box: [f64; 4],
    /// 0, 90, 180 or 270 degrees clockwise.
    pub(crate) rotate: i64,
    pub(crate) user_unit: f64,
}

impl<'f, F: Read + Seek> Document<'f, F> {
    /// Reads the cross-references. Refuses files that are encrypted or do not begin as PDF.
    pub(crate) fn open(source: Source<'f, F>) -> Result<Self, PdfError> {
        if source.piece(0, 5)? != b"%PDF-" {
            return Err(PdfError::NotPdf);
        }
        let xref = Xref::read(&source)?;
        if xref.sections.iter().any(|s| s.trailer.get("Encrypt").is_some()) {
            return Err(PdfError::Encrypted);
        }
        Ok(Self { source, xref, packed: Vec::new() })
    }

    pub(crate) fn trailer(&self) -> &Dict {
        &self.xref.newest().trailer
    }

    pub(crate) fn locate(&mut self, number: u32) -> Result<Location, PdfError> {
        self.xref.find(&self.source, number)
    }

    /// The object of a reference; null if there is none.
    pub(crate) fn object(&mut self, id: Ref) -> Result<Object, PdfError> {
        match self.locate(id.number)? {
            Location::Free => Ok(Object::Null),
            Location::At { generation, .. } if generation != id.generation => Ok(Object::Null),
            Location::At { offset, .. } => Ok(self.indirect(id, offset)?.object),
            Location::InStream { .. } if id.generation != 0 => Ok(Object::Null),
            Location::InStream { stream, idx } => self.packed(id.number, stream, idx),
        }
    }

    /// The object that the cross-references say begins at `offset`.
    pub(crate) fn indirect(&mut self, id: Ref, offset: u64) -> Result<Indirect, PdfError> {
        let found = indirect_at(&self.source, offset)?;
        if found.id != id {
            let reason = format!("object {} stands where object {} should be", found.id.number, id.number);
            return Err(PdfError::BrokenXref { at: offset, reason });
        }
        Ok(found)
    }

    /// Follows references to what they mean.
    pub(crate) fn resolve(&mut self, object: &Object) -> Result<Object, PdfError> {
        let mut object = object.clone();
        for _ in 0..MAX_HOPS {
            match object {
                Object::Ref(id) => object = self.object(id)?,
                other => return Ok(other),
            }
        }
        Err(structure("references that lead to each other"))
    }

    /// The value of a key, followed to what it means; null if there is none.
    pub(crate) fn value(&mut self, dict: &Dict, key: &str) -> Result<Object, PdfError> {
        dict.get(key).map_or(Ok(Object::Null), |value| self.resolve(value))
    }

    pub(crate) fn root(&mut self) -> Result<(Ref, Dict), PdfError> {
        let id = self.trailer().get("Root").and_then(Object::reference);
        let id = id.ok_or_else(|| structure("the trailer names no catalog"))?;
        match self.object(id)? {
            Object::Dict(dict) => Ok((id, dict)),
            _ => Err(structure("the catalog is no dictionary")),
        }
    }

    /// The number that the next new object may have.
    pub(crate) fn next_number(&self) -> Result<u32, PdfError> {
        let sizes = self.xref.sections.iter().filter_map(|s| s.trailer.int("Size"));
        let size = sizes.max().and_then(|v| u32::try_from(v).ok()).filter(|v| (1..8_388_607).contains(v));
        size.ok_or_else(|| structure("the trailer has no usable Size"))
    }

    fn packed(&mut self, number: u32, stream: u32, idx: u32) -> Result<Object, PdfError> {
        let found = match self.packed.iter().position(|(kept, _)| *kept == stream) {
            Some(place) => self.packed.remove(place),
            None => (stream, self.unpack(stream)?),
        };
        let size = |packed: &Packed| packed.data.len();
        let mut kept: usize = self.packed.iter().map(|(_, packed)| size(packed)).sum();
        while !self.packed.is_empty() && kept + size(&found.1) > MAX_KEPT_BYTES {
            kept -= size(&self.packed.remove(0).1);
        }
        self.packed.push(found);
        let (_, packed) = self.packed.last().expect("just kept");
        match packed.places.get(idx as usize) {
            Some((found, at)) if *found == number => {
                let object = packed.data.get(*at..).and_then(|rest| Parser::new(rest).object().ok());
                object.ok_or_else(|| structure("a packed object is damaged"))
            }
            _ => {
                let reason = format!("object {number} is not in the stream {stream}");
                Err(PdfError::BrokenXref { at: 0, reason })
            }
        }
    }

    fn unpack(&mut self, number: u32) -> Result<Packed, PdfError> {
        let Location::At { offset, generation } = self.locate(number)? else {
            return Err(structure("a stream of packed objects is missing"));
        };
        let found = self.indirect(Ref { number, generation }, offset)?;
        let (Object::Dict(dict), Some(start)) = (found.object, found.stream) else {
            return Err(structure("packed objects that are no stream"));
        };
        if !dict.is("Type", "ObjStm") {
            return Err(structure("packed objects in a stream of another type"));
        }
        let length = match dict.get("Length") {
            Some(Object::Ref(id)) => match self.locate(id.number)? {
                // A length inside a packed stream could need that very stream.
                Location::At { offset, .. } => self.indirect(*id, offset)?.object.int(),
                _ => None,
            },
            other => other.and_then(Object::int),
        };
        let length = length.ok_or_else(|| structure("packed objects without length"))?;
        let data = stream::unpack(&self.source, &dict, start, length, MAX_PACKED_BYTES)?;
        packed_objects(&dict, data).ok_or_else(|| structure("a stream of packed objects is damaged"))
    }

    /// The unpacked data of a stream.
    pub(crate) fn stream_data(&mut self, id: Ref, max: usize) -> Result<Vec<u8>, PdfError> {
        let Location::At { offset, generation } = self.locate(id.number)? else {
            return Err(structure("a stream is missing"));
        };
        let found = self.indirect(Ref { number: id.number, generation }, offset)?;
        let (Object::Dict(dict), Some(start)) = (found.object, found.stream) else {
            return Err(structure("no stream where one should be"));
        };
        let length =
            self.value(&dict, "Length")?.int().ok_or_else(|| structure("a stream without length"))?;
        stream::unpack(&self.source, &dict, start, length, max)
    }

    /// Page one: the first leaf of the page tree.
    pub(crate) fn page_one(&mut self, catalog: &Dict) -> Result<Page, PdfError> {
        let top = catalog.get("Pages").and_then(Object::reference);
        let top = top.ok_or_else(|| structure("the catalog names no pages"))?;
        let mut ways = vec![vec![top]];
        let mut nodes = 0;
        let mut inherited: Vec<(Ref, Dict)> = Vec::new();
        while let Some(level) = ways.last_mut() {
            let Some(id) = level.pop() else {
                ways.pop();
                inherited.pop();
                continue;
            };
            nodes += 1;
            if nodes > MAX_NODES || ways.len() > MAX_TREE_DEPTH {
                return Err(structure("the page tree is too deep or runs in a ring"));
            }
            let Object::Dict(dict) = self.object(id)? else {
                return Err(structure("a node of the page tree is no dictionary"));
            };
            let Object::Array(kids) = self.value(&dict, "Kids")? else {
                inherited.push((id, dict));
                return self.page(&inherited);
            };
            inherited.push((id, dict));
            ways.push(kids.iter().rev().filter_map(Object::reference).collect());
        }
        Err(structure("the PDF has no page"))
    }

    fn page(&mut self, path: &[(Ref, Dict)]) -> Result<Page, PdfError> {
        let (id, dict) = path.last().expect("ends with the page");
        let mut inherited = |key: &str| -> Result<Object, PdfError> {
            for (_, node) in path.iter().rev() {
                match self.value(node, key)? {
                    Object::Null => {}
                    found => return Ok(found),
                }
            }
            Ok(Object::Null)
        };
        let media = inherited("MediaBox")?;
        let crop = inherited("CropBox")?;
        let rotate = inherited("Rotate")?.int().unwrap_or(0).rem_euclid(360);
        let media_box = rectangle(&media).ok_or_else(|| structure("page one has no MediaBox"))?;
        let crop_box = rectangle(&crop).and_then(|c| intersection(c, media_box)).unwrap_or(media_box);
        if rotate % 90 != 0 {
            return Err(structure("page one is turned by no multiple of 90 degrees"));
        }
        let user_unit =
            dict.get("UserUnit").and_then(Object::number).filter(|u| (0.01..=10_000.0).contains(u));
        Ok(Page { id: *id, dict: dict.clone(), crop_box, rotate, user_unit: user_unit.unwrap_or(1.0) })
    }
}

/// Put behind bytes that end: a number there is no reference that is cut off.
const LAST: &[u8] = b"\n/ ";

fn packed_objects(dict: &Dict, mut data: Vec<u8>) -> Option<Packed> {
    let count = usize::try_from(dict.int("N")?).ok().filter(|n| *n <= 1_000_000)?;
    let first = usize::try_from(dict.int("First")?).ok()?;
    let mut head_bytes = data.get(..first)?.to_vec();
    head_bytes.extend(LAST);
    data.extend(LAST);
    let mut head = Parser::new(&head_bytes);
    let mut places = Vec::new();
    for _ in 0..count {
        let number = u32::try_from(head.object().ok()?.int()?).ok()?;
        let offset = usize::try_from(head.object().ok()?.int()?).ok()?;
        places.push((number, first.checked_add(offset)?));
    }
    Some(Packed { data, places })
}

/// Reads `N G obj …` at a position.
pub(crate) fn indirect_at<F: Read + Seek>(source: &Source<'_, F>, at: u64) -> Result<Indirect, PdfError> {
    parse_at(source, at, |parser| {
        let id = parser.head()?;
        let object = parser.object()?;
        let mut stream = None;
        if matches!(object, Object::Dict(_)) && parser.keyword(b"stream")? {
            stream = Some(at + parser.stream_start()? as u64);
        }
        Ok(Indirect { id, object, stream })
    })
}

pub(crate) fn dict_at<F: Read + Seek>(source: &Source<'_, F>, at: u64) -> Result<Dict, PdfError> {
    match parse_at(source, at, |parser| parser.object())? {
        Object::Dict(dict) => Ok(dict),
        _ => Err(structure("no dictionary where one should be")),
    }
}

/// Parses at a position, with a window that grows until the object is whole.
pub(crate) fn parse_at<F: Read + Seek, T>(
    source: &Source<'_, F>,
    at: u64,
    parse: impl Fn(&mut Parser<'_>) -> Result<T, ParseFault>,
) -> Result<T, PdfError> {
    let damaged = |reason: &str| PdfError::Damaged { what: "object".into(), at, reason: reason.to_owned() };
    if at >= source.len() {
        return Err(damaged("behind the end of the file"));
    }
    let mut len = 1024;
    loop {
        let mut window = source.piece(at, len)?;
        let is_all = window.len() < len;
        window.push(b'\n');
        match parse(&mut Parser::new(if is_all { &window } else { &window[..len] })) {
            Ok(found) => return Ok(found),
            Err(ParseFault::Bad(reason)) => return Err(damaged(reason)),
            Err(ParseFault::End) if is_all => return Err(damaged("the file ends within it")),
            Err(ParseFault::End) if len >= MAX_OBJECT_BYTES => return Err(damaged("larger than 16 MiB")),
            Err(ParseFault::End) => len *= 4,
        }
    }
}

/// A rectangle with its smaller corner first.
pub(crate) fn rectangle(object: &Object) -> Option<[f64; 4]> {
    let numbers: Vec<f64> = object.array()?.iter().filter_map(Object::number).collect();
    let [a, b, c, d] = numbers[..] else { return None };
    Some([a.min(c), b.min(d), a.max(c), b.max(d)])
}

fn intersection(a: [f64; 4], b: [f64; 4]) -> Option<[f64; 4]> {
    let both = [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])];
    (both[0] < both[2] && both[1] < both[3]).then_some(both)
}

pub(crate) fn structure(reason: &str) -> PdfError {
    PdfError::Structure(reason.to_owned())
}
