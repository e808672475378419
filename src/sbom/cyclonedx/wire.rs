//! The document's own shape: the order of fields here is the order of the output.

use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bom {
    #[serde(rename = "$schema")]
    pub schema: &'static str,
    pub bom_format: &'static str,
    pub spec_version: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub serial_number: String,
    pub version: u32,
    pub metadata: Metadata,
    pub components: Vec<WireComponent>,
    pub dependencies: Vec<Dependency>,
    pub compositions: Vec<Composition>,
}

#[derive(Debug, Serialize)]
pub struct Metadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    pub lifecycles: Vec<Lifecycle>,
    pub tools: Tools,
    pub component: WireComponent,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
}

#[derive(Debug, Serialize)]
pub struct Lifecycle {
    pub phase: &'static str,
}

#[derive(Debug, Serialize)]
pub struct Tools {
    pub components: Vec<ToolComponent>,
}

#[derive(Debug, Serialize)]
pub struct ToolComponent {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub name: &'static str,
    pub version: String,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireComponent {
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(rename = "bom-ref")]
    pub bom_ref: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<LicenceChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub external_references: Vec<ExternalReference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Property>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Hash {
    pub alg: &'static str,
    pub content: String,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum LicenceChoice {
    Licence { license: License },
    Expression { expression: String },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum License {
    Id(String),
    Name(String),
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ExternalReference {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hashes: Vec<Hash>,
}

#[derive(Debug, Serialize)]
pub struct Evidence {
    pub occurrences: Vec<Place>,
}

#[derive(Debug, Serialize)]
pub struct Place {
    pub location: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Property {
    pub name: String,
    pub value: String,
}

impl Property {
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Dependency {
    #[serde(rename = "ref")]
    pub reference: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Composition {
    pub aggregate: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub assemblies: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<String>,
}

impl Composition {
    pub fn of_assemblies(aggregate: &'static str, assemblies: Vec<String>) -> Self {
        Self {
            aggregate,
            assemblies,
            dependencies: Vec::new(),
        }
    }

    pub fn of_dependencies(aggregate: &'static str, dependencies: Vec<String>) -> Self {
        Self {
            aggregate,
            assemblies: Vec::new(),
            dependencies,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.assemblies.is_empty() && self.dependencies.is_empty()
    }
}
