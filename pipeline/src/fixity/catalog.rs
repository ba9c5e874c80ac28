//! `fixity.sqlite`: when each object was last checked. A cache of the signed reports in `evidence/fixity`: whatever it lacks
//! is read from them, so that a report is the only thing a check has to write.

use crate::PipelineError;
use crate::fixity::report::Checked;
use rusqlite::{Connection, params};
use std::collections::{HashMap, HashSet};
use std::path::Path;

const SCHEMA_VERSION: i64 = 2;
const SCHEMA: &str = "
CREATE TABLE report (name TEXT PRIMARY KEY) STRICT;
CREATE TABLE checked (folder TEXT PRIMARY KEY, at INTEGER, good INTEGER NOT NULL, head INTEGER) STRICT;
";

pub(super) struct Catalog {
    connection: Connection,
}

impl Catalog {
    /// Opens it; one that is missing or no database is made anew.
    pub(super) fn open(path: &Path) -> Result<Catalog, PipelineError> {
        match Self::try_open(path) {
            Ok(catalog) => Ok(catalog),
            Err(_) if path.is_file() => {
                std::fs::remove_file(path).map_err(PipelineError::io(path))?;
                Ok(Self::try_open(path)?)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn try_open(path: &Path) -> Result<Catalog, rusqlite::Error> {
        let connection = Connection::open(path)?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version != SCHEMA_VERSION {
            // Another program's cache: its tables are of no use here.
            connection.execute_batch(&format!(
                "BEGIN; DROP TABLE IF EXISTS report; DROP TABLE IF EXISTS checked; {SCHEMA}
                 PRAGMA user_version={SCHEMA_VERSION}; COMMIT;"
            ))?;
        }
        Ok(Catalog { connection })
    }

    /// The names of the reports it knows.
    pub(super) fn reports(&self) -> Result<HashSet<String>, PipelineError> {
        let mut statement = self.connection.prepare("SELECT name FROM report")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// The same, that which was taken in last first.
    pub(super) fn latest_reports(&self) -> Result<Vec<String>, PipelineError> {
        let mut statement = self.connection.prepare("SELECT name FROM report ORDER BY rowid DESC")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// Takes a report in. A time after `now_s` is that of a clock that was wrong: such a check does not count, and the next
    /// one takes its place.
    pub(super) fn add(&mut self, name: &str, checked: &Checked, now_s: i64) -> Result<(), PipelineError> {
        let at = Some(checked.started_s).filter(|at| *at <= now_s);
        let tx = self.connection.transaction()?;
        tx.execute("INSERT OR IGNORE INTO report VALUES (?1)", params![name])?;
        {
            let mut insert = tx.prepare(
                "INSERT INTO checked VALUES (?1, ?2, ?3, ?4) ON CONFLICT (folder) DO UPDATE SET
                 at = excluded.at, good = excluded.good
                 WHERE excluded.at IS NOT NULL AND (at IS NULL OR at > ?5 OR excluded.at >= at)",
            )?;
            let mut raise =
                tx.prepare("UPDATE checked SET head = ?2 WHERE folder = ?1 AND (head IS NULL OR head < ?2)")?;
            for object in &checked.objects {
                insert.execute(params![object.folder, at, object.good, object.head, now_s])?;
                raise.execute(params![object.folder, object.head])?;
            }
        }
        Ok(tx.commit()?)
    }

    /// Folder → when it was last checked, in seconds since 1970, not after `now_s`.
    pub(super) fn last_checks(&self, now_s: i64) -> Result<HashMap<String, i64>, PipelineError> {
        let mut statement = self.connection.prepare("SELECT folder, at FROM checked WHERE at <= ?1")?;
        let rows = statement.query_map([now_s], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Folder → the highest version that any report saw.
    pub(super) fn heads(&self) -> Result<HashMap<String, u32>, PipelineError> {
        let sql = "SELECT folder, head FROM checked WHERE head IS NOT NULL";
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
