//! Asking for a package: the entry of the policy that a blocked one's finding prints lets
//! it pass, and the dossier holds what who approves it wants to see.

use crate::cli::{import_demo_advisories, run, sealgate, text, write};
use crate::http::server::{Reply, Server};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::Path;

const APPROVERS: &str = "approvers = [\"security@acme.example\", \"Team Supply\"]";
const NOW: &str = "2026-11-20T00:00:00Z";

fn policy(root: &Path, registry: &str, approved: &str, more: &str) {
    let text = format!(
        "schema = 1\nname = \"t\"\nversion = 1\nextends = \"baseline\"\n[registry]\n{registry}\n[registry.approved]\n{approved}\n{more}\n"
    );
    write(root, "policy.toml", text);
}

fn integrity(fill: u8) -> String {
    format!("sha512-{}", STANDARD.encode([fill; 64]))
}

/// `app` needs `right`, and that needs `left`; `edit` changes the entry of `left`.
fn npm_project(root: &Path, registry: &str, edit: impl Fn(&mut Value)) {
    let file = |name: &str| format!("{registry}{name}/-/{name}-1.2.3.tgz");
    let mut left = json!({
        "version": "1.2.3", "license": "MIT",
        "resolved": file("left"), "integrity": integrity(1),
    });
    edit(&mut left);
    let lock = json!({
        "name": "app", "version": "1.0.0", "lockfileVersion": 3,
        "packages": {
            "": { "name": "app", "version": "1.0.0", "dependencies": { "right": "1" } },
            "node_modules/left": left,
            "node_modules/right": {
                "version": "1.2.3", "license": "MIT", "resolved": file("right"),
                "integrity": integrity(2), "dependencies": { "left": "1" }
            },
        }
    });
    let lock = serde_json::to_string_pretty(&lock).unwrap();
    write(root, "app/package-lock.json", lock);
    let manifest = r#"{"name":"app","version":"1.0.0","dependencies":{"right":"1"}}"#;
    write(root, "app/package.json", manifest);
}

const OURS: &str = "https://npm.acme.example/";
const APPROVED: &str = "npm = [\"https://npm.acme.example/\"]";

fn check(root: &Path, format: &str, code: i32) -> String {
    let arguments = ["--at", NOW, "registry", "app", "--policy", "policy.toml"];
    let output = run(
        root,
        &[&arguments[..], &["--format", format]].concat(),
        code,
    );
    text(&output.stdout)
}

fn report(root: &Path, code: i32) -> Value {
    serde_json::from_str(&check(root, "json", code)).unwrap()
}

/// The approval of the only finding of a rule.
fn approval(report: &Value, rule: &str) -> Value {
    let findings = report["findings"].as_array().unwrap();
    let found: Vec<&Value> = findings.iter().filter(|f| f["rule"] == rule).collect();
    assert_eq!(found.len(), 1, "{report:#}");
    found[0]["approval"].clone()
}

#[test]
fn the_line_that_an_unapproved_registry_prints_lets_its_packages_pass() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    npm_project(root, OURS, |left| {
        left["resolved"] = "https://mirror.example/npm/left/-/left-1.2.3.tgz".into();
    });
    policy(root, APPROVERS, APPROVED, "");
    let report = report(root, 1);
    let approval = approval(&report, "registry/unapproved-origin");
    assert_eq!(approval["place"], "registry.approved");
    assert_eq!(
        approval["approvers"],
        json!(["security@acme.example", "Team Supply"])
    );
    let entry = approval["entry"].as_str().unwrap();
    assert_eq!(
        entry,
        "[registry.approved]\nnpm = [\"https://npm.acme.example/\", \"https://mirror.example/npm/\"]"
    );
    let (_, line) = entry.split_once('\n').unwrap();
    policy(root, APPROVERS, line, "");
    check(root, "json", 0);
}

#[test]
fn people_see_who_may_approve_and_the_entry_in_every_text() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    npm_project(root, OURS, |left| {
        left["resolved"] = "https://mirror.example/npm/left/-/left-1.2.3.tgz".into();
    });
    policy(root, APPROVERS, APPROVED, "");
    let human = check(root, "human", 1);
    assert!(
        human.contains("may approve: security@acme.example, Team Supply"),
        "{human}"
    );
    let line = "npm = [\"https://npm.acme.example/\", \"https://mirror.example/npm/\"]";
    let lines: Vec<&str> = human.lines().map(str::trim).collect();
    assert!(lines.contains(&line), "not on a line of its own: {human}");
    let markdown = check(root, "markdown", 1);
    assert!(
        markdown.contains("may approve: security&#64;acme.example"),
        "{markdown}"
    );
    assert!(
        markdown.contains("<br>&#91;registry.approved&#93;<br>npm ="),
        "{markdown}"
    );
    // Where the policy names nobody, nobody is named.
    policy(root, "", APPROVED, "");
    assert!(!check(root, "human", 1).contains("may approve"));
}

