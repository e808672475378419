//! Addresses of registries and packages: compared by structure, shown without secrets.

use crate::model::{
    GitReference, Origin, fold_url_credentials, is_secret_parameter, terminal_safe,
};
use std::borrow::Cow;
use std::fmt;
use url::{Host, Url};

/// Prefixes that lockfiles put before an address to name its protocol.
const PREFIXES: [&str; 3] = ["registry+", "sparse+", "git+"];

/// Longest address shown, in characters.
const SHOWN_CHARACTERS: usize = 200;

/// The parts of an address that decide where bytes come from. User, password, query and
/// fragment are no part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Address {
    scheme: String,
    host: String,
    port: Option<u16>,
    segments: Vec<String>,
}

/// The text without `registry+`, `sparse+` and `git+`.
pub(super) fn without_prefix(text: &str) -> &str {
    PREFIXES
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .unwrap_or(text)
}

/// Whether exactly two slashes follow the scheme. Browsers and npm read `https:host` and
/// `https:///host` as `https://host`, others do not.
fn has_authority(text: &str) -> bool {
    text.split_once("://")
        .is_some_and(|(_, rest)| !rest.is_empty() && !rest.starts_with(['/', '\\']))
}

/// The address as the `url` crate reads it.
///
/// # Errors
/// One line of reason. Text that clients read in different ways is refused: white space,
/// control characters and backslashes, which some take for a slash.
pub(super) fn parse_url(text: &str) -> Result<Url, String> {
    if text
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
    {
        return Err("it has white space, control characters or a backslash in it".to_owned());
    }
    let text = without_prefix(text);
    if !has_authority(text) {
        return Err("it is not of the form `scheme://host/path`".to_owned());
    }
    let url = Url::parse(text).map_err(|e| e.to_string())?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err("it names no host".to_owned());
    }
    Ok(url)
}

impl Address {
    /// The address of a text; `None` where clients could disagree about what it names.
    pub(super) fn parse(text: &str) -> Option<Self> {
        parse_url(text).ok().and_then(|url| Self::of(&url))
    }

    /// The address of a URL. `None` where its path hides a step (`..%2f`) that a server
    /// may undo after the comparison.
    pub(super) fn of(url: &Url) -> Option<Self> {
        let mut segments = Vec::new();
        for segment in url.path().split('/') {
            let lower = segment.to_ascii_lowercase();
            if lower.contains("%5c") {
                return None;
            }
            // npm writes scoped names as `@scope%2fname`.
            let plain = segment
                .replace("%2f", "/")
                .replace("%2F", "/")
                .replace("%40", "@");
            for part in plain.split('/').filter(|part| !part.is_empty()) {
                let dots = part.to_ascii_lowercase().replace("%2e", ".");
                if dots == "." || dots == ".." {
                    return None;
                }
                segments.push(part.to_owned());
            }
        }
        if let Some(last) = segments.last_mut()
            && let Some(stem) = last.strip_suffix(".git")
            && !stem.is_empty()
        {
            *last = stem.to_owned();
        }
        Some(Self {
            scheme: url.scheme().to_owned(),
            host: url.host_str()?.to_ascii_lowercase(),
            port: url.port_or_known_default(),
            segments,
        })
    }

    /// Whether `other` is this address or below it: scheme, host and port are equal and
    /// the path is a prefix that ends between two segments.
    pub(super) fn covers(&self, other: &Self) -> bool {
        self.scheme == other.scheme
            && self.host == other.host
            && self.port == other.port
            && other.segments.starts_with(&self.segments)
    }

    /// Whether both name the same server.
    pub(super) fn same_server(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.host == other.host && self.port == other.port
    }

    /// The host, lower-case.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// The port, the scheme's own where none is written.
    pub(super) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether what is sent there is encrypted, or stays on this machine.
    pub(super) fn is_private(&self) -> bool {
        plain_scheme(&self.to_string()).is_none()
    }

    /// The same with only the first parts of the path.
    pub(super) fn above(&self, parts: usize) -> Self {
        Self {
            segments: self.segments.iter().take(parts).cloned().collect(),
            ..self.clone()
        }
    }

    /// The parts of the path, `%2f` and `%40` decoded.
    pub(super) fn segments(&self) -> &[String] {
        &self.segments
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        let default = match self.scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        if let Some(port) = self.port.filter(|port| Some(*port) != default) {
            write!(f, ":{port}")?;
        }
        f.write_str("/")?;
        for segment in &self.segments {
            write!(f, "{segment}/")?;
        }
        Ok(())
    }
}

