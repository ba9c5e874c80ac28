//! The one place where the leaves meet: the way of a page from the scanner to the search result.
//!
//! [`Workbench`] does the main job ([`run_batch`], [`resume_batch`]); [`ReadingRoom`] is what the faces read from.
//! Order, limits, ledger and reconciliation live here; picture, text, crypto and query code do not.

mod apart;
mod ask;
mod backup;
mod backup_minutes;
mod bench;
mod catalog;
mod compact;
mod config;
mod copies;
mod court;
mod cutout;
mod damage;
mod decisions;
mod destruction;
mod diff;
mod digest;
mod document;
mod drill;
mod error;
pub mod eval;
mod evidence;
mod facets;
mod fixity;
mod flow;
mod foreign;
mod format;
mod handed_on;
mod http;
mod import;
mod incoming;
mod index_page;
mod index_swap;
mod init;
mod journal;
mod ledger;
mod lexicon;
mod lists;
mod minutes;
#[cfg(test)]
mod non_interference;
mod opened_case;
mod opening;
mod pack;
mod package;
mod page;
mod page_seal;
mod paper;
mod pdf_signing;
mod previous;
mod proof;
mod reading_room;
mod rebuild;
mod received_signatures;
mod related;
mod report;
mod retention;
mod review;
mod saved_searches;
mod seal_files;
mod sealed_file;
mod sealing;
mod seals;
mod single;
#[cfg(test)]
mod small_archive;
mod stamping;
mod tlog;
mod trust;
mod trust_fetch;
mod trust_store;
mod unit_tree;
mod upkeep;
mod volumes;
mod waiting;
mod watch;
mod why;

