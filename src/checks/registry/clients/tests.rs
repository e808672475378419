//! Each client with a tree that says something and what it comes to.

use super::*;
use crate::model::{Digest, DigestAlgorithm, Ecosystem, Origin};
use crate::support::files::write_atomic;

mod gems_and_composer;
mod gradle;
mod hiding;
mod javascript;
mod maven;
mod nuget;
mod python;

struct Project {
    dir: tempfile::TempDir,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join("tree").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            write_atomic(&path, text.as_bytes()).unwrap();
        }
        std::fs::create_dir_all(dir.path().join("tree")).unwrap();
        Self { dir }
    }

    /// A file of the home.
    fn home(self, path: &str, text: &str) -> Self {
        let path = self.dir.path().join("home").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_atomic(&path, text.as_bytes()).unwrap();
        self
    }

    fn clients(&self, format: &'static str, path: &str, machine: Option<&Machine>) -> Clients {
        let lock = LockfileRead {
            path: path.to_owned(),
            format,
            packages: 1,
            has_graph: true,
            digest: Digest::new(DigestAlgorithm::Sha256, vec![0; 32]).unwrap(),
        };
        read(&self.dir.path().join("tree"), &[lock], machine)
    }

    fn read(&self, format: &'static str, path: &str) -> Effective {
        let clients = self.clients(format, path, None);
        assert_eq!(clients.gaps, [], "{path}");
        clients.effective[path].clone()
    }

    fn on_machine(
        &self,
        format: &'static str,
        path: &str,
        variables: &[(&str, &str)],
    ) -> Effective {
        let machine = Machine {
            home: Some(self.dir.path().join("home")),
            system: Some(self.dir.path().join("system")),
            variables: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        };
        self.clients(format, path, Some(&machine)).effective[path].clone()
    }
}

/// Target and deciding place of every route that a name takes.
fn ways(effective: &Effective, ecosystem: Ecosystem, name: &str, origin: &Origin) -> Vec<String> {
    let covers = |prefix: &str, found: &str| found.starts_with(prefix.trim_end_matches('/'));
    match effective.sources(ecosystem, name, origin, false, &covers) {
        Sources::AsRecorded => Vec::new(),
        Sources::From(routes) => routes
            .iter()
            .map(|route| {
                let place = route.places.first();
                let place = place.map_or("-".to_owned(), |place| place.location.to_string());
                let target = match &route.target {
                    Target::Address(text) | Target::Local(text) => text.clone(),
                    Target::Default => format!("default ({})", route.is_certain),
                    other => format!("{other:?}"),
                };
                format!("{target} {place}")
            })
            .collect(),
    }
}

fn weak(effective: &Effective) -> Vec<String> {
    let all = effective.weaknesses.iter();
    all.map(|weakness| weakness.place.location.to_string())
        .collect()
}

fn recorded(index: &str) -> Origin {
    Origin::Registry {
        index: Some(index.to_owned()),
        file: None,
        default: false,
    }
}

#[test]
fn pnpm_takes_scopes_from_npmrc_and_the_rest_from_the_default() {
    let project = Project::new(&[
        (
            "a/.npmrc",
            "# x\n@acme:registry=https://npm.acme.example/\n",
        ),
        (
            "a/pnpm-workspace.yaml",
            "packages: ['*']\nminimumReleaseAge: 0\n",
        ),
    ]);
    let effective = project.read("pnpm-lock", "a/pnpm-lock.yaml");
    let way = |name| ways(&effective, Ecosystem::Npm, name, &Origin::Unrecorded);
    assert_eq!(way("@acme/ui"), ["https://npm.acme.example/ a/.npmrc:2"]);
    assert_eq!(way("left-pad"), ["default (false) -"]);
    assert!(matches!(effective.cool_down, CoolDown::Off(..)));
    let machine = project.on_machine(
        "pnpm-lock",
        "a/pnpm-lock.yaml",
        &[("npm_config_registry", "https://env.example/")],
    );
    assert_eq!(
        ways(&machine, Ecosystem::Npm, "left-pad", &Origin::Unrecorded),
        ["https://env.example/ environment:npm_config_registry"]
    );
}

