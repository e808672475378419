//! Attacks on `verify`: each is a passing case with exactly one mutation, and must end in
//! exactly the reason that is named. The passing case is run first in the same test.
//!
//! Real bundles, of the public instances and of GitHub's, come from the test data of the
//! crate `sigstore-verify`, where cargo has put it; nothing of it is committed here.

mod authority;
mod conditions;
mod gate;
mod keys;
mod log_entries;
mod offline;
mod size;
mod statements;
mod timestamps;
mod upstream;
pub mod world;

use crate::signing::{sealgate, write};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The test data of `sigstore-verify`. It is a dependency, so its source is there.
pub fn upstream_data() -> &'static Path {
    static DATA: OnceLock<PathBuf> = OnceLock::new();
    DATA.get_or_init(|| {
        let compiler = Command::new("rustc").arg("-vV").output().unwrap();
        let compiler = String::from_utf8(compiler.stdout).unwrap();
        let mut lines = compiler.lines();
        let host = lines.find_map(|line| line.strip_prefix("host: ")).unwrap();
        let output = Command::new(env!("CARGO"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["metadata", "--offline", "--locked", "--format-version", "1"])
            // The crates of other platforms need not have been downloaded.
            .args(["--filter-platform", host])
            .output()
            .unwrap();
        let metadata: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
        let package = metadata["packages"]
            .as_array()
            .unwrap()
            .iter()
            .find(|package| package["name"] == "sigstore-verify")
            .unwrap();
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        manifest.with_file_name("test_data")
    })
}

pub fn upstream(path: &str) -> Vec<u8> {
    let path = upstream_data().join(path);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub fn upstream_json(path: &str) -> Value {
    serde_json::from_slice(&upstream(path)).unwrap()
}

/// Everything that a run of `verify` is given.
#[derive(Clone)]
pub struct Scene {
    /// The artifact; its digest alone where it is `Err`.
    pub artifact: Result<Vec<u8>, String>,
    pub bundle: Value,
    /// The bundle's bytes where they are no plain JSON.
    pub raw_bundle: Option<String>,
    /// The bundle file's name.
    pub bundle_name: &'static str,
    pub root: Option<Value>,
    pub key: Option<Vec<u8>>,
    pub arguments: Vec<String>,
}

/// What a run gave.
#[derive(Debug)]
pub struct Judged {
    pub code: i32,
    /// The reason of the first bundle that does not verify.
    pub reason: Option<String>,
    pub report: Value,
    pub stderr: String,
}

impl Scene {
    pub fn new(artifact: &[u8], bundle: Value, arguments: &[&str]) -> Self {
        Self {
            artifact: Ok(artifact.to_vec()),
            bundle,
            raw_bundle: None,
            bundle_name: "bundle.sigstore.json",
            root: None,
            key: None,
            arguments: arguments.iter().map(|&a| a.to_owned()).collect(),
        }
    }

    /// Replaces the value of an option.
    pub fn set(&mut self, option: &str, value: &str) {
        let place = self.arguments.iter().position(|a| a == option).unwrap();
        self.arguments[place + 1] = value.to_owned();
    }

    pub fn add(&mut self, arguments: &[&str]) {
        self.arguments
            .extend(arguments.iter().map(|&a| a.to_owned()));
    }

    /// The first log entry.
    pub fn entry(&mut self) -> &mut Value {
        &mut self.bundle["verificationMaterial"]["tlogEntries"][0]
    }

    pub fn proof(&mut self) -> &mut Value {
        &mut self.entry()["inclusionProof"]
    }

    /// Edits the text of the checkpoint.
    pub fn checkpoint(&mut self, edit: impl Fn(&str) -> String) {
        let envelope = &mut self.proof()["checkpoint"]["envelope"];
        *envelope = edit(envelope.as_str().unwrap()).into();
    }

    pub fn timestamp(&mut self) -> &mut Value {
        &mut self.bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]
            [0]["signedTimestamp"]
    }

    /// Edits the envelope's payload, which the signature then no longer covers.
    pub fn payload(&mut self, edit: impl Fn(&mut Value)) {
        let payload = &mut self.bundle["dsseEnvelope"]["payload"];
        let bytes = STANDARD.decode(payload.as_str().unwrap()).unwrap();
        let mut value: Value = serde_json::from_slice(&bytes).unwrap();
        edit(&mut value);
        *payload = STANDARD.encode(value.to_string()).into();
    }

    pub fn run(&self) -> Judged {
        let dir = tempfile::tempdir().unwrap();
        let artifact = match &self.artifact {
            Ok(bytes) => {
                write(&dir.path().join("artifact"), bytes);
                "artifact"
            }
            Err(digest) => digest,
        };
        let bundle = self
            .raw_bundle
            .clone()
            .unwrap_or_else(|| self.bundle.to_string());
        write(&dir.path().join(self.bundle_name), bundle.as_bytes());
        let mut command = sealgate(dir.path());
        command.args(["verify", artifact, "--bundle", self.bundle_name]);
        command.args(["--format", "json"]).args(&self.arguments);
        if let Some(root) = &self.root {
            write(&dir.path().join("root.json"), root.to_string().as_bytes());
            command.args(["--trusted-root", "root.json"]);
        }
        if let Some(key) = &self.key {
            write(&dir.path().join("key.pub"), key);
            command.args(["--key", "key.pub"]);
        }
        let output = command.output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        let reason = report["bundles"]
            .as_array()
            .into_iter()
            .flatten()
            .find_map(|bundle| bundle["reason"].as_str())
            .map(str::to_owned);
        Judged {
            code: output.status.code().unwrap(),
            reason,
            report,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// One mutation.
pub struct Attack<'a> {
    pub name: &'static str,
    /// The exact reason; empty where the command line or the trusted root is refused.
    pub reason: &'static str,
    pub code: i32,
    pub edit: &'a dyn Fn(&mut Scene),
}

/// An attack that must end in exit code 1.
pub fn fails<'a>(
    name: &'static str,
    reason: &'static str,
    edit: &'a dyn Fn(&mut Scene),
) -> Attack<'a> {
    Attack {
        name,
        reason,
        code: 1,
        edit,
    }
}

