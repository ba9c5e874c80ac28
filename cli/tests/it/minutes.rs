//! A check is printed as minutes for people to sign, and only as it was signed by the station.

use crate::support::{Desk, files_below, sha256_of, tool};
use std::fs;

/// On paper they have what a biên bản has: state and motto, agency, place and day, the people present, what the report says,
/// room for signatures; and say whose form it is. Read back by poppler.
fn for_paper(desk: &Desk) {
    let (pdf, html) = (desk.path("biên bản.pdf"), desk.path("biên bản.html"));
    for paper in [&pdf, &html] {
        desk.hoso(&["archive", "minutes", "--lang", "vi", "--report", paper.to_str().unwrap()]).expect(0);
    }
    let text = tool("pdftotext", ["-layout".as_ref(), pdf.as_os_str(), "-".as_ref()]);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = fs::read_to_string(&html).unwrap();
    for words in [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "VIỆN KIỂM SÁT NHÂN DÂN (THỬ NGHIỆM)",
        "BIÊN BẢN KIỂM TRA TÀI LIỆU LƯU TRỮ SỐ",
        "chúng tôi gồm:",
        "Hư hỏng gài thử / tìm thấy",
        "NGƯỜI KIỂM TRA",
        "NGƯỜI CHỨNG KIẾN",
        "không phải mẫu tại Phụ lục VII",
    ] {
        for shown in [&text, &page] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
    }
    let pages = tool("pdfinfo", [pdf.as_os_str()]);
    assert!(pages.lines().any(|line| line.starts_with("Pages:") && line.ends_with(" 1")), "{pages}");
    tool("qpdf", ["--check".as_ref(), pdf.as_os_str()]);
    // What is there is not replaced, and nothing else is written.
    desk.hoso(&["archive", "minutes", "--report", pdf.to_str().unwrap()]).expect(1);
    desk.hoso(&["archive", "minutes", "--report", desk.path("a.txt").to_str().unwrap()]).expect(2);
}

#[test]
fn a_check_is_printed_for_signature() {
    let desk = Desk::new();
    desk.page("HS-1/1.png", "trang một");
    desk.run_batch().expect(0);
    desk.hoso(&["archive", "minutes"]).expect(1);
    desk.hoso(&["archive", "check"]).expect(0);
    let vi = desk.hoso(&["archive", "minutes", "--lang", "vi"]).expect(0).out;
    for line in ["Đã đọc: 1", "Hư hỏng: 0", "Kết luận: mọi byte đã đọc đều đúng", "gài thử / tìm thấy: 3 / 3"]
    {
        assert!(vi.contains(line), "{line}: {vi}");
    }
    assert!(vi.starts_with("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM") && vi.contains("NGƯỜI CHỨNG KIẾN"), "{vi}");
    for_paper(&desk);
    let reports = files_below(&desk.archive.join("evidence/fixity"));
    let report = reports.iter().find(|file| file.ends_with("fixity.json")).unwrap();
    assert!(vi.contains(&format!("SHA-256: {}", sha256_of(std::slice::from_ref(report))[0])), "{vi}");

    // Damage stands in them by name.
    let master = files_below(&desk.archive.join("ocfl"));
    let master = master.iter().find(|file| file.to_string_lossy().contains("/rep2/data/")).unwrap();
    fs::write(master, "x").unwrap();
    desk.hoso(&["archive", "check"]).expect(7);
    let en = desk.hoso(&["archive", "minutes", "--lang", "en"]).expect(0).out;
    assert!(en.contains("DAMAGE WAS FOUND") && en.contains("rep2/data/0001/0001.png"), "{en}");
    // The earlier one can be asked for; a changed one is refused.
    let earlier = report.parent().unwrap().to_str().unwrap();
    let en = desk.hoso(&["archive", "minutes", earlier, "--lang", "en"]).expect(0).out;
    assert!(en.contains("every byte read is right"), "{en}");
    fs::write(report, fs::read_to_string(report).unwrap().replace("\"residents\":1", "\"residents\":2"))
        .unwrap();
    let said = desk.hoso(&["archive", "minutes", earlier, "--lang", "en"]).expect(1);
    assert!(said.err.contains("not what was signed"), "{}", said.all());
}
