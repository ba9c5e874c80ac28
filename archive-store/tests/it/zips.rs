//! Hostile and broken zips, made by Python's `zipfile` or by changing bytes of what it made: each is refused with the entry
//! and the reason, and none writes anything anywhere.

use archive_store::{Files, ZipError, ZipFault, ZipFiles, ZipLimits};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A zip made by a script, which has `z` (a `ZipFile`) and `info(name)` at hand.
fn zip(dir: &Path, name: &str, script: &str) -> PathBuf {
    let path = dir.join(name);
    let head = "import sys,zipfile,warnings\nwarnings.simplefilter('ignore')\n\
        def info(name,mode=0o100644,system=3):\n i=zipfile.ZipInfo(name); i.external_attr=mode<<16; i.create_system=system; return i\n\
        with zipfile.ZipFile(sys.argv[1],'w',zipfile.ZIP_DEFLATED) as z:\n";
    let body: String = script.lines().map(|line| format!(" {}\n", line.trim())).collect();
    let status = Command::new("python3").arg("-c").arg(format!("{head}{body}")).arg(&path).status().unwrap();
    assert!(status.success(), "{name}");
    path
}

fn fault(path: &Path) -> (String, ZipFault) {
    fault_within(path, &ZipLimits::default())
}

fn fault_within(path: &Path, limits: &ZipLimits) -> (String, ZipFault) {
    match ZipFiles::open(path, limits) {
        Err(ZipError::Entry { entry, fault, .. }) => (entry, fault),
        Err(ZipError::TooMuch { fault, .. }) => (String::new(), fault),
        other => panic!("{}: {other:?}", path.display()),
    }
}

#[test]
fn names_that_lead_out_or_collide_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (idx, name) in
        ["../a", "a/../../b", "/etc/passwd", "C:/a", "a//b", "./a", "a/.", "..", "a\\\\b", "a\\nb"]
            .iter()
            .enumerate()
    {
        let script = format!("i=info('x')\ni.filename='{name}'\nz.writestr(i,b'x')");
        let (_, found) = fault(&zip(dir.path(), &format!("{idx}.zip"), &script));
        assert!(matches!(found, ZipFault::Path(_)), "{name}: {found:?}");
    }
    for (idx, (script, collides)) in [
        ("z.writestr('a/b','1')\nz.writestr('a/b','2')", "a/b"),
        ("z.writestr('a/b','1')\nz.writestr('A/c','2')", "a"),
        ("z.writestr('A.txt','1')\nz.writestr('a.TXT','2')", "A.txt"),
        ("z.writestr('é','1')\nz.writestr('e\\u0301','2')", "é"),
        ("z.writestr('a','1')\nz.writestr('a/b','2')", "a"),
        ("z.writestr('a/b','1')\nz.writestr('a','2')", "a"),
    ]
    .iter()
    .enumerate()
    {
        let (_, found) = fault(&zip(dir.path(), &format!("c{idx}.zip"), script));
        assert_eq!(found, ZipFault::Collides((*collides).to_owned()), "{script}");
    }
}

#[test]
fn links_devices_encryption_and_odd_methods_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (idx, mode) in
        ["0o120777", "0o020644", "0o060644", "0o010644", "0o140644", "0o040755"].iter().enumerate()
    {
        for system in [3, 0] {
            let script = format!("z.writestr(info('a/link',{mode},{system}),'/etc/passwd')");
            let found = fault(&zip(dir.path(), &format!("{idx}-{system}.zip"), &script));
            assert_eq!(found, ("a/link".to_owned(), ZipFault::Special), "{mode}");
        }
    }
    let bzip2 = zip(dir.path(), "bzip2.zip", "z.writestr('a','x',zipfile.ZIP_BZIP2)");
    assert_eq!(fault(&bzip2), ("a".to_owned(), ZipFault::Method(12)));
    let plain = zip(dir.path(), "plain.zip", "z.writestr('a','some text')");
    let encrypted = changed(&plain, "encrypted.zip", |bytes| {
        bytes[6] |= 1;
        let central = find(bytes, b"PK\x01\x02");
        bytes[central + 8] |= 1;
    });
    assert_eq!(fault(&encrypted), ("a".to_owned(), ZipFault::Encrypted));
}

