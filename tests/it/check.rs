//! `sealgate check` on good and bad trees.

use crate::cli::{import_demo_advisories, run, text, write};
use std::path::Path;

fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    import_demo_advisories(dir.path());
    dir
}

/// Every line of stdout that names a file of the tree.
fn names(output: &std::process::Output, path: &str) -> bool {
    text(&output.stdout).contains(path)
}

#[test]
fn a_clean_project_passes_and_without_a_database_it_is_inconclusive() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "app/package-lock.json", package_lock("1.2.8"));
    write(
        dir.path(),
        "app/package.json",
        r#"{"name":"app","version":"1.0.0"}"#,
    );
    let without = run(dir.path(), &["check", "app"], 3);
    assert!(text(&without.stdout).contains("advisories/no-database"));
    import_demo_advisories(dir.path());
    let with = run(dir.path(), &["check", "app"], 0);
    assert!(text(&with.stdout).contains("PASS"));
}

fn package_lock(minimist: &str) -> String {
    format!(
        r#"{{
  "name": "app", "version": "1.0.0", "lockfileVersion": 3, "requires": true,
  "packages": {{
    "": {{ "name": "app", "version": "1.0.0", "dependencies": {{ "minimist": "*" }} }},
    "node_modules/minimist": {{
      "version": "{minimist}",
      "resolved": "https://registry.acme.example/minimist/-/minimist-{minimist}.tgz",
      "integrity": "sha512-2yyAR8qBkN3YuheJanUpWC5U3bb5osDywNB8RzDVlDwDHbocAJveqqj1u8+SVD7jkWT4yvsHCpWqqWqAxb0zCA=="
    }}
  }}
}}"#
    )
}

#[test]
fn the_exit_code_is_the_same_for_every_format() {
    let dir = project();
    for (version, code) in [("1.2.8", 0), ("1.2.5", 1)] {
        write(dir.path(), "app/package-lock.json", package_lock(version));
        for format in ["human", "json", "sarif", "cyclonedx-json"] {
            run(dir.path(), &["check", "app", "--format", format], code);
        }
    }
    write(
        dir.path(),
        "app/package-lock.json",
        "{ \"lockfileVersion\": 3,",
    );
    for format in ["human", "json", "sarif", "cyclonedx-json"] {
        run(dir.path(), &["check", "app", "--format", format], 3);
    }
}

#[test]
fn all_outputs_are_written_in_one_run_and_are_the_same_twice() {
    let dir = project();
    write(dir.path(), "app/package-lock.json", package_lock("1.2.5"));
    let outputs = |name: &str| {
        run(
            dir.path(),
            &[
                "check",
                "app",
                "--at",
                "2026-11-23T00:00:00Z",
                "--output",
                &format!("json={name}.json"),
                "--output",
                &format!("sarif={name}.sarif"),
                "--output",
                &format!("cyclonedx-json={name}.cdx.json"),
                "--output",
                &format!("human={name}.txt"),
            ],
            1,
        );
        ["json", "sarif", "cdx.json", "txt"]
            .map(|suffix| std::fs::read(dir.path().join(format!("{name}.{suffix}"))).unwrap())
    };
    let first = outputs("first");
    assert_eq!(first, outputs("second"));
    let human = text(&first[3]);
    assert!(human.contains("GHSA-xvch-5gv4-984h"), "{human}");
    assert!(!human.contains('\u{1b}'), "a file holds colour codes");
    // The source line, its place, the remedy and the rule id.
    assert!(human.contains("package-lock.json"), "{human}");
    assert!(human.contains("advisories/vulnerability"), "{human}");
    assert!(human.contains("1.2.6"), "{human}");
}

