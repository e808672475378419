mod members;
mod walk;

use super::*;
use crate::support::files::write_atomic;
use tempfile::TempDir;

fn tree(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_atomic(&path, text.as_bytes()).unwrap();
    }
    directory
}

fn read_with(directory: &TempDir, include: &[&str]) -> Result<Inventory, InventoryError> {
    let options = Options {
        include: include.iter().map(|path| (*path).to_owned()).collect(),
        fallback_name: "/somewhere/app".to_owned(),
        ..Options::default()
    };
    read_tree(directory.path(), &options)
}

fn read(files: &[(&str, &str)]) -> Inventory {
    read_with(&tree(files), &[]).unwrap()
}

fn purls(inventory: &Inventory) -> Vec<&str> {
    inventory
        .components
        .iter()
        .map(|c| c.purl.as_str())
        .collect()
}

fn gaps(inventory: &Inventory) -> Vec<(&str, Option<String>)> {
    inventory
        .gaps
        .iter()
        .map(|gap| (gap.id, gap.location.as_ref().map(ToString::to_string)))
        .collect()
}

fn gap(id: &'static str, place: &str) -> (&'static str, Option<String>) {
    (id, Some(place.to_owned()))
}

fn skipped(inventory: &Inventory) -> Vec<&str> {
    inventory.skipped.iter().map(|s| s.path.as_str()).collect()
}

fn cargo(name: &str) -> String {
    format!("version = 4\n\n[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n")
}

fn npm(name: &str) -> String {
    format!(
        "{{\"lockfileVersion\": 3, \"packages\": {{\"node_modules/{name}\": {{\"version\": \"1.0.0\"}}}}}}"
    )
}

#[test]
fn a_tree_without_lockfiles_is_a_gap() {
    let inventory = read(&[("src/main.rs", "")]);
    assert_eq!(gaps(&inventory), [("inventory/nothing-to-check", None)]);
    assert_eq!(inventory.root.name, "app");
}

#[test]
fn the_root_and_other_ecosystems_are_the_product_and_nested_ones_are_not() {
    let inventory = read(&[
        ("Cargo.lock", &cargo("root")),
        ("fuzz/Cargo.lock", &cargo("fuzz")),
        ("tests/fixtures/a/Cargo.lock", &cargo("fixture")),
        ("tests/web/package-lock.json", &npm("fixture")),
        ("web/package-lock.json", &npm("web")),
        ("web/deep/package-lock.json", &npm("deep")),
    ]);
    assert_eq!(
        purls(&inventory),
        ["pkg:cargo/root@1.0.0", "pkg:npm/web@1.0.0"]
    );
    assert_eq!(
        skipped(&inventory),
        [
            "fuzz/Cargo.lock",
            "tests/fixtures/a/Cargo.lock",
            "tests/web/package-lock.json",
            "web/deep/package-lock.json",
        ]
    );
    assert_eq!(gaps(&inventory), []);
    assert_eq!(inventory.root.name, "root");
    // A sample is settled; a project that only its place speaks against is not.
    let open: Vec<(&str, String)> = left_out(&inventory)
        .into_iter()
        .map(|gap| (gap.id, gap.location.unwrap().path))
        .collect();
    let id = "inventory/left-out";
    assert_eq!(
        open,
        [
            (id, "fuzz/Cargo.lock".to_owned()),
            (id, "web/deep/package-lock.json".to_owned())
        ]
    );
}

#[test]
fn workspace_members_are_the_product_whatever_their_directory_is_called() {
    let inventory = read(&[
        (
            "package.json",
            "{\"workspaces\": [\"packages/*\", \"examples/a\"]}",
        ),
        ("package-lock.json", &npm("root")),
        ("packages/a/package-lock.json", &npm("member")),
        ("examples/a/package-lock.json", &npm("example")),
        ("examples/b/package-lock.json", &npm("other")),
    ]);
    assert_eq!(
        purls(&inventory),
        [
            "pkg:npm/example@1.0.0",
            "pkg:npm/member@1.0.0",
            "pkg:npm/root@1.0.0"
        ]
    );
    assert_eq!(skipped(&inventory), ["examples/b/package-lock.json"]);
}

#[test]
fn several_applications_without_a_root_lockfile_all_count() {
    let inventory = read(&[
        ("a/Cargo.lock", &cargo("a")),
        ("b/Cargo.lock", &cargo("b")),
        ("b/c/Cargo.lock", &cargo("c")),
    ]);
    assert_eq!(
        purls(&inventory),
        ["pkg:cargo/a@1.0.0", "pkg:cargo/b@1.0.0"]
    );
    assert_eq!(skipped(&inventory), ["b/c/Cargo.lock"]);
    assert_eq!(
        inventory.root.name, "app",
        "no lockfile at the root names it"
    );
}

