//! Plain text: lines as on the page, blocks parted by an empty line, pages by a form feed.

use record::{Line, PageText};

/// The body of a page, ending with a line break unless it is empty; marks (stamps, seals) after it when asked
/// for, parted by an empty line like blocks.
pub fn write(text: &PageText, with_marks: bool) -> String {
    let of_kind = |mark| text.blocks.iter().filter(move |block| block.kind.is_mark() == mark);
    let body = of_kind(false);
    let marks = of_kind(true).filter(|_| with_marks);
    let blocks: Vec<String> = body
        .chain(marks)
        .map(|block| block.lines.iter().map(Line::text).collect::<Vec<_>>().join("\n"))
        .filter(|block| !block.is_empty())
        .collect();
    if blocks.is_empty() { String::new() } else { blocks.join("\n\n") + "\n" }
}

/// Several pages, each ended by a form feed, so that the n-th form feed ends page n. A page without text is
/// there, empty.
pub fn write_pages<'a>(pages: impl IntoIterator<Item = Option<&'a PageText>>, with_marks: bool) -> String {
    pages.into_iter().map(|text| text.map_or(String::new(), |t| write(t, with_marks)) + "\u{C}").collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{Block, BlockKind, Mark, PageSize, PxBox, Turn, Word};

    #[test]
    fn marks_come_last_or_not_at_all() {
        let word = |text: &str| Word::new(text, PxBox::default(), 90);
        let line = |text: &str| Line {
            bbox: PxBox::default(),
            baseline: (0, 0),
            words: text.split(' ').map(word).collect(),
        };
        let block = |kind, lines: &[&str]| Block {
            kind,
            bbox: PxBox::default(),
            lines: lines.iter().map(|l| line(l)).collect(),
        };
        let text = PageText {
            size: PageSize { width_px: 10, height_px: 10, dpi: 300 },
            turn: Turn::Upright,
            blocks: vec![
                block(BlockKind::Mark(Mark::default()), &["ĐẾN"]),
                block(BlockKind::Body, &["Điều 1", "Khởi tố"]),
                block(BlockKind::Body, &["Điều 2"]),
            ],
        };
        assert_eq!(write(&text, false), "Điều 1\nKhởi tố\n\nĐiều 2\n");
        assert_eq!(write(&text, true), "Điều 1\nKhởi tố\n\nĐiều 2\n\nĐẾN\n");
        assert_eq!(write_pages([None, Some(&text)], false), "\u{C}Điều 1\nKhởi tố\n\nĐiều 2\n\u{C}");
    }
}
