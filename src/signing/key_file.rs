//! Private keys at rest: PKCS#8 `ENCRYPTED PRIVATE KEY` PEM, as OpenSSL reads it.
//!
//! Written: PBES2 with scrypt N = 2^14, r = 8, p = 5 and AES-256-CBC, salt and IV of 16
//! random bytes. This is one of the settings that the OWASP Password Storage Cheat Sheet
//! names as equal in strength (2^17/8/1 … 2^14/8/5), and the only one of them that
//! OpenSSL 3 opens: it refuses scrypt above 32 MiB of memory.
//! Read: scrypt up to 256 MiB or PBKDF2 with HMAC-SHA-2 up to 10 million rounds, AES-CBC
//! or AES-GCM. The limits are checked before any work: a key file may come from anyone.
//!
//! Sources: RFC 5958 (PKCS#8), RFC 8018 (PBES2), RFC 7914 (scrypt).

use super::error::SigningError;
use super::key::{PublicKey, SigningAlgorithm};
use super::signers::KeyFileSigner;
use crate::support::files;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::{self, Kdf, Pbkdf2Prf, Salt, ScryptParams};
use pkcs8::{EncryptedPrivateKeyInfoRef, LineEnding, SecretDocument};
use std::path::Path;
use zeroize::Zeroizing;

/// Larger key files are refused; an encrypted P-256 key takes 400 bytes.
pub const MAX_KEY_FILE_BYTES: u64 = 64 * 1024;

const ENCRYPTED_LABEL: &str = "ENCRYPTED PRIVATE KEY";
const SCRYPT_N: u64 = 1 << 14;
const SCRYPT_R: u16 = 8;
const SCRYPT_P: u16 = 5;
/// 128 · N · r bytes.
const MAX_SCRYPT_MEMORY: u64 = 256 * 1024 * 1024;
/// N · r · p; about four seconds on a slow machine. The written keys need 655,360.
const MAX_SCRYPT_WORK: u64 = 1 << 24;
const MAX_PBKDF2_ROUNDS: u32 = 10_000_000;

/// A passphrase: not empty, wiped from memory when dropped, not printable.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes a passphrase in.
    ///
    /// # Errors
    /// [`SigningError::EmptyPassphrase`].
    pub fn new(text: Zeroizing<String>) -> Result<Self, SigningError> {
        if text.is_empty() {
            return Err(SigningError::EmptyPassphrase);
        }
        Ok(Self(text))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether two are the same.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        *self.0 == *other.0
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// A new key pair, ready to be written.
pub struct GeneratedKey {
    /// The encrypted private key, PEM.
    pub private_pem: Zeroizing<String>,
    /// The public key.
    pub public_key: PublicKey,
}

impl std::fmt::Debug for GeneratedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GeneratedKey")
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

/// A new key pair, its private half encrypted with the passphrase.
///
/// # Errors
/// [`SigningError::Crypto`] where the library or the system's random source fails.
pub fn generate_key(
    algorithm: SigningAlgorithm,
    passphrase: &Passphrase,
) -> Result<GeneratedKey, SigningError> {
    let (signer, pkcs8) = KeyFileSigner::generate(algorithm)?;
    Ok(GeneratedKey {
        private_pem: encrypt(&pkcs8, passphrase)?,
        public_key: super::Signer::public_key(&signer).clone(),
    })
}

pub(super) fn encrypt(
    pkcs8: &[u8],
    passphrase: &Passphrase,
) -> Result<Zeroizing<String>, SigningError> {
    let failed = |step| move |_| SigningError::Crypto { step };
    let mut salt = [0_u8; 16];
    let mut iv = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| SigningError::Crypto {
        step: "random salt",
    })?;
    aws_lc_rs::rand::fill(&mut iv).map_err(|_| SigningError::Crypto { step: "random IV" })?;
    let parameters = pbes2::Parameters {
        kdf: Kdf::Scrypt(ScryptParams {
            salt: Salt::new(salt).map_err(failed("random salt"))?,
            cost_parameter: SCRYPT_N,
            block_size: SCRYPT_R,
            parallelization: SCRYPT_P,
            key_length: None,
        }),
        encryption: pbes2::EncryptionScheme::Aes256Cbc { iv },
    };
    let encrypted = parameters
        .encrypt(passphrase.0.as_bytes(), pkcs8)
        .map_err(|_| SigningError::Crypto {
            step: "encrypting the key",
        })?;
    let info = EncryptedPrivateKeyInfoRef {
        encryption_algorithm: EncryptionScheme::Pbes2(parameters),
        encrypted_data: OctetStringRef::new(&encrypted).map_err(failed("encoding the key"))?,
    };
    SecretDocument::encode_msg(&info)
        .and_then(|document| document.to_pem(ENCRYPTED_LABEL, LineEnding::LF))
        .map_err(failed("encoding the key"))
}

