//! Images in a registry: what must work.

use super::stub::{BUNDLE, OCI_INDEX, OCI_MANIFEST, REPOSITORY, Registry, Settings, list};
use super::{Scene, says};
use crate::http::server::Reply;
use crate::http::tls::Authority;
use crate::signing::{expect, key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

fn without_api() -> Registry {
    Registry::start(Settings {
        referrers_api: false,
        ..Settings::default()
    })
}

#[test]
fn an_image_is_signed_listed_and_verified_with_and_without_the_referrers_api() {
    for registry in [Registry::honest(), without_api()] {
        let scene = Scene::new();
        let digest = registry.image("one", "1.0");
        let by_digest = registry.name(&format!("@{digest}"));
        let before = scene.verify(1, &by_digest);
        says(&before, &["signing/no-bundle"]);
        let ran = scene.sign(0, &registry.name(":1.0"));
        says(&ran, &[&digest, "the tag `1.0` is", "attached sha256:"]);
        let list = scene.discover(&by_digest);
        assert_eq!(list["digest"], digest);
        let entry = &list["referrers"][0];
        assert_eq!(entry["artifactType"], BUNDLE);
        assert_eq!(
            entry["predicateType"],
            "https://sigstore.dev/cosign/sign/v1"
        );
        let ran = scene.verify(0, &by_digest);
        says(&ran, &["verified, image-signature", &digest]);
        // As docker and cosign write it.
        let bare = by_digest.trim_start_matches("oci://").to_owned();
        scene.verify(0, &bare);
        let stranger = key("stranger.pub");
        let ran = scene.run(1, &["verify", &by_digest, "--key", &stranger]);
        says(&ran, &["signing/wrong-key"]);
    }
}

#[test]
fn a_bundle_is_attached_as_cosign_has_it() {
    let registry = Registry::honest();
    let scene = Scene::new();
    let digest = registry.image("one", "1.0");
    scene.sign(0, &registry.name(&format!("@{digest}")));
    let state = registry.state();
    let listed = state.referrers(&digest);
    let name = listed[0]["digest"].as_str().unwrap();
    let manifest: Value = serde_json::from_slice(&state.manifests[name].1).unwrap();
    assert_eq!(manifest["artifactType"], BUNDLE);
    assert_eq!(
        manifest["config"]["mediaType"],
        "application/vnd.oci.empty.v1+json"
    );
    assert_eq!(manifest["subject"]["mediaType"], OCI_MANIFEST);
    assert_eq!(
        manifest["annotations"]["dev.sigstore.bundle.content"],
        "dsse-envelope"
    );
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let bundle: Value = serde_json::from_slice(&state.blobs[layer]).unwrap();
    assert_eq!(bundle["mediaType"], BUNDLE);
    let payload = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap());
    let statement: Value = serde_json::from_slice(&payload.unwrap()).unwrap();
    assert_eq!(
        statement,
        json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"digest": {"sha256": digest.trim_start_matches("sha256:")}}],
            "predicateType": "https://sigstore.dev/cosign/sign/v1",
            "predicate": {},
        })
    );
}

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

#[test]
fn what_is_signed_is_the_digest_and_not_the_tag() {
    let registry = Registry::honest();
    let scene = Scene::new();
    let first = registry.image("one", "1.0");
    scene.sign(0, &registry.name(":1.0"));
    scene.verify(0, &registry.name(":1.0"));
    registry.image("two", "1.0");
    let ran = scene.verify(1, &registry.name(":1.0"));
    says(&ran, &["signing/no-bundle"]);
    scene.verify(0, &registry.name(&format!("@{first}")));
    // A tag beside the digest is for people.
    scene.verify(0, &registry.name(&format!(":1.0@{first}")));
}

#[test]
fn attestations_count_by_their_type_and_never_for_a_signature() {
    let registry = Registry::honest();
    let scene = Scene::new();
    registry.image("one", "1.0");
    let image = registry.name(":1.0");
    let review = "https://acme.example/review/v1";
    scene.attest(0, &image, review, "tester.key");
    let ran = scene.verify(1, &image);
    says(&ran, &["signing/other-predicate", review, "--type"]);
    let tester = key("tester.pub");
    let by_type = ["verify", &image, "--key", &tester, "--type"];
    scene.run(0, &[&by_type[..], &[review]].concat());
    let ran = scene.run(1, &[&by_type[..], &["slsaprovenance1"]].concat());
    says(&ran, &["signing/other-predicate"]);
    scene.sign(0, &image);
    scene.verify(0, &image);
    let ran = scene.run(0, &[&by_type[..], &[review, "--format", "json"]].concat());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["verified"], true);
    let verified: Vec<bool> = report["bundles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bundle| bundle["verified"].as_bool().unwrap())
        .collect();
    assert_eq!(verified.iter().filter(|verified| **verified).count(), 1);
    assert_eq!(verified.len(), 2);
}

