//! What lockfiles record beside the one origin and the one checksum of a package: mirrors,
//! checkouts, second remotes, files that contradict each other. Each with a twin that
//! passes.

use crate::cli::{run, write};
use serde_json::{Value, json};
use std::path::Path;

fn policy(root: &Path, approved: &str) {
    let text = format!(
        "schema = 1\nname = \"t\"\nversion = 1\nextends = \"baseline\"\n[registry]\ninternal = [\"acme-*\"]\n[registry.approved]\n{approved}\n"
    );
    write(root, "policy.toml", text);
}

/// The findings of the registry check of `app` that block, as `rule path:line`.
fn check(root: &Path, code: i32) -> Vec<String> {
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
    let place = |place: &Value| {
        let path = place["path"].as_str().unwrap();
        match place["line"].as_u64() {
            Some(line) => format!("{path}:{line}"),
            None => path.to_owned(),
        }
    };
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let rule = finding["rule"].as_str().unwrap();
            let rule = rule.strip_prefix("registry/").unwrap();
            format!("{rule} {}", place(&finding["location"]))
        })
        .collect()
}

/// `composer.lock:LINE` of the line that holds a text.
fn at(root: &Path, text: &str) -> String {
    let lock = std::fs::read_to_string(root.join("app/composer.lock")).unwrap();
    let index = lock.lines().position(|line| line.contains(text)).unwrap();
    format!("composer.lock:{}", index + 1)
}

/// A project of Composer with one package, of which some members are given.
fn composer(root: &Path, config: Value, more: Value) {
    let manifest = json!({
        "name": "acme/app",
        "require": {"left/left": "1.2.3"},
        "config": config,
        "repositories": [
            {"type": "composer", "url": "https://composer.acme.example/"},
            {"packagist.org": false}
        ]
    });
    let mut package = json!({
        "name": "left/left",
        "version": "1.2.3",
        "dist": {"type": "zip", "url": "https://composer.acme.example/d/left.zip"},
        "source": {
            "type": "git",
            "url": "https://evil.example/x.git",
            "reference": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
        },
        "type": "library",
        "notification-url": "https://composer.acme.example/downloads/"
    });
    for (key, value) in more.as_object().unwrap() {
        package[key] = value.clone();
    }
    let lock = json!({"packages": [package], "packages-dev": []});
    write(root, "app/composer.json", manifest.to_string());
    let lock = serde_json::to_string_pretty(&lock).unwrap();
    write(root, "app/composer.lock", lock);
}

#[test]
fn mirrors_and_checkouts_of_composer_are_judged_where_composer_takes_them() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    policy(root, "composer = [\"https://composer.acme.example/\"]");
    // The twin: an archive that is approved, with a repository to fall back on.
    composer(root, json!({}), json!({}));
    assert!(check(root, 0).is_empty());
    let mirrors = json!({"dist": {
        "type": "zip",
        "url": "https://composer.acme.example/d/left.zip",
        "mirrors": [{"url": "https://evil.example/%package%/%version%.zip", "preferred": true}]
    }});
    composer(root, json!({}), mirrors.clone());
    let line = at(root, "%package%");
    assert_eq!(check(root, 1), [format!("unapproved-origin {line}")]);
    let text = mirrors.to_string().replace("evil", "composer.acme");
    composer(root, json!({}), serde_json::from_str(&text).unwrap());
    assert!(check(root, 0).is_empty());
    composer(root, json!({"preferred-install": "source"}), json!({}));
    let line = at(root, "x.git");
    assert_eq!(
        check(root, 1),
        [
            format!("unapproved-origin {line}"),
            format!("git-dependency {line}")
        ]
    );
    composer(
        root,
        json!({}),
        json!({"transport-options": {"ssl": {"verify_peer": false}}}),
    );
    let line = at(root, "verify_peer");
    assert_eq!(check(root, 1), [format!("weakened-client {line}")]);
}

#[test]
fn each_remote_of_a_gemfile_lock_is_judged() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    policy(
        root,
        "gem = [\"https://gems.acme.example/\", \"default=https://gems.example/\"]",
    );
    let project = |name: &str, more: &str| {
        write(
            root,
            "app/Gemfile",
            format!("source \"https://gems.acme.example/\"\ngem \"{name}\"\n"),
        );
        let lock = format!(
            "GEM\n{more}  remote: https://gems.acme.example/\n  specs:\n    {name} (1.2.3)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  {name}\n"
        );
        write(root, "app/Gemfile.lock", lock);
    };
    project("left", "");
    assert!(check(root, 0).is_empty());
    project("left", "  remote: https://evil.example/\n");
    assert_eq!(
        check(root, 1),
        [
            "unapproved-origin Gemfile.lock:5",
            "several-indexes Gemfile.lock:2"
        ]
    );
    // An internal name of which a public registry may serve the gem.
    project("acme-left", "  remote: https://gems.example/\n");
    assert_eq!(
        check(root, 1),
        [
            "internal-name-outside Gemfile.lock:5",
            "several-indexes Gemfile.lock:2"
        ]
    );
    project("acme-left", "");
    assert!(check(root, 0).is_empty());
}

