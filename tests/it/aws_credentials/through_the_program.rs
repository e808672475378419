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
    // The user's own files, although the home is the working directory here.
    std::fs::remove_file(&started).unwrap();
    file(dir.path(), ".aws/config", &config);
    sign(dir.path(), &server, &[]);
    assert!(started.exists());
}
