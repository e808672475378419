//! Hostile and broken inputs of every `sbom` command: the exit code is the right one, the
//! message names the file, and nothing passes in silence.

use crate::cli::{run, text, write};
use serde_json::{Value, json};
use std::path::Path;

/// A valid document of a product and one component; its twins below break one thing each.
fn bom() -> Value {
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": "root", "name": "app", "version": "1.0.0",
            "purl": "pkg:npm/app@1.0.0",
        }},
        "components": [{
            "type": "library", "bom-ref": "a", "name": "a", "version": "1.0.0",
            "purl": "pkg:npm/a@1.0.0",
        }],
        "dependencies": [{"ref": "root", "dependsOn": ["a"]}, {"ref": "a"}],
    })
}

/// The same with a member of its own.
fn with(key: &str, value: Value) -> String {
    let mut bom = bom();
    bom[key] = value;
    bom.to_string()
}

fn spdx(packages: Value, relationships: Value) -> String {
    json!({
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "dataLicense": "CC0-1.0",
        "name": "app",
        "documentNamespace": "https://sbom.example/app",
        "creationInfo": {"created": "2026-01-02T03:04:05Z", "creators": ["Tool: t-1"]},
        "packages": packages,
        "relationships": relationships,
    })
    .to_string()
}

fn package(id: &str) -> Value {
    json!({
        "SPDXID": format!("SPDXRef-{id}"),
        "name": id,
        "versionInfo": "1.0.0",
        "downloadLocation": "NOASSERTION",
    })
}

fn relation(from: &str, kind: &str, to: &str) -> Value {
    json!({
        "spdxElementId": format!("SPDXRef-{from}"),
        "relationshipType": kind,
        "relatedSpdxElement": format!("SPDXRef-{to}"),
    })
}

/// The commands that read a document (`F`) beside a good one (`good.json`).
const COMMANDS: [&[&str]; 8] = [
    &["sbom", "validate", "F"],
    &["sbom", "convert", "F", "--to", "cyclonedx-json"],
    &["sbom", "convert", "F", "--to", "spdx-json@2.3"],
    &["sbom", "convert", "F", "--to", "spdx-json@3.0.1"],
    &["sbom", "merge", "F", "good.json"],
    &["sbom", "check", "F", "--profile", "cra"],
    &["sbom", "diff", "--exit-code", "good.json", "F"],
    &["sbom", "diff", "--source", "good.json", "--binary", "F"],
];

/// Runs every command on a file; their exit codes and what they print are given to `look`.
fn all(content: impl AsRef<[u8]>, codes: [i32; 8], mut look: impl FnMut(usize, &str, &str)) {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "good.json", bom().to_string());
    write(dir.path(), "it.json", content);
    for (index, (command, code)) in COMMANDS.iter().zip(codes).enumerate() {
        let arguments: Vec<&str> = command
            .iter()
            .map(|word| if *word == "F" { "it.json" } else { word })
            .collect();
        let output = run(dir.path(), &arguments, code);
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        let shown = format!("{stdout}{stderr}");
        assert!(!shown.contains("panicked"), "{shown}");
        look(index, &stdout, &stderr);
    }
}

/// A file of which nothing can be said: each command says why and writes nothing.
fn refused(content: impl AsRef<[u8]>, validate: i32, message: &str) {
    let codes = [validate, 3, 3, 3, 3, 3, 3, 3];
    all(content, codes, |_, stdout, stderr| {
        assert_eq!(stdout, "");
        let start = format!("error: it.json: {message}");
        assert!(stderr.starts_with(&start), "{stderr}\nexpected: {start}");
        assert!(stderr.contains("\n hint: "), "{stderr}");
    });
}

#[test]
fn the_twin_of_all_that_follows_is_taken_by_every_command() {
    all(bom().to_string(), [0; 8], |_, _, stderr| {
        assert_eq!(stderr, "")
    });
}

