//! What a person decides for a batch; without a decision nothing is sealed that lacks something, and nothing stored is changed.

use record::Official;

/// Titles and offices of people, as they stand before or behind a name; longer ones first, folded.
const TITLES: [&str; 29] = [
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
];

/// Stand before a name only, and are compared with their marks: Bá and Ba are names.
const ADDRESSES: [&str; 2] = ["ông", "bà"];

/// Behind a name, without a comma, shorter titles are part of it: Văn Thư, Thư Ký.
const MIN_WORDS_BEHIND: usize = 3;
/// Of a name no fewer are left.
const MIN_WORDS: usize = 2;

/// Whether two names are those of one person, as far as names tell: letters without marks, in any case and spacing, with or
/// without a title. Names are what was typed, until there are accounts.
pub(crate) fn is_same_person(one: &Official, other: &Official) -> bool {
    parts(one).concat() == parts(other).concat()
}

/// The same, where the other name stands in an officer's certificate: an office that is no title may stand before or behind
/// either, with a comma. The first part of each is looked for in every part of the other; not last parts in last parts, for
/// two people of one agency are not one.
pub(crate) fn is_same_officer(one: &Official, other: &Official) -> bool {
    let (one_parts, other_parts) = (parts(one), parts(other));
    let is_in = |name: &[String], parts: &[Vec<String>]| parts.iter().any(|part| is_one_name(name, part));
    is_same_person(one, other) || is_in(&one_parts[0], &other_parts) || is_in(&other_parts[0], &one_parts)
}

/// Whether a person counts in the name of the agency whose certificate bears the other name. First parts alone are compared:
/// behind the comma stands the agency of whoever counts, which is most often the one that signs.
pub(crate) fn is_same_agency(one: &Official, agency: &Official) -> bool {
    let (one_parts, agency_parts) = (parts(one), parts(agency));
    is_same_person(one, agency)
        || one_parts[0] == agency_parts[0]
        || is_within(&one_parts[0], &agency_parts[0])
}

/// A part with figures in it (Phòng 1) is no name, though a name may have some behind it.
fn is_one_name(one: &[String], other: &[String]) -> bool {
    let short = if one.len() <= other.len() { one } else { other };
    !short.iter().any(|word| word.contains(|c: char| c.is_ascii_digit())) && is_within(one, other)
}

/// Whether the shorter, of two words or more, stands in the longer or is all of it.
fn is_within(one: &[String], other: &[String]) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    short.len() >= MIN_WORDS && long.windows(short.len()).any(|part| part == short)
}

/// What commas, brackets and dashes set apart, folded and without titles; one part at least. Where that leaves too little for
/// a name, all words are one part.
fn parts(who: &Official) -> Vec<Vec<String>> {
    let text = who.as_str().replace(" - ", ",").replace(" – ", ",");
    let found = text.split([',', ';', '(', ')', '[', ']']).map(words);
    let named = found.filter(|part| !part.is_empty() && !is_title(part));
    let parts: Vec<Vec<String>> = named.map(|part| folded(without_titles(&part))).collect();
    match parts.iter().map(Vec::len).sum::<usize>() < MIN_WORDS {
        true => vec![folded(&words(who.as_str()))],
        false => parts,
    }
}

