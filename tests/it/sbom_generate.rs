//! `sealgate sbom generate`: what it can be given, and that the same input gives the same
//! bytes.

use crate::cli::{run, sealgate, text, write};
use crate::sbom_diff::wasm;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

const LOCK: &str = "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = [\n \"dep\",\n]\n\n[[package]]\nname = \"dep\"\nversion = \"2.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"1111111111111111111111111111111111111111111111111111111111111111\"\n";

fn document(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn purls(document: &Value) -> Vec<&str> {
    let components = document["components"].as_array().unwrap();
    components
        .iter()
        .filter_map(|c| c["purl"].as_str())
        .collect()
}

#[test]
fn one_lockfile_is_the_product_and_nothing_around_it() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "shop/Cargo.lock", LOCK);
    write(dir.path(), "shop/go.mod", "module m\n");
    write(
        dir.path(),
        "shop/package.json",
        "{\"dependencies\": {\"a\": \"1\"}}",
    );
    run(dir.path(), &["sbom", "generate", "shop"], 3);
    for path in ["shop/Cargo.lock", "./shop/Cargo.lock"] {
        let output = run(dir.path(), &["sbom", "generate", path], 0);
        let document = document(&output.stdout);
        assert_eq!(purls(&document), ["pkg:cargo/dep@2.0.0"]);
        assert_eq!(document["metadata"]["component"]["name"], "app");
    }
    let bare = run(&dir.path().join("shop"), &["sbom", "generate", "go.mod"], 0);
    assert_eq!(document(&bare.stdout)["metadata"]["component"]["name"], "m");
    // A comparison takes one as well.
    write(dir.path(), "old/Cargo.lock", LOCK.replace("2.0.0", "1.9.0"));
    let arguments = ["sbom", "diff", "old/Cargo.lock", "shop/Cargo.lock"];
    let diff = run(dir.path(), &arguments, 0);
    assert!(
        text(&diff.stdout).contains("dep  1.9.0 -> 2.0.0"),
        "{}",
        text(&diff.stdout)
    );
    write(dir.path(), "bad/Cargo.lock", "version = 9\n");
    run(dir.path(), &["sbom", "generate", "bad/Cargo.lock"], 3);
    run(
        dir.path(),
        &["sbom", "generate", "bad/Cargo.lock", "--lenient"],
        0,
    );
}

#[test]
fn a_binary_is_described_after_its_build_and_what_is_none_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let packages = json!([
        { "name": "app", "version": "1.0.0", "source": "local", "root": true, "dependencies": [1] },
        { "name": "dep", "version": "2.0.0", "source": "crates.io" },
    ]);
    write(dir.path(), "app.wasm", wasm(&packages));
    let output = run(dir.path(), &["sbom", "generate", "app.wasm"], 0);
    let from_binary = document(&output.stdout);
    assert_eq!(purls(&from_binary), ["pkg:cargo/dep@2.0.0"]);
    assert_eq!(
        from_binary["metadata"]["lifecycles"],
        json!([{ "phase": "post-build" }])
    );
    write(dir.path(), "app/Cargo.lock", LOCK);
    let output = run(dir.path(), &["sbom", "generate", "app"], 0);
    let from_tree = document(&output.stdout);
    assert_eq!(
        from_tree["metadata"]["lifecycles"],
        json!([{ "phase": "pre-build" }])
    );
    // A binary that says nothing leaves open what it holds; another file is no binary.
    write(dir.path(), "silent.wasm", b"\0asm\x01\0\0\0");
    run(dir.path(), &["sbom", "generate", "silent.wasm"], 3);
    write(dir.path(), "app.cdx.json", &output.stdout);
    let refused = run(dir.path(), &["sbom", "generate", "app.cdx.json"], 2);
    assert!(text(&refused.stderr).contains("sbom convert"));
    write(dir.path(), "notes.txt", "hello");
    run(dir.path(), &["sbom", "generate", "notes.txt"], 2);
    run(dir.path(), &["sbom", "generate", "absent"], 2);
}

#[test]
fn the_time_is_given_or_that_of_the_commit() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "app/Cargo.lock", LOCK);
    let time = |arguments: &[&str], epoch: Option<&str>| -> Value {
        let mut command = sealgate(dir.path());
        if let Some(epoch) = epoch {
            command.env("SOURCE_DATE_EPOCH", epoch);
        }
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        document(&output.stdout)["metadata"]["timestamp"].clone()
    };
    let generate = ["sbom", "generate", "app"];
    assert_eq!(time(&generate, None), Value::Null);
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@h.example"])
            .args(arguments)
            .current_dir(dir.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_COMMITTER_DATE", "2024-03-04T05:06:07Z")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        git.status().is_ok_and(|status| status.success())
    };
    if !(git(&["init"]) && git(&["add", "app"]) && git(&["commit", "-m", "x"])) {
        println!("skipped: no git here");
        return;
    }
    assert_eq!(time(&generate, None), "2024-03-04T05:06:07Z");
    let checked = [
        "check",
        "app",
        "--only",
        "sbom",
        "--format",
        "cyclonedx-json",
    ];
    assert_eq!(time(&checked, None), "2024-03-04T05:06:07Z");
    let at = [&generate[..], &["--at", "2025-01-01T00:00:00Z"]].concat();
    assert_eq!(time(&at, None), "2025-01-01T00:00:00Z");
    assert_eq!(time(&at, Some("0")), "1970-01-01T00:00:00Z");
    // A repository that cannot be read costs the time, and is told.
    write(dir.path(), ".git/HEAD", "nonsense");
    let output = run(dir.path(), &generate, 0);
    assert_eq!(
        document(&output.stdout)["metadata"]["timestamp"],
        Value::Null
    );
    assert!(text(&output.stderr).contains("SOURCE_DATE_EPOCH"));
}

/// Every fixture of every format as one tree.
fn every_format(root: &Path) {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let (from, to) = (
                entry.as_ref().unwrap().path(),
                to.join(entry.unwrap().file_name()),
            );
            if from.is_dir() {
                copy(&from, &to);
            } else {
                std::fs::copy(from, to).unwrap();
            }
        }
    }
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/inventory");
    copy(&fixtures, root);
    write(root, "Cargo.toml", "[workspace]\n");
    write(root, "Cargo.lock", LOCK);
}

#[test]
fn path_user_locale_and_zone_do_not_change_a_byte() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (
        dir.path().join("a/shop"),
        dir.path().join("other place/b/shop"),
    );
    every_format(&one);
    every_format(&two);
    let made = |root: &Path, here: &Path, arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = sealgate(here);
        command.args(["sbom", "generate"]).arg(root).args(arguments);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        output.stdout
    };
    for format in [
        "cyclonedx-json@1.4",
        "cyclonedx-json@1.6",
        "cyclonedx-json@1.7",
        "spdx-json@2.3",
        "spdx-json@3.0.1",
    ] {
        let arguments = ["--format", format];
        let first = made(&one, dir.path(), &arguments, &[]);
        assert!(first.len() > 100_000, "{format}: {}", first.len());
        let odd = [
            ("LC_ALL", "tr_TR.UTF-8"),
            ("LANG", "de_DE.UTF-8"),
            ("TZ", "Pacific/Kiritimati"),
            ("USER", "somebody"),
            ("HOME", "/nonexistent"),
            ("COLUMNS", "20"),
        ];
        assert!(first == made(&two, &two, &arguments, &odd), "{format}");
        // The same directory by another spelling of its path.
        let spelt = two.join("../shop/.");
        assert!(
            first == made(&spelt, dir.path(), &arguments, &odd),
            "{format}"
        );
    }
}
