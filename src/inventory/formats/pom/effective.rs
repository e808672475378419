//! From poms as written to effective ones: inheritance, interpolation, management and
//! imported boms (<https://maven.apache.org/guides/introduction/introduction-to-dependency-mechanism.html>,
//! <https://maven.apache.org/ref/3.9.9/maven-model-builder/>).

use super::model::{Activation, RawDependency, RawPom};
use super::properties::Properties;
use super::shelf::Context;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

/// Parents above one another, and boms that import one another.
const DEPTH_LIMIT: usize = 32;

/// Group, artifact, type and classifier: what management goes by.
pub type Key = (String, String, String, String);

/// A dependency scope of Maven; the widest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MavenScope {
    /// Compiled against and run with.
    Compile,
    /// Run with.
    Runtime,
    /// Expected from the environment.
    Provided,
    /// Expected at a path of the machine.
    System,
    /// For tests.
    Test,
}

impl MavenScope {
    fn of(text: Option<&str>) -> Self {
        match text {
            Some("runtime") => Self::Runtime,
            Some("provided") => Self::Provided,
            Some("system") => Self::System,
            Some("test") => Self::Test,
            _ => Self::Compile,
        }
    }
}

/// What management says of a dependency.
#[derive(Debug, Clone, Default)]
pub struct Managed {
    /// The version.
    pub version: Option<String>,
    /// The scope, as written.
    pub scope: Option<MavenScope>,
    /// Whether it is optional.
    pub optional: Option<bool>,
    /// What it leaves out.
    pub exclusions: Vec<(String, String)>,
}

/// A dependency with everything applied.
#[derive(Debug, Clone)]
pub struct Dependency {
    /// Group, artifact, type, classifier.
    pub key: Key,
    /// None where it cannot be told.
    pub version: Option<String>,
    /// `compile` where nothing says otherwise.
    pub scope: MavenScope,
    /// Not for dependents of this one.
    pub optional: bool,
    /// What it leaves out below itself.
    pub exclusions: Vec<(String, String)>,
    /// Where a system dependency lies, as written.
    pub system_path: Option<String>,
    /// The file of the tree that names it.
    pub path: Option<String>,
    /// 1-based line in that file.
    pub line: u32,
}

/// An effective pom.
#[derive(Debug, Default)]
pub struct Effective {
    /// Group.
    pub group: String,
    /// Artifact.
    pub artifact: String,
    /// Version.
    pub version: String,
    /// In the order of the pom; inherited ones last.
    pub dependencies: Vec<Dependency>,
    /// By what it is for.
    pub managed: BTreeMap<Key, Managed>,
    /// Names of licences.
    pub licences: Vec<String>,
    /// Where the artifact went: group, artifact, version; none of a part is the same part.
    pub relocation: Option<[Option<String>; 3]>,
    /// Poms that are needed and not there: `GROUP:ARTIFACT:VERSION`, with what they are.
    pub missing: Vec<String>,
    /// Profiles with dependencies that count on some machines only.
    pub undecided: Vec<Undecided>,
}

/// A profile that counts on some machines only.
#[derive(Debug)]
pub struct Undecided {
    /// The file of the tree that holds it.
    pub path: Option<String>,
    /// 1-based line in that file.
    pub line: u32,
    /// `id`.
    pub id: String,
    /// Group and artifact of what it would bring in.
    pub names: Vec<(String, String)>,
}

/// The effective pom of a pom.
pub fn effective(pom: &Rc<RawPom>, context: &Context<'_>) -> Effective {
    Builder {
        context,
        importing: Vec::new(),
    }
    .build(pom)
}

struct Builder<'s> {
    context: &'s Context<'s>,
    /// Boms that are being imported, against circles.
    importing: Vec<String>,
}

