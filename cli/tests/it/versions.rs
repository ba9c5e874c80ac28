//! A correction is a new version; the one before stays as it was, and can be read, compared and checked.

use crate::support::{Desk, Said, files_below, hoso, hoso_command, run, sha256_of, tool, tree};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

const WHY: [&str; 4] = ["--correct", "quét lại trang mờ", "--by", "Trần Thị B, lưu trữ viên"];

impl Desk {
    fn correct(&self, more: &[&str]) -> Said {
        run(self.batch_command().args(WHY).args(more))
    }
}

/// A case file of two documents; page 2 of the first one is scanned anew, page 3 is added, its register and a bút lục change.
fn corrected() -> (Desk, Said) {
    let desk = Desk::new();
    desk.page("HS-1/a/1.png", "trang một");
    desk.page("HS-1/a/2.png", "trang hai cũ");
    desk.page("HS-1/b/1.png", "cáo trạng truy tố bị can");
    fs::write(desk.batch.join("batch.csv"), "code,title,year\nHS-1,Vụ án mẫu,2019\n").unwrap();
    desk.run_batch().expect(0);
    desk.page("HS-1/a/2.png", "trang hai quét lại");
    desk.page("HS-1/a/3.png", "trang ba bổ sung");
    fs::write(desk.batch.join("batch.csv"), "code,title,year\nHS-1,Vụ án đã sửa,2019\n").unwrap();
    fs::write(desk.batch.join("HS-1/butluc.csv"), "file,page,folio\nb/1.png,1,45\n").unwrap();
    // Without a decision the stored version stands.
    let said = desk.run_batch().expect(3);
    assert!(said.findings_on("HS-1").contains("changed-since-stored"), "{}", said.all());
    assert_eq!(said.of_type("stored").len(), 0);
    // The old picture of page 2 would go: that takes a word more.
    let said = desk.correct(&[]).expect(3);
    let found = said.of_type("finding");
    let lost = found.iter().find(|f| f["code"] == "correction-would-remove").expect("it says so");
    assert_eq!((&lost["detail"], said.of_type("stored").len()), (&json!("a/2.png"), 0), "{}", said.all());
    let said = desk.correct(&["--may-remove"]).expect(0);
    (desk, said)
}

#[test]
fn a_correction_is_a_new_version_and_the_old_one_stays() {
    let (desk, said) = corrected();
    assert_eq!(said.of_type("stored")[0]["version"], 2, "{}", said.all());
    assert!(said.findings_on("HS-1").contains("corrected"), "{}", said.all());
    desk.assert_valid_ocfl();

    // Both versions verify, by our program and by others.
    hoso(["verify".as_ref(), desk.archive.as_os_str()]).expect(0);
    for (version, pages, title) in [(1, 3, "Vụ án mẫu"), (2, 4, "Vụ án đã sửa")] {
        let number = version.to_string();
        let to = desk.path(&format!("bản {version}"));
        let mut export = hoso_command();
        export.args(["case", "export", "HS-1", "--version", &number, "--archive"]).arg(&desk.archive);
        run(export.arg("-o").arg(&to)).expect(0);
        let check =
            format!("cd '{}' && sha256sum -c --strict --quiet seal/manifest-sha256.txt", to.display());
        tool("sh", ["-c", &check]);
        let case: serde_json::Value =
            serde_json::from_slice(&fs::read(to.join("metadata/other/case.json")).unwrap()).unwrap();
        assert_eq!((&case["pages"], &case["header"]["title"]), (&json!(pages), &json!(title)));
        let shown = desk.hoso(&["case", "show", "HS-1", "--version", &number, "--json"]).expect(0);
        assert_eq!(shown.of_type("case")[0]["pages"], pages, "{}", shown.all());
        assert_eq!(shown.of_type("version").len(), 2, "{}", shown.all());
    }
    // The new version says why it is there and which one it replaces.
    let case: serde_json::Value =
        serde_json::from_slice(&fs::read(desk.path("bản 2").join("metadata/other/case.json")).unwrap())
            .unwrap();
    let manifest = sha256_of(&[desk.path("bản 1").join("seal/manifest-sha256.txt")]).remove(0);
    let note = json!({
        "by": WHY[3], "reason": WHY[1], "replaces_manifest_sha256": manifest, "replaces_version": 1,
    });
    assert_eq!(case["correction"], note);
    // The document of which nothing changed but a bút lục of its page gets a new PDF, for that shows the bút lục.
    let pdfs = |version: &str| -> Vec<String> {
        let files = tree(&desk.path(version).join("representations/rep1/data"));
        files.into_iter().map(|(_, digest)| digest).collect()
    };
    let (before, after) = (pdfs("bản 1"), pdfs("bản 2"));
    assert!(before.iter().all(|pdf| !after.contains(pdf)), "{before:?} {after:?}");

    // What is found is the new version alone.
    let hits = |query: &str| desk.hoso(&["search", query, "--json"]).expect(0).of_type("hit").len();
    assert_eq!([hits("\"hai cũ\""), hits("\"quét lại\""), hits("\"bổ sung\""), hits("bl:45")], [0, 1, 1, 1]);
    // Index and ledger are made anew from the archive, and know the same.
    fs::remove_dir_all(desk.archive.join("index")).unwrap();
    fs::remove_file(desk.archive.join("ledger.sqlite")).unwrap();
    desk.hoso(&["index", "rebuild"]).expect(0);
    assert_eq!([hits("\"hai cũ\""), hits("\"quét lại\""), hits("bl:45")], [0, 1, 1]);
    // The same folder again is what is stored.
    assert_eq!(desk.run_batch().expect(0).of_type("present").len(), 1);
    desk.hoso(&["case", "show", "HS-1", "--version", "3"]).expect(1);
}

