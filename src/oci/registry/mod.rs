//! Images in a registry.
//!
//! Source: `spec.md` of github.com/opencontainers/distribution-spec (1.1): pull, push,
//! referrers.
//!
//! Credentials are sent where a 401 asks for them, to the registry's own origin and to the
//! token service that it names, nowhere else. A blob may be redirected to a store of another
//! host, which is asked without credentials; so may a manifest whose digest is known. A tag may
//! not: whoever answers it says which image is meant.

mod auth;
mod referrers;
mod upload;

use super::attach::Referrer;
use super::credentials::Credentials;
use super::error::OciError;
use super::manifest::{ACCEPTED, Descriptor, Document, MAX_MANIFEST_BYTES};
use super::reference::Selector;
use super::store::{Fetched, Store, check_bytes};
use crate::model::{Digest, Redacted};
use crate::support::hash;
use crate::support::http::{
    Address, Client, Exchange, Exchanged, HttpError, Limits, Method, Network, Redirects, Request,
    SystemTimer, reason_of_body,
};
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// What is done with a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It is read.
    Read,
    /// It is read and written.
    Write,
}

/// What is needed to ask a registry.
pub struct RegistryConnection {
    /// Proxies and trusted certificates.
    pub network: Network,
    /// Further hosts that a tag's answer may be redirected to.
    pub redirect_hosts: Vec<String>,
    /// Speak https to this machine, too.
    pub https_only: bool,
    /// Most time for one question with its retries.
    pub within: Duration,
    /// Where credentials are looked for.
    pub credentials: Credentials,
}

/// One repository of a registry.
pub struct Registry {
    client: Client,
    /// `https://host/v2/`.
    base: Address,
    host: String,
    repository: String,
    scope: String,
    redirect_hosts: Vec<String>,
    credentials: Credentials,
    authorization: RefCell<Option<Redacted>>,
    /// Credentials of the user were sent, to the registry or to its token service.
    had_credentials: Cell<bool>,
}

/// A question to a registry.
struct Question<'a> {
    /// What it is about, for messages.
    what: &'a str,
    /// `read`, `written`.
    action: &'static str,
    address: Address,
    exchange: Exchange<'a>,
    max_bytes: u64,
}

impl Registry {
    /// A repository. Asks nothing yet. Over https; over http only on this machine.
    ///
    /// # Errors
    /// [`OciError::Unanswered`] where no client can be made, [`OciError::PlainRegistry`].
    pub fn new(
        host: &str,
        repository: &str,
        access: Access,
        connection: RegistryConnection,
    ) -> Result<Self, OciError> {
        let unusable = |source| OciError::Unanswered {
            what: host.to_owned(),
            action: "asked",
            source,
        };
        let limits = Limits {
            total: connection.within,
            idle: connection.within.min(Duration::from_secs(30)),
            ..Limits::default()
        };
        let client =
            Client::new(&connection.network, limits, SystemTimer::default()).map_err(unusable)?;
        let plain = Address::parse(&format!("http://{host}/v2/")).map_err(unusable)?;
        let base = match plain.is_loopback() && !connection.https_only {
            true => plain,
            false => Address::parse(&format!("https://{host}/v2/")).map_err(unusable)?,
        };
        if base.is_plain() && !base.is_loopback() {
            return Err(OciError::PlainRegistry {
                host: host.to_owned(),
            });
        }
        let actions = match access {
            Access::Read => "pull",
            Access::Write => "pull,push",
        };
        Ok(Self {
            client,
            base,
            host: host.to_owned(),
            repository: repository.to_owned(),
            scope: format!("repository:{repository}:{actions}"),
            redirect_hosts: connection.redirect_hosts,
            credentials: connection.credentials,
            authorization: RefCell::new(None),
            had_credentials: Cell::new(false),
        })
    }

