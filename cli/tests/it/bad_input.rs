//! Whatever lies in a batch folder: it becomes a finding or a clear error that names the file, in both languages; the
//! rest of the batch goes on; the received bytes are kept.

use crate::support::{
    Desk, Said, equip, files_below, hoso, hoso_command, init, page, python, run, sha256_of, tool,
};
use record::{FindingKind, Lang};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// Writes pictures that lie about themselves, with nothing but zlib: (folder).
const LIARS: &str = r#"
import struct, sys, zlib
folder = sys.argv[1]
def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
def png(name, width, height, rows):
    head = struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0)
    data = b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + chunk(b'IDAT', rows) + chunk(b'IEND', b'')
    open(f'{folder}/{name}', 'wb').write(data)
def tiff(name, width, height, strip):
    entries = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 8), (262, 3, 1), (273, 4, 8),
               (277, 3, 1), (278, 4, height), (279, 4, len(strip))]
    ifd = struct.pack('<H', len(entries))
    for tag, kind, value in entries:
        ifd += struct.pack('<HHI', tag, kind, 1) + (struct.pack('<HH', value, 0) if kind == 3 else struct.pack('<I', value))
    strip += b'\0' * (len(strip) % 2)
    open(f'{folder}/{name}', 'wb').write(b'II*\0' + struct.pack('<I', 8 + len(strip)) + strip + ifd + b'\0\0\0\0')
def flood(megabytes, byte):
    z = zlib.compressobj(1)
    return b''.join(z.compress(byte * (1 << 20)) for _ in range(megabytes)) + z.flush()
# Ten thousand million pixels in a few bytes, and with a gigabyte to unpack.
png('wide.png', 100000, 100000, zlib.compress(b'\0'))
tiff('wide.tif', 100000, 100000, zlib.compress(b'\0'))
png('wide bomb.png', 100000, 100000, flood(1024, b'\0'))
tiff('wide bomb.tif', 100000, 100000, flood(1024, b'\0'))
# An honest strip of paper, 100,000 pixels wide.
png('strip.png', 100000, 8, zlib.compress((b'\0' + b'\xff' * 100000) * 8))
# A hundred pixels that unpack into a gigabyte.
png('bomb.png', 100, 100, flood(1024, b'\0'))
tiff('bomb.tif', 100, 100, flood(1024, b'\xff'))
"#;

fn cut(from: &Path, to: &Path) {
    let bytes = fs::read(from).unwrap();
    fs::write(to, &bytes[..bytes.len() / 2]).unwrap();
}

/// The masters of an exported case file are the files of its folder, bit for bit.
fn assert_masters_are(export: &Path, files: &[PathBuf]) {
    let sorted = |files: &[PathBuf]| {
        let mut digests = sha256_of(files);
        digests.sort();
        digests
    };
    assert_eq!(sorted(&files_below(&export.join("representations/rep2/data"))), sorted(files));
}

/// Both languages name the file and say what is wrong with it.
fn assert_told(desk: &Desk, kind: &str, name: &str) {
    for lang in [Lang::Vi, Lang::En] {
        let report = desk.hoso(&["batch", "report", "--lang", lang.pick("vi", "en")]);
        let title = FindingKind::from_code(kind).unwrap().title(lang);
        let is_told = report.out.lines().any(|l| l.contains(name) && l.contains(title));
        assert!(is_told, "{name}: {title}\n{}", report.all());
    }
}

fn codes(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|c| (*c).to_owned()).collect()
}

