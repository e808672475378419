//! STS: tokens for roles, and everything that it may answer.

use super::{FUTURE, PAST, Posted, ROLE, assumed, chain, file, keeping, key_id, told};
use crate::http::server::{Reply, Server};
use sealgate::model::Redacted;
use sealgate::support::aws::CredentialsError;

const ACTION: &str = "AssumeRoleWithWebIdentity";

fn token() -> String {
    ["eyJhbGciOi", ".made-up.token"].concat()
}

fn ask(server: &Server, token: &str) -> Result<sealgate::support::aws::Keys, CredentialsError> {
    let dir = tempfile::tempdir().unwrap();
    let token = file(dir.path(), "token", token);
    let endpoint = server.url("/");
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str()),
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_ENDPOINT_URL_STS", &endpoint),
    ];
    chain(&variables, "").find()
}

fn answering(replies: Vec<Reply>) -> Server {
    Server::start(vec![("POST /", replies)])
}

#[test]
fn a_token_is_sent_unsigned_and_gets_the_keys_of_its_role() {
    let posted = Posted::default();
    let good = Reply::ok(assumed(ACTION, "OF-TOKEN", FUTURE));
    let server = answering(vec![keeping(&posted, good)]);
    assert_eq!(key_id(ask(&server, &format!("{}\n", token()))), "OF-TOKEN");
    let expected = format!(
        "Action={ACTION}&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Frelease&RoleSessionName=sealgate&WebIdentityToken={}",
        token()
    );
    assert_eq!(*posted.lock().unwrap(), [expected]);
    let seen = server.seen();
    assert_eq!(seen[0].header("authorization"), None);
    assert_eq!(
        seen[0].header("content-type"),
        Some("application/x-www-form-urlencoded; charset=utf-8")
    );
}

#[test]
fn a_profile_may_name_the_token_file() {
    let dir = tempfile::tempdir().unwrap();
    let token = file(dir.path(), "token", &token());
    let server = answering(vec![Reply::ok(assumed(ACTION, "OF-TOKEN", FUTURE))]);
    let endpoint = server.url("/");
    let config = format!("[default]\nrole_arn = {ROLE}\nweb_identity_token_file = {token}\n");
    let found = chain(&[("AWS_ENDPOINT_URL", &endpoint)], &config).find();
    assert_eq!(key_id(found), "OF-TOKEN");
}

#[test]
fn a_file_without_a_token_is_told_and_nobody_is_asked() {
    let server = answering(vec![]);
    for content in ["", "\n", "two\nlines", "a\u{1b}b", "ä"] {
        let (error, text) = told(ask(&server, content));
        assert!(
            matches!(error, CredentialsError::Configuration { .. }),
            "{text}"
        );
        assert!(text.contains("holds no token"), "{text}");
    }
    let endpoint = server.url("/");
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token"),
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_ENDPOINT_URL_STS", &endpoint),
    ];
    let (error, text) = told(chain(&variables, "").find());
    assert!(
        matches!(error, CredentialsError::Configuration { .. }),
        "{text}"
    );
    assert!(text.contains("/nowhere/token"), "{text}");
    assert_eq!(server.lines(), [""; 0]);
}

#[test]
fn what_sts_refuses_is_told_in_its_words_and_repeats_no_token() {
    for (status, code) in [
        (400, "ExpiredTokenException"),
        (400, "InvalidIdentityToken"),
        (403, "AccessDenied"),
        (400, "ValidationError"),
    ] {
        let words = format!("no {} today", token());
        let server = answering(vec![super::refusal(status, code, &words)]);
        let (error, text) = told(ask(&server, &token()));
        assert!(matches!(error, CredentialsError::Refused { .. }), "{text}");
        assert!(error.is_configuration());
        assert!(text.contains(code) && text.contains("*** today"), "{text}");
        assert!(text.contains(ROLE), "{text}");
        assert!(!text.contains(&token()), "{text}");
        assert_eq!(server.lines().len(), 1);
    }
}

