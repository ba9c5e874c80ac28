//! `hoso archive check|minutes|repair|replicate`

mod check;
mod copies;
mod minutes;

use crate::args::Archive;
// For the modules below.
use crate::problems::{json as problem_json, text as problem_text};
use crate::say::{Exit, Failure, Speaker};

pub(crate) fn run(args: &Archive, speaker: Speaker) -> Result<Exit, Failure> {
    match args {
        Archive::Check(args) => check::check(args, speaker),
        Archive::Minutes(args) => minutes::minutes(args, speaker),
        Archive::Repair(args) => copies::repair(args, speaker),
        Archive::Replicate(args) => copies::replicate(args, speaker),
    }
}
