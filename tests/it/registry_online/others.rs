//! Go, Maven, NuGet, RubyGems and Composer: each with a passing twin.

use super::{answers, ask, ask_with, json, messages, project, project_with, sum};
use crate::http::server::{Reply, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealgate::support::hash::{sha256, sha512_parts};
use serde_json::{Value, json as value};
use std::io::Write as _;

/// `go.sum`'s hash of a list of files.
fn h1(files: &[(&str, &[u8])]) -> String {
    let lines: String = files
        .iter()
        .map(|(name, bytes)| format!("{}  {name}\n", sha256(bytes).hex()))
        .collect();
    format!("h1:{}", STANDARD.encode(sha256(lines.as_bytes()).bytes()))
}

#[test]
fn a_go_module_is_hashed_as_go_does_and_a_changed_file_fails() {
    let root = "example.com/Acme/left@v1.2.3";
    let module = b"module example.com/Acme/left\n";
    let source = b"package left\n";
    let (go_mod, go_file) = (format!("{root}/go.mod"), format!("{root}/left.go"));
    let archive = |source: &[u8]| {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        // Not in the order of their names.
        for (name, bytes) in [(&go_file, source), (&go_mod, &module[..])] {
            writer.start_file(name.as_str(), options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    };
    let sum_lines = format!(
        "example.com/Acme/left v1.2.3 {}\nexample.com/Acme/left v1.2.3/go.mod {}\n",
        h1(&[(&go_mod, module), (&go_file, source)]),
        h1(&[("go.mod", module)])
    );
    let files = [
        (
            "go.mod",
            "module example.com/app\n\ngo 1.22\n\nrequire example.com/Acme/left v1.2.3\n"
                .to_owned(),
        ),
        ("go.sum", sum_lines),
    ];
    let server = Server::start(vec![]);
    let serve = |module: &[u8], source: &[u8]| {
        server.set(vec![
            (
                "/go/example.com/!acme/left/@v/v1.2.3.info",
                vec![Reply::ok(
                    "{\"Version\":\"v1.2.3\",\"Time\":\"2026-11-19T00:00:00Z\"}",
                )],
            ),
            (
                "/go/example.com/!acme/left/@v/v1.2.3.mod",
                vec![Reply::ok(module)],
            ),
            (
                "/go/example.com/!acme/left/@v/v1.2.3.zip",
                vec![Reply::ok(archive(source))],
            ),
        ]);
    };
    let approved = format!("golang = [\"{}\"]", server.url("/go"));
    let internal = "[registry]\nminimum-age-days = 7";
    let dir = project(&approved, &files);
    let words = |code: i32| {
        let report = ask(dir.path(), code);
        (answers(&report), messages(&report))
    };
    serve(module, source);
    assert_eq!(words(3).0, ["approved"], "{}", words(3).1);
    serve(module, b"package evil\n");
    assert_eq!(words(1).0, ["checksum-mismatch"]);
    serve(b"module other\n", source);
    assert_eq!(words(1).0, ["checksum-mismatch"]);
    server.set(vec![]);
    assert_eq!(words(1).0, ["absent"]);
    serve(module, source);
    let aged = project_with(&approved, internal, &files);
    let report = ask(aged.path(), 1);
    assert!(messages(&report).contains("by the commit's time, which its author chose"));
    server.set(vec![(
        "/go/example.com/!acme/left/@v/v1.2.3.info",
        vec![Reply::ok("{\"Version\":\"v1.2.4\"}")],
    )]);
    assert_eq!(words(3).0, ["unreachable"]);
}

#[test]
fn a_retracted_go_module_is_told_with_its_reason() {
    let files = [(
        "go.mod",
        "module example.com/app\n\ngo 1.22\n\nrequire example.com/left v1.2.3\n".to_owned(),
    )];
    let info = |version: &str| Reply::ok(format!("{{\"Version\":\"{version}\"}}"));
    let taken_back = "module example.com/left\nretract [v1.2.0, v1.2.9] // leaks keys\n";
    let server = Server::start(vec![]);
    let approved = format!("golang = [\"{}\"]", server.url("/go"));
    let dir = project(&approved, &files);
    let serve = |more: Vec<(&'static str, Vec<Reply>)>| {
        let mut routes = more;
        routes.push(("/go/example.com/left/@v/v1.2.3.info", vec![info("v1.2.3")]));
        server.set(routes);
    };
    let newest = || {
        (
            "/go/example.com/left/@v/v1.9.0.mod",
            vec![Reply::ok(taken_back)],
        )
    };
    let list = |text: &str| ("/go/example.com/left/@v/list", vec![Reply::ok(text)]);
    let latest = || ("/go/example.com/left/@latest", vec![info("v1.9.0")]);
    for more in [
        vec![list("v1.2.3\nv1.9.0\nv1.10.0-rc.1\n"), newest()],
        // A proxy without a list.
        vec![latest(), newest()],
        vec![list(""), latest(), newest()],
    ] {
        serve(more);
        let report = ask_with(dir.path(), &[], &["--online"], 3);
        assert_eq!(answers(&report), ["yanked"]);
        let told = messages(&report);
        assert!(
            told.contains("`example.com/left@v1.2.3` was retracted"),
            "{told}"
        );
        assert!(told.contains("leaks keys"), "{told}");
    }
    // The newest version takes back others, or nobody says which one is the newest.
    let other = Reply::ok("module example.com/left\nretract v1.0.0\n");
    for more in [
        vec![
            list("v1.9.0\n"),
            ("/go/example.com/left/@v/v1.9.0.mod", vec![other]),
        ],
        vec![],
    ] {
        serve(more);
        assert_eq!(
            answers(&ask_with(dir.path(), &[], &["--online"], 3)),
            ["approved"]
        );
    }
    // What should be the newest version's file is none.
    for failing in [Reply::status(500, &[], ""), Reply::stalled()] {
        serve(vec![
            list("v1.9.0\n"),
            ("/go/example.com/left/@v/v1.9.0.mod", vec![failing]),
        ]);
        let report = ask_with(dir.path(), &[], &["--online", "--budget", "2"], 3);
        assert_eq!(answers(&report), ["unreachable"]);
    }
    serve(vec![(
        "/go/example.com/left/@latest",
        vec![Reply::ok("<html>")],
    )]);
    assert_eq!(
        answers(&ask_with(dir.path(), &[], &["--online"], 3)),
        ["unreachable"]
    );
}

#[test]
fn a_maven_artifact_is_compared_by_the_checksums_beside_it() {
    let verification = |hex: String| {
        format!(
            "<verification-metadata><components><component group=\"com.acme\" name=\"left\" version=\"1.2.3\"><artifact name=\"left-1.2.3.jar\"><sha256 value=\"{hex}\"/></artifact></component></components></verification-metadata>"
        )
    };
    let files = |hex: String| {
        vec![
            ("build.gradle", String::new()),
            ("settings.gradle", "rootProject.name = 'app'\n".to_owned()),
            (
                "gradle.lockfile",
                "com.acme:left:1.2.3=runtimeClasspath\nempty=\n".to_owned(),
            ),
            ("gradle/verification-metadata.xml", verification(hex)),
        ]
    };
    let modified = [("Last-Modified", "Thu, 19 Nov 2026 00:00:00 GMT")];
    let server = Server::start(vec![
        (
            "/m2/com/acme/left/1.2.3/left-1.2.3.pom",
            vec![Reply::status(
                200,
                &modified,
                "<project><artifactId>left</artifactId></project>",
            )],
        ),
        (
            "/m2/com/acme/left/1.2.3/left-1.2.3.jar.sha256",
            vec![Reply::ok(format!("{}  left-1.2.3.jar\n", sum('a')))],
        ),
    ]);
    let approved = format!("maven = [\"{}\"]", server.url("/m2/"));
    let words = |dir: &tempfile::TempDir| {
        let report = ask(dir.path(), 3);
        answers(&report)
    };
    assert_eq!(words(&project(&approved, &files(sum('a')))), ["approved"]);
    let report = ask(project(&approved, &files(sum('b'))).path(), 1);
    assert_eq!(answers(&report), ["checksum-mismatch"]);
    let aged = project_with(
        &approved,
        "[registry]\nminimum-age-days = 7",
        &files(sum('a')),
    );
    let report = ask(aged.path(), 1);
    assert!(
        messages(&report).contains("by the file's last-modified date"),
        "{}",
        messages(&report)
    );
    for other in [
        "<html>Sign in</html>",
        "<project><artifactId>right</artifactId></project>",
    ] {
        server.set(vec![(
            "/m2/com/acme/left/1.2.3/left-1.2.3.pom",
            vec![Reply::ok(other)],
        )]);
        assert_eq!(
            words(&project(&approved, &files(sum('a')))),
            ["unreachable"]
        );
    }
    server.set(vec![]);
    let report = ask(project(&approved, &files(sum('a'))).path(), 1);
    assert_eq!(answers(&report), ["absent"]);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A package with one file, as large as its text.
pub(super) fn nuget_package(text: &str) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    writer.start_file("content/left.txt", options).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

/// A project that is locked to such a package.
pub(super) fn nuget_lock(package: &[u8]) -> Vec<(&'static str, String)> {
    let hash = STANDARD.encode(sha512_parts(&[package]));
    vec![
        (
            "app.csproj",
            "<Project Sdk=\"Microsoft.NET.Sdk\"/>".to_owned(),
        ),
        (
            "packages.lock.json",
            format!(
                "{{\"version\":1,\"dependencies\":{{\"net8.0\":{{\"Acme.Left\":{{\"type\":\"Direct\",\"requested\":\"[1.2.3, )\",\"resolved\":\"1.2.3\",\"contentHash\":\"{hash}\"}}}}}}}}"
            ),
        ),
    ]
}

#[test]
fn a_nuget_package_is_found_through_the_service_index_also_packed_and_in_pages() {
    let package = nuget_package("left");
    let files = nuget_lock(&package);
    let server = Server::start(vec![]);
    let leaf = |more: &str| -> Value {
        let mut entry = value!({ "id": "Acme.Left", "version": "1.2.3", "listed": true, "published": "2024-01-01T00:00:00+00:00" });
        if let Value::Object(more) = serde_json::from_str(more).unwrap() {
            entry.as_object_mut().unwrap().extend(more);
        }
        value!({ "catalogEntry": entry, "packageContent": server.url("/v3/flat/acme.left.1.2.3.nupkg") })
    };
    let serve_with = |base: &str, files: &str, more: &str| {
        let index = value!({ "version": "3.0.0", "resources": [
            { "@id": server.url("/v3/old/"), "@type": "RegistrationsBaseUrl" },
            { "@id": base, "@type": "RegistrationsBaseUrl/3.6.0" },
            { "@id": files, "@type": ["PackageBaseAddress/3.0.0"] },
        ] });
        let registration = value!({ "items": [
            { "@id": server.url("/v3/reg/none.json"), "lower": "0.1.0", "upper": "1.0.0" },
            { "@id": server.url("/v3/reg/page.json"), "lower": "1.1.0", "upper": "1.9.0" },
        ] });
        let page =
            value!({ "@id": "x", "lower": "1.1.0", "upper": "1.9.0", "items": [leaf(more)] });
        let packed = [("Content-Encoding", "gzip")];
        server.set(vec![
            ("/v3/index.json", vec![json(&index)]),
            (
                "/v3/reg/acme.left/index.json",
                vec![Reply::status(
                    200,
                    &packed,
                    gzip(registration.to_string().as_bytes()),
                )],
            ),
            ("/v3/reg/page.json", vec![json(&page)]),
            (
                "/v3/flat/acme.left/1.2.3/acme.left.1.2.3.nupkg",
                vec![Reply::ok(package.clone())],
            ),
        ]);
    };
    let flat = server.url("/v3/flat/");
    let serve = |base: &str, more: &str| serve_with(base, &flat, more);
    let dir = project(
        &format!("nuget = [\"{}\"]", server.url("/v3/index.json")),
        &files,
    );
    let own = server.url("/v3/reg/");
    serve(&own, "{}");
    let report = ask(dir.path(), 3);
    assert_eq!(answers(&report), ["approved"], "{}", messages(&report));
    assert_eq!(server.seen().len(), 4);
    serve(
        &own,
        "{\"listed\":false,\"published\":\"1900-01-01T00:00:00+00:00\"}",
    );
    assert_eq!(answers(&ask(dir.path(), 3)), ["yanked"]);
    serve(&own, "{\"deprecation\":{\"reasons\":[\"Legacy\"]}}");
    assert!(messages(&ask(dir.path(), 3)).contains("Legacy"));
    serve(&own, "{\"version\":\"1.2.4\"}");
    assert_eq!(answers(&ask(dir.path(), 1)), ["absent"]);
    // Where the service index says that packages lie is where clients take them from.
    serve_with(&own, "https://evil.example/flat/", "{}");
    assert_eq!(
        answers(&ask(dir.path(), 1)),
        ["checksum-unknown+origin-external"]
    );
    // Registrations on a server that the policy does not name are not asked.
    serve("http://localhost:1/v3/reg/", "{}");
    let report = ask(dir.path(), 3);
    assert_eq!(answers(&report), ["unreachable"]);
    assert!(messages(&report).contains("which the policy does not name"));
}

#[test]
fn a_gem_is_found_in_the_compact_index() {
    let lock = |server: &Server, hex: String| {
        vec![
            ("Gemfile", "gem \"acme_left\"\n".to_owned()),
            (
                "Gemfile.lock",
                format!(
                    "GEM\n  remote: {}\n  specs:\n    acme_left (1.2.3)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  acme_left\n\nCHECKSUMS\n  acme_left (1.2.3) sha256={hex}\n\nBUNDLED WITH\n   2.6.0\n",
                    server.url("/gems/")
                ),
            ),
        ]
    };
    let text = format!(
        "---\n1.2.2 |checksum:{}\n1.2.3 dep:>= 1&< 2|checksum:{},ruby:>= 3.0,created_at:2024-01-02T03:04:05Z\n",
        sum('f'),
        sum('a')
    );
    let server = Server::start(vec![("/gems/info/acme_left", vec![Reply::ok(&text)])]);
    let approved = format!("gem = [\"{}\"]", server.url("/gems/"));
    let aged = "[registry]\nminimum-age-days = 7\nunknown-age = \"deny\"";
    let report = ask(
        project_with(&approved, aged, &lock(&server, sum('a'))).path(),
        0,
    );
    assert_eq!(answers(&report), ["approved"], "{}", messages(&report));
    let report = ask(project(&approved, &lock(&server, sum('b'))).path(), 1);
    assert_eq!(answers(&report), ["checksum-mismatch"]);
    server.set(vec![(
        "/gems/info/acme_left",
        vec![Reply::ok("1.2.3 |checksum:aa\n")],
    )]);
    assert_eq!(
        answers(&ask(project(&approved, &lock(&server, sum('a'))).path(), 3)),
        ["unreachable"]
    );
    // A yanked gem is not in the index any more.
    server.set(vec![(
        "/gems/info/acme_left",
        vec![Reply::ok("---\n1.2.2 |checksum:aa\n")],
    )]);
    assert_eq!(
        answers(&ask(project(&approved, &lock(&server, sum('a'))).path(), 1)),
        ["absent"]
    );
}

#[test]
fn a_composer_package_is_found_in_minified_metadata() {
    let server = Server::start(vec![]);
    let sha1 = |digit: &str| digit.repeat(40);
    let lock = |shasum: &str| {
        let lock = value!({
            "packages-dev": [], "aliases": [], "minimum-stability": "stable",
            "packages": [{
                "name": "acme/left", "version": "1.2.3", "type": "library",
                "dist": { "type": "zip", "url": server.url("/c/dist/left.zip"), "reference": "r", "shasum": shasum },
                "notification-url": server.url("/c/notify/"),
            }]
        });
        vec![
            (
                "composer.json",
                "{\"name\":\"acme/app\",\"require\":{\"acme/left\":\"1\"}}".to_owned(),
            ),
            ("composer.lock", lock.to_string()),
        ]
    };
    let serve = |more: Value| {
        let mut newest = value!({
            "name": "acme/left", "version": "1.2.4", "time": "2024-02-01T00:00:00+00:00",
            "dist": { "type": "zip", "url": server.url("/c/dist/new.zip"), "shasum": sha1("f") }
        });
        newest
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let metadata = value!({ "minified": "composer/2.0", "packages": { "acme/left": [
            newest,
            { "version": "1.2.3", "time": "2024-01-01T00:00:00+00:00", "dist": { "type": "zip", "url": server.url("/c/dist/left.zip"), "shasum": sha1("a") } },
        ] } });
        server.set(vec![
            (
                "/c/packages.json",
                vec![json(&value!({ "metadata-url": "/c/p2/%package%.json" }))],
            ),
            ("/c/p2/acme/left.json", vec![json(&metadata)]),
        ]);
    };
    let approved = format!("composer = [\"{}\"]", server.url("/c/"));
    serve(value!({}));
    let report = ask(project(&approved, &lock(&sha1("a"))).path(), 0);
    assert_eq!(answers(&report), ["approved"], "{}", messages(&report));
    let report = ask(project(&approved, &lock(&sha1("b"))).path(), 1);
    assert_eq!(answers(&report), ["checksum-mismatch"]);
    serve(value!({ "abandoned": "acme/right" }));
    let report = ask(project(&approved, &lock(&sha1("a"))).path(), 0);
    assert!(
        messages(&report).contains("abandoned for `acme/right`"),
        "{}",
        messages(&report)
    );
    server.set(vec![(
        "/c/packages.json",
        vec![json(
            &value!({ "metadata-url": "http://localhost:1/%package%.json" }),
        )],
    )]);
    let report = ask(project(&approved, &lock(&sha1("a"))).path(), 3);
    assert_eq!(answers(&report), ["unreachable"]);
}