#[test]
fn a_busy_sts_is_asked_again() {
    for busy in [
        super::refusal(400, "Throttling", "slow down"),
        super::refusal(400, "IDPCommunicationError", "later"),
        Reply::status(503, &[], "later"),
        Reply::announced(1000, "<"),
    ] {
        let server = answering(vec![busy, Reply::ok(assumed(ACTION, "OF-TOKEN", FUTURE))]);
        assert_eq!(key_id(ask(&server, &token())), "OF-TOKEN");
    }
    let server = answering(vec![Reply::status(500, &[], "down")]);
    let (error, text) = told(ask(&server, &token()));
    assert!(
        matches!(error, CredentialsError::Unanswered { .. }),
        "{text}"
    );
    assert!(!error.is_configuration());
    assert_eq!(server.lines().len(), 2);
}

#[test]
fn an_answer_without_usable_keys_is_none() {
    let good = assumed(ACTION, "OF-TOKEN", FUTURE);
    let cut = good.get(..good.len() / 2).unwrap();
    for (body, expected) in [
        ("<html>hello</html>", "no `Credentials`"),
        ("{}", "no XML"),
        ("", "no XML"),
        (cut, "no XML"),
        (
            &good.replace("SessionToken>", "Other>"),
            "`SessionToken` is missing",
        ),
        (&good.replace(FUTURE, "soon"), "no time"),
        (
            &good.replace("OF-TOKEN", "A B"),
            "characters that no key has",
        ),
        // The answer to another question.
        (&good.replace(ACTION, "GetSessionToken"), "no `Credentials`"),
    ] {
        let server = answering(vec![Reply::ok(body)]);
        let (error, text) = told(ask(&server, &token()));
        assert!(
            matches!(error, CredentialsError::Malformed { .. }),
            "{text}"
        );
        assert!(text.contains(expected), "{expected} in {text}");
    }
    let server = answering(vec![Reply::ok(assumed(ACTION, "OF-TOKEN", PAST))]);
    let (error, text) = told(ask(&server, &token()));
    assert!(matches!(error, CredentialsError::Expired { .. }), "{text}");
    assert!(text.contains(PAST), "{text}");
}

#[test]
fn no_answer_in_time_and_an_answer_from_elsewhere_are_none() {
    let elsewhere = answering(vec![Reply::ok(assumed(ACTION, "EVIL", FUTURE))]);
    for (reply, expected) in [
        (
            keeping(&Posted::default(), Reply::stalled()),
            "within 1.5 s",
        ),
        (Reply::redirect(&elsewhere.url("/")), "302"),
        (Reply::announced(1_000_000, "<"), "larger than"),
    ] {
        let server = answering(vec![reply]);
        let (error, text) = told(ask(&server, &token()));
        assert!(
            matches!(error, CredentialsError::Unanswered { .. }),
            "{text}"
        );
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert_eq!(elsewhere.lines(), [""; 0]);
}

#[test]
fn a_server_of_this_machine_is_asked_without_a_proxy() {
    let proxy = answering(vec![]);
    let server = answering(vec![Reply::ok(assumed(ACTION, "OF-TOKEN", FUTURE))]);
    let dir = tempfile::tempdir().unwrap();
    let token = file(dir.path(), "token", &token());
    let endpoint = server.url("/");
    let environment = super::environment(
        &[
            ("AWS_WEB_IDENTITY_TOKEN_FILE", &token),
            ("AWS_ROLE_ARN", ROLE),
            ("AWS_ENDPOINT_URL_STS", &endpoint),
        ],
        "",
    );
    let network = sealgate::support::http::Network {
        http_proxy: Some(Redacted::new(proxy.url("/"))),
        ..Default::default()
    };
    let found = sealgate::support::aws::Chain::new(environment, network).find();
    assert_eq!(key_id(found), "OF-TOKEN");
    assert_eq!(proxy.lines(), [""; 0]);
}
