//! A page of a volume is shown only where a sealed list of its own case file names that volume.

use crate::archive::{copy_of, equipment, files, made, replace_and_mend_the_store, room, sha256, volumes};
use crate::client::{Answer, Visitor, server_of};
use record::{CaseCode, Clearance, Lang, PageNo, Secrecy};
use serde_json::Value;
use std::path::{Path, PathBuf};

const PHRASE: &str = "\"cong hoa xa hoi\"";

/// The case file with two versions, and the other.
fn two_cases() -> (&'static str, &'static str) {
    let cases = &made().truth.set.cases;
    (&cases[0], &cases[1])
}

fn all() -> Clearance {
    Clearance::whole_archive(Secrecy::Thuong)
}

fn picture(visitor: &mut Visitor, code: &str, page: u32) -> Answer {
    visitor.get(&format!("/ho-so/{code}/trang/{page}/anh"))
}

/// `case.json` of a version of a case file (no volume) or of one of its volumes.
fn register(root: &Path, code: &str, volume: Option<u64>, version: &str) -> (PathBuf, Value) {
    let place = format!("/{version}/content/metadata/other/case.json");
    let registers =
        files(&root.join("ocfl")).into_iter().filter(|path| path.to_string_lossy().ends_with(&place));
    let mut read = registers.map(|path| {
        let json: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        (path, json)
    });
    let found = read.find(|(_, json)| json["header"]["code"] == code && json["volume"].as_u64() == volume);
    found.unwrap_or_else(|| panic!("{code}, {volume:?}, {version}"))
}

/// SHA-256 of the manifest in the package of a `case.json`.
fn manifest_of(register: &Path) -> String {
    let package = register.ancestors().nth(3).unwrap();
    sha256(&std::fs::read(package.join("seal/manifest-sha256.txt")).unwrap())
}

/// What an administrator can do without any key: the list of the first case file says something else, and the store is content.
fn forge(root: &Path, change: impl FnOnce(&mut Value)) {
    let (path, mut json) = register(root, two_cases().0, None, "v2");
    change(&mut json);
    replace_and_mend_the_store(&path, &serde_json::to_vec(&json).unwrap());
}

#[test]
fn pages_pictures_and_pdfs_of_a_volume_are_shown_as_of_any_case_file() {
    let server = server_of(volumes(), None);
    let mut visitor = Visitor::logged_in(&server);
    for (code, pages, volumes) in [(two_cases().0, 4, 4), (two_cases().1, 3, 3)] {
        let (_, cover) =
            register(crate::archive::volumes(), code, None, if pages == 4 { "v2" } else { "v1" });
        assert_eq!(cover["volumes"].as_array().unwrap().len(), volumes);
        let html = visitor.get(&format!("/ho-so/{code}/trang/3")).text();
        assert!(html.contains("✓ Khớp niêm phong.") && html.contains("class=\"body\""), "{html}");
        let received = made().truth.pages().find(|page| page.case == code && page.page == 3).unwrap();
        let received = std::fs::read(made().batch.join(&received.file)).unwrap();
        let answer = picture(&mut visitor, code, 3);
        assert_eq!((answer.status, answer.header("x-hoso-seal")), (200, Some("good")));
        let proof: Value = serde_json::from_str(answer.header("x-hoso-proof").unwrap()).unwrap();
        assert_eq!(proof["sealed"], sha256(&received));
        let pdf = visitor.get(&format!("/ho-so/{code}/van-ban/3.pdf"));
        assert_eq!((pdf.status, pdf.header("x-hoso-seal")), (200, Some("good")));
        assert!(pdf.body.starts_with(b"%PDF-"));
        let court = visitor.get(&format!("/ho-so/{code}/phien-toa/3")).text();
        let court = court.split("id=\"court\">").nth(1).unwrap().split("</script>").next().unwrap();
        let court: Value = serde_json::from_str(court).unwrap();
        assert_eq!(court["leaves"].as_array().unwrap().len(), pages);
        assert_eq!(visitor.get(&format!("/ho-so/{code}/trang/{}", pages + 1)).status, 404);
    }
    let answer = room(volumes()).search(&all(), PHRASE, 20, 0).unwrap();
    assert!(answer.damaged.is_empty() && !answer.hits.is_empty());
    assert!(answer.hits.iter().all(|hit| hit.snippet.is_some() && !hit.is_withheld));
}

