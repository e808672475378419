//! Questions of any method, with status and headers of the answer.

use super::server::{Reply, Server};
use super::tls::Authority;
use super::{TestTimer, limits, request};
use sealgate::model::Redacted;
use sealgate::support::http::{
    Client, Exchange, Exchanged, HttpError, Method, Network, Redirects, Request,
};

fn exchange_with(
    network: &Network,
    request: &Request,
    exchange: &Exchange<'_>,
) -> (Result<Exchanged, HttpError>, TestTimer) {
    let timer = TestTimer::new();
    let client = Client::new(network, limits(), timer.clone()).unwrap();
    (client.exchange(request, exchange), timer)
}

fn exchange(request: &Request, exchange: &Exchange<'_>) -> Result<Exchanged, HttpError> {
    exchange_with(&Network::default(), request, exchange).0
}

fn get(redirects: Redirects) -> Exchange<'static> {
    Exchange::asking(Method::Get, redirects)
}

fn put(repeatable: bool) -> Exchange<'static> {
    Exchange {
        method: Method::Put,
        body: Some(("text/plain", b"body")),
        redirects: Redirects::Refused,
        repeatable,
    }
}

#[test]
fn an_answer_comes_with_status_and_headers_whatever_it_says() {
    let server = Server::start(vec![
        (
            "/a",
            vec![Reply::status(200, &[("X-A", "1"), ("X-A", "2")], "body")],
        ),
        (
            "/401",
            vec![Reply::status(401, &[("WWW-Authenticate", "Basic")], "no")],
        ),
        ("/404", vec![Reply::status(404, &[], "x".repeat(100_000))]),
        (
            "PUT /p",
            vec![Reply::status(201, &[("Location", "../l?a=b")], "")],
        ),
    ]);
    let answer = exchange(&request(&server.url("/a")), &get(Redirects::Refused)).unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"body"[..]));
    assert_eq!(answer.header("x-a"), Some("1"));
    assert_eq!(answer.headers("x-a").collect::<Vec<_>>(), ["1", "2"]);
    let refused = exchange(&request(&server.url("/401")), &get(Redirects::Refused)).unwrap();
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("www-authenticate"), Some("Basic"));
    // Of a refusal only the beginning is read.
    let missing = exchange(&request(&server.url("/404")), &get(Redirects::Refused)).unwrap();
    assert_eq!((missing.status, missing.body.len()), (404, 8192));
    let written = exchange(&request(&server.url("/p")), &put(false)).unwrap();
    assert_eq!(written.status, 201);
    let place = written
        .address(written.header("location").unwrap())
        .unwrap();
    assert_eq!(place.to_string(), server.url("/l?a=b"));
    let elsewhere = written
        .address("https://user:secret-tail@other.example/")
        .unwrap();
    assert!(!elsewhere.has_credentials());
    assert!(!elsewhere.is_same_origin(&place));
    assert!(written.address("ftp://other.example/").is_err());
    let seen = server.seen().pop().unwrap();
    assert_eq!(seen.line, "PUT /p");
    assert_eq!(seen.header("content-type"), Some("text/plain"));
    assert_eq!(seen.header("content-length"), Some("4"));
}

#[test]
fn a_body_over_the_limit_is_refused_and_a_head_announces_what_it_likes() {
    let huge = || vec![Reply::ok("x".repeat(100_000))];
    let head = vec![Reply::status(200, &[("Content-Length", "100000")], "")];
    let server = Server::start(vec![("/a", huge()), ("HEAD /a", head)]);
    let error = exchange(&request(&server.url("/a")), &get(Redirects::Refused)).unwrap_err();
    assert!(matches!(error, HttpError::TooLarge { .. }), "{error}");
    let asked = Exchange::asking(Method::Head, Redirects::Refused);
    let answer = exchange(&request(&server.url("/a")), &asked).unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, 0));
}

