//! The gap that reading VEX can make. Its page is in `docs/rules/`.

use crate::model::Rule;

/// Every gap of this room.
pub const GAPS: &[Rule] = &[UNUSABLE_STATEMENT];

/// A statement that cannot be used.
pub const UNUSABLE_STATEMENT: Rule = Rule {
    id: "vex/unusable-statement",
    title: "VEX statement that cannot be used",
    description: "A statement of a VEX document has no status that is known, names no product \
                  by purl, or lacks the reason that `not_affected` needs. It counts for nothing.",
    remedy: "have the author of the document repair the statement",
};
