//! What the program refuses to do, and what it looks after unasked.

use crate::support::{Desk, files_below, hoso_command, page, python, run, tool, tree};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// `hoso ocr --format text FILES --out OUT`.
fn ocr(files: &[&Path], out: &Path) -> crate::support::Said {
    run(hoso_command().args(["ocr", "--format", "text"]).args(files).arg("--out").arg(out))
}

#[test]
fn a_reading_never_takes_the_place_of_an_input_or_of_another_reading() {
    let scratch = tempfile::tempdir().unwrap();
    let path = |name: &str| scratch.path().join(name);
    page(&path("trang.png"), "trang một");
    fs::create_dir(path("khác")).unwrap();
    fs::copy(path("trang.png"), path("khác/trang.png")).unwrap();
    fs::copy(path("trang.png"), path("trang")).unwrap();
    fs::rename(path("trang.png"), path("trang.txt")).unwrap();
    std::os::unix::fs::symlink(path("trang.txt"), path("lối tắt.txt")).unwrap();
    let before = tree(scratch.path());
    let refused = |files: &[&Path], out: &Path, name: &str| {
        for lang in ["vi", "en"] {
            let mut command = hoso_command();
            command.args(["--lang", lang, "ocr", "--format", "text"]).args(files).arg("--out").arg(out);
            let said = run(&mut command).expect(2);
            let words = if lang == "vi" { "ghi đè" } else { "would overwrite" };
            assert!(said.err.contains(words) && said.err.contains(name), "{}", said.all());
        }
        assert_eq!(tree(scratch.path()), before);
    };
    let input = path("trang.txt");
    refused(&[&input], &input, "trang.txt");
    refused(&[&input], &path("lối tắt.txt"), "lối tắt.txt");
    // In a folder the reading of `trang` is called `trang.txt`, like the other input.
    refused(&[&path("trang"), &input], scratch.path(), "trang.txt");
    // Two inputs of one name would have one result.
    fs::create_dir(path("ra")).unwrap();
    fs::rename(path("trang"), path("trang.png")).unwrap();
    let before = tree(scratch.path());
    let said = ocr(&[&path("trang.png"), &path("khác/trang.png")], &path("ra")).expect(2);
    assert!(said.err.contains("trang.png.txt"), "{}", said.all());
    assert_eq!(tree(scratch.path()), before);
    // Beside all of them there is a place.
    ocr(&[&path("trang.png"), &input], &path("ra")).expect(0);
    assert!(fs::read_to_string(path("ra/trang.png.txt")).unwrap().contains("trang một"));
}

#[test]
fn a_fifo_is_not_waited_for() {
    let scratch = tempfile::tempdir().unwrap();
    let fifo = scratch.path().join("ống");
    tool("mkfifo", [&fifo]);
    // Nobody ever writes into it: a program that opens it to read would hang, and end with exit 124 here.
    let said = ocr(&[&fifo], &scratch.path().join("ra.txt")).expect(1);
    assert!(said.err.contains("ống"), "{}", said.all());
    assert!(!scratch.path().join("ra.txt").exists(), "no empty result");
}

