use super::*;
use crate::inventory::formats::EDGE_LIMIT;
use crate::inventory::formats::testing::{edges, gaps, lines_hold_names, parse};

/// Written by Composer 2.5.5.
const TYPICAL: &str =
    include_str!("../../../../testdata/inventory/composer-lock/typical/composer.lock");
const MANIFEST: &str =
    include_str!("../../../../testdata/inventory/composer-lock/typical/composer.json");

fn read(text: &str, manifest: &str) -> Parsed {
    parse(
        &ComposerLock,
        "composer.lock",
        text,
        &[("composer.json", manifest)],
    )
    .unwrap()
}

fn of<'p>(parsed: &'p Parsed, name: &str) -> &'p Package {
    parsed.packages.iter().find(|p| p.name == name).unwrap()
}

#[test]
fn a_typical_lockfile_gives_packages_edges_and_origins() {
    let parsed = read(TYPICAL, MANIFEST);
    assert_eq!(gaps(&parsed), []);
    lines_hold_names(TYPICAL, &parsed);
    assert_eq!(
        edges(&parsed),
        [
            "acme/app-core@1.2.0 -> acme/util@v1.0.3",
            "acme/app-core@1.2.0 -> monolog/monolog@2.9.1",
            "acme/local@0.1.0 -> acme/util@v1.0.3",
            "acme/util@v1.0.3 -> acme/polyfills@2.0.0",
            "acme/util@v1.0.3 -> psr/log@1.1.4",
            "monolog/monolog@2.9.1 -> psr/log@1.1.4",
            "phpunit/phpunit@9.6.0 -> psr/log@1.1.4",
        ]
    );
    assert_eq!(of(&parsed, "phpunit/phpunit").scope, Scope::Dev);
    assert_eq!(of(&parsed, "psr/log").scope, Scope::Runtime);
    assert_eq!(of(&parsed, "acme/local").kind, ComponentKind::Own);
    assert_eq!(of(&parsed, "acme/plugin").runs_install_code, Some(true));
    assert_eq!(of(&parsed, "psr/log").runs_install_code, Some(false));
    let core = of(&parsed, "acme/app-core");
    assert_eq!(core.licence.as_deref(), Some("MIT OR GPL-3.0-or-later"));
    assert!(matches!(
        &core.checksums[..],
        [Checksum::File(digest)] if digest.algorithm() == DigestAlgorithm::Sha1
    ));
    assert!(of(&parsed, "psr/log").checksums.is_empty());
    assert_eq!(
        of(&parsed, "acme/plugin").origin,
        Origin::Registry {
            index: Some("https://packages.corp.example/downloads/".to_owned()),
            file: Some("https://dl.example/acme/plugin/1.0.0.zip".to_owned()),
            default: false,
        }
    );
    assert!(matches!(of(&parsed, "psr/log").origin, Origin::Url { .. }));
    assert_eq!(parsed.root.as_ref().unwrap().name, "acme/site");
    assert_eq!(parsed.direct.len(), 6);
}

fn package(name: &str, rest: &str) -> String {
    format!("{{\"name\": \"{name}\", \"version\": \"1.0\", \"type\": \"metapackage\"{rest}}}")
}

fn lock(packages: &[String]) -> String {
    format!("{{\"packages\": [\n{}\n]}}", packages.join(",\n"))
}

#[test]
fn an_archive_of_the_commit_is_git() {
    let git = "\"source\": {\"type\": \"git\", \"url\": \"https://git.example/a\", \"reference\": \"0fa1\"}";
    let dist = "\"dist\": {\"type\": \"zip\", \"url\": \"https://git.example/a/zip/0fa1\", \"shasum\": \"\"}";
    for (version, want) in [
        ("dev-main", GitReference::Branch("main".to_owned())),
        ("2.x-dev", GitReference::Branch("2.x".to_owned())),
        ("v2.0", GitReference::Tag("v2.0".to_owned())),
    ] {
        let text = format!(
            "{{\"packages\": [{{\"name\": \"a/a\", \"version\": \"{version}\", {git}, {dist}}}], \"packages-dev\": null}}"
        );
        let parsed = read(&text, "{}");
        assert_eq!(gaps(&parsed), []);
        assert_eq!(
            parsed.packages[0].origin,
            Origin::Git {
                url: "https://git.example/a".to_owned(),
                reference: want,
                commit: Some("0fa1".to_owned()),
            }
        );
    }
}

#[test]
fn a_virtual_name_leads_to_every_package_that_stands_in_for_it() {
    let text = lock(&[
        package(
            "a/user",
            ", \"require\": {\"psr/Log-Implementation\": \"1\", \"root/own\": \"*\", \"x/absent\": \"*\"}",
        ),
        package(
            "b/one",
            ", \"provide\": {\"psr/log-implementation\": \"1\"}",
        ),
        package(
            "c/two",
            ", \"replace\": {\"psr/log-implementation\": \"*\"}",
        ),
    ]);
    let parsed = read(&text, "{\"provide\": {\"root/own\": \"1\"}}");
    assert_eq!(
        edges(&parsed),
        ["a/user@1.0 -> b/one@1.0", "a/user@1.0 -> c/two@1.0"]
    );
    assert_eq!(gaps(&parsed), [("inventory/unresolved-dependency", 2)]);
}

