//! Why a trusted root was not updated.

use crate::model::{Hint, terminal_safe};
use crate::signing::error::SigningError;
use crate::signing::services::ServiceError;
use crate::support::files::FileError;
use crate::support::http::HttpError;
use jiff::Timestamp;
use sigstore_tuf::Error as TufError;
use std::path::PathBuf;

/// One variant per way to fail. Whatever it is, what was there before stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// The mirror's address, a proxy or certificates cannot be used.
    #[error(transparent)]
    Unusable(Box<HttpError>),
    /// The mirror's address would send everything in the clear.
    #[error(transparent)]
    Address(Box<ServiceError>),
    /// The root that everything begins with.
    #[error("the first root cannot be used: {reason}")]
    BadFirstRoot {
        /// What is wrong with it.
        reason: String,
    },
    /// What earlier runs left cannot be used.
    #[error("`{}` cannot be used: {reason}", path.display())]
    BadStore {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another run is updating.
    #[error("another update of `{}` is running", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// A file here cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The mirror gave no complete answer in time, or too large a one.
    #[error(transparent)]
    Unanswered(Box<HttpError>),
    /// The mirror does not have what it must have.
    #[error("the mirror lacks {what}")]
    Missing {
        /// The file.
        what: String,
    },
    /// Older than what was accepted before.
    #[error("rollback: {role} has version {got}, version {trusted} was accepted before")]
    Rollback {
        /// The role, and which other one says so.
        role: String,
        /// The version that was offered.
        got: u64,
        /// The version that was accepted.
        trusted: u64,
    },
    /// A root that does not follow the one before.
    #[error("the root after version {trusted} says that it has version {got}")]
    RootVersion {
        /// The version that was offered.
        got: u64,
        /// The version before.
        trusted: u64,
    },
    /// Not valid any more: the repository was given up, or is held back.
    #[error("{role} expired at {expires}")]
    Expired {
        /// The role.
        role: String,
        /// When.
        expires: Timestamp,
    },
    /// Not signed by enough of the keys.
    #[error("{role} has {got} valid signatures of trusted keys, {want} are needed")]
    Threshold {
        /// The role.
        role: String,
        /// How many.
        got: usize,
        /// How many there must be.
        want: usize,
    },
    /// A length, hash or version is not the one that was signed for.
    #[error("{what}")]
    Mismatch {
        /// Which, and what it is.
        what: String,
    },
    /// Metadata that is none.
    #[error("malformed metadata: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// What was fetched and is signed is no trusted root or signing configuration.
    #[error("`{name}` is signed and cannot be used")]
    BadTarget {
        /// Its name.
        name: &'static str,
        /// Why.
        #[source]
        source: Box<SigningError>,
    },
}

impl UpdateError {
    /// Whether something is to be mended here; else the same command may succeed another
    /// time or with another mirror.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        matches!(
            self,
            Self::Unusable(_)
                | Self::Address(_)
                | Self::BadFirstRoot { .. }
                | Self::BadStore { .. }
                | Self::Busy { .. }
                | Self::File(_)
        )
    }

    /// The library's word about what a mirror gave.
    pub(super) fn of_mirror(error: TufError) -> Self {
        let safe = |text: String| terminal_safe(&text).into_owned();
        match error {
            TufError::Transport { message, source } => {
                let http = source.and_then(|source| source.downcast::<HttpError>().ok());
                match http {
                    Some(error) if error.is_configuration() => Self::Unusable(error),
                    Some(error) => Self::Unanswered(error),
                    None => match message.strip_suffix(" not found") {
                        Some(what) => Self::Missing {
                            what: safe(what.to_owned()),
                        },
                        None => Self::Malformed {
                            reason: safe(message),
                        },
                    },
                }
            }
            TufError::TargetNotFound(name) => Self::Missing {
                what: safe(format!("`{name}`: no trusted role lists it")),
            },
            TufError::Rollback { role, trusted, new } => Self::Rollback {
                role: safe(role),
                got: new,
                trusted,
            },
            TufError::BadRootVersion { trusted, new } => Self::RootVersion { got: new, trusted },
            TufError::Expired { role, expires } => Self::Expired {
                role: safe(role),
                expires,
            },
            TufError::ThresholdNotMet {
                role,
                found,
                threshold,
            } => Self::Threshold {
                role: safe(role),
                got: found,
                want: threshold,
            },
            TufError::IntegrityMismatch(what) => Self::Mismatch { what: safe(what) },
            other => Self::Malformed {
                reason: reason_of(&other),
            },
        }
    }
}

/// An error of the library with its causes, safe to show.
pub(super) fn reason_of(error: &TufError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    terminal_safe(&text).into_owned()
}

impl Hint for UpdateError {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Unusable(error) | Self::Unanswered(error) => return error.hint(),
            Self::Address(error) => return error.hint(),
            Self::File(error) => return error.hint(),
            Self::BadFirstRoot { .. } => {
                "get `root.json` of the repository on a way that is trusted, and name it with \
                 --root"
            }
            Self::BadStore { .. } => {
                "each repository has a directory of its own: name another one with --store; or \
                 remove this one, and with it the knowledge of what was accepted before"
            }
            Self::Busy { .. } => "wait until it has ended",
            Self::Missing { .. } => "check the address of the mirror",
            Self::Rollback { .. } | Self::RootVersion { .. } => {
                "the mirror is stale or lies: name another one with --mirror"
            }
            Self::Expired { role, .. } if role == "root" => {
                "the repository's latest root that can be reached is too old: name another \
                 mirror with --mirror, or get a newer sealgate"
            }
            Self::Expired { .. } => {
                "the mirror is stale or holds newer metadata back: name another one with \
                 --mirror; and check this machine's clock"
            }
            Self::Threshold { .. } | Self::Mismatch { .. } | Self::Malformed { .. } => {
                "the mirror is damaged or lies: name another one with --mirror"
            }
            Self::BadTarget { .. } => "get a newer sealgate, or tell who runs the repository",
        };
        Some(text.to_owned())
    }
}
