use super::*;
use crate::model::{
    AdvisoryClass, AdvisoryDetail, Confidence, ExploitScore, KnownExploited, Location, Purl, Reach,
    Redacted, Rule, Scope, Severity, SourceInfo, SourceUse, Subject, Validity, VexJustification,
    VexStatus, YankDetail,
};

static VULNERABILITY: Rule = Rule {
    id: "advisories/vulnerability",
    title: "",
    description: "",
    remedy: "",
};
static PASSWORD: Rule = Rule {
    id: "secrets/password",
    title: "",
    description: "",
    remedy: "",
};
const IDS: &[&str] = &[
    "advisories/vulnerability",
    "advisories/no-database",
    "advisories/database-damaged",
    "secrets/password",
];
const HEAD: &str = "schema = 1\nname = \"t\"\nversion = 1\n";

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn policy(rest: &str) -> Policy {
    Policy::parse(format!("{HEAD}{rest}").as_bytes(), "policy.toml", IDS).unwrap()
}

fn advisory(severity: Severity, fixed: &[&str]) -> Finding {
    Finding {
        rule: &VULNERABILITY,
        severity,
        message: "m".to_owned(),
        remedy: "r".to_owned(),
        subject: Subject::Component {
            purl: Purl::parse("pkg:cargo/left@1.0.0").unwrap(),
            label: "left@1.0.0".to_owned(),
        },
        location: Location::line("Cargo.lock", 3),
        also_at: Vec::new(),
        excerpt: None,
        fingerprint: "00".to_owned(),
        detail: Detail::Advisory(Box::new(AdvisoryDetail {
            id: "RUSTSEC-1".to_owned(),
            aliases: vec!["CVE-1".to_owned()],
            related: Vec::new(),
            withdrawn: Vec::new(),
            class: AdvisoryClass::Vulnerability,
            summary: String::new(),
            vector: None,
            score_tenths: None,
            fixed: fixed.iter().map(ToString::to_string).collect(),
            url: None,
            indeterminate: false,
            known_exploited: None,
            exploit_score: None,
            reach: Reach::default(),
        })),
    }
}

fn password(confidence: Confidence, path: &str) -> Finding {
    Finding {
        rule: &PASSWORD,
        subject: Subject::File {
            path: path.to_owned(),
        },
        location: Location::line(path, 1),
        detail: Detail::Secret(SecretDetail {
            provider: "generic".to_owned(),
            kind: "quoted-password".to_owned(),
            credential: "password".to_owned(),
            value: Redacted::new("x"),
            confidence,
            validity: Validity::Unknown,
            replace: false,
            exception: None,
            marked: false,
            encoding: Vec::new(),
            why: Vec::new(),
            introduced: None,
        }),
        ..advisory(Severity::High, &[])
    }
}

fn gap() -> Gap {
    Gap {
        id: "advisories/no-database",
        message: "m".to_owned(),
        location: None,
        remedy: "r".to_owned(),
    }
}

fn judge(policy: &Policy, findings: Vec<Finding>, gaps: Vec<Gap>) -> Verdict {
    let checked = Checked {
        outcome: Outcome { findings, gaps },
        ..Checked::default()
    };
    evaluate(policy, checked, now()).unwrap()
}

#[test]
fn a_failing_finding_wins_over_a_gap_and_a_gap_over_a_pass() {
    let policy = policy("");
    let fail = judge(&policy, vec![advisory(Severity::High, &["2"])], vec![gap()]);
    assert_eq!(fail.decision, Decision::Fail);
    assert_eq!(fail.summary, "1 item blocks, 1 could not be settled");
    let open = judge(&policy, vec![], vec![gap()]);
    assert_eq!(open.decision, Decision::Inconclusive);
    let pass = judge(&policy, vec![], vec![]);
    assert_eq!(
        (pass.decision, pass.summary.as_str()),
        (Decision::Pass, "nothing blocks")
    );
}

