//! The signals of the index: one entry for each CVE id, sorted by id, in blocks.
//!
//! ```text
//! blocks     number of blocks, 4 bytes
//! directory  16 bytes each: key of the first entry, offset, length of the block
//! entries    key after the one before, flags, then what the flags announce; all numbers
//!            in groups of seven bits
//! ```
//!
//! Ids that follow each other are near in number, so an entry with a score takes seven
//! bytes where a row of fixed width takes 24: 300,000 scores are 2.1 MB, and deflate
//! would take off a fifth of it at the price of a block decompressed for each lookup.

use super::{Epss, Kev, Signals};
use jiff::civil::{Date, date};

pub(in crate::checks::advisories) const DIRECTORY_BYTES: usize = 16;
/// Bytes before the directory.
pub(in crate::checks::advisories) const HEAD_BYTES: usize = 4;
const BLOCK_ENTRIES: usize = 256;

const KEV: u64 = 1;
const RANSOMWARE: u64 = 2;
const DUE: u64 = 4;
const EPSS: u64 = 8;
/// A score has another date than the one before it in the block.
const EPSS_DATE: u64 = 16;

const EPOCH: Date = date(1970, 1, 1);

/// A CVE id as a number that sorts like year and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::checks::advisories) struct CveKey(pub u64);

impl CveKey {
    /// Reads `CVE-2026-12345`: a year of four digits and at least four more, without
    /// needless zeros (<https://www.cve.org/ResourcesSupport/AllResources/CNARules>).
    pub(in crate::checks::advisories) fn parse(id: &str) -> Option<Self> {
        let (year, number) = id.strip_prefix("CVE-")?.split_once('-')?;
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if year.len() != 4 || !digits(year) || !digits(number) {
            return None;
        }
        if !(4..=14).contains(&number.len()) || (number.len() > 4 && number.starts_with('0')) {
            return None;
        }
        let year: u64 = year.parse().ok()?;
        let number: u64 = number.parse().ok()?;
        (number < 1 << 48).then_some(Self((year << 48) | number))
    }
}

/// Days since 1970 and one more; 0 is no day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::checks::advisories) struct Day(pub u32);

impl Day {
    /// Reads `YYYY-MM-DD`, from 1970 on.
    pub(in crate::checks::advisories) fn parse(text: &str) -> Option<Self> {
        let day: Date = text.parse().ok()?;
        let days = day.duration_since(EPOCH).as_hours() / 24;
        Some(Self(u32::try_from(days).ok()?.checked_add(1)?))
    }

