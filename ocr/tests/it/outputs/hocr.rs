use super::judges::{run, text};
use super::material::{SIZE, block_of, line_of};
use ocr::hocr::{self, HocrPage};
use record::{BlockKind, Mark, PageOutcome, PageText, Turn, UnrecognisedReason};

#[test]
fn hocr_is_well_formed_and_holds_text_boxes_and_confidence() {
    let body = block_of(BlockKind::Body, vec![line_of(&["Điều", "<1>"], 100, 100, 140)]);
    let mark = block_of(BlockKind::Mark(Mark::default()), vec![line_of(&["ĐẾN"], 900, 100, 140)]);
    let page = PageOutcome::Text(PageText { size: SIZE, turn: Turn::Upright, blocks: vec![body, mark] });
    let none = PageOutcome::Unrecognised { size: None, reason: UnrecognisedReason::TimedOut };
    let pages = [HocrPage { image: "a \"b\".jpg", outcome: &page }, HocrPage { image: "c", outcome: &none }];
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("page.hocr");
    std::fs::write(&file, hocr::write(&pages, "hoso 0.1.0")).unwrap();
    let ask = |path: &str| run("xmllint", &["--nonet", "--xpath", path, text(&file)]).trim().to_owned();
    let by_class = |class: &str| format!("//*[@class='{class}']");
    assert_eq!(ask(&format!("count({})", by_class("ocr_page"))), "2");
    assert_eq!(ask(&format!("string(({})[2])", by_class("ocrx_word"))), "<1>");
    assert_eq!(
        ask(&format!("string(({})[2]/@title)", by_class("ocrx_word"))),
        "bbox 230 100 340 140; x_wconf 91"
    );
    assert_eq!(ask(&format!("string({}/@title)", by_class("ocr_textfloat"))), "bbox 900 100 1010 140");
    let title = ask(&format!("string(({})[1]/@title)", by_class("ocr_line")));
    assert_eq!(title, "bbox 100 100 340 140; baseline 0.00000 -8");
    let title = ask(&format!("string(({})[1]/@title)", by_class("ocr_page")));
    assert_eq!(ask(&format!("count({})", by_class("ocr_par"))), "2");
    assert_eq!(title, r#"image "a \"b\".jpg"; bbox 0 0 1654 2339; scan_res 200 200; ppageno 0"#);
}

/// A line that ends early ends its paragraph; each has the box of its own lines, and ids are none twice.
#[test]
fn a_block_of_two_paragraphs_has_two_in_hocr() {
    let long = ["Viện", "kiểm", "sát", "nhân", "dân", "tỉnh"];
    let lines = vec![
        line_of(&long, 100, 100, 140),
        line_of(&long[..2], 100, 160, 200),
        line_of(&long, 100, 220, 260),
    ];
    let page = PageOutcome::Text(PageText {
        size: SIZE,
        turn: Turn::Upright,
        blocks: vec![block_of(BlockKind::Body, lines)],
    });
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("page.hocr");
    std::fs::write(&file, hocr::write(&[HocrPage { image: "a", outcome: &page }], "hoso 0.1.0")).unwrap();
    let ask = |path: &str| run("xmllint", &["--nonet", "--xpath", path, text(&file)]).trim().to_owned();
    let lines_of = |no: usize| ask(&format!("count((//*[@class='ocr_par'])[{no}]/*[@class='ocr_line'])"));
    assert_eq!(
        (ask("count(//*[@class='ocr_par'])"), lines_of(1), lines_of(2)),
        ("2".into(), "2".into(), "1".into())
    );
    assert!(ask("string((//*[@class='ocr_par'])[2]/@title)").starts_with("bbox 100 220 "));
    assert_eq!(ask("count(//@id[. = preceding::*/@id])"), "0");
}
