//! `hoso eval`: what is counted, where texts may come from, the report, bad input.

use crate::support::hoso_command;
use crate::support::{Desk, Said, hoso, python, run};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn put(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

fn eval(truth: &Path, hypothesis: &Path) -> Said {
    run(hoso_command().args(["eval", "--json"]).arg(truth).arg(hypothesis))
}

fn edits(line: &Value) -> [u64; 6] {
    ["cer", "cer_tone", "cer_ascii", "wer", "wer_ascii", "marked"]
        .map(|name| line[name]["edits"].as_u64().unwrap())
}

fn lengths(line: &Value) -> [u64; 2] {
    ["cer", "wer"].map(|name| line[name]["length"].as_u64().unwrap())
}

#[test]
fn two_texts_are_counted_page_by_page() {
    let scratch = tempfile::tempdir().unwrap();
    let truth = put(scratch.path(), "chuẩn.txt", "Tội danh\nấy\u{C}Điều 51\u{C}trang ba\u{C}");
    let read = put(scratch.path(), "đọc.txt", "Tôi danh ay\u{C}Dieu 51 x\u{C}");
    let said = eval(&truth, &read).expect(3);
    let pages = said.of_type("page-score");
    assert_eq!(pages.len(), 3);
    assert_eq!((edits(&pages[0]), lengths(&pages[0])), ([2, 1, 0, 2, 0, 2], [11, 3]));
    assert_eq!((edits(&pages[1]), lengths(&pages[1])), ([4, 4, 2, 2, 1, 2], [7, 2]));
    // a page that was not read is all wrong and named
    assert_eq!((edits(&pages[2]), lengths(&pages[2])), ([8, 8, 8, 2, 2, 0], [8, 2]));
    assert_eq!((pages[2]["lacking"].as_str(), pages[2]["page"].as_str()), (Some("hypothesis"), Some("3")));
    let total = &said.of_type("total-score")[0];
    assert_eq!((edits(total), lengths(total)), ([14, 13, 10, 6, 3, 4], [26, 7]));
    assert_eq!((total["pages"].as_u64(), total["unread_pages"].as_u64()), (Some(3), Some(1)));
    let rate = total["cer"]["rate"].as_f64().unwrap();
    assert!((rate - 14.0 / 26.0).abs() < 1e-12, "{rate}");
    for (lang, words) in [("vi", "3: chưa đọc; tính là sai hết"), ("en", "3: not read; counted as all wrong")]
    {
        let said = run(hoso_command().args(["eval", "--lang", lang]).arg(&truth).arg(&read)).expect(3);
        assert!(said.err.contains(words) && said.out.contains("53.85 %"), "{}", said.all());
    }
    // the other way round the page is one too many, and no less wrong
    let said = eval(&read, &truth).expect(3);
    assert_eq!(said.of_type("page-score")[2]["lacking"], "truth");
    assert_eq!(said.of_type("total-score")[0]["surplus_pages"], 1);
    assert_eq!(edits(&said.of_type("page-score")[2])[0], 8);
}

/// ALTO as another program writes it: no namespace of ours, no confidence.
fn alto(words: &[&str]) -> String {
    let strings: Vec<String> = words
        .iter()
        .map(|w| format!("<String CONTENT=\"{w}\" HPOS=\"1\" VPOS=\"1\" WIDTH=\"9\" HEIGHT=\"9\"/>"))
        .collect();
    format!(
        "<alto xmlns=\"http://www.loc.gov/standards/alto/ns-v3#\"><Layout><Page ID=\"p\" WIDTH=\"100\" HEIGHT=\"100\"><PrintSpace>\
         <TextBlock ID=\"b\"><TextLine HPOS=\"1\" VPOS=\"1\" WIDTH=\"9\" HEIGHT=\"9\">{}</TextLine></TextBlock></PrintSpace></Page></Layout></alto>",
        strings.join("<SP/>")
    )
}

#[test]
fn folders_pair_by_name_and_nothing_is_left_out() {
    let scratch = tempfile::tempdir().unwrap();
    let (truth, read) = (scratch.path().join("truth"), scratch.path().join("read"));
    put(&truth, "a/001.txt", "một hai");
    put(&truth, "a/002.txt", "ba bốn");
    put(&truth, "b/x.txt", "trang một\u{C}trang hai");
    put(&truth, "b/x.csv", "no text");
    put(&read, "a/001.jpg.alto.xml", alto(&["một", "hai"]));
    put(&read, "a/003.txt", "thừa");
    put(&read, "b/x.txt", "trang một\u{C}trang hay");
    let said = eval(&truth, &read).expect(3);
    let pages: Vec<(String, String, Value, u64)> = said
        .of_type("page-score")
        .iter()
        .map(|p| {
            let text = |name: &str| p[name].as_str().unwrap().to_owned();
            (text("set"), text("page"), p["lacking"].clone(), p["cer"]["edits"].as_u64().unwrap())
        })
        .collect();
    let page =
        |set: &str, page: &str, lacking: Value, edits| (set.to_owned(), page.to_owned(), lacking, edits);
    assert_eq!(
        pages,
        [
            page("a", "001", Value::Null, 0),
            page("a", "002", json!("hypothesis"), 6),
            page("a", "003", json!("truth"), 4),
            page("b", "x#1", Value::Null, 0),
            page("b", "x#2", Value::Null, 1),
        ]
    );
    let sets = said.of_type("set-score");
    assert_eq!(sets.iter().map(|s| s["cer"]["edits"].as_u64().unwrap()).collect::<Vec<_>>(), [10, 1]);
}

/// A truth as `docs/format/fixtures.md` describes it, for the two pages of [`archive`].
fn truth(folder: &Path) -> PathBuf {
    let truth = folder.join("truth");
    let header = json!({"issuing_body": "", "number": "46/CT-VKSKV7", "place": "", "date": "2019-05-03", "signer": "", "title": ""});
    put(
        &truth,
        "truth.json",
        json!({"v": 1, "set": "x", "seed": 1, "pages": 3, "cases": ["HS-1", "HS-9"]}).to_string(),
    );
    for (code, texts) in
        [("HS-1", vec!["bị can khai nhận hành vi", "kết luận điều tra"]), ("HS-9", vec!["không có ở kia"])]
    {
        let document = json!({"no": 1, "path": code, "format": "png", "doc_type": "cao-trang", "layout": "1", "font": "serif",
            "first_page": 1, "pages": texts.len(), "header": header});
        let case = json!({"v": 1, "code": code, "title": "", "unit": "", "units": [], "pages": texts.len(), "documents": [document]});
        put(&truth, &format!("{code}/case.json"), case.to_string());
        for (idx, text) in texts.iter().enumerate() {
            let page = json!({"v": 1, "case": code, "document": 1, "page": idx + 1, "file": format!("{code}/trang {}.png", idx + 1),
                "page_idx": 0, "doc_type": "cao-trang", "folio": "05", "folio_stamped": idx == 0, "width_px": 800, "height_px": 600,
                "dpi": 150, "turned": 0, "skew_degrees": 0.0, "blank": false, "body": format!("CỘNG HÒA XÃ HỘI\n{text}"),
                "lines": [], "marks": [], "handwriting": []});
            put(&truth, &format!("{code}/page-{:04}.json", idx + 1), page.to_string());
        }
    }
    truth
}

fn archive() -> Desk {
    let desk = Desk::new();
    desk.page("HS-1/trang 1.png", "bị can khai nhận hành vi");
    desk.page("HS-1/trang 2.png", "kết luận điều tra");
    desk.page("HS-2/trang 1.png", "ngoài dữ liệu chuẩn");
    desk.run_batch().expect(0);
    desk
}

/// What does not depend on where the text came from.
fn counts(said: &Said) -> Vec<Value> {
    let mut lines = said.of_type("page-score");
    for line in &mut lines {
        line.as_object_mut().unwrap().remove("fields");
    }
    lines
}

#[test]
fn an_archive_an_export_and_loose_files_give_the_same_figures() {
    let desk = archive();
    let truth = truth(desk.scratch.path());
    let stored = eval(&truth, &desk.archive).expect(3);
    let pages = stored.of_type("page-score");
    assert_eq!(pages.len(), 3);
    for page in &pages[..2] {
        assert!(page["lacking"].is_null() && page["cer"]["rate"].as_f64().unwrap() < 0.2, "{page}");
    }
    assert_eq!((pages[2]["set"].as_str(), pages[2]["lacking"].as_str()), (Some("HS-9"), Some("hypothesis")));
    assert_eq!(pages[2]["cer"]["rate"], 1.0);
    let total = &stored.of_type("total-score")[0];
    assert_eq!(total["not_compared"], json!(["HS-2"]));
    // nothing of a header is on these pages, so nothing may be read of it; the page that is not there leaves its own open
    assert_eq!(
        total["fields"]["number"],
        json!({"right": 0, "wrong": 0, "unread": 2, "invented": 0, "exact": null})
    );
    assert_eq!(total["fields"]["folio"]["unread"], 2);

    // an export alone, and one among others
    fs::create_dir(desk.path("xuất")).unwrap();
    let export = desk.export("HS-1", "xuất/tuỳ ý");
    for folder in [export.clone(), desk.path("xuất")] {
        let exported = eval(&truth, &folder).expect(3);
        assert_eq!(counts(&exported), counts(&stored));
        assert_eq!(exported.of_type("total-score")[0]["fields"], total["fields"]);
    }
    // ALTO files named by page, as the export has them
    let loose = desk.path("rời");
    for page in 1..=2 {
        let alto = export.join(format!("representations/rep2/metadata/ocr/0001/{page:04}.xml"));
        put(&loose, &format!("HS-1/trang-{page}.alto.xml"), fs::read(alto).unwrap());
    }
    put(&loose, "HS-7/page-0001.txt", "x");
    let said = eval(&truth, &loose).expect(3);
    assert_eq!(counts(&said), counts(&stored));
    assert_eq!(said.of_type("total-score")[0]["not_compared"], json!(["HS-7"]));
    // one text for the whole case file: the same words, no fields
    let text = desk.path("một tệp");
    put(
        &text,
        "HS-1.txt",
        "CỘNG HÒA XÃ HỘI\nbị can khai nhận hành vi\n\u{C}CỘNG HÒA XÃ HỘI kết luận điều tra\n\u{C}",
    );
    let said = eval(&truth, &text).expect(3);
    assert!(
        said.of_type("page-score")[..2].iter().all(|p| p["cer"]["edits"] == 0 && p["fields"] == json!({})),
        "{}",
        said.all()
    );
}

/// Takes the report apart with a parser of XML and prints what a test asks about.
const LOOK: &str = r#"
import sys, json, xml.etree.ElementTree as E
root = E.parse(sys.argv[1]).getroot()
x = '{http://www.w3.org/1999/xhtml}'
names = {e.tag.removeprefix(x) for e in root.iter()}
sources = [e.get('src') or e.get('href') for e in root.iter() if e.get('src') or e.get('href')]
assert not names & {'script', 'link', 'iframe', 'object', 'a'}, names
assert all(s.startswith('data:image/jpeg;base64,') for s in sources), sources
texts = [''.join(e.itertext()) for e in root.iter(x + 'div') if e.get('class') == 'text']
articles = len(list(root.iter(x + 'article')))
json.dump({'texts': texts, 'pictures': len(sources), 'articles': articles, 'lang': root.get('lang'),
           'rows': [''.join(e.itertext()) for e in root.iter(x + 'tr')]}, open(sys.argv[2], 'w'))
"#;

fn report(scratch: &TempDir, args: &[&std::ffi::OsStr], exit: i32) -> Value {
    let (html, json) = (scratch.path().join("báo cáo.html"), scratch.path().join("report.json"));
    run(hoso_command().arg("eval").args(args).arg("--html").arg(&html)).expect(exit);
    python(LOOK, [&html, &json]);
    serde_json::from_slice(&fs::read(&json).unwrap()).unwrap()
}

#[test]
fn the_report_shows_texts_and_pictures_and_runs_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let (truth, read) = (scratch.path().join("truth <i>"), scratch.path().join("read"));
    let evil = "</div><script>alert('x')</script> & \"trích\" \u{3} ]]> <!-- ";
    put(&truth, "trang & 1.txt", format!("{evil} ấy"));
    put(&read, "trang & 1.txt", format!("{evil} ây"));
    put(&truth, "sạch.txt", "không lỗi");
    put(&read, "sạch.txt", "không lỗi");
    crate::support::page(&truth.join("trang & 1.png"), "ảnh");
    let look = report(&scratch, &[truth.as_os_str(), read.as_os_str()], 0);
    // only the page with an error
    assert_eq!(
        (look["articles"].as_u64(), look["pictures"].as_u64(), look["lang"].as_str()),
        (Some(1), Some(1), Some("vi"))
    );
    let shown = evil.replace('\u{3}', "\u{FFFD}");
    assert_eq!(
        look["texts"],
        json!([
            format!("{} ấy", shown.trim()).replace("  ", " "),
            format!("{} ây", shown.trim()).replace("  ", " ")
        ])
    );
    let none = report(&scratch, &[truth.as_os_str(), read.as_os_str(), "--worst".as_ref(), "0".as_ref()], 0);
    assert_eq!(none["articles"], 0);
}

