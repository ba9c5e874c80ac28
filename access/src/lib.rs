//! The web face: search, reading and court screen, on loopback by default.

mod account;

pub use account::{AccountError, check_account, create_account};
use record::Lang;
use std::net::SocketAddr;
use std::path::PathBuf;
/// x
pub struct ServeConfig { pub listen: SocketAddr, pub account: PathBuf, pub lang: Lang }
/// x
pub async fn serve(room: pipeline::ReadingRoom, pool: pipeline::Pool, config: ServeConfig, ready: impl FnOnce(SocketAddr)) -> Result<(), std::io::Error> { let _ = (room, pool, config.account, config.lang); ready(config.listen); Ok(()) }
