//! The server of a container, as in ECS, EKS and CodeBuild.

use super::{FUTURE, PAST, chain, file, given, key_id, told};
use crate::http::server::{Reply, Server};
use sealgate::model::Redacted;
use sealgate::support::aws::{Chain, CredentialsError};
use sealgate::support::http::Network;

const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";

fn answering(reply: Reply) -> Server {
    Server::start(vec![("/v2/credentials/1", vec![reply])])
}

fn good() -> Reply {
    Reply::ok(given("OF-CONTAINER", FUTURE))
}

#[test]
fn a_path_is_one_of_the_containers_own_server() {
    let server = answering(good());
    let host = server.url("");
    let found = chain(&[(RELATIVE, "/v2/credentials/1")], "").with_container_server(&host);
    assert_eq!(key_id(found.find()), "OF-CONTAINER");
    assert_eq!(server.seen()[0].header("authorization"), None);
    // What is no path would be another host.
    for path in ["@evil.example/", ".evil.example/", "v2/credentials/1"] {
        let found = chain(&[(RELATIVE, path)], "").with_container_server(&host);
        let (error, text) = told(found.find());
        assert!(
            matches!(error, CredentialsError::Configuration { .. }),
            "{text}"
        );
        assert!(text.contains("begins with a slash"), "{text}");
    }
    assert_eq!(server.lines().len(), 1);
}

#[test]
fn a_token_goes_along_that_of_the_file_first() {
    let dir = tempfile::tempdir().unwrap();
    let token_file = file(dir.path(), "token", "of-file\n");
    let server = answering(good());
    let full = server.url("/v2/credentials/1");
    let both = [
        (FULL, full.as_str()),
        (TOKEN, "Basic of-variable"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &token_file),
    ];
    assert_eq!(key_id(chain(&both, "").find()), "OF-CONTAINER");
    assert_eq!(key_id(chain(&both[..2], "").find()), "OF-CONTAINER");
    let seen = server.seen();
    assert_eq!(seen[0].header("authorization"), Some("of-file"));
    assert_eq!(seen[1].header("authorization"), Some("Basic of-variable"));

    for broken in [
        (TOKEN, "a\r\nEvil: 1"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere"),
    ] {
        let (error, text) = told(chain(&[(FULL, full.as_str()), broken], "").find());
        assert!(
            matches!(error, CredentialsError::Configuration { .. }),
            "{text}"
        );
    }
    assert_eq!(server.lines().len(), 2);
}

#[test]
fn without_encryption_only_this_machine_and_the_platforms_are_asked() {
    for address in [
        "http://evil.example/",
        "http://localhost.evil.example/",
        "http://169.254.169.254/",
        "http://169.254.170.3/",
        "http://10.0.0.1/",
        "http://[fd00:ec2::24]/",
        "ftp://127.0.0.1/",
        "127.0.0.1/",
    ] {
        let (error, text) = told(chain(&[(FULL, address)], "").find());
        assert!(
            matches!(error, CredentialsError::Configuration { .. }),
            "{address}: {text}"
        );
        assert!(text.contains("https"), "{text}");
    }
}

#[test]
fn no_proxy_gets_the_credentials() {
    let (server, proxy) = (answering(good()), answering(good()));
    let full = server.url("/v2/credentials/1");
    let network = Network {
        http_proxy: Some(Redacted::new(proxy.url("/"))),
        all_proxy: Some(Redacted::new(proxy.url("/"))),
        ..Network::default()
    };
    let environment = super::environment(&[(FULL, &full)], "");
    assert_eq!(
        key_id(Chain::new(environment, network).find()),
        "OF-CONTAINER"
    );
    assert_eq!(proxy.lines(), [""; 0]);
}

#[test]
fn what_the_server_answers_else_is_no_key_and_ends_the_search() {
    for (reply, is_configuration, expected) in [
        (Reply::status(400, &[], ""), true, "400"),
        (
            Reply::status(403, &[], r#"{"message":"not yours"}"#),
            true,
            "not yours",
        ),
        (Reply::status(404, &[], ""), true, "404"),
        (Reply::status(500, &[], ""), false, "500"),
        (Reply::status(429, &[], ""), false, "429"),
        (Reply::stalled(), false, "within 1.5 s"),
        (Reply::redirect("http://127.0.0.1:1/"), false, "redirects"),
        (Reply::ok("<html>"), false, "no JSON"),
        (Reply::ok(""), false, "no JSON"),
        (Reply::ok(r#"{"AccessKeyId":"A"}"#), false, "missing"),
        (Reply::ok(given("", FUTURE)), false, "a key is empty"),
        (Reply::ok(given("A", "soon")), false, "no time"),
        (Reply::ok(given("A", PAST)), true, "has expired at 2001"),
        (Reply::announced(10_000_000, "{"), false, "larger than"),
    ] {
        let server = answering(reply);
        let full = server.url("/v2/credentials/1");
        let (error, text) = told(chain(&[(FULL, &full)], "").find());
        assert!(text.contains(expected), "{expected} in {text}");
        assert!(
            text.contains("the container's credentials server"),
            "{text}"
        );
        assert_eq!(error.is_configuration(), is_configuration, "{text}");
    }
}
