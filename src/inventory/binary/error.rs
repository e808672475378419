//! Why the dependencies of a binary are not known.

use crate::model::Hint;
use crate::support::files::FileError;

/// Why the dependencies of a binary are not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BinaryError {
    /// The file cannot be read, or is over the limit.
    #[error(transparent)]
    File(#[from] FileError),
    /// Neither ELF, PE, Mach-O nor wasm.
    #[error("`{name}` is no binary of a kind that is read (ELF, PE, Mach-O, wasm)")]
    NotABinary {
        /// Name of the file.
        name: String,
    },
    /// The binary says nothing of its dependencies.
    #[error(
        "`{name}` records no dependencies: it holds neither the list of `cargo auditable` nor Go's build information"
    )]
    NoRecord {
        /// Name of the file.
        name: String,
    },
    /// Its headers contradict the file.
    #[error("`{name}` is damaged: {reason}")]
    Damaged {
        /// Name of the file.
        name: String,
        /// One line.
        reason: String,
    },
    /// The list of `cargo auditable` is over a limit.
    #[error("the list of `cargo auditable` in `{name}` is larger than the limit of {limit} bytes")]
    ListTooLarge {
        /// Name of the file.
        name: String,
        /// In bytes, unpacked.
        limit: usize,
    },
    /// The list of `cargo auditable` cannot be unpacked.
    #[error("the list of `cargo auditable` in `{name}` cannot be unpacked: {source}")]
    List {
        /// Name of the file.
        name: String,
        /// What is wrong.
        source: std::io::Error,
    },
    /// The list of `cargo auditable` does not follow its schema, has several roots, or
    /// runs in a circle.
    #[error("the list of `cargo auditable` in `{name}` cannot be understood: {source}")]
    ListShape {
        /// Name of the file.
        name: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Go's build information is over a limit.
    #[error("the build information of Go in `{name}` is larger than the limit of {limit} bytes")]
    BuildInfoTooLarge {
        /// Name of the file.
        name: String,
        /// In bytes.
        limit: usize,
    },
    /// Go's build information cannot be understood.
    #[error("the build information of Go in `{name}` cannot be understood: {reason}")]
    BuildInfo {
        /// Name of the file.
        name: String,
        /// One line.
        reason: String,
    },
}

impl Hint for BinaryError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::NotABinary { .. } => Some(
                "name the file that the linker wrote, not a package or a script; an SBOM is \
                 converted by `sealgate sbom convert`"
                    .to_owned(),
            ),
            Self::NoRecord { .. } => Some(
                "build it with `cargo auditable build`, or with Go 1.13 or later in module mode"
                    .to_owned(),
            ),
            _ => Some(
                "build it anew; a packer or a tool that edits binaries may have damaged it"
                    .to_owned(),
            ),
        }
    }
}
