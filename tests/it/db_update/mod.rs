//! `db update` against real servers that answer well and badly.

mod directory;
mod network;

use crate::cli::{sealgate, text, write};
use crate::http::server::{Reply, Routes, Server};
use std::io::Write as _;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

const ZIP: &str = "/osv/npm/all.zip";
/// Waits that cost a test no time.
const QUICK: &str = "schema = 1\n[http]\nretry-seconds = 0.001\n";

/// An OSV dump with one record about a package.
fn dump(id: &str, package: &str) -> Vec<u8> {
    let record = format!(
        r#"{{"id": "{id}", "modified": "2026-01-02T03:04:05Z", "affected": [{{"package":
{{"ecosystem": "npm", "name": "{package}"}}, "ranges": [{{"type": "SEMVER", "events":
[{{"introduced": "0"}}]}}]}}]}}"#
    );
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file(format!("{id}.json"), options).unwrap();
    writer.write_all(record.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A directory with quick limits in its `db/db.toml`.
fn directory() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "db/db.toml", QUICK);
    dir
}

/// `sealgate db update` with an environment; insists on the exit code.
fn update_with(dir: &Path, environment: &[(&str, &str)], arguments: &[&str], code: i32) -> Output {
    let output = sealgate(dir)
        .envs(environment.iter().copied())
        .args(["--at", "2026-11-20T00:00:00Z", "db", "update"])
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}\n{}\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    output
}

fn update(dir: &Path, arguments: &[&str], code: i32) -> Output {
    update_with(dir, &[], arguments, code)
}

/// Fetches npm's records from a server.
fn update_npm(dir: &Path, server: &Server, code: i32) -> Output {
    let source = format!("osv={}", server.url("/osv"));
    update(dir, &["--source", &source, "--ecosystem", "npm"], code)
}

fn status(dir: &Path) -> serde_json::Value {
    let output = crate::cli::run(dir, &["db", "status", "--format", "json"], 0);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Where a source was fetched from, as the status tells it.
fn fetched(dir: &Path, source: &str) -> Vec<serde_json::Value> {
    let status = status(dir);
    let mut sources = status["sources"].as_array().unwrap().iter();
    let found = sources.find(|found| found["name"] == source).unwrap();
    let origins = found["origins"].as_array().unwrap().iter();
    origins
        .filter(|origin| !origin["url"].is_null())
        .cloned()
        .collect()
}

/// Verifies the database and gives its digest.
fn digest(dir: &Path) -> String {
    crate::cli::run(dir, &["db", "verify"], 0);
    status(dir)["digest"].as_str().unwrap().to_owned()
}

fn serve(reply: Reply) -> Server {
    Server::start(vec![(ZIP, vec![reply])])
}

#[test]
fn what_has_not_changed_is_not_fetched_again() {
    let dir = directory();
    let server = serve(Reply::tagged("\"1\"", dump("A-1", "a")));
    let output = update_npm(dir.path(), &server, 0);
    assert!(text(&output.stdout).contains("OSV npm: "), "{output:?}");
    let first = digest(dir.path());
    let origin = fetched(dir.path(), "OSV npm")[0].clone();
    assert_eq!(origin["url"], server.url(ZIP));
    assert_eq!(origin["etag"], "\"1\"");
    assert_eq!(origin["fetched"], "2026-11-20T00:00:00Z");

    let output = update_npm(dir.path(), &server, 0);
    assert!(text(&output.stdout).contains("OSV npm: unchanged"));
    assert_eq!(digest(dir.path()), first);
    let asked = server.seen();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].header("if-none-match"), None);
    assert_eq!(asked[1].header("if-none-match"), Some("\"1\""));

    server.set(vec![(ZIP, vec![Reply::tagged("\"2\"", dump("A-2", "a"))])]);
    update_npm(dir.path(), &server, 0);
    assert_ne!(digest(dir.path()), first);
    assert_eq!(server.seen()[0].header("if-none-match"), Some("\"1\""));
}

#[test]
fn a_damaged_copy_is_fetched_again_and_not_used() {
    let dir = directory();
    let server = serve(Reply::tagged("\"1\"", dump("A-1", "a")));
    update_npm(dir.path(), &server, 0);
    let first = digest(dir.path());
    let npm = dir.path().join("db/sources/osv/npm");
    let copy = std::fs::read_dir(&npm)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("all.zip"))
        .find(|path| path.is_file())
        .unwrap();
    std::fs::write(&copy, dump("B-1", "b")).unwrap();
    let output = update_npm(dir.path(), &server, 0);
    assert!(text(&output.stderr).contains("the copy of OSV npm that is here cannot be used"));
    assert_eq!(server.seen()[1].header("if-none-match"), None);
    assert_eq!(digest(dir.path()), first);
}

