use crate::inventory::formats::package_lock::PackageLock;
use crate::inventory::formats::testing::{edges, gaps, lines_hold_names, parse};
use crate::inventory::formats::{Package, Parsed};
use crate::model::{ComponentKind, GitReference, Origin, Scope};

const ONE: &str =
    include_str!("../../../../../testdata/inventory/package-lock/version-1/package-lock.json");
const TWO: &str =
    include_str!("../../../../../testdata/inventory/package-lock/version-2/package-lock.json");
const MANIFEST: &str =
    include_str!("../../../../../testdata/inventory/package-lock/version-1/package.json");

fn read(text: &str, neighbours: &[(&str, &str)]) -> Parsed {
    parse(&PackageLock, "package-lock.json", text, neighbours).unwrap()
}

fn project(text: &str) -> Parsed {
    let own =
        |name: &str, version: &str| format!("{{\"name\": \"{name}\", \"version\": \"{version}\"}}");
    let (one, two) = (own("one", "1.0.0"), own("two", "2.0.0"));
    let (tool, local) = (own("tool", "1.1.0"), own("localdir", "1.0.0"));
    read(
        text,
        &[
            ("package.json", MANIFEST),
            ("packages/one/package.json", &one),
            ("packages/two/package.json", &two),
            ("tool/package.json", &tool),
            ("localdir/package.json", &local),
        ],
    )
}

fn of<'p>(parsed: &'p Parsed, name: &str) -> &'p Package {
    let package = parsed.packages.iter().find(|p| p.name == name);
    package.unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn version_1_tells_what_version_2_tells_of_the_same_project() {
    let (one, two) = (project(ONE), project(TWO));
    assert_eq!(gaps(&two), []);
    // Version 1 does not record the version of what a repository holds: its commit does.
    assert_eq!(gaps(&one), []);
    let labels = |parsed: &Parsed| {
        let packages = parsed.packages.iter().filter(|p| p.name != "gitdep");
        let mut labels: Vec<_> = packages
            .map(|p| (p.name.clone(), p.version.clone(), p.kind, p.scope))
            .collect();
        labels.sort();
        labels
    };
    assert_eq!(labels(&one), labels(&two));
    // Peers are not in version 1.
    let peers = [
        "react-dom@17.0.2 -> react@17.0.2",
        "react-dom@18.2.0 -> react@18.2.0",
        "use-sync-external-store@1.2.0 -> react@17.0.2",
        "use-sync-external-store@1.2.0 -> react@18.2.0",
    ];
    let mut expected = edges(&two);
    expected.retain(|edge| !edge.contains("gitdep@") && !peers.contains(&edge.as_str()));
    let mut found = edges(&one);
    found.retain(|edge| !edge.contains("gitdep@"));
    assert_eq!(found, expected);
    assert_eq!(one.root, two.root);
}

#[test]
fn addresses_in_the_place_of_versions_are_origins() {
    let parsed = project(ONE);
    let commit = "d8f3305fe998189c8597ee7d7aa0cd61b020df93";
    assert_eq!(
        of(&parsed, "gitdep").origin,
        Origin::Git {
            url: "https://git.corp.example/gitdep.git".to_owned(),
            reference: GitReference::Revision(commit.to_owned()),
            commit: Some(commit.to_owned()),
        }
    );
    let odd = of(&parsed, "is-odd");
    assert!(matches!(&odd.origin, Origin::Url { .. }));
    assert_eq!(odd.version.as_deref(), Some("3.0.1"));
    assert_eq!(of(&parsed, "lodash").version.as_deref(), Some("4.17.20"));
    assert_eq!(of(&parsed, "localdir").kind, ComponentKind::Own);
    assert_eq!(of(&parsed, "rimraf").scope, Scope::Dev);
}

#[test]
fn every_line_holds_the_name_of_its_package() {
    let mut parsed = read(ONE, &[]);
    // Names of aliases and of the project stand elsewhere.
    let elsewhere = ["lodash", "is-odd", "shop"];
    parsed
        .packages
        .retain(|p| !elsewhere.contains(&p.name.as_str()));
    assert!(parsed.packages.len() > 30);
    lines_hold_names(ONE, &parsed);
}

#[test]
fn without_a_manifest_what_nothing_asks_for_is_left_to_the_project() {
    let text = "{\"lockfileVersion\": 1, \"dependencies\": {\n\"a\": {\"version\": \"1.0.0\", \"requires\": {\"b\": \"1\"}},\n\"b\": {\"version\": \"1.0.0\", \"dev\": true}}}";
    let parsed = read(text, &[]);
    assert_eq!(gaps(&parsed), []);
    assert_eq!(edges(&parsed), ["a@1.0.0 -> b@1.0.0"]);
    assert_eq!(of(&parsed, "b").scope, Scope::Dev);
    let broken = read(text, &[("package.json", "{")]);
    assert_eq!(gaps(&broken), [("inventory/incomplete-entry", 1)]);
    assert!(read("{\"lockfileVersion\": 1}", &[]).packages.is_empty());
}

