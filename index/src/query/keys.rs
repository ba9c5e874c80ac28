//! Forms in which particulars are compared, in the index and in questions.

use vitext::{fold_ascii, nfc, syllable, tokens};

/// A case code as it is compared in filters: folded, lower case.
pub(crate) fn case_key(code: &str) -> String {
    fold_ascii(&nfc(code)).to_lowercase()
}

/// A bút lục as it is compared: folded, lower case, no leading zeros, no white space.
pub(crate) fn folio_key(label: &str) -> String {
    let key: String = fold_ascii(&nfc(label)).to_lowercase().split_whitespace().collect();
    let trimmed = key.trim_start_matches('0');
    if trimmed.starts_with(|c: char| c.is_ascii_digit()) { trimmed.to_owned() } else { key }
}

/// The number a bút lục starts with.
pub(crate) fn folio_number(label: &str) -> Option<u64> {
    let digits = label.find(|c: char| !c.is_ascii_digit()).unwrap_or(label.len());
    label[..digits].parse().ok()
}

/// The words of a name, folded.
pub(crate) fn folded_words(name: &str) -> Vec<String> {
    tokens(&nfc(name)).map(|token| syllable::folded(token.text)).collect()
}
