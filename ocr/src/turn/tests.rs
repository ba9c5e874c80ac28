use super::*;

/// A page of `lines` rows of bars like letters, no two rows alike.
fn rows(width: u32, height: u32, lines: u32) -> Grey<'static> {
    let mut pixels = vec![255; (width * height) as usize];
    let mut dice = 7_u32;
    for line in 0..lines {
        let top = 150 + line * 50;
        let mut left = 150;
        while left < width - 200 {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (wide, tall) = (5 + dice % 13, 20 + 8 * (dice >> 9 & 1));
            for y in top..top + tall {
                pixels[(y * width + left) as usize..][..wide as usize].fill(20);
            }
            // now and then a word ends
            left += wide + if dice >> 12 & 7 == 0 { 16 } else { 4 };
        }
    }
    Grey::new(width, height, pixels)
}

#[test]
fn pixels_turn_exactly() {
    // 1 2 3
    // 4 5 6
    let page = [1, 2, 3, 4, 5, 6];
    let grey = |turn| turned_pixels::<1>(&page, 3, 2, turn);
    assert_eq!(grey(Turn::Upright), page);
    assert_eq!(grey(Turn::Right), [4, 1, 5, 2, 6, 3]);
    assert_eq!(grey(Turn::Half), [6, 5, 4, 3, 2, 1]);
    assert_eq!(grey(Turn::Left), [3, 6, 2, 5, 1, 4]);
    let colour: Vec<u8> = page.iter().flat_map(|&v| [v, v + 10, v + 20]).collect();
    let right = turned_pixels::<3>(&colour, 3, 2, Turn::Right);
    assert_eq!(right[..6], [4, 14, 24, 1, 11, 21]);
    // larger than the squares it goes by, and back again
    let page: Vec<u8> = (0..150 * 131_u32).map(|v| (v % 251) as u8).collect();
    for turn in Turn::ALL {
        let (w, h) = if turn.is_sideways() { (131, 150) } else { (150, 131) };
        let there = turned_pixels::<1>(&page, 150, 131, turn);
        assert_eq!(turned_pixels::<1>(&there, w, h, turn.back()), page);
    }
}

#[test]
fn rows_tell_sideways_from_upright() {
    let page = rows(1240, 1754, 25);
    for turn in Turn::ALL {
        let look = Look::at(&turned_grey(&page, turn), 150);
        assert_eq!(seems_sideways(&look), turn.is_sideways(), "{turn:?}");
        // leaning by three degrees it is the same
        let leaning = crate::clean::rotate::levelled(&turned_grey(&page, turn), 3.0);
        assert_eq!(seems_sideways(&Look::at(&leaning, 150)), turn.is_sideways(), "{turn:?} leaning");
    }
}

#[test]
fn a_grid_of_letters_and_a_few_words_are_not_sideways() {
    let mut pixels = vec![255; 1240 * 1754];
    for (x, y) in (0..40_usize).flat_map(|x| (0..40_usize).map(move |y| (x, y))) {
        for row in 0..16 {
            pixels[(150 + y * 24 + row) * 1240 + 150 + x * 24..][..16].fill(0);
        }
    }
    assert!(!seems_sideways(&Look::at(&Grey::new(1240, 1754, pixels), 150)));
    let few = turned_grey(&rows(1240, 1754, 1), Turn::Right);
    assert!(!seems_sideways(&Look::at(&few, 150)));
}

#[test]
fn lines_are_found_on_the_page_as_it_lies() {
    let page = rows(1240, 1754, 3);
    let size = |grey: &Grey<'_>| PageSize { width_px: grey.width, height_px: grey.height, dpi: 150 };
    // where a row is cut in two depends on the side one begins at; how far the rows reach does not
    let rows_of = |lying: &Grey<'_>, turn: Turn| {
        let found = longest_lines(&Look::at(lying, 150), turn, size(lying));
        let mut found: Vec<PxBox> = found.iter().map(|b| turn.bbox(*b, size(lying))).collect();
        found.sort_by_key(|b| b.top + b.bottom);
        let same_row = |a: &PxBox, b: &PxBox| b.top + 20 < a.bottom;
        found.chunk_by(same_row).map(PxBox::around).collect::<Vec<_>>()
    };
    let upright = rows_of(&page, Turn::Upright);
    assert!(upright.len() == 3 && upright.iter().all(|b| b.height() < 70 && b.width() > 800), "{upright:?}");
    for turn in [Turn::Right, Turn::Half, Turn::Left] {
        let found = rows_of(&turned_grey(&page, turn.back()), turn);
        assert_eq!(found.len(), 3, "{turn:?}: {found:?}");
        for (a, b) in found.iter().zip(&upright) {
            let near = |a: u32, b: u32| a.abs_diff(b) <= 12;
            let same = near(a.left, b.left) && near(a.right, b.right) && near(a.top, b.top);
            assert!(same && near(a.bottom, b.bottom), "{turn:?}: {a:?} {b:?}");
        }
    }
}

#[test]
fn syllables_and_numbers_are_plausible() {
    for word in ["nghiêng", "Trưởng,", "QUYẾT", "15.000.000", "người", "Huế", "(giấy)", "yêu", "36"]
    {
        assert!(is_plausible(word), "{word}");
    }
    for word in ["ướưoq", "jeOW", "oộub", "ndb", "IeÁnuo"] {
        assert!(!is_plausible(word), "{word}");
    }
}
