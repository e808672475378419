//! How the product comes to a component.

use crate::model::{Component, ComponentKind, Inventory, Purl, Reach};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::OnceLock;

/// Paths that are told of one component; how many more there are is counted.
const MAX_PATHS: usize = 5;

/// A purl's place in the graph. Those of components are in the order of their purls.
type Node = usize;

/// An inventory with its graph, prepared for asking how the product comes to a component:
/// made for the first question, whichever thread asks it.
pub struct Paths<'a> {
    pub(super) inventory: &'a Inventory,
    graph: OnceLock<Graph<'a>>,
}

/// Scope of a component of the inventory, and paths from the product to it.
#[must_use]
pub fn reach<'a>(inventory: &'a Inventory, component: &'a Component) -> Reach {
    Paths::of(inventory).reach(component)
}

impl<'a> Paths<'a> {
    /// The graph of an inventory; nothing is prepared yet.
    #[must_use]
    pub fn of(inventory: &'a Inventory) -> Self {
        Self {
            inventory,
            graph: OnceLock::new(),
        }
    }

    /// Prepares the graph now.
    pub(super) fn prepare(&self) {
        self.graph();
    }

    fn graph(&self) -> &Graph<'a> {
        self.graph.get_or_init(|| Graph::of(self.inventory))
    }

    /// Scope and paths of a component.
    pub(super) fn reach(&self, component: &Component) -> Reach {
        let graph = self.graph();
        let (mut paths, mut others) = (Vec::new(), Vec::new());
        if let Some(target) = graph.node(&component.purl) {
            let first = graph.shortest(target);
            others = graph.through_entries(target, &first);
            if !first.is_empty() {
                paths.push(first);
            }
        }
        let room = MAX_PATHS.saturating_sub(paths.len());
        let more_paths = others.len().saturating_sub(room);
        paths.extend(others.into_iter().take(room));
        Reach {
            scope: component.scope(),
            paths: paths.iter().map(|path| self.labels(path)).collect(),
            more_paths,
        }
    }

    /// Labels of the direct dependencies that lead to a component, sorted; none where it is
    /// one itself or nothing leads there.
    pub(super) fn direct_dependents(&self, target: &Purl) -> Vec<String> {
        let graph = self.graph();
        let Some(target) = graph.node(target).filter(|node| !graph.is_entry(*node)) else {
            return Vec::new();
        };
        let next = graph.towards(target);
        let entries = next.keys().filter(|node| graph.is_entry(**node));
        let mut labels: Vec<String> = entries.map(|entry| self.label(*entry)).collect();
        labels.sort();
        labels.dedup();
        labels
    }

    /// Whether the product, or a package of its own, asks for a component itself.
    pub(super) fn is_direct(&self, purl: &Purl) -> bool {
        let graph = self.graph();
        graph.node(purl).is_some_and(|node| graph.is_entry(node))
    }

    fn label(&self, node: Node) -> String {
        match self.inventory.components.get(node) {
            Some(component) => component.label(),
            None => self
                .graph()
                .purl(node)
                .map(Purl::to_string)
                .unwrap_or_default(),
        }
    }

    /// Labels from the product to the component, both included.
    fn labels(&self, path: &[Node]) -> Vec<String> {
        let root = &self.inventory.root;
        let product = match &root.version {
            Some(version) => format!("{}@{version}", root.name),
            None => root.name.clone(),
        };
        let mut labels: Vec<String> = path.iter().map(|node| self.label(*node)).collect();
        // A lockfile that lists the product itself has it as the first step already.
        if labels.first() != Some(&product) {
            labels.insert(0, product);
        }
        labels
    }
}

/// Who needs whom, by number.
struct Graph<'a> {
    /// The components', then what edges name beside them.
    purls: Vec<&'a Purl>,
    nodes: HashMap<&'a Purl, Node>,
    /// What depends on each node, in the order of purls.
    dependents: Adjacency,
    /// The node before each one on a shortest path; no entry where none leads there.
    before: Vec<Option<Step>>,
    /// What the product needs directly, with the own component that needs it.
    entries: BTreeMap<Node, Step>,
}

/// Where a path comes from.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The product itself.
    Product,
    Node(Node),
}

impl<'a> Graph<'a> {
    fn of(inventory: &'a Inventory) -> Self {
        let purls: Vec<&Purl> = inventory.components.iter().map(|c| &c.purl).collect();
        let mut graph = Self {
            nodes: purls
                .iter()
                .enumerate()
                .map(|(n, purl)| (*purl, n))
                .collect(),
            purls,
            dependents: Adjacency::default(),
            before: Vec::new(),
            entries: BTreeMap::new(),
        };
        let direct: Vec<Node> = inventory
            .direct
            .iter()
            .map(|purl| graph.add(purl))
            .collect();
        let mut edges: Vec<(Node, Node)> = Vec::new();
        for (from, to) in &inventory.edges {
            let from = graph.add(from);
            edges.extend(to.iter().map(|to| (from, graph.add(to))));
        }
        let nodes = graph.purls.len();
        let needs = Adjacency::of(nodes, edges.iter().copied());
        graph.dependents = Adjacency::of(nodes, edges.iter().map(|(from, to)| (*to, *from)));
        graph.before = before(nodes, &direct, &needs);
        graph.entries = entries(inventory, &direct, &needs);
        graph
    }

