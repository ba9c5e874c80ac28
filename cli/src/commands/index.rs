//! `hoso index`

use super::search::tell_damage;
use super::told;
use crate::args::{InArchive, Index};
use crate::equipment::{SystemClock, equipment_to_rebuild};
use crate::say::{Exit, Failure, Speaker};
use pipeline::{Anonymity, Lexicon, PublishedLexicon};
use serde_json::json;
use std::path::Path;

pub(crate) fn run(args: &Index, speaker: Speaker, libdir: Option<&Path>) -> Result<Exit, Failure> {
    match args {
        Index::Rebuild { archive } => rebuild(archive, speaker, libdir),
        Index::Lexicon { archive, publish } => lexicon(archive, *publish, speaker),
    }
}

fn rebuild(archive: &InArchive, speaker: Speaker, libdir: Option<&Path>) -> Result<Exit, Failure> {
    let equipment = equipment_to_rebuild(libdir).map_err(told(speaker))?;
    let damaged = pipeline::rebuild(&archive.archive, equipment, |code, done, all| {
        if speaker.json {
            speaker.line("indexed", json!({"case": code.as_str(), "done": done, "all": all}));
        } else {
            speaker.talk(format_args!("{done}/{all} {code}"));
        }
    })
    .map_err(told(speaker))?;
    Ok(tell_damage(&damaged, speaker))
}

fn lexicon(archive: &InArchive, publish: bool, speaker: Speaker) -> Result<Exit, Failure> {
    if publish {
        let told_of = |done: usize, all: usize| {
            if !speaker.json && (done.is_multiple_of(100) || done == all) {
                speaker.talk(format_args!("{done}/{all}"));
            }
        };
        pipeline::publish_lexicon(&archive.archive, limits(), &SystemClock, told_of)
            .map_err(told(speaker))?;
    }
    let found = pipeline::lexicon_of(&archive.archive).map_err(told(speaker))?;
    let (about, lexicon) = match found {
        Some((about, lexicon)) => (Some(about), lexicon),
        None => (None, Lexicon::public()),
    };
    show(about.as_ref(), &lexicon, speaker);
    Ok(Exit::Done)
}

fn show(about: Option<&PublishedLexicon>, lexicon: &Lexicon, speaker: Speaker) {
    let (syllables, pairs) = lexicon.size();
    if speaker.json {
        let of_archive = about.map(|about| {
            json!({
                "published": about.published.to_string(),
                "least_units": about.limits.least_units,
                "least_case_files": about.limits.least_cases,
                "units": about.counted.1,
                "case_files": about.counted.0,
                "sha256": about.sha256.to_string(),
                "path": about.path.display().to_string(),
            })
        });
        let line = json!({"number": lexicon.number(), "syllables": syllables, "pairs": pairs, "of_archive": of_archive});
        return speaker.line("lexicon", line);
    }
    let Some(about) = about else {
        speaker.data(speaker.pick(
            format!("chưa công bố; dùng {syllables} âm tiết, {pairs} cặp của văn bản công khai"),
            format!("none published; {syllables} syllables and {pairs} pairs of public texts are used"),
        ));
        let next = "hoso index lexicon --publish";
        return speaker.talk(format_args!("  {}: {next}", speaker.pick("gợi ý", "hint")));
    };
    let (cases, units) = about.counted;
    speaker.data(speaker.pick(
        format!(
            "bản {} công bố {}: {syllables} âm tiết, {pairs} cặp; đếm {cases} hồ sơ của {units} đơn vị",
            about.number, about.published
        ),
        format!(
            "number {} published {}: {syllables} syllables, {pairs} pairs; counted {cases} case files of {units} units",
            about.number, about.published
        ),
    ));
    speaker.data(format_args!("{} {}", about.sha256, about.path.display()));
}

/// Tests have no archive of fifty case files: programs built for tests take `UNITS,CASES` from the environment.
fn limits() -> Anonymity {
    let of_test = std::env::var("HOSO_TEST_ANONYMITY").ok().filter(|_| cfg!(debug_assertions));
    let of_test = of_test.and_then(|text| {
        let (units, cases) = text.split_once(',')?;
        Some(Anonymity { least_units: units.parse().ok()?, least_cases: cases.parse().ok()? })
    });
    of_test.unwrap_or_default()
}
