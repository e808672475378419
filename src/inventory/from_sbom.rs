//! What an SBOM of anyone says that a product is made of.
//!
//! The document's own product is [`ComponentKind::Own`]; everything else that can have
//! advisories is a dependency. A component that cannot be identified is a gap, and so is a
//! document that says of itself that it is not complete.

use super::merge::Merge;
use super::parsed::{Edges, Package, Parsed};
use super::{note_more, rules};
use crate::model::{
    ComponentKind, Ecosystem, Inventory, Location, LockfileRead, Purl, PurlParts, Root, Scope,
};
use crate::sbom::ReadDocument;
use crate::sbom::document::{DocComponent, Document, Format, Note};
use crate::support::hash::sha256;
use lines::PurlLines;
use std::collections::{BTreeMap, BTreeSet};
use versions::{upstream, version_of};

mod lines;
mod versions;

/// Kinds of components that are no software with versions of its own.
const NO_PACKAGES: [&str; 5] = [
    "file",
    "data",
    "device",
    "cryptographic-asset",
    "machine-learning-model",
];

/// Fields of a component that do not say what it is: a part of them that cannot be read
/// hides no component.
const BESIDE: [&str; 16] = [
    "annotations",
    "annotator",
    "author",
    "checksums",
    "creationInfo",
    "creators",
    "evidence",
    "externalReferences",
    "hashes",
    "licenses",
    "manufacturer",
    "pedigree",
    "properties",
    "supplier",
    "timestamp",
    "tools",
];

/// Ecosystems whose advisories name source packages, not what is installed of them.
const BY_SOURCE: [Ecosystem; 2] = [Ecosystem::Deb, Ecosystem::Apk];

/// Ecosystems of distributions.
const OF_DISTRIBUTIONS: [Ecosystem; 3] = [Ecosystem::Deb, Ecosystem::Apk, Ecosystem::Rpm];

/// The inventory of an SBOM. `file` is its name without directories, `bytes` are what it
/// was read from: they tell its digest and the lines of its components.
#[must_use]
pub fn of_sbom(file: &str, bytes: &[u8], read: &ReadDocument) -> Inventory {
    let document = &read.document;
    let mut reader = Reader {
        file,
        lines: PurlLines::of(bytes),
        parsed: Parsed::default(),
        nodes: Vec::new(),
        without_purl: Vec::new(),
        has_upstream: false,
        without_upstream: BTreeMap::new(),
    };
    reader.components(document);
    reader.edges(document);
    reader.note_document(read);
    let mut parsed = reader.parsed;
    let has_graph = !parsed.edges.is_empty() || !parsed.direct.is_empty();
    let packages = parsed.packages.len();
    note_more(file, &mut parsed);
    let mut gaps = std::mem::take(&mut parsed.gaps);
    let mut merge = Merge::default();
    merge.add(file, Ecosystem::Generic, parsed);
    let merged = merge.finish();
    gaps.extend(merged.gaps);
    gaps.sort();
    gaps.dedup();
    let root = document.root.as_ref();
    Inventory {
        root: Root {
            name: root
                .map(|root| root.full_name())
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| file.to_owned()),
            version: root.and_then(|root| root.version.clone()),
        },
        components: merged.components,
        edges: merged.edges,
        direct: merged.direct,
        lockfiles: vec![LockfileRead {
            path: file.to_owned(),
            format: match read.format {
                Format::CycloneDxJson(_) => "cyclonedx-json",
                Format::CycloneDxXml(_) => "cyclonedx-xml",
                Format::SpdxJson(_) => "spdx-json",
            },
            packages,
            has_graph,
            digest: sha256(bytes),
        }],
        skipped: Vec::new(),
        gaps,
    }
}

/// One component of the document.
struct Node<'d> {
    component: &'d DocComponent,
    /// The node that holds it.
    holder: Option<usize>,
    /// Place in the packages, where it is one.
    package: Option<usize>,
}

