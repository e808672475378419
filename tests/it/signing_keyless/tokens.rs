//! Where identity tokens come from, and tokens that cannot be used.

use super::services::{FULCIO, Sigstore, claims, now, read_body, token};
use super::{BUNDLE, keyless, scene};
use crate::http::server::{Reply, Server};
use crate::signing::{Ran, expect, names, sealgate, write};
use crate::signing_attacks::world::{IDENTITY, ISSUER};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

/// The options without the token's file.
fn without_file(sigstore: &Sigstore) -> Vec<String> {
    let mut all = keyless(sigstore, "2");
    let place = all
        .iter()
        .position(|one| one == "--identity-token-file")
        .unwrap();
    all.drain(place..place + 2);
    all
}

/// Signs with variables in the place of a file.
fn sign_with(sigstore: &Sigstore, code: i32, variables: &[(&str, &str)], more: &[&str]) -> Ran {
    let dir = scene(sigstore);
    std::fs::remove_file(dir.path().join("token")).unwrap();
    let options = without_file(sigstore);
    let mut arguments = vec!["sign", "app.bin"];
    arguments.extend(options.iter().map(String::as_str));
    arguments.extend(more);
    let mut command = sealgate(dir.path());
    command.envs(variables.iter().copied());
    let ran = expect(code, &mut command, &arguments);
    for (name, value) in variables {
        let is_secret = ["TOKEN", "SECRET", "KEY"]
            .iter()
            .any(|kind| name.contains(kind));
        // An address of a token's issuer is named so, too.
        if is_secret && !name.ends_with("_URL") {
            assert!(!ran.stderr.contains(value), "{name}:\n{}", ran.stderr);
            assert!(!ran.stdout.contains(value), "{name}:\n{}", ran.stdout);
        }
    }
    assert_eq!(names(dir.path()).contains(&BUNDLE.to_owned()), code == 0);
    ran
}

fn says(ran: &Ran, texts: &[&str]) {
    for text in texts {
        assert!(ran.stderr.contains(text), "`{text}` in\n{}", ran.stderr);
    }
}

#[test]
fn tokens_that_cannot_be_used_are_refused_before_anything_is_asked() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let with = |edit: &dyn Fn(&mut Value)| {
        let mut claims = claims();
        edit(&mut claims);
        token(&claims)
    };
    for (text, expected) in [
        (with(&|c| c["exp"] = json!(now() - 1)), "expired at"),
        (with(&|c| c["nbf"] = json!(now() + 600)), "valid only from"),
        (
            with(&|c| c["aud"] = json!("aws")),
            "is for `aws`, not for `sigstore`",
        ),
        (with(&|c| c["aud"] = Value::Null), "is for nobody"),
        (
            with(&|c| c["email_verified"] = json!(false)),
            "not verified",
        ),
        (
            with(&|c| drop(c.as_object_mut().unwrap().remove("sub"))),
            "missing",
        ),
        ("no token".to_owned(), "three parts"),
        (String::new(), "it is empty"),
        ("x".repeat(70_000), "token"),
    ] {
        let dir = scene(&sigstore);
        write(&dir.path().join("token"), text.as_bytes());
        let options = keyless(&sigstore, "2");
        let ran = super::run(dir.path(), 2, &["sign", "app.bin"], &options);
        says(&ran, &[expected, "token"]);
        assert!(!dir.path().join(BUNDLE).exists());
    }
    assert!(sigstore.lines().is_empty());
    let dir = scene(&sigstore);
    let options = keyless(&sigstore, "2");
    super::run(dir.path(), 0, &["sign", "app.bin"], &options);
    // Another audience, where that is said.
    let other = with(&|c| c["aud"] = json!(["acme", "x"]));
    write(&dir.path().join("token"), other.as_bytes());
    let mut options = keyless(&sigstore, "2");
    options.extend(["--oidc-client-id".to_owned(), "acme".to_owned()]);
    super::run(dir.path(), 0, &["sign", "app.bin"], &options);
}

