//! The lists of Thông tư 02/2019/TT-BNV, read by openpyxl and by Python's csv.

use crate::provided::from_dev;
use crate::support::{Desk, hoso_command, run};
use std::fs;
use std::process::Command;

const TITLE: &str = "=HYPERLINK(\"http://x\";\"Vụ án Nguyễn Văn Thắng\")";

const LISTS: &str = r#"
import csv, sys, openpyxl
xlsx, cases, documents, title = sys.argv[1:]
book = openpyxl.load_workbook(xlsx)
assert book.sheetnames == ['Hồ sơ', 'Văn bản'], book.sheetnames
for sheet, path, columns, lines in ((book['Hồ sơ'], cases, 23, 2), (book['Văn bản'], documents, 22, 3)):
    assert (sheet.max_column, sheet.max_row) == (columns, lines + 1), (sheet.max_column, sheet.max_row)
    assert all(cell.data_type != 'f' for row in sheet.iter_rows() for cell in row), 'a formula'
    assert open(path, 'rb').read(3) == b'\xef\xbb\xbf'
    plain = list(csv.reader(open(path, encoding='utf-8-sig', newline='')))
    shown = [['' if cell.value is None else str(cell.value) for cell in row] for row in sheet.iter_rows()]
    unquoted = [[cell[1:] if cell[:1] == "'" else cell for cell in row] for row in plain]
    assert unquoted == shown, (unquoted, shown)
    assert not any(cell[:1] in ('=', '+', '-', '@') for row in plain for cell in row)
rows = list(book['Hồ sơ'].iter_rows(values_only=True))
first = dict(zip(rows[0], rows[1]))
assert first['Tiêu đề hồ sơ'] == title, first
assert first['Mã hồ sơ'] == 'HS-1' and first['Số lượng trang'] == 2 and first['Số lượng tờ'] == 3, first
assert first['Thời hạn bảo quản'] == 'Vĩnh viễn' and first['Thời gian bắt đầu'] == '2019', first
assert first['Tổng số văn bản trong hồ sơ'] == 2, first
rows = list(book['Văn bản'].iter_rows(values_only=True))
paths = [dict(zip(rows[0], row))['Đường dẫn file'] for row in rows[1:]]
assert paths[0].endswith('/representations/rep1/data/HS-1.001.pdf'), paths
"#;

#[test]
fn both_lists_are_what_spreadsheets_read_and_hold_no_formula() {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "bị can khai nhận");
    desk.page("HS-1/quyết định/trang 1.png", "QUYẾT ĐỊNH");
    desk.page("HS-2/trang 1.png", "cáo trạng");
    let list = format!(
        "code,title,unit,year,retention,secrecy,sheets\nHS-1,\"{}\",VKSND khu vực 7,2019,Vĩnh viễn,thuong,3\nHS-2,-1+1,,,,thuong,\n",
        TITLE.replace('"', "\"\"")
    );
    fs::write(desk.batch.join("batch.csv"), list).unwrap();
    desk.run_batch();
    let write = |name: &str| {
        let mut command = hoso_command();
        command.args(["case", "list", "--profile", "tt02-2019", "--json", "--archive"]).arg(&desk.archive);
        run(command.arg("--out").arg(desk.path(name)))
    };
    let said = write("danh sách.xlsx").expect(0);
    assert_eq!(
        (&said.of_type("listed")[0]["cases"], &said.of_type("listed")[0]["documents"]),
        (&2.into(), &3.into())
    );
    write("danh sách.csv").expect(0);
    let files =
        ["danh sách.xlsx", "danh sách.ho-so.csv", "danh sách.van-ban.csv"].map(|name| desk.path(name));
    let args = files.iter().map(|file| file.as_os_str()).chain([TITLE.as_ref()]);
    let judge = run(Command::new(from_dev("venv/bin/python")).args(["-c", LISTS]).args(args));
    assert_eq!(judge.exit, 0, "{}", judge.all());
    // Nothing is overwritten, nothing is written into the archive, no other format is guessed.
    write("danh sách.xlsx").expect(1);
    write("danh sách.ods").expect(2);
    let mut inside = hoso_command();
    inside.args(["case", "list", "--profile", "tt02-2019", "--archive"]).arg(&desk.archive);
    assert_ne!(run(inside.arg("--out").arg(desk.archive.join("x.csv"))).exit, 0);
    // A case file that is not what was sealed is named, not listed.
    let register = crate::support::files_below(&desk.archive.join("ocfl"))
        .into_iter()
        .find(|file| file.ends_with("other/case.json") && fs::read_to_string(file).unwrap().contains("HS-2"))
        .unwrap();
    let right = fs::read_to_string(&register).unwrap();
    fs::write(&register, right.replace("-1+1", "-1+2")).unwrap();
    let said = write("sau.csv").expect(7);
    assert_eq!(said.of_type("listed")[0]["cases"], 1);
    assert_eq!(said.of_type("damaged")[0]["name"], "HS-2");
}
