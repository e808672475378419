//! Checksums of Yarn 4, which are of an archive that Yarn makes of the registry's file.

use super::npm::{PLACE, approved, packument, tarball};
use super::{answers, ask, ask_with, ids, json, messages, project};
use crate::http::server::{Reply, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

const FILE: &str = "/npm/@acme/left/-/left-1.2.3.tgz";

/// What Yarn 4.18 wrote for [`package`].
const CHECKSUM: &str = "8d1074b4b4beadcee31da980270a709a1060dfafea5b2ae2e32ee64aef49c825a680e8af872bc349f5a6285ab1c4fe4ccedc6873e0c3bdcfd703a161e184f3a0";

/// A package with an executable, a directory and a name that is not ASCII.
fn package(content: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, mode, content) in [
        (
            "package/package.json",
            0o644,
            "{\"name\":\"@acme/left\",\"version\":\"1.2.3\"}",
        ),
        ("package/bin/left.js", 0o755, content),
        ("package/doc/ü.md", 0o600, "ue\n"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        builder
            .append_data(&mut header, path, content.as_bytes())
            .unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

fn good() -> Vec<u8> {
    package("#!/usr/bin/env node\n")
}

fn integrity(file: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, file);
    format!("sha512-{}", STANDARD.encode(digest))
}

/// A registry that says `told` of its file, and serves another.
fn serving(told: &[u8], file: Reply, edit: impl Fn(&mut Value)) -> Server {
    let server = Server::start(vec![]);
    let mut document = packument(&server, &integrity(told));
    edit(&mut document);
    server.set(vec![(PLACE, vec![json(&document)]), (FILE, vec![file])]);
    server
}

fn lock(resolution: &str, checksum: &str) -> Vec<(&'static str, String)> {
    let asked = resolution.replace("npm:1.2.3", "npm:1");
    vec![
        (
            "package.json",
            r#"{"name":"app","version":"1.0.0","dependencies":{"@acme/left":"1"}}"#.to_owned(),
        ),
        (
            "yarn.lock",
            format!(
                "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"{asked}\":\n  version: 1.2.3\n  resolution: \"{resolution}\"\n  checksum: {checksum}\n  languageName: node\n  linkType: hard\n\n\"app@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"app@workspace:.\"\n  dependencies:\n    \"@acme/left\": \"npm:1\"\n  languageName: unknown\n  linkType: soft\n"
            ),
        ),
    ]
}

const RESOLUTION: &str = "@acme/left@npm:1.2.3";

fn answer(server: &Server, files: &[(&str, String)], code: i32) -> (Vec<String>, Value) {
    let settings = format!(
        "npmRegistryServer: \"{}\"\nunsafeHttpWhitelist: [\"127.0.0.1\"]\n",
        server.url("/npm")
    );
    let mut files = files.to_vec();
    files.push((".yarnrc.yml", settings));
    let dir = project(&approved(server), &files);
    let report = ask(dir.path(), code);
    (answers(&report), report)
}

#[test]
fn the_archive_that_yarn_makes_of_the_registrys_file_is_compared() {
    let server = serving(&good(), Reply::ok(good()), |_| {});
    // Yarn 4.0 wrote the key once for all.
    for checksum in [format!("10c0/{CHECKSUM}"), CHECKSUM.to_owned()] {
        let (found, report) = answer(&server, &lock(RESOLUTION, &checksum), 0);
        assert_eq!(found, ["approved"]);
        assert!(ids(&report, "gaps").is_empty(), "{report:#}");
    }
    let seen = server.lines();
    assert_eq!(seen[..2], [format!("GET {PLACE}"), format!("GET {FILE}")]);
    let other = CHECKSUM.replacen(&CHECKSUM[..4], "0000", 1);
    for checksum in [format!("10c0/{other}"), other] {
        let (found, report) = answer(&server, &lock(RESOLUTION, &checksum), 1);
        assert_eq!(found, ["checksum-mismatch"]);
        assert!(messages(&report).contains("Yarn's archive"), "{report:#}");
    }
}

/// The registry was changed after it was locked: its own digest agrees with what it serves.
#[test]
fn another_file_under_the_same_version_is_a_mismatch() {
    let other = package("#!/usr/bin/env evil\n");
    let server = serving(&other, Reply::ok(other.clone()), |_| {});
    let (found, _) = answer(&server, &lock(RESOLUTION, &format!("10c0/{CHECKSUM}")), 1);
    assert_eq!(found, ["checksum-mismatch"]);
}

#[test]
fn what_cannot_be_made_again_stays_a_gap_and_its_file_is_not_fetched() {
    let server = serving(&good(), Reply::ok(good()), |_| {});
    let patched = "@acme/left@patch:@acme/left@npm%3A1.2.3#~/.yarn/patches/left.patch::version=1.2.3&hash=0123ab";
    for (resolution, checksum) in [
        (RESOLUTION, format!("10/{CHECKSUM}")),
        (RESOLUTION, format!("8/{CHECKSUM}")),
        (patched, format!("10c0/{CHECKSUM}")),
    ] {
        let (found, report) = answer(&server, &lock(resolution, &checksum), 3);
        assert_eq!(found, ["checksum-unknown"], "{resolution} {checksum}");
        assert_eq!(ids(&report, "gaps"), ["registry/checksum-unknown"]);
    }
    let compressed = |files: Vec<(&'static str, String)>| -> Vec<(&'static str, String)> {
        let text = |text: String| text.replace("cacheKey: 10c0", "cacheKey: 8");
        files
            .into_iter()
            .map(|(name, file)| (name, text(file)))
            .collect()
    };
    let (found, _) = answer(&server, &compressed(lock(RESOLUTION, CHECKSUM)), 3);
    assert_eq!(found, ["checksum-unknown"]);
    assert!(!server.lines().iter().any(|line| line.contains(FILE)));
}

#[test]
fn only_a_file_that_the_registry_vouches_for_on_a_server_of_the_policy_is_packed() {
    let checksum = format!("10c0/{CHECKSUM}");
    let files = lock(RESOLUTION, &checksum);
    // The digest of another file, a file that is not there, one that is no archive.
    for (told, file) in [
        (package("other"), Reply::ok(good())),
        (good(), Reply::status(404, &[], "")),
        (b"no archive".to_vec(), Reply::ok("no archive")),
    ] {
        let server = serving(&told, file, |_| {});
        let (found, report) = answer(&server, &files, 3);
        assert_eq!(found, ["checksum-unknown"]);
        assert!(
            messages(&report).contains("could not be made again"),
            "{report:#}"
        );
    }
    let without = serving(&good(), Reply::ok(good()), |document| {
        let dist = &mut document["versions"]["1.2.3"]["dist"];
        dist["integrity"] = Value::Null;
        dist["shasum"] = Value::Null;
    });
    let (found, _) = answer(&without, &files, 3);
    assert_eq!(found, ["checksum-unknown"]);
    // A server that only the registry names is not asked, nor one that it redirects to.
    let elsewhere = Server::start(vec![("/x.tgz", vec![Reply::ok(good())])]);
    let named = serving(&good(), Reply::ok(good()), |document| {
        document["versions"]["1.2.3"]["dist"]["tarball"] = elsewhere.url("/x.tgz").into();
    });
    let (found, _) = answer(&named, &files, 1);
    assert_eq!(found, ["checksum-unknown+origin-external"]);
    let led = Reply::redirect("http://files.example/x.tgz");
    let led = serving(&good(), led, |_| {});
    let (found, _) = answer(&led, &files, 3);
    assert_eq!(found, ["checksum-unknown"]);
    assert_eq!(elsewhere.lines(), [""; 0]);
    // One that does not answer is no gap of the checksum alone.
    let broken = serving(&good(), Reply::status(500, &[], ""), |_| {});
    let (found, _) = answer(&broken, &files, 3);
    assert_eq!(found, ["unreachable"]);
    assert!(tarball(&broken).ends_with(FILE));
}

/// What the registry said of the version before counts all the same.
#[test]
fn a_file_that_does_not_come_in_time_leaves_the_checksum_open_and_nothing_else() {
    let server = serving(&good(), Reply::stalled(), |document| {
        document["versions"]["1.2.3"]["deprecated"] = "use another".into();
    });
    let files = lock(RESOLUTION, &format!("10c0/{CHECKSUM}"));
    let dir = project(&approved(&server), &files);
    let report = ask_with(dir.path(), &[], &["--online", "--budget", "1"], 3);
    assert_eq!(answers(&report), ["checksum-unknown"]);
    assert!(ids(&report, "findings").contains(&"registry/deprecated".to_owned()));
}
