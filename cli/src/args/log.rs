//! What `hoso log` and `hoso witness` are asked.

use super::InArchive;
use clap::{Args, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

/// `hoso log`
#[derive(Debug, Subcommand)]
pub(crate) enum Log {
    /// How many entries, their root, who has signed it, and the last entries.
    Show {
        /// Entries shown.
        #[arg(long, default_value_t = 10)]
        entries: u64,
        #[command(flatten)]
        archive: InArchive,
    },
    /// Write the proof that a case file, or one page of it, stands in the log.
    #[command(disable_version_flag = true)]
    Prove(Prove),
    /// Check such a proof offline, without the archive; one that proves nothing is exit code 7.
    Verify(VerifyProof),
    /// Trust a witness from now on.
    Trust {
        /// File with its public key, `witness.vkey`.
        key: PathBuf,
        /// Where it can be reached, for example http://10.1.2.3:8090
        #[arg(long)]
        url: Option<String>,
        #[command(flatten)]
        archive: InArchive,
    },
    /// Ask every trusted witness that can be reached to sign the latest checkpoint.
    Cosign {
        #[command(flatten)]
        archive: InArchive,
    },
    /// Write what is carried to a witness that cannot be reached.
    ExportCheckpoint {
        /// File to write; without it, to standard output.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Name of the witness: the proof begins where it signed last.
        #[arg(long)]
        witness: Option<String>,
        /// Entries that the witness signed last, where this archive does not know.
        #[arg(long, value_name = "ENTRIES")]
        old: Option<u64>,
        #[command(flatten)]
        archive: InArchive,
    },
    /// Take in what a witness signed.
    ImportCosignature {
        /// File from `hoso witness cosign`.
        file: PathBuf,
        #[command(flatten)]
        archive: InArchive,
    },
    /// Print the latest checkpoint as a QR code with its root in syllables, for the paper journal.
    Print {
        /// SVG (a sheet) or PNG (the code alone), by its ending.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        archive: InArchive,
    },
}

/// `hoso log prove`
#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// Mã hồ sơ.
    pub code: String,
    /// A page, counted from 1: the master it is on.
    #[arg(long, conflicts_with = "file")]
    pub page: Option<u32>,
    /// A file of the package, by its path.
    #[arg(long, value_name = "PATH")]
    pub file: Option<String>,
    /// An earlier version, counted from 1; without it the latest.
    #[arg(long)]
    pub version: Option<u32>,
    /// File to write; without it, to standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub archive: InArchive,
}

/// `hoso log verify`
#[derive(Debug, Args)]
pub(crate) struct VerifyProof {
    /// The proof.
    pub proof: PathBuf,
    /// The page or file that it proves.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// File with the public key of the log, `log.vkey`.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// File with the public key of a witness that must have signed; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub witness: Vec<PathBuf>,
}

/// `hoso witness`
#[derive(Debug, Subcommand)]
pub(crate) enum Witness {
    /// Make a witness: a folder with a key and what it remembers.
    Init {
        /// The folder to make.
        folder: PathBuf,
        /// Its name, for example vks-tinh.example/witness; no spaces, no `+`.
        #[arg(long)]
        name: String,
    },
    /// Watch the log of an archive from now on.
    Watch {
        /// The witness's folder.
        folder: PathBuf,
        /// File with the public key of the log, `log.vkey`.
        key: PathBuf,
    },
    /// Sign what `hoso log export-checkpoint` wrote, if it follows what was signed before.
    Cosign {
        /// The witness's folder.
        folder: PathBuf,
        /// The file that was brought.
        request: PathBuf,
        /// File to write and carry back; without it, to standard output.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Sign over HTTP.
    Serve {
        /// The witness's folder.
        folder: PathBuf,
        /// Address and port to listen on; port 0 takes a free one.
        #[arg(long, default_value = "127.0.0.1:8090")]
        listen: SocketAddr,
    },
}