/// The scheme of an address that is neither encrypted nor authenticated, unless its host
/// is this machine.
pub(super) fn plain_scheme(text: &str) -> Option<&'static str> {
    let bare = without_prefix(text);
    let scheme = ["http", "git", "ftp", "svn"].into_iter().find(|scheme| {
        bare.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && bare
                .get(scheme.len()..)
                .is_some_and(|rest| rest.starts_with("://"))
    })?;
    let loopback = parse_url(bare).ok().is_some_and(|url| is_loopback(&url));
    (!loopback).then_some(scheme)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        // The `url` crate reads an IP address as a domain under schemes it does not know.
        Some(Host::Domain(name)) => {
            let name = name.to_ascii_lowercase();
            name == "localhost"
                || name.ends_with(".localhost")
                || name
                    .parse::<std::net::Ipv4Addr>()
                    .is_ok_and(|ip| ip.is_loopback())
        }
        None => false,
    }
}

/// What kind of credential an address holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Credential {
    /// `user:password@host`.
    Password,
    /// `token@host`.
    User,
    /// A query parameter of this name.
    Query(String),
}

/// The credential inside an address, if it holds one. The user name `git`, and any user
/// name of ssh, is a convention and no secret.
pub(super) fn credential(text: &str) -> Option<Credential> {
    if let Some(userinfo) = userinfo(text) {
        let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
        if !password.is_empty() {
            return Some(Credential::Password);
        }
        let scheme = without_prefix(text).split(':').next().unwrap_or_default();
        let is_http = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        if is_http && !user.is_empty() && user != "git" {
            return Some(Credential::User);
        }
    }
    parameters(text)
        .find(|(name, value)| !value.is_empty() && is_secret_parameter(name))
        .map(|(name, _)| Credential::Query(terminal_safe(name).into_owned()))
}

/// The text before the `@` of an address. An address that no strict reader accepts is
/// taken to be all user and password up to its last `@`: better too much than a leak.
fn userinfo(text: &str) -> Option<&str> {
    let bare = without_prefix(text);
    let (_, rest) = bare.split_once(':')?;
    let readable = has_authority(bare) && Url::parse(bare).is_ok();
    if !readable && !bare.contains("://") && Url::parse(bare).is_err() {
        // `git@host:team/lib`, or no address at all.
        return None;
    }
    let rest = rest.trim_start_matches(['/', '\\']);
    let authority = if readable {
        rest.split(['/', '?', '#']).next().unwrap_or_default()
    } else {
        rest
    };
    authority.rsplit_once('@').map(|(userinfo, _)| userinfo)
}

/// The `name=value` pieces after the path, as written.
fn parameters(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(['?', '&', '#', ';'])
        .skip(1)
        .filter_map(|piece| piece.split_once('='))
}

/// The address without user, password and secret query values.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    match userinfo(text) {
        Some(userinfo) if !userinfo.is_empty() => {
            let folded = text.replacen(&format!("{userinfo}@"), "***@", 1);
            Cow::Owned(fold_url_credentials(&folded).into_owned())
        }
        _ => fold_url_credentials(text),
    }
}

/// The address as a message may show it: folded, terminal-safe, at most 200 characters.
pub(super) fn shown(text: &str) -> String {
    let folded = fold(text);
    let safe = terminal_safe(&folded);
    match safe.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}…", safe.get(..end).unwrap_or_default()),
        None => safe.into_owned(),
    }
}

/// The origin with every address in it folded, so that it may leave the check.
pub(super) fn fold_origin(origin: &Origin) -> Origin {
    let folded = |text: &String| fold(text).into_owned();
    match origin {
        Origin::Registry {
            index,
            file,
            default,
        } => Origin::Registry {
            index: index.as_ref().map(folded),
            file: file.as_ref().map(folded),
            default: *default,
        },
        Origin::Git {
            url,
            reference,
            commit,
        } => Origin::Git {
            url: folded(url),
            reference: reference.clone(),
            commit: commit.clone(),
        },
        Origin::Url { url } => Origin::Url { url: folded(url) },
        Origin::Path { path } => Origin::Path { path: folded(path) },
        Origin::Bundled { inside } => Origin::Bundled {
            inside: inside.clone(),
        },
        Origin::ImpliedDefault => Origin::ImpliedDefault,
        Origin::Unrecorded => Origin::Unrecorded,
    }
}

/// Every address that an origin records.
pub(super) fn addresses(origin: &Origin) -> Vec<&str> {
    match origin {
        Origin::Registry { index, file, .. } => [index, file]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect(),
        Origin::Git { url, .. } | Origin::Url { url } => vec![url],
        // `file:` paths may name a server after all (`//host/share`), but no credential.
        Origin::Path { .. }
        | Origin::Bundled { .. }
        | Origin::ImpliedDefault
        | Origin::Unrecorded => Vec::new(),
    }
}