/// Seal and bytes of the earlier volume are true; that it belongs here now, nobody sealed.
#[test]
fn a_volume_from_before_a_correction_is_no_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let root = copy_of(volumes(), folder.path());
    let (code, other) = two_cases();
    let before = manifest_of(&register(&root, code, Some(2), "v1").0);
    assert_ne!(before, manifest_of(&register(&root, code, Some(2), "v2").0));
    forge(&root, |json| json["volumes"][1]["manifest_sha256"] = before.into());
    let server = server_of(&root, None);
    let mut visitor = Visitor::logged_in(&server);
    for page in 1..=4 {
        let answer = picture(&mut visitor, code, page);
        assert_eq!((answer.status, answer.header("x-hoso-seal")), (409, Some("broken")), "{page}");
        assert!(answer.body.is_empty());
        let proof: Value = serde_json::from_str(answer.header("x-hoso-proof").unwrap()).unwrap();
        assert_eq!(proof["found"], proof["sealed"], "the picture itself is untouched");
        assert!(proof["detail"].as_str().unwrap().contains("bút lục"), "{proof}");
        let html = visitor.get(&format!("/ho-so/{code}/trang/{page}")).text();
        assert!(!html.contains("class=\"body\"") && !html.contains("✓ Khớp niêm phong."), "{html}");
        let pdf = visitor.get(&format!("/ho-so/{code}/van-ban/{page}.pdf"));
        assert_eq!(pdf.status, 409);
        assert!(pdf.text().contains("Sai lệch niêm phong: không hiển thị tệp này"));
    }
    assert_eq!(picture(&mut visitor, other, 2).header("x-hoso-seal"), Some("good"));
    let reading = room(&root);
    let answer = reading.search(&all(), PHRASE, 20, 0).unwrap();
    assert_eq!(answer.damaged.len(), 1, "{:?}", answer.damaged);
    assert_eq!((answer.damaged[0].name.as_str(), answer.damaged[0].code()), (code, "not-sealed"));
    let case = reading.open_at(&all(), &CaseCode::new(code).unwrap(), PageNo::new(2).unwrap()).unwrap();
    let why = case.check_record().unwrap_err();
    assert!(pipeline::why_not_shown(&why, Lang::En).contains("the register of pages was changed"), "{why}");
}

/// Who may read a case file reads nothing else under its name, not even to see what is wrong with it.
#[test]
fn what_is_no_volume_of_the_case_file_is_never_opened() {
    let (code, other) = two_cases();
    type Lie = fn(&Path, &mut Value);
    let lies: [(&str, Option<&[&str]>, Lie); 3] = [
        ("the volume of another case file", None, |root, json| {
            json["volumes"][1] = register(root, two_cases().1, None, "v1").1["volumes"][1].clone();
        }),
        ("another volume", None, |_, json| json["volumes"][1] = json["volumes"][2].clone()),
        ("another unit", Some(&["Đơn vị khác"]), |_, json| {
            json["header"]["unit"] = "Đơn vị khác".into()
        }),
    ];
    for (name, units, lie) in lies {
        let folder = tempfile::tempdir().unwrap();
        let root = copy_of(volumes(), folder.path());
        forge(&root, |json| lie(&root, json));
        let server = server_of(&root, units);
        let mut visitor = Visitor::logged_in(&server);
        for query in ["", "?sai-lech=1"] {
            let answer = visitor.get(&format!("/ho-so/{code}/trang/2/anh{query}"));
            assert_eq!((answer.status, answer.header("x-hoso-seal")), (409, None), "{name}");
            assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"), "{name}");
            assert!(answer.text().contains("Sai lệch niêm phong: không hiển thị tệp này"), "{name}");
        }
        for path in ["trang/2", "van-ban/2.pdf", "phien-toa/2"] {
            let answer = visitor.get(&format!("/ho-so/{code}/{path}"));
            assert_eq!(answer.status, 409, "{name}: {path}");
            let html = answer.text();
            assert!(html.contains("không còn trong kho đúng như hồ sơ đã niêm phong"), "{html}");
            assert!(html.contains("/tap-0"), "{html}");
        }
        let is_other = |hit: &pipeline::SearchHit| hit.hit.case.as_str() == other;
        let answer = room(&root).search(&all(), PHRASE, 20, 0).unwrap();
        assert!(answer.hits.iter().all(|hit| hit.is_withheld != is_other(hit)), "{name}");

        // Nor does its text come into the index under that name.
        let damaged = pipeline::rebuild(&root, equipment(), |_, _, _| {}).unwrap();
        assert_eq!(damaged.iter().map(|one| one.code()).collect::<Vec<_>>(), ["missing"], "{name}");
        let answer = room(&root).search(&all(), PHRASE, 20, 0).unwrap();
        assert!(!answer.hits.is_empty() && answer.hits.iter().all(is_other), "{name}");
    }
}
