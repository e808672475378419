//! Debian (<https://www.debian.org/doc/debian-policy/ch-controlfields.html#version>,
//! `deb-version(7)`), also for Ubuntu: epoch, upstream version, revision; `~` comes before
//! everything, even before the end.
//!
//! What `dpkg --compare-versions` refuses has no place. What it only warns about (a first
//! letter that is no digit, an odd ASCII sign) has one.

use super::Incomparable;
use super::number::{Number, compare_padded};
use std::cmp::Ordering;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DebianVersion {
    epoch: Number,
    upstream: Vec<Piece>,
    revision: Vec<Piece>,
}

/// Signs and numbers in turn: each run of signs, even an empty one, is closed by a number,
/// even by an absent one (zero). The order of the variants is part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Tilde,
    Number(Number),
    Letter(u8),
    Sign(u8),
}

const END: Piece = Piece::Number(Number::ZERO);

impl DebianVersion {
    pub(super) fn parse(text: &str) -> Result<Self, Incomparable> {
        let failed = |reason| Incomparable::new(text, reason);
        let plain = text.trim();
        let (epoch, plain) = match plain.split_once(':') {
            Some((epoch, plain)) => (
                Number::parse(epoch)
                    .filter(|epoch| *epoch <= Number::Short(i32::MAX.unsigned_abs().into()))
                    .ok_or_else(|| failed("its epoch is not a number of 31 bits"))?,
                plain,
            ),
            None => (Number::ZERO, plain),
        };
        let (upstream, revision) = match plain.rsplit_once('-') {
            Some((_, "")) => return Err(failed("its revision is empty")),
            Some((upstream, revision)) => (upstream, revision),
            None => (plain, ""),
        };
        if upstream.is_empty() {
            return Err(failed("it is empty"));
        }
        if !plain.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(failed("it holds a sign that no Debian version has"));
        }
        Ok(Self {
            epoch,
            upstream: pieces(upstream),
            revision: pieces(revision),
        })
    }

    pub(super) fn canonical(&self) -> String {
        let mut text = format!("{}:", self.epoch);
        push_pieces(&mut text, &self.upstream);
        text.push('-');
        push_pieces(&mut text, &self.revision);
        text
    }

    pub(super) fn same_upstream(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.upstream == other.upstream
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        let end = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (signs, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        pieces.extend(signs.bytes().map(|b| match b {
            b'~' => Piece::Tilde,
            b if b.is_ascii_alphabetic() => Piece::Letter(b),
            b => Piece::Sign(b),
        }));
        let (number, after) = Number::split_from(after);
        pieces.push(Piece::Number(number.unwrap_or(Number::ZERO)));
        if after.is_empty() {
            return pieces;
        }
        rest = after;
    }
}

fn push_pieces(text: &mut String, pieces: &[Piece]) {
    for piece in pieces {
        match piece {
            Piece::Tilde => text.push('~'),
            Piece::Number(number) => text.push_str(&number.to_string()),
            Piece::Letter(b) | Piece::Sign(b) => text.push(char::from(*b)),
        }
    }
}

impl Ord for DebianVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare_padded(&self.upstream, &other.upstream, &END))
            .then_with(|| compare_padded(&self.revision, &other.revision, &END))
    }
}

impl PartialOrd for DebianVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
