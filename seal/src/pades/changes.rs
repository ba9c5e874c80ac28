//! What the revisions after a signature changed.
//!
//! An object counts as changed when it lies elsewhere than in the signed revision. Signing, validation data and
//! dates about the file are harmless; everything else could show a reader something else than was signed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{Read, Seek};

use record::Lang;

use super::error::PdfError;
use super::object::{Dict, Object, Ref};
use super::read::{Document, structure};
use super::report::ReasonCode;
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
    /// A signature of this report that covers the change, its field or the form that lists it; a page or catalog only
    /// as far as it names them.
    Signature,
    /// As above, but only time stamps over the file.
    TimeStamp,
    /// The Document Security Store.
    ValidationData,
    /// Dates and descriptions about the file.
    Metadata,
    /// Written again, the same.
    Same,
    /// A field of the form was filled in.
    FormFill,
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
        matches!(self, Self::Signature | Self::TimeStamp | Self::ValidationData | Self::Metadata | Self::Same)
    }

    /// Allowed after a signature that certifies with this P (ISO 32000-2, table 257), or that does not certify.
    pub(crate) fn is_allowed(self, certified: Option<i64>) -> bool {
        match certified {
            Some(1) => matches!(self, Self::ValidationData | Self::TimeStamp | Self::Same),
            Some(2) => self.is_harmless() || self == Self::FormFill,
            Some(3) => self.is_harmless() || matches!(self, Self::FormFill | Self::Annotation),
            _ => self.is_harmless(),
        }
    }

    /// All of them.
    pub const ALL: [ChangeKind; 10] = [
        Self::Signature,
        Self::TimeStamp,
        Self::ValidationData,
        Self::Metadata,
        Self::Same,
        Self::FormFill,
        Self::Annotation,
        Self::Removed,
        Self::Shadow,
        Self::Content,
    ];

    /// For people.
    pub fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Signature => lang.pick("chữ ký", "signature"),
            Self::TimeStamp => lang.pick("dấu thời gian", "time stamp"),
            Self::ValidationData => lang.pick("dữ liệu xác minh", "validation data"),
            Self::Metadata => lang.pick("mô tả tệp", "description of the file"),
            Self::Same => lang.pick("ghi lại y nguyên", "written again, the same"),
            Self::FormFill => lang.pick("điền biểu mẫu", "form filled in"),
            Self::Annotation => lang.pick("ghi chú", "annotation"),
            Self::Removed => lang.pick("bị xóa", "removed"),
            Self::Shadow => lang.pick("nội dung ẩn, đưa vào sau", "hidden content, brought later"),
            Self::Content => lang.pick("nội dung", "content"),
        }
    }

    /// A word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::TimeStamp => "time-stamp",
            Self::ValidationData => "validation-data",
            Self::Metadata => "metadata",
            Self::Same => "same",
            Self::FormFill => "form-fill",
            Self::Annotation => "annotation",
            Self::Removed => "removed",
            Self::Shadow => "shadow",
            Self::Content => "content",
        }
    }
}

/// The signatures of the report, for changes that lean on them.
pub(crate) struct Signatures {
    /// Numbers of all fields and widgets of the form that belong to a signature dictionary, and which it is.
    pub(crate) values: HashMap<u32, Ref>,
    /// How many bytes from the beginning each signature dictionary holds over, and is it a time stamp.
    pub(crate) reach: HashMap<Ref, (u64, bool)>,
}

type Verdict = Result<Vec<Change>, (ReasonCode, String)>;

