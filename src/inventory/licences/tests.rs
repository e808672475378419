use super::*;
use crate::inventory::{Options, read_tree};
use crate::model::{GitReference, Location, Occurrence, Origin, Purl, Scope};
use crate::support::files::write_atomic;
use crate::support::hash::sha256;
use crate::support::process::{self, Invocation};
use cargo_metadata::{MetadataCommand, TargetKind};
use std::collections::BTreeMap;
use std::time::Duration;
use tempfile::TempDir;

fn files(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_atomic(&path, text.as_bytes()).unwrap();
    }
    directory
}

fn component(
    ecosystem: Ecosystem,
    name: &str,
    version: &str,
    checksums: Vec<Checksum>,
) -> Component {
    Component {
        purl: Purl::of_package(ecosystem, name, Some(version), &[]).unwrap(),
        ecosystem,
        name: name.to_owned(),
        version: Some(version.to_owned()),
        kind: ComponentKind::Dependency,
        licence: Licence::default(),
        runs_install_code: None,
        availability: crate::model::Availability::Unknown,
        cargo: None,
        occurrences: vec![Occurrence {
            location: Location::line("web/lock", 1),
            origin: Origin::Registry {
                index: None,
                file: None,
                default: true,
            },
            checksums,
            scope: Scope::Unknown,
        }],
    }
}

fn filled(tree: &Path, caches: &Caches, component: &Component) -> Component {
    let mut all = [component.clone()];
    fill(tree, caches, &mut all);
    let [component] = all;
    component
}

/// The reason why a licence is not known.
fn reason(component: &Component) -> &str {
    match &component.licence {
        Licence::Unknown { reason } => reason,
        known => panic!("{known:?}"),
    }
}

const UNPROVED: &str = "is not proved to be the locked one";
const ABSENT: &str = "nor is the package in the";

fn locked(bytes: &str) -> Vec<Checksum> {
    vec![Checksum::File(sha256(bytes.as_bytes()))]
}

#[test]
fn a_crate_counts_only_with_the_locked_checksum() {
    let manifest = |licence: &str| {
        format!(
            "[package]\nname = \"a\"\nversion = \"1.0.0\"\nlicense = \"{licence}\"\n[lib]\nproc-macro = true\n"
        )
    };
    let home = files(&[
        (
            "registry/src/one.example-01/a-1.0.0/Cargo.toml",
            &manifest("ISC"),
        ),
        (
            "registry/cache/one.example-01/a-1.0.0.crate",
            "another package",
        ),
        (
            "registry/src/two.example-02/a-1.0.0/Cargo.toml",
            &manifest("MIT/Apache-2.0"),
        ),
        ("registry/cache/two.example-02/a-1.0.0.crate", "the package"),
    ]);
    let caches = Caches {
        cargo_home: Some(home.path().to_owned()),
        ..Caches::default()
    };
    let of = |checksums| {
        let one = component(Ecosystem::Cargo, "a", "1.0.0", checksums);
        filled(home.path(), &caches, &one)
    };
    let told = of(locked("the package"));
    assert_eq!(told.licence.text(), Some("MIT OR Apache-2.0"));
    assert_eq!(told.licence.source(), Some(LicenceSource::CargoRegistry));
    assert_eq!(told.runs_install_code, Some(true));
    for checksums in [
        locked("a third one"),
        Vec::new(),
        [locked("the package"), locked("another package")].concat(),
    ] {
        let told = of(checksums);
        assert!(reason(&told).contains(UNPROVED), "{}", reason(&told));
        assert_eq!(told.runs_install_code, None);
    }
}

#[test]
fn a_crate_that_is_not_there_or_from_elsewhere_stays_unknown() {
    let home = files(&[
        (
            "secret-1/Cargo.toml",
            "[package]\nname = \"../../secret\"\nversion = \"1\"\nlicense = \"MIT\"\n",
        ),
        ("registry/src/one.example-01/b-1.0.0/README", ""),
    ]);
    let caches = Caches {
        cargo_home: Some(home.path().to_owned()),
        ..Caches::default()
    };
    let of = |one: &Component| filled(home.path(), &caches, one);
    for name in ["b", "absent", "../../secret", "..", "b/../b"] {
        let one = component(Ecosystem::Cargo, name, "1.0.0", locked("x"));
        assert!(reason(&of(&one)).contains(ABSENT), "{name}");
    }
    let mut git = component(Ecosystem::Cargo, "b", "1.0.0", Vec::new());
    git.occurrences[0].origin = Origin::Git {
        url: "https://git.example/b".to_owned(),
        reference: GitReference::Default,
        commit: None,
    };
    assert!(reason(&of(&git)).contains("holds packages of registries only"));
    // Without a cache that may be read, nobody is asked.
    let one = component(Ecosystem::Cargo, "b", "1.0.0", locked("x"));
    assert_eq!(filled(home.path(), &Caches::default(), &one), one);
}

