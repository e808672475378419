//! Credentials in URLs: `scheme://user:password@host` and `scheme://token@host`
//! (RFC 3986 section 3.2.1).

use crate::checks::secrets::candidate::{Candidate, MADE_UP, STAND_IN, lowered};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::URL_CREDENTIAL;
use crate::checks::secrets::value::{Makeup, is_filler, is_stand_in, is_template, looks_random};
use crate::model::{Confidence, Severity};
use std::ops::Range;

pub(super) const KEYWORDS: &[&str] = &["://"];

/// Longest authority looked at, in bytes.
const MAX_AUTHORITY: usize = 512;

static PASSWORD_IN_URL: Kind = Kind {
    id: "url-password",
    provider: "URL",
    credential: "password",
    title: "Password in a URL",
    rule: &URL_CREDENTIAL,
    severity: Severity::High,
    remedy: Remedy::Rotate {
        revoke: "by changing it at the host of the URL",
    },
};

static TOKEN_IN_URL: Kind = Kind {
    id: "url-token",
    provider: "URL",
    credential: "token",
    title: "Token in a URL",
    rule: &URL_CREDENTIAL,
    severity: Severity::High,
    remedy: Remedy::Rotate {
        revoke: "at the host of the URL",
    },
};

/// Passwords of manuals.
const MANUAL_WORDS: &[&str] = &[
    "pass",
    "password",
    "passwd",
    "pwd",
    "pw",
    "secret",
    "token",
    "user",
    "username",
    "credentials",
    "p",
    "pat",
    "key",
    "apikey",
    "api_key",
    "x-oauth-basic",
    "oauth2",
    "auth",
    "mypassword",
    "value",
    "pass1",
    // The sample of RFC 7617 section 2.
    "opensesame",
    "open%20sesame",
];

pub(super) fn look(hit: Range<usize>, scan: &mut Scan<'_>) {
    let Some(scheme) = scheme_before(scan, hit.start) else {
        return;
    };
    let rest = scan.text(hit.end..scan.bytes.len());
    let length = rest
        .iter()
        .take(MAX_AUTHORITY + 1)
        .take_while(|b| !ends_authority(**b))
        .count();
    scan.work.add(length + 1);
    let authority = rest.get(..length).unwrap_or_default();
    let Some(at) = memchr::memrchr(b'@', authority).filter(|_| length <= MAX_AUTHORITY) else {
        return;
    };
    let userinfo = authority.get(..at).unwrap_or_default();
    let host = authority.get(at + 1..).unwrap_or_default();
    if scheme == b"mailto" || host.is_empty() {
        return;
    }
    match memchr::memchr(b':', userinfo) {
        Some(colon) => {
            let user = userinfo.get(..colon).unwrap_or_default();
            let start = hit.end + colon + 1;
            let value = start..hit.end + at;
            match judge(user, scan.text(value.clone()), host) {
                Ok((confidence, why)) => {
                    let claim = Candidate::new(value, &PASSWORD_IN_URL, confidence).because(why);
                    let made_up = scan.is_made_up(hit.start);
                    scan.add(claim.doubted(made_up, MADE_UP));
                }
                Err(why) => scan.drop_candidate(value, &PASSWORD_IN_URL, why),
            }
        }
        None if looks_random(userinfo) && !is_template(userinfo) => {
            let (confidence, why) = if is_example_host(host) {
                (Confidence::Low, "the host is one of manuals")
            } else {
                (
                    Confidence::Medium,
                    "a random user name alone, as tokens are given",
                )
            };
            let claim = Candidate::new(hit.end..hit.end + at, &TOKEN_IN_URL, confidence);
            let claim = claim.because(why);
            let made_up = scan.is_made_up(hit.start);
            scan.add(claim.doubted(made_up, MADE_UP));
        }
        None => {
            let value = hit.end..hit.end + at;
            scan.drop_candidate(value, &TOKEN_IN_URL, "a user name alone that is not random");
        }
    }
}

