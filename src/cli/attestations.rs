//! A file of attestations, one bundle a line: what is there, and what is added.

use super::commands::key::{in_file, usage};
use super::exit::{CliError, Exit};
use crate::model::Digest;
use crate::signing::{Bundle, MAX_ATTESTATIONS_BYTES, MAX_BUNDLES, holds_lines, read_bundles};
use crate::support::{files, hash};
use std::path::{Path, PathBuf};

/// The lines for such a file. Nothing is written before [`Attestations::write`].
///
/// Others may write it meanwhile, since signing can take minutes: a line that came in between
/// is never lost. It could be the one that says that a test has failed.
#[derive(Debug)]
pub struct Attestations {
    path: PathBuf,
    there: There,
    added: Vec<String>,
}

/// What to do with what is there.
#[derive(Debug)]
enum There {
    /// It stays; so many lines and bytes were there at the start.
    Kept { lines: usize, bytes: usize },
    /// It goes, if it is still this.
    Replaced(Option<Digest>),
}

impl Attestations {
    /// The file with the bundles that it has, or without them. It need not be there.
    ///
    /// # Errors
    /// Exit 2 where it is to keep what cannot be read, and for a name without `.jsonl`, by
    /// which a file is read line by line.
    pub fn open(path: &Path, keep: bool) -> Result<Self, CliError> {
        // What a stream is called says nothing about where it leads.
        let is_stream = !keep && files::is_stream(path);
        if !holds_lines(path) && !is_stream {
            return Err(CliError::new(
                Exit::Usage,
                format!("the name of `{}` does not end in `.jsonl`", path.display()),
            )
            .with_hint(
                "name a file that ends in `.jsonl`: only such a file is read as one bundle a line",
            ));
        }
        let there = match keep {
            true => {
                let lines = lines_of(path)?;
                There::Kept {
                    lines: lines.len(),
                    bytes: size(&lines),
                }
            }
            false => There::Replaced(content_of(path)),
        };
        Ok(Self {
            path: path.to_owned(),
            there,
            added: Vec::new(),
        })
    }

    /// Looks whether there is room for so many bundles more.
    ///
    /// # Errors
    /// Exit 2 where there is none.
    pub fn make_room(&self, count: usize) -> Result<(), CliError> {
        let kept = match self.there {
            There::Kept { lines, .. } => lines,
            There::Replaced(_) => 0,
        };
        self.check_count(kept.saturating_add(count))
    }

    fn check_count(&self, count: usize) -> Result<(), CliError> {
        match count <= MAX_BUNDLES {
            true => Ok(()),
            false => Err(self.full(&format!("{MAX_BUNDLES} bundles"))),
        }
    }

    fn check_bytes(&self, bytes: usize) -> Result<(), CliError> {
        match bytes as u64 <= MAX_ATTESTATIONS_BYTES {
            true => Ok(()),
            false => Err(self.full(&format!("{MAX_ATTESTATIONS_BYTES} bytes"))),
        }
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
        self.added.push(bundle.to_json().map_err(|e| usage(&e))?);
        let kept = match self.there {
            There::Kept { bytes, .. } => bytes,
            There::Replaced(_) => 0,
        };
        self.check_bytes(kept.saturating_add(size(&self.added)))
    }

