//! Images in directories that are OCI layouts, also such as somebody has prepared.

use super::stub::{BUNDLE, OCI_INDEX, OCI_MANIFEST};
use super::{Scene, says};
use crate::signing::{key, names, read, write};
use sealgate::support::hash::sha256;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A layout in the directory `image` of a scene.
struct Layout {
    scene: Scene,
    directory: PathBuf,
}

const IMAGE: &str = "oci-layout:image";

impl Layout {
    /// One with an image that is tagged `1.0`.
    fn new() -> (Self, String) {
        let scene = Scene::new();
        let directory = scene.path().join("image");
        std::fs::create_dir_all(directory.join("blobs/sha256")).unwrap();
        write(
            &directory.join("oci-layout"),
            br#"{"imageLayoutVersion":"1.0.0"}"#,
        );
        let layout = Self { scene, directory };
        layout.index(&[]);
        let digest = layout.image("amd64", "one", Some("1.0"));
        (layout, digest)
    }

    fn index(&self, manifests: &[Value]) {
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests});
        write(
            &self.directory.join("index.json"),
            index.to_string().as_bytes(),
        );
    }

    fn entries(&self) -> Vec<Value> {
        let index: Value = serde_json::from_str(&read(&self.directory.join("index.json"))).unwrap();
        index["manifests"].as_array().unwrap().clone()
    }

    fn add(&self, entry: Value) {
        let mut entries = self.entries();
        entries.push(entry);
        self.index(&entries);
    }

    fn path_of(&self, digest: &str) -> PathBuf {
        let hex = digest.trim_start_matches("sha256:");
        self.directory.join("blobs/sha256").join(hex)
    }

    fn blob(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = sha256(bytes).to_string();
        write(&self.path_of(&digest), bytes);
        json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
    }

    fn manifest(&self, value: &Value) -> Value {
        let media_type = value["mediaType"].as_str().unwrap();
        self.blob(media_type, value.to_string().as_bytes())
    }

    /// The manifest of an image; its descriptor.
    fn made(&self, architecture: &str, content: &str) -> Value {
        let config = json!({"architecture": architecture, "os": "linux"}).to_string();
        let config = self.blob(
            "application/vnd.oci.image.config.v1+json",
            config.as_bytes(),
        );
        let layer = self.blob("application/vnd.oci.image.layer.v1.tar", content.as_bytes());
        self.manifest(&json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer],
        }))
    }

    /// An image in `index.json`; its digest.
    fn image(&self, architecture: &str, content: &str, tag: Option<&str>) -> String {
        let mut entry = self.made(architecture, content);
        if let Some(tag) = tag {
            entry["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
        }
        let digest = entry["digest"].as_str().unwrap().to_owned();
        self.add(entry);
        digest
    }
}

#[test]
fn an_image_in_a_layout_is_signed_attested_listed_and_verified() {
    let (layout, digest) = Layout::new();
    let scene = &layout.scene;
    says(&scene.verify(1, IMAGE), &["signing/no-bundle"]);
    let ran = scene.sign(0, IMAGE);
    says(&ran, &[&digest]);
    scene.attest(
        0,
        "oci-layout:image:1.0",
        "https://acme.example/review/v1",
        "tester.key",
    );
    // What is attached is no second image.
    for image in [
        IMAGE.to_owned(),
        "oci-layout:image:1.0".to_owned(),
        format!("oci-layout:image@{digest}"),
        format!("oci-layout:{}", layout.directory.display()),
    ] {
        let ran = scene.verify(0, &image);
        says(&ran, &[&digest, "verified, image-signature"]);
    }
    assert_eq!(scene.listed(IMAGE).len(), 2);
    let public = key("tester.pub");
    let by_type = ["verify", IMAGE, "--key", &public, "--type"];
    scene.run(
        0,
        &[&by_type[..], &["https://acme.example/review/v1"]].concat(),
    );
    scene.run(1, &[&by_type[..], &["vsa"]].concat());
    let stranger = key("stranger.pub");
    let ran = scene.run(1, &["verify", IMAGE, "--key", &stranger]);
    says(&ran, &["signing/wrong-key"]);
    let entry = &layout.entries()[1];
    assert_eq!(entry["artifactType"], BUNDLE);
    assert_eq!(
        names(&layout.directory),
        ["blobs", "index.json", "oci-layout"]
    );
}

