//! What a rule does to the verdict, and the table that says it per rule.

use crate::model::Disposition;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a finding or gap does to the verdict; the order is from hard to mild. There is no
/// level that hides one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The verdict fails.
    Block,
    /// The verdict is inconclusive.
    Inconclusive,
    /// It is shown.
    Report,
}

impl Level {
    /// The disposition of an unwaived finding at this level.
    #[must_use]
    pub fn disposition(self) -> Disposition {
        match self {
            Self::Block => Disposition::Block,
            Self::Inconclusive => Disposition::Inconclusive,
            Self::Report => Disposition::Report,
        }
    }
}

/// Levels by rule id, `room/*` or `*`; the most specific entry decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LevelTable(pub(super) BTreeMap<String, Level>);

impl LevelTable {
    /// The entry that decides for an id, as written, and its level.
    pub(super) fn lookup(&self, id: &str) -> Option<(&str, Level)> {
        let room = id.split_once('/').map_or(id, |(room, _)| room);
        self.entry(id)
            .or_else(|| self.entry(&[room, "/*"].concat()))
            .or_else(|| self.entry("*"))
    }

    fn entry<'a>(&'a self, key: &str) -> Option<(&'a str, Level)> {
        let (key, level) = self.0.get_key_value(key)?;
        Some((key, *level))
    }

    /// Entries of `self` win over those of `base` with the same key.
    pub(super) fn over(mut self, base: Self) -> Self {
        for (key, level) in base.0 {
            self.0.entry(key).or_insert(level);
        }
        self
    }
}
