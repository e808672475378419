//! Private keys in text form: PEM (RFC 7468, RFC 1421), OpenSSH, OpenPGP (RFC 9580
//! section 6.2) and PuTTY. A header without a body is no key. One finding per key, at its
//! first line.

use crate::checks::secrets::candidate::{Candidate, MADE_UP, MISMATCH};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::openpgp;
use crate::checks::secrets::rules::{PRIVATE_KEY, PROVIDER_TOKEN};
use crate::model::{Confidence, Rule, Severity, Validity};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::ops::Range;

pub(super) const KEYWORDS: &[&str] = &["-----begin ", "putty-user-key-file-"];

/// Longest body looked at, in bytes: a 16384-bit RSA key has 13 KB.
const MAX_BODY: usize = 32 * 1024;
/// Fewest base64 characters of a body: an Ed25519 key in PKCS#8 has 64.
const MIN_BODY: usize = 56;
/// Longest part of a PuTTY key before its private half, in bytes.
const MAX_PUTTY_HEAD: usize = 4096;
/// How far around a key the rest of a service account's JSON is looked for, in bytes.
const AROUND: usize = 1024;

/// Why it is one.
const BODY: &str = "the marker of a private key with its body";

const WITHDRAW: Remedy = Remedy::Rotate {
    revoke: "by withdrawing its certificate or public half everywhere it is trusted",
};
const REPLACE_SSH: Remedy = Remedy::Replace {
    revoke: "by removing its public half from every `authorized_keys`",
    instead: "AWS Systems Manager Session Manager or EC2 Instance Connect, which need no stored key",
};

const fn kind(
    id: &'static str,
    credential: &'static str,
    title: &'static str,
    severity: Severity,
    remedy: Remedy,
) -> Kind {
    Kind {
        id,
        provider: "private key",
        credential,
        title,
        rule: RULE,
        severity,
        remedy,
    }
}
const RULE: &Rule = &PRIVATE_KEY;

static RSA: Kind = kind(
    "rsa-private-key",
    "RSA key (PKCS#1)",
    "RSA private key",
    Severity::Critical,
    WITHDRAW,
);
static EC: Kind = kind(
    "ec-private-key",
    "EC key (SEC 1)",
    "EC private key",
    Severity::Critical,
    WITHDRAW,
);
static DSA: Kind = kind(
    "dsa-private-key",
    "DSA key",
    "DSA private key",
    Severity::Critical,
    WITHDRAW,
);
static PKCS8: Kind = kind(
    "pkcs8-private-key",
    "key (PKCS#8)",
    "Private key",
    Severity::Critical,
    WITHDRAW,
);
static OPENSSH: Kind = kind(
    "openssh-private-key",
    "OpenSSH key",
    "OpenSSH private key",
    Severity::Critical,
    REPLACE_SSH,
);
static PGP: Kind = kind(
    "pgp-private-key",
    "OpenPGP key",
    "OpenPGP private key",
    Severity::Critical,
    WITHDRAW,
);
static PUTTY: Kind = kind(
    "putty-private-key",
    "PuTTY key",
    "PuTTY private key",
    Severity::Critical,
    REPLACE_SSH,
);
static OTHER: Kind = kind(
    "other-private-key",
    "key",
    "Private key",
    Severity::High,
    WITHDRAW,
);
static ENCRYPTED: Kind = kind(
    "encrypted-private-key",
    "encrypted key",
    "Encrypted private key",
    Severity::Medium,
    WITHDRAW,
);
static ENCRYPTED_SSH: Kind = kind(
    "encrypted-ssh-private-key",
    "encrypted SSH key",
    "Encrypted SSH private key",
    Severity::Medium,
    REPLACE_SSH,
);
static ENCRYPTED_PGP: Kind = kind(
    "encrypted-pgp-private-key",
    "encrypted OpenPGP key",
    "Encrypted OpenPGP private key",
    Severity::Medium,
    WITHDRAW,
);
static SERVICE_ACCOUNT: Kind = Kind {
    id: "google-cloud-service-account-key",
    provider: "Google Cloud",
    credential: "service account key",
    title: "Google Cloud service account key",
    rule: &PROVIDER_TOKEN,
    severity: Severity::Critical,
    remedy: Remedy::Replace {
        revoke: "in Google Cloud under IAM > Service Accounts > Keys",
        instead: "workload identity federation or an attached service account",
    },
};

