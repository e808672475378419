//! What the API of CodeArtifact adds: where a version came from, and its status.

use super::npm::{PLACE, approved, lock, packument, sri, tarball};
use super::{answers, ask_with, ids, json, messages, project_with};
use crate::http::server::{Reply, Server};
use serde_json::{Value, json as value};

const VERSION: &str = "/aws/v1/package/version?domain=my-team&domain-owner=123456789012&format=npm&package=left&repository=shared&version=1.2.3&namespace=acme";
const ASSETS: &str = "POST /aws/v1/package/version/assets?domain=my-team&domain-owner=123456789012&format=npm&package=left&repository=shared&version=1.2.3&namespace=acme";
const NEXT_ASSETS: &str = "POST /aws/v1/package/version/assets?domain=my-team&domain-owner=123456789012&format=npm&package=left&repository=shared&version=1.2.3&next-token=n%2F2&namespace=acme";
const PACKAGE: &str = "/aws/v1/package?domain=my-team&domain-owner=123456789012&format=npm&package=left&repository=shared&namespace=acme";
const GROUP: &str = "/aws/v1/get-associated-package-group?domain=my-team&domain-owner=123456789012&format=npm&package=left&namespace=acme";
const REPOSITORIES: &str = "/aws/v1/package-group-allowed-repositories?domain=my-team&domain-owner=123456789012&package-group=%2Fnpm%2F%2A&originRestrictionType=EXTERNAL_UPSTREAM";
const NEXT_REPOSITORIES: &str = "/aws/v1/package-group-allowed-repositories?domain=my-team&domain-owner=123456789012&package-group=%2Fnpm%2F%2A&originRestrictionType=EXTERNAL_UPSTREAM&next-token=n%2F2";

