//! What an index says about a record and a CVE id, and whether all of it can be read.

use super::bytes::{u32_at, u64_at, usize_of};
use super::read::{Database, Reader};
use super::rows;
use super::{
    BLOCK_BYTES, ECOSYSTEM_CODES, NAME_BYTES, NAME_HEAD_BYTES, NAME_RANGE_BYTES, RECORD_BYTES,
    Section, ecosystem_code, name_hash,
};
use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::record::RecordMetadata;
use crate::checks::advisories::signals::Signals;
use crate::checks::advisories::signals::table::{self, CveKey};
use crate::model::Ecosystem;
use libdeflater::Decompressor;

/// Largest metadata block, decompressed: one record at its limit after a full block.
const MAX_BLOCK_BYTES: u32 = 8 * 1024 * 1024;

/// Where a package is, and what its hash is.
pub(super) struct NameEntry {
    pub(super) hash: u64,
    pub(super) offset: u32,
    pub(super) length: u32,
}

impl Database {
    /// The metadata of a record.
    pub(in crate::checks::advisories) fn metadata(
        &self,
        ordinal: u32,
    ) -> Result<RecordMetadata, DatabaseError> {
        let mut entry = [0_u8; RECORD_BYTES];
        let at = u64::from(ordinal) * RECORD_BYTES as u64;
        let mut reader = self.reader();
        reader.read_into(Section::Records, at, &mut entry)?;
        let number = u32_at(&entry, 0);
        let block = self.cached_block(number, || self.read_block(&mut reader, number))?;
        let start = usize_of(u64::from(u32_at(&entry, 4)));
        block
            .get(start..)
            .and_then(|mut bytes| rows::take(&mut bytes).ok())
            .ok_or_else(|| self.corrupt("the metadata of a record cannot be read"))
    }

    fn read_block(&self, reader: &mut Reader<'_>, number: u32) -> Result<Vec<u8>, DatabaseError> {
        let entry = read_block_entry(reader, number)?;
        let unreadable = || self.corrupt("a metadata block cannot be decompressed");
        if entry.length > MAX_BLOCK_BYTES {
            return Err(unreadable());
        }
        let mut stored = Vec::new();
        reader.read(
            Section::Data,
            entry.offset,
            u64::from(entry.stored),
            &mut stored,
        )?;
        let mut block = vec![0; usize_of(u64::from(entry.length))];
        match Decompressor::new().deflate_decompress(&stored, &mut block) {
            Ok(length) if length == block.len() => Ok(block),
            _ => Err(unreadable()),
        }
    }

