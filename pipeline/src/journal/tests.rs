//! The journal in the hands of somebody who changes it.
#![allow(clippy::disallowed_methods, reason = "tests change files")]

use super::*;
use crate::bench::{object_id, station};
use crate::small_archive::archive;
use std::path::PathBuf;

struct Desk {
    _dir: tempfile::TempDir,
    layout: Layout,
    judge: SealJudge,
    signer: Pkcs12Signer,
    now: Timestamp,
}

fn desk() -> Desk {
    let dir = tempfile::tempdir().unwrap();
    archive(dir.path());
    let layout = Layout { root: dir.path().to_owned() };
    // So that there is a past in which the station's certificate was right already.
    let now = Timestamp::from_second(Timestamp::now().as_second() + 20 * 86_400).unwrap();
    let (judge, signer) = (SealJudge::of(&layout, now).unwrap(), station(&layout).unwrap());
    Desk { _dir: dir, layout, judge, signer, now }
}

impl Desk {
    fn case(&self, code: &str) -> CaseRef {
        let code = CaseCode::new(code).unwrap();
        CaseRef { id: object_id(self.judge.config(), &code), code }
    }

    fn say(&self, by: &str, act: Act, at: Timestamp) -> Result<u64, PipelineError> {
        let by = Official::new(by).unwrap();
        append(&self.layout, &self.judge, &self.signer, Some(&by), act, at)
    }

    fn hold(&self, code: &str, reason: &str) -> u64 {
        let act = Act::Hold { case: self.case(code), reason: reason.into() };
        self.say("Lê Văn C, kiểm sát viên", act, self.now).unwrap()
    }

    fn release(&self, code: &str) -> u64 {
        let act = Act::Release { case: self.case(code), reason: "đã xong".into() };
        self.say("Trần Thị B", act, self.now).unwrap()
    }

    fn read(&self) -> Journal {
        Journal::read(&self.layout, &self.judge).unwrap()
    }

    fn file(&self) -> PathBuf {
        self.layout.decisions()
    }
}

#[test]
fn holds_are_those_not_released_and_the_clock_decides_nothing() {
    let desk = desk();
    assert!(desk.read().holds().is_empty());
    assert_eq!(
        (desk.hold("HS-1", "kháng nghị"), desk.hold("HS-2", "tranh chấp"), desk.release("HS-1")),
        (1, 2, 3)
    );
    // The clock jumps back ten days: the later line counts all the same.
    let earlier = Timestamp::from_second(desk.now.as_second() - 864_000).unwrap();
    let act = Act::Hold { case: desk.case("HS-1"), reason: "lại kháng nghị".into() };
    desk.say("Lê Văn C", act, earlier).unwrap();
    let act = Act::Release { case: desk.case("HS-2"), reason: "xong".into() };
    desk.say("Lê Văn C", act, earlier).unwrap();
    let journal = desk.read();
    assert!(journal.faults.is_empty(), "{:?}", journal.faults);
    let holds = journal.holds();
    assert_eq!(holds.len(), 1);
    let hold = &holds[&CaseCode::new("HS-1").unwrap()];
    assert_eq!((hold.reason.as_str(), hold.by.as_str()), ("lại kháng nghị", "Lê Văn C"));
}

#[test]
fn a_line_torn_by_a_power_cut_does_not_count_and_is_in_nobodys_way() {
    let desk = desk();
    desk.hold("HS-1", "một");
    desk.hold("HS-2", "hai");
    let whole = std::fs::read(desk.file()).unwrap();
    let first = whole.iter().position(|b| *b == b'\n').unwrap() + 1;
    for length in [first + 1, whole.len() - 1] {
        std::fs::write(desk.file(), &whole[..length]).unwrap();
        let journal = desk.read();
        assert_eq!((journal.entries.len(), journal.faults.len()), (1, 0));
        assert_eq!(desk.hold("HS-3", "ba"), 2);
        assert_eq!(desk.read().holds().len(), 2);
    }
}

#[test]
fn whoever_changes_a_line_is_noticed_and_nothing_is_decided_on_top() {
    let desk = desk();
    desk.hold("HS-1", "kháng nghị");
    desk.hold("HS-2", "tranh chấp");
    desk.release("HS-2");
    let whole = std::fs::read_to_string(desk.file()).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let all = |lines: &[&str]| lines.concat();
    for (what, text) in [
        ("a word of the first", whole.replace("kháng nghị", "khang nghi")),
        ("a word of the last", whole.replace("đã xong", "da xong")),
        ("who said the last", whole.replace("Trần Thị B", "Trần Thị D")),
        ("the first is gone", all(&lines[1..])),
        ("one in the middle is gone", all(&[lines[0], lines[2]])),
        ("two are exchanged", all(&[lines[1], lines[0], lines[2]])),
        ("one stands there twice", all(&[lines[0], lines[1], lines[2], lines[2]])),
        ("a line that is none", format!("{whole}{{}}\n")),
        ("an unknown kind", whole.replace("\"release\"", "\"erase\"")),
        ("another signature", whole.replace("\"signature\":\"30", "\"signature\":\"31")),
    ] {
        std::fs::write(desk.file(), text).unwrap();
        let journal = desk.read();
        assert!(!journal.faults.is_empty(), "{what}");
        let act = Act::Hold { case: desk.case("HS-9"), reason: "x".into() };
        let refused = desk.say("A", act, desk.now);
        assert!(matches!(refused, Err(PipelineError::Evidence { .. })), "{what}: {refused:?}");
        assert!(matches!(journal.sound(), Err(PipelineError::Evidence { .. })), "{what}");
    }
    std::fs::write(desk.file(), &whole).unwrap();
    assert!(desk.read().faults.is_empty());
    // One of another archive is signed as well, and is not ours.
    let other = self::desk();
    std::fs::create_dir_all(other.file().parent().unwrap()).unwrap();
    std::fs::write(other.file(), &whole).unwrap();
    assert!(!other.read().faults.is_empty());
}

#[test]
fn a_replica_does_not_know_more_decisions_than_the_archive() {
    let desk = desk();
    desk.hold("HS-1", "kháng nghị");
    let place = tempfile::tempdir().unwrap();
    let replica = Layout { root: place.path().to_owned() };
    copy(&desk.layout, &replica).unwrap();
    let shorter = std::fs::read(desk.file()).unwrap();
    desk.hold("HS-2", "tranh chấp");
    copy(&desk.layout, &replica).unwrap();
    // The archive's is cut off at its end.
    std::fs::write(desk.file(), &shorter).unwrap();
    assert!(matches!(copy(&desk.layout, &replica), Err(PipelineError::Evidence { .. })));
    // A line that was torn there is none.
    std::fs::write(replica.decisions(), [&shorter[..], b"{\"v\":1"].concat()).unwrap();
    copy(&desk.layout, &replica).unwrap();
}
