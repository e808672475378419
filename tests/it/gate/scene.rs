//! The passing scene of the gate, and signed statements to change it with.

use crate::signing::{PASSPHRASE, Ran, expect, key, keys, read, sealgate, write};
use sealgate::signing::{KeyFileSigner, Passphrase, read_key_file, sign_statement};
use sealgate::support::hash::sha256;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub const ARTIFACT: &[u8] = b"the artifact\n";
pub const NOW: &str = "2026-11-23T12:00:00Z";
pub const AN_HOUR_AGO: &str = "2026-11-23T11:00:00Z";
pub const YESTERDAY: &str = "2026-11-22T12:00:00Z";

pub struct Scene {
    pub dir: tempfile::TempDir,
}

impl Scene {
    /// An artifact and a policy: staging wants tests, prod also a scan and staging's word.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        write(&dir.path().join("app.bin"), ARTIFACT);
        let role = |name: &str| {
            let pem = read(&keys().join(format!("{name}.pub")));
            format!("[roles.{name}]\nkey-pem = \"\"\"\n{pem}\"\"\"\n")
        };
        let policy = [
            "schema = 1\nname = \"environments\"\nversion = 1\n".to_owned(),
            ["tester", "builder", "promoter-staging", "promoter-prod"]
                .map(role)
                .concat(),
            "[environments.staging]\npromoter = \"promoter-staging\"\n\
             [[environments.staging.require]]\npredicate = \"test-result\"\nrole = \"tester\"\n\
             min-tests = 2\nmax-age = \"30d\"\n\
             [environments.prod]\npromoter = \"promoter-prod\"\nrequires-vsa-from = \"staging\"\n\
             [[environments.prod.require]]\npredicate = \"scan\"\nrole = \"builder\"\n"
                .to_owned(),
        ];
        write(&dir.path().join("policy.toml"), policy.concat().as_bytes());
        Self { dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn attest(&self, lines: &[String]) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        write(&self.path("app.bin.attestations.jsonl"), text.as_bytes());
    }

    pub fn gate(&self, environment: &str, code: i32, options: &[&str]) -> Ran {
        let base = [
            "--at",
            NOW,
            "gate",
            "app.bin",
            "--env",
            environment,
            "--policy",
            "policy.toml",
        ];
        expect(
            code,
            &mut sealgate(self.dir.path()),
            &[&base[..], options].concat(),
        )
    }

    /// Decides about staging and insists on exit code and reason ids.
    pub fn staging(&self, code: i32, ids: &[&str]) -> Value {
        decision(
            &self.gate("staging", code, &["--no-vsa", "--format", "json"]),
            ids,
        )
    }

    /// Decides about prod with staging's summary.
    pub fn prod(&self, code: i32, ids: &[&str]) -> Value {
        let options = [
            "--no-vsa",
            "--format",
            "json",
            "--vsa-in",
            "app.bin.staging.vsa.json",
        ];
        decision(&self.gate("prod", code, &options), ids)
    }
}

pub fn decision(ran: &Ran, ids: &[&str]) -> Value {
    let page: Value = serde_json::from_str(&ran.stdout).unwrap();
    let got: Vec<&str> = page["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["id"].as_str().unwrap())
        .collect();
    assert_eq!(got, ids, "{}", ran.stdout);
    let word = match ran.code {
        0 => "pass",
        1 => "fail",
        _ => "inconclusive",
    };
    assert_eq!(page["decision"], word);
    page
}

pub fn statement(subjects: &[&[u8]], predicate_type: &str, predicate: Value) -> String {
    let subjects: Vec<Value> = subjects
        .iter()
        .map(|bytes| json!({"name": "app.bin", "digest": {"sha256": sha256(bytes).hex()}}))
        .collect();
    json!({
        "_type": "https://in-toto.io/Statement/v1", "subject": subjects,
        "predicateType": predicate_type, "predicate": predicate,
    })
    .to_string()
}

pub fn test_result(result: &str, passed: u64, failed: u64, time: &str) -> Value {
    json!({
        "result": result, "configuration": [],
        "sealgate_run": {
            "argv": ["make", "test"], "exitCode": i32::from(failed > 0),
            "counts": {"passed": passed, "failed": failed},
            "startedOn": time, "finishedOn": time,
            "tool": {"name": "sealgate", "version": "0"},
        },
    })
}

pub const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// The signers of all roles, decrypted once.
pub fn signer(role: &str) -> &'static KeyFileSigner {
    static SIGNERS: OnceLock<BTreeMap<&str, KeyFileSigner>> = OnceLock::new();
    let signers = SIGNERS.get_or_init(|| {
        let passphrase = Passphrase::new(PASSPHRASE.to_owned().into()).unwrap();
        ["tester", "builder", "promoter-staging", "stranger"]
            .into_iter()
            .map(|role| {
                let file = read_key_file(Path::new(&key(&format!("{role}.key")))).unwrap();
                (role, file.decrypt(&passphrase).unwrap())
            })
            .collect()
    });
    &signers[role]
}

pub fn sign(role: &str, statement: &str) -> String {
    sign_statement(signer(role), statement.as_bytes())
        .unwrap()
        .to_json()
        .unwrap()
}

/// A signed test result about the artifact.
pub fn tested(role: &str, predicate: Value) -> String {
    sign(role, &statement(&[ARTIFACT], TEST_RESULT, predicate))
}

pub fn passing() -> String {
    tested("tester", test_result("PASSED", 5, 0, AN_HOUR_AGO))
}

/// The passing scene, once seen to pass.
pub fn passing_scene() -> Scene {
    let scene = Scene::new();
    scene.attest(&[passing()]);
    scene.staging(0, &[]);
    scene
}

pub fn edited(line: &str, edit: impl FnOnce(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(line).unwrap();
    edit(&mut value);
    value.to_string()
}
