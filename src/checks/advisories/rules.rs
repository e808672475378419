//! Ids and texts of the findings and gaps of this check.

use crate::model::{AdvisoryClass, Rule};

/// A known vulnerability in a component.
pub const VULNERABILITY: Rule = Rule {
    id: "advisories/vulnerability",
    title: "known vulnerability",
    description: "The component has a published vulnerability in the version that is used. \
                  Attackers read the same advisories.",
    remedy: "upgrade to a version that the advisory names as fixed",
};

/// A component that is itself hostile.
pub const MALICIOUS: Rule = Rule {
    id: "advisories/malicious",
    title: "malicious package",
    description: "The component was published to do harm: installing or building it runs an \
                  attacker's code with the rights of whoever runs the build.",
    remedy: "remove it, and treat every machine and secret that it could reach as compromised",
};

/// A component that nobody maintains.
pub const UNMAINTAINED: Rule = Rule {
    id: "advisories/unmaintained",
    title: "unmaintained package",
    description: "Nobody maintains the component any more: the next vulnerability in it will \
                  not be fixed.",
    remedy: "replace it by a maintained package",
};

/// A component whose safe interface can break memory safety.
pub const UNSOUND: Rule = Rule {
    id: "advisories/unsound",
    title: "unsound package",
    description: "Code that only uses the component's safe interface can break memory safety.",
    remedy: "upgrade to a sound version, or avoid the functions that the advisory names",
};

/// Something worth knowing about a component.
pub const NOTICE: Rule = Rule {
    id: "advisories/notice",
    title: "security notice",
    description: "The advisory database has something to say about the component that is no \
                  vulnerability in it.",
    remedy: "read the notice and decide",
};

/// A record that its source took back.
pub const WITHDRAWN: Rule = Rule {
    id: "advisories/withdrawn",
    title: "withdrawn advisory",
    description: "The only records about the component in this version were withdrawn by their \
                  source: as a duplicate, as wrong, or as no vulnerability.",
    remedy: "nothing; drop waivers that name the record",
};

/// A version that its registry or publisher withdrew.
pub const YANKED: Rule = Rule {
    id: "advisories/yanked",
    title: "withdrawn version",
    description: "The registry or the publisher withdrew the version: who has it locked may keep \
                  it, nobody should choose it any more. The reason may be a bug, a mistake, or a \
                  vulnerability without a record.",
    remedy: "move to a version that is still offered",
};

/// Nothing says whether versions were withdrawn.
pub const YANK_DATA_ABSENT: Rule = Rule {
    id: "advisories/yank-data-absent",
    title: "withdrawals not known",
    description: "Lockfiles do not say whether a registry withdrew a version since they were \
                  written, and nothing else that was read does.",
    remedy: "compare with the registry: its package page shows withdrawn versions",
};

/// There is no database.
pub const NO_DATABASE: Rule = Rule {
    id: "advisories/no-database",
    title: "no advisory database",
    description: "No component was checked against advisories, because no database was imported.",
    remedy: "import one with `sealgate db import --from DIR`",
};

/// The database is there and cannot be used.
pub const DATABASE_DAMAGED: Rule = Rule {
    id: "advisories/database-damaged",
    title: "damaged advisory database",
    description: "The advisory database cannot be read, or its bytes are not those that were \
                  written. What it would have said was not checked.",
    remedy: "import it again with `sealgate db import --from DIR`",
};

/// The database knows nothing about an ecosystem.
pub const ECOSYSTEM_NOT_COVERED: Rule = Rule {
    id: "advisories/ecosystem-not-covered",
    title: "ecosystem not in the database",
    description: "The database holds no record about an ecosystem that the product uses, so \
                  silence about its components means nothing.",
    remedy: "import the advisories of the ecosystem as well",
};

/// A component has no version.
pub const NO_VERSION: Rule = Rule {
    id: "advisories/no-version",
    title: "component without a version",
    description: "Without a version it cannot be said whether an advisory is about the component.",
    remedy: "pin the component to a version",
};

/// A record of the database could not be read.
pub const BAD_RECORD: Rule = Rule {
    id: "advisories/bad-record",
    title: "unreadable advisory",
    description: "A record of the imported sources could not be read. What it says about the \
                  packages that it names was not checked.",
    remedy: "import a repaired copy of the record, or report it to its source",
};

/// The policy wants the database signed, and it is not.
pub const UNTRUSTED_DATABASE: Rule = Rule {
    id: "advisories/untrusted-database",
    title: "database not signed",
    description: "The policy names a key that must have signed the advisory database, and it \
                  has not. Nothing was checked against this database.",
    remedy: "import a database that is signed with the key of `database-key` under [advisories]",
};

/// Every rule of a finding.
pub const RULES: &[Rule] = &[
    VULNERABILITY,
    MALICIOUS,
    UNMAINTAINED,
    UNSOUND,
    NOTICE,
    WITHDRAWN,
    YANKED,
];

/// Every rule of a gap.
pub const GAPS: &[Rule] = &[
    NO_DATABASE,
    DATABASE_DAMAGED,
    UNTRUSTED_DATABASE,
    ECOSYSTEM_NOT_COVERED,
    NO_VERSION,
    BAD_RECORD,
    YANK_DATA_ABSENT,
];

/// The rule of a class.
pub(super) fn rule_of(class: AdvisoryClass) -> &'static Rule {
    match class {
        AdvisoryClass::Vulnerability => &VULNERABILITY,
        AdvisoryClass::Malicious => &MALICIOUS,
        AdvisoryClass::Unmaintained => &UNMAINTAINED,
        AdvisoryClass::Unsound => &UNSOUND,
        AdvisoryClass::Notice => &NOTICE,
        AdvisoryClass::Withdrawn => &WITHDRAWN,
    }
}
