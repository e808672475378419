//! The program as a user meets it: help, exit codes, bad input.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The built program with nothing of the caller's environment that could matter.
pub fn sealgate(directory: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("sealgate"));
    command
        .current_dir(directory)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", directory)
        .env("SEALGATE_DB", directory.join("db"))
        // Only tests of it ask a metadata server, and only one of their own.
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// Runs and insists on the exit code.
pub fn run(directory: &Path, arguments: &[&str], code: i32) -> Output {
    let output = sealgate(directory).args(arguments).output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(code),
        "sealgate {}\n--- stdout\n{}\n--- stderr\n{}",
        arguments.join(" "),
        text(&output.stdout),
        text(&output.stderr),
    );
    output
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub fn write(root: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A database of one record, so that a verdict can be a pass.
pub fn import_demo_advisories(directory: &Path) {
    let records = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo/osv");
    run(directory, &["db", "import", "--from", records], 0);
}

#[test]
fn help_version_completions_and_manual_go_to_stdout() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["check", "--help"],
        &["completions", "bash"],
        &["man"],
        &["explain"],
    ] {
        let output = run(dir.path(), arguments, 0);
        assert!(!output.stdout.is_empty(), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_command_that_does_not_exist_is_a_usage_error_with_a_suggestion() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &["chekc"], 2);
    assert!(text(&output.stderr).contains("check"));
    run(dir.path(), &["check", "--format", "yaml"], 2);
    run(dir.path(), &["check", "--output", "json"], 2);
    run(
        dir.path(),
        &["check", "--output", "json=no/such/dir/x.json"],
        2,
    );
    run(dir.path(), &["check", "--at", "noon"], 2);
    run(dir.path(), &["explain", "no/such-rule"], 2);
}

#[test]
fn every_command_has_help_with_a_purpose() {
    let dir = tempfile::tempdir().unwrap();
    for command in [
        "check",
        "advisories",
        "registry",
        "db",
        "version",
        "key",
        "sign",
        "verify",
        "trusted-root",
        "test",
        "seal",
        "gate",
        "vex",
        "demo",
        "explain",
        "completions",
        "man",
    ] {
        let output = run(dir.path(), &[command, "--help"], 0);
        assert!(
            text(&output.stdout).contains("Usage: sealgate"),
            "{command}"
        );
    }
}

#[test]
fn every_rule_and_gap_has_a_page_and_every_page_a_rule() {
    use sealgate::checks::{advisories, registry, secrets};
    let mut ids: Vec<&str> = [
        advisories::RULES,
        advisories::GAPS,
        registry::RULES,
        registry::GAPS,
        registry::online::rules::RULES,
        registry::online::rules::GAPS,
        secrets::RULES,
        secrets::GAPS,
        sealgate::inventory::rules::GAPS,
        sealgate::gate::RULES,
        sealgate::signing::RULES,
        sealgate::policy::GAPS,
        sealgate::vex::GAPS,
    ]
    .into_iter()
    .flatten()
    .map(|rule| rule.id)
    .collect();
    ids.sort_unstable();
    let dir = tempfile::tempdir().unwrap();
    let listed = text(&run(dir.path(), &["explain"], 0).stdout);
    assert_eq!(listed.lines().collect::<Vec<_>>(), ids);
    for id in ids {
        let page = text(&run(dir.path(), &["explain", id], 0).stdout);
        assert!(page.starts_with(&format!("# {id}\n")), "{id}: {page}");
    }
}

/// The text with digests, times and ages replaced, which differ from run to run.
fn steady(line: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for c in line.chars().chain(['\n']) {
        if c.is_ascii_hexdigit() || (c == ',' && !digits.is_empty()) {
            digits.push(c);
            continue;
        }
        let is_digest = digits.len() >= 16;
        let is_number = digits.starts_with(|c: char| c.is_ascii_digit());
        out.push_str(if is_digest || is_number { "#" } else { &digits });
        digits.clear();
        out.push(c);
    }
    out.trim_end().to_owned()
}

#[test]
fn the_readme_shows_what_the_demo_prints() {
    let readme = include_str!("../../README.md");
    let (_, after) = readme.split_once("## What it looks like").unwrap();
    let (_, block) = after.split_once("```text\n").unwrap();
    let (transcript, _) = block.split_once("\n```").unwrap();
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &["demo"], 0);
    let output = text(&output.stdout) + &text(&output.stderr);
    let printed: std::collections::HashSet<String> = output.lines().map(steady).collect();
    assert!(transcript.lines().count() > 30);
    for line in transcript.lines().filter(|line| line.trim() != "…") {
        assert!(
            printed.contains(&steady(line)),
            "not printed by the demo: {line}"
        );
    }
}
