//! S3 servers that tests start on loopback: `moto` (a model of Amazon's in memory) and `versitygw` (a real one, over a
//! folder). Test crates take this file in with `#[path]`. A server is started once for a test program and stopped by its
//! number when that ends, however it ends: a shell holds both, and waits for the end of its input.

#![allow(dead_code, reason = "no crate needs everything")]
#![allow(clippy::disallowed_methods, reason = "tests start servers")]

use crate::provided::from_dev;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub(crate) const ACCESS_KEY: &str = "hoso-test";
pub(crate) const SECRET_KEY: &str = "hoso-test-secret";

/// A server that answers.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// Where buckets are made as folders; `None` where they are made by request.
    buckets: Option<PathBuf>,
    _holder: Child,
}

impl Server {
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A new bucket; its name.
    pub(crate) fn make_bucket(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("hoso-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        match &self.buckets {
            Some(dir) => std::fs::create_dir(dir.join(&name)).unwrap(),
            None => {
                let answer = ask(self.address, &format!("PUT /{name}")).unwrap();
                assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            }
        }
        name
    }
}

/// Moto, from PyPI.
pub(crate) fn moto() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let program = from_dev("s3-venv/bin/moto_server").with_file_name("python");
        let script = crate::provided::workspace().join("tests/moto_one_at_a_time.py");
        start(None, &|port| format!("exec {} {} {port}", program.display(), script.display()))
    })
}

/// VersityGW over a folder, from the Go module proxy.
pub(crate) fn versitygw() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let program = from_dev("tools/bin/versitygw");
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("versitygw-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        let (buckets, iam) = (dir.join("buckets"), dir.join("iam"));
        for dir in [&buckets, &iam] {
            std::fs::create_dir_all(dir).unwrap();
        }
        let line = |port| {
            format!(
                "ROOT_ACCESS_KEY={ACCESS_KEY} ROOT_SECRET_KEY={SECRET_KEY} exec {} --port 127.0.0.1:{port} posix {}",
                program.display(),
                buckets.display()
            )
        };
        start(Some(buckets.clone()), &line)
    })
}

/// Starts a server on a free port and waits until it answers.
fn start(buckets: Option<PathBuf>, line: &dyn Fn(u16) -> String) -> Server {
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("server-{}.log", std::process::id()));
    let tidy = buckets
        .as_ref()
        .and_then(|dir| dir.parent())
        .map_or(String::new(), |dir| format!("; rm -rf {}", dir.display()));
    for _ in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let script = format!("({}) & pid=$!; read _; kill $pid; wait $pid 2>/dev/null{tidy}", line(port));
        let out = std::fs::File::create(&log).unwrap();
        let err = out.try_clone().unwrap();
        let mut holder = Command::new("sh")
            .arg("-c")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(err)
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) && holder.try_wait().unwrap().is_none() {
            if ask(address, "GET /").is_ok_and(|answer| answer.starts_with("HTTP/1.1")) {
                return Server { address, buckets, _holder: holder };
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        drop(holder.stdin.take());
        holder.wait().unwrap();
    }
    panic!("the server does not answer: {}", std::fs::read_to_string(&log).unwrap_or_default());
}

/// The answer to a request without a body.
fn ask(address: SocketAddr, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// What another program (botocore, of the Python judges) does with a bucket: `download BUCKET DIR`, `put BUCKET KEY FILE`,
/// `delete BUCKET KEY`, `list BUCKET`. Its output.
pub(crate) fn botocore(endpoint: &str, words: &[&str]) -> String {
    let script = crate::provided::workspace().join("tests/s3.py");
    let mut command = Command::new(from_dev("s3-venv/bin/python"));
    command.arg(script).arg(endpoint).args(words);
    let out = command
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .output()
        .unwrap();
    assert!(out.status.success(), "{words:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}
