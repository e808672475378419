use super::*;
use crate::inventory::formats::testing::{edges, gaps, lines_hold_names, parse};
use crate::model::{Checksum, ComponentKind, GitReference, Origin, Scope};

const TYPICAL: &str =
    include_str!("../../../../testdata/inventory/pnpm-lock/typical/pnpm-lock.yaml");
const MANIFEST: &str =
    include_str!("../../../../testdata/inventory/pnpm-lock/typical/package.json");
const V5_2: &str =
    include_str!("../../../../testdata/inventory/pnpm-lock/version-5.2/pnpm-lock.yaml");
const V5_4: &str =
    include_str!("../../../../testdata/inventory/pnpm-lock/version-5.4/pnpm-lock.yaml");
const V6_0: &str =
    include_str!("../../../../testdata/inventory/pnpm-lock/version-6.0/pnpm-lock.yaml");
const DOCUMENTS: &str =
    include_str!("../../../../testdata/inventory/pnpm-lock/documents/pnpm-lock.yaml");

const COMMIT: &str = "d8f3305fe998189c8597ee7d7aa0cd61b020df93";

/// The manifests of the project that all real lockfiles here were made of.
fn project(text: &str) -> Parsed {
    let neighbours = [
        ("w/package.json", MANIFEST),
        (
            "w/packages/one/package.json",
            "{\"name\": \"one\", \"version\": \"1.0.0\"}",
        ),
        (
            "w/packages/two/package.json",
            "{\"name\": \"two\", \"version\": \"2.0.0\"}",
        ),
        (
            "w/tool/package.json",
            "{\"name\": \"tool\", \"version\": \"1.1.0\"}",
        ),
        (
            "w/localdir/package.json",
            "{\"name\": \"localdir\", \"version\": \"1.0.0\"}",
        ),
    ];
    parse(&PnpmLock, "w/pnpm-lock.yaml", text, &neighbours).unwrap()
}

fn read(text: &str) -> Parsed {
    parse(&PnpmLock, "pnpm-lock.yaml", text, &[]).unwrap()
}

fn of<'p>(parsed: &'p Parsed, name: &str) -> &'p crate::inventory::formats::Package {
    let mut found = parsed.packages.iter().filter(|p| p.name == name);
    let package = found.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(found.next().is_none(), "{name} stands twice");
    package
}

fn labels(parsed: &Parsed) -> Vec<String> {
    let mut labels: Vec<String> = parsed
        .packages
        .iter()
        .map(|p| format!("{}@{}", p.name, p.version.as_deref().unwrap_or("?")))
        .collect();
    labels.sort();
    labels
}

#[test]
fn a_typical_lockfile_gives_every_package_and_edge() {
    let parsed = project(TYPICAL);
    assert_eq!(gaps(&parsed), []);
    // As `pnpm ls -r --depth Infinity` of pnpm 10.34.9 lists them.
    assert_eq!((parsed.packages.len(), edges(&parsed).len()), (42, 56));
    assert_eq!(
        edges(&parsed)
            .iter()
            .filter(|edge| edge.starts_with("shop@") || edge.starts_with("one@"))
            .map(String::as_str)
            .collect::<Vec<_>>(),
        [
            "one@1.0.0 -> react-dom@17.0.2",
            "one@1.0.0 -> react@17.0.2",
            "one@1.0.0 -> two@2.0.0",
            "one@1.0.0 -> use-sync-external-store@1.2.0",
            "shop@1.0.0 -> chalk@4.1.2",
            "shop@1.0.0 -> color-name@1.1.3",
            "shop@1.0.0 -> fsevents@2.3.3",
            "shop@1.0.0 -> gitdep@0.3.1",
            "shop@1.0.0 -> is-odd@3.0.1",
            "shop@1.0.0 -> left-pad@1.3.0",
            "shop@1.0.0 -> localdir@1.0.0",
            "shop@1.0.0 -> lodash@4.17.20",
            "shop@1.0.0 -> once@1.4.0",
            "shop@1.0.0 -> rimraf@3.0.2",
            "shop@1.0.0 -> tool@1.1.0",
        ]
    );
    assert_eq!(parsed.root.as_ref().unwrap().name, "shop");
    assert_eq!(parsed.direct, Vec::<usize>::new());
    let own: Vec<&str> = parsed
        .packages
        .iter()
        .filter(|p| p.kind == ComponentKind::Own)
        .map(|p| p.name.as_str())
        .collect();
    assert_eq!(own, ["shop", "one", "two", "tool"]);
}

