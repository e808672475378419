//! `trusted-root update` through the program, against a repository of our own on loopback:
//! what it takes, and what a mirror that is stale, slow, broken or dishonest achieves.

mod repository;
mod store;

use crate::http::server::{Reply, Server};
use crate::signing::{Ran, expect, names, read, sealgate, write};
use crate::signing_attacks::world::{IDENTITY, ISSUER};
use crate::signing_keyless::services::{Sigstore, claims, token};
use repository::{FAR, Files, Key, PAST, Repository, State, serve, sha256, signed};
use sigstore_trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, SIGSTORE_STAGING_TRUSTED_ROOT};

const OLD: &str = SIGSTORE_STAGING_TRUSTED_ROOT;
const NEW: &str = SIGSTORE_PRODUCTION_TRUSTED_ROOT;
const ROOT: &str = "roots/trusted_root.json";

/// A repository, its mirror, and the directory of somebody who updates from it.
struct World {
    repository: Repository,
    server: Server,
    dir: tempfile::TempDir,
}

impl World {
    /// Nothing was fetched yet.
    fn new() -> Self {
        let world = Self {
            repository: Repository::new(),
            server: Server::start(Vec::new()),
            dir: tempfile::tempdir().unwrap(),
        };
        write(
            &world.dir.path().join("root.json"),
            &world.repository.root(1),
        );
        world
    }

    /// Version 5 of everything, with the old trusted root, was fetched.
    fn updated() -> Self {
        let world = Self::new();
        world.publish(&State::of(5, OLD));
        world.update(0);
        assert_eq!(world.read(), OLD);
        world
    }

    fn files(&self, state: &State) -> Files {
        self.repository.files(state)
    }

    fn publish(&self, state: &State) {
        serve(&self.server, &self.files(state));
    }

    fn read(&self) -> String {
        read(&self.dir.path().join(ROOT))
    }

    fn run(&self, code: i32, more: &[&str]) -> Ran {
        let mirror = self.server.url("/tuf");
        let mut arguments = vec![
            "trusted-root",
            "update",
            "--mirror",
            &mirror,
            "--root",
            "root.json",
            "--store",
            "roots",
        ];
        arguments.extend(more);
        let ran = expect(code, &mut sealgate(self.dir.path()), &arguments);
        assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
        ran
    }

    fn update(&self, code: i32) -> Ran {
        self.run(code, &[])
    }

    /// These files are refused with this word, and leave everything as it was; then what is
    /// honest passes.
    fn refuses(&self, files: &Files, word: &str) {
        serve(&self.server, files);
        self.refuses_served(word);
    }

    fn refuses_served(&self, word: &str) {
        self.refuses_with(&[], word);
        self.publish(&State::of(7, NEW));
        self.update(0);
        assert_eq!(self.read(), NEW, "{word}");
    }

    fn refuses_with(&self, more: &[&str], word: &str) {
        let before = (self.read(), names(&self.dir.path().join("roots")));
        let ran = self.run(3, more);
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
        let after = (self.read(), names(&self.dir.path().join("roots")));
        assert_eq!(before, after, "{word}");
    }
}

