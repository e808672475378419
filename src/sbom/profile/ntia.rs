//! The Minimum Elements For a Software Bill of Materials, NTIA, 12 July 2021: section
//! "Data Fields", section "Automation Support", section "Practices and Processes".

use super::{Field, Level, Look, Profile, Unknown, fields};

const NEEDS_VALUE: Unknown = Unknown::NotAccepted(
    "the baseline is what identifies a component; the text knows \"unknown\" for \
     dependencies only, and the SPDX project's conformance checker counts it as missing too",
);

/// The floor under every other profile.
pub(super) const NTIA: Profile = Profile {
    id: "ntia",
    title: "NTIA minimum elements for a Software Bill of Materials (2021)",
    fields: &[
        Field {
            id: "author",
            title: "Author of SBOM Data",
            source: "NTIA 2021, Data Fields",
            level: Level::Required,
            unknown: NEEDS_VALUE,
            // "… or some third-party analysis tool".
            look: Look::Document(fields::author_or_tool),
            in_cyclonedx: "name who made the SBOM in `metadata.authors` or `metadata.manufacturer`, or the tool in `metadata.tools`",
            in_spdx: "add `Organization: NAME`, `Person: NAME` or `Tool: NAME-VERSION` to `creationInfo.creators`",
        },
        Field {
            id: "timestamp",
            title: "Timestamp",
            source: "NTIA 2021, Data Fields",
            level: Level::Required,
            unknown: NEEDS_VALUE,
            look: Look::Document(fields::timestamp),
            in_cyclonedx: "set `metadata.timestamp`; sealgate writes it from SOURCE_DATE_EPOCH",
            in_spdx: "set `creationInfo.created`; sealgate writes it from SOURCE_DATE_EPOCH",
        },
        Field {
            id: "dependency-relationship",
            title: "Dependency Relationship, to the top-level dependencies",
            source: "NTIA 2021, Data Fields; Practices and Processes, Depth",
            level: Level::Required,
            unknown: Unknown::Accepted(
                "\"Known Unknowns\": the author must say so where dependencies are not known",
            ),
            look: Look::Document(fields::top_level_dependencies),
            in_cyclonedx: "name the product in `metadata.component` and list what it depends on in `dependencies`",
            in_spdx: "name the product by a `DESCRIBES` relationship and list what it depends on by `DEPENDS_ON`",
        },
        Field {
            id: "supplier",
            title: "Supplier Name",
            source: "NTIA 2021, Data Fields",
            level: Level::Required,
            unknown: NEEDS_VALUE,
            look: Look::Component(fields::producer),
            in_cyclonedx: "set `supplier.name` (or `manufacturer`, `publisher`, `authors`) of the component",
            in_spdx: "set `supplier` of the package to `Organization: NAME` or `Person: NAME`",
        },
        Field {
            id: "name",
            title: "Component Name",
            source: "NTIA 2021, Data Fields",
            level: Level::Required,
            unknown: NEEDS_VALUE,
            look: Look::Component(fields::name),
            in_cyclonedx: "set `name` of the component",
            in_spdx: "set `name` of the package",
        },
        Field {
            id: "version",
            title: "Version of the Component",
            source: "NTIA 2021, Data Fields",
            level: Level::Required,
            unknown: NEEDS_VALUE,
            look: Look::Component(fields::version),
            in_cyclonedx: "set `version` of the component; for your own product, give its manifest a version",
            in_spdx: "set `versionInfo` of the package; for your own product, give its manifest a version",
        },
        Field {
            id: "identifier",
            title: "Other Unique Identifiers",
            source: "NTIA 2021, Data Fields (\"if they exist\")",
            level: Level::Advised,
            unknown: NEEDS_VALUE,
            look: Look::Component(fields::identifier),
            in_cyclonedx: "set `purl`, `cpe` or `swid` of the component",
            in_spdx: "add an external reference of type `purl` or `cpe23Type` to the package",
        },
        Field {
            id: "relationship",
            title: "Dependency Relationship, of each component",
            source: "NTIA 2021, Data Fields",
            level: Level::Required,
            unknown: Unknown::Accepted(
                "\"Known Unknowns\": the author must say so where dependencies are not known",
            ),
            look: Look::Component(fields::relationship),
            in_cyclonedx: "list the component in `dependencies`, under what depends on it; where that is not known, say so in `compositions`",
            in_spdx: "add a `DEPENDS_ON` or `CONTAINS` relationship to or from the package",
        },
        Field {
            id: "known-unknowns",
            title: "Known Unknowns",
            source: "NTIA 2021, Practices and Processes (absent means incomplete)",
            level: Level::Advised,
            unknown: Unknown::Accepted("to say that it is not known is what is asked for"),
            look: Look::Document(fields::coverage),
            in_cyclonedx: "say in `compositions` whether the list is `complete`, `incomplete` or `unknown`",
            in_spdx: "SPDX 2 has no field for the list as a whole; add relationships to `NOASSERTION` or `NONE` where packages end",
        },
    ],
    not_checked: "How often SBOMs are made, how they are delivered and who may read them does not stand in a document.",
};
