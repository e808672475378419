//! Directories by their manifests, through the program: what was done to a tree after it was
//! signed is refused and named.

use super::{Ran, expect, key, names, read, sealgate, write};
use std::path::Path;
use std::process::Command;

const FILES: [(&str, &[u8]); 5] = [
    ("app.js", b"run()\n"),
    ("lib/a.js", b"a\n"),
    ("lib/b.js", b"b\n"),
    ("lib/deep/c.js", b"c\n"),
    ("naïve name.txt", b"n\n"),
];

struct Scene(tempfile::TempDir);

impl Scene {
    fn new() -> Self {
        let scene = Self(tempfile::tempdir().unwrap());
        scene.restore();
        scene
    }

    fn signed() -> Self {
        let scene = Self::new();
        scene.run(0, &["sign", "dist", "--key", &key("tester.key")]);
        scene
    }

    fn dir(&self) -> &Path {
        self.0.path()
    }

    /// The tree as it was signed.
    fn restore(&self) {
        let dist = self.dir().join("dist");
        if dist.exists() {
            std::fs::remove_dir_all(&dist).unwrap();
        }
        std::fs::create_dir_all(dist.join("lib/deep")).unwrap();
        for (name, content) in FILES {
            write(&dist.join(name), content);
        }
    }

    fn run(&self, code: i32, arguments: &[&str]) -> Ran {
        expect(code, &mut sealgate(self.dir()), arguments)
    }

    fn verify(&self, code: i32) -> Ran {
        self.run(code, &["verify", "dist", "--key", &key("tester.pub")])
    }

    /// This is done to the tree, and refused with this word; the honest tree passes.
    fn refuses(&self, attack: impl FnOnce(&Path), word: &str) {
        attack(&self.dir().join("dist"));
        let ran = self.verify(1);
        assert!(
            ran.stdout.contains(word) || ran.stderr.contains(word),
            "{word}\n{}\n{}",
            ran.stdout,
            ran.stderr
        );
        assert!(
            format!("{}{}", ran.stdout, ran.stderr).contains("signing/other-subject"),
            "{word}"
        );
        self.restore();
        self.verify(0);
    }
}

#[test]
fn a_directory_is_its_manifest_that_others_can_read() {
    for (private, public) in [("tester.key", "tester.pub"), ("builder.key", "builder.pub")] {
        let scene = Scene::new();
        // With a slash: nothing goes into the directory.
        let ran = scene.run(0, &["sign", "dist/", "--key", &key(private)]);
        assert!(
            ran.stdout.contains("bundle dist.sigstore.json"),
            "{}",
            ran.stdout
        );
        assert_eq!(
            names(scene.dir()),
            ["dist", "dist.manifest", "dist.sigstore.json"]
        );
        for path in ["dist", "dist/", "./dist/."] {
            let ran = scene.run(0, &["verify", path, "--key", &key(public)]);
            assert!(ran.stdout.contains("dist/"), "{}", ran.stdout);
        }
        // The manifest is what was signed, and what sha256sum reads.
        let file = [
            "verify",
            "dist.manifest",
            "--bundle",
            "dist.sigstore.json",
            "--key",
            &key(public),
        ];
        scene.run(0, &file);
        let manifest = read(&scene.dir().join("dist.manifest"));
        let lines: Vec<&str> = manifest.lines().collect();
        assert_eq!(lines.len(), FILES.len(), "{manifest}");
        for (line, (name, _)) in lines.iter().zip(FILES) {
            assert!(line.ends_with(&format!("  {name}")), "{line}");
        }
        let sums = Command::new("sha256sum")
            .args(["--check", "--strict", "../dist.manifest"])
            .current_dir(scene.dir().join("dist"))
            .output();
        if let Ok(output) = sums {
            assert!(output.status.success(), "{output:?}");
        }
        // Another key did not sign it.
        scene.run(1, &["verify", "dist", "--key", &key("stranger.pub")]);
    }
}

