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
    assert!(providers.len() >= 370, "{}", providers.len());
    assert!(TOKENS.len() >= 600, "{}", TOKENS.len());
    let readme = include_str!("../../../../README.md").replace('\n', " ");
    let count = format!("{} providers in {} kinds", providers.len(), TOKENS.len());
    assert!(readme.contains(&count), "README: {count}");
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
    assert!(
        found[0].message.contains("of account "),
        "{}",
        found[0].message
    );
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

/// Whether a template ends in something that can be checked, and holds.
fn is_checkable(template: &str) -> bool {
    ["-crc}", "-sum}", "{json:", "{macaroon}", "{bot-id}"]
        .iter()
        .any(|piece| template.contains(piece))
}

#[test]
fn a_sound_token_is_valid_and_its_mutated_twins_are_demoted() {
    let mut schemes = 0;
    for proof in PROOFS {
        let templates: Vec<&&str> = proof.examples.iter().filter(|e| is_checkable(e)).collect();
        let rule = TOKENS.iter().find(|t| t.kind.id == proof.id).unwrap();
        assert_eq!(
            rule.checksum.is_some(),
            !templates.is_empty(),
            "{}",
            proof.id
        );
        schemes += templates.len();
        for (template, seed) in templates.iter().flat_map(|t| (0..20).map(move |n| (t, n))) {
            // Another comment gives other random characters.
            let seeded = |token: &str| format!("# {seed}\nx = {token}\n");
            let text = expand(&seeded(template));
            let found = check("app/run.py", &text);
            let of_kind = |f: &&Finding| detail(f).kind == proof.id;
            let sound = found
                .iter()
                .find(of_kind)
                .unwrap_or_else(|| panic!("{text}"));
            assert_eq!(detail(sound).validity, Validity::Valid, "{text}");
            assert_eq!(detail(sound).confidence, Confidence::High, "{text}");
            let token = detail(sound).value.expose();
            for twin in twins(token, proof.id) {
                let found = check("app/run.py", &text.replace(token, &twin));
                let twin_found = found.iter().find(of_kind);
                let demoted = twin_found.is_some_and(|f| {
                    detail(f).validity == Validity::Mismatch
                        && detail(f).confidence == Confidence::Medium
                });
                assert!(demoted, "{}: {twin}: {found:?}", proof.id);
            }
        }
    }
    assert!(schemes >= 20, "{schemes}");
}

/// The token with one character changed, where what is checked covers it.
fn twins(token: &str, id: &str) -> Vec<String> {
    let places: Vec<usize> = match id {
        // The length of the signature; its bytes are any.
        "pypi-api-token" => vec![token.len() - 44],
        "discord-bot-token" => vec![5],
        // The quote or brace that ends the object.
        _ if token.contains("eyJ") => {
            let start = token.find("eyJ").unwrap();
            let ends = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/');
            let (_, encoded) = token.split_at(start);
            vec![encoded.find(ends).map_or(token.len(), |l| start + l) - 2]
        }
        _ => vec![token.len() - 12, token.len() - 1],
    };
    places
        .into_iter()
        .map(|at| {
            let mut bytes = token.as_bytes().to_vec();
            bytes[at] = match bytes[at] {
                b'8' => b'9',
                b'0'..=b'9' => b'8',
                b'Q' => b'P',
                b'A'..=b'Z' => b'Q',
                b'a' => b'b',
                _ => b'a',
            };
            String::from_utf8(bytes).unwrap()
        })
        .collect()
}

#[test]
fn the_samples_of_manuals_are_mere_possibilities() {
    let sample = ["AKIA", "IOSFODNN7", "EXAMPLE"].concat();
    for text in [
        format!("id = {sample}"),
        format!("token = ghp_{}", "x".repeat(36)),
        format!("key: hf_{}", "abcdefghijklmnopqrstuvwxyzabcdefgh"),
        "dd_api_key: d41d8cd98f00b204e9800998ecf8427e".to_owned(),
        "heroku_api_key: 123e4567-e89b-12d3-a456-426614174000".to_owned(),
        "heroku_api_key: 00000000-0000-0000-0000-000000000000".to_owned(),
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
