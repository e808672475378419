//! `sealgate db`: import, status, verify.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use std::path::{Path, PathBuf};

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(name)
}

fn db(directory: &Path, arguments: &[&str]) -> Assert {
    Command::cargo_bin("sealgate")
        .unwrap()
        .env_clear()
        .arg("--db")
        .arg(directory)
        .arg("db")
        .args(arguments)
        .assert()
}

fn import(directory: &Path, from: &[&str]) -> Assert {
    let paths: Vec<_> = from
        .iter()
        .map(|name| testdata(name).to_string_lossy().into_owned())
        .collect();
    let mut arguments = vec!["import"];
    for path in &paths {
        arguments.extend(["--from", path]);
    }
    db(directory, &arguments)
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

fn stderr(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

fn index(directory: &Path) -> PathBuf {
    directory.join("index.sgdb")
}

fn bytes(directory: &Path) -> Vec<u8> {
    sealgate::support::files::read_bounded(&index(directory), 1 << 24).unwrap()
}

#[test]
fn an_import_can_be_looked_at_and_verified() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("new/db");
    import(&directory, &["advisories/osv/typical", "advisories/real"]).code(0);
    let done = db(&directory, &["status"]);
    let text = stdout(&done);
    for part in [
        "4 records about 4 packages",
        "OSV crates.io",
        "1 of them withdrawn, newest 2026-03-05T05:06:07Z",
    ] {
        assert!(text.contains(part), "{text}");
    }
    done.code(0);
    let done = db(&directory, &["verify"]);
    assert!(
        stdout(&done).starts_with("every digest holds"),
        "{}",
        stdout(&done)
    );
    done.code(0);
}

#[test]
fn status_for_programs_gives_the_counts() {
    let root = tempfile::tempdir().unwrap();
    import(
        root.path(),
        &["advisories/osv/typical", "advisories/osv/broken"],
    )
    .code(0);
    let done = db(root.path(), &["status", "--format", "json"]);
    let status: serde_json::Value = serde_json::from_str(&stdout(&done)).unwrap();
    assert_eq!(status["records"], 2);
    assert_eq!(status["ecosystems"]["npm"], 2);
    assert_eq!(status["ecosystems"]["PyPI"], 1);
    assert_eq!(status["sources"][1]["name"], "OSV npm");
    assert_eq!(status["sources"][1]["withdrawn"], 1);
    assert_eq!(status["bad"].as_array().unwrap().len(), 2);
    assert!(status["digest"].as_str().unwrap().starts_with("sha256:"));
    done.code(0);
}

#[test]
fn records_that_cannot_be_used_are_named() {
    let root = tempfile::tempdir().unwrap();
    let done = import(
        root.path(),
        &["advisories/osv/broken", "advisories/osv/typical"],
    );
    assert!(stderr(&done).contains("2 records could not be used"));
    let text = stdout(&done);
    for part in [
        "cut-off.json: it is not valid JSON",
        "no-id.json: it has no usable `id`",
    ] {
        assert!(text.contains(part), "{text}");
    }
    done.code(0);
}

#[test]
fn a_hostile_record_reaches_no_terminal_unescaped() {
    let root = tempfile::tempdir().unwrap();
    let done = import(root.path(), &["advisories/osv/hostile"]);
    for text in [stdout(&done), stderr(&done)] {
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
    assert!(stdout(&done).contains("1 record about 1 package"));
    done.code(0);
}

#[test]
fn the_same_records_give_the_same_bytes() {
    let root = tempfile::tempdir().unwrap();
    let (a, b) = (root.path().join("a"), root.path().join("b"));
    import(&a, &["advisories/osv/typical", "advisories/real"]).code(0);
    import(&b, &["advisories/real", "advisories/osv/typical"]).code(0);
    assert_eq!(bytes(&a), bytes(&b));
}

#[test]
fn without_a_database_or_with_a_damaged_one_nothing_can_be_said() {
    let root = tempfile::tempdir().unwrap();
    for command in ["status", "verify"] {
        let done = db(root.path(), &[command]);
        assert!(stderr(&done).contains("there is no advisory database"));
        assert!(stderr(&done).contains("db import"));
        done.code(3);
    }
    import(root.path(), &["advisories/real"]).code(0);
    let mut damaged = bytes(root.path());
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    sealgate::support::files::write_atomic(&index(root.path()), &damaged).unwrap();
    for command in ["status", "verify"] {
        let done = db(root.path(), &[command]);
        assert!(stderr(&done).contains("is damaged"), "{}", stderr(&done));
        done.code(3);
    }
    damaged.truncate(middle);
    sealgate::support::files::write_atomic(&index(root.path()), &damaged).unwrap();
    db(root.path(), &["status"]).code(3);
    import(root.path(), &["advisories/real"]).code(0);
    db(root.path(), &["verify"]).code(0);
}

#[test]
fn a_failed_import_keeps_the_old_database() {
    let root = tempfile::tempdir().unwrap();
    import(root.path(), &["advisories/real"]).code(0);
    let before = bytes(root.path());
    import(root.path(), &["advisories/real", "no/such/place"]).code(2);
    import(root.path(), &["versions"]).code(2);
    assert_eq!(bytes(root.path()), before);
    db(root.path(), &["import"]).code(2);
}

/// The demo's records are written by hand; their facts must be those of the real ones.
#[test]
fn the_demo_records_have_the_facts_of_the_published_ones() {
    let archive =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/advisories/osv/crates.io/all.zip");
    let Ok(file) = std::fs::File::open(&archive) else {
        println!("skipped: ../shared/advisories/osv/crates.io/all.zip is not there");
        return;
    };
    let mut archive = zip::ZipArchive::new(file).unwrap();
    for id in ["RUSTSEC-2020-0071", "RUSTSEC-2021-0003"] {
        let path = testdata("advisories/real").join(format!("{id}.json"));
        let ours: serde_json::Value =
            serde_json::from_reader(std::fs::File::open(path).unwrap()).unwrap();
        let published: serde_json::Value =
            serde_json::from_reader(archive.by_name(&format!("{id}.json")).unwrap()).unwrap();
        for key in ["id", "aliases", "severity", "modified", "published"] {
            assert_eq!(ours[key], published[key], "{id} {key}");
        }
        assert_ne!(ours["summary"], published["summary"]);
        assert_ne!(ours["details"], published["details"]);
        let package = |record: &serde_json::Value| record["affected"][0]["package"].clone();
        assert_eq!(package(&ours), package(&published));
        let events = |record: &serde_json::Value| {
            record["affected"][0]["ranges"][0]["events"]
                .as_array()
                .unwrap()
                .clone()
        };
        for event in events(&ours) {
            assert!(events(&published).contains(&event), "{id} {event}");
        }
    }
}
