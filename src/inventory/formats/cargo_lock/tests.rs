use super::*;
use crate::inventory::formats::testing::{edges, gaps, lines_hold_names, parse};
use std::collections::BTreeSet;

const TYPICAL: &str = include_str!("../../../../testdata/inventory/cargo-lock/typical/Cargo.lock");
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn read(text: &str) -> Parsed {
    parse(&CargoLock, "Cargo.lock", text, &[]).unwrap()
}

fn package(name: &str, version: &str, rest: &str) -> String {
    format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n{rest}\n")
}

#[test]
fn a_typical_lockfile_gives_packages_edges_and_origins() {
    let parsed = read(TYPICAL);
    assert_eq!(gaps(&parsed), []);
    lines_hold_names(TYPICAL, &parsed);
    assert_eq!(
        edges(&parsed),
        [
            "ledger@3.1.0 -> bitflags@1.3.2",
            "pricing@0.4.0 -> bitflags@2.6.0",
            "pricing@0.4.0 -> rates@0.9.0",
            "shop@0.4.0 -> bitflags@2.6.0",
            "shop@0.4.0 -> ledger@3.1.0",
            "shop@0.4.0 -> pricing@0.4.0",
        ]
    );
    let of = |name: &str| parsed.packages.iter().find(|p| p.name == name).unwrap();
    assert_eq!(of("shop").kind, ComponentKind::Own);
    assert_eq!(of("shop").line, 40);
    assert!(matches!(
        of("bitflags").origin,
        Origin::Registry { default: true, .. }
    ));
    assert_eq!(
        of("ledger").origin,
        Origin::Registry {
            index: Some("https://crates.corp.example/index/".to_owned()),
            file: None,
            default: false,
        }
    );
    assert_eq!(
        of("rates").origin,
        Origin::Git {
            url: "https://git.corp.example/rates".to_owned(),
            reference: GitReference::Tag("v0.9.0".to_owned()),
            commit: Some("4f2c0b5d8a1e3c7f9b6d2a4e8c0f1b3d5a7e9c2b".to_owned()),
        }
    );
    assert!(matches!(of("ledger").checksums[..], [Checksum::File(_)]));
}

#[test]
fn the_manifest_beside_says_which_own_package_is_the_product() {
    let manifest = "[package]\nname = \"pricing\"\n";
    let parsed = parse(
        &CargoLock,
        "a/Cargo.lock",
        TYPICAL,
        &[("a/Cargo.toml", manifest)],
    );
    assert_eq!(parsed.unwrap().root.unwrap().name, "pricing");
    assert_eq!(read(TYPICAL).root, None);
}

/// The crate `cargo-lock` on this repository's own lockfile.
#[test]
fn packages_and_edges_agree_with_the_crate_cargo_lock() {
    let text = include_str!("../../../../Cargo.lock");
    let oracle: cargo_lock::Lockfile = text.parse().unwrap();
    let parsed = read(text);
    assert_eq!(gaps(&parsed), []);
    lines_hold_names(text, &parsed);
    let ours: BTreeSet<String> = parsed
        .packages
        .iter()
        .map(|p| format!("{}@{}", p.name, p.version.as_deref().unwrap()))
        .collect();
    let packages = oracle.packages.iter();
    let theirs: BTreeSet<String> = packages
        .map(|p| format!("{}@{}", p.name, p.version))
        .collect();
    assert_eq!(ours, theirs);
    let packages = oracle.packages.iter();
    let their_edges: BTreeSet<String> = packages
        .flat_map(|p| {
            p.dependencies
                .iter()
                .map(move |d| format!("{}@{} -> {}@{}", p.name, p.version, d.name, d.version))
        })
        .collect();
    assert_eq!(
        edges(&parsed).into_iter().collect::<BTreeSet<_>>(),
        their_edges
    );
}

#[test]
fn version_one_keeps_checksums_and_the_root_elsewhere() {
    let hash = "ab".repeat(32);
    let text = format!(
        "[root]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"a 1.0.0 ({REGISTRY})\",\n]\n\n\
         {}[metadata]\n\"checksum a 1.0.0 ({REGISTRY})\" = \"{hash}\"\n\
         \"checksum b 1.0.0 (git+https://h.example/b#0f)\" = \"<none>\"\n",
        package("a", "1.0.0", &format!("source = \"{REGISTRY}\"\n"))
    );
    let parsed = read(&text);
    assert_eq!(gaps(&parsed), []);
    assert_eq!(edges(&parsed), ["app@0.1.0 -> a@1.0.0"]);
    assert!(matches!(&parsed.packages[1].checksums[..], [Checksum::File(d)] if d.hex() == hash));
    assert_eq!(parsed.root.unwrap().name, "app");
}

