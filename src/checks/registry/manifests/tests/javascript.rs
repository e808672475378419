//! Members of workspaces that a lockfile does not know, and requests that settings replace.

use super::*;

const NPM: &str = "{\"lockfileVersion\": 3, \"packages\": {\"\": {\"dependencies\": {\"left\": \"1.2.3\"}}, \"node_modules/left\": {\"version\": \"1.2.3\", \"resolved\": \"https://npm.acme.example/left/-/left-1.2.3.tgz\"}, \"node_modules/up\": {\"version\": \"2.0.0\", \"dependencies\": {\"left\": \"^1\"}}, \"node_modules/top\": {\"version\": \"1.0.0\", \"dependencies\": {\"up\": \"*\"}}, \"node_modules/hub\": {\"version\": \"1.0.0\", \"resolved\": \"git+ssh://git@git.example/acme/hub.git#0123\"}}}";
const PNPM: &str = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      left:\n        specifier: 1.2.3\n        version: 1.2.3\n\npackages:\n";
const BERRY: &str = "__metadata:\n  version: 8\n\n\"app@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"app@workspace:.\"\n  dependencies:\n    left: \"npm:1.2.3\"\n    up: \"npm:^2\"\n  languageName: unknown\n\n\"left@npm:1.2.3\":\n  version: 1.2.3\n\n\"up@npm:^2\":\n  version: 2.0.0\n  dependencies:\n    deep: \"npm:^3\"\n\n\"deep@npm:^3\":\n  version: 3.0.0\n";
const BUN: &str =
    "{\"lockfileVersion\": 1, \"workspaces\": {\"\": {\"dependencies\": {\"left\": \"1.2.3\"}}}}";
const ASKS: &str = "\"name\": \"app\", \"dependencies\": {\"left\": \"1.2.3\"}";
const MEMBER: &str = "{\"name\": \"m\",\n\"dependencies\": {\"evil\": \"1\"}}";

/// Each client with its lockfile.
const LOCKS: [(&str, &str, &str); 4] = [
    ("package-lock", "package-lock.json", NPM),
    ("pnpm-lock", "pnpm-lock.yaml", PNPM),
    ("yarn-lock", "yarn.lock", BERRY),
    ("bun-lock", "bun.lock", BUN),
];

#[test]
fn a_member_of_a_workspace_that_the_lockfile_does_not_know_is_stale() {
    let judge = |(format, path, lock): (&'static str, &str, &str), patterns: &str, at: &str| {
        let main = format!("{{{ASKS}, \"workspaces\": [{patterns}]}}");
        let workspace = format!("packages: [{patterns}]\n");
        let member = format!("{at}/package.json");
        let files = [
            (path, lock),
            ("package.json", main.as_str()),
            ("pnpm-workspace.yaml", workspace.as_str()),
            (member.as_str(), MEMBER),
        ];
        stale(format, path, &files, &[])
    };
    for lock in LOCKS {
        for (patterns, at) in [
            ("\"m\"", "m"),
            ("\"./m/\"", "m"),
            ("\"pk/*\"", "pk/m"),
            ("\"pk/**\"", "pk/a/m"),
            ("\".hidden/m\"", ".hidden/m"),
        ] {
            let found = judge(lock, patterns, at);
            assert_eq!(found, [format!("{at}/package.json:2 evil = 1")], "{lock:?}");
        }
        for (patterns, at) in [
            ("\"pk/*\"", "m"),
            ("\"pk/*\", \"!pk/m\"", "pk/m"),
            ("\"pk/*\"", "pk/a/m"),
            ("\"pk/**\"", "pk/node_modules/m"),
        ] {
            assert_eq!(judge(lock, patterns, at), [""; 0], "{patterns} {lock:?}");
        }
    }
}

#[test]
fn a_member_that_asks_for_nothing_or_has_a_lockfile_of_its_own_is_not_stale() {
    let with = |workspace: &str, member: &str| {
        let files = [
            ("pnpm-lock.yaml", PNPM),
            ("package.json", "{\"dependencies\": {\"left\": \"1.2.3\"}}"),
            ("pnpm-workspace.yaml", workspace),
            ("m/package.json", member),
        ];
        stale("pnpm-lock", "pnpm-lock.yaml", &files, &[])
    };
    let all = "packages: [m]\n";
    assert_eq!(with(all, MEMBER), ["m/package.json:2 evil = 1"]);
    assert_eq!(with(all, "{\"name\": \"m\"}"), [""; 0]);
    let alone = format!("{all}sharedWorkspaceLockfile: false\n");
    assert_eq!(with(&alone, MEMBER), [""; 0]);
}