fn keys() -> [(&'static str, String); 3] {
    [
        ("AWS_ACCESS_KEY_ID", ["AK", "IDEXAMPLE"].concat()),
        ("AWS_SECRET_ACCESS_KEY", ["wJal", "-made-up"].concat()),
        ("AWS_SESSION_TOKEN", ["session", "-made-up"].concat()),
    ]
}

/// What the API answers.
struct Api {
    version: Reply,
    assets: Vec<Reply>,
    package: Reply,
    group: Reply,
    repositories: Vec<Reply>,
}

/// An API that knows the version as published inside, with the locked file, and lets nothing
/// in from outside.
fn good() -> Api {
    Api {
        version: described(&value!({ "originType": "INTERNAL" }), "Published"),
        assets: vec![assets(&[("SHA-512", &"01".repeat(64))], None)],
        package: package("ALLOW"),
        group: group("BLOCK", None),
        repositories: Vec::new(),
    }
}

fn assets(hashes: &[(&str, &str)], next: Option<&str>) -> Reply {
    let hashes: serde_json::Map<String, Value> = hashes
        .iter()
        .map(|(name, hex)| ((*name).to_owned(), (*hex).into()))
        .collect();
    json(&value!({ "assets": [{ "name": "package.tgz", "hashes": hashes }], "nextToken": next }))
}

fn package(upstream: &str) -> Reply {
    json(
        &value!({ "package": { "name": "left", "originConfiguration": {
        "restrictions": { "publish": "ALLOW", "upstream": upstream } } } }),
    )
}

fn group(mode: &str, inherited: Option<&str>) -> Reply {
    json(
        &value!({ "associationType": "STRONG", "packageGroup": { "pattern": "/npm/acme/*",
        "originConfiguration": { "restrictions": { "EXTERNAL_UPSTREAM": {
            "mode": if inherited.is_some() { "INHERIT" } else { mode },
            "effectiveMode": mode,
            "inheritedFrom": inherited.map(|pattern| value!({ "pattern": pattern })),
        } } } } }),
    )
}

fn ask(answer: Reply, keys: &[(&str, String)], code: i32) -> (Value, Server) {
    ask_api(
        Api {
            version: answer,
            ..good()
        },
        keys,
        code,
    )
}

fn ask_api(api: Api, keys: &[(&str, String)], code: i32) -> (Value, Server) {
    let server = Server::start(vec![]);
    server.set(vec![
        (PLACE, vec![json(&packument(&server, &sri(1)))]),
        (VERSION, vec![api.version]),
        (ASSETS, api.assets.clone()),
        (
            NEXT_ASSETS,
            api.assets.get(1..).unwrap_or_default().to_vec(),
        ),
        (PACKAGE, vec![api.package]),
        (GROUP, vec![api.group]),
        (REPOSITORIES, api.repositories.clone()),
        (
            NEXT_REPOSITORIES,
            api.repositories.get(1..).unwrap_or_default().to_vec(),
        ),
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
    let lines: Vec<&str> = seen.iter().map(|seen| seen.line.as_str()).collect();
    let get = |target: &str| format!("GET {target}");
    assert_eq!(
        lines,
        [
            &get(PLACE),
            &get(PACKAGE),
            &get(GROUP),
            &get(VERSION),
            ASSETS
        ]
    );
    for asked in &seen[1..] {
        let signature = asked.header("authorization").unwrap();
        assert!(signature.contains("/codeartifact/aws4_request"));
    }
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

#[test]
fn the_hashes_of_the_api_are_compared_with_the_lock_as_well() {
    let good = |assets| Api { assets, ..good() };
    let (sha512, other) = ("01".repeat(64), "02".repeat(64));
    // The second page has the file.
    let pages = vec![
        assets(&[("SHA-512", &other)], Some("n/2")),
        assets(
            &[
                ("MD5", "d41d8cd98f00b204e9800998ecf8427e"),
                ("SHA-512", &sha512),
            ],
            None,
        ),
    ];
    let (report, _) = ask_api(good(pages), &keys(), 0);
    assert_eq!(answers(&report), ["approved"], "{}", messages(&report));
    // The package protocol says what the lock says, the API does not.
    let (report, _) = ask_api(good(vec![assets(&[("SHA-512", &other)], None)]), &keys(), 1);
    assert_eq!(answers(&report), ["checksum-mismatch"]);
    assert!(
        messages(&report).contains("by what its API says"),
        "{}",
        messages(&report)
    );
    // Nothing in common: the package protocol alone decides.
    let (report, _) = ask_api(
        good(vec![assets(&[("SHA-256", &"01".repeat(32))], None)]),
        &keys(),
        0,
    );
    assert_eq!(answers(&report), ["approved"]);
}

#[test]
fn a_list_of_files_that_is_none_is_no_answer() {
    let sha512 = "01".repeat(64);
    for (replies, reason) in [
        (vec![json(&value!({ "assets": [] }))], "lists no file"),
        (
            vec![assets(&[("SHA-512", "xyz")], None)],
            "SHA-512 that is none",
        ),
        (vec![Reply::ok("<html>")], "a web page"),
        (vec![Reply::ok("[")], "CodeArtifact"),
        (vec![Reply::status(404, &[], "{}")], "no list"),
        (
            vec![Reply::status(
                403,
                &[],
                r#"{"message":"assets are not yours"}"#,
            )],
            "assets are not yours",
        ),
        (vec![Reply::status(409, &[], "{}")], "409"),
        (vec![Reply::status(503, &[], "")], "503"),
        (vec![Reply::redirect("http://127.0.0.1:1/")], "302"),
        // The same page again and again.
        (
            vec![assets(&[("SHA-512", &sha512)], Some("n/2")); 2],
            "without end",
        ),
    ] {
        let api = Api {
            assets: replies,
            ..good()
        };
        let (report, _) = ask_api(api, &keys(), 3);
        assert_eq!(answers(&report), ["unreachable"]);
        assert!(
            messages(&report).contains(reason),
            "{reason}: {}",
            messages(&report)
        );
    }
}

#[test]
fn an_internal_name_that_may_come_from_outside_is_told() {
    let open = |group, repositories| Api {
        group,
        repositories,
        ..good()
    };
    let list = |names: &[&str], next: Option<&str>| {
        json(&value!({ "allowedRepositories": names, "nextToken": next }))
    };
    let some = "ALLOW_SPECIFIC_REPOSITORIES";
    let of = Some("/npm/*");
    for (api, expected) in [
        (
            open(group("ALLOW", None), vec![]),
            "the package group `/npm/acme/*` lets every repository take it",
        ),
        (
            open(group("ALLOW", of), vec![]),
            "the package group `/npm/*` lets every",
        ),
        (
            open(
                group(some, of),
                vec![list(&["store"], Some("n/2")), list(&["edge"], None)],
            ),
            "lets `edge`, `store` take it from outside",
        ),
    ] {
        let (report, _) = ask_api(api, &keys(), 0);
        assert_eq!(answers(&report), ["approved"]);
        assert_eq!(ids(&report, "findings"), ["registry/origin-open"]);
        assert!(
            messages(&report).contains(expected),
            "{}",
            messages(&report)
        );
    }
    // Closed by an empty list, or by the package itself.
    let closed = [
        open(group(some, of), vec![list(&[], None)]),
        Api {
            package: package("BLOCK"),
            ..open(group("ALLOW", None), vec![])
        },
    ];
    for api in closed {
        let (report, _) = ask_api(api, &keys(), 0);
        assert_eq!(ids(&report, "findings"), [""; 0], "{}", messages(&report));
    }
}

#[test]
fn origin_controls_that_are_not_said_are_no_answer() {
    let denied = || Reply::status(403, &[], r#"{"message":"groups are not yours"}"#);
    let with_group = |group| Api { group, ..good() };
    for (api, reason) in [
        (
            Api {
                package: denied(),
                ..good()
            },
            "groups are not yours",
        ),
        (
            Api {
                package: package("MAYBE"),
                ..good()
            },
            "`MAYBE` of `upstream`",
        ),
        (with_group(denied()), "groups are not yours"),
        (with_group(Reply::status(404, &[], "")), "no package group"),
        (with_group(group("SOMETIMES", None)), "`SOMETIMES`"),
        (
            with_group(json(
                &value!({ "packageGroup": { "pattern": "/*", "originConfiguration": { "restrictions": {} } } }),
            )),
            "does not say",
        ),
        (with_group(Reply::ok("{}")), "package group of CodeArtifact"),
        (
            Api {
                repositories: vec![denied()],
                ..with_group(group("ALLOW_SPECIFIC_REPOSITORIES", Some("/npm/*")))
            },
            "groups are not yours",
        ),
    ] {
        let (report, _) = ask_api(api, &keys(), 3);
        assert_eq!(answers(&report), ["unreachable"]);
        assert!(
            messages(&report).contains(reason),
            "{reason}: {}",
            messages(&report)
        );
    }
}

#[test]
fn a_configuration_in_the_judged_tree_starts_no_program() {
    let server = Server::start(vec![]);
    server.set(vec![(PLACE, vec![json(&packument(&server, &sri(1)))])]);
    let more = format!(
        "[[registry.codeartifact]]\nregistry = \"{}\"\napi = \"{}\"\ndomain = \"my-team\"\nowner = \"123456789012\"\nregion = \"eu-central-1\"\nrepository = \"shared\"\n",
        server.url("/npm/"),
        server.url("/aws/")
    );
    let dir = project_with(
        &approved(&server),
        &more,
        &lock(Some(tarball(&server)), &sri(1)),
    );
    let elsewhere = tempfile::tempdir().unwrap();
    let started = elsewhere.path().join("started");
    let config = format!(
        "[default]\ncredential_process = /bin/sh -c 'echo > {}'\n",
        started.display()
    );
    let inside = crate::cli::write(dir.path(), "app/aws.config", &config);
    let outside = crate::cli::write(elsewhere.path(), "aws/config", &config);
    let (tree, policy) = (dir.path().join("app"), dir.path().join("policy.toml"));
    let lockfile = tree.join("package-lock.json");
    std::fs::create_dir(elsewhere.path().join("work")).unwrap();
    for (config, judged, starts) in [
        (&inside, &tree, false),
        (&inside, &lockfile, false),
        (&outside, &tree, true),
    ] {
        let output = crate::cli::sealgate(&elsewhere.path().join("work"))
            .env("AWS_CONFIG_FILE", config)
            .args(["registry", "--online", "--policy"])
            .arg(&policy)
            .arg(judged)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(started.exists(), starts, "{}", judged.display());
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(told.contains("part of the judged tree"), !starts, "{told}");
    }
}
