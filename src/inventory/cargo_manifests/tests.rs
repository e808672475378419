use super::*;
use crate::inventory::formats::{Format as _, Input, cargo_lock::CargoLock};
use crate::support::files::write_atomic;
use std::fmt::Write as _;

/// A lockfile of `name version [dependency…]`; a `*` before the name makes it an own one.
fn lock(entries: &[&str]) -> String {
    let mut lock = "version = 4\n".to_owned();
    for entry in entries {
        let mut words = entry.trim_start_matches('*').split(' ');
        let (name, version) = (words.next().unwrap(), words.next().unwrap());
        let dependencies: Vec<String> = words
            .map(|word| format!("\"{}\"", word.replace('@', " ")))
            .collect();
        let source = match entry.starts_with('*') {
            true => "",
            false => "source = \"registry+https://registry.example/index\"\n",
        };
        let _ = write!(
            lock,
            "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{source}dependencies = [{}]\n",
            dependencies.join(", ")
        );
    }
    lock
}

fn complete_in(base: &str, files: &[(&str, &str)], entries: &[&str]) -> Parsed {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_atomic(&path, text.as_bytes()).unwrap();
    }
    let tree = Tree::new(directory.path());
    let text = lock(entries);
    let mut parsed = CargoLock
        .parse(&Input {
            path: "Cargo.lock",
            text: &text,
            neighbours: &tree,
            maven: &crate::inventory::formats::pom::Shelf::default(),
        })
        .unwrap();
    let directories: Vec<&str> = files
        .iter()
        .filter_map(|(path, _)| path.strip_suffix("Cargo.toml"))
        .map(|path| path.trim_end_matches('/'))
        .collect();
    complete(&tree, &directories, base, &mut parsed);
    parsed
}

/// `name@version scope` of every package.
fn scopes(files: &[(&str, &str)], entries: &[&str]) -> Vec<String> {
    complete_in("", files, entries)
        .packages
        .iter()
        .map(|package| {
            let version = package.version.as_deref().unwrap();
            format!("{}@{version} {}", package.name, package.scope.as_str())
        })
        .collect()
}

#[test]
fn every_kind_of_table_gives_its_scope_and_the_widest_way_counts() {
    let manifest = r#"
        [package]
        name = "app"
        [dependencies]
        run = "1"
        [dev-dependencies]
        test = "1"
        renamed = { package = "other-name", version = "1" }
        [build-dependencies]
        make = "1"
        [target.'cfg(windows)'.dependencies]
        win = "1"
        [target.'cfg(unix)'.dev_dependencies]
        old-spelling = "1"
    "#;
    let got = scopes(
        &[("Cargo.toml", manifest)],
        &[
            "*app 1.0.0 run test other-name make win old-spelling",
            "run 1.0.0 both",
            "test 1.0.0 both deep",
            "other-name 1.0.0",
            "make 1.0.0 deep tool",
            "win 1.0.0",
            "old-spelling 1.0.0",
            "both 1.0.0",
            "deep 1.0.0",
            "tool 1.0.0",
        ],
    );
    assert_eq!(
        got,
        [
            "app@1.0.0 runtime",
            "run@1.0.0 runtime",
            "test@1.0.0 dev",
            "other-name@1.0.0 dev",
            "make@1.0.0 build",
            "win@1.0.0 runtime",
            "old-spelling@1.0.0 dev",
            "both@1.0.0 runtime",
            "deep@1.0.0 build",
            "tool@1.0.0 build",
        ]
    );
}

#[test]
fn two_versions_of_one_name_are_told_apart_by_what_was_asked_for() {
    let manifest = r#"
        [package]
        name = "app"
        [dependencies]
        a = "2"
        [dev-dependencies]
        a-old = { package = "a", version = "1.0" }
    "#;
    let entries = [
        "*app 1.0.0 a@1.5.0 a@2.0.0 a@3.0.0",
        "a 1.5.0",
        "a 2.0.0",
        "a 3.0.0",
    ];
    assert_eq!(
        scopes(&[("Cargo.toml", manifest)], &entries),
        // Nobody asked for 3: that edge is not explained, so it is one of run time.
        [
            "app@1.0.0 runtime",
            "a@1.5.0 dev",
            "a@2.0.0 runtime",
            "a@3.0.0 runtime"
        ]
    );
}

