//! Lockfiles of uv, and requirement files that were compiled.

use super::stale;

const UV_MANIFEST: &str = r#"[project]
name = "My_App"
version = "0.1.0"
requires-python = ">=3.9,<3.14,!=3.10.1"
dependencies = [
  "idna>=3,<4 ; python_version >= '3.8'",
  "Typing_Extensions>=4 ; python_version < '3.11'",
  "requests[socks]~=2.31",
  "certifi==2024.2.2",
  "left",
]
[project.optional-dependencies]
cli = ["click>=8"]
all = ["my-app[cli]"]
[dependency-groups]
test = ["iniconfig>=2", {include-group = "lint"}]
lint = ["packaging; sys_platform=='linux'"]
[tool.uv]
override-dependencies = ["urllib3>=2; python_version>'3.9'"]
constraint-dependencies = ["charset-normalizer<4"]
dev-dependencies = ["pluggy"]
[tool.uv.sources]
left = { git = "https://git.example/left" }
"#;

/// As uv 0.13 wrote it, without packages that do not matter.
const UV_LOCK: &str = r#"version = 1
revision = 5
requires-python = ">=3.9, !=3.10.1, <3.14"

[manifest]
constraints = [{ name = "charset-normalizer", specifier = "<4" }]
overrides = [{ name = "urllib3", marker = "python_full_version >= '3.10'", specifier = ">=2" }]

[[package]]
name = "my-app"
version = "0.1.0"
source = { virtual = "." }

[package.metadata]
requires-dist = [
    { name = "certifi", specifier = "==2024.2.2" },
    { name = "click", marker = "extra == 'cli'", specifier = ">=8" },
    { name = "idna", marker = "python_full_version >= '3.8'", specifier = ">=3,<4" },
    { name = "left", git = "https://git.example/left" },
    { name = "my-app", extras = ["cli"], marker = "extra == 'all'" },
    { name = "requests", extras = ["socks"], specifier = "~=2.31" },
    { name = "typing-extensions", marker = "python_full_version < '3.11'", specifier = ">=4" },
]
provides-extras = ["cli", "all"]

[package.metadata.requires-dev]
dev = [{ name = "pluggy" }]
lint = [{ name = "packaging", marker = "sys_platform == 'linux'" }]
test = [
    { name = "iniconfig", specifier = ">=2" },
    { name = "packaging", marker = "sys_platform == 'linux'" },
]
"#;

fn uv(manifest: &str, lock: &str) -> Vec<String> {
    let files = [("pyproject.toml", manifest), ("uv.lock", lock)];
    stale("uv-lock", "uv.lock", &files, &[])
}

fn changed(from: &str, to: &str) -> Vec<String> {
    assert!(UV_MANIFEST.contains(from), "{from}");
    uv(&UV_MANIFEST.replacen(from, to, 1), UV_LOCK)
}

#[test]
fn what_means_the_same_to_uv_is_not_stale() {
    for (from, to) in [
        ("[project]", "# as it is\n[project]"),
        ("My_App", "my.app"),
        ("0.1.0", "0.1"),
        ("idna>=3,<4 ;", "idna <4, >=3.0;"),
        ("certifi==2024.2.2", "certifi (==2024.2.2)"),
        (
            "; python_version < '3.11'",
            "; '3.11' > python_full_version",
        ),
        // Outside of `requires-python`.
        ("python_version >= '3.8'", "python_version >= '3.7'"),
        (">=3.9,<3.14,!=3.10.1", "!=3.10.1,<3.14,>=3.9.0"),
        ("version = \"0.1.0\"", "dynamic = [\"version\"]"),
        // What the sources rewrite.
        ("\"left\"", "\"left>=1\""),
        // It cannot be told what a build gives.
        (
            "version = \"0.1.0\"\nrequires-python = \">=3.9,<3.14,!=3.10.1\"\ndependencies = [",
            "dynamic = [\"dependencies\"]\nother = [",
        ),
    ] {
        assert!(changed(from, to).is_empty(), "{from} {to}");
    }
}

