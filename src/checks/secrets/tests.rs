//! The engine as a whole: every rule's proof, every recogniser from both sides, hostile
//! input.

use super::engine::scan;
use super::testing::{expand, pem, pem_of};
use super::token::TOKENS;
use super::{RULES, Rules, check_bytes};
use crate::model::{Confidence, Detail, Finding, SecretDetail, Severity, Validity};
use std::sync::LazyLock;

/// What a rule file proves about a token kind; written by `build.rs`.
struct Proof {
    id: &'static str,
    examples: &'static [&'static str],
    counter_examples: &'static [&'static str],
}

static PROOFS: &[Proof] = &include!(concat!(env!("OUT_DIR"), "/secret_examples.rs"));

static LOADED: LazyLock<Rules> = LazyLock::new(|| Rules::load().unwrap());

fn detail(finding: &Finding) -> &SecretDetail {
    match &finding.detail {
        Detail::Secret(secret) => secret,
        _ => panic!("a finding of another check"),
    }
}

fn check(path: &str, text: &str) -> Vec<Finding> {
    check_bytes(path, text.as_bytes(), &LOADED)
}

/// Kind and confidence of everything in a template's text.
fn kinds(path: &str, template: &str) -> Vec<(String, Confidence)> {
    check(path, &expand(template))
        .iter()
        .map(|f| (detail(f).kind.clone(), detail(f).confidence))
        .collect()
}

/// The kinds of medium or high confidence.
fn likely(path: &str, template: &str) -> Vec<String> {
    kinds(path, template)
        .into_iter()
        .filter(|(_, confidence)| *confidence > Confidence::Low)
        .map(|(kind, _)| kind)
        .collect()
}

#[test]
fn every_example_of_a_rule_is_found_and_no_counter_example_is() {
    let mut faults = Vec::new();
    for proof in PROOFS {
        for example in proof.examples {
            let text = format!("x = \"{}\"\n", expand(example));
            let plain = format!("{}\n", expand(example));
            let text = if example.contains(['"', ' ']) {
                plain
            } else {
                text
            };
            let found = check("app/run.py", &text);
            let sure = |f: &Finding| {
                let secret = detail(f);
                secret.kind == proof.id && secret.confidence > Confidence::Low
            };
            if !found.iter().any(sure) {
                faults.push(format!("{}: missed {example}: {found:?}", proof.id));
            }
        }
        for example in proof.counter_examples {
            let text = format!("{}\n", expand(example));
            let found = check("app/run.py", &text);
            if found.iter().any(|f| detail(f).kind == proof.id) {
                faults.push(format!("{}: matched {example}", proof.id));
            }
        }
        // The template itself, as it stands in the repository, is no secret.
        for example in proof.examples.iter().chain(proof.counter_examples) {
            let found = check("rules/x.toml", &format!("examples = [{example:?}]\n"));
            if found.iter().any(|f| detail(f).confidence > Confidence::Low) {
                faults.push(format!("{}: raw template {example} is a finding", proof.id));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(PROOFS.len(), TOKENS.len());
}

#[test]
fn the_rules_cover_many_providers() {
    let mut providers: Vec<&str> = TOKENS.iter().map(|t| t.kind.provider).collect();
    providers.sort_unstable();
    providers.dedup();
    assert!(providers.len() >= 100, "{}", providers.len());
    assert!(TOKENS.len() >= 180, "{}", TOKENS.len());
}
