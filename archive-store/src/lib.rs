//! The archive: one OCFL 1.1 object per case file, in a storage root on a local disk.
//!
//! It keeps bytes: what was acknowledged is on the medium, is found again under its path, and every flipped bit
//! has a name. It writes only through the crate `durable`, never overwrites content, deletes nothing that
//! became part of the archive but what two people decided to destroy (what is doubtful is moved to quarantine), and refuses to write after a failed
//! write until it is opened again. It knows nothing of pictures, text, signatures or the index.
//!
//! Writing: [`Archive::begin`] → [`Draft`] → [`Draft::commit`] → [`Sealed`]. Reading: [`ArchiveReader::object`] →
//! [`Object`]. From elsewhere: [`Archive::adopt`] takes an object of another storage root; [`Files`] is a folder or zip
//! whose files a draft may take, [`validate_bag`] judges a bag in it. Checking: [`Object::verify`], [`ArchiveReader::verify`], and [`validate_object`] for any OCFL object.
//! Keeping: [`ArchiveReader::check`] and [`self_test`], [`Archive::copy_missing`] into a second root,
//! [`Archive::repair`] from it; [`BackupRepository`] takes encrypted snapshots and gives them back.
//! What makes a case file a package of Thông tư 05/2025: [`package::describe`].
//! The layout on disk stands in `docs/format/archive-layout.md`, the reasons in `docs/decisions/040-archive.md`.
//!
//! Numbered invariants, used in code, tests and docs:
//! - **INV-A1** A version's folder and everything in it is synced and was read back before its name appears in the
//!   storage root.
//! - **INV-A2** After a stop at any step and the next opening the object is exactly in its old or its new state.
//! - **INV-A3** Nothing in the storage root is ever changed but an object's root inventory and its sidecar, and
//!   those only by renaming a synced file over them. `logs/` grows line by line. A repair moves the damaged file to
//!   quarantine and a proven one into the free place (INV-A4).
//! - **INV-A4** Repair takes no byte whose digests are not in an inventory that is proven, and deletes none.
//! - **INV-A5** Bytes leave the archive in one way, [`Archive::purge`]: whole objects, after their tombstone is on the medium
//!   and by nobody's decision but two people's. Nothing is stored under that id again.

mod adopt;
mod archive;
mod backup;
mod bagit;
mod claim;
mod draft;
mod eark;
mod error;
mod events;
mod export;
mod files;
mod fixity;
mod format_v1;
mod hashed;
mod intent;
mod inventory;
mod layout;
mod logs;
mod names;
mod object;
pub mod package;
mod publish;
mod purge;
mod recover;
mod repair;
mod replica;
mod replicate;
mod root;
mod s3;
mod sink;
mod validate;
mod walk;
mod zip;

pub use adopt::{AdoptError, Adopted, object_folders};
pub use archive::{Archive, ArchiveReader, OpenOptions};
pub use backup::{
    BackedUp, BackedUpCase, BackupError, BackupRepository, Contents, Loss, LossKind, Meter, Restored,
    Snapshot,
};
pub use bagit::{BagReport, validate_bag};
pub use claim::{Claim, ClaimedFile};
pub use draft::{Draft, Sealed, StagedFile, VersionInfo};
pub use eark::{EarkReport, eark_package_type, validate_eark};
pub use error::{RemoteFault, StoreError};
pub use export::{Container, Form, package_name};
pub use files::{Below, FileList, Files, Folder, ListedFile, RefusedFile};
pub use fixity::{Planted, Resident, Subset, check_copy, self_test};
pub use inventory::VersionNo;
pub use layout::{object_folder, object_of_folder};
pub use object::{Object, ObjectFile, VersionMeta};
pub use purge::{Doomed, TOMBSTONE};
pub use recover::{Recovery, RecoveryAction};
pub use repair::{Action, Mended, Refusal, Repair, Trust};
pub use replica::{Brought, ObjectRoot, Replica, Survey};
pub use replicate::CopyState;
pub use s3::{Probe, S3Key, S3Place, S3Root, Writers, parse_s3_address};
pub use sink::UnfinishedFolder;
pub use validate::{ObjectReport, Problem, Verdict, What, validate_object};
pub use zip::{ZipError, ZipFault, ZipFiles, ZipLimits};