#[test]
fn what_uv_would_lock_anew_is_stale() {
    for (from, to, says) in [
        ("My_App", "other", "pyproject.toml:2 name = other"),
        ("0.1.0", "0.2.0", "pyproject.toml:3 version = 0.2.0"),
        (
            "requests[socks]~=2.31",
            "requests[socks]~=2.30",
            "pyproject.toml:8 requests = requests[socks]~=2.30",
        ),
        (
            "requests[socks]",
            "requests",
            "pyproject.toml:8 requests = requests~=2.31",
        ),
        (
            " ; python_version < '3.11'",
            "",
            "pyproject.toml:7 typing-extensions = Typing_Extensions>=4",
        ),
        (
            "python_version < '3.11'",
            "python_version < '3.12'",
            "pyproject.toml:7 typing-extensions = Typing_Extensions>=4 ; python_version < '3.12'",
        ),
        (
            "  \"certifi==2024.2.2\",\n",
            "",
            "uv.lock:16 name = certifi",
        ),
        (
            "click>=8",
            "click>=8.1",
            "pyproject.toml:13 click = click>=8.1",
        ),
        ("cli = ", "tool = ", "pyproject.toml:13 click = click>=8"),
        (
            "iniconfig>=2",
            "iniconfig>=1",
            "pyproject.toml:16 iniconfig = iniconfig>=1",
        ),
        (
            ", {include-group = \"lint\"}",
            "",
            "uv.lock:31 name = packaging",
        ),
        (
            "[\"pluggy\"]",
            "[\"pluggy>1\"]",
            "pyproject.toml:21 pluggy = pluggy>1",
        ),
        (
            "urllib3>=2",
            "urllib3>=3",
            "pyproject.toml:19 urllib3 = urllib3>=3; python_version>'3.9'",
        ),
        (
            "constraint-dependencies = [\"charset-normalizer<4\"]\n",
            "",
            "uv.lock:6 name = charset-normalizer",
        ),
        (
            "<3.14",
            "<3.13",
            "pyproject.toml:4 requires-python = >=3.9,<3.13,!=3.10.1",
        ),
        (
            "left = { git = \"https://git.example/left\" }\n",
            "",
            "pyproject.toml:10 left = left",
        ),
        (
            "[tool.uv]",
            "new = [\"click\"]\n[tool.uv]",
            "pyproject.toml:18 click = click",
        ),
    ] {
        assert_eq!(changed(from, to), [says], "{from} {to}");
    }
}

#[test]
fn what_an_earlier_uv_did_not_write_is_not_missed() {
    let old = UV_LOCK.replace("revision = 5\n", "");
    assert!(uv(UV_MANIFEST, &old).is_empty());
    let groups = UV_MANIFEST.replace("[tool.uv]", "new = [\"click\"]\n[tool.uv]");
    assert!(uv(&groups, &old).is_empty());
    let (without, _) = old.split_once("[package.metadata]").unwrap();
    let names = [
        "idna",
        "typing-extensions",
        "requests",
        "certifi",
        "left",
        "my-app",
    ];
    let names = names.map(|name| (name, "1"));
    let judge = |manifest: &str| {
        let files = [("pyproject.toml", manifest), ("uv.lock", without)];
        stale("uv-lock", "uv.lock", &files, &names)
    };
    assert!(judge(UV_MANIFEST).is_empty());
    // A new one that says nothing is of a project that asked for nothing.
    let new = without.replace("version = 1\n", "version = 1\nrevision = 1\n");
    assert!(uv(UV_MANIFEST, &new).len() > 5);
}

