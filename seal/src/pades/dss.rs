//! Validation data inside a PDF: the Document Security Store (ISO 32000-2, 12.8.4.3; ETSI EN 319 142-1, 5.4.2).

use std::io::{Read, Seek};

use der::Decode;

use super::error::{PadesError, PdfError};
use super::object::{Dict, Object};
use super::read::Document;
use super::source::Source;
use super::write::{Revision, current};
use crate::certificate::Certificate;

/// Most pieces of one kind in a store.
const MAX_PIECES: usize = 1024;

/// What a verifier needs in later years, each piece in DER.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValidationData {
    /// Certificates of signers, authorities and time-stamp authorities.
    pub certificates: Vec<Vec<u8>>,
    /// Revocation lists.
    pub crls: Vec<Vec<u8>>,
    /// Answers of OCSP servers (OCSPResponse).
    pub ocsp_responses: Vec<Vec<u8>>,
}

/// Adds validation data to those that the PDF has, and returns the bytes to append. With a signature that has
/// a time stamp this makes level B-LT.
pub fn add_validation_data<F: Read + Seek>(
    pdf: &mut F,
    data: &ValidationData,
) -> Result<Vec<u8>, PadesError> {
    check(data)?;
    let mut document = Document::open(Source::new(pdf).map_err(PdfError::from)?)?;
    let (root, mut catalog) = document.root()?;
    let mut revision = Revision::new(&mut document)?;
    let mut store = document.value(&catalog, "DSS")?.dict().cloned().unwrap_or_default();
    store.set("Type", Object::named("DSS"));
    for (key, pieces) in
        [("Certs", &data.certificates), ("CRLs", &data.crls), ("OCSPs", &data.ocsp_responses)]
    {
        let mut list = match document.value(&store, key)? {
            Object::Array(list) => list,
            _ => Vec::new(),
        };
        for piece in pieces {
            let id = revision.allocate();
            revision.add_stream(id, Dict::default(), piece);
            list.push(Object::Ref(id));
        }
        if !list.is_empty() {
            store.set(key, Object::Array(list));
        }
    }
    let id = match catalog.get("DSS").and_then(Object::reference) {
        Some(id) => current(&mut document, id)?,
        None => revision.allocate(),
    };
    revision.add(id, &Object::Dict(store));
    catalog.set("DSS", Object::Ref(id));
    revision.add(current(&mut document, root)?, &Object::Dict(catalog));
    revision.finish(&document);
    Ok(revision.bytes)
}

fn check(data: &ValidationData) -> Result<(), PadesError> {
    let bad = |what: &str| PadesError::ValidationData(what.to_owned());
    let counts = [data.certificates.len(), data.crls.len(), data.ocsp_responses.len()];
    if counts.iter().any(|count| *count > MAX_PIECES) || counts == [0; 3] {
        return Err(bad("none, or too many"));
    }
    for der in &data.certificates {
        Certificate::from_der(der).map_err(|e| PadesError::ValidationData(e.0))?;
    }
    for der in data.crls.iter().chain(&data.ocsp_responses) {
        der::asn1::AnyRef::from_der(der).map_err(|e| PadesError::ValidationData(e.to_string()))?;
    }
    Ok(())
}
