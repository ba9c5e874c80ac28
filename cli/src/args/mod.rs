//! The words of the command line: one table for parser, help, man page and completions.

mod archive;
mod log;
mod seal;
mod stamp;
mod trust;

pub(crate) use archive::*;
use clap::{Args, Parser, Subcommand, ValueEnum};
pub(crate) use log::*;
use record::Timestamp;
pub(crate) use seal::*;
pub(crate) use stamp::*;
use std::net::SocketAddr;
use std::path::PathBuf;
pub(crate) use trust::*;

/// Turns paper case files into a signed, searchable, court-ready archive.
#[derive(Debug, Parser)]
#[command(name = "hoso", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Language of messages; by default that of the environment (LANG=vi*).
    #[arg(long, global = true, value_enum)]
    pub lang: Option<LangArg>,
    /// Lines of JSON on standard output, each with `type` and `v`.
    #[arg(long, global = true)]
    pub json: bool,
    /// Folder of the worker program, Pdfium and models, when they are not beside this program.
    #[arg(long, global = true, env = "HOSO_LIBDIR", hide_env_values = true, hide_short_help = true)]
    pub libdir: Option<PathBuf>,
}

/// Language of messages.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LangArg {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

/// What `hoso` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an archive: configuration, keys for a trial, empty store, ledger, index.
    Init(Init),
    /// The main job: receive, read, pack, seal, store and index case files.
    #[command(subcommand)]
    Batch(Batch),
    /// Read one file without an archive.
    Ocr(Ocr),
    /// How well a text was read: error rates against the truth, the worst pages, header fields.
    Eval(Eval),
    /// Search the archive.
    Search(Search),
    /// Passages that answer a question, each with the place where it stands in a sealed text; and whether such a passage is true.
    Ask(Ask),
    /// Case files in the archive.
    #[command(subcommand)]
    Case(Case),
    /// Seal counted case files with the signatures of an officer and of the agency.
    #[command(disable_version_flag = true)]
    Seal(Seal),
    /// The keys of officers and of the agency.
    #[command(subcommand)]
    Key(Key),
    /// Verify an archive or an exported case file offline; a broken seal is exit code 7.
    Verify(Verify),
    /// Keep the archive: check every byte, repair what is damaged, keep a second copy.
    #[command(subcommand)]
    Archive(Archive),
    /// Take in case files of another archive, or exported ones, with their versions and seals.
    Import(Import),
    /// The index and the ledger: caches, rebuilt from the archive alone.
    #[command(subcommand)]
    Index(Index),
    /// The archive's transparency log: what was stored, in an order that nobody can change unseen.
    #[command(subcommand)]
    Log(Log),
    /// The witness that a unit above keeps: it signs the checkpoints of other archives' logs and remembers them.
    #[command(subcommand)]
    Witness(Witness),
    /// Whom the archive trusts, and what is known of revoked certificates.
    #[command(subcommand)]
    Trust(TrustCommand),
    /// Time stamps of an authority over what was sealed: what waits for one, what must be renewed.
    Stamp(Stamp),
    /// Search, reading and court screen in a browser.
    Serve(Serve),
    /// The configuration of an archive.
    #[command(subcommand)]
    Config(Config),
    /// What is installed, which versions, what is missing and how to get it.
    Doctor(Doctor),
    /// Print the man page, or write one for every command into a folder.
    #[command(hide = true)]
    Man {
        /// Folder to write the pages into.
        folder: Option<PathBuf>,
    },
    /// Print completions for a shell.
    #[command(hide = true)]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// The archive to work with.
#[derive(Debug, Args)]
pub(crate) struct InArchive {
    /// The archive's folder.
    #[arg(long, env = "HOSO_ARCHIVE", default_value = ".", value_name = "ARCHIVE")]
    pub archive: PathBuf,
}

/// `hoso init`
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The folder to make; it must not hold an archive.
    pub archive: PathBuf,
    /// Code of the fonds (mã phông): ASCII letters, digits, `.`, `-`.
    #[arg(long, default_value = "VKS-THU")]
    pub fonds: String,
    /// The agency that keeps the archive.
    #[arg(long, default_value = "Viện kiểm sát nhân dân (thử nghiệm)")]
    pub agency: String,
    /// The folder may lie on a network disk (NFS, SMB…), where a power cut or a broken line can undo what was acknowledged.
    #[arg(long)]
    pub on_network_disk: bool,
    /// Name of the one local account.
    #[arg(long, default_value = "hoso")]
    pub user: String,
    /// File with the account's password; without it one is made and shown once.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// `hoso batch`
