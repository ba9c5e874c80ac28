//! `fixity.sqlite`: when each object was last checked. A cache of the signed reports in `evidence/fixity`: whatever it lacks
//! is read from them, so that a report is the only thing a check has to write.

use crate::PipelineError;
use crate::fixity::report::Checked;
use rusqlite::{Connection, params};
use std::collections::{HashMap, HashSet};
use std::path::Path;

const SCHEMA_VERSION: i64 = 1;
const SCHEMA: &str = "
CREATE TABLE report (name TEXT PRIMARY KEY) STRICT;
CREATE TABLE checked (folder TEXT PRIMARY KEY, at INTEGER NOT NULL, good INTEGER NOT NULL) STRICT;
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

    /// Takes a report in.
    pub(super) fn add(&mut self, name: &str, checked: &Checked) -> Result<(), PipelineError> {
        let tx = self.connection.transaction()?;
        tx.execute("INSERT OR IGNORE INTO report VALUES (?1)", params![name])?;
        {
            let mut insert = tx.prepare(
                "INSERT INTO checked VALUES (?1, ?2, ?3) ON CONFLICT (folder)
                 DO UPDATE SET at = excluded.at, good = excluded.good WHERE excluded.at >= at",
            )?;
            for object in &checked.objects {
                insert.execute(params![object.folder, checked.started_s, object.good])?;
            }
        }
        Ok(tx.commit()?)
    }

    /// Folder → when it was last checked, in seconds since 1970.
    pub(super) fn last_checks(&self) -> Result<HashMap<String, i64>, PipelineError> {
        let mut statement = self.connection.prepare("SELECT folder, at FROM checked")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
