//! The searchable PDF of a document, of any size: compared with the seal before the first byte, sent in pieces that are
//! compared again, in whole or in the part that a viewer asks for (RFC 9110, section 14).

use crate::desk::Desk;
use crate::failure::Failure;
use crate::visit::Visit;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use pipeline::SealedFile;
use record::DocumentNo;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;

/// Who takes no piece for so long has gone.
const STALLED: Duration = Duration::from_secs(60);

/// `GET /ho-so/{code}/van-ban/{number}.pdf`
pub(crate) async fn pdf(
    visit: Visit,
    Path((code, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let result = async {
        let number = file.strip_suffix(".pdf").and_then(|n| n.parse().ok());
        let number = number.and_then(|n| DocumentNo::new(n).ok()).ok_or(Failure::NotHere)?;
        let opened = visit.pdf(&code, number).await?;
        let file = opened.ok_or(Failure::NotHere)?;
        send(&visit.desk, file, &headers).await
    };
    visit.answer(result.await)
}

async fn send(desk: &Desk, file: SealedFile, asked: &HeaderMap) -> Result<Response, Failure> {
    let (bytes, etag) = (file.bytes(), format!("\"{}\"", file.sha256()));
    let wanted = wanted(asked, &etag, bytes);
    let (status, range) = match wanted {
        Wanted::Whole => (StatusCode::OK, 0..bytes),
        Wanted::Part(ref part) => (StatusCode::PARTIAL_CONTENT, part.clone()),
        Wanted::Nothing => {
            let range = [(header::CONTENT_RANGE, format!("bytes */{bytes}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, range).into_response());
        }
    };
    let mut headers = HeaderMap::new();
    let mut set = |name, value: &str| {
        headers.insert(name, HeaderValue::from_str(value).expect("ASCII: numbers, digests, slugs"));
    };
    set(header::CONTENT_TYPE, "application/pdf");
    set(header::CONTENT_DISPOSITION, &format!("inline; filename=\"{}\"", ascii_name(file.name())));
    // The browser's PDF viewer needs styles of its own; our PDFs hold no script.
    set(header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'");
    set(header::ACCEPT_RANGES, "bytes");
    set(header::ETAG, &etag);
    set(header::CONTENT_LENGTH, &(range.end - range.start).to_string());
    set(header::HeaderName::from_static("x-hoso-seal"), "good");
    if status == StatusCode::PARTIAL_CONTENT {
        set(header::CONTENT_RANGE, &format!("bytes {}-{}/{bytes}", range.start, range.end - 1));
    }
    let body = pieces(desk, file, range).await?;
    Ok((status, headers, body).into_response())
}

/// Names in packages are slugs; those of other programs may hold anything.
fn ascii_name(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')).collect()
}

/// The bytes of a range. The first piece is read before the answer begins, so that a file that was changed is refused
/// with words; a later piece that was changed breaks the answer off. Memory: three pieces.
async fn pieces(desk: &Desk, file: SealedFile, range: Range<u64>) -> Result<Body, Failure> {
    let place = desk.stream_place().await;
    let file = Arc::new(file);
    let mut at = range.start;
    let mut piece = read(&file, at, range.end).await??;
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let _place = place;
        while !piece.is_empty() {
            at += piece.len() as u64;
            let sent = tokio::time::timeout(STALLED, sender.send(Ok(Bytes::from(piece)))).await;
            if !matches!(sent, Ok(Ok(()))) {
                return;
            }
            piece = match read(&file, at, range.end).await {
                Ok(Ok(piece)) => piece,
                failed => {
                    let failure = failed.map_or_else(
                        |bug| bug,
                        |read| match read {
                            Ok(_) => Failure::Bug,
                            Err(error) => Failure::from(error),
                        },
                    );
                    failure.log();
                    let _ =
                        sender.send(Err(io::Error::other("differs from the seal or cannot be read"))).await;
                    return;
                }
            };
        }
    });
    Ok(Body::from_stream(Pieces(receiver)))
}

async fn read(
    file: &Arc<SealedFile>,
    at: u64,
    end: u64,
) -> Result<Result<Vec<u8>, pipeline::PipelineError>, Failure> {
    let file = Arc::clone(file);
    tokio::task::spawn_blocking(move || file.read(at, end)).await.map_err(|_| Failure::Bug)
}

struct Pieces(mpsc::Receiver<Result<Bytes, io::Error>>);

impl Stream for Pieces {
    type Item = Result<Bytes, io::Error>;
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(Range<u64>),
    /// A part that is not there.
    Nothing,
}

/// What of the file is asked for. Several parts at once, other units and ranges of an older file are answered with the
/// whole, as the standard allows.
fn wanted(headers: &HeaderMap, etag: &str, bytes: u64) -> Wanted {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|of| of != etag) {
        return Wanted::Whole;
    }
    let Some(range) = text(header::RANGE).and_then(|r| r.strip_prefix("bytes=")) else {
        return Wanted::Whole;
    };
    let Some((first, last)) = range.trim().split_once('-') else { return Wanted::Whole };
    let number = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| digits.parse().unwrap_or(u64::MAX))
    };
    let part = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(bytes),
        (Some(first), None) if last.is_empty() => first..bytes,
        (None, Some(count)) if first.is_empty() => bytes.saturating_sub(count)..bytes,
        _ => return Wanted::Whole,
    };
    if part.start < part.end { Wanted::Part(part) } else { Wanted::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str, if_range: Option<&str>) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        if let Some(etag) = if_range {
            headers.insert(header::IF_RANGE, etag.parse().unwrap());
        }
        wanted(&headers, "\"ab\"", 1000)
    }

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        assert_eq!(wanted(&HeaderMap::new(), "\"ab\"", 1000), Wanted::Whole);
        for (range, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-999", 0..1000),
            ("bytes=10-19", 10..20),
            ("bytes=990-5000", 990..1000),
            ("bytes=990-", 990..1000),
            ("bytes=-10", 990..1000),
            ("bytes=-5000", 0..1000),
            ("bytes=1-99999999999999999999999", 1..1000),
        ] {
            assert_eq!(asked(range, None), Wanted::Part(part), "{range}");
        }
        for range in ["bytes=1000-", "bytes=1000-1001", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(asked(range, None), Wanted::Nothing, "{range}");
        }
        for range in
            ["bytes=", "bytes=5-4", "bytes=a-b", "bytes=0-1,5-6", "pages=1-2", "bytes=+1-2", "bytes=-"]
        {
            assert_eq!(asked(range, None), Wanted::Whole, "{range}");
        }
        assert_eq!(asked("bytes=0-1", Some("\"ab\"")), Wanted::Part(0..2));
        assert_eq!(asked("bytes=0-1", Some("\"cd\"")), Wanted::Whole, "of another file");
        assert_eq!(wanted(&HeaderMap::new(), "", 0), Wanted::Whole);
    }
}
