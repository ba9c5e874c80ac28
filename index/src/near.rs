//! Pages that are nearly the same: scanned twice, copied, one form filled in anew.
//!
//! A page's fingerprint is a simhash (Charikar 2002) of 64 bits over the folded words of its body, four at a time: the more of these
//! two pages share, the fewer bits differ. Eight bits at a time are terms, so that an engine finds pages that share some.

use crate::analysis::PageToken;

/// Bits that may differ. Half of them do by chance, give or take four.
pub(crate) const DISTANCE: u32 = 12;

/// Words that a page needs to be compared: short ones are alike by chance.
const LEAST_WORDS: usize = 24;

/// Words taken together.
const SHINGLE: usize = 4;

/// `None` for a page with little text.
pub(crate) fn fingerprint(tokens: &[PageToken]) -> Option<u64> {
    let words: Vec<&str> =
        tokens.iter().filter(|token| token.stream == 0).map(|token| token.token.folded.as_str()).collect();
    if words.len() < LEAST_WORDS {
        return None;
    }
    let mut votes = [0i32; 64];
    for shingle in words.windows(SHINGLE) {
        let hash = hash(shingle);
        for (bit, vote) in votes.iter_mut().enumerate() {
            *vote += if hash >> bit & 1 == 1 { 1 } else { -1 };
        }
    }
    let bits = votes.iter().enumerate().filter(|(_, vote)| **vote > 0);
    Some(bits.fold(0, |found, (bit, _)| found | 1 << bit))
}

/// The terms of a fingerprint.
pub(crate) fn bands(fingerprint: u64) -> impl Iterator<Item = String> {
    fingerprint.to_le_bytes().into_iter().enumerate().map(|(band, bits)| format!("{band}:{bits:02x}"))
}

/// FNV-1a over the words, each closed by a byte that none has, then mixed as in SplitMix64: FNV alone leaves the upper bits of
/// short texts alike.
fn hash(words: &[&str]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in words.iter().flat_map(|word| word.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ hash >> 31
}
