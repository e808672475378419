//! Getting one document from an approved registry: within the budget, with the credentials
//! of that registry, from no other server.

use super::super::address::{Address as Own, shown};
use super::super::settings::Approved;
use super::answers::{Failure, FailureKind};
use super::cache::Cache;
use super::codeartifact::{Api, Place};
use super::credentials::Credentials;
use crate::model::{Ecosystem, Hint as _, Redacted, terminal_safe};
use crate::support::http::{
    Address, Answer, Client, HttpError, Post, Request, SystemTimer, Timer as _, Validators,
    reason_of_body,
};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use url::Url;

/// Failures in a row of one kind after which a registry is not asked any more.
const MAX_FAILURES: u32 = 3;

/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoDocument {
    /// The registry says that there is none.
    Absent,
    /// It did not say.
    Failed(Failure),
}

impl From<Failure> for NoDocument {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    pub body: Vec<u8>,
    pub last_modified: Option<String>,
}

impl Document {
    /// Whether a page came where data was asked for.
    pub(super) fn is_page(&self) -> bool {
        self.body
            .iter()
            .find(|byte| !byte.is_ascii_whitespace())
            .is_some_and(|byte| *byte == b'<')
    }
}

/// What a registry says of itself before it is asked for names.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    /// What names are asked for below.
    pub base: Address,
    /// Where files come from, if not from the registry's server.
    pub files: Option<String>,
    /// The path of a name, if the registry has its own form; of NuGet, what files lie below.
    pub template: Option<String>,
}

/// An approved registry of one ecosystem, for one run.
pub(super) struct Endpoint {
    pub ecosystem: Ecosystem,
    /// As [`Approved`] shows it; the key in the answers.
    pub registry: String,
    pub address: Address,
    own: Own,
    codeartifact: Option<Place>,
    approved: Vec<Own>,
    header: Option<Redacted>,
    pub prepared: OnceLock<Result<Prepared, Failure>>,
    /// The API behind it, where the policy names one.
    pub api: Option<Result<Api, Failure>>,
    /// Held while something large is unpacked, or in memory as a whole.
    pub packing: Mutex<()>,
    /// Failures in a row, and the last of them.
    failures: Mutex<(u32, Option<Failure>)>,
}

impl Endpoint {
    /// Of an approved entry; `None` where it has no address.
    pub(super) fn of(
        ecosystem: Ecosystem,
        entry: &Approved,
        approved: &[Approved],
        credentials: &Credentials,
    ) -> Option<Self> {
        let own = entry.address()?.clone();
        // NuGet's address is a document, which has no slash at its end.
        let text = own.to_string();
        let address = Address::parse(text.trim_end_matches('/')).ok()?;
        let header = credentials.header_for(ecosystem, entry).cloned();
        Some(Self {
            ecosystem,
            registry: entry.to_string(),
            address: match &header {
                Some(header) => address.with_authorization(header.clone()),
                None => address,
            },
            codeartifact: Place::of(&own),
            own,
            approved: approved
                .iter()
                .filter_map(|entry| entry.address().cloned())
                .collect(),
            header,
            prepared: OnceLock::new(),
            api: None,
            packing: Mutex::new(()),
            failures: Mutex::default(),
        })
    }

    /// An address that the registry itself gave, to be asked in its place: only on a server
    /// that the policy names, and with credentials only on the registry's own.
    pub(super) fn own_address(&self, text: &str) -> Result<Address, Failure> {
        let parsed = Own::parse(text);
        let is_own = parsed.as_ref().is_some_and(|a| a.same_server(&self.own));
        let is_approved = parsed
            .as_ref()
            .is_some_and(|a| self.approved.iter().any(|entry| entry.same_server(a)));
        let address = Address::parse(text).ok().filter(|_| is_approved);
        match (address, &self.header) {
            (None, _) => Err(Failure {
                kind: FailureKind::Redirect,
                reason: format!(
                    "it sends its clients to `{}`, which the policy does not name",
                    shown(text)
                ),
                remedy: "approve that address too, if it is the registry's".to_owned(),
            }),
            (Some(address), Some(header)) if is_own => {
                Ok(address.with_authorization(header.clone()))
            }
            (Some(address), _) => Ok(address),
        }
    }

    /// Scheme, host and port of the registry, with a slash.
    pub(super) fn root(&self) -> String {
        let text = self.own.to_string();
        let mut parts = text.splitn(4, '/');
        let head: Vec<&str> = parts.by_ref().take(3).collect();
        format!("{}/", head.join("/"))
    }

    /// The address of a file where it lies on another server than the registry. It is read
    /// as clients read it: absolute if it can be (`https:/host`, backslashes), else from the
    /// registry's own.
    pub(super) fn elsewhere(&self, text: &str) -> Option<String> {
        let bare = text.split(['?', '#']).next().unwrap_or_default();
        let full = Url::parse(bare)
            .or_else(|_| Url::parse(&self.own.to_string()).and_then(|own| own.join(bare)));
        let address = full.ok().and_then(|url| Own::of(&url));
        let is_own = address.is_some_and(|address| address.same_server(&self.own));
        (!is_own).then(|| shown(bare))
    }