    fn add(&mut self, purl: &'a Purl) -> Node {
        let next = self.purls.len();
        let node = *self.nodes.entry(purl).or_insert(next);
        if node == next {
            self.purls.push(purl);
        }
        node
    }

    fn node(&self, purl: &Purl) -> Option<Node> {
        self.nodes.get(purl).copied()
    }

    fn purl(&self, node: Node) -> Option<&'a Purl> {
        self.purls.get(node).copied()
    }

    fn is_entry(&self, node: Node) -> bool {
        self.entries.contains_key(&node)
    }

    /// The nodes of a shortest path, the target last; empty where the graph does not reach
    /// it.
    fn shortest(&self, target: Node) -> Vec<Node> {
        let mut path = Vec::new();
        let mut at = Step::Node(target);
        while let Step::Node(node) = at {
            let Some(before) = self.before.get(node).copied().flatten() else {
                return Vec::new();
            };
            path.push(node);
            at = before;
        }
        path.reverse();
        path
    }

    /// A shortest path through each direct dependency that is not on `known`, shortest
    /// first.
    fn through_entries(&self, target: Node, known: &[Node]) -> Vec<Vec<Node>> {
        let next = self.towards(target);
        // Few components lead to one, where a product may need very many directly.
        let mut paths: Vec<Vec<Node>> = next
            .keys()
            .filter(|node| !known.contains(node))
            .filter_map(|node| self.entries.get_key_value(node))
            .map(|(entry, own)| {
                let mut path = Vec::new();
                if let Step::Node(own) = own {
                    path.push(*own);
                }
                let mut at = Some(*entry);
                while let Some(node) = at {
                    path.push(node);
                    at = next.get(&node).copied().flatten();
                }
                path
            })
            .collect();
        let purls = |path: &[Node]| -> Vec<Option<&Purl>> {
            path.iter().map(|node| self.purl(*node)).collect()
        };
        paths.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| purls(a).cmp(&purls(b))));
        paths
    }

    /// For every node that leads to the target, the next one on the way; `None` for the
    /// target itself.
    fn towards(&self, target: Node) -> HashMap<Node, Option<Node>> {
        let mut next = HashMap::from([(target, None)]);
        let mut queue = VecDeque::from([target]);
        while let Some(node) = queue.pop_front() {
            for from in self.dependents.of_node(node) {
                if !next.contains_key(from) {
                    next.insert(*from, Some(node));
                    queue.push_back(*from);
                }
            }
        }
        next
    }
}

/// The nodes beside each node, in one list.
#[derive(Default)]
struct Adjacency {
    /// Where those of each node begin in `all`, and where the last ones end.
    starts: Vec<usize>,
    all: Vec<Node>,
}

impl Adjacency {
    /// Of pairs of a node and one beside it; those of a node stay in the order of the pairs.
    fn of(nodes: usize, pairs: impl Iterator<Item = (Node, Node)> + Clone) -> Self {
        let mut starts = vec![0_usize; nodes + 1];
        for (node, _) in pairs.clone() {
            if let Some(count) = starts.get_mut(node + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut all = vec![0; sum];
        for (node, other) in pairs {
            if let Some(next) = next.get_mut(node)
                && let Some(place) = all.get_mut(*next)
            {
                *place = other;
                *next += 1;
            }
        }
        Self { starts, all }
    }

    fn of_node(&self, node: Node) -> &[Node] {
        let start = self.starts.get(node).copied().unwrap_or_default();
        let end = self.starts.get(node + 1).copied().unwrap_or_default();
        self.all.get(start..end).unwrap_or_default()
    }
}

/// Walks the graph once, breadth first and in the order of purls, so that of several
/// shortest paths always the same one is found.
fn before(nodes: usize, direct: &[Node], needs: &Adjacency) -> Vec<Option<Step>> {
    let mut before: Vec<Option<Step>> = vec![None; nodes];
    let mut queue = VecDeque::new();
    let mut reach = |queue: &mut VecDeque<Node>, node: Node, from: Step| {
        if let Some(place @ None) = before.get_mut(node) {
            *place = Some(from);
            queue.push_back(node);
        }
    };
    for node in direct {
        reach(&mut queue, *node, Step::Product);
    }
    while let Some(node) = queue.pop_front() {
        for next in needs.of_node(node) {
            reach(&mut queue, *next, Step::Node(node));
        }
    }
    before
}

fn entries(inventory: &Inventory, direct: &[Node], needs: &Adjacency) -> BTreeMap<Node, Step> {
    let components = inventory.components.iter().enumerate();
    let own = components.filter(|(_, component)| component.kind == ComponentKind::Own);
    // Few are, where the product may depend on thousands.
    let own: BTreeSet<Node> = own.map(|(node, _)| node).collect();
    let mut entries = BTreeMap::new();
    for node in direct.iter().filter(|node| !own.contains(node)) {
        entries.insert(*node, Step::Product);
    }
    for by in &own {
        for node in needs.of_node(*by) {
            if !own.contains(node) {
                entries.entry(*node).or_insert(Step::Node(*by));
            }
        }
    }
    entries
}
