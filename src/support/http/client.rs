//! The client: attempts, redirects, bodies.

mod exchange;
mod post;

pub use exchange::{Exchange, Exchanged, Method, Redirects};
pub use post::{Post, Replied};

use super::error::HttpError;
use super::headers::headers;
use super::network::Network;
use super::request::{Answer, Limits, Request, Stored, Validators, shown};
use super::retry::{Timer, backoff, retry_after};
use crate::support::files::FileError;
use crate::support::hash::Sha256;
use reqwest::header::{self, HeaderMap, HeaderName};
use reqwest::{Response, StatusCode};
use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;
use tokio::runtime::Runtime;
use url::Url;

/// Longest validator that is kept, in bytes.
const MAX_VALIDATOR: usize = 1024;

/// Most bytes of a refusal that are looked at for its reason.
const MAX_REASON_BYTES: usize = 8 * 1024;

/// Fetches, one request after the other, and blocks meanwhile.
pub struct Client {
    inner: reqwest::Client,
    /// Always there until the client is dropped.
    runtime: Option<Runtime>,
    limits: Limits,
    timer: Box<dyn Timer>,
    has_proxy: bool,
}

/// A runtime that is dropped waits for a lookup of a name that hangs.
impl Drop for Client {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// How it is asked.
#[derive(Clone, Copy)]
enum Ask<'a> {
    Get,
    Post(&'a [u8]),
    /// Without a body.
    Put,
}

/// Where a body goes.
trait Sink {
    /// Forgets what came so far.
    fn restart(&mut self) -> Result<(), HttpError>;
    fn write(&mut self, piece: &[u8]) -> Result<(), HttpError>;
}

impl Sink for Vec<u8> {
    fn restart(&mut self) -> Result<(), HttpError> {
        self.clear();
        Ok(())
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), HttpError> {
        self.extend_from_slice(piece);
        Ok(())
    }
}

struct FileSink<'a> {
    file: &'a mut File,
    path: &'a Path,
    hash: Sha256,
    length: u64,
}

impl FileSink<'_> {
    fn failed(&self, source: std::io::Error) -> HttpError {
        HttpError::Write(FileError::Write {
            path: self.path.to_owned(),
            source,
        })
    }
}

impl Sink for FileSink<'_> {
    fn restart(&mut self) -> Result<(), HttpError> {
        self.hash = Sha256::default();
        self.length = 0;
        self.file
            .rewind()
            .and_then(|()| self.file.set_len(0))
            .map_err(|source| self.failed(source))
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), HttpError> {
        self.file
            .write_all(piece)
            .map_err(|source| self.failed(source))?;
        self.hash.update(piece);
        self.length += piece.len() as u64;
        Ok(())
    }
}

