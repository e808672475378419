//! `sealgate version compare`, and the order against published lists.

use assert_cmd::Command;
use sealgate::versions::{Scheme, parse_order_lines};
use std::path::{Path, PathBuf};

fn compare(ecosystem: &str, lines: &str) -> assert_cmd::assert::Assert {
    Command::cargo_bin("sealgate")
        .unwrap()
        .env_clear()
        .env("HOME", "/nonexistent")
        .args(["version", "compare", "--ecosystem", ecosystem, "--stdin"])
        .write_stdin(lines)
        .assert()
}

fn stdout(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

fn stderr(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

#[test]
fn lines_that_hold_pass_silently_on_standard_output() {
    let done = compare(
        "PyPI",
        "# order\n1.0rc1 < 1.0\n1.0 = 1.0.0\n2.0 > 1!0.dev1\n",
    );
    assert_eq!(
        stdout(&done),
        "line 4: 2.0 > 1!0.dev1  (in fact 2.0 < 1!0.dev1)\n"
    );
    done.code(1);
    let done = compare("npm", "1.0.0-rc.1 < 1.0.0\n");
    assert_eq!(stdout(&done), "");
    done.code(0);
}

#[test]
fn versions_without_an_order_do_not_hold() {
    let done = compare("cargo", "1.x < 2.0.0\n");
    assert!(stdout(&done).contains("cannot be ordered"));
    done.code(1);
}

#[test]
fn a_malformed_line_is_a_usage_error_with_its_number() {
    let done = compare("go", "1.0.0 < 2.0.0\n1.0.0 << 2.0.0\n");
    assert!(stderr(&done).contains("line 2"), "{}", stderr(&done));
    done.code(2);
}

#[test]
fn an_unknown_ecosystem_is_a_usage_error_that_lists_the_known_ones() {
    let done = compare("maven", "1 < 2\n");
    let text = stderr(&done);
    for name in ["cargo", "crates.io", "npm", "PyPI", "Go", "semver"] {
        assert!(text.to_lowercase().contains(&name.to_lowercase()), "{text}");
    }
    done.code(2);
}

#[test]
fn hostile_lists_end_with_a_message() {
    compare("npm", &format!("1.0.0 < {}\n", "9".repeat(5000))).code(2);
    compare("npm", "\u{1b}[2J < 1.0.0\n").code(1);
    Command::cargo_bin("sealgate")
        .unwrap()
        .env_clear()
        .env("HOME", "/nonexistent")
        .args(["version", "compare", "--ecosystem", "npm", "--stdin"])
        .write_stdin(vec![0xff, 0xfe])
        .assert()
        .code(2);
}

#[test]
fn a_list_can_be_a_file() {
    for (ecosystem, file) in [("semver", "semver.txt"), ("pypi", "pep440.txt")] {
        Command::cargo_bin("sealgate")
            .unwrap()
            .env_clear()
            .env("HOME", "/nonexistent")
            .args(["version", "compare", "--ecosystem", ecosystem])
            .arg(
                Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join("testdata/versions")
                    .join(file),
            )
            .assert()
            .code(0);
    }
}

/// The hand-written lists of osv-scalibr, unpacked from the archive beside the project.
#[test]
fn the_published_order_lists_hold_line_for_line() {
    let archive: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/conformance/osv-versions.tar.gz");
    let Ok(file) = std::fs::File::open(&archive) else {
        println!("skipped: ../shared/conformance/osv-versions.tar.gz is not there");
        return;
    };
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let mut checked = 0;
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().file_name().map(|n| n.to_owned());
        let scheme = match name.as_ref().and_then(|n| n.to_str()) {
            Some("semver-versions.txt") => Scheme::Semver,
            Some("pypi-versions.txt") => Scheme::Pep440,
            _ => continue,
        };
        let mut text = String::new();
        std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
        for line in parse_order_lines(&text).unwrap() {
            assert_eq!(line.failure(scheme), None, "{name:?}:{}", line.number);
            checked += 1;
        }
    }
    assert_eq!(checked, 123, "86 and 37 lines");
}
