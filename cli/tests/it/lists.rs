//! Lists typed before Unicode.

use crate::support::{Desk, Said, hoso_command, run};
use std::fs;

fn title(desk: &Desk) -> String {
    let said = desk.hoso(&["case", "show", "HS-1", "--json"]).expect(0);
    said.of_type("case")[0]["title"].as_str().unwrap().to_owned()
}

fn batch(lists: &[(&str, &[u8])]) -> (Desk, Said) {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "bị can khai nhận");
    for (name, bytes) in lists {
        fs::write(desk.batch.join(name), bytes).unwrap();
    }
    let said = desk.run_batch();
    (desk, said)
}

#[test]
fn a_list_in_tcvn3_is_converted_and_said_to_be() {
    // "Vụ án Nguyễn Văn Thắng trộm cắp tài sản", "Viện kiểm sát", in the bytes of .VnTime
    let list = b"code,title,unit,secrecy\r\nHS-1,V\xf4 \xb8n Nguy\xd4n V\xa8n Th\xbeng tr\xe9m c\xbep t\xb5i s\xb6n,Vi\xd6n ki\xd3m s\xb8t,thuong\r\n";
    let (desk, said) = batch(&[("batch.csv", list)]);
    let said = said.expect(3);
    let finding = &said.of_type("finding")[0];
    assert_eq!(
        (finding["code"].as_str(), finding["subject"].as_str()),
        (Some("list-converted"), Some("batch.csv"))
    );
    assert_eq!(finding["detail"], "TCVN3 (ABC)");
    assert_eq!(title(&desk), "Vụ án Nguyễn Văn Thắng trộm cắp tài sản");
}

#[test]
fn a_list_in_unicode_is_taken_as_it_stands() {
    let list = "code,title,year,retention,secrecy,paper_location\n\
                HS-1,\"Vụ án Müller, déjà vu, señor Núñez\",2019,20 năm,thuong,Kho 1\n";
    let (desk, said) = batch(&[("batch.csv", list.as_bytes())]);
    assert_eq!(said.expect(0).of_type("finding").len(), 0);
    assert_eq!(title(&desk), "Vụ án Müller, déjà vu, señor Núñez");
}

#[test]
fn a_list_that_nobody_can_make_out_says_what_to_do() {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "bị can khai nhận");
    fs::write(
        desk.batch.join("batch.csv"),
        b"code,title,secrecy\nHS-1,M\xfcller \xfcber Gr\xf6\xdfe,thuong\n",
    )
    .unwrap();
    for (lang, words) in [("vi", "lưu lại bằng mã UTF-8"), ("en", "save it as UTF-8")] {
        let said = run(hoso_command()
            .args(["batch", "run", "--lang", lang, "--secrecy", "thuong", "--archive"])
            .arg(&desk.archive)
            .arg(&desk.batch))
        .expect(2);
        assert!(said.err.contains("batch.csv") && said.err.contains(words), "{}", said.all());
    }
}