#[test]
fn packages_are_found_in_every_layout_of_node_modules() {
    let manifest =
        |name: &str, rest: &str| format!("{{\"name\": \"{name}\", \"version\": \"1.0.0\"{rest}}}");
    let mit = ", \"license\": \"MIT\"";
    let own = "web/node_modules";
    let tree = files(&[
        (&format!("{own}/flat/package.json"), &manifest("flat", mit)),
        (
            &format!("{own}/flat/node_modules/@s/nested/package.json"),
            &manifest(
                "@s/nested",
                ", \"licenses\": [{\"type\": \"MIT\"}, {\"type\": \"ISC\"}]",
            ),
        ),
        (
            &format!("{own}/.pnpm/stored@1.0.0_peer@2/node_modules/stored/package.json"),
            &manifest(
                "stored",
                ", \"license\": \"BSD\", \"scripts\": {\"postinstall\": \"node x\"}",
            ),
        ),
        (
            &format!("{own}/alias/package.json"),
            &manifest("real", ", \"license\": {\"type\": \"mit\"}"),
        ),
        (
            &format!("{own}/native/package.json"),
            &manifest("native", ""),
        ),
        (&format!("{own}/native/binding.gyp"), "{}"),
        (&format!("{own}/broken/package.json"), "{"),
        // Another directory than that of the lockfile.
        (
            "node_modules/elsewhere/package.json",
            &manifest("elsewhere", mit),
        ),
    ]);
    let caches = Caches {
        in_tree: true,
        ..Caches::default()
    };
    let of = |name: &str| {
        let one = component(Ecosystem::Npm, name, "1.0.0", Vec::new());
        filled(tree.path(), &caches, &one)
    };
    assert_eq!(of("flat").licence.text(), Some("MIT"));
    assert_eq!(of("flat").runs_install_code, Some(false));
    assert_eq!(of("@s/nested").licence.text(), Some("MIT OR ISC"));
    assert!(matches!(of("stored").licence, Licence::Text { .. }));
    assert_eq!(of("stored").runs_install_code, Some(true));
    assert_eq!(of("real").licence.text(), Some("MIT"));
    assert_eq!(reason(&of("native")), "the package states none");
    assert_eq!(of("native").runs_install_code, Some(true));
    for name in ["alias", "broken", "elsewhere"] {
        assert!(reason(&of(name)).contains(ABSENT), "{name}");
    }
    // What the lockfile says stays.
    let mut one = component(Ecosystem::Npm, "stored", "1.0.0", Vec::new());
    one.licence = Licence::of_text("ISC", LicenceSource::Lockfile);
    one.runs_install_code = Some(false);
    assert_eq!(filled(tree.path(), &caches, &one), one);
}

#[test]
fn an_installed_package_with_another_integrity_is_not_the_locked_one() {
    let digest = |text: &str| format!("sha256-{}", base64(&sha256(text.as_bytes())));
    let hidden = format!(
        "{{\"packages\": {{\"node_modules/a\": {{\"integrity\": \"{}\"}}}}}}",
        digest("installed")
    );
    let manifest = |name: &str, rest: &str| {
        format!("{{\"name\": \"{name}\", \"version\": \"1.0.0\", \"license\": \"MIT\"{rest}}}")
    };
    let old = format!(", \"_integrity\": \"{}\"", digest("installed"));
    let tree = files(&[
        ("web/node_modules/.package-lock.json", &hidden),
        ("web/node_modules/a/package.json", &manifest("a", "")),
        ("web/node_modules/b/package.json", &manifest("b", &old)),
    ]);
    let caches = Caches {
        in_tree: true,
        ..Caches::default()
    };
    for name in ["a", "b"] {
        let of = |checksums| {
            filled(
                tree.path(),
                &caches,
                &component(Ecosystem::Npm, name, "1.0.0", checksums),
            )
        };
        assert_eq!(of(locked("installed")).licence.text(), Some("MIT"));
        assert_eq!(of(Vec::new()).licence.text(), Some("MIT"));
        assert!(reason(&of(locked("other"))).contains(UNPROVED), "{name}");
    }
}

