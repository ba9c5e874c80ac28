//! A sheet scanned on both sides into one PDF: what shows through from the back is in no text, and the recipe says that the
//! back was used.

use crate::support::{hoso_command, python, run, tool};
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

/// Writes a PDF with an A4 page for each JPEG, as scanners do: the file, then the pictures.
const SCAN_PDF: &str = r"
import sys
out, offsets = bytearray(b'%PDF-1.4\n'), []
def write(body):
    offsets.append(len(out))
    out.extend(b'%d 0 obj\n%s\nendobj\n' % (len(offsets), body))
def stream(entries, data):
    write(b'<< %s /Length %d >>\nstream\n%s\nendstream' % (entries, len(data), data))
pictures = sys.argv[2:]
write(b'<< /Type /Catalog /Pages 2 0 R >>')
kids = b' '.join(b'%d 0 R' % (3 + 3 * n) for n in range(len(pictures)))
write(b'<< /Type /Pages /Count %d /Kids [%s] /MediaBox [0 0 595.44 842.04] >>' % (len(pictures), kids))
for n, picture in enumerate(pictures):
    first = 3 + 3 * n
    write(b'<< /Type /Page /Parent 2 0 R /Contents %d 0 R /Resources << /XObject << /Im %d 0 R >> >> >>' % (first + 1, first + 2))
    stream(b'', b'q 595.44 0 0 842.04 0 0 cm /Im Do Q')
    space = b'/Type /XObject /Subtype /Image /Width 1654 /Height 2339 /BitsPerComponent 8 /Filter /DCTDecode /ColorSpace '
    stream(space + b'/DeviceRGB', open(picture, 'rb').read())
start = len(out)
out.extend(b'xref\n0 %d\n0000000000 65535 f \n' % (len(offsets) + 1))
for offset in offsets:
    out.extend(b'%010d 00000 n \n' % offset)
out.extend(b'trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n' % (len(offsets) + 1, start))
open(sys.argv[1], 'wb').write(out)
";

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
    args.extend(["-type", "TrueColor"].map(str::to_owned));
    args.push(path.to_str().expect("UTF-8").to_owned());
    tool("convert", args);
}

/// The pages of what `hoso ocr` writes, each an ALTO document.
fn read(pdf: &Path) -> Vec<String> {
    // what shows through is too pale for letters that lines are found from; layout analysis sees it
    let said = run(hoso_command().args(["ocr", "--format", "alto", "--layout", "tesseract"]).arg(pdf));
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
    page(&path("front.jpg"), print(&FRONT, 300, 90, "black"), Some(print(&BACK, 260, 240, "gray(165)")));
    page(&path("back.jpg"), print(&BACK, 260, 240, "black"), None);
    page(&path("other.jpg"), print(&BACK[4..], 330, 310, "black"), None);
    let pdf = |name: &str, pages: [&str; 2]| {
        let out = path(name);
        python(SCAN_PDF, [out.as_os_str(), path(pages[0]).as_os_str(), path(pages[1]).as_os_str()]);
        out
    };
    let wanted: Vec<&str> = FRONT.iter().flat_map(|line| line.split(' ')).collect();

    // as dark as that the other side keeps layout from the first reading, and contrast has to be tried
    let both = read(&pdf("both.pdf", ["front.jpg", "back.jpg"]));
    assert_eq!(both.len(), 2);
    assert!(both[0].contains(" rung=1 ") && both[0].contains(" back=1"), "{}", both[0]);
    assert!(!both[1].contains(" back="), "{}", both[1]);
    assert_eq!(words(&both[0]), wanted);
    let back: Vec<&str> = BACK.iter().flat_map(|line| line.split(' ')).collect();
    assert_eq!(words(&both[1]), back);

    // a page that is not its back changes nothing
    let beside = read(&pdf("beside.pdf", ["front.jpg", "other.jpg"]));
    assert!(beside[0].contains(" rung=2 ") && !beside[0].contains(" back="), "{}", beside[0]);
}
