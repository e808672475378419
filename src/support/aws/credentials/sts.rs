//! The security token service: keys of a role for other keys, or for a token.
//!
//! Source: docs.aws.amazon.com/STS/latest/APIReference, `AssumeRole`,
//! `AssumeRoleWithWebIdentity` and common errors.

use super::answer::{Given, Moment};
use super::{Chain, CredentialsError, MAX_ANSWER_BYTES, private_address, unanswered};
use crate::model::{Redacted, terminal_safe};
use crate::support::aws::{Call, Keys, domain_of, is_region, signed_headers};
use crate::support::clock;
use crate::support::http::{Address, Post, Replied, Request, reason_of_body};
use crate::support::xml::{self, Xml};

const VERSION: &str = "2011-06-15";
const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// The region of STS's server without one.
const GLOBAL_REGION: &str = "us-east-1";

/// A role that is asked for.
pub(super) struct Role<'a> {
    pub arn: &'a str,
    pub session: Option<&'a str>,
    pub external_id: Option<&'a str>,
    pub duration: Option<&'a str>,
}

impl Chain {
    /// The keys of a role for those of another identity.
    pub(super) fn assume(
        &self,
        role: &Role<'_>,
        keys: &Keys,
        region: Option<&str>,
    ) -> Result<Keys, CredentialsError> {
        let session = role.session.unwrap_or("sealgate");
        let mut form = vec![
            ("Action", "AssumeRole"),
            ("Version", VERSION),
            ("RoleArn", role.arn),
            ("RoleSessionName", session),
        ];
        form.extend(role.external_id.map(|id| ("ExternalId", id)));
        form.extend(role.duration.map(|seconds| ("DurationSeconds", seconds)));
        self.ask_sts(role.arn, &form, Some(keys), region, &keys.secrets())
    }

    /// The keys of a role for the token in a file.
    pub(super) fn assume_by_token(
        &self,
        role: &str,
        file: &str,
        session: Option<&str>,
        region: Option<&str>,
    ) -> Result<Keys, CredentialsError> {
        let token = self.token(file, &named(role))?;
        let form = [
            ("Action", "AssumeRoleWithWebIdentity"),
            ("Version", VERSION),
            ("RoleArn", role),
            ("RoleSessionName", session.unwrap_or("sealgate")),
            ("WebIdentityToken", token.expose()),
        ];
        self.ask_sts(role, &form, None, region, &[&token])
    }

    fn ask_sts(
        &self,
        role: &str,
        form: &[(&str, &str)],
        keys: Option<&Keys>,
        region: Option<&str>,
        secrets: &[&Redacted],
    ) -> Result<Keys, CredentialsError> {
        let source_name = named(role);
        let wrong = |problem: String, remedy: &str| CredentialsError::Configuration {
            source_name: source_name.clone(),
            problem,
            remedy: remedy.to_owned(),
        };
        let address = self.sts_address(region, &source_name)?;
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let mut request = Request::new(address, MAX_ANSWER_BYTES);
        request.accept = "application/xml";
        let headers = [("content-type", CONTENT_TYPE)];
        request.headers = match keys {
            None => vec![("content-type".to_owned(), Redacted::new(CONTENT_TYPE))],
            Some(keys) => {
                let call = Call {
                    method: "POST",
                    address: &request.address,
                    headers: &headers,
                    body: body.as_bytes(),
                    service: "sts",
                    region: region.unwrap_or(GLOBAL_REGION),
                };
                signed_headers(&call, keys, clock::signing_time()).ok_or_else(|| {
                    wrong(
                        "the request cannot be signed with the keys that it is asked with"
                            .to_owned(),
                        "check them for stray characters",
                    )
                })?
            }
        };
        let client = self.client(request.address.is_loopback(), &source_name)?;
        let post = Post {
            body: body.as_bytes(),
            is_busy: |_, body| {
                error_code(body).is_some_and(|code| {
                    matches!(
                        code.as_str(),
                        "Throttling"
                            | "ThrottlingException"
                            | "RequestLimitExceeded"
                            | "IDPCommunicationError"
                    )
                })
            },
        };
        let replied = client
            .post(&request, &post)
            .map_err(|error| unanswered(&source_name, &error))?;
        if replied.status != 200 {
            return Err(refused(&replied, source_name, secrets));
        }
        read(&replied.body)
            .map_err(|reason| CredentialsError::Malformed {
                source_name: source_name.clone(),
                reason,
            })?
            .keys(&source_name)
    }

    fn sts_address(
        &self,
        region: Option<&str>,
        source_name: &str,
    ) -> Result<Address, CredentialsError> {
        if let Some(endpoint) = self.environment.endpoint("STS") {
            return private_address(endpoint, source_name);
        }
        let service = match self.environment.wants_fips() {
            true => "sts-fips",
            false => "sts",
        };
        let address = match region {
            None => Some("https://sts.amazonaws.com/".to_owned()),
            Some(region) => domain_of(region)
                .filter(|_| is_region(region))
                .map(|domain| format!("https://{service}.{region}.{domain}/")),
        };
        let address = address.ok_or_else(|| CredentialsError::Configuration {
            source_name: source_name.to_owned(),
            problem: format!(
                "`{}` is no region with a known server",
                terminal_safe(region.unwrap_or_default())
            ),
            remedy: "check AWS_REGION and the profile, or name the server in AWS_ENDPOINT_URL_STS"
                .to_owned(),
        })?;
        private_address(&address, source_name)
    }
}

fn named(role: &str) -> String {
    format!("STS for the role `{}`", terminal_safe(role))
}

fn refused(replied: &Replied, source_name: String, secrets: &[&Redacted]) -> CredentialsError {
    let said = reason_of_body(&replied.body, secrets);
    let code = error_code(&replied.body);
    let mut words = code.unwrap_or_else(|| format!("HTTP {}", replied.status));
    if let Some(said) = said {
        words = format!("{words}: {said}");
    }
    match replied.status {
        429 | 500.. => CredentialsError::Unanswered {
            source_name,
            reason: words,
        },
        _ => CredentialsError::Refused {
            source_name,
            said: words,
        },
    }
}

/// STS's name of a refusal.
fn error_code(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let document = Xml::parse(text).ok()?;
    let error = xml::child(document.root(), "Error")?;
    let code = xml::child_text(error, "Code")?;
    let is_code = code.len() <= 80 && code.bytes().all(|b| b.is_ascii_alphanumeric());
    is_code.then(|| code.into_owned())
}

/// The credentials of an answer.
fn read(body: &[u8]) -> Result<Given, String> {
    let text = std::str::from_utf8(body).map_err(|_| "no text".to_owned())?;
    let document = Xml::parse(text).map_err(|error| format!("no XML at line {}", error.line))?;
    let root = document.root();
    let result = ["AssumeRoleResult", "AssumeRoleWithWebIdentityResult"]
        .iter()
        .find_map(|name| xml::child(root, name));
    let credentials = result.and_then(|result| xml::child(result, "Credentials"));
    let credentials = credentials.ok_or("it has no `Credentials`")?;
    let part = |name: &str| {
        let found = xml::children(credentials, name).find_map(xml::text);
        found.map(std::borrow::Cow::into_owned)
    };
    let need = |name: &str| part(name).ok_or_else(|| format!("`{name}` is missing"));
    Ok(Given {
        key_id: need("AccessKeyId")?,
        secret: need("SecretAccessKey")?,
        token: Some(need("SessionToken")?),
        expires: Some(Moment::Text(need("Expiration")?)),
    })
}