#[test]
fn bundles_of_others_do_no_harm_and_do_not_help() {
    let registry = Registry::honest();
    let scene = Scene::new();
    registry.image("one", "1.0");
    let image = registry.name(":1.0");
    for name in ["stranger.key", "builder.key"] {
        scene.run(0, &["sign", &image, "--key", &key(name)]);
    }
    let ran = scene.verify(1, &image);
    says(&ran, &["signing/wrong-key"]);
    scene.sign(0, &image);
    let ran = scene.verify(0, &image);
    says(&ran, &["does not count"]);
    assert_eq!(scene.listed(&image).len(), 3);
}

#[test]
fn several_images_are_all_found_before_any_is_signed() {
    let registry = Registry::honest();
    let scene = Scene::new();
    let digest = registry.image("one", "1.0");
    registry.image("two", "2.0");
    let (one, two) = (registry.name(":1.0"), registry.name(":2.0"));
    let missing = registry.name(":3.0");
    let tester = key("tester.key");
    let ran = scene.run(2, &["sign", &one, &missing, "--key", &tester]);
    says(&ran, &["does not exist"]);
    assert!(scene.listed(&one).is_empty());
    scene.run(0, &["sign", &one, &two, "--key", &tester]);
    let public = key("tester.pub");
    scene.run(0, &["verify", &one, &two, "--key", &public]);
    let by_digest = registry.name(&format!("@{digest}"));
    let ran = scene.run(2, &["sign", &one, &by_digest, "--key", &tester]);
    says(&ran, &["is named twice"]);
    let ran = scene.run(2, &["sign", &one, "app.bin", "--key", &tester]);
    says(&ran, &["images and files"]);
    let ran = scene.run(2, &["sign", &one, "--bundle", "x", "--key", &tester]);
    says(&ran, &["--bundle"]);
}

#[test]
fn an_index_is_signed_as_a_whole_unless_a_platform_is_named() {
    let registry = Registry::honest();
    let scene = Scene::new();
    let (index, arm) = {
        let mut state = registry.state();
        let with = |mut descriptor: Value, platform: Value| {
            descriptor["platform"] = platform;
            descriptor
        };
        let amd = state.image("amd64", "amd", None);
        let arm = state.image("arm64", "arm", None);
        let digest = arm["digest"].as_str().unwrap().to_owned();
        let manifests = [
            with(amd, json!({"os": "linux", "architecture": "amd64"})),
            with(
                arm,
                json!({"os": "linux", "architecture": "arm64", "variant": "v8"}),
            ),
        ];
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests});
        let index = state.manifest(&index, Some("multi"));
        (index["digest"].as_str().unwrap().to_owned(), digest)
    };
    let image = registry.name(":multi");
    let ran = scene.sign(0, &image);
    says(&ran, &[&index]);
    scene.verify(0, &image);
    let (tester, public) = (key("tester.key"), key("tester.pub"));
    let on_arm = ["--platform", "linux/arm64"];
    let verify = [&["verify", &image, "--key", &public][..], &on_arm].concat();
    // The index's signature is none of an image in it.
    scene.run(1, &verify);
    let sign = [&["sign", &image, "--key", &tester][..], &on_arm].concat();
    says(&scene.run(0, &sign), &[&arm]);
    scene.run(0, &verify);
    scene.verify(0, &registry.name(&format!("@{arm}")));
    let ran = scene.run(2, &["discover", &image, "--platform", "linux/riscv64"]);
    says(&ran, &["no image for linux/riscv64", "linux/arm64/v8"]);
    says(
        &scene.run(2, &["discover", &image, "--platform", "linux"]),
        &["no platform"],
    );
    // A single image says in its config what it runs on.
    registry.image("one", "1.0");
    let single = registry.name(":1.0");
    scene.run(0, &["discover", &single, "--platform", "linux/amd64"]);
    scene.run(2, &["discover", &single, "--platform", "linux/arm64"]);
}