/// Compares the file with its first `end` bytes. `signature` must be the same in both.
pub(crate) fn changes_after<F: Read + Seek>(
    now: &mut Document<'_, F>,
    end: u64,
    signature: Ref,
    signatures: &Signatures,
) -> Result<Verdict, PdfError> {
    let mut signed = match Document::open(now.source.cut(end)) {
        Ok(signed) => signed,
        Err(error @ (PdfError::Io(_) | PdfError::TooCostly)) => return Err(error),
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
    let mut comparison = Comparison::new(signed, now, end, signatures)?;
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
    signatures: &'d Signatures,
    /// Where the signed revision ends.
    end: u64,
    root: Ref,
    catalog: Dict,
    form: Option<Ref>,
    /// Objects about the file, not of it, as long as nothing else leads to them.
    metadata: HashSet<u32>,
    store: HashSet<u32>,
    /// All that the signed catalog leads to, these two apart; found when it is needed.
    content: Option<HashSet<u32>>,
    /// The lists that may grow; found when they are needed.
    lists: Option<HashMap<u32, List>>,
}

/// Lists of references that signing makes longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    /// The annotations of a page.
    Annotations,
    /// The fields of the form.
    Fields,
}

impl<'d, 'f, F: Read + Seek> Comparison<'d, 'f, F> {
    fn new(
        mut signed: Document<'f, F>,
        now: &'d mut Document<'f, F>,
        end: u64,
        signatures: &'d Signatures,
    ) -> Result<Self, PdfError> {
        let (root, catalog) = signed.root()?;
        if now.root()?.0 != root {
            return Err(structure("a later revision has another catalog"));
        }
        let reference = |dict: &Dict, key: &str| dict.get(key).and_then(Object::reference);
        let form = reference(&catalog, "AcroForm");
        let metadata = [reference(&catalog, "Metadata"), reference(signed.trailer(), "Info")];
        let metadata = metadata.into_iter().flatten().map(|id| id.number).collect();
        let mut store = HashSet::new();
        if let Some(dss) = catalog.get("DSS") {
            let dss = dss.clone();
            walk(&mut signed, vec![dss], &mut store)?;
        }
        let (content, lists) = (None, None);
        Ok(Self { signed, now, signatures, end, root, catalog, form, metadata, store, content, lists })
    }

