//! cosign's encrypted private keys, taken over into PKCS#8.
//!
//! PEM `ENCRYPTED SIGSTORE PRIVATE KEY` (before cosign 2: `ENCRYPTED COSIGN PRIVATE KEY`)
//! around JSON: scrypt parameters and salt, the nonce of a NaCl secretbox (XSalsa20 and
//! Poly1305), and a PKCS#8 document in it.
//!
//! Source: `encrypted/encrypted.go` of github.com/secure-systems-lab/go-securesystemslib.

use super::error::SigningError;
use super::json::parse_json;
use super::key_file::{GeneratedKey, MAX_KEY_FILE_BYTES, Passphrase, check_scrypt, encrypt};
use super::signers::{KeyFileSigner, Signer as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto_secretbox::aead::{Aead as _, KeyInit as _};
use crypto_secretbox::{Key, Nonce, XSalsa20Poly1305};
use pkcs8::pkcs5::pbes2::{Salt, ScryptParams};
use serde::Deserialize;
use zeroize::Zeroizing;

const LABELS: [&str; 2] = [
    "ENCRYPTED SIGSTORE PRIVATE KEY",
    "ENCRYPTED COSIGN PRIVATE KEY",
];
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    kdf: WireKdf,
    cipher: WireCipher,
    ciphertext: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireKdf {
    name: String,
    params: WireParams,
    salt: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireParams {
    #[serde(rename = "N")]
    n: u64,
    r: u16,
    p: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireCipher {
    name: String,
    nonce: String,
}

/// Opens one of cosign's keys and encrypts it anew with the same passphrase.
///
/// # Errors
/// [`SigningError::NotAKeyFile`], [`SigningError::UnsupportedKeyEncryption`],
/// [`SigningError::KeyDerivationTooExpensive`] before any work is done,
/// [`SigningError::WrongPassphrase`], [`SigningError::UnsupportedPrivateKey`].
pub fn import_cosign_key(
    pem: &[u8],
    passphrase: &Passphrase,
) -> Result<GeneratedKey, SigningError> {
    let wire = parse(pem)?;
    let pkcs8 = open(&wire, passphrase)?;
    let signer = KeyFileSigner::from_pkcs8(&pkcs8)?;
    Ok(GeneratedKey {
        private_pem: encrypt(&pkcs8, passphrase)?,
        public_key: signer.public_key().clone(),
    })
}

fn not_a_key(reason: String) -> SigningError {
    SigningError::NotAKeyFile { reason }
}

fn parse(pem: &[u8]) -> Result<Wire, SigningError> {
    let text = std::str::from_utf8(pem).map_err(|_| not_a_key("not text".to_owned()))?;
    if text.matches("-----BEGIN ").count() != 1 {
        return Err(not_a_key("not exactly one PEM block".to_owned()));
    }
    let (label, json) = pkcs8::der::pem::decode_vec(text.trim().as_bytes())
        .map_err(|e| not_a_key(e.to_string()))?;
    if !LABELS.contains(&label) {
        return Err(not_a_key(format!(
            "the PEM block is a `{label}`, cosign's is a `{}`",
            LABELS.join("` or `")
        )));
    }
    let limit = usize::try_from(MAX_KEY_FILE_BYTES).unwrap_or(usize::MAX);
    let value = parse_json(&json, limit).map_err(|e| not_a_key(e.to_string()))?;
    serde_json::from_value(value).map_err(|e| not_a_key(e.to_string()))
}

fn open(wire: &Wire, passphrase: &Passphrase) -> Result<Zeroizing<Vec<u8>>, SigningError> {
    if wire.kdf.name != "scrypt" || wire.cipher.name != "nacl/secretbox" {
        return Err(SigningError::UnsupportedKeyEncryption {
            got: format!("{} and {}", wire.kdf.name, wire.cipher.name),
        });
    }
    let bytes = |text: &str, what: &str| {
        STANDARD
            .decode(text)
            .map_err(|_| not_a_key(format!("`{what}` is not base64")))
    };
    let salt = bytes(&wire.kdf.salt, "salt")?;
    let nonce: [u8; NONCE_BYTES] = bytes(&wire.cipher.nonce, "nonce")?
        .try_into()
        .map_err(|_| not_a_key(format!("`nonce` has not {NONCE_BYTES} bytes")))?;
    let sealed = bytes(&wire.ciphertext, "ciphertext")?;
    let WireParams { n, r, p } = wire.kdf.params;
    check_scrypt(&ScryptParams {
        salt: Salt::new([0_u8; 16]).map_err(|e| not_a_key(e.to_string()))?,
        cost_parameter: n,
        block_size: r,
        parallelization: p,
        key_length: None,
    })?;
    let impossible = |_| SigningError::UnsupportedKeyEncryption {
        got: format!("impossible scrypt parameters N = {n}, r = {r}, p = {p}"),
    };
    // A power of two: its logarithm is the number of zeros.
    let log_n = u8::try_from(n.trailing_zeros()).unwrap_or(u8::MAX);
    let params = scrypt::Params::new(log_n, r.into(), p.into()).map_err(impossible)?;
    let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
    scrypt::scrypt(passphrase.bytes(), &salt, &params, key.as_mut_slice()).map_err(|_| {
        SigningError::Crypto {
            step: "deriving the key",
        }
    })?;
    XSalsa20Poly1305::new(Key::from_slice(key.as_slice()))
        .decrypt(Nonce::from_slice(&nonce), sealed.as_slice())
        .map(Zeroizing::new)
        .map_err(|_| SigningError::WrongPassphrase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::{EncryptedKey, SigningAlgorithm};
    use pkcs8::der::pem::{LineEnding, encode_string};
    use serde_json::{Value, json};

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(Zeroizing::new(text.to_owned())).unwrap()
    }

    /// A key as cosign writes it, with cheap scrypt parameters, and its JSON edited.
    fn cosign_key(label: &str, pkcs8: &[u8], edit: impl Fn(&mut Value)) -> String {
        let (salt, nonce) = ([7_u8; 32], [9_u8; NONCE_BYTES]);
        let params = scrypt::Params::new(4, 8, 1).unwrap();
        let mut key = [0_u8; KEY_BYTES];
        scrypt::scrypt(b"correct horse", &salt, &params, &mut key).unwrap();
        let sealed = XSalsa20Poly1305::new(Key::from_slice(&key))
            .encrypt(Nonce::from_slice(&nonce), pkcs8)
            .unwrap();
        let mut json = json!({
            "kdf": {"name": "scrypt", "params": {"N": 16, "r": 8, "p": 1}, "salt": STANDARD.encode(salt)},
            "cipher": {"name": "nacl/secretbox", "nonce": STANDARD.encode(nonce)},
            "ciphertext": STANDARD.encode(sealed),
        });
        edit(&mut json);
        encode_string(label, LineEnding::LF, json.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_key_of_cosign_becomes_one_of_ours_with_the_same_passphrase() {
        for algorithm in [SigningAlgorithm::EcdsaP256, SigningAlgorithm::Ed25519] {
            let (signer, pkcs8) = KeyFileSigner::generate(algorithm).unwrap();
            for label in LABELS {
                let pem = cosign_key(label, &pkcs8, |_| ());
                let imported =
                    import_cosign_key(pem.as_bytes(), &passphrase("correct horse")).unwrap();
                assert_eq!(imported.public_key, *signer.public_key());
                let ours = EncryptedKey::from_pem(imported.private_pem.as_bytes())
                    .unwrap()
                    .decrypt(&passphrase("correct horse"))
                    .unwrap();
                assert_eq!(ours.public_key(), signer.public_key());
                assert!(matches!(
                    import_cosign_key(pem.as_bytes(), &passphrase("correct horsf")),
                    Err(SigningError::WrongPassphrase)
                ));
            }
        }
    }

    #[test]
    fn costs_ciphers_and_rubbish_are_refused_before_any_work() {
        let (_, pkcs8) = KeyFileSigner::generate(SigningAlgorithm::Ed25519).unwrap();
        let import = |edit: &dyn Fn(&mut Value)| {
            let pem = cosign_key(LABELS[0], &pkcs8, edit);
            import_cosign_key(pem.as_bytes(), &passphrase("correct horse")).unwrap_err()
        };
        assert!(matches!(
            import(&|v| v["kdf"]["params"]["N"] = json!(1_u64 << 40)),
            SigningError::KeyDerivationTooExpensive { .. }
        ));
        for edit in [
            &(|v: &mut Value| v["kdf"]["params"]["N"] = json!(1000)) as &dyn Fn(&mut Value),
            &|v| v["kdf"]["name"] = json!("none"),
            &|v| v["cipher"]["name"] = json!("rot13"),
        ] {
            assert!(matches!(
                import(edit),
                SigningError::UnsupportedKeyEncryption { .. }
            ));
        }
        for edit in [
            &(|v: &mut Value| v["cipher"]["nonce"] = json!("AAAA")) as &dyn Fn(&mut Value),
            &|v| v["ciphertext"] = json!("***"),
            &|v| v["extra"] = json!(1),
        ] {
            assert!(matches!(import(edit), SigningError::NotAKeyFile { .. }));
        }
        let ours = cosign_key("PRIVATE KEY", &pkcs8, |_| ());
        for pem in ["", ours.as_str()] {
            assert!(matches!(
                import_cosign_key(pem.as_bytes(), &passphrase("x")),
                Err(SigningError::NotAKeyFile { .. })
            ));
        }
    }
}
