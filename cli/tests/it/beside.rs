//! Searching beside another process that writes: what it has committed shows soon, and while it makes the index anew nobody waits.

use crate::support::{Desk, hoso_command};
use pipeline::ReadingRoom;
use record::{CaseCode, Clearance, Clock, Secrecy, Timestamp};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

fn room(desk: &Desk) -> ReadingRoom {
    ReadingRoom::open(&desk.archive, Box::new(SystemClock)).unwrap()
}

/// Pages found, all of them shown as sealed.
fn found(room: &ReadingRoom, query: &str) -> usize {
    let answer = room.search(&Clearance::whole_archive(Secrecy::Thuong), query, 20, 0).unwrap();
    assert_eq!((answer.hits.len(), answer.damaged.len()), (answer.total, 0), "{answer:?}");
    answer.total
}

/// How long after its commit a page may be missed.
const SOON: Duration = Duration::from_secs(2);

#[test]
fn a_reading_room_that_is_open_sees_what_another_process_has_just_committed() {
    let desk = Desk::with_two_case_files();
    let room = room(&desk);
    assert_eq!((found(&room, "ho-so:HS-1"), found(&room, "ho-so:HS-3")), (2, 0));
    desk.page("HS-3/trang 1.png", "kết luận điều tra");
    let mut job = desk.batch_command().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(job.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut lines = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap());
    // The process says so when it has committed, and goes on with other work.
    assert!(lines.any(|line| line["type"] == "indexed" && line["case"] == "HS-3"));
    let committed = Instant::now();
    while found(&room, "ho-so:HS-3") == 0 {
        assert!(committed.elapsed() < SOON, "committed, and not seen by a room that is open");
        std::thread::sleep(Duration::from_millis(10));
    }
    lines.for_each(drop);
    assert_eq!(job.wait().unwrap().code(), Some(0));
}

#[test]
fn whoever_searches_while_the_index_is_made_anew_finds_all_there_is() {
    let desk = Desk::with_two_case_files();
    let open = room(&desk);
    let mut asked = 0;
    for _ in 0..5 {
        let mut command = hoso_command();
        command.args(["index", "rebuild", "--archive"]).arg(&desk.archive);
        let mut rebuild = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let code = loop {
            // By who has it open, and by who opens it now.
            assert_eq!((found(&open, "do-mat:thuong"), found(&room(&desk), "do-mat:thuong")), (3, 3));
            asked += 1;
            if let Some(status) = rebuild.try_wait().unwrap() {
                break status.code();
            }
        };
        assert_eq!(code, Some(0));
    }
    assert!(asked > 10, "{asked}");
    assert_eq!(found(&open, "do-mat:thuong"), 3);
}

/// The register's word counts from the moment at which it is stored, whatever the index has then.
#[test]
fn a_case_file_that_goes_to_another_unit_is_nothing_to_the_old_one_from_that_moment() {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "cáo trạng truy tố");
    let register = |unit: &str| {
        let list = format!("code,title,unit,year\nHS-1,Vụ án,{unit},2019\n");
        std::fs::write(desk.batch.join("batch.csv"), list).unwrap();
    };
    register("KV7");
    desk.run_batch().expect(0);
    let room = room(&desk);
    let count = |unit: &str| {
        let clearance = Clearance::for_units(Secrecy::Thuong, vec![unit.to_owned()]);
        room.search(&clearance, "nam:2019", 0, 0).unwrap().total
    };
    assert_eq!((count("KV7"), count("KV8")), (1, 0));
    register("KV8");
    let mut command = desk.batch_command();
    command.args(["--correct", "chuyển đơn vị", "--by", "Trần Thị B"]);
    let mut job = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (everybody, code) = (Clearance::whole_archive(Secrecy::Thuong), CaseCode::new("HS-1").unwrap());
    let (mut before, mut after) = (0, 0);
    let status = loop {
        let unit = room.open_case(&everybody, &code).unwrap().view().case.header.unit.clone();
        let found = count("KV7");
        match unit.as_str() {
            "KV7" => before += 1,
            _ => {
                assert_eq!((unit.as_str(), found), ("KV8", 0), "counted after {after} looks");
                after += 1;
            }
        }
        if let Some(status) = job.try_wait().unwrap() {
            break status;
        }
    };
    assert_eq!(status.code(), Some(0));
    assert!(before > 0 && after > 0, "{before} looks before, {after} after");
    assert_eq!((count("KV7"), count("KV8")), (0, 1));
}