/// Every way to answer badly, with a part of what must be said about it.
fn bad_answers() -> Vec<(Reply, &'static str)> {
    let whole = dump("A-2", "a");
    let half = &whole[..whole.len() / 2];
    let page = "<!DOCTYPE html><title>Sign in</title>";
    vec![
        (Reply::status(404, &[], ""), "is not there (HTTP 404)"),
        (Reply::status(401, &[], ""), "refused access (HTTP 401)"),
        (Reply::status(403, &[], ""), "refused access (HTTP 403)"),
        (Reply::status(500, &[], ""), "is not available (HTTP 500)"),
        (
            Reply::status(429, &[("Retry-After", "86400")], ""),
            "asks to wait 86400 s",
        ),
        (
            Reply::status(416, &[], ""),
            "answered with HTTP 416, which is not expected",
        ),
        (Reply::status(304, &[], ""), "HTTP 304"),
        (
            Reply::ok(page),
            "it is an HTML or XML page, not a zip archive",
        ),
        (Reply::ok(""), "it is empty"),
        (Reply::ok("PK but no zip"), "it is no complete zip archive"),
        (Reply::ok(half), "it is no complete zip archive"),
        (Reply::announced(whole.len(), half), "broke off after"),
        // Less is announced than is sent.
        (
            Reply::announced(whole.len() / 2, &whole),
            "it is no complete zip archive",
        ),
        (Reply::announced(1 << 40, half), "is larger than the limit"),
        (
            Reply::status(200, &[("Content-Encoding", "gzip")], gzip(&whole)),
            "content encoding `gzip`",
        ),
        (
            Reply::redirect("http://localhost:9/osv/npm/all.zip"),
            "redirects to another host or port: http://localhost:9/",
        ),
        (Reply::redirect(ZIP), "redirects more than 5 times"),
        (Reply::new(|_, _| Ok(())), "gave no answer"),
    ]
}

#[test]
fn whatever_a_server_answers_the_old_database_stays() {
    let dir = directory();
    update_npm(dir.path(), &serve(Reply::ok(dump("A-1", "a"))), 0);
    let first = digest(dir.path());
    for (reply, expected) in bad_answers() {
        let output = update_npm(dir.path(), &serve(reply), 3);
        let said = text(&output.stderr);
        assert!(said.contains(expected), "{expected}: {said}");
        assert!(
            said.contains("1 of 1 sources could not be fetched; the database stays as it was"),
            "{said}"
        );
        assert!(said.contains("--keep-going"), "{said}");
        assert!(output.stdout.is_empty());
        assert_eq!(digest(dir.path()), first, "{expected}");
    }
}

#[test]
fn whatever_a_server_answers_the_next_mirror_is_asked() {
    let good = serve(Reply::ok(dump("A-1", "a")));
    for (reply, expected) in bad_answers() {
        let dir = directory();
        let bad = serve(reply);
        let source = format!("osv={},{}", bad.url("/osv"), good.url("/osv"));
        let arguments = ["--source", &source, "--ecosystem", "npm"];
        update(dir.path(), &arguments, 0);
        assert_eq!(
            fetched(dir.path(), "OSV npm")[0]["url"],
            good.url(ZIP),
            "{expected}"
        );
    }
}

#[test]
fn a_server_that_says_nothing_is_left_for_the_next_one() {
    let dir = directory();
    let limits = "schema = 1\n[http]\nattempts = 1\nidle-seconds = 1.5\n";
    write(dir.path(), "db/db.toml", limits);
    let silent = serve(Reply::stalled());
    let output = update_npm(dir.path(), &silent, 3);
    assert!(text(&output.stderr).contains("sent nothing for 1.5 s"));
    let good = serve(Reply::ok(dump("A-1", "a")));
    let source = format!("osv={},{}", silent.url("/osv"), good.url("/osv"));
    update(dir.path(), &["--source", &source, "--ecosystem", "npm"], 0);
}

#[test]
fn a_slow_server_has_only_the_whole_time() {
    let dir = directory();
    let limits = "schema = 1\n[http]\ntotal-seconds = 0.4\n";
    write(dir.path(), "db/db.toml", limits);
    let output = update_npm(dir.path(), &serve(Reply::endless()), 3);
    assert!(text(&output.stderr).contains("was not complete within 0.4 s"));
}

