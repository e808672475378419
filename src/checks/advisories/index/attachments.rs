//! What travels in the file of an index and is not part of its content: where the sources
//! came from, and a signature over the root digest.
//!
//! It stands behind the root, with its length and a SHA-256 of its own. So the root digest
//! names the records and nothing else: two mirrors with the same records give the same
//! digest, and a signature does not change what it signs.

use crate::checks::advisories::import::Origin;
use crate::support::hash::sha256_parts;
use serde::{Deserialize, Serialize};

/// Largest attachment, in bytes. A signature is below 10 KB.
pub(super) const MAX_BYTES: u64 = 4 * 1024 * 1024;
/// Length and digest, behind the attachment.
pub(super) const FOOT_BYTES: u64 = 4 + 32;

/// Where the sources came from, and who signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachments {
    /// Sorted. Nothing vouches for it: it is for people.
    pub origins: Vec<SourceOrigin>,
    /// A Sigstore bundle (JSON) about the root digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// An input that records of a source came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceOrigin {
    /// The source, as `db status` names it.
    pub source: String,
    /// Last part of the input's path: no directory of one machine.
    pub name: String,
    /// The commit that the input was taken from, if it tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Where it was fetched from, if an update fetched it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetched: Option<Origin>,
}

impl Attachments {
    /// The bytes behind the root.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Texts and lists always serialise.
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
        let digest = sha256_parts(&[&bytes, &length]);
        bytes.extend_from_slice(&length);
        bytes.extend_from_slice(&digest);
        bytes
    }

    /// Reads the bytes behind the root; `None` where they were changed.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (rest, digest) = bytes.split_last_chunk::<32>()?;
        let (json, length) = rest.split_last_chunk::<4>()?;
        if sha256_parts(&[rest]) != *digest || u32::from_le_bytes(*length) as usize != json.len() {
            return None;
        }
        serde_json::from_slice(json).ok()
    }
}
