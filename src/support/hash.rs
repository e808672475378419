//! SHA-256 and SHA-512 of bytes and files.

use crate::model::{Digest, DigestAlgorithm};
use crate::support::files::{FileError, check_is_file};
use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA512};
use aws_lc_rs::hmac;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The SHA-256 of bytes.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Digest {
    from_raw(aws_lc_rs::digest::digest(&SHA256, bytes).as_ref())
}

/// The SHA-512 of bytes.
#[must_use]
pub fn sha512(bytes: &[u8]) -> Digest {
    let digest = aws_lc_rs::digest::digest(&SHA512, bytes);
    of_algorithm(DigestAlgorithm::Sha512, digest.as_ref())
}

/// A SHA-256 over pieces.
pub struct Sha256(Context);

impl Default for Sha256 {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Sha256 {
    /// Takes the next piece.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The digest of all pieces.
    #[must_use]
    pub fn finish(self) -> Digest {
        from_raw(self.0.finish().as_ref())
    }
}

/// The SHA-256 of some bytes one after the other.
#[must_use]
pub fn sha256_parts(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    // SHA-256 gives 32 bytes.
    context.finish().as_ref().try_into().unwrap_or_default()
}

/// The SHA-512 of some bytes one after the other.
#[must_use]
pub fn sha512_parts(parts: &[&[u8]]) -> Vec<u8> {
    let mut context = Context::new(&SHA512);
    for part in parts {
        context.update(part);
    }
    context.finish().as_ref().to_vec()
}

/// The SHA-1 of some bytes one after the other. It is broken: only for names that a format
/// fixes (fingerprints of OpenPGP keys), never to trust anything.
#[must_use]
pub fn sha1_parts(parts: &[&[u8]]) -> [u8; 20] {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    for part in parts {
        context.update(part);
    }
    // SHA-1 gives 20 bytes.
    context.finish().as_ref().try_into().unwrap_or_default()
}

/// The MD5 of bytes, in hex. It is broken: only to compare with what a client keeps of its
/// manifest, never to trust anything.
#[cfg(feature = "full")]
#[must_use]
pub fn md5(bytes: &[u8]) -> String {
    use md5::Digest as _;
    hex::encode(md5::Md5::digest(bytes))
}

/// The HMAC-SHA-256 of some bytes one after the other (RFC 2104).
#[must_use]
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mut context = hmac::Context::with_key(&key);
    for part in parts {
        context.update(part);
    }
    // HMAC-SHA-256 gives 32 bytes.
    context.sign().as_ref().try_into().unwrap_or_default()
}

/// The SHA-256 of a regular file of any size, read in 256 KiB pieces, and its length.
///
/// # Errors
/// [`FileError`] where it cannot be opened, is not a regular file or cannot be read.
pub fn sha256_file(path: &Path) -> Result<(Digest, u64), FileError> {
    let mut context = Context::new(&SHA256);
    let length = pieces(path, |piece| context.update(piece))?;
    Ok((from_raw(context.finish().as_ref()), length))
}

/// The SHA-256 and the SHA-512 of a regular file of any size, read once.
///
/// # Errors
/// As [`sha256_file`].
pub fn digests_of_file(path: &Path) -> Result<[Digest; 2], FileError> {
    let (mut short, mut long) = (Context::new(&SHA256), Context::new(&SHA512));
    pieces(path, |piece| {
        short.update(piece);
        long.update(piece);
    })?;
    Ok([
        from_raw(short.finish().as_ref()),
        of_algorithm(DigestAlgorithm::Sha512, long.finish().as_ref()),
    ])
}

/// Hands out a file piece by piece; its length.
fn pieces(path: &Path, mut take: impl FnMut(&[u8])) -> Result<u64, FileError> {
    let failed = |source| FileError::Read {
        path: path.to_owned(),
        source,
    };
    check_is_file(path)?;
    let mut file = File::open(path).map_err(failed)?;
    let mut buffer = vec![0_u8; 256 * 1024];
    let mut length = 0_u64;
    loop {
        let count = file.read(&mut buffer).map_err(failed)?;
        if count == 0 {
            return Ok(length);
        }
        take(buffer.get(..count).unwrap_or_default());
        length = length.saturating_add(count as u64);
    }
}

fn from_raw(bytes: &[u8]) -> Digest {
    of_algorithm(DigestAlgorithm::Sha256, bytes)
}

#[expect(
    clippy::expect_used,
    reason = "an algorithm gives as many bytes as the constructor checks"
)]
fn of_algorithm(algorithm: DigestAlgorithm, bytes: &[u8]) -> Digest {
    Digest::new(algorithm, bytes.to_vec()).expect("as many bytes as the algorithm has")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_its_bytes_have_the_same_digest() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        crate::support::files::write_atomic(&path, b"abc").unwrap();
        let (digest, length) = sha256_file(&path).unwrap();
        assert_eq!(length, 3);
        assert_eq!(digest, sha256(b"abc"));
        assert_eq!(digest.bytes(), sha256_parts(&[b"a", b"", b"bc"]));
        assert_eq!(
            digest.hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let [short, long] = digests_of_file(&path).unwrap();
        assert_eq!(short, digest);
        assert!(long.hex().starts_with("ddaf35a193617abacc417349ae204131"));
        assert!(matches!(
            sha256_file(dir.path()),
            Err(FileError::NotAFile { .. })
        ));
    }
}
