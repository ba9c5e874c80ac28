//! The two real scans through the main job. What is expected here was read by eye from the pictures.

use crate::provided::{from_dev, sample};
use crate::support::{Desk, Said, files_below, run, sha256_of, tool};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A page, from 1, and words that stand on it.
type Phrase = (usize, &'static str);

/// Name of the scan, pages, and phrases that stand on its pages.
const SCANS: [(&str, usize, &[Phrase]); 2] = [
    (
        "chi-thi-16-2021",
        10,
        &[
            (1, "Thực hiện Chỉ thị số 11-CT/TW ngày 08/12/2021 của Ban Bí thư về"),
            (1, "lành mạnh, an toàn, tiết kiệm"),
            (10, "hoạt động sản xuất, kinh doanh và giao dịch của Nhân dân và"),
            (10, "Báo cáo công tác chuẩn bị Tết, gửi trước ngày 26/01/2022"),
        ],
    ),
    (
        "cong-van-574-2025",
        2,
        &[
            (1, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
            (1, "Theo đề nghị của Giám đốc Sở Tài chính tại Công văn số 287"),
            (1, "Nghị quyết về giao dự toán năm 2025 cho Sở Dân tộc"),
        ],
    ),
];

fn scan(name: &str) -> PathBuf {
    sample(&format!("real-vi/{name}.pdf"))
}

/// Words with white space of any kind made one space.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What poppler writes of a page.
fn text_of(pdf: &Path, page: usize) -> String {
    let no = page.to_string();
    flat(&tool(
        "pdftotext",
        [
            "-raw".as_ref(),
            "-f".as_ref(),
            no.as_ref(),
            "-l".as_ref(),
            no.as_ref(),
            pdf.as_os_str(),
            "-".as_ref(),
        ],
    ))
}

/// The words of the visible signature marks that are nowhere else on the page: addresses, times.
fn words_of_marks(master: &Path) -> BTreeSet<String> {
    // The scans are pictures; all that poppler finds in the master are its annotations.
    let text = tool("pdftotext", [master.as_os_str(), "-".as_ref()]);
    let words: BTreeSet<String> = text
        .split_whitespace()
        .filter(|w| w.contains('@') || w.matches(':').count() == 2)
        .map(str::to_owned)
        .collect();
    assert!(words.len() >= 2, "{words:?}");
    words
}

#[test]
fn real_scans_become_sealed_searchable_case_files() {
    let desk = Desk::new();
    for (name, ..) in SCANS {
        fs::create_dir(desk.batch.join(name)).unwrap();
        fs::copy(scan(name), desk.batch.join(name).join("văn bản.pdf")).unwrap();
    }
    let said = desk.run_batch();
    assert!([0, 3].contains(&said.exit), "{}", said.all());
    assert_eq!(said.of_type("report")[0]["complete"], true, "{}", said.all());
    for (name, pages, phrases) in SCANS {
        check(&desk, &said, name, pages, phrases);
    }
    // The empty back page has a ghost of the seal: no words are made of it.
    let outcomes = |name: &str| {
        let pages = said.of_type("page").into_iter().filter(|p| p["case"] == name).collect::<Vec<_>>();
        (1..=pages.len())
            .map(|no| pages.iter().find(|p| p["page"] == no).unwrap()["outcome"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(outcomes("cong-van-574-2025"), ["text", "blank"]);
    assert_eq!(outcomes("chi-thi-16-2021"), ["text"; 10]);

    let search = |query: &str| -> BTreeSet<(String, u64)> {
        let hits = desk.hoso(&["search", "--json", query]).expect(0).of_type("hit");
        hits.iter().map(|h| (h["case"].as_str().unwrap().to_owned(), h["page"].as_u64().unwrap())).collect()
    };
    assert!(search("\"thuong truc HDND tinh\"").contains(&("cong-van-574-2025".into(), 1)));
    assert!(search("\"dam bao thong tin lien lac\"").contains(&("chi-thi-16-2021".into(), 10)));
    desk.assert_valid_ocfl();
}

fn check(desk: &Desk, said: &Said, name: &str, pages: usize, phrases: &[Phrase]) {
    let export = desk.export(name, name);
    let masters = files_below(&export.join("representations/rep2/data"));
    assert_eq!(
        sha256_of(&masters),
        sha256_of(&[scan(name)]),
        "{name}: the master is the scan, byte for byte"
    );
    let signatures = run(Command::new("pdfsig").arg(&masters[0])).out;
    assert_eq!(signatures.matches("Signature is Valid").count(), 2, "{name}: {signatures}");
    assert_eq!(
        said.findings_on(&format!("{name}/văn bản.pdf")).into_iter().collect::<Vec<_>>(),
        ["signature-inconclusive", "signed-master"]
    );

    let marks = words_of_marks(&masters[0]);
    let altos = files_below(&export.join("representations/rep2/metadata/ocr"));
    assert_eq!(altos.len(), pages);
    for (no, alto) in altos.iter().enumerate() {
        let text = fs::read_to_string(alto).unwrap();
        assert!(
            marks.iter().all(|w| !text.contains(w.as_str())),
            "{name}, page {}: a mark in the text",
            no + 1
        );
    }
    let pdfs = files_below(&export.join("representations/rep1/data"));
    assert_eq!(pdfs.len(), 1);
    let pdf = &pdfs[0];
    assert!(
        tool("pdfinfo", [pdf]).lines().any(|l| l.starts_with("Pages:") && l.ends_with(&format!(" {pages}")))
    );
    for page in 1..=pages {
        let text = text_of(pdf, page);
        assert!(marks.iter().all(|w| !text.contains(w.as_str())), "{name}, page {page}: a mark in the text");
    }
    for (page, phrase) in phrases {
        let text = text_of(pdf, *page);
        assert!(text.contains(phrase), "{name}, page {page}: no {phrase:?} in {text}");
    }
    tool("qpdf", ["--check".as_ref(), pdf.as_os_str()]);
    let mut verapdf = Command::new(from_dev("verapdf/verapdf"));
    let verdict = run(verapdf.args(["--format", "text", "--flavour", "2b"]).arg(pdf));
    assert!(verdict.out.starts_with("PASS"), "{name}: {}", verdict.all());
}
