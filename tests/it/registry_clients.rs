//! The configuration of the clients, joined with what lockfiles record: the named cases,
//! each with a twin that passes.

use crate::cli::{run, sealgate, text, write};
use serde_json::Value;
use std::path::Path;

const CHECKSUM: &str = "2f8c5ab1b3d6ad1f1f7d4d6c6a9be4c2b6cde1b3f7a81b8a4e7a5d1b0c9f8e7d";
const SHA512: &str = "sha512-2yyAR8qBkN3YuheJanUpWC5U3bb5osDywNB8RzDVlDwDHbocAJveqqj1u8+SVD7jkWT4yvsHCpWqqWqAxb0zCA==";

fn policy(root: &Path, registry: &str) {
    let text =
        format!("schema = 1\nname = \"t\"\nversion = 1\nextends = \"baseline\"\n{registry}\n");
    write(root, "policy.toml", text);
}

/// The registry check of `app`, as JSON.
fn check(root: &Path, code: i32, more: &[&str]) -> Value {
    let mut arguments = vec![
        "check",
        "app",
        "--only",
        "registry",
        "--policy",
        "policy.toml",
        "--format",
        "json",
    ];
    arguments.extend(more);
    let output = run(root, &arguments, code);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn findings<'a>(report: &'a Value, rule: &str) -> Vec<&'a Value> {
    let all = report["findings"].as_array().unwrap();
    all.iter()
        .filter(|finding| finding["rule"] == rule)
        .collect()
}

/// `path:line` of every line of configuration of a finding.
fn configured(finding: &Value) -> Vec<String> {
    let places = finding["registry"]["configuration"].as_array().unwrap();
    places
        .iter()
        .map(|place| {
            let location = &place["location"];
            match location["line"].as_u64() {
                Some(line) => format!("{}:{line}", location["path"].as_str().unwrap()),
                None => location["path"].as_str().unwrap().to_owned(),
            }
        })
        .collect()
}

/// A lockfile that records cargo's default registry.
fn cargo_project(root: &Path) {
    let host = ["crates", ".io"].concat();
    let lock = format!(
        "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"itoa\",\n]\n\n[[package]]\nname = \"itoa\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/{host}-index\"\nchecksum = \"{CHECKSUM}\"\n"
    );
    write(root, "app/Cargo.lock", lock);
    write(
        root,
        "app/Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\n[dependencies]\nitoa = \"1\"\n",
    );
}

fn replacement(registry: &str) -> String {
    format!(
        "[source.crates-io]\nreplace-with = \"mirror\"\n\n[source.mirror]\nregistry = \"{registry}\"\n"
    )
}

#[test]
fn a_replaced_cargo_source_is_found_with_the_lines_of_lockfile_and_configuration() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    cargo_project(root);
    policy(root, "[registry.approved]\ncargo = [\"default\"]");
    check(root, 0, &[]);
    let config = "app/.cargo/config.toml";
    write(
        root,
        config,
        replacement("sparse+https://evil.example/index/"),
    );
    let report = check(root, 1, &[]);
    let found = findings(&report, "registry/unapproved-origin");
    assert_eq!(found.len(), 1, "{report:#}");
    assert_eq!(found[0]["location"]["path"], "Cargo.lock");
    assert_eq!(found[0]["location"]["line"], 11);
    assert_eq!(
        configured(found[0]),
        [".cargo/config.toml:2", ".cargo/config.toml:5"]
    );
    let message = found[0]["message"].as_str().unwrap();
    assert!(
        message.contains("`sparse+https://evil.example/index/`"),
        "{message}"
    );
    // The twin: the policy approves the mirror.
    policy(
        root,
        "[registry.approved]\ncargo = [\"https://evil.example/index/\"]",
    );
    check(root, 0, &[]);
    // Human text and SARIF name the line too.
    policy(root, "[registry.approved]\ncargo = [\"default\"]");
    let arguments = [
        "check",
        "app",
        "--only",
        "registry",
        "--policy",
        "policy.toml",
    ];
    let human = text(&run(root, &arguments, 1).stdout);
    assert!(
        human.contains("configured: .cargo/config.toml:2"),
        "{human}"
    );
    let sarif = [&arguments[..], &["--format", "sarif"]].concat();
    let sarif: Value = serde_json::from_slice(&run(root, &sarif, 1).stdout).unwrap();
    let related = &sarif["runs"][0]["results"][0]["relatedLocations"][0];
    assert_eq!(
        related["physicalLocation"]["artifactLocation"]["uri"],
        ".cargo/config.toml"
    );
    assert_eq!(related["physicalLocation"]["region"]["startLine"], 2);
}

