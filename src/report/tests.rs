//! What holds for every format.

mod json_schema;
mod one_finding;
mod sarif_rules;
mod text_formats;

use super::fixtures::{all, empty, hostile, rendered, secret_value, typical, url_password};
use super::*;
use crate::model::{Hint as _, terminal_safe};

#[test]
fn every_format_is_found_by_its_name_and_no_other_name() {
    for format in Format::ALL {
        assert_eq!(format.as_str().parse::<Format>(), Ok(format));
    }
    let error = "SARIF\u{1b}".parse::<Format>().unwrap_err();
    assert!(matches!(error, ReportError::UnknownFormat { .. }));
    assert!(!error.to_string().contains('\u{1b}'));
    assert!(error.hint().unwrap().contains("cyclonedx-json"));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for report in all() {
        assert_eq!(rendered(&report), rendered(&report.clone()));
    }
}

#[test]
fn the_order_of_the_verdict_does_not_change_the_output() {
    let report = typical();
    let mut reversed = report.clone();
    reversed.verdict.findings.reverse();
    assert_eq!(rendered(&report), rendered(&reversed));
}

#[test]
fn no_secret_value_appears_in_any_format() {
    for report in all() {
        for (format, text) in rendered(&report) {
            for hidden in [secret_value(), url_password()] {
                assert!(!text.contains(&hidden), "{format} shows {hidden}");
                // Nor a part of it that would help to guess the rest.
                assert!(!text.contains(hidden.get(..8).unwrap()), "{format}");
            }
        }
    }
}

#[test]
fn the_mask_of_a_secret_is_shown() {
    let report = typical();
    for (format, text) in [
        ("human", human::render(&report, &human::Options::default())),
        ("json", json::render(&report)),
    ] {
        assert!(text.contains("ghp_… (40 characters)"), "{format}: {text}");
    }
}

#[test]
fn nothing_from_outside_can_steer_a_terminal_or_a_reader() {
    for (format, text) in rendered(&hostile()) {
        let plain = if format == "human in colour" {
            anstream::adapter::strip_str(&text).to_string()
        } else {
            text
        };
        let bad: Vec<char> = plain
            .chars()
            .filter(|c| *c != '\n' && terminal_safe(&c.to_string()) != c.to_string())
            .collect();
        assert!(bad.is_empty(), "{format}: {bad:?}");
    }
}

#[test]
fn colour_codes_are_ours_alone() {
    let options = human::Options {
        color: true,
        ..human::Options::default()
    };
    let text = human::render(&hostile(), &options);
    let mut rest = text.as_str();
    let mut codes = 0;
    while let Some(at) = rest.find('\u{1b}') {
        rest = rest.split_at(at + 1).1;
        let end = rest.find('m').unwrap();
        let (code, tail) = rest.split_at(end);
        assert!(
            code.starts_with('[') && code.chars().skip(1).all(|c| c.is_ascii_digit() || c == ';'),
            "{code:?}"
        );
        rest = tail;
        codes += 1;
    }
    assert!(codes > 10, "{codes}");
    let plain = human::render(&hostile(), &human::Options::default());
    assert_eq!(anstream::adapter::strip_str(&text).to_string(), plain);
}

#[test]
fn a_workflow_command_cannot_be_injected() {
    for (format, text) in rendered(&hostile()) {
        for line in text.lines() {
            if format != "github" {
                assert!(!line.trim_start().starts_with("::"), "{format}: {line}");
            }
            assert!(!line.trim_start().starts_with("##["), "{format}: {line}");
        }
    }
    let text = github::render(&hostile());
    for line in text.lines() {
        let (properties, _) = line.trim_start_matches("::").split_once("::").unwrap();
        let kind = properties.split(' ').next().unwrap();
        assert!(["error", "warning", "notice"].contains(&kind), "{line}");
        assert_eq!(
            line.matches("::error").count(),
            usize::from(kind == "error") + line.matches("\\u{a}::error").count(),
            "{line}"
        );
    }
}

#[test]
fn a_hostile_report_stays_small() {
    let limit = 100_000 * hostile().verdict.findings.len();
    for (format, text) in rendered(&hostile()) {
        if format == "json" {
            // Whole by contract: the rooms bound what they put into a report.
            continue;
        }
        assert!(text.len() < limit, "{format}: {}", text.len());
    }
}

#[test]
fn every_format_says_the_verdict_of_an_empty_report() {
    for (format, text) in rendered(&empty()) {
        let word = match format {
            "json" | "sarif" => "\"decision\": \"pass\"",
            "junit" => "failures=\"0\" errors=\"0\"",
            _ => "PASS",
        };
        assert!(text.contains(word), "{format}: {text}");
    }
}
