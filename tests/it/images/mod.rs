//! Images in registries and in OCI layouts: `sign`, `attest`, `verify`, `discover` and `gate`
//! through the program.

mod credentials;
mod gate;
mod hostile;
mod layout;
mod registry;
pub mod stub;

use crate::signing::{Ran, expect, key, sealgate, write};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The program in an empty directory of its own.
pub struct Scene {
    pub dir: tempfile::TempDir,
}

impl Scene {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn command(&self) -> Command {
        sealgate(self.dir.path())
    }

    pub fn run(&self, code: i32, arguments: &[&str]) -> Ran {
        expect(code, &mut self.command(), arguments)
    }

    pub fn sign(&self, code: i32, image: &str) -> Ran {
        self.run(code, &["sign", image, "--key", &key("tester.key")])
    }

    pub fn verify(&self, code: i32, image: &str) -> Ran {
        self.run(code, &["verify", image, "--key", &key("tester.pub")])
    }

    /// Attests a predicate of a type of these tests.
    pub fn attest(&self, code: i32, image: &str, kind: &str, name: &str) -> Ran {
        write(
            &self.path().join("predicate.json"),
            br#"{"reviewed": true}"#,
        );
        let key = key(name);
        let arguments = [
            "attest",
            image,
            "--predicate",
            "predicate.json",
            "--type",
            kind,
        ];
        self.run(code, &[&arguments[..], &["--key", &key]].concat())
    }

    /// What is listed for an image.
    pub fn discover(&self, image: &str) -> Value {
        let ran = self.run(0, &["discover", image, "--format", "json"]);
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// The digests of what is listed.
    pub fn listed(&self, image: &str) -> Vec<String> {
        let list = self.discover(image);
        let referrers = list["referrers"].as_array().unwrap().iter();
        referrers
            .map(|entry| entry["digest"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Insists on texts in what a run said.
pub fn says(ran: &Ran, texts: &[&str]) {
    let all = format!("{}{}", ran.stdout, ran.stderr);
    for text in texts {
        assert!(all.contains(text), "no `{text}` in:\n{all}");
    }
}
