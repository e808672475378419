//! An SBOM without its format: what CycloneDX and SPDX have in common has a type of its
//! own, the rest is kept as it was read ([`Extra`]), so that it can be written back or be
//! named in a loss report.
//!
//! Words that both formats spell differently are kept as CycloneDX spells them
//! (`SHA-256`, `operating-system`, `vcs`); the SPDX files translate.

pub(crate) mod extra;
mod format;
pub(crate) mod given;
mod inventory;
mod library;
mod read;

pub use format::{CycloneDxVersion, Format, SpdxVersion};
pub use given::{Artifact, Party, SupplierOf};
pub use inventory::DocumentOptions;
pub(crate) use library::library;
pub(crate) use read::detect;
pub use read::{MAX_BYTES, MAX_COMPONENTS, Note, ReadDocument, read};

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Fields that have no type of their own, by their name in the format the document was
/// read from ([`Document::source`]).
pub type Extra = serde_json::Map<String, Value>;

/// An SBOM.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// What it was read from; `None` for one made here.
    pub source: Option<Format>,
    /// Name of the document itself (SPDX); CycloneDX has none.
    pub name: Option<String>,
    /// Revision of the document (CycloneDX `version`), 1 or more.
    pub version: u64,
    /// `urn:uuid:…` or the SPDX namespace. Writers derive one from the content where it
    /// is absent.
    pub identifier: Option<String>,
    /// As written; RFC 3339 where the document is valid.
    pub timestamp: Option<String>,
    /// In which phases of the product's life it was made.
    pub lifecycles: Vec<Lifecycle>,
    /// What made the document.
    pub tools: Tools,
    /// People who made the document.
    pub authors: Vec<Contact>,
    /// Organisation that made the document (CycloneDX 1.6 `metadata.manufacturer`).
    pub manufacturer: Option<Organization>,
    /// Organisation that supplied the product (CycloneDX `metadata.supplier`).
    pub supplier: Option<Organization>,
    /// Licences of the document itself.
    pub licences: Vec<LicenceChoice>,
    /// Properties of the document itself (CycloneDX `metadata.properties`).
    pub properties: Vec<Property>,
    /// The product.
    pub root: Option<DocComponent>,
    /// Its parts, in the order of the document; they may hold parts of their own.
    pub components: Vec<DocComponent>,
    /// Edges, in the order of the document.
    pub dependencies: Vec<Dependency>,
    /// Statements on completeness.
    pub compositions: Vec<Composition>,
    /// Other fields of CycloneDX `metadata`, or of SPDX `creationInfo`.
    pub metadata_extra: Extra,
    /// Other fields at the top level: services, annotations, vulnerabilities, files, ….
    pub extra: Extra,
}

impl Document {
    /// Every component, the product first, nested ones after the one that holds them.
    pub fn all_components(&self) -> impl Iterator<Item = &DocComponent> {
        let mut waiting: Vec<&DocComponent> = self.components.iter().rev().collect();
        waiting.extend(&self.root);
        std::iter::from_fn(move || {
            let next = waiting.pop()?;
            waiting.extend(next.components.iter().rev());
            Some(next)
        })
    }

    /// The edges by reference, united where a reference stands several times.
    #[must_use]
    pub fn edges(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for dependency in &self.dependencies {
            edges
                .entry(&dependency.ref_id)
                .or_default()
                .extend(dependency.depends_on.iter().map(String::as_str));
        }
        edges
    }

    /// The first value of a property of the document.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        property(&self.properties, name)
    }
}

/// A component of an SBOM.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocComponent {
    /// Identity inside the document (`bom-ref`, `SPDXID`); CycloneDX lets it be absent.
    pub ref_id: Option<String>,
    /// CycloneDX `type`: `library`, `application`, `file`, …; SPDX's purposes that
    /// CycloneDX lacks are `source`, `archive`, `install`, `other`. Empty where SPDX says
    /// nothing.
    pub kind: String,
    /// npm scope with its `@`, Maven group, ….
    pub group: Option<String>,
    /// The name without the group.
    pub name: String,
    /// As written.
    pub version: Option<String>,
    /// One line or more.
    pub description: Option<String>,
    /// As written; [`crate::model::Purl::parse`] says whether it is valid.
    pub purl: Option<String>,
    /// CPE 2.2 or 2.3, as written.
    pub cpe: Option<String>,
    /// `required`, `optional` or `excluded`, as CycloneDX means them.
    pub scope: Option<String>,
    /// Hashes of the component's file.
    pub hashes: Vec<Hash>,
    /// Licences; none is "unknown", not "free".
    pub licences: Vec<LicenceChoice>,
    /// As written.
    pub copyright: Option<String>,
    /// Fields of which the document says that they are not known (`NOASSERTION`), by their
    /// names in SPDX 2: `supplier`, `originator`, `licenseDeclared`, `licenseConcluded`.
    pub not_known: BTreeSet<String>,
    /// Who supplied it.
    pub supplier: Option<Organization>,
    /// Who made it.
    pub manufacturer: Option<Organization>,
    /// People who made it.
    pub authors: Vec<Contact>,
    /// Who made it, as one text (CycloneDX up to 1.5).
    pub author: Option<String>,
    /// Who published it.
    pub publisher: Option<String>,
    /// Addresses about it.
    pub external_references: Vec<ExternalReference>,
    /// Where it was seen (CycloneDX `evidence.occurrences`).
    pub occurrences: Vec<Place>,
    /// Other fields of CycloneDX `evidence`.
    pub evidence_extra: Extra,
    /// Names and values.
    pub properties: Vec<Property>,
    /// Parts that are inside it.
    pub components: Vec<DocComponent>,
    /// Everything else: pedigree, swid, model card, ….
    pub extra: Extra,
}

