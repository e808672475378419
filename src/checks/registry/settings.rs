//! What a policy approves, parsed.

use super::address::{Address, addresses, parse_url};
use super::error::RegistryError;
use super::licences::AllowedLicences;
use crate::model::{Ecosystem, Origin};
use std::collections::BTreeMap;
use std::fmt;

/// Longest name pattern in bytes; npm names end at 214, Go module paths are longer.
const PATTERN_BYTES: usize = 512;
/// Most `*` in one pattern; matching takes at most names × this.
const PATTERN_STARS: usize = 8;

/// What the registry check is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistrySettings {
    /// The registries that each ecosystem may use. An ecosystem without an entry, or with
    /// an empty one, is not judged by origin; a gap names it.
    pub approved: BTreeMap<Ecosystem, Vec<Approved>>,
    /// Names that are published inside only.
    pub internal: Vec<NamePattern>,
    /// Licences that are allowed; licences are not judged where it is absent.
    pub licences: Option<AllowedLicences>,
}

impl RegistrySettings {
    /// What is approved for an ecosystem; empty where nothing is configured.
    #[must_use]
    pub fn approved_for(&self, ecosystem: Ecosystem) -> &[Approved] {
        self.approved
            .get(&ecosystem)
            .map_or(&[], |list| list.as_slice())
    }

    /// Whether the name is one that only approved internal registries may serve.
    #[must_use]
    pub fn is_internal(&self, ecosystem: Ecosystem, name: &str) -> bool {
        self.internal.iter().any(|p| p.matches(ecosystem, name))
    }
}

/// One approved registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Default(Option<Address>),
    Address(Address),
}

impl Approved {
    /// Reads one entry of a policy:
    ///
    /// * `default`: what the lockfile's own tool calls its default registry;
    /// * `default=URL`: the same, and files that a lockfile records below this address.
    ///   Internal names must not come from it. It is the form for lockfiles that record the
    ///   address of the public registry without calling it the default (npm, uv);
    /// * an http or https URL: everything at or below it. A user in it, `sparse+`,
    ///   `registry+`, `git+`, a trailing slash and a `.git` suffix do not count.
    ///
    /// # Errors
    /// [`RegistryError::NotAnAddress`], [`RegistryError::NotHttp`] or
    /// [`RegistryError::QueryOrFragment`].
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        let kind = if text == "default" {
            Kind::Default(None)
        } else if let Some(address) = text.strip_prefix("default=") {
            Kind::Default(Some(parse_address(address)?))
        } else {
            Kind::Address(parse_address(text)?)
        };
        Ok(Self { kind })
    }

    /// Whether it names an address.
    #[must_use]
    pub fn has_address(&self) -> bool {
        self.address().is_some()
    }

    /// Whether nobody on the way to its address can read along: https, or this machine.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.address().is_some_and(Address::is_private)
    }

    pub(super) fn is_default(&self) -> bool {
        matches!(self.kind, Kind::Default(_))
    }

    pub(super) fn address(&self) -> Option<&Address> {
        match &self.kind {
            Kind::Default(address) => address.as_ref(),
            Kind::Address(address) => Some(address),
        }
    }
}

impl fmt::Display for Approved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Default(None) => f.write_str("default"),
            Kind::Default(Some(address)) => write!(f, "default={address}"),
            Kind::Address(address) => write!(f, "{address}"),
        }
    }
}

fn parse_address(text: &str) -> Result<Address, RegistryError> {
    let not_an_address = |reason: String| RegistryError::NotAnAddress {
        text: text.to_owned(),
        reason,
    };
    let url = parse_url(text).map_err(not_an_address)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(RegistryError::NotHttp {
            text: text.to_owned(),
            scheme: url.scheme().to_owned(),
        });
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(RegistryError::QueryOrFragment {
            text: text.to_owned(),
        });
    }
    Address::of(&url)
        .ok_or_else(|| not_an_address("its path has an encoded `..` or backslash in it".to_owned()))
}

