use super::{Found, group};
use crate::fold::Folded;
use regex::Regex;
use std::sync::LazyLock;

/// "CCCD", "CMND", "căn cước", "chứng minh", "định danh", in any order and with what stands between them and the number; then 12 or 9
/// figures, together or in groups.
static LABELLED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b(?:cccd|cmnd|cmtnd|cmt|can\s+cuoc|chung\s+minh|dinh\s+danh)\b",
        r"(?:[\s:.,;/()–-]|\b(?:cccd|cmnd|cmtnd|cmt|can|cuoc|chung|minh|dinh|danh|cong|dan|nhan|thu|ca|the|giay|to|so|ma|hoac|gan|chip|cu|moi|la)\b)*",
        r"\b(?P<number>\d{12}|\d{9}|\d{3}(?:\.\d{3}){3}|\d{3}(?:-\d{3}){3}|\d{3}(?: \d{3}){3}|\d{4}(?:[ .-]\d{4}){2}|\d{3}(?:[ .-]\d{3}){2})\b",
    ))
    .expect("a fixed pattern")
});

/// Numbers of identity cards (căn cước: 12 figures, chứng minh nhân dân: 9 or 12) named as such in running text, as their figures alone:
/// `Số CCCD: 001 085 012 345`, `CMND số 012.345.678`. A number without such a word before it may be anything and is none.
pub fn id_numbers(text: &str) -> Vec<Found<String>> {
    id_numbers_in(&Folded::new(text))
}

pub(super) fn id_numbers_in(folded: &Folded) -> Vec<Found<String>> {
    let found = LABELLED.captures_iter(folded.text()).map(|c| Found {
        range: folded.original(c.name("number").expect("not optional").range()),
        value: group(&c, "number").chars().filter(char::is_ascii_digit).collect(),
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, &str)> {
        id_numbers(text).into_iter().map(|f| (f.value, &text[f.range])).collect()
    }

    #[test]
    fn numbers_of_cards_in_the_ways_they_are_written() {
        for (text, number) in [
            ("Số CCCD: 000992359789; nơi cư trú", "000992359789"),
            ("căn cước công dân số 001 085 012 345 do Cục", "001085012345"),
            ("Căn cước 0010 8501 2345", "001085012345"),
            ("thẻ căn cước công dân gắn chip số: 001.085.012.345.", "001085012345"),
            ("CMND/CCCD số 012345678, cấp ngày 12/5/1998", "012345678"),
            ("Giấy chứng minh nhân dân số: 012.345.678 cấp 12/5/1998", "012345678"),
            ("CHỨNG MINH NHÂN DÂN (HOẶC CĂN CƯỚC CÔNG DÂN) SỐ 012 345 678", "012345678"),
            ("Số CMND: 012345678 123 đường Láng", "012345678"),
            ("CMND số 012.345.678 125/4 Lê Lợi", "012345678"),
            ("số định danh cá nhân: 001085012345", "001085012345"),
            ("Sô CMNĐ 012-345-678", "012345678"),
        ] {
            assert_eq!(found(text).first().map(|f| f.0.as_str()), Some(number), "{text}");
        }
        let text = "CMND 012 345 678 và CCCD 001085012345";
        assert_eq!(
            found(text),
            [("012345678".into(), "012 345 678"), ("001085012345".into(), "001085012345")]
        );
    }

    #[test]
    fn other_numbers_are_none() {
        for text in [
            "tài khoản 001085012345",
            "CMND cấp ngày 12/5/1998",
            "CCCD 01234567",
            "CCCD 0010850123456",
            "điện thoại 0912345678, CMND không có",
            "CMND số 0123456789",
            "CCCD do Công an cấp, số tài khoản 123456789",
            "chứng minh nhân dân, chữ ký",
            "ACCCD 001085012345",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