#[test]
fn each_resolution_has_its_origin() {
    for text in [TYPICAL, V5_4, V6_0] {
        let parsed = project(text);
        assert_eq!(
            of(&parsed, "gitdep").origin,
            Origin::Git {
                url: "https://git.corp.example/gitdep.git".to_owned(),
                reference: GitReference::Revision(COMMIT.to_owned()),
                commit: Some(COMMIT.to_owned()),
            }
        );
        assert_eq!(
            of(&parsed, "is-odd").origin,
            Origin::Url {
                url: "https://git.corp.example/is-odd/-/is-odd-3.0.1.tgz".to_owned()
            }
        );
        assert_eq!(of(&parsed, "is-odd").version.as_deref(), Some("3.0.1"));
        let local = of(&parsed, "localdir");
        assert_eq!(
            (&local.origin, local.version.as_deref(), local.kind),
            (
                &Origin::Path {
                    path: "localdir".to_owned()
                },
                Some("1.0.0"),
                ComponentKind::Dependency,
            )
        );
        let lodash = of(&parsed, "lodash");
        assert_eq!(lodash.origin, Origin::Unrecorded);
        assert!(matches!(lodash.checksums.as_slice(), [Checksum::File(_)]));
    }
}

#[test]
fn variants_of_one_package_are_joined_with_all_their_edges() {
    for text in [TYPICAL, V5_2, V5_4, V6_0, DOCUMENTS] {
        let parsed = project(text);
        of(&parsed, "use-sync-external-store");
        let edges = edges(&parsed);
        for react in ["17.0.2", "18.2.0"] {
            let edge = format!("use-sync-external-store@1.2.0 -> react@{react}");
            assert!(edges.contains(&edge), "{edge}");
            let edge = format!("react-dom@{react} -> react@{react}");
            assert!(edges.contains(&edge), "{edge}");
        }
    }
}

#[test]
fn every_version_tells_the_same_of_one_project() {
    // 5.4 and 6.0 were made of the same manifests.
    let (five, six) = (project(V5_4), project(V6_0));
    assert_eq!(labels(&five), labels(&six));
    assert_eq!(edges(&five), edges(&six));
    assert_eq!((gaps(&five), gaps(&six)), (vec![], vec![]));
    // The walk of version 9 finds what the flags of version 6 say.
    let nine = project(DOCUMENTS);
    assert_eq!(gaps(&nine), []);
    // Where it is configuration too, one of the two entries says so.
    for package in six.packages.iter().filter(|p| p.name != "left-pad") {
        assert_eq!(
            of_version(&nine, package).scope,
            package.scope,
            "{}",
            package.name
        );
    }
    assert_eq!(of(&nine, "rimraf").scope, Scope::Dev);
    assert_eq!(of(&nine, "wrappy").scope, Scope::Runtime);
    assert_eq!(of(&nine, "inflight").scope, Scope::Dev);
    assert_eq!(of(&nine, "fsevents").scope, Scope::Optional);
    // In 5.2 a directory is only linked, and its dependencies are its own affair.
    let old = project(V5_2);
    assert_eq!(of(&old, "localdir").kind, ComponentKind::Own);
}

fn of_version<'p>(
    parsed: &'p Parsed,
    like: &crate::inventory::formats::Package,
) -> &'p crate::inventory::formats::Package {
    let mut all = parsed.packages.iter();
    all.find(|p| p.name == like.name && p.version == like.version && p.kind == like.kind)
        .unwrap_or_else(|| panic!("no {}", like.name))
}

#[test]
fn every_document_is_read() {
    let parsed = project(DOCUMENTS);
    // One entry stands in both documents: configuration, and a dependency.
    let scopes: Vec<(u32, Scope)> = parsed
        .packages
        .iter()
        .filter(|p| p.name == "left-pad")
        .map(|p| (p.line, p.scope))
        .collect();
    assert_eq!(scopes.len(), 2);
    assert_eq!((scopes[0].1, scopes[1].1), (Scope::Build, Scope::Runtime));
    assert!(scopes[0].0 < 21 && scopes[1].0 > 21);
    let mixed = "lockfileVersion: '12.0'\n---\nlockfileVersion: '9.0'\nimporters: {}\npackages:\n  a@1.0.0: {}\n";
    let parsed = read(mixed);
    assert_eq!(labels(&parsed), ["a@1.0.0"]);
    assert_eq!(gaps(&parsed), [("inventory/unsupported-lock-version", 1)]);
}

#[test]
fn every_line_holds_the_name_of_its_package() {
    let parsed = parse(&PnpmLock, "pnpm-lock.yaml", TYPICAL, &[]).unwrap();
    lines_hold_names(TYPICAL, &parsed);
}

