//! `sealgate db`: one file for air gaps, generations, signatures, and what goes wrong.

use crate::cli::{run, sealgate, text, write};
use crate::signing::{PASSPHRASE, keys};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Two crates that records of the test data are about.
const LOCK: &str = "version = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n\
    dependencies = [\"smallvec\", \"time\"]\n\
    [[package]]\nname = \"smallvec\"\nversion = \"1.6.0\"\n\
    source = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
    [[package]]\nname = \"time\"\nversion = \"0.1.40\"\n\
    source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";

fn testdata(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/advisories");
    path.join(name).display().to_string()
}

/// Imports a part of the test data; gives the digest.
fn import(directory: &Path, from: &str) -> String {
    digest_in(&run(
        directory,
        &["db", "import", "--from", &testdata(from)],
        0,
    ))
}

fn digest_in(output: &Output) -> String {
    let text = text(&output.stdout);
    let (_, rest) = text.split_once("sha256:").expect("a digest");
    rest.chars().take(64).collect()
}

fn current(directory: &Path) -> String {
    digest_in(&run(directory, &["db", "verify"], 0))
}

pub fn index(directory: &Path) -> PathBuf {
    directory.join("db/index.sgdb")
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// Digests of the generations that are kept, newest first.
pub fn generations(directory: &Path) -> Vec<(String, bool)> {
    let output = run(
        directory,
        &["db", "rollback", "--list", "--format", "json"],
        0,
    );
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let list = list["generations"].as_array().unwrap();
    list.iter()
        .map(|generation| {
            let digest = generation["digest"].as_str().unwrap();
            let digest = digest.strip_prefix("sha256:").unwrap().to_owned();
            (digest, generation["current"].as_bool().unwrap())
        })
        .collect()
}

/// Files below the database that an update that has ended does not leave.
pub fn leftovers(directory: &Path) -> Vec<String> {
    fn collect(directory: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(directory).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if name.starts_with('.') {
                found.push(name.to_owned());
            } else if path.is_dir() {
                collect(&path, found);
            }
        }
    }
    let mut found = Vec::new();
    collect(&directory.join("db"), &mut found);
    found
}

#[test]
fn an_exported_database_is_the_same_on_the_other_machine() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let digest = import(here.path(), "real");
    let file = there.path().join("advisories.sgdb").display().to_string();
    let output = run(here.path(), &["db", "export", &file], 0);
    assert_eq!(digest_in(&output), digest);
    let output = run(there.path(), &["db", "import", &file], 0);
    assert_eq!(digest_in(&output), digest);
    assert_eq!(bytes(&index(there.path())), bytes(&index(here.path())));
    assert!(
        text(&output.stdout).contains("from real"),
        "the origin travels with it"
    );
    // What is there already is replaced whole; a directory is not.
    run(here.path(), &["db", "export", &file], 0);
    run(
        here.path(),
        &["db", "export", &there.path().display().to_string()],
        3,
    );
    let names: Vec<_> = std::fs::read_dir(there.path()).unwrap().collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_file_that_is_no_sound_database_is_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    let digest = import(dir.path(), "real");
    let sound = bytes(&index(dir.path()));
    let flipped = |at: usize| {
        let mut damaged = sound.clone();
        damaged[at] ^= 0x10;
        damaged
    };
    for (name, content) in [
        ("head.sgdb", flipped(3)),
        ("body.sgdb", flipped(sound.len() / 2)),
        ("tail.sgdb", flipped(sound.len() - 1)),
        ("cut.sgdb", sound[..sound.len() - 7].to_vec()),
        ("empty.sgdb", Vec::new()),
        ("other.sgdb", b"PK\x03\x04 something else".repeat(20)),
    ] {
        write(dir.path(), name, content);
        let output = run(dir.path(), &["db", "import", name], 3);
        let said = text(&output.stderr);
        assert!(said.contains(name), "{said}");
        assert_eq!(current(dir.path()), digest, "{name}");
    }
    run(dir.path(), &["db", "import", "no-such-file.sgdb"], 2);
    run(dir.path(), &["db", "import", "."], 2);
    run(dir.path(), &["db", "import", "a", "--from", "b"], 2);
    run(dir.path(), &["db", "import"], 2);
    assert_eq!(leftovers(dir.path()), [""; 0]);
}

