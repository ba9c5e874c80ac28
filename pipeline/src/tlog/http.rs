//! One request to a witness: a POST over plain HTTP. What is sent is signed and no secret, and so is the answer: TLS would
//! protect nothing, and the networks of procuracies have no public certificates.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);
const MAX_ANSWER_BYTES: u64 = 128 << 10;

/// Sends `body` to `http://host[:port]/path`; status and body of the answer. HTTP/1.0, so that it comes in one piece.
pub(super) fn post(url: &str, body: &str) -> io::Result<(u16, String)> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("{url}: {what}"));
    let rest =
        url.strip_prefix("http://").ok_or_else(|| invalid("not an address that begins with http://"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let address = address.to_socket_addrs()?.next().ok_or_else(|| invalid("no such machine"))?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "POST /{path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER_BYTES).read_to_end(&mut answer)?;
    let no_answer = || io::Error::new(io::ErrorKind::InvalidData, format!("{url}: not an answer of HTTP"));
    let answer = String::from_utf8(answer).map_err(|_| no_answer())?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(no_answer)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(no_answer)?;
    Ok((status, body.to_owned()))
}
