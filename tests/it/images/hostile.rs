//! Registries that fail, are slow, or lie.

use super::stub::{BUNDLE, OCI_MANIFEST, Registry, Settings, Wants, basic, error, list, password};
use super::{Scene, says};
use crate::http::server::{ANY, Reply, Server};
use crate::signing::{key, write};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// A signed image in a registry that answers otherwise once `lie` is set.
struct Lied {
    registry: Registry,
    scene: Scene,
    digest: String,
    lie: Arc<Mutex<Option<(&'static str, Reply)>>>,
}

impl Lied {
    fn new() -> Self {
        let lie: Arc<Mutex<Option<(&'static str, Reply)>>> = Arc::default();
        let own = Arc::clone(&lie);
        let registry = Registry::lying(move |asked| {
            let lie = own.lock().unwrap();
            let (part, reply) = lie.as_ref()?;
            let line = format!("{} {}", asked.method, asked.target);
            line.contains(part).then(|| reply.clone())
        });
        let scene = Scene::new();
        let digest = registry.image("one", "1.0");
        scene.sign(0, &registry.name(":1.0"));
        Self {
            registry,
            scene,
            digest,
            lie,
        }
    }

    /// What is answered to every request whose line has a part.
    fn lies(&self, part: &'static str, reply: Reply) {
        *self.lie.lock().unwrap() = Some((part, reply));
    }
}

/// A body without a length that ends when the client goes away.
fn unending() -> Reply {
    Reply::new(|_, stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
        loop {
            stream.write_all(&[b' '; 65_536])?;
        }
    })
}

#[test]
fn every_way_to_refuse_or_fail_has_its_code_and_the_same_image_passes_without() {
    let lied = Lied::new();
    let huge = || Reply::ok(format!("{{\"a\":\"{}\"}}", "x".repeat(5_000_000)));
    let typed = |body: &str| Reply::status(200, &[("Content-Type", OCI_MANIFEST)], body);
    let named = format!("sha256:{}", "0".repeat(64));
    for (part, reply, code, text) in [
        (
            "/manifests/1.0",
            error(401, "UNAUTHORIZED"),
            3,
            "no challenge",
        ),
        (
            "/manifests/1.0",
            error(403, "DENIED"),
            2,
            "DENIED says the registry",
        ),
        (
            "/manifests/1.0",
            error(404, "MANIFEST_UNKNOWN"),
            2,
            "does not exist",
        ),
        (
            "/manifests/1.0",
            error(429, "TOOMANYREQUESTS"),
            3,
            "HTTP 429",
        ),
        ("/manifests/1.0", error(500, "X"), 3, "HTTP 500"),
        ("/manifests/1.0", error(503, "X"), 3, "HTTP 503"),
        ("/manifests/1.0", error(418, "TEAPOT"), 3, "HTTP 418"),
        (
            "/manifests/1.0",
            Reply::ok("<html>please <b>log in</b></html>"),
            3,
            "log in",
        ),
        ("/manifests/1.0", Reply::ok(""), 3, "empty answer"),
        ("/manifests/1.0", huge(), 2, "larger than"),
        ("/manifests/1.0", unending(), 2, "larger than"),
        ("/manifests/1.0", Reply::announced(500, "{"), 3, "broke off"),
        (
            "/manifests/1.0",
            typed("{\"schemaVersion\":1}"),
            2,
            "schema version 1",
        ),
        (
            "/manifests/1.0",
            typed("{\"schemaVersion\":2,\"schemaVersion\":2}"),
            2,
            "twice",
        ),
        (
            "/manifests/1.0",
            typed(&"[".repeat(5000).replacen('[', "{\"a\":[", 1)),
            2,
            "deeper",
        ),
        (
            "/manifests/1.0",
            Reply::status(200, &[("Docker-Content-Digest", named.as_str())], "{}"),
            3,
            "its bytes are",
        ),
        ("/referrers/", error(500, "X"), 3, "HTTP 500"),
        ("/referrers/", error(403, "DENIED"), 2, "DENIED"),
        (
            "/referrers/",
            Reply::ok("<html>"),
            3,
            "does not answer as a registry",
        ),
        ("/referrers/", typed("{}"), 2, "malformed"),
        ("/referrers/", huge(), 2, "larger than"),
        (
            "/referrers/",
            list(&[json!({"digest": "sha256:../../x", "size": 1})]),
            2,
            "sha256:../../x",
        ),
        ("/referrers/", error(404, "X"), 1, "signing/no-bundle"),
        ("/blobs/", error(404, "BLOB_UNKNOWN"), 2, "does not exist"),
        ("/blobs/", error(500, "X"), 3, "HTTP 500"),
        ("/blobs/", Reply::ok("{}"), 3, "should have"),
    ] {
        lied.lies(part, reply);
        let ran = lied.scene.verify(code, &lied.registry.name(":1.0"));
        says(&ran, &[text]);
    }
    *lied.lie.lock().unwrap() = None;
    lied.scene.verify(0, &lied.registry.name(":1.0"));
}

#[test]
fn other_bytes_of_the_same_length_are_not_what_the_digest_stands_for() {
    let lied = Lied::new();
    let image = lied.registry.name(&format!("@{}", lied.digest));
    let (bytes, bundle) = {
        let state = lied.registry.state();
        let bytes = state.manifests[&lied.digest].1.clone();
        let blobs = state.blobs.values();
        let mut bundles =
            blobs.filter(|blob| blob.starts_with(b"{\"mediaType\":\"application/vnd.dev.sigstore"));
        (bytes, bundles.next().unwrap().clone())
    };
    let mut changed = bytes.clone();
    let last = changed.len() - 1;
    changed[last] = b' ';
    lied.lies("/manifests/sha256:", Reply::ok(changed));
    let ran = lied.scene.verify(3, &image);
    says(&ran, &["its bytes are sha256:"]);
    let mut changed = bundle.clone();
    changed[1] = b' ';
    lied.lies("/blobs/", Reply::ok(changed));
    says(&lied.scene.verify(3, &image), &["its bytes are sha256:"]);
    lied.lies("/blobs/", Reply::ok(bundle));
    lied.scene.verify(0, &image);
}

#[test]
fn a_registry_that_sends_nothing_is_not_waited_for() {
    let lied = Lied::new();
    lied.lies("/manifests/1.0", Reply::stalled());
    let image = lied.registry.name(":1.0");
    let public = key("tester.pub");
    let verify = [
        "verify",
        &image,
        "--key",
        &public,
        "--registry-timeout",
        "1",
    ];
    lied.scene.run(3, &verify);
    *lied.lie.lock().unwrap() = None;
    lied.scene.run(0, &verify);
}

/// A manifest that says it holds a bundle about an image.
fn referrer(registry: &Registry, subject: &Value, layers: &[Value]) -> Value {
    let mut state = registry.state();
    let config = state.blob("application/vnd.oci.empty.v1+json", b"{}");
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": BUNDLE,
        "config": config, "layers": layers, "subject": subject,
    });
    let mut descriptor = state.manifest(&manifest, None);
    descriptor["artifactType"] = json!(BUNDLE);
    descriptor
}

