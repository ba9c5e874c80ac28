//! A sheet of fields as XML, root element `simpledc`: written strictly, read leniently.

use super::profile::{Fault, Field, Profile};
use super::xml::Xml;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::collections::BTreeMap;
use std::fmt;

/// Longest sheet that is read.
const MAX_BYTES: usize = 1 << 20;
/// Root, field, and what is passed over inside a field.
const MAX_DEPTH: usize = 16;

/// The values of a case file or a document by the circular's fields. What is unknown is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimpleDc {
    profile: Profile,
    values: BTreeMap<&'static str, String>,
}

/// A value that the circular does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} ({}): {fault}", field.name, field.vietnamese)]
pub struct FieldFault {
    /// Which field.
    pub field: &'static Field,
    /// What is wrong.
    pub fault: Fault,
}

/// Where a sheet that was read departs from its table. It was read all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deviation {
    /// An element that the sheet does not have; its text is not taken.
    UnknownElement(String),
    /// An element under the name that another annex or program gives it.
    OtherName {
        /// As written.
        written: String,
        /// The field's name.
        field: &'static str,
    },
    /// A field that comes twice; the first value counts.
    Repeated(&'static str),
    /// A field that the sheet lacks.
    Missing(&'static str),
    /// A value that the table does not allow; it is taken as it stands.
    Value(FieldFault),
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownElement(name) => write!(f, "{name}: not a field of this sheet"),
            Self::OtherName { written, field } => write!(f, "{written}: taken for {field}"),
            Self::Repeated(name) => write!(f, "{name}: comes more than once"),
            Self::Missing(name) => write!(f, "{name}: is not there"),
            Self::Value(fault) => fault.fmt(f),
        }
    }
}

/// Why a file could not be read as a sheet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// Longer than 1 MiB.
    #[error("the sheet has {0} bytes, more than 1 MiB")]
    TooLarge(usize),
    /// Elements nested deeper than 16.
    #[error("the sheet nests deeper than 16 elements")]
    TooDeep,
    /// Not UTF-8.
    #[error("the sheet is not UTF-8")]
    NotUtf8,
    /// A document type declaration or an entity that is not one of XML's own five.
    #[error("the sheet has a document type or entity ({0}); these are refused")]
    Entity(String),
    /// Not well formed.
    #[error("the sheet is not well-formed XML: {0}")]
    Xml(String),
    /// Another root element.
    #[error("the root element is {0:?}, not simpledc")]
    Root(String),
}

impl SimpleDc {
    /// A sheet without values.
    pub fn new(profile: Profile) -> Self {
        Self { profile, values: BTreeMap::new() }
    }

    /// Sets a field; outer white space is cut, an empty value is none.
    ///
    /// # Panics
    /// For a name that the sheet does not have.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let field = self.profile.field(name).expect("a field of the sheet");
        let value: String = value.into();
        let value = value.trim();
        if !value.is_empty() {
            self.values.insert(&field.name, value.to_owned());
        }
    }

    /// A field's value, if it is known.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Takes a value away.
    pub fn clear(&mut self, name: &str) {
        self.values.remove(name);
    }

    /// What is wrong with a field's value, if anything.
    ///
    /// # Panics
    /// For a name that the sheet does not have.
    pub(super) fn fault(&self, name: &str) -> Option<Fault> {
        self.profile.field(name).expect("a field of the sheet").fault(self.get(name)?)
    }

    /// Every value that the table does not allow.
    pub fn faults(&self) -> Vec<FieldFault> {
        let fault =
            |field: &'static Field| Some(FieldFault { field, fault: field.fault(self.get(&field.name)?)? });
        self.profile.fields().iter().filter_map(fault).collect()
    }

    /// Required fields without a value.
    pub fn missing(&self) -> Vec<&'static str> {
        let required = self.profile.fields().iter().filter(|f| f.is_required);
        required.filter(|f| self.get(&f.name).is_none()).map(|f| f.name.as_str()).collect()
    }

    /// The sheet as XML: every field in the table's order, empty where it is unknown. A value that the table does not
    /// allow is an error; nothing is cut.
    pub fn write(&self, schema: &str) -> Result<Vec<u8>, FieldFault> {
        if let Some(fault) = self.faults().into_iter().next() {
            return Err(fault);
        }
        let mut xml = Xml::new();
        let instance = ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
        xml.start("simpledc", &[instance, ("xsi:noNamespaceSchemaLocation", schema)]);
        for field in self.profile.fields() {
            match self.get(&field.name) {
                Some(value) => xml.leaf(&field.name, value),
                None => xml.empty(&field.name, &[]),
            }
        }
        xml.end("simpledc");
        Ok(xml.finish())
    }

    /// Reads a sheet whatever the order of its elements and their namespace, and tells where it departs from the table.
    pub fn read(profile: Profile, bytes: &[u8]) -> Result<(Self, Vec<Deviation>), SheetError> {
        let mut sheet = Self::new(profile);
        let mut deviations = Vec::new();
        let mut seen: Vec<&'static str> = Vec::new();
        for (name, text) in elements(bytes)? {
            let Some(field) = profile.field(&name) else {
                deviations.push(Deviation::UnknownElement(name));
                continue;
            };
            if seen.contains(&field.name.as_str()) {
                deviations.push(Deviation::Repeated(&field.name));
                continue;
            }
            seen.push(&field.name);
            if name != field.name {
                deviations.push(Deviation::OtherName { written: name, field: &field.name });
            }
            sheet.set(&field.name, text);
        }
        let absent = profile.fields().iter().filter(|f| !seen.contains(&f.name.as_str()));
        deviations.extend(absent.map(|f| Deviation::Missing(&f.name)));
        deviations.extend(sheet.faults().into_iter().map(Deviation::Value));
        Ok((sheet, deviations))
    }
}