#[test]
fn a_directory_is_attested() {
    let scene = Scene::new();
    write(&scene.dir().join("p.json"), b"{\"reviewed\":true}");
    let attest = [
        "attest",
        "dist/",
        "--predicate",
        "p.json",
        "--type",
        "https://acme.example/review/v1",
        "--key",
        &key("tester.key"),
    ];
    scene.run(0, &attest);
    let left = ["dist", "dist.attestations.jsonl", "dist.manifest", "p.json"];
    assert_eq!(names(scene.dir()), left);
    scene.verify(0);
    scene.refuses(
        |dist| write(&dist.join("app.js"), b"evil()\n"),
        "changed `app.js`",
    );
}

#[test]
fn what_was_done_to_a_tree_is_refused_and_named() {
    let scene = Scene::signed();
    scene.verify(0);
    scene.refuses(
        |dist| write(&dist.join("lib/x.js"), b"x\n"),
        ": added `lib/x.js`",
    );
    scene.refuses(
        |dist| std::fs::remove_file(dist.join("lib/b.js")).unwrap(),
        ": removed `lib/b.js`",
    );
    scene.refuses(
        |dist| std::fs::rename(dist.join("lib/b.js"), dist.join("b.js")).unwrap(),
        ": renamed `lib/b.js` to `b.js`",
    );
    scene.refuses(
        |dist| write(&dist.join("app.js"), b"run() \n"),
        ": changed `app.js`",
    );
    scene.refuses(
        |dist| {
            write(&dist.join("lib/a.js"), b"b\n");
            write(&dist.join("lib/b.js"), b"a\n");
        },
        ": changed `lib/a.js`, changed `lib/b.js`",
    );
    scene.refuses(
        |dist| {
            std::fs::rename(dist.join("lib/deep/c.js"), dist.join("lib/c.js")).unwrap();
            std::fs::remove_dir(dist.join("lib/deep")).unwrap();
        },
        ": renamed `lib/deep/c.js` to `lib/c.js`",
    );
    scene.refuses(
        |dist| std::fs::create_dir(dist.join("empty")).unwrap(),
        "empty` is an empty directory",
    );
    scene.refuses(
        |dist| write(&dist.join("App.js"), b"evil()\n"),
        "differ only in upper and lower case",
    );
    scene.refuses(
        |dist| {
            std::fs::create_dir(dist.join("LIB")).unwrap();
            write(&dist.join("LIB/z.js"), b"evil()\n");
        },
        "`LIB` and `lib` differ only in upper and lower case",
    );
}

#[cfg(unix)]
#[test]
fn what_no_manifest_holds_is_refused() {
    use std::os::unix::fs::symlink;
    let scene = Scene::signed();
    // Also a link that leads to the very same bytes, and one out of the tree.
    write(&scene.dir().join("a.js"), b"a\n");
    scene.refuses(
        |dist| {
            std::fs::remove_file(dist.join("lib/a.js")).unwrap();
            symlink("../../a.js", dist.join("lib/a.js")).unwrap();
        },
        "a.js` is a symbolic link",
    );
    scene.refuses(
        |dist| symlink("..", dist.join("lib/up")).unwrap(),
        "up` is a symbolic link",
    );
    scene.refuses(
        |dist| symlink("nowhere", dist.join("gone")).unwrap(),
        "gone` is a symbolic link",
    );
    scene.refuses(
        |dist| {
            let made = Command::new("mkfifo")
                .arg(dist.join("pipe"))
                .status()
                .unwrap();
            assert!(made.success());
        },
        "pipe` is neither a file nor a directory",
    );
    scene.refuses(
        |dist| write(&dist.join("app.js\nevil.js"), b"x"),
        "is not a name for a manifest",
    );
    scene.refuses(
        |dist| write(&dist.join("a\\b"), b"x"),
        "is not a name for a manifest",
    );

    // None of it is signed in the first place.
    let other = Scene::new();
    symlink("app.js", other.dir().join("dist/link.js")).unwrap();
    let ran = other.run(2, &["sign", "dist", "--key", &key("tester.key")]);
    assert!(
        ran.stderr.contains("link.js` is a symbolic link"),
        "{}",
        ran.stderr
    );
    assert_eq!(names(other.dir()), ["dist"]);
    std::fs::remove_file(other.dir().join("dist/link.js")).unwrap();
    other.run(0, &["sign", "dist", "--key", &key("tester.key")]);
}

