//! What stands above a signer's name: on whose behalf, the office, the rank; and what a name can look like. Only to weigh
//! readings against each other and to name a field; text is never made from it.

use crate::turn::is_plausible;
use vitext::{fold_ascii, fold_tones};

/// On whose behalf somebody signs; with or without a point in the papers.
const BEHALF: [&str; 6] = ["KT", "TM", "TL", "TUQ", "Q", "TLNĐ"];

/// Offices as signature blocks print them.
const OFFICES: &[&str] = &[
    "VIỆN TRƯỞNG",
    "PHÓ VIỆN TRƯỞNG",
    "KIỂM SÁT VIÊN",
    "KIỂM SÁT VIÊN SƠ CẤP",
    "KIỂM SÁT VIÊN TRUNG CẤP",
    "KIỂM SÁT VIÊN CAO CẤP",
    "KIỂM TRA VIÊN",
    "THỦ TRƯỞNG",
    "PHÓ THỦ TRƯỞNG",
    "THỦ TRƯỞNG CƠ QUAN CẢNH SÁT ĐIỀU TRA",
    "PHÓ THỦ TRƯỞNG CƠ QUAN CẢNH SÁT ĐIỀU TRA",
    "THỦ TRƯỞNG CƠ QUAN ĐIỀU TRA",
    "PHÓ THỦ TRƯỞNG CƠ QUAN ĐIỀU TRA",
    "ĐIỀU TRA VIÊN",
    "CÁN BỘ ĐIỀU TRA",
    "GIÁM ĐỊNH VIÊN",
    "CHÁNH ÁN",
    "PHÓ CHÁNH ÁN",
    "THẨM PHÁN",
    "THẨM PHÁN - CHỦ TỌA",
    "THẨM PHÁN - CHỦ TỌA PHIÊN TÒA",
    "HỘI ĐỒNG XÉT XỬ",
    "HỘI ĐỒNG XÉT XỬ SƠ THẨM",
    "HỘI ĐỒNG XÉT XỬ PHÚC THẨM",
    "THƯ KÝ",
    "THƯ KÝ PHIÊN TÒA",
    "CHẤP HÀNH VIÊN",
    "CỤC TRƯỞNG",
    "PHÓ CỤC TRƯỞNG",
    "VỤ TRƯỞNG",
    "PHÓ VỤ TRƯỞNG",
    "CHI CỤC TRƯỞNG",
    "PHÓ CHI CỤC TRƯỞNG",
    "CHÁNH VĂN PHÒNG",
    "PHÓ CHÁNH VĂN PHÒNG",
    "TRƯỞNG PHÒNG",
    "PHÓ TRƯỞNG PHÒNG",
    "TRƯỞNG CÔNG AN",
    "PHÓ TRƯỞNG CÔNG AN",
    "GIÁM ĐỐC",
    "PHÓ GIÁM ĐỐC",
    "GIÁM THỊ",
    "PHÓ GIÁM THỊ",
    "CHỦ TỊCH",
    "PHÓ CHỦ TỊCH",
    "ỦY BAN NHÂN DÂN",
    "BỘ TRƯỞNG",
    "THỨ TRƯỞNG",
    "CÔNG CHỨNG VIÊN",
    "NGƯỜI LẬP",
    "NGƯỜI LẬP BẢNG",
    "NGƯỜI LẬP BẢN THỐNG KÊ",
];

/// Ranks of police, army and justice before a name.
const RANKS: &[&str] = &[
    "Thiếu úy",
    "Trung úy",
    "Thượng úy",
    "Đại úy",
    "Thiếu tá",
    "Trung tá",
    "Thượng tá",
    "Đại tá",
    "Thiếu tướng",
    "Trung tướng",
    "Thượng tướng",
];

/// Family names; nine of ten people bear one of the first fifteen.
const FAMILY_NAMES: &[&str] = &[
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô",
    "Dương", "Lý", "An", "Âu", "Bạch", "Bành", "Cao", "Cái", "Châu", "Chu", "Cù", "Cung", "Diệp", "Doãn",
    "Đàm", "Đào", "Đậu", "Đinh", "Đoàn", "Đồng", "Giang", "Giáp", "Hà", "Hàn", "Hạ", "Hứa", "Kiều", "Khổng",
    "Khúc", "Khương", "Kim", "La", "Lã", "Lại", "Lâm", "Lò", "Lục", "Lương", "Lưu", "Mã", "Mạc", "Mai",
    "Nghiêm", "Ninh", "Nông", "Ông", "Phí", "Phó", "Phùng", "Quách", "Quản", "Sầm", "Tạ", "Tăng", "Tiêu",
    "Tô", "Tôn", "Tống", "Thạch", "Thái", "Thân", "Thẩm", "Thiều", "Triệu", "Trịnh", "Trương", "Từ", "Ung",
    "Uông", "Văn", "Vi", "Viên", "Vương",
];