    /// Why it is not asked any more.
    pub(super) fn is_down(&self) -> Option<Failure> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        match &*failures {
            (count, Some(failure)) if *count >= MAX_FAILURES => Some(failure.clone()),
            _ => None,
        }
    }

    fn note(&self, failure: Option<&Failure>) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        match failure.filter(|failure| failure.kind.is_of_the_registry()) {
            Some(failure) => {
                failures.0 = failures.0.saturating_add(1);
                failures.1 = Some(failure.clone());
            }
            None => *failures = (0, None),
        }
    }
}

/// How a signed request is sent.
#[derive(Clone, Copy)]
pub(super) enum Signed {
    Get,
    /// Without a body.
    Post,
}

impl Signed {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// One thread's way to the network.
pub(super) struct Session<'a> {
    pub client: Client,
    pub timer: &'a SystemTimer,
    pub budget: Duration,
    pub cache: Option<&'a Cache>,
}

impl Session<'_> {
    /// A document of a registry.
    pub(super) fn get(
        &self,
        endpoint: &Endpoint,
        address: &Address,
        accept: &'static str,
        limit: u64,
    ) -> Result<Document, NoDocument> {
        if let Some(failure) = endpoint.is_down() {
            return Err(failure.into());
        }
        let got = self.fetch(endpoint, address, accept, limit);
        endpoint.note(match &got {
            Err(NoDocument::Failed(failure)) => Some(failure),
            _ => None,
        });
        got
    }

    /// A package's file, which is not kept: files are as large as they are many, and what is
    /// wanted of one is a digest. `None` where it is larger than the limit.
    pub(super) fn file(
        &self,
        endpoint: &Endpoint,
        address: &Address,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, NoDocument> {
        if let Some(failure) = endpoint.is_down() {
            return Err(failure.into());
        }
        let request = self.request(endpoint, address, "*/*", limit)?;
        let got = match self.client.read(&request) {
            Ok(Answer::Fetched { content, .. }) => Ok(Some(content)),
            Ok(Answer::NotModified) => Err(bad_answer("it says `not modified` of nothing").into()),
            Err(HttpError::TooLarge { .. }) => Ok(None),
            Err(error) => Err(self.no_document(&error, endpoint)),
        };
        endpoint.note(match &got {
            Err(NoDocument::Failed(failure)) => Some(failure),
            _ => None,
        });
        got
    }

    /// A document of a registry's API, by a signed request. It is not kept: it differs by
    /// who asks.
    pub(super) fn signed(
        &self,
        endpoint: &Endpoint,
        method: Signed,
        address: &Address,
        headers: Vec<(String, Redacted)>,
        limit: u64,
    ) -> Result<Document, NoDocument> {
        let left = self.budget.saturating_sub(self.timer.elapsed());
        if left.is_zero() {
            return Err(self.out_of_budget().into());
        }
        let mut request = Request::new(address.clone(), limit);
        request.accept = "application/json";
        request.within = Some(left);
        request.headers = headers;
        let answer = match method {
            Signed::Get => self.client.read(&request),
            Signed::Post => self.post(&request),
        };
        match answer {
            Ok(Answer::Fetched { content, .. }) => Ok(Document {
                body: content,
                last_modified: None,
            }),
            Ok(Answer::NotModified) => Err(bad_answer("it says `not modified` of nothing").into()),
            Err(HttpError::NotFound { .. }) => Err(NoDocument::Absent),
            Err(HttpError::OutOfTime { .. }) => Err(self.out_of_budget().into()),
            Err(error) => Err(failure(&error, endpoint).into()),
        }
    }

    /// Asks by `POST` without a body; a refusal is the error that `GET` has for it.
    fn post(&self, request: &Request) -> Result<Answer<Vec<u8>>, HttpError> {
        let post = Post {
            body: &[],
            is_busy: |_, _| false,
        };
        let replied = self.client.post(request, &post)?;
        let url = request.address.to_string();
        let status = replied.status;
        match status {
            200 => Ok(Answer::Fetched {
                content: replied.body,
                validators: Validators::default(),
            }),
            401 | 403 => {
                let secrets = request.headers.iter().map(|(_, value)| value);
                Err(HttpError::Denied {
                    url,
                    status,
                    reason: reason_of_body(&replied.body, &secrets.collect::<Vec<_>>()),
                })
            }
            404 | 410 => Err(HttpError::NotFound { url, status }),
            429 | 500 | 502 | 503 | 504 => Err(HttpError::Unavailable {
                url,
                status,
                wait: None,
            }),
            _ => Err(HttpError::UnexpectedStatus { url, status }),
        }
    }

    /// A question, within what is left of the budget.
    fn request(
        &self,
        endpoint: &Endpoint,
        address: &Address,
        accept: &'static str,
        limit: u64,
    ) -> Result<Request, NoDocument> {
        let left = self.budget.saturating_sub(self.timer.elapsed());
        if left.is_zero() {
            return Err(self.out_of_budget().into());
        }
        let mut request = Request::new(address.clone(), limit);
        request.accept = accept;
        request.within = Some(left);
        // Registrations of NuGet are packed at rest, whatever is asked for.
        request.keep_encoding = endpoint.ecosystem == Ecosystem::Nuget;
        Ok(request)
    }

    fn fetch(
        &self,
        endpoint: &Endpoint,
        address: &Address,
        accept: &'static str,
        limit: u64,
    ) -> Result<Document, NoDocument> {
        let mut request = self.request(endpoint, address, accept, limit)?;
        let key = format!("{address} {accept}");
        let mut kept = self.cache.and_then(|cache| cache.read(&key, limit));
        if let Some((validators, _)) = &kept {
            request.unless = validators.clone();
        }
        match self.client.read(&request) {
            Ok(Answer::Fetched {
                content,
                validators,
            }) => {
                if let Some(cache) = self.cache.filter(|_| !validators.is_empty()) {
                    cache.write(&key, &validators, &content);
                }
                Ok(Document {
                    body: content,
                    last_modified: validators.last_modified,
                })
            }
            Ok(Answer::NotModified) => match kept.take() {
                Some((validators, body)) => Ok(Document {
                    body,
                    last_modified: validators.last_modified,
                }),
                None => Err(bad_answer("it says `not modified` of nothing").into()),
            },
            Err(error) => Err(self.no_document(&error, endpoint)),
        }
    }

    fn no_document(&self, error: &HttpError, endpoint: &Endpoint) -> NoDocument {
        match error {
            HttpError::NotFound { .. } | HttpError::UnexpectedStatus { status: 451, .. } => {
                NoDocument::Absent
            }
            HttpError::OutOfTime { .. } => self.out_of_budget().into(),
            error => failure(error, endpoint).into(),
        }
    }

    fn out_of_budget(&self) -> Failure {
        Failure {
            kind: FailureKind::OutOfTime,
            reason: format!(
                "the time for asking, {} s, was over before it answered",
                self.budget.as_secs_f64()
            ),
            remedy: "give more time with --budget SECONDS, and keep answers with --cache DIR"
                .to_owned(),
        }
    }
}