#[test]
fn a_file_without_a_lockfile_is_refused() {
    let refused = |text| parse(&PnpmLock, "pnpm-lock.yaml", text, &[]).unwrap_err();
    assert_eq!(refused(""), no_version(1));
    assert_eq!(refused("a: 1\n"), no_version(1));
    assert!(matches!(
        refused("lockfileVersion: '4.0'\n"),
        FormatError::UnknownVersion { line: 1, .. }
    ));
    assert!(matches!(
        refused("lockfileVersion: [9.0]\n"),
        FormatError::UnknownVersion { line: 1, .. }
    ));
    assert!(matches!(
        refused("a: ]\n"),
        FormatError::Syntax { line: 1, .. }
    ));
}

#[test]
fn a_lockfile_without_packages_is_empty() {
    let parsed = read("lockfileVersion: '9.0'\nimporters:\n  .: {}\n");
    assert_eq!((parsed.packages.len(), gaps(&parsed)), (0, vec![]));
}

#[test]
fn one_bad_entry_costs_no_other() {
    let parsed = read(
        "lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      a: {specifier: ^1, version: 1.0.0}
      gone: {specifier: ^1, version: 1.0.0}
      odd: {version: [1]}
packages:
  a@1.0.0:
    resolution: {integrity: sha512-x}
  b@1.0.0: false
  c@1.0.0:
    resolution: {integrity: [x]}
  d@file:d:
    resolution: {type: directory, directory: d}
  e@1.0.0:
    resolution: 1
    bundledDependencies: [f]
  '': {}
snapshots:
  a@1.0.0: {}
  g@1.0.0: {dependencies: {a: 1.0.0}}
",
    );
    assert_eq!(
        labels(&parsed),
        ["a@1.0.0", "c@1.0.0", "d@?", "e@1.0.0", "g@1.0.0"]
    );
    let mut found = gaps(&parsed);
    found.sort_by_key(|(_, line)| *line);
    assert_eq!(
        found,
        [
            ("inventory/unresolved-dependency", 6),
            ("inventory/incomplete-entry", 7),
            ("inventory/incomplete-entry", 10),
            ("inventory/incomplete-entry", 11),
            ("inventory/incomplete-entry", 13),
            // Line 14 is a directory: it needs no version.
            ("inventory/incomplete-entry", 16),
            ("inventory/unresolved-dependency", 16),
            ("inventory/incomplete-entry", 19),
            ("inventory/incomplete-entry", 22),
        ]
    );
    assert_eq!(edges(&parsed), ["g@1.0.0 -> a@1.0.0"]);
    assert_eq!(parsed.direct.len(), 1);
}

#[test]
fn whole_entries_before_a_syntax_error_are_kept() {
    let text = "lockfileVersion: '9.0'\npackages:\n  a@1.0.0: {}\n  b@1.0.0:\n    resolution: {]\n";
    let parsed = read(text);
    assert_eq!(labels(&parsed), ["a@1.0.0"]);
    assert_eq!(gaps(&parsed), [("inventory/unreadable-lockfile", 5)]);
    let twice =
        read("lockfileVersion: '9.0'\nimporters: {}\npackages:\n  a@1.0.0: {}\n  a@1.0.0: {}\n");
    assert_eq!(gaps(&twice), [("inventory/unreadable-lockfile", 5)]);
}

#[test]
fn a_section_that_nobody_reads_is_a_gap() {
    let gaps_of = |text: &str| gaps(&read(&format!("lockfileVersion: '9.0'\n{text}")));
    let unreadable = |line: u32| vec![("inventory/unreadable-lockfile", line)];
    let packages = "packages:\n  a@1.0.0: {}\n";
    let known =
        "settings:\n  autoInstallPeers: true\ntime:\n  a@1.0.0: '1'\nnew: 1\nimporters: {}\n";
    assert_eq!(gaps_of(&format!("{known}{packages}")), []);
    assert_eq!(
        gaps_of(&format!(
            "importers: {{}}\nsnapshot:\n  a@1.0.0: {{}}\n{packages}"
        )),
        unreadable(3)
    );
    // Without importers nothing says what the packages are for.
    assert_eq!(gaps_of(packages), unreadable(1));
    assert_eq!(
        gaps_of(&format!("importers: []\n{packages}")),
        unreadable(2)
    );
    assert_eq!(
        gaps_of("importers:\n  .:\n    dependency:\n      a: 1.0.0\n    devDependencies: [a]\n"),
        [
            ("inventory/incomplete-entry", 4),
            ("inventory/incomplete-entry", 6)
        ]
    );
}

