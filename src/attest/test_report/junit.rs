//! JUnit XML, as Surefire, Gradle, pytest, nextest and many others write it.
//!
//! There is no specification; this reads what the Surefire and Jenkins schemas share:
//! `testsuites`/`testsuite` nested to any depth, `testcase` with at most one of `failure`,
//! `error`, `skipped`. `flakyFailure` and `flakyError` (Surefire, nextest) mark a test
//! that passed only on another try. The attributes `status` and `result` (GoogleTest,
//! CTest) count where they say that a test failed or was not run. No DTD, so no entities.

use super::{MAX_REPORT_BYTES, TestReport};
use crate::attest::error::AttestError;
use roxmltree::{Document, Node, ParsingOptions};

/// Limit of XML nodes (elements, texts, comments).
pub const MAX_REPORT_NODES: u32 = 2_000_000;

/// The report in a JUnit XML file. A test is named `classname::name`.
///
/// # Errors
/// [`AttestError::ReportTooLarge`], [`AttestError::ReportNotText`],
/// [`AttestError::BadXml`], [`AttestError::NotJunit`]; [`AttestError::Inconsistent`] where
/// a suite claims more failures or tests than its test cases show, or shows a failure
/// outside of them.
pub fn parse_junit(bytes: &[u8]) -> Result<TestReport, AttestError> {
    if bytes.len() > MAX_REPORT_BYTES {
        return Err(AttestError::ReportTooLarge {
            limit: MAX_REPORT_BYTES,
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| AttestError::ReportNotText)?;
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MAX_REPORT_NODES,
        ..ParsingOptions::default()
    };
    let document =
        Document::parse_with_options(text, options).map_err(|error| AttestError::BadXml {
            reason: error.to_string(),
        })?;
    let root = document.root_element();
    if !matches!(root.tag_name().name(), "testsuites" | "testsuite") {
        return Err(AttestError::NotJunit {
            got: root.tag_name().name().to_owned(),
        });
    }
    let mut report = TestReport::default();
    for case in cases(root) {
        count(&mut report, case);
    }
    check_claims(root)?;
    Ok(report.sorted())
}

fn cases<'a, 'input>(suite: Node<'a, 'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    suite
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
}

fn has_child(case: Node<'_, '_>, names: &[&str]) -> bool {
    case.children()
        .any(|child| child.is_element() && names.contains(&child.tag_name().name()))
}

/// Whether an attribute says one of these; GoogleTest and CTest write `status` and
/// `result` where others write an element.
fn says(case: Node<'_, '_>, words: &[&str]) -> bool {
    ["status", "result"].iter().any(|attribute| {
        case.attribute(*attribute)
            .is_some_and(|value| words.contains(&value.trim().to_ascii_lowercase().as_str()))
    })
}

fn has_failed(case: Node<'_, '_>) -> bool {
    has_child(case, &["failure", "error"]) || says(case, &["fail", "failed", "failure", "error"])
}

fn was_skipped(case: Node<'_, '_>) -> bool {
    has_child(case, &["skipped", "disabled"])
        || says(
            case,
            &["notrun", "disabled", "skipped", "suppressed", "ignored"],
        )
}

fn count(report: &mut TestReport, case: Node<'_, '_>) {
    let name = match (case.attribute("classname"), case.attribute("name")) {
        (Some(class), Some(name)) if !class.is_empty() => format!("{class}::{name}"),
        (_, Some(name)) => name.to_owned(),
        (_, None) => String::new(),
    };
    // The worst wins: a case that is both skipped and failed has failed.
    if has_failed(case) {
        report.counts.failed += 1;
        report.failed.push(name);
    } else if was_skipped(case) {
        report.counts.skipped += 1;
    } else if has_child(case, &["flakyFailure", "flakyError"]) {
        report.counts.warned += 1;
        report.warned.push(name);
    } else {
        report.counts.passed += 1;
        report.passed.push(name);
    }
}

/// A suite that claims failures or tests which no test case shows (a crash in its set-up,
/// a report that was cut) must not look like a passed one.
fn check_claims(root: Node<'_, '_>) -> Result<(), AttestError> {
    let all: Vec<usize> = cases(root).map(|case| case.range().start).collect();
    let failed: Vec<usize> = cases(root)
        .filter(|case| has_failed(*case))
        .map(|case| case.range().start)
        .collect();
    for node in root.descendants().filter(Node::is_element) {
        match node.tag_name().name() {
            "testsuites" | "testsuite" => {}
            "failure" | "error"
                if !node
                    .parent()
                    .is_some_and(|parent| parent.has_tag_name("testcase")) =>
            {
                return Err(AttestError::Inconsistent {
                    reason: "it shows a failure outside of any test case".to_owned(),
                });
            }
            _ => continue,
        }
        let failures = claim(node, "failures")?.saturating_add(claim(node, "errors")?);
        check_claim(node, "failures", failures, &failed)?;
        // Beside a failure it does not matter, and reporters differ in how they count one.
        let tests = claim(node, "tests")?;
        if failed.is_empty() {
            check_claim(node, "tests", tests, &all)?;
        }
    }
    Ok(())
}

/// `starts` are the places of test cases in document order: a suite's own are a range of
/// them, so that deep nesting costs no second walk for each level.
fn check_claim(
    suite: Node<'_, '_>,
    what: &str,
    claimed: u64,
    starts: &[usize],
) -> Result<(), AttestError> {
    let range = suite.range();
    let before = starts.partition_point(|start| *start < range.start);
    let until = starts.partition_point(|start| *start < range.end);
    let shown = until.saturating_sub(before) as u64;
    if claimed <= shown {
        return Ok(());
    }
    Err(AttestError::Inconsistent {
        reason: format!(
            "the suite `{}` claims {claimed} {what} and shows {shown}",
            suite.attribute("name").unwrap_or_default()
        ),
    })
}

fn claim(suite: Node<'_, '_>, attribute: &str) -> Result<u64, AttestError> {
    match suite.attribute(attribute) {
        None => Ok(0),
        Some(text) => text.trim().parse().map_err(|_| AttestError::Inconsistent {
            reason: format!("`{attribute}` is `{text}`, not a number"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attest::TestCounts;

    fn parse(xml: &str) -> Result<TestReport, AttestError> {
        parse_junit(xml.as_bytes())
    }

    #[test]
    fn nested_suites_are_counted_once() {
        let report = parse(
            r#"<?xml version="1.0"?>
<testsuites tests="5" failures="1" errors="1">
  <testsuite name="outer" failures="1" errors="1">
    <testcase classname="a" name="ok"/>
    <testsuite name="inner">
      <testcase name="skipped"><skipped/></testcase>
      <testcase classname="a" name="fails"><failure message="x">trace</failure></testcase>
      <testcase classname="a" name="breaks"><error/></testcase>
      <testcase classname="a" name="flaky"><flakyFailure/></testcase>
    </testsuite>
  </testsuite>
</testsuites>"#,
        )
        .unwrap();
        assert_eq!(
            report.counts,
            TestCounts {
                passed: 1,
                warned: 1,
                failed: 2,
                skipped: 1
            }
        );
        assert_eq!(report.passed, ["a::ok"]);
        assert_eq!(report.failed, ["a::breaks", "a::fails"]);
        assert_eq!(report.warned, ["a::flaky"]);
    }

    #[test]
    fn an_empty_suite_is_a_report_of_zero_tests() {
        assert_eq!(parse("<testsuite/>").unwrap().counts.ran(), 0);
        assert_eq!(parse("<testsuites tests='0'/>").unwrap().counts.ran(), 0);
    }

    #[test]
    fn a_case_that_is_skipped_and_failed_has_failed() {
        let report =
            parse("<testsuite><testcase name='x'><skipped/><failure/></testcase></testsuite>");
        assert_eq!(report.unwrap().counts.failed, 1);
    }

    #[test]
    fn a_claimed_failure_without_a_failed_case_is_refused() {
        for xml in [
            "<testsuite errors='1'><testcase name='x'/></testsuite>",
            "<testsuites failures='2'><testsuite><testcase name='x'><failure/></testcase></testsuite></testsuites>",
            "<testsuites><testsuite errors='1'/><testsuite><testcase name='x'><failure/></testcase></testsuite></testsuites>",
            "<testsuite failures='some'/>",
            "<testsuite failures='-1'><testcase name='x'/></testsuite>",
            "<testsuite><testcase name='x'/><error message='set-up'/></testsuite>",
            "<testsuites><failure/><testsuite><testcase name='x'/></testsuite></testsuites>",
        ] {
            assert!(
                matches!(parse(xml), Err(AttestError::Inconsistent { .. })),
                "{xml}"
            );
        }
    }

    #[test]
    fn a_suite_that_claims_more_tests_than_it_shows_is_refused() {
        let suite = |tests: &str| {
            parse(&format!(
                "<testsuites><testsuite tests='{tests}'><testcase name='x'/></testsuite></testsuites>"
            ))
        };
        assert_eq!(suite("1").unwrap().counts.passed, 1);
        // Some reporters count fewer: what is shown was run.
        assert_eq!(suite("0").unwrap().counts.passed, 1);
        for tests in ["2", "-5", "1e9", "18446744073709551616", ""] {
            assert!(
                matches!(suite(tests), Err(AttestError::Inconsistent { .. })),
                "{tests}"
            );
        }
    }

    #[test]
    fn a_case_that_only_its_attributes_call_failed_or_not_run_has_not_passed() {
        let counts = |attributes: &str| {
            parse(&format!(
                "<testsuite><testcase name='x' {attributes}/></testsuite>"
            ))
            .unwrap()
            .counts
        };
        assert_eq!(counts("status='run' result='completed'").passed, 1);
        assert_eq!(counts("status='notrun' result='suppressed'").skipped, 1);
        assert_eq!(counts("status='disabled'").skipped, 1);
        for failed in ["status='failed'", "result='Failed'", "status='fail'"] {
            assert_eq!(counts(failed).failed, 1, "{failed}");
        }
        let disabled = parse("<testsuite><testcase name='x'><disabled/></testcase></testsuite>");
        assert_eq!(disabled.unwrap().counts.skipped, 1);
    }

    #[test]
    fn broken_and_hostile_xml_is_refused() {
        let entity = "<!DOCTYPE t [<!ENTITY a 'aaaa'>]><testsuite name='&a;'/>";
        for xml in ["", "<testsuite>", "{}", entity] {
            assert!(
                matches!(parse(xml), Err(AttestError::BadXml { .. })),
                "{xml}"
            );
        }
        assert!(matches!(
            parse("<html/>"),
            Err(AttestError::NotJunit { got }) if got == "html"
        ));
        assert!(matches!(
            parse_junit(b"\xff<testsuite/>"),
            Err(AttestError::ReportNotText)
        ));
        let deep = "<testsuite failures='0'>".repeat(50_000) + &"</testsuite>".repeat(50_000);
        assert_eq!(parse(&deep).unwrap().counts.ran(), 0);
    }
}
