//! Tokens of AWS for a role: `GetWebIdentityToken` of STS.
//!
//! Source: docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html; query
//! protocol, answered in XML.

use super::{IdentityToken, TokenError};
use crate::model::{Redacted, terminal_safe};
use crate::signing::error::SigningError;
use crate::signing::services::ask::{Question, malformed, refused, unavailable};
use crate::signing::services::{Caller, Service, service_address};
use crate::support::aws::{Call, Keys, signed_headers};
use crate::support::clock;
use crate::support::http::Replied;
use crate::support::xml::{Xml, child, child_text};
use url::form_urlencoded::Serializer;

/// Seconds that the token lasts: long enough for a build's signatures.
const LIFETIME: &str = "300";
/// Longest refusal that is shown, in characters.
const MAX_REASON: usize = 300;
const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// What is needed to ask STS.
#[derive(Debug, Clone)]
pub struct StsConnection {
    /// The server; AWS's own of the region where there is none.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// The endpoint validated after FIPS 140, where AWS's own is asked.
    pub fips: bool,
    /// Whose token it is.
    pub keys: Keys,
}

impl StsConnection {
    /// Asks for a token.
    ///
    /// # Errors
    /// [`SigningError::Service`], [`SigningError::Token`].
    pub fn token(&self, caller: &Caller, audience: &str) -> Result<IdentityToken, SigningError> {
        let own = own_endpoint(&self.region, self.fips);
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
            is_busy: |_, body| code_of(body).is_some_and(|code| is_later(&code)),
        };
        let replied = caller.post_any(&question)?;
        let text = String::from_utf8_lossy(&replied.body);
        if replied.status != 200 {
            return Err(refused_by_sts(&question, &replied));
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

/// AWS's own server of a region. Those of GovCloud are validated ones under their usual name.
fn own_endpoint(region: &str, fips: bool) -> String {
    let suffix = match region {
        region if region.starts_with("cn-") => "amazonaws.com.cn",
        region if region.starts_with("eusc-") => "amazonaws.eu",
        _ => "amazonaws.com",
    };
    let service = match fips && !region.starts_with("us-gov-") {
        true => "sts-fips",
        false => "sts",
    };
    format!("https://{service}.{region}.{suffix}/")
}

/// The error of an answer without a token: of STS itself, or of the way to it.
fn refused_by_sts(question: &Question<'_>, replied: &Replied) -> SigningError {
    let status = replied.status;
    if code_of(&replied.body).is_some_and(|code| is_later(&code)) {
        return unavailable(question, replied).into();
    }
    let text = String::from_utf8_lossy(&replied.body);
    match refusal(&text, &question.secrets) {
        Some(reason) if (400..429).contains(&status) => TokenError::Sts { reason }.into(),
        _ => refused(question, replied).into(),
    }
}

/// AWS says "later" with 400, too ("Common Errors" of the STS API reference).
fn is_later(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
            | "PriorRequestNotComplete"
            | "SlowDown"
            | "ServiceUnavailable"
            | "InternalFailure"
            | "InternalError"
    )
}

/// The code of an error of the query protocol.
fn code_of(body: &[u8]) -> Option<String> {
    let xml = Xml::parse(std::str::from_utf8(body).ok()?).ok()?;
    child_text(child(xml.root(), "Error")?, "Code").map(|code| code.into_owned())
}

/// Code and message of an error of the query protocol.
fn refusal(text: &str, secrets: &[&Redacted]) -> Option<String> {
    let xml = Xml::parse(text).ok()?;
    let error = child(xml.root(), "Error")?;
    let code = child_text(error, "Code")?;
    let message = child_text(error, "Message").unwrap_or_default();
    let mut line = format!("{code}: {message}");
    // Before anything is cut: half a secret is not found any more.
    for secret in secrets.iter().filter(|secret| !secret.expose().is_empty()) {
        line = line.replace(secret.expose(), "***");
    }
    let short: String = line.chars().take(MAX_REASON).collect();
    Some(terminal_safe(&short).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_wherever_it_stands() {
        let secret = ["wJalr", "made/up+of-sts"].concat();
        let redacted = Redacted::new(secret.as_str());
        for before in [0, MAX_REASON - 20, MAX_REASON - 8, MAX_REASON - 6, 1000] {
            let message = format!("{}{secret}", "x".repeat(before));
            let body = format!(
                "<ErrorResponse><Error><Code>A</Code><Message>{message}</Message></Error>\
                 </ErrorResponse>"
            );
            let said = refusal(&body, &[&redacted]).unwrap();
            assert!(!said.contains("wJ"), "{before}: {said}");
            assert!(said.chars().count() <= MAX_REASON, "{said}");
        }
    }

    #[test]
    fn the_servers_of_regions() {
        for (region, fips, host) in [
            ("eu-central-1", false, "sts.eu-central-1.amazonaws.com"),
            ("us-east-1", true, "sts-fips.us-east-1.amazonaws.com"),
            ("us-gov-west-1", true, "sts.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", false, "sts.cn-north-1.amazonaws.com.cn"),
        ] {
            assert_eq!(own_endpoint(region, fips), format!("https://{host}/"));
        }
    }
}
