//! Positioned reads that are mostly in order: one system call for many of them.

use super::index::SharedFile;
use std::io::ErrorKind;

/// Bytes read ahead after a jump, and the most after reads in order.
const FIRST_BYTES: usize = 4 * 1024;
const MOST_BYTES: usize = 256 * 1024;

/// A reader of one file; each thread has its own.
pub(super) struct ReadAhead<'a> {
    file: &'a SharedFile,
    length: u64,
    start: u64,
    buffer: Vec<u8>,
    ahead: usize,
}

impl<'a> ReadAhead<'a> {
    /// A reader of the first `length` bytes.
    pub(super) fn new(file: &'a SharedFile, length: u64) -> Self {
        Self {
            file,
            length,
            start: 0,
            buffer: Vec::new(),
            ahead: FIRST_BYTES,
        }
    }

    /// As [`ReadAhead::read`], but fewer bytes where the file ends.
    pub(super) fn read_some(&mut self, position: u64, length: usize) -> std::io::Result<&[u8]> {
        let rest = usize::try_from(self.length.saturating_sub(position)).unwrap_or(usize::MAX);
        self.read(position, length.min(rest))
    }

    /// The bytes at a position. What is read ahead of it doubles while the positions grow
    /// slowly, so jumps through a hostile file cost little each.
    ///
    /// # Errors
    /// The system's; `UnexpectedEof` where there are fewer bytes.
    pub(super) fn read(&mut self, position: u64, length: usize) -> std::io::Result<&[u8]> {
        let end = self.start + self.buffer.len() as u64;
        let is_inside = position >= self.start && position + length as u64 <= end;
        if !is_inside {
            let is_next = position >= self.start && position <= end + FIRST_BYTES as u64;
            self.ahead = match is_next {
                true => (self.ahead * 2).min(MOST_BYTES),
                false => FIRST_BYTES,
            };
            let rest = self.length.saturating_sub(position);
            if rest < length as u64 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let wanted = self.ahead.max(length);
            let wanted = usize::try_from(rest).map_or(wanted, |rest| wanted.min(rest));
            // On failure nothing is there.
            self.start = position;
            self.buffer.clear();
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.resize(wanted, 0);
            self.file.read_exact_at(&mut buffer, position)?;
            self.buffer = buffer;
        }
        let at = usize::try_from(position - self.start).unwrap_or(usize::MAX);
        self.buffer
            .get(at..at.saturating_add(length))
            .ok_or_else(|| ErrorKind::UnexpectedEof.into())
    }
}
