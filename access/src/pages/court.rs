//! The court screen: one page fills it, nothing is drawn over the evidence, the line below says what the seal says.

use super::{Reader, SealWords, data, head, seal_words};
use crate::{urls, wording};
use maud::{DOCTYPE, Markup, html};
use pipeline::CaseView;
use record::PageNo;
use serde::Serialize;

/// A page, for the script.
#[derive(Serialize)]
struct Leaf {
    folio: Option<String>,
    document: String,
    picture: String,
    here: String,
    close: String,
}

#[derive(Serialize)]
struct Court<'a> {
    code: &'a str,
    start: usize,
    leaves: Vec<Leaf>,
    alive: &'a str,
    login: &'a str,
    words: Words<'a>,
    seal: SealWords<'a>,
}

#[derive(Serialize)]
struct Words<'a> {
    folio: &'a str,
    no_folio: &'a str,
    page: &'a str,
    missing: &'a str,
    missing_page: &'a str,
    several: &'a str,
    first: &'a str,
    last: &'a str,
}

/// The screen, or nothing when the case file has no such page.
pub(crate) fn page(reader: &Reader<'_>, view: &CaseView, no: PageNo, query: Option<u32>) -> Option<Markup> {
    view.case.page(no)?;
    let (lang, header) = (reader.lang, &view.case.header);
    let leaves = view.case.pages().map(|(document, page)| Leaf {
        folio: page.folio.as_ref().map(|f| f.label.clone()),
        document: document.doc_type.map_or_else(|| document.name.clone(), |of| wording::doc_type(of, lang)),
        picture: urls::picture(&header.code, page.no),
        here: urls::court(&header.code, page.no, query),
        close: urls::page(&header.code, page.no, query),
    });
    let court = Court {
        code: header.code.as_str(),
        start: no.idx(),
        leaves: leaves.collect(),
        alive: urls::ALIVE,
        login: urls::LOGIN,
        words: Words {
            folio: reader.t("Bút lục", "Folio"),
            no_folio: reader.t("Bút lục chưa rõ", "Folio unknown"),
            page: reader.t("trang", "page"),
            missing: reader.t("Hồ sơ này không có bút lục", "This case file has no folio"),
            missing_page: reader.t("Hồ sơ này không có trang", "This case file has no page"),
            several: reader.t(
                "Bút lục này có ở nhiều trang; đang hiện trang đầu tiên.",
                "Several pages bear this folio; this is the first.",
            ),
            first: reader.t("Đây là trang đầu.", "This is the first page."),
            last: reader.t("Đây là trang cuối.", "This is the last page."),
        },
        seal: seal_words(reader),
    };
    Some(html! {
        (DOCTYPE)
        html lang=(lang.pick("vi", "en")) {
            (head(&format!("{} {}", reader.t("Phiên tòa", "Court"), header.code), &["court.css"], &["court.js"]))
            body {
                (data("court", &court))
                header id="top" {
                    a.key id="close" href=(urls::page(&header.code, no, query)) { "✕ " (reader.t("Đóng", "Close")) }
                    h1 {
                        strong id="folio" {}
                        span id="where" {}
                    }
                    form id="jump" autocomplete="off" {
                        label for="to" { (reader.t("Đến bút lục", "Go to folio")) }
                        input id="to" maxlength="20" size="5" aria-describedby="help-jump";
                        span.unseen id="help-jump" { (reader.t("t5 là trang 5", "t5 is page 5")) }
                    }
                    div.keys role="group" aria-label=(reader.t("Lật trang và phóng to", "Pages and zoom")) {
                        (key("previous", "‹", reader.t("Trang trước (←)", "Previous page (←)")))
                        (key("next", "›", reader.t("Trang sau (→)", "Next page (→)")))
                        (key("out", "−", reader.t("Thu nhỏ (−)", "Zoom out (−)")))
                        output id="zoom" { "100 %" }
                        (key("in", "+", reader.t("Phóng to (+)", "Zoom in (+)")))
                        (key("fit", "⤢", reader.t("Vừa màn hình (0)", "Fit the screen (0)")))
                        (key("width", "↔", reader.t("Vừa chiều ngang (W)", "Fit the width (W)")))
                        (key("full", "⛶", reader.t("Toàn màn hình (F)", "Full screen (F)")))
                        (key("help", "?", reader.t("Các phím (?)", "Keys (?)")))
                    }
                }
                main id="stage" tabindex="-1" aria-label=(reader.t("Trang đang trình chiếu", "The page shown")) {
                    noscript { p.big { (reader.t("Màn hình phiên tòa cần JavaScript để đối chiếu niêm phong.", "The court screen needs JavaScript to compare with the seal.")) } }
                    p.wait id="wait" hidden { (reader.t("Đang mở trang và đối chiếu niêm phong…", "Opening the page and comparing with the seal…")) }
                    div.broken id="broken" role="alert" hidden {
                        p.cross aria-hidden="true" { "✗" }
                        h2 {}
                        p.why {}
                        p.not { }
                        dl {}
                    }
                }
                p id="note" role="status" hidden {}
                footer id="seal" role="status" data-state="checking" {
                    span.sign aria-hidden="true" { "…" }
                    span.words { strong.headline {} span.detail {} }
                    strong.trial hidden {}
                    span.digest {}
                }
                dialog id="keys" aria-label=(reader.t("Các phím", "Keys")) { (keys(reader)) }
            }
        }
    })
}

fn key(id: &str, sign: &str, said: &str) -> Markup {
    html! { button.key type="button" id=(id) title=(said) aria-label=(said) { (sign) } }
}

fn keys(reader: &Reader<'_>) -> Markup {
    let rows = [
        ("→  ↓  PageDown  Space", reader.t("trang sau", "next page")),
        ("←  ↑  PageUp", reader.t("trang trước", "previous page")),
        ("Home  End", reader.t("trang đầu, trang cuối", "first and last page")),
        (
            "1 – 9",
            reader.t("gõ số bút lục rồi Enter; t5 là trang 5", "type a folio, then Enter; t5 is page 5"),
        ),
        (
            "+  −  0  W",
            reader.t(
                "phóng to, thu nhỏ, vừa màn hình, vừa chiều ngang",
                "zoom in, out, fit the screen, fit the width",
            ),
        ),
        (
            "Shift + ← ↑ → ↓",
            reader.t("dời ảnh khi phóng to (hoặc kéo chuột)", "move the picture when zoomed (or drag it)"),
        ),
        (
            "F  H  ?",
            reader.t("toàn màn hình, ẩn thanh trên, bảng này", "full screen, hide the top bar, this table"),
        ),
    ];
    html! {
        h2 { (reader.t("Các phím", "Keys")) }
        dl { @for (keys, what) in rows { div { dt { (keys) } dd { (what) } } } }
        form method="dialog" { button.key { (reader.t("Đóng", "Close")) } }
    }
}
