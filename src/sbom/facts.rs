//! One plain view of any SBOM: what `diff` and `profile` compare and count.
//!
//! A format has many ways to leave something out; this view has three words for it. What
//! is not there is [`Stated::Missing`], what the author says is not known
//! (`NOASSERTION`) is [`Stated::Unknown`], everything else is [`Stated::Known`].

mod document;

use crate::model::Purl;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Whether a document says something.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stated<T> {
    /// Nothing is written.
    #[default]
    Missing,
    /// It is written that this is not known.
    Unknown,
    /// It is written.
    Known(T),
}

impl<T> Stated<T> {
    /// The value, if one is written.
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Missing | Self::Unknown => None,
        }
    }

    /// What is written of the value, turned into something else.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Stated<U> {
        match self {
            Self::Known(value) => Stated::Known(change(value)),
            Self::Unknown => Stated::Unknown,
            Self::Missing => Stated::Missing,
        }
    }

    /// This, or the other where this says less.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Missing, other) | (Self::Unknown, other @ Self::Known(_)) => other,
            (this, _) => this,
        }
    }
}

impl Stated<String> {
    /// What a text says: nothing where it is blank, "not known" for the words that SBOM
    /// authors use for it.
    #[must_use]
    pub fn of(text: Option<&str>) -> Self {
        let text = text.unwrap_or_default().trim();
        if text.is_empty() {
            return Self::Missing;
        }
        let is_unknown = ["NOASSERTION", "UNKNOWN"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word));
        match is_unknown {
            true => Self::Unknown,
            false => Self::Known(text.to_owned()),
        }
    }
}

/// The standard that a document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// CycloneDX.
    CycloneDx,
    /// SPDX.
    Spdx,
    /// No document: an inventory of sealgate's own.
    Inventory,
}

/// Standard and version of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// The standard.
    pub family: Family,
    /// Its version as written: `1.6`, `2.3`, `3.0.1`; empty for an inventory.
    pub version: String,
}

impl Format {
    /// Whether the version is this one or a later one; a version that is no row of
    /// numbers is none.
    #[must_use]
    pub fn is_at_least(&self, wanted: &[u32]) -> bool {
        let numbers: Option<Vec<u32>> = self.version.split('.').map(|n| n.parse().ok()).collect();
        numbers.is_some_and(|numbers| numbers.as_slice() >= wanted)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.family {
            Family::CycloneDx => write!(f, "CycloneDX {}", self.version),
            Family::Spdx => write!(f, "SPDX {}", self.version),
            Family::Inventory => f.write_str("inventory"),
        }
    }
}

/// A person or an organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Party {
    /// The name.
    pub name: Option<String>,
    /// E-mail addresses and URLs.
    pub contacts: BTreeSet<String>,
}

/// How much of a list a document claims to hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Completeness {
    /// Nothing is claimed.
    #[default]
    Unstated,
    /// All of it.
    Complete,
    /// It is said that something is missing.
    Incomplete,
    /// It is said that this is not known.
    Unknown,
}

/// One statement on a licence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LicenceFacts {
    /// Expression, id or name.
    pub text: Stated<String>,
    /// It is an SPDX id or expression, and not any text.
    pub is_spdx: bool,
    /// `declared` (its maker says so) or `concluded` (someone found so).
    pub acknowledgement: Option<String>,
}

/// Values by algorithm (`sha512`); those of digests are lower-case hex.
pub type Hashes = BTreeMap<String, BTreeSet<String>>;

/// What a document says of one component. Entries of one purl are one component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ComponentFacts {
    /// The name, with its group or scope.
    pub name: Stated<String>,
    /// The version.
    pub version: Stated<String>,
    /// The package URL.
    pub purl: Option<Purl>,
    /// Other identifiers: CPE, SWID, SWHID, OmniBOR.
    pub identifiers: BTreeSet<String>,
    /// Digests of the component.
    pub hashes: Hashes,
    /// Digests of the file that is delivered or deployed, where the document tells them
    /// from those of the component.
    pub distribution_hashes: Hashes,
    /// Checksums that are no digests of a file (Go's `h1:`), as written: compared, and
    /// never counted as a hash.
    pub checksums: Hashes,
    /// What is said of its licences; none where the document says nothing.
    pub licences: BTreeSet<LicenceFacts>,
    /// Who made or supplied it.
    pub producer: Stated<Party>,
    /// What it is needed for: the words of [`crate::model::Scope`], or the document's own.
    pub scope: Option<String>,
    /// Name of its file.
    pub filename: Option<String>,
    /// BSI's executable property: `executable`, `non-executable`.
    pub executable: Option<String>,
    /// BSI's archive property: `archive`, `no archive`.
    pub archive: Option<String>,
    /// BSI's structured property: `structured`, `unstructured`.
    pub structured: Option<String>,
    /// Where its source is.
    pub source_uri: Option<String>,
    /// Where its deployable form is.
    pub distribution_uri: Option<String>,
    /// Positions in [`Facts::components`] of what it depends on; `None` where the document
    /// does not say.
    pub depends_on: Option<BTreeSet<usize>>,
    /// Positions of what it contains.
    pub contains: BTreeSet<usize>,
    /// How complete that is.
    pub completeness: Completeness,
}

