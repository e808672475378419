//! Private authorities and proxies.

use super::proxy::{Kind, Proxy};
use super::server::{Reply, Server};
use super::tls::Authority;
use super::{body, limits, read, read_with, request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealgate::model::{Hint as _, Redacted};
use sealgate::support::http::{HttpError, Network};

fn trusting(authority: &Authority) -> (Network, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let network = Network {
        further_certificates: vec![authority.write(directory.path())],
        ..Network::default()
    };
    (network, directory)
}

#[test]
fn a_private_authority_is_trusted_where_it_is_named_and_only_there() {
    let authority = Authority::new();
    let server = Server::start_tls(
        vec![("/a", vec![Reply::ok("body")])],
        authority.server(&["127.0.0.1"]),
    );
    let request = request(&server.url("/a"));
    let (answer, timer) = read_with(&Network::default(), limits(), &request);
    let error = answer.unwrap_err();
    assert!(matches!(error, HttpError::Untrusted { .. }), "{error}");
    assert!(error.hint().unwrap().contains("SSL_CERT_FILE"));
    assert!(timer.waits().is_empty());

    let (besides, directory) = trusting(&authority);
    let instead = Network {
        certificate_file: besides.further_certificates.first().cloned(),
        ..Network::default()
    };
    let in_directory = Network {
        certificate_directories: vec![directory.path().to_owned()],
        ..Network::default()
    };
    for network in [besides, instead, in_directory] {
        let (answer, _) = read_with(&network, limits(), &request);
        assert_eq!(body(answer.unwrap()), "body");
    }
    let (stranger, _directory) = trusting(&Authority::new());
    let (answer, _) = read_with(&stranger, limits(), &request);
    assert!(matches!(answer.unwrap_err(), HttpError::Untrusted { .. }));
}

#[test]
fn a_certificate_for_another_name_is_not_trusted() {
    let authority = Authority::new();
    let server = Server::start_tls(
        vec![("/a", vec![Reply::ok("body")])],
        authority.server(&["other.example"]),
    );
    let (network, _directory) = trusting(&authority);
    let (answer, _) = read_with(&network, limits(), &request(&server.url("/a")));
    let error = answer.unwrap_err();
    assert!(matches!(error, HttpError::Untrusted { .. }), "{error}");
}

#[test]
fn a_redirect_never_leads_from_encrypted_to_plain() {
    let authority = Authority::new();
    let plain = Server::start(vec![("/b", vec![Reply::ok("body")])]);
    let server = Server::start_tls(
        vec![("/a", vec![Reply::redirect(&plain.url("/b"))])],
        authority.server(&["127.0.0.1"]),
    );
    let (network, _directory) = trusting(&authority);
    let mut request = request(&server.url("/a"));
    request.redirect_hosts = vec!["127.0.0.1".to_owned()];
    let (answer, _) = read_with(&network, limits(), &request);
    let error = answer.unwrap_err();
    assert!(
        matches!(error, HttpError::RedirectToPlain { .. }),
        "{error}"
    );
    assert!(plain.seen().is_empty());
}

#[test]
fn plain_http_on_a_tls_address_is_a_tls_error() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let answer = b"HTTP/1.1 400 Bad Request\r\n\r\n";
        std::io::Write::write_all(&mut stream, answer).unwrap();
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let error = read(&request(&url)).unwrap_err();
    assert!(matches!(error, HttpError::Tls { .. }), "{error:?}");
}

fn through(proxy: &Proxy, scheme: &str) -> Option<Redacted> {
    // What an address cannot hold as it is stands percent-encoded in a password.
    let userinfo = ["user", ":", "p%40s%3As%2F%7C'!"].concat();
    Some(Redacted::new(format!(
        "{scheme}://{userinfo}@{}",
        proxy.address
    )))
}

#[test]
fn https_goes_through_the_tunnel_of_a_proxy_with_its_password() {
    let authority = Authority::new();
    let server = Server::start_tls(
        vec![("/a", vec![Reply::ok("body")])],
        authority.server(&["mirror.example"]),
    );
    let proxy = Proxy::start(Kind::Http, server.address);
    let (mut network, _directory) = trusting(&authority);
    network.https_proxy = through(&proxy, "http");
    let request = request("https://mirror.example/a");
    let (answer, _) = read_with(&network, limits(), &request);
    assert_eq!(body(answer.unwrap()), "body");
    let seen = proxy.seen();
    assert_eq!(seen[0].line, "CONNECT mirror.example:443");
    assert_eq!(
        seen[0].header("proxy-authorization"),
        Some(format!("Basic {}", STANDARD.encode("user:p@s:s/|'!")).as_str())
    );
    assert_eq!(server.seen()[0].header("proxy-authorization"), None);
}