#[test]
fn a_damaged_database_takes_a_line_of_its_own_to_be_less_than_inconclusive() {
    let of = |gaps: &str| {
        let damaged = Gap {
            id: "advisories/database-damaged",
            ..gap()
        };
        let verdict = judge(&policy(&format!("[gaps]\n{gaps}")), vec![], vec![damaged]);
        (verdict.decision, verdict.gaps[0].reason.clone())
    };
    for wildcard in ["\"*\"", "\"advisories/*\""] {
        let (decision, reason) = of(&format!("{wildcard} = \"report\""));
        assert_eq!(decision, Decision::Inconclusive, "{wildcard}");
        assert!(reason.contains("advisories/database-damaged"), "{reason}");
        let (decision, _) = of(&format!("{wildcard} = \"block\""));
        assert_eq!(decision, Decision::Fail, "{wildcard}");
    }
    let (decision, _) = of("\"advisories/database-damaged\" = \"report\"");
    assert_eq!(decision, Decision::Pass);
}

#[test]
fn the_thresholds_of_a_policy_turn_a_block_into_a_report() {
    let policy = policy(
        "[advisories]\nblock-severity = \"high\"\nblock-without-fix = false\nunknown-severity = \"report\"\n",
    );
    let of = |severity, fixed: &[&str]| {
        judge(&policy, vec![advisory(severity, fixed)], vec![]).findings[0].disposition
    };
    assert_eq!(of(Severity::High, &["2"]), Disposition::Block);
    assert_eq!(of(Severity::Critical, &["2"]), Disposition::Block);
    assert_eq!(of(Severity::Medium, &["2"]), Disposition::Report);
    assert_eq!(of(Severity::Critical, &[]), Disposition::Report);
    assert_eq!(of(Severity::Unknown, &["2"]), Disposition::Report);
}

#[test]
fn an_uncomparable_version_is_judged_by_its_own_key() {
    let mut finding = advisory(Severity::Low, &[]);
    if let Detail::Advisory(detail) = &mut finding.detail {
        detail.indeterminate = true;
    }
    let policy = policy("[advisories]\nindeterminate = \"inconclusive\"\n");
    let verdict = judge(&policy, vec![finding], vec![]);
    assert_eq!(verdict.decision, Decision::Inconclusive);
}

#[test]
fn a_less_certain_secret_is_reported() {
    let policy = policy("[secrets]\nblock-confidence = \"medium\"\n");
    let verdict = judge(
        &policy,
        vec![
            password(Confidence::Low, "a"),
            password(Confidence::Medium, "b"),
        ],
        vec![],
    );
    assert_eq!(verdict.decision, Decision::Fail);
    assert_eq!(verdict.findings[0].finding.location.path, "b");
    assert_eq!(verdict.findings[1].disposition, Disposition::Report);
}

#[test]
fn a_waiver_covers_through_any_id_of_the_group_until_its_last_day() {
    let waiver = |id: &str, component: &str, expires: &str| {
        policy(&format!(
            "[[waiver]]\nid = \"{id}\"\ncomponent = \"{component}\"\nreason = \"r\"\nowner = \"o\"\nexpires = {expires}\n"
        ))
    };
    let decide = |policy: &Policy| judge(policy, vec![advisory(Severity::High, &["2"])], vec![]);
    for (id, component) in [
        ("RUSTSEC-1", "left"),
        ("CVE-1", "left@1.0.0"),
        ("advisories/vulnerability", "pkg:cargo/left@1.0.0"),
    ] {
        let verdict = decide(&waiver(id, component, "2026-11-23"));
        assert_eq!(verdict.decision, Decision::Pass, "{id}");
        assert_eq!(verdict.findings[0].waiver.as_ref().unwrap().days_left, 0);
        assert_eq!(verdict.waivers[0].state, WaiverState::ExpiresSoon);
    }
    let expired = decide(&waiver("CVE-1", "left", "\"2026-11-22\""));
    assert_eq!(expired.decision, Decision::Fail);
    assert_eq!(expired.waivers[0].state, WaiverState::Expired);
    let other = decide(&waiver("CVE-1", "right", "2026-12-31"));
    assert_eq!(other.decision, Decision::Fail);
    assert_eq!(other.waivers[0].state, WaiverState::Unused);
}

#[test]
fn a_waiver_for_a_path_does_not_cover_a_second_place() {
    let policy = policy(
        "[[waiver]]\nid = \"secrets/password\"\npath = \"docs/\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2026-12-31\n",
    );
    let covered = password(Confidence::High, "docs/a.md");
    let mut also_elsewhere = covered.clone();
    also_elsewhere.also_at = vec![Location::line("src/a.rs", 1)];
    assert_eq!(
        judge(&policy, vec![covered], vec![]).decision,
        Decision::Pass
    );
    assert_eq!(
        judge(&policy, vec![also_elsewhere], vec![]).decision,
        Decision::Fail
    );
}

