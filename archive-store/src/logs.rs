//! Receipts beside the versions: `logs/v<n>.tlog-proof` says where the entry of a version stands in a log, `logs/v<n>.er` when it
//! existed. Evidence about
//! versions, outside of every version (OCFL 1.1 leaves `logs/` to the archive); what it says is not for this crate to judge.

use crate::inventory::read_limited;
use crate::{Archive, Object, StoreError, VersionNo};
use std::io;
use std::path::PathBuf;

/// How the name of a receipt ends.
pub(crate) const RECEIPT_ENDING: &str = "tlog-proof";
/// Longest receipt that is read.
const MAX_RECEIPT_BYTES: u64 = 64 << 10;
/// Longest evidence record that is read.
const MAX_EVIDENCE_BYTES: u64 = 1 << 20;

impl Object {
    fn receipt_path(&self, version: VersionNo) -> PathBuf {
        self.folder().join(format!("logs/{version}.{RECEIPT_ENDING}"))
    }

    /// The receipt of a version; `None` where there is none.
    pub fn receipt(&self, version: VersionNo) -> Result<Option<Vec<u8>>, StoreError> {
        if_there(read_limited(&self.receipt_path(version), MAX_RECEIPT_BYTES))
    }

    fn evidence_path(&self, version: VersionNo) -> PathBuf {
        self.folder().join(format!("logs/{version}.er"))
    }

    /// The evidence record (RFC 4998) of a version; `None` where there is none.
    pub fn evidence(&self, version: VersionNo) -> Result<Option<Vec<u8>>, StoreError> {
        if_there(read_limited(&self.evidence_path(version), MAX_EVIDENCE_BYTES))
    }
}

fn if_there(read: Result<Vec<u8>, StoreError>) -> Result<Option<Vec<u8>>, StoreError> {
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(StoreError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Archive {
    /// Puts an evidence record beside a version, durably, in place of the one that it renews: a renewed record holds the older.
    pub fn put_evidence(&self, object: &Object, version: VersionNo, record: &[u8]) -> Result<(), StoreError> {
        durable::create_dir_durable(&object.folder().join("logs"))?;
        durable::write_file(&object.evidence_path(version), record)?;
        Ok(())
    }

    /// Puts a receipt beside a version, durably. One that is there already, of another log say, is kept beside it under the
    /// next free name `v<n>.<k>.tlog-proof`.
    pub fn put_receipt(&self, object: &Object, version: VersionNo, receipt: &[u8]) -> Result<(), StoreError> {
        let path = object.receipt_path(version);
        durable::create_dir_durable(&object.folder().join("logs"))?;
        if path.exists() {
            let mut names = (1..).map(|k| path.with_file_name(format!("{version}.{k}.{RECEIPT_ENDING}")));
            let aside = names.find(|path| !path.exists()).expect("some number is free");
            durable::rename_noreplace(&path, &aside)?;
        }
        durable::put_new(&path, &mut &receipt[..])?;
        Ok(())
    }
}
