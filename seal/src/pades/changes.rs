//! What the revisions after a signature changed.
//!
//! An object counts as changed when it lies elsewhere than in the signed revision. Signing, validation data and
//! dates about the file are harmless; everything else could show a reader something else than was signed.

use std::collections::{BTreeSet, HashSet};
use std::io::{Read, Seek};

use super::error::PdfError;
use super::object::{Dict, Object, Ref};
use super::read::{Document, structure};
use super::verify::ReasonCode;
use super::xref::Location;

/// Most entries of later sections that are looked at.
const MAX_ENTRIES: usize = 1_000_000;
/// Most changed objects that are judged one by one.
const MAX_CHANGES: usize = 10_000;
/// Most objects of the signed revision that are walked through.
const MAX_WALK: usize = 1_000_000;

/// An object that a later revision changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Number of the object.
    pub object: u32,
    pub kind: ChangeKind,
}

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// A signature, its field or the form that lists it; a page or catalog only as far as it names them.
    Signature,
    /// The Document Security Store.
    ValidationData,
    /// Dates and descriptions about the file.
    Metadata,
    /// Written again, the same.
    Same,
    /// A note or field was added to a page, or one changed.
    Annotation,
    /// The object is gone.
    Removed,
    /// The signed revision refers to an object that it did not have, and a later one brought it.
    Shadow,
    /// Anything else: pages, their content, fonts, pictures.
    Content,
}

impl ChangeKind {
    pub fn is_harmless(self) -> bool {
        matches!(self, Self::Signature | Self::ValidationData | Self::Metadata | Self::Same)
    }

    /// Allowed even where nothing may be changed (ISO 32000-2, table 257).
    pub(crate) fn is_validation(self) -> bool {
        matches!(self, Self::ValidationData | Self::Same)
    }

    /// A word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::ValidationData => "validation-data",
            Self::Metadata => "metadata",
            Self::Same => "same",
            Self::Annotation => "annotation",
            Self::Removed => "removed",
            Self::Shadow => "shadow",
            Self::Content => "content",
        }
    }
}

type Verdict = Result<Vec<Change>, (ReasonCode, String)>;

/// Compares the file with its first `end` bytes. `signature` must be the same in both.
pub(crate) fn changes_after<F: Read + Seek>(
    now: &mut Document<'_, F>,
    end: u64,
    signature: Ref,
) -> Result<Verdict, PdfError> {
    let mut signed = match Document::open(now.source.cut(end)) {
        Ok(signed) => signed,
        Err(error) => {
            return Ok(Err((ReasonCode::HistoryReplaced, format!("the signed part alone: {error}"))));
        }
    };
    let later = now.xref.sections.iter().take_while(|s| s.at >= end).count();
    let places = |sections: &[super::xref::Section]| sections.iter().map(|s| s.at).collect::<Vec<_>>();
    if places(&now.xref.sections[later..]) != places(&signed.xref.sections) {
        let detail = "the cross-references do not lead to those of the signed revision";
        return Ok(Err((ReasonCode::HistoryReplaced, detail.into())));
    }
    if later == 0 {
        let detail = format!("{} bytes that no cross-reference knows", now.source.len() - end);
        return Ok(Err((ReasonCode::AppendedBytes, detail)));
    }
    if signed.locate(signature.number)? != now.locate(signature.number)? {
        return Ok(Err((ReasonCode::HistoryReplaced, "the signature dictionary was replaced".into())));
    }
    let mut numbers = BTreeSet::new();
    for section in &now.xref.sections[..later] {
        for number in section.numbers() {
            numbers.insert(number);
            if numbers.len() > MAX_ENTRIES {
                return Err(structure("later revisions of more than a million objects"));
            }
        }
    }
    let mut comparison = Comparison::new(signed, now)?;
    let mut changes = Vec::new();
    let mut added = HashSet::new();
    for number in numbers {
        let (old, new) = (comparison.signed.locate(number)?, comparison.now.locate(number)?);
        match (old, new) {
            (old, new) if old == new => continue,
            (Location::Free, _) => {
                added.insert(number);
                continue;
            }
            _ => {}
        }
        if changes.len() == MAX_CHANGES {
            return Err(structure("later revisions changed more than 10,000 objects"));
        }
        let kind = match new {
            Location::Free => ChangeKind::Removed,
            _ => comparison.classify(number, old, new)?,
        };
        changes.push(Change { object: number, kind });
    }
    for number in comparison.dangling(&added)? {
        changes.push(Change { object: number, kind: ChangeKind::Shadow });
    }
    Ok(Ok(changes))
}

