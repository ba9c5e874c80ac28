//! Questions, passages that can be checked, and the lexicon that puts in marks: on an archive that was really read.

use crate::support::{Desk, Said, files_below, hoso_command, python, run, sha256_of, tool};
use pipeline::{ReadingRoom, Standing};
use record::{Clearance, Clock, Secrecy, Timestamp};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn archive() -> Desk {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "bị can khai nhận hành vi");
    desk.page("HS-1/trang 2.png", "người làm chứng thấy xe đỏ");
    desk.page("HS-2/trang 1.png", "bị can chối, xe đạp màu xanh");
    desk.page("HS-3/trang 1.png", "người làm chứng thấy khuỷu tay");
    let list = "code,secrecy,unit\nHS-1,thuong,KV7\nHS-2,thuong,KV7\nHS-3,thuong,KV8\n";
    fs::write(desk.batch.join("batch.csv"), list).unwrap();
    desk.run_batch().expect(0);
    desk
}

fn index_lexicon(desk: &Desk, args: &[&str]) -> Said {
    let mut command = hoso_command();
    command.args(["index", "lexicon", "--json"]).args(args).arg("--archive").arg(&desk.archive);
    run(command.env("HOSO_TEST_ANONYMITY", "1,1"))
}

fn passages(desk: &Desk, question: &str) -> Vec<Value> {
    desk.hoso(&["ask", question, "--json"]).expect(0).of_type("passage")
}