impl ComponentFacts {
    /// `name@version`, the name alone, or the purl.
    #[must_use]
    pub fn label(&self) -> String {
        match (self.name.known(), self.version.known(), &self.purl) {
            (Some(name), Some(version), _) => format!("{name}@{version}"),
            (Some(name), None, _) => name.clone(),
            (None, _, Some(purl)) => purl.to_string(),
            (None, ..) => "(component without a name)".to_owned(),
        }
    }

    /// All its licences as one text.
    #[must_use]
    pub fn licence(&self) -> Stated<String> {
        let known: BTreeSet<&str> = self
            .licences
            .iter()
            .filter_map(|licence| licence.text.known().map(String::as_str))
            .collect();
        match (known.is_empty(), self.licences.is_empty()) {
            (false, _) => Stated::Known(known.into_iter().collect::<Vec<_>>().join(", ")),
            (true, false) => Stated::Unknown,
            (true, true) => Stated::Missing,
        }
    }

    fn unite(&mut self, other: &Self) {
        let other = other.clone();
        let unite_hashes = |ours: &mut Hashes, theirs: Hashes| {
            for (algorithm, values) in theirs {
                ours.entry(algorithm).or_default().extend(values);
            }
        };
        unite_hashes(&mut self.hashes, other.hashes);
        unite_hashes(&mut self.distribution_hashes, other.distribution_hashes);
        unite_hashes(&mut self.checksums, other.checksums);
        self.name = std::mem::take(&mut self.name).or(other.name);
        self.version = std::mem::take(&mut self.version).or(other.version);
        self.producer = std::mem::take(&mut self.producer).or(other.producer);
        self.identifiers.extend(other.identifiers);
        self.licences.extend(other.licences);
        self.scope = self.scope.take().or(other.scope);
        if let Some(theirs) = other.depends_on {
            self.depends_on.get_or_insert_default().extend(theirs);
        }
        self.contains.extend(other.contains);
        self.completeness = self.completeness.max(other.completeness);
    }

    /// What stays the same from version to version: the purl without version and
    /// qualifiers, else the name.
    #[must_use]
    pub fn key(&self) -> String {
        match &self.purl {
            Some(purl) => purl.without_version().to_string(),
            None => self.name.known().cloned().unwrap_or_default(),
        }
    }
}

/// What a document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Standard and version.
    pub format: Format,
    /// Who made the document; tools are not among them.
    pub authors: Vec<Party>,
    /// Names of the tools that made it.
    pub tools: BTreeSet<String>,
    /// When, as written.
    pub timestamp: Option<String>,
    /// At which moment of the lifecycle: `pre-build`, `build`.
    pub generation_context: Stated<String>,
    /// Serial number or namespace.
    pub uri: Option<String>,
    /// How many vulnerabilities are inside.
    pub vulnerabilities: usize,
    /// Position of the product in [`Facts::components`].
    pub product: Option<usize>,
    /// The components, the product among them.
    pub components: Vec<ComponentFacts>,
    /// References to components that are not there.
    pub dangling: BTreeSet<String>,
    /// How complete the list of components is.
    pub completeness: Completeness,
    /// What of the input could not be read, one line each.
    pub unread: Vec<String>,
}

impl Facts {
    /// The product, if the document names it.
    #[must_use]
    pub fn product(&self) -> Option<&ComponentFacts> {
        self.components.get(self.product?)
    }

    /// Whether something is known to be missing from the list of components.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        !self.unread.is_empty()
            || !self.dangling.is_empty()
            || matches!(
                self.completeness,
                Completeness::Incomplete | Completeness::Unknown
            )
    }

    /// The same with the entries of one component (one purl, else one name and version) as
    /// one, whatever else they say. Some tools write one entry for each place.
    #[must_use]
    pub fn united(&self) -> Self {
        let mut first: BTreeMap<String, usize> = BTreeMap::new();
        let mut target = Vec::new();
        let mut components: Vec<ComponentFacts> = Vec::new();
        for (position, component) in self.components.iter().enumerate() {
            let identity = match &component.purl {
                Some(purl) => purl.to_string(),
                // What has no name either stays alone.
                None if component.name.known().is_none() => format!("\0{position}"),
                None => format!("\0\0{}", component.label()),
            };
            let at = *first.entry(identity).or_insert(components.len());
            target.push(at);
            match components.get_mut(at) {
                Some(known) => known.unite(component),
                None => components.push(component.clone()),
            }
        }
        for (position, component) in components.iter_mut().enumerate() {
            if let Some(depends_on) = &mut component.depends_on {
                let moved = depends_on
                    .iter()
                    .filter_map(|old| target.get(*old).copied());
                *depends_on = moved.filter(|new| *new != position).collect();
            }
        }
        Self {
            product: self.product.and_then(|old| target.get(old).copied()),
            components,
            ..self.clone()
        }
    }

    /// Positions of the components that stand in some relationship, the product included.
    #[must_use]
    pub fn related(&self) -> BTreeSet<usize> {
        let mut related: BTreeSet<usize> = self.product.into_iter().collect();
        for (position, component) in self.components.iter().enumerate() {
            let depends_on = component.depends_on.iter().flatten();
            for target in depends_on.chain(&component.contains) {
                related.extend([position, *target]);
            }
        }
        related
    }
}