#[test]
fn one_bad_entry_costs_no_other() {
    let text = "{\"lockfileVersion\": 1, \"packages\": {}, \"dependencies\": {
\"a\": {\"version\": \"1.0.0\", \"resolved\": false, \"integrity\": \"sha512-x\", \"requires\": {\"gone\": \"1\"}},
\"b\": false,
\"c\": {\"dependencies\": {
  \"d\": {\"version\": \"1.0.0\"}}},
\"e\": {\"version\": \"1.0.0\"},
\"e\": {\"version\": \"2.0.0\"}}}";
    let parsed = read(text, &[]);
    let mut found = gaps(&parsed);
    found.sort_by_key(|(id, line)| (*line, *id));
    assert_eq!(
        found,
        [
            ("inventory/unreadable-lockfile", 1),
            ("inventory/incomplete-entry", 2),
            ("inventory/incomplete-entry", 2),
            ("inventory/unresolved-dependency", 2),
            ("inventory/incomplete-entry", 3),
            ("inventory/incomplete-entry", 4),
            ("inventory/unreadable-lockfile", 7),
        ]
    );
    let lines: Vec<(&str, u32)> = parsed
        .packages
        .iter()
        .map(|p| (p.name.as_str(), p.line))
        .collect();
    assert_eq!(lines, [("a", 2), ("c", 4), ("d", 5), ("e", 7)]);
}

#[test]
fn whole_entries_before_a_syntax_error_are_kept() {
    let text = "{\"lockfileVersion\": 1, \"dependencies\": {\n\"a\": {\"version\": \"1.0.0\"},\n\"b\": {\"ver";
    let parsed = read(text, &[]);
    assert_eq!(parsed.packages.len(), 1);
    assert_eq!(gaps(&parsed), [("inventory/unreadable-lockfile", 3)]);
}

#[test]
fn packages_inside_packages_are_bounded() {
    let open = "{\"version\": \"1.0.0\", \"dependencies\": {\"a\": ".repeat(2_000);
    let text = format!(
        "{{\"lockfileVersion\": 1, \"dependencies\": {{\"a\": {open}{{}}{}}}}}",
        "}}".repeat(2_000)
    );
    let parsed = read(&text, &[]);
    assert_eq!(parsed.packages.len(), 32);
    assert_eq!(gaps(&parsed), [("inventory/incomplete-entry", 1)]);
}

#[test]
fn the_two_lists_of_version_2_must_agree() {
    let lock = |tree: &str| {
        let text = format!(
            "{{\"lockfileVersion\": 2, \"packages\": {{
\"node_modules/a\": {{\"version\": \"1.0.0\", \"resolved\": \"https://r.example/a.tgz\"}},
\"node_modules/b\": {{\"version\": \"1.0.0\", \"integrity\": \"sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=\"}},
\"w\": {{\"name\": \"w\"}}, \"node_modules/w\": {{\"resolved\": \"w\", \"link\": true}}
}}, \"dependencies\": {{\n{tree}}}}}"
        );
        let parsed = read(&text, &[]);
        assert_eq!(parsed.packages.len(), 3, "{tree}");
        gaps(&parsed)
    };
    let a = "\"a\": {\"version\": \"1.0.0\", \"resolved\": \"https://r.example/a.tgz\"}";
    let b = "\"b\": {\"version\": \"1.0.0\", \"integrity\": \"sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=\"}";
    let w = "\"w\": {\"version\": \"file:w\"}";
    let gap = |line| vec![("inventory/unreadable-lockfile", line)];
    assert_eq!(lock(&format!("{a},\n{b},\n{w}")), []);
    assert_eq!(lock(&format!("{a},\n{w}")), gap(3));
    assert_eq!(
        lock(&format!("{a},\n{b},\n\"c\": {{\"version\": \"1.0.0\"}}")),
        gap(8)
    );
    let other = a.replace("r.example", "evil.example");
    assert_eq!(lock(&format!("{other},\n{b}")), gap(2));
    let other = a.replace("1.0.0", "1.0.1");
    assert_eq!(lock(&format!("{other},\n{b}")), gap(2));
    let other = b.replace("2jmj", "3jmj");
    assert_eq!(lock(&format!("{a},\n{other}")), gap(3));
}

#[test]
fn what_nobody_reads_and_what_stands_twice_is_a_gap() {
    let text = r#"{"lockfileVersion": 1, "requires": true, "dependencies": {
"a": {"version": "1.0.0", "version": "2.0.0"},
"b": {"version": "1.0.0", "requires": {"c": {"version": "1.0.0"}}},
"d": {"version": "1.0.0", "requires": ["a"], "dependencys": {"e": {"version": "1.0.0"}}}},
"dependencie": {"f": {"version": "1.0.0"}}}"#;
    let parsed = parse(&PackageLock, "package-lock.json", text, &[]).unwrap();
    let mut found = gaps(&parsed);
    found.sort_by_key(|(_, line)| *line);
    found.retain(|(id, _)| *id != "inventory/unresolved-dependency");
    let incomplete = "inventory/incomplete-entry";
    assert_eq!(
        found,
        [
            (incomplete, 2),
            (incomplete, 3),
            (incomplete, 4),
            (incomplete, 4),
            ("inventory/unreadable-lockfile", 5),
        ]
    );
}
