//! Packages that other programs made: a bag by `bagit.py`, an OCFL object by `ocfl-py`, a package with METS written by hand.

use crate::provided::from_dev;
use crate::support::{Desk, Said, files_below, hoso_command, page, python, run};
use crate::xsd::{Schemas, assert_valid};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a system of another maker might hand over: METS as the circular's examples have it, sheets that follow annex III
/// with the sample's deviations. Standard library only.
const MAKE_PACKAGE: &str = r#"
import hashlib, os, sys
root, mode = sys.argv[1:]
def put(path, data):
    os.makedirs(os.path.dirname(os.path.join(root, path)) or root, exist_ok=True)
    open(os.path.join(root, path), 'wb').write(data)
def facts(path):
    data = open(os.path.join(root, path), 'rb').read()
    return f'MIMETYPE="x/y" SIZE="{len(data)}" CREATED="2024-05-06T07:08:09+07:00" CHECKSUM="{hashlib.sha256(data).hexdigest().upper()}" CHECKSUMTYPE="SHA-256"'
put('metadata/descriptive/EAD.xml', f'''<?xml version="1.0"?>
<simpledc><title>Vụ án &amp; bị can Trần Văn B</title><fileCode>G09.2001.160</fileCode><maintenance>03</maintenance>
<mode>{mode}</mode><startDate>12/05/1998</startDate><endDate>30/12/1999</endDate><numberOfPaper>2</numberOfPaper><kho>lạ</kho></simpledc>'''.encode())
ns = 'xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:csip="https://DILCIS.eu/XML/METS/CSIPExtensionMETS"'
rep = 'representations/rep1'
files = ''.join(f'<file ID="f{i}" {facts(rep + "/data/" + f)}><FLocat LOCTYPE="URL" xlink:type="simple" xlink:href="data/{f.replace(" ", "%20")}"/></file>'
                for i, f in enumerate(sorted(os.listdir(os.path.join(root, rep, 'data')))))
put(rep + '/METS.xml', f'<mets {ns} OBJID="r"><fileSec><fileGrp>{files}</fileGrp></fileSec></mets>'.encode())
put('METS.xml', f'''<mets {ns} OBJID="urn:G09:uuid:1" TYPE="Mixed"><metsHdr csip:OAISPACKAGETYPE="SIP"><agent ROLE="CREATOR"><name>Phần mềm Lưu trữ X</name></agent></metsHdr>
<dmdSec ID="d"><mdRef LOCTYPE="URL" MDTYPE="DC" xlink:href="metadata/descriptive/EAD.xml" {facts("metadata/descriptive/EAD.xml")}/></dmdSec>
<structMap><div><mptr xlink:href="{rep}/METS.xml" LOCTYPE="URL"/></div></structMap></mets>'''.encode())
"#;

/// Every file of the package received lies in ours under its name, percent-encoded, byte for byte.
const KEPT: &str = r#"
import os, sys, urllib.parse
source, exported = sys.argv[1:]
kept = os.path.join(exported, 'documentation/received')
files = lambda root: {os.path.relpath(os.path.join(d, f), root) for d, _, fs in os.walk(root) for f in fs}
assert {urllib.parse.unquote(path) for path in files(kept)} == files(source), files(kept)
for path in files(kept):
    ours, theirs = os.path.join(kept, path), os.path.join(source, urllib.parse.unquote(path))
    assert open(ours, 'rb').read() == open(theirs, 'rb').read(), path
"#;

fn import(desk: &Desk, source: &Path, more: &[&str]) -> Said {
    let mut command = hoso_command();
    command.args(["import", "--json"]).arg(source).arg("--archive").arg(&desk.archive);
    run(command.args(more))
}

/// The files that findings of a kind are about; they are told when they are found and again in the report.
fn about_files(said: &Said, kind: &str) -> Vec<String> {
    let findings = said.of_type("finding").into_iter().filter(|finding| finding["code"] == kind);
    let files: BTreeSet<_> =
        findings.map(|finding| finding["subject"].as_str().unwrap().to_owned()).collect();
    files.into_iter().collect()
}

fn venv(script: &str) -> Command {
    let mut command = Command::new(from_dev("venv/bin/python"));
    command.args(["-c", script]);
    command
}

