//! Lockfiles that are out of date, through the binary: each beside the manifest that it was
//! made for, which passes, and beside a changed one.

use crate::cli::{run, write};
use serde_json::Value;
use std::path::Path;

const POLICY: &str = "schema = 1\nname = \"t\"\nversion = 1\nextends = \"baseline\"\n[registry.approved]\npypi = [\"https://p.example/\"]\ncomposer = [\"https://c.example/\"]\ngem = [\"https://g.example/\"]\nnpm = [\"https://n.example/\"]\ncargo = [\"default\"]\n[rules]\n\"registry/weak-checksum\" = \"report\"\n\"registry/url-dependency\" = \"report\"\n\"registry/source-unknown\" = \"report\"\n";

/// `path:line says` of everything that a tree's lockfiles do not hold, sorted.
fn stale(root: &Path, code: i32) -> Vec<String> {
    let arguments = [
        "registry",
        "app",
        "--policy",
        "policy.toml",
        "--format",
        "json",
    ];
    let output = run(root, &arguments, code);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap().iter();
    let rule = "registry/stale-lockfile";
    let stale = findings.filter(|finding| finding["rule"] == rule);
    let places = stale.flat_map(|finding| finding["registry"]["configuration"].as_array().unwrap());
    let mut told: Vec<String> = places
        .map(|place| {
            let location = &place["location"];
            format!(
                "{}:{} {}",
                location["path"].as_str().unwrap(),
                location["line"],
                place["says"].as_str().unwrap()
            )
        })
        .collect();
    told.sort();
    told
}

/// The files pass; with one text changed in the first of them, the lockfile is told.
fn judge(files: &[(&str, &str)], from: &str, to: &str, told: &str) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "policy.toml", POLICY);
    for (path, text) in files {
        write(root, &format!("app/{path}"), text);
    }
    assert!(stale(root, 0).is_empty());
    let (path, text) = files[0];
    assert!(text.contains(from), "{from}");
    write(root, &format!("app/{path}"), text.replacen(from, to, 1));
    assert_eq!(stale(root, 3), [told]);
}

const HASH: &str = "sha256:2f8c5ab1b3d6ad1f1f7d4d6c6a9be4c2b6cde1b3f7a81b8a4e7a5d1b0c9f8e7d";

#[test]
fn a_lock_of_uv() {
    let manifest = "[project]\nname = \"app\"\nversion = \"1.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"left>=1; python_version>'3.9'\"]\n[[tool.uv.index]]\nurl = \"https://p.example/simple\"\ndefault = true\n";
    let lock = format!(
        "version = 1\nrevision = 3\nrequires-python = \">=3.9\"\n\n[[package]]\nname = \"app\"\nversion = \"1.0\"\nsource = {{ virtual = \".\" }}\ndependencies = [\n    {{ name = \"left\", marker = \"python_full_version >= '3.10'\" }},\n]\n\n[package.metadata]\nrequires-dist = [{{ name = \"left\", marker = \"python_full_version >= '3.10'\", specifier = \">=1\" }}]\n\n[[package]]\nname = \"left\"\nversion = \"1.2\"\nsource = {{ registry = \"https://p.example/simple\" }}\nwheels = [\n    {{ url = \"https://p.example/left-1.2-py3-none-any.whl\", hash = \"{HASH}\", size = 9 }},\n]\n"
    );
    let files = [("pyproject.toml", manifest), ("uv.lock", &lock)];
    judge(
        &files,
        ">=1;",
        ">=1.1;",
        "pyproject.toml:5 left = left>=1.1; python_version>'3.9'",
    );
    judge(
        &files,
        "\">=3.9\"",
        "\">=3.11\"",
        "pyproject.toml:4 requires-python = >=3.11",
    );
}

#[test]
fn a_lock_of_pdm() {
    let manifest = "[project]\nname = \"app\"\nversion = \"1.0\"\nrequires-python = \">=3.9\"\ndependencies = [\"left>=1\"]\n[[tool.pdm.source]]\nname = \"pypi\"\nurl = \"https://p.example/simple\"\n";
    let kept = "1f374db9aac0798c24884e154cd893d1096a242798da032a42d9ec2bee565a15";
    let lock = format!(
        "[metadata]\ngroups = [\"default\"]\nstrategy = [\"inherit_metadata\"]\nlock_version = \"4.5.0\"\ncontent_hash = \"sha256:{kept}\"\n\n[[package]]\nname = \"left\"\nversion = \"1.2\"\ngroups = [\"default\"]\nfiles = [\n    {{file = \"left-1.2-py3-none-any.whl\", hash = \"{HASH}\"}},\n]\n"
    );
    judge(
        &[("pyproject.toml", manifest), ("pdm.lock", &lock)],
        ">=1\"",
        ">=1.1\"",
        &format!("pdm.lock:5 content_hash = sha256:{kept}"),
    );
}