fn scheme_before<'a>(scan: &Scan<'a>, end: usize) -> Option<&'a [u8]> {
    let before = scan.text(0..end);
    let length = before
        .iter()
        .rev()
        .take(24)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-'))
        .count();
    (length >= 2).then(|| before.get(end - length..).unwrap_or_default())
}

fn ends_authority(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || byte.is_ascii_control()
        || matches!(
            byte,
            b'/' | b'?' | b'#' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\' | b'|' | b'^'
        )
}

/// How sure we are that the password before a host is a real one.
///
/// # Errors
/// What it is instead, in a few words.
pub(super) fn judge(
    user: &[u8],
    password: &[u8],
    host: &[u8],
) -> Result<(Confidence, &'static str), &'static str> {
    if password.len() < 3 {
        return Err("shorter than 3 bytes");
    }
    if is_template(password) || is_template(user) || is_template(host) {
        return Err("a reference to a value elsewhere");
    }
    // `$PASSWORD`, `%PASSWORD%`, `:password` and `***` stand for something else.
    if password
        .iter()
        .any(|b| matches!(b, b'$' | b'{' | b'}' | b'(' | b')' | b'[' | b']'))
        && !looks_random(password)
    {
        return Err("a reference to a value elsewhere");
    }
    let masked = password
        .iter()
        .all(|b| matches!(b, b'*' | b'.' | b'x' | b'X' | b'_'));
    if masked {
        return Err("it is masked");
    }
    let lower = password.to_ascii_lowercase();
    if is_example_host(host) {
        return Ok((Confidence::Low, "the host is one of manuals"));
    }
    if MANUAL_WORDS.iter().any(|word| lower == word.as_bytes())
        || user.eq_ignore_ascii_case(password)
        // `cvs://:pserver:…`: no user but a method.
        || (user.is_empty() && memchr::memchr(b':', password).is_some())
        || is_filler(password)
    {
        return Ok((Confidence::Low, STAND_IN));
    }
    let makeup = Makeup::of(password);
    let public = memchr::memchr(b'.', host).is_some() && !is_local_host(host);
    let (confidence, why) = if public && (makeup.sorts() >= 2 || makeup.length >= 8) {
        (
            Confidence::High,
            "a password of no simple make before a public host",
        )
    } else {
        (
            Confidence::Medium,
            "a password before a host that is not public, or a simple one",
        )
    };
    if is_stand_in(password) {
        return Ok((
            lowered(confidence),
            "the password holds a word that stands for one",
        ));
    }
    if is_local_host(host) {
        return Ok((lowered(confidence), "the host is this machine"));
    }
    Ok((confidence, why))
}

fn host_name(host: &[u8]) -> String {
    let text = String::from_utf8_lossy(host).to_ascii_lowercase();
    text.split([':', ',']).next().unwrap_or_default().to_owned()
}

/// Hosts of RFC 2606 and of manuals.
fn is_example_host(host: &[u8]) -> bool {
    let name = host_name(host);
    let labels: Vec<&str> = name.split('.').collect();
    [
        "example",
        "company",
        "mycompany",
        "yourcompany",
        "yourdomain",
        "mydomain",
    ]
    .iter()
    .any(|label| labels.contains(label))
        || matches!(labels.last(), Some(&("test" | "invalid" | "localdomain")))
        || matches!(
            name.as_str(),
            "host"
                | "hostname"
                | "server"
                | "domain.com"
                | "host.com"
                | "foo.com"
                | "bar.com"
                | "foo"
                | "bar"
                | "site.com"
                | "somehost"
                | "myhost"
                | "yourhost"
                | "acme.com"
        )
}

fn is_local_host(host: &[u8]) -> bool {
    let name = host_name(host);
    name == "localhost" || name.starts_with("127.") || name == "0.0.0.0" || name.starts_with("[::1")
}