#[test]
fn an_installed_node_modules_does_not_change_the_inventory_of_a_commit() {
    let directory = tree(&[
        ("package-lock.json", &npm("a")),
        ("node_modules/a/package.json", "{}"),
    ]);
    let listed = || read_with(&directory, &[]).unwrap().skipped.len();
    assert_eq!(listed(), 1, "without git it may have come with the tree");
    std::fs::create_dir(directory.path().join(".git")).unwrap();
    let track = |paths: &[&str]| {
        let index = crate::support::git_index::testing::index(2, paths);
        write_atomic(&directory.path().join(".git/index"), &index).unwrap();
    };
    track(&["package-lock.json"]);
    assert_eq!(listed(), 0);
    track(&["node_modules/a/package.json", "package-lock.json"]);
    assert_eq!(listed(), 1);
}

#[test]
fn a_path_can_be_added_back_and_a_wrong_one_is_an_error() {
    let directory = tree(&[
        ("Cargo.lock", &cargo("root")),
        ("fuzz/Cargo.lock", &cargo("fuzz")),
        ("node_modules/x/package-lock.json", &npm("x")),
    ]);
    let names = |include: &[&str]| {
        let inventory = read_with(&directory, include).unwrap();
        (inventory.components.len(), inventory.skipped.len())
    };
    assert_eq!(names(&[]), (1, 2));
    assert_eq!(names(&["fuzz"]), (2, 1));
    assert_eq!(names(&["./fuzz/Cargo.lock"]), (2, 1));
    assert_eq!(names(&["fuzz", "node_modules/x"]), (3, 0));
    assert!(matches!(
        read_with(&directory, &["../x"]),
        Err(InventoryError::IncludeOutside { .. })
    ));
    assert!(matches!(
        read_with(&directory, &["fuz"]),
        Err(InventoryError::IncludeWithoutLockfile { .. })
    ));
}

#[test]
fn the_shrinkwrap_wins() {
    let inventory = read(&[
        ("package-lock.json", &npm("lock")),
        ("npm-shrinkwrap.json", &npm("shrink")),
    ]);
    assert_eq!(purls(&inventory), ["pkg:npm/shrink@1.0.0"]);
    assert_eq!(skipped(&inventory), ["package-lock.json"]);
}

#[test]
fn a_manifest_without_a_lockfile_is_a_gap_once() {
    let inventory = read(&[
        ("Cargo.toml", "[workspace]\nmembers = ['a']\n"),
        ("a/Cargo.toml", "[package]\nname = 'a'\n"),
        ("examples/Cargo.toml", "[package]\nname = 'b'\n"),
        ("web/package.json", "{\"dependencies\": {\"x\": \"1\"}}"),
        ("docs/package.json", "{\"private\": true}"),
        ("py/pyproject.toml", "[project]\ndependencies = ['x']\n"),
        (
            "tests/py/pyproject.toml",
            "[project]\ndependencies = ['x']\n",
        ),
    ]);
    assert_eq!(
        gaps(&inventory),
        [
            gap("inventory/missing-lockfile", "Cargo.toml"),
            gap("inventory/missing-lockfile", "py/pyproject.toml"),
            gap("inventory/missing-lockfile", "web/package.json"),
        ]
    );
    assert!(inventory.gaps[0].remedy.contains("cargo generate-lockfile"));
}

#[test]
fn each_project_of_a_build_has_a_lockfile_of_its_own() {
    let lock = "a:b:1=runtimeClasspath\nempty=\n";
    let script = "dependencies {\n}\n";
    let assets = "{\"version\": 3, \"libraries\": {}}";
    let project = "<Project><PackageReference Include='A'/></Project>";
    let inventory = read(&[
        ("build.gradle", script),
        ("gradle.lockfile", lock),
        ("core/build.gradle.kts", script),
        ("core/gradle.lockfile", lock),
        ("web/build.gradle", script),
        ("net/App/App.csproj", project),
        ("net/App/obj/project.assets.json", assets),
        ("net/Tool/Tool.fsproj", project),
        ("php/composer.json", "{\"require\": {\"a/b\": \"1\"}}"),
        ("php/sub/composer.json", "{\"require\": {\"a/b\": \"1\"}}"),
    ]);
    assert_eq!(
        gaps(&inventory),
        [
            gap("inventory/missing-lockfile", "net/Tool/Tool.fsproj"),
            gap("inventory/missing-lockfile", "php/composer.json"),
            gap("inventory/missing-lockfile", "web/build.gradle"),
        ]
    );
    assert!(skipped(&inventory).is_empty());
    let read: Vec<&str> = inventory
        .lockfiles
        .iter()
        .map(|l| l.path.as_str())
        .collect();
    assert_eq!(
        read,
        [
            "core/gradle.lockfile",
            "gradle.lockfile",
            "net/App/obj/project.assets.json"
        ]
    );
}