#[test]
fn patterns_of_members_that_cannot_be_followed_are_a_gap() {
    for (format, path, lock) in LOCKS {
        for (pattern, is_gap) in [
            ("pk/@(a|b)", true),
            ("../*", true),
            ("pk/[a", true),
            ("pk/*", false),
        ] {
            let main = format!("{{{ASKS},\n\"workspaces\": [\"{pattern}\"]}}");
            let workspace = format!("\npackages: [\"{pattern}\"]\n");
            let files = [
                (path, lock),
                ("package.json", main.as_str()),
                ("pnpm-workspace.yaml", workspace.as_str()),
            ];
            let (found, gaps) = judged(format, path, &files, &[]);
            assert_eq!(found, [""; 0]);
            assert_eq!(gaps.len(), usize::from(is_gap), "{pattern} {gaps:?}");
            let file = match format {
                "pnpm-lock" => "pnpm-workspace.yaml:2",
                _ => "package.json:2",
            };
            assert!(gaps.iter().all(|gap| gap.starts_with(file)), "{gaps:?}");
        }
    }
}

#[test]
fn an_override_of_pnpm_is_for_the_last_name_of_its_key_only() {
    let with = |overrides: &str, asked: &str| {
        let overrides = format!("overrides:\n  {overrides}\n");
        let lock = PNPM.replace("importers:", &format!("{overrides}\nimporters:"));
        let main = format!("{{\"dependencies\": {{\"left\": \"{asked}\"}}}}");
        let files = [
            ("pnpm-lock.yaml", lock.as_str()),
            ("package.json", main.as_str()),
            ("pnpm-workspace.yaml", overrides.as_str()),
        ];
        stale("pnpm-lock", "pnpm-lock.yaml", &files, &[])
    };
    for other in [
        "foo-left",
        "left>foo",
        "left@1>foo",
        "'@left/foo'",
        "foo@>left",
    ] {
        let found = with(&format!("{other}: 1.2.3"), "^2");
        assert_eq!(found, ["package.json:1 left = ^2"], "{other}");
        assert_eq!(with(&format!("{other}: 1.2.3"), "1.2.3"), [""; 0]);
    }
    for its in ["left", "left@^2", "foo>left", "foo@1>left@>=2"] {
        assert_eq!(with(&format!("{its}: 1.2.3"), "^2"), [""; 0], "{its}");
    }
    // What the lockfile has is neither.
    let found = with("left: 3.0.0", "^2");
    assert_eq!(found, ["package.json:1 left = ^2"]);
}

/// What is stale of a project of pnpm, and how many gaps.
fn of_pnpm(lock: &str, main: &str, workspace: &str, more: &[(&str, &str)]) -> (Vec<String>, usize) {
    let lock = PNPM.replace("importers:", &format!("{lock}\nimporters:"));
    let main = format!("{{\"dependencies\": {{\"left\": \"1.2.3\"}}{main}}}");
    let mut files = vec![
        ("pnpm-lock.yaml", lock.as_str()),
        ("package.json", main.as_str()),
        ("pnpm-workspace.yaml", workspace),
    ];
    files.extend(more);
    let (found, gaps) = judged("pnpm-lock", "pnpm-lock.yaml", &files, &[]);
    (found, gaps.len())
}

fn one(text: &str) -> (Vec<String>, usize) {
    (vec![text.to_owned()], 0)
}

fn none(gaps: usize) -> (Vec<String>, usize) {
    (Vec::new(), gaps)
}

#[test]
fn overrides_of_pnpm_are_those_of_the_lockfile() {
    let evil = "overrides:\n  up: https://evil.example/up.tgz\n";
    let found = of_pnpm("", "", evil, &[]);
    let place = "pnpm-workspace.yaml:2 overrides.up = https://evil.example/up.tgz";
    assert_eq!(found, one(place));
    assert_eq!(of_pnpm(evil, "", evil, &[]), none(0));
    let main = ",\n\"pnpm\": {\"overrides\": {\"up\": \"1\"}}";
    let found = of_pnpm("", main, "", &[]);
    assert_eq!(found, one("package.json:2 overrides.up = 1"));
    let lock = "overrides:\n  up: '1'\n";
    assert_eq!(of_pnpm(lock, main, "", &[]), none(0));
    assert_eq!(
        of_pnpm(lock, ",\"resolutions\": {\"up\": \"1\"}", "", &[]),
        none(0)
    );
    // What was taken away.
    assert_eq!(
        of_pnpm(lock, "", "", &[]),
        one("pnpm-lock.yaml:4 overrides.up = 1")
    );
    // pnpm 11 reads the workspace's only, pnpm 10 the manifest's.
    assert_eq!(of_pnpm(lock, main, evil, &[]), none(1));
    assert_eq!(of_pnpm(lock, main, lock, &[]), none(0));
    let nine = ", \"packageManager\": \"pnpm@9.15.0\"";
    assert_eq!(of_pnpm("", nine, evil, &[]), none(0));
    let eleven = format!("{main}, \"packageManager\": \"pnpm@11.0.0\"");
    assert_eq!(of_pnpm("", &eleven, "", &[]), none(0));
    // What stands for something else.
    let lock = "overrides:\n  up: 1.2.3\n  a>deep: ^3\n";
    let stands = "catalog:\n  deep: ^3\noverrides:\n  up: $left\n  a>deep: 'catalog:'\n";
    assert_eq!(of_pnpm(lock, "", stands, &[]), none(0));
    let found = of_pnpm(lock, "", &stands.replace("deep: ^3", "deep: ^4"), &[]);
    assert_eq!(
        found,
        one("pnpm-workspace.yaml:5 overrides.a>deep = catalog:")
    );
    assert_eq!(
        of_pnpm(lock, "", &stands.replace("$left", "$absent"), &[]).1,
        1
    );
}

