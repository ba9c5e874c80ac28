//! The pages, as functions from what was read to HTML. Text is escaped by the templates; nothing is marked as safe by hand.

pub(crate) mod cases;
pub(crate) mod court;
pub(crate) mod login;
pub(crate) mod message;
pub(crate) mod page;
pub(crate) mod search;

use crate::{assets, urls, wording};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use pipeline::Damage;
use record::Lang;
use serde::Serialize;

/// Who reads: what every page needs to know.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) lang: Lang,
    /// The agency that keeps the archive.
    pub(crate) agency: &'a str,
    /// Who is logged in.
    pub(crate) user: Option<&'a str>,
    /// Path and query of this page, to come back to.
    pub(crate) here: &'a str,
}

impl Reader<'_> {
    /// The one of two texts that the reader's language asks for.
    pub(crate) fn t<'t>(&self, vi: &'t str, en: &'t str) -> &'t str {
        self.lang.pick(vi, en)
    }
}

/// Which part of the program a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Search,
    Cases,
    Other,
}

/// A whole page: head, bar with navigation, content.
pub(crate) fn frame(reader: &Reader<'_>, part: Part, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(reader.lang.pick("vi", "en")) {
            (head(title, &["app.css"], &["app.js"]))
            body {
                a.skip href="#main" { (reader.t("Tới nội dung", "Skip to content")) }
                header.bar {
                    a.brand href="/" { span.mark aria-hidden="true" { "HS" } span { "hoso" } }
                    @if reader.user.is_some() {
                        nav aria-label=(reader.t("Chính", "Main")) {
                            (tab("/", reader.t("Tìm kiếm", "Search"), part == Part::Search))
                            (tab(urls::CASES, reader.t("Hồ sơ", "Case files"), part == Part::Cases))
                        }
                    }
                    span.agency { (reader.agency) }
                    (language(reader))
                    @if let Some(user) = reader.user {
                        form.inline method="post" action=(urls::LOGOUT) {
                            button.quiet title=(user) { (reader.t("Đăng xuất", "Log out")) }
                        }
                    }
                }
                main id="main" { (content) }
            }
        }
    }
}

/// From one sheet of a list to its neighbours; nothing where there is one sheet only.
pub(crate) fn sheets(
    reader: &Reader<'_>,
    said: &str,
    sheet: usize,
    last: usize,
    url: impl Fn(usize) -> String,
) -> Markup {
    html! {
        @if last > 1 {
            nav.sheets aria-label=(said) {
                @if sheet > 1 { a.button rel="prev" href=(url((sheet - 1).min(last))) { "‹ " (reader.t("Trước", "Previous")) } }
                span { (wording::count(sheet, reader.lang)) " / " (wording::count(last, reader.lang)) }
                @if sheet < last { a.button rel="next" href=(url(sheet + 1)) { (reader.t("Sau", "Next")) " ›" } }
            }
        }
    }
}

/// Names what is not shown, and why; nothing where all is shown.
pub(crate) fn damaged(reader: &Reader<'_>, damaged: &[Damage]) -> Markup {
    html! {
        @if !damaged.is_empty() {
            div.problem.damaged role="alert" {
                p { strong { "✗ " (reader.t("Sai lệch niêm phong hoặc không đọc được – không hiển thị:", "Differs from the seal or cannot be read – not shown:")) } }
                ul {
                    @for damage in damaged {
                        li {
                            @match &damage.case {
                                Some(code) => a href=(urls::case(code)) { (damage.name) },
                                None => span { (damage.name) },
                            }
                            " – " (damage.why(reader.lang))
                        }
                    }
                }
                p { (reader.t("Phần còn lại vẫn hiển thị đầy đủ. Báo người quản trị chạy hoso verify.", "The rest is shown. Tell the administrator to run hoso verify.")) }
            }
        }
    }
}

