//! A check is printed as minutes for people to sign, and only as it was signed by the station.

use crate::support::{Desk, files_below, sha256_of};
use std::fs;

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
