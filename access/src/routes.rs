//! Addresses and what answers them. Each handler reads: who asks, what is read on a thread that may wait, which page
//! shows it.

use crate::desk::{Cost, Desk};
use crate::failure::{Failure, query_problem};
use crate::guard::{guard, logged_in};
use crate::pages::cases::CASES_A_SHEET;
use crate::pages::search::{HITS_A_SHEET, MAX_SHEETS};
use crate::session::key_of;
use crate::visit::{Visit, place};
use crate::{assets, guard, pages, pdf, picture, urls};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Form, Path, Query};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use pipeline::{Asking, PipelineError, QueryError};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Instant;

/// Longest form that is taken, in bytes: as many characters as the search box takes, of three bytes each, each of them written `%xx`, and some
/// more.
const MAX_FORM_BYTES: usize = 9 * (pipeline::Query::MAX_BYTES + 1) + (4 << 10);

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
        .route("/ho-so/{code}/trang/{page}/dong/{lines}", get(picture::lines))
        .route("/ho-so/{code}/phien-toa/{page}", get(court))
        .route("/ho-so/{code}/van-ban/{file}", get(pdf::pdf))
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

async fn not_here(visit: Visit) -> Response {
    Failure::NotHere.page(&visit.reader())
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

async fn login_page(visit: Visit, Query(back): Query<Back>) -> Response {
    if visit.asked.session.is_some() {
        return Redirect::to(back.path()).into_response();
    }
    pages::login::page(&visit.reader(), back.path(), None).into_response()
}

#[derive(Deserialize)]
struct Login {
    user: String,
    password: String,
    ve: Option<String>,
}

async fn log_in(visit: Visit, headers: HeaderMap, Form(login): Form<Login>) -> Response {
    let (desk, reader) = (&visit.desk, visit.reader());
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

async fn log_out(Visit { desk, asked, .. }: Visit) -> Response {
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

async fn search_page(visit: Visit) -> Response {
    pages::search::page(&visit.reader(), &pages::search::Shown::Nothing).into_response()
}

#[derive(Deserialize)]
struct Search {
    q: String,
}

/// Remembers the query in the session and leads to its number: names of people stand in no address and no history.
async fn search(visit: Visit, Form(search): Form<Search>) -> Response {
    let (bytes, max) = (search.q.len(), pipeline::Query::MAX_BYTES);
    // Before anything is cut off at its ends: the browser may have cut it, and then it is no whole query.
    if bytes > max {
        let problem = query_problem(&QueryError::TooLong { bytes, max }, visit.asked.lang);
        let shown = pages::search::Shown::Problem { query: &search.q, problem, at: None };
        return pages::search::page(&visit.reader(), &shown).into_response();
    }
    let query = search.q.trim().to_owned();
    if query.is_empty() {
        return Redirect::to("/").into_response();
    }
    let Visit { desk, asked, .. } = visit;
    let number = asked.session.and_then(|session| desk.sessions().remember(&session, query));
    Redirect::to(&number.map_or_else(|| "/".into(), |n| urls::results(n, 1))).into_response()
}

/// A sheet of a list, from 1.
#[derive(Deserialize)]
struct Sheet {
    tu: Option<usize>,
    /// `ho-so`: hits are case files.
    theo: Option<String>,
}

async fn results(visit: Visit, Path(number): Path<u32>, Query(sheet): Query<Sheet>) -> Response {
    let Some(query) = visit.query(Some(number)) else {
        return Redirect::to("/").into_response();
    };
    let by_case = sheet.theo.as_deref() == Some(urls::BY_CASE);
    let sheet = sheet.tu.unwrap_or(1).clamp(1, MAX_SHEETS);
    let asking = Asking { limit: HITS_A_SHEET, offset: (sheet - 1) * HITS_A_SHEET, by_case, facets: true };
    let (clearance, text) = (visit.desk.clearance.clone(), query.clone());
    let found = visit
        .desk
        .read(Cost::Reading, move |books| match books.room.search_as(&clearance, &text, asking) {
            Err(PipelineError::Query(problem)) => Ok(Err(problem)),
            found => found.map(Ok),
        })
        .await;
    let reader = visit.reader();
    visit.answer(found.map(|found| {
        let shown = match &found {
            Ok(answer) => pages::search::Shown::Answer { query: &query, number, sheet, answer },
            Err(problem) => pages::search::Shown::Problem {
                query: &query,
                problem: query_problem(problem, reader.lang),
                at: problem.at(),
            },
        };
        pages::search::page(&reader, &shown)
    }))
}

// ---- case files and pages ----

async fn cases(visit: Visit, Query(sheet): Query<Sheet>) -> Response {
    let clearance = visit.desk.clearance.clone();
    let sheet = sheet.tu.unwrap_or(1).max(1);
    let offset = (sheet - 1).saturating_mul(CASES_A_SHEET);
    let cases = visit
        .desk
        .read(Cost::Reading, move |books| books.room.cases(&clearance, CASES_A_SHEET, offset))
        .await;
    visit.answer(cases.map(|cases| pages::cases::list(&visit.reader(), &cases, sheet)))
}

async fn case(visit: Visit, Path(code): Path<String>) -> Response {
    let view = visit.in_case(Cost::Reading, &code, |_, case| Ok(case.into_view())).await;
    visit.answer(view.map(|view| pages::cases::case(&visit.reader(), &view, None)))
}

#[derive(Deserialize)]
struct Found {
    /// Number of the search that led here.
    tim: Option<u32>,
}

async fn page(
    visit: Visit,
    Path((code, page)): Path<(String, String)>,
    Query(found): Query<Found>,
) -> Response {
    let query = visit.query(found.tim);
    let number = found.tim.filter(|_| query.is_some());
    let result = async {
        let (_, no) = place(&code, &page)?;
        let (view, page) = visit
            .at_page(Cost::Reading, &code, no, move |_, case| {
                // A query that means nothing lights nothing.
                let query = query.and_then(|text| pipeline::Query::parse(&text).ok());
                let page = case.page(no, query.as_ref())?;
                Ok((case.into_view(), page))
            })
            .await?;
        pages::page::page(&visit.reader(), &view, no, &page, number).ok_or(Failure::NotHere)
    };
    visit.answer(result.await)
}

async fn court(
    visit: Visit,
    Path((code, page)): Path<(String, String)>,
    Query(found): Query<Found>,
) -> Response {
    let result = async {
        let (_, no) = place(&code, &page)?;
        let view = visit.in_case(Cost::Reading, &code, |_, case| Ok(case.into_view())).await?;
        pages::court::page(&visit.reader(), &view, no, found.tim).ok_or(Failure::NotHere)
    };
    visit.answer(result.await)
}

#[derive(Deserialize)]
struct Jump {
    /// The bút lục.
    so: String,
    tim: Option<u32>,
}

/// From a bút lục to its page.
async fn folio(visit: Visit, Path(code): Path<String>, Query(jump): Query<Jump>) -> Response {
    let label = jump.so.clone();
    let found = visit
        .in_case(Cost::Reading, &code, move |_, case| Ok((case.page_of_folio(&label), case.into_view())));
    visit.answer(found.await.map(|(page, view)| match page {
        Some(page) => Redirect::to(&urls::page(&view.case.header.code, page, jump.tim)).into_response(),
        None => {
            let page = pages::cases::case(&visit.reader(), &view, Some(jump.so.trim()));
            (StatusCode::NOT_FOUND, page).into_response()
        }
    }))
}