struct Comparison<'d, 'f, F> {
    signed: Document<'f, F>,
    now: &'d mut Document<'f, F>,
    root: Ref,
    form: Option<Ref>,
    /// Objects about the file, not of it.
    metadata: Vec<Ref>,
    store: HashSet<u32>,
}

impl<'d, 'f, F: Read + Seek> Comparison<'d, 'f, F> {
    fn new(mut signed: Document<'f, F>, now: &'d mut Document<'f, F>) -> Result<Self, PdfError> {
        let (root, catalog) = signed.root()?;
        if now.root()?.0 != root {
            return Err(structure("a later revision has another catalog"));
        }
        let reference = |dict: &Dict, key: &str| dict.get(key).and_then(Object::reference);
        let form = reference(&catalog, "AcroForm");
        let metadata =
            reference(&catalog, "Metadata").into_iter().chain(reference(signed.trailer(), "Info")).collect();
        let mut store = HashSet::new();
        if let Some(dss) = catalog.get("DSS") {
            let dss = dss.clone();
            walk(&mut signed, vec![dss], &mut store)?;
        }
        Ok(Self { signed, now, root, form, metadata, store })
    }

    fn classify(&mut self, number: u32, old: Location, new: Location) -> Result<ChangeKind, PdfError> {
        let (before, was_stream) = value(&mut self.signed, number, old)?;
        let (after, is_stream) = value(self.now, number, new)?;
        if self.metadata.iter().any(|id| id.number == number) {
            return Ok(ChangeKind::Metadata);
        }
        if self.store.contains(&number) {
            return Ok(ChangeKind::ValidationData);
        }
        if was_stream || is_stream {
            return Ok(ChangeKind::Content);
        }
        if before == after {
            return Ok(ChangeKind::Same);
        }
        Ok(match (&before, &after) {
            (Object::Dict(before), Object::Dict(after)) if number == self.root.number => {
                self.catalog(before, after)?
            }
            (Object::Dict(before), Object::Dict(after)) if self.form.is_some_and(|f| f.number == number) => {
                self.form_changes(before, after)?
            }
            (Object::Dict(before), Object::Dict(after)) if before.is("Type", "Page") => {
                match differing(before, after).as_slice() {
                    [b"Annots"] => self.list_changes(before.get("Annots"), after.get("Annots"))?,
                    _ => ChangeKind::Content,
                }
            }
            (Object::Dict(before), Object::Dict(after)) if before.is("FT", "Sig") => {
                let filled_in = before.get("V").is_none() && after.get("V").is_some();
                let keys = differing(before, after);
                let own = keys.iter().all(|k| matches!(*k, b"V" | b"AP" | b"M" | b"F"));
                if filled_in && own { ChangeKind::Signature } else { ChangeKind::Annotation }
            }
            (Object::Array(_), Object::Array(_)) => self.list_changes(Some(&before), Some(&after))?,
            (Object::Dict(before), _) if before.is("Type", "Annot") => ChangeKind::Annotation,
            _ => ChangeKind::Content,
        })
    }

    fn catalog(&mut self, before: &Dict, after: &Dict) -> Result<ChangeKind, PdfError> {
        let mut kind = ChangeKind::Metadata;
        for key in differing(before, after) {
            match key {
                b"AcroForm" => {
                    let old = self.signed.value(before, "AcroForm")?.dict().cloned().unwrap_or_default();
                    let new = self.now.value(after, "AcroForm")?.dict().cloned().unwrap_or_default();
                    kind = self.form_changes(&old, &new)?;
                    if !kind.is_harmless() {
                        return Ok(kind);
                    }
                }
                b"DSS" if kind == ChangeKind::Metadata => kind = ChangeKind::ValidationData,
                b"DSS" | b"Extensions" | b"Metadata" | b"Version" => {}
                _ => return Ok(ChangeKind::Content),
            }
        }
        Ok(kind)
    }