impl Client {
    /// A client for a network within limits.
    ///
    /// # Errors
    /// [`HttpError::BadProxy`], [`HttpError::Certificates`], [`HttpError::Setup`].
    pub fn new(
        network: &Network,
        limits: Limits,
        timer: impl Timer + 'static,
    ) -> Result<Self, HttpError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| HttpError::Setup {
                reason: error.to_string(),
            })?;
        Ok(Self {
            inner: network.client(&limits)?,
            runtime: Some(runtime),
            limits,
            timer: Box::new(timer),
            has_proxy: network.has_proxy(),
        })
    }

    /// The body of an answer in memory.
    ///
    /// # Errors
    /// Every variant of [`HttpError`] that a request can have.
    pub fn read(&self, request: &Request) -> Result<Answer<Vec<u8>>, HttpError> {
        let mut body = Vec::new();
        Ok(match self.fetch(request, &mut body)? {
            None => Answer::NotModified,
            Some(validators) => Answer::Fetched {
                content: body,
                validators,
            },
        })
    }

    /// Writes the body of an answer into a file, whose content is replaced, and hashes it
    /// on the way. `path` is the file's name for messages. After an error, or where the
    /// answer is "not modified", the content of the file means nothing.
    ///
    /// # Errors
    /// As [`Client::read`], and [`HttpError::Write`].
    pub fn store(
        &self,
        request: &Request,
        file: &mut File,
        path: &Path,
    ) -> Result<Answer<Stored>, HttpError> {
        let mut sink = FileSink {
            file,
            path,
            hash: Sha256::default(),
            length: 0,
        };
        Ok(match self.fetch(request, &mut sink)? {
            None => Answer::NotModified,
            Some(validators) => Answer::Fetched {
                content: Stored {
                    digest: sink.hash.finish(),
                    length: sink.length,
                },
                validators,
            },
        })
    }

    /// `None` where nothing was modified.
    fn fetch(
        &self,
        request: &Request,
        sink: &mut dyn Sink,
    ) -> Result<Option<Validators>, HttpError> {
        let deadline = self.timer.elapsed() + self.limit_of(request);
        let mut attempt = 1;
        loop {
            let error = match self.attempt(request, sink, deadline) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let wait = match error {
                HttpError::Unavailable { wait, .. } => wait,
                _ => None,
            };
            let wait = wait.unwrap_or_else(|| backoff(self.limits.first_wait, attempt));
            // What the server answered says more than that the time would not have
            // sufficed for another try.
            let has_time = self.timer.elapsed() + wait < deadline;
            if !error.is_transient() || attempt >= self.limits.attempts || !has_time {
                return Err(error);
            }
            self.timer.sleep(wait);
            attempt += 1;
        }
    }

    fn attempt(
        &self,
        request: &Request,
        sink: &mut dyn Sink,
        deadline: Duration,
    ) -> Result<Option<Validators>, HttpError> {
        sink.restart()?;
        let mut url = request.address.url().clone();
        for _ in 0..=self.limits.redirects {
            let response = self.send(request, &url, Ask::Get, deadline)?;
            let status = response.status();
            match status.as_u16() {
                200 => return self.body(request, response, sink, deadline).map(Some),
                304 if !request.unless.is_empty() => return Ok(None),
                301 | 302 | 303 | 307 | 308 => url = next(request, &url, &response)?,
                401 | 403 | 407 => return Err(self.denied(request, &url, response, deadline)),
                _ => return Err(refusal(&url, status, response.headers())),
            }
        }
        Err(HttpError::TooManyRedirects {
            url: request.address.to_string(),
            limit: self.limits.redirects,
        })
    }

    fn send(
        &self,
        request: &Request,
        url: &Url,
        method: Ask<'_>,
        deadline: Duration,
    ) -> Result<Response, HttpError> {
        let remaining = self.remaining(request, deadline)?;
        let prepared = match method {
            Ask::Get => self.inner.get(url.clone()),
            Ask::Post(body) => self.inner.post(url.clone()).body(body.to_vec()),
            Ask::Put => self.inner.put(url.clone()),
        };
        let prepared = prepared.headers(headers(request, url)).timeout(remaining);
        // Its timers start in the runtime.
        self.block_on(async { prepared.send().await })?
            .map_err(|error| self.not_answered(&error, request, url, deadline))
    }

    /// The error of a refusal, with what the server says of it: a firewall in front of a
    /// registry names its rule there.
    fn denied(
        &self,
        request: &Request,
        url: &Url,
        mut response: Response,
        deadline: Duration,
    ) -> HttpError {
        let status = response.status().as_u16();
        let mut body = Vec::new();
        // What cannot be read is no reason, and the refusal is one without it.
        while body.len() < MAX_REASON_BYTES && self.remaining(request, deadline).is_ok() {
            match self.block_on(response.chunk()) {
                Ok(Ok(Some(piece))) => body.extend_from_slice(&piece),
                _ => break,
            }
        }
        body.truncate(MAX_REASON_BYTES);
        let own = request.address.authorization_for(request.address.url());
        let further = request.headers.iter().map(|(_, value)| value);
        let secrets: Vec<_> = own.into_iter().chain(further).collect();
        HttpError::Denied {
            url: shown(url),
            status,
            reason: super::reason::of_body(&body, &secrets),
        }
    }

    /// Streams the body of a 200 into the sink.
    fn body(
        &self,
        request: &Request,
        mut response: Response,
        sink: &mut dyn Sink,
        deadline: Duration,
    ) -> Result<Validators, HttpError> {
        let url = shown(response.url());
        check_encoding(request, response.headers(), &url)?;
        let too_large = || HttpError::TooLarge {
            url: url.clone(),
            limit: request.max_bytes,
        };
        let expected = response.content_length();
        if expected.is_some_and(|expected| expected > request.max_bytes) {
            return Err(too_large());
        }
        let validators = Validators {
            etag: validator(response.headers(), &header::ETAG),
            last_modified: validator(response.headers(), &header::LAST_MODIFIED),
        };
        let mut received = 0_u64;
        loop {
            self.remaining(request, deadline)?;
            let piece = match self.block_on(response.chunk())? {
                Ok(Some(piece)) => piece,
                Ok(None) => return Ok(validators),
                Err(error) if error.is_timeout() => {
                    return Err(self.timed_out(request, &url, deadline));
                }
                Err(_) => {
                    return Err(HttpError::Interrupted {
                        url,
                        received,
                        expected,
                    });
                }
            };
            received += piece.len() as u64;
            if received > request.max_bytes {
                return Err(too_large());
            }
            sink.write(&piece)?;
        }
    }

    fn block_on<F: Future>(&self, future: F) -> Result<F::Output, HttpError> {
        let runtime = self.runtime.as_ref().ok_or_else(|| HttpError::Setup {
            reason: "the client has ended".to_owned(),
        })?;
        Ok(runtime.block_on(future))
    }

    /// The time that is left.
    fn remaining(&self, request: &Request, deadline: Duration) -> Result<Duration, HttpError> {
        deadline
            .checked_sub(self.timer.elapsed())
            .filter(|remaining| !remaining.is_zero())
            .ok_or_else(|| HttpError::OutOfTime {
                url: request.address.to_string(),
                limit: self.limit_of(request),
            })
    }

    /// Most time for a request.
    fn limit_of(&self, request: &Request) -> Duration {
        let within = request.within.unwrap_or(self.limits.total);
        within.min(self.limits.total)
    }

    fn timed_out(&self, request: &Request, url: &str, deadline: Duration) -> HttpError {
        let url = url.to_owned();
        if self.timer.elapsed() >= deadline {
            return HttpError::OutOfTime {
                url,
                limit: self.limit_of(request),
            };
        }
        HttpError::IdleTimeout {
            url,
            limit: self.limits.idle,
        }
    }

    /// Why there is no answer at all.
    fn not_answered(
        &self,
        error: &reqwest::Error,
        request: &Request,
        url: &Url,
        deadline: Duration,
    ) -> HttpError {
        let url = shown(url);
        let reason = super::innermost(error);
        match tls_error(error) {
            Some(rustls::Error::InvalidCertificate(_)) => {
                return HttpError::Untrusted { url, reason };
            }
            Some(_) => return HttpError::Tls { url, reason },
            None => {}
        }
        if error.is_timeout() {
            let connecting = error.is_connect() && self.timer.elapsed() < deadline;
            return match connecting {
                true => HttpError::ConnectTimeout {
                    url,
                    limit: self.limits.connect,
                },
                false => self.timed_out(request, &url, deadline),
            };
        }
        if error.is_connect() {
            return HttpError::Unreachable {
                url,
                reason,
                has_proxy: self.has_proxy && !request.address.is_loopback(),
            };
        }
        HttpError::NoAnswer { url, reason }
    }
}

