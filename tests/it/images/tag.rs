//! The tag by which referrers are listed where a registry has no API for it.

use super::registry::without_api;
use super::stub::{BUNDLE, OCI_INDEX, OCI_MANIFEST, Registry, Settings, error};
use super::{Scene, says};
use crate::http::server::Reply;
use crate::signing::{expect, key, sealgate, write};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

#[test]
fn the_tag_of_referrers_keeps_what_others_wrote() {
    let registry = without_api();
    let scene = Scene::new();
    let digest = registry.image("one", "1.0");
    let tag = digest.replace(':', "-");
    let other = json!({
        "mediaType": OCI_MANIFEST, "digest": format!("sha256:{}", "0".repeat(64)), "size": 7,
        "artifactType": "application/vnd.example.other", "unknown": {"stays": true},
    });
    let index = json!({
        "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [other], "annotations": {"a": "b"},
    });
    registry.state().manifest(&index, Some(&tag));
    scene.sign(0, &registry.name(":1.0"));
    scene.attest(
        0,
        &registry.name(":1.0"),
        "https://acme.example/review/v1",
        "builder.key",
    );
    let state = registry.state();
    let written: Value = serde_json::from_slice(&state.manifests[&tag].1).unwrap();
    assert_eq!(written["manifests"].as_array().unwrap().len(), 3);
    assert_eq!(written["manifests"][0], other);
    assert_eq!(written["annotations"], json!({"a": "b"}));
    assert_eq!(written["manifests"][1]["artifactType"], BUNDLE);
    assert_eq!(
        written["manifests"][2]["annotations"]["dev.sigstore.bundle.predicateType"],
        "https://acme.example/review/v1"
    );
    drop(state);
    scene.verify(0, &registry.name(":1.0"));
}

#[test]
fn a_list_that_does_not_tell_what_is_in_a_bundle_is_completed_from_its_manifest() {
    let registry = without_api();
    let scene = Scene::new();
    let digest = registry.image("one", "1.0");
    let image = registry.name(":1.0");
    scene.sign(0, &image);
    // As cosign's own library writes the tag: digest, size and types, nothing else.
    {
        let mut state = registry.state();
        let mut listed = state.referrers(&digest).remove(0);
        listed.as_object_mut().unwrap().remove("annotations");
        listed["artifactType"] = json!("application/vnd.oci.empty.v1+json");
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [listed]});
        state.manifest(&index, Some(&digest.replace(':', "-")));
    }
    let entry = &scene.discover(&image)["referrers"][0];
    assert_eq!(entry["artifactType"], BUNDLE);
    assert_eq!(
        entry["predicateType"],
        "https://sigstore.dev/cosign/sign/v1"
    );
    scene.verify(0, &image);
}

#[test]
fn a_tag_that_another_client_writes_over_is_written_again_and_not_for_ever() {
    let losing = |times: usize| {
        let lost = AtomicUsize::new(0);
        Registry::start(Settings {
            referrers_api: false,
            instead: Box::new(move |asked| {
                let is_tag = asked.method == "PUT" && asked.target.contains("/manifests/sha256-");
                let lose = is_tag && lost.fetch_add(1, Ordering::SeqCst) < times;
                lose.then(|| Reply::status(201, &[], ""))
            }),
            ..Settings::default()
        })
    };
    for (times, code) in [(0, 0), (2, 0), (99, 3)] {
        let registry = losing(times);
        let scene = Scene::new();
        registry.image("one", "1.0");
        let ran = scene.sign(code, &registry.name(":1.0"));
        if code == 0 {
            scene.verify(0, &registry.name(":1.0"));
        } else {
            says(&ran, &["does not list it", "by others at the same time"]);
            assert!(scene.listed(&registry.name(":1.0")).is_empty());
        }
    }
}

/// Another run of the program attests between this one's last reading of the tag and its
/// writing. Its entry is in the end there where the registry knows conditions.
#[test]
fn what_a_second_client_attaches_at_the_same_time_is_kept() {
    let review = "https://acme.example/review/v1";
    for has_tag in [false, true] {
        let second: Arc<OnceLock<(String, PathBuf)>> = Arc::default();
        let (own, ran) = (Arc::clone(&second), AtomicBool::new(false));
        let registry = Registry::start(Settings {
            referrers_api: false,
            conditions: true,
            instead: Box::new(move |asked| {
                let is_tag = asked.method == "PUT" && asked.target.contains("/manifests/sha256-");
                let (image, directory) = own.get()?;
                if is_tag && !ran.swap(true, Ordering::SeqCst) {
                    let key = key("builder.key");
                    let arguments = ["attest", image, "--predicate", "second.json", "--type"];
                    let further = [review, "--key", &key];
                    let mut command = sealgate(directory);
                    expect(0, &mut command, &[&arguments[..], &further].concat());
                }
                None
            }),
            ..Settings::default()
        });
        let scene = Scene::new();
        registry.image("one", "1.0");
        let image = registry.name(":1.0");
        if has_tag {
            scene.attest(0, &image, "https://acme.example/other/v1", "builder.key");
        }
        write(&scene.path().join("second.json"), b"{\"second\": true}");
        let there = (image.clone(), scene.path().to_owned());
        second.set(there).unwrap();
        scene.sign(0, &image);
        assert_eq!(scene.listed(&image).len(), 2 + usize::from(has_tag));
        scene.verify(0, &image);
        let builder = key("builder.pub");
        scene.run(0, &["verify", &image, "--key", &builder, "--type", review]);
    }
}

#[test]
fn a_tag_that_is_not_found_for_a_moment_loses_nothing() {
    for missed in 0..4 {
        let reads = AtomicUsize::new(0);
        let registry = Registry::start(Settings {
            referrers_api: false,
            instead: Box::new(move |asked| {
                let is_tag = asked.method == "GET" && asked.target.contains("/manifests/sha256-");
                let misses = is_tag && reads.fetch_add(1, Ordering::SeqCst) == missed;
                misses.then(|| error(404, "MANIFEST_UNKNOWN"))
            }),
            ..Settings::default()
        });
        let scene = Scene::new();
        let digest = registry.image("one", "1.0");
        let other = json!({
            "mediaType": OCI_MANIFEST, "digest": format!("sha256:{}", "0".repeat(64)), "size": 7,
            "artifactType": "application/vnd.example.other",
        });
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [other]});
        let tag = digest.replace(':', "-");
        registry.state().manifest(&index, Some(&tag));
        scene.sign(0, &registry.name(":1.0"));
        let written: Value = serde_json::from_slice(&registry.state().manifests[&tag].1).unwrap();
        let entries = written["manifests"].as_array().unwrap();
        assert_eq!((entries.len(), &entries[0]), (2, &other), "{missed}");
    }
}

#[test]
fn a_tag_of_referrers_that_is_no_index_is_left_as_it_is() {
    let registry = Registry::start(Settings {
        referrers_api: false,
        ..Settings::default()
    });
    let scene = Scene::new();
    let digest = registry.image("one", "1.0");
    let tag = digest.replace(':', "-");
    registry.image("a stranger", &tag);
    let before = registry.state().manifests[&tag].clone();
    let ran = scene.sign(3, &registry.name(":1.0"));
    says(&ran, &["malformed", &tag]);
    assert_eq!(registry.state().manifests[&tag], before);
}
