//! Each lockfile with a manifest that it holds, and one that it does not.

use super::*;
use crate::model::{
    Availability, Digest, DigestAlgorithm, Ecosystem, Licence, LockfileRead, Occurrence, Purl,
    Root, Scope,
};
use crate::support::files::write_atomic;
use std::collections::BTreeMap;

fn component(path: &str, name: &str, version: &str) -> Component {
    Component {
        purl: Purl::parse(&format!(
            "pkg:generic/{}@{version}",
            name.replace(['@', '/'], "-")
        ))
        .unwrap(),
        ecosystem: Ecosystem::Generic,
        name: name.to_owned(),
        version: Some(version.to_owned()),
        kind: crate::model::ComponentKind::Dependency,
        licence: Licence::default(),
        runs_install_code: None,
        availability: Availability::Unknown,
        cargo: None,
        occurrences: vec![Occurrence {
            location: Location::line(path, 1),
            origin: Origin::Unrecorded,
            checksums: Vec::new(),
            scope: Scope::Runtime,
        }],
    }
}

/// What the manifests ask for and the lockfile at `path`, with these names, does not have:
/// `place says`.
fn stale(
    format: &'static str,
    path: &str,
    files: &[(&str, &str)],
    names: &[(&str, &str)],
) -> Vec<String> {
    let (stale, gaps) = judged(format, path, files, names);
    assert!(gaps.is_empty(), "{gaps:?}");
    stale
}

/// The same, and the gaps: `place message`.
fn judged(
    format: &'static str,
    path: &str,
    files: &[(&str, &str)],
    names: &[(&str, &str)],
) -> (Vec<String>, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_atomic(&path, text.as_bytes()).unwrap();
    }
    let inventory = Inventory {
        root: Root {
            name: "shop".to_owned(),
            version: None,
        },
        components: names
            .iter()
            .map(|(name, version)| component(path, name, version))
            .collect(),
        edges: BTreeMap::new(),
        direct: BTreeSet::new(),
        lockfiles: vec![LockfileRead {
            path: path.to_owned(),
            format,
            packages: names.len(),
            has_graph: true,
            digest: Digest::new(DigestAlgorithm::Sha256, vec![0; 32]).unwrap(),
        }],
        skipped: Vec::new(),
        gaps: Vec::new(),
    };
    let source = Source::new(dir.path(), None);
    let findings = check(dir.path(), &inventory, &source);
    let stale = findings
        .iter()
        .flat_map(|finding| match &finding.detail {
            Detail::Registry(detail) => detail.configuration.clone(),
            _ => Vec::new(),
        })
        .map(|place| format!("{} {}", place.location, place.says))
        .collect();
    let gaps = source.into_gaps();
    let gaps = gaps
        .iter()
        .map(|gap| format!("{} {}", gap.location.as_ref().unwrap(), gap.message))
        .collect();
    (stale, gaps)
}

/// A lockfile with this text as a version.
type LockWith<'a> = &'a dyn Fn(&str) -> String;

