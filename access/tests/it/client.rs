//! A visitor of the web face: HTTP/1.1 by hand, with cookies, no redirects followed.

use crate::archive::{made, pool, room};
use access::{ServeConfig, create_account, serve};
use record::Lang;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

pub(crate) const USER: &str = "hoso";
pub(crate) const PASSWORD: &str = "mật khẩu để thử nghiệm";

/// A running server; it ends with this value.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Serves the archive of all tests.
pub(crate) fn server() -> Server {
    server_of(&made().root, None)
}

/// Serves an archive to an account that may see some units only, or everything.
pub(crate) fn server_of(root: &Path, units: Option<&[&str]>) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let account = folder.path().join("account.json");
    create_account(&account, USER, PASSWORD).unwrap();
    if let Some(units) = units {
        let mut json: serde_json::Value = serde_json::from_slice(&std::fs::read(&account).unwrap()).unwrap();
        json["units"] = units.into();
        std::fs::write(&account, json.to_string()).unwrap();
    }
    let config = ServeConfig { listen: "127.0.0.1:0".parse().unwrap(), account, lang: Lang::Vi };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (sender, ready) = mpsc::channel();
    let (room, pool) = (room(root), pool());
    runtime.spawn(async move {
        serve(room, pool, config, |address| sender.send(address).unwrap()).await.unwrap()
    });
    let address = ready.recv_timeout(Duration::from_secs(30)).expect("the server starts");
    Server { address, runtime: Some(runtime), _folder: folder }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
    /// Where a redirect leads.
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.text());
        self.header("location").unwrap()
    }
}

/// One request as written.
pub(crate) fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| *name == "host") {
        head += &format!("host: {address}\r\n");
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n{body}").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("an answer has a head");
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    Answer { status, headers, body: answer[end + 4..].to_vec() }
}

/// A browser with its cookies.
pub(crate) struct Visitor {
    address: SocketAddr,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Visitor {
    pub(crate) fn new(server: &Server) -> Self {
        Self { address: server.address, cookies: BTreeMap::new() }
    }

    /// Somebody who has logged in.
    pub(crate) fn logged_in(server: &Server) -> Self {
        let mut visitor = Self::new(server);
        let answer = visitor.log_in(PASSWORD);
        assert_eq!(answer.location(), "/");
        visitor
    }

    pub(crate) fn log_in(&mut self, password: &str) -> Answer {
        self.post("/dang-nhap", &[("user", USER), ("password", password)])
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    /// A form of our own page.
    pub(crate) fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let body: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let origin = format!("http://{}", self.address);
        let headers = [("origin", origin.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        self.ask("POST", path, &headers, &body.join("&"))
    }

    /// Searches and opens the results.
    pub(crate) fn search(&mut self, query: &str) -> Answer {
        let answer = self.post("/tim", &[("q", query)]);
        let to = answer.location().to_owned();
        self.get(&to)
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let jar = jar.join("; ");
        let mut headers = headers.to_vec();
        if !jar.is_empty() {
            headers.push(("cookie", &jar));
        }
        let answer = send(self.address, method, path, &headers, body);
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

pub(crate) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