pub use archive_store::package::{HandedOn, PackageType};
pub use archive_store::{
    Action, BackupError, BackupRepository, BagReport, Container, CopyState, Mended, Problem, Refusal, Repair,
    S3Key, Snapshot, StoreError, Subset, VersionMeta, What, ZipError, ZipFault,
};
pub use ask::{Citation, Passages, Standing};
pub use backup::{
    BackupSummary, LeftOut, RestoreSummary, back_up_archive, create_backups, open_backups, restore_archive,
};
pub use backup_minutes::{KeepingReport, keeping_minutes};
pub use bench::{Equipment, Workbench};
pub use catalog::{CatalogEntry, catalog};
pub use compact::PictureKept;
pub use config::{
    ArchiveConfig, Granularity, KeyConfig, KeyPlace, KeyRole, Layout, Limits, MlDsaConfig, NetworkDisk,
    PdfSigning, Scanner, SealConfig, SealLevel, StoreConfig, StoreWriters, TimeAuthority, TimeConfig,
};
pub use copies::{
    RepairedCase, ReplicaCase, ReplicaPlace, ReplicaState, carry_out_in_replica, repair_archive,
    replicate_archive, why_refused,
};
pub use court::{
    ArchiveTally, Check, CourtKeys, CourtOrder, ReportOn, Status, VerificationReport, export_for_court,
    kits_in, nobody_stated, pdf_signature_faults, pdf_signature_kind, pdf_signature_lines, report_on,
    report_on_page, report_on_pdf, to_html, to_pdf, verify_kit,
};
pub use cutout::{Cutout, LineSpan, LitWord};
pub use damage::{Damage, why_not_shown};
pub use decisions::{Correction, Decisions, Incomplete, Stamps};
pub use destruction::{
    DestroyedCase, Obstacle, Proposal, ProposedCase, approve_destruction, carry_out_destruction, proposals,
    propose_destruction,
};
pub use diff::{CaseDiff, FieldChange, PageChange, PageState, diff};
pub use drill::{DrillEvent, DrillOrder, DrillSource, DrillSummary, DrillVerdict, Judge, JudgeKind, drill};
pub use durable::DurableError;
pub use error::PipelineError;
pub use facets::{FacetEntry, FacetList};
pub use fixity::{
    CheckEvent, CheckOrder, CheckSummary, CheckVerdict, CheckedCase, FIXITY_DAYS, check_archive,
    check_replica,
};
pub use flow::{BatchOptions, batches, progress_of, resume_batch, run_batch, survey_batch};
pub use foreign::{Declared, import_foreign};
pub use format::case_json::CorrectionNote;
pub use handed_on::HandedOnReport;
pub use import::{ImportEvent, ImportRefusal, import, import_dry_run};
pub use incoming::{FilesVerification, packages_of, verify_files};
pub use index::{
    Anonymity, Asking, Facet, Hit, Lexicon, Outline, Query, QueryError, Similar, Snippet, Tier, UnusedSign,
};
pub use ingest::{IngestError, ListError, RegisterError};
pub use init::{NewArchive, init_archive};
pub use journal::{EvidenceFault, Hold};
pub use ledger::BatchRow;
pub use lexicon::{PublishedLexicon, lexicon_of, publish_lexicon};
pub use lists::{CaseLists, ListFormat, write_lists};
pub use minutes::{Minutes, destruction_minutes, incident_minutes, minutes, repair_minutes};
pub use native::{
    EngineChoice, Kernels, LayoutChoice, ModelFault, NativeError, NotOwn, OtherKind, PictureHeap, Pool,
    Reader, WorkerConfig, give_pictures_back,
};
pub use opened_case::{CaseView, Deviant, Export, Exported, OpenedCase, PagePicture, PageView, Profile};
pub use opening::{Recovered, RecoveredState, is_on_network_disk, tell_recovered};
pub use page_seal::{PageFault, PageSeal, verify_page};
pub use paper::ReportPdfError;
pub use pdf_signing::{CopiesMade, CopyOrder, PdfLevel, PdfSigningError, export_signed_copies};
pub use proof::{FileProof, ObjectVerification, verify_archive};
pub use reading_room::{CaseSheet, ReadingRoom, SearchAnswer, SearchHit, tier_name};
pub use rebuild::rebuild;
pub use related::RelatedCase;
pub use report::{BatchReport, CaseReport, Difference, report};
pub use retention::{Kept, NotKnown, Period, RetentionLine, RetentionTable, Rule, retention};
pub use review::{CaseStates, hold_case, release_case, review_case};
pub use saved_searches::{forget_search, save_search, saved_searches};
pub use seal::evidence::EvidenceDigest;
pub use seal::{
    Anchor, AnchorPurpose, AnchorState, ExperimentalVerdict, KeyError, KeyFacts, ManifestState,
    PackageReport, PemError, PinState, RevocationKind, Role, SealError, SignatureVerdict, Signer,
    SignerError, SignerReport, StatedSigner, Statement, StatementFault, TimeStampVerdict, TokenError,
    TokenFacts, Trust, certificates_from_pem, certificates_of_signature, list_from_pem, lists_from_pem,
    pades, told,
};
pub use sealed_file::SealedFile;
pub use sealing::{
    FoundKey, KeyFault, KeyView, MadeMlDsaKey, OpenKey, PassedOver, SealEvent, SealOrder, SealSummary,
    SealWhich, SignedPdfs, find_key, key_names, make_ml_dsa_key, make_trial_signing_keys, seal_cases,
};
pub use seals::{SealFault, SealFaultKind};
pub use single::{OcrFormat, OutputFile, PageDone, read_file, write_new_file, write_secret_file};
pub use stamping::{
    DueStamps, Renewal, StampFinding, StampProblem, StampState, StampSummary, check_stamps, due, renew,
    stamp, stamp_batch, stamp_sealed,
};
pub use tlog::{
    Cosigned, LogFinding, LogReport, LogView, PageSource, ProofVerdict, Witness, WitnessError, add_witness,
    ask_witnesses, check_log, export_checkpoint, import_cosignature, prove, verify_proof, view_log,
};
pub use trust_fetch::{Fetched, fetch_revocations};
pub use trust_store::{
    TrustEntry, Unusable, add_trust, change_trust, keep_revocation, trust_entries, trust_from,
};
pub use upkeep::{AbsentCase, Upkeep, absent_cases, index_fault, upkeep};
pub use vitext::nfc;
pub use volumes::Weight;
pub use watch::{Event, Watch};
pub use why::why_here;
