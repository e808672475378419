//! Identity tokens (OpenID Connect): who asks for a certificate.
//!
//! A token is not verified here: Fulcio does that. It is read to refuse early what Fulcio
//! would refuse, and to prove the possession of the key over its subject. Nothing shows it.

mod ambient;
mod browser;
mod sts;

pub use ambient::{BuildkiteJob, GithubJob};
pub use browser::{BrowserLogin, LoginAddress};
pub use sts::StsConnection;

use super::json::parse_json;
use crate::model::{Hint, Redacted, terminal_safe};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// Longest token that is read, in bytes; those of build systems have some 2 kB.
pub const MAX_TOKEN_BYTES: u64 = 64 * 1024;
/// The audience that Sigstore's instances ask for.
pub const DEFAULT_AUDIENCE: &str = "sigstore";
/// How much another clock may be ahead of ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// Why a token cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Not a signed JSON web token with the claims that are needed.
    #[error("not an identity token: {reason}")]
    NotAToken {
        /// What is wrong; nothing of the token itself.
        reason: String,
    },
    /// Its time is over.
    #[error("the identity token expired at {at}, and it is {now}")]
    Expired {
        /// Its last moment.
        at: Timestamp,
        /// Now.
        now: Timestamp,
    },
    /// Its time has not begun.
    #[error("the identity token is valid only from {from}, and it is {now}")]
    NotYetValid {
        /// Its first moment.
        from: Timestamp,
        /// Now.
        now: Timestamp,
    },
    /// It is meant for somebody else.
    #[error("the identity token is for {}, not for `{want}`", audience(got))]
    WrongAudience {
        /// As written in it, safe to show.
        got: Vec<String>,
        /// What is expected.
        want: String,
    },
    /// The address is not known to be the caller's.
    #[error("the identity token's e-mail address is not verified")]
    UnverifiedEmail,
    /// The login in a browser did not succeed.
    #[error("the login did not succeed: {reason}")]
    Login {
        /// What went wrong, safe to show.
        reason: String,
    },
    /// AWS refused to give a token.
    #[error("AWS STS refused GetWebIdentityToken: {reason}")]
    Sts {
        /// Its code and words, safe to show.
        reason: String,
    },
}

fn audience(got: &[String]) -> String {
    match got {
        [] => "nobody".to_owned(),
        got => format!("`{}`", got.join("`, `")),
    }
}

impl Hint for TokenError {
    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::NotAToken { .. } => {
                "name a file that holds nothing but the token: three parts with dots between"
            }
            Self::Expired { .. } => {
                "get a new token just before signing; check this machine's clock"
            }
            Self::NotYetValid { .. } => "check this machine's clock",
            Self::WrongAudience { want, .. } => {
                return Some(format!(
                    "ask for a token with the audience `{want}` (CircleCI: `circleci run oidc get \
                     --claims '{{\"aud\":\"{want}\"}}'` into --identity-token-file), or name the \
                     audience that your authority expects with --oidc-client-id"
                ));
            }
            Self::UnverifiedEmail => "verify the address with the identity provider",
            Self::Login { .. } => "try again, or give a token with --identity-token-file FILE",
            Self::Sts { .. } => {
                "allow `sts:GetWebIdentityToken` to these credentials, and enable outbound web \
                 identity federation for the account"
            }
        };
        Some(text.to_owned())
    }
}

/// An identity token.
#[derive(Debug, Clone)]
pub struct IdentityToken {
    raw: Redacted,
    claims: Claims,
}

#[derive(Debug, Clone, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    #[serde(default)]
    aud: Audience,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    email: Option<String>,
    /// Some providers write it as a text.
    #[serde(default)]
    email_verified: Option<Truth>,
    #[serde(default)]
    federated_claims: Option<Federated>,
    #[serde(default)]
    job_workflow_ref: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Truth {
    Bool(bool),
    Text(String),
}

