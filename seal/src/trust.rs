//! Whom to trust, for what and since when; and what is known of revocations.
//!
//! An authority stays in the list for ever: what it vouched for must be verifiable in decades. What changes is its state.
//! Nothing is ever taken from the operating system.

use record::Timestamp;

use crate::certificate::Certificate;
use crate::evidence::{EvidenceDigest, EvidenceVerdict};
use crate::experimental::ExperimentalVerdict;
use crate::package::{PackageFiles, PackageReport};
use crate::path::{self, Issued, PathRefusal, Purpose};
use crate::revocation::{self, Material, Revocation, RevocationKind};
use crate::tsp::TimeStampVerdict;
use crate::verify::SignatureVerdict;

/// An authority that is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Its certificate, DER.
    pub certificate: Vec<u8>,
    /// For what; empty means for nothing.
    pub purposes: Vec<AnchorPurpose>,
    pub state: AnchorState,
    /// Signatures that existed before this moment are not its business.
    pub from: Option<Timestamp>,
    /// Nor those that came after this one.
    pub until: Option<Timestamp>,
}

/// What an authority may vouch for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnchorPurpose {
    /// Signatures of people, agencies and stations.
    Sign,
    /// Time stamps.
    Tsa,
    /// Answers about revocation, by the very certificate of the anchor.
    Ocsp,
}

/// What became of an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnchorState {
    Active,
    /// Out of use since then, without any suspicion: what claims an earlier time stays right.
    Retired(Timestamp),
    /// Not to be believed since then: only what is proven to be earlier stays right.
    DistrustedAfter(Timestamp),
}

impl AnchorPurpose {
    pub const ALL: [Self; 3] = [Self::Sign, Self::Tsa, Self::Ocsp];

    /// A word for files and programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Tsa => "tsa",
            Self::Ocsp => "ocsp",
        }
    }
}

impl Anchor {
    /// Trusted for signatures and time stamps, without end.
    pub fn active(certificate: Vec<u8>) -> Self {
        let purposes = vec![AnchorPurpose::Sign, AnchorPurpose::Tsa];
        Self { certificate, purposes, state: AnchorState::Active, from: None, until: None }
    }

    /// Trusted for time stamps alone, without end.
    pub fn of_time(certificate: Vec<u8>) -> Self {
        Self { purposes: vec![AnchorPurpose::Tsa], ..Self::active(certificate) }
    }
}

/// Authorities, and lists and answers about revocation.
#[derive(Default, Clone)]
pub struct Trust {
    anchors: Vec<(Certificate, Anchor)>,
    /// Certificates of experimental second signatures, DER: they vouch for those and for nothing else.
    experimental: Vec<Vec<u8>>,
    material: Material,
    /// What came with that which is judged, apart from the other: so that no number of them hides what was at hand.
    brought: Material,
    issued: Issued,
}

impl Trust {
    /// Of two entries for one certificate the first counts; one that cannot be read is passed over.
    pub fn new(anchors: impl IntoIterator<Item = Anchor>) -> Self {
        let mut trust = Self::default();
        for anchor in anchors {
            let is_there = trust.anchors.iter().any(|(_, known)| known.certificate == anchor.certificate);
            if let (false, Ok(certificate)) = (is_there, Certificate::from_der(&anchor.certificate)) {
                trust.anchors.push((certificate, anchor));
            }
        }
        trust
    }

    /// Trusts these authorities (DER) for time stamps. What is known of one already, its state and its dates, stays.
    pub fn add_time_anchors(&mut self, certificates: impl IntoIterator<Item = Vec<u8>>) {
        for der in certificates {
            let known = self.anchors.iter_mut().find(|(_, known)| known.certificate == der);
            match (known, Certificate::from_der(&der)) {
                (Some((_, known)), _) if known.purposes.contains(&AnchorPurpose::Tsa) => {}
                (Some((_, known)), _) => known.purposes.push(AnchorPurpose::Tsa),
                (None, Ok(certificate)) => self.anchors.push((certificate, Anchor::of_time(der))),
                (None, Err(_)) => {}
            }
        }
    }

    /// The same knowledge, but for time stamps these authorities (DER) alone are trusted.
    pub fn with_time_anchors(&self, certificates: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut trust = self.clone();
        for (_, anchor) in &mut trust.anchors {
            anchor.purposes.retain(|purpose| *purpose != AnchorPurpose::Tsa);
        }
        trust.add_time_anchors(certificates);
        trust
    }

    /// These certificates (DER) without end, and nothing known of revocations.
    pub fn of_certificates(anchors: &[Vec<u8>]) -> Self {
        Self::new(anchors.iter().cloned().map(Anchor::active))
    }

    /// Adds a revocation list or an OCSP answer (DER). It is believed only as far as its issuer signed it. The error says
    /// what it is not.
    pub fn add_revocation(&mut self, der: &[u8]) -> Result<RevocationKind, String> {
        self.material.add(der)
    }

