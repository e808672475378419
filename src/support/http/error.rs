//! Why a request gave no usable answer.

use crate::model::Hint;
use crate::support::files::FileError;
use std::path::PathBuf;
use std::time::Duration;

/// One variant per way to fail. Addresses in it are without credentials.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// Not an address that can be fetched.
    #[error("`{address}` is not an address that can be fetched: {reason}")]
    BadAddress {
        /// As written, without credentials.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A proxy setting that cannot be used.
    #[error("the proxy `{address}` ({setting}) cannot be used: {reason}")]
    BadProxy {
        /// Which setting names it.
        setting: &'static str,
        /// As written, without credentials.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Trusted certificates that were named cannot be used.
    #[error("cannot use the trusted certificates in `{}`: {reason}", path.display())]
    Certificates {
        /// File or directory.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The client cannot be made on this machine.
    #[error("cannot set up HTTP: {reason}")]
    Setup {
        /// The library's word.
        reason: String,
    },
    /// No connection: no such name, refused, no route, a proxy that says no.
    #[error("cannot connect to {url}: {reason}")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// The innermost cause.
        reason: String,
        /// A proxy is configured, so that it may be the one that is not reached.
        has_proxy: bool,
    },
    /// No connection within the limit.
    #[error("no connection to {url} within {} s", seconds(*limit))]
    ConnectTimeout {
        /// What was asked for.
        url: String,
        /// The limit for one connection.
        limit: Duration,
    },
    /// The server's certificate is not trusted for this name.
    #[error("the certificate of {url} is not trusted: {reason}")]
    Untrusted {
        /// What was asked for.
        url: String,
        /// The TLS library's word.
        reason: String,
    },
    /// TLS failed otherwise.
    #[error("no TLS connection to {url}: {reason}")]
    Tls {
        /// What was asked for.
        url: String,
        /// The TLS library's word.
        reason: String,
    },
    /// The connection ended before an answer, or the answer is no HTTP.
    #[error("{url} gave no answer: {reason}")]
    NoAnswer {
        /// What was asked for.
        url: String,
        /// The innermost cause.
        reason: String,
    },
    /// Nothing came for too long.
    #[error("{url} sent nothing for {} s", seconds(*limit))]
    IdleTimeout {
        /// What was asked for.
        url: String,
        /// The limit between two pieces.
        limit: Duration,
    },
    /// The whole request, with its retries, took too long.
    #[error("{url} was not complete within {} s", seconds(*limit))]
    OutOfTime {
        /// What was asked for.
        url: String,
        /// The limit for everything.
        limit: Duration,
    },
    /// The body ended early.
    #[error("{url} broke off after {received} bytes{}", of_expected(*expected))]
    Interrupted {
        /// What was asked for.
        url: String,
        /// Bytes that came.
        received: u64,
        /// Bytes that the server announced.
        expected: Option<u64>,
    },
    /// 401, 403 or 407.
    #[error("{url} refused access (HTTP {status}){}", because(reason.as_deref()))]
    Denied {
        /// What was asked for.
        url: String,
        /// The status code.
        status: u16,
        /// What the server says of it: one line of at most 300 characters, safe to show.
        reason: Option<String>,
    },
    /// 404 or 410.
    #[error("{url} is not there (HTTP {status})")]
    NotFound {
        /// What was asked for.
        url: String,
        /// The status code.
        status: u16,
    },
    /// 429, 500, 502, 503 or 504, also after the retries.
    #[error("{url} is not available (HTTP {status}){}", asked_to_wait(*wait))]
    Unavailable {
        /// What was asked for.
        url: String,
        /// The status code.
        status: u16,
        /// How long the server asks to wait.
        wait: Option<Duration>,
    },
    /// Any other status.
    #[error("{url} answered with HTTP {status}, which is not expected here")]
    UnexpectedStatus {
        /// What was asked for.
        url: String,
        /// The status code.
        status: u16,
    },
    /// Redirects without end.
    #[error("{url} redirects more than {limit} times")]
    TooManyRedirects {
        /// What was asked for.
        url: String,
        /// The limit.
        limit: u32,
    },
    /// A redirect to a host that was not named, or to another port.
    #[error("{url} redirects to another host or port: {to}")]
    RedirectElsewhere {
        /// What was asked for.
        url: String,
        /// Where it points.
        to: String,
    },
    /// A redirect from https to http.
    #[error("{url} redirects to an unencrypted address: {to}")]
    RedirectToPlain {
        /// What was asked for.
        url: String,
        /// Where it points.
        to: String,
    },
    /// A redirect without a usable address.
    #[error("{url} redirects without a usable address (HTTP {status})")]
    BadRedirect {
        /// What was asked for.
        url: String,
        /// The status code.
        status: u16,
    },
    /// The body is larger than allowed, as announced or as it came.
    #[error("{url} is larger than the limit of {limit} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// The limit.
        limit: u64,
    },
    /// The body is compressed for transport although that was not asked for.
    #[error("{url} came with the content encoding `{encoding}`, which was not asked for")]
    Encoded {
        /// What was asked for.
        url: String,
        /// The encoding.
        encoding: String,
    },
    /// What came cannot be stored.
    #[error(transparent)]
    Write(FileError),
}

