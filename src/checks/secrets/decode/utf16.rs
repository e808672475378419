//! Text in UTF-16, with and without a byte order mark.

use std::io::{self, Read};

/// Bytes that are looked at to tell.
const HEAD: usize = 4096;

/// The text as UTF-8 where the bytes are UTF-16; lines stay lines. Without a mark they are
/// where nearly every second byte of the beginning is NUL and no other one.
pub(super) fn decoded(bytes: &[u8]) -> Option<Vec<u8>> {
    let (is_little, mark) = order(bytes)?;
    let text = bytes.get(mark..).unwrap_or_default();
    let units = text.as_chunks::<2>().0.iter().map(|pair| match is_little {
        true => u16::from_le_bytes(*pair),
        false => u16::from_be_bytes(*pair),
    });
    let mut utf8 = String::with_capacity(text.len() / 2);
    utf8.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
    Some(utf8.into_bytes())
}

/// Whether the lower byte of each pair comes first, and the length of the mark that says
/// so, where the bytes are UTF-16.
pub(super) fn order(bytes: &[u8]) -> Option<(bool, usize)> {
    match bytes {
        [0xFF, 0xFE, ..] => Some((true, 2)),
        [0xFE, 0xFF, ..] => Some((false, 2)),
        _ => guess(bytes).map(|is_little| (is_little, 0)),
    }
}

/// UTF-16 of any length as UTF-8, piece by piece.
pub(super) struct Utf8<'a> {
    input: &'a mut dyn Read,
    is_little: bool,
    /// Bytes to pass over: the mark.
    skip: usize,
    /// Read and not yet decoded: less than a character.
    raw: Vec<u8>,
    /// Decoded and not yet given.
    text: Vec<u8>,
    given: usize,
}

/// Bytes that are decoded at a time.
const PIECE: u64 = 64 * 1024;

impl<'a> Utf8<'a> {
    pub(super) fn new(input: &'a mut dyn Read, (is_little, mark): (bool, usize)) -> Self {
        Self {
            input,
            is_little,
            skip: mark,
            raw: Vec::new(),
            text: Vec::new(),
            given: 0,
        }
    }

    fn decode(&mut self) -> io::Result<()> {
        let count = self.input.take(PIECE).read_to_end(&mut self.raw)?;
        let mark = std::mem::take(&mut self.skip).min(self.raw.len());
        self.raw.drain(..mark);
        let mut units: Vec<u16> = self
            .raw
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| self.unit(*pair))
            .collect();
        let is_end = count == 0;
        // The first half of a pair waits for the second one.
        if !is_end
            && units
                .last()
                .is_some_and(|unit| (0xD800..0xDC00).contains(unit))
        {
            units.pop();
        }
        self.raw.drain(..2 * units.len());
        let text = String::from_utf16_lossy(&units);
        self.text = text.into_bytes();
        self.given = 0;
        if is_end {
            self.raw.clear();
        }
        Ok(())
    }

    fn unit(&self, pair: [u8; 2]) -> u16 {
        match self.is_little {
            true => u16::from_le_bytes(pair),
            false => u16::from_be_bytes(pair),
        }
    }
}

impl Read for Utf8<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            let had = self.raw.len();
            self.decode()?;
            if self.text.is_empty() && self.raw.len() <= had {
                return Ok(0);
            }
        }
        let left = self.text.get(self.given..).unwrap_or_default();
        let count = left.len().min(into.len());
        if let (Some(into), Some(left)) = (into.get_mut(..count), left.get(..count)) {
            into.copy_from_slice(left);
        }
        self.given += count;
        Ok(count)
    }
}

fn guess(bytes: &[u8]) -> Option<bool> {
    let head = bytes.get(..bytes.len().min(HEAD) & !1)?;
    if head.len() < 8 {
        return None;
    }
    let nuls = |parity: usize| {
        let places = head.iter().skip(parity).step_by(2);
        places.filter(|byte| **byte == 0).count()
    };
    let (even, odd) = (nuls(0), nuls(1));
    let enough = head.len() * 9 / 20;
    match (even, odd) {
        (0, odd) if odd >= enough => Some(true),
        (even, 0) if even >= enough => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str, mark: bool, little: bool) -> Vec<u8> {
        let mark = mark.then_some(0xFEFF);
        let units = mark.into_iter().chain(text.encode_utf16());
        units
            .flat_map(|unit| match little {
                true => unit.to_le_bytes(),
                false => unit.to_be_bytes(),
            })
            .collect()
    }

    #[test]
    fn both_orders_are_read_with_and_without_a_mark() {
        let text = "name = value é\r\n𝄞 end\n";
        for (mark, little) in [(true, true), (true, false), (false, true), (false, false)] {
            let read = decoded(&encoded(text, mark, little));
            assert_eq!(read.as_deref(), Some(text.as_bytes()), "{mark} {little}");
        }
    }

    #[test]
    fn other_bytes_are_left_alone() {
        assert_eq!(decoded(b"plain text, a line of it\n"), None);
        assert_eq!(decoded(&[0; 4096]), None);
        assert_eq!(decoded(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"), None);
        assert_eq!(decoded(b""), None);
        // A lone half of a pair and an odd byte at the end are no reason to stop.
        assert!(decoded(b"\xFF\xFE\x00\xD8a\0b").is_some());
    }
}
