//! Style sheets, scripts and the icon: embedded, under an address that changes with their content, so that browsers may
//! keep them for ever.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

const FILES: &[(&str, &str, &str)] = &[
    ("app.css", "text/css; charset=utf-8", include_str!("../assets/app.css")),
    ("court.css", "text/css; charset=utf-8", include_str!("../assets/court.css")),
    ("seal.js", "text/javascript; charset=utf-8", include_str!("../assets/seal.js")),
    ("app.js", "text/javascript; charset=utf-8", include_str!("../assets/app.js")),
    ("page.js", "text/javascript; charset=utf-8", include_str!("../assets/page.js")),
    ("court.js", "text/javascript; charset=utf-8", include_str!("../assets/court.js")),
    ("icon.svg", "image/svg+xml", include_str!("../assets/icon.svg")),
];

/// One stamp for all: scripts import each other by relative names.
static STAMP: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for (name, _, text) in FILES {
        hasher.update(name.as_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect()
});

/// The address of a file.
///
/// # Panics
/// When there is no such file: names are written in this crate only.
pub(crate) fn url(name: &str) -> String {
    assert!(FILES.iter().any(|(known, ..)| *known == name), "no asset {name}");
    format!("/tinh/{}/{name}", *STAMP)
}

/// Serves a file; it needs no login.
pub(crate) async fn file(Path((stamp, name)): Path<(String, String)>) -> Response {
    let found = FILES.iter().find(|(known, ..)| *known == name).filter(|_| stamp == *STAMP);
    match found {
        Some((_, media_type, text)) => {
            let headers = [
                (header::CONTENT_TYPE, *media_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, *text).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
