//! When a VEX statement changes a verdict.

use super::*;

const DIGEST: &str = "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3";

fn statement(status: VexStatus, time: Option<&str>) -> VexStatement {
    VexStatement {
        time: time.map(|time| time.parse().unwrap()),
        status,
        justification: None,
        text: Some("why".to_owned()),
        author: "Acme".to_owned(),
        document: "acme.json".to_owned(),
        digest: DIGEST.to_owned(),
    }
}

fn heard(policy: &Policy, statements: Vec<VexStatement>) -> Verdict {
    let finding = advisory(Severity::High, &["2"]);
    let checked = Checked {
        vex: BTreeMap::from([(finding.fingerprint.clone(), statements)]),
        outcome: Outcome {
            findings: vec![finding],
            gaps: vec![],
        },
        ..Checked::default()
    };
    evaluate(policy, checked, now()).unwrap()
}

const MONDAY: Option<&str> = Some("2026-11-16T00:00:00Z");
const TUESDAY: Option<&str> = Some("2026-11-17T00:00:00Z");
const ACCEPT: &str = "[advisories]\nvex = \"accept\"\n";

#[test]
fn a_statement_is_only_shown_unless_the_policy_accepts_it() {
    let one = || vec![statement(VexStatus::NotAffected, MONDAY)];
    for (rest, accepted) in [
        ("", false),
        ("[advisories]\nvex = \"show\"\n", false),
        (ACCEPT, true),
    ] {
        let verdict = heard(&policy(rest), one());
        assert_eq!(verdict.decision == Decision::Pass, accepted, "{rest}");
        let [used] = verdict.findings[0].vex.as_slice() else {
            panic!("{verdict:?}");
        };
        assert_eq!((used.accepted, used.decides), (accepted, accepted));
    }
    let named = |digest: &str| {
        policy(&format!(
            "[[advisories.vex-document]]\nfile = \"a.json\"\nsha256 = \"{digest}\"\n"
        ))
    };
    assert_eq!(heard(&named(DIGEST), one()).decision, Decision::Pass);
    let other = DIGEST.replace('3', "4");
    assert_eq!(heard(&named(&other), one()).decision, Decision::Fail);
}

#[test]
fn the_reason_names_status_justification_author_and_document() {
    let mut one = statement(VexStatus::NotAffected, MONDAY);
    one.justification = Some(VexJustification::VulnerableCodeNotPresent);
    let verdict = heard(&policy(ACCEPT), vec![one]);
    assert_eq!(verdict.findings[0].disposition, Disposition::Waived);
    assert_eq!(
        verdict.findings[0].reason,
        "VEX: not_affected, vulnerable_code_not_present, by Acme (acme.json)"
    );
    assert_eq!(verdict.findings[0].waiver, None);
}

#[test]
fn only_two_statuses_clear_and_the_newest_statement_decides() {
    use VexStatus::{Affected, Fixed, NotAffected, UnderInvestigation};
    for (statements, clears) in [
        (vec![(NotAffected, MONDAY)], true),
        (vec![(Fixed, MONDAY)], true),
        (vec![(Affected, MONDAY)], false),
        (vec![(UnderInvestigation, MONDAY)], false),
        (vec![(NotAffected, MONDAY), (Affected, TUESDAY)], false),
        (vec![(Affected, MONDAY), (NotAffected, TUESDAY)], true),
        (vec![(NotAffected, None)], true),
        (vec![(NotAffected, None), (NotAffected, MONDAY)], true),
    ] {
        let list = statements
            .iter()
            .map(|(status, time)| statement(*status, *time));
        let verdict = heard(&policy(ACCEPT), list.collect());
        assert_eq!(verdict.decision == Decision::Pass, clears, "{statements:?}");
        assert_eq!(verdict.gaps, [], "{statements:?}");
    }
}

#[test]
fn statements_that_do_not_agree_suppress_nothing_and_are_a_gap() {
    use VexStatus::{Affected, Fixed, NotAffected};
    let future = Some("2026-12-24T00:00:00Z");
    for (statements, why) in [
        (
            vec![(NotAffected, MONDAY), (Affected, MONDAY)],
            "the newest ones are of the same time and differ",
        ),
        (
            vec![(NotAffected, MONDAY), (Fixed, MONDAY)],
            "the newest ones are of the same time and differ",
        ),
        (
            vec![(NotAffected, MONDAY), (Affected, None)],
            "they differ, and one of them has no date",
        ),
        (
            vec![(NotAffected, MONDAY), (Affected, future)],
            "the newest one is dated after now",
        ),
        (
            vec![(NotAffected, future)],
            "the newest one is dated after now",
        ),
    ] {
        let list = statements
            .iter()
            .map(|(status, time)| statement(*status, *time));
        let verdict = heard(&policy(ACCEPT), list.collect());
        assert_eq!(verdict.decision, Decision::Fail, "{statements:?}");
        let [gap] = verdict.gaps.as_slice() else {
            panic!("{:?}", verdict.gaps);
        };
        assert_eq!(gap.gap.id, "vex/conflicting-statements");
        assert_eq!(
            gap.gap.message,
            format!("VEX statements about RUSTSEC-1 in `left@1.0.0` do not count: {why}")
        );
    }
}

#[test]
fn a_document_that_is_not_accepted_takes_no_part() {
    let mut theirs = statement(VexStatus::Affected, TUESDAY);
    theirs.digest = "other".to_owned();
    let policy = policy(&format!(
        "[[advisories.vex-document]]\nfile = \"a.json\"\nsha256 = \"{DIGEST}\"\n"
    ));
    let verdict = heard(
        &policy,
        vec![theirs, statement(VexStatus::NotAffected, MONDAY)],
    );
    assert_eq!(verdict.decision, Decision::Pass);
    let decides: Vec<_> = verdict.findings[0].vex.iter().map(|v| v.decides).collect();
    assert_eq!(decides, [true, false], "the one that decides comes first");
}

#[test]
fn documents_and_thresholds_that_cannot_be_meant_are_refused() {
    let parse = |rest: &str| Policy::parse(format!("{HEAD}{rest}").as_bytes(), "p", IDS);
    for digest in ["", "c3", &DIGEST.to_uppercase(), &DIGEST.replace('3', "g")] {
        let error = parse(&format!(
            "[[advisories.vex-document]]\nfile = \"a\"\nsha256 = \"{digest}\"\n"
        ));
        assert!(
            matches!(error, Err(PolicyError::BadVexDocument { number: 1, .. })),
            "{digest}"
        );
    }
    for rest in [
        "[advisories]\nvex = \"trust\"\n",
        "[advisories]\nblock-epss = 1.5\n",
        "[advisories]\nblock-epss = nan\n",
        "[advisories]\nblock-epss = -0.1\n",
        "[advisories.scopes]\nruntime = \"report\"\n",
        "[advisories.max-age]\n\"*\" = \"soon\"\n",
    ] {
        assert!(
            matches!(
                parse(rest),
                Err(PolicyError::Malformed { .. } | PolicyError::UnknownKey { .. })
            ),
            "{rest}"
        );
    }
    assert!(parse("[advisories]\nblock-epss = 1\n").is_ok());
}
