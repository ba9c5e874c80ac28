//! `hoso serve`

use super::{reading_room, told};
use crate::args::Serve;
use crate::equipment::worker_config;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{Layout, Pool};
use serde_json::json;
use std::path::Path;

pub(crate) fn run(args: &Serve, speaker: Speaker, libdir: Option<&Path>) -> Result<Exit, Failure> {
    let archive = &args.archive.archive;
    let room = reading_room(archive, speaker)?;
    let pool = worker_config(libdir).and_then(|c| Ok(Pool::start(c, 1)?)).map_err(told(speaker))?;
    let config = access::ServeConfig {
        listen: args.listen,
        account: Layout { root: archive.clone() }.account(),
        lang: speaker.lang,
    };
    let failed = |message: String| Failure { exit: Exit::Failed, message, hint: None };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| failed(e.to_string()))?;
    let served = runtime.block_on(access::serve(room, pool, config, |address| {
        if speaker.json {
            speaker.line("listening", json!({"address": address.to_string()}));
        } else {
            let words = speaker.pick("mở trình duyệt tại", "open in a browser:");
            speaker.data(format_args!("{words} http://{address}/"));
        }
    }));
    served.map_err(|e| failed(e.to_string()))?;
    Ok(Exit::Done)
}