#[test]
fn a_server_that_recovers_is_asked_again() {
    let dir = directory();
    let server = Server::start(vec![(
        ZIP,
        vec![
            Reply::status(429, &[("Retry-After", "0")], ""),
            Reply::status(500, &[], ""),
            Reply::ok(dump("A-1", "a")),
        ],
    )]);
    update_npm(dir.path(), &server, 0);
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn without_a_server_the_reason_is_said_for_every_mirror() {
    let dir = directory();
    let source = "osv=http://127.0.0.1:1/a,http://127.0.0.1:1/b,no/such/directory";
    let arguments = ["--source", source, "--ecosystem", "npm"];
    let said = text(&update(dir.path(), &arguments, 3).stderr);
    for part in [
        "OSV npm:",
        "cannot connect to http://127.0.0.1:1/a/npm/all.zip: ",
        "cannot connect to http://127.0.0.1:1/b/npm/all.zip: ",
        "cannot read `no/such/directory/npm/all.zip`",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("--keep-going"), "there is no copy: {said}");
}

#[test]
fn keep_going_uses_the_older_copy_and_says_how_old_it_is() {
    let dir = directory();
    let server = Server::start(vec![
        (ZIP, vec![Reply::tagged("\"1\"", dump("A-1", "a"))]),
        ("/osv/PyPI/all.zip", vec![Reply::ok(dump("P-1", "p"))]),
    ]);
    let source = format!("osv={}", server.url("/osv"));
    let both = [
        "--source",
        &source,
        "--ecosystem",
        "npm",
        "--ecosystem",
        "PyPI",
    ];
    update(dir.path(), &both, 0);
    server.set(vec![(
        "/osv/PyPI/all.zip",
        vec![Reply::ok(dump("P-2", "p"))],
    )]);
    let first = digest(dir.path());
    update(dir.path(), &both, 3);
    assert_eq!(digest(dir.path()), first);

    let mut keeping = both.to_vec();
    keeping.extend(["--keep-going", "--at", "2026-11-25T00:00:00Z"]);
    let output = crate::cli::run(dir.path(), &[&["db", "update"][..], &keeping].concat(), 0);
    let said = text(&output.stderr);
    assert!(
        said.contains("OSV npm could not be fetched; its copy of 2026-11-20T00:00:00Z is used"),
        "{said}"
    );
    assert!(said.contains("is not there (HTTP 404)"), "{said}");
    // Both dumps hold records about npm.
    let checked = |target: &str| {
        let origins = fetched(dir.path(), "OSV npm");
        let url = server.url(target);
        let found = origins.into_iter().find(|origin| origin["url"] == url);
        found.unwrap()["checked"].clone()
    };
    assert_eq!(checked(ZIP), "2026-11-20T00:00:00Z");
    assert_eq!(checked("/osv/PyPI/all.zip"), "2026-11-25T00:00:00Z");

    let fresh = directory();
    let mut keeping = both.to_vec();
    keeping.push("--keep-going");
    let output = update(fresh.path(), &keeping, 3);
    assert!(text(&output.stderr).contains("1 of 2 sources could not be fetched"));
    crate::cli::run(fresh.path(), &["db", "status"], 3);
}

/// `(name in the archive, content)` as `.tar.gz`.
fn tar_gz(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder
            .append_data(&mut header, name, content.as_bytes())
            .unwrap();
    }
    gzip(&builder.into_inner().unwrap())
}

const ADVISORY: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2020-0001\"\npackage = \"demo\"\n\
date = \"2020-01-02\"\n\n[versions]\npatched = [\">= 1.0.0\"]\n```\n\n# Title\n\nText.\n";
const CATALOGUE: &str = r#"{"title": "t", "catalogVersion": "2026.11.20",
"dateReleased": "2026-11-20T00:00:00.0000Z", "count": 1, "vulnerabilities": [{"cveID":
"CVE-2020-0001", "dateAdded": "2026-01-02"}]}"#;
const SCORES: &str = "#model_version:v2025.03.14,score_date:2026-11-20T00:00:00+0000\n\
cve,epss,percentile\nCVE-2020-0001,0.5,0.9\n";