#[derive(Debug, Subcommand)]
pub(crate) enum Batch {
    /// Do the main job for every case file below a folder.
    Run(BatchRun),
    /// Where the batches stand.
    Status {
        /// A batch; without it all of them.
        id: Option<String>,
        #[command(flatten)]
        archive: InArchive,
    },
    /// Go on after a stop, or after files were mended that case files wait for; only what is missing is done.
    Resume {
        /// A batch; without it the newest unfinished one.
        id: Option<String>,
        #[command(flatten)]
        archive: InArchive,
        #[command(flatten)]
        work: Work,
        #[command(flatten)]
        decided: Decided,
    },
    /// The reconciliation report: received = stored = indexed, or named.
    Report {
        /// A batch; without it the newest.
        id: Option<String>,
        #[command(flatten)]
        archive: InArchive,
    },
}

/// How the work is done.
#[derive(Debug, Args)]
pub(crate) struct Work {
    /// Pages read at the same time; by default one for each core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,
    #[command(flatten)]
    pub reading: Reading,
}

/// What reads lines.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Reading {
    /// What reads lines: hoso's own recogniser wherever it can (auto), it or nothing (own), or Tesseract.
    #[arg(long, value_enum, default_value = "auto")]
    pub engine: EngineArg,
    /// What finds lines: hoso itself on pages of plain print (auto), or Tesseract on every page.
    #[arg(long, value_enum, default_value = "auto")]
    pub layout: LayoutArg,
    /// Instructions that the own recogniser computes with; for tests.
    #[arg(
        long,
        value_enum,
        default_value = "auto",
        env = "HOSO_KERNELS",
        hide_env_values = true,
        hide_short_help = true
    )]
    pub kernels: KernelsArg,
}

/// What reads lines.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum EngineArg {
    /// The own recogniser; Tesseract where it cannot read the model or this processor is too old.
    Auto,
    /// The own recogniser, and an error where it cannot.
    Own,
    /// Tesseract alone.
    Tesseract,
}

/// What finds lines.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LayoutArg {
    /// hoso where a page is plain print and its own recogniser reads; else Tesseract.
    Auto,
    /// Tesseract.
    Tesseract,
}

/// Instructions of the own recogniser.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum KernelsArg {
    /// The fastest that this processor has.
    Auto,
    /// None, as on a processor without AVX2.
    None,
    /// Plain code, slower than Tesseract: only with `--engine own`.
    Scalar,
    /// 256-bit vectors.
    Avx2,
    /// 512-bit vectors with byte products.
    Avx512vnni,
}

/// What the person at the batch decides.
#[derive(Debug, Clone, Args)]
pub(crate) struct Decided {
    /// Seal case files even where a file cannot be received (a link, no permission, still being written…); what is
    /// missing is named in the package. Without this they wait until it is mended.
    #[arg(long)]
    pub without_missing: bool,
    /// Seal case files although a page bears a secrecy stamp: somebody looked at the pages named and they are not secret.
    /// Without this they wait.
    #[arg(long)]
    pub stamps_checked: bool,
    /// Why stored case files that come again with something else in them are corrected: they get a new version, the old one
    /// stays readable. Without this they stay as they are.
    #[arg(long, value_name = "REASON", requires = "by")]
    pub correct: Option<String>,
    /// Who decided the correction: name and office.
    #[arg(long, value_name = "NAME", requires = "correct")]
    pub by: Option<String>,
    /// A corrected case file may lack files that its stored version holds.
    #[arg(long, requires = "correct")]
    pub may_remove: bool,
}

/// `hoso batch run`
#[derive(Debug, Args)]
pub(crate) struct BatchRun {
    /// The folder: one sub-folder (or one PDF or TIFF) for each case file.
    pub folder: PathBuf,
    #[command(flatten)]
    pub archive: InArchive,
    /// Secrecy of the whole batch, for example `thuong`; `batch.csv` may say it for each case file.
    #[arg(long, value_name = "ĐỘ MẬT")]
    pub secrecy: Option<String>,
    /// Only look: count case files and pages, name what is wrong, change nothing.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub work: Work,
    #[command(flatten)]
    pub decided: Decided,
}

/// `hoso ocr`
#[derive(Debug, Args)]
pub(crate) struct Ocr {
    /// Pictures or PDFs.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// What to write.
    #[arg(long, value_enum, default_value = "text")]
    pub format: FormatArg,
    /// Pictures in a PDF: as received, or in layers for thin lines (much smaller; every page is compared with the original).
    #[arg(long, value_enum, default_value = "faithful")]
    pub pdf: PdfArg,
    /// File to write (one input) or folder (several); without it standard output.
    #[arg(long, short)]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub reading: Reading,
}

