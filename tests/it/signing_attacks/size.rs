//! Input of 100 MB and input that is nested deeply, wherever bytes of somebody else are read:
//! refused before it takes time or memory, and what may be large is.

use crate::signing::{expect, key, names, read, sealgate, write};
use std::path::Path;

const LARGE: usize = 100_000_000;

fn scene() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("app.bin"), b"the artifact\n");
    let sign = ["sign", "app.bin", "--key", &key("tester.key")];
    expect(0, &mut sealgate(dir.path()), &sign);
    dir
}

fn refused(dir: &Path, arguments: &[&str], words: &[&str]) {
    let ran = expect(2, &mut sealgate(dir), arguments);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    // Not what was sent, again.
    assert!(said.len() < 4000, "{} bytes", said.len());
    assert!(
        words.iter().any(|word| said.contains(word)),
        "{arguments:?}: {said}"
    );
}

/// Every command line that reads a file of somebody else; `x` is the file.
fn readers<'a>(private: &'a str, public: &'a str) -> [Vec<&'a str>; 6] {
    [
        vec!["verify", "app.bin", "--bundle", "x", "--key", public],
        vec!["verify", "app.bin", "--key", public, "--trusted-root", "x"],
        vec!["verify", "app.bin", "--trusted-keys", "x"],
        vec!["verify", "app.bin", "--key", "x"],
        vec![
            "attest",
            "app.bin",
            "--predicate",
            "x",
            "--type",
            "urn:x",
            "--key",
            private,
        ],
        vec![
            "sign",
            "app.bin",
            "--bundle",
            "new",
            "--key",
            private,
            "--signing-config",
            "x",
        ],
    ]
}

#[test]
fn a_hundred_megabytes_are_refused_where_nothing_is_that_large() {
    let dir = scene();
    let (private, public) = (key("tester.key"), key("tester.pub"));
    write(&dir.path().join("x"), "a".repeat(LARGE).as_bytes());
    let before = names(dir.path());
    for arguments in readers(&private, &public) {
        let words = ["larger than the limit", "not valid JSON", "malformed"];
        refused(dir.path(), &arguments, &words);
        assert_eq!(names(dir.path()), before);
    }
    // A bundle that is well-formed up to its payload.
    let bundle = read(&dir.path().join("app.bin.sigstore.json"));
    let payload = "QUFB".repeat(LARGE / 4);
    let large = bundle.replacen(
        "\"messageSignature\":",
        &format!("\"payload\":\"{payload}\",\"messageSignature\":"),
        1,
    );
    assert!(large.len() > LARGE);
    write(&dir.path().join("x"), large.as_bytes());
    let [verify, ..] = readers(&private, &public);
    refused(dir.path(), &verify, &["larger than the limit", "payload"]);
    let verify = ["verify", "app.bin", "--key", &public];
    expect(0, &mut sealgate(dir.path()), &verify);
}

#[test]
fn an_artifact_of_a_hundred_megabytes_is_signed_and_verified() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app.bin");
    let mut bytes = vec![7; LARGE];
    write(&path, &bytes);
    for (private, public) in [("tester.key", "tester.pub"), ("builder.key", "builder.pub")] {
        let sign = ["sign", "app.bin", "--key", &key(private)];
        expect(0, &mut sealgate(dir.path()), &sign);
        let verify = ["verify", "app.bin", "--key", &key(public)];
        expect(0, &mut sealgate(dir.path()), &verify);
        // Its last bit.
        *bytes.last_mut().unwrap() ^= 1;
        write(&path, &bytes);
        expect(1, &mut sealgate(dir.path()), &verify);
    }
}

#[test]
fn deep_nesting_is_refused() {
    let dir = scene();
    let (private, public) = (key("tester.key"), key("tester.pub"));
    let before = {
        write(&dir.path().join("x"), b"");
        names(dir.path())
    };
    // Of a size that nobody minds.
    for text in [
        "[".repeat(60_000),
        "{\"a\":".repeat(10_000),
        format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200)),
        format!("a = {}{}", "[".repeat(20_000), "]".repeat(20_000)),
    ] {
        write(&dir.path().join("x"), text.as_bytes());
        for arguments in readers(&private, &public) {
            let words = [
                "not valid JSON",
                "public key",
                "trusted keys",
                "recursion",
                "PEM",
            ];
            refused(dir.path(), &arguments, &words);
            assert_eq!(names(dir.path()), before);
        }
    }
    // What is nested within reason is signed.
    let within = format!("{}1{}", "{\"a\":".repeat(60), "}".repeat(60));
    write(&dir.path().join("x"), within.as_bytes());
    let [_, _, _, _, attest, _] = readers(&private, &public);
    expect(0, &mut sealgate(dir.path()), &attest);
    let verify = ["verify", "app.bin", "--key", &public];
    expect(0, &mut sealgate(dir.path()), &verify);
}