#[test]
fn the_line_for_a_replaced_cargo_source_lets_it_pass() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let host = ["crates", ".io"].concat();
    let sum = "ab".repeat(32);
    write(
        root,
        "app/Cargo.lock",
        format!(
            "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"itoa\",\n]\n\n[[package]]\nname = \"itoa\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/{host}-index\"\nchecksum = \"{sum}\"\n"
        ),
    );
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\n[dependencies]\nitoa = \"1\"\n";
    write(root, "app/Cargo.toml", manifest);
    write(
        root,
        "app/.cargo/config.toml",
        "[source.crates-io]\nreplace-with = \"m\"\n\n[source.m]\nregistry = \"sparse+https://mirror.example/index/\"\n",
    );
    policy(root, APPROVERS, "cargo = [\"default\"]", "");
    let approval = approval(&report(root, 1), "registry/unapproved-origin");
    let line = "cargo = [\"default\", \"https://mirror.example/index/\"]";
    assert_eq!(
        approval["entry"],
        format!("[registry.approved]\n{line}").as_str()
    );
    policy(root, APPROVERS, line, "");
    check(root, "json", 0);
}

/// Every rule about one package has an entry that settles it and nothing else.
#[test]
fn the_waiver_that_another_finding_prints_lets_this_version_pass_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let wrong = "https://npm.acme.example/other/-/other-1.2.3.tgz";
    npm_project(root, OURS, |left| left["resolved"] = wrong.into());
    policy(root, APPROVERS, APPROVED, "");
    let approval = approval(&report(root, 1), "registry/name-mismatch");
    assert_eq!(approval["place"], "waiver");
    let entry = approval["entry"].as_str().unwrap().to_owned();
    let table: toml::Table = toml::from_str(&entry).unwrap();
    let waiver = &table["waiver"][0];
    assert_eq!(waiver["id"].as_str(), Some("registry/name-mismatch"));
    assert_eq!(waiver["component"].as_str(), Some("pkg:npm/left"));
    assert_eq!(waiver["versions"].as_str(), Some("1.2.3"));
    assert_eq!(waiver["owner"].as_str(), Some("security@acme.example"));
    assert_eq!(waiver["expires"].to_string(), "2027-02-18");
    policy(root, APPROVERS, APPROVED, &entry);
    check(root, "json", 0);
    npm_project(root, OURS, |left| {
        left["resolved"] = wrong.into();
        left["version"] = "1.2.4".into();
    });
    check(root, "json", 1);
}

#[test]
fn an_entry_lasts_no_longer_than_the_policy_allows() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let wrong = "https://npm.acme.example/other/-/other-1.2.3.tgz";
    npm_project(root, OURS, |left| left["resolved"] = wrong.into());
    let cap = "[waivers]\nmax-days = 10";
    policy(root, APPROVERS, APPROVED, cap);
    let approval = approval(&report(root, 1), "registry/name-mismatch");
    let entry = approval["entry"].as_str().unwrap();
    assert!(entry.ends_with("expires = 2026-11-30"), "{entry}");
    policy(root, APPROVERS, APPROVED, &format!("{cap}\n{entry}"));
    let report = report(root, 0);
    let findings = report["findings"].as_array().unwrap();
    let waived = findings.iter().find(|f| f["disposition"] == "waived");
    assert!(waived.unwrap()["approval"].is_null(), "{report:#}");
}

#[test]
fn an_approver_without_a_name_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    npm_project(dir.path(), OURS, |_| {});
    policy(dir.path(), "approvers = [\"a\", \" \"]", APPROVED, "");
    let output = run(
        dir.path(),
        &["registry", "app", "--policy", "policy.toml"],
        2,
    );
    assert!(
        text(&output.stderr)
            .contains("policy.toml: entry 2 of `approvers` under [registry] is blank"),
        "{}",
        text(&output.stderr)
    );
}

