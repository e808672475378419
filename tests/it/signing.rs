//! `key`, `sign`, `verify`, `test` and `seal` through the program.

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

const TWO_PASS: &str = "running 2 tests
test a ... ok
test b ... ok

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

/// A test command that prints a file and ends with a code.
fn print(directory: &Path, output: &str, code: i32) -> [String; 3] {
    write(&directory.join("output.txt"), output.as_bytes());
    [
        "sh".to_owned(),
        "-c".to_owned(),
        format!("cat output.txt; exit {code}"),
    ]
}

fn run_tests(directory: &Path, code: i32, options: &[&str], command: &[String]) -> Ran {
    let mut arguments = vec!["test", "app.bin"];
    arguments.extend(options);
    arguments.push("--");
    arguments.extend(command.iter().map(String::as_str));
    expect(code, &mut sealgate(directory), &arguments)
}

fn statement(directory: &Path) -> serde_json::Value {
    serde_json::from_str(&read(&directory.join("app.bin.test-result.json"))).unwrap()
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
        with(2, &[&public]);
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
    assert!(verify(2, &other).contains("version 0.3 is required"));
    let mut value: serde_json::Value = serde_json::from_str(&good).unwrap();
    value["verificationMaterial"] = serde_json::json!({"certificate": {"rawBytes": "AAAA"}});
    let certificate = verify(3, &value.to_string());
    assert!(certificate.contains("verification by certificate is not supported"));
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
fn a_test_run_is_recorded_for_the_digest_of_the_artifact() {
    let (dir, _) = scene();
    write(&dir.path().join("ci.toml"), b"x");
    let command = print(dir.path(), TWO_PASS, 0);
    let ran = run_tests(dir.path(), 0, &["--definition", "ci.toml"], &command);
    assert!(ran.stdout.starts_with(TWO_PASS), "{}", ran.stdout);
    let statement = statement(dir.path());
    assert_eq!(statement["subject"][0]["name"], "app.bin");
    assert_eq!(
        statement["subject"][0]["digest"]["sha256"],
        sealgate::support::hash::sha256(b"the artifact\n").hex()
    );
    let predicate = &statement["predicate"];
    assert_eq!(predicate["result"], "PASSED");
    assert_eq!(predicate["passedTests"], serde_json::json!(["a", "b"]));
    assert_eq!(predicate["configuration"][0]["name"], "ci.toml");
    assert_eq!(predicate["sealgate_run"]["exitCode"], 0);
}

#[test]
fn a_run_that_proves_nothing_is_recorded_as_failed() {
    let failing = TWO_PASS
        .replace("b ... ok", "b ... FAILED")
        .replace("ok. 2 passed; 0 failed", "FAILED. 1 passed; 1 failed");
    let crashed = TWO_PASS.split("test result").next().unwrap();
    for (output, code, expected) in [
        (failing.as_str(), 101, "1 of 2 tests failed"),
        (failing.as_str(), 0, "1 of 2 tests failed"),
        (TWO_PASS, 1, "the test command ended with 1"),
        ("no tests here\n", 0, "not a single test ran"),
        (crashed, 0, "cut short"),
    ] {
        let (dir, _) = scene();
        let command = print(dir.path(), output, code);
        let ran = run_tests(dir.path(), 1, &[], &command);
        assert!(ran.stderr.contains(expected), "{expected}: {}", ran.stderr);
        assert_eq!(statement(dir.path())["predicate"]["result"], "FAILED");
    }
}

#[test]
fn a_run_that_changes_the_artifact_or_cannot_start_takes_the_old_result_away() {
    let (dir, _) = scene();
    let passing = print(dir.path(), TWO_PASS, 0);
    run_tests(dir.path(), 0, &[], &passing);
    let changing: Vec<String> = ["sh", "-c", "cat output.txt; echo x >> app.bin"]
        .map(str::to_owned)
        .into();
    let ran = run_tests(dir.path(), 1, &[], &changing);
    assert!(
        ran.stderr.contains("changed while its tests ran"),
        "{}",
        ran.stderr
    );
    assert_eq!(names(dir.path()), ["app.bin", "output.txt"]);

    run_tests(dir.path(), 0, &[], &passing);
    let ran = run_tests(dir.path(), 2, &[], &["no-such-program-here".to_owned()]);
    assert!(
        ran.stderr.contains("cannot run `no-such-program-here`"),
        "{}",
        ran.stderr
    );
    assert_eq!(names(dir.path()), ["app.bin", "output.txt"]);
}

#[test]
fn a_junit_report_counts_only_if_this_run_wrote_it() {
    let (dir, _) = scene();
    let report =
        "<testsuite><testcase name='a'/><testcase name='b'><skipped/></testcase></testsuite>";
    write(&dir.path().join("fresh.xml"), report.as_bytes());
    let copying: Vec<String> = ["sh", "-c", "cp fresh.xml junit.xml"]
        .map(str::to_owned)
        .into();
    let options = ["--report", "junit.xml"];
    run_tests(dir.path(), 0, &options, &copying);
    let first = statement(dir.path());
    assert_eq!(first["predicate"]["sealgate_run"]["counts"]["skipped"], 1);
    assert_eq!(
        first["predicate"]["sealgate_run"]["report"]["format"],
        "junit"
    );
    // The same bytes written again are a new report.
    run_tests(dir.path(), 0, &options, &copying);

    let ran = run_tests(dir.path(), 1, &options, &["true".to_owned()]);
    assert!(
        ran.stderr.contains("is older than this run"),
        "{}",
        ran.stderr
    );
    assert_eq!(statement(dir.path())["predicate"]["result"], "FAILED");
    let ran = run_tests(
        dir.path(),
        1,
        &["--report", "none.xml"],
        &["true".to_owned()],
    );
    assert!(
        ran.stderr.contains("did not write the report"),
        "{}",
        ran.stderr
    );
    let broken: Vec<String> = ["sh", "-c", "echo '<testsuite>' > junit.xml"]
        .map(str::to_owned)
        .into();
    let ran = run_tests(dir.path(), 1, &options, &broken);
    assert!(ran.stderr.contains("cannot be read"), "{}", ran.stderr);
}

#[test]
fn the_test_command_does_not_see_the_passphrase() {
    let (dir, _) = scene();
    let command: Vec<String> = ["sh", "-c", "echo \"seen: [$SEALGATE_PASSPHRASE]\""]
        .map(str::to_owned)
        .into();
    let ran = run_tests(dir.path(), 1, &[], &command);
    assert!(ran.stdout.contains("seen: []"), "{}", ran.stdout);
}

fn scan_report(decision: &str) -> String {
    serde_json::json!({
        "schema": "sealgate/report/v1", "decision": decision, "time": "2026-11-23T00:00:00Z",
        "policy": {"name": "baseline", "digest": "ab"}, "summary": {},
    })
    .to_string()
}

const SBOM: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}"#;

