//! The human output of `cargo test` (libtest): unit, integration and doc tests.
//!
//! Source: `library/test/src/formatters/pretty.rs` of github.com/rust-lang/rust. Each test
//! program writes `running N tests`, a line per test and a closing `test result:` line.
//! The closing line gives the counts; the lines between give names.

use super::{MAX_REPORT_BYTES, TestCounts, TestReport};
use crate::attest::error::AttestError;

/// The report in the standard output of `cargo test`: all its programs, summed. Output
/// without any is a report of zero tests.
///
/// # Errors
/// [`AttestError::ReportTooLarge`]; [`AttestError::Truncated`] where a program has no
/// closing line (it crashed) or the output ends in the middle of a line that counts;
/// [`AttestError::Inconsistent`] where the closing line does not add up to the number
/// announced.
pub fn parse_cargo_test(output: &[u8]) -> Result<TestReport, AttestError> {
    if output.len() > MAX_REPORT_BYTES {
        return Err(AttestError::ReportTooLarge {
            limit: MAX_REPORT_BYTES,
        });
    }
    // Tests may print anything; only whole lines of libtest's own shape count.
    let text = String::from_utf8_lossy(output);
    let mut report = TestReport::default();
    let mut announced: Option<u64> = None;
    for line in text.lines() {
        let plain = anstream::adapter::strip_str(line).to_string();
        let line = plain.trim_end();
        if let Some(count) = running(line) {
            if announced.is_some() {
                return Err(unclosed(announced));
            }
            announced = Some(count);
        } else if let Some(closing) = line.strip_prefix("test result: ") {
            close(&mut report.counts, announced.take(), closing)?;
        } else if announced.is_some() {
            name(&mut report, line);
        }
    }
    if announced.is_some() {
        return Err(unclosed(announced));
    }
    check_end(&text)?;
    Ok(report.sorted())
}

/// Refuses output whose last line is cut and may have been one that counts: what came
/// after `running 3 tes` is not known.
fn check_end(text: &str) -> Result<(), AttestError> {
    let last = text.rsplit('\n').next().unwrap_or_default();
    let counts = ["running ", "test result: "]
        .iter()
        .any(|start| start.starts_with(last) || last.starts_with(start));
    if last.is_empty() || !counts {
        return Ok(());
    }
    Err(AttestError::Truncated {
        reason: format!("it ends in the middle of the line `{last}`"),
    })
}

fn unclosed(announced: Option<u64>) -> AttestError {
    AttestError::Truncated {
        reason: format!(
            "a test program announced {} tests and has no `test result:` line",
            announced.unwrap_or_default()
        ),
    }
}

/// `running 5 tests`.
fn running(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("running ")?;
    let count = rest
        .strip_suffix(" tests")
        .or_else(|| rest.strip_suffix(" test"))?;
    count.parse().ok()
}

/// `ok. 5 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.00s`.
fn close(
    counts: &mut TestCounts,
    announced: Option<u64>,
    closing: &str,
) -> Result<(), AttestError> {
    let inconsistent = |reason: String| AttestError::Inconsistent { reason };
    let (word, rest) = closing
        .split_once(". ")
        .ok_or_else(|| inconsistent(format!("`test result: {closing}`")))?;
    let count = |what: &str| {
        rest.split(';')
            .find_map(|part| part.trim().strip_suffix(what)?.trim().parse::<u64>().ok())
            .ok_or_else(|| inconsistent(format!("no count of `{what}` in `{closing}`")))
    };
    let (passed, failed) = (count("passed")?, count("failed")?);
    let (ignored, measured) = (count("ignored")?, count("measured")?);
    let sum = [passed, failed, ignored, measured]
        .into_iter()
        .fold(0_u64, u64::saturating_add);
    match announced {
        None => {
            return Err(inconsistent(
                "a `test result:` line without `running N tests` before it".to_owned(),
            ));
        }
        Some(announced) if announced != sum => {
            return Err(inconsistent(format!(
                "{announced} tests were announced, {sum} are accounted for"
            )));
        }
        Some(_) => {}
    }
    if (word == "ok") != (failed == 0) {
        return Err(inconsistent(format!("`{word}` with {failed} failed tests")));
    }
    counts.passed = counts.passed.saturating_add(passed);
    counts.failed = counts.failed.saturating_add(failed);
    counts.skipped = counts.skipped.saturating_add(ignored);
    Ok(())
}

