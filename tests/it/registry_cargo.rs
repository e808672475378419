//! Cargo: manifests and configuration that name another source than the lockfile has, each
//! beside what passes.

use crate::cli::{sealgate, write};
use serde_json::Value;
use std::path::Path;

const POLICY: &str = "schema = 1\nname = \"t\"\nversion = 1\nextends = \"baseline\"\n[registry.approved]\ncargo = [\"default\", \"https://git.example/team/\", \"https://r.example/\"]\n";
const CHECKSUM: &str = "2f8c5ab1b3d6ad1f1f7d4d6c6a9be4c2b6cde1b3f7a81b8a4e7a5d1b0c9f8e7d";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const ITOA: &str = "git+https://git.example/team/itoa";

fn public() -> String {
    ["registry+https://github.com/rust-lang/crates", ".io-index"].concat()
}

/// `app` with itoa from a source, and more of the lockfile.
fn lock(source: Option<&str>, more: &str) -> String {
    let source = match source {
        Some(git) if git.starts_with("git+") => format!("source = \"{git}#{COMMIT}\"\n"),
        Some(registry) => format!("source = \"{registry}\"\nchecksum = \"{CHECKSUM}\"\n"),
        None => String::new(),
    };
    format!(
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"itoa\",\n]\n\n[[package]]\nname = \"itoa\"\nversion = \"1.0.1\"\n{source}{more}"
    )
}

fn manifest(itoa: &str, more: &str) -> String {
    format!("[package]\nname = \"app\"\nversion = \"0.1.0\"\n[dependencies]\nitoa = {itoa}\n{more}")
}

/// `rule path:line` of every finding, and what its lines of configuration say.
fn found(files: &[(&str, &str)]) -> Vec<(String, Vec<String>)> {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "policy.toml", POLICY);
    for (path, text) in files {
        write(root, &format!("app/{path}"), text);
    }
    let report = report(root);
    let findings = report["findings"].as_array().unwrap().iter();
    let place = |location: &Value| {
        let (path, line) = (&location["path"], &location["line"]);
        format!("{}:{line}", path.as_str().unwrap())
    };
    findings
        .map(|finding| {
            let configuration = finding["registry"]["configuration"].as_array();
            let says = configuration.into_iter().flatten();
            let says = says.map(|one| one["says"].as_str().unwrap().to_owned());
            let rule = finding["rule"].as_str().unwrap();
            let rule = rule.trim_start_matches("registry/");
            let place = place(&finding["location"]);
            (format!("{rule} {place}"), says.collect())
        })
        .collect()
}

