//! What can be checked in a token offline: checksums that providers build into it, and
//! the structure of what it encodes. What does not hold lowers the confidence of a
//! finding; it never drops one.

use super::shape::Class;
use crate::model::Validity;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use flate2::Crc;

/// A scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checksum {
    /// GitHub, npm, NetBird and Thunderstore: the last six characters are the CRC-32 of
    /// the thirty before them, in base 62 with leading zeros
    /// (<https://github.blog/engineering/behind-githubs-new-authentication-token-formats/>).
    GitHub,
    /// Grafana: after the last `_` stands the CRC-32 of everything before it, in hex of
    /// its little-endian bytes (`pkg/components/satokengen` of Grafana's source).
    Grafana,
    /// GitLab's routable tokens, which hold a `.`: the last seven characters are the
    /// CRC-32 of everything before them, in base 36 with leading zeros (`RoutableToken`
    /// of GitLab's source). Other tokens have none.
    GitLab,
    /// age: Bech32 with its six check characters (BIP 173).
    Bech32,
    /// From `eyJ` on stands a JSON object in base64, up to a `_`, a `.` or the end.
    Json,
    /// PyPI: a version 2 macaroon in base64 behind the first `-`
    /// (<https://github.com/rescrv/libmacaroons/blob/master/doc/format.txt>).
    Macaroon,
    /// Discord: before the first `.` stands the bot's id, 17 to 20 digits, in base64
    /// (<https://discord.com/developers/docs/reference#authentication>).
    Snowflake,
}

/// Digits of GitHub's base 62; the first 36 in lower case are GitLab's.
const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The characters of Bech32, each at its value.
const BECH_32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

const LENIENT: GeneralPurposeConfig = general_purpose::NO_PAD
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

impl Checksum {
    /// Whether what can be checked in the token holds.
    pub(super) fn check(self, token: &[u8]) -> Validity {
        match self {
            Self::GitHub => {
                let start = token.len().checked_sub(36);
                let body = start.and_then(|start| token.get(start..start + 30));
                ends_with(token, body.map(github))
            }
            Self::Grafana => {
                let body = memchr::memrchr(b'_', token).and_then(|at| token.get(..at));
                ends_with(token, body.map(grafana))
            }
            Self::GitLab if memchr::memchr(b'.', token).is_none() => Validity::Unknown,
            Self::GitLab => {
                let body = token.len().checked_sub(7).and_then(|end| token.get(..end));
                ends_with(token, body.map(gitlab))
            }
            Self::Bech32 => holds(is_bech32(token)),
            Self::Json => holds(is_json(token)),
            Self::Macaroon => holds(is_macaroon(token)),
            Self::Snowflake => holds(is_snowflake(token)),
        }
    }
}

fn ends_with(token: &[u8], expected: Option<Vec<u8>>) -> Validity {
    expected.map_or(Validity::Unknown, |sum| holds(token.ends_with(&sum)))
}

