//! The first packet of an OpenPGP private key (RFC 9580 section 5.5.3): whether its private half
//! is encrypted, how long the key is, and its fingerprint. Nothing of it is decrypted.

use crate::support::hash::sha1_parts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::fmt::Write as _;

/// What the first packet says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub encrypted: bool,
    /// `RSA, 3072 bits, fingerprint …`.
    pub said: String,
}

/// Reads the base64 between the marker lines, of which the checksum at the end
/// (RFC 9580 section 6.1) may be a part.
pub(super) fn read(armor: &[u8]) -> Option<Key> {
    // What comes after the first `=` is padding or the checksum.
    let end = memchr::memchr(b'=', armor).unwrap_or(armor.len());
    of(&STANDARD_NO_PAD.decode(armor.get(..end)?).ok()?)
}

fn of(bytes: &[u8]) -> Option<Key> {
    let body = Fields(body_of(bytes)?);
    let mut rest = Fields(body.0);
    let [4, _, _, _, _, algorithm] = *rest.take(6)? else {
        // Version 6 has other fields, older ones are broken.
        return None;
    };
    let size = match algorithm {
        1..=3 => {
            let bits = rest.number()?;
            rest.number()?;
            format!("RSA, {bits} bits")
        }
        16 => {
            let bits = rest.number()?;
            rest.number()?;
            rest.number()?;
            format!("Elgamal, {bits} bits")
        }
        17 => {
            let bits = rest.number()?;
            for _ in 0..3 {
                rest.number()?;
            }
            format!("DSA, {bits} bits")
        }
        18 => {
            rest.short()?;
            rest.number()?;
            rest.short()?;
            "ECDH".to_owned()
        }
        19 | 22 => {
            rest.short()?;
            rest.number()?;
            if algorithm == 19 { "ECDSA" } else { "EdDSA" }.to_owned()
        }
        27 => {
            rest.take(32)?;
            "Ed25519".to_owned()
        }
        28 => {
            rest.take(57)?;
            "Ed448".to_owned()
        }
        _ => return None,
    };
    let usage = *rest.0.first()?;
    let public = body.0.get(..body.0.len() - rest.0.len())?;
    // RFC 9580 section 5.5.4.2: 0x99, the length, the public half.
    let length = u16::try_from(public.len()).ok()?.to_be_bytes();
    let mut said = format!("{size}, fingerprint ");
    for byte in sha1_parts(&[&[0x99], &length, public]) {
        write!(said, "{byte:02X}").ok()?;
    }
    Some(Key {
        encrypted: usage != 0,
        said,
    })
}

/// The body of a private-key packet (tag 5), in either form of its head.
fn body_of(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = match bytes {
        [0x94, a, rest @ ..] => (usize::from(*a), rest),
        [0x95, a, b, rest @ ..] => (usize::from(*a) << 8 | usize::from(*b), rest),
        [0xc5, a, rest @ ..] if *a < 192 => (usize::from(*a), rest),
        [0xc5, a, b, rest @ ..] if *a < 224 => {
            ((usize::from(*a) - 192) * 256 + usize::from(*b) + 192, rest)
        }
        _ => return None,
    };
    rest.get(..length)
}

/// What is left of a packet.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.0.get(..length)?;
        self.0 = self.0.get(length..)?;
        Some(taken)
    }

    /// Passes a multiprecision integer and says how many bits it has.
    fn number(&mut self) -> Option<u16> {
        let [high, low] = *self.take(2)? else {
            return None;
        };
        let bits = u16::from_be_bytes([high, low]);
        self.take(usize::from(bits).div_ceil(8))?;
        Some(bits)
    }

    /// Passes bytes behind their length: a curve, or how a key is derived.
    fn short(&mut self) -> Option<()> {
        let length = *self.take(1)?.first()?;
        self.take(usize::from(length)).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn armored(public: &[u8], usage: u8) -> Vec<u8> {
        let body = [public, &[usage], &[9; 40]].concat();
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        let packet = [&[0x95], length.as_slice(), &body].concat();
        // The checksum that ends an armor.
        let text = STANDARD_NO_PAD.encode(packet);
        format!("{text}=abcd").into_bytes()
    }

    fn rsa() -> Vec<u8> {
        let number = |bits: u16, bytes: &[u8]| [&bits.to_be_bytes(), bytes].concat();
        let head = [4, 0x60, 0, 0, 0, 1];
        [
            head.as_slice(),
            &number(2048, &[0xc1; 256]),
            &number(17, &[1, 0, 1]),
        ]
        .concat()
    }

    #[test]
    fn encryption_size_and_fingerprint_are_told() {
        let clear = read(&armored(&rsa(), 0)).unwrap();
        let locked = read(&armored(&rsa(), 254)).unwrap();
        assert!(!clear.encrypted && locked.encrypted);
        assert_eq!(clear.said, locked.said);
        let (size, fingerprint) = clear.said.rsplit_once(' ').unwrap();
        assert_eq!(size, "RSA, 2048 bits, fingerprint");
        assert_eq!(fingerprint.len(), 40);
        let curve = [4, 0x60, 0, 0, 0, 22, 2, 0x2b, 0x65, 0, 8, 0x40];
        let said = read(&armored(&curve, 0)).unwrap().said;
        assert!(said.starts_with("EdDSA, fingerprint "), "{said}");
    }

    #[test]
    fn what_is_cut_or_of_another_version_says_nothing() {
        let whole = armored(&rsa(), 0);
        assert_eq!(read(&whole[..100]), None);
        assert_eq!(read(b""), None);
        let mut sixth = rsa();
        sixth[0] = 6;
        assert_eq!(read(&armored(&sixth, 0)), None);
    }
}
