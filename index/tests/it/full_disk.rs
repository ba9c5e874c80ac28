//! A disk that is full in a commit: a real one of four megabytes, which only the test sees.

use crate::pages::{case, code, find, page};
use index::{IndexError, IndexPage, Indexer, Inventory, Searcher};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

const SMALL_DISK: &str = "INDEX_TEST_SMALL_DISK";

#[test]
fn a_full_disk_takes_nothing_away_and_what_it_stopped_can_be_put_again() {
    let dir = tempfile::tempdir().unwrap();
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let script =
        "mount -t tmpfs -o size=4m tmpfs \"$1\" && exec \"$2\" --exact full_disk::child_fills_its_disk";
    // Without root, as the root of a user namespace of its own.
    let output = Command::new("unshare")
        .args([if is_root { "-m" } else { "-rm" }, "sh", "-c", script, "sh"])
        .arg(dir.path())
        .arg(std::env::current_exe().unwrap())
        .env(SMALL_DISK, dir.path())
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let why = "it needs a mount namespace (root, or user namespaces allowed by the kernel)";
    assert!(output.status.success() && said.contains("1 passed"), "{why}:\n{said}\n{errors}");
}

/// Pages whose segment takes some hundred kilobytes: every word is another one.
fn long_pages() -> impl Iterator<Item = IndexPage> {
    (1..=4).map(|no| {
        let words = (0..500).map(|n| format!("từ{no}x{n}"));
        page(no, &format!("mới {}", words.collect::<Vec<_>>().join(" ")))
    })
}

/// Takes all space but a little.
fn fill(ballast: &Path) {
    let mut file = File::create(ballast).unwrap();
    let mut length = 0;
    while file.write_all(&[1; 4096]).is_ok() {
        length += 4096;
    }
    file.set_len(length - 32_768).unwrap();
}

/// Not a test by itself: what the one before starts on its small disk.
#[test]
fn child_fills_its_disk() {
    let Some(disk) = std::env::var_os(SMALL_DISK) else { return };
    let (dir, ballast) = (Path::new(&disk).join("index"), Path::new(&disk).join("ballast"));
    let mut indexer = Indexer::open_or_create(&dir).unwrap();
    for name in ["HS-1", "HS-2"] {
        indexer.put_case(&case(name), [page(1, "cũ"), page(2, "cũ")]).unwrap();
    }
    indexer.commit().unwrap();
    let open_before = Searcher::open(&dir).unwrap();
    fill(&ballast);

    // One that replaces what is there, and a new one; the engine may say it at any of the calls.
    let mut put = || {
        indexer.put_case(&case("HS-1"), long_pages())?;
        indexer.put_case(&case("HS-3"), long_pages())?;
        indexer.commit()
    };
    let error = put().unwrap_err();
    assert!(matches!(error, IndexError::NoSpace { .. }), "{error:?}");
    assert!(error.to_string().contains("no space left"), "{error}");
    let stopped = indexer.commit().unwrap_err();
    assert!(matches!(stopped, IndexError::Stopped { .. }), "{stopped}");
    open_before.reload().unwrap();
    for searcher in [open_before, Searcher::open(&dir).unwrap()] {
        assert_eq!((find(&searcher, "cũ").total, find(&searcher, "mới").total), (4, 0));
    }
    Inventory::open(&dir).unwrap().check().unwrap();
    drop(indexer);

    std::fs::remove_file(&ballast).unwrap();
    let mut indexer = Indexer::open_or_create(&dir).unwrap();
    let index = indexer.searcher().unwrap();
    assert_eq!((find(&index, "cũ").total, find(&index, "mới").total), (4, 0));
    for _ in 0..2 {
        for name in ["HS-1", "HS-3"] {
            indexer.put_case(&case(name), long_pages()).unwrap();
        }
        indexer.commit().unwrap();
    }
    index.reload().unwrap();
    assert_eq!((find(&index, "cũ").total, find(&index, "mới").total), (2, 8));
    let stock = indexer.inventory().unwrap();
    assert_eq!(stock.cases().unwrap(), [(code("HS-1"), 4), (code("HS-2"), 2), (code("HS-3"), 4)].into());
    for name in ["HS-1", "HS-3"] {
        let pages: Vec<u32> = stock.pages_of(&code(name)).unwrap().iter().map(|page| page.get()).collect();
        assert_eq!(pages, [1, 2, 3, 4], "{name}");
    }
    stock.check().unwrap();
    indexer.close().unwrap();
}