struct Reader<'d> {
    file: &'d str,
    lines: PurlLines,
    parsed: Parsed,
    nodes: Vec<Node<'d>>,
    /// Operating systems and the like, which may only stand for their packages.
    without_purl: Vec<&'d DocComponent>,
    /// Some package of a distribution names its source package.
    has_upstream: bool,
    /// Packages of distributions that do not.
    without_upstream: BTreeMap<Ecosystem, usize>,
}

impl<'d> Reader<'d> {
    fn components(&mut self, document: &'d Document) {
        let mut waiting: Vec<(&DocComponent, Option<usize>, bool)> = document
            .components
            .iter()
            .rev()
            .map(|component| (component, None, false))
            .collect();
        waiting.extend(document.root.iter().map(|root| (root, None, true)));
        while let Some((component, holder, is_product)) = waiting.pop() {
            let place = self.nodes.len();
            let is_product = is_product && self.is_of_product(component, holder);
            self.nodes.push(Node {
                component,
                holder,
                package: None,
            });
            let package = self.package(component, is_product);
            if let Some(package) = package {
                let index = self.parsed.packages.len();
                self.parsed.packages.push(package);
                if let Some(node) = self.nodes.get_mut(place) {
                    node.package = Some(index);
                }
            }
            let parts = component.components.iter().rev();
            waiting.extend(parts.map(|part| (part, Some(place), is_product)));
        }
        self.note_unidentified();
    }

    /// Whether an entry inside of the product's is about the product too: a target of its
    /// crate (`pkg:cargo/app@1.0.0#src/main.rs`). Others are parts of it as any.
    fn is_of_product(&self, component: &DocComponent, holder: Option<usize>) -> bool {
        let Some(holder) = holder.and_then(|holder| self.nodes.get(holder)) else {
            return true;
        };
        let identity = |component: &DocComponent| {
            let purl = Purl::parse(component.purl.as_deref()?).ok()?;
            Some((purl.without_version(), purl.version().map(str::to_owned)))
        };
        identity(component).is_some_and(|own| Some(own) == identity(holder.component))
    }

    /// The package that a component is; what cannot be one is noted.
    fn package(&mut self, component: &'d DocComponent, is_product: bool) -> Option<Package> {
        let Some(text) = component
            .purl
            .as_deref()
            .filter(|text| !text.trim().is_empty())
        else {
            if !is_product {
                self.without_purl.push(component);
            }
            return None;
        };
        let line = self.lines.of_purl(text);
        let purl = match Purl::parse(text.trim()) {
            Ok(purl) => purl,
            Err(_) if is_product => return None,
            Err(error) => {
                let message = format!("{}: {error}", described(component));
                self.note(line, &message);
                return None;
            }
        };
        let ecosystem = Ecosystem::from_purl_type(purl.purl_type()).unwrap_or(Ecosystem::Generic);
        // `pkg:oci/…` and the like name what was looked into.
        if is_product && ecosystem == Ecosystem::Generic {
            return None;
        }
        let version = match version_of(&purl, ecosystem, component) {
            Ok(version) => version,
            Err(other) => {
                let message = format!(
                    "{} is `{purl}` and says that its version is `{other}`; the purl was believed",
                    described(component)
                );
                self.note(line, &message);
                purl.version().map(str::to_owned)
            }
        };
        let purl = self.with_upstream(purl, ecosystem, component);
        let purl = match (&version, purl.version()) {
            (Some(version), None) => purl.with_version(version).unwrap_or(purl),
            _ => purl,
        };
        let mut package = Package::new(name_of(&purl, ecosystem, component), line);
        package.version = version;
        package.ecosystem = Some(ecosystem);
        package.scope = scope_of(component);
        let is_own = is_product || component.property("sealgate:kind") == Some("own");
        if is_own {
            package.kind = ComponentKind::Own;
        }
        package.purl = Some(purl);
        Some(package)
    }

