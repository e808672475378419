//! Keyless signing, and logs and timestamps for keys, through the program and against an
//! instance of our own on loopback (`services`): what it does when told the truth, and when
//! not.

mod gates;
mod image;
mod interop;
mod lies;
pub mod services;
mod tokens;
mod two_logs;

use crate::http::tls::Authority;
use crate::signing::{Ran, expect, key, names, read, sealgate, write};
use crate::signing_attacks::world::{IDENTITY, ISSUER};
use serde_json::{Value, json};
use services::{FULCIO, REKOR_1, REKOR_2, Sigstore, TSA, claims, token};
use std::path::Path;

const BUNDLE: &str = "app.bin.sigstore.json";

const TESTED: &str = "running 1 test
test a ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

/// A directory with an artifact, a token and the instance's trusted root.
fn scene(sigstore: &Sigstore) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("app.bin"), b"the artifact\n");
    write(&dir.path().join("token"), token(&claims()).as_bytes());
    let root = sigstore.inner.root().to_string();
    write(&dir.path().join("root.json"), root.as_bytes());
    dir
}

/// The options that name the instance's services.
fn services(sigstore: &Sigstore, version: &str) -> Vec<String> {
    let base = sigstore.server.url("");
    let tsa = sigstore.server.url("/timestamp");
    [
        "--rekor-url",
        &base,
        "--rekor-version",
        version,
        "--timestamp-url",
        &tsa,
        "--trusted-root",
        "root.json",
        "--service-timeout",
        "2",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn keyless(sigstore: &Sigstore, version: &str) -> Vec<String> {
    let fulcio = sigstore.server.url("/");
    let mut all = services(sigstore, version);
    let more = [
        "--keyless",
        "--identity-token-file",
        "token",
        "--fulcio-url",
        &fulcio,
        "--without-sct",
    ];
    all.extend(more.map(str::to_owned));
    all
}

/// Runs a command with options; what it says must not repeat the token.
fn run(dir: &Path, code: i32, command: &[&str], options: &[String]) -> Ran {
    let mut arguments = command.to_vec();
    arguments.extend(options.iter().map(String::as_str));
    let ran = expect(code, &mut sealgate(dir), &arguments);
    let path = dir.join("token");
    if path.exists() {
        let token = read(&path);
        for part in token.trim().split('.').filter(|part| part.len() > 8) {
            assert!(!ran.stdout.contains(part) && !ran.stderr.contains(part));
        }
    }
    assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
    ran
}

/// Signs `app.bin`; nothing may be left unless the exit code is 0.
fn sign(sigstore: &Sigstore, code: i32, version: &str) -> Ran {
    sign_for(sigstore, code, version, &claims())
}

/// The same for a token of these claims.
fn sign_for(sigstore: &Sigstore, code: i32, version: &str, claims: &Value) -> Ran {
    let dir = scene(sigstore);
    write(&dir.path().join("token"), token(claims).as_bytes());
    let ran = run(
        dir.path(),
        code,
        &["sign", "app.bin"],
        &keyless(sigstore, version),
    );
    let mut left = vec!["app.bin", BUNDLE, "root.json", "token"];
    if code != 0 {
        left.remove(1);
    }
    assert_eq!(names(dir.path()), left, "{}", ran.stderr);
    ran
}

/// Verifies by the identity in the certificate.
fn verify(dir: &Path, code: i32, identity: &str) -> Ran {
    let arguments = [
        "verify",
        "app.bin",
        "--certificate-identity",
        identity,
        "--certificate-oidc-issuer",
        ISSUER,
        "--trusted-root",
        "root.json",
        "--without-sct",
    ];
    expect(code, &mut sealgate(dir), &arguments)
}

fn material(path: &Path) -> Value {
    let line = read(path);
    let bundle: Value = serde_json::from_str(line.lines().last().unwrap()).unwrap();
    bundle["verificationMaterial"].clone()
}

#[test]
fn a_file_is_signed_for_an_identity_and_logged() {
    for (version, log) in [("1", REKOR_1), ("2", REKOR_2)] {
        let Some(sigstore) = Sigstore::honest() else {
            return;
        };
        let dir = scene(&sigstore);
        let ran = run(
            dir.path(),
            0,
            &["sign", "app.bin"],
            &keyless(&sigstore, version),
        );
        for text in [IDENTITY, ISSUER, "signed, bundle"] {
            assert!(ran.stdout.contains(text), "{}", ran.stdout);
        }
        assert_eq!(sigstore.lines(), [FULCIO, TSA, log]);
        verify(dir.path(), 0, IDENTITY);
        verify(dir.path(), 1, "evil@acme.example");
        let material = material(&dir.path().join(BUNDLE));
        assert_eq!(material["tlogEntries"].as_array().unwrap().len(), 1);
        write(&dir.path().join("app.bin"), b"other bytes\n");
        verify(dir.path(), 1, IDENTITY);
    }
}

#[test]
fn statements_are_attested_and_sealed_for_an_identity() {
    for version in ["1", "2"] {
        let Some(sigstore) = Sigstore::honest() else {
            return;
        };
        let dir = scene(&sigstore);
        write(&dir.path().join("predicate.json"), b"{\"a\": 1}");
        let options = keyless(&sigstore, version);
        let attest = [
            "attest",
            "app.bin",
            "--predicate",
            "predicate.json",
            "--type",
            "urn:x",
        ];
        run(dir.path(), 0, &attest, &options);
        verify(dir.path(), 0, IDENTITY);
        verify(dir.path(), 1, "evil@acme.example");
        write(&dir.path().join("output.txt"), TESTED.as_bytes());
        let test = ["test", "app.bin", "--", "sh", "-c", "cat output.txt"];
        expect(0, &mut sealgate(dir.path()), &test);
        let seal = ["seal", "app.bin", "--only", "test-result", "--append"];
        run(dir.path(), 0, &seal, &options);
        verify(dir.path(), 0, IDENTITY);
        let lines = read(&dir.path().join("app.bin.attestations.jsonl"));
        assert_eq!(lines.lines().count(), 2);
    }
}

#[test]
fn a_directory_is_signed_for_an_identity() {
    for version in ["1", "2"] {
        let Some(sigstore) = Sigstore::honest() else {
            return;
        };
        let dir = scene(&sigstore);
        std::fs::create_dir_all(dir.path().join("app.d/lib")).unwrap();
        write(&dir.path().join("app.d/lib/a"), b"a\n");
        run(
            dir.path(),
            0,
            &["sign", "app.d"],
            &keyless(&sigstore, version),
        );
        let verify = |code, identity: &str| {
            let arguments = [
                "verify",
                "app.d/",
                "--certificate-identity",
                identity,
                "--certificate-oidc-issuer",
                ISSUER,
                "--trusted-root",
                "root.json",
                "--without-sct",
            ];
            expect(code, &mut sealgate(dir.path()), &arguments)
        };
        verify(0, IDENTITY);
        // Somebody else's tree is not read.
        let other = verify(1, "evil@acme.example");
        assert!(!other.stdout.contains("sha256:"), "{}", other.stdout);
        write(&dir.path().join("app.d/lib/a"), b"b\n");
        let ran = verify(1, IDENTITY);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains("changed `lib/a`"), "{said}");
    }
}

#[test]
fn one_certificate_serves_a_run() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let dir = scene(&sigstore);
    write(&dir.path().join("b.bin"), b"b\n");
    let options = keyless(&sigstore, "2");
    run(dir.path(), 0, &["sign", "app.bin", "b.bin"], &options);
    assert_eq!(sigstore.lines(), [FULCIO, TSA, REKOR_2, TSA, REKOR_2]);
}

