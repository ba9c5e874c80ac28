//! Information packages of any maker, with METS as their list (E-ARK CSIP, Thông tư 05/2025/TT-BNV): whether every file that a
//! METS lists is there, with the size and the digest that it states. Reads only.

mod mets;

use crate::bagit::Algorithm;
use crate::files::{Files, read_small};
use crate::validate::{Problem, What};
use mets::{Listed, Mets};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

/// The root's list.
const METS_PATH: &str = "METS.xml";
/// Longest METS that is read.
const MAX_METS_BYTES: u64 = 256 << 20;
/// Most bytes of all METS files of a package: their lists are held.
const MAX_ALL_METS_BYTES: u64 = 256 << 20;
/// Most problems that are told.
const MAX_PROBLEMS: usize = 10_000;
/// Most METS files of one package.
const MAX_METS: usize = 10_000;
const BUFFER_BYTES: usize = 256 << 10;

/// What is to be said of a package.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EarkReport {
    /// METS `OBJID` of the root.
    pub object: String,
    /// `csip:OAISPACKAGETYPE` of the root, as written: `AIP`, `SIP`, `DIP`…
    pub package: String,
    /// Who stands in the root's header, in its order.
    pub agents: Vec<String>,
    /// What is not as METS says. Codes: `mets` the list itself, `path` a reference that leads out of the package, `missing`,
    /// `size`, `digest`, `io` what could not be read.
    pub errors: Vec<Problem>,
    /// Files whose bytes nothing vouches for: listed nowhere, or without a digest.
    pub unproven: Vec<String>,
    /// Files compared with a digest.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What a tree calls itself in its root's METS (`AIP`, `SIP`, `DIP`…; may be empty); `None` where it is no such package. Reads
/// that file alone.
pub fn eark_package_type(files: &dyn Files) -> Option<String> {
    let bytes = read_small(files, METS_PATH, MAX_METS_BYTES).ok()?;
    mets::read(&bytes).ok().map(|mets| mets.package)
}

/// Reads every METS of a package and every file that it lists. Never fails: what cannot be read is in the report.
pub fn validate_eark(files: &dyn Files) -> EarkReport {
    let mut check =
        Check { files, report: EarkReport::default(), wanted: BTreeMap::new(), sizes: BTreeMap::new() };
    match files.list() {
        Err(error) => check.wrong("io", "", error.to_string()),
        Ok(list) => {
            for refused in list.refused {
                check.wrong("io", &refused.path, refused.why);
            }
            check.sizes = list.files.into_iter().map(|file| (file.path, file.bytes)).collect();
            check.lists();
            check.digests();
        }
    }
    check.report
}

struct Check<'a> {
    files: &'a dyn Files,
    report: EarkReport,
    /// Path → the digests that lists state for it.
    wanted: BTreeMap<String, BTreeSet<(Algorithm, String)>>,
    /// Every file there is.
    sizes: BTreeMap<String, u64>,
}

