//! Reports for the tests of every format.

mod advisories;
mod hostile;
mod upgrades;

pub(super) use advisories::of_advisories;
pub(super) use hostile::{hostile, hostile_text};
pub(super) use upgrades::advice;

use crate::model::{
    AdvisoryClass, AdvisoryDetail, Approval, Component, ComponentKind, Confidence, DatabaseInfo,
    Decision, Detail, Digest, DigestAlgorithm, Disposition, Ecosystem, EntryPlace, Finding, Gap,
    Inventory, JudgedFinding, JudgedGap, Location, LockfileRead, Occurrence, Origin, PolicyInfo,
    Purl, Reach, Redacted, RegistryDetail, Report, Root, Rule, Scope, SecretDetail, SecretsScanned,
    Severity, SkipKind, Skipped, SourceInfo, SourceUse, Subject, ToolInfo, UnusedWaiver, Validity,
    Verdict, VexJustification, VexStatus, WaiverState, WaiverUse,
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) static VULNERABILITY: Rule = Rule {
    id: "advisories/vulnerability",
    title: "Known vulnerability",
    description: "A published advisory says that this version is vulnerable.",
    remedy: "Upgrade to a version that fixes it.",
};

pub(super) static SECRET: Rule = Rule {
    id: "secrets/github",
    title: "GitHub token",
    description: "A GitHub token lies in the tree.",
    remedy: "Revoke the token, then rotate it.",
};

pub(super) static PLAIN_HTTP: Rule = Rule {
    id: "registry/plain-http",
    title: "Fetched without TLS",
    description: "The component is fetched over plain http.",
    remedy: "Lock it from an https address.",
};

/// The value that no output may show. Made at run time, so that no file holds it.
pub(super) fn secret_value() -> String {
    ["ghp", "_", "Qz7Rk2Wm9Xv4", "Lt8Bn3Hc6Yd1", "Sf5Gj0PaUeIo"].concat()
}

/// A password inside addresses that no output may show.
pub(super) fn url_password() -> String {
    ["tr0ub4dor", "-and-", "3"].concat()
}

pub(super) fn component_subject(purl: &str, label: &str) -> Subject {
    Subject::Component {
        purl: Purl::parse(purl).unwrap(),
        label: label.to_owned(),
    }
}

fn judged(finding: Finding, disposition: Disposition, reason: &str) -> JudgedFinding {
    JudgedFinding {
        finding,
        disposition,
        reason: reason.to_owned(),
        waiver: None,
        lapsed: Vec::new(),
        vex: Vec::new(),
        approval: None,
    }
}

fn path(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|label| (*label).to_owned()).collect()
}

pub(super) fn advisory() -> JudgedFinding {
    let finding = Finding {
        rule: &VULNERABILITY,
        severity: Severity::High,
        message: "`tar@4.4.1` is vulnerable: path traversal when unpacking".to_owned(),
        remedy: "upgrade `tar` to 4.4.19".to_owned(),
        subject: component_subject("pkg:npm/tar@4.4.1", "tar@4.4.1"),
        location: Location::line("web/package-lock.json", 118),
        also_at: vec![Location::line("web/tools/package-lock.json", 9)],
        excerpt: Some("    \"node_modules/tar\": {".to_owned()),
        fingerprint: "a1".repeat(32),
        detail: Detail::Advisory(Box::new(AdvisoryDetail {
            id: "GHSA-aaaa-bbbb-cccc".to_owned(),
            aliases: vec!["CVE-2021-0001".to_owned()],
            related: vec!["GHSA-umbr-ella-0000".to_owned()],
            withdrawn: Vec::new(),
            class: AdvisoryClass::Vulnerability,
            summary: "Path traversal when unpacking".to_owned(),
            vector: Some("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:N".to_owned()),
            score_tenths: Some(81),
            fixed: vec!["4.4.19".to_owned(), "6.1.9".to_owned()],
            url: Some("https://advisories.example/GHSA-aaaa-bbbb-cccc".to_owned()),
            indeterminate: false,
            known_exploited: None,
            exploit_score: None,
            reach: Reach {
                scope: Scope::Runtime,
                paths: vec![path(&["shop@1.0.0", "npm@6.0.0", "tar@4.4.1"])],
                more_paths: 0,
            },
        })),
    };
    judged(
        finding,
        Disposition::Block,
        "`advisories.block = \"high\"` (line 12)",
    )
}

