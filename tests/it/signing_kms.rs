//! Signing with keys in AWS KMS, through the program and against a KMS of our own on
//! loopback (`stub`): what it does when told the truth, and when not.

mod stub;

use crate::http::server::Reply;
use crate::http::tls::Authority;
use crate::signing::{Ran, expect, key, keys, names, read, sealgate, write};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use stub::{ID, Kind, Kms, Pair, REGION, answer, arn, key_id, refusal, secret, token};

const ALIAS: &str = "awskms:///alias/release";

/// The program with credentials and region, and KMS where `--kms-endpoint` says.
fn with_keys(directory: &Path) -> Command {
    let mut command = sealgate(directory);
    command
        .env("AWS_ACCESS_KEY_ID", key_id())
        .env("AWS_SECRET_ACCESS_KEY", secret())
        .env("AWS_SESSION_TOKEN", token())
        .env("AWS_REGION", REGION);
    command
}

fn asking(kms: &Kms, directory: &Path) -> Command {
    let mut command = with_keys(directory);
    command.env("AWS_ENDPOINT_URL_KMS", kms.server.url("/"));
    command
}

fn scene() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("app.bin"), b"the artifact\n");
    dir
}

/// Signs `app.bin`, with an exit code; nothing may be left unless it is 0, and no secret may
/// be told.
fn sign(kms: &Kms, code: i32) -> Ran {
    let dir = scene();
    let arguments = ["sign", "app.bin", "--key", ALIAS, "--kms-timeout", "2"];
    let ran = expect(code, &mut asking(kms, dir.path()), &arguments);
    let left: &[&str] = match code {
        0 => &["app.bin", "app.bin.sigstore.json"],
        _ => &["app.bin"],
    };
    assert_eq!(names(dir.path()), left);
    tells_no_secret(&ran);
    ran
}

fn tells_no_secret(ran: &Ran) {
    for secret in [key_id(), secret(), token()] {
        assert!(!ran.stdout.contains(&secret), "{}", ran.stdout);
        assert!(!ran.stderr.contains(&secret), "{}", ran.stderr);
    }
    assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
}

fn contains(ran: &Ran, texts: &[&str]) {
    for text in texts {
        assert!(ran.stderr.contains(text), "`{text}` in\n{}", ran.stderr);
    }
}

#[test]
fn every_kind_of_key_signs_a_digest_and_its_public_key_verifies() {
    for kind in [Kind::P256, Kind::P384, Kind::Rsa2048, Kind::Rsa3072] {
        let kms = Kms::honest(Pair::new(kind));
        let dir = scene();
        let public = ["key", "public", ALIAS];
        let public = expect(0, &mut asking(&kms, dir.path()), &public);
        write(&dir.path().join("release.pub"), public.stdout.as_bytes());
        let signed = ["sign", "app.bin", "--key", ALIAS];
        let signed = expect(0, &mut asking(&kms, dir.path()), &signed);
        tells_no_secret(&signed);

        let verify = ["verify", "app.bin", "--key", "release.pub"];
        expect(0, &mut sealgate(dir.path()), &verify);
        write(&dir.path().join("app.bin"), b"the artifacT\n");
        expect(1, &mut sealgate(dir.path()), &verify);

        // Only digests went there, and to the key behind the alias.
        assert_eq!(kms.operations(), ["GetPublicKey", "GetPublicKey", "Sign"]);
        let asked = kms.asked();
        assert_eq!(asked[1].question, json!({ "KeyId": "alias/release" }));
        let question = &asked[2].question;
        assert_eq!(question["KeyId"], arn());
        assert_eq!(question["MessageType"], "DIGEST");
        assert_eq!(question["SigningAlgorithm"], kind.algorithm());
        let length = if kind == Kind::P384 { 64 } else { 44 };
        assert_eq!(question["Message"].as_str().unwrap().len(), length);
        let authorization = &asked[2].authorization;
        assert!(authorization.contains("/eu-central-1/kms/aws4_request"));
    }
}

#[test]
fn a_bundle_of_kms_is_refused_with_another_key() {
    let kms = Kms::honest(Pair::new(Kind::P256));
    let dir = scene();
    let signed = ["sign", "app.bin", "--key", ALIAS];
    expect(0, &mut asking(&kms, dir.path()), &signed);
    let stranger = key("stranger.pub");
    let verify = ["verify", "app.bin", "--key", &stranger];
    let ran = expect(1, &mut sealgate(dir.path()), &verify);
    assert!(ran.stdout.contains("signing/wrong-key") || ran.stderr.contains("signing/wrong-key"));
}