#[test]
fn a_rollback_goes_back_generation_by_generation() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(dir.path(), &["db", "rollback"], 2);
    assert!(text(&output.stderr).contains("no earlier generation"));
    let first = import(dir.path(), "real");
    run(dir.path(), &["db", "rollback"], 2);
    let second = import(dir.path(), "osv/typical");
    let third = import(dir.path(), "osv/hostile");
    let list =
        |marked: &str| [&third, &second, &first].map(|digest| (digest.clone(), digest == marked));
    assert_eq!(generations(dir.path()), list(&third));
    assert_eq!(digest_in(&run(dir.path(), &["db", "rollback"], 0)), second);
    assert_eq!(current(dir.path()), second);
    assert_eq!(generations(dir.path()), list(&second));
    assert_eq!(digest_in(&run(dir.path(), &["db", "rollback"], 0)), first);
    run(dir.path(), &["db", "rollback"], 2);
    assert_eq!(current(dir.path()), first);
    let start = format!("sha256:{}", &third[..12]);
    run(dir.path(), &["db", "rollback", "--to", &start], 0);
    assert_eq!(current(dir.path()), third);
    run(dir.path(), &["db", "rollback", "--to", "0123456789"], 2);
    run(dir.path(), &["db", "rollback", "--to", "xyz"], 2);
    assert_eq!(current(dir.path()), third);
    // The same records again are the same generation, and it is the newest.
    run(dir.path(), &["db", "rollback", "--to", &first], 0);
    assert_eq!(import(dir.path(), "osv/typical"), second);
    let digests: Vec<_> = generations(dir.path())
        .into_iter()
        .map(|(digest, _)| digest)
        .collect();
    assert_eq!(digests, [&second, &third, &first].map(Clone::clone));
}

#[test]
fn old_generations_are_removed_and_the_current_one_never() {
    let dir = tempfile::tempdir().unwrap();
    let parts = ["real", "osv/typical", "osv/hostile", "osv"];
    let digests: Vec<_> = parts.iter().map(|part| import(dir.path(), part)).collect();
    let list = |expected: &[&String], current: &String| {
        let expected: Vec<_> = expected
            .iter()
            .map(|digest| ((*digest).clone(), *digest == current))
            .collect();
        assert_eq!(generations(dir.path()), expected);
    };
    list(&[&digests[3], &digests[2], &digests[1]], &digests[3]);
    run(dir.path(), &["db", "rollback", "--to", &digests[1]], 0);
    let arguments = ["db", "import", "--keep", "1", "--from", &testdata("real")];
    run(dir.path(), &arguments, 0);
    list(&[&digests[0]], &digests[0]);
    for keep in ["0", "1001", "many"] {
        run(
            dir.path(),
            &["db", "import", "--keep", keep, "--from", "x"],
            2,
        );
    }
}

#[test]
fn a_damaged_generation_is_not_gone_back_to() {
    let dir = tempfile::tempdir().unwrap();
    let first = import(dir.path(), "real");
    let second = import(dir.path(), "osv/typical");
    let below = dir.path().join("db/generations");
    let file = |digest: &str| {
        let mut entries = std::fs::read_dir(&below).unwrap();
        let found = entries.find(|entry| {
            let name = entry.as_ref().unwrap().file_name().into_string().unwrap();
            name.contains(digest)
        });
        found.unwrap().unwrap().path()
    };
    let damage = |path: &Path| {
        let mut content = bytes(path);
        let middle = content.len() / 2;
        content[middle] ^= 1;
        // A file of its own: the index is a second link to the old one.
        std::fs::remove_file(path).unwrap();
        std::fs::write(path, content).unwrap();
    };
    let old = file(&first);
    damage(&old);
    let output = run(dir.path(), &["db", "rollback"], 3);
    assert!(text(&output.stderr).contains("is damaged"));
    assert_eq!(current(dir.path()), second);
    // Where the current one is damaged, the newest whole one is what there is.
    damage(&index(dir.path()));
    run(dir.path(), &["db", "status"], 3);
    assert_eq!(digest_in(&run(dir.path(), &["db", "rollback"], 0)), second);
    run(dir.path(), &["db", "verify"], 0);
}

