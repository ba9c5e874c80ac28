//! Text, snippets and PDFs are what was sealed, or are not shown; what is damaged is named and hides nothing else.

use crate::archive::{
    copy, files, flip, jpeg_page, made, make_writable, object_of_case, replace_and_mend_the_store, room,
    sha256,
};
use crate::client::{Answer, Visitor, server, server_of};
use record::{Clearance, Lang, Secrecy};
use std::path::{Path, PathBuf};

const PHRASE: &str = "\"cong hoa xa hoi\"";

/// The two case files: one to be damaged, one that stays whole.
fn two_cases() -> (&'static str, &'static str) {
    let cases = &made().truth.set.cases;
    (&cases[0], &cases[1])
}

/// The files of a case file whose path ends so.
fn files_of(root: &Path, code: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = files(&object_of_case(root, code));
    found.retain(|path| path.to_string_lossy().ends_with(ending));
    found.sort();
    assert!(!found.is_empty(), "{ending}");
    found
}

/// Puts a word in the place of another in a page's text, as a forger would: the store is content with it.
fn forge_text(root: &Path, code: &str) {
    let alto = files_of(root, code, "ocr/0001/0001.xml").into_iter().next().unwrap();
    let text = std::fs::read_to_string(&alto).unwrap();
    let forged = text.replacen("CONTENT=\"", "CONTENT=\"GIẢMẠO", 1);
    assert_ne!(text, forged);
    replace_and_mend_the_store(&alto, forged.as_bytes());
}

fn all() -> Clearance {
    Clearance::whole_archive(Secrecy::Thuong)
}

#[test]
fn a_text_that_is_not_the_sealed_one_is_withheld_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let root = copy(folder.path());
    let (code, whole) = two_cases();
    let server = server_of(&root, None);
    let mut visitor = Visitor::logged_in(&server);
    let before = visitor.get(&format!("/ho-so/{code}/trang/1")).text();
    assert!(before.contains("✓ Khớp niêm phong.") && before.contains("class=\"body\""), "{before}");

    forge_text(&root, code);
    let page = visitor.get(&format!("/ho-so/{code}/trang/1"));
    assert_eq!(page.status, 200, "the picture is shown beside it");
    let html = page.text();
    assert!(html.contains("Văn bản khác bản đã niêm phong nên không hiển thị."), "{html}");
    assert!(html.contains("tệp không còn như khi niêm phong") && html.contains("0001/0001.xml"), "{html}");
    assert!(!html.contains("class=\"body\"") && !html.contains("✓ Khớp niêm phong."), "{html}");
    assert!(!html.contains("GIẢMẠO"));
    let other = visitor.get(&format!("/ho-so/{code}/trang/2")).text();
    assert!(other.contains("✓ Khớp niêm phong."), "the other pages are as they were");
    visitor.cookies.insert("hoso-lang".into(), "en".into());
    let english = visitor.get(&format!("/ho-so/{code}/trang/1")).text();
    assert!(english.contains("The text is not what was sealed; it is not shown."), "{english}");

    visitor.cookies.remove("hoso-lang");
    let found = visitor.search(PHRASE).text();
    assert!(found.contains("Không trích văn bản") && found.contains("role=\"alert\""), "{found}");
    assert!(
        found.contains(&format!("/ho-so/{whole}/trang/")) && found.contains("class=\"snippet\""),
        "{found}"
    );
    assert!(!found.contains("GIẢMẠO"));
}

#[test]
fn a_broken_seal_takes_the_words_of_that_case_file_only() {
    for name in ["seal/manifest.p7s", "seal/manifest-sha256.txt"] {
        let folder = tempfile::tempdir().unwrap();
        let root = copy(folder.path());
        let (code, whole) = two_cases();
        // Judged good before: the verdict is about these bytes, not about the case file.
        let reading = room(&root);
        assert!(reading.search(&all(), PHRASE, 20, 0).unwrap().damaged.is_empty());
        flip(&files_of(&root, code, name)[0]);
        let answer = reading.search(&all(), PHRASE, 20, 0).unwrap();
        assert_eq!(answer.damaged.len(), 1, "{:?}", answer.damaged);
        assert_eq!((answer.damaged[0].name.as_str(), answer.damaged[0].code()), (code, "not-sealed"));
        for hit in &answer.hits {
            let is_whole = hit.hit.case.as_str() == whole;
            assert_eq!((hit.is_withheld, hit.snippet.is_some()), (!is_whole, is_whole), "{hit:?}");
            assert!(is_whole || hit.title.is_empty(), "the register is not proven either");
        }
        let html = Visitor::logged_in(&server_of(&root, None)).get(&format!("/ho-so/{code}")).text();
        assert!(html.contains("SAI LỆCH NIÊM PHONG"), "{html}");
    }
}