/// A bag whose payload is two pages and a note.
fn bag(desk: &Desk) -> PathBuf {
    let folder = desk.path("túi của tòa án");
    fs::create_dir_all(folder.join("biên bản")).unwrap();
    page(&folder.join("trang 1.png"), "bị can khai nhận");
    page(&folder.join("biên bản/trang 1.png"), "biên bản hỏi cung");
    fs::write(folder.join("ghi chú.txt"), "gửi kèm").unwrap();
    let make = "import bagit,sys; bagit.make_bag(sys.argv[1], {'Source-Organization': 'Tòa án X', 'External-Description': 'Vụ mẫu', 'Internal-Sender-Identifier': 'TA-7'}, checksums=['sha256'])";
    run(venv(make).arg(&folder)).expect(0);
    folder
}

/// What came in, exported: valid, whole, with the package as it was.
fn exported(desk: &Desk, code: &str, source: &Path) -> (PathBuf, String) {
    let out = desk.export(code, &format!("ra {code}"));
    python(KEPT, [source, &out]);
    run(Command::new("sha256sum")
        .args(["-c", "--strict", "--quiet", "seal/manifest-sha256.txt"])
        .current_dir(&out))
    .expect(0);
    let premis = out.join("metadata/preservation/PREMIS.xml");
    let schemas = Schemas::new();
    assert_valid(&schemas.premis(), &premis);
    assert_valid(&schemas.mets(), &out.join("METS.xml"));
    let premis = fs::read_to_string(premis).unwrap();
    assert!(premis.contains("fixity check") && !premis.contains("<agentRole>"), "{premis}");
    (out, premis)
}

#[test]
fn a_bag_of_another_program_becomes_a_case_file_and_stays_whole() {
    let desk = Desk::new();
    let source = bag(&desk);
    // Without a declaration nothing is taken, nor anything secret, whoever says so.
    assert_eq!(import(&desk, &source, &[]).expect(2).of_type("refused")[0]["reason"], "foreign");
    import(&desk, &source, &["--secrecy", "mat"]).expect(6);
    let said = import(&desk, &source, &["--secrecy", "thuong", "--year", "2019"]).expect(0);
    assert!(said.out.contains("TA-7"), "{}", said.all());
    assert_eq!(about_files(&said, "unread-file"), ["data/ghi chú.txt"]);
    assert!(about_files(&said, "unproven-file").is_empty());
    let (out, premis) = exported(&desk, "TA-7", &source);
    assert!(premis.contains("BagIt 0.97") && premis.contains("Tòa án X"), "{premis}");
    let ead = fs::read_to_string(out.join("metadata/descriptive/EAD.xml")).unwrap();
    assert!(ead.contains("<title>Vụ mẫu</title>") && ead.contains("<startDate>2019</startDate>"), "{ead}");
    let masters = files_below(&out.join("representations/rep2/data"));
    assert_eq!(masters.len(), 2, "the note has no pages");
    assert_eq!(desk.hoso(&["search", "--json", "khai", "nhan"]).of_type("hit")[0]["case"], "TA-7");
    desk.assert_valid_ocfl();
    run(hoso_command().arg("verify").arg(&desk.archive)).expect(0);
    assert!(files_below(&desk.archive.join("work/incoming")).is_empty());
    // Again: the same case file, no new version.
    import(&desk, &source, &["--secrecy", "thuong", "--year", "2019"]).expect(0);
    assert_eq!(desk.hoso(&["case", "show", "TA-7", "--json"]).of_type("version").len(), 1);
}

#[test]
fn an_object_of_ocfl_py_becomes_a_case_file_with_all_its_versions() {
    let desk = Desk::new();
    let versions = desk.path("các bản");
    for (version, words) in [("v1", "bản cũ"), ("v2", "cáo trạng truy tố")] {
        fs::create_dir_all(versions.join(version)).unwrap();
        page(&versions.join(version).join("trang 1.png"), words);
        page(&versions.join(version).join("trang 2.png"), "bị can");
    }
    let (object, first) = (desk.path("đối tượng"), versions.join("v1/trang 2.png"));
    fs::copy(&first, versions.join("v2/trang 2.png")).unwrap();
    let script = from_dev("venv/bin/ocfl-object.py");
    let made = Command::new(from_dev("venv/bin/python"))
        .arg(script)
        .args(["build", "--id", "http://ta.example/1", "--src"])
        .arg(&versions)
        .arg("--objdir")
        .arg(&object)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let options = ["--secrecy", "thuong", "--title", "Hồ sơ OCFL"];
    let said = import(&desk, &object, &options).expect(2);
    assert_eq!(said.of_type("refused")[0]["reason"], "undeclared", "{}", said.all());
    import(&desk, &object, &[&options[..], &["--code", "OC-1"]].concat()).expect(0);
    let (out, premis) = exported(&desk, "OC-1", &object);
    assert!(premis.contains("OCFL") && premis.contains("http://ta.example/1"), "{premis}");
    assert_eq!(files_below(&out.join("representations/rep2/data")).len(), 2, "the latest version's pages");
    assert_eq!(desk.hoso(&["search", "--json", "cao trang truy to"]).of_type("hit")[0]["case"], "OC-1");
    // A flipped bit in an old version: the object is not taken.
    let page = files_below(&object.join("v1/content")).into_iter().next().unwrap();
    let mut bytes = fs::read(&page).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&page, bytes).unwrap();
    let said = import(&desk, &object, &["--secrecy", "thuong", "--code", "OC-2"]).expect(7);
    assert!(said.out.contains("E092") && said.of_type("refused")[0]["reason"] == "broken", "{}", said.all());
}