#[test]
fn a_waiver_for_a_kind_of_secret_needs_a_place() {
    let decide = |path: &str| {
        let policy = policy(&format!(
            "[[waiver]]\nid = \"quoted-password\"\n{path}reason = \"r\"\nowner = \"o\"\nexpires = 2026-12-31\n"
        ));
        judge(
            &policy,
            vec![password(Confidence::High, "docs/a.md")],
            vec![],
        )
    };
    assert_eq!(decide("path = \"docs/\"\n").decision, Decision::Pass);
    let everywhere = decide("");
    assert_eq!(everywhere.decision, Decision::Fail);
    assert_eq!(everywhere.waivers[0].state, WaiverState::Unused);
}

#[test]
fn a_waiver_names_a_rule_that_exists_and_no_empty_place() {
    let parse = |id: &str, rest: &str| {
        let text = format!(
            "{HEAD}[[waiver]]\nid = \"{id}\"\n{rest}reason = \"r\"\nowner = \"o\"\nexpires = 2026-12-31\n"
        );
        Policy::parse(text.as_bytes(), "p", IDS)
    };
    parse("secrets/password", "path = \"a/\"\n").unwrap();
    assert!(matches!(
        parse("secrets/pasword", "path = \"a/\"\n").unwrap_err(),
        PolicyError::UnknownRule { nearest: Some(nearest), .. } if nearest == "secrets/password"
    ));
    assert!(parse("secrets/*", "path = \"a/\"\n").is_err());
    for (rest, name) in [
        ("path = \"\"\n", "path"),
        ("component = \" \"\n", "component"),
    ] {
        assert!(matches!(
            parse("secrets/password", rest).unwrap_err(),
            PolicyError::BadWaiver { problem: WaiverProblem::Empty(empty), .. } if empty == name
        ));
    }
}

#[test]
fn a_waiver_for_a_kind_of_secret_needs_a_path() {
    let waiver = |rest: &str| {
        policy(&format!(
            "[[waiver]]\nid = \"quoted-password\"\n{rest}reason = \"r\"\nowner = \"o\"\nexpires = 2026-12-31\n"
        ))
    };
    let judged = |rest: &str| {
        let found = vec![password(Confidence::High, "src/a.py")];
        judge(&waiver(rest), found, Vec::new()).findings[0].disposition
    };
    assert_eq!(judged(""), Disposition::Block);
    assert_eq!(judged("path = \"src/\"\n"), Disposition::Waived);
    assert_eq!(judged("path = \"src/b.py\"\n"), Disposition::Block);
}

#[test]
fn a_path_of_a_waiver_that_can_cover_nothing_is_refused() {
    for path in ["/", "./", "", "/src/", "./src/", "a//b", "../a", "a/.."] {
        let text = format!(
            "{HEAD}[[waiver]]\nid = \"CVE-1\"\npath = \"{path}\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2026-12-31\n"
        );
        let error = Policy::parse(text.as_bytes(), "policy.toml", IDS).unwrap_err();
        assert!(
            matches!(
                &error,
                PolicyError::BadWaiver { problem: WaiverProblem::BadPath(p), .. } if p == path
            ) || matches!(
                &error,
                PolicyError::BadWaiver { problem: WaiverProblem::Empty("path"), .. } if path.is_empty()
            ),
            "{path}: {error:?}"
        );
    }
}

#[test]
fn a_waiver_beyond_the_cap_or_without_a_subject_is_refused() {
    let long = policy(
        "[waivers]\nmax-days = 30\n[[waiver]]\nid = \"CVE-1\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2027-11-23\n",
    );
    let error = evaluate(&long, Checked::default(), now()).unwrap_err();
    assert!(matches!(
        error,
        PolicyError::BadWaiver {
            problem: WaiverProblem::TooLong { .. },
            ..
        }
    ));
    let wide = format!(
        "{HEAD}[[waiver]]\nid = \"secrets/password\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2026-12-31\n"
    );
    assert!(matches!(
        Policy::parse(wide.as_bytes(), "p", IDS).unwrap_err(),
        PolicyError::BadWaiver {
            problem: WaiverProblem::TooWide,
            ..
        }
    ));
    let nobody = format!(
        "{HEAD}[[waiver]]\nid = \"CVE-1\"\nreason = \"r\"\nowner = \" \"\nexpires = 2026-12-31\n"
    );
    assert!(matches!(
        Policy::parse(nobody.as_bytes(), "p", IDS).unwrap_err(),
        PolicyError::BadWaiver {
            problem: WaiverProblem::Empty("owner"),
            ..
        }
    ));
}

