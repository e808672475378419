//! JSON Web Tokens with a signature (RFC 7519, RFC 7515 section 3.1): the header must
//! parse and name an algorithm.

use crate::checks::secrets::candidate::{Candidate, MADE_UP};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::matcher::left_bound;
use crate::checks::secrets::rules::JWT;
use crate::checks::secrets::shape::Class;
use crate::model::{Confidence, Severity, Validity, terminal_safe};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
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
        let why = "it is not signed, or its parts are none of a token";
        return scan.drop_candidate(header.start..payload.end, &SIGNED_TOKEN, why);
    }
    let (confidence, why) = if is_meant_to_be_public(scan.text(payload)) {
        (Confidence::Low, "a manual's sample, or a role for everyone")
    } else {
        (
            Confidence::Medium,
            "header and payload parse, and a signature follows",
        )
    };
    let mut claim = Candidate::new(header.start..signature.end, &SIGNED_TOKEN, confidence);
    claim.validity = Validity::Valid;
    let made_up = scan.is_made_up(hit.start);
    scan.add(claim.because(why).doubted(made_up, MADE_UP));
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

/// What a token says of itself that is no secret: how it is signed and until when it holds.
/// Whether that is over depends on when one asks, so it is not judged.
pub(in crate::checks::secrets) fn terms(token: &[u8]) -> Option<String> {
    let mut parts = token.split(|byte| *byte == b'.');
    let header = parsed(parts.next()?)?;
    let payload = parsed(parts.next()?);
    let algorithm = terminal_safe(header.get("alg")?.as_str()?).into_owned();
    let algorithm: String = algorithm.chars().take(16).collect();
    let end = payload.and_then(|payload| payload.get("exp")?.as_f64());
    // Seconds since 1970 (RFC 7519 section 2), in whole ones.
    let end = end.and_then(|end| Timestamp::from_second(end as i64).ok());
    Some(match end {
        Some(end) => format!("{algorithm}, expires {}", end.strftime("%Y-%m-%d")),
        None => format!("{algorithm}, no expiry"),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!(
            "{}.{}.{}",
            part(r#"{"alg":"RS256"}"#),
            part(payload),
            part("signature")
        )
    }

    #[test]
    fn a_token_says_how_it_is_signed_and_when_it_ends() {
        let terms = |payload: &str| terms(token(payload).as_bytes());
        let expected = |text: &str| Some(text.to_owned());
        assert_eq!(
            terms(r#"{"exp":1900000000}"#),
            expected("RS256, expires 2030-03-17")
        );
        assert_eq!(terms(r#"{"sub":"jo"}"#), expected("RS256, no expiry"));
        assert_eq!(terms(r#"{"exp":1e300}"#), expected("RS256, no expiry"));
        assert_eq!(super::terms(b"eyJ.eyJ.a"), None);
    }
}