pub(super) fn secret() -> JudgedFinding {
    let value = Redacted::new(secret_value());
    let finding = Finding {
        rule: &SECRET,
        severity: Severity::Critical,
        message: "GitHub personal access token".to_owned(),
        remedy: "revoke it, then rotate it in the secret store".to_owned(),
        subject: Subject::File {
            path: "deploy/ci.env".to_owned(),
        },
        location: Location {
            path: "deploy/ci.env".to_owned(),
            line: Some(3),
            column: Some(14),
        },
        also_at: Vec::new(),
        excerpt: Some(format!("GITHUB_TOKEN={}", value.masked())),
        fingerprint: "b2".repeat(32),
        detail: Detail::Secret(SecretDetail {
            provider: "GitHub".to_owned(),
            kind: "github-personal-access-token".to_owned(),
            credential: "personal access token".to_owned(),
            value,
            confidence: Confidence::High,
            validity: Validity::Valid,
            replace: false,
            exception: None,
            marked: false,
            encoding: Vec::new(),
            why: vec!["the shape of a provider's token, and its checksum holds"],
            introduced: None,
        }),
    };
    judged(
        finding,
        Disposition::Block,
        "`secrets.block = \"medium\"` (line 20)",
    )
}

pub(super) fn registry(line: u32) -> JudgedFinding {
    let finding = Finding {
        rule: &PLAIN_HTTP,
        severity: Severity::Medium,
        message: format!("`lib{line}@1.3.0` is fetched without TLS: `http://r.example/lib{line}`"),
        remedy: "serve the registry over https and lock the component from there".to_owned(),
        subject: component_subject(
            &format!("pkg:npm/lib{line}@1.3.0"),
            &format!("lib{line}@1.3.0"),
        ),
        location: Location::line("web/package-lock.json", line),
        also_at: Vec::new(),
        excerpt: None,
        fingerprint: format!("{line:064x}"),
        detail: Detail::Registry(RegistryDetail {
            origin: Origin::Registry {
                index: None,
                file: Some(format!("http://r.example/lib{line}/-/lib{line}-1.3.0.tgz")),
                default: false,
            },
            approved: vec!["https://npm.acme.example/".to_owned()],
            configuration: Vec::new(),
            approvals: Vec::new(),
        }),
    };
    let approval = Approval {
        approvers: vec!["security@acme.example".to_owned()],
        place: EntryPlace::Waiver,
        entry: format!(
            "[[waiver]]\nid = \"registry/plain-http\"\ncomponent = \"pkg:npm/lib{line}\"\nversions = \"1.3.0\""
        ),
    };
    JudgedFinding {
        approval: Some(approval),
        ..judged(
            finding,
            Disposition::Report,
            "`registry.plain-http = \"report\"` (line 31)",
        )
    }
}

pub(super) fn waived() -> JudgedFinding {
    JudgedFinding {
        disposition: Disposition::Waived,
        waiver: Some(WaiverUse {
            id: "registry/plain-http".to_owned(),
            owner: "web-team@acme.example".to_owned(),
            reason: "loopback mirror of the build farm".to_owned(),
            expires: "2026-12-31".to_owned(),
            days_left: 38,
            ends_soon: false,
            status: VexStatus::NotAffected,
            justification: Some(VexJustification::ComponentNotPresent),
        }),
        ..registry(77)
    }
}

pub(super) fn gap() -> JudgedGap {
    JudgedGap {
        gap: Gap {
            id: "inventory/unreadable-lockfile",
            message: "the file ends in the middle of an object".to_owned(),
            location: Some(Location::line("tools/package-lock.json", 40)),
            remedy: "write the lockfile anew with its tool".to_owned(),
        },
        disposition: Disposition::Inconclusive,
        reason: "`gaps.default = \"inconclusive\"` (line 40)".to_owned(),
    }
}

