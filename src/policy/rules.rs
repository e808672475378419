//! The gap that a policy itself can make: its text. Its page is in `docs/rules/`.

use crate::model::Rule;

/// Every gap of this room.
pub const GAPS: &[Rule] = &[STALE_DATABASE];

/// A source of the advisory database is older than the policy allows.
pub const STALE_DATABASE: Rule = Rule {
    id: "advisories/stale-database",
    title: "The advisory database is too old",
    description: "Vulnerabilities published since the newest record of a source were not looked for.",
    remedy: "import a newer copy with `sealgate db import`",
};
