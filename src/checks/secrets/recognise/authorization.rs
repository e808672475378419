//! Authorization headers written out: `Authorization: Basic …` (RFC 7617) and `Bearer …`
//! (RFC 6750), in code, in `curl` lines and in recorded requests.

use crate::checks::secrets::candidate::{Candidate, MADE_UP, STAND_IN};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::AUTHORIZATION_HEADER;
use crate::checks::secrets::value::{is_filler, is_stand_in, is_template, looks_random};
use crate::model::{Confidence, Severity, Validity};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::ops::Range;

pub(super) const KEYWORDS: &[&str] = &["bearer ", "basic ", "token "];

/// Longest credential looked at, in bytes.
const MAX_CREDENTIAL: usize = 4096;
/// How far before the scheme the word `Authorization` may stand, in bytes.
const BEFORE: usize = 40;

static BASIC: Kind = Kind {
    id: "basic-authorization",
    provider: "HTTP",
    credential: "Basic credentials",
    title: "Basic Authorization header",
    rule: &AUTHORIZATION_HEADER,
    severity: Severity::High,
    remedy: Remedy::Rotate {
        revoke: "by changing the password of its user",
    },
};

static BEARER: Kind = Kind {
    id: "bearer-authorization",
    provider: "HTTP",
    credential: "bearer token",
    title: "Bearer Authorization header",
    rule: &AUTHORIZATION_HEADER,
    severity: Severity::High,
    remedy: Remedy::Rotate {
        revoke: "where it was issued",
    },
};

pub(super) fn look(hit: Range<usize>, scan: &mut Scan<'_>) {
    let before = scan
        .text(hit.start.saturating_sub(BEFORE)..hit.start)
        .to_ascii_lowercase();
    let line = memchr::memrchr(b'\n', &before).map_or(before.as_slice(), |i| {
        before.get(i + 1..).unwrap_or_default()
    });
    scan.work.add(BEFORE);
    let named = memchr::memmem::find(line, b"authorization").is_some();
    let begins_text = matches!(line.last(), Some(b'"' | b'\'' | b'`'));
    let scheme = scan.text(hit.clone()).to_ascii_lowercase();
    if !(named || (begins_text && scheme != b"token ")) {
        return;
    }
    let length = scan
        .text(hit.end..scan.bytes.len())
        .iter()
        .take(MAX_CREDENTIAL + 1)
        .take_while(|b| is_credential_byte(**b))
        .count();
    scan.work.add(length + 1);
    let value = hit.end..hit.end + length;
    let text = scan.text(value.clone());
    // What goes on after the credential's bytes is a template or prose.
    let ends = !matches!(
        scan.bytes.get(value.end),
        Some(b'{' | b'$' | b'<' | b'%' | b'(')
    );
    let kind = match scheme == b"basic " {
        true => &BASIC,
        false => &BEARER,
    };
    if length > MAX_CREDENTIAL || !ends || is_template(text) {
        return scan.drop_candidate(
            value,
            kind,
            "a reference to a value elsewhere, or no credential",
        );
    }
    let claim = match scheme == b"basic " {
        true => basic(value.clone(), text),
        false => bearer(value.clone(), text),
    };
    if claim.is_none() {
        scan.drop_candidate(
            value,
            kind,
            "it decodes to no user and password, or is not random",
        );
    }
    if let Some(claim) = claim {
        let made_up = scan.is_made_up(hit.start);
        // One step for both: each says that it may be a sample.
        let why = match made_up {
            true => MADE_UP,
            false => "the word `Authorization` does not stand before it",
        };
        scan.add(claim.doubted(made_up || !named, why));
    }
}

fn is_credential_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

fn basic(value: Range<usize>, text: &[u8]) -> Option<Candidate> {
    let decoded = STANDARD.decode(text).ok()?;
    let colon = memchr::memchr(b':', &decoded)?;
    let (user, password) = (decoded.get(..colon)?, decoded.get(colon + 1..)?);
    let printable = decoded.iter().all(|b| !b.is_ascii_control());
    if !printable || is_template(user) || is_template(password) || decoded.len() < 4 {
        return None;
    }
    let secret = if password.is_empty() { user } else { password };
    let lower = secret.to_ascii_lowercase();
    let said = [
        b"pass".as_slice(),
        b"password",
        b"pwd",
        b"secret",
        // The sample of RFC 7617 section 2.
        b"open sesame",
        b"opensesame",
    ]
    .contains(&lower.as_slice());
    let (confidence, why) = if said || is_stand_in(secret) || user == password || is_filler(secret)
    {
        (Confidence::Low, STAND_IN)
    } else if password.is_empty() && !looks_random(user) {
        // A token is given as the user; the name of one opens nothing.
        (Confidence::Low, "it decodes to a user without a password")
    } else {
        (Confidence::High, "it decodes to a user and a password")
    };
    let mut claim = Candidate::new(value, &BASIC, confidence).because(why);
    claim.validity = Validity::Valid;
    Some(claim)
}

fn bearer(value: Range<usize>, text: &[u8]) -> Option<Candidate> {
    if !looks_random(text) {
        return None;
    }
    let confidence = if is_stand_in(text) {
        Confidence::Low
    } else {
        Confidence::High
    };
    Some(
        Candidate::new(value, &BEARER, confidence).because(match confidence {
            Confidence::Low => STAND_IN,
            _ => "a random value behind the scheme",
        }),
    )
}
