//! Where AWS credentials come from: every source against servers of our own on loopback,
//! told the truth and not.

mod container;
mod instance;
mod order;
mod process;
mod profiles;
mod renewal;
mod sso;
mod sts;
mod through_the_program;

use crate::http::server::Reply;
use sealgate::model::{Hint as _, Redacted};
use sealgate::support::aws::{Chain, CredentialsError, Environment, Keys, Profiles};
use sealgate::support::http::Network;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const FUTURE: &str = "2099-01-01T00:00:00Z";
const PAST: &str = "2001-02-03T04:05:06Z";
/// A role that is asked for.
const ROLE: &str = "arn:aws:iam::123456789012:role/release";

/// An invented secret key, which no message may show.
fn secret() -> String {
    ["wJalr", "-made-up-secret"].concat()
}

/// An invented session token, which no message may show.
fn session() -> String {
    ["IQoJb3", "-made-up-session"].concat()
}

/// Variables and shared files.
fn environment(variables: &[(&str, &str)], config: &str) -> Environment {
    let variables = variables.iter();
    Environment {
        variables: variables
            .map(|(name, value)| ((*name).to_owned(), Redacted::new(*value)))
            .collect(),
        profiles: Profiles::of(None, Some(config)),
        ..Environment::default()
    }
}

/// The chain of an environment; it asks no metadata of an instance.
fn chain(variables: &[(&str, &str)], config: &str) -> Chain {
    Chain::new(environment(variables, config), Network::default())
        .without_instance()
        .within(Duration::from_millis(1500))
}

fn key_id(found: Result<Keys, CredentialsError>) -> String {
    found.unwrap().key_id.expose().to_owned()
}

/// What is told of a failure, with what to do; no secret is in it.
fn told(found: Result<Keys, CredentialsError>) -> (CredentialsError, String) {
    let error = found.unwrap_err();
    let text = format!("{error} | {}", error.hint().unwrap());
    for secret in [secret(), session()] {
        assert!(!text.contains(&secret), "{text}");
    }
    assert!(!text.contains(['\n', '\u{1b}']), "{text}");
    (error, text)
}

/// Credentials in JSON as servers beside the program give them.
fn given(key_id: &str, expires: &str) -> String {
    format!(
        r#"{{"Code":"Success","AccessKeyId":"{key_id}","SecretAccessKey":"{}","Token":"{}","Expiration":"{expires}"}}"#,
        secret(),
        session()
    )
}

/// STS's answer to a question for a role.
fn assumed(action: &str, key_id: &str, expires: &str) -> String {
    format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials><AccessKeyId>{key_id}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey><SessionToken>{}</SessionToken><Expiration>{expires}</Expiration></Credentials></{action}Result></{action}Response>",
        secret(),
        session()
    )
}

/// STS's refusal.
fn refusal(status: u16, code: &str, message: &str) -> Reply {
    Reply::status(
        status,
        &[("Content-Type", "text/xml")],
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        ),
    )
}

/// The bodies of what was posted.
type Posted = Arc<Mutex<Vec<String>>>;

/// The same reply, and the body of each question is kept.
fn keeping(posted: &Posted, reply: Reply) -> Reply {
    let posted = Arc::clone(posted);
    Reply::new(move |seen, stream| {
        let length = seen.header("content-length").unwrap().parse().unwrap();
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        posted
            .lock()
            .unwrap()
            .push(String::from_utf8(body).unwrap());
        reply.send(seen, stream)
    })
}

fn file(directory: &Path, name: &str, content: &str) -> String {
    let path = crate::cli::write(directory, name, content);
    path.to_str().unwrap().to_owned()
}
