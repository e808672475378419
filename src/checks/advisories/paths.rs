//! How the product comes to a component.

use crate::model::{Component, ComponentKind, Inventory, Purl, Reach};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

/// Paths that are told of one component; how many more there are is counted.
const MAX_PATHS: usize = 5;

/// The graph, prepared for asking how the product comes to a component. Each part is made
/// for the first question that needs it.
pub(super) struct Paths<'a> {
    inventory: &'a Inventory,
    /// The component before each one on a shortest path; `None` where the product itself is.
    before: OnceCell<HashMap<&'a Purl, Option<&'a Purl>>>,
    /// What the product needs directly, with the own component that needs it; `None` where
    /// that is the product itself.
    entries: OnceCell<BTreeMap<&'a Purl, Option<&'a Purl>>>,
    /// What depends on each component, sorted.
    dependents: OnceCell<HashMap<&'a Purl, Vec<&'a Purl>>>,
}

/// Scope of a component of the inventory, and paths from the product to it.
#[must_use]
pub fn reach<'a>(inventory: &'a Inventory, component: &'a Component) -> Reach {
    Paths::of(inventory).reach(component)
}

impl<'a> Paths<'a> {
    /// The graph of an inventory.
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        Self {
            inventory,
            before: OnceCell::new(),
            entries: OnceCell::new(),
            dependents: OnceCell::new(),
        }
    }

    /// Walks the graph once, breadth first and in the order of purls, so that of several
    /// shortest paths always the same one is found.
    fn before(&self) -> &HashMap<&'a Purl, Option<&'a Purl>> {
        self.before.get_or_init(|| {
            let mut before: HashMap<&Purl, Option<&Purl>> = HashMap::new();
            let mut queue = VecDeque::new();
            for purl in &self.inventory.direct {
                before.insert(purl, None);
                queue.push_back(purl);
            }
            while let Some(purl) = queue.pop_front() {
                for next in self.inventory.edges.get(purl).into_iter().flatten() {
                    if !before.contains_key(next) {
                        before.insert(next, Some(purl));
                        queue.push_back(next);
                    }
                }
            }
            before
        })
    }

    fn entries(&self) -> &BTreeMap<&'a Purl, Option<&'a Purl>> {
        self.entries.get_or_init(|| entries(self.inventory))
    }

    /// Scope and paths of a component.
    pub(super) fn reach(&self, component: &'a Component) -> Reach {
        let target = &component.purl;
        let mut paths = Vec::new();
        let first = self.shortest(target);
        if !first.is_empty() {
            paths.push(self.labels(&first));
        }
        let mut others: Vec<Vec<&Purl>> = self.through_entries(target, &first);
        others.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        let room = MAX_PATHS.saturating_sub(paths.len());
        let more_paths = others.len().saturating_sub(room);
        let others = others.iter().take(room);
        paths.extend(others.map(|path| self.labels(path)));
        Reach {
            scope: component.scope(),
            paths,
            more_paths,
        }
    }

    /// Labels of the direct dependencies that lead to a component, sorted; none where it is
    /// one itself or nothing leads there.
    pub(super) fn direct_dependents(&self, target: &'a Purl) -> Vec<String> {
        if self.entries().contains_key(target) {
            return Vec::new();
        }
        let next = self.towards(target);
        let entries = next.keys().filter(|purl| self.is_direct(purl));
        let mut labels: Vec<String> = entries.map(|entry| self.label(entry)).collect();
        labels.sort();
        labels.dedup();
        labels
    }

    /// Whether the product, or a package of its own, asks for a component itself.
    pub(super) fn is_direct(&self, purl: &Purl) -> bool {
        self.entries().contains_key(purl)
    }

    fn label(&self, purl: &Purl) -> String {
        match self.inventory.component(purl) {
            Some(component) => component.label(),
            None => purl.to_string(),
        }
    }

    /// The components of a shortest path, the target last; empty where the graph does not
    /// reach it.
    fn shortest(&self, target: &'a Purl) -> Vec<&'a Purl> {
        let mut path = Vec::new();
        let mut at = Some(target);
        while let Some(purl) = at {
            let Some(before) = self.before().get(purl) else {
                return Vec::new();
            };
            path.push(purl);
            at = *before;
        }
        path.reverse();
        path
    }

    /// A shortest path through each direct dependency that is not on `known`.
    fn through_entries(&self, target: &'a Purl, known: &[&Purl]) -> Vec<Vec<&'a Purl>> {
        let next = self.towards(target);
        // Few components lead to one, where a product may need very many directly.
        next.keys()
            .filter(|purl| !known.contains(purl))
            .filter_map(|purl| self.entries().get_key_value(purl))
            .map(|(entry, own)| {
                let mut path: Vec<&Purl> = own.iter().copied().collect();
                let mut at = Some(*entry);
                while let Some(purl) = at {
                    path.push(purl);
                    at = next.get(purl).copied().flatten();
                }
                path
            })
            .collect()
    }

    /// For every component that leads to the target, the next one on the way; `None` for
    /// the target itself.
    fn towards(&self, target: &'a Purl) -> HashMap<&'a Purl, Option<&'a Purl>> {
        let dependents = self.dependents.get_or_init(|| {
            // The edges are in the order of their purls.
            let mut dependents: HashMap<&Purl, Vec<&Purl>> = HashMap::new();
            for (from, to) in &self.inventory.edges {
                for to in to {
                    dependents.entry(to).or_default().push(from);
                }
            }
            dependents
        });
        let mut next: HashMap<&Purl, Option<&Purl>> = HashMap::from([(target, None)]);
        let mut queue = VecDeque::from([target]);
        while let Some(purl) = queue.pop_front() {
            for from in dependents.get(purl).into_iter().flatten() {
                if !next.contains_key(from) {
                    next.insert(from, Some(purl));
                    queue.push_back(from);
                }
            }
        }
        next
    }

    /// Labels from the product to the component, both included.
    fn labels(&self, path: &[&Purl]) -> Vec<String> {
        let root = &self.inventory.root;
        let product = match &root.version {
            Some(version) => format!("{}@{version}", root.name),
            None => root.name.clone(),
        };
        let mut labels: Vec<String> = path.iter().map(|purl| self.label(purl)).collect();
        // A lockfile that lists the product itself has it as the first step already.
        if labels.first() != Some(&product) {
            labels.insert(0, product);
        }
        labels
    }
}

fn entries(inventory: &Inventory) -> BTreeMap<&Purl, Option<&Purl>> {
    let components = inventory.components.iter();
    let own = components.filter(|component| component.kind == ComponentKind::Own);
    // Few are, where the product may depend on thousands.
    let own: BTreeSet<&Purl> = own.map(|component| &component.purl).collect();
    let is_own = |purl: &Purl| own.contains(purl);
    let mut entries: BTreeMap<&Purl, Option<&Purl>> = BTreeMap::new();
    for purl in inventory.direct.iter().filter(|purl| !is_own(purl)) {
        entries.insert(purl, None);
    }
    for own in own.iter().copied() {
        for purl in inventory.edges.get(own).into_iter().flatten() {
            if !is_own(purl) {
                entries.entry(purl).or_insert(Some(own));
            }
        }
    }
    entries
}
