//! Each rule with an entry that breaks it and a twin that does not.

use super::*;
use crate::model::{
    Component, Digest, DigestAlgorithm, Finding, GitReference, Location, LockfileRead, Occurrence,
    Origin, Purl, Root, Scope, Severity,
};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const INTERNAL: &str = "https://npm.acme.example/";

fn sha256(fill: u8) -> Checksum {
    Checksum::File(Digest::new(DigestAlgorithm::Sha256, vec![fill; 32]).unwrap())
}

fn sha1() -> Checksum {
    Checksum::File(Digest::new(DigestAlgorithm::Sha1, vec![1; 20]).unwrap())
}

fn file(url: &str) -> Origin {
    Origin::Registry {
        index: None,
        file: Some(url.to_owned()),
        default: false,
    }
}

fn index(url: &str, default: bool) -> Origin {
    Origin::Registry {
        index: Some(url.to_owned()),
        file: None,
        default,
    }
}

fn git(url: &str, reference: GitReference, commit: Option<&str>) -> Origin {
    Origin::Git {
        url: url.to_owned(),
        reference,
        commit: commit.map(str::to_owned),
    }
}

fn at(line: u32, origin: Origin, checksums: &[Checksum]) -> Occurrence {
    Occurrence {
        location: Location::line("web/lock", line),
        origin,
        checksums: checksums.to_vec(),
        scope: Scope::Runtime,
    }
}

fn component(ecosystem: Ecosystem, name: &str, occurrences: Vec<Occurrence>) -> Component {
    let purl = format!(
        "pkg:{}/{}@1.3.0",
        ecosystem.purl_type(),
        name.replace('@', "%40")
    );
    Component {
        purl: Purl::parse(&purl).unwrap(),
        ecosystem,
        name: name.to_owned(),
        version: Some("1.3.0".to_owned()),
        kind: ComponentKind::Dependency,
        licence: None,
        runs_install_code: None,
        occurrences,
    }
}

fn inventory(format: &'static str, components: Vec<Component>) -> Inventory {
    Inventory {
        root: Root {
            name: "shop".to_owned(),
            version: None,
        },
        lockfiles: vec![LockfileRead {
            path: "web/lock".to_owned(),
            format,
            packages: components.len(),
            has_graph: true,
            digest: Digest::new(DigestAlgorithm::Sha256, vec![0; 32]).unwrap(),
        }],
        components,
        edges: BTreeMap::new(),
        direct: BTreeSet::new(),
        skipped: Vec::new(),
        gaps: Vec::new(),
    }
}

fn settings(ecosystem: Ecosystem, approved: &[&str], internal: &[&str]) -> RegistrySettings {
    let list = approved.iter().map(|t| Approved::parse(t).unwrap());
    RegistrySettings {
        approved: BTreeMap::from([(ecosystem, list.collect())]),
        internal: internal
            .iter()
            .map(|t| NamePattern::parse(t).unwrap())
            .collect(),
    }
}

/// The findings of one entry, with nothing approved.
fn judge(
    ecosystem: Ecosystem,
    format: &'static str,
    name: &str,
    entry: Occurrence,
) -> Vec<Finding> {
    let inventory = inventory(format, vec![component(ecosystem, name, vec![entry])]);
    check_inventory(&inventory, &RegistrySettings::default()).findings
}

fn judge_with(
    settings: &RegistrySettings,
    ecosystem: Ecosystem,
    name: &str,
    origin: Origin,
) -> Vec<Finding> {
    let entry = at(7, origin, &[sha256(1)]);
    let inventory = inventory("", vec![component(ecosystem, name, vec![entry])]);
    check_inventory(&inventory, settings).findings
}

fn ids(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|f| f.rule.id).collect()
}

