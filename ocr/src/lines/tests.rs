use super::*;
use record::Word;

/// Capitals of the pages below, in pixels; small letters are 20 high and 14 wide, words 40 apart.
const CAPITAL: f32 = 28.0;
const SIZE: (u32, u32) = (1650, 2340);

fn piece(left: u32, top: u32, width: u32, height: u32) -> Component {
    Component { left, top, right: left + width, bottom: top + height, area: width * height / 2 }
}

/// Small letters with their feet at a height, in words of five.
fn row(left: u32, foot: u32, letters: u32) -> Vec<Component> {
    (0..letters).map(|n| piece(left + n * 17 + n / 5 * 12, foot - 20, 14, 20)).collect()
}

/// `rows` rows across the page, 50 px apart.
fn page(rows: u32) -> Vec<Component> {
    (0..rows).flat_map(|n| row(200, 300 + n * 50, 60)).collect()
}

fn found(pieces: &[Component]) -> Option<Vec<PxBox>> {
    let blocks = of_plain_print(pieces, CAPITAL, SIZE)?;
    Some(blocks.into_iter().flatten().map(|line| line.area).collect())
}

#[test]
fn every_row_is_a_line_with_its_marks() {
    let mut pieces = page(30);
    // the tone mark of the first letter of the second row, the dot below that of the third, the full stop of the fourth
    pieces.extend([
        piece(203, 318, 8, 6),
        piece(204, 403, 5, 5),
        piece(1500, 446, 4, 4),
        piece(1370, 446, 4, 4),
    ]);
    let lines = found(&pieces).unwrap();
    assert_eq!(lines.len(), 30);
    assert!(lines[1].top <= 318 - 5 && lines[0].bottom <= 318, "{:?}", &lines[..2]);
    assert!(lines[2].bottom >= 408 + 5, "{:?}", lines[2]);
    assert_eq!(
        (lines[3].right, lines[4].right),
        (1374 + 3, 1349 + 3),
        "what stands far away is no part of it"
    );
    // a row of small letters has the height of a full one
    assert!(lines[5].height() > 28 && lines[5].height() < 50, "{:?}", lines[5]);
}

#[test]
fn dots_lead_from_word_to_word() {
    let mut pieces = page(20);
    pieces.extend([row(200, 1350, 10), row(900, 1350, 10)].concat());
    // 4 x 4 px every 12 px between the two, and before a word below
    pieces.extend((0..41).map(|n| piece(396 + n * 12, 1346, 4, 4)));
    pieces.extend((0..30).map(|n| piece(200 + n * 12, 1396, 4, 4)));
    pieces.extend(row(562, 1400, 12));
    let lines = found(&pieces).unwrap();
    assert_eq!(lines.len(), 22);
    assert!(lines[20].left < 200 && lines[20].right > 1070, "{lines:?}");
    assert!(lines[21].left < 200 && lines[21].right > 770, "{lines:?}");
}

#[test]
fn a_blot_parts_no_row() {
    let mut pieces = page(20);
    pieces.retain(|p| !(p.bottom == 500 && p.left == 200 + 31 * 17 + 6 * 12));
    pieces.push(piece(200 + 31 * 17 + 6 * 12, 468, 16, 22));
    let lines = found(&pieces).unwrap();
    assert_eq!(lines.len(), 20);
    assert!(lines.iter().all(|line| line.width() > 1100), "{lines:?}");
}

#[test]
fn a_row_that_falls_is_followed() {
    // 0.4°: half a line over the width of the page
    let pieces: Vec<Component> =
        page(20).into_iter().map(|p| piece(p.left, p.top + p.left / 143, 14, 20)).collect();
    let blocks = of_plain_print(&pieces, CAPITAL, SIZE).unwrap();
    let lines: Vec<&FoundLine> = blocks.iter().flatten().collect();
    assert_eq!(lines.len(), 20);
    assert!((lines[0].baseline.1 - lines[0].baseline.0 - 8.2).abs() < 1.0, "{:?}", lines[0].baseline);
}

#[test]
fn cells_side_by_side_are_lines_of_one_row_and_columns_are_not_plain() {
    let beside = |rows: u32| -> Vec<Component> {
        let row = |n: u32| [row(200, 300 + n * 50, 25), row(900, 300 + n * 50, 25)].concat();
        (0..rows).flat_map(row).chain((rows..30).flat_map(|n| row_across(300 + n * 50))).collect()
    };
    let header = found(&beside(6)).unwrap();
    assert_eq!(header.len(), 36);
    assert!(header[0].right < header[1].left && header[1].top == header[0].top);
    assert_eq!(found(&beside(20)), None);
    // with a narrow gutter, too
    let narrow =
        |n: u32| [row(200, 300 + n * 50, 30), row(200 + 30 * 17 + 5 * 12 + 20, 300 + n * 50, 30)].concat();
    assert_eq!(found(&(0..30).flat_map(narrow).collect::<Vec<_>>()), None);
}

