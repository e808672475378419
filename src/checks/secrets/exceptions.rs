//! Exceptions: secrets that someone accepts for a while. The file names each by a keyed
//! hash of its kind and value, so it holds no secret and no place, and a new secret on the
//! same line is another one.

use crate::model::{Detail, Finding, SecretDetail};
use crate::support::hash::hmac_sha256;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Largest file that is read, in bytes.
pub const MAX_EXCEPTIONS: u64 = 16 * 1024 * 1024;
/// The beginning of the first line; the salt follows.
const HEAD: &str = "# sealgate secret exceptions 1, salt ";
/// The second line, for people.
const COLUMNS: &str = "# key\tlast day\towner\tkind\tplace\treason";
/// Bytes of a salt.
const SALT: usize = 16;

/// One accepted secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The last day it holds, UTC.
    pub expires: Date,
    /// Who answers for it.
    pub owner: String,
    /// The kind of secret.
    pub kind: String,
    /// Where it was when it was accepted; only for people.
    pub place: String,
    /// Why it is accepted.
    pub reason: String,
}

/// The exceptions of a repository, by the key of the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceptions {
    salt: Vec<u8>,
    /// Sorted, so that the lines of two branches merge.
    pub entries: BTreeMap<String, Exception>,
}

/// A line that is no exception.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct BadException {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

impl Exceptions {
    /// No exception yet, under a salt of 16 random bytes.
    #[must_use]
    pub fn new(salt: [u8; SALT]) -> Self {
        Self {
            salt: salt.to_vec(),
            entries: BTreeMap::new(),
        }
    }

    /// Reads a file: a line with the salt, then one line for each exception with key, last
    /// day, owner, kind, place and reason between tabs. Empty lines and comments are
    /// skipped.
    ///
    /// # Errors
    /// [`BadException`] at the first line that is none of these, and where a key comes
    /// twice: a merge that kept both sides is for people to settle.
    pub fn parse(text: &str) -> Result<Self, BadException> {
        let bad = |line: usize, reason: &str| BadException {
            line,
            reason: reason.to_owned(),
        };
        let mut lines = text.lines().enumerate();
        let salt = lines
            .next()
            .and_then(|(_, first)| hex::decode(first.strip_prefix(HEAD)?).ok())
            .filter(|salt| salt.len() == SALT)
            .ok_or_else(|| bad(1, "it does not begin like a file of exceptions"))?;
        let mut entries = BTreeMap::new();
        for (index, line) in lines {
            let number = index + 1;
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fields: Vec<&str> = line.split('\t').collect();
            let [key, expires, owner, kind, place, reason] = fields.as_slice() else {
                return Err(bad(number, "it has not six parts between tabs"));
            };
            if key.len() != 64 || !key.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Err(bad(number, "its key is not 64 hex digits"));
            }
            if owner.trim().is_empty() || reason.trim().is_empty() {
                return Err(bad(number, "it has no owner or no reason"));
            }
            let expires: Date = expires
                .parse()
                .map_err(|_| bad(number, "its last day is no date such as 2027-01-31"))?;
            let exception = Exception {
                expires,
                owner: (*owner).to_owned(),
                kind: (*kind).to_owned(),
                place: (*place).to_owned(),
                reason: (*reason).to_owned(),
            };
            if entries.insert((*key).to_owned(), exception).is_some() {
                return Err(bad(number, "its key stands in an earlier line"));
            }
        }
        Ok(Self { salt, entries })
    }

    /// The file: the same exceptions give the same bytes.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEAD}{}\n{COLUMNS}\n", hex::encode(&self.salt));
        for (key, entry) in &self.entries {
            let plain = |field: &str| field.replace(|c: char| c.is_control(), " ");
            let _ = writeln!(
                text,
                "{key}\t{}\t{}\t{}\t{}\t{}",
                entry.expires,
                plain(&entry.owner),
                plain(&entry.kind),
                plain(&entry.place),
                plain(&entry.reason),
            );
        }
        text
    }

    /// The key of a secret: HMAC-SHA-256 under the salt over its kind and value, 64 hex
    /// digits.
    #[must_use]
    pub fn key_of(&self, secret: &SecretDetail) -> String {
        let parts = [
            secret.kind.as_bytes(),
            b"\0",
            secret.value.expose().as_bytes(),
        ];
        hex::encode(hmac_sha256(&self.salt, &parts))
    }

    /// Gives findings the keys of their secrets, where there is an exception for them.
    pub fn mark(&self, findings: &mut [Finding]) {
        for finding in findings {
            if let Detail::Secret(secret) = &mut finding.detail {
                let key = self.key_of(secret);
                secret.exception = self.entries.contains_key(&key).then_some(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exceptions() -> Exceptions {
        let mut exceptions = Exceptions::new([7; SALT]);
        for (n, owner) in [(2, "jo"), (1, "kim")] {
            exceptions.entries.insert(
                format!("{n}f").repeat(32),
                Exception {
                    expires: "2027-01-31".parse().unwrap(),
                    owner: owner.to_owned(),
                    kind: "k".to_owned(),
                    place: "a.env:1".to_owned(),
                    reason: "sample\tof the\nmanual".to_owned(),
                },
            );
        }
        exceptions
    }

    #[test]
    fn what_is_written_is_read_again_in_the_same_order() {
        let text = exceptions().to_text();
        let read = Exceptions::parse(&text).unwrap();
        assert_eq!(read.to_text(), text);
        let owners: Vec<&str> = read.entries.values().map(|e| e.owner.as_str()).collect();
        assert_eq!(owners, ["kim", "jo"]);
        assert_eq!(text.lines().count(), 4);
    }

    #[test]
    fn a_line_that_is_no_exception_is_named() {
        let text = exceptions().to_text();
        let first = text.lines().nth(2).unwrap();
        for (line, reason) in [
            ("x", "six parts"),
            ("1f\t2027-01-31\tjo\tk\tp\tr", "64 hex digits"),
            (&first.replace("2027-01-31", "soon"), "no date"),
            (&first.replace("kim", " "), "no owner"),
            (first, "an earlier line"),
            ("<<<<<<< HEAD", "six parts"),
        ] {
            let error = Exceptions::parse(&format!("{text}{line}\n")).unwrap_err();
            assert_eq!(error.line, 5);
            assert!(error.reason.contains(reason), "{error}");
        }
        for text in [
            "",
            "# something else\n",
            "# sealgate secret exceptions 1, salt 00\n",
        ] {
            assert_eq!(Exceptions::parse(text).unwrap_err().line, 1);
        }
    }
}
