//! Questions to the store.

use super::{Store, StoreError};
use crate::model::Purl;
use rusqlite::{Row, params};

/// A document of the store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Document {
    /// The product that it is about.
    pub product: String,
    /// Its version.
    pub product_version: Option<String>,
    /// SHA-256 of the artifact that it says it is about, hex.
    pub artifact: Option<String>,
    /// Name of the file.
    pub file: String,
    /// SHA-256 of the file, hex.
    pub digest: String,
    /// `sbom` or `report`.
    pub kind: String,
    /// When it was made by its own word, in seconds since 1970.
    pub made_at: Option<i64>,
    /// When it came into the store, in seconds since 1970.
    pub added_at: i64,
    /// The decision of a report.
    pub decision: Option<String>,
    /// How many things it says are not known.
    pub gaps: i64,
}

/// A package in a version, of some document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its number in the store.
    pub id: i64,
    /// The component.
    pub purl: Purl,
    /// The name as the ecosystem writes it.
    pub name: String,
    /// The version as the ecosystem writes it.
    pub version: Option<String>,
}

/// A document that uses a release.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The document.
    pub document: Document,
    /// What for.
    pub scope: String,
}

/// A document that is affected since some time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NewlyAffected {
    /// The document.
    pub document: Document,
    /// The component, canonical.
    pub purl: String,
    /// Id of the advisory.
    pub advisory: String,
    /// Its severity.
    pub severity: String,
    /// Since when the store knows it, in seconds since 1970: of the document and of the
    /// advisory the later.
    pub since: i64,
}

const DOCUMENT: &str = "d.product, d.product_version, d.artifact, d.file, d.digest, d.kind, d.made_at, \
                        d.added_at, d.decision, d.gaps";

fn document(row: &Row<'_>) -> rusqlite::Result<Document> {
    Ok(Document {
        product: row.get(0)?,
        product_version: row.get(1)?,
        artifact: row.get(2)?,
        file: row.get(3)?,
        digest: row.get(4)?,
        kind: row.get(5)?,
        made_at: row.get(6)?,
        added_at: row.get(7)?,
        decision: row.get(8)?,
        gaps: row.get(9)?,
    })
}

impl Store {
    /// How many documents there are, and how many of them say that they are not complete.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn count(&self) -> Result<(i64, i64), StoreError> {
        self.connection
            .query_row(
                "SELECT count(*), count(*) FILTER (WHERE gaps > 0) FROM document",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .map_err(|source| self.sqlite(source))
    }

    /// Every document, sorted by product, version, file and digest.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn documents(&self) -> Result<Vec<Document>, StoreError> {
        let statement = format!("SELECT {DOCUMENT} FROM document d");
        let mut documents = self.rows(&statement, [], document)?;
        documents.sort();
        Ok(documents)
    }

    /// Every release of a package, whatever its qualifiers, sorted by purl. The version,
    /// qualifiers and subpath of `package` do not count.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`] or [`StoreError::BadRow`].
    pub fn releases_of(&self, package: &Purl) -> Result<Vec<Release>, StoreError> {
        self.releases(
            "SELECT r.id, r.purl, p.name, r.version FROM package p \
             JOIN release r ON r.package = p.id WHERE p.purl = ? ORDER BY r.purl",
            params![package.without_version().as_str()],
        )
    }

    /// Every release of every package, sorted by purl.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`] or [`StoreError::BadRow`].
    pub fn all_releases(&self) -> Result<Vec<Release>, StoreError> {
        self.releases(
            "SELECT r.id, r.purl, p.name, r.version FROM release r \
             JOIN package p ON p.id = r.package ORDER BY r.purl",
            [],
        )
    }

    /// The documents that use a release, sorted.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn users_of(&self, release: i64) -> Result<Vec<Use>, StoreError> {
        let statement = format!(
            "SELECT {DOCUMENT}, u.scope FROM use u JOIN document d ON d.id = u.document \
             WHERE u.release = ?"
        );
        let mut uses = self.rows(&statement, [release], |row| {
            Ok(Use {
                document: document(row)?,
                scope: row.get(10)?,
            })
        })?;
        uses.sort();
        Ok(uses)
    }

    /// Takes down which advisories affect which releases: (release, advisory, severity).
    /// What was known before keeps its time; what is no longer so is forgotten.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn set_affected(
        &mut self,
        affected: &[(i64, String, String)],
        now: i64,
    ) -> Result<(), StoreError> {
        let file = self.file.clone();
        let failed = |source| StoreError::Sqlite {
            file: file.clone(),
            source,
        };
        let transaction = self.connection.transaction().map_err(failed)?;
        transaction
            .execute_batch(
                "CREATE TEMP TABLE known AS SELECT release, advisory, first_seen FROM affected;
                 CREATE INDEX temp.known_pair ON known (release, advisory);
                 DELETE FROM affected;",
            )
            .map_err(failed)?;
        {
            let mut statement = transaction
                .prepare(
                    "INSERT OR IGNORE INTO affected (release, advisory, severity, first_seen) \
                     VALUES (?1, ?2, ?3, coalesce((SELECT first_seen FROM temp.known \
                     WHERE release = ?1 AND advisory = ?2), ?4))",
                )
                .map_err(failed)?;
            for (release, advisory, severity) in affected {
                statement
                    .execute(params![release, advisory, severity, now])
                    .map_err(failed)?;
            }
        }
        transaction
            .execute_batch("DROP TABLE temp.known;")
            .map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    /// Documents that are affected, and are known to be since `since` or later, sorted.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn newly_affected(&self, since: i64) -> Result<Vec<NewlyAffected>, StoreError> {
        let statement = format!(
            "SELECT {DOCUMENT}, r.purl, a.advisory, a.severity, max(a.first_seen, d.added_at) \
             FROM affected a JOIN release r ON r.id = a.release \
             JOIN use u ON u.release = a.release JOIN document d ON d.id = u.document \
             WHERE max(a.first_seen, d.added_at) >= ?"
        );
        let mut found = self.rows(&statement, [since], |row| {
            Ok(NewlyAffected {
                document: document(row)?,
                purl: row.get(10)?,
                advisory: row.get(11)?,
                severity: row.get(12)?,
                since: row.get(13)?,
            })
        })?;
        found.sort();
        Ok(found)
    }

    fn releases(
        &self,
        statement: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<Vec<Release>, StoreError> {
        let rows: Vec<(i64, String, String, Option<String>)> =
            self.rows(statement, parameters, |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
        rows.into_iter()
            .map(|(id, text, name, version)| {
                let purl = Purl::parse(&text).map_err(|_| StoreError::BadRow {
                    file: self.file.clone(),
                    text,
                })?;
                Ok(Release {
                    id,
                    purl,
                    name,
                    version,
                })
            })
            .collect()
    }

    pub(super) fn rows<T>(
        &self,
        statement: &str,
        parameters: impl rusqlite::Params,
        of: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut prepared = self
            .connection
            .prepare(statement)
            .map_err(|source| self.sqlite(source))?;
        let rows = prepared
            .query_map(parameters, of)
            .map_err(|source| self.sqlite(source))?;
        rows.collect::<Result<_, _>>()
            .map_err(|source| self.sqlite(source))
    }
}
