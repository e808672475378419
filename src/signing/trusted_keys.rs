//! Public keys with the time in which each counts, so that keys can be replaced.
//!
//! ```toml
//! schema = 1
//! [[key]]
//! key = "release-2026.pub"            # SPKI PEM, relative to this file
//! from = "2026-01-01T00:00:00Z"       # both are optional, and included
//! until = "2026-12-31T23:59:59Z"
//! ```

use super::error::SigningError;
use super::key::{PublicKey, read_public_key};
use super::sigstore::VerifyError;
use crate::support::files;
use jiff::Timestamp;
use serde::Deserialize;
use std::path::Path;

/// Limit of a file of trusted keys, in bytes.
pub const MAX_TRUSTED_KEYS_BYTES: u64 = 256 * 1024;
/// Limit of keys in one file.
pub const MAX_TRUSTED_KEYS: usize = 256;

/// A public key, and when signatures by it count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    key: PublicKey,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    schema: u32,
    key: Vec<WireKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireKey {
    key: String,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl TrustedKey {
    /// A key that always counts.
    #[must_use]
    pub fn always(key: PublicKey) -> Self {
        Self {
            key,
            from: None,
            until: None,
        }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Whether a signature counts that was made at each of `times`. Where none is proved,
    /// `now` must be within the time: nothing shows that a signature by a retired key is
    /// older than its retirement.
    ///
    /// # Errors
    /// [`VerifyError::KeyOutsideTime`].
    pub fn check_time(&self, times: &[Timestamp], now: Timestamp) -> Result<(), VerifyError> {
        let only_now = [now];
        let (times, proved) = match times {
            [] => (&only_now[..], false),
            times => (times, true),
        };
        let outside = times.iter().find(|time| {
            self.from.is_some_and(|from| **time < from)
                || self.until.is_some_and(|until| **time > until)
        });
        match outside {
            None => Ok(()),
            Some(time) => Err(VerifyError::KeyOutsideTime {
                key: self.key.id().clone(),
                time: match proved {
                    true => time.to_string(),
                    false => format!("{time} (now; the bundle proves no time)"),
                },
                range: self.range(),
            }),
        }
    }

    fn range(&self) -> String {
        let shown = |time: Option<Timestamp>| time.map_or("…".to_owned(), |t| t.to_string());
        format!("{} to {}", shown(self.from), shown(self.until))
    }
}

/// The keys of a file of at most [`MAX_TRUSTED_KEYS_BYTES`].
///
/// # Errors
/// [`SigningError::File`], [`SigningError::BadTrustedKeys`] with the place, and those of
/// [`read_public_key`].
pub fn read_trusted_keys(path: &Path) -> Result<Vec<TrustedKey>, SigningError> {
    let bytes = files::read_bounded(path, MAX_TRUSTED_KEYS_BYTES)?;
    let bad = |reason: String| SigningError::BadTrustedKeys { reason };
    let text = std::str::from_utf8(&bytes).map_err(|_| bad("not UTF-8".to_owned()))?;
    // The library's own text repeats the line, however long it is.
    let wire: Wire = toml::from_str(text).map_err(|e| {
        let before = e.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        bad(format!("line {line}: {}", e.message()))
    })?;
    if wire.schema != 1 {
        return Err(bad(format!("schema {} is not known", wire.schema)));
    }
    if wire.key.is_empty() || wire.key.len() > MAX_TRUSTED_KEYS {
        return Err(bad(format!(
            "it has {} keys, 1 to {MAX_TRUSTED_KEYS} are allowed",
            wire.key.len()
        )));
    }
    let base = path.parent().unwrap_or(Path::new(""));
    let mut keys: Vec<TrustedKey> = Vec::new();
    for wire in wire.key {
        if let (Some(from), Some(until)) = (wire.from, wire.until)
            && until < from
        {
            return Err(bad(format!(
                "the time of `{}` ends before it starts",
                wire.key
            )));
        }
        let key = read_public_key(&base.join(&wire.key))?;
        // The first would decide alone, and the second's time would go unread.
        if keys.iter().any(|known| known.key.id() == key.id()) {
            return Err(bad(format!("the key of `{}` is in it twice", wire.key)));
        }
        keys.push(TrustedKey {
            key,
            from: wire.from,
            until: wire.until,
        });
    }
    Ok(keys)
}