#[test]
fn build_systems_that_set_a_variable() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let good = token(&claims());
    for name in [
        "SIGSTORE_ID_TOKEN",
        "CIRCLE_OIDC_TOKEN",
        "CIRCLE_OIDC_TOKEN_V2",
    ] {
        sign_with(&sigstore, 0, &[(name, &good)], &[]);
    }
    let mut other = claims();
    other["aud"] = json!("9f1c-an-organization");
    let other = token(&other);
    let circle = sign_with(&sigstore, 2, &[("CIRCLE_OIDC_TOKEN_V2", &other)], &[]);
    says(&circle, &["9f1c-an-organization", "circleci run oidc get"]);
    let gitlab = sign_with(&sigstore, 2, &[("GITLAB_CI", "true")], &[]);
    says(&gitlab, &["SIGSTORE_ID_TOKEN is not set", "id_tokens"]);
    let github = sign_with(&sigstore, 2, &[("GITHUB_ACTIONS", "true")], &[]);
    says(&github, &["id-token: write"]);
    let none = sign_with(&sigstore, 2, &[], &[]);
    says(&none, &["no identity token", "--identity-token-file"]);
    let named = ["--oidc-provider", "circleci"];
    let named = sign_with(&sigstore, 2, &[("SIGSTORE_ID_TOKEN", &good)], &named);
    says(&named, &["CIRCLE_OIDC_TOKEN_V2 is not set"]);
}

#[test]
fn github_actions_is_asked_for_a_token_of_this_audience() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let job = ["job", "-token-made-up-for-tests"].concat();
    let answer = json!({"count": 1, "value": token(&claims())}).to_string();
    let target = "/token?api-version=2.0&audience=sigstore";
    let provider = Server::start(vec![(target, vec![Reply::ok(answer)])]);
    let address = provider.url("/token?api-version=2.0");
    let variables = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", address.as_str()),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &job),
    ];
    sign_with(&sigstore, 0, &variables, &[]);
    let seen = provider.seen();
    assert_eq!(
        seen[0].header("authorization"),
        Some(format!("Bearer {job}").as_str())
    );
    let repeats = json!({"message": format!("no access for Bearer {job}, {job}")}).to_string();
    for (reply, code, text) in [
        (
            Reply::status(403, &[], "{\"message\":\"no\"}"),
            2,
            "refused (HTTP 403): no",
        ),
        (Reply::status(401, &[], repeats), 2, "no access for"),
        (Reply::status(400, &[], ""), 2, "refused (HTTP 400)"),
        (Reply::status(422, &[], ""), 2, "refused (HTTP 422)"),
        (Reply::status(429, &[], ""), 3, "did not answer"),
        (Reply::status(500, &[], ""), 3, "did not answer"),
        (Reply::ok("{}"), 3, "`value` is missing"),
        (Reply::ok("{\"value\":\"x\"}"), 3, "malformed"),
        (
            Reply::redirect("https://elsewhere.example/"),
            3,
            "did not answer",
        ),
    ] {
        provider.set(vec![(target, vec![reply])]);
        says(&sign_with(&sigstore, code, &variables, &[]), &[text]);
    }
    let plain = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "http://tokens.example/"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &job),
    ];
    says(&sign_with(&sigstore, 2, &plain, &[]), &["not encrypted"]);
}

#[test]
fn buildkites_agent_is_asked_over_its_api() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let reply = Reply::new(move |seen, stream| {
        let body = read_body(seen, stream)?;
        let header = seen.header("authorization").unwrap().to_owned();
        log.lock().unwrap().push((header, body));
        let answer = json!({"token": token(&claims())}).to_string();
        Reply::ok(answer).send(seen, stream)
    });
    let agent = Server::start(vec![("POST /v3/jobs/a-job/oidc/tokens", vec![reply])]);
    let access = ["agent", "-token-made-up-for-tests"].concat();
    let endpoint = agent.url("/v3");
    let variables = [
        ("BUILDKITE_AGENT_ENDPOINT", endpoint.as_str()),
        ("BUILDKITE_AGENT_ACCESS_TOKEN", &access),
        ("BUILDKITE_JOB_ID", "a-job"),
    ];
    sign_with(&sigstore, 0, &variables, &[]);
    let asked = asked.lock().unwrap();
    assert_eq!(asked[0].0, format!("Token {access}"));
    assert_eq!(asked[0].1, br#"{"audience":"sigstore"}"#);
    drop(asked);
    let other = [variables[0], variables[1], ("BUILDKITE_JOB_ID", "another")];
    says(
        &sign_with(&sigstore, 2, &other, &[]),
        &["refused (HTTP 404)"],
    );
}

