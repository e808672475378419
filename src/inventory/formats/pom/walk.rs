//! From direct dependencies to all of them, as Maven mediates: the nearest version wins,
//! the first of equally near ones; what the product manages overrides
//! (<https://maven.apache.org/guides/introduction/introduction-to-dependency-mechanism.html#transitive-dependencies>;
//! the order and the scopes are those of Maven Resolver's `ConflictResolver`,
//! `ClassicDependencyManager`, `JavaScopeSelector` and `JavaScopeDeriver`).

use super::effective::{Dependency, Effective, Key, MavenScope, matches};
use super::shelf::Context;
use crate::inventory::formats::EDGE_LIMIT;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// Relocations after one another.
const RELOCATION_LIMIT: usize = 8;

/// One artifact of the result.
#[derive(Debug)]
pub struct Node {
    /// The dependency that won.
    pub dependency: Dependency,
    /// Its effective pom, where it is there.
    pub pom: Option<Rc<Effective>>,
    /// Effective scope.
    pub scope: MavenScope,
    /// Places of what it depends on.
    pub edges: Vec<usize>,
    /// Whether the product names it itself.
    pub is_direct: bool,
    /// What must not come in below it: of the path that led to it.
    exclusions: Rc<Vec<(String, String)>>,
    /// The direct dependency that led to it.
    root: usize,
}

impl Node {
    /// Whether something must not come in below it.
    pub fn excludes(&self, group: &str, artifact: &str) -> bool {
        let mut exclusions = self.exclusions.iter();
        exclusions.any(|(g, a)| matches(g, group) && matches(a, artifact))
    }
}

/// All artifacts.
#[derive(Debug, Default)]
pub struct Walk {
    /// Direct ones first, in the order of the pom.
    pub nodes: Vec<Node>,
    /// How many were cut off by the limit.
    pub is_cut: bool,
}

/// One way to an artifact.
struct Way {
    /// None from the product.
    from: Option<usize>,
    to: usize,
    declared: MavenScope,
}

/// Group, artifact, classifier and file ending: artifacts of which one version is chosen.
pub fn conflict(key: &Key) -> Key {
    let (group, artifact, kind, classifier) = key.clone();
    let (ending, implied) = match kind.as_str() {
        "test-jar" => ("jar", "tests"),
        "ejb-client" => ("jar", "client"),
        "java-source" => ("jar", "sources"),
        "javadoc" => ("jar", "javadoc"),
        "maven-plugin" | "ejb" | "bundle" | "eclipse-plugin" => ("jar", ""),
        other => (other, ""),
    };
    let classifier = if classifier.is_empty() {
        implied.to_owned()
    } else {
        classifier
    };
    (group, artifact, ending.to_owned(), classifier)
}

/// Walks from the product's effective pom.
pub fn walk(product: &Effective, context: &Context<'_>) -> Walk {
    let mut walk = Walk::default();
    let mut winners: HashMap<Key, usize> = HashMap::new();
    let mut ways: Vec<Way> = Vec::new();
    let mut waiting: VecDeque<usize> = VecDeque::new();
    for dependency in &product.dependencies {
        let place = walk.nodes.len();
        let node = node(dependency.clone(), None, place, product, context);
        winners
            .entry(conflict(&node.dependency.key))
            .or_insert(place);
        ways.push(Way {
            from: None,
            to: place,
            declared: dependency.scope,
        });
        walk.nodes.push(node);
        waiting.push_back(place);
    }
    while let Some(from) = waiting.pop_front() {
        for dependency in below(from, &walk.nodes, product) {
            if ways.len() >= EDGE_LIMIT {
                walk.is_cut = true;
                return walk;
            }
            let root = walk.nodes.get(from).map_or(0, |node| node.root);
            let mut node = node(dependency, Some(from), root, product, context);
            let declared = node.dependency.scope;
            let next = walk.nodes.len();
            let key = conflict(&node.dependency.key);
            let to = *winners.entry(key).or_insert(next);
            if to == next {
                node.exclusions = joined(&walk.nodes, from, &node.dependency.exclusions);
                walk.nodes.push(node);
                waiting.push_back(next);
            }
            ways.push(Way {
                from: Some(from),
                to,
                declared,
            });
        }
    }
    settle_scopes(&mut walk.nodes, &ways);
    for way in &ways {
        if let Some(from) = way.from.and_then(|from| walk.nodes.get_mut(from)) {
            from.edges.push(way.to);
        }
    }
    walk
}