#[test]
fn two_files_of_pnpm_that_disagree_both_count_and_are_a_gap() {
    let project = Project::new(&[
        (".npmrc", "registry=https://a.example/\n"),
        (
            "pnpm-workspace.yaml",
            "registries:\n  default: https://b.example/\nminimumReleaseAge: 10080\n",
        ),
    ]);
    let clients = project.clients("pnpm-lock", "pnpm-lock.yaml", None);
    assert_eq!(clients.gaps[0].id, "registry/undecided-configuration");
    let effective = &clients.effective["pnpm-lock.yaml"];
    assert_eq!(
        ways(effective, Ecosystem::Npm, "x", &Origin::Unrecorded),
        [
            "https://a.example/ .npmrc:1",
            "https://b.example/ pnpm-workspace.yaml:2"
        ]
    );
    assert_eq!(effective.cool_down, CoolDown::On);
}

#[test]
fn the_user_level_of_npm_counts_on_the_machine_and_the_project_wins() {
    let project = Project::new(&[(".npmrc", "@a:registry=https://a.example/\n")]).home(
        ".npmrc",
        "registry=https://home.example/\n@a:registry=https://h.example/\n",
    );
    let machine = project.on_machine("package-lock", "package-lock.json", &[]);
    let way = |name| ways(&machine, Ecosystem::Npm, name, &Origin::Unrecorded);
    assert_eq!(way("x"), ["https://home.example/ ~/.npmrc:1"]);
    assert_eq!(way("@a/x"), ["https://a.example/ .npmrc:1"]);
}

#[test]
fn yarn_reads_the_nearest_file_and_names_what_it_turns_off() {
    let project = Project::new(&[
        ("w/yarn.lock", "__metadata:\n  version: 8\n"),
        (
            "w/.yarnrc.yml",
            "npmScopes:\n  acme:\n    npmRegistryServer: https://npm.acme.example\nchecksumBehavior: ignore\nunsafeHttpWhitelist:\n  - localhost\n  - evil.example\n",
        ),
        (
            ".yarnrc.yml",
            "npmRegistryServer: https://up.example\nenableStrictSsl: false\nnpmMinimalAgeGate: 7d\n",
        ),
    ]);
    let effective = project.read("yarn-lock", "w/yarn.lock");
    assert_eq!(effective.client, Client::Yarn);
    let way = |name| ways(&effective, Ecosystem::Npm, name, &Origin::Unrecorded);
    assert_eq!(
        way("@acme/ui"),
        ["https://npm.acme.example w/.yarnrc.yml:3"]
    );
    assert_eq!(way("x"), ["https://up.example .yarnrc.yml:1"]);
    assert_eq!(
        weak(&effective),
        ["w/.yarnrc.yml:4", "w/.yarnrc.yml:7", ".yarnrc.yml:2"]
    );
    assert_eq!(effective.cool_down, CoolDown::On);
    let classic = Project::new(&[
        ("yarn.lock", "# yarn lockfile v1\n"),
        (
            ".yarnrc",
            "registry \"https://c.example/\"\nstrict-ssl false\n",
        ),
    ]);
    let effective = classic.read("yarn-lock", "yarn.lock");
    assert_eq!(effective.client, Client::YarnClassic);
    assert_eq!(weak(&effective), [".yarnrc:2"]);
}

#[test]
fn bun_takes_what_the_lockfile_leaves_out_from_bunfig() {
    let project = Project::new(&[(
        "bunfig.toml",
        "[install]\nregistry = \"https://b.example/\"\nminimumReleaseAge = 604800\n[install.scopes]\nacme = { url = \"https://s.example/\" }\n",
    )]);
    let effective = project.read("bun-lock", "bun.lock");
    let way = |name| ways(&effective, Ecosystem::Npm, name, &Origin::ImpliedDefault);
    assert_eq!(way("x"), ["https://b.example/ bunfig.toml:2"]);
    assert_eq!(way("@acme/x"), ["https://s.example/ bunfig.toml:5"]);
    assert_eq!(effective.cool_down, CoolDown::On);
    let none = Project::new(&[]).read("bun-lock", "bun.lock");
    assert!(ways(&none, Ecosystem::Npm, "x", &Origin::ImpliedDefault).is_empty());
}

