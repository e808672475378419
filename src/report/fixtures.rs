//! Reports for the tests of every format.

use crate::model::{
    AdvisoryClass, AdvisoryDetail, AvailabilitySource, Component, ComponentKind, Confidence,
    DatabaseInfo, Decision, Detail, Digest, DigestAlgorithm, Disposition, Ecosystem, ExploitScore,
    Finding, Gap, GitReference, Inventory, JudgedFinding, JudgedGap, KnownExploited, Lapse,
    LapsedWaiver, Location, LockfileRead, Occurrence, Origin, PolicyInfo, Purl, Reach, Redacted,
    RegistryDetail, Report, Root, Rule, Scope, SecretDetail, SecretsScanned, Severity, Skipped,
    SourceInfo, SourceUse, Subject, ToolInfo, UnusedWaiver, Validity, Verdict, VexDocumentInfo,
    VexJustification, VexStatement, VexStatus, VexUse, WaiverState, WaiverUse, YankDetail,
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) use upgrades::advice;

mod upgrades;

pub(super) static VULNERABILITY: Rule = Rule {
    id: "advisories/vulnerability",
    title: "Known vulnerability",
    description: "A published advisory says that this version is vulnerable.",
    remedy: "Upgrade to a version that fixes it.",
};

pub(super) static WITHDRAWN: Rule = Rule {
    id: "advisories/withdrawn",
    title: "Withdrawn advisory",
    description: "The records were withdrawn.",
    remedy: "Nothing.",
};

pub(super) static YANKED: Rule = Rule {
    id: "advisories/yanked",
    title: "Withdrawn version",
    description: "The registry withdrew the version.",
    remedy: "Move to a version that is still offered.",
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

/// Everything that a scanned repository may try on a reader, a terminal, or a format.
pub(super) fn hostile_text() -> String {
    let long = "long ".repeat(2_000);
    format!(
        "evil\u{1b}[2J\u{1b}]0;title\u{7}\r\n::error file=x::owned\n##[error]x ]]> <script>alert(1)</script> \
         [click](https://evil.example) | `code` @team \u{202e}gnp.exe\u{200b}\u{9b}31m \u{0}\u{ffff} \
         https://bob:{}@evil.example/ {long}",
        url_password()
    )
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
        detail: Detail::Advisory(AdvisoryDetail {
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
        }),
    };
    judged(
        finding,
        Disposition::Block,
        "`advisories.block = \"high\"` (line 12)",
    )
}

/// A version that its registry withdrew.
pub(super) fn yanked() -> JudgedFinding {
    let finding = Finding {
        rule: &YANKED,
        severity: Severity::Unknown,
        message: "`itoa@1.3.0` was yanked from its registry".to_owned(),
        remedy: "move `itoa` to a version that is still offered".to_owned(),
        subject: component_subject("pkg:cargo/itoa@1.3.0", "itoa@1.3.0"),
        location: Location::line("Cargo.lock", 7),
        also_at: Vec::new(),
        excerpt: None,
        fingerprint: "b2".repeat(32),
        detail: Detail::Yanked(YankDetail {
            source: AvailabilitySource::CargoIndexCache,
            reason: Some("leaks memory".to_owned()),
            reach: Reach {
                scope: Scope::Build,
                paths: vec![path(&["shop@1.0.0", "itoa@1.3.0"])],
                more_paths: 2,
            },
        }),
    };
    judged(
        finding,
        Disposition::Report,
        "`advisories/yanked` under [rules]",
    )
}

