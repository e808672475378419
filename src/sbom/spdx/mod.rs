//! SPDX 2.3 JSON (<https://spdx.github.io/spdx-spec/v2.3/>): written, and read with 2.2;
//! SPDX 3.0.1 JSON-LD (<https://spdx.github.io/spdx-spec/v3.0.1/>): written.
//!
//! What SPDX 2.3 has no field for and is one text is carried as an annotation of
//! `Tool: sealgate` with the comment `NAME=VALUE`: properties under their own name,
//! fields of CycloneDX as `cyclonedx:scope` and so on. Reading takes them back.
//!
//! `creationInfo.created` is required; where the document has no time it is
//! [`NO_TIME`], and the comment beside it says so.

pub(super) mod agents;
pub(super) mod ids;
mod licences;
pub(super) mod package;
mod read;
mod read_package;
mod relations;
mod v3;
pub(super) mod write;

pub(crate) use read::read_document;
pub(crate) use v3::render_v3;
pub(crate) use write::render_v2;

/// The time of a document that has none.
const NO_TIME: &str = "1970-01-01T00:00:00Z";
/// The comment that goes with it.
const NO_TIME_COMMENT: &str = "No time was given: `created` is a placeholder";
/// The annotator of what is carried as an annotation.
const ANNOTATOR: &str = "Tool: sealgate";
/// "Nothing is known", in SPDX.
const NO_ASSERTION: &str = "NOASSERTION";
/// "There is none", in SPDX.
const NONE: &str = "NONE";

/// Hash algorithms as CycloneDX and as SPDX 2.3 spell them, and the length of their
/// value in hex digits.
pub(super) const HASHES: &[(&str, &str, usize)] = &[
    ("MD5", "MD5", 32),
    ("SHA-1", "SHA1", 40),
    ("SHA-256", "SHA256", 64),
    ("SHA-384", "SHA384", 96),
    ("SHA-512", "SHA512", 128),
    ("SHA3-256", "SHA3-256", 64),
    ("SHA3-384", "SHA3-384", 96),
    ("SHA3-512", "SHA3-512", 128),
    ("BLAKE2b-256", "BLAKE2b-256", 64),
    ("BLAKE2b-384", "BLAKE2b-384", 96),
    ("BLAKE2b-512", "BLAKE2b-512", 128),
    ("BLAKE3", "BLAKE3", 64),
];

/// Types of components and the purposes of SPDX 2.3 (section 7.24).
pub(super) const PURPOSES: &[(&str, &str)] = &[
    ("application", "APPLICATION"),
    ("framework", "FRAMEWORK"),
    ("library", "LIBRARY"),
    ("container", "CONTAINER"),
    ("operating-system", "OPERATING-SYSTEM"),
    ("device", "DEVICE"),
    ("firmware", "FIRMWARE"),
    ("source", "SOURCE"),
    ("archive", "ARCHIVE"),
    ("file", "FILE"),
    ("install", "INSTALL"),
    ("other", "OTHER"),
];