#[test]
fn two_updates_do_not_mix_and_readers_do_not_wait() {
    let dir = tempfile::tempdir().unwrap();
    let digest = import(dir.path(), "real");
    let lock = File::options()
        .write(true)
        .open(dir.path().join("db/lock"))
        .unwrap();
    lock.lock().unwrap();
    let key = keys().join("tester.key").display().to_string();
    let from = testdata("osv/typical");
    for arguments in [
        &["db", "import", "--from", &from][..],
        &["db", "import", "some.sgdb"],
        &["db", "rollback"],
        &["db", "sign", "--key", &key],
    ] {
        let output = run(dir.path(), arguments, 3);
        let said = text(&output.stderr);
        assert!(
            said.contains("is being changed by another sealgate"),
            "{said}"
        );
    }
    assert_eq!(current(dir.path()), digest);
    run(dir.path(), &["db", "status"], 0);
    run(dir.path(), &["db", "rollback", "--list"], 0);
    run(dir.path(), &["db", "export", "copy.sgdb"], 0);
    lock.unlock().unwrap();
    import(dir.path(), "osv/typical");
}

/// The command with the shell's limit on the length of files, which stands in for a full
/// disk. With `trap`, a write beyond it fails; without, it kills the process. `None` where
/// there is no such shell.
#[cfg(unix)]
pub fn with_a_full_disk(directory: &Path, trap: &str, arguments: &[&str]) -> Option<Output> {
    if Command::new("bash").arg("--version").output().is_err() {
        println!("skipped: bash is not there");
        return None;
    }
    let script = format!("{trap} ulimit -f 1; exec \"$0\" \"$@\"");
    let program = sealgate(directory);
    let output = Command::new("bash")
        .arg("-c")
        .arg(script)
        .arg(program.get_program())
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("SEALGATE_DB", directory.join("db"))
        .output()
        .unwrap();
    Some(output)
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_old_database_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let digest = import(dir.path(), "real");
    let from = testdata("osv/typical");
    let arguments = ["db", "import", "--from", &from];
    let Some(output) = with_a_full_disk(dir.path(), "trap '' XFSZ;", &arguments) else {
        return;
    };
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("cannot write"), "{said}");
    assert_eq!(current(dir.path()), digest);
    assert_eq!(leftovers(dir.path()), [""; 0]);
    // Killed in the middle of a write, it leaves the file; the next update removes it.
    let output = with_a_full_disk(dir.path(), "", &arguments).unwrap();
    assert_eq!(output.status.code(), None, "{}", text(&output.stderr));
    assert_eq!(leftovers(dir.path()).len(), 1);
    assert_eq!(current(dir.path()), digest);
    import(dir.path(), "osv/typical");
    assert_eq!(leftovers(dir.path()), [""; 0]);
}

