//! A login of single sign-on that has expired, and what renews it.

use super::{FUTURE, PAST, Posted, file, keeping, key_id, secret, session, told};
use crate::http::server::{Reply, Server};
use sealgate::support::aws::{Chain, CredentialsError, Keys};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

const CONFIG: &str = "[default]\nsso_session = my-team\nsso_account_id = 123456789012\nsso_role_name = release\n[sso-session my-team]\nsso_region = eu-west-1\nsso_start_url = https://team.example/start\n";
const PORTAL: &str = "/federation/credentials?account_id=123456789012&role_name=release";

fn old() -> String {
    ["aoaOLD", "-made-up-login"].concat()
}

fn new() -> String {
    ["aoaNEW", "-made-up-login"].concat()
}

fn refresh(which: &str) -> String {
    ["aor", which, "-made-up-refresh"].concat()
}

fn client_secret() -> String {
    ["eyJ", "-made-up-client"].concat()
}

/// What `aws sso login` leaves.
fn login() -> Value {
    json!({
        "startUrl": "https://team.example/start",
        "region": "eu-west-1",
        "accessToken": old(),
        "expiresAt": PAST,
        "clientId": "client-1",
        "clientSecret": client_secret(),
        "registrationExpiresAt": FUTURE,
        "refreshToken": refresh("OLD"),
        "ofAnotherTool": {"kept": true},
    })
}

fn renewed() -> Value {
    json!({"accessToken": new(), "expiresIn": 3600, "refreshToken": refresh("NEW"), "tokenType": "Bearer"})
}

fn keys() -> String {
    json!({"roleCredentials": {"accessKeyId": "OF-SSO", "secretAccessKey": secret(), "sessionToken": session(), "expiration": 4_070_908_800_000_u64}}).to_string()
}

fn name(key: &str) -> String {
    let digest =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    format!(".aws/sso/cache/{}.json", hex::encode(digest))
}

/// Asks with a login in the cache of a home; portal and renewal are one server.
fn ask(home: &Path, server: &Server, config: &str) -> Result<Keys, CredentialsError> {
    let endpoint = server.url("/");
    let variables = [
        ("AWS_ENDPOINT_URL_SSO", endpoint.as_str()),
        ("AWS_ENDPOINT_URL_SSO_OIDC", endpoint.as_str()),
    ];
    let mut environment = super::environment(&variables, config);
    environment.home = Some(home.to_owned());
    Chain::new(environment, Default::default())
        .without_instance()
        .within(std::time::Duration::from_millis(1500))
        .find()
}

fn server(reply: Reply) -> Server {
    Server::start(vec![
        ("POST /token", vec![reply]),
        (PORTAL, vec![Reply::ok(keys())]),
    ])
}

