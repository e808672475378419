//! What is asked for, within which limits, and what comes back.

use super::error::HttpError;
use crate::model::{Digest, Redacted, fold_url_credentials};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::time::Duration;
use url::Url;

/// Everything but the unreserved characters of RFC 3986, section 2.3.
const RESERVED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An http or https address. Its user and password are kept apart from it, so that it can
/// be shown and so that they are sent to its own origin only.
#[derive(Clone)]
pub struct Address {
    url: Url,
    authorization: Option<Redacted>,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`HttpError::BadAddress`] for another scheme, a missing host and a malformed text.
    pub fn parse(text: &str) -> Result<Self, HttpError> {
        let bad = |reason: &str| HttpError::BadAddress {
            address: fold_url_credentials(text).into_owned(),
            reason: reason.to_owned(),
        };
        let mut url = Url::parse(text).map_err(|error| bad(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("only http and https are known"));
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        let authorization = has_user.then(|| basic_authorization(&url));
        // Both succeed for a scheme that has a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_fragment(None);
        Ok(Self { url, authorization })
    }

    /// The address of something below this one; names are percent-encoded as needed, the
    /// query stays.
    #[must_use]
    pub fn join(&self, names: &[&str]) -> Self {
        let mut joined = self.clone();
        if let Ok(mut path) = joined.url.path_segments_mut() {
            path.pop_if_empty().extend(names);
        }
        joined
    }

    /// Whether everyone on the way can read and change what is sent.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }

    /// Whether it names this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }

    /// Whether another address has the same scheme, host and port.
    #[must_use]
    pub fn is_same_origin(&self, other: &Self) -> bool {
        self.url.origin() == other.url.origin()
    }

    /// The address of the machine, where it names one by it.
    #[must_use]
    pub fn ip(&self) -> Option<std::net::IpAddr> {
        match self.url.host()? {
            url::Host::Ipv4(address) => Some(address.into()),
            url::Host::Ipv6(address) => Some(address.into()),
            url::Host::Domain(_) => None,
        }
    }

    /// Its path, percent-encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        self.url.path()
    }

    /// The same address with the value of the `Authorization` header that goes to its
    /// origin, in the place of its user and password.
    #[must_use]
    pub fn with_authorization(mut self, value: Redacted) -> Self {
        self.authorization = Some(value);
        self
    }

    /// Whether requests to it carry credentials.
    #[must_use]
    pub fn has_credentials(&self) -> bool {
        self.authorization.is_some()
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// The address as text, with its query, without user and password.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The same address with a query of these names and values, encoded as RFC 3986 says and
    /// signatures of requests take it: no `+` for a space, no bare `*`.
    #[must_use]
    pub fn with_query(mut self, pairs: &[(&str, &str)]) -> Self {
        let encode = |text| percent_encoding::utf8_percent_encode(text, RESERVED);
        let pairs: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        self.url.set_query(Some(&pairs.join("&")));
        self
    }

    /// The same address with these names and values behind its query.
    #[must_use]
    pub fn with_further_query(mut self, pairs: &[(&str, &str)]) -> Self {
        self.url.query_pairs_mut().extend_pairs(pairs);
        self
    }

    /// The value of the `Authorization` header for a request to `url`: only for the origin
    /// (scheme, host and port) that the credentials were given for.
    pub(super) fn authorization_for(&self, url: &Url) -> Option<&Redacted> {
        self.authorization
            .as_ref()
            .filter(|_| url.origin() == self.url.origin())
    }
}

/// Without credentials, also in the query.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.url))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

pub(super) fn shown(url: &Url) -> String {
    fold_url_credentials(url.as_str()).into_owned()
}

/// `Basic` credentials of an address (RFC 7617).
fn basic_authorization(url: &Url) -> Redacted {
    let decode = |text: &str| percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
    let mut pair = decode(url.username());
    pair.push(b':');
    pair.extend(decode(url.password().unwrap_or_default()));
    Redacted::new(format!("Basic {}", STANDARD.encode(pair)))
}

/// What a server gave with a body, to ask later whether it has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The `ETag` header, quotes and all.
    pub etag: Option<String>,
    /// The `Last-Modified` header.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether there is nothing to ask with.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// One thing to fetch.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where it is.
    pub address: Address,
    /// Most bytes of a body.
    pub max_bytes: u64,
    /// Asks only for something newer than this.
    pub unless: Validators,
    /// Further hosts that a redirect may lead to. Credentials never follow there.
    pub redirect_hosts: Vec<String>,
    /// Takes a body as it comes although the server says that it is compressed: for files
    /// that are compressed ones themselves, which some servers announce so.
    pub keep_encoding: bool,
    /// Further headers, for the address's own origin only; no other overrides them.
    pub headers: Vec<(String, Redacted)>,
    /// The `Accept` header.
    pub accept: &'static str,
    /// Most time for it with its redirects, retries and waits, where that is less than the
    /// client's.
    pub within: Option<Duration>,
}