#[test]
fn an_origin_off_the_list_is_unapproved_and_one_on_it_is_not() {
    let settings = settings(Ecosystem::Npm, &[INTERNAL], &[]);
    let found = judge_with(
        &settings,
        Ecosystem::Npm,
        "left-pad",
        file("https://mirror.example/left-pad/-/left-pad-1.3.0.tgz"),
    );
    assert_eq!(ids(&found), ["registry/unapproved-origin"]);
    assert_eq!(found[0].location, Location::line("web/lock", 7));
    assert_eq!(found[0].severity, Severity::High);
    assert_eq!(
        found[0].message,
        "`left-pad@1.3.0` comes from `https://mirror.example/left-pad/-/left-pad-1.3.0.tgz`, which is not approved for npm"
    );
    assert!(found[0].remedy.contains(INTERNAL), "{}", found[0].remedy);
    let twin = judge_with(
        &settings,
        Ecosystem::Npm,
        "left-pad",
        file("https://npm.acme.example/left-pad/-/left-pad-1.3.0.tgz"),
    );
    assert!(twin.is_empty(), "{twin:?}");
}

#[test]
fn the_default_registry_is_approved_by_its_word_only() {
    let public = || index("https://github.com/rust-lang/crates.io-index", true);
    let by_word = settings(Ecosystem::Cargo, &["default"], &[]);
    assert!(judge_with(&by_word, Ecosystem::Cargo, "serde", public()).is_empty());
    let internal = settings(
        Ecosystem::Cargo,
        &["sparse+https://cargo.acme.example/index/"],
        &[],
    );
    assert_eq!(
        ids(&judge_with(&internal, Ecosystem::Cargo, "serde", public())),
        ["registry/unapproved-origin"]
    );
    assert!(
        judge_with(
            &internal,
            Ecosystem::Cargo,
            "serde",
            index("https://cargo.acme.example/index", false)
        )
        .is_empty()
    );
    assert_eq!(
        ids(&judge_with(
            &internal,
            Ecosystem::Cargo,
            "serde",
            Origin::ImpliedDefault
        )),
        ["registry/unapproved-origin"]
    );
}

#[test]
fn an_unrecorded_origin_counts_only_where_registries_are_approved() {
    let settings = settings(Ecosystem::Npm, &[INTERNAL], &[]);
    let found = judge_with(&settings, Ecosystem::Npm, "left-pad", Origin::Unrecorded);
    assert_eq!(ids(&found), ["registry/source-unknown"]);
    let entry = at(7, Origin::Unrecorded, &[sha256(1)]);
    assert!(judge(Ecosystem::Npm, "pnpm-lock", "left-pad", entry).is_empty());
}

#[test]
fn plain_http_is_found_except_on_loopback_and_worse_without_a_checksum() {
    let http = "http://r.example/left-pad/-/left-pad-1.3.0.tgz";
    let found = judge(
        Ecosystem::Npm,
        "",
        "left-pad",
        at(1, file(http), &[sha256(1)]),
    );
    assert_eq!(ids(&found), ["registry/plain-http"]);
    assert_eq!(found[0].severity, Severity::Medium);
    let found = judge(Ecosystem::Npm, "", "left-pad", at(1, file(http), &[sha1()]));
    assert_eq!(
        ids(&found),
        ["registry/plain-http", "registry/weak-checksum"]
    );
    assert_eq!(found[0].severity, Severity::High);
    let loopback = "http://127.0.0.1:4873/left-pad/-/left-pad-1.3.0.tgz";
    let entry = at(1, file(loopback), &[sha256(1)]);
    assert!(judge(Ecosystem::Npm, "", "left-pad", entry).is_empty());
}

#[test]
fn a_git_dependency_is_found_and_also_when_nothing_pins_it() {
    let url = "https://git.example/team/lib.git";
    let branch = || GitReference::Branch("main".to_owned());
    let pinned = at(1, git(url, branch(), Some(COMMIT)), &[]);
    assert_eq!(
        ids(&judge(Ecosystem::Cargo, "cargo-lock", "lib", pinned)),
        ["registry/git-dependency"]
    );
    let revision = GitReference::Revision(COMMIT.to_owned());
    let by_revision = at(1, git(url, revision, None), &[]);
    assert_eq!(
        ids(&judge(Ecosystem::Npm, "package-lock", "lib", by_revision)),
        ["registry/git-dependency"]
    );
    for loose in [
        git(url, branch(), None),
        git(url, branch(), Some("0123456")),
        git(url, GitReference::Revision("0123456".to_owned()), None),
        git(url, GitReference::Tag("v1".to_owned()), None),
        git(url, GitReference::Default, None),
    ] {
        assert_eq!(
            ids(&judge(
                Ecosystem::Pypi,
                "requirements",
                "lib",
                at(1, loose, &[])
            )),
            ["registry/git-dependency", "registry/mutable-git-reference"]
        );
    }
}

