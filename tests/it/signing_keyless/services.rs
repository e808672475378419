//! An instance of Sigstore on loopback: Fulcio, Rekor 1 and 2, a timestamp authority, with
//! real keys and real proofs. Each answer can be replaced by a lie.

use crate::http::server::{Reply, Routes, Seen, Server, Stream};
use crate::signing_attacks::world::{IDENTITY, ISSUER, Leaf, World};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::PublicKeyData;
use sealgate::support::hash::sha256;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, OnceLock};

pub const FULCIO: &str = "POST /api/v2/signingCert";
pub const REKOR_1: &str = "POST /api/v1/log/entries";
pub const REKOR_2: &str = "POST /api/v2/log/entries";
pub const TSA: &str = "POST /timestamp";

/// Seconds since 1970.
pub fn now() -> i64 {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

/// Claims that are good for ten minutes.
pub fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "subject-of-the-token", "aud": "sigstore", "exp": now() + 600,
        "email": IDENTITY, "email_verified": true,
    })
}

/// A token with such claims; its signature is invented.
pub fn token(claims: &Value) -> String {
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let claims = part(claims.to_string().as_bytes());
    format!(
        "{}.{claims}.{}",
        part(br#"{"alg":"ES256"}"#),
        part(b"made up")
    )
}

/// A P-256 key of which only the public part is known.
pub struct Public(Vec<u8>);

impl Public {
    /// Of SPKI in PEM: the point is at its end.
    fn of_pem(pem: &str) -> Self {
        let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(text).unwrap();
        Self(der[der.len() - 65..].to_vec())
    }
}

impl PublicKeyData for Public {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

/// The key in a question to Fulcio.
pub fn public_of(question: &Value) -> Public {
    let pem = &question["publicKeyRequest"]["publicKey"]["content"];
    Public::of_pem(pem.as_str().unwrap())
}

/// The authorities, made once.
fn world() -> Option<Arc<World>> {
    static WORLD: OnceLock<Option<Arc<World>>> = OnceLock::new();
    WORLD.get_or_init(|| World::new().map(Arc::new)).clone()
}

/// What the services know.
pub struct Inner {
    pub world: Arc<World>,
    rekor_1: EcdsaKeyPair,
    rekor_2: Ed25519KeyPair,
}

fn der(key: &PublicKeyX509Der<'_>) -> Vec<u8> {
    key.as_ref().to_vec()
}

fn digest(bytes: &[u8]) -> Vec<u8> {
    sha256(bytes).bytes().to_vec()
}

impl Inner {
    fn new() -> Option<Self> {
        Some(Self {
            world: world()?,
            rekor_1: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            rekor_2: Ed25519KeyPair::generate().unwrap(),
        })
    }

    fn spki(&self, version: u32) -> Vec<u8> {
        match version {
            1 => der(&self.rekor_1.public_key().as_der().unwrap()),
            _ => der(&self.rekor_2.public_key().as_der().unwrap()),
        }
    }

    /// A log's id: of its key, or as the C2SP's signed notes name an Ed25519 key.
    fn id(&self, version: u32) -> Vec<u8> {
        match version {
            1 => digest(&self.spki(1)),
            _ => {
                let key = self.rekor_2.public_key().as_ref();
                digest(&[b"rekor2.acme.example\n\x01", key].concat())
            }
        }
    }

    fn sign(&self, version: u32, message: &[u8]) -> Vec<u8> {
        match version {
            1 => {
                let signature = self.rekor_1.sign(&SystemRandom::new(), message).unwrap();
                signature.as_ref().to_vec()
            }
            _ => self.rekor_2.sign(message).as_ref().to_vec(),
        }
    }

    /// What this instance trusts.
    pub fn root(&self) -> Value {
        let mut root = self.world.root();
        let log = |version: u32, details: &str| {
            let spki = self.spki(version);
            json!({
                "baseUrl": format!("https://rekor{version}.acme.example"),
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": STANDARD.encode(&spki),
                    "keyDetails": details,
                    "validFor": {"start": "2019-01-01T00:00:00Z"},
                },
                "logId": {"keyId": STANDARD.encode(self.id(version))},
            })
        };
        root["tlogs"] = json!([log(1, "PKIX_ECDSA_P256_SHA_256"), log(2, "PKIX_ED25519")]);
        root
    }

    /// A certificate for the key that is sent, if its possession is proved.
    pub fn certify(&self, question: &Value, leaf: &Leaf) -> Result<Value, Reply> {
        let token = question["credentials"]["oidcIdentityToken"]
            .as_str()
            .unwrap();
        let payload = URL_SAFE_NO_PAD
            .decode(token.split('.').nth(1).unwrap())
            .unwrap();
        let claims: Value = serde_json::from_slice(&payload).unwrap();
        let request = &question["publicKeyRequest"];
        let key = public_of(question);
        let proof = STANDARD
            .decode(request["proofOfPossession"].as_str().unwrap())
            .unwrap();
        let subject = claims["email"].as_str().or(claims["sub"].as_str()).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.der_bytes());
        if public.verify(subject.as_bytes(), &proof).is_err() {
            return Err(refusal(400, "the signature does not match the subject"));
        }
        Ok(self.chain(leaf, &key))
    }

    pub fn chain(&self, leaf: &Leaf, key: &impl PublicKeyData) -> Value {
        let by = self.world.authority();
        let certificate = World::certificate(leaf, key, by);
        json!({"signedCertificateEmbeddedSct": {"chain": {"certificates": [
            certificate.pem(), by.pem()
        ]}}})
    }

    /// Body, proof and checkpoint of an entry, the second of two.
    fn entered(&self, version: u32, body: &Value) -> (String, Value, Vec<u8>) {
        let body = body.to_string();
        let leaf = |bytes: &[u8]| digest(&[&[0], bytes].concat());
        let first = leaf(b"another entry");
        let root = digest(&[&[1], first.as_slice(), &leaf(body.as_bytes())].concat());
        let origin = format!("rekor{version}.acme.example");
        // Rekor 1 names its tree there.
        let tree = if version == 1 { " - 4711" } else { "" };
        let head = format!("{origin}{tree}\n2\n{}\n", STANDARD.encode(&root));
        let hint = self.id(version)[..4].to_vec();
        let signature = [hint, self.sign(version, head.as_bytes())].concat();
        let checkpoint = format!("{head}\n\u{2014} {origin} {}\n", STANDARD.encode(signature));
        let proof = json!({"checkpoint": checkpoint, "first": first, "root": root});
        (body, proof, self.id(version))
    }

    /// Rekor 1's answer about an entry.
    pub fn entry_1(&self, body: &Value) -> Value {
        let (body, proof, id) = self.entered(1, body);
        let bytes =
            |name: &str| -> Vec<u8> { serde_json::from_value(proof[name].clone()).unwrap() };
        let body = STANDARD.encode(body);
        // Sorted keys, as the canonical form wants.
        let promised = json!({
            "body": body, "integratedTime": now(), "logID": hex::encode(&id), "logIndex": 1,
        });
        let set = self.sign(1, promised.to_string().as_bytes());
        let mut entry = promised;
        entry["verification"] = json!({
            "signedEntryTimestamp": STANDARD.encode(set),
            "inclusionProof": {
                "checkpoint": proof["checkpoint"], "hashes": [hex::encode(bytes("first"))],
                "logIndex": 1, "rootHash": hex::encode(bytes("root")), "treeSize": 2,
            },
        });
        json!({ uuid(): entry })
    }

    /// Rekor 2's.
    pub fn entry_2(&self, body: &Value) -> Value {
        let (body, proof, id) = self.entered(2, body);
        let bytes =
            |name: &str| -> Vec<u8> { serde_json::from_value(proof[name].clone()).unwrap() };
        json!({
            "logIndex": "1",
            "logId": {"keyId": STANDARD.encode(id)},
            "kindVersion": {"kind": "hashedrekord", "version": "0.0.2"},
            "integratedTime": "0",
            "inclusionPromise": null,
            "inclusionProof": {
                "logIndex": "1", "treeSize": "2",
                "rootHash": STANDARD.encode(bytes("root")),
                "hashes": [STANDARD.encode(bytes("first"))],
                "checkpoint": {"envelope": proof["checkpoint"]},
            },
            "canonicalizedBody": STANDARD.encode(body),
        })
    }

    fn honest(&self, line: &str, body: &[u8]) -> Result<Vec<u8>, Reply> {
        if line == TSA {
            return Ok(self.world.answer(body));
        }
        let question: Value = serde_json::from_slice(body).unwrap();
        let answer = match line {
            FULCIO => self.certify(&question, &Leaf::default())?,
            REKOR_1 => self.entry_1(&body_1(&question)),
            _ => self.entry_2(&body_2(&question)),
        };
        Ok(answer.to_string().into_bytes())
    }
}