fn changed(from: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> PathBuf {
    let mut bytes = std::fs::read(from).unwrap();
    change(&mut bytes);
    let path = from.with_file_name(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|window| window == what).unwrap()
}

#[test]
fn bombs_are_refused_before_anything_is_unpacked() {
    let dir = tempfile::tempdir().unwrap();
    let flat = zip(dir.path(), "flat.zip", "z.writestr('zeros', bytes(100<<20))");
    assert_eq!(fault(&flat), (String::new(), ZipFault::Bomb(200)));
    let small =
        ZipLimits { entry_bytes: 1000, total_bytes: 1500, entries: 3, depth: 3, ..ZipLimits::default() };
    let large = zip(dir.path(), "large.zip", "z.writestr('a', bytes(1001))");
    assert_eq!(fault_within(&large, &small), ("a".to_owned(), ZipFault::TooLarge(1000)));
    let sum = zip(dir.path(), "sum.zip", "z.writestr('a', bytes(900))\nz.writestr('b', bytes(900))");
    assert_eq!(fault_within(&sum, &small), ("b".to_owned(), ZipFault::TooLarge(1500)));
    let many = zip(dir.path(), "many.zip", "[z.writestr(str(n), '') for n in range(4)]");
    assert_eq!(fault_within(&many, &small), (String::new(), ZipFault::TooManyEntries(3)));
    let deep = zip(dir.path(), "deep.zip", "z.writestr('a/b/c/d', '')");
    assert_eq!(fault_within(&deep, &small), ("a/b/c/d".to_owned(), ZipFault::TooDeep(3)));
    // Two names for the same bytes, as in the bombs of David Fifield: the second entry of the directory is made to
    // point at the first one's header, under its own name, so the first one's header is lengthened by nothing.
    let two = zip(dir.path(), "two.zip", "z.writestr('a', bytes(5000))\nz.writestr('b', bytes(5000))");
    let shared = changed(&two, "shared.zip", |bytes| {
        let second = bytes.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
        bytes[second + 42..second + 46].fill(0);
    });
    let (entry, found) = fault(&shared);
    assert_eq!((entry.as_str(), &found), ("b", &ZipFault::Headers("name")));
    // With the same name in the header the ranges tell: the first entry claims all bytes up to the second's end.
    let nested = changed(&two, "nested.zip", |bytes| {
        let first = find(bytes, b"PK\x01\x02");
        let packed = u32::from_le_bytes(bytes[first + 20..first + 24].try_into().unwrap()) + 60;
        bytes[first + 20..first + 24].copy_from_slice(&packed.to_le_bytes());
        bytes[18..22].copy_from_slice(&packed.to_le_bytes());
    });
    assert_eq!(fault(&nested), ("a".to_owned(), ZipFault::Overlaps));
}

fn read(path: &Path, entry: &str) -> std::io::Result<Vec<u8>> {
    let zip = ZipFiles::open(path, &ZipLimits::default()).map_err(std::io::Error::other)?;
    let mut bytes = Vec::new();
    zip.open(entry)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[test]
fn sizes_and_sums_that_lie_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let plain = zip(
        dir.path(),
        "plain.zip",
        "z.writestr('a/b.txt', 'văn bản ' * 100)\nz.mkdir('a/empty') if hasattr(z,'mkdir') else z.writestr('a/empty/','')",
    );
    assert_eq!(read(&plain, "a/b.txt").unwrap(), "văn bản ".repeat(100).into_bytes());
    assert_eq!(ZipFiles::open(&plain, &ZipLimits::default()).unwrap().list().unwrap().files.len(), 1);
    assert!(read(&plain, "a/empty").is_err() && read(&plain, "../a").is_err());
    let central = |bytes: &[u8]| find(bytes, b"PK\x01\x02");
    // Directory and header agree, the bytes do not.
    for (name, central_at, local_at) in [("crc.zip", 16, 14), ("size.zip", 24, 22)] {
        let lying = changed(&plain, name, |bytes| {
            let at = central(bytes);
            bytes[at + central_at] ^= 1;
            bytes[local_at] ^= 1;
        });
        assert!(read(&lying, "a/b.txt").is_err(), "{name}");
    }
    // Only one of the two was changed.
    for (name, at, what) in [("h1.zip", 14, "CRC"), ("h2.zip", 22, "size"), ("h3.zip", 30, "name")] {
        let lying = changed(&plain, name, |bytes| bytes[at] ^= 1);
        assert_eq!(fault(&lying).1, ZipFault::Headers(what), "{name}");
    }
    let flipped = changed(&plain, "flipped.zip", |bytes| bytes[45] ^= 0x10);
    assert!(read(&flipped, "a/b.txt").is_err());
    // Every way to cut it short.
    let bytes = std::fs::read(&plain).unwrap();
    for length in 0..bytes.len() {
        let cut = dir.path().join("cut.zip");
        std::fs::write(&cut, &bytes[..length]).unwrap();
        assert!(ZipFiles::open(&cut, &ZipLimits::default()).is_err(), "cut at {length}");
    }
    // Every byte changed: an error, or the same files; never a panic, never other bytes.
    for at in 0..bytes.len() {
        let mut other = bytes.clone();
        other[at] ^= 0x55;
        let path = dir.path().join("other.zip");
        std::fs::write(&path, &other).unwrap();
        if let Ok(found) = read(&path, "a/b.txt") {
            assert_eq!(found, "văn bản ".repeat(100).into_bytes(), "byte {at}");
        }
    }
}

#[test]
fn what_is_no_zip_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("a.zip");
    std::fs::write(&text, "no zip").unwrap();
    assert!(!ZipFiles::is_zip(&text));
    assert!(matches!(ZipFiles::open(&text, &ZipLimits::default()), Err(ZipError::NotAZip { .. })));
    let real = zip(dir.path(), "b.zip", "z.writestr('a', 'x')");
    assert!(ZipFiles::is_zip(&real) && !ZipFiles::is_zip(dir.path()));
}
