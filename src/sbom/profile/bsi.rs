//! BSI TR-03183-2 "Software Bill of Materials (SBOM)", version 2.1.0, 20 August 2025:
//! section 4 (formats), 5.2 (data fields), 6.1 (licences), 8.1 and 8.2 (explanations,
//! mapping to CycloneDX and SPDX).

use super::{Field, Level, Look, Profile, State, Subject, Unknown, fields};
use crate::sbom::facts::{Completeness, Facts, Family, Stated};

const NEEDS_VALUE: Unknown =
    Unknown::NotAccepted("section 5.2.2 asks for the value and knows no word for \"unknown\"");

/// What BSI asks of a fully described component; logical, identified and referenced
/// components (section 3.2) need less, and a document does not mark them.
pub(super) const BSI_2_1: Profile = Profile {
    id: "bsi-2.1",
    title: "BSI TR-03183-2 Software Bill of Materials, version 2.1.0 (20 August 2025)",
    fields: FIELDS,
    not_checked: "Which components are only logical, identified or referenced (section 3.2) and so need fewer fields is not marked in a document: every one is taken as fully described.",
};

const FIELDS: &[Field] = &[
    Field {
        id: "format",
        title: "CycloneDX 1.6 or later, or SPDX 3.0.1 or later",
        source: "TR-03183-2, section 4",
        level: Level::Required,
        unknown: NEEDS_VALUE,
        look: Look::Document(format),
        in_cyclonedx: "write CycloneDX 1.6: `sealgate sbom convert --to cyclonedx-json@1.6`",
        in_spdx: "write SPDX 3.0.1: `sealgate sbom convert --to spdx-json@3.0.1`",
    },
    Field {
        id: "creator",
        title: "Creator of the SBOM (e-mail address, else URL)",
        source: "TR-03183-2, section 5.2.1",
        level: Level::Required,
        unknown: NEEDS_VALUE,
        look: Look::Document(fields::author_contact),
        in_cyclonedx: "set `metadata.manufacturer.contact[].email`, else `metadata.manufacturer.url`",
        in_spdx: "give the creator's `Person` or `Organization` an external identifier of type `email` or `urlScheme`",
    },
    Field {
        id: "timestamp",
        title: "Timestamp",
        source: "TR-03183-2, section 5.2.1",
        level: Level::Required,
        unknown: NEEDS_VALUE,
        look: Look::Document(fields::timestamp),
        in_cyclonedx: "set `metadata.timestamp`; sealgate writes it from SOURCE_DATE_EPOCH",
        in_spdx: "set `created`; sealgate writes it from SOURCE_DATE_EPOCH",
    },
    Field {
        id: "no-vulnerabilities",
        title: "No vulnerability information inside",
        source: "TR-03183-2, section 3.1",
        level: Level::Required,
        unknown: NEEDS_VALUE,
        look: Look::Document(fields::no_vulnerabilities),
        in_cyclonedx: "move `vulnerabilities` into a VEX or CSAF document beside the SBOM",
        in_spdx: "move the vulnerabilities into a VEX or CSAF document beside the SBOM",
    },
    Field {
        id: "product",
        title: "The primary component, and what it depends on",
        source: "TR-03183-2, section 5.1",
        level: Level::Required,
        unknown: Unknown::Accepted(
            "the completeness has to be indicated, and `unknown` is one of the indications",
        ),
        look: Look::Document(fields::top_level_dependencies),
        in_cyclonedx: "name the product in `metadata.component` and list what it depends on in `dependencies`",
        in_spdx: "name the product as `rootElement` and list what it depends on by `dependsOn` or `contains`",
    },
    Field {
        id: "sbom-uri",
        title: "SBOM-URI",
        source: "TR-03183-2, section 5.2.3 (if it exists)",
        level: Level::Advised,
        unknown: NEEDS_VALUE,
        look: Look::Document(fields::document_uri),
        in_cyclonedx: "set `serialNumber`",
        in_spdx: "set the `spdxId` of the `software_Sbom`",
    },
    Field {
        id: "component-creator",
        title: "Component creator (e-mail address, else URL)",
        source: "TR-03183-2, section 5.2.2",
        level: Level::Required,
        unknown: NEEDS_VALUE,
        look: Look::Component(fields::producer_contact),
        in_cyclonedx: "set `manufacturer.contact[].email` of the component, else `manufacturer.url`; a name alone does not do",
        in_spdx: "set `originatedBy` of the package to an element with an e-mail address or a URL; a name alone does not do",
    },
    Field {
        id: "name",
        title: "Component name",
        source: "TR-03183-2, section 5.2.2",
        level: Level::Required,
        unknown: NEEDS_VALUE,
        look: Look::Component(fields::name),
        in_cyclonedx: "set `name` of the component; where its creator gave none, its file name",
        in_spdx: "set `name` of the package; where its creator gave none, its file name",
    },
    Field {
        id: "version",
        title: "Component version",
        source: "TR-03183-2, section 5.2.2",
        level: Level::Required,
        unknown: NEEDS_VALUE,
        look: Look::Component(fields::version),
        in_cyclonedx: "set `version` of the component; where its creator gave none, the modification date of its file (RFC 3339)",
        in_spdx: "set `software_packageVersion`; where its creator gave none, the modification date of its file (RFC 3339)",
    },
    Field {
        id: "filename",
        title: "Filename of the component",
        source: "TR-03183-2, section 5.2.2",
        level: Level::Required,
        unknown: NEEDS_VALUE,
        look: Look::Component(filename),
        in_cyclonedx: "add the property `bsi:component:filename` with the file's name, without its path",
        in_spdx: "link a `software_File` with that name by `hasDistributionArtifact`",
    },
    Field {
        id: "dependencies",
        title: "Dependencies on other components, and whether they are complete",
        source: "TR-03183-2, section 5.2.2",
        level: Level::Required,
        unknown: Unknown::Accepted(
            "the completeness has to be indicated, and `unknown` is one of the indications",
        ),
        look: Look::Component(dependencies),
        in_cyclonedx: "list the component in `dependencies` (with no `dependsOn` where it has none) and in `compositions[].dependencies` with its `aggregate`",
        in_spdx: "add a `dependsOn` or `contains` relationship with its `completeness`",
    },
    Field {
        id: "distribution-licence",
        title: "Distribution licences (SPDX expression or LicenseRef)",
        source: "TR-03183-2, sections 5.2.2 and 6.1",
        level: Level::Required,
        unknown: Unknown::NotAccepted(
            "section 6.1 asks for a licence identifier; `NOASSERTION` identifies none",
        ),
        look: Look::Component(distribution_licence),
        in_cyclonedx: "set `licenses[].expression` with `acknowledgement: concluded` to an SPDX expression",
        in_spdx: "link a `simpleLicensing_LicenseExpression` by `hasConcludedLicense`",
    },
    Field {
        id: "sha512",
        title: "Hash value of the deployable component (SHA-512)",
        source: "TR-03183-2, section 5.2.2",
        level: Level::Required,
        unknown: NEEDS_VALUE,
        look: Look::Component(sha512),
        in_cyclonedx: "add a SHA-512 to `hashes` of an `externalReferences` entry of type `distribution`; npm's lockfiles hold it, others do not",
        in_spdx: "set `verifiedUsing` of the linked `software_File` to its `sha512`",
    },
    Field {
        id: "executable",
        title: "Executable property",
        source: "TR-03183-2, sections 5.2.2 and 8.1.4",
        level: Level::Required,
        unknown: NEEDS_VALUE,
        look: Look::Component(executable),
        in_cyclonedx: "add the property `bsi:component:executable`: `executable` or `non-executable`",
        in_spdx: "set `software_additionalPurpose` of the linked `software_File`",
    },
    Field {
        id: "archive",
        title: "Archive property",
        source: "TR-03183-2, sections 5.2.2 and 8.1.5",
        level: Level::Required,
        unknown: NEEDS_VALUE,
        look: Look::Component(archive),
        in_cyclonedx: "add the property `bsi:component:archive`: `archive` or `no archive`",
        in_spdx: "set `software_additionalPurpose` of the linked `software_File`",
    },
    Field {
        id: "structured",
        title: "Structured property",
        source: "TR-03183-2, sections 5.2.2 and 8.1.6",
        level: Level::Required,
        unknown: NEEDS_VALUE,
        look: Look::Component(structured),
        in_cyclonedx: "add the property `bsi:component:structured`: `structured` or `unstructured`",
        in_spdx: "set `software_additionalPurpose` of the linked `software_File`",
    },
    Field {
        id: "source-uri",
        title: "Source code URI",
        source: "TR-03183-2, section 5.2.4 (if it exists)",
        level: Level::Advised,
        unknown: NEEDS_VALUE,
        look: Look::Component(source_uri),
        in_cyclonedx: "add an `externalReferences` entry of type `source-distribution` or `vcs`",
        in_spdx: "link the source by a `generates` relationship",
    },
    Field {
        id: "deployable-uri",
        title: "URI of the deployable form of the component",
        source: "TR-03183-2, section 5.2.4 (if it exists)",
        level: Level::Advised,
        unknown: NEEDS_VALUE,
        look: Look::Component(deployable_uri),
        in_cyclonedx: "add an `externalReferences` entry of type `distribution`",
        in_spdx: "set the external reference `binaryArtifact` of the linked `software_File`",
    },
    Field {
        id: "identifier",
        title: "Other unique identifiers",
        source: "TR-03183-2, section 5.2.4 (if they exist)",
        level: Level::Advised,
        unknown: NEEDS_VALUE,
        look: Look::Component(fields::identifier),
        in_cyclonedx: "set `purl`, `cpe` or `swid` of the component",
        in_spdx: "add an external identifier of type `packageUrl` or `cpe23`",
    },
    Field {
        id: "original-licence",
        title: "Original licences",
        source: "TR-03183-2, section 5.2.4 (if they exist)",
        level: Level::Advised,
        unknown: NEEDS_VALUE,
        look: Look::Component(original_licence),
        in_cyclonedx: "add `licenses[]` with `acknowledgement: declared`",
        in_spdx: "link a `simpleLicensing_LicenseExpression` by `hasDeclaredLicense`",
    },
];

