//! The gate with roles by certificate.

use super::world::{ARTIFACT, IDENTITY, ISSUER, Leaf, World};
use crate::signing::{expect, key, read, sealgate, write};
use serde_json::{Value, json};
use std::path::Path;

const PASSING: &str = "running 1 test
test a ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

/// An artifact, the record of its tests, a trusted root, and a policy whose tester is
/// described by `role`.
fn scene(world: &World, role: &str) -> (tempfile::TempDir, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("app"), ARTIFACT);
    write(&dir.path().join("output.txt"), PASSING.as_bytes());
    let test = ["test", "app", "--", "sh", "-c", "cat output.txt"];
    expect(0, &mut sealgate(dir.path()), &test);
    let statement = read(&dir.path().join("app.test-result.json")).into_bytes();
    let root = world.root().to_string();
    write(&dir.path().join("root.json"), root.as_bytes());
    let policy = format!(
        "schema = 1\nname = \"environments\"\nversion = 1\n[roles.tester]\n{role}\n\
         [environments.prod]\n[[environments.prod.require]]\npredicate = \"test-result\"\n\
         role = \"tester\"\nmin-tests = 1\n"
    );
    write(&dir.path().join("policy.toml"), policy.as_bytes());
    (dir, statement)
}

fn role(identity: &str, issuer: &str) -> String {
    format!(
        "{identity}\nissuer = \"{issuer}\"\ntrusted-root = \"root.json\"\n\
         log-entries = 0\nwithout-sct = true"
    )
}

/// Decides; exit code and reason ids.
fn gate(dir: &Path, bundle: &Value) -> (i32, Vec<String>, String) {
    let line = format!("{bundle}\n");
    write(&dir.join("app.attestations.jsonl"), line.as_bytes());
    let output = sealgate(dir)
        .args(["gate", "app", "--env", "prod", "--policy", "policy.toml"])
        .args(["--no-vsa", "--format", "json"])
        .output()
        .unwrap();
    let page: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    let reasons = page["reasons"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|reason| reason["id"].as_str().unwrap().to_owned())
        .collect();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), reasons, stderr)
}

#[test]
fn a_role_is_an_identity_and_its_issuer() {
    let Some(world) = World::new() else {
        return;
    };
    let exact = format!("identity = \"{IDENTITY}\"");
    let (dir, statement) = scene(&world, &role(&exact, ISSUER));
    let good = world.statement(&Leaf::default(), &statement);
    assert_eq!(gate(dir.path(), &good).0, 0);

    // One mutation each.
    let other_issuer = world.statement(
        &Leaf {
            issuer: Some(format!("{ISSUER}/")),
            ..Leaf::default()
        },
        &statement,
    );
    let other_name = world.statement(
        &Leaf {
            names: vec![rcgen::SanType::Rfc822Name(
                "release@acme.example.evil.example".try_into().unwrap(),
            )],
            ..Leaf::default()
        },
        &statement,
    );
    let expired = world.statement(
        &Leaf {
            years: (2020, 2021),
            ..Leaf::default()
        },
        &statement,
    );
    let mut changed = good.clone();
    super::flip(&mut changed["dsseEnvelope"]["signatures"][0]["sig"]);
    let mut old = good.clone();
    old["mediaType"] = json!("application/vnd.dev.sigstore.bundle+json;version=0.2");
    for (name, bundle, reason) in [
        ("other issuer", other_issuer, "gate/untrusted-signer"),
        ("other name", other_name, "gate/untrusted-signer"),
        ("expired", expired, "gate/bad-signature"),
        ("changed", changed, "gate/bad-signature"),
        ("old label", old, "gate/bad-signature"),
    ] {
        let (code, reasons, _) = gate(dir.path(), &bundle);
        assert_eq!(code, 1, "{name}: {reasons:?}");
        assert!(reasons.contains(&reason.to_owned()), "{name}: {reasons:?}");
    }
}

#[test]
fn a_role_by_certificate_that_is_not_clear_is_refused() {
    let Some(world) = World::new() else {
        return;
    };
    let exact = format!("identity = \"{IDENTITY}\"");
    let key_role = format!("key = \"{}\"", key("tester.pub"));
    for (text, expected) in [
        (exact.clone(), "without `issuer`"),
        (
            role("identity-pattern = \"release@\"", ISSUER),
            "does not start with `^`",
        ),
        (
            format!("{}\n{key_role}", role(&exact, ISSUER)),
            "has a key and an identity",
        ),
        (
            format!("{key_role}\nissuer = \"{ISSUER}\""),
            "has `issuer`, but no `identity`",
        ),
        (
            format!(
                "{}\nrequire-claims = [\"build-triger=push\"]",
                role(&exact, ISSUER)
            ),
            "no claim `build-triger`",
        ),
        (
            format!(
                "{0}\ndistinct-from = [\"other\"]\n[roles.other]\n{1}",
                role(&exact, ISSUER),
                role("identity-pattern = '^[a-z]+@acme\\.example$'", ISSUER)
            ),
            "one certificate may fit both",
        ),
    ] {
        let (dir, _) = scene(&world, &text);
        let (code, _, stderr) = gate(dir.path(), &json!({}));
        assert_eq!(code, 2, "{text}");
        assert!(stderr.contains(expected), "{text}: {stderr}");
    }
}
