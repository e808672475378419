//! Registries that do not answer, or answer with what is no answer: never a pass.

use super::cargo::{approved, index, line, lock};
use super::{answers, ask, ask_with, closed_port, ids, messages, project, sum};
use crate::cli::text;
use crate::http::server::{Reply, Server};
use std::path::Path;

const PLACE: &str = "/index/ac/me/acme_left";

/// A good index whose answer about the crate is another one.
fn with(reply: Reply) -> Server {
    let server = Server::start(vec![]);
    let config = format!("{{\"dl\":\"{}\"}}", server.url("/crates"));
    server.set(vec![
        ("/index/config.json", vec![Reply::ok(config)]),
        (PLACE, vec![reply]),
    ]);
    server
}

/// Asks about the crate and insists that there is no answer; what the gap says.
fn no_answer(server: &Server) -> String {
    let dir = project(&approved(server), &lock(server, &sum('a')));
    let report = ask(dir.path(), 3);
    assert_eq!(answers(&report), ["unreachable"]);
    assert_eq!(ids(&report, "gaps"), ["registry/unreachable"]);
    assert!(ids(&report, "findings").is_empty());
    messages(&report)
}

#[test]
fn a_refused_connection_is_no_answer() {
    let server = index(String::new());
    let dir = project(
        &format!("cargo = [\"http://127.0.0.1:{}/index/\"]", closed_port()),
        &lock(&server, &sum('a')),
    );
    let report = ask(dir.path(), 1);
    // The lockfile names a server that is not approved: it is not contacted.
    assert!(server.seen().is_empty());
    assert_eq!(ids(&report, "findings"), ["registry/unapproved-origin"]);
    assert_eq!(ids(&report, "gaps"), ["registry/unreachable"]);
    assert_eq!(answers(&report), ["unreachable"]);
}

#[test]
fn refusals_overload_and_errors_are_no_answer() {
    for (status, expected) in [
        (401, "no credential for this registry"),
        (403, "HTTP 403"),
        (407, "HTTP 407"),
        (429, "HTTP 429"),
        (500, "HTTP 500"),
        (503, "HTTP 503"),
        (418, "HTTP 418"),
    ] {
        let said = no_answer(&with(Reply::status(status, &[], "")));
        assert!(said.contains(expected), "{status}: {said}");
    }
}

#[test]
fn a_firewalls_reason_is_shown_and_steers_no_terminal() {
    let body = "{\"error\":\"blocked by rule \\u001b[31m7: malware\"}";
    let said = no_answer(&with(Reply::status(403, &[], body)));
    assert!(
        said.contains("blocked by rule \\u{1b}[31m7: malware"),
        "{said}"
    );
}

