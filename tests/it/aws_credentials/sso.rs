//! Single sign-on: the login that another tool left, and the keys of a role for it.

use super::{FUTURE, PAST, key_id, secret, session, told};
use crate::http::server::{Reply, Server};
use sealgate::support::aws::{Chain, CredentialsError, Keys};

const TARGET: &str = "/federation/credentials?account_id=123456789012&role_name=release";
const START: &str = "https://team.example/start";

fn bearer() -> String {
    ["aoaAAAA", "-made-up-login"].concat()
}

fn login(expires: &str) -> String {
    format!(
        r#"{{"accessToken":"{}","expiresAt":"{expires}","region":"eu-west-1"}}"#,
        bearer()
    )
}

fn with_session() -> String {
    format!(
        "[default]\nsso_session = my-team\nsso_account_id = 123456789012\nsso_role_name = release\n[sso-session my-team]\nsso_region = eu-west-1\nsso_start_url = {START}\n"
    )
}

fn without_session() -> String {
    format!(
        "[default]\nsso_start_url = {START}\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = release\n"
    )
}

fn good() -> String {
    // 2099-01-01 in milliseconds.
    format!(
        r#"{{"roleCredentials":{{"accessKeyId":"OF-SSO","secretAccessKey":"{}","sessionToken":"{}","expiration":4070908800000}}}}"#,
        secret(),
        session()
    )
}

fn name(key: &str) -> String {
    let digest =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    format!(".aws/sso/cache/{}.json", hex::encode(digest))
}

/// Asks with one file in the cache of logins.
fn ask(
    server: &Server,
    config: &str,
    cached: Option<(&str, &str)>,
) -> Result<Keys, CredentialsError> {
    let dir = tempfile::tempdir().unwrap();
    if let Some((key, content)) = cached {
        super::file(dir.path(), &name(key), content);
    }
    let endpoint = server.url("/");
    let mut environment = super::environment(&[("AWS_ENDPOINT_URL_SSO", &endpoint)], config);
    environment.home = Some(dir.path().to_owned());
    Chain::new(environment, Default::default())
        .without_instance()
        .within(std::time::Duration::from_millis(1500))
        .find()
}

fn answering(reply: Reply) -> Server {
    Server::start(vec![(TARGET, vec![reply])])
}

#[test]
fn a_login_gets_the_keys_of_its_role() {
    for (config, key) in [(with_session(), "my-team"), (without_session(), START)] {
        let server = answering(Reply::ok(good()));
        let login = login(FUTURE);
        assert_eq!(key_id(ask(&server, &config, Some((key, &login)))), "OF-SSO");
        let seen = server.seen();
        assert_eq!(
            seen[0].header("x-amz-sso_bearer_token"),
            Some(bearer().as_str())
        );
        assert_eq!(seen[0].header("authorization"), None);
    }
}

#[test]
fn without_a_login_that_is_good_today_nobody_is_asked() {
    let server = answering(Reply::ok(good()));
    let broken = login(FUTURE).replace("expiresAt", "other");
    for (cached, expected) in [
        (None, "there is no login"),
        // The login of another session.
        (Some(("other", login(FUTURE))), "there is no login"),
        (Some(("my-team", "{".to_owned())), "cannot be read"),
        (Some(("my-team", broken)), "cannot be read"),
        (Some(("my-team", login("soon"))), "no time"),
        (Some(("my-team", login(PAST))), "has expired at 2001"),
        (
            Some(("my-team", login("2001-02-03T04:05:06UTC"))),
            "has expired at 2001",
        ),
    ] {
        let cached = cached
            .as_ref()
            .map(|(key, content)| (*key, content.as_str()));
        let (error, text) = told(ask(&server, &with_session(), cached));
        assert!(error.is_configuration(), "{text}");
        assert!(text.contains(expected), "{expected} in {text}");
        assert!(text.contains("aws sso login --profile default"), "{text}");
        assert!(!text.contains(&bearer()), "{text}");
    }
    assert_eq!(server.lines(), [""; 0]);
}

#[test]
fn a_profile_that_lacks_a_part_says_which() {
    let server = answering(Reply::ok(good()));
    for key in [
        "sso_account_id",
        "sso_role_name",
        "sso_region",
        "sso_start_url",
    ] {
        let config = with_session().replace(key, "x");
        let (error, text) = told(ask(&server, &config, None));
        assert!(
            matches!(error, CredentialsError::Configuration { .. }),
            "{text}"
        );
        assert!(text.contains(key), "{text}");
    }
    let config = with_session().replace("[sso-session my-team]", "[sso-session other]");
    let (_, text) = told(ask(&server, &config, None));
    assert!(text.contains("[sso-session my-team]"), "{text}");
}

#[test]
fn what_the_portal_answers_else_is_no_key() {
    for (reply, is_configuration, expected) in [
        (
            Reply::status(
                401,
                &[],
                format!(r#"{{"message":"Session token {} not valid"}}"#, session()),
            ),
            true,
            "401",
        ),
        (
            Reply::status(403, &[], r#"{"message":"no such role"}"#),
            true,
            "no such role",
        ),
        (Reply::status(404, &[], ""), true, "404"),
        (Reply::status(500, &[], ""), false, "500"),
        (Reply::stalled(), false, "s"),
        (Reply::redirect("http://127.0.0.1:1/"), false, "redirects"),
        (Reply::ok("<html>"), false, "no JSON"),
        (Reply::ok(r#"{"roleCredentials":{}}"#), false, "missing"),
        (
            Reply::ok(good().replace("4070908800000", "981173106000")),
            true,
            "2001-02-03",
        ),
    ] {
        let server = answering(reply);
        let login = login(FUTURE);
        let found = ask(&server, &with_session(), Some(("my-team", &login)));
        let error = found.unwrap_err();
        let text = error.to_string();
        assert!(text.contains(expected), "{expected} in {text}");
        assert_eq!(error.is_configuration(), is_configuration, "{text}");
        assert!(!text.contains(&bearer()), "{text}");
    }
}