/// `test module::name ... ok`.
fn name(report: &mut TestReport, line: &str) {
    let Some((name, outcome)) = line
        .strip_prefix("test ")
        .and_then(|rest| rest.rsplit_once(" ... "))
    else {
        return;
    };
    let name = name.trim_end_matches(" - should panic").to_owned();
    match outcome {
        "ok" => report.passed.push(name),
        "FAILED" => report.failed.push(name),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_PROGRAMS: &str = "
running 3 tests
test a::one ... ok
test a::two - should panic ... ok
test a::later ... ignored, needs a server

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

   Doc-tests demo

running 1 test
test src/lib.rs - add (line 3) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.20s

all doctests ran in 0.31s; merged doctests compilation took 0.11s
";

    #[test]
    fn the_programs_of_one_run_are_summed() {
        let report = parse_cargo_test(TWO_PROGRAMS.as_bytes()).unwrap();
        assert_eq!(
            report.counts,
            TestCounts {
                passed: 3,
                warned: 0,
                failed: 0,
                skipped: 1
            }
        );
        assert_eq!(
            report.passed,
            ["a::one", "a::two", "src/lib.rs - add (line 3)"]
        );
    }

    #[test]
    fn a_failed_test_is_counted_and_named_even_in_colour() {
        let output = "running 2 tests\ntest a ... \u{1b}[32mok\u{1b}[m\ntest b ... \u{1b}[31mFAILED\u{1b}[m\n\nfailures:\n\n---- b stdout ----\npanicked\n\ntest result: \u{1b}[31mFAILED\u{1b}[m. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        let report = parse_cargo_test(output.as_bytes()).unwrap();
        assert_eq!((report.counts.passed, report.counts.failed), (1, 1));
        assert_eq!(report.failed, ["b"]);
    }

    #[test]
    fn quiet_output_gives_counts_without_names() {
        let output = "running 2 tests\n..\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        let report = parse_cargo_test(output.as_bytes()).unwrap();
        assert_eq!(report.counts.passed, 2);
        assert!(report.passed.is_empty());
    }

    #[test]
    fn output_without_tests_is_a_report_of_zero_tests() {
        for output in [
            "",
            "hello\n",
            "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 5 filtered out; finished in 0.00s\n",
        ] {
            assert_eq!(parse_cargo_test(output.as_bytes()).unwrap().counts.ran(), 0);
        }
    }

    #[test]
    fn a_program_that_crashed_is_no_passed_program() {
        let crashed = "running 2 tests\ntest a ... ok\n";
        assert!(matches!(
            parse_cargo_test(crashed.as_bytes()),
            Err(AttestError::Truncated { .. })
        ));
        let then_another = format!("{crashed}{TWO_PROGRAMS}");
        assert!(matches!(
            parse_cargo_test(then_another.as_bytes()),
            Err(AttestError::Truncated { .. })
        ));
    }

    #[test]
    fn output_that_ends_within_a_line_is_cut_short_and_a_last_word_of_another_is_not() {
        let closing = "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured";
        for cut in [
            format!("{TWO_PROGRAMS}\nrunning 3 tes"),
            format!("{TWO_PROGRAMS}\nrun"),
            format!("running 1 test\ntest a ... ok\n\n{closing}"),
            format!("running 1 test\ntest a ... ok\n\n{closing}; 0 filt"),
        ] {
            assert!(
                matches!(
                    parse_cargo_test(cut.as_bytes()),
                    Err(AttestError::Truncated { .. })
                ),
                "{cut}"
            );
        }
        let finished = format!("{TWO_PROGRAMS}done");
        assert_eq!(
            parse_cargo_test(finished.as_bytes()).unwrap().counts.passed,
            3
        );
    }

    #[test]
    fn counts_that_do_not_add_up_are_refused() {
        let closing = |word: &str, passed: u32, failed: u32| {
            format!(
                "test result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n"
            )
        };
        for output in [
            format!("running 1 test\n{}", closing("ok", 500, 0)),
            format!("running 2 tests\n{}", closing("ok", 1, 1)),
            closing("ok", 1, 0),
            "running 1 test\ntest result: ok\n".to_owned(),
            "running 1 test\ntest result: ok. lots passed; 0 failed\n".to_owned(),
        ] {
            assert!(
                matches!(
                    parse_cargo_test(output.as_bytes()),
                    Err(AttestError::Inconsistent { .. })
                ),
                "{output}"
            );
        }
        assert!(parse_cargo_test(b"\xff\xfe\n").is_ok());
    }
}