#[test]
fn modules_of_a_maven_build_are_read_and_samples_beside_them_are_not() {
    let pom = |name: &str, more: &str| {
        format!(
            "<project><groupId>com.acme</groupId><artifactId>{name}</artifactId><version>1</version>{more}</project>"
        )
    };
    let needs_core = "<dependencies><dependency><groupId>com.acme</groupId><artifactId>core</artifactId><version>1</version></dependency></dependencies>";
    let (top, core, web, sample) = (
        pom(
            "top",
            "<modules><module>core</module><module>web/pom.xml</module></modules>",
        ),
        pom("core", ""),
        pom("web", needs_core),
        pom("sample", ""),
    );
    let inventory = read(&[
        ("pom.xml", &top),
        ("core/pom.xml", &core),
        ("web/pom.xml", &web),
        ("sample/pom.xml", &sample),
    ]);
    assert_eq!(gaps(&inventory), []);
    assert_eq!(skipped(&inventory), ["sample/pom.xml"]);
    let own: Vec<&str> = inventory
        .components
        .iter()
        .map(|c| c.purl.as_str())
        .collect();
    assert_eq!(
        own,
        [
            "pkg:maven/com.acme/core@1",
            "pkg:maven/com.acme/top@1",
            "pkg:maven/com.acme/web@1"
        ]
    );
    assert_eq!(inventory.root.name, "com.acme:top");
    assert_eq!(inventory.edges.len(), 1);
}

#[test]
fn a_local_maven_repository_is_read_where_the_caller_names_one() {
    let repository = tree(&[(
        "g/a/1/a-1.pom",
        "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><dependencies><dependency><groupId>g</groupId><artifactId>b</artifactId><version>2</version></dependency></dependencies></project>",
    )]);
    // The other encoding that poms have.
    let mut other =
        b"<project><groupId>g</groupId><artifactId>b</artifactId><version>2</version><!-- "
            .to_vec();
    other.extend([0xE9, b' ', b'-', b'-', b'>']);
    other.extend(b"</project>");
    let path = repository.path().join("g/b/2/b-2.pom");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_atomic(&path, &other).unwrap();
    let project = tree(&[(
        "pom.xml",
        "<project><groupId>x</groupId><artifactId>x</artifactId><version>1</version><dependencies><dependency><groupId>g</groupId><artifactId>a</artifactId><version>1</version></dependency></dependencies></project>",
    )]);
    let options = Options {
        maven_repository: Some(repository.path().to_owned()),
        ..Options::default()
    };
    let inventory = read_tree(project.path(), &options).unwrap();
    assert_eq!(gaps(&inventory), []);
    assert_eq!(inventory.components.len(), 3);
    assert!(!inventory.graph_is_incomplete());
    let without = read_tree(project.path(), &Options::default()).unwrap();
    assert_eq!(
        gaps(&without),
        [gap("inventory/incomplete-lockfile", "pom.xml:1")]
    );
    assert!(without.graph_is_incomplete());
}

#[test]
fn a_manifest_of_another_ecosystem_without_a_lockfile_is_a_gap() {
    let inventory = read(&[
        ("a/Gemfile", "gem 'rails'\n"),
        ("b/build.gradle.kts", "dependencies { }\n"),
        ("c/composer.json", "{\"require\": {\"x/y\": \"1\"}}"),
        ("d/App.csproj", "<PackageReference Include=\"x\"/>"),
        ("e/setup.py", "setup(install_requires=['x'])"),
        ("f/pubspec.yaml", "dependencies:\n  x: 1\n"),
        ("g/composer.json", "{\"name\": \"x/y\"}"),
        ("h/Gemfile", "gem 'rails'\n"),
        ("h/Gemfile.lock", "GEM\n"),
        ("Cargo.lock", &cargo("root")),
    ]);
    let missing: Vec<String> = gaps(&inventory)
        .into_iter()
        .filter(|(id, _)| *id == "inventory/missing-lockfile")
        .filter_map(|(_, place)| place)
        .collect();
    assert_eq!(
        missing,
        [
            "a/Gemfile",
            "b/build.gradle.kts",
            "c/composer.json",
            "d/App.csproj",
            "e/setup.py",
            "f/pubspec.yaml"
        ]
    );
}

