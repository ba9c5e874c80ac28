//! What goes over the wire: notes what the server calls itself, and can alter a body on its way to try whether the server
//! notices.

use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpRequestBody, HttpResponse, HttpService,
    ReqwestConnector,
};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Shared by all connections of a bucket.
#[derive(Debug, Default)]
pub(super) struct Wire {
    server: Mutex<Option<String>>,
    /// Whether bodies are replaced by as many zeros, after digests were taken and signed.
    pub(super) alters: AtomicBool,
}

impl Wire {
    /// The header `Server` of the last answer; empty where there was none.
    pub(super) fn server(&self) -> String {
        self.server.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
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
            let response = self.client.execute(request).await?;
            if let Some(server) = response.headers().get("server").and_then(|name| name.to_str().ok()) {
                let name: String = server.chars().take(100).collect();
                *self.wire.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(name);
            }
            Ok(response)
        })
    }
}