#[test]
fn what_is_no_sbom_is_refused() {
    let none = "this is no SBOM that sealgate reads";
    for content in ["", " \n\t", "hello", "[]", "{}", "null", "7", "<html/>"] {
        refused(content, 3, none);
    }
    refused([0; 100], 3, none);
    refused(b"%PDF-1.7\n\0\x01", 3, none);
    let text = format!("\u{feff}{}", bom());
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(utf16, 3, none);
}

#[test]
fn what_is_cut_short_is_refused_with_its_place() {
    let whole = bom().to_string();
    for length in [1, 50, whole.len() / 2, whole.len() - 1] {
        refused(&whole[..length], 1, "line 1, column ");
    }
    let xml = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components>"#;
    refused(xml, 1, "line 1, column ");
    let mut bytes = whole.into_bytes();
    bytes[10] = 0xff;
    refused(bytes, 1, "line 1, column ");
}

#[test]
fn versions_that_are_not_read_are_named() {
    let of_version = |value: Value| with("specVersion", value);
    refused(
        of_version(json!("9.9")),
        3,
        "CycloneDX JSON `9.9` is not read; read: 1.2, ",
    );
    let number = "not valid CycloneDX JSON: `specVersion` is a number, not a text";
    refused(of_version(json!(1.6)), 1, number);
    let none = r#"{"bomFormat": "CycloneDX"}"#;
    refused(none, 1, "not valid CycloneDX JSON: it has no `specVersion`");
    let xml = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6"/>"#;
    refused(xml, 3, "CycloneDX XML `1.6` is not read; read: 1.3, ");
    refused(
        r#"{"spdxVersion": "SPDX-9.9"}"#,
        3,
        "SPDX JSON `SPDX-9.9` is not read; ",
    );
    let number = "not valid SPDX JSON: `spdxVersion` is a number, not a text";
    refused(r#"{"spdxVersion": 2.3}"#, 1, number);
    refused(
        r#"{"@context": "x", "@graph": []}"#,
        3,
        "SPDX JSON `3` is not read; ",
    );
    let escape = of_version(json!("\u{1b}[2J"));
    refused(escape, 3, "CycloneDX JSON `\\u{1b}[2J` is not read; ");
}

#[test]
fn nesting_counts_and_sizes_have_limits() {
    let list = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!(
            r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": {open}{close}}}"#
        )
    };
    refused(list(1_000_000), 3, "nested deeper than the limit of 100");
    let inner = r#"{"type": "library", "name": "x", "components": ["#;
    let nested = format!("{}{}", inner.repeat(5_000), "]}".repeat(5_000));
    refused(
        with("components", json!([]))
            .replace("\"components\":[]", &format!("\"components\":[{nested}]")),
        3,
        "nested deeper than the limit of 100",
    );
    let xml =
        |inner: &str| format!(r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.5">{inner}</bom>"#);
    let deep = format!("{}{}", "<a>".repeat(50_000), "</a>".repeat(50_000));
    refused(xml(&deep), 3, "nested deeper than the limit of 64");
    let entities = r#"<!DOCTYPE b [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>"#;
    refused(
        format!("{entities}{}", xml("&b;")),
        1,
        "line 1, column 1: XML with DTD detected",
    );
    refused(
        with("version", json!(1))
            .replace("\"version\":1,", "\"version\":1e999,")
            .replace("\"version\":1}", "\"version\":1e999}"),
        1,
        "line 1, column ",
    );
    let many = vec!["{}"; 500_001].join(",");
    let many =
        format!(r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{many}]}}"#);
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "it.json", many);
    // Validation looks at the shape of each, and says so of the first thousands.
    let output = run(dir.path(), &["sbom", "validate", "it.json"], 1);
    assert!(text(&output.stdout).contains("10000 problems, 100 shown"));
    let output = run(
        dir.path(),
        &["sbom", "check", "it.json", "--profile", "cra"],
        3,
    );
    let limit = "error: it.json: more than the limit of 500000 components";
    assert!(text(&output.stderr).starts_with(limit));
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let twice = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [],
        "components": [{"type": "library", "name": "hidden"}]}"#;
    let message = "line 2, column 20: the key `components` appears twice in one object";
    refused(twice, 1, message);
}

