//! `key`, `sign` and `verify` through the program.

mod attest;
mod directories;
mod record;

use sealgate::support::files::{read_bounded, write_atomic};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The passphrase of every key of these tests.
pub const PASSPHRASE: &str = "a passphrase for tests";

/// The program in a directory, with nothing of the caller's environment but `PATH`.
pub fn sealgate(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sealgate"));
    command
        .current_dir(directory)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", directory)
        .env("SEALGATE_PASSPHRASE", PASSPHRASE)
        .stdin(Stdio::null());
    command
}

/// What a run gave: exit code, stdout, stderr.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the program with arguments and insists on the exit code.
pub fn expect(code: i32, command: &mut Command, arguments: &[&str]) -> Ran {
    let output: Output = command.args(arguments).output().unwrap();
    let ran = Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    assert_eq!(
        ran.code, code,
        "{arguments:?}\nstdout:\n{}\nstderr:\n{}",
        ran.stdout, ran.stderr
    );
    ran
}

/// A directory with the key pairs of all roles, made once: deriving a key takes time.
pub fn keys() -> &'static Path {
    static KEYS: OnceLock<tempfile::TempDir> = OnceLock::new();
    KEYS.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        for (name, algorithm) in [
            ("tester", "ecdsa-p256"),
            ("builder", "ed25519"),
            ("promoter-staging", "ecdsa-p256"),
            ("promoter-prod", "ed25519"),
            ("stranger", "ecdsa-p256"),
        ] {
            let arguments = [
                "key",
                "generate",
                "--output",
                name,
                "--algorithm",
                algorithm,
            ];
            expect(0, &mut sealgate(dir.path()), &arguments);
        }
        dir
    })
    .path()
}

/// The path of a key file, as an argument.
pub fn key(name: &str) -> String {
    keys().join(name).display().to_string()
}

pub fn write(path: &Path, bytes: &[u8]) {
    write_atomic(path, bytes).unwrap();
}

pub fn read(path: &Path) -> String {
    String::from_utf8(read_bounded(path, 10_000_000).unwrap()).unwrap()
}

/// The names in a directory, sorted.
pub fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A directory with an artifact `app.bin`.
fn scene() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let artifact = dir.path().join("app.bin");
    write(&artifact, b"the artifact\n");
    (dir, artifact)
}

