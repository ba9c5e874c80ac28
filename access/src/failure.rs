//! What a request can fail with, and what a person is told.

use crate::pages::{self, Reader};
use crate::wording;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use pipeline::{PipelineError, QueryError};
use record::Lang;

/// Why a request got no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No such page, case file or address, or none that this person may see: the answer is the same.
    NotHere,
    /// The archive, the index or a worker failed.
    Pipeline(Box<PipelineError>),
    /// A panic; its message is in the log.
    Bug,
}

impl From<PipelineError> for Failure {
    fn from(error: PipelineError) -> Self {
        match error {
            PipelineError::NoCase(_) | PipelineError::NoVersion { .. } | PipelineError::NoPage { .. } => {
                Self::NotHere
            }
            other => Self::Pipeline(Box::new(other)),
        }
    }
}

impl Failure {
    /// The page that tells it.
    pub(crate) fn page(&self, reader: &Reader<'_>) -> Response {
        self.log();
        let status = self.status();
        (
            status,
            [(header::CACHE_CONTROL, "no-store")],
            pages::message::page(reader, &self.words(reader.lang)),
        )
            .into_response()
    }

    /// For requests of scripts: no page, one line.
    pub(crate) fn line(&self, lang: Lang) -> Response {
        self.log();
        (self.status(), [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], self.words(lang).what)
            .into_response()
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotHere => StatusCode::NOT_FOUND,
            Self::Pipeline(error) if differs_from_the_seal(error) => StatusCode::CONFLICT,
            Self::Pipeline(_) | Self::Bug => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A person must act. The message may name files, never text of a page.
    pub(crate) fn log(&self) {
        match self {
            Self::NotHere => {}
            Self::Pipeline(error) => {
                tracing::error!(stage = "access", code = "reading", %error, "a page could not be read")
            }
            Self::Bug => tracing::error!(stage = "access", code = "panic", "a request ended in a panic"),
        }
    }

    fn words(&self, lang: Lang) -> pages::message::Words {
        let (what, next) = match self {
            Self::NotHere => (
                lang.pick("Không có trang này", "There is no such page").to_owned(),
                lang.pick(
                    "Có thể địa chỉ sai, hoặc tài liệu không thuộc phạm vi được xem.",
                    "The address may be wrong, or the document is not among those you may see.",
                )
                .to_owned(),
            ),
            Self::Pipeline(error) if matches!(**error, PipelineError::Native(_)) => (
                lang.pick("Không dựng được ảnh của trang này", "No picture of this page could be made")
                    .to_owned(),
                error.to_string(),
            ),
            Self::Pipeline(error) => {
                let what = match differs_from_the_seal(error) {
                    true => lang.pick(
                        "Sai lệch niêm phong: không hiển thị tệp này",
                        "Differs from the seal: this file is not shown",
                    ),
                    false => lang.pick("Không đọc được kho", "The archive could not be read"),
                };
                let hint = error.hint(lang).map(|hint| format!(" – {hint}")).unwrap_or_default();
                (what.to_owned(), format!("{}{hint}", pipeline::why_not_shown(error, lang)))
            }
            Self::Bug => (
                lang.pick("Chương trình gặp lỗi", "The program failed").to_owned(),
                lang.pick(
                    "Lỗi đã được ghi nhật ký. Hãy thử lại; nếu vẫn lỗi, báo người quản trị.",
                    "It was logged. Try again; if it persists, tell the administrator.",
                )
                .to_owned(),
            ),
        };
        pages::message::Words { what, next }
    }
}

/// What is wrong with a query, for the person who typed it.
pub(crate) fn query_problem(error: &QueryError, lang: Lang) -> String {
    if lang == Lang::En {
        return error.to_string();
    }
    wording::sentence(&error.vietnamese())
}

fn differs_from_the_seal(error: &PipelineError) -> bool {
    matches!(error.cause(), PipelineError::NotSealed { .. } | PipelineError::NoVolume { .. })
}