#[test]
fn only_what_does_no_harm_twice_is_sent_again() {
    let replies = || {
        let busy = Reply::status(503, &[("Retry-After", "7")], "");
        vec![busy, Reply::status(201, &[], "")]
    };
    for repeatable in [true, false] {
        let server = Server::start(vec![("PUT /p", replies())]);
        let asked = request(&server.url("/p"));
        let (answer, timer) = exchange_with(&Network::default(), &asked, &put(repeatable));
        match repeatable {
            true => assert_eq!(answer.unwrap().status, 201),
            false => assert!(matches!(
                answer.unwrap_err(),
                HttpError::Unavailable { status: 503, .. }
            )),
        }
        let waits: &[u64] = if repeatable { &[7] } else { &[] };
        assert_eq!(timer.waits(), waits);
    }
}

#[test]
fn redirects_lead_where_they_may_and_credentials_stay() {
    let there = Server::start(vec![("/x", vec![Reply::ok("there")])]);
    let port = there.address.port();
    let other_name = format!("http://localhost:{port}/x");
    let server = Server::start(vec![
        ("/other", vec![Reply::redirect(&other_name)]),
        ("/out", vec![Reply::redirect("http://other.example/x")]),
        ("/loop", vec![Reply::redirect("/loop")]),
        ("/nowhere", vec![Reply::status(302, &[], "")]),
    ]);
    let asked = |path: &str| {
        let mut request = request(&server.url(path));
        request.address = request.address.with_authorization(Redacted::new("Basic x"));
        request.headers = vec![("x-own".to_owned(), Redacted::new("x"))];
        request
    };
    let answer = exchange(&asked("/other"), &get(Redirects::AnyHost)).unwrap();
    assert_eq!(answer.body, b"there");
    assert!(!answer.is_from(&asked("/other").address));
    let seen = there.seen().pop().unwrap();
    assert_eq!(seen.header("authorization"), None);
    assert_eq!(seen.header("x-own"), None);
    let first = server.seen().pop().unwrap();
    assert_eq!(first.header("authorization"), Some("Basic x"));
    let error = |path: &str, redirects| exchange(&asked(path), &get(redirects)).unwrap_err();
    for (path, redirects) in [
        ("/other", Redirects::SameHost),
        // Over http from this machine to another one.
        ("/out", Redirects::AnyHost),
    ] {
        let error = error(path, redirects);
        assert!(
            matches!(error, HttpError::RedirectElsewhere { .. }),
            "{error}"
        );
    }
    assert!(matches!(
        error("/other", Redirects::Refused),
        HttpError::UnexpectedStatus { status: 302, .. }
    ));
    assert!(matches!(
        error("/loop", Redirects::AnyHost),
        HttpError::TooManyRedirects { .. }
    ));
    assert!(matches!(
        error("/nowhere", Redirects::AnyHost),
        HttpError::BadRedirect { .. }
    ));
    assert_eq!(there.seen().len(), 1);
}

#[test]
fn no_redirect_leads_from_https_to_http() {
    let plain = Server::start(vec![("/x", vec![Reply::ok("plain")])]);
    let authority = Authority::new();
    let dir = tempfile::tempdir().unwrap();
    let network = Network {
        further_certificates: vec![authority.write(dir.path())],
        ..Network::default()
    };
    let server = Server::start_tls(
        vec![
            ("/down", vec![Reply::redirect(&plain.url("/x"))]),
            ("/same", vec![Reply::redirect("/x")]),
            ("/x", vec![Reply::ok("secret")]),
        ],
        authority.server(&["127.0.0.1"]),
    );
    let asked = |path: &str| {
        let exchange = get(Redirects::AnyHost);
        exchange_with(&network, &request(&server.url(path)), &exchange).0
    };
    let error = asked("/down").unwrap_err();
    assert!(
        matches!(error, HttpError::RedirectToPlain { .. }),
        "{error}"
    );
    assert!(plain.seen().is_empty());
    assert_eq!(asked("/same").unwrap().body, b"secret");
}
