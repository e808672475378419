//! The metadata of an instance, version 2 of the protocol only.

use super::{FUTURE, PAST, given, key_id, told};
use crate::http::server::{Reply, Server};
use sealgate::support::aws::{Chain, CredentialsError, Keys};
use sealgate::support::http::Network;
use std::time::Duration;

const TOKEN: &str = "PUT /latest/api/token";
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
const KEYS: &str = "/latest/meta-data/iam/security-credentials/release";

fn server(token: Reply, roles: Reply, keys: Reply) -> Server {
    Server::start(vec![
        (TOKEN, vec![token]),
        (ROLES, vec![roles]),
        (KEYS, vec![keys]),
    ])
}

fn good() -> [Reply; 3] {
    [
        Reply::ok("of-metadata"),
        Reply::ok("release\n"),
        Reply::ok(given("OF-INSTANCE", FUTURE)),
    ]
}

fn ask(endpoint: &str, more: &[(&str, &str)]) -> Result<Keys, CredentialsError> {
    let mut variables = vec![("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint)];
    variables.extend(more);
    Chain::new(super::environment(&variables, ""), Network::default())
        .within(Duration::from_millis(400))
        .find()
}

#[test]
fn the_role_of_the_instance_is_asked_for_with_a_token() {
    let [token, roles, keys] = good();
    let server = server(token, roles, keys);
    assert_eq!(key_id(ask(&server.url("/"), &[])), "OF-INSTANCE");
    assert_eq!(
        server.lines(),
        [
            TOKEN.to_owned(),
            format!("GET {ROLES}"),
            format!("GET {KEYS}")
        ]
    );
    let seen = server.seen();
    assert_eq!(
        seen[0].header("x-aws-ec2-metadata-token-ttl-seconds"),
        Some("21600")
    );
    for asked in &seen[1..] {
        assert_eq!(
            asked.header("x-aws-ec2-metadata-token"),
            Some("of-metadata")
        );
    }
}

#[test]
fn it_is_not_asked_where_it_is_off_or_another_source_has_keys() {
    let [token, roles, keys] = good();
    let server = server(token, roles, keys);
    let (error, text) = told(ask(
        &server.url("/"),
        &[("AWS_EC2_METADATA_DISABLED", "TRUE")],
    ));
    assert!(matches!(error, CredentialsError::NotFound { .. }), "{text}");
    assert!(text.contains("off by AWS_EC2_METADATA_DISABLED"), "{text}");
    let secret = super::secret();
    let keys = [
        ("AWS_ACCESS_KEY_ID", "OF-VARIABLES"),
        ("AWS_SECRET_ACCESS_KEY", secret.as_str()),
    ];
    assert_eq!(key_id(ask(&server.url("/"), &keys)), "OF-VARIABLES");
    assert_eq!(server.lines(), [""; 0]);
}

#[test]
fn where_nobody_answers_soon_there_are_no_credentials() {
    let stalled = Server::start(vec![(TOKEN, vec![Reply::stalled()])]);
    let down = Server::start(vec![(TOKEN, vec![Reply::status(500, &[], "")])]);
    let closed = crate::registry_online::closed_port();
    for endpoint in [
        stalled.url("/"),
        down.url("/"),
        format!("http://127.0.0.1:{closed}/"),
    ] {
        let (error, text) = told(ask(&endpoint, &[]));
        assert!(matches!(error, CredentialsError::NotFound { .. }), "{text}");
        assert!(
            text.contains("the instance's metadata (") && !text.contains("off by"),
            "{text}"
        );
    }
}

#[test]
fn version_1_of_the_protocol_is_not_spoken() {
    let [_, roles, keys] = good();
    let server = server(Reply::status(405, &[], ""), roles, keys);
    let (error, text) = told(ask(&server.url("/"), &[]));
    assert!(matches!(error, CredentialsError::Refused { .. }), "{text}");
    assert!(
        text.contains("HTTP 405 to the question for a token"),
        "{text}"
    );
    assert_eq!(server.lines(), [TOKEN]);
}

#[test]
fn what_the_metadata_answers_else_is_no_key() {
    let failed = r#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"no trust"}"#;
    let [token, roles, keys] = good();
    for (replies, is_configuration, expected) in [
        (
            [Reply::ok("<html>"), roles.clone(), keys.clone()],
            false,
            "names no token",
        ),
        (
            [Reply::ok("a\u{1b}b"), roles.clone(), keys.clone()],
            false,
            "names no token",
        ),
        (
            [Reply::status(403, &[], ""), roles.clone(), keys.clone()],
            true,
            "403",
        ),
        (
            [token.clone(), Reply::status(404, &[], ""), keys.clone()],
            true,
            "no role",
        ),
        (
            [token.clone(), Reply::ok(""), keys.clone()],
            false,
            "names no role",
        ),
        (
            [token.clone(), Reply::ok(".."), keys.clone()],
            false,
            "names no role",
        ),
        (
            [token.clone(), Reply::status(401, &[], ""), keys.clone()],
            true,
            "401",
        ),
        (
            [token.clone(), roles.clone(), Reply::status(404, &[], "")],
            true,
            "404",
        ),
        (
            [token.clone(), roles.clone(), Reply::ok(failed)],
            true,
            "no trust",
        ),
        (
            [token.clone(), roles.clone(), Reply::ok("{")],
            false,
            "no JSON",
        ),
        (
            [token.clone(), roles.clone(), Reply::ok(given("A", PAST))],
            true,
            "expired at 2001",
        ),
    ] {
        let [token, roles, keys] = replies;
        let server = server(token, roles, keys);
        let (error, text) = told(ask(&server.url("/"), &[]));
        assert!(text.contains(expected), "{expected} in {text}");
        assert_eq!(error.is_configuration(), is_configuration, "{text}");
    }
}
