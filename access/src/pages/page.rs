//! One page: its picture with the hits framed, its text beside it, and what the seal says of it.

use super::cases::{crumbs, folio_form};
use super::{Part, Reader, data, frame, seal_words};
use crate::{assets, urls, wording};
use maud::{Markup, html};
use pipeline::{CaseView, LitWord, PageView, PipelineError};
use record::{BlockKind, Line, Mark, MarkInk, MarkKind, PageNo, PageText, PxBox};
use std::collections::HashSet;

/// Words that the engine was less sure of are underlined.
const SURE: u8 = 60;

/// The page, or nothing when the case file has no such page.
pub(crate) fn page(
    reader: &Reader<'_>,
    view: &CaseView,
    no: PageNo,
    shown: &PageView,
    query: Option<u32>,
) -> Option<Markup> {
    let (document, page) = view.case.page(no)?;
    let (lang, code) = (reader.lang, &view.case.header.code);
    let last = view.pages;
    let folio = page.folio.as_ref().map(|f| f.label.as_str());
    let title = format!("{code} · {} · {} {no}", wording::folio(folio, lang), reader.t("trang", "page"));
    let in_document = document.pages.iter().position(|p| p.no == no).map_or(1, |idx| idx + 1);
    let place = view.place_of_document(document.no)?;
    let has_pdf = view.pdf_paths.get(place).is_some_and(Option::is_some);
    let name = document.doc_type.map_or_else(|| document.name.clone(), |of| wording::doc_type(of, lang));
    Some(frame(
        reader,
        Part::Cases,
        &title,
        &html! {
            (data("seal-words", &seal_words(reader)))
            script type="module" src=(assets::url("page.js")) {}
            div.pagehead {
                div {
                    (crumbs(reader, Some(code)))
                    h1 {
                        (capital(&wording::folio(folio, lang)))
                        " " span.soft { (reader.t("trang", "page")) " " (no) " / " (last) }
                    }
                    p.meta {
                        span { (name) }
                        @if let Some(date) = document.date { span { (wording::date(date, lang)) } }
                        @if !view.case.header.title.is_empty() { span { (view.case.header.title) } }
                    }
                }
                div.tools {
                    nav.turn aria-label=(reader.t("Lật trang", "Turn pages")) {
                        (turn(reader, view, no.get().checked_sub(1), "prev", query))
                        (turn(reader, view, no.get().checked_add(1), "next", query))
                    }
                    (folio_form(reader, code, query))
                    @if let Some(number) = query { a.button href=(urls::results(number, 1)) { (reader.t("Về kết quả tìm", "Back to results")) } }
                    @if has_pdf { a.button href=(urls::pdf(code, document.no, in_document)) { (reader.t("Mở PDF", "Open PDF")) } }
                    a.button.primary href=(urls::court(code, no, query)) { (reader.t("Màn hình phiên tòa", "Court screen")) }
                }
            }
            p.seal id="seal" role="status" data-state="checking" {
                span.sign aria-hidden="true" { "…" }
                span.said { (reader.t("Đang đối chiếu niêm phong…", "Comparing with the seal…")) }
            }
            div.reading {
                div.picture {
                    (picture(reader, view, no, shown))
                    @if !shown.lit.is_empty() {
                        p.hint { (lit_said(reader, &shown.lit)) }
                    }
                }
                section.text aria-label=(reader.t("Văn bản đọc được", "Text as read")) {
                    h2 { (reader.t("Văn bản máy đọc", "Text as read by machine")) }
                    @match &shown.text {
                        Ok(Some(text)) => {
                            p.hint.sealed { "✓ " (reader.t("Khớp niêm phong.", "Matches the seal.")) }
                            p.hint { (reader.t("Dùng để tìm và chép; chứng cứ là ảnh bên cạnh. Chữ gạch chấm: máy đọc chưa chắc.",
                                "For finding and copying; the picture is the evidence. Dotted: the machine was not sure.")) }
                            div.body lang="vi" { (body(reader, text, &shown.lit)) }
                        }
                        Ok(None) => p.empty { (wording::no_text(&page.outcome, lang)) }
                        Err(error) => {
                            div.problem role="alert" {
                                p { strong { "✗ " (withheld(reader, error)) } }
                                p { (pipeline::why_not_shown(error, lang)) }
                            }
                        }
                    }
                }
            }
        },
    ))
}

fn withheld<'a>(reader: &Reader<'a>, error: &PipelineError) -> &'a str {
    match error.cause() {
        PipelineError::NotSealed { .. } => reader.t(
            "Văn bản khác bản đã niêm phong nên không hiển thị.",
            "The text is not what was sealed; it is not shown.",
        ),
        _ => reader.t("Không đọc được văn bản của trang này.", "The text of this page cannot be read."),
    }
}