#[test]
fn a_signature_travels_with_the_database_and_does_not_change_its_digest() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key = |name: &str| keys().join(name).display().to_string();
    let signed = |directory: &Path, name: &str| {
        sealgate(directory)
            .env("SEALGATE_PASSPHRASE", PASSPHRASE)
            .args(["db", "sign", "--key", &key(name)])
            .output()
            .unwrap()
    };
    assert_eq!(signed(here.path(), "tester.key").status.code(), Some(3));
    let digest = import(here.path(), "real");
    let output = run(
        here.path(),
        &["db", "verify", "--key", &key("tester.pub")],
        1,
    );
    assert!(text(&output.stderr).contains("is not signed"));
    for name in ["builder", "tester"] {
        let output = signed(here.path(), &format!("{name}.key"));
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(digest_in(&output), digest);
        let public = key(&format!("{name}.pub"));
        run(here.path(), &["db", "verify", "--key", &public], 0);
    }
    run(here.path(), &["db", "export", "a.sgdb"], 0);
    let exported = here.path().join("a.sgdb").display().to_string();
    run(there.path(), &["db", "import", &exported], 0);
    assert_eq!(current(there.path()), digest);
    let both = [
        "db",
        "verify",
        "--key",
        &key("stranger.pub"),
        "--key",
        &key("tester.pub"),
    ];
    run(there.path(), &both, 0);
    let output = run(
        there.path(),
        &["db", "verify", "--key", &key("stranger.pub")],
        1,
    );
    assert!(text(&output.stderr).contains("no usable signature"));
    run(there.path(), &["db", "verify", "--key", "no.pub"], 2);
    let status = text(&run(there.path(), &["db", "status"], 0).stdout);
    assert!(status.contains("signed"), "{status}");
}

