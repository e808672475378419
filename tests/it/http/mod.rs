//! The HTTP client against a real server.

mod exchange;
mod network;
pub mod proxy;
pub mod server;
pub mod tls;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealgate::model::Hint as _;
use sealgate::support::http::{
    Address, Answer, Client, HttpError, Limits, Network, Request, Timer, Validators,
};
use server::{Reply, Server};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const KILOBYTE: u64 = 1024;

/// Real time, but waits only count.
#[derive(Clone)]
struct TestTimer {
    started: Instant,
    waits: Arc<Mutex<Vec<Duration>>>,
}

impl TestTimer {
    fn new() -> Self {
        Self {
            started: Instant::now(),
            waits: Arc::default(),
        }
    }

    fn waits(&self) -> Vec<u64> {
        let waits = self.waits.lock().unwrap();
        waits.iter().map(Duration::as_secs).collect()
    }
}

impl Timer for TestTimer {
    fn elapsed(&self) -> Duration {
        self.started.elapsed() + self.waits.lock().unwrap().iter().sum::<Duration>()
    }

    fn sleep(&self, duration: Duration) {
        self.waits.lock().unwrap().push(duration);
    }
}

fn limits() -> Limits {
    Limits {
        connect: Duration::from_secs(5),
        idle: Duration::from_secs(5),
        total: Duration::from_mins(2),
        attempts: 3,
        first_wait: Duration::from_secs(1),
        redirects: 5,
    }
}

fn request(url: &str) -> Request {
    Request::new(Address::parse(url).unwrap(), 64 * KILOBYTE)
}

fn read_with(
    network: &Network,
    limits: Limits,
    request: &Request,
) -> (Result<Answer<Vec<u8>>, HttpError>, TestTimer) {
    let timer = TestTimer::new();
    let client = Client::new(network, limits, timer.clone()).unwrap();
    (client.read(request), timer)
}

fn read(request: &Request) -> Result<Answer<Vec<u8>>, HttpError> {
    read_with(&Network::default(), limits(), request).0
}

fn body(answer: Answer<Vec<u8>>) -> String {
    match answer {
        Answer::Fetched { content, .. } => String::from_utf8(content).unwrap(),
        Answer::NotModified => panic!("a body was expected"),
    }
}

#[test]
fn a_body_comes_whole_and_says_what_to_ask_with_next_time() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let headers = [("ETag", "\"1\""), ("Last-Modified", date)];
    let server = Server::start(vec![("/a", vec![Reply::status(200, &headers, "body")])]);
    let Answer::Fetched {
        content,
        validators,
    } = read(&request(&server.url("/a"))).unwrap()
    else {
        panic!("a body was expected")
    };
    assert_eq!(content, b"body");
    assert_eq!(validators.etag.as_deref(), Some("\"1\""));
    assert_eq!(validators.last_modified.as_deref(), Some(date));
    let seen = server.seen();
    let version = concat!("sealgate/", env!("CARGO_PKG_VERSION"));
    assert_eq!(seen[0].header("user-agent"), Some(version));
    assert_eq!(seen[0].header("accept-encoding"), Some("identity"));
    assert_eq!(seen[0].header("authorization"), None);
    assert_eq!(seen[0].header("if-none-match"), None);
}

#[test]
fn a_file_gets_the_body_and_its_digest_also_after_a_try_that_broke_off() {
    let server = Server::start(vec![(
        "/a",
        vec![Reply::announced(9, "gar"), Reply::ok("body")],
    )]);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_owned();
    let client = Client::new(&Network::default(), limits(), TestTimer::new()).unwrap();
    let answer = client
        .store(&request(&server.url("/a")), file.as_file_mut(), &path)
        .unwrap();
    let Answer::Fetched { content, .. } = answer else {
        panic!("a body was expected")
    };
    assert_eq!(content.length, 4);
    assert_eq!(content.digest, sealgate::support::hash::sha256(b"body"));
    assert_eq!(std::fs::read(path).unwrap(), b"body");
}

#[test]
fn what_is_not_newer_is_not_sent_again() {
    let server = Server::start(vec![("/a", vec![Reply::tagged("\"1\"", "body")])]);
    let mut request = request(&server.url("/a"));
    request.unless.etag = Some("\"1\"".to_owned());
    assert_eq!(read(&request).unwrap(), Answer::NotModified);
    request.unless.etag = Some("\"0\"".to_owned());
    assert_eq!(body(read(&request).unwrap()), "body");
}

#[test]
fn not_modified_without_a_condition_is_no_answer() {
    let server = Server::start(vec![("/a", vec![Reply::status(304, &[], "")])]);
    let error = read(&request(&server.url("/a"))).unwrap_err();
    assert!(
        matches!(error, HttpError::UnexpectedStatus { status: 304, .. }),
        "{error}"
    );
}

