//! Files that programs keep logins in, told by their names. A field of such a file holds
//! a credential whatever it looks like, so even a weak password counts. Stores of keys are
//! told by their first bytes.

mod clients;
mod docker;
mod firefox;
mod git_credentials;
mod keystore;
mod kubeconfig;
mod mail;
mod netrc;
mod npmrc;
mod pgpass;
mod rails;
mod terraform;
mod unix_accounts;

use super::candidate::{Candidate, MADE_UP};
use super::engine::Scan;
use super::file::{FileContext, Format as Writing};
use super::kind::{Kind, Remedy};
use super::recognise::assignment;
use super::rules::ACCOUNT_DATA;
use super::value::{is_template, trim};
use crate::model::{Confidence, Severity};
use std::ops::Range;

/// One format of credential file.
#[derive(Debug)]
pub(super) struct Format {
    /// Whether a file has this format, by its name and path.
    matches: fn(&FileContext<'_>) -> bool,
    /// Finds the credentials in it.
    look: fn(&mut Scan<'_>),
}

/// Every format.
pub(super) static FORMATS: &[Format] = &[
    clients::FORMAT,
    docker::FORMAT,
    firefox::FORMAT,
    git_credentials::FORMAT,
    kubeconfig::FORMAT,
    mail::FORMAT,
    netrc::FORMAT,
    npmrc::FORMAT,
    pgpass::FORMAT,
    rails::FORMAT,
    terraform::FORMAT,
    unix_accounts::FORMAT,
];

/// Largest credential file that is looked at, in bytes: programs keep them small.
const MAX_FILE: usize = 1024 * 1024;

/// Looks at a whole file, where its name is that of a credential file.
pub(super) fn look(scan: &mut Scan<'_>) {
    keystore::look(scan);
    if scan.bytes.len() > MAX_FILE || scan.file.format == Writing::Binary {
        return;
    }
    for format in FORMATS {
        if (format.matches)(&scan.file) {
            (format.look)(scan);
        }
    }
}

/// Names of accounts and servers beside a stored login: alone they open nothing, with it
/// they say where it opens something.
static ACCOUNT: Kind = Kind {
    id: "account-data",
    provider: "client settings",
    credential: "account or server name",
    title: "Account or server of a stored login",
    rule: &ACCOUNT_DATA,
    severity: Severity::Low,
    remedy: Remedy::Rotate {
        revoke: "together with the login beside it",
    },
};

/// Claims a field's value, unless it refers to a value elsewhere; says whether it did.
fn claim(scan: &mut Scan<'_>, value: Range<usize>, kind: &'static Kind) -> bool {
    let value = trim(scan.bytes, value);
    let text = scan.text(value.clone());
    let hidden = text.iter().all(|b| matches!(b, b'*' | b'.' | b'x' | b'-'));
    if text.is_empty() || hidden || is_template(text) {
        scan.drop_candidate(
            value,
            kind,
            "it is masked, or a reference to a value elsewhere",
        );
        return false;
    }
    let made_up = scan.file.made_up;
    let claim = Candidate::new(value, kind, Confidence::High);
    let claim = claim.because("a field that holds a login, in a file of a program that keeps them");
    scan.add(claim.doubted(made_up, MADE_UP));
    true
}

/// Claims the values of fields with these names, and where there is one, those of the
/// fields that say whose and where.
fn claim_logins(scan: &mut Scan<'_>, fields: &[&str], kind: &'static Kind, accounts: &[&str]) {
    if claim_fields(scan, fields, kind) {
        claim_fields(scan, accounts, &ACCOUNT);
    }
}

/// Claims the values of fields with these names in JSON, XML, INI or YAML; says whether
/// there was one.
fn claim_fields(scan: &mut Scan<'_>, fields: &[&str], kind: &'static Kind) -> bool {
    let mut claimed = false;
    for field in fields {
        for at in memchr::memmem::find_iter(scan.bytes, field.as_bytes()) {
            let name = at..at + field.len();
            if !stands_alone(scan, &name) {
                continue;
            }
            let value = assignment::value_of(scan, &name)
                .map(|assigned| assigned.value)
                .or_else(|| element_with_attributes(scan, &name));
            if let Some(value) = value {
                claimed |= claim(scan, value, kind);
            }
        }
    }
    claimed
}

fn stands_alone(scan: &Scan<'_>, name: &Range<usize>) -> bool {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let before = name.start.checked_sub(1).and_then(|i| scan.bytes.get(i));
    !before.is_some_and(is_part) && !scan.bytes.get(name.end).is_some_and(is_part)
}

/// The text of `<name attribute="…">text</name>`.
fn element_with_attributes(scan: &mut Scan<'_>, name: &Range<usize>) -> Option<Range<usize>> {
    let before = name.start.checked_sub(1)?;
    let rest = scan.text(name.end..scan.bytes.len().min(name.end + 512));
    scan.work.add(rest.len());
    if scan.bytes.get(before) != Some(&b'<') || rest.first() != Some(&b' ') {
        return None;
    }
    let start = memchr::memchr(b'>', rest)? + 1;
    let text = rest.get(start..)?;
    let end = start + memchr::memchr2(b'<', b'\n', text)?;
    (rest.get(end) == Some(&b'<')).then(|| name.end + start..name.end + end)
}

/// The ranges of the lines of a file, without line ends.
fn lines(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    bytes.split(|b| *b == b'\n').map(move |line| {
        let range = start..start + line.len() - usize::from(line.ends_with(b"\r"));
        start += line.len() + 1;
        range
    })
}
