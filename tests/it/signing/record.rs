//! `test` and `seal` through the program.

use super::{Ran, expect, key, names, read, scene, sealgate, write};
use std::path::Path;

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
        let named = ran.stderr.contains("  failed: b\n");
        assert_eq!(named, output == failing, "{}", ran.stderr);
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
fn an_artifact_that_is_gone_after_its_tests_is_a_changed_one() {
    let (dir, _) = scene();
    let removing: Vec<String> = ["rm", "app.bin"].map(str::to_owned).into();
    let ran = run_tests(dir.path(), 1, &[], &removing);
    assert!(
        ran.stderr.contains("it changed while its tests ran"),
        "{}",
        ran.stderr
    );
    assert!(names(dir.path()).is_empty());
}

#[test]
fn no_output_replaces_what_the_command_reads() {
    let (dir, artifact) = scene();
    let command = print(dir.path(), TWO_PASS, 0);
    run_tests(dir.path(), 0, &[], &command);
    std::fs::copy(key("tester.key"), dir.path().join("k")).unwrap();
    let before = names(dir.path());
    let refused = |arguments: &[&str]| {
        let ran = expect(2, &mut sealgate(dir.path()), arguments);
        assert!(ran.stderr.contains("would replace"), "{}", ran.stderr);
        assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    };
    let seal = ["seal", "app.bin", "--only", "test-result", "--key", "k"];
    for output in ["app.bin", "./k"] {
        refused(&["sign", "app.bin", "--key", "k", "--bundle", output]);
        refused(&[&seal[..], &["--output", output]].concat());
    }
    let test = ["test", "app.bin", "--definition", "output.txt"];
    for output in ["app.bin", "output.txt"] {
        // Nothing runs: its output would be on stdout.
        refused(&[&test[..], &["--output", output, "--", "cat", "output.txt"]].concat());
    }
    assert_eq!(names(dir.path()), before);
    assert_eq!(read(&artifact), "the artifact\n");
    assert_eq!(
        read(&dir.path().join("k")),
        read(Path::new(&key("tester.key")))
    );
    expect(0, &mut sealgate(dir.path()), &seal);
}

#[test]
fn tests_do_not_run_where_their_result_cannot_be_written() {
    let (dir, _) = scene();
    let command = print(dir.path(), TWO_PASS, 0);
    let ran = run_tests(dir.path(), 2, &["--output", "no/such.json"], &command);
    assert!(
        ran.stderr.contains("cannot write `no/such.json`"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.is_empty(), "{}", ran.stdout);
}

#[test]
fn a_time_that_is_not_the_clocks_is_told() {
    let (dir, _) = scene();
    let arguments = ["--at", "2020-01-01T00:00:00Z", "test", "app.bin", "--"];
    let command = print(dir.path(), TWO_PASS, 0);
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let ran = expect(
        0,
        &mut sealgate(dir.path()),
        &[&arguments[..], &command].concat(),
    );
    assert!(
        ran.stderr.contains("2020-01-01T00:00:00Z (--at)"),
        "{}",
        ran.stderr
    );
    let run = &statement(dir.path())["predicate"]["sealgate_run"];
    assert_eq!(run["startedOn"], "2020-01-01T00:00:00Z");
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
        "checks": ["sbom", "advisories", "registry", "secrets"],
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
fn a_file_that_is_named_twice_is_signed_by_neither_command() {
    let (dir, _) = scene();
    let command = print(dir.path(), TWO_PASS, 0);
    run_tests(dir.path(), 0, &[], &command);
    let tester = key("tester.key");
    let before = names(dir.path());
    let seal = ["seal", "--only", "test-result", "--key", &tester, "app.bin"];
    let sign = ["sign", "--key", &tester, "app.bin"];
    for command in [&seal[..], &sign] {
        for again in ["app.bin", "./app.bin"] {
            let ran = expect(2, &mut sealgate(dir.path()), &[command, &[again]].concat());
            assert!(ran.stderr.contains("named twice"), "{}", ran.stderr);
        }
        assert_eq!(names(dir.path()), before);
    }
    for command in [&seal[..], &sign] {
        expect(0, &mut sealgate(dir.path()), command);
    }
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
