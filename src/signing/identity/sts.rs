//! Tokens of AWS for a role: `GetWebIdentityToken` of STS.
//!
//! Source: docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html; query
//! protocol, answered in XML.

use super::{IdentityToken, TokenError};
use crate::model::{Redacted, terminal_safe};
use crate::signing::error::SigningError;
use crate::signing::services::ask::{Question, malformed, refused};
use crate::signing::services::{Caller, Service, service_address};
use crate::support::aws::{Call, Keys, signed_headers};
use crate::support::clock;
use crate::support::xml::{Xml, child, child_text};
use url::form_urlencoded::Serializer;

/// Seconds that the token lasts: long enough for a build's signatures.
const LIFETIME: &str = "300";
const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// What is needed to ask STS.
#[derive(Debug, Clone)]
pub struct StsConnection {
    /// The server; AWS's own of the region where there is none.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// Whose token it is.
    pub keys: Keys,
}

impl StsConnection {
    /// Asks for a token.
    ///
    /// # Errors
    /// [`SigningError::Service`], [`SigningError::Token`].
    pub fn token(&self, caller: &Caller, audience: &str) -> Result<IdentityToken, SigningError> {
        let own = format!("https://sts.{}.{}/", self.region, domain(&self.region));
        let address = self.endpoint.as_deref().unwrap_or(&own);
        let address = service_address(Service::Identity, address)?;
        let body = Serializer::new(String::new())
            .append_pair("Action", "GetWebIdentityToken")
            .append_pair("Version", "2011-06-15")
            .append_pair("Audience.member.1", audience)
            .append_pair("DurationSeconds", LIFETIME)
            .append_pair("SigningAlgorithm", "ES384")
            .finish();
        let call = Call {
            method: "POST",
            address: &address,
            headers: &[("content-type", CONTENT_TYPE)],
            body: body.as_bytes(),
            service: "sts",
            region: &self.region,
        };
        let headers = signed_headers(&call, &self.keys, clock::signing_time());
        let headers = headers.ok_or_else(|| TokenError::Sts {
            reason: "the request cannot be signed with these AWS credentials".to_owned(),
        })?;
        let question = Question {
            service: Service::Identity,
            address: &address,
            body: body.as_bytes(),
            content_type: CONTENT_TYPE,
            accept: "text/xml",
            headers: headers
                .into_iter()
                .filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"))
                .collect(),
            secrets: self.keys.secrets(),
        };
        let replied = caller.post_any(&question)?;
        let text = String::from_utf8_lossy(&replied.body);
        if replied.status != 200 {
            return Err(match refusal(&text, &question.secrets) {
                Some(reason) if (400..429).contains(&replied.status) => {
                    TokenError::Sts { reason }.into()
                }
                _ => refused(&question, &replied).into(),
            });
        }
        let failed = |reason: String| malformed(Service::Identity, reason);
        let xml =
            Xml::parse(&text).map_err(|e| failed(format!("line {}: {}", e.line, e.reason)))?;
        let token = child(xml.root(), "GetWebIdentityTokenResult")
            .and_then(|result| child_text(result, "WebIdentityToken"))
            .ok_or_else(|| failed("it has no `WebIdentityToken`".to_owned()))?;
        IdentityToken::parse(&token).map_err(|error| match error {
            TokenError::NotAToken { reason } => failed(reason).into(),
            error => error.into(),
        })
    }
}

fn domain(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "amazonaws.com.cn",
        region if region.starts_with("eusc-") => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

/// Code and message of an error of the query protocol.
fn refusal(text: &str, secrets: &[&Redacted]) -> Option<String> {
    let xml = Xml::parse(text).ok()?;
    let error = child(xml.root(), "Error")?;
    let code = child_text(error, "Code")?;
    let message = child_text(error, "Message").unwrap_or_default();
    let mut line: String = format!("{code}: {message}").chars().take(300).collect();
    for secret in secrets {
        line = line.replace(secret.expose(), "***");
    }
    Some(terminal_safe(&line).into_owned())
}