#[test]
fn a_key_pair_is_private_and_not_replaced_without_force() {
    let dir = tempfile::tempdir().unwrap();
    let generate = ["key", "generate", "--output", "k"];
    expect(0, &mut sealgate(dir.path()), &generate);
    assert_eq!(names(dir.path()), ["k.key", "k.pub"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = std::fs::metadata(dir.path().join("k.key")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
    let before = read(&dir.path().join("k.key"));
    let refused = expect(2, &mut sealgate(dir.path()), &generate);
    assert!(
        refused.stderr.contains("already exists"),
        "{}",
        refused.stderr
    );
    assert_eq!(read(&dir.path().join("k.key")), before);
    let forced = ["key", "generate", "--output", "k", "--force"];
    expect(0, &mut sealgate(dir.path()), &forced);
    assert_ne!(read(&dir.path().join("k.key")), before);
    let public = expect(0, &mut sealgate(dir.path()), &["key", "public", "k.key"]);
    assert_eq!(public.stdout, read(&dir.path().join("k.pub")));
}

#[test]
fn a_passphrase_comes_from_a_file_a_descriptor_or_the_environment() {
    let (dir, _) = scene();
    let tester = key("tester.key");
    let sign = ["sign", "app.bin", "--key", &tester];
    write(
        &dir.path().join("good"),
        format!("{PASSPHRASE}\r\n").as_bytes(),
    );
    write(
        &dir.path().join("two"),
        format!("{PASSPHRASE}\nx\n").as_bytes(),
    );
    let with = |code: i32, file: &str| {
        let arguments = [&sign[..], &["--passphrase-file", file]].concat();
        let mut command = sealgate(dir.path());
        command.env("SEALGATE_PASSPHRASE", "not this one");
        expect(code, &mut command, &arguments)
    };
    with(0, "good");
    assert!(with(2, "two").stderr.contains("more than one line"));
    assert!(
        with(2, "absent")
            .stderr
            .contains("cannot read the passphrase")
    );

    let mut none = sealgate(dir.path());
    none.env_remove("SEALGATE_PASSPHRASE");
    let ran = expect(2, &mut none, &sign);
    assert!(
        ran.stderr.contains("no terminal to ask on"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("--passphrase-file"), "{}", ran.stderr);
    let mut empty = sealgate(dir.path());
    empty.env("SEALGATE_PASSPHRASE", "");
    assert!(
        expect(2, &mut empty, &sign)
            .stderr
            .contains("passphrase is empty")
    );

    if cfg!(unix) {
        let mut piped = sealgate(dir.path());
        piped.env_remove("SEALGATE_PASSPHRASE").stdin(Stdio::from(
            std::fs::File::open(dir.path().join("good")).unwrap(),
        ));
        expect(
            0,
            &mut piped,
            &[&sign[..], &["--passphrase-fd", "0"]].concat(),
        );
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_an_artifact_is_refused_and_not_waited_for() {
    let (dir, _) = scene();
    let made = Command::new("mkfifo")
        .arg("pipe")
        .current_dir(dir.path())
        .status()
        .unwrap();
    assert!(made.success());
    let tester = key("tester.key");
    for arguments in [
        &["sign", "pipe", "--key", &tester][..],
        &["test", "pipe", "--", "true"],
        &["seal", "pipe", "--key", &tester],
    ] {
        let ran = expect(2, &mut sealgate(dir.path()), arguments);
        assert!(
            ran.stderr.contains("`pipe` is not a regular file"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn names_in_messages_cannot_begin_a_line_of_their_own() {
    let (dir, _) = scene();
    let name = "x\nPASS: x may enter prod";
    let output = ["key", "generate", "--output", name];
    let generated = expect(0, &mut sealgate(dir.path()), &output);
    let missing = ["sign", "y\nPASS: y", "--key", &key("tester.key")];
    let refused = expect(2, &mut sealgate(dir.path()), &missing);
    for text in [generated.stdout, refused.stderr] {
        assert!(text.contains("PASS"), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("PASS")), "{text}");
    }
}

#[test]
fn a_wrong_passphrase_signs_nothing_and_leaves_no_file() {
    let (dir, _) = scene();
    let mut command = sealgate(dir.path());
    command.env("SEALGATE_PASSPHRASE", "wrong");
    let ran = expect(
        2,
        &mut command,
        &["sign", "app.bin", "--key", &key("tester.key")],
    );
    assert!(ran.stderr.contains("wrong passphrase"), "{}", ran.stderr);
    assert_eq!(names(dir.path()), ["app.bin"]);
    expect(
        0,
        &mut sealgate(dir.path()),
        &["sign", "app.bin", "--key", &key("tester.key")],
    );
    assert_eq!(names(dir.path()), ["app.bin", "app.bin.sigstore.json"]);
}

#[test]
fn a_signed_file_verifies_with_its_key_only() {
    for name in ["tester", "builder"] {
        let (dir, artifact) = scene();
        let (private, public) = (key(&format!("{name}.key")), key(&format!("{name}.pub")));
        let stranger = key("stranger.pub");
        expect(
            0,
            &mut sealgate(dir.path()),
            &["sign", "app.bin", "--key", &private],
        );
        let verify = [
            "verify",
            "app.bin",
            "--bundle",
            "app.bin.sigstore.json",
            "--key",
        ];
        let with = |code: i32, keys: &[&str]| {
            expect(
                code,
                &mut sealgate(dir.path()),
                &[&verify[..], keys].concat(),
            )
        };
        with(0, &[&public]);
        with(0, &[&stranger, "--key", &public]);
        assert!(
            with(1, &[&stranger])
                .stderr
                .contains("is signed with the key")
        );
        with(2, &["absent.pub"]);
        with(2, &[&private]);

        write(&artifact, b"the artifacT\n");
        assert!(with(1, &[&public]).stderr.contains("the bundle is about"));
        std::fs::remove_file(&artifact).unwrap();
        let missing = with(2, &[&public]).stderr;
        assert!(
            missing.starts_with("error: cannot read `app.bin`"),
            "{missing}"
        );
        // The signer is looked at first: for a wrong one the file is not even opened.
        with(1, &[&stranger, "--format", "json"]);
    }
}

#[test]
fn a_damaged_bundle_is_bad_input_and_a_certificate_is_inconclusive() {
    let (dir, _) = scene();
    expect(
        0,
        &mut sealgate(dir.path()),
        &["sign", "app.bin", "--key", &key("tester.key")],
    );
    let path = dir.path().join("app.bin.sigstore.json");
    let good = read(&path);
    let public = key("tester.pub");
    let verify = |code: i32, bundle: &str| {
        write(&path, bundle.as_bytes());
        let arguments = [
            "verify",
            "app.bin",
            "--bundle",
            "app.bin.sigstore.json",
            "--key",
            &public,
        ];
        expect(code, &mut sealgate(dir.path()), &arguments).stderr
    };
    verify(0, &good);
    let cut = good.split_at(good.len() / 2).0;
    assert!(verify(2, cut).contains("not valid JSON"));
    let twice = good.replacen("{\"mediaType\"", "{\"mediaType\":\"x\",\"mediaType\"", 1);
    assert!(verify(2, &twice).contains("`mediaType` appears twice"));
    let other = good.replacen("bundle.v0.3+json", "bundle.v0.9+json", 1);
    assert!(verify(2, &other).contains("versions 0.1 to 0.3 are known"));
    let old = good.replacen("bundle.v0.3+json", "bundle.v0.2+json", 1);
    assert!(verify(1, &old).contains("version 0.3 is required"));
    let mut value: serde_json::Value = serde_json::from_str(&good).unwrap();
    value["verificationMaterial"] = serde_json::json!({"certificate": {"rawBytes": "AAAA"}});
    let certificate = verify(1, &value.to_string());
    assert!(certificate.contains("signed with a certificate, not with a key"));
    let mut value: serde_json::Value = serde_json::from_str(&good).unwrap();
    value["messageSignature"]["signature"] = serde_json::json!("MEQCIAAA");
    assert!(verify(1, &value.to_string()).contains("does not verify"));
}

#[test]
fn openssl_opens_our_keys_and_verifies_our_signatures() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: openssl is not installed");
        return;
    }
    let (dir, _) = scene();
    for name in ["tester", "builder"] {
        let output = Command::new("openssl")
            .args([
                "pkey",
                "-in",
                &key(&format!("{name}.key")),
                "-pubout",
                "-passin",
            ])
            .arg(format!("pass:{PASSPHRASE}"))
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            read(&keys().join(format!("{name}.pub"))),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        expect(
            0,
            &mut sealgate(dir.path()),
            &["sign", "app.bin", "--key", &key(&format!("{name}.key"))],
        );
        let bundle: serde_json::Value =
            serde_json::from_str(&read(&dir.path().join("app.bin.sigstore.json"))).unwrap();
        let signature = bundle["messageSignature"]["signature"].as_str().unwrap();
        use base64::Engine as _;
        let signature = base64::engine::general_purpose::STANDARD
            .decode(signature)
            .unwrap();
        write(&dir.path().join("sig"), &signature);
        let mut verify = Command::new("openssl");
        verify.current_dir(dir.path());
        let public = key(&format!("{name}.pub"));
        match name {
            "tester" => verify.args(["dgst", "-sha256", "-verify", &public, "-signature", "sig"]),
            _ => verify.args([
                "pkeyutl", "-verify", "-pubin", "-inkey", &public, "-rawin", "-sigfile", "sig",
                "-in",
            ]),
        };
        let output = verify.arg("app.bin").output().unwrap();
        assert!(
            output.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn a_key_that_openssl_made_signs_here() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: openssl is not installed");
        return;
    }
    let (dir, _) = scene();
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl")
            .current_dir(dir.path())
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let pass = format!("pass:{PASSPHRASE}");
    openssl(&[
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-out",
        "open.pem",
    ]);
    openssl(&["pkey", "-in", "open.pem", "-pubout", "-out", "k.pub"]);
    for (options, name) in [
        (&["-scrypt"][..], "scrypt.pem"),
        (&["-v2prf", "hmacWithSHA256"], "pbkdf2.pem"),
    ] {
        let convert = [
            &[
                "pkcs8",
                "-topk8",
                "-v2",
                "aes-256-cbc",
                "-in",
                "open.pem",
                "-out",
                name,
                "-passout",
                &pass,
            ][..],
            options,
        ];
        openssl(&convert.concat());
        expect(
            0,
            &mut sealgate(dir.path()),
            &["sign", "app.bin", "--key", name],
        );
        let verify = [
            "verify",
            "app.bin",
            "--bundle",
            "app.bin.sigstore.json",
            "--key",
            "k.pub",
        ];
        expect(0, &mut sealgate(dir.path()), &verify);
    }
    let ran = expect(
        2,
        &mut sealgate(dir.path()),
        &["sign", "app.bin", "--key", "open.pem"],
    );
    assert!(ran.stderr.contains("not encrypted"), "{}", ran.stderr);
}

#[test]
fn trusted_roots_are_shown_and_exported() {
    let dir = tempfile::tempdir().unwrap();
    let export = ["trusted-root", "export", "--output", "root.json"];
    expect(0, &mut sealgate(dir.path()), &export);
    let shown = expect(
        0,
        &mut sealgate(dir.path()),
        &["trusted-root", "show", "root.json"],
    );
    let built_in = expect(0, &mut sealgate(dir.path()), &["trusted-root", "show"]);
    // The same but for the name.
    let rest = |text: &str| text.split_once(", ").unwrap().1.to_owned();
    assert_eq!(rest(&shown.stdout), rest(&built_in.stdout));
    assert!(shown.stdout.contains("transparency log https://"));
    let json = ["trusted-root", "show", "--github", "--format", "json"];
    let github = expect(0, &mut sealgate(dir.path()), &json);
    let value: serde_json::Value = serde_json::from_str(&github.stdout).unwrap();
    assert_eq!(value["schema"], "sealgate/trusted-root/v1");
    let kinds: std::collections::BTreeSet<&str> = value["trusted"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["kind"].as_str().unwrap())
        .collect();
    assert!(kinds.contains("timestamp authority"));
    assert!(!kinds.contains("transparency log"));
    write(&dir.path().join("bad.json"), b"{\"mediaType\":\"x\"}");
    let bad = ["trusted-root", "show", "bad.json"];
    let refused = expect(2, &mut sealgate(dir.path()), &bad);
    assert!(refused.stderr.contains("bad.json: the trusted root"));
}

#[test]
fn several_artifacts_find_their_bundles_and_one_bad_one_fails_all() {
    let dir = tempfile::tempdir().unwrap();
    let mut arguments = vec!["sign"];
    let files: Vec<String> = (0..6).map(|n| format!("f{n}")).collect();
    for file in &files {
        write(&dir.path().join(file), file.as_bytes());
    }
    arguments.extend(files.iter().map(String::as_str));
    let private = key("tester.key");
    arguments.extend(["--key", &private]);
    expect(0, &mut sealgate(dir.path()), &arguments);
    let public = key("tester.pub");
    let mut verify = vec!["verify"];
    verify.extend(files.iter().map(String::as_str));
    verify.extend(["--key", &public]);
    let all = expect(0, &mut sealgate(dir.path()), &verify).stdout;
    let order: Vec<usize> = files
        .iter()
        .map(|file| all.find(&format!("{file}: sha256:")).unwrap())
        .collect();
    assert!(order.is_sorted(), "{all}");
    write(&dir.path().join("f3"), b"changed");
    let mut json = verify.clone();
    json.extend(["--format", "json"]);
    let failed = expect(1, &mut sealgate(dir.path()), &json);
    let value: serde_json::Value = serde_json::from_str(&failed.stdout).unwrap();
    assert_eq!(value["verified"], false);
    let verified: Vec<bool> = value["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["verified"].as_bool().unwrap())
        .collect();
    assert_eq!(verified, [true, true, true, false, true, true]);
    // Two bundles for six artifacts, and an artifact without one.
    let mut uneven = verify.clone();
    uneven.extend([
        "--bundle",
        "f0.sigstore.json",
        "--bundle",
        "f1.sigstore.json",
    ]);
    expect(2, &mut sealgate(dir.path()), &uneven);
    write(&dir.path().join("unsigned"), b"x");
    let none = expect(
        2,
        &mut sealgate(dir.path()),
        &["verify", "unsigned", "--key", &public],
    );
    assert!(none.stderr.contains("no bundle beside the artifact"));
}