#[test]
fn what_kms_refuses_is_told_in_its_own_words_and_leaves_nothing() {
    for (status, code, exit, hint) in [
        (400, "AccessDeniedException", 2, "kms:Sign"),
        (400, "com.amazonaws.kms#NotFoundException", 2, "alias/NAME"),
        (400, "DisabledException", 2, "enable the key"),
        (400, "KMSInvalidStateException", 2, "key's state"),
        (400, "InvalidKeyUsageException", 2, "SIGN_VERIFY"),
        (400, "ExpiredTokenException", 2, "temporary credentials"),
        (400, "UnrecognizedClientException", 2, "clock"),
        (403, "InvalidSignatureException", 2, "clock"),
        (400, "ValidationException", 2, "KMS's words"),
        (400, "ThrottlingException", 3, "later"),
        (500, "KMSInternalException", 3, "later"),
        (503, "DependencyTimeoutException", 3, "later"),
    ] {
        for operation in ["GetPublicKey", "Sign"] {
            let words = format!("not \u{1b}[2J today\u{202e}, {} says no", token());
            let kms = Kms::start(Pair::new(Kind::P256), move |asked, _, honest| {
                match asked == operation {
                    true => refusal(status, code, &words),
                    false => answer(&honest),
                }
            });
            let ran = sign(&kms, exit);
            let short = code.rsplit('#').next().unwrap();
            contains(&ran, &[short, operation, "today", "*** says no", hint]);
        }
    }
}

#[test]
fn a_busy_kms_is_asked_again_and_the_signature_is_made_once_it_can() {
    for busy in [
        refusal(400, "ThrottlingException", "slow down"),
        refusal(500, "KMSInternalException", ""),
        Reply::status(503, &[], "<html>later</html>"),
        Reply::announced(1000, "{"),
    ] {
        let kms = Kms::start(
            Pair::new(Kind::P256),
            move |operation, nth, honest| match operation == "Sign" && nth == 0 {
                true => busy.clone(),
                false => answer(&honest),
            },
        );
        sign(&kms, 0);
        assert_eq!(kms.operations(), ["GetPublicKey", "Sign", "Sign"]);
    }
    // What will not get better is asked once.
    let kms = Kms::start(Pair::new(Kind::P256), |_, _, _| {
        refusal(400, "DisabledException", "")
    });
    sign(&kms, 2);
    assert_eq!(kms.operations(), ["GetPublicKey"]);
}

