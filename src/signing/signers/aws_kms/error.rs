//! Why AWS KMS did not sign.

use crate::model::Hint;
use crate::signing::key::KeyId;
use crate::support::aws::CredentialsError;
use crate::support::http::HttpError;

/// One variant per way to fail. What a server says in it is one line, safe to show, and
/// without the caller's credentials.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KmsError {
    /// Not the name of a key.
    #[error("`{text}` names no key in AWS KMS: {reason}")]
    BadReference {
        /// As written, safe to show.
        text: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// Neither the key's name nor the environment says which region.
    #[error("no AWS region is known for the key")]
    NoRegion,
    /// A region that cannot be one.
    #[error("`{got}` is not the name of an AWS region")]
    BadRegion {
        /// As written, safe to show.
        got: String,
    },
    /// A region whose endpoint is not known.
    #[error("the endpoint of KMS in the region `{region}` is not known")]
    NoEndpoint {
        /// The region.
        region: String,
    },
    /// An endpoint without encryption on another machine: whoever is on the way could
    /// answer with a key of their own.
    #[error("the KMS endpoint {address} is not encrypted")]
    PlainEndpoint {
        /// The address.
        address: String,
    },
    /// There are no credentials.
    #[error("{source}")]
    Credentials {
        /// Why not.
        source: CredentialsError,
    },
    /// Credentials that cannot be part of a request.
    #[error("the request to KMS cannot be signed with these AWS credentials")]
    UnusableCredentials,
    /// The address, the proxy or the trusted certificates cannot be used.
    #[error("KMS cannot be asked: {source}")]
    Unusable {
        /// What is wrong.
        source: HttpError,
    },
    /// KMS, or the way to it, did not answer.
    #[error("KMS did not answer `{operation}`: {source}")]
    Unanswered {
        /// What was asked.
        operation: &'static str,
        /// Why there is no answer.
        source: HttpError,
    },
    /// KMS refused.
    #[error("KMS refused `{operation}` with the key `{key}`: {code}{}", because(said.as_deref()))]
    Refused {
        /// What was asked.
        operation: &'static str,
        /// The key that was asked for.
        key: String,
        /// Which refusal it is.
        refusal: Refusal,
        /// KMS's name of it.
        code: String,
        /// KMS's own words.
        said: Option<String>,
    },
    /// Something that is not KMS answered.
    #[error("the answer to `{operation}` is not one of KMS (HTTP {status}){}", because(said.as_deref()))]
    NotKms {
        /// What was asked.
        operation: &'static str,
        /// The status code.
        status: u16,
        /// What it says.
        said: Option<String>,
    },
    /// An answer that cannot be read.
    #[error("KMS's answer to `{operation}` is malformed: {reason}")]
    Malformed {
        /// What was asked.
        operation: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// An answer about another key.
    #[error("KMS answered `{operation}` for the key `{got}`, asked was `{want}`")]
    OtherKey {
        /// What was asked.
        operation: &'static str,
        /// As answered, safe to show.
        got: String,
        /// As asked.
        want: String,
    },
    /// A signature by another algorithm.
    #[error("KMS signed with `{got}`, asked was `{want}`")]
    OtherAlgorithm {
        /// As answered, safe to show.
        got: String,
        /// As asked.
        want: &'static str,
    },
    /// A key of a kind that makes no signatures that are verified here.
    #[error("the key is a `{spec}`, which cannot sign here")]
    UnsupportedSpec {
        /// KMS's name of the kind, safe to show.
        spec: String,
    },
    /// A key for encryption or for MACs.
    #[error("the key is for `{usage}`, not for signatures")]
    NotForSigning {
        /// KMS's name of the use, safe to show.
        usage: String,
    },
    /// The kind of the key and the public key do not fit together.
    #[error("KMS calls the key a `{spec}`, but its public key is for {algorithm}")]
    Contradiction {
        /// KMS's name of the kind.
        spec: String,
        /// The public key's algorithm.
        algorithm: &'static str,
    },
    /// What KMS returned is not a signature of its key over what was to be signed.
    #[error("what KMS returned is not a signature of the key {key} over this digest")]
    WrongSignature {
        /// The key.
        key: KeyId,
    },
}

/// Why KMS refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The caller may not.
    AccessDenied,
    /// There is no such key or alias.
    NotFound,
    /// The key is disabled.
    Disabled,
    /// The key is in a state in which it does not sign.
    InvalidState,
    /// The key is for something else.
    WrongUsage,
    /// The temporary credentials are too old.
    Expired,
    /// The credentials, or the signature with them, are wrong.
    BadCredentials,
    /// Too many requests, also after waiting.
    Throttled,
    /// KMS has a problem of its own, also after waiting.
    Unavailable,
    /// Anything else.
    Other,
}

