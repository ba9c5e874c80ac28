//! Man pages and shell completions, from the same table as the parser.

use super::file_failure;
use crate::args::Cli;
use crate::localise;
use crate::say::{Exit, Failure, Speaker};
use clap::CommandFactory;
use std::path::Path;

pub(crate) fn man(folder: Option<&Path>, speaker: Speaker) -> Result<Exit, Failure> {
    let command = localise::command(Cli::command(), speaker.lang);
    match folder {
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(|e| file_failure(folder, &e))?;
            clap_mangen::generate_to(command, folder).map_err(|e| file_failure(folder, &e))?;
        }
        None => {
            let page = clap_mangen::Man::new(command);
            page.render(&mut std::io::stdout()).map_err(|e| file_failure(Path::new("-"), &e))?;
        }
    }
    Ok(Exit::Done)
}

pub(crate) fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    clap_complete::generate(shell, &mut Cli::command(), "hoso", &mut std::io::stdout());
    Ok(Exit::Done)
}