#[test]
fn a_manifest_that_the_lockfile_above_does_not_know_is_listed() {
    let inventory = read(&[
        ("Cargo.lock", &cargo("root")),
        (
            "Cargo.toml",
            "[package]\nname = 'root'\n[workspace]\nmembers = ['member']\n",
        ),
        ("member/Cargo.toml", "[package]\nname = 'member'\n"),
        ("tools/Cargo.toml", "[package]\nname = 'tools'\n"),
        ("path/Cargo.toml", "[package]\nname = 'root'\n"),
        ("package-lock.json", &npm("x")),
        ("package.json", "{\"dependencies\": {\"a\": \"1\"}}"),
        ("web/package.json", "{\"dependencies\": {\"a\": \"1\"}}"),
        ("marker/package.json", "{\"type\": \"module\"}"),
        ("tests/package.json", "{\"dependencies\": {\"a\": \"1\"}}"),
    ]);
    assert_eq!(
        skipped(&inventory),
        ["tools/Cargo.toml", "web/package.json"]
    );
    assert!(gaps(&inventory).is_empty(), "{:?}", gaps(&inventory));
    assert_eq!(left_out(&inventory).len(), 2);
}

#[test]
fn an_empty_lockfile_of_any_format_is_a_gap() {
    let paths = [
        "a/Cargo.lock",
        "b/package-lock.json",
        "c/requirements.txt",
        "d/poetry.lock",
        "e/uv.lock",
        "f/go.mod",
    ];
    let inventory = read(&paths.map(|path| (path, " \n")));
    assert_eq!(
        gaps(&inventory),
        paths.map(|path| gap("inventory/unreadable-lockfile", path))
    );
}

#[test]
fn lockfiles_that_are_not_read_are_gaps_and_cover_their_manifests() {
    let old = "__metadata:\n  version: 3\n";
    let inventory = read(&[
        ("a/bun.lockb", ""),
        ("a/package.json", "{\"dependencies\": {\"x\": \"1\"}}"),
        ("b/bun.lockb", ""),
        ("b/module/bun.lockb", ""),
        ("c/yarn.lock", old),
        ("d/Cargo.lock", "version = 9\n"),
        ("tests/Gemfile.lock", ""),
    ]);
    assert_eq!(
        gaps(&inventory),
        [
            gap("inventory/unsupported-lock-version", "d/Cargo.lock:1"),
            gap("inventory/unsupported-lockfile", "a/bun.lockb"),
            gap("inventory/unsupported-lockfile", "b/bun.lockb"),
            gap("inventory/unsupported-lockfile", "c/yarn.lock:2"),
        ]
    );
    assert_eq!(
        skipped(&inventory),
        ["b/module/bun.lockb", "tests/Gemfile.lock"]
    );
}

#[test]
fn an_unread_lockfile_beside_one_that_is_read_is_a_gap() {
    let locked = cargo("kept");
    let inventory = read(&[
        ("Cargo.lock", &locked),
        ("deno.lock", "{}"),
        ("deno.json", "{}"),
        ("ios/Podfile.lock", "PODS:\n"),
        ("ocaml/app.opam.locked", ""),
        ("infra/.terraform.lock.hcl", ""),
        ("examples/deno.lock", "{}"),
        ("vendor/x/flake.lock", "{}"),
    ]);
    let paths = [
        "deno.lock",
        "infra/.terraform.lock.hcl",
        "ios/Podfile.lock",
        "ocaml/app.opam.locked",
    ];
    let told = paths.map(|path| gap("inventory/unsupported-lockfile", path));
    assert_eq!(gaps(&inventory), told);
    assert_eq!(purls(&inventory), ["pkg:cargo/kept@1.0.0"]);
    assert_eq!(
        skipped(&inventory),
        ["examples/deno.lock", "vendor/x/flake.lock"]
    );
}

#[test]
fn a_broken_lockfile_is_a_gap_that_names_its_line() {
    let broken = format!("{}\n[[package]]\nname = ?\n", cargo("kept"));
    let inventory = read(&[("Cargo.lock", &broken), ("w/package-lock.json", "{")]);
    assert_eq!(purls(&inventory), ["pkg:cargo/kept@1.0.0"]);
    assert_eq!(
        gaps(&inventory),
        [
            gap("inventory/unreadable-lockfile", "Cargo.lock:8"),
            gap("inventory/unreadable-lockfile", "w/package-lock.json:1"),
        ]
    );
    assert!(inventory.gaps[1].message.contains("w/package-lock.json:1"));
}

#[test]
fn a_lockfile_over_the_limit_is_a_gap_and_is_not_read() {
    let directory = tree(&[("Cargo.lock", &cargo("root"))]);
    std::fs::create_dir(directory.path().join("w")).unwrap();
    let path = directory.path().join("w/package-lock.json");
    // Sparse: it has no blocks on disk, but 200 MB to read.
    std::fs::File::create(path)
        .unwrap()
        .set_len(200_000_000)
        .unwrap();
    let inventory = read_with(&directory, &[]).unwrap();
    assert_eq!(inventory.components.len(), 1);
    assert_eq!(
        gaps(&inventory),
        [gap("inventory/too-large", "w/package-lock.json")]
    );
}