#[test]
fn a_list_of_several_pages_is_read_to_its_end_at_the_registry_itself() {
    let paged = |next: &'static str| {
        Registry::lying(move |asked| {
            let subject = asked
                .target
                .strip_prefix(&format!("/v2/{REPOSITORY}/referrers/"))?;
            if subject.contains("page=2") {
                let all = asked
                    .state
                    .lock()
                    .unwrap()
                    .referrers(&subject.replace("?page=2", ""));
                return Some(list(&all));
            }
            let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []});
            let link = format!("<{next}/v2/{REPOSITORY}/referrers/{subject}?page=2>; rel=\"next\"");
            let headers = [("Content-Type", OCI_INDEX), ("Link", link.as_str())];
            Some(Reply::status(200, &headers, index.to_string()))
        })
    };
    for (next, code) in [("", 0), ("http://127.0.0.1:1", 3)] {
        let registry = paged(next);
        let scene = Scene::new();
        registry.image("one", "1.0");
        scene.sign(0, &registry.name(":1.0"));
        let ran = scene.verify(code, &registry.name(":1.0"));
        if code == 3 {
            says(&ran, &["goes on at"]);
        }
    }
}

#[test]
fn a_private_authority_is_trusted_where_it_is_named() {
    let authority = Authority::new();
    let tls = authority.server(&["localhost"]);
    let registry = Registry::start_tls(Settings::default(), tls);
    let scene = Scene::new();
    let file = authority.write(scene.path()).display().to_string();
    registry.image("one", "1.0");
    let port = registry.server.address.port();
    let image = format!("oci://localhost:{port}/{REPOSITORY}:1.0");
    let (tester, public) = (key("tester.key"), key("tester.pub"));
    let sign = ["sign", &image, "--registry-https", "--key", &tester];
    let ran = scene.run(3, &sign);
    says(&ran, &["not trusted", "--ca-file"]);
    let ca = ["--ca-file", &file];
    scene.run(0, &[&sign[..], &ca].concat());
    let verify = ["verify", &image, "--registry-https", "--key", &public];
    scene.run(0, &[&verify[..], &ca].concat());
    scene.run(3, &verify);
}

#[test]
fn offline_no_registry_is_asked_and_a_bundle_that_is_named_needs_none() {
    let registry = Registry::honest();
    let scene = Scene::new();
    let digest = registry.image("one", "1.0");
    let image = registry.name(&format!("@{digest}"));
    scene.sign(0, &image);
    let bundle = {
        let state = registry.state();
        let listed = state.referrers(&digest);
        let name = listed[0]["digest"].as_str().unwrap();
        let manifest: Value = serde_json::from_slice(&state.manifests[name].1).unwrap();
        state.blobs[manifest["layers"][0]["digest"].as_str().unwrap()].clone()
    };
    crate::signing::write(&scene.path().join("app.sigstore.json"), &bundle);
    let asked = registry.server.seen().len();
    let public = key("tester.pub");
    for image in [&image, &registry.name(":1.0")] {
        let ran = scene.run(2, &["verify", image, "--key", &public, "--offline"]);
        says(&ran, &["--offline forbids", "oci-layout:"]);
        let ran = scene.run(2, &["discover", image, "--offline"]);
        says(&ran, &["--offline forbids"]);
    }
    let verify = [
        "--offline",
        "--key",
        &public,
        "--bundle",
        "app.sigstore.json",
    ];
    let ran = scene.run(0, &[&["verify", &image][..], &verify].concat());
    says(&ran, &[image.trim_start_matches("oci://")]);
    let other = registry.name(&format!("@sha256:{}", "0".repeat(64)));
    let ran = scene.run(1, &[&["verify", &other][..], &verify].concat());
    says(&ran, &["signing/other-subject"]);
    assert_eq!(registry.server.seen().len(), asked);
}

#[test]
fn a_name_without_its_prefix_is_a_file_and_the_error_says_how_images_are_written() {
    let scene = Scene::new();
    let (tester, public) = (key("tester.key"), key("tester.pub"));
    let name = "registry.example/team/app:1.0";
    let ran = scene.run(2, &["sign", name, "--key", &tester]);
    says(&ran, &["oci://registry.example/team/app:1.0"]);
    let ran = scene.run(2, &["discover", name]);
    says(&ran, &["oci://registry.example/team/app:1.0"]);
    let ran = scene.run(
        2,
        &["verify", "oci://registry.example/app", "--key", &public],
    );
    says(&ran, &["neither a digest nor a tag"]);
    let plain = scene.run(2, &["verify", "x", "--key", &public, "--type", "vsa"]);
    says(&plain, &["--type is for images"]);
    // Nothing was asked: no such name can be resolved.
    let mut command = scene.command();
    command.env("HTTPS_PROXY", "http://127.0.0.1:1");
    expect(
        2,
        &mut command,
        &["sign", "oci://user@r.example/a:1", "--key", &tester],
    );
}