#[test]
fn damaged_and_lying_files_are_findings_and_are_kept() {
    let desk = Desk::new();
    let good = desk.page("HS-TỐT/trang 1.png", "hồ sơ nguyên vẹn");
    let bad = desk.batch.join("HS-HỎNG");
    fs::create_dir(&bad).unwrap();
    for ending in ["jpg", "png", "tif", "pdf"] {
        let whole = desk.path(&format!("whole.{ending}"));
        match ending {
            "pdf" => python(MANY_PAGES, [whole.as_os_str(), "2".as_ref()]),
            _ => drop(tool("convert", [&good, &whole])),
        }
        cut(&whole, &bad.join(format!("cut.{ending}")));
    }
    fs::write(bad.join("empty.png"), b"").unwrap();
    fs::write(bad.join("letter.doc"), "Kính gửi: Viện kiểm sát").unwrap();
    fs::copy(&good, bad.join("really-png.jpg")).unwrap();
    let locked = bad.join("locked.pdf");
    let open = desk.path("whole.pdf");
    tool(
        "qpdf",
        [
            OsStr::new("--encrypt"),
            "bí mật".as_ref(),
            "chủ".as_ref(),
            "256".as_ref(),
            "--".as_ref(),
            open.as_ref(),
            locked.as_ref(),
        ],
    );
    python(LIARS, [&bad]);

    let said = desk.run_batch().expect(3);
    let on = |name: &str| said.findings_on(&format!("HS-HỎNG/{name}"));
    assert_eq!(on("empty.png"), codes(&["zero-bytes"]));
    assert_eq!(on("letter.doc"), codes(&["unknown-format"]));
    assert_eq!(on("locked.pdf"), codes(&["password-protected"]));
    assert!(on("really-png.jpg").contains("wrong-extension"));
    // Whether a damaged file shows at the first look or when its page is read, the finding names it.
    let findings = said.of_type("finding");
    let names = |f: &serde_json::Value, name: &str| {
        ["subject", "detail"].iter().any(|k| f[k].as_str().unwrap().contains(&format!("HS-HỎNG/{name}")))
    };
    for name in [
        "cut.jpg",
        "cut.png",
        "cut.tif",
        "cut.pdf",
        "wide.png",
        "wide.tif",
        "wide bomb.png",
        "wide bomb.tif",
        "strip.png",
        "bomb.png",
        "bomb.tif",
    ] {
        let about: Vec<_> = findings.iter().filter(|f| names(f, name)).collect();
        assert!(!about.is_empty(), "no finding names {name}: {}", said.all());
        assert_told(&desk, about[0]["code"].as_str().unwrap(), name);
        assert!(!name.starts_with("wide") || about[0]["code"] == "too-many-pixels", "{about:?}");
    }
    assert_told(&desk, "password-protected", "HS-HỎNG/locked.pdf");
    assert_told(&desk, "zero-bytes", "HS-HỎNG/empty.png");

    let report = &said.of_type("report")[0];
    assert_eq!(report["complete"], true, "{}", said.all());
    let cases = said.of_type("case-report");
    assert!(cases.iter().all(|c| c["state"] == "indexed"), "{}", said.all());
    assert_masters_are(&desk.export("HS-HỎNG", "xuất"), &files_below(&bad));
    assert!(desk.spooled().is_empty(), "what is in the archive has left the spool");
    desk.assert_valid_ocfl();
    assert_eq!(
        desk.hoso(&["search", "--json", "ho so nguyen ven"])
            .of_type("hit")
            .iter()
            .filter(|h| h["case"] == "HS-TỐT")
            .count(),
        1
    );
}

