//! A page that says one thing.

use super::{Part, Reader, frame};
use maud::{Markup, html};

/// What happened, and the next step.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) what: String,
    pub(crate) next: String,
}

pub(crate) fn page(reader: &Reader<'_>, words: &Words) -> Markup {
    frame(
        reader,
        Part::Other,
        &words.what,
        &html! {
            section.message {
                h1 { (words.what) }
                p { (words.next) }
                p { a.button href="/" { (reader.t("Về trang tìm kiếm", "To the search page")) } }
            }
        },
    )
}