#[test]
fn a_linked_directory_whose_needs_are_not_listed_is_a_gap() {
    let text = "lockfileVersion: '9.0'
importers:
  packages/a:
    dependencies:
      up: {specifier: 'link:..', version: 'link:../..'}
      out: {specifier: 'link:..', version: 'link:../../../x'}
      needy: {specifier: 'link:n', version: 'link:needy'}
  .: {}
";
    let neighbours = [
        ("w/package.json", "{\"name\": \"root\"}"),
        ("w/packages/a/package.json", "{\"name\": \"a\"}"),
        (
            "w/packages/a/needy/package.json",
            "{\"name\": \"needy\", \"dependencies\": {\"x\": \"1\"}}",
        ),
    ];
    let parsed = parse(&PnpmLock, "w/pnpm-lock.yaml", text, &neighbours).unwrap();
    assert_eq!(
        edges(&parsed),
        ["a@? -> needy@?", "a@? -> out@?", "a@? -> root@?"]
    );
    let found = gaps(&parsed);
    assert_eq!(
        found,
        [
            ("inventory/unresolved-dependency", 6),
            ("inventory/unresolved-dependency", 7),
        ]
    );
}

#[test]
fn old_entries_of_other_registries_and_builds_are_read() {
    let parsed = read(
        "lockfileVersion: 5.4
specifiers: {a: ^1}
dependencies:
  a: r.corp.example/a/1.0.0
devDependencies:
  b: 1.0.0_a@1.0.0
packages:
  r.corp.example/a/1.0.0:
    resolution: {integrity: sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=, registry: 'https://r.corp.example/', tarball: 'https://r.corp.example/a-1.0.0.tgz'}
    requiresBuild: true
    dev: false
  /b/1.0.0_a@1.0.0:
    resolution: {integrity: sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=}
    dev: true
  /b/1.0.0_a@2.0.0:
    resolution: {integrity: sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=}
    dev: false
    optional: true
    requiresBuild: true
",
    );
    assert_eq!(gaps(&parsed), []);
    let a = of(&parsed, "a");
    assert_eq!(
        a.origin,
        Origin::Registry {
            index: Some("https://r.corp.example/".to_owned()),
            file: Some("https://r.corp.example/a-1.0.0.tgz".to_owned()),
            default: false,
        }
    );
    assert_eq!((a.scope, a.runs_install_code), (Scope::Runtime, Some(true)));
    let b = of(&parsed, "b");
    assert_eq!(
        (b.scope, b.runs_install_code),
        (Scope::Optional, Some(true))
    );
    assert_eq!(b.checksums.len(), 1);
    assert_eq!(parsed.direct.len(), 2);
}

#[test]
fn a_runtime_has_the_digests_of_all_its_files() {
    let parsed = read(
        "lockfileVersion: '9.0'
importers: {}
packages:
  node@runtime:22.0.0:
    version: 22.0.0
    resolution:
      type: variations
      variants:
        - resolution: {type: binary, url: 'https://n.example/b', integrity: sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=}
        - resolution: {type: binary, url: 'https://n.example/a', integrity: sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=}
",
    );
    assert_eq!(gaps(&parsed), []);
    let node = of(&parsed, "node");
    assert_eq!(node.checksums.len(), 2);
    assert_eq!(
        node.origin,
        Origin::Url {
            url: "https://n.example/a".to_owned()
        }
    );
}

#[test]
fn a_hostile_lockfile_ends_in_gaps_or_errors() {
    let mut bomb = "lockfileVersion: '9.0'\na0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..12 {
        let inner = format!("*a{}, ", i - 1).repeat(9);
        bomb.push_str(&format!("a{i}: &a{i} [{inner}]\n"));
    }
    assert_eq!(gaps(&read(&bomb))[0].0, "inventory/unreadable-lockfile");
    let deep = format!(
        "lockfileVersion: '9.0'\npackages: {}",
        "{a: ".repeat(100_000)
    );
    assert_eq!(gaps(&read(&deep))[0].0, "inventory/unreadable-lockfile");
    let circle = "lockfileVersion: '9.0'
importers: {.: {devDependencies: {a: {version: 1.0.0}}}}
packages: {a@1.0.0: {}, b@1.0.0: {}}
snapshots:
  a@1.0.0: {dependencies: {b: 1.0.0}}
  b@1.0.0: {dependencies: {a: 1.0.0}}
";
    let parsed = read(circle);
    assert_eq!(edges(&parsed).len(), 2);
    assert!(parsed.packages.iter().all(|p| p.scope == Scope::Dev));
}