/// An office, or on whose behalf and an office, as it should be written; `None` where the line is none. Diacritics and spaces
/// may be missing or wrong, and one letter of eight.
pub(crate) fn office(line: &str) -> Option<String> {
    let line = line.trim_matches(|c: char| !c.is_alphanumeric());
    let (behalf, rest) = behalf_of(line);
    let read = letters(rest);
    let best = OFFICES.iter().map(|office| {
        let wanted = letters(office);
        let wrong = vitext::cer::distance(read.as_bytes(), wanted.as_bytes()) as usize;
        // THỦ TRƯỞNG and THỨ TRƯỞNG differ in marks alone: the letter tells (U or Ư), then the tone
        let apart = |a: &str, b: &str| {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            vitext::cer::distance(&a, &b)
        };
        let marks = (apart(&fold_tones(rest.trim()), &fold_tones(office)), apart(rest.trim(), office));
        ((wrong, marks), wanted.len(), office)
    });
    let ((wrong, _), len, office) = best.min_by_key(|b| b.0)?;
    (wrong * 8 <= len).then(|| behalf.map_or_else(|| (*office).to_owned(), |b| format!("{b}. {office}")))
}

/// "KT." and the like before an office.
fn behalf_of(line: &str) -> (Option<&'static str>, &str) {
    let Some((first, rest)) = line.split_once(['.', ' ']) else { return (None, line) };
    let first = letters(first);
    let behalf = BEHALF.iter().find(|b| letters(b) == first);
    behalf.map_or((None, line), |b| (Some(b), rest))
}

/// Whether a line says an office exactly as it should be written.
pub(super) fn is_office(line: &str) -> bool {
    let spaces = |s: &str| s.split_whitespace().collect::<Vec<_>>().join(" ");
    office(line).is_some_and(|office| {
        spaces(line) == office || spaces(line).replace(". ", ".") == office.replace(". ", ".")
    })
}

/// The rank that a line begins with, as it should be written, and the rest of the line.
pub(super) fn rank(line: &str) -> (Option<&'static str>, &str) {
    let mut words = line.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
    let Some(end) = words.nth(1) else { return (None, line) };
    let read = letters(&line[..end]);
    let rank = RANKS.iter().find(|r| letters(r) == read);
    rank.map_or((None, line), |r| (Some(r), line[end..].trim_start()))
}

/// How much a line looks like the name of a person, 0–3: two to six capitalised syllables (1), each of which can be Vietnamese
/// (2), the first a family name with its marks (3).
pub(crate) fn name(line: &str) -> u8 {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_capitalised = |w: &&str| {
        let mut chars = w.chars();
        chars.next().is_some_and(char::is_uppercase)
            && chars.clone().next().is_some()
            && chars.all(char::is_lowercase)
    };
    if !(2..=6).contains(&words.len()) || !words.iter().all(is_capitalised) {
        return 0;
    }
    if !words.iter().all(|w| is_plausible(w)) {
        return 1;
    }
    2 + u8::from(FAMILY_NAMES.contains(&words[0]))
}

fn letters(line: &str) -> String {
    fold_ascii(line).chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offices_are_known_with_wrong_marks_and_on_behalf() {
        for (line, wanted) in [
            ("KT. VIỆN TRƯỞNG", Some("KT. VIỆN TRƯỞNG")),
            ("KT.VIÊN TRUỎNG", Some("KT. VIỆN TRƯỞNG")),
            ("THẤM PHÁN - CHỦ TỌA", Some("THẨM PHÁN - CHỦ TỌA")),
            ("- GIÁM ĐỊNH VIÊN", Some("GIÁM ĐỊNH VIÊN")),
            ("PHÓ THỦ TRƯỜNG", Some("PHÓ THỦ TRƯỞNG")),
            ("THỨ TRƯỞNG", Some("THỨ TRƯỞNG")),
            ("KT. THỦ TRƯỞNG", Some("KT. THỦ TRƯỞNG")),
            ("THU TRƯỞNG", Some("THỦ TRƯỞNG")),
            ("KT. THƯ TRƯỞNG", Some("KT. THỨ TRƯỞNG")),
            ("CÁO TRẠNG", None),
            ("Nơi nhận:", None),
            ("", None),
        ] {
            assert_eq!(office(line).as_deref(), wanted, "{line}");
        }
        assert!(is_office("KT. VIỆN TRƯỞNG") && is_office("KT.VIỆN TRƯỞNG"));
        assert!(!is_office("THẤM PHÁN - CHỦ TỌA") && !is_office("- GIÁM ĐỊNH VIÊN"));
    }

    #[test]
    fn names_are_weighed() {
        assert_eq!(name("Dương Bá Trường"), 3);
        assert_eq!(name("Dưong Bá Trường"), 2);
        assert_eq!(name("Dưbng Bá Trường"), 1);
        for line in ["Trường", "Nơi nhận", "CAO THỊ YẾN", "Dương Bá Trường -", "- Bị can;"]
        {
            assert_eq!(name(line), 0, "{line}");
        }
    }

    #[test]
    fn a_rank_comes_before_a_name() {
        assert_eq!(rank("Thượng tá Lê Văn Bình"), (Some("Thượng tá"), "Lê Văn Bình"));
        assert_eq!(rank("Thuong ta Lê Văn Bình").0, Some("Thượng tá"));
        assert_eq!(rank("Lê Văn Bình"), (None, "Lê Văn Bình"));
    }
}
