//! What stays from one update to the next, and what is asked of who runs one.

use super::repository::{Files, Key, Repository, State, serve, sha256};
use super::{NEW, OLD, ROOT, World};
use crate::signing::{expect, key, read, sealgate, write};

#[test]
fn a_root_that_was_seen_counts_even_if_the_update_failed() {
    let mut world = World::updated();
    let old_key = std::mem::replace(&mut world.repository.timestamp, Key::new());
    // The root that takes the timestamp's key away arrives, and then nothing.
    let mut files = Files::new();
    files.insert("2.root.json".to_owned(), world.repository.root(2));
    serve(&world.server, &files);
    world.refuses_with(&[], "the mirror lacks timestamp.json");
    // Whoever has the old key hides that root in vain.
    let new_key = std::mem::replace(&mut world.repository.timestamp, old_key);
    world.publish(&State::of(6, NEW));
    world.refuses_with(&[], "timestamp has 0 valid signatures");
    world.repository.timestamp = new_key;
    world.publish(&State::of(6, NEW));
    world.update(0);
    assert_eq!(world.read(), NEW);
}

#[test]
fn a_store_that_is_damaged_or_of_another_repository_is_no_floor() {
    let world = World::updated();
    let store = world.dir.path().join("roots/tuf.json");
    let good = read(&store);
    let mut value: serde_json::Value = serde_json::from_str(&good).unwrap();
    value["accepted"]["timestamp"] = value["accepted"]["snapshot"].clone();
    let swapped = value.to_string();
    value["accepted"] = serde_json::Value::Null;
    value["schema"] = "sealgate/tuf-store/v9".into();
    let later = value.to_string();
    for (text, word) in [
        (&good[..good.len() / 2], "not valid JSON"),
        (&swapped, "expected _type"),
        (&later, "its schema is not"),
    ] {
        write(&store, text.as_bytes());
        let ran = world.update(2);
        assert!(
            ran.stderr.contains("tuf.json` cannot be used"),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
    }
    write(&store, good.as_bytes());
    world.update(0);

    let other = World::new();
    other.publish(&State::of(9, NEW));
    let root = read(&other.dir.path().join("root.json"));
    write(&world.dir.path().join("root.json"), root.as_bytes());
    let mirror = other.server.url("/tuf");
    let arguments = [
        "trusted-root",
        "update",
        "--mirror",
        &mirror,
        "--root",
        "root.json",
    ];
    let run = |code, store| {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--store", store]);
        expect(code, &mut sealgate(world.dir.path()), &arguments)
    };
    let ran = run(2, "roots");
    let word = "it is of a repository with another root";
    assert!(ran.stderr.contains(word), "{}", ran.stderr);
    assert_eq!(world.read(), OLD);
    run(0, "others");
}

#[test]
fn programs_with_older_and_newer_first_roots_share_what_was_accepted() {
    let world = World::updated();
    let path = world.dir.path().join("root.json");
    let publish = |version: u64, with_roots: bool, trusted_root: &str| {
        let mut files = world.files(&State::of(version, trusted_root));
        if with_roots {
            for version in 2..=4 {
                files.insert(
                    format!("{version}.root.json"),
                    world.repository.root(version),
                );
            }
        }
        serve(&world.server, &files);
    };
    // A newer program: nothing older than what the older one accepted.
    write(&path, &world.repository.root(4));
    publish(4, true, NEW);
    world.refuses_with(&[], "rollback: timestamp has version 4");
    publish(6, true, OLD);
    let ran = world.update(0);
    assert!(ran.stdout.contains("root 4, timestamp 6"), "{}", ran.stdout);
    // The older one again: neither older versions nor an older root.
    write(&path, &world.repository.root(1));
    publish(7, false, NEW);
    world.refuses_with(
        &[],
        "rollback: root has version 1, version 4 was accepted before",
    );
    publish(5, true, NEW);
    world.refuses_with(&[], "rollback: timestamp has version 5");
    publish(7, true, NEW);
    let ran = world.update(0);
    assert!(ran.stdout.contains("root 4, timestamp 7"), "{}", ran.stdout);
    assert_eq!(world.read(), NEW);
    // A first root of somebody else, older or newer, is another repository's.
    for version in [1, 9] {
        write(&path, &Repository::new().root(version));
        let ran = world.update(2);
        let word = "it is of a repository with another root";
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
    }
}

#[test]
fn one_update_at_a_time() {
    let world = World::updated();
    let lock = std::fs::File::options()
        .write(true)
        .open(world.dir.path().join("roots/lock"))
        .unwrap();
    lock.lock().unwrap();
    let ran = world.update(2);
    assert!(
        ran.stderr.contains("another update of `roots` is running"),
        "{}",
        ran.stderr
    );
    drop(lock);
    world.update(0);
}

#[test]
fn what_is_typed_is_checked_before_anything_is_asked() {
    let world = World::new();
    let run = |arguments: &[&str], word: &str| {
        let mut all = vec!["trusted-root", "update"];
        all.extend(arguments);
        let ran = expect(2, &mut sealgate(world.dir.path()), &all);
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
    };
    run(
        &["--mirror", "http://tuf.acme.example/"],
        "is not encrypted",
    );
    run(
        &["--mirror", "ftp://tuf.acme.example/"],
        "only http and https are known",
    );
    run(&["--root", "root.json", "--store", "roots"], "--mirror");
    let mirror = world.server.url("/tuf");
    run(&["--root", "root.json", "--mirror", &mirror], "--store");
    run(
        &[
            "--root",
            "missing.json",
            "--mirror",
            &mirror,
            "--store",
            "roots",
        ],
        "cannot read `missing.json`",
    );
    assert!(world.server.lines().is_empty());
    // The built-in root of an instance does not trust this repository.
    world.publish(&State::of(5, OLD));
    for instance in [&[][..], &["--staging"], &["--github"]] {
        let mut all = vec!["trusted-root", "update", "--mirror", &mirror];
        all.extend(instance);
        let ran = expect(3, &mut sealgate(world.dir.path()), &all);
        assert!(
            ran.stderr.contains("timestamp has 0 valid signatures"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_pinned_trusted_root_must_be_that_one() {
    let world = World::updated();
    let dir = world.dir.path();
    write(&dir.join("app.bin"), b"the artifact\n");
    expect(
        0,
        &mut sealgate(dir),
        &["sign", "app.bin", "--key", &key("tester.key")],
    );
    let verify = |code, digest: &str| {
        let arguments = [
            "verify",
            "app.bin",
            "--key",
            &key("tester.pub"),
            "--trusted-root",
            ROOT,
            "--trusted-root-digest",
            digest,
        ];
        expect(code, &mut sealgate(dir), &arguments)
    };
    let pin = format!("sha256:{}", sha256(OLD.as_bytes()));
    verify(0, &pin);
    let other = format!("sha256:{}", sha256(NEW.as_bytes()));
    let ran = verify(2, &other);
    let word = format!("the trusted root is {pin}, not the pinned {other}");
    assert!(ran.stderr.contains(&word), "{}", ran.stderr);
    verify(2, "sha256:00");
    verify(2, &format!("sha512:{}", "0".repeat(128)));
}