fn report(root: &Path) -> Value {
    let arguments = [
        "registry",
        "app",
        "--policy",
        "policy.toml",
        "--format",
        "json",
    ];
    let output = sealgate(root).args(arguments).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the lockfile does not hold: `line says`.
fn stale(manifest: &str, lock: &str, more: &[(&str, &str)]) -> Vec<String> {
    let mut files = vec![("Cargo.toml", manifest), ("Cargo.lock", lock)];
    files.extend(more);
    let all = found(&files).into_iter();
    all.filter_map(|(place, says)| {
        let line = place.strip_prefix("stale-lockfile Cargo.toml:")?;
        Some(format!("{line} {}", says.join(", ")))
    })
    .collect()
}

#[test]
fn a_lockfile_has_each_package_from_where_its_manifest_wants_it() {
    let none: [&str; 0] = [];
    let (public, git) = (lock(Some(&public()), ""), lock(Some(ITOA), ""));
    let evil = "{ git = \"https://evil.example/itoa\" }";
    let ours = "{ git = \"https://git.example/team/itoa.git\" }";
    let told = "5 itoa.git = https://evil.example/itoa";
    assert_eq!(stale(&manifest("\"1\"", ""), &public, &[]), none);
    assert_eq!(stale(&manifest(evil, ""), &public, &[]), [told]);
    assert_eq!(stale(&manifest(evil, ""), &git, &[]), [told]);
    assert_eq!(stale(&manifest(ours, ""), &git, &[]), none);
    assert_eq!(stale(&manifest("\"1\"", ""), &git, &[]), ["5 itoa = 1"]);
    let path = "{ path = \"itoa\", version = \"1\" }";
    assert_eq!(
        stale(&manifest(path, ""), &public, &[]),
        ["5 itoa.path = itoa"]
    );
    assert_eq!(stale(&manifest(path, ""), &lock(None, ""), &[]), none);
    // Another name for it in the manifest, and for a target.
    let renamed = "[target.'cfg(unix)'.dependencies]\nother = { package = \"itoa\", git = \"https://evil.example/itoa\" }\n";
    assert_eq!(
        stale(&manifest("\"1\"", renamed), &public, &[]),
        ["7 itoa.git = https://evil.example/itoa"]
    );
}

#[test]
fn what_is_asked_of_a_repository_is_what_the_lockfile_has() {
    let none: [&str; 0] = [];
    for (asked, locked) in [
        ("branch = \"next/1\"", "?branch=next%2F1"),
        ("tag = \"v1+x\"", "?tag=v1+x"),
        ("rev = \"0123456\"", "?rev=0123456"),
    ] {
        let asked = format!("{{ git = \"https://git.example/team/itoa\", {asked} }}");
        let fits = lock(Some(&format!("{ITOA}{locked}")), "");
        let told = ["5 itoa.git = https://git.example/team/itoa"];
        assert_eq!(stale(&manifest(&asked, ""), &fits, &[]), none, "{locked}");
        assert_eq!(
            stale(&manifest(&asked, ""), &lock(Some(ITOA), ""), &[]),
            told
        );
    }
}

#[test]
fn a_registry_by_name_is_the_one_of_the_configuration_and_not_the_default() {
    let none: [&str; 0] = [];
    let asks = manifest("{ version = \"1\", registry = \"ours\" }", "");
    let theirs = lock(Some("sparse+https://r.example/other/"), "");
    let ours = lock(Some("sparse+https://r.example/ours/"), "");
    let told = ["5 itoa.registry = ours"];
    assert_eq!(stale(&asks, &lock(Some(&public()), ""), &[]), told);
    // Nothing says which one it is.
    assert_eq!(stale(&asks, &theirs, &[]), none);
    let config = "[registries.ours]\nindex = \"sparse+https://r.example/ours/\"\n";
    let config = [(".cargo/config.toml", config)];
    assert_eq!(stale(&asks, &theirs, &config), told);
    assert_eq!(stale(&asks, &ours, &config), none);
    let default = manifest("{ version = \"1\", registry = \"crates-io\" }", "");
    assert_eq!(stale(&default, &lock(Some(&public()), ""), &config), none);
}

#[test]
fn a_patch_is_in_the_lockfile_in_use_or_unused() {
    let none: [&str; 0] = [];
    let patch = |by: &str| manifest("\"1\"", &format!("[patch.crates-io]\nitoa = {by}\n"));
    let evil = patch("{ git = \"https://evil.example/itoa\" }");
    let told = ["7 patch.crates-io.itoa.git = https://evil.example/itoa"];
    let public = public();
    assert_eq!(stale(&evil, &lock(Some(&public), ""), &[]), told);
    let unused = |source: &str| {
        format!("\n[[patch.unused]]\nname = \"itoa\"\nversion = \"2.0.0\"\n{source}")
    };
    let of = |url: &str| unused(&format!("source = \"git+{url}?branch=x#{COMMIT}\"\n"));
    let on_branch = patch("{ git = \"https://evil.example/itoa\", branch = \"x\" }");
    let in_lock = lock(Some(&public), &of("https://evil.example/itoa"));
    assert_eq!(stale(&on_branch, &in_lock, &[]), none);
    let other = lock(Some(&public), &of("https://git.example/team/itoa"));
    assert_eq!(stale(&on_branch, &other, &[]), told);
    let ours = patch("{ git = \"https://git.example/team/itoa\" }");
    assert_eq!(stale(&ours, &lock(Some(ITOA), ""), &[]), none);
    let path = patch("{ path = \"../x\" }");
    assert_eq!(
        stale(&path, &lock(Some(&public), ""), &[]),
        ["7 patch.crates-io.itoa.path = ../x"]
    );
    assert_eq!(stale(&path, &lock(Some(&public), &unused("")), &[]), none);
    assert_eq!(stale(&path, &lock(None, ""), &[]), none);
    // One for a repository.
    let more = "[patch.\"https://evil.example/itoa\"]\nitoa = { path = \"../x\" }\n";
    let patched = manifest("{ git = \"https://evil.example/itoa\" }", more);
    assert_eq!(stale(&patched, &lock(None, ""), &[]), none);
    assert_eq!(
        stale(&patched, &lock(Some(&public), ""), &[]),
        [
            "5 itoa.git = https://evil.example/itoa, patch.\"https://evil.example/itoa\".itoa.path = ../x"
        ]
    );
}

#[test]
fn a_patch_of_the_configuration_weakens_cargo_and_its_source_is_judged() {
    let (manifest, lock) = (manifest("\"1\"", ""), lock(Some(&public()), ""));
    let with = |patch: &str| {
        let config = format!("[term]\nquiet = true\n{patch}");
        let files = [
            ("Cargo.toml", manifest.as_str()),
            ("Cargo.lock", lock.as_str()),
            (".cargo/config.toml", config.as_str()),
        ];
        let mut places: Vec<String> = found(&files).into_iter().map(|(place, _)| place).collect();
        places.sort();
        places
    };
    let weak = |line: u32| format!("weakened-client .cargo/config.toml:{line}");
    let outside = |line: u32| format!("unapproved-origin .cargo/config.toml:{line}");
    let none: [&str; 0] = [];
    assert_eq!(with(""), none);
    assert_eq!(
        with("[patch.crates-io]\nitoa = { path = \"/opt/itoa\" }\n"),
        [weak(4)]
    );
    assert_eq!(
        with("[patch.crates-io]\nitoa = { git = \"https://evil.example/itoa\" }\n"),
        [outside(4), weak(4)]
    );
    assert_eq!(
        with("[patch.crates-io.itoa]\nbranch = \"x\"\ngit = \"https://git.example/team/itoa\"\n"),
        [weak(5)]
    );
    let registry = "[registries.evil]\nindex = \"sparse+https://evil.example/\"\n[patch.crates-io]\nitoa = { version = \"1\", registry = \"evil\" }\n";
    assert_eq!(with(registry), [outside(4), weak(6)]);
}

#[test]
fn what_is_wrong_with_an_address_is_told_where_it_stands() {
    let word = ["s3cret", "Tok3n"].concat();
    let config = format!(
        "[source.crates-io]\nreplace-with = \"acme\"\n[source.acme]\nregistry = \"sparse+http://user:{word}@r.example/index/\"\n"
    );
    let files = [
        ("Cargo.toml", &*manifest("\"1\"", "")),
        ("Cargo.lock", &*lock(Some(&public()), "")),
        (".cargo/config.toml", &*config),
    ];
    let places = |rule: &str| -> Vec<String> {
        let all = found(&files).into_iter().map(|(place, _)| place);
        all.filter(|place| place.starts_with(rule)).collect()
    };
    for rule in ["url-credentials", "plain-http"] {
        assert_eq!(places(rule), [format!("{rule} .cargo/config.toml:4")]);
    }
}