/// An attack that must end in exit code 2: what it made cannot be read.
pub fn unreadable<'a>(
    name: &'static str,
    reason: &'static str,
    edit: &'a dyn Fn(&mut Scene),
) -> Attack<'a> {
    Attack {
        name,
        reason,
        code: 2,
        edit,
    }
}

/// Runs the passing twin, then every attack on it.
pub fn attack(twin: &Scene, attacks: &[Attack<'_>]) {
    let passed = twin.run();
    assert_eq!(passed.code, 0, "the twin: {passed:?}");
    assert_eq!(passed.report["verified"], true, "the twin: {passed:?}");
    for attack in attacks {
        let mut scene = twin.clone();
        (attack.edit)(&mut scene);
        let judged = scene.run();
        let reason = judged.reason.as_deref().unwrap_or_default();
        assert_eq!(
            (attack.name, judged.code, reason),
            (attack.name, attack.code, attack.reason),
            "{judged:#?}"
        );
        assert_ne!(judged.report["verified"], true, "{}", attack.name);
        if reason.is_empty() {
            assert!(judged.stderr.starts_with("error: "), "{judged:#?}");
        }
    }
}

/// Changes one bit in the middle of base64.
pub fn flip(value: &mut Value) {
    let mut bytes = STANDARD.decode(value.as_str().unwrap()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    *value = STANDARD.encode(bytes).into();
}

pub const GITHUB_LOGIN: &str = "https://github.com/login/oauth";
pub const ACTIONS: &str = "https://token.actions.githubusercontent.com";

/// A file signature of cosign 3: Rekor 1 with a promise, and a timestamp.
pub fn cosign() -> Scene {
    let mut scene = Scene::new(
        &upstream("bundles/cosign-v3-blob.txt"),
        upstream_json("bundles/cosign-v3-blob.sigstore.json"),
        &[
            "--certificate-identity",
            "w.vollprecht@gmail.com",
            "--certificate-oidc-issuer",
            GITHUB_LOGIN,
        ],
    );
    scene.root = Some(embedded_root("trusted_root.json"));
    scene
}

pub const CONDA_IDENTITY: &str =
    "https://github.com/prefix-dev/sigstore-example/.github/workflows/action.yaml@refs/heads/main";

/// A statement of a GitHub workflow: Rekor 1, no timestamp.
pub fn conda() -> Scene {
    Scene::new(
        &upstream("bundles/signed-package-2.1.0-hb0f4dca_0.conda"),
        upstream_json("bundles/conda-attestation.sigstore.json"),
        &[
            "--certificate-identity",
            CONDA_IDENTITY,
            "--certificate-oidc-issuer",
            ACTIONS,
        ],
    )
}

/// A statement in Rekor 2 of the staging instance, with a timestamp.
pub fn rekor2() -> Scene {
    Scene::new(
        &upstream("bundles/signed-package-2.1.0-hb0f4dca_0.conda"),
        upstream_json("bundles/conda-attestation-rekor2.sigstore.json"),
        &[
            "--staging",
            "--certificate-identity",
            "jku@goto.fi",
            "--certificate-oidc-issuer",
            GITHUB_LOGIN,
        ],
    )
}

/// A file signature by a key that cosign logged, with a timestamp.
pub fn managed_key() -> Scene {
    let mut scene = Scene::new(
        &upstream("managed-key/artifact.txt"),
        upstream_json("managed-key/bundle.sigstore.json"),
        &["--log-entries", "1"],
    );
    scene.key = Some(upstream("managed-key/key.pub"));
    scene
}

/// The trusted root that is built into the program, from the crate that it is taken of.
pub fn embedded_root(name: &str) -> Value {
    let verify = upstream_data().parent().unwrap();
    let root = verify
        .to_string_lossy()
        .replace("sigstore-verify-", "sigstore-trust-root-");
    let bytes = std::fs::read(Path::new(&root).join("src").join(name)).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// A list with one member more.
pub fn push(list: &mut Value, item: Value) {
    match list {
        Value::Array(items) => items.push(item),
        other => *other = json!([item]),
    }
}
