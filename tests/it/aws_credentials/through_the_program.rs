//! The chain in the place where commands use it.

use super::{FUTURE, ROLE, assumed, file, given};
use crate::cli::{sealgate, text, write};
use crate::http::server::{Reply, Server};
use std::path::Path;
use std::process::Output;

/// Signing with a key in KMS, which answers nothing good: whether it was asked is what counts.
fn sign(directory: &Path, server: &Server, variables: &[(&str, &str)]) -> Output {
    write(directory, "app.bin", "the artifact");
    sealgate(directory)
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ENDPOINT_URL", server.url("/"))
        .envs(variables.iter().copied())
        .args([
            "sign",
            "app.bin",
            "--key",
            "awskms:///alias/a",
            "--kms-timeout",
            "2",
        ])
        .output()
        .unwrap()
}

fn kms_and_sts() -> Server {
    let sts = Reply::ok(assumed("AssumeRoleWithWebIdentity", "OF-TOKEN", FUTURE));
    let denied = r#"{"__type":"AccessDeniedException","message":"not you"}"#;
    Server::start(vec![
        ("POST /", vec![sts, Reply::status(400, &[], denied)]),
        ("/container", vec![Reply::ok(given("OF-CONTAINER", FUTURE))]),
    ])
}

#[test]
fn signing_takes_the_identity_of_a_token() {
    let dir = tempfile::tempdir().unwrap();
    let token = file(dir.path(), "token", "t.o.k");
    let server = kms_and_sts();
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str()),
        ("AWS_ROLE_ARN", ROLE),
    ];
    let output = sign(dir.path(), &server, &variables);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("AccessDeniedException"));
    let seen = server.seen();
    let signature = seen[1].header("authorization").unwrap();
    assert!(signature.contains("Credential=OF-TOKEN/"), "{signature}");
}

#[test]
fn without_credentials_signing_says_what_was_tried_and_asks_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let server = kms_and_sts();
    let output = sign(dir.path(), &server, &[]);
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(
        told.contains("no AWS credentials were found; tried: the environment"),
        "{told}"
    );
    assert!(told.contains("the profile `default`"), "{told}");
    assert_eq!(server.lines(), [""; 0]);
    // A server that fails is another thing: it may answer another time.
    server.set(vec![("/container", vec![Reply::status(500, &[], "")])]);
    let container = server.url("/container");
    let variables = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.as_str())];
    let output = sign(dir.path(), &server, &variables);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
}

#[test]
fn a_configuration_in_the_working_directory_starts_no_program() {
    let dir = tempfile::tempdir().unwrap();
    let started = dir.path().join("started");
    let config = format!(
        "[default]\ncredential_process = /bin/sh -c 'echo > {}'\n",
        started.display()
    );
    let inside = file(dir.path(), "aws.config", &config);
    let elsewhere = tempfile::tempdir().unwrap();
    let outside = file(elsewhere.path(), "aws.config", &config);
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(elsewhere.path().join("aws.config"), &link).unwrap();
    let server = kms_and_sts();
    for (path, starts) in [
        (inside.as_str(), false),
        ("aws.config", false),
        ("link", false),
        (outside.as_str(), true),
    ] {
        let output = sign(dir.path(), &server, &[("AWS_CONFIG_FILE", path)]);
        let told = text(&output.stderr);
        assert_eq!(started.exists(), starts, "{path}: {told}");
        assert_eq!(told.contains("part of the judged tree"), !starts, "{told}");
    }
    // The same for the usual files, where the home is the working directory, or it is not.
    std::fs::remove_file(&started).unwrap();
    file(dir.path(), ".aws/config", &config);
    file(elsewhere.path(), ".aws/config", &config);
    for (home, starts) in [(dir.path(), false), (elsewhere.path(), true)] {
        let output = sign(dir.path(), &server, &[("HOME", home.to_str().unwrap())]);
        let told = text(&output.stderr);
        assert_eq!(started.exists(), starts, "{told}");
        assert_eq!(told.contains("part of the judged tree"), !starts, "{told}");
    }
}

#[test]
fn a_configuration_in_the_working_directory_chooses_no_server_and_no_identity() {
    let dir = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    let evil = kms_and_sts();
    let token = file(home.path(), "token", "t.o.k");
    let secret = super::secret();
    let of_the_tree = [
        format!("[default]\nendpoint_url = {}\n", evil.url("/")),
        format!("[default]\nrole_arn = {ROLE}\nweb_identity_token_file = {token}\n"),
        format!("[default]\naws_access_key_id = A\naws_secret_access_key = {secret}\n"),
        "[default]\nsso_start_url = https://team.example/\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = a\n".to_owned(),
    ];
    for config in of_the_tree {
        let path = file(dir.path(), "aws.config", &config);
        let server = kms_and_sts();
        let variables = [
            ("HOME", home.path().to_str().unwrap()),
            ("AWS_CONFIG_FILE", &path),
        ];
        let output = sign(dir.path(), &server, &variables);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains("part of the judged tree"), "{told}");
        assert_eq!(server.lines(), [""; 0], "{config}");
        // The twin: the same in the user's own file.
        let path = file(home.path(), "aws.config", &config);
        let output = sign(
            dir.path(),
            &server,
            &[variables[0], ("AWS_CONFIG_FILE", &path)],
        );
        let told = text(&output.stderr);
        assert!(!told.contains("part of the judged tree"), "{told}");
    }
    assert_eq!(evil.lines(), [""; 0]);
}

#[test]
fn a_shared_file_that_is_not_there_does_not_count() {
    let dir = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let started = elsewhere.path().join("started");
    let config = format!(
        "[default]\ncredential_process = /bin/sh -c 'echo > {}'\n",
        started.display()
    );
    let config = file(elsewhere.path(), "aws.config", &config);
    let server = kms_and_sts();
    for missing in ["nowhere", "/nowhere/credentials"] {
        let variables = [
            ("AWS_CONFIG_FILE", config.as_str()),
            ("AWS_SHARED_CREDENTIALS_FILE", missing),
        ];
        let output = sign(dir.path(), &server, &variables);
        assert!(started.exists(), "{}", text(&output.stderr));
        std::fs::remove_file(&started).unwrap();
    }
}
