//! A sheet scanned on both sides into one PDF: what shows through from the back is in no text, and the recipe says that the
//! back was used.

use crate::support::{hoso_command, run, tool};
use std::path::Path;

const FRONT: [&str; 4] = [
    "Căn cứ Quyết định khởi tố vụ án hình sự số 15",
    "Sau khi xem xét toàn bộ hồ sơ và các vật chứng",
    "Viện kiểm sát nhân dân nhận định hành vi của bị can",
    "đã có đủ dấu hiệu của tội Trộm cắp tài sản",
];
const BACK: [&str; 8] = [
    "Người làm chứng khai rằng chiều hôm đó trời mưa to",
    "nên đường phố vắng người, chỉ có một chiếc xe tải",
    "với hai thanh niên bốc dỡ hàng hóa xuống vỉa hè",
    "tạp hóa của bà Phượng, sau đó họ rời đi theo hướng",
    "và không ai trong số những người có mặt nhìn rõ",
    "cho đến khi lực lượng tuần tra phát hiện chiếc xe",
    "cách hiện trường khoảng hai cây số về phía thượng",
    "nguồn con sông, bên cạnh bến phà cũ của thị trấn",
];

/// How ImageMagick draws lines of print on an A4 page at 200 dpi.
fn print(lines: &[&'static str], top: usize, step: usize, ink: &str) -> Vec<String> {
    let mut args: Vec<String> =
        ["-fill", ink, "-font", "Liberation-Serif", "-pointsize", "44"].map(str::to_owned).into();
    for (n, line) in lines.iter().enumerate() {
        args.extend(["-annotate".to_owned(), format!("+220+{}", top + step * n), (*line).to_owned()]);
    }
    args
}

/// A page; with `ghost`, the back shows through, mirrored and a little moved, as the scanner sees it.
fn page(path: &Path, drawn: Vec<String>, ghost: Option<Vec<String>>) {
    let blank = ["-size", "1654x2339", "xc:rgb(246,244,240)"].map(str::to_owned);
    let mut args: Vec<String> = [blank.to_vec(), drawn].concat();
    if let Some(ghost) = ghost {
        let white = ["(", "-size", "1654x2339", "xc:white"].map(str::to_owned).to_vec();
        let laid = ["-flop", "-roll", "+9+14", ")", "-compose", "multiply", "-composite"].map(str::to_owned);
        args = [args, white, ghost, laid.to_vec()].concat();
    }
    args.extend(["-density", "200", "-units", "PixelsPerInch", "-quality", "92"].map(str::to_owned));
    args.push(path.to_str().expect("UTF-8").to_owned());
    tool("convert", args);
}

/// The pages of what `hoso ocr` writes, each an ALTO document.
fn read(pdf: &Path) -> Vec<String> {
    let said = run(hoso_command().args(["ocr", "--format", "alto"]).arg(pdf));
    assert!(matches!(said.exit, 0 | 3), "{}", said.all());
    said.out.split("<?xml").skip(1).map(str::to_owned).collect()
}

/// The words of an ALTO page, of which marks have none here.
fn words(alto: &str) -> Vec<&str> {
    alto.split("CONTENT=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn the_back_of_a_sheet_in_the_same_pdf_is_taken_out_of_its_front() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    page(&path("front.jpg"), print(&FRONT, 300, 90, "black"), Some(print(&BACK, 260, 240, "gray(190)")));
    page(&path("back.jpg"), print(&BACK, 260, 240, "black"), None);
    page(&path("other.jpg"), print(&BACK[4..], 330, 310, "black"), None);
    let pdf = |name: &str, pages: [&str; 2]| {
        let out = path(name);
        tool("convert", [path(pages[0]).as_os_str(), path(pages[1]).as_os_str(), out.as_os_str()]);
        out
    };
    let wanted: Vec<&str> = FRONT.iter().flat_map(|line| line.split(' ')).collect();

    let both = read(&pdf("both.pdf", ["front.jpg", "back.jpg"]));
    assert_eq!(both.len(), 2);
    assert!(both[0].contains(" back=1") && !both[1].contains(" back="), "{}", both[0]);
    assert_eq!(words(&both[0]), wanted);
    let back: Vec<&str> = BACK.iter().flat_map(|line| line.split(' ')).collect();
    assert_eq!(words(&both[1]), back);

    // a page that is not its back changes nothing of its reading
    let beside = read(&pdf("beside.pdf", ["front.jpg", "other.jpg"]));
    let alone = read(&pdf("twice.pdf", ["front.jpg", "front.jpg"]));
    assert!(!beside[0].contains(" back=") && !alone[0].contains(" back="));
    assert_eq!(words(&beside[0]), words(&alone[0]));
}
