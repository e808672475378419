//! Several SBOMs as one.

use super::cyclonedx;
use super::document::extra::{At, telling_keys};
use super::document::{
    Composition, Dependency, DocComponent, Document, Extra, Format, Lifecycle, Property, Tools,
};
use super::loss::{Loss, LossReason, Losses};
use crate::model::Purl;
use std::collections::{BTreeMap, BTreeSet};

mod unite;

/// What the merged document says beside its inputs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergeOptions {
    /// Name of the product where the inputs are about several.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// RFC 3339 time of the document; none is written where none is given.
    pub timestamp: Option<String>,
    /// Version of sealgate.
    pub tool_version: String,
}

/// What a component is, whatever document it stands in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Purl(Purl),
    Named(String, String, String, Option<String>),
}

fn identity(component: &DocComponent) -> Identity {
    match component.purl.as_deref().map(Purl::parse) {
        Some(Ok(purl)) => Identity::Purl(purl),
        _ => Identity::Named(
            component.kind.clone(),
            component.group.clone().unwrap_or_default(),
            component.name.clone(),
            component.version.clone(),
        ),
    }
}

/// One document of several, and what of them it does not hold. Components with the same
/// purl (without one: type, group, name and version) are one; edges are united. The order
/// of the inputs does not matter.
#[must_use]
pub fn merge(mut documents: Vec<Document>, options: &MergeOptions) -> (Document, Vec<Loss>) {
    // Where two inputs differ, the first one's value is kept: an order of their own.
    documents.sort_by_cached_key(|document| {
        cyclonedx::render_document(document, super::document::CycloneDxVersion::V1_7).0
    });
    let mut merging = Merging::default();
    for (number, document) in documents.iter().enumerate() {
        merging.collect(number, document);
    }
    let root = merging.root(&documents, options);
    let components: Vec<DocComponent> = merging
        .order
        .iter()
        .filter(|identity| Some(*identity) != root.identity.as_ref())
        .filter_map(|identity| merging.components.get(identity).cloned())
        .collect();
    let merged = Document {
        source: source(&documents),
        version: 1,
        timestamp: options.timestamp.clone(),
        lifecycles: lifecycles(&documents),
        tools: tools(&documents, options),
        authors: unite::lists(documents.iter().map(|document| &document.authors)),
        properties: properties(&documents),
        dependencies: merging.dependencies(&root),
        compositions: merging.compositions(&documents, &root),
        root: Some(root.component),
        components,
        ..Document::default()
    };
    name_rest(&documents, &mut merging.losses);
    (merged, merging.losses.into_vec())
}

/// Fields without a type are kept where all inputs name fields alike.
fn source(documents: &[Document]) -> Option<Format> {
    let mut sources = documents.iter().map(|document| document.source);
    let first = sources.next()??;
    let mut newest = first;
    for source in sources {
        let source = source?;
        if !source.is_of_one_family(first) {
            return None;
        }
        newest = newest.max(source);
    }
    Some(newest)
}

fn lifecycles(documents: &[Document]) -> Vec<Lifecycle> {
    unite::lists(documents.iter().map(|document| &document.lifecycles))
}

/// The tools of all inputs, and this one.
fn tools(documents: &[Document], options: &MergeOptions) -> Tools {
    let this = vec![DocComponent {
        kind: "application".to_owned(),
        name: "sealgate".to_owned(),
        version: Some(options.tool_version.clone()),
        ..DocComponent::default()
    }];
    let all = documents.iter().map(|document| &document.tools.components);
    let mut components = unite::lists(std::iter::once(&this).chain(all));
    for tool in &mut components {
        // References of a tool may clash with those of another document.
        tool.ref_id = None;
    }
    Tools {
        components,
        ..Tools::default()
    }
}

fn properties(documents: &[Document]) -> Vec<Property> {
    let all = documents.iter().flat_map(|document| &document.properties);
    let all: BTreeSet<Property> = all.cloned().collect();
    all.into_iter().collect()
}

/// What inputs say of themselves, which cannot hold for the merged document.
fn name_rest(documents: &[Document], losses: &mut Losses) {
    for (number, document) in documents.iter().enumerate() {
        let label = format!("input {}", number.saturating_add(1));
        let at = At::ROOT.key(&label);
        let reason = || LossReason::Invalid("is left out: it is about one input only");
        for key in telling_keys(&document.extra) {
            let is_vulnerability = key == "vulnerabilities";
            let reason = match is_vulnerability {
                true => LossReason::Vulnerability,
                false => reason(),
            };
            losses.add(&at.key(key), reason);
        }
        let metadata = at.key("metadata");
        for key in telling_keys(&document.metadata_extra) {
            losses.add(&metadata.key(key), reason());
        }
        for (key, is_there) in [
            ("manufacturer", document.manufacturer.is_some()),
            ("supplier", document.supplier.is_some()),
            ("licenses", !document.licences.is_empty()),
            ("tools.services", !document.tools.services.is_empty()),
        ] {
            if is_there {
                losses.add(&metadata.key(key), reason());
            }
        }
    }
}

