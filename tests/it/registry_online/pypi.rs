//! Python's simple indexes, JSON and HTML.

use super::{answers, ask, ids, json, messages, project, sum};
use crate::http::server::{Reply, Server};
use serde_json::{Value, json as value};

const PLACE: &str = "/simple/acme-left/";

fn lock(server: &Server, hashes: &[String]) -> Vec<(&'static str, String)> {
    let files: Vec<String> = hashes
        .iter()
        .zip(["", "-1"])
        .map(|(hash, build)| {
            let name = format!("/files/acme_left-1.2.3{build}-py3-none-any.whl");
            format!(
                "    {{ url = \"{}\", hash = \"sha256:{hash}\" }},\n",
                server.url(&name)
            )
        })
        .collect();
    vec![
        (
            "pyproject.toml",
            "[project]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\"acme-left\"]\n"
                .to_owned(),
        ),
        (
            "uv.lock",
            format!(
                "version = 1\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"acme-left\"\nversion = \"1.2.3\"\nsource = {{ registry = \"{}\" }}\nwheels = [\n{}]\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\nsource = {{ virtual = \".\" }}\ndependencies = [\n    {{ name = \"acme-left\" }},\n]\n",
                server.url("/simple"),
                files.concat()
            ),
        ),
    ]
}

fn approved(server: &Server) -> String {
    format!(
        "pypi = [\"{}\", \"{}\"]",
        server.url("/simple/"),
        server.url("/files/")
    )
}

fn index(hash: &str) -> Value {
    value!({
        "meta": { "api-version": "1.1" }, "name": "acme-left", "versions": ["1.2.3"],
        "files": [{
            "filename": "acme_left-1.2.3-py3-none-any.whl",
            "url": "/files/acme_left-1.2.3-py3-none-any.whl",
            "hashes": { "sha256": hash }, "size": 10,
            "upload-time": "2024-01-02T03:04:05.000000Z", "yanked": false
        }]
    })
}

fn serving(document: &Value) -> Server {
    Server::start(vec![(PLACE, vec![json(document)])])
}

#[test]
fn a_project_with_the_locked_hash_is_approved_after_one_request() {
    let server = serving(&index(&sum('a')));
    let dir = project(&approved(&server), &lock(&server, &[sum('a')]));
    let report = ask(dir.path(), 0);
    assert_eq!(answers(&report), ["approved"], "{}", messages(&report));
    assert_eq!(server.lines(), [format!("GET {PLACE}")]);
    let accept = server.seen()[0].header("accept").unwrap().to_owned();
    assert!(
        accept.starts_with("application/vnd.pypi.simple.v1+json"),
        "{accept}"
    );
}

#[test]
fn an_index_that_speaks_html_only_is_read_too() {
    let page = |hash: &str, more: &str| {
        format!(
            "<!DOCTYPE html>\n<html><head><title>Links</title></head><body><h1>Links</h1>\n<a href=\"/files/acme_left-1.2.2.tar.gz#sha256={}\">acme_left-1.2.2.tar.gz</a><br>\n<a {more} href=\"/files/x.whl#sha256={hash}\">acme_left-1.2.3-py3-none-any.whl</a><br></body></html>",
            sum('f')
        )
    };
    for (hash, more, code, answer) in [
        ('a', "", 0, "approved"),
        ('b', "", 1, "checksum-mismatch"),
        ('a', "data-yanked=\"broken &amp; bad\"", 0, "yanked"),
    ] {
        let reply = Reply::status(
            200,
            &[("Content-Type", "text/html")],
            page(&sum(hash), more),
        );
        let server = Server::start(vec![(PLACE, vec![reply])]);
        let dir = project(&approved(&server), &lock(&server, &[sum('a')]));
        let report = ask(dir.path(), code);
        assert_eq!(answers(&report), [answer], "{}", messages(&report));
        if answer == "yanked" {
            assert!(messages(&report).contains("broken & bad"));
        }
    }
}

#[test]
fn a_page_that_is_no_index_is_no_answer() {
    for page in [
        "<html><body><form>Sign in</form></body></html>",
        "<html><a href=\"/help\">Help</a>",
        "<",
    ] {
        let server = Server::start(vec![(PLACE, vec![Reply::ok(page)])]);
        let dir = project(&approved(&server), &lock(&server, &[sum('a')]));
        let report = ask(dir.path(), 3);
        assert_eq!(answers(&report), ["unreachable"]);
        assert!(
            messages(&report).contains("a web page instead of"),
            "{}",
            messages(&report)
        );
    }
}

