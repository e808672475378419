//! Why a key behind PKCS#11 did not sign.

use crate::model::{Hint, terminal_safe};
use crate::signing::key::KeyId;
use crate::support::files::FileError;
use cryptoki::error::{Error as LibraryError, RvError};
use std::path::PathBuf;

/// One variant per way to fail. What a module says in it is safe to show.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Pkcs11Error {
    /// No name of a key.
    #[error("not a name of a PKCS#11 key: {reason}")]
    BadName {
        /// What is wrong with it; no value of it.
        reason: String,
    },
    /// Nothing says which module to load.
    #[error("no PKCS#11 module is named")]
    NoModule,
    /// The module is not there.
    #[error(transparent)]
    File(#[from] FileError),
    /// The module cannot be loaded or does not start.
    #[error("the PKCS#11 module `{}` cannot be used: {reason}", path.display())]
    Module {
        /// The module.
        path: PathBuf,
        /// The system's or its word.
        reason: String,
    },
    /// Not exactly one token is meant.
    #[error("{got} tokens of the module are meant, not one{}", there(found))]
    TokenCount {
        /// How many.
        got: usize,
        /// The labels of those that are there.
        found: Vec<String>,
    },
    /// The token wants a PIN and there is none.
    #[error("the token `{token}` needs a PIN")]
    PinNeeded {
        /// The token's label.
        token: String,
    },
    /// The token does not take the PIN, or none any more.
    #[error("the token `{token}` refuses the PIN: {reason}")]
    PinRefused {
        /// The token's label.
        token: String,
        /// Its word.
        reason: String,
    },
    /// Not exactly one private key is meant.
    #[error("{got} private keys of the token `{token}` are meant, not one")]
    KeyCount {
        /// How many.
        got: usize,
        /// The token's label.
        token: String,
    },
    /// The public key is not beside the private one.
    #[error("the token `{token}` does not have the public key of the private one")]
    NoPublicKey {
        /// The token's label.
        token: String,
    },
    /// A key that signs nothing that anybody verifies.
    #[error("keys of this kind are not supported: {reason}")]
    UnsupportedKey {
        /// Which kind.
        reason: String,
    },
    /// Anything else that the module refuses or fails at.
    #[error("the PKCS#11 module failed: {reason}")]
    Call {
        /// Its word, with the function.
        reason: String,
    },
    /// A signature that does not verify.
    #[error("the token's signature does not verify with the key {key}")]
    WrongSignature {
        /// The public key.
        key: KeyId,
    },
}

impl Pkcs11Error {
    /// Whether something is to be mended here; else the same command may succeed another
    /// time.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        !matches!(self, Self::Call { .. } | Self::WrongSignature { .. })
    }

    pub(super) fn call(error: &LibraryError) -> Self {
        Self::Call {
            reason: said(error),
        }
    }

    /// A login that failed: with the PIN, or otherwise.
    pub(super) fn login(error: &LibraryError, token: &str) -> Self {
        match error {
            LibraryError::Pkcs11(
                RvError::PinIncorrect
                | RvError::PinInvalid
                | RvError::PinLenRange
                | RvError::PinExpired
                | RvError::PinLocked
                | RvError::UserPinNotInitialized,
                _,
            ) => Self::PinRefused {
                token: token.to_owned(),
                reason: said(error),
            },
            other => Self::call(other),
        }
    }
}

/// The library's word. Of the return values it shows whole sentences of the specification,
/// of which the first says it.
pub(super) fn said(error: &LibraryError) -> String {
    let text = match error {
        LibraryError::Pkcs11(value, function) => format!("C_{function:?}: {value:?}"),
        other => other.to_string(),
    };
    terminal_safe(&text).into_owned()
}

fn there(found: &[String]) -> String {
    match found {
        [] => "; none is there".to_owned(),
        labels => format!("; there are `{}`", labels.join("`, `")),
    }
}

impl Hint for Pkcs11Error {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::BadName { .. } => {
                "write it as `pkcs11:token=LABEL;object=LABEL`, values percent-encoded (RFC 7512)"
            }
            Self::NoModule => {
                "name the library of the device's maker with --pkcs11-module FILE, or with \
                 `?module-path=FILE`"
            }
            Self::File(error) => return error.hint(),
            Self::Module { .. } => {
                "check that it is a PKCS#11 library for this machine, and its configuration"
            }
            Self::TokenCount { .. } => "name exactly one with `token=…`, `serial=…` or `slot-id=…`",
            Self::PinNeeded { .. } => {
                "give it with --passphrase-file, --passphrase-fd or SEALGATE_PASSPHRASE"
            }
            Self::PinRefused { .. } => {
                "check where the PIN comes from, before the token locks itself"
            }
            Self::KeyCount { .. } => "name exactly one with `object=…` and `id=…`",
            Self::NoPublicKey { .. } => {
                "store the public key in the token, too, with the same id as the private one"
            }
            Self::UnsupportedKey { .. } => "use ECDSA P-256 or P-384, or RSA from 2048 bits",
            Self::Call { .. } => "check the device; it may demand a PIN for each signature",
            Self::WrongSignature { .. } => {
                "check that the public key in the token belongs to the private one"
            }
        };
        Some(text.to_owned())
    }
}