/// An answer that is none.
pub(super) fn bad_answer(reason: &str) -> Failure {
    Failure {
        kind: FailureKind::BadAnswer,
        reason: terminal_safe(reason).into_owned(),
        remedy: "check that the approved address is the one that clients use for this ecosystem, and what stands in front of it".to_owned(),
    }
}

/// A document of another form than its protocol has.
pub(super) fn malformed(document: &Document, what: &str, problem: &str) -> Failure {
    let page = match document.is_page() {
        true => "a web page instead of ",
        false => "no ",
    };
    bad_answer(&format!("it answered with {page}{what}: {problem}"))
}

fn failure(error: &HttpError, endpoint: &Endpoint) -> Failure {
    let kind = match error {
        HttpError::Denied { status: 403, .. } => FailureKind::Forbidden,
        HttpError::Denied { .. } => FailureKind::NotAuthorized,
        HttpError::Unavailable { .. } => FailureKind::Unavailable,
        HttpError::IdleTimeout { .. } | HttpError::ConnectTimeout { .. } => FailureKind::OutOfTime,
        HttpError::Unreachable { .. }
        | HttpError::Untrusted { .. }
        | HttpError::Tls { .. }
        | HttpError::NoAnswer { .. } => FailureKind::NoConnection,
        HttpError::RedirectElsewhere { .. }
        | HttpError::RedirectToPlain { .. }
        | HttpError::BadRedirect { .. }
        | HttpError::TooManyRedirects { .. } => FailureKind::Redirect,
        _ => FailureKind::BadAnswer,
    };
    let remedy = match error {
        HttpError::Denied { status: 401, .. } if endpoint.codeartifact.is_some() => format!(
            "put the output of `{}` into SEALGATE_REGISTRY_TOKEN_<HOST>; it is not run here",
            endpoint.codeartifact.as_ref().map(Place::token_command).unwrap_or_default()
        ),
        HttpError::Denied { status: 401, .. } if endpoint.header.is_some() => {
            "the credential that was sent is not accepted, perhaps it has expired: renew it".to_owned()
        }
        HttpError::Denied { status: 401, .. } => "no credential for this registry was found: give one in the client's own configuration or in SEALGATE_REGISTRY_TOKEN_<HOST>; credential helpers are not run".to_owned(),
        HttpError::Denied { status: 403, .. } => "a firewall or missing rights: ask who runs the registry about this package".to_owned(),
        HttpError::RedirectElsewhere { .. } => "approve the address that it redirects to, if it is the registry's; credentials never follow there".to_owned(),
        error => error
            .hint()
            .unwrap_or_else(|| "look at the registry and at what stands in front of it".to_owned()),
    };
    Failure {
        kind,
        reason: terminal_safe(&error.to_string()).into_owned(),
        remedy,
    }
}
