//! What the API of CodeArtifact adds: where a version came from, and its status.

use super::npm::{PLACE, approved, lock, packument, sri, tarball};
use super::{answers, ask_with, ids, json, messages, project_with};
use crate::http::server::{Reply, Server};
use serde_json::{Value, json as value};

const VERSION: &str = "/aws/v1/package/version?domain=my-team&domain-owner=123456789012&format=npm&package=left&repository=shared&version=1.2.3&namespace=acme";

fn keys() -> [(&'static str, String); 3] {
    [
        ("AWS_ACCESS_KEY_ID", ["AK", "IDEXAMPLE"].concat()),
        ("AWS_SECRET_ACCESS_KEY", ["wJal", "-made-up"].concat()),
        ("AWS_SESSION_TOKEN", ["session", "-made-up"].concat()),
    ]
}

fn ask(answer: Reply, keys: &[(&str, String)], code: i32) -> (Value, Server) {
    let server = Server::start(vec![]);
    server.set(vec![
        (PLACE, vec![json(&packument(&server, &sri(1)))]),
        (VERSION, vec![answer]),
    ]);
    let more = format!(
        "[registry]\ninternal = [\"@acme/*\"]\n[[registry.codeartifact]]\nregistry = \"{}\"\napi = \"{}\"\ndomain = \"my-team\"\nowner = \"123456789012\"\nregion = \"eu-central-1\"\nrepository = \"shared\"\n",
        server.url("/npm/"),
        server.url("/aws/")
    );
    let dir = project_with(
        &approved(&server),
        &more,
        &lock(Some(tarball(&server)), &sri(1)),
    );
    let keys: Vec<(&str, &str)> = keys.iter().map(|(k, v)| (*k, v.as_str())).collect();
    (ask_with(dir.path(), &keys, &["--online"], code), server)
}

fn described(origin: &Value, status: &str) -> Reply {
    json(&value!({ "packageVersion": { "status": status, "origin": origin } }))
}

#[test]
fn an_internal_name_that_was_published_inside_is_approved_by_a_signed_question() {
    let answer = described(&value!({ "originType": "INTERNAL" }), "Published");
    let (report, server) = ask(answer, &keys(), 0);
    assert_eq!(answers(&report), ["approved"], "{}", messages(&report));
    let seen = server.seen();
    assert_eq!(seen[1].line, format!("GET {VERSION}"));
    let signature = seen[1].header("authorization").unwrap();
    assert!(
        signature.starts_with("AWS4-HMAC-SHA256 Credential="),
        "{signature}"
    );
    assert!(
        signature.contains("/eu-central-1/codeartifact/aws4_request"),
        "{signature}"
    );
    assert!(seen[1].header("x-amz-date").is_some());
    assert_eq!(
        seen[1].header("x-amz-security-token"),
        Some(keys()[2].1.as_str())
    );
    // The package protocol gets none of it.
    assert_eq!(seen[0].header("authorization"), None);
    for (_, secret) in keys() {
        assert!(!report.to_string().contains(&secret));
    }
}

#[test]
fn an_internal_name_that_came_from_outside_is_dependency_confusion() {
    let origin = value!({ "originType": "EXTERNAL", "domainEntryPoint": { "externalConnectionName": "public:npm" } });
    let (report, _) = ask(described(&origin, "Published"), &keys(), 1);
    assert_eq!(answers(&report), ["origin-external"]);
    assert_eq!(ids(&report, "findings"), ["registry/origin-external"]);
    assert_eq!(report["findings"][0]["severity"], "critical");
    assert!(messages(&report).contains("from outside through `public:npm`"));
}

#[test]
fn another_status_than_published_is_a_yank() {
    let answer = described(&value!({ "originType": "INTERNAL" }), "Archived");
    let (report, _) = ask(answer, &keys(), 0);
    assert_eq!(answers(&report), ["yanked"]);
    assert!(messages(&report).contains("its status in CodeArtifact is Archived"));
}

#[test]
fn without_credentials_or_an_answer_of_the_api_there_is_no_answer() {
    let good = || described(&value!({ "originType": "INTERNAL" }), "Published");
    let (report, server) = ask(good(), &[], 3);
    assert_eq!(answers(&report), ["unreachable"]);
    assert!(
        messages(&report).contains("AWS_ACCESS_KEY_ID"),
        "{}",
        messages(&report)
    );
    assert_eq!(server.seen().len(), 1);
    let denied = Reply::status(403, &[], "{\"message\":\"no such right\"}");
    let (report, _) = ask(denied, &keys(), 3);
    assert_eq!(answers(&report), ["unreachable"]);
    assert!(messages(&report).contains("no such right"));
    let (report, _) = ask(Reply::ok("{}"), &keys(), 3);
    assert_eq!(answers(&report), ["unreachable"]);
}
