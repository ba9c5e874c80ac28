//! `hoso index rebuild`

use super::search::tell_damage;
use super::told;
use crate::args::Index;
use crate::equipment::equipment_to_rebuild;
use crate::say::{Exit, Failure, Speaker};
use pipeline::Workbench;
use serde_json::json;
use std::path::Path;

pub(crate) fn run(args: &Index, speaker: Speaker, libdir: Option<&Path>) -> Result<Exit, Failure> {
    let Index::Rebuild { archive } = args;
    let equipment = equipment_to_rebuild(libdir).map_err(told(speaker))?;
    pipeline::drop_caches(&archive.archive).map_err(told(speaker))?;
    let bench = Workbench::open(&archive.archive, equipment).map_err(told(speaker))?;
    let damaged = pipeline::rebuild(&bench, |code, done, all| {
        if speaker.json {
            speaker.line("indexed", json!({"case": code.as_str(), "done": done, "all": all}));
        } else {
            speaker.talk(format_args!("{done}/{all} {code}"));
        }
    })
    .map_err(told(speaker))?;
    Ok(tell_damage(&damaged, speaker))
}
