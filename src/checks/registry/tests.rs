//! Each rule with an entry that breaks it and a twin that does not.

mod checksums;
mod origins;

use super::*;
use crate::model::{
    Component, Digest, DigestAlgorithm, Finding, GitReference, Location, LockfileRead, Occurrence,
    Origin, Purl, Root, Scope, Severity,
};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const INTERNAL: &str = "https://npm.acme.example/";

pub(super) fn sha256(fill: u8) -> Checksum {
    Checksum::File(Digest::new(DigestAlgorithm::Sha256, vec![fill; 32]).unwrap())
}

fn sha1() -> Checksum {
    Checksum::File(Digest::new(DigestAlgorithm::Sha1, vec![1; 20]).unwrap())
}

pub(super) fn file(url: &str) -> Origin {
    Origin::Registry {
        index: None,
        file: Some(url.to_owned()),
        default: false,
    }
}

pub(super) fn index(url: &str, default: bool) -> Origin {
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

pub(super) fn at(line: u32, origin: Origin, checksums: &[Checksum]) -> Occurrence {
    Occurrence {
        location: Location::line("web/lock", line),
        origin,
        checksums: checksums.to_vec(),
        scope: Scope::Runtime,
    }
}

pub(super) fn component(
    ecosystem: Ecosystem,
    name: &str,
    occurrences: Vec<Occurrence>,
) -> Component {
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
        licence: crate::model::Licence::default(),
        runs_install_code: None,
        availability: crate::model::Availability::Unknown,
        cargo: None,
        occurrences,
    }
}

pub(super) fn inventory(format: &'static str, components: Vec<Component>) -> Inventory {
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

pub(super) fn settings(
    ecosystem: Ecosystem,
    approved: &[&str],
    internal: &[&str],
) -> RegistrySettings {
    let list = approved.iter().map(|t| Approved::parse(t).unwrap());
    RegistrySettings {
        approved: BTreeMap::from([(ecosystem, list.collect())]),
        internal: internal
            .iter()
            .map(|t| NamePattern::parse(t).unwrap())
            .collect(),
        licences: None,
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
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let mut wanted = BTreeSet::new();
    let online = online::rules::RULES.iter().chain(online::rules::GAPS);
    for rule in RULES.iter().chain(GAPS).chain(online) {
        let page = pages.join(format!("{}.md", rule.id));
        let text = crate::support::files::read_bounded(&page, 64 * 1024)
            .unwrap_or_else(|e| panic!("{}: {e}", rule.id));
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with(&format!("# {}\n", rule.id)), "{}", rule.id);
        assert!(text.contains("\n## Remediation\n"), "{}", rule.id);
        wanted.insert(format!("{}.md", rule.id.trim_start_matches("registry/")));
    }
    let found: BTreeSet<String> = std::fs::read_dir(pages.join("registry"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, wanted);
}
