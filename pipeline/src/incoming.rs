//! What came from elsewhere: which kind it is, and its files. Opens and looks; takes nothing.

use crate::PipelineError;
use crate::format::case_json;
use crate::handed_on::{self, HandedOnReport};
use archive_store::{BagReport, Below, FileList, Files, Folder, ZipError, ZipFiles, ZipLimits, validate_bag};
use record::Timestamp;
use seal::{Listing, MANIFEST_PATH, PackageFiles, PackageReport, SEAL_FOLDER, Trust, UnreadableFile};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A folder or file, by what it holds.
pub(crate) enum Incoming {
    /// The OCFL storage root of an archive, or one by itself.
    Root(PathBuf),
    /// One OCFL object.
    Object(PathBuf),
    /// Packages side by side, as a case file in volumes is exported; volumes first.
    Several(Vec<PathBuf>),
    /// Anything else: a bag, a package, or neither.
    Files(Box<dyn Files>),
}

impl Incoming {
    /// Looks at a path. A zip that is refused is the inner error.
    pub(crate) fn open(path: &Path) -> Result<Result<Incoming, ZipError>, PipelineError> {
        if path.is_file() {
            let zip = ZipFiles::open(path, &ZipLimits::default());
            return Ok(zip.map(|zip| Incoming::Files(Box::new(zip))));
        }
        let names = std::fs::read_dir(path).map_err(PipelineError::io(path))?;
        let mut names: Vec<String> =
            names.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        let declares = |what: &str| names.iter().any(|name| name.starts_with(what));
        let several = packages_in(path, &names);
        Ok(Ok(if several.len() > 1 {
            Incoming::Several(several)
        } else if path.join("ocfl/0=ocfl_1.1").is_file() {
            Incoming::Root(path.join("ocfl"))
        } else if declares("0=ocfl_object_") {
            Incoming::Object(path.to_owned())
        } else if declares("0=ocfl_1.") {
            Incoming::Root(path.to_owned())
        } else {
            Incoming::Files(Box::new(Folder::open(path).map_err(PipelineError::io(path))?))
        }))
    }
}

/// The packages in a folder that holds nothing else: bags, packages, zips. None where it holds anything else.
fn packages_in(folder: &Path, names: &[String]) -> Vec<PathBuf> {
    let is_package = |path: &Path| match path.is_dir() {
        true => [case_json::PATH, MANIFEST_PATH, "bagit.txt"].iter().any(|file| path.join(file).is_file()),
        false => path.extension().is_some_and(|ending| ending == "zip"),
    };
    let mut paths: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
    if !paths.iter().all(|path| is_package(path)) {
        return Vec::new();
    }
    let is_volume = |path: &PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().contains("_tap-"));
    paths.sort_by_key(|path| !is_volume(path));
    paths
}

/// The packages that lie side by side in a folder, as a case file in volumes is exported; none for anything else.
pub fn packages_of(folder: &Path) -> Result<Vec<PathBuf>, PipelineError> {
    Ok(match folder.is_dir().then(|| Incoming::open(folder)).transpose()? {
        Some(Ok(Incoming::Several(packages))) => packages,
        _ => Vec::new(),
    })
}

/// Where bag and package lie in a tree: folders, empty or ending with `/`.
pub(crate) struct Place {
    /// Of the bag, if there is one.
    pub(crate) bag: Option<String>,
    /// Of the package, whether there is one or not.
    pub(crate) package: String,
}

impl Place {
    /// Files that stand alone in one folder are looked for there.
    pub(crate) fn find(list: &FileList) -> Place {
        let has = |path: &str| list.files.iter().any(|file| file.path == path);
        let is_package =
            |at: &str| has(&format!("{at}{}", case_json::PATH)) || has(&format!("{at}{MANIFEST_PATH}"));
        let below =
            |at: &str| if is_package(at) { at.to_owned() } else { at.to_owned() + &only_folder(list, at) };
        let top = if has("bagit.txt") { String::new() } else { below("") };
        match has(&format!("{top}bagit.txt")) {
            true => Place { package: below(&format!("{top}data/")), bag: Some(top) },
            false => Place { bag: None, package: top },
        }
    }
}

/// The one folder that holds everything below `at`, with `/`; empty if there is none.
fn only_folder(list: &FileList, at: &str) -> String {
    let mut below = list.files.iter().filter_map(|file| file.path.strip_prefix(at));
    let Some((folder, _)) = below.next().and_then(|first| first.split_once('/')) else {
        return String::new();
    };
    let folder = format!("{folder}/");
    if below.all(|path| path.starts_with(&folder)) { folder } else { String::new() }
}