/// The elements right below the root with their text.
fn elements(bytes: &[u8]) -> Result<Vec<(String, String)>, SheetError> {
    if bytes.len() > MAX_BYTES {
        return Err(SheetError::TooLarge(bytes.len()));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| SheetError::NotUtf8)?;
    let mut reader = Reader::from_str(text.strip_prefix('\u{FEFF}').unwrap_or(text));
    let xml = |e: &dyn fmt::Display| SheetError::Xml(e.to_string());
    let mut found: Vec<(String, String)> = Vec::new();
    let (mut depth, mut seen_root) = (0, false);
    // Text between fields is not text of the field before it.
    let add = |depth: usize, text: &str, found: &mut Vec<(String, String)>| {
        if depth >= 2 {
            found.last_mut().expect("a field is open").1.push_str(text);
        }
    };
    loop {
        match reader.read_event().map_err(|e| xml(&e))? {
            Event::Start(tag) => {
                open(depth, tag.local_name().as_ref(), &mut seen_root, &mut found)?;
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(SheetError::TooDeep);
                }
            }
            Event::Empty(tag) => open(depth, tag.local_name().as_ref(), &mut seen_root, &mut found)?,
            Event::End(_) => depth -= 1,
            Event::Text(part) => add(depth, &part.xml10_content(), &mut found),
            Event::CData(part) => add(depth, &part.xml10_content(), &mut found),
            Event::GeneralRef(reference) => {
                let resolved = match &*reference {
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "amp" => Some('&'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => reference.resolve_char_ref().map_err(|e| xml(&e))?,
                };
                let resolved = resolved.ok_or_else(|| SheetError::Entity(reference.to_string()))?;
                add(depth, resolved.encode_utf8(&mut [0; 4]), &mut found);
            }
            Event::DocType(_) => return Err(SheetError::Entity("DOCTYPE".into())),
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().transpose().map_err(|e| xml(&e))?;
                let is_utf8 = |e: &str| e.eq_ignore_ascii_case("utf-8") || e.eq_ignore_ascii_case("us-ascii");
                if encoding.is_some_and(|e| !is_utf8(&e)) {
                    return Err(SheetError::NotUtf8);
                }
            }
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof if depth > 0 => return Err(SheetError::Xml("it ends inside an element".into())),
            Event::Eof if !seen_root => return Err(SheetError::Xml("it has no element".into())),
            Event::Eof => return Ok(found),
        }
    }
}

fn open(
    depth: usize,
    name: &str,
    seen_root: &mut bool,
    found: &mut Vec<(String, String)>,
) -> Result<(), SheetError> {
    match depth {
        0 if name != "simpledc" || *seen_root => return Err(SheetError::Root(name.to_owned())),
        0 => *seen_root = true,
        1 => found.push((name.to_owned(), String::new())),
        _ => {}
    }
    Ok(())
}
