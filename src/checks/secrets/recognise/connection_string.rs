//! Connection strings with `key=value;` parts (ADO.NET, ODBC) and database URLs with the
//! password in the query (JDBC).

use crate::checks::secrets::candidate::{Candidate, MADE_UP, STAND_IN, lowered};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::CONNECTION_STRING;
use crate::checks::secrets::value::{is_filler, is_stand_in, is_template};
use crate::model::{Confidence, Severity};
use std::ops::Range;

pub(super) const KEYWORDS: &[&str] = &["password=", "pwd=", "sharedaccesskey=", "password ="];

/// Longest value, and how far around it the rest of the string is looked for, in bytes.
const MAX_VALUE: usize = 256;
const AROUND: usize = 240;

static DATABASE_PASSWORD: Kind = Kind {
    id: "connection-string-password",
    provider: "database",
    credential: "password",
    title: "Database password in a connection string",
    rule: &CONNECTION_STRING,
    severity: Severity::High,
    remedy: Remedy::Replace {
        revoke: "by changing it in the database",
        instead: "IAM database authentication or the database's Secrets Manager integration (elsewhere: a managed identity)",
    },
};

/// Other parts of such a string; two make one.
const PARTS: &[&str] = &[
    "server=",
    "data source=",
    "datasource=",
    "host=",
    "initial catalog=",
    "database=",
    "user id=",
    "userid=",
    "uid=",
    "user=",
    "username=",
    "dbname=",
    "driver=",
    "endpoint=sb:",
    "port=",
    "sharedaccesskeyname=",
    "jdbc:",
    "trusted_connection=",
    "integrated security=",
    "provider=",
];

pub(super) fn look(hit: Range<usize>, scan: &mut Scan<'_>) {
    let blanks = scan
        .text(hit.end..scan.bytes.len().min(hit.end + 4))
        .iter()
        .take_while(|b| **b == b' ')
        .count();
    let start = hit.end + blanks;
    let length = scan
        .text(start..scan.bytes.len())
        .iter()
        .take(MAX_VALUE + 1)
        .take_while(|b| !ends_value(**b))
        .count();
    scan.work.add(length + 1);
    let value = start..start + length;
    let text = scan.text(value.clone());
    let lower = text.to_ascii_lowercase();
    if is_template(text) || text.starts_with(b"$") {
        if scan.explains() && parts_around(scan, &hit, value.end) >= 2 {
            let why = "a reference to a value elsewhere";
            scan.drop_candidate(value, &DATABASE_PASSWORD, why);
        }
        return;
    }
    if !(4..=MAX_VALUE).contains(&length) {
        return;
    }
    // `f(user=None, password=None)`: arguments of a call, not parts of a string.
    if matches!(scan.bytes.get(value.end), Some(b',' | b')')) {
        return;
    }
    if parts_around(scan, &hit, value.end) < 2 {
        return;
    }
    let mut confidence = Confidence::High;
    let mut why = "other parts of a connection string stand around it";
    if is_stand_in(text) || text.iter().all(|b| b.is_ascii_lowercase()) {
        confidence = lowered(confidence);
        why = "the password is a word, or holds one that stands for it";
    }
    if matches!(lower.as_slice(), b"password" | b"pass" | b"secret" | b"pwd")
        || is_filler(text)
        || text.starts_with(b"your")
    {
        confidence = Confidence::Low;
        why = STAND_IN;
    }
    let claim = Candidate::new(value, &DATABASE_PASSWORD, confidence).because(why);
    let made_up = scan.is_made_up(hit.start);
    scan.add(claim.doubted(made_up, MADE_UP));
}

fn ends_value(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || matches!(
            byte,
            b';' | b'&' | b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\' | b',' | b')'
        )
}

/// How many other parts of a connection string stand around the value on its line.
fn parts_around(scan: &mut Scan<'_>, hit: &Range<usize>, end: usize) -> usize {
    let floor = hit.start.saturating_sub(AROUND);
    let before = scan.text(floor..hit.start);
    let line = memchr::memrchr(b'\n', before).map_or(floor, |i| floor + i + 1);
    let ceiling = scan.bytes.len().min(end + AROUND);
    let after = scan.text(end..ceiling);
    let stop = memchr::memchr(b'\n', after).map_or(ceiling, |i| end + i);
    let around = scan.text(line..stop).to_ascii_lowercase();
    scan.work.add(around.len());
    // The parts are joined by `;`, `&` or blanks: a lone `password=` is an assignment.
    if !around.iter().any(|b| matches!(b, b';' | b'&' | b' ')) {
        return 0;
    }
    PARTS
        .iter()
        .filter(|part| memchr::memmem::find(&around, part.as_bytes()).is_some())
        .count()
}