#[test]
fn one_name_and_version_from_two_sources_is_told_apart() {
    let text = [
        "version = 4\n".to_owned(),
        package(
            "a",
            "1.0.0",
            "source = \"git+https://h.example/a?branch=x#0f0f\"\n",
        ),
        package("a", "1.0.0", &format!("source = \"{REGISTRY}\"\n")),
        package(
            "own",
            "0.1.0",
            &format!("dependencies = [\n \"a 1.0.0 ({REGISTRY})\",\n]\n"),
        ),
        package(
            "two",
            "0.1.0",
            "dependencies = [\n \"a 1.0.0 (git+https://h.example/a?branch=x)\",\n]\n",
        ),
        package("vague", "0.1.0", "dependencies = [\n \"a 1.0.0\",\n]\n"),
    ]
    .concat();
    let parsed = read(&text);
    assert_eq!(parsed.edges, [(2, 1), (3, 0)]);
    assert_eq!(gaps(&parsed).len(), 1);
    assert_eq!(parsed.gaps[0].id, "inventory/unresolved-dependency");
}

#[test]
fn an_own_package_wins_over_a_fetched_one_of_its_version() {
    let text = [
        package("a", "1.0.0", ""),
        package("a", "1.0.0", &format!("source = \"{REGISTRY}\"\n")),
        package("b", "1.0.0", "dependencies = [\n \"a 1.0.0\",\n]\n"),
    ]
    .concat();
    assert_eq!(read(&text).edges, [(2, 0)]);
}

#[test]
fn what_is_replaced_is_not_built() {
    let text = [
        package(
            "a",
            "1.0.0",
            &format!("source = \"{REGISTRY}\"\nreplace = \"a 1.0.0 (git+https://h.example/a)\"\n"),
        ),
        package("a", "1.0.0", "source = \"git+https://h.example/a#0f\"\n"),
        package(
            "b",
            "0.1.0",
            &format!("dependencies = [\n \"a 1.0.0 ({REGISTRY})\",\n]\n"),
        ),
    ]
    .concat();
    let parsed = read(&text);
    assert_eq!(parsed.packages.len(), 2);
    assert!(matches!(parsed.packages[0].origin, Origin::Git { .. }));
    assert_eq!(parsed.edges, [(1, 0)]);
}

#[test]
fn a_lockfile_without_packages_is_a_gap_since_cargo_lists_the_project_itself() {
    for text in [
        "version = 4\n",
        "",
        "package = 1\n",
        "[[patch.unused]]\nname = \"a\"\n",
    ] {
        let parsed = read(text);
        assert!(parsed.packages.is_empty());
        assert_eq!(
            gaps(&parsed),
            [("inventory/unreadable-lockfile", 1)],
            "{text}"
        );
    }
}

#[test]
fn a_broken_lockfile_keeps_what_stands_before_the_break() {
    let text = format!("{}{}", package("a", "1.0.0", ""), "[[package]]\nname = ");
    let parsed = read(&text);
    assert_eq!(parsed.packages.len(), 1);
    assert_eq!(gaps(&parsed), [("inventory/unreadable-lockfile", 6)]);
    let whole = parse(&CargoLock, "Cargo.lock", "<<<<<<< HEAD", &[]);
    assert!(matches!(whole, Err(FormatError::Syntax { line: 1, .. })));
}

#[test]
fn a_bad_entry_is_a_gap_and_the_others_are_kept() {
    let text = "version = 3\npackage = [1]\n";
    assert_eq!(gaps(&read(text)), [("inventory/incomplete-entry", 2)]);
    let text = [
        package(
            "a",
            "1.0.0",
            "source = \"svn+https://h.example\"\nchecksum = \"zz\"\n",
        ),
        package("b", "1.0.0", "dependencies = [\n 7,\n \"gone\",\n]\n"),
        "[[package]]\nname = \"c\"\n".to_owned(),
    ]
    .concat();
    let parsed = read(&text);
    assert_eq!(parsed.packages.len(), 2);
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/incomplete-entry", 2),
            ("inventory/incomplete-entry", 2),
            ("inventory/incomplete-entry", 11),
            ("inventory/incomplete-entry", 15),
            ("inventory/unresolved-dependency", 12),
        ]
    );
}

#[test]
fn an_unknown_version_is_not_guessed_at() {
    for version in ["5", "\"4\"", "0"] {
        let text = format!("version = {version}\n{}", package("a", "1.0.0", ""));
        assert!(
            matches!(
                parse(&CargoLock, "Cargo.lock", &text, &[]),
                Err(FormatError::UnknownVersion { line: 1, .. })
            ),
            "{version}"
        );
    }
}