#[test]
fn the_image_is_found_by_tag_digest_and_platform() {
    let (layout, first) = Layout::new();
    let scene = &layout.scene;
    let second = layout.image("arm64", "two", None);
    let digest_of = |image: &str| scene.discover(image)["digest"].as_str().unwrap().to_owned();
    assert_eq!(digest_of("oci-layout:image:1.0"), first);
    assert_eq!(digest_of(&format!("oci-layout:image@{second}")), second);
    says(
        &scene.run(2, &["discover", IMAGE]),
        &["2 images are meant", "by its digest"],
    );
    says(
        &scene.run(2, &["discover", "oci-layout:image:2.0"]),
        &["does not exist"],
    );
    let mut twice = layout.made("amd64", "three");
    twice["annotations"] = json!({"org.opencontainers.image.ref.name": "1.0"});
    layout.add(twice);
    says(
        &scene.run(2, &["discover", "oci-layout:image:1.0"]),
        &["2 images are meant"],
    );
    let mut amd = layout.made("amd64", "a");
    let mut arm = layout.made("arm64", "b");
    amd["platform"] = json!({"os": "linux", "architecture": "amd64"});
    arm["platform"] = json!({"os": "linux", "architecture": "arm64"});
    let wanted = arm["digest"].as_str().unwrap().to_owned();
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [amd, arm]});
    let mut entry = layout.manifest(&index);
    entry["annotations"] = json!({"org.opencontainers.image.ref.name": "multi"});
    layout.add(entry);
    let arguments = [
        "discover",
        "oci-layout:image:multi",
        "--platform",
        "linux/arm64",
    ];
    says(&scene.run(0, &arguments), &[&wanted]);
    // An image of an index may be left out where another one is meant.
    let missing = index["manifests"][0]["digest"].as_str().unwrap();
    std::fs::remove_file(layout.path_of(missing)).unwrap();
    says(&scene.run(0, &arguments), &[&wanted]);
}

#[test]
fn what_regclient_lists_under_a_tag_is_found() {
    let (layout, digest) = Layout::new();
    let scene = &layout.scene;
    scene.sign(0, IMAGE);
    let mut entries = layout.entries();
    let referrer = entries.pop().unwrap();
    let list = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [referrer]});
    let mut entry = layout.manifest(&list);
    let tag = digest.replace(':', "-");
    entry["annotations"] = json!({"org.opencontainers.image.ref.name": tag});
    entries.push(entry);
    layout.index(&entries);
    scene.verify(0, IMAGE);
}

#[test]
fn what_cosign_saves_without_listing_it_is_found_and_counts_only_as_what_it_is() {
    let (layout, digest) = Layout::new();
    let scene = &layout.scene;
    scene.sign(0, IMAGE);
    // `cosign save` names the config's type as the image's, and lists nothing but the image.
    let mut entries = layout.entries();
    let referrer = entries.pop().unwrap();
    entries[0]["artifactType"] = json!("application/vnd.oci.image.config.v1+json");
    layout.index(&entries);
    scene.verify(0, IMAGE);
    let path = layout.path_of(referrer["digest"].as_str().unwrap());
    let manifest = read(&path);
    // A blob that is not what its name says claims nothing.
    write(&path, format!("{manifest} ").as_bytes());
    says(&scene.verify(1, IMAGE), &["signing/no-bundle"]);
    std::fs::remove_file(&path).unwrap();
    let other = manifest.replace(&digest, &format!("sha256:{}", "0".repeat(64)));
    layout.blob("", other.as_bytes());
    says(&scene.verify(1, IMAGE), &["signing/no-bundle"]);
    write(&path, manifest.as_bytes());
    scene.verify(0, IMAGE);
}

/// `testdata/signing/cosign-image` was signed, attested and saved by cosign 3.1.3.
#[test]
fn what_cosign_signed_attested_and_saved_verifies() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/signing/cosign-image");
    let image = format!("oci-layout:{}", data.join("image").display());
    let public = data.join("cosign.pub").display().to_string();
    let scene = Scene::new();
    let verify = ["verify", &image, "--offline", "--key", &public];
    says(&scene.run(0, &verify), &["verified, image-signature"]);
    let review = ["--type", "https://acme.example/review/v1"];
    says(
        &scene.run(0, &[&verify[..], &review].concat()),
        &["verified, https://acme.example/review/v1"],
    );
    let ran = scene.run(1, &[&verify[..], &["--type", "vsa"]].concat());
    says(&ran, &["signing/other-predicate"]);
    says(&scene.verify(1, &image), &["signing/wrong-key"]);
    let entries = scene.discover(&image)["referrers"].clone();
    assert_eq!(entries.as_array().unwrap().len(), 2);
}