#[test]
fn names_of_any_kind_are_kept_apart() {
    let desk = Desk::new();
    let folder = desk.batch.join("HS tên");
    fs::create_dir(&folder).unwrap();
    let sample = desk.path("sample.png");
    page(&sample, "một trang");
    let picture = fs::read(&sample).unwrap();
    let names: [&[u8]; 10] = [
        "có dấu và khoảng trắng.png".as_bytes(),
        "to\u{300}a án.png".as_bytes(),
        "xuống\ndòng.png".as_bytes(),
        b"kh\xf4ng utf8.png",
        b"kh\xf5ng utf8.png",
        b"Trang.png",
        b"trang.png",
        "bị can.png".as_bytes(),
        "bi\u{323} can.png".as_bytes(),
        "bị can.png~2".as_bytes(),
    ];
    for (n, name) in names.iter().enumerate() {
        // A PNG with a text chunk of its own is a different file that shows the same.
        let mut bytes = picture[..picture.len() - 12].to_vec();
        bytes.extend(comment(&format!("k\0{n}")));
        bytes.extend(&picture[picture.len() - 12..]);
        fs::write(folder.join(OsStr::from_bytes(name)), bytes).unwrap();
    }
    let said = desk.run_batch().expect(3);
    assert!(
        said.findings_on("HS tên/Trang.png")
            .union(&said.findings_on("HS tên/trang.png"))
            .any(|c| c == "names-differ-by-case")
    );
    assert!(said.findings_on("HS tên/bị can.png").contains("names-differ-by-case"));
    assert!(said.findings_on("HS tên/tòa án.png").contains("odd-name"));
    assert!(said.findings_on("HS tên/xuống\\u{a}dòng.png").contains("odd-name"));
    assert!(said.findings_on("HS tên/kh\\xf4ng utf8.png").contains("odd-name"));
    assert_told(&desk, "odd-name", "xuống\\u{a}dòng.png");

    let export = desk.export("HS tên", "xuất");
    assert_masters_are(&export, &files_below(&folder));
    let case: serde_json::Value =
        serde_json::from_slice(&fs::read(export.join("metadata/other/case.json")).unwrap()).unwrap();
    let received: Vec<&str> =
        case["masters"].as_array().unwrap().iter().map(|m| m["received_as"].as_str().unwrap()).collect();
    assert_eq!(received.iter().collect::<BTreeSet<_>>().len(), names.len(), "{received:?}");
    assert!(received.contains(&"HS tên/tòa án.png"), "{received:?}");
    desk.assert_valid_ocfl();
    assert_eq!(desk.run_batch().of_type("present").len(), 1, "the same names again are the same case file");
}