#[test]
fn a_bundle_of_another_image_does_not_count_however_it_is_listed() {
    let lied = Lied::new();
    let other = lied.registry.image("two", "2.0");
    let image = lied.registry.name(&format!("@{other}"));
    let (signed, bundle) = {
        let state = lied.registry.state();
        let signed = state.referrers(&lied.digest).remove(0);
        let name = signed["digest"].as_str().unwrap();
        let manifest: Value = serde_json::from_slice(&state.manifests[name].1).unwrap();
        (signed.clone(), manifest["layers"][0].clone())
    };
    // The manifest's own subject is another image.
    lied.lies("/referrers/", list(&[signed]));
    let ran = lied.scene.verify(1, &image);
    says(&ran, &["is about", &lied.digest, "signing/other-subject"]);
    // The manifest is about this image, the statement in its bundle is not.
    let subject = json!({"mediaType": OCI_MANIFEST, "digest": other, "size": 1});
    let moved = referrer(&lied.registry, &subject, &[bundle]);
    lied.lies("/referrers/", list(std::slice::from_ref(&moved)));
    let ran = lied.scene.verify(1, &image);
    says(&ran, &["signing/other-subject"]);
    *lied.lie.lock().unwrap() = None;
    lied.scene.sign(0, &image);
    // It does no harm beside the right one.
    lied.scene.verify(0, &image);
}

#[test]
fn what_calls_itself_a_bundle_and_is_none_does_not_count() {
    let registry = Registry::honest();
    let scene = Scene::new();
    let digest = registry.image("one", "1.0");
    let image = registry.name(":1.0");
    let subject = json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": 1});
    let garbage = registry.state().blob(BUNDLE, b"{\"mediaType\": 7}");
    let text = registry.state().blob("text/plain", b"hello");
    for (layers, reason) in [
        (vec![], "0 layers"),
        (vec![garbage.clone(), garbage.clone()], "2 layers"),
        (vec![text], "text/plain"),
        (vec![garbage], "signing/malformed-bundle"),
    ] {
        referrer(&registry, &subject, &layers);
        let ran = scene.verify(2, &image);
        says(&ran, &[reason]);
    }
    // What is no bundle at all is not looked at.
    let other = {
        let mut state = registry.state();
        let config = state.blob("application/vnd.example.sbom", b"{}");
        let manifest = json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [],
            "subject": subject, "artifactType": "application/vnd.example.sbom",
        });
        state.manifest(&manifest, None)
    };
    scene.sign(0, &image);
    let ran = scene.verify(0, &image);
    assert!(!ran.stderr.contains(other["digest"].as_str().unwrap()));
    assert_eq!(scene.listed(&image).len(), 6);
}