#[test]
fn digests_that_are_paths_open_nothing() {
    let (layout, _) = Layout::new();
    write(&layout.scene.path().join("secret"), b"{}");
    for digest in [
        "sha256:../../../secret",
        "sha256:/etc/passwd",
        "sha256/../../../secret",
        "../secret:00",
        "",
    ] {
        layout.index(&[json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": 2})]);
        let ran = layout.scene.verify(2, IMAGE);
        says(&ran, &["index.json is malformed", "is not"]);
    }
}

#[cfg(unix)]
#[test]
fn links_in_a_layout_are_not_followed() {
    use std::os::unix::fs::symlink;
    for part in ["oci-layout", "index.json", "blob", "blobs/sha256", "blobs"] {
        let (layout, digest) = Layout::new();
        layout.scene.sign(0, IMAGE);
        let path = match part {
            "blob" => layout.path_of(&digest),
            part => layout.directory.join(part),
        };
        // The same content, outside.
        let outside = layout.scene.path().join("outside");
        std::fs::rename(&path, &outside).unwrap();
        symlink(&outside, &path).unwrap();
        let before = outside.is_dir().then(|| names(&outside));
        for code_of in [Scene::verify, Scene::sign] {
            let ran = code_of(&layout.scene, 2, IMAGE);
            says(&ran, &["is a symbolic link"]);
        }
        assert_eq!(outside.is_dir().then(|| names(&outside)), before, "{part}");
        std::fs::remove_file(&path).unwrap();
        std::fs::rename(&outside, &path).unwrap();
        layout.scene.verify(0, IMAGE);
    }
}

/// Changes a layout with a signed image; each change must end as it says, and without it the
/// image verifies.
#[test]
fn a_layout_that_was_changed_is_refused() {
    type Change = fn(&Layout, &str);
    let changes: [(&str, i32, &str, Change); 14] = [
        ("no marker", 2, "it is missing", |layout, _| {
            std::fs::remove_file(layout.directory.join("oci-layout")).unwrap();
        }),
        ("another version", 2, "imageLayoutVersion", |layout, _| {
            let marker = layout.directory.join("oci-layout");
            write(&marker, br#"{"imageLayoutVersion":"2.0.0"}"#);
        }),
        ("no index", 2, "it is missing", |layout, _| {
            std::fs::remove_file(layout.directory.join("index.json")).unwrap();
        }),
        ("an index that is none", 2, "malformed", |layout, _| {
            write(&layout.directory.join("index.json"), b"[]");
        }),
        ("a key twice", 2, "twice", |layout, _| {
            let path = layout.directory.join("index.json");
            let text = read(&path).replacen('{', "{\"schemaVersion\":2,", 1);
            write(&path, text.as_bytes());
        }),
        ("no manifest", 2, "it is missing", |layout, digest| {
            std::fs::remove_file(layout.path_of(digest)).unwrap();
        }),
        ("another manifest", 1, "its bytes are", |layout, digest| {
            let path = layout.path_of(digest);
            let text = read(&path).replacen("\"schemaVersion\":2", "\"schemaVersion\":3", 1);
            write(&path, text.as_bytes());
        }),
        (
            "a longer manifest",
            1,
            "bytes, and has",
            |layout, digest| {
                let path = layout.path_of(digest);
                write(&path, format!("{} ", read(&path)).as_bytes());
            },
        ),
        ("another size", 1, "bytes, and has", |layout, _| {
            let mut entries = layout.entries();
            entries[0]["size"] = json!(1);
            layout.index(&entries);
        }),
        (
            "a manifest that is a directory",
            2,
            "not a regular file",
            |layout, digest| {
                let path = layout.path_of(digest);
                std::fs::remove_file(&path).unwrap();
                std::fs::create_dir(&path).unwrap();
            },
        ),
        ("a huge manifest", 2, "larger than", |layout, digest| {
            let file = std::fs::File::create(layout.path_of(digest)).unwrap();
            file.set_len(1 << 40).unwrap();
        }),
        ("no bundle", 2, "it is missing", |layout, _| {
            std::fs::remove_file(layout.path_of(&bundle_of(layout))).unwrap();
        }),
        ("another bundle", 1, "its bytes are", |layout, _| {
            let path = layout.path_of(&bundle_of(layout));
            let text = read(&path).replacen("payload", "payloaD", 1);
            write(&path, text.as_bytes());
        }),
        (
            "indexes in indexes",
            2,
            "deeper than 8 indexes",
            |layout, _| {
                let mut entry = layout.made("amd64", "deep");
                for _ in 0..9 {
                    let index =
                        json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]});
                    entry = layout.manifest(&index);
                }
                layout.add(entry);
            },
        ),
    ];
    for (name, code, text, change) in changes {
        let (layout, digest) = Layout::new();
        layout.scene.sign(0, IMAGE);
        layout.scene.verify(0, IMAGE);
        change(&layout, &digest);
        println!("{name}");
        let ran = layout.scene.verify(code, "oci-layout:image:1.0");
        says(&ran, &[text]);
    }
}

