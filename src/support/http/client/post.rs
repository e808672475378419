//! Questions with a body, to services whose refusals are told in the body of the answer.

use super::{Ask, Client, Request, backoff, header, refusal, retry_after};
use crate::support::http::HttpError;
use std::time::Duration;

/// Larger questions are refused before anything is sent. A log of signatures is sent whole
/// statements.
const MAX_QUESTION_BYTES: usize = 128 * 1024 * 1024;

/// Longest `Location` header that is kept, in bytes.
const MAX_LOCATION: usize = 2048;

/// What is sent.
pub struct Post<'a> {
    /// The body, at most 128 MiB.
    pub body: &'a [u8],
    /// Whether an answer (status, body) says "later": it is asked for again like 429, 500,
    /// 502, 503 and 504 are, and given back where it does not get better.
    pub is_busy: fn(u16, &[u8]) -> bool,
}

/// A complete answer of any status but a redirect and 407.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replied {
    /// The status code.
    pub status: u16,
    /// The body, at most [`Request::max_bytes`].
    pub body: Vec<u8>,
    /// The `Location` header, as it came.
    pub location: Option<String>,
    /// How long it asks to wait.
    wait: Option<Duration>,
}

impl Client {
    /// Asks by `POST`, only the address itself: no redirect is followed. The same request is
    /// sent again after a failure that may pass, also where it may have arrived: only for
    /// questions that do no harm twice. [`Request::unless`] and
    /// [`Request::redirect_hosts`] play no part.
    ///
    /// # Errors
    /// Those of a request that got no complete answer; [`HttpError::UnexpectedStatus`] for
    /// a redirect, [`HttpError::Denied`] for a proxy's refusal, [`HttpError::TooLarge`] also
    /// for a question over 128 MiB.
    pub fn post(&self, request: &Request, post: &Post<'_>) -> Result<Replied, HttpError> {
        if post.body.len() > MAX_QUESTION_BYTES {
            return Err(HttpError::TooLarge {
                url: request.address.to_string(),
                limit: MAX_QUESTION_BYTES as u64,
            });
        }
        self.ask(request, Ask::Post(post.body), post.is_busy)
    }

    /// The same by `PUT` and without a body, for services that are asked so for a token.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub fn put(&self, request: &Request) -> Result<Replied, HttpError> {
        self.ask(request, Ask::Put, |_, _| false)
    }

    fn ask(
        &self,
        request: &Request,
        method: Ask<'_>,
        is_busy: fn(u16, &[u8]) -> bool,
    ) -> Result<Replied, HttpError> {
        let deadline = self.timer.elapsed() + self.limit_of(request);
        let mut attempt = 1;
        loop {
            let tried = self.ask_once(request, method, deadline);
            let wait = match &tried {
                Ok(replied) if is_later(replied, is_busy) => replied.wait,
                Err(error) if error.is_transient() => None,
                _ => return tried,
            };
            let wait = wait.unwrap_or_else(|| backoff(self.limits.first_wait, attempt));
            let has_time = self.timer.elapsed() + wait < deadline;
            if attempt >= self.limits.attempts || !has_time {
                return tried;
            }
            self.timer.sleep(wait);
            attempt += 1;
        }
    }

    fn ask_once(
        &self,
        request: &Request,
        method: Ask<'_>,
        deadline: Duration,
    ) -> Result<Replied, HttpError> {
        let url = request.address.url();
        let response = self.send(request, url, method, deadline)?;
        let status = response.status();
        if status.is_redirection() {
            return Err(refusal(url, status, response.headers()));
        }
        if status.as_u16() == 407 {
            return Err(self.denied(request, url, response, deadline));
        }
        let text = |name| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let wait = retry_after(
            text(header::RETRY_AFTER).as_deref(),
            text(header::DATE).as_deref(),
        );
        let location = text(header::LOCATION).filter(|text| text.len() <= MAX_LOCATION);
        let mut body = Vec::new();
        self.body(request, response, &mut body, deadline)?;
        Ok(Replied {
            status: status.as_u16(),
            body,
            location,
            wait,
        })
    }
}

fn is_later(replied: &Replied, is_busy: fn(u16, &[u8]) -> bool) -> bool {
    matches!(replied.status, 429 | 500 | 502 | 503 | 504) || is_busy(replied.status, &replied.body)
}
