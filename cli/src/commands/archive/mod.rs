//! `hoso archive backup|backups|check|destroy|drill|minutes|repair|replicate|restore|retention`

mod backup;
mod check;
mod copies;
mod destroy;
mod drill;
mod minutes;
mod retention;

use crate::args::Archive;
use crate::say::{Exit, Failure, Speaker};
use pipeline::{Problem, ReplicaPlace, S3Key, What};
use record::Lang;
use serde_json::{Value, json};
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

fn problem_json(problem: &Problem, speaker: Speaker) -> Value {
    json!({
        "code": problem.code, "path": problem.path, "what": problem.kind(),
        "text": problem_text(problem, speaker),
    })
}

/// One line that names the file and what is wrong with it; digests stay in the report.
fn problem_text(problem: &Problem, speaker: Speaker) -> String {
    let path = if problem.path.is_empty() { speaker.pick("hồ sơ", "the object") } else { &problem.path };
    let what = match &problem.what {
        What::Differs { algorithm, .. } => match speaker.lang {
            Lang::Vi => format!("khác bản đã lưu ({algorithm})"),
            Lang::En => format!("differs from what was stored ({algorithm})"),
        },
        What::Missing { .. } => speaker.pick("bị thiếu", "missing").to_owned(),
        What::Extra => speaker.pick("không thuộc về đây", "does not belong here").to_owned(),
        What::Wrong(why) => why.clone(),
    };
    format!("{path}: {what} [{}]", problem.code)
}
