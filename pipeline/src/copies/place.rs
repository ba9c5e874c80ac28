//! Where a replica is: a folder, or an object store that `hoso.toml` describes.

use crate::PipelineError;
use crate::config::{ArchiveConfig, Layout, StoreWriters};
use archive_store::{S3Key, S3Place, Writers};
use serde::Deserialize;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where a replica is, in the words of the command line.
#[derive(Debug, Clone)]
pub enum ReplicaPlace {
    /// A folder.
    Folder(PathBuf),
    /// `s3://bucket/prefix`, and the key where the environment has one.
    Store {
        /// As given.
        address: String,
        /// Before that of the file.
        key: Option<S3Key>,
    },
}

impl ReplicaPlace {
    /// What begins with `s3://` is an object store, all else a folder.
    pub fn of(text: &Path, key: Option<S3Key>) -> ReplicaPlace {
        match text.to_str() {
            Some(address) if address.starts_with("s3://") => {
                ReplicaPlace::Store { address: address.to_owned(), key }
            }
            _ => ReplicaPlace::Folder(text.to_owned()),
        }
    }
}

impl std::fmt::Display for ReplicaPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReplicaPlace::Folder(folder) => write!(f, "{}", folder.display()),
            ReplicaPlace::Store { address, .. } => f.write_str(address),
        }
    }
}

/// An object store, ready to be opened.
pub(crate) struct Store {
    pub(crate) place: S3Place,
    pub(crate) key: S3Key,
    /// Its name in file names.
    pub(crate) slug: String,
    /// Where what is fetched lies for a while.
    pub(crate) work: PathBuf,
}

/// Puts together what the address, `hoso.toml` and the file with the key say.
pub(crate) fn store(layout: &Layout, address: &str, key: Option<&S3Key>) -> Result<Store, PipelineError> {
    let wrong = |problem: String| PipelineError::Config { path: layout.config(), problem };
    let defaults = S3Place::parse(address)
        .ok_or_else(|| wrong(format!("{address:?} is not of the form s3://bucket/folder")))?;
    let config = ArchiveConfig::read(&layout.config())?;
    let stated = config.s3.get(&defaults.bucket).cloned().unwrap_or_default();
    let ca_pem = match &stated.ca {
        Some(path) => {
            let path = layout.root.join(path);
            Some(std::fs::read(&path).map_err(PipelineError::io(&path))?)
        }
        None => None,
    };
    let writers = match stated.writers {
        StoreWriters::Many => Writers::Many,
        StoreWriters::One => Writers::One,
    };
    let region = stated.region.unwrap_or_else(|| defaults.region.clone());
    let timeout = stated.timeout_s.map_or(defaults.timeout, |s| Duration::from_secs(s.get().into()));
    let patience = timeout * S3Place::PATIENCE;
    let place = S3Place { endpoint: stated.endpoint, region, ca_pem, writers, timeout, patience, ..defaults };
    let key = match key {
        Some(key) => key.clone(),
        None => read_key(&layout.root.join(stated.key_file.unwrap_or_else(|| "keys/s3.toml".into())))?,
    };
    // No address holds a `+`: no two have the same name.
    let slug = place.to_string().trim_start_matches("s3://").replace('/', "+");
    let work = layout.root.join("work/replicas").join(&slug);
    Ok(Store { place, key, slug, work })
}

/// The name of a replica in a folder in file names: by its path, which is the whole one. No bucket's name begins so.
pub(crate) fn slug_of_folder(folder: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let digest = crate::digest::sha256(folder.as_os_str().as_bytes()).to_string();
    format!("+{}", &digest[..16])
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    access_key: String,
    secret_key: String,
}

/// The key from a file that nobody else can read.
fn read_key(path: &Path) -> Result<S3Key, PipelineError> {
    let no_key =
        |problem: &str| PipelineError::NoStoreKey { path: path.to_owned(), problem: problem.to_owned() };
    let meta = std::fs::metadata(path).map_err(|error| no_key(&error.to_string()))?;
    if meta.permissions().mode() & 0o077 != 0 {
        return Err(no_key("others can read it"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| no_key(&error.to_string()))?;
    // What the parser says would repeat the line, and with it the secret.
    let KeyFile { access_key, secret_key } = toml::from_str(&text)
        .map_err(|_| no_key("it is not two lines access_key = \"…\" and secret_key = \"…\""))?;
    Ok(S3Key { access_key, secret_key })
}