/// The TLS library's error among the causes. I/O errors hold theirs apart from `source`,
/// and may hold each other.
fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        let held = cause
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref);
        next = match held {
            Some(held) => Some(held),
            None => cause.source(),
        };
    }
    None
}

/// Where a redirect leads, if it may.
fn next(request: &Request, from: &Url, response: &Response) -> Result<Url, HttpError> {
    let to = target(from, response)?;
    let host = to.host_str().unwrap_or_default();
    let is_allowed = is_same_server(request.address.url(), &to)
        || request
            .redirect_hosts
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(host));
    if is_allowed {
        return Ok(to);
    }
    Err(HttpError::RedirectElsewhere {
        url: shown(from),
        to: shown(&to),
    })
}

/// Whether a redirect stays on a server. Another port is another server, which anybody on the
/// host may run; only from `http` to `https` the port changes with the scheme.
fn is_same_server(from: &Url, to: &Url) -> bool {
    let ports = (from.port_or_known_default(), to.port_or_known_default());
    let is_upgrade = from.scheme() == "http" && to.scheme() == "https";
    let is_same_port = ports.0 == ports.1 || (is_upgrade && ports == (Some(80), Some(443)));
    from.host_str().is_some() && from.host_str() == to.host_str() && is_same_port
}

/// Where a redirect leads: without credentials, and never from https to http.
fn target(from: &Url, response: &Response) -> Result<Url, HttpError> {
    let mut to = response
        .headers()
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|location| from.join(location).ok())
        .filter(|to| matches!(to.scheme(), "http" | "https"))
        .ok_or_else(|| HttpError::BadRedirect {
            url: shown(from),
            status: response.status().as_u16(),
        })?;
    // Credentials come from the settings alone. Both succeed for http.
    let _ = to.set_username("");
    let _ = to.set_password(None);
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(HttpError::RedirectToPlain {
            url: shown(from),
            to: shown(&to),
        });
    }
    Ok(to)
}

/// The error of a status that brings no body.
fn refusal(url: &Url, status: StatusCode, headers: &HeaderMap) -> HttpError {
    let url = shown(url);
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let status = status.as_u16();
    match status {
        404 | 410 => HttpError::NotFound { url, status },
        429 | 500 | 502 | 503 | 504 => HttpError::Unavailable {
            url,
            status,
            wait: retry_after(text(header::RETRY_AFTER), text(header::DATE)),
        },
        _ => HttpError::UnexpectedStatus { url, status },
    }
}

fn check_encoding(request: &Request, headers: &HeaderMap, url: &str) -> Result<(), HttpError> {
    let Some(encoding) = headers.get(header::CONTENT_ENCODING) else {
        return Ok(());
    };
    let encoding = String::from_utf8_lossy(encoding.as_bytes()).into_owned();
    if request.keep_encoding || encoding.eq_ignore_ascii_case("identity") {
        return Ok(());
    }
    Err(HttpError::Encoded {
        url: url.to_owned(),
        encoding,
    })
}

fn validator(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (value.len() <= MAX_VALIDATOR).then(|| value.to_owned())
}
