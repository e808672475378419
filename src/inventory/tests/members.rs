//! Members of workspaces, and what workflows use.

use super::*;

#[test]
fn a_go_workspace_reads_its_members_once_and_in_its_own_versions() {
    let inventory = read(&[
        ("go.work", "go 1.24\nuse ./a\nuse ./examples/b\n"),
        (
            "a/go.mod",
            "module m.example/a\ngo 1.24\nrequire d.example/d v1.0.0\n",
        ),
        (
            "examples/b/go.mod",
            "module m.example/b\ngo 1.24\nrequire d.example/d v1.2.0\n",
        ),
        (
            "c/go.mod",
            "module m.example/c\ngo 1.24\nrequire d.example/d v1.9.0\n",
        ),
    ]);
    assert_eq!(
        purls(&inventory),
        [
            "pkg:golang/d.example/d@v1.2.0",
            "pkg:golang/m.example/a",
            "pkg:golang/m.example/b",
        ]
    );
    let places: Vec<String> = inventory.components[0]
        .occurrences
        .iter()
        .map(|occurrence| occurrence.location.to_string())
        .collect();
    assert_eq!(places, ["a/go.mod:3", "examples/b/go.mod:3"]);
    assert_eq!(skipped(&inventory), ["c/go.mod"]);
    let lockfiles: Vec<(&str, usize)> = inventory
        .lockfiles
        .iter()
        .map(|lock| (lock.path.as_str(), lock.packages))
        .collect();
    assert_eq!(
        lockfiles,
        [("a/go.mod", 2), ("examples/b/go.mod", 2), ("go.work", 0)]
    );
}

#[test]
fn a_member_stands_for_itself_where_its_workspace_is_not_the_product() {
    let directory = tree(&[
        ("go.mod", "module m.example/m\ngo 1.24\n"),
        ("sub/go.work", "use ./a\n"),
        (
            "sub/a/go.mod",
            "module m.example/a\ngo 1.24\nrequire d.example/d v1.0.0\n",
        ),
    ]);
    let inventory = read_with(&directory, &["sub/a/go.mod"]).unwrap();
    assert!(purls(&inventory).contains(&"pkg:golang/d.example/d@v1.0.0"));
    assert_eq!(skipped(&inventory), ["sub/go.work"]);
}

#[test]
fn workflows_count_in_the_root_and_actions_everywhere() {
    let step = "  - uses: acme/tool/sub@v1.2.3\n";
    let workflow = format!("jobs:\n a:\n  steps:\n{step}");
    let action = format!("runs:\n using: composite\n steps:\n{step}");
    let directory = tree(&[
        (".github/workflows/ci.yml", &workflow),
        (".github/actions/test/action.yml", &action),
        ("action.yml", &action),
        ("tools/action.yaml", &action),
        ("examples/action.yml", &action),
        ("copy/.github/workflows/ci.yml", &workflow),
    ]);
    let inventory = read_with(&directory, &[]).unwrap();
    assert_eq!(purls(&inventory), ["pkg:github/acme/tool@v1.2.3#sub"]);
    let places: Vec<&str> = inventory.components[0]
        .occurrences
        .iter()
        .map(|occurrence| occurrence.location.path.as_str())
        .collect();
    assert_eq!(
        places,
        [
            ".github/actions/test/action.yml",
            ".github/workflows/ci.yml",
            "action.yml",
            "tools/action.yaml",
        ]
    );
    assert_eq!(
        skipped(&inventory),
        ["copy/.github/workflows/ci.yml", "examples/action.yml"]
    );
    let more = read_with(&directory, &["copy"]).unwrap();
    assert_eq!(more.components[0].occurrences.len(), 5);
}

#[test]
fn an_image_of_a_step_is_a_component_of_its_own_kind() {
    let inventory = read(&[(
        ".github/workflows/ci.yml",
        "jobs:\n a:\n  steps:\n  - uses: docker://alpine:3.20\n  - uses: Acme/Tool@main\n",
    )]);
    assert_eq!(
        purls(&inventory),
        [
            "pkg:generic/alpine@3.20?download_url=docker:%2F%2Falpine:3.20",
            "pkg:github/acme/tool@main",
        ]
    );
    assert_eq!(inventory.components[0].ecosystem, Ecosystem::Generic);
    assert!(inventory.graph_is_incomplete());
    // What builds the product does not say what it is made of.
    assert_eq!(gaps(&inventory), [("inventory/nothing-to-check", None)]);
}
