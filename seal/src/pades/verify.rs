//! Judging the signatures of any PDF: what they cover, whether they are right, whose they are, and what was
//! changed after them.
//!
//! Foreign bytes: whatever is wrong with them becomes a reason with a name, never a panic. The three statuses
//! are those of ETSI EN 319 102-1.

use std::collections::HashMap;
use std::io::{Read, Seek};

use record::{Lang, Timestamp};

use super::changes::{Change, Signatures, changes_after};
use super::error::PdfError;
use super::form::{self, SignatureField};
use super::object::{Dict, Object, Ref};
use super::read::{Document, parse_at};
use super::report::{PdfReason, PdfReport, PdfSignatureKind, PdfSignatureReport, PdfStatus, ReasonCode};
use super::source::Source;
use super::xref::Location;
use crate::algorithm::Fault;
use crate::certificate::Certificate;
use crate::cms::{self, SignedData, SignerInfo};
use crate::path::{PathRefusal, Purpose};
use crate::revocation::{Material, Revocation};
use crate::tlv::Tlv;
use crate::trial::TRIAL_MARK;
use crate::trust::{Question, Trust};
use crate::tsp::{self, RightStamp, TimeStampVerdict};
use crate::verify::{CLOCK_TOLERANCE_S, MAX_SIGNATURE_BYTES, SignerReport};

/// Most signatures of one PDF that are judged.
const MAX_SIGNATURES: usize = 64;
/// Most pieces of one kind of a Document Security Store that are looked at, and their largest size in bytes: of a
/// certificate, of a list or an answer.
const MAX_STORE_PIECES: usize = 64;
const MAX_CERTIFICATE_BYTES: usize = 64 << 10;
const MAX_LIST_BYTES: usize = 8 << 20;

/// Judges every signature and time stamp of a PDF.
///
/// `anchors` are DER certificates of trusted authorities, for signers and time stamps; nothing is known of revocations but what
/// the PDF holds ([`Trust::verify_pdf`] knows more). `at` is the moment of
/// checking, used where no valid time stamp proves an earlier one. Time stamps are judged from the last one inwards,
/// each at the time that the ones after it prove. Each signature costs one pass over what it
/// covers.
pub fn verify_pdf<F: Read + Seek>(
    pdf: &mut F,
    anchors: &[Vec<u8>],
    at: Timestamp,
) -> Result<PdfReport, std::io::Error> {
    verify_with(pdf, &Trust::of_certificates(anchors), at)
}

/// The same, with all that is known of authorities and revocations.
pub(crate) fn verify_with<F: Read + Seek>(
    pdf: &mut F,
    trust: &Trust,
    at: Timestamp,
) -> Result<PdfReport, std::io::Error> {
    let source = Source::new(pdf)?;
    let size_bytes = source.len();
    Ok(match judge_all(source, trust, at) {
        Ok(signatures) => PdfReport { size_bytes, fault: None, signatures },
        Err(PdfError::Io(error)) => return Err(std::io::Error::new(error.kind(), error)),
        Err(fault) => PdfReport { size_bytes, fault: Some(fault), signatures: Vec::new() },
    })
}

fn judge_all<F: Read + Seek>(
    source: Source<'_, F>,
    trust: &Trust,
    at: Timestamp,
) -> Result<Vec<PdfSignatureReport>, PdfError> {
    let mut document = Document::open(source)?;
    let (mut found, values, store) = examine_all(&mut document)?;
    let reach = found.iter().filter_map(|e| Some((e.value?, e.reach()))).collect();
    let signatures = Signatures { values, reach };
    inherit_permissions(&mut found);
    for examined in &mut found {
        check_coverage(&mut document, examined, &signatures)?;
    }
    // A time stamp over the file proves the time of everything that it covers: the last one comes first.
    let mut inwards: Vec<&mut Examined> = found.iter_mut().collect();
    inwards.sort_by_key(|e| std::cmp::Reverse(e.report.covered_bytes));
    let mut stamps: Vec<(u64, Timestamp)> = Vec::new();
    for examined in inwards {
        let covered = examined.report.covered_bytes;
        let later = stamps.iter().filter(|(bytes, _)| *bytes > covered).map(|(_, time)| *time).min();
        examined.judge_stamp(trust, &store, later.map_or(at, |time| time.min(at)));
        let own = examined.report.time_stamp.as_ref().and_then(TimeStampVerdict::time);
        examined.report.proven = later.into_iter().chain(own).min();
        examined.judge_path(trust, &store, at);
        if let (PdfSignatureKind::TimeStamp, [], Some(own)) =
            (examined.report.kind, examined.report.reasons.as_slice(), own)
        {
            stamps.push((covered, own));
        }
    }
    Ok(found.into_iter().map(|e| e.report).collect())
}

