//! Độ mật and độ khẩn as printed words: in the text of marks, or alone on a line of capitals at the head of a page.
//! Tuned for recall: what only nearly reads like such a word is a proposal.

use super::sheet::{Row, Sheet};
use super::{ACCEPT, field};
use record::{Field, SecrecyStamp, UrgencyStamp};
use vitext::cer::distance;

/// In the body such words stand above this share of the page.
const HEAD: f32 = 0.45;

const SECRECY: &[(&str, SecrecyStamp)] = &[
    ("TUYỆT MẬT", SecrecyStamp::TuyetMat),
    ("TỐI MẬT", SecrecyStamp::ToiMat),
    ("MẬT", SecrecyStamp::Mat),
    ("LƯU HÀNH NỘI BỘ", SecrecyStamp::Internal),
];
const URGENCY: &[(&str, UrgencyStamp)] = &[
    ("HỎA TỐC HẸN GIỜ", UrgencyStamp::HoaTocHenGio),
    ("HỎA TỐC", UrgencyStamp::HoaToc),
    ("HOẢ TỐC", UrgencyStamp::HoaToc),
    ("THƯỢNG KHẨN", UrgencyStamp::ThuongKhan),
    ("KHẨN", UrgencyStamp::Khan),
];

/// The highest degree of secrecy and of urgency on a page.
pub(super) fn find(sheet: &Sheet) -> (Option<Field<SecrecyStamp>>, Option<Field<UrgencyStamp>>) {
    (best(sheet, SECRECY), best(sheet, URGENCY))
}

fn best<T: Copy + Ord>(sheet: &Sheet, words: &[(&str, T)]) -> Option<Field<T>> {
    let mut found: Option<Field<T>> = None;
    for row in &sheet.rows {
        let Some((value, trust)) = word(sheet, row, words) else { continue };
        let evidence = sheet.evidence(&[row]);
        let rule = if row.is_mark { "stamp-word" } else { "printed-word" };
        let read = Some(row.text.clone());
        let one = field(value, read, evidence.places, trust, rule, ACCEPT);
        // an accepted one wins over a proposal, then the higher degree
        let rank = |f: &Field<T>| (!f.is_proposal(), f.reading().value);
        if found.as_ref().is_none_or(|f| rank(f) < rank(&one)) {
            found = Some(one);
        }
    }
    found
}

/// What a row says, when it says nothing else.
fn word<T: Copy>(sheet: &Sheet, row: &Row, words: &[(&str, T)]) -> Option<(T, u8)> {
    let text = row.text.trim_matches(|c: char| !c.is_alphanumeric());
    let text = text.strip_prefix("ĐỘ ").unwrap_or(text);
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphabetic()).collect();
    if letters.is_empty() || letters.len() > 16 || text.chars().count() > letters.len() + 4 {
        return None;
    }
    if !row.is_mark && (row.bbox.top as f32 > HEAD * sheet.size.height_px as f32 || !all_capitals(&letters)) {
        return None;
    }
    let upper: String = letters.iter().flat_map(|c| c.to_uppercase()).collect();
    let folded: Vec<char> = vitext::fold_ascii(&upper).chars().collect();
    let mut near: Option<(usize, T, u8)> = None;
    for (word, value) in words {
        let exact: String = word.chars().filter(|c| c.is_alphabetic()).collect();
        let plain: Vec<char> = vitext::fold_ascii(&exact).chars().collect();
        let wrong = distance(&plain, &folded) as usize;
        let trust = match wrong {
            0 if upper == exact => 95,
            // MẬT without its marks may be mắt or mặt; longer words cannot be anything else
            0 if plain.len() > 4 => 90,
            0 => 75,
            1 if plain.len() > 4 => 78,
            1 if row.is_mark => 50,
            2 if plain.len() > 7 => 60,
            _ => continue,
        };
        if near.is_none_or(|(least, ..)| wrong < least) {
            near = Some((wrong, *value, trust));
        }
    }
    near.map(|(_, value, trust)| (value, trust))
}

fn all_capitals(letters: &[char]) -> bool {
    letters.iter().all(|c| c.is_uppercase())
}
