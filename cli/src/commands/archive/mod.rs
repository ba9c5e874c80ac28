//! `hoso archive backup|backups|check|destroy|drill|minutes|repair|replicate|restore|retention`

mod backup;
mod check;
mod copies;
mod destroy;
mod drill;
mod minutes;
mod retention;

use crate::args::Archive;
// For the modules below.
use crate::problems::{json as problem_json, text as problem_text};
use crate::say::{Exit, Failure, Speaker};
use pipeline::{ReplicaPlace, S3Key};
use std::path::Path;

pub(crate) fn run(args: &Archive, speaker: Speaker) -> Result<Exit, Failure> {
    match args {
        Archive::Backup(args) => backup::backup(args, speaker),
        Archive::Backups(args) => backup::backups(args, speaker),
        Archive::Check(args) => check::check(args, speaker),
        Archive::Drill(args) => drill::drill(args, speaker),
        Archive::Minutes(args) => minutes::minutes(args, speaker),
        Archive::Repair(args) => copies::repair(args, speaker),
        Archive::Replicate(args) => copies::replicate(args, speaker),
        Archive::Retention(args) => retention::retention(args, speaker),
        Archive::Destroy(args) => destroy::destroy(args, speaker),
        Archive::Restore(args) => backup::restore(args, speaker),
    }
}

/// A replica as the command line names it. The key of an object store comes from the environment or from the archive's own
/// file; never from the command line, which every user of the machine can read.
fn replica_place(text: &Path) -> ReplicaPlace {
    let from_environment = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let key = from_environment("HOSO_S3_ACCESS_KEY").zip(from_environment("HOSO_S3_SECRET_KEY"));
    ReplicaPlace::of(text, key.map(|(access_key, secret_key)| S3Key { access_key, secret_key }))
}