#[test]
fn a_chain_of_cargo_sources_is_followed_and_a_circle_is_not_a_pass() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    cargo_project(root);
    policy(
        root,
        "[registry.approved]\ncargo = [\"https://cargo.acme.example/\"]",
    );
    let chain = |end: &str| {
        format!(
            "[source.crates-io]\nreplace-with = \"a\"\n[source.a]\nregistry = \"https://unused.example/\"\nreplace-with = \"b\"\n[source.b]\n{end}\n"
        )
    };
    let config = "app/.cargo/config.toml";
    write(
        root,
        config,
        chain("registry = \"https://cargo.acme.example/index\""),
    );
    let report = check(root, 0, &[]);
    assert!(
        findings(&report, "registry/source-unknown").is_empty(),
        "{report:#}"
    );
    write(root, config, chain("replace-with = \"a\""));
    let report = check(root, 3, &[]);
    assert_eq!(
        findings(&report, "registry/source-unknown").len(),
        1,
        "{report:#}"
    );
    write(root, config, chain("directory = \"vendor\""));
    let report = check(root, 0, &[]);
    assert_eq!(
        findings(&report, "registry/path-dependency").len(),
        1,
        "{report:#}"
    );
}

#[test]
fn a_nearer_cargo_configuration_wins_and_the_home_counts_only_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    cargo_project(root);
    policy(
        root,
        "[registry.approved]\ncargo = [\"https://cargo.acme.example/\"]",
    );
    write(
        root,
        ".cargo/config.toml",
        replacement("sparse+https://cargo.acme.example/"),
    );
    // The tests' home is the directory above the tree.
    let report = check(root, 1, &[]);
    assert!(configured(findings(&report, "registry/unapproved-origin")[0]).is_empty());
    check(root, 0, &["--client-config"]);
    write(
        root,
        "app/.cargo/config.toml",
        replacement("sparse+https://evil.example/"),
    );
    let report = check(root, 1, &["--client-config"]);
    let found = findings(&report, "registry/unapproved-origin");
    assert_eq!(configured(found[0])[0], ".cargo/config.toml:2");
}

fn npm_project(root: &Path, resolved: &str) {
    let lock = format!(
        r#"{{
  "name": "app", "version": "1.0.0", "lockfileVersion": 3, "requires": true,
  "packages": {{
    "": {{ "name": "app", "version": "1.0.0", "dependencies": {{ "minimist": "1.2.8" }} }},
    "node_modules/minimist": {{
      "version": "1.2.8",{resolved}
      "integrity": "{SHA512}"
    }}
  }}
}}"#
    );
    write(root, "app/package-lock.json", lock);
    write(
        root,
        "app/package.json",
        r#"{"name":"app","version":"1.0.0","dependencies":{"minimist":"1.2.8"}}"#,
    );
}

