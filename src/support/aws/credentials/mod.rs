//! Where AWS credentials come from: the chain of sources that AWS's tools ask one after the
//! other.
//!
//! 1. `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`
//! 2. `AWS_WEB_IDENTITY_TOKEN_FILE` and `AWS_ROLE_ARN`
//! 3. the profile of the shared files: a role, a token, single sign-on, a program, keys
//! 4. the container's server: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, `…_FULL_URI`
//! 5. the instance's metadata, version 2
//!
//! A source that says nothing is passed over; one that is configured and fails ends the
//! search: with another identity than the one that was meant, something else would be
//! allowed. Names: docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html.
//! The order is that of AWS's SDKs for Java and Go
//! (docs.aws.amazon.com/sdk-for-java/latest/developer-guide/credentials-chain.html); boto3
//! and the CLI ask a profile with a role first, the SDK for Rust every profile before the
//! web identity.

mod answer;
mod error;
mod metadata;
mod process;
mod profile;
mod renewal;
mod sso;
mod sts;

pub use error::CredentialsError;

use super::Keys;
use super::environment::Environment;
use crate::model::{Redacted, terminal_safe};
use crate::support::files::read_bounded;
use crate::support::http::{Address, Client, HttpError, Limits, Network, SystemTimer};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Largest token file.
const MAX_TOKEN_BYTES: u64 = 64 * 1024;
/// Largest answer with credentials.
const MAX_ANSWER_BYTES: u64 = 256 * 1024;
/// The server of a container's credentials, on the link to the machine that it runs on.
const CONTAINER_SERVER: &str = "http://169.254.170.2";

/// A source's answer: keys, or why it says nothing.
type Asked = Result<Option<Keys>, CredentialsError>;

/// All sources of one environment.
#[derive(Debug, Clone)]
pub struct Chain {
    environment: Environment,
    network: Network,
    within: Duration,
    instance: bool,
    container_server: String,
}

impl Default for Chain {
    fn default() -> Self {
        Self::new(Environment::default(), Network::default())
    }
}

impl Chain {
    /// The sources of an environment, reached through a network.
    #[must_use]
    pub fn new(environment: Environment, network: Network) -> Self {
        Self {
            environment,
            network,
            within: Duration::from_secs(20),
            instance: true,
            container_server: CONTAINER_SERVER.to_owned(),
        }
    }

    /// The same without the instance's metadata.
    #[must_use]
    pub fn without_instance(mut self) -> Self {
        self.instance = false;
        self
    }

    /// The same with other time for each question, retries included.
    #[must_use]
    pub fn within(mut self, within: Duration) -> Self {
        self.within = within;
        self
    }

    /// The same with another server for `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`.
    #[must_use]
    pub fn with_container_server(mut self, server: &str) -> Self {
        server.clone_into(&mut self.container_server);
        self
    }

    /// The credentials of the first source that has any.
    ///
    /// # Errors
    /// Every variant of [`CredentialsError`].
    pub fn find(&self) -> Result<Keys, CredentialsError> {
        let mut tried = Vec::new();
        let sources: [fn(&Self, &mut Vec<String>) -> Asked; 5] = [
            Self::of_variables,
            Self::of_web_identity,
            Self::of_profile,
            Self::of_container,
            Self::of_instance,
        ];
        for source in sources {
            if let Some(keys) = source(self, &mut tried)? {
                return Ok(keys);
            }
        }
        Err(CredentialsError::NotFound {
            tried: tried.join("; "),
        })
    }

    fn of_variables(&self, tried: &mut Vec<String>) -> Asked {
        let key_id = self.environment.redacted("AWS_ACCESS_KEY_ID");
        let secret = self.environment.redacted("AWS_SECRET_ACCESS_KEY");
        let (set, missing) = match (key_id, secret) {
            (Some(key_id), Some(secret)) => {
                return Ok(Some(Keys {
                    key_id: key_id.clone(),
                    secret: secret.clone(),
                    token: self.environment.redacted("AWS_SESSION_TOKEN").cloned(),
                }));
            }
            (None, None) => {
                tried.push("the environment (AWS_ACCESS_KEY_ID is not set)".to_owned());
                return Ok(None);
            }
            (Some(_), None) => ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
            (None, Some(_)) => ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
        };
        Err(CredentialsError::Configuration {
            source_name: "the environment".to_owned(),
            problem: format!("{set} is set, {missing} is not"),
            remedy: "set both or none of them".to_owned(),
        })
    }