impl Builder<'_> {
    fn build(&mut self, pom: &Rc<RawPom>) -> Effective {
        let mut effective = Effective::default();
        let lineage = self.lineage(pom, &mut effective.missing);
        let properties = Properties::new(&lineage, self.context);
        let oldest_jdk = self.context.reactor.oldest_jdk;
        let value = |text: &str| properties.expand(text);
        effective.group = value("${project.groupId}");
        effective.artifact = value(&pom.artifact);
        effective.version = value("${project.version}");
        effective.relocation = pom
            .relocation
            .as_ref()
            .map(|parts| parts.each_ref().map(|part| part.as_deref().map(value)));
        let licences = lineage.iter().map(|pom| &pom.licences);
        let mut licences = licences.filter(|licences| !licences.is_empty());
        effective.licences = licences.next().cloned().unwrap_or_default();
        let mut imports = Vec::new();
        for ancestor in &lineage {
            // Of several entries in one pom the last counts, in a child those of the child.
            let mut own: HashMap<Key, Managed> = HashMap::new();
            for raw in ancestor
                .active(oldest_jdk)
                .into_iter()
                .flat_map(|body| &body.managed)
            {
                let dependency = dependency(raw, ancestor, pom, &properties);
                let is_import = raw.scope.as_deref().map(value).as_deref() == Some("import");
                if is_import && dependency.key.2 == "pom" {
                    imports.push(dependency);
                } else {
                    own.insert(dependency.key.clone(), managed(raw, dependency));
                }
            }
            for (key, managed) in own {
                effective.managed.entry(key).or_insert(managed);
            }
        }
        for import in imports {
            self.import(&import, &mut effective);
        }
        let mut known: HashSet<Key> = HashSet::new();
        for ancestor in &lineage {
            effective.undecided.extend(undecided(ancestor, &properties));
            for (raw, mut dependency) in own_dependencies(ancestor, pom, &properties) {
                if known.insert(dependency.key.clone()) {
                    if let Some(managed) = effective.managed.get(&dependency.key) {
                        apply(managed, raw, &mut dependency);
                    }
                    effective.dependencies.push(dependency);
                }
            }
        }
        effective
    }

    /// The pom, its parent, and so on.
    fn lineage(&self, pom: &Rc<RawPom>, missing: &mut Vec<String>) -> Vec<Rc<RawPom>> {
        let mut lineage = vec![Rc::clone(pom)];
        let mut current = Rc::clone(pom);
        while let Some(parent) = &current.parent {
            let local = current.path.as_deref().and_then(|path| {
                let relative = parent.relative_path.as_deref()?;
                let found = self.context.beside(path, relative)?;
                // A parent that merely lies there is another one.
                let group = found
                    .group
                    .as_ref()
                    .or(found.parent.as_ref().map(|p| &p.group));
                (found.artifact == parent.artifact && group == Some(&parent.group)).then_some(found)
            });
            let found = local.or_else(|| {
                self.context
                    .named(&parent.group, &parent.artifact, &parent.version)
            });
            let Some(found) = found else {
                missing.push(format!(
                    "{}:{}:{} (a parent)",
                    parent.group, parent.artifact, parent.version
                ));
                break;
            };
            if lineage.len() >= DEPTH_LIMIT || lineage.iter().any(|known| Rc::ptr_eq(known, &found))
            {
                missing.push(format!(
                    "{}:{} (a circle of parents)",
                    parent.group, parent.artifact
                ));
                break;
            }
            lineage.push(Rc::clone(&found));
            current = found;
        }
        lineage
    }

    /// Adds what a bom manages; what is managed already stays.
    fn import(&mut self, import: &Dependency, effective: &mut Effective) {
        let (group, artifact, ..) = &import.key;
        let version = import.version.clone().unwrap_or_default();
        let label = format!("{group}:{artifact}:{version}");
        if self.importing.contains(&label) || self.importing.len() >= DEPTH_LIMIT {
            effective
                .missing
                .push(format!("{label} (a circle of boms)"));
            return;
        }
        let known = self.context.reactor.boms.borrow().get(&label).cloned();
        let bom = match known {
            Some(bom) => bom,
            None => {
                let Some(pom) = self.context.named(group, artifact, &version) else {
                    effective.missing.push(format!("{label} (a bom)"));
                    return;
                };
                self.importing.push(label.clone());
                let bom = Rc::new(self.build(&pom));
                self.importing.pop();
                let mut boms = self.context.reactor.boms.borrow_mut();
                boms.insert(label, Rc::clone(&bom));
                bom
            }
        };
        effective.missing.extend(bom.missing.iter().cloned());
        for (key, managed) in &bom.managed {
            let leaves_out = |(g, a): &(String, String)| matches(g, &key.0) && matches(a, &key.1);
            if import.exclusions.iter().any(leaves_out) {
                continue;
            }
            effective
                .managed
                .entry(key.clone())
                .or_insert_with(|| managed.clone());
        }
    }
}

/// Whether a part of an exclusion means a name.
pub fn matches(pattern: &str, name: &str) -> bool {
    pattern == "*" || pattern == name
}

