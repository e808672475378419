use super::*;
use crate::inventory::formats::testing::{edges, gaps, lines_hold_names, parse};

const TYPICAL: &str =
    include_str!("../../../../testdata/inventory/poetry-lock/typical/poetry.lock");
const MANIFEST: &str =
    include_str!("../../../../testdata/inventory/poetry-lock/typical/pyproject.toml");

fn read(text: &str) -> Parsed {
    parse(
        &PoetryLock,
        "poetry.lock",
        text,
        &[("pyproject.toml", MANIFEST)],
    )
    .unwrap()
}

#[test]
fn a_typical_lockfile_gives_edges_of_the_extras_asked_for() {
    let parsed = read(TYPICAL);
    assert_eq!(gaps(&parsed), []);
    lines_hold_names(TYPICAL, &parsed);
    assert_eq!(
        edges(&parsed),
        [
            "pytest@8.3.3 -> colorama@0.4.6",
            "requests@2.32.3 -> pysocks@1.7.1",
            "requests@2.32.3 -> rates@0.9.0",
        ]
    );
    let direct: Vec<&str> = parsed
        .direct
        .iter()
        .map(|place| parsed.packages[*place].name.as_str())
        .collect();
    assert_eq!(direct, ["flask", "pytest", "requests"]);
    let of = |name: &str| parsed.packages.iter().find(|p| p.name == name).unwrap();
    assert_eq!(of("pytest").scope, Scope::Dev);
    assert_eq!(of("flask").scope, Scope::Runtime);
    assert_eq!(of("requests").origin, Origin::ImpliedDefault);
    assert_eq!(of("requests").checksums.len(), 2);
    assert!(
        matches!(&of("flask").origin, Origin::Registry { index: Some(url), .. } if url == "https://pypi.corp.example/simple")
    );
    assert_eq!(
        of("rates").origin,
        Origin::Git {
            url: "https://git.corp.example/rates.git".to_owned(),
            reference: GitReference::Revision("main".to_owned()),
            commit: Some("4f2c0b5d8a1e3c7f9b6d2a4e8c0f1b3d5a7e9c2b".to_owned()),
        }
    );
    assert_eq!(parsed.root.unwrap().name, "batch");
}

#[test]
fn an_optional_dependency_is_no_edge_unless_its_extra_is_asked_for() {
    let manifest = MANIFEST.replace("[socks]", "");
    let parsed = parse(
        &PoetryLock,
        "poetry.lock",
        TYPICAL,
        &[("pyproject.toml", &manifest)],
    );
    assert!(!edges(&parsed.unwrap()).contains(&"requests@2.32.3 -> pysocks@1.7.1".to_owned()));
}

const OLD: &str = "[[package]]
name = \"Numpy\"
version = \"1.26.4\"
category = \"main\"
optional = true

[[package]]
name = \"numpy\"
version = \"2.1.0\"
category = \"dev\"
optional = false

[[package]]
name = \"pandas\"
version = \"2.0\"
category = \"main\"
optional = false

[package.dependencies]
numpy = [
    {version = \">=1.21,<2\", markers = \"python_version < \\\"3.12\\\"\"},
    {version = \">=1.26,<2\", markers = \"python_version >= \\\"3.12\\\"\"},
]
gone = \"*\"

[metadata]
lock-version = \"1.1\"

[metadata.files]
numpy = [
    {file = \"numpy-1.26.4.tar.gz\", hash = \"sha256:HASH\"},
    {file = \"numpy-2.1.0-py3-none-any.whl\", hash = \"md5:5d41402abc4b2a76b9719d911017c592\"},
    {file = \"numpy-2.1.0.tar.gz\", hash = \"sha256:HASH\"},
]
pandas = []
";

#[test]
fn version_one_has_categories_and_its_files_at_the_end() {
    let text = OLD.replace("HASH", &"ab".repeat(32));
    let parsed = read(&text);
    assert_eq!(edges(&parsed), ["pandas@2.0 -> Numpy@1.26.4"]);
    assert_eq!(gaps(&parsed), [("inventory/unresolved-dependency", 24)]);
    let scopes: Vec<Scope> = parsed.packages.iter().map(|p| p.scope).collect();
    assert_eq!(scopes, [Scope::Optional, Scope::Dev, Scope::Runtime]);
    let files: Vec<usize> = parsed.packages.iter().map(|p| p.checksums.len()).collect();
    assert_eq!(files, [1, 2, 0]);
}

#[test]
fn an_empty_lockfile_has_no_packages() {
    let text = "package = []\n[metadata]\nlock-version = \"2.1\"\n";
    assert_eq!(read(text).packages, []);
    assert_eq!(read(text).gaps, []);
}

#[test]
fn a_broken_lockfile_keeps_what_stands_before_the_break() {
    let cut = TYPICAL.find("name = \"pytest\"").unwrap() + 9;
    let parsed = read(TYPICAL.split_at(cut).0);
    assert_eq!(parsed.packages.len(), 3);
    assert_eq!(gaps(&parsed), [("inventory/unreadable-lockfile", 45)]);
}

#[test]
fn other_versions_are_not_guessed_at() {
    let parse = |text: &str| parse(&PoetryLock, "poetry.lock", text, &[]);
    assert!(matches!(
        parse("[metadata]\nlock-version = \"3.0\"\n"),
        Err(FormatError::UnknownVersion { line: 2, .. })
    ));
    assert!(matches!(
        parse("package = []\n"),
        Err(FormatError::Shape { .. })
    ));
}

#[test]
fn a_hostile_lockfile_is_read_entry_by_entry() {
    let entry = "[[package]]\nname = \"a\"\nversion = \"1\"\nfiles = [{file = \"a\"}]\n[package.dependencies]\na = \"*\"\n";
    let text = format!("{}[metadata]\nlock-version = \"2.1\"\n", entry.repeat(3000));
    let parsed = read(&text);
    assert_eq!(parsed.packages.len(), 3000);
    assert_eq!(parsed.edges, []);
    assert_eq!(parsed.gaps.len() + parsed.more_gaps, 6000);
}

#[test]
fn an_entry_without_its_header_is_a_gap_wherever_it_ends_up() {
    let metadata = "[metadata]\nlock-version = '2.1'\ncontent-hash = 'x'\n";
    let gaps_of = |text: &str| gaps(&read(&format!("{text}{metadata}")));
    let entry = "name = 'b'\nversion = '1'\n";
    let whole = "[[package]]\nname = 'a'\nversion = '1'\n";
    assert_eq!(gaps_of(entry), [("inventory/unreadable-lockfile", 1)]);
    assert_eq!(
        gaps_of(&format!("[[pakage]]\n{entry}{whole}")),
        [("inventory/unreadable-lockfile", 1)]
    );
    let source = "[package.source]\ntype = 'url'\nurl = 'https://h.example/a'\n";
    assert_eq!(
        gaps_of(&format!("{whole}{source}{entry}")),
        [("inventory/incomplete-entry", 2)]
    );
}