#[test]
fn plain_http_is_asked_of_the_proxy_itself() {
    let server = Server::start(vec![("/a", vec![Reply::ok("body")])]);
    let proxy = Proxy::start(Kind::Http, server.address);
    let network = Network {
        http_proxy: through(&proxy, "http"),
        ..Network::default()
    };
    let request = request("http://mirror.example/a");
    let (answer, _) = read_with(&network, limits(), &request);
    assert_eq!(body(answer.unwrap()), "body");
    assert_eq!(proxy.seen()[0].line, "GET http://mirror.example/a");
}

#[test]
fn a_socks_proxy_looks_the_name_up_itself() {
    let server = Server::start(vec![("/a", vec![Reply::ok("body")])]);
    let proxy = Proxy::start(Kind::Socks, server.address);
    let network = Network {
        all_proxy: Some(Redacted::new(format!("socks5h://{}", proxy.address))),
        ..Network::default()
    };
    let request = request("http://mirror.example/a");
    let (answer, _) = read_with(&network, limits(), &request);
    assert_eq!(body(answer.unwrap()), "body");
    assert_eq!(proxy.seen()[0].line, "SOCKS mirror.example:80");
}

#[test]
fn hosts_without_a_proxy_are_reached_directly() {
    let server = Server::start(vec![("/a", vec![Reply::ok("body")])]);
    let proxy = Proxy::start(Kind::Refusing, server.address);
    // It leads to this machine, and is none of its own addresses.
    let url = server.url("/a").replace("127.0.0.1", "0.0.0.0");
    for (list, is_direct) in [
        ("0.0.0.0", true),
        ("other.example, 0.0.0.0/8", true),
        ("*", true),
        ("other.example", false),
        ("", false),
    ] {
        let network = Network {
            all_proxy: through(&proxy, "http"),
            no_proxy: list.to_owned(),
            ..Network::default()
        };
        let before = proxy.seen().len();
        let (answer, _) = read_with(&network, limits(), &request(&url));
        assert_eq!(answer.is_ok(), is_direct, "{list}");
        assert_eq!(proxy.seen().len() == before, is_direct, "{list}");
    }
}

#[test]
fn no_proxy_is_told_what_goes_to_this_machine() {
    let server = Server::start(vec![("/a", vec![Reply::ok("body")])]);
    let proxy = Proxy::start(Kind::Http, server.address);
    let http = Network {
        http_proxy: through(&proxy, "http"),
        ..Network::default()
    };
    let all = Network {
        all_proxy: through(&proxy, "http"),
        no_proxy: "other.example".to_owned(),
        ..Network::default()
    };
    let port = server.address.port();
    for network in [http, all] {
        for host in ["127.0.0.1", "localhost", "127.1"] {
            let url = format!("http://{host}:{port}/a");
            let (answer, _) = read_with(&network, limits(), &request(&url));
            assert_eq!(body(answer.unwrap()), "body", "{host}");
        }
        // Whether anything listens there or not.
        let _ = read_with(&network, limits(), &request("http://[::1]:9/a"));
        assert!(proxy.seen().is_empty(), "{:?}", proxy.seen());
    }
    let elsewhere = Network {
        http_proxy: through(&proxy, "http"),
        ..Network::default()
    };
    let request = request("http://localhost.example/a");
    let (answer, _) = read_with(&elsewhere, limits(), &request);
    assert_eq!(body(answer.unwrap()), "body");
    assert_eq!(proxy.seen().len(), 1);
}

#[test]
fn a_proxy_that_refuses_is_named_as_a_possible_cause() {
    let server = Server::start(Vec::new());
    let proxy = Proxy::start(Kind::Refusing, server.address);
    let network = Network {
        https_proxy: through(&proxy, "http"),
        ..Network::default()
    };
    let request = request("https://mirror.example/a");
    let (answer, _) = read_with(&network, limits(), &request);
    let error = answer.unwrap_err();
    assert!(matches!(error, HttpError::Unreachable { .. }), "{error}");
    assert!(error.hint().unwrap().contains("NO_PROXY"));
}