#[test]
fn a_lock_that_cannot_be_read_makes_the_verdict_inconclusive_and_is_named() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let deep_toml = format!("x = {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let cases: &[(&str, Vec<u8>)] = &[
        (
            "Cargo.lock",
            b"version = 4\n[[package]]\nname = \"a".to_vec(),
        ),
        (
            "Cargo.lock",
            b"version = 99\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n".to_vec(),
        ),
        ("Cargo.lock", deep_toml.clone().into_bytes()),
        ("Cargo.lock", b"\x00\x01\x02\x7fELF".to_vec()),
        ("package-lock.json", Vec::new()),
        (
            "package-lock.json",
            b"{\"lockfileVersion\": 3, \"packages\": {\"node_modules/a\": {\"version\"".to_vec(),
        ),
        (
            "package-lock.json",
            b"{\"lockfileVersion\": 42, \"packages\": {}}".to_vec(),
        ),
        ("package-lock.json", deep.into_bytes()),
        ("package-lock.json", b"\xff\xfe\x00\x00".to_vec()),
        ("poetry.lock", b"[[package]]\nname = ".to_vec()),
        ("poetry.lock", deep_toml.clone().into_bytes()),
        ("uv.lock", b"version = 1\n[[package]\n".to_vec()),
        ("uv.lock", b"version = 7\n".to_vec()),
        ("requirements.txt", b"\xff\xfe\xfd".to_vec()),
        ("go.mod", b"module a\nrequire (\n b.example/c".to_vec()),
        ("yarn.lock", b"<<<<<<< HEAD\n".to_vec()),
        ("yarn.lock", b"__metadata:\n  version: 99\n".to_vec()),
        ("pnpm-lock.yaml", b"lockfileVersion: '99.0'\n".to_vec()),
        ("pnpm-lock.yaml", "- ".repeat(50_000).into_bytes()),
        (
            "bun.lock",
            b"{\"lockfileVersion\": 99, \"packages\": {}}".to_vec(),
        ),
        ("bun.lockb", b"#!/usr/bin/env bun".to_vec()),
    ];
    for (name, bytes) in cases {
        let dir = project();
        write(dir.path(), &format!("app/{name}"), bytes);
        let output = run(dir.path(), &["check", "app"], 3);
        assert!(names(&output, name), "{name}: {}", text(&output.stdout));
        assert!(text(&output.stdout).contains("INCONCLUSIVE"), "{name}");
    }
}