/// Answers of `operation` with one member changed.
fn lying(pair: Pair, operation: &'static str, member: &'static str, value: Value) -> Kms {
    Kms::start(pair, move |asked, _, mut honest| {
        if asked == operation {
            honest[member] = value.clone();
        }
        answer(&honest)
    })
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn a_kms_that_lies_about_a_signature_is_refused() {
    let pair = Pair::new(Kind::P256);
    let other_digest = pair.sign(&[7; 32]);
    for (value, text) in [
        (
            json!(base64(&other_digest)),
            "is not a signature of the key",
        ),
        (
            json!(base64(&Pair::new(Kind::P256).sign(&[7; 32]))),
            "is not a signature of the key",
        ),
        (json!(""), "is not a signature of the key"),
        (json!("***"), "not base64"),
        (json!(7), "malformed"),
        (Value::Null, "malformed"),
    ] {
        let kms = lying(Pair::new(Kind::P256), "Sign", "Signature", value);
        contains(&sign(&kms, 3), &[text]);
        assert_eq!(kms.operations(), ["GetPublicKey", "Sign"]);
    }
    // The stub that signs another digest with the right key, and its twin that does not.
    for (digest, code) in [(Some([7_u8; 32]), 3), (None, 0)] {
        let signing = Pair::new(Kind::Rsa2048);
        let spki = base64(&signing.spki());
        let kms = Kms::start(Pair::new(Kind::Rsa2048), move |operation, _, mut honest| {
            match (operation, digest) {
                ("GetPublicKey", _) => honest["PublicKey"] = json!(spki),
                (_, Some(digest)) => honest["Signature"] = json!(base64(&signing.sign(&digest))),
                _ => {
                    let right = sealgate::support::hash::sha256(b"the artifact\n");
                    honest["Signature"] = json!(base64(&signing.sign(right.bytes())));
                }
            }
            answer(&honest)
        });
        sign(&kms, code);
    }
}

#[test]
fn an_answer_about_another_key_or_algorithm_is_refused() {
    let other = arn().replace(ID, "99999999-12ab-34cd-56ef-1234567890ab");
    let elsewhere = arn().replace(REGION, "eu-west-1");
    for (operation, member, value, text) in [
        ("Sign", "KeyId", json!(other), "asked was"),
        ("Sign", "KeyId", json!(elsewhere), "asked was"),
        ("Sign", "KeyId", json!("x\u{1b}[2J"), "asked was"),
        ("GetPublicKey", "KeyId", json!("alias/release"), "asked was"),
        (
            "Sign",
            "SigningAlgorithm",
            json!("ECDSA_SHA_384"),
            "signed with",
        ),
        ("GetPublicKey", "PublicKey", json!("***"), "not base64"),
        (
            "GetPublicKey",
            "KeySpec",
            json!("RSA_2048"),
            "its public key is for ECDSA P-256",
        ),
        ("GetPublicKey", "KeyUsage", Value::Null, "malformed"),
    ] {
        let kms = lying(Pair::new(Kind::P256), operation, member, value);
        contains(&sign(&kms, 3), &[text]);
    }
    // Asked by its id, another key's answer is refused at once.
    let dir = scene();
    let kms = lying(Pair::new(Kind::P256), "GetPublicKey", "KeyId", json!(other));
    let named = format!("awskms:///{ID}");
    let arguments = ["sign", "app.bin", "--key", &named];
    expect(3, &mut asking(&kms, dir.path()), &arguments);
    assert_eq!(kms.operations(), ["GetPublicKey"]);
}

#[test]
fn keys_that_cannot_sign_here_are_refused_by_name() {
    for (member, value) in [
        ("KeySpec", "ECC_NIST_P521"),
        ("KeySpec", "ECC_SECG_P256K1"),
        ("KeySpec", "SM2"),
        ("KeySpec", "ML_DSA_65"),
        ("KeyUsage", "ENCRYPT_DECRYPT"),
        ("KeyUsage", "KEY_AGREEMENT"),
    ] {
        let kms = lying(Pair::new(Kind::P256), "GetPublicKey", member, json!(value));
        contains(&sign(&kms, 2), &[value]);
        assert_eq!(kms.operations(), ["GetPublicKey"]);
    }
}

#[test]
fn what_is_no_kms_is_told_apart_from_one() {
    type Text = &'static [&'static str];
    let cases: [(Reply, Text); 8] = [
        (
            Reply::ok("<html><title>Log in</title></html>"),
            &["not one of KMS", "Log in"],
        ),
        (
            Reply::status(403, &[], "<html>blocked by rule 7</html>"),
            &["HTTP 403", "blocked by rule 7"],
        ),
        (Reply::ok(""), &["not one of KMS"]),
        (Reply::ok("{\"KeyId\":"), &["malformed"]),
        (
            Reply::ok("{\"KeyId\":\"a\",\"KeyId\":\"b\"}"),
            &["malformed"],
        ),
        (Reply::redirect("https://kms.example/"), &["HTTP 302"]),
        (Reply::ok("x".repeat(70_000)), &["larger than the limit"]),
        (Reply::announced(1000, "{"), &["broke off"]),
    ];
    for (reply, texts) in cases {
        let kms = Kms::start(Pair::new(Kind::P256), move |operation, _, honest| {
            match operation == "Sign" {
                true => reply.clone(),
                false => answer(&honest),
            }
        });
        contains(&sign(&kms, 3), texts);
    }
}

#[test]
fn a_kms_that_stalls_or_is_not_there_ends_in_time() {
    for stalled in [Reply::stalled(), Reply::endless()] {
        let kms = Kms::start(Pair::new(Kind::P256), move |_, _, _| stalled.clone());
        sign(&kms, 3);
    }
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/", listener.local_addr().unwrap())
    };
    let dir = scene();
    let arguments = [
        "sign",
        "app.bin",
        "--key",
        ALIAS,
        "--kms-timeout",
        "1",
        "--kms-endpoint",
        &address,
    ];
    let ran = expect(3, &mut with_keys(dir.path()), &arguments);
    contains(&ran, &["cannot connect"]);
    assert_eq!(names(dir.path()), ["app.bin"]);
}

