//! Sparse indexes.

use super::{answers, ask, closed_port, ids, messages, project, project_with, sum};
use crate::http::server::{Reply, Server};

const PLACE: &str = "/index/ac/me/acme_left";
const CONFIG: &str = "/index/config.json";

/// A lockfile of a product with `acme_left` from a sparse index.
pub fn lock(server: &Server, checksum: &str) -> Vec<(&'static str, String)> {
    let index = server.url("/index/");
    vec![
        (
            "Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\n[dependencies]\nacme_left = { version = \"1\", registry = \"acme\" }\n"
                .to_owned(),
        ),
        (
            "Cargo.lock",
            format!(
                "version = 4\n\n[[package]]\nname = \"acme_left\"\nversion = \"1.2.3\"\nsource = \"sparse+{index}\"\nchecksum = \"{checksum}\"\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"acme_left\",\n]\n"
            ),
        ),
    ]
}

pub fn line(version: &str, checksum: &str, more: &str) -> String {
    format!(
        "{{\"name\":\"acme_left\",\"vers\":\"{version}\",\"deps\":[],\"cksum\":\"{checksum}\",\"features\":{{}}{more}}}\n"
    )
}

/// An index whose crates lie on its own server.
pub fn index(lines: String) -> Server {
    let server = Server::start(vec![]);
    let config = format!(
        "{{\"dl\":\"{}/{{crate}}/{{version}}\"}}",
        server.url("/crates")
    );
    server.set(vec![
        (CONFIG, vec![Reply::ok(config)]),
        (PLACE, vec![Reply::tagged("\"1\"", lines)]),
    ]);
    server
}

pub fn approved(server: &Server) -> String {
    format!("cargo = [\"{}\"]", server.url("/index/"))
}

#[test]
fn a_crate_with_the_locked_checksum_is_approved_after_two_requests() {
    let server = index(line("1.2.2", &sum('b'), "") + &line("1.2.3", &sum('a'), ""));
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    let report = ask(dir.path(), 0);
    assert_eq!(answers(&report), ["approved"]);
    assert_eq!(report["registry"]["counts"]["approved"], 1);
    assert!(ids(&report, "findings").is_empty(), "{}", messages(&report));
    assert_eq!(
        server.lines(),
        [format!("GET {CONFIG}"), format!("GET {PLACE}")]
    );
}

#[test]
fn another_checksum_than_the_registrys_fails() {
    let server = index(line("1.2.3", &sum('a'), ""));
    let dir = project(&approved(&server), &lock(&server, &sum('b')));
    let report = ask(dir.path(), 1);
    assert_eq!(answers(&report), ["checksum-mismatch"]);
    assert_eq!(ids(&report, "findings"), ["registry/checksum-mismatch"]);
    let said = messages(&report);
    assert!(said.contains("sha256 `bbbbbbbbbbbbbbbb…`"), "{said}");
    assert!(said.contains("sha256 `aaaaaaaaaaaaaaaa…`"), "{said}");
    assert_eq!(report["findings"][0]["location"]["path"], "Cargo.lock");
    assert_eq!(report["findings"][0]["location"]["line"], 4);
}

#[test]
fn a_yanked_version_is_told() {
    let server = index(line("1.2.3", &sum('a'), ",\"yanked\":true"));
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    let report = ask(dir.path(), 0);
    assert_eq!(answers(&report), ["yanked"]);
    assert_eq!(ids(&report, "findings"), ["registry/yanked"]);
    let strict = project_with(
        &approved(&server),
        "[rules]\n\"registry/yanked\" = \"block\"",
        &lock(&server, &sum('a')),
    );
    ask(strict.path(), 1);
}