#[test]
fn patches_extensions_and_hooks_of_pnpm_are_those_of_the_lockfile() {
    let patch = "patchedDependencies:\n  left@1.2.3: patches/left.patch\n";
    let place = "pnpm-workspace.yaml:2 patchedDependencies.left@1.2.3 = patches/left.patch";
    assert_eq!(of_pnpm("", "", patch, &[]), one(place));
    let lock = "patchedDependencies:\n  left@1.2.3:\n    hash: x\n    path: patches/left.patch\n";
    assert_eq!(of_pnpm(lock, "", patch, &[]), none(0));
    let extension = "packageExtensions:\n  left:\n    dependencies: {evil: 1}\n";
    let place = "pnpm-workspace.yaml:2 packageExtensions.left = …";
    assert_eq!(of_pnpm("", "", extension, &[]), one(place));
    let lock = "packageExtensionsChecksum: sha256-x\n";
    assert_eq!(of_pnpm(lock, "", extension, &[]), none(0));

    let hooks = "// x\nmodule.exports = {hooks: {}}\n";
    let file = [(".pnpmfile.cjs", hooks)];
    let place = ".pnpmfile.cjs:2 hooks without a `pnpmfileChecksum`";
    assert_eq!(of_pnpm("", "", "", &file), one(place));
    let digest = "pnpmfileChecksum: sha256-ZTK7rST/b81SFL82Rqfcrhx6F+pye6+sUbfXO3W46Z4=\n";
    let other = ".pnpmfile.cjs:2 hooks that `pnpmfileChecksum` is not of";
    assert_eq!(of_pnpm(digest, "", "", &file), none(0));
    let windows = hooks.replace('\n', "\r\n");
    assert_eq!(
        of_pnpm(digest, "", "", &[(".pnpmfile.cjs", &windows)]),
        none(0)
    );
    let changed = hooks.replace("{}}", "{a}}");
    assert_eq!(
        of_pnpm(digest, "", "", &[(".pnpmfile.cjs", &changed)]),
        one(other)
    );
    assert_eq!(of_pnpm("", "", "ignorePnpmfile: true\n", &file), none(0));
    // No hooks by name, a digest of pnpm 9, a lockfile of pnpm 8.
    assert_eq!(of_pnpm("", "", "", &[(".pnpmfile.cjs", "")]), none(1));
    assert_eq!(of_pnpm("pnpmfileChecksum: abc\n", "", "", &file), none(1));
}

/// What is stale of a project of npm, and how many gaps.
fn of_npm(overrides: &str) -> (Vec<String>, usize) {
    let main = format!("{{{ASKS},\n\"overrides\": {{{overrides}}}}}");
    let files = [("package-lock.json", NPM), ("package.json", main.as_str())];
    let (found, gaps) = judged("package-lock", "package-lock.json", &files, &[]);
    (found, gaps.len())
}