/// How an origin stands to a list of approved registries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Approved by an address that is not the ecosystem's default: may serve internal names.
    Internal,
    /// Approved as the ecosystem's default.
    Default,
    /// Not on the list.
    Outside,
}

/// How an origin stands to the list. Every address that the origin records must be
/// approved: an approved index with its file on another server is outside, because the
/// client fetches the file. Paths, bundled packages and unrecorded origins have no
/// standing.
pub(super) fn standing(origin: &Origin, approved: &[Approved]) -> Option<Standing> {
    let default = || approved.iter().any(Approved::is_default);
    match origin {
        Origin::Path { .. } | Origin::Bundled { .. } | Origin::Unrecorded => None,
        Origin::ImpliedDefault => Some(if default() {
            Standing::Default
        } else {
            Standing::Outside
        }),
        Origin::Registry {
            index,
            file,
            default: true,
        } if default() => {
            // The tool's default covers its own server; a file elsewhere needs a word.
            let own = match (index, file) {
                (Some(index), Some(file)) => match (Address::parse(index), Address::parse(file)) {
                    (Some(index), Some(file)) => index.same_server(&file),
                    _ => false,
                },
                _ => true,
            };
            let elsewhere = file.as_deref().map(|file| of_address(file, approved));
            Some(
                if own || elsewhere.is_some_and(|s| s != Standing::Outside) {
                    Standing::Default
                } else {
                    Standing::Outside
                },
            )
        }
        Origin::Registry { default, .. } => {
            let worst = worst_of(origin, approved);
            Some(match worst {
                // The tool's default is public, whatever entry approves its address.
                Standing::Internal if *default => Standing::Default,
                other => other,
            })
        }
        Origin::Git { .. } | Origin::Url { .. } => Some(worst_of(origin, approved)),
    }
}

/// How one address stands to the list.
pub(super) fn standing_of_address(text: &str, approved: &[Approved]) -> Standing {
    of_address(text, approved)
}

/// How the ecosystem's default registry stands to the list.
pub(super) fn standing_of_default(approved: &[Approved]) -> Standing {
    match approved.iter().any(Approved::is_default) {
        true => Standing::Default,
        false => Standing::Outside,
    }
}

/// Whether a pattern of a client's configuration matches a whole name.
pub(super) fn name_fits(ecosystem: Ecosystem, pattern: &str, name: &str) -> bool {
    // Longer ones, or with more stars, are no patterns of a person.
    if pattern.len() > PATTERN_BYTES || pattern.matches('*').count() > PATTERN_STARS {
        return false;
    }
    let pattern: Vec<char> = fold_name(ecosystem, pattern).chars().collect();
    let name: Vec<char> = fold_name(ecosystem, name).chars().collect();
    glob(&pattern, &name)
}

fn worst_of(origin: &Origin, approved: &[Approved]) -> Standing {
    let mut worst = None;
    for text in addresses(origin) {
        let this = of_address(text, approved);
        worst = Some(match (worst, this) {
            (Some(Standing::Outside), _) | (_, Standing::Outside) => Standing::Outside,
            (Some(Standing::Default), _) | (_, Standing::Default) => Standing::Default,
            _ => Standing::Internal,
        });
    }
    // A registry without any address cannot be on a list of addresses.
    worst.unwrap_or(Standing::Outside)
}

/// The longest approved prefix decides, so that an internal path below a public default
/// (or the other way round) is told apart.
fn of_address(text: &str, approved: &[Approved]) -> Standing {
    let Some(address) = Address::parse(text) else {
        return Standing::Outside;
    };
    let best = approved
        .iter()
        .filter_map(|entry| Some((entry.address()?, entry.is_default())))
        .filter(|(prefix, _)| prefix.covers(&address))
        .max_by_key(|(prefix, is_default)| (prefix.segments().len(), *is_default));
    match best {
        Some((_, true)) => Standing::Default,
        Some((_, false)) => Standing::Internal,
        None => Standing::Outside,
    }
}