fn base64(digest: &Digest) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(hex::decode(digest.hex()).unwrap())
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_tree_is_not_read() {
    let outside = files(&[(
        "a/package.json",
        "{\"name\": \"a\", \"version\": \"1.0.0\", \"license\": \"MIT\"}",
    )]);
    let tree = files(&[("web/package.json", "{}"), ("web/other/x", "")]);
    std::os::unix::fs::symlink(outside.path(), tree.path().join("web/node_modules")).unwrap();
    let caches = Caches {
        in_tree: true,
        ..Caches::default()
    };
    let one = component(Ecosystem::Npm, "a", "1.0.0", Vec::new());
    assert!(reason(&filled(tree.path(), &caches, &one)).contains(ABSENT));
}

#[test]
fn a_distribution_counts_where_name_version_and_kind_of_origin_agree() {
    let metadata = |name: &str, version: &str| {
        format!(
            "Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nLicense-Expression: MIT\n\nText\n"
        )
    };
    let site = "web/.venv/lib/python3.12/site-packages";
    let tree = files(&[
        ("web/.venv/pyvenv.cfg", ""),
        (
            &format!("{site}/Typing_Extensions-4.0.dist-info/METADATA"),
            &metadata("Typing_Extensions", "4.0"),
        ),
        (
            &format!("{site}/direct-1.0.dist-info/METADATA"),
            &metadata("direct", "1.0"),
        ),
        (
            &format!("{site}/direct-1.0.dist-info/direct_url.json"),
            "{}",
        ),
        (
            &format!("{site}/liar-1.0.dist-info/METADATA"),
            &metadata("other", "1.0"),
        ),
        // No virtual environment.
        (
            "web/env/lib/python3.12/site-packages/b-1.0.dist-info/METADATA",
            &metadata("b", "1.0"),
        ),
    ]);
    let in_tree = Caches {
        in_tree: true,
        ..Caches::default()
    };
    let named = Caches {
        site_packages: vec![tree.path().join(site)],
        ..Caches::default()
    };
    let elsewhere = tempfile::tempdir().unwrap();
    for (root, caches) in [(tree.path(), &in_tree), (elsewhere.path(), &named)] {
        let of = |name: &str, version: &str| {
            filled(
                root,
                caches,
                &component(Ecosystem::Pypi, name, version, Vec::new()),
            )
        };
        assert_eq!(of("typing-extensions", "4.0.0").licence.text(), Some("MIT"));
        assert_eq!(of("typing-extensions", "4.0.0").runs_install_code, None);
        assert!(reason(&of("typing-extensions", "4.1")).contains(ABSENT));
        assert!(reason(&of("direct", "1.0")).contains(UNPROVED));
        assert!(reason(&of("liar", "1.0")).contains(ABSENT));
        assert!(reason(&of("b", "1.0")).contains(ABSENT));
        let mut direct = component(Ecosystem::Pypi, "direct", "1.0", Vec::new());
        direct.occurrences[0].origin = Origin::Url {
            url: "https://files.example/direct.whl".to_owned(),
        };
        assert_eq!(filled(root, caches, &direct).licence.text(), Some("MIT"));
    }
}

#[test]
fn a_go_module_counts_with_the_locked_hash_and_an_identifier() {
    let store = files(&[
        (
            "h.example/!acme/a@v1.0.0/LICENSE",
            "// SPDX-License-Identifier: BSD-3-Clause\ntext",
        ),
        (
            "cache/download/h.example/!acme/a/@v/v1.0.0.ziphash",
            "h1:good=\n",
        ),
        (
            "h.example/b@v1.0.0/LICENSE",
            "MIT License\n\nPermission is hereby granted",
        ),
        ("cache/download/h.example/b/@v/v1.0.0.ziphash", "h1:good="),
        ("h.example/c@v1.0.0/LICENSE", "SPDX-License-Identifier: MIT"),
    ]);
    let caches = Caches {
        go_modules: Some(store.path().to_owned()),
        ..Caches::default()
    };
    let of = |name: &str, value: &str| {
        let checksums = vec![Checksum::Opaque {
            scheme: "go-h1",
            value: value.to_owned(),
        }];
        let one = component(Ecosystem::Golang, name, "v1.0.0", checksums);
        filled(store.path(), &caches, &one)
    };
    assert_eq!(
        of("h.example/Acme/a", "h1:good=").licence.text(),
        Some("BSD-3-Clause")
    );
    assert!(reason(&of("h.example/Acme/a", "h1:bad=")).contains(UNPROVED));
    assert!(reason(&of("h.example/b", "h1:good=")).contains("not classified"));
    assert!(reason(&of("h.example/c", "h1:good=")).contains(UNPROVED));
    assert!(reason(&of("h.example/acme/a", "h1:good=")).contains(ABSENT));
    assert!(reason(&of("../../../etc", "h1:good=")).contains(ABSENT));
}

