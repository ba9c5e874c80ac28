//! The program `hoso`: parse, call, print.

mod args;
mod commands;
mod equipment;
mod localise;
mod misuse;
mod password;
mod problems;
mod progress;
mod reading;
mod recovered;
mod say;
mod store_words;

use args::{Cli, Command};
use clap::{CommandFactory, FromArgMatches};
use say::{Exit, Failure, Speaker};
use std::process::ExitCode;

#[global_allocator]
static HEAP: pipeline::PictureHeap = pipeline::PictureHeap;

fn main() -> ExitCode {
    // Before there are threads: a batch of any length holds the same memory.
    pipeline::give_pictures_back();
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|v| std::env::var(v).ok())
        .find(|v| !v.is_empty());
    let speaker_before = Speaker::new(localise::flag(std::env::args_os()), false, locale.clone());
    let command = localise::command(Cli::command(), speaker_before.lang);
    let cli = match command.try_get_matches().and_then(|m| Cli::from_arg_matches(&m)) {
        Ok(cli) => cli,
        Err(error) => {
            let failure = misuse::vietnamese(&error).filter(|_| speaker_before.lang == record::Lang::Vi);
            match failure {
                Some(failure) => speaker_before.fail(&failure),
                None => drop(error.print()),
            }
            return ExitCode::from(if error.use_stderr() { Exit::Misused as u8 } else { Exit::Done as u8 });
        }
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("HOSO_LOG").unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
    let speaker = Speaker::new(cli.lang, cli.json, locale);
    pipeline::tell_recovered(move |found| recovered::tell(found, speaker));
    let exit = run(&cli, speaker).unwrap_or_else(|failure| {
        speaker.fail(&failure);
        failure.exit
    });
    ExitCode::from(exit as u8)
}

fn run(cli: &Cli, speaker: Speaker) -> Result<Exit, Failure> {
    let libdir = cli.libdir.as_deref();
    match &cli.command {
        Command::Init(args) => commands::init::run(args, speaker),
        Command::Batch(args) => commands::batch::run(args, speaker, libdir),
        Command::Ocr(args) => commands::ocr::run(args, speaker, libdir),
        Command::Eval(args) => commands::eval::run(args, speaker, libdir),
        Command::Search(args) => commands::search::run(args, speaker),
        Command::Case(args) => commands::case::run(args, speaker),
        Command::Seal(args) => commands::seal::run(args, speaker),
        Command::Key(args) => commands::key::run(args, speaker),
        Command::Verify(args) => commands::verify::run(args, speaker),
        Command::Archive(args) => commands::archive::run(args, speaker),
        Command::Import(args) => commands::import::run(args, speaker, libdir),
        Command::Ask(args) => commands::ask::run(args, speaker),
        Command::Index(args) => commands::index::run(args, speaker, libdir),
        Command::Log(args) => commands::log::run(args, speaker),
        Command::Witness(args) => commands::witness::run(args, speaker),
        Command::Trust(args) => commands::trust::run(args, speaker),
        Command::Stamp(args) => commands::stamp::run(args, speaker),
        Command::Serve(args) => commands::serve::run(args, speaker, libdir),
        Command::Config(args) => commands::config::run(args, speaker),
        Command::Doctor(args) => commands::doctor::run(args, speaker, libdir),
        Command::Man { folder } => commands::words::man(folder.as_deref(), speaker),
        Command::Completions { shell } => commands::words::completions(*shell),
    }
}
