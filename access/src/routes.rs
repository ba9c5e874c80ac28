//! Addresses and what answers them. Each handler reads: who asks, what is read on a thread that may wait, which page
//! shows it.

use crate::assets;
use crate::desk::{Cost, Desk};
use crate::failure::{Failure, query_problem};
use crate::guard::{Asked, guard, logged_in};
use crate::pages::{self, Reader};
use crate::session::key_of;
use crate::{guard, picture, urls};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, Form, Path, Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::Markup;
use pipeline::{CaseView, PageView, PipelineError};
use record::{CaseCode, DocumentNo, PageNo};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Instant;

/// Longest form that is taken, in bytes.
const MAX_FORM_BYTES: usize = 16 << 10;
/// Hits on one sheet of results.
const HITS_A_SHEET: usize = 20;
/// No further than this into the results: who has not found it by then should ask more precisely.
const MAX_SHEETS: usize = 100;

type TheDesk = State<Arc<Desk>>;
type Who = Extension<Asked>;

/// All routes.
pub(crate) fn routes(desk: Arc<Desk>) -> Router {
    let with_login = Router::new()
        .route("/", get(search_page))
        .route(urls::SEARCH, post(search))
        .route("/tim/{number}", get(results))
        .route(urls::CASES, get(cases))
        .route("/ho-so/{code}", get(case))
        .route("/ho-so/{code}/but-luc", get(folio))
        .route("/ho-so/{code}/trang/{page}", get(page))
        .route("/ho-so/{code}/trang/{page}/anh", get(picture::picture))
        .route("/ho-so/{code}/phien-toa/{page}", get(court))
        .route("/ho-so/{code}/van-ban/{file}", get(pdf))
        .route(urls::ALIVE, post(alive))
        .route(urls::LOGOUT, post(log_out))
        .fallback(not_here)
        .layer(from_fn(logged_in));
    let without = Router::new()
        .route(urls::LOGIN, get(login_page).post(log_in))
        .route(urls::LANGUAGE, post(language))
        .route("/tinh/{stamp}/{name}", get(assets::file));
    let router = without.merge(with_login).layer(DefaultBodyLimit::max(MAX_FORM_BYTES));
    router.layer(from_fn_with_state(Arc::clone(&desk), guard)).with_state(desk)
}

fn reader<'a>(desk: &'a Desk, asked: &Asked, here: &'a Uri) -> Reader<'a> {
    let user = asked.session.is_some().then(|| desk.account.user());
    let here = here.path_and_query().map_or("/", |p| p.as_str());
    Reader { lang: asked.lang, agency: &desk.agency, user, here }
}

fn shown(reader: &Reader<'_>, page: Result<Markup, Failure>) -> Response {
    match page {
        Ok(page) => page.into_response(),
        Err(failure) => failure.page(reader),
    }
}

async fn not_here(State(desk): TheDesk, Extension(asked): Who, uri: Uri) -> Response {
    Failure::NotHere.page(&reader(&desk, &asked, &uri))
}

// ---- login ----

#[derive(Deserialize)]
struct Back {
    /// Where to go afterwards.
    ve: Option<String>,
}

impl Back {
    fn path(&self) -> &str {
        self.ve.as_deref().and_then(urls::safe_path).unwrap_or("/")
    }
}

async fn login_page(
    State(desk): TheDesk,
    Extension(asked): Who,
    uri: Uri,
    Query(back): Query<Back>,
) -> Response {
    if asked.session.is_some() {
        return Redirect::to(back.path()).into_response();
    }
    pages::login::page(&reader(&desk, &asked, &uri), back.path(), None).into_response()
}

#[derive(Deserialize)]
struct Login {
    user: String,
    password: String,
    ve: Option<String>,
}

async fn log_in(
    State(desk): TheDesk,
    Extension(asked): Who,
    uri: Uri,
    headers: HeaderMap,
    Form(login): Form<Login>,
) -> Response {
    let reader = reader(&desk, &asked, &uri);
    let back = Back { ve: login.ve };
    let pause = {
        let mut guard = desk.login_guard();
        let pause = guard.pause(Instant::now());
        if pause.is_none() {
            guard.count(Instant::now());
        }
        pause
    };
    if let Some(pause) = pause {
        let seconds = pause.as_secs() + 1;
        let page = pages::login::page(&reader, back.path(), Some(pages::login::Refused::Wait(seconds)));
        let retry = [(header::RETRY_AFTER, seconds.to_string())];
        return (StatusCode::TOO_MANY_REQUESTS, retry, page).into_response();
    }
    match desk.admits(login.user, login.password).await {
        Ok(true) => {}
        Ok(false) => {
            tracing::warn!("wrong login");
            let page = pages::login::page(&reader, back.path(), Some(pages::login::Refused::Wrong));
            return (StatusCode::UNAUTHORIZED, page).into_response();
        }
        Err(failure) => return failure.page(&reader),
    }
    desk.login_guard().reset();
    let token = {
        let mut sessions = desk.sessions();
        if let Some(old) = guard::cookie(&headers, &desk.cookie()).and_then(key_of) {
            sessions.close(&old);
        }
        sessions.open(Instant::now())
    };
    tracing::info!("logged in");
    let cookie = format!("{}={token}; Path=/; HttpOnly; SameSite=Strict", desk.cookie());
    ([(header::SET_COOKIE, cookie)], Redirect::to(back.path())).into_response()
}

