//! The search page: box, examples, hits.

use super::{Part, Reader, damaged, frame, sheets};
use crate::{urls, wording};
use maud::{Markup, html};
use pipeline::{SearchAnswer, SearchHit, Snippet, Tier, tier_name};

/// What stands below the box.
pub(crate) enum Shown<'a> {
    /// Examples.
    Nothing,
    /// Hits, or that there are none.
    Answer { query: &'a str, number: u32, sheet: usize, answer: &'a SearchAnswer },
    /// The query means nothing.
    Problem { query: &'a str, problem: String, at: Option<usize> },
}

/// Hits on one sheet.
pub(crate) const HITS_A_SHEET: usize = 20;
/// No further than this into the results: who has not found it by then should ask more precisely.
pub(crate) const MAX_SHEETS: usize = 100;

pub(crate) fn page(reader: &Reader<'_>, shown: &Shown<'_>) -> Markup {
    let query = match shown {
        Shown::Nothing => "",
        Shown::Answer { query, .. } | Shown::Problem { query, .. } => query,
    };
    frame(
        reader,
        Part::Search,
        reader.t("Tìm kiếm", "Search"),
        &html! {
            section.search {
                h1.unseen { (reader.t("Tìm trong kho hồ sơ", "Search the archive")) }
                form.searchbox role="search" method="post" action=(urls::SEARCH) {
                    label.unseen for="q" { (reader.t("Từ cần tìm", "What to look for")) }
                    input id="q" name="q" type="search" value=(query) maxlength="1000" autocomplete="off" spellcheck="false"
                        placeholder=(reader.t("Tìm trong toàn bộ hồ sơ, có dấu hoặc không dấu…", "Search all case files, with or without marks…"))
                        autofocus[query.is_empty()] aria-keyshortcuts="/";
                    button.primary { (reader.t("Tìm", "Search")) }
                }
                @match shown {
                    Shown::Nothing => (examples(reader)),
                    Shown::Problem { query, problem, at } => {
                        div.problem role="alert" {
                            p { (problem) }
                            @if let Some((before, sign, after)) = at.and_then(|at| cut(query, at)) {
                                p.where { code { (before) mark { (sign) } (after) } }
                            }
                        }
                        (examples(reader))
                    }
                    Shown::Answer { number, sheet, answer, .. } => (hits(reader, *number, *sheet, answer)),
                }
            }
        },
    )
}

/// The query cut at a character, counted from 1 in its composed form.
fn cut(query: &str, at: usize) -> Option<(String, char, String)> {
    let query = pipeline::nfc(query);
    let mut characters = query.chars();
    let before = characters.by_ref().take(at.checked_sub(1)?).collect();
    let sign = characters.next()?;
    Some((before, sign, characters.collect()))
}

fn examples(reader: &Reader<'_>) -> Markup {
    let rows = [
        ("quyet dinh khoi to", reader.t("gõ không dấu cũng tìm được", "typing without marks finds it too")),
        (
            "\"viện kiểm sát nhân dân\"",
            reader.t("cụm từ trong ngoặc kép phải đứng liền nhau", "a quoted phrase must stand together"),
        ),
        (
            "trộm HOẶC cướp -\"tha bổng\"",
            reader.t(
                "HOẶC, VÀ, KHÔNG viết hoa; dấu - là không có",
                "HOẶC (OR), VÀ (AND), KHÔNG (NOT) in capitals; - is not",
            ),
        ),
        (
            "~\"viện kiểm sát\"",
            reader.t(
                "cả chữ máy đọc sai; = là đúng dấu, khở* là phần đầu của từ",
                "misread words too; = with the marks typed, khở* the beginning of a word",
            ),
        ),
        (
            "dieu:173/k2 ngay:2019..2020",
            reader.t(
                "theo điều luật, ngày; cả so:12/CT-VKS, nguoi:, don-vi:",
                "by article, date; also so:12/CT-VKS, nguoi:, don-vi:",
            ),
        ),
        ("bl:2", reader.t("theo số bút lục; bl:45-47 là một khoảng", "by folio; bl:45-47 is a range")),
        ("loai:\"bản án\"", reader.t("theo loại văn bản", "by type of document")),
        ("nam:2020", reader.t("theo năm", "by year")),
    ];
    html! {
        div.examples {
            h2 { (reader.t("Ví dụ", "Examples")) }
            form method="post" action=(urls::SEARCH) {
                ul {
                    @for (query, what) in rows {
                        li { button.example name="q" value=(query) { (query) } span { (what) } }
                    }
                }
            }
            p.hint { (reader.t("Phím ", "The key ")) kbd { "/" } (reader.t(" đưa con trỏ về ô tìm kiếm.", " goes to the search box.")) }
        }
    }
}