#[test]
fn an_approved_git_server_is_no_unapproved_origin_but_still_no_registry() {
    let settings = settings(
        Ecosystem::Cargo,
        &["default", "https://git.acme.example/team/"],
        &[],
    );
    let dependency = |url: &str| git(url, GitReference::Default, Some(COMMIT));
    let found = judge_with(
        &settings,
        Ecosystem::Cargo,
        "lib",
        dependency("https://git.acme.example/team/lib.git"),
    );
    assert_eq!(ids(&found), ["registry/git-dependency"]);
    assert_eq!(found[0].severity, Severity::Info);
    let found = judge_with(
        &settings,
        Ecosystem::Cargo,
        "lib",
        dependency("https://git.evil.example/team/lib.git"),
    );
    assert_eq!(
        ids(&found),
        ["registry/git-dependency", "registry/unapproved-origin"]
    );
    assert_eq!(found[0].severity, Severity::Medium);
}

#[test]
fn files_at_addresses_and_paths_are_found_and_registry_packages_are_not() {
    let url = Origin::Url {
        url: "https://files.example/lib-1.3.0.tgz".to_owned(),
    };
    let found = judge(Ecosystem::Npm, "", "lib", at(1, url, &[sha256(1)]));
    assert_eq!(ids(&found), ["registry/url-dependency"]);
    for (path, severity) in [
        ("vendor/lib", Severity::Low),
        ("a/../vendor/lib", Severity::Low),
        ("../lib", Severity::Medium),
        ("a/../../lib", Severity::Medium),
        ("file:/srv/lib", Severity::Medium),
        ("C:\\lib", Severity::Medium),
    ] {
        let origin = Origin::Path {
            path: path.to_owned(),
        };
        let found = judge(Ecosystem::Pypi, "uv-lock", "lib", at(1, origin, &[]));
        assert_eq!(ids(&found), ["registry/path-dependency"], "{path}");
        assert_eq!(found[0].severity, severity, "{path}");
    }
    let registry = at(1, index("https://r.example/simple", false), &[sha256(1)]);
    assert!(judge(Ecosystem::Pypi, "uv-lock", "lib", registry).is_empty());
}

#[test]
fn the_products_own_components_are_not_judged() {
    let mut own = component(
        Ecosystem::Cargo,
        "acme-shop",
        vec![at(
            1,
            Origin::Path {
                path: "../shop".to_owned(),
            },
            &[],
        )],
    );
    own.kind = ComponentKind::Own;
    let settings = settings(Ecosystem::Cargo, &["default"], &["acme-*"]);
    let outcome = check_inventory(&inventory("cargo-lock", vec![own]), &settings);
    assert_eq!(outcome, Outcome::default());
}

#[test]
fn a_missing_checksum_is_found_where_the_format_has_one() {
    let registry = || index("https://r.example/index", false);
    let tarball = || file("https://r.example/lib/-/lib-1.3.0.tgz");
    let url = || Origin::Url {
        url: "https://files.example/lib.tgz".to_owned(),
    };
    for (ecosystem, format, origin) in [
        (Ecosystem::Cargo, "cargo-lock", registry()),
        (Ecosystem::Npm, "package-lock", tarball()),
        (Ecosystem::Npm, "pnpm-lock", Origin::Unrecorded),
        (Ecosystem::Pypi, "poetry-lock", Origin::ImpliedDefault),
        (Ecosystem::Pypi, "uv-lock", registry()),
        (Ecosystem::Golang, "go-mod", Origin::Unrecorded),
    ] {
        let found = judge(ecosystem, format, "lib", at(3, origin.clone(), &[]));
        assert_eq!(ids(&found), ["registry/missing-checksum"], "{format}");
        let twin = at(3, origin, &[sha256(1)]);
        assert!(judge(ecosystem, format, "lib", twin).is_empty(), "{format}");
    }
    let found = judge(Ecosystem::Npm, "package-lock", "lib", at(3, url(), &[]));
    assert_eq!(
        ids(&found),
        ["registry/missing-checksum", "registry/url-dependency"]
    );
}

