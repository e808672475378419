use super::*;
use crate::inventory::formats::testing::{edges, gaps, lines_hold_names, parse};
use std::fmt::Write as _;

const TYPICAL: &str = include_str!("../../../../testdata/inventory/pdm-lock/typical/pdm.lock");
const MANIFEST: &str =
    include_str!("../../../../testdata/inventory/pdm-lock/typical/pyproject.toml");

const HEAD: &str = "[metadata]\nlock_version = '4.5.0'\n";

fn read(text: &str, manifest: Option<&str>) -> Parsed {
    let neighbours: Vec<(&str, &str)> = manifest
        .map(|text| ("pyproject.toml", text))
        .into_iter()
        .collect();
    parse(&PdmLock, "pdm.lock", text, &neighbours).unwrap()
}

fn package<'p>(parsed: &'p Parsed, name: &str) -> &'p Package {
    parsed.packages.iter().find(|p| p.name == name).unwrap()
}

#[test]
fn an_empty_lockfile_holds_nothing_and_an_empty_file_is_none() {
    assert!(read(HEAD, None).packages.is_empty());
    assert!(matches!(
        parse(&PdmLock, "pdm.lock", "", &[]),
        Err(FormatError::Shape { .. })
    ));
}

#[test]
fn a_real_lockfile_is_read_with_its_forks_kept_apart() {
    let parsed = read(TYPICAL, Some(MANIFEST));
    assert_eq!(gaps(&parsed), []);
    // 29 entries, two of which are for the extra `standard` of uvicorn.
    assert_eq!(parsed.packages.len(), 27);
    lines_hold_names(TYPICAL, &parsed);
    let all = edges(&parsed);
    for edge in [
        "pandas@2.3.3 -> numpy@2.0.2",
        "pandas@3.1.1 -> numpy@2.4.6",
        "uvicorn@0.39.0 -> click@8.1.8",
        "uvicorn@0.54.0 -> click@8.5.1",
        // Brought by the extra.
        "uvicorn@0.54.0 -> httptools@0.9.0",
        "python-dateutil@3.0.0 -> six@1.16.0",
        "inner@0.3 -> attrs@26.1.0",
        "pytest@8.4.2 -> exceptiongroup@1.3.1",
    ] {
        assert!(all.contains(&edge.to_owned()), "{edge}");
    }
    for edge in [
        "pandas@3.1.1 -> numpy@2.0.2",
        // The line holds below Python 3.11, this version is for later ones.
        "pytest@9.2.0 -> exceptiongroup@1.3.1",
        "uvicorn@0.54.0 -> typing-extensions@4.16.0",
        "uvicorn@0.54.0 -> uvicorn@0.39.0",
    ] {
        assert!(!all.contains(&edge.to_owned()), "{edge}");
    }
    assert_eq!(all.len(), 27);
    let direct = parsed
        .direct
        .iter()
        .map(|place| parsed.packages[*place].name.as_str());
    assert_eq!(
        direct.collect::<Vec<_>>(),
        [
            "inner", "pandas", "pandas", "pytest", "pytest", "six", "uvicorn", "uvicorn"
        ]
    );
    assert_eq!(parsed.root.as_ref().unwrap().name, "forked");
}

#[test]
fn origin_checksums_and_scope_are_those_recorded() {
    let parsed = read(TYPICAL, Some(MANIFEST));
    assert_eq!(package(&parsed, "attrs").origin, Origin::Unrecorded);
    assert_eq!(package(&parsed, "attrs").checksums.len(), 2);
    let inner = package(&parsed, "inner");
    assert_eq!(inner.kind, ComponentKind::Own);
    let path = "./libs/inner".to_owned();
    assert_eq!(inner.origin, Origin::Path { path });
    assert!(
        matches!(&package(&parsed, "six").origin, Origin::Url { url } if url.ends_with(".whl"))
    );
    assert_eq!(package(&parsed, "numpy").scope, Scope::Runtime);
    assert_eq!(package(&parsed, "pluggy").scope, Scope::Dev);
    // In `default` and `dev`.
    assert_eq!(package(&parsed, "exceptiongroup").scope, Scope::Runtime);
}

#[test]
fn each_kind_of_source_is_told_apart() {
    let text = format!(
        "{HEAD}[[package]]\nname = 'a'\nversion = '1'\ngit = 'https://h.example/a.git'\nref = 'main'\nrevision = '0f'\n\
         [[package]]\nname = 'b'\nversion = '1'\npath = './dist/b-1-py3-none-any.whl'\n\
         [[package]]\nname = 'c'\nversion = '1'\nurl = 'file:///${{PROJECT_ROOT}}/libs/c'\n\
         [[package]]\nname = 'd'\nversion = '1'\nfiles = [{{url = 'https://f.example/d.whl', hash = 'sha256:{}'}}]\n\
         [[package]]\nname = 'e'\nversion = '1'\nhg = 'https://h.example/e'\n",
        "ab".repeat(32)
    );
    let parsed = read(&text, None);
    assert_eq!(gaps(&parsed), []);
    let origins: Vec<Origin> = parsed.packages.iter().map(|p| p.origin.clone()).collect();
    assert_eq!(
        origins,
        [
            Origin::Git {
                url: "https://h.example/a.git".to_owned(),
                reference: GitReference::Revision("main".to_owned()),
                commit: Some("0f".to_owned()),
            },
            Origin::Path {
                path: "./dist/b-1-py3-none-any.whl".to_owned()
            },
            Origin::Path {
                path: "./libs/c".to_owned()
            },
            Origin::Registry {
                index: None,
                file: Some("https://f.example/d.whl".to_owned()),
                default: false,
            },
            Origin::Url {
                url: "https://h.example/e".to_owned()
            },
        ]
    );
    assert_eq!(parsed.packages[1].kind, ComponentKind::Dependency);
    assert_eq!(parsed.packages[2].kind, ComponentKind::Own);
}

