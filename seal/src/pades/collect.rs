//! What a verifier will need in later years of the signatures and time stamps of a PDF, out of what is known now.

use std::io::{Read, Seek};

use record::Timestamp;

use super::dss::ValidationData;
use super::error::PdfError;
use super::verify::{Carried, carried};
use crate::certificate::Certificate;
use crate::path::{PathRefusal, Purpose};
use crate::revocation::{self, Material};
use crate::trust::{Question, Trust};

/// A certificate of which nothing is at hand that would show in later years that it was good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// Its subject (RFC 4514).
    pub certificate: String,
    /// What is missing.
    pub why: String,
    /// Where it could be had: addresses that the certificate names.
    pub places: Vec<String>,
}

impl Trust {
    /// Certificates, lists and answers that level B-LT wants for every signature and time stamp of a PDF, judged for `at`; and of
    /// which certificates they are not at hand, for signatures that cover more than `known_bytes`. A certificate that names no
    /// place to ask needs none. Each signature costs one pass over what it covers.
    pub fn validation_data<F: Read + Seek>(
        &self,
        pdf: &mut F,
        known_bytes: u64,
        at: Timestamp,
    ) -> Result<(ValidationData, Vec<Lacking>), PdfError> {
        let (mut data, mut lacking) = (ValidationData::default(), Vec::new());
        for Carried { purpose, certificates, covered_bytes } in carried(pdf)? {
            let Some((own, pool)) = certificates.split_first() else { continue };
            let mut lacks = Vec::new();
            self.collect(own, pool, purpose, at, (&mut data, &mut lacks));
            lacking.extend(lacks.into_iter().filter(|_| covered_bytes > known_bytes));
        }
        for pieces in [&mut data.certificates, &mut data.crls, &mut data.ocsp_responses] {
            pieces.sort();
            pieces.dedup();
        }
        lacking.sort_by(|a, b| a.certificate.cmp(&b.certificate));
        lacking.dedup();
        Ok((data, lacking))
    }

    fn collect(
        &self,
        own: &Certificate,
        pool: &[Certificate],
        purpose: Purpose,
        at: Timestamp,
        (data, lacking): (&mut ValidationData, &mut Vec<Lacking>),
    ) {
        let times = [(at, "the time of signing")];
        let more = &Material::default();
        let question = Question { own, pool, times: &times, moment: at, claimed: None, purpose, more };
        let lacks = |certificate: &Certificate, why| Lacking {
            certificate: certificate.subject(),
            why,
            places: certificate.ocsp_urls().into_iter().chain(certificate.crl_urls()).collect(),
        };
        let path = match self.find_path(&question) {
            Ok(path) => path,
            Err(PathRefusal::Untrusted(why) | PathRefusal::Expired(why)) => {
                return lacking.push(lacks(own, why));
            }
        };
        data.certificates.extend(path.chain.iter().map(|certificate| certificate.der().to_vec()));
        for pair in path.chain.windows(2) {
            match revocation::evidence(pair[0], pair[1], at, self) {
                Ok(None) => {}
                Ok(Some(revocation::Evidence::List(der))) => data.crls.push(der.to_vec()),
                Ok(Some(revocation::Evidence::Answer(der))) => data.ocsp_responses.push(der.to_vec()),
                Err(why) => lacking.push(lacks(pair[0], why)),
            }
        }
    }
}
