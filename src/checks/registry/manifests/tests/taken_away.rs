//! Lines that were taken out of a lockfile, and that its client misses.

use super::*;
use crate::model::{Checksum, ComponentKind};

#[test]
fn a_crate_of_a_registry_is_no_package_of_the_projects_own() {
    let check = |kind: ComponentKind, manifest: &str, more: &[(&str, &str)]| {
        let package = |name: &str, version: &str, kind: ComponentKind| {
            let mut package = component("Cargo.lock", name, version);
            package.kind = kind;
            package.occurrences[0].origin = match kind {
                // As of an entry without a `source`.
                ComponentKind::Own => Origin::Path {
                    path: ".".to_owned(),
                },
                _ => Origin::Registry {
                    index: Some("https://r.example/".to_owned()),
                    file: None,
                    default: false,
                },
            };
            package
        };
        let left = package("left", "1.2.3", kind);
        let app = package("app", "0.1.0", ComponentKind::Own);
        let manifest = format!("[package]\nname = \"app\"\n{manifest}");
        let mut files = vec![("Cargo.toml", manifest.as_str())];
        files.extend(more);
        judged_with("cargo-lock", "Cargo.lock", &files, vec![app, left]).0
    };
    let asked = "[dependencies]\nleft = { version = \"1\", registry = \"own\" }\n";
    let own = ComponentKind::Own;
    assert!(check(ComponentKind::Dependency, asked, &[]).is_empty());
    assert_eq!(check(own, asked, &[]), ["Cargo.toml:4 left.registry = own"]);
    // It is one where the manifest or the configuration says so.
    let path = "[dependencies]\nleft = { version = \"1\", path = \"left\" }\n";
    assert!(check(own, path, &[]).is_empty());
    let patch = "[patch.own]\nleft = { path = \"left\" }\n";
    assert!(check(own, &format!("{asked}{patch}"), &[]).is_empty());
    assert!(check(own, asked, &[(".cargo/config.toml", patch)]).is_empty());
}

#[test]
fn go_wants_both_hashes_of_what_is_required_directly() {
    let check = |requirement: &str, schemes: &[&'static str]| {
        let mut left = component("go.mod", "example.com/left", "v1.2.3");
        left.occurrences[0].location = Location::line("go.mod", 3);
        left.occurrences[0].checksums = schemes
            .iter()
            .map(|scheme| Checksum::Opaque {
                scheme,
                value: "h1:x=".to_owned(),
            })
            .collect();
        let manifest = format!("module example.com/app\n\n{requirement}\n");
        let files = [("go.mod", manifest.as_str()), ("go.sum", "")];
        judged_with("go-mod", "go.mod", &files, vec![left]).0
    };
    let direct = "require example.com/left v1.2.3";
    let indirect = "require example.com/left v1.2.3 // indirect";
    let told = ["go.mod:3 example.com/left = v1.2.3"];
    assert!(check(direct, &["go-h1", "go-mod-h1"]).is_empty());
    assert_eq!(check(direct, &["go-mod-h1"]), told);
    assert_eq!(check(direct, &["go-h1"]), told);
    // No package of it need be imported.
    assert!(check(indirect, &["go-mod-h1"]).is_empty());
    assert_eq!(check(indirect, &["go-h1"]), told);
}

#[test]
fn packages_config_asks_for_exactly_what_is_locked() {
    let lock = |requested: &str| {
        format!(
            "{{\"version\": 1, \"dependencies\": {{\"Any,Version=v0.0\": {{\"Acme.Left\": {{\"type\": \"Direct\", \"requested\": \"{requested}\", \"resolved\": \"1.2.3\"}}}}}}}}"
        )
    };
    let check = |requested: &str, package: &str| {
        let listed = format!("<packages>\n{package}\n</packages>");
        let lock = lock(requested);
        let files = [
            ("packages.config", listed.as_str()),
            ("packages.lock.json", &lock),
        ];
        judged("nuget-lock", "packages.lock.json", &files, &[])
    };
    let exact = "[1.2.3, 1.2.3]";
    let told = |package: &str| check(exact, package).0;
    assert!(told("<package id=\"acme.left\" version=\"1.2.3.0\"/>").is_empty());
    assert_eq!(
        told("<package id=\"Acme.Left\" version=\"1.2.4\"/>"),
        ["packages.config:2 Acme.Left = 1.2.4"]
    );
    assert_eq!(
        told("<package id=\"Acme.Right\" version=\"1.2.3\"/>"),
        ["packages.config:2 Acme.Right = 1.2.3"]
    );
    assert_eq!(
        told("<package id=\"Acme.Left\" version=\"1.2.3-beta\"/>"),
        ["packages.config:2 Acme.Left = 1.2.3-beta"]
    );
    // The lockfile of a project file that has moved on from the list.
    let other = "<package id=\"Acme.Right\" version=\"9.0.0\"/>";
    assert_eq!(check("[1.2.3, )", other), (Vec::new(), Vec::new()));
    let (stale, gaps) = check(exact, "<package");
    assert!(stale.is_empty() && gaps.len() == 1, "{gaps:?}");
}
