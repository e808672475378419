//! From an inventory through the registry check into every output format, over the
//! library's public interface.

use sealgate::checks::registry::{Approved, NamePattern, RegistrySettings, check_inventory};
use sealgate::model::{
    Component, ComponentKind, Decision, Digest, DigestAlgorithm, Disposition, Ecosystem, Inventory,
    JudgedFinding, JudgedGap, Licence, Location, LockfileRead, Occurrence, Origin, PolicyInfo,
    Purl, Report, Root, Scope, ToolInfo, Verdict,
};
use sealgate::report::{Format, github, human, json, junit, markdown, sarif};
use std::collections::{BTreeMap, BTreeSet};

/// Made at run time, so that no file holds a credential.
fn password() -> String {
    ["pl4in", "-in-the-", "lockfile"].concat()
}

/// A lockfile that someone edited: another host, a token in the address, another package.
fn tampered() -> Inventory {
    let file = format!("http://bot:{}@evil.example/pad/-/pad-9.9.9.tgz", password());
    Inventory {
        root: Root {
            name: "shop".to_owned(),
            version: None,
        },
        components: vec![Component {
            purl: Purl::parse("pkg:npm/%40acme/ui@1.0.0").unwrap(),
            ecosystem: Ecosystem::Npm,
            name: "@acme/ui".to_owned(),
            version: Some("1.0.0".to_owned()),
            kind: ComponentKind::Dependency,
            licence: Licence::default(),
            runs_install_code: None,
            availability: sealgate::model::Availability::Unknown,
            cargo: None,
            occurrences: vec![Occurrence {
                location: Location::line("web/package-lock.json", 42),
                origin: Origin::Registry {
                    index: None,
                    file: Some(file),
                    default: false,
                },
                checksums: Vec::new(),
                scope: Scope::Runtime,
            }],
        }],
        edges: BTreeMap::new(),
        direct: BTreeSet::new(),
        lockfiles: vec![LockfileRead {
            path: "web/package-lock.json".to_owned(),
            format: "package-lock",
            packages: 1,
            has_graph: true,
            digest: Digest::new(DigestAlgorithm::Sha256, vec![1; 32]).unwrap(),
        }],
        skipped: Vec::new(),
        gaps: Vec::new(),
    }
}

fn report() -> Report {
    let settings = RegistrySettings {
        approved: BTreeMap::from([(
            Ecosystem::Npm,
            vec![Approved::parse("https://npm.acme.example/").unwrap()],
        )]),
        internal: vec![NamePattern::parse("@acme/*").unwrap()],
        licences: None,
    };
    let inventory = tampered();
    let outcome = check_inventory(&inventory, &settings);
    let findings = outcome.findings.into_iter().map(|finding| JudgedFinding {
        finding,
        disposition: Disposition::Block,
        reason: "the test's policy".to_owned(),
        waiver: None,
        lapsed: Vec::new(),
        vex: Vec::new(),
        approval: None,
    });
    let gaps = outcome.gaps.into_iter().map(|gap| JudgedGap {
        gap,
        disposition: Disposition::Inconclusive,
        reason: "the test's policy".to_owned(),
    });
    Report {
        tool: ToolInfo {
            name: "sealgate",
            version: env!("CARGO_PKG_VERSION"),
        },
        target: "shop".to_owned(),
        time: "2026-11-23T12:00:00Z".to_owned(),
        policy: PolicyInfo {
            name: "test".to_owned(),
            source: "preset test".to_owned(),
            digest: "00".repeat(32),
        },
        inventory: Some(inventory),
        database: None,
        vex: Vec::new(),
        registry: None,
        secrets: None,
        checks: vec!["registry"],
        verdict: Verdict {
            decision: Decision::Fail,
            summary: "findings block".to_owned(),
            findings: findings.collect(),
            gaps: gaps.collect(),
            waivers: Vec::new(),
        },
        advice: None,
    }
}

/// The text of a format; none for the SBOM, which another room renders.
fn render(format: Format, report: &Report) -> Option<String> {
    Some(match format {
        Format::Human => human::render(report, &human::Options::default()),
        Format::Json => json::render(report),
        Format::Sarif => sarif::render(report, &sarif::Options::default()),
        Format::Junit => junit::render(report),
        Format::Markdown => markdown::render(report),
        Format::Github => github::render(report),
        Format::CyclonedxJson | Format::SpdxJson => return None,
    })
}

#[test]
fn a_tampered_entry_is_told_in_every_format_and_its_password_in_none() {
    let report = report();
    let rules = [
        "registry/internal-name-outside",
        "registry/missing-checksum",
        "registry/name-mismatch",
        "registry/plain-http",
        "registry/unapproved-origin",
        "registry/url-credentials",
    ];
    let found: BTreeSet<&str> = report
        .verdict
        .findings
        .iter()
        .map(|judged| judged.finding.rule.id)
        .collect();
    assert_eq!(found, BTreeSet::from(rules));
    for format in Format::ALL {
        let Some(text) = render(format, &report) else {
            continue;
        };
        for rule in rules {
            assert!(text.contains(rule), "{format} lacks {rule}");
        }
        assert!(text.contains("web/package-lock.json"), "{format}");
        assert!(!text.contains(&password()), "{format}");
    }
}

#[test]
fn two_runs_over_the_same_inventory_give_the_same_bytes() {
    let (first, second) = (report(), report());
    for format in Format::ALL {
        assert_eq!(render(format, &first), render(format, &second), "{format}");
    }
}
