//! The ledger: what has been done, so that running again redoes only what is missing.
//!
//! A cache in one SQLite file (WAL, `synchronous=FULL`): lost, it is rebuilt from the archive. It holds no page text.

mod forget;

use crate::PipelineError;
use crate::catalog::CatalogEntry;
use crate::decisions::Correction;
use record::{
    AccessLabel, BatchId, CaseCode, Finding, FindingKind, Official, PageNo, Secrecy, Sha256, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};

const SCHEMA_VERSION: i64 = 2;

/// `hoso` in ASCII: set in SQLite's header once the ledger knows all that the archive holds.
const APPLICATION_ID: i64 = 0x686f_736f;

const SCHEMA: &str = "
CREATE TABLE batch (
    id TEXT PRIMARY KEY, folder TEXT NOT NULL, state TEXT NOT NULL, started TEXT NOT NULL, finished TEXT
) STRICT;
CREATE TABLE batch_case (
    batch TEXT NOT NULL REFERENCES batch(id), seq INTEGER NOT NULL, code TEXT NOT NULL, pages INTEGER NOT NULL,
    intake TEXT NOT NULL, state TEXT NOT NULL, problem TEXT,
    PRIMARY KEY (batch, seq)
) STRICT;
CREATE TABLE receipt (
    batch TEXT NOT NULL, seq INTEGER NOT NULL, file INTEGER NOT NULL, sha256 TEXT, bytes INTEGER,
    PRIMARY KEY (batch, seq, file)
) STRICT;
CREATE TABLE page_result (
    sha256 TEXT NOT NULL, page_idx INTEGER NOT NULL, step TEXT NOT NULL, result TEXT NOT NULL, times INTEGER NOT NULL,
    PRIMARY KEY (sha256, page_idx, step)
) STRICT;
CREATE TABLE finding (
    batch TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, page INTEGER NOT NULL, detail TEXT NOT NULL,
    PRIMARY KEY (batch, kind, subject, page, detail)
) STRICT;
CREATE TABLE stored_case (
    code TEXT PRIMARY KEY, object_id TEXT NOT NULL, version INTEGER NOT NULL, pages INTEGER NOT NULL,
    contents TEXT NOT NULL, indexed INTEGER NOT NULL
) STRICT;
CREATE INDEX receipt_sha256 ON receipt(sha256);
CREATE TABLE stored_master (sha256 TEXT NOT NULL, code TEXT NOT NULL, PRIMARY KEY (sha256, code)) STRICT;
";

/// What version 2 added: the catalog, and what is to be corrected when a batch is resumed. A ledger of version 1 is filled anew from the archive, for it has no catalog.
const CATALOG: &str = "
CREATE TABLE catalog (
    code TEXT PRIMARY KEY, title TEXT NOT NULL, unit TEXT NOT NULL, year INTEGER, retention TEXT NOT NULL,
    secrecy TEXT NOT NULL, documents INTEGER NOT NULL, pages INTEGER NOT NULL, version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE batch_correction (
    batch TEXT PRIMARY KEY, reason TEXT NOT NULL, decided_by TEXT NOT NULL, may_remove INTEGER NOT NULL
) STRICT;
";

/// Finds what the index lacks without looking at every case file.
const NOT_INDEXED: &str =
    "CREATE INDEX IF NOT EXISTS stored_case_not_indexed ON stored_case(code) WHERE indexed = 0";

/// The ledger of an archive.
pub(crate) struct Ledger {
    connection: Mutex<Connection>,
}

/// A run of the main job.
#[derive(Debug, Clone)]
pub struct BatchRow {
    /// Its id.
    pub id: BatchId,
    /// The folder it was started with.
    pub folder: String,
    /// `running`, `interrupted`, `waiting` (done but for case files that wait) or `finished`.
    pub state: String,
    /// When it was started.
    pub started: String,
    /// When it ended.
    pub finished: Option<String>,
}

/// A case file of a batch.
#[derive(Debug, Clone)]
pub(crate) struct CaseRow {
    pub(crate) seq: u32,
    pub(crate) code: CaseCode,
    pub(crate) pages: u32,
    pub(crate) state: CaseState,
}

/// How far a case file of a batch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CaseState {
    /// Its files are being received or read.
    Open,
    /// It is in the archive, not yet in the index.
    Stored,
    /// It is in the archive and in the index.
    Indexed,
    /// It was in the archive before, with the same content.
    Present,
    /// A file of it cannot be received as it is now; nothing is packed before it can.
    Waiting,
    /// It differs from what the archive holds under its code; the stored version stands.
    Differs,
    /// There was nothing to store.
    Empty,
    /// It was destroyed by decision: nothing of it was received.
    Destroyed,
}

