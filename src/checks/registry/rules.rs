//! The rules of this check and the gaps that it can leave. Each id has a page in
//! `docs/rules/registry/`.

use crate::model::Rule;

/// The recorded origin is not on the list.
pub const UNAPPROVED_ORIGIN: Rule = Rule {
    id: "registry/unapproved-origin",
    title: "Origin is not approved",
    description: "The lockfile fetches this component from an address that the policy does not approve for its ecosystem. Whoever controls that address decides what is built.",
    remedy: "Publish the component to an approved registry and lock it from there, or approve the origin in the policy.",
};

/// The lockfile does not say where the component comes from.
pub const SOURCE_UNKNOWN: Rule = Rule {
    id: "registry/source-unknown",
    title: "Origin is not recorded",
    description: "Registries are approved for this ecosystem, but the lockfile does not say where this component comes from, so it cannot be shown that it comes from one of them.",
    remedy: "Record the origin in the lockfile, or lock with a tool that does.",
};

/// An address without TLS.
pub const PLAIN_HTTP: Rule = Rule {
    id: "registry/plain-http",
    title: "Fetched without TLS",
    description: "The component is fetched over a protocol that neither encrypts nor authenticates, so that anyone on the way can replace it.",
    remedy: "Lock it from an https address.",
};

/// A git dependency without a full commit id.
pub const MUTABLE_GIT_REFERENCE: Rule = Rule {
    id: "registry/mutable-git-reference",
    title: "Git dependency is not pinned to a commit",
    description: "A branch, a tag or a shortened commit id can mean other code tomorrow; only a full commit id pins what was tested.",
    remedy: "Pin the dependency to a full commit id.",
};

/// A dependency from a git repository.
pub const GIT_DEPENDENCY: Rule = Rule {
    id: "registry/git-dependency",
    title: "Dependency comes from a git repository",
    description: "A git dependency bypasses every registry and with it the registry's checksums, yanks, scans and access rules.",
    remedy: "Publish the code to a registry and depend on that release.",
};

/// A dependency from a file at an address.
pub const URL_DEPENDENCY: Rule = Rule {
    id: "registry/url-dependency",
    title: "Dependency comes from a file at an address",
    description: "A file fetched from an address outside a registry can change or vanish, and no registry vouches for it.",
    remedy: "Publish the code to a registry and depend on that release.",
};

/// A dependency from a directory or file beside the project.
pub const PATH_DEPENDENCY: Rule = Rule {
    id: "registry/path-dependency",
    title: "Dependency comes from a path",
    description: "The component is taken from a directory or file that is not part of the product's workspace, so that no registry and no lockfile fixes its content.",
    remedy: "Make it a member of the workspace, or publish it to a registry.",
};

/// No checksum where the format has one.
pub const MISSING_CHECKSUM: Rule = Rule {
    id: "registry/missing-checksum",
    title: "Checksum is missing",
    description: "Lockfiles of this kind record a checksum for such a component, but this entry has none, so that a changed file would not be noticed.",
    remedy: "Write the lockfile anew with its tool and look at why the checksum was absent.",
};

/// Only broken hash functions.
pub const WEAK_CHECKSUM: Rule = Rule {
    id: "registry/weak-checksum",
    title: "Checksum is weak",
    description: "The only checksums are MD5 or SHA-1, for which two different files with one checksum can be made.",
    remedy: "Write the lockfile anew so that it records SHA-256 or SHA-512.",
};

/// Two entries contradict each other.
pub const CHECKSUM_CONFLICT: Rule = Rule {
    id: "registry/checksum-conflict",
    title: "Checksums contradict each other",
    description: "Two lockfile entries name the same package and version with different checksums of one algorithm: they cannot both be the file that the registry serves.",
    remedy: "Find out which entry is right before building, then lock both anew from the approved registry.",
};

/// An internal name that an outside registry serves.
pub const INTERNAL_NAME_OUTSIDE: Rule = Rule {
    id: "registry/internal-name-outside",
    title: "Internal name comes from outside",
    description: "The name is reserved for internal packages, but this entry is not shown to come from an approved internal registry: this is what dependency confusion looks like.",
    remedy: "Lock the name from the internal registry and bind its scope to that registry in the client configuration.",
};

/// Credentials inside an address.
pub const URL_CREDENTIALS: Rule = Rule {
    id: "registry/url-credentials",
    title: "Credentials in a source address",
    description: "The lockfile holds a user, password or token inside an address; everyone who can read the repository can use it.",
    remedy: "Revoke the credential, then lock from an address without it and authenticate through the client's credential store.",
};

/// The package file is another package's.
pub const NAME_MISMATCH: Rule = Rule {
    id: "registry/name-mismatch",
    title: "Package file belongs to another package",
    description: "The address of the package file names another package or version than the lockfile entry: what is installed is not what is declared.",
    remedy: "Write the lockfile anew with its tool and find out who changed the entry.",
};

