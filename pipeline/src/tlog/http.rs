//! One request to a witness: a POST over plain HTTP. What is sent is signed and no secret, and so is the answer: TLS would
//! protect nothing, and the networks of procuracies have no public certificates.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// For reaching a witness, for sending, and for its whole answer, each.
const PATIENCE: Duration = Duration::from_secs(20);
const MAX_ANSWER_BYTES: u64 = 128 << 10;

/// All of an answer, within one span of patience: a witness that sends a byte now and then is not waited for.
fn read_answer(mut stream: TcpStream) -> io::Result<Vec<u8>> {
    let deadline = Instant::now() + PATIENCE;
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    while (answer.len() as u64) < MAX_ANSWER_BYTES {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(answer)
}

/// Sends `body` to `http://host[:port]/path`; status and body of the answer. HTTP/1.0, so that it comes in one piece.
pub(super) fn post(url: &str, body: &str) -> io::Result<(u16, String)> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("{url}: {what}"));
    let rest =
        url.strip_prefix("http://").ok_or_else(|| invalid("not an address that begins with http://"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let address = address.to_socket_addrs()?.next().ok_or_else(|| invalid("no such machine"))?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "POST /{path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let answer = read_answer(stream)?;
    let no_answer = || io::Error::new(io::ErrorKind::InvalidData, format!("{url}: not an answer of HTTP"));
    let answer = String::from_utf8(answer).map_err(|_| no_answer())?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(no_answer)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(no_answer)?;
    Ok((status, body.to_owned()))
}
