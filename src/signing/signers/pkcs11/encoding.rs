//! Between the token's forms of keys and signatures and those of everybody else.

use super::error::Pkcs11Error;
use x509_cert::der::asn1::{
    AnyRef, BitStringRef, Null, ObjectIdentifier, OctetStringRef, SequenceOf, UintRef,
};
use x509_cert::der::{Decode as _, Encode as _, Error};
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// A public key of a named curve as SPKI DER. `parameters` is its `CKA_EC_PARAMS`; `point`
/// its `CKA_EC_POINT`: an octet string, or with some tokens what should be in one.
///
/// # Errors
/// [`Pkcs11Error::UnsupportedKey`] for parameters that are not a curve's name.
pub(super) fn ec_spki(parameters: &[u8], point: &[u8]) -> Result<Vec<u8>, Pkcs11Error> {
    let curve = ObjectIdentifier::from_der(parameters).map_err(|_| unsupported("unnamed curve"))?;
    // A bare point begins with the tag of an octet string, by accident: its length decides.
    let is_bare = matches!(point.len(), 65 | 97) && point.first() == Some(&4);
    let point = match OctetStringRef::from_der(point) {
        Ok(inner) if !is_bare => inner.as_bytes(),
        _ => point,
    };
    spki(EC_PUBLIC_KEY, AnyRef::from(&curve), point).map_err(|_| unsupported("malformed point"))
}

/// An RSA public key as SPKI DER (RFC 8017, A.1.1).
///
/// # Errors
/// [`Pkcs11Error::UnsupportedKey`] for numbers that are none.
pub(super) fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Result<Vec<u8>, Pkcs11Error> {
    pair(modulus, exponent)
        .and_then(|key| spki(RSA_ENCRYPTION, AnyRef::from(Null), &key))
        .map_err(|_| unsupported("malformed RSA key"))
}

/// The two halves of an ECDSA signature, as tokens write them, as DER (RFC 3279, 2.2.3).
///
/// # Errors
/// [`Pkcs11Error::Call`] where they are none.
pub(super) fn ecdsa_der(halves: &[u8]) -> Result<Vec<u8>, Pkcs11Error> {
    let malformed = || Pkcs11Error::Call {
        reason: "its signature is malformed".to_owned(),
    };
    if halves.is_empty() || !halves.len().is_multiple_of(2) {
        return Err(malformed());
    }
    let (r, s) = halves.split_at(halves.len() / 2);
    pair(r, s).map_err(|_| malformed())
}

/// What RSA signs for a SHA-256 (`DigestInfo`, RFC 8017, 9.2).
///
/// # Errors
/// Not for a digest.
pub(super) fn digest_info(sha256: &[u8]) -> Result<Vec<u8>, Pkcs11Error> {
    let algorithm = AlgorithmIdentifierRef {
        oid: SHA_256,
        parameters: Some(AnyRef::from(Null)),
    };
    let encode = || {
        let mut parts = algorithm.to_der()?;
        parts.extend(OctetStringRef::new(sha256)?.to_der()?);
        AnyRef::new(x509_cert::der::Tag::Sequence, &parts)?.to_der()
    };
    encode().map_err(|_| unsupported("malformed digest"))
}

fn pair(one: &[u8], other: &[u8]) -> Result<Vec<u8>, Error> {
    let mut numbers = SequenceOf::<UintRef<'_>, 2>::new();
    numbers.add(UintRef::new(one)?)?;
    numbers.add(UintRef::new(other)?)?;
    numbers.to_der()
}

fn spki(oid: ObjectIdentifier, parameters: AnyRef<'_>, key: &[u8]) -> Result<Vec<u8>, Error> {
    SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef {
            oid,
            parameters: Some(parameters),
        },
        subject_public_key: BitStringRef::from_bytes(key)?,
    }
    .to_der()
}

fn unsupported(reason: &str) -> Pkcs11Error {
    Pkcs11Error::UnsupportedKey {
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_point_is_taken_as_it_is_whatever_it_begins_with() {
        let curve = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7")
            .to_der()
            .unwrap();
        for second in [0x3E, 0x3F, 0x41] {
            let mut bare = vec![4; 65];
            bare[1] = second;
            let wrapped = [&[4, 65], bare.as_slice()].concat();
            let key = ec_spki(&curve, &bare).unwrap();
            assert!(key.ends_with(&bare), "{second:x}");
            assert_eq!(ec_spki(&curve, &wrapped).unwrap(), key);
        }
    }
}
