//! What the ledger knows of a case file that was destroyed goes, for good.

use super::Ledger;
use crate::PipelineError;
use record::{CaseCode, Sha256};
use rusqlite::params;
use std::collections::BTreeSet;

impl Ledger {
    /// Whether no other case file holds a master with this digest, or was received with one.
    pub(crate) fn is_only_of(&self, sha256: &Sha256, code: &CaseCode) -> Result<bool, PipelineError> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM stored_master WHERE sha256 = ?1 AND code <> ?2)
              AND NOT EXISTS (SELECT 1 FROM receipt r JOIN batch_case c ON c.batch = r.batch AND c.seq = r.seq
                              WHERE r.sha256 = ?1 AND c.code <> ?2)";
        Ok(self.lock().query_row(sql, params![sha256.to_string(), code.as_str()], |row| row.get(0))?)
    }

    /// What was received of a case file, with any batch.
    pub(crate) fn received(&self, code: &CaseCode) -> Result<BTreeSet<Sha256>, PipelineError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "SELECT r.sha256 FROM receipt r JOIN batch_case c ON c.batch = r.batch AND c.seq = r.seq
             WHERE c.code = ?1 AND r.sha256 IS NOT NULL",
        )?;
        let rows = statement.query_map([code.as_str()], |row| row.get::<_, String>(0))?;
        let digests: Vec<String> = rows.collect::<Result<_, _>>()?;
        Ok(digests.iter().filter_map(|digest| digest.parse().ok()).collect())
    }

    /// Forgets what was read on the pages of a master.
    pub(crate) fn forget_master(&self, sha256: &Sha256) -> Result<(), PipelineError> {
        self.lock().execute("DELETE FROM page_result WHERE sha256 = ?1", [sha256.to_string()])?;
        Ok(())
    }

    /// Forgets a case file: that it is stored, its line in the catalog, how it came with its batches and what was found.
    pub(crate) fn forget_case(&self, code: &CaseCode) -> Result<(), PipelineError> {
        let mut connection = self.lock();
        let tx = connection.transaction()?;
        for sql in [
            "DELETE FROM finding WHERE subject = ?1 OR substr(subject, 1, length(?1) + 1) = ?1 || '/'",
            "DELETE FROM receipt WHERE EXISTS (SELECT 1 FROM batch_case c
                WHERE c.batch = receipt.batch AND c.seq = receipt.seq AND c.code = ?1)",
            "DELETE FROM batch_case WHERE code = ?1",
            "DELETE FROM catalog WHERE code = ?1",
            "DELETE FROM stored_master WHERE code = ?1",
            "DELETE FROM stored_case WHERE code = ?1",
        ] {
            tx.execute(sql, [code.as_str()])?;
        }
        Ok(tx.commit()?)
    }

    /// Writes the file anew without what was taken out of it, here or before deleted rows were overwritten.
    pub(crate) fn compact(&self) -> Result<(), PipelineError> {
        let connection = self.lock();
        connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")?;
        Ok(())
    }
}
