use durable::{Digests, DurableError, Fault, Faults, LineLog, Staged, put_new, write_file, write_unseen};
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

// Digests by `printf 'h\xe1\xbb\x93 s\xc6\xa1\n' | sha256sum`, `| sha512sum`.
const TEXT: &[u8] = "hồ sơ\n".as_bytes();
const SHA256: &str = "c01a1a77bfb9eebd130ad31a1912b3189f778b100232d7324346abc8cc9f522e";
const SHA512: &str = "8d90d599707c8c2b0d013452600a6dfb05cbd40f7560303e21c728cc5dc454973672b6ba7c977741fe4bc5414bdae58be30b197f5e0f21df756c983aeb65355e";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(crate) fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn new_content_is_stored_with_its_digests() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    let digests = put_new(&path, &mut &TEXT[..]).unwrap();
    assert_eq!(hex(&digests.sha256), SHA256);
    assert_eq!(hex(&digests.sha512), SHA512);
    assert_eq!(digests.bytes, TEXT.len() as u64);
    assert_eq!(fs::read(&path).unwrap(), TEXT);
    assert_eq!(durable::digest_file(&path).unwrap(), digests);
    assert_eq!(names(dir.path()), ["a"]);
}

/// Files end anywhere, blocks do not: what is read back past the kernel's copy is whole on a disk and in memory.
#[test]
fn content_of_any_length_is_read_back_whole_on_any_file_system() {
    let lengths = [0, 1, 511, 512, 4095, 4096, 4097, 262_143, 262_144, 262_145, 1_000_000];
    for dir in [tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm").unwrap()] {
        for length in lengths {
            let content: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let path = dir.path().join(length.to_string());
            assert_eq!(put_new(&path, &mut &content[..]).unwrap().bytes, length as u64);
            assert_eq!(fs::read(&path).unwrap(), content);
            let faults = Faults::at(2, Fault::FlipBit);
            let flipped = put_new(&dir.path().join(format!("{length}-")), &mut &content[..]);
            drop(faults);
            assert_eq!(flipped.is_err(), length > 0, "{length}");
        }
        let paths = lengths.map(|length| dir.path().join(length.to_string()));
        let ahead = durable::open_ahead(&paths).map(|file| file.unwrap().metadata().unwrap().len());
        assert_eq!(ahead.collect::<Vec<_>>(), lengths.map(|length| length as u64));
    }
}

#[test]
fn files_ahead_of_a_missing_one_are_given_first() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("1"), "một").unwrap();
    let mut files = durable::open_ahead(["1", "2", "1"].map(|name| dir.path().join(name)));
    let mut next =
        || files.next().map(|file| file.map_err(|e| e.kind()).map(|file| io::read_to_string(file).unwrap()));
    assert_eq!(next(), Some(Ok("một".to_owned())));
    assert_eq!(next(), Some(Err(io::ErrorKind::NotFound)));
    assert_eq!(next(), Some(Ok("một".to_owned())));
    assert_eq!(next(), None);
}

#[test]
fn long_content_in_odd_pieces_has_the_digests_of_the_whole() {
    struct Drip<'a>(&'a [u8]);
    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(buffer.len()).min(7001);
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..1_300_001u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect();
    let digests = put_new(&dir.path().join("a"), &mut Drip(&content)).unwrap();
    let whole = durable::digest_reader(&mut &content[..]).unwrap();
    assert_eq!(digests, whole);
    assert_eq!(fs::read(dir.path().join("a")).unwrap(), content);
}

#[test]
fn a_taken_name_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    put_new(&path, &mut &b"old"[..]).unwrap();
    let error = put_new(&path, &mut &b"new"[..]).unwrap_err();
    assert!(matches!(&error, DurableError::Exists { path: named, .. } if *named == path), "{error}");
    assert!(!error.leaves_doubt());
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(dir.path()), ["a"]);
}

#[test]
fn a_failing_reader_is_told_from_a_failing_disk_and_leaves_nothing() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("scanner unplugged"))
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let mut reader = (&b"beginning"[..]).chain(Broken);
    let error = put_new(&dir.path().join("a"), &mut reader).unwrap_err();
    assert!(matches!(error, DurableError::Source { .. }), "{error}");
    assert!(error.to_string().contains("scanner unplugged"));
    assert!(names(dir.path()).is_empty());
}

