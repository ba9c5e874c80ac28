//! What `hoso seal` and `hoso key` are asked.

use super::{InArchive, official};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `hoso seal`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").args(["codes", "reviewed"]).required(true)))]
pub(crate) struct Seal {
    /// Case files to seal, each counted (`hoso case review`).
    pub codes: Vec<String>,
    /// Seal all case files that were counted and are not sealed.
    #[arg(long)]
    pub reviewed: bool,
    /// The officer's key, by its name in hoso.toml.
    #[arg(long, value_name = "KEY", default_value = "officer")]
    pub officer: String,
    /// The agency's key, by its name in hoso.toml.
    #[arg(long, value_name = "KEY", default_value = "agency")]
    pub agency: String,
    /// Pages counted on paper, of one case file that nobody has reviewed yet.
    #[arg(long, value_name = "N", requires = "counted_by", conflicts_with = "reviewed")]
    pub pages_on_paper: Option<u32>,
    /// Who counted: name and office. Not the officer.
    #[arg(long, value_name = "NAME", value_parser = official, requires = "pages_on_paper")]
    pub counted_by: Option<record::Official>,
    /// What one signature covers; without it, what hoso.toml says.
    #[arg(long, value_enum)]
    pub granularity: Option<GranularityArg>,
    /// The level of the two signatures by ETSI EN 319 122-1; without it, what hoso.toml says. For b-t a time-stamp authority must be in
    /// reach; with b-b the time is proven by an evidence record, which can wait.
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub level: Option<SealLevelArg>,
    /// Whose signatures the searchable PDFs get in the archive; without it, what hoso.toml says. Each signed PDF is stored a
    /// second time.
    #[arg(long, value_enum)]
    pub pdf: Option<PdfSigningArg>,
    /// The level of those signatures by ETSI EN 319 142-1; without it, what hoso.toml says. From b-t on a time-stamp authority must be
    /// in reach, from b-lt on revocation lists, too.
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub pdf_level: Option<LevelArg>,
    /// File with the password or PIN of the officer's key, readable by its owner only; without it you are asked.
    #[arg(long, value_name = "FILE")]
    pub officer_secret_file: Option<PathBuf>,
    /// File with the password or PIN of the agency's key; without it you are asked.
    #[arg(long, value_name = "FILE")]
    pub agency_secret_file: Option<PathBuf>,
    /// Send the PIN even where one more wrong one locks the token.
    #[arg(long)]
    pub on_final_try: bool,
    #[command(flatten)]
    pub archive: InArchive,
}

/// What one signature covers.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum GranularityArg {
    /// One case file.
    Case,
    /// All case files that are sealed together.
    Batch,
}

/// What stands beside the signatures of a seal (ETSI EN 319 122-1).
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SealLevelArg {
    /// B-B: nothing.
    #[value(name = "b-b")]
    Basic,
    /// B-T: a time stamp over each.
    #[value(name = "b-t")]
    Timed,
}

/// Whose signatures searchable PDFs get.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum PdfSigningArg {
    /// Nobody's.
    None,
    /// The agency's.
    Agency,
    /// The officer's and the agency's.
    Both,
}

/// Keys and secrets for signing copies that leave.
#[derive(Debug, Args)]
pub(crate) struct CopyKeys {
    /// Instead of a package: a folder of the searchable PDFs, each a copy signed at this level of ETSI EN 319 142-1, for whoever
    /// gets it to judge without this archive.
    #[arg(long, value_enum, value_name = "LEVEL", conflicts_with_all = ["profile", "zip", "with_masters", "page", "since"])]
    pub sign: Option<LevelArg>,
    /// With --sign: the agency's key, by its name in hoso.toml.
    #[arg(long, value_name = "KEY", default_value = "agency", requires = "sign")]
    pub agency: String,
    /// With --sign: the key of an officer who signs, too.
    #[arg(long, value_name = "KEY", requires = "sign")]
    pub officer: Option<String>,
    /// With --sign: file with the password or PIN of the agency's key, readable by its owner only; without it you are asked.
    #[arg(long, value_name = "FILE", requires = "sign")]
    pub agency_secret_file: Option<PathBuf>,
    /// With --sign and --officer: file with the password or PIN of the officer's key; without it you are asked.
    #[arg(long, value_name = "FILE", requires_all = ["sign", "officer"])]
    pub officer_secret_file: Option<PathBuf>,
    /// With --sign: send the PIN even where one more wrong one locks the token.
    #[arg(long, requires = "sign")]
    pub on_final_try: bool,
}

/// How long signatures in a PDF can be judged (ETSI EN 319 142-1).
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LevelArg {
    /// B-B: while the certificates are valid.
    #[value(name = "b-b")]
    Basic,
    /// B-T: with a time stamp.
    #[value(name = "b-t")]
    Timed,
    /// B-LT: and with certificates, revocation lists and OCSP answers.
    #[value(name = "b-lt")]
    LongTerm,
    /// B-LTA: and with a time stamp over those.
    #[value(name = "b-lta")]
    Archival,
}

/// `hoso key`
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// The keys that hoso.toml names: whose, where, until when.
    List {
        #[command(flatten)]
        archive: InArchive,
    },
    /// All that a key's certificate says.
    Show {
        /// Its name in hoso.toml.
        name: String,
        #[command(flatten)]
        archive: InArchive,
    },
    /// Make an officer's and an agency's key for a trial, without legal value.
    Trial {
        /// The officer's name.
        #[arg(long, value_name = "NAME", default_value = "Kiểm sát viên thử nghiệm")]
        officer_name: String,
        #[command(flatten)]
        archive: InArchive,
    },
    /// Experimental: make a key of ML-DSA-65 and have every seal from now on bear a second signature by it, without legal value.
    MlDsa {
        #[command(flatten)]
        archive: InArchive,
    },
}