const REQUEST: [&str; 3] = ["--at", NOW, "registry"];

/// That a dossier has the shape that is documented.
fn insist_on_the_schema(dossier: &Value) {
    let schema = include_str!("../../docs/schema/registry-request-v1.schema.json");
    let validator = jsonschema::draft202012::new(&serde_json::from_str(schema).unwrap()).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(dossier)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// One request with more arguments; stdout.
fn request(root: &Path, more: &[&str], code: i32) -> String {
    let head = ["request", "--policy", "policy.toml"];
    text(&run(root, &[&REQUEST[..], &head, more].concat(), code).stdout)
}

fn request_json(root: &Path, more: &[&str], code: i32) -> Value {
    let out = request(root, &[more, &["--format", "json"]].concat(), code);
    let dossier = serde_json::from_str(&out).unwrap();
    insist_on_the_schema(&dossier);
    dossier
}

fn parts(dossier: &Value) -> Vec<&str> {
    let missing = dossier["missing"].as_array().unwrap();
    missing
        .iter()
        .map(|m| m["part"].as_str().unwrap())
        .collect()
}

/// A registry that has `left` in the version and checksum of the lockfile.
fn serving() -> Server {
    let server = Server::start(vec![]);
    let document = json!({
        "name": "left",
        "versions": { "1.2.3": {
            "name": "left", "version": "1.2.3",
            "dist": { "integrity": integrity(1), "tarball": server.url("/npm/left/-/left-1.2.3.tgz") }
        } },
        "time": { "created": "2020-01-01T00:00:00.000Z", "1.2.3": "2026-11-10T00:00:00.000Z" }
    });
    let reply = Reply::status(
        200,
        &[("Content-Type", "application/json")],
        document.to_string(),
    );
    server.set(vec![("/npm/left", vec![reply])]);
    server
}

fn install_code_is_known(left: &mut Value) {
    left["hasInstallScript"] = true.into();
}

#[test]
fn a_dossier_holds_what_an_approver_wants_and_asks_about_that_package_alone() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    import_demo_advisories(root);
    let server = serving();
    npm_project(root, &server.url("/npm/"), install_code_is_known);
    let approved = format!("npm = [\"{}\"]", server.url("/npm/"));
    let age = format!("{APPROVERS}\nminimum-age-days = 30");
    policy(root, &age, &approved, "");
    let files = [
        "-o",
        "out.md",
        "-o",
        "out.json",
        "--reason",
        "for <b>x</b> @all",
    ];
    let purl = ["pkg:npm/left@1.2.3", "app", "--online"];
    let out = request(root, &[&purl[..], &files].concat(), 0);
    assert_eq!(out, "");
    assert_eq!(server.lines(), ["GET /npm/left"]);
    let bytes = std::fs::read(root.join("out.json")).unwrap();
    let dossier: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(dossier["schema"], "sealgate/registry-request/v1");
    let package = &dossier["package"];
    assert_eq!(package["purl"], "pkg:npm/left@1.2.3");
    assert_eq!(package["licence"], "MIT");
    assert_eq!(package["runs_install_code"], true);
    assert_eq!(package["availability"]["state"], "offered");
    let place = &dossier["places"][0];
    assert_eq!(place["location"]["path"], "package-lock.json");
    assert!(place["location"]["line"].as_u64().unwrap() > 1);
    assert!(
        place["checksums"][0]
            .as_str()
            .unwrap()
            .starts_with("sha512:0101")
    );
    assert_eq!(dossier["answer"]["answers"], json!(["too-new"]));
    assert_eq!(
        dossier["answer"]["published"]["time"],
        "2026-11-10T00:00:00Z"
    );
    assert_eq!(dossier["answer"]["published"]["source"], "index");
    assert_eq!(dossier["dependents"], json!(["right@1.2.3"]));
    assert_eq!(dossier["direct"], false);
    let path = dossier["introduced_by"].as_array().unwrap();
    assert_eq!(path.last().unwrap(), "left@1.2.3");
    assert!(path.contains(&json!("right@1.2.3")), "{path:?}");
    assert_eq!(parts(&dossier), Vec::<&str>::new());
    let right = request_json(root, &["pkg:npm/right@1.2.3", "app"], 0);
    assert_eq!(right["direct"], true);
    // Its entry lets it pass.
    let entry = dossier["entries"][0]["entry"].as_str().unwrap();
    policy(root, &age, &approved, entry);
    let again = request_json(root, &purl, 0);
    assert_eq!(again["entries"], json!([]), "{again:#}");
    let markdown = std::fs::read_to_string(root.join("out.md")).unwrap();
    for wanted in [
        "| Package | pkg&#58;npm/left&#64;1.2.3 |",
        "| Reason given | for &#60;b&#62;x&#60;/b&#62; &#64;all |",
        "| May approve | security&#64;acme.example, Team Supply |",
        "| Runs code when installed or built | yes |",
        "2026-11-10T00&#58;00&#58;00Z &#40;by the registry&#39;s index&#41;, 10 days ago",
        "    id = \"registry/too-new\"",
        "| depends on it | right&#64;1.2.3 |",
    ] {
        assert!(markdown.contains(wanted), "{wanted} in\n{markdown}");
    }
}

