//! What the gate says, and what it says about its policy.

use super::scene::{
    AN_HOUR_AGO, ARTIFACT, NOW, decision, edited, passing, passing_scene, sign, statement,
    test_result, tested,
};
use crate::signing::{expect, keys, names, read, sealgate, write};
use sealgate::gate::RULES;
use serde_json::json;
use std::path::Path;

#[test]
fn a_flood_of_foreign_bundles_stays_one_page() {
    let scene = passing_scene();
    let long = "x".repeat(100_000);
    let foreign = sign("tester", &statement(&[ARTIFACT], &long, json!({})));
    let hint = edited(&foreign, |bundle| {
        bundle["verificationMaterial"]["publicKey"]["hint"] = json!(long);
    });
    let unknown_key = foreign.replacen('{', &format!("{{\"{long}\":1,"), 1);
    let mut lines = vec![passing(), hint];
    lines.extend(std::iter::repeat_n(foreign, 50));
    scene.attest(&lines);
    let page = scene.gate("staging", 0, &["--no-vsa"]).stdout;
    assert!(page.contains("and 31 more"), "{page}");
    lines.push(unknown_key);
    scene.attest(&lines);
    let page = scene.gate("staging", 3, &["--no-vsa"]).stdout;
    assert!(page.contains("app.bin.attestations.jsonl:53"), "{page}");
    assert!(page.len() < 20_000 && page.lines().count() < 50, "{page}");
}

#[test]
fn the_page_says_once_what_stands_against_the_artifact_and_where() {
    let scene = passing_scene();
    let failed = tested("tester", test_result("FAILED", 5, 1, AN_HOUR_AGO));
    let stranger = tested("stranger", test_result("PASSED", 5, 0, AN_HOUR_AGO));
    scene.attest(&[failed, stranger]);
    let page = scene.gate("staging", 1, &["--no-vsa"]).stdout;
    let told: Vec<&str> = page
        .lines()
        .filter(|line| line.contains("app.bin.attestations.jsonl:"))
        .collect();
    assert_eq!(told.len(), 2, "{page}");
    assert_eq!(
        told[0],
        "✗ test-result by tester: app.bin.attestations.jsonl:1: 1 of 6 tests failed \
         [gate/tests-failed]"
    );
    assert!(
        told[1].starts_with("  app.bin.attestations.jsonl:2: test-result by unknown: no role"),
        "{page}"
    );
}

#[test]
fn a_hostile_name_cannot_steer_the_terminal() {
    let scene = passing_scene();
    let name = "app\u{1b}[2J.bin";
    write(&scene.path(name), ARTIFACT);
    let arguments = [
        "--at",
        NOW,
        "gate",
        name,
        "--env",
        "staging",
        "--policy",
        "policy.toml",
        "--no-vsa",
        "--attestations",
        "app.bin.attestations.jsonl",
    ];
    let ran = expect(0, &mut sealgate(scene.dir.path()), &arguments);
    assert!(ran.stdout.contains("PASS"), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'));
}

#[test]
fn a_typo_in_the_policy_or_the_environment_is_a_usage_error() {
    let scene = passing_scene();
    let ran = scene.gate("stagin", 2, &["--no-vsa"]);
    assert!(
        ran.stderr.contains("gate/unknown-environment"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("prod, staging"), "{}", ran.stderr);
    let policy = read(&scene.path("policy.toml"));
    for (from, to) in [
        ("min-tests", "min-test"),
        ("role = \"tester\"", "role = \"testr\""),
        ("predicate = \"test-result\"", "predicate = \"tests\""),
        ("max-age = \"30d\"", "max-age = \"30\""),
        ("schema = 1", "schema = 2"),
        ("[roles.tester]", "[role.tester]"),
        (
            "requires-vsa-from = \"staging\"",
            "requires-vsa-from = \"prod\"",
        ),
    ] {
        write(
            &scene.path("policy.toml"),
            policy.replacen(from, to, 1).as_bytes(),
        );
        let ran = scene.gate("staging", 2, &["--no-vsa"]);
        assert!(ran.stderr.contains("policy.toml"), "{to}: {}", ran.stderr);
    }
}

#[test]
fn the_example_policy_defines_three_environments() {
    let scene = passing_scene();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = read(&root.join("policies/environments.toml"));
    write(&scene.path("policy.toml"), example.as_bytes());
    for name in ["tester", "builder", "promoter-staging", "promoter-prod"] {
        let public = read(&keys().join(format!("{name}.pub")));
        write(&scene.path(&format!("{name}.pub")), public.as_bytes());
    }
    let page = decision(
        &scene.gate("dev", 0, &["--no-vsa", "--format", "json"]),
        &[],
    );
    assert_eq!(page["policy"]["name"], "environments");
    let staging = scene.gate("staging", 1, &["--no-vsa", "--format", "json"]);
    decision(
        &staging,
        &["gate/missing-predicate", "gate/missing-predicate"],
    );
    scene.gate("prod", 1, &["--no-vsa"]);
}

#[test]
fn every_reason_has_its_page_and_every_page_its_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for rule in RULES {
        let page = read(&root.join(format!("docs/rules/{}.md", rule.id)));
        assert_eq!(page.lines().next(), Some(format!("# {}", rule.id).as_str()));
    }
    let pages = names(&root.join("docs/rules/gate"));
    let ids: Vec<String> = RULES
        .iter()
        .filter_map(|rule| rule.id.strip_prefix("gate/"))
        .map(|id| format!("{id}.md"))
        .collect();
    assert_eq!(pages, ids);
}
