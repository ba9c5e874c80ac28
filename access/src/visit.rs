//! One request: who asks, from which page, and the way to the case file it is about.

use crate::desk::{Books, Cost, Desk};
use crate::failure::Failure;
use crate::guard::Asked;
use crate::pages::Reader;
use crate::urls;
use axum::extract::{Extension, FromRequestParts};
use axum::http::Uri;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use pipeline::{OpenedCase, PipelineError, SealedFile};
use record::{CaseCode, DocumentNo, PageNo};
use std::sync::Arc;

/// What every handler needs.
pub(crate) struct Visit {
    pub(crate) desk: Arc<Desk>,
    pub(crate) asked: Asked,
    uri: Uri,
}

impl FromRequestParts<Arc<Desk>> for Visit {
    /// Only when [`guard`](crate::guard::guard) was not passed: a fault in the list of routes.
    type Rejection = axum::extract::rejection::ExtensionRejection;

    async fn from_request_parts(parts: &mut Parts, desk: &Arc<Desk>) -> Result<Self, Self::Rejection> {
        let Extension(asked) = Extension::<Asked>::from_request_parts(parts, desk).await?;
        Ok(Self { desk: Arc::clone(desk), asked, uri: parts.uri.clone() })
    }
}

impl Visit {
    /// Who reads the page that is the answer.
    pub(crate) fn reader(&self) -> Reader<'_> {
        let user = self.asked.session.is_some().then(|| self.desk.account.user());
        let here = self.uri.path_and_query().map_or("/", |p| p.as_str());
        Reader { lang: self.asked.lang, agency: &self.desk.agency, user, here }
    }

    /// The answer, or the page that tells why there is none.
    pub(crate) fn answer(&self, answer: Result<impl IntoResponse, Failure>) -> Response {
        match answer {
            Ok(answer) => answer.into_response(),
            Err(failure) => failure.page(&self.reader()),
        }
    }

    /// The query with this number in the session of who asks.
    pub(crate) fn query(&self, number: Option<u32>) -> Option<String> {
        self.desk.sessions().query(&self.asked.session?, number?)
    }

    /// Reads in the case file that a segment of the address names, if who asks may read it.
    pub(crate) async fn in_case<T: Send + 'static>(
        &self,
        cost: Cost,
        segment: &str,
        reading: impl for<'b> FnOnce(&'b Books, OpenedCase<'b>) -> Result<T, PipelineError> + Send + 'static,
    ) -> Result<T, Failure> {
        let code = urls::code_of(segment).ok_or(Failure::NotHere)?;
        let clearance = self.desk.clearance.clone();
        self.desk.read(cost, move |books| reading(books, books.room.open_case(&clearance, &code)?)).await
    }

    /// The same for one page: of a case file in volumes the others stay closed.
    pub(crate) async fn at_page<T: Send + 'static>(
        &self,
        cost: Cost,
        segment: &str,
        page: PageNo,
        reading: impl for<'b> FnOnce(&'b Books, OpenedCase<'b>) -> Result<T, PipelineError> + Send + 'static,
    ) -> Result<T, Failure> {
        let code = urls::code_of(segment).ok_or(Failure::NotHere)?;
        let clearance = self.desk.clearance.clone();
        self.desk.read(cost, move |books| reading(books, books.room.open_at(&clearance, &code, page)?)).await
    }

    /// The searchable PDF of a document.
    pub(crate) async fn pdf(&self, segment: &str, no: DocumentNo) -> Result<Option<SealedFile>, Failure> {
        let code = urls::code_of(segment).ok_or(Failure::NotHere)?;
        let clearance = self.desk.clearance.clone();
        let open = move |books: &Books| {
            let case = books.room.open_at_document(&clearance, &code, no)?;
            case.view().place_of_document(no).map_or(Ok(None), |place| case.pdf(place))
        };
        self.desk.read(Cost::Picture, open).await
    }
}

/// Which page of which case file an address means.
pub(crate) fn place(code: &str, page: &str) -> Result<(CaseCode, PageNo), Failure> {
    let page = page.parse().ok().and_then(|n| PageNo::new(n).ok());
    urls::code_of(code).zip(page).ok_or(Failure::NotHere)
}
