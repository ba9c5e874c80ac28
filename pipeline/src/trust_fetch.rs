//! Fetching what authorities say of revocations, where somebody asks for it: over plain HTTP, for what comes back is signed.
//! Nothing else in the program asks a network about a certificate.

use crate::PipelineError;
use crate::http::{self, Request};
use crate::trust_store::keep_revocation;
use record::Timestamp;
use seal::{MAX_REVOCATION_BYTES, RevocationKind, RevocationPlace, Trust, revocation_places};
use std::path::Path;
use std::time::Duration;

/// For one place, all in all.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came of asking one place.
#[derive(Debug)]
pub struct Fetched {
    /// The place.
    pub place: RevocationPlace,
    /// What was kept, or why nothing was.
    pub outcome: Result<RevocationKind, String>,
}

/// Asks every place that these certificates (DER) name, and keeps what comes in the archive.
pub fn fetch_revocations(
    root: &Path,
    certificates: &[Vec<u8>],
    now: Timestamp,
) -> Result<Vec<Fetched>, PipelineError> {
    let mut done = Vec::new();
    for place in revocation_places(certificates) {
        let outcome = match ask(&place) {
            Ok(der) => Ok(keep_revocation(root, &der, (place.url.as_str(), now))?),
            Err(why) => Err(why),
        };
        done.push(Fetched { place, outcome });
    }
    Ok(done)
}

fn ask(place: &RevocationPlace) -> Result<Vec<u8>, String> {
    let request = Request {
        url: &place.url,
        body: place.request.as_deref().map(|request| ("application/ocsp-request", request)),
        patience: PATIENCE,
        max_answer_bytes: MAX_REVOCATION_BYTES,
    };
    let body = match http::ask(&request).map_err(|e| e.to_string())? {
        (200, body) => body,
        (status, _) => return Err(format!("{}: status {status}", place.url)),
    };
    let der = seal::list_from_pem(&body).into_owned();
    Trust::default().add_revocation(&der).map(|_| der)
}
