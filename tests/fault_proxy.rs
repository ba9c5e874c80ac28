//! A bad way to a server: passes requests on, and at chosen ones does what servers and networks do. Test crates take this
//! file in with `#[path]`.

#![allow(dead_code, reason = "no crate needs everything")]

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// An answer with this status; the server never saw the request.
    Status(u16),
    /// The server did it, and the answer is an error all the same.
    DoneAndStatus(u16),
    /// No answer, and the server never saw the request.
    Hang,
    /// The server did it, and the line breaks before the answer.
    DoneAndCut,
    /// The answer's body ends half-way and the line breaks.
    Truncated,
    /// The answer's body is half as long, and says so.
    Halved,
    /// The answer has another ETag.
    OtherEtag,
    /// A byte of the answer's body is another one.
    Flipped,
    /// The answer's body comes in pieces, a second apart.
    Slow,
    /// Every `<Size>` in the answer is far larger.
    Huge,
}

/// At which requests, counted from 1 since [`Proxy::arm`].
#[derive(Debug, Clone, Copy)]
struct Plan {
    wrong: Wrong,
    first: usize,
    last: usize,
    /// Only requests whose first line holds this are counted.
    about: &'static str,
}

/// A request with a body, as it came from the client.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// `PUT /…`
    pub(crate) line: String,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Sent {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

#[derive(Default)]
struct State {
    plan: Option<Plan>,
    seen: usize,
    /// Requests that were hit, as `PUT /…`.
    hit: Vec<String>,
    /// Headers `If-Match` and `If-None-Match` do not get through.
    forgets_conditions: bool,
    /// Of the requests to write a key only the first gets through, the others are answered 500.
    put_once: Option<HashSet<String>>,
    /// Since [`Proxy::record`]: every PUT with a body.
    sent: Option<Vec<Sent>>,
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl Proxy {
    pub(crate) fn before(server: SocketAddr) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (state, stop) = (Arc::new(Mutex::new(State::default())), Arc::new(AtomicBool::new(false)));
        let (shared, stopped) = (state.clone(), stop.clone());
        let listener = std::thread::spawn(move || {
            for client in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let (shared, stopped) = (shared.clone(), stopped.clone());
                // A client that goes away is no matter.
                std::thread::spawn(move || client.and_then(|client| pass(client, server, &shared, &stopped)));
            }
        });
        Proxy { address, state, stop, listener: Some(listener) }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on requests are counted; those from `first` to `last` go wrong.
    pub(crate) fn arm(&self, wrong: Wrong, first: usize, last: usize) {
        self.arm_about("", wrong, first, last);
    }

    /// The same among requests whose first line holds `about`.
    pub(crate) fn arm_about(&self, about: &'static str, wrong: Wrong, first: usize, last: usize) {
        let mut state = self.state.lock().unwrap();
        (state.seen, state.hit) = (0, Vec::new());
        state.plan = Some(Plan { wrong, first, last, about });
    }

    /// The server behind it seems to know no conditions.
    pub(crate) fn forget_conditions(&self) {
        self.state.lock().unwrap().forgets_conditions = true;
    }

    /// The server seems to know no conditions, and yet of writers that race one alone succeeds.
    pub(crate) fn put_once(&self) {
        let mut state = self.state.lock().unwrap();
        (state.forgets_conditions, state.put_once) = (true, Some(HashSet::new()));
    }

    /// From now on every PUT with a body is kept.
    pub(crate) fn record(&self) {
        self.state.lock().unwrap().sent = Some(Vec::new());
    }

    /// What was kept since [`Proxy::record`].
    pub(crate) fn recorded(&self) -> Vec<Sent> {
        self.state.lock().unwrap().sent.take().unwrap_or_default()
    }

    /// How many requests were hit since [`Proxy::arm`].
    pub(crate) fn hits(&self) -> usize {
        self.state.lock().unwrap().hit.len()
    }

    /// Nothing goes wrong any more. How many requests there were since [`Proxy::arm`], and which were hit.
    pub(crate) fn disarm(&self) -> (usize, Vec<String>) {
        let mut state = self.state.lock().unwrap();
        state.plan = None;
        (std::mem::take(&mut state.seen), std::mem::take(&mut state.hit))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

/// One request, then the line is closed.
fn pass(
    mut client: TcpStream,
    server: SocketAddr,
    state: &Mutex<State>,
    stop: &AtomicBool,
) -> std::io::Result<()> {
    let Some((head, body)) = read_request(&mut client)? else { return Ok(()) };
    let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
    let (wrong, forgets) = {
        let mut state = state.lock().unwrap();
        let is_counted = state.plan.is_none_or(|plan| line.contains(plan.about));
        state.seen += usize::from(is_counted);
        let seen = if is_counted { state.seen } else { 0 };
        let plan = state.plan.filter(|plan| (plan.first..=plan.last).contains(&seen));
        if plan.is_some() {
            state.hit.push(line.clone());
        }
        if let Some(sent) = state.sent.as_mut().filter(|_| line.starts_with("PUT ") && !body.is_empty()) {
            sent.push(Sent { line: line.clone(), head: head.clone(), body: body.clone() });
        }
        let is_again = line.starts_with("PUT ")
            && state.put_once.as_mut().is_some_and(|seen| !seen.insert(line.clone()));
        let again = is_again.then_some(Wrong::Status(500));
        (plan.map(|plan| plan.wrong).or(again), state.forgets_conditions)
    };
    let is_condition = |line: &&str| {
        let line = line.to_ascii_lowercase();
        line.starts_with("if-match:") || line.starts_with("if-none-match:")
    };
    let head: String = head.split_inclusive("\r\n").filter(|line| !(forgets && is_condition(line))).collect();
    match wrong {
        Some(Wrong::Status(status)) => return client.write_all(error(status).as_bytes()),
        Some(Wrong::Hang) => {
            while !stop.load(Ordering::Relaxed) && client.peek(&mut [0]).is_err() {
                std::thread::sleep(Duration::from_millis(20));
            }
            // Until the client gives up, for half a minute at most.
            client.set_read_timeout(Some(Duration::from_secs(30)))?;
            let _ = client.read(&mut [0]);
            return Ok(());
        }
        _ => {}
    }
    let mut up = TcpStream::connect(server)?;
    let (first, rest) = head.split_once("\r\n").unwrap_or((&head, ""));
    up.write_all(format!("{first}\r\nConnection: close\r\n{rest}").as_bytes())?;
    up.write_all(&body)?;
    let mut answer = Vec::new();
    up.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
    let body = answer.split_off(end);
    let head = String::from_utf8_lossy(&answer).into_owned();
    let half = body.len() / 2;
    match wrong {
        Some(Wrong::DoneAndStatus(status)) => client.write_all(error(status).as_bytes()),
        Some(Wrong::DoneAndCut) => Ok(()),
        Some(Wrong::Truncated) => client.write_all(&[&answer, &body[..half]].concat()),
        Some(Wrong::Halved) => {
            let head = with_header(&head, "content-length", &half.to_string());
            client.write_all(&[head.as_bytes(), &body[..half]].concat())
        }
        Some(Wrong::OtherEtag) => {
            let head = with_header(&head, "etag", "\"00000000000000000000000000000000\"");
            client.write_all(&[head.as_bytes(), &body].concat())
        }
        Some(Wrong::Flipped) => {
            let mut body = body;
            if let Some(byte) = body.get_mut(half) {
                *byte ^= 1;
            }
            client.write_all(&[&answer, &body[..]].concat())
        }
        Some(Wrong::Slow) => {
            client.write_all(&answer)?;
            for piece in body.chunks(body.len().div_ceil(5).max(1)) {
                std::thread::sleep(Duration::from_secs(1));
                client.write_all(piece)?;
            }
            Ok(())
        }
        Some(Wrong::Huge) => {
            let body = String::from_utf8_lossy(&body).replace("<Size>", "<Size>90000000000000");
            let head = with_header(&head, "content-length", &body.len().to_string());
            client.write_all(format!("{head}{body}").as_bytes())
        }
        _ => client.write_all(&[answer, body].concat()),
    }
}

fn error(status: u16) -> String {
    let body = "<Error><Code>Planted</Code><Message>planted</Message></Error>";
    format!("HTTP/1.1 {status} Planted\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// Where the header is there, with another value.
fn with_header(head: &str, name: &str, value: &str) -> String {
    let lines = head.split("\r\n").map(|line| match line.split_once(':') {
        Some((found, _)) if found.eq_ignore_ascii_case(name) => format!("{found}: {value}"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\r\n")
}

/// Head and body; `None` where the client only looked.
fn read_request(client: &mut TcpStream) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 65536];
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        match client.read(&mut chunk)? {
            0 => return Ok(None),
            n => bytes.extend_from_slice(&chunk[..n]),
        }
    };
    let body = bytes.split_off(end);
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = body;
    let missing = length.unwrap_or(0).saturating_sub(body.len());
    let mut rest = vec![0; missing];
    client.read_exact(&mut rest)?;
    body.append(&mut rest);
    Ok(Some((head, body)))
}