#[test]
fn a_checksum_that_the_format_never_had_is_not_missing() {
    // A bundled npm package records neither address nor hash; yarn berry no address.
    for format in ["package-lock", "yarn-berry"] {
        let bundled = at(1, Origin::Unrecorded, &[]);
        assert!(judge(Ecosystem::Npm, format, "lib", bundled).is_empty());
    }
    let plain = at(1, Origin::Unrecorded, &[]);
    assert!(judge(Ecosystem::Pypi, "requirements", "lib", plain).is_empty());
}

#[test]
fn a_requirements_line_without_hash_is_found_beside_lines_with_one() {
    let components = vec![
        component(
            Ecosystem::Pypi,
            "bare",
            vec![at(1, Origin::Unrecorded, &[])],
        ),
        component(
            Ecosystem::Pypi,
            "hashed",
            vec![at(2, Origin::Unrecorded, &[sha256(1)])],
        ),
    ];
    let inventory = inventory("requirements", components);
    let found = check_inventory(&inventory, &RegistrySettings::default()).findings;
    assert_eq!(ids(&found), ["registry/missing-checksum"]);
    assert_eq!(found[0].location.line, Some(1));
}

#[test]
fn a_go_module_needs_one_go_sum_line_in_any_of_its_places() {
    let opaque = |scheme| Checksum::Opaque {
        scheme,
        value: "h1:x".to_owned(),
    };
    for scheme in ["go-h1", "go-mod-h1"] {
        let entries = vec![
            at(1, Origin::Unrecorded, &[]),
            at(2, Origin::Unrecorded, &[opaque(scheme)]),
        ];
        let module = component(Ecosystem::Golang, "git.example/a/b", entries);
        let found = check_inventory(
            &inventory("go-mod", vec![module]),
            &RegistrySettings::default(),
        );
        assert!(found.findings.is_empty(), "{scheme}");
    }
}

#[test]
fn a_weak_checksum_is_found_only_without_a_strong_one() {
    let tarball = || file("https://r.example/lib/-/lib-1.3.0.tgz");
    let weak = at(1, tarball(), &[sha1()]);
    let found = judge(Ecosystem::Npm, "package-lock", "lib", weak);
    assert_eq!(ids(&found), ["registry/weak-checksum"]);
    let both = at(1, tarball(), &[sha1(), sha256(1)]);
    assert!(judge(Ecosystem::Npm, "package-lock", "lib", both).is_empty());
}

#[test]
fn contradicting_checksums_are_one_finding_that_names_every_place() {
    let url = "https://r.example/index";
    let entries = |second: u8| {
        vec![
            at(3, index(url, false), &[sha256(1)]),
            at(90, index(url, false), &[sha256(second)]),
        ]
    };
    let judge = |ecosystem, second| {
        let conflicting = component(ecosystem, "lib", entries(second));
        check_inventory(
            &inventory("", vec![conflicting]),
            &RegistrySettings::default(),
        )
        .findings
    };
    let found = judge(Ecosystem::Cargo, 2);
    assert_eq!(ids(&found), ["registry/checksum-conflict"]);
    assert_eq!(found[0].location.line, Some(3));
    assert_eq!(found[0].also_at, [Location::line("web/lock", 90)]);
    assert!(
        found[0]
            .message
            .contains("`0101010101010101…`, `0202020202020202…`"),
        "{}",
        found[0].message
    );
    assert!(judge(Ecosystem::Cargo, 1).is_empty());
    // PyPI has several files per version.
    assert!(judge(Ecosystem::Pypi, 2).is_empty());
}

#[test]
fn an_sri_with_several_digests_does_not_contradict_one_of_them() {
    let tarball = || file("https://r.example/lib/-/lib-1.3.0.tgz");
    let entries = vec![
        at(3, tarball(), &[sha256(1), sha256(2)]),
        at(4, tarball(), &[sha256(2)]),
    ];
    let inventory = inventory("", vec![component(Ecosystem::Npm, "lib", entries)]);
    assert!(
        check_inventory(&inventory, &RegistrySettings::default())
            .findings
            .is_empty()
    );
}