#[test]
fn a_package_lock_without_resolved_is_settled_by_an_approved_npmrc_only() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    npm_project(root, "");
    policy(
        root,
        "[registry.approved]\nnpm = [\"https://npm.acme.example/\"]",
    );
    let report = check(root, 3, &[]);
    let found = findings(&report, "registry/source-unknown");
    assert_eq!(found[0]["location"]["line"], 5, "{report:#}");
    write(root, "app/.npmrc", "registry=https://npm.acme.example/\n");
    let report = check(root, 0, &[]);
    assert!(
        findings(&report, "registry/source-unknown").is_empty(),
        "{report:#}"
    );
    write(
        root,
        "app/.npmrc",
        "; mine\nregistry=https://evil.example/\n",
    );
    let report = check(root, 1, &[]);
    let found = findings(&report, "registry/unapproved-origin");
    assert_eq!(found.len(), 1, "{report:#}");
    assert_eq!(configured(found[0]), [".npmrc:2"]);
    // A variable of the machine decides: not a pass.
    write(root, "app/.npmrc", "registry=${REGISTRY}\n");
    let report = check(root, 3, &[]);
    assert_eq!(
        configured(findings(&report, "registry/source-unknown")[0]),
        [".npmrc:1"]
    );
}

#[test]
fn npm_fetches_files_of_the_default_registry_from_the_configured_one() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    npm_project(
        root,
        "\n      \"resolved\": \"https://public.example/minimist/-/minimist-1.2.8.tgz\",",
    );
    policy(
        root,
        "[registry.approved]\nnpm = [\"default=https://public.example/\"]",
    );
    check(root, 0, &[]);
    write(root, "app/.npmrc", "registry=https://evil.example/\n");
    let report = check(root, 1, &[]);
    let found = findings(&report, "registry/unapproved-origin");
    assert_eq!(configured(found[0]), [".npmrc:1"]);
    // With `never` the recorded address counts; the registry itself is still not approved.
    write(
        root,
        "app/.npmrc",
        "registry=https://evil.example/\nreplace-registry-host=never\n",
    );
    let report = check(root, 1, &[]);
    let found = findings(&report, "registry/unapproved-origin");
    assert_eq!(found.len(), 1, "{report:#}");
    assert_eq!(found[0]["subject"]["kind"], "file");
}

const HASH: &str = "--hash=sha256:2f8c5ab1b3d6ad1f1f7d4d6c6a9be4c2b6cde1b3f7a81b8a4e7a5d1b0c9f8e7d";

#[test]
fn a_pip_extra_index_is_a_source_of_every_requirement() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    policy(
        root,
        "[registry]\ninternal = [\"acme-*\"]\n[registry.approved]\npypi = [\"https://pypi.acme.example/\"]",
    );
    let index = "--index-url https://pypi.acme.example/simple\n";
    let requirements = |extra: &str| {
        write(
            root,
            "app/requirements.txt",
            format!("{index}{extra}acme-core==1.0.0 {HASH}\n"),
        );
    };
    requirements("");
    check(root, 0, &[]);
    requirements("--extra-index-url https://pypi.evil.example/simple\n");
    let report = check(root, 1, &[]);
    let found = findings(&report, "registry/unapproved-origin");
    assert_eq!(found.len(), 1, "{report:#}");
    assert_eq!(found[0]["location"]["line"], 3);
    assert_eq!(
        configured(found[0]),
        ["requirements.txt:2", "requirements.txt:1"]
    );
    assert_eq!(findings(&report, "registry/internal-name-outside").len(), 1);
    assert_eq!(findings(&report, "registry/several-indexes").len(), 1);
    // An extra index that is approved too is still asked beside the other one.
    requirements("--extra-index-url https://pypi.acme.example/extra\n");
    let report = check(root, 0, &[]);
    assert_eq!(findings(&report, "registry/several-indexes").len(), 1);
    assert!(findings(&report, "registry/unapproved-origin").is_empty());
}

