//! Pages that are nearly the same, by comparing each with each: docs/format/index.md, "Fingerprint".

use super::sheets::Sheet;

/// A page with fewer words has none.
const LEAST_WORDS: usize = 24;
/// Bits that may differ.
const MOST_BITS: u32 = 12;

pub(crate) fn fingerprint(sheet: &Sheet) -> Option<u64> {
    let words: Vec<&str> = sheet.body().iter().map(|seen| seen.read.folded.as_str()).collect();
    if words.len() < LEAST_WORDS {
        return None;
    }
    let hashes: Vec<u64> = words.windows(4).map(hash).collect();
    let has_most = |bit: &u32| 2 * hashes.iter().filter(|hash| *hash >> bit & 1 == 1).count() > hashes.len();
    Some((0..64).filter(has_most).map(|bit| 1 << bit).sum())
}

/// FNV-1a of the words, each closed by a zero byte, and the last steps of SplitMix64.
fn hash(words: &[&str]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
    let hash = bytes.fold(14_695_981_039_346_656_037_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(1_099_511_628_211)
    });
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// The pages among `sheets` that are nearly the same as one of them, itself left out: the closest first.
pub(crate) fn similar<'a>(of: &Sheet, sheets: &[&'a Sheet]) -> Vec<&'a Sheet> {
    let Some(own) = fingerprint(of) else { return Vec::new() };
    let others = sheets.iter().filter(|sheet| (&sheet.case, sheet.no) != (&of.case, of.no));
    let mut close: Vec<(u32, &Sheet)> = Vec::new();
    for sheet in others {
        let Some(other) = fingerprint(sheet) else { continue };
        let shares_a_byte = own.to_le_bytes().iter().zip(other.to_le_bytes()).any(|(a, b)| *a == b);
        let bits = (own ^ other).count_ones();
        if shares_a_byte && bits <= MOST_BITS {
            close.push((bits, sheet));
        }
    }
    close.sort_by(|a, b| (a.0, &a.1.case, a.1.no).cmp(&(b.0, &b.1.case, b.1.no)));
    close.into_iter().map(|(_, sheet)| sheet).collect()
}
