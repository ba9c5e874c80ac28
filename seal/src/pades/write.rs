//! One revision more at the end of a PDF (ISO 32000-1, 7.5.6): nothing before it is touched.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use super::error::PdfError;
use super::object::{Dict, Object, Ref};
use super::read::Document;
use super::xref::{Kind, Location};

/// Objects to be appended, and their places.
pub(crate) struct Revision {
    /// Where the appended bytes begin.
    pub(crate) base: u64,
    pub(crate) bytes: Vec<u8>,
    places: BTreeMap<u32, (u16, u64)>,
    next_number: u32,
}

impl Revision {
    pub(crate) fn new<F: Read + Seek>(document: &mut Document<'_, F>) -> Result<Self, PdfError> {
        let base = document.source.len();
        let last = document.source.piece(base.saturating_sub(1), 1)?;
        let bytes = if last == b"\n" || last == b"\r" { Vec::new() } else { vec![b'\n'] };
        Ok(Self { base, bytes, places: BTreeMap::new(), next_number: document.next_number()? })
    }

    /// A number for a new object.
    pub(crate) fn allocate(&mut self) -> Ref {
        let number = self.next_number;
        self.next_number += 1;
        Ref { number, generation: 0 }
    }

    pub(crate) fn position(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    pub(crate) fn add(&mut self, id: Ref, object: &Object) {
        self.begin(id);
        object.write(&mut self.bytes);
        self.end();
    }

    pub(crate) fn add_stream(&mut self, id: Ref, dict: Dict, data: &[u8]) {
        self.begin(id);
        dict.with("Length", Object::Int(data.len() as i64)).write(&mut self.bytes);
        self.bytes.extend(b"\nstream\n");
        self.bytes.extend(data);
        self.bytes.extend(b"\nendstream");
        self.end();
    }

    pub(crate) fn begin(&mut self, id: Ref) {
        let at = self.position();
        self.places.insert(id.number, (id.generation, at));
        self.bytes.extend(format!("{} {} obj\n", id.number, id.generation).bytes());
    }

    pub(crate) fn end(&mut self) {
        self.bytes.extend(b"\nendobj\n");
    }

    /// Closes the revision with cross-references of the kind that the newest section has.
    pub(crate) fn finish<F: Read + Seek>(&mut self, document: &Document<'_, F>) {
        let newest = document.xref.newest();
        let mut trailer = Dict::default();
        for key in ["Root", "Info", "ID"] {
            if let Some(value) = newest.trailer.get(key) {
                trailer.set(key, value.clone());
            }
        }
        trailer.set("Prev", Object::Int(newest.at as i64));
        let at = match newest.kind {
            Kind::Table => self.table(trailer),
            Kind::Stream => self.stream(trailer),
        };
        self.bytes.extend(format!("startxref\n{at}\n%%EOF\n").bytes());
    }

    fn table(&mut self, trailer: Dict) -> u64 {
        let at = self.position();
        self.bytes.extend(b"xref\n");
        for run in self.runs() {
            self.bytes.extend(format!("{} {}\n", run[0], run.len()).bytes());
            for number in run {
                let (generation, offset) = self.places[&number];
                self.bytes.extend(format!("{offset:010} {generation:05} n\r\n").bytes());
            }
        }
        self.bytes.extend(b"trailer\n");
        trailer.with("Size", Object::Int(self.next_number.into())).write(&mut self.bytes);
        self.bytes.push(b'\n');
        at
    }

    fn stream(&mut self, trailer: Dict) -> u64 {
        let id = self.allocate();
        let at = self.position();
        self.places.insert(id.number, (0, at));
        let mut rows = Vec::new();
        let mut index = Vec::new();
        for run in self.runs() {
            index.extend([Object::Int(run[0].into()), Object::Int(run.len() as i64)]);
            for number in run {
                let (generation, offset) = self.places[&number];
                rows.push(1);
                rows.extend(&offset.to_be_bytes()[3..]);
                rows.extend(generation.to_be_bytes());
            }
        }
        let dict = Dict::default()
            .with("Type", Object::named("XRef"))
            .with("Size", Object::Int(self.next_number.into()))
            .with("W", Object::Array([1, 5, 2].map(Object::Int).to_vec()))
            .with("Index", Object::Array(index));
        let dict = trailer.iter().fold(dict, |dict, (key, value)| {
            dict.with(std::str::from_utf8(key).expect("keys of our own"), value.clone())
        });
        self.add_stream(id, dict, &rows);
        at
    }

    /// Numbers that follow each other.
    fn runs(&self) -> Vec<Vec<u32>> {
        let mut runs: Vec<Vec<u32>> = Vec::new();
        for &number in self.places.keys() {
            match runs.last_mut() {
                Some(run) if run.last().is_some_and(|last| last + 1 == number) => run.push(number),
                _ => runs.push(vec![number]),
            }
        }
        runs
    }
}

/// The generation an existing object has to be written with.
pub(crate) fn current<F: Read + Seek>(document: &mut Document<'_, F>, id: Ref) -> Result<Ref, PdfError> {
    let generation = match document.locate(id.number)? {
        Location::At { generation, .. } => generation,
        Location::InStream { .. } | Location::Free => 0,
    };
    Ok(Ref { number: id.number, generation })
}
