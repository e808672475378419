//! Tokens that a build system gives to its jobs over its own API.

use super::{IdentityToken, TokenError};
use crate::model::Redacted;
use crate::signing::error::SigningError;
use crate::signing::services::ask::{Question, malformed, strict_json};
use crate::signing::services::{Caller, Service, service_address};
use serde_json::{Value, json};

/// A job of GitHub Actions that may ask for tokens.
///
/// Source: docs.github.com, "OpenID Connect reference": `ACTIONS_ID_TOKEN_REQUEST_URL` and
/// `ACTIONS_ID_TOKEN_REQUEST_TOKEN`.
#[derive(Debug, Clone)]
pub struct GithubJob {
    /// Where to ask, with a query.
    pub address: String,
    /// What proves that it is this job.
    pub token: Redacted,
}

/// A job of Buildkite. Its agent's API is asked, not the agent's program, which would be
/// found by a `PATH` that the build may have changed.
///
/// Source: `api/oidc.go` of github.com/buildkite/agent.
#[derive(Debug, Clone)]
pub struct BuildkiteJob {
    /// The agent's endpoint.
    pub endpoint: String,
    /// What proves that it is this agent.
    pub token: Redacted,
    /// The job's id.
    pub job: String,
}

impl GithubJob {
    /// Asks for a token.
    ///
    /// # Errors
    /// [`SigningError::Service`], [`SigningError::Token`].
    pub fn token(&self, caller: &Caller, audience: &str) -> Result<IdentityToken, SigningError> {
        let address = service_address(Service::Identity, &self.address)?
            .with_further_query(&[("audience", audience)]);
        let header = Redacted::new(format!("Bearer {}", self.token.expose()));
        let headers = vec![("authorization".to_owned(), header)];
        let answer = caller.get_json(Service::Identity, &address, headers)?;
        token_in(&answer, "value")
    }
}

impl BuildkiteJob {
    /// Asks for a token.
    ///
    /// # Errors
    /// [`SigningError::Service`], [`SigningError::Token`].
    pub fn token(&self, caller: &Caller, audience: &str) -> Result<IdentityToken, SigningError> {
        let address = service_address(Service::Identity, &self.endpoint)?
            .join(&["jobs", &self.job, "oidc", "tokens"]);
        let body = json!({ "audience": audience }).to_string();
        let mut question = Question::json(Service::Identity, &address, body.as_bytes());
        let header = Redacted::new(format!("Token {}", self.token.expose()));
        question.headers = vec![("authorization".to_owned(), header)];
        question.secrets = vec![&self.token];
        let answer = strict_json(Service::Identity, &caller.post(&question)?)?;
        token_in(&answer, "token")
    }
}

/// The token in an answer.
///
/// # Errors
/// [`SigningError::Service`] where there is none, [`SigningError::Token`] where it is none.
pub(super) fn token_in(answer: &Value, name: &str) -> Result<IdentityToken, SigningError> {
    let text = answer.get(name).and_then(Value::as_str);
    let text = text.ok_or_else(|| malformed(Service::Identity, format!("`{name}` is missing")))?;
    IdentityToken::parse(text).map_err(|error| match error {
        TokenError::NotAToken { reason } => malformed(Service::Identity, reason).into(),
        error => error.into(),
    })
}
