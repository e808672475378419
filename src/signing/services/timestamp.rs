//! Timestamps of authorities (RFC 3161).

use super::ask::{Caller, Question, malformed};
use super::error::{Service, ServiceError};
use crate::signing::error::SigningError;
use crate::support::hash;
use crate::support::http::Address;
use aws_lc_rs::rand;
use cms::signed_data::SignedData;
use sigstore_types::{SignatureBytes, TimestampToken};
use x509_cert::der::asn1::{Int, OctetString};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::spki::AlgorithmIdentifier;
use x509_tsp::{MessageImprint, TimeStampReq, TimeStampResp, TspVersion, TstInfo};

const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// A timestamp over the SHA-256 of a signature: the whole answer, as bundles hold it.
///
/// 1. The authority granted it.
/// 2. It repeats our random number (section 2.4.2), so it is no older answer.
///
/// That it is about this signature, and by a trusted authority, is verified with the bundle.
///
/// # Errors
/// [`ServiceError`], [`SigningError::Crypto`].
pub(in crate::signing) fn timestamp(
    caller: &Caller,
    address: &Address,
    signature: &SignatureBytes,
) -> Result<TimestampToken, SigningError> {
    let failed = SigningError::Crypto {
        step: "preparing the question for a timestamp",
    };
    let Ok((question, nonce)) = question(signature) else {
        return Err(failed);
    };
    let mut asked = Question::json(Service::Timestamp, address, &question);
    asked.content_type = "application/timestamp-query";
    asked.accept = "application/timestamp-reply";
    let answer = caller.post(&asked)?;
    check(&answer, &nonce)?;
    Ok(TimestampToken::new(answer))
}

/// The question, and the random number in it.
fn question(signature: &SignatureBytes) -> Result<(Vec<u8>, Int), Box<dyn std::error::Error>> {
    let mut random = [0_u8; 8];
    rand::fill(&mut random).map_err(|_| "no random bytes")?;
    // Positive, and as long as it can be: DER writes it in exactly one way.
    if let Some(first) = random.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    let nonce = Int::new(&random)?;
    let digest = hash::sha256(signature.as_bytes());
    let question = TimeStampReq {
        version: TspVersion::V1,
        message_imprint: MessageImprint {
            hash_algorithm: AlgorithmIdentifier {
                oid: SHA_256,
                parameters: None,
            },
            hashed_message: OctetString::new(digest.bytes())?,
        },
        req_policy: None,
        nonce: Some(nonce.clone()),
        cert_req: true,
        extensions: None,
    };
    Ok((question.to_der()?, nonce))
}

fn check(answer: &[u8], nonce: &Int) -> Result<(), ServiceError> {
    let failed = |reason: String| malformed(Service::Timestamp, reason);
    let answer = TimeStampResp::from_der(answer).map_err(|e| failed(e.to_string()))?;
    // 1. Granted, as asked or with changes.
    let status = answer.status.status as u32;
    let token = match (status, answer.time_stamp_token) {
        (0 | 1, Some(token)) => token,
        (0 | 1, None) => return Err(failed("it has no timestamp".to_owned())),
        (status, _) => return Err(failed(format!("its status is {status}, not granted"))),
    };
    // 2. Number.
    let info = token
        .content
        .to_der()
        .and_then(|der| SignedData::from_der(&der))
        .map_err(|e| failed(e.to_string()))?
        .encap_content_info
        .econtent
        .ok_or_else(|| failed("it signs nothing".to_owned()))?;
    let info = TstInfo::from_der(info.value()).map_err(|e| failed(e.to_string()))?;
    match info.nonce.as_ref() == Some(nonce) {
        true => Ok(()),
        false => Err(ServiceError::OtherNonce),
    }
}