#[test]
fn projects_of_a_uv_workspace_are_in_its_lock() {
    let root = "[project]\nname = \"root\"\nversion = \"1\"\nrequires-python = \">=3.9\"\n[tool.uv.workspace]\nmembers = [\"packages/*\"]\nexclude = [\"packages/old\"]\n";
    let lock = "version = 1\nrevision = 1\nrequires-python = \">=3.10\"\n[manifest]\nmembers = [\"a\", \"root\"]\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { editable = \"packages/a\" }\n[package.metadata]\nrequires-dist = [{ name = \"idna\" }]\n[[package]]\nname = \"root\"\nversion = \"1\"\nsource = { virtual = \".\" }\n";
    let member = |name: &str, python: &str, asked: &str| {
        format!(
            "[project]\nname = \"{name}\"\nversion = \"1\"\nrequires-python = \"{python}\"\ndependencies = [\"{asked}\"]\n"
        )
    };
    let judge = |a: String, more: &[(&str, String)]| {
        let mut files = vec![
            ("pyproject.toml", root),
            ("uv.lock", lock),
            ("packages/a/pyproject.toml", &a),
        ];
        files.extend(more.iter().map(|(path, text)| (*path, text.as_str())));
        stale("uv-lock", "uv.lock", &files, &[])
    };
    let a = || member("a", ">=3.10", "idna");
    assert!(judge(a(), &[]).is_empty());
    assert_eq!(
        judge(member("a", ">=3.10", "idna>1"), &[]),
        ["packages/a/pyproject.toml:5 idna = idna>1"]
    );
    assert_eq!(
        judge(member("a", ">=3.11", "idna"), &[]),
        ["packages/a/pyproject.toml:4 requires-python = >=3.11"]
    );
    let new = |path| (path, member("c", ">=3.8", "click"));
    assert_eq!(
        judge(a(), &[new("packages/c/pyproject.toml")]),
        ["packages/c/pyproject.toml:2 name = c"]
    );
    assert!(judge(a(), &[new("packages/old/pyproject.toml")]).is_empty());
    let (path, text) = new("packages/c/pyproject.toml");
    let unmanaged = format!("{text}[tool.uv]\nmanaged = false\n");
    assert!(judge(a(), &[(path, unmanaged)]).is_empty());
}

#[test]
fn a_group_with_a_python_of_its_own_is_compared_without_markers() {
    let manifest = "[project]\nname = \"g\"\nversion = \"1\"\nrequires-python = \">=3.9\"\n[dependency-groups]\ndev = [\"idna\"]\n[tool.uv.dependency-groups]\ndev = { requires-python = \">=3.11\" }\n";
    let lock = "version = 1\nrevision = 1\nrequires-python = \">=3.9\"\n[[package]]\nname = \"g\"\nversion = \"1\"\nsource = { virtual = \".\" }\n[package.metadata]\n[package.metadata.requires-dev]\ndev = [{ name = \"idna\", marker = \"python_full_version >= '3.11'\" }]\n";
    assert!(uv(manifest, lock).is_empty());
    assert_eq!(
        uv(&manifest.replace("\"idna\"", "\"idna>1\""), lock),
        ["pyproject.toml:6 idna = idna>1"]
    );
}

const COMPILED: &str = "#\n# This file is autogenerated by pip-compile with Python 3.11\n#\ncertifi==2026.1.1 \\\n    --hash=sha256:00\n    # via\n    #   -r base.in\n    #   requests\nclick==8.5.1\n    # via -r base.in\nidna==3.20\n    # via\n    #   -r requirements.in\n    #   requests\npysocks==1.7.1\n    # via requests\nrequests[socks]==2.34.2\n    # via -r requirements.in\nurllib3==2.8.0\n    # via\n    #   -c constraints.txt\n    #   requests\n\n# The following packages are considered to be unsafe in a requirements file:\n# setuptools\n";

const INPUTS: [(&str, &str); 3] = [
    (
        "requirements.in",
        "# comment\n-c constraints.txt\n-r base.in\nidna>=3  # why\nRequests[socks] \\\n  >2\ncolorama ; sys_platform == \"win32\"\nsetuptools\n",
    ),
    ("base.in", "certifi\nclick>=8\n"),
    ("constraints.txt", "urllib3<3\nnot-asked-for<1\n"),
];

/// A change of one of the inputs, judged beside the compiled file and with both in a directory
/// below the one in which it was compiled.
fn compiled(compiled: &str, from: &str, to: &str) -> Vec<String> {
    let mut inputs = INPUTS.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let hit = inputs.iter_mut().find(|(_, text)| text.contains(from));
    let (_, text) = hit.unwrap_or_else(|| panic!("{from}"));
    *text = text.replacen(from, to, 1);
    let mut files: Vec<(&str, &str)> = inputs
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    files.push(("requirements.txt", compiled));
    stale("requirements", "requirements.txt", &files, &[])
}

