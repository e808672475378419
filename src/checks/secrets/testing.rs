//! Secrets for tests, made at test time from templates, so that no file of this
//! repository holds one.

use super::checksum;
use super::shape::{Piece, Shape};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A small generator with a fixed sequence per seed (SplitMix64).
#[derive(Debug)]
struct Sequence(u64);

impl Sequence {
    fn of(seed: &str) -> Self {
        let hash = |h: u64, b: u8| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3);
        Self(seed.bytes().fold(0xcbf2_9ce4_8422_2325, hash))
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }
}

/// The text that a template stands for. Beside the pieces of a shape it knows
/// `{github-crc}`, `{grafana-crc}`, `{gitlab-crc}` and `{bech32-sum}` (the checksum of what
/// came before), `{json:NAME:SIZE}` (an object with one member of that many characters,
/// in base64), `{macaroon}`, `{bot-id}`, `{weak}` (a password that a person might choose)
/// and `{uuid}`; any other brace is text.
pub(super) fn expand(template: &str) -> String {
    let mut sequence = Sequence::of(template);
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        match after.split_once('}') {
            Some((piece, after)) if fill(piece, &mut text, &mut sequence) => rest = after,
            _ => {
                text.push('{');
                rest = after;
            }
        }
    }
    text + rest
}

/// Appends what a piece stands for; `false` where it is no piece.
fn fill(piece: &str, text: &mut String, sequence: &mut Sequence) -> bool {
    match piece {
        "github-crc" => {
            let sum = checksum::github(&text.as_bytes()[text.len() - 30..]);
            text.push_str(std::str::from_utf8(&sum).unwrap());
        }
        "grafana-crc" => {
            let start = text.find("glsa_").unwrap();
            let sum = checksum::grafana(&text.as_bytes()[start..]);
            text.push('_');
            text.push_str(std::str::from_utf8(&sum).unwrap());
        }
        "gitlab-crc" => {
            let start = text.find("gl").unwrap();
            let sum = checksum::gitlab(&text.as_bytes()[start..]);
            text.push_str(std::str::from_utf8(&sum).unwrap());
        }
        "bech32-sum" => {
            let (_, key) = text.rsplit_once("AGE-").unwrap();
            let lower = format!("age-{}", key.to_ascii_lowercase());
            let (prefix, data) = lower.rsplit_once('1').unwrap();
            let mut values = checksum::bech32_values(data.as_bytes()).unwrap();
            values.extend([0; 6]);
            let rest = checksum::bech32_remainder(prefix.as_bytes(), &values) ^ 1;
            for place in (0..6).rev() {
                let value = usize::try_from((rest >> (5 * place)) & 31).unwrap();
                text.push(char::from(b"QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"[value]));
            }
        }
        "macaroon" => {
            let mut bytes = b"\x02\x01\x08pypi\x2eorg\x02\x24".to_vec();
            bytes.extend((0..36).map(|_| b'a' + u8::try_from(sequence.below(26)).unwrap()));
            bytes.extend(b"\x00\x00\x06\x20");
            bytes.extend((0..32).map(|_| u8::try_from(sequence.below(256)).unwrap()));
            text.push_str(&URL_SAFE_NO_PAD.encode(bytes));
        }
        "bot-id" => {
            let id: String = (0..18)
                .map(|_| char::from(b'1' + u8::try_from(sequence.below(9)).unwrap()))
                .collect();
            text.push_str(&URL_SAFE_NO_PAD.encode(id));
        }
        _ if piece.starts_with("json:") => {
            let (name, size) = piece
                .strip_prefix("json:")
                .unwrap()
                .split_once(':')
                .unwrap();
            let size: usize = size.parse().unwrap();
            let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
            let value: String = (0..size)
                .map(|_| char::from(letters[sequence.below(letters.len())]))
                .collect();
            text.push_str(&STANDARD_NO_PAD.encode(format!("{{\"{name}\":\"{value}\"}}")));
        }
        "weak" => text.push_str("Hun7er!sum9er"),
        "uuid" => text.push_str(&expand("{hex:8}-{hex:4}-{hex:4}-{hex:4}-{hex:12}")),
        _ => {
            let Ok(shape) = Shape::parse(&format!("{{{piece}}}")) else {
                return false;
            };
            match shape.pieces.into_iter().next().unwrap() {
                Piece::Text(fixed) => text.push_str(&fixed),
                Piece::OneOf(texts) => text.push_str(&texts[sequence.below(texts.len())]),
                Piece::Run { class, min, max } => {
                    let alphabet: Vec<char> = (0..128_u8)
                        .filter(|b| class.contains(*b))
                        .map(char::from)
                        .collect();
                    for _ in 0..min + sequence.below(max - min + 1) {
                        text.push(alphabet[sequence.below(alphabet.len())]);
                    }
                }
            }
        }
    }
    true
}

/// A PEM block around `size` bytes that have the form of a DER SEQUENCE.
pub(super) fn pem(label: &str, size: u8) -> String {
    let mut der = vec![0x30, 0x82, 1, size];
    let mut sequence = Sequence::of(label);
    der.extend((0..256 + usize::from(size)).map(|_| u8::try_from(sequence.below(256)).unwrap()));
    pem_of(label, &der)
}

/// A PEM block around these bytes.
pub(super) fn pem_of(label: &str, bytes: &[u8]) -> String {
    let body = STANDARD.encode(bytes);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}