/// What was asked of a git repository, in words.
pub(super) fn describe_reference(reference: &GitReference) -> String {
    match reference {
        GitReference::Branch(name) => format!("branch `{}`", terminal_safe(name)),
        GitReference::Tag(name) => format!("tag `{}`", terminal_safe(name)),
        GitReference::Revision(name) => format!("revision `{}`", terminal_safe(name)),
        GitReference::Default => "the default branch".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_suffixes_slashes_ports_and_users_do_not_tell_addresses_apart() {
        let plain = Address::parse("https://git.example/team/lib").unwrap();
        for same in [
            "git+https://git.example/team/lib.git",
            "registry+https://GIT.example:443/team/lib/",
            "sparse+https://user:pw@git.example//team/lib?x=1#y",
            "https://git.example/team/other/../lib",
        ] {
            assert_eq!(Address::parse(same), Some(plain.clone()), "{same}");
        }
        assert_eq!(plain.to_string(), "https://git.example/team/lib/");
    }

    #[test]
    fn a_prefix_ends_between_two_segments() {
        let approved = Address::parse("https://r.example/npm/team").unwrap();
        let covers = |text: &str| Address::parse(text).is_some_and(|a| approved.covers(&a));
        assert!(covers(
            "https://r.example/npm/team/left-pad/-/left-pad-1.0.0.tgz"
        ));
        assert!(covers("https://r.example/npm/team"));
        assert!(!covers("https://r.example/npm/team-evil/x"));
        assert!(!covers("https://r.example/npm"));
        assert!(!covers("http://r.example/npm/team/x"));
        assert!(!covers("https://r.example:8443/npm/team/x"));
        assert!(!covers("https://r.example.evil.example/npm/team/x"));
        assert!(!covers("https://r.example@evil.example/npm/team/x"));
    }

    #[test]
    fn an_address_that_clients_read_differently_is_no_address() {
        for text in [
            "https://r.example/npm/team/..%2f..%2fevil/x",
            "https://r.example/npm/team/%2e%2e%2fevil/x",
            "https://r.example/npm/team/..%5cevil",
            "https://evil.example\\@r.example/npm/team",
            "https://r.example/npm/team x",
            "https:///r.example/npm",
            "https:r.example/npm",
            "r.example/npm",
            "",
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_unprotected_schemes_to_other_machines_are_plain() {
        assert_eq!(plain_scheme("http://r.example/x"), Some("http"));
        assert_eq!(plain_scheme("git+HTTP://r.example/x"), Some("http"));
        assert_eq!(plain_scheme("git://r.example/x"), Some("git"));
        assert_eq!(plain_scheme("http://127.evil.example/x"), Some("http"));
        assert_eq!(plain_scheme("http://localhost.evil.example"), Some("http"));
        assert_eq!(plain_scheme("http://\u{0}"), Some("http"));
        for text in [
            "https://r.example",
            "git+ssh://git@r.example/x",
            "http://localhost:4873/x",
            "http://127.0.0.2/x",
            "http://[::1]:8080/x",
            "git://127.0.0.1/x",
            "httpx://r.example",
            "../http://x",
        ] {
            assert_eq!(plain_scheme(text), None, "{text}");
        }
    }

    #[test]
    fn credentials_are_seen_and_folded() {
        let password = "hunter".to_owned() + "2";
        let url = format!("https://bob:{password}@r.example/x");
        assert_eq!(credential(&url), Some(Credential::Password));
        assert_eq!(shown(&url), "https://***@r.example/x");
        assert_eq!(
            credential("git+https://abc@r.example/x"),
            Some(Credential::User)
        );
        let query = format!("https://r.example/x?a=1&access_token={password}&b=2#c=3");
        assert_eq!(
            credential(&query),
            Some(Credential::Query("access_token".to_owned()))
        );
        assert_eq!(
            shown(&query),
            "https://r.example/x?a=1&access_token=***&b=2#c=3"
        );
        for odd in [
            format!("https:bob:{password}@r.example/x"),
            format!("https:///bob:{password}@r.example/x"),
            format!("https://bob:{password}/#?@r.example/x"),
            format!("git+https://bob:{password}@r.example:team/x"),
            format!("HTTPS://bob:{password}\\@r.example"),
        ] {
            assert_eq!(credential(&odd), Some(Credential::Password), "{odd}");
            assert!(!shown(&odd).contains(&password), "{}", shown(&odd));
        }
        for text in [
            "git+ssh://git@r.example/x",
            "https://git@r.example/x",
            "https://r.example/a@b?egg=key#sha256=00",
            "git@r.example:team/x",
        ] {
            assert_eq!(credential(text), None, "{text}");
        }
    }

    #[test]
    fn a_shown_address_is_short_and_harmless() {
        let hostile = format!("https://r.example/\u{1b}[2J{}", "a".repeat(9_000));
        let text = shown(&hostile);
        assert!(text.starts_with("https://r.example/\\u{1b}[2J"), "{text}");
        assert_eq!(text.chars().count(), SHOWN_CHARACTERS + 1);
    }
}