#[test]
fn an_old_lockfile_keeps_its_files_at_the_end_and_gets_scopes_by_reach() {
    let sum = "cd".repeat(32);
    let text = format!(
        "[[package]]\nname = 'a'\nversion = '1'\ndependencies = ['b']\n\
         [[package]]\nname = 'b'\nversion = '2'\n\
         [[package]]\nname = 'b'\nversion = '2'\nextras = ['x']\ndependencies = ['b==2', 'c']\n\
         [[package]]\nname = 'c'\nversion = '3'\n\
         [metadata]\nlock_version = '4.2'\n\
         [metadata.files]\n'a 1' = [{{url = 'https://f.example/a.whl', hash = 'sha256:{sum}'}}]\n"
    );
    let manifest = "[project]\nname = 'p'\ndependencies = ['a']\n\
                    [dependency-groups]\ndev = ['b[x]']\n";
    let parsed = read(&text, Some(manifest));
    assert_eq!(gaps(&parsed), []);
    assert_eq!(parsed.packages[0].checksums.len(), 1);
    assert_eq!(edges(&parsed), ["a@1 -> b@2", "b@2 -> c@3"]);
    let scopes: Vec<Scope> = parsed.packages.iter().map(|p| p.scope).collect();
    // `c` is reached through the extra that only the development group asks for.
    assert_eq!(scopes, [Scope::Runtime, Scope::Runtime, Scope::Dev]);
}

#[test]
fn groups_are_extras_or_development_as_the_manifest_says() {
    let text = format!(
        "{HEAD}[[package]]\nname = 'a'\nversion = '1'\ngroups = ['aws']\n\
         [[package]]\nname = 'b'\nversion = '1'\ngroups = ['test', 'aws']\n\
         [[package]]\nname = 'c'\nversion = '1'\ngroups = ['test']\n\
         [[package]]\nname = 'd'\nversion = '1'\ngroups = ['gone']\n"
    );
    let manifest = "[project.optional-dependencies]\naws = ['a', 'b']\n\
                    [dependency-groups]\ntest = ['b', 'c']\n";
    let scopes = |manifest| -> Vec<Scope> {
        let parsed = read(&text, manifest);
        parsed.packages.iter().map(|p| p.scope).collect()
    };
    assert_eq!(
        scopes(Some(manifest)),
        [Scope::Optional, Scope::Optional, Scope::Dev, Scope::Unknown]
    );
    assert_eq!(scopes(None), [Scope::Unknown; 4]);
}

#[test]
fn a_broken_lockfile_keeps_what_can_be_read() {
    let text = format!(
        "{HEAD}[[package]]\nversion = '1'\n\
         [[package]]\nname = 'a'\nversion = '1'\ndependencies = ['gone', 'never; python_version < \"3\"', '-e .', 7]\nfiles = [{{hash = 'sha256:zz'}}, {{file = 'x'}}]\n\
         [[package]]\nname = 'b'\n\
         [[package]]\nname = 'c' version\n"
    );
    let parsed = read(&text, None);
    assert_eq!(parsed.packages.len(), 2);
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/incomplete-entry", 3),
            ("inventory/incomplete-entry", 6),
            ("inventory/incomplete-entry", 6),
            ("inventory/incomplete-entry", 11),
            ("inventory/unresolved-dependency", 8),
            ("inventory/incomplete-entry", 8),
            ("inventory/incomplete-entry", 8),
            ("inventory/unreadable-lockfile", 13),
        ]
    );
}

#[test]
fn what_the_project_leaves_out_on_request_is_no_gap() {
    let text =
        format!("{HEAD}[[package]]\nname = 'a'\nversion = '1'\ndependencies = ['Gone', 'p[x]']\n");
    let manifest = "[project]\nname = 'p'\n[tool.pdm.resolution]\nexcludes = ['gone']\n";
    assert_eq!(gaps(&read(&text, Some(manifest))), []);
    assert_eq!(gaps(&read(&text, None)).len(), 2);
}

#[test]
fn other_versions_are_refused_by_name() {
    let with = |version: &str| {
        let text = format!("[metadata]\nlock_version = {version}\n");
        parse(&PdmLock, "pdm.lock", &text, &[]).unwrap_err()
    };
    assert!(matches!(
        with("'3.1'"),
        FormatError::OldVersion { line: 2, found, .. } if found == "3.1"
    ));
    assert!(matches!(with("'5.0'"), FormatError::UnknownVersion { .. }));
    assert!(matches!(with("4"), FormatError::UnknownVersion { .. }));
}

#[test]
fn a_hostile_lockfile_costs_neither_stack_nor_time() {
    let mut text = HEAD.to_owned();
    for place in 0..2_000 {
        let _ = write!(
            text,
            "[[package]]\nname = 'same'\nversion = '{place}'\ndependencies = ['same', 'ring{place}']\n\
             [[package]]\nname = 'ring{place}'\nversion = '1'\ndependencies = ['ring{}']\n",
            (place + 1) % 2_000
        );
    }
    let parsed = read(&text, None);
    assert_eq!(parsed.packages.len(), 4_000);
    // Every reference to the name that stands 2,000 times is a gap, not 2,000 edges.
    assert_eq!(parsed.edges.len(), 4_000);
    assert_eq!(parsed.gaps.len() + parsed.more_gaps, 2_000);
}