impl Refusal {
    /// Of KMS's name and the status.
    pub(super) fn of(code: &str, status: u16) -> Self {
        match code {
            "AccessDeniedException" | "AccessDenied" => Self::AccessDenied,
            "NotFoundException" => Self::NotFound,
            "DisabledException" => Self::Disabled,
            "KMSInvalidStateException" => Self::InvalidState,
            "InvalidKeyUsageException" => Self::WrongUsage,
            "ExpiredTokenException" | "ExpiredToken" => Self::Expired,
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "IncompleteSignatureException"
            | "IncompleteSignature"
            | "MissingAuthenticationTokenException"
            | "RequestExpired" => Self::BadCredentials,
            "ThrottlingException"
            | "Throttling"
            | "RequestLimitExceeded"
            | "TooManyRequestsException" => Self::Throttled,
            "KMSInternalException"
            | "KeyUnavailableException"
            | "DependencyTimeoutException"
            | "InternalFailure"
            | "InternalServerError"
            | "ServiceUnavailable"
            | "ServiceUnavailableException" => Self::Unavailable,
            _ if status == 429 => Self::Throttled,
            _ if status >= 500 => Self::Unavailable,
            _ => Self::Other,
        }
    }

    /// Whether the same question may be answered a little later.
    pub(super) fn is_busy(self) -> bool {
        matches!(self, Self::Throttled | Self::Unavailable)
    }

    fn hint(self) -> &'static str {
        match self {
            Self::AccessDenied => {
                "allow `kms:GetPublicKey` and `kms:Sign` for the key to these credentials"
            }
            Self::NotFound => {
                "check the alias or the key's id, the region and the account; an alias is \
                 written `awskms:///alias/NAME`"
            }
            Self::Disabled => "enable the key, or sign with another",
            Self::InvalidState => "look at the key's state: it may be about to be deleted",
            Self::WrongUsage => "make an asymmetric key with the usage SIGN_VERIFY",
            Self::Expired => "get new temporary credentials",
            Self::BadCredentials => "check the AWS credentials and this machine's clock",
            Self::Throttled | Self::Unavailable => "try again later",
            Self::Other => "look at KMS's words",
        }
    }
}

fn because(said: Option<&str>) -> String {
    said.map_or_else(String::new, |said| format!(": {said}"))
}

impl KmsError {
    /// Whether the caller can mend it: the command line, the credentials, the key and its
    /// permissions. Else KMS gave no usable answer.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        match self {
            Self::BadReference { .. }
            | Self::NoRegion
            | Self::BadRegion { .. }
            | Self::NoEndpoint { .. }
            | Self::PlainEndpoint { .. }
            | Self::UnusableCredentials
            | Self::Unusable { .. }
            | Self::UnsupportedSpec { .. }
            | Self::NotForSigning { .. } => true,
            Self::Refused { refusal, .. } => !refusal.is_busy(),
            Self::Credentials { source } => source.is_configuration(),
            Self::Unanswered { .. }
            | Self::NotKms { .. }
            | Self::Malformed { .. }
            | Self::OtherKey { .. }
            | Self::OtherAlgorithm { .. }
            | Self::Contradiction { .. }
            | Self::WrongSignature { .. } => false,
        }
    }
}

impl Hint for KmsError {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::BadReference { .. } => {
                "write `awskms:///alias/NAME`, `awskms:///KEY-ID` or `awskms:///ARN`; with a \
                 server of your own `awskms://HOST:PORT/…`"
            }
            Self::NoRegion => "name the key by its ARN, or set AWS_REGION",
            Self::BadRegion { .. } => "look at AWS_REGION, AWS_DEFAULT_REGION and the profile",
            Self::NoEndpoint { .. } => "name it with --kms-endpoint URL",
            Self::PlainEndpoint { .. } => "name an https address; http is for this machine only",
            Self::Credentials { source } => return source.hint(),
            Self::UnusableCredentials => "check the AWS credentials for stray characters",
            Self::Unanswered {
                source:
                    HttpError::IdleTimeout { .. }
                    | HttpError::OutOfTime { .. }
                    | HttpError::Interrupted { .. },
                ..
            } => "try again, or allow more time with --kms-timeout",
            Self::Unusable { source } | Self::Unanswered { source, .. } => return source.hint(),
            Self::Refused { refusal, .. } => refusal.hint(),
            Self::NotKms { .. } => "check the endpoint: --kms-endpoint, AWS_ENDPOINT_URL_KMS",
            Self::UnsupportedSpec { .. } => {
                "use a key of ECC_NIST_P256, ECC_NIST_P384, RSA_2048, RSA_3072 or RSA_4096"
            }
            Self::NotForSigning { .. } => Refusal::WrongUsage.hint(),
            Self::Malformed { .. }
            | Self::OtherKey { .. }
            | Self::OtherAlgorithm { .. }
            | Self::Contradiction { .. }
            | Self::WrongSignature { .. } => {
                "nothing was written: do not trust this endpoint before you know why"
            }
        };
        Some(text.to_owned())
    }
}
