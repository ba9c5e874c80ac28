//! The web face: search, reading, court screen, on loopback by default, for the one local account.
//!
//! Server-made pages with a few lines of script; everything is embedded, nothing is fetched from elsewhere. Pictures are
//! delivered with the proof of the very bytes that were read; a page that differs from its seal is not delivered as
//! evidence (docs/decisions/070-access.md). Page text and queries never stand in addresses or logs.

mod account;
mod assets;
mod desk;
mod failure;
mod guard;
mod pages;
mod pdf;
mod picture;
mod routes;
mod session;
mod urls;
mod visit;
mod witness;
mod wording;

pub use account::{AccountError, check_account, create_account};
pub use witness::serve_witness;

use record::Lang;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How the web face is set up.
pub struct ServeConfig {
    /// Address to listen on; port 0 takes a free one. There is no TLS: beyond loopback, passwords travel in the clear.
    pub listen: SocketAddr,
    /// The account file.
    pub account: PathBuf,
    /// The language of people who have not chosen one.
    pub lang: Lang,
}

/// How long requests under way may take after the program was asked to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(10);

/// Serves until Ctrl-C or SIGTERM; `ready` is told the address as soon as connections are accepted.
///
/// # Errors
/// The account file cannot be read ([`io::ErrorKind::InvalidData`]) or the address cannot be had.
pub async fn serve(
    room: pipeline::ReadingRoom,
    pool: pipeline::Pool,
    config: ServeConfig,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), io::Error> {
    let account =
        account::Account::read(&config.account).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
    let listener = tokio::net::TcpListener::bind(config.listen).await?;
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "listening beyond this machine without tls");
    }
    let desk = Arc::new(desk::Desk::new(room, pool, account, address, config.lang));
    let asked = stop_signal()?;
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let server = axum::serve(listener, routes::routes(desk)).with_graceful_shutdown(async move {
        asked.await;
        // Nobody listens any more when the server has ended by itself.
        let _ = stopping.send(());
    });
    ready(address);
    let too_late = async {
        match stopped.await {
            Ok(()) => tokio::time::sleep(LAST_REQUESTS).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        served = server => served,
        () = too_late => Ok(()),
    }
}

/// Ends at the first Ctrl-C or SIGTERM.
fn stop_signal() -> Result<impl Future<Output = ()>, io::Error> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
