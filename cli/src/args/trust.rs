//! `hoso trust`

use super::InArchive;
use clap::{Args, Subcommand, ValueEnum};
use record::Timestamp;
use std::path::PathBuf;

/// `hoso trust`
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Every authority, with its purposes and its state.
    List {
        #[command(flatten)]
        archive: InArchive,
    },
    /// Trust an authority from now on.
    Add {
        /// Its certificate (PEM); several in one file are taken one by one.
        file: PathBuf,
        /// For what; may be given several times. Signatures and time stamps where it is not given.
        #[arg(long, value_enum)]
        purpose: Vec<AnchorPurposeArg>,
        #[command(flatten)]
        decision: TrustDecision,
    },
    /// An authority is out of use, without suspicion: what was signed before stays right.
    Retire {
        /// Its fingerprint (SHA-256), or the beginning of it.
        fingerprint: String,
        /// Since when; now where it is not given.
        #[arg(long, value_name = "TIME")]
        since: Option<Timestamp>,
        #[command(flatten)]
        decision: TrustDecision,
    },
    /// An authority is not to be believed any more: only what is proven to be older stays right.
    Distrust {
        /// Its fingerprint (SHA-256), or the beginning of it.
        fingerprint: String,
        /// Since when; now where it is not given.
        #[arg(long, value_name = "TIME")]
        since: Option<Timestamp>,
        #[command(flatten)]
        decision: TrustDecision,
    },
    /// Keep revocation lists and OCSP answers from files, on a network without a way to the authority.
    AddRevocation {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        archive: InArchive,
    },
    /// Ask the authorities over the network whether certificates were revoked, and keep what they say.
    Fetch {
        /// Certificates (PEM) with their authorities, or signatures (`manifest.p7s`).
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        archive: InArchive,
    },
}

/// Who decided, and why.
#[derive(Debug, Args)]
pub(crate) struct TrustDecision {
    /// Who decides.
    #[arg(long)]
    pub by: String,
    /// Why.
    #[arg(long)]
    pub reason: String,
    #[command(flatten)]
    pub archive: InArchive,
}

/// What an authority may vouch for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AnchorPurposeArg {
    /// Signatures.
    Sign,
    /// Time stamps.
    Tsa,
    /// Answers about revocation.
    Ocsp,
}
