//! One request over plain HTTP, to a witness, a time-stamp authority, or whoever tells of revocations. What is sent is signed or no
//! secret, and what comes back is signed: TLS would protect nothing, and the networks of procuracies have no public certificates.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// What is asked.
pub(crate) struct Request<'a> {
    /// `http://host[:port]/path`
    pub(crate) url: &'a str,
    /// Media type and bytes of a POST; without it a GET.
    pub(crate) body: Option<(&'a str, &'a [u8])>,
    /// For all of it: connecting, sending, the whole answer.
    pub(crate) patience: Duration,
    /// A longer answer is none.
    pub(crate) max_answer_bytes: usize,
}

/// Status and body of the answer. HTTP/1.0, so that it comes in one piece.
pub(crate) fn ask(request: &Request<'_>) -> io::Result<(u16, Vec<u8>)> {
    let Request { url, body, patience, max_answer_bytes } = *request;
    let until = Instant::now() + patience;
    let left = || {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok::<_, io::Error>(left) }
    };
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, format!("{url}: {what}"));
    let rest =
        url.strip_prefix("http://").ok_or_else(|| invalid("not an address that begins with http://"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !path.bytes().chain(host.bytes()).all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid("not an address"));
    }
    let address = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
    let address = address.to_socket_addrs()?.next().ok_or_else(|| invalid("no such machine"))?;
    let mut stream = TcpStream::connect_timeout(&address, left()?)?;
    stream.set_write_timeout(Some(left()?))?;
    match body {
        None => write!(stream, "GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n")?,
        Some((media_type, bytes)) => {
            let length = bytes.len();
            write!(
                stream,
                "POST /{path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n"
            )?;
            stream.write_all(bytes)?;
        }
    }
    let (mut answer, mut block) = (Vec::new(), vec![0; 16 << 10]);
    loop {
        stream.set_read_timeout(Some(left()?))?;
        match stream.read(&mut block)? {
            0 => break,
            n => answer.extend_from_slice(&block[..n]),
        }
        if answer.len() > max_answer_bytes {
            let what = format!("{url}: an answer of more than {max_answer_bytes} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
    }
    let no_answer = || io::Error::new(io::ErrorKind::InvalidData, format!("{url}: not an answer of HTTP"));
    let head_end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(no_answer)?;
    let head = std::str::from_utf8(&answer[..head_end]).map_err(|_| no_answer())?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(no_answer)?;
    Ok((status, answer.split_off(head_end + 4)))
}
