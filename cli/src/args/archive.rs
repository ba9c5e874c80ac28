//! What `hoso archive` is asked.

use super::{BadValue, InArchive, official, reason};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `hoso archive`
#[derive(Debug, Subcommand)]
pub(crate) enum Archive {
    /// Take an encrypted snapshot of all case files; only what is new is read and written.
    Backup(Backup),
    /// List the snapshots of a backup repository.
    Backups(Backups),
    /// Read case files byte by byte, those first that were not read for longest, and write a signed report; damage is exit
    /// code 7.
    Check(Check),
    /// Restore the newest case files and a random sample into a scratch folder, check and search them there, and write a signed
    /// report; damage or something missing is exit code 7.
    Drill(Drill),
    /// Print minutes to be signed on paper: of a check, backup, restore, drill, incident, repair, destruction.
    Minutes(Minutes),
    /// Put right what is damaged, with bytes of a replica that agree with the seal; nothing is deleted.
    Repair(RepairWords),
    /// Bring everything that a second copy lacks into it; what it holds is never overwritten.
    Replicate(Replicate),
    /// List case files whose retention period has run out, to be considered for destruction; and those of which nobody knows.
    Retention(Retention),
    /// Destroy case files whose period has run out, by decision of two people; a signed tombstone stays.
    #[command(subcommand)]
    Destroy(Destroy),
    /// Bring a snapshot back into a new folder: an archive without the station's key, ready to be searched.
    Restore(Restore),
}

/// `hoso archive backup`
#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub archive: InArchive,
    /// The backup repository, outside of the archive.
    #[arg(long, value_name = "REPOSITORY")]
    pub to: PathBuf,
    /// Make the repository first, in a folder that is missing or empty.
    #[arg(long)]
    pub new: bool,
    /// A file with the repository's password that only its owner may read; without it the password is asked for.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// `hoso archive backups`
#[derive(Debug, Args)]
pub(crate) struct Backups {
    /// The backup repository.
    #[arg(long, value_name = "REPOSITORY")]
    pub from: PathBuf,
    /// A file with the repository's password that only its owner may read; without it the password is asked for.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// `hoso archive restore`
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup repository.
    #[arg(long, value_name = "REPOSITORY")]
    pub from: PathBuf,
    /// The beginning of a snapshot's id; without it the latest.
    #[arg(long, value_name = "ID")]
    pub snapshot: Option<String>,
    /// A folder that is missing or empty.
    #[arg(long, value_name = "FOLDER")]
    pub to: PathBuf,
    /// A file with the repository's password that only its owner may read; without it the password is asked for.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// `hoso archive drill`
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("source").required(true).args(["from", "replica"])))]
pub(crate) struct Drill {
    #[command(flatten)]
    pub archive: InArchive,
    /// Restore from this backup repository.
    #[arg(long, value_name = "REPOSITORY")]
    pub from: Option<PathBuf>,
    /// Restore from this replica.
    #[arg(long, value_name = "REPLICA")]
    pub replica: Option<PathBuf>,
    /// The beginning of a snapshot's id; without it the latest.
    #[arg(long, value_name = "ID", requires = "from")]
    pub snapshot: Option<String>,
    /// Random case files, as a part of all; at least one.
    #[arg(long, value_name = "PERCENT", value_parser = percent, default_value = "1%")]
    pub sample: u64,
    /// The newest case files, beside these.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub newest: usize,
    /// Where to restore; without it the archive's work folder.
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
    /// Leave what was restored.
    #[arg(long)]
    pub keep: bool,
    /// A file with the repository's password that only its owner may read; without it the password is asked for.
    #[arg(long, value_name = "FILE", requires = "from")]
    pub password_file: Option<PathBuf>,
    /// The validator rocfl, where it is not found on the PATH.
    #[arg(long, value_name = "PROGRAM")]
    pub rocfl: Option<PathBuf>,
    /// The validator ocfl-root.py of ocfl-py, where it is not found on the PATH.
    #[arg(long, value_name = "PROGRAM")]
    pub ocfl_py: Option<PathBuf>,
}

/// Millionths of `1%`, `0.5%`, `100`.
fn percent(text: &str) -> Result<u64, BadValue> {
    let number = text.trim_end_matches('%').parse::<f64>().ok();
    let wrong = BadValue {
        vi: "cần số phần trăm từ 0 đến 100, ví dụ 1% hoặc 0.5%",
        en: "a part of a hundred, for example 1% or 0.5%",
    };
    let ppm = number.filter(|percent| (0.0..=100.0).contains(percent)).map(|percent| (percent * 1e4).round());
    ppm.map(|ppm| ppm as u64).ok_or(wrong)
}

/// `hoso archive retention`
#[derive(Debug, Args)]
pub(crate) struct Retention {
    /// As it would stand on this day, for example 2040-01-01; by default today.
    #[arg(long, value_name = "DATE", value_parser = year_of)]
    pub as_of: Option<i16>,
    /// All case files, with those that are still to be kept.
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub archive: InArchive,
}

/// The year of `2040-01-01`.
fn year_of(text: &str) -> Result<i16, BadValue> {
    let date = record::PartialDate::parse(text).filter(|date| date.day.is_some());
    let year = date.and_then(|date| i16::try_from(date.year).ok());
    year.ok_or(BadValue { vi: "cần một ngày, ví dụ 2040-01-01", en: "a day, for example 2040-01-01" })
}