pub(super) fn look(hit: Range<usize>, scan: &mut Scan<'_>) {
    let claim = if scan.text(hit.clone()).starts_with(b"-") {
        pem(hit, scan)
    } else {
        putty(hit, scan)
    };
    if let Some(claim) = claim {
        scan.add(claim);
    }
}

fn pem(hit: Range<usize>, scan: &mut Scan<'_>) -> Option<Candidate> {
    let after = scan.text(hit.end..scan.bytes.len().min(hit.end + 64));
    let label_length = memchr::memmem::find(after, b"-----")?;
    let label = after.get(..label_length)?;
    let is_label = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b' ';
    if !label.iter().all(is_label) || memchr::memmem::find(label, b"PRIVATE KEY").is_none() {
        return None;
    }
    let body = Body::read(scan, hit.end + label_length + 5);
    if body.text.len() < MIN_BODY {
        scan.drop_candidate(hit, &OTHER, "a marker of a private key without its body");
        return None;
    }
    let (kind, validity) = classify(label, &body);
    let (kind, validity) = if kind.id == PKCS8.id && in_service_account(scan, &hit, &body) {
        (&SERVICE_ACCOUNT, validity)
    } else {
        (kind, validity)
    };
    // Keys in tests and documentation are made for them, nearly without exception.
    let made_up = scan.is_made_up(hit.start);
    let claim = Candidate {
        at: hit.start,
        validity,
        ..Candidate::new(body.range, kind, Confidence::High)
    };
    Some(
        claim
            .because(BODY)
            .doubted(validity == Validity::Mismatch, MISMATCH)
            .doubted(made_up, MADE_UP)
            .doubted(made_up, MADE_UP),
    )
}

/// What stands between the marker lines.
#[derive(Debug)]
struct Body {
    range: Range<usize>,
    /// Base64 only, without line ends, escapes, quotes and header lines.
    text: Vec<u8>,
    /// A header line says that it is encrypted (RFC 1421 section 4.6.1.1).
    encrypted: bool,
}

impl Body {
    fn read(scan: &mut Scan<'_>, start: usize) -> Self {
        let (from, encrypted) = skip_headers(scan, start);
        let all = scan.text(from..scan.bytes.len().min(from + MAX_BODY));
        let mut text = Vec::new();
        let (mut first, mut last) = (None, from);
        let mut i = 0;
        while let Some(&byte) = all.get(i) {
            let next = all.get(i + 1).copied();
            match byte {
                // `\n` in a JSON or program text.
                b'\\' if matches!(next, Some(b'n' | b'r' | b't')) => i += 1,
                // A `+` that stands apart joins quoted lines; one at the end of a line of
                // base64 is part of it.
                b'+' if stands_apart(all, i) => {}
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'=' => {
                    first.get_or_insert(from + i);
                    last = from + i + 1;
                    text.push(byte);
                }
                b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'\\' | b',' | b'#' | b'*' | b';'
                | b'|' | b'>' | b'.' => {}
                _ => break,
            }
            i += 1;
        }
        scan.work.add(i + 1);
        Self {
            range: first.unwrap_or(from)..last,
            text,
            encrypted,
        }
    }

    fn decoded(&self) -> Option<Vec<u8>> {
        STANDARD.decode(&self.text).ok()
    }
}

fn stands_apart(text: &[u8], at: usize) -> bool {
    let is_edge =
        |b: Option<&u8>| b.is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\''));
    is_edge(at.checked_sub(1).and_then(|before| text.get(before))) && is_edge(text.get(at + 1))
}

/// Behind the header lines (`Proc-Type: 4,ENCRYPTED`, `Version: …`), and whether they
/// say that the key is encrypted.
fn skip_headers(scan: &mut Scan<'_>, start: usize) -> (usize, bool) {
    let mut at = start;
    let mut encrypted = false;
    for _ in 0..8 {
        let rest = scan.text(at..scan.bytes.len().min(at + 200));
        let blank = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        let line = rest.get(blank..).unwrap_or_default();
        // The line ends where it does, or at an escape that stands for it.
        let end = line
            .windows(2)
            .position(|w| matches!(w, [b'\n', _] | [b'\\', b'n' | b'r']))
            .unwrap_or(line.len());
        let line = line.get(..end).unwrap_or_default();
        scan.work.add(line.len());
        let Some(colon) = memchr::memmem::find(line, b": ") else {
            break;
        };
        let is_header = line
            .get(..colon)
            .is_some_and(|name| name.iter().all(|b| b.is_ascii_alphabetic() || *b == b'-'));
        if !is_header {
            break;
        }
        encrypted |= memchr::memmem::find(line, b"ENCRYPTED").is_some();
        at += blank + end;
        if rest.get(blank + end) == Some(&b'\\') {
            at += 2;
        }
    }
    (at, encrypted)
}

