use super::{Found, group};
use crate::fold::Folded;
use regex::Regex;
use std::sync::LazyLock;

/// Số, ký hiệu: the number of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentNumber {
    /// `12`, `03`, `45A`.
    pub number: String,
    /// Where a year stands between number and symbol (`19/2021/HS-ST`).
    pub year: Option<u16>,
    /// The symbol as written (marks kept), without spaces: `QĐ-VKSTC-V3`.
    pub symbol: String,
    /// Whether "Số" stands right before it.
    pub labelled: bool,
}

impl DocumentNumber {
    /// For comparing: folded, lower case, number without leading zeros: `12/ct-vks-p1`, `19/2021/hs-st`.
    pub fn key(&self) -> String {
        let number = self.number.trim_start_matches('0').to_ascii_lowercase();
        let symbol = crate::fold_ascii(&self.symbol).to_ascii_lowercase();
        match self.year {
            Some(year) => format!("{number}/{year}/{symbol}"),
            None => format!("{number}/{symbol}"),
        }
    }
}

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        // OCR gives Só, S6, So for "Số" and "số".
        r"(?P<label>\b[Ss][oO06]\s*[:.;]?\s*)?",
        r"\b(?:(?P<num>\d{1,5}[A-Za-z]?)\s*(?:/\s*(?P<year>(?:19|20)\d{2})\s*)?/\s*",
        r"(?P<sym>[A-Z][A-Za-z0-9]{0,11}(?:(?:-\s?|\s-)[A-Z][A-Za-z0-9.]{0,14}){0,4})",
        // Party and joint style: 129-NQ/BCSĐ, 01-TANDTC-VKSNDTC/TTLT.
        r"|(?P<pnum>\d{1,5})\s*-\s*(?P<psym>[A-Z]{2,8}(?:\s*-\s*[A-Z]{2,8}){0,3}\s*/\s*[A-Z]{2,8}))",
    ))
    .expect("a fixed pattern")
});

/// Document numbers in order: `12/CT-VKS-P1`, `91/2001/QĐ-VKSTC`, `19/2021/HS-ST`, `129-NQ/BCSĐ`, with stray spaces.
pub fn document_numbers(text: &str) -> Vec<Found<DocumentNumber>> {
    document_numbers_in(&Folded::new(text), text)
}

pub(super) fn document_numbers_in(folded: &Folded, text: &str) -> Vec<Found<DocumentNumber>> {
    let found = NUMBER.captures_iter(folded.text());
    let found = found.map(|c| {
        let symbol = c.name("sym").or(c.name("psym")).expect("one of two branches");
        let number = c.name("num").or(c.name("pnum")).expect("one of two branches");
        let end = symbol.as_str().trim_end_matches('.').len() + symbol.start();
        let as_written = &text[folded.original(symbol.start()..end)];
        let value = DocumentNumber {
            number: number.as_str().to_owned(),
            year: group(&c, "year").parse().ok(),
            symbol: as_written.split_whitespace().collect(),
            labelled: c.name("label").is_some(),
        };
        Found { range: folded.original(number.start()..end), value }
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The 26 forms of real material in the domain notes.
    const REAL: &[(&str, &str)] = &[
        ("12/CT-VKS-P1", "12/ct-vks-p1"),
        ("15/CT-VKSTP-MT", "15/ct-vkstp-mt"),
        ("173/CT-VKSKV7", "173/ct-vkskv7"),
        ("159/CT-VKSKV7", "159/ct-vkskv7"),
        ("23/HD-VKSTC", "23/hd-vkstc"),
        ("590/QĐ-VKSTC-V3", "590/qd-vkstc-v3"),
        ("636/VKSTC-C2", "636/vkstc-c2"),
        ("811/VKS-TK", "811/vks-tk"),
        ("190/QĐ-VKSTC-VP", "190/qd-vkstc-vp"),
        ("46 /VKSTC", "46/vkstc"),
        ("03/VP", "3/vp"),
        ("91/2001/QĐ-VKSTC", "91/2001/qd-vkstc"),
        ("01-TANDTC-VKSNDTC/TTLT", "1/tandtc-vksndtc/ttlt"),
        ("04/2018/TTLT-VKSNDTC-BCA-BQP", "4/2018/ttlt-vksndtc-bca-bqp"),
        ("129-NQ/BCSĐ", "129/nq/bcsd"),
        ("01/CT- VKSTC", "1/ct-vkstc"),
        ("245/QĐ- VKSTC", "245/qd-vkstc"),
        ("12/KL-PC09", "12/kl-pc09"),
        ("19/2021/HS-ST", "19/2021/hs-st"),
        ("17/2018/HS-ST", "17/2018/hs-st"),
        ("12/1995/HSST", "12/1995/hsst"),
        ("06/2021/TLST-HS", "6/2021/tlst-hs"),
        ("23/2021/QĐXXST-HS", "23/2021/qdxxst-hs"),
        ("118 /2017/QĐST-HNGĐ", "118/2017/qdst-hngd"),
        ("38/2021/DS-PT", "38/2021/ds-pt"),
        ("111/2017/HSPT-QĐ", "111/2017/hspt-qd"),
    ];

    #[test]
    fn real_numbers_are_read_whole() {
        for (written, key) in REAL {
            let text = format!("Căn cứ văn bản số: {written} - Lưu, ngày 3");
            let found = document_numbers(&text);
            assert_eq!(found.len(), 1, "{written}: {found:?}");
            assert_eq!(&text[found[0].range.clone()], *written);
            assert_eq!(found[0].value.key(), *key, "{written}");
        }
    }

    #[test]
    fn the_label_is_noticed_through_ocr_errors() {
        for text in
            ["Số: 12/CT-VKS", "Só 12/CT-VKS", "S6: 12/CT-VKS", "So. 12/CT-VKS", "quyết định số 12/CT-VKS"]
        {
            assert!(document_numbers(text)[0].value.labelled, "{text}");
        }
        assert!(!document_numbers("theo 12/CT-VKS")[0].value.labelled);
    }

    #[test]
    fn dates_and_folios_are_no_numbers() {
        for text in ["ngày 26/11/2003", "BL 197-202", "tỷ lệ 1/2", "km/h", "BL 45", "1234567/CT"] {
            assert_eq!(document_numbers(text), [], "{text}");
        }
    }

    #[test]
    fn a_full_stop_ends_it() {
        let text = "theo Quyết định 12/QĐ-UB. Điều 2";
        assert_eq!(&text[document_numbers(text)[0].range.clone()], "12/QĐ-UB");
    }
}