impl CaseState {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Open, "open"),
        (Self::Stored, "stored"),
        (Self::Indexed, "indexed"),
        (Self::Present, "present"),
        (Self::Waiting, "waiting"),
        (Self::Differs, "differs"),
        (Self::Empty, "empty"),
        (Self::Destroyed, "destroyed"),
    ];

    pub(crate) fn code(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("open", |(_, code)| code)
    }

    fn parse(code: &str) -> Self {
        Self::ALL.iter().find(|(_, c)| *c == code).map_or(Self::Open, |(state, _)| *state)
    }

    /// Nothing is left to do for it.
    pub(crate) fn is_settled(self) -> bool {
        !matches!(self, Self::Open | Self::Stored | Self::Waiting)
    }
}

/// A case file that the archive holds.
#[derive(Debug, Clone)]
pub(crate) struct StoredCase {
    pub(crate) code: CaseCode,
    pub(crate) object_id: String,
    pub(crate) version: u32,
    pub(crate) pages: u32,
    /// Digest over names and digests of its masters.
    pub(crate) contents: String,
    pub(crate) indexed: bool,
}

/// A case file that the archive has taken, or was found to hold.
pub(crate) struct NewlyStored {
    pub(crate) case: StoredCase,
    pub(crate) entry: CatalogEntry,
    /// Digests of its masters.
    pub(crate) masters: Vec<Sha256>,
}

/// A batch that is being written down.
pub(crate) struct NewBatch<'a> {
    connection: &'a Connection,
    id: &'a BatchId,
    cases: u32,
}

impl NewBatch<'_> {
    /// The next of its case files.
    pub(crate) fn add_case(
        &mut self,
        code: &CaseCode,
        pages: u32,
        intake: &str,
    ) -> Result<(), PipelineError> {
        let sql = "INSERT INTO batch_case VALUES (?1, ?2, ?3, ?4, ?5, 'open', NULL)";
        let values = params![self.id.as_str(), self.cases, code.as_str(), pages, intake];
        self.connection.prepare_cached(sql)?.execute(values)?;
        self.cases += 1;
        Ok(())
    }

    /// Something found.
    pub(crate) fn add_finding(&self, finding: &Finding) -> Result<(), PipelineError> {
        insert_finding(self.connection, self.id, finding).map(drop)
    }

    /// Whether the archive holds a case file under this code.
    pub(crate) fn is_stored(&self, code: &CaseCode) -> Result<bool, PipelineError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM stored_case WHERE code = ?1)";
        Ok(self.connection.query_row(sql, [code.as_str()], |row| row.get(0))?)
    }
}