#[test]
fn a_hostile_lockfile_costs_no_more_than_its_size() {
    // 20,000 packages of one name, each with references that fit all of them: a scan for
    // each reference would take minutes.
    let entry = package(
        "a",
        "1.0.0",
        "dependencies = [\n \"a\",\n \"a 1.0.0\",\n]\n",
    );
    let parsed = read(&entry.repeat(20_000));
    assert_eq!(parsed.packages.len(), 20_000);
    assert_eq!(parsed.edges, []);
    assert_eq!(parsed.gaps.len(), crate::inventory::formats::GAP_LIMIT);
    assert_eq!(parsed.more_gaps, 40_000 - parsed.gaps.len());
}

#[test]
fn a_field_that_is_not_cargos_is_a_gap_since_it_may_be_the_source() {
    let whole = "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
    for (odd, line) in [("source = true\n", 3), ("sourge = \"registry+x\"\n", 3)] {
        let text = format!("[[package]]\nname = \"a\"\n{odd}version = \"1.0.0\"\n");
        assert_eq!(
            gaps(&read(&text)),
            [("inventory/incomplete-entry", line)],
            "{odd}"
        );
        assert_eq!(gaps(&read(&text.replace(odd, whole))), []);
    }
}

/// What is read entry by entry, and of the whole.
fn both(text: &str) -> (Option<Parsed>, Result<Parsed, FormatError>) {
    let files = crate::inventory::formats::testing::Files::of(&[]);
    let input = Input {
        path: "Cargo.lock",
        text,
        neighbours: &files,
        maven: &crate::inventory::formats::pom::Shelf::default(),
    };
    let lines = Lines::new(text);
    let pieces = pieces::read(&input, &lines).map(|read| read.unwrap());
    (pieces, read_whole(&input, &lines))
}

#[test]
fn entry_by_entry_the_same_is_read_as_of_the_whole() {
    let (pieces, whole) = both(TYPICAL);
    assert_eq!(pieces.unwrap(), whole.unwrap());
    for (plain, text) in [
        (true, package("a", "1.0.0", "")),
        (true, package("a", "1.0.0", "dependencies = []")),
        (
            true,
            package(
                "a",
                "1.0.0",
                "source = \"registry+https://r.example/\\u0069\"",
            ),
        ),
        (
            true,
            package("a", "1.0.0", "source = 'registry+https://r.example/i'"),
        ),
        (
            true,
            package(
                "a",
                "1.0.0",
                "checksum = \"zz\"\ndependencies = [ \"b\", 'c 1', ]",
            ),
        ),
        (false, "[[package]]\nname = \"a\"\n".to_owned()),
        (true, package("a", "1.0.0", "replace = \"b 1\"")),
        // What cargo does not write is left to the reading of the whole.
        (false, package("a", "1.0.0", "# a comment")),
        (false, package("a", "1.0.0", "source = 1")),
        (false, package("a", "1.0.0", "colour = \"red\"")),
        (false, package("a", "1.0.0", "name.x = \"b\"")),
        (
            false,
            package("a", "1.0.0", "\"source\" = \"registry+https://r.example\""),
        ),
        (false, package("a", "1.0.0", "dependencies = [[\"b\"]]")),
        (false, package("a", "1.0.0", "dependencies = [1]")),
        (false, package("a", "1.0.0", "dependencies = { a = 1 }")),
        (false, package("a", "1.0.0", "[package.x]\ny = 1")),
        (
            false,
            package("a", "1.0.0", "[metadata]\n\"checksum a 1.0.0 ()\" = \"x\""),
        ),
        (
            false,
            package(
                "a",
                "1.0.0",
                "[[patch.unused]]\nname = \"p\"\nversion = \"1.0.0\"",
            ),
        ),
        (
            false,
            package(
                "a",
                "1.0.0",
                "source = \"\"\"\n[[package]]\nname = 'b'\n\"\"\"",
            ),
        ),
        (
            false,
            package("a", "1.0.0", "source = '''\n[[package]]\n'''"),
        ),
    ] {
        let text = format!("version = 4\n\n{text}\n{}", package("z", "2.0.0", ""));
        let (pieces, whole) = both(&text);
        assert_eq!(pieces.is_some(), plain, "{text}");
        if let Some(pieces) = pieces {
            assert_eq!(pieces, whole.unwrap(), "{text}");
        }
    }
}

#[test]
fn two_threads_read_the_same_as_one() {
    for (odd_at, odd) in [
        (None, ""),
        (Some(3), "colour = 1"),
        (Some(997), "colour = 1"),
        (Some(997), "dependencies = [\"missing\"]"),
    ] {
        let mut text = "version = 4\n".to_owned();
        for number in 0..1000 {
            let rest = match Some(number) == odd_at {
                true => odd.to_owned(),
                false => format!("dependencies = [\"p{}\"]", (number * 7 + 1) % 1000),
            };
            text.push_str(&format!(
                "\n{}\n",
                package(&format!("p{number}"), "1.0.0", &rest)
            ));
        }
        let (pieces, whole) = both(&text);
        assert_eq!(pieces.is_some(), !odd.starts_with("colour"), "{odd_at:?}");
        if let Some(pieces) = pieces {
            assert_eq!(pieces.packages.len(), 1000);
            assert_eq!(pieces, whole.unwrap());
        }
    }
}