#[test]
fn every_kind_of_source_comes_from_one_settings_file() {
    let dir = directory();
    let tree = tar_gz(&[
        ("db-main/README.md", "none"),
        ("db-main/crates/demo/RUSTSEC-2020-0001.md", ADVISORY),
    ]);
    let routes: Routes = vec![
        (ZIP, vec![Reply::ok(dump("A-1", "a"))]),
        ("/rustsec.tar.gz", vec![Reply::ok(tree)]),
        ("/kev", vec![Reply::ok(CATALOGUE)]),
        (
            "/epss_scores-2026-11-20.csv.gz",
            // Announced as some servers announce such a file.
            vec![Reply::status(
                200,
                &[("Content-Encoding", "gzip")],
                gzip(SCORES.as_bytes()),
            )],
        ),
        ("/own.zip", vec![Reply::ok(dump("OWN-1", "a"))]),
    ];
    let server = Server::start(routes);
    write(
        dir.path(),
        "db/own/OWN-2.json",
        r#"{"id": "OWN-2", "affected": [{"package": {"ecosystem": "npm", "name": "b"},
"versions": ["1.0.0"]}]}"#,
    );
    let settings = format!(
        r#"{QUICK}
[[source]]
kind = "osv"
mirrors = ["{0}/osv"]
ecosystems = ["npm"]

[[source]]
kind = "rustsec"
mirrors = ["{0}/rustsec.tar.gz"]

[[source]]
kind = "kev"
mirrors = ["{0}/kev"]

[[source]]
kind = "epss"
mirrors = ["{0}/epss_scores-2026-11-20.csv.gz"]

[[source]]
kind = "private"
mirrors = ["{0}/own.zip"]

[[source]]
kind = "private"
name = "local"
mirrors = ["own"]
"#,
        server.url("")
    );
    write(dir.path(), "db/db.toml", settings);
    let output = update(dir.path(), &[], 0);
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    let status = status(dir.path());
    let sources: Vec<_> = status["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| (source["name"].as_str().unwrap(), source["records"].clone()))
        .collect();
    for expected in [("OSV npm", 3), ("RustSec", 1), ("KEV", 1), ("EPSS", 1)] {
        assert!(
            sources.contains(&(expected.0, expected.1.into())),
            "{expected:?}: {sources:?}"
        );
    }
    assert_eq!(status["bad"], serde_json::json!([]));
    // The records of `own.zip` are about npm as well.
    for (source, origins) in [("OSV npm", 2), ("RustSec", 1), ("KEV", 1), ("EPSS", 1)] {
        assert_eq!(fetched(dir.path(), source).len(), origins, "{source}");
    }
    let index = || std::fs::read(dir.path().join("db/index.sgdb")).unwrap();
    let first = index();
    update(dir.path(), &[], 0);
    assert!(index() == first, "same answers, same bytes");
}

#[test]
fn settings_that_are_wrong_stop_before_anything_is_asked() {
    let dir = directory();
    let server = serve(Reply::ok(dump("A-1", "a")));
    let osv = format!("osv={}", server.url("/osv"));
    for (arguments, expected) in [
        (vec![], "no source of advisories is named"),
        (vec!["--source", &osv], "there is no project here"),
        (
            vec!["--source", &osv, "--ecosystem", "npn"],
            "did you mean `npm`?",
        ),
        (vec!["--source", "osw=/x"], "did you mean `osv`?"),
        (vec!["--source", "kev"], "it is not KIND=MIRROR"),
        (
            vec!["--source", "kev=ftp://m.example/x"],
            "only http and https are known",
        ),
        (
            vec!["--source", "kev=k.json", "--ecosystem", "npm"],
            "no source of the kind `osv`",
        ),
        (
            vec![
                "--source",
                &osv,
                "--ecosystem",
                "npm",
                "--ca-file",
                "no.pem",
            ],
            "cannot use the trusted certificates in `no.pem`",
        ),
        (vec!["--config", "no.toml"], "cannot read `no.toml`"),
    ] {
        let said = text(&update(dir.path(), &arguments, 2).stderr);
        assert!(said.contains(expected), "{expected}: {said}");
    }
    write(dir.path(), "db/db.toml", "schema = 1\n[htpp]\n");
    let said = text(&update(dir.path(), &[], 2).stderr);
    assert!(said.contains("db.toml:2: unknown key `htpp`"), "{said}");
    assert!(said.contains("did you mean `http`?"), "{said}");
    assert!(server.seen().is_empty());
}

#[test]
fn the_ecosystems_are_those_of_the_project_and_those_that_are_here() {
    let dir = directory();
    let server = Server::start(vec![
        (ZIP, vec![Reply::ok(dump("A-1", "a"))]),
        ("/osv/crates.io/all.zip", vec![Reply::ok(dump("C-1", "c"))]),
    ]);
    let source = format!("osv={}", server.url("/osv"));
    let lock = r#"{"name": "x", "lockfileVersion": 3, "packages": {"node_modules/a":
{"version": "1.0.0"}}}"#;
    write(dir.path(), "one/package-lock.json", lock);
    let cargo_lock = "version = 4\n\n[[package]]\nname = \"c\"\nversion = \"1.0.0\"\nsource = \
                      \"registry+https://r.example/i\"\n";
    write(dir.path(), "two/Cargo.lock", cargo_lock);
    let targets = || {
        let mut lines = server.lines();
        lines.sort();
        lines
    };
    update(dir.path(), &["--source", &source, "--for", "one"], 0);
    assert_eq!(targets(), ["GET /osv/npm/all.zip"]);
    let output = sealgate(&dir.path().join("two"))
        .env("SEALGATE_DB", dir.path().join("db"))
        .args(["db", "update", "--source", &source])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(
        targets()[..2],
        ["GET /osv/crates.io/all.zip", "GET /osv/npm/all.zip"]
    );
    write(dir.path(), "empty/readme.txt", "");
    let output = update(dir.path(), &["--source", &source, "--for", "empty"], 2);
    assert!(text(&output.stderr).contains("use no package of an ecosystem"));
}