/// A `tEXt` chunk, its checksum by the standard's own slow way.
fn comment(text: &str) -> Vec<u8> {
    let body = [b"tEXt", text.as_bytes()].concat();
    let mut crc = !0u32;
    for byte in &body {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    [&(text.len() as u32).to_be_bytes()[..], &body, &(!crc).to_be_bytes()].concat()
}

#[test]
fn case_folders_that_claim_one_code_are_not_mixed() {
    let desk = Desk::new();
    desk.page("HS-1/a.png", "trang một");
    desk.page("To\u{300}a/a.png", "dạng tách");
    desk.page("Tòa/a.png", "dạng gộp");
    fs::create_dir(desk.batch.join("xấu\nmã")).unwrap();
    let said = desk.run_batch().expect(3);
    let failed: Vec<_> = said.of_type("finding").into_iter().filter(|f| f["code"] == "case-failed").collect();
    assert!(
        failed.iter().any(|f| f["subject"] == "Tòa" && f["detail"].as_str().unwrap().contains("To\\u{300}a")),
        "{failed:?}"
    );
    assert_told(&desk, "case-failed", "Tòa");
    let cases = said.of_type("case-report");
    assert!(cases.iter().any(|c| c["case"] == "HS-1" && c["state"] == "indexed"), "{}", said.all());
    assert!(!cases.iter().any(|c| c["case"] == "Tòa"), "{}", said.all());
}

#[test]
fn links_and_special_files_are_named_and_never_followed() {
    let desk = Desk::new();
    let page_path = desk.page("HS-1/trang.png", "trang thật");
    let case = desk.batch.join("HS-1");
    let secret = desk.path("ngoài.png");
    page(&secret, "ngoài lô");
    let outside = desk.path("ngoài");
    fs::create_dir(&outside).unwrap();
    fs::copy(&secret, outside.join("x.png")).unwrap();
    symlink(&secret, case.join("link-file.png")).unwrap();
    symlink(&outside, case.join("link-folder")).unwrap();
    symlink(desk.path("nowhere"), case.join("link-dangling.png")).unwrap();
    symlink(&outside, desk.batch.join("HS-LINK")).unwrap();
    let case_fifo = case.join("fifo.png");
    let top_fifo = desk.batch.join("fifo.pdf");
    tool("mkfifo", [&case_fifo, &top_fifo]);
    let _socket = UnixListener::bind(case.join("socket.png")).unwrap();
    fs::copy(&secret, desk.batch.join("lạc.png")).unwrap();

    let said = desk.run_batch().expect(3);
    let subjects = [
        "HS-1/link-file.png",
        "HS-1/link-folder",
        "HS-1/link-dangling.png",
        "HS-LINK",
        "HS-1/fifo.png",
        "fifo.pdf",
        "HS-1/socket.png",
    ];
    for subject in subjects {
        assert_eq!(said.findings_on(subject), codes(&["not-a-file"]), "{subject}");
        assert_told(&desk, "not-a-file", subject);
    }
    assert_eq!(said.findings_on("lạc.png"), codes(&["loose-file"]));
    assert_told(&desk, "loose-file", "lạc.png");
    // The case file waits: what could be received is kept, nothing is sealed without the rest.
    assert_waits(&desk, &said, "HS-1", 5);
    assert_eq!(sha256_of(&desk.spooled()), sha256_of(std::slice::from_ref(&page_path)));
    for name in ["link-file.png", "link-folder", "link-dangling.png", "fifo.png", "socket.png"] {
        fs::remove_file(case.join(name)).unwrap();
    }
    fs::copy(&secret, case.join("link-file.png")).unwrap();
    let said = desk.resume(&[]).expect(3);
    assert_eq!(said.of_type("stored").len(), 1, "{}", said.all());
    assert!(said.of_type("difference").is_empty(), "{}", said.all());
    assert!(said.findings_on("HS-1/link-folder").is_empty(), "it no longer holds: {}", said.all());
    assert_masters_are(&desk.export("HS-1", "xuất"), &[page_path, case.join("link-file.png")]);
}

/// The case file is neither packed nor sealed, and as many differences as given name what it lacks.
fn assert_waits(desk: &Desk, said: &Said, code: &str, missing: usize) {
    let cases = said.of_type("case-report");
    let state = cases.iter().find(|c| c["case"] == code).map(|c| &c["state"]);
    assert_eq!(state, Some(&"waiting".into()), "{}", said.all());
    let differences = said.of_type("difference");
    let lacking = differences.iter().filter(|d| d["case"] == code && d["what"] == "not-received");
    assert_eq!(lacking.count(), missing, "{}", said.all());
    let stored = desk.hoso(&["case", "show", "--json"]).of_type("case");
    assert!(!stored.iter().any(|c| c["code"] == code || c["case"] == code), "{stored:?}");
    assert!(
        desk.hoso(&["batch", "status", "--json"]).of_type("batch").iter().any(|b| b["state"] == "waiting")
    );
    for (lang, words) in [("vi", "đang chờ, chưa niêm phong"), ("en", "waiting, not sealed")] {
        let report = desk.hoso(&["batch", "report", "--lang", lang]);
        let line = report.out.lines().find(|l| l.contains(words));
        let line = line.unwrap_or_else(|| panic!("{}", report.all()));
        assert!(line.contains(code) && line.contains("hoso batch resume"), "{line}");
    }
}

#[test]
fn lists_that_are_links_or_pipes_are_refused_at_once() {
    for kind in ["pipe", "link", "folder"] {
        let desk = Desk::new();
        desk.page("HS-1/trang.png", "trang thật");
        let list = desk.batch.join("batch.csv");
        match kind {
            "pipe" => drop(tool("mkfifo", [&list])),
            "link" => symlink("/dev/zero", &list).unwrap(),
            _ => fs::create_dir(&list).unwrap(),
        }
        assert_list_refused(&desk, kind);
        let folios = desk.batch.join("HS-1/butluc.csv");
        fs::remove_dir(&list).or_else(|_| fs::remove_file(&list)).unwrap();
        tool("mkfifo", [&folios]);
        let said = desk.run_batch().expect(3);
        assert_eq!(said.findings_on("HS-1/butluc.csv"), codes(&["folio-list-unusable"]));
        assert_waits(&desk, &said, "HS-1", 1);
        fs::remove_file(&folios).unwrap();
        fs::write(&folios, "file,page,folio\ntrang.png,1,45\n").unwrap();
        let said = desk.run_batch().expect(0);
        assert_eq!(said.of_type("report")[0]["indexed"], 1);
        let states = desk.hoso(&["batch", "status", "--json"]).of_type("batch");
        assert!(states.iter().all(|b| b["state"] == "finished"), "nothing waits any more: {states:?}");
    }
}

/// Exit 2, the list named in both languages, nothing received.
fn assert_list_refused(desk: &Desk, what: &str) {
    let mut words = BTreeSet::new();
    for lang in ["vi", "en"] {
        let said = run(desk.batch_command().args(["--lang", lang])).expect(2);
        let error = &said.of_type("error")[0];
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("batch.csv"), "{what}: {message}");
        assert_eq!(error["exit"], 2);
        words.insert(message.to_owned());
    }
    assert_eq!(words.len(), 2, "{what}: both languages say the same: {words:?}");
    assert!(desk.spooled().is_empty(), "{what}");
}