/// The dependencies of one pom; of several entries for one thing the last counts, at the
/// place of the first.
fn own_dependencies<'p>(
    holder: &'p RawPom,
    child: &RawPom,
    properties: &Properties<'_>,
) -> Vec<(&'p RawDependency, Dependency)> {
    let mut places: HashMap<Key, usize> = HashMap::new();
    let mut read: Vec<(&RawDependency, Dependency)> = Vec::new();
    for raw in holder
        .active(properties.context.reactor.oldest_jdk)
        .into_iter()
        .flat_map(|body| &body.dependencies)
    {
        let dependency = dependency(raw, holder, child, properties);
        let place = *places.entry(dependency.key.clone()).or_insert(read.len());
        match read.get_mut(place) {
            Some(earlier) => *earlier = (raw, dependency),
            None => read.push((raw, dependency)),
        }
    }
    read
}

fn managed(raw: &RawDependency, dependency: Dependency) -> Managed {
    Managed {
        version: dependency.version,
        scope: raw.scope.as_ref().map(|_| dependency.scope),
        optional: raw.optional.as_ref().map(|_| dependency.optional),
        exclusions: dependency.exclusions,
    }
}

fn undecided(pom: &RawPom, properties: &Properties<'_>) -> Vec<Undecided> {
    let comes_in = |raw: &&RawDependency| {
        !matches!(raw.scope.as_deref(), Some("test" | "provided" | "system"))
            && raw.optional.as_deref() != Some("true")
    };
    let name = |raw: &RawDependency| {
        (
            properties.expand(&raw.group),
            properties.expand(&raw.artifact),
        )
    };
    let oldest_jdk = properties.context.reactor.oldest_jdk;
    let profiles = pom.profiles.iter();
    profiles
        .filter(|profile| match profile.activation {
            Activation::Machine => true,
            Activation::Jdk(range) => range.holds_from(oldest_jdk).is_none(),
            Activation::File => pom.path.is_some(),
            _ => false,
        })
        .map(|profile| Undecided {
            path: pom.path.clone(),
            line: profile.line,
            id: profile.id.clone(),
            names: profile
                .body
                .dependencies
                .iter()
                .filter(comes_in)
                .map(name)
                .collect(),
        })
        .filter(|undecided| !undecided.names.is_empty())
        .collect()
}

fn dependency(
    raw: &RawDependency,
    holder: &RawPom,
    child: &RawPom,
    properties: &Properties<'_>,
) -> Dependency {
    let value = |text: &str| properties.expand(text);
    let optional_value = |text: &Option<String>| text.as_deref().map(value);
    // What is inherited from outside the tree is brought in by the reference to the parent.
    let (path, line) = match &holder.path {
        Some(path) => (Some(path.clone()), raw.line),
        None => (
            child.path.clone(),
            child
                .parent
                .as_ref()
                .map_or(child.line, |parent| parent.line),
        ),
    };
    let kind = optional_value(&raw.kind).unwrap_or_else(|| "jar".to_owned());
    let classifier = optional_value(&raw.classifier)
        // Which of several files it is depends on the machine.
        .filter(|classifier| !classifier.contains("${"))
        .unwrap_or_default();
    Dependency {
        key: (value(&raw.group), value(&raw.artifact), kind, classifier),
        version: optional_value(&raw.version).and_then(|version| exact(&version)),
        scope: MavenScope::of(optional_value(&raw.scope).as_deref()),
        optional: optional_value(&raw.optional).as_deref() == Some("true"),
        exclusions: raw
            .exclusions
            .iter()
            .map(|(group, artifact)| (value(group), value(artifact)))
            .collect(),
        system_path: raw.system_path.clone(),
        path,
        line,
    }
}

/// What the dependency itself does not say, management does.
fn apply(managed: &Managed, raw: &RawDependency, dependency: &mut Dependency) {
    if raw.version.is_none() {
        dependency.version.clone_from(&managed.version);
    }
    if raw.scope.is_none() {
        dependency.scope = managed.scope.unwrap_or(dependency.scope);
    }
    if raw.optional.is_none() {
        dependency.optional = managed.optional.unwrap_or(dependency.optional);
    }
    if raw.exclusions.is_empty() {
        dependency.exclusions.clone_from(&managed.exclusions);
    }
}

/// A version that is one: no range but `[1.0]`, nothing left to interpolate.
fn exact(version: &str) -> Option<String> {
    if version.contains("${") || matches!(version, "LATEST" | "RELEASE") {
        return None;
    }
    let Some(inside) = version.strip_prefix(['[', '(']) else {
        return Some(version.to_owned()).filter(|version| !version.is_empty());
    };
    let inside = inside.strip_suffix(']')?;
    (version.starts_with('[') && !inside.contains(',')).then(|| inside.trim().to_owned())
}
