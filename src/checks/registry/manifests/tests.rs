//! Each lockfile with a manifest that it holds, and one that it does not.

mod bounds;
mod hashes;
mod javascript;
mod python;
mod taken_away;
mod workspaces;

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
    let components = names
        .iter()
        .map(|(name, version)| component(path, name, version))
        .collect();
    judged_with(format, path, files, components)
}

/// The same of whole components.
fn judged_with(
    format: &'static str,
    path: &str,
    files: &[(&str, &str)],
    components: Vec<Component>,
) -> (Vec<String>, Vec<String>) {
    let packages = components.len();
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
        components,
        edges: BTreeMap::new(),
        direct: BTreeSet::new(),
        lockfiles: vec![LockfileRead {
            path: path.to_owned(),
            format,
            packages,
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
    let pnpm = "lockfileVersion: '9.0'\noverrides:\n  o: 1.0.0\nimporters:\n  .:\n    dependencies:\n      a:\n        specifier: ^1\n        version: 1.0.0\n      o:\n        specifier: 1.0.0\n        version: 1.0.0\npackages:\n  a@1.0.0: {}\n";
    let judge = |manifest: &str| {
        let files = [
            ("pnpm-lock.yaml", pnpm),
            ("package.json", manifest),
            ("pnpm-workspace.yaml", "overrides:\n  o: 1.0.0\n"),
        ];
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
fn every_request_of_a_manifest_is_in_a_yarn_lock() {
    let manifest = "{\"dependencies\": {\n\"left\": \"^1.0.0\",\n\"@acme/right\": \">=2 <4\",\n\"other\": \"npm:left@^1.0.0\",\n\"local\": \"file:./local\",\n\"hub\": \"acme/hub\"\n}}";
    let classic = "# yarn lockfile v1\n\n\n\"@acme/right@>=2 <4\":\n  version \"3.0.0\"\n\nleft@^1.0.0, left@^1.1.0:\n  version \"1.2.0\"\n  dependencies:\n    x \"1\"\n\n\"other@npm:left@^1.0.0\":\n  version \"1.2.0\"\n\n\"hub@acme/hub\":\n  version \"1.0.0\"\n";
    let berry = "__metadata:\n  version: 8\n\n\"@acme/right@npm:>=2 <4\":\n  version: 3.0.0\n\n\"left@npm:^1.0.0, left@npm:^1.1.0\":\n  version: 1.2.0\n\n\"other@npm:left@^1.0.0\":\n  version: 1.2.0\n\n\"hub@acme/hub\":\n  version: 1.0.0\n\n\"local@file:./local::locator=app%40workspace%3A.\":\n  version: 1.0.0\n\n\"app@workspace:.\":\n  resolution: \"app@workspace:.\"\n\n\"b@workspace:packages/b\":\n  resolution: \"b@workspace:packages/b\"\n";
    let check = |lock: &str, more: &[(&str, &str)]| {
        let mut files = vec![("package.json", manifest), ("yarn.lock", lock)];
        files.extend(more);
        stale("yarn-lock", "yarn.lock", &files, &[])
    };
    for lock in [classic, berry] {
        assert!(check(lock, &[]).is_empty());
        let other = lock.replace("^1.0.0, ", "^0.9.0, ");
        assert_eq!(check(&other, &[]), ["package.json:2 left = ^1.0.0"]);
        let other = lock.replace("<4", "<5");
        assert_eq!(check(&other, &[]), ["package.json:3 @acme/right = >=2 <4"]);
    }
    // Yarn 2 and later lists the projects of the workspace.
    let b = (
        "packages/b/package.json",
        "{\"dependencies\": {\"left\": \"^7.0.0\"}}",
    );
    assert_eq!(
        check(berry, &[b]),
        ["packages/b/package.json:1 left = ^7.0.0"]
    );
}

const CLASSIC: &str = "# yarn lockfile v1\n\nleft@^1.0.0:\n  version \"1.2.0\"\n";

/// What is stale of a `package.json` and a lockfile of Yarn, and further files.
fn of_yarn(lock: &str, manifest: &str, more: &[(&str, &str)]) -> Vec<String> {
    let mut files = vec![("package.json", manifest), ("yarn.lock", lock)];
    files.extend(more);
    stale("yarn-lock", "yarn.lock", &files, &[])
}

#[test]
fn what_resolutions_replace_is_not_compared_and_nothing_else_is_left_out() {
    let check = |pattern: &str| {
        let manifest = format!(
            "{{\"dependencies\": {{\"left\": \"^9.0.0\"}}, \"resolutions\": {{\"{pattern}\": \"1.2.0\"}}}}"
        );
        of_yarn(CLASSIC, &manifest, &[])
    };
    for replacing in ["left", "**/left", "left@^9.0.0", "left@npm:^9.0.0"] {
        assert!(check(replacing).is_empty(), "{replacing}");
    }
    // Names that have it as a part, a scope, or lead to another; what others or other
    // requests ask for.
    for other in [
        "left-pad",
        "@left/a",
        "@acme/left",
        "left/a",
        "a@npm:left",
        "a/left",
        "@acme/a/left",
        "a@npm:1.0.0/left@npm:^9.0.0",
        "left@npm:@acme/other@1",
        "left@npm:left@1",
        "left@patch:left@npm/x",
    ] {
        assert_eq!(check(other), ["package.json:1 left = ^9.0.0"], "{other}");
    }
}

#[test]
fn in_a_workspace_of_yarn_1_only_its_projects_have_no_entry() {
    let project = ("packages/b/package.json", "{\"name\": \"b\"}");
    for workspaces in [
        "[\"packages/*\"]",
        "{\"packages\": [\"./packages/**\"]}",
        "[\"packages/b\"]",
    ] {
        let check = |name: &str| {
            let manifest = format!(
                "{{\"dependencies\": {{\"{name}\": \"^1.5.0\"}}, \"workspaces\": {workspaces}}}"
            );
            of_yarn(CLASSIC, &manifest, &[project])
        };
        assert!(check("b").is_empty(), "{workspaces}");
        assert_eq!(check("new"), ["package.json:1 new = ^1.5.0"]);
    }
}

#[test]
fn a_name_in_two_groups_is_answered_by_one_of_them_or_stale() {
    let check = |one: &str, other: &str| {
        let manifest = format!(
            "{{\"dependencies\": {{\"left\": \"{one}\"}},\n\"devDependencies\": {{\"left\": \"{other}\"}}}}"
        );
        of_yarn(CLASSIC, &manifest, &[])
    };
    assert!(check("^1.0.0", "^2.0.0").is_empty());
    assert!(check("^2.0.0", "^1.0.0").is_empty());
    assert_eq!(
        check("^2.0.0", "^3.0.0"),
        [
            "package.json:1 left = ^2.0.0",
            "package.json:2 left = ^3.0.0"
        ]
    );
}

#[test]
fn a_key_of_yarn_2_that_is_too_long_for_one_line_is_read() {
    let many: Vec<String> = (0..99).map(|n| format!("left@npm:^1.0.{n}")).collect();
    let key = many.join(", ");
    let lock = format!("__metadata:\n  version: 8\n\n? \"{key}\"\n:\n  version: 1.2.0\n");
    let check = |asked: &str| {
        let manifest = format!("{{\"dependencies\": {{\"left\": \"{asked}\"}}}}");
        of_yarn(&lock, &manifest, &[])
    };
    for answered in ["^1.0.0", "^1.0.98"] {
        assert!(check(answered).is_empty(), "{answered}");
    }
    assert_eq!(check("^2.0.0"), ["package.json:1 left = ^2.0.0"]);
}

#[test]
fn direct_packages_of_nuget_are_compared_with_the_project_file() {
    let lock = "{\"version\": 1, \"dependencies\": {\"net8.0\": {\"Acme.Left\": {\"type\": \"Direct\", \"requested\": \"[1.2.0, )\", \"resolved\": \"1.2.3\"}, \"Acme.Deep\": {\"type\": \"Transitive\", \"resolved\": \"1.0.0\"}}}}";
    let check = |references: &str, more: &[(&str, &str)]| {
        let project = format!("<Project>\n<ItemGroup>\n{references}\n</ItemGroup>\n</Project>");
        let mut files = vec![("a.csproj", project.as_str()), ("packages.lock.json", lock)];
        files.extend(more);
        stale("nuget-lock", "packages.lock.json", &files, &[])
    };
    let reference = |more: &str| format!("<PackageReference {more}/>");
    for same in [
        "Include=\"acme.left\" Version=\"1.2\"",
        "Include=\"Acme.Left\" Version=\"1.2.0.0\"",
        "Include=\"Acme.Left\"",
        "Include=\"Acme.Left\" Version=\"$(LeftVersion)\"",
        "Include=\"Acme.Left\" Version=\"[1.0,2.0)\"",
        "Include=\"$(Name)\" Version=\"9\"",
        "Include=\"Other\" Version=\"9\" Condition=\"'$(X)' == 'y'\"",
        "Update=\"Other\" Version=\"9\"",
    ] {
        assert!(check(&reference(same), &[]).is_empty(), "{same}");
    }
    let newer = reference("Include=\"Acme.Left\" Version=\"1.3.0\"");
    assert_eq!(check(&newer, &[]), ["a.csproj:3 Acme.Left = 1.3.0"]);
    let element =
        "<PackageReference Include=\"Acme.Left\"><Version>2.0.0</Version></PackageReference>";
    assert_eq!(check(element, &[]), ["a.csproj:3 Acme.Left = 2.0.0"]);
    let deep = reference("Include=\"Acme.Deep\" Version=\"1.0.0\"");
    assert_eq!(check(&deep, &[]), ["a.csproj:3 Acme.Deep = 1.0.0"]);
    // Of several projects it is not told whose lockfile it is.
    assert!(check(&newer, &[("b.fsproj", "<Project/>")]).is_empty());
}

#[test]
fn requirements_without_a_line_in_go_sum_are_told() {
    let check = |files: &[(&str, &str)]| {
        stale("go-mod", "go.mod", files, &[("example.com/left", "v1.2.3")])
    };
    let sums = ("go.sum", "example.com/other v1.0.0 h1:x=\n");
    assert_eq!(check(&[sums]), ["go.mod:1 example.com/left = v1.2.3"]);
    assert!(check(&[]).is_empty());
    assert!(check(&[sums, ("vendor/modules.txt", "")]).is_empty());
}
