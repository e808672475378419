//! The inventory in the frozen shape.

use super::shown::{Shown, shown, shown_purl};
use crate::model::Inventory;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct InventoryV1 {
    root: RootV1,
    components: usize,
    /// Every component, sorted: what two reports are compared by.
    purls: Vec<Shown>,
    by_ecosystem: BTreeMap<&'static str, u64>,
    lockfiles: Vec<LockfileV1>,
    skipped: Vec<SkippedV1>,
}

#[derive(Serialize)]
pub(super) struct RootV1 {
    name: Shown,
    version: Option<Shown>,
}

#[derive(Serialize)]
pub(super) struct LockfileV1 {
    path: Shown,
    format: &'static str,
    packages: usize,
    has_graph: bool,
    digest: Shown,
}

#[derive(Serialize)]
pub(super) struct SkippedV1 {
    path: Shown,
    reason: Shown,
}

impl InventoryV1 {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let mut by_ecosystem: BTreeMap<&'static str, u64> = BTreeMap::new();
        for component in &inventory.components {
            *by_ecosystem
                .entry(component.ecosystem.purl_type())
                .or_default() += 1;
        }
        Self {
            root: RootV1 {
                name: shown(&inventory.root.name),
                version: inventory.root.version.as_deref().map(shown),
            },
            components: inventory.components.len(),
            purls: inventory
                .components
                .iter()
                .map(|component| shown_purl(&component.purl))
                .collect(),
            by_ecosystem,
            lockfiles: inventory
                .lockfiles
                .iter()
                .map(|lock| LockfileV1 {
                    path: shown(&lock.path),
                    format: lock.format,
                    packages: lock.packages,
                    has_graph: lock.has_graph,
                    digest: shown(&lock.digest.to_string()),
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