#[test]
fn a_key_is_logged_and_timestamped() {
    for version in ["1", "2"] {
        let Some(sigstore) = Sigstore::honest() else {
            return;
        };
        let dir = scene(&sigstore);
        let (private, public) = (key("tester.key"), key("tester.pub"));
        let mut options = services(&sigstore, version);
        options.extend(["--key".to_owned(), private]);
        run(dir.path(), 0, &["sign", "app.bin"], &options);
        write(&dir.path().join("predicate.json"), b"{}");
        let attest = [
            "attest",
            "app.bin",
            "--predicate",
            "predicate.json",
            "--type",
            "urn:x",
        ];
        run(dir.path(), 0, &attest, &options);
        let root = ["--trusted-root", "root.json", "--log-entries", "1"];
        let verify = [&["verify", "app.bin", "--key", &public][..], &root].concat();
        expect(0, &mut sealgate(dir.path()), &verify);
        let other = key("stranger.pub");
        let verify = [&["verify", "app.bin", "--key", &other][..], &root].concat();
        expect(1, &mut sealgate(dir.path()), &verify);
        for name in [BUNDLE, "app.bin.attestations.jsonl"] {
            let material = material(&dir.path().join(name));
            let stamps = &material["timestampVerificationData"]["rfc3161Timestamps"];
            assert_eq!(stamps.as_array().unwrap().len(), 1, "{name}");
        }
    }
}

