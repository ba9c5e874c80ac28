//! A line model as it lies on disk (`*.traineddata` of Tesseract 4 and 5): the container, the network, the alphabet and
//! the three word graphs. Every size is checked before memory is asked for, nesting is limited, and only the one shape of
//! network this crate computes is accepted: any other model is refused by name, never read half.

mod bytes;
mod charset;
mod dawg;
mod layers;

pub(crate) use charset::Charset;
pub(crate) use charset::{NO_CHARACTER, SPACE};
pub(crate) use dawg::{Dawg, Dictionary, Position, Step as DictionaryStep, permuter};
pub(crate) use layers::{FEATURES, INPUT_HEIGHT, Lstm, Matrix, Network};

use bytes::Bytes;
use sha2::{Digest, Sha256};

/// Largest model accepted, in bytes. Tesseract's own are 0.5 to 15 MB.
pub const MAX_MODEL_BYTES: usize = 64 << 20;
/// More components than this mean a file of the other byte order or another kind.
const MAX_COMPONENTS: usize = 64;
const LSTM: usize = 17;
const PUNCTUATION: usize = 18;
const WORDS: usize = 19;
const NUMBERS: usize = 20;
const UNICHARSET: usize = 21;
const RECODER: usize = 22;
/// The component [`LSTM`] in messages.
const NETWORK: &str = "network";

/// Why bytes are not a model this crate can compute. None of them gets better by trying again.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    #[error("the model has {0} bytes; at most {MAX_MODEL_BYTES} are read")]
    TooLarge(usize),
    #[error("not a little-endian traineddata file: {0} components announced")]
    NotAModel(u32),
    #[error("the model has no {part}")]
    Missing { part: &'static str },
    #[error("the model's {part} ends too early")]
    Truncated { part: &'static str },
    #[error("the model's {part} holds the number {value}, which is out of range")]
    OutOfRange { part: &'static str, value: i64 },
    #[error("the model's {part} holds bytes that are not UTF-8")]
    NotText { part: &'static str },
    #[error("the model's network nests deeper than {0} layers")]
    TooDeep(usize),
    #[error("the model's network has a layer of the unknown kind `{0}`")]
    UnknownLayer(String),
    #[error("the model's network has another shape than the one supported: {0}")]
    Topology(&'static str),
    #[error("the model is a float model; only models made int8 (tessdata_fast) are supported")]
    FloatModel,
    #[error("the model's matrices are of a format older than Tesseract 4")]
    OldMatrix,
    #[error("the model's weights do not fit: {0}")]
    BadWeights(&'static str),
    #[error("the model's alphabet is damaged: {0}")]
    BadAlphabet(&'static str),
    #[error("the model's alphabet has no table of codes, as those older than Tesseract 4")]
    OldAlphabet,
    #[error("the model writes characters as sequences of codes, which is not supported")]
    CodeSequences,
    #[error("the model is for the script {0}, which is written without spaces and not supported")]
    Script(String),
    #[error("the model's {part} is damaged: {what}")]
    BadDawg { part: &'static str, what: &'static str },
}

/// A model in memory, checked throughout. Costs about 1 MB and, for `vie`, some milliseconds to read.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) network: Network,
    pub(crate) charset: Charset,
    pub(crate) dictionary: Option<Dictionary>,
    /// Seed of the noise that surrounds a line (`line::noise`), from the training header.
    pub(crate) sample_iteration: i32,
    sha256: [u8; 32],
}

impl ModelError {
    /// Whether the bytes are no sound model of any kind, rather than one of another kind, which Tesseract itself may read:
    /// damaged, cut short, no model at all. Damage that looks like another kind cannot be told from it, for the format has no
    /// checksums.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::TooLarge(_)
            | Self::NotAModel(_)
            | Self::Truncated { .. }
            | Self::OutOfRange { .. }
            | Self::NotText { .. }
            | Self::TooDeep(_)
            | Self::UnknownLayer(_)
            | Self::BadWeights(_)
            | Self::BadAlphabet(_)
            | Self::BadDawg { .. } => true,
            // models of Tesseract 3 have none
            Self::Missing { part } => *part != NETWORK,
            Self::Topology(_)
            | Self::FloatModel
            | Self::OldMatrix
            | Self::OldAlphabet
            | Self::CodeSequences
            | Self::Script(_) => false,
        }
    }
}

impl Model {
    /// Reads a whole `traineddata` file.
    ///
    /// # Errors
    /// The bytes are damaged, or are a model of another shape: float weights, other layers, multi-code alphabets, scripts
    /// written without spaces.
    pub fn parse(bytes: &[u8]) -> Result<Model, ModelError> {
        if bytes.len() > MAX_MODEL_BYTES {
            return Err(ModelError::TooLarge(bytes.len()));
        }
        let components = components(bytes)?;
        let need = |index: usize, part: &'static str| {
            components.get(index).copied().flatten().ok_or(ModelError::Missing { part })
        };
        let mut lstm = Bytes::new(need(LSTM, NETWORK)?, NETWORK);
        let network = layers::network(&mut lstm)?;
        let header = layers::training_header(&mut lstm)?;
        let charset = charset::charset(
            need(UNICHARSET, "unicharset")?,
            need(RECODER, "recoder")?,
            header.null_code,
            network.softmax.rows,
        )?;
        let dawg = |index: usize, part: &'static str| match components.get(index).copied().flatten() {
            Some(bytes) => Dawg::parse(bytes, part, charset.size()).map(Some),
            None => Ok(None),
        };
        let dictionary = Dictionary::new(
            dawg(PUNCTUATION, "punctuation graph")?,
            dawg(WORDS, "word graph")?,
            dawg(NUMBERS, "number graph")?,
        );
        let sha256 = Sha256::digest(bytes).into();
        Ok(Model { network, charset, dictionary, sample_iteration: header.sample_iteration, sha256 })
    }

    /// Digest of the file, to be kept beside everything read with it.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// What the model can write, in the order of its codes: single characters, some of them of more than one code point,
    /// beginning with the space.
    pub fn alphabet(&self) -> impl Iterator<Item = &str> {
        self.charset.alphabet()
    }
}

/// The components by index; each ends where the next present one starts.
fn components(bytes: &[u8]) -> Result<Vec<Option<&[u8]>>, ModelError> {
    let mut header = Bytes::new(bytes, "table of components");
    let count = header.u32()?;
    if count == 0 || count as usize > MAX_COMPONENTS {
        return Err(ModelError::NotAModel(count));
    }
    let offsets = (0..count).map(|_| header.i64()).collect::<Result<Vec<i64>, _>>()?;
    let mut end = bytes.len();
    let mut parts = vec![None; offsets.len()];
    for (part, offset) in parts.iter_mut().zip(&offsets).rev() {
        if *offset == -1 {
            continue;
        }
        let start = usize::try_from(*offset).ok().filter(|s| *s <= end);
        let start = start.ok_or(ModelError::OutOfRange { part: "table of components", value: *offset })?;
        *part = Some(&bytes[start..end]);
        end = start;
    }
    Ok(parts)
}
