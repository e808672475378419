//! What the policy makes of the answers: ages, internal names, levels.

use super::cargo::{approved, index, line, lock};
use super::{answers, ask, ids, messages, project_with, sum};
use crate::cli::{run, text, write};

fn with_age(pubtime: &str, policy: &str, code: i32) -> (Vec<String>, String) {
    let more = match pubtime {
        "" => String::new(),
        time => format!(",\"pubtime\":\"{time}\""),
    };
    let server = index(line("1.2.3", &sum('a'), &more));
    let dir = project_with(&approved(&server), policy, &lock(&server, &sum('a')));
    let report = ask(dir.path(), code);
    (answers(&report), messages(&report))
}

#[test]
fn a_version_younger_than_the_policy_wants_fails_and_the_date_has_its_source() {
    let week = "[registry]\nminimum-age-days = 7";
    let (answers, said) = with_age("2026-11-14T00:00:00Z", week, 1);
    assert_eq!(answers, ["too-new"]);
    assert!(
        said.contains(
            "2026-11-14T00:00:00Z (by the registry's index), 6 days ago: the policy wants 7"
        ),
        "{said}"
    );
    assert_eq!(with_age("2026-11-13T00:00:00Z", week, 0).0, ["approved"]);
}

#[test]
fn an_unknown_age_is_what_the_policy_says() {
    for (word, code, answer) in [
        ("deny", 1, "age-unknown"),
        ("warn", 0, "age-unknown"),
        ("allow", 0, "approved"),
    ] {
        let policy = format!("[registry]\nminimum-age-days = 7\nunknown-age = \"{word}\"");
        let (answers, said) = with_age("", &policy, code);
        assert_eq!(answers, [answer], "{word}");
        assert_eq!(
            said.contains("the registry gives no date"),
            word != "allow",
            "{said}"
        );
        // A date after now is none.
        let (answers, _) = with_age("2027-01-01T00:00:00Z", &policy, code);
        assert_eq!(answers, [answer], "{word}");
    }
}

#[test]
fn names_and_registries_have_ages_of_their_own() {
    let young = "2026-11-19T00:00:00Z";
    let rule = |selector: &str| {
        format!(
            "[registry]\nminimum-age-days = 7\n[[registry.age]]\n{selector}\nminimum-age-days = 0"
        )
    };
    assert_eq!(
        with_age(young, &rule("names = [\"acme-*\"]"), 0).0,
        ["approved"]
    );
    assert_eq!(
        with_age(young, &rule("ecosystem = \"cargo\""), 0).0,
        ["approved"]
    );
    assert_eq!(
        with_age(young, &rule("ecosystem = \"npm\""), 1).0,
        ["too-new"]
    );
    assert_eq!(
        with_age(young, &rule("names = [\"other-*\"]"), 1).0,
        ["too-new"]
    );
    assert_eq!(
        with_age(young, &rule("registry = \"https://r.example/\""), 1).0,
        ["too-new"]
    );
}

#[test]
fn an_age_that_cannot_be_meant_is_a_usage_error() {
    let server = index(String::new());
    for (policy, expected) in [
        ("[[registry.age]]\nminimum-age-days = 3", "fits everything"),
        (
            "[[registry.age]]\necosystem = \"rust\"\nminimum-age-days = 3",
            "is no ecosystem",
        ),
        (
            "[[registry.age]]\nnames = [\"*\"]\nminimum-age-days = 3",
            "matches every package",
        ),
        (
            "[registry]\nminimum-age = 3",
            "did you mean `minimum-age-days`",
        ),
    ] {
        let dir = project_with(&approved(&server), policy, &lock(&server, &sum('a')));
        let output = run(
            dir.path(),
            &["registry", "app", "--policy", "policy.toml", "--online"],
            2,
        );
        assert!(
            text(&output.stderr).contains(expected),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn an_internal_name_is_not_looked_for_in_the_public_default() {
    let server = index(line("1.2.3", &sum('a'), ""));
    let public = approved(&server).replace("[\"", "[\"default=");
    let dir = project_with(
        &public,
        "[registry]\ninternal = [\"acme-*\"]",
        &lock(&server, &sum('a')),
    );
    let report = ask(dir.path(), 1);
    assert_eq!(answers(&report), ["not-asked"]);
    assert!(ids(&report, "findings").contains(&"registry/internal-name-outside".to_owned()));
    assert!(server.seen().is_empty());
}

#[test]
fn check_asks_too_and_its_yanked_versions_are_those_of_the_advisory_check() {
    let server = index(line("1.2.3", &sum('a'), ",\"yanked\":true"));
    let dir = project_with(&approved(&server), "", &lock(&server, &sum('a')));
    crate::cli::import_demo_advisories(dir.path());
    let arguments = [
        "check",
        "app",
        "--policy",
        "policy.toml",
        "--format",
        "json",
        "--online",
    ];
    let report: serde_json::Value =
        serde_json::from_slice(&run(dir.path(), &arguments, 3).stdout).unwrap();
    assert_eq!(answers(&report), ["yanked"]);
    assert_eq!(ids(&report, "findings"), ["advisories/yanked"]);
    assert!(!ids(&report, "gaps").contains(&"advisories/yank-data-absent".to_owned()));
    write(dir.path(), "x", "");
    run(
        dir.path(),
        &["check", "app", "--online", "--only", "secrets"],
        2,
    );
}
