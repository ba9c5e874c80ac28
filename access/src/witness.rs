//! A witness over HTTP (C2SP tlog-witness): one address, `POST /add-checkpoint`. Whoever can reach it may ask; it signs only
//! for logs that it was told to watch, and only what follows.

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use pipeline::{PipelineError, Witness, WitnessError};
use record::Clock;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

/// Longest request: 63 hashes and a checkpoint.
const MAX_REQUEST_BYTES: usize = 128 << 10;

struct Desk {
    witness: Witness,
    clock: Box<dyn Clock>,
}

/// Serves until Ctrl-C or SIGTERM; `ready` is told the address as soon as connections are accepted.
pub async fn serve_witness(
    witness: Witness,
    clock: Box<dyn Clock>,
    listen: SocketAddr,
    ready: impl FnOnce(SocketAddr),
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    let routes = Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(Arc::new(Desk { witness, clock }));
    let asked = crate::stop_signal()?;
    ready(address);
    axum::serve(listener, routes).with_graceful_shutdown(asked).await
}

async fn add_checkpoint(State(desk): State<Arc<Desk>>, request: String) -> Response {
    let signed =
        tokio::task::spawn_blocking(move || desk.witness.add_checkpoint(&request, desk.clock.now())).await;
    let plain = |status, text: String| (status, text).into_response();
    match signed {
        Ok(Ok((_, line))) => plain(StatusCode::OK, line),
        Ok(Err(PipelineError::Witness(WitnessError::Refused(refusal)))) => {
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
            match refusal.known_size() {
                Some(size) => (status, [(header::CONTENT_TYPE, "text/x.tlog.size")], format!("{size}\n"))
                    .into_response(),
                None => plain(status, format!("{refusal}\n")),
            }
        }
        failed => {
            tracing::error!(stage = "witness", code = "failed", ?failed, "a checkpoint could not be signed");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "the witness failed\n".into())
        }
    }
}
