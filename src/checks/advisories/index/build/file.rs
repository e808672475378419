//! Writes an index section by section, hashing as it goes.

use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::index::attachments::Attachments;
use crate::checks::advisories::index::{
    CHUNK_BYTES, DIGEST_BYTES, FORMAT_VERSION, HEADER_BYTES, MAGIC, SECTIONS, Section,
};
use crate::support::hash::sha256_parts;
use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};

/// Chunks that are written with one system call.
const WRITTEN_TOGETHER: usize = 16;

/// A body being written.
pub(super) struct IndexFile {
    file: File,
    /// Bytes that are not hashed yet, and whole chunks that are not written yet.
    buffer: Vec<u8>,
    hashed: usize,
    digests: Vec<u8>,
    length: u64,
    sections: [(u64, u64); SECTIONS],
}

impl IndexFile {
    /// Starts behind the place of the header.
    pub(super) fn new(mut file: File) -> std::io::Result<Self> {
        file.seek(SeekFrom::Start(HEADER_BYTES as u64))?;
        Ok(Self {
            file,
            buffer: Vec::new(),
            hashed: 0,
            digests: Vec::new(),
            length: 0,
            sections: [(0, 0); SECTIONS],
        })
    }

    /// Starts a section; the one before it ends here.
    pub(super) fn begin(&mut self, section: Section) {
        if let Some(entry) = self.sections.get_mut(section as usize) {
            *entry = (self.length, 0);
        }
    }

    /// Appends to a section that was begun last.
    pub(super) fn write(&mut self, section: Section, bytes: &[u8]) -> std::io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        self.length += bytes.len() as u64;
        if let Some(entry) = self.sections.get_mut(section as usize) {
            entry.1 += bytes.len() as u64;
        }
        while let Some(chunk) = self.buffer.get(self.hashed..self.hashed + CHUNK_BYTES) {
            self.digests.extend_from_slice(&sha256_parts(&[chunk]));
            self.hashed += CHUNK_BYTES;
        }
        if self.hashed >= WRITTEN_TOGETHER * CHUNK_BYTES {
            let whole = self.buffer.get(..self.hashed).unwrap_or_default();
            self.file.write_all(whole)?;
            self.buffer.drain(..self.hashed);
            self.hashed = 0;
        }
        Ok(())
    }

    /// Writes what is left: the last chunk, the digests, the root, what is attached, and
    /// the header.
    pub(super) fn finish(mut self, attachments: &Attachments) -> Result<File, DatabaseError> {
        let last = self.buffer.get(self.hashed..).unwrap_or_default();
        if !last.is_empty() {
            self.digests.extend_from_slice(&sha256_parts(&[last]));
        }
        // Chunk numbers are 32 bits wide.
        super::narrow(self.digests.len() / DIGEST_BYTES, "chunks")?;
        let mut header = Vec::with_capacity(HEADER_BYTES);
        header.extend_from_slice(&MAGIC);
        header.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        header.extend_from_slice(&super::narrow(CHUNK_BYTES, "bytes")?.to_le_bytes());
        header.extend_from_slice(&self.length.to_le_bytes());
        for (offset, length) in self.sections {
            header.extend_from_slice(&offset.to_le_bytes());
            header.extend_from_slice(&length.to_le_bytes());
        }
        let root = sha256_parts(&[&header, &self.digests]);
        self.file
            .write_all(&self.buffer)
            .and_then(|()| self.file.write_all(&self.digests))
            .and_then(|()| self.file.write_all(&root))
            .and_then(|()| self.file.write_all(&attachments.to_bytes()))
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .and_then(|_| self.file.write_all(&header))
            .map_err(super::scratch)?;
        Ok(self.file)
    }
}
