//! npm and Bun through the binary: scopes, git references and what excerpts show.

use crate::cli::{run, sealgate, text, write};
use serde_json::Value;
use std::path::Path;

const SHA512: &str = "sha512-2yyAR8qBkN3YuheJanUpWC5U3bb5osDywNB8RzDVlDwDHbocAJveqqj1u8+SVD7jkWT4yvsHCpWqqWqAxb0zCA==";

fn policy(root: &Path) {
    let text = "schema = 1\nname = \"t\"\nversion = 1\nextends = \"baseline\"\n[registry]\ninternal = [\"@acme/*\"]\n[registry.approved]\nnpm = [\"https://npm.acme.example/\", \"default=https://public.example/\"]\n";
    write(root, "policy.toml", text);
}

fn npm(root: &Path, name: &str, resolved: &str) {
    let manifest = format!("{{\"name\":\"app\",\"dependencies\":{{\"{name}\":\"1.2.3\"}}}}");
    write(root, "app/package.json", manifest);
    let lock = format!(
        "{{\"name\": \"app\", \"lockfileVersion\": 3, \"packages\": {{\n\"\": {{\"dependencies\": {{\"{name}\": \"1.2.3\"}}}},\n\"node_modules/{name}\": {{\"version\": \"1.2.3\", \"resolved\": \"{resolved}\", \"integrity\": \"{SHA512}\"}}}}}}"
    );
    write(root, "app/package-lock.json", lock);
}

const ARGUMENTS: [&str; 4] = ["registry", "app", "--policy", "policy.toml"];

fn report(root: &Path, code: i32) -> Value {
    let mut arguments = ARGUMENTS.to_vec();
    arguments.extend(["--format", "json"]);
    serde_json::from_slice(&run(root, &arguments, code).stdout).unwrap()
}

/// The messages of a rule, with the line of each.
fn told(report: &Value, rule: &str) -> Vec<(u64, String)> {
    let all = report["findings"].as_array().unwrap().iter();
    all.filter(|finding| finding["rule"] == rule)
        .map(|finding| {
            let line = finding["location"]["line"].as_u64().unwrap_or(0);
            (line, finding["message"].as_str().unwrap().to_owned())
        })
        .collect()
}

#[test]
fn a_scope_does_not_bring_a_name_home_that_is_locked_from_the_public_registry() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    policy(root);
    let scope = "@acme:registry=https://npm.acme.example/\n";
    write(root, "app/.npmrc", scope);
    npm(
        root,
        "@acme/core",
        "https://public.example/@acme/core/-/core-1.2.3.tgz",
    );
    let found = told(&report(root, 1), "registry/internal-name-outside");
    assert_eq!(found[0].0, 3);
    assert!(
        found[0].1.contains("comes from `https://public.example/"),
        "{found:?}"
    );
    // The twins: locked from the scope's registry, or `registry` itself names it.
    npm(
        root,
        "@acme/core",
        "https://npm.acme.example/@acme/core/-/core-1.2.3.tgz",
    );
    assert!(told(&report(root, 0), "registry/internal-name-outside").is_empty());
    npm(
        root,
        "@acme/core",
        "https://public.example/@acme/core/-/core-1.2.3.tgz",
    );
    write(root, "app/.npmrc", "registry=https://npm.acme.example/\n");
    assert!(told(&report(root, 0), "registry/internal-name-outside").is_empty());
}

#[test]
fn a_branch_is_no_shortened_commit() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    policy(root);
    let found = |reference: &str| {
        npm(
            root,
            "left",
            &format!("git+https://git.example/t/left.git#{reference}"),
        );
        told(&report(root, 1), "registry/mutable-git-reference")
    };
    for (reference, words) in [
        ("main", "the branch or tag `main`"),
        ("v1.2.3", "the branch or tag `v1.2.3`"),
        ("abc1234", "the shortened commit id `abc1234`"),
    ] {
        let found = found(reference);
        assert!(found[0].1.contains(words), "{found:?}");
    }
    assert!(found(&"ab".repeat(20)).is_empty());
}

#[test]
fn an_excerpt_of_configuration_holds_no_password_of_words() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    policy(root);
    let password = ["correct-horse", "-battery"].concat();
    let bunfig = format!(
        "[install.scopes]\nacme = {{ username = \"bob\", password = \"{password}\", url = \"https://evil.example/\" }}\n"
    );
    write(root, "app/bunfig.toml", bunfig);
    write(
        root,
        "app/package.json",
        "{\"dependencies\": {\"left\": \"1.2.3\"}}",
    );
    write(
        root,
        "app/bun.lock",
        format!(
            "{{\"lockfileVersion\": 1, \"workspaces\": {{\"\": {{\"dependencies\": {{\"left\": \"1.2.3\"}}}}}}, \"packages\": {{\"left\": [\"left@1.2.3\", \"\", {{}}, \"{SHA512}\"]}}}}"
        ),
    );
    let found = report(root, 1);
    let shown = found.to_string();
    assert!(
        shown.contains("acme = { username = \\\"bob\\\", password = ***"),
        "{shown}"
    );
    assert!(!shown.contains(&password), "{shown}");
    let output = sealgate(root).args(ARGUMENTS).output().unwrap();
    assert!(!text(&output.stdout).contains(&password));
    assert!(text(&output.stdout).contains("password = ***"));
}
