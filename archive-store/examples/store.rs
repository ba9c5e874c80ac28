//! Stores the files of a folder as one object of a new archive: `store FOLDER ARCHIVE`. A developer's tool, told what to do by
//! `./dev bench store`.

use archive_store::{Archive, VersionInfo};
use record::ObjectId;
use std::path::{Path, PathBuf};

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(Into::into).collect();
    let [folder, root] = &arguments[..] else { return Err("store FOLDER ARCHIVE".into()) };
    let archive = Archive::create(root)?;
    let mut draft = archive.begin(&ObjectId::new("urn:bench:uuid:00000000-0000-8000-8000-000000000000")?)?;
    let files = files(folder)?;
    for (path, file) in files.iter().zip(durable::open_ahead(&files)) {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a name that is no text")?;
        draft.add(&format!("representations/rep2/data/0001/{name}"), &mut file?)?;
    }
    draft.commit(&VersionInfo {
        created: "2026-01-01T00:00:00Z".parse()?,
        message: "bench".into(),
        user_name: "bench".into(),
        user_address: "urn:hoso:bench".into(),
    })?;
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Failed> {
    let mut files = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>, std::io::Error>>()?;
    files.sort();
    Ok(files)
}