    fn classify(&mut self, number: u32, old: Location, new: Location) -> Result<ChangeKind, PdfError> {
        let (before, was_stream) = value(&mut self.signed, number, old)?;
        let (after, is_stream) = value(self.now, number, new)?;
        // Another generation takes the object from all who name it.
        if generation(old) != generation(new) {
            return Ok(ChangeKind::Content);
        }
        let both = |is: fn(&Object, bool) -> bool| is(&before, was_stream) && is(&after, is_stream);
        if self.metadata.contains(&number) && both(is_description) && !self.is_content(number)? {
            return Ok(ChangeKind::Metadata);
        }
        if self.store.contains(&number) && both(is_stored) && !self.is_content(number)? {
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
                    [b"Annots"] => {
                        self.list_changes(before.get("Annots"), after.get("Annots"), List::Annotations)?
                    }
                    _ => ChangeKind::Content,
                }
            }
            (Object::Dict(before), Object::Dict(after)) if before.is("FT", "Sig") => {
                let keys = differing(before, after);
                let own = keys.iter().all(|k| matches!(*k, b"V" | b"AP" | b"M" | b"F"));
                let shown = after.get("V").and_then(Object::reference);
                match self.later_signature(number)? {
                    Some((value, kind)) if own && before.get("V").is_none() && shown == Some(value) => kind,
                    _ => ChangeKind::Annotation,
                }
            }
            (Object::Dict(before), Object::Dict(after)) if self.is_fillable(before)? => {
                let filled = |key: &&[u8]| matches!(*key, b"V" | b"AS" | b"AP" | b"M");
                match differing(before, after).iter().all(filled) {
                    true => ChangeKind::FormFill,
                    false => ChangeKind::Annotation,
                }
            }
            (Object::Array(_), Object::Array(_)) => match self.list_at(number)? {
                Some(list) => self.list_changes(Some(&before), Some(&after), list)?,
                None => ChangeKind::Content,
            },
            (Object::Dict(before), _) if before.is("Type", "Annot") => ChangeKind::Annotation,
            _ => ChangeKind::Content,
        })
    }

    /// Is it a field for text, a choice or a box to tick, or the widget of one? A signature is none.
    fn is_fillable(&mut self, field: &Dict) -> Result<bool, PdfError> {
        let kind = match field.get("FT") {
            Some(kind) => kind.clone(),
            None if field.is("Subtype", "Widget") => {
                let parent = self.signed.value(field, "Parent")?;
                parent.dict().and_then(|parent| parent.get("FT")).cloned().unwrap_or(Object::Null)
            }
            None => Object::Null,
        };
        Ok(["Tx", "Btn", "Ch"].iter().any(|name| kind.is_name(name)))
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
        let mut kind = ChangeKind::TimeStamp;
        for key in differing(before, after) {
            match key {
                b"Fields" => {
                    kind = self.list_changes(before.get("Fields"), after.get("Fields"), List::Fields)?;
                    if !kind.is_harmless() {
                        return Ok(kind);
                    }
                }
                b"SigFlags" => {}
                b"DA" if before.get("DA").is_none() => {}
                b"DR" if self.only_gains_names(before, after)? => {}
                _ => return Ok(ChangeKind::Content),
            }
        }
        Ok(kind)
    }

    /// Are all resources of the form still what they were?
    fn only_gains_names(&mut self, before: &Dict, after: &Dict) -> Result<bool, PdfError> {
        let old = self.signed.value(before, "DR")?;
        let new = self.now.value(after, "DR")?;
        let (Some(old), Some(new)) = (old.dict(), new.dict()) else { return Ok(old == Object::Null) };
        for (category, names) in old.iter() {
            let Some((_, others)) = new.iter().find(|(key, _)| *key == category) else { return Ok(false) };
            let (names, others) = (self.signed.resolve(names)?, self.now.resolve(others)?);
            let kept = match (&names, &others) {
                (Object::Dict(names), Object::Dict(others)) => {
                    names.iter().all(|name| others.iter().any(|other| other == name))
                }
                _ => names == others,
            };
            if !kept {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A list may only become longer at its end, by fields or widgets of later signatures.
    fn list_changes(
        &mut self,
        before: Option<&Object>,
        after: Option<&Object>,
        list: List,
    ) -> Result<ChangeKind, PdfError> {
        let before = before.map_or(Ok(Object::Null), |o| self.signed.resolve(o))?;
        let after = after.map_or(Ok(Object::Null), |o| self.now.resolve(o))?;
        let old = match &before {
            Object::Null => &[][..],
            Object::Array(items) => items,
            _ => return Ok(ChangeKind::Content),
        };
        let Some(added) = after.array().and_then(|new| new.strip_prefix(old)) else {
            return Ok(ChangeKind::Content);
        };
        let mut kind = ChangeKind::TimeStamp;
        for item in added {
            let Some(Ref { number, .. }) = item.reference() else { return Ok(ChangeKind::Annotation) };
            let place = self.now.locate(number)?;
            let (Object::Dict(field), false) = value(self.now, number, place)? else {
                return Ok(ChangeKind::Content);
            };
            if list == List::Annotations && !field.is("Subtype", "Widget") {
                return Ok(ChangeKind::Annotation);
            }
            match self.later_signature(number)? {
                None => return Ok(ChangeKind::Annotation),
                Some((_, ChangeKind::TimeStamp)) => {}
                Some(_) => kind = ChangeKind::Signature,
            }
        }
        Ok(kind)
    }

    /// The signature that a field or widget belongs to, if it came after the signed revision, is judged in the same report
    /// and covers the field as it is now.
    fn later_signature(&mut self, field: u32) -> Result<Option<(Ref, ChangeKind)>, PdfError> {
        let Some(id) = self.signatures.values.get(&field).copied() else { return Ok(None) };
        let Some((reach, is_time_stamp)) = self.signatures.reach.get(&id).copied() else { return Ok(None) };
        let mut place = self.now.locate(field)?;
        if let Location::InStream { stream, .. } = place {
            place = self.now.locate(stream)?;
        }
        let is_covered = matches!(place, Location::At { offset, .. } if (self.end..reach).contains(&offset));
        if !is_covered || self.signed.locate(id.number)? != Location::Free {
            return Ok(None);
        }
        Ok(Some((id, if is_time_stamp { ChangeKind::TimeStamp } else { ChangeKind::Signature })))
    }

    /// What list an object of its own is in the signed revision, if it is one that may grow.
    fn list_at(&mut self, number: u32) -> Result<Option<List>, PdfError> {
        if self.lists.is_none() {
            let mut lists = HashMap::new();
            let form = self.signed.value(&self.catalog, "AcroForm")?;
            if let Some(id) = form.dict().and_then(|form| form.get("Fields")).and_then(Object::reference) {
                lists.insert(id.number, List::Fields);
            }
            let mut seen = HashSet::new();
            let mut open: Vec<Object> = self.catalog.get("Pages").cloned().into_iter().collect();
            while let Some(node) = open.pop() {
                let Some(id) = node.reference().filter(|id| seen.insert(id.number)) else { continue };
                if seen.len() > MAX_WALK {
                    return Err(structure("more than a million pages"));
                }
                let Object::Dict(node) = self.signed.object(id)? else { continue };
                if let Object::Array(kids) = self.signed.value(&node, "Kids")? {
                    open.extend(kids);
                } else if let Some(id) = node.get("Annots").and_then(Object::reference) {
                    lists.insert(id.number, List::Annotations);
                }
            }
            self.lists = Some(lists);
        }
        Ok(self.lists.as_ref().and_then(|lists| lists.get(&number).copied()))
    }

    /// Does the signed catalog lead to an object other than as metadata or validation data?
    fn is_content(&mut self, number: u32) -> Result<bool, PdfError> {
        Ok(self.content()?.contains(&number))
    }

    fn content(&mut self) -> Result<&HashSet<u32>, PdfError> {
        if self.content.is_none() {
            let about = |key: &[u8]| matches!(key, b"Metadata" | b"DSS");
            let open = self.catalog.iter().filter(|(key, _)| !about(key)).map(|(_, value)| value.clone());
            let mut reached = HashSet::from([self.root.number]);
            walk(&mut self.signed, open.collect(), &mut reached)?;
            self.content = Some(reached);
        }
        Ok(self.content.as_ref().expect("just found"))
    }

    /// Numbers of `added` that the signed revision refers to without having them.
    fn dangling(&mut self, added: &HashSet<u32>) -> Result<Vec<u32>, PdfError> {
        if added.is_empty() {
            return Ok(Vec::new());
        }
        let mut reached = self.content()?.clone();
        let all = self.catalog.iter().map(|(_, value)| value.clone()).collect();
        walk(&mut self.signed, all, &mut reached)?;
        let mut found: Vec<u32> = reached.into_iter().filter(|n| added.contains(n)).collect();
        found.sort_unstable();
        Ok(found)
    }
}

fn generation(location: Location) -> u16 {
    if let Location::At { generation, .. } = location { generation } else { 0 }
}

/// XMP, or the dictionary with dates and names of the trailer.
fn is_description(object: &Object, is_stream: bool) -> bool {
    let Some(dict) = object.dict() else { return false };
    match is_stream {
        true => dict.is("Type", "Metadata"),
        false => dict.iter().all(|(_, value)| !matches!(value, Object::Dict(_) | Object::Array(_))),
    }
}

/// Anything but what holds other objects.
fn is_stored(object: &Object, is_stream: bool) -> bool {
    !is_stream || object.dict().is_some_and(|dict| !dict.is("Type", "ObjStm") && !dict.is("Type", "XRef"))
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
