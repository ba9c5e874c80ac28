//! Fetching what authorities say of revocations, where somebody asks for it: over plain HTTP, for what comes back is signed.
//! Nothing else in the program asks a network about a certificate.

use crate::PipelineError;
use crate::trust_store::keep_revocation;
use record::Timestamp;
use seal::{MAX_REVOCATION_BYTES, RevocationKind, RevocationPlace, Trust, revocation_places};
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

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
    let body = exchange(&place.url, place.request.as_deref()).map_err(|e| e.to_string())?;
    let der = seal::list_from_pem(&body).into_owned();
    Trust::default().add_revocation(&der).map(|_| der)
}

/// GET, or POST of an OCSP request. HTTP/1.0, so that the answer comes in one piece.
fn exchange(url: &str, request: Option<&[u8]>) -> io::Result<Vec<u8>> {
    let fault = |kind, what: &str| io::Error::new(kind, format!("{url}: {what}"));
    let rest = url
        .strip_prefix("http://")
        .ok_or_else(|| fault(io::ErrorKind::InvalidInput, "not an address that begins with http://"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !path.bytes().chain(host.bytes()).all(|byte| byte.is_ascii_graphic()) {
        return Err(fault(io::ErrorKind::InvalidInput, "not an address"));
    }
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let address = address.to_socket_addrs()?.next();
    let address = address.ok_or_else(|| fault(io::ErrorKind::NotFound, "no such machine"))?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let head = match request {
        None => format!("GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n"),
        Some(request) => format!(
            "POST /{path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/ocsp-request\r\nContent-Length: {}\r\n\r\n",
            request.len()
        ),
    };
    stream.write_all(head.as_bytes())?;
    stream.write_all(request.unwrap_or_default())?;
    let mut answer = Vec::new();
    stream.take(MAX_REVOCATION_BYTES as u64).read_to_end(&mut answer)?;
    let no_answer = || fault(io::ErrorKind::InvalidData, "not an answer of HTTP");
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(no_answer)?;
    let head = std::str::from_utf8(&answer[..end]).map_err(|_| no_answer())?;
    match head.split(' ').nth(1) {
        Some("200") => Ok(answer.split_off(end + 4)),
        Some(status) => Err(fault(io::ErrorKind::Other, &format!("status {status}"))),
        None => Err(no_answer()),
    }
}