#[test]
fn pip_joins_options_of_including_files_and_names_trusted_hosts() {
    let project = Project::new(&[
        (
            "requirements.txt",
            "-r base-requirements.txt\n--index-url https://i.example/simple\n--extra-index-url \\\n  https://e.example/simple # more\n--trusted-host e.example\n",
        ),
        ("base-requirements.txt", "lib==1\n"),
    ]);
    let lock = |path: &str| LockfileRead {
        path: path.to_owned(),
        format: "requirements",
        packages: 1,
        has_graph: false,
        digest: Digest::new(DigestAlgorithm::Sha256, vec![0; 32]).unwrap(),
    };
    let locks = [lock("base-requirements.txt"), lock("requirements.txt")];
    let clients = read(&project.dir.path().join("tree"), &locks, None);
    for path in ["base-requirements.txt", "requirements.txt"] {
        let effective = &clients.effective[path];
        assert_eq!(
            ways(
                effective,
                Ecosystem::Pypi,
                "lib",
                &recorded("https://i.example/simple")
            ),
            [
                "https://i.example/simple requirements.txt:2",
                "https://e.example/simple requirements.txt:3"
            ],
            "{path}"
        );
        assert_eq!(weak(effective), ["requirements.txt:5"]);
        assert_eq!(effective.mixed.len(), 2);
    }
}

#[test]
fn pip_without_an_index_takes_nothing_from_one() {
    let project = Project::new(&[(
        "requirements.txt",
        "--no-index\n--extra-index-url https://e.example/\n--find-links wheels\nlib==1\n",
    )]);
    let effective = project.read("requirements", "requirements.txt");
    assert_eq!(
        ways(&effective, Ecosystem::Pypi, "lib", &Origin::Unrecorded),
        ["wheels requirements.txt:3"]
    );
    assert!(effective.mixed.is_empty());
}

#[test]
fn pip_reads_all_levels_of_the_machine() {
    let project = Project::new(&[("requirements.txt", "lib==1\n")]).home(
        ".config/pip/pip.conf",
        "[global]\nindex-url = https://u.example/simple\n",
    );
    let machine = project.on_machine(
        "requirements",
        "requirements.txt",
        &[(
            "PIP_EXTRA_INDEX_URL",
            "https://a.example/ https://b.example/",
        )],
    );
    assert_eq!(
        ways(&machine, Ecosystem::Pypi, "lib", &Origin::Unrecorded),
        [
            "https://u.example/simple ~/.config/pip/pip.conf:2",
            "https://a.example/ environment:PIP_EXTRA_INDEX_URL",
            "https://b.example/ environment:PIP_EXTRA_INDEX_URL"
        ]
    );
}

#[test]
fn uv_mixes_indexes_only_under_an_unsafe_strategy() {
    let index = "[[tool.uv.index]]\nname = \"a\"\nurl = \"https://a.example/\"\n[[tool.uv.index]]\nname = \"b\"\nurl = \"https://b.example/\"\nexplicit = true\n";
    let safe = Project::new(&[("pyproject.toml", index)]);
    let effective = safe.read("uv-lock", "uv.lock");
    assert!(effective.mixed.is_empty());
    assert_eq!(effective.configured().count(), 2);
    assert!(matches!(effective.cool_down, CoolDown::Missing { .. }));
    let text = format!(
        "[tool.uv]\nindex-strategy = \"unsafe-best-match\"\nexclude-newer = \"7 days\"\nallow-insecure-host = [\"a.example\"]\n{index}"
    );
    let mixed = Project::new(&[("pyproject.toml", &text)]);
    let effective = mixed.read("uv-lock", "uv.lock");
    assert_eq!(effective.mixed.len(), 2);
    assert_eq!(weak(&effective), ["pyproject.toml:4"]);
    assert_eq!(effective.cool_down, CoolDown::On);
    // `uv.toml` beside it makes the table of the manifest count for nothing.
    let own = Project::new(&[("pyproject.toml", &text), ("uv.toml", "")]);
    assert!(own.read("uv-lock", "uv.lock").mixed.is_empty());
}