/// What verifying a bag or package that lies in a folder or zip found.
#[derive(Debug, Default)]
pub struct FilesVerification {
    /// Why the zip is not read at all.
    pub zip: Option<ZipError>,
    /// The bag, where it is one.
    pub bag: Option<BagReport>,
    /// Manifest and signature; `None` for a bag that holds no package.
    pub package: Option<PackageReport>,
    /// Where the package was made from a sealed one for others.
    pub handed_on: Option<HandedOnReport>,
}

impl FilesVerification {
    /// Nothing is wrong, and something was there to verify.
    pub fn is_good(&self) -> bool {
        self.zip.is_none()
            && self.bag.as_ref().is_none_or(|bag| bag.errors.is_empty())
            && self.package.as_ref().is_none_or(PackageReport::is_good)
            && self.handed_on.as_ref().is_none_or(|part| part.problems.is_empty())
            && (self.bag.is_some() || self.package.is_some())
    }

    /// Nothing is wrong, but of a signer it is not known whether the certificate was revoked.
    pub fn is_open(&self) -> bool {
        self.zip.is_none()
            && self.bag.as_ref().is_none_or(|bag| bag.errors.is_empty())
            && self.handed_on.as_ref().is_none_or(|part| part.problems.is_empty())
            && self.package.as_ref().is_some_and(PackageReport::is_open)
    }
}

/// Verifies a zip, a bag or a package; `None` when a folder is none of these.
pub fn verify_files(
    path: &Path,
    trust: &Trust,
    now: Timestamp,
) -> Result<Option<FilesVerification>, PipelineError> {
    let files = match Incoming::open(path)? {
        Ok(Incoming::Files(files)) => files,
        Ok(Incoming::Root(_) | Incoming::Object(_) | Incoming::Several(_)) => return Ok(None),
        Err(error) => {
            return Ok(Some(FilesVerification { zip: Some(error), ..FilesVerification::default() }));
        }
    };
    let list = files.list().map_err(PipelineError::io(path))?;
    let place = Place::find(&list);
    let bag = place.bag.as_ref().map(|at| validate_bag(&Below::new(files.as_ref(), at)));
    let package = Below::new(files.as_ref(), &place.package);
    // A package that lost its manifest is a broken one.
    let of_package = |path: &str| path.starts_with(SEAL_FOLDER) || path == case_json::PATH;
    let is_package = list.files.iter().filter_map(|f| f.path.strip_prefix(&place.package)).any(of_package);
    let below = &package;
    let mut package = is_package.then(|| trust.verify_package(&Package(below), now));
    let handed_on = package.as_mut().and_then(|report| handed_on::judge(below, report));
    if bag.is_none() && package.is_none() && path.is_dir() {
        return Ok(None);
    }
    Ok(Some(FilesVerification { zip: None, bag, package, handed_on }))
}

/// Files of a folder or zip, as the seal sees a package.
pub(crate) struct Package<'a>(pub(crate) &'a dyn Files);

impl PackageFiles for Package<'_> {
    fn list(&self) -> io::Result<Listing> {
        let list = self.0.list()?;
        let refused = list.refused.into_iter().map(|f| UnreadableFile { path: f.path, reason: f.why });
        Ok(Listing { files: list.files.into_iter().map(|f| f.path).collect(), refused: refused.collect() })
    }
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + '_>> {
        self.0.open(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use archive_store::ListedFile;

    #[test]
    fn bag_and_package_are_found_one_folder_down() {
        let find = |paths: &[&str]| {
            let file = |path: &&str| ListedFile { path: (*path).to_owned(), bytes: 0 };
            let place =
                Place::find(&FileList { files: paths.iter().map(file).collect(), refused: Vec::new() });
            (place.bag, place.package)
        };
        let bag = |at: &str| Some(at.to_owned());
        assert_eq!(find(&["seal/manifest-sha256.txt", "x"]), (None, String::new()));
        assert_eq!(find(&["urn_a/metadata/other/case.json", "urn_a/x"]), (None, "urn_a/".into()));
        assert_eq!(find(&["bagit.txt", "data/metadata/other/case.json"]), (bag(""), "data/".into()));
        assert_eq!(
            find(&["b/bagit.txt", "b/data/p/seal/manifest-sha256.txt"]),
            (bag("b/"), "b/data/p/".into())
        );
        assert_eq!(find(&["bagit.txt", "data/a", "data/b/c"]), (bag(""), "data/".into()));
        assert_eq!(find(&[]), (None, String::new()));
    }
}