#[test]
fn an_internal_name_must_come_from_an_approved_internal_registry() {
    let settings = settings(
        Ecosystem::Npm,
        &["default=https://public.example/", INTERNAL],
        &["@acme/*"],
    );
    let tarball =
        |host: &str, package: &str| file(&format!("https://{host}/{package}/-/ui-1.3.0.tgz"));
    let judge = |origin| judge_with(&settings, Ecosystem::Npm, "@acme/ui", origin);
    let public = judge(tarball("public.example", "@acme/ui"));
    assert_eq!(ids(&public), ["registry/internal-name-outside"]);
    assert_eq!(public[0].severity, Severity::Critical);
    assert_eq!(
        ids(&judge(tarball("evil.example", "@acme/ui"))),
        [
            "registry/internal-name-outside",
            "registry/unapproved-origin"
        ]
    );
    let unrecorded = judge(Origin::Unrecorded);
    assert_eq!(
        ids(&unrecorded),
        ["registry/internal-name-outside", "registry/source-unknown"]
    );
    assert_eq!(unrecorded[0].severity, Severity::High);
    assert!(judge(tarball("npm.acme.example", "@acme%2fui")).is_empty());
    let other = judge_with(
        &settings,
        Ecosystem::Npm,
        "@other/ui",
        tarball("public.example", "@other/ui"),
    );
    assert!(other.is_empty(), "{other:?}");
}

#[test]
fn an_internal_name_is_judged_although_nothing_is_approved() {
    let mut settings = settings(Ecosystem::Cargo, &[], &["acme-*"]);
    settings.approved.clear();
    let public = index("https://github.com/rust-lang/crates.io-index", true);
    assert_eq!(
        ids(&judge_with(
            &settings,
            Ecosystem::Cargo,
            "acme_core",
            public
        )),
        ["registry/internal-name-outside"]
    );
}

#[test]
fn credentials_in_an_address_are_found_and_never_shown() {
    let password = "s3cr3t".to_owned() + "-but-long";
    for url in [
        format!("https://bob:{password}@r.example/lib/-/lib-1.3.0.tgz"),
        format!("https://{password}@r.example/lib/-/lib-1.3.0.tgz"),
        format!("https://r.example/lib/-/lib-1.3.0.tgz?token={password}"),
    ] {
        let found = judge(Ecosystem::Npm, "", "lib", at(1, file(&url), &[sha256(1)]));
        assert_eq!(ids(&found), ["registry/url-credentials"], "{url}");
        assert!(!format!("{found:?}").contains(&password), "{found:?}");
    }
    let ssh = git(
        "ssh://git@git.example/lib",
        GitReference::Default,
        Some(COMMIT),
    );
    assert_eq!(
        ids(&judge(Ecosystem::Npm, "", "lib", at(1, ssh, &[]))),
        ["registry/git-dependency"]
    );
}

#[test]
fn a_package_file_of_another_package_or_version_is_found() {
    let judge = |name, url: &str| {
        ids(&judge(
            Ecosystem::Npm,
            "",
            name,
            at(1, file(url), &[sha256(1)]),
        ))
    };
    for (name, url) in [
        ("lib", "https://r.example/evil/-/evil-1.3.0.tgz"),
        ("lib", "https://r.example/lib/-/lib-1.2.0.tgz"),
        ("lib", "https://r.example/lib/-/evil-1.3.0.tgz"),
        ("lib", "https://r.example/@x/lib/-/lib-1.3.0.tgz"),
        ("@x/lib", "https://r.example/lib/-/lib-1.3.0.tgz"),
        ("@x/lib", "https://r.example/@y%2flib/-/lib-1.3.0.tgz"),
    ] {
        assert_eq!(judge(name, url), ["registry/name-mismatch"], "{url}");
    }
    for (name, url) in [
        ("lib", "https://r.example/npm/team/lib/-/lib-1.3.0.tgz"),
        ("@x/lib", "https://r.example/@x/lib/-/lib-1.3.0.tgz"),
        ("@x/lib", "https://r.example/@x%2Flib/-/lib-1.3.0.tgz"),
        (
            "@x/lib",
            "https://r.example/%40x/lib/-/@x/lib-1.3.0.tgz?a=b",
        ),
        // Layouts that say nothing about the name.
        ("lib", "https://r.example/download/1234/abcdef"),
        ("lib", "https://r.example/-/lib"),
        ("lib", "https://r.example/evil/-/a/b/c.tgz"),
    ] {
        assert!(judge(name, url).is_empty(), "{url}");
    }
}

