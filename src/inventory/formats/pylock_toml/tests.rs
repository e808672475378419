use super::*;
use crate::inventory::formats::testing::{edges, gaps, lines_hold_names, parse};

const OF_PDM: &str = include_str!("../../../../testdata/inventory/pylock-toml/typical/pylock.toml");
const OF_UV: &str =
    include_str!("../../../../testdata/inventory/pylock-toml/typical/pylock.uv.toml");

const HEAD: &str = "lock-version = '1.0'\ncreated-by = 'x'\n";

fn read(text: &str, neighbours: &[(&str, &str)]) -> Parsed {
    parse(&PylockToml, "pylock.toml", text, neighbours).unwrap()
}

fn sum(digit: char) -> String {
    digit.to_string().repeat(64)
}

#[test]
fn only_names_of_the_specification_are_such_lockfiles() {
    for name in ["pylock.toml", "pylock.dev.toml"] {
        assert!(PylockToml.matches("", name), "{name}");
    }
    for name in [
        "pylock.a.b.toml",
        "pylock..toml",
        "pylock.json",
        "a.pylock.toml",
        "pylocktoml",
    ] {
        assert!(!PylockToml.matches("", name), "{name}");
    }
}

#[test]
fn an_empty_lockfile_holds_nothing_and_an_empty_file_is_none() {
    let parsed = read(&format!("{HEAD}packages = []\n"), &[]);
    assert!(parsed.packages.is_empty() && parsed.gaps.is_empty());
    assert!(matches!(
        parse(&PylockToml, "pylock.toml", "", &[]),
        Err(FormatError::Shape { .. })
    ));
}

#[test]
fn a_real_lockfile_for_many_uses_gives_each_package_its_scope() {
    let parsed = read(OF_PDM, &[]);
    assert_eq!(gaps(&parsed), []);
    assert_eq!(parsed.packages.len(), 13);
    lines_hold_names(OF_PDM, &parsed);
    let scope = |name: &str| {
        let found = parsed.packages.iter().find(|p| p.name == name);
        found.unwrap().scope
    };
    assert_eq!(scope("requests"), Scope::Runtime);
    assert_eq!(scope("boto3"), Scope::Runtime);
    assert_eq!(scope("ruff"), Scope::Dev);
    assert_eq!(parsed.has_graph, Some(false));
    for package in &parsed.packages {
        assert!(
            matches!(&package.origin, Origin::Registry { index: None, file: Some(url), .. } if url.starts_with("https://files.example/"))
        );
        assert_eq!(package.checksums.len(), 2, "{}", package.name);
    }
}

#[test]
fn a_real_lockfile_for_one_use_says_nothing_of_scopes() {
    let parsed = read(OF_UV, &[]);
    assert_eq!(gaps(&parsed), []);
    lines_hold_names(OF_UV, &parsed);
    let numpy = parsed.packages.iter().filter(|p| p.name == "numpy");
    assert_eq!(numpy.count(), 4);
    assert!(parsed.packages.iter().all(|p| p.scope == Scope::Unknown));
    assert!(
        matches!(&parsed.packages[0].origin, Origin::Registry { index: Some(url), .. } if url == "https://index.example/simple")
    );
}

#[test]
fn a_reference_means_the_packages_that_have_all_it_says() {
    let text = format!(
        "{HEAD}[[packages]]\nname = 'a'\nversion = '1'\nsdist = {{path = 'a.tar.gz', hashes = {{sha256 = '{0}'}}}}\n\
         dependencies = [{{name = 'B', version = '2'}}, {{name = 'c', vcs = {{commit-id = '0f'}}}}, {{name = 'gone'}}, {{name = 'b', version = '9'}}]\n\
         [[packages]]\nname = 'b'\nversion = '1'\nsdist = {{path = 'b.tar.gz', hashes = {{sha256 = '{0}'}}}}\n\
         [[packages]]\nname = 'b'\nversion = '2'\nsdist = {{path = 'b.tar.gz', hashes = {{sha256 = '{0}'}}}}\n\
         [[packages]]\nname = 'c'\nvcs = {{type = 'git', url = 'https://h.example/c', requested-revision = 'main', commit-id = '0f'}}\n\
         [[packages]]\nname = 'c'\nvcs = {{type = 'git', url = 'https://h.example/c', commit-id = 'ff'}}\n",
        sum('a')
    );
    let parsed = read(&text, &[]);
    assert_eq!(edges(&parsed), ["a@1 -> b@2", "a@1 -> c@?"]);
    assert_eq!(parsed.edges[1], (0, 3));
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/unresolved-dependency", 7),
            ("inventory/unresolved-dependency", 7)
        ]
    );
    assert_eq!(parsed.has_graph, Some(true));
    assert!(
        matches!(&parsed.packages[3].origin, Origin::Git { commit: Some(id), reference: GitReference::Revision(of), .. } if id == "0f" && of == "main")
    );
    assert!(matches!(&parsed.packages[0].origin, Origin::Path { path } if path == "a.tar.gz"));
}