#[test]
fn a_busy_server_is_asked_again_within_the_time() {
    let server = with(Reply::ok(""));
    let config = format!("{{\"dl\":\"{}\"}}", server.url("/crates"));
    server.set(vec![
        (
            "/index/config.json",
            vec![
                Reply::status(503, &[("Retry-After", "0")], ""),
                Reply::ok(config),
            ],
        ),
        (
            PLACE,
            vec![
                Reply::status(429, &[("Retry-After", "0")], ""),
                Reply::ok(line("1.2.3", &sum('a'), "")),
            ],
        ),
    ]);
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    assert_eq!(answers(&ask(dir.path(), 0)), ["approved"]);
    // A wait beyond the time is not waited for.
    server.set(vec![(
        "/index/config.json",
        vec![Reply::status(503, &[("Retry-After", "9999")], "")],
    )]);
    assert_eq!(answers(&ask(dir.path(), 3)), ["unreachable"]);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn pages_cut_off_huge_and_senseless_bodies_are_no_answer() {
    for (reply, expected) in [
        (Reply::ok("<html>Sign in</html>"), "a web page instead of"),
        (
            Reply::ok("{\"name\":\"acme_left\",\"ve"),
            "no lines of a sparse index",
        ),
        (Reply::ok(b"\xff\xfe\x00"), "utf-8"),
        (Reply::announced(1000, "{"), "broke off"),
        (Reply::announced(1 << 40, "x"), "larger than the limit"),
        (
            Reply::status(200, &[("Content-Encoding", "gzip")], "x"),
            "content encoding",
        ),
    ] {
        let said = no_answer(&with(reply));
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn a_redirect_to_another_host_is_refused_and_gets_no_token() {
    let other = index(line("1.2.3", &sum('a'), ""));
    let target = other.url(PLACE).replace("127.0.0.1", "localhost");
    let server = with(Reply::redirect(&target));
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    let token = ["tok", "en-for-one-host"].concat();
    let variables = [("SEALGATE_REGISTRY_TOKEN_127_0_0_1", token.as_str())];
    let report = ask_with(dir.path(), &variables, &["--online"], 3);
    assert_eq!(answers(&report), ["unreachable"]);
    assert!(messages(&report).contains("redirects to another host"));
    assert!(other.seen().is_empty());
    assert!(!report.to_string().contains(&token));
    let header = format!("Bearer {token}");
    assert_eq!(
        server.seen()[1].header("authorization"),
        Some(header.as_str())
    );
}

#[test]
fn a_redirect_to_another_port_is_one_to_another_server() {
    let other = index(line("1.2.3", &sum('a'), ""));
    let server = with(Reply::redirect(&other.url(PLACE)));
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    let report = ask(dir.path(), 3);
    assert_eq!(answers(&report), ["unreachable"]);
    assert!(messages(&report).contains("redirects to another host or port"));
    assert!(other.seen().is_empty());
}

#[test]
fn a_credential_that_is_not_accepted_is_told_and_never_shown() {
    let token = ["expired", "-", "secret"].concat();
    let body = format!("{{\"message\":\"token {token} expired\"}}");
    let server = with(Reply::status(401, &[], body));
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    let cargo = format!(
        "[registries.own]\nindex = \"sparse+{}\"\n",
        server.url("/index/")
    );
    crate::cli::write(dir.path(), ".cargo/config.toml", cargo);
    crate::cli::write(
        dir.path(),
        ".cargo/credentials.toml",
        format!("[registries.own]\ntoken = \"{token}\"\n"),
    );
    let report = ask(dir.path(), 3);
    let said = messages(&report);
    assert!(said.contains("perhaps it has expired"), "{said}");
    assert!(!report.to_string().contains(&token), "{said}");
    assert_eq!(
        server.seen()[0].header("authorization"),
        Some(token.as_str())
    );
    // A project's own file must not choose where a token goes.
    let tree = index(line("1.2.3", &sum('a'), ""));
    let dir = project(&approved(&tree), &lock(&tree, &sum('a')));
    crate::cli::write(
        dir.path(),
        "app/.cargo/config.toml",
        format!(
            "[registries.own]\nindex = \"sparse+{}\"\n",
            tree.url("/index/")
        ),
    );
    crate::cli::write(
        dir.path(),
        ".cargo/credentials.toml",
        format!("[registries.own]\ntoken = \"{token}\"\n"),
    );
    ask(dir.path(), 0);
    assert_eq!(tree.seen()[0].header("authorization"), None);
}

#[test]
fn a_slow_server_ends_with_the_time() {
    let server = with(Reply::stalled());
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    let report = ask_with(dir.path(), &[], &["--online", "--budget", "1"], 3);
    assert_eq!(answers(&report), ["unreachable"]);
    assert!(
        messages(&report).contains("--budget"),
        "{}",
        messages(&report)
    );
}

#[test]
fn a_server_that_is_down_is_not_asked_about_every_package() {
    let names: Vec<String> = (0..40).map(|n| format!("acme_{n:02}")).collect();
    let server = Server::start(vec![(
        "/index/config.json",
        vec![Reply::status(500, &[], "")],
    )]);
    let mut files = lock(&server, &sum('a'));
    let mut text = "version = 4\n".to_owned();
    for name in &names {
        text += &format!(
            "\n[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"sparse+{}\"\nchecksum = \"{}\"\n",
            server.url("/index/"),
            sum('a')
        );
    }
    let list: Vec<String> = names.iter().map(|name| format!(" \"{name}\",\n")).collect();
    text += &format!(
        "\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n{}]\n",
        list.concat()
    );
    files[1].1 = text;
    let dir = project(&approved(&server), &files);
    let report = ask(dir.path(), 3);
    assert_eq!(report["registry"]["counts"]["unreachable"], 40);
    // One gap, not forty, after one question with its retries.
    assert_eq!(
        report["gaps"].as_array().unwrap().len(),
        1,
        "{}",
        messages(&report)
    );
    assert!(messages(&report).contains("and 37 more"));
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn without_an_address_nobody_is_asked_and_the_gap_says_how_to_write_it() {
    let server = index(line("1.2.3", &sum('a'), ""));
    let files = lock(&server, &sum('a'));
    let said = |approved: &str| {
        let dir = project(approved, &files);
        let report = ask_any(dir.path());
        assert_eq!(answers(&report), ["not-asked"]);
        assert!(ids(&report, "gaps").contains(&"registry/not-asked".to_owned()));
        messages(&report)
    };
    assert!(said("cargo = [\"default\"]").contains("default=https://host/path/"));
    assert!(said("npm = [\"default\"]").contains("approves no registry of cargo"));
    assert!(server.seen().is_empty());
}

/// Whatever the exit code, but never 0.
fn ask_any(dir: &Path) -> serde_json::Value {
    let output = crate::cli::sealgate(dir)
        .args([
            "--at",
            super::NOW,
            "registry",
            "app",
            "--policy",
            "policy.toml",
        ])
        .args(["--online", "--format", "json"])
        .output()
        .unwrap();
    assert!(
        matches!(output.status.code(), Some(1 | 3)),
        "{}",
        text(&output.stdout)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}