#[test]
fn a_changed_pdf_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let root = copy(folder.path());
    let (code, _) = two_cases();
    let pdf = files_of(&root, code, ".001.pdf").into_iter().next().unwrap();
    let server = server_of(&root, None);
    let mut visitor = Visitor::logged_in(&server);
    let path = format!("/ho-so/{code}/van-ban/1.pdf");
    assert_eq!(visitor.get(&path).status, 200);
    let mut bytes = std::fs::read(&pdf).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    replace_and_mend_the_store(&pdf, &bytes);
    for headers in [&[][..], &[("range", "bytes=0-9")][..]] {
        let answer = visitor.ask("GET", &path, headers, "");
        assert_eq!((answer.status, answer.header("content-type")), (409, Some("text/html; charset=utf-8")));
        let html = answer.text();
        assert!(html.contains("Sai lệch niêm phong: không hiển thị tệp này"), "{html}");
        assert!(html.contains("tệp không còn như khi niêm phong") && html.contains(".001.pdf"), "{html}");
    }
}

#[test]
fn a_pdf_is_sent_whole_and_in_the_parts_asked_for() {
    let server = server();
    let mut visitor = Visitor::logged_in(&server);
    let (code, ..) = jpeg_page();
    let stored = files_of(&made().root, &code, ".001.pdf").into_iter().next().unwrap();
    let bytes = std::fs::read(stored).unwrap();
    let path = format!("/ho-so/{code}/van-ban/1.pdf");
    let whole = visitor.get(&path);
    assert_eq!((whole.status, whole.header("accept-ranges")), (200, Some("bytes")));
    assert!(whole.body == bytes);
    assert_eq!(whole.header("content-length"), Some(bytes.len().to_string().as_str()));
    let etag = format!("\"{}\"", sha256(&bytes));
    assert_eq!((whole.header("etag"), whole.header("x-hoso-seal")), (Some(etag.as_str()), Some("good")));
    let mut part = |range: &str, etag: &str| -> Answer {
        visitor.ask("GET", &path, &[("range", range), ("if-range", etag)], "")
    };
    let last = bytes.len() - 1;
    for (range, want) in
        [("bytes=0-0", 0..1), ("bytes=-100", bytes.len() - 100..bytes.len()), ("bytes=7-", 7..bytes.len())]
    {
        let answer = part(range, &etag);
        assert_eq!(answer.status, 206, "{range}");
        assert!(answer.body == bytes[want.clone()], "{range}");
        let said = format!("bytes {}-{}/{}", want.start, want.end - 1, bytes.len());
        assert_eq!(answer.header("content-range"), Some(said.as_str()));
    }
    let beyond = part(&format!("bytes={}-", last + 1), &etag);
    assert_eq!((beyond.status, beyond.body.len()), (416, 0));
    assert_eq!(beyond.header("content-range"), Some(format!("bytes */{}", bytes.len()).as_str()));
    assert_eq!(part("bytes=0-0", "\"another\"").status, 200);
}