    /// The purl with the source package that a property names (trivy), in the qualifier in
    /// which syft names it.
    fn with_upstream(
        &mut self,
        purl: Purl,
        ecosystem: Ecosystem,
        component: &DocComponent,
    ) -> Purl {
        if !BY_SOURCE.contains(&ecosystem) {
            return purl;
        }
        if purl.qualifiers().iter().any(|(key, _)| key == "upstream") {
            self.has_upstream = true;
            return purl;
        }
        let Some(upstream) = upstream(component) else {
            *self.without_upstream.entry(ecosystem).or_default() += 1;
            return purl;
        };
        self.has_upstream = true;
        let qualifiers: Vec<(&str, &str)> = purl
            .qualifiers()
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .chain([("upstream", upstream.as_str())])
            .collect();
        let with = Purl::build(&PurlParts {
            purl_type: purl.purl_type(),
            namespace: purl.namespace(),
            name: purl.name(),
            version: purl.version(),
            qualifiers: &qualifiers,
            subpath: purl.subpath(),
        });
        with.unwrap_or(purl)
    }

    /// Components without a purl that are no mere stand-ins for their parts.
    fn note_unidentified(&mut self) {
        let has_os_packages = self.parsed.packages.iter().any(|package| {
            let ecosystem = package.ecosystem;
            ecosystem.is_some_and(|ecosystem| OF_DISTRIBUTIONS.contains(&ecosystem))
        });
        for component in std::mem::take(&mut self.without_purl) {
            let is_known = NO_PACKAGES.contains(&component.kind.as_str())
                || is_trivys_group(component)
                || (component.kind == "operating-system" && has_os_packages);
            if !is_known {
                let message = format!("{} has no package URL", described(component));
                self.note(0, &message);
            }
        }
        // Where some name it, the others have the name of their source package.
        if self.has_upstream {
            return;
        }
        for (ecosystem, packages) in std::mem::take(&mut self.without_upstream) {
            let message = format!(
                "{packages} {} of the type `{ecosystem}` do not say what source package they are built from, and advisories name source packages",
                if packages == 1 { "package" } else { "packages" }
            );
            self.note(0, &message);
        }
    }

    fn edges(&mut self, document: &'d Document) {
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for (place, node) in self.nodes.iter().enumerate() {
            if let Some(reference) = node.component.ref_id.as_deref() {
                places.entry(reference).or_insert(place);
            }
        }
        let package = |place: usize| self.nodes.get(place).and_then(|node| node.package);
        let mut edges = Edges::default();
        let mut direct: BTreeSet<usize> = BTreeSet::new();
        let mut dangling: BTreeSet<&str> = BTreeSet::new();
        let mut connect = |from: usize, to: usize| match (package(from), package(to)) {
            // What a stand-in needs, the product needs directly, as far as is known.
            (None, Some(to)) => {
                direct.insert(to);
            }
            (Some(from), Some(to)) => edges.add(from, &[to]),
            (_, None) => {}
        };
        for dependency in &document.dependencies {
            let from = places.get(dependency.ref_id.as_str());
            for to in &dependency.depends_on {
                match (from, places.get(to.as_str())) {
                    (Some(from), Some(to)) => connect(*from, *to),
                    (Some(_), None) => {
                        dangling.insert(to);
                    }
                    (None, _) => {}
                }
            }
        }
        for (place, node) in self.nodes.iter().enumerate() {
            if let Some(holder) = node.holder {
                connect(holder, place);
            }
        }
        self.parsed.direct = direct.into_iter().collect();
        if self.parsed.connect(edges).is_err() {
            let message = "it has more dependencies between components than are read";
            self.note_rule(&rules::TOO_LARGE, 0, message);
        }
        if let Some(first) = dangling.first() {
            let message = format!(
                "something in it depends on `{first}`{}, which it does not hold",
                match dangling.len() {
                    1 => String::new(),
                    more => format!(" and {} more", more - 1),
                }
            );
            self.note_rule(&rules::INCOMPLETE_SBOM, 0, &message);
        }
    }

