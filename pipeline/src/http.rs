//! One request over plain HTTP, to a witness or a time-stamp authority. What is sent is signed or no secret, and what comes back is
//! signed: TLS would protect nothing, and the networks of procuracies have no public certificates.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

const MAX_ANSWER_BYTES: usize = 1 << 20;

/// What is sent.
pub(crate) struct Post<'a> {
    /// `http://host[:port]/path`
    pub(crate) url: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) body: &'a [u8],
    /// For all of it: connecting, sending, the whole answer.
    pub(crate) patience: Duration,
}

/// Sends it; status and body of the answer, at most 1 MiB. HTTP/1.0, so that it comes in one piece.
pub(crate) fn post(post: &Post<'_>) -> io::Result<(u16, Vec<u8>)> {
    let Post { url, content_type, body, patience } = *post;
    let until = Instant::now() + patience;
    let left = || {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok::<_, io::Error>(left) }
    };
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("{url}: {what}"));
    let rest =
        url.strip_prefix("http://").ok_or_else(|| invalid("not an address that begins with http://"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let address = address.to_socket_addrs()?.next().ok_or_else(|| invalid("no such machine"))?;
    let mut stream = TcpStream::connect_timeout(&address, left()?)?;
    stream.set_write_timeout(Some(left()?))?;
    write!(
        stream,
        "POST /{path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)?;
    let (mut answer, mut block) = (Vec::new(), vec![0; 16 << 10]);
    loop {
        stream.set_read_timeout(Some(left()?))?;
        match stream.read(&mut block)? {
            0 => break,
            n => answer.extend_from_slice(&block[..n]),
        }
        if answer.len() > MAX_ANSWER_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{url}: an answer of more than 1 MiB"),
            ));
        }
    }
    let no_answer = || io::Error::new(io::ErrorKind::InvalidData, format!("{url}: not an answer of HTTP"));
    let head_end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(no_answer)?;
    let head = std::str::from_utf8(&answer[..head_end]).map_err(|_| no_answer())?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(no_answer)?;
    Ok((status, answer.split_off(head_end + 4)))
}
