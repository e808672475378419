//! Text in UTF-16, with and without a byte order mark.

/// Bytes that are looked at to tell.
const HEAD: usize = 4096;

/// The text as UTF-8 where the bytes are UTF-16; lines stay lines. Without a mark they are
/// where nearly every second byte of the beginning is NUL and no other one.
pub(super) fn decoded(bytes: &[u8]) -> Option<Vec<u8>> {
    let (is_little, text) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (true, rest),
        [0xFE, 0xFF, rest @ ..] => (false, rest),
        _ => (guess(bytes)?, bytes),
    };
    let units = text.as_chunks::<2>().0.iter().map(|pair| match is_little {
        true => u16::from_le_bytes(*pair),
        false => u16::from_be_bytes(*pair),
    });
    let mut utf8 = String::with_capacity(text.len() / 2);
    utf8.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
    Some(utf8.into_bytes())
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