    /// Writes the file as a whole, while nobody else does: what is kept is what is there now.
    ///
    /// # Errors
    /// Exit 2 where it cannot be written, as [`Attestations::open`] and
    /// [`Attestations::push`]; exit 3 where what was to be replaced is no longer what it was.
    pub fn write(&self) -> Result<(), CliError> {
        let _lock = files::lock(&self.path).map_err(|e| usage(&e))?;
        let mut lines = match &self.there {
            There::Kept { .. } => lines_of(&self.path)?,
            There::Replaced(before) if content_of(&self.path) == *before => Vec::new(),
            There::Replaced(_) => {
                return Err(CliError::new(
                    Exit::Inconclusive,
                    format!(
                        "`{}` was written by another process meanwhile",
                        self.path.display()
                    ),
                )
                .with_hint(
                    "it stays as it is: look at it and run this again, with --append to keep it",
                ));
            }
        };
        lines.extend(self.added.iter().cloned());
        self.check_count(lines.len())?;
        self.check_bytes(size(&lines))?;
        let mut text = lines.join("\n");
        text.push('\n');
        files::write_atomic(&self.path, text.as_bytes()).map_err(|e| usage(&e))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The bundles of a file; none where it is not there.
fn lines_of(path: &Path) -> Result<Vec<String>, CliError> {
    if path.symlink_metadata().is_err() {
        return Ok(Vec::new());
    }
    let sources = read_bundles(path).map_err(|e| in_file(path, Exit::Usage, &e))?;
    let lines = sources.into_iter().map(|source| {
        source
            .bundle
            .and_then(|bundle| bundle.to_json())
            .map_err(|e| in_file(Path::new(&source.name), Exit::Usage, &e))
    });
    lines.collect()
}

/// What is there, whatever it is; `None` also for what is too large to be read again.
fn content_of(path: &Path) -> Option<Digest> {
    let bytes = files::read_bounded(path, MAX_ATTESTATIONS_BYTES).ok()?;
    Some(hash::sha256(&bytes))
}

fn size(lines: &[String]) -> usize {
    lines.iter().map(|line| line.len() + 1).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    /// A well-formed bundle that says which one it is; its signature is made up.
    fn bundle(number: usize) -> Bundle {
        let payload = STANDARD.encode(format!("{{\"n\":{number}}}"));
        let text = serde_json::json!({
            "mediaType": crate::signing::MEDIA_TYPE,
            "verificationMaterial": {"publicKey": {"hint": STANDARD.encode([7; 32])}},
            "dsseEnvelope": {
                "payload": payload,
                "payloadType": crate::signing::STATEMENT_PAYLOAD_TYPE,
                "signatures": [{"sig": STANDARD.encode("made up")}],
            },
        })
        .to_string();
        Bundle::parse(text.as_bytes()).unwrap()
    }

    fn opened(path: &Path, keep: bool, number: usize) -> Attestations {
        let mut opened = Attestations::open(path, keep).unwrap();
        opened.push(&bundle(number)).unwrap();
        opened
    }

    fn count(path: &Path) -> usize {
        lines_of(path).unwrap().len()
    }

    #[test]
    fn a_line_that_came_while_another_signed_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        let (first, second) = (opened(&path, true, 1), opened(&path, true, 2));
        second.write().unwrap();
        let newer = lines_of(&path).unwrap();
        first.write().unwrap();
        assert_eq!(count(&path), 2);
        assert_eq!(lines_of(&path).unwrap()[..1], newer);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn many_writers_at_the_same_time_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        let all: Vec<_> = (0..16).map(|number| opened(&path, true, number)).collect();
        std::thread::scope(|scope| {
            for one in &all {
                scope.spawn(|| one.write().unwrap());
            }
        });
        assert_eq!(count(&path), 16);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_replaced_is_what_was_there_at_the_start() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        opened(&path, false, 1).write().unwrap();
        opened(&path, false, 2).write().unwrap();
        assert_eq!(count(&path), 1);
        let replacing = opened(&path, false, 3);
        opened(&path, true, 4).write().unwrap();
        let error = replacing.write().unwrap_err();
        assert_eq!(error.exit, Exit::Inconclusive, "{}", error.message);
        assert_eq!(count(&path), 2);
    }

    #[test]
    fn a_file_that_would_not_be_read_line_by_line_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a.json", "a.jsonl.txt", ".jsonl", "a.JSONL", "jsonl"] {
            for keep in [true, false] {
                let error = Attestations::open(&dir.path().join(name), keep).unwrap_err();
                assert_eq!(error.exit, Exit::Usage, "{name}");
                assert!(error.message.contains(".jsonl"), "{}", error.message);
            }
        }
        opened(&dir.path().join("a.jsonl"), true, 1)
            .write()
            .unwrap();
    }
}