#[test]
fn poetry_sources_without_a_binding_are_mixed() {
    let source = |name: &str, priority: &str| {
        format!(
            "[[tool.poetry.source]]\nname = \"{name}\"\nurl = \"https://{name}.example/\"\npriority = \"{priority}\"\n"
        )
    };
    let mixed = |text: String| {
        let project = Project::new(&[("pyproject.toml", &text)]);
        project.read("poetry-lock", "poetry.lock").mixed.len()
    };
    assert_eq!(mixed(source("a", "primary")), 0);
    assert_eq!(mixed(source("a", "explicit")), 0);
    assert_eq!(mixed(source("a", "supplemental")), 1);
    assert_eq!(mixed(source("a", "primary") + &source("b", "primary")), 2);
    assert_eq!(mixed(source("a", "primary") + &source("b", "explicit")), 0);
}

#[test]
fn pipenv_packages_without_an_index_may_come_from_every_source() {
    let lock = r#"{"_meta": {"sources": [
{"name": "a", "url": "https://a.example/", "verify_ssl": true},
{"name": "b", "url": "https://b.example/", "verify_ssl": false}]},
"default": {"lib": {"version": "==1.0"}}}"#;
    let project = Project::new(&[("Pipfile.lock", lock)]);
    let effective = project.read("pipfile-lock", "Pipfile.lock");
    assert_eq!(
        ways(&effective, Ecosystem::Pypi, "lib", &Origin::Unrecorded).len(),
        2
    );
    assert_eq!(effective.mixed.len(), 2);
    assert_eq!(weak(&effective), ["Pipfile.lock:3"]);
    let bound = lock.replace("\"version\"", "\"index\": \"a\", \"version\"");
    let project = Project::new(&[("Pipfile.lock", &bound)]);
    assert!(
        project
            .read("pipfile-lock", "Pipfile.lock")
            .mixed
            .is_empty()
    );
}

#[test]
fn nuget_sources_are_cleared_mapped_and_disabled() {
    let up = "<configuration>\n<packageSources>\n<add key=\"up\" value=\"https://up.example/v3/index.json\"/>\n</packageSources>\n</configuration>";
    let near = |clear: &str, mapping: &str| {
        format!(
            "<configuration>\n<packageSources>{clear}\n<add key=\"near\" value=\"https://near.example/v3/index.json\" allowInsecureConnections=\"true\"/>\n</packageSources>{mapping}</configuration>"
        )
    };
    let read = |text: &str| {
        let project = Project::new(&[("nuget.config", up), ("a/nuget.config", text)]);
        project.read("nuget-lock", "a/packages.lock.json")
    };
    let open = read(&near("", ""));
    assert_eq!(
        ways(&open, Ecosystem::Nuget, "Acme.Core", &Origin::Unrecorded),
        [
            "https://near.example/v3/index.json a/nuget.config:3",
            "https://up.example/v3/index.json nuget.config:3",
            "default (false) -"
        ]
    );
    assert_eq!(open.mixed.len(), 2);
    assert_eq!(weak(&open), ["a/nuget.config:3"]);
    let cleared = read(&near("<clear/>", ""));
    assert_eq!(
        ways(&cleared, Ecosystem::Nuget, "Acme.Core", &Origin::Unrecorded),
        ["https://near.example/v3/index.json a/nuget.config:3"]
    );
    assert!(cleared.mixed.is_empty());
    let mapping = "<packageSourceMapping><packageSource key=\"near\"><package pattern=\"Acme.*\"/></packageSource><packageSource key=\"up\"><package pattern=\"*\"/></packageSource></packageSourceMapping>";
    let mapped = read(&near("", mapping));
    assert!(mapped.mixed.is_empty());
    assert_eq!(
        ways(&mapped, Ecosystem::Nuget, "acme.core", &Origin::Unrecorded),
        ["https://near.example/v3/index.json a/nuget.config:3"]
    );
    assert_eq!(
        ways(&mapped, Ecosystem::Nuget, "Other", &Origin::Unrecorded),
        ["https://up.example/v3/index.json nuget.config:3"]
    );
}