/// What can happen to one object on disk, and what is then said of it.
#[test]
fn one_damaged_object_is_named_and_hides_no_other() {
    type Harm = fn(&Path, &str);
    let harms: [(&str, Harm); 4] = [
        ("missing", |root, code| std::fs::remove_dir_all(object_of_case(root, code)).unwrap()),
        // That of the object and that of its version: one would vouch for the other.
        ("damaged", |root, code| files_of(root, code, "/inventory.json").iter().for_each(|file| flip(file))),
        ("damaged", |root, code| flip(&files_of(root, code, "case.json")[0])),
        ("missing", |root, code| {
            std::fs::remove_file(&files_of(root, code, "case.json")[0]).unwrap();
        }),
    ];
    let (code, whole) = two_cases();
    for (kind, harm) in harms {
        let folder = tempfile::tempdir().unwrap();
        let root = copy(folder.path());
        for file in files(&object_of_case(&root, code)) {
            make_writable(&file);
        }
        harm(&root, code);
        let server = server_of(&root, None);
        let mut visitor = Visitor::logged_in(&server);
        let list = visitor.get("/ho-so");
        let html = list.text();
        assert_eq!(list.status, 200, "{kind}");
        assert!(html.contains(&format!("<a href=\"/ho-so/{whole}\">{whole}</a>")), "{html}");
        let alert = html.split("role=\"alert\"").nth(1).expect("the damage is named");
        assert!(alert.contains(code), "{html}");
        let found = visitor.search(PHRASE);
        assert_eq!(found.status, 200, "{kind}");
        let html = found.text();
        assert!(html.contains("class=\"snippet\"") && html.contains(&format!("/ho-so/{whole}/")), "{html}");
        assert!(html.split("role=\"alert\"").nth(1).expect("named").contains(code), "{html}");

        let reading = room(&root);
        let answer = reading.search(&all(), PHRASE, 20, 0).unwrap();
        assert_eq!(answer.damaged.len(), 1, "once, not for each page: {:?}", answer.damaged);
        assert_eq!((answer.damaged[0].name.as_str(), answer.damaged[0].code()), (code, kind));
        assert_ne!(answer.damaged[0].why(Lang::Vi), answer.damaged[0].why(Lang::En));
        let sheet = reading.cases(&all(), 50, 0).unwrap();
        assert_eq!((sheet.total, sheet.cases.len(), sheet.damaged.len()), (2, 1, 1), "{kind}");
        // Who may not see the case file does not hear of it.
        let others = Clearance::for_units(Secrecy::Thuong, vec!["Đơn vị khác".into()]);
        let sheet = reading.cases(&others, 50, 0).unwrap();
        assert_eq!((sheet.total, sheet.cases.len(), sheet.damaged.len()), (0, 0, 0), "{kind}");
    }
}

#[test]
fn the_list_is_given_in_parts_and_knows_what_remains() {
    let reading = room(&made().root);
    let (first, second) = two_cases();
    let mut codes = [first, second];
    codes.sort_unstable();
    for (offset, code) in codes.iter().enumerate() {
        let sheet = reading.cases(&all(), 1, offset).unwrap();
        assert_eq!((sheet.total, sheet.cases.len()), (2, 1));
        assert_eq!(sheet.cases[0].case.header.code.as_str(), *code);
    }
    assert_eq!(reading.cases(&all(), 1, 2).unwrap().cases.len(), 0);
    let one_unit = Clearance::for_units(Secrecy::Thuong, vec![made().truth.cases[0].0.unit.clone()]);
    assert_eq!(reading.cases(&one_unit, 50, 0).unwrap().total, 1);
}

/// The index can be lost or late: the archive is the truth.
#[test]
fn a_case_file_that_the_index_does_not_have_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let root = copy(folder.path());
    let empty = folder.path().join("empty");
    index_without_pages(&empty);
    std::fs::remove_dir_all(root.join("index")).unwrap();
    std::fs::rename(&empty, root.join("index")).unwrap();
    let sheet = room(&root).cases(&all(), 50, 0).unwrap();
    assert_eq!((sheet.total, sheet.cases.len(), sheet.damaged.len()), (2, 2, 0));
}

/// A new archive has an index without pages.
fn index_without_pages(to: &Path) {
    let root = tempfile::tempdir().unwrap();
    let archive = root.path().join("kho");
    let new = pipeline::NewArchive {
        fonds: "THU".into(),
        agency: "Thử".into(),
        station: "may-thu".into(),
        on_network_disk: false,
    };
    pipeline::init_archive(&archive, &new, &crate::archive::SystemClock).unwrap();
    std::fs::rename(archive.join("index"), to).unwrap();
}