/// Findings about one advisory each, with everything that can be known of them: one
/// cleared by VEX, one whose waivers have lapsed and whose version cannot be compared, one
/// of a withdrawn record, one that attackers use.
pub(super) fn advisories() -> Vec<JudgedFinding> {
    let statement = |status, digest: &str| VexStatement {
        time: Some("2026-11-01T00:00:00Z".parse().unwrap()),
        status,
        justification: Some(VexJustification::VulnerableCodeNotPresent),
        text: Some("the archive code is not built".to_owned()),
        author: "Acme Product Security".to_owned(),
        document: "acme.openvex.json".to_owned(),
        digest: digest.repeat(32),
    };
    let changed = |id: &str, change: &dyn Fn(&mut Finding, &mut AdvisoryDetail)| {
        let mut judged = advisory();
        let mut detail = match judged.finding.detail.clone() {
            Detail::Advisory(detail) => detail,
            other => panic!("{other:?}"),
        };
        detail.id = id.to_owned();
        judged.finding.message = format!("`tar@4.4.1` is affected by {id}: path traversal");
        judged.finding.fingerprint = hex::encode(id);
        change(&mut judged.finding, &mut detail);
        judged.finding.detail = Detail::Advisory(detail);
        judged
    };
    let cleared = JudgedFinding {
        disposition: Disposition::Waived,
        reason: "VEX: not_affected, vulnerable_code_not_present, by Acme Product Security (acme.openvex.json)".to_owned(),
        vex: vec![
            VexUse { statement: statement(VexStatus::NotAffected, "c3"), accepted: true, decides: true },
            VexUse { statement: statement(VexStatus::UnderInvestigation, "c4"), accepted: false, decides: false },
        ],
        ..changed("GHSA-vex0-0000-0000", &|_, _| {})
    };
    let lapse = |why| LapsedWaiver {
        id: "CVE-2021-0001".to_owned(),
        owner: "web-team@acme.example".to_owned(),
        expires: "2026-01-31".to_owned(),
        why,
    };
    let indeterminate = JudgedFinding {
        disposition: Disposition::Inconclusive,
        lapsed: [Lapse::Expired, Lapse::OtherVersion, Lapse::VersionUnknown]
            .map(lapse)
            .to_vec(),
        ..changed("GHSA-inde-0000-0000", &|_, detail| {
            detail.indeterminate = true;
        })
    };
    let withdrawn = JudgedFinding {
        disposition: Disposition::Report,
        ..changed("GHSA-with-0000-0000", &|finding, detail| {
            finding.rule = &WITHDRAWN;
            finding.severity = Severity::Info;
            detail.class = AdvisoryClass::Withdrawn;
            detail.withdrawn = vec![detail.id.clone()];
            detail.vector = None;
            detail.score_tenths = None;
        })
    };
    let exploited = changed("GHSA-kev0-0000-0000", &|finding, detail| {
        finding.severity = Severity::Medium;
        detail.known_exploited = Some(KnownExploited {
            date_added: "2021-11-03".to_owned(),
            due: Some("2022-05-03".to_owned()),
            ransomware: true,
        });
        detail.exploit_score = Some(ExploitScore {
            score_e5: 94_358,
            percentile_e5: 99_960,
            date: Some("2026-11-20".to_owned()),
        });
        detail.reach.scope = Scope::Dev;
        let second = path(&["shop@1.0.0", "pacote@9.5.1", "tar@4.4.1"]);
        detail.reach.paths.push(second);
    });
    vec![cleared, indeterminate, withdrawn, exploited]
}

