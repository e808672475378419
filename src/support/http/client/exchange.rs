//! Questions of any method, and answers with their status and headers, for protocols in
//! which these carry meaning.

use super::{
    Client, MAX_REASON_BYTES, Request, backoff, header, headers, next, refusal, retry_after, shown,
    target,
};
use crate::support::http::{Address, HttpError};
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use std::time::Duration;
use url::Url;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Asks for a body.
    Get,
    /// Asks for the headers alone.
    Head,
    /// Sends a body.
    Post,
    /// Sends a body for an address.
    Put,
}

/// Where a redirect may lead. From https to http never; credentials stay with the address
/// that they were given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirects {
    /// Nowhere.
    Refused,
    /// As for every request: to the same host and port, and to hosts that were named.
    SameHost,
    /// To any host over https; over http only from this machine to this machine. For bodies
    /// whose digest is known before.
    AnyHost,
}

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// The method.
    pub method: Method,
    /// Media type and bytes of the body.
    pub body: Option<(&'static str, &'a [u8])>,
    /// Where a redirect may lead.
    pub redirects: Redirects,
    /// Whether it does no harm twice, so that it is sent again after a failure that may pass.
    pub repeatable: bool,
}

impl Exchange<'static> {
    /// A question without a body, asked again where that may help.
    #[must_use]
    pub fn asking(method: Method, redirects: Redirects) -> Self {
        Self {
            method,
            body: None,
            redirects,
            repeatable: true,
        }
    }
}

/// A complete answer of any status but a redirect, 407, and those that say "later" (429, 500,
/// 502, 503, 504).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanged {
    /// The status code.
    pub status: u16,
    /// The body: at most [`Request::max_bytes`]; of a refusal the first 8 KiB.
    pub body: Vec<u8>,
    headers: HeaderMap,
    url: Url,
}

impl Exchanged {
    /// The first value of a header by its lower-case name, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Every value of a header that is text.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.headers.get_all(name).into_iter();
        values.filter_map(|value| value.to_str().ok())
    }

    /// Every value of a header; `None` where one of them is no text.
    #[must_use]
    pub fn text_headers(&self, name: &str) -> Option<Vec<&str>> {
        let values = self.headers.get_all(name).into_iter();
        values.map(|value| value.to_str().ok()).collect()
    }

    /// Whether the address itself answered, or a place of the same origin that it redirects to.
    #[must_use]
    pub fn is_from(&self, address: &Address) -> bool {
        self.url.origin() == address.url().origin()
    }

    /// An address that the answer names, such as that of the `Location` header, relative to
    /// where the answer came from. It has no credentials.
    ///
    /// # Errors
    /// [`HttpError::BadAddress`].
    pub fn address(&self, written: &str) -> Result<Address, HttpError> {
        match self.url.join(written) {
            Ok(url) => {
                let mut url = url;
                // Both succeed for http.
                let _ = url.set_username("");
                let _ = url.set_password(None);
                Address::parse(url.as_str())
            }
            Err(_) => Address::parse(written),
        }
    }
}

impl Client {
    /// Asks, and gives the answer whatever its status says. [`Request::unless`] plays no part.
    ///
    /// # Errors
    /// Those of a request that got no complete answer; [`HttpError::Unavailable`] for 429 and
    /// 5xx, after the retries; the errors of redirects; [`HttpError::Denied`] for a proxy's
    /// refusal.
    pub fn exchange(
        &self,
        request: &Request,
        exchange: &Exchange<'_>,
    ) -> Result<Exchanged, HttpError> {
        let deadline = self.timer.elapsed() + self.limit_of(request);
        let mut attempt = 1;
        loop {
            let error = match self.exchange_once(request, exchange, deadline) {
                Ok(exchanged) => return Ok(exchanged),
                Err(error) => error,
            };
            let wait = match error {
                HttpError::Unavailable { wait, .. } => wait,
                _ => None,
            };
            let wait = wait.unwrap_or_else(|| backoff(self.limits.first_wait, attempt));
            let has_time = self.timer.elapsed() + wait < deadline;
            let may_help = exchange.repeatable && error.is_transient();
            if !may_help || attempt >= self.limits.attempts || !has_time {
                return Err(error);
            }
            self.timer.sleep(wait);
            attempt += 1;
        }
    }

