//! Hashes of bytes.

use base64::Engine as _;
use std::fmt;

/// A hash function that a lockfile, an SBOM or a statement may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DigestAlgorithm {
    /// Broken; read, never trusted.
    Md5,
    /// Broken; read, never trusted.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl DigestAlgorithm {
    const ALL: [Self; 5] = [
        Self::Md5,
        Self::Sha1,
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
    ];

    /// The name in in-toto digest sets and SRI strings: `sha256`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Length of the digest in bytes.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Whether finding a second input with the same digest is out of reach today.
    #[must_use]
    pub fn is_strong(self) -> bool {
        !matches!(self, Self::Md5 | Self::Sha1)
    }

    /// The algorithm of a name such as `sha256` or `SHA-256`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let plain: String = name
            .chars()
            .filter(|c| *c != '-')
            .map(|c| c.to_ascii_lowercase())
            .collect();
        Self::ALL.into_iter().find(|a| a.as_str() == plain)
    }
}

/// Why a digest could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// The name before the value is not one we know.
    #[error("unknown hash algorithm `{0}`")]
    UnknownAlgorithm(String),
    /// The value is not hex or base64.
    #[error("`{0}` is not a valid {1} value")]
    BadEncoding(String, &'static str),
    /// The value has another length than its algorithm gives.
    #[error("a {algorithm} digest has {want} bytes, this one has {got}")]
    WrongLength {
        /// The algorithm named.
        algorithm: &'static str,
        /// Bytes that it gives.
        want: usize,
        /// Bytes that were there.
        got: usize,
    },
}

/// A digest whose length fits its algorithm.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: DigestAlgorithm,
    bytes: Vec<u8>,
}

impl Digest {
    /// A digest from raw bytes.
    ///
    /// # Errors
    /// [`DigestError::WrongLength`].
    pub fn new(algorithm: DigestAlgorithm, bytes: Vec<u8>) -> Result<Self, DigestError> {
        if bytes.len() != algorithm.size() {
            return Err(DigestError::WrongLength {
                algorithm: algorithm.as_str(),
                want: algorithm.size(),
                got: bytes.len(),
            });
        }
        Ok(Self { algorithm, bytes })
    }

    /// A digest from lower- or upper-case hex.
    ///
    /// # Errors
    /// [`DigestError::BadEncoding`] or [`DigestError::WrongLength`].
    pub fn from_hex(algorithm: DigestAlgorithm, text: &str) -> Result<Self, DigestError> {
        let mut bytes = vec![0; algorithm.size()];
        // `hex::decode` gathers byte by byte, which takes twice as many instructions.
        match hex::decode_to_slice(text, &mut bytes) {
            Ok(()) => Ok(Self { algorithm, bytes }),
            Err(_) => Self::new(
                algorithm,
                hex::decode(text).map_err(|_| DigestError::BadEncoding(text.to_owned(), "hex"))?,
            ),
        }
    }

    /// A digest from standard base64 with padding, as in an SRI hash.
    ///
    /// # Errors
    /// [`DigestError::BadEncoding`] or [`DigestError::WrongLength`].
    pub fn from_base64(algorithm: DigestAlgorithm, text: &str) -> Result<Self, DigestError> {
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(text)
            .map_err(|_| DigestError::BadEncoding(text.to_owned(), "base64"))?;
        Self::new(algorithm, bytes)
    }

    /// A digest from `sha256:HEX`.
    ///
    /// # Errors
    /// Every variant of [`DigestError`].
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let (name, value) = text
            .split_once(':')
            .ok_or_else(|| DigestError::UnknownAlgorithm(text.to_owned()))?;
        let algorithm = DigestAlgorithm::from_name(name)
            .ok_or_else(|| DigestError::UnknownAlgorithm(name.to_owned()))?;
        Self::from_hex(algorithm, value)
    }

    /// The digests of a Subresource Integrity string, in its order; options after `?`
    /// are dropped (<https://www.w3.org/TR/SRI/#the-integrity-attribute>).
    ///
    /// # Errors
    /// The first entry that cannot be read.
    pub fn parse_sri(text: &str) -> Result<Vec<Self>, DigestError> {
        text.split_ascii_whitespace()
            .map(|entry| {
                let entry = entry.split_once('?').map_or(entry, |(hash, _)| hash);
                let (name, value) = entry
                    .split_once('-')
                    .ok_or_else(|| DigestError::UnknownAlgorithm(entry.to_owned()))?;
                let algorithm = DigestAlgorithm::from_name(name)
                    .ok_or_else(|| DigestError::UnknownAlgorithm(name.to_owned()))?;
                Self::from_base64(algorithm, value)
            })
            .collect()
    }

    /// Which hash function made it.
    #[must_use]
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// The raw bytes; their number fits the algorithm.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Lower-case hex.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(&self.bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.as_str(), self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sri_string_may_hold_several_algorithms() {
        let sri = "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==?x=1";
        let digests = Digest::parse_sri(sri).unwrap();
        assert_eq!(digests.len(), 2);
        assert_eq!(
            digests[0].to_string(),
            "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709"
        );
        assert!(!digests[0].algorithm().is_strong());
        assert_eq!(digests[1].algorithm(), DigestAlgorithm::Sha512);
    }

    #[test]
    fn a_digest_of_the_wrong_length_is_refused() {
        assert_eq!(
            Digest::parse("sha256:abcd"),
            Err(DigestError::WrongLength {
                algorithm: "sha256",
                want: 32,
                got: 2
            })
        );
        assert!(matches!(
            Digest::parse("sha3:00"),
            Err(DigestError::UnknownAlgorithm(_))
        ));
        assert!(matches!(
            Digest::parse("sha256:zz"),
            Err(DigestError::BadEncoding(..))
        ));
    }
}
