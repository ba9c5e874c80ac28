//! Names of people: two to six capitalised syllables that begin with a family name.

use regex::Regex;
use std::sync::LazyLock;
use vitext::fold_ascii;

/// Family names: those of more than nine in ten Vietnamese, and of the larger peoples of the highlands.
const FAMILY: &[&str] = &[
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô",
    "Dương", "Lý", "Lí", "Đinh", "Đoàn", "Trịnh", "Lương", "Mai", "Tạ", "Cao", "Châu", "Quách", "Thái",
    "Đào", "Trương", "Hà", "Tô", "Lâm", "Phùng", "Chu", "La", "Lưu", "Triệu", "Tống", "Thạch", "Kiều",
    "Nghiêm", "Vương", "Ông", "Mạc", "Khúc", "Tăng", "Bạch", "Âu", "Quan", "Kim", "Tiêu", "Lò", "Lô",
    "Quàng", "Lù", "Lừ", "Đèo", "Cầm", "Giang", "Giàng", "Vàng", "Sùng", "Mã", "Thào", "Hầu", "Hạng", "Lầu",
    "Mùa", "Nông", "Hứa", "Bế", "Diệp", "Danh", "Ứng", "Ưng", "Vi", "Giáp", "Ninh", "Thân", "Thiều", "Điêu",
    "Điểu", "Rmah", "Ksor", "Siu", "Kpă", "Nay", "Đàm", "Tôn", "Cung", "Khổng", "Lại", "Mầu", "Nhữ", "Phí",
    "Phi", "Tán", "Uông", "Ngân", "Khương", "Cù", "Đậu", "Từ", "Hàn", "Hàng", "Doãn", "Lã", "Lữ", "Viên",
    "Trang", "Sơn", "Thi", "Biện", "Ngụy", "Hán", "Chử", "Cấn",
];

static NAME: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\p{Lu}\p{L}{0,7}(?: \p{Lu}['’]?\p{L}{0,7}){1,5}").expect("a fixed pattern")
});

/// A name as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) text: String,
    /// Whether it begins with a family name.
    pub(super) is_known: bool,
}

/// The name at the start of a text.
pub(super) fn at_start(text: &str) -> Option<Name> {
    let found = NAME.find(text)?;
    // a syllable that goes on beyond eight letters is no syllable
    let rest = text[found.end()..].chars().next();
    if rest.is_some_and(|c| c.is_alphanumeric()) {
        return None;
    }
    Some(named(found.as_str()))
}

/// The whole text, if it is a name and nothing else.
pub(super) fn whole(text: &str) -> Option<Name> {
    let text = text.trim();
    let found = NAME.find(text).filter(|m| m.end() == text.len())?;
    let is_shouted = |word: &str| word.chars().all(char::is_uppercase);
    let name = named(found.as_str());
    // capitals alone are more often a rank than a name
    (!name.text.split(' ').all(is_shouted) || name.is_known).then_some(name)
}

fn named(text: &str) -> Name {
    let first = text.split(' ').next().unwrap_or_default();
    // with its marks, or, on papers typed without any, with none: a wrong mark makes a name that is none
    let first = first.to_lowercase();
    let is_known = FAMILY.iter().any(|name| {
        let name = name.to_lowercase();
        name == first || !vitext::is_marked(text) && fold_ascii(&name) == first
    });
    Name { text: text.to_owned(), is_known }
}

/// For comparing: folded, lower case.
pub(super) fn key(name: &str) -> String {
    fold_ascii(name).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_begin_with_a_family_name() {
        let name = at_start("Lê Thị Kim Quỳnh đã khai").unwrap();
        assert_eq!((name.text.as_str(), name.is_known), ("Lê Thị Kim Quỳnh", true));
        assert!(at_start("Bộ luật Hình sự").is_none());
        assert!(at_start("là").is_none());
        assert!(!at_start("Zxy Abc").unwrap().is_known);
        assert!(whole("Mai Quang Hải").is_some());
        assert!(whole("Mai Quang Hải, Kiểm sát viên").is_none());
        assert!(whole("PHÓ VIỆN TRƯỞNG").is_none_or(|n| !n.is_known));
    }
}