#[test]
fn an_extra_index_of_the_environment_counts_only_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    policy(
        root,
        "[registry.approved]\npypi = [\"https://pypi.acme.example/\"]",
    );
    write(
        root,
        "app/requirements.txt",
        format!("--index-url https://pypi.acme.example/simple\nlib==1.0.0 {HASH}\n"),
    );
    let password = ["hun", "ter2"].concat();
    let run = |more: &[&str]| {
        let output = sealgate(root)
            .env(
                "PIP_EXTRA_INDEX_URL",
                format!("https://u:{password}@evil.example/simple"),
            )
            .args([
                "check",
                "app",
                "--only",
                "registry",
                "--policy",
                "policy.toml",
                "--format",
                "json",
            ])
            .args(more)
            .output()
            .unwrap();
        (output.status.code(), text(&output.stdout))
    };
    assert_eq!(run(&[]).0, Some(0));
    let (code, out) = run(&["--client-config"]);
    assert_eq!(code, Some(1));
    assert!(out.contains("environment:PIP_EXTRA_INDEX_URL"), "{out}");
    assert!(!out.contains(&password), "{out}");
}

#[test]
fn a_pip_conf_in_the_tree_adds_sources_and_settles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    policy(
        root,
        "[registry.approved]\npypi = [\"https://pypi.acme.example/\"]",
    );
    write(root, "app/requirements.txt", format!("lib==1.0.0 {HASH}\n"));
    write(
        root,
        "app/pip.conf",
        "[global]\nindex-url = https://pypi.acme.example/simple\n",
    );
    let report = check(root, 3, &[]);
    assert_eq!(
        findings(&report, "registry/source-unknown").len(),
        1,
        "{report:#}"
    );
    write(
        root,
        "app/pip.conf",
        "[global]\nextra-index-url =\n    https://evil.example/simple\n",
    );
    let report = check(root, 1, &[]);
    let found = findings(&report, "registry/unapproved-origin");
    assert_eq!(configured(found[0])[0], "pip.conf:3", "{report:#}");
}

#[test]
fn weakened_clients_block_and_their_twins_pass() {
    let cases: &[(&str, &str, &str, &str)] = &[
        (
            "app/.npmrc",
            "strict-ssl=false\n",
            "strict-ssl=true\n",
            ".npmrc:1",
        ),
        (
            "app/.npmrc",
            "package-lock=false\n",
            "package-lock=true\n",
            ".npmrc:1",
        ),
    ];
    for (path, bad, good, place) in cases {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        npm_project(
            root,
            "\n      \"resolved\": \"https://npm.acme.example/minimist/-/minimist-1.2.8.tgz\",",
        );
        policy(
            root,
            "[registry.approved]\nnpm = [\"https://npm.acme.example/\"]",
        );
        write(root, path, good);
        check(root, 0, &[]);
        write(root, path, bad);
        let report = check(root, 1, &[]);
        let found = findings(&report, "registry/weakened-client");
        assert_eq!(configured(found[0]), [*place], "{report:#}");
    }
}

#[test]
fn credentials_and_plain_http_in_a_configured_address_are_found_and_masked() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    npm_project(root, "");
    policy(
        root,
        "[registry.approved]\nnpm = [\"http://npm.acme.example/\"]",
    );
    let password = ["hun", "ter2"].concat();
    write(
        root,
        "app/.npmrc",
        format!("registry=http://bot:{password}@npm.acme.example/\n"),
    );
    let report = check(root, 1, &[]);
    for rule in ["registry/url-credentials", "registry/plain-http"] {
        let found = findings(&report, rule);
        assert_eq!(found.len(), 1, "{rule}: {report:#}");
        assert_eq!(found[0]["location"]["path"], ".npmrc");
    }
    assert!(!report.to_string().contains(&password));
}

#[test]
fn a_configuration_that_cannot_be_read_is_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    cargo_project(root);
    policy(root, "[registry.approved]\ncargo = [\"default\"]");
    write(root, "app/.cargo/config.toml", "[source\n");
    let report = check(root, 3, &[]);
    let gap = &report["gaps"][0];
    assert_eq!(gap["id"], "registry/unreadable-configuration");
    assert_eq!(gap["location"]["path"], ".cargo/config.toml");
}