#[test]
fn a_lock_of_composer() {
    let manifest = "{\"name\": \"acme/app\", \"require\": {\"acme/left\": \"^1\"}, \"repositories\": [{\"type\": \"composer\", \"url\": \"https://c.example/\"}, {\"packagist\": false}]}";
    let lock = "{\n\"content-hash\": \"KEPT\",\n\"packages\": [{\"name\": \"acme/left\", \"version\": \"1.2.0\", \"dist\": {\"type\": \"zip\", \"url\": \"https://c.example/left.zip\", \"shasum\": \"da39a3ee5e6b4b0d3255bfef95601890afd80709\"}}],\n\"packages-dev\": []}";
    let kept = "b47abfe123fe68aa4e9075cad34aaf42";
    judge(
        &[
            ("composer.json", manifest),
            ("composer.lock", &lock.replace("KEPT", kept)),
        ],
        "^1",
        "^1.2",
        &format!("composer.lock:2 content-hash = {kept}"),
    );
}

#[test]
fn a_lock_of_bundler() {
    let manifest = "source \"https://g.example/\"\ngem \"left\", \"~> 1.0\"\n";
    let lock = "GEM\n  remote: https://g.example/\n  specs:\n    left (1.2.0)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  left (~> 1.0)\n\nCHECKSUMS\n  left (1.2.0) sha256=2f8c5ab1b3d6ad1f1f7d4d6c6a9be4c2b6cde1b3f7a81b8a4e7a5d1b0c9f8e7d\n\nBUNDLED WITH\n   2.6.1\n";
    judge(
        &[("Gemfile", manifest), ("Gemfile.lock", lock)],
        "~> 1.0",
        "~> 1.1",
        "Gemfile:2 gem = left",
    );
}

#[test]
fn a_compiled_requirement_file() {
    let input = "left>=1\n";
    let compiled = format!(
        "--index-url https://p.example/simple\nleft==1.2 \\\n    --hash={HASH}\n    # via -r requirements.in\n"
    );
    judge(
        &[("requirements.in", input), ("requirements.txt", &compiled)],
        ">=1",
        ">=1.3",
        "requirements.in:1 left = left>=1.3",
    );
}

#[test]
fn a_member_of_a_workspace_of_yarn_1() {
    let member =
        "{\"name\": \"b\", \"version\": \"1.0.0\",\n\"dependencies\": {\"left\": \"^1.0.0\"}}";
    let lock = "# yarn lockfile v1\n\n\nleft@^1.0.0:\n  version \"1.2.0\"\n  resolved \"https://n.example/left/-/left-1.2.0.tgz#da39a3ee5e6b4b0d3255bfef95601890afd80709\"\n  integrity sha512-2yyAR8qBkN3YuheJanUpWC5U3bb5osDywNB8RzDVlDwDHbocAJveqqj1u8+SVD7jkWT4yvsHCpWqqWqAxb0zCA==\n";
    judge(
        &[
            ("packages/b/package.json", member),
            (
                "package.json",
                "{\"name\": \"root\", \"private\": true, \"workspaces\": [\"packages/*\"]}",
            ),
            ("yarn.lock", lock),
        ],
        "^1.0.0",
        "^1.3.0",
        "packages/b/package.json:2 left = ^1.3.0",
    );
}

#[test]
fn a_member_that_a_pattern_of_cargo_finds() {
    let member =
        "[package]\nname = \"a\"\nversion = \"0.1.0\"\n[dependencies]\nb = { path = \"../b\" }\n";
    let b = "[package]\nname = \"b\"\nversion = \"0.1.0\"\n";
    let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\ndependencies = [\n \"b\",\n]\n\n[[package]]\nname = \"b\"\nversion = \"0.1.0\"\n";
    judge(
        &[
            ("crates/a/Cargo.toml", member),
            ("crates/b/Cargo.toml", b),
            ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n"),
            ("Cargo.lock", lock),
        ],
        "b = { path = \"../b\" }",
        "itoa = \"1\"",
        "crates/a/Cargo.toml:5 itoa = 1",
    );
}
