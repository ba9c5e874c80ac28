//! What goes over the wire: notes what the server calls itself, takes keys out of lists that the client cannot take, and can
//! alter a body on its way to try whether the server notices.

use super::bucket::next;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpResponseBody, HttpService, ReqwestConnector,
};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Longest page of a list: a thousand keys of 1024 bytes, written as XML.
const MAX_LIST_BYTES: usize = 16 << 20;
/// Most keys that are remembered because no file can have their name.
const MAX_ODD_KEYS: usize = 10_000;

/// Shared by all connections of a bucket.
#[derive(Debug, Default)]
pub(super) struct Wire {
    server: Mutex<Option<String>>,
    /// Keys that were taken out of lists.
    odd: Mutex<BTreeSet<String>>,
    /// Whether bodies are replaced by as many zeros, after digests were taken and signed.
    pub(super) alters: AtomicBool,
}

impl Wire {
    /// The header `Server` of the last answer; empty where there was none.
    pub(super) fn server(&self) -> String {
        self.server.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
    }

    /// Keys below a folder that lists held and the client cannot take.
    pub(super) fn odd_keys(&self, below: &str) -> Vec<String> {
        let odd = self.odd.lock().unwrap_or_else(PoisonError::into_inner);
        odd.iter().filter(|key| key.starts_with(below)).cloned().collect()
    }
}

#[derive(Debug)]
pub(super) struct Connector(pub(super) Arc<Wire>);

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Noting { client, wire: self.0.clone() }))
    }
}

#[derive(Debug)]
struct Noting {
    client: HttpClient,
    wire: Arc<Wire>,
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'a>>;

impl HttpService for Noting {
    fn call<'life0, 'async_trait>(&'life0 self, mut request: HttpRequest) -> Answer<'async_trait>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            let length = request.body().content_length();
            if self.wire.alters.load(Ordering::Relaxed) && length > 0 {
                *request.body_mut() = HttpRequestBody::from(vec![0; length]);
            }
            let query = request.uri().query().unwrap_or_default();
            let is_list = query.split('&').any(|part| part == "list-type=2");
            let response = self.client.execute(request).await?;
            if let Some(server) = response.headers().get("server").and_then(|name| name.to_str().ok()) {
                let name: String = server.chars().take(100).collect();
                *self.wire.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(name);
            }
            if !is_list || !response.status().is_success() {
                return Ok(response);
            }
            let (head, body) = response.into_parts();
            let list = String::from_utf8_lossy(&page(body).await?).into_owned();
            let (list, found) = without_odd_keys(&list);
            let mut odd = self.wire.odd.lock().unwrap_or_else(PoisonError::into_inner);
            let room = MAX_ODD_KEYS.saturating_sub(odd.len());
            odd.extend(found.into_iter().take(room));
            drop(odd);
            Ok(HttpResponse::from_parts(head, HttpResponseBody::from(list)))
        })
    }
}

/// The bytes of one page of a list; a server that sends without end is not listened to.
async fn page(body: HttpResponseBody) -> Result<Vec<u8>, HttpError> {
    let (mut bytes, mut stream) = (Vec::new(), body.bytes_stream());
    while let Some(chunk) = next(&mut stream).await {
        bytes.extend_from_slice(&chunk?);
        if bytes.len() > MAX_LIST_BYTES {
            let error = std::io::Error::other(format!("a list of more than {MAX_LIST_BYTES} bytes"));
            return Err(HttpError::new(HttpErrorKind::Decode, error));
        }
    }
    Ok(bytes)
}

/// A list (ListObjectsV2) without the keys that name no file, and these: marks of folders (`a/`), empty or dotted segments,
/// control characters. One of them would make the client refuse the whole list.
fn without_odd_keys(list: &str) -> (String, Vec<String>) {
    const END: &str = "</Contents>";
    let (mut kept, mut odd) = (String::new(), Vec::new());
    for piece in list.split_inclusive(END) {
        let key = piece.split_once("<Key>").and_then(|(_, rest)| rest.split_once("</Key>"));
        match (key, piece.find("<Contents>")) {
            (Some((key, _)), Some(start)) if !is_path(key) => {
                kept.push_str(&piece[..start]);
                let name = quick_xml::escape::unescape(key).map_or(key.to_owned(), Cow::into_owned);
                odd.push(name.replace(char::is_control, "\u{fffd}"));
            }
            _ => kept.push_str(piece),
        }
    }
    (kept, odd)
}

/// Of a key as XML has it, which cannot name every control character.
fn is_path(key: &str) -> bool {
    let Ok(key) = quick_xml::escape::unescape(key) else { return false };
    !key.chars().any(|c| c.is_ascii_control()) && !key.split('/').any(|part| matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_name_no_file_are_taken_out_of_a_list() {
        let entry = |key: &str| format!("<Contents><Key>{key}</Key><Size>0</Size></Contents>");
        let good = ["a/b", "a/c &amp; d", "a/ệ%2F"].map(entry).concat();
        let odd = ["a/", "a//b", "a/&#x1;", "/a", "a/../b", "a/&#10;"].map(entry).concat();
        let list = format!(
            "<ListBucketResult><Prefix>a</Prefix>{odd}{good}<KeyCount>9</KeyCount></ListBucketResult>"
        );
        let (kept, found) = without_odd_keys(&list);
        assert_eq!(
            kept,
            format!("<ListBucketResult><Prefix>a</Prefix>{good}<KeyCount>9</KeyCount></ListBucketResult>")
        );
        assert_eq!(found.len(), 6);
        assert_eq!(found[..2], ["a/", "a//b"]);
        assert_eq!(found[3..], ["/a", "a/../b", "a/\u{fffd}"]);
    }

    #[test]
    fn a_list_without_end_is_not_read() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = |bytes: usize| runtime.block_on(page(HttpResponseBody::from(vec![b' '; bytes])));
        assert_eq!(read(MAX_LIST_BYTES).unwrap().len(), MAX_LIST_BYTES);
        assert!(read(MAX_LIST_BYTES + 1).is_err());
    }
}
