//! How the product comes to a component.

use crate::model::{Inventory, Purl};
use std::collections::{BTreeMap, VecDeque};

/// A shortest path from the product to every component that the graph reaches.
pub(super) struct Paths<'a> {
    inventory: &'a Inventory,
    /// The component before each one; `None` where the product itself is.
    before: BTreeMap<&'a Purl, Option<&'a Purl>>,
}

impl<'a> Paths<'a> {
    /// Walks the graph once, breadth first and in the order of purls, so that of several
    /// shortest paths always the same one is found.
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let mut before: BTreeMap<&Purl, Option<&Purl>> = BTreeMap::new();
        let mut queue = VecDeque::new();
        for purl in &inventory.direct {
            before.insert(purl, None);
            queue.push_back(purl);
        }
        while let Some(purl) = queue.pop_front() {
            for next in inventory.edges.get(purl).into_iter().flatten() {
                if !before.contains_key(next) {
                    before.insert(next, Some(purl));
                    queue.push_back(next);
                }
            }
        }
        Self { inventory, before }
    }

    /// Labels from the product to the component, both included; empty where the graph
    /// does not reach it.
    pub(super) fn to(&self, purl: &Purl) -> Vec<String> {
        let mut labels = Vec::new();
        let mut at = Some(purl);
        while let Some(purl) = at {
            let Some(before) = self.before.get(purl) else {
                return Vec::new();
            };
            labels.push(match self.inventory.component(purl) {
                Some(component) => component.label(),
                None => purl.to_string(),
            });
            at = *before;
        }
        let root = &self.inventory.root;
        let product = match &root.version {
            Some(version) => format!("{}@{version}", root.name),
            None => root.name.clone(),
        };
        // A lockfile that lists the product itself has it as the first step already.
        if labels.last() != Some(&product) {
            labels.push(product);
        }
        labels.reverse();
        labels
    }
}