#[test]
fn a_key_whose_signatures_cannot_be_logged_signs_without_a_log() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let dir = scene(&sigstore);
    let mut options = services(&sigstore, "1");
    options.extend(["--key".to_owned(), key("builder.key")]);
    let ran = run(dir.path(), 2, &["sign", "app.bin"], &options);
    assert!(
        ran.stderr.contains("cannot be logged in Rekor 1"),
        "{}",
        ran.stderr
    );
    assert!(sigstore.lines().is_empty());
    let tsa = sigstore.server.url("/timestamp");
    let stamped = ["--timestamp-url", &tsa, "--trusted-root", "root.json"];
    let mut options = stamped.map(str::to_owned).to_vec();
    options.extend(["--key".to_owned(), key("builder.key")]);
    run(dir.path(), 0, &["sign", "app.bin"], &options);
    assert_eq!(sigstore.lines(), [TSA]);
}

#[test]
fn a_signing_configuration_names_the_services() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let dir = scene(&sigstore);
    let service = |path: &str, version: u32, start: &str| {
        json!({
            "url": sigstore.server.url(path), "majorApiVersion": version,
            "validFor": {"start": start}, "operator": "acme",
        })
    };
    let since = "2020-01-01T00:00:00Z";
    let config = |logs: Value| {
        json!({
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": [service("", 1, since)],
            "rekorTlogUrls": logs,
            "tsaUrls": [service("/timestamp", 1, since)],
            "rekorTlogConfig": {"selector": "ANY"}, "tsaConfig": {"selector": "ANY"},
        })
    };
    let options = [
        "--keyless",
        "--identity-token-file",
        "token",
        "--without-sct",
        "--signing-config",
        "signing.json",
        "--trusted-root",
        "root.json",
    ];
    let options = options.map(str::to_owned);
    let logs = json!([
        service("", 1, since),
        service("", 2, since),
        service("", 2, "2999-01-01T00:00:00Z")
    ]);
    write(
        &dir.path().join("signing.json"),
        config(logs).to_string().as_bytes(),
    );
    run(dir.path(), 0, &["sign", "app.bin"], &options);
    assert_eq!(sigstore.lines(), [FULCIO, TSA, REKOR_2]);
    verify(dir.path(), 0, IDENTITY);
    // Nothing that counts today.
    let logs = json!([service("", 2, "2999-01-01T00:00:00Z")]);
    write(
        &dir.path().join("signing.json"),
        config(logs).to_string().as_bytes(),
    );
    let ran = run(dir.path(), 2, &["sign", "app.bin"], &options);
    assert!(ran.stderr.contains("signing.json"), "{}", ran.stderr);
    // An instance without a log, whether it should have one or not: only if that is said.
    let without_log = [&options[..], &["--without-log".to_owned()]].concat();
    let mut unsaid = config(json!([]));
    unsaid.as_object_mut().unwrap().remove("rekorTlogConfig");
    for (config, text) in [
        (config(json!([])), "asks for 1"),
        (unsaid, "no transparency log is named"),
    ] {
        write(
            &dir.path().join("signing.json"),
            config.to_string().as_bytes(),
        );
        let ran = run(dir.path(), 2, &["sign", "app.bin"], &options);
        assert!(ran.stderr.contains(text), "{}", ran.stderr);
        run(dir.path(), 0, &["sign", "app.bin"], &without_log);
        assert_eq!(material(&dir.path().join(BUNDLE))["tlogEntries"], json!([]));
    }
}