impl Truth {
    fn is_false(&self) -> bool {
        match self {
            Self::Bool(value) => !value,
            Self::Text(text) => text != "true",
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
struct Federated {
    #[serde(default)]
    connector_id: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(untagged)]
enum Audience {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn list(&self) -> &[String] {
        match self {
            Self::None => &[],
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl IdentityToken {
    /// Reads a token (RFC 7519); white space around it is passed over.
    ///
    /// # Errors
    /// [`TokenError::NotAToken`], [`TokenError::UnverifiedEmail`].
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let bad = |reason: &str| TokenError::NotAToken {
            reason: reason.to_owned(),
        };
        let limit = usize::try_from(MAX_TOKEN_BYTES).unwrap_or(usize::MAX);
        let text = text.trim();
        if text.is_empty() {
            return Err(bad("it is empty"));
        }
        if text.len() > limit {
            return Err(bad("it is too long"));
        }
        let parts: Vec<&str> = text.split('.').collect();
        let [header, payload, signature] = parts.as_slice() else {
            return Err(bad("it does not have three parts"));
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part);
        if header.is_empty() || signature.is_empty() {
            return Err(bad("it is not signed"));
        }
        let (Ok(_), Ok(payload), Ok(_)) = (decode(header), decode(payload), decode(signature))
        else {
            return Err(bad("its parts are not base64"));
        };
        let value =
            parse_json(&payload, limit).map_err(|_| bad("its claims are no strict JSON"))?;
        // The library's words could repeat claims.
        let claims: Claims = serde_json::from_value(value)
            .map_err(|_| bad("`iss`, `sub` or `exp` is missing, or a claim is of another type"))?;
        if claims.sub.is_empty() || claims.iss.is_empty() {
            return Err(bad("`iss` or `sub` is empty"));
        }
        if claims.email.is_some() && claims.email_verified.as_ref().is_some_and(Truth::is_false) {
            return Err(TokenError::UnverifiedEmail);
        }
        Ok(Self {
            raw: Redacted::new(text),
            claims,
        })
    }

    /// Looks whether it is meant for this audience and valid at a time.
    ///
    /// # Errors
    /// [`TokenError::WrongAudience`], [`TokenError::Expired`], [`TokenError::NotYetValid`].
    pub fn check(&self, audience: &str, now: Timestamp) -> Result<(), TokenError> {
        let got = self.claims.aud.list();
        if !got.iter().any(|one| one == audience) {
            return Err(TokenError::WrongAudience {
                got: got
                    .iter()
                    .map(|one| terminal_safe(one).into_owned())
                    .collect(),
                want: audience.to_owned(),
            });
        }
        let time = |seconds: i64| {
            Timestamp::from_second(seconds).map_err(|_| TokenError::NotAToken {
                reason: "its time is none".to_owned(),
            })
        };
        let at = time(self.claims.exp)?;
        if at <= now {
            return Err(TokenError::Expired { at, now });
        }
        if let Some(from) = self.claims.nbf {
            let from = time(from)?;
            if from.duration_since(now) > CLOCK_SKEW {
                return Err(TokenError::NotYetValid { from, now });
            }
        }
        Ok(())
    }

    /// What the possession of the key is proved over: the e-mail address, else the subject;
    /// Fulcio takes the same.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.email().unwrap_or(&self.claims.sub)
    }

    /// Its `sub`, also where it has an e-mail address.
    pub(in crate::signing) fn claimed_subject(&self) -> &str {
        &self.claims.sub
    }

    /// The workflow of a job of GitHub Actions: `OWNER/REPOSITORY/PATH@REF`.
    pub(in crate::signing) fn workflow(&self) -> Option<&str> {
        self.claims.job_workflow_ref.as_deref()
    }

    /// The e-mail address.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.claims
            .email
            .as_deref()
            .filter(|email| !email.is_empty())
    }

    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.claims.iss
    }

    /// The issuer behind one that passes logins on, as Sigstore's own does.
    pub(super) fn connector(&self) -> Option<&str> {
        self.claims
            .federated_claims
            .as_ref()?
            .connector_id
            .as_deref()
    }

    /// What a login in a browser sent along to know its own token again.
    pub(super) fn nonce(&self) -> Option<&str> {
        self.claims.nonce.as_deref()
    }

    /// The token itself.
    pub(super) fn raw(&self) -> &Redacted {
        &self.raw
    }
}

#[cfg(test)]
mod tests;
