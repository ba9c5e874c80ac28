//! Signed PDFs are judged before anybody gets them, and before one enters the archive: by what the archive trusts, over the bytes as
//! they are.

use super::PdfSigningError;
use crate::PipelineError;
use crate::sealing::OpenKey;
use record::Timestamp;
use seal::Trust;
use seal::pades::{Grown, PdfReport, PdfSignatureReport, ReasonCode};
use std::io::{Read, Seek};

/// What was made of a PDF.
pub(crate) struct Made<'a> {
    /// Which.
    pub(crate) subject: &'a str,
    /// Its bytes before.
    pub(crate) before_bytes: u64,
    /// Whose signatures were put behind them.
    pub(crate) keys: &'a [&'a OpenKey],
    /// Nothing was put behind the last signature.
    pub(crate) ends_signed: bool,
}

/// Of what was made now nothing may be wrong: each key's signature is there, and the last covers all. Whether a certificate was
/// revoked needs to be known at the levels that hold proof of it, which was asked for before. Signatures that were there must be what
/// they were. Each signature costs a pass over what it covers.
///
/// # Errors
/// [`PdfSigningError::NotAccepted`].
pub(crate) fn must_be_accepted<F: Read + Seek>(
    trust: &Trust,
    pdf: &mut Grown<F>,
    made: &Made<'_>,
    now: Timestamp,
) -> Result<(), PipelineError> {
    let report = trust.verify_pdf(pdf, now).map_err(PipelineError::io(made.subject))?;
    let against = against(&report, made);
    if against.is_empty() {
        return Ok(());
    }
    // Another PDF would fare no better.
    let is_of_key = against.iter().all(|(code, _)| code.is_some_and(is_of_key));
    let why = against.into_iter().map(|(_, why)| why).collect::<Vec<_>>().join("; ");
    Err(PdfSigningError::NotAccepted { subject: made.subject.to_owned(), why, is_of_key }.into())
}

fn against(report: &PdfReport, made: &Made<'_>) -> Vec<(Option<ReasonCode>, String)> {
    let mut against: Vec<_> = report.fault.iter().map(|fault| (None, fault.to_string())).collect();
    for signature in &report.signatures {
        let is_new = signature.covered_bytes > made.before_bytes;
        let counts = |code: ReasonCode| match is_new {
            true => code != ReasonCode::RevocationUnknown,
            false => is_of_bytes(code),
        };
        let reasons = signature.reasons.iter().filter(|reason| counts(reason.code));
        against.extend(
            reasons.map(|reason| (Some(reason.code), format!("{} ({})", reason.code.code(), reason.detail))),
        );
    }
    let new = || report.signatures.iter().filter(|signature| signature.covered_bytes > made.before_bytes);
    for key in made.keys {
        if !new().any(|signature| is_by(signature, key)) {
            against.push((None, format!("no signature of {}", key.facts.name)));
        }
    }
    if made.ends_signed && !new().any(|signature| signature.covers_whole_file) {
        against.push((None, "no signature covers all of it".into()));
    }
    against
}

/// Whether a signature is by a key, whichever of its certificates it names.
fn is_by(signature: &PdfSignatureReport, key: &OpenKey) -> bool {
    signature.signer.as_ref().is_some_and(|signer| signer.key_sha256 == key.facts.key_sha256)
}

/// Those of `keys` that have not signed a PDF as it is: a signature counts where nothing but other signatures was put behind it.
pub(crate) fn not_signed_by<'a>(report: &PdfReport, keys: &[&'a OpenKey]) -> Vec<&'a OpenKey> {
    let whole = |signature: &&PdfSignatureReport| {
        // What was not computed proves nothing.
        let is_against = |code| is_of_bytes(code) || code == ReasonCode::NotAccepted;
        signature.covered_bytes > 0 && !signature.reasons.iter().any(|reason| is_against(reason.code))
    };
    let has_signed = |key: &OpenKey| report.signatures.iter().filter(whole).any(|found| is_by(found, key));
    keys.iter().copied().filter(|key| !has_signed(key)).collect()
}

/// Of the file, whoever signed it.
fn is_of_bytes(code: ReasonCode) -> bool {
    code >= ReasonCode::AppendedBytes && code != ReasonCode::Revoked
}

