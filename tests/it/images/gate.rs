//! The gate decides about an image by what is attached to it.

use super::stub::Registry;
use super::{Scene as Images, says};
use crate::gate::scene::{AN_HOUR_AGO, NOW, Scene, TEST_RESULT, decision, test_result};
use crate::signing::{expect, key, sealgate, write};

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