    fn of_web_identity(&self, tried: &mut Vec<String>) -> Asked {
        const FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
        let Some(file) = self.environment.variable(FILE) else {
            tried.push(format!("a web identity ({FILE} is not set)"));
            return Ok(None);
        };
        let role = self.environment.variable("AWS_ROLE_ARN");
        let role = role.ok_or_else(|| CredentialsError::Configuration {
            source_name: "the web identity".to_owned(),
            problem: format!("{FILE} is set, AWS_ROLE_ARN is not"),
            remedy: "name the role in AWS_ROLE_ARN".to_owned(),
        })?;
        let session = self.environment.variable("AWS_ROLE_SESSION_NAME");
        self.assume_by_token(role, file, session, self.environment.region())
            .map(Some)
    }

    /// A client that asks within the time; no proxy for servers of this machine and its
    /// own network, which would get the credentials.
    fn client(&self, is_local: bool, source_name: &str) -> Result<Client, CredentialsError> {
        let network = match is_local {
            true => Network {
                https_proxy: None,
                http_proxy: None,
                all_proxy: None,
                ..self.network.clone()
            },
            false => self.network.clone(),
        };
        let second = Duration::from_secs(1);
        let limits = match is_local {
            // Who is there answers at once; who is not there must not keep commands waiting.
            true => Limits {
                connect: self.within.min(second),
                idle: self.within.min(second),
                total: self.within.min(3 * second),
                attempts: 2,
                first_wait: Duration::from_millis(100),
                redirects: 0,
            },
            false => Limits {
                connect: self.within.min(5 * second),
                idle: self.within.min(10 * second),
                total: self.within,
                attempts: 3,
                first_wait: Duration::from_millis(200),
                redirects: 0,
            },
        };
        Client::new(&network, limits, SystemTimer::default())
            .map_err(|error| unanswered(source_name, &error))
    }

    /// The path of a file that a setting names; `~` is the home.
    fn path(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), &self.environment.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(text),
        }
    }

    /// The token in a file, without the end of its line.
    fn token(&self, file: &str, source_name: &str) -> Result<Redacted, CredentialsError> {
        let wrong = |problem: String| CredentialsError::Configuration {
            source_name: source_name.to_owned(),
            problem,
            remedy: "check the file that should hold the token".to_owned(),
        };
        let path = self.path(file);
        let bytes =
            read_bounded(&path, MAX_TOKEN_BYTES).map_err(|error| wrong(error.to_string()))?;
        let text = String::from_utf8(bytes).unwrap_or_default();
        let token = text.trim_end_matches(['\r', '\n']);
        let is_token =
            !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        match is_token {
            true => Ok(Redacted::new(token)),
            false => Err(wrong(format!("`{}` holds no token", shown(&path)))),
        }
    }
}

/// An address that credentials come from: https, or this machine.
fn private_address(text: &str, source_name: &str) -> Result<Address, CredentialsError> {
    let wrong = |problem: String| CredentialsError::Configuration {
        source_name: source_name.to_owned(),
        problem,
        remedy: "name an https address; http is for this machine only".to_owned(),
    };
    let address = Address::parse(text).map_err(|error| wrong(error.to_string()))?;
    if address.is_plain() && !address.is_loopback() {
        return Err(wrong(format!("its endpoint {address} is not encrypted")));
    }
    Ok(address)
}

/// What an HTTP error means for a source.
fn unanswered(source_name: &str, error: &HttpError) -> CredentialsError {
    let text = terminal_safe(&error.to_string()).into_owned();
    let source_name = source_name.to_owned();
    match error {
        HttpError::Denied { .. }
        | HttpError::NotFound { .. }
        | HttpError::UnexpectedStatus {
            status: 400..=499, ..
        } => CredentialsError::Refused {
            source_name,
            said: text,
        },
        HttpError::BadProxy { .. } | HttpError::Certificates { .. } => {
            CredentialsError::Configuration {
                source_name,
                problem: text,
                remedy: "check the proxy and the trusted certificates".to_owned(),
            }
        }
        _ => CredentialsError::Unanswered {
            source_name,
            reason: text,
        },
    }
}

fn shown(path: &Path) -> String {
    terminal_safe(&path.display().to_string()).into_owned()
}