#[test]
fn of_several_files_all_are_signed_or_none() {
    for (fails_at, code) in [(1, 2), (9, 0)] {
        let kms = Kms::start(
            Pair::new(Kind::P256),
            move |operation, nth, honest| match operation == "Sign" && nth == fails_at {
                true => refusal(400, "DisabledException", "just now"),
                false => answer(&honest),
            },
        );
        let dir = scene();
        write(&dir.path().join("b.bin"), b"another\n");
        let arguments = ["sign", "app.bin", "b.bin", "--key", ALIAS];
        let ran = expect(code, &mut asking(&kms, dir.path()), &arguments);
        let left = names(dir.path());
        match code {
            0 => assert_eq!(left.len(), 4),
            _ => {
                assert_eq!(left, ["app.bin", "b.bin"]);
                contains(&ran, &["b.bin", "DisabledException"]);
            }
        }
        assert_eq!(kms.operations(), ["GetPublicKey", "Sign", "Sign"]);
    }
}

#[test]
fn keys_and_region_also_come_from_a_profile_and_the_region_from_an_arn() {
    let kms = Kms::honest(Pair::new(Kind::P256));
    let dir = scene();
    // Outside the working directory.
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let (id, secret) = (key_id(), secret());
    let credentials = format!("[ci]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    write(
        &home.path().join(".aws/credentials"),
        credentials.as_bytes(),
    );
    let config = format!("[profile ci]\nregion = {REGION}\n");
    write(&home.path().join(".aws/config"), config.as_bytes());
    let endpoint = kms.server.url("/");
    let public = ["key", "public", ALIAS, "--kms-endpoint", &endpoint];
    let mut command = sealgate(dir.path());
    let command = command.env("AWS_PROFILE", "ci").env("HOME", home.path());
    expect(0, command, &public);
    // The signature names the region of the ARN, or the stub would refuse it.
    let alias = format!("awskms:///arn:aws:kms:{REGION}:123456789012:alias/release");
    let by_arn = ["key", "public", &alias, "--kms-endpoint", &endpoint];
    let mut command = with_keys(dir.path());
    expect(0, command.env("AWS_REGION", "us-west-2"), &by_arn);
    let mut command = with_keys(dir.path());
    let wrong = command.env("AWS_REGION", "us-west-2");
    let ran = expect(2, wrong, &public);
    contains(&ran, &["InvalidSignatureException"]);
    tells_no_secret(&ran);
    let mut command = with_keys(dir.path());
    let wrong = command.env("AWS_SECRET_ACCESS_KEY", ["other", "-made-up"].concat());
    contains(&expect(2, wrong, &public), &["InvalidSignatureException"]);
    assert_eq!(kms.operations(), ["GetPublicKey", "GetPublicKey"]);
}

#[test]
fn without_region_credentials_or_a_safe_address_nothing_is_asked() {
    let kms = Kms::honest(Pair::new(Kind::P256));
    let endpoint = kms.server.url("/");
    let dir = scene();
    let run = |unset: &[&str], key: &str, endpoint: &str, texts: &[&str]| {
        let mut command = with_keys(dir.path());
        for name in unset {
            command.env_remove(name);
        }
        let arguments = ["sign", "app.bin", "--key", key, "--kms-endpoint", endpoint];
        contains(&expect(2, &mut command, &arguments), texts);
    };
    run(&["AWS_REGION"], ALIAS, &endpoint, &["region", "AWS_REGION"]);
    run(
        &["AWS_SECRET_ACCESS_KEY"],
        ALIAS,
        &endpoint,
        &["credentials", "AWS_ACCESS_KEY_ID"],
    );
    run(&[], ALIAS, "http://kms.example/", &["not encrypted"]);
    run(
        &[],
        ALIAS,
        "kms.example",
        &["KMS cannot be asked", "https://HOST"],
    );
    run(
        &[],
        "awskms://other:8443/alias/release",
        &endpoint,
        &["both given"],
    );
    run(
        &[],
        "awskms:///release",
        &endpoint,
        &["awskms:///alias/NAME"],
    );
    let missing = "awskms:///alias/no-such";
    assert_eq!(kms.operations(), [""; 0]);
    run(
        &[],
        missing,
        &endpoint,
        &["NotFoundException", "alias/no-such"],
    );
    assert_eq!(names(dir.path()), ["app.bin"]);
}

