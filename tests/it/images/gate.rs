//! The gate decides about an image by what is attached to it.

use super::stub::Registry;
use super::{Scene as Images, says};
use crate::gate::scene::{AN_HOUR_AGO, NOW, Scene, TEST_RESULT, decision, test_result};
use crate::signing::{expect, key, read, sealgate, write};
use std::path::Path;

fn attest(scene: &Scene, image: &str, result: &str, failed: u64) {
    let predicate = test_result(result, 5, failed, AN_HOUR_AGO);
    write(
        &scene.path("predicate.json"),
        predicate.to_string().as_bytes(),
    );
    let tester = key("tester.key");
    let arguments = [
        "attest",
        image,
        "--predicate",
        "predicate.json",
        "--type",
        TEST_RESULT,
        "--key",
        &tester,
    ];
    expect(0, &mut sealgate(scene.dir.path()), &arguments);
}

fn gate(scene: &Scene, image: &str, code: i32, options: &[&str], ids: &[&str]) {
    let base = [
        "--at",
        NOW,
        "gate",
        image,
        "--env",
        "staging",
        "--policy",
        "policy.toml",
        "--format",
        "json",
    ];
    let ran = expect(
        code,
        &mut sealgate(scene.dir.path()),
        &[&base[..], options].concat(),
    );
    decision(&ran, ids);
}

#[test]
fn an_image_enters_by_what_is_attached_to_it_and_its_summary_is_attached() {
    let registry = Registry::honest();
    let digest = registry.image("one", "1.0");
    let image = registry.name(&format!("@{digest}"));
    let scene = Scene::new();
    gate(
        &scene,
        &image,
        1,
        &["--no-vsa"],
        &["gate/missing-predicate"],
    );
    attest(&scene, &image, "PASSED", 0);
    gate(&scene, &image, 0, &["--no-vsa"], &[]);
    // Signatures of the image are no evidence, and no obstacle.
    for name in ["tester.key", "stranger.key"] {
        let arguments = ["sign", &image, "--key", &key(name)];
        expect(0, &mut sealgate(scene.dir.path()), &arguments);
    }
    gate(&scene, &image, 0, &["--no-vsa"], &[]);
    // A signed file of the image's name does not take its place.
    let bare = image.trim_start_matches("oci://");
    let decoy = scene.path(bare);
    std::fs::create_dir_all(decoy.parent().unwrap()).unwrap();
    write(&decoy, b"a decoy");
    gate(&scene, bare, 0, &["--no-vsa"], &[]);
    std::fs::remove_file(&decoy).unwrap();
    // The same words about another image do not count.
    let other = registry.image("two", "2.0");
    let other = registry.name(&format!("@{other}"));
    gate(
        &scene,
        &other,
        1,
        &["--no-vsa"],
        &["gate/missing-predicate"],
    );
    let promoter = key("promoter-staging.key");
    gate(&scene, &image, 0, &["--key", &promoter], &[]);
    let public = key("promoter-staging.pub");
    let images = Images::new();
    let ran = images.run(0, &["verify", &image, "--key", &public, "--type", "vsa"]);
    says(&ran, &["verified, vsa"]);
    // A newer failed result beats it.
    attest(&scene, &image, "FAILED", 1);
    gate(&scene, &image, 1, &["--no-vsa"], &["gate/tests-failed"]);
}

#[test]
fn what_is_attached_and_cannot_be_read_leaves_the_gate_undecided() {
    let registry = Registry::honest();
    let digest = registry.image("one", "1.0");
    let image = registry.name(&format!("@{digest}"));
    let scene = Scene::new();
    attest(&scene, &image, "PASSED", 0);
    gate(&scene, &image, 0, &["--no-vsa"], &[]);
    let layer = {
        let state = registry.state();
        let mut blobs = state.blobs.iter();
        let (digest, _) = blobs
            .find(|(_, blob)| blob.starts_with(b"{\"mediaType\""))
            .unwrap();
        digest.clone()
    };
    registry.state().blobs.remove(&layer);
    let arguments = [
        "--at",
        NOW,
        "gate",
        &image,
        "--env",
        "staging",
        "--policy",
        "policy.toml",
        "--no-vsa",
    ];
    let ran = expect(3, &mut sealgate(scene.dir.path()), &arguments);
    says(&ran, &["does not exist"]);
}

/// Copies a directory with all that is in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => write(&target, &std::fs::read(entry.path()).unwrap()),
        }
    }
}

/// `testdata/signing/cosign-image` has a review of cosign 3.1.3, whose statements are of the
/// first version of in-toto's.
#[test]
fn what_cosign_attested_under_a_roles_key_is_read() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/signing/cosign-image");
    let scene = Scene::new();
    copy(&data.join("image"), &scene.path("image"));
    let image = "oci-layout:image";
    let policy = read(&scene.path("policy.toml"));
    let pem = read(&data.join("cosign.pub"));
    let reviewer = format!("[roles.reviewer]\nkey-pem = \"\"\"\n{pem}\"\"\"\n");
    let with_reviewer = policy.replacen("[environments", &format!("{reviewer}[environments"), 1);
    for policy in [&policy, &with_reviewer] {
        write(&scene.path("policy.toml"), policy.as_bytes());
        gate(&scene, image, 1, &["--no-vsa"], &["gate/missing-predicate"]);
    }
    attest(&scene, image, "PASSED", 0);
    gate(&scene, image, 0, &["--no-vsa"], &[]);
}