    fn text(self) -> Option<String> {
        let days = i64::from(self.0.checked_sub(1)?);
        let span = jiff::Span::new().try_days(days).ok()?;
        EPOCH.checked_add(span).ok().map(|day| day.to_string())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::checks::advisories) struct KevEntry {
    pub added: Day,
    pub due: Day,
    pub ransomware: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::checks::advisories) struct EpssEntry {
    pub date: Day,
    pub score_e5: u32,
    pub percentile_e5: u32,
}

/// The bytes of the table; each list is sorted by key and has each key once.
pub(in crate::checks::advisories) fn encode(
    kev: &[(CveKey, KevEntry)],
    epss: &[(CveKey, EpssEntry)],
) -> Vec<u8> {
    let (mut kev, mut epss) = (kev.iter().peekable(), epss.iter().peekable());
    let mut blocks: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut entries = 0_usize;
    let mut before = 0_u64;
    let mut date = Day::default();
    loop {
        let keys = [kev.peek().map(|e| e.0), epss.peek().map(|e| e.0)];
        let Some(key) = keys.into_iter().flatten().min() else {
            break;
        };
        if entries.is_multiple_of(BLOCK_ENTRIES) {
            blocks.push((key.0, Vec::new()));
            before = key.0;
            date = Day::default();
        }
        entries += 1;
        let Some((_, block)) = blocks.last_mut() else {
            break;
        };
        put(block, key.0 - before);
        before = key.0;
        let kev = kev.next_if(|e| e.0 == key).map(|e| e.1);
        let epss = epss.next_if(|e| e.0 == key).map(|e| e.1);
        put_entry(block, kev, epss, &mut date);
    }
    let mut bytes = u32_of(blocks.len()).to_le_bytes().to_vec();
    let mut offset = HEAD_BYTES + blocks.len() * DIRECTORY_BYTES;
    for (key, block) in &blocks {
        bytes.extend_from_slice(&key.to_le_bytes());
        bytes.extend_from_slice(&u32_of(offset).to_le_bytes());
        bytes.extend_from_slice(&u32_of(block.len()).to_le_bytes());
        offset += block.len();
    }
    for (_, block) in &blocks {
        bytes.extend_from_slice(block);
    }
    bytes
}

/// The number of entries is bounded where they are read, far below 32 bits.
fn u32_of(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn put_entry(block: &mut Vec<u8>, kev: Option<KevEntry>, epss: Option<EpssEntry>, date: &mut Day) {
    let mut flags = 0;
    if let Some(kev) = kev {
        flags |= KEV;
        flags |= if kev.ransomware { RANSOMWARE } else { 0 };
        flags |= if kev.due == Day::default() { 0 } else { DUE };
    }
    if let Some(epss) = epss {
        flags |= EPSS;
        flags |= if epss.date == *date { 0 } else { EPSS_DATE };
    }
    put(block, flags);
    if let Some(kev) = kev {
        put(block, u64::from(kev.added.0));
        if flags & DUE != 0 {
            put(block, u64::from(kev.due.0));
        }
    }
    if let Some(epss) = epss {
        if flags & EPSS_DATE != 0 {
            put(block, u64::from(epss.date.0));
            *date = epss.date;
        }
        put(block, u64::from(epss.score_e5));
        put(block, u64::from(epss.percentile_e5));
    }
}

fn put(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

/// The entry of a key in a block that starts with the key `first`; nothing where the block
/// has no such entry.
///
/// # Errors
/// [`Malformed`] where the block is not one.
pub(in crate::checks::advisories) fn find(
    block: &[u8],
    first: CveKey,
    wanted: CveKey,
) -> Result<Signals, Malformed> {
    let mut bytes = block;
    let mut key = first.0;
    let mut date = Day::default();
    while !bytes.is_empty() {
        key = key.checked_add(take(&mut bytes)?).ok_or(Malformed)?;
        let signals = take_entry(&mut bytes, &mut date)?;
        if key == wanted.0 {
            return Ok(signals);
        }
        if key > wanted.0 {
            break;
        }
    }
    Ok(Signals::default())
}

/// Bytes that are no block of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::checks::advisories) struct Malformed;

fn take_entry(bytes: &mut &[u8], date: &mut Day) -> Result<Signals, Malformed> {
    let flags = take(bytes)?;
    let mut signals = Signals::default();
    if flags & KEV != 0 {
        let added = take_day(bytes)?;
        let due = match flags & DUE {
            0 => Day::default(),
            _ => take_day(bytes)?,
        };
        signals.kev = Some(Kev {
            date_added: added.text().unwrap_or_else(|| "unknown".to_owned()),
            due: due.text(),
            ransomware: flags & RANSOMWARE != 0,
        });
    }
    if flags & EPSS != 0 {
        if flags & EPSS_DATE != 0 {
            *date = take_day(bytes)?;
        }
        let number = |bytes: &mut &[u8]| u32::try_from(take(bytes)?).map_err(|_| Malformed);
        signals.epss = Some(Epss {
            score_e5: number(bytes)?,
            percentile_e5: number(bytes)?,
            date: date.text(),
        });
    }
    Ok(signals)
}

fn take_day(bytes: &mut &[u8]) -> Result<Day, Malformed> {
    u32::try_from(take(bytes)?).map(Day).map_err(|_| Malformed)
}

fn take(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(Malformed)?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_number_only_in_its_one_right_form() {
        let key = |id| CveKey::parse(id).map(|key| key.0);
        assert!(key("CVE-2021-0001") < key("CVE-2021-44228"));
        assert!(key("CVE-2021-44228") < key("CVE-2022-0001"));
        for id in [
            "CVE-2021-1",
            "CVE-2021-00001",
            "cve-2021-0001",
            "CVE-21-0001",
            "CVE-2021-",
            "CVE-2021-12 4",
            "CVE-2021-+123",
            "CVE-2021-999999999999999",
            "GHSA-x",
            "",
        ] {
            assert_eq!(key(id), None, "{id}");
        }
    }

    #[test]
    fn days_come_back_as_they_were_written() {
        for text in ["1970-01-01", "2021-11-03", "2099-12-31"] {
            assert_eq!(Day::parse(text).unwrap().text().unwrap(), text);
        }
        for text in ["1969-12-31", "2021-13-01", "yesterday", ""] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
        assert_eq!(Day(u32::MAX).text(), None);
    }

    #[test]
    fn bytes_that_are_no_block_are_malformed_or_say_nothing() {
        let key = CveKey::parse("CVE-2021-0001").unwrap();
        assert_eq!(find(&[], key, key), Ok(Signals::default()));
        assert_eq!(find(&[0x80], key, key), Err(Malformed));
        assert_eq!(find(&[0, 1], key, key), Err(Malformed));
        assert_eq!(find(&[0xff; 20], key, key), Err(Malformed));
    }
}