#[test]
fn more_bundles_than_are_read_are_inconclusive() {
    let lied = Lied::new();
    let entry = |n: usize| {
        json!({
            "mediaType": OCI_MANIFEST, "digest": format!("sha256:{n:064x}"), "size": 7,
            "artifactType": BUNDLE,
        })
    };
    let many: Vec<Value> = (0..201).map(entry).collect();
    lied.lies("/referrers/", list(&many));
    let ran = lied.scene.verify(3, &lied.registry.name(":1.0"));
    says(&ran, &["201 bundles", "at most 200"]);
    let too_many: Vec<Value> = (0..1001).map(entry).collect();
    lied.lies("/referrers/", list(&too_many));
    let ran = lied.scene.verify(2, &lied.registry.name(":1.0"));
    says(&ran, &["more than 1000 entries"]);
}

#[test]
fn a_tag_is_not_redirected_and_a_blob_is_without_credentials() {
    // Another host of this machine that has everything.
    let store = Registry::honest();
    let digest = store.image("one", "1.0");
    let scene = Scene::new();
    scene.sign(0, &store.name(":1.0"));
    let port = store.server.address.port();
    let wanting = |part: &'static str| {
        Registry::start(Settings {
            wants: Wants::Basic,
            instead: Box::new(move |asked| {
                let asks_in = asked.seen.header("authorization") == Some(&basic());
                let to = format!("http://localhost:{port}{}", asked.target);
                (asks_in && asked.target.contains(part)).then(|| Reply::redirect(&to))
            }),
            ..Settings::default()
        })
    };
    let copy = |registry: &Registry| {
        let from = store.state();
        let mut to = registry.state();
        to.blobs = from.blobs.clone();
        to.manifests = from.manifests.clone();
    };
    let log_in = |registry: &Registry| {
        let auth = STANDARD.encode(format!("builder:{}", password()));
        let config = json!({"auths": {registry.server.address.to_string(): {"auth": auth}}});
        std::fs::create_dir_all(scene.path().join(".docker")).unwrap();
        write(
            &scene.path().join(".docker/config.json"),
            config.to_string().as_bytes(),
        );
    };
    let public = key("tester.pub");
    for (part, by_tag) in [
        ("/blobs/", 0),
        ("/manifests/sha256:", 0),
        ("/manifests/1.0", 3),
    ] {
        let registry = wanting(part);
        copy(&registry);
        log_in(&registry);
        let before = store.server.seen().len();
        let ran = scene.verify(by_tag, &registry.name(":1.0"));
        if by_tag == 3 {
            says(&ran, &["redirects to another host", "--redirect-host"]);
            assert_eq!(store.server.seen().len(), before);
            let image = registry.name(":1.0");
            let arguments = [
                "verify",
                &image,
                "--key",
                &public,
                "--redirect-host",
                "localhost",
            ];
            scene.run(0, &arguments);
        }
        scene.verify(0, &registry.name(&format!("@{digest}")));
        let seen = store.server.seen();
        assert!(seen.len() > before, "{part}");
        assert!(seen.iter().all(|s| s.header("authorization").is_none()));
    }
}

