//! Copies lie outside of what they are copies of.

use crate::PipelineError;
use crate::config::Layout;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Refuses a folder that lies in an archive, or around the archive `origin`, before anything is made there. Links on the way
/// are followed; the folder need not be there yet.
pub(crate) fn apart_from_archives(folder: &Path, origin: Option<&Path>) -> Result<(), PipelineError> {
    let there = real(folder)?;
    let is_inside = there.ancestors().skip(1).any(is_archive);
    let is_around = match origin {
        Some(origin) => real(origin)?.starts_with(&there),
        None => false,
    };
    if is_inside || is_around { Err(PipelineError::IntoTheArchive(folder.to_owned())) } else { Ok(()) }
}

fn is_archive(folder: &Path) -> bool {
    Layout { root: folder.to_owned() }.config().is_file() && folder.join("ocfl").is_dir()
}

/// A path without links: of what is missing on it, as its names say.
fn real(path: &Path) -> Result<PathBuf, PipelineError> {
    let absolute = std::path::absolute(path).map_err(PipelineError::io(path))?;
    for there in absolute.ancestors() {
        match there.canonicalize() {
            Ok(mut real) => {
                for name in absolute.strip_prefix(there).expect("it is one of its ancestors").components() {
                    match name {
                        Component::ParentDir => drop(real.pop()),
                        name => real.push(name),
                    }
                }
                return Ok(real);
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(PipelineError::io(path)(e)),
        }
    }
    Ok(absolute)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests make files")]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_copied_into_an_archive_or_around_it() {
        let scratch = tempfile::tempdir().unwrap();
        let path = |name: &str| scratch.path().join(name);
        std::fs::create_dir_all(path("kho/ocfl")).unwrap();
        std::fs::create_dir_all(path("kho-2")).unwrap();
        std::fs::write(path("kho/hoso.toml"), "").unwrap();
        std::os::unix::fs::symlink(path("kho/ocfl"), path("link")).unwrap();
        let before = std::fs::read_dir(scratch.path()).unwrap().count();
        for refused in ["", "kho", "kho/sao", "kho/ocfl/a/b", "link/a", "none/../kho/ocfl/a"] {
            let result = apart_from_archives(&path(refused), Some(&path("kho")));
            assert!(matches!(result, Err(PipelineError::IntoTheArchive(_))), "{refused}: {result:?}");
        }
        for fine in ["kho-2", "kho-2/a/b", "kho/../sao", "none/a"] {
            apart_from_archives(&path(fine), Some(&path("kho"))).unwrap();
        }
        assert!(apart_from_archives(&path("kho/work/x"), None).is_err());
        apart_from_archives(&path("kho"), None).unwrap();
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), before);
        assert_eq!(std::fs::read_dir(path("kho/ocfl")).unwrap().count(), 0);
    }
}