impl Check<'_> {
    /// The root's METS and those that it points to, each once.
    fn lists(&mut self) {
        let (mut to_read, mut known) = (vec![METS_PATH.to_owned()], BTreeSet::new());
        let mut bytes = 0;
        while let Some(path) = to_read.pop() {
            if !known.insert(path.clone()) {
                continue;
            }
            if known.len() > MAX_METS {
                return self.wrong("mets", &path, format!("more than {MAX_METS} METS files"));
            }
            bytes += self.sizes.get(&path).copied().unwrap_or_default();
            if bytes > MAX_ALL_METS_BYTES {
                let why = format!("the METS files have more than {MAX_ALL_METS_BYTES} bytes");
                return self.wrong("mets", &path, why);
            }
            let read = read_small(self.files, &path, MAX_METS_BYTES).map_err(|e| e.to_string());
            let Mets { object, package, agents, files, others } = match read.and_then(|b| mets::read(&b)) {
                Ok(mets) => mets,
                Err(why) => {
                    self.wrong("mets", &path, why);
                    continue;
                }
            };
            if path == METS_PATH {
                (self.report.object, self.report.package, self.report.agents) = (object, package, agents);
            }
            for listed in &files {
                self.listed(&path, listed);
            }
            for href in &others {
                match self.resolve(&path, href) {
                    Ok(other) if other.ends_with(".xml") => to_read.push(other),
                    Ok(_) => {}
                    Err(why) => self.wrong("path", &path, format!("mptr/@xlink:href {href:?}: {why}")),
                }
            }
        }
        if self.wanted.is_empty() && self.report.errors.is_empty() {
            self.wrong("mets", METS_PATH, "no file or mdRef has a CHECKSUM: nothing can be checked");
        }
    }

    fn listed(&mut self, mets: &str, listed: &Listed) {
        let path = match self.resolve(mets, &listed.href) {
            Ok(path) => path,
            Err(why) => return self.wrong("path", mets, format!("@xlink:href {:?}: {why}", listed.href)),
        };
        let Some(bytes) = self.sizes.get(&path).copied() else {
            let expected = (!listed.checksum.is_empty()).then(|| listed.checksum.clone());
            return self.error("missing", &path, What::Missing { expected });
        };
        if !listed.size.is_empty() && listed.size.trim() != bytes.to_string() {
            self.wrong("size", &path, format!("@SIZE {} in {mets}, {bytes} bytes are there", listed.size));
        }
        if listed.checksum.is_empty() {
            return;
        }
        match Algorithm::of_name(&listed.checksum_type) {
            Some(algorithm) => {
                let digest = (algorithm, listed.checksum.trim().to_lowercase());
                self.wanted.entry(path).or_default().insert(digest);
            }
            None => {
                let kind = &listed.checksum_type;
                self.wrong(
                    "digest",
                    &path,
                    format!("@CHECKSUMTYPE {kind:?} in {mets} is not one that is read"),
                );
            }
        }
    }

    /// A reference of a METS file as a path in the package. Where it names no file as written, it may be percent-encoded.
    fn resolve(&self, mets: &str, href: &str) -> Result<String, &'static str> {
        let base = mets.rsplit_once('/').map_or("", |(folder, _)| folder);
        let written = inside(base, href)?;
        if self.sizes.contains_key(&written) {
            return Ok(written);
        }
        let decoded = decode(href).and_then(|href| inside(base, &href).ok());
        Ok(decoded.filter(|path| self.sizes.contains_key(path)).unwrap_or(written))
    }

    fn digests(&mut self) {
        for (path, wanted) in std::mem::take(&mut self.wanted) {
            match self.hash(&path, &wanted) {
                Ok(found) => {
                    for ((algorithm, expected), found) in wanted.into_iter().zip(found) {
                        if found != expected {
                            let algorithm = algorithm.name();
                            self.error("digest", &path, What::Differs { algorithm, expected, found });
                        }
                    }
                }
                Err(e) => self.wrong("io", &path, e.to_string()),
            }
            self.sizes.remove(&path);
        }
        self.sizes.remove(METS_PATH);
        self.report.unproven = std::mem::take(&mut self.sizes).into_keys().collect();
    }

    fn hash(&mut self, path: &str, wanted: &BTreeSet<(Algorithm, String)>) -> std::io::Result<Vec<String>> {
        let mut hashers: Vec<_> = wanted.iter().map(|(algorithm, _)| algorithm.hasher()).collect();
        let mut source = self.files.open(path)?;
        let mut buffer = vec![0; BUFFER_BYTES];
        self.report.files += 1;
        loop {
            match source.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => {
                    self.report.bytes += n as u64;
                    hashers.iter_mut().for_each(|hasher| hasher.update(&buffer[..n]));
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(hashers.into_iter().map(|hasher| hasher.finish()).collect())
    }

    fn error(&mut self, code: &'static str, path: &str, what: What) {
        let errors = &mut self.report.errors;
        if errors.len() > MAX_PROBLEMS {
            return;
        }
        let problem = Problem { code, path: path.to_owned(), what };
        if errors.len() == MAX_PROBLEMS {
            let what = What::Wrong(format!("more than {MAX_PROBLEMS} problems"));
            errors.push(Problem { code: "limit", path: String::new(), what });
        } else if !errors.contains(&problem) {
            errors.push(problem);
        }
    }

    fn wrong(&mut self, code: &'static str, path: &str, why: impl Into<String>) {
        self.error(code, path, What::Wrong(why.into()));
    }
}

/// `base` and a relative reference to one path without `.` and `..`.
fn inside(base: &str, href: &str) -> Result<String, &'static str> {
    let href = href.strip_prefix("file:").unwrap_or(href);
    if href.is_empty() {
        return Err("it is empty");
    }
    if href.starts_with('/') || href.contains([':', '\\', '\0']) {
        return Err("it is no relative path");
    }
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in href.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop().ok_or("it leads out of the package")?),
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// Percent-encoding undone (RFC 3986); `None` where that gives no UTF-8.
fn decode(href: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(href.len());
    let mut rest = href.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).filter(|_| *first == b'%').and_then(|two| std::str::from_utf8(two).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_stay_inside_the_package() {
        assert_eq!(inside("representations/rep1", "data/a.pdf").unwrap(), "representations/rep1/data/a.pdf");
        assert_eq!(inside("representations/rep1", "./../../schemas/x.xsd").unwrap(), "schemas/x.xsd");
        assert_eq!(inside("", "file:a").unwrap(), "a");
        for bad in ["", "/etc/passwd", "../x", "a/../../x", "file:///etc/passwd", "http://x/y", "c:\\x"] {
            assert!(inside("", bad).is_err(), "{bad}");
        }
        assert_eq!(decode("h%E1%BB%93%20s%C6%A1").as_deref(), Some("hồ sơ"));
        assert_eq!(decode("100%").as_deref(), Some("100%"));
        assert_eq!(decode("%ff"), None);
    }
}
