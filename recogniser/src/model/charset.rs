//! The alphabet: what each character is (unicharset), and which output of the network stands for it (recoder).

use super::{Bytes, ModelError};

const MAX_CHARACTERS: usize = 8192;
const DIGIT: u32 = 8;
/// Scripts whose words are not divided by spaces: their search differs.
const WITHOUT_SPACES: [&str; 5] = ["Han", "Thai", "Hangul", "Hiragana", "Katakana"];

/// The character id of the space.
pub(crate) const SPACE: u16 = 0;
/// "No character": what the null code stands for.
pub(crate) const NO_CHARACTER: u16 = u16::MAX;

#[derive(Debug, Clone)]
pub(crate) struct Charset {
    /// By character id.
    texts: Vec<String>,
    digit: Vec<bool>,
    /// Code to character id; the null code gives `NO_CHARACTER`.
    id_of_code: Vec<u16>,
    /// Where a code stands in the order in which the reference tries them.
    pub(crate) rank_of_code: Vec<u16>,
    /// The codes in that order.
    pub(crate) codes_in_order: Vec<u16>,
    pub(crate) null_code: u16,
}

impl Charset {
    /// How many character ids there are.
    pub(crate) fn size(&self) -> usize {
        self.texts.len()
    }

    pub(crate) fn classes(&self) -> usize {
        self.id_of_code.len()
    }

    pub(crate) fn id(&self, code: u16) -> u16 {
        self.id_of_code[usize::from(code)]
    }

    pub(crate) fn text(&self, id: u16) -> &str {
        &self.texts[usize::from(id)]
    }

    pub(crate) fn is_digit(&self, id: u16) -> bool {
        self.digit[usize::from(id)]
    }

    pub(crate) fn alphabet(&self) -> impl Iterator<Item = &str> {
        self.id_of_code.iter().filter(|id| **id != NO_CHARACTER).map(|id| self.text(*id))
    }
}

pub(crate) fn charset(
    unicharset: &[u8],
    recoder: &[u8],
    null_code: usize,
    classes: usize,
) -> Result<Charset, ModelError> {
    let (texts, digit, foreign_script) = characters(unicharset)?;
    let codes = codes(recoder, texts.len())?;
    if let Some(script) = foreign_script {
        return Err(ModelError::Script(script));
    }
    if null_code >= classes {
        return Err(ModelError::BadAlphabet("the null code is not an output of the network"));
    }
    if codes.first() != Some(&0) || null_code == 0 {
        return Err(ModelError::BadAlphabet("the space has not the code 0"));
    }
    let mut id_of_code = vec![NO_CHARACTER; classes];
    let mut codes_in_order: Vec<u16> = Vec::with_capacity(classes);
    let mut rank_of_code = vec![u16::MAX; classes];
    for (id, &code) in codes.iter().enumerate() {
        let place = id_of_code
            .get_mut(usize::from(code))
            .ok_or(ModelError::BadAlphabet("a code is not an output of the network"))?;
        let first_use = rank_of_code[usize::from(code)] == u16::MAX;
        if first_use {
            rank_of_code[usize::from(code)] = codes_in_order.len() as u16;
            codes_in_order.push(code);
        }
        if usize::from(code) != null_code {
            if !first_use {
                return Err(ModelError::BadAlphabet("two characters share a code"));
            }
            *place = id as u16;
        }
    }
    if codes_in_order.len() != classes {
        return Err(ModelError::BadAlphabet("an output of the network stands for nothing"));
    }
    let null_code = null_code as u16;
    Ok(Charset { texts, digit, id_of_code, rank_of_code, codes_in_order, null_code })
}

/// Texts, whether they are digits, and the first script that is written without spaces.
type Characters = (Vec<String>, Vec<bool>, Option<String>);

/// The unicharset: a count, then one line for each character: text, properties (hexadecimal), sometimes a list of
/// measures, script and more.
fn characters(bytes: &[u8]) -> Result<Characters, ModelError> {
    let part = "unicharset";
    let text = std::str::from_utf8(bytes).map_err(|_| ModelError::NotText { part })?;
    let mut lines = text.lines();
    let count: usize = lines
        .next()
        .and_then(|l| l.trim().parse().ok())
        .filter(|n| (3..=MAX_CHARACTERS).contains(n))
        .ok_or(ModelError::BadAlphabet("its first line is not a number of characters"))?;
    let (mut texts, mut digit) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut foreign_script = None;
    for id in 0..count {
        let line = lines.next().ok_or(ModelError::Truncated { part })?;
        let mut fields = line.split_ascii_whitespace();
        let text = fields.next().ok_or(ModelError::BadAlphabet("an empty line"))?;
        let properties = fields.next().and_then(|p| u32::from_str_radix(p, 16).ok());
        let properties =
            properties.ok_or(ModelError::BadAlphabet("a line without properties in hexadecimal"))?;
        let script = fields.find(|field| !field.contains(','));
        if let Some(script) = script.filter(|s| WITHOUT_SPACES.contains(s)) {
            foreign_script.get_or_insert_with(|| script.to_owned());
        }
        texts.push(if id == usize::from(SPACE) { " ".to_owned() } else { text.to_owned() });
        digit.push(properties & DIGIT != 0);
    }
    Ok((texts, digit, foreign_script))
}

/// The recoder: for each character id its code.
fn codes(bytes: &[u8], characters: usize) -> Result<Vec<u16>, ModelError> {
    let mut bytes = Bytes::new(bytes, "recoder");
    let count = bytes.length(MAX_CHARACTERS)?;
    if count != characters {
        return Err(ModelError::BadAlphabet("unicharset and recoder differ in length"));
    }
    let mut codes = Vec::with_capacity(count);
    for _ in 0..count {
        let _self_normalised = bytes.i8()?;
        match bytes.count(9)? {
            1 => codes.push(bytes.count(MAX_CHARACTERS)? as u16),
            0 => return Err(ModelError::BadAlphabet("a character without a code")),
            _ => return Err(ModelError::CodeSequences),
        }
    }
    Ok(codes)
}
