//! What clients take besides an index's word: the packages of a NuGet feed, and the archives
//! that Composer installs from the lockfile alone.

use super::others::{nuget_lock, nuget_package};
use super::{answers, ask, ask_with, json, messages, project};
use crate::http::server::{Reply, Server};
use serde_json::{Value, json as value};

const FILE: &str = "/v3/flat/acme.left/1.2.3/acme.left.1.2.3.nupkg";

/// A feed with `Acme.Left` 1.2.3; its service index names the files' place, or not.
fn feed(server: &Server, names_files: bool, file: Option<Reply>) {
    feed_of(server, names_files, true, file);
}

fn feed_of(server: &Server, names_files: bool, listed: bool, file: Option<Reply>) {
    let mut resources =
        vec![value!({ "@id": server.url("/v3/reg/"), "@type": "RegistrationsBaseUrl/3.6.0" })];
    if names_files {
        let flat = server.url("/v3/flat/");
        resources.push(value!({ "@id": flat, "@type": "PackageBaseAddress/3.0.0" }));
    }
    let leaf = value!({
        "catalogEntry": { "id": "Acme.Left", "version": "1.2.3", "listed": listed },
        "packageContent": server.url(FILE),
    });
    let registration = value!({ "items": [{ "@id": "x", "items": [leaf] }] });
    let index = value!({ "version": "3.0.0", "resources": resources });
    let mut routes = vec![
        ("/v3/index.json", vec![json(&index)]),
        ("/v3/reg/acme.left/index.json", vec![json(&registration)]),
    ];
    routes.extend(file.map(|reply| (FILE, vec![reply])));
    server.set(routes);
}

#[test]
fn a_nuget_package_has_the_locked_hash_or_is_refused() {
    let (package, evil) = (nuget_package("left"), nuget_package("evil"));
    let server = Server::start(vec![]);
    let dir = project(
        &format!("nuget = [\"{}\"]", server.url("/v3/index.json")),
        &nuget_lock(&package),
    );
    for names_files in [true, false] {
        feed(&server, names_files, Some(Reply::ok(package.clone())));
        let report = ask(dir.path(), 3);
        assert_eq!(answers(&report), ["approved"], "{}", messages(&report));
        feed(&server, names_files, Some(Reply::ok(evil.clone())));
        assert_eq!(answers(&ask(dir.path(), 1)), ["checksum-mismatch"]);
        // Registered, but nobody can install it.
        feed(&server, names_files, None);
        assert_eq!(answers(&ask(dir.path(), 1)), ["absent"]);
    }
    feed(&server, true, Some(Reply::status(500, &[], "")));
    assert_eq!(answers(&ask(dir.path(), 3)), ["unreachable"]);
}

#[test]
fn a_nuget_package_that_does_not_come_leaves_what_the_registration_says() {
    let package = nuget_package("left");
    let server = Server::start(vec![]);
    let dir = project(
        &format!("nuget = [\"{}\"]", server.url("/v3/index.json")),
        &nuget_lock(&package),
    );
    for reply in [
        Reply::redirect("http://localhost:1/left.nupkg"),
        Reply::announced(package.len(), &package[..9]),
        Reply::announced(251 * 1024 * 1024, ""),
        Reply::status(403, &[], ""),
        Reply::ok("<html>Sign in</html>"),
    ] {
        feed_of(&server, true, false, Some(reply.clone()));
        let report = ask(dir.path(), 3);
        let found = answers(&report);
        assert_eq!(found, ["checksum-unknown+yanked"], "{}", messages(&report));
        feed_of(&server, true, true, Some(reply));
        assert_eq!(answers(&ask(dir.path(), 3)), ["checksum-unknown"]);
    }
    // One that is late, with what is left of the time.
    feed_of(&server, true, false, Some(Reply::stalled()));
    let report = ask_with(dir.path(), &[], &["--online", "--budget", "1"], 3);
    assert_eq!(answers(&report), ["checksum-unknown+yanked"]);
    feed_of(&server, true, false, Some(Reply::ok(package)));
    assert_eq!(answers(&ask(dir.path(), 3)), ["yanked"]);
}