#[test]
fn the_current_trusted_root_is_fetched_once_and_used_where_it_is_named() {
    let world = World::new();
    world.publish(&State::of(5, OLD));
    let ran = world.update(0);
    assert!(ran.stdout.contains("updated, sha256:"), "{}", ran.stdout);
    let versions = "root 1, timestamp 5, snapshot 5, targets 5";
    assert!(ran.stdout.contains(versions), "{}", ran.stdout);
    assert_eq!(world.read(), OLD);
    let files = names(&world.dir.path().join("roots"));
    let all = [
        "lock",
        "signing_config.v0.2.json",
        "trusted_root.json",
        "tuf.json",
    ];
    assert_eq!(files, all);

    let again = world.run(0, &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(json["schema"], "sealgate/trusted-root-update/v1");
    assert_eq!(json["changed"], false);
    assert_eq!(json["expires"], FAR);
    assert_eq!(json["digest"], format!("sha256:{}", sha256(OLD.as_bytes())));

    // A new root by the keys of the one before, two versions on; and no services any more.
    let mut state = State::of(6, NEW);
    state.signing_config = None;
    let mut files = world.files(&state);
    files.insert("2.root.json".to_owned(), world.repository.root(2));
    files.insert("3.root.json".to_owned(), world.repository.root(3));
    serve(&world.server, &files);
    let ran = world.update(0);
    assert!(ran.stdout.contains("root 3, timestamp 6"), "{}", ran.stdout);
    assert_eq!(world.read(), NEW);
    let files = names(&world.dir.path().join("roots"));
    assert_eq!(files, ["lock", "trusted_root.json", "tuf.json"]);
    let shown = ["trusted-root", "show", ROOT];
    let shown = expect(0, &mut sealgate(world.dir.path()), &shown);
    assert!(
        shown.stdout.contains(&sha256(NEW.as_bytes())),
        "{}",
        shown.stdout
    );
}

#[test]
fn what_was_fetched_serves_to_sign_and_to_verify() {
    let Some(sigstore) = Sigstore::honest() else {
        return;
    };
    let service = |path: &str, version: u32| {
        serde_json::json!({
            "url": sigstore.server.url(path), "majorApiVersion": version,
            "validFor": {"start": "2020-01-01T00:00:00Z"}, "operator": "acme",
        })
    };
    let config = serde_json::json!({
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": [service("", 1)],
        "rekorTlogUrls": [service("", 2)],
        "tsaUrls": [service("/timestamp", 1)],
        "rekorTlogConfig": {"selector": "ANY"}, "tsaConfig": {"selector": "ANY"},
    });
    let world = World::new();
    let mut state = State::of(5, &sigstore.inner.root().to_string());
    state.signing_config = Some(config.to_string().into_bytes());
    world.publish(&state);
    world.update(0);
    let dir = world.dir.path();
    write(&dir.join("app.bin"), b"the artifact\n");
    write(&dir.join("token"), token(&claims()).as_bytes());
    let sign = [
        "sign",
        "app.bin",
        "--keyless",
        "--identity-token-file",
        "token",
        "--without-sct",
        "--signing-config",
        "roots/signing_config.v0.2.json",
        "--trusted-root",
        ROOT,
    ];
    expect(0, &mut sealgate(dir), &sign);
    let verify = [
        "verify",
        "app.bin",
        "--certificate-identity",
        IDENTITY,
        "--certificate-oidc-issuer",
        ISSUER,
        "--without-sct",
    ];
    let named = [&verify[..], &["--trusted-root", ROOT]].concat();
    expect(0, &mut sealgate(dir), &named);
    // Nothing uses what was fetched without being told to.
    expect(1, &mut sealgate(dir), &verify);
}

#[test]
fn older_versions_than_those_that_were_accepted_are_refused() {
    let world = World::updated();
    world.refuses(
        &world.files(&State::of(4, OLD)),
        "rollback: timestamp has version 4",
    );
    let world = World::updated();
    let state = State {
        timestamp: 6,
        snapshot: 4,
        ..State::of(5, NEW)
    };
    world.refuses(
        &world.files(&state),
        "rollback: snapshot (via timestamp) has version 4",
    );
    let world = World::updated();
    let state = State {
        targets: 4,
        ..State::of(6, NEW)
    };
    world.refuses(
        &world.files(&state),
        "rollback: targets.json (via snapshot) has version 4",
    );
}

#[test]
fn what_has_expired_is_refused_whoever_serves_it() {
    let fresh = || State::of(6, NEW);
    let cases = [
        (
            State {
                timestamp_expires: PAST,
                ..fresh()
            },
            "timestamp expired",
        ),
        (
            State {
                snapshot_expires: PAST,
                ..fresh()
            },
            "snapshot expired",
        ),
        (
            State {
                targets_expires: PAST,
                ..fresh()
            },
            "targets expired",
        ),
    ];
    for (state, word) in cases {
        let world = World::updated();
        world.refuses(&world.files(&state), word);
    }
    // The last root of the chain.
    let world = World::updated();
    let mut files = world.files(&fresh());
    let repository = &world.repository;
    let root = repository.root_of(2, PAST);
    let both = [&repository.roots[0], &repository.roots[1]];
    files.insert("2.root.json".to_owned(), signed(&root, &both));
    serve(&world.server, &files);
    world.refuses_with(&[], "root expired");
    // One that was passed over may have expired.
    files.insert("3.root.json".to_owned(), repository.root(3));
    serve(&world.server, &files);
    world.update(0);
    assert_eq!(world.read(), NEW);
}

#[test]
fn too_few_signatures_are_refused() {
    let stranger = Key::new();
    let of = |world: &World, signers: fn(&World) -> Vec<&Key>| {
        let mut files = world.files(&State::of(6, NEW));
        let root = world.repository.root_of(2, FAR);
        files.insert("2.root.json".to_owned(), signed(&root, &signers(world)));
        files
    };
    let world = World::updated();
    let files = of(&world, |world| vec![&world.repository.roots[0]]);
    world.refuses(
        &files,
        "root has 1 valid signatures of trusted keys, 2 are needed",
    );
    let world = World::updated();
    let files = of(&world, |world| vec![&world.repository.roots[2]; 2]);
    world.refuses(&files, "duplicate signature");
    let world = World::updated();
    let files = of(&world, |world| {
        vec![&world.repository.timestamp, &world.repository.targets]
    });
    world.refuses(&files, "root has 0 valid signatures");

    // A root that only its own new keys have signed.
    let world = World::updated();
    let other = Repository::new();
    let mut files = other.files(&State::of(6, NEW));
    files.insert("2.root.json".to_owned(), other.root(2));
    world.refuses(&files, "root has 0 valid signatures");

    // Each other role by a key that is not its own.
    for role in ["timestamp", "snapshot", "targets"] {
        let mut world = World::updated();
        let own = match role {
            "timestamp" => &mut world.repository.timestamp,
            "snapshot" => &mut world.repository.snapshot,
            _ => &mut world.repository.targets,
        };
        let own = std::mem::replace(own, Key::new());
        let files = world.files(&State::of(6, NEW));
        match role {
            "timestamp" => world.repository.timestamp = own,
            "snapshot" => world.repository.snapshot = own,
            _ => world.repository.targets = own,
        }
        world.refuses(&files, &format!("{role} has 0 valid signatures"));
    }

    // The first root itself.
    let world = World::new();
    world.publish(&State::of(5, OLD));
    let root = world.repository.root_of(1, FAR);
    let path = world.dir.path().join("root.json");
    write(
        &path,
        &signed(&root, &[&world.repository.roots[0], &stranger]),
    );
    let ran = world.update(2);
    assert!(
        ran.stderr
            .contains("root.json: the first root cannot be used"),
        "{}",
        ran.stderr
    );
    write(&path, &world.repository.root(1));
    world.update(0);
}

#[test]
fn a_root_out_of_order_is_refused() {
    let world = World::updated();
    let mut files = world.files(&State::of(6, NEW));
    files.insert("2.root.json".to_owned(), world.repository.root(3));
    world.refuses(
        &files,
        "the root after version 1 says that it has version 3",
    );
    let world = World::updated();
    let mut files = world.files(&State::of(6, NEW));
    files.insert("2.root.json".to_owned(), world.repository.root(1));
    world.refuses(
        &files,
        "the root after version 1 says that it has version 1",
    );
}

#[test]
fn what_is_not_what_was_signed_for_is_refused() {
    let fresh = State::of(6, NEW);
    let name = format!("targets/{}.trusted_root.json", sha256(NEW.as_bytes()));
    let change = |world: &World, change: &dyn Fn(&mut Files)| {
        let mut files = world.files(&fresh);
        change(&mut files);
        files
    };
    type Change<'a> = &'a dyn Fn(&mut Files, &World);
    let cases: [(&str, Change, &str); 6] = [
        (
            "another target of the same length",
            &|files, _| {
                let last = files.get_mut(&name).unwrap().last_mut().unwrap();
                *last = if *last == b' ' { b'\n' } else { b' ' };
            },
            "trusted_root.json: sha256 mismatch",
        ),
        (
            "a target cut short",
            &|files, _| {
                files.get_mut(&name).unwrap().pop();
            },
            "trusted_root.json: length",
        ),
        (
            "a longer target",
            &|files, _| files.get_mut(&name).unwrap().push(b' '),
            "is larger than the limit of",
        ),
        (
            "the snapshot of another version",
            &|files, world| {
                let older = world.files(&State::of(5, OLD));
                files.insert(
                    "6.snapshot.json".to_owned(),
                    older["5.snapshot.json"].clone(),
                );
            },
            "snapshot.json: sha256 mismatch",
        ),
        (
            "the targets of another version",
            &|files, world| {
                let older = world.files(&State::of(5, NEW));
                files.insert("6.targets.json".to_owned(), older["5.targets.json"].clone());
            },
            "targets.json: sha256 mismatch",
        ),
        (
            "snapshot and targets of another time with the same versions",
            &|files, world| {
                let other = world.files(&State::of(6, OLD));
                for name in ["6.snapshot.json", "6.targets.json"] {
                    files.insert(name.to_owned(), other[name].clone());
                }
            },
            "snapshot.json: sha256 mismatch",
        ),
    ];
    for (case, how, word) in cases {
        let world = World::updated();
        let files = change(&world, &|files| how(files, &world));
        println!("{case}");
        world.refuses(&files, word);
    }
}

#[test]
fn a_mirror_that_fails_changes_nothing() {
    let fresh = State::of(6, NEW);
    let target = format!("/tuf/targets/{}.trusted_root.json", sha256(NEW.as_bytes()));
    let cases: [(&str, Reply, &str); 8] = [
        (
            "/tuf/timestamp.json",
            Reply::status(404, &[], ""),
            "the mirror lacks timestamp.json",
        ),
        (
            "/tuf/timestamp.json",
            Reply::endless(),
            "is larger than the limit of 16384 bytes",
        ),
        (
            "/tuf/2.root.json",
            Reply::endless(),
            "is larger than the limit of 512000 bytes",
        ),
        (
            "/tuf/6.snapshot.json",
            Reply::status(503, &[], ""),
            "is not available (HTTP 503)",
        ),
        (
            "/tuf/2.root.json",
            Reply::status(401, &[], ""),
            "refused access (HTTP 401)",
        ),
        (
            "/tuf/6.targets.json",
            Reply::redirect("https://evil.example/"),
            "redirects to another host",
        ),
        (
            &target,
            Reply::status(404, &[], ""),
            "the mirror lacks target",
        ),
        (
            &target,
            Reply::announced(NEW.len(), "{"),
            "broke off after 1 bytes",
        ),
    ];
    for (path, reply, word) in cases {
        let world = World::updated();
        world.publish(&fresh);
        world.server.add(&format!("GET {path}"), reply);
        world.refuses_served(word);
    }
    // A mirror that takes its time gets no more of it than the whole update has.
    let world = World::updated();
    world.publish(&fresh);
    world.server.add(&format!("GET {target}"), Reply::stalled());
    world.refuses_with(&["--timeout", "1"], "was not complete within");
}

#[test]
fn metadata_that_cannot_be_read_strictly_is_refused() {
    let world = World::updated();
    let good = world.files(&State::of(6, NEW));
    let text = String::from_utf8(good["timestamp.json"].clone()).unwrap();
    let twice = text.replacen("{\"signatures\"", "{\"signed\":{},\"signatures\"", 1);
    assert_ne!(twice, text);
    let deep = "[".repeat(9000);
    for (bytes, word) in [
        (twice.as_str(), "the key `signed` appears twice"),
        ("", "not valid JSON"),
        ("<html>\u{1b}[31m", "not valid JSON"),
        ("{}", "missing `signed`"),
        (&deep, "not valid JSON"),
    ] {
        let mut files = good.clone();
        files.insert("timestamp.json".to_owned(), bytes.as_bytes().to_vec());
        serve(&world.server, &files);
        world.refuses_with(&[], word);
    }
    // Of another role, and of a specification that nobody knows yet.
    let mut files = good.clone();
    files.insert("timestamp.json".to_owned(), good["6.snapshot.json"].clone());
    serve(&world.server, &files);
    world.refuses_with(&[], "expected _type \"timestamp\"");
    let later = text.replace("1.0.31", "2.0.0").into_bytes();
    files.insert("timestamp.json".to_owned(), later);
    world.refuses(&files, "unsupported TUF spec_version");
}

#[test]
fn what_is_signed_and_of_no_use_is_refused() {
    for text in [
        "{}",
        "no JSON",
        &NEW.replacen("trustedroot+json;version=0.1", "x", 1),
    ] {
        let world = World::updated();
        world.refuses(
            &world.files(&State::of(6, text)),
            "`trusted_root.json` is signed and cannot be used",
        );
    }
    let world = World::updated();
    let mut state = State::of(6, NEW);
    state.signing_config = Some(b"{}".to_vec());
    world.refuses(
        &world.files(&state),
        "`signing_config.v0.2.json` is signed and cannot be used",
    );
}