#[test]
fn maven_mirrors_stand_in_for_repositories() {
    let pom = "<project>\n<repositories>\n<repository>\n<id>own</id>\n<url>https://own.example/m2</url>\n</repository>\n</repositories>\n</project>";
    let settings = "<settings><mirrors>\n<mirror><id>m</id><mirrorOf>*,!own</mirrorOf><url>https://mirror.example/m2</url></mirror></mirrors></settings>";
    let project = Project::new(&[
        ("pom.xml", pom),
        (".mvn/maven.config", "-s .mvn/settings.xml\n"),
        (".mvn/settings.xml", settings),
    ]);
    let effective = project.read("pom", "pom.xml");
    assert_eq!(
        ways(&effective, Ecosystem::Maven, "a:b", &Origin::Unrecorded),
        [
            "https://own.example/m2 pom.xml:3",
            "https://mirror.example/m2 .mvn/settings.xml:2"
        ]
    );
    assert_eq!(effective.mixed.len(), 2);
    let whole = settings.replace(",!own", "");
    let project = Project::new(&[
        ("pom.xml", pom),
        (".mvn/maven.config", "--settings=.mvn/settings.xml\n"),
        (".mvn/settings.xml", &whole),
    ]);
    assert!(project.read("pom", "pom.xml").mixed.is_empty());
    // What the user's settings would do is not known.
    let alone = Project::new(&[("pom.xml", "<project/>")]).read("pom", "pom.xml");
    assert_eq!(
        ways(&alone, Ecosystem::Maven, "a:b", &Origin::Unrecorded),
        ["default (false) -"]
    );
}

#[test]
fn gradle_scripts_say_their_repositories_plainly_or_leave_a_gap() {
    let plain = "// repositories { maven { url 'https://no.example/' } }\ndependencyResolutionManagement {\n  repositories {\n    mavenCentral()\n    maven {\n      url = uri(\"https://own.example/m2\")\n    }\n  }\n}\npublishing { repositories { maven { url = 'https://out.example/' } } }\n";
    let project = Project::new(&[("settings.gradle.kts", plain)]);
    let effective = project.read("gradle-lockfile", "gradle.lockfile");
    assert_eq!(
        ways(&effective, Ecosystem::Maven, "a:b", &Origin::Unrecorded),
        [
            "default (true) settings.gradle.kts:4",
            "https://own.example/m2 settings.gradle.kts:6"
        ]
    );
    assert_eq!(effective.mixed.len(), 2);
    let computed = "repositories { maven { url = uri(mirror()) } }\n";
    let project = Project::new(&[("build.gradle", computed)]);
    let clients = project.clients("gradle-lockfile", "gradle.lockfile", None);
    assert_eq!(clients.gaps[0].id, "registry/undecided-configuration");
    assert_eq!(
        clients.gaps[0].location.as_ref().unwrap().to_string(),
        "build.gradle:1"
    );
}

#[test]
fn bundler_asks_a_mirror_in_place_of_the_recorded_remote() {
    let project = Project::new(&[
        (
            "Gemfile",
            "source 'https://gems.example/'\nsource \"https://more.example/\"\nsource 'https://own.example' do\n  gem 'a'\nend\n",
        ),
        (
            ".bundle/config",
            "---\nBUNDLE_MIRROR__HTTPS://GEMS__EXAMPLE/: \"https://mirror.example/\"\nBUNDLE_SSL_VERIFY_MODE: \"0\"\n",
        ),
    ]);
    let effective = project.read("gemfile-lock", "Gemfile.lock");
    assert_eq!(
        ways(
            &effective,
            Ecosystem::Gem,
            "a",
            &recorded("https://gems.example/")
        ),
        ["https://mirror.example/ .bundle/config:2"]
    );
    assert!(
        ways(
            &effective,
            Ecosystem::Gem,
            "a",
            &recorded("https://other.example/")
        )
        .is_empty()
    );
    assert_eq!(effective.mixed.len(), 2);
    assert_eq!(weak(&effective), [".bundle/config:3"]);
}