#[test]
fn an_empty_lockfile_has_no_packages_and_no_gaps() {
    let parsed = read("{\"packages\": [], \"packages-dev\": []}", "{}");
    assert_eq!((parsed.packages.len(), parsed.gaps.len()), (0, 0));
}

#[test]
fn a_broken_part_is_a_gap_and_the_rest_is_read() {
    let text = "{\"packages\": [\n{\"name\": 1, \"version\": \"1\"},\n{\"name\": \"plain\", \"version\": \"1\"},\n{\"name\": \"a/a\", \"version\": \"1\", \"dist\": {\"url\": \"https://d.example\", \"shasum\": \"zz\"}},\n{\"name\": \"b/b\"},\n7,\n{\"name\": \"c/c\", \"version\": \"1\"},\n{\"name\": \"d/d\", \"vers";
    let parsed = read(text, "{");
    let names: Vec<&str> = parsed.packages.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["a/a", "c/c"]);
    assert_eq!(
        gaps(&parsed),
        [
            // The manifest, which is read first.
            ("inventory/unreadable-lockfile", 1),
            ("inventory/incomplete-entry", 2),
            ("inventory/incomplete-entry", 3),
            ("inventory/incomplete-entry", 4),
            ("inventory/incomplete-entry", 5),
            ("inventory/incomplete-entry", 5),
            ("inventory/incomplete-entry", 7),
            ("inventory/unreadable-lockfile", 8),
        ]
    );
    let error = parse(&ComposerLock, "composer.lock", "{}", &[]).unwrap_err();
    assert!(matches!(error, FormatError::Shape { .. }));
    let error = parse(&ComposerLock, "composer.lock", "{\"pack", &[]).unwrap_err();
    assert!(matches!(error, FormatError::Syntax { line: 1, .. }));
}

#[test]
fn virtual_names_do_not_multiply_without_end() {
    let many = 3_000;
    assert!(many * many > EDGE_LIMIT);
    let packages: Vec<String> = (0..many)
        .flat_map(|n| {
            [
                package(&format!("a/p{n}"), ", \"provide\": {\"v/v\": \"1\"}"),
                package(&format!("b/u{n}"), ", \"require\": {\"v/v\": \"1\"}"),
            ]
        })
        .collect();
    assert_eq!(
        parse(&ComposerLock, "composer.lock", &lock(&packages), &[]),
        Err(FormatError::TooManyEdges { limit: EDGE_LIMIT })
    );
}

#[test]
fn a_key_that_stands_twice_is_a_gap() {
    let parsed = read("{\"packages\": [],\n\"packages\": []}", "{}");
    assert_eq!(gaps(&parsed), [("inventory/unreadable-lockfile", 2)]);
}

#[test]
fn a_list_of_packages_under_another_key_is_a_gap() {
    let text = "{\"packages\": [], \"aliases\": [{\"package\": \"a/b\"}],\n\"packages_dev\": [{\"name\": \"a/b\"}]}";
    assert_eq!(
        gaps(&read(text, "{}")),
        [("inventory/unreadable-lockfile", 2)]
    );
}

#[test]
fn an_abandoned_package_says_what_to_take_instead_or_nothing() {
    let text = lock(&[
        package("a/one", ", \"abandoned\": \"b/next\""),
        package("a/two", ", \"abandoned\": true"),
        package("a/kept", ", \"abandoned\": false"),
        package("a/odd", ", \"abandoned\": 1"),
    ]);
    let parsed = read(&text, "{}");
    let abandoned = |name| of(&parsed, name).abandoned.as_deref();
    assert_eq!(abandoned("a/one"), Some("b/next"));
    assert_eq!(abandoned("a/two"), Some(""));
    assert_eq!(abandoned("a/kept"), None);
    assert_eq!(abandoned("a/odd"), None);
    assert!(
        gaps(&parsed)
            .iter()
            .any(|(id, _)| *id == "inventory/incomplete-entry")
    );
}