#[test]
fn broken_lists_are_refused_before_anything_is_received() {
    let desk = Desk::new();
    desk.page("HS-1/trang.png", "trang thật");
    let lists: [(&str, &[u8]); 9] = [
        ("no code", b"title,secrecy\nA,thuong\n"),
        ("unknown column", b"code,secrecy,colour\nHS-1,thuong,red\n"),
        ("the same code twice", b"code,secrecy\nHS-1,thuong\nHS-1,thuong\n"),
        ("unknown secrecy", b"code,secrecy\nHS-1,kin\n"),
        ("a year in words", "code,secrecy,year\nHS-1,thuong,năm 1998\n".as_bytes()),
        ("a year too far", b"code,secrecy,year\nHS-1,thuong,19980\n"),
        ("not UTF-8", b"code,title,secrecy\nHS-1,v\xf4 \xe1n,thuong\n"),
        ("a row too short", b"code,title,secrecy\nHS-1,thuong\n"),
        ("an empty code", b"code,secrecy\n  ,thuong\n"),
    ];
    for (what, list) in lists {
        fs::write(desk.batch.join("batch.csv"), list).unwrap();
        assert_list_refused(&desk, what);
    }
    fs::write(desk.batch.join("batch.csv"), "\u{feff}code,secrecy\r\nHS-1,Thường\r\nHS-2,thuong\r\n")
        .unwrap();
    let said = desk.run_batch().expect(3);
    assert_eq!(said.findings_on("HS-2"), codes(&["listed-but-missing"]));
    assert_eq!(said.of_type("report")[0]["indexed"], 1);
}

#[test]
fn undeclared_or_higher_secrecy_is_refused_before_anything_is_received() {
    let desk = Desk::new();
    let normal = desk.page("HS-1/trang.png", "trang thường");
    desk.page("HS-MẬT/trang.png", "trang mật");
    for lang in ["vi", "en"] {
        let said = run(hoso_command()
            .args(["batch", "run", "--lang", lang, "--archive"])
            .arg(&desk.archive)
            .arg(&desk.batch))
        .expect(2);
        assert!(said.err.contains("HS-1") && said.err.contains("--secrecy thuong"), "{}", said.all());
    }
    assert!(desk.spooled().is_empty());
    assert!(files_below(&desk.archive.join("ocfl")).iter().all(|f| !f.ends_with("inventory.json")));

    let refused = run(desk.batch_command().args(["--secrecy", "mat"]));
    assert_ne!(refused.exit, 0, "two declarations: {}", refused.all());
    let refused = run(hoso_command()
        .args(["batch", "run", "--secrecy", "mat", "--archive"])
        .arg(&desk.archive)
        .arg(&desk.batch))
    .expect(6);
    assert!(refused.err.contains("Mật"), "{}", refused.all());
    assert!(desk.spooled().is_empty());

    fs::write(desk.batch.join("batch.csv"), "code,secrecy\nHS-1,thuong\nHS-MẬT,mật\n").unwrap();
    let said =
        run(hoso_command().args(["batch", "run", "--json", "--archive"]).arg(&desk.archive).arg(&desk.batch))
            .expect(3);
    assert_eq!(said.findings_on("HS-MẬT"), codes(&["secrecy-refused"]));
    assert_told(&desk, "secrecy-refused", "HS-MẬT");
    assert_masters_are(&desk.export("HS-1", "xuất"), &[normal]);
    assert!(desk.spooled().is_empty());
    assert_eq!(desk.hoso(&["case", "show", "--json"]).of_type("case").len(), 1);
}