    /// The same knowledge, and lists and answers (DER) that came with what is judged. What cannot be read says nothing.
    pub fn with_brought<'l>(&self, lists: impl IntoIterator<Item = &'l [u8]>) -> Self {
        let mut trust = self.clone();
        for der in lists {
            let _ = trust.brought.add(der);
        }
        trust
    }

    /// Those of the lists and answers at hand by which somebody who has nothing else can judge these certificates (DER). Each is
    /// signed by whom it speaks for.
    pub fn revocations_about(&self, certificates: &[Vec<u8>]) -> Vec<(RevocationKind, &[u8])> {
        let asked: Vec<_> = certificates.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
        let mut found = Vec::new();
        for certificate in &asked {
            let issuers = asked.iter().chain(self.anchors.iter().map(|(anchor, _)| anchor));
            for issuer in issuers.filter(|issuer| issuer.subject_der() == certificate.issuer_der()) {
                found.extend(revocation::about(certificate, issuer, self));
            }
        }
        found.sort_by_key(|(_, der)| *der);
        found.dedup();
        found
    }

    /// Adds certificates (DER) of experimental second signatures. No seal is trusted for them.
    pub fn add_experimental(&mut self, certificates: impl IntoIterator<Item = Vec<u8>>) {
        self.experimental.extend(certificates);
    }

    /// See [`crate::verify_experimental`].
    pub fn verify_experimental(&self, manifest: &[u8], p7s: &[u8], at: Timestamp) -> ExperimentalVerdict {
        crate::experimental::verify_experimental(manifest, p7s, self, at)
    }

    /// Has the reader this very certificate, and is it as far as is known not out of use?
    pub(crate) fn knows_experimental(
        &self,
        own: &Certificate,
        moment: Timestamp,
        claimed: Timestamp,
    ) -> Result<(), String> {
        let is_anchor = self.anchors_for(Purpose::Documents).any(|known| known.der() == own.der());
        if !is_anchor && !self.experimental.iter().any(|known| known == own.der()) {
            return Err(format!("the certificate of \"{}\" is not among those given", own.subject()));
        }
        self.check_listed(own, moment, Some(claimed))
    }

    /// See [`crate::verify_detached`].
    pub fn verify_detached(&self, manifest: &[u8], p7s: &[u8], at: Timestamp) -> SignatureVerdict {
        crate::verify::verify_with(manifest, p7s, self, at)
    }

    /// See [`crate::verify_package`].
    pub fn verify_package(&self, files: &dyn PackageFiles, at: Timestamp) -> PackageReport {
        crate::package::verify_with(files, self, at)
    }

    /// Judges an evidence record (DER; RFC 4998) of `objects`, each of which it must cover. Each time stamp is judged for the moment
    /// of the next one, the last for `at`.
    pub fn verify_evidence(&self, der: &[u8], objects: &[&[u8]], at: Timestamp) -> EvidenceVerdict {
        crate::evidence::verify_evidence(der, objects, self, at)
    }

    /// Judges a time-stamp token (DER; RFC 3161) over this hash.
    pub fn verify_time_stamp_of_hash(
        &self,
        token: &[u8],
        digest: EvidenceDigest,
        hash: &[u8],
        at: Timestamp,
    ) -> TimeStampVerdict {
        crate::tsp::verify_of_hash(token, (digest, hash), self, at)
    }

    /// See [`crate::pades::verify_pdf`].
    pub fn verify_pdf<F: std::io::Read + std::io::Seek>(
        &self,
        pdf: &mut F,
        at: Timestamp,
    ) -> Result<crate::pades::PdfReport, std::io::Error> {
        crate::pades::verify_with(pdf, self, at)
    }

    /// The certificates of all authorities, DER, whatever they are for.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.anchors.iter().map(|(_, anchor)| anchor.certificate.as_slice())
    }

    /// Those of authorities that vouch for signers, DER.
    pub fn certificates_for_signers(&self) -> impl Iterator<Item = &[u8]> {
        self.anchors_for(Purpose::Documents).map(Certificate::der)
    }

    pub(crate) fn material(&self) -> &Material {
        &self.material
    }

    pub(crate) fn brought(&self) -> &Material {
        &self.brought
    }

    /// Every authority that is there for a purpose, whatever its state.
    pub(crate) fn anchors_for(&self, purpose: Purpose) -> impl Iterator<Item = &Certificate> {
        let wanted = match purpose {
            Purpose::Documents => AnchorPurpose::Sign,
            Purpose::TimeStamps => AnchorPurpose::Tsa,
        };
        let mine = move |(_, anchor): &&(Certificate, Anchor)| anchor.purposes.contains(&wanted);
        self.anchors.iter().filter(mine).map(|(certificate, _)| certificate)
    }

    /// Those that are trusted for answers about revocation at a moment. That moment is the answer's own word: of one that is
    /// distrusted it proves nothing.
    pub(crate) fn ocsp_responders(&self, at: Timestamp) -> impl Iterator<Item = &Certificate> {
        let mine = move |(_, anchor): &&(Certificate, Anchor)| {
            anchor.purposes.contains(&AnchorPurpose::Ocsp) && check_state(anchor, at, Some(at)).is_ok()
        };
        let certificates = self.anchors.iter().filter(mine).map(|(certificate, _)| certificate);
        certificates.filter(|certificate| !self.distrusts(certificate))
    }

    /// Is this key distrusted, from whatever day on?
    pub(crate) fn distrusts(&self, certificate: &Certificate) -> bool {
        self.anchors.iter().any(|(known, anchor)| {
            known.is_same_authority(certificate) && matches!(anchor.state, AnchorState::DistrustedAfter(_))
        })
    }

    /// May this certificate, an anchor or one below, stand in a path for what existed at `moment` (proven, or the time of
    /// checking) and claims `claimed`? Its own entry counts where there is one, otherwise every entry of the same subject and
    /// key; distrust is of the key, whatever certificates it has.
    fn check_listed(
        &self,
        certificate: &Certificate,
        moment: Timestamp,
        claimed: Option<Timestamp>,
    ) -> Result<(), String> {
        let is_own = |known: &Certificate| known.der() == certificate.der();
        let has_own = self.anchors.iter().any(|(known, _)| is_own(known));
        for (known, anchor) in self.anchors.iter().filter(|(known, _)| known.is_same_authority(certificate)) {
            if is_own(known) || !has_own || matches!(anchor.state, AnchorState::DistrustedAfter(_)) {
                check_state(anchor, moment, claimed)
                    .map_err(|why| format!("\"{}\" {why}", certificate.subject()))?;
            }
        }
        Ok(())
    }

    /// A path to an authority that may vouch, and what is known of revocations on it. `times`: when every certificate must be
    /// valid. `moment`: when it must not be revoked: a proven time, or that of checking. `issued` for time stamps: the time
    /// they state.
    pub(crate) fn judge<'a>(&'a self, question: &Question<'a>) -> Result<Vouched, PathRefusal> {
        let path = self.find_path(question)?;
        let (anchor, chain) = (path.anchor(), &path.chain);
        let issued = question.claimed.filter(|_| question.purpose == Purpose::TimeStamps);
        let revocation = revocation::judge_path(chain, question.moment, issued, self, question.more);
        let ends = chain.iter().map(|c| c.not_after()).min().unwrap_or(Timestamp::MAX);
        Ok(Vouched { anchor: anchor.subject(), ends, revocation })
    }

    /// The path alone.
    pub(crate) fn find_path<'a>(&'a self, question: &Question<'a>) -> Result<path::Path<'a>, PathRefusal> {
        let Question { own, pool, times, moment, claimed, purpose, .. } = question;
        let check = |certificate: &Certificate| {
            self.check_listed(certificate, *moment, *claimed).map_err(PathRefusal::Untrusted)
        };
        let fit = |all: &[&'a Certificate]| -> Vec<&'a Certificate> {
            all.iter().copied().filter(|certificate| check(certificate).is_ok()).collect()
        };
        check(own)?;
        let (anchors, pool): (Vec<_>, Vec<_>) = (self.anchors_for(*purpose).collect(), pool.iter().collect());
        let (fit_anchors, fit_pool) = (fit(&anchors), fit(&pool));
        match path::find_path(own, &fit_pool, &fit_anchors, times, *purpose, &self.issued) {
            Ok(path) => Ok(path),
            // Where only an authority out of use vouches, that is the reason to tell.
            Err(refusal) if fit_anchors.len() < anchors.len() || fit_pool.len() < pool.len() => {
                let path = path::find_path(own, &pool, &anchors, times, *purpose, &self.issued);
                let path = path.map_err(|_| refusal)?;
                path.chain.iter().try_for_each(|certificate| check(certificate))?;
                Ok(path)
            }
            Err(refusal) => Err(refusal),
        }
    }
}