#[test]
fn one_python_file_with_two_digests_is_a_conflict() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    policy(root, "pypi = [\"https://pypi.acme.example/\"]");
    let uv = |path: &str, file: &str, fill: &str| {
        let hash = fill.repeat(64);
        let lock = format!(
            "version = 1\nrevision = 3\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\nsource = {{ virtual = \".\" }}\ndependencies = [{{ name = \"left\" }}]\n\n[package.metadata]\nrequires-dist = [{{ name = \"left\" }}]\n\n[[package]]\nname = \"left\"\nversion = \"1.2.3\"\nsource = {{ registry = \"https://pypi.acme.example/simple/\" }}\nwheels = [{{ url = \"https://pypi.acme.example/files/{file}\", hash = \"sha256:{hash}\", size = 10 }}]\n"
        );
        write(root, &format!("app/{path}/uv.lock"), lock);
        let manifest = "[project]\nname = \"app\"\nversion = \"0.1.0\"\nrequires-python = \">=3.11\"\ndependencies = [\"left\"]\n[tool.uv]\nexclude-newer = \"7 days\"\n[[tool.uv.index]]\nurl = \"https://pypi.acme.example/simple/\"\ndefault = true\n";
        write(root, &format!("app/{path}/pyproject.toml"), manifest);
    };
    let wheel = "left-1.2.3-py3-none-any.whl";
    uv("a", wheel, "a");
    uv("b", wheel, "a");
    assert!(check(root, 0).is_empty());
    uv("b", wheel, "b");
    assert_eq!(check(root, 1), ["checksum-conflict a/uv.lock:15"]);
    // Another file of the version.
    uv("b", "left-1.2.3-cp312-cp312-linux_x86_64.whl", "b");
    assert!(check(root, 0).is_empty());
    // Poetry's lockfile beside it.
    uv("b", wheel, "a");
    let poetry = |fill: &str| {
        let lock = format!(
            "[[package]]\nname = \"Left\"\nversion = \"1.2.3\"\ndescription = \"\"\noptional = false\npython-versions = \"*\"\nfiles = [\n    {{file = \"{wheel}\", hash = \"sha256:{}\"}},\n]\n\n[package.source]\ntype = \"legacy\"\nurl = \"https://pypi.acme.example/simple\"\nreference = \"acme\"\n\n[metadata]\nlock-version = \"2.0\"\npython-versions = \"*\"\ncontent-hash = \"x\"\n",
            fill.repeat(64)
        );
        write(root, "app/c/poetry.lock", lock);
    };
    poetry("a");
    let without = |found: Vec<String>| -> Vec<String> {
        let all = found.into_iter();
        all.filter(|f| f.starts_with("checksum-conflict")).collect()
    };
    assert!(without(check(root, 0)).is_empty());
    poetry("c");
    assert_eq!(without(check(root, 1)), ["checksum-conflict a/uv.lock:15"]);
}

#[test]
fn go_sums_that_contradict_each_other_are_a_conflict() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    policy(root, "golang = [\"https://git.example/\"]");
    let module = |path: &str, sums: &[&str]| {
        let text = "module acme.example/app\n\ngo 1.22\n\nrequire git.example/a/b v1.2.3\n";
        write(root, &format!("app/{path}/go.mod"), text);
        let line = |sum: &&str| format!("git.example/a/b v1.2.3 h1:{}=\n", sum.repeat(43));
        let lines: String = sums.iter().map(line).collect();
        write(root, &format!("app/{path}/go.sum"), lines);
    };
    let conflicts = |code| -> Vec<String> {
        let found = check(root, code).into_iter();
        found
            .filter(|f| f.starts_with("checksum-conflict"))
            .collect()
    };
    module("a", &["A"]);
    module("b", &["A"]);
    assert!(conflicts(3).is_empty());
    module("b", &["E"]);
    assert_eq!(conflicts(1), ["checksum-conflict a/go.mod:5"]);
    module("b", &["A", "E"]);
    assert_eq!(conflicts(1), ["checksum-conflict a/go.mod:5"]);
}
