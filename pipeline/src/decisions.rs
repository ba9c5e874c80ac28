//! What a person decides for a batch; without a decision nothing is sealed that lacks something, and nothing stored is changed.

use record::Official;

/// Titles and offices of people, as they stand before or behind a name; longer ones first, folded.
const TITLES: [&str; 31] = [
    "kiem sat vien vien kiem sat nhan dan toi cao",
    "pho thu truong co quan",
    "kiem sat vien trung cap",
    "kiem sat vien cao cap",
    "kiem tra vien cao cap",
    "kiem sat vien so cap",
    "kiem tra vien chinh",
    "pho chanh van phong",
    "chuyen vien chinh",
    "can bo luu tru",
    "pho vien truong",
    "luu tru vien",
    "chanh van phong",
    "pho truong phong",
    "dieu tra vien",
    "kiem sat vien",
    "kiem tra vien",
    "truong phong",
    "vien truong",
    "chuyen vien",
    "tham phan",
    "dong chi",
    "ke toan",
    "thu kho",
    "thu ky",
    "van thu",
    "can bo",
    "ksv",
    "d c",
    "ong",
    "ba",
];

/// Whether two names are those of one person, as far as names tell: letters without marks, in any case and spacing, with or
/// without a title. Names are what was typed, until there are accounts.
pub(crate) fn is_same_person(one: &Official, other: &Official) -> bool {
    without_titles(words(one.as_str())) == without_titles(words(other.as_str()))
}

/// The words of a text, folded.
fn words(text: &str) -> Vec<String> {
    let text = vitext::fold_ascii(&vitext::nfc(text)).to_lowercase();
    text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Without the titles before and behind the name. Of nothing but titles all stays.
fn without_titles(words: Vec<String>) -> Vec<String> {
    let mut name = words.join(" ");
    while let Some(rest) = TITLES.iter().find_map(|title| {
        let before = name.strip_prefix(title).filter(|rest| rest.is_empty() || rest.starts_with(' '));
        before.or_else(|| name.strip_suffix(title).filter(|rest| rest.ends_with(' ')))
    }) {
        name = rest.trim().to_owned();
    }
    match name.is_empty() {
        true => words,
        false => name.split(' ').map(str::to_owned).collect(),
    }
}

/// The same, where one of the names may have an office before or behind it and the other stands in a certificate: a name of two
/// words or more within another is that person. The name is the first part before or behind a comma that is no title; what
/// comes then is none: it may be the agency that signs.
pub(crate) fn is_same_signer(one: &Official, other: &Official) -> bool {
    let name = |who: &Official| {
        let parts = who.as_str().split([',', ';', '(', ')']).map(words);
        let is_name = |part: &Vec<String>| !part.is_empty() && !TITLES.contains(&part.join(" ").as_str());
        without_titles(parts.into_iter().find(is_name).unwrap_or_else(|| words(who.as_str())))
    };
    let (one_words, other_words) = (name(one), name(other));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_make_no_other_person() {
        let official = |name: &str| Official::new(name).unwrap();
        let is_signer = |one: &str, other: &str| is_same_signer(&official(one), &official(other));
        for typed in [
            "Kiểm sát viên, Lê Văn C",
            "Lê Văn C, thủ kho",
            "LE VAN C (Viện trưởng)",
            "KSV. Lê  Văn C; Phòng 1",
            "đ/c Lê Văn C",
            "Kiểm sát viên trung cấp Lê Văn C",
        ] {
            assert!(is_signer(typed, "Lê Văn C"), "{typed}");
            assert!(is_signer("Lê Văn C", typed), "{typed}");
        }
        let agency = "Viện kiểm sát nhân dân khu vực 35";
        for typed in [
            "Trần Thị B, Viện kiểm sát nhân dân khu vực 35",
            "Kiểm sát viên, Trần Thị B, Viện kiểm sát nhân dân khu vực 35",
            "Thủ kho",
            "Lê Văn Cường",
        ] {
            assert!(!is_signer(typed, agency), "{typed}");
            assert!(!is_signer(typed, "Lê Văn C"), "{typed}");
        }
        let is_person = |one: &str, other: &str| is_same_person(&official(one), &official(other));
        assert!(
            is_person("Kiểm sát viên, Lê Văn C", "lê văn c")
                && is_person("Bà Trần Thị B", "Trần Thị B, thư ký")
        );
        // An office that is no title keeps two people of one name apart; so does a name that begins like a title.
        assert!(!is_person("Lê Văn C, Phòng 1", "Lê Văn C, Phòng 2") && !is_person("Bá Văn C", "Văn C D"));
    }
}
