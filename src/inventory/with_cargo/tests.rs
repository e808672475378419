use super::*;
use crate::inventory::{Options, read_tree};
use crate::model::Inventory;

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(tree: &Path, with_cargo: Option<WithCargo>) -> Inventory {
    let options = Options {
        with_cargo,
        ..Options::default()
    };
    read_tree(tree, &options).unwrap()
}

fn crates(inventory: &Inventory) -> impl Iterator<Item = &Component> {
    let all = inventory.components.iter();
    all.filter(|component| component.ecosystem == Ecosystem::Cargo)
}

/// `name version` of every crate that `cargo tree` lists.
fn cargo_tree(edges: &str) -> BTreeSet<String> {
    let finished = process::run(&Invocation {
        program: Path::new(env!("CARGO")),
        arguments: &[
            "tree",
            "--locked",
            "--offline",
            "--target",
            "all",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--edges",
            edges,
        ],
        directory: repository(),
        variables: &[("CARGO_TERM_COLOR", "never")],
        output_limit: 100_000_000,
        time_limit: Duration::from_secs(300),
    })
    .unwrap();
    assert_eq!(
        finished.code,
        Some(0),
        "{}",
        String::from_utf8_lossy(&finished.stderr)
    );
    let text = String::from_utf8(finished.stdout).unwrap();
    text.lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
            Some(format!("{name} {version}"))
        })
        .collect()
}

fn with_scope(inventory: &Inventory, scopes: &[Scope]) -> BTreeSet<String> {
    crates(inventory)
        .filter(|component| component.cargo.is_some() && scopes.contains(&component.scope()))
        .map(|c| format!("{} {}", c.name, c.version.as_deref().unwrap_or_default()))
        .collect()
}

#[test]
fn scopes_of_this_repository_hold_the_sets_that_cargo_tree_lists() {
    let cargo = WithCargo::new(env!("CARGO").into());
    let inventory = read(repository(), Some(cargo));
    if let Some(gap) = inventory
        .gaps
        .iter()
        .find(|gap| gap.id == rules::CARGO_FAILED.id)
    {
        println!("skipped: {}", gap.message);
        return;
    }
    let runtime = cargo_tree("normal,no-proc-macro");
    let not_dev = cargo_tree("normal,build");
    let all = cargo_tree("normal,build,dev");
    assert!(runtime.len() > 100 && runtime.len() < not_dev.len() && not_dev.len() < all.len());
    let every = [Scope::Runtime, Scope::Build, Scope::Dev];
    let trees = [
        (&every[..1], &runtime),
        (&every[..2], &not_dev),
        (&every[..], &all),
    ];
    for (scopes, tree) in trees {
        let ours = with_scope(&inventory, scopes);
        assert_eq!(
            tree.difference(&ours).collect::<Vec<_>>(),
            Vec::<&String>::new()
        );
        // `cargo metadata` joins the features of all kinds and takes `name?/feature` for a
        // use of `name`, `cargo tree` does neither: wider here, never narrower.
        let wider: Vec<&String> = ours.difference(tree).collect();
        println!("{scopes:?}: {} as cargo tree, wider {wider:?}", tree.len());
        assert!(wider.len() <= 24, "{wider:?}");
    }

    // The manifests alone never call a crate less exposed than cargo does.
    let alone = read(repository(), None);
    let mut same = 0;
    let mut wider = BTreeMap::new();
    for (ours, cargos) in crates(&alone).zip(crates(&inventory)) {
        assert_eq!(ours.purl, cargos.purl);
        assert!(ours.scope() <= cargos.scope(), "{}", ours.purl);
        if ours.scope() == cargos.scope() {
            same += 1;
        } else {
            *wider.entry((ours.scope(), cargos.scope())).or_insert(0) += 1;
        }
    }
    println!("manifests alone: {same} the same, wider {wider:?}");
    assert!(
        alone
            .components
            .iter()
            .any(|component| component.scope() == Scope::Dev)
    );
    // All edges are the lockfile's: what cargo says about them adds none.
    assert_eq!(alone.edges, inventory.edges);
}

#[test]
fn kinds_features_and_code_at_build_time_are_what_cargo_says() {
    let inventory = read(repository(), Some(WithCargo::new(env!("CARGO").into())));
    if inventory
        .gaps
        .iter()
        .any(|gap| gap.id == rules::CARGO_FAILED.id)
    {
        println!("skipped: {:?}", inventory.gaps);
        return;
    }
    let of = |name: &str| crates(&inventory).find(|c| c.name == name).unwrap();
    let root = of("sealgate");
    let facts = root.cargo.as_ref().unwrap();
    let kinds = |name: &str| -> Vec<&str> {
        let uses = facts.uses.get(&of(name).purl).into_iter().flatten();
        uses.map(|each| each.kind.as_str()).collect()
    };
    assert_eq!(kinds("toml"), ["normal", "build"]);
    assert_eq!(kinds("assert_cmd"), ["dev"]);
    assert_eq!(kinds("url"), ["normal"]);
    assert_eq!(root.runs_install_code, Some(true));
    assert_eq!(of("serde_derive").runs_install_code, Some(true));
    assert_eq!(of("hex").runs_install_code, Some(false));
    assert!(
        of("serde")
            .cargo
            .as_ref()
            .unwrap()
            .features
            .contains("derive")
    );
    assert!(
        of("serde_derive")
            .cargo
            .as_ref()
            .unwrap()
            .targets
            .contains("proc-macro")
    );
    assert_eq!(
        of("hex").licence.source(),
        Some(LicenceSource::CargoMetadata)
    );
    assert_eq!(root.licence.source(), Some(LicenceSource::Manifest));
}

