//! Pages that bear a secrecy stamp although their case file was declared thường.
#![allow(clippy::disallowed_methods, reason = "ImageMagick makes the pictures")]

use crate::support::{Desk, hoso, run};
use std::process::Command;

/// A page with a framed word in red.
fn stamped(desk: &Desk, name: &str, word: &str) {
    let path = desk.batch.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut command = Command::new("convert");
    command
        .args(["-size", "1240x900", "xc:white", "-font", "Liberation-Serif", "-pointsize", "40"])
        .args(["-annotate", "+60+450", "CỘNG HÒA XÃ HỘI", "-annotate", "+60+550", "một trang"])
        .args(["-fill", "none", "-stroke", "rgb(214,30,34)", "-strokewidth", "3"])
        .args(["-draw", "rectangle 160,160 360,230", "-stroke", "none", "-fill", "rgb(214,30,34)"])
        .args(["-font", "Liberation-Serif-Bold", "-pointsize", "36", "-annotate", "+205+208", word])
        .args(["-density", "150", "-units", "PixelsPerInch"])
        .arg(&path);
    assert_eq!(run(&mut command).exit, 0);
}

#[test]
fn a_case_file_with_a_secrecy_stamp_waits_until_somebody_looked() {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "trang một");
    stamped(&desk, "HS-1/trang 2.png", "MẬT");
    desk.page("HS-2/trang 1.png", "trang hai");
    let said = desk.run_batch().expect(3);
    let cases = |kind: &str| said.of_type(kind).iter().map(|l| l["case"].clone()).collect::<Vec<_>>();
    assert_eq!(
        (cases("waiting"), cases("stored")),
        (vec!["HS-1".into()], vec!["HS-2".into()]),
        "{}",
        said.all()
    );
    assert!(said.findings_on("HS-1").contains("secrecy-stamp"), "{}", said.all());

    // nobody decided anything: it is held again
    let said = desk.resume(&[]).expect(3);
    assert_eq!((said.of_type("stored").len(), said.of_type("waiting").len()), (0, 1), "{}", said.all());
    let said = desk.resume(&["--stamps-checked"]).expect(3);
    assert_eq!((said.of_type("stored").len(), said.of_type("waiting").len()), (1, 0), "{}", said.all());
    hoso(["verify".as_ref(), desk.archive.as_os_str()]).expect(0);
}
