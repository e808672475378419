//! Keys in a PKCS#11 token, through the program and SoftHSM 2, where that is installed
//! (`apt-get install softhsm2`; `tests/signing/pkcs11.sh` does it). Where it is not, these
//! tests say so and do nothing.

use crate::signing::{PASSPHRASE, Ran, expect, names, read, sealgate, write};
use crate::signing_keyless::services::Sigstore;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const BUNDLE: &str = "app.bin.sigstore.json";

/// Where distributions keep the module; `SEALGATE_SOFTHSM` names another place.
const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
];

/// A token `t` in a directory of its own, and an artifact.
struct Scene {
    dir: tempfile::TempDir,
    module: PathBuf,
}

impl Scene {
    fn new() -> Option<Self> {
        let module = match std::env::var_os("SEALGATE_SOFTHSM") {
            Some(module) => Some(PathBuf::from(module)),
            None => MODULES
                .map(PathBuf::from)
                .into_iter()
                .find(|path| path.exists()),
        };
        let has_tools = ["softhsm2-util", "openssl"].map(|tool| {
            let found = Command::new(tool)
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            found.is_ok()
        });
        let Some(module) = module.filter(|_| has_tools == [true, true]) else {
            println!("skipped: no SoftHSM 2 (softhsm2-util, its module) and openssl here");
            return None;
        };
        let scene = Self {
            dir: tempfile::tempdir().unwrap(),
            module,
        };
        std::fs::create_dir(scene.path("tokens")).unwrap();
        let tokens = scene.path("tokens").display().to_string();
        let text = format!("directories.tokendir = {tokens}\nlog.level = ERROR\n");
        write(&scene.path("softhsm2.conf"), text.as_bytes());
        write(&scene.path("app.bin"), b"the artifact\n");
        scene.token("t");
        Some(scene)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn tool(&self, program: &str, arguments: &[&str]) {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(self.dir.path())
            .env("SOFTHSM2_CONF", self.path("softhsm2.conf"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {said}");
    }

    fn token(&self, label: &str) {
        let arguments = [
            "--init-token",
            "--free",
            "--label",
            label,
            "--pin",
            PASSPHRASE,
        ];
        self.tool(
            "softhsm2-util",
            &[&arguments[..], &["--so-pin", "administrator"]].concat(),
        );
    }

    /// A new key of a kind in the token `t`; its file stays for more imports.
    fn key(&self, label: &str, id: &str, kind: &[&str]) {
        let file = format!("{label}.pem");
        self.tool("openssl", &[&["genpkey", "-out", &file][..], kind].concat());
        self.import(&file, label, id, &[]);
    }

    fn import(&self, file: &str, label: &str, id: &str, more: &[&str]) {
        let arguments = [
            "--import", file, "--token", "t", "--label", label, "--id", id, "--pin", PASSPHRASE,
        ];
        self.tool("softhsm2-util", &[&arguments[..], more].concat());
    }

    fn command(&self) -> Command {
        let mut command = sealgate(self.dir.path());
        command.env("SOFTHSM2_CONF", self.path("softhsm2.conf"));
        command
    }

    fn run(&self, code: i32, arguments: &[&str]) -> Ran {
        let module = self.module.display().to_string();
        let all = [arguments, &["--pkcs11-module", &module]].concat();
        let ran = expect(code, &mut self.command(), &all);
        assert!(!ran.stdout.contains(PASSPHRASE) && !ran.stderr.contains(PASSPHRASE));
        ran
    }

    /// `sign` is refused with this word and leaves nothing.
    fn refuses(&self, code: i32, uri: &str, word: &str) {
        let ran = self.run(code, &["sign", "app.bin", "--key", uri]);
        assert!(ran.stderr.contains(word), "{uri}: {}", ran.stderr);
        assert!(!self.path(BUNDLE).exists(), "{uri}");
    }

    /// `sign` makes a bundle that verifies with the token's public key.
    fn signs(&self, uri: &str) {
        let public = self.run(0, &["key", "public", uri]).stdout;
        write(&self.path("key.pub"), public.as_bytes());
        self.run(0, &["sign", "app.bin", "--key", uri]);
        let verify = ["verify", "app.bin", "--key", "key.pub"];
        expect(0, &mut sealgate(self.dir.path()), &verify);
        std::fs::remove_file(self.path(BUNDLE)).unwrap();
    }
}

fn p256() -> Vec<&'static str> {
    vec!["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
}

fn rsa(bits: &'static str) -> Vec<&'static str> {
    vec!["-algorithm", "RSA", "-pkeyopt", bits]
}

#[test]
fn keys_in_a_token_sign_files_and_statements() {
    let Some(scene) = Scene::new() else { return };
    scene.key("p256", "01", &p256());
    let p384 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];
    scene.key("p384", "02", &p384);
    scene.key("rsa", "03", &rsa("rsa_keygen_bits:2048"));
    for uri in [
        "pkcs11:token=t;object=p256",
        "pkcs11:token=t;object=p384;type=private",
        "pkcs11:token=t;object=rsa;id=%03",
        "pkcs11:id=%01;manufacturer=SoftHSM%20project",
    ] {
        scene.signs(uri);
    }
    // The public key is the one that was imported.
    scene.tool(
        "openssl",
        &["pkey", "-in", "p384.pem", "-pubout", "-out", "want.pub"],
    );
    let uri = "pkcs11:token=t;object=p384";
    let got = scene.run(0, &["key", "public", uri]).stdout;
    assert_eq!(got, read(&scene.path("want.pub")));
    // A statement; the PIN from a file, the module from the name.
    write(&scene.path("pin"), format!("{PASSPHRASE}\n").as_bytes());
    write(&scene.path("predicate.json"), b"{\"reviewed\":true}");
    let module = scene.module.display().to_string();
    let uri = format!("{uri}?module-path={module}");
    let attest = [
        "attest",
        "app.bin",
        "--predicate",
        "predicate.json",
        "--type",
        "https://acme.example/review/v1",
        "--key",
        &uri,
        "--passphrase-file",
        "pin",
    ];
    expect(
        0,
        scene.command().env_remove("SEALGATE_PASSPHRASE"),
        &attest,
    );
    let verify = ["verify", "app.bin", "--key", "want.pub"];
    expect(0, &mut sealgate(scene.dir.path()), &verify);
    write(&scene.path("app.bin"), b"other bytes\n");
    expect(1, &mut sealgate(scene.dir.path()), &verify);
}

#[test]
fn a_token_signs_a_directory_with_a_timestamp() {
    let (Some(scene), Some(sigstore)) = (Scene::new(), Sigstore::honest()) else {
        return;
    };
    for (label, id, curve) in [("p256", "01", "P-256"), ("p384", "02", "P-384")] {
        let curve = format!("ec_paramgen_curve:{curve}");
        scene.key(label, id, &["-algorithm", "EC", "-pkeyopt", &curve]);
        let uri = format!("pkcs11:object={label}");
        let public = scene.run(0, &["key", "public", &uri]).stdout;
        write(&scene.path("key.pub"), public.as_bytes());
        let root = sigstore.inner.root().to_string();
        write(&scene.path("root.json"), root.as_bytes());
        std::fs::create_dir_all(scene.path("dist/lib")).unwrap();
        write(&scene.path("dist/lib/a"), b"a\n");
        let tsa = sigstore.server.url("/timestamp");
        let witnessed = ["--timestamp-url", &tsa, "--trusted-root", "root.json"];
        let sign = [&["sign", "dist", "--key", &uri][..], &witnessed].concat();
        scene.run(0, &sign);
        let verify = [
            "verify",
            "dist",
            "--key",
            "key.pub",
            "--trusted-root",
            "root.json",
        ];
        expect(0, &mut sealgate(scene.dir.path()), &verify);
        write(&scene.path("dist/lib/b"), b"b\n");
        let ran = expect(1, &mut sealgate(scene.dir.path()), &verify);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains("added `lib/b`"), "{said}");
        std::fs::remove_file(scene.path("dist/lib/b")).unwrap();
        expect(0, &mut sealgate(scene.dir.path()), &verify);
    }
}

#[test]
fn exactly_one_token_and_one_key_must_be_meant() {
    let Some(scene) = Scene::new() else { return };
    scene.key("a", "01", &p256());
    scene.signs("pkcs11:object=a");
    scene.token("u");
    scene.refuses(2, "pkcs11:object=a", "2 tokens of the module are meant");
    scene.refuses(
        2,
        "pkcs11:token=x;object=a",
        "0 tokens of the module are meant, not one; there are `",
    );
    scene.refuses(2, "pkcs11:token=t;serial=0;object=a", "0 tokens");
    scene.refuses(2, "pkcs11:token=t;slot-id=1;object=a", "0 tokens");
    scene.refuses(2, "pkcs11:token=t;model=x;object=a", "0 tokens");
    scene.refuses(
        2,
        "pkcs11:token=t;object=b",
        "0 private keys of the token `t`",
    );
    scene.refuses(
        2,
        "pkcs11:token=t;object=a;id=%02",
        "0 private keys of the token `t`",
    );
    scene.signs("pkcs11:token=t;object=a");
    scene.import("a.pem", "a", "02", &[]);
    scene.refuses(
        2,
        "pkcs11:token=t;object=a",
        "2 private keys of the token `t`",
    );
    scene.signs("pkcs11:token=t;object=a;id=%02");
}

#[test]
fn a_wrong_or_missing_pin_is_said_once_and_never_shown() {
    let Some(scene) = Scene::new() else { return };
    scene.key("a", "01", &p256());
    let module = scene.module.display().to_string();
    let sign = [
        "sign",
        "app.bin",
        "--key",
        "pkcs11:object=a",
        "--pkcs11-module",
        &module,
    ];
    let wrong = ["wrong", "-pin"].concat();
    let ran = expect(2, scene.command().env("SEALGATE_PASSPHRASE", &wrong), &sign);
    let word = "the token `t` refuses the PIN: C_Login: PinIncorrect";
    assert!(ran.stderr.contains(word), "{}", ran.stderr);
    assert!(!ran.stderr.contains(&wrong), "{}", ran.stderr);
    let ran = expect(2, scene.command().env_remove("SEALGATE_PASSPHRASE"), &sign);
    assert!(ran.stderr.contains("no passphrase given"), "{}", ran.stderr);
    // A name that is wrong is not repeated: it may hold a PIN.
    for (scheme, word) in [
        ("pkcs11", "the PIN comes from --passphrase-file"),
        ("PKCS11", "it does not begin with `pkcs11:`"),
    ] {
        let key = format!("{scheme}:object=a?pin-value=9876");
        let ran = scene.run(2, &["sign", "app.bin", "--key", &key]);
        assert!(ran.stderr.contains(word), "{}", ran.stderr);
        assert!(!ran.stderr.contains("9876"), "{}", ran.stderr);
    }
    assert!(!scene.path(BUNDLE).exists());
    scene.signs("pkcs11:object=a");
}

#[test]
fn keys_that_nobody_could_verify_with_do_not_sign() {
    let Some(scene) = Scene::new() else { return };
    scene.key("small", "01", &rsa("rsa_keygen_bits:1024"));
    scene.refuses(2, "pkcs11:object=small", "1024");
    let p521 = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"];
    scene.key("p521", "02", &p521);
    scene.refuses(2, "pkcs11:object=p521", "not of an allowed kind");
    // The public half is missing, or is another key's.
    scene.key("whole", "03", &p256());
    scene.import("whole.pem", "half", "04", &["--no-public-key"]);
    scene.refuses(2, "pkcs11:object=half", "does not have the public key");
    scene.key("other", "05", &p256());
    scene.import("whole.pem", "mixed", "05", &["--no-public-key", "--force"]);
    scene.refuses(
        3,
        "pkcs11:object=mixed",
        "signature does not verify with the key sha256:",
    );
    scene.signs("pkcs11:object=whole");
}

#[test]
fn a_module_is_named_is_there_and_is_one() {
    let Some(scene) = Scene::new() else { return };
    scene.key("a", "01", &p256());
    let sign = ["sign", "app.bin", "--key", "pkcs11:object=a"];
    let ran = expect(2, &mut scene.command(), &sign);
    assert!(
        ran.stderr.contains("no PKCS#11 module is named"),
        "{}",
        ran.stderr
    );
    write(&scene.path("module.so"), b"no library");
    let no_module = libc_of(&scene.module);
    for (module, word) in [
        ("missing.so", "cannot read `missing.so`"),
        ("tokens", "is not a regular file"),
        ("module.so", "the PKCS#11 module `module.so` cannot be used"),
        (&no_module, "cannot be used"),
    ] {
        let all = [&sign[..], &["--pkcs11-module", module]].concat();
        let ran = expect(2, &mut scene.command(), &all);
        assert!(ran.stderr.contains(word), "{module}: {}", ran.stderr);
    }
    // One whose configuration is wrong.
    let module = scene.module.display().to_string();
    let all = [&sign[..], &["--pkcs11-module", &module]].concat();
    let mut command = scene.command();
    expect(
        2,
        command.env("SOFTHSM2_CONF", scene.path("missing.conf")),
        &all,
    );
    let left = names(scene.dir.path());
    assert!(!left.contains(&BUNDLE.to_owned()), "{left:?}");
    scene.signs("pkcs11:object=a");
}

/// A library that is no PKCS#11 module: one that the module itself needs.
fn libc_of(module: &Path) -> String {
    let output = Command::new("ldd").arg(module).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let text = text.unwrap_or_default();
    let path = text
        .split_whitespace()
        .find(|word| word.starts_with('/') && word.contains("libc."));
    path.unwrap_or("/missing.so").to_owned()
}
