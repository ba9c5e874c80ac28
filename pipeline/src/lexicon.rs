//! The lexicon of an archive as files in the index's folder: published by a person, read by every search until the next one is
//! published. docs/format/lexicon.md.

use crate::digest::sha256;
use crate::pack::index_pages;
use crate::rebuild::{case_files, object};
use crate::volumes::Stored;
use crate::{Layout, PipelineError};
use archive_store::Archive;
use index::{Anonymity, Census, Lexicon};
use record::{Clock, Secrecy, Sha256, Timestamp};
use std::path::{Path, PathBuf};

const FORMAT: &str = "hoso-lexicon 1";
/// Begins the line that names the digest of all others.
const SHA256: &str = "sha256 ";

/// A lexicon that was published, without its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedLexicon {
    /// Which publication, from 1.
    pub number: u32,
    /// When.
    pub published: Timestamp,
    /// What a word had to have.
    pub limits: Anonymity,
    /// Case files that were counted, and the units that they are of.
    pub counted: (u32, usize),
    /// SHA-256 of its file without the line that names it.
    pub sha256: Sha256,
    /// Its file.
    pub path: PathBuf,
}

/// Counts the words of all case files of the lowest secrecy (thường) and puts what may be published beside the index, as the next
/// number; earlier ones stay. Reads every page's text, which takes about as long as a rebuild of the index. Case files that cannot be read
/// are left out; `tell` hears of each case file that was counted.
pub fn publish_lexicon(
    root: &Path,
    limits: Anonymity,
    clock: &dyn Clock,
    mut tell: impl FnMut(usize, usize),
) -> Result<PublishedLexicon, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    let store = Archive::open_read(root)?;
    let mut census = Census::new(limits);
    let ids = case_files(&store)?;
    for (done, id) in ids.iter().enumerate() {
        let counted = object(&store, id).and_then(Stored::latest).and_then(|head| {
            let label = head.record.case.header.label();
            if label.secrecy != Secrecy::Thuong {
                return Ok(());
            }
            census.begin_case(&label.unit);
            for part in head.into_parts(&store) {
                for page in index_pages(part?) {
                    page?.text.iter().for_each(|text| census.count(text));
                }
            }
            Ok(())
        });
        match counted {
            Err(error) if !error.is_about_one_case() => return Err(error),
            Err(error) => {
                tracing::warn!(stage = "lexicon", code = "damaged", object = %id, %error, "case file is not counted");
            }
            Ok(()) => {}
        }
        tell(done + 1, ids.len());
    }
    let counted = census.size();
    let words = census.publish();
    let number = newest_lexicon(&layout).map_or(1, |newest| newest + 1);
    let published = clock.now();
    let head = format!(
        "{FORMAT}\nnumber {number}\npublished {published}\nlimits units={} case-files={}\ncounted units={} case-files={}\n",
        limits.least_units, limits.least_cases, counted.1, counted.0
    );
    let sha256 = sha256(format!("{head}{words}").as_bytes());
    let text = format!("{head}{SHA256}{sha256}\n{words}");
    let path = path_of(&layout, number);
    durable::put_new(&path, &mut text.as_bytes())?;
    Ok(PublishedLexicon { number, published, limits, counted, sha256, path })
}

/// The lexicon that searches use, and what is known of its publication; `None`: none was published, they use the public texts alone.
/// [`PipelineError::Format`] where its file is not as it was published.
pub fn lexicon_of(root: &Path) -> Result<Option<(PublishedLexicon, Lexicon)>, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if !layout.config().is_file() {
        return Err(PipelineError::NoArchive(root.to_owned()));
    }
    newest_lexicon(&layout).map(|number| read(&layout, number)).transpose()
}

/// The number of the one published last.
pub(crate) fn newest_lexicon(layout: &Layout) -> Option<u32> {
    let files = std::fs::read_dir(layout.index()).ok()?;
    files.filter_map(|file| number_in(&file.ok()?.file_name().to_string_lossy())).max()
}

/// All files of published lexicons.
pub(crate) fn lexicon_files(layout: &Layout) -> Vec<PathBuf> {
    lexicons_in(&layout.index())
}

/// Those in the folder of an index.
pub(crate) fn lexicons_in(index: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(index).into_iter().flatten().flatten();
    files.filter(|file| number_in(&file.file_name().to_string_lossy()).is_some()).map(|f| f.path()).collect()
}

fn path_of(layout: &Layout, number: u32) -> PathBuf {
    layout.index().join(format!("lexicon-{number}.txt"))
}

fn number_in(name: &str) -> Option<u32> {
    name.strip_prefix("lexicon-")?.strip_suffix(".txt")?.parse().ok()
}

pub(crate) fn read(layout: &Layout, number: u32) -> Result<(PublishedLexicon, Lexicon), PipelineError> {
    let path = path_of(layout, number);
    let text = std::fs::read_to_string(&path).map_err(PipelineError::io(&path))?;
    let found = parse(&text, number, &path);
    let problem = "it is not as it was published".to_owned();
    found.ok_or_else(|| PipelineError::Format { what: path.display().to_string(), problem })
}

fn parse(text: &str, number: u32, path: &Path) -> Option<(PublishedLexicon, Lexicon)> {
    let (head, rest) = text.split_at(text.find("\nsha256 ")? + 1);
    let (sealed, words) = rest.strip_prefix(SHA256)?.split_once('\n')?;
    let sealed: Sha256 = sealed.parse().ok()?;
    (sha256(format!("{head}{words}").as_bytes()) == sealed).then_some(())?;
    let mut lines = head.lines();
    let mut value = |key: &str| lines.next()?.strip_prefix(key);
    let units_and_cases = |text: &str| {
        let (units, cases) = text.split_once(' ')?;
        let units = units.strip_prefix("units=")?.parse().ok()?;
        Some((units, cases.strip_prefix("case-files=")?.parse().ok()?))
    };
    value(FORMAT).filter(|rest| rest.is_empty())?;
    value("number ").filter(|found| found.parse() == Ok(number))?;
    let published = value("published ")?.parse().ok()?;
    let (least_units, least_cases) = units_and_cases(value("limits ")?)?;
    let (units, cases): (usize, u32) = units_and_cases(value("counted ")?)?;
    let about = PublishedLexicon {
        number,
        published,
        limits: Anonymity { least_units, least_cases },
        counted: (cases, units),
        sha256: sealed,
        path: path.to_owned(),
    };
    Some((about, Lexicon::published(number, words)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::small_archive::{Ticking, archive};

    #[test]
    fn numbers_go_up_and_every_changed_byte_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        archive(folder.path());
        assert!(lexicon_of(folder.path()).unwrap().is_none());
        let publish =
            || publish_lexicon(folder.path(), Anonymity::default(), &Ticking::now(), |_, _| {}).unwrap();
        let (first, second) = (publish(), publish());
        assert_eq!((first.number, second.number), (1, 2));
        let (found, lexicon) = lexicon_of(folder.path()).unwrap().unwrap();
        assert_eq!((&found, lexicon.number()), (&second, 2));
        assert_eq!(lexicon.size(), Lexicon::public().size(), "an empty archive adds nothing");
        let bytes = std::fs::read(&second.path).unwrap();
        for at in (0..300).step_by(7).chain([bytes.len() - 2]) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            durable::write_file(&second.path, &changed).unwrap();
            let error = lexicon_of(folder.path()).unwrap_err();
            assert!(error.to_string().contains("lexicon-2.txt"), "byte {at}: {error}");
        }
    }
}