/// A report about advisories alone, one finding for each of [`advisory`], [`yanked`] and
/// [`advisories`].
pub(super) fn of_advisories() -> Report {
    let mut report = typical();
    report.verdict.findings = advisories();
    report.verdict.findings.extend([advisory(), yanked()]);
    report.verdict.gaps.clear();
    report.vex = vec![VexDocumentInfo {
        file: "acme.openvex.json".to_owned(),
        digest: "c3".repeat(32),
        format: "openvex",
        author: "Acme Product Security".to_owned(),
        statements: 3,
        unusable: 1,
        accepted: true,
    }];
    report
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
        }),
    };
    judged(
        finding,
        Disposition::Report,
        "`registry.plain-http = \"report\"` (line 31)",
    )
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
        secrets: Some(SecretsScanned {
            files: 1_203,
            bytes: 14_100_000,
            rules: 320,
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

/// [`typical`] with [`hostile_text`] wherever text comes from outside.
pub(super) fn hostile() -> Report {
    let text = hostile_text();
    let mut report = of_advisories();
    let typical = typical().verdict;
    report.verdict.findings.extend(typical.findings);
    report.verdict.gaps = typical.gaps;
    report.target.clone_from(&text);
    report.policy.name.clone_from(&text);
    report.policy.source.clone_from(&text);
    report.verdict.summary.clone_from(&text);
    for judged in &mut report.verdict.findings {
        judged.reason.clone_from(&text);
        let finding = &mut judged.finding;
        finding.message.clone_from(&text);
        finding.remedy.clone_from(&text);
        finding.location.path.clone_from(&text);
        finding.also_at = vec![
            Location::file("../../etc/passwd"),
            Location::file(""),
            Location::line(text.clone(), 0),
        ];
        finding.excerpt = Some(text.clone());
        finding.subject = match &finding.subject {
            Subject::Component { .. } => component_subject(
                &format!(
                    "pkg:cargo/lib@1.0.0?vcs_url=git%2Bhttps:%2F%2Fbob:{}%40git.example%2Flib",
                    url_password()
                ),
                &text,
            ),
            Subject::File { .. } => Subject::File { path: text.clone() },
        };
        match &mut finding.detail {
            Detail::Advisory(detail) => {
                detail.id.clone_from(&text);
                detail.aliases = vec![text.clone()];
                detail.summary.clone_from(&text);
                detail.fixed = vec![text.clone()];
                detail.url = Some(format!("https://bob:{}@evil.example/", url_password()));
                detail.related = vec![text.clone()];
                detail.withdrawn = vec![text.clone()];
                detail.vector = Some(text.clone());
                detail.reach.paths = vec![vec![text.clone(), text.clone()]; 2];
                if let Some(known) = &mut detail.known_exploited {
                    known.date_added.clone_from(&text);
                    known.due = Some(text.clone());
                }
                if let Some(score) = &mut detail.exploit_score {
                    score.date = Some(text.clone());
                }
            }
            Detail::Yanked(detail) => {
                detail.reason = Some(text.clone());
                detail.reach.paths = vec![vec![text.clone(), text.clone()]];
            }
            Detail::Registry(detail) => {
                detail.origin = Origin::Git {
                    url: format!("https://bob:{}@evil.example/{text}", url_password()),
                    reference: GitReference::Branch(text.clone()),
                    commit: Some(text.clone()),
                };
            }
            Detail::Secret(detail) => {
                detail.provider.clone_from(&text);
                detail.credential.clone_from(&text);
            }
        }
        if let Some(waiver) = &mut judged.waiver {
            waiver.owner.clone_from(&text);
            waiver.reason.clone_from(&text);
            waiver.id.clone_from(&text);
        }
        for lapsed in &mut judged.lapsed {
            lapsed.id.clone_from(&text);
            lapsed.owner.clone_from(&text);
            lapsed.expires.clone_from(&text);
        }
        for used in &mut judged.vex {
            used.statement.text = Some(text.clone());
            used.statement.author.clone_from(&text);
            used.statement.document.clone_from(&text);
        }
    }
    for document in &mut report.vex {
        document.file.clone_from(&text);
        document.author.clone_from(&text);
    }
    for judged in &mut report.verdict.gaps {
        judged.gap.message.clone_from(&text);
        judged.gap.remedy.clone_from(&text);
        judged.gap.location = Some(Location::file(text.clone()));
    }
    for waiver in &mut report.verdict.waivers {
        waiver.id.clone_from(&text);
        waiver.owner.clone_from(&text);
        waiver.about = vec![text.clone(); 5];
    }
    if let Some(inventory) = &mut report.inventory {
        inventory.root.name.clone_from(&text);
        inventory.lockfiles[0].path.clone_from(&text);
        inventory.skipped[0].path.clone_from(&text);
        inventory.skipped[0].reason.clone_from(&text);
    }
    if let Some(database) = &mut report.database {
        database.sources[0].name.clone_from(&text);
        database.sources[0].newest = Some(text.clone());
    }
    report.advice = Some(upgrades::hostile(&text));
    report
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