async fn log_out(State(desk): TheDesk, Extension(asked): Who) -> Response {
    if let Some(session) = &asked.session {
        desk.sessions().close(session);
    }
    tracing::info!("logged out");
    let cookie = format!("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", desk.cookie());
    ([(header::SET_COOKIE, cookie)], Redirect::to(urls::LOGIN)).into_response()
}

/// A court screen that is open tells so; the ten hours go on running.
async fn alive() -> StatusCode {
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Language {
    lang: String,
    ve: Option<String>,
}

async fn language(Form(wanted): Form<Language>) -> Response {
    let lang = if wanted.lang == "en" { "en" } else { "vi" };
    let cookie = format!("hoso-lang={lang}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000");
    ([(header::SET_COOKIE, cookie)], Redirect::to(Back { ve: wanted.ve }.path())).into_response()
}

// ---- search ----

async fn search_page(State(desk): TheDesk, Extension(asked): Who, uri: Uri) -> Response {
    pages::search::page(&reader(&desk, &asked, &uri), &pages::search::Shown::Nothing).into_response()
}

#[derive(Deserialize)]
struct Search {
    q: String,
}

/// Remembers the query in the session and leads to its number: names of people stand in no address and no history.
async fn search(State(desk): TheDesk, Extension(asked): Who, Form(search): Form<Search>) -> Response {
    let query = search.q.trim().to_owned();
    if query.is_empty() {
        return Redirect::to("/").into_response();
    }
    let number = asked.session.and_then(|session| desk.sessions().remember(&session, query));
    Redirect::to(&number.map_or_else(|| "/".into(), |n| urls::results(n, 1))).into_response()
}

#[derive(Deserialize)]
struct Sheet {
    tu: Option<usize>,
}

async fn results(
    State(desk): TheDesk,
    Extension(asked): Who,
    uri: Uri,
    Path(number): Path<u32>,
    Query(sheet): Query<Sheet>,
) -> Response {
    let reader = reader(&desk, &asked, &uri);
    let Some(query) = query_text(&desk, &asked, Some(number)) else {
        return Redirect::to("/").into_response();
    };
    let sheet = sheet.tu.unwrap_or(1).clamp(1, MAX_SHEETS);
    let (clearance, text) = (desk.clearance.clone(), query.clone());
    let found = desk
        .read(Cost::Reading, move |books| {
            match books.room.search(&clearance, &text, HITS_A_SHEET, (sheet - 1) * HITS_A_SHEET) {
                Err(PipelineError::Query(problem)) => Ok(Err(problem)),
                found => found.map(Ok),
            }
        })
        .await;
    let page = found.map(|found| {
        let shown = match &found {
            Ok(answer) => pages::search::Shown::Answer { query: &query, number, sheet, answer },
            Err(problem) => pages::search::Shown::Problem {
                query: &query,
                problem: query_problem(problem, reader.lang),
                at: pages::search::place(problem),
            },
        };
        pages::search::page(&reader, &shown)
    });
    shown(&reader, page)
}

/// The query with this number in the session of who asks.
fn query_text(desk: &Desk, asked: &Asked, number: Option<u32>) -> Option<String> {
    desk.sessions().query(&asked.session?, number?)
}

// ---- case files and pages ----

async fn cases(State(desk): TheDesk, Extension(asked): Who, uri: Uri) -> Response {
    let reader = reader(&desk, &asked, &uri);
    let clearance = desk.clearance.clone();
    let cases = desk.read(Cost::Reading, move |books| books.room.cases(&clearance)).await;
    shown(&reader, cases.map(|cases| pages::cases::list(&reader, &cases)))
}

async fn read_case(desk: &Desk, code: &str) -> Result<CaseView, Failure> {
    let code = urls::code_of(code).ok_or(Failure::NotHere)?;
    let clearance = desk.clearance.clone();
    desk.read(Cost::Reading, move |books| books.room.case(&books.room.permit(&clearance, &code)?)).await
}

async fn case(State(desk): TheDesk, Extension(asked): Who, uri: Uri, Path(code): Path<String>) -> Response {
    let reader = reader(&desk, &asked, &uri);
    let view = read_case(&desk, &code).await;
    shown(&reader, view.map(|view| pages::cases::case(&reader, &view, None)))
}

/// Which page of which case file an address means.
pub(crate) fn place(code: &str, page: &str) -> Result<(CaseCode, PageNo), Failure> {
    let page = page.parse().ok().and_then(|n| PageNo::new(n).ok());
    urls::code_of(code).zip(page).ok_or(Failure::NotHere)
}

#[derive(Deserialize)]
struct Found {
    /// Number of the search that led here.
    tim: Option<u32>,
}

async fn page(
    State(desk): TheDesk,
    Extension(asked): Who,
    uri: Uri,
    Path((code, page)): Path<(String, String)>,
    Query(found): Query<Found>,
) -> Response {
    let reader = reader(&desk, &asked, &uri);
    let query = query_text(&desk, &asked, found.tim);
    let number = found.tim.filter(|_| query.is_some());
    let result = async {
        let (code, no) = place(&code, &page)?;
        let clearance = desk.clearance.clone();
        let (case, page): (CaseView, PageView) = desk
            .read(Cost::Reading, move |books| {
                let permit = books.room.permit(&clearance, &code)?;
                let page = match books.room.page(&permit, no, query.as_deref()) {
                    Err(PipelineError::Query(_)) => books.room.page(&permit, no, None)?,
                    page => page?,
                };
                Ok((books.room.case(&permit)?, page))
            })
            .await?;
        pages::page::page(&reader, &case, no, &page, number).ok_or(Failure::NotHere)
    }
    .await;
    shown(&reader, result)
}

async fn court(
    State(desk): TheDesk,
    Extension(asked): Who,
    uri: Uri,
    Path((code, page)): Path<(String, String)>,
    Query(found): Query<Found>,
) -> Response {
    let reader = reader(&desk, &asked, &uri);
    let result = async {
        let (_, no) = place(&code, &page)?;
        let view = read_case(&desk, &code).await?;
        pages::court::page(&reader, &view, no, found.tim).ok_or(Failure::NotHere)
    }
    .await;
    shown(&reader, result)
}

#[derive(Deserialize)]
struct Jump {
    /// The bút lục.
    so: String,
    tim: Option<u32>,
}

/// From a bút lục to its page.
async fn folio(
    State(desk): TheDesk,
    Extension(asked): Who,
    uri: Uri,
    Path(code): Path<String>,
    Query(jump): Query<Jump>,
) -> Response {
    let reader = reader(&desk, &asked, &uri);
    let result = async {
        let code = urls::code_of(&code).ok_or(Failure::NotHere)?;
        let (clearance, label, of) = (desk.clearance.clone(), jump.so.clone(), code.clone());
        let (page, view) = desk
            .read(Cost::Reading, move |books| {
                let permit = books.room.permit(&clearance, &of)?;
                Ok((books.room.page_of_folio(&permit, &label)?, books.room.case(&permit)?))
            })
            .await?;
        Ok(match page {
            Some(page) => Redirect::to(&urls::page(&code, page, jump.tim)).into_response(),
            None => (StatusCode::NOT_FOUND, pages::cases::case(&reader, &view, Some(jump.so.trim())))
                .into_response(),
        })
    }
    .await;
    result.unwrap_or_else(|failure: Failure| failure.page(&reader))
}

/// The searchable PDF of a document.
async fn pdf(
    State(desk): TheDesk,
    Extension(asked): Who,
    uri: Uri,
    Path((code, file)): Path<(String, String)>,
) -> Response {
    let reader = reader(&desk, &asked, &uri);
    let result = async {
        let code = urls::code_of(&code).ok_or(Failure::NotHere)?;
        let number =
            file.strip_suffix(".pdf").and_then(|n| n.parse().ok()).and_then(|n| DocumentNo::new(n).ok());
        let number = number.ok_or(Failure::NotHere)?;
        let clearance = desk.clearance.clone();
        let bytes = desk
            .read(Cost::Picture, move |books| {
                books.room.pdf(&books.room.permit(&clearance, &code)?, number.idx())
            })
            .await?
            .ok_or(Failure::NotHere)?;
        let headers: [(HeaderName, &str); 3] = [
            (header::CONTENT_TYPE, "application/pdf"),
            (header::CONTENT_DISPOSITION, "inline"),
            // The browser's PDF viewer needs styles of its own; our PDFs hold no script.
            (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
        ];
        Ok((headers, bytes).into_response())
    }
    .await;
    result.unwrap_or_else(|failure: Failure| failure.page(&reader))
}
