//! `hoso ocr --pdf compact`: small, with the same text, and never silently something else.

use crate::support::{hoso_command, run, tool};
use std::path::Path;

/// A4 at 200 dpi in the grain of a scanner, with words.
fn scan(path: &Path) {
    let mut args =
        vec!["-size", "1654x2339", "xc:rgb(244,238,224)", "-font", "Liberation-Serif", "-pointsize", "44"];
    args.extend(["-annotate", "+200+300", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "-annotate", "+200+400"]);
    args.extend(["Xét thấy có dấu hiệu của tội phạm quy định tại khoản 1", "-annotate", "+200+500"]);
    args.extend(["Bộ luật Hình sự, thiệt hại 15.500.000 đồng"]);
    args.extend(["-seed", "7", "-attenuate", "0.4", "+noise", "Gaussian", "-density", "200"]);
    args.extend(["-units", "PixelsPerInch", "-quality", "92", path.to_str().unwrap()]);
    tool("convert", args);
}

/// At 300 dpi, mostly small blue print below some black: nothing that two layers could show.
fn in_two_inks(path: &Path) {
    let mut args: Vec<String> =
        ["-size", "1240x1754", "xc:white", "-font", "Liberation-Serif"].map(str::to_owned).to_vec();
    let mut lines = |colour: &str, size: &str, count: usize, from: usize, step: usize, text: &str| {
        args.extend(["-fill", colour, "-pointsize", size].map(str::to_owned));
        for line in 0..count {
            args.extend(["-annotate".to_owned(), format!("+60+{}", from + step * line), text.to_owned()]);
        }
    };
    lines("black", "64", 6, 120, 80, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA");
    lines(
        "rgb(70,80,200)",
        "26",
        32,
        600,
        34,
        "Xét thấy có dấu hiệu của tội phạm quy định tại khoản 1 Điều 173 Bộ luật Hình sự, tỉnh Hải Giang",
    );
    args.extend(
        ["-density", "300", "-units", "PixelsPerInch", "-quality", "95", path.to_str().unwrap()]
            .map(str::to_owned),
    );
    tool("convert", args);
}

#[test]
fn a_compact_pdf_is_small_and_says_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    scan(&path("trang.jpg"));
    let mut sizes = Vec::new();
    for kind in ["faithful", "compact"] {
        let out = path(&format!("{kind}.pdf"));
        let mut command = hoso_command();
        command.args(["--json", "ocr", "--format", "pdf", "--pdf", kind]).arg(path("trang.jpg"));
        let said = run(command.arg("--out").arg(&out)).expect(0);
        assert_eq!(said.err.contains(r#""picture":"layers""#), kind == "compact", "{}", said.all());
        sizes.push(std::fs::metadata(&out).unwrap().len());
    }
    assert!(sizes[1] * 4 < sizes[0], "{sizes:?}");
    let text = |name: &str| tool("pdftotext", [path(name).as_os_str(), "-".as_ref()]);
    assert_eq!(text("compact.pdf"), text("faithful.pdf"));
    assert!(text("compact.pdf").contains("Xét thấy có dấu hiệu"), "{}", text("compact.pdf"));
}

#[test]
fn a_page_that_would_change_keeps_its_picture_and_that_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let (picture, out) = (dir.path().join("hai mực.jpg"), dir.path().join("ra.pdf"));
    in_two_inks(&picture);
    let ocr = |more: &[&str]| {
        let mut command = hoso_command();
        run(command
            .args(more)
            .args(["ocr", "--format", "pdf", "--pdf", "compact"])
            .arg(&picture)
            .arg("--out")
            .arg(&out))
    };
    let said = ocr(&["--lang", "en"]).expect(0);
    assert!(
        said.err.contains("picture kept as received") && said.err.contains("1 pages keep"),
        "{}",
        said.all()
    );
    assert!(ocr(&["--lang", "vi"]).expect(0).err.contains("giữ ảnh như khi nhận"));
    assert!(ocr(&["--json"]).expect(0).err.contains(r#""picture":"changed""#));
    // Bit by bit the JPEG that came in.
    let (pdf, jpeg) = (std::fs::read(&out).unwrap(), std::fs::read(&picture).unwrap());
    assert!(pdf.windows(jpeg.len()).any(|part| part == jpeg));
}

#[test]
fn compact_is_a_word_about_pdfs() {
    for (lang, words) in [("vi", "chỉ dùng cho PDF"), ("en", "about PDFs only")] {
        let mut command = hoso_command();
        let said = run(command.args(["--lang", lang, "ocr", "--pdf", "compact", "trang.jpg"])).expect(2);
        assert!(said.err.contains(words) && said.err.contains("--format pdf"), "{}", said.all());
    }
}
