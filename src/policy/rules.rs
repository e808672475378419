//! The gaps that a policy itself can make: their texts. Their pages are in `docs/rules/`.

use crate::model::Rule;

/// Every gap of this room.
pub const GAPS: &[Rule] = &[STALE_DATABASE, NO_EXPLOIT_DATA, VEX_CONFLICT];

/// Gaps that `*` and `room/*` cannot make less than inconclusive: whoever wants that says it
/// of the gap by its id.
pub const NEVER_BY_WILDCARD: &[&str] = &["advisories/database-damaged"];

/// The policy judges by attacks, and the database knows nothing about them.
pub const NO_EXPLOIT_DATA: Rule = Rule {
    id: "advisories/no-exploit-data",
    title: "Attacks are not known",
    description: "The policy blocks what attackers use or are likely to use, and the advisory database has no source that says what that is.",
    remedy: "import KEV or EPSS as well, or turn the key off in the policy",
};

/// VEX statements that the policy accepts do not agree.
pub const VEX_CONFLICT: Rule = Rule {
    id: "vex/conflicting-statements",
    title: "VEX statements do not agree",
    description: "Statements about one finding say different things, and their times do not tell which one holds. None of them counts.",
    remedy: "have one document say what holds now, with a later time",
};

/// A source of the advisory database is older than the policy allows.
pub const STALE_DATABASE: Rule = Rule {
    id: "advisories/stale-database",
    title: "The advisory database is too old",
    description: "Vulnerabilities published since the newest record of a source were not looked for.",
    remedy: "import a newer copy with `sealgate db import`",
};
