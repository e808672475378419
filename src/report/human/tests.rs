//! The text as people see it.

use super::*;
use crate::model::{DroppedCandidate, DroppedCandidates, Location, Severity, Subject};
use crate::report::fixtures::{advice, advisory, empty, gap, registry, typical};

fn plain(report: &Report) -> String {
    render(report, &Options::default())
}

#[test]
fn a_blocking_finding_is_shown_in_full_with_its_source_line() {
    let mut report = empty();
    report.verdict.decision = Decision::Fail;
    report.verdict.summary = "1 finding blocks".to_owned();
    report.verdict.findings = vec![advisory()];
    insta::assert_snapshot!(plain(&report), @r##"
    error[advisories/vulnerability GHSA-aaaa-bbbb-cccc]: `tar@4.4.1` is vulnerable: path traversal when unpacking
       --> web/package-lock.json:118
        |
    118 |     "node_modules/tar": {
        |                   ^^^
        = severity: high; `advisories.block = "high"` (line 12)
        = aliases: CVE-2021-0001
        = related: GHSA-umbr-ella-0000
        = CVSS: 8.1 CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:N
        = fixed in: 4.4.19, 6.1.9
        = scope: runtime
        = through: shop@1.0.0 > npm@6.0.0 > tar@4.4.1
        = record: https://advisories.example/GHSA-aaaa-bbbb-cccc
        = also at: web/tools/package-lock.json:9
        = fix: upgrade `tar` to 4.4.19
        = see: sealgate explain advisories/vulnerability

    checked shop at 2026-11-23T12:00:00Z: sbom, advisories, registry, secrets
      policy: preset baseline, sha256:5f5f5f5f5f5f5f5f…
    FAIL: 1 finding blocks (policy baseline)
    "##);
}

#[test]
fn one_of_everything_ends_with_the_verdict() {
    let mut report = typical();
    report.verdict.findings.remove(1);
    insta::assert_snapshot!(plain(&report), @r##"
    error[secrets/github]: GitHub personal access token
     --> deploy/ci.env:3:14
      |
    3 | GITHUB_TOKEN=ghp_… (40 characters)
      |              ^^^^^^^^^^^^^^^^^^^^^
      = severity: critical; `secrets.block = "medium"` (line 20)
      = secret: GitHub personal access token, ghp_… (40 characters), confidence high, structure valid
      = fix: revoke it, then rotate it in the secret store
      = see: sealgate explain secrets/github

    reported, not blocking (1)
      registry/plain-http (1)
        medium   web/package-lock.json:12: `lib12@1.3.0` is fetched without TLS: `http://r.example/lib12`

    waived (1)
      registry/plain-http: web/package-lock.json:77: `lib77@1.3.0` is fetched without TLS: `http://r.example/lib77`
        by web-team@acme.example until 2026-12-31 (38 days left): loopback mirror of the build farm

    not checked (1)
      inconclusive inventory/unreadable-lockfile: tools/package-lock.json:40: the file ends in the middle of an object
        fix: write the lockfile anew with its tool

    waivers to look at (1)
      CVE-2020-9999: expired, covers nothing (until 2026-01-31, owner web-team@acme.example): GHSA-aaaa-bbbb-cccc tar@4.4.1

    checked shop at 2026-11-23T12:00:00Z: sbom, advisories, registry, secrets
      components: 2 (cargo 1, npm 1) from 1 lockfile
        Cargo.lock: 1 package
      left out: 1 file
        tests/fixtures/yarn.lock: fixture of a test
      advisories: database sha256:d1d1d1d1d1d1d1d1…
        OSV npm: 213,400 records and 12 unusable, newest 2026-11-20T08:00:00Z, 3 days old
      secrets: 1,203 files, 13.4 MiB, 320 rules
      policy: preset baseline, sha256:5f5f5f5f5f5f5f5f…
    FAIL: 2 findings block (policy baseline)
    "##);
}

#[test]
fn a_clean_report_is_three_lines() {
    insta::assert_snapshot!(plain(&empty()), @r##"
    checked shop at 2026-11-23T12:00:00Z: sbom, advisories, registry, secrets
      policy: preset baseline, sha256:5f5f5f5f5f5f5f5f…
    PASS: nothing blocks (policy baseline)
    "##);
}

#[test]
fn reported_findings_are_cut_and_blocking_ones_are_not() {
    let mut report = empty();
    report.verdict.findings = (1..=300).map(registry).collect();
    let text = plain(&report);
    assert!(text.contains("reported, not blocking (300)"), "{text}");
    assert!(
        text.contains("    ... and 297 more: use --format json\n"),
        "{text}"
    );
    assert_eq!(text.matches("lib299").count(), 0);
    let all = render(
        &report,
        &Options {
            show_all: true,
            ..Options::default()
        },
    );
    assert_eq!(all.matches("`lib299@").count(), 1);
    for judged in &mut report.verdict.findings {
        judged.disposition = Disposition::Block;
    }
    let text = plain(&report);
    assert_eq!(text.matches("error[registry/plain-http]").count(), 300);
    assert!(!text.contains("... and"), "{text}");
}

#[test]
fn a_secret_is_explained_where_that_is_asked_for() {
    let explained = |report: &Report, explain: bool| {
        let options = Options {
            show_all: true,
            explain,
            ..Options::default()
        };
        render(report, &options)
    };
    let mut report = typical();
    let blocking = explained(&report, true);
    let line = "  = why: the shape of a provider's token, and its checksum holds\n";
    assert!(blocking.contains(line), "{blocking}");
    assert!(!explained(&report, false).contains("why: "));
    for judged in &mut report.verdict.findings {
        judged.disposition = Disposition::Report;
    }
    let reported = explained(&report, true);
    let line = "             why: the shape of a provider's token, and its checksum holds\n";
    assert!(reported.contains(line), "{reported}");
}

#[test]
fn dropped_candidates_are_listed_and_the_rest_is_counted() {
    let mut report = typical();
    let drop = DroppedCandidate {
        location: Location {
            path: "src/\u{1b}a.js".to_owned(),
            line: Some(3),
            column: Some(7),
        },
        rule: "secrets/password",
        kind: "assigned-password",
        masked: "${DA… (14 characters)".to_owned(),
        why: "a reference to a value elsewhere",
    };
    if let Some(scanned) = &mut report.secrets {
        scanned.dropped = Some(DroppedCandidates {
            listed: vec![drop],
            more: 1200,
        });
    }
    let text = plain(&report);
    let expected = "dropped, no secrets (1,201)\n  secrets/password assigned-password: \
                    src/\\u{1b}a.js:3:7: ${DA… (14 characters): a reference to a value elsewhere\n    \
                    ... and 1,200 more that are not listed\n\n";
    assert!(text.contains(expected), "{text}");
    if let Some(scanned) = &mut report.secrets {
        scanned.dropped = Some(DroppedCandidates::default());
    }
    assert!(!plain(&report).contains("dropped"));
}

#[test]
fn gaps_that_hold_the_verdict_up_are_never_cut() {
    let mut report = empty();
    report.verdict.gaps = vec![gap(); 50];
    assert_eq!(
        plain(&report).matches("inconclusive inventory/").count(),
        50
    );
    for judged in &mut report.verdict.gaps {
        judged.disposition = Disposition::Report;
    }
    let text = plain(&report);
    assert_eq!(text.matches("reported inventory/").count(), 20);
    assert!(
        text.contains("  ... and 30 more: use --format json\n"),
        "{text}"
    );
}

#[test]
fn the_worst_comes_first_whatever_the_order_was() {
    let mut report = empty();
    let mut low = registry(1);
    low.disposition = Disposition::Block;
    low.finding.severity = Severity::Low;
    report.verdict.findings = vec![registry(2), low, advisory()];
    let text = plain(&report);
    let at = |needle: &str| text.find(needle).unwrap();
    assert!(at("tar@4.4.1") < at("lib1@1.3.0"));
    assert!(at("lib1@1.3.0") < at("lib2@1.3.0"));
}

#[test]
fn what_is_underlined_is_a_whole_word_of_the_line() {
    let mut judged = advisory();
    judged.finding.subject =
        crate::report::fixtures::component_subject("pkg:npm/%40x/tar@1.0.0", "tar@1.0.0");
    let mut report = empty();
    judged.finding.excerpt = Some("start tarball \"tar\" é".to_owned());
    report.verdict.findings = vec![judged.clone()];
    let text = plain(&report);
    assert!(
        text.contains("start tarball \"tar\" é\n    |                ^^^\n"),
        "{text}"
    );
    judged.finding.excerpt = Some("start tarball".to_owned());
    report.verdict.findings = vec![judged];
    assert!(!plain(&report).contains('^'));
}

#[test]
fn a_place_without_a_line_or_with_an_absurd_one_is_no_trouble() {
    let mut report = empty();
    for (line, column) in [
        (None, None),
        (Some(0), Some(0)),
        (Some(u32::MAX), Some(u32::MAX)),
    ] {
        let mut judged = advisory();
        judged.finding.location.line = line;
        judged.finding.location.column = column;
        judged.finding.subject = Subject::File {
            path: String::new(),
        };
        report.verdict.findings.push(judged);
    }
    let text = plain(&report);
    assert_eq!(text.matches("error[advisories/vulnerability").count(), 3);
    assert!(text.contains(":4294967295:4294967295"), "{text}");
}

#[test]
fn wide_and_joined_characters_in_a_line_do_not_break_the_layout() {
    let mut report = empty();
    for excerpt in [
        "漢字 tar 🧑‍🤝‍🧑",
        "\u{301}\u{301}tar",
        "\u{200d}",
        "a\u{ad}tar\u{fe0f}",
    ] {
        let mut judged = advisory();
        judged.finding.excerpt = Some(excerpt.to_owned());
        report.verdict.findings.push(judged);
    }
    for width in [0, 10, 41, usize::MAX] {
        let options = Options {
            width,
            ..Options::default()
        };
        assert!(render(&report, &options).ends_with(")\n"));
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    #[test]
    fn no_line_of_a_scanned_file_breaks_the_layout(
        line in "\\PC{0,80}",
        name in "\\PC{0,6}",
        start in 0_u32..,
        width in 0_usize..500,
    ) {
        let mut judged = advisory();
        judged.finding.location.line = Some(start);
        judged.finding.excerpt = Some(format!("{line}{name} {line}"));
        judged.finding.subject = Subject::File { path: name };
        judged.finding.message = line;
        let mut report = empty();
        report.verdict.findings = vec![judged];
        let text = render(&report, &Options { width, ..Options::default() });
        proptest::prop_assert!(text.ends_with("PASS: nothing blocks (policy baseline)\n"));
    }
}

#[test]
fn gaps_of_one_kind_come_in_the_order_of_their_lines_with_one_remedy() {
    let mut report = empty();
    report.verdict.gaps = [12, 2]
        .map(|line| {
            let mut judged = gap();
            judged.gap.location = Some(Location::line("requirements.txt", line));
            judged
        })
        .to_vec();
    let text = plain(&report);
    let at = |line: &str| text.find(line).unwrap();
    assert!(at("requirements.txt:2:") < at("requirements.txt:12:"));
    assert!(at("requirements.txt:12:") < at("fix: "));
    assert_eq!(text.matches("fix: ").count(), 1, "{text}");
}

#[test]
fn upgrades_say_what_they_clear_and_whether_that_is_enough() {
    let mut report = empty();
    report.verdict.decision = Decision::Fail;
    report.verdict.findings = vec![advisory()];
    report.advice = Some(advice());
    let shown = |report: &Report| {
        let text = plain(report);
        // The paragraph before the last one.
        let (before, _) = text.split_once("\n\nchecked shop").unwrap();
        let (_, advice) = before.rsplit_once("\n\n").unwrap();
        format!("{advice}\n")
    };
    insta::assert_snapshot!(shown(&report), @r"
    to pass: 1 upgrade
      tar to 6.1.9 (npm, still meant by GHSA-dddd-eeee-ffff)
        from 4.4.1, not compatible (4.4.19 would be), npm@6.0.0 must accept it: clears GHSA-aaaa-bbbb-cccc
          in web: npm update tar
      not cleared (1)
        ansi_term@0.12.1 RUSTSEC-2021-0139: no version is known that fixes it
    ");
    let second = &mut report.verdict.findings;
    second.push(advisory());
    assert!(shown(&report).starts_with("1 upgrade clears 1 of 2 items that block\n"));
    let advice = report.advice.as_mut().unwrap();
    advice.upgrades.push(advice.upgrades[0].clone());
    let text = shown(&report);
    assert!(
        text.starts_with("to pass: 2 upgrades (at least 1 are needed)\n"),
        "{text}"
    );
    report.verdict.gaps = vec![gap()];
    let text = shown(&report);
    assert!(
        text.starts_with("2 upgrades clear 2 of 2 items that block"),
        "{text}"
    );
    let advice = report.advice.as_mut().unwrap();
    advice.upgrades.clear();
    assert!(plain(&report).contains("no upgrade clears an advisory that blocks\n"));
}
