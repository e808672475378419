//! A TUF repository on loopback, signed here with keys of its own: with consistent snapshots,
//! a root of three keys of which two must sign, and one key for each other role.

use crate::http::server::{Reply, Server};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Never in the lifetime of this program.
pub const FAR: &str = "2999-01-01T00:00:00Z";
/// Long ago.
pub const PAST: &str = "2020-01-01T00:00:00Z";

/// A key of the repository.
pub struct Key(Ed25519KeyPair);

impl Key {
    pub fn new() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap())
    }

    fn public(&self) -> String {
        hex::encode(self.0.public_key().as_ref())
    }

    fn id(&self) -> String {
        sha256(self.public().as_bytes())
    }

    fn json(&self) -> Value {
        json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": self.public()}})
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    hex::encode(digest.as_ref())
}

/// Metadata with signatures: keys sort and nothing needs an escape, so that the compact form
/// is the canonical one.
pub fn signed(what: &Value, keys: &[&Key]) -> Vec<u8> {
    let canonical = serde_json::to_vec(what).unwrap();
    let signatures: Vec<Value> = keys
        .iter()
        .map(|key| json!({"keyid": key.id(), "sig": hex::encode(key.0.sign(&canonical))}))
        .collect();
    serde_json::to_vec(&json!({"signed": what, "signatures": signatures})).unwrap()
}

/// What of a repository can differ.
#[derive(Clone)]
pub struct State {
    pub timestamp: u64,
    pub snapshot: u64,
    pub targets: u64,
    pub timestamp_expires: &'static str,
    pub snapshot_expires: &'static str,
    pub targets_expires: &'static str,
    pub trusted_root: Vec<u8>,
    pub signing_config: Option<Vec<u8>>,
}

impl State {
    /// Everything in a version, valid, with this trusted root.
    pub fn of(version: u64, trusted_root: &str) -> Self {
        Self {
            timestamp: version,
            snapshot: version,
            targets: version,
            timestamp_expires: FAR,
            snapshot_expires: FAR,
            targets_expires: FAR,
            trusted_root: trusted_root.as_bytes().to_vec(),
            signing_config: Some(
                sigstore_trust_root::SIGSTORE_PRODUCTION_SIGNING_CONFIG
                    .as_bytes()
                    .to_vec(),
            ),
        }
    }
}

/// Who signs.
pub struct Repository {
    pub roots: Vec<Key>,
    pub timestamp: Key,
    pub snapshot: Key,
    pub targets: Key,
}

/// Path and content of everything.
pub type Files = BTreeMap<String, Vec<u8>>;

impl Repository {
    pub fn new() -> Self {
        Self {
            roots: vec![Key::new(), Key::new(), Key::new()],
            timestamp: Key::new(),
            snapshot: Key::new(),
            targets: Key::new(),
        }
    }

    /// What a root of a version says.
    pub fn root_of(&self, version: u64, expires: &str) -> Value {
        let all = self.roots.iter();
        let all = all.chain([&self.timestamp, &self.snapshot, &self.targets]);
        let keys: Map<String, Value> = all.map(|key| (key.id(), key.json())).collect();
        let ids: Vec<String> = self.roots.iter().map(Key::id).collect();
        let one = |key: &Key| json!({"keyids": [key.id()], "threshold": 1});
        json!({
            "_type": "root",
            "spec_version": "1.0.31",
            "version": version,
            "expires": expires,
            "consistent_snapshot": true,
            "keys": keys,
            "roles": {
                "root": {"keyids": ids, "threshold": 2},
                "timestamp": one(&self.timestamp),
                "snapshot": one(&self.snapshot),
                "targets": one(&self.targets),
            },
        })
    }

    /// A root signed by two of its keys.
    pub fn root(&self, version: u64) -> Vec<u8> {
        let root = self.root_of(version, FAR);
        signed(&root, &[&self.roots[0], &self.roots[1]])
    }

    /// Everything but roots.
    pub fn files(&self, state: &State) -> Files {
        let mut files = Files::new();
        let mut listed = Map::new();
        let both = [
            ("trusted_root.json", Some(&state.trusted_root)),
            ("signing_config.v0.2.json", state.signing_config.as_ref()),
        ];
        for (name, bytes) in both {
            let Some(bytes) = bytes else { continue };
            let hash = sha256(bytes);
            listed.insert(
                name.to_owned(),
                json!({"length": bytes.len(), "hashes": {"sha256": hash}}),
            );
            files.insert(format!("targets/{hash}.{name}"), bytes.clone());
        }
        let targets = self.role("targets", state.targets, state.targets_expires);
        let targets = with(targets, "targets", Value::Object(listed));
        let targets = signed(&targets, &[&self.targets]);
        let meta = json!({"targets.json": pinned(state.targets, &targets)});
        let snapshot = self.role("snapshot", state.snapshot, state.snapshot_expires);
        let snapshot = signed(&with(snapshot, "meta", meta), &[&self.snapshot]);
        let meta = json!({"snapshot.json": pinned(state.snapshot, &snapshot)});
        let timestamp = self.role("timestamp", state.timestamp, state.timestamp_expires);
        let timestamp = signed(&with(timestamp, "meta", meta), &[&self.timestamp]);
        files.insert(format!("{}.targets.json", state.targets), targets);
        files.insert(format!("{}.snapshot.json", state.snapshot), snapshot);
        files.insert("timestamp.json".to_owned(), timestamp);
        files
    }

    fn role(&self, kind: &str, version: u64, expires: &str) -> Value {
        json!({
            "_type": kind,
            "spec_version": "1.0.31",
            "version": version,
            "expires": expires,
        })
    }
}

fn with(mut role: Value, name: &str, value: Value) -> Value {
    role[name] = value;
    role
}

fn pinned(version: u64, bytes: &[u8]) -> Value {
    json!({"version": version, "length": bytes.len(), "hashes": {"sha256": sha256(bytes)}})
}

/// Serves nothing but these.
pub fn serve(server: &Server, files: &Files) {
    server.set(Vec::new());
    for (path, bytes) in files {
        server.add(&format!("GET /tuf/{path}"), Reply::ok(bytes));
    }
}
