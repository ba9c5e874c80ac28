use durable::{DurableError, Lock};
use std::io::Read;
use std::process::{Command, Stdio};

const CHILD: &str = "DURABLE_TEST_LOCK";

#[test]
fn the_second_holder_is_refused_until_the_first_lets_go() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.lock");
    let first = Lock::try_exclusive(&path).unwrap();
    assert_eq!(first.path(), path);
    let error = Lock::try_exclusive(&path).unwrap_err();
    assert!(matches!(&error, DurableError::Locked { path: named } if *named == path));
    assert!(error.retry_can_help() && !error.leaves_doubt());
    drop(first);
    assert!(path.exists(), "the file stays and means nothing");
    Lock::try_exclusive(&path).unwrap();
}

/// Not a test by itself: the process that the next one kills while it holds the lock.
#[test]
fn child_holds_the_lock() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let _lock = Lock::try_exclusive(path.as_ref()).unwrap();
    println!("locked");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn death_frees_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.lock");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lock::child_holds_the_lock", "--nocapture"])
        .env(CHILD, &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    let out = child.stdout.as_mut().unwrap();
    while !String::from_utf8_lossy(&said).contains("locked\n") {
        let mut byte = [0];
        assert_eq!(out.read(&mut byte).unwrap(), 1, "the child ended early");
        said.push(byte[0]);
    }
    assert!(matches!(Lock::try_exclusive(&path), Err(DurableError::Locked { .. })));
    child.kill().unwrap();
    child.wait().unwrap();
    Lock::try_exclusive(&path).unwrap();
}