/// The name of every entry.
pub fn uuid() -> String {
    "ab".repeat(40)
}

/// What Rekor 1 makes of a proposed entry.
pub fn body_1(question: &Value) -> Value {
    if question["kind"] == "hashedrekord" {
        return question.clone();
    }
    let proposed = &question["spec"]["proposedContent"];
    let text = proposed["envelope"].as_str().unwrap();
    let envelope: Value = serde_json::from_str(text).unwrap();
    let payload = STANDARD
        .decode(envelope["payload"].as_str().unwrap())
        .unwrap();
    let hash = |bytes: &[u8]| json!({"algorithm": "sha256", "value": sha256(bytes).hex()});
    json!({
        "apiVersion": "0.0.1", "kind": "dsse",
        "spec": {
            "envelopeHash": hash(text.as_bytes()),
            "payloadHash": hash(&payload),
            "signatures": [{
                "signature": envelope["signatures"][0]["sig"],
                "verifier": proposed["verifiers"][0],
            }],
        },
    })
}

/// What Rekor 2 makes of one.
pub fn body_2(question: &Value) -> Value {
    let request = &question["hashedRekordRequestV002"];
    json!({
        "apiVersion": "0.0.2", "kind": "hashedrekord",
        "spec": {"hashedRekordV002": {
            "data": {"algorithm": "SHA2_256", "digest": request["digest"]},
            "signature": request["signature"],
        }},
    })
}