#[test]
fn a_hash_that_the_index_does_not_have_is_told_apart_from_another_file() {
    let server = serving(&index(&sum('a')));
    let dir = project(&approved(&server), &lock(&server, &[sum('a'), sum('b')]));
    let report = ask(dir.path(), 0);
    assert_eq!(answers(&report), ["unlisted-checksum"]);
    assert_eq!(ids(&report, "findings"), ["registry/unlisted-checksum"]);
    let dir = project(&approved(&server), &lock(&server, &[sum('c'), sum('b')]));
    assert_eq!(answers(&ask(dir.path(), 1)), ["checksum-mismatch"]);
}

#[test]
fn a_release_is_yanked_where_all_its_files_are() {
    let mut document = index(&sum('a'));
    let mut second = document["files"][0].clone();
    second["filename"] = "acme_left-1.2.3.tar.gz".into();
    second["hashes"]["sha256"] = sum('b').into();
    document["files"][0]["yanked"] = "bad".into();
    document["files"].as_array_mut().unwrap().push(second);
    let server = serving(&document);
    let dir = project(&approved(&server), &lock(&server, &[sum('a')]));
    assert_eq!(answers(&ask(dir.path(), 0)), ["approved"]);
    document["files"][1]["yanked"] = true.into();
    server.set(vec![(PLACE, vec![json(&document)])]);
    let report = ask(dir.path(), 0);
    assert_eq!(answers(&report), ["yanked"]);
}

#[test]
fn the_status_of_a_project_is_told() {
    let told = |reply: Reply, code: i32| {
        let server = Server::start(vec![(PLACE, vec![reply])]);
        let dir = project(&approved(&server), &lock(&server, &[sum('a')]));
        let report = ask(dir.path(), code);
        (
            answers(&report),
            ids(&report, "findings"),
            messages(&report),
        )
    };
    let with = |status: &str| {
        let mut document = index(&sum('a'));
        document["project-status"] = value!({ "status": status, "reason": "it is gone" });
        document
    };
    for status in ["active", "of-tomorrow"] {
        let (answers, findings, _) = told(json(&with(status)), 0);
        assert_eq!((answers, findings), (vec!["approved".to_owned()], vec![]));
    }
    for status in ["archived", "deprecated"] {
        let (answers, findings, messages) = told(json(&with(status)), 0);
        assert_eq!(answers, ["approved"], "{messages}");
        assert_eq!(findings, ["registry/deprecated"]);
        let said = format!("the whole project is {status}: it is gone");
        assert!(messages.contains(&said), "{messages}");
    }
    let (answers, findings, messages) = told(json(&with("quarantined")), 0);
    assert_eq!(
        (answers, findings),
        (
            vec!["yanked".to_owned()],
            vec!["registry/yanked".to_owned()]
        )
    );
    assert!(messages.contains("the whole project is quarantined: it is gone"));
    // Without its files, also where the index speaks HTML.
    let mut without = with("quarantined");
    without["files"] = value!([]);
    let page = "<!DOCTYPE html><html><head><meta name=\"pypi:project-status\" content=\"quarantined\"></head><body></body></html>";
    let page = Reply::status(200, &[("Content-Type", "text/html")], page);
    for reply in [json(&without), page] {
        let (_, findings, messages) = told(reply, 3);
        assert_eq!(findings, ["registry/yanked"], "{messages}");
    }
}

#[test]
fn an_absent_project_and_an_absent_version_fail() {
    let server = super::empty();
    let dir = project(&approved(&server), &lock(&server, &[sum('a')]));
    assert_eq!(answers(&ask(dir.path(), 1)), ["absent"]);
    let mut document = index(&sum('a'));
    document["files"][0]["filename"] = "acme_left-1.2.30-py3-none-any.whl".into();
    let server = serving(&document);
    let dir = project(&approved(&server), &lock(&server, &[sum('a')]));
    assert_eq!(answers(&ask(dir.path(), 1)), ["absent"]);
}
