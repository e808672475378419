//! RPM (<https://rpm-software-management.github.io/rpm/man/rpm-version.7>), for Red Hat,
//! SUSE and their kin: epoch, version, release, each compared as `rpmvercmp` does: runs of
//! digits and of letters, the signs between them do not count, `~` comes before the end
//! and `^` just after it.
//!
//! Everything has a place. A version without a release comes before the same one with any.

use super::Incomparable;
use super::number::{Number, compare_padded};
use std::cmp::Ordering;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RpmVersion {
    epoch: Number,
    version: Vec<Piece>,
    release: Option<Vec<Piece>>,
}

/// The order of the variants is part of it. `End` is what a shorter text goes on with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Tilde,
    End,
    Caret,
    Letters(Box<str>),
    Number(Number),
}

impl RpmVersion {
    pub(super) fn parse(text: &str) -> Result<Self, Incomparable> {
        let plain = text.trim();
        if plain.is_empty() {
            return Err(Incomparable::new(text, "it is empty"));
        }
        let is_epoch = |epoch: &str| epoch.bytes().all(|b| b.is_ascii_digit());
        let (epoch, plain) = match plain.split_once(':') {
            Some((epoch, plain)) if is_epoch(epoch) => {
                (Number::parse(epoch).unwrap_or(Number::ZERO), plain)
            }
            _ => (Number::ZERO, plain),
        };
        let (version, release) = match plain.rsplit_once('-') {
            Some((version, release)) => (version, Some(release)),
            None => (plain, None),
        };
        Ok(Self {
            epoch,
            version: pieces(version),
            release: release.map(pieces),
        })
    }

    pub(super) fn canonical(&self) -> String {
        let mut text = format!("{}:", self.epoch);
        push_pieces(&mut text, &self.version);
        if let Some(release) = &self.release {
            text.push('-');
            push_pieces(&mut text, release);
        }
        text
    }

    pub(super) fn same_upstream(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.version == other.version
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let end = match c {
            c if c.is_ascii_digit() => rest.find(|c: char| !c.is_ascii_digit()),
            c if c.is_ascii_alphabetic() => rest.find(|c: char| !c.is_ascii_alphabetic()),
            c => Some(c.len_utf8()),
        };
        let (piece, after) = end
            .and_then(|end| rest.split_at_checked(end))
            .unwrap_or((rest, ""));
        match c {
            '~' => pieces.push(Piece::Tilde),
            '^' => pieces.push(Piece::Caret),
            c if c.is_ascii_alphabetic() => pieces.push(Piece::Letters(piece.into())),
            _ => pieces.extend(Number::parse(piece).map(Piece::Number)),
        }
        rest = after;
    }
    pieces
}

fn push_pieces(text: &mut String, pieces: &[Piece]) {
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            text.push('.');
        }
        match piece {
            Piece::Tilde => text.push('~'),
            Piece::End => {}
            Piece::Caret => text.push('^'),
            Piece::Letters(letters) => text.push_str(letters),
            Piece::Number(number) => text.push_str(&number.to_string()),
        }
    }
}

impl Ord for RpmVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        let of_release = |a: &Option<Vec<Piece>>, b: &Option<Vec<Piece>>| match (a, b) {
            (Some(a), Some(b)) => compare_padded(a, b, &Piece::End),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare_padded(&self.version, &other.version, &Piece::End))
            .then_with(|| of_release(&self.release, &other.release))
    }
}

impl PartialOrd for RpmVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