/// A refusal as these services write it.
pub fn refusal(status: u16, message: &str) -> Reply {
    let body = json!({"code": 3, "message": message});
    Reply::status(
        status,
        &[("Content-Type", "application/json")],
        body.to_string(),
    )
}

/// Another answer in the place of the honest one. The number counts the questions to this
/// service from 0.
type Instead = dyn Fn(&Inner, &Asked, usize, Vec<u8>) -> Option<Reply> + Send + Sync;

/// A question as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub line: String,
    pub body: Vec<u8>,
}

/// The instance.
pub struct Sigstore {
    pub server: Server,
    pub inner: Arc<Inner>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Sigstore {
    /// One that tells the truth. `None` where OpenSSL is missing.
    pub fn honest() -> Option<Self> {
        Self::start(|_, _, _, _| None)
    }

    /// One that answers to `line` otherwise.
    pub fn lying(
        line: &'static str,
        lie: impl Fn(&Inner, &Asked, Vec<u8>) -> Reply + Send + Sync + 'static,
    ) -> Option<Self> {
        Self::start(move |inner, asked, _, honest| {
            (asked.line == line).then(|| lie(inner, asked, honest))
        })
    }

    /// One that tells the truth over TLS.
    pub fn honest_tls(tls: rustls::ServerConfig) -> Option<Self> {
        Self::start_with(|_, _, _, _| None, Some(tls))
    }

    pub fn start(
        instead: impl Fn(&Inner, &Asked, usize, Vec<u8>) -> Option<Reply> + Send + Sync + 'static,
    ) -> Option<Self> {
        Self::start_with(instead, None)
    }

    fn start_with(
        instead: impl Fn(&Inner, &Asked, usize, Vec<u8>) -> Option<Reply> + Send + Sync + 'static,
        tls: Option<rustls::ServerConfig>,
    ) -> Option<Self> {
        let inner = Arc::new(Inner::new()?);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let instead: Arc<Instead> = Arc::new(instead);
        let routes: Routes = [FULCIO, REKOR_1, REKOR_2, TSA]
            .into_iter()
            .map(|line| {
                let (inner, log) = (Arc::clone(&inner), Arc::clone(&asked));
                let instead = Arc::clone(&instead);
                let reply = Reply::new(move |seen, stream| {
                    answer(&inner, &log, instead.as_ref(), seen, stream)
                });
                (line, vec![reply])
            })
            .collect();
        Some(Self {
            server: match tls {
                Some(tls) => Server::start_tls(routes, tls),
                None => Server::start(routes),
            },
            inner,
            asked,
        })
    }

    /// Everything that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The lines of it.
    pub fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

/// A question's body; its length is announced.
pub fn read_body(seen: &Seen, stream: &mut dyn Stream) -> std::io::Result<Vec<u8>> {
    let length = seen
        .header("content-length")
        .unwrap_or("0")
        .parse()
        .unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}

fn answer(
    inner: &Inner,
    log: &Mutex<Vec<Asked>>,
    instead: &Instead,
    seen: &Seen,
    stream: &mut dyn Stream,
) -> std::io::Result<()> {
    let asked = Asked {
        line: seen.line.clone(),
        body: read_body(seen, stream)?,
    };
    let reply = {
        let mut log = log.lock().unwrap();
        let nth = log.iter().filter(|other| other.line == asked.line).count();
        log.push(asked.clone());
        match inner.honest(&asked.line, &asked.body) {
            Ok(honest) => instead(inner, &asked, nth, honest.clone())
                .unwrap_or_else(|| Reply::status(201, &[], honest)),
            Err(refused) => refused,
        }
    };
    reply.send(seen, stream)
}
