//! Regulation (EU) 2024/2847 (Cyber Resilience Act), Annex I, Part II, point (1): a
//! software bill of materials "in a commonly used and machine-readable format covering at
//! the very least the top-level dependencies of the products".

use super::{Field, Level, Look, Profile, Unknown, fields};

const SILENT: Unknown =
    Unknown::Accepted("the text asks for components to be documented and is silent on the rest");
const NEEDS_VALUE: Unknown =
    Unknown::NotAccepted("a product or component without a name is not documented");

/// What the law itself asks for; a harmonised standard may ask for more.
pub(super) const CRA: Profile = Profile {
    id: "cra",
    title: "EU Cyber Resilience Act (2024/2847), Annex I, Part II (1)",
    fields: &[
        Field {
            id: "format",
            title: "A commonly used and machine-readable format",
            source: "CRA, Annex I, Part II (1)",
            level: Level::Required,
            unknown: NEEDS_VALUE,
            look: Look::Document(fields::machine_readable),
            in_cyclonedx: "write the SBOM with `sealgate sbom generate`",
            in_spdx: "write the SBOM with `sealgate sbom generate`",
        },
        Field {
            id: "product",
            title: "The product with digital elements",
            source: "CRA, Annex I, Part II (1)",
            level: Level::Required,
            unknown: NEEDS_VALUE,
            look: Look::Document(fields::product),
            in_cyclonedx: "name the product in `metadata.component`",
            in_spdx: "name the product by a `DESCRIBES` relationship",
        },
        Field {
            id: "top-level-dependencies",
            title: "At the very least its top-level dependencies",
            source: "CRA, Annex I, Part II (1)",
            level: Level::Required,
            unknown: Unknown::NotAccepted("to cover them is the one thing that the text demands"),
            look: Look::Document(fields::top_level_dependencies),
            in_cyclonedx: "list what the product depends on in `dependencies`, each as a component",
            in_spdx: "list what the product depends on by `DEPENDS_ON`, each as a package",
        },
        Field {
            id: "name",
            title: "Components are documented: name",
            source: "CRA, Annex I, Part II (1)",
            level: Level::Required,
            unknown: NEEDS_VALUE,
            look: Look::Component(fields::name),
            in_cyclonedx: "set `name` of the component",
            in_spdx: "set `name` of the package",
        },
        Field {
            id: "version",
            title: "Version, to tell whether a vulnerability applies",
            source: "CRA, Annex I, Part II (1) and (2): vulnerabilities are identified",
            level: Level::Advised,
            unknown: SILENT,
            look: Look::Component(fields::version),
            in_cyclonedx: "set `version` of the component",
            in_spdx: "set `versionInfo` of the package",
        },
        Field {
            id: "identifier",
            title: "Identifier, to look vulnerabilities up",
            source: "CRA, Annex I, Part II (1) and (2): vulnerabilities are identified",
            level: Level::Advised,
            unknown: SILENT,
            look: Look::Component(fields::identifier),
            in_cyclonedx: "set `purl` or `cpe` of the component",
            in_spdx: "add an external reference of type `purl` or `cpe23Type` to the package",
        },
    ],
    not_checked: "The Commission may specify format and elements by implementing acts (Article 13(24)); none is applied here.",
};
