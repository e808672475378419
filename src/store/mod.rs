//! Which builds use what: the components of SBOMs and reports in one SQLite file, so that
//! "who has this package" is a lookup. `docs/inventory.md` describes the tables.

mod add;
mod error;
mod query;
mod rows;

pub use add::{Added, NewDocument, NewUse};
pub use error::StoreError;
pub use query::{Document, NewlyAffected, Release, Use};
pub use rows::{Cell, TABLES, Table};

use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};

/// Name of the file in the store's directory.
pub const FILE_NAME: &str = "inventory.sqlite";
/// `SGIV`: what the header of the file says of who made it.
const APPLICATION: i64 = 0x5347_4956;
/// Raised with every change of the tables.
const SCHEMA: i64 = 1;
/// How long another process may hold the file, in milliseconds.
const BUSY_MILLISECONDS: u64 = 30_000;

/// An open store.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    file: PathBuf,
}

impl Store {
    /// The store of a directory, for reading; nothing is made.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::NotAStore`] or [`StoreError::Sqlite`].
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        Self::existing(directory, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// The store of a directory, for reading and writing; nothing is made.
    ///
    /// # Errors
    /// Those of [`Store::open`].
    pub fn open_to_write(directory: &Path) -> Result<Self, StoreError> {
        Self::existing(directory, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// The store of a directory, made where there is none.
    ///
    /// # Errors
    /// [`StoreError::Directory`], and those of [`Store::open`].
    pub fn open_or_create(directory: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory).map_err(|source| StoreError::Directory {
            directory: directory.to_owned(),
            source,
        })?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut store = Self::connect(directory.join(FILE_NAME), flags)?;
        if store.is_empty()? {
            store.create()?;
        }
        store.check()?;
        Ok(store)
    }

    fn existing(directory: &Path, flags: OpenFlags) -> Result<Self, StoreError> {
        let file = directory.join(FILE_NAME);
        if !file.is_file() {
            return Err(StoreError::Missing {
                directory: directory.to_owned(),
            });
        }
        let store = Self::connect(file, flags)?;
        store.check()?;
        Ok(store)
    }

    fn connect(file: PathBuf, flags: OpenFlags) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Sqlite {
            file: file.clone(),
            source,
        };
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let connection = Connection::open_with_flags(&file, flags).map_err(failed)?;
        connection
            .busy_timeout(std::time::Duration::from_millis(BUSY_MILLISECONDS))
            .map_err(failed)?;
        // A schema from outside must not run functions of SQLite's with side effects.
        connection
            .execute_batch("PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON;")
            .map_err(failed)?;
        Ok(Self { connection, file })
    }

    fn is_empty(&self) -> Result<bool, StoreError> {
        self.number("SELECT count(*) FROM sqlite_schema")
            .map(|tables| tables == 0)
    }

    /// Makes the tables, all or none.
    fn create(&mut self) -> Result<(), StoreError> {
        let script = format!(
            "BEGIN IMMEDIATE;\n{}\nPRAGMA application_id = {APPLICATION};\nPRAGMA user_version = {SCHEMA};\nCOMMIT;",
            include_str!("schema.sql")
        );
        let made = self.connection.execute_batch(&script);
        if made.is_err() && !self.is_empty()? {
            // Another process was first.
            let _ = self.connection.execute_batch("ROLLBACK");
            return Ok(());
        }
        made.map_err(|source| self.sqlite(source))
    }

    fn check(&self) -> Result<(), StoreError> {
        let application = self.number("PRAGMA application_id")?;
        let schema = self.number("PRAGMA user_version")?;
        if application == APPLICATION && schema == SCHEMA {
            return Ok(());
        }
        Err(StoreError::NotAStore {
            file: self.file.clone(),
            application,
            schema,
        })
    }

    fn number(&self, statement: &str) -> Result<i64, StoreError> {
        self.connection
            .query_row(statement, [], |row| row.get(0))
            .map_err(|source| self.sqlite(source))
    }

    fn sqlite(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Sqlite {
            file: self.file.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests;
