//! A clock that was wrong: no version is dated before the one it follows. libfaketime gives the program another clock.

use crate::support::{Desk, HOSO, Said, equip, run};
use std::process::Command;

/// The program by a clock that is so many days ahead.
fn ahead(days: u32, desk: &Desk, words: &[&str]) -> Said {
    let mut command = equip(Command::new("faketime"));
    // Only what is told as time; waits take as long as ever.
    command.env("DONT_FAKE_MONOTONIC", "1").args(["-f", &format!("+{days}d"), HOSO]).args(words);
    run(command.arg("--archive").arg(&desk.archive))
}

#[test]
fn a_clock_that_jumped_back_stores_no_correction_and_says_both_times() {
    let desk = Desk::new();
    desk.page("HS-1/1.png", "trang một");
    let batch = desk.batch.to_str().unwrap().to_owned();
    let store = ["batch", "run", "--json", "--secrecy", "thuong", &batch];
    let said = ahead(2, &desk, &store).expect(0);
    assert_eq!(said.of_type("stored").len(), 1, "{}", said.all());
    // Back to the right time: a correction would be older than what it corrects, a new case file is not.
    desk.page("HS-1/2.png", "trang hai");
    let mut correct = desk.batch_command();
    correct.args(["--correct", "bổ sung", "--by", "Trần Thị B", "--lang", "vi"]);
    let said = run(&mut correct).expect(1);
    let error = &said.of_type("error")[0];
    let message = error["message"].as_str().unwrap();
    assert!(message.starts_with("hồ sơ HS-1: đồng hồ máy này ghi 20"), "{message}");
    assert!(message.contains("đã lưu lúc 20"), "{message}");
    assert!(error["hint"].as_str().unwrap().contains("chỉnh đồng hồ"), "{}", said.all());
    assert_eq!(said.of_type("stored").len(), 0);
    desk.assert_valid_ocfl();
    // When the clock is right again, or that time has passed, the batch goes on from where it was.
    let said = ahead(3, &desk, &["batch", "resume", "--json"]).expect(0);
    assert_eq!(said.of_type("stored")[0]["version"], 2, "{}", said.all());
    desk.assert_valid_ocfl();
    ahead(3, &desk, &["archive", "check"]).expect(0);
}