#[test]
fn the_requirement_lines_that_pdm_adds_are_edges_too() {
    let package = |name: &str, version: &str, marker: &str, tool: &str| {
        format!(
            "[[packages]]\nname = '{name}'\nversion = '{version}'\nmarker = \"{marker}\"\nsdist = {{url = 'https://f.example/x', hashes = {{sha256 = '{}'}}}}\n{tool}",
            sum('b')
        )
    };
    let text = format!(
        "{HEAD}requires-python = '>=3.9'\ndependency-groups = ['default']\ndefault-groups = ['default']\n{}{}{}",
        package(
            "a",
            "1",
            "python_version >= '3.11' and 'default' in dependency_groups",
            "[packages.tool.pdm]\ndependencies = ['n>=1', 'gone; python_version < \"3.8\"', 'lost', '-']\n"
        ),
        package(
            "n",
            "1",
            "python_version < '3.11' and 'default' in dependency_groups",
            ""
        ),
        package(
            "n",
            "2",
            "python_version >= '3.11' and 'default' in dependency_groups",
            ""
        ),
    );
    let manifest = "[project]\nname = 'p'\nversion = '7'\ndependencies = ['a']\n";
    let parsed = read(&text, &[("pyproject.toml", manifest)]);
    assert_eq!(edges(&parsed), ["a@1 -> n@2"]);
    assert_eq!(parsed.direct, [0]);
    let root = parsed.root.as_ref().unwrap();
    assert_eq!(
        (root.name.as_str(), root.version.as_deref()),
        ("p", Some("7"))
    );
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/unresolved-dependency", 7),
            ("inventory/incomplete-entry", 7)
        ]
    );
}

#[test]
fn a_directory_is_made_here_and_an_archive_is_fetched() {
    let text = format!(
        "{HEAD}[[packages]]\nname = 'here'\nversion = '1'\ndirectory = {{path = '.', editable = true}}\n\
         [[packages]]\nname = 'far'\narchive = {{url = 'https://f.example/far.zip', hashes = {{sha256 = '{}', blake2b = 'ff'}}}}\n\
         [[packages]]\nname = 'near'\narchive = {{path = 'near.zip', hashes = {{sha512 = '{}'}}}}\n",
        sum('c'),
        sum('d').repeat(2)
    );
    let parsed = read(&text, &[]);
    assert_eq!(gaps(&parsed), []);
    assert_eq!(parsed.packages[0].kind, ComponentKind::Own);
    assert_eq!(parsed.root.as_ref().unwrap().name, "here");
    assert!(matches!(&parsed.packages[1].origin, Origin::Url { url } if url.ends_with("far.zip")));
    assert_eq!(parsed.packages[1].checksums.len(), 1);
    assert!(matches!(&parsed.packages[2].origin, Origin::Path { path } if path == "near.zip"));
}

#[test]
fn a_broken_lockfile_keeps_what_can_be_read() {
    let text = format!(
        "{HEAD}[[packages]]\nversion = '1'\n\
         [[packages]]\nname = 'a'\nindex = 'https://i.example/'\nsdist = {{url = 'x', hashes = {{sha256 = 'zz'}}}}\nwheels = [{{url = 'y', hashes = {{}}}}]\n\
         [[packages]]\nname = 'b'\nversion = '1'\n\
         [[packages]]\nname = \n"
    );
    let parsed = read(&text, &[]);
    assert_eq!(parsed.packages.len(), 2);
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/incomplete-entry", 3),
            ("inventory/incomplete-entry", 6),
            ("inventory/incomplete-entry", 6),
            ("inventory/incomplete-entry", 6),
            ("inventory/incomplete-entry", 11),
            ("inventory/unreadable-lockfile", 14),
        ]
    );
}

#[test]
fn a_later_minor_version_is_read_with_a_gap_and_a_major_one_is_not() {
    let text =
        "lock-version = '1.7'\n[[packages]]\nname = 'a'\nversion = '1'\ndirectory = {path = 'a'}\n";
    let parsed = read(text, &[]);
    assert_eq!(parsed.packages.len(), 1);
    assert_eq!(gaps(&parsed), [("inventory/unsupported-lock-version", 1)]);
    for version in ["'2.0'", "1.0"] {
        let text = format!("lock-version = {version}\n");
        assert!(matches!(
            parse(&PylockToml, "pylock.toml", &text, &[]),
            Err(FormatError::UnknownVersion { line: 1, .. })
        ));
    }
}

#[test]
fn a_hostile_lockfile_costs_neither_stack_nor_time() {
    let deep = "(".repeat(50_000);
    let mut text = format!("{HEAD}extras = ['x']\n");
    for place in 0..2_000 {
        text.push_str(&format!(
            "[[packages]]\nname = 'same'\nversion = '{place}'\nmarker = \"{deep_or_not}'x' in extras\"\ndirectory = {{path = 'a'}}\ndependencies = [{{name = 'same'}}]\n",
            deep_or_not = if place == 0 { deep.as_str() } else { "" },
        ));
    }
    let parsed = read(&text, &[]);
    assert_eq!(parsed.packages.len(), 2_000);
    assert_eq!(parsed.packages[0].scope, Scope::Unknown);
    assert_eq!(parsed.packages[1].scope, Scope::Optional);
    assert_eq!(parsed.edges.len(), 0);
    assert_eq!(parsed.gaps.len() + parsed.more_gaps, 2_000);
}