/// A policy that wants the database signed does not look at any other.
#[test]
fn a_policy_can_require_the_signature() {
    let dir = tempfile::tempdir().unwrap();
    import(dir.path(), "real");
    write(dir.path(), "app/Cargo.lock", LOCK);
    std::fs::copy(keys().join("tester.pub"), dir.path().join("db.pub")).unwrap();
    write(
        dir.path(),
        "policy.toml",
        "schema = 1\nname = \"p\"\nversion = 1\nextends = \"baseline\"\n\
         [advisories]\ndatabase-key = \"db.pub\"\n",
    );
    let check = |code: i32| {
        let arguments = [
            "check",
            "app",
            "--only",
            "advisories",
            "--policy",
            "policy.toml",
            "--format",
            "json",
        ];
        let output = run(dir.path(), &arguments, code);
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let report = check(3);
    assert_eq!(report["findings"].as_array().unwrap().len(), 0);
    let ids = |report: &serde_json::Value| -> Vec<String> {
        let gaps = report["gaps"].as_array().unwrap().iter();
        gaps.map(|gap| gap["id"].as_str().unwrap().to_owned())
            .collect()
    };
    // Whether versions were withdrawn is asked of no database.
    let untrusted = [
        "advisories/untrusted-database",
        "advisories/yank-data-absent",
    ];
    assert_eq!(ids(&report), untrusted);
    assert_eq!(report["database"], serde_json::Value::Null);
    let sign = |name: &str| {
        let key = keys().join(name).display().to_string();
        let output = sealgate(dir.path())
            .env("SEALGATE_PASSPHRASE", PASSPHRASE)
            .args(["db", "sign", "--key", &key])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    sign("builder.key");
    assert_eq!(ids(&check(3)), untrusted);
    sign("tester.key");
    let report = check(1);
    assert_eq!(report["findings"].as_array().unwrap().len(), 2);
    std::fs::remove_file(dir.path().join("db.pub")).unwrap();
    let arguments = [
        "check",
        "app",
        "--only",
        "advisories",
        "--policy",
        "policy.toml",
    ];
    let output = run(dir.path(), &arguments, 2);
    assert!(text(&output.stderr).contains("db.pub"));
}

/// Takes the attachment of one database and puts it behind the content of another.
#[test]
fn the_signature_of_another_database_is_refused() {
    let (signed, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    import(signed.path(), "real");
    import(other.path(), "osv/typical");
    let key = keys().join("tester.key").display().to_string();
    let output = sealgate(signed.path())
        .env("SEALGATE_PASSPHRASE", PASSPHRASE)
        .args(["db", "sign", "--key", &key])
        .output()
        .unwrap();
    assert!(output.status.success());
    let split = |directory: &Path| {
        let bytes = bytes(&index(directory));
        let at = bytes.len() - 36;
        let length = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        (bytes[..at - length].to_vec(), bytes[at - length..].to_vec())
    };
    let mut forged = split(other.path()).0;
    forged.extend(split(signed.path()).1);
    write(other.path(), "forged.sgdb", forged);
    run(other.path(), &["db", "import", "forged.sgdb"], 0);
    let public = keys().join("tester.pub").display().to_string();
    let output = run(other.path(), &["db", "verify", "--key", &public], 1);
    assert!(text(&output.stderr).contains("another database"));
}

/// Every part of the file that a check reads, one byte changed at a time: an error, or the
/// same findings. Never fewer.
#[test]
fn a_changed_byte_is_an_error_or_changes_no_finding() {
    let dir = tempfile::tempdir().unwrap();
    import(dir.path(), "real");
    write(dir.path(), "app/Cargo.lock", LOCK);
    let check = || {
        sealgate(dir.path())
            .args([
                "--at",
                "2026-11-23T00:00:00Z",
                "check",
                "app",
                "--only",
                "advisories",
            ])
            .args(["--format", "json"])
            .output()
            .unwrap()
    };
    let sound = check();
    let report: serde_json::Value = serde_json::from_slice(&sound.stdout).unwrap();
    assert_eq!(report["findings"].as_array().unwrap().len(), 2);
    let content = bytes(&index(dir.path()));
    let (mut errors, mut same) = (0, 0);
    let step = content.len() / 60 + 1;
    for at in (0..content.len()).step_by(step) {
        let mut damaged = content.clone();
        damaged[at] = damaged[at].wrapping_add(1);
        std::fs::remove_file(index(dir.path())).unwrap();
        std::fs::write(index(dir.path()), damaged).unwrap();
        let output = check();
        if output.status.code() == Some(3) {
            let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
            let gaps = report["gaps"].as_array().unwrap().iter();
            let ids: Vec<&str> = gaps.filter_map(|gap| gap["id"].as_str()).collect();
            assert!(
                ids.contains(&"advisories/database-damaged"),
                "byte {at}: {ids:?}"
            );
            errors += 1;
        } else {
            assert_eq!(output.stdout, sound.stdout, "byte {at}");
            same += 1;
        }
    }
    println!("{errors} errors, {same} without effect");
    assert!(errors > 30);
}

/// Seven records of the PyPI database have malformed commit ids; their ranges of versions
/// decide all the same. The versions here are in no record's list.
#[test]
fn the_malformed_records_of_the_python_database_match_by_their_ranges() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/advisories/osv/PyPI");
    if !data.exists() {
        println!("skipped: ../shared/advisories/osv/PyPI is not there");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let from = data.display().to_string();
    run(dir.path(), &["db", "import", "--from", &from], 0);
    let found = |requirements: &str| {
        write(dir.path(), "app/requirements.txt", requirements);
        let arguments = ["check", "app", "--only", "advisories", "--format", "json"];
        let output = sealgate(dir.path()).args(arguments).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let mut ids: Vec<String> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["advisory"]["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    };
    let affected = found(
        "python-fedora==0.8.5\npython-dbusmock==0.15.0.post1\nbinderhub==0.1.0\n\
         matrix-synapse==1.41.0.post9\nvyper==0.3.7.post1\n",
    );
    for id in [
        "PYSEC-2017-27",
        "PYSEC-2019-155",
        "PYSEC-2021-371",
        "PYSEC-2021-424",
        "PYSEC-2021-425",
        "PYSEC-2021-436",
        "PYSEC-2023-80",
    ] {
        assert!(
            affected.iter().any(|found| found == id),
            "{id}: {affected:?}"
        );
    }
    let repaired = found(
        "python-fedora==0.9.0\npython-dbusmock==0.15.1\nmatrix-synapse==1.47.1\nvyper==0.3.8\n",
    );
    for id in [
        "PYSEC-2017-27",
        "PYSEC-2019-155",
        "PYSEC-2021-436",
        "PYSEC-2023-80",
    ] {
        assert!(!repaired.iter().any(|found| found == id), "{id}");
    }
}