/// What [`Trust::judge`] is asked.
pub(crate) struct Question<'a> {
    pub(crate) own: &'a Certificate,
    pub(crate) pool: &'a [Certificate],
    pub(crate) times: &'a [(Timestamp, &'a str)],
    pub(crate) moment: Timestamp,
    /// The time that the signature claims, or the time stamp states.
    pub(crate) claimed: Option<Timestamp>,
    pub(crate) purpose: Purpose,
    /// Lists and answers that came with the signature.
    pub(crate) more: &'a Material,
}

/// Somebody trusted vouches.
pub(crate) struct Vouched {
    /// Subject of the anchor.
    pub(crate) anchor: String,
    /// When the first certificate of the path expires.
    pub(crate) ends: Timestamp,
    pub(crate) revocation: Revocation,
}

fn check_state(anchor: &Anchor, moment: Timestamp, claimed: Option<Timestamp>) -> Result<(), String> {
    let claimed = claimed.map_or(moment, |claimed| claimed.min(moment));
    match anchor.state {
        AnchorState::Retired(since) if claimed > since => return Err(format!("is retired since {since}")),
        AnchorState::DistrustedAfter(since) if moment > since => {
            return Err(format!("is not trusted any more since {since}, and nothing proves an earlier time"));
        }
        _ => {}
    }
    match (anchor.from, anchor.until) {
        (Some(from), _) if moment < from => Err(format!("is trusted from {from} only")),
        (_, Some(until)) if claimed > until => Err(format!("was trusted until {until} only")),
        _ => Ok(()),
    }
}
