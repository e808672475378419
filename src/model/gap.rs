//! What could not be checked.

use super::Location;

/// Something that was not checked. A gap is neither a finding nor an error: the policy
/// says whether the verdict can stand without it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// Stable id, `room/kebab-name`; its page is `docs/rules/<id>.md`.
    pub id: &'static str,
    /// What was not checked and why, one line.
    pub message: String,
    /// The file concerned, if it is one.
    pub location: Option<Location>,
    /// What to do so that it can be checked.
    pub remedy: String,
}
