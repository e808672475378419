//! Which records are in use and in which order they are numbered.

use super::part::{Packed, RecordRef};
use crate::checks::advisories::record::Feed;
use std::cmp::Ordering;

/// A record of a part.
#[derive(Clone, Copy)]
pub(super) struct RecordId {
    pub part: u8,
    pub index: u32,
}

impl RecordId {
    pub(super) fn of(self, packed: &[Packed]) -> Option<&RecordRef> {
        let part = packed.get(usize::from(self.part))?;
        part.records.get(usize::try_from(self.index).ok()?)
    }
}

/// The records in use.
pub(super) struct Order {
    /// In the order of their numbers.
    pub records: Vec<RecordId>,
    /// Those that another one with the same id and feed replaced.
    pub replaced: u64,
    /// The numbers by part; [`NOT_USED`] for records that were replaced.
    ordinals: Vec<Vec<u32>>,
}

const NOT_USED: u32 = u32::MAX;

impl Order {
    /// The number of a record, if it is in use.
    pub(super) fn ordinal(&self, part: usize, index: u32) -> Option<u32> {
        let ordinals = self.ordinals.get(part)?;
        let ordinal = *ordinals.get(usize::try_from(index).ok()?)?;
        (ordinal != NOT_USED).then_some(ordinal)
    }
}

/// A record with what it is sorted by, so that most comparisons stay in the list.
struct Key {
    ecosystem: u8,
    hash: u64,
    feed: Feed,
    /// The first bytes of the id.
    id: u128,
    record: RecordId,
}

/// Of the records of one feed with one id the newest is in use; of equally new ones the
/// one whose content is the greatest, so that the order of the inputs does not matter.
/// Those in use are numbered by their first package, then by id: the records of a package
/// lie together.
pub(super) fn order(packed: &[Packed]) -> std::io::Result<Order> {
    let mut keys = keys(packed);
    let full_id = |key: &Key| {
        let part = packed.get(usize::from(key.record.part));
        let record = key.record.of(packed);
        part.zip(record).map(|(part, record)| part.bytes(record.id))
    };
    let by_id = |a: &Key, b: &Key| {
        (a.feed, a.id)
            .cmp(&(b.feed, b.id))
            .then_with(|| full_id(a).cmp(&full_id(b)))
    };
    keys.sort_unstable_by(by_id);
    let seen = keys.len();
    let mut used: Vec<Key> = Vec::with_capacity(seen);
    for key in keys {
        match used.last_mut() {
            Some(last) if by_id(last, &key) == Ordering::Equal => {
                if is_newer(key.record, last.record, packed)? {
                    *last = key;
                }
            }
            _ => used.push(key),
        }
    }
    used.sort_unstable_by(|a, b| {
        (a.ecosystem, a.hash)
            .cmp(&(b.ecosystem, b.hash))
            .then_with(|| by_id(a, b))
    });
    let mut ordinals: Vec<Vec<u32>> = packed
        .iter()
        .map(|part| vec![NOT_USED; part.records.len()])
        .collect();
    for (number, key) in used.iter().enumerate() {
        let of_part = ordinals.get_mut(usize::from(key.record.part));
        let index = usize::try_from(key.record.index).unwrap_or(usize::MAX);
        if let Some(ordinal) = of_part.and_then(|ordinals| ordinals.get_mut(index)) {
            // The part has counted them in 32 bits.
            *ordinal = u32::try_from(number).unwrap_or(NOT_USED);
        }
    }
    Ok(Order {
        replaced: (seen - used.len()) as u64,
        records: used.iter().map(|key| key.record).collect(),
        ordinals,
    })
}

fn keys(packed: &[Packed]) -> Vec<Key> {
    let mut keys = Vec::with_capacity(packed.iter().map(|part| part.records.len()).sum());
    for (part_number, part) in (0..=u8::MAX).zip(packed) {
        for (index, record) in (0..=u32::MAX).zip(&part.records) {
            let mut first = [0_u8; 16];
            for (to, from) in first.iter_mut().zip(part.bytes(record.id)) {
                *to = *from;
            }
            let entry = usize::try_from(record.first_entry).unwrap_or(usize::MAX);
            let entry = part.entries.get(entry);
            keys.push(Key {
                ecosystem: entry.map_or(0, |entry| entry.ecosystem),
                hash: entry.map_or(0, |entry| entry.hash),
                feed: record.feed,
                id: u128::from_be_bytes(first),
                record: RecordId {
                    part: part_number,
                    index,
                },
            });
        }
    }
    keys
}

/// Whether a record replaces another one with the same id.
fn is_newer(a: RecordId, b: RecordId, packed: &[Packed]) -> std::io::Result<bool> {
    let modified = |id: RecordId| id.of(packed).and_then(|record| record.modified);
    match modified(a).cmp(&modified(b)) {
        Ordering::Greater => Ok(true),
        Ordering::Less => Ok(false),
        Ordering::Equal => Ok(content(a, packed)? > content(b, packed)?),
    }
}

/// Everything that a record says.
fn content(id: RecordId, packed: &[Packed]) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let part = packed.get(usize::from(id.part));
    let Some((part, record)) = part.zip(id.of(packed)) else {
        return Ok(content);
    };
    let first = usize::try_from(record.first_entry).unwrap_or(usize::MAX);
    let count = usize::try_from(record.entries).unwrap_or(usize::MAX);
    for entry in part.entries.iter().skip(first).take(count) {
        content.push(entry.ecosystem);
        content.extend_from_slice(part.bytes(entry.name));
        content.extend_from_slice(part.bytes(entry.rows));
    }
    let mut reader = part.spilled.reader();
    content.extend_from_slice(reader.read(record.metadata, record.metadata_length)?);
    Ok(content)
}