#[test]
fn what_no_reader_of_toml_takes_is_left_to_the_whole() {
    for broken in [
        "name = \"b\"",
        "source = \"a\" checksum = \"b\"",
        "source = ",
        "source = \"a\nb\"",
        "source = \"\\q\"",
        "dependencies = [\"a\" \"b\"]",
        "dependencies = [\"a\"]\ndependencies = []",
        "dependencies = []\ndependencies = []",
        "dependencies = []\ndependencies = [\"a\"]",
        "source = \"a\u{1}b\"",
        "[[package]] x",
        "name\r",
        "source = \"a\"\rchecksum = \"b\"",
    ] {
        let text = format!("version = 4\n\n{}", package("a", "1.0.0", broken));
        assert!(DeTable::parse(&text).is_err(), "{text}");
        assert!(both(&text).0.is_none(), "{text}");
    }
}

#[test]
fn a_package_whose_source_was_taken_away_is_a_gap() {
    let from = format!("source = \"{REGISTRY}\"\n");
    let sum = format!("checksum = \"{}\"\n", "0".repeat(64));
    let app = package("app", "0.1.0", "dependencies = [\"left\"]");
    let left = package(
        "left",
        "1.0.0",
        &format!("{from}{sum}dependencies = [\"deep\"]"),
    );
    let messages = |deep: &str, manifest: &str, configuration: &str| {
        let text = format!("version = 4\n{app}{left}{}", package("deep", "1.0.0", deep));
        let mut files = vec![("Cargo.toml", manifest)];
        files.extend((!configuration.is_empty()).then_some((".cargo/config.toml", configuration)));
        let parsed = parse(&CargoLock, "Cargo.lock", &text, &files).unwrap();
        let messages: Vec<String> = parsed.gaps.iter().map(|gap| gap.message.clone()).collect();
        messages
    };
    let plain = "[package]\nname = \"app\"\n";
    assert!(messages(&format!("{from}{sum}"), plain, "").is_empty());
    assert_eq!(
        messages(&sum, plain, ""),
        [
            "`deep` has a checksum, but no source",
            "`deep` has no source, but a package from elsewhere depends on it"
        ]
    );
    assert_eq!(
        messages("", plain, ""),
        ["`deep` has no source, but a package from elsewhere depends on it"]
    );
    // A directory of the project's own stands in for it.
    let patch = "[patch.crates-io]\ndeep = { path = \"deep\" }\n";
    assert!(messages("", &format!("{plain}{patch}"), "").is_empty());
    assert!(messages("", plain, patch).is_empty());
    let other = "[patch.crates-io]\nd = { path = \"deep\", package = \"deep\" }\n";
    assert!(messages("", &format!("{plain}{other}"), "").is_empty());
    let replace = "[replace]\n\"https://r.example/i#deep@1.0.0\" = { path = \"deep\" }\n";
    assert!(messages("", &format!("{plain}{replace}"), "").is_empty());
    // What is about another package, or takes it from elsewhere too, excuses nothing.
    for patch in [
        "[patch.crates-io]\n",
        "[replace]\n",
        "[patch.crates-io]\nother = { path = \"deep\" }\n",
        "[patch.crates-io]\ndeep = { git = \"https://git.example/deep\" }\n",
    ] {
        assert_eq!(
            messages("", &format!("{plain}{patch}"), "").len(),
            1,
            "{patch}"
        );
    }
}

#[test]
fn a_patch_in_the_configuration_above_the_lockfile_counts() {
    let app = package("app", "0.1.0", "dependencies = [\"left\"]");
    let left = format!("source = \"{REGISTRY}\"\ndependencies = [\"deep\"]");
    let left = package("left", "1.0.0", &left);
    let text = format!("version = 4\n{app}{left}{}", package("deep", "1.0.0", ""));
    let gaps = |configuration: &str| {
        let patch = "[patch.crates-io]\ndeep = { path = \"deep\" }\n";
        let files = [(configuration, patch)];
        let parsed = parse(&CargoLock, "rust/app/Cargo.lock", &text, &files).unwrap();
        parsed.gaps.len()
    };
    assert_eq!(gaps(".cargo/config.toml"), 0);
    assert_eq!(gaps("rust/.cargo/config"), 0);
    assert_eq!(gaps("rust/other/.cargo/config.toml"), 1);
}
