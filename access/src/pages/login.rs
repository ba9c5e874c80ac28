//! The login.

use super::{Part, Reader, frame};
use crate::urls;
use maud::{Markup, html};

/// Why a login was refused; never says which of name and password was wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refused {
    Wrong,
    /// Seconds until the next try.
    Wait(u64),
}

pub(crate) fn page(reader: &Reader<'_>, back: &str, refused: Option<Refused>) -> Markup {
    let problem = refused.map(|refused| match refused {
        Refused::Wrong => reader.t("Tên hoặc mật khẩu không đúng.", "Name or password is wrong.").to_owned(),
        Refused::Wait(seconds) => {
            let vi = format!("Sai quá nhiều lần. Thử lại sau {seconds} giây.");
            let en = format!("Too many wrong logins. Try again in {seconds} seconds.");
            reader.lang.pick(vi, en)
        }
    });
    // A language switch on the answer to a form leads back to the page of the form.
    let reader = &Reader {
        here: if reader.here.starts_with(urls::LOGIN) && refused.is_none() {
            reader.here
        } else {
            urls::LOGIN
        },
        ..*reader
    };
    frame(
        reader,
        Part::Other,
        reader.t("Đăng nhập", "Log in"),
        &html! {
            section.login {
                h1 { (reader.t("Đăng nhập", "Log in")) }
                p.lead { (reader.t("Kho hồ sơ số hóa", "Archive of digitized case files")) " · " (reader.agency) }
                @if let Some(problem) = &problem { p.problem role="alert" { (problem) } }
                form method="post" action=(urls::LOGIN) {
                    input type="hidden" name="ve" value=(back);
                    label for="user" { (reader.t("Tên tài khoản", "Account name")) }
                    input id="user" name="user" autocomplete="username" autocapitalize="none" spellcheck="false"
                        required autofocus;
                    label for="password" { (reader.t("Mật khẩu", "Password")) }
                    input id="password" name="password" type="password" autocomplete="current-password" required;
                    button.primary { (reader.t("Đăng nhập", "Log in")) }
                }
            }
        },
    )
}