#[test]
fn without_a_word_the_services_of_the_instance_are_asked_whose_root_is_trusted() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("app.bin"), b"the artifact\n");
    write(&dir.path().join("token"), token(&claims()).as_bytes());
    let sign = |code: i32, more: &[&str]| {
        // Nothing leaves this machine: no proxy listens there.
        let mut command = sealgate(dir.path());
        command.env("HTTPS_PROXY", "http://127.0.0.1:1");
        let keyless = [
            "sign",
            "app.bin",
            "--keyless",
            "--identity-token-file",
            "token",
        ];
        expect(code, &mut command, &[&keyless[..], more].concat())
    };
    for (more, authority, log) in [
        (&[][..], "fulcio.sigstore.dev", "rekor.sigstore.dev"),
        (&["--staging"], "fulcio.sigstage.dev", "rekor.sigstage.dev"),
    ] {
        let ran = sign(3, more);
        assert!(ran.stderr.contains(authority), "{}", ran.stderr);
        assert!(ran.stderr.contains(log), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("are entered in the log"),
            "{}",
            ran.stderr
        );
    }
    // It is told before anybody vouches.
    write(&dir.path().join("token"), b"");
    let ran = sign(2, &["--without-log"]);
    assert!(
        ran.stderr.contains("certificate transparency log"),
        "{}",
        ran.stderr
    );
    assert!(
        !ran.stderr.contains("are entered in the log"),
        "{}",
        ran.stderr
    );
    write(&dir.path().join("token"), token(&claims()).as_bytes());
    // Another root has other services, which have to be named.
    let root = sealgate(dir.path())
        .args(["trusted-root", "export", "--output", "root.json"])
        .output()
        .unwrap();
    assert!(root.status.success());
    let ran = sign(2, &["--trusted-root", "root.json"]);
    assert!(ran.stderr.contains("is named"), "{}", ran.stderr);
    assert_eq!(names(dir.path()), ["app.bin", "root.json", "token"]);
}

#[test]
fn several_logs_and_authorities_stand_beside_one_signature() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let dir = scene(&sigstore);
    let service = |path: &str, version: u32, operator: &str| {
        json!({
            "url": sigstore.server.url(path), "majorApiVersion": version,
            "validFor": {"start": "2020-01-01T00:00:00Z"}, "operator": operator,
        })
    };
    let config = json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [service("", 1, "a")],
        "rekorTlogUrls": [service("", 1, "a"), service("", 2, "b")],
        "tsaUrls": [service("/timestamp", 1, "a"), service("/timestamp", 1, "b")],
        "rekorTlogConfig": {"selector": "EXACT", "count": 2}, "tsaConfig": {"selector": "ALL"},
    });
    let config = config.to_string();
    write(&dir.path().join("signing.json"), config.as_bytes());
    let options = [
        "--keyless",
        "--identity-token-file",
        "token",
        "--without-sct",
        "--signing-config",
        "signing.json",
        "--trusted-root",
        "root.json",
    ];
    run(
        dir.path(),
        0,
        &["sign", "app.bin"],
        &options.map(str::to_owned),
    );
    assert_eq!(sigstore.lines(), [FULCIO, TSA, TSA, REKOR_2, REKOR_1]);
    let material = material(&dir.path().join(BUNDLE));
    let stamps = &material["timestampVerificationData"]["rfc3161Timestamps"];
    assert_eq!(stamps.as_array().unwrap().len(), 2);
    for (count, code) in [("2", 0), ("1", 1)] {
        let arguments = [
            "verify",
            "app.bin",
            "--certificate-identity",
            IDENTITY,
            "--certificate-oidc-issuer",
            ISSUER,
            "--trusted-root",
            "root.json",
            "--without-sct",
            "--log-entries",
            count,
        ];
        expect(code, &mut sealgate(dir.path()), &arguments);
    }
}

