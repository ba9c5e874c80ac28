//! The search page: box, examples, hits.

use super::page::framed;
use super::{Part, Reader, damaged, frame, sheets};
use crate::{urls, wording};
use maud::{Markup, html};
use pipeline::{
    Cutout, Facet, FacetEntry, FacetList, Hit, Outline, Query, SearchAnswer, SearchHit, Snippet, Tier,
    tier_name, why_here,
};
use record::PageSize;

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
/// Characters that the box takes: one more than a query may have bytes. What a browser cuts off is cut behind so many, and the rest
/// is still too long and refused: it is never searched for as if it were whole.
const MAX_TYPED: usize = Query::MAX_BYTES + 1;

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
                    input id="q" name="q" type="search" value=(query) maxlength=(MAX_TYPED) autocomplete="off" spellcheck="false"
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
                @if let Some(cases) = answer.cases { " · " (cases) " " (reader.t("hồ sơ", "case files")) }
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
        @for sign in answer.query.unused_signs() { p.unused { (wording::sentence(&sign.said(lang))) } }
        @for beginning in &answer.cut_off {
            p.hint { code { (beginning) } (reader.t(" có quá nhiều từ, chưa tìm hết: hãy gõ thêm chữ.", " stands for too many words, not all were looked for: type more letters.")) }
        }
        (understood(reader, answer, first))
        (damaged(reader, &answer.damaged))
        @if answer.total > 0 {
            p.group {
                @match answer.cases {
                    None => {
                        strong { (reader.t("Theo trang", "By page")) } " · "
                        a href=(urls::case_results(number, 1)) { (reader.t("Theo hồ sơ", "By case file")) }
                    }
                    Some(_) => {
                        a href=(urls::results(number, 1)) { (reader.t("Theo trang", "By page")) } " · "
                        strong { (reader.t("Theo hồ sơ", "By case file")) }
                    }
                }
            }
            (facets(reader, &answer.facets))
        }
        ol.hits start=(first + 1) {
            @for hit in &answer.hits { (one_hit(reader, number, hit)) }
        }
        @let found = answer.cases.unwrap_or(answer.total);
        @if found > HITS_A_SHEET * MAX_SHEETS && sheet == MAX_SHEETS {
            p.hint {
                (reader.t("Chỉ lật được đến đây; còn lại ", "One can turn no further; "))
                (found - HITS_A_SHEET * MAX_SHEETS)
                (reader.t(". Hãy thêm từ để thu hẹp.", " remain. Add words to narrow it down."))
            }
        }
        (sheets(reader, reader.t("Các trang kết quả", "Sheets of results"), sheet,
            found.div_ceil(HITS_A_SHEET).min(MAX_SHEETS), |n| match answer.cases {
                None => urls::results(number, n),
                Some(_) => urls::case_results(number, n),
            }))
    }
}

/// How the question was understood, and why the hits of this sheet stand where they do; behind a word.
fn understood(reader: &Reader<'_>, answer: &SearchAnswer, first: usize) -> Markup {
    let lang = reader.lang;
    let outline = answer.query.outline(lang);
    let clauses = outline.wanted_clauses();
    html! {
        details.understood {
            summary { (reader.t("Hiểu câu hỏi thế nào", "How it was understood")) }
            ul { (outlined(&outline)) }
            @if !answer.hits.is_empty() {
                h2 { (reader.t("Vì sao kết quả đứng ở đó", "Why each hit stands where it does")) }
                ol start=(first + 1) {
                    @for found in &answer.hits {
                        li {
                            (found.hit.case) " " (reader.t("trang", "page")) " " (found.hit.page) " – "
                            (why_here(&found.hit, clauses, lang))
                        }
                    }
                }
            }
        }
    }
}

fn outlined(outline: &Outline) -> Markup {
    html! {
        li {
            (outline.text)
            @if !outline.parts.is_empty() { ul { @for part in &outline.parts { (outlined(part)) } } }
        }
    }
}

/// Entries of a list that are shown at once; the others wait behind a word.
const ENTRIES_AT_ONCE: usize = 8;

/// How deep units are set in.
const MAX_INDENT: usize = 4;

/// What a unit is called by its label and found by its value: how that is typed.
fn typed(facet: Facet, entry: &FacetEntry) -> Option<String> {
    (facet == Facet::Unit).then(|| format!("don-vi:\"{}\"", entry.value))
}