#[test]
fn what_differs_between_versions_is_told() {
    let (desk, _) = corrected();
    let said = desk.hoso(&["case", "diff", "HS-1", "1", "2", "--json"]).expect(0);
    let register = said.of_type("register-change");
    assert_eq!(register.len(), 1, "{}", said.all());
    assert_eq!(
        [&register[0]["name"], &register[0]["before"], &register[0]["after"]],
        ["title", "Vụ án mẫu", "Vụ án đã sửa"]
    );
    let pages = said.of_type("page-change");
    let brief = |page: &serde_json::Value| {
        let name = page["received_as"].as_str().unwrap().to_owned();
        (page["state"].as_str().unwrap().to_owned(), name, page["page"].as_u64().unwrap())
    };
    let expected = [
        ("added", "HS-1/a/2.png", 2),
        ("added", "HS-1/a/3.png", 3),
        ("changed", "HS-1/b/1.png", 4),
        ("removed", "HS-1/a/2.png", 2),
    ];
    let expected = expected.map(|(state, name, page)| (state.to_owned(), name.to_owned(), page));
    assert_eq!(pages.iter().map(brief).collect::<Vec<_>>(), expected, "{}", said.all());
    // That it is page 4 now and was page 3 is the added page's doing.
    let fields = json!([{"name": "folio", "before": "", "after": "45"}]);
    assert_eq!((&pages[2]["fields"], &pages[2]["words"]), (&fields, &json!([])));
    assert_eq!(said.of_type("diff")[0]["same_pages"], 1);

    let vi = desk.hoso(&["case", "diff", "HS-1", "1", "--lang", "vi"]).expect(0);
    assert!(vi.out.contains("tiêu đề: Vụ án mẫu → Vụ án đã sửa"), "{}", vi.all());
    assert!(vi.out.contains("+ trang 3, văn bản 1: thêm (HS-1/a/3.png)"), "{}", vi.all());
    assert!(vi.out.contains("bút lục: – → 45"), "{}", vi.all());
    assert!(vi.err.contains("bản 1 → bản 2: 4 trang khác, 1 trang giữ nguyên"), "{}", vi.all());
    let same = desk.hoso(&["case", "diff", "HS-1", "2", "2", "--json"]).expect(0);
    assert_eq!(same.of_type("diff")[0]["same"], true);
}

#[test]
fn a_document_of_which_nothing_changed_keeps_its_pdf() {
    let desk = Desk::new();
    desk.page("HS-1/a/1.png", "trang một");
    desk.page("HS-1/b/1.png", "cáo trạng truy tố bị can");
    desk.run_batch().expect(0);
    desk.page("HS-1/b/2.png", "trang hai bổ sung");
    let said = desk.correct(&[]).expect(0);
    assert_eq!(said.of_type("stored")[0]["version"], 2, "{}", said.all());
    let new: Vec<String> = files_below(&desk.archive.join("ocfl"))
        .iter()
        .map(|file| file.display().to_string())
        .filter(|file| file.contains("/v2/content/") && file.ends_with(".pdf"))
        .collect();
    assert!(new.len() == 1 && new[0].ends_with(".002.pdf"), "{new:?}");
}

