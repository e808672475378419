//! An instance of our own: a certificate authority and a timestamp authority, no log. So
//! certificates can be made that Sigstore would never issue.

use super::Scene;
use crate::signing::write;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, CustomExtension,
    DistinguishedName, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, PublicKeyData,
    SanType, date_time_ymd,
};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

pub const ARTIFACT: &[u8] = b"the artifact\n";
pub const IDENTITY: &str = "release@acme.example";
pub const ISSUER: &str = "https://accounts.acme.example";

/// A key that Fulcio would certify.
#[derive(Clone, Copy)]
pub enum Kind {
    P256,
    P384,
    Ed25519,
}

/// What a certificate says.
#[derive(Clone)]
pub struct Leaf {
    pub names: Vec<SanType>,
    pub issuer: Option<String>,
    /// The token's `sub`.
    pub token_subject: Option<String>,
    /// First and last year of its validity.
    pub years: (i32, i32),
    pub code_signing: bool,
    pub kind: Kind,
}

impl Default for Leaf {
    fn default() -> Self {
        Self {
            names: vec![SanType::Rfc822Name(IDENTITY.try_into().unwrap())],
            issuer: Some(ISSUER.to_owned()),
            token_subject: None,
            years: (2020, 2090),
            code_signing: true,
            kind: Kind::P256,
        }
    }
}

/// The instance; its keys are in memory and in a directory that goes with it.
pub struct World {
    directory: tempfile::TempDir,
    /// Held while a timestamp is made: all are made in one directory.
    stamping: Mutex<()>,
    authority: CertifiedIssuer<'static, KeyPair>,
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_before = date_time_ymd(2019, 1, 1);
    params.not_after = date_time_ymd(2099, 1, 1);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

impl World {
    /// `None`, with the reason printed, where OpenSSL cannot make timestamps.
    pub fn new() -> Option<Self> {
        let Ok(version) = Command::new("openssl").arg("version").output() else {
            println!("skipped: openssl is not installed");
            return None;
        };
        assert!(version.status.success());
        let directory = tempfile::tempdir().unwrap();
        timestamp_authority(directory.path());
        Some(Self {
            directory,
            stamping: Mutex::new(()),
            authority: authority("acme root"),
        })
    }

    /// Another authority of the same name.
    pub fn impostor(&self) -> CertifiedIssuer<'static, KeyPair> {
        authority("acme root")
    }