/// For people: to a tenth, below one second to a thousandth.
fn seconds(limit: Duration) -> f64 {
    let parts = match limit >= Duration::from_secs(1) {
        true => 10.0,
        false => 1_000.0,
    };
    (limit.as_secs_f64() * parts).round() / parts
}

fn because(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

fn of_expected(expected: Option<u64>) -> String {
    expected.map_or_else(String::new, |expected| format!(" of {expected}"))
}

fn asked_to_wait(wait: Option<Duration>) -> String {
    wait.map_or_else(String::new, |wait| {
        format!("; it asks to wait {} s", seconds(wait))
    })
}

impl HttpError {
    /// Whether what the caller configured is wrong, so that no other try and no other
    /// server can help.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        matches!(
            self,
            Self::BadAddress { .. } | Self::BadProxy { .. } | Self::Certificates { .. }
        )
    }

    /// Whether the same request may succeed a little later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::ConnectTimeout { .. }
                | Self::NoAnswer { .. }
                | Self::IdleTimeout { .. }
                | Self::Interrupted { .. }
                | Self::Unavailable { .. }
        )
    }
}

impl Hint for HttpError {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::BadAddress { .. } => "write it as https://HOST/PATH",
            Self::BadProxy { .. } => "write it as http://HOST:PORT, or leave it empty",
            Self::Certificates { .. } => "name a file with certificates in PEM form",
            Self::Unreachable {
                has_proxy: true, ..
            } => "check the address, and the proxy: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY",
            Self::Unreachable { .. } | Self::ConnectTimeout { .. } => {
                "check the address and the network; where a proxy is needed, name it in HTTPS_PROXY"
            }
            Self::Untrusted { .. } => {
                "where a private authority signed it, name the authority's certificate with \
                 --ca-file FILE or SSL_CERT_FILE"
            }
            Self::IdleTimeout { .. } | Self::OutOfTime { .. } | Self::Interrupted { .. } => {
                "try again, name another mirror, or allow more time"
            }
            Self::Denied { status: 407, .. } => {
                "give the proxy's user and password in its address: http://USER:PASSWORD@HOST:PORT"
            }
            Self::Denied { .. } => "check the user and the password or token in the address",
            Self::NotFound { .. } => "check the path of the address",
            Self::Unavailable { .. } => "try again later, or name another mirror",
            Self::RedirectElsewhere { .. } => {
                "name the final address, or allow the host with --redirect-host HOST"
            }
            Self::RedirectToPlain { .. } => "name an address that stays encrypted",
            Self::Encoded { .. } => "let the server send the file as it is",
            Self::Write(error) => return error.hint(),
            Self::Setup { .. }
            | Self::Tls { .. }
            | Self::NoAnswer { .. }
            | Self::UnexpectedStatus { .. }
            | Self::TooManyRedirects { .. }
            | Self::BadRedirect { .. }
            | Self::TooLarge { .. } => return None,
        };
        Some(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_for_people() {
        let shown = |nanoseconds: u64| seconds(Duration::from_nanos(nanoseconds)).to_string();
        assert_eq!(shown(5_999_954_101), "6");
        assert_eq!(shown(1_500_000_000), "1.5");
        assert_eq!(shown(400_040_000), "0.4");
        assert_eq!(shown(2_000_000), "0.002");
    }
}