fn kept(home: &Path) -> Value {
    let text = std::fs::read_to_string(home.join(name("my-team"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn an_expired_login_of_a_session_is_renewed_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    file(dir.path(), &name("my-team"), &login().to_string());
    let posted = Posted::default();
    let server = server(keeping(&posted, Reply::ok(renewed().to_string())));
    assert_eq!(key_id(ask(dir.path(), &server, CONFIG)), "OF-SSO");
    let asked: Value = serde_json::from_str(&posted.lock().unwrap()[0]).unwrap();
    let expected = json!({"clientId": "client-1", "clientSecret": client_secret(), "grantType": "refresh_token", "refreshToken": refresh("OLD")});
    assert_eq!(asked, expected);
    let seen = server.seen();
    assert_eq!(seen[0].header("content-type"), Some("application/json"));
    assert_eq!(seen[0].header("authorization"), None);
    let bearer = seen[1].header("x-amz-sso_bearer_token");
    assert_eq!(bearer, Some(new().as_str()));
    // What the file had else stays in it.
    let mut kept = kept(dir.path());
    let expires: jiff::Timestamp = kept["expiresAt"].as_str().unwrap().parse().unwrap();
    assert!(expires > jiff::Timestamp::now());
    let mut wanted = login();
    for (key, value) in [("accessToken", new()), ("refreshToken", refresh("NEW"))] {
        wanted[key] = value.into();
    }
    wanted["expiresAt"] = Value::Null;
    kept["expiresAt"] = Value::Null;
    assert_eq!(kept, wanted);
    let mode = std::fs::metadata(dir.path().join(name("my-team"))).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    let cache = std::fs::read_dir(dir.path().join(".aws/sso/cache")).unwrap();
    assert_eq!(cache.count(), 1);
    // The next time it is good, and nobody is asked for another.
    assert_eq!(key_id(ask(dir.path(), &server, CONFIG)), "OF-SSO");
    assert_eq!(posted.lock().unwrap().len(), 1);
}

#[test]
fn a_refresh_token_that_is_not_replaced_stays() {
    let dir = tempfile::tempdir().unwrap();
    file(dir.path(), &name("my-team"), &login().to_string());
    let mut reply = renewed();
    reply.as_object_mut().unwrap().remove("refreshToken");
    let server = server(Reply::ok(reply.to_string()));
    assert_eq!(key_id(ask(dir.path(), &server, CONFIG)), "OF-SSO");
    assert_eq!(kept(dir.path())["refreshToken"], refresh("OLD").as_str());
    assert_eq!(kept(dir.path())["accessToken"], new().as_str());
}

#[test]
fn a_login_without_what_renews_it_has_expired_and_nobody_is_asked() {
    let server = server(Reply::ok(renewed().to_string()));
    for key in [
        "clientId",
        "clientSecret",
        "refreshToken",
        "registrationExpiresAt",
    ] {
        for value in [Value::Null, json!("")] {
            let dir = tempfile::tempdir().unwrap();
            let mut login = login();
            login[key] = value;
            file(dir.path(), &name("my-team"), &login.to_string());
            let (error, text) = told(ask(dir.path(), &server, CONFIG));
            assert!(matches!(error, CredentialsError::Expired { .. }), "{text}");
            assert!(text.contains("aws sso login --profile default"), "{text}");
        }
    }
    // The client that logged in is not registered any more.
    let dir = tempfile::tempdir().unwrap();
    let mut over = login();
    over["registrationExpiresAt"] = PAST.into();
    file(dir.path(), &name("my-team"), &over.to_string());
    let (error, text) = told(ask(dir.path(), &server, CONFIG));
    assert!(matches!(error, CredentialsError::Expired { .. }), "{text}");
    // Without a session there is nothing to renew.
    let start = "https://team.example/start";
    file(dir.path(), &name(start), &login().to_string());
    let config = format!(
        "[default]\nsso_start_url = {start}\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = release\n"
    );
    let (error, text) = told(ask(dir.path(), &server, &config));
    assert!(matches!(error, CredentialsError::Expired { .. }), "{text}");
    assert_eq!(server.lines(), [""; 0]);
}

#[test]
fn a_login_that_is_not_renewed_stays_as_it_was() {
    let with = |key: &str, value: Value| {
        let mut reply = renewed();
        reply[key] = value;
        Reply::ok(reply.to_string())
    };
    let said = json!({"error": "invalid_grant", "error_description": refresh("OLD")}).to_string();
    for (reply, is_configuration, expected) in [
        (
            Reply::status(400, &[], said),
            true,
            "HTTP 400, invalid_grant",
        ),
        (Reply::status(403, &[], ""), true, "HTTP 403"),
        (Reply::status(500, &[], ""), false, "HTTP 500"),
        (
            Reply::status(400, &[], r#"{"error":"slow_down"}"#),
            true,
            "slow_down",
        ),
        (Reply::redirect("http://127.0.0.1:1/"), false, "HTTP 302"),
        (Reply::ok("<html>"), false, "no JSON"),
        (Reply::ok("{}"), false, "missing"),
        (with("accessToken", json!("")), false, "no token"),
        (with("accessToken", json!("a\nb")), false, "no token"),
        (with("expiresIn", json!(0)), false, "no time"),
        (with("expiresIn", json!(i64::MAX)), false, "no time"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        file(dir.path(), &name("my-team"), &login().to_string());
        let server = server(reply);
        let (error, text) = told(ask(dir.path(), &server, CONFIG));
        assert!(text.contains(expected), "{expected} in {text}");
        // A refresh token is used once, whatever the answer is.
        assert_eq!(server.lines(), ["POST /token"]);
        assert_eq!(error.is_configuration(), is_configuration, "{text}");
        for secret in [
            old(),
            new(),
            refresh("OLD"),
            refresh("NEW"),
            client_secret(),
        ] {
            assert!(!text.contains(&secret), "{text}");
        }
        assert_eq!(kept(dir.path()), login());
    }
}

#[test]
fn a_login_that_another_process_has_renewed_meanwhile_is_used() {
    for (expires, is_used) in [(FUTURE, true), (PAST, false)] {
        let dir = tempfile::tempdir().unwrap();
        file(dir.path(), &name("my-team"), &login().to_string());
        let mut other = login();
        other["accessToken"] = new().into();
        other["expiresAt"] = expires.into();
        let home = dir.path().to_owned();
        let refused = Reply::new(move |seen, stream| {
            file(&home, &name("my-team"), &other.to_string());
            Reply::status(400, &[], r#"{"error":"invalid_grant"}"#).send(seen, stream)
        });
        let server = server(keeping(&Posted::default(), refused));
        let found = ask(dir.path(), &server, CONFIG);
        if is_used {
            assert_eq!(key_id(found), "OF-SSO");
            let seen = server.seen();
            let bearer = seen[1].header("x-amz-sso_bearer_token");
            assert_eq!(bearer, Some(new().as_str()));
        } else {
            let (_, text) = told(found);
            assert!(text.contains("invalid_grant"), "{text}");
        }
    }
}

#[test]
fn a_renewal_goes_to_no_server_but_the_one_that_is_meant() {
    let dir = tempfile::tempdir().unwrap();
    file(dir.path(), &name("my-team"), &login().to_string());
    let find = |variables: &[(&str, &str)], config: &str| {
        let mut environment = super::environment(variables, config);
        environment.home = Some(dir.path().to_owned());
        Chain::new(environment, Default::default())
            .without_instance()
            .find()
    };
    let (_, text) = told(find(&[("AWS_USE_FIPS_ENDPOINT", "true")], CONFIG));
    assert!(text.contains("AWS_ENDPOINT_URL_SSO_OIDC"), "{text}");
    let plain = ("AWS_ENDPOINT_URL_SSO_OIDC", "http://oidc.example/");
    let (_, text) = told(find(&[plain], CONFIG));
    assert!(text.contains("not encrypted"), "{text}");
    let (_, text) = told(find(&[], &CONFIG.replace("eu-west-1", "evil.example/x")));
    assert!(text.contains("no region"), "{text}");
    assert_eq!(kept(dir.path()), login());
}
