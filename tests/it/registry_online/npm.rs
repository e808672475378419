//! npm's package documents.

use super::{answers, ask, ids, json, messages, project};
use crate::http::server::Server;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json as value};

const NAME: &str = "@acme/left";
pub const PLACE: &str = "/npm/@acme%2Fleft";

pub fn sri(fill: u8) -> String {
    format!("sha512-{}", STANDARD.encode([fill; 64]))
}

/// A lockfile with one package; `resolved` is left out where it is `None`.
pub fn lock(resolved: Option<String>, integrity: &str) -> Vec<(&'static str, String)> {
    let mut entry = value!({ "version": "1.2.3", "integrity": integrity });
    if let Some(resolved) = resolved {
        entry["resolved"] = resolved.into();
    }
    let lock = value!({
        "name": "app", "version": "1.0.0", "lockfileVersion": 3,
        "packages": {
            "": { "name": "app", "version": "1.0.0", "dependencies": { (NAME): "1" } },
            "node_modules/@acme/left": entry,
        }
    });
    vec![
        (
            "package.json",
            r#"{"name":"app","version":"1.0.0","dependencies":{"@acme/left":"1"}}"#.to_owned(),
        ),
        ("package-lock.json", lock.to_string()),
    ]
}

pub fn tarball(server: &Server) -> String {
    server.url("/npm/@acme/left/-/left-1.2.3.tgz")
}

pub fn packument(server: &Server, integrity: &str) -> Value {
    value!({
        "name": NAME,
        "versions": { "1.2.3": {
            "name": NAME, "version": "1.2.3",
            "dist": { "integrity": integrity, "shasum": "da39a3ee5e6b4b0d3255bfef95601890afd80709", "tarball": tarball(server) }
        } },
        "time": { "created": "2020-01-01T00:00:00.000Z", "1.2.3": "2020-01-02T00:00:00.000Z" }
    })
}

pub fn approved(server: &Server) -> String {
    format!("npm = [\"{}\"]", server.url("/npm/"))
}

fn serving(edit: impl Fn(&mut Value)) -> Server {
    let server = Server::start(vec![]);
    let mut document = packument(&server, &sri(1));
    edit(&mut document);
    server.set(vec![(PLACE, vec![json(&document)])]);
    server
}

#[test]
fn a_scoped_package_with_the_locked_integrity_is_approved_after_one_request() {
    let server = serving(|_| {});
    let dir = project(&approved(&server), &lock(Some(tarball(&server)), &sri(1)));
    let report = ask(dir.path(), 0);
    assert_eq!(answers(&report), ["approved"]);
    assert_eq!(server.lines(), [format!("GET {PLACE}")]);
    assert_eq!(server.seen()[0].header("accept"), Some("application/json"));
}

/// npm omits `resolved` (`omit-lockfile-registry-resolved`); the leading checker passes it.
#[test]
fn a_package_without_resolved_is_asked_about_all_the_same() {
    let server = serving(|_| {});
    for (integrity, code, answer) in [(1, 3, "approved"), (2, 1, "checksum-mismatch")] {
        let dir = project(&approved(&server), &lock(None, &sri(integrity)));
        let report = ask(dir.path(), code);
        assert_eq!(answers(&report), [answer]);
        assert!(ids(&report, "findings").contains(&"registry/source-unknown".to_owned()));
    }
}

#[test]
fn a_lying_integrity_fails_also_where_the_sha1_agrees() {
    let server = serving(|_| {});
    let both = format!("{} sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=", sri(9));
    for integrity in [sri(9), both] {
        let dir = project(
            &approved(&server),
            &lock(Some(tarball(&server)), &integrity),
        );
        let report = ask(dir.path(), 1);
        assert_eq!(answers(&report), ["checksum-mismatch"], "{integrity}");
    }
}

