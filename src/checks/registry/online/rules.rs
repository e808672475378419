//! The rules and gaps of asking a registry. Each id has a page in `docs/rules/registry/`.

use crate::model::Rule;

/// The registry does not have it.
pub const ABSENT: Rule = Rule {
    id: "registry/absent",
    title: "The approved registry does not have it",
    description: "The approved registry was asked and does not serve this name in this version: whatever is installed comes from elsewhere, or the version was removed.",
    remedy: "Find out where the package came from, publish it to the approved registry or lock a version that is there.",
};

/// The policy denies what has no known age.
pub const AGE_DENIED: Rule = Rule {
    id: "registry/age-denied",
    title: "Age is not known, and the policy denies that",
    description: "The policy demands a minimum age and denies versions of which the registry does not say when they were published.",
    remedy: "Take the registry's dates from one that has them, or say in the policy what unknown age means for these names.",
};

/// Another file.
pub const CHECKSUM_MISMATCH: Rule = Rule {
    id: "registry/checksum-mismatch",
    title: "The registry serves another file",
    description: "The approved registry has this version under another checksum than the lockfile: one of them was changed.",
    remedy: "Do not build. Find out which of the two was changed and by whom, then lock anew from the approved registry.",
};

/// Given up by its publisher.
pub const DEPRECATED: Rule = Rule {
    id: "registry/deprecated",
    title: "Deprecated by its publisher",
    description: "The registry says that the publisher advises against this version or gave the package up.",
    remedy: "Move to what the publisher names, or to a version that is not deprecated.",
};

/// The approved registry hands on to others.
pub const ORIGIN_EXTERNAL: Rule = Rule {
    id: "registry/origin-external",
    title: "The approved registry hands on to another server",
    description: "The approved registry itself says that the files come from a server that is not approved, or that an internal name came into it from outside. The lockfile shows nothing of that.",
    remedy: "Let the registry serve the files itself, approve the other server, or find out who published the internal name outside.",
};

/// An internal name that may come in from outside tomorrow.
pub const ORIGIN_OPEN: Rule = Rule {
    id: "registry/origin-open",
    title: "An internal name may come into the registry from outside",
    description: "The approved registry takes versions of this internal name from outside: whoever publishes the name there, with a higher version, decides what the next lock gets.",
    remedy: "Block the outside origin of the name in the registry: EXTERNAL_UPSTREAM of its package group.",
};

/// Younger than the policy wants.
pub const TOO_NEW: Rule = Rule {
    id: "registry/too-new",
    title: "Published too recently",
    description: "The version is younger than the policy's minimum age. Most malicious releases are found and removed within days.",
    remedy: "Lock an older version, wait, or set another age for these names in the policy.",
};

/// One of several checksums is not the registry's.
pub const UNLISTED_CHECKSUM: Rule = Rule {
    id: "registry/unlisted-checksum",
    title: "The registry has no file for a locked checksum",
    description: "The lockfile accepts several files of this version, and the approved registry serves some of them but not all.",
    remedy: "Lock anew from the approved registry; if the checksum stays away, find out who added it.",
};

/// Withdrawn.
pub const YANKED: Rule = Rule {
    id: "registry/yanked",
    title: "Yanked from the registry",
    description: "The registry marks this version as withdrawn: who has it may keep it, nobody should choose it any more.",
    remedy: "Move to a version that is still offered.",
};

/// Every rule, by id.
pub const RULES: &[Rule] = &[
    ABSENT,
    AGE_DENIED,
    CHECKSUM_MISMATCH,
    DEPRECATED,
    ORIGIN_EXTERNAL,
    ORIGIN_OPEN,
    TOO_NEW,
    UNLISTED_CHECKSUM,
    YANKED,
];

/// The registry does not say when a version was published.
pub const AGE_UNKNOWN: Rule = Rule {
    id: "registry/age-unknown",
    title: "Age is not known",
    description: "The policy demands a minimum age, and the registry does not say when the version was published.",
    remedy: "Set `unknown-age` in the policy for these names or this registry: `deny`, `warn` or `allow`.",
};

/// The registry's checksums cannot be compared with the locked ones.
pub const CHECKSUM_UNKNOWN: Rule = Rule {
    id: "registry/checksum-unknown",
    title: "The registry's checksum cannot be compared",
    description: "The lockfile records a checksum, and the registry gives none, or one of another algorithm: that the file is the locked one was not shown.",
    remedy: "Let the registry publish SHA-256 or SHA-512 checksums, or accept this gap in the policy.",
};

/// Nobody was asked.
pub const NOT_ASKED: Rule = Rule {
    id: "registry/not-asked",
    title: "No registry was asked",
    description: "The registry was to be asked about this component, but the policy names no address to ask, the ecosystem has no registry protocol that is known here, or the snapshot has no answer about it.",
    remedy: "Write the address into the policy: `https://host/path/`, or `default=https://host/path/` for the ecosystem's public registry.",
};

/// The snapshot is too old.
pub const STALE_SNAPSHOT: Rule = Rule {
    id: "registry/stale-snapshot",
    title: "The snapshot is too old",
    description: "The answers come from a snapshot that is older than the policy allows, or whose age is not known: what was yanked or removed since is not in it.",
    remedy: "Write a new one with `sealgate registry snapshot`.",
};

/// No answer.
pub const UNREACHABLE: Rule = Rule {
    id: "registry/unreachable",
    title: "The registry gave no answer",
    description: "The approved registry could not be asked, refused access, or answered with something that is no answer. Nothing about these components was proved.",
    remedy: "Make the registry reachable and give sealgate the credentials that the client has, then run again.",
};

/// Every gap, by id.
pub const GAPS: &[Rule] = &[
    AGE_UNKNOWN,
    CHECKSUM_UNKNOWN,
    NOT_ASKED,
    STALE_SNAPSHOT,
    UNREACHABLE,
];