#[test]
fn a_case_file_waits_for_a_file_still_being_written() {
    let desk = Desk::new();
    let first = desk.page("HS-1/trang 1.png", "trang đã xong");
    desk.page("HS-2/trang.png", "hồ sơ khác");
    let growing = desk.page("HS-1/trang 2.png", "trang đang ghi");
    let done = AtomicBool::new(false);
    let said = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = OpenOptions::new().append(true).open(&growing).unwrap();
            while !done.load(Ordering::Relaxed) {
                file.write_all(b"\0").unwrap();
            }
        });
        let said = desk.run_batch();
        done.store(true, Ordering::Relaxed);
        said
    });
    let said = said.expect(3);
    assert_eq!(said.findings_on("HS-1/trang 2.png"), codes(&["still-being-written"]));
    assert_told(&desk, "still-being-written", "HS-1/trang 2.png");
    let differences = said.of_type("difference");
    let lacks = differences.iter().any(|d| d["file"] == "HS-1/trang 2.png" && d["what"] == "not-received");
    assert!(lacks, "{}", said.all());
    assert_eq!(said.of_type("report")[0]["indexed"], 1, "the rest of the batch goes on");
    assert_waits(&desk, &said, "HS-1", 1);
    assert_eq!(sha256_of(&desk.spooled()), sha256_of(std::slice::from_ref(&first)));
    let said = desk.resume(&[]).expect(0);
    assert_eq!(said.of_type("report")[0]["indexed"], 3);
    assert_masters_are(&desk.export("HS-1", "xuất"), &[first, growing]);
    assert!(desk.spooled().is_empty());
    desk.assert_valid_ocfl();
}

#[test]
fn content_that_differs_from_what_is_stored_stays_in_the_spool() {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "bản đầu");
    desk.run_batch().expect(0);
    let later = desk.page("HS-1/trang 2.png", "thêm sau");
    let said = desk.run_batch().expect(3);
    assert_eq!(said.findings_on("HS-1"), codes(&["changed-since-stored"]));
    let digest = sha256_of(&[later]).remove(0);
    let kept = |desk: &Desk| sha256_of(&desk.spooled()).contains(&digest);
    assert!(kept(&desk), "the new bytes are in no archive, so they stay");
    fs::rename(desk.batch.join("HS-1"), desk.path("HS-1")).unwrap();
    desk.page("HS-2/trang.png", "hồ sơ khác");
    desk.run_batch().expect(0);
    assert!(kept(&desk), "the end of another batch does not take them away");
}

#[test]
fn what_may_not_be_read_is_named() {
    let desk = Desk::new();
    let good = desk.page("HS-1/trang 1.png", "đọc được");
    let shut = desk.page("HS-1/trang 2.png", "không được đọc");
    let inner = desk.page("HS-1/tập 2/trang 3.png", "trong thư mục khóa");
    desk.page("HS-KHÓA/trang.png", "hồ sơ khóa");
    let folders = [inner.parent().unwrap().to_owned(), desk.batch.join("HS-KHÓA")];
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    allow(&shut, 0);
    folders.iter().for_each(|f| allow(f, 0));
    // To root nothing is shut: then the program runs as nobody, from a place that nobody can reach.
    let is_root = fs::read_dir(&folders[0]).is_ok();
    let mut command = desk.batch_command();
    if is_root {
        let programs = desk.path("bin");
        fs::create_dir(&programs).unwrap();
        for name in ["hoso", "hoso-worker"] {
            fs::copy(Path::new(crate::support::HOSO).with_file_name(name), programs.join(name)).unwrap();
        }
        allow(desk.scratch.path(), 0o755);
        tool("chown", [OsStr::new("-R"), "65534:65534".as_ref(), desk.archive.as_ref()]);
        let mut as_nobody = equip(Command::new("setpriv"));
        as_nobody.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]);
        as_nobody.arg(programs.join("hoso")).args(command.get_args());
        command = as_nobody;
    }
    let said = run(&mut command);
    folders.iter().for_each(|f| allow(f, 0o755));
    let said = said.expect(3);
    for subject in ["HS-1/trang 2.png", "HS-1/tập 2", "HS-KHÓA"] {
        assert!(said.findings_on(subject).contains("no-permission"), "{subject}: {}", said.all());
        assert_told(&desk, "no-permission", subject);
    }
    assert_waits(&desk, &said, "HS-1", 2);
    assert_waits(&desk, &said, "HS-KHÓA", 1);
    allow(&shut, 0o644);
    let said = desk.run_batch().expect(0);
    assert_eq!(said.of_type("stored").len(), 2, "{}", said.all());
    assert_masters_are(&desk.export("HS-1", "xuất"), &[good, shut, inner]);
    assert!(desk.spooled().is_empty());
}

