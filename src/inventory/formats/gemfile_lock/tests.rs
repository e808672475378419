use super::*;
use crate::inventory::formats::EDGE_LIMIT;
use crate::inventory::formats::testing::{edges, gaps, lines_hold_names, parse};

const TYPICAL: &str =
    include_str!("../../../../testdata/inventory/gemfile-lock/typical/Gemfile.lock");
/// Written by Bundler 2.3.
const RAILS: &str = include_str!("../../../../testdata/inventory/gemfile-lock/rails/Gemfile.lock");

fn read(text: &str) -> Parsed {
    parse(&GemfileLock, "Gemfile.lock", text, &[]).unwrap()
}

fn of<'p>(parsed: &'p Parsed, name: &str) -> &'p Package {
    parsed.packages.iter().find(|p| p.name == name).unwrap()
}

#[test]
fn a_typical_lockfile_gives_packages_edges_and_origins() {
    let parsed = read(TYPICAL);
    assert_eq!(gaps(&parsed), []);
    lines_hold_names(TYPICAL, &parsed);
    assert_eq!(
        edges(&parsed),
        [
            "ledger@0.4.0 -> rack@3.0.8",
            "nokogiri@1.15.4 -> mini_portile2@2.8.5",
            "nokogiri@1.15.4 -> racc@1.7.3",
            "shop@1.2.0 -> ledger@0.4.0",
            "shop@1.2.0 -> nokogiri@1.15.4",
        ]
    );
    assert_eq!(
        of(&parsed, "ledger").origin,
        Origin::Git {
            url: "https://git.corp.example/acme/ledger.git".to_owned(),
            reference: GitReference::Branch("main".to_owned()),
            commit: Some("4f2c0b5d8a1e3c7f9b6d2a4e8c0f1b3d5a7e9c2b".to_owned()),
        }
    );
    assert_eq!(of(&parsed, "cart").kind, ComponentKind::Own);
    let index = |name: &str| match &of(&parsed, name).origin {
        Origin::Registry { index, .. } => index.clone().unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(index("audit"), "https://gems.corp.example/private/");
    assert_eq!(index("rack"), "https://gems.corp.example/mirror/");
    let root = parsed.root.as_ref().unwrap();
    assert_eq!(
        (root.name.as_str(), root.version.as_deref()),
        ("shop", Some("1.2.0"))
    );
    let direct = parsed
        .direct
        .iter()
        .map(|place| parsed.packages[*place].name.as_str());
    assert_eq!(
        direct.collect::<Vec<_>>(),
        ["audit", "cart", "rack", "shop"]
    );
}

#[test]
fn the_gem_of_each_platform_is_kept_with_its_own_checksum() {
    let parsed = read(TYPICAL);
    let found: Vec<(Option<&str>, usize)> = parsed
        .packages
        .iter()
        .filter(|package| package.name == "nokogiri")
        .map(|package| {
            assert_eq!(package.version.as_deref(), Some("1.15.4"));
            let platform = package.qualifiers.first().map(|(_, value)| value.as_str());
            (platform, package.checksums.len())
        })
        .collect();
    assert_eq!(
        found,
        [
            (None, 1),
            (Some("arm64-darwin"), 0),
            (Some("x86_64-linux"), 1)
        ]
    );
    assert!(of(&parsed, "audit").checksums.is_empty());
}

#[test]
fn a_lockfile_that_bundler_wrote_is_read_as_bundler_reads_it() {
    let parsed = read(RAILS);
    assert_eq!(gaps(&parsed), []);
    // `Bundler::LockfileParser` finds 49 specs and 101 dependencies, none on Bundler.
    assert_eq!((parsed.packages.len(), parsed.edges.len()), (49, 101));
    assert_eq!(parsed.direct.len(), 2);
}

#[test]
fn an_empty_lockfile_has_no_packages_and_no_gaps() {
    let parsed =
        read("GEM\n  specs:\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n\nBUNDLED WITH\n   2.5.0\n");
    assert_eq!((parsed.packages.len(), parsed.gaps.len()), (0, 0));
    assert!(read("").packages.is_empty());
}

#[test]
fn a_lockfile_that_breaks_off_between_two_lines_is_a_gap() {
    let whole =
        "GEM\n  specs:\n    a (1.0)\n    b (1.0)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  a\n";
    assert_eq!(gaps(&read(whole)), []);
    let cut = read("GEM\n  specs:\n    a (1.0)\n");
    assert_eq!(cut.packages.len(), 1);
    assert_eq!(gaps(&cut), [("inventory/incomplete-entry", 3)]);
}

#[test]
fn a_broken_part_is_a_gap_and_the_rest_is_read() {
    let text = "<<<<<<< HEAD\nGEM\n  remote: https://gems.example/\n  specs:\n    a (1.0)\n      absent (> 0)\n      bundler (> 1)\n    b\n      a (1.0\n   odd\nFUTURE\n  x\nCHECKSUMS\n  a (1.0) sha256=zz\n  a (1.0) crc=1\nDEPENDENCIES\n";
    let parsed = read(text);
    let names: Vec<&str> = parsed.packages.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(
        gaps(&parsed),
        [
            ("inventory/incomplete-entry", 1),
            ("inventory/incomplete-entry", 8),
            ("inventory/incomplete-entry", 9),
            ("inventory/incomplete-entry", 10),
            ("inventory/incomplete-entry", 11),
            ("inventory/incomplete-entry", 14),
            ("inventory/incomplete-entry", 15),
            ("inventory/unresolved-dependency", 6),
        ]
    );
}

#[test]
fn each_of_several_remotes_of_a_block_may_have_served_a_gem() {
    let text =
        "GEM\n  remote: https://a.example/\n  remote: https://b.example/\n  specs:\n    x (1.0)\n";
    let parsed = read(text);
    let found = &parsed.packages[0];
    assert_eq!(found.origin, registry("https://a.example/".to_owned()));
    let second = registry("https://b.example/".to_owned());
    assert_eq!(found.also_from, [(3, second)]);
    let one = text.replace("  remote: https://b.example/\n", "");
    assert!(read(&one).packages[0].also_from.is_empty());
}

#[test]
fn names_with_very_many_platforms_do_not_multiply_without_end() {
    let many = 3_000;
    assert!(many * many > EDGE_LIMIT);
    let mut text = "GEM\n  specs:\n".to_owned();
    for n in 0..many {
        text.push_str(&format!("    a (1.0-p{n})\n    b{n} (1.0)\n      a\n"));
    }
    assert_eq!(
        parse(&GemfileLock, "Gemfile.lock", &text, &[]),
        Err(FormatError::TooManyEdges { limit: EDGE_LIMIT })
    );
}

#[test]
fn a_line_that_bundler_does_not_know_is_a_gap_wherever_it_stands() {
    let text = "GEM\n  remote: https://gems.example/\n  specs:\n    a (1.0)\n  # b (1.0)\n  c (1.0)\n\
                \x20   d (1.  e (1.0)\n      a (~  f (1.0)\nGIT\n  specs:  g (1.0)\n  glob:\nDEPENDENCIES\n";
    let incomplete = "inventory/incomplete-entry";
    assert_eq!(
        gaps(&read(text)),
        [
            (incomplete, 5),
            (incomplete, 6),
            (incomplete, 7),
            (incomplete, 8),
            (incomplete, 10)
        ]
    );
}
