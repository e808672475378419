//! Why a policy cannot be used.

use super::environments::EnvironmentError;
use crate::model::{Hint, VexJustification};

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
    /// A VEX document that cannot be meant.
    #[error("{source_name}: `[[advisories.vex-document]]` {number}: {reason}")]
    BadVexDocument {
        /// File name or preset name.
        source_name: String,
        /// 1-based position in the file.
        number: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A minimum age without a name, a registry or an ecosystem.
    #[error("{source_name}: `[[registry.age]]` {number} fits everything")]
    AgeForEverything {
        /// File name or preset name.
        source_name: String,
        /// 1-based position in the file.
        number: usize,
    },
    /// An approver without a name.
    #[error("{source_name}: entry {number} of `approvers` under [registry] is blank")]
    BlankApprover {
        /// File name or preset name.
        source_name: String,
        /// 1-based position in the list.
        number: usize,
    },
    /// An age for a source that cannot exist.
    #[error("{source_name}: `{name}` under [advisories.max-age] is no source")]
    UnknownSource {
        /// File name or preset name.
        source_name: String,
        /// As written.
        name: String,
        /// The nearest name that a source can have.
        nearest: Option<String>,
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
    /// The component starts as a purl and is none.
    #[error("`{text}` is no package URL: {reason}")]
    BadPurl {
        /// As written.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The versions are no range.
    #[error("`versions = \"{text}\"` {reason}")]
    BadVersions {
        /// As written.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The justification is no label of OpenVEX.
    #[error("`{0}` is no justification")]
    BadJustification(String),
    /// A justification for being affected.
    #[error("`{0}` says that the product is not affected, `status` that it is")]
    JustifiedButAffected(&'static str),
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
            Self::UnknownSource {
                nearest: Some(nearest),
                ..
            } => Some(format!("did you mean `{nearest}`?")),
            Self::UnknownSource { .. } => {
                Some("`sealgate db status` lists the sources".to_owned())
            }
            Self::AgeForEverything { .. } => Some(
                "give it `names`, `registry` or `ecosystem`, or write `minimum-age-days` under [registry]".to_owned(),
            ),
            Self::BlankApprover { .. } => {
                Some("write an address or a name of who may approve packages".to_owned())
            }
            Self::BadVexDocument { .. } => Some(
                "write `file` as a name beside the policy and `sha256` as 64 hex digits".to_owned(),
            ),
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
                WaiverProblem::BadPurl { .. } => {
                    "write it as reports show it, or give the name alone".to_owned()
                }
                WaiverProblem::BadVersions { .. } => {
                    "write bounds as `>=1.0.0, <2.0.0`, with `<`, `<=`, `=`, `>=` and `>`".to_owned()
                }
                WaiverProblem::BadJustification(_) => format!(
                    "the justifications are {}",
                    VexJustification::ALL
                        .map(|known| format!("`{}`", known.as_str()))
                        .join(", ")
                ),
                WaiverProblem::JustifiedButAffected(_) => {
                    "leave one of them out".to_owned()
                }
            }),
        }
    }
}
