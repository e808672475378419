//! JSON Web Tokens with a signature (RFC 7519, RFC 7515 section 3.1): the header must
//! parse and name an algorithm.

use crate::checks::secrets::candidate::Candidate;
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::matcher::left_bound;
use crate::checks::secrets::rules::JWT;
use crate::checks::secrets::shape::Class;
use crate::model::{Confidence, Severity, Validity};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::ops::Range;

/// Base64 of `{"`.
pub(super) const KEYWORDS: &[&str] = &["eyj"];

/// Longest header and longest payload or signature, in bytes.
const MAX_HEADER: usize = 1024;
const MAX_PART: usize = 8192;

static SIGNED_TOKEN: Kind = Kind {
    id: "json-web-token",
    provider: "JSON Web Token",
    credential: "signed token",
    title: "Signed JSON Web Token",
    rule: &JWT,
    severity: Severity::Medium,
    remedy: Remedy::Rotate {
        revoke: "by ending the session it belongs to, or by rotating the signing key if it never expires",
    },
};

pub(super) fn look(hit: Range<usize>, scan: &mut Scan<'_>) {
    let is_exact = scan.text(hit.clone()) == b"eyJ";
    if !is_exact || !left_bound(scan.bytes, hit.start, None) {
        return;
    }
    let Some(header) = part(scan, hit.start, MAX_HEADER) else {
        return;
    };
    let Some(payload) = part(scan, header.end + 1, MAX_PART) else {
        return;
    };
    let signature = payload.end + 1..payload.end + 1 + run(scan, payload.end + 1, MAX_PART);
    let shaped = scan.text(payload.clone()).starts_with(b"eyJ") && signature.len() >= 16;
    if !shaped || !names_algorithm(scan.text(header.clone())) {
        return;
    }
    let confidence = if is_meant_to_be_public(scan.text(payload)) {
        Confidence::Low
    } else {
        Confidence::Medium
    };
    let mut claim = Candidate::new(header.start..signature.end, &SIGNED_TOKEN, confidence);
    claim.validity = Validity::Valid;
    let made_up = scan.is_made_up(hit.start);
    scan.add(claim.doubted(made_up));
}

/// A part that ends with `.`.
fn part(scan: &mut Scan<'_>, at: usize, limit: usize) -> Option<Range<usize>> {
    let length = run(scan, at, limit);
    (length > 0 && scan.bytes.get(at + length) == Some(&b'.')).then_some(at..at + length)
}

fn run(scan: &mut Scan<'_>, at: usize, limit: usize) -> usize {
    let length = scan
        .text(at..scan.bytes.len())
        .iter()
        .take(limit)
        .take_while(|b| Class::Base64Url.contains(**b))
        .count();
    scan.work.add(length + 1);
    length
}

fn parsed(part: &[u8]) -> Option<serde_json::Value> {
    let json = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&json).ok()
}

fn names_algorithm(header: &[u8]) -> bool {
    parsed(header)
        .and_then(|header| header.get("alg")?.as_str().map(|alg| alg != "none"))
        .unwrap_or(false)
}

/// The sample of every manual, or an anonymous role that is shipped to browsers.
fn is_meant_to_be_public(payload: &[u8]) -> bool {
    parsed(payload).is_some_and(|payload| {
        let is = |key: &str, text: &str| payload.get(key).is_some_and(|v| v == text);
        is("sub", "1234567890") || is("name", "John Doe") || is("role", "anon")
    })
}