#[test]
fn a_registry_without_the_locked_algorithm_shows_nothing() {
    let server = serving(|document| {
        document["versions"]["1.2.3"]["dist"]["integrity"] = Value::Null;
    });
    let dir = project(&approved(&server), &lock(Some(tarball(&server)), &sri(1)));
    let report = ask(dir.path(), 3);
    assert_eq!(answers(&report), ["checksum-unknown"]);
    assert!(messages(&report).contains("the lockfile has sha512, the registry gives sha1"));
}

#[test]
fn a_deprecation_is_told_with_the_publishers_words_made_harmless() {
    let server = serving(|document| {
        document["versions"]["1.2.3"]["deprecated"] = "use \u{1b}[31mother".into();
    });
    let dir = project(&approved(&server), &lock(Some(tarball(&server)), &sri(1)));
    let report = ask(dir.path(), 0);
    assert_eq!(ids(&report, "findings"), ["registry/deprecated"]);
    assert!(
        messages(&report).contains("use \\u{1b}[31mother"),
        "{}",
        messages(&report)
    );
}

#[test]
fn a_tarball_on_another_server_is_found() {
    let server = serving(|document| {
        document["versions"]["1.2.3"]["dist"]["tarball"] =
            "https://files.example/left-1.2.3.tgz?token=x".into();
    });
    let dir = project(&approved(&server), &lock(Some(tarball(&server)), &sri(1)));
    let report = ask(dir.path(), 1);
    assert_eq!(answers(&report), ["origin-external"]);
    assert!(messages(&report).contains("`https://files.example/`"));
}

/// npm resolves all of these to the other server.
#[test]
fn a_tarball_on_another_server_is_found_in_every_spelling() {
    for text in [
        "https:/evil.example/x.tgz",
        "https:\\\\evil.example/x.tgz",
        "/\\evil.example/x.tgz",
        "//evil.example/x.tgz",
    ] {
        let server = serving(|document| {
            document["versions"]["1.2.3"]["dist"]["tarball"] = text.into();
        });
        let dir = project(&approved(&server), &lock(Some(tarball(&server)), &sri(1)));
        assert_eq!(answers(&ask(dir.path(), 1)), ["origin-external"], "{text}");
    }
    let server = serving(|document| {
        document["versions"]["1.2.3"]["dist"]["tarball"] = "/npm/@acme/left/-/x.tgz".into();
    });
    let dir = project(&approved(&server), &lock(Some(tarball(&server)), &sri(1)));
    assert_eq!(answers(&ask(dir.path(), 0)), ["approved"]);
}

/// npm is content with one digest of the strongest kind.
#[test]
fn a_second_digest_beside_the_right_one_is_no_agreement() {
    let server = serving(|_| {});
    for integrity in [
        format!("{} {}", sri(1), sri(2)),
        format!("{} {}", sri(2), sri(1)),
    ] {
        let dir = project(
            &approved(&server),
            &lock(Some(tarball(&server)), &integrity),
        );
        assert_eq!(answers(&ask(dir.path(), 0)), ["unlisted-checksum"]);
    }
}

#[test]
fn a_document_about_another_package_or_version_is_no_answer() {
    let edits: [fn(&mut Value); 4] = [
        |document| document["name"] = "left".into(),
        |document| document["versions"]["1.2.3"]["version"] = "1.2.4".into(),
        |document| document["versions"]["1.2.3"]["name"] = "other".into(),
        |document| document["versions"]["1.2.3"]["dist"]["integrity"] = "sha512-AA==".into(),
    ];
    for edit in edits {
        let server = serving(edit);
        let dir = project(&approved(&server), &lock(Some(tarball(&server)), &sri(1)));
        assert_eq!(answers(&ask(dir.path(), 3)), ["unreachable"]);
    }
}

#[test]
fn an_unpublished_package_is_absent() {
    let server = serving(|document| {
        document["versions"] = value!({});
        document["time"] = value!({ "unpublished": { "versions": ["1.2.3"] } });
    });
    let dir = project(&approved(&server), &lock(Some(tarball(&server)), &sri(1)));
    assert_eq!(answers(&ask(dir.path(), 1)), ["absent"]);
}
