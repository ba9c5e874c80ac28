//! What a person decides for a batch; without a decision nothing is sealed that lacks something, and nothing stored is changed.

use record::Official;

/// Whether two names are those of one person, as far as names tell: letters without marks, in any case and spacing. Names are
/// what was typed, until there are accounts.
pub(crate) fn is_same_person(one: &Official, other: &Official) -> bool {
    words(one) == words(other)
}

/// The words of a name, folded.
fn words(who: &Official) -> Vec<String> {
    let text = vitext::fold_ascii(&vitext::nfc(who.as_str())).to_lowercase();
    text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The same, where one of the names may have an office before or behind it and the other stands in a certificate: a name of two
/// words or more within another is that person. What stands behind a comma is no name: it may be the agency that signs.
pub(crate) fn is_same_signer(one: &Official, other: &Official) -> bool {
    let person = |who: &Official| {
        let name = who.as_str().split([',', ';', '(']).next().unwrap_or_default();
        Official::new(name.trim()).unwrap_or_else(|_| who.clone())
    };
    let (one_words, other_words) = (words(&person(one)), words(&person(other)));
    let (short, long) = match one_words.len() <= other_words.len() {
        true => (one_words, other_words),
        false => (other_words, one_words),
    };
    let is_within = short.len() >= 2 && long.windows(short.len()).any(|part| *part == *short);
    is_same_person(one, other) || short == long || is_within
}

/// The decisions of the person at the batch.
#[derive(Debug, Clone, Default)]
pub struct Decisions {
    /// What to do with case files of which something cannot be received.
    pub incomplete: Incomplete,
    /// What to do with case files that bear secrecy stamps.
    pub stamps: Stamps,
    /// What to do with stored case files that come again with something else in them; without it their stored version stands.
    pub correction: Option<Correction>,
}

/// What to do with a case file of which something cannot be received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Incomplete {
    /// It waits: what was received stays in the spool, nothing is packed or sealed.
    #[default]
    Wait,
    /// It is sealed without what is missing, and says so: a person decided that.
    Seal,
}

/// What to do with a case file a page of which bears a secrecy stamp, though it was declared thường.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stamps {
    /// It waits: nothing of it is packed, sealed or indexed until a person takes the paper out, declares its secrecy, or
    /// says that the stamps were checked.
    #[default]
    Hold,
    /// A person looked at the pages named and decided that they may enter.
    Checked,
}

/// Stored case files are corrected: what came now becomes their next version; earlier ones stay readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Why, in the words of whoever decided it; not empty.
    pub reason: String,
    /// Who decided it.
    pub by: Official,
    /// The next version may lack files that the one before holds.
    pub may_remove: bool,
}