#[test]
fn a_lockfile_that_lacks_what_its_manifest_asks_for_is_no_pass() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    cargo_project(root);
    policy(
        root,
        "[registry.approved]\ncargo = [\"default\"]\nnpm = [\"https://npm.acme.example/\"]",
    );
    check(root, 0, &[]);
    let manifest = |dependencies: &str| {
        let text = format!(
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\n[dependencies]\n{dependencies}"
        );
        write(root, "app/Cargo.toml", text);
    };
    for (dependencies, line) in [
        ("itoa = \"2\"\n", 5),
        (
            "itoa = \"1\"\nryu = { version = \"1\", optional = true }\n",
            6,
        ),
        ("[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n", 6),
    ] {
        manifest(dependencies);
        let report = check(root, 3, &[]);
        let found = findings(&report, "registry/stale-lockfile");
        assert_eq!(found[0]["location"]["path"], "Cargo.toml", "{report:#}");
        assert_eq!(found[0]["location"]["line"], line, "{report:#}");
        assert_eq!(found[0]["also_at"][0]["path"], "Cargo.lock");
    }
    manifest("renamed = { package = \"itoa\", version = \">=0.9, <2\" }\n");
    check(root, 0, &[]);
    std::fs::remove_file(root.join("app/Cargo.lock")).unwrap();
    std::fs::remove_file(root.join("app/Cargo.toml")).unwrap();
    // npm keeps a copy of the manifest.
    npm_project(
        root,
        "\n      \"resolved\": \"https://npm.acme.example/minimist/-/minimist-1.2.8.tgz\",",
    );
    check(root, 0, &[]);
    write(
        root,
        "app/package.json",
        r#"{"name":"app","version":"1.0.0","dependencies":{"minimist":"^1.3.0"}}"#,
    );
    let report = check(root, 3, &[]);
    assert_eq!(findings(&report, "registry/stale-lockfile").len(), 1);
}

#[test]
fn licences_are_judged_where_the_policy_lists_some() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let project = |licence: &str| {
        npm_project(
            root,
            &format!(
                "\n      \"resolved\": \"https://npm.acme.example/minimist/-/minimist-1.2.8.tgz\",{licence}"
            ),
        );
    };
    let approved = "[registry.approved]\nnpm = [\"https://npm.acme.example/\"]\n";
    project("\n      \"license\": \"MIT AND GPL-3.0-only\",");
    policy(root, approved);
    check(root, 0, &[]);
    policy(root, &format!("{approved}[licences]\nallow = [\"MIT\"]"));
    let report = check(root, 1, &[]);
    assert_eq!(findings(&report, "registry/licence-not-allowed").len(), 1);
    project("\n      \"license\": \"MIT OR GPL-3.0-only\",");
    check(root, 0, &[]);
    project("");
    let report = check(root, 3, &[]);
    assert_eq!(findings(&report, "registry/licence-unknown").len(), 1);
    policy(
        root,
        &format!("{approved}[licences]\nallow = [\"MIT OR X\"]"),
    );
    let arguments = [
        "check",
        "app",
        "--only",
        "registry",
        "--policy",
        "policy.toml",
    ];
    let output = run(root, &arguments, 2);
    assert!(text(&output.stderr).contains("MIT OR X"));
}

#[test]
fn a_name_one_slip_from_an_internal_one_is_shown_and_blocks_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    policy(
        root,
        "[registry]\ninternal = [\"acme-*\"]\n[registry.approved]\npypi = [\"default=https://pypi.example/\"]",
    );
    let requirement = |name: &str| {
        let text = format!("--index-url https://pypi.example/simple\n{name}==1.0.0 {HASH}\n");
        write(root, "app/requirements.txt", text);
    };
    requirement("acmee-core");
    let report = check(root, 0, &[]);
    assert!(findings(&report, "registry/look-alike-name").is_empty());
    policy(
        root,
        "[registry]\ninternal = [\"acmes-*\"]\n[registry.approved]\npypi = [\"default=https://pypi.example/\"]",
    );
    let report = check(root, 0, &[]);
    assert_eq!(findings(&report, "registry/look-alike-name").len(), 1);
    requirement("other-core");
    let report = check(root, 0, &[]);
    assert!(findings(&report, "registry/look-alike-name").is_empty());
}
