use super::*;
use crate::inventory::formats::testing::{gaps, parse};
use std::fmt::Write as _;

const ACTION: &str =
    include_str!("../../../../testdata/inventory/github-actions/typical/action.yml");

const WORKFLOW: &str = "\
name: release
on: {push: {tags: ['v*']}}
jobs:
  test:
    uses: acme/pipelines/.github/workflows/test.yml@main
    secrets: inherit
  local:
    uses: ./.github/workflows/local.yml
  build:
    runs-on: ubuntu-latest
    container: alpine:3.20
    steps:
      - &checkout
        uses: Actions/Checkout@v4.2.2
      - name: no action
        run: 'echo uses: not/this@v1'
      - {uses: \"github/codeql-action/init@refs/tags/v3\", with: {uses: not/this@v1}}
      - uses: dtolnay/rust-toolchain@stable
      - uses: docker://alpine:3.20
      - uses: docker://registry.example:5000/team/tool
  again:
    steps:
      - *checkout
";

fn read(path: &str, text: &str) -> Parsed {
    parse(&GithubActions, path, text, &[]).unwrap()
}

fn workflow(text: &str) -> Parsed {
    read(".github/workflows/w.yml", text)
}

fn seen(parsed: &Parsed) -> Vec<(&str, &str, &str, u32)> {
    let packages = parsed.packages.iter();
    packages
        .map(|p| {
            let version = p.version.as_deref().unwrap_or("-");
            (
                p.name.as_str(),
                version,
                p.subpath.as_deref().unwrap_or("-"),
                p.line,
            )
        })
        .collect()
}

#[test]
fn only_workflows_and_actions_are_such_files() {
    for path in [
        ".github/workflows/a.yml",
        "x/.github/workflows/a.yaml",
        "action.yml",
        "a/b/action.yaml",
    ] {
        assert!(GithubActions.matches_path(path), "{path}");
    }
    for path in [
        "workflows/a.yml",
        ".github/workflows/a/b.yml",
        ".github/a.yml",
        "x.github/workflows/a.yml",
        ".github/workflows/a.json",
        "a.yml",
    ] {
        assert!(!GithubActions.matches_path(path), "{path}");
    }
}

#[test]
fn a_workflow_names_the_actions_of_its_steps_and_the_workflows_of_its_jobs() {
    let parsed = workflow(WORKFLOW);
    assert_eq!(gaps(&parsed), []);
    assert_eq!(
        seen(&parsed),
        [
            ("acme/pipelines", "main", ".github/workflows/test.yml", 5),
            ("Actions/Checkout", "v4.2.2", "-", 14),
            ("github/codeql-action", "refs/tags/v3", "init", 17),
            ("dtolnay/rust-toolchain", "stable", "-", 18),
            ("alpine", "3.20", "-", 19),
            ("registry.example:5000/team/tool", "-", "-", 20),
            // The alias in the last job: the same step at the same place.
            ("Actions/Checkout", "v4.2.2", "-", 14),
        ]
    );
    assert!(parsed.packages.iter().all(|p| p.scope == Scope::Build));
    let references: Vec<GitReference> = parsed
        .packages
        .iter()
        .filter_map(|package| match &package.origin {
            Origin::Git {
                reference,
                commit: None,
                ..
            } => Some(reference.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(
        references,
        [
            GitReference::Branch("main".to_owned()),
            GitReference::Tag("v4.2.2".to_owned()),
            GitReference::Tag("v3".to_owned()),
            GitReference::Branch("stable".to_owned()),
            GitReference::Tag("v4.2.2".to_owned()),
        ]
    );
}

#[test]
fn an_action_names_what_its_steps_use() {
    let parsed = read("action.yml", ACTION);
    assert_eq!(gaps(&parsed), []);
    let sha = "0057852bfaa89a56745cba8c7296529d2fc39830";
    let digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    assert_eq!(
        seen(&parsed),
        [
            ("actions/checkout", "v4", "-", 10),
            ("actions/cache", sha, "restore", 15),
            ("ghcr.io/acme/signer", digest, "-", 18),
        ]
    );
    assert_eq!(
        parsed.packages[1].origin,
        Origin::Git {
            url: "https://github.com/actions/cache".to_owned(),
            reference: GitReference::Revision(sha.to_owned()),
            commit: Some(sha.to_owned()),
        }
    );
    let image = &parsed.packages[2];
    assert_eq!(image.ecosystem, Some(Ecosystem::Generic));
    assert_eq!(
        image.checksums,
        [Checksum::Opaque {
            scheme: "oci-manifest",
            value: digest.to_owned()
        }]
    );
}

#[test]
fn the_image_of_an_action_is_used_and_its_dockerfile_is_not() {
    let image = |image: &str| {
        let text = format!("runs:\n  using: docker\n  image: '{image}'\n");
        read("action.yaml", &text).packages.len()
    };
    assert_eq!(image("docker://alpine:3.20"), 1);
    assert_eq!(image("Dockerfile"), 0);
    assert_eq!(
        read("action.yml", "runs: {using: node20, main: index.js}\n")
            .packages
            .len(),
        0
    );
}

#[test]
fn an_empty_workflow_is_none_and_another_file_may_have_the_name_of_an_action() {
    for text in ["", "a: b\n", "[]", "just text\n"] {
        assert!(matches!(
            parse(&GithubActions, ".github/workflows/w.yml", text, &[]),
            Err(FormatError::Shape { line: 1, .. })
        ));
        assert_eq!(read("roles/x/action.yml", text), Parsed::default());
    }
    assert!(workflow("jobs:\n").packages.is_empty());
}

#[test]
fn a_step_that_cannot_be_understood_is_a_gap_and_the_rest_is_read() {
    let text = "jobs:\n  a:\n    steps:\n\
                \x20   - uses: no-reference/here\n\
                \x20   - uses: owner@v1\n\
                \x20   - uses: owner/${{ matrix.name }}@v1\n\
                \x20   - uses: owner/name@\n\
                \x20   - uses: owner/../name@v1\n\
                \x20   - uses: docker://\n\
                \x20   - uses:\n\
                \x20   - uses: [a/b@v1]\n\
                \x20   - just text\n\
                \x20   - uses: owner/name@v1\n\
                \x20     uses: owner/other@v2\n";
    let parsed = workflow(text);
    assert_eq!(seen(&parsed), [("owner/other", "v2", "-", 14)]);
    let incomplete = "inventory/incomplete-entry";
    let mut expected: Vec<(&str, u32)> = (4..=12).map(|line| (incomplete, line)).collect();
    expected.push(("inventory/unreadable-lockfile", 14));
    assert_eq!(gaps(&parsed), expected);
}

#[test]
fn a_job_or_an_action_that_does_nothing_that_can_be_read_is_a_gap() {
    let incomplete = |line: u32| vec![("inventory/incomplete-entry", line)];
    let job = |text: &str| gaps(&workflow(&format!("jobs:\n  a:\n{text}")));
    assert_eq!(job("    steps:\n    - run: x\n"), []);
    assert_eq!(job("    uses: a/b/.github/workflows/w.yml@v1\n"), []);
    assert_eq!(job("    step:\n    - uses: a/b@v1\n"), incomplete(2));
    assert_eq!(job("    steps:\n    - use: a/b@v1\n"), incomplete(4));
    let action = |text: &str| gaps(&read("action.yml", text));
    let steps = "  steps:\n  - uses: a/b@v1\n";
    assert_eq!(action(&format!("runs:\n  using: composite\n{steps}")), []);
    assert_eq!(action(&format!("runs:\n{steps}")), incomplete(1));
    assert_eq!(action("runs:\n  using: composite\n"), incomplete(1));
    assert_eq!(action(&format!("run:\n{steps}")), incomplete(3));
    assert_eq!(action("tasks:\n- copy: uses\n"), []);
}

#[test]
fn a_workflow_that_breaks_off_keeps_what_stands_before() {
    let text = "jobs:\n  a:\n    steps:\n    - uses: owner/name@v1\n    - uses: 'owner/cut\n";
    let parsed = workflow(text);
    assert_eq!(seen(&parsed), [("owner/name", "v1", "-", 4)]);
    assert_eq!(gaps(&parsed).len(), 1);
    assert_eq!(gaps(&parsed)[0].0, "inventory/unreadable-lockfile");
    assert!(matches!(
        parse(&GithubActions, ".github/workflows/w.yml", "a: 'b\n", &[]),
        Err(FormatError::Syntax { .. })
    ));
}

#[test]
fn aliases_and_depth_are_bounded() {
    let mut bomb = "a0: &a0 {uses: owner/name@v1}\n".to_owned();
    for level in 1..40 {
        let below = level - 1;
        let _ = writeln!(bomb, "a{level}: &a{level} [*a{below}, *a{below}]");
    }
    bomb.push_str("jobs:\n  j:\n    steps: *a39\n");
    assert!(parse(&GithubActions, ".github/workflows/w.yml", &bomb, &[]).is_err());
    let deep = format!("jobs: {}{}", "[".repeat(100_000), "]".repeat(100_000));
    let read = parse(&GithubActions, ".github/workflows/w.yml", &deep, &[]);
    assert!(read.map_or(true, |parsed| !parsed.gaps.is_empty()));
}
