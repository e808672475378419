//! Every rule proves itself, and the rules as a whole.

use super::{check, detail};
use crate::checks::secrets::RULES;
use crate::checks::secrets::testing::expand;
use crate::checks::secrets::token::TOKENS;
use crate::model::{Confidence, Finding, Severity, Validity};

/// What a rule file proves about a token kind; written by `build.rs`.
struct Proof {
    id: &'static str,
    examples: &'static [&'static str],
    counter_examples: &'static [&'static str],
}

static PROOFS: &[Proof] = &include!(concat!(env!("OUT_DIR"), "/secret_examples.rs"));

#[test]
fn every_example_of_a_rule_is_found_and_no_counter_example_is() {
    let mut faults = Vec::new();
    for proof in PROOFS {
        for example in proof.examples.iter().chain(proof.counter_examples) {
            assert!(!expand(example).contains('{'), "unknown piece in {example}");
        }
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

#[test]
fn an_aws_secret_is_worse_than_the_id_beside_it() {
    let text = expand(
        "aws_access_key_id = AKIA{base32:16}\naws_secret_access_key = {base64:40}\nregion = x\n",
    );
    let found = check(".aws/credentials", &text);
    let severities: Vec<(&str, Severity, u32)> = found
        .iter()
        .map(|f| {
            (
                detail(f).kind.as_str(),
                f.severity,
                f.location.line.unwrap(),
            )
        })
        .collect();
    assert_eq!(
        severities,
        [
            ("aws-access-key-id", Severity::Medium, 1),
            ("aws-secret-access-key", Severity::Critical, 2)
        ]
    );
    assert!(found.iter().all(|f| detail(f).replace));
    assert!(found[1].remedy.contains("IAM role"), "{}", found[1].remedy);
}

#[test]
fn a_wrong_checksum_lowers_confidence_and_drops_nothing() {
    let state = |template: &str| {
        let found = check("a.py", &expand(template));
        let secret = detail(&found[0]);
        (secret.validity, secret.confidence)
    };
    assert_eq!(
        state("x = 'npm_{alnum:30}{github-crc}'"),
        (Validity::Valid, Confidence::High)
    );
    assert_eq!(
        state("x = 'npm_{alnum:36}'"),
        (Validity::Mismatch, Confidence::Medium)
    );
}

#[test]
fn the_samples_of_manuals_are_mere_possibilities() {
    let sample = ["AKIA", "IOSFODNN7", "EXAMPLE"].concat();
    for text in [
        format!("id = {sample}"),
        format!("token = ghp_{}", "x".repeat(36)),
        format!("key: hf_{}", "abcdefghijklmnopqrstuvwxyzabcdefgh"),
    ] {
        let found = check("a.yml", &text);
        assert!(!found.is_empty(), "{text}");
        assert!(
            found
                .iter()
                .all(|f| detail(f).confidence == Confidence::Low),
            "{found:?}"
        );
    }
}

#[test]
fn the_kinds_of_findings_belong_to_the_published_rules() {
    let found = check(
        "a.env",
        &expand("T=dop_v1_{hex:64}\nPASSWORD={weak}\nU=https://a:{alnum:20}@b.internal/\n"),
    );
    assert_eq!(found.len(), 3);
    for finding in found {
        assert!(RULES.contains(finding.rule), "{}", finding.rule.id);
    }
}
