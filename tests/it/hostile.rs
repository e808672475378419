//! `sealgate check` on hostile trees and odd outputs, through the binary.

use crate::cli::{import_demo_advisories, run, text, write};
use assert_cmd::Command;

const FORMATS: [&str; 7] = [
    "human",
    "json",
    "sarif",
    "junit",
    "markdown",
    "github",
    "cyclonedx-json",
];

#[test]
fn no_format_shows_a_credential_that_an_address_of_a_lockfile_holds() {
    let dir = tempfile::tempdir().unwrap();
    import_demo_advisories(dir.path());
    let password = ["hunter2", "SecretTail"].concat();
    let requirements = [
        format!("--extra-index-url https://h.example/simple?token={password}"),
        "a==1.0".to_owned(),
        format!("b @ https://h.example/b.whl?access_token={password}"),
        format!("c @ https://u:x/{password}@h.example/c.whl"),
        format!(
            "{}d @ https://u:{}{password}@h.example/d.whl",
            " ".repeat(150),
            "y".repeat(300)
        ),
    ]
    .join("\n");
    write(dir.path(), "app/requirements.txt", requirements);
    let escaped = format!(
        r#"{{"name": "x", "lockfileVersion": 3, "packages": {{"": {{}}, "node_modules/a": {{
"version": "https:\/\/u:{password}@h.example\/a.tgz", "resolved": "https\u003a//u:{password}\u0040h.example/a.tgz" }} }} }}"#
    );
    write(dir.path(), "app/package-lock.json", escaped);
    for format in FORMATS {
        let output = run(
            dir.path(),
            &["check", "app", "--all", "--format", format],
            1,
        );
        for stream in [&output.stdout, &output.stderr] {
            assert!(!text(stream).contains("SecretTail"), "{format}");
        }
    }
}

#[test]
fn a_name_cannot_inject_a_command_or_an_escape_into_any_format() {
    let dir = tempfile::tempdir().unwrap();
    import_demo_advisories(dir.path());
    let lock = "version = 4\n\n[[package]]\nname = \"a\\u001b[2J\\n::error::b\\u202e\"\nversion = \"1.0.0\"\nsource = \"registry+https://u:pw@h.example/i\"\n";
    write(dir.path(), "a\u{1b}b\n::error::c/app/Cargo.lock", lock);
    for format in FORMATS {
        let output = run(dir.path(), &["check", ".", "--all", "--format", format], 1);
        let shown = text(&output.stdout);
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{format}: {shown}");
        let injected = shown.lines().any(|line| line.starts_with("::error::"));
        assert!(!injected, "{format}: {shown}");
    }
}

#[test]
fn outputs_that_cannot_be_written_are_refused_before_any_work() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "app/Cargo.lock", "");
    std::fs::create_dir(dir.path().join("taken")).unwrap();
    for outputs in [
        ["json=taken", "sarif=b"],
        ["json=taken/", "sarif=b"],
        ["json=a", "sarif=./a"],
        ["json=a", "sarif=taken/../a"],
        ["json=no/a", "sarif=b"],
    ] {
        let [first, second] = outputs;
        let arguments = ["check", "app", "--output", first, "--output", second];
        let output = run(dir.path(), &arguments, 2);
        assert!(output.stdout.is_empty(), "{outputs:?}");
        assert!(!dir.path().join("a").exists() && !dir.path().join("b").exists());
    }
}

#[test]
fn a_run_whose_outputs_lie_in_the_tree_gives_the_same_bytes_again() {
    let dir = tempfile::tempdir().unwrap();
    import_demo_advisories(dir.path());
    write(dir.path(), "app/requirements.txt", "a==1.0\nb\n");
    let password = ["Zx9vq", "!Lm7p", "Wt3k"].concat();
    write(
        dir.path(),
        "app/main.py",
        format!("password = '{password}'\n"),
    );
    let outputs = || {
        let mut arguments = vec!["check", "app", "--at", "2026-11-23T00:00:00Z"];
        let targets = FORMATS.map(|format| format!("{format}=app/out.{format}"));
        for target in &targets {
            arguments.extend(["--output", target]);
        }
        run(dir.path(), &arguments, 1);
        FORMATS.map(|format| std::fs::read(dir.path().join(format!("app/out.{format}"))).unwrap())
    };
    let first = outputs();
    assert_eq!(first, outputs());
}

#[test]
fn without_a_home_only_what_needs_the_database_stops() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "app/main.py", "x = 1\n");
    let without_home = |arguments: &[&str], code: i32| {
        Command::cargo_bin("sealgate")
            .unwrap()
            .current_dir(dir.path())
            .env_clear()
            .args(arguments)
            .assert()
            .code(code);
    };
    without_home(&["check", "app", "--only", "secrets"], 0);
    without_home(&["explain"], 0);
    without_home(&["check", "app"], 2);
    without_home(&["db", "status"], 2);
}

#[test]
fn an_empty_lockfile_and_a_hidden_one_cannot_bring_a_pass() {
    let dir = tempfile::tempdir().unwrap();
    import_demo_advisories(dir.path());
    write(dir.path(), "a/Cargo.lock", "");
    write(dir.path(), "b/Cargo.lock", "version = 4\n");
    for path in ["a", "b"] {
        let output = run(dir.path(), &["check", path], 3);
        assert!(text(&output.stdout).contains("Cargo.lock"));
    }
    write(dir.path(), "c/.gitignore", "*\n");
    write(dir.path(), "c/hidden/Cargo.lock", "");
    let output = run(dir.path(), &["check", "c"], 3);
    assert!(text(&output.stdout).contains("hidden/Cargo.lock"));
}