#[test]
fn a_server_in_the_name_of_the_key_is_asked_over_tls_as_cosign_spells_it() {
    let authority = Authority::new();
    let tls = authority.server(&["localhost"]);
    let kms = Kms::honest_tls(Pair::new(Kind::P256), tls);
    let dir = scene();
    let ca = authority.write(dir.path()).display().to_string();
    let port = kms.server.address.port();
    let named = format!("awskms://localhost:{port}/alias/release");
    let arguments = ["sign", "app.bin", "--key", &named, "--ca-file", &ca];
    expect(0, &mut with_keys(dir.path()), &arguments);
    assert_eq!(kms.operations(), ["GetPublicKey", "Sign"]);
    // The same without trust in the authority.
    let arguments = ["key", "public", &named, "--kms-timeout", "2"];
    let ran = expect(3, &mut with_keys(dir.path()), &arguments);
    contains(&ran, &["certificate", "not trusted"]);
}

/// A policy whose tester and promoter have the same key.
fn environments(pem: &str) -> String {
    let role = |name: &str| format!("[roles.{name}]\nkey-pem = \"\"\"\n{pem}\"\"\"\n");
    format!(
        "schema = 1\nname = \"e\"\nversion = 1\n{}{}[environments.staging]\npromoter = \
         \"promoter\"\n[[environments.staging.require]]\npredicate = \"test-result\"\nrole = \
         \"tester\"\n",
        role("tester"),
        role("promoter")
    )
}

#[test]
fn seal_and_gate_sign_with_kms_and_a_failure_leaves_no_half() {
    use crate::gate::scene::{AN_HOUR_AGO, ARTIFACT, NOW, TEST_RESULT, statement, test_result};
    let dir = scene();
    let result = test_result("PASSED", 5, 0, AN_HOUR_AGO);
    let result = statement(&[ARTIFACT], TEST_RESULT, result);
    write(
        &dir.path().join("app.bin.test-result.json"),
        result.as_bytes(),
    );
    let kms = Kms::start(Pair::new(Kind::P384), |operation, nth, honest| {
        match operation == "Sign" && nth >= 2 {
            true => refusal(400, "DisabledException", "from now on"),
            false => answer(&honest),
        }
    });
    let public = expect(0, &mut asking(&kms, dir.path()), &["key", "public", ALIAS]);
    let policies = tempfile::tempdir().unwrap();
    let policy = policies.path().join("e.toml");
    write(&policy, environments(&public.stdout).as_bytes());
    let policy = policy.display().to_string();
    let seal = [
        "seal",
        "app.bin",
        "--key",
        ALIAS,
        "--only",
        "test-result",
        "--append",
    ];
    let gate = [
        "--at", NOW, "gate", "app.bin", "--env", "staging", "--policy", &policy, "--key", ALIAS,
    ];
    expect(0, &mut asking(&kms, dir.path()), &seal);
    expect(0, &mut asking(&kms, dir.path()), &gate);
    let sealed = read(&dir.path().join("app.bin.attestations.jsonl"));
    let summary = "app.bin.staging.vsa.json".to_owned();
    assert!(names(dir.path()).contains(&summary));
    // The key is disabled now: what was sealed stays as it is, an old summary does not.
    contains(
        &expect(2, &mut asking(&kms, dir.path()), &seal),
        &["DisabledException"],
    );
    expect(2, &mut asking(&kms, dir.path()), &gate);
    let after = read(&dir.path().join("app.bin.attestations.jsonl"));
    assert_eq!(after, sealed);
    assert!(!names(dir.path()).contains(&summary));
    // A key that is not the promoter's is refused before it signs.
    let other = Kms::honest(Pair::new(Kind::P256));
    let ran = expect(2, &mut asking(&other, dir.path()), &gate);
    contains(&ran, &["but the promoter of"]);
    assert_eq!(other.operations(), ["GetPublicKey"]);
}

#[test]
fn a_key_file_needs_no_kms() {
    let dir = scene();
    let file = keys().join("tester.key").display().to_string();
    let arguments = ["sign", "app.bin", "--key", &file];
    let mut command = sealgate(dir.path());
    expect(0, command.env("AWS_REGION", "evil.example/#"), &arguments);
}