fn node(
    mut dependency: Dependency,
    from: Option<usize>,
    root: usize,
    product: &Effective,
    context: &Context<'_>,
) -> Node {
    let is_direct = from.is_none();
    manage(&mut dependency, product, is_direct);
    let mut pom = None;
    // Artifacts at a path of the machine have no pom.
    if dependency.scope != MavenScope::System {
        for _ in 0..RELOCATION_LIMIT {
            let (group, artifact, ..) = &dependency.key;
            let version = dependency.version.clone().unwrap_or_default();
            pom = context.effective(group, artifact, &version);
            let Some([to_group, to_artifact, to_version]) =
                pom.as_ref().and_then(|pom| pom.relocation.clone())
            else {
                break;
            };
            if let Some(group) = to_group {
                dependency.key.0 = group;
            }
            if let Some(artifact) = to_artifact {
                dependency.key.1 = artifact;
            }
            if let Some(version) = to_version {
                dependency.version = Some(version);
            }
            manage(&mut dependency, product, is_direct);
        }
    }
    Node {
        scope: dependency.scope,
        exclusions: Rc::new(dependency.exclusions.clone()),
        dependency,
        pom,
        edges: Vec::new(),
        is_direct,
        root,
    }
}

/// What the product manages. To a direct dependency everything but the exclusions was
/// applied in its pom.
fn manage(dependency: &mut Dependency, product: &Effective, is_direct: bool) {
    let Some(managed) = product.managed.get(&dependency.key) else {
        return;
    };
    let more = managed.exclusions.iter();
    let more: Vec<_> = more
        .filter(|exclusion| !dependency.exclusions.contains(exclusion))
        .cloned()
        .collect();
    dependency.exclusions.extend(more);
    if is_direct {
        return;
    }
    if managed.version.is_some() {
        dependency.version.clone_from(&managed.version);
    }
    dependency.scope = managed.scope.unwrap_or(dependency.scope);
    dependency.optional = managed.optional.unwrap_or(dependency.optional);
}

/// What comes in with an artifact.
fn below(from: usize, nodes: &[Node], product: &Effective) -> Vec<Dependency> {
    let Some(node) = nodes.get(from) else {
        return Vec::new();
    };
    let Some(pom) = &node.pom else {
        return Vec::new();
    };
    let root = nodes.get(node.root).unwrap_or(node);
    let comes_in = |dependency: &&Dependency| {
        let (group, artifact, ..) = &dependency.key;
        !dependency.optional
            && (group, artifact) != (&product.group, &product.artifact)
            && !matches!(dependency.scope, MavenScope::Provided | MavenScope::Test)
            && !node.excludes(group, artifact)
    };
    let here = |dependency: &Dependency| Dependency {
        path: root.dependency.path.clone(),
        line: root.dependency.line,
        ..dependency.clone()
    };
    pom.dependencies.iter().filter(comes_in).map(here).collect()
}

/// The exclusions of a path and of its last step.
fn joined(nodes: &[Node], from: usize, own: &[(String, String)]) -> Rc<Vec<(String, String)>> {
    let above = nodes.get(from).map(|node| Rc::clone(&node.exclusions));
    let above = above.unwrap_or_default();
    if own.iter().all(|exclusion| above.contains(exclusion)) {
        return above;
    }
    let mut all = above.as_ref().clone();
    all.extend(own.iter().cloned());
    all.sort();
    all.dedup();
    Rc::new(all)
}

/// A direct dependency has the scope that the product gives it; any other the widest that
/// a way to it gives. Scopes only widen, so this ends.
fn settle_scopes(nodes: &mut [Node], ways: &[Way]) {
    let mut from: HashMap<usize, Vec<&Way>> = HashMap::new();
    for way in ways {
        if let Some(place) = way.from {
            from.entry(place).or_default().push(way);
        }
    }
    let mut known: Vec<Option<MavenScope>> = nodes
        .iter()
        .map(|node| node.is_direct.then_some(node.dependency.scope))
        .collect();
    let mut waiting: VecDeque<usize> = (0..nodes.len()).collect();
    while let Some(place) = waiting.pop_front() {
        let Some(parent) = known.get(place).copied().flatten() else {
            continue;
        };
        for way in from.get(&place).into_iter().flatten() {
            if nodes.get(way.to).is_some_and(|node| node.is_direct) {
                continue;
            }
            let derived = derive(parent, way.declared);
            if let Some(known) = known.get_mut(way.to)
                && known.is_none_or(|known| derived < known)
            {
                *known = Some(derived);
                waiting.push_back(way.to);
            }
        }
    }
    for (node, scope) in nodes.iter_mut().zip(known) {
        node.scope = scope.unwrap_or(node.scope);
    }
}

fn derive(parent: MavenScope, child: MavenScope) -> MavenScope {
    match (parent, child) {
        (_, MavenScope::System | MavenScope::Test) | (MavenScope::Compile, _) => child,
        (MavenScope::Test | MavenScope::Runtime, _) => parent,
        (MavenScope::System | MavenScope::Provided, _) => MavenScope::Provided,
    }
}
