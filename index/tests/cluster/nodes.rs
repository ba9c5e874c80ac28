//! Real OpenSearch nodes on loopback. A node ends when its input does and takes its data along, so none outlives the test
//! program, however that ends.

use index::backend::opensearch::Cluster;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A node that answers.
pub(crate) struct Node {
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    transport: String,
    process: Child,
    /// Its files.
    pub(crate) data: PathBuf,
}

impl Node {
    /// One that all tests share.
    pub(crate) fn shared() -> &'static Self {
        static NODE: OnceLock<Node> = OnceLock::new();
        NODE.get_or_init(|| Self::start("shared", None))
    }

    /// One with a cluster of its own.
    pub(crate) fn alone() -> Self {
        Self::start("one", None)
    }

    /// A second one of this one's cluster, which holds shards and does not vote.
    pub(crate) fn joined(&self) -> Self {
        Self::start("two", Some(&self.transport))
    }

    fn start(name: &str, seed: Option<&str>) -> Self {
        let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.dev/opensearch");
        assert!(server.exists(), "OpenSearch is missing: ./dev test-cluster installs it");
        let name = format!("{name}-{}", std::process::id());
        let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("opensearch-{name}"));
        let log = data.with_extension("log");
        let mut process = Command::new("java")
            .args(["-Xms256m", "-Xmx1g", "-cp"])
            .arg(format!("{0}/classes:{0}/lib/*", server.display()))
            .args(["Server", &name])
            .arg(&data)
            .args(seed)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut line = || lines.next().unwrap_or_else(|| panic!("no node; see {}", log.display())).unwrap();
        let (url, transport) = (format!("http://{}", line()), line());
        Self { url, transport, process, data }
    }

    /// A place in its cluster for an index of its own.
    pub(crate) fn place(&self, shards: u32) -> Cluster {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let index = format!("hoso-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        Cluster { url: self.url.clone(), index, shards, replicas: 0 }
    }

    /// The answer to a request.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> serde_json::Value {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().new_agent();
        let request = ureq::http::Request::builder().method(method).uri(format!("{}/{path}", self.url));
        let request = request.header("content-type", "application/json").body(body.as_bytes()).unwrap();
        let text = agent.run(request).unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

impl Drop for Node {
    /// Tells it to stop, and waits.
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
