//! Packages with everything that is known about them: the check reads them, and the advice
//! that follows asks for the same ones again.

use super::read::Database;
use super::rows::{PackageRows, RecordRows};
use super::{ecosystem_code, name_hash};
use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::record::RecordMetadata;
use crate::model::Ecosystem;
use std::sync::Arc;

/// Packages that are kept, and records of all of them together.
const MAX_KEPT: usize = 1024;
/// See [`MAX_KEPT`].
const MAX_KEPT_RECORDS: usize = 8 * 1024;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::checks::advisories) struct PackageKey {
    pub ecosystem: Ecosystem,
    /// Normalised.
    pub name: String,
    /// Of a distribution.
    pub release: Option<String>,
}

/// Where the index has a package. What is asked for in this order is read from one end of
/// the index to the other, each part of it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::checks::advisories) struct Place {
    pub(super) code: u8,
    pub(super) hash: u64,
}

impl Place {
    /// The place of a package; `name` is normalised.
    pub(in crate::checks::advisories) fn of(ecosystem: Ecosystem, name: &str) -> Self {
        Self {
            code: ecosystem_code(ecosystem),
            hash: name_hash(ecosystem, name),
        }
    }
}

/// The records about one package, with the metadata of each.
#[derive(Debug, Default)]
pub(in crate::checks::advisories) struct Described {
    pub records: Vec<RecordRows>,
    /// One for each of `records`.
    pub metadata: Vec<RecordMetadata>,
}

/// Described packages that are kept.
#[derive(Default)]
pub(super) struct Kept {
    packages: std::collections::HashMap<PackageKey, Arc<Described>>,
    records: usize,
}

impl Database {
    /// Adds the metadata to what a lookup has given.
    pub(in crate::checks::advisories) fn describe(
        &self,
        key: &PackageKey,
        rows: PackageRows,
    ) -> Result<Arc<Described>, DatabaseError> {
        let records = rows.records;
        let metadata = records.iter().map(|record| self.metadata(record.ordinal));
        let metadata = metadata.collect::<Result<Vec<_>, _>>()?;
        let described = Arc::new(Described { records, metadata });
        let kept = &mut self.cache().kept;
        let records = kept.records.saturating_add(described.records.len());
        if kept.packages.len() < MAX_KEPT && records <= MAX_KEPT_RECORDS {
            kept.records = records;
            kept.packages.insert(key.clone(), Arc::clone(&described));
        }
        Ok(described)
    }

    /// A package that was described before, else looked up.
    pub(in crate::checks::advisories) fn described(
        &self,
        key: &PackageKey,
    ) -> Result<Arc<Described>, DatabaseError> {
        if let Some(known) = self.cache().kept.packages.get(key) {
            return Ok(Arc::clone(known));
        }
        let rows = self.lookup(key.ecosystem, &key.name, key.release.as_deref())?;
        self.describe(key, rows)
    }
}
