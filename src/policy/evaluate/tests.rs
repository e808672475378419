use super::*;
use crate::model::{Confidence, Location, Purl, Redacted, Rule, Subject, Validity};

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
        detail: Detail::Advisory(AdvisoryDetail {
            id: "RUSTSEC-1".to_owned(),
            aliases: vec!["CVE-1".to_owned()],
            related: Vec::new(),
            class: AdvisoryClass::Vulnerability,
            summary: String::new(),
            vector: None,
            score_tenths: None,
            fixed: fixed.iter().map(ToString::to_string).collect(),
            url: None,
            indeterminate: false,
            introduced_by: Vec::new(),
        }),
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
        database: None,
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

#[test]
fn an_old_database_is_a_gap_where_the_policy_names_an_age() {
    use crate::model::SourceInfo;
    let source = |name: &str, newest: Option<&str>| SourceInfo {
        name: name.to_owned(),
        records: 1,
        bad_records: 0,
        newest: newest.map(str::to_owned),
    };
    let checked = Checked {
        outcome: Outcome::default(),
        database: Some(DatabaseInfo {
            digest: String::new(),
            sources: vec![
                source("fresh", Some("2026-11-22T00:00:00Z")),
                source("old", Some("2026-01-01T00:00:00Z")),
                source("undated", None),
                source("tomorrow's clock", Some("2026-11-24T00:00:00Z")),
                source("next year's", Some("2027-11-24T00:00:00Z")),
            ],
        }),
    };
    let verdict = evaluate(
        &policy("[advisories]\nmax-age-days = 30\n"),
        checked.clone(),
        now(),
    )
    .unwrap();
    assert_eq!(verdict.decision, Decision::Inconclusive);
    assert_eq!(verdict.gaps.len(), 3);
    let verdict = evaluate(&policy(""), checked, now()).unwrap();
    assert_eq!(verdict.decision, Decision::Pass);
}
