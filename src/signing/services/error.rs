//! Why a service of Sigstore gave nothing that can be used.

use crate::model::Hint;
use crate::signing::error::SigningError;
use crate::support::http::HttpError;
use std::fmt;

/// A service that signing asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Gives identity tokens.
    Identity,
    /// Fulcio.
    Authority,
    /// Rekor.
    Log,
    /// RFC 3161.
    Timestamp,
    /// Has trusted roots.
    Mirror,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "identity provider",
            Self::Authority => "certificate authority",
            Self::Log => "transparency log",
            Self::Timestamp => "timestamp authority",
            Self::Mirror => "mirror of trusted roots",
        })
    }
}

impl Service {
    /// The option that names one.
    fn option(self) -> &'static str {
        match self {
            Self::Identity => "--oidc-issuer",
            Self::Authority => "--fulcio-url",
            Self::Log => "--rekor-url",
            Self::Timestamp => "--timestamp-url",
            Self::Mirror => "--mirror",
        }
    }
}

/// One variant per way to fail. What a server says in it is one line, safe to show, and
/// without the identity token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// A signing configuration that cannot be used.
    #[error("the signing configuration cannot be used: {reason}")]
    BadConfig {
        /// What is wrong.
        reason: String,
    },
    /// Nothing names such a service, and it is needed.
    #[error("no {service} is named{}", because(reason))]
    NoService {
        /// Which one.
        service: Service,
        /// Why it is needed; may be empty.
        reason: String,
    },
    /// An address without encryption on another machine: whoever is on the way could take
    /// the token.
    #[error("the address of the {service}, {address}, is not encrypted")]
    PlainAddress {
        /// Which service.
        service: Service,
        /// Its address.
        address: String,
    },
    /// The address, the proxy or the trusted certificates cannot be used.
    #[error("the services cannot be asked: {source}")]
    Unusable {
        /// What is wrong.
        source: HttpError,
    },
    /// The service, or the way to it, did not answer.
    #[error("the {service} did not answer: {source}")]
    Unanswered {
        /// Which service.
        service: Service,
        /// Why there is no answer.
        source: HttpError,
    },
    /// The service refused: 4xx.
    #[error("the {service} {address} refused (HTTP {status}){}", told(said.as_deref()))]
    Refused {
        /// Which service.
        service: Service,
        /// What was asked.
        address: String,
        /// The status code.
        status: u16,
        /// What it says.
        said: Option<String>,
    },
    /// The service has a problem of its own, also after waiting: 429 or 5xx, or a status
    /// that is neither yes nor no.
    #[error("the {service} {address} is not available (HTTP {status}){}", told(said.as_deref()))]
    Unavailable {
        /// Which service.
        service: Service,
        /// What was asked.
        address: String,
        /// The status code.
        status: u16,
        /// What it says.
        said: Option<String>,
    },
    /// An answer that cannot be read.
    #[error("the answer of the {service} is malformed: {reason}")]
    Malformed {
        /// Which service.
        service: Service,
        /// What is wrong with it.
        reason: String,
    },
    /// A certificate for a key that is not ours.
    #[error("the certificate authority certified another key than the one that was sent")]
    OtherKey,
    /// A certificate for somebody else.
    #[error("the certificate is for {got}, the token is of `{want}`")]
    OtherIdentity {
        /// What the certificate says.
        got: String,
        /// What the token says.
        want: String,
    },
    /// The timestamp's number is not the one that was sent.
    #[error("the timestamp is the answer to another question")]
    OtherNonce,
    /// What came back does not verify: a certificate that is not from the trusted root, a
    /// forged proof, a timestamp of something else.
    #[error("what the services returned does not verify: {source}")]
    Unverified {
        /// The step that failed.
        source: Box<SigningError>,
    },
    /// A key whose signatures such a log entry cannot hold.
    #[error("a signature of {algorithm} over {what} cannot be logged in Rekor {version}")]
    Unloggable {
        /// The key's algorithm.
        algorithm: &'static str,
        /// `a file` or `a statement`.
        what: &'static str,
        /// 1 or 2.
        version: u32,
    },
}

fn because(reason: &str) -> String {
    match reason {
        "" => String::new(),
        reason => format!(": {reason}"),
    }
}

fn told(said: Option<&str>) -> String {
    said.map_or_else(String::new, |said| format!(": {said}"))
}

impl ServiceError {
    /// Whether the caller can mend it: the command line, the configuration, the token. Else
    /// a service gave no usable answer.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        match self {
            Self::BadConfig { .. }
            | Self::NoService { .. }
            | Self::PlainAddress { .. }
            | Self::Unusable { .. }
            | Self::Refused { .. }
            | Self::Unloggable { .. } => true,
            Self::Unanswered { .. }
            | Self::Unavailable { .. }
            | Self::Malformed { .. }
            | Self::OtherKey
            | Self::OtherIdentity { .. }
            | Self::OtherNonce
            | Self::Unverified { .. } => false,
        }
    }
}

impl Hint for ServiceError {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::BadConfig { .. } => {
                "name a file of the media type `…signingconfig.v0.2+json` with --signing-config"
            }
            Self::NoService { service, .. } => {
                return Some(format!(
                    "name one with {} URL or in a --signing-config FILE{}",
                    service.option(),
                    match service {
                        Service::Log => ", or say --without-log",
                        _ => "",
                    }
                ));
            }
            Self::PlainAddress { .. } => "name an https address; http is for this machine only",
            Self::Unanswered {
                source:
                    HttpError::IdleTimeout { .. }
                    | HttpError::OutOfTime { .. }
                    | HttpError::Interrupted { .. },
                ..
            } => "nothing was written: try again, or allow more time with --service-timeout",
            Self::Unusable { source } | Self::Unanswered { source, .. } => return source.hint(),
            Self::Refused {
                service: Service::Authority,
                status: 400 | 401 | 403,
                ..
            } => {
                "check that the authority trusts the token's issuer and audience, and that the \
                 token is still valid"
            }
            Self::Refused { service, .. } => {
                return Some(format!(
                    "check the address ({}) and the service's own words",
                    service.option()
                ));
            }
            Self::Unavailable { .. } => "nothing was written: try again later",
            Self::Unloggable { .. } => {
                "sign with an ECDSA P-256 key, which every log takes, or without a log"
            }
            Self::Unverified { .. } => {
                "nothing was written: name the trusted root of these services with \
                 --trusted-root FILE or --staging; if it is the right one, do not trust them"
            }
            Self::Malformed { .. }
            | Self::OtherKey
            | Self::OtherIdentity { .. }
            | Self::OtherNonce => {
                "nothing was written: do not trust this service before you know why"
            }
        };
        Some(text.to_owned())
    }
}