impl Ledger {
    /// Opens the ledger, making it when it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self, PipelineError> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        // What is taken out is overwritten: nothing of a destroyed case file stays behind.
        connection.pragma_update(None, "secure_delete", "ON")?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0))?;
        match version {
            0 => connection.execute_batch(&format!(
                "BEGIN; {SCHEMA} {CATALOG} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;"
            ))?,
            1 => connection.execute_batch(&format!(
                "BEGIN; {CATALOG} PRAGMA user_version={SCHEMA_VERSION}; PRAGMA application_id=0; COMMIT;"
            ))?,
            SCHEMA_VERSION => {}
            other => {
                let problem = format!("schema version {other}, this program knows {SCHEMA_VERSION}");
                return Err(PipelineError::Format { what: path.display().to_string(), problem });
            }
        }
        // Ledgers of before have none. While another program writes they are looked through as they are.
        connection.busy_timeout(std::time::Duration::ZERO)?;
        let _without = connection.execute_batch(NOT_INDEXED);
        connection.busy_timeout(std::time::Duration::from_secs(10))?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// Opens the ledger to look at it. Where there is none, none is made: it looks empty.
    pub(crate) fn open_if_there(path: &Path) -> Result<Self, PipelineError> {
        if path.is_file() { Self::open(path) } else { Self::open(Path::new(":memory:")) }
    }

    /// Whether the ledger was made together with its archive or filled from it since, so that it knows all that is
    /// stored.
    pub(crate) fn knows_the_archive(&self) -> Result<bool, PipelineError> {
        let id: i64 = self.lock().pragma_query_value(None, "application_id", |r| r.get(0))?;
        Ok(id == APPLICATION_ID)
    }

    /// Says so.
    pub(crate) fn set_knows_the_archive(&self) -> Result<(), PipelineError> {
        Ok(self.lock().pragma_update(None, "application_id", APPLICATION_ID)?)
    }

    /// Says that the archive may hold more than is noted here: at the next opening the ledger is filled from it.
    pub(crate) fn set_unsure_of_the_archive(&self) -> Result<(), PipelineError> {
        Ok(self.lock().pragma_update(None, "application_id", 0)?)
    }

    /// Notes that nothing is in the index.
    pub(crate) fn forget_indexed(&self) -> Result<(), PipelineError> {
        self.lock().execute("UPDATE stored_case SET indexed = 0", [])?;
        Ok(())
    }

    /// Whether the spool's copy of a master may go: the archive holds it, and no unfinished case file of a batch waits
    /// for it.
    pub(crate) fn may_go(&self, sha256: &Sha256) -> Result<bool, PipelineError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM stored_master WHERE sha256 = ?1)
              AND NOT EXISTS (SELECT 1 FROM receipt r JOIN batch b ON b.id = r.batch
                              JOIN batch_case c ON c.batch = r.batch AND c.seq = r.seq
                              WHERE r.sha256 = ?1 AND b.state <> 'finished'
                                AND c.state IN ('open', 'stored', 'waiting'))";
        let connection = self.lock();
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_row([sha256.to_string()], |row| row.get(0))?)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Writes down a batch before any work starts: all that `survey` adds to it, or nothing of it. The ledger is held by it
    /// meanwhile.
    pub(crate) fn open_batch<T>(
        &self,
        id: &BatchId,
        folder: &str,
        started: Timestamp,
        survey: impl FnOnce(&mut NewBatch<'_>) -> Result<T, PipelineError>,
    ) -> Result<T, PipelineError> {
        let mut connection = self.lock();
        let tx = connection.transaction()?;
        tx.execute(
            "INSERT INTO batch VALUES (?1, ?2, 'running', ?3, NULL)",
            params![id.as_str(), folder, started.to_string()],
        )?;
        let surveyed = survey(&mut NewBatch { connection: &tx, id, cases: 0 })?;
        tx.commit()?;
        Ok(surveyed)
    }

    /// All batches, newest first.
    pub(crate) fn batches(&self) -> Result<Vec<BatchRow>, PipelineError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "SELECT id, folder, state, started, finished FROM batch ORDER BY started DESC, id DESC",
        )?;
        let rows = statement.query_map([], batch_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One batch.
    pub(crate) fn batch(&self, id: &str) -> Result<BatchRow, PipelineError> {
        self.batches()?
            .into_iter()
            .find(|b| b.id.as_str() == id)
            .ok_or_else(|| PipelineError::NoBatch(id.to_owned()))
    }

    /// Notes how a batch stands.
    pub(crate) fn set_batch_state(
        &self,
        id: &BatchId,
        state: &str,
        finished: Option<Timestamp>,
    ) -> Result<(), PipelineError> {
        let finished = finished.map(|t| t.to_string());
        let sql = "UPDATE batch SET state = ?2, finished = ?3 WHERE id = ?1";
        self.lock().execute(sql, params![id.as_str(), state, finished])?;
        Ok(())
    }

    /// The case files of a batch in order.
    pub(crate) fn cases(&self, id: &BatchId) -> Result<Vec<CaseRow>, PipelineError> {
        let connection = self.lock();
        let mut statement = connection
            .prepare("SELECT seq, code, pages, state FROM batch_case WHERE batch = ?1 ORDER BY seq")?;
        let rows = statement.query_map([id.as_str()], |row| {
            Ok(CaseRow {
                seq: row.get(0)?,
                code: code(row, 1)?,
                pages: row.get(2)?,
                state: CaseState::parse(&row.get::<_, String>(3)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What the survey found of a case file: it grows with its files, so it is asked for when its turn comes.
    pub(crate) fn intake(&self, id: &BatchId, seq: u32) -> Result<String, PipelineError> {
        let sql = "SELECT intake FROM batch_case WHERE batch = ?1 AND seq = ?2";
        Ok(self.lock().query_row(sql, params![id.as_str(), seq], |row| row.get(0))?)
    }

    /// Notes how far a case file has come.
    pub(crate) fn set_case_state(
        &self,
        id: &BatchId,
        seq: u32,
        state: CaseState,
    ) -> Result<(), PipelineError> {
        let sql = "UPDATE batch_case SET state = ?3 WHERE batch = ?1 AND seq = ?2";
        self.lock().execute(sql, params![id.as_str(), seq, state.code()])?;
        Ok(())
    }

    /// Notes that file `file` of a case was received.
    pub(crate) fn set_receipt(
        &self,
        id: &BatchId,
        seq: u32,
        file: u32,
        master: Receipt,
    ) -> Result<(), PipelineError> {
        insert_receipt(&self.lock(), id, seq, file, master)
    }

    /// The receipt of a file; `None` while it was not received.
    pub(crate) fn receipt(
        &self,
        id: &BatchId,
        seq: u32,
        file: u32,
    ) -> Result<Option<Receipt>, PipelineError> {
        let sql = "SELECT sha256, bytes FROM receipt WHERE batch = ?1 AND seq = ?2 AND file = ?3";
        let row = self
            .lock()
            .query_row(sql, params![id.as_str(), seq, file], |row| {
                let digest: Option<String> = row.get(0)?;
                let bytes: Option<i64> = row.get(1)?;
                Ok(digest.and_then(|d| d.parse().ok()).zip(bytes.map(|b| b as u64)))
            })
            .optional()?;
        Ok(row.flatten())
    }

    /// Puts a new survey of a case file in the place of the old one, with the receipts and findings that hold now. What
    /// was found before about the case file, `code`, or anything below the entries `entries` of the batch folder, goes.
    pub(crate) fn resurvey(
        &self,
        id: &BatchId,
        row: &CaseRow,
        intake: &str,
        receipts: &[(u32, Receipt)],
        entries: &[String],
        findings: &[Finding],
    ) -> Result<(), PipelineError> {
        let mut connection = self.lock();
        let tx = connection.transaction()?;
        tx.execute(
            "UPDATE batch_case SET pages = ?3, intake = ?4, state = ?5 WHERE batch = ?1 AND seq = ?2",
            params![id.as_str(), row.seq, row.pages, intake, row.state.code()],
        )?;
        tx.execute("DELETE FROM receipt WHERE batch = ?1 AND seq = ?2", params![id.as_str(), row.seq])?;
        for (file, receipt) in receipts {
            insert_receipt(&tx, id, row.seq, *file, *receipt)?;
        }
        tx.execute(
            "DELETE FROM finding WHERE batch = ?1 AND subject = ?2",
            params![id.as_str(), row.code.as_str()],
        )?;
        for entry in entries {
            let sql = "DELETE FROM finding WHERE batch = ?1
                AND (subject = ?2 OR substr(subject, 1, length(?2) + 1) = ?2 || '/')";
            tx.execute(sql, params![id.as_str(), entry])?;
        }
        findings.iter().try_for_each(|f| insert_finding(&tx, id, f).map(drop))?;
        Ok(tx.commit()?)
    }

    /// Forgets findings of these kinds about a subject: they no longer hold.
    pub(crate) fn forget_findings(
        &self,
        id: &BatchId,
        subject: &str,
        kinds: &[FindingKind],
    ) -> Result<(), PipelineError> {
        let connection = self.lock();
        for kind in kinds {
            let sql = "DELETE FROM finding WHERE batch = ?1 AND subject = ?2 AND kind = ?3";
            connection.prepare_cached(sql)?.execute(params![id.as_str(), subject, kind.code()])?;
        }
        Ok(())
    }

    /// Case files that wait although the archive holds by now what was received of them (another batch brought the
    /// rest) wait no longer, and a batch in which nothing waits any more is finished.
    pub(crate) fn settle_waiting(&self, finished: Timestamp) -> Result<(), PipelineError> {
        let mut connection = self.lock();
        let tx = connection.transaction()?;
        tx.execute(
            "UPDATE batch_case AS c SET state = 'present' WHERE state = 'waiting'
                AND EXISTS (SELECT 1 FROM stored_case s WHERE s.code = c.code)
                AND NOT EXISTS (SELECT 1 FROM receipt r WHERE r.batch = c.batch AND r.seq = c.seq
                    AND r.sha256 IS NOT NULL AND NOT EXISTS
                        (SELECT 1 FROM stored_master m WHERE m.sha256 = r.sha256 AND m.code = c.code))",
            [],
        )?;
        tx.execute(
            "UPDATE batch AS b SET state = 'finished', finished = ?1 WHERE state = 'waiting'
                AND NOT EXISTS (SELECT 1 FROM batch_case c WHERE c.batch = b.id
                    AND c.state IN ('open', 'stored', 'waiting'))",
            [finished.to_string()],
        )?;
        Ok(tx.commit()?)
    }

    /// The result of a step on a page, if it was recorded.
    pub(crate) fn page_result(
        &self,
        sha256: &Sha256,
        page_idx: u32,
        step: &str,
    ) -> Result<Option<String>, PipelineError> {
        let sql = "SELECT result FROM page_result WHERE sha256 = ?1 AND page_idx = ?2 AND step = ?3";
        let connection = self.lock();
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![sha256.to_string(), page_idx, step], |row| row.get(0)).optional()?)
    }

    /// Records the result of a step on a page. `times` counts how often it was done: 1 unless work was lost.
    pub(crate) fn record_page(
        &self,
        sha256: &Sha256,
        page_idx: u32,
        step: &str,
        result: &str,
    ) -> Result<(), PipelineError> {
        let sql = "INSERT INTO page_result VALUES (?1, ?2, ?3, ?4, 1)
             ON CONFLICT DO UPDATE SET result = excluded.result, times = times + 1";
        let connection = self.lock();
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(params![sha256.to_string(), page_idx, step, result])?;
        Ok(())
    }

    /// Pages read and pages in all of a batch. A page counts when its file was received and some reading is recorded.
    pub(crate) fn progress(&self, id: &BatchId) -> Result<(u64, u64), PipelineError> {
        let connection = self.lock();
        let settled: i64 = connection.query_row(
            "SELECT COALESCE(SUM(pages), 0) FROM batch_case WHERE batch = ?1 AND state NOT IN ('open', 'waiting')",
            [id.as_str()],
            |row| row.get(0),
        )?;
        let read: i64 = connection.query_row(
            "SELECT COUNT(*) FROM (SELECT DISTINCT p.sha256, p.page_idx FROM page_result p
               JOIN receipt r ON r.sha256 = p.sha256 JOIN batch_case c ON c.batch = r.batch AND c.seq = r.seq
              WHERE r.batch = ?1 AND c.state IN ('open', 'waiting'))",
            [id.as_str()],
            |row| row.get(0),
        )?;
        let sql = "SELECT COALESCE(SUM(pages), 0) FROM batch_case WHERE batch = ?1";
        let all: i64 = connection.query_row(sql, [id.as_str()], |row| row.get(0))?;
        Ok(((settled + read) as u64, all as u64))
    }

    /// Pages recorded, and how often the step was done for them altogether.
    pub(crate) fn page_counts(&self) -> Result<(u64, u64), PipelineError> {
        let sql = "SELECT COUNT(*), COALESCE(SUM(times), 0) FROM page_result";
        let counts =
            self.lock().query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
        Ok((counts.0 as u64, counts.1 as u64))
    }

    /// Notes that a batch corrects stored case files, for whoever resumes it.
    pub(crate) fn set_correction(&self, id: &BatchId, correction: &Correction) -> Result<(), PipelineError> {
        let Correction { reason, by, may_remove } = correction;
        let sql = "INSERT OR REPLACE INTO batch_correction VALUES (?1, ?2, ?3, ?4)";
        self.lock().execute(sql, params![id.as_str(), reason, by.as_str(), may_remove])?;
        Ok(())
    }

    /// Whether a batch corrects stored case files, and why.
    pub(crate) fn correction(&self, id: &BatchId) -> Result<Option<Correction>, PipelineError> {
        let sql = "SELECT reason, decided_by, may_remove FROM batch_correction WHERE batch = ?1";
        let row = |row: &Row<'_>| {
            let by: String = row.get(1)?;
            let by = Official::new(&by).map_err(|e| {
                rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(e))
            })?;
            Ok(Correction { reason: row.get(0)?, by, may_remove: row.get(2)? })
        };
        Ok(self.lock().query_row(sql, [id.as_str()], row).optional()?)
    }

    /// Notes a finding; noting it twice adds nothing. Tells whether it is new.
    pub(crate) fn add_finding(&self, id: &BatchId, finding: &Finding) -> Result<bool, PipelineError> {
        insert_finding(&self.lock(), id, finding)
    }

    /// The findings of a batch.
    pub(crate) fn findings(&self, id: &BatchId) -> Result<Vec<Finding>, PipelineError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "SELECT kind, subject, page, detail FROM finding WHERE batch = ?1 ORDER BY subject, page, kind",
        )?;
        let rows = statement.query_map([id.as_str()], |row| {
            let kind: String = row.get(0)?;
            let kind = FindingKind::from_code(&kind).unwrap_or(FindingKind::CaseFailed);
            Ok(Finding {
                kind,
                subject: row.get(1)?,
                page: PageNo::new(row.get(2)?).ok(),
                detail: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes case files that the archive holds, all or none of them.
    pub(crate) fn set_stored(&self, cases: &[NewlyStored]) -> Result<(), PipelineError> {
        let mut connection = self.lock();
        let tx = connection.transaction()?;
        for NewlyStored { case, entry, masters } in cases {
            let code = case.code.as_str();
            // A version that was stored is not forgotten when the archive holds an earlier one.
            let sql =
                "INSERT INTO stored_case VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (code) DO UPDATE SET
                object_id = excluded.object_id, version = excluded.version, pages = excluded.pages,
                contents = excluded.contents, indexed = excluded.indexed WHERE excluded.version >= version";
            tx.prepare_cached(sql)?.execute(params![
                code,
                case.object_id,
                case.version,
                case.pages,
                case.contents,
                case.indexed
            ])?;
            let sql = "INSERT INTO catalog VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (code) DO UPDATE SET
                title = excluded.title, unit = excluded.unit, year = excluded.year, retention = excluded.retention,
                secrecy = excluded.secrecy, documents = excluded.documents, pages = excluded.pages,
                version = excluded.version WHERE excluded.version >= version";
            tx.prepare_cached(sql)?.execute(params![
                code,
                entry.title,
                entry.unit,
                entry.year,
                entry.retention,
                entry.secrecy.code(),
                entry.documents,
                entry.pages,
                entry.version,
            ])?;
            let mut insert = tx.prepare_cached("INSERT OR IGNORE INTO stored_master VALUES (?1, ?2)")?;
            for sha256 in masters {
                insert.execute(params![sha256.to_string(), code])?;
            }
        }
        Ok(tx.commit()?)
    }

    /// Ids of the objects that are in the catalog.
    pub(crate) fn catalogued_objects(&self) -> Result<HashMap<String, u32>, PipelineError> {
        let connection = self.lock();
        let mut statement = connection
            .prepare("SELECT object_id, stored_case.version FROM stored_case JOIN catalog USING (code)")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The catalog, in the order of codes; `tell` hears of every case file.
    pub(crate) fn catalog(&self, mut tell: impl FnMut(CatalogEntry)) -> Result<(), PipelineError> {
        let connection = self.lock();
        let mut statement = connection.prepare("SELECT * FROM catalog ORDER BY code")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            tell(CatalogEntry {
                code: code(row, 0)?,
                title: row.get(1)?,
                unit: row.get(2)?,
                year: row.get(3)?,
                retention: row.get(4)?,
                secrecy: secrecy(row, 5)?,
                documents: row.get(6)?,
                pages: row.get(7)?,
                version: row.get(8)?,
            });
        }
        Ok(())
    }

    /// Notes that stored case files are in the index.
    pub(crate) fn set_indexed(&self, codes: &[CaseCode]) -> Result<(), PipelineError> {
        let mut connection = self.lock();
        let tx = connection.transaction()?;
        mark_indexed(&tx, codes)?;
        Ok(tx.commit()?)
    }

    /// These are in the index, and no others.
    pub(crate) fn set_only_indexed(&self, codes: &[CaseCode]) -> Result<(), PipelineError> {
        let mut connection = self.lock();
        let tx = connection.transaction()?;
        tx.execute("UPDATE stored_case SET indexed = 0", [])?;
        mark_indexed(&tx, codes)?;
        Ok(tx.commit()?)
    }

    /// Stored case files that the index lacks.
    pub(crate) fn not_indexed(&self) -> Result<Vec<CaseCode>, PipelineError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare("SELECT code FROM stored_case WHERE indexed = 0 ORDER BY code")?;
        let rows = statement.query_map([], |row| code(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The same with the labels that they were stored under. Asked at every search: costs a step for each of them, not for each case
    /// file.
    pub(crate) fn labels_not_indexed(&self) -> Result<Vec<(CaseCode, AccessLabel)>, PipelineError> {
        let connection = self.lock();
        let sql = "SELECT code, secrecy, coalesce(unit, '') FROM stored_case LEFT JOIN catalog USING (code)
            WHERE indexed = 0";
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            Ok((code(row, 0)?, AccessLabel { secrecy: secrecy(row, 1)?, unit: row.get(2)? }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notes that the index is not to be relied on for a case file: at the next opening for work it is put in anew.
    pub(crate) fn set_not_indexed(&self, code: &CaseCode) -> Result<(), PipelineError> {
        let sql = "UPDATE stored_case SET indexed = 0 WHERE code = ?1";
        self.lock().execute(sql, [code.as_str()])?;
        Ok(())
    }

    /// Code and object id of every stored case file.
    pub(crate) fn stored_objects(&self) -> Result<Vec<(CaseCode, String)>, PipelineError> {
        let connection = self.lock();
        let mut statement = connection.prepare("SELECT code, object_id FROM stored_case ORDER BY code")?;
        let rows = statement.query_map([], |row| Ok((code(row, 0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The same with the version that was stored last.
    pub(crate) fn stored_heads(&self) -> Result<Vec<(CaseCode, String, u32)>, PipelineError> {
        let connection = self.lock();
        let sql = "SELECT code, object_id, version FROM stored_case ORDER BY code";
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((code(row, 0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What the archive holds under a code.
    pub(crate) fn stored(&self, code: &CaseCode) -> Result<Option<StoredCase>, PipelineError> {
        let sql =
            "SELECT code, object_id, version, pages, contents, indexed FROM stored_case WHERE code = ?1";
        Ok(self.lock().query_row(sql, [code.as_str()], stored_row).optional()?)
    }

    /// Other case files that hold a master with this digest.
    pub(crate) fn other_cases_with(
        &self,
        sha256: &Sha256,
        code: &CaseCode,
    ) -> Result<Vec<String>, PipelineError> {
        let connection = self.lock();
        let sql = "SELECT code FROM stored_master WHERE sha256 = ?1 AND code <> ?2 ORDER BY code";
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map(params![sha256.to_string(), code.as_str()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Digest and length of a file received.
pub(crate) type Receipt = (Sha256, u64);

fn insert_receipt(
    connection: &Connection,
    id: &BatchId,
    seq: u32,
    file: u32,
    (sha256, bytes): Receipt,
) -> Result<(), PipelineError> {
    let sql = "INSERT OR REPLACE INTO receipt VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.execute(sql, params![id.as_str(), seq, file, sha256.to_string(), bytes as i64])?;
    Ok(())
}

fn insert_finding(connection: &Connection, id: &BatchId, finding: &Finding) -> Result<bool, PipelineError> {
    let page = finding.page.map_or(0, PageNo::get);
    let added = connection.execute(
        "INSERT OR IGNORE INTO finding VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id.as_str(), finding.kind.code(), finding.subject, page, finding.detail],
    )?;
    Ok(added == 1)
}

fn code(row: &Row<'_>, idx: usize) -> rusqlite::Result<CaseCode> {
    let text: String = row.get(idx)?;
    CaseCode::new(&text)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(idx, rusqlite::types::Type::Text, Box::new(e)))
}

/// A degree that this program does not know, or that is not noted, is the highest.
fn secrecy(row: &Row<'_>, idx: usize) -> rusqlite::Result<Secrecy> {
    let code: Option<String> = row.get(idx)?;
    Ok(code.and_then(|code| Secrecy::parse(&code)).unwrap_or(Secrecy::TuyetMat))
}

fn batch_row(row: &Row<'_>) -> rusqlite::Result<BatchRow> {
    let id: String = row.get(0)?;
    let id = BatchId::new(&id).map_err(|e| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(e))
    })?;
    Ok(BatchRow { id, folder: row.get(1)?, state: row.get(2)?, started: row.get(3)?, finished: row.get(4)? })
}

fn stored_row(row: &Row<'_>) -> rusqlite::Result<StoredCase> {
    Ok(StoredCase {
        code: code(row, 0)?,
        object_id: row.get(1)?,
        version: row.get(2)?,
        pages: row.get(3)?,
        contents: row.get(4)?,
        indexed: row.get(5)?,
    })
}
fn mark_indexed(connection: &Connection, codes: &[CaseCode]) -> Result<(), PipelineError> {
    let mut statement = connection.prepare_cached("UPDATE stored_case SET indexed = 1 WHERE code = ?1")?;
    for code in codes {
        statement.execute([code.as_str()])?;
    }
    Ok(())
}
