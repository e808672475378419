//! `sealgate version compare`, and the order against published lists.

use crate::conformance::unpack;
use assert_cmd::Command;
use sealgate::versions::{Scheme, parse_order_lines};
use std::collections::BTreeMap;
use std::path::Path;

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
    let done = compare("cobol", "1 < 2\n");
    let text = stderr(&done);
    for name in [
        "cargo",
        "crates.io",
        "npm",
        "PyPI",
        "Go",
        "semver",
        "Maven",
        "Wolfi",
    ] {
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

/// Every name that the help lists is taken, and the names of releases too.
#[test]
fn every_ecosystem_of_the_help_is_taken() {
    let help = Command::cargo_bin("sealgate")
        .unwrap()
        .env_clear()
        .args(["version", "compare", "--help"])
        .assert()
        .code(0);
    // Wrapped to the terminal's width, so names of two words may be split.
    let help = stdout(&help)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for name in Scheme::names() {
        assert!(help.contains(name), "the help lacks {name}: {help}");
        compare(name, "1.2.3 < 1.2.4\n").code(0);
    }
    for release in [
        "Debian:12",
        "Alpine:v3.20",
        "Ubuntu:24.04:LTS",
        "Red Hat:rhel_eus:8.4::appstream",
    ] {
        compare(release, "1.2.3 < 1.2.4\n").code(0);
    }
}

/// Lists in `testdata/versions`, one file per scheme; the first line says who made it.
#[test]
fn the_kept_lists_hold_line_for_line() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/versions");
    let mut lists = 0;
    for entry in std::fs::read_dir(&directory).unwrap() {
        let path = entry.unwrap().path();
        let scheme = path.file_stem().unwrap().to_str().unwrap();
        Command::cargo_bin("sealgate")
            .unwrap()
            .env_clear()
            .env("HOME", "/nonexistent")
            .args(["version", "compare", "--ecosystem", scheme])
            .arg(&path)
            .assert()
            .code(0);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# "), "{scheme}: who made the list?");
        assert!(parse_order_lines(&text).unwrap().len() > 10, "{scheme}");
        lists += 1;
    }
    assert!(lists > 10, "{lists} lists");
}

/// The hand-written lists of osv-scalibr, unpacked from the archive beside the project.
#[test]
fn the_published_order_lists_hold_line_for_line() {
    let Some(files) = unpack("osv-versions.tar.gz") else {
        return;
    };
    let mut counts = BTreeMap::new();
    for (path, bytes) in &files {
        let file = path.rsplit('/').next().unwrap();
        let Some(list) = file.strip_suffix("-versions.txt") else {
            continue;
        };
        let ecosystems: &[&str] = match list {
            "redhat" => &["Red Hat", "AlmaLinux:9"],
            "alpine" => &["Alpine:v3.20", "Wolfi"],
            "debian" => &["Debian:12", "Ubuntu"],
            "semver" => &["semver", "crates.io", "npm", "Go", "Hex", "SwiftURL"],
            list => &[list],
        };
        let text = String::from_utf8(bytes.clone()).unwrap();
        let lines = parse_order_lines(&text).unwrap().len();
        for ecosystem in ecosystems {
            let done = compare(ecosystem, &text);
            assert_eq!(stdout(&done), "", "{ecosystem}");
            assert!(stderr(&done).contains(&format!("{lines} of {lines} lines hold")));
            done.code(0);
        }
        counts.insert(list, lines);
    }
    println!("lines of the published lists: {counts:?}");
    assert_eq!(counts.len(), 12, "{counts:?}");
    assert!(counts.values().all(|lines| *lines > 0), "{counts:?}");
    assert_eq!(counts["semver"], 86);
    assert_eq!(counts["pypi"], 37);
    assert!(counts.values().sum::<usize>() > 1000, "{counts:?}");
}