#[test]
fn aws_gives_a_token_for_its_role() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let given = token(&claims());
    let answer = format!(
        "<GetWebIdentityTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <GetWebIdentityTokenResult><WebIdentityToken>{given}</WebIdentityToken>\
         </GetWebIdentityTokenResult></GetWebIdentityTokenResponse>"
    );
    let answer_again = answer.clone();
    let reply = Reply::new(move |seen, stream| {
        let body = String::from_utf8(read_body(seen, stream)?).unwrap();
        let header = seen.header("authorization").unwrap().to_owned();
        log.lock().unwrap().push((header, body));
        Reply::ok(&answer).send(seen, stream)
    });
    let sts = Server::start(vec![("POST /", vec![reply])]);
    let secret = ["wJalr", "-made-up/of-sts"].concat();
    let endpoint = sts.url("/");
    let variables = [
        ("CODEBUILD_BUILD_ID", "app:1"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDSTSEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", &secret),
        ("AWS_ENDPOINT_URL_STS", &endpoint),
    ];
    sign_with(&sigstore, 0, &variables, &[]);
    {
        let asked = asked.lock().unwrap();
        assert!(asked[0].0.contains("/eu-central-1/sts/aws4_request"));
        for part in ["Action=GetWebIdentityToken", "Audience.member.1=sigstore"] {
            assert!(asked[0].1.contains(part), "{}", asked[0].1);
        }
    }
    let refused = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message>\
                   </Error></ErrorResponse>";
    sts.set(vec![("POST /", vec![Reply::status(403, &[], refused)])]);
    let ran = sign_with(&sigstore, 2, &variables, &[]);
    says(&ran, &["AccessDenied: not you", "sts:GetWebIdentityToken"]);
    for code in ["Throttling", "RequestLimitExceeded", "ServiceUnavailable"] {
        let busy = format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>later, {secret}</Message></Error>\
             </ErrorResponse>"
        );
        let busy = Reply::status(400, &[], busy);
        sts.set(vec![("POST /", vec![busy.clone()])]);
        let ran = sign_with(&sigstore, 3, &variables, &[]);
        says(&ran, &["not available (HTTP 400)", code]);
        // Once only: it is asked again.
        let good = Reply::ok(&answer_again);
        sts.set(vec![("POST /", vec![busy, good])]);
        sign_with(&sigstore, 0, &variables, &[]);
    }
    sts.set(vec![("POST /", vec![Reply::status(503, &[], "")])]);
    says(&sign_with(&sigstore, 3, &variables, &[]), &["HTTP 503"]);
    sts.set(vec![("POST /", vec![Reply::ok("<a/>")])]);
    says(
        &sign_with(&sigstore, 3, &variables, &[]),
        &["WebIdentityToken"],
    );
    says(
        &sign_with(&sigstore, 2, &variables[..1], &[]),
        &["no AWS region"],
    );
    says(
        &sign_with(&sigstore, 2, &variables[..2], &[]),
        &["no AWS credentials"],
    );
}

/// An identity provider; its tokens have the nonce of the last login, changed by `edit`.
fn provider(nonce: Arc<Mutex<String>>, edit: fn(&mut Value)) -> (Server, Arc<Mutex<Vec<String>>>) {
    let forms = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&forms);
    let exchange = Reply::new(move |seen, stream| {
        log.lock()
            .unwrap()
            .push(String::from_utf8(read_body(seen, stream)?).unwrap());
        let mut claims = claims();
        claims["nonce"] = json!(*nonce.lock().unwrap());
        // It only passes the login on, as Sigstore's own does.
        claims["federated_claims"] = json!({ "connector_id": ISSUER });
        claims["iss"] = json!(format!("http://{}/auth", seen.header("host").unwrap()));
        edit(&mut claims);
        if claims.is_null() {
            return Reply::status(503, &[], "").send(seen, stream);
        }
        Reply::ok(json!({"id_token": token(&claims)}).to_string()).send(seen, stream)
    });
    let server = Server::start(vec![("POST /auth/token", vec![exchange])]);
    let description = json!({
        "issuer": server.url("/auth"),
        "authorization_endpoint": server.url("/auth/auth"),
        "token_endpoint": server.url("/auth/token"),
    });
    let exchange = server.lines();
    assert!(exchange.is_empty());
    (with_description(server, description), forms)
}

/// The same server with its description.
fn with_description(server: Server, description: Value) -> Server {
    server.add(
        "GET /auth/.well-known/openid-configuration",
        Reply::ok(description.to_string()),
    );
    server
}

