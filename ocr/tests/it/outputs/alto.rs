use super::judges::{run, text};
use super::material::{SIZE, block_of, line_of};
use crate::provided::suite;
use ocr::alto::{self, AltoFacts, Source, Step};
use record::{BlockKind, Mark, PageNo, PageOutcome, PageText, Sha256, Turn, UnrecognisedReason};

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
    let mark = block_of(BlockKind::Mark(Mark::default()), vec![line_of(&["ĐẾN"], 900, 100, 140)]);
    let unrecognised = |size, reason| PageOutcome::Unrecognised { size, reason };
    let upright = PageText { size: SIZE, turn: Turn::Upright, blocks: vec![body.clone()] };
    let lying = |turn| upright.laid(turn);
    vec![
        PageOutcome::Text(lying(Turn::Right)),
        PageOutcome::Text(lying(Turn::Half)),
        PageOutcome::Text(lying(Turn::Left)),
        PageOutcome::Text(PageText { size: SIZE, turn: Turn::Upright, blocks: vec![body, mark] }),
        PageOutcome::Text(PageText {
            size: SIZE,
            turn: Turn::Upright,
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
    let schemas = suite("xsd");
    let dir = tempfile::tempdir().unwrap();
    // The published schema imports xlink by its address; offline it is the copy beside it.
    let schema = std::fs::read_to_string(schemas.join("alto-4-4.xsd")).unwrap();
    let address = "http://www.loc.gov/standards/xlink/xlink.xsd";
    assert!(schema.contains(address));
    std::fs::write(dir.path().join("alto.xsd"), schema.replace(address, "xlink.xsd")).unwrap();
    std::fs::copy(schemas.join("xlink.xsd"), dir.path().join("xlink.xsd")).unwrap();
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
    let expected = super::material::read_page(&picture, SIZE);
    let boxes = |page: &PageText| page.words().map(|w| (w.text.clone(), w.bbox)).collect::<Vec<_>>();
    assert_eq!(boxes(page), boxes(&expected));
    assert!(read.facts.steps.iter().any(|step| step.software.starts_with("tesseract")));
}

mod any {
    //! Whatever a page holds, it comes back; whatever a file holds, nothing breaks.

    use super::{alto, facts};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use record::{
        Block, BlockKind, Line, Mark, MarkInk, MarkKind, PageOutcome, PageSize, PageText, PxBox, Turn, Word,
    };

    fn bbox() -> impl Strategy<Value = PxBox> {
        (0..40_000u32, 0..40_000u32, 0..9_000u32, 0..9_000u32).prop_map(|(left, top, w, h)| PxBox {
            left,
            top,
            right: left + w,
            bottom: top + h,
        })
    }

    fn word() -> impl Strategy<Value = Word> {
        let text = "[^\\s\\p{Cc}\u{FFFE}\u{FFFF}]{1,12}".prop_map(|text| vitext::nfc(&text).into_owned());
        (text, bbox(), 0..=100u8).prop_map(|(text, bbox, confidence)| Word::new(text, bbox, confidence))
    }

    fn line() -> impl Strategy<Value = Line> {
        (bbox(), 0..50_000u32, 0..50_000u32, vec(word(), 0..6)).prop_map(|(bbox, left, right, words)| Line {
            bbox,
            baseline: (left, right),
            words,
        })
    }

    fn page() -> impl Strategy<Value = PageText> {
        let mark = (0..MarkKind::ALL.len(), 0..MarkInk::ALL.len())
            .prop_map(|(kind, ink)| Mark { kind: MarkKind::ALL[kind], ink: MarkInk::ALL[ink] });
        let kind = prop_oneof![Just(BlockKind::Body), mark.prop_map(BlockKind::Mark)];
        let block =
            (kind, bbox(), vec(line(), 0..4)).prop_map(|(kind, bbox, lines)| Block { kind, bbox, lines });
        let size = (1..60_000u32, 1..60_000u32, 1..2_400u32)
            .prop_map(|(width_px, height_px, dpi)| PageSize { width_px, height_px, dpi });
        (size, 0..4usize, vec(block, 0..4)).prop_map(|(size, turn, blocks)| {
            // without a block there is nothing that lies turned
            let turn = if blocks.is_empty() { Turn::Upright } else { Turn::ALL[turn] };
            PageText { size, turn, blocks }
        })
    }

    proptest! {
        #[test]
        fn page_round_trips(page in page()) {
            let outcome = PageOutcome::Text(page);
            let file = alto::read(alto::write(&facts(), &outcome).as_bytes()).unwrap();
            prop_assert_eq!(file.outcome, outcome);
            prop_assert_eq!(file.facts, facts());
        }

        #[test]
        fn damaged_file_is_an_error_or_a_page(page in page(), at in any::<prop::sample::Index>(), with in any::<u8>()) {
            let mut bytes = alto::write(&facts(), &PageOutcome::Text(page)).into_bytes();
            let idx = at.index(bytes.len() - 1);
            bytes[idx] = with;
            let _ = alto::read(&bytes);
            bytes.truncate(idx);
            prop_assert!(alto::read(&bytes).is_err());
        }
    }
}
