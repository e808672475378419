//! A file of attestations, one bundle a line: what is there, and what is added.

use super::commands::key::{in_file, usage};
use super::exit::{CliError, Exit};
use crate::signing::{Bundle, MAX_ATTESTATIONS_BYTES, MAX_BUNDLES, read_bundles};
use crate::support::files;
use std::path::{Path, PathBuf};

/// The lines of such a file. Nothing is written before [`Attestations::write`].
#[derive(Debug)]
pub struct Attestations {
    path: PathBuf,
    lines: Vec<String>,
}

impl Attestations {
    /// The file with the bundles that it has, or without them. It need not be there.
    ///
    /// # Errors
    /// Exit 2 where it is to keep what cannot be read.
    pub fn open(path: &Path, keep: bool) -> Result<Self, CliError> {
        let mut lines = Vec::new();
        if keep && path.symlink_metadata().is_ok() {
            for source in read_bundles(path).map_err(|e| in_file(path, Exit::Usage, &e))? {
                let line = source
                    .bundle
                    .and_then(|bundle| bundle.to_json())
                    .map_err(|e| in_file(Path::new(&source.name), Exit::Usage, &e))?;
                lines.push(line);
            }
        }
        Ok(Self {
            path: path.to_owned(),
            lines,
        })
    }

    /// Looks whether there is room for so many bundles more.
    ///
    /// # Errors
    /// Exit 2 where there is none.
    pub fn make_room(&self, count: usize) -> Result<(), CliError> {
        if self.lines.len().saturating_add(count) <= MAX_BUNDLES {
            return Ok(());
        }
        Err(self.full(&format!("{MAX_BUNDLES} bundles")))
    }

    fn full(&self, limit: &str) -> CliError {
        CliError::new(
            Exit::Usage,
            format!("`{}` would hold more than {limit}", self.path.display()),
        )
        .with_hint("begin a new file: move this one away, or name another with --output")
    }

    /// Adds a bundle.
    ///
    /// # Errors
    /// Exit 2 where the file would be larger than one that is read.
    pub fn push(&mut self, bundle: &Bundle) -> Result<(), CliError> {
        self.lines.push(bundle.to_json().map_err(|e| usage(&e))?);
        let bytes: usize = self.lines.iter().map(|line| line.len() + 1).sum();
        match bytes as u64 <= MAX_ATTESTATIONS_BYTES {
            true => Ok(()),
            false => Err(self.full(&format!("{MAX_ATTESTATIONS_BYTES} bytes"))),
        }
    }

    /// Writes the file as a whole.
    ///
    /// # Errors
    /// Exit 2 where it cannot be written.
    pub fn write(&self) -> Result<(), CliError> {
        let mut text = String::new();
        for line in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
        files::write_atomic(&self.path, text.as_bytes()).map_err(|e| usage(&e))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
