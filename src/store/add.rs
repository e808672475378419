//! Documents into the store.

use super::{Store, StoreError};
use crate::model::Purl;
use rusqlite::{OptionalExtension as _, Transaction, params};

/// A document as it comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDocument {
    /// SHA-256 of the file, hex.
    pub digest: String,
    /// `sbom` or `report`.
    pub kind: &'static str,
    /// Name of the file, without directories.
    pub file: String,
    /// The product that it is about.
    pub product: String,
    /// Its version.
    pub product_version: Option<String>,
    /// SHA-256 of the artifact that it says it is about, hex.
    pub artifact: Option<String>,
    /// When it was made by its own word, in seconds since 1970.
    pub made_at: Option<i64>,
    /// The decision of a report.
    pub decision: Option<String>,
    /// How many things it, or its reading, says are not known.
    pub gaps: u64,
    /// What the product uses.
    pub uses: Vec<NewUse>,
}

/// One component of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUse {
    /// The component.
    pub purl: Purl,
    /// Its name as the ecosystem writes it.
    pub name: String,
    /// Its version as the ecosystem writes it.
    pub version: Option<String>,
    /// What for: a word of [`crate::model::Scope`].
    pub scope: &'static str,
}

/// What became of the documents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Added {
    /// Documents that are new.
    pub new: u64,
    /// Documents that were there already, byte for byte.
    pub known: u64,
}

impl Store {
    /// Adds documents in one transaction: all of them are there afterwards, or none. The
    /// iterator gives each when it is asked for, so that not all are in memory at once. A
    /// document that is there already is left as it is.
    ///
    /// # Errors
    /// The first error of the iterator; [`StoreError::Sqlite`] as it.
    pub fn add<E: From<StoreError>>(
        &mut self,
        documents: impl IntoIterator<Item = Result<NewDocument, E>>,
        now: i64,
    ) -> Result<Added, E> {
        let file = self.file.clone();
        let failed = |source| StoreError::Sqlite {
            file: file.clone(),
            source,
        };
        let transaction = self.connection.transaction().map_err(failed)?;
        let mut added = Added::default();
        for document in documents {
            match insert(&transaction, &document?, now).map_err(failed)? {
                true => added.new += 1,
                false => added.known += 1,
            }
        }
        transaction.commit().map_err(failed)?;
        Ok(added)
    }

    /// Removes the documents with these digests, and what only they named. Gives back how
    /// many there were.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn remove(&mut self, digests: &[String]) -> Result<u64, StoreError> {
        let file = self.file.clone();
        let failed = |source| StoreError::Sqlite {
            file: file.clone(),
            source,
        };
        let transaction = self.connection.transaction().map_err(failed)?;
        let removed = delete(&transaction, digests).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        Ok(removed)
    }
}

fn insert(
    transaction: &Transaction<'_>,
    document: &NewDocument,
    now: i64,
) -> rusqlite::Result<bool> {
    let made = transaction
        .prepare_cached(
            "INSERT INTO document (digest, kind, file, product, product_version, artifact, \
             made_at, added_at, decision, gaps) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT (digest) DO NOTHING",
        )?
        .execute(params![
            document.digest,
            document.kind,
            document.file,
            document.product,
            document.product_version,
            document.artifact,
            document.made_at,
            now,
            document.decision,
            i64::try_from(document.gaps).unwrap_or(i64::MAX),
        ])?;
    if made == 0 {
        return Ok(false);
    }
    let id = transaction.last_insert_rowid();
    let mut uses = transaction
        .prepare_cached("INSERT OR IGNORE INTO use (release, document, scope) VALUES (?, ?, ?)")?;
    for used in &document.uses {
        let release = release_id(transaction, used)?;
        uses.execute(params![release, id, used.scope])?;
    }
    Ok(true)
}

fn release_id(transaction: &Transaction<'_>, used: &NewUse) -> rusqlite::Result<i64> {
    let known = transaction
        .prepare_cached("SELECT id FROM release WHERE purl = ?")?
        .query_row([used.purl.as_str()], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    let package = package_id(transaction, used)?;
    transaction
        .prepare_cached("INSERT INTO release (package, purl, version) VALUES (?, ?, ?)")?
        .execute(params![package, used.purl.as_str(), used.version])?;
    Ok(transaction.last_insert_rowid())
}

fn package_id(transaction: &Transaction<'_>, used: &NewUse) -> rusqlite::Result<i64> {
    let package = used.purl.without_version();
    let known = transaction
        .prepare_cached("SELECT id FROM package WHERE purl = ?")?
        .query_row([package.as_str()], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        // A report has Go's names in lower case only, an SBOM may know better.
        transaction
            .prepare_cached(
                "UPDATE package SET name = ?1 WHERE id = ?2 AND name <> ?1 \
                 AND name = lower(?1)",
            )?
            .execute(params![used.name, id])?;
        return Ok(id);
    }
    let ecosystem = package.purl_type();
    transaction
        .prepare_cached("INSERT INTO package (purl, ecosystem, name) VALUES (?, ?, ?)")?
        .execute(params![package.as_str(), ecosystem, used.name])?;
    Ok(transaction.last_insert_rowid())
}

fn delete(transaction: &Transaction<'_>, digests: &[String]) -> rusqlite::Result<u64> {
    let mut removed = 0;
    for digest in digests {
        let id: Option<i64> = transaction
            .prepare_cached("SELECT id FROM document WHERE digest = ?")?
            .query_row([digest], |row| row.get(0))
            .optional()?;
        let Some(id) = id else { continue };
        transaction.execute("DELETE FROM use WHERE document = ?", [id])?;
        transaction.execute("DELETE FROM document WHERE id = ?", [id])?;
        removed += 1;
    }
    if removed > 0 {
        transaction.execute_batch(
            "DELETE FROM affected WHERE release NOT IN (SELECT release FROM use);
             DELETE FROM release WHERE id NOT IN (SELECT release FROM use);
             DELETE FROM package WHERE id NOT IN (SELECT package FROM release);",
        )?;
    }
    Ok(removed)
}
