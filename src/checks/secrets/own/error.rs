//! Why a rule file of the builder's own is not taken, with its line.

use crate::checks::secrets::shape::ShapeError;
use crate::model::Hint;

/// Why a rule file is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OwnRulesError {
    /// It is no TOML, or a key or its type is not one that rules have.
    #[error("`{file}`:{line}: {message}")]
    Toml {
        /// The file.
        file: String,
        /// 1-based.
        line: usize,
        /// The parser's word.
        message: String,
    },
    /// It has neither or both of `[[token]]` and `[[rules]]`.
    #[error("`{file}` is no rule file: it has to hold either `[[token]]` or `[[rules]]`")]
    Form {
        /// The file.
        file: String,
    },
    /// All files together hold too many rules.
    #[error("`{file}` brings the rules of your own over the limit of {limit}")]
    TooMany {
        /// The file.
        file: String,
        /// The limit.
        limit: usize,
    },
    /// A rule is malformed.
    #[error("`{file}`:{line}: the rule `{id}` is malformed: {fault}")]
    Rule {
        /// The file.
        file: String,
        /// 1-based.
        line: usize,
        /// The rule's id.
        id: String,
        /// What is wrong with it.
        fault: RuleFault,
    },
}

/// What is wrong with a rule.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuleFault {
    /// The id is empty, longer than 100 bytes or holds other characters.
    #[error("an id is letters, digits, `-`, `_` and `.`, at most 100")]
    Id,
    /// Another rule has the id.
    #[error("another rule has this id")]
    Twice,
    /// A text is empty, too long or holds control characters.
    #[error("its texts are not empty, at most 400 bytes and without control characters")]
    Text,
    /// A keyword is too short or too long, or there are too many.
    #[error("a keyword has 2 to 100 bytes (3 or more in `context` and `near`), a rule at most 200")]
    Keywords,
    /// There is no shape.
    #[error("it has no `shapes`")]
    NoShape,
    /// A shape is malformed.
    #[error("shape `{shape}`: {source}")]
    Shape {
        /// The shape.
        shape: String,
        /// What is wrong.
        source: ShapeError,
    },
    /// `words` without `context`.
    #[error("`words` are part of the name that `context` asks for")]
    WordsWithoutContext,
    /// A word of a closed list is none of them.
    #[error("`{field}` is one of {allowed}")]
    Word {
        /// The field.
        field: &'static str,
        /// The list.
        allowed: &'static str,
    },
    /// A regular expression is malformed, too long or too large.
    #[error("{field}: {message}")]
    Regex {
        /// The field.
        field: &'static str,
        /// What is wrong, one line.
        message: String,
    },
    /// `secretGroup` is more than the expression has.
    #[error("`secretGroup` is {group}, the expression has {groups}")]
    NoGroup {
        /// Asked for.
        group: usize,
        /// There are.
        groups: usize,
    },
    /// An allowlist allows nothing.
    #[error("an allowlist without `regexes`, `paths` and `stopwords` allows nothing")]
    EmptyAllowlist,
}

impl Hint for OwnRulesError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Form { .. } => {
                "write `provider` and `[[token]]` as docs/secret-rules.md says, or name a gitleaks configuration".to_owned()
            }
            Self::TooMany { .. } => "leave out rules that the built-in ones cover".to_owned(),
            Self::Toml { .. } | Self::Rule { .. } => {
                "docs/secret-rules.md says what a rule may hold".to_owned()
            }
        })
    }
}