#[test]
fn one_gap_names_every_ecosystem_without_approved_registries() {
    let entry = |ecosystem| {
        component(
            ecosystem,
            "lib",
            vec![at(1, index("https://r.example/i", false), &[sha256(1)])],
        )
    };
    let inventory = inventory(
        "",
        vec![
            entry(Ecosystem::Cargo),
            entry(Ecosystem::Npm),
            entry(Ecosystem::Pypi),
        ],
    );
    let partly = settings(Ecosystem::Npm, &["https://r.example/"], &[]);
    let gaps = check_inventory(&inventory, &partly).gaps;
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0].id, "registry/no-approved-registries");
    assert!(
        gaps[0].message.contains("for cargo, pypi:"),
        "{}",
        gaps[0].message
    );
    let mut all = partly.clone();
    for ecosystem in Ecosystem::ALL {
        all.approved.insert(
            ecosystem,
            vec![Approved::parse("https://r.example/").unwrap()],
        );
    }
    assert!(check_inventory(&inventory, &all).gaps.is_empty());
    let empty = Inventory {
        components: Vec::new(),
        ..inventory
    };
    assert_eq!(
        check_inventory(&empty, &RegistrySettings::default()),
        Outcome::default()
    );
}

#[test]
fn the_fingerprint_outlives_a_moved_line_and_tells_rules_apart() {
    let tarball = || file("http://r.example/lib/-/lib-1.3.0.tgz");
    let judge = |line| judge(Ecosystem::Npm, "", "lib", at(line, tarball(), &[sha1()]));
    let (before, after) = (judge(3), judge(400));
    assert_eq!(before.len(), 2);
    assert_eq!(before[0].fingerprint, after[0].fingerprint);
    assert_ne!(before[0].fingerprint, before[1].fingerprint);
    assert_eq!(before[0].fingerprint.len(), 64);
}

#[test]
fn hostile_text_of_a_lockfile_stays_text() {
    let mut hostile = component(
        Ecosystem::Npm,
        "lib",
        vec![at(
            1,
            file("https://evil.example/\u{1b}]0;x\u{7}\n::error::\u{202e}"),
            &[sha256(1)],
        )],
    );
    hostile.name = format!("lib\u{1b}[2J\n{}", "x".repeat(5_000));
    let settings = settings(Ecosystem::Npm, &[INTERNAL], &[]);
    let found = check_inventory(&inventory("", vec![hostile]), &settings).findings;
    assert_eq!(ids(&found), ["registry/unapproved-origin"]);
    assert!(found[0].message.chars().count() < 600);
    assert!(
        !found[0]
            .message
            .contains(['\u{1b}', '\n', '\u{202e}', '\u{7}']),
        "{:?}",
        found[0].message
    );
}

#[test]
fn every_rule_and_gap_has_its_page() {
    let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let mut wanted = BTreeSet::new();
    for rule in RULES.iter().chain(GAPS) {
        let page = pages.join(format!("{}.md", rule.id));
        let text = crate::support::files::read_bounded(&page, 64 * 1024)
            .unwrap_or_else(|e| panic!("{}: {e}", rule.id));
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with(&format!("# {}\n", rule.id)), "{}", rule.id);
        assert!(text.contains("\n## Fix\n"), "{}", rule.id);
        wanted.insert(format!("{}.md", rule.id.trim_start_matches("registry/")));
    }
    let found: BTreeSet<String> = std::fs::read_dir(pages.join("registry"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, wanted);
}
