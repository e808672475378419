//! What can be wrong with the options and the settings file.

use super::config::known_ecosystems;
use super::source::Kind;
use crate::model::{Ecosystem, Hint, nearest};
use crate::support::http::HttpError;

/// What is wrong with the settings, with its place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Not valid UTF-8.
    #[error("{file}: not valid UTF-8")]
    NotText {
        /// The file as named.
        file: String,
    },
    /// Not TOML, or a value of the wrong kind.
    #[error("{file}:{line}: {message}")]
    Malformed {
        /// The file as named.
        file: String,
        /// 1-based line.
        line: usize,
        /// The parser's word.
        message: String,
    },
    /// A key that the file cannot have.
    #[error("{file}:{line}: unknown key `{key}`")]
    UnknownKey {
        /// The file as named.
        file: String,
        /// 1-based line.
        line: usize,
        /// The key.
        key: String,
        /// The nearest known key.
        nearest: Option<String>,
    },
    /// A `schema` number that this version does not know.
    #[error("{file}: schema {got} is not known, this version reads schema 1")]
    UnknownSchema {
        /// The file as named.
        file: String,
        /// The number as written.
        got: u32,
    },
    /// `--source` without `=`, or with an empty side.
    #[error("{place}: it is not KIND=MIRROR")]
    NotASource {
        /// The option as written.
        place: String,
    },
    /// Something that no source can be.
    #[error("{place}: `{kind}` is no kind of source")]
    UnknownKind {
        /// Where.
        place: String,
        /// As written.
        kind: String,
    },
    /// An ecosystem that no advisory can be about.
    #[error("{place}: `{name}` is no ecosystem that sealgate knows")]
    UnknownEcosystem {
        /// Where.
        place: String,
        /// As written.
        name: String,
    },
    /// One kind of source twice.
    #[error("{place}: there is another source `{name}`")]
    Twice {
        /// Where.
        place: String,
        /// Kind, or kind and name.
        name: String,
    },
    /// A source without a mirror.
    #[error("{place}: it names no mirror")]
    NoMirror {
        /// Where.
        place: String,
    },
    /// A mirror that cannot be used.
    #[error("{place}: {source}")]
    Mirror {
        /// Where.
        place: String,
        /// Why.
        source: HttpError,
    },
    /// A key that belongs to another kind of source.
    #[error("{place}: `{key}` is only for a source of the kind `{kind}`")]
    Misplaced {
        /// Where.
        place: String,
        /// The key.
        key: &'static str,
        /// The kind that has it.
        kind: &'static str,
    },
    /// The name of a private source that is no plain word.
    #[error("{place}: the name `{name}` has something other than letters, digits, `-` and `_`")]
    BadName {
        /// Where.
        place: String,
        /// As written.
        name: String,
    },
    /// A limit that cannot be.
    #[error("{file}: `{key}` must be more than 0 and at most {most}")]
    BadLimit {
        /// The file as named.
        file: String,
        /// The key.
        key: &'static str,
        /// The largest value.
        most: f64,
    },
}

impl Hint for ConfigError {
    fn hint(&self) -> Option<String> {
        let did_you_mean =
            |word: &Option<String>| word.as_ref().map(|word| format!("did you mean `{word}`?"));
        match self {
            Self::UnknownKey { nearest, .. } => did_you_mean(nearest),
            Self::NotASource { .. } => {
                Some("write it as osv=https://mirror.example/osv or kev=FILE".to_owned())
            }
            Self::UnknownKind { kind, .. } => {
                let names = Kind::ALL.map(Kind::name);
                did_you_mean(&nearest(kind, names).map(str::to_owned))
                    .or_else(|| Some(format!("the kinds are {}", names.join(", "))))
            }
            Self::UnknownEcosystem { name, .. } => {
                let names = known_ecosystems().map(Ecosystem::osv_name);
                did_you_mean(&nearest(name, names).map(str::to_owned)).or_else(|| {
                    let names: Vec<_> = known_ecosystems().map(Ecosystem::osv_name).collect();
                    Some(format!("the ecosystems are {}", names.join(", ")))
                })
            }
            Self::Twice { .. } => Some(
                "write the mirrors of one source in one list; private sources need names of \
                 their own"
                    .to_owned(),
            ),
            Self::NoMirror { .. } => Some("name an address or a path".to_owned()),
            Self::Mirror { source, .. } => source.hint(),
            Self::UnknownSchema { .. } => Some("write `schema = 1`".to_owned()),
            Self::Malformed { .. } | Self::NotText { .. } => {
                Some("docs/advisories.md lists every key with its values".to_owned())
            }
            Self::Misplaced { .. } => Some("leave it out".to_owned()),
            Self::BadName { .. } => Some("write it as `name = \"in-house\"`".to_owned()),
            Self::BadLimit { .. } => None,
        }
    }
}
