//! The metadata of the records in use, in compressed blocks.

use super::file::IndexFile;
use super::order::RecordId;
use super::part::Packed;
use super::{narrow, scratch};
use crate::checks::advisories::error::DatabaseError;
use crate::checks::advisories::index::{BLOCK_TARGET_BYTES, Section};
use libdeflater::{CompressionLvl, Compressor};

/// Of libdeflate's levels; higher ones take longer and save little on blocks so small.
const LEVEL: i32 = 3;
/// Blocks that are compressed, by all threads, before any of them is written.
const WAVE: usize = 128;

/// Where a record's metadata are.
struct Place {
    block: u32,
    offset: u32,
}

/// A compressed block and its length before.
type Block = (Vec<u8>, usize);

/// Writes the sections of data, records and blocks.
pub(super) fn write(
    file: &mut IndexFile,
    packed: &[Packed],
    records: &[RecordId],
) -> Result<(), DatabaseError> {
    let mut places = Vec::with_capacity(records.len() * super::super::RECORD_BYTES);
    let mut starts = Vec::new();
    let mut open = 0_usize;
    for (number, id) in records.iter().enumerate() {
        let length = id.of(packed).map_or(0, |record| record.metadata_length);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if starts.is_empty() || open + length > BLOCK_TARGET_BYTES {
            starts.push(number);
            open = 0;
        }
        let place = Place {
            block: narrow(starts.len() - 1, "blocks")?,
            offset: narrow(open, "bytes")?,
        };
        places.extend_from_slice(&place.block.to_le_bytes());
        places.extend_from_slice(&place.offset.to_le_bytes());
        open += length;
    }
    let ends = starts.iter().skip(1).copied().chain([records.len()]);
    let blocks: Vec<&[RecordId]> = starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| records.get(*start..end))
        .collect();
    let mut table = Vec::with_capacity(blocks.len() * super::super::BLOCK_BYTES);
    let mut offset = 0_u64;
    file.begin(Section::Data);
    for wave in blocks.chunks(WAVE) {
        for (stored, length) in compress_all(wave, packed)? {
            table.extend_from_slice(&offset.to_le_bytes());
            table.extend_from_slice(&narrow(stored.len(), "bytes")?.to_le_bytes());
            table.extend_from_slice(&narrow(length, "bytes")?.to_le_bytes());
            offset += stored.len() as u64;
            file.write(Section::Data, &stored).map_err(scratch)?;
        }
    }
    file.begin(Section::Records);
    file.write(Section::Records, &places).map_err(scratch)?;
    file.begin(Section::Blocks);
    file.write(Section::Blocks, &table).map_err(scratch)
}

/// Compresses blocks with a thread for each part, in order.
fn compress_all(blocks: &[&[RecordId]], packed: &[Packed]) -> Result<Vec<Block>, DatabaseError> {
    let threads = packed.len().max(1);
    let share = blocks.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let running: Vec<_> = blocks
            .chunks(share)
            .map(|blocks| scope.spawn(|| compress(blocks, packed)))
            .collect();
        let mut all = Vec::with_capacity(blocks.len());
        for thread in running {
            let blocks = thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            all.extend(blocks.map_err(scratch)?);
        }
        Ok(all)
    })
}

fn compress(blocks: &[&[RecordId]], packed: &[Packed]) -> std::io::Result<Vec<Block>> {
    let mut readers: Vec<_> = packed.iter().map(|part| part.spilled.reader()).collect();
    let level = CompressionLvl::new(LEVEL).unwrap_or_else(|_| CompressionLvl::fastest());
    let mut encoder = Compressor::new(level);
    let mut all = Vec::with_capacity(blocks.len());
    let (mut plain, mut stored) = (Vec::new(), Vec::new());
    for block in blocks {
        plain.clear();
        for id in *block {
            let reader = readers.get_mut(usize::from(id.part));
            if let Some((reader, record)) = reader.zip(id.of(packed)) {
                let bytes = reader.read(record.metadata, record.metadata_length)?;
                plain.extend_from_slice(bytes);
            }
        }
        stored.resize(encoder.deflate_compress_bound(plain.len()), 0);
        let length = encoder
            .deflate_compress(&plain, &mut stored)
            .map_err(std::io::Error::other)?;
        let stored = stored.get(..length).unwrap_or_default();
        all.push((stored.to_vec(), plain.len()));
    }
    Ok(all)
}