    /// What the document, or its reader, says about the whole of it.
    fn note_document(&mut self, read: &ReadDocument) {
        let document = &read.document;
        let says_so = document.compositions.iter().any(|composition| {
            composition.aggregate.starts_with("incomplete")
                && (!composition.assemblies.is_empty() || composition.dependencies.is_empty())
        });
        if says_so {
            let why = document.property("sealgate:incomplete");
            let message = match why {
                Some(why) => format!("it says that it is not complete: {why}"),
                None => "it says that its list of components is not complete".to_owned(),
            };
            self.note_rule(&rules::INCOMPLETE_SBOM, 0, &message);
        }
        for note in read.notes.iter().filter(|note| may_hide(note)) {
            let message = format!("a part of it cannot be read: {note}");
            self.note_rule(&rules::INCOMPLETE_SBOM, 0, &message);
        }
        if self.parsed.packages.is_empty() && self.parsed.gaps.is_empty() {
            let message = "it holds no component with a package URL";
            self.note_rule(&rules::NOTHING_TO_CHECK, 0, message);
        }
    }

    fn note(&mut self, line: u32, message: &str) {
        self.note_rule(&rules::UNIDENTIFIED_COMPONENT, line, message);
    }

    fn note_rule(&mut self, rule: &crate::model::Rule, line: u32, message: &str) {
        let location = match line {
            0 => Location::file(self.file),
            line => Location::line(self.file, line),
        };
        let gap = rules::gap(rule, Some(location), message, None);
        self.parsed.add_gap(gap);
    }
}

/// Whether what could not be read may be a component, its identity or an edge.
fn may_hide(note: &Note) -> bool {
    let mut parts = note.path.split(['.', '[', ']']);
    !parts.any(|part| BESIDE.contains(&part))
}

fn described(component: &DocComponent) -> String {
    let kind = match component.kind.as_str() {
        "" => "component",
        kind => kind,
    };
    format!("the {kind} `{}`", component.label())
}

/// trivy's entry for a file or an operating system in which it found packages.
fn is_trivys_group(component: &DocComponent) -> bool {
    let is_class = |class: &str| matches!(class, "lang-pkgs" | "os-pkgs");
    let annotations = component.extra.get("annotations");
    let comments = annotations
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|annotation| annotation.get("comment")?.as_str());
    let mut classes = comments
        .filter_map(|comment| comment.strip_prefix("Class: "))
        .chain(component.property("aquasecurity:trivy:Class"));
    classes.any(is_class)
}

/// The name as its ecosystem writes it. A purl does not keep the case of every one; the
/// entry's own name does.
fn name_of(purl: &Purl, ecosystem: Ecosystem, component: &DocComponent) -> String {
    let name = purl.package_name();
    let written = component.full_name();
    match written.eq_ignore_ascii_case(&name) && ecosystem == Ecosystem::Golang {
        true => written,
        false => name,
    }
}

/// sealgate's own word, npm's mark for what is used in development, or CycloneDX's.
fn scope_of(component: &DocComponent) -> Scope {
    const SCOPES: [Scope; 6] = [
        Scope::Runtime,
        Scope::Unknown,
        Scope::Peer,
        Scope::Optional,
        Scope::Build,
        Scope::Dev,
    ];
    if let Some(word) = component.property("sealgate:scope") {
        let known = SCOPES.into_iter().find(|scope| scope.as_str() == word);
        return known.unwrap_or_default();
    }
    if component.property("cdx:npm:package:development") == Some("true") {
        return Scope::Dev;
    }
    match component.scope.as_deref() {
        Some("required") => Scope::Runtime,
        Some("optional") => Scope::Optional,
        Some("excluded") => Scope::Dev,
        _ => Scope::Unknown,
    }
}

#[cfg(test)]
mod tests;
