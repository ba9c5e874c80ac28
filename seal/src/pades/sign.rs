//! Appending signatures, time stamps and validation data to a PDF.
//!
//! Each function reads the few objects it needs, hashes the file once, and returns the bytes to be appended:
//! writing them belongs to the caller. Memory does not grow with the file.

use std::io::{Read, Seek};

use record::{Sha256, Timestamp};
use sha2::Digest as _;

use super::appearance::{Drawn, Mark, PackedPicture, draw, local_time, numbers};
use super::error::{PadesError, PdfError};
use super::form;
use super::object::{Dict, Object, Ref, write_hex};
use super::read::{Document, Page};
use super::source::Source;
use super::write::{Revision, current};
use crate::algorithm::{Digest, Hasher};
use crate::sign::{PdfSignature, SealError, Signer};
use crate::tsp::TimeStampClient;

/// Room for a time stamp before the authority's first answer is known, in bytes.
const TOKEN_ROOM: usize = 6 << 10;
/// Room beyond a token whose size is known: its successor may be a little longer.
const TOKEN_SPARE: usize = 256;

/// How a PDF is to be signed.
pub struct SignatureRequest<'a> {
    /// The signing time that the signature claims (cut to seconds).
    pub now: Timestamp,
    /// What is seen on page one; nothing if absent.
    pub mark: Option<Mark<'a>>,
    /// Certify: later signatures are allowed, other changes are not (DocMDP P=2). Only the first signature can.
    pub certify: bool,
}

/// The beginning of a file, hashed when it was read for another reason.
#[derive(Debug, Clone)]
pub struct HashedStart {
    /// Its length.
    pub bytes: u64,
    /// Fed with so many bytes of the file.
    pub sha256: sha2::Sha256,
}

/// Signs a PDF with SubFilter ETSI.CAdES.detached and returns the bytes to append: level B-B of
/// ETSI EN 319 142-1, or B-T with a time stamp. The signer is checked with its own public key before.
///
/// Fails, with nothing produced, on files that are encrypted, broken, certified against changes, or have
/// permissions or an XFA form that signing would break.
pub fn sign_pdf<F: Read + Seek>(
    pdf: &mut F,
    request: &SignatureRequest<'_>,
    signer: &dyn Signer,
    time_stamps: Option<&mut TimeStampClient<'_>>,
) -> Result<Vec<u8>, PadesError> {
    sign(pdf, None, request, signer, time_stamps)
}

/// The same, for a PDF whose beginning was hashed: with a key that signs SHA-256 that is not read again. Whoever cannot be sure that
/// the file is still what it was then judges what was made.
pub fn sign_hashed_pdf<F: Read + Seek>(
    pdf: &mut F,
    start: &HashedStart,
    request: &SignatureRequest<'_>,
    signer: &dyn Signer,
    time_stamps: Option<&mut TimeStampClient<'_>>,
) -> Result<Vec<u8>, PadesError> {
    sign(pdf, Some(start), request, signer, time_stamps)
}

fn sign<F: Read + Seek>(
    pdf: &mut F,
    start: Option<&HashedStart>,
    request: &SignatureRequest<'_>,
    signer: &dyn Signer,
    mut time_stamps: Option<&mut TimeStampClient<'_>>,
) -> Result<Vec<u8>, PadesError> {
    let cms_bytes = PdfSignature::max_bytes(signer, request.now)?;
    let mut token_room = if time_stamps.is_some() { TOKEN_ROOM } else { 0 };
    loop {
        let mut draft = draft_signature(pdf, request, cms_bytes + token_room)?;
        let digest = draft.digest(pdf, start, signer.algorithm().digest())?;
        let mut cms = PdfSignature::new(digest.clone(), signer, request.now)?;
        if let Some(client) = &mut time_stamps {
            let imprint = Sha256(sha2::Sha256::digest(cms.value()).into());
            cms.add_time_stamp(&client.stamp(&imprint)?)?;
        }
        let der = cms.to_der()?;
        crate::verify::check_pdf_integrity(&digest, &der)
            .map_err(|(subject, reason)| SealError::SelfCheck { subject, reason })?;
        if draft.fill(&der) {
            return Ok(draft.revision.bytes);
        }
        // A token larger than thought: once more, with room for one as large as that.
        token_room = (der.len() - cms_bytes.min(der.len())).max(token_room) + TOKEN_SPARE;
    }
}