#[test]
fn a_full_disk_loses_nothing() {
    let desk = Desk::new();
    for n in 1..=3 {
        let path = desk.page(&format!("HS-{n}/trang.png"), &format!("trang của hồ sơ {n}"));
        // Six megabytes behind the end of the picture: still the picture, and the disk is full sooner.
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        python("import os,sys; open(sys.argv[1],'wb').write(os.urandom(6<<20))", [desk.path("noise")]);
        file.write_all(&fs::read(desk.path("noise")).unwrap()).unwrap();
    }
    let script = r#"
set -eu
hoso=$1 batch=$2 disk=$3 password=$4 lang=$5
mount -t tmpfs -o size=14m none "$disk"
"$hoso" init "$disk/kho" --password-file "$password"
set +e
"$hoso" batch run --lang $lang --secrecy thuong --archive "$disk/kho" "$batch" >"$disk.out" 2>"$disk.err"
echo $? >"$disk.exit"
mount -o remount,size=200m "$disk" || exit 9
"$hoso" batch resume --json --archive "$disk/kho" >"$disk.resume.out" 2>"$disk.resume.err"
echo $? >"$disk.resume.exit"
cp -a "$disk/kho" "$disk.kept"
"#;
    let password = desk.path("password");
    fs::write(&password, "mật khẩu thử nghiệm 1").unwrap();
    let is_root = tool("id", ["-u"]).trim() == "0";
    for (lang, words) in [("vi", "hết chỗ"), ("en", "no space left")] {
        let disk = desk.path(lang);
        fs::create_dir(&disk).unwrap();
        let mut command = equip(Command::new("unshare"));
        command.arg(if is_root { "-m" } else { "-rm" }).args(["sh", "-c", script, "sh"]);
        let said =
            run(command.arg(crate::support::HOSO).arg(&desk.batch).arg(&disk).arg(&password).arg(lang));
        assert_eq!(said.exit, 0, "{}", said.all());
        let text = |name: &str| fs::read_to_string(desk.path(&format!("{lang}.{name}"))).unwrap();
        assert_eq!(text("exit").trim(), "1", "{}", text("err"));
        let error = text("err");
        assert!(
            error.contains(words) && error.contains("HS-") && error.contains("hoso batch resume"),
            "{error}"
        );
        assert_eq!(text("resume.exit").trim(), "0", "{}{}", text("resume.out"), text("resume.err"));
        let report: serde_json::Value =
            serde_json::from_str(text("resume.out").lines().last().unwrap()).unwrap();
        assert_eq!((&report["complete"], &report["indexed"]), (&true.into(), &3.into()), "{report}");
        let kept = desk.path(&format!("{lang}.kept"));
        hoso([OsStr::new("verify"), kept.as_ref()]).expect(0);
        assert!(files_below(&kept.join("work/spool")).is_empty());
        for n in 1..=3 {
            let to = desk.path(&format!("{lang} xuất {n}"));
            let code = format!("HS-{n}");
            run(hoso_command().args(["case", "export", &code, "--archive"]).arg(&kept).arg("-o").arg(&to))
                .expect(0);
            assert_masters_are(&to, &[desk.batch.join(format!("HS-{n}/trang.png"))]);
        }
    }
}

#[test]
fn archive_and_batch_do_not_lie_in_each_other() {
    let desk = Desk::new();
    let inside = desk.archive.join("lô trong kho");
    fs::create_dir(&inside).unwrap();
    page(
        &{
            fs::create_dir(inside.join("HS-1")).unwrap();
            inside.join("HS-1/a.png")
        },
        "trang",
    );
    let holder = desk.path("giữ");
    fs::create_dir(&holder).unwrap();
    init(&holder.join("kho"));
    let linked = desk.path("đường vòng");
    symlink(&inside, &linked).unwrap();
    for (archive, folder) in
        [(desk.archive.clone(), inside), (holder.join("kho"), holder), (desk.archive, linked)]
    {
        for (lang, words) in [("vi", "kho"), ("en", "inside the archive")] {
            let mut command = hoso_command();
            command
                .args(["batch", "run", "--lang", lang, "--secrecy", "thuong", "--archive"])
                .arg(&archive)
                .arg(&folder);
            let said = run(&mut command).expect(2);
            let name = folder.to_string_lossy();
            assert!(said.err.contains(&*name) && said.err.contains(words), "{}", said.all());
        }
        assert!(files_below(&archive.join("work/spool")).is_empty());
    }
}

