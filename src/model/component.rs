//! What a product is made of.

use super::{Digest, Ecosystem, Gap, Licence, Location, Purl};
use std::collections::{BTreeMap, BTreeSet};

/// What a component is needed for, as its lockfile says it.
///
/// The order is the order of exposure: where two occurrences differ, the component takes
/// the smaller one (`Runtime` wins).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Part of what runs.
    Runtime,
    /// The lockfile does not say: judged like `Runtime`.
    #[default]
    Unknown,
    /// Expected from the environment (npm peer dependency).
    Peer,
    /// Installed if possible, or behind an extra or feature.
    Optional,
    /// Needed to build only.
    Build,
    /// Needed to develop or test only.
    Dev,
}

impl Scope {
    /// The lower-case word used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Runtime => "runtime",
            Self::Unknown => "unknown",
            Self::Peer => "peer",
            Self::Optional => "optional",
            Self::Build => "build",
            Self::Dev => "dev",
        }
    }
}

/// What a git dependency points at, as recorded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GitReference {
    /// A branch name: it moves.
    Branch(String),
    /// A tag name: it can be moved.
    Tag(String),
    /// A commit id or another revision.
    Revision(String),
    /// The default branch.
    Default,
}

/// Where the bytes of a component come from, as its lockfile records it. URLs are kept
/// as recorded; they may hold credentials, so show them through
/// [`super::fold_url_credentials`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A registry named by the lockfile.
    Registry {
        /// Address of the registry or its index, without `registry+` or `sparse+`.
        index: Option<String>,
        /// Address of the package file itself.
        file: Option<String>,
        /// The lockfile's own tool calls this registry its default.
        default: bool,
    },
    /// The lock format has a place for the origin and its absence means the ecosystem's
    /// default registry.
    ImpliedDefault,
    /// A git repository.
    Git {
        /// Repository address.
        url: String,
        /// What was asked for.
        reference: GitReference,
        /// The full commit id that the lockfile pins.
        commit: Option<String>,
    },
    /// A file at an address outside a registry.
    Url {
        /// The address.
        url: String,
    },
    /// A directory or file beside the project.
    Path {
        /// As recorded; `.` where the lockfile only says that it is here (Cargo).
        path: String,
    },
    /// Inside the package file of another component (npm's bundled dependencies): it has
    /// neither address nor checksum of its own, and needs none.
    Bundled {
        /// `name@version` of that component.
        inside: String,
    },
    /// The lock format does not record origins, or this entry lacks it.
    Unrecorded,
}

/// A checksum that a lockfile records, under its true meaning.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Checksum {
    /// Digest of the very file that a registry serves.
    File(Digest),
    /// A value that is *not* the digest of a file: Go's `h1:` (a hash over a file list).
    Opaque {
        /// `go-h1`, `go-mod-h1`.
        scheme: &'static str,
        /// As recorded.
        value: String,
    },
}

/// One entry of one lockfile.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Occurrence {
    /// Lockfile and line of the entry.
    pub location: Location,
    /// What this entry says of the origin.
    pub origin: Origin,
    /// The checksums of this entry, sorted.
    pub checksums: Vec<Checksum>,
    /// What this entry says of the scope.
    pub scope: Scope,
}

/// Whether its registry still offers a version, as far as something said it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Availability {
    /// Nothing here says it.
    #[default]
    Unknown,
    /// It was not withdrawn when the source was written.
    Offered(AvailabilitySource),
    /// It was withdrawn (yanked, deprecated, retracted): who has it may keep it, nobody
    /// should choose it any more.
    Withdrawn {
        /// Who says so.
        source: AvailabilitySource,
        /// Why, in the words of who withdrew it; from outside.
        reason: Option<String>,
    },
    /// The whole package was given up by those who made it (Packagist's `abandoned`).
    Abandoned {
        /// Who says so.
        source: AvailabilitySource,
        /// What they name to take instead; from outside.
        instead: Option<String>,
    },
}

/// Who says whether a version is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AvailabilitySource {
    /// The lockfile, as of the time when it was written.
    Lockfile,
    /// Cargo's copy of the registry index, as of the time when cargo last asked.
    CargoIndexCache,
    /// The registry itself, when it was asked.
    Registry,
}

impl AvailabilitySource {
    /// The word used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lockfile => "lockfile",
            Self::CargoIndexCache => "cargo-index-cache",
            Self::Registry => "registry",
        }
    }
}

/// What kind of thing a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ComponentKind {
    /// The product itself or a member of its workspace: made here, not fetched.
    Own,
    /// A dependency.
    Dependency,
}