/// The words of a text, in small letters.
fn words(text: &str) -> Vec<String> {
    let text = vitext::nfc(text).to_lowercase();
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn folded(words: &[String]) -> Vec<String> {
    words.iter().map(|word| vitext::fold_ascii(word)).collect()
}

/// Whether a part is a title and nothing else.
fn is_title(part: &[String]) -> bool {
    ADDRESSES.contains(&part.join(" ").as_str()) || TITLES.contains(&folded(part).join(" ").as_str())
}

/// Without the titles before and behind the name.
fn without_titles(part: &[String]) -> &[String] {
    let mut name = part;
    while let Some(rest) = without_one_title(name) {
        name = rest;
    }
    name
}

fn without_one_title(name: &[String]) -> Option<&[String]> {
    let most = name.len().checked_sub(MIN_WORDS)?;
    (1..=most).rev().find_map(|count| {
        let (before, rest) = name.split_at(count);
        if is_title(before) {
            return Some(rest);
        }
        let (rest, behind) = name.split_at(name.len() - count);
        (count >= MIN_WORDS_BEHIND && is_title(behind)).then_some(rest)
    })
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
        let is_officer = |one: &str, other: &str| is_same_officer(&official(one), &official(other));
        for typed in [
            "Kiểm sát viên, Lê Văn C",
            "Lê Văn C, thủ kho",
            "LE VAN C (Viện trưởng)",
            "KSV. Lê  Văn C; Phòng 1",
            "đ/c Lê Văn C",
            "Kiểm sát viên trung cấp Lê Văn C",
            "Lê Văn C, Viện trưởng",
            "Phòng 1, Lê Văn C",
            "Phó Viện trưởng phụ trách, Lê Văn C",
            "Kiểm sát viên phòng 7 (Lê Văn C)",
            "Lê Văn C - VKSND khu vực 35",
        ] {
            assert!(is_officer(typed, "Lê Văn C"), "{typed}");
            assert!(is_officer("Lê Văn C", typed), "{typed}");
        }
        assert!(is_officer("Nguyễn Văn Thư", "Nguyễn Văn Thư - VKSND khu vực 35"));
        assert!(!is_officer("Nguyễn Văn Ba", "Nguyễn Văn Cường"));
        // Two people of one agency.
        for (one, other) in [
            ("Trần Thị B, VKSND khu vực 35", "Lê Văn C - VKSND khu vực 35"),
            ("Trần Thị B, Viện kiểm sát nhân dân tối cao", "Lê Văn C, Viện kiểm sát nhân dân tối cao"),
            ("Phòng 1, Trần Thị B", "Lê Văn C, Phòng 1"),
        ] {
            assert!(!is_officer(one, other) && !is_officer(other, one), "{one}");
        }
        let agency = "Viện kiểm sát nhân dân khu vực 35";
        for typed in [
            "Trần Thị B, Viện kiểm sát nhân dân khu vực 35",
            "Kiểm sát viên, Trần Thị B, Viện kiểm sát nhân dân khu vực 35",
            "Thủ kho",
            "Lê Văn Cường",
        ] {
            assert!(!is_same_agency(&official(typed), &official(agency)), "{typed}");
            assert!(!is_officer(typed, "Lê Văn C"), "{typed}");
        }
        assert!(is_same_agency(&official("VIEN KIEM SAT NHAN DAN KHU VUC 35, thủ kho"), &official(agency)));
        let is_person = |one: &str, other: &str| is_same_person(&official(one), &official(other));
        assert!(
            is_person("Kiểm sát viên, Lê Văn C", "lê văn c")
                && is_person("Bà Trần Thị B", "Trần Thị B, thư ký")
        );
        assert!(
            is_person("Lê Văn C, Viện trưởng", "LE VAN C") && is_person("Lê Văn C - thư ký", "Ông Lê Văn C")
        );
        // Names that are titles, too.
        assert!(!is_person("Lê Văn Thư", "Lê Bá") && !is_person("Nguyễn Văn Ba", "Nguyễn Văn Cường"));
        assert!(!is_person("Ba Văn C", "Văn C") && !is_person("Lê, Văn Thư", "Lê"));
        assert!(!is_person("Nguyễn Thư Ký", "Nguyễn") && !is_person("Kiểm sát viên Cường", "Cường"));
        // An office that is no title keeps two people of one name apart; so does a name that begins like a title.
        assert!(!is_person("Lê Văn C, Phòng 1", "Lê Văn C, Phòng 2") && !is_person("Bá Văn C", "Văn C D"));
    }
}