fn holds(it: bool) -> Validity {
    if it {
        Validity::Valid
    } else {
        Validity::Mismatch
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// `count` digits of the number, the greatest first.
fn digits(mut number: u32, base: u32, count: usize) -> Vec<u8> {
    let mut digits: Vec<u8> = (0..count)
        .map(|_| {
            let digit = BASE_62.get((number % base) as usize).copied();
            number /= base;
            digit.unwrap_or(b'0')
        })
        .collect();
    digits.reverse();
    digits
}

/// The six check characters of thirty random ones.
pub(super) fn github(body: &[u8]) -> Vec<u8> {
    digits(crc32(body), 62, 6)
}

/// The eight check characters of everything before the last `_`.
pub(super) fn grafana(body: &[u8]) -> Vec<u8> {
    hex::encode(crc32(body).to_le_bytes()).into_bytes()
}

/// The seven check characters of everything before them.
pub(super) fn gitlab(body: &[u8]) -> Vec<u8> {
    digits(crc32(body), 36, 7).to_ascii_lowercase()
}

/// The remainder that BIP 173 defines, over a text's prefix and the values behind its
/// last `1`; it is 1 where the check characters are right.
pub(super) fn bech32_remainder(prefix: &[u8], values: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let high = prefix.iter().map(|c| c >> 5);
    let low = prefix.iter().map(|c| c & 31);
    let all = high.chain([0]).chain(low).chain(values.iter().copied());
    all.fold(1, |sum, value| {
        let next = ((sum & 0x01ff_ffff) << 5) ^ u32::from(value);
        let taps = GENERATOR.iter().enumerate();
        taps.filter(|(bit, _)| ((sum >> 25) >> bit) & 1 == 1)
            .fold(next, |next, (_, tap)| next ^ tap)
    })
}

/// The values of Bech32 characters; `None` where one is none.
pub(super) fn bech32_values(text: &[u8]) -> Option<Vec<u8>> {
    text.iter()
        .map(|c| memchr::memchr(*c, BECH_32).and_then(|at| u8::try_from(at).ok()))
        .collect()
}

fn is_bech32(token: &[u8]) -> bool {
    let lower = token.to_ascii_lowercase();
    let Some((prefix, data)) = memchr::memrchr(b'1', &lower).map(|at| lower.split_at(at)) else {
        return false;
    };
    data.get(1..)
        .and_then(bech32_values)
        .is_some_and(|values| bech32_remainder(prefix, &values) == 1)
}

fn is_json(token: &[u8]) -> bool {
    let start = memchr::memmem::find(token, b"eyJ").unwrap_or(0);
    let text = token.get(start..).unwrap_or_default();
    let end = text.iter().position(|b| !Class::Base64.contains(*b));
    let text = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    // A character too many cannot be decoded at all.
    STANDARD
        .decode(text)
        .is_ok_and(|json| serde_json::from_slice::<serde_json::Map<_, _>>(&json).is_ok())
}

/// Whether sections of fields, each ended by a zero, lead to a signature of 32 bytes that
/// ends the macaroon.
fn is_macaroon(token: &[u8]) -> bool {
    let body = memchr::memchr(b'-', token).and_then(|at| token.get(at + 1..));
    let Some(bytes) = body.and_then(|body| URL_SAFE.decode(body).ok()) else {
        return false;
    };
    let Some((2, mut rest)) = bytes.split_first().map(|(first, rest)| (*first, rest)) else {
        return false;
    };
    while let Some((kind, behind)) = rest.split_first() {
        match kind {
            0 => rest = behind,
            1 | 2 | 4 => match field(behind) {
                Some(after) => rest = after,
                None => return false,
            },
            6 => return behind.first() == Some(&32) && behind.len() == 33,
            _ => return false,
        }
    }
    false
}

/// What follows a length of one or two bytes and that many bytes.
fn field(bytes: &[u8]) -> Option<&[u8]> {
    let (first, rest) = bytes.split_first()?;
    let (length, rest) = if first & 0x80 == 0 {
        (usize::from(*first), rest)
    } else {
        let (second, rest) = rest.split_first()?;
        (
            usize::from(first & 0x7f) | (usize::from(*second) << 7),
            rest,
        )
    };
    rest.get(length..)
}

fn is_snowflake(token: &[u8]) -> bool {
    let id = memchr::memchr(b'.', token).and_then(|at| token.get(..at));
    id.and_then(|id| URL_SAFE.decode(id).ok())
        .is_some_and(|id| (17..=20).contains(&id.len()) && id.iter().all(u8::is_ascii_digit))
}

/// The account that an AWS access key id belongs to, 12 digits: forty of its bits behind
/// the first one. Ids of before 2019, with `I` or `J` in the fifth place, do not tell.
pub(super) fn aws_account(id: &[u8]) -> Option<String> {
    let body = id.get(4..).filter(|body| body.len() == 16)?;
    if matches!(body.first(), Some(b'I' | b'J')) {
        return None;
    }
    let bits = body.iter().take(10).try_fold(0_u64, |bits, c| {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'2'..=b'7' => c - b'2' + 26,
            _ => return None,
        };
        Some((bits << 5) | u64::from(value))
    })?;
    // 50 bits were read; the account is in the bits 1 to 40 of the first 48.
    let account = ((bits >> 2) & 0x7fff_ffff_ff80) >> 7;
    (account < 1_000_000_000_000).then(|| format!("{account:012}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_github_checksum_of_a_published_sample_holds() {
        // The body and checksum of a revoked sample token, published with the format's
        // reference implementation (therootcompany/base62-token.js).
        let body = b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ";
        assert_eq!(github(body), b"0mLq17");
        let mut token = [b"ghp_".as_slice(), body, b"0mLq17"].concat();
        assert_eq!(Checksum::GitHub.check(&token), Validity::Valid);
        token[10] ^= 1;
        assert_eq!(Checksum::GitHub.check(&token), Validity::Mismatch);
        assert_eq!(Checksum::GitHub.check(b"short"), Validity::Unknown);
    }

    #[test]
    fn a_grafana_checksum_covers_the_prefix() {
        let mut token = b"glsa_abcDEF".to_vec();
        let sum = grafana(&token);
        token.push(b'_');
        token.extend(sum);
        assert_eq!(Checksum::Grafana.check(&token), Validity::Valid);
        token[0] = b'h';
        assert_eq!(Checksum::Grafana.check(&token), Validity::Mismatch);
    }

    #[test]
    fn only_routable_gitlab_tokens_have_a_checksum() {
        let mut token = ["glpat", "-abcDEF_12.01.1a"].concat().into_bytes();
        let sum = gitlab(&token);
        token.extend(sum);
        assert_eq!(Checksum::GitLab.check(&token), Validity::Valid);
        token[8] ^= 1;
        assert_eq!(Checksum::GitLab.check(&token), Validity::Mismatch);
        assert_eq!(
            Checksum::GitLab.check(b"glpat-abcdefghij0123456789"),
            Validity::Unknown
        );
    }

    #[test]
    fn the_bech32_samples_of_bip_173_hold() {
        for valid in [
            "A12UEL5L",
            "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
            "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
        ] {
            assert_eq!(
                Checksum::Bech32.check(valid.as_bytes()),
                Validity::Valid,
                "{valid}"
            );
        }
        assert_eq!(Checksum::Bech32.check(b"A12UEL5M"), Validity::Mismatch);
        assert_eq!(Checksum::Bech32.check(b"none"), Validity::Mismatch);
    }

    #[test]
    fn encoded_json_is_parsed_up_to_what_follows_it() {
        let encoded = STANDARD.encode(br#"{"org":"o","n":1}"#);
        for token in [format!("a_{encoded}"), format!("a_{encoded}_tail")] {
            assert_eq!(Checksum::Json.check(token.as_bytes()), Validity::Valid);
        }
        let broken = format!("a_{encoded}").replace("eyJvcm", "eyJvc!");
        assert_eq!(Checksum::Json.check(broken.as_bytes()), Validity::Mismatch);
    }

    #[test]
    fn a_macaroon_ends_in_its_signature() {
        let mut bytes =
            b"\x02\x01\x08pypi\x2eorg\x02\x03abc\x00\x02\x02{}\x00\x00\x06\x20".to_vec();
        bytes.extend([7; 32]);
        let token = |bytes: &[u8]| format!("pypi-{}", URL_SAFE.encode(bytes));
        let check = |bytes: &[u8]| Checksum::Macaroon.check(token(bytes).as_bytes());
        assert!(token(&bytes).starts_with("pypi-AgEIcHlwaS5vcmc"));
        assert_eq!(check(&bytes), Validity::Valid);
        assert_eq!(check(&bytes[..bytes.len() - 1]), Validity::Mismatch);
        bytes[2] = 0x7f;
        assert_eq!(check(&bytes), Validity::Mismatch);
        assert_eq!(check(b"\x02\x01\xff\xff"), Validity::Mismatch);
    }

    #[test]
    fn an_aws_key_id_tells_its_account() {
        // The id and account of a published description of the scheme.
        let id = ["ASIA", "Q", "NZGKIQY56JQ7WML"].concat();
        assert_eq!(aws_account(id.as_bytes()).as_deref(), Some("029608264753"));
        let old = ["AKIA", "IOSFODNN7ABCDEFG"].concat();
        assert_eq!(aws_account(old.as_bytes()), None);
        assert_eq!(aws_account(b"AKIA"), None);
    }
}
