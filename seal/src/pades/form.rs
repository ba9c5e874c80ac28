//! Signature fields: what a PDF has of them, and adding one more.

use std::io::{Read, Seek};

use super::error::{PadesError, PdfError};
use super::object::{Dict, Object, Ref};
use super::read::{Document, Page, rectangle, structure};
use super::write::{Revision, current};

/// Most fields that are looked at.
const MAX_FIELDS: usize = 10_000;
/// Deepest tree of fields.
const MAX_FIELD_DEPTH: usize = 32;
/// Most annotations of page one that are looked at.
const MAX_ANNOTATIONS: usize = 10_000;

/// A signature field that is filled in.
pub(crate) struct SignatureField {
    /// Its name, without those of the fields above it.
    pub(crate) name: String,
    /// The signature dictionary.
    pub(crate) value: Ref,
}

/// The signature fields with a value, in the order of the form.
pub(crate) fn signature_fields<F: Read + Seek>(
    document: &mut Document<'_, F>,
    catalog: &Dict,
) -> Result<Vec<SignatureField>, PdfError> {
    let form = document.value(catalog, "AcroForm")?;
    let Some(form) = form.dict() else { return Ok(Vec::new()) };
    let Object::Array(top) = document.value(form, "Fields")? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut open: Vec<(Object, bool, usize)> = top.into_iter().rev().map(|f| (f, false, 0)).collect();
    while let Some((field, above_is_signature, depth)) = open.pop() {
        if let Some(id) = field.reference()
            && !seen.insert(id)
        {
            continue;
        }
        if seen.len() > MAX_FIELDS || depth > MAX_FIELD_DEPTH {
            return Err(structure("the form has too many fields"));
        }
        let Object::Dict(dict) = document.resolve(&field)? else { continue };
        let is_signature = match document.value(&dict, "FT")? {
            Object::Null => above_is_signature,
            kind => kind.is_name("Sig"),
        };
        if is_signature && let Some(value) = dict.get("V").and_then(Object::reference) {
            let name = document.value(&dict, "T")?;
            found.push(SignatureField { name: pdf_text(name.text().unwrap_or_default()), value });
        }
        if let Object::Array(kids) = document.value(&dict, "Kids")? {
            open.extend(kids.into_iter().rev().map(|k| (k, is_signature, depth + 1)));
        }
    }
    Ok(found)
}

/// Text of a PDF string: UTF-16 with its mark, UTF-8 with its mark, otherwise Latin.
pub(crate) fn pdf_text(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => {
            let units: Vec<u16> =
                rest.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        plain => plain.iter().map(|b| char::from(*b)).collect(),
    }
}

/// Rectangles of the annotations of page one that can be seen.
pub(crate) fn taken_places<F: Read + Seek>(
    document: &mut Document<'_, F>,
    page: &Page,
) -> Result<Vec<[f64; 4]>, PdfError> {
    let Object::Array(annotations) = document.value(&page.dict, "Annots")? else { return Ok(Vec::new()) };
    let mut places = Vec::new();
    for annotation in annotations.iter().take(MAX_ANNOTATIONS) {
        if let Object::Dict(dict) = document.resolve(annotation)?
            && dict.is("Subtype", "Widget")
            && let Some(rect) = rectangle(&document.value(&dict, "Rect")?)
            && rect[0] < rect[2]
            && rect[1] < rect[3]
        {
            places.push(rect);
        }
    }
    Ok(places)
}

/// Puts a new signature field, which is its own widget, into the form and onto page one.
pub(crate) fn add_field<F: Read + Seek>(
    document: &mut Document<'_, F>,
    revision: &mut Revision,
    catalog: &mut Dict,
    page: &Page,
    field: Ref,
) -> Result<(), PadesError> {
    match document.value(&page.dict, "Annots")? {
        Object::Array(mut list) => {
            list.push(Object::Ref(field));
            match page.dict.get("Annots").and_then(Object::reference) {
                // A list of its own is written anew, the page stays as it is.
                Some(id) => revision.add(current(document, id)?, &Object::Array(list)),
                None => write_page(document, revision, page, list)?,
            }
        }
        _ => write_page(document, revision, page, vec![Object::Ref(field)])?,
    }
    let form = document.value(catalog, "AcroForm")?.dict().cloned().unwrap_or_default();
    if form.get("XFA").is_some() {
        return Err(PadesError::Xfa);
    }
    let mut fields = match document.value(&form, "Fields")? {
        Object::Array(fields) => fields,
        _ => Vec::new(),
    };
    fields.push(Object::Ref(field));
    let flags = form.int("SigFlags").unwrap_or(0);
    let form = form.with("Fields", Object::Array(fields)).with("SigFlags", Object::Int(flags | 3));
    match catalog.get("AcroForm").and_then(Object::reference) {
        Some(id) => revision.add(current(document, id)?, &Object::Dict(form)),
        None => catalog.set("AcroForm", Object::Dict(form)),
    }
    Ok(())
}

fn write_page<F: Read + Seek>(
    document: &mut Document<'_, F>,
    revision: &mut Revision,
    page: &Page,
    annotations: Vec<Object>,
) -> Result<(), PadesError> {
    let dict = page.dict.clone().with("Annots", Object::Array(annotations));
    revision.add(current(document, page.id)?, &Object::Dict(dict));
    Ok(())
}

/// What the certifying signature allows: 1 nothing, 2 filling in and signing, 3 notes too.
pub(crate) fn certified<F: Read + Seek>(
    document: &mut Document<'_, F>,
    catalog: &Dict,
) -> Result<Option<i64>, PdfError> {
    let permissions = document.value(catalog, "Perms")?;
    let Some(permissions) = permissions.dict() else { return Ok(None) };
    match document.value(permissions, "DocMDP")? {
        Object::Dict(signature) => allowed(document, &signature),
        _ => Ok(None),
    }
}

/// P of the DocMDP transform of a signature dictionary.
pub(crate) fn allowed<F: Read + Seek>(
    document: &mut Document<'_, F>,
    signature: &Dict,
) -> Result<Option<i64>, PdfError> {
    let Object::Array(references) = document.value(signature, "Reference")? else { return Ok(None) };
    for reference in references.iter().take(16) {
        if let Object::Dict(reference) = document.resolve(reference)?
            && reference.is("TransformMethod", "DocMDP")
        {
            let parameters = document.value(&reference, "TransformParams")?;
            // The default is 2 (ISO 32000-1, table 254).
            return Ok(Some(parameters.dict().and_then(|p| p.int("P")).unwrap_or(2)));
        }
    }
    Ok(None)
}
