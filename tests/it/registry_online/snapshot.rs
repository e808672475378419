//! Answers in a file, and documents in a cache.

use super::cargo::{approved, index, line, lock};
use super::{NOW, answers, ask_with, ids, messages, project, project_with, sum};
use crate::cli::{run, text, write};
use crate::http::server::Reply;
use std::path::Path;

fn snapshot(dir: &Path, code: i32) -> Vec<u8> {
    run(
        dir,
        &[
            "--at",
            NOW,
            "registry",
            "snapshot",
            "app",
            "--policy",
            "policy.toml",
            "-o",
            "answers.json",
        ],
        code,
    );
    std::fs::read(dir.join("answers.json")).unwrap()
}

#[test]
fn a_snapshot_says_the_same_offline_and_has_the_same_bytes() {
    let server = index(line("1.2.3", &sum('a'), ",\"yanked\":true"));
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    let first = snapshot(dir.path(), 0);
    assert_eq!(first, snapshot(dir.path(), 0));
    let online = ask_with(dir.path(), &[], &["--online"], 0);
    server.set(vec![]);
    let offline = ask_with(dir.path(), &[], &["--snapshot", "answers.json"], 0);
    assert!(server.seen().is_empty());
    assert_eq!(offline["findings"], online["findings"]);
    assert_eq!(answers(&offline), ["yanked"]);
    assert_eq!(offline["registry"]["snapshot"], true);
    assert_eq!(offline["registry"]["asked"], NOW);
}

#[test]
fn a_snapshot_of_other_registries_or_packages_is_no_answer() {
    let server = index(line("1.2.3", &sum('a'), ""));
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    snapshot(dir.path(), 0);
    ask_with(dir.path(), &[], &["--snapshot", "answers.json"], 0);
    let text = text(&std::fs::read(dir.path().join("answers.json")).unwrap());
    for changed in [
        text.replace("/index/\"", "/other/\""),
        text.replace("\"acme_left\"", "\"acme_right\""),
    ] {
        assert_ne!(changed, text);
        write(dir.path(), "answers.json", changed);
        let report = ask_with(dir.path(), &[], &["--snapshot", "answers.json"], 3);
        assert_eq!(answers(&report), ["not-asked"]);
        assert!(messages(&report).contains("the snapshot has no answer"));
    }
    // The version is not in it: the registry was asked about others.
    write(
        dir.path(),
        "answers.json",
        text.replace("\"1.2.3\": {", "\"1.2.4\": {"),
    );
    let report = ask_with(dir.path(), &[], &["--snapshot", "answers.json"], 1);
    assert_eq!(answers(&report), ["absent"]);
}

#[test]
fn what_is_no_snapshot_is_a_usage_error() {
    let server = index(String::new());
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    for (content, expected) in [
        ("", "is no snapshot"),
        ("[]", "is no snapshot"),
        (
            "{\"schema\":\"sealgate/registry-answers/v9\"}",
            "registry-answers/v9",
        ),
        (
            "{\"schema\":\"sealgate/registry-answers/v1\",\"asked\":\"x\",\"answers\":[{}]}",
            "is no snapshot",
        ),
        (
            "{\"schema\":\"sealgate/registry-answers/v1\",\"asked\":\"x\",\"answers\":[],\"more\":1}",
            "is no snapshot",
        ),
    ] {
        write(dir.path(), "answers.json", content);
        let output = run(
            dir.path(),
            &[
                "registry",
                "app",
                "--policy",
                "policy.toml",
                "--snapshot",
                "answers.json",
            ],
            2,
        );
        assert!(
            text(&output.stderr).contains(expected),
            "{content}: {}",
            text(&output.stderr)
        );
    }
    run(
        dir.path(),
        &["registry", "app", "--snapshot", "nowhere.json"],
        2,
    );
}

#[test]
fn an_old_snapshot_and_one_from_the_future_are_gaps() {
    let server = index(line("1.2.3", &sum('a'), ""));
    let limit = "[registry]\nmax-snapshot-age-days = 2";
    let dir = project_with(&approved(&server), limit, &lock(&server, &sum('a')));
    snapshot(dir.path(), 0);
    let at = |time: &str, code: i32| {
        let arguments = [
            "--at",
            time,
            "registry",
            "app",
            "--policy",
            "policy.toml",
            "--snapshot",
            "answers.json",
            "--format",
            "json",
        ];
        let output = run(dir.path(), &arguments, code);
        let report = serde_json::from_slice(&output.stdout).unwrap();
        ids(&report, "gaps")
    };
    assert!(at("2026-11-21T00:00:00Z", 0).is_empty());
    assert_eq!(at("2026-11-23T00:00:00Z", 3), ["registry/stale-snapshot"]);
    assert_eq!(at("2026-11-01T00:00:00Z", 3), ["registry/stale-snapshot"]);
}

#[test]
fn a_snapshot_of_a_silent_registry_exits_3_and_is_no_pass_later() {
    let server = index(String::new());
    server.set(vec![(
        "/index/config.json",
        vec![Reply::status(403, &[], "no")],
    )]);
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    snapshot(dir.path(), 3);
    let report = ask_with(dir.path(), &[], &["--snapshot", "answers.json"], 3);
    assert_eq!(answers(&report), ["unreachable"]);
}

#[test]
fn what_is_kept_is_asked_for_again_only_if_it_has_changed() {
    let server = index(line("1.2.3", &sum('a'), ""));
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    let options = ["--online", "--registry-cache", "kept"];
    ask_with(dir.path(), &[], &options, 0);
    assert_eq!(server.seen()[1].header("if-none-match"), None);
    let report = ask_with(dir.path(), &[], &options, 0);
    assert_eq!(server.seen()[3].header("if-none-match"), Some("\"1\""));
    assert_eq!(answers(&report), ["approved"]);
    // A body that someone changed is not used.
    for entry in std::fs::read_dir(dir.path().join("kept")).unwrap() {
        let path = entry.unwrap().path();
        let changed = std::fs::read_to_string(&path)
            .unwrap()
            .replace("aaaa", "bbbb");
        std::fs::write(&path, changed).unwrap();
    }
    assert_eq!(
        answers(&ask_with(dir.path(), &[], &options, 0)),
        ["approved"]
    );
    assert_eq!(server.seen()[5].header("if-none-match"), None);
}