/// An encrypted private key whose cost of decryption is within the limits.
pub struct EncryptedKey {
    document: SecretDocument,
}

impl std::fmt::Debug for EncryptedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EncryptedKey(…)")
    }
}

impl EncryptedKey {
    /// Reads `ENCRYPTED PRIVATE KEY` PEM and checks what decrypting it would cost.
    ///
    /// # Errors
    /// [`SigningError::NotAKeyFile`], [`SigningError::KeyNotEncrypted`],
    /// [`SigningError::UnsupportedKeyEncryption`],
    /// [`SigningError::KeyDerivationTooExpensive`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, SigningError> {
        let not_a_key = |reason: String| SigningError::NotAKeyFile { reason };
        let text = std::str::from_utf8(pem).map_err(|_| not_a_key("not text".to_owned()))?;
        if text.matches("-----BEGIN ").count() > 1 {
            return Err(not_a_key("more than one PEM block".to_owned()));
        }
        if !text.contains("-----BEGIN ") {
            return Err(not_a_key("there is no PEM block in it".to_owned()));
        }
        let (label, document) =
            SecretDocument::from_pem(text.trim_start()).map_err(|e| not_a_key(e.to_string()))?;
        match label {
            ENCRYPTED_LABEL => {}
            "PRIVATE KEY" | "EC PRIVATE KEY" | "RSA PRIVATE KEY" => {
                return Err(SigningError::KeyNotEncrypted);
            }
            "ENCRYPTED SIGSTORE PRIVATE KEY" | "ENCRYPTED COSIGN PRIVATE KEY" => {
                return Err(SigningError::UnsupportedKeyEncryption {
                    got: "cosign's own format, not PKCS#8".to_owned(),
                });
            }
            other => return Err(not_a_key(format!("the PEM block is a `{other}`"))),
        }
        let info = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
            .map_err(|e| not_a_key(e.to_string()))?;
        check_cost(&info.encryption_algorithm)?;
        Ok(Self { document })
    }

    /// The signer in it.
    ///
    /// # Errors
    /// [`SigningError::WrongPassphrase`] or [`SigningError::UnsupportedPrivateKey`].
    pub fn decrypt(&self, passphrase: &Passphrase) -> Result<KeyFileSigner, SigningError> {
        // CBC has no integrity check: a wrong passphrase shows as bad padding or, one time
        // in 256, as bytes that are no key. Both are the same answer.
        let decrypted = EncryptedPrivateKeyInfoRef::try_from(self.document.as_bytes())
            .and_then(|info| info.decrypt(passphrase.0.as_bytes()))
            .map_err(|_| SigningError::WrongPassphrase)?;
        KeyFileSigner::from_pkcs8(decrypted.as_bytes())
    }
}

fn check_cost(scheme: &EncryptionScheme) -> Result<(), SigningError> {
    let unsupported = |got: &str| {
        Err(SigningError::UnsupportedKeyEncryption {
            got: got.to_owned(),
        })
    };
    let EncryptionScheme::Pbes2(parameters) = scheme else {
        return unsupported("PBES1, which is broken");
    };
    match &parameters.kdf {
        Kdf::Scrypt(scrypt) => check_scrypt(scrypt),
        Kdf::Pbkdf2(pbkdf2) if pbkdf2.prf == Pbkdf2Prf::HmacWithSha1 => {
            unsupported("PBKDF2 with SHA-1")
        }
        Kdf::Pbkdf2(pbkdf2) if pbkdf2.iteration_count > MAX_PBKDF2_ROUNDS => {
            Err(SigningError::KeyDerivationTooExpensive {
                got: format!("{} rounds of PBKDF2", pbkdf2.iteration_count),
                limit: MAX_PBKDF2_ROUNDS.to_string(),
            })
        }
        Kdf::Pbkdf2(_) => Ok(()),
        _ => unsupported("a key derivation that is not known"),
    }
}

pub(super) fn check_scrypt(scrypt: &ScryptParams) -> Result<(), SigningError> {
    let n = scrypt.cost_parameter;
    let (r, p) = (
        u64::from(scrypt.block_size),
        u64::from(scrypt.parallelization),
    );
    // The crate underneath takes the logarithm of N without a check.
    if n < 2 || !n.is_power_of_two() || r == 0 || p == 0 {
        return Err(SigningError::UnsupportedKeyEncryption {
            got: format!("impossible scrypt parameters N = {n}, r = {r}, p = {p}"),
        });
    }
    let memory = n.saturating_mul(r).saturating_mul(128);
    let work = n.saturating_mul(r).saturating_mul(p);
    if memory > MAX_SCRYPT_MEMORY || work > MAX_SCRYPT_WORK {
        return Err(SigningError::KeyDerivationTooExpensive {
            got: format!("scrypt with N = {n}, r = {r}, p = {p}"),
            limit: format!("{MAX_SCRYPT_MEMORY} bytes of memory and N · r · p = {MAX_SCRYPT_WORK}"),
        });
    }
    Ok(())
}