impl DocComponent {
    /// `group/name`, or the name alone.
    #[must_use]
    pub fn full_name(&self) -> String {
        match self.group.as_deref().filter(|group| !group.is_empty()) {
            Some(group) => format!("{group}/{}", self.name),
            None => self.name.clone(),
        }
    }

    /// `group/name@version`: for messages.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.version {
            Some(version) => format!("{}@{version}", self.full_name()),
            None => self.full_name(),
        }
    }

    /// The first value of a property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        property(&self.properties, name)
    }
}

fn property<'p>(properties: &'p [Property], name: &str) -> Option<&'p str> {
    properties
        .iter()
        .find(|property| property.name == name)
        .and_then(|property| property.value.as_deref())
}

/// A phase.
#[derive(Debug, Clone, PartialEq)]
pub enum Lifecycle {
    /// One of CycloneDX's: `pre-build`, `build`, `post-build`, `operations`, ….
    Phase(String),
    /// One of the author's own.
    Named {
        /// Its name.
        name: String,
        /// What it is.
        description: Option<String>,
    },
}

/// What made a document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tools {
    /// As components; `supplier` is the vendor.
    pub components: Vec<DocComponent>,
    /// As services: as they were read.
    pub services: Vec<Value>,
    /// They were read in the form of CycloneDX up to 1.4 (vendor, name, version), and are
    /// written back so.
    pub legacy: bool,
}

/// An organisation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Organization {
    /// Its name.
    pub name: Option<String>,
    /// Its addresses.
    pub urls: Vec<String>,
    /// People there.
    pub contacts: Vec<Contact>,
    /// Postal address, reference, ….
    pub extra: Extra,
}

impl Organization {
    /// One known by its name only.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            ..Self::default()
        }
    }
}

/// A person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Contact {
    /// Their name.
    pub name: Option<String>,
    /// As written.
    pub email: Option<String>,
    /// As written.
    pub phone: Option<String>,
    /// Reference, ….
    pub extra: Extra,
}

impl Contact {
    /// One known by their name only.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            ..Self::default()
        }
    }
}

/// A hash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hash {
    /// As CycloneDX spells it: `SHA-256`.
    pub algorithm: String,
    /// Hex, as written.
    pub value: String,
}

/// What is said of a licence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LicenceText {
    /// An id of the SPDX list.
    Id(String),
    /// Any text.
    Name(String),
    /// An SPDX expression.
    Expression(String),
}

impl LicenceText {
    /// The text, whatever it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Id(text) | Self::Name(text) | Self::Expression(text) => text,
        }
    }
}

/// A licence of a document or component.
#[derive(Debug, Clone, PartialEq)]
pub struct LicenceChoice {
    /// The licence.
    pub text: LicenceText,
    /// `declared` (its author says so) or `concluded` (someone found so).
    pub acknowledgement: Option<String>,
    /// Licence text, address, reference, licensing, ….
    pub extra: Extra,
    /// Fields beside the `license` object itself.
    pub outer_extra: Extra,
}

impl From<LicenceText> for LicenceChoice {
    fn from(text: LicenceText) -> Self {
        Self {
            text,
            acknowledgement: None,
            extra: Extra::new(),
            outer_extra: Extra::new(),
        }
    }
}

/// An address.
#[derive(Debug, Clone, PartialEq)]
pub struct ExternalReference {
    /// As CycloneDX names it: `vcs`, `website`, `distribution`, ….
    pub kind: String,
    /// As written.
    pub url: String,
    /// As written.
    pub comment: Option<String>,
    /// Hashes of what is there.
    pub hashes: Vec<Hash>,
    /// Everything else.
    pub extra: Extra,
}

/// A place where a component was seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Place {
    /// A path, relative for documents made here.
    pub location: String,
    /// 1-based.
    pub line: Option<u64>,
    /// Everything else.
    pub extra: Extra,
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Property {
    /// `sealgate:scope`.
    pub name: String,
    /// CycloneDX lets it be absent.
    pub value: Option<String>,
}

impl Property {
    /// A name and a value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: Some(value.into()),
        }
    }
}

/// What one component depends on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dependency {
    /// The one that depends.
    pub ref_id: String,
    /// Those it depends on, in the order of the document.
    pub depends_on: Vec<String>,
    /// Those that it implements (CycloneDX 1.6 `provides`).
    pub provides: Vec<String>,
    /// Everything else.
    pub extra: Extra,
}

/// A statement on completeness.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Composition {
    /// `complete`, `incomplete`, `unknown`, `not_specified`, ….
    pub aggregate: String,
    /// References of components whose parts are so complete.
    pub assemblies: Vec<String>,
    /// References of components whose edges are so complete.
    pub dependencies: Vec<String>,
    /// Everything else.
    pub extra: Extra,
}
