//! The addresses of the pages, in one place. Case codes may hold any character; queries stand in no address.

use pipeline::Cutout;
use record::{CaseCode, DocumentNo, PageNo};
use std::fmt::Write;

pub(crate) const LOGIN: &str = "/dang-nhap";
pub(crate) const LOGOUT: &str = "/dang-xuat";
pub(crate) const LANGUAGE: &str = "/ngon-ngu";
pub(crate) const SEARCH: &str = "/tim";
pub(crate) const CASES: &str = "/ho-so";
pub(crate) const ALIVE: &str = "/con-phien";

/// A segment of a path, percent-encoded.
fn segment(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            _ => write!(out, "%{byte:02X}").expect("a string takes everything"),
        }
        out
    })
}

/// The value of a query parameter, percent-encoded.
pub(crate) fn value(text: &str) -> String {
    segment(text)
}

/// `?tim=N` behind an address.
fn with_query(query: Option<u32>) -> String {
    query.map(|n| format!("?tim={n}")).unwrap_or_default()
}

pub(crate) fn results(query: u32, sheet: usize) -> String {
    if sheet > 1 { format!("{SEARCH}/{query}?tu={sheet}") } else { format!("{SEARCH}/{query}") }
}

/// The value that asks for case files instead of pages.
pub(crate) const BY_CASE: &str = "ho-so";

/// The same by case file.
pub(crate) fn case_results(query: u32, sheet: usize) -> String {
    if sheet > 1 {
        format!("{SEARCH}/{query}?theo={BY_CASE}&tu={sheet}")
    } else {
        format!("{SEARCH}/{query}?theo={BY_CASE}")
    }
}

/// The list of case files from this sheet on.
pub(crate) fn cases(sheet: usize) -> String {
    if sheet > 1 { format!("{CASES}?tu={sheet}") } else { CASES.to_owned() }
}

/// A path segment may not be `.` or `..`: browsers resolve them, encoded or not.
pub(crate) fn case(code: &CaseCode) -> String {
    match code.as_str() {
        dots @ ("." | "..") => format!("{CASES}/~{dots}"),
        code if code.starts_with('~') => format!("{CASES}/~{}", segment(code)),
        code => format!("{CASES}/{}", segment(code)),
    }
}

/// The case code that a path segment of [`case`] names.
pub(crate) fn code_of(segment: &str) -> Option<CaseCode> {
    CaseCode::new(segment.strip_prefix('~').unwrap_or(segment)).ok()
}

pub(crate) fn page(code: &CaseCode, page: PageNo, query: Option<u32>) -> String {
    format!("{}/trang/{page}{}", case(code), with_query(query))
}

pub(crate) fn court(code: &CaseCode, page: PageNo, query: Option<u32>) -> String {
    format!("{}/phien-toa/{page}{}", case(code), with_query(query))
}

pub(crate) fn picture(code: &CaseCode, page: PageNo) -> String {
    format!("{}/trang/{page}/anh", case(code))
}

/// The picture of some lines of a page. It names the text that they were counted in: of another text they would be other lines.
pub(crate) fn lines(code: &CaseCode, page: PageNo, cutout: &Cutout) -> String {
    format!("{}/trang/{page}/dong/{}?van-ban={}", case(code), cutout.lines, cutout.text_sha256)
}

pub(crate) fn folio(code: &CaseCode) -> String {
    format!("{}/but-luc", case(code))
}

/// The PDF of a document, opened at its n-th page (RFC 8118).
pub(crate) fn pdf(code: &CaseCode, document: DocumentNo, page_in_document: usize) -> String {
    format!("{}/van-ban/{document}.pdf#page={page_in_document}", case(code))
}

/// A place of ours to go back to: a path on this server and nothing else.
pub(crate) fn safe_path(path: &str) -> Option<&str> {
    let ours = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    (ours && path.len() <= 1024 && path.bytes().all(|b| b.is_ascii_graphic())).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_code_stays_one_segment() {
        let code = CaseCode::new("12/2019/HSST vụ Án?#%").unwrap();
        assert_eq!(case(&code), "/ho-so/12%2F2019%2FHSST%20v%E1%BB%A5%20%C3%81n%3F%23%25");
        for odd in [".", "..", "~", "~a"] {
            let code = CaseCode::new(odd).unwrap();
            let path = case(&code);
            let segment = path.strip_prefix("/ho-so/").unwrap();
            assert!(segment != "." && segment != "..");
            assert_eq!(code_of(&segment.replace("%7E", "~")), Some(code));
        }
    }

    #[test]
    fn one_only_goes_back_to_places_of_ours() {
        assert_eq!(safe_path("/ho-so/a?tim=1"), Some("/ho-so/a?tim=1"));
        for bad in ["//evil", "https://evil", "/\\evil", "", "evil", "/a b", "/a\r\nSet-Cookie: x"] {
            assert_eq!(safe_path(bad), None, "{bad}");
        }
    }
}