#[test]
fn a_busy_server_is_asked_again_when_it_says_so() {
    let busy = Reply::status(429, &[("Retry-After", "7")], "");
    let server = Server::start(vec![("/a", vec![busy, Reply::ok("body")])]);
    let (answer, timer) = read_with(&Network::default(), limits(), &request(&server.url("/a")));
    assert_eq!(body(answer.unwrap()), "body");
    assert_eq!(timer.waits(), [7]);
}

#[test]
fn a_broken_server_is_asked_again_with_growing_waits_and_then_given_up() {
    for status in [429, 500, 502, 503, 504] {
        let failing = Reply::status(status, &[], "");
        let server = Server::start(vec![("/a", vec![failing])]);
        let (answer, timer) = read_with(&Network::default(), limits(), &request(&server.url("/a")));
        let error = answer.unwrap_err();
        assert!(
            matches!(&error, HttpError::Unavailable { status: s, .. } if *s == status),
            "{error}"
        );
        assert_eq!(timer.waits(), [1, 2]);
        assert_eq!(server.seen().len(), 3);
    }
}

#[test]
fn a_wait_longer_than_the_time_left_is_not_waited_for() {
    let busy = Reply::status(503, &[("Retry-After", "86400")], "");
    let server = Server::start(vec![("/a", vec![busy])]);
    let (answer, timer) = read_with(&Network::default(), limits(), &request(&server.url("/a")));
    let error = answer.unwrap_err();
    assert!(
        error.to_string().contains("asks to wait 86400 s"),
        "{error}"
    );
    assert!(timer.waits().is_empty());
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn what_will_not_change_is_asked_for_once() {
    type IsExpected = fn(&HttpError) -> bool;
    let cases: [(u16, IsExpected); 6] = [
        (401, |e| matches!(e, HttpError::Denied { status: 401, .. })),
        (403, |e| matches!(e, HttpError::Denied { status: 403, .. })),
        (404, |e| {
            matches!(e, HttpError::NotFound { status: 404, .. })
        }),
        (410, |e| {
            matches!(e, HttpError::NotFound { status: 410, .. })
        }),
        (206, |e| {
            matches!(e, HttpError::UnexpectedStatus { status: 206, .. })
        }),
        (501, |e| {
            matches!(e, HttpError::UnexpectedStatus { status: 501, .. })
        }),
    ];
    for (status, is_expected) in cases {
        let server = Server::start(vec![("/a", vec![Reply::status(status, &[], "x")])]);
        let error = read(&request(&server.url("/a"))).unwrap_err();
        assert!(is_expected(&error), "{error}");
        assert_eq!(server.seen().len(), 1, "{status}");
    }
}

#[test]
fn a_body_that_breaks_off_is_never_taken() {
    let chunked = Reply::new(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n")
    });
    for cut in [Reply::announced(9, "gar"), chunked] {
        let server = Server::start(vec![("/a", vec![cut])]);
        let error = read(&request(&server.url("/a"))).unwrap_err();
        assert!(matches!(error, HttpError::Interrupted { .. }), "{error}");
        assert_eq!(server.seen().len(), 3);
    }
}

#[test]
fn a_server_that_says_nothing_or_no_http_is_an_error() {
    let silent = Reply::new(|_, _| Ok(()));
    let other = Reply::new(|_, stream| stream.write_all(b"220 mail.example ESMTP\r\n"));
    for reply in [silent, other] {
        let server = Server::start(vec![("/a", vec![reply])]);
        let error = read(&request(&server.url("/a"))).unwrap_err();
        assert!(matches!(error, HttpError::NoAnswer { .. }), "{error}");
    }
}

#[test]
fn a_body_over_the_limit_is_refused_announced_or_not() {
    for huge in [Reply::announced(1 << 40, "x"), Reply::endless()] {
        let server = Server::start(vec![("/a", vec![huge])]);
        let error = read(&request(&server.url("/a"))).unwrap_err();
        assert!(
            matches!(error, HttpError::TooLarge { limit: 65536, .. }),
            "{error}"
        );
        assert_eq!(server.seen().len(), 1);
    }
    let server = Server::start(vec![("/a", vec![Reply::ok(vec![b'x'; 65536])])]);
    assert_eq!(
        body(read(&request(&server.url("/a"))).unwrap()).len(),
        65536
    );
}

#[test]
fn a_body_compressed_for_transport_is_not_unpacked() {
    let packed = Reply::status(200, &[("Content-Encoding", "gzip")], b"\x1f\x8b\x08rest");
    let server = Server::start(vec![("/a", vec![packed])]);
    let mut request = request(&server.url("/a"));
    let error = read(&request).unwrap_err();
    assert!(
        matches!(&error, HttpError::Encoded { encoding, .. } if encoding == "gzip"),
        "{error}"
    );
    request.keep_encoding = true;
    let Answer::Fetched { content, .. } = read(&request).unwrap() else {
        panic!("a body was expected")
    };
    assert_eq!(content, b"\x1f\x8b\x08rest");
}