/// What the pages found are counted by: each entry is the narrower question.
fn facets(reader: &Reader<'_>, lists: &[FacetList]) -> Markup {
    let lang = reader.lang;
    let entry = |list: &FacetList, entry: &FacetEntry| {
        html! {
            li class=(format!("below-{}", entry.depth.min(MAX_INDENT))) {
                button.facet name="q" value=(entry.query) title=[typed(list.facet, entry)] { (entry.label(list.facet, lang)) } " "
                span.pages { (entry.pages) }
            }
        }
    };
    html! {
        details.facets {
            summary { (reader.t("Thu hẹp theo đơn vị, năm, loại, điều luật…", "Narrow down by unit, year, kind, article…")) }
            form.lists method="post" action=(urls::SEARCH) {
                @for list in lists {
                    section {
                        h2 { (list.facet.title(lang)) }
                        ul { @for one in list.entries.iter().take(ENTRIES_AT_ONCE) { (entry(list, one)) } }
                        @if list.entries.len() > ENTRIES_AT_ONCE {
                            details {
                                summary { (reader.t("còn nữa", "more")) }
                                ul { @for one in list.entries.iter().skip(ENTRIES_AT_ONCE).take(100) { (entry(list, one)) } }
                            }
                        }
                    }
                }
            }
        }
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
                @if hit.of_case > 1 { span { (wording::pages(hit.of_case, lang)) " " (reader.t("của hồ sơ khớp", "of the case file found")) } }
            }
            @if let Some(snippet) = &found.snippet { p.snippet { (marked(snippet)) } }
            @if let Some(cutout) = &found.cutout { (cut_out(reader, hit, cutout)) }
            @if found.similar.total > 0 {
                p.meta {
                    span { "≈ " (reader.t("gần giống", "nearly the same")) ":"
                        @for (case, page) in &found.similar.pages {
                            " " a href=(urls::page(case, *page, Some(number))) { (case) " " (reader.t("trang", "page")) " " (page) }
                        }
                        @if found.similar.total > found.similar.pages.len() { " …" }
                    }
                }
            }
            @if found.is_withheld {
                p.withheld { "✗ " (reader.t("Không trích văn bản: khác bản đã niêm phong hoặc không đọc được.", "No text is quoted: it differs from what was sealed or cannot be read.")) }
            }
        }
    }
}

/// Pixels of the screen for an inch of paper in a picture of lines: a little larger than the paper.
const SHOWN_DPI: f64 = 120.0;
/// No picture of lines is higher on the screen, whatever was taken for a line.
const MAX_SHOWN_HEIGHT: f64 = 200.0;

/// Columns and rows of the screen that a picture of lines takes, before it is there already.
fn shown_size(size: PageSize) -> (u32, u32) {
    let [width, height] = [size.width_px, size.height_px].map(f64::from);
    let scale = (SHOWN_DPI / f64::from(size.dpi.max(1))).min(MAX_SHOWN_HEIGHT / height.max(1.0));
    let shown = |px: f64| (px * scale).round().max(1.0) as u32;
    (shown(width), shown(height))
}

/// The lines that hold the hit as they stand on the paper, with the hit framed. Where the server withholds the picture, a script puts the
/// words below in its place; without scripts the words of the lines stand there.
fn cut_out(reader: &Reader<'_>, hit: &Hit, cutout: &Cutout) -> Markup {
    let PageSize { width_px, height_px, dpi } = cutout.size;
    let (width, height) = shown_size(cutout.size);
    html! {
        figure.cutout {
            div.strip {
                img src=(urls::lines(&hit.case, hit.page, cutout)) alt=(cutout.words) lang="vi"
                    width=(width) height=(height) loading="lazy" decoding="async";
                svg.boxes viewBox=(format!("0 0 {width_px} {height_px}")) preserveAspectRatio="none" aria-hidden="true" {
                    @for word in &cutout.lit { (framed(word, dpi)) }
                }
            }
            figcaption.withheld hidden { "✗ " (reader.t("Không hiện ảnh của dòng: khác bản đã niêm phong hoặc không dựng được.", "No picture of the line: it differs from what was sealed or could not be made.")) }
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
    fn a_line_is_shown_a_little_larger_than_on_paper() {
        let shown = |width_px, height_px, dpi| shown_size(PageSize { width_px, height_px, dpi });
        assert_eq!(shown(2000, 100, 300), (800, 40));
        assert_eq!(shown(400, 20, 60), (800, 40));
        assert_eq!(shown(2000, 1000, 300), (400, 200), "no higher than 200");
        assert_eq!(shown(1, 1, 1200), (1, 1));
        assert_eq!(shown(10, 10, 0), (200, 200));
    }

    #[test]
    fn a_unit_says_how_it_is_typed() {
        let entry = |value: &str| FacetEntry {
            value: value.into(),
            name: Some("VKSND khu vực 7".into()),
            depth: 0,
            pages: 1,
            is_abolished: false,
            query: String::new(),
        };
        assert_eq!(typed(Facet::Unit, &entry("KV7")).as_deref(), Some("don-vi:\"KV7\""));
        assert_eq!(typed(Facet::Year, &entry("2019")), None);
    }

    #[test]
    fn a_query_is_cut_at_the_character_named() {
        assert_eq!(cut("án ph*", 6), Some(("án ph".into(), '*', String::new())));
        assert_eq!(cut("án", 3), None);
    }
}
