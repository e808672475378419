//! Why an image, or what is attached to it, could not be read or written.

use crate::model::{Digest, Hint};
use crate::support::files::FileError;
use crate::support::http::HttpError;
use std::path::PathBuf;

/// One variant per way to fail. Nothing in it is a credential; texts of registries are one line
/// and safe to show.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OciError {
    /// Not a name of an image.
    #[error("`{text}` is no name of an image: {reason}")]
    BadReference {
        /// As written.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not a platform.
    #[error("`{text}` is no platform")]
    BadPlatform {
        /// As written.
        text: String,
    },
    /// A registry was named where the network must not be used.
    #[error("{image} is in a registry, and --offline forbids to ask it")]
    Offline {
        /// The image.
        image: String,
    },
    /// A registry elsewhere was to be asked over http.
    #[error("{host} would be asked without encryption")]
    PlainRegistry {
        /// The host.
        host: String,
    },

    /// The registry, or its token service, gave no complete answer.
    #[error("{what} cannot be {action}: {source}")]
    Unanswered {
        /// The image, blob or service.
        what: String,
        /// `read`, `written`, `asked`.
        action: &'static str,
        /// Why.
        source: HttpError,
    },
    /// 401 or 403.
    #[error("{host} refuses that {what} is {action} (HTTP {status}){}", said(reason.as_deref()))]
    Denied {
        /// The registry or token service.
        host: String,
        /// The image or blob.
        what: String,
        /// `read`, `written`.
        action: &'static str,
        /// The status code.
        status: u16,
        /// What the server says of it.
        reason: Option<String>,
        /// Credentials were sent.
        had_credentials: bool,
    },
    /// No such image, tag or blob.
    #[error("{what} does not exist")]
    NotFound {
        /// The image, tag or blob.
        what: String,
    },
    /// Another status than the specification knows here.
    #[error("{what} cannot be {action}: the registry answers with HTTP {status}{}", said(reason.as_deref()))]
    UnexpectedStatus {
        /// The image or blob.
        what: String,
        /// `read`, `written`.
        action: &'static str,
        /// The status code.
        status: u16,
        /// What the server says of it.
        reason: Option<String>,
    },
    /// The server answers, but not as a registry does.
    #[error("{host} does not answer as a registry does: {reason}")]
    NotARegistry {
        /// The host.
        host: String,
        /// What it does instead.
        reason: String,
    },
    /// It asks for credentials in no way that is known.
    #[error("{host} asks for credentials in a way that is not known: {reason}")]
    BadChallenge {
        /// The registry.
        host: String,
        /// What is wrong.
        reason: String,
    },
    /// The token service's answer holds no token.
    #[error("the token service {service} gave no token: {reason}")]
    NoToken {
        /// Its address.
        service: String,
        /// What is wrong.
        reason: String,
    },
    /// An upload was sent to another host.
    #[error("{host} wants the upload at another host: {to}")]
    UploadElsewhere {
        /// The registry.
        host: String,
        /// The address that it names.
        to: String,
    },

    /// A manifest or index is malformed.
    #[error("{what} is malformed: {reason}")]
    Malformed {
        /// Which one.
        what: String,
        /// How.
        reason: String,
    },
    /// A document of a kind that is no image.
    #[error("{what} is neither a manifest nor an index, but {got}")]
    NotAnImage {
        /// Which one.
        what: String,
        /// What it is.
        got: String,
    },
    /// The bytes are others than those that were asked for.
    #[error("{what} should be {want}, and its bytes are {got}")]
    WrongDigest {
        /// Which manifest or blob.
        what: String,
        /// The digest that was asked for.
        want: Digest,
        /// The digest of what came.
        got: Digest,
        /// They came from a layout, not from a registry.
        in_layout: bool,
    },
    /// The length is another than the descriptor says.
    #[error("{what} should have {want} bytes, and has {got}")]
    WrongSize {
        /// Which manifest or blob.
        what: String,
        /// The length that the descriptor names.
        want: u64,
        /// The length of what came.
        got: u64,
        /// They came from a layout, not from a registry.
        in_layout: bool,
    },
    /// Larger than is read.
    #[error("{what} is larger than the limit of {limit} bytes")]
    TooLarge {
        /// Which manifest or blob.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// More than is looked at.
    #[error("{what}")]
    TooMany {
        /// What has more than how many of what.
        what: String,
    },
    /// Indexes lie too deeply inside one another.
    #[error("{what} lies deeper than {limit} indexes")]
    TooDeep {
        /// The layout or image.
        what: String,
        /// The limit.
        limit: usize,
    },
    /// No image of the index runs on the platform.
    #[error("{what} has no image for {platform}{}", having(available))]
    NoPlatform {
        /// The image.
        what: String,
        /// What was asked for.
        platform: String,
        /// What there is.
        available: Vec<String>,
    },
    /// Several images fit what was asked for.
    #[error("{what}: {count} images are meant")]
    Ambiguous {
        /// The layout, index or tag.
        what: String,
        /// How many.
        count: usize,
    },

    /// A directory that is no OCI layout, or a damaged one.
    #[error("`{}` is no usable OCI layout: {reason}", path.display())]
    BadLayout {
        /// The directory or the file in it.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),

    /// The file of credentials cannot be used.
    #[error("the credentials in `{}` cannot be used: {reason}", path.display())]
    BadCredentials {
        /// The file.
        path: PathBuf,
        /// What is wrong; nothing of its content.
        reason: String,
    },
    /// A credential helper does not help.
    #[error("the credential helper `{program}` gave nothing usable for {host}: {reason}")]
    Helper {
        /// `docker-credential-…`.
        program: String,
        /// The registry.
        host: String,
        /// What is wrong; nothing of its output.
        reason: String,
    },

    /// What was attached is not listed afterwards.
    #[error("{what} was written, but the registry does not list it: {reason}")]
    NotListed {
        /// The image.
        what: String,
        /// What happened.
        reason: String,
    },
    /// A referrer that is about another image.
    #[error("{what} is listed for this image, but it is about {got}")]
    OtherSubject {
        /// The referrer.
        what: String,
        /// What it is about.
        got: String,
    },
    /// A referrer that should hold a bundle and does not.
    #[error("{what} holds no bundle: {reason}")]
    NoBundle {
        /// The referrer.
        what: String,
        /// What is wrong.
        reason: String,
    },
}

fn said(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

fn having(available: &[String]) -> String {
    match available {
        [] => String::new(),
        some => format!("; it has {}", some.join(", ")),
    }
}

impl OciError {
    /// Whether the registry gave no usable answer, so that the same command may succeed another
    /// time; else what was typed or is on this machine has to be mended.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        match self {
            Self::Unanswered { source, .. } => !source.is_configuration(),
            Self::WrongDigest { in_layout, .. } | Self::WrongSize { in_layout, .. } => !in_layout,
            Self::UnexpectedStatus { .. }
            | Self::NotARegistry { .. }
            | Self::BadChallenge { .. }
            | Self::NoToken { .. }
            | Self::UploadElsewhere { .. }
            | Self::NotListed { .. } => true,
            _ => false,
        }
    }

    /// Whether bytes were read and are not those that a digest stands for.
    #[must_use]
    pub fn is_forged(&self) -> bool {
        matches!(
            self,
            Self::WrongDigest {
                in_layout: true,
                ..
            } | Self::WrongSize {
                in_layout: true,
                ..
            }
        )
    }
}

impl Hint for OciError {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::BadReference { .. } => {
                "write oci://HOST/REPOSITORY@sha256:…, oci://HOST/REPOSITORY:TAG, or \
                 oci-layout:DIRECTORY:TAG"
            }
            Self::BadPlatform { .. } => "write OS/ARCHITECTURE, such as linux/amd64",
            Self::Offline { .. } => {
                "copy the image with what is attached to it into an OCI layout, and name \
                 oci-layout:DIRECTORY@sha256:…"
            }
            Self::PlainRegistry { .. } => "only registries on this machine are asked over http",
            Self::Unanswered { source, .. } => return source.hint(),
            Self::Denied {
                had_credentials: true,
                ..
            } => "these credentials do not have the right: check user and token (docker login)",
            Self::Denied { .. } => {
                "log in: docker login HOST, or podman login HOST; DOCKER_CONFIG and \
                 REGISTRY_AUTH_FILE count"
            }
            Self::NotFound { .. } => "check the name, the tag and the digest",
            Self::NotARegistry { .. } => {
                "check host and port; a proxy or a login page may be in the way"
            }
            Self::BadChallenge { .. } | Self::NoToken { .. } => {
                "the registry is set up wrongly, or something in between changes its answers"
            }
            Self::UploadElsewhere { .. } => {
                "the registry names an address that is not its own: mend its external URL"
            }
            Self::WrongDigest { .. } | Self::WrongSize { .. } => {
                "do not use it: it is damaged, or was changed"
            }
            Self::NoPlatform { .. } => "name a platform that it has with --platform",
            Self::Ambiguous { .. } => "name one by its digest",
            Self::BadLayout { .. } => {
                "name a directory with `oci-layout` and `index.json`, such as \
                 `docker buildx build --output type=oci,tar=false,dest=DIRECTORY` writes"
            }
            Self::BadCredentials { .. } => "mend the file, or log in again",
            Self::Helper { .. } => "check that the helper is in PATH and logged in",
            Self::NotListed { .. } => "try again; another client may have written at the same time",
            Self::File(error) => return error.hint(),
            Self::UnexpectedStatus { .. }
            | Self::Malformed { .. }
            | Self::NotAnImage { .. }
            | Self::TooLarge { .. }
            | Self::TooMany { .. }
            | Self::TooDeep { .. }
            | Self::OtherSubject { .. }
            | Self::NoBundle { .. } => return None,
        };
        Some(text.to_owned())
    }
}
