//! Recognisers: what no provider issues, told by its syntax. Each is one file with its
//! keywords, its kinds and its look at a place.

pub(super) mod assignment;
mod authorization;
mod connection_string;
mod curl;
mod jwk;
mod jwt;
mod password_hash;
mod private_key;
pub(super) mod url;

pub(super) use jwt::terms as token_terms;

use super::engine::Scan;
use super::file::Format;
use std::ops::Range;

/// One of the recognisers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recogniser {
    Assignment,
    Authorization,
    ConnectionString,
    Curl,
    Jwk,
    Jwt,
    PasswordHash,
    PrivateKey,
    Url,
}

impl Recogniser {
    pub(super) const ALL: [Self; 9] = [
        Self::Assignment,
        Self::Authorization,
        Self::ConnectionString,
        Self::Curl,
        Self::Jwk,
        Self::Jwt,
        Self::PasswordHash,
        Self::PrivateKey,
        Self::Url,
    ];

    /// The lower-case keywords to search for.
    pub(super) fn keywords(self) -> &'static [&'static str] {
        match self {
            Self::Assignment => assignment::KEYWORDS,
            Self::Authorization => authorization::KEYWORDS,
            Self::ConnectionString => connection_string::KEYWORDS,
            Self::Curl => curl::KEYWORDS,
            Self::Jwk => jwk::KEYWORDS,
            Self::Jwt => jwt::KEYWORDS,
            Self::PasswordHash => password_hash::KEYWORDS,
            Self::PrivateKey => private_key::KEYWORDS,
            Self::Url => url::KEYWORDS,
        }
    }

    /// Whether it makes sense in a file of this format.
    pub(super) fn fits(self, format: Format) -> bool {
        match self {
            Self::Assignment => !matches!(
                format,
                Format::Lockfile | Format::Generated | Format::Binary
            ),
            Self::PrivateKey => true,
            Self::Url => format != Format::Binary,
            Self::Authorization
            | Self::ConnectionString
            | Self::Curl
            | Self::Jwk
            | Self::Jwt
            | Self::PasswordHash => !matches!(format, Format::Lockfile | Format::Binary),
        }
    }

    /// Looks at one keyword found at `hit`.
    pub(super) fn look(self, hit: Range<usize>, scan: &mut Scan<'_>) {
        match self {
            Self::Assignment => assignment::look(hit, scan),
            Self::Authorization => authorization::look(hit, scan),
            Self::ConnectionString => connection_string::look(hit, scan),
            Self::Curl => curl::look(hit, scan),
            Self::Jwk => jwk::look(hit, scan),
            Self::Jwt => jwt::look(hit, scan),
            Self::PasswordHash => password_hash::look(hit, scan),
            Self::PrivateKey => private_key::look(hit, scan),
            Self::Url => url::look(hit, scan),
        }
    }
}
