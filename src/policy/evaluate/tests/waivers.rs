//! Ranges and names of components in waivers, and what is told of those that do not cover.

use super::*;

fn waiver(keys: &str) -> Policy {
    policy(&format!(
        "[[waiver]]\nid = \"CVE-1\"\nreason = \"r\"\nowner = \"o\"\n{keys}"
    ))
}

fn of_purl(text: &str) -> Finding {
    let purl = Purl::parse(text).unwrap();
    let label = format!("{}@{}", purl.name(), purl.version().unwrap());
    Finding {
        subject: Subject::Component { purl, label },
        ..advisory(Severity::High, &["2"])
    }
}

fn judged(policy: &Policy, finding: Finding) -> JudgedFinding {
    judge(policy, vec![finding], vec![]).findings.remove(0)
}

const UNTIL: &str = "expires = 2026-12-31\n";

#[test]
fn a_waiver_for_a_range_covers_the_versions_in_it_by_the_order_of_the_ecosystem() {
    let policy = waiver(&format!("versions = \">=1.0.0, <1.10.0\"\n{UNTIL}"));
    for (purl, lapse) in [
        ("pkg:npm/left@1.0.0", None),
        ("pkg:npm/left@1.9.0", None),
        ("pkg:npm/left@1.10.0", Some(Lapse::OtherVersion)),
        ("pkg:npm/left@1.0.0-rc.1", Some(Lapse::OtherVersion)),
        ("pkg:npm/left@latest", Some(Lapse::VersionUnknown)),
        ("pkg:pypi/left@1.0", None),
        ("pkg:pypi/left@1.10", Some(Lapse::OtherVersion)),
        // No order of versions is known there.
        ("pkg:generic/left@1.0.0", Some(Lapse::VersionUnknown)),
    ] {
        let judged = judged(&policy, of_purl(purl));
        assert_eq!(
            judged.lapsed.first().map(|lapsed| lapsed.why),
            lapse,
            "{purl}"
        );
        let expected = match lapse {
            None => Disposition::Waived,
            Some(_) => Disposition::Block,
        };
        assert_eq!(judged.disposition, expected, "{purl}");
    }
}

#[test]
fn a_waiver_for_other_versions_is_unused_and_names_what_it_no_longer_covers() {
    let policy = waiver(&format!("versions = \"<1.0.0\"\n{UNTIL}"));
    let verdict = judge(&policy, vec![advisory(Severity::High, &["2"])], vec![]);
    assert_eq!(verdict.decision, Decision::Fail);
    assert_eq!(verdict.waivers[0].state, WaiverState::Unused);
    assert_eq!(verdict.waivers[0].about, ["RUSTSEC-1 left@1.0.0"]);
}

#[test]
fn an_expired_waiver_is_shown_with_the_finding_through_any_id_of_the_group() {
    let policy = waiver("expires = 2026-11-22\n");
    let verdict = judge(&policy, vec![advisory(Severity::High, &["2"])], vec![]);
    assert_eq!(
        verdict.findings[0].lapsed,
        [LapsedWaiver {
            id: "CVE-1".to_owned(),
            owner: "o".to_owned(),
            expires: "2026-11-22".to_owned(),
            why: Lapse::Expired,
        }]
    );
    assert_eq!(verdict.waivers[0].state, WaiverState::Expired);
    assert_eq!(verdict.waivers[0].about, ["RUSTSEC-1 left@1.0.0"]);
    // Once another one covers it, nothing has lapsed.
    let renewed = self::policy(&format!(
        "[[waiver]]\nid = \"CVE-1\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2026-11-22\n\
         [[waiver]]\nid = \"CVE-1\"\nreason = \"r\"\nowner = \"o\"\n{UNTIL}"
    ));
    let judged = judged(&renewed, advisory(Severity::High, &["2"]));
    assert_eq!(judged.disposition, Disposition::Waived);
    assert_eq!(judged.lapsed, []);
}

#[test]
fn a_waiver_that_ends_soon_says_so_with_the_finding() {
    let soon = |expires: &str| {
        let policy = waiver(&format!("expires = {expires}\n"));
        judged(&policy, advisory(Severity::High, &["2"]))
            .waiver
            .unwrap()
    };
    assert!(soon("2026-12-07").ends_soon);
    let later = soon("2026-12-08");
    assert!(!later.ends_soon);
    assert_eq!(later.id, "CVE-1");
}

