//! `hoso ocr --pdf compact`: small, with the same text, and never silently something else.

use crate::support::{hoso_command, run, tool};
use std::path::Path;

/// A4 at 200 dpi in the grain of a scanner, with words or without.
fn scan(path: &Path, words: bool) {
    let mut args =
        vec!["-size", "1654x2339", "xc:rgb(244,238,224)", "-font", "Liberation-Serif", "-pointsize", "44"];
    if words {
        args.extend(["-annotate", "+200+300", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "-annotate", "+200+400"]);
        args.extend(["Xét thấy có dấu hiệu của tội phạm quy định tại khoản 1", "-annotate", "+200+500"]);
        args.extend(["Bộ luật Hình sự, thiệt hại 15.500.000 đồng"]);
    } else {
        args.extend([
            "-fill",
            "none",
            "-stroke",
            "black",
            "-strokewidth",
            "6",
            "-draw",
            "circle 800,900 800,1300",
        ]);
        args.extend(["-draw", "line 300,400 1300,1700", "-draw", "line 300,1700 1300,400"]);
    }
    args.extend(["-seed", "7", "-attenuate", "0.4", "+noise", "Gaussian", "-density", "200"]);
    args.extend(["-units", "PixelsPerInch", "-quality", "92", path.to_str().unwrap()]);
    tool("convert", args);
}

#[test]
fn a_compact_pdf_is_small_and_says_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    scan(&path("trang.jpg"), true);
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
fn ink_that_was_not_read_keeps_its_picture_and_that_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let (picture, out) = (dir.path().join("hình vẽ.jpg"), dir.path().join("ra.pdf"));
    scan(&picture, false);
    let ocr = |more: &[&str]| {
        let mut command = hoso_command();
        run(command
            .args(more)
            .args(["ocr", "--format", "pdf", "--pdf", "compact"])
            .arg(&picture)
            .arg("--out")
            .arg(&out))
    };
    let said = ocr(&["--lang", "en"]).expect(3);
    assert!(
        said.err.contains("picture kept as received") && said.err.contains("1 pages keep"),
        "{}",
        said.all()
    );
    assert!(ocr(&["--lang", "vi"]).expect(3).err.contains("giữ ảnh như khi nhận"));
    assert!(ocr(&["--json"]).expect(3).err.contains(r#""picture":"unread""#));
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
