//! The list of case files, and one of them with its documents and pages.

use super::{Part, Reader, damaged, frame, sheets};
use crate::{urls, wording};
use maud::{Markup, html};
use pipeline::{CaseSheet, CaseView};
use record::{CaseCode, Document};

/// Case files on one sheet of the list.
pub(crate) const CASES_A_SHEET: usize = 50;

/// `sheet` counts from 1.
pub(crate) fn list(reader: &Reader<'_>, found: &CaseSheet, sheet: usize) -> Markup {
    let lang = reader.lang;
    let first = (sheet - 1).saturating_mul(CASES_A_SHEET);
    let title = reader.t("Hồ sơ", "Case files");
    frame(
        reader,
        Part::Cases,
        title,
        &html! {
            h1 { (title) " " span.number { (wording::count(found.total, lang)) } }
            (damaged(reader, &found.damaged))
            @if found.total == 0 {
                div.empty {
                    p { (reader.t("Kho chưa có hồ sơ nào.", "The archive holds no case file yet.")) }
                    p { (reader.t("Nạp hồ sơ bằng:", "Add some with:")) " " code { "hoso batch run" } }
                }
            } @else if !found.cases.is_empty() {
                div.scroll tabindex="0" role="region" aria-label=(title) {
                    table {
                        thead { tr {
                            th scope="col" { (reader.t("Mã hồ sơ", "Code")) }
                            th scope="col" { (reader.t("Tiêu đề", "Title")) }
                            th scope="col" { (reader.t("Đơn vị", "Unit")) }
                            th scope="col" { (reader.t("Năm", "Year")) }
                            th.right scope="col" { (reader.t("Văn bản", "Documents")) }
                            th.right scope="col" { (reader.t("Trang", "Pages")) }
                        } }
                        tbody {
                            @for view in &found.cases {
                                @let header = &view.case.header;
                                tr {
                                    td.code { a href=(urls::case(&header.code)) { (header.code) } }
                                    td { (header.title) }
                                    td { (header.unit) }
                                    td { @if let Some(year) = header.year { (year) } }
                                    td.right { (wording::count(view.documents as usize, lang)) }
                                    td.right { (wording::count(view.pages as usize, lang)) }
                                }
                            }
                        }
                    }
                }
            }
            @if found.total > CASES_A_SHEET {
                p.hint { (part(reader, first, found.total)) }
            }
            (sheets(reader, reader.t("Các trang danh sách", "Sheets of the list"), sheet, found.total.div_ceil(CASES_A_SHEET), urls::cases))
        },
    )
}

/// Which part of the list is shown, and how many come after it.
fn part(reader: &Reader<'_>, first: usize, total: usize) -> String {
    let last = first.saturating_add(CASES_A_SHEET).min(total);
    let [from, to, of, left] =
        [(first + 1).min(last), last, total, total - last].map(|n| wording::count(n, reader.lang));
    reader.lang.pick(
        format!("Hồ sơ {from}–{to} trong {of}; còn {left}."),
        format!("Case files {from}–{to} of {of}; {left} remain."),
    )
}

