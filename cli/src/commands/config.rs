//! `hoso config show`

use super::told;
use crate::args::Config;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{ArchiveConfig, Layout, PipelineError};

pub(crate) fn run(args: &Config, speaker: Speaker) -> Result<Exit, Failure> {
    let Config::Show { archive } = args;
    let layout = Layout { root: archive.archive.clone() };
    if !layout.config().is_file() {
        return Err(speaker.failure(&PipelineError::NoArchive(archive.archive.clone())));
    }
    let config = ArchiveConfig::read(&layout.config()).map_err(told(speaker))?;
    if speaker.json {
        speaker.line("config", serde_json::to_value(&config).expect("strings and integers"));
    } else {
        speaker.text(&format!("# {}\n{}", layout.config().display(), config.to_toml().trim_end()));
    }
    Ok(Exit::Done)
}
