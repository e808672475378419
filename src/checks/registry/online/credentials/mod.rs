//! Credentials for registries: from the clients' own files and variables, each for the host
//! and path that it is for, never for another.
//!
//! Enters: the texts of files of the user's home and the process's variables, never a file
//! of the tree that is judged: who writes a project's `.npmrc` must not choose where a token
//! goes. Leaves: the value of one `Authorization` header for one approved registry. Nothing
//! here runs a credential helper.

mod cargo;
mod composer;
mod maven;
mod netrc;
mod npm;
mod nuget;
mod python;
mod words;

use super::super::address::{Address, parse_url};
use super::super::settings::Approved;
use crate::model::{Ecosystem, Redacted};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use url::Url;

/// Variables of the process; their values may be secrets.
pub type Variables = BTreeMap<String, Redacted>;

/// Everything that is known.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    /// None: of every ecosystem.
    ecosystem: Option<Ecosystem>,
    place: Place,
    header: Redacted,
}

#[derive(Debug, Clone)]
enum Place {
    /// A host with a port, and everything at or below a path.
    Below {
        host: String,
        port: Option<u16>,
        segments: Vec<String>,
    },
    /// A host under any port.
    Host(String),
    /// A host as a variable's name can write it, `PACKAGES_ACME_EXAMPLE`.
    HostWord(String),
    /// What the policy calls the ecosystem's default.
    Default,
}

/// The files of the clients in the user's home; absent ones are `None`.
#[derive(Debug, Clone, Default)]
pub struct ClientFiles {
    /// npm's user configuration.
    pub npmrc: Option<String>,
    /// Cargo's `config.toml`, which names registries.
    pub cargo_config: Option<String>,
    /// Cargo's `credentials.toml`.
    pub cargo_credentials: Option<String>,
    /// `.netrc`.
    pub netrc: Option<String>,
    /// pip's configuration files.
    pub pip: Vec<String>,
    /// `NuGet.Config` files.
    pub nuget: Vec<String>,
    /// Maven's `settings.xml`.
    pub maven: Option<String>,
    /// Composer's `auth.json`.
    pub composer: Option<String>,
}

impl Credentials {
    /// Reads what there is. A file that cannot be read as its client's brings nothing: then
    /// the registry answers 401, and the gap says so.
    #[must_use]
    pub fn of(files: &ClientFiles, variables: &Variables) -> Self {
        let mut found = Self::default();
        if let Some(text) = &files.npmrc {
            npm::add(&mut found, text, variables);
        }
        cargo::add(
            &mut found,
            files.cargo_config.as_deref(),
            files.cargo_credentials.as_deref(),
            variables,
        );
        if let Some(text) = &files.netrc {
            netrc::add(&mut found, text);
        }
        python::add(&mut found, &files.pip, variables);
        for text in &files.nuget {
            nuget::add(&mut found, text);
        }
        if let Some(text) = &files.maven {
            maven::add(&mut found, text, variables);
        }
        let composer = variables.get("COMPOSER_AUTH").map(Redacted::expose);
        for text in composer.into_iter().chain(files.composer.as_deref()) {
            composer::add(&mut found, text);
        }
        words::add(&mut found, variables);
        found
    }

    /// The value of the `Authorization` header for an approved registry: of the entry with
    /// the longest path, of the ecosystem's own before a general one; the first of equals.
    /// None where the way there is not encrypted.
    pub(super) fn header_for(&self, ecosystem: Ecosystem, entry: &Approved) -> Option<&Redacted> {
        let address = entry.address().filter(|address| address.is_private())?;
        let mut best: Option<(usize, &Entry)> = None;
        for candidate in &self.entries {
            let fits = candidate.ecosystem.is_none_or(|e| e == ecosystem);
            let rank = candidate.place.rank(address, entry.is_default());
            if let Some(rank) = rank.filter(|_| fits)
                && best.is_none_or(|(other, _)| rank > other)
            {
                best = Some((rank, candidate));
            }
        }
        best.map(|(_, entry)| &entry.header)
    }

    fn push(&mut self, ecosystem: Option<Ecosystem>, place: Place, header: String) {
        self.entries.push(Entry {
            ecosystem,
            place,
            header: Redacted::new(header),
        });
    }

    /// For everything at or below an address, `https://host/path` or `//host/path`.
    fn below(&mut self, ecosystem: Ecosystem, address: &str, header: String) {
        if let Some(place) = Place::below(address) {
            self.push(Some(ecosystem), place, header);
        }
    }
}

impl Place {
    fn below(address: &str) -> Option<Self> {
        let full = match address.strip_prefix("//") {
            Some(rest) => format!("https://{rest}"),
            None => address.to_owned(),
        };
        let url = parse_url(&full).ok()?;
        // `//host:4873/` names no scheme: a port that is not written may be either's.
        let port = url.port();
        let address = Address::of(&url)?;
        Some(Self::Below {
            host: address.host().to_owned(),
            port,
            segments: address.segments().to_vec(),
        })
    }

    /// How closely it fits; `None` where it does not.
    fn rank(&self, address: &Address, is_default: bool) -> Option<usize> {
        match self {
            Self::Below {
                host,
                port,
                segments,
            } => {
                let same_port = match port {
                    Some(port) => address.port() == Some(*port),
                    None => matches!(address.port(), Some(80 | 443)),
                };
                let fits =
                    host == address.host() && same_port && address.segments().starts_with(segments);
                fits.then_some(3 + segments.len())
            }
            Self::Host(host) => (host == address.host()).then_some(2),
            Self::HostWord(word) => (*word == words::word_of(address.host())).then_some(1),
            Self::Default => is_default.then_some(0),
        }
    }
}

/// `Basic` of a user and a password (RFC 7617).
fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// An address without its user and password, and these.
fn split_url(text: &str) -> Option<(String, String, String)> {
    let url = Url::parse(text).ok()?;
    let decode = |part: &str| {
        percent_encoding::percent_decode_str(part)
            .decode_utf8_lossy()
            .into_owned()
    };
    let (user, password) = (
        decode(url.username()),
        decode(url.password().unwrap_or_default()),
    );
    if user.is_empty() && password.is_empty() {
        return None;
    }
    let mut bare = url;
    // Both succeed for an address with a host.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    Some((bare.to_string(), user, password))
}

/// Text with `${NAME}` replaced; `None` where a variable is not set, since half a token is
/// none.
fn expand(text: &str, variables: &Variables) -> Option<String> {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, tail) = after.split_once('}')?;
        let name = name.strip_prefix("env.").unwrap_or(name);
        done.push_str(before);
        done.push_str(variables.get(name)?.expose());
        rest = tail;
    }
    done.push_str(rest);
    Some(done)
}

#[cfg(test)]
mod tests;