/// Runs the program, plays the browser, and gives back what it said and its exit code.
fn log_in(
    edit: fn(&mut Value),
    play: fn(&HashMap<String, String>) -> Vec<String>,
) -> (i32, String, Vec<String>) {
    let sigstore = Sigstore::honest().unwrap();
    let nonce = Arc::new(Mutex::new(String::new()));
    let (provider, forms) = provider(Arc::clone(&nonce), edit);
    let dir = scene(&sigstore);
    let mut options = without_file(&sigstore);
    let issuer = provider.url("/auth");
    options.extend(["--oidc-provider", "browser", "--oidc-issuer", &issuer].map(str::to_owned));
    let mut child = sealgate(dir.path())
        .args(["sign", "app.bin"])
        .args(&options)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    let address = loop {
        let mut line = String::new();
        assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "{said}");
        said += &line;
        if let Some(place) = line.find(&issuer) {
            break url::Url::parse(line[place..].trim()).unwrap();
        }
    };
    let query: HashMap<String, String> = address.query_pairs().into_owned().collect();
    (*nonce.lock().unwrap()).clone_from(&query["nonce"]);
    let redirect = url::Url::parse(&query["redirect_uri"]).unwrap();
    let mut pages = Vec::new();
    for target in play(&query) {
        let mut stream = TcpStream::connect(("127.0.0.1", redirect.port().unwrap())).unwrap();
        write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        pages.push(page.split(' ').nth(1).unwrap().to_owned());
    }
    // The last one alone is about this login.
    let last = pages.pop().unwrap();
    assert_eq!(last, "200");
    assert!(pages.iter().all(|status| status == "404"), "{pages:?}");
    stderr.read_to_string(&mut said).unwrap();
    let code = child.wait().unwrap().code().unwrap();
    assert_eq!(dir.path().join(BUNDLE).exists(), code == 0, "{said}");
    if code == 0 {
        super::verify(dir.path(), 0, IDENTITY);
        assert_eq!(sigstore.lines().first().map(String::as_str), Some(FULCIO));
        let form = forms.lock().unwrap()[0].clone();
        let form: HashMap<String, String> = url::form_urlencoded::parse(form.as_bytes())
            .into_owned()
            .collect();
        // The proof of the code's owner fits what the browser was sent with.
        let verifier = sealgate::support::hash::sha256(form["code_verifier"].as_bytes());
        assert_eq!(
            URL_SAFE_NO_PAD.encode(verifier.bytes()),
            query["code_challenge"]
        );
        assert_eq!(form["code"], "a-code");
    }
    let forms = forms.lock().unwrap().clone();
    (code, said, forms)
}

#[test]
fn a_login_by_browser_gives_a_token() {
    if Sigstore::honest().is_none() {
        return;
    }
    let (code, said, _) = log_in(
        |_| {},
        |query| {
            let state = &query["state"];
            vec![
                // Others who ask are sent away.
                "/favicon.ico".to_owned(),
                "/auth/callback?code=stolen&state=other".to_owned(),
                format!("/auth/callback?code=x&state={state}x"),
                format!("/auth/callback?code=x&code=a-code&state={state}"),
                format!("/auth/callback?code=x&state={state}&state={state}"),
                format!("/auth/callback?code=&state={state}"),
                format!("/auth/callback?code=a-code&state={state}"),
            ]
        },
    );
    assert_eq!(code, 0, "{said}");
    assert!(said.contains(&format!("logged in as {IDENTITY} by http://")));
}

/// Plays a browser that logs in.
fn logs_in(query: &HashMap<String, String>) -> Vec<String> {
    vec![format!(
        "/auth/callback?code=a-code&state={}",
        query["state"]
    )]
}

#[test]
fn the_code_of_a_login_is_exchanged_once() {
    if Sigstore::honest().is_none() {
        return;
    }
    // A provider takes a code that comes again for a stolen one.
    let (code, said, forms) = log_in(|claims| *claims = Value::Null, logs_in);
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("not available (HTTP 503)"), "{said}");
    assert_eq!(forms.len(), 1);
    let (code, said, forms) = log_in(|_| {}, logs_in);
    assert_eq!(code, 0, "{said}");
    assert_eq!(forms.len(), 1);
}

#[test]
fn a_login_that_is_refused_or_of_somebody_else_leaves_nothing() {
    if Sigstore::honest().is_none() {
        return;
    }
    let (code, said, forms) = log_in(
        |_| {},
        |query| {
            let state = &query["state"];
            vec![format!(
                "/auth/callback?error=access_denied&error_description=no%1b%5B2J&state={state}"
            )]
        },
    );
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("access_denied") && !said.contains('\u{1b}'),
        "{said}"
    );
    assert!(forms.is_empty());
    let (code, said, _) = log_in(
        |claims| claims["nonce"] = json!("of another login"),
        logs_in,
    );
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("another login"), "{said}");
    // By the issuer behind the one that was asked, without it.
    let (code, said, _) = log_in(|claims| claims["iss"] = json!(ISSUER), logs_in);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("another issuer"), "{said}");
}