#[cfg(unix)]
mod refusals {
    use super::*;
    use crate::support::files::write_atomic;
    use std::os::unix::fs::PermissionsExt as _;
    use tempfile::TempDir;

    const LOCK: &str = "version = 4\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\n";

    fn tree(script: &str) -> (TempDir, WithCargo) {
        let directory = tempfile::tempdir().unwrap();
        let at = |path: &str| directory.path().join(path);
        write_atomic(&at("Cargo.lock"), LOCK.as_bytes()).unwrap();
        write_atomic(&at("Cargo.toml"), b"[package]\nname = \"app\"\n").unwrap();
        write_atomic(&at("cargo"), format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(at("cargo"), mode).unwrap();
        let cargo = WithCargo {
            program: at("cargo"),
            time_limit: Duration::from_secs(60),
        };
        (directory, cargo)
    }

    /// The one gap of a run with a cargo that is a script.
    fn gap(script: &str) -> String {
        let (directory, cargo) = tree(script);
        let inventory = read(directory.path(), Some(cargo));
        let [component] = &inventory.components[..] else {
            panic!("{:?}", inventory.components);
        };
        assert_eq!(component.cargo, None);
        let [gap] = &inventory.gaps[..] else {
            panic!("{:?}", inventory.gaps);
        };
        assert_eq!(gap.id, rules::CARGO_FAILED.id);
        assert_eq!(gap.location, Some(Location::file("Cargo.lock")));
        let place = directory.path().to_string_lossy().into_owned();
        assert!(!gap.message.contains(&place), "{}", gap.message);
        gap.message.clone()
    }

    #[test]
    fn a_cargo_that_fails_is_a_gap_without_an_absolute_path() {
        let message = gap("echo warning: x >&2; echo \"error: no $PWD/Cargo.lock\" >&2; exit 101");
        assert!(
            message.ends_with("`Cargo.lock`: error: no ./Cargo.lock"),
            "{message}"
        );
        assert!(gap("exit 1").contains("it failed without a word"));
        assert!(gap("kill -9 $$").contains("it failed without a word"));
    }

    #[test]
    fn an_answer_that_is_not_understood_is_a_gap() {
        assert!(gap("printf '{'").contains("is not understood"));
        assert!(gap("printf '\\377'").contains("not valid UTF-8"));
        let empty = "{\"packages\": [], \"workspace_members\": [], \"resolve\": null, \
            \"target_directory\": \"t\", \"version\": 1, \"workspace_root\": \"r\"}";
        assert!(gap(&format!("printf '%s' '{empty}'")).contains("no dependency graph"));
    }

    #[test]
    fn a_package_that_the_lockfile_does_not_hold_is_a_gap() {
        let id = "path+file:///x#other@1.0.0";
        let answer = format!(
            "{{\"packages\": [{{\"name\": \"other\", \"version\": \"1.0.0\", \"id\": \"{id}\", \
            \"dependencies\": [], \"targets\": [], \"features\": {{}}, \"manifest_path\": \"/x\"}}], \
            \"workspace_members\": [\"{id}\"], \"resolve\": {{\"nodes\": []}}, \
            \"target_directory\": \"t\", \"version\": 1, \"workspace_root\": \"r\"}}"
        );
        let message = gap(&format!("printf '%s' '{answer}'"));
        assert!(
            message.contains("1 packages") && message.contains("`other@1.0.0`"),
            "{message}"
        );
    }

    #[test]
    fn a_cargo_that_is_not_there_or_a_lockfile_without_a_manifest_is_a_gap() {
        let (directory, mut cargo) = tree("exit 0");
        cargo.program = directory.path().join("absent");
        let gaps = read(directory.path(), Some(cargo.clone())).gaps;
        assert!(
            gaps[0].message.contains("cannot start `absent`"),
            "{:?}",
            gaps[0]
        );
        cargo.program = "cargo".into();
        let gaps = read(directory.path(), Some(cargo.clone())).gaps;
        assert!(
            gaps[0].message.contains("not an absolute path"),
            "{:?}",
            gaps[0]
        );
        std::fs::remove_file(directory.path().join("Cargo.toml")).unwrap();
        let gaps = read(directory.path(), Some(cargo)).gaps;
        assert!(
            gaps[0].message.contains("there is no `Cargo.toml`"),
            "{:?}",
            gaps[0]
        );
    }

    #[test]
    fn cargo_does_not_run_unless_it_is_asked_for() {
        let (directory, cargo) = tree("touch ran; exit 1");
        assert!(read(directory.path(), None).gaps.is_empty());
        assert!(!directory.path().join("ran").exists());
        assert_eq!(read(directory.path(), Some(cargo)).gaps.len(), 1);
        assert!(directory.path().join("ran").exists());
    }
}