/// The head of a page.
pub(crate) fn head(title: &str, styles: &[&str], scripts: &[&str]) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { (title) " – hoso" }
            link rel="icon" type="image/svg+xml" href=(assets::url("icon.svg"));
            @for style in styles { link rel="stylesheet" href=(assets::url(style)); }
            @for script in scripts { script type="module" src=(assets::url(script)) {} }
        }
    }
}

fn tab(to: &str, name: &str, here: bool) -> Markup {
    html! { a href=(to) aria-current=[here.then_some("page")] { (name) } }
}

/// The switch to the other language, remembered in a cookie.
fn language(reader: &Reader<'_>) -> Markup {
    let (code, name) = reader.lang.pick(("en", "English"), ("vi", "Tiếng Việt"));
    html! {
        form.inline method="post" action=(urls::LANGUAGE) {
            input type="hidden" name="ve" value=(reader.here);
            button.quiet name="lang" value=(code) lang=(code) { (name) }
        }
    }
}

/// Data for a script of ours. It is no script itself, so the policy lets it stand in the page.
pub(crate) fn data(id: &str, value: &impl Serialize) -> Markup {
    let json = serde_json::to_string(value).expect("strings and numbers can be written as JSON");
    // Nothing in it may end the element.
    let json = json.replace('<', "\\u003c");
    html! { script type="application/json" id=(id) { (PreEscaped(json)) } }
}

/// What scripts say to people about pictures and seals.
#[derive(Serialize)]
pub(crate) struct SealWords<'a> {
    checking: &'a str,
    broken: &'a str,
    unchecked: &'a str,
    transit: &'a str,
    no_browser_check: &'a str,
    browser_check: &'a str,
    browser_check_rendered: &'a str,
    master: &'a str,
    cannot_show: &'a str,
    withheld: &'a str,
    found: &'a str,
    sealed: &'a str,
    none: &'a str,
    logged_out: &'a str,
    checked: &'a str,
    not_evidence: &'a str,
    picture_of: &'a str,
}

pub(crate) fn seal_words<'a>(reader: &Reader<'a>) -> SealWords<'a> {
    let lang = reader.lang;
    SealWords {
        checking: lang.pick("Đang đối chiếu niêm phong…", "Comparing with the seal…"),
        broken: crate::picture::headline(false, lang),
        unchecked: lang.pick("CHƯA ĐỐI CHIẾU ĐƯỢC", "COULD NOT BE CHECKED"),
        transit: lang.pick(
            "ảnh nhận được khác ảnh máy chủ đã đối chiếu",
            "the picture received is not the one that the server checked",
        ),
        no_browser_check: lang.pick(
            "máy chủ đã đối chiếu; trình duyệt không tự đối chiếu được trên kết nối này",
            "checked by the server; the browser cannot check on this connection",
        ),
        browser_check: lang.pick("trình duyệt tự tính lại: khớp", "computed again by the browser: equal"),
        browser_check_rendered: lang.pick(
            "máy chủ tính; trình duyệt xác nhận ảnh dựng đến nguyên vẹn",
            "computed by the server; the browser confirms that the rendering arrived intact",
        ),
        master: lang.pick("Tệp gốc", "Master"),
        cannot_show: lang
            .pick("Trình duyệt không hiển thị được ảnh này.", "The browser cannot show this picture."),
        withheld: lang.pick("Ảnh không được trình chiếu.", "The picture is not shown."),
        found: lang.pick("SHA-256 hiện nay", "SHA-256 now"),
        sealed: lang.pick("SHA-256 khi niêm phong", "SHA-256 when sealed"),
        none: lang.pick("không có", "none"),
        logged_out: lang
            .pick("Phiên làm việc đã hết. Hãy đăng nhập lại.", "The session has ended. Log in again."),
        checked: lang.pick("đối chiếu lúc", "checked at"),
        not_evidence: lang.pick(
            "SAI LỆCH NIÊM PHONG – KHÔNG DÙNG LÀM CHỨNG CỨ",
            "DIFFERS FROM THE SEAL – NOT TO BE USED AS EVIDENCE",
        ),
        picture_of: lang.pick("Ảnh trang", "Picture of page"),
    }
}