fn classify(label: &[u8], body: &Body) -> (&'static Kind, Validity) {
    let decoded = body.decoded();
    let der = match &decoded {
        Some(bytes) if is_der_sequence(bytes) => Validity::Valid,
        _ => Validity::Mismatch,
    };
    let plain = |kind: &'static Kind| {
        if body.encrypted {
            (&ENCRYPTED, Validity::Unknown)
        } else {
            (kind, der)
        }
    };
    match label {
        b"RSA PRIVATE KEY" => plain(&RSA),
        b"EC PRIVATE KEY" => plain(&EC),
        b"DSA PRIVATE KEY" => plain(&DSA),
        b"PRIVATE KEY" => plain(&PKCS8),
        b"ENCRYPTED PRIVATE KEY" => (&ENCRYPTED, der),
        b"OPENSSH PRIVATE KEY" => match decoded.as_deref().map(openssh_cipher) {
            Some(Some(b"none")) => (&OPENSSH, Validity::Valid),
            Some(Some(_)) => (&ENCRYPTED_SSH, Validity::Valid),
            _ => (&OPENSSH, Validity::Mismatch),
        },
        _ if label.starts_with(b"PGP ") => match openpgp::read(&body.text) {
            Some(key) if key.encrypted => (&ENCRYPTED_PGP, Validity::Valid),
            Some(_) => (&PGP, Validity::Valid),
            None => (&PGP, Validity::Unknown),
        },
        _ => (&OTHER, Validity::Unknown),
    }
}

/// Whether the bytes are one DER SEQUENCE from end to end (X.690 section 8.1).
fn is_der_sequence(bytes: &[u8]) -> bool {
    match bytes {
        [0x30, 0x82, a, b, rest @ ..] => rest.len() == usize::from(*a) << 8 | usize::from(*b),
        [0x30, 0x81, a, rest @ ..] => rest.len() == usize::from(*a),
        [0x30, a, rest @ ..] if *a < 0x80 => rest.len() == usize::from(*a),
        _ => false,
    }
}

/// The cipher name of an OpenSSH key (`PROTOCOL.key` of OpenSSH); `none` is unencrypted.
fn openssh_cipher(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(b"openssh-key-v1\0")?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// Whether the key stands in the JSON of a Google Cloud service account.
fn in_service_account(scan: &mut Scan<'_>, hit: &Range<usize>, body: &Body) -> bool {
    let end = scan.bytes.len().min(body.range.end + AROUND);
    let around = scan.text(hit.start.saturating_sub(AROUND)..end);
    scan.work.add(around.len());
    ["service_account", "private_key_id"]
        .iter()
        .all(|word| memchr::memmem::find(around, word.as_bytes()).is_some())
}

fn putty(hit: Range<usize>, scan: &mut Scan<'_>) -> Option<Candidate> {
    let rest = scan.text(hit.end..scan.bytes.len().min(hit.end + MAX_PUTTY_HEAD));
    scan.work.add(rest.len());
    let marker = memchr::memmem::find(rest, b"Private-Lines:")?;
    let head = rest.get(..marker)?;
    let encrypted = memchr::memmem::find(head, b"Encryption: none").is_none();
    let line = rest.get(marker..)?;
    let body_at = hit.end + marker + memchr::memchr(b'\n', line)? + 1;
    let body = Body::read(scan, body_at);
    // The body runs into the next field, `Private-MAC:`.
    if body.text.len() < MIN_BODY {
        return None;
    }
    let kind = if encrypted { &ENCRYPTED_SSH } else { &PUTTY };
    let mut claim = Candidate::new(body.range, kind, Confidence::High);
    claim.at = hit.start;
    let made_up = scan.is_made_up(hit.start);
    let claim = claim.because(BODY).doubted(made_up, MADE_UP);
    Some(claim.doubted(made_up, MADE_UP))
}
