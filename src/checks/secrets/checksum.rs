//! Checksums that providers build into their tokens. A checksum that does not hold
//! lowers the confidence of a finding; it never drops one.

use crate::model::Validity;
use flate2::Crc;

/// A checksum scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checksum {
    /// GitHub and npm: the last six characters are the CRC-32 of the thirty before them,
    /// in base 62 with leading zeros
    /// (<https://github.blog/engineering/behind-githubs-new-authentication-token-formats/>).
    GitHub,
    /// Grafana: after the last `_` stands the CRC-32 of everything before it, in hex of
    /// its little-endian bytes (`pkg/components/satokengen` of Grafana's source).
    Grafana,
}

/// Digits of GitHub's base 62.
const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Checksum {
    /// Whether the checksum inside the token holds.
    pub(super) fn check(self, token: &[u8]) -> Validity {
        let expected = match self {
            Self::GitHub => token
                .len()
                .checked_sub(36)
                .and_then(|start| token.get(start..start + 30))
                .map(github),
            Self::Grafana => memchr::memrchr(b'_', token)
                .and_then(|at| token.get(..at))
                .map(grafana),
        };
        match expected {
            Some(sum) if token.ends_with(&sum) => Validity::Valid,
            Some(_) => Validity::Mismatch,
            None => Validity::Unknown,
        }
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// The six check characters of thirty random ones.
pub(super) fn github(body: &[u8]) -> Vec<u8> {
    let mut rest = crc32(body);
    let mut digits: Vec<u8> = (0..6)
        .map(|_| {
            let digit = BASE_62.get((rest % 62) as usize).copied().unwrap_or(b'0');
            rest /= 62;
            digit
        })
        .collect();
    digits.reverse();
    digits
}

/// The eight check characters of everything before the last `_`.
pub(super) fn grafana(body: &[u8]) -> Vec<u8> {
    hex::encode(crc32(body).to_le_bytes()).into_bytes()
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
}