fn dependency(ecosystem: Ecosystem, name: &str) -> Component {
    Component {
        purl: Purl::parse(&format!("pkg:{}/{name}@1.3.0", ecosystem.purl_type())).unwrap(),
        ecosystem,
        name: name.to_owned(),
        version: Some("1.3.0".to_owned()),
        kind: ComponentKind::Dependency,
        licence: crate::model::Licence::default(),
        runs_install_code: None,
        availability: crate::model::Availability::Unknown,
        cargo: None,
        occurrences: vec![Occurrence {
            location: Location::line("Cargo.lock", 7),
            origin: Origin::ImpliedDefault,
            checksums: Vec::new(),
            scope: Scope::Runtime,
        }],
    }
}

/// A report that checked everything and found nothing.
pub(super) fn empty() -> Report {
    Report {
        tool: ToolInfo {
            name: "sealgate",
            version: "0.1.0",
        },
        target: "shop".to_owned(),
        time: "2026-11-23T12:00:00Z".to_owned(),
        policy: PolicyInfo {
            name: "baseline".to_owned(),
            source: "preset baseline".to_owned(),
            digest: "5f".repeat(32),
        },
        inventory: None,
        database: None,
        vex: Vec::new(),
        registry: None,
        secrets: None,
        checks: vec!["sbom", "advisories", "registry", "secrets"],
        verdict: Verdict {
            decision: Decision::Pass,
            summary: "nothing blocks".to_owned(),
            findings: Vec::new(),
            gaps: Vec::new(),
            waivers: Vec::new(),
        },
        advice: None,
    }
}

/// One of everything.
pub(super) fn typical() -> Report {
    Report {
        inventory: Some(Inventory {
            root: Root {
                name: "shop".to_owned(),
                version: Some("1.0.0".to_owned()),
            },
            components: vec![
                dependency(Ecosystem::Cargo, "itoa"),
                dependency(Ecosystem::Npm, "tar"),
            ],
            edges: BTreeMap::new(),
            direct: BTreeSet::new(),
            lockfiles: vec![LockfileRead {
                path: "Cargo.lock".to_owned(),
                format: "cargo-lock",
                packages: 1,
                has_graph: true,
                digest: Digest::new(DigestAlgorithm::Sha256, vec![9; 32]).unwrap(),
            }],
            skipped: vec![Skipped {
                path: "tests/fixtures/yarn.lock".to_owned(),
                reason: "fixture of a test".to_owned(),
                kind: SkipKind::Settled,
            }],
            gaps: Vec::new(),
        }),
        database: Some(DatabaseInfo {
            digest: "d1".repeat(32),
            sources: vec![SourceInfo {
                name: "OSV npm".to_owned(),
                records: 213_400,
                bad_records: 12,
                newest: Some("2026-11-20T08:00:00Z".to_owned()),
                used_for: SourceUse::Advisories,
            }],
        }),
        registry: None,
        secrets: Some(SecretsScanned {
            files: 1_203,
            bytes: 14_100_000,
            rules: 320,
            commits: 0,
            dropped: None,
        }),
        verdict: Verdict {
            decision: Decision::Fail,
            summary: "2 findings block".to_owned(),
            findings: vec![secret(), advisory(), registry(12), waived()],
            gaps: vec![gap()],
            waivers: vec![UnusedWaiver {
                id: "CVE-2020-9999".to_owned(),
                owner: "web-team@acme.example".to_owned(),
                expires: "2026-01-31".to_owned(),
                state: WaiverState::Expired,
                about: vec!["GHSA-aaaa-bbbb-cccc tar@4.4.1".to_owned()],
            }],
        },
        ..empty()
    }
}

/// Every report that the tests of all formats go over.
pub(super) fn all() -> [Report; 4] {
    [empty(), typical(), of_advisories(), hostile()]
}

/// Every format of this room, by name.
pub(super) fn rendered(report: &Report) -> Vec<(&'static str, String)> {
    let colours = super::human::Options {
        color: true,
        show_all: true,
        ascii: false,
        width: 60,
        explain: true,
    };
    vec![
        (
            "human",
            super::human::render(report, &super::human::Options::default()),
        ),
        ("human in colour", super::human::render(report, &colours)),
        ("json", super::json::render(report)),
        (
            "sarif",
            super::sarif::render(report, &super::sarif::Options::default()),
        ),
        ("markdown", super::markdown::render(report)),
        ("github", super::github::render(report)),
        ("junit", super::junit::render(report)),
    ]
}