struct MergedRoot {
    component: DocComponent,
    reference: String,
    /// `None` for a product that no input is about.
    identity: Option<Identity>,
    /// References of the inputs' products, where the product is none of them.
    parts: BTreeSet<String>,
}

#[derive(Default)]
struct Merging {
    components: BTreeMap<Identity, DocComponent>,
    order: Vec<Identity>,
    references: BTreeMap<Identity, String>,
    taken: BTreeSet<String>,
    /// New reference by input and old reference.
    renamed: BTreeMap<(usize, String), String>,
    edges: BTreeMap<String, BTreeSet<String>>,
    provides: BTreeMap<String, BTreeSet<String>>,
    losses: Losses,
}

impl Merging {
    fn collect(&mut self, number: usize, document: &Document) {
        if let Some(root) = &document.root {
            self.add(number, root, "metadata.component");
        }
        for (index, component) in document.components.iter().enumerate() {
            self.add(number, component, &format!("components[{index}]"));
        }
        for dependency in &document.dependencies {
            let Some(from) = self.renamed(number, &dependency.ref_id) else {
                self.dangling(number, &dependency.ref_id);
                continue;
            };
            self.edges.entry(from.clone()).or_default();
            for to in &dependency.depends_on {
                match self.renamed(number, to) {
                    Some(to) => {
                        self.edges.entry(from.clone()).or_default().insert(to);
                    }
                    None => self.dangling(number, to),
                }
            }
            for to in &dependency.provides {
                match self.renamed(number, to) {
                    Some(to) => {
                        self.provides.entry(from.clone()).or_default().insert(to);
                    }
                    None => self.dangling(number, to),
                }
            }
        }
    }

    fn dangling(&mut self, number: usize, reference: &str) {
        let label = format!("input {}", number.saturating_add(1));
        let at = At::ROOT.key(&label);
        let at = at.key("dependencies");
        let reason = LossReason::Invalid("is left out: it refers to no component");
        self.losses.add(&at.key(reference), reason);
    }

    fn renamed(&self, number: usize, reference: &str) -> Option<String> {
        let key = (number, reference.to_owned());
        self.renamed.get(&key).cloned()
    }

    /// Takes a component in. Those that are inside of it stay inside, under new
    /// references; they are not joined with others.
    fn add(&mut self, number: usize, component: &DocComponent, path: &str) {
        let identity = identity(component);
        let reference = match self.references.get(&identity) {
            Some(reference) => reference.clone(),
            None => {
                let reference = match &identity {
                    Identity::Purl(purl) => purl.to_string(),
                    Identity::Named(kind, ..) => format!("{kind}:{}", component.label()),
                };
                let reference = self.free(reference);
                self.references.insert(identity.clone(), reference.clone());
                reference
            }
        };
        let mut taken = component.clone();
        self.rename(number, &mut taken, &reference);
        match self.components.get_mut(&identity) {
            None => {
                self.order.push(identity.clone());
                self.components.insert(identity, taken);
            }
            Some(known) => {
                let label = format!("input {}", number.saturating_add(1));
                let at = At::ROOT.key(&label);
                unite::component(known, taken, &at.key(path), &mut self.losses);
            }
        }
    }

    fn rename(&mut self, number: usize, component: &mut DocComponent, reference: &str) {
        if let Some(old) = component.ref_id.replace(reference.to_owned()) {
            self.renamed.insert((number, old), reference.to_owned());
        }
        for inner in &mut component.components {
            let inner_reference = self.free(format!("{reference}/{}", inner.label()));
            self.rename(number, inner, &inner_reference);
        }
    }

    /// Takes the reference, with a number where it is taken already.
    fn free(&mut self, wanted: String) -> String {
        let mut reference = wanted.clone();
        let mut number = 1_usize;
        while !self.taken.insert(reference.clone()) {
            number = number.saturating_add(1);
            reference = format!("{wanted}#{number}");
        }
        reference
    }