fn hits(reader: &Reader<'_>, number: u32, sheet: usize, answer: &SearchAnswer) -> Markup {
    let lang = reader.lang;
    let seconds = format!("{:.2}", answer.took.as_secs_f64());
    let seconds = lang.pick(seconds.replace('.', ","), seconds);
    let first = (sheet - 1) * HITS_A_SHEET;
    html! {
        p.count role="status" {
            @if answer.total == 0 { (reader.t("Không tìm thấy trang nào.", "No page found.")) }
            @else {
                strong { (wording::pages(answer.total, lang)) } " " (reader.t("khớp", "found"))
                " · " (seconds) " " (reader.t("giây", "s"))
            }
        }
        @if answer.total == 0 {
            @if let Some(suggestion) = &answer.suggestion {
                form.suggestion method="post" action=(urls::SEARCH) {
                    (reader.t("Ý bạn là ", "Did you mean "))
                    button.example name="q" value=(suggestion) { (suggestion) } "?"
                }
            }
            div.empty {
                p { (reader.t("Thử bớt từ, bỏ dấu ngoặc kép, hoặc gõ không dấu.", "Try fewer words, no quotes, or typing without marks.")) }
            }
            (examples(reader))
        }
        @for beginning in &answer.cut_off {
            p.hint { code { (beginning) } (reader.t(" có quá nhiều từ, chưa tìm hết: hãy gõ thêm chữ.", " stands for too many words, not all were looked for: type more letters.")) }
        }
        (damaged(reader, &answer.damaged))
        ol.hits start=(first + 1) {
            @for hit in &answer.hits { (one_hit(reader, number, hit)) }
        }
        @if answer.total > HITS_A_SHEET * MAX_SHEETS && sheet == MAX_SHEETS {
            p.hint {
                (reader.t("Chỉ lật được đến đây; còn lại ", "One can turn no further; "))
                (wording::pages(answer.total - HITS_A_SHEET * MAX_SHEETS, lang))
                (reader.t(". Hãy thêm từ để thu hẹp.", " remain. Add words to narrow it down."))
            }
        }
        (sheets(reader, reader.t("Các trang kết quả", "Sheets of results"), sheet,
            answer.total.div_ceil(HITS_A_SHEET).min(MAX_SHEETS), |n| urls::results(number, n)))
    }
}

fn one_hit(reader: &Reader<'_>, number: u32, found: &SearchHit) -> Markup {
    let (lang, hit) = (reader.lang, &found.hit);
    let to = urls::page(&hit.case, hit.page, Some(number));
    html! {
        li.hit {
            a.to href=(to) {
                span.folio { (wording::folio(hit.folio.as_deref(), lang)) }
                span.case { (hit.case) }
                span.pageno { (reader.t("trang", "page")) " " (hit.page) }
            }
            p.meta {
                @if let Some(of) = hit.doc_type { span { (wording::doc_type(of, lang)) } }
                @if let Some(date) = hit.date { span { (wording::date(date, lang)) } }
                @if !found.title.is_empty() { span { (found.title) } }
                @if hit.tier != Tier::Filter { span.tier { (tier_name(hit.tier, lang)) } }
            }
            @if let Some(snippet) = &found.snippet { p.snippet { (marked(snippet)) } }
            @if found.is_withheld {
                p.withheld { "✗ " (reader.t("Không trích văn bản: khác bản đã niêm phong hoặc không đọc được.", "No text is quoted: it differs from what was sealed or cannot be read.")) }
            }
        }
    }
}

/// A snippet with its hits marked.
fn marked(snippet: &Snippet) -> Markup {
    let mut at = 0;
    let mut pieces = Vec::new();
    for range in &snippet.marked {
        pieces.push((snippet.text.get(at..range.start).unwrap_or_default(), false));
        pieces.push((snippet.text.get(range.clone()).unwrap_or_default(), true));
        at = range.end;
    }
    pieces.push((snippet.text.get(at..).unwrap_or_default(), false));
    html! {
        @for (text, lit) in pieces {
            @if lit { mark { (text) } } @else { (text) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_marked_is_escaped_all_the_same() {
        let snippet = Snippet { text: "a <b> án & b".into(), marked: std::iter::once(2..5).collect() };
        assert_eq!(marked(&snippet).into_string(), "a <mark>&lt;b&gt;</mark> án &amp; b");
    }

    #[test]
    fn a_query_is_cut_at_the_character_named() {
        assert_eq!(cut("án ph*", 6), Some(("án ph".into(), '*', String::new())));
        assert_eq!(cut("án", 3), None);
    }
}
