use super::judges::{run, suites, text};
use super::material::{SIZE, block_of, line_of};
use ocr::alto::{self, AltoFacts, Source, Step};
use record::{BlockKind, PageNo, PageOutcome, PageText, Sha256, UnrecognisedReason};

fn facts() -> AltoFacts {
    AltoFacts {
        page: PageNo::new(12).unwrap(),
        folio: Some("45a".into()),
        source: Source {
            file_name: "Hồ sơ 12/trang 1.jpg".into(),
            sha256: Some(Sha256([0xAB; 32])),
            page_of_file: Some(1),
        },
        steps: vec![Step {
            description: "recognition".into(),
            settings: "channel=red\nworking-dpi=200".into(),
            software: "tesseract".into(),
            version: "5.3.0".into(),
            when: Some("2026-03-01T02:03:04Z".parse().unwrap()),
        }],
    }
}

fn outcomes() -> Vec<PageOutcome> {
    let body = block_of(BlockKind::Body, vec![line_of(&["Điều", "\"1\"", "<&>"], 100, 100, 140)]);
    let mark = block_of(BlockKind::Mark, vec![line_of(&["ĐẾN"], 900, 100, 140)]);
    let unrecognised = |size, reason| PageOutcome::Unrecognised { size, reason };
    vec![
        PageOutcome::Text(PageText { size: SIZE, blocks: vec![body, mark] }),
        PageOutcome::Text(PageText {
            size: SIZE,
            blocks: vec![
                block_of(BlockKind::Body, vec![]),
                block_of(BlockKind::Body, vec![line_of(&[], 1, 2, 3)]),
            ],
        }),
        PageOutcome::Blank(SIZE),
        unrecognised(Some(SIZE), UnrecognisedReason::TimedOut),
        unrecognised(None, UnrecognisedReason::Undecodable("cut off".into())),
    ]
}

#[test]
fn the_schema_of_alto_4_4_accepts_every_outcome() {
    let Some(suites) = suites() else { return };
    let dir = tempfile::tempdir().unwrap();
    // The published schema imports xlink by its address; offline it is the copy beside it.
    let schema = std::fs::read_to_string(suites.join("xsd/alto-4-4.xsd")).unwrap();
    let address = "http://www.loc.gov/standards/xlink/xlink.xsd";
    assert!(schema.contains(address));
    std::fs::write(dir.path().join("alto.xsd"), schema.replace(address, "xlink.xsd")).unwrap();
    std::fs::copy(suites.join("xsd/xlink.xsd"), dir.path().join("xlink.xsd")).unwrap();
    for outcome in outcomes() {
        let file = dir.path().join("page.xml");
        std::fs::write(&file, alto::write(&facts(), &outcome)).unwrap();
        run("xmllint", &["--nonet", "--noout", "--schema", text(&dir.path().join("alto.xsd")), text(&file)]);
    }
}

#[test]
fn what_is_written_is_read_back() {
    for outcome in outcomes() {
        let file = alto::read(alto::write(&facts(), &outcome).as_bytes()).unwrap();
        assert_eq!(file.facts, facts());
        assert_eq!(file.outcome, outcome);
    }
}

#[test]
fn the_alto_of_the_tesseract_program_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let picture = dir.path().join("page.png");
    super::material::draw_page(&picture, 0.0);
    let xml = run("tesseract", &[text(&picture), "stdout", "-l", "vie", "--psm", "4", "alto"]);
    let read = alto::read(xml.as_bytes()).unwrap();
    let page = read.outcome.text().expect("it has text");
    assert_eq!((page.size.width_px, page.size.height_px), (SIZE.width_px, SIZE.height_px));
    let expected = super::material::read_page(&picture);
    let boxes = |page: &PageText| page.words().map(|w| (w.text.clone(), w.bbox)).collect::<Vec<_>>();
    assert_eq!(boxes(page), boxes(&expected));
    assert!(read.facts.steps.iter().any(|step| step.software.starts_with("tesseract")));
}