#[test]
fn a_copy_with_a_member_of_another_type_is_a_gap() {
    let npm = |version: &str| {
        format!(
            "{{\"lockfileVersion\": 3, \"packages\": {{\n\"\": {{\"dependencies\": {{\"a\": {version}}}}}}}}}"
        )
    };
    let bun = |version: &str| {
        format!(
            "{{\"lockfileVersion\": 1, \"workspaces\": {{\n\"\": {{\"dependencies\": {{\"a\": {version},}},}},}},}}"
        )
    };
    let manifest = "{\"dependencies\": {\"a\": \"^2\"}}";
    let locks: [(&str, &str, LockWith<'_>); 2] = [
        ("package-lock", "package-lock.json", &npm),
        ("bun-lock", "bun.lock", &bun),
    ];
    for (format, path, lock) in locks {
        let judge = |version: &str| {
            let lock = lock(version);
            judged(
                format,
                path,
                &[(path, &lock), ("package.json", manifest)],
                &[],
            )
        };
        assert_eq!(judge("\"^2\""), (Vec::new(), Vec::new()), "{path}");
        assert_eq!(judge("\"^1\"").0, ["package.json:1 a = ^2"], "{path}");
        for wrong in ["2", "[\"^1\"]", "{}"] {
            let (stale, gaps) = judge(wrong);
            assert!(stale.is_empty(), "{path} {wrong}");
            assert!(gaps[0].starts_with(&format!("{path}:2 ")), "{gaps:?}");
            assert_eq!(gaps.len(), 1, "{path} {wrong}");
        }
    }
}

#[test]
fn a_manifest_that_breaks_off_is_a_gap() {
    let lock =
        "{\"lockfileVersion\": 3, \"packages\": {\"\": {\"dependencies\": {\"a\": \"^1\"}}}}";
    let judge = |manifest: &str| {
        let files = [("package-lock.json", lock), ("package.json", manifest)];
        judged("package-lock", "package-lock.json", &files, &[])
    };
    let (stale, gaps) = judge("{\"dependencies\": {\"a\": ");
    assert!(stale.is_empty() && gaps.len() == 1, "{gaps:?}");
    assert_eq!(
        judge("{\"dependencies\": {\"a\": \"^1\"}}"),
        (Vec::new(), Vec::new())
    );
}

#[test]
fn a_cargo_lockfile_is_compared_with_members_and_shared_requirements() {
    let root = "[workspace]\nmembers = [\"a\", \"crates/*\"]\n[workspace.dependencies]\nitoa = \"1\"\nryu = { version = \"2\" }\n";
    let member = "[package]\nname = \"a\"\n[dependencies]\nitoa.workspace = true\nryu = { workspace = true }\nown = { path = \"../own\", version = \"9\" }\n";
    let files = [("Cargo.toml", root), ("a/Cargo.toml", member)];
    let names = |ryu| {
        [
            ("a", "0.1.0"),
            ("itoa", "1.0.5"),
            ("own", "0.1.0"),
            ("ryu", ryu),
        ]
    };
    let judge = |ryu| stale("cargo-lock", "Cargo.lock", &files, &names(ryu));
    assert!(judge("2.1.0").is_empty());
    assert_eq!(judge("1.9.0"), ["a/Cargo.toml:5 ryu = 2"]);
    assert_eq!(
        stale("cargo-lock", "Cargo.lock", &files, &[("itoa", "1.0.5")]),
        ["a/Cargo.toml:2 name = a"]
    );
}

#[test]
fn a_package_lock_holds_a_copy_of_every_manifest() {
    let lock = r#"{"lockfileVersion": 3, "packages": {
"": {"dependencies": {"a": "^1"}, "devDependencies": {"b": "2"}},
"ws/x": {"dependencies": {"c": "*"}},
"node_modules/x": {"link": true, "resolved": "ws/x"},
"node_modules/a": {"version": "1.0.0", "dependencies": {"d": "1"}}}}"#;
    let root = "{\n\"dependencies\": {\"a\": \"^1\"},\n\"devDependencies\": {\"b\": \"2\"}}";
    let judge = |root: &str, member: &str| {
        let files = [
            ("package-lock.json", lock),
            ("package.json", root),
            ("ws/x/package.json", member),
        ];
        stale("package-lock", "package-lock.json", &files, &[])
    };
    let member = "{\"dependencies\": {\"c\": \"*\"}}";
    assert!(judge(root, member).is_empty());
    assert_eq!(
        judge(&root.replace("\"2\"", "\"3\""), member),
        ["package.json:3 b = 3"]
    );
    assert_eq!(
        judge(root, "{\"dependencies\": {\"e\": \"1\"}}"),
        ["ws/x/package.json:1 e = 1"]
    );
}