    /// The product: that of the inputs if they agree, else one that depends on theirs.
    fn root(&mut self, documents: &[Document], options: &MergeOptions) -> MergedRoot {
        let roots: BTreeSet<Identity> = documents
            .iter()
            .filter_map(|document| document.root.as_ref().map(identity))
            .collect();
        let all_have_one = documents.iter().all(|document| document.root.is_some());
        if let (1, true, Some(only)) = (roots.len(), all_have_one, roots.first())
            && let Some(component) = self.components.get(only)
        {
            return MergedRoot {
                component: component.clone(),
                reference: component.ref_id.clone().unwrap_or_default(),
                identity: Some(only.clone()),
                parts: BTreeSet::new(),
            };
        }
        let parts = roots
            .iter()
            .filter_map(|root| self.references.get(root).cloned())
            .collect();
        let reference = self.free(format!("root:{}", options.name));
        MergedRoot {
            component: DocComponent {
                ref_id: Some(reference.clone()),
                kind: "application".to_owned(),
                name: options.name.clone(),
                version: options.version.clone(),
                ..DocComponent::default()
            },
            reference,
            identity: None,
            parts,
        }
    }

    fn dependencies(&mut self, root: &MergedRoot) -> Vec<Dependency> {
        if !root.parts.is_empty() || root.identity.is_none() {
            self.edges
                .entry(root.reference.clone())
                .or_default()
                .extend(root.parts.iter().cloned());
        }
        let mut provides = std::mem::take(&mut self.provides);
        std::mem::take(&mut self.edges)
            .into_iter()
            .map(|(ref_id, depends_on)| Dependency {
                provides: provides.remove(&ref_id).into_iter().flatten().collect(),
                ref_id,
                depends_on: depends_on.into_iter().collect(),
                extra: Extra::new(),
            })
            .collect()
    }

    /// The less complete statement counts; a product that no input is about is as
    /// complete as the least complete of theirs.
    fn compositions(&mut self, documents: &[Document], root: &MergedRoot) -> Vec<Composition> {
        let mut assemblies: BTreeMap<String, String> = BTreeMap::new();
        let mut dependencies: BTreeMap<String, String> = BTreeMap::new();
        for (number, document) in documents.iter().enumerate() {
            for composition in &document.compositions {
                for (references, into) in [
                    (&composition.assemblies, &mut assemblies),
                    (&composition.dependencies, &mut dependencies),
                ] {
                    for reference in references {
                        if let Some(reference) = self.renamed(number, reference) {
                            lower(into, reference, &composition.aggregate);
                        }
                    }
                }
            }
        }
        if root.identity.is_none() {
            let of_all = documents.iter().map(|document| {
                let root = document.root.as_ref().and_then(|root| root.ref_id.as_ref());
                aggregate_of(document, root)
            });
            let least = of_all.max_by_key(|aggregate| rank(aggregate));
            let least = least.unwrap_or("unknown");
            assemblies.insert(root.reference.clone(), least.to_owned());
        }
        let mut by_aggregate: BTreeMap<String, Composition> = BTreeMap::new();
        for (reference, aggregate) in assemblies {
            let of = entry(&mut by_aggregate, aggregate);
            of.assemblies.push(reference);
        }
        for (reference, aggregate) in dependencies {
            let of = entry(&mut by_aggregate, aggregate);
            of.dependencies.push(reference);
        }
        by_aggregate.into_values().collect()
    }
}

fn entry(all: &mut BTreeMap<String, Composition>, aggregate: String) -> &mut Composition {
    all.entry(aggregate.clone()).or_insert(Composition {
        aggregate,
        ..Composition::default()
    })
}

/// What a document says of the completeness of its product.
fn aggregate_of<'d>(document: &'d Document, root: Option<&String>) -> &'d str {
    document
        .compositions
        .iter()
        .filter(|composition| root.is_some_and(|root| composition.assemblies.contains(root)))
        .map(|composition| composition.aggregate.as_str())
        .max_by_key(|aggregate| rank(aggregate))
        .unwrap_or("unknown")
}

fn lower(into: &mut BTreeMap<String, String>, reference: String, aggregate: &str) {
    let known = into
        .entry(reference)
        .or_insert_with(|| aggregate.to_owned());
    if rank(aggregate) > rank(known) {
        aggregate.clone_into(known);
    }
}

/// Higher is less complete; the text decides between two of one rank, so that the order
/// of the inputs does not.
fn rank(aggregate: &str) -> (u8, &str) {
    let rank = match aggregate {
        "complete" => 0,
        "unknown" => 2,
        "not_specified" => 1,
        _ => 3,
    };
    (rank, aggregate)
}
