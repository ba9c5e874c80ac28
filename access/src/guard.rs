//! What every request passes before it is looked at, and what every answer carries.

use crate::desk::Desk;
use crate::session::key_of;
use crate::urls;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use record::Lang;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Nothing but what this server sends: no inline script or style, no frame, no foreign host. `blob:` is for pictures whose
/// bytes the script has compared with the seal.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
                   form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// Longest time for one answer.
const ANSWER: Duration = Duration::from_secs(120);

/// Who asks: made by [`guard`] for every request.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) lang: Lang,
    /// The session, when logged in.
    pub(crate) session: Option<[u8; 32]>,
}

/// Refuses foreign hosts and foreign pages, finds the session, limits the time, adds the headers of safety.
pub(crate) async fn guard(State(desk): State<Arc<Desk>>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !is_our_host(headers, desk.address) {
        return with_headers((StatusCode::MISDIRECTED_REQUEST, "unknown host\n").into_response());
    }
    if *request.method() != Method::GET && *request.method() != Method::HEAD && !is_from_our_page(headers) {
        return with_headers(
            (StatusCode::FORBIDDEN, "refused: not sent by a page of this server\n").into_response(),
        );
    }
    let key = cookie(headers, &desk.cookie()).and_then(key_of);
    let session = key.filter(|key| desk.sessions().touch(key, Instant::now()));
    let lang = match cookie(headers, "hoso-lang") {
        Some("vi") => Lang::Vi,
        Some("en") => Lang::En,
        _ => desk.lang,
    };
    request.extensions_mut().insert(Asked { lang, session });
    let answer = match tokio::time::timeout(ANSWER, next.run(request)).await {
        Ok(answer) => answer,
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "too slow, try again\n").into_response(),
    };
    with_headers(answer)
}

/// Lets only people who have logged in pass. Pages lead to the login, scripts get a plain 401.
pub(crate) async fn logged_in(request: Request, next: Next) -> Response {
    let known = request.extensions().get::<Asked>().is_some_and(|asked| asked.session.is_some());
    if known {
        return next.run(request).await;
    }
    let wants_page = request.headers().get("sec-fetch-dest").is_none_or(|dest| dest == "document");
    if *request.method() == Method::GET && wants_page {
        let back = request.uri().path_and_query().map_or("/", |p| p.as_str());
        let to = if back == "/" {
            urls::LOGIN.to_owned()
        } else {
            format!("{}?ve={}", urls::LOGIN, urls::value(back))
        };
        return Redirect::to(&to).into_response();
    }
    (StatusCode::UNAUTHORIZED, "log in first\n").into_response()
}

fn with_headers(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set("content-security-policy", CSP);
    set("x-content-type-options", "nosniff");
    set("x-frame-options", "DENY");
    // Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
    set("referrer-policy", "same-origin");
    set("cross-origin-opener-policy", "same-origin");
    set("cross-origin-resource-policy", "same-origin");
    set("permissions-policy", "camera=(), microphone=(), geolocation=(), fullscreen=(self)");
    set("cache-control", "no-store");
    answer
}

/// Against names that somebody lets point to this machine (DNS rebinding): the host must be an address or `localhost`,
/// and the port ours.
fn is_our_host(headers: &HeaderMap, ours: SocketAddr) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|h| h.to_str().ok()) else { return false };
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
        _ => (host, Some(80)),
    };
    if port != Some(ours.port()) {
        return false;
    }
    let literal: Option<IpAddr> = name.trim_start_matches('[').trim_end_matches(']').parse().ok();
    match literal {
        Some(ip) => {
            ours.ip().is_unspecified() || ip == ours.ip() || (ours.ip().is_loopback() && ip.is_loopback())
        }
        None => {
            name.eq_ignore_ascii_case("localhost") && (ours.ip().is_loopback() || ours.ip().is_unspecified())
        }
    }
}

/// Against forms on foreign pages (CSRF): the browser says where the request comes from, by `Sec-Fetch-Site` or, where it
/// is older, by `Origin`. Who says nothing is refused.
fn is_from_our_page(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    match (text("origin"), text("host")) {
        (Some(origin), Some(host)) => {
            origin.strip_prefix("http://").is_some_and(|o| o.eq_ignore_ascii_case(host))
        }
        _ => false,
    }
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (n.parse().unwrap(), HeaderValue::from_static(v))).collect()
    }

    fn is_ours(host: &'static str, address: &str) -> bool {
        is_our_host(&headers(&[("host", host)]), address.parse().unwrap())
    }

    #[test]
    fn only_addresses_of_this_machine_are_hosts() {
        for host in ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"] {
            assert!(is_ours(host, "127.0.0.1:8080"), "{host}");
        }
        for host in
            ["evil.example:8080", "127.0.0.1", "127.0.0.1:81", "10.0.0.1:8080", "localhost.evil:8080", ""]
        {
            assert!(!is_ours(host, "127.0.0.1:8080"), "{host}");
        }
        assert!(is_ours("10.1.2.3:8080", "0.0.0.0:8080"));
        assert!(!is_ours("evil.example:8080", "0.0.0.0:8080"));
        assert!(is_ours("localhost", "127.0.0.1:80"));
        assert!(!is_our_host(&HeaderMap::new(), "127.0.0.1:80".parse().unwrap()));
    }

    #[test]
    fn only_our_own_pages_may_send() {
        let host = ("host", "127.0.0.1:8080");
        assert!(is_from_our_page(&headers(&[host, ("sec-fetch-site", "same-origin")])));
        assert!(is_from_our_page(&headers(&[host, ("origin", "http://127.0.0.1:8080")])));
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            ("origin", "http://127.0.0.1:8081"),
            ("origin", "https://127.0.0.1:8080"),
            ("origin", "null"),
            ("accept", "*/*"),
        ] {
            assert!(!is_from_our_page(&headers(&[host, (name, value)])), "{name}: {value}");
        }
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let headers = headers(&[("cookie", "a=1; hoso-8080=t; hoso-80=u")]);
        assert_eq!(cookie(&headers, "hoso-80"), Some("u"));
        assert_eq!(cookie(&headers, "hoso"), None);
    }
}