    fn exchange_once(
        &self,
        request: &Request,
        exchange: &Exchange<'_>,
        deadline: Duration,
    ) -> Result<Exchanged, HttpError> {
        let mut url = request.address.url().clone();
        for _ in 0..=self.limits.redirects {
            let response = self.send_exchange(request, exchange, &url, deadline)?;
            match response.status().as_u16() {
                301 | 302 | 303 | 307 | 308 => {
                    url = match exchange.redirects {
                        Redirects::Refused => {
                            return Err(refusal(&url, response.status(), response.headers()));
                        }
                        Redirects::SameHost => next(request, &url, &response)?,
                        Redirects::AnyHost => anywhere(&url, &response)?,
                    };
                }
                407 => return Err(self.denied(request, &url, response, deadline)),
                429 | 500 | 502 | 503 | 504 => {
                    let text = |name| {
                        let value = response.headers().get(name)?;
                        value.to_str().ok()
                    };
                    return Err(HttpError::Unavailable {
                        url: shown(&url),
                        status: response.status().as_u16(),
                        wait: retry_after(text(header::RETRY_AFTER), text(header::DATE)),
                    });
                }
                _ => return self.complete(request, exchange, url, response, deadline),
            }
        }
        Err(HttpError::TooManyRedirects {
            url: request.address.to_string(),
            limit: self.limits.redirects,
        })
    }

    fn send_exchange(
        &self,
        request: &Request,
        exchange: &Exchange<'_>,
        url: &Url,
        deadline: Duration,
    ) -> Result<Response, HttpError> {
        let method = match exchange.method {
            Method::Get => reqwest::Method::GET,
            Method::Head => reqwest::Method::HEAD,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
        };
        let remaining = self.remaining(request, deadline)?;
        let mut prepared = self
            .inner
            .request(method, url.clone())
            .headers(headers(request, url))
            .timeout(remaining);
        if let Some((media_type, body)) = exchange.body {
            prepared = prepared
                .header(header::CONTENT_TYPE, media_type)
                .body(body.to_vec());
        } else if exchange.method == Method::Post {
            // Some servers insist on a length.
            prepared = prepared.header(header::CONTENT_LENGTH, "0");
        }
        // Its timers start in the runtime.
        self.block_on(async { prepared.send().await })?
            .map_err(|error| self.not_answered(&error, request, url, deadline))
    }

    fn complete(
        &self,
        request: &Request,
        exchange: &Exchange<'_>,
        url: Url,
        mut response: Response,
        deadline: Duration,
    ) -> Result<Exchanged, HttpError> {
        let status = response.status();
        let answered = response.headers().clone();
        let mut body = Vec::new();
        if exchange.method == Method::Head {
            // The length that it announces is that of a body which does not come.
        } else if status.is_success() {
            self.body(request, response, &mut body, deadline)?;
        } else {
            // What cannot be read is no reason, and the refusal is one without it.
            while body.len() < MAX_REASON_BYTES && self.remaining(request, deadline).is_ok() {
                match self.block_on(response.chunk()) {
                    Ok(Ok(Some(piece))) => body.extend_from_slice(&piece),
                    _ => break,
                }
            }
            body.truncate(MAX_REASON_BYTES);
        }
        Ok(Exchanged {
            status: StatusCode::as_u16(&status),
            body,
            headers: answered,
            url,
        })
    }
}

/// Where a redirect leads that may leave the host.
fn anywhere(from: &Url, response: &Response) -> Result<Url, HttpError> {
    let to = target(from, response)?;
    let is_here = |url: &Url| Address::parse(url.as_str()).is_ok_and(|a| a.is_loopback());
    let is_safe = to.scheme() == "https"
        || from.host_str() == to.host_str()
        || (is_here(from) && is_here(&to));
    if is_safe {
        return Ok(to);
    }
    Err(HttpError::RedirectElsewhere {
        url: shown(from),
        to: shown(&to),
    })
}