impl Request {
    /// A plain request: everything, uncompressed, no other host.
    #[must_use]
    pub fn new(address: Address, max_bytes: u64) -> Self {
        Self {
            address,
            max_bytes,
            unless: Validators::default(),
            redirect_hosts: Vec::new(),
            keep_encoding: false,
            headers: Vec::new(),
            accept: "*/*",
            within: None,
        }
    }
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    /// Nothing newer than [`Request::unless`].
    NotModified,
    /// A complete body.
    Fetched {
        /// The body, or what is known of it.
        content: T,
        /// What to ask with next time.
        validators: Validators,
    },
}

/// A body that went into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its SHA-256.
    pub digest: Digest,
    /// Its length in bytes.
    pub length: u64,
}

/// Time limits and numbers of tries of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a connection, with TLS and proxy.
    pub connect: Duration,
    /// Between two pieces of an answer, and before the first.
    pub idle: Duration,
    /// For a request with its redirects, retries and waits.
    pub total: Duration,
    /// Most attempts, 1 for no retry.
    pub attempts: u32,
    /// The wait after the first failed attempt; it doubles.
    pub first_wait: Duration,
    /// Most redirects of one attempt.
    pub redirects: u32,
}

impl Default for Limits {
    /// 10 s to connect, 30 s idle, 15 min in all, 3 attempts half a second apart and more,
    /// 5 redirects.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            total: Duration::from_mins(15),
            attempts: 3,
            first_wait: Duration::from_millis(500),
            redirects: 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_kept_apart_and_go_to_their_own_origin_only() {
        let password = ["p%40", "ss"].concat();
        let text = format!("https://user:{password}@mirror.example/osv?token={password}");
        let address = Address::parse(&text).unwrap();
        assert_eq!(
            address.to_string(),
            "https://mirror.example/osv?token=***",
            "{address:?}"
        );
        let for_url = |url: &str| {
            let url = Url::parse(url).unwrap();
            address.authorization_for(&url).map(Redacted::expose)
        };
        let expected = format!("Basic {}", STANDARD.encode("user:p@ss"));
        assert_eq!(for_url("https://mirror.example/x"), Some(expected.as_str()));
        for other in [
            "http://mirror.example/x",
            "https://mirror.example:8443/x",
            "https://other.example/x",
        ] {
            assert_eq!(for_url(other), None, "{other}");
        }
    }

    #[test]
    fn names_below_an_address_are_encoded() {
        for base in ["https://m.example/osv", "https://m.example/osv/"] {
            let joined = Address::parse(base)
                .unwrap()
                .join(&["GitHub Actions", "all.zip"]);
            assert_eq!(
                joined.to_string(),
                "https://m.example/osv/GitHub%20Actions/all.zip"
            );
        }
    }

    #[test]
    fn a_query_is_encoded_as_signatures_take_it() {
        let address = Address::parse("https://m.example/x?old=1").unwrap();
        let address = address.with_query(&[("a", "/npm/a*~1 + ä"), ("b-c", "")]);
        assert_eq!(
            address.as_str(),
            "https://m.example/x?a=%2Fnpm%2Fa%2A~1%20%2B%20%C3%A4&b-c="
        );
    }

    #[test]
    fn what_cannot_be_fetched_is_no_address() {
        for text in [
            "ftp://m.example/x",
            "file:///etc/passwd",
            "m.example/x",
            "https://",
            "https://m.example:99999/",
            "",
        ] {
            let error = Address::parse(text).unwrap_err();
            assert!(
                matches!(error, HttpError::BadAddress { .. }),
                "{text}: {error}"
            );
        }
        let error = Address::parse("ftp://u:secret-tail@m.example/x").unwrap_err();
        assert!(!error.to_string().contains("secret-tail"), "{error}");
    }

    #[test]
    fn this_machine_is_known() {
        for (text, expected) in [
            ("http://127.0.0.1:80/", true),
            ("http://[::1]/", true),
            ("http://localhost/", true),
            ("http://localhost.example/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(Address::parse(text).unwrap().is_loopback(), expected);
        }
    }
}