/// Reads ALTO as any other program would: are the words of these runs this text?
const READ_ALTO: &str = r#"
import json, sys, xml.etree.ElementTree as tree
passage = json.loads(sys.argv[2])
words = [s for s in tree.parse(sys.argv[1]).iter("{http://www.loc.gov/standards/alto/ns-v4#}String") if s.get("CONTENT")]
named = [words[n] for first, last in passage["words"] for n in range(first, last + 1)]
assert " ".join(s.get("CONTENT") for s in named) == passage["text"], passage
for s in named:
    x, y, w, h = (int(s.get(k)) for k in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
    assert any(l <= x and t <= y and x + w <= r and y + h <= b for l, t, r, b in passage["boxes"]), s.attrib
"#;

#[test]
fn passages_are_what_stands_in_the_sealed_text() {
    let desk = archive();
    let found = passages(&desk, "Người làm chứng thấy xe gì?");
    let first = &found[0];
    assert_eq!((&first["case"], &first["page"], &first["version"]), (&"HS-1".into(), &2.into(), &1.into()));
    assert!(first["text"].as_str().unwrap().contains("người làm chứng thấy xe đỏ"), "{first}");
    // Another reader of the exported package: the digest is that of a file there, and the words are in it.
    let folder = desk.export("HS-1", "xuất");
    let files: Vec<_> =
        files_below(&folder).into_iter().filter(|f| f.extension().is_some_and(|e| e == "xml")).collect();
    let digests = sha256_of(&files);
    let file = digests
        .iter()
        .position(|digest| first["sha256"] == digest.as_str())
        .expect("the file named is there");
    python(READ_ALTO, [files[file].to_str().unwrap(), &first.to_string()]);

    let list = desk.path("đoạn.jsonl");
    let check = |lines: &str| {
        fs::write(&list, lines).unwrap();
        let mut command = hoso_command();
        run(command.args(["ask", "--json", "--check"]).arg(&list).arg("--archive").arg(&desk.archive))
    };
    let all = desk.hoso(&["ask", "bi can o dau", "--json"]).expect(0).out;
    assert!(check(&all).expect(0).of_type("citation").len() >= 2, "its own passages stand");
    // What an assistant might make of it.
    let lies: &[(&str, Value, &str)] = &[
        ("text", "người làm chứng thấy xe xanh".into(), "other-text"),
        ("page", 1.into(), "other-file"),
        ("page", 9.into(), "no-such-place"),
        ("case", "HS-2".into(), "no-such-place"),
        ("case", "HS-9".into(), "no-such-place"),
        ("version", 2.into(), "no-such-place"),
        ("folio", "99".into(), "other-text"),
        ("words", serde_json::json!([[0, 1_000_000_000_000_u64]]), "no-such-place"),
        ("words", serde_json::json!([]), "no-such-place"),
        ("words", serde_json::json!([[0, 1]]), "other-text"),
        ("boxes", serde_json::json!([[0, 0, 1, 1]]), "other-text"),
        ("sha256", "0".repeat(64).into(), "other-file"),
    ];
    for (field, value, standing) in lies {
        let mut lie = first.clone();
        lie[*field] = value.clone();
        let said = check(&lie.to_string()).expect(1);
        assert_eq!(said.of_type("citation")[0]["standing"], *standing, "{field}: {}", said.all());
    }
    // Words left out or doubled, with everything else as it would be for them.
    let run = first["words"][0].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect::<Vec<_>>();
    let words: Vec<&str> = first["text"].as_str().unwrap().split(' ').collect();
    assert!(run[1] - run[0] > 2, "{first}");
    let mut lie = first.clone();
    lie["words"] = serde_json::json!([[run[0], run[0]], [run[0] + 2, run[1]]]);
    lie["text"] = [&words[..1], &words[2..]].concat().join(" ").into();
    assert_eq!(check(&lie.to_string()).expect(1).of_type("citation")[0]["standing"], "other-text");
    check("{\"type\":\"passage\",\"v\":1}").expect(2);
    // Each line is judged, whatever is wrong with those before; the code is that of the worst.
    let mut newer = first.clone();
    newer["v"] = 2.into();
    let mut lie = first.clone();
    lie["page"] = 9.into();
    let lines = ["no json", &newer.to_string(), &lie.to_string(), &first.to_string()].join("\n");
    let said = check(&lines).expect(2);
    let standings: Vec<Value> =
        said.of_type("citation").iter().map(|line| line["standing"].clone()).collect();
    assert_eq!(standings, ["no-passage", "other-version", "no-such-place", "stands"], "{}", said.all());
    check("{\"type\":\"answer\"}").expect(2);
    desk.hoso(&["ask", &"bị can ".repeat(1000)]).expect(2);
    desk.hoso(&["ask", "ai, ở đâu?"]).expect(2);
    assert_eq!(passages(&desk, "khủng long bạo chúa").len(), 0);
}

#[test]
fn a_damaged_case_file_keeps_no_other_passage_from_being_checked() {
    let desk = archive();
    let found = passages(&desk, "người làm chứng thấy");
    let of = |case: &str| found.iter().find(|passage| passage["case"] == case).expect("both are found");
    let (damaged, sound) = (of("HS-1"), of("HS-3"));
    // The text that the passage of HS-1 is from, as sealed.
    let files = files_below(&desk.archive.join("ocfl"));
    let digests = sha256_of(&files);
    let file = &files[digests.iter().position(|digest| damaged["sha256"] == digest.as_str()).unwrap()];
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(file, bytes).unwrap();
    let mut lie = sound.clone();
    lie["page"] = 9.into();
    let list = desk.path("đoạn.jsonl");
    fs::write(&list, [damaged, sound, &lie].map(Value::to_string).join("\n")).unwrap();
    let mut command = hoso_command();
    command.args(["ask", "--json", "--check"]).arg(&list).arg("--archive").arg(&desk.archive);
    let said = run(&mut command).expect(7);
    let standings: Vec<Value> =
        said.of_type("citation").iter().map(|line| line["standing"].clone()).collect();
    assert_eq!(standings, ["not-checked", "stands", "no-such-place"], "{}", said.all());
}

struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

#[test]
fn another_unit_hears_nothing_of_it() {
    let desk = archive();
    index_lexicon(&desk, &["--publish"]).expect(0);
    let room = ReadingRoom::open(&desk.archive, Box::new(Now)).unwrap();
    let unit = |unit: &str| Clearance::for_units(Secrecy::Thuong, [unit.to_owned()].into());
    let (own, other) = (unit("KV8"), unit("KV7"));
    let question = "Người làm chứng thấy khuỷu tay ai?";
    let cited = |clearance: &Clearance| room.ask(clearance, question, 9).unwrap().citations;
    assert_eq!(cited(&own)[0].case.as_str(), "HS-3");
    assert!(cited(&other).iter().all(|citation| citation.case.as_str() != "HS-3"));
    let citation = cited(&own).swap_remove(0);
    assert_eq!(room.check_citation(&own, &citation).unwrap(), Standing::Stands);
    assert_eq!(room.check_citation(&other, &citation).unwrap(), Standing::NoSuchPlace);
    // The lexicon has the word; whether it is suggested depends on what the asker would find.
    let suggested = |clearance: &Clearance| room.search(clearance, "\"khuỷu tya\"", 9, 0).unwrap().suggestion;
    assert_eq!(suggested(&own).as_deref(), Some("\"khuỷu tay\""));
    assert_eq!(suggested(&other), None);
}

#[test]
fn marks_are_put_in_by_what_was_published_and_by_nothing_else() {
    let desk = archive();
    let search = |query: &str| desk.hoso(&["search", "--json", "--explain", "--lang", "vi", query]).expect(0);
    let tier = |said: &Said| said.of_type("hit")[0]["tier"].clone();
    assert_eq!(index_lexicon(&desk, &[]).expect(0).of_type("lexicon")[0]["number"], 0);
    let before = search("\"nguoi lam chung\" KHÔNG màu");
    // With the limits of the law of large numbers nothing of so small an archive is published.
    let public =
        desk.hoso(&["index", "lexicon", "--publish", "--json"]).expect(0).of_type("lexicon")[0].clone();
    assert_eq!((&public["number"], &public["of_archive"]["least_case_files"]), (&1.into(), &50.into()));
    let file = public["of_archive"]["path"].as_str().unwrap().to_owned();
    assert!(!fs::read_to_string(&file).unwrap().contains("\nđạp "));

    let published = index_lexicon(&desk, &["--publish"]).expect(0).of_type("lexicon")[0].clone();
    assert_eq!(published["number"], 2, "{published}");
    let file = published["of_archive"]["path"].as_str().unwrap().to_owned();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("\nđạp ") && text.contains("\nkhuỷu "));
    let digest = tool("sh", ["-c", "grep -v '^sha256 ' \"$0\" | sha256sum", &file]);
    assert_eq!(published["of_archive"]["sha256"], digest[..64], "by sha256sum");

    let after = search("\"nguoi lam chung\" KHÔNG màu");
    assert_eq!(tier(&after), "restored-phrase", "{}", after.all());
    assert!(after.out.contains("“chứng”"), "what was put in is said: {}", after.all());
    assert_eq!(before.of_type("answer")[0]["total"], after.of_type("answer")[0]["total"]);
    let slip = search("\"bị cna\"");
    assert_eq!(slip.of_type("answer")[0]["suggestion"], "\"bị can\"", "{}", slip.all());
    let nothing = search("\"chứng cna\"");
    assert_eq!(
        nothing.of_type("answer")[0]["suggestion"],
        Value::Null,
        "it would find nothing: {}",
        nothing.all()
    );

    desk.hoso(&["index", "rebuild"]).expect(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), text, "a rebuild of the index keeps it");
    assert_eq!(tier(&search("\"nguoi lam chung\" KHÔNG màu")), "restored-phrase");
    fs::write(&file, text.replace("đạp", "đập")).unwrap();
    let said = index_lexicon(&desk, &[]).expect(1);
    assert!(said.err.contains("lexicon-2.txt") || said.out.contains("lexicon-2.txt"), "{}", said.all());
    search("\"nguoi lam chung\"");
    assert_eq!(index_lexicon(&desk, &["--publish"]).expect(0).of_type("lexicon")[0]["number"], 3);
}

