use super::*;
use crate::pdf::{PdfInfo, PdfWriter};

const DPI: u32 = 300;
const PAGE: PageSize = PageSize { width_px: 400, height_px: 200, dpi: DPI };
const WORD: PxBox = PxBox { left: 50, top: 40, right: 190, bottom: 90 };
const DARK: [u8; 3] = [30, 30, 35];
const PAPER: [u8; 3] = [238, 230, 210];

/// Six strokes, and a dot of 4 by 4 pixels below the third: the smallest thing that tells one word from another.
fn is_stroke(x: u32, y: u32) -> bool {
    (50..180).contains(&x) && (45..80).contains(&y) && (x - 50) % 22 < 5 || is_dot(x, y)
}

fn is_dot(x: u32, y: u32) -> bool {
    (95..99).contains(&x) && (85..89).contains(&y)
}

fn raster(mut colour: impl FnMut(u32, u32) -> [u8; 3]) -> PageRaster {
    let places = (0..PAGE.height_px).flat_map(|y| (0..PAGE.width_px).map(move |x| (x, y)));
    let pixels = places.flat_map(|(x, y)| colour(x, y)).collect();
    PageRaster::from_pixels(PAGE, 3, false, pixels)
}

fn printed() -> PageRaster {
    raster(|x, y| if is_stroke(x, y) { DARK } else { PAPER })
}

fn text(words: &[PxBox]) -> PageText {
    let words: Vec<record::Word> = words.iter().map(|bbox| record::Word::new("lại", *bbox, 90)).collect();
    let bbox = PxBox::around(words.iter().map(|word| &word.bbox));
    let line = record::Line { bbox, baseline: (80, 80), words };
    let block = record::Block { kind: record::BlockKind::Body, bbox, lines: vec![line] };
    PageText { size: PAGE, turn: record::Turn::Upright, blocks: vec![block] }
}

/// The words at which the page differs when its mask holds this instead.
fn changed_with(mask: impl Fn(u32, u32) -> bool) -> usize {
    let raster = printed();
    let pixels = Pixels::of(&raster);
    let honest = mask::Print::of(&pixels, &[WORD], DPI);
    let background = Background::of(&pixels, &honest.ink, DPI);
    let mut ink = jbig2::Bitmap::white(PAGE.width_px, PAGE.height_px);
    for y in 0..PAGE.height_px {
        (0..PAGE.width_px).filter(|x| mask(*x, y)).for_each(|x| ink.ink(x, y));
    }
    let print = mask::Print { ink, ..honest };
    let layers = Layers { print: &print, background: &background, pieces: Vec::new() };
    check::changed_words(&pixels, &[WORD], DPI, &layers).len()
}

#[test]
fn print_becomes_the_mask_and_the_paper_below_it_is_even() {
    let raster = printed();
    let pixels = Pixels::of(&raster);
    let print = mask::Print::of(&pixels, &[WORD], DPI);
    for y in 0..PAGE.height_px {
        for x in 0..PAGE.width_px {
            assert_eq!(print.ink.is_ink(x, y), is_stroke(x, y), "{x}, {y}");
        }
    }
    assert_eq!(print.rgb, DARK);
    let background = Background::of(&pixels, &print.ink, DPI);
    assert!(
        background.bytes.chunks_exact(3).all(|cell| cell == PAPER),
        "nothing of the print shines through"
    );
}

#[test]
fn a_dot_that_goes_or_comes_is_noticed_and_a_pixel_is_not() {
    assert_eq!(changed_with(is_stroke), 0);
    assert_eq!(changed_with(|x, y| is_stroke(x, y) && !is_dot(x, y)), 1, "a dot went");
    assert_eq!(
        changed_with(|x, y| is_stroke(x, y) || (139..143).contains(&x) && (85..89).contains(&y)),
        1,
        "a dot came"
    );
    assert_eq!(changed_with(|x, y| is_stroke(x, y) && !(94..100).contains(&x)), 1, "a stroke went");
    assert_eq!(changed_with(|x, y| is_stroke(x + 1, y)), 0, "one pixel to the left is within the tolerance");
    assert_eq!(changed_with(|x, y| is_stroke(x + 4, y)), 1, "four are not");
    assert_eq!(changed_with(|x, y| is_stroke(x, y) && (x, y) != (95, 85)), 0, "a corner of the dot");
}

#[test]
fn coloured_ink_stays_out_of_the_mask_unless_the_page_is_written_in_it() {
    let seal = |x: u32, y: u32| (100..300).contains(&x) && (20..150).contains(&y) && (x + y) % 40 < 12;
    let sealed = raster(|x, y| match (is_stroke(x, y), seal(x, y)) {
        (true, _) => DARK,
        (false, true) => [205, 40, 50],
        _ => PAPER,
    });
    let print = mask::Print::of(&Pixels::of(&sealed), &[WORD], DPI);
    assert!(
        (0..PAGE.height_px).all(|y| (0..PAGE.width_px).all(|x| print.ink.is_ink(x, y) == is_stroke(x, y)))
    );
    let layers = CompactPicture::of(&sealed, &[], Some(&text(&[WORD]))).unwrap();
    assert!(layers.mask.is_some() && layers.background.is_some());
    let blue = [60, 70, 170];
    let carbon = raster(|x, y| if is_stroke(x, y) { blue } else { PAPER });
    let print = mask::Print::of(&Pixels::of(&carbon), &[WORD], DPI);
    assert!(print.ink.is_ink(52, 60));
    assert_eq!(print.rgb, blue);
}