/// The encrypted key in a file of at most [`MAX_KEY_FILE_BYTES`].
///
/// # Errors
/// [`SigningError::File`] and those of [`EncryptedKey::from_pem`].
pub fn read_key_file(path: &Path) -> Result<EncryptedKey, SigningError> {
    let bytes = Zeroizing::new(files::read_bounded(path, MAX_KEY_FILE_BYTES)?);
    EncryptedKey::from_pem(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::Signer as _;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(Zeroizing::new(text.to_owned())).unwrap()
    }

    fn scrypt_key(n: u64, r: u16, p: u16) -> Result<EncryptedKey, SigningError> {
        let info = EncryptedPrivateKeyInfoRef {
            encryption_algorithm: EncryptionScheme::Pbes2(pbes2::Parameters {
                kdf: Kdf::Scrypt(ScryptParams {
                    salt: Salt::new([1; 16]).unwrap(),
                    cost_parameter: n,
                    block_size: r,
                    parallelization: p,
                    key_length: None,
                }),
                encryption: pbes2::EncryptionScheme::Aes256Cbc { iv: [0; 16] },
            }),
            encrypted_data: OctetStringRef::new(&[0; 32]).unwrap(),
        };
        let pem = SecretDocument::encode_msg(&info)
            .unwrap()
            .to_pem(ENCRYPTED_LABEL, LineEnding::LF)
            .unwrap();
        EncryptedKey::from_pem(pem.as_bytes())
    }

    #[test]
    fn a_generated_key_opens_with_its_passphrase_only() {
        for algorithm in [SigningAlgorithm::EcdsaP256, SigningAlgorithm::Ed25519] {
            let key = generate_key(algorithm, &passphrase("correct horse")).unwrap();
            assert!(
                key.private_pem
                    .starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
            );
            let file = EncryptedKey::from_pem(key.private_pem.as_bytes()).unwrap();
            let signer = file.decrypt(&passphrase("correct horse")).unwrap();
            assert_eq!(signer.public_key(), &key.public_key);
            assert!(matches!(
                file.decrypt(&passphrase("correct horsf")),
                Err(SigningError::WrongPassphrase)
            ));
        }
        assert!(matches!(
            Passphrase::new(Zeroizing::new(String::new())),
            Err(SigningError::EmptyPassphrase)
        ));
    }

    #[test]
    fn a_key_file_that_would_take_gigabytes_or_hours_is_refused_before_any_work() {
        assert!(scrypt_key(1 << 17, 8, 1).is_ok());
        for (n, r, p) in [(1 << 40, 8, 1), (1 << 20, 16, 1), (1 << 14, 8, 60_000)] {
            assert!(
                matches!(
                    scrypt_key(n, r, p),
                    Err(SigningError::KeyDerivationTooExpensive { .. })
                ),
                "{n} {r} {p}"
            );
        }
        for (n, r, p) in [
            (0, 8, 1),
            (1, 8, 1),
            (1000, 8, 1),
            (1 << 14, 0, 1),
            (1 << 14, 8, 0),
        ] {
            assert!(
                matches!(
                    scrypt_key(n, r, p),
                    Err(SigningError::UnsupportedKeyEncryption { .. })
                ),
                "{n} {r} {p}"
            );
        }
    }

    #[test]
    fn an_open_key_a_public_key_and_rubbish_are_told_apart() {
        let (_, pkcs8) = KeyFileSigner::generate(SigningAlgorithm::Ed25519).unwrap();
        let open = SecretDocument::try_from(pkcs8.to_vec())
            .unwrap()
            .to_pem("PRIVATE KEY", LineEnding::LF)
            .unwrap();
        assert!(matches!(
            EncryptedKey::from_pem(open.as_bytes()),
            Err(SigningError::KeyNotEncrypted)
        ));
        for bytes in [&b""[..], b"\xff\xfe", b"-----BEGIN X-----\n"] {
            assert!(matches!(
                EncryptedKey::from_pem(bytes),
                Err(SigningError::NotAKeyFile { .. })
            ));
        }
        let key = generate_key(SigningAlgorithm::Ed25519, &passphrase("x")).unwrap();
        let twice = format!("{0}{0}", *key.private_pem);
        assert!(matches!(
            EncryptedKey::from_pem(twice.as_bytes()),
            Err(SigningError::NotAKeyFile { .. })
        ));
        assert!(matches!(
            EncryptedKey::from_pem(key.public_key.to_pem().unwrap().as_bytes()),
            Err(SigningError::NotAKeyFile { .. })
        ));
        assert_eq!(
            PublicKey::from_pem(key.public_key.to_pem().unwrap().as_bytes()).unwrap(),
            key.public_key
        );
    }
}