#[test]
fn a_component_is_named_by_name_label_or_purl_with_or_without_a_version() {
    let fork = "pkg:cargo/left@1.0.0?vcs_url=git%2Bhttps:%2F%2Fh.example%2Fleft";
    for (component, purl, covered) in [
        ("left", "pkg:cargo/left@1.0.0", true),
        ("left@1.0.0", "pkg:cargo/left@1.0.0", true),
        ("left@1.0.1", "pkg:cargo/left@1.0.0", false),
        ("pkg:cargo/left@1.0.0", "pkg:cargo/left@1.0.0", true),
        ("pkg:cargo/left", "pkg:cargo/left@1.0.0", true),
        ("pkg:cargo/left", fork, true),
        ("pkg:cargo/left@1.0.0", fork, false),
        ("pkg:cargo/left?a=b", "pkg:cargo/left@1.0.0", false),
        ("pkg:npm/left", "pkg:cargo/left@1.0.0", false),
        ("pkg:npm/@acme/ui", "pkg:npm/%40acme/ui@1.0.0", true),
        ("pkg:npm/ui", "pkg:npm/%40acme/ui@1.0.0", false),
    ] {
        let policy = waiver(&format!("component = \"{component}\"\n{UNTIL}"));
        let judged = judged(&policy, of_purl(purl));
        assert_eq!(
            judged.disposition == Disposition::Waived,
            covered,
            "{component} and {purl}"
        );
    }
}

#[test]
fn a_waiver_for_a_related_record_does_not_cover() {
    let policy = policy(&format!(
        "[[waiver]]\nid = \"GHSA-umbrella\"\nreason = \"r\"\nowner = \"o\"\n{UNTIL}"
    ));
    let finding = changed(|finding, detail| {
        finding.severity = Severity::High;
        detail.related = vec!["GHSA-umbrella".to_owned()];
    });
    let verdict = judge(&policy, vec![finding.clone()], vec![]);
    assert_eq!(verdict.findings[0].disposition, Disposition::Block);
    assert_eq!(verdict.findings[0].lapsed, []);
    assert_eq!(verdict.waivers[0].state, WaiverState::Unused);
    let withdrawn = changed(|_, detail| {
        detail.aliases = vec!["GHSA-umbrella".to_owned()];
        detail.withdrawn = vec!["GHSA-umbrella".to_owned()];
    });
    assert_eq!(judged(&policy, withdrawn).disposition, Disposition::Waived);
}

#[test]
fn keys_of_a_waiver_that_cannot_be_meant_are_refused() {
    let problem = |keys: &str| {
        let text = format!(
            "{HEAD}[[waiver]]\nid = \"CVE-1\"\nreason = \"r\"\nowner = \"o\"\n{UNTIL}{keys}\n"
        );
        match Policy::parse(text.as_bytes(), "p", IDS).unwrap_err() {
            PolicyError::BadWaiver { problem, .. } => problem,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(
        problem("versions = \"^1.0\""),
        WaiverProblem::BadVersions { .. }
    ));
    assert!(matches!(
        problem("versions = \" \""),
        WaiverProblem::Empty("versions")
    ));
    assert!(matches!(
        problem("component = \"pkg:cargo/\""),
        WaiverProblem::BadPurl { .. }
    ));
    assert!(matches!(
        problem("justification = \"not_reachable\""),
        WaiverProblem::BadJustification(label) if label == "not_reachable"
    ));
    assert!(matches!(
        problem("status = \"affected\"\njustification = \"component_not_present\""),
        WaiverProblem::JustifiedButAffected("component_not_present")
    ));
}

#[test]
fn what_a_waiver_tells_others_is_what_it_says_itself() {
    use crate::policy::WaiverVex;
    let of = |keys: &str| waiver(&format!("{UNTIL}{keys}\n")).waivers[0].vex;
    assert_eq!(of(""), WaiverVex::Affected);
    assert_eq!(of("status = \"affected\""), WaiverVex::Affected);
    assert_eq!(
        of("status = \"not_affected\""),
        WaiverVex::NotAffected(None)
    );
    let label = VexJustification::VulnerableCodeNotInExecutePath;
    assert_eq!(
        of("justification = \"vulnerable_code_not_in_execute_path\""),
        WaiverVex::NotAffected(Some(label))
    );
}