#[test]
fn a_bit_that_flips_on_its_way_to_the_medium_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    // Step 1 creates, step 2 writes.
    let faults = Faults::at(2, Fault::FlipBit);
    let error = put_new(&dir.path().join("a"), &mut &TEXT[..]).unwrap_err();
    assert!(matches!(error, DurableError::Altered { .. }), "{error}");
    assert_eq!(faults.steps()[1].op, "write");
    drop(faults);
    assert!(names(dir.path()).is_empty());
}

#[test]
fn a_staged_file_can_be_named_after_its_digest() {
    let dir = tempfile::tempdir().unwrap();
    let mut staged = Staged::create_in(dir.path()).unwrap();
    staged.write_all(TEXT).unwrap();
    let sealed = staged.seal().unwrap();
    let Digests { sha256, .. } = sealed.digests();
    assert_eq!(fs::read(sealed.path()).unwrap(), TEXT);
    sealed.put_new(&dir.path().join(hex(&sha256))).unwrap();
    assert_eq!(names(dir.path()), [SHA256]);
    drop(Staged::create_in(dir.path()).unwrap());
    assert_eq!(names(dir.path()), [SHA256], "an abandoned one leaves nothing");
}

#[test]
fn a_small_file_is_replaced_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    write_file(&path, b"long old content").unwrap();
    write_file(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(names(dir.path()), ["a"]);
}

#[test]
fn a_full_disk_is_told_as_such() {
    let dir = tempfile::tempdir().unwrap();
    let _faults = Faults::at(2, Fault::NoSpace);
    let error = put_new(&dir.path().join("a"), &mut &TEXT[..]).unwrap_err();
    assert!(matches!(error, DurableError::NoSpace { .. }), "{error}");
    assert!(error.retry_can_help() && error.leaves_doubt());
    assert!(names(dir.path()).is_empty());
}

#[test]
fn lines_are_added_and_a_torn_one_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut log = LineLog::open(&path).unwrap();
    log.append("một").unwrap();
    log.append("hai").unwrap();
    drop(log);
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"ba without en").unwrap();
    let mut log = LineLog::open(&path).unwrap();
    log.append("bốn").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "một\nhai\nbốn\n");
    drop(log);
    fs::write(&path, "x".repeat(10_000)).unwrap();
    LineLog::open(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
}

/// What a killed process made is seen, but nobody has synced it.
#[test]
fn a_folder_that_a_stop_left_is_synced_with_what_is_written_below_it() {
    let dir = tempfile::tempdir().unwrap();
    let faults = Faults::count();
    durable::stage_dir(&dir.path().join("tile/0/x001")).unwrap();
    write_unseen(dir.path(), &[("tile/0/x001/000".into(), TEXT)]).unwrap();
    faults.lose_unsynced().unwrap();
    assert_eq!(fs::read(dir.path().join("tile/0/x001/000")).unwrap(), TEXT);
}

/// What is read to be checked comes from the medium: opening forgets the kernel's copy. Told by `fincore` of util-linux, which
/// asks the kernel page by page.
#[test]
fn what_is_opened_to_be_checked_is_in_no_memory() {
    // A disk: in a file system in memory there is nothing but the copy.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = dir.path().join("a");
    let bytes = vec![7; 4 << 20];
    write_file(&path, &bytes).unwrap();
    let cached = || {
        let mut command = std::process::Command::new("fincore");
        let out = command.args(["--bytes", "--noheadings", "--output", "RES"]).arg(&path).output().unwrap();
        assert!(out.status.success(), "fincore of util-linux: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().parse::<usize>().unwrap()
    };
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert_eq!(cached(), bytes.len(), "read once, all of it is kept");
    drop(durable::open_file(&path).unwrap());
    assert_eq!(cached(), bytes.len(), "opening as such forgets nothing");
    let file = durable::open_uncached(&path).unwrap();
    assert_eq!(cached(), 0, "is {} on a disk?", dir.path().display());
    drop(file);
}