/// Puts a time stamp of its own over the whole PDF (SubFilter ETSI.RFC3161) and returns the bytes to append.
/// After a B-B signature this makes B-T; after validation data, B-LTA.
pub fn time_stamp_pdf<F: Read + Seek>(
    pdf: &mut F,
    client: &mut TimeStampClient<'_>,
) -> Result<Vec<u8>, PadesError> {
    let mut room = TOKEN_ROOM;
    loop {
        let mut draft = draft_time_stamp(pdf, room)?;
        let digest = draft.digest(pdf, None, Digest::Sha256)?;
        let imprint = Sha256(digest.try_into().expect("SHA-256 has 32 bytes"));
        let token = client.stamp(&imprint)?;
        if draft.fill(&token) {
            return Ok(draft.revision.bytes);
        }
        room = token.len() + TOKEN_SPARE;
    }
}

/// An appended revision whose signature is still a gap.
struct Draft {
    revision: Revision,
    /// Position of the list of ByteRange, and of `<…>`, in the appended bytes.
    byte_range: usize,
    contents: std::ops::Range<usize>,
}

/// Width of the numbers in a ByteRange that is not filled in yet.
const BYTE_RANGE_ROOM: usize = 50;

fn draft_signature<F: Read + Seek>(
    pdf: &mut F,
    request: &SignatureRequest<'_>,
    room: usize,
) -> Result<Draft, PadesError> {
    let mut document = Document::open(Source::new(pdf).map_err(PdfError::from)?)?;
    let (root, mut catalog) = document.root()?;
    check_permissions(&mut document, &catalog)?;
    let page = document.page_one(&catalog)?;
    let mut revision = Revision::new(&mut document)?;
    let (signature, field) = (revision.allocate(), revision.allocate());

    let mut entries = Dict::default()
        .with("Type", Object::named("Sig"))
        .with("Filter", Object::named("Adobe.PPKLite"))
        .with("SubFilter", Object::named("ETSI.CAdES.detached"))
        .with("M", Object::Text(pdf_date(request.now).into_bytes()));
    if request.certify {
        let earlier = form::signature_fields(&mut document, &catalog)?.filled.len();
        if earlier > 0 {
            return Err(PadesError::NotFirst(earlier));
        }
        entries.set("Reference", Object::Array(vec![Object::Dict(doc_mdp())]));
        let permissions = document.value(&catalog, "Perms")?.dict().cloned().unwrap_or_default();
        catalog.set("Perms", Object::Dict(permissions.with("DocMDP", Object::Ref(signature))));
    }
    let (byte_range, contents) = add_signature(&mut revision, signature, &entries, room);
    let drawn = match &request.mark {
        Some(mark) => Some(draw(mark, &page, &form::taken_places(&mut document, &page)?)?),
        None => None,
    };
    let widget = add_widget(&mut revision, field, signature, &page, drawn);
    revision.add(field, &Object::Dict(widget));
    form::add_field(&mut document, &mut revision, &mut catalog, &page, field)?;
    revision.add(current(&mut document, root)?, &Object::Dict(catalog));
    revision.finish(&document);
    let mut draft = Draft { revision, byte_range, contents };
    draft.fill_byte_range();
    Ok(draft)
}

fn draft_time_stamp<F: Read + Seek>(pdf: &mut F, room: usize) -> Result<Draft, PadesError> {
    let mut document = Document::open(Source::new(pdf).map_err(PdfError::from)?)?;
    let (root, mut catalog) = document.root()?;
    // Permitted even where nothing else may be added (ISO 32000-2, 12.8.2.2).
    let page = document.page_one(&catalog)?;
    let mut revision = Revision::new(&mut document)?;
    let (stamp, field) = (revision.allocate(), revision.allocate());
    let entries = Dict::default()
        .with("Type", Object::named("DocTimeStamp"))
        .with("Filter", Object::named("Adobe.PPKLite"))
        .with("SubFilter", Object::named("ETSI.RFC3161"));
    let (byte_range, contents) = add_signature(&mut revision, stamp, &entries, room);
    let widget = add_widget(&mut revision, field, stamp, &page, None);
    revision.add(field, &Object::Dict(widget));
    form::add_field(&mut document, &mut revision, &mut catalog, &page, field)?;
    revision.add(current(&mut document, root)?, &Object::Dict(catalog));
    revision.finish(&document);
    let mut draft = Draft { revision, byte_range, contents };
    draft.fill_byte_range();
    Ok(draft)
}

fn check_permissions<F: Read + Seek>(
    document: &mut Document<'_, F>,
    catalog: &Dict,
) -> Result<(), PadesError> {
    if form::certified(document, catalog)? == Some(1) {
        return Err(PadesError::NoChangesAllowed);
    }
    let permissions = document.value(catalog, "Perms")?;
    let mut names = permissions.dict().into_iter().flat_map(Dict::iter).map(|(key, _)| key);
    match names.find(|name| *name != b"DocMDP") {
        Some(name) => Err(PadesError::ForeignPermissions(String::from_utf8_lossy(name).into_owned())),
        None => Ok(()),
    }
}