fn format(facts: &Facts) -> State {
    match facts.format.family {
        Family::CycloneDx if facts.format.is_at_least(&[1, 6]) => State::Given,
        Family::Spdx if facts.format.is_at_least(&[3, 0, 1]) => State::Given,
        Family::CycloneDx => State::Missing("it is older than CycloneDX 1.6"),
        Family::Spdx => State::Missing("it is older than SPDX 3.0.1"),
        Family::Inventory => State::Missing("it is no SBOM document"),
    }
}

fn filename(subject: Subject<'_>) -> State {
    match subject.component.filename.as_deref() {
        None => State::Missing("no file name"),
        Some(name) if name.contains(['/', '\\']) => State::Missing("the file name is a path"),
        Some(_) => State::Given,
    }
}

fn dependencies(subject: Subject<'_>) -> State {
    let component = subject.component;
    let is_written = component.depends_on.is_some() || !component.contains.is_empty();
    match (is_written, component.completeness) {
        (_, Completeness::Unknown) => State::Unknown,
        (false, _) => State::Missing("what it depends on is not written"),
        (true, Completeness::Unstated) => {
            State::Missing("whether its dependencies are complete is not written")
        }
        (true, Completeness::Complete | Completeness::Incomplete) => State::Given,
    }
}

/// CycloneDX's `concluded` is BSI's distribution licence and `declared` its original one
/// (section 8.2, table 9); a licence that is marked as neither may be either.
fn distribution_licence(subject: Subject<'_>) -> State {
    licence(
        subject,
        "concluded",
        "its licence is not marked as `concluded`",
    )
}