    /// The address of something of the repository.
    fn address(&self, names: &[&str]) -> Address {
        let repository: Vec<&str> = self.repository.split('/').collect();
        self.base.join(&repository).join(names)
    }

    /// An answer that is not 401: where credentials are asked for, they are looked for once.
    fn ask(&self, question: &Question<'_>) -> Result<Exchanged, OciError> {
        let mut answered = self.send(question)?;
        let is_own = answered.is_from(&self.base);
        if answered.status == 401 && is_own && self.authorize(&answered)? {
            answered = self.send(question)?;
        }
        let reason = || {
            let sent = self.authorization.borrow();
            reason_of_body(&answered.body, &Vec::from_iter(sent.as_ref()))
        };
        match answered.status {
            401 | 403 => Err(OciError::Denied {
                host: match answered.is_from(&self.base) {
                    true => self.host.clone(),
                    false => "the store behind the registry".to_owned(),
                },
                what: question.what.to_owned(),
                action: question.action,
                status: answered.status,
                reason: reason(),
                had_credentials: self.had_credentials.get(),
            }),
            _ => Ok(answered),
        }
    }

    /// Answers the challenge of a 401; whether there is something new to be sent.
    fn authorize(&self, refused: &Exchanged) -> Result<bool, OciError> {
        let challenge = auth::challenge(&self.host, refused.headers("www-authenticate"))?;
        let credential = self.credentials.find(&self.host, &self.repository)?;
        let scope = auth::Scope {
            host: &self.host,
            is_loopback: self.base.is_loopback(),
            scope: &self.scope,
        };
        let made = auth::authorization(&self.client, &scope, &challenge, credential.as_ref())?;
        self.had_credentials.set(credential.is_some());
        let is_new = made.is_some();
        *self.authorization.borrow_mut() = made;
        Ok(is_new)
    }

    fn send(&self, question: &Question<'_>) -> Result<Exchanged, OciError> {
        let mut address = question.address.clone();
        if let Some(authorization) = self.authorization.borrow().as_ref() {
            address = address.with_authorization(authorization.clone());
        }
        let mut request = Request::new(address, question.max_bytes);
        request.accept = ACCEPTED;
        request.redirect_hosts.clone_from(&self.redirect_hosts);
        self.client
            .exchange(&request, &question.exchange)
            .map_err(|source| match source {
                HttpError::TooLarge { limit, .. } => OciError::TooLarge {
                    what: question.what.to_owned(),
                    limit,
                },
                source => OciError::Unanswered {
                    what: question.what.to_owned(),
                    action: question.action,
                    source,
                },
            })
    }

    /// The error of a status that is not the expected one.
    fn unexpected(&self, question: &Question<'_>, answered: &Exchanged) -> OciError {
        let what = question.what.to_owned();
        match answered.status {
            404 => OciError::NotFound { what },
            status => OciError::UnexpectedStatus {
                what,
                action: question.action,
                status,
                reason: {
                    let sent = self.authorization.borrow();
                    reason_of_body(&answered.body, &Vec::from_iter(sent.as_ref()))
                },
            },
        }
    }

    /// Reads what a digest or a tag stands for.
    fn fetch(&self, name: &str, want: Option<&Descriptor>) -> Result<Fetched, OciError> {
        let what = match want {
            Some(_) => format!("{}@{name}", self.name()),
            None => format!("{}:{name}", self.name()),
        };
        let redirects = match want {
            Some(_) => Redirects::AnyHost,
            None => Redirects::SameHost,
        };
        let question = Question {
            what: &what,
            action: "read",
            address: self.address(&["manifests", name]),
            exchange: Exchange::asking(Method::Get, redirects),
            max_bytes: MAX_MANIFEST_BYTES,
        };
        let answered = self.ask(&question)?;
        if answered.status != 200 {
            return Err(self.unexpected(&question, &answered));
        }
        self.check_is_json(&answered)?;
        let digest = hash::sha256(&answered.body);
        match want {
            Some(want) => check_bytes(&answered.body, want, &what, false)?,
            None => self.check_named_digest(&answered, &digest, &what)?,
        }
        // The type that the descriptor names wins: it is part of what was hashed.
        let declared = want.map_or("", |want| want.media_type.as_str());
        let declared = match declared {
            "" => answered.header("content-type").unwrap_or_default(),
            declared => declared,
        };
        let (document, media_type) = Document::parse(&answered.body, declared, &what)?;
        let descriptor = Descriptor {
            media_type,
            size: Some(answered.body.len() as u64),
            digest,
            ..want
                .cloned()
                .unwrap_or_else(|| Descriptor::of_digest(hash::sha256(&answered.body)))
        };
        Ok(Fetched {
            descriptor,
            document,
        })
    }