#[test]
fn where_layers_cannot_show_a_word_a_piece_of_the_original_does() {
    // Two colours, thin and close together: the stamp's half would be a blur at 150 dpi.
    let thin = |x: u32, y: u32| (20..380).contains(&x) && (20..180).contains(&y) && x % 5 < 2;
    let stamped = raster(|x, y| match (thin(x, y), x < 220) {
        (true, true) => DARK,
        (true, false) => [70, 60, 180],
        _ => PAPER,
    });
    let layers = CompactPicture::of(&stamped, &[], Some(&text(&[PAGE.bounds()])));
    assert_eq!(layers, Err(NotCompact::Changed { words: vec![PAGE.bounds()] }), "the whole page is no piece");
    let small = PxBox { left: 180, top: 44, right: 232, bottom: 81 };
    let layers = CompactPicture::of(&stamped, &[], Some(&text(&[small]))).unwrap();
    assert_eq!(layers.pieces.len(), 1);
    let (bbox, jpeg) = &layers.pieces[0];
    assert_eq!((bbox.width(), bbox.height()), (jpeg.width_px, jpeg.height_px));
    assert!(bbox.left < small.left && bbox.right > small.right);
}

#[test]
fn without_words_the_whole_page_is_compared() {
    // Hair lines, and no word: a drawing.
    let drawn = raster(|x, y| if (x + y) % 7 == 0 && x > 60 { [90, 90, 100] } else { PAPER });
    assert!(matches!(CompactPicture::of(&drawn, &[], None), Err(NotCompact::Changed { .. })));
    let broad = raster(|x, y| if (x + y) % 80 < 30 { DARK } else { PAPER });
    let layers = CompactPicture::of(&broad, &[], None).unwrap();
    assert!(layers.mask.is_none() && layers.background.is_some());
}

#[test]
fn annotations_are_part_of_the_page() {
    let bbox = PxBox { left: 380, top: 190, right: 420, bottom: 230 };
    let patch = Patch { bbox, rgb: [0, 0, 255].repeat(40 * 40) };
    let layers = CompactPicture::of(&printed(), &[patch], Some(&text(&[WORD]))).unwrap();
    let background = Background::decode(layers.background.as_ref().unwrap()).unwrap();
    let [r, g, b] = background.rgb(390, 195);
    assert!(r < 40 && g < 40 && b > 200, "{r} {g} {b}: over the page's edge, what is inside is shown");
}

#[test]
fn whatever_the_page_is_it_is_put_in_layers_or_refused() {
    let whole = |size: PageSize| size.bounds();
    let sizes = [(1, 1), (1, 300), (30_000, 200), (2, 2), (301, 303)];
    for (width_px, height_px) in sizes {
        for dpi in [1, 72, 200, 300, 600, 1200] {
            let size = PageSize { width_px, height_px, dpi };
            let pixels = (width_px * height_px) as usize;
            let outside = PxBox { left: width_px + 5, top: 0, right: width_px + 50, bottom: 9 };
            let words = text(&[whole(size), outside, PxBox::default()]);
            for (channels, value) in [(1, 255), (1, 0), (3, 0), (3, 200)] {
                let raster = PageRaster::from_pixels(
                    size,
                    channels,
                    false,
                    vec![value; pixels * usize::from(channels)],
                );
                let layers = CompactPicture::of(&raster, &[], Some(&words)).unwrap();
                assert!(layers.mask.is_none(), "nothing stands out on an even page");
            }
            let bilevel = (0..pixels).map(|at| if at % 3 == 0 { 0 } else { 255 }).collect();
            let raster = PageRaster::from_pixels(size, 1, true, bilevel);
            let layers = CompactPicture::of(&raster, &[], None).unwrap();
            assert!(layers.background.is_none() && layers.mask.is_some());
        }
    }
}

#[test]
fn a_page_too_small_for_pdf_is_an_error_here_as_well() {
    let raster = PageRaster::from_pixels(PageSize { width_px: 1, height_px: 1, dpi: 300 }, 1, true, vec![0]);
    let layers = CompactPicture::of(&raster, &[], None).unwrap();
    let created = "2026-03-01T02:03:04Z".parse().unwrap();
    let info = PdfInfo { title: "", created, producer: "", id: [0; 16] };
    let mut pdf = PdfWriter::new(Vec::new(), &info).unwrap();
    assert!(matches!(
        pdf.compact_page(&layers, None, None),
        Err(crate::pdf::PdfError::PageSize { page: 1, .. })
    ));
}