/// A pattern over package names; `*` stands for any text, `/` included.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamePattern {
    text: String,
}

impl NamePattern {
    /// Reads a pattern such as `@acme/*` or `acme-*`.
    ///
    /// # Errors
    /// [`RegistryError::NotANamePattern`], [`RegistryError::MatchesEverything`] or
    /// [`RegistryError::PatternTooLarge`] (512 bytes, 8 `*`).
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        if text.len() > PATTERN_BYTES || text.matches('*').count() > PATTERN_STARS {
            return Err(RegistryError::PatternTooLarge {
                length: text.len(),
                limit: PATTERN_BYTES,
                stars: PATTERN_STARS,
            });
        }
        if text.is_empty() || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(RegistryError::NotANamePattern {
                text: text.to_owned(),
            });
        }
        if text.chars().all(|c| c == '*') {
            return Err(RegistryError::MatchesEverything {
                text: text.to_owned(),
            });
        }
        Ok(Self {
            text: text.to_owned(),
        })
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole name fits, under the ecosystem's own idea of equal names: PyPI
    /// folds case and `-`, `_`, `.` (PEP 503), Cargo folds case and `_`, npm folds case.
    #[must_use]
    pub fn matches(&self, ecosystem: Ecosystem, name: &str) -> bool {
        let pattern: Vec<char> = fold_name(ecosystem, &self.text).chars().collect();
        let name: Vec<char> = fold_name(ecosystem, name).chars().collect();
        glob(&pattern, &name)
    }
}

pub(super) fn fold_name(ecosystem: Ecosystem, name: &str) -> String {
    match ecosystem {
        Ecosystem::Golang => name.to_owned(),
        Ecosystem::Cargo => name.to_lowercase().replace('_', "-"),
        Ecosystem::Pypi => {
            let mut folded = String::with_capacity(name.len());
            for c in name.to_lowercase().chars() {
                match c {
                    '-' | '_' | '.' if folded.ends_with('-') => {}
                    '-' | '_' | '.' => folded.push('-'),
                    c => folded.push(c),
                }
            }
            folded
        }
        _ => name.to_lowercase(),
    }
}