#[test]
fn columns_whose_lines_stand_at_other_heights_are_columns() {
    let staggered = |n: u32| [row(200, 300 + n * 50, 25), row(900, 325 + n * 50, 25)].concat();
    assert_eq!(found(&(0..20).flat_map(staggered).collect::<Vec<_>>()), None);
    let looser = |n: u32| [row(200, 300 + n * 50, 25), row(900, 300 + n * 47, 25)].concat();
    assert_eq!(found(&(0..24).flat_map(looser).collect::<Vec<_>>()), None);
    // a list of receivers beside an office and a name
    let mut signed = page(20);
    signed.extend((0..7).flat_map(|n| row(200, 1400 + n * 42, 20)));
    signed.extend([row(900, 1400, 20), row(900, 1450, 20), row(900, 1690, 20)].concat());
    assert_eq!(found(&signed).map(|lines| lines.len()), Some(30));
}

/// Small letters of 7 pt below print of 13 pt, or of any other height.
fn notes(letter: u32, rows: u32) -> Vec<Component> {
    let line = |n: u32| (0..60).map(move |at| piece(200 + at * 12, 1400 + n * 27 - letter, 8, letter));
    (0..rows).flat_map(line).collect()
}

#[test]
fn small_print_is_read_in_its_own_height_or_left_to_layout() {
    // capitals of 15 px on the foot among small letters of 11
    let mut pieces = [page(20), notes(11, 2)].concat();
    pieces
        .extend((0..2).flat_map(|n| (0..12).map(move |at| piece(190 + at * 60, 1400 + n * 27 - 15, 8, 15))));
    let lines = found(&pieces).unwrap();
    let small: Vec<&PxBox> = lines.iter().filter(|line| line.top > 1350).collect();
    assert_eq!(small.len(), 2);
    assert!(small[1].top >= 1400, "nothing of the note above: {small:?}");
    assert_eq!(found(&[page(20), notes(9, 6)].concat()), None, "rows that nothing sees");
}

#[test]
fn bars_and_large_titles_are_left_to_layout() {
    let bar = Component { area: 2000 * 35, ..piece(200, 1500, 1000, 45) };
    assert_eq!(found(&[page(20), vec![Component { area: 1000 * 45 * 8 / 10, ..bar }]].concat()), None);
    let title = (0..12).map(|n| piece(200 + n * 110, 60, 90, 120)).collect();
    assert_eq!(found(&[page(20), title].concat()), None);
}

#[test]
fn a_drop_cap_and_a_stroke_make_no_line_taller() {
    let mut pieces = page(20);
    pieces.retain(|p| p.left > 290 || !(300..=400).contains(&p.bottom));
    pieces.extend([piece(200, 310, 70, 90), piece(1180, 470, 3, 95)]);
    let lines = found(&pieces).unwrap();
    assert!(lines.iter().filter(|l| l.width() > 200).all(|l| l.height() < 110), "{lines:?}");
    assert!(
        lines.iter().any(|l| l.left > 280 && l.top > 330 && l.bottom < 420),
        "the line beside the drop cap: {lines:?}"
    );
}

#[test]
fn a_map_of_ten_thousand_letters_costs_little() {
    let scattered: Vec<Component> =
        (0..14_000).map(|n| piece(n * 7919 % 4000, n * 104_729 % 5000, 14, 20)).collect();
    assert_eq!(of_plain_print(&scattered, CAPITAL, (4100, 5100)), None);
    let more: Vec<Component> = (0..60_000).map(|n| piece(n % 2000 * 20, n / 2000 * 50, 14, 20)).collect();
    assert_eq!(of_plain_print(&more, CAPITAL, (40_000, 2000)), None);
}

#[test]
fn a_page_number_is_a_line_and_lines_end_with_the_picture() {
    let mut pieces = page(20);
    pieces.extend([piece(800, 100, 14, 27), piece(0, 2310, 14, 30)]);
    pieces.extend((1..40).map(|n| piece(n * 17, 2310, 14, 30)));
    let lines = found(&pieces).unwrap();
    assert_eq!(lines.len(), 22);
    assert!(lines[0].left < 800 && lines[0].right > 814);
    assert_eq!((lines[21].left, lines[21].bottom), (0, SIZE.1));
}

fn row_across(foot: u32) -> Vec<Component> {
    row(200, foot, 60)
}

#[test]
fn drawings_and_scattered_letters_are_not_plain() {
    let mut drawn = page(20);
    drawn.push(Component { area: 300_000, ..piece(200, 1500, 900, 700) });
    assert_eq!(found(&drawn), None);
    let mut scattered = page(10);
    scattered.extend((0..40).map(|n| piece(100 + n % 8 * 190, 1000 + n / 8 * 130, 14, 20)));
    assert_eq!(found(&scattered), None);
    assert_eq!(found(&row(200, 300, 30)), None, "too little to tell");
    assert_eq!(found(&[]), None);
}

#[test]
fn words_get_the_boxes_of_their_letters() {
    let blocks = of_plain_print(&page(10), CAPITAL, SIZE).unwrap();
    let word = |left, right| Word::new("ngày", PxBox { left, top: 0, right, bottom: 2000 }, 90);
    let read =
        Line { bbox: PxBox::default(), baseline: (0, 0), words: vec![word(190, 290), word(1400, 1420)] };
    let line = blocks[0][1].read_as(read);
    assert_eq!(line.words[0].bbox, PxBox { left: 200, top: 330, right: 282, bottom: 350 });
    assert_eq!(line.words[1].bbox.bottom, 2000, "no letter there");
    assert_eq!(line.baseline, (350, 350));
}
