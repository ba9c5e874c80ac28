use super::BagReport;
use super::manifest::{Algorithm, fetch_paths, manifest_lines};
use super::path::{self, folded};
use super::tags::{self, Declaration, Encoding};
use crate::files::{Files, read_small};
use crate::validate::{Problem, What};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::{self, Read};

/// The largest tag file that is read: some 400,000 lines of a manifest.
const MAX_TAG_BYTES: u64 = 64 << 20;
const BUFFER_BYTES: usize = 256 << 10;
/// So many errors, and so many warnings, are told: a hostile bag has one in every line of its manifests.
const MAX_PROBLEMS: usize = 10_000;
/// What systems leave behind in folders.
const SYSTEM_FILES: [&str; 4] = [".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX"];

/// Checks a bag by RFC 8493: reads every file that a manifest lists, once, and reports. Never fails: what cannot be read
/// is in the report. Memory grows with the number of files, not with their size.
pub fn validate_bag(files: &dyn Files) -> BagReport {
    let mut bag = Bag {
        files,
        report: BagReport::default(),
        errors: Problems::default(),
        warnings: Problems::default(),
        present: BTreeMap::new(),
        folded: HashMap::new(),
    };
    bag.check();
    BagReport { errors: bag.errors.list, warnings: bag.warnings.list, ..bag.report }
}

struct Bag<'a> {
    files: &'a dyn Files,
    /// Without the problems.
    report: BagReport,
    errors: Problems,
    warnings: Problems,
    /// Every file with its length.
    present: BTreeMap<String, u64>,
    /// Files by the name that some file systems take for the same.
    folded: HashMap<String, String>,
}

/// Each once, in the order of their finding, up to a limit.
#[derive(Default)]
struct Problems {
    list: Vec<Problem>,
    seen: HashSet<Problem>,
}

impl Problems {
    fn add(&mut self, problem: Problem) {
        if self.is_full() || !self.seen.insert(problem.clone()) {
            return;
        }
        self.list.push(problem);
        if self.is_full() {
            let what = What::Wrong(format!("more than {MAX_PROBLEMS} problems; the others are not listed"));
            self.list[MAX_PROBLEMS] = Problem { code: "limit", path: String::new(), what };
        }
    }

    fn is_full(&self) -> bool {
        self.list.len() > MAX_PROBLEMS
    }
}

/// A manifest, read: path → digest as written.
struct Manifest {
    name: String,
    algorithm: Algorithm,
    digests: BTreeMap<String, String>,
}

