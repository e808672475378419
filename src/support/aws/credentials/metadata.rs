//! Servers beside the program: that of a container, and the metadata of an instance.
//!
//! Sources: docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html and
//! feature-imds-credentials.html; docs.aws.amazon.com/AWSEC2/latest/UserGuide,
//! "instance metadata service version 2".

use super::answer::{Given, parse};
use super::{Asked, Chain, CredentialsError, MAX_ANSWER_BYTES, unanswered};
use crate::model::{Redacted, terminal_safe};
use crate::support::aws::Keys;
use crate::support::http::{Address, Answer, HttpError, Request};
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const CONTAINER: &str = "the container's credentials server";
const INSTANCE: &str = "the instance's metadata";
const DISABLED: &str = "AWS_EC2_METADATA_DISABLED";

/// Servers of containers that are asked without encryption: those of ECS and of EKS.
const ECS: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2));
const EKS: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
];

#[derive(Deserialize)]
struct OfInstance {
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "Message", default)]
    message: Option<String>,
}

impl Chain {
    pub(super) fn of_container(&self, tried: &mut Vec<String>) -> Asked {
        const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
        const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
        let wrong = |problem: String| CredentialsError::Configuration {
            source_name: CONTAINER.to_owned(),
            problem,
            remedy: format!(
                "{FULL} is an https address, or an http one of this machine, of ECS or of EKS"
            ),
        };
        let relative = self.environment.variable(RELATIVE);
        let address = match (relative, self.environment.variable(FULL)) {
            (Some(path), _) => {
                let text = format!("{}{path}", self.container_server);
                // A text that is not a path would change the host.
                let address = Address::parse(&text).ok().filter(|_| path.starts_with('/'));
                address.ok_or_else(|| {
                    wrong(format!("{RELATIVE} is not a path that begins with a slash"))
                })?
            }
            (None, Some(full)) => {
                let address = Address::parse(full).map_err(|error| wrong(error.to_string()))?;
                if address.is_plain() && !may_be_plain(&address) {
                    return Err(wrong(format!(
                        "{FULL} names {address}, which is neither encrypted nor a server of this machine"
                    )));
                }
                address
            }
            (None, None) => {
                tried.push(format!("a container ({RELATIVE} and {FULL} are not set)"));
                return Ok(None);
            }
        };
        let is_local = address.is_plain() || address.is_loopback();
        let client = self.client(is_local, CONTAINER)?;
        let mut request = Request::new(address, MAX_ANSWER_BYTES);
        request.accept = "application/json";
        if let Some(token) = self.container_token()? {
            request.address = request.address.with_authorization(token);
        }
        let body = client.read(&request).map(content);
        let body = body.map_err(|error| unanswered(CONTAINER, &error))?;
        parse::<Given>(&body, CONTAINER)?.keys(CONTAINER).map(Some)
    }

    /// What the server of the container wants to see: the token of a file, which is renewed,
    /// before that of a variable.
    fn container_token(&self) -> Result<Option<Redacted>, CredentialsError> {
        const VARIABLE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
        let file = format!("{VARIABLE}_FILE");
        if let Some(file) = self.environment.variable(&file) {
            return self.token(file, CONTAINER).map(Some);
        }
        let token = self.environment.redacted(VARIABLE);
        let is_header = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        match token {
            Some(token) if !is_header(token.expose()) => Err(CredentialsError::Configuration {
                source_name: CONTAINER.to_owned(),
                problem: format!(
                    "{VARIABLE} has line breaks or other characters that no token has"
                ),
                remedy: "give the token alone".to_owned(),
            }),
            token => Ok(token.cloned()),
        }
    }