#[test]
fn a_pom_without_licences_has_those_of_its_parent() {
    let pom = |id: &str, rest: &str| {
        format!(
            "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><artifactId>{id}</artifactId>{rest}</project>"
        )
    };
    let parent =
        "<parent><groupId>org.x</groupId><artifactId>up</artifactId><version>1</version></parent>";
    let licence = "<groupId>org.x</groupId><version>1</version><licenses><license><name>The Apache Software License, Version 2.0</name></license></licenses>";
    let circle =
        "<parent><groupId>org.x</groupId><artifactId>c</artifactId><version>1</version></parent>";
    let store = files(&[
        ("org/x/a/1/a-1.pom", &pom("a", parent)),
        ("org/x/up/1/up-1.pom", &pom("up", licence)),
        ("org/x/c/1/c-1.pom", &pom("c", circle)),
        ("org/x/d/1/d-1.pom", &pom("other", parent)),
        ("org/x/e/1/e-1.pom", "<project"),
    ]);
    let caches = Caches {
        maven_repository: Some(store.path().to_owned()),
        ..Caches::default()
    };
    let of = |name: &str| {
        let one = component(Ecosystem::Maven, name, "1", Vec::new());
        filled(store.path(), &caches, &one)
    };
    assert_eq!(of("org.x:a").licence.text(), Some("Apache-2.0"));
    assert_eq!(
        of("org.x:a").licence.source(),
        Some(LicenceSource::MavenRepository)
    );
    assert_eq!(reason(&of("org.x:c")), "the pom and its parents state none");
    assert!(reason(&of("org.x:d")).contains(UNPROVED));
    for name in ["org.x:e", "org.x:absent", "no-colon", "..:..", "org.x:../a"] {
        assert!(reason(&of(name)).contains(ABSENT), "{name}");
    }
}

/// Every crate of this repository's lockfile against what cargo says of it.
#[test]
fn the_crates_of_this_repository_have_the_licences_that_cargo_says() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let finished = process::run(&Invocation {
        program: Path::new(env!("CARGO")),
        arguments: &["metadata", "--locked", "--offline", "--format-version", "1"],
        directory: repository,
        variables: &[],
        output_limit: 100_000_000,
        time_limit: Duration::from_secs(300),
    })
    .unwrap();
    if finished.code != Some(0) {
        println!("skipped: {}", String::from_utf8_lossy(&finished.stderr));
        return;
    }
    let metadata = MetadataCommand::parse(String::from_utf8(finished.stdout).unwrap()).unwrap();
    let fetched = metadata
        .packages
        .iter()
        .filter(|package| package.source.is_some());
    // `HOME/registry/src/INDEX/NAME-VERSION/Cargo.toml`
    let home = fetched
        .clone()
        .find_map(|package| package.manifest_path.ancestors().nth(5))
        .map(|home| home.as_std_path().to_owned());
    let options = Options {
        caches: Caches {
            cargo_home: home,
            ..Caches::default()
        },
        ..Options::default()
    };
    let inventory = read_tree(repository, &options).unwrap();
    let ours: BTreeMap<(String, String), &Component> = inventory
        .components
        .iter()
        .filter(|component| component.ecosystem == Ecosystem::Cargo)
        .map(|c| ((c.name.clone(), c.version.clone().unwrap_or_default()), c))
        .collect();
    let mut compared = 0;
    for package in &metadata.packages {
        let key = (package.name.to_string(), package.version.to_string());
        let ours = ours[&key];
        let text = package.license.as_deref().unwrap_or_default();
        let want = Licence::of_text(text, LicenceSource::CargoRegistry);
        assert_eq!(ours.licence.text(), want.text(), "{key:?}");
        assert!(
            matches!(ours.licence, Licence::Expression { .. }),
            "{key:?}: {text}"
        );
        if package.source.is_some() {
            let kinds = [TargetKind::CustomBuild, TargetKind::ProcMacro];
            let runs = package
                .targets
                .iter()
                .any(|target| target.kind.iter().any(|kind| kinds.contains(kind)));
            assert_eq!(ours.runs_install_code, Some(runs), "{key:?}");
        }
        compared += 1;
    }
    println!("{compared} of {} crates compared", ours.len());
    assert_eq!(compared, metadata.packages.len());
    assert!(compared > 100 && fetched.count() > 100);
}