/// What `hoso ocr` writes.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FormatArg {
    /// Plain text; pages end with a form feed.
    Text,
    /// ALTO 4.4.
    Alto,
    /// hOCR 1.2.
    Hocr,
    /// Two-layer PDF/A-2b.
    Pdf,
}

/// `hoso eval`
#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// What really stands on the pages: a text, a folder of texts or ALTO files, or the folder `truth` of a generated set.
    pub truth: PathBuf,
    /// What was read: a text, a folder with the same names, an archive, or exported case files.
    pub hypothesis: PathBuf,
    /// Pages to show, the worst first.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub worst: usize,
    /// Write a report with these pages side by side: picture, truth, what was read.
    #[arg(long, value_name = "REPORT")]
    pub html: Option<PathBuf>,
}

/// How pictures stand in the PDF of `hoso ocr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PdfArg {
    /// Bit by bit as received.
    Faithful,
    /// In layers: print at full resolution without loss, the rest at low resolution.
    Compact,
}

/// `hoso search`
#[derive(Debug, Args)]
pub(crate) struct Search {
    /// Words, "a phrase", trộm HOẶC cướp, -not, khở*, =exact, ~misread, bl:45, so:, dieu:, ngay:, nguoi:, loai:, ho-so:, cccd: (docs/search.md).
    #[arg(required_unless_present_any = ["saved", "list_saved", "forget"], num_args = 1.., value_name = "QUERY")]
    pub query: Vec<String>,
    #[command(flatten)]
    pub archive: InArchive,
    /// Keep the query in the archive's folder under this name, in place of one that has it, and search.
    #[arg(long, value_name = "NAME", requires = "query")]
    pub save: Option<String>,
    /// Search by the query kept under this name.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["query", "save"])]
    pub saved: Option<String>,
    /// List the queries that are kept.
    #[arg(long, conflicts_with_all = ["query", "save", "saved"])]
    pub list_saved: bool,
    /// Forget the query kept under this name.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["query", "save", "saved", "list_saved"])]
    pub forget: Option<String>,
    /// Hits to show.
    #[arg(long, default_value_t = 10)]
    pub limit: usize,
    /// Hits to leave out first.
    #[arg(long, default_value_t = 0)]
    pub offset: usize,
    /// Say how the query was understood, and of each hit why it stands where it does.
    #[arg(long)]
    pub explain: bool,
    /// What the pages found have in common: units, years, kinds, articles, with the number of pages of each.
    #[arg(long)]
    pub facets: bool,
    /// What a hit is: a page, or a case file with its best page.
    #[arg(long, value_enum, default_value_t = GroupArg::Page)]
    pub group: GroupArg,
}

/// What a hit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupArg {
    Page,
    Case,
}

/// `hoso ask`
#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// A question in plain words.
    #[arg(required_unless_present = "check", num_args = 1.., value_name = "QUESTION", conflicts_with = "check")]
    pub question: Vec<String>,
    #[command(flatten)]
    pub archive: InArchive,
    /// Passages to give.
    #[arg(long, default_value_t = 5)]
    pub limit: usize,
    /// Say of each passage in FILE, lines as --json gives them (- is standard input), whether it stands where it says.
    #[arg(long, value_name = "FILE")]
    pub check: Option<PathBuf>,
}