#[test]
fn nothing_is_exported_into_the_archive() {
    let desk = Desk::new();
    desk.page("HS-1/trang.png", "bị can khai nhận");
    desk.run_batch().expect(0);
    let detour = desk.path("đường vòng");
    std::os::unix::fs::symlink(&desk.archive, &detour).unwrap();
    let before = tree(&desk.archive.join("ocfl"));
    let names = |folder: &Path| {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let top = names(&desk.archive);
    for to in [desk.archive.join("xuất"), desk.archive.join("ocfl/xuất"), detour.join("work/xuất")] {
        for (lang, words) in [("vi", "nằm trong kho"), ("en", "inside the archive")] {
            let mut command = hoso_command();
            command.args(["--lang", lang, "case", "export", "HS-1", "--archive"]).arg(&desk.archive);
            let said = run(command.arg("--out").arg(&to));
            let said = said.expect(2);
            assert!(said.err.contains("xuất") && said.err.contains(words), "{}", said.all());
            assert!(!to.exists());
        }
    }
    assert_eq!((tree(&desk.archive.join("ocfl")), names(&desk.archive)), (before, top));
    desk.export("HS-1", "bên ngoài");
}

/// The folder of the case file's object.
fn object_of(desk: &Desk, code: &str) -> PathBuf {
    let inventories = files_below(&desk.archive.join("ocfl"));
    let of_code = |file: &PathBuf| {
        file.ends_with("metadata/other/case.json")
            && fs::read_to_string(file).unwrap().contains(&format!("\"{code}\""))
    };
    let case_json = inventories.into_iter().find(of_code).unwrap();
    // <object>/v1/content/metadata/other/case.json
    case_json.ancestors().nth(5).unwrap().to_owned()
}

/// Makes the inventories of an object claim another id, with side cars to match: storage in perfect order.
const CLAIM_ID: &str = r#"
import hashlib, os, sys
object_, old, new = sys.argv[1:]
for folder in (object_, os.path.join(object_, "v1")):
    inventory = os.path.join(folder, "inventory.json")
    text = open(inventory, encoding="utf-8").read()
    assert text.count('"%s"' % old) == 1, text
    bytes_ = text.replace('"%s"' % old, '"%s"' % new).encode()
    open(inventory, "wb").write(bytes_)
    open(inventory + ".sha512", "w").write(hashlib.sha512(bytes_).hexdigest() + " inventory.json\n")
"#;

#[test]
fn a_true_case_file_in_the_place_of_another_is_named() {
    let desk = Desk::new();
    desk.page("HS-1/trang.png", "bị can khai nhận");
    desk.page("HS-2/trang.png", "cáo trạng truy tố");
    desk.run_batch().expect(0);
    let (one, two) = (object_of(&desk, "HS-1"), object_of(&desk, "HS-2"));
    let id_of = |object: &Path| {
        let inventory = fs::read_to_string(object.join("inventory.json")).unwrap();
        let inventory: serde_json::Value = serde_json::from_str(&inventory).unwrap();
        inventory["id"].as_str().unwrap().to_owned()
    };
    let (id_one, id_two) = (id_of(&one), id_of(&two));
    let aside = desk.path("tạm");
    fs::rename(&one, &aside).unwrap();
    fs::rename(&two, &one).unwrap();
    fs::rename(&aside, &two).unwrap();
    let verify = || run(hoso_command().arg("verify").arg(&desk.archive)).expect(7);
    // Only moved: the inventories tell where they belong.
    let said = verify();
    assert_eq!(said.out.lines().filter(|l| l.starts_with("✗")).count(), 2, "{}", said.all());
    for id in [&id_one, &id_two] {
        assert!(said.out.lines().any(|l| l.contains("belongs into") && l.contains(id)), "{}", said.all());
    }
    // Moved by somebody who knows OCFL: storage, files and signatures are in order, only the case file is another.
    python(CLAIM_ID, [one.as_os_str(), id_two.as_ref(), id_one.as_ref()]);
    python(CLAIM_ID, [two.as_os_str(), id_one.as_ref(), id_two.as_ref()]);
    desk.assert_valid_ocfl();
    let said = verify();
    assert_eq!(said.out.matches("the signature is valid").count(), 2, "{}", said.all());
    for place in [&one, &two] {
        let name = place.file_name().unwrap().to_string_lossy();
        let is_named = |l: &str| l.contains(&*name) && l.contains("holds another case file");
        assert!(said.out.lines().any(is_named), "{name}: {}", said.all());
    }
}

/// What a stop between archive and index leaves is put into the index before new work.
#[test]
fn the_index_is_completed_when_the_archive_is_opened_for_work() {
    let desk = Desk::new();
    desk.page("HS-1/trang.png", "bị can khai nhận");
    desk.run_batch().expect(0);
    let hits = || desk.hoso(&["search", "--json", "khai nhan"]).expect(0).of_type("hit").len();
    assert_eq!(hits(), 1);
    let index = desk.archive.join("index");
    fs::remove_dir_all(&index).unwrap();

    // An index without HS-1, as it was before the stop; the ledger knows that.
    let empty = Desk::new();
    empty.page("HS-0/trang.png", "không liên quan");
    empty.run_batch().expect(0);
    fs::rename(empty.archive.join("index"), &index).unwrap();
    let ledger = Connection::open(desk.archive.join("ledger.sqlite")).unwrap();
    assert_eq!(ledger.execute("UPDATE stored_case SET indexed = 0 WHERE code = 'HS-1'", []).unwrap(), 1);
    drop(ledger);
    assert_eq!(hits(), 0);

    // New work that has nothing to do with HS-1.
    let other = desk.path("lô khác");
    fs::create_dir(&other).unwrap();
    page(
        &{
            fs::create_dir(other.join("HS-2")).unwrap();
            other.join("HS-2/a.png")
        },
        "cáo trạng truy tố",
    );
    let mut batch = hoso_command();
    batch.args(["batch", "run", "--secrecy", "thuong", "--archive"]).arg(&desk.archive).arg(&other);
    run(&mut batch).expect(0);
    assert_eq!(hits(), 1);
}

/// The register's line belongs to the folder whose name has the same letters and marks, however they are encoded.
#[test]
fn folders_find_their_line_of_the_register_by_letters_and_marks() {
    let desk = Desk::new();
    // In the order in which a careless comparison would go wrong: the wrong line stands first.
    fs::write(
        desk.batch.join("batch.csv"),
        "code,title,secrecy\n\
         HS Tân,của Tân,thuong\n\
         HS Tấn,của Tấn,thuong\n\
         HS tấn,của tấn chữ thường,thuong\n\
         12/2019/HSST,có gạch chéo,thuong\n\
         Hồ sơ số 5,danh sách NFC,thuong\n",
    )
    .unwrap();
    python(
        "import sys, os, unicodedata, shutil\n\
         batch, picture = sys.argv[1:]\n\
         names = [('NFC', 'HS-Tấn'), ('NFC', 'HS-tấn'), ('NFC', '12-2019-HSST'), ('NFD', 'Hồ sơ số 5')]\n\
         for no, (form, name) in enumerate(names):\n\
         \x20   folder = os.path.join(batch, unicodedata.normalize(form, name))\n\
         \x20   os.mkdir(folder)\n\
         \x20   open(os.path.join(folder, 'a.png'), 'wb').write(open(picture, 'rb').read() + bytes([no]))\n",
        [desk.batch.clone(), {
            let picture = desk.path("a.png");
            page(&picture, "trang");
            picture
        }],
    );
    let said = run(desk.batch_command().args(["--lang", "en"]));
    let findings = said.of_type("finding");
    let missing: BTreeSet<_> = findings
        .iter()
        .filter(|f| f["code"] == "listed-but-missing")
        .map(|f| f["subject"].as_str().unwrap())
        .collect();
    assert_eq!(missing, BTreeSet::from(["HS Tân"]), "{}", said.all());
    let shown = desk.hoso(&["case", "show", "--json"]).expect(0).of_type("case");
    let mut titles: Vec<_> =
        shown.iter().map(|c| (c["case"].as_str().unwrap(), c["title"].as_str().unwrap())).collect();
    titles.sort_unstable();
    let mut expected = [
        ("12/2019/HSST", "có gạch chéo"),
        ("HS Tấn", "của Tấn"),
        ("HS tấn", "của tấn chữ thường"),
        ("Hồ sơ số 5", "danh sách NFC"),
    ];
    expected.sort_unstable();
    assert_eq!(titles, expected);
}