#[test]
fn what_could_not_be_gathered_is_named_and_is_no_success() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    npm_project(root, OURS, |left| {
        left.as_object_mut().unwrap().remove("license");
        install_code_is_known(left);
    });
    policy(root, APPROVERS, APPROVED, "");
    let dossier = request_json(root, &["pkg:npm/left@1.2.3", "app"], 3);
    assert_eq!(parts(&dossier), ["advisories", "licence"]);
    assert_eq!(dossier["asked"], Value::Null);
    let markdown = request(root, &["pkg:npm/left", "app"], 3);
    assert!(
        markdown.contains("Advisories were **not** looked up"),
        "{markdown}"
    );
    // The twin: with a database and a licence nothing is missing.
    import_demo_advisories(root);
    npm_project(root, OURS, install_code_is_known);
    let dossier = request_json(root, &["pkg:npm/left@1.2.3", "app"], 0);
    assert_eq!(parts(&dossier), Vec::<&str>::new());
}

#[test]
fn a_registry_that_does_not_answer_is_a_missing_part() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    import_demo_advisories(root);
    let server = Server::start(vec![]);
    server.set(vec![(
        "/npm/left",
        vec![Reply::status(403, &[], "blocked")],
    )]);
    npm_project(root, &server.url("/npm/"), install_code_is_known);
    let approved = format!("npm = [\"{}\"]", server.url("/npm/"));
    policy(root, APPROVERS, &approved, "");
    let dossier = request_json(root, &["pkg:npm/left", "app", "--online"], 3);
    assert_eq!(parts(&dossier), ["registry answer"]);
    assert_eq!(dossier["answer"]["answers"], json!(["unreachable"]));
}

#[test]
fn a_known_vulnerability_is_in_the_dossier_with_the_entry_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let record = json!({
        "schema_version": "1.6.0", "id": "GHSA-aaaa-bbbb-cccc", "modified": "2026-11-01T00:00:00Z",
        "published": "2026-11-01T00:00:00Z", "summary": "left is <script>wrong</script>",
        "affected": [{
            "package": { "ecosystem": "npm", "name": "left" },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "2.0.0" }] }]
        }],
        "severity": [{ "type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }]
    });
    write(root, "osv/GHSA-aaaa-bbbb-cccc.json", record.to_string());
    run(root, &["db", "import", "--from", "osv"], 0);
    npm_project(root, OURS, install_code_is_known);
    policy(root, APPROVERS, APPROVED, "");
    let dossier = request_json(root, &["pkg:npm/left", "app"], 0);
    let finding = &dossier["findings"][0];
    assert_eq!(finding["advisory"]["id"], "GHSA-aaaa-bbbb-cccc");
    let entry = dossier["entries"][0]["entry"].as_str().unwrap();
    assert!(entry.contains("id = \"GHSA-aaaa-bbbb-cccc\""), "{entry}");
    let markdown = request(root, &["pkg:npm/left", "app"], 0);
    assert!(markdown.contains("GHSA-aaaa-bbbb-cccc"), "{markdown}");
    assert!(!markdown.contains("<script>"), "{markdown}");
    policy(root, APPROVERS, APPROVED, entry);
    let dossier = request_json(root, &["pkg:npm/left", "app"], 0);
    assert_eq!(dossier["findings"][0]["disposition"], "waived");
}