#[test]
fn a_changed_byte_of_an_old_version_is_found() {
    let (desk, _) = corrected();
    let old = files_below(&desk.archive.join("ocfl")).into_iter();
    let old = old.filter(|file| file.to_string_lossy().contains("/v1/content/representations/rep2/data/"));
    // The second page is in no later version.
    let picture = old.max().unwrap();
    let twin = files_below(&desk.archive.join("ocfl")).into_iter();
    let twin =
        twin.filter(|f| f.to_string_lossy().contains("/v1/content/representations/rep2/data/0001/0002"));
    for file in twin.chain([picture]) {
        let good = fs::read(&file).unwrap();
        let mut bytes = good.clone();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&file, bytes).unwrap();
        let said =
            hoso(["verify".as_ref(), desk.archive.as_os_str(), "--lang".as_ref(), "vi".as_ref()]).expect(7);
        assert!(said.out.contains("bản 1: representations/rep2/data/"), "{}", said.all());
        fs::write(&file, good).unwrap();
    }
    hoso(["verify".as_ref(), desk.archive.as_os_str()]).expect(0);
}

#[test]
fn a_correction_without_reason_or_name_is_refused() {
    let desk = Desk::new();
    desk.page("HS-1/1.png", "trang một");
    run(desk.batch_command().args(["--correct", "lý do"])).expect(2);
    let said = run(desk.batch_command().args(["--correct", " ", "--by", "B", "--lang", "vi"])).expect(2);
    assert!(said.all().contains("phải có lý do"), "{}", said.all());
    for words in ["hai\ndòng", "\u{1b}[2J", &"x".repeat(501)] {
        run(desk.batch_command().args(["--correct", "lý do", "--by", words])).expect(2);
    }
}

#[test]
fn the_report_of_the_first_batch_speaks_of_its_own_version() {
    let desk = Desk::new();
    desk.page("HS-1/1.png", "trang một");
    desk.page("HS-1/2.png", "trang hai");
    let first = desk.run_batch().expect(0).of_type("report")[0]["batch"].as_str().unwrap().to_owned();
    fs::remove_file(desk.batch.join("HS-1/2.png")).unwrap();
    let said = desk.correct(&["--may-remove"]).expect(0);
    assert_eq!(said.of_type("stored")[0]["version"], 2, "{}", said.all());
    let said = desk.hoso(&["batch", "report", &first, "--json"]).expect(0);
    assert_eq!(said.of_type("report")[0]["complete"], true, "{}", said.all());
    assert_eq!(said.of_type("case-report")[0]["stored"], 2);
}

#[test]
fn a_resumed_batch_remembers_that_it_corrects() {
    let desk = Desk::new();
    desk.page("HS-1/1.png", "trang một");
    desk.run_batch().expect(0);
    desk.page("HS-1/2.png", "trang hai");
    symlink("nowhere", desk.batch.join("HS-1/3.png")).unwrap();
    let said = desk.correct(&[]).expect(3);
    assert_eq!((said.of_type("waiting").len(), said.of_type("stored").len()), (1, 0), "{}", said.all());
    fs::remove_file(desk.batch.join("HS-1/3.png")).unwrap();
    let said = desk.resume(&[]).expect(0);
    assert_eq!(said.of_type("stored")[0]["version"], 2, "{}", said.all());
    let shown = desk.hoso(&["case", "show", "HS-1", "--json"]).expect(0);
    assert_eq!(shown.of_type("version")[1]["by"], WHY[3], "{}", shown.all());
}

/// The folder of the only object.
fn object(desk: &Desk) -> PathBuf {
    let files = files_below(&desk.archive.join("ocfl"));
    files.iter().find(|file| file.ends_with("0=ocfl_object_1.1")).unwrap().parent().unwrap().to_owned()
}