#[test]
fn a_certificate_that_was_never_logged_is_refused_unless_that_is_said() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let dir = scene(&sigstore);
    let mut options = keyless(&sigstore, "2");
    options.retain(|option| option != "--without-sct");
    let ran = run(dir.path(), 3, &["sign", "app.bin"], &options);
    assert!(ran.stderr.contains("(SCT)"), "{}", ran.stderr);
    assert!(!dir.path().join(BUNDLE).exists());
    assert_eq!(sigstore.lines(), [FULCIO, TSA]);
    run(
        dir.path(),
        0,
        &["sign", "app.bin"],
        &keyless(&sigstore, "2"),
    );
}

#[test]
fn services_of_a_private_authority_are_trusted_where_it_is_named() {
    let authority = Authority::new();
    let Some(sigstore) = Sigstore::honest_tls(authority.server(&["127.0.0.1"])) else {
        return;
    };
    let dir = scene(&sigstore);
    let mut options = keyless(&sigstore, "2");
    let ran = run(dir.path(), 3, &["sign", "app.bin"], &options);
    assert!(ran.stderr.contains("not trusted"), "{}", ran.stderr);
    assert!(sigstore.lines().is_empty());
    let ca = authority.write(dir.path()).display().to_string();
    options.extend(["--ca-file".to_owned(), ca]);
    run(dir.path(), 0, &["sign", "app.bin"], &options);
    verify(dir.path(), 0, IDENTITY);
}

#[test]
fn services_are_named_completely_and_encrypted() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let dir = scene(&sigstore);
    let all = keyless(&sigstore, "1");
    let without = |option: &str| {
        let place = all.iter().position(|one| one == option).unwrap();
        let mut rest = all.clone();
        rest.drain(place..place + 2);
        rest
    };
    let mut no_log = without("--rekor-url");
    let place = no_log
        .iter()
        .position(|one| one == "--rekor-version")
        .unwrap();
    no_log.drain(place..place + 2);
    let plain = |option: &str| {
        let place = all.iter().position(|one| one == option).unwrap();
        let mut rest = all.clone();
        rest[place + 1] = "http://services.acme.example/".to_owned();
        rest
    };
    let mut v2 = without("--timestamp-url");
    let place = v2.iter().position(|one| one == "--rekor-version").unwrap();
    v2[place + 1] = "2".to_owned();
    for (options, text) in [
        (without("--fulcio-url"), "no certificate authority is named"),
        (no_log.clone(), "no transparency log is named"),
        (v2, "no timestamp authority is named"),
        (plain("--fulcio-url"), "not encrypted"),
        (plain("--rekor-url"), "not encrypted"),
        (plain("--timestamp-url"), "not encrypted"),
    ] {
        let ran = run(dir.path(), 2, &["sign", "app.bin"], &options);
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
    assert!(sigstore.lines().is_empty());
    // Rekor 1 tells a time itself; and without a log, if that is said.
    run(
        dir.path(),
        0,
        &["sign", "app.bin"],
        &without("--timestamp-url"),
    );
    verify(dir.path(), 0, IDENTITY);
    no_log.push("--without-log".to_owned());
    run(dir.path(), 0, &["sign", "app.bin"], &no_log);
    let ran = run(dir.path(), 2, &["sign", "app.bin"], &[]);
    assert!(
        ran.stderr.contains("nothing to sign with"),
        "{}",
        ran.stderr
    );
}
