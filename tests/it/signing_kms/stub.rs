//! AWS KMS as far as signing needs it: real keys, real signatures over the digest that is
//! given, and requests are accepted only with the right signature of the caller's keys.

use crate::http::server::{Reply, Routes, Seen, Server, Stream};
use aws_lc_rs::digest::{Digest, SHA256, SHA384, digest};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

pub const REGION: &str = "eu-central-1";
pub const ACCOUNT: &str = "123456789012";
pub const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

/// The key's ARN.
pub fn arn() -> String {
    format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{ID}")
}

/// The credentials of the caller; invented.
pub fn key_id() -> String {
    ["AK", "IDKMSEXAMPLE"].concat()
}

pub fn secret() -> String {
    ["wJalr", "-made-up/", "of-kms"].concat()
}

pub fn token() -> String {
    ["session", "-made-up-", "of-kms"].concat()
}

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    P256,
    P384,
    Rsa2048,
    Rsa3072,
}

impl Kind {
    pub fn spec(self) -> &'static str {
        match self {
            Self::P256 => "ECC_NIST_P256",
            Self::P384 => "ECC_NIST_P384",
            Self::Rsa2048 => "RSA_2048",
            Self::Rsa3072 => "RSA_3072",
        }
    }

    pub fn algorithm(self) -> &'static str {
        match self {
            Self::P256 => "ECDSA_SHA_256",
            Self::P384 => "ECDSA_SHA_384",
            Self::Rsa2048 | Self::Rsa3072 => "RSASSA_PKCS1_V1_5_SHA_256",
        }
    }
}

/// A private key.
pub enum Pair {
    Ecdsa(Kind, EcdsaKeyPair),
    Rsa(Kind, RsaKeyPair),
}

impl Pair {
    pub fn new(kind: Kind) -> Self {
        match kind {
            Kind::P256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
                Self::Ecdsa(kind, pair)
            }
            Kind::P384 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap();
                Self::Ecdsa(kind, pair)
            }
            Kind::Rsa2048 => Self::Rsa(kind, RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
            Kind::Rsa3072 => Self::Rsa(kind, RsaKeyPair::generate(KeySize::Rsa3072).unwrap()),
        }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Self::Ecdsa(kind, _) | Self::Rsa(kind, _) => *kind,
        }
    }

    pub fn spki(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'_> = match self {
            Self::Ecdsa(_, pair) => pair.public_key().as_der().unwrap(),
            Self::Rsa(_, pair) => pair.public_key().as_der().unwrap(),
        };
        der.as_ref().to_vec()
    }

    /// A signature over a digest, as KMS makes it with `MessageType` `DIGEST`.
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Ecdsa(kind, pair) => {
                let algorithm = if *kind == Kind::P384 {
                    &SHA384
                } else {
                    &SHA256
                };
                let digest = Digest::import_less_safe(bytes, algorithm).unwrap();
                pair.sign_digest(&digest).unwrap().as_ref().to_vec()
            }
            Self::Rsa(_, pair) => {
                let digest = Digest::import_less_safe(bytes, &SHA256).unwrap();
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign_digest(&RSA_PKCS1_SHA256, &digest, &mut signature)
                    .unwrap();
                signature
            }
        }
    }
}

/// A question as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub operation: String,
    pub question: Value,
    pub authorization: String,
}

/// What is answered in the place of the honest answer, which is given; the number counts
/// the questions of this operation from 0.
type Instead = dyn Fn(&str, usize, Value) -> Reply + Send + Sync;