#[test]
fn a_signature_is_attached_as_a_whole_or_not_at_all() {
    let elsewhere = Server::start(vec![(ANY, vec![Reply::status(201, &[], "")])]);
    let other = elsewhere.url("/upload");
    let redirect = elsewhere.url("/manifest");
    let moved = |to: &str| Reply::status(202, &[("Location", to)], "");
    for (line, reply, code, text) in [
        (
            "HEAD /v2/team/app/blobs/",
            Reply::status(403, &[], ""),
            2,
            "HTTP 403",
        ),
        (
            "POST /v2/team/app/blobs/",
            error(403, "DENIED"),
            2,
            "DENIED says the registry",
        ),
        ("POST /v2/team/app/blobs/", error(500, "X"), 3, "HTTP 500"),
        (
            "POST /v2/team/app/blobs/",
            Reply::status(202, &[], ""),
            3,
            "no address for the upload",
        ),
        (
            "POST /v2/team/app/blobs/",
            moved(&other),
            3,
            "at another host",
        ),
        (
            "POST /v2/team/app/blobs/",
            moved("http://[/"),
            3,
            "registry",
        ),
        (
            "PUT /v2/team/app/blobs/",
            error(400, "DIGEST_INVALID"),
            3,
            "DIGEST_INVALID",
        ),
        ("PUT /v2/team/app/blobs/", error(503, "X"), 3, "HTTP 503"),
        (
            "PUT /v2/team/app/manifests/",
            error(400, "MANIFEST_INVALID"),
            3,
            "MANIFEST_INVALID",
        ),
        (
            "PUT /v2/team/app/manifests/",
            error(403, "DENIED"),
            2,
            "DENIED",
        ),
        (
            "PUT /v2/team/app/manifests/",
            error(413, "SIZE_INVALID"),
            3,
            "HTTP 413",
        ),
        (
            "PUT /v2/team/app/manifests/",
            error(500, "X"),
            3,
            "HTTP 500",
        ),
        (
            "PUT /v2/team/app/manifests/",
            Reply::redirect(&redirect),
            3,
            "HTTP 302",
        ),
        // It says yes, does not keep it, and does not list it.
        (
            "PUT /v2/team/app/manifests/",
            Reply::status(201, &[], ""),
            3,
            "leaves it out",
        ),
    ] {
        let registry = Registry::lying(move |asked| {
            let is_asked = format!("{} {}", asked.method, asked.target).starts_with(line);
            is_asked.then(|| reply.clone())
        });
        let scene = Scene::new();
        registry.image("one", "1.0");
        let ran = scene.sign(code, &registry.name(":1.0"));
        says(&ran, &[text]);
        assert!(scene.listed(&registry.name(":1.0")).is_empty(), "{line}");
    }
    assert!(elsewhere.seen().is_empty());
    let registry = Registry::honest();
    let scene = Scene::new();
    registry.image("one", "1.0");
    scene.sign(0, &registry.name(":1.0"));
}

#[test]
fn an_upload_that_breaks_off_is_begun_again() {
    let broken = Arc::new(Mutex::new(0));
    let own = Arc::clone(&broken);
    let registry = Registry::lying(move |asked| {
        let mut times = own.lock().unwrap();
        let breaks = asked.method == "PUT" && asked.target.contains("/uploads/") && *times < 2;
        breaks.then(|| {
            *times += 1;
            Reply::new(|_, _| Ok(()))
        })
    });
    let scene = Scene::new();
    registry.image("one", "1.0");
    scene.sign(0, &registry.name(":1.0"));
    assert_eq!(*broken.lock().unwrap(), 2);
    scene.verify(0, &registry.name(":1.0"));
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
    let ran = scene.sign(2, &registry.name(":1.0"));
    says(&ran, &["malformed", &tag]);
    assert_eq!(registry.state().manifests[&tag], before);
}

#[test]
fn what_a_registry_says_steers_no_terminal_and_repeats_no_secret() {
    let registry = Registry::lying(|asked| {
        let auth = asked.seen.header("authorization");
        match auth {
            None => Some(Reply::status(
                401,
                &[("WWW-Authenticate", "Basic realm=\"x\"")],
                "",
            )),
            Some(auth) => {
                let word = auth.trim_start_matches("Basic ").to_owned();
                let body = json!({"message": format!("\u{1b}[2J no: {word} \u{202e}")});
                Some(Reply::status(403, &[], body.to_string()))
            }
        }
    });
    let scene = Scene::new();
    let auth = STANDARD.encode(format!("builder:{}", password()));
    let config = json!({"auths": {registry.server.address.to_string(): {"auth": auth}}});
    std::fs::create_dir_all(scene.path().join(".docker")).unwrap();
    write(
        &scene.path().join(".docker/config.json"),
        config.to_string().as_bytes(),
    );
    let ran = scene.verify(2, &registry.name(":1.0"));
    says(&ran, &["HTTP 403", "no: ***"]);
    for bad in ["\u{1b}[2J", "\u{202e}", &auth] {
        assert!(!ran.stderr.contains(bad), "{}", ran.stderr);
    }
}

#[test]
fn what_is_listed_steers_no_terminal() {
    let lied = Lied::new();
    let evil = "x\u{1b}[2J\u{202e}\nFAKE: verified";
    let entry = json!({
        "mediaType": OCI_MANIFEST, "digest": format!("sha256:{}", "0".repeat(64)), "size": 7,
        "artifactType": evil,
        "annotations": {"dev.sigstore.bundle.predicateType": evil, (evil): evil},
    });
    lied.lies("/referrers/", list(&[entry]));
    let image = lied.registry.name(":1.0");
    for format in ["human", "json"] {
        let ran = lied.scene.run(0, &["discover", &image, "--format", format]);
        says(&ran, &["FAKE: verified"]);
        for bad in ["\u{1b}", "\u{202e}", "\nFAKE"] {
            assert!(!ran.stdout.contains(bad), "{format}: {}", ran.stdout);
        }
    }
}