#[test]
fn what_is_gone_is_not_covered_up() {
    let (desk, _) = corrected();
    let object = object(&desk);
    // The latest version is lost: the folder that made it does not put another in its place.
    let kept = desk.path("kept");
    fs::rename(object.join("v2"), &kept).unwrap();
    let pair = ["inventory.json", "inventory.json.sha512"];
    let newer = pair.map(|name| fs::read(object.join(name)).unwrap());
    for name in pair {
        fs::copy(object.join("v1").join(name), object.join(name)).unwrap();
    }
    for said in [desk.run_batch(), desk.correct(&["--may-remove"])] {
        let said = said.expect(3);
        assert!(said.findings_on("HS-1").contains("case-failed"), "{}", said.all());
        assert_eq!(said.of_type("stored").len(), 0, "{}", said.all());
    }
    // Caches made anew do not forget it either.
    desk.hoso(&["index", "rebuild"]).expect(0);
    hoso(["verify".as_ref(), desk.archive.as_os_str()]).expect(7);
    let listed = desk.hoso(&["case", "list", "--json"]).expect(0);
    assert_eq!(listed.of_type("case")[0]["version"], 2, "{}", listed.all());
    let vi = run(hoso_command()
        .args(["batch", "run", "--lang", "vi", "--secrecy", "thuong", "--archive"])
        .arg(&desk.archive)
        .arg(&desk.batch));
    assert!(vi.all().contains("HS-1"), "{}", vi.all());
    // Found again, all is as before.
    fs::rename(&kept, object.join("v2")).unwrap();
    for (name, bytes) in pair.iter().zip(&newer) {
        fs::write(object.join(name), bytes).unwrap();
    }
    desk.hoso(&["index", "rebuild"]).expect(0);
    assert_eq!(desk.run_batch().expect(0).of_type("present").len(), 1);
    // All of it is lost: likewise, whatever is delivered.
    let shelf = object.ancestors().nth(3).unwrap();
    fs::rename(shelf, desk.path("shelf")).unwrap();
    desk.page("HS-1/a/9.png", "trang chín");
    for said in [desk.run_batch(), desk.correct(&["--may-remove"])] {
        let said = said.expect(3);
        assert!(said.findings_on("HS-1").contains("case-failed"), "{}", said.all());
        assert_eq!(said.of_type("stored").len(), 0, "{}", said.all());
    }
    fs::rename(desk.path("shelf"), shelf).unwrap();
    desk.hoso(&["case", "show", "HS-1"]).expect(0);
}

#[test]
fn the_package_of_a_correction_says_so() {
    let (desk, _) = corrected();
    let read = |version: u32, path: &str| {
        let content = object(&desk).join(format!("v{version}/content")).join(path);
        fs::read_to_string(content).unwrap()
    };
    let premis = |version| read(version, "metadata/preservation/PREMIS.xml");
    assert!(!premis(1).contains("modification") && premis(2).contains("modification"));
    assert!(premis(2).contains(WHY[1]) && premis(2).contains(WHY[3]));
    assert!(read(1, "METS.xml").contains("RECORDSTATUS=\"NEW\""));
    assert!(read(2, "METS.xml").contains("RECORDSTATUS=\"REVISED\""));
    // No event of the one has the identifier of an event of the other.
    let events = |version| -> Vec<String> {
        let text = premis(version);
        let parts = text.split("<event xmlID=\"").skip(1);
        parts.map(|part| part.split('"').next().unwrap().to_owned()).collect()
    };
    assert!(events(1).len() >= 7 && events(1).iter().all(|event| !events(2).contains(event)));
}

#[test]
fn a_latest_version_that_is_gone_is_missed_and_comes_back_from_a_replica() {
    let (desk, _) = corrected();
    let replica = desk.archive.with_file_name("bản sao");
    let replicate = ["archive".as_ref(), "replicate".as_ref(), replica.as_os_str()];
    let at = ["--archive".as_ref(), desk.archive.as_os_str(), "--lang".as_ref(), "vi".as_ref()];
    let said = hoso(replicate.into_iter().chain(at)).expect(0);
    assert!(said.all().contains("hoso archive check --archive"), "{}", said.all());
    let said = hoso(replicate.into_iter().chain(at)).expect(0);
    assert!(said.all().contains("1 đã có cùng các bản"), "{}", said.all());
    let declared = files_below(&desk.archive.join("ocfl"));
    let declared = declared.iter().find(|file| file.ends_with("0=ocfl_object_1.1")).unwrap();
    let object = declared.parent().unwrap();
    fs::remove_dir_all(object.join("v2")).unwrap();
    for file in ["inventory.json", "inventory.json.sha512"] {
        fs::copy(object.join("v1").join(file), object.join(file)).unwrap();
    }
    let said =
        hoso(["verify".as_ref(), desk.archive.as_os_str(), "--lang".as_ref(), "vi".as_ref()]).expect(7);
    assert!(said.out.contains("HS-1: bản v2 đã lưu, nay kho chỉ còn đến v1"), "{}", said.all());
    let summary = desk.hoso(&["archive", "check", "--json"]).expect(7).of_type("fixity-report").remove(0);
    assert_eq!(summary["versions_gone"], json!([{"case": "HS-1", "noted": 2, "head": 1}]));
    let repair = ["archive".as_ref(), "repair".as_ref(), "--from".as_ref(), replica.as_os_str()];
    let said = hoso(repair.into_iter().chain(at)).expect(0);
    assert!(said.all().contains("hoso index rebuild"), "{}", said.all());
    hoso(["verify".as_ref(), desk.archive.as_os_str()]).expect(0);
}