    /// What this instance trusts.
    pub fn root(&self) -> Value {
        let der = |name: &str| {
            let path = self.directory.path().join(name);
            json!({"rawBytes": STANDARD.encode(std::fs::read(path).unwrap())})
        };
        let range = json!({"start": "2019-01-01T00:00:00Z"});
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "certificateAuthorities": [{
                "uri": "https://fulcio.acme.example",
                "certChain": {"certificates": [
                    {"rawBytes": STANDARD.encode(self.authority.der())}
                ]},
                "validFor": range,
            }],
            "timestampAuthorities": [{
                "uri": "https://tsa.acme.example",
                "certChain": {"certificates": [der("tsa.der"), der("tsa-root.der")]},
                "validFor": range,
            }],
        })
    }

    /// A bundle of the artifact, signed now.
    pub fn bundle(&self, leaf: &Leaf) -> Value {
        self.bundle_by(leaf, &self.authority)
    }

    pub fn bundle_by(&self, leaf: &Leaf, by: &CertifiedIssuer<'static, KeyPair>) -> Value {
        let algorithm = match leaf.kind {
            Kind::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Kind::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Kind::Ed25519 => &rcgen::PKCS_ED25519,
        };
        let key = KeyPair::generate_for(algorithm).unwrap();
        let (algorithm, digest, signature) = sign(leaf.kind, &key.serialize_der(), ARTIFACT);
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": self.material(leaf, &key, by, &signature),
            "messageSignature": {
                "messageDigest": {"algorithm": algorithm, "digest": STANDARD.encode(digest)},
                "signature": STANDARD.encode(signature),
            },
        })
    }

    /// A bundle of a statement, signed now with a P-256 key.
    pub fn statement(&self, leaf: &Leaf, payload: &[u8]) -> Value {
        let key = KeyPair::generate().unwrap();
        let payload_type = "application/vnd.in-toto+json";
        let mut encoded = format!(
            "DSSEv1 {} {payload_type} {} ",
            payload_type.len(),
            payload.len()
        )
        .into_bytes();
        encoded.extend(payload);
        let (_, _, signature) = sign(Kind::P256, &key.serialize_der(), &encoded);
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": self.material(leaf, &key, &self.authority, &signature),
            "dsseEnvelope": {
                "payload": STANDARD.encode(payload),
                "payloadType": payload_type,
                "signatures": [{"sig": STANDARD.encode(signature)}],
            },
        })
    }

    /// A certificate of the key, and a timestamp of now over the signature.
    fn material(
        &self,
        leaf: &Leaf,
        key: &KeyPair,
        by: &CertifiedIssuer<'static, KeyPair>,
        signature: &[u8],
    ) -> Value {
        let certificate = Self::certificate(leaf, key, by);
        json!({
            "certificate": {"rawBytes": STANDARD.encode(certificate.der())},
            "timestampVerificationData": {"rfc3161Timestamps": [
                {"signedTimestamp": STANDARD.encode(self.timestamp(signature))}
            ]},
        })
    }

    /// The authority that certifies.
    pub fn authority(&self) -> &CertifiedIssuer<'static, KeyPair> {
        &self.authority
    }

    /// A certificate of a key.
    pub fn certificate(
        leaf: &Leaf,
        key: &impl PublicKeyData,
        by: &CertifiedIssuer<'static, KeyPair>,
    ) -> Certificate {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.subject_alt_names.clone_from(&leaf.names);
        params.not_before = date_time_ymd(leaf.years.0, 1, 1);
        params.not_after = date_time_ymd(leaf.years.1, 1, 1);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![match leaf.code_signing {
            true => ExtendedKeyUsagePurpose::CodeSigning,
            false => ExtendedKeyUsagePurpose::ServerAuth,
        }];
        for (number, text) in [(8, &leaf.issuer), (24, &leaf.token_subject)] {
            let Some(text) = text else {
                continue;
            };
            // A DER UTF8String under 128 bytes.
            let mut der = vec![0x0c, u8::try_from(text.len()).unwrap()];
            der.extend(text.as_bytes());
            params
                .custom_extensions
                .push(CustomExtension::from_oid_content(
                    &[1, 3, 6, 1, 4, 1, 57264, 1, number],
                    der,
                ));
        }
        params.signed_by(key, by).unwrap()
    }

    /// A scene whose bundle verifies, if the leaf is good.
    pub fn scene(&self, leaf: &Leaf) -> Scene {
        let mut scene = Scene::new(
            ARTIFACT,
            self.bundle(leaf),
            &[
                "--certificate-identity",
                IDENTITY,
                "--certificate-oidc-issuer",
                ISSUER,
                "--log-entries",
                "0",
                "--without-sct",
            ],
        );
        scene.root = Some(self.root());
        scene
    }

    /// A timestamp of now over a signature.
    fn timestamp(&self, signature: &[u8]) -> Vec<u8> {
        let _stamping = self.stamping.lock().unwrap();
        let dir = self.directory.path();
        write(&dir.join("signature"), signature);
        openssl(
            dir,
            "ts -query -data signature -sha256 -cert -no_nonce -out query",
        );
        self.reply()
    }

    /// The timestamp authority's answer to a question.
    pub fn answer(&self, query: &[u8]) -> Vec<u8> {
        let _stamping = self.stamping.lock().unwrap();
        write(&self.directory.path().join("query"), query);
        self.reply()
    }

    fn reply(&self) -> Vec<u8> {
        let dir = self.directory.path();
        openssl(
            dir,
            "ts -reply -config tsa.cnf -queryfile query -signer tsa.pem -inkey tsa.key -out reply",
        );
        std::fs::read(dir.join("reply")).unwrap()
    }
}

fn sign(kind: Kind, pkcs8: &[u8], message: &[u8]) -> (&'static str, Vec<u8>, Vec<u8>) {
    use aws_lc_rs::digest::{SHA256, SHA384, digest};
    let random = SystemRandom::new();
    let (name, hash, signature) = match kind {
        Kind::P256 => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8).unwrap();
            ("SHA2_256", &SHA256, pair.sign(&random, message).unwrap())
        }
        Kind::P384 => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, pkcs8).unwrap();
            ("SHA2_384", &SHA384, pair.sign(&random, message).unwrap())
        }
        Kind::Ed25519 => {
            let pair = Ed25519KeyPair::from_pkcs8(pkcs8).unwrap();
            ("SHA2_256", &SHA256, pair.sign(message))
        }
    };
    (
        name,
        digest(hash, message).as_ref().to_vec(),
        signature.as_ref().to_vec(),
    )
}

fn openssl(dir: &Path, line: &str) {
    let output = Command::new("openssl")
        .current_dir(dir)
        .args(line.split(' '))
        .output()
        .unwrap();
    assert!(output.status.success(), "{line}: {output:?}");
}

/// Makes the timestamp authority's root, certificate and configuration.
fn timestamp_authority(dir: &Path) {
    let configuration = "[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = only
[only]
serial = serial
default_policy = 1.2.3.4
digests = sha256
signer_digest = sha256
ess_cert_id_alg = sha256
";
    write(&dir.join("tsa.cnf"), configuration.as_bytes());
    write(&dir.join("serial"), b"01\n");
    for line in [
        "req -x509 -config tsa.cnf -extensions root -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
         -nodes -subj /CN=tsa-root -days 3000 -keyout tsa-root.key -out tsa-root.pem",
        "req -config tsa.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=tsa \
         -keyout tsa.key -out tsa.csr",
        "x509 -req -in tsa.csr -CA tsa-root.pem -CAkey tsa-root.key -set_serial 2 -days 3000 \
         -extfile tsa.cnf -extensions leaf -out tsa.pem",
        "x509 -in tsa.pem -outform DER -out tsa.der",
        "x509 -in tsa-root.pem -outform DER -out tsa-root.der",
    ] {
        openssl(dir, line);
    }
}