#[test]
fn a_lock_of_200_mb_is_not_read_and_is_named() {
    let dir = project();
    let path = write(dir.path(), "app/package-lock.json", "{");
    std::fs::File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_len(200_000_000)
        .unwrap();
    let output = run(dir.path(), &["check", "app"], 3);
    assert!(names(&output, "package-lock.json"));
    assert!(text(&output.stdout).contains("limit"));
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_and_a_loop_ends() {
    let dir = project();
    write(dir.path(), "app/package-lock.json", package_lock("1.2.8"));
    write(dir.path(), "outside/Cargo.lock", "not a lock");
    std::os::unix::fs::symlink(".", dir.path().join("app/loop")).unwrap();
    std::os::unix::fs::symlink("../outside", dir.path().join("app/out")).unwrap();
    let output = run(dir.path(), &["check", "app"], 0);
    assert!(!names(&output, "out/Cargo.lock"));
}

#[cfg(unix)]
#[test]
fn an_unreadable_directory_and_an_unreadable_lockfile_are_gaps() {
    let dir = project();
    write(dir.path(), "app/package-lock.json", package_lock("1.2.8"));
    write(dir.path(), "app/other/go.mod", "module m\n");
    std::fs::create_dir(dir.path().join("app/closed")).unwrap();
    mode(dir.path(), 0o755);
    let checked = |only: &str| {
        let arguments = ["check", "app", "--only", only];
        let output = as_nobody(dir.path()).args(arguments).output().unwrap();
        (output.status.code(), text(&output.stdout))
    };
    for (only, path, id, open) in [
        ("sbom", "app/closed", "inventory/unreadable-path", 0o755),
        (
            "sbom",
            "app/other/go.mod",
            "inventory/unreadable-lockfile",
            0o644,
        ),
        ("secrets", "app/closed", "secrets/unreadable-path", 0o755),
        (
            "secrets",
            "app/other/go.mod",
            "secrets/unreadable-path",
            0o644,
        ),
    ] {
        let (code, shown) = checked(only);
        assert_eq!(code, Some(0), "{shown}");
        mode(&dir.path().join(path), 0o000);
        let (code, shown) = checked(only);
        mode(&dir.path().join(path), open);
        assert_eq!(code, Some(3), "{path}: {shown}");
        let name = path.strip_prefix("app/").unwrap();
        assert!(shown.contains(id) && shown.contains(name), "{shown}");
        let here = dir.path().display().to_string();
        assert!(!shown.contains(&here), "{shown}");
    }
}

#[cfg(unix)]
fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The program as a user whom permissions bind: this one, or nobody where this one is
/// root, whom they do not bind.
#[cfg(unix)]
fn as_nobody(directory: &Path) -> std::process::Command {
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::process::CommandExt as _;
    const NOBODY: u32 = 65_534;
    let mut command = crate::cli::sealgate(directory);
    if directory.metadata().unwrap().uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

#[test]
fn a_project_inside_the_product_settles_nothing_until_somebody_says_so() {
    let dir = project();
    write(dir.path(), "app/package-lock.json", package_lock("1.2.8"));
    let inner = "app/services/cart/package-lock.json";
    write(dir.path(), inner, package_lock("1.2.5"));
    write(
        dir.path(),
        "app/tests/package-lock.json",
        package_lock("1.2.5"),
    );
    let alone = run(dir.path(), &["check", "app"], 3);
    assert!(names(&alone, "inventory/left-out"));
    assert!(names(&alone, "`services/cart/package-lock.json`"));
    // Its vulnerable package counts where it is added.
    let added = ["check", "app", "--include", "services/cart"];
    assert!(!names(&run(dir.path(), &added, 1), "inventory/left-out"));
    let policy = |text: &str| {
        let text = format!("schema = 1\nname = \"t\"\nversion = 1\nextends = \"baseline\"\n{text}");
        write(dir.path(), "policy.toml", text);
    };
    let with_policy = [
        "check",
        "app",
        "--policy",
        "policy.toml",
        "--at",
        "2026-11-23T00:00:00Z",
    ];
    policy("[gaps]\n\"inventory/left-out\" = \"block\"\n");
    run(dir.path(), &with_policy, 1);
    policy("[gaps]\n\"inventory/left-out\" = \"report\"\n");
    let reported = run(dir.path(), &with_policy, 0);
    assert!(names(&reported, "services/cart/package-lock.json"));
    policy(
        "[[waiver]]\nid = \"inventory/left-out\"\npath = \"services/\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2026-12-31\n",
    );
    run(dir.path(), &with_policy, 0);
    // An SBOM of the product is complete without it, and says what it leaves out.
    let sbom = run(dir.path(), &["sbom", "generate", "app"], 0);
    assert!(names(&sbom, "services/cart/package-lock.json"));
    assert!(text(&sbom.stderr).contains("services/cart/package-lock.json"));
}

#[test]
fn nothing_to_check_is_not_a_pass() {
    let dir = project();
    write(dir.path(), "app/readme.txt", "hello");
    let output = run(dir.path(), &["check", "app"], 3);
    assert!(text(&output.stdout).contains("inventory/nothing-to-check"));
    let output = run(dir.path(), &["check", "no-such-directory"], 2);
    assert!(text(&output.stderr).contains("no-such-directory"));
}

#[test]
fn a_policy_with_a_typo_is_a_usage_error_with_its_line() {
    let dir = project();
    write(dir.path(), "app/package-lock.json", package_lock("1.2.8"));
    write(
        dir.path(),
        "policy.toml",
        "schema = 1\nname = \"t\"\nversion = 1\nextends = \"baseline\"\n[advisories]\nblock-severty = \"low\"\n",
    );
    let output = run(
        dir.path(),
        &[
            "check",
            "app",
            "--policy",
            "policy.toml",
            "--output",
            "json=out.json",
        ],
        2,
    );
    let stderr = text(&output.stderr);
    assert!(stderr.contains("policy.toml:6"), "{stderr}");
    assert!(
        stderr.contains("did you mean `block-severity`?"),
        "{stderr}"
    );
    assert!(!dir.path().join("out.json").exists());
    run(dir.path(), &["check", "app", "--policy", "basline"], 2);
}

#[test]
fn a_waiver_lets_a_finding_pass_until_it_expires() {
    let dir = project();
    write(dir.path(), "app/package-lock.json", package_lock("1.2.5"));
    write(
        dir.path(),
        "policy.toml",
        "schema = 1\nname = \"t\"\nversion = 1\nextends = \"baseline\"\n[[waiver]]\nid = \"CVE-2021-44906\"\ncomponent = \"minimist\"\nowner = \"web@acme.example\"\nreason = \"build only\"\nexpires = 2026-12-01\n",
    );
    let check = |at: &str, code: i32| {
        run(
            dir.path(),
            &["check", "app", "--policy", "policy.toml", "--at", at],
            code,
        )
    };
    let output = check("2026-12-01T23:59:59Z", 0);
    assert!(text(&output.stdout).contains("web@acme.example"));
    check("2026-12-02T00:00:00Z", 1);
}

#[test]
fn approved_registries_decide_where_packages_may_come_from() {
    let dir = project();
    write(dir.path(), "app/package-lock.json", package_lock("1.2.8"));
    let policy = |url: &str| {
        write(
            dir.path(),
            "policy.toml",
            format!(
                "schema = 1\nname = \"t\"\nversion = 1\nextends = \"baseline\"\n[registry.approved]\nnpm = [\"{url}\"]\n"
            ),
        );
    };
    let arguments = ["check", "app", "--policy", "policy.toml"];
    policy("https://registry.acme.example/");
    run(dir.path(), &arguments, 0);
    policy("https://registry.acme.example.evil.example/");
    let output = run(dir.path(), &arguments, 1);
    assert!(text(&output.stdout).contains("registry/unapproved-origin"));
    policy("not a url");
    run(dir.path(), &arguments, 2);
}

#[test]
fn a_secret_blocks_and_is_never_printed() {
    let dir = project();
    write(dir.path(), "app/package-lock.json", package_lock("1.2.8"));
    let token = ["sk", "live", "9cVt4XbQ1mPz6RkWq2LsHd7J"].join("_");
    write(
        dir.path(),
        "app/src/pay.js",
        format!("const key = \"{token}\";\n"),
    );
    for format in ["human", "json", "sarif", "cyclonedx-json"] {
        let output = run(
            dir.path(),
            &["check", "app", "--all", "--format", format],
            1,
        );
        let printed = text(&output.stdout) + &text(&output.stderr);
        assert!(!printed.contains(&token), "{format}");
        assert!(
            format == "cyclonedx-json" || printed.contains("pay.js"),
            "{format}"
        );
    }
}

#[test]
fn one_check_alone_runs_alone() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "app/main.c", "int main(void) { return 0; }\n");
    run(dir.path(), &["check", "app", "--only", "secrets"], 0);
    run(dir.path(), &["check", "app", "--only", "sbom,registry"], 3);
    run(
        dir.path(),
        &[
            "check",
            "app",
            "--only",
            "secrets",
            "--format",
            "cyclonedx-json",
        ],
        2,
    );
}

#[test]
fn a_damaged_database_is_no_pass() {
    let dir = project();
    write(dir.path(), "app/package-lock.json", package_lock("1.2.5"));
    let database = dir.path().join("db");
    let index = find_file(&database);
    let mut bytes = std::fs::read(&index).unwrap();
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..] {
        *byte ^= 0x55;
    }
    std::fs::write(&index, bytes).unwrap();
    let output = run(dir.path(), &["check", "app"], 3);
    assert!(!text(&output.stderr).is_empty());
}

fn find_file(directory: &Path) -> std::path::PathBuf {
    std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_file())
        .unwrap()
}

#[test]
fn the_demo_plays_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &["demo"], 0);
    let stdout = text(&output.stdout);
    for expected in [
        "GHSA-jf85-cpcp-j695",
        "GHSA-xvch-5gv4-984h",
        "registry/unapproved-origin",
        "secrets/provider-token",
        "gate/other-subject",
        "gate/zero-tests",
        "gate/untrusted-signer",
    ] {
        assert!(stdout.contains(expected), "{expected}\n{stdout}");
    }
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        0,
        "the demo left something behind"
    );
}
