//! A damaged case file: the others are found, it is named, the exit code says so.

use crate::support::{Desk, files_below};
use std::fs;
use std::path::PathBuf;

fn desk() -> Desk {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "bị can khai nhận hành vi");
    desk.page("HS-2/trang 1.png", "cáo trạng truy tố bị can");
    desk.run_batch().expect(0);
    desk
}

/// A file of a stored case file.
fn stored(desk: &Desk, code: &str, ending: &str) -> PathBuf {
    let files = files_below(&desk.archive.join("ocfl"));
    let named = format!("\"{code}\"");
    let register = files.iter().find(|file| {
        file.ends_with("metadata/other/case.json") && fs::read_to_string(file).unwrap().contains(&named)
    });
    let content = register.unwrap().ancestors().nth(3).unwrap().to_owned();
    files.into_iter().find(|f| f.starts_with(&content) && f.to_string_lossy().ends_with(ending)).unwrap()
}

/// One letter of the page's text is another, in the same place.
fn change_text(desk: &Desk) {
    let alto = stored(desk, "HS-1", "ocr/0001/0001.xml");
    let text = fs::read_to_string(&alto).unwrap();
    fs::remove_file(&alto).unwrap();
    fs::write(&alto, text.replacen("CONTENT=\"", "CONTENT=\"X", 1)).unwrap();
}

#[test]
fn a_changed_text_is_named_and_the_rest_is_found() {
    let desk = desk();
    desk.hoso(&["search", "bi can", "--json"]).expect(0);
    change_text(&desk);
    let said = desk.hoso(&["search", "bi can", "--json"]).expect(7);
    let hits = said.of_type("hit");
    assert_eq!(hits.len(), 2, "{}", said.all());
    for hit in hits {
        let is_changed = hit["case"] == "HS-1";
        assert_eq!((&hit["withheld"], hit["snippet"].is_null()), (&is_changed.into(), is_changed), "{hit}");
    }
    let damaged = said.of_type("damaged");
    assert_eq!(damaged.len(), 1, "{}", said.all());
    assert_eq!((&damaged[0]["case"], &damaged[0]["code"]), (&"HS-1".into(), &"not-sealed".into()));
    assert!(damaged[0]["reason"].as_str().unwrap().contains(".xml"), "{}", damaged[0]);
    assert_eq!(said.of_type("answer")[0]["total"], 2);

    let vi = desk.hoso(&["search", "bi can", "--lang", "vi"]).expect(7);
    assert!(vi.out.contains("HS-2") && vi.out.contains("không trích văn bản"), "{}", vi.all());
    assert!(vi.err.contains("✗ HS-1: ") && vi.err.contains("không còn như khi niêm phong"), "{}", vi.all());
    assert!(vi.err.contains("gợi ý: ") && vi.err.contains("hoso verify"), "{}", vi.all());
    let en = desk.hoso(&["search", "bi can", "--lang", "en"]).expect(7);
    assert!(en.err.contains("not as it was when sealed"), "{}", en.all());
    // A search that does not meet it is whole.
    desk.hoso(&["search", "cao trang"]).expect(0);
}

#[test]
fn a_missing_case_file_is_named_in_search_and_list() {
    let desk = desk();
    let object = stored(&desk, "HS-1", "case.json").ancestors().nth(5).unwrap().to_owned();
    assert!(object.join("inventory.json").is_file());
    fs::remove_dir_all(&object).unwrap();
    for command in [["search", "bi can", "--json"].as_slice(), &["case", "show", "--json"]] {
        let said = desk.hoso(command).expect(7);
        let damaged = said.of_type("damaged");
        assert_eq!(damaged.len(), 1, "{}", said.all());
        assert_eq!((&damaged[0]["name"], &damaged[0]["code"]), (&"HS-1".into(), &"missing".into()));
        assert!(said.out.contains("HS-2"), "{}", said.all());
    }
}

#[test]
fn a_register_that_is_not_the_sealed_one_is_not_shown() {
    let desk = desk();
    let register = stored(&desk, "HS-1", "case.json");
    let text = fs::read_to_string(&register).unwrap();
    fs::remove_file(&register).unwrap();
    fs::write(&register, text.replacen("trang 1", "trang 2", 1)).unwrap();
    desk.hoso(&["case", "show", "HS-1"]).expect(7);
    desk.hoso(&["case", "show", "HS-2"]).expect(0);
    desk.hoso(&["case", "show"]).expect(7);
}
