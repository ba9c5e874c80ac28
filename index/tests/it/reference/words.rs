//! Words, and the forms in which they are compared: by rules of its own, after docs/format/index.md.

use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];

/// A word in its forms.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) written: String,
    /// Its letters without any mark.
    letters: String,
    /// The same with i for y where that makes no difference.
    pub(crate) folded: String,
    /// Its letters without the tone.
    toneless: String,
    tone: Option<char>,
}

impl Word {
    pub(crate) fn of(written: &str) -> Self {
        let apart: Vec<char> = written.to_lowercase().nfd().collect();
        let plain = |c: char| if c == 'đ' { 'd' } else { c };
        let letters: String = apart.iter().filter(|c| !is_combining_mark(**c)).map(|c| plain(*c)).collect();
        let folded = match letters.as_str() {
            "hy" | "ky" | "ly" | "my" | "sy" | "ty" => letters.replace('y', "i"),
            _ => letters.clone(),
        };
        Self {
            written: written.to_owned(),
            folded,
            letters,
            toneless: apart.iter().copied().filter(|c| !TONES.contains(c)).nfc().collect(),
            tone: apart.iter().copied().find(|c| TONES.contains(c)),
        }
    }

    /// Whether it has a mark.
    fn is_marked(&self) -> bool {
        self.written.to_lowercase() != self.letters
    }

    /// Whether both are one word with the same marks, wherever the tone is placed.
    pub(crate) fn is_exactly(&self, read: &Word) -> bool {
        (&self.toneless, self.tone) == (&read.toneless, read.tone)
    }

    /// Whether a word begins with these letters, marks and all; the tone may still be to come.
    pub(crate) fn begins_exactly(&self, read: &Word) -> bool {
        read.toneless.starts_with(&self.toneless) && (self.tone.is_none() || self.tone == read.tone)
    }

    /// Whether it begins with these letters, whatever the marks.
    pub(crate) fn begins(&self, read: &Word) -> bool {
        read.folded == self.folded || read.folded.starts_with(&self.letters)
    }
}

fn words(list: &str) -> Vec<Word> {
    list.split_whitespace().map(Word::of).collect()
}

/// Words of pages and questions. Some differ in marks only, some are no syllables and one letter away from one.
pub(crate) static VOCABULARY: LazyLock<Vec<Word>> = LazyLock::new(|| {
    words(
        "tội tôi tối toi t0i án ăn an anx trộm trom trcm cắp kiểm kiếm kiem klem khởi khói khoi tài lý lí linh \
         lynh hoà hòa hoa",
    )
});

/// What a tolerant word may have been misread as, of all words here.
pub(crate) const MISREADINGS: &[(&str, &str)] =
    &[("toi", "t0i"), ("tai", "t0i"), ("an", "anx"), ("trom", "trcm"), ("kiem", "klem")];

/// Of words asked for by their beginning; one has its tone already.
pub(crate) static BEGINNINGS: LazyLock<Vec<Word>> =
    LazyLock::new(|| words("to tr kh ki an ta kl tô tộ ca xx ly li lyn hò"));

/// Page numbers alone on their line.
pub(crate) static PAGE_NUMBERS: LazyLock<Vec<Word>> = LazyLock::new(|| words("2 31"));

/// A lexicon that knows one word for each row of letters, or one that is far commoner than the others.
pub(crate) const LEXICON: &str = "án 900 trộm 300\ncắp 900\nhòa 900\nkhởi 900\nkiểm 900\nkiếm 3\nlý 900\ntội 900\ntối 2\ntrộm 900 cắp 300\n";

static KNOWN: LazyLock<Vec<Word>> = LazyLock::new(|| words("án cắp hòa khởi kiểm lý tội trộm"));

/// The word that one typed without marks likely is, by that lexicon.
pub(crate) fn restored(typed: &Word) -> Option<&'static Word> {
    KNOWN.iter().find(|known| !typed.is_marked() && known.folded == typed.folded)
}

/// Runs of letters and digits, each with what stands before the next one.
pub(crate) fn apart(text: &str) -> Vec<(&str, &str)> {
    let mut pieces = Vec::new();
    let mut rest = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        let next = behind.find(char::is_alphanumeric).unwrap_or(behind.len());
        pieces.push((word, &behind[..next]));
        rest = &behind[next..];
    }
    pieces
}

/// Whether the words of one name stand side by side in another, whatever their marks.
pub(crate) fn stands_in(asked: &str, name: &str) -> bool {
    let folded =
        |name: &str| apart(name).into_iter().map(|(word, _)| Word::of(word).folded).collect::<Vec<_>>();
    let (asked, name) = (folded(asked), folded(name));
    name.windows(asked.len()).any(|part| part == asked)
}