/// What a signature or a time stamp that is right in itself carries.
pub(super) struct Carried {
    /// What its own certificate must be good for.
    pub(super) purpose: Purpose,
    /// Its own first; none in a damaged one.
    pub(super) certificates: Vec<Certificate>,
    pub(super) covered_bytes: u64,
}

/// Those of all signatures and time stamps of a PDF.
pub(super) fn carried<F: Read + Seek>(pdf: &mut F) -> Result<Vec<Carried>, PdfError> {
    let mut document = Document::open(Source::new(pdf)?)?;
    let (found, _, _) = examine_all(&mut document)?;
    let mut all = Vec::new();
    for Examined { certificates, stamp, report, .. } in found {
        let covered_bytes = report.covered_bytes;
        all.push(Carried { purpose: Purpose::Documents, certificates, covered_bytes });
        all.extend(stamp.map(|stamp| Carried {
            purpose: Purpose::TimeStamps,
            certificates: stamp.into_certificates(),
            covered_bytes,
        }));
    }
    Ok(all)
}

/// Everything about all signatures but the paths to authorities, the dictionaries that are signatures, and the store of the file.
type AllExamined = (Vec<Examined>, HashMap<u32, Ref>, Store);

fn examine_all<F: Read + Seek>(document: &mut Document<'_, F>) -> Result<AllExamined, PdfError> {
    let (_, catalog) = document.root()?;
    let form::SignatureFields { filled: mut fields, values } = form::signature_fields(document, &catalog)?;
    if fields.len() > MAX_SIGNATURES {
        return Err(super::read::structure("more than 64 signatures"));
    }
    // One signature may have several fields that show it.
    let mut seen = std::collections::HashSet::new();
    fields.retain(|f| f.value.is_none_or(|value| seen.insert(value)));
    let mut store = Store::read(document, &catalog);
    let mut found = Vec::new();
    for field in fields {
        found.push(examine(document, field, &mut store)?);
    }
    Ok((found, values, store))
}

/// What a certifying signature allows, it allows beside every signature that covers it, too: who signs later has seen it.
fn inherit_permissions(found: &mut [Examined]) {
    let certifying: Vec<_> =
        found.iter().filter_map(|e| Some((e.report.covered_bytes, e.allowed?))).collect();
    for examined in found.iter_mut().filter(|e| e.allowed.is_none()) {
        let covered = examined.report.covered_bytes;
        let before = certifying.iter().filter(|(bytes, _)| (1..covered).contains(bytes));
        examined.allowed = before.map(|(_, allowed)| *allowed).filter(|allowed| *allowed > 1).min();
    }
}

/// One signature while it is judged.
struct Examined {
    report: PdfSignatureReport,
    /// The signer's certificate first, and the others of the signature.
    certificates: Vec<Certificate>,
    /// The signature dictionary.
    value: Option<Ref>,
    /// A time stamp whose authority is not judged yet.
    stamp: Option<RightStamp>,
    /// What a certifying signature allows.
    allowed: Option<i64>,
}

impl Examined {
    /// How many bytes from the beginning it speaks of, 0 without a ByteRange that holds; is it a time stamp? One that fails
    /// says so itself.
    fn reach(&self) -> (u64, bool) {
        (self.report.covered_bytes, self.report.kind == PdfSignatureKind::TimeStamp)
    }