#[test]
fn a_missing_name_and_a_missing_version_are_absent() {
    for status in [404, 410, 451] {
        let server = index(String::new());
        let config = format!("{{\"dl\":\"{}\"}}", server.url("/crates"));
        server.set(vec![
            (CONFIG, vec![Reply::ok(config)]),
            (PLACE, vec![Reply::status(status, &[], "gone")]),
        ]);
        let dir = project(&approved(&server), &lock(&server, &sum('a')));
        let report = ask(dir.path(), 1);
        assert_eq!(answers(&report), ["absent"]);
        assert!(messages(&report).contains("does not have this name"));
    }
    let server = index(line("1.2.4", &sum('a'), ""));
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    let report = ask(dir.path(), 1);
    assert_eq!(ids(&report, "findings"), ["registry/absent"]);
    assert!(messages(&report).contains("but not this version"));
}

/// The index is approved and lets cargo fetch the crates elsewhere (cargo#15663).
#[test]
fn dl_on_another_host_is_found_unless_that_host_is_approved() {
    let server = index(line("1.2.3", &sum('a'), ""));
    let elsewhere = format!("http://localhost:{}/crates", closed_port());
    let config = format!("{{\"dl\":\"{elsewhere}/{{crate}}/{{version}}/download\"}}");
    let routes = || {
        vec![
            (CONFIG, vec![Reply::ok(&config)]),
            (PLACE, vec![Reply::ok(line("1.2.3", &sum('a'), ""))]),
        ]
    };
    server.set(routes());
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    let report = ask(dir.path(), 1);
    assert_eq!(answers(&report), ["origin-external"]);
    assert_eq!(ids(&report, "findings"), ["registry/origin-external"]);
    assert!(
        messages(&report).contains("`http://localhost:"),
        "{}",
        messages(&report)
    );
    let both = format!("cargo = [\"{}\", \"{elsewhere}\"]", server.url("/index/"));
    let dir = project(&both, &lock(&server, &sum('a')));
    assert_eq!(answers(&ask(dir.path(), 0)), ["approved"]);
    // The path counts too, not the host alone.
    let other = format!(
        "cargo = [\"{}\", \"{elsewhere}-other/\"]",
        server.url("/index/")
    );
    let dir = project(&other, &lock(&server, &sum('a')));
    assert_eq!(answers(&ask(dir.path(), 1)), ["origin-external"]);
}

/// A marker inside the host makes cargo ask another server than the text before it names.
#[test]
fn a_marker_in_the_host_of_dl_is_another_host() {
    let server = index(line("1.2.3", &sum('a'), ""));
    let own = server.url("");
    for dl in [
        format!("{own}{{crate}}.evil.example/"),
        format!("{own}:{{crate}}@evil.example/{{version}}"),
        "https:/evil.example/{crate}".to_owned(),
        "//evil.example/{crate}".to_owned(),
    ] {
        server.set(vec![
            (CONFIG, vec![Reply::ok(format!("{{\"dl\":\"{dl}\"}}"))]),
            (PLACE, vec![Reply::ok(line("1.2.3", &sum('a'), ""))]),
        ]);
        let dir = project(&approved(&server), &lock(&server, &sum('a')));
        assert_eq!(answers(&ask(dir.path(), 1)), ["origin-external"], "{dl}");
    }
}

#[test]
fn what_is_no_sparse_index_is_no_answer() {
    let server = Server::start(vec![(PLACE, vec![Reply::ok(line("1.2.3", &sum('a'), ""))])]);
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    let report = ask(dir.path(), 3);
    assert_eq!(answers(&report), ["unreachable"]);
    assert!(
        messages(&report).contains("`config.json`"),
        "{}",
        messages(&report)
    );
}

#[test]
fn a_line_that_cannot_be_read_is_no_absence() {
    let server = index(line("1.2.2", &sum('a'), "") + "{\"name\":\"acme_left\",\"vers\"\n");
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    assert_eq!(answers(&ask(dir.path(), 3)), ["unreachable"]);
    let server = index(line("1.2.3", "abc", ""));
    let dir = project(&approved(&server), &lock(&server, &sum('a')));
    assert_eq!(answers(&ask(dir.path(), 3)), ["unreachable"]);
}