#[test]
fn bad_input_is_named_with_the_next_step() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    let good = put(scratch.path(), "good.txt", "chữ");
    let latin = put(scratch.path(), "latin.txt", b"ch\xf4");
    let broken = put(scratch.path(), "broken.xml", "<alto><Layout>");
    put(&at("a"), "x.txt", "chữ");
    put(&at("b"), "y.txt", "chữ");
    put(&at("twice"), "x.txt", "chữ");
    put(&at("twice"), "x.xml", alto(&["chữ"]));
    put(&at("empty"), "x.csv", "");
    put(&at("old"), "truth.json", json!({"v": 99, "cases": []}).to_string());
    let made = truth(&at("made"));
    put(&at("loose"), "HS-1/abc.txt", "chữ");
    put(&at("loose2"), "HS-1/1.txt", "chữ");
    put(&at("loose2"), "HS-1/01.txt", "chữ");
    put(&at("others"), "XY/1.txt", "chữ");
    let long = put(scratch.path(), "long.txt", "chữ ".repeat(120_000));
    let damaged = truth(&at("damaged"));
    fs::remove_file(damaged.join("HS-1/page-0002.json")).unwrap();
    for (truth, read, exit, named) in [
        (at("nowhere"), good.clone(), 2, "nowhere"),
        (good.clone(), latin, 2, "latin.txt"),
        (good.clone(), broken, 2, "broken.xml"),
        (good.clone(), at("a"), 2, "good.txt"),
        (at("a"), at("b"), 2, "/a"),
        (at("a"), at("twice"), 2, "x.xml"),
        (at("empty"), at("a"), 2, "empty"),
        (at("old"), at("a"), 2, "truth.json"),
        (made.clone(), at("loose"), 2, "abc.txt"),
        (made.clone(), at("loose2"), 2, "01.txt"),
        (made, at("others"), 2, "HS-1"),
        (damaged, at("loose2"), 2, "01.txt"),
        (long, good.clone(), 2, "200000"),
    ] {
        for (lang, hint) in [("vi", "gợi ý:"), ("en", "hint:")] {
            let said = run(hoso_command().args(["eval", "--lang", lang]).arg(&truth).arg(&read)).expect(exit);
            assert!(
                said.err.contains(named) && said.err.contains(hint) && said.out.is_empty(),
                "{}",
                said.all()
            );
        }
    }
    let said = run(hoso_command().arg("eval").arg(&good).arg(&good).arg("--html").arg(&good)).expect(2);
    assert!(said.err.contains("good.txt"), "{}", said.all());
    assert_eq!(fs::read_to_string(&good).unwrap(), "chữ");
    hoso(["eval", "chỉ một"]).expect(2);
}