    /// A time stamp over a signature may be of somebody not trusted: then it proves nothing. One over the file is what is asked
    /// about.
    fn judge_stamp(&mut self, trust: &Trust, store: &Store, at: Timestamp) {
        let Some(mut stamp) = self.stamp.take() else { return };
        stamp.add_certificates(&store.certificates);
        let verdict = stamp.judge(trust, &store.material, at);
        if self.report.kind == PdfSignatureKind::TimeStamp {
            match &verdict {
                TimeStampVerdict::Valid(_) => {}
                TimeStampVerdict::Untrusted { reason, .. } => self.object(ReasonCode::Untrusted, reason),
                TimeStampVerdict::Weak { reason, .. } => self.object(ReasonCode::WeakAlgorithm, reason),
                TimeStampVerdict::Altered { reason } => self.object(ReasonCode::Altered, reason),
                TimeStampVerdict::Malformed { reason } => self.object(ReasonCode::Format, reason),
            }
        }
        self.report.time_stamp = Some(verdict);
    }

    fn object(&mut self, code: ReasonCode, detail: impl Into<String>) {
        self.report.reasons.push(PdfReason { code, detail: detail.into() });
        self.report.status = self.report.status.max(code.status());
    }

    fn judge_path(&mut self, trust: &Trust, store: &Store, at: Timestamp) {
        if self.report.kind == PdfSignatureKind::TimeStamp {
            return;
        }
        let Some((own, beside)) = self.certificates.split_first() else { return };
        let pool: Vec<Certificate> = beside.iter().chain(&store.certificates).cloned().collect();
        let (moment, which) = match self.report.proven {
            Some(proven) => (proven, "the proven time"),
            None => (at, "the time of checking"),
        };
        let claimed = self.report.claimed;
        let question = Question {
            own,
            pool: &pool,
            times: &[(moment, which)],
            moment,
            claimed,
            purpose: Purpose::Documents,
            more: &store.material,
        };
        let vouched = trust.judge(&question);
        if let Some(claimed) = claimed
            && claimed.as_second() > moment.as_second() + CLOCK_TOLERANCE_S
        {
            self.object(ReasonCode::ClockWrong, format!("{claimed}, after {which} {moment}"));
        }
        let vouched = match vouched {
            Ok(vouched) => vouched,
            Err(PathRefusal::Untrusted(reason)) => return self.object(ReasonCode::Untrusted, reason),
            Err(PathRefusal::Expired(reason)) => return self.object(ReasonCode::OutOfTime, reason),
        };
        if let Some(signer) = &mut self.report.signer {
            signer.trial |= vouched.anchor.contains(TRIAL_MARK);
        }
        let told = vouched.revocation.text(Lang::En);
        match &vouched.revocation {
            Revocation::Revoked { .. } if self.report.proven.is_some() => {
                self.object(ReasonCode::Revoked, told);
            }
            Revocation::Revoked { .. } => self.object(ReasonCode::RevokedNoPoe, told),
            Revocation::Unknown { .. } => self.object(ReasonCode::RevocationUnknown, told),
            Revocation::RevokedLater { .. } => self.report.since = Some(told),
            _ if vouched.ends < at => {
                self.report.since = Some(format!("a certificate expired at {}", vouched.ends));
            }
            _ => {}
        }
        self.report.revocation = Some(vouched.revocation);
    }
}

/// The signature dictionary as it lies in the file.
struct Raw {
    dict: Dict,
    contents: Vec<u8>,
    /// Where `<…>` lies in the file.
    contents_at: std::ops::Range<u64>,
}