#[test]
fn text_of_a_lockfile_makes_no_markup_and_shows_no_password() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    import_demo_advisories(root);
    let password = ["correct", "-horse-", "battery"].concat();
    npm_project(root, OURS, |left| {
        install_code_is_known(left);
        left["license"] = "x|</td><img src=q>\u{1b}[31m @team".into();
        left["resolved"] =
            format!("https://bob:{password}@mirror.example/a`b/left/-/left-1.2.3.tgz").into();
    });
    policy(root, APPROVERS, APPROVED, "");
    let markdown = request(root, &["pkg:npm/left", "app"], 0);
    let json = request(root, &["pkg:npm/left", "app", "--format", "json"], 0);
    for out in [&markdown, &json] {
        assert!(!out.contains(&password), "{out}");
        assert!(!out.contains('\u{1b}'), "{out}");
    }
    for raw in ["<img", "</td>", " @team", "a`b"] {
        let (tables, _) = markdown.split_once("\n## Policy\n").unwrap();
        assert!(!tables.contains(raw), "{raw} in\n{markdown}");
    }
    let (_, entries) = markdown.split_once("\n## Policy\n").unwrap();
    let lines = entries.lines().skip(2).filter(|line| !line.is_empty());
    assert!(
        lines.skip(1).all(|line| line.starts_with("    ")),
        "{markdown}"
    );
}

#[test]
fn where_the_client_takes_it_from_is_told_with_the_line_that_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    npm_project(root, OURS, |left| {
        left.as_object_mut().unwrap().remove("resolved");
    });
    write(root, "app/.npmrc", "registry=https://npm.acme.example/\n");
    policy(root, APPROVERS, APPROVED, "");
    let dossier = request_json(root, &["pkg:npm/left", "app"], 3);
    let way = &dossier["configured"][0];
    assert_eq!(way["client"], "npm");
    assert_eq!(way["takes_from"], json!(["`https://npm.acme.example/`"]));
    assert_eq!(way["places"][0]["location"]["path"], ".npmrc");
    assert_eq!(way["places"][0]["location"]["line"], 1);
}

#[test]
fn a_package_that_is_not_there_names_what_is() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    npm_project(root, OURS, |_| {});
    policy(root, APPROVERS, APPROVED, "");
    for (purl, hint) in [
        ("pkg:npm/left@9.9.9", "it has `pkg:npm/left@1.2.3`"),
        ("pkg:npm/lefft", "it has `pkg:npm/left@1.2.3`"),
        ("pkg:pypi/left", "it has `pkg:npm/left@1.2.3`"),
        (
            "pkg:npm/zzzzzzzz",
            "`sealgate sbom generate` lists what it has",
        ),
    ] {
        let output = sealgate(root)
            .args([
                "registry",
                "request",
                purl,
                "app",
                "--policy",
                "policy.toml",
            ])
            .args(["--online", "-o", "out.md"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{purl}");
        let stderr = text(&output.stderr);
        assert!(stderr.contains("is not in this project"), "{stderr}");
        assert!(stderr.contains(hint), "{stderr}");
        assert!(!root.join("out.md").exists());
    }
    run(root, &["registry", "request", "left@1.2.3", "app"], 2);
}

#[test]
fn a_purl_of_several_versions_must_say_which() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let entry = |version: &str| {
        json!({ "version": version, "integrity": integrity(1), "license": "MIT",
            "resolved": format!("{OURS}left/-/left-{version}.tgz") })
    };
    let lock = json!({
        "name": "app", "version": "1.0.0", "lockfileVersion": 3,
        "packages": {
            "": { "name": "app", "version": "1.0.0", "dependencies": { "left": "1" } },
            "node_modules/left": entry("1.2.3"),
            "node_modules/left/node_modules/left": entry("0.9.0"),
        }
    });
    write(root, "app/package-lock.json", lock.to_string());
    policy(root, APPROVERS, APPROVED, "");
    let output = run(root, &["registry", "request", "pkg:npm/left", "app"], 2);
    let stderr = text(&output.stderr);
    assert!(stderr.contains("means 2 packages here"), "{stderr}");
    assert!(
        stderr.contains("`pkg:npm/left@0.9.0`, `pkg:npm/left@1.2.3`"),
        "{stderr}"
    );
}

#[test]
fn the_same_request_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    npm_project(dir.path(), OURS, |_| {});
    policy(dir.path(), APPROVERS, APPROVED, "");
    for format in ["markdown", "json"] {
        let more = ["pkg:npm/left", "app", "--format", format];
        let first = request(dir.path(), &more, 3);
        assert_eq!(first, request(dir.path(), &more, 3));
    }
}