/// One package in one version; one component per purl, with all its occurrences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Identity; a git or non-default origin is part of it as a qualifier.
    pub purl: Purl,
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// The name as the ecosystem writes it: `@scope/name`, `github.com/a/b`.
    pub name: String,
    /// The version as the lockfile writes it; Go versions keep their `v`.
    pub version: Option<String>,
    /// Own or dependency.
    pub kind: ComponentKind,
    /// What is known of the licence, and from whom.
    pub licence: Licence,
    /// Whether building or installing it runs code of the package: a build script, a
    /// procedural macro, an install script. `None` where nothing says it.
    pub runs_install_code: Option<bool>,
    /// Whether its registry still offers it.
    pub availability: Availability,
    /// What cargo itself says of it, where it was asked.
    pub cargo: Option<Box<CargoFacts>>,
    /// Every place that names it, sorted, at least one.
    pub occurrences: Vec<Occurrence>,
}

/// How a crate uses another one (<https://doc.rust-lang.org/cargo/commands/cargo-metadata.html>,
/// `dep_kinds`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DependencyKind {
    /// `[dependencies]`.
    Normal,
    /// `[build-dependencies]`.
    Build,
    /// `[dev-dependencies]`.
    Dev,
}

impl DependencyKind {
    /// The lower-case word used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Build => "build",
            Self::Dev => "dev",
        }
    }
}

/// One way in which a crate uses another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DependencyUse {
    /// The kind.
    pub kind: DependencyKind,
    /// The target triple or `cfg(…)` that it is limited to.
    pub platform: Option<String>,
}

/// What `cargo metadata` says of a crate in this product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CargoFacts {
    /// Features that are on, for the default features of the workspace.
    pub features: BTreeSet<String>,
    /// Kinds of its targets: `lib`, `bin`, `proc-macro`, `custom-build`.
    pub targets: BTreeSet<String>,
    /// The components that it uses and how; a part of the inventory's edges.
    pub uses: BTreeMap<Purl, BTreeSet<DependencyUse>>,
}

impl Component {
    /// The widest scope of all occurrences.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.occurrences
            .iter()
            .map(|o| o.scope)
            .min()
            .unwrap_or(Scope::Unknown)
    }

    /// `name@version`, or the name alone.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{}@{version}", self.name),
            None => self.name.clone(),
        }
    }
}

/// A lockfile that was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LockfileRead {
    /// Relative path.
    pub path: String,
    /// Format name: `cargo-lock`, `package-lock`, ….
    pub format: &'static str,
    /// Packages in it, own ones included.
    pub packages: usize,
    /// Whether the format holds the dependency graph.
    pub has_graph: bool,
    /// SHA-256 of the file.
    pub digest: Digest,
}

/// Whether it is settled that something is no part of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipKind {
    /// It is a sample or a copy, or its own tool does not read it either.
    Settled,
    /// Only its place speaks against it: it may be delivered all the same.
    Open,
}

/// Something in the tree that was left out on purpose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// Relative path.
    pub path: String,
    /// Why, one line.
    pub reason: String,
    /// Whether that settles it.
    pub kind: SkipKind,
}

/// The product that the inventory is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Name of the product: of its manifest, else of the directory given.
    pub name: String,
    /// Version, where exactly one manifest at the root says it.
    pub version: Option<String>,
}

/// Everything that was found in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// The product.
    pub root: Root,
    /// Sorted by purl; no purl twice.
    pub components: Vec<Component>,
    /// Edges between components, by purl.
    pub edges: BTreeMap<Purl, BTreeSet<Purl>>,
    /// What the product itself depends on directly. Together with `edges` it reaches
    /// every component.
    pub direct: BTreeSet<Purl>,
    /// Lockfiles read, sorted.
    pub lockfiles: Vec<LockfileRead>,
    /// Lockfiles left out, sorted.
    pub skipped: Vec<Skipped>,
    /// What could not be read, sorted.
    pub gaps: Vec<Gap>,
}

impl Inventory {
    /// The component of a purl.
    #[must_use]
    pub fn component(&self, purl: &Purl) -> Option<&Component> {
        self.components
            .binary_search_by(|c| c.purl.cmp(purl))
            .ok()
            .and_then(|i| self.components.get(i))
    }

    /// The ecosystems of components that were fetched, not made here.
    #[must_use]
    pub fn fetched_ecosystems(&self) -> BTreeSet<Ecosystem> {
        let fetched = self.components.iter();
        fetched
            .filter(|component| component.kind == ComponentKind::Dependency)
            .map(|component| component.ecosystem)
            .collect()
    }

    /// Whether some lockfile lacks the graph, so that edges are incomplete.
    #[must_use]
    pub fn graph_is_incomplete(&self) -> bool {
        !self.gaps.is_empty() || self.lockfiles.iter().any(|l| !l.has_graph)
    }
}