    fn form_changes(&mut self, before: &Dict, after: &Dict) -> Result<ChangeKind, PdfError> {
        for key in differing(before, after) {
            match key {
                b"Fields" => {
                    let kind = self.list_changes(before.get("Fields"), after.get("Fields"))?;
                    if !kind.is_harmless() {
                        return Ok(kind);
                    }
                }
                b"SigFlags" | b"DR" | b"DA" => {}
                _ => return Ok(ChangeKind::Content),
            }
        }
        Ok(ChangeKind::Signature)
    }

    /// A list may only be longer, by fields of signatures that are filled in.
    fn list_changes(
        &mut self,
        before: Option<&Object>,
        after: Option<&Object>,
    ) -> Result<ChangeKind, PdfError> {
        let before = before.map_or(Ok(Object::Null), |o| self.signed.resolve(o))?;
        let after = after.map_or(Ok(Object::Null), |o| self.now.resolve(o))?;
        let old = before.array().unwrap_or_default();
        let Some(new) = after.array() else { return Ok(ChangeKind::Content) };
        if old.iter().any(|item| !new.contains(item)) {
            return Ok(ChangeKind::Content);
        }
        for item in new.iter().filter(|item| !old.contains(item)) {
            let Object::Dict(field) = self.now.resolve(item)? else { return Ok(ChangeKind::Content) };
            let mut is_signature = field.is("FT", "Sig") && field.get("V").is_some();
            if let Object::Dict(parent) = self.now.value(&field, "Parent")? {
                is_signature |= parent.is("FT", "Sig") && parent.get("V").is_some();
            }
            if !is_signature {
                return Ok(ChangeKind::Annotation);
            }
        }
        Ok(ChangeKind::Signature)
    }

    /// Numbers of `added` that the signed revision refers to without having them.
    fn dangling(&mut self, added: &HashSet<u32>) -> Result<Vec<u32>, PdfError> {
        if added.is_empty() {
            return Ok(Vec::new());
        }
        let mut reached = HashSet::new();
        walk(&mut self.signed, vec![Object::Ref(self.root)], &mut reached)?;
        let mut found: Vec<u32> = reached.into_iter().filter(|n| added.contains(n)).collect();
        found.sort_unstable();
        Ok(found)
    }
}

/// The keys whose values differ.
fn differing<'a>(before: &'a Dict, after: &'a Dict) -> Vec<&'a [u8]> {
    let get = |dict: &'a Dict, key: &[u8]| dict.iter().find(|(k, _)| *k == key).map(|(_, v)| v);
    let mut keys: Vec<&[u8]> = before.iter().chain(after.iter()).map(|(key, _)| key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.retain(|key| get(before, key) != get(after, key));
    keys
}

fn value<F: Read + Seek>(
    document: &mut Document<'_, F>,
    number: u32,
    location: Location,
) -> Result<(Object, bool), PdfError> {
    match location {
        Location::At { offset, generation } => {
            let found = document.indirect(Ref { number, generation }, offset)?;
            Ok((found.object, found.stream.is_some()))
        }
        _ => Ok((document.object(Ref { number, generation: 0 })?, false)),
    }
}

/// Adds every number that can be reached.
fn walk<F: Read + Seek>(
    document: &mut Document<'_, F>,
    mut open: Vec<Object>,
    reached: &mut HashSet<u32>,
) -> Result<(), PdfError> {
    while let Some(object) = open.pop() {
        match object {
            Object::Ref(id) if reached.insert(id.number) => {
                if reached.len() > MAX_WALK {
                    return Err(structure("more than a million objects"));
                }
                open.push(document.object(id)?);
            }
            Object::Array(items) => open.extend(items),
            Object::Dict(dict) => open.extend(dict.iter().map(|(_, value)| value.clone())),
            _ => {}
        }
    }
    Ok(())
}
