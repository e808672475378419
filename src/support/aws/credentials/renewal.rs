//! A new token for a login of single sign-on, with the refresh token that the login left
//! beside it.
//!
//! Sources: docs.aws.amazon.com/sdkref/latest/guide/understanding-sso.html;
//! docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference, `CreateToken`. The cache is the
//! user's and shared with AWS's tools: the file is replaced as a whole, and keeps what they
//! have in it.

use super::answer::{is_over, parse, parse_time};
use super::{Chain, CredentialsError, MAX_ANSWER_BYTES, private_address, unanswered};
use crate::model::{Redacted, terminal_safe};
use crate::support::aws::environment::Environment;
use crate::support::aws::{domain_of, is_region};
use crate::support::clock;
use crate::support::files::write_atomic_private;
use crate::support::http::Request;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a login leaves for its renewal.
pub(super) struct Renewal {
    /// The whole file.
    kept: serde_json::Map<String, serde_json::Value>,
    client_id: String,
    client_secret: String,
    refresh_token: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'q> {
    client_id: &'q str,
    client_secret: &'q str,
    grant_type: &'q str,
    refresh_token: &'q str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Renewed {
    access_token: String,
    /// Seconds.
    expires_in: i64,
    #[serde(default)]
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    error: String,
}

impl Renewal {
    /// Of the file of a login; `None` where it cannot be renewed: a part is missing, or the
    /// client that logged in is not registered any more.
    pub(super) fn of(file: &[u8]) -> Option<Self> {
        let kept: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(file).ok()?;
        let text = |key: &str| {
            let text = kept.get(key)?.as_str()?;
            (!text.is_empty()).then(|| text.to_owned())
        };
        let registered = parse_time(&text("registrationExpiresAt")?)?;
        if is_over(registered) {
            return None;
        }
        Some(Self {
            client_id: text("clientId")?,
            client_secret: text("clientSecret")?,
            refresh_token: text("refreshToken")?,
            kept,
        })
    }

    /// The file with the new token.
    fn with(mut self, renewed: &Renewed, expires: Timestamp) -> Option<Vec<u8>> {
        let expires = expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut set = |key: &str, value: &str| {
            self.kept.insert(key.to_owned(), value.into());
        };
        set("accessToken", &renewed.access_token);
        set("expiresAt", &expires);
        if let Some(token) = &renewed.refresh_token {
            set("refreshToken", token);
        }
        serde_json::to_vec(&self.kept).ok()
    }
}

impl Chain {
    /// A new token, which is also put into the file of the login.
    pub(super) fn renew(
        &self,
        renewal: Renewal,
        path: &Path,
        region: &str,
        source_name: &str,
        remedy: &str,
    ) -> Result<Redacted, CredentialsError> {
        let wrong = |problem: String, remedy: &str| CredentialsError::Configuration {
            source_name: source_name.to_owned(),
            problem,
            remedy: remedy.to_owned(),
        };
        let malformed = |reason: &str| CredentialsError::Malformed {
            source_name: source_name.to_owned(),
            reason: reason.to_owned(),
        };
        let endpoint = address_of(&self.environment, "SSO_OIDC", "oidc", region)
            .map_err(|(problem, remedy)| wrong(problem, &remedy))?;
        let address = private_address(&endpoint, source_name)?.join(&["token"]);
        let question = serde_json::to_vec(&Question {
            client_id: &renewal.client_id,
            client_secret: &renewal.client_secret,
            grant_type: "refresh_token",
            refresh_token: &renewal.refresh_token,
        })
        .map_err(|_| malformed("the question cannot be written"))?;
        let mut request = Request::new(address, MAX_ANSWER_BYTES);
        request.accept = "application/json";
        let json = Redacted::new("application/json");
        request.headers = vec![("content-type".to_owned(), json)];
        let client = self.client(request.address.is_loopback(), source_name)?;
        // A refresh token may be good for one renewal: asked again after an answer that was
        // lost, the server refuses it, or takes it for stolen and ends the login.
        let replied = client
            .post_only_once(&request, &question)
            .map_err(|error| unanswered(source_name, &error))?;
        match replied.status {
            200 => {}
            status @ (429 | 500..) => {
                return Err(CredentialsError::Unanswered {
                    source_name: source_name.to_owned(),
                    reason: format!("the login could not be renewed: HTTP {status}"),
                });
            }
            status => {
                let code = refusal(&replied.body);
                let code = if code.is_empty() { "no reason" } else { &code };
                let problem = format!("the login was not renewed: HTTP {status}, {code}");
                return Err(wrong(problem, remedy));
            }
        }
        let renewed: Renewed = parse(&replied.body, source_name)?;
        let token = &renewed.access_token;
        if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(malformed("`accessToken` is no token"));
        }
        let expires = Timestamp::try_from(clock::signing_time())
            .ok()
            .filter(|_| renewed.expires_in > 0)
            .and_then(|now| {
                now.checked_add(SignedDuration::from_secs(renewed.expires_in))
                    .ok()
            })
            .ok_or_else(|| malformed("`expiresIn` is no time"))?;
        let file = renewal.with(&renewed, expires);
        let file = file.ok_or_else(|| malformed("the login cannot be written"))?;
        // The refresh token that was used may be good for nothing now: who does not keep the
        // new one has to log in again.
        write_atomic_private(path, &file).map_err(|error| {
            let problem = format!("the renewed login cannot be kept: {error}");
            wrong(
                terminal_safe(&problem).into_owned(),
                "make ~/.aws/sso/cache writable",
            )
        })?;
        Ok(Redacted::new(renewed.access_token))
    }
}

/// The name of a refusal; empty where it has none.
fn refusal(body: &[u8]) -> String {
    let refusal: Option<Refusal> = serde_json::from_slice(body).ok();
    let name = refusal.map(|refusal| refusal.error).unwrap_or_default();
    let is_name = name.len() <= 80 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    match is_name {
        true => name,
        false => String::new(),
    }
}

/// Where a service of single sign-on is: what the environment says, else AWS's own server of
/// the region. Else what is wrong, and what to do.
pub(super) fn address_of(
    environment: &Environment,
    service: &str,
    host: &str,
    region: &str,
) -> Result<String, (String, String)> {
    if let Some(endpoint) = environment.endpoint(service) {
        return Ok(endpoint.to_owned());
    }
    if environment.wants_fips() {
        return Err((
            "AWS_USE_FIPS_ENDPOINT asks for a validated server, and none of single sign-on is known here"
                .to_owned(),
            format!("name it in AWS_ENDPOINT_URL_{service}, or give keys in the environment"),
        ));
    }
    let domain = domain_of(region).filter(|_| is_region(region));
    let domain = domain.ok_or_else(|| {
        (
            format!(
                "`{}` is no region with a known server",
                terminal_safe(region)
            ),
            "check `sso_region`".to_owned(),
        )
    })?;
    Ok(format!("https://{host}.{region}.{domain}/"))
}