#[test]
fn dependencies_that_lead_nowhere_are_told_everywhere() {
    let edges =
        json!([{"ref": "root", "dependsOn": ["gone"]}, {"ref": "ghost", "dependsOn": ["a"]}]);
    // Equal lists would differ in their edges; what is linked is not fully known.
    let codes = [1, 0, 0, 0, 0, 1, 1, 3];
    all(
        with("dependencies", edges),
        codes,
        |index, stdout, stderr| {
            let (shown, wanted) = match index {
                0 => (stdout, "`gone` is the bom-ref of nothing"),
                // The target can say it too, and no more is claimed.
                1 => (stdout, "\"gone\""),
                2..=4 => (stderr, "is left out: it refers to no component"),
                5 => (
                    stdout,
                    "relationships name components that are not in the document",
                ),
                _ => (stderr, "it.json: `gone` is referred to and is not in it"),
            };
            assert!(shown.contains(wanted), "{index}: {stdout}{stderr}");
        },
    );
    let same = json!([{"ref": "root", "dependsOn": ["a", "gone"]}, {"ref": "a"}]);
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "a.json", with("dependencies", same));
    run(
        dir.path(),
        &["sbom", "diff", "--exit-code", "a.json", "a.json"],
        3,
    );
}

#[test]
fn circles_end() {
    let edges =
        json!([{"ref": "root", "dependsOn": ["a"]}, {"ref": "a", "dependsOn": ["root", "a"]}]);
    all(
        with("dependencies", edges),
        [0, 0, 0, 0, 0, 0, 1, 0],
        |_, _, stderr| assert_eq!(stderr, ""),
    );
    let relationships = json!([
        relation("DOCUMENT", "DESCRIBES", "app"),
        relation("app", "CONTAINS", "a"),
        relation("a", "CONTAINS", "app"),
        relation("a", "CONTAINS", "b"),
        relation("b", "CONTAINS", "a"),
        relation("b", "CONTAINS", "b"),
        relation("b", "DEPENDS_ON", "b"),
    ]);
    let packages = json!([package("app"), package("a"), package("b")]);
    all(
        spdx(packages, relationships),
        [0, 0, 0, 0, 0, 0, 1, 1],
        |_, _, _| {},
    );
    // A chain of holders that would nest deeper than is built.
    let chain: Vec<Value> = (1..2_000)
        .map(|n| relation(&format!("p{n}"), "CONTAINS", &format!("p{}", n + 1)))
        .collect();
    let packages: Vec<Value> = (0..=2_000).map(|n| package(&format!("p{n}"))).collect();
    let relationships = [vec![relation("DOCUMENT", "DESCRIBES", "p0")], chain].concat();
    all(
        spdx(json!(packages), json!(relationships)),
        [0, 0, 0, 0, 0, 1, 1, 1],
        |_, _, _| {},
    );
}

