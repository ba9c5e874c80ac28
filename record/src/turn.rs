use crate::{PageSize, PageText, PxBox};

/// How far a page as displayed has to be turned clockwise so that its text can be read.
///
/// A page fed head first lies [`Turn::Half`]; one whose lines run from bottom to top needs [`Turn::Right`], one whose
/// lines run from top to bottom [`Turn::Left`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Turn {
    /// Not at all: lines run from left to right.
    #[default]
    Upright,
    /// 90 degrees.
    Right,
    /// 180 degrees.
    Half,
    /// 270 degrees.
    Left,
}

impl Turn {
    /// All of them, by degrees.
    pub const ALL: [Self; 4] = [Self::Upright, Self::Right, Self::Half, Self::Left];

    /// 0, 90, 180 or 270, clockwise.
    pub fn degrees(self) -> u32 {
        match self {
            Self::Upright => 0,
            Self::Right => 90,
            Self::Half => 180,
            Self::Left => 270,
        }
    }
    /// From whole quarters of a circle; `None` for any other angle.
    pub fn from_degrees(degrees: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|turn| turn.degrees() == degrees)
    }
    /// What undoes it.
    pub fn back(self) -> Self {
        match self {
            Self::Right => Self::Left,
            Self::Left => Self::Right,
            same => same,
        }
    }
    /// Whether width and height change places.
    pub fn is_sideways(self) -> bool {
        matches!(self, Self::Right | Self::Left)
    }
    /// A page's size after the turn.
    pub fn size(self, size: PageSize) -> PageSize {
        if self.is_sideways() {
            PageSize { width_px: size.height_px, height_px: size.width_px, ..size }
        } else {
            size
        }
    }
    /// Where a box of a page of `size` lies after the turn: exact, undone by [`Self::back`] on the turned size. What
    /// reaches beyond the page is cut off.
    pub fn bbox(self, b: PxBox, size: PageSize) -> PxBox {
        let (w, h) = (size.width_px, size.height_px);
        let (x, y) = (|px: u32| w.saturating_sub(px), |px: u32| h.saturating_sub(px));
        match self {
            Self::Upright => b,
            Self::Right => PxBox { left: y(b.bottom), top: b.left, right: y(b.top), bottom: b.right },
            Self::Half => PxBox { left: x(b.right), top: y(b.bottom), right: x(b.left), bottom: y(b.top) },
            Self::Left => PxBox { left: b.top, top: x(b.right), right: b.bottom, bottom: x(b.left) },
        }
    }
}

impl PageText {
    /// The same text on the page turned as it is read: [`Turn::Upright`], with boxes and baselines of that page.
    pub fn upright(&self) -> Self {
        let (turn, from) = (self.turn, self.size);
        // the lines of the turned page count from the side that comes to lie at its top
        let level = |at: u32| match turn {
            Turn::Upright | Turn::Right => at,
            Turn::Half => from.height_px.saturating_sub(at),
            Turn::Left => from.width_px.saturating_sub(at),
        };
        self.moved(turn, Turn::Upright, level)
    }

    /// Undoes [`Self::upright`]: this text, read on a page that had been turned by `turn`, on the page as it lies.
    pub fn laid(&self, turn: Turn) -> Self {
        let level = |at: u32| match turn {
            Turn::Upright | Turn::Right => at,
            Turn::Half | Turn::Left => self.size.height_px.saturating_sub(at),
        };
        self.moved(turn.back(), turn, level)
    }

    fn moved(&self, by: Turn, turn: Turn, level: impl Fn(u32) -> u32) -> Self {
        let mut text = Self { size: by.size(self.size), turn, blocks: self.blocks.clone() };
        let moved = |b: &mut PxBox| *b = by.bbox(*b, self.size);
        for block in &mut text.blocks {
            moved(&mut block.bbox);
            for line in &mut block.lines {
                moved(&mut line.bbox);
                line.baseline = (level(line.baseline.0), level(line.baseline.1));
                line.words.iter_mut().for_each(|word| moved(&mut word.bbox));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, BlockKind, Line};

    const SIZE: PageSize = PageSize { width_px: 100, height_px: 60, dpi: 300 };

    #[test]
    fn a_box_turns_with_its_page() {
        // a box near the top left corner goes to the top right, the bottom right, the bottom left corner
        let b = PxBox { left: 10, top: 5, right: 30, bottom: 12 };
        let at = |turn: Turn| {
            let PxBox { left, top, right, bottom } = turn.bbox(b, SIZE);
            [left, top, right, bottom]
        };
        assert_eq!(at(Turn::Upright), [10, 5, 30, 12]);
        assert_eq!(at(Turn::Right), [48, 10, 55, 30]);
        assert_eq!(at(Turn::Half), [70, 48, 90, 55]);
        assert_eq!(at(Turn::Left), [5, 70, 12, 90]);
        for turn in Turn::ALL {
            assert_eq!(turn.back().bbox(turn.bbox(b, SIZE), turn.size(SIZE)), b);
            assert_eq!(Turn::from_degrees(turn.degrees()), Some(turn));
        }
        assert_eq!(Turn::from_degrees(45), None);
    }

    #[test]
    fn laid_text_is_read_where_it_was() {
        let bbox = PxBox { left: 10, top: 5, right: 30, bottom: 12 };
        let line = Line { bbox, baseline: (11, 10), words: Vec::new() };
        let block = Block { kind: BlockKind::Body, bbox, lines: vec![line] };
        let read = PageText { size: SIZE, turn: Turn::Upright, blocks: vec![block] };
        // upright page 100 x 60; as it lies: baseline from the top for lines along the page, from the left for others
        for (turn, size, baseline) in [
            (Turn::Upright, (100, 60), (11, 10)),
            (Turn::Right, (60, 100), (11, 10)),
            (Turn::Half, (100, 60), (49, 50)),
            (Turn::Left, (60, 100), (49, 50)),
        ] {
            let lying = read.laid(turn);
            assert_eq!((lying.size.width_px, lying.size.height_px), size);
            assert_eq!(lying.turn, turn);
            assert_eq!(lying.blocks[0].lines[0].baseline, baseline, "{turn:?}");
            assert_eq!(lying.upright(), read);
        }
    }
}
