//! What `check` says beyond lockfiles and manifests, and that it says it only on request.

use crate::cli::{run, sealgate, text, write};
use sealgate::support::hash::sha256;
use serde_json::Value;
use std::path::Path;

const BOM: &[&str] = &[
    "check",
    "app",
    "--only",
    "sbom",
    "--format",
    "cyclonedx-json",
];

/// A crate with one dependency of each kind, and a cache that holds one of them.
fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let checksum = sha256(b"the package").hex();
    let package = |name: &str| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n\
             source = \"registry+https://registry.example/index\"\nchecksum = \"{checksum}\"\n\n"
        )
    };
    let lock = format!(
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n\
         dependencies = [\"make\", \"run\", \"test\"]\n\n{}{}{}",
        package("make"),
        package("run"),
        package("test")
    );
    write(dir.path(), "app/Cargo.lock", lock);
    let manifest = "[package]\nname = \"app\"\nversion = \"1.0.0\"\nlicense = \"MIT/Apache-2.0\"\n\
         [dependencies]\nrun = \"1\"\n[build-dependencies]\nmake = \"1\"\n[dev-dependencies]\ntest = \"1\"\n";
    write(dir.path(), "app/Cargo.toml", manifest);
    let cached =
        "[package]\nname = \"run\"\nversion = \"1.0.0\"\nlicense = \"ISC\"\nbuild = \"b.rs\"\n";
    let registry = dir.path().join(".cargo/registry");
    write(
        &registry,
        "src/registry.example-01/run-1.0.0/Cargo.toml",
        cached,
    );
    write(
        &registry,
        "cache/registry.example-01/run-1.0.0.crate",
        "the package",
    );
    dir
}

fn bom(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn component(bom: &Value, name: &str) -> Value {
    let all = bom["components"].as_array().unwrap();
    let found = all.iter().find(|component| component["name"] == name);
    found.unwrap_or(&bom["metadata"]["component"]).clone()
}

fn property(component: &Value, name: &str) -> Option<String> {
    let all = component["properties"].as_array().unwrap();
    let found = all.iter().find(|property| property["name"] == name)?;
    found["value"].as_str().map(str::to_owned)
}

#[test]
fn caches_change_nothing_unless_they_are_asked_for() {
    let dir = project();
    let with_cache = run(dir.path(), BOM, 0);
    let elsewhere = sealgate(dir.path())
        .args(BOM)
        .env("CARGO_HOME", "/nowhere")
        .output()
        .unwrap();
    assert_eq!(with_cache.stdout, elsewhere.stdout);
    let bom = bom(&with_cache);
    let run_crate = component(&bom, "run");
    assert_eq!(run_crate["licenses"], Value::Null);
    assert_eq!(
        property(&run_crate, "sealgate:licence").as_deref(),
        Some("not recorded in the lockfile")
    );
    assert_eq!(property(&run_crate, "sealgate:runs-install-code"), None);
    for (name, scope) in [("run", "runtime"), ("make", "build"), ("test", "dev")] {
        let of = component(&bom, name);
        assert_eq!(
            property(&of, "sealgate:scope").as_deref(),
            Some(scope),
            "{name}"
        );
    }
}

#[test]
fn a_cache_that_is_asked_for_gives_licences_and_code_at_build_time() {
    let dir = project();
    let arguments = [BOM, &["--read-caches"]].concat();
    let output = run(dir.path(), &arguments, 0);
    let bom = bom(&output);
    let cached = component(&bom, "run");
    assert_eq!(cached["licenses"][0]["license"]["id"], "ISC");
    assert_eq!(
        property(&cached, "sealgate:licence:source").as_deref(),
        Some("cargo registry cache")
    );
    assert_eq!(
        property(&cached, "sealgate:runs-install-code").as_deref(),
        Some("true")
    );
    let absent = property(&component(&bom, "make"), "sealgate:licence").unwrap();
    assert!(
        absent.contains("nor is the package in the cargo registry cache"),
        "{absent}"
    );
    let place = dir.path().to_string_lossy().into_owned();
    assert!(!text(&output.stdout).contains(&place));
}

#[cfg(unix)]
#[test]
fn cargo_is_run_only_on_request_and_its_failure_is_inconclusive() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = project();
    let script = "#!/bin/sh\n: > ran\necho 'error: no such crate' >&2\nexit 101\n";
    let cargo = write(dir.path(), "bin/cargo", script);
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    let check = |more: &[&str], cargo: Option<&Path>| {
        let mut command = sealgate(dir.path());
        command.args(["check", "app", "--only", "sbom"]).args(more);
        command.env("PATH", "bin");
        if let Some(cargo) = cargo {
            command.env("CARGO", cargo);
        }
        command.output().unwrap()
    };
    assert_eq!(check(&[], Some(&cargo)).status.code(), Some(0));
    assert!(!dir.path().join("app/ran").exists());
    let failed = check(&["--with-cargo"], Some(&cargo));
    assert_eq!(failed.status.code(), Some(3));
    assert!(text(&failed.stdout).contains("inventory/cargo-failed"));
    assert!(text(&failed.stdout).contains("no such crate"));
    assert!(dir.path().join("app/ran").exists());
    // A relative directory of the PATH is not searched.
    let none = check(&["--with-cargo"], None);
    assert_eq!(none.status.code(), Some(2));
    assert!(text(&none.stderr).contains("no cargo in the PATH"));
}

#[test]
fn a_site_packages_directory_that_is_none_is_a_usage_error() {
    let dir = project();
    let output = run(
        dir.path(),
        &["check", "app", "--site-packages", "absent"],
        2,
    );
    assert!(text(&output.stderr).contains("--site-packages: `absent` is no directory"));
}