/// The digest of the bundle that is attached.
fn bundle_of(layout: &Layout) -> String {
    let referrer = layout.entries()[1]["digest"].as_str().unwrap().to_owned();
    let manifest: Value = serde_json::from_str(&read(&layout.path_of(&referrer))).unwrap();
    manifest["layers"][0]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn entries_that_repeat_or_name_their_own_index_come_to_an_end() {
    let (layout, _) = Layout::new();
    layout.scene.sign(0, IMAGE);
    // A circle of digests would be a broken hash; what a directory can do is to claim one.
    let claimed = format!("sha256:{}", "ab".repeat(32));
    let entry = json!({"mediaType": OCI_INDEX, "digest": claimed, "size": 300});
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]});
    let mut entries = layout.entries();
    let signed = entries.clone();
    write(&layout.path_of(&claimed), index.to_string().as_bytes());
    entries.push(entry);
    layout.index(&entries);
    layout.scene.verify(1, "oci-layout:image:1.0");
    let referrer = signed[1].clone();
    let repeated = [signed, vec![referrer; 900]].concat();
    layout.index(&repeated);
    layout.scene.verify(0, IMAGE);
    assert_eq!(layout.scene.listed(IMAGE).len(), 1);
    let many = vec![repeated[1].clone(); 1001];
    layout.index(&many);
    says(
        &layout.scene.verify(2, "oci-layout:image:1.0"),
        &["more than 1000 entries"],
    );
}

#[test]
fn a_layout_that_cannot_be_written_keeps_what_it_has() {
    let (layout, _) = Layout::new();
    let before = read(&layout.directory.join("index.json"));
    let blobs = layout.directory.join("blobs/sha256");
    let moved = layout.directory.join("moved");
    std::fs::rename(&blobs, &moved).unwrap();
    write(&blobs, b"a file in its place");
    let ran = layout.scene.run(
        2,
        &["sign", "oci-layout:image:1.0", "--key", &key("tester.key")],
    );
    says(&ran, &["error"]);
    assert_eq!(read(&layout.directory.join("index.json")), before);
    std::fs::remove_file(&blobs).unwrap();
    std::fs::rename(&moved, &blobs).unwrap();
    layout.scene.sign(0, IMAGE);
}

/// Runs in a network namespace without interfaces, under a trace of its system calls where
/// `strace` is there.
#[test]
fn verifying_an_image_in_a_layout_opens_no_socket() {
    let (layout, _) = Layout::new();
    layout.scene.sign(0, IMAGE);
    let runs = |program: &str, arguments: &[&str]| {
        let ran = Command::new(program).args(arguments).output();
        ran.is_ok_and(|output| output.status.success())
    };
    let mut line: Vec<String> = Vec::new();
    match runs("unshare", &["-rn", "true"]) {
        true => line.extend(["unshare", "-rn"].map(str::to_owned)),
        false => println!("skipped: no network namespace can be made here (`unshare -rn`)"),
    }
    let trace = layout.scene.path().join("trace");
    let traced = runs("strace", &["-V"]);
    match traced {
        true => {
            line.extend(["strace", "-f", "-e", "trace=network", "-o"].map(str::to_owned));
            line.push(trace.display().to_string());
        }
        false => println!("skipped: strace is not installed"),
    }
    line.push(env!("CARGO_BIN_EXE_sealgate").to_owned());
    let (program, arguments) = line.split_first().unwrap();
    for offline in [&["--offline"][..], &[]] {
        let mut command = Command::new(program);
        command
            .current_dir(layout.scene.path())
            .args(arguments)
            .args(["verify", IMAGE, "--key", &key("tester.pub")])
            .args(offline)
            .env("HTTPS_PROXY", "http://127.0.0.1:9");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        if traced {
            let trace = read(Path::new(&trace));
            for call in ["socket(", "connect(", "sendto("] {
                assert!(!trace.contains(call), "{trace}");
            }
        }
    }
}