#[test]
fn searches_are_kept_under_names() {
    let desk = archive();
    let hits =
        |args: &[&str]| desk.hoso(&[&["search", "--json"], args].concat()).expect(0).of_type("hit").len();
    assert_eq!(hits(&["bị can", "--save", "Bị can"]), 2);
    assert_eq!(hits(&["=khuỷu", "--save", "tay"]), 1);
    assert_eq!(hits(&["--saved", "Bi\u{323} can"]), 2, "the same name, decomposed");
    let kept = || desk.hoso(&["search", "--list-saved", "--json"]).expect(0).of_type("saved-search");
    let queries: Vec<Value> = kept().iter().map(|line| line["query"].clone()).collect();
    assert_eq!(queries, ["bị can", "=khuỷu"]);
    assert_eq!(hits(&["xe", "--save", "tay"]), 2);
    assert_eq!(hits(&["--saved", "tay"]), 2, "the later one counts");
    for misused in
        [["*bad", "--save", "x"], ["xe", "--save", " "], ["xe", "--save", "a\tb"], ["xe", "--saved", "tay"]]
    {
        desk.hoso(&[&["search"], misused.as_slice()].concat()).expect(2);
    }
    assert!(desk.hoso(&["search", "--saved", "lạ", "--lang", "vi"]).expect(1).err.contains("--list-saved"));
    desk.hoso(&["search", "--forget", "tay"]).expect(0);
    desk.hoso(&["search", "--forget", "tay"]).expect(1);
    assert_eq!(kept().len(), 1);
    let file = desk.archive.join("saved-searches.txt");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(file).unwrap(), "Bị can\tbị can\n");
}