/// The place of the picture. The script fetches it and compares it with the seal; without scripts the server alone has
/// done so, and sends no picture that differs.
fn picture(reader: &Reader<'_>, view: &CaseView, no: PageNo, shown: &PageView) -> Markup {
    let src = urls::picture(&view.case.header.code, no);
    let alt = format!("{} {no}", reader.t("Ảnh trang", "Picture of page"));
    let size = shown.text.as_ref().ok().and_then(Option::as_ref).map(|t| t.size);
    html! {
        figure id="picture" data-src=(src) data-alt=(alt)
            data-width=[size.map(|s| s.width_px)] data-height=[size.map(|s| s.height_px)] {
            div.frame {
                noscript { img src=(src) alt=(alt); }
                @if let Some(size) = size {
                    svg.boxes viewBox=(format!("0 0 {} {}", size.width_px, size.height_px)) preserveAspectRatio="none" aria-hidden="true" {
                        @for word in &shown.lit { (framed(word, size.dpi)) }
                    }
                }
            }
            div.deviant hidden {
                p { (reader.t("Ảnh của trang này khác ảnh đã niêm phong nên không được hiển thị như chứng cứ.",
                    "The picture of this page is not the one that was sealed; it is not shown as evidence.")) }
                dl {}
                button type="button" { (reader.t("Xem ảnh sai lệch để kiểm tra", "Look at the deviating picture")) }
            }
        }
    }
}

/// A frame a little larger than the word's ink, dotted where the engine was less sure of the word.
pub(super) fn framed(word: &LitWord, dpi: u32) -> Markup {
    let bbox = word.bbox;
    let air = (dpi / 50).max(2);
    let (x, y) = (bbox.left.saturating_sub(air), bbox.top.saturating_sub(air));
    let unsure = (word.confidence < SURE).then_some("unsure");
    html! {
        rect class=[unsure] x=(x) y=(y) width=(bbox.right + air - x) height=(bbox.bottom + air - y) rx=(air) {}
    }
}

fn lit_said(reader: &Reader<'_>, lit: &[LitWord]) -> String {
    let n = wording::count(lit.len(), reader.lang);
    let mut said = reader.lang.pick(
        format!("{n} chữ khớp được đóng khung trên ảnh."),
        format!("{n} matching words framed on the picture."),
    );
    if lit.iter().any(|word| word.confidence < SURE) {
        said += reader.t(" Khung chấm: máy đọc chưa chắc.", " Dotted frames: the machine was not sure.");
    }
    said
}

fn turn(reader: &Reader<'_>, view: &CaseView, to: Option<u32>, rel: &str, query: Option<u32>) -> Markup {
    let to = to.and_then(|n| PageNo::new(n).ok()).filter(|no| no.get() <= view.pages);
    let (sign, said) = match rel {
        "prev" => ("‹", reader.t("Trang trước", "Previous page")),
        _ => ("›", reader.t("Trang sau", "Next page")),
    };
    html! {
        @match to {
            Some(no) => a.button rel=(rel) href=(urls::page(&view.case.header.code, no, query)) title=(said) aria-label=(said) { (sign) },
            None => span.button.off role="link" aria-disabled="true" aria-label=(said) { (sign) },
        }
    }
}

/// What a mark is, for people.
fn mark_title(reader: &Reader<'_>, mark: Mark) -> String {
    match (mark.kind, mark.ink) {
        (MarkKind::Other, _) => reader.t("dấu, số đóng thêm", "stamp or mark").to_owned(),
        (kind, MarkInk::Other) => kind.title(reader.lang).to_owned(),
        (kind, ink) => format!("{}, {}", kind.title(reader.lang), ink.title(reader.lang)),
    }
}

/// The text by blocks and lines, hits marked, doubtful words underlined, stamps apart.
fn body(reader: &Reader<'_>, text: &PageText, lit: &[LitWord]) -> Markup {
    let lit: HashSet<PxBox> = lit.iter().map(|word| word.bbox).collect();
    html! {
        @for block in &text.blocks {
            @match block.kind {
                BlockKind::Body => p { (lines(&block.lines, &lit)) },
                BlockKind::Mark(mark) if !block.lines.is_empty() => p.stamp title=(mark_title(reader, mark)) { (lines(&block.lines, &lit)) },
                BlockKind::Mark(mark) if mark.kind == MarkKind::Pen => {}
                BlockKind::Mark(mark) => p.stamp { "[" (mark_title(reader, mark)) "]" },
            }
        }
    }
}

fn lines(lines: &[Line], lit: &HashSet<PxBox>) -> Markup {
    html! {
        @for (idx, line) in lines.iter().enumerate() {
            @if idx > 0 { br; }
            @for (idx, word) in line.words.iter().enumerate() {
                @if idx > 0 { " " }
                @let unsure = word.confidence < SURE;
                @if lit.contains(&word.bbox) { mark { (word.text) } }
                @else if unsure { span.unsure title=(format!("{} %", word.confidence)) { (word.text) } }
                @else { (word.text) }
            }
        }
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}
