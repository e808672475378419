//! One question to a service, and what every answer is held to.

use super::error::{Service, ServiceError};
use crate::model::Redacted;
use crate::signing::json::parse_json;
use crate::support::http::{
    Address, Answer, Client, HttpError, Limits, Network, Post, Replied, Request, SystemTimer,
    reason_of_body,
};
use serde_json::Value;
use std::time::Duration;

/// Largest answer that is read: a log entry with its proof has some 10 kB, and as much
/// again as a certificate's chain.
const MAX_ANSWER_BYTES: u64 = 1024 * 1024;
/// Most attempts for one question.
const ATTEMPTS: u32 = 4;

/// How services are reached.
#[derive(Debug, Clone)]
pub struct ServiceConnection {
    /// Proxies and trusted certificates.
    pub network: Network,
    /// Most time for one question with its retries.
    pub within: Duration,
}

/// Asks services.
pub struct Caller {
    client: Client,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Caller")
    }
}

/// A question with a body.
pub(in crate::signing) struct Question<'a> {
    pub service: Service,
    pub address: &'a Address,
    pub body: &'a [u8],
    pub content_type: &'static str,
    pub accept: &'static str,
    /// Further headers.
    pub headers: Vec<(String, Redacted)>,
    /// What must not be shown where the service repeats it.
    pub secrets: Vec<&'a Redacted>,
    /// Whether an answer (status, body) says "later" in another way than by its status.
    pub is_busy: fn(u16, &[u8]) -> bool,
}

impl<'a> Question<'a> {
    /// JSON, answered by JSON.
    pub(in crate::signing) fn json(service: Service, address: &'a Address, body: &'a [u8]) -> Self {
        Self {
            service,
            address,
            body,
            content_type: "application/json",
            accept: "application/json",
            headers: Vec::new(),
            secrets: Vec::new(),
            is_busy: |_, _| false,
        }
    }
}

impl Caller {
    /// Prepares to ask. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ServiceError::Unusable`].
    pub fn new(connection: &ServiceConnection) -> Result<Self, ServiceError> {
        let limits = Limits {
            connect: connection.within.min(Duration::from_secs(10)),
            idle: connection.within,
            total: connection.within,
            attempts: ATTEMPTS,
            first_wait: Duration::from_millis(200),
            redirects: 0,
        };
        let client = Client::new(&connection.network, limits, SystemTimer::default())
            .map_err(|source| ServiceError::Unusable { source })?;
        Ok(Self { client })
    }

    /// A complete answer that is no refusal.
    ///
    /// # Errors
    /// [`ServiceError::Unanswered`], [`ServiceError::Refused`],
    /// [`ServiceError::Unavailable`].
    pub(in crate::signing) fn post(
        &self,
        question: &Question<'_>,
    ) -> Result<Vec<u8>, ServiceError> {
        good(question, self.post_any(question)?)
    }

    /// The same, but the question is sent once, whatever happens to it: asked again it would
    /// be taken for a replay.
    ///
    /// # Errors
    /// As [`Caller::post`].
    pub(in crate::signing) fn post_once(
        &self,
        question: &Question<'_>,
    ) -> Result<Vec<u8>, ServiceError> {
        let replied = self
            .client
            .post_only_once(&request_of(question), question.body)
            .map_err(|source| unanswered(question.service, source))?;
        good(question, replied)
    }

    /// A complete answer of any status.
    pub(in crate::signing) fn post_any(
        &self,
        question: &Question<'_>,
    ) -> Result<Replied, ServiceError> {
        let post = Post {
            body: question.body,
            is_busy: question.is_busy,
        };
        self.client
            .post(&request_of(question), &post)
            .map_err(|source| unanswered(question.service, source))
    }

    /// A JSON document.
    ///
    /// # Errors
    /// [`ServiceError::Unanswered`], [`ServiceError::Refused`],
    /// [`ServiceError::Malformed`].
    pub(in crate::signing) fn get_json(
        &self,
        service: Service,
        address: &Address,
        headers: Vec<(String, Redacted)>,
    ) -> Result<Value, ServiceError> {
        let mut request = Request::new(address.clone(), MAX_ANSWER_BYTES);
        request.accept = "application/json";
        request.headers = headers;
        let answer = self.client.read(&request).map_err(|source| match source {
            HttpError::Denied { status, reason, .. } => ServiceError::Refused {
                service,
                address: address.to_string(),
                status,
                said: reason,
            },
            HttpError::NotFound { status, .. }
            | HttpError::UnexpectedStatus {
                status: status @ 400..=499,
                ..
            } => ServiceError::Refused {
                service,
                address: address.to_string(),
                status,
                said: None,
            },
            source => unanswered(service, source),
        })?;
        match answer {
            Answer::Fetched { content, .. } => strict_json(service, &content),
            Answer::NotModified => Err(malformed(service, "it is empty")),
        }
    }
}

fn request_of(question: &Question<'_>) -> Request {
    let mut request = Request::new(question.address.clone(), MAX_ANSWER_BYTES);
    request.accept = question.accept;
    request.headers.clone_from(&question.headers);
    let content_type = Redacted::new(question.content_type);
    request
        .headers
        .push(("content-type".to_owned(), content_type));
    request
}

fn good(question: &Question<'_>, replied: Replied) -> Result<Vec<u8>, ServiceError> {
    match replied.status {
        200 | 201 => Ok(replied.body),
        _ => Err(refused(question, &replied)),
    }
}

/// The error of an answer that is not the one that was hoped for.
pub(in crate::signing) fn refused(question: &Question<'_>, replied: &Replied) -> ServiceError {
    let service = question.service;
    let address = question.address.to_string();
    let said = reason_of_body(&replied.body, &question.secrets);
    match replied.status {
        429 => unavailable(question, replied),
        status @ 400..=499 => ServiceError::Refused {
            service,
            address,
            status,
            said,
        },
        _ => unavailable(question, replied),
    }
}

/// The error of an answer after which the same may succeed another time.
pub(in crate::signing) fn unavailable(question: &Question<'_>, replied: &Replied) -> ServiceError {
    ServiceError::Unavailable {
        service: question.service,
        address: question.address.to_string(),
        status: replied.status,
        said: reason_of_body(&replied.body, &question.secrets),
    }
}

fn unanswered(service: Service, source: HttpError) -> ServiceError {
    match source.is_configuration() {
        true => ServiceError::Unusable { source },
        false => ServiceError::Unanswered { service, source },
    }
}

/// An answer as JSON without a key twice.
pub(in crate::signing) fn strict_json(
    service: Service,
    bytes: &[u8],
) -> Result<Value, ServiceError> {
    let limit = usize::try_from(MAX_ANSWER_BYTES).unwrap_or(usize::MAX);
    parse_json(bytes, limit).map_err(|e| malformed(service, e.to_string()))
}

/// The error of an answer that cannot be read.
pub(in crate::signing) fn malformed(service: Service, reason: impl ToString) -> ServiceError {
    let reason = reason.to_string();
    ServiceError::Malformed {
        service,
        reason: crate::model::terminal_safe(&reason).into_owned(),
    }
}

/// The address of a service: https, or http on this machine.
///
/// # Errors
/// [`ServiceError::Unusable`], [`ServiceError::PlainAddress`].
pub fn service_address(service: Service, text: &str) -> Result<Address, ServiceError> {
    let address = Address::parse(text).map_err(|source| ServiceError::Unusable { source })?;
    if address.is_plain() && !address.is_loopback() {
        return Err(ServiceError::PlainAddress {
            service,
            address: address.to_string(),
        });
    }
    Ok(address)
}
