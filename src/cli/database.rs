//! Which advisory database a check uses.

use super::exit::{CliError, Exit};
use crate::checks::advisories::{self, Database, DatabaseError};
use crate::model::{Digest, DigestAlgorithm};
use std::path::Path;

/// A database as a command asks for it.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    directory: &'a Path,
    digest: Option<&'a Digest>,
}

/// What was found of it.
pub enum Opened {
    /// There is none.
    Missing,
    /// It is there and cannot be used.
    Damaged(DatabaseError),
    /// It can be asked.
    Open(Box<Database>),
}

impl<'a> Wanted<'a> {
    /// The current one of a directory.
    #[must_use]
    pub fn current(directory: &'a Path) -> Self {
        Self {
            directory,
            digest: None,
        }
    }

    /// The one with this root digest and no other.
    #[must_use]
    pub fn exactly(directory: &'a Path, digest: &'a Digest) -> Self {
        Self {
            directory,
            digest: Some(digest),
        }
    }

    /// Opens it.
    ///
    /// # Errors
    /// Exit 3 where a digest is demanded and no database here has it.
    pub fn open(&self) -> Result<Opened, CliError> {
        let opened = Database::open(self.directory);
        let Some(digest) = self.digest else {
            return Ok(match opened {
                Ok(database) => Opened::Open(Box::new(database)),
                Err(DatabaseError::Missing { .. }) => Opened::Missing,
                Err(error) => Opened::Damaged(error),
            });
        };
        let here = match opened {
            Ok(database) if database.info().digest == digest.hex() => {
                return Ok(Opened::Open(Box::new(database)));
            }
            opened => match advisories::with_digest(self.directory, &digest.hex()) {
                Ok(Some(database)) => return Ok(Opened::Open(Box::new(database))),
                Ok(None) => opened,
                Err(error) => return Ok(Opened::Damaged(error)),
            },
        };
        let here = match here {
            Ok(database) => format!("the current one is sha256:{}", database.info().digest),
            Err(DatabaseError::Missing { .. }) => "there is none".to_owned(),
            Err(error) => CliError::of(Exit::Inconclusive, &error).message,
        };
        let message = format!(
            "no advisory database that is kept in `{}` has the digest {digest}: {here}",
            self.directory.display()
        );
        let hint = "name the directory that holds it with --db, or leave --db-digest out";
        Err(CliError::new(Exit::Inconclusive, message).with_hint(hint))
    }
}

/// Reads the argument of `--db-digest`: `sha256:` and 64 hex digits, or these alone, as the
/// JSON report has them.
///
/// # Errors
/// Why the text is no such digest.
pub fn parse_digest(text: &str) -> Result<Digest, String> {
    let whole = match text.contains(':') {
        true => text.to_owned(),
        false => format!("sha256:{text}"),
    };
    let digest = Digest::parse(&whole).map_err(|error| error.to_string())?;
    match digest.algorithm() {
        DigestAlgorithm::Sha256 => Ok(digest),
        other => Err(format!(
            "databases have SHA-256 digests, not {}",
            other.as_str()
        )),
    }
}