#[test]
fn an_idle_server_is_left_and_one_that_never_ends_has_only_the_whole_time() {
    let server = Server::start(vec![("/a", vec![Reply::stalled(), Reply::endless()])]);
    let get = |limits| {
        let mut request = request(&server.url("/a"));
        request.max_bytes = u64::MAX;
        read_with(&Network::default(), limits, &request)
            .0
            .unwrap_err()
    };
    let mut short = limits();
    short.attempts = 1;
    short.idle = Duration::from_millis(100);
    let error = get(short);
    assert!(matches!(error, HttpError::IdleTimeout { .. }), "{error}");
    assert!(error.to_string().contains("0.1 s"), "{error}");
    short.idle = Duration::from_mins(1);
    short.total = Duration::from_millis(400);
    let error = get(short);
    assert!(matches!(error, HttpError::OutOfTime { .. }), "{error}");
}

#[test]
fn a_port_without_a_server_and_a_host_without_an_address_are_unreachable() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    for url in [
        format!("http://127.0.0.1:{port}/"),
        // Too long a label to be asked for anywhere.
        format!("http://{}.example/", "x".repeat(64)),
    ] {
        let (answer, timer) = read_with(&Network::default(), limits(), &request(&url));
        let error = answer.unwrap_err();
        assert!(matches!(error, HttpError::Unreachable { .. }), "{error}");
        assert_eq!(timer.waits(), [1, 2]);
    }
}

#[test]
fn a_redirect_on_one_host_is_followed_with_the_credentials_of_its_origin() {
    let server = Server::start(vec![
        ("/a", vec![Reply::redirect("../b?x=1")]),
        ("/b?x=1", vec![Reply::ok("body")]),
    ]);
    let url = server.url("/a").replace("://", "://user:word@");
    assert_eq!(body(read(&request(&url)).unwrap()), "body");
    let basic = format!("Basic {}", STANDARD.encode("user:word"));
    for seen in server.seen() {
        assert_eq!(seen.header("authorization"), Some(basic.as_str()));
    }
}

#[test]
fn a_redirect_to_another_host_needs_permission_and_gets_no_credentials() {
    let other = Server::start(vec![("/b", vec![Reply::ok("body")])]);
    let elsewhere = format!("http://u:p@localhost:{}/b", other.address.port());
    let server = Server::start(vec![("/a", vec![Reply::redirect(&elsewhere)])]);
    let url = server.url("/a").replace("://", "://user:word@");
    let mut request = request(&url);
    let error = read(&request).unwrap_err();
    assert!(
        matches!(&error, HttpError::RedirectElsewhere { to, .. } if to.starts_with("http://localhost:")),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("--redirect-host"));
    assert!(other.seen().is_empty());
    request.redirect_hosts = vec!["LocalHost".to_owned()];
    assert_eq!(body(read(&request).unwrap()), "body");
    assert_eq!(other.seen()[0].header("authorization"), None);
}

#[test]
fn the_same_host_with_another_port_needs_permission_and_gets_no_credentials() {
    let other = Server::start(vec![("/b", vec![Reply::ok("body")])]);
    let server = Server::start(vec![("/a", vec![Reply::redirect(&other.url("/b"))])]);
    let url = server.url("/a").replace("://", "://user:word@");
    let mut request = request(&url);
    let error = read(&request).unwrap_err();
    assert!(
        matches!(error, HttpError::RedirectElsewhere { .. }),
        "{error}"
    );
    assert!(other.seen().is_empty());
    request.redirect_hosts = vec!["127.0.0.1".to_owned()];
    assert_eq!(body(read(&request).unwrap()), "body");
    assert_eq!(other.seen()[0].header("authorization"), None);
}

#[test]
fn redirects_end_somewhere() {
    let server = Server::start(vec![
        ("/a", vec![Reply::redirect("/b")]),
        ("/b", vec![Reply::redirect("/a")]),
        ("/nowhere", vec![Reply::status(302, &[], "")]),
        ("/file", vec![Reply::redirect("file:///etc/passwd")]),
    ]);
    let error = read(&request(&server.url("/a"))).unwrap_err();
    assert!(
        matches!(error, HttpError::TooManyRedirects { limit: 5, .. }),
        "{error}"
    );
    assert_eq!(server.seen().len(), 6);
    for target in ["/nowhere", "/file"] {
        let error = read(&request(&server.url(target))).unwrap_err();
        assert!(matches!(error, HttpError::BadRedirect { .. }), "{error}");
    }
}

#[test]
fn no_error_shows_a_credential() {
    let server = Server::start(vec![("/a?token=hush", vec![Reply::status(404, &[], "")])]);
    let url = server
        .url("/a?token=hush")
        .replace("://", &["://user:", "hush", "@"].concat());
    let error = read(&request(&url)).unwrap_err();
    assert!(!error.to_string().contains("hush"), "{error}");
    assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    let nowhere = "x".repeat(64);
    let unreachable = read(&request(&url.replace("127.0.0.1", &nowhere))).unwrap_err();
    assert!(!format!("{unreachable:?}").contains("hush"));
    assert!(Validators::default().is_empty());
}