#[test]
fn sealing_wants_every_part_or_to_be_told_which() {
    let (dir, _) = scene();
    let command = print(dir.path(), TWO_PASS, 0);
    run_tests(dir.path(), 0, &[], &command);
    let tester = key("tester.key");
    let seal = |code: i32, options: &[&str]| {
        let base = ["seal", "app.bin", "--key", &tester];
        expect(
            code,
            &mut sealgate(dir.path()),
            &[&base[..], options].concat(),
        )
    };
    let ran = seal(2, &[]);
    assert!(
        ran.stderr.contains("no sbom for `app.bin`"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("--sbom"), "{}", ran.stderr);
    write(&dir.path().join("app.bin.cdx.json"), SBOM.as_bytes());
    let ran = seal(2, &[]);
    assert!(
        ran.stderr.contains("no scan for `app.bin`"),
        "{}",
        ran.stderr
    );
    write(
        &dir.path().join("report.json"),
        scan_report("fail").as_bytes(),
    );
    let ran = seal(0, &["--scan", "report.json"]);
    assert!(ran.stderr.contains("decision is `fail`"), "{}", ran.stderr);

    let sealed = dir.path().join("app.bin.attestations.jsonl");
    let kinds = || {
        let arguments = [
            "verify",
            "app.bin",
            "--format",
            "json",
            "--bundle",
            "app.bin.attestations.jsonl",
            "--key",
            &key("tester.pub"),
            "--key",
            &key("builder.pub"),
        ]
        .map(str::to_owned);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ran = expect(0, &mut sealgate(dir.path()), &arguments);
        let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let kinds: Vec<String> = value["bundles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|bundle| bundle["content"].as_str().unwrap().to_owned())
            .collect();
        kinds
    };
    assert_eq!(kinds(), ["test-result", "sbom", "scan"]);
    seal(0, &["--only", "test-result"]);
    assert_eq!(read(&sealed).lines().count(), 1);
    let builder = key("builder.key");
    let append = [
        "seal", "app.bin", "--key", &builder, "--only", "sbom", "--append",
    ];
    expect(0, &mut sealgate(dir.path()), &append);
    assert_eq!(kinds(), ["test-result", "sbom"]);
}

#[test]
fn what_is_not_about_this_artifact_is_not_sealed() {
    let (dir, artifact) = scene();
    let command = print(dir.path(), TWO_PASS, 0);
    run_tests(dir.path(), 0, &[], &command);
    write(&artifact, b"another artifact\n");
    let tester = key("tester.key");
    let seal = ["seal", "app.bin", "--key", &tester, "--only", "test-result"];
    let ran = expect(1, &mut sealgate(dir.path()), &seal);
    assert!(
        ran.stderr.contains("is not about `app.bin`"),
        "{}",
        ran.stderr
    );
    assert!(!names(dir.path()).contains(&"app.bin.attestations.jsonl".to_owned()));

    for (file, content, part) in [
        ("app.bin.cdx.json", "{}", "sbom"),
        (
            "app.bin.cdx.json",
            "{\"bomFormat\":\"CycloneDX\",\"bomFormat\":\"x\"}",
            "sbom",
        ),
        ("app.bin.scan.json", "{}", "scan"),
        ("app.bin.test-result.json", "{}", "test-result"),
    ] {
        write(&dir.path().join(file), content.as_bytes());
        let arguments = ["seal", "app.bin", "--key", &tester, "--only", part];
        expect(2, &mut sealgate(dir.path()), &arguments);
    }
    assert!(!names(dir.path()).contains(&"app.bin.attestations.jsonl".to_owned()));
}
