//! Bytes that are written once and read once: in memory up to a bound, in a temporary
//! file beyond it.

use crate::checks::advisories::index::SharedFile;
use crate::checks::advisories::read_ahead::ReadAhead;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Bytes kept in memory. The metadata of 320,000 records are 60 MB in two spills, so
/// only larger imports write the file.
const MEMORY_BYTES: usize = 40 * 1024 * 1024;

/// The writing end.
pub(super) struct Spill {
    directory: PathBuf,
    memory_bytes: usize,
    /// Without a name, so that a killed import leaves nothing behind.
    file: Option<File>,
    written: u64,
    buffer: Vec<u8>,
}

impl Spill {
    /// A spill whose file, if it comes to that, is in `directory`.
    pub(super) fn new(directory: &Path) -> Self {
        Self::bounded(directory, MEMORY_BYTES)
    }

    fn bounded(directory: &Path, memory_bytes: usize) -> Self {
        Self {
            directory: directory.to_owned(),
            memory_bytes,
            file: None,
            written: 0,
            buffer: Vec::new(),
        }
    }

    /// Where the next bytes will be.
    pub(super) fn position(&self) -> u64 {
        self.written + self.buffer.len() as u64
    }

    /// Appends what `put` writes.
    pub(super) fn append<E: From<std::io::Error>>(
        &mut self,
        put: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        put(&mut self.buffer)?;
        if self.buffer.len() > self.memory_bytes {
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(tempfile::tempfile_in(&self.directory)?),
            };
            file.write_all(&self.buffer)?;
            self.written += self.buffer.len() as u64;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Ends the writing.
    pub(super) fn finish(self) -> Spilled {
        Spilled {
            file: self.file.map(SharedFile::new),
            written: self.written,
            memory: self.buffer,
        }
    }
}

/// What was written.
pub(super) struct Spilled {
    file: Option<SharedFile>,
    written: u64,
    memory: Vec<u8>,
}

impl Spilled {
    /// A reader; each thread has its own.
    pub(super) fn reader(&self) -> SpillReader<'_> {
        SpillReader {
            spilled: self,
            file: self
                .file
                .as_ref()
                .map(|file| ReadAhead::new(file, self.written)),
        }
    }
}

pub(super) struct SpillReader<'a> {
    spilled: &'a Spilled,
    file: Option<ReadAhead<'a>>,
}

impl SpillReader<'_> {
    /// The bytes at a position, all of one [`Spill::append`].
    pub(super) fn read(&mut self, position: u64, length: u32) -> std::io::Result<&[u8]> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if let Some(file) = &mut self.file
            && position < self.spilled.written
        {
            return file.read(position, length);
        }
        let at = usize::try_from(position - self.spilled.written).unwrap_or(usize::MAX);
        self.spilled
            .memory
            .get(at..at.saturating_add(length))
            .ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_spilled_is_read_from_file_and_memory() {
        let directory = tempfile::tempdir().unwrap();
        let mut spill = Spill::bounded(directory.path(), 1000);
        let mut places = Vec::new();
        for number in 0..200_u8 {
            places.push(spill.position());
            spill
                .append::<std::io::Error>(|bytes| {
                    bytes.extend_from_slice(&[number; 37]);
                    Ok(())
                })
                .unwrap();
        }
        let spilled = spill.finish();
        assert!(spilled.written > 0 && !spilled.memory.is_empty());
        let mut reader = spilled.reader();
        for (number, place) in (0..200_u8).zip(&places).rev() {
            assert_eq!(reader.read(*place, 37).unwrap(), [number; 37]);
        }
        assert!(reader.read(spilled.written + 5000, 1).is_err());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