/// A PDF of many tiny pages, by hand: (file, pages).
const MANY_PAGES: &str = r#"
import sys
pages = int(sys.argv[2])
objects = [b'<< /Type /Catalog /Pages 2 0 R >>',
           b'<< /Type /Pages /Count %d /Kids [%s] >>' % (pages, b' '.join(b'%d 0 R' % (4 + 2 * i) for i in range(pages))),
           b'<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>']
for i in range(pages):
    text = b'BT /F1 12 Tf 8 30 Td (Trang %d) Tj ET' % (i + 1)
    objects.append(b'<< /Type /Page /Parent 2 0 R /MediaBox [0 0 90 70] /Contents %d 0 R '
                   b'/Resources << /Font << /F1 3 0 R >> >> >>' % (5 + 2 * i))
    objects.append(b'<< /Length %d >> stream\n%s\nendstream' % (len(text), text))
out = bytearray(b'%PDF-1.4\n')
offsets = []
for no, body in enumerate(objects, 1):
    offsets.append(len(out))
    out += b'%d 0 obj\n%s\nendobj\n' % (no, body)
start = len(out)
out += b'xref\n0 %d\n0000000000 65535 f \n' % (len(objects) + 1)
out += b''.join(b'%010d 00000 n \n' % o for o in offsets)
out += b'trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n' % (len(objects) + 1, start)
open(sys.argv[1], 'wb').write(out)
"#;

/// Runs a command until that many pages were read anew, then interrupts it. The pages read anew, and those known.
fn interrupt_after(command: &mut Command, pages: usize) -> (BTreeSet<u64>, BTreeSet<u64>, i32) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (mut fresh, mut known) = (BTreeSet::new(), BTreeSet::new());
    let mut interrupted = false;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        if line["type"] != "page" {
            continue;
        }
        let page = line["page"].as_u64().unwrap();
        if line["known"] == true {
            known.insert(page)
        } else {
            fresh.insert(page)
        };
        if fresh.len() >= pages && !interrupted {
            interrupted = true;
            tool("kill", ["-INT", &child.id().to_string()]);
        }
    }
    (fresh, known, child.wait().unwrap().code().unwrap_or(-1))
}

#[test]
fn ten_thousand_pages_are_read_lazily_and_can_be_interrupted() {
    let desk = Desk::new();
    let folder = desk.batch.join("HS-10000");
    fs::create_dir(&folder).unwrap();
    python(MANY_PAGES, [folder.join("tập.pdf").as_os_str(), "10000".as_ref()]);
    let (first, known, exit) = interrupt_after(&mut desk.batch_command(), 50);
    assert_eq!(exit, 130);
    assert!(known.is_empty() && first.len() < 200, "{} pages read after the interruption at 50", first.len());
    let status = &desk.hoso(&["batch", "status", "--json"]).of_type("batch")[0];
    assert_eq!(
        (&status["state"], &status["pages"], &status["pages_done"]),
        (&"interrupted".into(), &10_000.into(), &first.len().into())
    );

    let mut resume = hoso_command();
    resume.args(["batch", "resume", "--json", "--archive"]).arg(&desk.archive);
    let (second, known, exit) = interrupt_after(&mut resume, 20);
    assert_eq!(exit, 130);
    assert_eq!(known, first, "every recorded page is known again");
    assert!(second.is_disjoint(&first), "no recorded page is read again");
    let master = Said::expect(desk.hoso(&["batch", "report", "--json"]), 3);
    assert_eq!(master.of_type("report")[0]["received"], 10_000);
    assert_eq!(sha256_of(&desk.spooled()), sha256_of(&[folder.join("tập.pdf")]), "the master is kept");
}