fn original_licence(subject: Subject<'_>) -> State {
    licence(
        subject,
        "declared",
        "its licence is not marked as `declared`",
    )
}

fn licence(subject: Subject<'_>, wanted: &str, other: &'static str) -> State {
    let mut found = State::Missing("no licence");
    for licence in &subject.component.licences {
        let is_wanted = licence.acknowledgement.as_deref() == Some(wanted);
        found = match (&licence.text, is_wanted) {
            (Stated::Missing, _) => continue,
            (Stated::Unknown, _) => State::Unknown,
            (Stated::Known(_), false) => State::Missing(other),
            (Stated::Known(text), true) if licence.is_spdx || is_reference(text) => {
                return State::Given;
            }
            (Stated::Known(_), true) => {
                State::Missing("its licence is neither an SPDX expression nor a LicenseRef")
            }
        };
    }
    found
}

fn is_reference(text: &str) -> bool {
    text.starts_with("LicenseRef-") && text.len() > "LicenseRef-".len()
}

/// The mapping (section 8.2, table 9) has the deployable's hash at its address, since
/// `hashes` of a component may be those of something else.
fn sha512(subject: Subject<'_>) -> State {
    let component = subject.component;
    if component.distribution_hashes.contains_key("sha512") {
        return State::Given;
    }
    State::Missing(
        match (
            component.hashes.contains_key("sha512"),
            component.hashes.is_empty() && component.distribution_hashes.is_empty(),
        ) {
            (true, _) => "its SHA-512 stands in `hashes`, not at a `distribution` address",
            (false, true) => "no hash",
            (false, false) => "its hashes are of other algorithms than SHA-512",
        },
    )
}

fn executable(subject: Subject<'_>) -> State {
    one_of(
        subject.component.executable.as_deref(),
        &["executable", "non-executable"],
    )
}

fn archive(subject: Subject<'_>) -> State {
    one_of(
        subject.component.archive.as_deref(),
        &["archive", "no archive"],
    )
}

fn structured(subject: Subject<'_>) -> State {
    one_of(
        subject.component.structured.as_deref(),
        &["structured", "unstructured"],
    )
}

fn one_of(value: Option<&str>, allowed: &[&str]) -> State {
    match value {
        None => State::Missing("it is not written"),
        Some(value) if allowed.contains(&value) => State::Given,
        Some(_) => State::Missing("its value is not one of the two that are allowed"),
    }
}

fn source_uri(subject: Subject<'_>) -> State {
    match subject.component.source_uri {
        Some(_) => State::Given,
        None => State::Missing("no address of its source"),
    }
}

fn deployable_uri(subject: Subject<'_>) -> State {
    match subject.component.distribution_uri {
        Some(_) => State::Given,
        None => State::Missing("no address of its deployable form"),
    }
}