/// `hoso case`
#[derive(Debug, Subcommand)]
pub(crate) enum Case {
    /// What a case file holds: documents, pages, bút lục.
    #[command(disable_version_flag = true)]
    Show {
        /// Mã hồ sơ; without it all case files are listed.
        code: Option<String>,
        /// An earlier version, from 1.
        #[arg(long, value_name = "N", requires = "code")]
        version: Option<u32>,
        #[command(flatten)]
        archive: InArchive,
    },
    /// The catalog: a line for each case file, without opening any; or a list of a circular, into a file.
    List {
        /// The two lists of this circular, case files and documents, from their sealed registers.
        #[arg(long, value_enum, requires = "out")]
        profile: Option<ListProfileArg>,
        /// A file that does not exist yet: NAME.xlsx, or NAME.csv for NAME.ho-so.csv and NAME.van-ban.csv.
        #[arg(long, short, value_name = "FILE", requires = "profile")]
        out: Option<PathBuf>,
        #[command(flatten)]
        archive: InArchive,
    },
    /// Case files that have people, document numbers or pages in common with this one.
    Related {
        /// Mã hồ sơ.
        code: String,
        #[command(flatten)]
        archive: InArchive,
    },
    /// What differs between two versions of a case file: register, pages, bút lục, words.
    Diff {
        /// Mã hồ sơ.
        code: String,
        /// The earlier version, from 1.
        earlier: u32,
        /// The later version; without it the latest.
        later: Option<u32>,
        #[command(flatten)]
        archive: InArchive,
    },
    /// State that the paper was counted: as many pages as the package holds, else it is refused with the difference.
    Review {
        /// Mã hồ sơ.
        code: String,
        /// Who counted: name and office.
        #[arg(long, value_name = "NAME", value_parser = official)]
        by: record::Official,
        /// Pages counted on paper.
        #[arg(long, value_name = "N")]
        pages_on_paper: u32,
        #[command(flatten)]
        archive: InArchive,
    },
    /// Put a case file on hold: it is not destroyed before somebody releases it.
    Hold(OnHold),
    /// Release a hold.
    Release(OnHold),
    /// Write a case file for others, so that stock tools can check it.
    #[command(disable_version_flag = true)]
    Export(CaseExport),
}

/// `hoso case hold` and `hoso case release`
#[derive(Debug, Args)]
pub(crate) struct OnHold {
    /// Mã hồ sơ.
    pub code: String,
    /// Why.
    #[arg(long, value_name = "REASON", value_parser = reason)]
    pub reason: String,
    /// Who asks for it: name and office.
    #[arg(long, value_name = "NAME", value_parser = official)]
    pub by: record::Official,
    #[command(flatten)]
    pub archive: InArchive,
}

/// What a value must be that was given otherwise, in both languages. `misuse` tells it in the right one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BadValue {
    pub vi: &'static str,
    pub en: &'static str,
}

impl std::fmt::Display for BadValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.en)
    }
}

impl std::error::Error for BadValue {}

/// A name, NFC.
fn official(text: &str) -> Result<record::Official, BadValue> {
    let wrong = BadValue {
        vi: "cần họ tên và chức vụ trên một dòng, không quá dài",
        en: "a name and office on one line, not too long",
    };
    record::Official::new(&pipeline::nfc(text)).map_err(|_| wrong)
}

/// A line that stands in the archive for good, NFC.
fn reason(text: &str) -> Result<String, BadValue> {
    let text = pipeline::nfc(text.trim()).into_owned();
    match text.is_empty() || text.chars().count() > 500 || text.contains(char::is_control) {
        true => Err(BadValue {
            vi: "cần một dòng không quá 500 chữ cái",
            en: "a line of at most 500 letters",
        }),
        false => Ok(text),
    }
}

/// `hoso case export`
#[derive(Debug, Args)]
pub(crate) struct CaseExport {
    /// Mã hồ sơ.
    pub code: String,
    /// As what: the package of Thông tư 05/2025 as it lies in the archive, a BagIt bag that holds it, or a package made from
    /// it for another system or for use.
    #[arg(long, value_enum, default_value = "tt05-aip")]
    pub profile: ProfileArg,
    /// With tt05-sip and tt05-dip: the files as received and the text of their pages, too.
    #[arg(long)]
    pub with_masters: bool,
    /// An earlier version; without it the latest.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub version: Option<u32>,
    /// With court: one page only, counted from 1, as its master.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub page: Option<u32>,
    /// With court: entries of the checkpoint that the reader holds; the proof then shows that the log continues it.
    #[arg(long, value_name = "ENTRIES")]
    pub since: Option<u64>,
    #[command(flatten)]
    pub copies: CopyKeys,
    /// Into one zip file.
    #[arg(long)]
    pub zip: bool,
    /// A folder or zip that does not exist yet; by default `urn_<fonds>_uuid_<UUID>` in the current folder. A case file in
    /// volumes becomes a folder of packages: its own and one of each volume.
    #[arg(long, short)]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub archive: InArchive,
}

/// Which lists are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ListProfileArg {
    /// Thông tư 02/2019/TT-BNV (repealed, in use).
    #[value(name = "tt02-2019")]
    Tt02,
}

/// As what a case file is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ProfileArg {
    /// The information package (AIP) of Thông tư 05/2025/TT-BNV.
    Tt05Aip,
    /// A BagIt bag (RFC 8493).
    Bagit,
    /// A package for another system (SIP_hoso): searchable copies and sheets.
    Tt05Sip,
    /// A package for use (DIP): searchable copies, sheets, what was done.
    Tt05Dip,
    /// A folder for a court: the package with all that its proof needs, and how to check it with stock programs.
    Court,
}

