//! The inventory in the frozen shape.

use super::shown::{Shown, shown, shown_owned, shown_purl};
use crate::model::{Component, Inventory};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct InventoryV1<'a> {
    root: RootV1<'a>,
    components: usize,
    /// Every component, sorted: what two reports are compared by.
    purls: PurlsV1<'a>,
    by_ecosystem: BTreeMap<&'static str, u64>,
    lockfiles: Vec<LockfileV1<'a>>,
    skipped: Vec<SkippedV1<'a>>,
}

#[derive(Serialize)]
pub(super) struct RootV1<'a> {
    name: Shown<'a>,
    version: Option<Shown<'a>>,
}

#[derive(Serialize)]
pub(super) struct LockfileV1<'a> {
    path: Shown<'a>,
    format: &'static str,
    packages: usize,
    has_graph: bool,
    digest: Shown<'a>,
}

#[derive(Serialize)]
pub(super) struct SkippedV1<'a> {
    path: Shown<'a>,
    reason: Shown<'a>,
}

/// The purls of components.
struct PurlsV1<'a>(&'a [Component]);

impl Serialize for PurlsV1<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let purls = self.0.iter().map(|component| shown_purl(&component.purl));
        serializer.collect_seq(purls)
    }
}

impl<'a> InventoryV1<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let mut by_ecosystem: BTreeMap<&'static str, u64> = BTreeMap::new();
        // Purls are sorted by their type, so these are few.
        for same in inventory
            .components
            .chunk_by(|a, b| a.ecosystem == b.ecosystem)
        {
            let ecosystem = same
                .first()
                .map(|component| component.ecosystem.purl_type());
            *by_ecosystem
                .entry(ecosystem.unwrap_or_default())
                .or_default() += same.len() as u64;
        }
        Self {
            root: RootV1 {
                name: shown(&inventory.root.name),
                version: inventory.root.version.as_deref().map(shown),
            },
            components: inventory.components.len(),
            purls: PurlsV1(&inventory.components),
            by_ecosystem,
            lockfiles: inventory
                .lockfiles
                .iter()
                .map(|lock| LockfileV1 {
                    path: shown(&lock.path),
                    format: lock.format,
                    packages: lock.packages,
                    has_graph: lock.has_graph,
                    digest: shown_owned(lock.digest.to_string()),
                })
                .collect(),
            skipped: inventory
                .skipped
                .iter()
                .map(|skipped| SkippedV1 {
                    path: shown(&skipped.path),
                    reason: shown(&skipped.reason),
                })
                .collect(),
        }
    }
}