/// Everything about one signature but the path to an authority.
fn examine<F: Read + Seek>(
    document: &mut Document<'_, F>,
    field: SignatureField,
    store: &mut Store,
) -> Result<Examined, PdfError> {
    let mut examined = Examined {
        report: PdfSignatureReport {
            field: field.name.clone(),
            kind: PdfSignatureKind::Approval,
            sub_filter: String::new(),
            signer: None,
            algorithm: String::new(),
            claimed: None,
            time_stamp: None,
            proven: None,
            covered_bytes: 0,
            covers_whole_file: false,
            changes: Vec::new(),
            revocation: None,
            since: None,
            status: PdfStatus::TotalPassed,
            reasons: Vec::new(),
        },
        certificates: Vec::new(),
        value: field.value,
        stamp: None,
        allowed: None,
    };
    let Some(value) = field.value else {
        examined.object(ReasonCode::Format, "the signature dictionary is no object of its own");
        return Ok(examined);
    };
    let raw = match raw_signature(document, value)? {
        Ok(raw) => raw,
        Err(reason) => {
            examined.object(ReasonCode::Format, reason);
            return Ok(examined);
        }
    };
    let report = &mut examined.report;
    let sub_filter = raw.dict.get("SubFilter").and_then(Object::name).unwrap_or_default();
    report.sub_filter = String::from_utf8_lossy(sub_filter).into_owned();
    report.claimed = raw.dict.get("M").and_then(Object::text).and_then(pdf_time);
    let allowed = form::allowed(document, &raw.dict)?;
    examined.allowed = allowed;
    if let Some(allowed) = allowed {
        report.kind = PdfSignatureKind::Certification(allowed);
    }
    if report.sub_filter == "ETSI.RFC3161" {
        report.kind = PdfSignatureKind::TimeStamp;
    }
    let ranges = match byte_range(&raw, document.source.len()) {
        Ok(ranges) => ranges,
        Err((code, detail)) => {
            examined.object(code, detail);
            return Ok(examined);
        }
    };
    examined.report.covered_bytes = ranges[1].1;
    check_cms(document, &mut examined, &raw, ranges, store)?;
    Ok(examined)
}