/// `missing`: a bút lục that was asked for and is not there.
pub(crate) fn case(reader: &Reader<'_>, view: &CaseView, missing: Option<&str>) -> Markup {
    let (lang, header) = (reader.lang, &view.case.header);
    let year = header.year.map(|y| y.to_string()).unwrap_or_default();
    let facts = [
        (reader.t("Đơn vị", "Unit"), header.unit.as_str()),
        (reader.t("Năm", "Year"), year.as_str()),
        (reader.t("Thời hạn bảo quản", "Retention"), header.retention.as_str()),
        (reader.t("Độ mật", "Secrecy"), header.secrecy.vietnamese()),
        (reader.t("Nơi để bản giấy", "Paper lies at"), header.paper_location.as_str()),
    ];
    frame(
        reader,
        Part::Cases,
        header.code.as_str(),
        &html! {
            (crumbs(reader, None))
            h1 { span.code { (header.code) } @if !header.title.is_empty() { " " (header.title) } }
            @if !view.proof.is_good() {
                p.problem role="alert" {
                    strong { "✗ " (crate::picture::headline(false, lang)) } " – "
                    (view.proof.path) ": " (view.proof.reasons(lang).join("; "))
                }
            }
            @if let Some(label) = missing {
                p.problem role="alert" {
                    (reader.t("Hồ sơ này không có bút lục", "This case file has no folio")) " “" (label) "”. "
                    (reader.t("Chọn trang trong danh sách dưới đây.", "Choose a page from the list below."))
                }
            }
            dl.facts {
                @for (name, value) in facts { @if !value.is_empty() { div { dt { (name) } dd { (value) } } } }
                div {
                    dt { (reader.t("Niêm phong", "Sealed")) }
                    dd { (reader.t("phiên bản", "version")) " " (view.version) " · " (when(&view.created, reader)) }
                }
            }
            (folio_form(reader, &header.code, None))
            h2 { (reader.t("Văn bản", "Documents")) " " span.number { (wording::count(view.case.documents.len(), lang)) } }
            ol.documents {
                @for (idx, document) in view.case.documents.iter().enumerate() {
                    li { (one_document(reader, view, idx, document)) }
                }
            }
        },
    )
}

fn when(created: &str, reader: &Reader<'_>) -> String {
    created.parse().map_or_else(|_| created.to_owned(), |at| wording::moment(at, reader.lang))
}

fn one_document(reader: &Reader<'_>, view: &CaseView, idx: usize, document: &Document) -> Markup {
    let (lang, code) = (reader.lang, &view.case.header.code);
    let name = document.doc_type.map_or_else(|| document.name.clone(), |of| wording::doc_type(of, lang));
    let has_pdf = view.pdf_paths.get(idx).is_some_and(Option::is_some);
    html! {
        div.document {
            h3 { (name) }
            p.meta {
                @if let Some(date) = document.date { span { (wording::date(date, lang)) } }
                span { (wording::pages(document.pages.len(), lang)) }
                @if document.doc_type.is_some() { span.received { (document.name) } }
                @if has_pdf { a href=(urls::pdf(code, document.no, 1)) { (reader.t("PDF tìm kiếm được", "Searchable PDF")) } }
            }
        }
        ul.pages {
            @for page in &document.pages {
                @let label = page.folio.as_ref().map(|f| f.label.as_str());
                li {
                    a href=(urls::page(code, page.no, None)) class=[(page.outcome != "text").then_some("untexted")] {
                        @match label {
                            Some(label) => { span.unseen { (reader.t("bút lục", "folio")) " " } strong { "BL " (label) } },
                            None => { strong title=(reader.t("bút lục chưa rõ", "folio unknown")) { "BL ?" } }
                        }
                        span { (reader.t("trang", "page")) " " (page.no) }
                        @if page.outcome == "blank" { em { (reader.t("trắng", "blank")) } }
                        @else if page.outcome != "text" { em { (reader.t("chưa đọc", "unread")) } }
                    }
                }
            }
        }
    }
}

/// The way back up.
pub(crate) fn crumbs(reader: &Reader<'_>, code: Option<&CaseCode>) -> Markup {
    html! {
        nav.crumbs aria-label=(reader.t("Đường dẫn", "Breadcrumbs")) {
            a href=(urls::CASES) { (reader.t("Hồ sơ", "Case files")) }
            @if let Some(code) = code { span aria-hidden="true" { " › " } a href=(urls::case(code)) { (code) } }
        }
    }
}

/// The box that jumps to a bút lục.
pub(crate) fn folio_form(reader: &Reader<'_>, code: &CaseCode, query: Option<u32>) -> Markup {
    html! {
        form.jump method="get" action=(urls::folio(code)) {
            label for="so" { (reader.t("Đến bút lục", "Go to folio")) }
            input id="so" name="so" size="5" maxlength="20" required autocomplete="off" inputmode="text";
            @if let Some(number) = query { input type="hidden" name="tim" value=(number); }
            button { (reader.t("Đến", "Go")) }
        }
    }
}