#[test]
fn a_compiled_requirement_file_has_what_its_inputs_ask_for() {
    let in_a_line = COMPILED.replace(
        "    # via\n    #   -r requirements.in\n    #   requests\n",
        "    # via -r requirements.in, requests\n",
    );
    for text in [COMPILED, &in_a_line] {
        for (from, to) in [
            ("idna>=3", "idna>=3.1"),
            ("Requests[socks]", "requests"),
            ("win32", "cygwin"),
            ("setuptools", ""),
            ("urllib3<3", "urllib3<2.9"),
        ] {
            assert!(compiled(text, from, to).is_empty(), "{from} {to}");
        }
        for (from, to, says) in [
            ("idna>=3 ", "idna<3.7 ", "requirements.in:4 idna = idna<3.7"),
            (
                "idna>=3  # why\n",
                "",
                "requirements.txt:11 idna = -r requirements.in",
            ),
            ("idna>=3 ", "idna>=3\nsix ", "requirements.in:5 six = six"),
            // It is there, for another's sake: the next time it may not be.
            (
                "idna>=3 ",
                "idna>=3\npysocks ",
                "requirements.in:5 pysocks = pysocks",
            ),
            ("click>=8\n", "", "requirements.txt:9 click = -r base.in"),
            (
                "urllib3<3",
                "urllib3<2",
                "constraints.txt:1 urllib3 = urllib3<2",
            ),
        ] {
            assert_eq!(compiled(text, from, to), [says], "{from} {to}");
        }
    }
}

#[test]
fn nothing_is_said_of_inputs_that_cannot_be_read_in_full() {
    // A project in a directory may be what asked for it.
    assert!(compiled(COMPILED, "idna>=3 ", "-e . ").is_empty());
    assert!(compiled(COMPILED, "idna>=3 ", "${IDNA} ").is_empty());
    // Versions are what the override says.
    let overridden = format!("# uv pip compile --override o.txt requirements.in\n{COMPILED}");
    assert!(compiled(&overridden, "idna>=3 ", "idna<3.7 ").is_empty());
    // Without comments nobody says what was compiled.
    let plain: String = COMPILED
        .lines()
        .filter(|line| !line.contains('#'))
        .flat_map(|line| [line, "\n"])
        .collect();
    assert!(compiled(&plain, "idna>=3 ", "six ").is_empty());
}

#[test]
fn inputs_are_found_beside_the_compiled_file_or_from_the_root() {
    let judge = |path: &str, input: &str, more: &[(&str, &str)]| {
        let text = format!("idna==3.20\n    # via -r {input}\n");
        let mut files = vec![(path, text.as_str())];
        files.extend(more);
        stale("requirements", path, &files, &[])
    };
    let asks = "idna<3\n";
    assert_eq!(
        judge("r/dev.txt", "dev.in", &[("r/dev.in", asks)]),
        ["r/dev.in:1 idna = idna<3"]
    );
    assert_eq!(
        judge("r/dev.txt", "r/dev.in", &[("r/dev.in", asks)]),
        ["r/dev.in:1 idna = idna<3"]
    );
    assert_eq!(
        judge("r/dev.txt", "../dev.in", &[("dev.in", asks)]),
        ["dev.in:1 idna = idna<3"]
    );
    // Which of the two it was cannot be told.
    assert!(
        judge(
            "r/dev.txt",
            "dev.in",
            &[("r/dev.in", asks), ("dev.in", asks)]
        )
        .is_empty()
    );
    assert!(judge("r/dev.txt", "../../dev.in", &[("dev.in", asks)]).is_empty());
    let project = "[project]\nname = \"app\"\ndependencies = [\"idna<3\"]\n";
    let text = "idna==3.20\n    # via app (pyproject.toml)\n";
    let files = [("requirements.txt", text), ("pyproject.toml", project)];
    assert_eq!(
        stale("requirements", "requirements.txt", &files, &[]),
        ["pyproject.toml:3 idna = idna<3"]
    );
    let met = project.replace("<3", ">=3");
    let files = [("requirements.txt", text), ("pyproject.toml", met.as_str())];
    assert!(stale("requirements", "requirements.txt", &files, &[]).is_empty());
}
