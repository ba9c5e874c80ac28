use crate::pages::{all, case, find, index_of, page};
use index::{IndexError, Indexer, Inventory, Query, Searcher};
use std::fs;
use std::path::Path;

fn files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn another_version_is_refused_and_told_to_rebuild() {
    let dir = tempfile::tempdir().unwrap();
    drop(index_of(dir.path(), &["án"]));
    let stamp = dir.path().join("hoso-index.txt");
    let written = fs::read_to_string(&stamp).unwrap();
    for other in
        [written.replace("analyzer=1", "analyzer=2"), written.replace("schema=6", "schema=2"), String::new()]
    {
        fs::write(&stamp, other).unwrap();
        for error in [Searcher::open(dir.path()).err(), Indexer::open_or_create(dir.path()).err()] {
            let error = error.unwrap();
            assert!(matches!(error, IndexError::Version { .. }), "{error:?}");
            assert!(error.to_string().contains("hoso index rebuild"), "{error}");
        }
    }
    fs::remove_file(&stamp).unwrap();
    assert!(matches!(Searcher::open(dir.path()), Err(IndexError::Version { .. })));
}

#[test]
fn no_index_is_missing_not_empty() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Searcher::open(dir.path()), Err(IndexError::Missing { .. })));
    assert!(matches!(Searcher::open(&dir.path().join("none")), Err(IndexError::Missing { .. })));
}

#[test]
fn a_second_writer_is_told_so() {
    let dir = tempfile::tempdir().unwrap();
    let first = Indexer::open_or_create(dir.path()).unwrap();
    assert!(matches!(Indexer::open_or_create(dir.path()), Err(IndexError::Locked { .. })));
    assert!(matches!(Indexer::create_anew(dir.path()), Err(IndexError::Locked { .. })));
    drop(first);
    Indexer::open_or_create(dir.path()).unwrap();
}

/// Whichever file is cut, emptied, changed or gone: opening, searching and checking together notice it, and nothing
/// panics; making the index anew cures it.
#[test]
fn every_damaged_file_is_noticed() {
    let whole = tempfile::tempdir().unwrap();
    drop(index_of(whole.path(), &["bản án", "trộm cắp tài sản", "án"]));
    let segment = |p: &Path| p.file_name().unwrap().to_str().unwrap().len() > 32;
    let names: Vec<_> =
        files(whole.path()).into_iter().filter(|p| segment(p) || p.ends_with("meta.json")).collect();
    assert!(names.len() > 5, "{names:?}");
    for path in names {
        for damage in ["cut", "empty", "flip", "one bit", "gone"] {
            // The list of segments has no checksum; what it names must be there and fit.
            if damage == "one bit" && !segment(&path) {
                continue;
            }
            let dir = tempfile::tempdir().unwrap();
            for file in files(whole.path()) {
                fs::copy(&file, dir.path().join(file.file_name().unwrap())).unwrap();
            }
            let victim = dir.path().join(path.file_name().unwrap());
            let mut bytes = fs::read(&victim).unwrap();
            match damage {
                "cut" => bytes.truncate(bytes.len() / 2),
                "empty" => bytes.clear(),
                "one bit" => {
                    let middle = bytes.len() / 2;
                    bytes[middle] ^= 1;
                }
                _ => bytes[0] ^= 0x55,
            }
            match damage {
                "gone" => fs::remove_file(&victim).unwrap(),
                _ => fs::write(&victim, bytes).unwrap(),
            }
            let what = format!("{} {damage}", victim.display());
            let used = Searcher::open(dir.path()).and_then(|index| {
                let _answer = index.search(&all(), &Query::parse("\"bản án\"").unwrap(), 10, 0);
                Inventory::open(dir.path())?.check()
            });
            let error = used.expect_err(&what);
            assert!(matches!(error, IndexError::Corrupt { .. }), "{what}: {error:?}");
            let mut anew = Indexer::create_anew(dir.path()).unwrap_or_else(|e| panic!("{what}: {e}"));
            anew.put_case(&case("HS-1"), [page(1, "án")]).unwrap();
            anew.commit().unwrap();
            let (index, stock) = (anew.searcher().unwrap(), anew.inventory().unwrap());
            assert_eq!((find(&index, "án").total, stock.page_count().unwrap()), (1, 1));
            stock.check().unwrap();
        }
    }
}

#[test]
fn making_anew_touches_only_files_of_an_index() {
    let dir = tempfile::tempdir().unwrap();
    drop(index_of(dir.path(), &["án"]));
    fs::write(dir.path().join("readme.txt"), "mine").unwrap();
    drop(Indexer::create_anew(dir.path()).unwrap());
    assert_eq!(fs::read_to_string(dir.path().join("readme.txt")).unwrap(), "mine");
    assert_eq!(Inventory::open(dir.path()).unwrap().page_count().unwrap(), 0);
}
