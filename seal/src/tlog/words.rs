use record::Sha256;

const INITIALS: [&str; 16] =
    ["b", "ch", "d", "đ", "h", "kh", "l", "m", "n", "nh", "ph", "r", "s", "t", "th", "v"];
const RHYMES: [&str; 16] =
    ["a", "am", "an", "ao", "e", "em", "en", "eo", "i", "im", "in", "o", "oi", "on", "u", "un"];

/// The first 128 bits of a root as 16 syllables in four groups, to be read aloud and written by hand in the sealing
/// journal. A byte is a syllable: the high half its initial, the low half its rhyme.
pub fn root_words(root: &Sha256) -> String {
    let syllable =
        |byte: &u8| format!("{}{}", INITIALS[usize::from(byte >> 4)], RHYMES[usize::from(byte & 15)]);
    let groups = root.0[..16].chunks(4).map(|four| four.iter().map(syllable).collect::<Vec<_>>().join(" "));
    groups.collect::<Vec<_>>().join(" - ")
}