#[test]
fn composer_says_what_is_not_canonical_and_not_secure() {
    let text = r#"{"repositories": [
{"type": "composer", "url": "https://a.example", "canonical": false},
{"type": "composer", "url": "https://b.example"}],
"config": {"secure-http": false}}"#;
    let effective = Project::new(&[("composer.json", text)]).read("composer-lock", "composer.lock");
    assert_eq!(effective.mixed.len(), 1);
    assert_eq!(weak(&effective), ["composer.json:4"]);
    assert_eq!(effective.configured().count(), 2);
}

#[test]
fn go_is_known_on_the_machine_only() {
    let project = Project::new(&[("go.mod", "module a\n")]).home(
        ".config/go/env",
        "GOPROXY=https://proxy.example,direct\nGOSUMDB=off\n",
    );
    let tree = project.read("go-mod", "go.mod");
    assert_eq!(
        ways(&tree, Ecosystem::Golang, "x.example/a", &Origin::Unrecorded),
        ["default (false) -"]
    );
    let machine = project.on_machine("go-mod", "go.mod", &[("GOPRIVATE", "git.acme.example")]);
    assert_eq!(
        ways(
            &machine,
            Ecosystem::Golang,
            "x.example/a",
            &Origin::Unrecorded
        ),
        [
            "https://proxy.example ~/.config/go/env:1",
            "ByName ~/.config/go/env:1"
        ]
    );
    assert_eq!(
        ways(
            &machine,
            Ecosystem::Golang,
            "git.acme.example/a/b",
            &Origin::Unrecorded
        ),
        ["ByName environment:GOPRIVATE"]
    );
    assert_eq!(weak(&machine), ["~/.config/go/env:2"]);
    let off = project.on_machine(
        "go-mod",
        "go.mod",
        &[("GOFLAGS", "-insecure"), ("GOSUMDB", "sum")],
    );
    assert_eq!(weak(&off), ["environment:GOFLAGS"]);
}

#[test]
fn hostile_text_in_any_file_neither_panics_nor_passes_for_nothing() {
    let texts = [
        "\u{0}\u{1b}[2J\n=\n[\n{\n\"\n'\n",
        "[[[[[[[[\n",
        &"{".repeat(100_000),
        &"- ".repeat(50_000),
        &"<a>".repeat(100_000),
        "repositories {\n maven {\n url '",
        "source\nsource '\nsource \"x\n",
        "--\n-\n-r ../../x\n-r requirements.txt\n--index-url\n\\\n",
    ];
    for text in texts {
        for (format, lock, file) in [
            ("cargo-lock", "Cargo.lock", ".cargo/config.toml"),
            ("package-lock", "package-lock.json", ".npmrc"),
            ("pnpm-lock", "pnpm-lock.yaml", "pnpm-workspace.yaml"),
            ("yarn-lock", "yarn.lock", ".yarnrc"),
            ("bun-lock", "bun.lock", "bunfig.toml"),
            ("requirements", "requirements.txt", "requirements.txt"),
            ("requirements", "requirements.txt", "pip.conf"),
            ("uv-lock", "uv.lock", "pyproject.toml"),
            ("poetry-lock", "poetry.lock", "pyproject.toml"),
            ("pdm-lock", "pdm.lock", "pyproject.toml"),
            ("pipfile-lock", "Pipfile.lock", "Pipfile.lock"),
            ("nuget-lock", "packages.lock.json", "nuget.config"),
            ("pom", "pom.xml", "pom.xml"),
            ("gradle-lockfile", "gradle.lockfile", "build.gradle"),
            ("gemfile-lock", "Gemfile.lock", "Gemfile"),
            ("gemfile-lock", "Gemfile.lock", ".bundle/config"),
            ("composer-lock", "composer.lock", "composer.json"),
        ] {
            let project = Project::new(&[(file, text)]);
            let clients = project.clients(format, lock, None);
            let shown = format!("{:?}", clients);
            assert!(!shown.contains('\u{1b}'), "{file}");
        }
    }
}
