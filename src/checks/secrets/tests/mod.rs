//! The engine as a whole.

mod curl;
mod decoding;
mod dropped;
mod hostile;
mod recognisers;
mod rules;
mod shown;

use super::testing::expand;
use super::{Rules, check_bytes};
use crate::model::{Confidence, Detail, Finding, SecretDetail};
use std::sync::LazyLock;

static LOADED: LazyLock<Rules> = LazyLock::new(|| Rules::load().unwrap());

fn detail(finding: &Finding) -> &SecretDetail {
    match &finding.detail {
        Detail::Secret(secret) => secret,
        _ => panic!("a finding of another check"),
    }
}

fn check(path: &str, text: &str) -> Vec<Finding> {
    let found = check_bytes(path, text.as_bytes(), &LOADED);
    let explained = found.iter().all(|f| !detail(f).why.is_empty());
    assert!(explained, "a finding without a reason: {found:?}");
    found
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