fn is_of_key(code: ReasonCode) -> bool {
    !is_of_bytes(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layout;
    use crate::small_archive::{Ticking, archive};
    use crate::trust_store::archive_trust;
    use crate::{find_key, make_trial_signing_keys};
    use record::Clock;
    use seal::pades::{HashedStart, SignatureRequest, sign_hashed_pdf, sign_pdf};
    use sha2::Digest;
    use std::io::Cursor;
    use std::path::Path;

    /// A PDF of one empty page.
    fn one_page() -> Vec<u8> {
        let objects = [
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>",
        ];
        let mut pdf = b"%PDF-1.7\n".to_vec();
        let mut table = String::from("xref\n0 4\n0000000000 65535 f \n");
        for (no, object) in (1..).zip(objects) {
            table += &format!("{:010} 00000 n \n", pdf.len());
            pdf.extend(format!("{no} 0 obj\n{object}\nendobj\n").bytes());
        }
        let at = pdf.len();
        pdf.extend(format!("{table}trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n").bytes());
        pdf
    }

    fn key(root: &Path, name: &str) -> OpenKey {
        let key = find_key(root, name, &Ticking::now()).unwrap();
        let secret = std::fs::read_to_string(key.secret_file.clone().unwrap()).unwrap();
        key.open(&secret, false).unwrap()
    }

    struct Room {
        trust: Trust,
        officer: OpenKey,
        agency: OpenKey,
        now: Timestamp,
        _dir: tempfile::TempDir,
    }

    fn room() -> Room {
        let (dir, clock) = (tempfile::tempdir().unwrap(), Ticking::now());
        archive(dir.path());
        make_trial_signing_keys(dir.path(), "Lê Văn C", &clock).unwrap();
        let trust = archive_trust(&Layout { root: dir.path().to_owned() }).unwrap();
        let (officer, agency) = (key(dir.path(), "officer"), key(dir.path(), "agency"));
        Room { trust, officer, agency, now: clock.now(), _dir: dir }
    }

    impl Room {
        fn request(&self) -> SignatureRequest<'static> {
            SignatureRequest { now: self.now, mark: None, certify: false }
        }

        /// What is said of a PDF of which the first bytes were there before.
        fn refusal(&self, pdf: &[u8], before: &[u8], keys: &[&OpenKey]) -> Option<String> {
            let mut file = Grown::new(Cursor::new(pdf.to_vec())).unwrap();
            let made = Made { subject: "a.pdf", before_bytes: before.len() as u64, keys, ends_signed: true };
            let said = must_be_accepted(&self.trust, &mut file, &made, self.now);
            said.err().map(|error| error.to_string())
        }
    }

    fn hashed(bytes: &[u8]) -> HashedStart {
        HashedStart { bytes: bytes.len() as u64, sha256: sha2::Sha256::new_with_prefix(bytes) }
    }

    #[test]
    fn a_signature_over_what_was_hashed_is_one_over_the_file_and_others_are_refused() {
        let room = room();
        let pdf = one_page();
        let signer = room.agency.signer.as_ref();
        let sign = |start: &HashedStart| {
            let appended =
                sign_hashed_pdf(&mut Cursor::new(&pdf), start, &room.request(), signer, None).unwrap();
            [&pdf[..], &appended].concat()
        };
        let plain = sign_pdf(&mut Cursor::new(&pdf), &room.request(), signer, None).unwrap();
        for signed in [sign(&hashed(&pdf)), sign(&hashed(&pdf[..100])), [&pdf[..], &plain].concat()] {
            assert_eq!(room.refusal(&signed, &pdf, &[&room.agency]), None);
        }
        // What the disk gave when it was hashed is not what it gives now.
        let mut other = pdf.clone();
        other[60] ^= 1;
        let said = room.refusal(&sign(&hashed(&other)), &pdf, &[&room.agency]).unwrap();
        assert!(said.contains("hash-failure"), "{said}");
        // A key that did not sign, and bytes behind the signature.
        let signed = sign(&hashed(&pdf));
        let said = room.refusal(&signed, &pdf, &[&room.officer, &room.agency]).unwrap();
        assert!(said.contains("no signature of Lê Văn C"), "{said}");
        let longer = [&signed[..], b"% x\n"].concat();
        assert!(room.refusal(&longer, &pdf, &[&room.agency]).is_some());
        // Nobody whom the archive trusts: the key is to blame, not the PDF.
        let stranger = self::room();
        let made = Made {
            subject: "a.pdf",
            before_bytes: pdf.len() as u64,
            keys: &[&room.agency],
            ends_signed: true,
        };
        let mut file = Grown::new(Cursor::new(signed)).unwrap();
        let said = must_be_accepted(&stranger.trust, &mut file, &made, room.now);
        let is_of_key =
            |error: &PipelineError| matches!(error, PipelineError::PdfSigning(e) if !e.is_about_one_pdf());
        assert!(said.as_ref().is_err_and(is_of_key), "{said:?}");
    }

    #[test]
    fn a_key_signs_what_it_has_not_signed_and_what_was_changed_since() {
        let room = room();
        let pdf = one_page();
        let keys = [&room.officer, &room.agency];
        let left = |pdf: &[u8]| {
            let report = room.trust.verify_pdf(&mut Cursor::new(pdf), room.now).unwrap();
            not_signed_by(&report, &keys).iter().map(|key| key.facts.name.clone()).collect::<Vec<_>>()
        };
        let [officer, agency] = [&room.officer, &room.agency].map(|key| key.facts.name.clone());
        assert_eq!(left(&pdf), [&officer[..], &agency[..]]);
        let sign = |pdf: &[u8], key: &OpenKey| {
            let appended = sign_pdf(&mut Cursor::new(pdf), &room.request(), key.signer.as_ref(), None);
            [pdf, &appended.unwrap()].concat()
        };
        let by_agency = sign(&pdf, &room.agency);
        assert_eq!(left(&by_agency), [officer]);
        let by_both = sign(&by_agency, &room.officer);
        assert!(left(&by_both).is_empty());
        let mut changed = by_both;
        changed[60] ^= 1;
        assert_eq!(left(&changed).len(), 2);
    }
}