/// Several registries for one name.
pub const SEVERAL_INDEXES: Rule = Rule {
    id: "registry/several-indexes",
    title: "Several registries serve one name",
    description: "The client asks several registries for every name and takes the best version of any of them, so that whoever publishes an internal name on a public registry decides what is installed (dependency confusion).",
    remedy: "Let the client ask one registry that proxies the others, or bind names to registries.",
};

/// A check of the client is off.
pub const WEAKENED_CLIENT: Rule = Rule {
    id: "registry/weakened-client",
    title: "A check of the client is turned off",
    description: "A setting keeps the client from checking certificates or checksums, or from using the lockfile, so that what is installed may differ from what is locked.",
    remedy: "Remove the setting; let the client trust the authority of a private registry instead.",
};

/// The client takes releases the moment they appear.
pub const NO_COOL_DOWN: Rule = Rule {
    id: "registry/no-cool-down",
    title: "New releases are taken at once",
    description: "The client can wait some days before it takes a new release, and is not told to. Most hostile releases are found and removed within days.",
    remedy: "Configure a minimum age of some days.",
};

/// The lockfile and the manifest do not agree.
pub const STALE_LOCKFILE: Rule = Rule {
    id: "registry/stale-lockfile",
    title: "Lockfile does not hold what its manifest asks for",
    description: "The client refuses such a lockfile or quietly changes it, so what was checked is not what is built.",
    remedy: "Let the client write the lockfile anew, look at what changed, and commit both.",
};

/// A licence that the policy does not list.
pub const LICENCE_NOT_ALLOWED: Rule = Rule {
    id: "registry/licence-not-allowed",
    title: "Licence is not allowed",
    description: "No choice that the component's SPDX expression leaves is on the policy's list of licences.",
    remedy: "Replace the component, or allow the licence in the policy.",
};

/// A licence that nobody knows.
pub const LICENCE_UNKNOWN: Rule = Rule {
    id: "registry/licence-unknown",
    title: "Licence is not known",
    description: "The policy lists the licences that are allowed, and that of this component is not known, or is no SPDX expression.",
    remedy: "Find out the licence; `--read-caches` reads those that package managers keep.",
};

/// A name one slip away from an own one.
pub const LOOK_ALIKE_NAME: Rule = Rule {
    id: "registry/look-alike-name",
    title: "Name looks like one of your own",
    description: "The dependency's name is one letter or separator away from a package of this project or an internal one, as names are that wait for typing mistakes.",
    remedy: "Make sure that this is the package that was meant.",
};

/// Every rule, by id.
pub const RULES: &[Rule] = &[
    CHECKSUM_CONFLICT,
    GIT_DEPENDENCY,
    INTERNAL_NAME_OUTSIDE,
    LICENCE_NOT_ALLOWED,
    LICENCE_UNKNOWN,
    LOOK_ALIKE_NAME,
    MISSING_CHECKSUM,
    MUTABLE_GIT_REFERENCE,
    NAME_MISMATCH,
    NO_COOL_DOWN,
    PATH_DEPENDENCY,
    PLAIN_HTTP,
    SEVERAL_INDEXES,
    SOURCE_UNKNOWN,
    STALE_LOCKFILE,
    UNAPPROVED_ORIGIN,
    URL_CREDENTIALS,
    URL_DEPENDENCY,
    WEAK_CHECKSUM,
    WEAKENED_CLIENT,
];

/// Id of the gap for ecosystems without approved registries.
pub const NO_APPROVED_REGISTRIES: &str = "registry/no-approved-registries";

/// A configuration file that cannot be read.
pub const UNREADABLE_CONFIGURATION: Rule = Rule {
    id: "registry/unreadable-configuration",
    title: "Configuration of a client could not be read",
    description: "A file that tells a client which registries to ask is damaged, too large, or a link, so that where packages come from was not judged in full.",
    remedy: "repair the file, or replace the link by the file itself",
};

/// Configuration that only the client itself can settle.
pub const UNDECIDED_CONFIGURATION: Rule = Rule {
    id: "registry/undecided-configuration",
    title: "Configuration of a client cannot be settled",
    description: "Which of several settings counts, or what one means, depends on the client's version, on a program or on a file that is not there, so that where packages come from was not judged in full.",
    remedy: "say it in one place, plainly",
};

/// Every gap, by id.
pub const GAPS: &[Rule] = &[
    Rule {
        id: NO_APPROVED_REGISTRIES,
        title: "No approved registries are configured",
        description: "Dependencies of this ecosystem were found, but the policy does not say where they may come from, so that their origin was not judged.",
        remedy: "List the approved registries of each ecosystem in the policy; `default` approves the public one.",
    },
    UNDECIDED_CONFIGURATION,
    UNREADABLE_CONFIGURATION,
];
