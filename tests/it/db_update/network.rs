//! The way to a mirror: authorities, proxies, redirects, passwords.

use super::{CATALOGUE, ZIP, directory, dump, serve, status, update, update_npm, update_with};
use crate::cli::{sealgate, text, write};
use crate::http::proxy::{Kind, Proxy};
use crate::http::server::{Reply, Server};
use crate::http::tls::Authority;

#[test]
fn a_private_authority_is_named_in_any_of_three_ways() {
    let dir = directory();
    let authority = Authority::new();
    let server = Server::start_tls(
        vec![(ZIP, vec![Reply::ok(dump("A-1", "a"))])],
        authority.server(&["127.0.0.1"]),
    );
    let certificate = authority.write(dir.path());
    let certificate = certificate.to_str().unwrap();
    let source = format!("osv={}", server.url("/osv"));
    let arguments = ["--source", &source, "--ecosystem", "npm"];
    let said = text(&update(dir.path(), &arguments, 3).stderr);
    assert!(said.contains("is not trusted"), "{said}");
    assert!(said.contains("SSL_CERT_FILE"), "{said}");
    assert!(server.seen().is_empty());

    let with_option = [&arguments[..], &["--ca-file", certificate]].concat();
    update(dir.path(), &with_option, 0);
    let environment = [("SSL_CERT_FILE", certificate)];
    update_with(dir.path(), &environment, &arguments, 0);
    write(
        dir.path(),
        "db/db.toml",
        "schema = 1\n[http]\nca-file = \"../authority.pem\"\n",
    );
    update(dir.path(), &arguments, 0);
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn proxies_are_used_and_passed_by_as_the_environment_says() {
    let dir = directory();
    let authority = Authority::new();
    let server = Server::start_tls(
        vec![(ZIP, vec![Reply::ok(dump("A-1", "a"))])],
        authority.server(&["mirror.example", "0.0.0.0"]),
    );
    let proxy = Proxy::start(Kind::Http, server.address);
    let certificate = authority.write(dir.path());
    let proxy_address = format!("http://{}", proxy.address);
    let environment = [
        ("SSL_CERT_FILE", certificate.to_str().unwrap()),
        ("HTTPS_PROXY", &proxy_address),
        ("NO_PROXY", "0.0.0.0"),
    ];
    let get = |url: &str| {
        let source = format!("osv={url}");
        let arguments = ["--source", &source, "--ecosystem", "npm"];
        update_with(dir.path(), &environment, &arguments, 0)
    };
    get("https://mirror.example/osv");
    assert_eq!(proxy.seen()[0].line, "CONNECT mirror.example:443");
    get(&server.url("/osv").replace("127.0.0.1", "0.0.0.0"));
    assert_eq!(proxy.seen().len(), 1);
}

#[test]
fn an_unencrypted_mirror_is_warned_of() {
    let dir = directory();
    let server = serve(Reply::ok(dump("A-1", "a")));
    let proxy = Proxy::start(Kind::Http, server.address);
    let environment = [("http_proxy", &*format!("http://{}", proxy.address))];
    let source = "osv=http://mirror.example/osv";
    let arguments = ["--source", source, "--ecosystem", "npm"];
    let output = update_with(dir.path(), &environment, &arguments, 0);
    let said = text(&output.stderr);
    assert!(said.contains("is not encrypted"), "{said}");
    assert!(update_npm(dir.path(), &server, 0).stderr.is_empty());
}

#[test]
fn a_redirect_to_another_host_needs_its_name() {
    let dir = directory();
    let files = serve(Reply::ok(dump("A-1", "a")));
    let elsewhere = format!("http://localhost:{}{ZIP}", files.address.port());
    let server = serve(Reply::redirect(&elsewhere));
    let source = format!("osv={}", server.url("/osv"));
    let arguments = ["--source", &source, "--ecosystem", "npm"];
    let said = text(&update(dir.path(), &arguments, 3).stderr);
    assert!(said.contains("--redirect-host HOST"), "{said}");
    let allowed = [&arguments[..], &["--redirect-host", "localhost"]].concat();
    update(dir.path(), &allowed, 0);
}

#[test]
fn a_password_of_a_mirror_is_sent_and_never_shown_or_kept() {
    let dir = directory();
    let good = Reply::ok(dump("A-1", "a"));
    let server = Server::start(vec![(ZIP, vec![good, Reply::status(404, &[], "")])]);
    let secret = ["hush", "hush"].concat();
    let url = server
        .url("/osv")
        .replace("://", &format!("://user:{secret}@"));
    let source = format!("osv={url}");
    let arguments = ["--source", &source, "--ecosystem", "npm"];
    for code in [0, 3] {
        let output = update(dir.path(), &arguments, code);
        for stream in [&output.stdout, &output.stderr] {
            assert!(!text(stream).contains(&secret), "{}", text(stream));
        }
    }
    assert!(server.seen()[0].header("authorization").is_some());
    let kept = std::fs::read(dir.path().join("db/sources/osv/npm/entry.json")).unwrap();
    assert!(!text(&kept).contains(&secret));
    assert!(!status(dir.path()).to_string().contains(&secret));
}

#[test]
fn commands_that_fetch_nothing_do_not_even_look_at_the_network_settings() {
    let dir = directory();
    crate::cli::import_demo_advisories(dir.path());
    write(dir.path(), "app/main.py", "x = 1\n");
    let broken = [
        ("HTTPS_PROXY", "ftp://nonsense"),
        ("ALL_PROXY", "::"),
        ("SSL_CERT_FILE", "/no/such/file"),
    ];
    for (arguments, code) in [
        (&["check", "app", "--only", "secrets"][..], 0),
        (&["db", "verify"], 0),
        (&["db", "update", "--source", "kev=kev.json"], 0),
    ] {
        write(dir.path(), "kev.json", CATALOGUE);
        let output = sealgate(dir.path())
            .envs(broken)
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
    }
    let arguments = ["--source", "kev=https://m.example/kev"];
    let output = update_with(dir.path(), &broken, &arguments, 2);
    let said = text(&output.stderr);
    let expected = "cannot use the trusted certificates in `/no/such/file`";
    assert!(said.contains(expected), "{said}");
}