/// Greedy matching with one step back per `*`: at most `pattern × name` steps.
fn glob(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if Some(c) == name.get(n) => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    n = from + 1;
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern
        .get(p..)
        .unwrap_or_default()
        .iter()
        .all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn approved(list: &[&str]) -> Vec<Approved> {
        list.iter().map(|t| Approved::parse(t).unwrap()).collect()
    }

    fn registry(index: Option<&str>, file: Option<&str>, default: bool) -> Origin {
        Origin::Registry {
            index: index.map(str::to_owned),
            file: file.map(str::to_owned),
            default,
        }
    }

    #[test]
    fn an_approval_that_could_never_match_is_refused() {
        assert!(matches!(
            Approved::parse("Default"),
            Err(RegistryError::NotAnAddress { .. })
        ));
        assert!(matches!(
            Approved::parse("https://r.example/%2e%2e%2fx"),
            Err(RegistryError::NotAnAddress { .. })
        ));
        assert_eq!(
            Approved::parse("ssh://git@r.example/x"),
            Err(RegistryError::NotHttp {
                text: "ssh://git@r.example/x".to_owned(),
                scheme: "ssh".to_owned()
            })
        );
        assert!(matches!(
            Approved::parse("https://r.example/x?y"),
            Err(RegistryError::QueryOrFragment { .. })
        ));
        assert!(matches!(
            Approved::parse("default="),
            Err(RegistryError::NotAnAddress { .. })
        ));
    }

    #[test]
    fn an_error_about_an_address_does_not_show_its_password() {
        let password = "correct-horse".to_owned() + "-battery";
        let error = Approved::parse(&format!("ftp://u:{password}@r.example/")).unwrap_err();
        assert!(!error.to_string().contains(&password), "{error}");
    }

    #[test]
    fn an_approved_registry_is_shown_without_its_user() {
        let entry = Approved::parse("sparse+https://u:p@R.example:8443/cargo/index/").unwrap();
        assert_eq!(entry.to_string(), "https://r.example:8443/cargo/index/");
        assert_eq!(Approved::parse("default").unwrap().to_string(), "default");
    }

    #[test]
    fn default_covers_what_the_lockfile_calls_default_and_nothing_else() {
        let list = approved(&["default"]);
        let index = "https://r.example/index";
        assert_eq!(
            standing(&Origin::ImpliedDefault, &list),
            Some(Standing::Default)
        );
        assert_eq!(
            standing(&registry(Some(index), None, true), &list),
            Some(Standing::Default)
        );
        assert_eq!(
            standing(&registry(Some(index), None, false), &list),
            Some(Standing::Outside)
        );
        assert_eq!(
            standing(
                &registry(Some(index), Some("https://evil.example/x.tgz"), true),
                &list
            ),
            Some(Standing::Outside)
        );
        assert_eq!(
            standing(&Origin::ImpliedDefault, &approved(&[index])),
            Some(Standing::Outside)
        );
    }

    #[test]
    fn index_and_file_must_both_be_approved() {
        let list = approved(&["https://r.example/simple/", "https://files.example/"]);
        let index = Some("https://r.example/simple");
        assert_eq!(
            standing(
                &registry(index, Some("https://files.example/a/b.whl"), false),
                &list
            ),
            Some(Standing::Internal)
        );
        assert_eq!(
            standing(
                &registry(index, Some("https://evil.example/a/b.whl"), false),
                &list
            ),
            Some(Standing::Outside)
        );
        assert_eq!(
            standing(&registry(None, None, false), &list),
            Some(Standing::Outside)
        );
    }

    #[test]
    fn the_longest_prefix_tells_a_public_proxy_from_an_internal_repository() {
        let list = approved(&[
            "default=https://r.example/npm/",
            "https://r.example/npm/own/",
        ]);
        let file = |text| registry(None, Some(text), false);
        assert_eq!(
            standing(&file("https://r.example/npm/public/x/-/x-1.tgz"), &list),
            Some(Standing::Default)
        );
        assert_eq!(
            standing(&file("https://r.example/npm/own/x/-/x-1.tgz"), &list),
            Some(Standing::Internal)
        );
    }

    #[test]
    fn patterns_match_whole_names_as_their_ecosystem_compares_them() {
        let pattern = |text: &str| NamePattern::parse(text).unwrap();
        assert!(pattern("@acme/*").matches(Ecosystem::Npm, "@acme/ui"));
        assert!(!pattern("@acme/*").matches(Ecosystem::Npm, "@acme-evil/ui"));
        assert!(!pattern("acme-*").matches(Ecosystem::Npm, "@x/acme-ui"));
        assert!(pattern("acme-*").matches(Ecosystem::Cargo, "Acme_core"));
        assert!(pattern("acme-*").matches(Ecosystem::Pypi, "ACME.-core"));
        assert!(!pattern("acme-*").matches(Ecosystem::Golang, "acme_core"));
        assert!(pattern("*acme*core*").matches(Ecosystem::Npm, "an-acme-big-core"));
        assert!(!pattern("acme").matches(Ecosystem::Npm, "acme2"));
    }

    #[test]
    fn a_pattern_that_is_no_pattern_is_refused_by_its_reason() {
        assert!(matches!(
            NamePattern::parse("**"),
            Err(RegistryError::MatchesEverything { .. })
        ));
        assert!(matches!(
            NamePattern::parse(""),
            Err(RegistryError::NotANamePattern { .. })
        ));
        assert!(matches!(
            NamePattern::parse("a b"),
            Err(RegistryError::NotANamePattern { .. })
        ));
        assert!(matches!(
            NamePattern::parse(&"a*".repeat(9)),
            Err(RegistryError::PatternTooLarge { stars: 8, .. })
        ));
    }
}