fn raw_signature<F: Read + Seek>(
    document: &mut Document<'_, F>,
    id: Ref,
) -> Result<Result<Raw, String>, PdfError> {
    let offset = match document.locate(id.number)? {
        Location::At { offset, generation } if generation == id.generation => offset,
        Location::InStream { .. } => return Ok(Err("the signature lies in a packed stream".into())),
        _ => return Ok(Err("the signature dictionary is missing".into())),
    };
    document.indirect(id, offset)?;
    let parsed = parse_at(&document.source, offset, |parser| {
        parser.head()?;
        parser.skip_space()?;
        parser.entries()
    });
    let entries = match parsed {
        Ok(entries) => entries,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let mut dict = Dict::default();
    let mut contents = None;
    for (key, value, place) in entries {
        if key == b"Contents" {
            let Object::Text(bytes) = value else { return Ok(Err("Contents is no string".into())) };
            contents = Some((bytes, offset + place.start as u64..offset + place.end as u64));
        } else if let Ok(key) = std::str::from_utf8(&key) {
            dict.set(key, value);
        }
    }
    Ok(match contents {
        Some((contents, contents_at)) => Ok(Raw { dict, contents, contents_at }),
        None => Err("there are no Contents".into()),
    })
}

/// The two stretches that are signed, from start to end.
fn byte_range(raw: &Raw, len: u64) -> Result<[(u64, u64); 2], (ReasonCode, String)> {
    let wrong = |detail: String| Err((ReasonCode::ByteRange, detail));
    let Some(list) = raw.dict.get("ByteRange").and_then(Object::array) else {
        return wrong("there is none".into());
    };
    let list: Option<Vec<u64>> =
        list.iter().map(|item| item.int().and_then(|v| u64::try_from(v).ok())).collect();
    let Some(list) = list else { return wrong("something in it is no number of bytes".into()) };
    let [start, first, second, rest] = list[..] else {
        return wrong(format!("{} numbers instead of four", list.len()));
    };
    let ends = (start.checked_add(first), second.checked_add(rest));
    let (Some(first_end), Some(end)) = ends else { return wrong("numbers that are too large".into()) };
    if start != 0 {
        return wrong(format!("it begins at byte {start}, not at 0"));
    }
    if second < first_end {
        return wrong("its two parts overlap".into());
    }
    if end > len {
        return wrong(format!("it reaches to byte {end}, the file to {len}"));
    }
    let gap = first_end..second;
    if gap != raw.contents_at {
        let detail = format!(
            "bytes {}..{} are left out, the signature is at {}..{}",
            gap.start, gap.end, raw.contents_at.start, raw.contents_at.end
        );
        return Err((ReasonCode::Gap, detail));
    }
    Ok([(0, first_end), (second, end)])
}

/// Is the signature right in itself, and over these bytes?
fn check_cms<F: Read + Seek>(
    document: &mut Document<'_, F>,
    examined: &mut Examined,
    raw: &Raw,
    ranges: [(u64, u64); 2],
    store: &mut Store,
) -> Result<(), PdfError> {
    if raw.contents.len() > MAX_SIGNATURE_BYTES {
        examined.object(ReasonCode::Format, "larger than 1 MiB");
        return Ok(());
    }
    let (der, padding) = match Tlv::first(&raw.contents) {
        Ok((element, rest)) => (element.whole, rest),
        Err(error) => {
            examined.object(ReasonCode::Format, error.0);
            return Ok(());
        }
    };
    if padding.iter().any(|b| *b != 0) {
        examined.object(ReasonCode::Padding, format!("{} bytes after the signature", padding.len()));
    }
    let mut failed = None;
    let mut hash = |digest: crate::algorithm::Digest| {
        let mut hasher = digest.hasher();
        for (from, to) in ranges {
            if let Err(error) = document.source.each_block(from, to, |block| hasher.update(block)) {
                failed = Some(error);
            }
        }
        hasher.finish()
    };
    if examined.report.kind == PdfSignatureKind::TimeStamp {
        match tsp::read(der, &mut hash) {
            Ok(right) => {
                examined.report.signer = Some(right.stamp.authority.clone());
                examined.report.algorithm = right.stamp.algorithm.clone();
                examined.stamp = Some(right);
            }
            Err(fault) => {
                let verdict = TimeStampVerdict::from(fault);
                let code = match &verdict {
                    TimeStampVerdict::Altered { .. } => ReasonCode::Altered,
                    _ => ReasonCode::Format,
                };
                examined.object(code, verdict.reason());
                examined.report.time_stamp = Some(verdict);
            }
        }
    } else {
        match SignedData::from_der(der, cms::PDF) {
            Ok(signed) => {
                signed.crls.iter().for_each(|crl| store.add_list(crl));
                check_signer(examined, &signed, hash);
            }
            Err(error) => examined.object(ReasonCode::NotAccepted, error.0),
        }
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

fn check_signer(
    examined: &mut Examined,
    signed: &SignedData<'_>,
    hash: impl FnOnce(crate::algorithm::Digest) -> Vec<u8>,
) {
    let [signer] = signed.signers.as_slice() else {
        examined.object(ReasonCode::NotAccepted, "a signature in a PDF has one signer");
        return;
    };
    examined.report.algorithm = signer.algorithm();
    if examined.report.claimed.is_none() {
        examined.report.claimed = signer.claimed;
    }
    let certificate = match signed.certificate_of(signer) {
        Ok(certificate) => certificate,
        Err(error) => {
            examined.object(ReasonCode::Format, error.0);
            return;
        }
    };
    let trial = [certificate.subject(), certificate.issuer()].iter().any(|n| n.contains(TRIAL_MARK));
    examined.report.signer = Some(SignerReport::new(certificate, examined.report.claimed, trial));
    check_mathematics(examined, signer, certificate, hash);
    if signer.digest.is_weak() {
        examined.object(ReasonCode::WeakAlgorithm, signer.algorithm());
    }
    if examined.report.sub_filter == "ETSI.CAdES.detached" && !signer.names_certificate() {
        examined.object(ReasonCode::NotAccepted, "the signature does not name its certificate");
    }
    if let Some(token) = signer.time_stamp {
        match tsp::read(token, |digest| digest.of(signer.signature)) {
            Ok(right) => examined.stamp = Some(right),
            Err(fault) => {
                let verdict = TimeStampVerdict::from(fault);
                examined.object(ReasonCode::TimeStampFails, verdict.reason());
                examined.report.time_stamp = Some(verdict);
            }
        }
    }
    let others = signed.certificates.iter().filter(|c| c.der() != certificate.der());
    examined.certificates = std::iter::once(certificate)
        .chain(others)
        .filter_map(|c| Certificate::from_der(c.der()).ok())
        .collect();
}

fn check_mathematics(
    examined: &mut Examined,
    signer: &SignerInfo<'_>,
    certificate: &Certificate,
    hash: impl FnOnce(crate::algorithm::Digest) -> Vec<u8>,
) {
    match signer.verify_attributes(certificate) {
        Ok(()) => {}
        Err(Fault::Wrong) => {
            examined.object(ReasonCode::WrongKey, format!("of \"{}\"", certificate.subject()));
        }
        Err(Fault::Weak(what)) => examined.object(ReasonCode::WeakAlgorithm, what),
        Err(Fault::Unsupported(what)) => examined.object(ReasonCode::NotAccepted, what),
    }
    if hash(signer.digest) != signer.message_digest {
        let detail = format!("these are not the bytes that \"{}\" signed", certificate.subject());
        examined.object(ReasonCode::Altered, detail);
    }
}

/// What follows the signed part, and what it does.
fn check_coverage<F: Read + Seek>(
    document: &mut Document<'_, F>,
    examined: &mut Examined,
    signatures: &Signatures,
) -> Result<(), PdfError> {
    let end = examined.report.covered_bytes;
    // Without a ByteRange that holds there is nothing to compare with.
    let Some(value) = examined.value.filter(|_| end > 0) else { return Ok(()) };
    let rest = document.source.piece(end, 3)?;
    if rest.len() < 3 && rest.iter().all(|b| matches!(b, b'\r' | b'\n')) {
        examined.report.covers_whole_file = true;
        return Ok(());
    }
    match changes_after(document, end, value, signatures) {
        Ok(Ok(changes)) => {
            let allowed = examined.allowed;
            let harmful = |c: &&Change| !c.kind.is_allowed(allowed);
            let numbers: Vec<String> = changes
                .iter()
                .filter(harmful)
                .take(20)
                .map(|c| format!("{} ({})", c.object, c.kind.code()))
                .collect();
            examined.report.changes = changes;
            if !numbers.is_empty() {
                examined.object(ReasonCode::ContentChanged, format!("objects {}", numbers.join(", ")));
            }
        }
        Ok(Err((code, detail))) => examined.object(code, detail),
        Err(error @ (PdfError::Io(_) | PdfError::TooCostly)) => return Err(error),
        Err(error) => examined.object(ReasonCode::ChangesUnknown, error.to_string()),
    }
    Ok(())
}

/// What the Document Security Store and the signatures hold to judge with; what cannot be read is of no use and passed over.
#[derive(Default)]
struct Store {
    certificates: Vec<Certificate>,
    material: Material,
}

impl Store {
    fn read<F: Read + Seek>(document: &mut Document<'_, F>, catalog: &Dict) -> Self {
        let mut read = Self::default();
        let Ok(Object::Dict(store)) = document.value(catalog, "DSS") else { return read };
        for data in pieces(document, &store, "Certs", MAX_CERTIFICATE_BYTES) {
            read.certificates.extend(Certificate::from_der(&data));
        }
        for key in ["CRLs", "OCSPs"] {
            pieces(document, &store, key, MAX_LIST_BYTES).iter().for_each(|data| read.add_list(data));
        }
        read
    }

    fn add_list(&mut self, der: &[u8]) {
        let _ = self.material.add(der);
    }
}

fn pieces<F: Read + Seek>(
    document: &mut Document<'_, F>,
    store: &Dict,
    key: &str,
    max_bytes: usize,
) -> Vec<Vec<u8>> {
    let Ok(Object::Array(list)) = document.value(store, key) else { return Vec::new() };
    let ids = list.iter().filter_map(Object::reference).take(MAX_STORE_PIECES);
    ids.filter_map(|id| document.stream_data(id, max_bytes).ok()).collect()
}

/// `D:YYYYMMDDHHmmSS` with or without zone (ISO 32000-1, 7.9.4).
fn pdf_time(bytes: &[u8]) -> Option<Timestamp> {
    let text = form::pdf_text(bytes);
    let text = text.strip_prefix("D:").unwrap_or(&text).replace('\'', "");
    let zone = if text.len() == 14 { "Z" } else { "" };
    tsp::generalized_time(format!("{text}{zone}").as_bytes()).ok()
}