#[test]
fn members_inherit_and_each_member_is_a_root() {
    let root = r#"
        [workspace]
        members = ["crates/*"]
        exclude = ["crates/out"]
        [workspace.package]
        license = "MIT/Apache-2.0"
        [workspace.dependencies]
        short = { package = "long-name", version = "1" }
        helper = { path = "tools/helper" }
    "#;
    let one = r#"
        [package]
        name = "one"
        license.workspace = true
        [dev-dependencies]
        short.workspace = true
        helper = { workspace = true }
        out = { path = "../out" }
    "#;
    let helper = "[package]\nname = \"helper\"\n[dependencies]\nh = \"1\"\n";
    let out = "[package]\nname = \"out\"\nlicense = \"ISC\"\n[dependencies]\no = \"1\"\n";
    let files = [
        ("Cargo.toml", root),
        ("crates/one/Cargo.toml", one),
        ("crates/out/Cargo.toml", out),
        ("tools/helper/Cargo.toml", helper),
    ];
    let entries = [
        "*one 1.0.0 long-name helper out",
        "*helper 1.0.0 h",
        "*out 1.0.0 o",
        "long-name 1.0.0",
        "h 1.0.0",
        "o 1.0.0",
    ];
    assert_eq!(
        scopes(&files, &entries),
        [
            "one@1.0.0 runtime",
            // Below the workspace a path dependency is a member.
            "helper@1.0.0 runtime",
            // Excluded: only the tests of `one` need it.
            "out@1.0.0 dev",
            "long-name@1.0.0 dev",
            "h@1.0.0 runtime",
            "o@1.0.0 dev",
        ]
    );
    let parsed = complete_in("", &files, &entries);
    assert_eq!(
        parsed.packages[0].licence.as_deref(),
        Some("MIT/Apache-2.0")
    );
    assert_eq!(parsed.packages[1].licence, None);
    assert_eq!(parsed.packages[2].licence.as_deref(), Some("ISC"));
}

#[test]
fn without_a_manifest_nothing_is_known() {
    let entries = ["*app 1.0.0 a", "a 1.0.0"];
    let unknown = ["app@1.0.0 unknown", "a@1.0.0 unknown"];
    assert_eq!(scopes(&[], &entries), unknown);
    assert_eq!(
        scopes(&[("Cargo.toml", "[package\nname = 1")], &entries),
        unknown
    );
    // Half a manifest does not say what the other half asks for.
    let half = "[package]\nname = 'app'\n[dev-dependencies]\na = '1'\n[[bin]]\nname = ?\n";
    assert_eq!(scopes(&[("Cargo.toml", half)], &entries), unknown);
}

#[test]
fn an_own_package_without_a_manifest_counts_as_run_time() {
    let manifest = "[package]\nname = 'app'\n[dev-dependencies]\nfar = { path = '../far' }\n";
    let entries = ["*app 1.0.0 far", "*far 1.0.0 a", "a 1.0.0", "stale 1.0.0"];
    assert_eq!(
        scopes(&[("Cargo.toml", manifest)], &entries),
        [
            "app@1.0.0 runtime",
            "far@1.0.0 runtime",
            "a@1.0.0 runtime",
            "stale@1.0.0 unknown"
        ]
    );
}

#[test]
fn a_hostile_manifest_is_harmless() {
    let mut manifest = "[package]\nname = 'app'\n[dev-dependencies]\n".to_owned();
    for number in 0..5_000 {
        let _ = writeln!(
            manifest,
            "k{number} = {{ package = 'a', version = '={number}.0.0' }}"
        );
    }
    manifest.push_str("out = { path = '../../../../etc' }\nloop = { path = '.' }\nbad = 7\n");
    manifest
        .push_str("[workspace]\nmembers = ['/', '..', '**']\n[patch.x]\ny = { path = '/etc' }\n");
    let versions: Vec<String> = (0..5_000).map(|n| format!("a@{n}.0.0")).collect();
    let app = format!("*app 1.0.0 {}", versions.join(" "));
    let entries: Vec<String> = std::iter::once(app)
        .chain((0..5_000).map(|n| format!("a {n}.0.0")))
        .collect();
    let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
    let got = scopes(&[("Cargo.toml", &manifest)], &entries);
    // Too many ways to tell them apart.
    assert!(got.iter().all(|line| line.ends_with(" runtime")));
}

#[test]
fn a_directory_is_found_relative_to_its_manifest_and_never_outside() {
    assert_eq!(inside("a/b", "../c").as_deref(), Some("a/c"));
    assert_eq!(inside("a", "..").as_deref(), Some(""));
    assert_eq!(inside("", ".").as_deref(), Some(""));
    for (directory, path) in [("", ".."), ("", "../x"), ("a", "../../x"), ("a", "/etc")] {
        assert_eq!(inside(directory, path), None, "{directory} {path}");
    }
}
