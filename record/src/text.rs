use crate::{Mark, PageSize, PxBox, Turn};

/// What was read on one page, in reading order. Text is NFC and stored as read; boxes are pixels of the page as
/// displayed; confidence is 0–100.
#[derive(Debug, Clone, PartialEq)]
pub struct PageText {
    /// The page the boxes refer to.
    pub size: PageSize,
    /// How the page has to be turned for its text to be read. Boxes stay those of the page as displayed.
    pub turn: Turn,
    /// Blocks in reading order.
    pub blocks: Vec<Block>,
}

/// A paragraph or column of text, or a mark over it.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Body text or a mark (stamp, seal).
    pub kind: BlockKind,
    /// Around all its lines.
    pub bbox: PxBox,
    /// Lines in reading order, from top to bottom of the page as it is read.
    pub lines: Vec<Line>,
}

/// Whether a block belongs to the text of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// The document's own text.
    Body,
    /// A stamp, seal or number put over it later: kept and searchable, never part of the body text. A seal whose text
    /// could not be read has no lines, only its box.
    Mark(Mark),
}

impl BlockKind {
    /// Whether it is a mark of any kind.
    pub fn is_mark(self) -> bool {
        matches!(self, Self::Mark(_))
    }
}

/// One line of print.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Around all its words.
    pub bbox: PxBox,
    /// Where the baseline is at the line's beginning and at its end, in pixels of the page as displayed: counted from the
    /// page's top where lines run along it ([`Turn::Upright`], begin left; [`Turn::Half`], begin right), from its left
    /// side where they run across ([`Turn::Right`], begin at the bottom; [`Turn::Left`], begin at the top). The line
    /// begins and ends where its box does.
    pub baseline: (u32, u32),
    /// Words in reading order.
    pub words: Vec<Word>,
}

/// One word: what stands between spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As read, NFC, without white space.
    pub text: String,
    /// Around its ink.
    pub bbox: PxBox,
    /// 0–100: from the engine, how sure it is; on a page that was read, how likely a word of the body is right.
    pub confidence: u8,
    /// What else may stand there, the likeliest first; mostly none. Never part of the text.
    pub alternatives: Vec<Alternative>,
}

/// Another reading of a word, or a suggestion: for the index and for people who review. The text stays as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// The whole word, NFC, without white space.
    pub text: String,
    /// How likely it is beside the word's other readings, 0–100.
    pub score: u8,
    /// Where it comes from.
    pub source: AlternativeSource,
}

/// Who says that a word may be another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlternativeSource {
    /// The recogniser's next choices for its characters.
    Recogniser,
    /// The same line on another sampling of the page.
    Sampling,
    /// The digits' witness, the `eng` model, reads another number: the number is doubtful.
    Digits,
    /// A letter that the model cannot print (ỵ), in a syllable that is known to have it.
    Lexicon,
    /// The same base letters with other marks, likelier between the words beside it.
    Bigram,
}

impl AlternativeSource {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Recogniser, Self::Sampling, Self::Digits, Self::Lexicon, Self::Bigram];

    /// A stable word for files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Recogniser => "recogniser",
            Self::Sampling => "sampling",
            Self::Digits => "digits",
            Self::Lexicon => "lexicon",
            Self::Bigram => "bigram",
        }
    }

    /// From its code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

impl Word {
    /// A word without alternatives.
    pub fn new(text: impl Into<String>, bbox: PxBox, confidence: u8) -> Self {
        Self { text: text.into(), bbox, confidence, alternatives: Vec::new() }
    }
}

impl PageText {
    /// All words in reading order, marks included.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        self.blocks.iter().flat_map(|b| &b.lines).flat_map(|l| &l.words)
    }
    /// Words of the body in reading order.
    pub fn body_words(&self) -> impl Iterator<Item = &Word> {
        self.blocks.iter().filter(|b| b.kind == BlockKind::Body).flat_map(|b| &b.lines).flat_map(|l| &l.words)
    }
    /// The body: words joined by spaces, lines by `\n`, blocks by an empty line.
    pub fn body(&self) -> String {
        let block = |b: &Block| b.lines.iter().map(Line::text).collect::<Vec<_>>().join("\n");
        let body = self.blocks.iter().filter(|b| b.kind == BlockKind::Body);
        body.map(block).collect::<Vec<_>>().join("\n\n")
    }
    /// Mean confidence of the body's words, weighted by their characters; `None` without words.
    pub fn confidence(&self) -> Option<f32> {
        let (mut sum, mut chars) = (0.0, 0.0);
        for word in self.body_words() {
            let n = word.text.chars().count() as f32;
            sum += n * f32::from(word.confidence);
            chars += n;
        }
        (chars > 0.0).then(|| sum / chars)
    }
}

impl Line {
    /// Its words joined by spaces.
    pub fn text(&self) -> String {
        self.words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// What came of a page. A page that could not be read never looks blank.
#[derive(Debug, Clone, PartialEq)]
pub enum PageOutcome {
    /// Text was found.
    Text(PageText),
    /// No print on it (an empty back page, a ghost of the other side).
    Blank(PageSize),
    /// Something is on it that could not be read, or reading failed.
    Unrecognised {
        /// Pixels of the page, where they could be had.
        size: Option<PageSize>,
        /// Why there is no text.
        reason: UnrecognisedReason,
    },
}

/// Why a page has no text though it is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnrecognisedReason {
    /// Ink, but nothing that reads as text (drawing, photo, handwriting).
    NoTextFound,
    /// The recogniser ran out of its time.
    TimedOut,
    /// The recogniser was ended for using too much memory, or died, twice.
    WorkerDied,
    /// The picture itself cannot be decoded; what the decoder said.
    Undecodable(String),
    /// More pixels than the limit.
    TooManyPixels,
}

impl UnrecognisedReason {
    /// A stable word for ledgers and reports.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoTextFound => "no-text-found",
            Self::TimedOut => "timed-out",
            Self::WorkerDied => "worker-died",
            Self::Undecodable(_) => "undecodable",
            Self::TooManyPixels => "too-many-pixels",
        }
    }
}

impl PageOutcome {
    /// Its text, if it has any.
    pub fn text(&self) -> Option<&PageText> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
    /// A stable word for ledgers and reports.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Blank(_) => "blank",
            Self::Unrecognised { .. } => "unrecognised",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, confidence: u8) -> Word {
        Word::new(text, PxBox { left: 0, top: 0, right: 10, bottom: 10 }, confidence)
    }

    #[test]
    fn marks_stay_out_of_the_body() {
        let line = |words: Vec<Word>| Line { bbox: PxBox::default(), baseline: (10, 10), words };
        let block = |kind, lines| Block { kind, bbox: PxBox::default(), lines };
        let text = PageText {
            size: PageSize { width_px: 100, height_px: 100, dpi: 300 },
            turn: Turn::Upright,
            blocks: vec![
                block(
                    BlockKind::Body,
                    vec![line(vec![word("CÁO", 90), word("TRẠNG", 60)]), line(vec![word("Số", 96)])],
                ),
                block(BlockKind::Mark(Mark::default()), vec![line(vec![word("MẬT", 99)])]),
            ],
        };
        assert_eq!(text.body(), "CÁO TRẠNG\nSố");
        assert_eq!(text.words().count(), 4);
        assert_eq!(text.confidence(), Some((3.0 * 90.0 + 5.0 * 60.0 + 2.0 * 96.0) / 10.0));
    }
}