    /// The metadata is the last source, and asked only where there is no other: then nothing
    /// else could be done than to fail, one second later at most.
    pub(super) fn of_instance(&self, tried: &mut Vec<String>) -> Asked {
        if !self.instance || self.environment.is_true(DISABLED) {
            tried.push(format!("{INSTANCE} (off by {DISABLED})"));
            return Ok(None);
        }
        match self.ask_instance() {
            Ok(keys) => Ok(Some(keys)),
            // Elsewhere than on an instance nobody answers.
            Err(CredentialsError::Unanswered { reason, .. }) => {
                tried.push(format!("{INSTANCE} ({reason})"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Always by a token: version 1 of the protocol answers whoever can make a server ask.
    pub(super) fn ask_instance(&self) -> Result<Keys, CredentialsError> {
        let setting = |variable: &str, value: &str| {
            let of_profile = || self.environment.profile()?.text(value);
            self.environment.variable(variable).or_else(of_profile)
        };
        let mode = setting(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
            "ec2_metadata_service_endpoint_mode",
        );
        let server = match mode {
            Some(mode) if mode.eq_ignore_ascii_case("ipv6") => "http://[fd00:ec2::254]",
            _ => "http://169.254.169.254",
        };
        let named = setting(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            "ec2_metadata_service_endpoint",
        );
        let server = Address::parse(named.unwrap_or(server)).map_err(|error| {
            CredentialsError::Configuration {
                source_name: INSTANCE.to_owned(),
                problem: error.to_string(),
                remedy: "check AWS_EC2_METADATA_SERVICE_ENDPOINT".to_owned(),
            }
        })?;
        let client = self.client(true, INSTANCE)?;
        let get = |address: Address, headers: Vec<(String, Redacted)>| {
            let mut request = Request::new(address, MAX_ANSWER_BYTES);
            request.headers = headers;
            request
        };
        let lifetime = (
            "x-aws-ec2-metadata-token-ttl-seconds".to_owned(),
            Redacted::new("21600"),
        );
        let token = get(server.join(&["latest", "api", "token"]), vec![lifetime]);
        let token = client.put(&token).map_err(|e| unanswered(INSTANCE, &e))?;
        if token.status != 200 {
            let text = format!("HTTP {} to the question for a token", token.status);
            return Err(match token.status {
                500.. => CredentialsError::Unanswered {
                    source_name: INSTANCE.to_owned(),
                    reason: text,
                },
                _ => CredentialsError::Refused {
                    source_name: INSTANCE.to_owned(),
                    said: text,
                },
            });
        }
        let token = word(&token.body, "token")?;
        let header = ("x-aws-ec2-metadata-token".to_owned(), Redacted::new(token));
        let roles = server.join(&["latest", "meta-data", "iam", "security-credentials"]);
        let role = match client.read(&get(roles.join(&[""]), vec![header.clone()])) {
            Ok(answer) => content(answer),
            Err(HttpError::NotFound { .. }) => {
                return Err(CredentialsError::Refused {
                    source_name: INSTANCE.to_owned(),
                    said: "the instance has no role".to_owned(),
                });
            }
            Err(error) => return Err(unanswered(INSTANCE, &error)),
        };
        let role = word(&role, "role")?;
        let body = client
            .read(&get(roles.join(&[&role]), vec![header]))
            .map(content)
            .map_err(|error| unanswered(INSTANCE, &error))?;
        let of: OfInstance = parse(&body, INSTANCE)?;
        if of.code != "Success" {
            let said = of.message.unwrap_or(of.code);
            return Err(CredentialsError::Refused {
                source_name: INSTANCE.to_owned(),
                said: terminal_safe(&said).into_owned(),
            });
        }
        parse::<Given>(&body, INSTANCE)?.keys(INSTANCE)
    }
}

/// The whole of a body. Nothing was asked for conditionally.
pub(super) fn content(answer: Answer<Vec<u8>>) -> Vec<u8> {
    match answer {
        Answer::Fetched { content, .. } => content,
        Answer::NotModified => Vec::new(),
    }
}

/// The first line of an answer, if it can be a header's value and a part of a path.
fn word(body: &[u8], what: &str) -> Result<String, CredentialsError> {
    let text = std::str::from_utf8(body).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default().trim();
    let is_word = !line.is_empty()
        && line.len() <= 4096
        && line.bytes().all(|b| b.is_ascii_graphic() && b != b'<')
        && !matches!(line, "." | "..");
    match is_word {
        true => Ok(line.to_owned()),
        false => Err(CredentialsError::Malformed {
            source_name: INSTANCE.to_owned(),
            reason: format!("it names no {what}"),
        }),
    }
}

/// Whether a server may be asked without encryption: nobody else is on the way to it.
fn may_be_plain(address: &Address) -> bool {
    let is_known = |ip: IpAddr| ip == ECS || EKS.contains(&ip);
    address.is_loopback() || address.ip().is_some_and(is_known)
}