#[test]
fn values_of_another_type_are_named_and_never_taken_for_nothing() {
    let mut wrong = bom();
    wrong["components"] = json!({"a": 1});
    wrong["dependencies"] = json!("x");
    let named = |index: usize, stdout: &str, stderr: &str| {
        let shown = match index {
            0 => stdout,
            5 => stdout,
            _ => stderr,
        };
        assert!(
            shown.contains("is an object, not a list"),
            "{index}: {stdout}{stderr}"
        );
    };
    all(wrong.to_string(), [1, 3, 3, 3, 3, 1, 1, 3], named);
    let inside = json!([
        7,
        null,
        {"type": 1, "name": [], "version": {}, "hashes": "x", "licenses": [1, {}], "purl": 9,
         "properties": [{"name": 1}], "externalReferences": [[]], "components": {}},
    ]);
    all(
        with("components", inside),
        [1, 3, 3, 3, 3, 1, 1, 1],
        |_, _, _| {},
    );
    let numbers = with("version", json!(-1));
    all(
        numbers,
        [1, 3, 3, 3, 3, 3, 3, 3],
        |index, stdout, stderr| {
            let wanted = match index {
                0 => "`version` is less than 1",
                _ => "version` is no whole number",
            };
            assert!(
                format!("{stdout}{stderr}").contains(wanted),
                "{index}: {stdout}{stderr}"
            );
        },
    );
    let packages = spdx(json!("x"), json!({"a": 1}));
    all(packages, [1, 3, 3, 3, 3, 1, 1, 3], |_, _, _| {});
}

#[test]
fn names_cannot_steer_a_terminal_or_a_log() {
    let name = "a\u{1b}]0;x\u{7}\u{0}\u{202e}\n::error::b";
    let mut hostile = bom();
    hostile["components"][0]["name"] = json!(name);
    let component = hostile["components"][0].as_object_mut().unwrap();
    component.remove("purl");
    hostile["components"][0]["licenses"] = json!([{"license": {"name": name}}]);
    hostile["metadata"]["component"]["name"] = json!(name);
    hostile["dependencies"][0]["dependsOn"] = json!(["a", name]);
    hostile[name] = json!(1);
    all(
        hostile.to_string(),
        [1, 0, 0, 0, 0, 1, 1, 1],
        |index, stdout, stderr| {
            for shown in [stdout, stderr] {
                assert!(
                    !shown.contains(['\u{1b}', '\u{7}', '\u{0}', '\u{202e}']),
                    "{index}: {shown}"
                );
                assert!(
                    !shown.lines().any(|line| line.starts_with("::")),
                    "{index}: {shown}"
                );
            }
        },
    );
}

#[test]
fn paths_that_are_no_files_are_named() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "good.json", bom().to_string());
    std::fs::create_dir(dir.path().join("directory")).unwrap();
    let outputs = |path: &str, command: &[&str], code: i32| {
        let arguments: Vec<&str> = command
            .iter()
            .map(|word| if *word == "F" { path } else { word })
            .collect();
        text(&run(dir.path(), &arguments, code).stderr)
    };
    for command in COMMANDS {
        let stderr = outputs("missing.json", command, 3);
        assert!(
            stderr.starts_with("error: cannot read `missing.json`"),
            "{stderr}"
        );
        // A directory is a project to `diff`, in which nothing was found.
        if command[1] != "diff" {
            let stderr = outputs("directory", command, 3);
            assert!(
                stderr.starts_with("error: `directory` is not a regular file"),
                "{stderr}"
            );
        }
    }
}

/// `sbom generate` of a file: it is a binary or it is refused.
#[test]
fn generate_refuses_a_file_that_is_no_binary_and_names_the_way() {
    let dir = tempfile::tempdir().unwrap();
    let generate = |content: &[u8], code: i32| {
        let path = write(Path::new(dir.path()), "it", content);
        let output = run(
            dir.path(),
            &["sbom", "generate", path.to_str().unwrap()],
            code,
        );
        assert!(output.stdout.is_empty());
        text(&output.stderr)
    };
    let stderr = generate(bom().to_string().as_bytes(), 2);
    assert!(
        stderr.contains("`it` is no binary of a kind that is read"),
        "{stderr}"
    );
    assert!(stderr.contains("`sealgate sbom convert`"), "{stderr}");
    generate(b"", 2);
    for cut in [&b"\x7fELF"[..], b"MZ", b"\xca\xfe\xba\xbe"] {
        generate(cut, 2);
    }
    let none = "holds neither the list of `cargo auditable`";
    // A binary it is: that it records nothing leaves the question open.
    assert!(generate(b"\0asm\x01\0\0\0", 3).contains(none));
}