#[test]
fn the_manifest_beside_a_directory_explains_and_proves_nothing() {
    let scene = Scene::signed();
    let path = scene.dir().join("dist.manifest");
    let manifest = read(&path);
    // Without it, or with another one, the tree still verifies, and changes are still refused.
    for text in [None, Some(""), Some("evil")] {
        match text {
            None => std::fs::remove_file(&path).unwrap(),
            Some(text) => write(&path, text.as_bytes()),
        }
        scene.verify(0);
        let word = "`dist.manifest` is not the manifest that was signed";
        scene.refuses(|dist| write(&dist.join("x"), b"x"), word);
    }
    // Made to fit the changed tree, it changes nothing.
    write(&scene.dir().join("dist/x"), b"x");
    let forged = format!("{manifest}{}  x\n", "0".repeat(64));
    write(&path, forged.as_bytes());
    scene.verify(1);
}

#[test]
fn a_directory_that_cannot_be_signed_as_asked_is_left_alone() {
    let scene = Scene::new();
    let tester = key("tester.key");
    let refused = |arguments: &[&str], word: &str| {
        let ran = scene.run(2, &[arguments, &["--key", &tester]].concat());
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
        assert_eq!(names(scene.dir()), ["dist"]);
        assert_eq!(names(&scene.dir().join("dist")).len(), 3);
    };
    refused(&["sign", "."], "does not say what the directory is called");
    refused(
        &["sign", "dist/lib/../.."],
        "does not say what the directory is called",
    );
    refused(
        &["sign", "dist", "--bundle", "dist/lib/b.json"],
        "is inside the directory that is signed",
    );
    let mut deep = scene.dir().join("dist/lib");
    for _ in 0..70 {
        deep.push("d");
    }
    std::fs::create_dir_all(&deep).unwrap();
    write(&deep.join("f"), b"f");
    refused(&["sign", "dist"], "more than 64 levels");
}

#[test]
fn names_that_differ_only_in_case_are_refused_in_every_script() {
    for [one, other] in [
        ["App", "app"],
        // A final sigma is written otherwise, and the long s has the same capital.
        ["ΑΣ", "ασ"],
        ["ſ", "s"],
    ] {
        let scene = Scene::new();
        let dist = scene.dir().join("dist");
        write(&dist.join(one), b"1\n");
        scene.run(0, &["sign", "dist", "--key", &key("tester.key")]);
        write(&dist.join(other), b"2\n");
        let ran = scene.run(2, &["sign", "dist", "--key", &key("tester.key")]);
        assert!(ran.stderr.contains("case"), "{}", ran.stderr);
    }
}

#[test]
fn what_one_artifact_gets_spoils_no_other() {
    let scene = Scene::new();
    write(&scene.dir().join("predicate.json"), b"{}");
    let tester = key("tester.key");
    let attest = |code: i32, more: &[&str]| {
        let with = ["--type", "https://a.example/t", "--key", &tester];
        scene.run(code, &[&["attest"], more, &with].concat())
    };
    // What the file in it gets would change the tree.
    let both = ["dist", "dist/lib/a.js", "--predicate", "predicate.json"];
    let ran = attest(2, &both);
    assert!(
        ran.stderr
            .contains("is inside the directory that is signed"),
        "{}",
        ran.stderr
    );
    assert_eq!(names(scene.dir()), ["dist", "predicate.json"]);
    attest(0, &["dist", "--predicate", "predicate.json"]);
    scene.run(
        0,
        &[
            "verify",
            "dist",
            "--key",
            &key("tester.pub"),
            "--bundle",
            "dist.attestations.jsonl",
        ],
    );
}

#[test]
fn a_manifest_replaces_nothing_that_is_read() {
    let scene = Scene::new();
    let manifest = scene.dir().join("dist.manifest");
    write(&manifest, b"{}");
    let tester = key("tester.key");
    let ran = scene.run(2, &["sign", "dist", "dist.manifest", "--key", &tester]);
    assert!(ran.stderr.contains("dist.manifest"), "{}", ran.stderr);
    let arguments = ["attest", "dist", "--predicate", "dist.manifest"];
    let with = ["--type", "https://a.example/t", "--key", &tester];
    scene.run(2, &[&arguments[..], &with].concat());
    assert_eq!(read(&manifest), "{}");
    // An older manifest that nobody reads is replaced.
    scene.run(0, &["sign", "dist", "--key", &tester]);
    assert_ne!(read(&manifest), "{}");
}