#[test]
fn pnpm_and_bun_hold_copies_too() {
    let pnpm = "lockfileVersion: '9.0'\noverrides:\n  o: 1.0.0\nimporters:\n  .:\n    dependencies:\n      a:\n        specifier: ^1\n        version: 1.0.0\npackages:\n  a@1.0.0: {}\n";
    let judge = |manifest: &str| {
        let files = [("pnpm-lock.yaml", pnpm), ("package.json", manifest)];
        stale("pnpm-lock", "pnpm-lock.yaml", &files, &[])
    };
    assert!(
        judge("{\"dependencies\": {\"a\": \"^1\", \"o\": \"2\", \"l\": \"link:../l\"}}").is_empty()
    );
    assert_eq!(
        judge("{\"dependencies\": {\"a\": \"^2\"}}"),
        ["package.json:1 a = ^2"]
    );
    let bun = "{\"lockfileVersion\": 1, \"workspaces\": {\"\": {\"name\": \"x\", \"dependencies\": {\"a\": \"^1\",},},},}";
    let judge = |manifest: &str| {
        let files = [("bun.lock", bun), ("package.json", manifest)];
        stale("bun-lock", "bun.lock", &files, &[])
    };
    assert!(judge("{\"dependencies\": {\"a\": \"^1\"}}").is_empty());
    assert_eq!(
        judge("{\"dependencies\": {\"b\": \"1\"}}"),
        ["package.json:1 b = 1"]
    );
}

#[test]
fn python_names_are_compared_as_python_compares_them() {
    let project =
        "[project]\ndependencies = [\"Flask-Login>=1; python_version>'3'\", \"zope.interface\"]\n";
    let names = [("flask-login", "1.0"), ("zope-interface", "5")];
    for (format, lock) in [
        ("uv-lock", "uv.lock"),
        ("pdm-lock", "pdm.lock"),
        ("poetry-lock", "poetry.lock"),
    ] {
        let files = [("pyproject.toml", project)];
        assert!(stale(format, lock, &files, &names).is_empty(), "{format}");
        assert_eq!(
            stale(format, lock, &files, &names[..1]),
            ["pyproject.toml:2 zope.interface = zope.interface"]
        );
    }
    let poetry = "[tool.poetry.dependencies]\npython = \"^3\"\n[tool.poetry.group.dev.dependencies]\npytest = \"^8\"\n";
    let files = [("pyproject.toml", poetry)];
    assert_eq!(
        stale("poetry-lock", "poetry.lock", &files, &[]),
        ["pyproject.toml:4 pytest = ^8"]
    );
    let files = [(
        "Pipfile",
        "[packages]\nrequests = \"*\"\nown = {path = \".\"}\n",
    )];
    assert_eq!(
        stale("pipfile-lock", "Pipfile.lock", &files, &[]),
        ["Pipfile:2 requests = *"]
    );
    assert!(stale("pipfile-lock", "Pipfile.lock", &files, &[("requests", "2")]).is_empty());
}

#[test]
fn composer_and_bundler_names_are_compared() {
    let manifest = "{\"require\": {\"php\": \">=8\", \"acme/core\": \"^1\",\n\"psr/log-implementation\": \"*\"}}";
    let files = [
        ("composer.json", manifest),
        (
            "composer.lock",
            "{\"packages\": [{\"name\": \"x/y\", \"provide\": {\"psr/log-implementation\": \"1\"}}]}",
        ),
    ];
    assert!(
        stale(
            "composer-lock",
            "composer.lock",
            &files,
            &[("acme/core", "1")]
        )
        .is_empty()
    );
    assert_eq!(
        stale("composer-lock", "composer.lock", &files, &[]),
        ["composer.json:1 acme/core = ^1"]
    );
    let gem = |text: &str| {
        stale(
            "gemfile-lock",
            "Gemfile.lock",
            &[("Gemfile", text)],
            &[("rake", "13")],
        )
    };
    assert!(gem("gem 'rake'\n# gem 'no'\n").is_empty());
    assert_eq!(
        gem("group :test do\n  gem \"rspec\", '~> 3'\nend\n"),
        ["Gemfile:2 gem = rspec"]
    );
    assert!(gem("gem 'x' if ENV['X']\n").is_empty());
}
