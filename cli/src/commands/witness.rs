//! `hoso witness`

use super::log::{read_text, write_out};
use super::told;
use crate::args::Witness as Words;
use crate::equipment::SystemClock;
use crate::say::{Exit, Failure, Speaker};
use pipeline::Witness;
use record::Clock;
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;

pub(crate) fn run(args: &Words, speaker: Speaker) -> Result<Exit, Failure> {
    match args {
        Words::Init { folder, name } => {
            let key = Witness::create(folder, name).map_err(told(speaker))?.public_key();
            match speaker.json {
                true => speaker.line("witness", json!({"folder": folder, "key": key})),
                false => speaker.data(key),
            }
            Ok(Exit::Done)
        }
        Words::Watch { folder, key } => {
            let key = read_text(key)?;
            Witness::open(folder).and_then(|witness| witness.watch(&key)).map_err(told(speaker))?;
            Ok(Exit::Done)
        }
        Words::Cosign { folder, request, out } => {
            let request = read_text(request)?;
            let witness = Witness::open(folder).map_err(told(speaker))?;
            let (checkpoint, _) =
                witness.add_checkpoint(&request, SystemClock.now()).map_err(told(speaker))?;
            write_out(out.as_deref(), &checkpoint, speaker)
        }
        Words::Serve { folder, listen } => serve(folder, *listen, speaker),
    }
}

fn serve(folder: &Path, listen: SocketAddr, speaker: Speaker) -> Result<Exit, Failure> {
    let witness = Witness::open(folder).map_err(told(speaker))?;
    let failed = |e: std::io::Error| Failure { exit: Exit::Failed, message: e.to_string(), hint: None };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(failed)?;
    let served = access::serve_witness(witness, Box::new(SystemClock), listen, |address| {
        if speaker.json {
            speaker.line("listening", json!({"address": address.to_string()}));
        } else {
            let words = speaker.pick("nhân chứng tại", "witness at");
            speaker.data(format_args!("{words} http://{address}/"));
        }
    });
    runtime.block_on(served).map_err(failed)?;
    Ok(Exit::Done)
}
