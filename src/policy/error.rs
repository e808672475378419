//! Why a policy cannot be used.

use super::environments::EnvironmentError;
use crate::model::Hint;

/// What is wrong with a policy, with its line where there is one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Not TOML, or a value of the wrong kind.
    #[error("{source_name}:{line}: {message}")]
    Malformed {
        /// File name or preset name.
        source_name: String,
        /// 1-based line.
        line: usize,
        /// The parser's word.
        message: String,
    },
    /// A key that no policy has.
    #[error("{source_name}:{line}: unknown key `{key}`")]
    UnknownKey {
        /// File name or preset name.
        source_name: String,
        /// 1-based line.
        line: usize,
        /// The key.
        key: String,
        /// The nearest known key.
        nearest: Option<String>,
    },
    /// A rule id or pattern that no check has.
    #[error("{source_name}: no rule has the id `{id}`")]
    UnknownRule {
        /// File name or preset name.
        source_name: String,
        /// The id as written.
        id: String,
        /// The nearest known id.
        nearest: Option<String>,
    },
    /// A `schema` number that this version does not know.
    #[error("{source_name}: policy schema {got} is not known, this version reads schema 1")]
    UnknownSchema {
        /// File name or preset name.
        source_name: String,
        /// The number as written.
        got: u32,
    },
    /// `extends` names something that is no preset.
    #[error("{source_name}: `{name}` is no preset")]
    UnknownPreset {
        /// File name or preset name.
        source_name: String,
        /// The name as written.
        name: String,
    },
    /// A waiver that cannot stand.
    #[error("{source_name}: waiver {number} (`{id}`): {problem}")]
    BadWaiver {
        /// File name or preset name.
        source_name: String,
        /// 1-based position in the file.
        number: usize,
        /// What it waives.
        id: String,
        /// What is wrong with it.
        problem: WaiverProblem,
    },
    /// The roles or environments do not fit together.
    #[error("{source_name}: {source}")]
    Environments {
        /// File name or preset name.
        source_name: String,
        /// What does not fit.
        source: EnvironmentError,
    },
    /// Not valid UTF-8.
    #[error("{source_name}: not valid UTF-8")]
    NotText {
        /// File name.
        source_name: String,
    },
}

/// What is wrong with a waiver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WaiverProblem {
    /// A mandatory text is blank.
    #[error("`{0}` is empty")]
    Empty(&'static str),
    /// The date is not a date.
    #[error("`{0}` is not a date")]
    BadDate(String),
    /// It lasts longer than the policy allows.
    #[error("it expires on {expires}, more than {max_days} days ahead")]
    TooLong {
        /// Last day, `YYYY-MM-DD`.
        expires: String,
        /// The cap in days.
        max_days: u32,
    },
    /// The path covers nothing, however the tree looks.
    #[error("`{0}` is no path below the project")]
    BadPath(String),
    /// A whole rule without a component or a path.
    #[error("a waiver for a rule needs `component` or `path`")]
    TooWide,
}

impl Hint for PolicyError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey { nearest, .. } | Self::UnknownRule { nearest, .. } => nearest
                .as_ref()
                .map(|nearest| format!("did you mean `{nearest}`?")),
            Self::Malformed { .. } | Self::NotText { .. } => {
                Some("docs/policy.md lists every key with its values".to_owned())
            }
            Self::Environments { source, .. } => source.hint(),
            Self::UnknownSchema { .. } => Some("write `schema = 1`".to_owned()),
            Self::UnknownPreset { .. } => Some(format!(
                "the presets are {}",
                super::preset_names()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
            Self::BadWaiver { problem, .. } => Some(match problem {
                WaiverProblem::Empty("path" | "component") => {
                    "name a place, or leave the key out".to_owned()
                }
                WaiverProblem::Empty(_) => "say who answers for it and why".to_owned(),
                WaiverProblem::BadDate(_) => "write it as `expires = \"2026-12-31\"`".to_owned(),
                WaiverProblem::TooLong { max_days, .. } => format!(
                    "choose a day within {max_days} days, or raise `max-days` under `[waivers]`"
                ),
                WaiverProblem::BadPath(_) => {
                    "write it relative to the project, without `./` and `..`; a directory ends in `/`".to_owned()
                }
                WaiverProblem::TooWide => {
                    "name the component or the path that it is about".to_owned()
                }
            }),
        }
    }
}