impl Bag<'_> {
    fn check(&mut self) {
        if !self.list() {
            return;
        }
        let Some(declared) = self.declaration() else { return };
        let payload = self.manifests("manifest-", &declared);
        if payload.is_empty() && self.errors.list.is_empty() {
            self.wrong("manifest", "", "there is no payload manifest (manifest-sha512.txt or the like)");
        }
        let tag = self.manifests("tagmanifest-", &declared);
        self.info(&declared);
        self.fetch(&declared, &payload);
        self.completeness(&declared, &payload);
        self.system_files();
        self.digests(payload.iter().chain(&tag));
    }

    fn list(&mut self) -> bool {
        let list = match self.files.list() {
            Ok(list) => list,
            Err(e) => {
                self.wrong("io", "", e.to_string());
                return false;
            }
        };
        for refused in list.refused {
            self.wrong("path", &refused.path, refused.why);
        }
        for file in list.files {
            if let Some(other) = self.folded.insert(folded(&file.path), file.path.clone()) {
                let why = format!("differs from {other} only in case or in the form of its accents");
                self.warn("path", &file.path, why);
            }
            self.present.insert(file.path, file.bytes);
        }
        true
    }

    fn declaration(&mut self) -> Option<Declaration> {
        let read = self.read("bagit.txt")?;
        match Declaration::read(&read) {
            Ok(declared) => {
                self.report.version = Some(declared.version.clone());
                Some(declared)
            }
            Err(why) => {
                self.wrong("bagit", "bagit.txt", why);
                None
            }
        }
    }

    /// A tag file, whole; what keeps it from being read is reported.
    fn read(&mut self, name: &str) -> Option<Vec<u8>> {
        if !self.present.contains_key(name) {
            self.error("missing", name, What::Missing { expected: None });
            return None;
        }
        match read_small(self.files, name, MAX_TAG_BYTES) {
            Ok(bytes) => Some(bytes),
            Err(e) => {
                self.wrong("io", name, e.to_string());
                None
            }
        }
    }

    fn text(&mut self, name: &str, encoding: Encoding) -> Option<String> {
        let bytes = self.read(name)?;
        match tags::decode(&bytes, encoding) {
            Ok(text) => Some(text),
            Err(why) => {
                self.wrong("bagit", name, why);
                None
            }
        }
    }

    /// All manifests of a kind.
    fn manifests(&mut self, kind: &str, declared: &Declaration) -> Vec<Manifest> {
        let names: Vec<(String, String)> = self
            .present
            .keys()
            .filter_map(|name| {
                Some((name.clone(), name.strip_prefix(kind)?.strip_suffix(".txt")?.to_owned()))
            })
            .filter(|(_, algorithm)| !algorithm.contains('/'))
            .collect();
        let mut found = Vec::new();
        for (name, algorithm) in names {
            let Some(algorithm) = Algorithm::of_name(&algorithm) else {
                self.wrong("manifest", &name, "its digest algorithm is not known here");
                continue;
            };
            let Some(text) = self.text(&name, declared.encoding) else { continue };
            let digests = self.entries(&name, &text, algorithm, declared, kind == "manifest-");
            found.push(Manifest { name, algorithm, digests });
        }
        found
    }

    fn entries(
        &mut self,
        name: &str,
        text: &str,
        algorithm: Algorithm,
        declared: &Declaration,
        of_payload: bool,
    ) -> BTreeMap<String, String> {
        let digits = algorithm.hasher().finish().len();
        let mut digests: BTreeMap<String, String> = BTreeMap::new();
        for line in manifest_lines(text) {
            let line = match line {
                Ok(line) if line.digest.len() == digits => line,
                Ok(line) => {
                    let why = format!("line {}: no {} digest", line.no, algorithm.name());
                    self.wrong("manifest", name, why);
                    continue;
                }
                Err(no) => {
                    self.wrong("manifest", name, format!("line {no} is not a digest and a path"));
                    continue;
                }
            };
            if line.is_starred {
                self.warn(
                    "manifest",
                    name,
                    format!("line {}: an asterisk before the path, as md5sum writes", line.no),
                );
            }
            let Some(path) = self.path(name, line.path, declared) else { continue };
            if path.starts_with("data/") != of_payload {
                let why = format!("line {}: {path} does not belong in this manifest", line.no);
                self.wrong("manifest", name, why);
                continue;
            }
            let digest = line.digest.to_ascii_lowercase();
            let Some(path) = self.on_disk(&path, &digest) else { continue };
            match digests.insert(path.clone(), digest.clone()) {
                None => {}
                Some(before) if before != digest => {
                    self.wrong("manifest", name, format!("{path} is listed twice with different digests"));
                }
                Some(_) if declared.is_final() => {
                    self.wrong("manifest", name, format!("{path} is listed twice"));
                }
                Some(_) => self.warn("manifest", name, format!("{path} is listed twice")),
            }
        }
        digests
    }

    /// A path as a manifest or `fetch.txt` writes it, made plain; one that leads out of the bag is reported.
    fn path(&mut self, within: &str, written: &str, declared: &Declaration) -> Option<String> {
        match path::read(written, declared.is_final()) {
            Ok(read) => {
                if read.is_dotted {
                    self.warn("path", within, format!("{written:?} begins with ./"));
                }
                Some(read.path)
            }
            Err(why) => {
                self.wrong("path", within, format!("{written:?}: {why}"));
                None
            }
        }
    }

    /// The file as the disk names it: a listed name may have come through a file system that changes case or accents.
    fn on_disk(&mut self, path: &str, digest: &str) -> Option<String> {
        if self.present.contains_key(path) {
            return Some(path.to_owned());
        }
        if let Some(other) = self.folded.get(&folded(path)).cloned() {
            let why = format!("is there as {other}: other case or other form of its accents");
            self.warn("path", path, why);
            return Some(other);
        }
        self.error("missing", path, What::Missing { expected: Some(digest.to_owned()) });
        None
    }

    /// `bag-info.txt`, and what it says of the payload's size.
    fn info(&mut self, declared: &Declaration) {
        let name = if matches!(declared.version.as_str(), "0.93" | "0.94" | "0.95") {
            "package-info.txt"
        } else {
            "bag-info.txt"
        };
        if !self.present.contains_key(name) {
            return;
        }
        let Some(text) = self.text(name, declared.encoding) else { return };
        match tags::info(&text) {
            Ok(info) => self.report.info = info,
            Err(why) => return self.wrong("bagit", name, why),
        }
        let stated = self.report.info.iter().filter(|(label, _)| label.eq_ignore_ascii_case("Payload-Oxum"));
        let stated: Vec<String> = stated.map(|(_, value)| value.clone()).collect();
        if stated.len() > 1 {
            return self.wrong("oxum", name, "Payload-Oxum stands more than once");
        }
        let payload = self.payload().map(|(_, bytes)| bytes);
        let (count, bytes) =
            payload.fold((0u64, 0u64), |(count, sum), bytes| (count + 1, sum.saturating_add(bytes)));
        let found = format!("{bytes}.{count}");
        if let Some(stated) = stated.first().filter(|stated| **stated != found) {
            self.wrong("oxum", name, format!("Payload-Oxum says {stated}, there is {found}"));
        }
    }

    fn payload(&self) -> impl Iterator<Item = (&String, u64)> {
        self.present.iter().filter(|(path, _)| path.starts_with("data/")).map(|(path, bytes)| (path, *bytes))
    }

    /// What `fetch.txt` names is never fetched.
    fn fetch(&mut self, declared: &Declaration, payload: &[Manifest]) {
        if !self.present.contains_key("fetch.txt") {
            return;
        }
        let Some(text) = self.text("fetch.txt", declared.encoding) else { return };
        for line in fetch_paths(&text) {
            let written = match line {
                Ok(written) => written,
                Err(no) => {
                    self.wrong("fetch", "fetch.txt", format!("line {no} is not a URL, a length and a path"));
                    continue;
                }
            };
            let Some(path) = self.path("fetch.txt", written, declared) else { continue };
            if self.present.contains_key(&path) {
                if !payload.iter().any(|manifest| manifest.digests.contains_key(&path)) {
                    self.wrong("fetch", &path, "stands in fetch.txt and in no manifest");
                }
            } else {
                self.wrong("fetch", &path, "would have to be fetched first; nothing is fetched here");
            }
        }
    }

    /// From 1.0 on every manifest lists the whole payload, before that all manifests together.
    fn completeness(&mut self, declared: &Declaration, payload: &[Manifest]) {
        let present: Vec<String> = self.payload().map(|(path, _)| path.clone()).collect();
        for path in present {
            let lacking: Vec<&str> =
                payload.iter().filter(|m| !m.digests.contains_key(&path)).map(|m| m.name.as_str()).collect();
            if lacking.len() == payload.len() {
                self.error("extra", &path, What::Extra);
            } else if declared.is_final() && !lacking.is_empty() {
                self.wrong("manifest", &path, format!("is not in {}", lacking.join(", ")));
            }
        }
    }

    fn system_files(&mut self) {
        let left = |path: &str| {
            let mut parts = path.split('/').peekable();
            parts.any(|part| SYSTEM_FILES.contains(&part) || part.starts_with("._"))
        };
        let found: Vec<String> = self.present.keys().filter(|path| left(path)).cloned().collect();
        for path in found {
            self.warn("path", &path, "a file that an operating system leaves behind");
        }
    }

    /// Each file once, whatever the number of manifests that list it.
    fn digests<'m>(&mut self, manifests: impl Iterator<Item = &'m Manifest>) {
        let mut wanted: BTreeMap<&str, BTreeSet<(Algorithm, &str)>> = BTreeMap::new();
        for manifest in manifests {
            for (path, digest) in &manifest.digests {
                wanted.entry(path).or_default().insert((manifest.algorithm, digest));
            }
        }
        for (path, wanted) in wanted {
            if self.errors.is_full() {
                return;
            }
            let algorithms: BTreeSet<Algorithm> = wanted.iter().map(|(algorithm, _)| *algorithm).collect();
            let found = match self.hash(path, &algorithms) {
                Ok(found) => found,
                Err(e) => {
                    self.wrong("io", path, e.to_string());
                    continue;
                }
            };
            for (algorithm, expected) in wanted {
                let found = &found[&algorithm];
                if found != expected {
                    let (expected, found) = (expected.to_owned(), found.clone());
                    self.error(
                        "digest",
                        path,
                        What::Differs { algorithm: algorithm.name(), expected, found },
                    );
                }
            }
        }
    }

    fn hash(
        &mut self,
        path: &str,
        algorithms: &BTreeSet<Algorithm>,
    ) -> io::Result<BTreeMap<Algorithm, String>> {
        let mut hashers: Vec<_> =
            algorithms.iter().map(|algorithm| (*algorithm, algorithm.hasher())).collect();
        let mut source = self.files.open(path)?;
        let mut buffer = vec![0; BUFFER_BYTES];
        self.report.files += 1;
        loop {
            let n = match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            self.report.bytes += n as u64;
            hashers.iter_mut().for_each(|(_, hasher)| hasher.update(&buffer[..n]));
        }
        Ok(hashers.into_iter().map(|(algorithm, hasher)| (algorithm, hasher.finish())).collect())
    }

    fn error(&mut self, code: &'static str, path: &str, what: What) {
        self.errors.add(Problem { code, path: path.to_owned(), what });
    }

    fn wrong(&mut self, code: &'static str, path: &str, why: impl Into<String>) {
        self.error(code, path, What::Wrong(why.into()));
    }

    fn warn(&mut self, code: &'static str, path: &str, why: impl Into<String>) {
        self.warnings.add(Problem { code, path: path.to_owned(), what: What::Wrong(why.into()) });
    }
}
