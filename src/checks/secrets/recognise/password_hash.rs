//! Password hashes in the formats of crypt(5), of LDAP directories and of Django: not the
//! password itself, but an invitation to guess it offline.

use crate::checks::secrets::candidate::{Candidate, MADE_UP};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::PASSWORD;
use crate::model::{Confidence, Severity};
use std::ops::Range;

pub(super) const KEYWORDS: &[&str] = &[
    "$1$",
    "$5$",
    "$6$",
    "$y$",
    "$2a$",
    "$2b$",
    "$2y$",
    "$apr1$",
    "$argon2",
    "{ssha}",
    "{sha}",
    "pbkdf2_sha256$",
];

/// Longest hash looked at, in bytes.
const MAX_HASH: usize = 256;

static PASSWORD_HASH: Kind = Kind {
    id: "password-hash",
    provider: "password hash",
    credential: "password hash",
    title: "Password hash",
    rule: &PASSWORD,
    severity: Severity::Medium,
    remedy: Remedy::Rotate {
        revoke: "by changing the password, since it can be guessed offline",
    },
};

pub(super) fn look(hit: Range<usize>, scan: &mut Scan<'_>) {
    let length = scan
        .text(hit.start..scan.bytes.len())
        .iter()
        .take(MAX_HASH)
        .take_while(|b| is_hash_byte(**b))
        .count();
    scan.work.add(length + 1);
    let value = hit.start..hit.start + length;
    let text = scan.text(value.clone());
    if !is_hash(text) {
        let why = "not the form of a password hash";
        scan.drop_candidate(value, &PASSWORD_HASH, why);
    } else {
        let claim = Candidate::new(value, &PASSWORD_HASH, Confidence::Medium)
            .because("the form of a password hash");
        let made_up = scan.is_made_up(hit.start);
        scan.add(claim.doubted(made_up, MADE_UP));
    }
}

fn is_hash_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'$' | b'.' | b'/' | b'+' | b'=' | b',' | b'{' | b'}' | b'_' | b'-'
        )
}

fn is_hash(text: &[u8]) -> bool {
    let parts: Vec<&[u8]> = text.split(|b| *b == b'$').collect();
    match parts.as_slice() {
        [b"", b"2a" | b"2b" | b"2y", cost, body] => cost.len() == 2 && body.len() == 53,
        [b"", b"1" | b"apr1", salt, hash] => salt.len() <= 8 && hash.len() == 22,
        [b"", b"5", .., salt, hash] => !salt.is_empty() && hash.len() == 43,
        [b"", b"6", .., salt, hash] => !salt.is_empty() && hash.len() == 86,
        [b"", b"y", _, salt, hash] => !salt.is_empty() && hash.len() == 43,
        [b"", method, .., salt, hash] if method.starts_with(b"argon2") => {
            salt.len() >= 11 && hash.len() >= 22
        }
        [b"pbkdf2_sha256", rounds, salt, hash] => {
            rounds.iter().all(u8::is_ascii_digit) && salt.len() >= 8 && hash.len() == 44
        }
        [single] => {
            let upper = single.to_ascii_uppercase();
            (upper.starts_with(b"{SSHA}") && single.len() >= 38)
                || (upper.starts_with(b"{SHA}") && single.len() == 33)
        }
        _ => false,
    }
}