#[test]
fn a_package_with_mets_is_read_leniently_and_checked_strictly() {
    let desk = Desk::new();
    let make = |name: &str, mode: &str| {
        let folder = desk.path(name);
        let data = folder.join("representations/rep1/data");
        fs::create_dir_all(&data).unwrap();
        page(&data.join("G09.2001.160 0001.png"), "biên bản ghi lời khai");
        python(MAKE_PACKAGE, [folder.as_os_str(), mode.as_ref()]);
        folder
    };
    let source = make("gói lạ", "02");
    let said = import(&desk, &source, &["--secrecy", "thuong"]).expect(0);
    // The root's list points to the other one without a digest.
    assert_eq!(about_files(&said, "unproven-file"), ["representations/rep1/METS.xml"]);
    assert!(about_files(&said, "unread-file").is_empty());
    let (out, premis) = exported(&desk, "G09.2001.160", &source);
    assert!(premis.contains("METS SIP") && premis.contains("Phần mềm Lưu trữ X"), "{premis}");
    let ead = fs::read_to_string(out.join("metadata/descriptive/EAD.xml")).unwrap();
    for wanted in [
        "<title>Vụ án &amp; bị can Trần Văn B</title>",
        "<maintenance>03</maintenance>",
        "<numberOfPaper>2<",
        ">1999<",
    ] {
        assert!(ead.contains(wanted), "{wanted} {ead}");
    }
    run(hoso_command().arg("verify").arg(&desk.archive)).expect(0);
    // Zipped it is the same; one byte more, and it is refused in the words of METS.
    let broken = make("gói hỏng", "02");
    let data = broken.join("representations/rep1/data/G09.2001.160 0001.png");
    let right = fs::read(&data).unwrap();
    fs::write(&data, [&right[..], b"x"].concat()).unwrap();
    let said = import(&desk, &broken, &["--secrecy", "thuong", "--code", "X-1"]).expect(7);
    assert!(said.out.contains("@SIZE") && said.out.contains("digest"), "{}", said.all());
    for (name, mode) in [("gói mật", "03"), ("gói mật bằng chữ", "Mật")] {
        let said = import(&desk, &make(name, mode), &["--secrecy", "thuong", "--code", "X-2"]).expect(6);
        assert_eq!(said.of_type("refused")[0]["reason"], "secret");
    }
    // A sheet of a document says so, or cannot be read: nobody may take it for open.
    for (name, sheet, code, reason) in [
        ("một tài liệu mật", "<simpledc><mode>03</mode></simpledc>", 6, "secret"),
        ("phiếu hỏng", "<simpledc><mode>03", 7, "broken"),
    ] {
        let package = make(name, "02");
        let folder = package.join("representations/rep1/metadata/descriptive");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("EAD_doc_1.xml"), sheet).unwrap();
        let said = import(&desk, &package, &["--secrecy", "thuong", "--code", "X-2"]).expect(code);
        assert_eq!(said.of_type("refused")[0]["reason"], reason, "{}", said.all());
    }
    // A package of this program keeps its own way in.
    let said = import(&desk, &out, &["--secrecy", "thuong", "--code", "X-3"]).expect(2);
    assert_eq!(said.of_type("refused")[0]["reason"], "own");
    let loose = desk.path("rời");
    fs::create_dir(&loose).unwrap();
    page(&loose.join("a.png"), "ảnh rời");
    let said = import(&desk, &loose, &["--secrecy", "thuong", "--code", "X-4"]).expect(2);
    assert_eq!(said.of_type("refused")[0]["reason"], "unknown");
    assert_eq!(desk.hoso(&["case", "show", "--json"]).of_type("case").len(), 1);
    assert!(files_below(&desk.archive.join("work/incoming")).is_empty());
}