#[test]
fn a_large_nuget_package_is_compared_too_and_none_is_kept() {
    // Larger than what is fetched beside others.
    let large = nuget_package(&"left".repeat(9 * 256 * 1024));
    let evil = nuget_package(&"evil".repeat(9 * 256 * 1024));
    assert!(large.len() > 8 * 1024 * 1024);
    let small = nuget_package("left");
    let server = Server::start(vec![]);
    let approved = format!("nuget = [\"{}\"]", server.url("/v3/index.json"));
    let options = ["--online", "--registry-cache", "kept"];
    for (locked, served, expected, code) in [
        (&large, &large, "approved", 3),
        (&large, &evil, "checksum-mismatch", 1),
        (&small, &small, "approved", 3),
    ] {
        let dir = project(&approved, &nuget_lock(locked));
        feed(&server, true, Some(Reply::tagged("\"1\"", served)));
        let report = ask_with(dir.path(), &[], &options, code);
        assert_eq!(answers(&report), [expected], "{}", messages(&report));
        let kept = std::fs::read_dir(dir.path().join("kept")).unwrap();
        assert_eq!(kept.count(), 0);
    }
}

/// A lockfile of a repository without `notification-url`, as static ones are.
fn composer_lock(server: &Server, file: &str, shasum: &str) -> Vec<(&'static str, String)> {
    let lock = value!({
        "packages-dev": [], "aliases": [], "minimum-stability": "stable",
        "packages": [{
            "name": "acme/left", "version": "1.2.3", "type": "library",
            "dist": { "type": "zip", "url": server.url(file), "reference": "r", "shasum": shasum },
        }]
    });
    let manifest = value!({
        "name": "acme/app", "require": { "acme/left": "1" },
        "repositories": [{ "type": "composer", "url": server.url("/c") }],
    });
    vec![
        ("composer.json", manifest.to_string()),
        ("composer.lock", lock.to_string()),
    ]
}

#[test]
fn a_static_composer_repository_is_asked_and_its_archive_is_the_locked_one() {
    let server = Server::start(vec![]);
    let (sum, other) = ("a".repeat(40), "b".repeat(40));
    let metadata = |shasum: &str| -> Value {
        value!({ "packages": { "acme/left": [{
            "name": "acme/left", "version": "1.2.3",
            "dist": { "type": "zip", "url": server.url("/c/dist/left.zip"), "shasum": shasum },
        }] } })
    };
    let serve = |metadata: Option<Value>| {
        let root = value!({ "metadata-url": "/c/p2/%package%.json" });
        let mut routes = vec![("/c/packages.json", vec![json(&root)])];
        routes.extend(metadata.map(|m| ("/c/p2/acme/left.json", vec![json(&m)])));
        server.set(routes);
    };
    let approved = format!("composer = [\"{}\"]", server.url("/c/"));
    let judge = |file: &str, shasum: &str, code: i32| {
        let dir = project(&approved, &composer_lock(&server, file, shasum));
        let report = ask(dir.path(), code);
        (answers(&report), messages(&report))
    };
    serve(Some(metadata(&sum)));
    let (words, said) = judge("/c/dist/left.zip", &sum, 0);
    assert_eq!(words, ["approved"], "{said}");
    assert_eq!(
        judge("/c/dist/left.zip", &other, 1).0,
        ["checksum-mismatch"]
    );
    // Without a checksum the address alone says what is installed.
    assert_eq!(judge("/c/dist/left.zip", "", 0).0, ["approved"]);
    for shasum in ["", &sum] {
        let (words, said) = judge("/c/dist/evil.zip", shasum, 3);
        assert_eq!(words, ["checksum-unknown"]);
        assert!(
            said.contains("which is not the file that the registry names"),
            "{said}"
        );
    }
    serve(None);
    assert_eq!(judge("/c/dist/left.zip", &sum, 1).0, ["absent"]);
}