#[test]
fn locked_packages_are_what_overrides_of_npm_say() {
    for evil in [
        "\"left\": \"2.0.0\"",
        "\"left\": \"npm:evil@1\"",
        "\"left\": \"https://evil.example/left.tgz\"",
        "\"left\": \"github:evil/left\"",
        "\"left\": \"file:./evil\"",
        "\"left\": \"npm:evil@1.2.3\"",
        "\"left@1\": \"^2\"",
        "\"up\": {\"left\": \"2\"}",
        "\"up@2\": {\"left\": \"2\"}",
        "\"left\": {\".\": \"2\"}",
    ] {
        let (found, gaps) = of_npm(evil);
        assert_eq!((found.len(), gaps), (1, 0), "{evil} {found:?}");
        assert!(
            found[0].starts_with("package.json:2 overrides.left = "),
            "{found:?}"
        );
    }
    for innocent in [
        "\"left\": \"1.2.3\"",
        "\"left\": \"^1.2.0 || ^3\"",
        "\"left\": \"$left\"",
        "\"left\": \"https://npm.acme.example/left/-/left-1.2.3.tgz\"",
        "\"left@2\": \"^3\"",
        "\"left\": \"latest\"",
        "\"left\": \"npm:left@1\"",
        "\"hub\": \"acme/hub\"",
        "\"hub\": \"https://git.example/acme/hub.git#main\"",
        "\"hub\": \"github:Acme/Hub#v1\"",
        "\"up\": {\"left\": \"1\"}",
        "\"up@1\": {\"left\": \"2\"}",
        "\"absent\": \"2\"",
        "\"absent\": {\"left\": \"2\"}",
        "\"left\": {\"up\": \"3\"}",
        "\"up\": {\"absent\": {\"left\": \"2\"}}",
        "\"up\": {\".\": \"2\", \"left\": \"1.x\"}",
    ] {
        assert_eq!(of_npm(innocent), none(0), "{innocent}");
    }
    for evil in [
        "evil/hub",
        "git+ssh://git@git.example/evil/hub.git",
        "1.0.0",
    ] {
        let (found, _) = of_npm(&format!("\"hub\": \"{evil}\""));
        assert_eq!(found.len(), 1, "{evil}");
    }
    // It may be further down, or for others.
    for unknown in [
        "\"top\": {\"left\": \"2\"}",
        "\"top\": {\"up\": {\"left\": \"2\"}}",
        "\"left\": \"$absent\"",
    ] {
        assert_eq!(of_npm(unknown), none(1), "{unknown}");
    }
}

#[test]
fn what_resolutions_of_yarn_2_put_in_place_is_in_the_lockfile() {
    let with = |resolutions: &str, lock: &str| {
        let main = format!(
            "{{\"name\": \"app\", \"dependencies\": {{\"left\": \"1.2.3\", \"up\": \"^2\"}},\n\"resolutions\": {{{resolutions}}}}}"
        );
        let files = [("yarn.lock", lock), ("package.json", main.as_str())];
        stale("yarn-lock", "yarn.lock", &files, &[])
    };
    for (pattern, value) in [
        ("left", "npm:evil@1"),
        ("left", "2.0.0"),
        ("left", "https://evil.example/left.tgz"),
        ("app/left", "2.0.0"),
        ("left@1.2.3", "2.0.0"),
        ("left@npm:1.2.3", "2.0.0"),
        ("deep", "4"),
        ("up/deep", "4"),
        ("**/deep", "4"),
        ("left", "patch:left@npm%3A1.2.3#./x.patch"),
    ] {
        let entry = format!("\"{pattern}\": \"{value}\"");
        // What looks like a user is not shown.
        let shown = value
            .replace("npm:evil@", "npm:***@")
            .replace("patch:left@", "patch:***@");
        let place = format!("package.json:2 resolutions.{pattern} = {shown}");
        assert_eq!(with(&entry, BERRY), [place], "{entry}");
        // The twin has an entry for it.
        let (name, key) = (
            if pattern.contains("deep") {
                "deep"
            } else {
                "left"
            },
            value,
        );
        let key = match value.contains(':') {
            true => key.to_owned(),
            false => format!("npm:{key}"),
        };
        let lock = format!("{BERRY}\n\"{name}@{key}\":\n  version: 1.0.0\n");
        assert_eq!(with(&entry, &lock), [""; 0], "{entry}");
    }
    // Nothing asks for these.
    for unused in ["absent", "left/deep", "deep@^9", "absent/left"] {
        assert_eq!(
            with(&format!("\"{unused}\": \"9\""), BERRY),
            [""; 0],
            "{unused}"
        );
    }
}

#[test]
fn an_address_that_a_manifest_asks_for_is_in_a_lockfile_of_yarn() {
    let classic = "# yarn lockfile v1\n\nleft@1.2.3:\n  version \"1.2.3\"\n";
    for lock in [BERRY, classic] {
        for asked in [
            "https://evil.example/left.tgz",
            "git+ssh://git@evil.example/left.git#main",
            "evil/left",
            "github:evil/left",
        ] {
            let main =
                format!("{{\"name\": \"app\", \"dependencies\": {{\"left\": \"{asked}\"}}}}");
            let files = [("yarn.lock", lock), ("package.json", main.as_str())];
            let found = stale("yarn-lock", "yarn.lock", &files, &[]);
            assert_eq!(found.len(), 1, "{asked}");
            let lock = format!("{lock}\n\"left@{asked}\":\n  version: 1.0.0\n");
            let files = [
                ("yarn.lock", lock.as_str()),
                ("package.json", main.as_str()),
            ];
            assert_eq!(
                stale("yarn-lock", "yarn.lock", &files, &[]),
                [""; 0],
                "{asked}"
            );
        }
    }
}
