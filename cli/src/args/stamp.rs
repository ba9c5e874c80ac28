//! What `hoso stamp` is asked.

use super::{BadValue, InArchive};
use clap::{Args, Subcommand, ValueEnum};

/// `hoso stamp`: without a subcommand, whatever was stored since the last time stamp; every batch does so at its end.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Stamp {
    #[command(subcommand)]
    pub what: Option<StampWhat>,
    #[command(flatten)]
    pub archive: InArchive,
}

/// What else.
#[derive(Debug, Subcommand)]
pub(crate) enum StampWhat {
    /// What must be renewed, with the day until which it is protected.
    Due {
        /// Days from now.
        #[arg(long, value_name = "DAYS", value_parser = days, default_value = "365d")]
        within: u32,
        #[command(flatten)]
        archive: InArchive,
    },
    /// Renew it by one new time stamp over the old ones.
    Renew {
        /// Whatever is protected for no more than so many days.
        #[arg(long, value_name = "DAYS", value_parser = days)]
        due: u32,
        /// Hash anew with this: before the old hash weakens.
        #[arg(long, value_enum)]
        hash: Option<HashArg>,
        #[command(flatten)]
        archive: InArchive,
    },
}

/// A hash for a renewal.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum HashArg {
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// `365d` or `365`.
fn days(text: &str) -> Result<u32, BadValue> {
    let number = text.strip_suffix('d').unwrap_or(text).parse().ok();
    let wrong = BadValue { vi: "cần số ngày, ví dụ 365d", en: "days, such as 365d" };
    number.filter(|days| *days <= 36_500).ok_or(wrong)
}