/// `hoso import`
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// An archive, an OCFL storage root or object, or an exported case file: folder, zip or bag. With --secrecy a package that
    /// another program made.
    pub source: PathBuf,
    #[command(flatten)]
    pub archive: InArchive,
    /// Certificates (PEM) of the authority that the source was sealed under; where what is taken needs it, it is trusted from then on.
    #[arg(long, value_name = "PEM")]
    pub anchor: Option<PathBuf>,
    /// Only verify and compare: take nothing.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub foreign: Foreign,
}

/// What a person says of a package that another program made.
#[derive(Debug, Args)]
pub(crate) struct Foreign {
    /// Take a package that another program made (a BagIt bag, an OCFL object, a package with METS): declares its secrecy, for
    /// example `thuong`. It is kept whole, and its pages are read as a batch is.
    #[arg(long, value_name = "ĐỘ MẬT", conflicts_with_all = ["anchor", "dry_run"])]
    pub secrecy: Option<String>,
    /// Its mã hồ sơ, where the package does not say it, or another.
    #[arg(long, requires = "secrecy")]
    pub code: Option<String>,
    /// Its title.
    #[arg(long, requires = "secrecy")]
    pub title: Option<String>,
    /// The unit that owns it.
    #[arg(long, requires = "secrecy")]
    pub unit: Option<String>,
    /// Its year.
    #[arg(long, requires = "secrecy")]
    pub year: Option<u16>,
    /// How long it is kept, for example "Vĩnh viễn".
    #[arg(long, requires = "secrecy")]
    pub retention: Option<String>,
    /// The folder of the package that holds its pages, where that is not the usual one.
    #[arg(long, requires = "secrecy", value_name = "FOLDER")]
    pub pages: Option<String>,
    /// Somebody looked at the pages that bear a secrecy stamp, and they are not secret.
    #[arg(long, requires = "secrecy")]
    pub stamps_checked: bool,
}

/// `hoso verify`
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// An archive, an exported case file (folder, zip, bag or folder for a court), or a PDF.
    pub path: PathBuf,
    /// Certificates (PEM) that are trusted, or a folder of them: a trust store, or certificates beside revocation lists and
    /// OCSP answers. An archive has its own.
    #[arg(long, value_name = "FILE|FOLDER")]
    pub anchor: Option<PathBuf>,
    /// The moment to judge for, for example 2026-11-30T08:00:00+07:00; now where it is not given.
    #[arg(long, value_name = "TIME")]
    pub at: Option<Timestamp>,
    /// The path is a single page or file: the folder `seal/` of the package it comes from, with manifest and signature.
    #[arg(long, value_name = "FOLDER")]
    pub seal: Option<PathBuf>,
    /// A checkpoint of the log, kept elsewhere: it must be one of the archive's log as it is now; the log of a folder for a
    /// court must continue it.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// File with the public key of the log, for a folder for a court; an archive has its own.
    #[arg(long, value_name = "FILE")]
    pub log_key: Option<PathBuf>,
    /// Certificates (PEM) of the time-stamp authority, for a folder for a court; an archive has its own.
    #[arg(long, value_name = "PEM")]
    pub time_anchor: Option<PathBuf>,
    /// Write the report for paper: FILE.html or FILE.pdf, which must not exist.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// `hoso index`
#[derive(Debug, Subcommand)]
pub(crate) enum Index {
    /// Make index and ledger anew from the archive.
    Rebuild {
        #[command(flatten)]
        archive: InArchive,
    },
    /// The words that searches may put in for what was typed without marks or misspelt: what is published, or publish anew.
    #[command(disable_version_flag = true)]
    Lexicon {
        #[command(flatten)]
        archive: InArchive,
        /// Count the archive's words and publish what at least 5 units and 50 case files of the lowest secrecy have.
        #[arg(long)]
        publish: bool,
    },
}

/// `hoso serve`
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub archive: InArchive,
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
}

/// `hoso doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// An archive to look into as well: what was put aside, what does not belong there.
    #[arg(long, env = "HOSO_ARCHIVE", value_name = "ARCHIVE")]
    pub archive: Option<PathBuf>,
    #[command(flatten)]
    pub reading: Reading,
}

/// `hoso config`
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Print the configuration.
    Show {
        #[command(flatten)]
        archive: InArchive,
    },
}