/// A KMS with one key.
pub struct Kms {
    pub server: Server,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Kms {
    /// One that tells the truth.
    pub fn honest(pair: Pair) -> Self {
        Self::start(pair, |_, _, honest| answer(&honest))
    }

    pub fn start(
        pair: Pair,
        instead: impl Fn(&str, usize, Value) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let (routes, asked) = routes(pair, Box::new(instead));
        Self {
            server: Server::start(routes),
            asked,
        }
    }

    pub fn honest_tls(pair: Pair, tls: rustls::ServerConfig) -> Self {
        let (routes, asked) = routes(pair, Box::new(|_, _, honest| answer(&honest)));
        Self {
            server: Server::start_tls(routes, tls),
            asked,
        }
    }

    /// Everything that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The operations of everything that was asked so far.
    pub fn operations(&self) -> Vec<String> {
        let asked = self.asked().into_iter();
        asked.map(|asked| asked.operation).collect()
    }
}

/// An answer of KMS.
pub fn answer(value: &Value) -> Reply {
    let headers = [("Content-Type", "application/x-amz-json-1.1")];
    Reply::status(200, &headers, value.to_string())
}

/// A refusal of KMS.
pub fn refusal(status: u16, code: &str, message: &str) -> Reply {
    let body = json!({ "__type": code, "message": message });
    let headers = [("Content-Type", "application/x-amz-json-1.1")];
    Reply::status(status, &headers, body.to_string())
}

fn routes(pair: Pair, instead: Box<Instead>) -> (Routes, Arc<Mutex<Vec<Asked>>>) {
    let asked = Arc::new(Mutex::new(Vec::<Asked>::new()));
    let log = Arc::clone(&asked);
    let reply = Reply::new(move |seen, stream| {
        let (operation, question) = match accept(seen, stream)? {
            Ok(accepted) => accepted,
            Err(why) => return refusal(400, "InvalidSignatureException", &why).send(seen, stream),
        };
        let nth = {
            let mut log = log.lock().unwrap();
            let before = log.iter().filter(|asked| asked.operation == operation);
            let nth = before.count();
            log.push(Asked {
                operation: operation.clone(),
                question: question.clone(),
                authorization: seen.header("authorization").unwrap().to_owned(),
            });
            nth
        };
        let reply = match honest(&pair, &operation, &question) {
            Ok(honest) => instead(&operation, nth, honest),
            Err(refused) => refused,
        };
        reply.send(seen, stream)
    });
    (vec![("POST /", vec![reply])], asked)
}

fn honest(pair: &Pair, operation: &str, question: &Value) -> Result<Value, Reply> {
    let alias = format!("arn:aws:kms:{REGION}:{ACCOUNT}:alias/release");
    let known = [ID, &arn(), "alias/release", &alias];
    let asked = question["KeyId"].as_str().unwrap();
    if !known.contains(&asked) {
        let message = format!("Alias or key {asked} is not found.");
        return Err(refusal(400, "NotFoundException", &message));
    }
    match operation {
        "GetPublicKey" => Ok(json!({
            "CustomerMasterKeySpec": pair.kind().spec(),
            "KeyId": arn(),
            "KeySpec": pair.kind().spec(),
            "KeyUsage": "SIGN_VERIFY",
            "PublicKey": STANDARD.encode(pair.spki()),
            "SigningAlgorithms": [pair.kind().algorithm()],
        })),
        "Sign" => {
            if question["MessageType"] != "DIGEST"
                || question["SigningAlgorithm"] != pair.kind().algorithm()
            {
                return Err(refusal(400, "ValidationException", "not with this key"));
            }
            let digest = STANDARD
                .decode(question["Message"].as_str().unwrap())
                .unwrap();
            Ok(json!({
                "KeyId": arn(),
                "Signature": STANDARD.encode(pair.sign(&digest)),
                "SigningAlgorithm": pair.kind().algorithm(),
            }))
        }
        _ => Err(refusal(400, "UnknownOperationException", "")),
    }
}

/// Operation and question, if the signature of the request is the caller's.
fn accept(
    seen: &Seen,
    stream: &mut dyn Stream,
) -> std::io::Result<Result<(String, Value), String>> {
    let header = |name: &str| seen.header(name).unwrap_or_default();
    let length = header("content-length").parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let expected = authorization(seen, &body);
    if header("authorization") != expected {
        return Ok(Err(format!(
            "The request signature we calculated does not match; x-amz-security-token:{}",
            header("x-amz-security-token")
        )));
    }
    let operation = header("x-amz-target")
        .strip_prefix("TrentService.")
        .unwrap();
    let question = serde_json::from_slice(&body).unwrap();
    Ok(Ok((operation.to_owned(), question)))
}

/// The `Authorization` header that a request must have: Signature Version 4, written out
/// here so that it is checked by another hand than the one that signs.
fn authorization(seen: &Seen, body: &[u8]) -> String {
    let names = [
        "content-type",
        "host",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-target",
    ];
    let present = names.iter().filter(|name| seen.header(name).is_some());
    let present: Vec<&str> = present.copied().collect();
    let lines: String = present
        .iter()
        .map(|name| format!("{name}:{}\n", seen.header(name).unwrap()))
        .collect();
    let hash = |bytes: &[u8]| hex::encode(digest(&SHA256, bytes));
    let signed = present.join(";");
    let request = format!("POST\n/\n\n{lines}\n{signed}\n{}", hash(body));
    let time = seen.header("x-amz-date").unwrap();
    let day = time.split('T').next().unwrap();
    let scope = format!("{day}/{REGION}/kms/aws4_request");
    let text = format!(
        "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
        hash(request.as_bytes())
    );
    let mac = |key: &[u8], text: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
    };
    let key = [day, REGION, "kms", "aws4_request"]
        .iter()
        .fold(format!("AWS4{}", secret()).into_bytes(), |key, part| {
            mac(&key, part)
        });
    format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed}, Signature={}",
        key_id(),
        hex::encode(mac(&key, &text))
    )
}