/// A finding whose advisory is changed.
fn changed(change: impl Fn(&mut Finding, &mut AdvisoryDetail)) -> Finding {
    let mut finding = advisory(Severity::Low, &[]);
    let Detail::Advisory(mut detail) = finding.detail.clone() else {
        panic!("{finding:?}");
    };
    change(&mut finding, &mut detail);
    finding.detail = Detail::Advisory(detail);
    finding
}

fn exploited(detail: &mut AdvisoryDetail) {
    detail.known_exploited = Some(KnownExploited {
        date_added: "2021-11-03".to_owned(),
        due: None,
        ransomware: false,
    });
}

fn score(detail: &mut AdvisoryDetail, score_e5: u32) {
    detail.exploit_score = Some(ExploitScore {
        score_e5,
        percentile_e5: 0,
        date: None,
    });
}

const MILD: &str = "[advisories]\nblock-severity = \"high\"\nblock-without-fix = false\n";

fn disposition(policy: &Policy, finding: Finding) -> (Disposition, String) {
    let judged = judge(policy, vec![finding], vec![]).findings.remove(0);
    (judged.disposition, judged.reason)
}

#[test]
fn a_known_exploited_vulnerability_blocks_below_the_threshold_and_without_a_fix() {
    let on = policy(&format!("{MILD}block-known-exploited = true\n"));
    let off = policy(&format!("{MILD}block-known-exploited = false\n"));
    let known = changed(|_, detail| exploited(detail));
    let unknown = changed(|_, _| {});
    assert_eq!(
        disposition(&on, known.clone()),
        (
            Disposition::Block,
            "known exploited since 2021-11-03, and `block-known-exploited = true`".to_owned()
        )
    );
    assert_eq!(disposition(&on, unknown).0, Disposition::Report);
    assert_eq!(disposition(&off, known.clone()).0, Disposition::Report);
    // Its record was withdrawn: what it says of attacks does not hold.
    let withdrawn = policy(&format!(
        "{MILD}block-known-exploited = true\n[rules]\n\"advisories/vulnerability\" = \"report\"\n"
    ));
    assert_eq!(disposition(&withdrawn, known).0, Disposition::Report);
}

#[test]
fn a_score_at_or_above_the_limit_blocks() {
    let policy = policy(&format!("{MILD}block-epss = 0.5\n"));
    let of = |e5: u32| disposition(&policy, changed(|_, detail| score(detail, e5)));
    assert_eq!(of(49_999).0, Disposition::Report);
    assert_eq!(
        of(50_000),
        (
            Disposition::Block,
            "EPSS 0.5 is not below `block-epss = 0.5`".to_owned()
        )
    );
    assert_eq!(of(94_358).1, "EPSS 0.94358 is not below `block-epss = 0.5`");
}

#[test]
fn an_uncomparable_version_of_something_exploited_is_never_only_reported() {
    let of = |level: &str, is_exploited: bool| {
        let policy = policy(&format!("[advisories]\nindeterminate = \"{level}\"\n"));
        let finding = changed(|_, detail| {
            detail.indeterminate = true;
            if is_exploited {
                exploited(detail);
            }
        });
        disposition(&policy, finding).0
    };
    assert_eq!(of("report", false), Disposition::Report);
    assert_eq!(of("report", true), Disposition::Inconclusive);
    assert_eq!(of("inconclusive", true), Disposition::Inconclusive);
    assert_eq!(of("block", true), Disposition::Block);
}