/// The signature dictionary with a gap for the signature. Returns where ByteRange's list and `<…>` lie.
fn add_signature(
    revision: &mut Revision,
    id: Ref,
    entries: &Dict,
    room: usize,
) -> (usize, std::ops::Range<usize>) {
    revision.begin(id);
    let mut dict = Vec::new();
    entries.write(&mut dict);
    dict.truncate(dict.len() - 2);
    revision.bytes.extend(dict);
    revision.bytes.extend(b"/ByteRange [");
    let byte_range = revision.bytes.len();
    revision.bytes.extend([b' '; BYTE_RANGE_ROOM]);
    revision.bytes.extend(b"]/Contents ");
    let start = revision.bytes.len();
    write_hex(&vec![0; room], &mut revision.bytes);
    let contents = start..revision.bytes.len();
    revision.bytes.extend(b">>");
    revision.end();
    (byte_range, contents)
}

fn add_widget(
    revision: &mut Revision,
    field: Ref,
    value: Ref,
    page: &Page,
    drawn: Option<Drawn<'_>>,
) -> Dict {
    let widget = Dict::default()
        .with("Type", Object::named("Annot"))
        .with("Subtype", Object::named("Widget"))
        .with("FT", Object::named("Sig"))
        // A new number is a new name, whatever the form has already.
        .with("T", Object::Text(format!("Signature{}", field.number).into_bytes()))
        .with("V", Object::Ref(value))
        .with("P", Object::Ref(page.id))
        .with("F", Object::Int(4 | 128)); // to be printed, locked
    let Some(Drawn { rect, mut form, content, picture }) = drawn else {
        return widget.with("Rect", Object::Array([0; 4].map(Object::Int).to_vec()));
    };
    if let Some(PackedPicture { pixels: (image, data), alpha, .. }) = picture {
        let mut image = image.clone();
        if let Some((mask, data)) = alpha {
            let id = revision.allocate();
            revision.add_stream(id, mask.clone(), data);
            image.set("SMask", Object::Ref(id));
        }
        let id = revision.allocate();
        revision.add_stream(id, image, data);
        let names = Dict::default().with("P", Object::Ref(id));
        form.set("Resources", Object::Dict(Dict::default().with("XObject", Object::Dict(names))));
    }
    let id = revision.allocate();
    revision.add_stream(id, form, &content);
    let appearance = Dict::default().with("N", Object::Ref(id));
    widget.with("Rect", numbers(&rect)).with("AP", Object::Dict(appearance))
}

fn doc_mdp() -> Dict {
    let parameters = Dict::default()
        .with("Type", Object::named("TransformParams"))
        .with("P", Object::Int(2))
        .with("V", Object::named("1.2"));
    Dict::default()
        .with("Type", Object::named("SigRef"))
        .with("TransformMethod", Object::named("DocMDP"))
        .with("TransformParams", Object::Dict(parameters))
}

/// A moment as PDF writes it, in the zone of Việt Nam (ISO 32000-1, 7.9.4).
fn pdf_date(at: Timestamp) -> String {
    let digits: String = local_time(at).chars().take(19).filter(char::is_ascii_digit).collect();
    format!("D:{digits}+07'00'")
}

impl Draft {
    /// Everything but `<…>` is signed.
    fn fill_byte_range(&mut self) {
        let start = self.revision.base + self.contents.start as u64;
        let end = self.revision.base + self.contents.end as u64;
        let text = format!("0 {start} {end} {}", self.revision.position() - end);
        self.revision.bytes[self.byte_range..self.byte_range + text.len()].copy_from_slice(text.as_bytes());
    }

    fn digest<F: Read + Seek>(
        &self,
        pdf: &mut F,
        start: Option<&HashedStart>,
        digest: Digest,
    ) -> Result<Vec<u8>, PadesError> {
        let start = start.filter(|start| digest == Digest::Sha256 && start.bytes <= self.revision.base);
        let (from, mut hasher) = match start {
            Some(start) => (start.bytes, Hasher::Sha256(start.sha256.clone())),
            None => (0, digest.hasher()),
        };
        let source = Source::new(pdf).map_err(PdfError::from)?;
        source.each_block(from, self.revision.base, |block| hasher.update(block)).map_err(PdfError::from)?;
        hasher.update(&self.revision.bytes[..self.contents.start]);
        hasher.update(&self.revision.bytes[self.contents.end..]);
        Ok(hasher.finish())
    }

    /// Puts the signature in its gap, if it fits.
    fn fill(&mut self, der: &[u8]) -> bool {
        let room = self.contents.len() - 2;
        let mut hex = Vec::with_capacity(room + 2);
        write_hex(der, &mut hex);
        if hex.len() > room + 2 {
            return false;
        }
        let digits = &hex[1..hex.len() - 1];
        let at = self.contents.start + 1;
        self.revision.bytes[at..at + digits.len()].copy_from_slice(digits);
        true
    }
}