/// `hoso archive destroy`
#[derive(Debug, Subcommand)]
pub(crate) enum Destroy {
    /// Propose case files; prints the number of the proposal. Whoever proposes is the first of the two people.
    Propose {
        /// Mã hồ sơ.
        #[arg(required = true)]
        codes: Vec<String>,
        /// Who proposes: name and office.
        #[arg(long, value_name = "NAME", value_parser = official)]
        by: record::Official,
        /// Why.
        #[arg(long, value_name = "REASON", value_parser = reason)]
        reason: String,
        #[command(flatten)]
        archive: InArchive,
    },
    /// Approve a proposal, as the second person.
    Approve {
        /// Its number.
        id: u64,
        /// Who approves: name and office.
        #[arg(long, value_name = "NAME", value_parser = official)]
        by: record::Official,
        #[command(flatten)]
        archive: InArchive,
    },
    /// Carry an approved proposal out: its case files leave the archive for good.
    CarryOut {
        /// Its number.
        id: u64,
        #[command(flatten)]
        archive: InArchive,
    },
    /// All proposals and what has become of them.
    List {
        #[command(flatten)]
        archive: InArchive,
    },
}

/// `hoso archive check`
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub archive: InArchive,
    /// One part of many, for example 3/7: every case file belongs to exactly one.
    #[arg(long, value_name = "N/M", value_parser = subset)]
    pub subset: Option<pipeline::Subset>,
    /// Only what was not checked for so long, for example 90d or 12h.
    #[arg(long, value_name = "AGE", value_parser = age_s)]
    pub since: Option<i64>,
    /// Only what was not checked for 90 days: run daily, this keeps the promise that every byte is read in that time.
    #[arg(long, conflicts_with = "since")]
    pub due: bool,
    /// Stop before more is read than this, for example 500GB.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub budget: Option<u64>,
    /// Case files read at the same time; by default one for each core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Check this replica of the archive instead: a folder or s3://BUCKET/FOLDER.
    #[arg(long, value_name = "REPLICA")]
    pub replica: Option<PathBuf>,
}

/// `hoso archive minutes`
#[derive(Debug, Args)]
pub(crate) struct Minutes {
    /// The folder of a report; without it the latest.
    pub report: Option<PathBuf>,
    /// Minutes of an incident: the damage in the report and the repairs since.
    #[arg(long)]
    pub incident: bool,
    /// Minutes of the repairs of a case file.
    #[arg(long, value_name = "CODE", conflicts_with_all = ["report", "incident"])]
    pub repair: Option<String>,
    /// Minutes of a proposal to destroy: the list of case files, and how they were destroyed.
    #[arg(long, value_name = "ID", conflicts_with_all = ["report", "incident", "repair"])]
    pub destruction: Option<u64>,
    /// Of what the latest is taken.
    #[arg(long, value_enum, default_value = "check")]
    pub of: MinutesOf,
    /// Write them for paper, with room for signatures: FILE.html or FILE.pdf, which must not exist.
    #[arg(long = "report", value_name = "FILE")]
    pub paper: Option<PathBuf>,
    #[command(flatten)]
    pub archive: InArchive,
}

/// What minutes are of.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum MinutesOf {
    /// A check.
    Check,
    /// A backup.
    Backup,
    /// A restore.
    Restore,
    /// A restore drill.
    Drill,
}

/// `hoso archive repair`
#[derive(Debug, Args)]
pub(crate) struct RepairWords {
    /// Mã hồ sơ; without it every case file is checked, and repaired where it is damaged.
    pub codes: Vec<String>,
    /// The replica that `hoso archive replicate` writes: a folder or s3://BUCKET/FOLDER.
    #[arg(long, value_name = "REPLICA")]
    pub from: PathBuf,
    #[command(flatten)]
    pub archive: InArchive,
}

/// `hoso archive replicate`
#[derive(Debug, Args)]
pub(crate) struct Replicate {
    /// Where the copy is: a folder or s3://BUCKET/FOLDER; missing, empty, or a replica of this archive.
    pub target: PathBuf,
    /// Destroy there too what was destroyed here; without this it is only told.
    #[arg(long)]
    pub carry_out_destructions: bool,
    #[command(flatten)]
    pub archive: InArchive,
}

/// `3/7`
fn subset(text: &str) -> Result<pipeline::Subset, BadValue> {
    let numbers = text.split_once('/').and_then(|(n, m)| Some((n.parse().ok()?, m.parse().ok()?)));
    let wrong = BadValue {
        vi: "cần hai số như 3/7, số đầu từ 1 và không lớn hơn số sau",
        en: "two numbers like 3/7, the first not above the second",
    };
    numbers.and_then(|(n, m)| pipeline::Subset::new(n, m)).ok_or(wrong)
}

/// Seconds of `90d`, `12h`, `2w`.
fn age_s(text: &str) -> Result<i64, BadValue> {
    const UNITS: [(&str, i64); 3] = [("h", 3600), ("d", 86_400), ("w", 7 * 86_400)];
    let wrong = BadValue {
        vi: "cần một số kèm h (giờ), d (ngày) hoặc w (tuần), ví dụ 90d",
        en: "a number and h, d or w, for example 90d",
    };
    number_with_unit(text, &UNITS).ok_or(wrong)
}

/// Bytes of `500GB`, `2TB`, `1000`.
fn bytes(text: &str) -> Result<u64, BadValue> {
    const UNITS: [(&str, i64); 6] = [
        ("kB", 1000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
        ("B", 1),
        ("", 1),
    ];
    let wrong = BadValue {
        vi: "cần một số kèm kB, MB, GB hoặc TB, ví dụ 500GB",
        en: "a number and kB, MB, GB or TB, for example 500GB",
    };
    number_with_unit(text, &UNITS).and_then(|bytes| u64::try_from(bytes).ok()).ok_or(wrong)
}

fn number_with_unit(text: &str, units: &[(&str, i64)]) -> Option<i64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()))?;
    number.parse::<i64>().ok()?.checked_mul(*factor)
}