#[test]
fn the_level_of_a_scope_makes_milder_and_never_harder() {
    let policy = policy(
        "[advisories.scopes]\ndev = \"report\"\nbuild = \"inconclusive\"\noptional = \"block\"\n",
    );
    let of = |scope: Scope, change: &dyn Fn(&mut AdvisoryDetail)| {
        disposition(
            &policy,
            changed(|finding, detail| {
                finding.severity = Severity::Critical;
                detail.reach.scope = scope;
                change(detail);
            }),
        )
    };
    let plain = |_: &mut AdvisoryDetail| {};
    assert_eq!(
        of(Scope::Dev, &plain),
        (
            Disposition::Report,
            "`dev` under [advisories.scopes]".to_owned()
        )
    );
    for (scope, expected) in [
        (Scope::Build, Disposition::Inconclusive),
        (Scope::Optional, Disposition::Block),
        (Scope::Peer, Disposition::Block),
        (Scope::Runtime, Disposition::Block),
        (Scope::Unknown, Disposition::Block),
    ] {
        assert_eq!(of(scope, &plain).0, expected, "{scope:?}");
    }
    // An attacker's code runs on the developer's machine as well.
    let malicious = |detail: &mut AdvisoryDetail| detail.class = AdvisoryClass::Malicious;
    assert_eq!(of(Scope::Dev, &malicious).0, Disposition::Block);
    assert_eq!(of(Scope::Dev, &exploited).0, Disposition::Block);
    let indeterminate = |detail: &mut AdvisoryDetail| detail.indeterminate = true;
    assert_eq!(of(Scope::Dev, &indeterminate).0, Disposition::Report);
    let both = |detail: &mut AdvisoryDetail| {
        malicious(detail);
        indeterminate(detail);
    };
    assert_eq!(of(Scope::Dev, &both).0, Disposition::Block);
}

static YANKED: Rule = Rule {
    id: "advisories/yanked",
    title: "",
    description: "",
    remedy: "",
};
static WITHDRAWN: Rule = Rule {
    id: "advisories/withdrawn",
    title: "",
    description: "",
    remedy: "",
};

#[test]
fn withdrawn_records_and_versions_have_levels_of_their_own() {
    let ids = [IDS, &["advisories/yanked", "advisories/withdrawn"]].concat();
    let of = |preset: &str, finding: Finding| {
        let named = |name| crate::policy::Preset::named(name).unwrap();
        let texts = ["baseline", "strict"].map(|name| named(name).text);
        let preset = named(preset);
        let known: Vec<&str> = texts
            .iter()
            .flat_map(|text| text.lines())
            .filter_map(|line| line.split('"').nth(1).filter(|id| id.contains('/')))
            .chain(ids.iter().copied())
            .collect();
        let policy = Policy::preset(preset, &known).unwrap();
        disposition(&policy, finding).0
    };
    let withdrawn = changed(|finding, detail| {
        finding.rule = &WITHDRAWN;
        finding.severity = Severity::Info;
        detail.class = AdvisoryClass::Withdrawn;
        // What it says of bounds and attacks does not matter.
        detail.indeterminate = true;
        exploited(detail);
    });
    let yanked = Finding {
        rule: &YANKED,
        detail: Detail::Yanked(YankDetail {
            source: crate::model::AvailabilitySource::Lockfile,
            reason: None,
            reach: Reach::default(),
        }),
        ..advisory(Severity::Unknown, &[])
    };
    assert_eq!(of("baseline", withdrawn.clone()), Disposition::Report);
    assert_eq!(of("strict", withdrawn), Disposition::Report);
    assert_eq!(of("baseline", yanked.clone()), Disposition::Report);
    assert_eq!(of("strict", yanked), Disposition::Block);
}

#[test]
fn what_attackers_use_comes_first_then_the_worst_then_the_likeliest() {
    let named = |name: &'static str, severity, change: &dyn Fn(&mut AdvisoryDetail)| {
        changed(|finding, detail| {
            finding.message = name.to_owned();
            finding.severity = severity;
            change(detail);
        })
    };
    let verdict = judge(
        &policy(""),
        vec![
            named("critical", Severity::Critical, &|_| {}),
            named("unlikely", Severity::High, &|d| score(d, 1)),
            named("likely", Severity::High, &|d| score(d, 2)),
            named("exploited", Severity::Low, &exploited),
        ],
        vec![],
    );
    let order: Vec<_> = verdict
        .findings
        .iter()
        .map(|judged| judged.finding.message.as_str())
        .collect();
    assert_eq!(order, ["exploited", "critical", "likely", "unlikely"]);
}

mod sources;
mod vex;
mod waivers;