#[test]
fn a_package_of_a_repository_of_ones_own_is_of_that_index() {
    let lock = |file: &str, more: &str| {
        format!(
            "{{\"packages\": [{{\"name\": \"acme/left\", \"version\": \"1.2.3\", \"dist\": {{\"type\": \"zip\", \"url\": \"{file}\"}}{more}}}], \"packages-dev\": []}}"
        )
    };
    let repository =
        |kind: &str, url: &str| format!("{{\"type\": \"{kind}\", \"url\": \"{url}\"}}");
    let origin = |file: &str, more: &str, repositories: &[String]| {
        let manifest = format!("{{\"repositories\": [{}]}}", repositories.join(","));
        of(&read(&lock(file, more), &manifest), "acme/left")
            .origin
            .clone()
    };
    let index = |address: &str, file: &str| Origin::Registry {
        index: Some(address.to_owned()),
        file: Some(file.to_owned()),
        default: false,
    };
    let (host, file) = (
        "https://php.acme.example",
        "https://php.acme.example/a/dist/left.zip",
    );
    let url = Origin::Url {
        url: file.to_owned(),
    };
    let composer = |url: &str| repository("composer", url);
    // Below it, nearer than another one, or at least on the server of the only one.
    let (a, ab) = (format!("{host}/a/"), format!("{host}/b"));
    assert_eq!(
        origin(file, "", &[composer(host), composer(&a)]),
        index(&a, file)
    );
    assert_eq!(origin(file, "", &[composer(&ab)]), index(&ab, file));
    // A checkout stands beside it where the archive is one of the very commit.
    let source = ", \"source\": {\"type\": \"git\", \"url\": \"https://git.acme.example/left\", \"reference\": \"left\"}";
    assert_eq!(origin(file, source, &[composer(&a)]), index(&a, file));
    // Not told whose it is, on another server, or no index at all.
    let two = [composer(&ab), composer(&format!("{host}/c"))];
    for repositories in [
        &two[..],
        &[composer("https://other.example/a/")],
        &[composer("https://php.acme.example.evil.example/a/")],
        &[repository("package", &a)],
        &[],
    ] {
        assert_eq!(origin(file, "", repositories), url, "{repositories:?}");
    }
}

/// The other origins of the one package of a lockfile, as `line address`.
fn also(rest: &str, manifest: &str) -> Vec<String> {
    let text = format!(
        "{{\"packages\": [{{\"name\": \"a/a\", \"version\": \"1.0\",\n{rest}}}], \"packages-dev\": []}}"
    );
    let parsed = read(&text, manifest);
    assert_eq!(gaps(&parsed), []);
    let shown = |(line, origin): &(u32, Origin)| match origin {
        Origin::Registry { file, .. } => format!("{line} {}", file.clone().unwrap()),
        Origin::Git { url, .. } | Origin::Url { url } => format!("{line} {url}"),
        other => panic!("{other:?}"),
    };
    parsed.packages[0].also_from.iter().map(shown).collect()
}

#[test]
fn mirrors_and_preferred_checkouts_are_origins_too() {
    const INDEX: &str = "\"notification-url\": \"https://c.example/downloads/\",\n";
    const DIST: &str = "\"dist\": {\"type\": \"zip\", \"url\": \"https://c.example/a.zip\"";
    const SOURCE: &str = "\"source\": {\"type\": \"git\",\n\"url\": \"https://evil.example/x.git\", \"reference\": \"0fa1\"}";
    let mirrored = format!(
        "{INDEX}{DIST}, \"mirrors\": [\n{{\"url\": \"https://evil.example/%package%.zip\", \"preferred\": true}}]}}"
    );
    assert_eq!(
        also(&mirrored, "{}"),
        ["4 https://evil.example/%package%.zip"]
    );
    assert!(
        also(
            &mirrored.replace("[\n", "[").replace(
                "{\"url\": \"https://evil.example/%package%.zip\", \"preferred\": true}",
                ""
            ),
            "{}"
        )
        .is_empty()
    );
    let both = format!("{INDEX}{DIST}}},\n{SOURCE}");
    let prefers = |what: &str| format!("{{\"config\": {{\"preferred-install\": {what}}}}}");
    assert_eq!(
        also(&both, &prefers("\"source\"")),
        ["5 https://evil.example/x.git"]
    );
    assert_eq!(
        also(&both, &prefers("{\"a/*\": \"source\"}")),
        ["5 https://evil.example/x.git"]
    );
    let fallback = "{\"config\": {\"source-fallback\": true}}";
    assert_eq!(also(&both, fallback), ["5 https://evil.example/x.git"]);
    // The twins: an archive comes first, as it does without a word.
    for manifest in [
        "{}",
        "{\"config\": {\"source-fallback\": false}}",
        &prefers("\"dist\""),
        &prefers("\"auto\""),
        &prefers("{\"b/*\": \"source\", \"*\": \"dist\"}"),
    ] {
        assert!(also(&both, manifest).is_empty(), "{manifest}");
    }
    // Nothing else is there.
    let alone = format!("{INDEX}{SOURCE}");
    assert_eq!(also(&alone, "{}"), ["4 https://evil.example/x.git"]);
    // The archive of a commit is fetched, whatever repository stands beside it.
    let commit = format!(
        "\"dist\": {{\"type\": \"zip\",\n\"url\": \"https://evil.example/0fa1.zip\"}}, {}",
        SOURCE.replace('\n', "")
    );
    assert_eq!(also(&commit, "{}"), ["3 https://evil.example/0fa1.zip"]);
}