    /// A registry that names another digest than that of its bytes says two things.
    fn check_named_digest(
        &self,
        answered: &Exchanged,
        digest: &Digest,
        what: &str,
    ) -> Result<(), OciError> {
        let Some(named) = answered.header("docker-content-digest") else {
            return Ok(());
        };
        let named =
            super::manifest::parse_digest(named).map_err(|reason| OciError::NotARegistry {
                host: self.host.clone(),
                reason,
            })?;
        if named == *digest {
            return Ok(());
        }
        Err(OciError::WrongDigest {
            what: what.to_owned(),
            want: named,
            got: digest.clone(),
            in_layout: false,
        })
    }

    /// A login page is an answer, too.
    fn check_is_json(&self, answered: &Exchanged) -> Result<(), OciError> {
        if answered.body.trim_ascii_start().starts_with(b"{") {
            return Ok(());
        }
        let said = reason_of_body(&answered.body, &[]);
        Err(OciError::NotARegistry {
            host: self.host.clone(),
            reason: match said {
                Some(said) => format!("no JSON, but: {said}"),
                None => "an empty answer".to_owned(),
            },
        })
    }
}

impl Store for Registry {
    fn name(&self) -> String {
        format!("{}/{}", self.host, self.repository)
    }

    fn select(&self, selector: Option<&Selector>) -> Result<Fetched, OciError> {
        match selector {
            Some(Selector::Tag(tag)) => self.fetch(tag, None),
            Some(Selector::Digest(digest)) => self.manifest(&Descriptor::of_digest(digest.clone())),
            None => Err(OciError::BadReference {
                text: self.name(),
                reason: "it has neither a digest nor a tag".to_owned(),
            }),
        }
    }

    fn manifest(&self, descriptor: &Descriptor) -> Result<Fetched, OciError> {
        self.fetch(&descriptor.digest.to_string(), Some(descriptor))
    }

    fn blob(&self, descriptor: &Descriptor, limit: u64) -> Result<Vec<u8>, OciError> {
        let what = format!("{}@{}", self.name(), descriptor.digest);
        if descriptor.size.is_some_and(|size| size > limit) {
            return Err(OciError::TooLarge { what, limit });
        }
        let question = Question {
            what: &what,
            action: "read",
            address: self.address(&["blobs", &descriptor.digest.to_string()]),
            exchange: Exchange::asking(Method::Get, Redirects::AnyHost),
            max_bytes: descriptor.size.unwrap_or(limit),
        };
        let answered = self.ask(&question)?;
        if answered.status != 200 {
            return Err(self.unexpected(&question, &answered));
        }
        check_bytes(&answered.body, descriptor, &what, false)?;
        Ok(answered.body)
    }

    fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>, OciError> {
        self.list(subject).map(|listed| listed.manifests)
    }

    fn attach(&self, referrer: &Referrer) -> Result<(), OciError> {
        for (descriptor, bytes) in &referrer.blobs {
            self.upload(descriptor, bytes)?;
        }
        let knows_subjects = self.put_manifest(referrer)?;
        if knows_subjects {
            return Ok(());
        }
        self.list_referrer(referrer)
    }
}