    /// What is known about attacks with a vulnerability; nothing for ids that are not of
    /// CVE or that no imported file names.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`] and [`DatabaseError::Read`].
    pub fn signals(&self, id: &str) -> Result<Signals, DatabaseError> {
        let Some(wanted) = CveKey::parse(id) else {
            return Ok(Signals::default());
        };
        let mut reader = self.reader();
        // The last block that starts at or before the wanted key.
        let (mut low, mut high) = (0, self.signal_blocks(&mut reader)?);
        while low < high {
            let middle = low + (high - low) / 2;
            if read_directory(&mut reader, middle)?.0 <= wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let Some(number) = low.checked_sub(1) else {
            return Ok(Signals::default());
        };
        let (first, block) = self.signal_block(&mut reader, number)?;
        table::find(&block, first, wanted)
            .map_err(|_| self.corrupt("a block of signals cannot be read"))
    }

    fn signal_blocks(&self, reader: &mut Reader<'_>) -> Result<u64, DatabaseError> {
        if self.section_length(Section::Signals) == 0 {
            return Ok(0);
        }
        let mut head = [0_u8; table::HEAD_BYTES];
        reader.read_into(Section::Signals, 0, &mut head)?;
        Ok(u64::from(u32_at(&head, 0)))
    }

    fn signal_block(
        &self,
        reader: &mut Reader<'_>,
        number: u64,
    ) -> Result<(CveKey, Vec<u8>), DatabaseError> {
        let (first, offset, length) = read_directory(reader, number)?;
        let mut block = Vec::new();
        reader.read(
            Section::Signals,
            u64::from(offset),
            u64::from(length),
            &mut block,
        )?;
        Ok((first, block))
    }

    /// Reads every byte and verifies it, and then everything that a lookup could read;
    /// gives back the number of chunks. An index whose digests hold and that says something
    /// unreadable was made by something else than an import.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`] for the first chunk that was changed and the first part
    /// that cannot be read, [`DatabaseError::Read`].
    pub fn verify(&self) -> Result<u64, DatabaseError> {
        let chunks = self.chunks();
        for number in 0..chunks {
            self.read_chunk(number)?;
        }
        let records = self.section_length(Section::Records) / RECORD_BYTES as u64;
        self.verify_packages(records)?;
        self.verify_records(records)?;
        self.verify_signals()?;
        self.remarks()?;
        Ok(chunks)
    }

    /// Every record in its block. As an import writes them, blocks follow each other in the
    /// data and records in the blocks, so each is decompressed once: a small file whose
    /// records all point into one block that unpacks to a thousand times its size would keep
    /// this busy for days.
    fn verify_records(&self, records: u64) -> Result<(), DatabaseError> {
        let mut reader = self.reader();
        let mut current: Option<(u32, Vec<u8>)> = None;
        let (mut before, mut data_end, mut block_count) = (0, 0, 0_u32);
        for ordinal in 0..records {
            let mut entry = [0_u8; RECORD_BYTES];
            reader.read_into(Section::Records, ordinal * RECORD_BYTES as u64, &mut entry)?;
            let (number, start) = (u32_at(&entry, 0), u32_at(&entry, 4));
            let block = match current.take() {
                Some((known, block)) if known == number && start > before => block,
                other => {
                    let next = other.map_or(0, |(known, _)| known.saturating_add(1));
                    let entry = read_block_entry(&mut reader, number)?;
                    if number != next || start != 0 || entry.offset != data_end {
                        return Err(self.corrupt("its records do not follow each other"));
                    }
                    data_end += u64::from(entry.stored);
                    block_count = number.saturating_add(1);
                    self.read_block(&mut reader, number)?
                }
            };
            let mut bytes = block.get(usize_of(u64::from(start))..).unwrap_or_default();
            rows::take::<RecordMetadata>(&mut bytes)
                .map_err(|_| self.corrupt("the metadata of a record cannot be read"))?;
            before = start;
            current = Some((number, block));
        }
        let blocks = u64::from(block_count) * BLOCK_BYTES as u64;
        if blocks == self.section_length(Section::Blocks)
            && data_end == self.section_length(Section::Data)
        {
            Ok(())
        } else {
            Err(self.corrupt("it holds metadata of no record"))
        }
    }

    fn verify_signals(&self) -> Result<(), DatabaseError> {
        let mut reader = self.reader();
        let blocks = self.signal_blocks(&mut reader)?;
        let mut end = table::HEAD_BYTES as u64 + blocks * table::DIRECTORY_BYTES as u64;
        for number in 0..blocks {
            let (first, offset, length) = read_directory(&mut reader, number)?;
            if u64::from(offset) != end {
                return Err(self.corrupt("its signals do not follow each other"));
            }
            end += u64::from(length);
            let (_, block) = self.signal_block(&mut reader, number)?;
            table::find(&block, first, CveKey(u64::MAX))
                .map_err(|_| self.corrupt("a block of signals cannot be read"))?;
        }
        Ok(())
    }

    fn verify_packages(&self, records: u64) -> Result<(), DatabaseError> {
        let mut reader = self.reader();
        let mut packages = self.reader();
        let mut package = Vec::new();
        let mut seen = 0;
        for ecosystem in Ecosystem::ALL {
            let (first, count) = read_range(&mut reader, ecosystem_code(ecosystem))?;
            seen += count;
            let mut before = 0;
            let mut end = None;
            for number in 0..count {
                let entry = read_name(&mut reader, first, number)?;
                let (offset, length) = (u64::from(entry.offset), u64::from(entry.length));
                if end.is_some_and(|end| offset != end) {
                    return Err(self.corrupt("its packages do not follow each other"));
                }
                end = Some(offset + length);
                packages.read(Section::Packages, offset, length, &mut package)?;
                let mut bytes = package.as_slice();
                let is_sound = rows::take::<&str>(&mut bytes).is_ok_and(|name| {
                    name_hash(ecosystem, name) == entry.hash && entry.hash >= before
                }) && rows::read_package(bytes, None).is_ok_and(|rows| {
                    let mut ordinals = rows.records.iter().map(|row| u64::from(row.ordinal));
                    ordinals.all(|ordinal| ordinal < records)
                });
                if !is_sound {
                    return Err(self.corrupt("what it says about a package cannot be read"));
                }
                before = entry.hash;
            }
        }
        let names = self.section_length(Section::Names);
        if NAME_HEAD_BYTES as u64 + seen * NAME_BYTES as u64 == names {
            Ok(())
        } else {
            Err(self.corrupt("its packages are not all of known ecosystems"))
        }
    }
}

/// First name and number of names of an ecosystem.
pub(super) fn read_range(reader: &mut Reader<'_>, code: u8) -> Result<(u64, u64), DatabaseError> {
    debug_assert!(usize::from(code) < ECOSYSTEM_CODES, "codes are below that");
    let mut range = [0_u8; NAME_RANGE_BYTES];
    let at = u64::from(code) * NAME_RANGE_BYTES as u64;
    reader.read_into(Section::Names, at, &mut range)?;
    Ok((u64::from(u32_at(&range, 0)), u64::from(u32_at(&range, 4))))
}

pub(super) fn read_name(
    reader: &mut Reader<'_>,
    first: u64,
    number: u64,
) -> Result<NameEntry, DatabaseError> {
    let mut entry = [0_u8; NAME_BYTES];
    let at = NAME_HEAD_BYTES as u64 + (first + number) * NAME_BYTES as u64;
    reader.read_into(Section::Names, at, &mut entry)?;
    Ok(NameEntry {
        hash: u64_at(&entry, 0),
        offset: u32_at(&entry, 8),
        length: u32_at(&entry, 12),
    })
}

/// Where a block of metadata is: offset, and length compressed and not.
struct BlockEntry {
    offset: u64,
    stored: u32,
    length: u32,
}

fn read_block_entry(reader: &mut Reader<'_>, number: u32) -> Result<BlockEntry, DatabaseError> {
    let mut entry = [0_u8; BLOCK_BYTES];
    let at = u64::from(number) * BLOCK_BYTES as u64;
    reader.read_into(Section::Blocks, at, &mut entry)?;
    Ok(BlockEntry {
        offset: u64_at(&entry, 0),
        stored: u32_at(&entry, 8),
        length: u32_at(&entry, 12),
    })
}

/// First key, offset and length of a block of signals.
fn read_directory(
    reader: &mut Reader<'_>,
    number: u64,
) -> Result<(CveKey, u32, u32), DatabaseError> {
    let mut entry = [0_u8; table::DIRECTORY_BYTES];
    let at = table::HEAD_BYTES as u64 + number * table::DIRECTORY_BYTES as u64;
    reader.read_into(Section::Signals, at, &mut entry)?;
    Ok((
        CveKey(u64_at(&entry, 0)),
        u32_at(&entry, 8),
        u32_at(&entry, 12),
    ))
}
